//! One server of a client: its identifiers, its stream, and when it was heard last.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::sync::Arc;
use wire::Instant;

use super::Token;
use super::config::{ServerConfig, Transport};
use crate::stream::Framer;
use crate::{Code, Demand, SharedSecret};

/// Lane and identifier.
pub(super) type Slot = (u8, u8);

#[derive(Debug)]
pub(super) enum Stream {
    /// Datagrams.
    None,
    Down,
    Connecting,
    Up(Framer),
}

impl Stream {
    pub(super) fn connected(&mut self) {
        if !matches!(self, Stream::None) {
            *self = Stream::Up(Framer::new());
        }
    }

    pub(super) fn closed(&mut self) {
        if !matches!(self, Stream::None) {
            *self = Stream::Down;
        }
    }
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) secret: Arc<SharedSecret>,
    pub(super) stream: Stream,
    /// When it sent a verified reply last.
    pub(super) heard: Option<Instant>,
    demand: Demand,
    lanes: u8,
    owners: BTreeMap<Slot, Token>,
    next: Slot,
}

impl Link {
    pub(super) fn new(config: &ServerConfig) -> Link {
        let (stream, lanes) = match config.transport {
            Transport::Datagram => (Stream::None, config.lanes.max(1)),
            Transport::Stream => (Stream::Down, 1),
        };
        Link {
            secret: config.secret.clone(),
            stream,
            heard: None,
            demand: config.demand,
            lanes,
            owners: BTreeMap::new(),
            next: (0, 0),
        }
    }

    /// Whether a reply to such a request needs a Message-Authenticator.
    pub(super) fn demand(&self, request: Code, eap: bool) -> Demand {
        match request {
            Code::ACCESS_REQUEST if eap => Demand::Required,
            Code::ACCESS_REQUEST => self.demand,
            // An Access-Accept that answers Status-Server grants nothing, and the examples of RFC 5997 6 have none.
            _ => Demand::IfPresent,
        }
    }

    /// An identifier that is not in use, the one that was used longest ago first.
    pub(super) fn allocate(&mut self, token: Token) -> Option<Slot> {
        if self.owners.len() >= usize::from(self.lanes).saturating_mul(256) {
            return None;
        }
        loop {
            let slot = self.next;
            let (lane, identifier) = slot;
            self.next = match identifier.checked_add(1) {
                Some(identifier) => (lane, identifier),
                None => (lane.wrapping_add(1).checked_rem(self.lanes).unwrap_or(0), 0),
            };
            if let Entry::Vacant(free) = self.owners.entry(slot) {
                free.insert(token);
                return Some(slot);
            }
        }
    }

    pub(super) fn owner(&self, slot: Slot) -> Option<Token> {
        self.owners.get(&slot).copied()
    }

    pub(super) fn holds(&self, slot: Slot, token: Token) -> bool {
        self.owners.get(&slot) == Some(&token)
    }

    /// Frees an identifier, unless it is another request's by now.
    pub(super) fn forget(&mut self, slot: Slot, token: Token) {
        if self.holds(slot, token) {
            self.owners.remove(&slot);
        }
    }

    /// A new connection begins with all identifiers free.
    pub(super) fn forget_all(&mut self) {
        self.owners.clear();
    }
}
