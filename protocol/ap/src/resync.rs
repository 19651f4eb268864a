//! Events of the kernel were lost: what it still has is asked for, and what differs is put right.

use alloc::collections::BTreeSet;
use alloc::format;

use crate::change::Level;
use ipc_proto::{Request, StationInfo};
use wire::{Instant, MacAddr};

use crate::bss::{Bss, Condition, Tag};

/// A comparison of our stations with the kernel's that is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resync {
    /// Had an entry in the kernel when it was asked; later ones are not in its answer.
    expected: BTreeSet<MacAddr>,
    /// Are in its answer.
    found: BTreeSet<MacAddr>,
}

impl Bss {
    /// Events were lost: asks the kernel for its stations. Those that it has no more are forgotten, those that only it
    /// has are taken out.
    pub fn resync(&mut self) {
        if self.condition != Condition::Running {
            return;
        }
        let handle = self.config.handle;
        let expected = self.stations.values().filter(|station| station.in_kernel).map(|station| station.addr).collect();
        self.resync = Some(Resync { expected, found: BTreeSet::new() });
        self.request(Tag::Resync, Request::Stations { handle, addr: None });
    }

    /// A part of the kernel's answer.
    pub(crate) fn kernel_stations(&mut self, entries: &[StationInfo], last: bool, now: Instant) {
        let Some(resync) = &mut self.resync else { return };
        resync.found.extend(entries.iter().map(|entry| entry.addr));
        if !last {
            return;
        }
        let Some(Resync { expected, found }) = self.resync.take() else { return };
        for addr in expected.difference(&found) {
            if let Some(station) = self.stations.get_mut(addr).filter(|station| station.in_kernel) {
                station.in_kernel = false;
                station.kernel_associated = false;
                self.log(Level::Info, format!("{addr}: the kernel has lost it while events were lost"));
                self.forget(*addr, now);
            }
        }
        let handle = self.config.handle;
        for addr in found.difference(&expected) {
            if !self.stations.get(addr).is_some_and(|station| station.in_kernel) {
                self.log(Level::Debug, format!("{addr}: only the kernel knows it; taken out"));
                let request = Request::RemoveStation { handle, addr: Some(*addr), notify: None };
                self.request(Tag::Plain("removing a station"), request);
            }
        }
    }
}
