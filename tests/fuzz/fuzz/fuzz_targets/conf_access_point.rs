//! Wraps the target `conf_access_point`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("conf_access_point", data));
