//! The states of a server; each holds what it needs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::ServerMethod;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was said.
    Start,
    /// The peer was asked who it is.
    Identifying,
    /// Somebody outside looks the user up.
    AskingUser,
    /// A method is proposed, or in the middle of its conversation.
    Proposed(Proposed),
    /// Somebody outside looks for what the method needs.
    Asking {
        proposed: Proposed,
        /// To be made again with the answer.
        call: Call,
    },
    /// It is over.
    Ended,
}

#[derive(Debug)]
pub(super) struct Proposed {
    pub(super) method: Box<dyn ServerMethod>,
    /// What may be proposed in its place.
    pub(super) others: Vec<Box<dyn ServerMethod>>,
    /// The peer has answered it.
    pub(super) is_accepted: bool,
}

#[derive(Debug)]
pub(super) enum Call {
    Start,
    /// The Response as it came.
    Handle(Vec<u8>),
}
