//! What was answered already (RFC 5080 2.2.2).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use wire::Instant;

use super::Peer;

/// What is known of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// Nothing: from now on it is being worked on.
    New,
    /// The answer.
    Answered(&'a [u8]),
    /// It is being worked on.
    InProgress,
}

#[derive(Debug)]
struct Request {
    authenticator: [u8; 16],
    answer: Option<Vec<u8>>,
    at: Instant,
}

/// Source ports and streams with their requests, by identifier.
#[derive(Debug)]
pub(super) struct Peers {
    remember: Duration,
    limit: usize,
    known: BTreeMap<Peer, BTreeMap<u8, Request>>,
    /// Requests in the order in which they came.
    order: VecDeque<(Instant, Peer, u8)>,
}

impl Peers {
    pub(super) const fn new(remember: Duration, limit: usize) -> Peers {
        Peers { remember, limit, known: BTreeMap::new(), order: VecDeque::new() }
    }

    pub(super) fn known(&mut self, peer: Peer, identifier: u8, authenticator: &[u8; 16], now: Instant) -> Known<'_> {
        self.expire(now);
        while self.known.len() >= self.limit && !self.known.contains_key(&peer) {
            let Some((_, oldest, _)) = self.order.front().copied() else { break };
            self.forget(oldest);
            self.trim();
        }
        let requests = self.known.entry(peer).or_default();
        let same = requests.get(&identifier).is_some_and(|request| request.authenticator == *authenticator);
        if !same {
            requests.insert(identifier, Request { authenticator: *authenticator, answer: None, at: now });
            self.order.push_back((now, peer, identifier));
            return Known::New;
        }
        let Some(request) = requests.get_mut(&identifier) else { return Known::New };
        // Who has asked twice may ask again, and waits longer each time.
        if request.at < now {
            request.at = now;
            self.order.push_back((now, peer, identifier));
        }
        match request.answer.as_deref() {
            Some(answer) => Known::Answered(answer),
            None => Known::InProgress,
        }
    }

    pub(super) fn answered(&mut self, peer: Peer, identifier: u8, authenticator: &[u8; 16], answer: &[u8]) {
        let request = self.known.get_mut(&peer).and_then(|requests| requests.get_mut(&identifier));
        // Another request may have taken the identifier meanwhile.
        if let Some(request) = request.filter(|request| request.authenticator == *authenticator) {
            request.answer = Some(answer.to_vec());
        }
    }

    /// A request that gets no answer: should it come again it is new.
    pub(super) fn drop_request(&mut self, peer: Peer, identifier: u8) {
        if let Some(requests) = self.known.get_mut(&peer) {
            requests.remove(&identifier);
        }
    }

    pub(super) fn forget(&mut self, peer: Peer) {
        self.known.remove(&peer);
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((at, peer, identifier)) = self.order.front().copied()
            && now.since(at) >= self.remember
        {
            self.order.pop_front();
            let Some(requests) = self.known.get_mut(&peer) else { continue };
            // Not the one that has the identifier by now.
            if requests.get(&identifier).is_some_and(|request| request.at == at) {
                requests.remove(&identifier);
            }
            if requests.is_empty() {
                self.known.remove(&peer);
            }
        }
    }

    /// Drops what stands in front for peers that are forgotten.
    fn trim(&mut self) {
        while let Some((_, peer, _)) = self.order.front()
            && !self.known.contains_key(peer)
        {
            self.order.pop_front();
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.order.front().map(|(at, ..)| *at + self.remember)
    }
}
