//! The access point daemon.

fn main() {}
