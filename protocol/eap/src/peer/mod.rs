//! The peer (RFC 4137 4): one conversation after the other with whatever authenticator the link leads to.
//!
//! The states are structs in `state`; what may follow what is one `match` for each kind of packet. The lower layer gives in packets,
//! takes out [`PeerOutput`]s in order, and asks for the deadline.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use crate::packet::{self, Body, Code, Packet};
use crate::rounds::{RoundLimits, Rounds};
use crate::{
    Answer, Ask, Context, Decision, EapError, Env, Ignored, Keys, MethodType, Nak, Note, PeerMethods, PeerStep,
    Progress,
};

mod reauth;
mod state;

use state::{Asked, Asking, Running, State};

/// How many answered Requests are remembered: fewer than there are identifiers, which come around.
const OLDER: usize = 32;

/// How a peer behaves, whatever its methods.
#[derive(Clone, Copy, Debug)]
pub struct PeerConfig {
    /// Give up when nothing has come for so long (`ClientTimeout` of RFC 4137 4.3).
    pub timeout: Duration,
    /// How long a conversation may go on.
    pub rounds: RoundLimits,
    /// A method that makes no key is a failure.
    pub key_required: bool,
    /// Put up with authenticators that count the identifier of Success and Failure up, or use an identifier again for
    /// another Request (`eap_workaround`).
    pub workarounds: bool,
    /// Believe a Success though nothing was authenticated: for wired ports only (`allow_canned_success`).
    pub canned_success: bool,
    /// The most octets of a packet.
    pub mtu: usize,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            rounds: RoundLimits::default(),
            key_required: true,
            workarounds: true,
            canned_success: false,
            mtu: 1400,
        }
    }
}

/// What the peer wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum PeerOutput {
    /// Send this packet.
    Send(Vec<u8>),
    /// Find out, and tell with [`Peer::answer`].
    Ask(Ask),
    /// The authenticator has something to say to the person here (RFC 3748 5.2). Not fit for a terminal as it is.
    Notification(String),
    /// This method was started.
    Started(MethodType),
    /// This method was proposed and is not allowed here: refused with a Nak.
    Refused(MethodType),
    /// What the method wants known.
    Note(Note),
    /// Authenticated: the method and its keys. Without a method if the keys of an earlier conversation were enough (ERP), or
    /// if the Success was believed for nothing.
    Success(Option<MethodType>, Option<Keys>),
    /// Not authenticated.
    Failure(EapError),
}

/// The peer's machine.
#[derive(Debug)]
pub struct Peer {
    shared: Shared,
    state: State,
}

/// What outlives every state of a conversation.
#[derive(Debug)]
struct Shared {
    config: PeerConfig,
    methods: Box<dyn PeerMethods>,
    outputs: VecDeque<PeerOutput>,
    rounds: Rounds,
    /// The last Request that was answered, and the answer.
    last: Option<Exchange>,
    /// Digests of Requests that were answered before: one that a bad link brings again is no new one.
    older: VecDeque<[u8; 32]>,
    deadline: Option<Instant>,
}

#[derive(Debug)]
struct Exchange {
    identifier: u8,
    digest: [u8; 32],
    response: Vec<u8>,
}

impl Peer {
    /// A peer that waits for the first Request.
    #[must_use]
    pub fn new(config: PeerConfig, methods: Box<dyn PeerMethods>) -> Peer {
        let shared = Shared {
            config,
            methods,
            outputs: VecDeque::new(),
            rounds: Rounds::new(config.rounds),
            last: None,
            older: VecDeque::new(),
            deadline: None,
        };
        Peer { shared, state: State::Waiting }
    }

    /// Forgets the conversation and waits for a new one (`eapRestart`). Outputs that nobody has taken are forgotten too.
    pub fn restart(&mut self) {
        self.shared.outputs.clear();
        self.shared.rounds = Rounds::new(self.shared.config.rounds);
        self.shared.last = None;
        self.shared.older.clear();
        self.shared.deadline = None;
        self.state = State::Waiting;
    }

    /// Where the methods come from.
    pub fn methods(&mut self) -> &mut dyn PeerMethods {
        &mut *self.shared.methods
    }

