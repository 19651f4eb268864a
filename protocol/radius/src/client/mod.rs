//! The side that asks: of servers that may be lost, slow, or not themselves.
//!
//! One [`Client`] is for one service: authentication, accounting, or dynamic authorization towards a NAS. Its servers stand in
//! the order in which they are wanted. A request is sent again (RFC 5080 2.2.1) and, when a server says nothing, put to the next
//! one; after a while the first is tried again. Only a verified reply ends a request: a forged one changes nothing.

mod config;
mod link;
mod pending;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::Instant;

pub use config::{Config, ServerConfig, Timing, Transport};

use crate::packet::AttributeWriter;
use crate::{Code, Discard, Raw, Reply, Request, SetupError, verify_reply};
use link::{Link, Stream};
use pending::{Pending, Purpose, Sent};

/// Names a request that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

/// Why a request ends without a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No server has answered.
    NoAnswer,
    /// A newer request about the same took its place.
    Replaced,
    /// Too many requests waited; this was the oldest.
    Crowded,
    /// It cannot be sent.
    Setup(SetupError),
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("no RADIUS server answers"),
            Self::Replaced => f.write_str("a newer request took its place"),
            Self::Crowded => f.write_str("too many requests wait for RADIUS servers"),
            Self::Setup(why) => write!(f, "the request cannot be sent: {why}"),
        }
    }
}

/// What an administrator may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A packet of this server was passed over.
    Discarded(usize, Discard),
    /// This server is silent; requests go to the other one now.
    FailedOver {
        /// The silent one.
        from: usize,
        /// The next one.
        to: usize,
    },
    /// Requests go to the first server again.
    Back,
}

/// What is to be done for a client. Servers are named by their place in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this: in a datagram from the source port of this lane, or over the stream.
    Transmit {
        /// To whom.
        server: usize,
        /// From which of its source ports; 0 for a stream.
        lane: u8,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// Open the stream; [`Client::handle_connected`] or [`Client::handle_closed`] answers.
    Connect(usize),
    /// Close the stream; no answer is expected.
    Close(usize),
    /// A request has its reply.
    Done(Token, Reply),
    /// A request has none.
    Failed(Token, Failure),
    /// For the log.
    Note(Note),
}

/// The side that asks.
#[derive(Debug)]
pub struct Client {
    config: Config,
    links: Vec<Link>,
    /// To whom new requests go.
    current: usize,
    back_at: Option<Instant>,
    pending: BTreeMap<Token, Pending>,
    deadlines: BTreeSet<(Instant, Token)>,
    subjects: BTreeMap<u64, Token>,
    outputs: VecDeque<Output>,
    next: u64,
}

impl Client {
    /// A client of these servers.
    ///
    /// # Errors
    /// If there is no server.
    pub fn new(config: Config) -> Result<Client, SetupError> {
        if config.servers.is_empty() {
            return Err(SetupError::NoServer);
        }
        let links = config.servers.iter().map(Link::new).collect();
        Ok(Client {
            config,
            links,
            current: 0,
            back_at: None,
            pending: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            subjects: BTreeMap::new(),
            outputs: VecDeque::new(),
            next: 0,
        })
    }

    /// To which server new requests go.
    #[must_use]
    pub const fn current(&self) -> usize {
        self.current
    }

    /// How many requests wait for a reply.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Hands in a request. Its end is told with [`Output::Done`] or [`Output::Failed`].
    pub fn send(&mut self, mut request: Request, now: Instant, rng: &mut dyn Rng) -> Token {
        self.config.overrides.apply(&mut request);
        if let Some(older) = request.subject().and_then(|subject| self.subjects.get(&subject).copied()) {
            self.end(older, Failure::Replaced);
        }
        while self.pending.len() >= self.config.max_pending.max(1) {
            let Some(oldest) = self.pending.keys().next().copied() else { break };
            self.end(oldest, Failure::Crowded);
        }
        let token = self.insert(Purpose::Asked, request, self.current, now);
        self.transmit(token, now, rng);
        token
    }

    /// Gives up a request. Nothing more is told of it.
    pub fn cancel(&mut self, token: Token) {
        self.forget(token);
    }

