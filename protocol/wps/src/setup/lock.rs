//! What stops whoever tries the PINs of an access point one by one: 11000 runs would find it.

use core::time::Duration;

use wire::Instant;

/// So many failures are a person who mistypes.
const FREE: u32 = 3;
/// The first time that it is locked.
const FIRST: Duration = Duration::from_secs(60);
/// After so many in a row it stays locked.
const LAST: u32 = 10;

/// Counts failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    failures: u32,
    until: Option<Instant>,
}

/// How it is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// Not at all.
    No,
    /// Until then.
    Until(Instant),
    /// Until somebody at the access point changes or unlocks the PIN.
    ForEver,
}

impl Lock {
    /// Somebody did not know the PIN.
    pub fn fail(&mut self, now: Instant) -> Locked {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(FREE) {
            // Twice as long each time.
            self.until = Some(now + FIRST.saturating_mul(2u32.saturating_pow(beyond)));
        }
        self.state(now)
    }

    /// Somebody did.
    pub const fn succeed(&mut self) {
        self.failures = 0;
        self.until = None;
    }

    /// Whether it is locked.
    #[must_use]
    pub fn state(&self, now: Instant) -> Locked {
        match self.until {
            _ if self.failures >= LAST => Locked::ForEver,
            Some(until) if now < until => Locked::Until(until),
            Some(_) | None => Locked::No,
        }
    }
}