    /// Takes a packet.
    ///
    /// # Errors
    /// Why it was passed over; then nothing has changed.
    pub fn handle_packet(&mut self, bytes: &[u8], env: &mut Env<'_>) -> Result<(), Ignored> {
        match Packet::parse(bytes)? {
            Packet::Request(request) => self.handle_request(&request, env),
            Packet::Success { identifier } => self.handle_success(identifier),
            Packet::Failure { identifier } => self.handle_failure(identifier),
            Packet::Response(_) => Err(Ignored("a Response, though we are the peer")),
            Packet::Initiate { identifier, data, whole } => self.handle_offer(identifier, data, whole, env.now),
            Packet::Finish { whole, .. } => self.handle_finish(whole, env.now),
        }
    }

    fn handle_request(&mut self, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        if matches!(self.state, State::Succeeded(_) | State::Failed) {
            return Err(Ignored("a Request after the end of the conversation"));
        }
        let digest = crypto::sha256(&[request.whole]);
        if self.shared.is_repeated(request.identifier, &digest) {
            // RFC 3748 4.1: the same answer once more, without looking at the Request again.
            self.shared.send_again()?;
            return Ok(());
        }
        if self.shared.older.contains(&digest) {
            return Err(Ignored("a Request from earlier"));
        }
        match request.method {
            MethodType::IDENTITY => self.handle_identity(request, env),
            MethodType::NOTIFICATION => self.handle_notification(request, env),
            method if method.is_method() => self.handle_method(request, env),
            _ => Err(Ignored("a Request of a type that only Responses have")),
        }
    }

    /// RFC 3748 5.1. Only before a method was chosen: later the identity would be another's (RFC 4137 4.1).
    fn handle_identity(&mut self, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        match &self.state {
            // Whoever asks now wants the whole method.
            State::Waiting | State::Reauthenticating(_) => {}
            State::Asking(Asking { asked: Asked::Identity, request: asked }) => {
                if asked == request.whole {
                    return Err(Ignored("a Request for the identity, which is asked for already"));
                }
            }
            State::Asking(_) | State::Running(_) | State::Succeeded(_) | State::Failed => {
                return Err(Ignored("a Request for the identity amid a method"));
            }
        }
        let Some(identity) = self.shared.methods.identity() else {
            self.shared.outputs.push_back(PeerOutput::Ask(Ask::Identity));
            self.state = State::Asking(Asking { asked: Asked::Identity, request: request.whole.to_vec() });
            self.shared.touch(env.now);
            return Ok(());
        };
        self.state = State::Waiting;
        self.respond(request, &identity, env);
        Ok(())
    }

    fn handle_notification(&mut self, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        match &self.state {
            State::Waiting => {}
            State::Running(running) if running.method.allows_notification() => {}
            State::Asking(_) | State::Running(_) | State::Reauthenticating(_) | State::Succeeded(_) | State::Failed => {
                return Err(Ignored("a Notification where the method allows none"));
            }
        }
        let text = String::from_utf8_lossy(request.data).into_owned();
        self.shared.outputs.push_back(PeerOutput::Notification(text));
        self.respond(request, &[], env);
        Ok(())
    }

    fn handle_method(&mut self, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        match core::mem::replace(&mut self.state, State::Failed) {
            State::Waiting | State::Reauthenticating(_) | State::Asking(Asking { asked: Asked::Identity, .. }) => {
                self.state = State::Waiting;
                self.start_method(request, env)
            }
            State::Running(running) => {
                let open = matches!(running.progress, Progress::Continue | Progress::MayContinue(_));
                if running.method.method_type() != request.method || !open {
                    self.state = State::Running(running);
                    return Err(Ignored("a Request of another method, or of one that is done"));
                }
                self.run(running, request, env)
            }
            State::Asking(asking) => {
                self.state = State::Asking(asking);
                Err(Ignored("a Request while somebody is asked for a credential"))
            }
            ended @ (State::Succeeded(_) | State::Failed) => {
                self.state = ended;
                Err(Ignored("a Request after the end of the conversation"))
            }
        }
    }

