//! What both daemons share: start-up, separation, links and the one poll loop.
#![forbid(unsafe_code)]

pub mod log;
mod machine;

pub use machine::{Input, Machine, Output, Signal};
