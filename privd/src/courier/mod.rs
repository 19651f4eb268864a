//! `privd-courier`: a daemon's sockets on the network, with the peers that its grant names and nobody else.
//!
//! A daemon can make no socket itself, and is given none: a connected datagram socket can still name any address, and a
//! stream can be connected anew. So it says what is to be sent, and this says what has come. No capability is held here,
//! and no octet that travels is read: a server that lies, or a stranger in a granted subnet, speaks to a process that
//! only counts octets.
//!
//! * `datagrams`: sockets for one server, for a port of ours, for a multicast group. `correspondents`: who may be answered.
//! * `streams`: opened and accepted ones. `interfaces`: the subnets of interfaces. `open`: how sockets are made.

mod correspondents;
mod datagrams;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interfaces;
mod open;
mod streams;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::courier::{FIRST_ACCEPTED, FromCourier, NotOpened, SocketId, ToCourier};
use ipc_proto::{VERSION, codec};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::caps;
use policy::grant::{Grant, Lacking, Transport};
use tracing::{error, info};

use datagrams::Datagrams;
use interfaces::Interfaces;
use streams::Stream;

/// From here on nothing is taken from the network, octets that wait for the daemon.
const BUSY: usize = 1024 * 1024;
/// From here on the daemon is given up: it asks and does not read.
const HARD_CAP: usize = 8 * 1024 * 1024;
/// Most messages of the daemon, and most datagrams or streams of one socket, before others have their turn.
const TURN: usize = 32;

/// Serves one daemon until it is gone.
pub(crate) fn serve(connection: OwnedFd, grant: Grant) -> io::Result<()> {
    let mut courier = Courier::new(connection, grant)?;
    while let Ok(()) = courier.turn()? {}
    Ok(())
}

/// A socket that the daemon has named, or a stream that was accepted for it.
enum Socket {
    Datagrams(Datagrams),
    Listener { socket: TcpListener, port: u16 },
    Stream(Stream),
}

impl Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Datagrams(datagrams) => datagrams.as_fd(),
            Socket::Listener { socket, .. } => socket.as_fd(),
            Socket::Stream(stream) => stream.as_fd(),
        }
    }

    /// What is waited for. `hears`: the daemon takes more.
    fn interest(&self, hears: bool) -> PollFlags {
        match self {
            Socket::Datagrams(_) | Socket::Listener { .. } if hears => PollFlags::POLLIN,
            Socket::Datagrams(_) | Socket::Listener { .. } => PollFlags::empty(),
            Socket::Stream(stream) => stream.interest(hears),
        }
    }
}

struct Courier {
    daemon: Channel<FromCourier, ToCourier>,
    greeted: bool,
    grant: Grant,
    sockets: BTreeMap<SocketId, Socket>,
    interfaces: Interfaces,
    queue: VecDeque<codec::Encoded>,
    queued: usize,
    /// The next name for an accepted stream.
    next: SocketId,
}

/// The daemon is gone, or speaks nonsense: the courier ends, and all its sockets with it.
struct End;

fn refused(lacking: &Lacking) -> NotOpened {
    NotOpened::NotGranted(lacking.line().to_owned())
}

fn failed(error: &io::Error) -> NotOpened {
    NotOpened::Kernel { errno: errno(error) }
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::EIO as i32)
}

impl Courier {
    fn new(connection: OwnedFd, grant: Grant) -> io::Result<Courier> {
        Ok(Courier {
            daemon: Channel::new(connection)?,
            greeted: false,
            grant,
            sockets: BTreeMap::new(),
            interfaces: Interfaces::default(),
            queue: VecDeque::new(),
            queued: 0,
            next: FIRST_ACCEPTED,
        })
    }

    fn turn(&mut self) -> io::Result<Result<(), End>> {
        let (daemon, ready) = self.wait()?;
        for (socket, flags) in ready {
            self.pump(socket, flags);
        }
        if daemon && self.hear().is_err() {
            return Ok(Err(End));
        }
        Ok(self.flush())
    }

    /// Waits until something can be done; which.
    fn wait(&self) -> io::Result<(bool, Vec<(SocketId, PollFlags)>)> {
        let mut interest = PollFlags::POLLIN;
        interest.set(PollFlags::POLLOUT, !self.queue.is_empty());
        let mut polled = vec![PollFd::new(self.daemon.as_fd(), interest)];
        let hears = self.queued < BUSY;
        // Where nothing is wanted not even an error is: it would be heard of without end.
        let wanted = self.sockets.iter().filter(|(_, socket)| !socket.interest(hears).is_empty());
        let names: Vec<SocketId> = wanted.clone().map(|(name, _)| *name).collect();
        polled.extend(wanted.map(|(_, socket)| PollFd::new(socket.as_fd(), socket.interest(hears))));
        let counts = crate::log::tick().map(|wait| PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX));
        match poll(&mut polled, counts.unwrap_or(PollTimeout::NONE)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut flags = polled.iter().map(|polled| polled.revents().unwrap_or(PollFlags::empty()));
        let daemon = flags.next().is_some_and(|flags| !flags.is_empty());
        Ok((daemon, names.into_iter().zip(flags).filter(|(_, flags)| !flags.is_empty()).collect()))
    }

