//! Scans of one interface: what runs, what waits, and when the next is due.

use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::ScanEntry;
use wire::{Instant, MacAddr, Ssid};

use crate::choice::obstacle::Obstacle;
use crate::choice::profile::NetworkId;
use crate::link::State;

/// A scan that takes longer is ended, and what came is used: less is allowed as long as the driver has not shown that it
/// says when scans end.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_AT_FIRST: Duration = Duration::from_secs(10);

/// Frequencies in MHz, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreqRange {
    /// The lowest.
    pub low: u32,
    /// The highest.
    pub high: u32,
}

/// What a client wants to be scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanWish {
    /// Names to call.
    pub ssids: Vec<Ssid>,
    /// Networks whose names are called.
    pub networks: Vec<NetworkId>,
    /// The only access point.
    pub bssid: Option<MacAddr>,
    /// The kernel forgets what it knew.
    pub only_new: bool,
    /// The only channels; none: all.
    pub frequencies: Vec<FreqRange>,
    /// Without probe requests.
    pub passive: bool,
    /// Beside the names that are called, every name.
    pub wildcard: bool,
    /// It gets a number.
    pub numbered: bool,
    /// Nothing is joined with what it finds.
    pub only: bool,
}

/// One of ours runs or waits already, or a link is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRefused;

/// A scan under way.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) started: Instant,
    /// By then it must have ended.
    pub(crate) deadline: Instant,
    /// It was asked to end.
    pub(crate) ending: bool,
    /// Its results are not to be connected with.
    pub(crate) only: bool,
    /// What a client asked for.
    pub(crate) wish: Option<ScanWish>,
    /// Its number, if a client asked for one.
    pub(crate) id: Option<u32>,
    /// `freqs_once` that it took.
    pub(crate) once: Vec<u32>,
    /// `first` that it took: where nothing is found, everything is looked at next.
    pub(crate) narrowed: bool,
    /// Somebody else started it.
    pub(crate) external: bool,
    pub(crate) freqs: Vec<u32>,
    /// What to go back to if nothing follows from it.
    pub(crate) before: State,
    pub(crate) passive: bool,
}

/// Scans of one interface.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pub(crate) next: Option<Instant>,
    pub(crate) running: Option<Running>,
    /// It is time: it begins when no other has the radio.
    pub(crate) waits: bool,
    /// What to go back to after a scan that had to wait.
    pub(crate) before: Option<State>,
    /// It was said that another program scans.
    pub(crate) busy_said: bool,
    /// Asked for by a client, not yet started.
    pub(crate) manual: Option<(ScanWish, Option<u32>)>,
    pub(crate) entries: Vec<ScanEntry>,
    pub(crate) last_finished: Option<Instant>,
    pub(crate) last_id: u32,
    /// Scans in a row that found nothing to join.
    pub(crate) fruitless: u32,
    /// Where the directed probes went on last time.
    pub(crate) rotate: usize,
    pub(crate) first_done: bool,
    /// The driver says when a scan has ended.
    pub(crate) ends: bool,
    /// Channels of the next scan only.
    pub(crate) freqs_once: Vec<u32>,
    /// The channels of a network that was lost: looked at before all others.
    pub(crate) first: Vec<u32>,
    /// What was said last about why nothing is joined: BSSs seen, and what stands in the way.
    pub(crate) said: Option<(usize, Vec<Obstacle>)>,
}

impl Scanner {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.running {
            Some(running) => Some(running.deadline),
            None => self.next,
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// A client's scan is still to start.
    pub(crate) const fn is_requested(&self) -> bool {
        self.manual.is_some()
    }

    /// Begins at the quick end of the schedule.
    pub(crate) fn restart(&mut self) {
        self.fruitless = 0;
        self.said = None;
    }

    /// Nothing is scanned any more.
    pub(crate) fn stop(&mut self) {
        self.running = None;
        self.manual = None;
        self.first.clear();
        self.cancel_next();
        self.entries.clear();
    }

    /// The next scan is not wanted any more, unless a client asked for it.
    pub(crate) fn cancel_next(&mut self) {
        if self.manual.is_none() {
            self.next = None;
            self.waits = false;
        }
    }

    pub(crate) fn forget_results(&mut self) {
        self.last_finished = None;
    }

    pub(crate) const fn patience(&self) -> Duration {
        if self.ends { LONGEST } else { LONGEST_AT_FIRST }
    }

    pub(crate) fn at(&mut self, when: Instant) {
        self.next = Some(self.next.map_or(when, |next| next.min(when)));
    }

    /// The driver says when a scan ends, if only one that was ended: the next may take its time, for where there are many
    /// channels it needs more than is allowed at first.
    pub(crate) const fn end_heard(&mut self) {
        self.ends = true;
    }

    /// How long to wait after a scan that found nothing: `base` for a while, then longer.
    pub(crate) fn pause(&self, base: Duration) -> Duration {
        let factor = match self.fruitless {
            0..=12 => 1,
            13..=24 => 2,
            25..=48 => 4,
            49.. => 6,
        };
        base.max(Duration::from_secs(1)).saturating_mul(factor)
    }
}
