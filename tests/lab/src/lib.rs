//! Simulated radios on any Linux machine, and the stories that are played on them.
//!
//! [`host`] is the side that runs on the machine as it is: it finds or builds a User Mode Linux kernel, boots guests
//! and counts what they say. [`guest`] is the side that runs inside, as the guest's first process: it makes hosts out
//! of network namespaces, gives each a radio, starts programs and watches them. [`scenarios`] holds the stories.
#![forbid(unsafe_code)]

pub mod failure;
pub mod guest;
pub mod host;
pub mod scenarios;

#[cfg(test)]
mod tests;
