//! Wraps the target `tls_files`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("tls_files", data));
