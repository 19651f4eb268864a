//! What a process may still do after its start, as data with a reason for each rule.

mod apply;
mod calls;
mod hand_on;
mod limits;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use caps::Capability;

use crate::grant::Grant;

pub use apply::NOBODY;
pub use calls::{CallRule, Condition};
pub use limits::Limit;

/// Exit status of a process that a panic has ended. Its filter keeps it from raising SIGABRT, as from signalling at all;
/// this is what a shell shows for that signal.
pub const ABORTED: i32 = 134;

/// The processes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessRole {
    /// The network worker.
    Privd,
    /// What starts it anew.
    PrivdKeeper,
    /// The owner of the control sockets.
    Post,
    /// What starts it anew.
    PostKeeper,
    /// The owner of the sockets on the network.
    Courier,
    /// What starts it anew.
    CourierKeeper,
    /// The station daemon.
    Supplicant,
    /// The access point daemon.
    Apd,
}

impl ProcessRole {
    /// Every process.
    pub const ALL: [ProcessRole; 8] = [
        ProcessRole::Privd,
        ProcessRole::PrivdKeeper,
        ProcessRole::Post,
        ProcessRole::PostKeeper,
        ProcessRole::Courier,
        ProcessRole::CourierKeeper,
        ProcessRole::Supplicant,
        ProcessRole::Apd,
    ];

    /// The user it runs as, where that user exists.
    #[must_use]
    pub const fn user(self) -> &'static str {
        match self {
            ProcessRole::Privd | ProcessRole::PrivdKeeper | ProcessRole::Post | ProcessRole::PostKeeper => "wifi-priv",
            ProcessRole::Courier | ProcessRole::CourierKeeper => "wifi-net",
            ProcessRole::Supplicant => "wifi-sta",
            ProcessRole::Apd => "wifi-ap",
        }
    }
}

/// A capability that is kept, and why.
#[derive(Clone, Copy, Debug)]
pub struct KeptCapability {
    /// Which.
    pub capability: Capability,
    /// Why.
    pub reason: &'static str,
}

/// What may be done with a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Files below are read.
    Read,
    /// Files below are read, and listed.
    List,
    /// Programs below are started.
    Run,
    /// Files below are written, made, removed and renamed.
    Replace,
    /// Files below are made and added to.
    Add,
    /// Files below are removed.
    Remove,
    /// Sockets, and directories for them, are made and removed below.
    Sockets,
    /// Empty directories below are removed.
    Empty,
}

/// A place in the file system that stays reachable, and why.
#[derive(Clone, Debug)]
pub struct FileRule {
    /// The file or directory, which need not exist.
    pub path: PathBuf,
    /// What may be done there.
    pub access: Access,
    /// Why.
    pub reason: &'static str,
}

/// Ports of TCP. Whose they are is for the process itself to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpPorts {
    /// Of ours, that may be bound.
    pub bind: Vec<u16>,
    /// Of others, that may be connected to; none: any.
    pub connect: Option<Vec<u16>>,
}

impl TcpPorts {
    const NONE: TcpPorts = TcpPorts { bind: Vec::new(), connect: Some(Vec::new()) };

    fn of(grants: &[&Grant]) -> TcpPorts {
        let bind = grants.iter().flat_map(|grant| grant.tcp_ports()).collect();
        let connect = grants.iter().map(|grant| grant.tcp_peers()).collect::<Option<Vec<_>>>();
        TcpPorts { bind, connect: connect.map(|ports| ports.concat()) }
    }
}

/// What a process may still do.
#[derive(Clone, Debug)]
pub struct Lockdown {
    /// Which process.
    pub role: ProcessRole,
    /// Capabilities that are kept; the rest is given up, in the bounding set too.
    pub capabilities: Vec<KeptCapability>,
    /// System calls that are allowed; others fail with EPERM.
    pub calls: Vec<CallRule>,
    /// Places in the file system; all others are closed.
    pub files: Vec<FileRule>,
    /// May datagrams go to abstract sockets of others?
    pub abstract_sockets: bool,
    /// Ports of TCP that may be used.
    pub tcp: TcpPorts,
    /// Groups besides that of its user, where the superuser starts it.
    pub groups: Vec<u32>,
}

/// What came of a lockdown.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What the kernel could not do, in words: empty unless that was accepted.
    pub lost: Vec<String>,
    /// What its Landlock is too old for, in words; no reason not to start.
    pub weakness: Option<String>,
}

/// Why a process is not locked down.
#[derive(Debug)]
pub enum LockdownError {
    /// Something failed: what, and how.
    System(String, io::Error),
    /// The kernel lacks something, and that was not accepted.
    Unconfined(Vec<String>),
}

impl fmt::Display for LockdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockdownError::System(what, error) => write!(f, "{what}: {error}"),
            LockdownError::Unconfined(lost) => {
                write!(f, "{} (--accept-unconfined goes on all the same)", lost.join("; "))
            }
        }
    }
}

impl std::error::Error for LockdownError {}

const fn kept(capability: Capability, reason: &'static str) -> KeptCapability {
    KeptCapability { capability, reason }
}

/// Directories too wide to be opened as a whole for the sake of one file in them.
const WIDE: [&str; 13] = [
    "/",
    "/etc",
    "/root",
    "/home",
    "/tmp",
    "/usr",
    "/usr/local/etc",
    "/var",
    "/var/tmp",
    "/run",
    "/dev",
    "/proc",
    "/sys",
];

