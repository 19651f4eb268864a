//! Wraps the target `rsn_access_point`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("rsn_access_point", data));
