//! The server (the backend authenticator of RFC 4137 6): finds out who a peer is, and has it prove that.
//!
//! Nothing here knows of the link: what is lost is sent again by the [`Authenticator`](crate::Authenticator) in front,
//! or by the RADIUS client. A Response that comes twice is answered with the same packet.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::packet::{self, Body, Code, Packet};
use crate::rounds::{RoundLimits, Rounds};
use crate::{
    Answer, Ask, Context, EapError, Env, Ignored, Keys, MethodType, Nak, Note, ServerMethod, ServerStep, User,
};

mod state;

use state::{Call, Proposed, State};

/// How a server behaves, whatever its methods.
#[derive(Clone, Copy, Debug)]
pub struct ServerConfig {
    /// How long a conversation may go on.
    pub rounds: RoundLimits,
    /// A method that makes no key is not proposed.
    pub key_required: bool,
    /// The most octets of a packet.
    pub mtu: usize,
    /// The conversation is inside of a tunnel (of a method whose server this one serves).
    pub inner: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { rounds: RoundLimits::default(), key_required: true, mtu: 1400, inner: false }
    }
}

/// What the server wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum ServerOutput {
    /// Send this packet to the peer.
    Send(Vec<u8>),
    /// Find out, and tell with [`Server::answer`].
    Ask(Ask),
    /// What the method wants known.
    Note(Note),
    /// The peer prefers another method than this one.
    Refused(MethodType),
    /// The peer is who it says: the packet that tells it so, the method, who it is, and the keys. The packet may be held
    /// back until the lower layer has let the peer in.
    Success {
        /// EAP-Success.
        packet: Vec<u8>,
        /// How it was found out.
        method: MethodType,
        /// Who it is.
        identity: Vec<u8>,
        /// Of a method that makes any.
        keys: Option<Keys>,
    },
    /// It is not: the packet that tells it so, and why.
    Failure {
        /// EAP-Failure.
        packet: Vec<u8>,
        /// Why.
        error: EapError,
    },
}

/// The server's machine: one conversation.
#[derive(Debug)]
pub struct Server {
    shared: Shared,
    state: State,
}

/// What outlives every state.
#[derive(Debug)]
struct Shared {
    config: ServerConfig,
    outputs: VecDeque<ServerOutput>,
    rounds: Rounds,
    identity: Vec<u8>,
    /// The identifier of the last Request.
    identifier: u8,
    /// That of the next one.
    next: u8,
    /// Digest of the Response that was answered last, and the answer.
    last: Option<([u8; 32], Vec<u8>)>,
}

impl Server {
    /// A server that has said nothing yet; `identifier` is that of its first Request.
    #[must_use]
    pub fn new(config: ServerConfig, identifier: u8) -> Server {
        let shared = Shared {
            config,
            outputs: VecDeque::new(),
            rounds: Rounds::new(config.rounds),
            identity: Vec::new(),
            identifier: identifier.wrapping_sub(1),
            next: identifier,
            last: None,
        };
        Server { shared, state: State::Start }
    }

    /// Asks the peer who it is. Not needed where whoever is in front has asked: then its answer is the first packet.
    pub fn start(&mut self) {
        if matches!(self.state, State::Start) {
            self.state = State::Identifying;
            let identifier = self.shared.next_identifier();
            match packet::write_body(Code::Request, identifier, MethodType::IDENTITY, false, &[]) {
                Ok(request) => self.shared.outputs.push_back(ServerOutput::Send(request)),
                Err(overflow) => self.fail(overflow.into()),
            }
        }
    }

    /// Takes a packet of the peer.
    ///
    /// # Errors
    /// Why it was passed over; then nothing has changed.
    pub fn handle_packet(&mut self, bytes: &[u8], env: &mut Env<'_>) -> Result<(), Ignored> {
        let response = match Packet::parse(bytes)? {
            Packet::Response(response) => response,
            Packet::Request(_) | Packet::Success { .. } | Packet::Failure { .. } => {
                return Err(Ignored("a packet that only servers send"));
            }
            Packet::Initiate { .. } | Packet::Finish { .. } => {
                return Err(Ignored("a message of re-authentication (ERP)"));
            }
        };
        let digest = crypto::sha256(&[response.whole]);
        if let Some((known, answer)) = &self.shared.last
            && *known == digest
        {
            let answer = answer.clone();
            self.shared.rounds.count(answer.len()).map_err(|_| Ignored("a Response once more, too often"))?;
            self.shared.outputs.push_back(ServerOutput::Send(answer));
            return Ok(());
        }
        let before = self.shared.outputs.len();
        self.handle_response(&response, env)?;
        let sent = self.shared.outputs.iter().skip(before).find_map(|output| match output {
            ServerOutput::Send(packet)
            | ServerOutput::Success { packet, .. }
            | ServerOutput::Failure { packet, .. } => Some(packet.clone()),
            ServerOutput::Ask(_) | ServerOutput::Note(_) | ServerOutput::Refused(_) => None,
        });
        self.shared.last = sent.map(|packet| (digest, packet));
        Ok(())
    }

