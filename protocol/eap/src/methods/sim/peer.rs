//! The peer's side of the three methods.

mod aka;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, ct_eq};

use super::attributes::{self as at, Attributes, Builder, IdRequest};
use super::card::Outside;
use super::frame::{ENCRYPTED, Envelope, Subtype, is_authentic, parse};
use super::keys::{self, FullKeys, Kind};
use super::{
    DENIED_FOR_NOW, FAILURE_AFTER, LONGEST_IDENTITY, NOT_SUBSCRIBED, P_BIT, S_BIT, SUCCESS, SimAnswer, SimCredentials,
    SimSession, VERSION, known_as,
};
use crate::packet::{Body, Code};
use crate::{
    Answer, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, Note, PeerMethod, PeerStep, Progress,
};

/// How often a card may ask to resynchronise in one conversation.
const MOST_SYNCHRONISATIONS: u8 = 2;

/// The peer's side.
#[derive(Debug)]
pub struct SimPeer {
    kind: Kind,
    permanent: Vec<u8>,
    credentials: SimCredentials,
    /// EAP-AKA' would do here too.
    prime_is_wanted: bool,
    answer: Option<SimAnswer>,
    trouble: Option<EapError>,
    state: State,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    Beginning(Box<Beginning>),
    Authenticated(Box<Authenticated>),
    Over,
}

/// Before the server has proved itself.
#[derive(Debug)]
struct Beginning {
    /// What we said last that we are called: the keys depend on it.
    identity: Vec<u8>,
    /// The last kind of identity that was asked for.
    asked: Option<IdRequest>,
    /// EAP-SIM: our nonce, and the versions that the server has.
    start: Option<([u8; 16], Vec<u8>)>,
    /// EAP-AKA: the packets that asked for and told identities.
    rounds: Vec<u8>,
    /// EAP-AKA': the list that we have chosen from.
    offered: Option<Vec<u16>>,
    synchronisations: u8,
    /// Fast re-authentication was begun and refused: not again.
    is_full: bool,
}

#[derive(Debug)]
struct Authenticated {
    encr: Secret,
    aut: Secret,
    /// Of fast re-authentication.
    counter: Option<u16>,
    /// Both want to hear of success under protection.
    is_indicated: bool,
}

/// How a Request is answered that is not passed over.
enum Outcome {
    Respond(Vec<u8>, Progress),
    Outside(Outside),
    /// AT_CLIENT_ERROR_CODE, and why.
    Error(u16, EapError),
    /// The last word, and why.
    Last(Vec<u8>, EapError),
    Ignore(Ignored),
}

/// AT_CLIENT_ERROR_CODE: the packet cannot be processed.
const UNABLE: u16 = 0;
const UNSUPPORTED_VERSION: u16 = 1;
const TOO_FEW_CHALLENGES: u16 = 2;
const STALE_CHALLENGES: u16 = 3;

fn unable(what: &'static str) -> Outcome {
    Outcome::Error(UNABLE, EapError::protocol(what))
}

fn wrong(what: &'static str) -> Outcome {
    Outcome::Error(UNABLE, EapError::credentials(what))
}

fn key16(key: &Secret) -> [u8; 16] {
    key.as_bytes().try_into().unwrap_or_default()
}

fn peer(kind: Kind, credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let sim = credentials.sim.clone();
    let sim = sim.ok_or(EapError::configuration("the method needs the card of a mobile network, and none is given"))?;
    let permanent = credentials.known_identity()?.to_vec();
    let outer = credentials.anonymous_identity.clone().unwrap_or_else(|| permanent.clone());
    let identity = known_as(credentials).unwrap_or(outer);
    let beginning = Beginning {
        identity,
        asked: None,
        start: None,
        rounds: Vec::new(),
        offered: None,
        synchronisations: 0,
        is_full: false,
    };
    Ok(Box::new(SimPeer {
        kind,
        permanent,
        prime_is_wanted: credentials.methods.contains(&MethodType::AKA_PRIME),
        credentials: sim,
        answer: None,
        trouble: None,
        state: State::Beginning(Box::new(beginning)),
        keys: None,
    }))
}

pub(crate) fn sim(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    peer(Kind::Sim, credentials)
}

pub(crate) fn aka(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    peer(Kind::Aka, credentials)
}

pub(crate) fn aka_prime(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    peer(Kind::AkaPrime, credentials)
}

