//! Verdicts on requests, and the lockdown of a process.
//!
//! * [`authorize`] judges each request of a daemon: role × kind of the interface × what it does × grant → allowed or
//!   not, and why not. Pure, and its table has no wildcard: a request that is added to the vocabulary does not compile
//!   until it has been thought about here.
//! * [`grant::Grant`] names everything that one daemon may touch; [`caps`] says how much of it.
//! * [`Lockdown`] says as data what a process may still do after its start, and why; [`Lockdown::apply`] makes it so.
//! * [`saved`]: how a granted file gets new content without changing its owner.
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod caps;
mod check;
mod frames;
pub mod grant;
pub mod lockdown;
mod runtime_dir;
pub mod saved;
mod sys;
mod table;
mod verdict;

pub use lockdown::{ABORTED, Lockdown, LockdownError, NOBODY, ProcessRole, Report};
pub use runtime_dir::RuntimeDir;
pub use sys::{close_inherited, fork, fork_single};
pub use verdict::{Bridge, Hold, Phase, Standing, Usage, Verdict, World, authorize};
