//! The Registrar: who gives a network to an Enrollee, or configures an access point.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Rng;

use super::run::{Proof, Talk, Whose, nack};
use super::turn::{Event, Question, Registered, Turn};
use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::attributes::Attributes;
use crate::code::{ConfigError, MessageType, OpCode, PasswordId};
use crate::credential::Credential;
use crate::error::Half;
use crate::keys::{KeyHash, KeyPair, Keys, Run};
use crate::message::{M1, M3, Message, Nonces, Outgoing, Own, Sealed, Signed, Writing};
use crate::password::DevicePassword;
use crate::quirks::{Quirk, Quirks};

/// What a Registrar is given.
#[derive(Clone, Debug)]
pub struct RegistrarProfile {
    /// What it says of itself.
    pub own: Own,
    /// What is put up with.
    pub quirks: Quirks,
}

/// What an Enrollee is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Networks.
    Credentials(Vec<Credential>),
    /// Nothing: the settings of an access point are to be learned.
    Learn,
    /// Settings for an access point.
    Configure(Box<Credential>),
}

/// An Enrollee that is registered.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The device password.
    pub password: DevicePassword,
    /// What it is given.
    pub offer: Offer,
    /// The hash of its public key, if it was handed over.
    pub enrollee_key: Option<KeyHash>,
    /// The own keys, if the public one was handed over; else they are fresh.
    pub keys: Option<KeyPair>,
}

/// Whether an Enrollee is registered.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Yes.
    Register(Box<Grant>),
    /// No: it is told so with M2D.
    Refuse(ConfigError),
}

/// Who is registered, and with what.
#[derive(Debug)]
pub struct Session {
    m1: Box<M1>,
    grant: Box<Grant>,
    talk: Talk,
}

/// What the Enrollee is to say next.
#[derive(Debug)]
pub enum Stage {
    /// M2 is sent.
    AwaitM3,
    /// M4 is sent.
    AwaitM5(Committed),
    /// M6 is sent.
    AwaitM7(Committed),
}

/// What the Enrollee has committed itself to.
#[derive(Debug)]
pub struct Committed(Box<Proof>);

/// The Registrar's machine.
#[derive(Debug)]
pub enum Registrar {
    /// Nothing has come.
    AwaitM1(Box<RegistrarProfile>),
    /// Somebody has to decide about the Enrollee.
    Deciding(Box<RegistrarProfile>, Box<M1>, Vec<u8>),
    /// M2D is sent.
    AwaitAck(Nonces, Quirks),
    /// The Enrollee has something to prove.
    Proving(Box<Session>, Stage),
    /// It has said something, and somebody has to look whether it is still the only one.
    Paused(Box<Session>, Stage, Vec<u8>),
    /// M8 is sent.
    AwaitDone(Box<Session>),
    /// It is over.
    Ended,
}

impl Registrar {
    /// Waits for M1.
    #[must_use]
    pub fn new(profile: RegistrarProfile) -> Registrar {
        Registrar::AwaitM1(Box::new(profile))
    }

