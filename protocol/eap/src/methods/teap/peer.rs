//! The peer's side.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::binding::{self, LENGTH, Seen, Way};
use super::keys::Chain;
use super::tlv::{self, Basic, Code, Outcome, Tlvs};
use super::{VERSION, VERSION_BITS, is_allowed, split_outer};
use crate::fragment::TlsFrame;
use crate::packet::{Body, Packet};
use crate::tunnel::{Channel, InnerPeer, InnerStep, START_AGAIN, Taken};
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Keys, MethodType, Note, PeerMethod, PeerStep, Progress,
    TunnelCredentials,
};

/// The peer's side.
#[derive(Debug)]
pub struct TeapPeer {
    credentials: Credentials,
    tunnel: TunnelCredentials,
    methods: Vec<MethodType>,
    state: State,
    keys: Option<Keys>,
    trouble: Option<EapError>,
}

#[derive(Debug)]
enum State {
    Start,
    Running(Box<Running>),
    Done,
}

#[derive(Debug)]
struct Running {
    channel: Channel,
    seen: Seen,
    /// Once the handshake is over.
    chain: Option<Chain>,
    inner: Inner,
    /// The server has said that an inner method has succeeded, and bound it.
    is_bound: bool,
    /// What is to be said with the answer that somebody is asked for.
    reply: Vec<u8>,
    /// What somebody is asked for.
    asking: Option<Asking>,
    /// What comes when our last message is acknowledged in full.
    next: Progress,
    /// Why it is over, once the server was told.
    error: Option<EapError>,
}

/// What authenticates just now, and is not bound yet.
#[derive(Debug)]
enum Inner {
    None,
    Eap(Box<InnerPeer>),
    /// Name and password were sent.
    Password,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Inner,
    Password,
}

/// Whose identity it is (RFC 9930 4.2.3).
const USER: u16 = 1;
const MACHINE: u16 = 2;

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let tunnel = credentials.known_tunnel()?.clone();
    let methods = tunnel.inner.iter().copied().filter(|method| is_allowed(*method)).collect();
    let credentials = credentials.clone();
    Ok(Box::new(TeapPeer { credentials, tunnel, methods, state: State::Start, keys: None, trouble: None }))
}

/// Why there is no success, what the server is told of it.
#[derive(Debug)]
struct GivenUp(Option<Code>, EapError);