    /// Takes a datagram that a server sent to the source port of this lane.
    pub fn handle_datagram(&mut self, server: usize, lane: u8, bytes: &[u8], now: Instant) {
        if let Err(why) = self.accept(server, lane, bytes, now) {
            self.outputs.push_back(Output::Note(Note::Discarded(server, why)));
        }
    }

    /// Takes octets that came over a server's stream.
    pub fn handle_stream(&mut self, server: usize, octets: &[u8], now: Instant, rng: &mut dyn Rng) {
        let mut packets = Vec::new();
        let framed = match self.links.get_mut(server).map(|link| &mut link.stream) {
            Some(Stream::Up(framer)) => framer.push(octets, |packet| packets.push(packet.to_vec())),
            // Of a connection that is closed already.
            Some(Stream::None | Stream::Down | Stream::Connecting) | None => return,
        };
        for packet in packets {
            self.handle_datagram(server, 0, &packet, now);
        }
        if let Err(why) = framed {
            self.outputs.push_back(Output::Note(Note::Discarded(server, why.into())));
            self.outputs.push_back(Output::Close(server));
            self.handle_closed(server, now, rng);
        }
    }

    /// A server's stream is open: what waits for it is sent.
    pub fn handle_connected(&mut self, server: usize, now: Instant, rng: &mut dyn Rng) {
        let Some(link) = self.links.get_mut(server) else { return };
        link.stream.connected();
        for token in self.of_server(server) {
            self.transmit(token, now, rng);
        }
    }

