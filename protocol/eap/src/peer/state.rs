//! The states of a peer; each holds what it needs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::{EapError, Keys, MethodType, PeerMethod, Progress};

#[derive(Debug)]
pub(super) enum State {
    /// For a Request, of whatever type.
    Waiting,
    /// Somebody outside looks for what a Request needs.
    Asking(Asking),
    /// A method was chosen, and all Requests are its own.
    Running(Running),
    /// Authenticated.
    Succeeded(Succeeded),
    /// The server was asked to take the keys of an earlier conversation (ERP).
    Reauthenticating(Reauthenticating),
    /// Not authenticated.
    Failed,
}

#[derive(Debug)]
pub(super) struct Asking {
    pub(super) asked: Asked,
    /// To be handled when the answer is there.
    pub(super) request: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Asked {
    /// For the Request for an identity.
    Identity,
    /// By a method.
    Method(Running),
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) method: Box<dyn PeerMethod>,
    pub(super) progress: Progress,
    /// Why the method has failed, while the server's Failure is waited for.
    pub(super) error: Option<EapError>,
    /// It has not answered yet.
    pub(super) is_new: bool,
}

#[derive(Debug)]
pub(super) struct Succeeded {
    pub(super) method: Option<MethodType>,
    pub(super) keys: Option<Keys>,
}

#[derive(Debug)]
pub(super) struct Reauthenticating {
    /// The packet that has offered it.
    pub(super) offer: Vec<u8>,
    /// What was answered, and its number.
    pub(super) initiate: Vec<u8>,
    pub(super) sequence: u16,
}
