//! Wraps the target `eap_peer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("eap_peer", data));
