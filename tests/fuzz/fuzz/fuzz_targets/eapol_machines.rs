//! Wraps the target `eapol_machines`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("eapol_machines", data));
