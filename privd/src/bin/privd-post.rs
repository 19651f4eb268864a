//! The helper that owns a daemon's control sockets.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    privd::post()
}
