//! The Enrollee: who is given a network, or an access point that lets itself be configured.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Rng;

use super::run::{Proof, Talk, Whose, nack};
use super::turn::{Event, Given, Turn};
use crate::WpsError;
use crate::attributes::Attributes;
use crate::code::{ConfigError, MessageType, OpCode, PasswordId};
use crate::credential::{Credential, Policy};
use crate::error::{Forbidden, Half};
use crate::keys::{KeyHash, KeyPair, Keys, Run};
use crate::message::{M2, M2d, M4, Message, Nonces, Outgoing, Own, Sealed, Signed, Writing};
use crate::password::DevicePassword;
use crate::quirks::Quirk;

/// Whether an access point lets registrars in (12, AP Setup Locked).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setup {
    /// They may learn its settings and change them.
    #[default]
    Open,
    /// They may learn its settings.
    LearnOnly,
    /// No.
    Locked,
}

/// What the Enrollee is.
#[derive(Clone, Debug)]
pub enum Side {
    /// A station that wants a network.
    Station,
    /// An access point, its settings, and what registrars may.
    AccessPoint(Box<Credential>, Setup),
}

/// What an Enrollee is given.
#[derive(Clone, Debug)]
pub struct EnrolleeProfile {
    /// What it says of itself.
    pub own: Own,
    /// What it is.
    pub side: Side,
    /// The device password; an access point may have none, and is locked then.
    pub password: Option<DevicePassword>,
    /// Another one that the registrar may choose.
    pub alternative: Option<DevicePassword>,
    /// The hash of the registrar's public key, if it was handed over.
    pub registrar_key: Option<KeyHash>,
    /// The own keys, if the public one was handed over; else they are fresh.
    pub keys: Option<KeyPair>,
    /// Which networks are taken, and what is put up with.
    pub policy: Policy,
}

/// M1 is sent.
#[derive(Debug)]
pub struct AwaitM2 {
    profile: EnrolleeProfile,
    keys: KeyPair,
    nonce: [u8; 16],
    m1: Vec<u8>,
}

/// Both sides have keys, and prove the password to each other.
#[derive(Debug)]
pub struct Proving {
    profile: EnrolleeProfile,
    talk: Talk,
    proof: Proof,
}

/// The Enrollee's machine.
#[derive(Debug)]
pub enum Enrollee {
    /// M1 is sent.
    AwaitM2(Box<AwaitM2>),
    /// M3 is sent.
    AwaitM4(Box<Proving>),
    /// M5 is sent.
    AwaitM6(Box<Proving>),
    /// M7 is sent.
    AwaitM8(Box<Proving>),
    /// An access point has its settings and has sent WSC_Done.
    AwaitAck(Nonces),
    /// It is over.
    Ended,
}

impl Enrollee {
    /// Begins a run with M1.
    ///
    /// # Errors
    /// If what the profile says does not fit into a message.
    pub fn start(profile: EnrolleeProfile, rng: &mut dyn Rng) -> Result<(Enrollee, Outgoing), WpsError> {
        let mut nonce = [0; 16];
        rng.fill(&mut nonce);
        let keys = match &profile.keys {
            Some(keys) => keys.clone(),
            None => KeyPair::generate(rng),
        };
        let password = profile.password.as_ref().map_or(PasswordId::DEFAULT, |password| password.id);
        let m1 = Writing::m1(&profile.own, &nonce, keys.public(), password).finish()?;
        let outgoing = Outgoing { op: OpCode::MSG, bytes: m1.clone() };
        Ok((Enrollee::AwaitM2(Box::new(AwaitM2 { profile, keys, nonce, m1 })), outgoing))
    }

