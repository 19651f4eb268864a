//! What the engine wants done, in order.

use alloc::collections::VecDeque;
use alloc::string::String;

use crypto::Secret;
use ipc_proto::{Handle, Request};

use crate::change::Change;

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// What an administrator wants to know.
    Info,
    /// What is wrong but goes on.
    Warning,
    /// What failed.
    Error,
}

/// What an answer of the driver belongs to. Its owner hands it back with the answer; one that belongs to an earlier link
/// finds no door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) generation: u32,
    pub(crate) asked: Asked,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Only a failure is worth a line in the log; what was wanted, in words.
    Told(&'static str),
    /// Whatever comes of it.
    Quiet,
    /// Starting a scan.
    Scan,
    /// Reading the kernel's table of BSSs.
    ScanResults,
    /// State of the link, after events were lost.
    LinkState,
    /// Sending an Authentication frame.
    Authenticate,
    /// Sending an Association Request, or connecting through the driver.
    Associate,
    /// Installing a key.
    Key {
        /// The pairwise one.
        pairwise: bool,
    },
    /// Opening the port.
    Port,
}

/// What is to be done.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "lives for a moment in a short queue")]
pub enum Output {
    /// Ask the driver. The answer goes to [`crate::Engine::handle_reply`].
    Request {
        /// To be handed back with the answer.
        ticket: Ticket,
        /// What.
        request: Request,
    },
    /// Tell those who listen.
    Change(Change),
    /// Log this.
    Log {
        /// How important it is.
        level: Level,
        /// Of which kind it is, if anybody on the air can cause it (see [`wire::tally`]).
        stranger: Option<&'static str>,
        /// The line.
        text: String,
    },
    /// Log this key: only where the settings ask for that.
    Key {
        /// What it is.
        what: &'static str,
        /// Its octets.
        key: Secret,
    },
}

/// What is still to be done, and for which link answers count.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Output>,
    /// The interface, as long as it is there.
    pub(crate) handle: Option<Handle>,
    generation: u32,
}

impl Outbox {
    /// Asks the driver about this interface; nothing if it is not there.
    pub(crate) fn ask(&mut self, asked: Asked, make: impl FnOnce(Handle) -> Request) {
        if let Some(handle) = self.handle {
            let ticket = Ticket { generation: self.generation, asked };
            self.queue.push_back(Output::Request { ticket, request: make(handle) });
        }
    }

    pub(crate) fn tell(&mut self, change: Change) {
        self.queue.push_back(Output::Change(change));
    }

    pub(crate) fn log(&mut self, level: Level, text: String) {
        self.queue.push_back(Output::Log { level, stranger: None, text });
    }

    /// A line that anybody on the air can cause, of this kind.
    pub(crate) fn log_of_strangers(&mut self, kind: &'static str, text: String) {
        self.queue.push_back(Output::Log { level: Level::Info, stranger: Some(kind), text });
    }

    pub(crate) fn show_key(&mut self, what: &'static str, key: Secret) {
        self.queue.push_back(Output::Key { what, key });
    }

    /// Another link: what was asked for the one before does not count any more.
    pub(crate) fn next_generation(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// The answer is to what the present link asked.
    pub(crate) const fn is_current(&self, ticket: Ticket) -> bool {
        ticket.generation == self.generation
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
