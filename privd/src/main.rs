//! The helper that speaks with the kernel: netlink, EAPOL sockets, radio switches.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    privd::privd()
}
