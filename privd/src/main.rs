//! The only privileged program: netlink, EAPOL sockets, control socket post.

fn main() {}