    fn start_method(&mut self, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        // A method without keys would show its secret for nothing where they are needed.
        let key_required = self.shared.config.key_required;
        let allowed: Vec<_> =
            self.shared.methods.allowed().iter().copied().filter(|m| !key_required || m.makes_keys()).collect();
        if !allowed.contains(&request.method) {
            let answer = Nak::answer(request, &allowed);
            self.shared.outputs.push_back(PeerOutput::Refused(request.method));
            match answer {
                Ok(response) => self.send(request, response, env),
                Err(overflow) => self.fail(overflow.into()),
            }
            return Ok(());
        }
        match self.shared.methods.start(request.method) {
            Ok(method) => {
                let running = Running { method, progress: Progress::Continue, error: None, is_new: true };
                self.run(running, request, env).inspect_err(|_| {
                    // Nothing was chosen: what started the method was no Request that it takes.
                    self.state = State::Waiting;
                })
            }
            Err(error) => {
                self.fail(error);
                Ok(())
            }
        }
    }

    /// Gives the method a Request. The state is set whatever comes of it.
    fn run(&mut self, mut running: Running, request: &Body<'_>, env: &mut Env<'_>) -> Result<(), Ignored> {
        let mut notes = Vec::new();
        let mut cx = Context {
            now: env.now,
            wall: env.wall,
            rng: &mut *env.rng,
            identifier: request.identifier,
            room: packet::room(self.shared.config.mtu, request.method, request.expanded),
            notes: &mut notes,
        };
        let step = running.method.handle(request, &mut cx);
        if running.is_new && !matches!(step, PeerStep::Ignore(_)) {
            running.is_new = false;
            self.shared.outputs.push_back(PeerOutput::Started(request.method));
        }
        notes.iter().for_each(|note| self.shared.methods.remember(note));
        self.shared.outputs.extend(notes.into_iter().map(PeerOutput::Note));
        match step {
            PeerStep::Ignore(why) => {
                self.state = State::Running(running);
                return Err(why);
            }
            PeerStep::Respond(data, progress) => {
                running.progress = progress;
                self.state = State::Running(running);
                self.respond(request, &data, env);
            }
            PeerStep::Ask(ask) => {
                self.shared.outputs.push_back(PeerOutput::Ask(ask));
                let asked = Asked::Method(running);
                self.state = State::Asking(Asking { asked, request: request.whole.to_vec() });
                self.shared.touch(env.now);
            }
            PeerStep::Fail(Some(data), error) => {
                running.progress = Progress::Done(Decision::Fail);
                running.error = Some(error);
                self.state = State::Running(running);
                self.respond(request, &data, env);
            }
            PeerStep::Fail(None, error) => self.fail(error),
        }
        Ok(())
    }

    /// Takes what was asked for. Nothing happens if nothing was.
    pub fn answer(&mut self, answer: Answer, env: &mut Env<'_>) {
        match core::mem::replace(&mut self.state, State::Failed) {
            State::Asking(Asking { asked, request }) => {
                let Ok(Packet::Request(body)) = Packet::parse(&request) else { return };
                match (asked, answer) {
                    (Asked::Method(mut running), answer) => {
                        running.method.answer(answer);
                        // What the method thinks of the Request now is no affair of whoever answered.
                        let _ = self.run(running, &body, env);
                    }
                    (Asked::Identity, Answer::Text(identity)) => {
                        self.shared.methods.set_identity(identity.as_bytes());
                        self.state = State::Waiting;
                        self.respond(&body, identity.as_bytes(), env);
                    }
                    (Asked::Identity, _) => self.fail(EapError::local("nobody gave an identity")),
                }
            }
            other @ (State::Waiting
            | State::Running(_)
            | State::Reauthenticating(_)
            | State::Succeeded(_)
            | State::Failed) => self.state = other,
        }
    }

    fn handle_success(&mut self, identifier: u8) -> Result<(), Ignored> {
        self.shared.check_identifier(identifier)?;
        match &self.state {
            State::Running(running) => match running.progress {
                Progress::Done(Decision::Conditional | Decision::Unconditional)
                | Progress::MayContinue(Decision::Conditional | Decision::Unconditional) => {
                    self.succeed();
                    Ok(())
                }
                // CVE-2023-52160 and its kind: no Success before the method has authenticated the server.
                Progress::Continue | Progress::MayContinue(Decision::Fail) => {
                    Err(Ignored("a Success before the method has come to its end"))
                }
                Progress::Done(Decision::Fail) => {
                    let error = running.error.clone();
                    self.fail(error.unwrap_or(EapError::protocol("a Success where the method has failed")));
                    Ok(())
                }
            },
            State::Waiting if self.shared.config.canned_success => {
                self.succeed();
                Ok(())
            }
            State::Waiting | State::Reauthenticating(_) | State::Asking(_) => {
                Err(Ignored("a Success before any method"))
            }
            State::Succeeded(_) | State::Failed => Err(Ignored("a Success after the end of the conversation")),
        }
    }

