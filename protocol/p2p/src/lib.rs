//! Wi-Fi Direct (Wi-Fi Alliance, Wi-Fi Direct Specification, edition 1; clauses without another name are of it).
//!
//! Machines without radio, clock and generator: each handler is given a [`Context`] with the device's [`Config`], the time, random
//! octets and [`Outputs`]; what is to be done is taken from there. README.md says what stands where, and what the daemon has to give.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod attribute;
pub mod attributes;
pub mod channel;
pub mod code;
pub mod config;
pub mod event;
pub mod frame;
pub mod info;
pub mod negotiation;
pub mod noa;
pub mod output;
pub mod wps;

pub use attributes::Attributes;
pub use channel::{Channel, ChannelList};
pub use config::{Config, Credentials};
pub use event::Event;
pub use frame::{Content, Frame};
pub use negotiation::{Agreement, Negotiation, Plan, Role};
pub use output::{Context, Fate, Output, Outputs, Scope, Ticket, Transmit};

#[cfg(test)]
mod tests;
