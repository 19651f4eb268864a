//! The only privileged program: netlink, EAPOL sockets, control socket post.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    privd::main()
}
