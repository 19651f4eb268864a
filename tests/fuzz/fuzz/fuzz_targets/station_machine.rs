//! Wraps the target `station_machine`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("station_machine", data));
