//! Start of a daemon: helpers, background, and the end of all privilege before the first untrusted octet.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ipc_proto::Role;
use ipc_proto::channel::{self, Channel, ChannelError};
use ipc_proto::keeper::FromKeeper;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use policy::grant::{FileGrant, FileRight, Grant, Names};
use policy::{Lockdown, ProcessRole, RuntimeDir};
use tracing::{info, warn};

use crate::link::{Line, Source, dial};
use crate::log::{self, Level};
use crate::service::Service;

pub use crate::log::LogTarget;

/// Where helpers are found that do not lie beside the daemon.
const HELPERS: &str = "/usr/libexec/airlock";
/// The one that starts the others.
const KEEPER: &str = "privd-keeper";
/// Where helpers listen for daemons that were not started as root.
const PRIVD_SOCKET: &str = "/run/airlock/privd.sock";
pub(crate) const POST_SOCKET: &str = "/run/airlock/post.sock";
/// How long helpers may take to start.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How a daemon starts.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Start {
    /// The name of its process: "supplicant" or "apd".
    pub name: &'static str,
    /// What it is and everything that it may have. With a witness, more is named later, on the control socket.
    pub grant: Grant,
    /// Its configuration files, which may name others.
    pub configurations: Vec<PathBuf>,
    /// Where its log goes.
    pub log: LogTarget,
    /// What is logged.
    pub level: Level,
    /// With the time at the start of each line.
    pub timestamps: bool,
    /// Keys are logged (`-K`).
    pub show_keys: bool,
    /// To the background (`-B`).
    pub daemonize: bool,
    /// A file for the process id (`-P`).
    pub pid_file: Option<PathBuf>,
    /// Goes on where the kernel lacks what the confinement needs.
    pub accept_unconfined: bool,
}

/// Why a daemon cannot start.
#[derive(Debug)]
pub enum LaunchError {
    /// Something of the system failed: what, and how.
    System(String, io::Error),
    /// A helper did not start: which, and why.
    Helper(&'static str, String),
    /// Nothing to start helpers with, and none that listens: why.
    Helperless(io::Error),
    /// The process cannot be confined.
    Confinement(policy::LockdownError),
    /// Somebody answers on the control socket that would be ours.
    Served(PathBuf),
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaunchError::System(what, error) => write!(f, "{what}: {error}"),
            LaunchError::Helper(which, why) => write!(f, "{which} did not start: {why}"),
            LaunchError::Helperless(error) => write!(
                f,
                "{PRIVD_SOCKET}: {error}; it has to be started as root, or with airlock-privd.socket and \
                 airlock-post.socket, or by a user with CAP_NET_ADMIN and CAP_NET_RAW"
            ),
            LaunchError::Confinement(error) => write!(f, "cannot be confined: {error}"),
            LaunchError::Served(path) => write!(f, "{}: another daemon serves this control socket", path.display()),
        }
    }
}

impl std::error::Error for LaunchError {}

/// What a started daemon is connected with. [`crate::run`] takes it.
#[derive(Debug)]
pub struct Links {
    pub(crate) privd: Source,
    pub(crate) post: Source,
    pub(crate) role: Role,
    pub(crate) configurations: Vec<PathBuf>,
    pub(crate) signals: SignalFd,
    pub(crate) background: Option<Background>,
    pub(crate) service: Option<Service>,
    pub(crate) runtime_dir: RuntimeDir,
    pub(crate) log_is_file: bool,
}

/// A process in the background whose parent waits to hear that all is well.
#[derive(Debug)]
pub(crate) struct Background {
    pipe: File,
    null: File,
}

impl Background {
    /// All is well: the parent goes, and with it the terminal.
    pub(crate) fn ready(mut self) {
        for result in [
            nix::unistd::dup2_stdin(&self.null),
            nix::unistd::dup2_stdout(&self.null),
            nix::unistd::dup2_stderr(&self.null),
        ] {
            if let Err(error) = result {
                warn!("cannot let go of the terminal: {error}");
            }
        }
        if let Err(error) = self.pipe.write_all(&[1]) {
            warn!("the process that started this one is gone: {error}");
        }
    }
}

fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> LaunchError {
    let what = what.into();
    move |error| LaunchError::System(what, error)
}

/// Starts the helpers, or finds them, and gives up every privilege.
///
/// To be called once, early, while there is one thread and after the configuration was read. Where the start is to
/// the background, only the child comes back from here; its parent waits until [`crate::run`] has its control sockets.
pub fn launch(mut start: Start) -> Result<Links, LaunchError> {
    // Above the three that everybody has, nothing is handed over.
    policy::close_inherited(3).map_err(system("inherited descriptors"))?;
    log::init(start.name, &start.log, start.level, start.timestamps, start.show_keys).map_err(system("log"))?;
    let service = Service::find();
    let background = if start.daemonize { Some(to_background()?) } else { None };
    nix::sys::prctl::set_name(&std::ffi::CString::new(start.name).unwrap_or_default())
        .map_err(|error| system("process name")(error.into()))?;
    let signals = block_signals()?;
    let runtime_dir = RuntimeDir::find();
    settle(&mut start, runtime_dir);
    if let Some(path) = served(&start) {
        return Err(LaunchError::Served(path));
    }
    let process = process(start.grant.role);
    if !start.accept_unconfined {
        // Said once and for all processes, before any of them ends for it.
        for role in [process, ProcessRole::Privd] {
            role.needs_user().map_err(LaunchError::Confinement)?;
        }
    }
    let (privd, post) = helpers(&start)?;
    // Not before all that could end the start: the file may be that of a daemon that runs. The post's keeper removes it.
    start.pid_file.as_deref().map(write_pid).transpose()?;
    let reconnects = matches!(privd, Source::Socket { .. });
    let lockdown = Lockdown::of_daemon(process, reconnects);
    let report = lockdown.apply(start.accept_unconfined).map_err(LaunchError::Confinement)?;
    for loss in report.lost {
        warn!("NOT CONFINED: {loss}");
    }
    if let Some(weakness) = report.weakness {
        warn!("{weakness}");
    }
    let log_is_file = matches!(start.log, LogTarget::File(_));
    let configurations = start.configurations.iter().map(|path| absolute(path)).collect();
    Ok(Links {
        privd,
        post,
        role: start.grant.role,
        configurations,
        signals,
        background,
        service,
        runtime_dir,
        log_is_file,
    })
}

/// Each path of the grant by its one name, whatever the working directory is; and with the files of the start itself.
fn settle(start: &mut Start, runtime_dir: RuntimeDir) {
    let grant = &mut start.grant;
    if let LogTarget::File(path) = &start.log {
        grant.files.push(FileGrant { right: FileRight::Log, path: path.clone() });
    }
    grant.files.extend(start.pid_file.clone().map(|path| FileGrant { right: FileRight::Pid, path }));
    let sockets = grant.sockets.iter_mut().map(|socket| &mut socket.path);
    for path in sockets.filter(|path| !path.as_os_str().as_encoded_bytes().starts_with(b"@")) {
        *path = absolute(path);
    }
    for root in &mut grant.control {
        root.folder = absolute(&root.folder);
    }
    for file in &mut grant.files {
        file.path = absolute(&file.path);
    }
    grant.name_once(runtime_dir);
}

/// All that a daemon started in this way may touch, with the user it runs as: a grant's file.
#[must_use]
pub fn grant(mut start: Start) -> Grant {
    settle(&mut start, RuntimeDir::find());
    start.grant.user = Some(process(start.grant.role).user().to_owned());
    start.grant
}

const fn process(role: Role) -> ProcessRole {
    match role {
        Role::Station => ProcessRole::Supplicant,
        Role::AccessPoint => ProcessRole::Apd,
    }
}

fn write_pid(path: &Path) -> Result<(), LaunchError> {
    let failed = || system(path.display().to_string());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(failed())?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(failed())
}

