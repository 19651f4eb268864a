//! The server's side.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::{Secret, ct_eq, mschap};
use tls::Endpoint;
use wire::Malformed;

use super::binding::{self, Seen, Way};
use super::keys::{Bound, Chain};
use super::tlv::{self, Code, Outcome, Tlvs};
use super::{VERSION, VERSION_BITS, is_allowed, split_outer, start};
use crate::fragment::TlsFrame;
use crate::packet::Body;
use crate::tunnel::{Channel, EndpointOf, InnerServer, ServedStep, Taken};
use crate::{Answer, Ask, Context, EapError, Ignored, Keys, MethodType, Password, ServerMethod, ServerStep, User};

/// What is remembered with a session before the identity: the method, so that none is taken up again by another.
const KEPT: &[u8] = &[55];
/// Longer names of an authority would not leave a packet room for the rest.
const LONGEST_AUTHORITY: usize = 128;

/// How a peer authenticates inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeapInner {
    /// With a method of EAP.
    Eap,
    /// With a name and a password (RFC 9930 3.6.2).
    Password,
}

/// Whose identity is meant (RFC 9930 4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeapIdentity {
    /// Of the person.
    User = 1,
    /// Of the device.
    Machine = 2,
}

/// One authentication inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeapStep {
    /// How.
    pub how: TeapInner,
    /// Whose identity is asked for.
    pub identity: Option<TeapIdentity>,
    /// No other identity is taken than what is asked for.
    pub is_strict: bool,
}

/// The server's side.
#[derive(Debug)]
pub struct TeapServer {
    endpoint: EndpointOf,
    authority: Vec<u8>,
    steps: Vec<TeapStep>,
    state: State,
    keys: Option<Keys>,
    identity: Vec<u8>,
    user: Option<User>,
}

#[derive(Debug)]
enum State {
    /// The TLVs outside of TLS that the peer was told.
    Start(Vec<u8>),
    Running(Box<Running>),
    Failing(EapError),
    Ended,
}

#[derive(Debug)]
struct Running {
    channel: Channel,
    seen: Seen,
    /// Once the handshake is over.
    chain: Option<Chain>,
    /// How many authentications inside are done.
    done: usize,
    /// What identity the peer has named; `None` until it has answered.
    is_identified: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Handshake,
    Eap(Box<InnerServer>),
    /// For name and password.
    Password,
    /// Who has this name is looked up.
    Asking(Secret),
    /// For the peer's binding.
    Binding(Box<Binding>),
    /// The peer was told why not.
    Refused(EapError),
}

#[derive(Debug)]
struct Binding {
    bound: Bound,
    nonce: [u8; 32],
    is_last: bool,
}

impl TeapServer {
    /// One whose sessions are started from this endpoint, under this name of an authority; the peer authenticates inside in
    /// these steps, one after the other. Without any it has to show a certificate, for which the endpoint asks.
    #[must_use]
    pub const fn new(endpoint: Arc<dyn Endpoint>, authority: Vec<u8>, steps: Vec<TeapStep>) -> TeapServer {
        TeapServer {
            endpoint: EndpointOf(endpoint),
            authority,
            steps,
            state: State::Ended,
            keys: None,
            identity: Vec::new(),
            user: None,
        }
    }

