//! The machine of a method that proves a shared secret in a few messages: each message moves it, or is passed over as if
//! it had never come. What the messages are is the method's own ([`PeerSide`], [`ServerSide`]).

use core::fmt::Debug;

use alloc::vec::Vec;
use wire::Malformed;

use super::shared_key::NoKey;
use crate::packet::Body;
use crate::{
    Answer, Ask, Context, Decision, EapError, Ignored, Keys, MethodType, PeerMethod, PeerStep, Progress, ServerMethod,
    ServerStep,
};

/// What a peer's method makes of a Request.
#[derive(Debug)]
pub enum PeerTurn<S> {
    /// The answer, and what is known from now on.
    Respond(Vec<u8>, S),
    /// The Request comes again with what is asked for.
    Ask(Ask),
    /// The last answer: both sides have proved themselves.
    Done(Vec<u8>, Keys),
    /// It has failed, with a last word if there is one.
    Fail(Option<Vec<u8>>, EapError),
}

impl<S> From<NoKey> for PeerTurn<S> {
    fn from(why: NoKey) -> Self {
        match why {
            NoKey::Ask(ask) => PeerTurn::Ask(ask),
            NoKey::Trouble(error) => PeerTurn::Fail(None, error),
        }
    }
}

/// What a server's method makes of its start or of a Response.
#[derive(Debug)]
pub enum ServerTurn<S> {
    /// The next Request, and what is known from now on.
    Request(Vec<u8>, S),
    /// Both sides have proved themselves.
    Done(Keys),
    /// The peer has not, or the method cannot go on.
    Fail(EapError),
}

/// The messages of a method on the peer's side.
pub trait PeerSide: Debug + Send {
    /// Which method.
    const METHOD: MethodType;
    /// What is known at one point of the conversation.
    type State: Debug + Send;

    /// Takes a Request.
    ///
    /// # Errors
    /// If it does not belong here: then nothing changes.
    fn take(
        &mut self,
        state: &Self::State,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<Self::State>, Malformed>;

    /// Takes what was asked for.
    fn answer(&mut self, answer: Answer);
}

/// The messages of a method on the server's side.
pub trait ServerSide: Debug + Send {
    /// Which method.
    const METHOD: MethodType;
    /// What is known at one point of the conversation.
    type State: Debug + Send;

    /// Makes the first Request.
    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<Self::State>;

    /// Takes a Response.
    ///
    /// # Errors
    /// If it does not belong here: then nothing changes.
    fn take(
        &mut self,
        state: &Self::State,
        response: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<ServerTurn<Self::State>, Malformed>;
}

const AFTER_THE_END: Ignored = Ignored("a message of the method after its end");

/// The peer's side of such a method.
#[derive(Debug)]
pub struct KeyedPeer<M: PeerSide> {
    method: M,
    /// `None` once it is over.
    state: Option<M::State>,
    keys: Option<Keys>,
}

impl<M: PeerSide> KeyedPeer<M> {
    pub(super) const fn begin(method: M, state: M::State) -> KeyedPeer<M> {
        KeyedPeer { method, state: Some(state), keys: None }
    }
}

impl<M: PeerSide> PeerMethod for KeyedPeer<M> {
    fn method_type(&self) -> MethodType {
        M::METHOD
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let Some(state) = &self.state else { return PeerStep::Ignore(AFTER_THE_END) };
        match self.method.take(state, request, cx) {
            Err(why) => PeerStep::Ignore(why.into()),
            Ok(PeerTurn::Ask(ask)) => PeerStep::Ask(ask),
            Ok(PeerTurn::Respond(data, next)) => {
                self.state = Some(next);
                PeerStep::Respond(data, Progress::Continue)
            }
            Ok(PeerTurn::Done(data, keys)) => {
                self.state = None;
                self.keys = Some(keys);
                PeerStep::Respond(data, Progress::Done(Decision::Unconditional))
            }
            Ok(PeerTurn::Fail(last, error)) => {
                self.state = None;
                PeerStep::Fail(last, error)
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.method.answer(answer);
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}

/// The server's side of such a method.
#[derive(Debug)]
pub struct KeyedServer<M: ServerSide> {
    method: M,
    /// `None` before it begins, and once it is over.
    state: Option<M::State>,
    keys: Option<Keys>,
}

impl<M: ServerSide> KeyedServer<M> {
    pub(super) const fn of(method: M) -> KeyedServer<M> {
        KeyedServer { method, state: None, keys: None }
    }

    fn turn(&mut self, turn: ServerTurn<M::State>) -> ServerStep {
        match turn {
            ServerTurn::Request(data, next) => {
                self.state = Some(next);
                ServerStep::Request(data)
            }
            ServerTurn::Done(keys) => {
                self.state = None;
                self.keys = Some(keys);
                ServerStep::Succeed
            }
            ServerTurn::Fail(error) => {
                self.state = None;
                ServerStep::Fail(error)
            }
        }
    }
}

impl<M: ServerSide> ServerMethod for KeyedServer<M> {
    fn method_type(&self) -> MethodType {
        M::METHOD
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        let turn = self.method.start(cx);
        self.turn(turn)
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let Some(state) = &self.state else { return ServerStep::Ignore(AFTER_THE_END) };
        match self.method.take(state, response, cx) {
            Ok(turn) => self.turn(turn),
            Err(why) => ServerStep::Ignore(why.into()),
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
