//! A worker is a program of its own, with its own layout of memory and no code that it does not need: here is how a
//! keeper starts it, and how it begins.

use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use ipc_proto::VERSION;
use ipc_proto::channel::{Channel, ChannelError, pair};
use ipc_proto::keeper::{Begin, Part, ToWorker};
use nix::fcntl::{AtFlags, OFlag};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid};
use policy::Lockdown;
use policy::grant::Grant;

use crate::log;
use crate::options::{Common, Program};

/// A line to a worker, or a worker's: neither end hears anything, but that the other is gone.
pub(crate) type Line = Channel<ToWorker, ToWorker>;

/// A program that lies beside this one. It is held open: what an update puts in its place is for the next start of the
/// daemon, which speaks with it.
#[derive(Debug)]
pub(crate) struct Image {
    name: CString,
    file: OwnedFd,
    /// Where it lies.
    pub(crate) folder: PathBuf,
}

impl Image {
    /// Finds it.
    pub(crate) fn find(program: Program) -> Result<Image, String> {
        let own = std::env::current_exe().map_err(|error| format!("this program's own path: {error}"))?;
        let folder = own.parent().unwrap_or(Path::new("/")).to_owned();
        let path = folder.join(program.name());
        let held = std::fs::OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(&path);
        let file = held.map_err(|error| format!("{}: {error}", path.display()))?.into();
        let name = CString::new(program.name()).map_err(|error| error.to_string())?;
        Ok(Image { name, file, folder })
    }

    pub(crate) fn name(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    /// Starts it with these descriptors. It will have the capabilities of `lockdown`. Gives the line to it.
    pub(crate) fn start(
        &self,
        begin: &Begin,
        parts: &[(Part, BorrowedFd<'_>)],
        lockdown: &Lockdown,
    ) -> io::Result<(Pid, Line)> {
        let (ours, workers) = pair()?;
        let child = match policy::fork_single()? {
            ForkResult::Child => {
                let error = self.become_it(&workers, lockdown);
                tracing::error!("{}: {error}", self.name());
                std::process::exit(1);
            }
            ForkResult::Parent { child } => child,
        };
        drop(workers);
        let line: Line = Channel::new(ours)?;
        let log = log::system().map(|log| (Part::Log, log));
        for (part, fd) in parts.iter().copied().chain(log) {
            send(&line, &ToWorker::Part(part), Some(fd))?;
        }
        send(&line, &ToWorker::Begin(begin.clone()), None)?;
        Ok((child, line))
    }

    /// In the new process: nothing is open there afterwards but the line and where words go.
    fn become_it(&self, line: &OwnedFd, lockdown: &Lockdown) -> io::Error {
        let prepared = nix::unistd::dup2_stdin(line)
            .map_err(io::Error::from)
            .and_then(|()| lockdown.hand_on().map_err(|error| io::Error::other(error.to_string())));
        if let Err(error) = prepared {
            return error;
        }
        let none: [&CStr; 0] = [];
        let words = [self.name.as_c_str(), c"work"];
        let Err(errno) = nix::unistd::execveat(&self.file, c"", &words, &none, AtFlags::AT_EMPTY_PATH);
        errno.into()
    }
}

/// Waits where a worker is slow to read. One that is gone already is noticed by the end of its line.
fn send(line: &Line, message: &ToWorker, fd: Option<BorrowedFd<'_>>) -> io::Result<()> {
    loop {
        match line.send(message, fd) {
            Ok(()) => return Ok(()),
            Err(ChannelError::WouldBlock) => wait(line, PollFlags::POLLOUT)?,
            Err(ChannelError::Closed) => return Ok(()),
            Err(error @ (ChannelError::Codec(_) | ChannelError::Io(_))) => {
                return Err(io::Error::other(format!("a worker is told nothing: {error}")));
            }
        }
    }
}

fn wait(line: &Line, flags: PollFlags) -> io::Result<()> {
    match poll(&mut [PollFd::new(line.as_fd(), flags)], PollTimeout::NONE) {
        Ok(_) | Err(nix::Error::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// What a worker was given.
#[derive(Debug)]
pub(crate) struct Begun {
    /// The keeper's line: while it is open, this worker lives.
    _life: Line,
    pub(crate) grant: Grant,
    pub(crate) started: Option<PathBuf>,
    pub(crate) own: (u32, u32),
    pub(crate) groups: Vec<(String, u32)>,
    pub(crate) common: Common,
    parts: Vec<(Part, OwnedFd)>,
}

impl Begun {
    /// Reads what the keeper says. `name`: of the process, and of its lines in the log.
    pub(crate) fn read(process: &str, name: &'static str) -> Result<Begun, String> {
        let words = |error: io::Error| error.to_string();
        crate::keeper::name_process(process).map_err(words)?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| errno.to_string())?;
        let mut line: Line = Channel::new(crate::keeper::input().map_err(words)?).map_err(words)?;
        let mut parts = Vec::new();
        let begin = loop {
            match line.receive() {
                Ok((ToWorker::Part(part), Some(fd))) => parts.push((part, fd)),
                Ok((ToWorker::Part(part), None)) => return Err(format!("no descriptor came for {part:?}")),
                Ok((ToWorker::Begin(begin), _)) => break begin,
                Err(ChannelError::WouldBlock) => wait(&line, PollFlags::POLLIN).map_err(words)?,
                Err(error @ (ChannelError::Closed | ChannelError::Codec(_) | ChannelError::Io(_))) => {
                    return Err(format!("its keeper: {error}"));
                }
            }
        };
        if begin.version != VERSION {
            return Err(format!("its keeper speaks version {}; this is {VERSION}", begin.version));
        }
        let common = Common { accept_unconfined: begin.accept_unconfined, debug: begin.debug, syslog: false };
        let mut begun = Begun {
            _life: line,
            grant: Grant::parse(&begin.grant).map_err(|error| error.to_string())?,
            started: begin.started.map(|path| PathBuf::from(OsString::from_vec(path))),
            own: begin.own,
            groups: begin.groups,
            common,
            parts,
        };
        log::init(name, common.debug, begun.part(Part::Log).map(UnixDatagram::from));
        Ok(begun)
    }

    /// The next descriptor of this kind.
    pub(crate) fn part(&mut self, of: Part) -> Option<OwnedFd> {
        let place = self.parts.iter().position(|(part, _)| *part == of)?;
        Some(self.parts.swap_remove(place).1)
    }

    /// The same for a worker of this one.
    pub(crate) fn begin(&self) -> Begin {
        let started = self.started.clone().map(|folder| folder.into_os_string().into_vec());
        Begin { started, own: self.own, groups: self.groups.clone(), ..crate::begin(&self.grant, self.common) }
    }

    /// The connection with the daemon.
    pub(crate) fn connection(&mut self) -> Result<OwnedFd, String> {
        self.part(Part::Connection).ok_or_else(|| "it was given no connection".to_owned())
    }
}
