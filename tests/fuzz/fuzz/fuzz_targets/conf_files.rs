//! Wraps the target `conf_files`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("conf_files", data));
