//! What the post and its keeper may reach in the file system, and what is made there before they are confined.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Group, Uid, fchown, geteuid};
use policy::ProcessRole;
use policy::grant::{FileRight, Grant, Names};
use policy::lockdown::{Access, FileRule, is_wide};
use tracing::warn;

use super::sockets;

/// Where control directories may be that the superuser names on a global control socket.
const LATER_SOCKETS: [&str; 2] = ["/run", "/tmp"];
/// Where files may be that he names there.
const LATER_FILES: [&str; 6] =
    ["/etc/wpa_supplicant", "/etc/wpa_supplicant.conf", "/etc/hostapd", "/etc/hostapd.conf", "/run", "/tmp"];

/// Places in the file system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// For the keeper, and so at most for its worker.
    pub(crate) keeper: Vec<FileRule>,
    /// For the worker, which confines itself further.
    pub(crate) worker: Vec<FileRule>,
}

impl Places {
    /// What a grant comes to. `started`: the folder in which the daemon was started.
    pub(crate) fn of(grant: &Grant, started: Option<&Path>) -> Places {
        let mut places = Places::default();
        let roots = grant.control.iter().map(|root| root.folder.as_path());
        let named = grant.sockets.iter().filter(|socket| socket.path.is_absolute());
        for folder in roots.clone().chain(named.filter_map(|socket| socket.path.parent())) {
            // Control sockets are often made right below /run; in no other directory of the system.
            if is_wide(folder) && !matches!(folder.to_str(), Some("/run" | "/tmp")) {
                warn!("{}: no place for control sockets", folder.display());
            } else {
                places.both(folder, Access::Sockets, "control sockets of the daemon");
            }
        }
        for parent in roots.filter_map(Path::parent) {
            places.keeper_only(parent, Access::Empty, "control directories that were made are removed at the end");
        }
        if grant.witness {
            for folder in LATER_SOCKETS {
                let reason = "control directories that the superuser names on the global control socket";
                places.both(Path::new(folder), Access::Sockets, reason);
            }
            // Not everywhere: then a post that was taken over could read what only the superuser may.
            let started = started.filter(|folder| !is_wide(folder));
            for place in LATER_FILES.iter().map(Path::new).chain(started) {
                let reason = "files that the superuser names on the global control socket";
                places.both(place, Access::Read, reason);
                places.keeper_only(place, Access::Replace, "and of those, what says that it may be saved");
            }
        }
        for file in &grant.files {
            let Some(folder) = file.folder() else { continue };
            let (access, reason) = match file.right {
                FileRight::Read => (Access::Read, "a file that the daemon reads again, whatever replaced it"),
                FileRight::Replace => (Access::Replace, "a file that the daemon replaces"),
                FileRight::Log => (Access::Add, "the log file, which is opened anew after a rotation"),
                FileRight::Pid => (Access::Remove, "the process id is removed at the end"),
            };
            places.keeper_only(folder, access, reason);
            // Where it is a link, the file behind it is meant.
            let real = fs::canonicalize(&file.path).ok().filter(|_| file.is_one());
            if let Some(real) = real.as_deref().and_then(Path::parent).filter(|real| *real != folder) {
                places.keeper_only(real, access, reason);
            }
            let reads = matches!(file.right, FileRight::Read | FileRight::Replace);
            if reads && !is_wide(folder) {
                places.both(
                    folder,
                    Access::Read,
                    "files that a granted file names, if only the superuser may write it",
                );
            }
        }
        places
    }

    fn keeper_only(&mut self, path: &Path, access: Access, reason: &'static str) {
        let rule = FileRule { path: path.to_owned(), access, reason };
        if !self.keeper.iter().any(|known| known.path == rule.path && known.access == rule.access) {
            self.keeper.push(rule);
        }
    }

    fn both(&mut self, path: &Path, access: Access, reason: &'static str) {
        self.keeper_only(path, access, reason);
        self.worker.push(FileRule { path: path.to_owned(), access, reason });
    }
}

/// Makes the folders of control sockets, and removes what an earlier life has left in them. To be called while the file
/// system can be reached. Gives the folders that were not there before.
pub(crate) fn prepare(grant: &Grant) -> Vec<PathBuf> {
    let mut made = Vec::new();
    for root in &grant.control {
        let group = root.group.as_deref();
        match make(&root.folder, group) {
            Ok(true) => made.push(root.folder.clone()),
            Ok(false) => {}
            Err(error) => warn!("{}: {error}", root.folder.display()),
        }
    }
    let names = || grant.interfaces.iter().filter_map(Names::literal);
    let in_roots = grant.control.iter().flat_map(|root| names().map(|name| root.folder.join(name)));
    for path in in_roots.chain(grant.sockets.iter().map(|socket| socket.path.clone())) {
        // As whoever started this: Debian's programs leave sockets of the superuser.
        if let Err(error) = sockets::clear_as_launcher(&path) {
            warn!("{}: {error}", path.display());
        }
    }
    made
}

/// Makes a folder that only its group may enter, and nobody but the post may change; true if it was not there.
fn make(folder: &Path, group: Option<&str>) -> io::Result<bool> {
    if let Some(parent) = folder.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    let (user, own_group) = ProcessRole::Post.ids().map_err(|error| io::Error::other(error.to_string()))?;
    let is_new = match fs::DirBuilder::new().mode(0o750).create(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let held: OwnedFd = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(folder) {
        Ok(held) => held.into(),
        // Somebody else's, whose matter it stays.
        Err(_) if !is_new => return Ok(false),
        Err(error) => return Err(error),
    };
    let found = File::from(held.try_clone()?).metadata()?;
    if !is_new && found.uid() != user {
        return Ok(false);
    }
    let group = match group {
        Some(group) => group_of(group).ok_or_else(|| io::Error::other(format!("there is no group {group}")))?,
        None => own_group,
    };
    let root = geteuid().is_root();
    if root || found.gid() != group {
        // Without the superuser's rights only its own groups, which is enough where it is in that one.
        let owner = root.then(|| Uid::from_raw(user));
        if let Err(errno) = fchown(&held, owner, Some(Gid::from_raw(group))) {
            warn!("{}: it is not given to group {group}: {errno}", folder.display());
            return Ok(is_new);
        }
        // What is made in it is its group's.
        fchmod(&held, Mode::from_bits_truncate(0o2750))?;
    }
    Ok(is_new)
}

/// A group's number.
fn group_of(group: &str) -> Option<u32> {
    let found = Group::from_name(group).ok().flatten().map(|group| group.gid.as_raw());
    found.or_else(|| group.parse().ok())
}

/// Groups that control sockets may be for, by name: those of the grant, or, where the superuser names them later, all
/// that the system's own file has but the superuser's.
pub(crate) fn groups(grant: &Grant) -> Vec<(String, u32)> {
    let mut groups: Vec<(String, u32)> =
        grant.groups().filter_map(|name| Some((name.to_owned(), group_of(name)?))).collect();
    if grant.witness {
        let text = fs::read_to_string("/etc/group").unwrap_or_default();
        let group = |line: &str| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            Some((name, fields.nth(1)?.parse().ok()?))
        };
        groups.extend(text.lines().filter_map(group).filter(|(_, number)| *number != 0));
    }
    groups
}