impl SimPeer {
    /// The session that may be gone on from.
    fn session(&self) -> Option<&SimSession> {
        self.credentials.memory.session.as_ref().filter(|session| session.kind == self.kind)
    }

    fn remember(&self, cx: &mut Context<'_>) {
        cx.notes.push(Note::Sim(Box::new(self.credentials.memory.clone())));
    }

    fn begun(
        &mut self,
        beginning: &mut Beginning,
        request: &Body<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> (Outcome, Option<Authenticated>) {
        let (subtype, attributes) = match parse(self.kind, request, Code::Request) {
            Ok(read) => read,
            Err(why) => return (Outcome::Error(UNABLE, why.into()), None),
        };
        match subtype {
            Subtype::Start => (self.start(beginning, &attributes, cx, envelope), None),
            Subtype::AkaIdentity => (self.identity(beginning, &attributes, request, envelope), None),
            Subtype::SimChallenge => split(self.sim_challenge(beginning, &attributes, request, cx, envelope)),
            Subtype::AkaChallenge => split(self.aka_challenge(beginning, &attributes, request, cx, envelope)),
            Subtype::Reauthentication => split(self.reauth(beginning, &attributes, request, cx, envelope)),
            Subtype::Notification => (early_notification(&attributes, envelope), None),
            Subtype::AuthenticationReject | Subtype::SynchronizationFailure | Subtype::ClientError => {
                (unable("a Request that only peers send"), None)
            }
        }
    }

    /// Which identity is told to whom asks for one (RFC 4186 4.2.2); each kind is asked for at most once, in order.
    fn choose(&self, beginning: &mut Beginning, request: IdRequest) -> Result<(), Outcome> {
        if beginning.asked.is_some_and(|asked| asked >= request) {
            return Err(unable("identities are asked for out of order"));
        }
        if request == IdRequest::Permanent
            && self.credentials.conservative
            && self.credentials.memory.pseudonym.is_some()
        {
            return Err(Outcome::Error(UNABLE, EapError::protocol("the permanent identity is not told")));
        }
        beginning.asked = Some(request);
        let session = self.session().filter(|_| request == IdRequest::Any && !beginning.is_full);
        let pseudonym = self.credentials.memory.pseudonym.as_ref().filter(|_| request != IdRequest::Permanent);
        beginning.identity = session.map(|session| &session.identity).or(pseudonym).unwrap_or(&self.permanent).clone();
        Ok(())
    }

    /// SIM/Start (RFC 4186 9.1 and 9.2).
    fn start(
        &self,
        beginning: &mut Beginning,
        attributes: &Attributes<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> Outcome {
        let Some(versions) = attributes.version_list else { return unable("no AT_VERSION_LIST") };
        if !versions.as_chunks::<2>().0.contains(&VERSION.to_be_bytes()) {
            return Outcome::Error(UNSUPPORTED_VERSION, EapError::protocol("the server does not know version 1"));
        }
        let mut builder = Builder::default();
        if let Some(request) = attributes.id_request {
            if let Err(outcome) = self.choose(beginning, request) {
                return outcome;
            }
            builder.counted(at::IDENTITY, &beginning.identity);
        }
        let is_session = self.session().is_some_and(|session| session.identity == beginning.identity);
        if is_session && attributes.id_request.is_some() {
            beginning.start = None;
        } else {
            let mut nonce = [0; 16];
            cx.rng.fill(&mut nonce);
            builder.value(at::NONCE_MT, &nonce).number(at::SELECTED_VERSION, VERSION);
            beginning.start = Some((nonce, versions.to_vec()));
        }
        Outcome::Respond(envelope.plain(Subtype::Start, builder), Progress::Continue)
    }

    /// AKA-Identity (RFC 4187 9.1 and 9.2).
    fn identity(
        &self,
        beginning: &mut Beginning,
        attributes: &Attributes<'_>,
        request: &Body<'_>,
        envelope: Envelope,
    ) -> Outcome {
        let Some(wanted) = attributes.id_request else { return unable("no identity is asked for") };
        if let Err(outcome) = self.choose(beginning, wanted) {
            return outcome;
        }
        let mut builder = Builder::default();
        builder.counted(at::IDENTITY, &beginning.identity);
        let data = envelope.plain(Subtype::AkaIdentity, builder);
        beginning.rounds.extend_from_slice(request.whole);
        beginning.rounds.extend(envelope.packet(&data));
        Outcome::Respond(data, Progress::Continue)
    }

    /// SIM/Challenge (RFC 4186 9.3 and 9.4).
    fn sim_challenge(
        &mut self,
        beginning: &Beginning,
        attributes: &Attributes<'_>,
        request: &Body<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> Result<(Vec<u8>, Authenticated), Outcome> {
        let Some((nonce, versions)) = &beginning.start else { return Err(unable("a challenge before SIM/Start")) };
        let rands = &attributes.rand;
        if rands.len() < self.credentials.challenges.clamp(2, 3) {
            return Err(Outcome::Error(TOO_FEW_CHALLENGES, EapError::protocol("the server sends too few challenges")));
        }
        if rands.len() > 3 || repeats(rands) {
            return Err(Outcome::Error(STALE_CHALLENGES, EapError::protocol("a challenge comes twice")));
        }
        let triplets = self.credentials.card.gsm(rands, self.answer.as_ref()).map_err(Outcome::Outside)?;
        let triplets = triplets
            .ok_or(Outcome::Error(UNABLE, EapError::local("the card's answer does not belong to the challenges")))?;
        let made = keys::sim(&beginning.identity, &triplets, nonce, versions, VERSION);
        if !is_authentic(self.kind, &made.aut, request, attributes, nonce) {
            return Err(wrong("the server does not have the keys of the card"));
        }
        let rands: Vec<u8> = rands.concat();
        let answers: Vec<u8> = triplets.iter().flat_map(|triplet| triplet.sres).collect();
        let id = [&[octet(self.kind)], rands.as_slice(), nonce].concat();
        let authenticated = self.finish_full(made, attributes, id, cx)?;
        let mut builder = Builder::default();
        if authenticated.is_indicated {
            builder.flag(at::RESULT_IND);
        }
        Ok((envelope.signed(Subtype::SimChallenge, builder, &authenticated.aut, &answers), authenticated))
    }

    /// AT_CHECKCODE (RFC 4187 10.13).
    fn check_code(&self, beginning: &Beginning, attributes: &Attributes<'_>) -> Result<(), Outcome> {
        let is_right = attributes.checkcode.is_none_or(|code| ct_eq(code, &self.kind.checkcode(&beginning.rounds)));
        if is_right { Ok(()) } else { Err(wrong("somebody has changed what we are called")) }
    }

    /// Takes the keys, and what AT_ENCR_DATA gives for the next time.
    fn finish_full(
        &mut self,
        made: FullKeys,
        attributes: &Attributes<'_>,
        id: Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Result<Authenticated, Outcome> {
        let FullKeys { encr, aut, re, msk, emsk } = made;
        let plain = attributes.decrypt(&key16(&encr)).map_err(|why| Outcome::Error(UNABLE, why.into()))?;
        let plain = plain.unwrap_or(Secret::from([]));
        let inner =
            Attributes::parse(plain.as_bytes(), 0, ENCRYPTED).map_err(|why| Outcome::Error(UNABLE, why.into()))?;
        let usable = |identity: &&[u8]| !identity.is_empty() && identity.len() <= LONGEST_IDENTITY;
        if let Some(pseudonym) = inner.next_pseudonym.filter(usable) {
            self.credentials.memory.pseudonym = Some(pseudonym.to_vec());
        }
        let session = inner.next_reauth.filter(usable).map(|identity| SimSession {
            kind: self.kind,
            identity: identity.to_vec(),
            counter: 1,
            encr: encr.clone(),
            aut: aut.clone(),
            re,
        });
        self.credentials.memory.session = session;
        self.remember(cx);
        self.keys = Some(Keys { msk, emsk: Some(emsk), session_id: Some(id) });
        let is_indicated = attributes.result_ind && self.credentials.result_indications;
        Ok(Authenticated { encr, aut, counter: None, is_indicated })
    }

    /// Fast re-authentication (RFC 4186 5, RFC 4187 5).
    fn reauth(
        &mut self,
        beginning: &mut Beginning,
        attributes: &Attributes<'_>,
        request: &Body<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> Result<(Vec<u8>, Authenticated), Outcome> {
        let session = self.session().filter(|session| session.identity == beginning.identity && !beginning.is_full);
        let Some(session) = session.cloned() else { return Err(unable("there is no session to go on from")) };
        if !is_authentic(self.kind, &session.aut, request, attributes, &[]) {
            return Err(wrong("the server does not know the session"));
        }
        self.check_code(beginning, attributes)?;
        let encr = key16(&session.encr);
        let plain = attributes.decrypt(&encr).map_err(|why| Outcome::Error(UNABLE, why.into()))?;
        let plain = plain.ok_or(unable("re-authentication without AT_ENCR_DATA"))?;
        let inner =
            Attributes::parse(plain.as_bytes(), 0, ENCRYPTED).map_err(|why| Outcome::Error(UNABLE, why.into()))?;
        let (Some(counter), Some(nonce)) = (inner.counter, inner.nonce_s) else {
            return Err(unable("re-authentication without AT_COUNTER or AT_NONCE_S"));
        };
        let mut iv = [0; 16];
        cx.rng.fill(&mut iv);
        let mut answer = Builder::default();
        answer.number(at::COUNTER, counter);
        let mut builder = Builder::default();
        self.credentials.memory.session = None;
        if counter < session.counter {
            // RFC 4186 5.5: a full authentication follows.
            beginning.is_full = true;
            answer.flag(at::COUNTER_TOO_SMALL);
            builder.encrypted(&encr, &iv, answer);
            self.remember(cx);
            let data = envelope.signed(Subtype::Reauthentication, builder, &session.aut, &nonce);
            return Err(Outcome::Respond(data, Progress::Continue));
        }
        let (msk, emsk) = keys::reauth(self.kind, &session.re, &session.identity, counter, &nonce);
        let next = inner.next_reauth.filter(|identity| !identity.is_empty() && identity.len() <= LONGEST_IDENTITY);
        self.credentials.memory.session = next.map(|identity| SimSession {
            identity: identity.to_vec(),
            counter: counter.saturating_add(1),
            ..session.clone()
        });
        self.remember(cx);
        let (mac, _) = attributes.mac.unwrap_or_default();
        let id = [&[octet(self.kind)], &nonce[..], &mac].concat();
        self.keys = Some(Keys { msk, emsk: Some(emsk), session_id: Some(id) });
        let is_indicated = attributes.result_ind && self.credentials.result_indications;
        builder.encrypted(&encr, &iv, answer);
        if attributes.checkcode.is_some() {
            builder.value(at::CHECKCODE, &self.kind.checkcode(&beginning.rounds));
        }
        if is_indicated {
            builder.flag(at::RESULT_IND);
        }
        let data = envelope.signed(Subtype::Reauthentication, builder, &session.aut, &nonce);
        let SimSession { encr, aut, .. } = session;
        Ok((data, Authenticated { encr, aut, counter: Some(counter), is_indicated }))
    }

    /// What may come after the server has proved itself: a notification under protection, and nothing else.
    fn later(
        &self,
        authenticated: &Authenticated,
        request: &Body<'_>,
        cx: &mut Context<'_>,
        envelope: Envelope,
    ) -> Outcome {
        let ignore = |why| Outcome::Ignore(Ignored(why));
        let (subtype, attributes) = match parse(self.kind, request, Code::Request) {
            Ok(read) => read,
            Err(why) => return Outcome::Ignore(why.into()),
        };
        let (Subtype::Notification, Some(code)) = (subtype, attributes.notification) else {
            return ignore("a Request after the server's proof that is no notification");
        };
        if code & P_BIT != 0 || !is_authentic(self.kind, &authenticated.aut, request, &attributes, &[]) {
            return ignore("a notification without protection after the server's proof");
        }
        let mut builder = Builder::default();
        if let Some(counter) = authenticated.counter {
            let encr = key16(&authenticated.encr);
            let plain = attributes.decrypt(&encr).ok().flatten().unwrap_or(Secret::from([]));
            let inner = Attributes::parse(plain.as_bytes(), 0, ENCRYPTED);
            if inner.ok().and_then(|inner| inner.counter) != Some(counter) {
                return ignore("a notification of another re-authentication");
            }
            let mut iv = [0; 16];
            cx.rng.fill(&mut iv);
            let mut answer = Builder::default();
            answer.number(at::COUNTER, counter);
            builder.encrypted(&encr, &iv, answer);
        }
        let data = envelope.signed(Subtype::Notification, builder, &authenticated.aut, &[]);
        match (code & S_BIT != 0, code, authenticated.is_indicated) {
            (true, SUCCESS, true) => Outcome::Respond(data, Progress::Done(Decision::Unconditional)),
            (true, ..) => ignore("a notification of success that nobody waits for"),
            (false, ..) => Outcome::Last(data, refusal(code)),
        }
    }
}

fn split(step: Result<(Vec<u8>, Authenticated), Outcome>) -> (Outcome, Option<Authenticated>) {
    match step {
        Ok((data, authenticated)) => {
            // With an indication to come, a Success without it is not believed (RFC 4186 6.2).
            let is_sure = !authenticated.is_indicated;
            let progress = if is_sure { Progress::MayContinue(Decision::Conditional) } else { Progress::Continue };
            (Outcome::Respond(data, progress), Some(authenticated))
        }
        Err(outcome) => (outcome, None),
    }
}

/// Whether one of them comes again.
fn repeats<T: PartialEq>(mut list: &[T]) -> bool {
    while let Some((first, rest)) = list.split_first() {
        if rest.contains(first) {
            return true;
        }
        list = rest;
    }
    false
}

fn octet(kind: Kind) -> u8 {
    kind.method().short().unwrap_or_default()
}

/// Authentication-Reject (RFC 4187 9.5).
fn reject(envelope: Envelope, why: &'static str) -> Outcome {
    Outcome::Last(envelope.plain(Subtype::AuthenticationReject, Builder::default()), EapError::credentials(why))
}

fn refusal(code: u16) -> EapError {
    match code {
        DENIED_FOR_NOW => EapError::refused("the subscriber has no access for now"),
        NOT_SUBSCRIBED => EapError::refused("the subscriber has not ordered this service"),
        FAILURE_AFTER => EapError::refused("the network refuses after the subscriber was authenticated"),
        _ => EapError::refused("the network could not authenticate the subscriber"),
    }
}

/// A notification before the server has proved itself can say that it failed, no more (RFC 4186 6.2).
fn early_notification(attributes: &Attributes<'_>, envelope: Envelope) -> Outcome {
    match attributes.notification {
        Some(code) if code & P_BIT != 0 && code & S_BIT == 0 => {
            Outcome::Last(envelope.plain(Subtype::Notification, Builder::default()), refusal(code))
        }
        Some(_) | None => Outcome::Ignore(Ignored("a notification that cannot come yet")),
    }
}

impl PeerMethod for SimPeer {
    fn method_type(&self) -> MethodType {
        self.kind.method()
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        if let Some(error) = self.trouble.take() {
            let envelope = envelope(self.kind, request);
            return PeerStep::Fail(Some(client_error(envelope, UNABLE)), error);
        }
        let envelope = envelope(self.kind, request);
        let outcome = match core::mem::replace(&mut self.state, State::Over) {
            State::Beginning(mut beginning) => {
                let (outcome, authenticated) = self.begun(&mut beginning, request, cx, envelope);
                self.state = match authenticated {
                    Some(authenticated) => State::Authenticated(Box::new(authenticated)),
                    None => State::Beginning(beginning),
                };
                outcome
            }
            State::Authenticated(authenticated) => {
                let outcome = self.later(&authenticated, request, cx, envelope);
                self.state = State::Authenticated(authenticated);
                outcome
            }
            State::Over => Outcome::Ignore(Ignored("a Request after the end")),
        };
        match outcome {
            Outcome::Respond(data, progress) => PeerStep::Respond(data, progress),
            Outcome::Outside(Outside(ask)) => PeerStep::Ask(ask),
            Outcome::Ignore(why) => PeerStep::Ignore(why),
            Outcome::Error(code, error) => self.over(client_error(envelope, code), error),
            Outcome::Last(data, error) => self.over(data, error),
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer.sim() {
            Some(answer) => self.answer = Some(answer),
            None => self.trouble = Some(EapError::local("nobody has the card")),
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    /// Once the server has proved itself it has notifications of its own.
    fn allows_notification(&self) -> bool {
        matches!(self.state, State::Beginning(_))
    }
}

impl SimPeer {
    fn over(&mut self, last: Vec<u8>, error: EapError) -> PeerStep {
        self.state = State::Over;
        self.keys = None;
        PeerStep::Fail(Some(last), error)
    }
}

const fn envelope(kind: Kind, request: &Body<'_>) -> Envelope {
    Envelope { kind, code: Code::Response, identifier: request.identifier, expanded: request.expanded }
}

fn client_error(envelope: Envelope, code: u16) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.number(at::CLIENT_ERROR_CODE, code);
    envelope.plain(Subtype::ClientError, builder)
}
