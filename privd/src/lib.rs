//! The only privileged programs, one for each thing that is done with a right: `privd` (netlink, EAPOL sockets),
//! `privd-post` (control sockets), `privd-courier` (sockets on the network), and `privd-keeper`, which starts them and
//! opens files. None carries the code of
//! another, and no two processes have the same layout of memory.
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod accept;
mod courier;
mod grants;
mod keeper;
mod log;
mod net;
mod options;
mod post;
mod serve_courier;
mod serve_post;
mod sys;
mod worker;

#[cfg(feature = "fuzz")]
pub mod fuzz;

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use ipc_proto::keeper::{Begin, Part};
use policy::Lockdown;
use policy::grant::Grant;
use tracing::{debug, error, warn};

use keeper::Keeper;
use options::{Command, Common, Parsed, Program};
use worker::{Begun, Image};

/// `privd`: the network worker.
pub fn privd() -> ExitCode {
    enter(Program::Privd, |command| match command {
        Command::Work => {
            let mut begun = Begun::read("privd", "privd")?;
            let (fd, witness) = (begun.connection()?, begun.part(Part::Witness));
            let switches = begun.part(Part::Switches).or_else(Switches::one);
            let clients = net::Clients::Connected { fd, witness, grant: Box::new(begun.grant) };
            work(switches, clients, begun.common.accept_unconfined)
        }
        Command::Serve { grants, common, .. } => {
            started("privd", "privd", common)?;
            let clients = net::Clients::Listening { fd: sys::listening_socket()?, grants: grants::of_users(grants)? };
            work(Switches::one(), clients, common.accept_unconfined)
        }
        other @ Command::Keep { .. } => not_its(&other),
    })
}

/// `privd-post`: the owner of the control sockets.
pub fn post() -> ExitCode {
    enter(Program::Post, |command| match command {
        Command::Work => serve_post::work(Begun::read("privd-post", "privd post")?),
        other @ (Command::Keep { .. } | Command::Serve { .. }) => not_its(&other),
    })
}

/// `privd-courier`: the owner of the sockets on the network.
pub fn courier() -> ExitCode {
    enter(Program::Courier, |command| match command {
        Command::Work => serve_courier::work(Begun::read("privd-courier", "privd courier")?),
        other @ (Command::Keep { .. } | Command::Serve { .. }) => not_its(&other),
    })
}

/// `privd-keeper`: starts the others.
pub fn keeper() -> ExitCode {
    enter(Program::Keeper, |command| match command {
        Command::Keep { helper: Program::Privd, grant, common, .. } => {
            started("privd-keeper", "privd", common)?;
            keep(&grant, common)
        }
        Command::Keep { helper: Program::Post, grant, started: folder, common } => {
            started("post-keeper", "privd post", common)?;
            serve_post::keep(&grant, folder, common)
        }
        Command::Keep { helper: Program::Courier, grant, common, .. } => {
            started("courier-keeper", "privd courier", common)?;
            serve_courier::keep(&grant, common)
        }
        Command::Serve { helper: Program::Post, grants, common } => {
            started("privd-post", "privd post", common)?;
            serve_post::serve(sys::listening_socket()?, grants, common)
        }
        Command::Serve { helper: Program::Courier, grants, common } => {
            started("privd-courier", "privd courier", common)?;
            serve_courier::serve(sys::listening_socket()?, grants, common)
        }
        Command::Work => serve_post::attend(Begun::read("post-keeper", "privd post")?),
        other @ (Command::Keep { helper: Program::Keeper, .. }
        | Command::Serve { helper: Program::Keeper | Program::Privd, .. }) => not_its(&other),
    })
}

/// The reader of command lines gives no program another's command.
fn not_its(command: &Command) -> Result<(), String> {
    Err(format!("{command:?} is no command of this program"))
}

