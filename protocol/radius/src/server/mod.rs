//! The side that answers: clients by prefix, conversations of EAP by State, passwords, and accounting.
//!
//! What EAP says is an [`Authenticator`]'s matter. The server knows who may ask, which request belongs to which conversation,
//! what was answered already (RFC 5080 2.2.2), and what an Access-Accept carries.

mod authenticator;
mod peers;
mod sessions;
mod users;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use crypto::Rng;
use wire::Instant;

pub use authenticator::{Accept, Authenticator, Begin, Env, Input, Step};
pub use sessions::SessionId;
pub use users::{Name, Phase, User, UserTable};

use crate::hidden::reveal_password;
use crate::packet::AttributeWriter;
use crate::prefix::ByPrefix;
use crate::stream::Framer;
use crate::{
    Attributes, Code, Demand, Discard, Raw, SetupError, SharedSecret, Type, Verified, verify_request, write_reply,
};
use peers::{Known, Peers};
use sessions::{Sessions, State};

/// A client that may ask.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The shared secret; [`SharedSecret::radsec`] over TLS.
    pub secret: SharedSecret,
    /// Whether each Access-Request needs a Message-Authenticator. Those with EAP need it in any case.
    pub demand: Demand,
}

/// What a server is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who may ask by datagrams.
    pub clients: ByPrefix<ClientConfig>,
    /// The most conversations at a time; then the one that was idle longest ends.
    pub max_sessions: usize,
    /// After how long an idle conversation ends.
    pub idle: Duration,
    /// How long answers are kept for requests that come again (RFC 5080 2.2.2: 5 to 30 seconds), from the last time on.
    pub remember: Duration,
    /// The most source ports, and streams, whose answers are kept.
    pub max_peers: usize,
}

impl Config {
    /// The usual limits.
    #[must_use]
    pub const fn new(clients: ByPrefix<ClientConfig>) -> Config {
        Config {
            clients,
            max_sessions: 16_384,
            idle: Duration::from_secs(60),
            remember: Duration::from_secs(30),
            max_peers: 4096,
        }
    }
}

/// What a packet came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Port 1812.
    Authentication,
    /// Port 1813.
    Accounting,
    /// One stream for all (RFC 6614 2.1).
    Both,
}

/// Names a stream; the owner's to choose, and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// Who is spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// The source of datagrams.
    Datagram(SocketAddr),
    /// A stream.
    Stream(StreamId),
}