/// A control socket of ours on which somebody listens already. A daemon that was just killed has its own closed by its
/// helpers within moments: those are waited for.
fn served(start: &Start) -> Option<PathBuf> {
    let names = || start.grant.interfaces.iter().filter_map(Names::literal);
    let below = start.grant.control.iter().flat_map(|root| names().map(|name| root.folder.join(name)));
    let sockets = start.grant.sockets.iter().map(|socket| socket.path.clone());
    let mut paths: Vec<PathBuf> = below.chain(sockets).collect();
    for _ in 0..40 {
        paths.retain(|path| UnixDatagram::unbound().and_then(|socket| socket.connect(path)).is_ok());
        if paths.is_empty() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    paths.pop()
}

fn block_signals() -> Result<SignalFd, LaunchError> {
    let failed = |error: nix::Error| system("signals")(error.into());
    let mut set = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1] {
        set.add(signal);
    }
    set.thread_block().map_err(failed)?;
    SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map_err(failed)
}

/// Forks. The parent waits and ends with what the child says.
fn to_background() -> Result<Background, LaunchError> {
    let failed = |error: io::Error| system("background")(error);
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").map_err(failed)?;
    let (read, write) =
        nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|error| system("background")(error.into()))?;
    if policy::fork().map_err(failed)?.is_parent() {
        drop(write);
        let mut byte = [0];
        // Nothing to read: the child ended before it was ready, and has said why.
        let well = File::from(read).read_exact(&mut byte).is_ok();
        std::process::exit(i32::from(!well));
    }
    drop(read);
    nix::unistd::setsid().map_err(|error| system("background")(error.into()))?;
    std::env::set_current_dir("/").map_err(failed)?;
    Ok(Background { pipe: File::from(write), null })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Helper {
    Privd,
    Post,
}

impl Helper {
    const fn name(self) -> &'static str {
        match self {
            Helper::Privd => "privd",
            Helper::Post => "privd post",
        }
    }
}

fn helper_program() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| own.parent().map(|folder| folder.join(KEEPER)));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| Path::new(HELPERS).join(KEEPER))
}

