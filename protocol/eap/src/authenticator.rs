//! The authenticator at the link (RFC 4137 5 and 7): asks the peer who it is, sends again what got lost, and carries
//! packets between the peer and a server: a [`Server`](crate::Server) here, or one behind RADIUS (RFC 3579).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use crate::packet::{self, Code, Packet};
use crate::{EapError, Ignored, MethodType};

/// How an authenticator behaves.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticatorConfig {
    /// How long the first answer to a Request is waited for; each time twice as long (RFC 3748 4.3).
    pub first_timeout: Duration,
    /// The longest wait for an answer.
    pub longest_timeout: Duration,
    /// How often a Request is sent again (`MaxRetrans`).
    pub retransmissions: u32,
    /// How long the server is waited for.
    pub server_timeout: Duration,
}

impl Default for AuthenticatorConfig {
    fn default() -> Self {
        Self {
            first_timeout: Duration::from_secs(3),
            longest_timeout: Duration::from_secs(20),
            retransmissions: 5,
            server_timeout: Duration::from_secs(60),
        }
    }
}

/// How a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server accepts the peer. The packet is for the peer, once the port can carry data.
    Accepted {
        /// EAP-Success.
        packet: Vec<u8>,
    },
    /// The server does not accept it, or cannot be heard; the packet is for the peer.
    Rejected {
        /// EAP-Failure.
        packet: Vec<u8>,
        /// Why.
        error: EapError,
    },
    /// The peer does not answer.
    Silent,
}

/// What the authenticator wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticatorOutput {
    /// Send this packet to the peer.
    Send(Vec<u8>),
    /// The peer says that this is its identity: for log and accounting, without proof.
    Identity(Vec<u8>),
    /// Hand this Response to the server.
    ToServer(Vec<u8>),
    /// It is over.
    Finished(Verdict),
}

/// The authenticator's machine.
#[derive(Debug)]
pub struct Authenticator {
    config: AuthenticatorConfig,
    state: State,
    outputs: VecDeque<AuthenticatorOutput>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// A Request is with the peer.
    AtPeer(AtPeer),
    /// A Response is with the server.
    AtServer {
        /// What it answers, should the server throw it away.
        asked: AtPeer,
        until: Instant,
    },
}

#[derive(Debug)]
struct AtPeer {
    request: Vec<u8>,
    identifier: u8,
    again: u32,
    wait: Duration,
    next: Instant,
}

impl Authenticator {
    /// One that waits to be started.
    #[must_use]
    pub const fn new(config: AuthenticatorConfig) -> Authenticator {
        Authenticator { config, state: State::Idle, outputs: VecDeque::new() }
    }

    /// Begins a conversation, whatever went on before, by asking who the peer is. `identifier` had better differ from
    /// that of earlier conversations (RFC 3748 4.1).
    pub fn start(&mut self, identifier: u8, now: Instant) {
        self.outputs.clear();
        // It holds one octet: it fits.
        let request = packet::write_body(Code::Request, identifier, MethodType::IDENTITY, false, &[]);
        self.ask(request.unwrap_or_default(), identifier, self.config.first_timeout, now);
    }

    /// Forgets the conversation without a word to the peer.
    pub fn stop(&mut self) {
        self.outputs.clear();
        self.state = State::Idle;
    }

    fn ask(&mut self, request: Vec<u8>, identifier: u8, wait: Duration, now: Instant) {
        self.outputs.push_back(AuthenticatorOutput::Send(request.clone()));
        self.state = State::AtPeer(AtPeer { request, identifier, again: 0, wait, next: now + wait });
    }

