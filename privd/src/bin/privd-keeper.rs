//! What starts the helpers, starts them again when they die, and opens a daemon's files.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    privd::keeper()
}
