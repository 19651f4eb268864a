//! Wraps the target `rsn_elements`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("rsn_elements", data));
