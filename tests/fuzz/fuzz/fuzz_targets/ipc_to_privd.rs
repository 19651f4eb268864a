//! Wraps the target `ipc_to_privd`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("ipc_to_privd", data));
