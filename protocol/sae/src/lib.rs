//! Simultaneous authentication of equals (IEEE Std 802.11-2020 12.4), for stations, access points and meshes.
//!
//! A [`Session`] is one run of the protocol with one peer. Both roles use the same one: whoever speaks first, each
//! side sends a Commit and a Confirm and receives the other's. Frames, timers and retransmission belong to the
//! caller, who gives in and takes out what follows the algorithm, transaction sequence and status fields of an
//! Authentication frame. Nothing here reads a clock, and random numbers come from a [`crypto::Rng`].
//!
//! The password element is found by hunting and pecking (12.4.4.2.2) or by hashing to the curve (12.4.4.2.3), on
//! the groups 19, 20 and 21, and 15 and 16 where they are asked for. Both take the same time for every password.
//!
//! ```
//! use sae::{Config, Group, Method, Password, PtSet, SaeAkm, Session};
//! use wire::MacAddr;
//!
//! let password = Password::new(b"correct horse battery staple", None);
//! let pt = PtSet::derive(b"home", &password, &[Group::P256]);
//! let here = Config {
//!     own: MacAddr([2, 0, 0, 0, 0, 1]),
//!     peer: MacAddr([2, 0, 0, 0, 0, 2]),
//!     group: Group::P256,
//!     method: Method::HashToElement,
//!     password: &password,
//!     pt: Some(&pt),
//!     akm: SaeAkm::Sae,
//!     rejected_groups: &[],
//!     supported_groups: &[Group::P256],
//! };
//! let there = Config { own: here.peer, peer: here.own, ..here };
//! let mut rng = crypto::testing::TestRng::new(1);
//! let mut station = Session::start(&here, &mut rng)?;
//! let mut access_point = Session::start(&there, &mut rng)?;
//!
//! access_point.handle_commit(station.commit_status(), &station.commit_body(None))?;
//! station.handle_commit(access_point.commit_status(), &access_point.commit_body(None))?;
//! access_point.handle_confirm(&station.confirm_body()?)?;
//! station.handle_confirm(&access_point.confirm_body()?)?;
//! assert!(station.pmk().is_some() && station.pmk() == access_point.pmk());
//! # Ok::<(), sae::SaeError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod arithmetic;
mod commit;
pub mod dragonfly;
mod error;
mod group;
mod keys;
mod password;
mod session;
mod token;

pub use commit::{ParsedCommit, parse_commit, rejected_groups_conflict};
pub use error::SaeError;
pub use group::{Group, Method, Modp, SaeAkm};
pub use password::{Password, PtSet};
pub use session::{CommitOutcome, Config, ConfirmOutcome, SYNC_LIMIT, Session, State};
pub use token::AntiClogging;

#[cfg(test)]
mod tests;
