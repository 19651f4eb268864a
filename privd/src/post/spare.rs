//! Sockets with room for what clients leave unread.
//!
//! What lies unread in a client's socket counts against the send buffer of the socket that sent it, and the system's
//! usual limit of that is reached by forty clients who never read. Only the network's administrator may have more, and
//! the post never is one: so some sockets are made beforehand, while it may be anything.

use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, UnixAddr, getsockname, setsockopt, shutdown};
use nix::sys::socket::{socket, sockopt};

/// How many: an interface and the global socket need one each. Further ones have the usual room.
const MOST: usize = 64;
/// Octets; the kernel counts each datagram with its own needs, of which it allows for as much again.
const ROOM: usize = 8 * 1024 * 1024;

/// A datagram socket.
pub(super) fn plain() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Unix, SockType::Datagram, flags, None)
}

/// One that says who sends.
fn make() -> nix::Result<OwnedFd> {
    let fd = plain()?;
    setsockopt(&fd, sockopt::PassCred, &true)?;
    Ok(fd)
}

/// One with the room that the system allows everybody.
pub(super) fn usual() -> nix::Result<OwnedFd> {
    let fd = make()?;
    let _ = setsockopt(&fd, sockopt::SndBuf, &ROOM);
    Ok(fd)
}

/// Sockets that a keeper has made for its workers.
#[derive(Debug)]
pub(crate) struct Spare(Vec<OwnedFd>);

impl Spare {
    /// To be called before the lockdown. Without the right there are none.
    pub(crate) fn make() -> Spare {
        let roomy = || {
            let fd = make().ok()?;
            setsockopt(&fd, sockopt::SndBufForce, &ROOM).ok()?;
            Some(fd)
        };
        Spare((0..MOST).map_while(|_| roomy()).collect())
    }

    /// Those that no worker has used. A used one stays open with the keeper: its clients shall notice that nobody
    /// answers there any more.
    pub(crate) fn unused(&self) -> Vec<OwnedFd> {
        let mut unused = Vec::new();
        for fd in &self.0 {
            let name = getsockname::<UnixAddr>(fd.as_raw_fd());
            if name.is_ok_and(|name| name.path().is_none() && name.as_abstract().is_none()) {
                unused.extend(fd.try_clone());
            } else if let Err(error) = shutdown(fd.as_raw_fd(), Shutdown::Both) {
                tracing::debug!(%error, "a control socket of an earlier life");
            }
        }
        unused
    }
}