/// Where our own lines go, for a helper.
fn stdout() -> io::Result<Stdio> {
    Ok(Stdio::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// The file a path will have whatever the working directory is.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// `witness`: its end of the line between the helpers.
fn start_keeper(start: &Start, helper: Helper, witness: OwnedFd) -> Result<Source, LaunchError> {
    let failed = |error: io::Error| system(helper.name())(error);
    let (own, keepers) = channel::pair().map_err(failed)?;
    let program = helper_program();
    let mut command = Command::new(&program);
    match helper {
        Helper::Privd => {
            command.arg("keep").arg("--grant").arg(start.grant.to_string());
        }
        Helper::Post => {
            command.arg("keep-post").arg("--grant").arg(start.grant.to_string());
            if let Ok(folder) = std::env::current_dir() {
                command.arg("--folder").arg(folder);
            }
        }
    }
    if start.accept_unconfined {
        command.arg("--accept-unconfined");
    }
    if start.level <= Level::Debug {
        command.arg("--debug");
    }
    if start.log == LogTarget::Syslog {
        command.arg("--syslog");
    }
    // What helpers have to say goes where the daemon's log goes. In the background that is nowhere, but why one does
    // not start is heard.
    let (mut words, stderr) = match &start.log {
        LogTarget::Stdout if !start.daemonize => (None, stdout().map_err(failed)?),
        LogTarget::File(path) => (None, log::open(path).map_or_else(|_| Stdio::null(), Stdio::from)),
        LogTarget::Stdout | LogTarget::Syslog => {
            let flags = nix::fcntl::OFlag::O_CLOEXEC | nix::fcntl::OFlag::O_NONBLOCK;
            let (read, write) = nix::unistd::pipe2(flags).map_err(|error| failed(error.into()))?;
            (Some(File::from(read)), Stdio::from(write))
        }
    };
    // Its own process group: what a terminal sends to the daemon is not meant for helpers, which clean up after it.
    command.env_clear().current_dir("/").process_group(0);
    let child = command.stdin(Stdio::from(keepers)).stdout(Stdio::from(witness)).stderr(stderr).spawn();
    child.map_err(system(program.display().to_string()))?;
    // The command holds the keeper's end of the line, which would never end otherwise.
    drop(command);
    let mut line: Line = Channel::new(own).map_err(failed)?;
    let first = first_connection(&mut line).map_err(|why| {
        let said = words.as_mut().map(last_words).filter(|said| !said.is_empty());
        LaunchError::Helper(helper.name(), said.unwrap_or(why))
    })?;
    Ok(Source::Keeper { line, first: Some(first) })
}

/// What a helper has said so far.
fn last_words(words: &mut File) -> String {
    let mut said = [0; 4096];
    let length = words.read(&mut said).unwrap_or(0);
    String::from_utf8_lossy(said.get(..length).unwrap_or_default()).trim().replace('\n', "; ")
}

/// Waits for the keeper's first worker.
fn first_connection(line: &mut Line) -> Result<OwnedFd, String> {
    let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
    loop {
        let mut fds = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) => return Err("it says nothing".into()),
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.to_string()),
        }
        match line.receive() {
            Ok((FromKeeper::Started { .. }, Some(fd))) => return Ok(fd),
            Ok((FromKeeper::Started { .. }, None)) => return Err("no connection came".into()),
            Ok((FromKeeper::Faltering { .. }, _)) => return Err("it dies again and again".into()),
            Err(ChannelError::WouldBlock) => {}
            Err(ChannelError::Closed) => return Err("it ended; its own message says why".into()),
            Err(error @ (ChannelError::Codec(_) | ChannelError::Io(_))) => return Err(error.to_string()),
        }
    }
}

/// The line on which the post tells privd what the superuser has named. The daemon keeps no end of it.
fn witness() -> Result<(OwnedFd, OwnedFd), LaunchError> {
    channel::pair().map_err(system("a line between the helpers"))
}

/// The two helpers, in one of three ways: as root they are started; else those are found that a service manager has
/// started; else, where this user holds what privd needs, they are started as this user.
fn helpers(start: &Start) -> Result<(Source, Source), LaunchError> {
    if nix::unistd::geteuid().is_root() {
        let (tells, hears) = witness()?;
        return Ok((start_keeper(start, Helper::Privd, hears)?, start_keeper(start, Helper::Post, tells)?));
    }
    let absent = match dial(Path::new(PRIVD_SOCKET)) {
        Ok(fd) => {
            info!("not root: using {PRIVD_SOCKET} and {POST_SOCKET}");
            let post = dial(Path::new(POST_SOCKET)).map_err(system(POST_SOCKET))?;
            return Ok((found(PRIVD_SOCKET, fd), found(POST_SOCKET, post)));
        }
        Err(error) => error,
    };
    // Not where there is one that will not have us: then that is the way which was meant.
    let nobody_listens = matches!(absent.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused);
    if !(nobody_listens && Lockdown::of_privd_keeper().hand_on().map_err(LaunchError::Confinement)?) {
        return Err(LaunchError::Helperless(absent));
    }
    info!(
        "not root, and no helper listens at {PRIVD_SOCKET}: privd is started as this user, with CAP_NET_ADMIN and \
         CAP_NET_RAW alone; files and control sockets, also those of clients, are used with this user's own rights"
    );
    let (tells, hears) = witness()?;
    let privd = start_keeper(start, Helper::Privd, hears)?;
    Lockdown::hand_on_nothing().map_err(LaunchError::Confinement)?;
    Ok((privd, start_keeper(start, Helper::Post, tells)?))
}

fn found(path: &str, first: OwnedFd) -> Source {
    Source::Socket { path: path.into(), first: Some(first) }
}
