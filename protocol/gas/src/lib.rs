//! Generic advertisement service (IEEE Std 802.11-2020 9.6.7.12 to 9.6.7.15, 11.22.3): queries and responses before a station
//! is associated. What is asked and answered are opaque octets, of ANQP or of another protocol.
//!
//! [`Requester`] asks, [`Responder`] answers; both are without clock and radio. The daemon gives each call the time, routes the
//! public actions 10 to 13 here (11 and 13 to the requester, 10 and 12 to the responder), and sends what is put out, off-channel
//! where it has to (an `Exchange`). It says when a frame of the responder was not acknowledged. Granted must be: to transmit and
//! receive public action frames 10 to 13 before association, to one address.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod frame;
pub mod requester;
pub mod responder;

use core::time::Duration;

pub use frame::{Frame, Protocol};
pub use requester::Requester;
pub use responder::Responder;

/// The longest response: what all its 128 fragments could carry is more than anybody says.
pub const MAX_RESPONSE: usize = 65_535;

/// A duration in time units of 1024 µs.
pub(crate) const fn time_units(count: u16) -> Duration {
    Duration::from_micros(1024_u64.saturating_mul(count as u64))
}

#[cfg(test)]
mod tests;
