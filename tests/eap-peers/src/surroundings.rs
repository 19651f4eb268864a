//! Clock and random octets of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

use crypto::Rng;
use wire::Instant;

/// The kernel's random octets, taken a page at a time.
#[derive(Debug)]
pub struct Kernel {
    page: Box<[u8; 4096]>,
    left: usize,
}

impl Default for Kernel {
    fn default() -> Self {
        Self { page: Box::new([0; 4096]), left: 0 }
    }
}

fn take(out: &mut [u8]) {
    if getrandom::fill(out).is_err() {
        // Nothing that needs a secret can go on without.
        std::process::abort();
    }
}

impl Rng for Kernel {
    fn fill(&mut self, out: &mut [u8]) {
        if self.left < out.len() {
            take(&mut *self.page);
            self.left = self.page.len();
        }
        match self.page.get_mut(self.left.saturating_sub(out.len())..self.left) {
            Some(octets) if octets.len() == out.len() => {
                out.copy_from_slice(octets);
                // Nothing is given twice.
                octets.fill(0);
                self.left = self.left.saturating_sub(out.len());
            }
            _ => take(out),
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