    fn handle_response(&mut self, response: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        match core::mem::replace(&mut self.state, State::Ended) {
            // RFC 3748 2: the pass-through authenticator has asked; its identifier goes on being counted.
            State::Start if response.method == MethodType::IDENTITY => {
                self.shared.identifier = response.identifier;
                self.shared.next = response.identifier.wrapping_add(1);
                self.identified(response);
                Ok(())
            }
            State::Identifying if response.identifier != self.shared.identifier => {
                self.state = State::Identifying;
                Err(Ignored("a Response to another Request"))
            }
            State::Identifying if response.method == MethodType::IDENTITY => {
                self.identified(response);
                Ok(())
            }
            State::Proposed(proposed) if response.identifier != self.shared.identifier => {
                self.state = State::Proposed(proposed);
                Err(Ignored("a Response to another Request"))
            }
            State::Proposed(proposed) => self.handle_proposed(proposed, response, env),
            other @ (State::Start | State::Identifying | State::AskingUser | State::Asking { .. } | State::Ended) => {
                self.state = other;
                Err(Ignored("a Response that nobody waits for"))
            }
        }
    }

    fn identified(&mut self, response: &Body<'_>) {
        self.shared.identity = response.data.to_vec();
        let ask = Ask::User { identity: response.data.to_vec(), inner: self.shared.config.inner };
        self.shared.outputs.push_back(ServerOutput::Ask(ask));
        self.state = State::AskingUser;
    }

    fn handle_proposed(
        &mut self,
        mut proposed: Proposed,
        response: &Body<'_>,
        env: &mut Env<'_>,
    ) -> Result<(), Ignored> {
        if response.method == MethodType::NAK {
            // RFC 3748 5.3: only the first Response may be a Nak; afterwards it is somebody else's.
            if proposed.is_accepted {
                self.state = State::Proposed(proposed);
                return Err(Ignored("a Nak amid a method"));
            }
            return match Nak::parse(response) {
                Ok(nak) => {
                    self.refused(proposed, &nak, env);
                    Ok(())
                }
                Err(why) => {
                    self.state = State::Proposed(proposed);
                    Err(why.into())
                }
            };
        }
        if response.method != proposed.method.method_type() {
            self.state = State::Proposed(proposed);
            return Err(Ignored("a Response of another method"));
        }
        let step = {
            let mut notes = Vec::new();
            let step = proposed.method.handle(response, &mut self.shared.context(&*proposed.method, env, &mut notes));
            self.shared.outputs.extend(notes.into_iter().map(ServerOutput::Note));
            step
        };
        proposed.is_accepted |= !matches!(step, ServerStep::Ignore(_));
        self.act(proposed, step, Some(response))
    }

    /// RFC 3748 2.1: after a Nak another method is proposed, the peer's first wish that is allowed.
    fn refused(&mut self, proposed: Proposed, nak: &Nak, env: &mut Env<'_>) {
        let method = proposed.method.method_type();
        self.shared.outputs.push_back(ServerOutput::Refused(method));
        let mut others = proposed.others;
        let wish = nak.wanted.iter().find_map(|wanted| others.iter().position(|other| other.method_type() == *wanted));
        // A Nak that hints at expanded types may mean any of ours that has no short one (RFC 3748 5.3.1).
        let hinted = || others.iter().position(|other| nak.any_expanded && other.method_type().short().is_none());
        match wish.or_else(hinted) {
            Some(place) => {
                let next = others.remove(place);
                self.propose(next, others, env);
            }
            None => self.fail(EapError::NoCommonMethod(nak.wanted.first().copied())),
        }
    }

    fn propose(&mut self, method: Box<dyn ServerMethod>, others: Vec<Box<dyn ServerMethod>>, env: &mut Env<'_>) {
        let mut proposed = Proposed { method, others, is_accepted: false };
        let mut notes = Vec::new();
        let step = proposed.method.start(&mut self.shared.context(&*proposed.method, env, &mut notes));
        self.shared.outputs.extend(notes.into_iter().map(ServerOutput::Note));
        // A method that has nothing to ask at its start is a mistake of its own, not the peer's.
        if self.act(proposed, step, None).is_err() {
            self.fail(EapError::local("a method did not start"));
        }
    }

