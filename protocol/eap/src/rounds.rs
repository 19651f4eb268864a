//! How long a conversation may go on.

use crate::EapError;

/// Counts rounds, so that no peer is kept busy for ever: in all, and short ones in a row, which carry nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    limits: RoundLimits,
    all: u32,
    short: u32,
}

/// How many rounds a conversation may have (`max_auth_rounds`, `max_auth_rounds_short`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundLimits {
    /// In all.
    pub all: u32,
    /// In a row in which less than 20 octets are sent.
    pub short: u32,
}

impl Default for RoundLimits {
    fn default() -> Self {
        Self { all: 100, short: 50 }
    }
}

const SHORT: usize = 20;

impl Rounds {
    pub(crate) const fn new(limits: RoundLimits) -> Rounds {
        Rounds { limits, all: 0, short: 0 }
    }

    /// Counts a packet of ours of so many octets.
    pub(crate) const fn count(&mut self, octets: usize) -> Result<(), EapError> {
        self.all = self.all.saturating_add(1);
        self.short = if octets < SHORT { self.short.saturating_add(1) } else { 0 };
        if self.all > self.limits.all || self.short > self.limits.short {
            return Err(EapError::TooManyRounds);
        }
        Ok(())
    }
}