    fn run(&mut self, mut running: Running, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> ServerStep {
        let was_handshaking = running.channel.is_handshaking();
        match running.channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                let data = running.channel.empty_frame();
                self.state = State::Running(Box::new(running));
                return ServerStep::Request(data);
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                return match running.channel.next_frame(cx.room) {
                    Some(alert) => {
                        self.state = State::Failing(error);
                        ServerStep::Request(alert)
                    }
                    None => ServerStep::Fail(error),
                };
            }
        }
        if was_handshaking && !running.channel.is_handshaking() {
            running.channel.note_chain(cx.notes);
        }
        if running.channel.is_sending() {
            return self.request(running, cx);
        }
        let plaintext = running.channel.session().plaintext();
        self.proceed(running, &plaintext, cx)
    }

    fn proceed(&mut self, mut running: Running, plaintext: &[u8], cx: &mut Context<'_>) -> ServerStep {
        match running.phase {
            Phase::Handshake if running.channel.is_handshaking() => return self.request(running, cx),
            Phase::Handshake => {
                // TLS 1.2, a whole handshake: the peer acknowledges our Finished first.
                if !running.channel.is_tls13()
                    && let Some(data) = running.channel.next_frame(cx.room)
                {
                    self.state = State::Running(Box::new(running));
                    return ServerStep::Request(data);
                }
                return self.begin(running, cx);
            }
            Phase::Refused(error) => return ServerStep::Fail(error),
            Phase::Eap(_) | Phase::Password | Phase::Asking(_) | Phase::Binding(_) => {}
        }
        let tlvs = match Tlvs::parse(plaintext) {
            Ok(tlvs) => tlvs,
            Err(why) => return self.refuse(running, Code::UnexpectedTlvs, why.into(), cx),
        };
        if tlvs.result == Some(Outcome::Failure) {
            let why = tlvs.error.map_or("the peer says so inside of the tunnel", tlv::meaning);
            return ServerStep::Fail(EapError::refused(why));
        }
        if tlvs.nak.is_some() {
            let error = EapError::refused("the peer does not take what is asked of it");
            return self.refuse(running, Code::InnerMethod, error, cx);
        }
        if !self.is_identity_taken(&mut running, &tlvs) {
            let error = EapError::credentials("the peer has no identity of the kind that is asked for");
            return self.refuse(running, Code::InnerMethod, error, cx);
        }
        match core::mem::replace(&mut running.phase, Phase::Handshake) {
            Phase::Eap(mut inner) => match tlvs.eap {
                Some(packet) => {
                    let step = inner.handle(packet, cx);
                    self.inner(running, inner, step, cx)
                }
                None => self.refuse(running, Code::UnexpectedTlvs, EapError::protocol("no EAP inside of TEAP"), cx),
            },
            Phase::Password => match tlvs.basic {
                Some(basic) => {
                    self.identity = basic.name.to_vec();
                    running.phase = Phase::Asking(Secret::from(basic.password));
                    let ask = Ask::User { identity: basic.name.to_vec(), inner: true };
                    self.state = State::Running(Box::new(running));
                    ServerStep::Ask(ask)
                }
                None => {
                    self.refuse(running, Code::UnexpectedTlvs, EapError::protocol("no password inside of TEAP"), cx)
                }
            },
            Phase::Binding(bound) => self.bound(running, &bound, &tlvs, cx),
            Phase::Handshake | Phase::Asking(_) | Phase::Refused(_) => {
                ServerStep::Fail(EapError::protocol("a message inside of TEAP that nobody waits for"))
            }
        }
    }

    /// The first answer of a step says whose identity it is.
    fn is_identity_taken(&self, running: &mut Running, tlvs: &Tlvs<'_>) -> bool {
        let Some(step) = self.steps.get(running.done) else { return true };
        if running.is_identified || !matches!(running.phase, Phase::Eap(_) | Phase::Password) {
            return true;
        }
        running.is_identified = true;
        let wanted = step.identity.filter(|_| step.is_strict);
        wanted.is_none_or(|wanted| tlvs.identity_type == Some(wanted as u16))
    }

    /// What comes first inside.
    fn begin(&mut self, mut running: Running, cx: &mut Context<'_>) -> ServerStep {
        match Chain::start(&mut running.channel) {
            Ok(chain) => running.chain = Some(chain),
            Err(error) => return ServerStep::Fail(error),
        }
        let remembered = running.channel.session().remembered().and_then(|kept| kept.strip_prefix(KEPT));
        if let Some(identity) = remembered.map(<[u8]>::to_vec) {
            self.identity = identity;
            running.done = self.steps.len();
            return self.bind(running, None, cx);
        }
        if !self.steps.is_empty() {
            return self.begin_step(running, cx);
        }
        let subject = running.channel.session().peer_chain().first().map(|own| own.subject().as_bytes().to_vec());
        match subject {
            Some(subject) => {
                self.identity = subject;
                self.bind(running, None, cx)
            }
            None => {
                let error = EapError::credentials("the peer has shown no certificate");
                self.refuse(running, Code::InnerMethod, error, cx)
            }
        }
    }

    fn begin_step(&mut self, mut running: Running, cx: &mut Context<'_>) -> ServerStep {
        let Some(step) = self.steps.get(running.done).copied() else {
            return ServerStep::Fail(EapError::local("no authentication inside of TEAP is left"));
        };
        running.is_identified = false;
        match step.how {
            TeapInner::Eap => {
                let mut inner = Box::new(InnerServer::keyed(cx.room, cx.identifier));
                let step = inner.start(cx);
                self.inner(running, inner, step, cx)
            }
            TeapInner::Password => {
                running.phase = Phase::Password;
                let message = [tlv::password_request(&[]), self.identity_type(&running)].concat();
                self.say(running, &message, cx)
            }
        }
    }

    /// Goes with the first message of a step.
    fn identity_type(&self, running: &Running) -> Vec<u8> {
        let wanted = self.steps.get(running.done).and_then(|step| step.identity).filter(|_| !running.is_identified);
        wanted.map(|wanted| tlv::identity_type(wanted as u16)).unwrap_or_default()
    }

    fn inner(
        &mut self,
        mut running: Running,
        mut inner: Box<InnerServer>,
        step: ServedStep,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        match step {
            ServedStep::Send(packet) => {
                running.phase = Phase::Eap(inner);
                let message = [tlv::eap(&packet), self.identity_type(&running)].concat();
                self.say(running, &message, cx)
            }
            ServedStep::Ask(ask) => {
                running.phase = Phase::Eap(inner);
                self.state = State::Running(Box::new(running));
                ServerStep::Ask(ask)
            }
            ServedStep::Nothing => {
                let error = EapError::protocol("nothing of sense inside of the tunnel");
                self.refuse(running, Code::InnerMethod, error, cx)
            }
            ServedStep::Succeeded(_, identity, keys) => {
                self.identity = identity;
                running.done = running.done.saturating_add(1);
                let method = inner.method.take().zip(keys);
                self.bind(running, Some(method.as_ref().map(|(method, keys)| (*method, keys))), cx)
            }
            ServedStep::Failed(_, error) => self.refuse(running, Code::InnerMethod, error, cx),
        }
    }

    /// Tells of a success, and binds it: `inner` is what has authenticated inside, if anything has, with its keys.
    fn bind(
        &mut self,
        mut running: Running,
        inner: Option<Option<(MethodType, &Keys)>>,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let Some(chain) = &running.chain else { return ServerStep::Fail(EapError::local("no keys of TEAP")) };
        let bound = match chain.bind(&mut running.channel, inner.flatten()) {
            Ok(bound) => bound,
            Err(error) => return ServerStep::Fail(error),
        };
        let mut nonce = [0; 32];
        cx.rng.fill(&mut nonce);
        if let Some(last) = nonce.last_mut() {
            *last &= !1;
        }
        let is_last = running.done >= self.steps.len();
        let mut message = inner.map(|_| tlv::intermediate(Outcome::Success)).unwrap_or_default();
        if is_last {
            message.extend(tlv::result(Outcome::Success));
        }
        message.extend(binding::request(&bound, &running.seen, &nonce));
        running.phase = Phase::Binding(Box::new(Binding { bound, nonce, is_last }));
        self.say(running, &message, cx)
    }

    /// The peer's answer to that.
    fn bound(&mut self, mut running: Running, known: &Binding, tlvs: &Tlvs<'_>, cx: &mut Context<'_>) -> ServerStep {
        let Binding { bound, nonce, is_last } = known;
        // RFC 9930 4.2.13: without it nothing else is looked at.
        let found = tlvs.binding.as_ref().filter(|found| binding::answers(found, nonce));
        let selected = found.and_then(|found| binding::select(found, bound, &running.seen, Way::Response));
        let (Some(selected), Some(chain)) = (selected, &mut running.chain) else {
            let error = EapError::credentials("the peer's crypto-binding is wrong, or not there");
            return self.refuse(running, Code::TunnelCompromise, error, cx);
        };
        let is_content = if *is_last {
            tlvs.result == Some(Outcome::Success) && tlvs.intermediate != Some(Outcome::Failure)
        } else {
            tlvs.intermediate == Some(Outcome::Success)
        };
        if !is_content {
            let error = EapError::refused("the peer does not agree that the authentication inside has succeeded");
            return self.refuse(running, Code::InnerMethod, error, cx);
        }
        chain.advance(bound.of(selected));
        if !is_last {
            return self.begin_step(running, cx);
        }
        match chain.keys(&mut running.channel) {
            Ok(keys) => {
                self.keys = Some(keys);
                running.channel.session().keep(&[KEPT, &self.identity].concat());
                ServerStep::Succeed
            }
            Err(error) => ServerStep::Fail(error),
        }
    }

    /// The user was looked up.
    fn judge(&mut self, mut running: Running, given: &Secret, cx: &mut Context<'_>) -> ServerStep {
        let known = self.user.take().and_then(|user| user.password);
        let is_right = match &known {
            Some(Password::Plain(known)) => ct_eq(known.as_bytes(), given.as_bytes()),
            Some(Password::NtHash(known)) => mschap::nt_password_hash(given.as_bytes()) == *known,
            None => false,
        };
        if !is_right {
            let error = EapError::credentials("the password inside of TEAP is wrong, or nobody has this name");
            return self.refuse(running, Code::InnerMethod, error, cx);
        }
        running.done = running.done.saturating_add(1);
        self.bind(running, Some(None), cx)
    }

    /// RFC 9930 3.9.3: a failure is said under protection, with its reason.
    fn refuse(&mut self, mut running: Running, code: Code, error: EapError, cx: &Context<'_>) -> ServerStep {
        running.phase = Phase::Refused(error);
        let message = [tlv::result(Outcome::Failure), tlv::error(code)].concat();
        self.say(running, &message, cx)
    }

    fn say(&mut self, mut running: Running, message: &[u8], cx: &Context<'_>) -> ServerStep {
        match running.channel.session().send(message) {
            Ok(()) => self.request(running, cx),
            Err(error) => ServerStep::Fail(error.into()),
        }
    }

    fn request(&mut self, mut running: Running, cx: &Context<'_>) -> ServerStep {
        match running.channel.next_frame(cx.room) {
            Some(data) => {
                self.state = State::Running(Box::new(running));
                ServerStep::Request(data)
            }
            None => ServerStep::Fail(EapError::protocol("a flight of TLS that is not complete")),
        }
    }

    fn first(&mut self, server: Vec<u8>, frame: TlsFrame<'_>, cx: &mut Context<'_>) -> Result<ServerStep, Malformed> {
        let (frame, peer) = split_outer(frame)?;
        let version = frame.rest & VERSION_BITS;
        // RFC 9930 3.2: there is no version 0, and none above ours was offered.
        if version != VERSION {
            return Ok(ServerStep::Fail(EapError::protocol("the peer answers with a version of TEAP other than 1")));
        }
        let seen = Seen { version, server, peer: peer.to_vec() };
        Ok(match Channel::server(&self.endpoint.0, MethodType::TEAP, VERSION, cx) {
            Ok(channel) => {
                let phase = Phase::Handshake;
                self.run(Running { channel, seen, chain: None, done: 0, is_identified: false, phase }, &frame, cx)
            }
            Err(error) => ServerStep::Fail(error),
        })
    }

    /// The Response comes again with an answer, or for the first time.
    fn resume(&mut self, mut running: Running, frame: TlsFrame<'_>, cx: &mut Context<'_>) -> ServerStep {
        match core::mem::replace(&mut running.phase, Phase::Handshake) {
            Phase::Asking(password) => self.judge(running, &password, cx),
            Phase::Eap(mut inner) => match inner.resume(cx) {
                Some(step) => self.inner(running, inner, step, cx),
                None => {
                    running.phase = Phase::Eap(inner);
                    self.run(running, &frame, cx)
                }
            },
            phase @ (Phase::Handshake | Phase::Password | Phase::Binding(_) | Phase::Refused(_)) => {
                running.phase = phase;
                self.run(running, &frame, cx)
            }
        }
    }
}

