//! What a scan has found, and what follows from it.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::{Failure, ScanEntry};
use wire::Instant;

use super::{Cx, Engine};
use crate::change::{Change, Setback};
use crate::choice::fit::names;
use crate::choice::profile::NetworkId;
use crate::choice::table::TableChange;
use crate::link::{Rest, State};
use crate::output::Level;

impl Engine {
    /// A part of the kernel's table.
    pub(crate) fn scan_results(&mut self, cx: &mut Cx<'_>, result: Result<(Vec<ScanEntry>, bool), Failure>) {
        match result {
            Ok((entries, last)) => {
                self.scan.entries.extend(entries);
                if !last {
                    return;
                }
            }
            Err(failure) => {
                self.out.log(Level::Warning, format!("cannot read scan results: {failure}"));
                self.scan.running = None;
                self.look(cx, Duration::from_secs(1));
                return;
            }
        }
        let running = self.scan.running.take();
        let mut entries = core::mem::take(&mut self.scan.entries);
        if !self.settings.bssid_filter.is_empty() {
            entries.retain(|entry| self.settings.bssid_filter.contains(&entry.bssid));
        }
        let started = running.as_ref().map(|running| running.started);
        let freqs = running.as_ref().map_or(&[][..], |running| &running.freqs);
        let keep = self.target().map(|target| target.bssid);
        let mut table = core::mem::take(&mut self.table);
        let limits = self.settings.table;
        let changes = table.update(entries, freqs, started, keep, limits, |bss| self.worth(bss), cx.now);
        self.table = table;
        self.tell_table(changes);
        let Some(running) = running else { return };
        self.scan.first_done = true;
        self.scan.last_finished = Some(cx.now);
        self.out.tell(Change::ScanResults { id: running.id });
        if running.passive {
            self.out.log(Level::Debug, format!("a passive scan found {} BSSs", self.table.len()));
        }
        if self.intent.keeps_apart() || running.only {
            if self.state() == State::Scanning {
                self.back_to(cx, if self.intent.keeps_apart() { State::Disconnected } else { running.before });
            }
            if !running.external {
                self.look(cx, self.scan.pause(self.settings.scan_pause));
            }
            return;
        }
        if self.is_idle() {
            self.select_and_connect(cx, running.narrowed);
        } else if self.is_connected() {
            self.consider_roaming(cx);
        }
    }

    pub(crate) fn tell_table(&mut self, changes: Vec<TableChange>) {
        if !changes.is_empty() {
            self.out.tell(Change::Table(changes));
        }
    }

    /// Joins what fits best, or scans again: later, or at once if only a part of the channels was looked at.
    fn select_and_connect(&mut self, cx: &mut Cx<'_>, narrowed: bool) {
        if self.enabled().next().is_none() {
            self.rest(cx, Rest::Inactive);
            return;
        }
        if let Some(candidate) = self.select(cx) {
            self.scan.fruitless = 0;
            self.connect(cx, candidate);
            return;
        }
        if narrowed {
            return self.look(cx, Duration::ZERO);
        }
        self.ask_for_secrets(cx);
        self.out.tell(Change::NetworkNotFound);
        self.scan.fruitless = self.scan.fruitless.saturating_add(1);
        let mut delay = self.scan.pause(self.settings.scan_pause);
        // If all that is enabled is left alone for now, nothing is gained by looking earlier.
        let waits: Option<Vec<Instant>> = self.enabled().map(|profile| self.history.alone_until(profile.id)).collect();
        if let Some(first) = waits.and_then(|all| all.into_iter().min()) {
            delay = delay.max(first - cx.now);
        }
        self.look(cx, delay);
    }

    /// Networks in reach that lack nothing but a passphrase: clients are asked where that was wanted, and the network
    /// is left alone for a while where it was not.
    fn ask_for_secrets(&mut self, cx: &Cx<'_>) {
        let waiting: Vec<(NetworkId, bool)> = self
            .enabled()
            .filter(|profile| profile.lacks_secret && !self.history.is_left_alone(profile.id, cx.now))
            .filter(|profile| self.table.iter().any(|bss| names(profile, &bss.ssid)))
            .map(|profile| (profile.id, profile.asks_for_secret))
            .collect();
        for (network, ask) in waiting {
            self.out.tell(Change::SecretWanted { network, ask });
            if !ask {
                self.set_back(cx, network, Setback::NoKey);
            }
        }
    }
}
