//! A connection of a daemon with one of its two helpers, and how it comes back.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::codec;
use ipc_proto::keeper::FromKeeper;
use nix::poll::PollFlags;
use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, UnixAddr, connect, shutdown, socket};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{error, info, warn};
use wire::Instant;

use crate::machine::Worth;

/// Most messages that wait for a helper, but for those that must not be lost.
const MAX_WAITING: usize = 4096;
/// From this many on, what clients can ask for is let go.
const MANY_WAITING: usize = 256;

/// So many may wait for a message of this worth to be taken.
const fn most(worth: Worth) -> usize {
    match worth {
        Worth::Detail => MANY_WAITING,
        Worth::Awaited => MAX_WAITING,
        Worth::State => usize::MAX,
    }
}

/// First wait before a connection is tried again, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The keeper's end of a line is never written to: the keeper reads nothing.
pub(crate) type Line = Channel<FromKeeper, FromKeeper>;

/// Where connections come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A keeper, which sends one for each worker it starts.
    Keeper {
        /// The line to it.
        line: Line,
        /// A connection that has come already.
        first: Option<OwnedFd>,
    },
    /// A socket that others listen on.
    Socket {
        /// Where.
        path: PathBuf,
        /// A connection that stands already.
        first: Option<OwnedFd>,
    },
}

/// Connects to a listening socket.
pub(crate) fn dial(path: &Path) -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
    connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(fd)
}

#[derive(Debug)]
enum State<W, R> {
    Down,
    Greeting(Channel<W, R>),
    Up(Channel<W, R>),
}

/// What a link has to say.
#[derive(Debug)]
pub(crate) enum News<R> {
    /// A message, and the descriptor that came with it.
    Message(R, Option<OwnedFd>),
    /// The connection is gone.
    Down,
    /// There will never be another: the keeper is gone.
    Lost,
}

#[derive(Debug)]
pub(crate) struct Link<W, R> {
    name: &'static str,
    hello: W,
    source: Source,
    state: State<W, R>,
    queue: VecDeque<codec::Encoded>,
    /// Messages that were let go since the queue was empty.
    let_go: usize,
    retry_at: Option<Instant>,
    wait: Duration,
}

impl<W: Serialize, R: DeserializeOwned> Link<W, R> {
    pub(crate) fn new(name: &'static str, hello: W, mut source: Source) -> Link<W, R> {
        let first = match &mut source {
            Source::Keeper { first, .. } | Source::Socket { first, .. } => first.take(),
        };
        let mut link = Link {
            name,
            hello,
            source,
            state: State::Down,
            queue: VecDeque::new(),
            let_go: 0,
            retry_at: Some(Instant::ZERO),
            wait: FIRST_WAIT,
        };
        if let Some(fd) = first {
            link.greet(fd);
        }
        link
    }

    /// A new connection stands: says hello on it.
    fn greet(&mut self, fd: OwnedFd) {
        self.queue.clear();
        self.state = match (Channel::new(fd), codec::encode(&self.hello)) {
            (Ok(channel), Ok(hello)) => {
                self.queue.push_back(hello);
                State::Greeting(channel)
            }
            (Err(error), _) => {
                error!("{}: {error}", self.name);
                State::Down
            }
            (_, Err(error)) => {
                error!("{}: {error}", self.name);
                State::Down
            }
        };
        self.flush();
    }

    /// The hello was accepted.
    pub(crate) fn accepted(&mut self) {
        self.wait = FIRST_WAIT;
        self.state = match std::mem::replace(&mut self.state, State::Down) {
            State::Greeting(channel) | State::Up(channel) => State::Up(channel),
            State::Down => State::Down,
        };
    }

    pub(crate) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    fn channel(&mut self) -> Option<&mut Channel<W, R>> {
        match &mut self.state {
            State::Greeting(channel) | State::Up(channel) => Some(channel),
            State::Down => None,
        }
    }

    /// Ends the connection. Says whether a machine knew of it.
    fn drop_connection(&mut self, now: Instant) -> bool {
        self.queue.clear();
        self.retry_at = Some(now + self.wait);
        self.wait = self.wait.saturating_mul(2).min(LONGEST_WAIT);
        matches!(std::mem::replace(&mut self.state, State::Down), State::Up(_))
    }

    /// The other end broke the protocol: ends the connection.
    pub(crate) fn reject(&mut self, why: &dyn std::fmt::Display, now: Instant) -> Option<News<R>> {
        error!("{}: {why}", self.name);
        self.drop_connection(now).then_some(News::Down)
    }