    fn act(&mut self, proposed: Proposed, step: ServerStep, response: Option<&Body<'_>>) -> Result<(), Ignored> {
        match step {
            ServerStep::Ignore(why) => {
                self.state = State::Proposed(proposed);
                return Err(why);
            }
            ServerStep::Request(data) => {
                let identifier = self.shared.next_identifier();
                let method = proposed.method.method_type();
                let written = packet::write_body(Code::Request, identifier, method, false, &data);
                match written.map_err(EapError::from).and_then(|request| {
                    self.shared.rounds.count(request.len())?;
                    Ok(request)
                }) {
                    Ok(request) => {
                        self.shared.outputs.push_back(ServerOutput::Send(request));
                        self.state = State::Proposed(proposed);
                    }
                    Err(error) => self.fail(error),
                }
            }
            ServerStep::Ask(ask) => {
                self.shared.outputs.push_back(ServerOutput::Ask(ask));
                let call = response.map_or(Call::Start, |response| Call::Handle(response.whole.to_vec()));
                self.state = State::Asking { proposed, call };
            }
            ServerStep::Succeed => self.succeed(&*proposed.method),
            ServerStep::Fail(error) => self.fail(error),
        }
        Ok(())
    }

    /// Takes what was asked for. Nothing happens if nothing was.
    pub fn answer(&mut self, answer: Answer, env: &mut Env<'_>) {
        match core::mem::replace(&mut self.state, State::Ended) {
            State::AskingUser => match answer.user() {
                Some(user) => self.found(user, env),
                None => self.fail(EapError::credentials("no such user")),
            },
            State::Asking { mut proposed, call } => {
                proposed.method.answer(answer);
                match call {
                    Call::Start => {
                        let Proposed { method, others, .. } = proposed;
                        self.propose(method, others, env);
                    }
                    Call::Handle(bytes) => {
                        if let Ok(Packet::Response(response)) = Packet::parse(&bytes) {
                            // What the method thinks of the Response now is no affair of whoever answered.
                            let _ = self.handle_proposed(proposed, &response, env);
                        }
                    }
                }
            }
            other @ (State::Start | State::Identifying | State::Proposed(_) | State::Ended) => self.state = other,
        }
    }

    fn found(&mut self, user: User, env: &mut Env<'_>) {
        let key_required = self.shared.config.key_required;
        let mut methods = user.methods;
        methods.retain(|method| !key_required || method.method_type().makes_keys());
        if methods.is_empty() {
            return self.fail(EapError::credentials("no method is allowed to this user"));
        }
        let first = methods.remove(0);
        self.propose(first, methods, env);
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<ServerOutput> {
        self.shared.outputs.pop_front()
    }

    /// Whether the conversation is over, in whichever way.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The identifier of the last Request.
    pub(crate) const fn identifier(&self) -> u8 {
        self.shared.identifier
    }

    /// Gives the next Request this identifier: inside of PEAP version 0 it is that of the packet around it.
    pub(crate) const fn renumber(&mut self, next: u8) {
        self.shared.next = next;
    }

    /// As whom the peer introduced itself.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.shared.identity
    }

    fn succeed(&mut self, method: &dyn ServerMethod) {
        let identity = method.identity().unwrap_or(&self.shared.identity).to_vec();
        let packet = end(Code::Success, self.shared.identifier);
        let (method, keys) = (method.method_type(), method.keys());
        if self.shared.config.key_required && keys.is_none() {
            return self.fail(EapError::NoKey(method));
        }
        self.state = State::Ended;
        self.shared.outputs.push_back(ServerOutput::Success { packet, method, identity, keys });
    }

    fn fail(&mut self, error: EapError) {
        self.state = State::Ended;
        let packet = end(Code::Failure, self.shared.identifier);
        self.shared.outputs.push_back(ServerOutput::Failure { packet, error });
    }
}

/// RFC 3748 4.2: the identifier of the Response that it answers.
fn end(code: Code, identifier: u8) -> Vec<u8> {
    alloc::vec![code.octet(), identifier, 0, 4]
}

impl Shared {
    const fn next_identifier(&mut self) -> u8 {
        self.identifier = self.next;
        self.next = self.next.wrapping_add(1);
        self.identifier
    }

    fn context<'a>(&self, method: &dyn ServerMethod, env: &'a mut Env<'_>, notes: &'a mut Vec<Note>) -> Context<'a> {
        Context {
            now: env.now,
            wall: env.wall,
            rng: &mut *env.rng,
            identifier: self.next,
            room: packet::room(self.config.mtu, method.method_type(), false),
            notes,
        }
    }
}
