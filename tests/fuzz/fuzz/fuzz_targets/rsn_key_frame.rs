//! Wraps the target `rsn_key_frame`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("rsn_key_frame", data));
