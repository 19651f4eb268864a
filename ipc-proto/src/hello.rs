use serde::{Deserialize, Serialize};

use crate::{Event, Failure, Reply, Request};

/// Version of the protocol: both ends must speak the same one, since they are installed together.
pub const VERSION: u16 = 2;

/// What a client of `privd` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The station daemon.
    Station,
    /// The access point daemon.
    AccessPoint,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 2] = [Role::Station, Role::AccessPoint];
}

/// From a daemon to `privd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "a message lives for one dispatch; only the first one is small")]
pub enum ToPrivd {
    /// The first message, and only the first.
    Hello {
        /// [`VERSION`] of the sender.
        version: u16,
        /// What the sender wants to be; `privd` knows already what it may be.
        role: Role,
    },
    /// Something to be done. Each request is answered by one [`FromPrivd::Reply`] with the same `id`, or by several
    /// of which only the last says so ([`Reply::ScanResults`], [`Reply::Stations`], [`Reply::Survey`]).
    Request {
        /// Correlation identifier, chosen by the client.
        id: u32,
        /// What is to be done.
        request: Request,
    },
}

/// From `privd` to a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromPrivd {
    /// The hello was accepted.
    Welcome {
        /// [`VERSION`] of `privd`.
        version: u16,
        /// The role that was given.
        role: Role,
    },
    /// The connection ends, and why.
    Refused(Refusal),
    /// The answer to a request.
    Reply {
        /// The request's correlation identifier.
        id: u32,
        /// What came of it.
        result: Result<Reply, Failure>,
    },
    /// Something happened.
    Event(Event),
}

/// Why `privd` ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The versions differ.
    Version {
        /// The version that `privd` speaks.
        ours: u16,
    },
    /// This client may not have that role.
    Role,
    /// The bytes were no message.
    Malformed,
    /// A message out of order, or a request that no honest client makes.
    Violation,
    /// Too much is outstanding.
    Flood,
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Refusal::Version { ours } => write!(f, "privd speaks version {ours} of the protocol"),
            Refusal::Role => f.write_str("this user may not have that role"),
            Refusal::Malformed => f.write_str("the bytes were no message"),
            Refusal::Violation => f.write_str("protocol violation"),
            Refusal::Flood => f.write_str("too many messages outstanding"),
        }
    }
}
