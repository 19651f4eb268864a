//! Wraps the target `eapol_packets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("eapol_packets", data));
