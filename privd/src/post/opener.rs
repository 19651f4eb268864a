//! The keeper's part: opens the granted files by their place in the grant, and clears up when the daemon is gone.
//!
//! An administrator replaces files by name, and a process that may open whatever has a name in /etc may open all of it.
//! So that is the keeper, which reads nothing but places and names; code in the post has no way to a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::opener::{FromOpener, Granted, ToOpener};
use ipc_proto::post::MAX_FILE;
use nix::fcntl::OFlag;
use policy::grant::{FileGrant, FileRight, Grant};
use policy::saved;
use tracing::{debug, info, warn};

use super::files::{is_plain, open};

/// The keeper's end of a line with its worker.
pub(crate) type Line = Channel<FromOpener, ToOpener>;

/// What opens files for a post.
#[derive(Debug)]
pub(crate) struct Opener {
    files: Vec<FileGrant>,
    /// The superuser names further ones.
    witness: bool,
    /// Who has left the journals that are believed.
    own_user: u32,
    /// The file whose journal is being written.
    saving: Option<PathBuf>,
    left: LeftBehind,
}

/// What is to be removed when the daemon is gone.
#[derive(Debug, Default)]
pub(crate) struct LeftBehind {
    /// Folders that were made for control sockets, if they are empty.
    pub(crate) folders: Vec<PathBuf>,
    /// The daemon, whose process id may stand in a granted file.
    pub(crate) daemon: Option<i32>,
}

fn words(error: &io::Error) -> String {
    error.to_string()
}

impl Opener {
    pub(crate) fn new(grant: &Grant, own_user: u32, left: LeftBehind) -> Opener {
        Opener { files: grant.files.clone(), witness: grant.witness, own_user, saving: None, left }
    }

    /// Answers what a worker has asked so far; false: it is gone.
    pub(crate) fn serve(&mut self, line: &mut Line) -> bool {
        loop {
            let (result, descriptor) = match line.receive() {
                Ok((message, _)) => match self.answer(message) {
                    Ok(descriptor) => (Ok(()), descriptor),
                    Err(why) => (Err(why), None),
                },
                Err(ChannelError::WouldBlock) => return true,
                Err(ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_)) => break,
            };
            // One that does not wait for its answer is not the program that we have started.
            if line.send(&FromOpener(result), descriptor.as_ref().map(|fd| fd.as_fd())).is_err() {
                break;
            }
        }
        self.forget();
        false
    }

    fn answer(&mut self, message: ToOpener) -> Result<Option<OwnedFd>, String> {
        match message {
            ToOpener::Read(file) => {
                let (granted, path) = self.find(&file)?;
                let (may_be_saved, is_folder) = (granted.right == FileRight::Replace, granted.is_folder());
                if may_be_saved {
                    self.recover(&path);
                }
                Ok(Some(read(&path, is_folder)?.into()))
            }
            ToOpener::Begin { file, told } => {
                self.forget();
                let (granted, path) = self.find(&file)?;
                // What is only granted to be read may be saved where the superuser has said so.
                let replaceable = granted.right == FileRight::Replace || (told && !granted.is_folder());
                if !replaceable {
                    return Err("the grant lets it be read, not replaced".into());
                }
                self.begin(path, told).map(Some)
            }
            ToOpener::BeginNamed(path) => {
                self.forget();
                let path = PathBuf::from(path);
                if !(self.witness && is_plain(&path)) {
                    return Err("not in the grant".into());
                }
                self.begin(path, false).map(Some)
            }
            ToOpener::Complete => {
                let path = self.saving.take().ok_or("nothing is being saved")?;
                saved::complete(&path).map_err(|error| words(&error))?;
                Ok(None)
            }
            ToOpener::Log => {
                let log = self.files.iter().find(|file| file.right == FileRight::Log).ok_or("there is no log file")?;
                let mut how = OpenOptions::new();
                let file = how.append(true).create(true).mode(0o640).custom_flags(OFlag::O_NONBLOCK.bits());
                Ok(Some(file.open(&log.path).map_err(|error| words(&error))?.into()))
            }
        }
    }

    fn begin(&mut self, path: PathBuf, told: bool) -> Result<OwnedFd, String> {
        self.recover(&path);
        if !told && !says_saving(read(&path, false)?).map_err(|error| words(&error))? {
            return Err("the file has no line update_config=1".into());
        }
        let journal = saved::begin(&path).map_err(|error| words(&error))?;
        self.saving = Some(path);
        Ok(journal.into())
    }

    /// The file that is meant, which has to be one of those that are read or replaced.
    fn find(&self, file: &Granted) -> Result<(&FileGrant, PathBuf), String> {
        let granted = self.files.get(usize::from(file.place)).filter(|granted| granted.is_named(&file.name));
        let granted = granted.filter(|granted| matches!(granted.right, FileRight::Read | FileRight::Replace));
        let granted = granted.ok_or("not in the grant")?;
        let folder = granted.folder().ok_or("not in the grant")?;
        Ok((granted, folder.join(&file.name)))
    }

    fn recover(&self, path: &Path) {
        match saved::recover(path, &[self.own_user]) {
            Ok(true) => info!("{}: saving it was interrupted, and is now complete", path.display()),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => warn!("{}: what was left of saving it: {error}", path.display()),
        }
    }

    fn forget(&mut self) {
        if let Some(path) = self.saving.take()
            && let Err(error) = saved::forget(&path)
        {
            warn!("{}: the journal of saving it stays: {error}", path.display());
        }
    }

    /// The daemon is gone, and its worker too.
    pub(crate) fn clear_up(&mut self) {
        self.forget();
        let pid_files = self.files.iter().filter(|file| file.right == FileRight::Pid);
        for file in pid_files {
            let daemon = self.left.daemon.map(|daemon| daemon.to_string());
            let said = fs::read_to_string(&file.path).ok();
            if said.is_some_and(|said| Some(said.trim()) == daemon.as_deref())
                && let Err(error) = fs::remove_file(&file.path)
            {
                info!("{}: {error}", file.path.display());
            }
        }
        for folder in &self.left.folders {
            // Where somebody else has something there, it stays.
            if let Err(error) = fs::remove_dir(folder) {
                debug!("{}: {error}", folder.display());
            }
        }
    }
}

