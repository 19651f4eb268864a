//! Refuses to install a key that is installed already, or, of pairwise keys, that was installed ever before.
//!
//! A station that is made to install a key anew starts its packet numbers anew (CVE-2017-13077 and its kin). The
//! daemons' machines do not do that; should they be wrong or taken over, this is the second lock. A pairwise key is
//! that of one handshake: it comes once, so it is remembered with its peer whatever its index was, and however it was
//! deleted. What is kept is a digest under a random key of this process, not the key.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hmac::{Hmac, KeyInit, Mac};
use ipc_proto::{KeyKind, LinkId};
use sha2::Sha256;
use wire::MacAddr;

type Digest = [u8; 32];

/// Whose key: a total order for the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Group,
    Pairwise([u8; 6]),
    PeerGroup([u8; 6]),
}

impl From<KeyKind> for Owner {
    fn from(kind: KeyKind) -> Owner {
        match kind {
            KeyKind::Group => Owner::Group,
            KeyKind::Pairwise(peer) => Owner::Pairwise(*peer.octets()),
            KeyKind::PeerGroup(peer) => Owner::PeerGroup(*peer.octets()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    ifindex: u32,
    owner: Owner,
    index: u8,
    link: Option<LinkId>,
}

/// Names one installation, until it is known whether the kernel did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    slot: Slot,
    digest: Digest,
}

impl Installation {
    /// Of a pairwise key: on which interface, and for whom.
    pub(super) const fn pairwise(&self) -> Option<(u32, MacAddr)> {
        match self.slot.owner {
            Owner::Pairwise(peer) => Some((self.slot.ifindex, MacAddr(peer))),
            Owner::Group | Owner::PeerGroup(_) => None,
        }
    }
}

/// Pairwise keys that an interface has had, oldest first. Their number is bounded: a client that would use up the
/// memory makes the guard forget what is oldest, which by then thousands of other keys have followed.
#[derive(Debug, Default)]
struct Past {
    known: BTreeSet<Digest>,
    order: VecDeque<Digest>,
}

impl Past {
    /// Whether it is new.
    fn add(&mut self, digest: Digest) -> bool {
        if !self.known.insert(digest) {
            return false;
        }
        self.order.push_back(digest);
        if self.order.len() > policy::caps::REMEMBERED_KEYS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// The newest one was none: the kernel did not take it.
    fn remove(&mut self, digest: &Digest) {
        if self.known.remove(digest) {
            self.order.retain(|other| other != digest);
        }
    }
}

/// All keys that are installed, those that were in their slot before without having been deleted, and the pairwise
/// ones of the past.
pub(super) struct KeyGuard {
    secret: [u8; 32],
    slots: BTreeMap<Slot, BTreeSet<Digest>>,
    past: BTreeMap<u32, Past>,
}

impl std::fmt::Debug for KeyGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyGuard({} slots)", self.slots.len())
    }
}

impl KeyGuard {
    /// A guard without keys. `secret` is random.
    pub(super) const fn new(secret: [u8; 32]) -> KeyGuard {
        KeyGuard { secret, slots: BTreeMap::new(), past: BTreeMap::new() }
    }

