//! The only privileged program: netlink, EAPOL sockets, control socket post.
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod grants;
mod keeper;
mod log;
mod net;
mod options;
mod post;
mod serve_post;
mod sys;

#[cfg(feature = "fuzz")]
pub mod fuzz;

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use policy::Lockdown;
use tracing::{debug, error, warn};

use keeper::Keeper;
use options::{Command, Parsed, USAGE};

/// The whole program: reads the command line, and runs until its end.
pub fn main() -> ExitCode {
    let command = match options::parse(lexopt::Parser::from_env()) {
        Ok(Parsed::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Version) => {
            println!("privd {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Run(command)) => command,
        Err(error) => {
            eprintln!("privd: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            error!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    // A keeper has its line as standard input; socket activation hands over one socket, as descriptor 3.
    let kept = match command {
        Command::Keep { .. } | Command::KeepPost { .. } => 3,
        Command::Serve { .. } | Command::ServePost { .. } => 4,
    };
    policy::close_inherited(kept).map_err(words)?;
    match command {
        Command::Keep { grant, common } => {
            log::init("privd", common);
            keeper::name_process("privd-keeper").map_err(words)?;
            keeper::ignore_signals().map_err(words)?;
            let keeper = Keeper {
                worker: "privd",
                line: keeper::line().map_err(words)?,
                lockdown: Lockdown::of_privd_keeper(),
                accept_unconfined: common.accept_unconfined,
            };
            let switches = Switches::open();
            let witness = keeper::witness().map_err(words)?;
            keeper.keep(None, move |restarts, connection, _| {
                let witness = witness.as_ref().and_then(|line| line.try_clone().ok());
                let clients = net::Clients::Connected { fd: connection, grant: grant.clone(), witness };
                worker_ended(work(switches.of_worker(restarts), clients, common.accept_unconfined))
            })
        }
        Command::KeepPost { grant, started, common } => {
            log::init("privd post", common);
            return serve_post::keep(*grant, started, common);
        }
        Command::Serve { grants, common } => {
            log::init("privd", common);
            keeper::name_process("privd").map_err(words)?;
            let clients = net::Clients::Listening { fd: sys::listening_socket()?, grants: grants::of_users(grants)? };
            return work(Switches::one(), clients, common.accept_unconfined);
        }
        Command::ServePost { grants, common } => {
            log::init("privd post", common);
            keeper::name_process("privd-post").map_err(words)?;
            let listening = sys::listening_socket()?;
            return serve_post::serve(listening, grants, common);
        }
    }
    .map_err(words)
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

fn worker_ended(result: Result<(), String>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(why) => {
            error!("{why}");
            1
        }
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
