//! Verdicts on requests, and the lockdown of a process.
//!
//! * [`authorize`] judges each request of a daemon: role × phase × interface → allowed or not. Pure, and without a
//!   wildcard: a request that is added to the vocabulary does not compile until it has been thought about here.
//! * [`Lockdown`] says as data what a process may still do after its start, and why; [`Lockdown::apply`] makes it so.
#![deny(unsafe_code)]

mod check;
pub mod lockdown;
mod sys;
mod verdict;

pub use lockdown::{Lockdown, LockdownError, ProcessRole, Report};
pub use sys::{fork, fork_single};
pub use verdict::{Grant, Phase, Verdict, authorize};
