//! The authenticator at the link (RFC 4137 5 and 7): asks the peer who it is, sends again what got lost, and carries
//! packets between the peer and a server: a [`Server`](crate::Server) here, or one behind RADIUS (RFC 3579).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use crate::packet::{self, Code, Packet};
use crate::{EapError, Ignored, MethodType, erp};

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
    /// How long the answer to an offer of re-authentication is waited for, before the identity is asked for.
    pub offer_timeout: Duration,
}

impl Default for AuthenticatorConfig {
    fn default() -> Self {
        Self {
            first_timeout: Duration::from_secs(3),
            longest_timeout: Duration::from_secs(20),
            retransmissions: 5,
            server_timeout: Duration::from_secs(60),
            offer_timeout: Duration::from_secs(1),
        }
    }
}

/// How a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server accepts the peer. The packet is for the peer, once the port can carry data.
    Accepted {
        /// EAP-Success, or EAP-Finish after a re-authentication.
        packet: Vec<u8>,
    },
    /// The server does not accept it, or cannot be heard; the packet is for the peer.
    Rejected {
        /// EAP-Failure, or EAP-Finish after a re-authentication.
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
    /// Hand this Response to the server; or this EAP-Initiate, to an [`ErpStore`](crate::erp::ErpStore) here or behind RADIUS.
    ToServer(Vec<u8>),
    /// It is over.
    Finished(Verdict),
}

/// The authenticator's machine.
#[derive(Debug)]
pub struct Authenticator {
    config: AuthenticatorConfig,
    /// The domain in which re-authentication is offered, which may have no name.
    offer: Option<Vec<u8>>,
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
    kind: Kind,
}

/// What is with the peer, or was before what is with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An offer of re-authentication.
    Offer,
    /// The Request for the identity.
    Identity,
    /// Any other Request.
    Method,
    /// Nothing: the peer has asked for a re-authentication.
    Initiate,
}

impl Authenticator {
    /// One that waits to be started.
    #[must_use]
    pub const fn new(config: AuthenticatorConfig) -> Authenticator {
        Authenticator { config, offer: None, state: State::Idle, outputs: VecDeque::new() }
    }

    /// Has each conversation begin with an offer of re-authentication (RFC 6696 5.1), in this domain if it has a name.
    pub fn offer_reauthentication(&mut self, domain: &[u8]) {
        self.offer = Some(domain.to_vec());
    }

    /// Begins a conversation, whatever went on before, by asking who the peer is. `identifier` had better differ from
    /// that of earlier conversations (RFC 3748 4.1).
    pub fn start(&mut self, identifier: u8, now: Instant) {
        self.outputs.clear();
        match &self.offer {
            Some(domain) => {
                let start = erp::reauth_start(identifier, Some(domain.as_slice()).filter(|domain| !domain.is_empty()));
                self.ask(start, identifier, self.config.offer_timeout, now, Kind::Offer);
            }
            None => self.identify(identifier, now),
        }
    }

    fn identify(&mut self, identifier: u8, now: Instant) {
        // It holds one octet: it fits.
        let request = packet::write_body(Code::Request, identifier, MethodType::IDENTITY, false, &[]);
        self.ask(request.unwrap_or_default(), identifier, self.config.first_timeout, now, Kind::Identity);
    }

    /// Forgets the conversation without a word to the peer.
    pub fn stop(&mut self) {
        self.outputs.clear();
        self.state = State::Idle;
    }

    fn ask(&mut self, request: Vec<u8>, identifier: u8, wait: Duration, now: Instant, kind: Kind) {
        self.outputs.push_back(AuthenticatorOutput::Send(request.clone()));
        self.state = State::AtPeer(AtPeer { request, identifier, again: 0, wait, next: now + wait, kind });
    }

