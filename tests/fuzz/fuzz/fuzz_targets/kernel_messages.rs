//! Wraps the target `kernel_messages`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("kernel_messages", data));
