//! Wraps the target `tls_certificate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("tls_certificate", data));
