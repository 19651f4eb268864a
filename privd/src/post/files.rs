//! The daemon's files: which it may have, and who opens them.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::opener::{FromOpener, Granted, ToOpener};
use ipc_proto::post::MAX_FILE;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::grant::{Grant, Lacking};
use zeroize::Zeroizing;

use super::naming::Words;
use super::witness::{Names, Witness};

/// Most files whose own text may name others.
const MOST_READ: usize = 256;
/// How long the keeper may take, ms: a slow disk is waited for.
const PATIENCE_MS: u16 = 30_000;

/// Files of one daemon.
pub(super) struct Files {
    opener: Channel<ToOpener, FromOpener>,
    /// The folder in which the daemon was started.
    started: Option<PathBuf>,
    own_user: u32,
    /// What was read so far: its text may name others.
    read: Vec<PathBuf>,
    saving: Option<Saving>,
}

/// A file that is being replaced, part by part.
struct Saving {
    token: u32,
    journal: Result<File, String>,
    length: usize,
    /// What it names.
    words: Words,
}

fn words(error: &std::io::Error) -> String {
    error.to_string()
}

/// An absolute path without a way up.
pub(super) fn is_plain(path: &Path) -> bool {
    // Written as it is meant, so that it is the word that was said.
    let doubled = path.as_os_str().as_encoded_bytes().windows(2).any(|pair| pair == b"//");
    !doubled
        && path.is_absolute()
        && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}

impl Files {
    pub(super) fn new(opener: OwnedFd, started: Option<PathBuf>, own_user: u32) -> std::io::Result<Files> {
        Ok(Files { opener: Channel::new(opener)?, started, own_user, read: Vec::new(), saving: None })
    }

    /// Granted files that may name others.
    pub(super) fn begin_with(&mut self, paths: Vec<String>, grant: &Grant) {
        let granted = paths.into_iter().map(PathBuf::from).filter(|path| grant.reads(path).is_ok());
        self.read.extend(granted.take(MOST_READ));
    }

    /// Asks the keeper, and waits for its answer.
    fn ask(&mut self, question: &ToOpener) -> Result<Option<OwnedFd>, String> {
        self.opener.send(question, None).map_err(|error| format!("the keeper: {error}"))?;
        loop {
            match self.opener.receive() {
                Ok((FromOpener(result), descriptor)) => return result.map(|()| descriptor),
                Err(ChannelError::WouldBlock) => {}
                Err(error) => return Err(format!("the keeper: {error}")),
            }
            let mut fds = [PollFd::new(self.opener.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, PollTimeout::from(PATIENCE_MS)) {
                Ok(0) => return Err("the keeper: no answer".into()),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.to_string()),
            }
        }
    }

    fn granted(place: Result<usize, Lacking>, path: &Path) -> Result<Granted, String> {
        let place = place.map_err(|lacking| lacking.to_string())?;
        let place = u16::try_from(place).map_err(|_| "too many files")?;
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("not a name")?;
        Ok(Granted { place, name: name.to_owned() })
    }

    /// Opens a file for the daemon to read.
    pub(super) fn read(&mut self, path: &str, grant: &Grant, witness: &Witness) -> Result<OwnedFd, String> {
        let path = Path::new(path);
        if !is_plain(path) {
            return Err("not an absolute path".into());
        }
        let file = match grant.reads(path) {
            Ok(_) => self.open_granted(path, grant)?,
            Err(lacking) => {
                let names = Names::of_file(path, self.started.as_deref());
                if !(witness.named(&names) || self.named_in_file(&names, grant)) {
                    let why = "nor has the superuser named it in a command or in a file that only he may write";
                    return Err(format!("{lacking}, {why}"));
                }
                open(path)?
            }
        };
        if self.read.len() < MOST_READ && !self.read.iter().any(|known| known == path) {
            self.read.push(path.to_owned());
        }
        Ok(file.into())
    }

    fn open_granted(&mut self, path: &Path, grant: &Grant) -> Result<File, String> {
        let question = ToOpener::Read(Self::granted(grant.reads(path), path)?);
        let file = self.ask(&question)?;
        Ok(file.ok_or("the keeper sent no file")?.into())
    }

    /// Is this a file that only the superuser may write?
    pub(super) fn is_the_superusers(&self, file: &OwnedFd) -> bool {
        let found = file.try_clone().map(File::from).and_then(|file| file.metadata());
        found.is_ok_and(|found| [0, self.own_user].contains(&found.uid()) && found.mode() & 0o022 == 0)
    }

