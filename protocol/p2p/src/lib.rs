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
pub mod device;
pub mod event;
mod exchange;
pub mod find;
pub mod formation;
pub mod frame;
pub mod group;
pub mod info;
pub mod invitation;
pub mod negotiation;
pub mod noa;
pub mod output;
pub mod peers;
pub mod provision;
pub mod service;
pub mod wps;

pub use attributes::Attributes;
pub use channel::{Channel, ChannelList};
pub use config::{Config, Credentials};
pub use device::{Bss, CommandError, Connect, Device, Env, ProbeRequest, Received};
pub use event::Event;
pub use find::{FindRequest, Kind};
pub use formation::{FormationFailure, Progress};
pub use frame::{Content, Frame};
pub use group::Group;
pub use invitation::{PersistentGroup, Reunion};
pub use negotiation::{Agreement, Negotiation, Plan, Role};
pub use output::{Context, Fate, Output, Outputs, Scope, Ticket, Transmit};

#[cfg(test)]
mod tests;
