//! Verdicts on requests, and the lockdown of a process.
//!
//! * [`authorize`] judges each request of a daemon: role × phase × interface → allowed or not. Pure, and without a
//!   wildcard: a request that is added to the vocabulary does not compile until it has been thought about here.
//! * [`Lockdown`] says as data what a process may still do after its start, and why; [`Lockdown::apply`] makes it so.
#![deny(unsafe_code)]

mod check;
mod verdict;

pub use verdict::{Grant, Phase, Verdict, authorize};
