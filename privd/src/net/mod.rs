//! The network worker: turns checked requests of daemons into kernel messages, and kernel messages into events.
//!
//! One thread and one loop (in this file's `serve`). Every request is judged by the policy, then becomes steps
//! (`dispatch`), each one kernel message whose acknowledgement is awaited without blocking (`worker`, `job`).
//! Each client has its own nl80211 socket: frame registrations, access points and associations belong to it, and the
//! kernel undoes them when it closes.

mod activity;
mod answer;
mod client;
mod dispatch;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod job;
mod keyguard;
mod message;
mod nl80211;
mod rfkill;
mod rtnetlink;
mod serve;
mod shared;
mod witnessed;
mod worker;

use std::os::fd::OwnedFd;
use std::{fmt, io};

use policy::grant::Grant;

pub(crate) use serve::{open, serve};

/// Where clients come from.
#[derive(Debug)]
pub(crate) enum Clients {
    /// One client, which is there already.
    Connected {
        /// Its connection.
        fd: OwnedFd,
        /// What it may touch.
        grant: Box<Grant>,
        /// The line to its post.
        witness: Option<OwnedFd>,
    },
    /// A listening `SOCK_SEQPACKET` socket.
    Listening {
        /// The socket.
        fd: OwnedFd,
        /// Which user has which grant.
        grants: Vec<(u32, Grant)>,
    },
}

/// Why the worker ended.
#[derive(Debug)]
pub(crate) enum ServeError {
    /// The system failed it.
    Io(io::Error),
    /// The one connected client is gone; everything it had started was undone.
    ClientGone,
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Io(error) => error.fmt(f),
            ServeError::ClientGone => f.write_str("the client is gone"),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<io::Error> for ServeError {
    fn from(error: io::Error) -> ServeError {
        ServeError::Io(error)
    }
}

/// Everything that must be open before the lockdown.
#[derive(Debug)]
pub(crate) struct Sockets {
    family: u16,
    commands: OwnedFd,
    events: OwnedFd,
    route: OwnedFd,
    rfkill: Option<rfkill::Rfkill>,
    secret: [u8; 32],
}
