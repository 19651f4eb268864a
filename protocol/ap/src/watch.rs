//! Stations that have fallen silent (`ap_max_inactivity`, IEEE Std 802.11-2020 11.3.5.8) or do not acknowledge.

use alloc::format;
use core::time::Duration;

use crate::change::{Change, Level};
use ipc_proto::{Request, StationInfo};
use wire::{Instant, MacAddr, ReasonCode};

use crate::bss::{Bss, Tag};
use crate::station::Watch;

/// How long the kernel may take to say how silent a station was.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a probed station may take.
const PROBE: Duration = Duration::from_secs(1);
/// After disassociation for inactivity, the authentication lasts this long.
const FAREWELL: Duration = Duration::from_secs(3);

impl Bss {
    fn inactivity(&self) -> Duration {
        Duration::from_secs(u64::from(self.config.profile.care.inactivity))
    }

    pub(crate) fn watch_timeout(&mut self, addr: MacAddr, now: Instant) {
        let handle = self.config.handle;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(watch) = station.watch.filter(|watch| watch.at() <= now) else { return };
        match watch {
            Watch::Look(_) | Watch::Asked(_) => {
                station.watch = Some(Watch::Asked(now + ANSWER));
                self.request(Tag::Activity(addr), Request::Stations { handle, addr: Some(addr) });
            }
            Watch::Probed(_) => self.silent(addr, now),
        }
    }

    /// Asks a station whether it is there. Its answer is an event.
    pub fn poll_station(&mut self, addr: MacAddr) -> bool {
        let handle = self.config.handle;
        let known = self.stations.get(&addr).is_some_and(crate::Station::is_associated);
        if known {
            self.request(Tag::Plain("probing a station"), Request::ProbeStation { handle, addr });
        }
        known
    }

    pub(crate) fn activity_known(&mut self, addr: MacAddr, entries: &[StationInfo], now: Instant) {
        let limit = self.inactivity();
        let handle = self.config.handle;
        let skip = self.config.profile.care.unasked;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if !matches!(station.watch, Some(Watch::Asked(_))) {
            return;
        }
        let Some(info) = entries.iter().find(|info| info.addr == addr) else { return };
        let silent = Duration::from_millis(u64::from(info.inactive_ms));
        if silent < limit {
            station.watch = Some(Watch::Look(now + limit.saturating_sub(silent)));
        } else if skip {
            self.silent(addr, now);
        } else {
            station.watch = Some(Watch::Probed(now + PROBE));
            self.request(Tag::Plain("probing a station"), Request::ProbeStation { handle, addr });
        }
    }

    pub(crate) fn handle_probe_status(&mut self, addr: MacAddr, acked: bool, now: Instant) {
        let limit = self.inactivity();
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if !acked {
            return;
        }
        if station.watch.is_some() {
            station.watch = Some(Watch::Look(now + limit));
        }
        self.tell(Change::PollOk(addr));
    }

    fn silent(&mut self, addr: MacAddr, now: Instant) {
        self.log(Level::Info, format!("{addr}: silent for too long"));
        self.disassociate(addr, Some(ReasonCode::INACTIVITY), now);
        if let Some(station) = self.stations.get_mut(&addr) {
            station.expires = Some(now + FAREWELL);
        }
    }

    pub(crate) fn handle_packet_loss(&mut self, addr: MacAddr, packets: u32, now: Instant) {
        if !self.config.profile.care.low_ack || !self.stations.contains_key(&addr) {
            return;
        }
        self.log(Level::Info, format!("{addr}: {packets} frames were not acknowledged"));
        self.disassociate(addr, Some(ReasonCode::LOW_ACK), now);
    }
}