    /// Takes a message.
    pub fn step(self, op: Option<OpCode>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Enrollee> {
        let quirks = match &self {
            Self::AwaitM2(state) => state.profile.policy.quirks,
            Self::AwaitM4(state) | Self::AwaitM6(state) | Self::AwaitM8(state) => state.profile.policy.quirks,
            Self::AwaitAck(_) | Self::Ended => crate::Quirks::default(),
        };
        let message = match Message::parse(op, bytes, quirks) {
            Ok(message) => message,
            Err(why) => return Turn::Ignored(self, why),
        };
        match (self, message) {
            (Self::AwaitM2(state), Message::M2(m2)) => state.handle_m2(&m2, bytes, rng),
            (Self::AwaitM2(state), Message::M2d(m2d)) => state.handle_m2d(*m2d),
            (Self::AwaitM4(state), Message::M4(m4)) => state.handle_m4(m4, bytes, rng),
            (Self::AwaitM6(state), Message::M6(m6)) => state.handle_m6(m6, bytes, rng),
            (Self::AwaitM8(state), Message::M8(m8)) => state.handle_m8(m8),
            (Self::AwaitAck(known), Message::Ack(nonces)) if nonces == known => {
                Turn::silent(Self::Ended).and(Event::Enrolled)
            }
            (state, Message::Nack(nonces, error)) => state.handle_nack(nonces, error),
            (state, message) => Turn::Ignored(state, WpsError::Unexpected(message.kind())),
        }
    }

    /// Gives up, and says why.
    #[must_use]
    pub fn abort(self, why: WpsError) -> Turn<Enrollee> {
        match self {
            Self::AwaitM2(state) => {
                let nonces = Nonces { enrollee: state.nonce, registrar: [0; 16] };
                fail(&nonces, MessageType::M2, why)
            }
            Self::AwaitM4(state) => fail(&state.talk.nonces, MessageType::M4, why),
            Self::AwaitM6(state) => fail(&state.talk.nonces, MessageType::M6, why),
            Self::AwaitM8(state) => fail(&state.talk.nonces, MessageType::M8, why),
            Self::AwaitAck(nonces) => fail(&nonces, MessageType::ACK, why),
            Self::Ended => Turn::silent(Self::Ended),
        }
    }

    /// It is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Ended)
    }

    fn handle_nack(self, nonces: Nonces, error: ConfigError) -> Turn<Enrollee> {
        let (is_ours, at) = match &self {
            Self::AwaitM2(state) => (state.nonce == nonces.enrollee, MessageType::M1),
            Self::AwaitM4(state) => (state.talk.nonces == nonces, MessageType::M3),
            Self::AwaitM6(state) => (state.talk.nonces == nonces, MessageType::M5),
            Self::AwaitM8(state) => (state.talk.nonces == nonces, MessageType::M7),
            Self::AwaitAck(known) => (*known == nonces, MessageType::DONE),
            Self::Ended => (false, MessageType::NACK),
        };
        if !is_ours {
            return Turn::Ignored(self, WpsError::Protocol("a message of another run"));
        }
        let event = Event::Failed(at, WpsError::Refused(error));
        match nack(&nonces, ConfigError::NONE) {
            Ok(outgoing) => Turn::send(Self::Ended, outgoing).and(event),
            Err(_) => Turn::silent(Self::Ended).and(event),
        }
    }
}

fn fail(nonces: &Nonces, at: MessageType, why: WpsError) -> Turn<Enrollee> {
    match nack(nonces, why.config_error()) {
        Ok(outgoing) => Turn::send(Enrollee::Ended, outgoing).and(Event::Failed(at, why)),
        Err(_) => Turn::silent(Enrollee::Ended).and(Event::Failed(at, why)),
    }
}

impl AwaitM2 {
    fn handle_m2d(self: Box<Self>, m2d: M2d) -> Turn<Enrollee> {
        let nonces = m2d.nonces;
        if nonces.enrollee != self.nonce {
            return Turn::Ignored(Enrollee::AwaitM2(self), WpsError::Protocol("a message of another run"));
        }
        let error = m2d.error;
        let event = Event::NoPassword(Box::new(m2d));
        match &self.profile.side {
            // 8.3.2: another registrar may have one.
            Side::Station => match Writing::with_both(MessageType::ACK, &nonces).finish() {
                Ok(bytes) => Turn::send(Enrollee::AwaitM2(self), Outgoing { op: OpCode::ACK, bytes }).and(event),
                Err(why) => fail(&nonces, MessageType::M2D, why),
            },
            Side::AccessPoint(..) => match fail(&nonces, MessageType::M2D, WpsError::NoPassword(error)) {
                Turn::Went { machine, send, mut events, question } => {
                    events.insert(0, event);
                    Turn::Went { machine, send, events, question }
                }
                ignored @ Turn::Ignored(..) => ignored,
            },
        }
    }

