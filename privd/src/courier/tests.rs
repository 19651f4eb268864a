//! A courier for a test, with peers on the loopback interface: we are 127.0.0.1, every other address of 127.0.0.0/8 is a
//! neighbour's.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::fd::AsRawFd as _;
use std::thread::JoinHandle;

use ipc_proto::channel::{Channel, pair};
use ipc_proto::courier::{FIRST_ACCEPTED, FromCourier, MAX_PART, NotOpened, SocketId, ToCourier, WINDOW};
use ipc_proto::{Role, VERSION};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, socket};
use policy::caps;
use policy::grant::Grant;

use super::serve;

struct Daemon {
    line: Channel<ToCourier, FromCourier>,
    courier: Option<JoinHandle<()>>,
}

impl Daemon {
    fn new(peers: &[String]) -> Daemon {
        let lines: String = peers.iter().map(|peer| format!("peer: {peer}\n")).collect();
        let grant = Grant::parse(&format!("role: access-point\n{lines}")).unwrap();
        let (ours, couriers) = pair().unwrap();
        let courier = std::thread::spawn(move || serve(couriers, grant).unwrap());
        let mut daemon = Daemon { line: Channel::new(ours).unwrap(), courier: Some(courier) };
        daemon.say(ToCourier::Hello { version: VERSION, role: Role::AccessPoint });
        assert_eq!(daemon.hear(), FromCourier::Welcome { version: VERSION });
        daemon
    }

    fn say(&self, message: ToCourier) {
        self.line.send(&message, None).unwrap();
    }

    fn hear(&mut self) -> FromCourier {
        self.hear_within(PollTimeout::from(20_000_u16)).expect("the courier says something")
    }

    fn hear_within(&mut self, wait: PollTimeout) -> Option<FromCourier> {
        poll(&mut [PollFd::new(self.line.as_fd(), PollFlags::POLLIN)], wait).unwrap();
        self.line.receive().ok().map(|(message, _)| message)
    }

    /// Has everything that was said before been dealt with, without a word?
    fn says_nothing(&mut self) {
        self.say(ToCourier::ReceiveDatagrams { socket: 999, port: 1 });
        assert!(matches!(self.hear(), FromCourier::Opened { socket: 999, result: Err(NotOpened::NotGranted(_)) }));
    }

    fn opened(&mut self) -> Result<SocketAddr, NotOpened> {
        let FromCourier::Opened { result, .. } = self.hear() else { panic!("no answer") };
        result
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let (other, _) = pair().unwrap();
        self.line = Channel::new(other).unwrap();
        let ended = self.courier.take().is_none_or(|courier| courier.join().is_ok());
        assert!(ended || std::thread::panicking());
    }
}

fn neighbour(last: u8) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(127, 0, 0, last).into(), 0)
}

fn free_port() -> u16 {
    UdpSocket::bind(neighbour(1)).unwrap().local_addr().unwrap().port()
}

/// A stream from one of the neighbours.
fn stream_from(last: u8, port: u16) -> TcpStream {
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
    bind(fd.as_raw_fd(), &SockaddrStorage::from(neighbour(last))).unwrap();
    let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    connect(fd.as_raw_fd(), &SockaddrStorage::from(to)).unwrap();
    fd.into()
}

#[test]
fn datagrams_go_to_a_granted_server_and_come_back_and_from_nobody_else() {
    let server = UdpSocket::bind(neighbour(2)).unwrap();
    let at = server.local_addr().unwrap();
    let mut daemon = Daemon::new(&[format!("udp {at}")]);
    daemon.say(ToCourier::OpenDatagrams { socket: 1, to: at, from: None });
    let own = daemon.opened().unwrap();
    daemon.say(ToCourier::SendDatagram { socket: 1, to: None, data: b"who is it?".to_vec() });
    let mut buffer = [0; 100];
    let (length, from) = server.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"who is it?"[..], own));
    // A forger's comes first, and is not heard.
    UdpSocket::bind(neighbour(3)).unwrap().send_to(b"forged", own).unwrap();
    server.send_to(b"a friend", own).unwrap();
    assert_eq!(daemon.hear(), FromCourier::Datagram { socket: 1, from: at, data: b"a friend".to_vec() });
    // One that is given is nobody else's address.
    daemon.say(ToCourier::SendDatagram { socket: 1, to: Some(neighbour(9)), data: b"x".to_vec() });
    assert_eq!(daemon.hear(), FromCourier::Unreached { socket: 1, errno: Errno::EACCES as i32 });
    let mut other = at;
    other.set_port(at.port().wrapping_add(1).max(1));
    daemon.say(ToCourier::OpenDatagrams { socket: 2, to: other, from: None });
    assert_eq!(daemon.opened(), Err(NotOpened::NotGranted(format!("peer: udp {other}"))));
}

