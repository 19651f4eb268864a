//! Wraps the target `ipc_post`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::run("ipc_post", data));
