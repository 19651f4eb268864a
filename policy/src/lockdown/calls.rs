//! The system calls of each process.

use nix::libc;

/// When a system call is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Whatever its arguments.
    Always,
    /// Only without these bits in an argument.
    Without {
        /// Which argument, from 0.
        argument: u8,
        /// The bits.
        bits: u64,
    },
    /// Only with exactly these bits of those in an argument.
    Exactly {
        /// Which argument, from 0.
        argument: u8,
        /// The bits that are looked at.
        bits: u64,
        /// What they have to be.
        value: u64,
    },
    /// Only with one of these values of an argument.
    OneOf {
        /// Which argument, from 0.
        argument: u8,
        /// The values.
        values: Vec<u64>,
    },
    /// Only for sockets of this family, and of one of these protocols (any, if none is named).
    Socket {
        /// Address family.
        family: i32,
        /// Protocols.
        protocols: Vec<i32>,
    },
    /// Only for sockets of this family, of exactly this type, flags included, and of its usual protocol.
    SocketType {
        /// Address family.
        family: i32,
        /// Type and flags.
        kind: i32,
    },
}

/// A system call that is allowed, and why.
#[derive(Clone, Debug)]
pub struct CallRule {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: &'static str,
    /// When.
    pub condition: Condition,
    /// Why.
    pub reason: &'static str,
}

macro_rules! rules {
    ($reason:expr; $($name:ident),+ $(,)?) => {
        [$(rule!($name, Condition::Always, $reason)),+]
    };
}

macro_rules! rule {
    ($name:ident, $condition:expr, $reason:expr) => {
        CallRule { number: name_to_number!($name), name: stringify!($name), condition: $condition, reason: $reason }
    };
}

macro_rules! name_to_number {
    ($name:ident) => {
        numbers::$name
    };
}

/// The numbers of the calls, under their own names.
mod numbers {
    #![allow(non_upper_case_globals, reason = "system calls are named as the kernel names them")]
    use nix::libc;

    macro_rules! numbers {
        ($($name:ident = $number:ident),+ $(,)?) => { $(pub(super) const $name: i64 = libc::$number;)+ };
    }
    numbers! {
        read = SYS_read, write = SYS_write, readv = SYS_readv, writev = SYS_writev, close = SYS_close,
        ppoll = SYS_ppoll, recvmsg = SYS_recvmsg, sendmsg = SYS_sendmsg, recvfrom = SYS_recvfrom,
        sendto = SYS_sendto, brk = SYS_brk, mmap = SYS_mmap, munmap = SYS_munmap, mremap = SYS_mremap,
        madvise = SYS_madvise, mprotect = SYS_mprotect, futex = SYS_futex, rt_sigaction = SYS_rt_sigaction,
        rt_sigprocmask = SYS_rt_sigprocmask, rt_sigreturn = SYS_rt_sigreturn, sigaltstack = SYS_sigaltstack,
        clock_gettime = SYS_clock_gettime, gettimeofday = SYS_gettimeofday, getrandom = SYS_getrandom,
        exit_group = SYS_exit_group, exit = SYS_exit, restart_syscall = SYS_restart_syscall, getpid = SYS_getpid,
        gettid = SYS_gettid, fcntl = SYS_fcntl, shutdown = SYS_shutdown, fstat = SYS_fstat,
        sched_yield = SYS_sched_yield, dup3 = SYS_dup3, socket = SYS_socket, connect = SYS_connect,
        setsockopt = SYS_setsockopt, getsockopt = SYS_getsockopt, bind = SYS_bind, getsockname = SYS_getsockname,
        accept4 = SYS_accept4, listen = SYS_listen, openat = SYS_openat, statx = SYS_statx, newfstatat = SYS_newfstatat,
        unlinkat = SYS_unlinkat, landlock_add_rule = SYS_landlock_add_rule, renameat = SYS_renameat, renameat2 = SYS_renameat2, mkdirat = SYS_mkdirat,
        fchownat = SYS_fchownat,
        fsync = SYS_fsync, ioctl = SYS_ioctl, getdents64 = SYS_getdents64, readlinkat = SYS_readlinkat, ftruncate = SYS_ftruncate, lseek = SYS_lseek, clone = SYS_clone, wait4 = SYS_wait4,
        waitid = SYS_waitid, socketpair = SYS_socketpair, prctl = SYS_prctl, seccomp = SYS_seccomp,
        capget = SYS_capget, capset = SYS_capset, set_robust_list = SYS_set_robust_list, rseq = SYS_rseq,
        landlock_create_ruleset = SYS_landlock_create_ruleset, landlock_restrict_self = SYS_landlock_restrict_self,
        prlimit64 = SYS_prlimit64, getppid = SYS_getppid, geteuid = SYS_geteuid, getuid = SYS_getuid,
        clock_nanosleep = SYS_clock_nanosleep, execveat = SYS_execveat, faccessat = SYS_faccessat,
        set_tid_address = SYS_set_tid_address, pread64 = SYS_pread64,
    }
    #[cfg(target_arch = "x86_64")]
    numbers! {
        poll = SYS_poll, dup2 = SYS_dup2, unlink = SYS_unlink, rename = SYS_rename, mkdir = SYS_mkdir, rmdir = SYS_rmdir,
        fork = SYS_fork, time = SYS_time,
        open = SYS_open, stat = SYS_stat, lstat = SYS_lstat, readlink = SYS_readlink, access = SYS_access,
        arch_prctl = SYS_arch_prctl,
    }
}