/// A whole program: reads its command line, and runs until its end.
fn enter(program: Program, run: impl FnOnce(Command) -> Result<(), String>) -> ExitCode {
    let name = program.name();
    let command = match options::parse(program, lexopt::Parser::from_env()) {
        Ok(Parsed::Help) => {
            println!("{}", program.usage());
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Version) => {
            println!("{name} {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Run(command)) => command,
        Err(error) => {
            eprintln!("{name}: {error}\n{}", program.usage());
            return ExitCode::from(2);
        }
    };
    // A keeper has its line as standard input; socket activation hands over one socket, as descriptor 3. A keeper has
    // closed for its workers what is not theirs.
    let inherited = match command {
        Command::Work => Ok(()),
        Command::Keep { .. } => policy::close_inherited(3),
        Command::Serve { .. } => policy::close_inherited(4),
    };
    match inherited.map_err(|error| error.to_string()).and_then(|()| run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Before the log there is standard error.
            if log::begun() {
                error!("{why}");
            } else {
                eprintln!("{name}: {why}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Begins to log, under the name that the process has from now on.
fn started(process: &str, name: &'static str, common: Common) -> Result<(), String> {
    log::init(name, common.debug, common.syslog.then(log::open_system).flatten());
    keeper::name_process(process).map_err(|error| error.to_string())
}

/// Keeps the network worker of the daemon that has started this.
fn keep(grant: &Grant, common: Common) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    keeper::ignore_signals().map_err(words)?;
    let keeper = Keeper {
        image: Image::find(Program::Privd)?,
        begin: begin(grant, common),
        workers: Lockdown::of_privd(),
        line: keeper::line().map_err(words)?,
        lockdown: Lockdown::of_privd_keeper(),
    };
    let switches = Switches::open();
    let witness = keeper::witness().map_err(words)?;
    keeper.keep(None, move |restarts| {
        let witness = witness.as_ref().and_then(|line| line.try_clone().ok());
        let parts = [(Part::Witness, witness), (Part::Switches, switches.of_worker(restarts))];
        parts.into_iter().filter_map(|(part, fd)| Some((part, fd?))).collect()
    })
}

/// What a worker has to know of this grant.
fn begin(grant: &Grant, common: Common) -> Begin {
    Begin {
        version: ipc_proto::VERSION,
        grant: grant.to_string(),
        started: None,
        own: (0, 0),
        groups: Vec::new(),
        accept_unconfined: common.accept_unconfined,
        debug: common.debug,
    }
}

/// The network worker: opens what it needs, gives up the rest, serves.
fn work(rfkill: Option<OwnedFd>, clients: net::Clients, accept_unconfined: bool) -> Result<(), String> {
    let sockets = net::open(rfkill).map_err(|error| format!("sockets: {error}"))?;
    lock(&Lockdown::of_privd(), accept_unconfined)?;
    match net::serve(sockets, clients) {
        Ok(()) => Ok(()),
        Err(net::ServeError::ClientGone) => {
            debug!("the daemon is gone");
            Ok(())
        }
        Err(net::ServeError::Io(error)) => Err(error.to_string()),
    }
}

fn lock(lockdown: &Lockdown, accept_unconfined: bool) -> Result<(), String> {
    let report = lockdown.apply(accept_unconfined).map_err(|error| error.to_string())?;
    for loss in report.lost {
        warn!("NOT CONFINED: {loss}");
    }
    Ok(())
}

/// Descriptors of /dev/rfkill, which only the superuser may open on many systems: one for each worker to come, since
/// each begins with the whole state when it is first read.
struct Switches(Vec<File>);

impl Switches {
    const MOST: usize = 16;

    fn open() -> Switches {
        Switches((0..Self::MOST).map_while(|_| Self::open_one()).collect())
    }

    fn open_one() -> Option<File> {
        let flags = nix::fcntl::OFlag::O_NONBLOCK.bits();
        OpenOptions::new().read(true).custom_flags(flags).open("/dev/rfkill").ok()
    }

    fn one() -> Option<OwnedFd> {
        Self::open_one().map(OwnedFd::from)
    }

    /// The one of the worker that comes after `restarts` others.
    fn of_worker(&self, restarts: u32) -> Option<OwnedFd> {
        let kept = usize::try_from(restarts).ok().and_then(|index| self.0.get(index));
        kept.and_then(|file| file.try_clone().ok()).or_else(Self::open_one).map(OwnedFd::from)
    }
}
