//! The station's side: an Enrollee, or a Registrar that configures the access point.

use alloc::boxed::Box;
use alloc::vec::Vec;

use eap::packet::Body;
use eap::{
    Answer, Ask, Context, Decision, EapError, Ignored, Keys, MethodType, Other, PeerMethod, PeerMethods, PeerStep,
    Progress,
};

use super::frame::Frame;
use super::machine::{Came, Machine, Query, Reply, error};
use super::transport::{Taken, Transport};
use super::{ENROLLEE, REGISTRAR};
use crate::code::OpCode;
use crate::registration::{Enrollee, EnrolleeProfile, Registrar, RegistrarProfile};

/// What a station is in a registration.
#[derive(Clone, Debug)]
pub enum PeerProfile {
    /// It wants a network.
    Enrollee(Box<EnrolleeProfile>),
    /// It wants to learn or change an access point's settings.
    Registrar(Box<RegistrarProfile>),
}

/// The one method of a station that registers, and as whom it introduces itself.
#[derive(Debug)]
pub struct WscMethods {
    profile: PeerProfile,
}

impl WscMethods {
    /// For [`eap::Peer::new`].
    #[must_use]
    pub const fn new(profile: PeerProfile) -> WscMethods {
        WscMethods { profile }
    }
}

impl PeerMethods for WscMethods {
    fn allowed(&self) -> &[MethodType] {
        &[MethodType::WSC]
    }

    fn start(&mut self, method: MethodType) -> Result<Box<dyn PeerMethod>, EapError> {
        if method == MethodType::WSC {
            Ok(Box::new(WscPeer::new(self.profile.clone())))
        } else {
            Err(EapError::NoCommonMethod(Some(method)))
        }
    }

    fn identity(&mut self) -> Option<Vec<u8>> {
        match &self.profile {
            PeerProfile::Enrollee(_) => Some(ENROLLEE.to_vec()),
            PeerProfile::Registrar(_) => Some(REGISTRAR.to_vec()),
        }
    }

    fn set_identity(&mut self, _: &[u8]) {}
}

#[derive(Debug)]
enum State {
    /// An Enrollee that waits for WSC_Start.
    Unstarted(Box<EnrolleeProfile>),
    Running(Machine),
    /// Somebody outside decides.
    Asked(Machine, Box<Query>, Option<Reply>),
}

/// The method: one conversation.
#[derive(Debug)]
pub struct WscPeer {
    state: State,
    transport: Transport,
    error: Option<EapError>,
}

impl WscPeer {
    /// Waits for the first Request.
    #[must_use]
    pub fn new(profile: PeerProfile) -> WscPeer {
        let state = match profile {
            PeerProfile::Enrollee(profile) => State::Unstarted(profile),
            PeerProfile::Registrar(profile) => State::Running(Machine::Registrar(Registrar::new(*profile))),
        };
        WscPeer { state, transport: Transport::new(), error: None }
    }

    fn take(&mut self, taken: Taken, cx: &mut Context<'_>) -> PeerStep {
        match (core::mem::replace(&mut self.state, State::Running(Machine::Ended)), taken) {
            (state, Taken::Fragment) => {
                self.state = state;
                PeerStep::Respond(Frame::empty(OpCode::FRAG_ACK).write(), Progress::Continue)
            }
            (state, Taken::Next) => {
                self.state = state;
                self.respond(cx)
            }
            (State::Unstarted(profile), Taken::Start) => match Enrollee::start(*profile, cx.rng) {
                Ok((machine, m1)) => {
                    self.state = State::Running(Machine::Enrollee(machine));
                    self.transport.send(m1);
                    self.respond(cx)
                }
                Err(why) => PeerStep::Fail(None, error(&why)),
            },
            (State::Running(machine), Taken::Whole(op, message)) => {
                let came = machine.step(op, &message, cx.notes, cx.rng);
                self.came(came, cx)
            }
            (state, Taken::Start | Taken::Whole(..)) => {
                self.state = state;
                PeerStep::Ignore(Ignored("a WSC packet that does not belong here"))
            }
        }
    }

    fn came(&mut self, came: Came, cx: &Context<'_>) -> PeerStep {
        match came {
            Came::Ignored(machine, why) => {
                self.state = State::Running(machine);
                PeerStep::Ignore(why)
            }
            Came::Went { machine, asked: Some(query), .. } => {
                let ask = Ask::Other(Other::new((*query).clone()));
                self.state = State::Asked(machine, query, None);
                PeerStep::Ask(ask)
            }
            Came::Went { machine, send, error, asked: None } => {
                self.state = State::Running(machine);
                self.error = self.error.take().or(error);
                match send {
                    Some(outgoing) => self.transport.send(outgoing),
                    None => {
                        let error = self.error.take();
                        return PeerStep::Fail(None, error.unwrap_or(EapError::protocol("a WSC message too many")));
                    }
                }
                self.respond(cx)
            }
        }
    }

    /// The next packet. The last one of the last message is the end of the method; a Success never follows.
    fn respond(&mut self, cx: &Context<'_>) -> PeerStep {
        let Some(packet) = self.transport.next_packet(cx.room) else {
            return PeerStep::Ignore(Ignored("WSC_FRAG_ACK for no fragment"));
        };
        let is_over = matches!(self.state, State::Running(Machine::Ended)) && !self.transport.is_sending();
        match (is_over, self.error.take()) {
            (true, Some(error)) => PeerStep::Fail(Some(packet), error),
            (true, None) => PeerStep::Respond(packet, Progress::Done(Decision::Fail)),
            (false, error) => {
                self.error = error;
                PeerStep::Respond(packet, Progress::Continue)
            }
        }
    }
}

impl PeerMethod for WscPeer {
    fn method_type(&self) -> MethodType {
        MethodType::WSC
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        match core::mem::replace(&mut self.state, State::Running(Machine::Ended)) {
            // The Request has been taken; only the decision was missing.
            State::Asked(machine, query, reply) => {
                let came = machine.answer(reply, &query, cx.notes, cx.rng);
                return self.came(came, cx);
            }
            state @ (State::Unstarted(_) | State::Running(_)) => self.state = state,
        }
        match self.transport.take(request.data) {
            Ok(taken) => self.take(taken, cx),
            Err(Ok(why)) => PeerStep::Ignore(why),
            Err(Err(error)) => PeerStep::Fail(None, error),
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
