//! EAPOL-Key frames (IEEE Std 802.11-2020 12.7.2).

use core::fmt;

/// How a received EAPOL frame was protected on the air, as far as the driver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// By the pairwise key.
    Encrypted,
    /// Not at all.
    Plain,
    /// The driver does not say (packet sockets).
    Unknown,
}

/// Why a frame was dropped. Nothing has changed; the text is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discard(pub &'static str);

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Discard {}
