//! TKIP countermeasures of the station (IEEE Std 802.11-2020 12.3.3.4): two frames with a wrong MIC within a minute are an
//! attack, and TKIP is not used for a minute. Where it is not used anyway, there is nothing to measure against.

use std::time::Duration;

use ctrl::LogLevel;
use rsn::CipherSuite;
use wire::{Instant, ReasonCode};

use super::Station;
use super::link::Link;
use crate::outbox::Cx;

/// Two failures within this time are an attack, and so long it is answered.
const MINUTE: Duration = Duration::from_secs(60);

/// Failures of TKIP's MIC.
#[derive(Debug, Default)]
pub(crate) struct Countermeasures {
    last_failure: Option<Instant>,
    until: Option<Instant>,
}

impl Countermeasures {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.until
    }

    pub(super) fn are_active(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until > now)
    }
}

impl Station {
    /// A frame had a wrong MIC: the access point is told (12.3.3.4.2), and left if that was the second one.
    pub(crate) fn michael_failure(&mut self, cx: &mut Cx<'_>, group: bool) {
        let Link::Associated(state) = &mut self.link else { return };
        let cipher = state.target.negotiated.as_ref().map(|agreed| if group { agreed.group } else { agreed.pairwise });
        if cipher != Some(CipherSuite::Tkip) {
            tracing::debug!("{}: a wrong MIC where TKIP is not used", self.origin.ifname);
            return;
        }
        let bssid = state.target.bssid;
        tracing::warn!("{}: a TKIP frame with a wrong MIC", self.origin.ifname);
        if let Some(handshake) = &mut state.handshake {
            handshake.report_mic_failure(!group);
            self.drain_handshake(cx);
        }
        let before = self.countermeasures.last_failure.replace(cx.now);
        if before.is_none_or(|before| cx.now - before > MINUTE) {
            return;
        }
        self.countermeasures.until = Some(cx.now + MINUTE);
        self.iface.abilities.tkip_barred = true;
        self.say(cx, LogLevel::Warning, "WPA: TKIP countermeasures started");
        self.ignore.add(bssid, cx.now);
        self.disconnect(cx, ReasonCode::MIC_FAILURE);
        // Another network, or another access point, may do without TKIP.
        self.look_for_networks(cx, Duration::from_millis(100));
    }

    pub(super) fn countermeasures_timeout(&mut self, cx: &mut Cx<'_>) {
        if self.countermeasures.until.take_if(|until| *until <= cx.now).is_some() {
            self.countermeasures.last_failure = None;
            self.iface.abilities.tkip_barred = false;
            self.say(cx, LogLevel::Info, "WPA: TKIP countermeasures stopped");
            self.scan.restart();
            if matches!(self.link, Link::Idle) {
                self.look_for_networks(cx, Duration::ZERO);
            }
        }
    }
}
