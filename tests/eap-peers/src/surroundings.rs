//! Clock and random octets of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

use crypto::Rng;
use wire::Instant;

/// The kernel's random octets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Rng for Kernel {
    fn fill(&mut self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Nothing that needs a secret can go on without.
            std::process::abort();
        }
    }
}

/// A clock that starts with the program.
#[derive(Clone, Copy, Debug)]
pub struct Clock(std::time::Instant);

impl Default for Clock {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Clock {
    /// The monotonic time.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_origin(self.0.elapsed())
    }
}

/// Seconds since 1970.
#[must_use]
pub fn wall() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}