    /// Does a file that was read before, and that only the superuser may write, name this?
    pub(super) fn named_in_file(&mut self, names: &Names, grant: &Grant) -> bool {
        let own = self.own_user;
        for path in self.read.clone() {
            let again = if grant.reads(&path).is_ok() { self.open_granted(&path, grant) } else { open(&path) };
            let Ok(file) = again else { continue };
            let trusted = |found: &std::fs::Metadata| [0, own].contains(&found.uid()) && found.mode() & 0o022 == 0;
            if !file.metadata().is_ok_and(|found| trusted(&found)) {
                continue;
            }
            let mut text = Zeroizing::new(Vec::new());
            if file.take(MAX_FILE as u64).read_to_end(&mut text).is_ok() && names.stand_in_file(&text) {
                return true;
            }
        }
        false
    }

    /// Takes a part of a file's new content; an answer comes with the last.
    pub(super) fn write(
        &mut self,
        token: u32,
        path: &str,
        part: &[u8],
        last: bool,
        grant: &Grant,
        witness: &Witness,
    ) -> Option<Result<(), String>> {
        if self.saving.as_ref().is_none_or(|saving| saving.token != token) {
            let journal = self.begin(Path::new(path), grant, witness);
            self.saving = Some(Saving { token, journal, length: 0, words: Words::default() });
        }
        let saving = self.saving.as_mut()?;
        saving.length = saving.length.saturating_add(part.len());
        if saving.length > MAX_FILE {
            saving.journal = Err(format!("larger than {MAX_FILE} octets"));
        }
        saving.words.push(part);
        if let Ok(journal) = &mut saving.journal
            && let Err(error) = journal.write_all(part)
        {
            saving.journal = Err(words(&error));
        }
        if !last {
            return None;
        }
        let Saving { journal, words: mut new, .. } = self.saving.take()?;
        new.end();
        Some(journal.and_then(|journal| {
            self.names_nothing_new(Path::new(path), &new, grant, witness)?;
            journal.sync_all().map_err(|error| words(&error))?;
            self.ask(&ToOpener::Complete).map(drop)
        }))
    }

    /// Refuses a text that names what the file did not name, unless the grant has it or the superuser has said it.
    fn names_nothing_new(&mut self, path: &Path, new: &Words, grant: &Grant, witness: &Witness) -> Result<(), String> {
        if new.is_too_much() {
            return Err("it names more than can be looked at".into());
        }
        let file = if grant.reads(path).is_ok() { self.open_granted(path, grant) } else { open(path) }?;
        let mut text = Zeroizing::new(Vec::new());
        file.take(MAX_FILE as u64).read_to_end(&mut text).map_err(|error| words(&error))?;
        let before = Words::of(&text);
        let granted = |word: &[u8]| {
            let path = std::str::from_utf8(word).map(Path::new);
            path.is_ok_and(|path| is_plain(path) && grant.reads(path).is_ok())
        };
        match new.beyond(&before, |word| granted(word) || witness.has_said(word)) {
            None => Ok(()),
            Some(word) => Err(format!(
                "it would name {}, which neither the file names nor the superuser has named in a command",
                String::from_utf8_lossy(word)
            )),
        }
    }

    fn begin(&mut self, path: &Path, grant: &Grant, witness: &Witness) -> Result<File, String> {
        let told = witness.allows_saving();
        let place = grant.replaces(path).or_else(|lacking| if told { grant.reads(path) } else { Err(lacking) });
        let named = || witness.named(&Names::of_file(path, self.started.as_deref()));
        let question = if place.is_err() && grant.witness && is_plain(path) && named() {
            ToOpener::BeginNamed(path.to_str().ok_or("not UTF-8")?.to_owned())
        } else {
            ToOpener::Begin { file: Self::granted(place, path)?, told }
        };
        let journal = self.ask(&question)?;
        Ok(journal.ok_or("the keeper sent no journal")?.into())
    }

    /// Opens the log file for appending.
    pub(super) fn log(&mut self) -> Result<OwnedFd, String> {
        self.ask(&ToOpener::Log)?.ok_or_else(|| "the keeper sent no file".into())
    }
}

/// Opens a regular file for reading.
pub(super) fn open(path: &Path) -> Result<File, String> {
    // Without O_NONBLOCK a FIFO would hold everything up for good.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    let file = opened.map_err(|error| words(&error))?;
    let found = file.metadata().map_err(|error| words(&error))?;
    if !found.is_file() {
        return Err("not a regular file".into());
    }
    if found.len() > MAX_FILE as u64 {
        return Err(format!("larger than {MAX_FILE} octets"));
    }
    Ok(file)
}
