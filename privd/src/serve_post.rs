//! Start of the post: what it may reach, and who may be its daemon.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, User};
use policy::Lockdown;
use policy::lockdown::{Access, FileRule, around, is_wide};
use tracing::{info, warn};

use crate::options::{Common, Paths};
use crate::post::{self, Options};

/// Where control sockets and files of daemons are that were not started as root.
const SERVED_SOCKETS: [&str; 2] = ["/run/wpa_supplicant", "/run/hostapd"];
const SERVED_FILES: [&str; 2] = ["/etc/wpa_supplicant", "/etc/hostapd"];
/// Where control directories may be that are named on a global control socket.
const LATER_SOCKETS: [&str; 2] = ["/run", "/tmp"];
/// Where files may be that are named there.
const LATER_FILES: [&str; 6] =
    ["/etc/wpa_supplicant", "/etc/wpa_supplicant.conf", "/etc/hostapd", "/etc/hostapd.conf", "/run", "/tmp"];
/// Most daemons at a time.
const MOST: usize = 64;

/// Users of the daemons, and the superuser.
fn users() -> Vec<u32> {
    let found = |name: &str| match User::from_name(name) {
        Ok(Some(user)) => Some(user.uid.as_raw()),
        Ok(None) => {
            warn!("there is no user {name}");
            None
        }
        Err(error) => {
            warn!("user {name}: {error}");
            None
        }
    };
    std::iter::once(0).chain(["wifi-sta", "wifi-ap"].into_iter().filter_map(found)).collect()
}

/// Groups by name, read while files can be read.
fn groups() -> Vec<(String, u32)> {
    let text = fs::read_to_string("/etc/group").unwrap_or_default();
    let group = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        Some((name, fields.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(group).collect()
}

/// Rules for a file by its own name and, where it is a link, by the name behind it.
fn rules(files: &mut Vec<FileRule>, path: &Path, access: Access, reason: &'static str) {
    if path.is_dir() {
        files.push(FileRule { path: path.to_owned(), access, reason });
        return;
    }
    files.push(around(path, access, reason));
    if let Ok(real) = fs::canonicalize(path)
        && real != path
    {
        files.push(around(&real, access, reason));
    }
}

/// Makes directories and settles what may be reached. Called while files can still be reached.
pub(crate) fn prepare(paths: Paths) -> (Options, Vec<FileRule>) {
    // Those who may use a control socket are its owner and its group, from the moment it is there.
    umask(Mode::from_bits_truncate(0o007));
    let mut files = Vec::new();
    for folder in &paths.control {
        sockets_in(&mut files, folder);
    }
    for socket in &paths.sockets {
        sockets_in(&mut files, socket.parent().unwrap_or(socket));
    }
    for path in &paths.read {
        rules(&mut files, path, Access::Read, "a file that the daemon reads again");
    }
    for path in &paths.write {
        rules(&mut files, path, Access::Replace, "a file that the daemon replaces");
    }
    if paths.named_later {
        for folder in LATER_SOCKETS {
            let reason = "control directories that are named on the global control socket";
            files.push(FileRule { path: folder.into(), access: Access::Sockets, reason });
        }
        // Not everywhere: then a post that was taken over could read what only the superuser may.
        let started = paths.folder.as_ref().filter(|folder| !is_wide(folder));
        for place in LATER_FILES.iter().map(Path::new).chain(started.map(PathBuf::as_path)) {
            let reason = "files that the superuser names on the global control socket";
            files.push(FileRule { path: place.to_owned(), access: Access::Read, reason });
        }
    }
    if let Some(path) = &paths.log {
        rules(&mut files, path, Access::Add, "the log file, which is opened anew after a rotation");
    }
    let options = Options {
        directories: paths.control.into_iter().chain(paths.sockets).collect(),
        named_later: if paths.named_later { LATER_SOCKETS.map(PathBuf::from).to_vec() } else { Vec::new() },
        readable: paths.read,
        writable: paths.write,
        log: paths.log,
        groups: groups(),
        spare: post::Spare::default(),
    };
    (options, files)
}

/// Makes a directory for control sockets, if it is not there, and opens it.
fn sockets_in(files: &mut Vec<FileRule>, folder: &Path) {
    if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o770).create(folder) {
        warn!("{}: {error}", folder.display());
    }
    // Control sockets are often made right below /run; in no other directory of the system.
    if is_wide(folder) && !matches!(folder.to_str(), Some("/run" | "/var/run" | "/tmp")) {
        warn!("{}: no place for control sockets", folder.display());
        return;
    }
    files.push(FileRule { path: folder.to_owned(), access: Access::Sockets, reason: "control sockets of the daemon" });
}

/// The post of one daemon. Files were settled by whoever started this process.
pub(crate) fn work(connection: OwnedFd, options: &Options, common: Common) -> Result<(), String> {
    crate::lock(&Lockdown::of_post(), common.accept_unconfined)?;
    post::serve(connection, options.clone()).map_err(|error| error.to_string())
}

/// Serves each daemon that connects in a process of its own.
pub(crate) fn serve(listening: OwnedFd, mut paths: Paths, common: Common) -> Result<(), String> {
    let given = |list: [&str; 2]| list.into_iter().map(PathBuf::from).collect::<Vec<_>>();
    if paths.control.is_empty() {
        paths.control = given(SERVED_SOCKETS);
    }
    if paths.write.is_empty() {
        paths.write = given(SERVED_FILES);
    }
    let users: Vec<u32> = users();
    let (options, files) = prepare(paths);
    crate::lock(&Lockdown::of_post_keeper(files), common.accept_unconfined)?;
    let listener = UnixListener::from(listening);
    listener.set_nonblocking(false).map_err(|error| error.to_string())?;
    let mut children = 0_usize;
    loop {
        let (connection, _) = listener.accept().map_err(|error| error.to_string())?;
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
            children = children.saturating_sub(1);
        }
        let user = getsockopt(&connection, sockopt::PeerCredentials).map(|peer| peer.uid());
        match user {
            Ok(user) if users.contains(&user) && children < MOST => {}
            Ok(user) => {
                info!(stranger = "users were turned away", "user {user} is turned away");
                continue;
            }
            Err(error) => {
                info!("nobody knows who connects: {error}");
                continue;
            }
        }
        match policy::fork_single() {
            Ok(ForkResult::Child) => {
                drop(listener);
                return work(connection.into(), &options, common);
            }
            Ok(ForkResult::Parent { .. }) => children = usize::saturating_add(children, 1),
            Err(error) => warn!("no process for a daemon: {error}"),
        }
    }
}
