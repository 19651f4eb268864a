//! The server's side.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use tls::Endpoint;

use super::binding::{Compound, Way};
use super::{LABEL, Outcome, Tlvs, VERSION, is_extensions, stripped, whole_packet};
use crate::fragment::TlsFrame;
use crate::packet::{Body, Code, Packet};
use crate::tunnel::{Channel, EndpointOf, InnerServer, ServedStep, Taken, start_frame};
use crate::{Answer, Context, EapError, Ignored, Keys, MethodType, ServerMethod, ServerStep};

/// What is remembered with a session before the identity: the method, so that none is taken up again by another.
const KEPT: &[u8] = &[25];

/// The server's side.
#[derive(Debug)]
pub struct PeapServer {
    endpoint: EndpointOf,
    /// The version that is offered.
    version: u8,
    state: State,
    keys: Option<Keys>,
    identity: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Start,
    Running(Box<Running>),
    Failing(EapError),
    Ended,
}

#[derive(Debug)]
struct Running {
    version: u8,
    channel: Channel,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Handshake,
    Inner(Box<InnerServer>),
    /// The outcome was said.
    Concluding(Concluding),
}

#[derive(Debug)]
struct Concluding {
    /// Version 0, and success: what the peer has to bind with.
    compound: Option<Compound>,
    error: Option<EapError>,
}

impl PeapServer {
    /// One whose sessions are started from this endpoint; `version` is 0 or 1.
    #[must_use]
    pub const fn new(endpoint: Arc<dyn Endpoint>, version: u8) -> PeapServer {
        PeapServer { endpoint: EndpointOf(endpoint), version, state: State::Start, keys: None, identity: Vec::new() }
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
        self.proceed(running, plaintext, cx)
    }

    fn proceed(&mut self, mut running: Running, plaintext: Vec<u8>, cx: &mut Context<'_>) -> ServerStep {
        match running.phase {
            Phase::Handshake if running.channel.is_handshaking() => self.request(running, cx),
            Phase::Handshake => {
                // TLS 1.2, a whole handshake: the peer acknowledges our Finished first.
                if !running.channel.is_tls13()
                    && let Some(data) = running.channel.next_frame(cx.room)
                {
                    self.state = State::Running(Box::new(running));
                    return ServerStep::Request(data);
                }
                self.begin(running, cx)
            }
            Phase::Inner(mut inner) => {
                if plaintext.is_empty() {
                    return ServerStep::Fail(EapError::protocol("nothing inside of the tunnel"));
                }
                let id = inner.server.identifier();
                let packet = whole_packet(running.version, plaintext, Code::Response, id);
                inner.server.renumber(cx.identifier);
                let step = inner.handle(&packet, cx);
                running.phase = Phase::Handshake;
                self.inner(running, *inner, step, cx)
            }
            Phase::Concluding(concluding) => self.conclude(running.channel, running.version, concluding, &plaintext),
        }
    }

    /// What comes first inside.
    fn begin(&mut self, running: Running, cx: &mut Context<'_>) -> ServerStep {
        let Running { version, mut channel, .. } = running;
        if let Some(identity) = channel.session().remembered().and_then(|kept| kept.strip_prefix(KEPT)) {
            self.identity = identity.to_vec();
            let running = Running { version, channel, phase: Phase::Handshake };
            return self.succeed(running, None, None, cx);
        }
        let mut inner = InnerServer::new(cx.room, cx.identifier);
        let step = inner.start(cx);
        self.inner(Running { version, channel, phase: Phase::Handshake }, inner, step, cx)
    }

    fn inner(
        &mut self,
        mut running: Running,
        inner: InnerServer,
        step: ServedStep,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        match step {
            ServedStep::Send(packet) => {
                running.phase = Phase::Inner(Box::new(inner));
                self.say(running, &packet, cx)
            }
            ServedStep::Ask(ask) => {
                running.phase = Phase::Inner(Box::new(inner));
                self.state = State::Running(Box::new(running));
                ServerStep::Ask(ask)
            }
            ServedStep::Nothing => ServerStep::Fail(EapError::protocol("nothing of sense inside of the tunnel")),
            ServedStep::Succeeded(packet, identity, keys) => {
                self.identity = identity;
                self.succeed(running, Some(&packet), keys.as_ref(), cx)
            }
            ServedStep::Failed(packet, error) => {
                running.phase = Phase::Concluding(Concluding { compound: None, error: Some(error) });
                let tlvs = Tlvs { outcome: Some(Outcome::Failure), binding: None };
                let said = if running.version > 0 { packet } else { tlvs.write(Code::Request, cx.identifier) };
                self.say(running, &said, cx)
            }
        }
    }