    fn handle_failure(&mut self, identifier: u8) -> Result<(), Ignored> {
        match &self.state {
            State::Reauthenticating(reauth) if reauth.initiate.get(1) == Some(&identifier) => {}
            State::Waiting
            | State::Asking(_)
            | State::Running(_)
            | State::Reauthenticating(_)
            | State::Succeeded(_)
            | State::Failed => self.shared.check_identifier(identifier)?,
        }
        let error = match &self.state {
            State::Waiting => EapError::refused("EAP-Failure before any method: is the identity right?"),
            State::Asking(_) => EapError::refused("EAP-Failure while somebody was asked for a credential"),
            State::Reauthenticating(_) => EapError::refused("EAP-Failure in answer to a re-authentication"),
            State::Running(running) => match (running.progress, &running.error) {
                (Progress::Done(Decision::Unconditional) | Progress::MayContinue(Decision::Unconditional), _) => {
                    return Err(Ignored("a Failure after the server has proved that it succeeded"));
                }
                (_, Some(error)) => error.clone(),
                (_, None) => EapError::refused("EAP-Failure"),
            },
            // WiSec 2022: whoever is connected is not thrown out by a packet without protection.
            State::Succeeded(_) | State::Failed => return Err(Ignored("a Failure after the end of the conversation")),
        };
        self.fail(error);
        Ok(())
    }

    /// The lower layer shows that the authenticator is content, though no Success was seen (`altAccept`).
    pub fn handle_lower_success(&mut self) {
        if let State::Running(Running { progress, .. }) = &self.state
            && let Progress::Done(decision) | Progress::MayContinue(decision) = progress
            && *decision != Decision::Fail
        {
            self.succeed();
        }
    }

    /// The lower layer knows that the authenticator is not content (`altReject`).
    pub fn handle_lower_failure(&mut self) {
        match &self.state {
            State::Waiting | State::Asking(_) | State::Running(_) | State::Reauthenticating(_) => {
                self.fail(EapError::refused("the link was refused"));
            }
            State::Succeeded(_) | State::Failed => {}
        }
    }

    /// Time has passed; to be called early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.shared.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        self.shared.deadline = None;
        match &self.state {
            // RFC 4137 4.2: after that only the Success can have been lost.
            State::Running(Running {
                progress: Progress::Done(Decision::Unconditional) | Progress::MayContinue(Decision::Unconditional),
                ..
            }) => self.succeed(),
            State::Running(Running { error: Some(error), .. }) => {
                let error = error.clone();
                self.fail(error);
            }
            State::Asking(_) => self.fail(EapError::local("nobody gave the credential that was asked for")),
            State::Waiting | State::Running(_) | State::Reauthenticating(_) => self.fail(EapError::Timeout),
            State::Succeeded(_) | State::Failed => {}
        }
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<PeerOutput> {
        self.shared.outputs.pop_front()
    }

    /// When to call [`Peer::handle_timeout`].
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Instant> {
        self.shared.deadline
    }