    fn handle_m2(self: Box<Self>, m2: &M2<'_>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Enrollee> {
        if m2.nonces.enrollee != self.nonce {
            return Turn::Ignored(Enrollee::AwaitM2(self), WpsError::Protocol("a message of another run"));
        }
        let run =
            Run { enrollee_nonce: self.nonce, enrollee: self.profile.own.addr, registrar_nonce: m2.nonces.registrar };
        let keys = match Keys::derive(&self.keys, &m2.public_key, &run) {
            Ok(keys) if m2.is_authentic(&keys, &self.m1) => keys,
            Ok(_) => {
                let why = WpsError::Protocol("a message whose Authenticator is wrong");
                return Turn::Ignored(Enrollee::AwaitM2(self), why);
            }
            Err(why) => return Turn::Ignored(Enrollee::AwaitM2(self), why),
        };
        let AwaitM2 { profile, keys: own, m1, .. } = *self;
        let both = (own.public().clone(), m2.public_key.clone());
        let talk = Talk::new(m2.nonces, keys, m1, both, profile.policy.quirks);
        match met(profile, talk, m2, bytes, rng) {
            Ok(turn) => turn,
            Err(why) => fail(&m2.nonces, MessageType::M2, why),
        }
    }
}

/// What follows an authentic M2.
fn met(
    profile: EnrolleeProfile,
    mut talk: Talk,
    m2: &M2<'_>,
    bytes: &[u8],
    rng: &mut dyn Rng,
) -> Result<Turn<Enrollee>, WpsError> {
    if profile.registrar_key.is_some_and(|hash| hash != m2.public_key.hash()) {
        return Err(WpsError::KeyHash);
    }
    if matches!(&profile.side, Side::AccessPoint(_, Setup::Locked)) {
        return Err(WpsError::Locked);
    }
    let event = Event::Met { uuid: m2.uuid, device: m2.device.clone(), methods: m2.methods };
    // Both public keys were handed over: there is nothing left to prove (NFC connection handover).
    let is_handover = profile.password.as_ref().is_some_and(|password| password.id == PasswordId::NFC_HANDOVER);
    if let (Some(sealed), true, Some(_), Side::Station) = (m2.sealed, is_handover, profile.registrar_key, &profile.side)
    {
        let opened = talk.open(sealed)?;
        let given = given(&profile, &opened.attributes(talk.quirks)?)?;
        let done = talk.both(MessageType::DONE, OpCode::DONE)?;
        return Ok(Turn::send(Enrollee::Ended, done)
            .and(event)
            .and(Event::Given(Box::new(given)))
            .and(Event::Enrolled));
    }
    let password = chosen(&profile, m2.password_id).ok_or(WpsError::Protocol("another device password is meant"))?;
    let Some(password) = password else { return Err(WpsError::Locked) };
    let proof = Proof::new(&talk, &password, [[0; 32]; 2], rng);
    let m3 = proof.own.put(Writing::to(MessageType::M3, &talk.nonces), Whose::Enrollee);
    let outgoing = talk.answer(bytes, m3)?;
    let state = Enrollee::AwaitM4(Box::new(Proving { profile, talk, proof }));
    Ok(Turn::send(state, outgoing).and(event))
}

/// Which password the registrar means: `None` if none of ours, `Some(None)` if there is none at all.
fn chosen(profile: &EnrolleeProfile, id: PasswordId) -> Option<Option<DevicePassword>> {
    let Some(own) = &profile.password else { return Some(None) };
    let quirks = profile.policy.quirks;
    let is_pin = |id| matches!(id, PasswordId::DEFAULT | PasswordId::REGISTRAR);
    let is_meant = own.id == id
        || quirks.has(Quirk::PinForPin) && is_pin(own.id) && is_pin(id)
        || quirks.has(Quirk::PinForButton) && own.id == PasswordId::PUSH_BUTTON && id == PasswordId::DEFAULT;
    let other = profile.alternative.iter().find(|other| other.id == id);
    // One that is named exactly goes before one that is put up with.
    match other {
        Some(other) if own.id != id => Some(Some(other.clone())),
        _ if is_meant => Some(Some(own.clone())),
        _ => None,
    }
}

