//! What both sides of EAP-WSC do with a machine of the registration protocol.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Rng;
use eap::{EapError, Ignored, Note, Other};

use crate::code::{MessageType, OpCode};
use crate::message::{Message, Outgoing};
use crate::quirks::Quirks;
use crate::registration::{Decision, Enrollee, Event, Question, Registrar, Turn};
use crate::{Blame, WpsError};

/// What is asked for ([`eap::Ask::Other`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// A decision: and the message that brought it up, as it came.
    Registrar(Question, Vec<u8>),
    /// What an external registrar answers to this message.
    Relay(Vec<u8>),
}

/// What is answered ([`eap::Answer::Other`]).
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Question::Enrollee`].
    Decision(Decision),
    /// To [`Question::StillAlone`].
    IsAlone(bool),
    /// To [`Query::Relay`], and to [`Question::Enrollee`] where another registrar takes over: its message.
    Relayed(Vec<u8>),
    /// To [`Query::Relay`]: it has no more to say.
    Silence,
}

/// One of the machines.
#[derive(Debug)]
pub(super) enum Machine {
    Enrollee(Enrollee),
    Registrar(Registrar),
    /// Another registrar speaks.
    Relay,
    /// Nothing is left to be said.
    Ended,
}

/// What came of a message or an answer.
#[derive(Debug)]
pub(super) enum Came {
    Ignored(Machine, Ignored),
    Went { machine: Machine, send: Option<Outgoing>, asked: Option<Box<Query>>, error: Option<EapError> },
}

impl Machine {
    pub(super) fn step(self, op: OpCode, message: &[u8], notes: &mut Vec<Note>, rng: &mut dyn Rng) -> Came {
        match self {
            Self::Enrollee(machine) => {
                came(machine.step(Some(op), message, rng), message, notes, Self::Enrollee, Enrollee::is_over)
            }
            Self::Registrar(machine) => {
                came(machine.step(Some(op), message, rng), message, notes, Self::Registrar, Registrar::is_over)
            }
            Self::Relay => {
                let asked = Some(Box::new(Query::Relay(message.to_vec())));
                Came::Went { machine: Self::Relay, send: None, asked, error: None }
            }
            Self::Ended => Came::Ignored(Self::Ended, Ignored("a WSC message after the end")),
        }
    }

    /// Goes on with what was asked for. What does not answer it ends the run.
    pub(super) fn answer(self, reply: Option<Reply>, query: &Query, notes: &mut Vec<Note>, rng: &mut dyn Rng) -> Came {
        let asked_about = match query {
            Query::Registrar(_, message) | Query::Relay(message) => message,
        };
        match (self, reply) {
            (Self::Registrar(machine), Some(Reply::Decision(decision))) => {
                came(machine.decide(decision, rng), asked_about, notes, Self::Registrar, Registrar::is_over)
            }
            (Self::Registrar(machine), Some(Reply::IsAlone(is_alone))) => {
                came(machine.go_on(is_alone, rng), asked_about, notes, Self::Registrar, Registrar::is_over)
            }
            (Self::Registrar(_) | Self::Relay, Some(Reply::Relayed(bytes))) => relayed(bytes),
            (Self::Registrar(machine), Some(Reply::Silence) | None) => {
                came(machine.abort(WpsError::Cancelled), asked_about, notes, Self::Registrar, Registrar::is_over)
            }
            (machine @ (Self::Enrollee(_) | Self::Relay | Self::Ended), _) => {
                drop(machine);
                let error = Some(EapError::refused("the external registrar has no more to say"));
                Came::Went { machine: Self::Ended, send: None, asked: None, error }
            }
        }
    }
}

/// An external registrar's message goes to the Enrollee as it is; only its type is looked at.
fn relayed(bytes: Vec<u8>) -> Came {
    match Message::parse(None, &bytes, Quirks::default()).map(|message| (message.op(), message.kind())) {
        Ok((op, kind)) => {
            let is_last = matches!(kind, MessageType::NACK);
            let machine = if is_last { Machine::Ended } else { Machine::Relay };
            let error = is_last.then_some(EapError::refused("the external registrar refuses"));
            Came::Went { machine, send: Some(Outgoing { op, bytes }), asked: None, error }
        }
        Err(_) => {
            let error = Some(EapError::local("the external registrar's message cannot be read"));
            Came::Went { machine: Machine::Ended, send: None, asked: None, error }
        }
    }
}

fn came<M>(
    turn: Turn<M>,
    message: &[u8],
    notes: &mut Vec<Note>,
    wrap: fn(M) -> Machine,
    is_over: fn(&M) -> bool,
) -> Came {
    match turn {
        Turn::Ignored(machine, why) => Came::Ignored(wrap(machine), ignored(&why)),
        Turn::Went { machine, send, events, question } => {
            let error = events.iter().find_map(error_of);
            notes.extend(events.into_iter().map(|event| Note::Other(Other::new(event))));
            let asked = question.map(|question| Box::new(Query::Registrar(question, message.to_vec())));
            let machine = if is_over(&machine) { Machine::Ended } else { wrap(machine) };
            Came::Went { machine, send, asked, error }
        }
    }
}

fn error_of(event: &Event) -> Option<EapError> {
    match event {
        Event::Failed(_, why) => Some(error(why)),
        Event::Met { .. }
        | Event::NoPassword(_)
        | Event::PasswordProved
        | Event::Given(_)
        | Event::Settings(_)
        | Event::Learned(_)
        | Event::PasswordShown(_)
        | Event::Registered(_)
        | Event::Enrolled
        | Event::KeyOf(..) => None,
    }
}

/// The same in the words of EAP.
pub(super) fn error(why: &WpsError) -> EapError {
    let text = alloc::format!("{why}").into();
    match why.blame() {
        Blame::Protocol => EapError::Protocol(text),
        Blame::Password => EapError::Credentials(text),
        Blame::Refused | Blame::Overlap => EapError::Refused(text),
        Blame::Configuration => EapError::Configuration(text),
        Blame::Silence => EapError::Timeout,
    }
}

fn ignored(why: &WpsError) -> Ignored {
    match why {
        WpsError::Malformed(malformed) => Ignored(malformed.0),
        WpsError::Missing(what) | WpsError::Protocol(what) => Ignored(what),
        WpsError::Unexpected(_) => Ignored("a WSC message that does not belong here"),
        WpsError::Password(_)
        | WpsError::KeyHash
        | WpsError::Refused(_)
        | WpsError::NoPassword(_)
        | WpsError::Forbidden(_)
        | WpsError::Configuration(_)
        | WpsError::Locked
        | WpsError::Overlap
        | WpsError::Timeout
        | WpsError::Cancelled => Ignored("a WSC message that is not taken"),
    }
}
