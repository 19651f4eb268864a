//! Machines against each other and against whoever sends what they like.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may"
)]

mod attacks;
mod codec;
mod erp;
mod foreign;
mod ikev2;
mod kit;
mod pairs;
mod pwd;
mod shared_keys;
mod sim;
mod sim_attacks;
mod teap;
mod ttls;
mod tunnels;