    /// Takes a packet of the peer.
    ///
    /// # Errors
    /// Why it was passed over; then nothing has changed.
    pub fn handle_packet(&mut self, bytes: &[u8], now: Instant) -> Result<(), Ignored> {
        let response = match Packet::parse(bytes)? {
            Packet::Response(response) => response,
            Packet::Initiate { identifier, whole, .. } => return self.handle_initiate(identifier, whole, now),
            Packet::Request(_) | Packet::Success { .. } | Packet::Failure { .. } | Packet::Finish { .. } => {
                return Err(Ignored("not a Response"));
            }
        };
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => Err(Ignored("a Response that nobody waits for")),
            state @ State::AtServer { .. } => {
                self.state = state;
                Err(Ignored("a Response while the server works on the one before"))
            }
            // RFC 3748 4.1: it must match what is outstanding.
            State::AtPeer(asked)
                if asked.identifier != response.identifier || matches!(asked.kind, Kind::Offer | Kind::Initiate) =>
            {
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

    /// The peer would rather re-authenticate with the keys of an earlier conversation (RFC 6696 5.1). It need not wait for
    /// an offer.
    fn handle_initiate(&mut self, identifier: u8, whole: &[u8], now: Instant) -> Result<(), Ignored> {
        let name = erp::key_name(whole)?;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AtPeer(asked) if matches!(asked.kind, Kind::Offer | Kind::Identity) => {
                self.outputs.push_back(AuthenticatorOutput::Identity(name.to_vec()));
                self.outputs.push_back(AuthenticatorOutput::ToServer(whole.to_vec()));
                let asked = AtPeer { identifier, kind: Kind::Initiate, ..asked };
                self.state = State::AtServer { asked, until: now + self.config.server_timeout };
                Ok(())
            }
            other @ (State::Idle | State::AtPeer(_) | State::AtServer { .. }) => {
                self.state = other;
                Err(Ignored("an EAP-Initiate amid a conversation"))
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
                self.ask(whole, request.identifier, wait.unwrap_or(self.config.first_timeout), now, Kind::Method);
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
        let (identifier, kind) = (asked.identifier, asked.kind);
        match bytes.map(Packet::parse) {
            Some(Ok(Packet::Finish { whole, .. }))
                if kind == Kind::Initiate && erp::finish_succeeds(whole) == Some(true) =>
            {
                self.accept(whole.to_vec());
            }
            Some(Ok(Packet::Success { identifier })) if kind != Kind::Initiate => self.accept(success(identifier)),
            // Without its Finish the peer would not know (RFC 6696 5.3.3).
            None if kind != Kind::Initiate => self.accept(success(identifier)),
            None => self.reject(None, EapError::protocol("the server accepts a re-authentication without a word")),
            Some(
                Ok(
                    Packet::Request(_)
                    | Packet::Response(_)
                    | Packet::Success { .. }
                    | Packet::Failure { .. }
                    | Packet::Initiate { .. }
                    | Packet::Finish { .. },
                )
                | Err(_),
            ) => self.reject(None, EapError::protocol("the server accepts the peer and tells it something else")),
        }
        Ok(())
    }

    fn accept(&mut self, packet: Vec<u8>) {
        self.state = State::Idle;
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
        let packet = match bytes.map(Packet::parse) {
            Some(Ok(Packet::Failure { identifier })) => Some(failure(identifier)),
            Some(Ok(Packet::Finish { whole, .. })) if erp::finish_succeeds(whole) == Some(false) => {
                Some(whole.to_vec())
            }
            _ => None,
        };
        self.reject(packet, error);
        Ok(())
    }

    fn reject(&mut self, packet: Option<Vec<u8>>, error: EapError) {
        let known = match &self.state {
            State::Idle => 0,
            State::AtPeer(asked) | State::AtServer { asked, .. } => asked.identifier,
        };
        self.state = State::Idle;
        let packet = packet.unwrap_or_else(|| failure(known));
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
            // Nobody takes the offer up: the whole method it is.
            State::AtPeer(AtPeer { kind: Kind::Offer | Kind::Initiate, identifier, .. }) => {
                let identifier = identifier.wrapping_add(1);
                self.identify(identifier, now);
            }
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

fn success(identifier: u8) -> Vec<u8> {
    alloc::vec![Code::Success.octet(), identifier, 0, 4]
}

fn failure(identifier: u8) -> Vec<u8> {
    alloc::vec![Code::Failure.octet(), identifier, 0, 4]
}