    /// Takes a message.
    pub fn step(self, op: Option<OpCode>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Registrar> {
        let quirks = match &self {
            Self::AwaitM1(profile) | Self::Deciding(profile, ..) => profile.quirks,
            Self::Proving(session, _) | Self::Paused(session, ..) | Self::AwaitDone(session) => session.talk.quirks,
            Self::AwaitAck(_, quirks) => *quirks,
            Self::Ended => Quirks::default(),
        };
        let message = match Message::parse(op, bytes, quirks) {
            Ok(message) => message,
            Err(why) => return Turn::Ignored(self, why),
        };
        match (self, message) {
            (Self::AwaitM1(profile), Message::M1(m1)) => {
                let question = Question::Enrollee(m1.clone());
                Turn::ask(Self::Deciding(profile, m1, bytes.to_vec()), question)
            }
            (Self::AwaitAck(known, quirks), Message::Ack(nonces)) if is_answer(&nonces, &known, quirks) => {
                Turn::silent(Self::Ended)
            }
            (Self::Proving(session, stage), message @ (Message::M3(_) | Message::M5(_) | Message::M7(_))) => {
                session.handle_proof(stage, message, bytes, rng)
            }
            (Self::AwaitDone(session), Message::Done(nonces)) if nonces == session.talk.nonces => session.finish(),
            (state, Message::Nack(nonces, error)) => state.handle_nack(nonces, error),
            (state, message) => Turn::Ignored(state, WpsError::Unexpected(message.kind())),
        }
    }

    /// Answers [`Question::Enrollee`]. Nothing happens if it was not asked.
    #[must_use]
    pub fn decide(self, decision: Decision, rng: &mut dyn Rng) -> Turn<Registrar> {
        let Self::Deciding(profile, m1, bytes) = self else {
            return Turn::silent(self);
        };
        let mut nonce = [0; 16];
        rng.fill(&mut nonce);
        let nonces = Nonces { enrollee: m1.nonce, registrar: nonce };
        let (refusal, event) = match decision {
            Decision::Register(grant) if grant.enrollee_key.is_some_and(|hash| hash != m1.public_key.hash()) => {
                (ConfigError::KEY_HASH, Some(Event::Failed(MessageType::M1, WpsError::KeyHash)))
            }
            Decision::Register(grant) => {
                return match begin(&profile, m1, grant, nonces, bytes, rng) {
                    Ok(turn) => turn,
                    Err(why) => fail(&nonces, MessageType::M1, why),
                };
            }
            Decision::Refuse(error) => (error, None),
        };
        match Writing::m2(&profile.own, &nonces, None, refusal).finish() {
            Ok(bytes) => {
                let turn = Turn::send(Self::AwaitAck(nonces, profile.quirks), Outgoing { op: OpCode::MSG, bytes });
                match event {
                    Some(event) => turn.and(event),
                    None => turn,
                }
            }
            Err(why) => fail(&nonces, MessageType::M1, why),
        }
    }

    /// Answers [`Question::StillAlone`]. Nothing happens if it was not asked.
    #[must_use]
    pub fn go_on(self, is_alone: bool, rng: &mut dyn Rng) -> Turn<Registrar> {
        let Self::Paused(session, stage, bytes) = self else {
            return Turn::silent(self);
        };
        if !is_alone {
            return fail(&session.talk.nonces, stage.kind(), WpsError::Overlap);
        }
        let quirks = session.talk.quirks;
        match Message::parse(None, &bytes, quirks) {
            Ok(message) => session.prove(stage, message, &bytes, rng),
            Err(why) => Turn::Ignored(Self::Proving(session, stage), why),
        }
    }

    /// Gives up, and says why.
    #[must_use]
    pub fn abort(self, why: WpsError) -> Turn<Registrar> {
        match self {
            Self::AwaitAck(nonces, _) => fail(&nonces, MessageType::ACK, why),
            Self::Proving(session, stage) | Self::Paused(session, stage, _) => {
                fail(&session.talk.nonces, stage.kind(), why)
            }
            Self::AwaitDone(session) => fail(&session.talk.nonces, MessageType::DONE, why),
            Self::AwaitM1(_) | Self::Deciding(..) | Self::Ended => Turn::silent(Self::Ended),
        }
    }

    /// It is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Ended)
    }

