//! Streams: opened ones until the peer has accepted, and what is on its way either way.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use ipc_proto::courier::{FromCourier, MAX_PART, NotOpened, SocketId, WINDOW};
use nix::errno::Errno;
use nix::poll::PollFlags;

use super::{errno, failed};

/// Most parts of one stream before others have their turn.
const TURN: usize = 4;

/// A stream with a peer.
pub(super) struct Stream {
    socket: TcpStream,
    peer: IpAddr,
    state: State,
    /// What the network has not taken yet.
    pending: VecDeque<u8>,
    /// The daemon sends nothing further.
    finishing: bool,
    /// The peer sends nothing further.
    finished: bool,
    told: Vec<Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    /// It has ended, and why, if not regularly.
    Ended(Option<i32>),
}

/// What the daemon is to hear.
enum Told {
    Opened(Result<SocketAddr, NotOpened>),
    Read(Vec<u8>),
    Written(u32),
}

impl Stream {
    fn new(socket: TcpStream, peer: IpAddr, state: State) -> Stream {
        let (pending, told) = (VecDeque::new(), Vec::new());
        Stream { socket, peer, state, pending, finishing: false, finished: false, told }
    }

    pub(super) fn connecting(socket: TcpStream, peer: IpAddr) -> Stream {
        Stream::new(socket, peer, State::Connecting)
    }

    pub(super) fn accepted(socket: TcpStream, peer: IpAddr) -> Stream {
        Stream::new(socket, peer, State::Open)
    }

    pub(super) const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whom the kernel has it connected with.
    #[cfg(feature = "fuzz")]
    pub(super) fn connected(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// Octets that the network has not taken yet.
    #[cfg(feature = "fuzz")]
    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn interest(&self, hears: bool) -> PollFlags {
        match self.state {
            State::Connecting => PollFlags::POLLOUT,
            State::Open => {
                let mut flags = PollFlags::empty();
                flags.set(PollFlags::POLLIN, hears && !self.finished);
                flags.set(PollFlags::POLLOUT, !self.pending.is_empty());
                flags
            }
            State::Ended(_) => PollFlags::empty(),
        }
    }

    /// Takes what has come and sends what waits.
    pub(super) fn pump(&mut self, flags: PollFlags) {
        if self.state == State::Connecting {
            match self.socket.take_error() {
                Ok(None) if flags.contains(PollFlags::POLLOUT) => {
                    self.state = State::Open;
                    let local = self.socket.local_addr().map_err(|error| failed(&error));
                    self.told.push(Told::Opened(local));
                }
                Ok(None) => {}
                Ok(Some(error)) | Err(error) => return self.fail(&error),
            }
        }
        if flags.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
            self.read();
        }
        self.send();
    }

    fn read(&mut self) {
        for _ in 0..TURN {
            if self.finished || self.state != State::Open {
                return;
            }
            let mut data = vec![0; MAX_PART];
            match self.socket.read(&mut data) {
                Ok(length) => {
                    self.finished = length == 0;
                    data.truncate(length);
                    data.shrink_to_fit();
                    self.told.push(Told::Read(data));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.fail(&error),
            }
        }
    }

    /// Sends octets after those that wait. A daemon that sends beyond the window loses the stream: what it says would be
    /// in nobody's memory.
    pub(super) fn write(&mut self, data: &[u8]) {
        if self.pending.len().saturating_add(data.len()) > WINDOW || data.len() > MAX_PART {
            return self.fail(&Errno::ENOBUFS.into());
        }
        if self.finishing {
            return self.fail(&Errno::EPIPE.into());
        }
        self.pending.extend(data);
        self.send();
    }

    /// Nothing further is sent once what waits has been.
    pub(super) fn finish(&mut self) {
        self.finishing = true;
        self.send();
    }

    fn send(&mut self) {
        while self.state == State::Open && !self.pending.is_empty() {
            match self.socket.write(self.pending.as_slices().0) {
                Ok(length) => {
                    self.pending.drain(..length.min(self.pending.len()));
                    self.told.push(Told::Written(u32::try_from(length).unwrap_or(u32::MAX)));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.fail(&error),
            }
        }
        if self.state == State::Open && self.finishing && self.pending.is_empty() {
            if self.finished {
                self.state = State::Ended(None);
            } else if let Err(error) = self.socket.shutdown(Shutdown::Write)
                && error.kind() != io::ErrorKind::NotConnected
            {
                self.fail(&error);
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        if self.state == State::Connecting {
            self.told.push(Told::Opened(Err(failed(error))));
        }
        if !matches!(self.state, State::Ended(_)) {
            self.state = State::Ended(Some(errno(error)));
        }
    }

    /// What the daemon is to hear of a stream of this name, and whether it has ended.
    pub(super) fn told(&mut self, socket: SocketId) -> (Vec<FromCourier>, bool) {
        let refused = self.told.iter().any(|told| matches!(told, Told::Opened(Err(_))));
        let message = |told| match told {
            Told::Opened(result) => FromCourier::Opened { socket, result },
            Told::Read(data) => FromCourier::Read { socket, data },
            Told::Written(octets) => FromCourier::Written { socket, octets },
        };
        let mut messages: Vec<FromCourier> = self.told.drain(..).map(message).collect();
        let State::Ended(errno) = self.state else { return (messages, false) };
        // One that was never opened has no end.
        messages.extend((!refused).then_some(FromCourier::Closed { socket, errno }));
        (messages, true)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