impl TeapPeer {
    fn start(&mut self, frame: TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        let (frame, outer) = match split_outer(frame) {
            Ok(split) => split,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        let version = frame.rest & VERSION_BITS;
        // RFC 9930 3.2: there is no version 0.
        if version < VERSION {
            return PeerStep::Fail(None, EapError::refused("the server speaks no TEAP of version 1"));
        }
        let seen = Seen { version, server: outer.to_vec(), peer: Vec::new() };
        match Channel::client(&self.tunnel.endpoint, MethodType::TEAP, VERSION, cx) {
            Ok(mut channel) => {
                let hello = channel.frame(cx.room);
                self.state = State::Running(Box::new(Running {
                    channel,
                    seen,
                    chain: None,
                    inner: Inner::None,
                    is_bound: false,
                    reply: Vec::new(),
                    asking: None,
                    next: Progress::Continue,
                    error: None,
                }));
                PeerStep::Respond(hello, Progress::Continue)
            }
            Err(error) => PeerStep::Fail(None, error),
        }
    }

    fn run(&mut self, mut running: Running, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        let was_handshaking = running.channel.is_handshaking();
        match running.channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                let data = running.channel.empty_frame();
                self.state = State::Running(Box::new(running));
                return PeerStep::Respond(data, Progress::Continue);
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                running.channel.note_chain(cx.notes);
                let alert = running.channel.frame(cx.room);
                return PeerStep::Fail(Some(alert), error);
            }
        }
        if was_handshaking && !running.channel.is_handshaking() {
            running.channel.note_chain(cx.notes);
            match Chain::start(&mut running.channel) {
                Ok(chain) => running.chain = Some(chain),
                Err(error) => return PeerStep::Fail(None, error),
            }
        }
        if running.channel.is_sending() {
            return self.respond(running, cx);
        }
        let plaintext = running.channel.session().plaintext();
        if plaintext.is_empty() || running.channel.is_handshaking() {
            return self.respond(running, cx);
        }
        let step = self.message(&mut running, &plaintext, cx);
        self.act(running, step, cx)
    }

    /// Whether the server may end without an authentication inside: none is wanted here, as where a certificate of
    /// ours is all there is; or an earlier session was taken up again, in which there was one.
    fn may_skip(&self, running: &Running) -> bool {
        let nothing = self.tunnel.inner.is_empty() && !self.tunnel.basic_password;
        nothing || (running.channel.is_resumed() && !self.tunnel.always_inner)
    }

    /// Takes a message of the server. What is to be said is in `running.reply`.
    fn message(&mut self, running: &mut Running, data: &[u8], cx: &mut Context<'_>) -> Result<Option<Ask>, GivenUp> {
        let tlvs = Tlvs::parse(data).map_err(|why| GivenUp(Some(Code::UnexpectedTlvs), why.into()))?;
        if let Some(kind) = tlvs.unknown {
            // RFC 9930 4.2.5: the server may go on without it. Of PKCS nothing is done here.
            running.reply = tlv::nak(kind);
            return Ok(None);
        }
        if tlvs.result == Some(Outcome::Failure) {
            return Err(GivenUp(None, refused(running, &tlvs)));
        }
        if tlvs.action == Some(Outcome::Failure) {
            let error = EapError::refused("the server demands something that is not done here");
            return Err(GivenUp(Some(Code::UnexpectedTlvs), error));
        }
        self.bind(running, &tlvs)?;
        match tlvs.intermediate {
            Some(Outcome::Success) => running.reply.extend(tlv::intermediate(Outcome::Success)),
            Some(Outcome::Failure) => {
                // The server may try something else, or end it.
                running.inner = Inner::None;
                running.reply.extend(tlv::intermediate(Outcome::Failure));
            }
            None => {}
        }
        if tlvs.result == Some(Outcome::Success) {
            let Some(chain) = &running.chain else { return Err(GivenUp(None, EapError::local("no keys of TEAP"))) };
            self.keys = Some(chain.keys(&mut running.channel).map_err(|error| GivenUp(None, error))?);
            running.reply.extend(tlv::result(Outcome::Success));
            running.next = Progress::Done(Decision::Unconditional);
            return Ok(None);
        }
        if let Some(prompt) = tlvs.prompt {
            return self.password(running, prompt, tlvs.identity_type, cx);
        }
        if let Some(packet) = tlvs.eap {
            if tlvs.identity_type.is_some() {
                running.reply.extend(tlv::identity_type(self.chosen(tlvs.identity_type)));
            }
            return self.eap(running, packet, tlvs.identity_type, cx);
        }
        Ok(None)
    }

    /// RFC 9930 4.2.13: before any success is believed, the binding is looked at.
    fn bind(&self, running: &mut Running, tlvs: &Tlvs<'_>) -> Result<(), GivenUp> {
        const WRONG: EapError = EapError::credentials("the server's crypto-binding is wrong: somebody is in between");
        let says_success = tlvs.intermediate == Some(Outcome::Success) || tlvs.result == Some(Outcome::Success);
        let Some(found) = &tlvs.binding else {
            // A Result of its own may follow an exchange that was bound, if nothing has happened since.
            let is_settled = running.is_bound && matches!(running.inner, Inner::None) && tlvs.intermediate.is_none();
            return if !says_success || is_settled {
                Ok(())
            } else {
                Err(GivenUp(Some(Code::TunnelCompromise), EapError::credentials("the server does no crypto-binding")))
            };
        };
        if !says_success {
            let error = EapError::protocol("a crypto-binding without a success");
            return Err(GivenUp(Some(Code::UnexpectedTlvs), error));
        }
        // CVE-2023-52160: whoever has the tunnel must have authenticated us inside as well.
        let (is_authenticated, inner) = match &running.inner {
            Inner::Eap(inner) => (inner.decision() != Decision::Fail, inner.method().zip(inner.keys())),
            Inner::Password => (true, None),
            Inner::None => (running.is_bound || self.may_skip(running), None),
        };
        if !is_authenticated {
            let error = EapError::credentials("the server ends TEAP without the authentication inside");
            return Err(GivenUp(Some(Code::TunnelCompromise), error));
        }
        let Some(chain) = &mut running.chain else { return Err(GivenUp(None, EapError::local("no keys of TEAP"))) };
        let inner = inner.as_ref().map(|(method, keys)| (*method, keys));
        let bound = chain.bind(&mut running.channel, inner).map_err(|error| GivenUp(None, error))?;
        let wrong = || GivenUp(Some(Code::TunnelCompromise), WRONG);
        let nonce = binding::nonce(found).ok_or_else(wrong)?;
        let selected = binding::select(found, &bound, &running.seen, Way::Request).ok_or_else(wrong)?;
        let answer: [u8; LENGTH] = binding::response(&bound, selected, &running.seen, &nonce);
        chain.advance(bound.of(selected));
        running.inner = Inner::None;
        running.is_bound = true;
        running.reply.extend(answer);
        Ok(())
    }

    /// Whose identity is shown where this one is asked for: the one that is there (RFC 9930 4.2.3).
    fn chosen(&self, asked: Option<u16>) -> u16 {
        if asked == Some(MACHINE) && self.credentials.machine.is_some() { MACHINE } else { USER }
    }

    /// What authenticates it inside.
    fn credentials_of(&self, asked: Option<u16>) -> Credentials {
        let mut credentials = self.credentials.clone();
        if let (MACHINE, Some(machine)) = (self.chosen(asked), &self.credentials.machine) {
            credentials.identity = Some(machine.identity.clone());
            credentials.password = Some(machine.password.clone());
        }
        credentials
    }

    fn eap(
        &self,
        running: &mut Running,
        packet: &[u8],
        identity_type: Option<u16>,
        cx: &mut Context<'_>,
    ) -> Result<Option<Ask>, GivenUp> {
        let is_identity =
            matches!(Packet::parse(packet), Ok(Packet::Request(body)) if body.method == MethodType::IDENTITY);
        let mut inner = match core::mem::replace(&mut running.inner, Inner::None) {
            // RFC 9930 3.6.1: what has succeeded is bound before anything else begins.
            Inner::Eap(inner) if is_identity && inner.decision() != Decision::Fail => {
                let error = EapError::protocol("the server begins anew without a result of what was before");
                return Err(GivenUp(Some(Code::UnexpectedTlvs), error));
            }
            Inner::Eap(inner) if !is_identity || inner.is_untouched() => inner,
            Inner::Eap(_) | Inner::None | Inner::Password => {
                Box::new(InnerPeer::new(&self.credentials_of(identity_type), &self.methods, cx.room))
            }
        };
        let step = inner.handle(packet, cx);
        inner_said(running, inner, step)
    }

    /// Name and password, if they may be sent (RFC 9930 3.6.2).
    fn password(
        &self,
        running: &mut Running,
        prompt: &[u8],
        identity_type: Option<u16>,
        cx: &mut Context<'_>,
    ) -> Result<Option<Ask>, GivenUp> {
        if !self.tunnel.basic_password {
            running.reply.extend(tlv::nak(tlv::PASSWORD_REQUEST));
            return Ok(None);
        }
        if !prompt.is_empty() && running.asking.is_none() {
            cx.notes.push(Note::Text(String::from_utf8_lossy(prompt).into_owned()));
        }
        if identity_type.is_some() {
            running.reply.extend(tlv::identity_type(self.chosen(identity_type)));
        }
        self.send_password(running, identity_type)
    }

    fn send_password(&self, running: &mut Running, identity_type: Option<u16>) -> Result<Option<Ask>, GivenUp> {
        let credentials = self.credentials_of(identity_type);
        let (Some(name), Some(password)) = (&credentials.identity, &credentials.password) else {
            // Those of a machine are always there.
            running.asking = Some(Asking::Password);
            return Ok(Some(if credentials.identity.is_none() { Ask::Identity } else { Ask::Password }));
        };
        let response = password.plain().and_then(|password| tlv::password_response(&Basic { name, password }));
        match response {
            Some(response) => {
                running.reply.extend(response);
                running.inner = Inner::Password;
            }
            // Nothing of ours fits: not a hash, nor more than 255 octets.
            None => running.reply = tlv::nak(tlv::PASSWORD_REQUEST),
        }
        Ok(None)
    }

    /// What was asked for is there.
    fn resume(&mut self, mut running: Running, cx: &mut Context<'_>) -> PeerStep {
        let step = match running.asking.take() {
            Some(Asking::Password) => self.send_password(&mut running, None),
            Some(Asking::Inner) | None => match core::mem::replace(&mut running.inner, Inner::None) {
                Inner::Eap(mut inner) => match inner.resume(cx) {
                    Some(step) => inner_said(&mut running, inner, step),
                    None => Err(GivenUp(None, EapError::local("nobody gave what was asked for"))),
                },
                Inner::None | Inner::Password => Ok(None),
            },
        };
        self.act(running, step, cx)
    }

    fn act(&mut self, mut running: Running, step: Result<Option<Ask>, GivenUp>, cx: &Context<'_>) -> PeerStep {
        match step {
            Ok(Some(ask)) => {
                self.state = State::Running(Box::new(running));
                return PeerStep::Ask(ask);
            }
            Ok(None) => {}
            Err(GivenUp(code, error)) => {
                // RFC 9930 3.9.3: a failure is said under protection, with its reason.
                self.keys = None;
                running.reply = tlv::result(Outcome::Failure);
                running.reply.extend(code.map(tlv::error).unwrap_or_default());
                running.next = Progress::Continue;
                running.error = Some(error);
            }
        }
        let reply = core::mem::take(&mut running.reply);
        if !reply.is_empty()
            && let Err(error) = running.channel.session().send(&reply)
        {
            return PeerStep::Fail(None, error.into());
        }
        self.respond(running, cx)
    }

    fn respond(&mut self, mut running: Running, cx: &Context<'_>) -> PeerStep {
        let data = running.channel.frame(cx.room);
        if running.channel.is_sending() {
            self.state = State::Running(Box::new(running));
            return PeerStep::Respond(data, Progress::Continue);
        }
        if let Some(error) = running.error {
            return PeerStep::Fail(Some(data), error);
        }
        let progress = running.next;
        match progress {
            Progress::Done(_) => running.channel.trust(),
            Progress::Continue | Progress::MayContinue(_) => self.state = State::Running(Box::new(running)),
        }
        PeerStep::Respond(data, progress)
    }
}