/// What is to be done for a server.
#[derive(Debug)]
pub enum Output<Q> {
    /// Send this.
    Reply {
        /// To whom.
        to: Peer,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// Somebody was let in, or kept out; the name is what it gave.
    Decided {
        /// From whom the request came.
        from: Peer,
        /// User-Name.
        user: Vec<u8>,
        /// Whether it was let in.
        accepted: bool,
    },
    /// A report of accounting: its attributes. It is acknowledged already.
    Accounting {
        /// From whom it came.
        from: Peer,
        /// As they came.
        attributes: Vec<u8>,
    },
    /// A conversation needs something from elsewhere; [`Server::resume`] brings it.
    Ask(SessionId, Q),
    /// The stream is broken: close it.
    Close(StreamId),
    /// A packet was passed over.
    Discarded(Peer, Discard),
}

#[derive(Debug)]
struct StreamState {
    id: StreamId,
    client: ClientConfig,
    framer: Framer,
}

/// A request whose answer is owed.
#[derive(Clone, Debug)]
struct Origin {
    peer: Peer,
    identifier: u8,
    authenticator: [u8; 16],
    /// To be given back as they came (RFC 2865 5.33).
    proxy_states: AttributeWriter,
    /// EAP-Key-Name is wanted (RFC 4072 2.2).
    key_name: bool,
    user: Vec<u8>,
}

/// The side that answers.
#[derive(Debug)]
pub struct Server<A: Authenticator> {
    config: Config,
    authenticator: A,
    peers: Peers,
    sessions: Sessions<A::Conversation>,
    streams: Vec<StreamState>,
    outputs: VecDeque<Output<A::Ask>>,
}

impl<A: Authenticator> Server<A> {
    /// A server without conversations.
    #[must_use]
    pub fn new(config: Config, authenticator: A) -> Server<A> {
        Server {
            peers: Peers::new(config.remember, config.max_peers),
            sessions: Sessions::new(config.idle, config.max_sessions),
            config,
            authenticator,
            streams: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Who says what EAP says.
    pub const fn authenticator_mut(&mut self) -> &mut A {
        &mut self.authenticator
    }

    /// How many conversations are held.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Takes a datagram.
    pub fn handle_datagram(&mut self, service: Service, from: SocketAddr, datagram: &[u8], env: &mut Env<'_>) {
        let peer = Peer::Datagram(from);
        let handled = match self.config.clients.find(from.ip()) {
            Some((_, client)) => Raw::parse(datagram)
                .map_err(Discard::from)
                .and_then(|raw| verify_request(raw, &client.secret, client.demand))
                .and_then(|request| self.accept(service, peer, &request, env)),
            None => Err(Discard::UnknownPeer),
        };
        if let Err(why) = handled {
            self.outputs.push_back(Output::Discarded(peer, why));
        }
    }

    /// A stream was opened by a client that its owner has authenticated.
    pub fn open_stream(&mut self, id: StreamId, client: ClientConfig) {
        self.streams.push(StreamState { id, client, framer: Framer::new() });
    }

    /// A stream was closed.
    pub fn close_stream(&mut self, id: StreamId) {
        self.streams.retain(|stream| stream.id != id);
        self.peers.forget(Peer::Stream(id));
    }

    /// Takes octets of a stream.
    pub fn handle_stream(&mut self, id: StreamId, octets: &[u8], env: &mut Env<'_>) {
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) else { return };
        let peer = Peer::Stream(id);
        let mut packets = Vec::new();
        let framed = stream.framer.push(octets, |packet| packets.push(packet.to_vec()));
        let ClientConfig { secret, demand } = stream.client.clone();
        let mut broken = framed.is_err();
        for packet in packets {
            let handled = match Raw::parse(&packet) {
                Ok(raw) => verify_request(raw, &secret, demand)
                    .and_then(|request| self.accept(Service::Both, peer, &request, env)),
                Err(why) => Err(why.into()),
            };
            if let Err(why) = handled {
                // RFC 6613 2.6.4: nobody forges packets inside of TLS; who sends such does not speak RADIUS.
                broken |= matches!(why, Discard::Malformed(_) | Discard::Authenticator | Discard::MessageAuthenticator);
                self.outputs.push_back(Output::Discarded(peer, why));
            }
        }
        if broken {
            self.outputs.push_back(Output::Close(id));
            self.close_stream(id);
        }
    }

    /// Brings what a conversation has asked for. It may have ended meanwhile: then nothing happens.
    pub fn resume(&mut self, session: SessionId, answer: A::Answer, env: &mut Env<'_>) {
        let Some(state) = self.sessions.waiting(session, env.now) else { return };
        let (conversation, origin) = state;
        let step = self.authenticator.step(conversation, Input::Answer(answer), env);
        self.finish_step(session, origin, step, env);
    }

    /// Forgets what is out of date.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.sessions.expire(now);
        self.peers.expire(now);
    }

    /// When [`Server::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        [self.sessions.deadline(), self.peers.deadline()].into_iter().flatten().min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output<A::Ask>> {
        self.outputs.pop_front()
    }

