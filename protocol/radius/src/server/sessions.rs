//! Conversations by State.

use alloc::collections::{BTreeMap, VecDeque};
use core::net::IpAddr;
use core::time::Duration;
use wire::{Instant, Reader};

use super::{Env, Origin, Peer, StreamId};
use crate::Discard;

/// Names a conversation. Random: who has not been told cannot guess it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// What State says (RFC 2865 5.24): which conversation, and how far it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    id: SessionId,
    round: u32,
}

impl State {
    pub(super) fn parse(value: &[u8]) -> Option<State> {
        let mut reader = Reader::new(value);
        let id = SessionId(reader.u64_be("State").ok()?);
        let round = reader.u32_be("State").ok()?;
        reader.finish("State").ok()?;
        Some(State { id, round })
    }
}

/// Who may go on with a conversation: the same host, from whatever port, or the same stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Host(IpAddr),
    Stream(StreamId),
}

impl Owner {
    const fn of(peer: Peer) -> Owner {
        match peer {
            Peer::Datagram(from) => Owner::Host(from.ip()),
            Peer::Stream(id) => Owner::Stream(id),
        }
    }
}

#[derive(Debug)]
struct Session<C> {
    conversation: C,
    owner: Owner,
    round: u32,
    waiting: Option<Origin>,
    moved: Instant,
}

#[derive(Debug)]
pub(super) struct Sessions<C> {
    idle: Duration,
    limit: usize,
    held: BTreeMap<SessionId, Session<C>>,
    /// Every session stands here once, with a moment at which it was not idle.
    order: VecDeque<(Instant, SessionId)>,
}

impl<C> Sessions<C> {
    pub(super) fn new(idle: Duration, limit: usize) -> Sessions<C> {
        Sessions { idle, limit: limit.max(1), held: BTreeMap::new(), order: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn insert(&mut self, conversation: C, peer: Peer, env: &mut Env<'_>) -> SessionId {
        self.expire(env.now);
        while self.held.len() >= self.limit {
            if !self.end_idlest() {
                break;
            }
        }
        let mut octets = [0; 8];
        env.rng.fill(&mut octets);
        let id = SessionId(u64::from_be_bytes(octets));
        let owner = Owner::of(peer);
        self.held.insert(id, Session { conversation, owner, round: 0, waiting: None, moved: env.now });
        self.order.push_back((env.now, id));
        id
    }

    /// Ends the session that was idle longest, near enough: one that moved since it was looked at last goes to the end.
    fn end_idlest(&mut self) -> bool {
        while let Some((seen, id)) = self.order.pop_front() {
            match self.held.get(&id).map(|session| session.moved) {
                Some(moved) if moved > seen => self.order.push_back((moved, id)),
                Some(_) => return self.held.remove(&id).is_some(),
                None => {}
            }
        }
        false
    }

    /// `None` if there is no such conversation of this peer.
    pub(super) fn check(&self, state: State, peer: Peer) -> Option<Result<SessionId, Discard>> {
        let session = self.held.get(&state.id).filter(|session| session.owner == Owner::of(peer))?;
        if session.waiting.is_some() {
            return Some(Err(Discard::InProgress));
        }
        // An older part of it that was late: it has been answered.
        if session.round != state.round {
            return Some(Err(Discard::NoSession));
        }
        Some(Ok(state.id))
    }

    pub(super) fn conversation(&mut self, id: SessionId, now: Instant) -> Option<&mut C> {
        let session = self.held.get_mut(&id)?;
        session.moved = now;
        Some(&mut session.conversation)
    }

    /// Counts a round, and gives the State of it.
    pub(super) fn next_state(&mut self, id: SessionId) -> Option<[u8; 12]> {
        let session = self.held.get_mut(&id)?;
        session.round = session.round.wrapping_add(1);
        let mut state = [0; 12];
        let octets = id.0.to_be_bytes().into_iter().chain(session.round.to_be_bytes());
        for (to, from) in state.iter_mut().zip(octets) {
            *to = from;
        }
        Some(state)
    }

    pub(super) fn wait(&mut self, id: SessionId, origin: Origin) {
        if let Some(session) = self.held.get_mut(&id) {
            session.waiting = Some(origin);
        }
    }

    pub(super) fn waiting(&mut self, id: SessionId, now: Instant) -> Option<(&mut C, Origin)> {
        let session = self.held.get_mut(&id)?;
        let origin = session.waiting.take()?;
        session.moved = now;
        Some((&mut session.conversation, origin))
    }

    pub(super) fn remove(&mut self, id: SessionId) {
        self.held.remove(&id);
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((seen, id)) = self.order.front().copied() {
            match self.held.get(&id).map(|session| session.moved) {
                None => {
                    self.order.pop_front();
                }
                Some(_) if now.since(seen) < self.idle => break,
                Some(moved) => {
                    self.order.pop_front();
                    if now.since(moved) < self.idle {
                        self.order.push_back((moved, id));
                    } else {
                        self.held.remove(&id);
                    }
                }
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.order.front().map(|(seen, _)| *seen + self.idle)
    }
}
