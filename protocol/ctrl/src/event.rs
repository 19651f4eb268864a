//! Events, with the text that clients wait for.
//!
//! A name that nothing follows keeps the space that the originals send behind it.

mod access_point;
mod station;

pub use access_point::ApEvent;
pub use station::{RegdomInitiator, RegdomType, StationEvent};

/// How important an event is.
pub type Level = crate::LogLevel;

use alloc::{format, vec::Vec};
use core::fmt::Display;

/// The datagram of an event for clients of the interface it is about: `<3>TEXT`.
pub fn message(level: Level, text: &impl Display) -> Vec<u8> {
    format!("<{}>{text}", level.number()).into_bytes()
}

/// The datagram of an event for clients of the global socket: `IFNAME=wlan0 <3>TEXT`.
pub fn global_message(interface: &str, level: Level, text: &impl Display) -> Vec<u8> {
    format!("IFNAME={interface} <{}>{text}", level.number()).into_bytes()
}

/// What a client that attached wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Events below this level are not sent (`LEVEL n`).
    pub level: Level,
    /// Whether it asked for probe requests (`ATTACH probe_rx_events=1`).
    pub probe_requests: bool,
}

impl Default for Subscriber {
    fn default() -> Self {
        Subscriber { level: Level::Info, probe_requests: false }
    }
}

impl Subscriber {
    /// Whether an event goes to this client.
    pub fn wants(&self, level: Level, is_probe_request: bool) -> bool {
        level >= self.level && (!is_probe_request || self.probe_requests)
    }
}