impl ServerMethod for TeapServer {
    fn method_type(&self) -> MethodType {
        MethodType::TEAP
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        if self.authority.len() > LONGEST_AUTHORITY {
            return ServerStep::Fail(EapError::configuration("a name of an authority has at most 128 octets"));
        }
        let (data, outer) = start(&self.authority);
        self.state = State::Start(outer);
        ServerStep::Request(data)
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = match TlsFrame::parse(response.data) {
            Ok(frame) => frame,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Start(outer) => match self.first(outer.clone(), frame, cx) {
                Ok(step) => step,
                Err(why) => {
                    self.state = State::Start(outer);
                    ServerStep::Ignore(why.into())
                }
            },
            State::Running(running) => match split_outer(frame) {
                // RFC 9930 4.3.1: TLVs outside of TLS are passed over where they do not belong.
                Ok((frame, _)) => self.resume(*running, frame, cx),
                Err(why) => {
                    self.state = State::Running(running);
                    ServerStep::Ignore(why.into())
                }
            },
            State::Failing(error) => ServerStep::Fail(error),
            State::Ended => ServerStep::Ignore(Ignored("a Response after the end")),
        }
    }

    fn answer(&mut self, mut answer: Answer) {
        let State::Running(running) = &mut self.state else { return };
        match &mut running.phase {
            Phase::Eap(inner) => {
                // What makes no keys, and other tunnels, are not proposed here.
                if let Answer::User(user) = &mut answer {
                    user.methods.retain(|method| is_allowed(method.method_type()));
                }
                inner.answer(answer);
            }
            Phase::Asking(_) => self.user = answer.user(),
            Phase::Handshake | Phase::Password | Phase::Binding(_) | Phase::Refused(_) => {}
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    fn identity(&self) -> Option<&[u8]> {
        Some(&self.identity).filter(|identity| !identity.is_empty()).map(Vec::as_slice)
    }
}
