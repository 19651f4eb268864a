//! A daemon that is connected: its queue, and what it has.

use std::collections::{BTreeSet, VecDeque};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::{Event, Failure, FromPrivd, Handle, Refusal, Reply, Role, ToPrivd, codec};
use policy::grant::Grant;

/// From here on events are dropped, octets.
const SOFT_CAP: usize = 1024 * 1024;
/// From here on the client is given up.
const HARD_CAP: usize = 16 * 1024 * 1024;
/// From here on no request is taken.
const BUSY: usize = 256 * 1024;
/// From here on events are dropped, messages.
const SOFT_COUNT: usize = 8192;
/// From here on no request is taken, messages: a client that does not read its answers gets no more of them.
const BUSY_COUNT: usize = 256;
/// Most requests without an answer.
pub(super) const MAX_OUTSTANDING: usize = 64;
/// Most interfaces that a client is remembered to have lost.
const MAX_LOST: usize = 4096;

pub(super) type Connection = Channel<FromPrivd, ToPrivd>;

/// A daemon.
#[derive(Debug)]
pub(super) struct Client {
    channel: Connection,
    /// Its user, where it came by itself.
    pub(super) user: Option<u32>,
    /// What it may be.
    grants: Vec<Rc<Grant>>,
    /// What it is and may touch.
    grant: Option<Rc<Grant>>,
    /// Its own socket to nl80211: owner of its frame registrations, access points and associations.
    pub(super) netlink: OwnedFd,
    queue: VecDeque<codec::Encoded>,
    queued: usize,
    resync: bool,
    /// Requests without an answer.
    pub(super) outstanding: usize,
    /// Interfaces that it had.
    lost: BTreeSet<Handle>,
    /// Why its connection ends.
    pub(super) end: Option<End>,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The other end is gone.
    Gone,
    /// We end it.
    Refused(Refusal),
}

impl Client {
    pub(super) const fn new(
        channel: Connection,
        user: Option<u32>,
        grants: Vec<Rc<Grant>>,
        netlink: OwnedFd,
    ) -> Client {
        Client {
            channel,
            user,
            grants,
            grant: None,
            netlink,
            queue: VecDeque::new(),
            queued: 0,
            resync: false,
            outstanding: 0,
            lost: BTreeSet::new(),
            end: None,
        }
    }

    pub(super) const fn channel(&self) -> &Connection {
        &self.channel
    }

    /// What it may touch, once it has said what it is.
    pub(super) fn grant(&self) -> Option<Rc<Grant>> {
        self.grant.clone()
    }

    /// It may know of an interface of this name.
    pub(super) fn sees(&self, name: &str) -> bool {
        self.grant.as_ref().is_some_and(|grant| grant.sees(name))
    }

    /// Whether requests are taken from it now.
    pub(super) fn is_heard(&self) -> bool {
        self.queued < BUSY && self.queue.len() < BUSY_COUNT && self.end.is_none()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(super) fn lose(&mut self, handle: Handle) {
        if self.lost.len() >= MAX_LOST {
            self.lost.pop_first();
        }
        self.lost.insert(handle);
    }

    pub(super) fn has_lost(&self, handle: Handle) -> bool {
        self.lost.contains(&handle)
    }

    /// The next message of the client.
    pub(super) fn receive(&mut self) -> Option<ToPrivd> {
        match self.channel.receive() {
            // No request brings a descriptor; one that came anyway is closed here.
            Ok((message, _)) => Some(message),
            Err(ChannelError::WouldBlock) => None,
            Err(ChannelError::Closed) => self.gone(),
            Err(ChannelError::Codec(error)) => {
                tracing::warn!(%error, "a client sent bytes that are no message");
                self.refuse(Refusal::Malformed);
                None
            }
            Err(ChannelError::Io(error)) => {
                tracing::debug!(%error, "receiving from a client");
                self.gone()
            }
        }
    }

    const fn gone(&mut self) -> Option<ToPrivd> {
        if self.end.is_none() {
            self.end = Some(End::Gone);
        }
        None
    }

    /// Ends the connection.
    pub(super) const fn refuse(&mut self, refusal: Refusal) {
        if self.end.is_none() {
            self.end = Some(End::Refused(refusal));
        }
    }

    fn push(&mut self, message: &FromPrivd) {
        match codec::encode(message) {
            Ok(bytes) => {
                self.queued = self.queued.saturating_add(bytes.len());
                self.queue.push_back(bytes);
                if self.queued > HARD_CAP {
                    self.refuse(Refusal::Flood);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a message for a client cannot be encoded");
                self.resync = true;
            }
        }
    }

    /// Its first message.
    pub(super) fn greet(&mut self, version: u16, role: Role) {
        let grant = self.grants.iter().find(|grant| grant.role == role);
        match grant {
            _ if self.grant.is_some() => self.refuse(Refusal::Violation),
            _ if version != ipc_proto::VERSION => self.refuse(Refusal::Version { ours: ipc_proto::VERSION }),
            None => self.refuse(Refusal::Role),
            Some(grant) => {
                self.grant = Some(Rc::clone(grant));
                self.push(&FromPrivd::Welcome { version: ipc_proto::VERSION, role });
            }
        }
    }

    pub(super) fn reply(&mut self, id: u32, result: Result<Reply, Failure>) {
        self.push(&FromPrivd::Reply { id, result });
    }

    pub(super) fn event(&mut self, event: Event) {
        if self.grant.is_none() {
            return;
        }
        if self.queued > SOFT_CAP || self.queue.len() > SOFT_COUNT || self.resync {
            self.resync = true;
        } else {
            self.push(&FromPrivd::Event(event));
        }
    }

    /// Events were lost; the client hears so once.
    pub(super) const fn lost_events(&mut self) {
        self.resync = true;
    }

    /// Sends what can be sent.
    pub(super) fn flush(&mut self) {
        loop {
            if self.queue.is_empty() && self.resync && self.grant.is_some() {
                self.resync = false;
                self.push(&FromPrivd::Event(Event::Resync));
            }
            let Some(bytes) = self.queue.front() else { return };
            match self.channel.send_bytes(bytes, None) {
                Ok(()) => {
                    self.queued = self.queued.saturating_sub(bytes.len());
                    self.queue.pop_front();
                }
                Err(ChannelError::WouldBlock) => return,
                Err(ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_)) => {
                    let _ = self.gone();
                    return;
                }
            }
        }
    }

    /// Last words.
    pub(super) fn farewell(&mut self) {
        if let Some(End::Refused(refusal)) = self.end {
            self.flush();
            let _ = self.channel.send(&FromPrivd::Refused(refusal), None);
        }
    }
}
