//! What follows from failures: back-off, and other access points first.

use std::time::Duration;

use conf::station::NetworkId;
use ctrl::StationEvent;
use wire::{Instant, MacAddr};

use super::Station;
use super::link::{Link, Loss};
use crate::memory::NetworkMemory;
use crate::outbox::Cx;
use crate::select::Candidate;

/// So many attempts may be ended by frames that anybody could have sent, before that counts as a failure.
const MOST_INTERRUPTIONS: u32 = 6;

/// An attempt that is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again {
    pub(crate) at: Instant,
    network: NetworkId,
    bssid: MacAddr,
}

impl Station {
    /// The running attempt has failed: clears it away, and goes on with what is next.
    pub(crate) fn attempt_failed(&mut self, cx: &mut Cx<'_>, told: Option<Loss>) {
        let Some(target) = self.link.target() else { return };
        let (bssid, network) = (target.bssid, target.network);
        let loss = told.unwrap_or(Loss { reason: wire::ReasonCode::UNSPECIFIED, local: true, quiet: true });
        self.lost_link(cx, loss);
        self.connection_failed(cx, bssid, Some(network));
    }

    /// An attempt with this access point has failed, and the link is clear: try another one, or the same later.
    pub(crate) fn connection_failed(&mut self, cx: &mut Cx<'_>, bssid: MacAddr, network: Option<NetworkId>) {
        if self.disconnected {
            return;
        }
        self.wish = None;
        let count = self.ignore.add(bssid, cx.now);
        if count == 1
            && let Some(candidate) = self.another_access_point(cx, bssid)
        {
            self.connect(cx, candidate);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures > 3
            && let Some(network) = network
        {
            self.network_failed(cx, network, "CONN_FAILED");
        }
        let delay = match self.failures {
            0 | 1 => 100,
            2 => 500,
            3 => 1000,
            4 => 5000,
            _ => 10_000,
        };
        self.look_for_networks(cx, Duration::from_millis(delay));
    }

    /// A frame that anybody could have sent has ended the attempt, and the link is clear. The same access point is tried
    /// again a little later, at random, so that whoever sends such frames in bursts does not hit every attempt; after a
    /// few it counts as a failure.
    pub(crate) fn interrupted(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) {
        self.interruptions = self.interruptions.saturating_add(1);
        if self.interruptions > MOST_INTERRUPTIONS {
            self.interruptions = 0;
            self.connection_failed(cx, bssid, Some(network));
        } else {
            self.try_again_soon(cx, network, bssid);
        }
    }

    /// The same access point again, a little later.
    pub(crate) fn try_again_soon(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) {
        let mut octet = [0];
        cx.rng.fill(&mut octet);
        let [lot] = octet;
        let most = 25_u64.checked_shl(self.interruptions).unwrap_or(0).min(1000);
        let wait = u64::from(lot).saturating_mul(most) / 255;
        self.again = Some(Again { at: cx.now + Duration::from_millis(wait.saturating_add(20)), network, bssid });
    }

    /// It is time to try again, unless something else has come in between.
    pub(crate) fn again_timeout(&mut self, cx: &mut Cx<'_>) {
        let Some(again) = self.again.take_if(|again| again.at <= cx.now) else { return };
        if self.disconnected || !matches!(self.link, Link::Idle) || self.scan.is_running() {
            return;
        }
        let wanted = self.enabled_networks().any(|network| network.id() == again.network);
        if !(wanted && self.reconnect_to(cx, again.network, again.bssid)) {
            self.look_for_networks(cx, Duration::ZERO);
        }
    }

    fn another_access_point(&self, cx: &Cx<'_>, failed: MacAddr) -> Option<Candidate> {
        if !matches!(self.link, Link::Idle) || !self.is_ready() {
            return None;
        }
        // Of those that have not failed lately: two that refuse must not send us to and fro without a pause.
        let candidate = self.select_with_ignored(cx.now)?;
        let other = self.bss.by_id(candidate.bss).is_some_and(|bss| bss.bssid != failed);
        other.then_some(candidate)
    }

    /// A network has failed in a way that will not pass by itself at once: it is left alone for a while.
    pub(crate) fn network_failed(&mut self, cx: &mut Cx<'_>, network: NetworkId, reason: &'static str) {
        let Some(ssid) = self.network(network).map(|network| network.ssid().unwrap_or_default()) else { return };
        let memory = self.memory.entry(network).or_default();
        memory.failures = memory.failures.saturating_add(1);
        let failures = memory.failures;
        let duration = NetworkMemory::back_off(failures);
        memory.disabled_until = Some(cx.now + Duration::from_secs(duration.into()));
        self.tell(cx, &StationEvent::TempDisabled { id: network, ssid, failures, duration, reason });
    }

    /// The network works, or a client wants it tried: its failures are forgotten.
    pub(crate) fn forgive(&mut self, cx: &mut Cx<'_>, network: NetworkId, failures_too: bool) {
        let Some(memory) = self.memory.get_mut(&network) else { return };
        let was = memory.disabled_until.take().is_some();
        if failures_too {
            memory.failures = 0;
        }
        if was {
            let ssid = self.network(network).and_then(|network| network.ssid()).unwrap_or_default();
            self.tell(cx, &StationEvent::Reenabled { id: network, ssid });
        }
    }
}
