//! Addresses, cursors, elements and management frames of IEEE 802.11.
//!
//! Plain types and total parsers: no function here panics on any input, keeps a clock or does I/O.
//!
//! * [`MacAddr`], [`Ssid`], [`Instant`], [`ReasonCode`], [`StatusCode`]: values that every room shares.
//! * [`cursor`]: [`Reader`] and [`Writer`], the only way in which received bytes are taken apart.
//! * [`element`]: iteration over elements, and the few element bodies that more than one room needs.
//! * [`frame`]: management frame headers and bodies.
//! * [`tally`]: which of the lines that strangers can cause are written.
//! * [`channel`]: channel numbers, operating classes and frequencies.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

pub mod channel;
mod code;
pub mod cursor;
pub mod element;
pub mod frame;
mod mac;
mod ssid;
pub mod tally;
mod time;

pub use code::{ReasonCode, StatusCode};
pub use cursor::{Malformed, Reader, Writer};
pub use mac::{MacAddr, ParseMacError};
pub use ssid::{Ssid, SsidTooLong};
pub use time::Instant;

/// Ethertype of EAPOL (IEEE Std 802.1X-2020 11.1).
pub const ETH_P_EAPOL: u16 = 0x888e;
/// Ethertype of RSN pre-authentication (IEEE Std 802.11-2020 12.6.10.2).
pub const ETH_P_PREAUTH: u16 = 0x88c7;
