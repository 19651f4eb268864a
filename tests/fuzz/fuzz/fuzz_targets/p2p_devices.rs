//! Wraps the target `p2p_devices`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("p2p_devices", data));
