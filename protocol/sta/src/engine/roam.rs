//! Moving to a better access point of the same network.

use core::time::Duration;

use wire::MacAddr;

use super::{Cx, Engine};
use crate::change::{Change, Compared};
use crate::output::Level;

/// How much better another access point has to be, in dB: the weaker the present one, the less.
const fn threshold(signal: i32) -> i32 {
    match signal {
        ..-85 => 1,
        -85..-80 => 2,
        -80..-75 => 3,
        -75..-70 => 4,
        -70.. => 5,
    }
}

impl Engine {
    /// Fresh results came while connected: is there something better?
    pub(crate) fn consider_roaming(&mut self, cx: &mut Cx<'_>) {
        let Some(target) = self.link().connected().map(|state| &state.plan.target) else { return };
        if !self.settings.roams {
            return;
        }
        let (id, bssid, ssid) = (target.network, target.bssid, target.ssid);
        let Some(profile) = self.profile(id) else { return };
        // A network of higher priority in reach is worth the move.
        let priority = profile.priority;
        if profile.bssids.only.is_some() {
            return;
        }
        let higher = self.enabled().any(|other| other.priority > priority);
        if higher
            && let Some(candidate) = self.select(cx)
            && self.profile(candidate.network).is_some_and(|other| other.priority > priority)
        {
            self.out.log(Level::Info, "a network of higher priority is in reach".into());
            self.connect(cx, candidate);
            return;
        }
        let Some(current) = self.table.find(bssid, &ssid) else { return };
        let best = self
            .table
            .iter()
            .filter(|bss| {
                bss.bssid != bssid
                    && bss.ssid == ssid
                    && bss.missed == 0
                    && self.history.ignored.count(bss.bssid, cx.now) == 0
                    && self.candidate_for(id, bss.bssid).is_some()
            })
            .max_by_key(|bss| bss.signal);
        let Some(best) = best else { return };
        let gain = best.signal.saturating_sub(current.signal);
        let faster = best.throughput() > current.throughput().saturating_add(current.throughput() / 5);
        let least = threshold(current.signal);
        let go = gain >= least && (faster || gain >= least.saturating_mul(2));
        let (current, other) = (Compared::of(current), Compared::of(best));
        self.out.tell(Change::RoamDecision { go, current, other });
        if go {
            self.reconnect_to(cx, id, other.bssid);
        }
    }

    /// The signal got weak: look for something better.
    pub(crate) fn look_around(&mut self, cx: &mut Cx<'_>) {
        if self.is_connected() && self.settings.roams {
            self.look(cx, Duration::ZERO);
        }
    }

    /// Goes to this access point, if it serves the present network.
    pub fn roam_to(&mut self, cx: &mut Cx<'_>, bssid: MacAddr) -> bool {
        let Some((network, ssid)) = self.target().map(|target| (target.network, target.ssid)) else { return false };
        if self.table.find(bssid, &ssid).is_none() {
            return false;
        }
        let goes = self.reconnect_to(cx, network, bssid);
        if goes {
            self.intent.wish = Some(bssid);
        }
        goes
    }
}
