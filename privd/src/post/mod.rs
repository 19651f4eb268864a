//! `privd post`: owner of a daemon's control sockets and of the few files it may read and replace.
//!
//! A client of a control socket makes its own reply socket with its own umask; an unprivileged daemon may not write
//! there. The post may (`CAP_DAC_OVERRIDE`), and does nothing else with that right: it answers addresses that wrote
//! to it, and has the files of the daemon's grant, and those that the superuser names, opened. It understands no command.
//!
//! * `sockets`, `clients`, `spare`: control sockets, who wrote to them, and their room.
//! * `files`: which files the daemon may have. `opener`: the keeper's part, which opens them. `witness`: what the
//!   superuser has named; `teller` tells privd of it. `naming`: what a text names.
//! * `places`: what either process may reach, and what is made before that.

mod clients;
mod files;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod naming;
mod opener;
mod places;
mod sockets;
mod spare;
mod teller;
mod witness;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use ipc_proto::VERSION;
use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::post::{ClientId, FromPost, ToPost};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::grant::Grant;
use zeroize::Zeroizing;

use clients::{Clients, Known};
use files::Files;
pub(crate) use opener::{LeftBehind, Line, Opener};
pub(crate) use places::{Places, groups, prepare};
use sockets::{ControlSocket, Delivery, Place};
pub(crate) use spare::Spare;
use teller::Teller;
use witness::{Names, Witness};

/// What the post is told at its start.
#[derive(Debug)]
pub(crate) struct Options {
    /// What its daemon may have.
    pub(crate) grant: Grant,
    /// The folder in which the daemon was started: files are named from there.
    pub(crate) started: Option<PathBuf>,
    /// The user and group that the post will have.
    pub(crate) own: (u32, u32),
    /// Groups by name: once confined, the post cannot look them up any more.
    pub(crate) groups: Vec<(String, u32)>,
    /// Sockets with more room than others.
    pub(crate) spare: Vec<OwnedFd>,
    /// The line to privd.
    pub(crate) witness: Option<OwnedFd>,
}

/// Most messages that wait for a daemon which does not read. Commands beyond that are dropped: their clients time out
/// and ask again, which is what they do with a busy daemon.
const BACKLOG: usize = 256;

/// Once this part of a socket's room is taken by what clients have not read, each must show that it reads: what a client
/// has that is connected to the socket has no other limit than that room, which it shares with all.
const PRESSED: usize = 8;

/// Most control sockets.
const MAX_SOCKETS: usize = 256;

/// Serves one daemon until it is gone. `opener`: the line to the keeper, who opens files.
pub(crate) fn serve(connection: OwnedFd, opener: OwnedFd, options: Options) -> io::Result<()> {
    Post::new(connection, opener, options)?.run()
}

struct Post {
    daemon: Channel<FromPost, ToPost>,
    greeted: bool,
    sockets: Vec<ControlSocket>,
    clients: Clients,
    backlog: VecDeque<(FromPost, Option<OwnedFd>)>,
    files: Files,
    witness: Witness,
    teller: Teller,
    options: Options,
    spare: Vec<OwnedFd>,
}

/// The daemon is gone, or speaks nonsense: the post ends and takes its sockets with it.
struct End;

