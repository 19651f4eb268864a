//! The daemon's files: reads those it may read, replaces those it may replace.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use ipc_proto::post::MAX_FILE;
use nix::unistd::{Gid, Uid, fchown};

use super::Options;

/// Was this file named at start, or the directory it is in?
pub(super) fn is_named(list: &[PathBuf], path: &Path) -> bool {
    let plain =
        path.is_absolute() && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    list.iter().any(|named| named == path || (plain && path.parent() == Some(named)))
}

/// A file's contents. `superuser`: the command that names the file came from the superuser, who could read it anyway.
pub(super) fn read(path: &str, options: &Options, superuser: bool) -> Result<Vec<u8>, String> {
    let path = Path::new(path);
    if !(is_named(&options.readable, path) || is_named(&options.writable, path) || (superuser && path.is_absolute())) {
        return Err("this file was not named at start, and only the superuser may name others".into());
    }
    // Without O_NONBLOCK a FIFO would hold the post up for good.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(|error| error.to_string())?;
    let found = file.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("not a regular file".into());
    }
    let mut contents = Vec::new();
    let limit = (MAX_FILE as u64).saturating_add(1);
    file.take(limit).read_to_end(&mut contents).map_err(|error| error.to_string())?;
    if contents.len() > MAX_FILE {
        return Err(format!("larger than {MAX_FILE} octets"));
    }
    Ok(contents)
}

/// Replaces a file: whole or not at all, with the old one's owner and mode, and never readable for all where it was
/// not before.
pub(super) fn replace(path: &str, contents: &[u8], options: &Options) -> Result<(), String> {
    let path = Path::new(path);
    if !is_named(&options.writable, path) {
        return Err("this file was not named at start".into());
    }
    // Where the path is a symbolic link, the file behind it is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fresh = beside(&target);
    let result = write_and_rename(&target, &fresh, contents);
    if result.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    result.map_err(|error| error.to_string())
}

fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    target.with_file_name(name)
}

/// Only a regular file that nobody executes is a configuration: a program or a script in the same folder may be
/// run by the superuser.
fn is_data(found: &fs::Metadata) -> std::io::Result<()> {
    const EXECUTABLE_OR_SETUID: u32 = 0o7111;
    if !found.is_file() {
        return Err(std::io::Error::other("not a regular file: it is not replaced"));
    }
    if found.mode() & EXECUTABLE_OR_SETUID != 0 {
        let why = format!("its mode is {:o}: what is executable or setuid is not replaced", found.mode() & 0o7777);
        return Err(std::io::Error::other(why));
    }
    Ok(())
}

fn write_and_rename(target: &Path, fresh: &Path, contents: &[u8]) -> std::io::Result<()> {
    let old = match fs::metadata(target) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    old.as_ref().map_or(Ok(()), is_data)?;
    // The name is ours by our process number: what is there is from an earlier life.
    let _ = fs::remove_file(fresh);
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh) {
        // Its directory is closed to us (/etc and the like): the file alone is open, and written in place.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return write_in_place(target, contents),
        result => result?,
    };
    file.write_all(contents)?;
    if let Some(old) = old {
        fchown(&file, Some(Uid::from_raw(old.uid())), Some(Gid::from_raw(old.gid())))?;
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))?;
    }
    file.sync_all()?;
    fs::rename(fresh, target)
}

fn write_in_place(target: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Opens the log file for appending.
pub(super) fn open_log(path: Option<&Path>) -> Result<File, String> {
    let path = path.ok_or("there is no log file")?;
    OpenOptions::new().append(true).create(true).mode(0o640).open(path).map_err(|error| error.to_string())
}