/// Memory is never made executable.
const EXEC: u64 = libc::PROT_EXEC as u64;
const WRITE: u64 = libc::PROT_WRITE as u64;

/// Every process.
fn common() -> Vec<CallRule> {
    let mut list = Vec::new();
    list.extend(rules!("messages and logs on descriptors that are open"; read, write, readv, writev, recvmsg,
        sendmsg, recvfrom, sendto, close, shutdown));
    list.extend(rules!("the poll loop"; ppoll));
    list.extend(rules!("the allocator"; brk, munmap, mremap, madvise));
    list.push(rule!(mmap, Condition::Without { argument: 2, bits: EXEC }, "the allocator; no code is ever added"));
    list.push(rule!(mprotect, Condition::Without { argument: 2, bits: EXEC }, "the allocator; no code is ever added"));
    list.extend(rules!("locks of the C library and of std"; futex, sched_yield));
    list.extend(rules!("signals of the process itself"; rt_sigaction, rt_sigprocmask, rt_sigreturn, sigaltstack));
    list.extend(rules!("clocks, where the kernel maps none"; clock_gettime, gettimeofday));
    list.extend(rules!("keys and nonces"; getrandom));
    list.extend(rules!("the end"; exit_group, exit));
    list.extend(rules!("a call that a signal or a debugger has interrupted"; restart_syscall));
    list.extend(rules!("a process may know its own number"; getpid, gettid));
    list.extend(rules!("size and kind of an open descriptor"; fstat));
    let commands = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL, libc::F_DUPFD_CLOEXEC];
    let values = commands.iter().map(|command| u64::from(command.unsigned_abs())).collect();
    list.push(rule!(fcntl, Condition::OneOf { argument: 1, values }, "flags of descriptors"));
    let values = vec![libc::FIONBIO, libc::FIOCLEX];
    list.push(rule!(ioctl, Condition::OneOf { argument: 1, values }, "flags of descriptors, under their other names"));
    #[cfg(target_arch = "x86_64")]
    list.extend(rules!("older names of the same calls"; poll, time));
    list
}

fn sockets(family: i32, protocols: &[i32], reason: &'static str) -> CallRule {
    rule!(socket, Condition::Socket { family, protocols: protocols.to_vec() }, reason)
}

/// Either daemon.
pub(super) fn daemon(reconnects: bool) -> Vec<CallRule> {
    let mut list = common();
    list.extend(rules!("letting go of the terminal once all is well"; dup3));
    list.extend(rules!("the file with the process id is emptied at the end"; ftruncate));
    #[cfg(target_arch = "x86_64")]
    list.extend(rules!("letting go of the terminal once all is well"; dup2));
    if reconnects {
        let reason = "helpers that were restarted are found again at their sockets";
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        list.push(rule!(socket, Condition::SocketType { family: libc::AF_UNIX, kind }, reason));
        list.extend(rules!(reason; connect));
    }
    list
}

/// The network worker.
pub(super) fn privd() -> Vec<CallRule> {
    let mut list = common();
    let families = [libc::NETLINK_GENERIC, libc::NETLINK_ROUTE];
    list.push(sockets(
        libc::AF_NETLINK,
        &families,
        "nl80211 and rtnetlink; each interface may have a socket of its own",
    ));
    list.push(sockets(libc::AF_PACKET, &[], "EAPOL and pre-authentication frames of an interface"));
    list.extend(rules!("addresses and filters of these sockets"; bind, getsockname, setsockopt, getsockopt));
    list.extend(rules!("daemons that connect"; accept4));
    list
}