    /// Of a key and whose it is; its index is no part of it.
    fn digest(&self, slot: &Slot, key: &[u8]) -> Option<Digest> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secret).ok()?;
        let (kind, peer) = match slot.owner {
            Owner::Group => (0, [0; 6]),
            Owner::Pairwise(peer) => (1, peer),
            Owner::PeerGroup(peer) => (2, peer),
        };
        mac.update(&slot.ifindex.to_le_bytes());
        mac.update(&[kind]);
        mac.update(&peer);
        mac.update(key);
        Some(mac.finalize().into_bytes().into())
    }

    /// Notes a key that is about to be installed; `None`: it is installed already, or is a pairwise key of the past.
    ///
    /// A key that was replaced by another one in the same slot counts as installed: to come back to it would reset
    /// its packet number just the same. So does one in another slot of the same owner, on another link
    /// too.
    pub(super) fn install(
        &mut self,
        ifindex: u32,
        kind: KeyKind,
        (index, link): (u8, Option<LinkId>),
        key: &[u8],
    ) -> Option<Installation> {
        let slot = Slot { ifindex, owner: kind.into(), index, link };
        let digest = self.digest(&slot, key)?;
        let of_owner = |other: &Slot| other.ifindex == ifindex && other.owner == slot.owner;
        if self.slots.iter().any(|(other, digests)| of_owner(other) && digests.contains(&digest)) {
            return None;
        }
        if matches!(slot.owner, Owner::Pairwise(_)) && !self.past.entry(ifindex).or_default().add(digest) {
            return None;
        }
        self.slots.entry(slot).or_default().insert(digest);
        Some(Installation { slot, digest })
    }

    /// The kernel did not install it.
    pub(super) fn failed(&mut self, installation: &Installation) {
        if let Some(digests) = self.slots.get_mut(&installation.slot) {
            digests.remove(&installation.digest);
            if digests.is_empty() {
                self.slots.remove(&installation.slot);
            }
        }
        if let Some(past) = self.past.get_mut(&installation.slot.ifindex) {
            past.remove(&installation.digest);
        }
    }

    /// The interface itself is gone: its number may come again, for another one.
    pub(super) fn interface_gone(&mut self, ifindex: u32) {
        self.interface_cleared(ifindex);
        self.past.remove(&ifindex);
    }

    /// A key was deleted. A pairwise one stays remembered.
    pub(super) fn deleted(&mut self, ifindex: u32, kind: KeyKind, index: u8, link: Option<LinkId>) {
        self.slots.remove(&Slot { ifindex, owner: kind.into(), index, link });
    }

    /// The keys of a peer went with it.
    pub(super) fn peer_gone(&mut self, ifindex: u32, peer: MacAddr) {
        let peer = *peer.octets();
        let of_peer = |owner| matches!(owner, Owner::Pairwise(of) | Owner::PeerGroup(of) if of == peer);
        self.slots.retain(|slot, _| slot.ifindex != ifindex || !of_peer(slot.owner));
    }

    /// Every peer is gone; keys of the group stay.
    pub(super) fn peers_gone(&mut self, ifindex: u32) {
        self.slots.retain(|slot, _| slot.ifindex != ifindex || slot.owner == Owner::Group);
    }

    /// An access point, or a link of one, has ended, with its keys.
    pub(super) fn stopped(&mut self, ifindex: u32, link: Option<LinkId>) {
        match link {
            Some(_) => self.slots.retain(|slot, _| slot.ifindex != ifindex || slot.link != link),
            None => self.interface_cleared(ifindex),
        }
    }

    /// The interface has no key any more.
    pub(super) fn interface_cleared(&mut self, ifindex: u32) {
        self.slots.retain(|slot, _| slot.ifindex != ifindex);
    }

    /// What is installed on an interface.
    pub(super) fn installed(&self, ifindex: u32) -> Vec<(KeyKind, u8, Option<LinkId>)> {
        let of_interface = self.slots.keys().filter(|slot| slot.ifindex == ifindex);
        let plain = of_interface.map(|slot| {
            let kind = match slot.owner {
                Owner::Group => KeyKind::Group,
                Owner::Pairwise(peer) => KeyKind::Pairwise(MacAddr(peer)),
                Owner::PeerGroup(peer) => KeyKind::PeerGroup(MacAddr(peer)),
            };
            (kind, slot.index, slot.link)
        });
        plain.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
    const KEY: &[u8] = &[7; 16];

    fn guard() -> KeyGuard {
        KeyGuard::new([1; 32])
    }

    #[test]
    fn a_key_that_is_installed_is_refused_under_any_index() {
        for kind in [KeyKind::Pairwise(PEER), KeyKind::Group, KeyKind::PeerGroup(PEER)] {
            let mut guard = guard();
            assert!(guard.install(3, kind, (0, None), KEY).is_some());
            assert!(guard.install(3, kind, (0, None), KEY).is_none());
            assert!(guard.install(3, kind, (1, None), KEY).is_none());
        }
    }

    #[test]
    fn keys_of_others_are_other_keys() {
        let mut guard = guard();
        assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY).is_some());
        assert!(guard.install(3, KeyKind::Pairwise(OTHER), (0, None), KEY).is_some());
        assert!(guard.install(4, KeyKind::Pairwise(PEER), (0, None), KEY).is_some());
        assert!(guard.install(3, KeyKind::Group, (1, None), KEY).is_some());
    }

    #[test]
    fn a_pairwise_key_comes_once_however_it_went() {
        let ways: [fn(&mut KeyGuard); 4] = [
            |guard| guard.deleted(3, KeyKind::Pairwise(PEER), 0, None),
            |guard| guard.peer_gone(3, PEER),
            |guard| guard.peers_gone(3),
            |guard| guard.interface_cleared(3),
        ];
        for goes in ways {
            let mut guard = guard();
            assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY).is_some());
            goes(&mut guard);
            assert!(guard.installed(3).is_empty());
            assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY).is_none());
            assert!(guard.install(3, KeyKind::Pairwise(PEER), (1, None), KEY).is_none());
            assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), &[9; 16]).is_some());
        }
    }

    #[test]
    fn a_group_key_may_come_again_with_the_next_association() {
        let mut guard = guard();
        assert!(guard.install(3, KeyKind::Group, (1, None), KEY).is_some());
        guard.interface_cleared(3);
        assert!(guard.install(3, KeyKind::Group, (2, None), KEY).is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded_and_goes_with_the_interface() {
        let mut guard = guard();
        let key = |number: usize| number.to_le_bytes();
        for number in 0..=policy::caps::REMEMBERED_KEYS {
            assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), &key(number)).is_some());
            guard.deleted(3, KeyKind::Pairwise(PEER), 0, None);
        }
        let past = &guard.past[&3];
        assert_eq!(
            (past.known.len(), past.order.len()),
            (policy::caps::REMEMBERED_KEYS, policy::caps::REMEMBERED_KEYS)
        );
        assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), &key(1)).is_none());
        guard.interface_gone(3);
        assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), &key(1)).is_some());
    }

    #[test]
    fn a_replaced_key_cannot_come_back() {
        let mut guard = guard();
        assert!(guard.install(3, KeyKind::Group, (1, None), KEY).is_some());
        assert!(guard.install(3, KeyKind::Group, (1, None), &[8; 16]).is_some());
        assert!(guard.install(3, KeyKind::Group, (1, None), KEY).is_none());
    }

    #[test]
    fn a_key_that_the_kernel_refused_may_be_tried_again() {
        let mut guard = guard();
        let installation = guard.install(3, KeyKind::Group, (1, None), KEY).unwrap();
        guard.failed(&installation);
        assert!(guard.install(3, KeyKind::Group, (1, None), KEY).is_some());
        let installation = guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY).unwrap();
        guard.failed(&installation);
        assert!(guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY).is_some());
    }

    #[test]
    fn keys_go_with_the_peer_or_the_interface() {
        let mut guard = guard();
        guard.install(3, KeyKind::Pairwise(PEER), (0, None), KEY);
        guard.install(3, KeyKind::Pairwise(OTHER), (0, None), KEY);
        guard.install(3, KeyKind::Group, (1, None), KEY);
        guard.peer_gone(3, PEER);
        assert_eq!(guard.installed(3), vec![(KeyKind::Group, 1, None), (KeyKind::Pairwise(OTHER), 0, None)]);
        guard.peers_gone(3);
        assert_eq!(guard.installed(3), vec![(KeyKind::Group, 1, None)]);
        guard.interface_cleared(3);
        assert!(guard.installed(3).is_empty());
    }
}
