//! The helper that owns a daemon's sockets on the network.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    privd::courier()
}