#[test]
fn a_server_that_is_not_there_is_said_at_once() {
    let at = { UdpSocket::bind(neighbour(2)).unwrap().local_addr().unwrap() };
    let mut daemon = Daemon::new(&[format!("udp {at}")]);
    daemon.say(ToCourier::OpenDatagrams { socket: 1, to: at, from: Some(neighbour(1).ip()) });
    daemon.opened().unwrap();
    daemon.say(ToCourier::SendDatagram { socket: 1, to: None, data: b"anybody?".to_vec() });
    assert_eq!(daemon.hear(), FromCourier::Unreached { socket: 1, errno: Errno::ECONNREFUSED as i32 });
}

#[test]
fn a_port_of_ours_hears_granted_peers_and_answers_only_those_who_wrote() {
    let port = free_port();
    let mut daemon = Daemon::new(&[format!("udp 127.0.0.2/32 {port}"), format!("udp 127.0.0.8/30 {port}")]);
    daemon.say(ToCourier::ReceiveDatagrams { socket: 7, port });
    assert_eq!(daemon.opened().unwrap().port(), port);
    let ours = SocketAddr::new(neighbour(1).ip(), port);
    let (stranger, client, other) = (
        UdpSocket::bind(neighbour(3)).unwrap(),
        UdpSocket::bind(neighbour(2)).unwrap(),
        UdpSocket::bind(neighbour(9)).unwrap(),
    );
    stranger.send_to(b"let me in", ours).unwrap();
    client.send_to(b"request", ours).unwrap();
    let from = client.local_addr().unwrap();
    assert_eq!(daemon.hear(), FromCourier::Datagram { socket: 7, from, data: b"request".to_vec() });
    daemon.say(ToCourier::SendDatagram { socket: 7, to: Some(from), data: b"reply".to_vec() });
    let mut buffer = [0; 100];
    let (length, source) = client.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], source), (&b"reply"[..], ours));
    // Granted, but silent so far; and one who is not granted, whatever he wrote.
    for to in [other.local_addr().unwrap(), stranger.local_addr().unwrap()] {
        daemon.say(ToCourier::SendDatagram { socket: 7, to: Some(to), data: b"x".to_vec() });
        assert_eq!(daemon.hear(), FromCourier::Unreached { socket: 7, errno: Errno::EACCES as i32 });
    }
    daemon.say(ToCourier::SendDatagram { socket: 7, to: None, data: b"x".to_vec() });
    assert_eq!(daemon.hear(), FromCourier::Unreached { socket: 7, errno: Errno::EACCES as i32 });
    other.send_to(b"I too", ours).unwrap();
    assert!(matches!(daemon.hear(), FromCourier::Datagram { socket: 7, .. }));
    daemon.says_nothing();
}

#[test]
fn a_stream_is_opened_carries_octets_both_ways_and_ends_in_order() {
    let server = TcpListener::bind(neighbour(2)).unwrap();
    let at = server.local_addr().unwrap();
    let mut daemon = Daemon::new(&["tcp subnet lo *".to_owned()]);
    daemon.say(ToCourier::Connect { socket: 3, to: at, from: None });
    let own = daemon.opened().unwrap();
    let (mut peer, from) = server.accept().unwrap();
    assert_eq!(from, own);
    daemon.say(ToCourier::Write { socket: 3, data: b"hello".to_vec() });
    assert_eq!(daemon.hear(), FromCourier::Written { socket: 3, octets: 5 });
    peer.write_all(b"world").unwrap();
    assert_eq!(daemon.hear(), FromCourier::Read { socket: 3, data: b"world".to_vec() });
    daemon.say(ToCourier::Finish { socket: 3 });
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"hello");
    peer.write_all(b"and farewell").unwrap();
    drop(peer);
    assert_eq!(daemon.hear(), FromCourier::Read { socket: 3, data: b"and farewell".to_vec() });
    assert_eq!(daemon.hear(), FromCourier::Read { socket: 3, data: Vec::new() });
    assert_eq!(daemon.hear(), FromCourier::Closed { socket: 3, errno: None });
}

#[test]
fn a_stream_goes_to_neighbours_and_never_to_this_machine_or_beyond_the_grant() {
    let own = TcpListener::bind(neighbour(1)).unwrap().local_addr().unwrap();
    let mut daemon = Daemon::new(&["tcp subnet lo *".to_owned()]);
    for to in [own, "192.0.2.1:80".parse().unwrap()] {
        daemon.say(ToCourier::Connect { socket: 3, to, from: None });
        assert_eq!(daemon.opened(), Err(NotOpened::NotGranted(format!("peer: tcp {to}"))));
    }
    // The name is free again, and a neighbour without a server says so.
    let closed = { TcpListener::bind(neighbour(2)).unwrap().local_addr().unwrap() };
    daemon.say(ToCourier::Connect { socket: 3, to: closed, from: None });
    assert_eq!(daemon.opened(), Err(NotOpened::Kernel { errno: Errno::ECONNREFUSED as i32 }));
    daemon.says_nothing();
}

