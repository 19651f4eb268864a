//! The network worker: turns checked requests of daemons into kernel messages, and kernel messages into events.

use std::io;
use std::os::fd::OwnedFd;

use ipc_proto::Role;

/// Where clients come from.
#[derive(Debug)]
pub enum Clients {
    /// One client, which is there already.
    Connected {
        /// Its connection.
        fd: OwnedFd,
        /// What it may be.
        role: Role,
    },
    /// A listening `SOCK_SEQPACKET` socket.
    Listening {
        /// The socket.
        fd: OwnedFd,
        /// Which user may have which role.
        roles: Vec<(u32, Role)>,
    },
}

/// Which interfaces clients may attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Every wireless interface.
    Any,
    /// These alone, and what clients make themselves.
    Names(Vec<String>),
}

/// What the worker is told at its start.
#[derive(Debug)]
pub struct Options {
    /// Clients.
    pub clients: Clients,
    /// Interfaces.
    pub grant: Grant,
    /// `/dev/rfkill`, where only the superuser could open it.
    pub rfkill: Option<OwnedFd>,
}

/// Why the worker ended.
#[derive(Debug)]
pub enum ServeError {
    /// The system failed it.
    Io(io::Error),
    /// The one connected client is gone; everything it had started was undone.
    ClientGone,
}

/// Everything that must be open before the lockdown.
#[derive(Debug)]
pub struct Sockets {}

/// Opens the sockets.
pub fn open() -> io::Result<Sockets> {
    Ok(Sockets {})
}

/// Serves clients until the end.
pub fn serve(sockets: Sockets, options: Options) -> Result<(), ServeError> {
    let _ = (sockets, options);
    Ok(())
}