    /// Queues a message; false if it was let go, since too much waits already or it is too long.
    pub(crate) fn send(&mut self, message: &W, worth: Worth) -> bool {
        if !self.is_up() {
            return true;
        }
        if self.queue.len() >= most(worth) {
            if self.let_go == 0 {
                warn!("{}: too slow, messages are let go", self.name);
            }
            self.let_go = self.let_go.saturating_add(1);
            return false;
        }
        match codec::encode(message) {
            Ok(bytes) => self.queue.push_back(bytes),
            Err(error) => {
                error!("{}: {error}", self.name);
                return false;
            }
        }
        self.flush();
        true
    }

    /// Sends what it can. A broken connection is noticed when it is read.
    pub(crate) fn flush(&mut self) {
        let (State::Greeting(channel) | State::Up(channel)) = &self.state else { return };
        while let Some(bytes) = self.queue.front() {
            match channel.send_bytes(bytes, None) {
                Ok(()) => {}
                Err(ChannelError::WouldBlock) => return,
                Err(ChannelError::Closed) => {
                    self.queue.clear();
                    return;
                }
                Err(error @ (ChannelError::Codec(_) | ChannelError::Io(_))) => error!("{}: {error}", self.name),
            }
            self.queue.pop_front();
        }
        let let_go = std::mem::take(&mut self.let_go);
        if let_go > 0 {
            warn!("{}: {let_go} messages were let go", self.name);
        }
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.queue.is_empty()
    }

    /// What is to be waited for: the connection, and the line of a keeper.
    pub(crate) fn interests(&self) -> [Option<(BorrowedFd<'_>, PollFlags)>; 2] {
        let connection = match &self.state {
            State::Greeting(channel) | State::Up(channel) => {
                let mut flags = PollFlags::POLLIN;
                flags.set(PollFlags::POLLOUT, !self.queue.is_empty());
                Some((channel.as_fd(), flags))
            }
            State::Down => None,
        };
        let line = match &self.source {
            Source::Keeper { line, .. } => Some((line.as_fd(), PollFlags::POLLIN)),
            Source::Socket { .. } => None,
        };
        [connection, line]
    }

    /// When the connection is to be tried again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (&self.source, &self.state) {
            (Source::Socket { .. }, State::Down) => self.retry_at,
            (Source::Socket { .. }, State::Greeting(_) | State::Up(_)) | (Source::Keeper { .. }, _) => None,
        }
    }

    /// Tries again if it is time.
    pub(crate) fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        let Source::Socket { path, .. } = &self.source else { return };
        match dial(path) {
            Ok(fd) => {
                info!("{}: connected again", self.name);
                self.greet(fd);
            }
            Err(error) => {
                warn!("{}: {}: {error}", self.name, path.display());
                self.drop_connection(now);
            }
        }
    }

    /// The next thing that the other side has said, if it has.
    pub(crate) fn receive(&mut self, now: Instant) -> Option<News<R>> {
        let name = self.name;
        let result = self.channel()?.receive();
        match result {
            Ok((message, fd)) => Some(News::Message(message, fd)),
            Err(ChannelError::WouldBlock) => None,
            Err(ChannelError::Closed) => {
                warn!("{name}: connection lost");
                self.drop_connection(now).then_some(News::Down)
            }
            Err(error @ (ChannelError::Codec(_) | ChannelError::Io(_))) => self.reject(&error, now),
        }
    }

    /// What the keeper says.
    pub(crate) fn receive_line(&mut self, now: Instant) -> Option<News<R>> {
        let Source::Keeper { line, .. } = &mut self.source else { return None };
        match line.receive() {
            Ok((FromKeeper::Started { restarts }, Some(fd))) => {
                info!("{}: started again ({restarts})", self.name);
                let down = self.drop_connection(now);
                self.greet(fd);
                down.then_some(News::Down)
            }
            Ok((FromKeeper::Started { .. }, None)) => {
                error!("{}: its keeper sent no connection", self.name);
                None
            }
            Ok((FromKeeper::Faltering { wait_ms }, _)) => {
                error!("{}: dies again and again; next try in {wait_ms} ms", self.name);
                None
            }
            Err(ChannelError::WouldBlock) => None,
            Err(error @ (ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_))) => {
                error!("{}: its keeper is gone: {error}", self.name);
                Some(News::Lost)
            }
        }
    }

    /// Lets the helper end, and gives the line on which its end can be seen.
    pub(crate) fn close(self) -> Option<Line> {
        drop(self.state);
        match self.source {
            Source::Keeper { line, .. } => {
                // A keeper that is gone already needs no telling.
                let _ = shutdown(line.as_fd().as_raw_fd(), Shutdown::Write);
                Some(line)
            }
            Source::Socket { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
