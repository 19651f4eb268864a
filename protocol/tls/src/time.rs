//! Wall time: what certificates are judged by.

use core::fmt;
use core::time::Duration;

use der::DateTime;

/// Seconds since 1970-01-01T00:00:00Z. Given with each call that may judge a certificate; nothing here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime(pub u64);

impl WallTime {
    pub(crate) const fn to_unix(self) -> rustls::pki_types::UnixTime {
        rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(self.0))
    }
}

impl fmt::Display for WallTime {
    /// As an administrator reads it: `2026-11-26 06:42:58 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_unix_duration(Duration::from_secs(self.0)) {
            Ok(time) => write!(
                f,
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                time.year(),
                time.month(),
                time.day(),
                time.hour(),
                time.minutes(),
                time.seconds()
            ),
            Err(_) => write!(f, "{} s after 1970", self.0),
        }
    }
}
