//! The stations of a BSS, and what every frame asks about all of them: when something is due next, how many are in, which
//! association identifier is free, which stranger came first. It is kept as it changes, so that a frame costs the same with
//! ten stations and with ten thousand.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wire::{Instant, MacAddr};

use crate::sae_runs::SaeExchange;
use crate::station::{Stage, Station};

/// Largest association identifier (IEEE Std 802.11-2020 9.4.1.8).
const MAX_AID: u16 = 2007;

/// The stations by their addresses.
///
/// Who changes a station through [`Stations::get_mut`] need not say what of it has changed: it is looked at again before
/// anything is answered about all.
#[derive(Debug, Default)]
pub(crate) struct Stations {
    all: BTreeMap<MacAddr, Entry>,
    /// Those that may be other than was noted.
    touched: BTreeSet<MacAddr>,
    deadlines: BTreeSet<(Instant, MacAddr)>,
    /// Strangers in the order in which they came, by what they have shown.
    strangers: [BTreeSet<(Instant, MacAddr)>; 3],
    aids: Aids,
    tallies: Tallies,
    visits: Visits,
}

/// How many stations were looked at, for tests of what a frame costs.
#[derive(Debug, Default)]
#[cfg_attr(not(test), allow(dead_code, reason = "counted in tests alone"))]
pub(crate) struct Visits {
    #[cfg(test)]
    pub(crate) count: core::cell::Cell<usize>,
}

impl Visits {
    fn one(&self) {
        #[cfg(test)]
        self.count.set(self.count.get().saturating_add(1));
    }
}

#[derive(Debug)]
struct Entry {
    station: Station,
    noted: Option<Noted>,
}

/// What is known of one station outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Noted {
    deadline: Option<Instant>,
    since: Instant,
    /// For a station that is not in: what it has shown.
    stranger: Option<Shown>,
    aid: u16,
    associated: bool,
    non_erp: bool,
    open: bool,
}

/// What a stranger has shown in SAE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Nothing.
    Nothing,
    /// That it hears us.
    Hearing,
    /// That it knows the password.
    Password,
}

impl Shown {
    const fn index(self) -> usize {
        match self {
            Shown::Nothing => 0,
            Shown::Hearing => 1,
            Shown::Password => 2,
        }
    }
}

/// How many stations there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tallies {
    /// In: associated, or with their association response under way.
    pub(crate) members: usize,
    /// Associated.
    pub(crate) associated: usize,
    /// In, and without OFDM.
    pub(crate) non_erp: usize,
    /// With an exchange of SAE that waits for its end.
    pub(crate) open_exchanges: usize,
}

/// The association identifiers that are taken, one bit each.
#[derive(Clone, Debug)]
struct Aids([u64; 32]);

impl Default for Aids {
    fn default() -> Aids {
        // 0 is none, and those above the largest do not exist.
        let mut aids = Aids([0; 32]);
        for none in core::iter::once(0).chain(MAX_AID.saturating_add(1)..2048) {
            aids.set(none, true);
        }
        aids
    }
}

impl Aids {
    fn set(&mut self, aid: u16, taken: bool) {
        let bit = 1_u64 << (aid & 63);
        if let Some(word) = self.0.get_mut(usize::from(aid >> 6)) {
            *word = if taken { *word | bit } else { *word & !bit };
        }
    }

    fn free(&self) -> Option<u16> {
        let (index, word) = self.0.iter().enumerate().find(|(_, word)| **word != u64::MAX)?;
        let bit = u16::try_from(word.trailing_ones()).ok()?;
        Some(u16::try_from(index).ok()?.saturating_mul(64).saturating_add(bit))
    }
}

impl Noted {
    fn of(station: &Station) -> Noted {
        let member = station.stage >= Stage::Associating;
        let shown = if station.sae_key.is_some() {
            Shown::Password
        } else if station.paid {
            Shown::Hearing
        } else {
            Shown::Nothing
        };
        Noted {
            deadline: station.deadline(),
            since: station.since,
            stranger: (!member).then_some(shown),
            aid: station.aid,
            associated: station.is_associated(),
            non_erp: member && station.abilities.is_non_erp(),
            open: station.sae.as_ref().is_some_and(SaeExchange::is_open),
        }
    }
}

impl Stations {
    pub(crate) fn get(&self, addr: &MacAddr) -> Option<&Station> {
        self.all.get(addr).map(|entry| &entry.station)
    }

    pub(crate) fn get_mut(&mut self, addr: &MacAddr) -> Option<&mut Station> {
        let entry = self.all.get_mut(addr)?;
        self.touched.insert(*addr);
        Some(&mut entry.station)
    }

