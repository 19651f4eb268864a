//! What commits may cost (IEEE Std 802.11-2020 12.4.6).
//!
//! Whoever sends a commit makes us compute. A token shows only that its sender hears us, so the work itself has a budget:
//! what goes beyond it waits, and what waits is taken by lot, since anybody can write in anybody's name. A station that turns
//! out to know the password has cost nothing.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Rng;
use sae::{Group, Method};
use wire::{Instant, MacAddr};

/// What a unit of work takes from the budget: a product or two in the smallest group, which cost a fraction of it on a
/// small machine and a hundredth on a large one. A hundred commits a second in that group have their turn.
const UNIT: Duration = Duration::from_millis(5);
/// As much may be done at once: a hundred commits in the largest group of common use, so that who comes while a crowd
/// begins is not behind it.
const BURST: Duration = Duration::from_secs(4);
/// As much of it that a commit has to show first that its sender hears us.
const MUCH: Duration = Duration::from_millis(200);
/// As much may be done at once for confirms.
const CONFIRMS: Duration = Duration::from_millis(400);
/// A station that got no answer for so long has given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most commits that wait.
const MOST_WAITING: usize = 512;
/// Most of them in one name.
const MOST_OF_ONE: usize = 2;
/// Units of a run's first half (our commit) and of its second (the keys), which grow with the square of the length.
pub(crate) fn units(group: Group, fresh: bool) -> u32 {
    let octets = u32::try_from(group.octets()).unwrap_or(u32::MAX);
    let each = (octets.saturating_mul(octets) / 1024).clamp(1, 24);
    each.saturating_mul(if fresh { 2 } else { 1 })
}

/// A commit whose time has not come.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) addr: MacAddr,
    pub(crate) method: Method,
    /// What follows the status code.
    pub(crate) body: Vec<u8>,
    /// It brought its token back.
    pub(crate) paid: bool,
    pub(crate) since: Instant,
}

/// The budget, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// When all that was done is paid for.
    paid_at: Instant,
    /// The same of what was computed for confirms.
    confirms_paid_at: Instant,
    waiting: Vec<Waiting>,
    /// All that was ever taken.
    #[cfg(test)]
    pub(crate) total: u32,
}

impl Work {
    fn free_from(&self) -> Instant {
        Instant::from_origin(self.paid_at.since_origin().saturating_sub(BURST))
    }

    /// So much was done lately that a commit has to show first that its sender hears us.
    pub(crate) fn is_much(&self, now: Instant) -> bool {
        !self.waiting.is_empty() || self.paid_at > now + MUCH
    }

    /// Takes work from the budget.
    pub(crate) fn spend(&mut self, units: u32, now: Instant) {
        self.paid_at = self.paid_at.max(now) + UNIT.saturating_mul(units);
        #[cfg(test)]
        (self.total += units);
    }

    /// Takes the keys of one more commit from the budget of those that wait for a confirm: whoever sends the confirm has had
    /// an answer of ours. False: there is none left.
    pub(crate) fn compute_for_confirm(&mut self, units: u32, now: Instant) -> bool {
        let free = self.confirms_paid_at <= now + CONFIRMS;
        if free {
            self.confirms_paid_at = self.confirms_paid_at.max(now) + UNIT.saturating_mul(units);
            #[cfg(test)]
            (self.total += units);
        }
        free
    }

    /// The station knows the password: what its run has cost was well spent.
    pub(crate) fn refund(&mut self, addr: MacAddr, units: u32) {
        let back = UNIT.saturating_mul(units);
        self.paid_at = Instant::from_origin(self.paid_at.since_origin().saturating_sub(back));
        self.waiting.retain(|waiting| waiting.addr != addr);
    }

    /// A commit in this name waits.
    pub(crate) fn waits(&self, addr: MacAddr) -> bool {
        self.waiting.iter().any(|waiting| waiting.addr == addr)
    }

    /// Has a commit wait. Where too many do, one of those that are worth least goes, by lot: who comes often gains
    /// nothing by it.
    pub(crate) fn wait(&mut self, commit: Waiting, rng: &mut dyn Rng) {
        let addr = commit.addr;
        if let Some(same) = self.waiting.iter_mut().find(|other| other.addr == addr && other.body == commit.body) {
            same.since = commit.since;
            return;
        }
        let of_one = self.waiting.iter().filter(|other| other.addr == addr).count() >= MOST_OF_ONE;
        let full = self.waiting.len() >= MOST_WAITING;
        self.waiting.push(commit);
        if of_one || full {
            let places = || self.waiting.iter().enumerate().filter(|(_, other)| !of_one || other.addr == addr);
            let paid = places().all(|(_, other)| other.paid);
            let least: Vec<usize> = places().filter(|(_, other)| other.paid == paid).map(|(place, _)| place).collect();
            if let Some(place) = by_lot(least.len(), rng).and_then(|place| least.get(place)) {
                self.waiting.swap_remove(*place);
            }
        }
    }

    /// The next commit to take, if there is budget for one: by lot, those first that brought their token back.
    pub(crate) fn take(&mut self, now: Instant, rng: &mut dyn Rng) -> Option<Waiting> {
        self.waiting.retain(|waiting| waiting.since + PATIENCE > now);
        if self.free_from() > now {
            return None;
        }
        let places = || self.waiting.iter().enumerate();
        let paid = places().any(|(_, waiting)| waiting.paid);
        let best = || places().filter(|(_, waiting)| waiting.paid == paid);
        // First a name, then a commit: many in one name are worth no more than one.
        let names: BTreeSet<MacAddr> = best().map(|(_, waiting)| waiting.addr).collect();
        let names: Vec<MacAddr> = names.into_iter().collect();
        let name = *names.get(by_lot(names.len(), rng)?)?;
        let of_one: Vec<usize> = best().filter(|(_, waiting)| waiting.addr == name).map(|(place, _)| place).collect();
        let place = *of_one.get(by_lot(of_one.len(), rng)?)?;
        Some(self.waiting.swap_remove(place))
    }

    /// When to look again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.free_from())
    }
}

/// One of so many places.
pub(crate) fn by_lot(places: usize, rng: &mut dyn Rng) -> Option<usize> {
    let mut octets = [0; 4];
    rng.fill(&mut octets);
    let lot = usize::try_from(u32::from_le_bytes(octets)).unwrap_or(0);
    lot.checked_rem(places)
}
