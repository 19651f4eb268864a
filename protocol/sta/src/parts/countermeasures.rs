//! TKIP countermeasures of the station (IEEE Std 802.11-2020 12.3.3.4): two frames with a wrong MIC within a minute are an
//! attack, and TKIP is not used for a minute. Where it is not used anyway, there is nothing to measure against.

use core::time::Duration;

use wire::Instant;

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

    /// TKIP is not used for now.
    pub(crate) const fn are_active(&self) -> bool {
        self.until.is_some()
    }

    /// One more failure: whether it is the second in a minute, so that they begin.
    pub(crate) fn add_failure(&mut self, now: Instant) -> bool {
        let before = self.last_failure.replace(now);
        let attack = before.is_some_and(|before| now - before <= MINUTE);
        if attack {
            self.until = Some(now + MINUTE);
        }
        attack
    }

    /// Whether they have ended by now.
    pub(crate) fn end(&mut self, now: Instant) -> bool {
        let over = self.until.take_if(|until| *until <= now).is_some();
        if over {
            self.last_failure = None;
        }
        over
    }
}
