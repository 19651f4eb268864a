//! Wraps the target `access_point_machine`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("access_point_machine", data));
