//! EAP-TLS (RFC 5216; RFC 9190 for TLS 1.3, where one octet of zero says under protection that all is well).

use alloc::boxed::Box;
use alloc::sync::Arc;

use tls::Endpoint;

use crate::fragment::TlsFrame;
use crate::packet::Body;
use crate::tunnel::{Channel, EndpointOf, START_AGAIN, Taken, empty_frame, start_frame};
use crate::{
    Answer, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, PeerMethod, PeerStep, Progress,
    ServerMethod, ServerStep,
};

const LABEL: &str = "client EAP encryption";
/// What is remembered with a session: the method, so that none is taken up again by another.
const KEPT: &[u8] = &[13];

/// The peer's side.
#[derive(Debug)]
pub struct TlsPeer {
    endpoint: EndpointOf,
    state: PeerState,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum PeerState {
    Start,
    Running(Channel),
    /// Everything is said and believed.
    Done,
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let endpoint = EndpointOf(Arc::clone(&credentials.known_tunnel()?.endpoint));
    Ok(Box::new(TlsPeer { endpoint, state: PeerState::Start, keys: None }))
}

impl TlsPeer {
    fn run(&mut self, mut channel: Channel, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        let was_handshaking = channel.is_handshaking();
        match channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                let data = channel.empty_frame();
                self.state = PeerState::Running(channel);
                return PeerStep::Respond(data, Progress::Continue);
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                channel.note_chain(cx.notes);
                let alert = channel.frame(cx.room);
                return PeerStep::Fail(Some(alert), error);
            }
        }
        if was_handshaking && !channel.is_handshaking() {
            channel.note_chain(cx.notes);
        }
        let plaintext = channel.session().plaintext();
        let committed = match (channel.is_handshaking(), channel.is_tls13(), plaintext.as_slice()) {
            (true, _, _) | (false, true, []) => false,
            (false, false, []) => true,
            // RFC 9190 2.1.1: the commitment, and nothing else.
            (false, true, [0]) => true,
            (false, _, _) => return PeerStep::Fail(None, EapError::protocol("data inside of EAP-TLS")),
        };
        let decision = if channel.is_tls13() { Decision::Unconditional } else { Decision::Conditional };
        let data = channel.frame(cx.room);
        if !committed || channel.is_sending() {
            self.state = PeerState::Running(channel);
            return PeerStep::Respond(data, Progress::Continue);
        }
        match channel.keys(LABEL) {
            Ok((_, keys)) => self.keys = Some(keys),
            Err(error) => return PeerStep::Fail(None, error),
        }
        channel.trust();
        self.state = PeerState::Done;
        PeerStep::Respond(data, Progress::Done(decision))
    }
}

impl PeerMethod for TlsPeer {
    fn method_type(&self) -> MethodType {
        MethodType::TLS
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let frame = match TlsFrame::parse(request.data) {
            Ok(frame) => frame,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, PeerState::Done) {
            PeerState::Start if frame.start => match Channel::client(&self.endpoint.0, MethodType::TLS, 0, cx) {
                Ok(mut channel) => {
                    let hello = channel.frame(cx.room);
                    self.state = PeerState::Running(channel);
                    PeerStep::Respond(hello, Progress::Continue)
                }
                Err(error) => PeerStep::Fail(None, error),
            },
            PeerState::Running(channel) if !frame.start => self.run(channel, &frame, cx),
            other @ (PeerState::Start | PeerState::Running(_) | PeerState::Done) => {
                self.state = other;
                PeerStep::Ignore(START_AGAIN)
            }
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}

/// The server's side.
#[derive(Debug)]
pub struct TlsServer {
    endpoint: EndpointOf,
    state: ServerState,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum ServerState {
    Start,
    Running(Channel),
    /// All was said; the peer's acknowledgement is missing.
    Confirming(Channel),
    /// The peer was told why not; whatever it says, it is over.
    Failing(EapError),
    Ended,
}

impl TlsServer {
    /// One whose sessions are started from this endpoint.
    #[must_use]
    pub const fn new(endpoint: Arc<dyn Endpoint>) -> TlsServer {
        TlsServer { endpoint: EndpointOf(endpoint), state: ServerState::Start, keys: None }
    }

    fn run(&mut self, mut channel: Channel, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> ServerStep {
        let was_handshaking = channel.is_handshaking();
        match channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                self.state = ServerState::Running(channel);
                return ServerStep::Request(empty_frame(0));
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                channel.note_chain(cx.notes);
                return self.refuse(channel, error, cx);
            }
        }
        if !channel.session().plaintext().is_empty() {
            return ServerStep::Fail(EapError::protocol("data inside of EAP-TLS"));
        }
        if was_handshaking && !channel.is_handshaking() {
            channel.note_chain(cx.notes);
            if channel.is_tls13()
                && let Err(error) = channel.session().send(&[0])
            {
                return ServerStep::Fail(error.into());
            }
        }
        match channel.next_frame(cx.room) {
            Some(data) => {
                let is_last = !channel.is_handshaking() && !channel.is_sending();
                self.state = if is_last { ServerState::Confirming(channel) } else { ServerState::Running(channel) };
                ServerStep::Request(data)
            }
            // TLS 1.2, an earlier session: the peer had the last word.
            None if !channel.is_handshaking() => self.finish(channel),
            None => ServerStep::Fail(EapError::protocol("a flight of TLS that is not complete")),
        }
    }

    fn refuse(&mut self, mut channel: Channel, error: EapError, cx: &Context<'_>) -> ServerStep {
        match channel.next_frame(cx.room) {
            // RFC 5216 2.1.3: the alert first, and the Failure after the peer has seen it.
            Some(alert) => {
                self.state = ServerState::Failing(error);
                ServerStep::Request(alert)
            }
            None => ServerStep::Fail(error),
        }
    }

    fn finish(&mut self, mut channel: Channel) -> ServerStep {
        // An endpoint that other methods share may let clients without a certificate through: here it is all there is.
        let is_ours = channel.session().remembered() == Some(KEPT);
        if channel.is_resumed() && !is_ours {
            return ServerStep::Fail(EapError::credentials("the earlier session was of another method"));
        }
        if !channel.is_resumed() && channel.session().peer_chain().is_empty() {
            return ServerStep::Fail(EapError::credentials("the peer has shown no certificate"));
        }
        match channel.keys(LABEL) {
            Ok((_, keys)) => {
                self.keys = Some(keys);
                channel.session().keep(KEPT);
                ServerStep::Succeed
            }
            Err(error) => ServerStep::Fail(error),
        }
    }
}

impl ServerMethod for TlsServer {
    fn method_type(&self) -> MethodType {
        MethodType::TLS
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(start_frame(0))
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = match TlsFrame::parse(response.data) {
            Ok(frame) => frame,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, ServerState::Ended) {
            ServerState::Start => match Channel::server(&self.endpoint.0, MethodType::TLS, 0, cx) {
                Ok(channel) => self.run(channel, &frame, cx),
                Err(error) => ServerStep::Fail(error),
            },
            ServerState::Running(channel) => self.run(channel, &frame, cx),
            ServerState::Confirming(mut channel) => {
                // An alert of the peer may come in place of the acknowledgement.
                match channel.take(&frame, cx.wall) {
                    Ok(Taken::Turn) if frame.data.is_empty() => self.finish(channel),
                    Ok(_) => ServerStep::Fail(EapError::protocol("data in place of an acknowledgement")),
                    Err(error) => ServerStep::Fail(error),
                }
            }
            ServerState::Failing(error) => ServerStep::Fail(error),
            ServerState::Ended => ServerStep::Ignore(Ignored("a Response after the end")),
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
