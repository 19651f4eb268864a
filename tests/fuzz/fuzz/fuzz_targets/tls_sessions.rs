//! Wraps the target `tls_sessions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("tls_sessions", data));
