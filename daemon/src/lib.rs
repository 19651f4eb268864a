//! What both daemons share: start-up, separation, links and the one poll loop.
//!
//! A daemon's `main` reads its command line and its configuration, calls [`launch::launch`] and then [`run`] with its
//! [`Machine`]. Everything that decides is in the machine.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod access_point;
pub mod cli;
#[cfg(feature = "testing")]
pub mod data_test;
pub mod launch;
mod link;
pub mod log;
mod machine;
mod on_request;
mod outbox;
mod run;
mod service;
mod stack;
pub mod words;

pub use launch::{LaunchError, Links, LogTarget, Start, grant, launch};
pub use machine::{Input, Machine, Output, Signal, Worth};
pub use on_request::Reader;
pub use outbox::Outbox;
pub use run::run;
