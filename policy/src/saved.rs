//! A granted file that is written in place, and whole again after a crash at any moment.
//!
//! Renaming a new file over the old one would change its owner, which nobody here may set. So the new content is first
//! complete in a journal beside the file, `.NAME.saved`, which whoever opens the file next carries over.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

/// The file behind a path, and names beside it.
struct Names {
    file: PathBuf,
    growing: PathBuf,
    complete: PathBuf,
}

impl Names {
    /// Where the path is a symbolic link, the file behind it is meant.
    fn of(path: &Path) -> io::Result<Names> {
        let file = fs::canonicalize(path)?;
        let beside = |end: &str| {
            let mut name = OsString::from(".");
            name.push(file.file_name().unwrap_or_default());
            name.push(end);
            file.with_file_name(name)
        };
        Ok(Names { growing: beside(".saving"), complete: beside(".saved"), file })
    }
}

/// Only a regular file that nobody executes is a configuration: a program or a script in the same folder may be run by
/// the superuser.
fn is_data(found: &Metadata) -> io::Result<()> {
    const EXECUTABLE_OR_SETUID: u32 = 0o7111;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file: it is not replaced"));
    }
    if found.mode() & EXECUTABLE_OR_SETUID != 0 {
        let why = format!("its mode is {:o}: what is executable or setuid is not replaced", found.mode() & 0o7777);
        return Err(io::Error::other(why));
    }
    Ok(())
}

fn absent_is_well(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// A journal for the new content of a file that exists, empty. What is written into it means nothing until
/// [`complete`].
pub fn begin(path: &Path) -> io::Result<File> {
    let names = Names::of(path)?;
    is_data(&fs::metadata(&names.file)?)?;
    // The name is ours: what is there is from an earlier life.
    absent_is_well(fs::remove_file(&names.growing))?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&names.growing)
}

/// The journal has the whole content, and it is on the disk: the file gets it, and keeps owner and mode.
pub fn complete(path: &Path) -> io::Result<()> {
    let names = Names::of(path)?;
    fs::rename(&names.growing, &names.complete)?;
    sync_folder(&names.complete)?;
    carry_over(&names, &OpenOptions::new().read(true).open(&names.complete)?)
}

/// A journal that will never be complete.
pub fn forget(path: &Path) -> io::Result<()> {
    absent_is_well(fs::remove_file(Names::of(path)?.growing))
}

/// Carries over what an earlier life has left complete; true if there was something. `ours`: users whose journals are
/// believed, besides the superuser; in a folder that anybody may write to, anybody could leave one.
pub fn recover(path: &Path, ours: &[u32]) -> io::Result<bool> {
    let names = Names::of(path)?;
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let journal = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(&names.complete) {
        Ok(journal) => journal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let found = journal.metadata()?;
    if !found.is_file() || found.nlink() != 1 || !(found.uid() == 0 || ours.contains(&found.uid())) {
        return Err(io::Error::other(format!("{}: not a journal of ours", names.complete.display())));
    }
    carry_over(&names, &journal)?;
    Ok(true)
}

fn sync_folder(inside: &Path) -> io::Result<()> {
    inside.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn carry_over(names: &Names, mut journal: &File) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(&names.file)?;
    is_data(&file.metadata()?)?;
    let mut buffer = [0; 16 * 1024];
    let mut length = 0_u64;
    loop {
        let count = journal.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else { break };
        file.write_all(part)?;
        length = length.saturating_add(count as u64);
    }
    file.set_len(length)?;
    file.sync_all()?;
    fs::remove_file(&names.complete)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("airlock-saved-{test}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("a.conf"), "the old content, longer than the new one\n").unwrap();
            Folder(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("a.conf")
        }

        fn others(&self) -> usize {
            fs::read_dir(&self.0).unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != "a.conf").count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn me() -> [u32; 1] {
        [nix::unistd::geteuid().as_raw()]
    }

    #[test]
    fn a_file_is_the_same_file_with_its_new_content() {
        let folder = Folder::new("same");
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(folder.file()).unwrap();
        begin(&folder.file()).unwrap().write_all(b"new\n").unwrap();
        assert_ne!(fs::read(folder.file()).unwrap(), b"new\n");
        complete(&folder.file()).unwrap();
        let after = fs::metadata(folder.file()).unwrap();
        assert_eq!(fs::read(folder.file()).unwrap(), b"new\n");
        assert_eq!((before.ino(), before.mode(), before.uid()), (after.ino(), after.mode(), after.uid()));
        assert_eq!(folder.others(), 0);
    }

    #[test]
    fn after_a_crash_there_is_the_old_content_or_the_new_one() {
        let folder = Folder::new("crash");
        let old = fs::read(folder.file()).unwrap();
        // While the journal grows: it means nothing, and is in nobody's way.
        begin(&folder.file()).unwrap().write_all(b"ne").unwrap();
        assert!(!recover(&folder.file(), &me()).unwrap());
        assert_eq!(fs::read(folder.file()).unwrap(), old);
        begin(&folder.file()).unwrap().write_all(b"new\n").unwrap();
        // Complete, and the file half written.
        let names = Names::of(&folder.file()).unwrap();
        fs::rename(&names.growing, &names.complete).unwrap();
        fs::write(folder.file(), "n").unwrap();
        assert!(recover(&folder.file(), &me()).unwrap());
        assert_eq!(fs::read(folder.file()).unwrap(), b"new\n");
        assert!(!recover(&folder.file(), &me()).unwrap());
        assert_eq!(folder.others(), 0);
    }

    #[test]
    fn a_journal_of_somebody_else_is_not_believed() {
        let folder = Folder::new("planted");
        let names = Names::of(&folder.file()).unwrap();
        let old = fs::read(folder.file()).unwrap();
        fs::write(folder.0.join("secret"), "secret").unwrap();
        symlink(folder.0.join("secret"), &names.complete).unwrap();
        assert!(recover(&folder.file(), &me()).is_err());
        fs::remove_file(&names.complete).unwrap();
        fs::hard_link(folder.0.join("secret"), &names.complete).unwrap();
        assert!(recover(&folder.file(), &me()).is_err());
        assert_eq!(fs::read(folder.file()).unwrap(), old);
    }

    #[test]
    fn what_is_executable_setuid_or_not_regular_is_never_written() {
        let folder = Folder::new("programs");
        for mode in [0o755, 0o610, 0o4640, 0o2640] {
            fs::set_permissions(folder.file(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(begin(&folder.file()).is_err(), "{mode:o}");
        }
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o600)).unwrap();
        begin(&folder.file()).unwrap();
        // It became one meanwhile.
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(complete(&folder.file()).is_err());
        fs::remove_file(folder.file()).unwrap();
        assert!(begin(&folder.file()).is_err(), "nothing is made");
        let _socket = std::os::unix::net::UnixDatagram::bind(folder.file()).unwrap();
        assert!(begin(&folder.file()).is_err());
    }
}
