//! Moving to a better access point of the same network.

use ctrl::StationEvent;
use wire::{Instant, MacAddr};

use super::Station;
use super::link::Link;
use crate::bss::Bss;
use crate::outbox::Cx;

/// Roaming of one interface.
#[derive(Debug, Default)]
pub(crate) struct Roamer {
    /// When to look around.
    next: Option<Instant>,
}

impl Roamer {
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn stop(&mut self) {
        self.next = None;
    }
}

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

fn decision(bss: &Bss) -> (MacAddr, u32, i32, u32) {
    (bss.bssid, bss.freq, bss.signal, bss.throughput())
}

impl Station {
    /// A link was made.
    pub(crate) fn roam_started(&mut self, _cx: &mut Cx<'_>) {
        self.roam.stop();
    }

    pub(crate) fn roam_timeout(&mut self, cx: &mut Cx<'_>) {
        if self.roam.next.is_some_and(|next| next <= cx.now) {
            self.roam.next = None;
        }
    }

    /// Fresh results came while connected: is there something better?
    pub(crate) fn consider_roaming(&mut self, cx: &mut Cx<'_>) {
        let Link::Associated(state) = &self.link else { return };
        if !self.runtime.roaming {
            return;
        }
        let (id, bssid, ssid) = (state.target.network, state.target.bssid, state.target.ssid);
        let Some(network) = self.network(id) else { return };
        // A network of higher priority in reach is worth the move.
        let priority = network.priority();
        if network.bssid().is_some() {
            return;
        }
        let higher = self.enabled_networks().any(|other| other.priority() > priority);
        if higher
            && let Some(candidate) = self.select(cx)
            && self.network(candidate.network).is_some_and(|other| other.priority() > priority)
        {
            tracing::info!("{}: a network of higher priority is in reach", self.ifname());
            self.connect(cx, candidate);
            return;
        }
        let Some(current) = self.bss.find(bssid, &ssid) else { return };
        let best = self
            .bss
            .iter()
            .filter(|bss| {
                bss.bssid != bssid
                    && bss.ssid == ssid
                    && bss.missed == 0
                    && self.ignore.count(bss.bssid, cx.now) == 0
                    && self.candidate_for(id, bss.bssid).is_some()
            })
            .max_by_key(|bss| bss.signal);
        let Some(best) = best else { return };
        let gain = best.signal.saturating_sub(current.signal);
        let faster = best.throughput() > current.throughput().saturating_add(current.throughput() / 5);
        let go = gain >= threshold(current.signal) && (faster || gain >= threshold(current.signal).saturating_mul(2));
        let event = StationEvent::RoamDecision { go, current: decision(current), other: decision(best) };
        let to = best.bssid;
        self.tell(cx, &event);
        if go {
            self.reconnect_to(cx, id, to);
        }
    }

    /// The signal got weak: look for something better.
    pub(crate) fn look_around(&mut self, cx: &mut Cx<'_>) {
        if self.link.is_completed() && self.runtime.roaming {
            self.look_for_networks(cx, std::time::Duration::ZERO);
        }
    }

    /// The access point moves to another channel, or has moved.
    pub(crate) fn channel_switched(&mut self, cx: &mut Cx<'_>, channel: ipc_proto::ChannelDefinition, started: bool) {
        let Link::Associated(state) = &mut self.link else { return };
        if !started {
            state.target.freq = channel.freq;
            let bssid = state.target.bssid;
            self.bss.moved(bssid, channel.freq);
        }
        let event = crate::control::channel_switch(channel, started);
        self.tell(cx, &event);
    }

    /// `ROAM`: to this access point, if it serves the present network.
    pub(crate) fn roam_to(&mut self, cx: &mut Cx<'_>, bssid: MacAddr) -> bool {
        let Some(target) = self.link.target() else { return false };
        let id = target.network;
        let ssid = target.ssid;
        if self.bss.find(bssid, &ssid).is_none() {
            return false;
        }
        match self.candidate_for(id, bssid) {
            Some(candidate) => {
                self.wish = Some(bssid);
                self.connect(cx, candidate);
                true
            }
            None => false,
        }
    }
}
