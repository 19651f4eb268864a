//! Wraps the target `radius_exchange`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("radius_exchange", data));