    fn succeed(
        &mut self,
        mut running: Running,
        packet: Option<&[u8]>,
        inner: Option<&Keys>,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let (tunnel, mut keys) = match running.channel.keys(LABEL) {
            Ok(made) => made,
            Err(error) => return ServerStep::Fail(error),
        };
        let mut concluding = Concluding { compound: None, error: None };
        let said = if running.version > 0 {
            self.keys = Some(keys);
            packet.map_or_else(|| alloc::vec![Code::Success.octet(), cx.identifier, 0, 4], <[u8]>::to_vec)
        } else {
            let compound = Compound::new(&tunnel, inner.map(|keys| &keys.msk), packet.is_none());
            let mut nonce = [0; 32];
            cx.rng.fill(&mut nonce);
            let binding = Some(compound.write(running.version, Way::Request, &nonce));
            let (msk, emsk) = compound.session_keys();
            keys.msk = msk;
            keys.emsk = Some(emsk);
            self.keys = Some(keys);
            concluding.compound = Some(compound);
            Tlvs { outcome: Some(Outcome::Success), binding }.write(Code::Request, cx.identifier)
        };
        running.phase = Phase::Concluding(concluding);
        self.say(running, &said, cx)
    }

    fn conclude(&mut self, mut channel: Channel, version: u8, concluding: Concluding, plaintext: &[u8]) -> ServerStep {
        let Concluding { compound, error } = concluding;
        if let Some(error) = error {
            return ServerStep::Fail(error);
        }
        if version == 0 {
            let tlvs = match Packet::parse(plaintext) {
                Ok(Packet::Response(response)) if is_extensions(plaintext) => Tlvs::parse(response.data),
                _ => return ServerStep::Fail(EapError::protocol("no TLVs in answer to ours")),
            };
            let tlvs = match tlvs {
                Ok(tlvs) => tlvs,
                Err(why) => return ServerStep::Fail(why.into()),
            };
            if tlvs.outcome != Some(Outcome::Success) {
                return ServerStep::Fail(EapError::refused("the peer says so inside of the tunnel"));
            }
            match (compound, tlvs.binding) {
                (Some(compound), Some(binding)) if compound.is_right(&binding, version, Way::Response) => {}
                (Some(_), Some(_)) => {
                    return ServerStep::Fail(EapError::credentials("the peer's crypto-binding is wrong"));
                }
                // A peer that does not bind takes the tunnel's own keys.
                (_, None) | (None, Some(_)) => match channel.keys(LABEL) {
                    Ok((_, keys)) => self.keys = Some(keys),
                    Err(error) => return ServerStep::Fail(error),
                },
            }
        }
        channel.session().keep(&[KEPT, &self.identity].concat());
        ServerStep::Succeed
    }

    fn say(&mut self, mut running: Running, packet: &[u8], cx: &Context<'_>) -> ServerStep {
        match running.channel.session().send(stripped(running.version, packet)) {
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
}

impl ServerMethod for PeapServer {
    fn method_type(&self) -> MethodType {
        MethodType::PEAP
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(start_frame(self.version))
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = match TlsFrame::parse(response.data) {
            Ok(frame) => frame,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Start => {
                let version = frame.rest & VERSION;
                if version > self.version {
                    return ServerStep::Fail(EapError::protocol("the peer answers with a version above ours"));
                }
                match Channel::server(&self.endpoint.0, MethodType::PEAP, version, cx) {
                    Ok(channel) => self.run(Running { version, channel, phase: Phase::Handshake }, &frame, cx),
                    Err(error) => ServerStep::Fail(error),
                }
            }
            State::Running(running) => self.resume(*running, &frame, cx),
            State::Failing(error) => ServerStep::Fail(error),
            State::Ended => ServerStep::Ignore(Ignored("a Response after the end")),
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let State::Running(running) = &mut self.state
            && let Phase::Inner(inner) = &mut running.phase
        {
            inner.answer(answer);
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    fn identity(&self) -> Option<&[u8]> {
        Some(&self.identity).filter(|identity| !identity.is_empty()).map(Vec::as_slice)
    }
}

impl PeapServer {
    /// The Response comes again with an answer, or for the first time.
    fn resume(&mut self, running: Running, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> ServerStep {
        let Running { version, channel, phase } = running;
        match phase {
            Phase::Inner(mut inner) => {
                inner.server.renumber(cx.identifier);
                match inner.resume(cx) {
                    Some(step) => self.inner(Running { version, channel, phase: Phase::Handshake }, *inner, step, cx),
                    None => self.run(Running { version, channel, phase: Phase::Inner(inner) }, frame, cx),
                }
            }
            phase @ (Phase::Handshake | Phase::Concluding(_)) => {
                self.run(Running { version, channel, phase }, frame, cx)
            }
        }
    }
}
