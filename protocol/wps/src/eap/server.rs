//! The access point's side: a Registrar, an Enrollee that an external registrar configures, or somebody who carries
//! messages between the two.

use alloc::boxed::Box;

use eap::packet::Body;
use eap::{Answer, Ask, Context, EapError, Ignored, Keys, MethodType, Other, ServerMethod, ServerStep};

use super::frame::Frame;
use super::machine::{Came, Machine, Query, Reply, error};
use super::transport::{Taken, Transport};
use super::{ENROLLEE, REGISTRAR};
use crate::code::OpCode;
use crate::registration::{Enrollee, EnrolleeProfile, Registrar, RegistrarProfile};

/// How EAP-WSC ends when all went well (7.7.1).
const WELL: EapError = EapError::refused("the registration is over, and EAP-WSC ends with a Failure");

/// What the access point is in a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The station is an Enrollee.
    Registrar,
    /// The station is a Registrar.
    Enrollee,
}

impl Role {
    /// That which fits the identity that a station has given, if it is one of WSC.
    #[must_use]
    pub fn of_identity(identity: &[u8]) -> Option<Role> {
        match identity {
            ENROLLEE => Some(Role::Registrar),
            REGISTRAR => Some(Role::Enrollee),
            _ => None,
        }
    }
}

#[derive(Debug)]
enum State {
    Unstarted(Box<EnrolleeProfile>),
    Running(Machine),
    /// Somebody outside decides.
    Asked(Machine, Box<Query>, Option<Reply>),
}

/// The method: one conversation.
#[derive(Debug)]
pub struct WscServer {
    state: State,
    transport: Transport,
    error: Option<EapError>,
}

impl WscServer {
    /// A Registrar: for a station that is an Enrollee.
    #[must_use]
    pub fn registrar(profile: RegistrarProfile) -> WscServer {
        Self::of(State::Running(Machine::Registrar(Registrar::new(profile))))
    }

    /// An Enrollee: for a station that is a Registrar.
    #[must_use]
    pub fn enrollee(profile: EnrolleeProfile) -> WscServer {
        Self::of(State::Unstarted(Box::new(profile)))
    }

    const fn of(state: State) -> WscServer {
        WscServer { state, transport: Transport::new(), error: None }
    }

    fn take(&mut self, taken: Taken, cx: &mut Context<'_>) -> ServerStep {
        match (core::mem::replace(&mut self.state, State::Running(Machine::Ended)), taken) {
            (state, Taken::Fragment) => {
                self.state = state;
                ServerStep::Request(Frame::empty(OpCode::FRAG_ACK).write())
            }
            (state, Taken::Next) => {
                self.state = state;
                self.request(cx)
            }
            // Whatever answers the last word.
            (State::Running(Machine::Ended), Taken::Whole(..)) => ServerStep::Fail(self.error.take().unwrap_or(WELL)),
            (State::Running(machine), Taken::Whole(op, message)) => {
                let came = machine.step(op, &message, cx.notes, cx.rng);
                self.came(came, op, cx)
            }
            (state, Taken::Start | Taken::Whole(..)) => {
                self.state = state;
                ServerStep::Ignore(Ignored("a WSC packet that does not belong here"))
            }
        }
    }

    fn came(&mut self, came: Came, answered: OpCode, cx: &Context<'_>) -> ServerStep {
        match came {
            Came::Ignored(machine, why) => {
                self.state = State::Running(machine);
                ServerStep::Ignore(why)
            }
            Came::Went { machine, asked: Some(query), .. } => {
                let ask = Ask::Other(Other::new((*query).clone()));
                self.state = State::Asked(machine, query, None);
                ServerStep::Ask(ask)
            }
            Came::Went { machine, send, error, asked: None } => {
                let is_over = matches!(machine, Machine::Ended);
                self.state = State::Running(machine);
                self.error = self.error.take().or(error);
                match send {
                    // The other side's last word is not answered: a Failure follows it.
                    Some(outgoing) if !(is_over && answered != OpCode::MSG) => {
                        self.transport.send(outgoing);
                        self.request(cx)
                    }
                    Some(_) | None => ServerStep::Fail(self.error.take().unwrap_or(WELL)),
                }
            }
        }
    }

    fn request(&mut self, cx: &Context<'_>) -> ServerStep {
        match self.transport.next_packet(cx.room) {
            Some(packet) => ServerStep::Request(packet),
            None => ServerStep::Ignore(Ignored("WSC_FRAG_ACK for no fragment")),
        }
    }
}

impl ServerMethod for WscServer {
    fn method_type(&self) -> MethodType {
        MethodType::WSC
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        match core::mem::replace(&mut self.state, State::Running(Machine::Ended)) {
            // 7.7.1: a Registrar is spoken to with M1 at once.
            State::Unstarted(profile) => match Enrollee::start(*profile, cx.rng) {
                Ok((machine, m1)) => {
                    self.state = State::Running(Machine::Enrollee(machine));
                    self.transport.send(m1);
                    self.request(cx)
                }
                Err(why) => ServerStep::Fail(error(&why)),
            },
            state @ (State::Running(_) | State::Asked(..)) => {
                self.state = state;
                ServerStep::Request(Frame::empty(OpCode::START).write())
            }
        }
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        match core::mem::replace(&mut self.state, State::Running(Machine::Ended)) {
            // The Response has been taken; only the decision was missing.
            State::Asked(machine, query, reply) => {
                let came = machine.answer(reply, &query, cx.notes, cx.rng);
                return self.came(came, OpCode::MSG, cx);
            }
            state @ (State::Unstarted(_) | State::Running(_)) => self.state = state,
        }
        match self.transport.take(response.data) {
            Ok(taken) => self.take(taken, cx),
            Err(Ok(why)) => ServerStep::Ignore(why),
            Err(Err(error)) => ServerStep::Fail(error),
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let State::Asked(_, _, reply) = &mut self.state {
            *reply = answer.other().and_then(|other| other.get::<Reply>().cloned());
        }
    }

    fn keys(&self) -> Option<Keys> {
        None
    }
}