    /// Whether the conversation has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        matches!(self.state, State::Succeeded(_))
    }

    /// Whether the conversation is over, in whichever way.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Succeeded(_) | State::Failed)
    }

    /// The method of the conversation.
    #[must_use]
    pub fn method(&self) -> Option<MethodType> {
        match &self.state {
            State::Running(running) | State::Asking(Asking { asked: Asked::Method(running), .. }) => {
                Some(running.method.method_type())
            }
            State::Succeeded(succeeded) => succeeded.method,
            State::Waiting | State::Reauthenticating(_) | State::Asking(_) | State::Failed => None,
        }
    }

    /// The keys of a method that has any: before the Success too, for tunnels that end their inner conversation in
    /// their own way.
    #[must_use]
    pub fn keys(&self) -> Option<Keys> {
        match &self.state {
            State::Running(running) | State::Asking(Asking { asked: Asked::Method(running), .. }) => {
                running.method.keys()
            }
            State::Succeeded(succeeded) => succeeded.keys.clone(),
            State::Waiting | State::Reauthenticating(_) | State::Asking(_) | State::Failed => None,
        }
    }

    /// Why the method has failed, while the server's word of it is still to come.
    #[must_use]
    pub const fn error(&self) -> Option<&EapError> {
        if let State::Running(Running { error: Some(error), .. }) = &self.state { Some(error) } else { None }
    }

    /// How sure the method is of success.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        match &self.state {
            State::Running(Running {
                progress: Progress::Done(decision) | Progress::MayContinue(decision), ..
            }) => *decision,
            State::Succeeded(_) => Decision::Unconditional,
            State::Running(_) | State::Waiting | State::Reauthenticating(_) | State::Asking(_) | State::Failed => {
                Decision::Fail
            }
        }
    }

    fn respond(&mut self, request: &Body<'_>, data: &[u8], env: &Env<'_>) {
        let method = request.method;
        match packet::write_body(Code::Response, request.identifier, method, request.expanded, data) {
            Ok(response) => self.send(request, response, env),
            Err(overflow) => self.fail(overflow.into()),
        }
    }

    fn send(&mut self, request: &Body<'_>, response: Vec<u8>, env: &Env<'_>) {
        if let Err(error) = self.shared.rounds.count(response.len()) {
            return self.fail(error);
        }
        self.shared.outputs.push_back(PeerOutput::Send(response.clone()));
        let digest = crypto::sha256(&[request.whole]);
        if let Some(before) = self.shared.last.replace(Exchange { identifier: request.identifier, digest, response }) {
            if self.shared.older.len() >= OLDER {
                self.shared.older.pop_front();
            }
            self.shared.older.push_back(before.digest);
        }
        self.shared.touch(env.now);
    }

    fn succeed(&mut self) {
        let method = self.method();
        let keys = self.keys();
        if let (Some(method), None, true) = (method, &keys, self.shared.config.key_required) {
            return self.fail(EapError::NoKey(method));
        }
        if let Some(keys) = &keys {
            self.shared.methods.succeeded(keys);
        }
        self.authenticated(method, keys);
    }

    fn authenticated(&mut self, method: Option<MethodType>, keys: Option<Keys>) {
        self.shared.deadline = None;
        self.shared.outputs.push_back(PeerOutput::Success(method, keys.clone()));
        self.state = State::Succeeded(state::Succeeded { method, keys });
    }

    fn fail(&mut self, error: EapError) {
        if matches!(self.state, State::Reauthenticating(_)) {
            self.forget_earlier();
        }
        self.shared.deadline = None;
        self.shared.outputs.push_back(PeerOutput::Failure(error));
        self.state = State::Failed;
    }
}

impl Shared {
    fn touch(&mut self, now: Instant) {
        self.deadline = Some(now + self.config.timeout);
    }

    fn is_repeated(&self, identifier: u8, digest: &[u8; 32]) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| last.identifier == identifier && (!self.config.workarounds || last.digest == *digest))
    }

    fn send_again(&mut self) -> Result<(), Ignored> {
        let last = self.last.as_ref().ok_or(Ignored("a Request once more that was never answered"))?;
        let response = last.response.clone();
        // Replays count too: they would keep us sending for ever.
        self.rounds.count(response.len()).map_err(|_| Ignored("a Request once more, too often"))?;
        self.outputs.push_back(PeerOutput::Send(response));
        Ok(())
    }

    /// RFC 3748 4.2: a Success or Failure has the identifier of the Response before it.
    fn check_identifier(&self, identifier: u8) -> Result<(), Ignored> {
        let ahead = match &self.last {
            Some(last) => identifier.wrapping_sub(last.identifier),
            None if self.config.canned_success => 0,
            None => return Err(Ignored("an end before anything was answered")),
        };
        // Some servers count up once more, a few of them twice.
        if ahead == 0 || (self.config.workarounds && ahead <= 2) {
            Ok(())
        } else {
            Err(Ignored("a Success or Failure that belongs to another Response"))
        }
    }
}