impl Proving {
    fn handle_m4(mut self: Box<Self>, m4: Signed<'_, M4<'_>>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Enrollee> {
        let m4 = match m4.verify(&self.talk.keys, &self.talk.nonces.enrollee, &self.talk.last) {
            Ok(m4) => m4,
            Err(why) => return Turn::Ignored(Enrollee::AwaitM4(self), why),
        };
        self.proof.commit(m4.hashes);
        match self.show(Half::First, m4.sealed, bytes, rng) {
            Ok(outgoing) => Turn::send(Enrollee::AwaitM6(self), outgoing),
            Err(why) => fail(&self.talk.nonces, MessageType::M4, why),
        }
    }

    fn handle_m6(mut self: Box<Self>, m6: Signed<'_, Sealed<'_>>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Enrollee> {
        let m6 = match m6.verify(&self.talk.keys, &self.talk.nonces.enrollee, &self.talk.last) {
            Ok(m6) => m6,
            Err(why) => return Turn::Ignored(Enrollee::AwaitM6(self), why),
        };
        match self.show(Half::Second, m6.sealed, bytes, rng) {
            Ok(outgoing) => {
                let is_ap = matches!(self.profile.side, Side::AccessPoint(..));
                let turn = Turn::send(Enrollee::AwaitM8(self), outgoing);
                if is_ap { turn.and(Event::PasswordProved) } else { turn }
            }
            Err(why) => fail(&self.talk.nonces, MessageType::M6, why),
        }
    }

    /// Looks at the Registrar's secret nonce, and shows ours: M5 or M7.
    fn show(&mut self, half: Half, sealed: &[u8], received: &[u8], rng: &mut dyn Rng) -> Result<Outgoing, WpsError> {
        let opened = self.talk.open(sealed)?;
        let attributes = opened.attributes(self.talk.quirks)?;
        let (kind, shown) = match half {
            Half::First => (MessageType::M5, attributes.r_snonce1),
            Half::Second => (MessageType::M7, attributes.r_snonce2),
        };
        self.proof.check(&self.talk, half, shown)?;
        let mut settings = self.proof.own.show(half, Whose::Enrollee)?;
        if let (Half::Second, Side::AccessPoint(current, _)) = (half, &self.profile.side) {
            settings.put_raw(&current.write_settings()?);
        }
        let writing = Writing::to(kind, &self.talk.nonces).seal(&self.talk.keys, &settings.finish()?, rng)?;
        self.talk.answer(received, writing)
    }

    fn handle_m8(self: Box<Self>, m8: Signed<'_, Sealed<'_>>) -> Turn<Enrollee> {
        let m8 = match m8.verify(&self.talk.keys, &self.talk.nonces.enrollee, &self.talk.last) {
            Ok(m8) => m8,
            Err(why) => return Turn::Ignored(Enrollee::AwaitM8(self), why),
        };
        let nonces = self.talk.nonces;
        match self.take(m8.sealed) {
            Ok(turn) => turn,
            Err(why) => fail(&nonces, MessageType::M8, why),
        }
    }

    /// What M8 gives.
    fn take(self: Box<Self>, sealed: &[u8]) -> Result<Turn<Enrollee>, WpsError> {
        let done = self.talk.both(MessageType::DONE, OpCode::DONE)?;
        match &self.profile.side {
            Side::AccessPoint(_, Setup::Locked | Setup::LearnOnly) => Err(WpsError::Locked),
            Side::AccessPoint(_, Setup::Open) => {
                let opened = self.talk.open(sealed)?;
                let settings = Credential::of(&opened.attributes(self.talk.quirks)?, self.talk.quirks)?;
                self.check_addr(&settings)?;
                self.profile.policy.judge_settings(&settings)?;
                let state = Enrollee::AwaitAck(self.talk.nonces);
                Ok(Turn::send(state, done).and(Event::Settings(Box::new(settings))))
            }
            Side::Station => {
                let opened = self.talk.open(sealed)?;
                let given = given(&self.profile, &opened.attributes(self.talk.quirks)?)?;
                Ok(Turn::send(Enrollee::Ended, done).and(Event::Given(Box::new(given))).and(Event::Enrolled))
            }
        }
    }

    fn check_addr(&self, credential: &Credential) -> Result<(), WpsError> {
        check_addr(&self.profile, credential)
    }
}

fn check_addr(profile: &EnrolleeProfile, credential: &Credential) -> Result<(), WpsError> {
    if credential.addr != profile.own.addr && !profile.policy.quirks.has(Quirk::ForeignAddress) {
        return Err(WpsError::Protocol("a credential for another address"));
    }
    Ok(())
}

/// Reads and judges credentials: all must be readable, one must be usable.
fn given(profile: &EnrolleeProfile, attributes: &Attributes<'_>) -> Result<Given, WpsError> {
    let policy = &profile.policy;
    let mut given = Given { networks: Vec::new(), credentials: Vec::new() };
    let mut refused: Option<Forbidden> = None;
    for body in &attributes.credentials {
        let credential = Credential::parse(body, policy.quirks)?;
        check_addr(profile, &credential)?;
        match policy.judge(&credential) {
            Ok(network) => given.networks.push(network),
            Err(why) => refused = Some(why),
        }
        given.credentials.push(credential);
    }
    match refused {
        _ if !given.networks.is_empty() => Ok(given),
        Some(why) => Err(why.into()),
        None => Err(WpsError::Missing("Credential")),
    }
}