    fn handle_nack(self, nonces: Nonces, error: ConfigError) -> Turn<Registrar> {
        let (is_ours, at) = match &self {
            Self::AwaitM1(_) => (false, MessageType::NACK),
            Self::Deciding(_, m1, _) => (m1.nonce == nonces.enrollee, MessageType::M1),
            Self::AwaitAck(known, quirks) => (is_answer(&nonces, known, *quirks), MessageType::M2D),
            Self::Proving(session, stage) | Self::Paused(session, stage, _) => {
                (session.talk.nonces == nonces, stage.answered())
            }
            Self::AwaitDone(session) => (session.talk.nonces == nonces, MessageType::M8),
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

/// Whether an answer to M2D is of this run. Nothing is at stake there.
fn is_answer(nonces: &Nonces, known: &Nonces, quirks: Quirks) -> bool {
    let has_none = nonces.registrar == [0; 16] && quirks.has(Quirk::NoNonceAfterM2d);
    nonces.enrollee == known.enrollee && (has_none || nonces.registrar == known.registrar)
}

impl Stage {
    const fn kind(&self) -> MessageType {
        match self {
            Self::AwaitM3 => MessageType::M3,
            Self::AwaitM5(_) => MessageType::M5,
            Self::AwaitM7(_) => MessageType::M7,
        }
    }

    const fn answered(&self) -> MessageType {
        match self {
            Self::AwaitM3 => MessageType::M2,
            Self::AwaitM5(_) => MessageType::M4,
            Self::AwaitM7(_) => MessageType::M6,
        }
    }
}

fn fail(nonces: &Nonces, at: MessageType, why: WpsError) -> Turn<Registrar> {
    match nack(nonces, why.config_error()) {
        Ok(outgoing) => Turn::send(Registrar::Ended, outgoing).and(Event::Failed(at, why)),
        Err(_) => Turn::silent(Registrar::Ended).and(Event::Failed(at, why)),
    }
}

/// M2.
fn begin(
    profile: &RegistrarProfile,
    m1: Box<M1>,
    grant: Box<Grant>,
    nonces: Nonces,
    bytes: Vec<u8>,
    rng: &mut dyn Rng,
) -> Result<Turn<Registrar>, WpsError> {
    let own = match &grant.keys {
        Some(keys) => keys.clone(),
        None => KeyPair::generate(rng),
    };
    let run = Run { enrollee_nonce: nonces.enrollee, enrollee: m1.addr, registrar_nonce: nonces.registrar };
    let keys = Keys::derive(&own, &m1.public_key, &run)?;
    let both = (m1.public_key.clone(), own.public().clone());
    let mut talk = Talk::new(nonces, keys, Vec::new(), both, profile.quirks);
    let mut m2 = Writing::m2(&profile.own, &nonces, Some((own.public(), grant.password.id)), ConfigError::NONE);
    // Both public keys were handed over: there is nothing left to prove.
    let is_handover = grant.password.id == PasswordId::NFC_HANDOVER && grant.enrollee_key.is_some();
    let event = Event::KeyOf(m1.uuid, m1.public_key.clone());
    let at_once = match &grant.offer {
        Offer::Credentials(given) if is_handover => Some(credentials(given)?),
        Offer::Credentials(_) | Offer::Learn | Offer::Configure(_) => None,
    };
    if let Some(plain) = &at_once {
        m2 = m2.seal(&talk.keys, plain, rng)?;
    }
    let outgoing = talk.answer(&bytes, m2)?;
    let session = Box::new(Session { m1, grant, talk });
    let state = match at_once {
        Some(_) => Registrar::AwaitDone(session),
        None => Registrar::Proving(session, Stage::AwaitM3),
    };
    Ok(Turn::send(state, outgoing).and(event))
}

fn credentials(given: &[Credential]) -> Result<Vec<u8>, WpsError> {
    let mut builder = Builder::new();
    for credential in given {
        builder.put(id::CREDENTIAL, &credential.write()?);
    }
    Ok(builder.finish()?)
}

/// What a message in proof of the password says, once it is authentic.
enum Said<'a> {
    M3(M3),
    M5(Sealed<'a>),
    M7(Sealed<'a>),
}

impl Session {
    fn verify<'a>(&self, stage: &Stage, message: Message<'a>) -> Result<Said<'a>, WpsError> {
        let (keys, nonce, last) = (&self.talk.keys, &self.talk.nonces.registrar, self.talk.last.as_slice());
        match (stage, message) {
            (Stage::AwaitM3, Message::M3(m3)) => Ok(Said::M3(Signed::verify(m3, keys, nonce, last)?)),
            (Stage::AwaitM5(_), Message::M5(m5)) => Ok(Said::M5(Signed::verify(m5, keys, nonce, last)?)),
            (Stage::AwaitM7(_), Message::M7(m7)) => Ok(Said::M7(Signed::verify(m7, keys, nonce, last)?)),
            (_, message) => Err(WpsError::Unexpected(message.kind())),
        }
    }

    fn handle_proof(
        self: Box<Self>,
        stage: Stage,
        message: Message<'_>,
        bytes: &[u8],
        rng: &mut dyn Rng,
    ) -> Turn<Registrar> {
        if self.grant.password.id != PasswordId::PUSH_BUTTON {
            return self.prove(stage, message, bytes, rng);
        }
        // 11.3: the run ends when somebody else pushes a button too.
        match self.verify(&stage, message) {
            Ok(_) => {
                let question = Question::StillAlone(self.m1.uuid);
                Turn::ask(Registrar::Paused(self, stage, bytes.to_vec()), question)
            }
            Err(why) => Turn::Ignored(Registrar::Proving(self, stage), why),
        }
    }

    fn prove(self: Box<Self>, stage: Stage, message: Message<'_>, bytes: &[u8], rng: &mut dyn Rng) -> Turn<Registrar> {
        let said = match self.verify(&stage, message) {
            Ok(said) => said,
            Err(why) => return Turn::Ignored(Registrar::Proving(self, stage), why),
        };
        let (nonces, at) = (self.talk.nonces, stage.kind());
        let result = match (stage, said) {
            (_, Said::M3(m3)) => self.answer_m3(m3, bytes, rng),
            (Stage::AwaitM5(Committed(proof)), Said::M5(m5)) => self.answer_m5(proof, &m5, bytes, rng),
            (Stage::AwaitM7(Committed(proof)), Said::M7(m7)) => self.answer_m7(&proof, &m7, bytes, rng),
            // `verify` has matched them.
            (Stage::AwaitM3 | Stage::AwaitM5(_) | Stage::AwaitM7(_), Said::M5(_) | Said::M7(_)) => {
                Err(WpsError::Unexpected(at))
            }
        };
        result.unwrap_or_else(|why| fail(&nonces, at, why))
    }

    fn answer_m3(mut self: Box<Self>, m3: M3, bytes: &[u8], rng: &mut dyn Rng) -> Result<Turn<Registrar>, WpsError> {
        let proof = Box::new(Proof::new(&self.talk, &self.grant.password, m3.hashes, rng));
        let plain = proof.own.show(Half::First, Whose::Registrar)?.finish()?;
        let m4 = proof.own.put(Writing::to(MessageType::M4, &self.talk.nonces), Whose::Registrar);
        let outgoing = self.talk.answer(bytes, m4.seal(&self.talk.keys, &plain, rng)?)?;
        Ok(Turn::send(Registrar::Proving(self, Stage::AwaitM5(Committed(proof))), outgoing))
    }

    fn answer_m5(
        mut self: Box<Self>,
        proof: Box<Proof>,
        m5: &Sealed<'_>,
        bytes: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Turn<Registrar>, WpsError> {
        let opened = self.talk.open(m5.sealed)?;
        proof.check(&self.talk, Half::First, opened.attributes(self.talk.quirks)?.e_snonce1)?;
        let plain = proof.own.show(Half::Second, Whose::Registrar)?.finish()?;
        let m6 = Writing::to(MessageType::M6, &self.talk.nonces).seal(&self.talk.keys, &plain, rng)?;
        let outgoing = self.talk.answer(bytes, m6)?;
        let event = Event::PasswordShown(self.m1.uuid);
        Ok(Turn::send(Registrar::Proving(self, Stage::AwaitM7(Committed(proof))), outgoing).and(event))
    }

    fn answer_m7(
        mut self: Box<Self>,
        proof: &Proof,
        m7: &Sealed<'_>,
        bytes: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Turn<Registrar>, WpsError> {
        let opened = self.talk.open(m7.sealed)?;
        let attributes = opened.attributes(self.talk.quirks)?;
        proof.check(&self.talk, Half::Second, attributes.e_snonce2)?;
        let (plain, learned) = match &self.grant.offer {
            Offer::Credentials(given) => (credentials(given)?, None),
            Offer::Learn => {
                let event = learned(&attributes, self.talk.quirks)?;
                // The settings are known: the access point is not configured anew.
                return Ok(Turn::send(Registrar::Ended, self.talk.nack(ConfigError::NONE)?)
                    .and(event)
                    .and(self.registered()));
            }
            Offer::Configure(settings) => (settings.write_settings()?, Some(learned(&attributes, self.talk.quirks)?)),
        };
        let m8 = Writing::to(MessageType::M8, &self.talk.nonces).seal(&self.talk.keys, &plain, rng)?;
        let outgoing = self.talk.answer(bytes, m8)?;
        let turn = Turn::send(Registrar::AwaitDone(self), outgoing);
        Ok(match learned {
            Some(event) => turn.and(event),
            None => turn,
        })
    }

    /// WSC_Done has come. Where the other side waits for it, WSC_ACK answers it.
    fn finish(&self) -> Turn<Registrar> {
        let event = self.registered();
        match self.talk.both(MessageType::ACK, OpCode::ACK) {
            Ok(outgoing) => Turn::send(Registrar::Ended, outgoing).and(event),
            Err(_) => Turn::silent(Registrar::Ended).and(event),
        }
    }

    fn registered(&self) -> Event {
        let given = match &self.grant.offer {
            Offer::Credentials(given) => given.clone(),
            Offer::Learn => Vec::new(),
            Offer::Configure(settings) => alloc::vec![(**settings).clone()],
        };
        Event::Registered(Box::new(Registered {
            uuid: self.m1.uuid,
            addr: self.m1.addr,
            device: self.m1.device.clone(),
            password_id: self.grant.password.id,
            given,
        }))
    }
}

fn learned(attributes: &Attributes<'_>, quirks: Quirks) -> Result<Event, WpsError> {
    Ok(Event::Learned(Box::new(Credential::of(attributes, quirks)?)))
}
