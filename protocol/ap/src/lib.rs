//! The BSS engine of an access point.
//!
//! A [`Bss`] is everything that one BSS decides: its beacon, who may authenticate and associate, the handshakes, the
//! keys, and who has to leave. It is driven like every machine here: `handle_*` takes what happened, [`Bss::poll_output`]
//! gives what is to be done, [`Bss::poll_deadline`] says when to call [`Bss::handle_timeout`]. It asks for nothing but
//! the driver vocabulary of `ipc-proto`, so the access point daemon and a station daemon in access point mode own it alike.
//! The interface has to be up and of the right type before [`Bss::start`]; bridges, names and files are its owner's.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;
// Tests share the daemon's translation from configuration files, which names this crate from outside.
#[cfg(test)]
extern crate self as ap;

mod addresses;
mod air;
mod asked;
mod assoc;
mod auth;
mod beacon;
mod bss;
mod change;
mod config;
mod countermeasures;
mod handshake;
mod keyring;
mod leave;
mod load;
mod operating;
mod overlap;
mod password_ids;
pub mod profile;
pub mod radio;
mod reload;
mod resync;
mod sae_runs;
mod sae_side;
mod sae_tracking;
mod sae_work;
mod station;
mod stations;
mod switch;
mod watch;

pub use bss::{Bss, BssOutput, Condition, Tag};
pub use change::{Change, Level};
pub use config::BssConfig;
pub use operating::Operating;
pub use profile::{Listed, ListedPsk, Lists, Profile};
pub use radio::RadioProfile;
pub use reload::Leave;
pub use station::{Abilities, Stage, Station};
pub use switch::Switch;

#[cfg(test)]
mod tests;
