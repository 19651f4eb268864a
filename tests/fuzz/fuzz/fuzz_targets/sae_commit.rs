//! Wraps the target `sae_commit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("sae_commit", data));
