//! How sockets are made: each of exactly the kind that the filter allows, and never blocking.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, connect as connect_to, listen, setsockopt,
    socket, sockopt,
};

/// Streams that wait to be accepted.
const BACKLOG: i32 = 16;

fn make(address: SocketAddr, kind: SockType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    Ok(socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)?)
}

fn bind_to(fd: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    Ok(bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?)
}

/// A socket for a port of ours at all our addresses, of both families where the system has both.
fn of_port(kind: SockType, port: u16) -> io::Result<OwnedFd> {
    let both = || {
        let fd = make(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), kind)?;
        setsockopt(&fd, sockopt::Ipv6V6Only, &false)?;
        Ok(fd)
    };
    let ready = |fd: OwnedFd, address: IpAddr| {
        if kind == SockType::Stream {
            setsockopt(&fd, sockopt::ReuseAddr, &true)?;
        }
        bind_to(&fd, SocketAddr::new(address, port))?;
        Ok(fd)
    };
    match both().and_then(|fd| ready(fd, Ipv6Addr::UNSPECIFIED.into())) {
        // The system may be built, or told, to have no IPv6.
        Err(error) if [Errno::EAFNOSUPPORT as i32, Errno::EADDRNOTAVAIL as i32].contains(&super::errno(&error)) => {
            let any: IpAddr = Ipv4Addr::UNSPECIFIED.into();
            make(SocketAddr::new(any, port), kind).and_then(|fd| ready(fd, any))
        }
        made => made,
    }
}

/// A datagram socket for one peer.
pub(super) fn datagrams_to(to: SocketAddr, from: Option<IpAddr>) -> io::Result<UdpSocket> {
    let fd = make(to, SockType::Datagram)?;
    if let Some(from) = from {
        bind_to(&fd, SocketAddr::new(from, 0))?;
    }
    let socket = UdpSocket::from(fd);
    socket.connect(to)?;
    Ok(socket)
}

/// A datagram socket for a port of ours.
pub(super) fn datagrams_of_port(port: u16) -> io::Result<UdpSocket> {
    of_port(SockType::Datagram, port).map(UdpSocket::from)
}

/// A datagram socket for a group, on an interface with these addresses of ours.
pub(super) fn datagrams_of_group(group: SocketAddr, interface: &str, own: &[IpAddr]) -> io::Result<UdpSocket> {
    let fd = make(group, SockType::Datagram)?;
    // Others on this machine may have joined the group too.
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    setsockopt(&fd, sockopt::BindToDevice, &interface.into())?;
    bind_to(
        &fd,
        SocketAddr::new(
            if group.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() },
            group.port(),
        ),
    )?;
    let socket = UdpSocket::from(fd);
    match group.ip() {
        IpAddr::V4(group) => {
            let ours = own.iter().find_map(|own| if let IpAddr::V4(own) = own { Some(*own) } else { None });
            socket.join_multicast_v4(&group, &ours.ok_or(Errno::EADDRNOTAVAIL)?)?;
            // As far as UPnP goes (UPnP Device Architecture 1.0, 1.1.2).
            socket.set_multicast_ttl_v4(4)?;
            socket.set_multicast_loop_v4(false)?;
        }
        IpAddr::V6(group) => {
            socket.join_multicast_v6(&group, nix::net::if_::if_nametoindex(interface)?)?;
            socket.set_multicast_loop_v6(false)?;
        }
    }
    Ok(socket)
}

/// A socket that accepts streams at a port of ours.
pub(super) fn listener(port: u16) -> io::Result<TcpListener> {
    let fd = of_port(SockType::Stream, port)?;
    listen(&fd, Backlog::new(BACKLOG)?)?;
    Ok(fd.into())
}

/// A stream that is being opened.
pub(super) fn connect(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let fd = make(to, SockType::Stream)?;
    if let Some(from) = from {
        bind_to(&fd, SocketAddr::new(from, 0))?;
    }
    match connect_to(fd.as_raw_fd(), &SockaddrStorage::from(to)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(fd.into()),
        Err(errno) => Err(errno.into()),
    }
}
