//! Wraps the target `ctrl_station`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("ctrl_station", data));
