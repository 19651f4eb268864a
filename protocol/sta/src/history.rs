//! What is remembered of failures: networks that are left alone, access points that are passed over, attempts to come.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use wire::{Instant, MacAddr};

use crate::choice::profile::NetworkId;

/// What is remembered of one network.
#[derive(Debug, Default)]
pub(crate) struct NetworkHistory {
    /// Failures of authentication in a row.
    pub(crate) failures: u32,
    /// Left alone until then.
    pub(crate) alone_until: Option<Instant>,
    /// It was said that its group frames are protected by TKIP only.
    pub(crate) tkip_said: bool,
}

/// How long a network is left alone after so many failures, in seconds.
const fn back_off(failures: u32) -> u64 {
    match failures {
        0 | 1 => 10,
        2 => 20,
        3 => 30,
        4 | 5 => 60,
        6..=10 => 90,
        11..=50 => 120,
        51.. => 300,
    }
}

/// An attempt that is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again {
    pub(crate) at: Instant,
    pub(crate) network: NetworkId,
    pub(crate) bssid: MacAddr,
}

/// What is remembered of failures.
#[derive(Debug, Default)]
pub(crate) struct History {
    networks: BTreeMap<NetworkId, NetworkHistory>,
    pub(crate) ignored: IgnoreList,
    /// Failures to connect in a row, whatever the network.
    pub(crate) failures: u32,
    /// Attempts in a row that were ended by frames which anybody could have sent.
    pub(crate) interruptions: u32,
    /// An attempt that is to be made in a moment.
    pub(crate) again: Option<Again>,
}

impl History {
    pub(crate) fn of(&mut self, network: NetworkId) -> &mut NetworkHistory {
        self.networks.entry(network).or_default()
    }

    /// Until when a network is left alone, if it is.
    pub(crate) fn alone_until(&self, network: NetworkId) -> Option<Instant> {
        self.networks.get(&network).and_then(|history| history.alone_until)
    }

    pub(crate) fn is_left_alone(&self, network: NetworkId, now: Instant) -> bool {
        self.alone_until(network).is_some_and(|until| until > now)
    }

    /// One more failure of a network: how many there are now, and how long it is left alone.
    pub(crate) fn add_failure(&mut self, network: NetworkId, now: Instant) -> (u32, Duration) {
        let history = self.of(network);
        history.failures = history.failures.saturating_add(1);
        let lasts = Duration::from_secs(back_off(history.failures));
        history.alone_until = Some(now + lasts);
        (history.failures, lasts)
    }

    /// It is not left alone any more; whether it was. `failures_too`: and begins anew.
    pub(crate) fn forgive(&mut self, network: NetworkId, failures_too: bool) -> bool {
        let Some(history) = self.networks.get_mut(&network) else { return false };
        if failures_too {
            history.failures = 0;
        }
        history.alone_until.take().is_some()
    }

    /// Those whose time of being left alone is over.
    pub(crate) fn take_over(&mut self, now: Instant) -> Vec<NetworkId> {
        let mut over = Vec::new();
        for (id, history) in &mut self.networks {
            if history.alone_until.take_if(|until| *until <= now).is_some() {
                over.push(*id);
            }
        }
        over
    }

    pub(crate) fn forget(&mut self, network: NetworkId) {
        self.networks.remove(&network);
    }

    /// The network works.
    pub(crate) fn succeeded(&mut self, bssid: MacAddr) {
        self.failures = 0;
        self.interruptions = 0;
        self.ignored.remove(bssid);
    }

    /// Everything is forgotten but what is to be done in a moment.
    pub(crate) fn clear(&mut self) {
        self.networks.clear();
        self.ignored.clear();
        self.failures = 0;
    }
}

/// An access point that is better left alone.
#[derive(Clone, Copy, Debug)]
struct Ignored {
    bssid: MacAddr,
    count: u32,
    until: Instant,
}

/// Access points that failed lately.
#[derive(Debug, Default)]
pub(crate) struct IgnoreList {
    entries: Vec<Ignored>,
}

impl IgnoreList {
    /// Most entries: an attacker can invent addresses.
    const MAX: usize = 64;

    /// Adds a failure and gives the number of failures so far.
    pub(crate) fn add(&mut self, bssid: MacAddr, now: Instant) -> u32 {
        self.expire(now);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.bssid == bssid) {
            entry.count = entry.count.saturating_add(1);
            let seconds = match entry.count {
                0..=2 => 60,
                3 => 120,
                4 => 600,
                _ => 1800,
            };
            entry.until = now + Duration::from_secs(seconds);
            return entry.count;
        }
        if self.entries.len() >= Self::MAX {
            self.entries.remove(0);
        }
        self.entries.push(Ignored { bssid, count: 1, until: now + Duration::from_secs(60) });
        1
    }

    /// Failures that count at this moment.
    pub(crate) fn count(&self, bssid: MacAddr, now: Instant) -> u32 {
        self.entries.iter().find(|entry| entry.bssid == bssid && entry.until > now).map_or(0, |entry| entry.count)
    }

    pub(crate) fn remove(&mut self, bssid: MacAddr) {
        self.entries.retain(|entry| entry.bssid != bssid);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self, now: Instant) -> impl Iterator<Item = MacAddr> {
        self.entries.iter().filter(move |entry| entry.until > now).map(|entry| entry.bssid)
    }

    fn expire(&mut self, now: Instant) {
        // A little longer than they count, so that a persistent failure is still known as one.
        self.entries.retain(|entry| entry.until + Duration::from_secs(3600) > now);
    }
}
