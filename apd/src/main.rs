//! The access point daemon.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    apd::main()
}
