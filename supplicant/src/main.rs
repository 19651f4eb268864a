//! The station daemon.

fn main() {}
