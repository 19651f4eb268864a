//! Wraps the target `eap_methods`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("eap_methods", data));
