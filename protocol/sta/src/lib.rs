//! The engine of a station: which network it joins, through which access point, how, and what follows when that fails.
//!
//! An [`Engine`] is everything that one station decides. It is driven like every machine here: it is told what happened
//! ([`Engine::handle_event`], [`Engine::handle_reply`], [`Engine::handle_timeout`]) and what is wanted (the commands),
//! [`Engine::poll_output`] gives what is to be done, [`Engine::poll_deadline`] says when its time comes. It is given typed
//! [`Profile`]s, never a configuration file's parameters, and asks for nothing but the driver vocabulary of `ipc-proto`.
//! The interface has to be up and a station before [`Engine::ready`]; names, files, sockets and the radio's other users are
//! its owner's.
//!
//! | file | what is there |
//! |---|---|
//! | `engine/mod.rs` | the engine: what is heard finds its part, and the link changes in one place |
//! | `engine/commands.rs` | what the owner and its clients want |
//! | `engine/follow.rs` | what follows when a link ends, in one match |
//! | `engine/attempt.rs`, `select.rs`, `roam.rs`, `scan*.rs` | an attempt from its turn on; which one; better ones; looking |
//! | `link/` | the link to an access point as a state that is consumed; `authentication.rs`: the ways to begin one |
//! | `choice/` | profiles, abilities and the table of BSSs, and whether they fit |
//! | `keys.rs`, `history.rs`, `scan.rs`, `parts/` | state: keys before a link, failures, scans, SA Query and countermeasures |
//! | `change.rs`, `output.rs` | what is told, and what is asked for |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

mod change;
mod choice;
mod engine;
mod history;
mod keys;
mod link;
mod output;
mod parts;
mod scan;
mod settings;
mod tamper;

pub use change::{Change, Compared, Setback};
pub use choice::abilities::Abilities;
pub use choice::fit::{Candidate, Requirement, Unfit, fits, names};
pub use choice::obstacle::{Hindrance, Obstacle};
pub use choice::profile::{Bssids, DenyPtk0, NetworkId, Profile, Psk, SaeSecret, Security, Terms};
pub use choice::table::{Bss, BssTable, Limits, NOISE, TableChange};
pub use engine::{Cx, Engine};
pub use link::State;
pub use link::target::Target;
pub use output::{Level, Output, Ticket};
pub use scan::{FreqRange, ScanRefused, ScanWish};
pub use settings::Settings;
pub use tamper::{Commit, Honest, Tamper};

#[cfg(test)]
mod tests;
