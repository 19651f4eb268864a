//! TKIP countermeasures of the access point (IEEE Std 802.11-2020 12.3.3.4): TKIP's MIC can be guessed in as many tries as
//! its 20 bits or so allow, so that two failures within a minute end all that uses it, for a minute.
//!
//! They are a way to keep everybody out, and exist only where TKIP does: nobody who uses another cipher can set them off.

use core::time::Duration;

use crate::change::Level;
use rsn::CipherSuite;
use wire::{Instant, MacAddr, ReasonCode};

use crate::bss::Bss;
use crate::station::Stage;

use alloc::format;
use alloc::vec::Vec;

/// Two failures within this time are an attack, and so long it is answered.
const MINUTE: Duration = Duration::from_secs(60);

/// Failures of TKIP's MIC.
#[derive(Debug, Default)]
pub(crate) struct Countermeasures {
    last_failure: Option<Instant>,
    until: Option<Instant>,
}

impl Countermeasures {
    /// Nobody is let in now.
    pub(crate) fn are_active(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until > now)
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.until
    }
}

impl Bss {
    /// A frame of a station had a wrong MIC, says the driver.
    pub(crate) fn handle_mic_failure(&mut self, addr: MacAddr, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr).filter(|station| station.uses_pairwise(CipherSuite::Tkip))
        else {
            self.log(Level::Debug, format!("{addr}: a wrong MIC of a station that does not use TKIP"));
            return;
        };
        station.mic_failures_here = station.mic_failures_here.saturating_add(1);
        self.log(Level::Warning, format!("{addr}: a TKIP frame with a wrong MIC"));
        self.mic_failed(now);
    }

    /// A station reports that a frame of ours had a wrong MIC (12.3.3.4.2).
    pub(crate) fn handle_mic_report(&mut self, addr: MacAddr, pairwise: bool, now: Instant) {
        let group = self.policy.as_ref().is_some_and(|policy| policy.group == CipherSuite::Tkip);
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if !(if pairwise { station.uses_pairwise(CipherSuite::Tkip) } else { group }) {
            self.log(Level::Debug, format!("{addr}: reports a wrong MIC, but uses no TKIP there"));
            return;
        }
        station.mic_failures_there = station.mic_failures_there.saturating_add(1);
        let kind = if pairwise { "pairwise" } else { "group" };
        self.log(Level::Warning, format!("{addr}: reports a TKIP frame with a wrong MIC ({kind} key)"));
        self.mic_failed(now);
    }

    /// 12.3.3.4.3: the second within a minute begins the countermeasures.
    fn mic_failed(&mut self, now: Instant) {
        if self.countermeasures.are_active(now) {
            return;
        }
        let before = self.countermeasures.last_failure.replace(now);
        if before.is_none_or(|before| now - before > MINUTE) {
            return;
        }
        self.countermeasures.until = Some(now + MINUTE);
        self.log(
            Level::Warning,
            "TKIP countermeasures: two frames with a wrong MIC within a minute; all stations are sent away, and nobody is \
             let in for a minute"
                .into(),
        );
        let all: Vec<MacAddr> =
            self.stations.values().filter(|s| s.stage >= Stage::Associating).map(|s| s.addr()).collect();
        for addr in all {
            self.deauthenticate(addr, ReasonCode::MIC_FAILURE, now);
        }
        if let Some(group) = &mut self.group {
            // No key that the attack was about is used again.
            group.request_rekey(now);
        }
    }

    pub(crate) fn countermeasures_timeout(&mut self, now: Instant) {
        if self.countermeasures.until.take_if(|until| *until <= now).is_some() {
            self.countermeasures.last_failure = None;
            self.log(Level::Info, "TKIP countermeasures are over".into());
        }
    }
}
