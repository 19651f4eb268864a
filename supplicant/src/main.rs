//! The station daemon.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    supplicant::main()
}
