//! The server's side: the keys of its peers' conversations.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use super::ErpKeys;
use super::message::{Reauth, Written};
use crate::packet::Code;
use crate::{Ignored, Keys};

/// What a server has of its peers' earlier conversations: so many at most, each for so long.
#[derive(Debug)]
pub struct ErpStore {
    realm: Vec<u8>,
    limit: usize,
    lifetime: Duration,
    known: BTreeMap<Vec<u8>, Known>,
    /// Their names, what expires first in front: all live equally long.
    order: VecDeque<(Instant, Vec<u8>)>,
}

#[derive(Debug)]
struct Known {
    keys: ErpKeys,
    identity: Vec<u8>,
    until: Instant,
    /// The last sequence number that was taken, with its packet and the answer.
    last: Option<(u16, [u8; 32], Vec<u8>)>,
}

/// What is answered to an EAP-Initiate/Re-auth.
#[derive(Debug, PartialEq, Eq)]
pub enum ErpAnswer {
    /// The peer has the key.
    Success {
        /// EAP-Finish/Re-auth.
        packet: Vec<u8>,
        /// Who it is, as the whole method has found out.
        identity: Vec<u8>,
        /// rMSK.
        keys: Keys,
    },
    /// Nobody has a key of this name: the peer needs the whole method.
    Failure {
        /// EAP-Finish/Re-auth, which nobody can protect.
        packet: Vec<u8>,
    },
}

impl ErpStore {
    /// An empty one, for peers of this realm.
    #[must_use]
    pub const fn new(realm: Vec<u8>, limit: usize, lifetime: Duration) -> ErpStore {
        ErpStore { realm, limit, lifetime, known: BTreeMap::new(), order: VecDeque::new() }
    }

    /// Keeps the keys of a conversation that has succeeded; says whether they are fit for it. With no room left, what
    /// expires first is forgotten.
    pub fn add(&mut self, keys: &Keys, identity: &[u8], now: Instant) -> bool {
        let Some(keys) = ErpKeys::new(keys, &self.realm) else { return false };
        if self.limit == 0 {
            return false;
        }
        while self.order.front().is_some_and(|(until, _)| now >= *until) || self.known.len() >= self.limit {
            let Some((until, name)) = self.order.pop_front() else { break };
            if self.known.get(&name).is_some_and(|known| known.until == until) {
                self.known.remove(&name);
            }
        }
        let until = now + self.lifetime;
        self.order.push_back((until, keys.name.clone()));
        // Told twice of the same conversation it does not take the same numbers again.
        let last = self.known.remove(&keys.name).and_then(|known| known.last);
        self.known.insert(keys.name.clone(), Known { keys, identity: identity.to_vec(), until, last });
        true
    }

    /// How many peers can come back.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nobody can.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Takes an EAP-Initiate/Re-auth (RFC 6696 5.3.2). The same packet once more is answered with the same answer; what was
    /// taken moves the sequence number on.
    ///
    /// # Errors
    /// If whoever made it does not have the key, or says again what was said before: it is to be passed over.
    pub fn handle(&mut self, packet: &[u8], now: Instant) -> Result<ErpAnswer, Ignored> {
        let initiate = Reauth::parse(packet, Code::Initiate)?;
        let (code, identifier, sequence) = (Code::Finish, initiate.identifier, initiate.sequence);
        let Some(known) = self.known.get_mut(initiate.name).filter(|known| now < known.until) else {
            let name = initiate.name;
            let written =
                Written { code, identifier, failed: true, lifetime_wanted: false, sequence, name, lifetime: None };
            return Ok(ErpAnswer::Failure { packet: written.write(None) });
        };
        if !initiate.is_authentic(&known.keys) {
            return Err(Ignored("an EAP-Initiate with a wrong tag"));
        }
        let digest = crypto::sha256(&[packet]);
        let answer = |known: &Known, packet: Vec<u8>| {
            let (identity, keys) = (known.identity.clone(), known.keys.session(sequence));
            Ok(ErpAnswer::Success { packet, identity, keys })
        };
        match &known.last {
            Some((last, same, finish)) if *last == sequence && *same == digest => return answer(known, finish.clone()),
            Some((last, _, _)) if sequence <= *last => return Err(Ignored("an EAP-Initiate from earlier")),
            Some(_) | None => {}
        }
        let left = known.until.since(now).as_secs();
        let lifetime = initiate.lifetime_wanted.then(|| u32::try_from(left).unwrap_or(u32::MAX));
        let name = &known.keys.name;
        let written = Written { code, identifier, failed: false, lifetime_wanted: false, sequence, name, lifetime };
        let finish = written.write(Some(&known.keys));
        known.last = Some((sequence, digest, finish.clone()));
        answer(known, finish)
    }
}
