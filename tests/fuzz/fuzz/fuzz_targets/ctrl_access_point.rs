//! Wraps the target `ctrl_access_point`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("ctrl_access_point", data));
