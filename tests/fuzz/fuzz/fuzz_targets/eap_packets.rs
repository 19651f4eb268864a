//! Wraps the target `eap_packets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("eap_packets", data));