impl Post {
    fn new(connection: OwnedFd, opener: OwnedFd, mut options: Options) -> io::Result<Post> {
        Ok(Post {
            spare: std::mem::take(&mut options.spare),
            files: Files::new(opener, options.started.clone(), options.own.0)?,
            witness: Witness::new(),
            teller: Teller::new(options.witness.take()),
            daemon: Channel::new(connection)?,
            greeted: false,
            sockets: Vec::new(),
            clients: Clients::new(),
            backlog: VecDeque::new(),
            options,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        loop {
            let (daemon, ready) = self.wait()?;
            if daemon && self.drain_daemon().is_err() {
                return Ok(());
            }
            self.teller.serve();
            let quiet = !daemon && ready.is_empty();
            for index in ready {
                self.drain_socket(index);
            }
            self.retry(quiet);
            self.settle();
            if self.flush().is_err() {
                return Ok(());
            }
        }
    }

    /// Waits until something is readable (or, with a backlog, the daemon takes more).
    fn wait(&self) -> io::Result<(bool, Vec<usize>)> {
        let mut interest = PollFlags::POLLIN;
        if !self.backlog.is_empty() {
            interest |= PollFlags::POLLOUT;
        }
        let mut polled = vec![PollFd::new(self.daemon.as_fd(), interest)];
        polled.extend(self.sockets.iter().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)));
        polled.extend(self.teller.as_fd().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        let timeout = self.clients.retry_in().map_or(PollTimeout::NONE, PollTimeout::from);
        match poll(&mut polled, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let fired = |polled: &PollFd<'_>| polled.any().unwrap_or(false);
        let daemon = polled.first().is_some_and(fired);
        let sockets = polled.iter().skip(1).take(self.sockets.len());
        let ready = sockets.enumerate().filter(|(_, p)| fired(p)).map(|(index, _)| index).collect();
        Ok((daemon, ready))
    }

    fn drain_daemon(&mut self) -> Result<(), End> {
        loop {
            match self.daemon.receive() {
                Ok((message, _)) => self.handle(message)?,
                Err(ChannelError::WouldBlock) => return Ok(()),
                Err(ChannelError::Closed) => return Err(End),
                Err(ChannelError::Codec(error)) => {
                    tracing::error!("the daemon sent {error}");
                    return Err(End);
                }
                Err(ChannelError::Io(error)) => {
                    tracing::error!("the connection to the daemon failed: {error}");
                    return Err(End);
                }
            }
        }
    }

    fn handle(&mut self, message: ToPost) -> Result<(), End> {
        match message {
            ToPost::Hello { version, role, configurations } => {
                if self.greeted || version != VERSION {
                    tracing::error!("the daemon greets with version {version}; this post speaks {VERSION}");
                    return Err(End);
                }
                if role != self.options.grant.role {
                    tracing::error!(
                        "the daemon says that it is {role:?}; the grant is for {:?}",
                        self.options.grant.role
                    );
                    return Err(End);
                }
                self.greeted = true;
                self.files.begin_with(configurations, &self.options.grant);
                self.tell(FromPost::Welcome { version: VERSION }, None);
            }
            _ if !self.greeted => return Err(End),
            ToPost::Open { socket, path, group } => {
                let result = self.open(socket, &path, group.as_deref());
                if let Err(why) = &result {
                    tracing::warn!("control socket {path}: {why}");
                }
                self.tell(FromPost::Opened { socket, result }, None);
            }
            ToPost::Close { socket } => {
                self.sockets.retain(|open| open.id != socket);
                self.clients.forget_socket(socket);
                self.witness.forget(socket);
            }
            ToPost::Send { clients, data } => {
                for client in clients {
                    self.send(client, &data);
                }
            }
            ToPost::ReadFile { token, path } => match self.files.read(&path, &self.options.grant, &self.witness) {
                Ok(file) => {
                    if self.is_the_superusers_word(Path::new(&path), &file) {
                        self.teller.written(&file);
                    }
                    self.tell(FromPost::FileRead { token, result: Ok(()) }, Some(file));
                }
                Err(why) => self.tell(FromPost::FileRead { token, result: Err(why) }, None),
            },
            ToPost::WriteFile { token, path, data, last } => {
                let data = Zeroizing::new(data);
                let done = self.files.write(token, &path, &data, last, &self.options.grant, &self.witness);
                if let Some(result) = done {
                    self.tell(FromPost::FileWritten { token, result }, None);
                }
            }
            ToPost::ReopenLog => match self.files.log() {
                Ok(file) => self.tell(FromPost::Log { result: Ok(()) }, Some(file)),
                Err(why) => self.tell(FromPost::Log { result: Err(why) }, None),
            },
        }
        Ok(())
    }

    /// Does what stands in this file count as said by the superuser? He named it in a command, or only he may write it; and
    /// the daemon cannot have it replaced, or it would be the daemon's own word.
    fn is_the_superusers_word(&self, path: &Path, file: &OwnedFd) -> bool {
        let grant = &self.options.grant;
        let replaceable = self.witness.allows_saving() || grant.replaces(path).is_ok();
        let named = || self.witness.named(&Names::of_file(path, self.options.started.as_deref()));
        !replaceable && (self.files.is_the_superusers(file) || named())
    }

    fn open(&mut self, id: u32, path: &str, group: Option<&str>) -> Result<(), String> {
        if self.sockets.iter().any(|open| open.id == id) {
            return Err("it is open already".into());
        }
        if self.sockets.len() >= MAX_SOCKETS {
            return Err(format!("more than {MAX_SOCKETS} control sockets"));
        }
        let grant = &self.options.grant;
        if let Err(lacking) = grant.serves(Path::new(path), group) {
            let folder = Path::new(path).parent().filter(|_| grant.witness && files::is_plain(Path::new(path)));
            // A group that the grant has is for whatever folder the superuser names.
            let group = group.filter(|group| !grant.groups().any(|granted| granted == *group));
            let names = folder.map(|folder| Names::of_folder(folder, self.options.started.as_deref(), group));
            let vouched =
                names.is_some_and(|names| self.witness.named(&names) || self.files.named_in_file(&names, grant));
            if !vouched {
                return Err(lacking.to_string());
            }
        }
        let place = Place { path, group, groups: &self.options.groups, own: self.options.own };
        self.sockets.push(ControlSocket::open(id, &place, &mut self.spare)?);
        Ok(())
    }

    fn drain_socket(&mut self, index: usize) {
        // A batch a round: a client that floods one socket does not starve the others.
        for _ in 0..16 {
            let Some(socket) = self.sockets.get_mut(index) else { return };
            let Some(datagram) = socket.receive() else { return };
            let known = Known { socket: socket.id, address: datagram.from, pin: datagram.pin, uid: datagram.uid };
            let (unread, room) = socket.unread();
            let socket = socket.id;
            let crowded = unread >= room / 2 && self.clients.is_new(&known);
            if crowded && datagram.uid != 0 && self.clients.heaviest(socket) == Some(datagram.uid) {
                // Whoever leaves so much unread gets no further address to do so.
                continue;
            }
            let uid = datagram.uid;
            if uid == 0 {
                self.witness.hear(socket, &datagram.data);
                self.teller.said(&datagram.data);
            }
            let (client, evicted) = self.clients.of(known);
            if let Some(client) = evicted {
                self.tell(FromPost::Gone { client }, None);
            }
            if self.backlog.len() < BACKLOG {
                self.tell(FromPost::Command { socket, client, uid, data: datagram.data }, None);
            }
        }
    }

    fn send(&mut self, client: ClientId, data: &[u8]) {
        let Some(known) = self.clients.get(client) else { return };
        let Some(socket) = self.sockets.iter().find(|open| open.id == known.socket) else { return };
        // In order: behind what waits already.
        let (unread, room) = socket.unread();
        let delivery = if self.clients.next(client).is_some() { Delivery::Full } else { socket.send(known, data) };
        match delivery {
            Delivery::Done => {
                let trial = if unread >= room / PRESSED { self.clients.trial(client) } else { None };
                let deaf = trial.is_some_and(|patience| {
                    let read = socket.is_read(unread, patience);
                    self.clients.tried(client, read)
                });
                self.clients.delivered(client, data.len());
                if deaf {
                    self.gone(client);
                }
            }
            Delivery::Full if self.clients.keep(client, data) => {}
            Delivery::Full | Delivery::Dead => self.gone(client),
        }
    }

    /// Where nothing is unread, nobody has left anything.
    fn settle(&mut self) {
        for socket in self.sockets.iter().filter(|socket| socket.unread().0 <= 1) {
            self.clients.all_read(socket.id);
        }
    }

    fn gone(&mut self, client: ClientId) {
        self.clients.forget(client);
        self.tell(FromPost::Gone { client }, None);
    }

    /// Sends what waits for clients. `count`: enough time has passed for a client to have read.
    fn retry(&mut self, count: bool) {
        for client in self.clients.waiting() {
            while let (Some(known), Some(data)) = (self.clients.get(client), self.clients.next(client)) {
                let Some(socket) = self.sockets.iter().find(|open| open.id == known.socket) else { break };
                match socket.send(known, data) {
                    Delivery::Done => self.clients.advance(client),
                    Delivery::Full => {
                        if count && !self.clients.refused(client) {
                            self.gone(client);
                        }
                        break;
                    }
                    Delivery::Dead => self.gone(client),
                }
            }
        }
    }

    fn tell(&mut self, message: FromPost, descriptor: Option<OwnedFd>) {
        self.backlog.push_back((message, descriptor));
    }

    fn flush(&mut self) -> Result<(), End> {
        while let Some((message, descriptor)) = self.backlog.front() {
            let descriptor: Option<BorrowedFd<'_>> = descriptor.as_ref().map(|fd| fd.as_fd());
            match self.daemon.send(message, descriptor) {
                Ok(()) => {
                    self.backlog.pop_front();
                }
                Err(ChannelError::WouldBlock) => return Ok(()),
                Err(ChannelError::Codec(error)) => {
                    tracing::error!("a message was not sent: {error}");
                    self.backlog.pop_front();
                }
                Err(ChannelError::Closed | ChannelError::Io(_)) => return Err(End),
            }
        }
        Ok(())
    }
}