/// Where libraries lie that the programs of workers are linked with.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];
/// Loaders of these programs: the interpreters that their files name. Where libraries are in a store of their own, it is
/// among them.
const LOADERS: [&str; 8] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-armhf.so.3",
    "/lib/ld-linux-riscv64-lp64d.so.1",
    "/lib64/ld64.so.2",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
    "/nix/store",
];

/// What starting programs of this folder needs of the file system.
fn programs(folder: &Path) -> Vec<FileRule> {
    let rule = |path: &Path, access, reason| FileRule { path: path.to_owned(), access, reason };
    let mut files = vec![rule(folder, Access::Run, "a worker is a program of its own")];
    files.extend(LIBRARIES.iter().map(|path| rule(Path::new(path), Access::Read, "libraries of a worker's program")));
    for loader in LOADERS {
        // Its folder, in which the next version will lie too.
        let real = std::fs::canonicalize(loader).ok();
        let place = real.as_deref().and_then(|path| if path.is_dir() { Some(path) } else { path.parent() });
        files.extend(place.map(|place| rule(place, Access::Run, "the loader of a worker's program")));
    }
    files
}

impl Lockdown {
    /// The same for a process that starts programs of this folder, each of which confines itself further.
    #[must_use]
    pub fn starting(mut self, folder: &Path) -> Lockdown {
        self.files.extend(programs(folder));
        self
    }

    /// A daemon. `reconnects`: its helpers listen on sockets which it has to find again when they were restarted.
    #[must_use]
    pub fn of_daemon(role: ProcessRole, reconnects: bool) -> Lockdown {
        let calls = calls::daemon(reconnects);
        Lockdown {
            role,
            capabilities: Vec::new(),
            calls,
            files: Vec::new(),
            abstract_sockets: false,
            tcp: TcpPorts::NONE,
            groups: Vec::new(),
        }
    }

    fn network(role: ProcessRole, calls: Vec<CallRule>, files: Vec<FileRule>) -> Lockdown {
        let capabilities = vec![
            kept(Capability::CAP_NET_ADMIN, "nl80211 and rtnetlink change interfaces, keys and stations"),
            kept(Capability::CAP_NET_RAW, "EAPOL frames travel on packet sockets"),
        ];
        Lockdown { role, capabilities, calls, files, abstract_sockets: false, tcp: TcpPorts::NONE, groups: Vec::new() }
    }

    /// The network worker.
    #[must_use]
    pub fn of_privd() -> Lockdown {
        Lockdown::network(ProcessRole::Privd, calls::privd(), Vec::new())
    }

    /// Its keeper.
    #[must_use]
    pub fn of_privd_keeper() -> Lockdown {
        let rule = |path: &str, access, reason| FileRule { path: path.into(), access, reason };
        let files = vec![
            rule("/dev/rfkill", Access::Read, "each new worker opens it to watch radio switches"),
            rule("/sys/class/rfkill", Access::List, "each new worker looks up which switch is of which radio"),
            rule("/sys/devices", Access::Read, "where the names of switches really are"),
        ];
        Lockdown::network(ProcessRole::PrivdKeeper, calls::keeper(calls::privd()), files)
    }

    fn files_and_sockets(role: ProcessRole, calls: Vec<CallRule>, files: Vec<FileRule>) -> Lockdown {
        let reason = "a client's reply socket, or a granted file, may be closed to all but its owner";
        let capabilities = vec![kept(Capability::CAP_DAC_OVERRIDE, reason)];
        Lockdown { role, capabilities, calls, files, abstract_sockets: true, tcp: TcpPorts::NONE, groups: Vec::new() }
    }

    fn on_the_network(role: ProcessRole, calls: Vec<CallRule>, tcp: TcpPorts) -> Lockdown {
        let (capabilities, files, groups) = (Vec::new(), Vec::new(), Vec::new());
        Lockdown { role, capabilities, calls, files, abstract_sockets: false, tcp, groups }
    }

    /// The courier of a daemon with this grant.
    #[must_use]
    pub fn of_courier(grant: &Grant) -> Lockdown {
        Lockdown::on_the_network(ProcessRole::Courier, calls::courier(), TcpPorts::of(&[grant]))
    }

    /// What starts the couriers of daemons with these grants.
    #[must_use]
    pub fn of_courier_keeper(grants: &[&Grant]) -> Lockdown {
        let calls = calls::keeper(calls::courier());
        Lockdown::on_the_network(ProcessRole::CourierKeeper, calls, TcpPorts::of(grants))
    }

    /// The post. Its keeper opens files for it; for itself it has the places of its sockets.
    #[must_use]
    pub fn of_post(files: Vec<FileRule>) -> Lockdown {
        Lockdown::files_and_sockets(ProcessRole::Post, calls::post(), files)
    }

    /// Its keeper. `groups`: of control sockets, which only a member may give away.
    #[must_use]
    pub fn of_post_keeper(files: Vec<FileRule>, groups: Vec<u32>) -> Lockdown {
        let lockdown = Lockdown::files_and_sockets(ProcessRole::PostKeeper, calls::post_keeper(), files);
        Lockdown { groups, ..lockdown }
    }
}

/// Is this directory too wide to be opened as a whole?
#[must_use]
pub fn is_wide(folder: &Path) -> bool {
    WIDE.iter().any(|wide| folder == Path::new(wide))
}

#[cfg(test)]
mod tests;