    pub(crate) fn contains_key(&self, addr: &MacAddr) -> bool {
        self.all.contains_key(addr)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &MacAddr> {
        self.all.keys().inspect(|_| self.visits.one())
    }

    /// Those behind an address, in the order of addresses.
    pub(crate) fn after(&self, addr: MacAddr) -> impl Iterator<Item = &Station> {
        use core::ops::Bound::{Excluded, Unbounded};
        self.all.range((Excluded(addr), Unbounded)).map(|(_, entry)| &entry.station)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Station> {
        self.all.values().inspect(|_| self.visits.one()).map(|entry| &entry.station)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Station> {
        self.touched.extend(self.all.keys());
        self.all.values_mut().inspect(|_| self.visits.one()).map(|entry| &mut entry.station)
    }

    #[cfg(test)]
    pub(crate) fn visited(&self) -> usize {
        self.visits.count.take()
    }

    pub(crate) fn insert(&mut self, station: Station) {
        let addr = station.addr;
        self.remove(&addr);
        self.all.insert(addr, Entry { station, noted: None });
        self.touched.insert(addr);
    }

    pub(crate) fn remove(&mut self, addr: &MacAddr) {
        self.touched.remove(addr);
        if let Some(noted) = self.all.remove(addr).and_then(|entry| entry.noted) {
            self.note(*addr, noted, false);
        }
    }

    /// When something is to be done about one of them.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let noted = self.deadlines.iter().find(|(_, addr)| !self.touched.contains(addr)).map(|(at, _)| *at);
        let touched = self.touched.iter().inspect(|_| self.visits.one()).filter_map(|addr| self.get(addr)?.deadline());
        touched.chain(noted).min()
    }

    /// Those about whom something is to be done by now, the longest overdue first.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<MacAddr> {
        self.settle();
        self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, addr)| *addr).collect()
    }

    /// The lowest association identifier that nobody has.
    pub(crate) fn free_aid(&mut self) -> Option<u16> {
        self.settle();
        self.aids.free()
    }

    pub(crate) fn tallies(&mut self) -> Tallies {
        self.settle();
        self.tallies
    }

    /// How many are not in, and how many of these have shown nothing.
    pub(crate) fn strangers(&mut self) -> (usize, usize) {
        self.settle();
        let [nothing, hearing, password] = &self.strangers;
        (nothing.len().saturating_add(hearing.len()).saturating_add(password.len()), nothing.len())
    }

    /// The stranger that goes first: of those that have shown nothing, or, if these are `spared`, of the others; one that
    /// knows the password after one that hears us; whoever came first.
    pub(crate) fn first_to_go(&mut self, spared: bool) -> Option<MacAddr> {
        self.settle();
        let [nothing, hearing, password] = &self.strangers;
        let order = if spared { [hearing, password, nothing] } else { [nothing, hearing, password] };
        order.into_iter().find_map(BTreeSet::first).map(|(_, addr)| *addr)
    }

    /// Looks again at those that may have changed.
    fn settle(&mut self) {
        for addr in core::mem::take(&mut self.touched) {
            self.visits.one();
            let Some(entry) = self.all.get_mut(&addr) else { continue };
            let fresh = Noted::of(&entry.station);
            let before = entry.noted.replace(fresh);
            if before != Some(fresh) {
                if let Some(before) = before {
                    self.note(addr, before, false);
                }
                self.note(addr, fresh, true);
            }
        }
    }

    /// Adds what is noted of a station to the whole, or takes it away.
    fn note(&mut self, addr: MacAddr, noted: Noted, add: bool) {
        let put = |set: &mut BTreeSet<(Instant, MacAddr)>, at| {
            if add {
                set.insert((at, addr))
            } else {
                set.remove(&(at, addr))
            };
        };
        if let Some(at) = noted.deadline {
            put(&mut self.deadlines, at);
        }
        if let Some(strangers) = noted.stranger.and_then(|shown| self.strangers.get_mut(shown.index())) {
            put(strangers, noted.since);
        }
        if noted.aid != 0 {
            self.aids.set(noted.aid, add);
        }
        let count = |number: &mut usize, counts: bool| {
            let by = usize::from(counts);
            *number = if add { number.saturating_add(by) } else { number.saturating_sub(by) };
        };
        count(&mut self.tallies.members, noted.stranger.is_none());
        count(&mut self.tallies.associated, noted.associated);
        count(&mut self.tallies.non_erp, noted.non_erp);
        count(&mut self.tallies.open_exchanges, noted.open);
    }
}