    fn hear(&mut self) -> Result<(), End> {
        for _ in 0..TURN {
            match self.daemon.receive() {
                Ok((message, _)) => self.handle(message)?,
                Err(ChannelError::WouldBlock) => return Ok(()),
                Err(ChannelError::Closed) => return Err(End),
                Err(why @ (ChannelError::Codec(_) | ChannelError::Io(_))) => {
                    error!("the daemon's connection: {why}");
                    return Err(End);
                }
            }
        }
        Ok(())
    }

    fn handle(&mut self, message: ToCourier) -> Result<(), End> {
        match message {
            ToCourier::Hello { version, role } => {
                if self.greeted || version != VERSION || role != self.grant.role {
                    error!("the daemon greets as {role:?} of version {version}; this is for {:?}", self.grant.role);
                    return Err(End);
                }
                self.greeted = true;
                self.tell(&FromCourier::Welcome { version: VERSION });
            }
            _ if !self.greeted => return Err(End),
            ToCourier::OpenDatagrams { socket, to, from } => self.open(socket, |courier| {
                courier.grant.sends_to(to).map_err(|lacking| refused(&lacking))?;
                courier.has_room()?;
                Datagrams::to_one(to, from).map(Socket::Datagrams).map_err(|error| failed(&error))
            }),
            ToCourier::ReceiveDatagrams { socket, port } => self.open(socket, |courier| {
                courier.grant.receives(Transport::Udp, port).map_err(|lacking| refused(&lacking))?;
                courier.has_room()?;
                Datagrams::of_port(port).map(Socket::Datagrams).map_err(|error| failed(&error))
            }),
            ToCourier::JoinGroup { socket, group, interface } => self.open(socket, |courier| {
                courier.grant.joins(group, &interface).map_err(|lacking| refused(&lacking))?;
                courier.has_room()?;
                let own = courier.interfaces.own(&interface);
                Datagrams::of_group(group, &interface, own).map(Socket::Datagrams).map_err(|error| failed(&error))
            }),
            ToCourier::Listen { socket, port } => self.open(socket, |courier| {
                courier.grant.receives(Transport::Listen, port).map_err(|lacking| refused(&lacking))?;
                courier.has_room()?;
                let socket = open::listener(port).map_err(|error| failed(&error))?;
                Ok(Socket::Listener { socket, port })
            }),
            ToCourier::Connect { socket, to, from } => self.open(socket, |courier| {
                courier.grant.connects(to, &courier.interfaces).map_err(|lacking| refused(&lacking))?;
                if !courier.has_room_for(to.ip()) {
                    return Err(NotOpened::Full);
                }
                let opened = open::connect(to, from).map_err(|error| failed(&error))?;
                Ok(Socket::Stream(Stream::connecting(opened, to.ip())))
            }),
            ToCourier::SendDatagram { socket, to, data } => {
                if let Some(Socket::Datagrams(datagrams)) = self.sockets.get_mut(&socket)
                    && let Err(error) = datagrams.send(to, &data)
                {
                    self.tell(&FromCourier::Unreached { socket, errno: errno(&error) });
                }
            }
            ToCourier::Write { socket, data } => self.of_stream(socket, |stream| stream.write(&data)),
            ToCourier::Finish { socket } => self.of_stream(socket, Stream::finish),
            ToCourier::Close { socket } => {
                if self.sockets.remove(&socket).is_some() {
                    self.tell(&FromCourier::Closed { socket, errno: None });
                }
            }
        }
        Ok(())
    }

    /// Opens a socket under a name, and says what came of it; of a stream, when that is known.
    fn open(&mut self, name: SocketId, make: impl FnOnce(&Courier) -> Result<Socket, NotOpened>) {
        let taken = name >= FIRST_ACCEPTED || self.sockets.contains_key(&name);
        let made = if taken { Err(NotOpened::Full) } else { make(self) };
        let result = match made {
            Ok(socket) => {
                let local = match &socket {
                    Socket::Datagrams(datagrams) => Some(datagrams.local()),
                    Socket::Listener { socket, .. } => Some(socket.local_addr()),
                    Socket::Stream(_) => None,
                };
                self.sockets.insert(name, socket);
                let Some(local) = local else { return };
                local.map_err(|error| failed(&error))
            }
            Err(why) => {
                info!("a socket on the network is refused: {why}");
                Err(why)
            }
        };
        self.tell(&FromCourier::Opened { socket: name, result });
    }