/// The post. Where it may do so is settled by Landlock.
pub(super) fn post() -> Vec<CallRule> {
    let mut list = common();
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let datagrams = Condition::SocketType { family: libc::AF_UNIX, kind };
    list.push(rule!(socket, datagrams, "control sockets"));
    list.extend(rules!("control sockets"; bind, getsockname, setsockopt, getsockopt));
    list.extend(rules!("whether somebody answers on a socket that is in the way"; connect));
    list.extend(
        rules!("clients' sockets are held, and what the superuser names is read, within Landlock"; openat, statx,
        newfstatat, readlinkat, lseek),
    );
    list.extend(rules!("what is to be saved is on the disk before it is said to be"; fsync));
    list.extend(rules!("sockets are removed, within Landlock"; unlinkat));
    list.extend(rules!("a control socket's directory is made, within Landlock"; mkdirat));
    // Without a capability for it: of its own files alone, and to groups that it is in.
    list.extend(rules!("group of control sockets"; fchownat));
    #[cfg(target_arch = "x86_64")]
    list.extend(rules!("older names of the same calls"; unlink, mkdir, rmdir, open, stat, lstat, readlink));
    list
}

/// The post's keeper, which opens and completes the files that its worker has no way to.
pub(super) fn post_keeper() -> Vec<CallRule> {
    let mut list = keeper(post());
    list.extend(rules!("granted files are replaced, within Landlock"; renameat, renameat2, ftruncate));
    list.extend(rules!("daemons that connect"; accept4));
    #[cfg(target_arch = "x86_64")]
    list.extend(rules!("older names of the same calls"; rename));
    list
}

/// The courier. Ports of TCP are settled by Landlock, peers by itself.
pub(super) fn courier() -> Vec<CallRule> {
    let mut list = common();
    for family in [libc::AF_INET, libc::AF_INET6] {
        for kind in [libc::SOCK_DGRAM, libc::SOCK_STREAM] {
            let kind = kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
            list.push(rule!(
                socket,
                Condition::SocketType { family, kind },
                "datagrams and streams with granted peers"
            ));
        }
    }
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    let addresses = Condition::SocketType { family: libc::AF_NETLINK, kind };
    list.push(rule!(socket, addresses, "the C library asks which addresses a granted interface has"));
    list.extend(rules!("sockets on the network"; bind, connect, listen, accept4, getsockname, setsockopt, getsockopt));
    list
}

/// New namespaces, and threads, which a keeper never has.
const CLONE_REFUSED: u64 = 0x7e02_0000 | 0x80 | libc::CLONE_THREAD as u64 | libc::CLONE_VM as u64;

/// A keeper: what its worker does (a filter is inherited), and starting it.
pub(super) fn keeper(worker: Vec<CallRule>) -> Vec<CallRule> {
    let mut list = worker;
    list.push(rule!(clone, Condition::Without { argument: 0, bits: CLONE_REFUSED }, "starts a worker"));
    list.extend(rules!("the C library's part of starting a process"; set_robust_list, rseq));
    list.extend(rules!("the program of a worker, within Landlock"; execveat));
    list.extend(rules!("the loader's part of starting a program"; faccessat, pread64, set_tid_address, readlinkat));
    list.extend(rules!("the line to a worker is its standard input"; dup3));
    // Of files that Landlock lets it read; never what can be written too, and no worker has it.
    let code = Condition::Exactly { argument: 2, bits: EXEC | WRITE, value: EXEC };
    list.push(rule!(mmap, code, "the loader maps programs and libraries"));
    list.extend(rules!("sees how a worker ended"; wait4, waitid));
    list.extend(rules!("the connection of a worker with its daemon"; socketpair));
    list.extend(rules!("waits before it tries anew"; clock_nanosleep));
    list.extend(rules!("a worker sees whether its keeper has died meanwhile"; getppid));
    let options = [
        libc::PR_SET_NAME,
        libc::PR_SET_PDEATHSIG,
        libc::PR_SET_NO_NEW_PRIVS,
        libc::PR_SET_DUMPABLE,
        libc::PR_CAPBSET_READ,
        libc::PR_CAPBSET_DROP,
        libc::PR_CAP_AMBIENT,
    ];
    let values = options.iter().map(|option| u64::from(option.unsigned_abs())).collect();
    list.push(rule!(prctl, Condition::OneOf { argument: 0, values }, "a worker locks itself down further"));
    list.extend(rules!("a worker locks itself down further"; seccomp, capget, capset, landlock_create_ruleset,
        landlock_add_rule, landlock_restrict_self, prlimit64, geteuid, getuid));
    list.extend(
        rules!("each new worker opens what it needs, within Landlock"; openat, getdents64, statx, newfstatat, lseek),
    );
    #[cfg(target_arch = "x86_64")]
    list.extend(
        rules!("older names of the same calls, and the loader's own"; fork, dup2, access, open, readlink, arch_prctl),
    );
    list
}
