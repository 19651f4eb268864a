//! What stands behind an authenticator: a server that knows who may come.
//!
//! EAP leaves the port as [`AuthenticatorOutput::ToBackend`](crate::AuthenticatorOutput::ToBackend) and comes back as a
//! [`BackendAnswer`], whoever gives it: [`LocalServer`] is a server here, [`PassThrough`] one behind RADIUS.

mod local;
mod pass_through;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use eap::EapError;
use radius::vlan::Vlans;

pub use local::{LocalOutput, LocalServer};
pub use pass_through::PassThrough;

use crate::MasterKey;

/// What the backend says to a Response.
#[derive(Debug)]
pub enum BackendAnswer {
    /// The next Request, and how long its answer is to be waited for.
    Request {
        /// A packet of EAP.
        packet: Vec<u8>,
        /// The server's wish (RFC 3579 2.6.1).
        wait: Option<Duration>,
    },
    /// The peer may come.
    Accept(Box<Accept>),
    /// It may not, or nobody knows.
    Reject {
        /// EAP-Failure, if the server gave one.
        packet: Option<Vec<u8>>,
        /// Why.
        error: EapError,
    },
    /// The Response was passed over: another one is waited for.
    Ignored,
}

/// What a peer that may come gets.
#[derive(Clone, Debug, Default)]
pub struct Accept {
    /// EAP-Success, if the server gave it.
    pub packet: Option<Vec<u8>>,
    /// The key, of methods that make one.
    pub key: Option<MasterKey>,
    /// The terms of its session.
    pub grant: SessionGrant,
}

/// What is to happen when the time of a session is over (Termination-Action, RFC 2865 5.29).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerminationAction {
    /// The session ends.
    #[default]
    Default,
    /// The peer is authenticated again, and the port stays open meanwhile (RFC 3580 3.17).
    Reauthenticate,
}

/// The terms of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionGrant {
    /// Who it is, where the server knows better than the peer said (User-Name).
    pub user: Option<Vec<u8>>,
    /// How long the session may last (Session-Timeout).
    pub session_timeout: Option<Duration>,
    /// And then.
    pub termination: TerminationAction,
    /// How long it may be idle (Idle-Timeout): for whoever counts octets.
    pub idle_timeout: Option<Duration>,
    /// How often counters are reported (Acct-Interim-Interval).
    pub interim: Option<Duration>,
    /// What each report of accounting repeats (Class).
    pub class: Vec<Vec<u8>>,
    /// Into which virtual LANs it goes (Tunnel-Private-Group-ID and others).
    pub vlans: Vlans,
}