    /// May there be one more that is no stream?
    fn has_room(&self) -> Result<(), NotOpened> {
        let others = self.sockets.values().filter(|socket| !matches!(socket, Socket::Stream(_)));
        if others.count() < caps::COURIER_SOCKETS { Ok(()) } else { Err(NotOpened::Full) }
    }

    /// May there be one more stream with this peer?
    fn has_room_for(&self, peer: IpAddr) -> bool {
        let streams = self.sockets.values().filter_map(|socket| match socket {
            Socket::Stream(stream) => Some(stream.peer()),
            Socket::Datagrams(_) | Socket::Listener { .. } => None,
        });
        let of_peer = streams.clone().filter(|of| *of == peer).count();
        streams.count() < caps::COURIER_STREAMS && of_peer < caps::COURIER_STREAMS_OF_PEER
    }

    /// Does something with a stream; what came of it is told, and its end.
    fn of_stream(&mut self, name: SocketId, act: impl FnOnce(&mut Stream)) {
        let Some(Socket::Stream(stream)) = self.sockets.get_mut(&name) else { return };
        act(stream);
        let (told, ended) = stream.told(name);
        for message in &told {
            self.tell(message);
        }
        if ended {
            self.sockets.remove(&name);
        }
    }

    /// Takes what has come on a socket.
    fn pump(&mut self, name: SocketId, flags: PollFlags) {
        match self.sockets.get_mut(&name) {
            None => {}
            Some(Socket::Stream(_)) => self.of_stream(name, |stream| stream.pump(flags)),
            Some(Socket::Listener { .. }) => self.accept(name),
            Some(Socket::Datagrams(_)) => self.receive(name),
        }
    }

    fn receive(&mut self, name: SocketId) {
        for _ in 0..TURN {
            let Some(Socket::Datagrams(datagrams)) = self.sockets.get_mut(&name) else { return };
            let message = match datagrams.receive(&self.grant, &self.interfaces) {
                Ok(Some((from, data))) => FromCourier::Datagram { socket: name, from, data },
                Ok(None) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => FromCourier::Unreached { socket: name, errno: errno(&error) },
            };
            let unreached = matches!(message, FromCourier::Unreached { .. });
            self.tell(&message);
            if unreached || self.queued >= BUSY {
                return;
            }
        }
    }

    fn accept(&mut self, name: SocketId) {
        for _ in 0..TURN {
            let Some(Socket::Listener { socket, port }) = self.sockets.get(&name) else { return };
            let (accepted, from) = match socket.accept() {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Those who went again while they waited are nobody's matter.
                    if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionAborted) {
                        info!(stranger = "streams were not accepted", "a stream is not accepted: {error}");
                    }
                    return;
                }
            };
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
            let granted = self.grant.hears(Transport::Listen, *port, from.ip(), &self.interfaces);
            if !granted || !self.has_room_for(from.ip()) || accepted.set_nonblocking(true).is_err() {
                info!(stranger = "streams were turned away", "a stream from {from} to port {port} is turned away");
                continue;
            }
            let stream = self.name_accepted();
            self.sockets.insert(stream, Socket::Stream(Stream::accepted(accepted, from.ip())));
            self.tell(&FromCourier::Accepted { listener: name, socket: stream, from });
        }
    }

    /// A name in the upper half that no stream has.
    fn name_accepted(&mut self) -> SocketId {
        loop {
            let name = self.next;
            self.next = name.wrapping_add(1).max(FIRST_ACCEPTED);
            if !self.sockets.contains_key(&name) {
                return name;
            }
        }
    }

    fn tell(&mut self, message: &FromCourier) {
        match codec::encode(message) {
            Ok(bytes) => {
                self.queued = self.queued.saturating_add(bytes.len());
                self.queue.push_back(bytes);
            }
            Err(error) => error!("a message is not sent: {error}"),
        }
    }

    fn flush(&mut self) -> Result<(), End> {
        while let Some(bytes) = self.queue.front() {
            match self.daemon.send_bytes(bytes, None) {
                Ok(()) => {
                    self.queued = self.queued.saturating_sub(bytes.len());
                    self.queue.pop_front();
                }
                Err(ChannelError::WouldBlock) if self.queued < HARD_CAP => return Ok(()),
                Err(_) => return Err(End),
            }
        }
        Ok(())
    }
}
