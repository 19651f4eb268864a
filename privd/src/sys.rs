//! The only unsafe code of start-up: descriptors that are there by agreement.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

/// First descriptor of socket activation (sd_listen_fds(3)).
const FIRST: i32 = 3;

/// The one listening socket that systemd hands over, if it does.
pub(crate) fn listening_socket() -> Result<OwnedFd, &'static str> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    if number("LISTEN_FDS") != Some(1) {
        return Err("it is started by systemd's socket activation, with one socket");
    }
    if number("LISTEN_PID").is_some_and(|pid| pid != std::process::id()) {
        return Err("the socket is for another process (LISTEN_PID)");
    }
    // SAFETY: socket activation says that descriptor 3 is open and ours; this is called once, before anything else
    // was opened, so nobody else owns that number.
    let fd = unsafe { OwnedFd::from_raw_fd(FIRST) };
    match nix::sys::socket::getsockopt(&fd, nix::sys::socket::sockopt::AcceptConn) {
        Ok(true) => Ok(fd),
        Ok(false) | Err(_) => {
            // Not what was agreed: it is not ours to close.
            let _ = std::os::fd::IntoRawFd::into_raw_fd(fd);
            Err("descriptor 3 is no listening socket")
        }
    }
}

/// Is this a socket with packets? Then it is the line of a keeper.
pub(crate) fn is_line(fd: &OwnedFd) -> bool {
    let kind = nix::sys::socket::getsockopt(fd, nix::sys::socket::sockopt::SockType);
    fd.as_raw_fd() >= 0 && kind == Ok(nix::sys::socket::SockType::SeqPacket)
}
