//! What is remembered of networks and access points that failed.

use std::time::Duration;

use crypto::Pmk;
use wire::{Instant, MacAddr, Ssid};

/// What is remembered of one network beside its configuration.
#[derive(Debug, Default)]
pub(crate) struct NetworkMemory {
    /// Failures of authentication in a row.
    pub(crate) failures: u32,
    /// Left alone until then.
    pub(crate) disabled_until: Option<Instant>,
    /// The key of the passphrase, once computed, with the name it is for.
    pub(crate) pmk: Option<(Ssid, Pmk)>,
    /// The SAE password with its points, once computed, with the name they are for.
    pub(crate) sae: Option<(Ssid, std::sync::Arc<crate::sae_run::Password>)>,
    /// Access points that did not know a key made with another one: theirs are not tried with them again.
    pub(crate) apart: Vec<MacAddr>,
    /// The next attempt with this access point does without the key that is cached for it.
    pub(crate) doubted: Option<MacAddr>,
    /// It was said that its group frames are protected by TKIP only.
    pub(crate) tkip_said: bool,
}

impl NetworkMemory {
    /// How long a network is left alone after so many failures.
    pub(crate) const fn back_off(failures: u32) -> u32 {
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

    /// The keys depend on fields that changed.
    pub(crate) fn forget_keys(&mut self) {
        self.pmk = None;
        self.sae = None;
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