    fn accept(
        &mut self,
        service: Service,
        peer: Peer,
        request: &Verified<'_>,
        env: &mut Env<'_>,
    ) -> Result<(), Discard> {
        let raw = request.packet();
        let accounting = match (raw.code, service) {
            (Code::STATUS_SERVER, _) | (Code::ACCESS_REQUEST, Service::Authentication | Service::Both) => false,
            (Code::ACCOUNTING_REQUEST, Service::Accounting | Service::Both) => true,
            (code, _) => return Err(Discard::UnexpectedCode(code)),
        };
        match self.peers.known(peer, raw.identifier, &raw.authenticator, env.now) {
            Known::New => {}
            Known::Answered(bytes) => {
                self.outputs.push_back(Output::Reply { to: peer, bytes: bytes.to_vec() });
                return Ok(());
            }
            Known::InProgress => return Err(Discard::InProgress),
        }
        let mut proxy_states = AttributeWriter::new();
        let mut key_name = false;
        let mut user: &[u8] = &[];
        for attribute in raw.attributes {
            match attribute.ty {
                Type::PROXY_STATE => {
                    proxy_states.copy(attribute);
                }
                Type::EAP_KEY_NAME => key_name = true,
                Type::USER_NAME => user = attribute.value,
                _ => {}
            }
        }
        let origin = Origin {
            peer,
            identifier: raw.identifier,
            authenticator: raw.authenticator,
            proxy_states,
            key_name,
            user: user.to_vec(),
        };
        if raw.code == Code::STATUS_SERVER {
            let code = match service {
                Service::Accounting => Code::ACCOUNTING_RESPONSE,
                Service::Authentication | Service::Both => Code::ACCESS_ACCEPT,
            };
            self.reply(&origin, code, AttributeWriter::new());
        } else if accounting {
            let attributes = raw.bytes().get(crate::packet::HEADER..).unwrap_or_default().to_vec();
            self.outputs.push_back(Output::Accounting { from: peer, attributes });
            self.reply(&origin, Code::ACCOUNTING_RESPONSE, AttributeWriter::new());
        } else if let Some(eap) = raw.attributes.eap() {
            return self.converse(origin, raw.attributes, &eap, env);
        } else {
            self.password(&origin, raw);
        }
        Ok(())
    }

    /// A part of a conversation, or the first of one.
    fn converse(
        &mut self,
        origin: Origin,
        attributes: Attributes<'_>,
        eap: &[u8],
        env: &mut Env<'_>,
    ) -> Result<(), Discard> {
        let state = attributes.first(Type::STATE);
        let held = state.and_then(State::parse).and_then(|state| self.sessions.check(state, origin.peer));
        let id = match held {
            Some(current) => current?,
            // What an Accept says as its State comes back when the session is to be proved again (RFC 2865 5.24): like
            // one without, that is a beginning.
            None if state.is_none() || is_identity(eap) => {
                let begin = Begin {
                    user: &origin.user,
                    mtu: attributes.u32(Type::FRAMED_MTU),
                    station: attributes.first(Type::CALLING_STATION_ID),
                };
                let conversation = self.authenticator.begin(&begin);
                self.sessions.insert(conversation, origin.peer, env)
            }
            // Of another server, or of one before a restart: the station had better begin anew.
            None => {
                let mut writer = AttributeWriter::new();
                if let [_, identifier, ..] = eap {
                    writer.eap(&[4, *identifier, 0, 4]);
                }
                self.reply(&origin, Code::ACCESS_REJECT, writer);
                return Ok(());
            }
        };
        let Some(conversation) = self.sessions.conversation(id, env.now) else { return Err(Discard::NoSession) };
        let step = self.authenticator.step(conversation, Input::Packet(eap), env);
        self.finish_step(id, origin, step, env);
        Ok(())
    }

