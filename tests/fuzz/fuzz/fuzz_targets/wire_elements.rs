//! Wraps the target `wire_elements`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("wire_elements", data));
