//! The vocabulary of a daemon with `privd-courier`, which has its sockets on the network: datagrams and streams with
//! peers that the grant names. No INET descriptor ever reaches a daemon, and no octet of these messages is read by the
//! courier but addresses and lengths.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::Role;

/// Names a socket: the lower half of the numbers is chosen by the daemon, the upper half is for streams that the courier
/// accepts, from [`FIRST_ACCEPTED`] on.
pub type SocketId = u32;
/// First name of an accepted stream.
pub const FIRST_ACCEPTED: SocketId = 1 << 31;

/// Most octets of a datagram: the largest that UDP carries over IPv4.
pub const MAX_DATAGRAM: usize = 65_507;
/// Most octets of a part of a stream.
pub const MAX_PART: usize = 16 * 1024;
/// Most octets of a stream that may be on their way to the peer: those of [`ToCourier::Write`] that no
/// [`FromCourier::Written`] has named yet.
pub const WINDOW: usize = 128 * 1024;

/// From a daemon to the courier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToCourier {
    /// The first message, and only the first.
    Hello {
        /// [`crate::VERSION`].
        version: u16,
        /// What the daemon is.
        role: Role,
    },
    /// A datagram socket for one peer. Answered by [`FromCourier::Opened`].
    OpenDatagrams {
        /// Its name from now on.
        socket: SocketId,
        /// The peer, which the grant names.
        to: SocketAddr,
        /// Our own address, where it matters which.
        from: Option<IpAddr>,
    },
    /// A datagram socket for all peers that the grant lets write to this port. Answered by [`FromCourier::Opened`].
    ReceiveDatagrams {
        /// Its name from now on.
        socket: SocketId,
        /// Port of ours.
        port: u16,
    },
    /// A datagram socket for a multicast group on an interface, and for those in the interface's subnets who write to
    /// it. Answered by [`FromCourier::Opened`].
    JoinGroup {
        /// Its name from now on.
        socket: SocketId,
        /// The group and its port.
        group: SocketAddr,
        /// Name of the interface.
        interface: String,
    },
    /// Sends a datagram: to the peer of the socket, to its group, or to somebody who wrote to it before.
    SendDatagram {
        /// Which.
        socket: SocketId,
        /// To whom, where the socket has not one peer.
        to: Option<SocketAddr>,
        /// At most [`MAX_DATAGRAM`] octets.
        data: Vec<u8>,
    },
    /// Opens a stream. Answered by [`FromCourier::Opened`] once the peer has accepted it.
    Connect {
        /// Its name from now on.
        socket: SocketId,
        /// The peer, which the grant names.
        to: SocketAddr,
        /// Our own address, where it matters which.
        from: Option<IpAddr>,
    },
    /// Accepts the streams of all peers that the grant lets connect to this port. Answered by [`FromCourier::Opened`].
    Listen {
        /// Its name from now on.
        socket: SocketId,
        /// Port of ours.
        port: u16,
    },
    /// Sends octets on a stream, within the [`WINDOW`].
    Write {
        /// Which.
        socket: SocketId,
        /// At most [`MAX_PART`] octets.
        data: Vec<u8>,
    },
    /// Sends nothing further on a stream; it goes on being read.
    Finish {
        /// Which.
        socket: SocketId,
    },
    /// Closes a socket.
    Close {
        /// Which.
        socket: SocketId,
    },
}

/// From the courier to a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromCourier {
    /// The hello was accepted.
    Welcome {
        /// [`crate::VERSION`] of the courier.
        version: u16,
    },
    /// A socket was opened.
    Opened {
        /// Which.
        socket: SocketId,
        /// Our own address and port, or why there is no such socket.
        result: Result<SocketAddr, NotOpened>,
    },
    /// A datagram came.
    Datagram {
        /// On this socket.
        socket: SocketId,
        /// From this peer.
        from: SocketAddr,
        /// What it said.
        data: Vec<u8>,
    },
    /// The one peer of a datagram socket is not reached (ICMP said so): what was sent before is lost.
    Unreached {
        /// Which.
        socket: SocketId,
        /// Why.
        errno: i32,
    },
    /// A peer has opened a stream.
    Accepted {
        /// To this socket.
        listener: SocketId,
        /// Its name.
        socket: SocketId,
        /// The peer.
        from: SocketAddr,
    },
    /// Octets came on a stream.
    Read {
        /// Which.
        socket: SocketId,
        /// At most [`MAX_PART`]; none where the peer sends nothing further.
        data: Vec<u8>,
    },
    /// Octets of a stream have been handed to the network.
    Written {
        /// Which.
        socket: SocketId,
        /// How many.
        octets: u32,
    },
    /// A stream has ended and its name is free.
    Closed {
        /// Which.
        socket: SocketId,
        /// Why, where it was not its peer's regular end.
        errno: Option<i32>,
    },
}

/// Why a socket was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotOpened {
    /// The grant names no such peer: the line that would.
    NotGranted(String),
    /// There are as many already as a daemon may have, or the name is taken.
    Full,
    /// The system said no.
    Kernel {
        /// Why.
        errno: i32,
    },
}

impl core::fmt::Display for NotOpened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            NotOpened::NotGranted(line) => write!(f, "the grant has no line \"{line}\""),
            NotOpened::Full => f.write_str("there are too many sockets"),
            NotOpened::Kernel { errno } => write!(f, "error {errno}"),
        }
    }
}
