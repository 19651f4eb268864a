//! The only unsafe code: descriptors that are there by agreement, packet sockets, and netlink sockets as owned descriptors.
#![allow(unsafe_code, reason = "descriptors that come as numbers, and an address type that nix cannot build")]

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, IntoRawFd as _, OwnedFd};

use neli::consts::socket::NlFamily;
use neli::socket::NlSocket;
use neli::utils::Groups;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket, sockopt};
use wire::MacAddr;

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
    match nix::sys::socket::getsockopt(&fd, sockopt::AcceptConn) {
        Ok(true) => Ok(fd),
        Ok(false) | Err(_) => {
            // Not what was agreed: it is not ours to close.
            let _ = fd.into_raw_fd();
            Err("descriptor 3 is no listening socket")
        }
    }
}

/// Is this a socket with packets? Then it is the line of a keeper.
pub(crate) fn is_line(fd: &OwnedFd) -> bool {
    let kind = nix::sys::socket::getsockopt(fd, sockopt::SockType);
    fd.as_raw_fd() >= 0 && kind == Ok(SockType::SeqPacket)
}

/// Room for events of a busy radio, octets.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Acknowledgements do not repeat the request (which may hold a key).
const NETLINK_CAP_ACK: libc::c_int = 10;

/// A bound, non-blocking netlink socket with extended acknowledgements, member of multicast groups.
pub(crate) fn netlink(family: NlFamily, groups: &[u32]) -> io::Result<OwnedFd> {
    let socket = NlSocket::new(family)?;
    socket.nonblock()?;
    socket.bind(None, Groups::empty())?;
    socket.enable_ext_ack(true)?;
    if !groups.is_empty() {
        socket.add_mcast_membership(Groups::new_groups(groups))?;
    }
    // SAFETY: `into_raw_fd` gives up ownership of a descriptor that is open, and nobody else holds it.
    let fd = unsafe { OwnedFd::from_raw_fd(socket.into_raw_fd()) };
    set_flag(&fd, libc::SOL_NETLINK, NETLINK_CAP_ACK)?;
    // More is better, but what the system gives is enough: an overrun is noticed and reported.
    if setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        let _ = setsockopt(&fd, sockopt::RcvBuf, &RECEIVE_BUFFER);
    }
    Ok(fd)
}

/// Where the kernel's array of socket memory has what is sent and not taken yet, and how much that may be.
const WMEM_ALLOC: usize = 2;
const SNDBUF: usize = 3;
const MEMINFO: usize = 9;

/// Octets that are sent and not taken yet, as the kernel counts them, and how many there may be.
pub(crate) fn send_memory(fd: &OwnedFd) -> io::Result<(usize, usize)> {
    let mut values = [0_u32; MEMINFO];
    let mut length = libc::socklen_t::try_from(size_of_val(&values)).unwrap_or(0);
    const SO_MEMINFO: libc::c_int = 55;
    // SAFETY: the array is live and as long as is said; the kernel writes no more than that.
    let result = unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, SO_MEMINFO, values.as_mut_ptr().cast(), &raw mut length)
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let value = |at: usize| values.get(at).map_or(0, |value| *value as usize);
    Ok((value(WMEM_ALLOC), value(SNDBUF)))
}

fn set_flag(fd: &OwnedFd, level: libc::c_int, name: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(4);
    // SAFETY: the value is a live integer of the length that is given.
    let result = unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const on).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn link_address(ifindex: u32, ethertype: u16, addr: Option<MacAddr>) -> libc::sockaddr_ll {
    let mut octets = [0; 8];
    for (slot, octet) in octets.iter_mut().zip(addr.unwrap_or_default().octets()) {
        *slot = *octet;
    }
    libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as libc::sa_family_t,
        sll_protocol: ethertype.to_be(),
        sll_ifindex: ifindex as libc::c_int,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: octets,
    }
}

const ADDRESS_LENGTH: libc::socklen_t = size_of::<libc::sockaddr_ll>() as libc::socklen_t;

/// A packet socket that sends and receives one ethertype on one interface.
pub(crate) fn packet(ifindex: u32, ethertype: u16) -> io::Result<OwnedFd> {
    bound_packet(SockType::Datagram, ifindex, ethertype)
}

fn bound_packet(kind: SockType, ifindex: u32, ethertype: u16) -> io::Result<OwnedFd> {
    // Protocol 0 receives nothing until it is bound to the interface.
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Packet, kind, flags, None)?;
    let address = link_address(ifindex, ethertype, None);
    // SAFETY: the address is a live `sockaddr_ll` of the length that is given.
    let result = unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), ADDRESS_LENGTH) };
    if result == 0 { Ok(fd) } else { Err(io::Error::last_os_error()) }
}

/// A packet socket for whole Ethernet frames of one type on one link.
#[cfg(feature = "testing")]
pub(crate) fn frames(ifindex: u32, ethertype: u16) -> io::Result<OwnedFd> {
    bound_packet(SockType::Raw, ifindex, ethertype)
}

/// Has the link receive what is sent to a group.
pub(crate) fn join(fd: &OwnedFd, ifindex: u32, group: MacAddr) -> io::Result<()> {
    let mut octets = [0; 8];
    for (slot, octet) in octets.iter_mut().zip(group.octets()) {
        *slot = *octet;
    }
    let wanted = libc::packet_mreq {
        mr_ifindex: ifindex as libc::c_int,
        mr_type: libc::PACKET_MR_MULTICAST as libc::c_ushort,
        mr_alen: 6,
        mr_address: octets,
    };
    let length = libc::socklen_t::try_from(size_of::<libc::packet_mreq>()).unwrap_or(16);
    // SAFETY: the value is a live `packet_mreq` of the length that is given.
    let result = unsafe {
        let name = libc::PACKET_ADD_MEMBERSHIP;
        libc::setsockopt(fd.as_raw_fd(), libc::SOL_PACKET, name, (&raw const wanted).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sends a payload to a neighbour.
pub(crate) fn send_packet(fd: &OwnedFd, ifindex: u32, ethertype: u16, dest: MacAddr, data: &[u8]) -> io::Result<()> {
    let address = link_address(ifindex, ethertype, Some(dest));
    // SAFETY: payload and address are live and of the lengths that are given.
    let result = unsafe {
        libc::sendto(
            fd.as_raw_fd(),
            data.as_ptr().cast(),
            data.len(),
            libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT,
            (&raw const address).cast(),
            ADDRESS_LENGTH,
        )
    };
    if result >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A descriptor that a system call has just given as a number.
pub(crate) fn own(fd: std::os::fd::RawFd) -> OwnedFd {
    // SAFETY: the callers pass what the kernel has just opened for them, once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
