//! Wraps the target `rsn_negotiation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("rsn_negotiation", data));
