//! Simultaneous authentication of equals (IEEE Std 802.11-2020 12.4), for stations, access points and meshes.
//!
//! A [`Session`] is one run of the protocol with one peer. Both roles use the same one: whoever speaks first, each
//! side sends a Commit and a Confirm and receives the other's. Frames, timers and retransmission belong to the
//! caller, who gives in and takes out what follows the algorithm, transaction sequence and status fields of an
//! Authentication frame. Nothing here reads a clock, and random numbers come from a [`crypto::Rng`].
//!
//! The password element is found by hunting and pecking (12.4.4.2.2) or by hashing to the curve (12.4.4.2.3), on
//! the groups 19, 20 and 21. Both take the same time for every password.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod commit;
mod curve;
mod error;
mod group;
mod keys;
mod password;
mod session;
mod token;

pub use commit::{ParsedCommit, parse_commit, rejected_groups_conflict};
pub use error::SaeError;
pub use group::{Group, Method, SaeAkm};
pub use password::{Password, PtSet};
pub use session::{CommitOutcome, Config, ConfirmOutcome, SYNC_LIMIT, Session, State};
pub use token::AntiClogging;

#[cfg(test)]
mod tests;
