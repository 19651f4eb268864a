//! Which access point a station registers with (11.3, 12 AuthorizedMACs): a machine over scan results.

use alloc::collections::BTreeMap;
use core::time::Duration;

use wire::{Instant, MacAddr};

use crate::element::Seen;

/// How long after the button was pushed a partner is looked for (11.3).
pub const WALK_TIME: Duration = Duration::from_secs(120);
/// After so many scans without an access point that waits for a PIN, one that says nothing of it is tried: those of
/// version 1.0 may not say it.
const SCANS_BEFORE_ANY: u32 = 3;
/// How many access points are remembered that did not know the PIN.
const MAX_TRIED: usize = 32;

/// What the person at the station has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Pushed the button.
    Button,
    /// Typed a PIN in elsewhere, or here.
    Pin,
}

/// An access point in scan results.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its address.
    pub bssid: MacAddr,
    /// What its element says.
    pub seen: &'a Seen,
    /// In dBm.
    pub signal: i32,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Scan again.
    Wait,
    /// Register with this one.
    Join(MacAddr),
    /// More than one access point has its button pushed: whose it is cannot be told (11.3).
    Overlap,
    /// Nobody was found in time.
    TimedOut,
}

/// A search that goes on.
#[derive(Clone, Debug)]
pub struct Search {
    way: Way,
    own: MacAddr,
    bssid: Option<MacAddr>,
    until: Instant,
    scans: u32,
    tried: BTreeMap<MacAddr, u32>,
}

impl Search {
    /// Begins now, for this access point only if one is given: then others do not count, not even as an overlap, since
    /// the person has said which one is meant.
    #[must_use]
    pub fn new(way: Way, own: MacAddr, bssid: Option<MacAddr>, now: Instant) -> Search {
        Search { way, own, bssid, until: now + WALK_TIME, scans: 0, tried: BTreeMap::new() }
    }

    /// A registration with this access point failed because it did not know the password: others come first.
    pub fn failed_at(&mut self, bssid: MacAddr) {
        if self.tried.len() < MAX_TRIED || self.tried.contains_key(&bssid) {
            let times = self.tried.entry(bssid).or_default();
            *times = times.saturating_add(1);
        }
    }

    /// Looks at the results of a scan of all channels.
    pub fn judge(&mut self, candidates: &[Candidate<'_>], now: Instant) -> Verdict {
        if now >= self.until {
            return Verdict::TimedOut;
        }
        self.scans = self.scans.saturating_add(1);
        let meant = |candidate: &&Candidate<'_>| self.bssid.is_none_or(|bssid| bssid == candidate.bssid);
        match self.way {
            Way::Button => {
                let pushed = || candidates.iter().filter(meant).filter(|candidate| candidate.seen.is_push_button());
                let Some(best) = pushed().max_by_key(|candidate| candidate.signal) else { return Verdict::Wait };
                // Several bands of one access point have one name.
                let is_other = |other: &Candidate<'_>| {
                    other.bssid != best.bssid && (other.seen.uuid.is_none() || other.seen.uuid != best.seen.uuid)
                };
                if pushed().any(is_other) { Verdict::Overlap } else { Verdict::Join(best.bssid) }
            }
            Way::Pin => {
                let any = self.scans > SCANS_BEFORE_ANY;
                let waiting = candidates.iter().filter(meant).filter(|candidate| {
                    candidate.seen.waits_for_pin(self.own) || any && !candidate.seen.is_push_button()
                });
                let best = waiting.max_by_key(|candidate| {
                    let tried = self.tried.get(&candidate.bssid).copied().unwrap_or_default();
                    (core::cmp::Reverse(tried), candidate.seen.rank_for(self.own), candidate.signal)
                });
                best.map_or(Verdict::Wait, |candidate| Verdict::Join(candidate.bssid))
            }
        }
    }

    /// When it ends without success.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.until
    }
}
