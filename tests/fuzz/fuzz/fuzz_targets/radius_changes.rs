//! Wraps the target `radius_changes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("radius_changes", data));