/// Opens a file for reading. `open_to_all`: only one that anybody may read, and only the superuser may write.
fn read(path: &Path, open_to_all: bool) -> Result<File, String> {
    let file = open(path)?;
    let found = file.metadata().map_err(|error| words(&error))?;
    if open_to_all && (found.uid() != 0 || found.mode() & 0o022 != 0 || found.mode() & 0o004 == 0) {
        return Err("not a file that anybody may read and only the superuser may write".into());
    }
    Ok(file)
}

/// Does a station's configuration allow itself to be saved? The last line that speaks of it counts.
fn says_saving(file: File) -> io::Result<bool> {
    let mut text = Vec::new();
    file.take(MAX_FILE as u64).read_to_end(&mut text)?;
    let mut values = text.split(|octet| *octet == b'\n').filter_map(|line| {
        let value = line.trim_ascii().strip_prefix(b"update_config=")?.trim_ascii_start();
        let digits = value.iter().take_while(|octet| octet.is_ascii_digit());
        Some(digits.into_iter().any(|digit| *digit != b'0'))
    });
    Ok(values.next_back().unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ipc_proto::Role;

    use super::*;

    struct World {
        folder: PathBuf,
        opener: Opener,
    }

    impl World {
        fn new(test: &str, grants: &[(FileRight, &str)]) -> World {
            let folder = std::env::temp_dir().join(format!("airlock-opener-{test}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            let mut grant = Grant::nothing(Role::Station);
            let grants = grants.iter().map(|(right, name)| FileGrant { right: *right, path: folder.join(name) });
            grant.files = grants.collect();
            let own = nix::unistd::geteuid().as_raw();
            World { opener: Opener::new(&grant, own, LeftBehind::default()), folder }
        }

        fn read(&mut self, place: u16, name: &str) -> Result<String, String> {
            let file = Granted { place, name: name.into() };
            let mut text = String::new();
            let fd = self.opener.answer(ToOpener::Read(file))?.unwrap();
            File::from(fd).read_to_string(&mut text).unwrap();
            Ok(text)
        }

        fn save(&mut self, place: u16, name: &str, told: bool) -> Result<(), String> {
            let file = Granted { place, name: name.into() };
            let fd = self.opener.answer(ToOpener::Begin { file, told })?.unwrap();
            File::from(fd).write_all(b"new\n").unwrap();
            self.opener.answer(ToOpener::Complete).map(|fd| assert!(fd.is_none()))
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn only_granted_files_are_opened_and_by_their_present_name() {
        let mut world = World::new("names", &[(FileRight::Read, "a.conf"), (FileRight::Log, "log")]);
        fs::write(world.folder.join("a.conf"), "one").unwrap();
        fs::write(world.folder.join("b.conf"), "other").unwrap();
        assert_eq!(world.read(0, "a.conf").as_deref(), Ok("one"));
        // As an editor or sed -i does it.
        fs::write(world.folder.join("new"), "two").unwrap();
        fs::rename(world.folder.join("new"), world.folder.join("a.conf")).unwrap();
        assert_eq!(world.read(0, "a.conf").as_deref(), Ok("two"));
        for (place, name) in [(0, "b.conf"), (0, "../a.conf"), (0, ""), (1, "log"), (2, "a.conf")] {
            assert!(world.read(place, name).is_err(), "{place} {name}");
        }
        assert!(world.save(0, "a.conf", false).is_err());
        assert!(world.opener.answer(ToOpener::Complete).is_err());
    }

    #[test]
    fn a_configuration_is_saved_where_it_says_so_or_the_superuser_does() {
        let mut world = World::new("saving", &[(FileRight::Replace, "wl*.conf"), (FileRight::Read, "b.conf")]);
        let path = world.folder.join("wlan0.conf");
        for (text, saved) in [
            ("network={\n}\n", false),
            ("update_config=0\n", false),
            ("#update_config=1\n", false),
            ("update_config=1\nupdate_config=0\n", false),
            ("ctrl_interface=/run\n\tupdate_config=1 # by us\n", true),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(world.save(0, "wlan0.conf", false).is_ok(), saved, "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap() == "new\n", saved, "{text}");
        }
        fs::write(&path, "update_config=0\n").unwrap();
        assert_eq!(world.save(0, "wlan0.conf", true), Ok(()));
        fs::write(world.folder.join("b.conf"), "").unwrap();
        assert_eq!(world.save(1, "b.conf", true), Ok(()));
        assert!(world.save(0, "ifupdown.sh", true).is_err());
    }

    #[test]
    fn a_file_that_was_named_later_is_saved_only_if_it_says_so() {
        let mut world = World::new("named", &[]);
        let path = world.folder.join("a.conf");
        let begin =
            |world: &mut World| world.opener.answer(ToOpener::BeginNamed(path.to_string_lossy().into_owned())).is_ok();
        fs::write(&path, "update_config=1\n").unwrap();
        assert!(!begin(&mut world), "nobody may name any");
        world.opener.witness = true;
        assert!(begin(&mut world));
        fs::write(&path, "#!/bin/sh\n").unwrap();
        assert!(!begin(&mut world));
    }

    #[test]
    fn of_a_folder_only_what_is_open_to_all_anyway_is_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let mut world = World::new("folder", &[(FileRight::Read, "certs/")]);
        fs::create_dir(world.folder.join("certs")).unwrap();
        let path = world.folder.join("certs/ca.pem");
        fs::write(&path, "certificate").unwrap();
        let root = nix::unistd::geteuid().is_root();
        for (mode, readable) in [(0o644, root), (0o640, false), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(world.read(0, "ca.pem").is_ok(), readable, "{mode:o}");
        }
        assert!(world.save(0, "ca.pem", true).is_err());
    }

    #[test]
    fn what_an_interrupted_saving_has_left_is_completed_before_the_file_is_read() {
        let mut world = World::new("recovery", &[(FileRight::Replace, "a.conf")]);
        fs::write(world.folder.join("a.conf"), "ol").unwrap();
        fs::write(world.folder.join(".a.conf.saved"), "new\n").unwrap();
        assert_eq!(world.read(0, "a.conf").as_deref(), Ok("new\n"));
        assert!(!world.folder.join(".a.conf.saved").exists());
    }

    #[test]
    fn a_daemons_end_takes_its_process_id_and_empty_folders_along() {
        let mut world = World::new("end", &[(FileRight::Pid, "pid")]);
        let (empty, full) = (world.folder.join("empty"), world.folder.join("full"));
        fs::create_dir_all(&empty).unwrap();
        fs::create_dir_all(full.join("something")).unwrap();
        world.opener.left = LeftBehind { folders: vec![empty.clone(), full.clone()], daemon: Some(42) };
        fs::write(world.folder.join("pid"), "43\n").unwrap();
        world.opener.clear_up();
        assert!(world.folder.join("pid").exists(), "it is another's");
        fs::write(world.folder.join("pid"), "42\n").unwrap();
        world.opener.clear_up();
        assert!(!world.folder.join("pid").exists() && !empty.exists() && full.exists());
    }
}
