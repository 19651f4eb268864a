//! What belongs to everybody and a client may change: the regulatory domain, and thresholds of a radio. It is put back once
//! the last client that changed it has gone.

use std::collections::{BTreeMap, BTreeSet};

use super::dispatch::Plan;
use super::message::{Attrs, Message, Table};
use super::nl80211::command::on;
use super::nl80211::consts::{attr, cmd};
use super::worker::Worker;

/// A threshold of a radio, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Threshold {
    /// Above it, a request to send comes first.
    Rts,
    /// Above it, frames are cut.
    Frag,
}

impl Threshold {
    const ALL: [Threshold; 2] = [Threshold::Rts, Threshold::Frag];

    const fn attribute(self) -> u16 {
        match self {
            Threshold::Rts => attr::WIPHY_RTS_THRESHOLD,
            Threshold::Frag => attr::WIPHY_FRAG_THRESHOLD,
        }
    }
}

/// Something that clients have changed.
#[derive(Debug)]
struct Changed<T> {
    before: T,
    by: BTreeSet<u64>,
}

impl<T: Copy> Changed<T> {
    /// Notes that a client changes it.
    fn note(slot: &mut Option<Changed<T>>, client: u64, before: T) {
        slot.get_or_insert_with(|| Changed { before, by: BTreeSet::new() }).by.insert(client);
    }

    /// A client goes: what it was before, if nobody else wants it changed.
    fn leave(slot: &mut Option<Changed<T>>, client: u64) -> Option<T> {
        let changed = slot.as_mut()?;
        if !changed.by.remove(&client) || !changed.by.is_empty() {
            return None;
        }
        slot.take().map(|changed| changed.before)
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Shared {
    country: Option<Changed<[u8; 2]>>,
    /// By radio, as it was found.
    found: BTreeMap<(u32, Threshold), u32>,
    thresholds: BTreeMap<(u32, Threshold), Option<Changed<u32>>>,
}

impl Shared {
    /// This was the regulatory domain before a client set another.
    pub(super) fn country_is_set(&mut self, client: u64, before: [u8; 2]) {
        Changed::note(&mut self.country, client, before);
    }

    /// The kernel described a radio.
    pub(super) fn wiphy_found(&mut self, table: &Table<'_>) {
        let Some(wiphy) = table.u32(attr::WIPHY) else { return };
        for threshold in Threshold::ALL {
            let changed = self.thresholds.get(&(wiphy, threshold)).is_some_and(Option::is_some);
            if let Some(value) = table.u32(threshold.attribute()).filter(|_| !changed) {
                self.found.insert((wiphy, threshold), value);
            }
        }
    }
}

impl Worker {
    /// The request for a regulatory domain.
    pub(super) fn country(&self, [one, other]: [u8; 2]) -> Message {
        self.nl80211(cmd::REQ_SET_REG, Attrs::new().bytes(attr::REG_ALPHA2, &[one, other, 0]))
    }

    pub(super) fn set_threshold(&mut self, client: u64, ifindex: u32, threshold: Threshold, value: u32) -> Plan {
        if let Some(wiphy) = self.interfaces.get(&ifindex).map(|interface| interface.wiphy) {
            let key = (wiphy, threshold);
            let before = self.shared.found.get(&key).copied().unwrap_or(u32::MAX);
            Changed::note(self.shared.thresholds.entry(key).or_default(), client, before);
        }
        self.simply(cmd::SET_WIPHY, on(ifindex).u32(threshold.attribute(), value))
    }

    /// A client goes: what is to be said to the kernel.
    pub(super) fn put_back(&mut self, client: u64) -> Vec<Message> {
        let mut messages = Vec::new();
        if let Some(before) = Changed::leave(&mut self.shared.country, client) {
            messages.push(self.country(before));
        }
        let leave = |((wiphy, threshold), slot): (&(u32, Threshold), &mut Option<Changed<u32>>)| {
            Some((*wiphy, *threshold, Changed::leave(slot, client)?))
        };
        let left: Vec<(u32, Threshold, u32)> = self.shared.thresholds.iter_mut().filter_map(leave).collect();
        for (wiphy, threshold, before) in left {
            let attrs = Attrs::new().u32(attr::WIPHY, wiphy).u32(threshold.attribute(), before);
            messages.push(self.nl80211(cmd::SET_WIPHY, attrs));
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_clients_changed_is_put_back_when_the_last_has_gone() {
        let mut country = None;
        Changed::note(&mut country, 1, *b"00");
        // Set by the first meanwhile.
        Changed::note(&mut country, 2, *b"FI");
        assert_eq!(Changed::leave(&mut country, 3), None);
        assert_eq!(Changed::leave(&mut country, 1), None);
        assert_eq!(Changed::leave(&mut country, 2), Some(*b"00"));
        assert_eq!(Changed::leave(&mut country, 2), None);
    }
}
