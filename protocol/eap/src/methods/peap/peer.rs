//! The peer's side.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Secret;

use super::binding::{Compound, Way};
use super::{EXTENSIONS, LABEL, Outcome, Tlvs, VERSION, is_extensions, stripped, whole_packet};
use crate::fragment::TlsFrame;
use crate::packet::{Body, Code, Packet};
use crate::tunnel::{Channel, InnerPeer, InnerStep, START_AGAIN, Taken};
use crate::{
    Answer, Context, Credentials, CryptoBinding, Decision, EapError, Keys, MethodType, PeerMethod, PeerStep, Progress,
    TunnelCredentials,
};

/// The highest version that is spoken.
const HIGHEST: u8 = 1;

/// The peer's side.
#[derive(Debug)]
pub struct PeapPeer {
    credentials: Credentials,
    tunnel: TunnelCredentials,
    methods: Vec<MethodType>,
    state: State,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    Start,
    Running(Box<Running>),
    Done,
}

#[derive(Debug)]
struct Running {
    version: u8,
    channel: Channel,
    inner: InnerPeer,
    /// Inside of the tunnel the server has said something.
    is_asking: bool,
    /// What comes when our last message is acknowledged in full.
    next: Progress,
    /// Why it is over, once the server was told.
    error: Option<EapError>,
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let tunnel = credentials.known_tunnel()?.clone();
    let methods = tunnel.inner.clone();
    Ok(Box::new(PeapPeer { credentials: credentials.clone(), tunnel, methods, state: State::Start, keys: None }))
}

impl PeapPeer {
    fn start(&mut self, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        let theirs = frame.rest & VERSION;
        let version = match self.tunnel.peap_version {
            Some(wanted) if wanted > theirs => {
                return PeerStep::Fail(None, EapError::refused("the server speaks no PEAP of the wanted version"));
            }
            Some(wanted) => wanted,
            None => theirs.min(HIGHEST),
        };
        match Channel::client(&self.tunnel.endpoint, MethodType::PEAP, version, cx) {
            Ok(mut channel) => {
                let hello = channel.frame(cx.room);
                let inner = InnerPeer::new(&self.credentials, &self.methods, cx.room);
                let running =
                    Running { version, channel, inner, is_asking: false, next: Progress::Continue, error: None };
                self.state = State::Running(Box::new(running));
                PeerStep::Respond(hello, Progress::Continue)
            }
            Err(error) => PeerStep::Fail(None, error),
        }
    }