#[test]
fn streams_are_accepted_from_granted_peers_and_one_of_them_takes_not_all_places() {
    let port = free_port();
    let mut daemon = Daemon::new(&[format!("listen 127.0.0.2/31 {port}")]);
    daemon.say(ToCourier::Listen { socket: 4, port });
    assert_eq!(daemon.opened().unwrap().port(), port);
    let mut stranger = stream_from(9, port);
    assert_eq!(stranger.read(&mut [0; 1]).unwrap(), 0, "it is closed without a word");
    let mut crowd = Vec::new();
    for _ in 0..caps::COURIER_STREAMS_OF_PEER {
        let peer = stream_from(2, port);
        let FromCourier::Accepted { listener: 4, socket, from } = daemon.hear() else { panic!("it is not accepted") };
        assert!(socket >= FIRST_ACCEPTED && from == peer.local_addr().unwrap());
        crowd.push((peer, socket));
    }
    let mut further = stream_from(2, port);
    assert_eq!(further.read(&mut [0; 1]).unwrap(), 0);
    let mut other = stream_from(3, port);
    let FromCourier::Accepted { socket, .. } = daemon.hear() else { panic!("the other is kept out") };
    other.write_all(b"GET /").unwrap();
    assert_eq!(daemon.hear(), FromCourier::Read { socket, data: b"GET /".to_vec() });
    daemon.say(ToCourier::Close { socket });
    assert_eq!(daemon.hear(), FromCourier::Closed { socket, errno: None });
    assert_eq!(other.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn what_a_peer_does_not_read_waits_within_the_window_and_no_further() {
    let server = TcpListener::bind(neighbour(2)).unwrap();
    let at = server.local_addr().unwrap();
    let mut daemon = Daemon::new(&[format!("tcp {at}")]);
    daemon.say(ToCourier::Connect { socket: 3, to: at, from: None });
    daemon.opened().unwrap();
    let (mut peer, _) = server.accept().unwrap();
    let (mut sent, mut written) = (0_usize, 0_usize);
    // Until the kernel's own room is full: only then does the window fill.
    loop {
        daemon.say(ToCourier::Write { socket: 3, data: vec![7; MAX_PART] });
        sent += MAX_PART;
        while let Some(message) = daemon.hear_within(PollTimeout::from(5_u16)) {
            let FromCourier::Written { socket: 3, octets } = message else { panic!("{message:?}") };
            written += usize::try_from(octets).unwrap();
        }
        if sent - written + MAX_PART > WINDOW {
            break;
        }
    }
    // What waits arrives once it is read.
    let mut received = 0;
    let mut buffer = vec![0; 1 << 20];
    while received < sent {
        received += peer.read(&mut buffer).unwrap();
    }
    while written < sent {
        let FromCourier::Written { octets, .. } = daemon.hear() else { panic!("no word of the rest") };
        written += usize::try_from(octets).unwrap();
    }
    assert_eq!((received, written), (sent, sent));
    // Beyond the window the stream ends.
    daemon.say(ToCourier::Write { socket: 3, data: vec![7; MAX_PART + 1] });
    assert_eq!(daemon.hear(), FromCourier::Closed { socket: 3, errno: Some(Errno::ENOBUFS as i32) });
}

#[test]
fn names_and_places_of_sockets_run_out_and_come_back() {
    let port = free_port();
    let mut daemon = Daemon::new(&["udp 127.0.0.2:9".to_owned(), format!("udp subnet lo {port}")]);
    let to: SocketAddr = "127.0.0.2:9".parse().unwrap();
    let open = |socket: SocketId| ToCourier::OpenDatagrams { socket, to, from: None };
    for socket in 0..u32::try_from(caps::COURIER_SOCKETS).unwrap() {
        daemon.say(open(socket));
        daemon.opened().unwrap();
    }
    for socket in [0, 1000, FIRST_ACCEPTED] {
        daemon.say(open(socket));
        assert_eq!(daemon.opened(), Err(NotOpened::Full), "{socket}");
    }
    daemon.say(ToCourier::Close { socket: 5 });
    assert_eq!(daemon.hear(), FromCourier::Closed { socket: 5, errno: None });
    daemon.say(ToCourier::ReceiveDatagrams { socket: 5, port });
    daemon.opened().unwrap();
    // What is said to a socket that is not there, or is of another kind, does nothing.
    daemon.say(ToCourier::Write { socket: 5, data: vec![1] });
    daemon.say(ToCourier::Finish { socket: 77 });
    daemon.say(ToCourier::SendDatagram { socket: 77, to: None, data: vec![1] });
    daemon.say(ToCourier::Close { socket: 77 });
    daemon.says_nothing();
}

#[test]
fn a_daemon_of_another_role_or_before_its_greeting_is_given_up() {
    let first = [
        ToCourier::Hello { version: VERSION, role: Role::Station },
        ToCourier::Hello { version: VERSION + 1, role: Role::AccessPoint },
        ToCourier::Close { socket: 1 },
    ];
    for message in first {
        let grant = Grant::parse("role: access-point\n").unwrap();
        let (ours, couriers) = pair().unwrap();
        let line: Channel<ToCourier, FromCourier> = Channel::new(ours).unwrap();
        line.send(&message, None).unwrap();
        serve(couriers, grant).unwrap();
    }
}
