//! Datagram sockets: for one server, for a port of ours, for a multicast group.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use ipc_proto::courier::MAX_DATAGRAM;
use nix::errno::Errno;
use policy::grant::{Grant, Subnets, Transport};
use tracing::info;

use super::correspondents::Correspondents;
use super::open;

/// A datagram socket, and with whom it speaks.
pub(super) struct Datagrams {
    socket: UdpSocket,
    with: With,
    /// Of both families: what it sends and receives over IPv4 has an address of IPv6.
    both: bool,
}

enum With {
    /// The one that it is connected with.
    One(SocketAddr),
    /// Whoever the grant lets write to this port, once he has.
    Port(u16, Correspondents),
    /// A group, and those near the interface who have written.
    Group(SocketAddr, String, Correspondents),
}

impl Datagrams {
    pub(super) fn to_one(to: SocketAddr, from: Option<IpAddr>) -> io::Result<Datagrams> {
        Ok(Datagrams { socket: open::datagrams_to(to, from)?, with: With::One(to), both: false })
    }

    pub(super) fn of_port(port: u16) -> io::Result<Datagrams> {
        let socket = open::datagrams_of_port(port)?;
        let both = socket.local_addr()?.is_ipv6();
        Ok(Datagrams { socket, with: With::Port(port, Correspondents::default()), both })
    }

    /// `own`: our addresses on the interface.
    pub(super) fn of_group(group: SocketAddr, interface: &str, own: Vec<IpAddr>) -> io::Result<Datagrams> {
        let socket = open::datagrams_of_group(group, interface, &own)?;
        let with = With::Group(group, interface.to_owned(), Correspondents::default());
        Ok(Datagrams { socket, with, both: false })
    }

    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Whom the kernel has it connected with.
    #[cfg(feature = "fuzz")]
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// The next datagram of a granted peer; none where somebody else has written. An error is the peer's that is not
    /// reached, or that nothing is there.
    pub(super) fn receive(
        &mut self,
        grant: &Grant,
        subnets: &dyn Subnets,
    ) -> io::Result<Option<(SocketAddr, Vec<u8>)>> {
        let mut data = vec![0; MAX_DATAGRAM];
        let (length, from) = self.socket.recv_from(&mut data)?;
        data.truncate(length);
        data.shrink_to_fit();
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let heard = match &mut self.with {
            With::One(_) => true,
            With::Port(port, known) => {
                let granted = grant.hears(Transport::Udp, *port, from.ip(), subnets);
                granted.then(|| known.heard(from)).is_some()
            }
            With::Group(_, interface, known) => {
                let near = subnets.neighbour(interface, from.ip());
                near.then(|| known.heard(from)).is_some()
            }
        };
        if !heard {
            info!(stranger = "datagrams were turned away", "a datagram from {from} is turned away");
        }
        Ok(heard.then_some((from, data)))
    }

    /// Sends one. What the network has no room for just now is lost, as others are on their way.
    pub(super) fn send(&mut self, to: Option<SocketAddr>, data: &[u8]) -> io::Result<()> {
        let to = match (&self.with, to) {
            (With::One(one), to) if to.is_none_or(|to| to == *one) => None,
            (With::Group(group, ..), to) if to.is_none_or(|to| to == *group) => Some(*group),
            (With::Group(_, _, known) | With::Port(_, known), Some(to)) if known.has(to) => Some(to),
            (With::One(_) | With::Port(..) | With::Group(..), _) => return Err(Errno::EACCES.into()),
        };
        let sent = match (to, to.map(|to| to.ip())) {
            (Some(to), Some(IpAddr::V4(address))) if self.both => {
                self.socket.send_to(data, SocketAddr::new(address.to_ipv6_mapped().into(), to.port()))
            }
            (Some(to), _) => self.socket.send_to(data, to),
            (None, _) => self.socket.send(data),
        };
        match sent {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