    fn finish_step(&mut self, id: SessionId, origin: Origin, step: Step<A::Ask>, env: &mut Env<'_>) {
        match step {
            Step::Challenge(packet) => {
                let Some(state) = self.sessions.next_state(id) else { return };
                let mut writer = AttributeWriter::with_capacity(packet.len().saturating_add(64));
                writer.put(Type::STATE, &state).eap(&packet);
                self.reply(&origin, Code::ACCESS_CHALLENGE, writer);
            }
            Step::Accept(accept) => {
                self.sessions.remove(id);
                match self.accepted(&origin, &accept, env.rng) {
                    Ok(writer) => self.decide(&origin, true, writer),
                    // What a user gets does not fit into a packet: kept out, rather than let in with half of it.
                    Err(_) => self.decide(&origin, false, AttributeWriter::new()),
                }
            }
            Step::Reject(packet) => {
                self.sessions.remove(id);
                let mut writer = AttributeWriter::new();
                writer.eap(&packet);
                self.decide(&origin, false, writer);
            }
            // Nothing is answered, so the same request may come again and be looked at anew.
            Step::Ignore => self.peers.drop_request(origin.peer, origin.identifier),
            Step::Ask(ask) => {
                self.sessions.wait(id, origin);
                self.outputs.push_back(Output::Ask(id, ask));
            }
        }
    }

    fn accepted(&self, origin: &Origin, accept: &Accept, rng: &mut dyn Rng) -> Result<AttributeWriter, SetupError> {
        let mut writer = AttributeWriter::with_capacity(256);
        if let Some(packet) = &accept.eap {
            writer.eap(packet);
        }
        if let Some(user) = &accept.user {
            writer.put(Type::USER_NAME, user);
        }
        if let (true, Some(name)) = (origin.key_name, &accept.key_name) {
            writer.put(Type::EAP_KEY_NAME, name);
        }
        writer.append(&accept.attributes);
        if let (Some(keys), Some(secret)) = (&accept.keys, self.secret_of(origin.peer)) {
            let mut salts = [0; 4];
            rng.fill(&mut salts);
            keys.write(&mut writer, secret, &origin.authenticator, salts)?;
        }
        // 20 octets of header, 18 of Message-Authenticator.
        let length = writer.checked()?.as_bytes().len().saturating_add(origin.proxy_states.as_bytes().len());
        if length > crate::packet::MAX_LENGTH.saturating_sub(38) { Err(SetupError::TooLong) } else { Ok(writer) }
    }

    /// A request with a password in place of EAP: of an access point that asks about an address.
    fn password(&mut self, origin: &Origin, raw: &Raw<'_>) {
        let revealed = self
            .secret_of(origin.peer)
            .and_then(|secret| reveal_password(secret, &raw.authenticator, raw.attributes.first(Type::USER_PASSWORD)?));
        let granted = revealed.and_then(|password| self.authenticator.password(&origin.user, &password));
        let accepted = granted.is_some();
        self.decide(origin, accepted, granted.unwrap_or_default());
    }

    fn decide(&mut self, origin: &Origin, accepted: bool, writer: AttributeWriter) {
        let code = if accepted { Code::ACCESS_ACCEPT } else { Code::ACCESS_REJECT };
        self.outputs.push_back(Output::Decided { from: origin.peer, user: origin.user.clone(), accepted });
        self.reply(origin, code, writer);
    }

    fn secret_of(&self, peer: Peer) -> Option<&SharedSecret> {
        match peer {
            Peer::Datagram(from) => self.config.clients.find(from.ip()).map(|(_, client)| &client.secret),
            Peer::Stream(id) => self.streams.iter().find(|stream| stream.id == id).map(|stream| &stream.client.secret),
        }
    }

    fn reply(&mut self, origin: &Origin, code: Code, mut writer: AttributeWriter) {
        writer.append(&origin.proxy_states);
        let Some(secret) = self.secret_of(origin.peer) else { return };
        match write_reply(code, origin.identifier, &origin.authenticator, &writer, secret) {
            Ok(bytes) => {
                self.peers.answered(origin.peer, origin.identifier, &origin.authenticator, &bytes);
                self.outputs.push_back(Output::Reply { to: origin.peer, bytes });
            }
            Err(_) => self.peers.drop_request(origin.peer, origin.identifier),
        }
    }
}

/// An EAP-Response/Identity (RFC 3748 5.1): with that a conversation begins.
const fn is_identity(eap: &[u8]) -> bool {
    matches!(eap, [2, _, _, _, 1, ..])
}
