//! The courier between a daemon that was taken over and peers on the loopback interface. What must hold is asked of the
//! kernel: whom each socket is connected with, and which ports are ours.
#![allow(clippy::panic, clippy::arithmetic_side_effects, reason = "a fuzz target reports by panicking")]

use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::sync::OnceLock;

use ipc_proto::channel::{Channel, pair};
use ipc_proto::courier::{FIRST_ACCEPTED, FromCourier, MAX_PART, ToCourier, WINDOW};
use ipc_proto::{Role, VERSION, codec};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::caps;
use policy::grant::Grant;

use super::{Courier, Socket};

const GRANT: &str = "role: station\npeer: udp 127.0.0.2:9\npeer: tcp 127.0.0.2:9\npeer: udp 127.0.0.4/30 42017\npeer: listen \
                     127.0.0.4/30 42018\npeer: tcp 127.0.0.8/30 42019\n";
/// Addresses that a daemon may name, and whether the grant has them for datagrams and for streams.
const ADDRESSES: [(&str, bool, bool); 10] = [
    ("127.0.0.2:9", true, true),
    ("127.0.0.2:10", false, false),
    ("127.0.0.1:9", false, false),
    ("127.0.0.9:42019", false, true),
    ("127.0.0.9:42020", false, false),
    ("127.0.0.12:42019", false, false),
    ("127.0.0.1:42019", false, false),
    ("[::1]:9", false, false),
    ("[::ffff:127.0.0.3]:9", false, false),
    ("224.0.0.1:42017", false, false),
];
const PORTS: [u16; 4] = [42017, 42018, 42019, 9];

fn address(octet: u8) -> SocketAddr {
    let all = ADDRESSES.iter().cycle().nth(usize::from(octet));
    all.and_then(|(text, ..)| text.parse().ok()).unwrap_or_else(|| panic!("no address {octet}"))
}

/// A message: by its kind, with names and addresses that mean something, or octets as they are.
fn message(kind: u8, data: &[u8]) -> Option<ToCourier> {
    let octet = |at: usize| data.get(at).copied().unwrap_or(0);
    let socket = if octet(0) & 0x80 == 0 { u32::from(octet(0) % 8) } else { FIRST_ACCEPTED + u32::from(octet(0) & 7) };
    let (to, port) = (address(octet(1)), PORTS.iter().cycle().nth(usize::from(octet(1))).copied().unwrap_or(9));
    let from = (octet(2) & 1 == 1).then(|| address(octet(3)).ip());
    let long = || vec![octet(1); usize::from(octet(2)) * 80];
    Some(match kind % 11 {
        0 => ToCourier::Hello { version: VERSION, role: if octet(0) == 0 { Role::Station } else { Role::AccessPoint } },
        1 => ToCourier::OpenDatagrams { socket, to, from },
        2 => ToCourier::ReceiveDatagrams { socket, port },
        3 => ToCourier::JoinGroup { socket, group: to, interface: "lo".to_owned() },
        4 => ToCourier::SendDatagram { socket, to: (octet(2) & 1 == 1).then_some(to), data: long() },
        5 => ToCourier::Connect { socket, to, from },
        6 => ToCourier::Listen { socket, port },
        7 => ToCourier::Write { socket, data: long() },
        8 => ToCourier::Finish { socket },
        9 => ToCourier::Close { socket },
        _ => return codec::decode(data).ok(),
    })
}

/// Is this socket, as the kernel has it, one that the grant names?
fn is_granted(socket: &Socket) -> bool {
    let granted = |peer: SocketAddr, datagrams: bool| {
        let peer = peer.to_string();
        ADDRESSES.iter().any(|(text, udp, tcp)| *text == peer && if datagrams { *udp } else { *tcp })
    };
    match socket {
        Socket::Datagrams(datagrams) => match datagrams.peer() {
            Some(peer) => granted(peer, true),
            None => datagrams.local().is_ok_and(|own| own.port() == 42017),
        },
        Socket::Listener { socket, .. } => socket.local_addr().is_ok_and(|own| own.port() == 42018),
        // One that is not connected any more has no peer.
        Socket::Stream(stream) => stream.connected().is_none_or(|peer| granted(peer, false)),
    }
}

/// Servers of streams at all these addresses: who is let through to one is connected with it.
fn servers() -> &'static [TcpListener] {
    static SERVERS: OnceLock<Vec<TcpListener>> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let listens = |(text, ..): &(&str, bool, bool)| {
            let server = TcpListener::bind(text).ok()?;
            server.set_nonblocking(true).ok().map(|()| server)
        };
        ADDRESSES.iter().filter_map(listens).collect()
    })
}

/// Says these messages to a courier.
pub(crate) fn courier(records: &mut dyn Iterator<Item = (u8, &[u8])>) {
    let (Ok((ours, couriers)), Ok(grant)) = (pair(), Grant::parse(GRANT)) else { panic!("no courier") };
    let Ok(mut line) = Channel::<ToCourier, FromCourier>::new(ours) else { panic!("no line") };
    let mut courier = Courier::new(couriers, grant).unwrap_or_else(|error| panic!("{error}"));
    for server in servers() {
        while server.accept().is_ok() {}
    }
    let first = ToCourier::Hello { version: VERSION, role: Role::Station };
    let all = std::iter::once(first).chain(records.take(64).filter_map(|(kind, data)| message(kind, data)));
    for message in all {
        if line.send(&message, None).is_err() {
            return;
        }
        match courier.turn() {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(error) => panic!("the courier fails: {error}"),
        }
        let mut ready = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        while poll(&mut ready, PollTimeout::ZERO) == Ok(1) {
            match line.receive() {
                Ok((FromCourier::Read { data, .. }, _)) => assert!(data.len() <= MAX_PART),
                Ok(_) => {}
                Err(_) => break,
            }
            ready = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        }
        let streams = courier.sockets.values().filter(|socket| matches!(socket, Socket::Stream(_))).count();
        assert!(streams <= caps::COURIER_STREAMS && courier.sockets.len() - streams <= caps::COURIER_SOCKETS);
        for (name, socket) in &courier.sockets {
            assert!(is_granted(socket), "socket {name} is nobody's whom the grant names, after {message:?}");
            if let Socket::Stream(stream) = socket {
                assert!(stream.waiting() <= WINDOW, "more waits than the window has");
            }
        }
    }
}
