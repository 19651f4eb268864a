//! Wraps the target `privd_worker`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("privd_worker", data));