/// What the inner machine has come to.
fn inner_said(running: &mut Running, inner: Box<InnerPeer>, step: InnerStep) -> Result<Option<Ask>, GivenUp> {
    running.inner = Inner::Eap(inner);
    match step {
        InnerStep::Send(packet) => running.reply.extend(tlv::eap(&packet)),
        InnerStep::Ask(ask) => {
            running.asking = Some(Asking::Inner);
            return Ok(Some(ask));
        }
        // RFC 9930 3.9.3: the server is told rather than left waiting.
        InnerStep::Nothing => running.reply.extend(tlv::error(Code::InnerMethod)),
        // There are none inside of TEAP (RFC 9930 3.6.1); the result says it.
        InnerStep::Succeeded => {}
        InnerStep::Failed(error) => return Err(GivenUp(Some(Code::InnerMethod), error)),
    }
    Ok(None)
}

/// Why the server refuses, as well as it is known.
fn refused(running: &Running, tlvs: &Tlvs<'_>) -> EapError {
    let known = match &running.inner {
        Inner::Eap(inner) => inner.error().cloned(),
        Inner::None | Inner::Password => None,
    };
    known.unwrap_or(EapError::refused(tlvs.error.map_or("the server says so inside of the tunnel", tlv::meaning)))
}

impl PeerMethod for TeapPeer {
    fn method_type(&self) -> MethodType {
        MethodType::TEAP
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let frame = match TlsFrame::parse(request.data) {
            Ok(frame) => frame,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        match core::mem::replace(&mut self.state, State::Done) {
            State::Start if frame.start => {
                let step = self.start(frame, cx);
                if matches!(step, PeerStep::Ignore(_)) {
                    self.state = State::Start;
                }
                step
            }
            State::Running(running) if running.asking.is_some() => self.resume(*running, cx),
            State::Running(running) if !frame.start => match split_outer(frame) {
                // RFC 9930 4.3.1: TLVs outside of TLS are passed over where they do not belong.
                Ok((frame, _)) => self.run(*running, &frame, cx),
                Err(why) => {
                    self.state = State::Running(running);
                    PeerStep::Ignore(why.into())
                }
            },
            other @ (State::Start | State::Running(_) | State::Done) => {
                self.state = other;
                PeerStep::Ignore(START_AGAIN)
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let State::Running(running) = &mut self.state else { return };
        if let (Some(Asking::Inner), Inner::Eap(inner)) = (running.asking, &mut running.inner) {
            return inner.answer(answer);
        }
        if self.credentials.identity.is_none() {
            match answer.text() {
                Some(identity) => self.credentials.identity = Some(identity.as_bytes().to_vec()),
                None => self.trouble = Some(EapError::local("nobody gave an identity")),
            }
        } else {
            match answer.password() {
                Some(password) => self.credentials.password = Some(password),
                None => self.trouble = Some(EapError::local("nobody gave a password")),
            }
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