    /// A server's stream could not be opened, or was closed: its requests go to the next server, or wait for another attempt.
    pub fn handle_closed(&mut self, server: usize, now: Instant, rng: &mut dyn Rng) {
        let Some(link) = self.links.get_mut(server) else { return };
        link.stream.closed();
        link.forget_all();
        if self.links.len() > 1 {
            self.fail_over(server, now, rng);
            return;
        }
        // There is no other: the connection is opened anew after a while.
        let due = now + self.config.timing.initial;
        for token in self.of_server(server) {
            if let Some(pending) = self.pending.get_mut(&token) {
                self.deadlines.remove(&(pending.due, token));
                pending.due = due;
                self.deadlines.insert((due, token));
            }
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, rng: &mut dyn Rng) {
        while let Some((due, token)) = self.deadlines.first().copied() {
            if due > now {
                break;
            }
            self.deadlines.remove(&(due, token));
            self.overdue(token, now, rng);
        }
        if self.back_at.is_some_and(|due| due <= now) {
            self.try_first(now, rng);
        }
    }

    /// When [`Client::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        let request = self.deadlines.first().map(|(due, _)| *due);
        [request, self.back_at].into_iter().flatten().min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn insert(&mut self, purpose: Purpose, request: Request, server: usize, now: Instant) -> Token {
        let token = Token(self.next);
        self.next = self.next.wrapping_add(1);
        if let Some(subject) = request.subject() {
            self.subjects.insert(subject, token);
        }
        self.pending.insert(token, Pending::new(purpose, request, server, now));
        token
    }

    /// Removes a request and all that belongs to it.
    fn forget(&mut self, token: Token) -> Option<Pending> {
        let pending = self.pending.remove(&token)?;
        self.deadlines.remove(&(pending.due, token));
        for sent in &pending.sent {
            if let Some(link) = self.links.get_mut(sent.server) {
                link.forget(sent.slot, token);
            }
        }
        if let Some(subject) = pending.request.subject()
            && self.subjects.get(&subject) == Some(&token)
        {
            self.subjects.remove(&subject);
        }
        Some(pending)
    }

    fn end(&mut self, token: Token, why: Failure) {
        if let Some(Pending { purpose: Purpose::Asked, .. }) = self.forget(token) {
            self.outputs.push_back(Output::Failed(token, why));
        }
    }

    fn of_server(&self, server: usize) -> Vec<Token> {
        self.pending.iter().filter(|(_, pending)| pending.server == server).map(|(token, _)| *token).collect()
    }

    /// Sends a request to its server, for the first time or once more, and sets its time.
    fn transmit(&mut self, token: Token, now: Instant, rng: &mut dyn Rng) {
        let Some(pending) = self.pending.get_mut(&token) else { return };
        self.deadlines.remove(&(pending.due, token));
        let server = pending.server;
        let Some(link) = self.links.get_mut(server) else { return };
        let stream = !matches!(link.stream, Stream::None);
        pending.due = now + pending.wait(&self.config.timing, stream, rng);
        self.deadlines.insert((pending.due, token));
        match link.stream {
            Stream::None | Stream::Up(_) => {}
            Stream::Connecting => return,
            Stream::Down => {
                link.stream = Stream::Connecting;
                self.outputs.push_back(Output::Connect(server));
                return;
            }
        }
        // The same packet again, if it is the same (RFC 5080 2.2.1).
        if let Some(last) = pending.sent.last()
            && last.server == server
            && !pending.request.changes()
            && link.holds(last.slot, token)
        {
            let (lane, _) = last.slot;
            self.outputs.push_back(Output::Transmit { server, lane, bytes: pending.bytes.clone() });
            return;
        }
        let Some(slot) = link.allocate(token) else {
            self.end(token, Failure::Setup(SetupError::NoIdentifier));
            return;
        };
        let mut nonce = [0; 16];
        rng.fill(&mut nonce);
        match pending.request.write(slot.1, &nonce, &link.secret, now) {
            Ok((bytes, authenticator)) => {
                pending.sent.push(Sent { server, slot, authenticator });
                pending.bytes.clone_from(&bytes);
                self.outputs.push_back(Output::Transmit { server, lane: slot.0, bytes });
            }
            Err(why) => {
                link.forget(slot, token);
                self.end(token, Failure::Setup(why));
            }
        }
    }

    fn overdue(&mut self, token: Token, now: Instant, rng: &mut dyn Rng) {
        let timing = &self.config.timing;
        let Some(pending) = self.pending.get(&token) else { return };
        if timing.duration.is_some_and(|whole| now.since(pending.begun) >= whole) {
            self.end(token, Failure::NoAnswer);
            return;
        }
        let server = pending.server;
        let patience = match self.links.get(server).map(|link| &link.stream) {
            // Over a stream nothing is lost, and nothing sent twice (RFC 6613 2.6.1).
            Some(Stream::Up(_) | Stream::Connecting) => 1,
            Some(Stream::None | Stream::Down) | None => timing.count.max(1),
        };
        if pending.transmissions < patience {
            self.transmit(token, now, rng);
            return;
        }
        let silent =
            self.links.get(server).is_none_or(|link| link.heard.is_none_or(|heard| heard < pending.here_since));
        if let Purpose::Probe = pending.purpose {
            self.forget(token);
            return;
        }
        if silent {
            self.close_silent_stream(server);
            self.fail_over(server, now, rng);
        }
        // A server that answers others, but not this request, is not left by all.
        if self.pending.get(&token).is_some_and(|pending| pending.server == server) {
            self.move_on(token, now, rng);
        }
    }

    /// A stream over which nothing comes is no stream: it is closed, and opened anew when it is needed.
    fn close_silent_stream(&mut self, server: usize) {
        if let Some(link) = self.links.get_mut(server)
            && !matches!(link.stream, Stream::None | Stream::Down)
        {
            link.stream.closed();
            link.forget_all();
            self.outputs.push_back(Output::Close(server));
        }
    }

    /// Puts one request to the next server, or ends it when all have had their turns.
    fn move_on(&mut self, token: Token, now: Instant, rng: &mut dyn Rng) {
        let servers = self.links.len();
        let rounds = self.config.timing.rounds.max(1);
        let Some(pending) = self.pending.get_mut(&token) else { return };
        pending.visited = pending.visited.saturating_add(1);
        if pending.visited >= servers.saturating_mul(usize::try_from(rounds).unwrap_or(usize::MAX)) {
            self.end(token, Failure::NoAnswer);
            return;
        }
        self.deadlines.remove(&(pending.due, token));
        pending.server = pending.server.saturating_add(1).checked_rem(servers).unwrap_or(0);
        pending.transmissions = 0;
        pending.here_since = now;
        self.transmit(token, now, rng);
    }

    /// Leaves a silent server, with all requests that wait for it.
    fn fail_over(&mut self, server: usize, now: Instant, rng: &mut dyn Rng) {
        let next = server.saturating_add(1).checked_rem(self.links.len()).unwrap_or(0);
        if next != server && self.current == server {
            self.current = next;
            self.outputs.push_back(Output::Note(Note::FailedOver { from: server, to: next }));
            self.back_at = match self.config.retry_primary {
                Some(after) if next != 0 => Some(now + after),
                Some(_) | None => None,
            };
        }
        for token in self.of_server(server) {
            if self.pending.get(&token).is_some_and(|pending| matches!(pending.purpose, Purpose::Asked)) {
                self.move_on(token, now, rng);
            } else {
                self.forget(token);
            }
        }
    }

    /// The first server's silence is long ago: it is asked whether it is there (RFC 5997), or simply used again.
    fn try_first(&mut self, now: Instant, rng: &mut dyn Rng) {
        self.back_at = None;
        if self.config.servers.first().is_some_and(|server| server.probe) {
            self.back_at = self.config.retry_primary.map(|after| now + after);
            let asking = |pending: &Pending| matches!(pending.purpose, Purpose::Probe);
            if !self.pending.values().any(asking) {
                let request = Request::new(Code::STATUS_SERVER, AttributeWriter::new());
                let token = self.insert(Purpose::Probe, request, 0, now);
                self.transmit(token, now, rng);
            }
        } else {
            self.back();
        }
    }

    fn back(&mut self) {
        self.back_at = None;
        if self.current != 0 {
            self.current = 0;
            self.outputs.push_back(Output::Note(Note::Back));
        }
    }

    fn accept(&mut self, server: usize, lane: u8, bytes: &[u8], now: Instant) -> Result<(), Discard> {
        let link = self.links.get_mut(server).ok_or(Discard::UnknownPeer)?;
        let raw = Raw::parse(bytes)?;
        let unknown = Discard::NotPending(raw.identifier);
        let slot = (lane, raw.identifier);
        let token = link.owner(slot).ok_or(unknown)?;
        let pending = self.pending.get(&token).ok_or(unknown)?;
        let sent = pending.sent.iter().rev().find(|sent| sent.server == server && sent.slot == slot).ok_or(unknown)?;
        if !answers(pending.request.code(), raw.code) {
            return Err(Discard::UnexpectedCode(raw.code));
        }
        let demand = link.demand(pending.request.code(), pending.request.has_eap());
        let verified = verify_reply(raw, &link.secret, &sent.authenticator, demand)?;
        link.heard = Some(now);
        let reply = Reply::new(&verified, sent.authenticator, link.secret.clone(), server);
        match self.forget(token) {
            Some(Pending { purpose: Purpose::Probe, .. }) => self.back(),
            Some(_) => self.outputs.push_back(Output::Done(token, reply)),
            None => {}
        }
        Ok(())
    }

    /// How long nothing has come from a server that was asked; `None` if none is asked.
    #[must_use]
    pub fn silence(&self, server: usize, now: Instant) -> Option<Duration> {
        let oldest = self.pending.values().filter(|pending| pending.server == server).map(|p| p.here_since).min()?;
        let heard = self.links.get(server)?.heard.unwrap_or(oldest);
        Some(now.since(heard.max(oldest)))
    }
}

/// Whether a reply of this code answers such a request (RFC 2865 3, RFC 2866 3, RFC 5176 2.3, RFC 5997 4.2).
const fn answers(request: Code, reply: Code) -> bool {
    matches!(
        (request, reply),
        (Code::ACCESS_REQUEST, Code::ACCESS_ACCEPT | Code::ACCESS_REJECT | Code::ACCESS_CHALLENGE)
            | (Code::ACCOUNTING_REQUEST, Code::ACCOUNTING_RESPONSE)
            | (Code::STATUS_SERVER, Code::ACCESS_ACCEPT | Code::ACCOUNTING_RESPONSE)
            | (Code::DISCONNECT_REQUEST, Code::DISCONNECT_ACK | Code::DISCONNECT_NAK)
            | (Code::COA_REQUEST, Code::COA_ACK | Code::COA_NAK)
    )
}
