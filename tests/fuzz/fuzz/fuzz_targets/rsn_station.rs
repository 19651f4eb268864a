//! Wraps the target `rsn_station`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("rsn_station", data));