    fn run(&mut self, mut running: Running, frame: &TlsFrame<'_>, id: u8, cx: &mut Context<'_>) -> PeerStep {
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
        }
        if running.channel.is_sending() {
            return self.respond(running, cx);
        }
        let plaintext = running.channel.session().plaintext();
        if plaintext.is_empty() || running.channel.is_handshaking() {
            return self.respond(running, cx);
        }
        // RFC 9427 4: a server of TLS 1.3 that takes up an earlier session says so with one octet of zero; no packet, of either
        // version, is like that.
        if plaintext == [0] && running.inner.is_untouched() {
            return self.respond(running, cx);
        }
        if running.version == 0 && is_extensions(&plaintext) {
            return self.conclude(running, &plaintext, cx);
        }
        let packet = whole_packet(running.version, plaintext, Code::Request, id);
        let may_skip = running.channel.is_resumed() && running.inner.is_untouched() && !self.tunnel.always_inner;
        if may_skip && matches!(Packet::parse(&packet), Ok(Packet::Success { .. })) {
            // Version 1, an earlier session: it was authenticated then.
            return self.inner(running, InnerStep::Succeeded, cx);
        }
        // Version 1 ends inside: RFC 3748's rules are the inner machine's.
        let step = running.inner.handle(&packet, cx);
        self.inner(running, step, cx)
    }

    fn inner(&mut self, mut running: Running, step: InnerStep, cx: &mut Context<'_>) -> PeerStep {
        running.is_asking = false;
        match step {
            InnerStep::Send(packet) => {
                if let Err(error) = running.channel.session().send(stripped(running.version, &packet)) {
                    return PeerStep::Fail(None, error.into());
                }
                self.respond(running, cx)
            }
            InnerStep::Ask(ask) => {
                running.is_asking = true;
                self.state = State::Running(Box::new(running));
                PeerStep::Ask(ask)
            }
            InnerStep::Nothing => self.respond(running, cx),
            InnerStep::Succeeded => match self.export(&running, None) {
                Ok(()) => {
                    running.next = Progress::Done(Decision::Unconditional);
                    self.respond(running, cx)
                }
                Err(error) => PeerStep::Fail(None, error),
            },
            InnerStep::Failed(error) => {
                let data = running.channel.frame(cx.room);
                PeerStep::Fail(Some(data), error)
            }
        }
    }

    /// The end of version 0 ([MS-PEAP] 3.1.5.6).
    fn conclude(&mut self, mut running: Running, packet: &[u8], cx: &mut Context<'_>) -> PeerStep {
        let Ok(Packet::Request(request)) = Packet::parse(packet) else {
            return PeerStep::Fail(None, EapError::protocol("a packet of TLVs that is no Request"));
        };
        let verdict = Tlvs::parse(request.data).map_err(EapError::from).and_then(|tlvs| self.judge(&running, &tlvs));
        let answer = match verdict {
            Ok(compound) => {
                if let Err(error) = self.export(&running, compound.as_ref()) {
                    return PeerStep::Fail(None, error);
                }
                running.next = Progress::Done(Decision::Unconditional);
                let binding = compound.map(|compound| {
                    let mut nonce = [0; 32];
                    cx.rng.fill(&mut nonce);
                    compound.write(running.version, Way::Response, &nonce)
                });
                Tlvs { outcome: Some(Outcome::Success), binding }
            }
            Err(error) => {
                running.error = Some(error);
                Tlvs { outcome: Some(Outcome::Failure), binding: None }
            }
        };
        debug_assert_eq!(request.method, EXTENSIONS);
        let answer = answer.write(Code::Response, request.identifier);
        if let Err(error) = running.channel.session().send(&answer) {
            return PeerStep::Fail(None, error.into());
        }
        self.respond(running, cx)
    }

    /// Whether the server's word is believed, and with which keys if it has bound them.
    fn judge(&self, running: &Running, tlvs: &Tlvs) -> Result<Option<Compound>, EapError> {
        match tlvs.outcome {
            None => return Err(EapError::protocol("TLVs without a result")),
            Some(Outcome::Failure) => {
                let known = running.inner.error().cloned();
                return Err(known.unwrap_or(EapError::refused("the server says so inside of the tunnel")));
            }
            Some(Outcome::Success) => {}
        }
        // CVE-2023-52160: whoever has the tunnel must have authenticated us, and itself, inside as well. An earlier
        // session that is taken up again was authenticated then.
        let is_resumed = running.channel.is_resumed();
        let is_authenticated = match running.inner.decision() {
            Decision::Conditional | Decision::Unconditional => true,
            Decision::Fail => is_resumed && !self.tunnel.always_inner && running.inner.is_untouched(),
        };
        if !is_authenticated {
            return Err(EapError::credentials("the server ends PEAP without the authentication inside"));
        }
        let policy = self.tunnel.crypto_binding;
        let Some(binding) = &tlvs.binding else {
            return match policy {
                CryptoBinding::Required => Err(EapError::credentials("the server does no crypto-binding")),
                CryptoBinding::Off | CryptoBinding::Optional => Ok(None),
            };
        };
        if policy == CryptoBinding::Off {
            return Ok(None);
        }
        let (tunnel, _) = running.channel.keys(LABEL)?;
        let inner: Option<Secret> = running.inner.keys().map(|keys| keys.msk);
        let compound = Compound::new(&tunnel, inner.as_ref(), is_resumed && running.inner.is_untouched());
        if compound.is_right(binding, running.version, Way::Request) {
            Ok(Some(compound))
        } else {
            Err(EapError::credentials("the server's crypto-binding is wrong: somebody is in between"))
        }
    }

    fn export(&mut self, running: &Running, compound: Option<&Compound>) -> Result<(), EapError> {
        let (_, mut keys) = running.channel.keys(LABEL)?;
        if let Some(compound) = compound {
            let (msk, emsk) = compound.session_keys();
            keys.msk = msk;
            keys.emsk = Some(emsk);
        }
        self.keys = Some(keys);
        Ok(())
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

impl PeerMethod for PeapPeer {
    fn method_type(&self) -> MethodType {
        MethodType::PEAP
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let frame = match TlsFrame::parse(request.data) {
            Ok(frame) => frame,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, State::Done) {
            State::Start if frame.start => self.start(&frame, cx),
            State::Running(mut running) if running.is_asking => match running.inner.resume(cx) {
                Some(step) => self.inner(*running, step, cx),
                None => PeerStep::Fail(None, EapError::local("nobody gave what was asked for")),
            },
            State::Running(running) if !frame.start => self.run(*running, &frame, request.identifier, cx),
            other @ (State::Start | State::Running(_) | State::Done) => {
                self.state = other;
                PeerStep::Ignore(START_AGAIN)
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let State::Running(running) = &mut self.state {
            running.inner.answer(answer);
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