    /// Takes a packet of the peer.
    ///
    /// # Errors
    /// Why it was passed over; then nothing has changed.
    pub fn handle_packet(&mut self, bytes: &[u8], now: Instant) -> Result<(), Ignored> {
        let Packet::Response(response) = Packet::parse(bytes)? else {
            return Err(Ignored("not a Response"));
        };
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => Err(Ignored("a Response that nobody waits for")),
            state @ State::AtServer { .. } => {
                self.state = state;
                Err(Ignored("a Response while the server works on the one before"))
            }
            // RFC 3748 4.1: it must match what is outstanding.
            State::AtPeer(asked) if asked.identifier != response.identifier => {
                self.state = State::AtPeer(asked);
                Err(Ignored("a Response to another Request"))
            }
            State::AtPeer(asked) => {
                if response.method == MethodType::IDENTITY {
                    self.outputs.push_back(AuthenticatorOutput::Identity(response.data.to_vec()));
                }
                self.outputs.push_back(AuthenticatorOutput::ToServer(response.whole.to_vec()));
                self.state = State::AtServer { asked, until: now + self.config.server_timeout };
                Ok(())
            }
        }
    }

    /// The server's next Request, and how long it wants its answer waited for (`Session-Timeout`, RFC 3579 2.6.1).
    ///
    /// # Errors
    /// If no Response is with the server.
    pub fn handle_request(&mut self, bytes: &[u8], wait: Option<Duration>, now: Instant) -> Result<(), Ignored> {
        if !matches!(self.state, State::AtServer { .. }) {
            return Err(Ignored("a Request of the server that nobody waits for"));
        }
        match Packet::parse(bytes) {
            Ok(Packet::Request(request)) => {
                let whole = request.whole.to_vec();
                self.ask(whole, request.identifier, wait.unwrap_or(self.config.first_timeout), now);
            }
            Ok(
                Packet::Response(_)
                | Packet::Success { .. }
                | Packet::Failure { .. }
                | Packet::Initiate { .. }
                | Packet::Finish { .. },
            )
            | Err(_) => self.reject(None, EapError::protocol("the server's message holds no Request")),
        }
        Ok(())
    }

    /// The server accepts the peer; with its own packet if it gave one. One that is no Success makes it a refusal
    /// (RFC 3579 2.6.3).
    ///
    /// # Errors
    /// If no Response is with the server.
    pub fn handle_accept(&mut self, bytes: Option<&[u8]>) -> Result<(), Ignored> {
        let State::AtServer { asked, .. } = &self.state else {
            return Err(Ignored("an acceptance that nobody waits for"));
        };
        let identifier = asked.identifier;
        match bytes.map(Packet::parse) {
            Some(Ok(Packet::Success { identifier })) => self.accept(identifier),
            None => self.accept(identifier),
            Some(
                Ok(
                    Packet::Request(_)
                    | Packet::Response(_)
                    | Packet::Failure { .. }
                    | Packet::Initiate { .. }
                    | Packet::Finish { .. },
                )
                | Err(_),
            ) => self.reject(None, EapError::protocol("the server accepts the peer and tells it something else")),
        }
        Ok(())
    }

    fn accept(&mut self, identifier: u8) {
        self.state = State::Idle;
        let packet = alloc::vec![Code::Success.octet(), identifier, 0, 4];
        self.outputs.push_back(AuthenticatorOutput::Finished(Verdict::Accepted { packet }));
    }

    /// The server refuses the peer; with its own packet if it gave one.
    ///
    /// # Errors
    /// If no Response is with the server.
    pub fn handle_reject(&mut self, bytes: Option<&[u8]>, error: EapError) -> Result<(), Ignored> {
        if !matches!(self.state, State::AtServer { .. }) {
            return Err(Ignored("a refusal that nobody waits for"));
        }
        let identifier = match bytes.map(Packet::parse) {
            Some(Ok(Packet::Failure { identifier })) => Some(identifier),
            _ => None,
        };
        self.reject(identifier, error);
        Ok(())
    }

    fn reject(&mut self, identifier: Option<u8>, error: EapError) {
        let known = match &self.state {
            State::Idle => 0,
            State::AtPeer(asked) | State::AtServer { asked, .. } => asked.identifier,
        };
        self.state = State::Idle;
        let packet = alloc::vec![Code::Failure.octet(), identifier.unwrap_or(known), 0, 4];
        self.outputs.push_back(AuthenticatorOutput::Finished(Verdict::Rejected { packet, error }));
    }

    /// The server threw the Response away in silence: what it answers goes on waiting for another (RFC 4137,
    /// `eapNoReq`). Nothing happens if no Response is with the server.
    pub fn handle_ignored(&mut self) {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AtServer { asked, .. } => self.state = State::AtPeer(asked),
            other @ (State::Idle | State::AtPeer(_)) => self.state = other,
        }
    }

    /// Time has passed; to be called early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Idle => {}
            State::AtServer { until, .. } if now < *until => {}
            State::AtServer { .. } => self.reject(None, EapError::local("the authentication server does not answer")),
            State::AtPeer(asked) if now < asked.next => {}
            State::AtPeer(asked) if asked.again >= self.config.retransmissions => {
                self.state = State::Idle;
                self.outputs.push_back(AuthenticatorOutput::Finished(Verdict::Silent));
            }
            State::AtPeer(asked) => {
                asked.again = asked.again.saturating_add(1);
                asked.wait = asked.wait.saturating_mul(2).min(self.config.longest_timeout);
                asked.next = now + asked.wait;
                self.outputs.push_back(AuthenticatorOutput::Send(asked.request.clone()));
            }
        }
    }

    /// When to call [`Authenticator::handle_timeout`].
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle => None,
            State::AtPeer(asked) => Some(asked.next),
            State::AtServer { until, .. } => Some(*until),
        }
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<AuthenticatorOutput> {
        self.outputs.pop_front()
    }

    /// Whether no conversation goes on.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }
}
