//! Start of the post: for the daemon that has started it, or for each that connects, by its user's grant.

use std::collections::HashMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;

use ipc_proto::channel::{Channel, pair};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};
use policy::grant::Grant;
use policy::lockdown::FileRule;
use policy::{Lockdown, ProcessRole};
use tracing::{info, warn};

use crate::grants;
use crate::keeper::{self, Keeper};
use crate::options::Common;
use crate::post::{self, LeftBehind, Line, Opener, Options, Places};

/// Most daemons of a user at a time.
const MOST: usize = 16;
/// Most groups that a process of ours is in.
const MOST_GROUPS: usize = 1024;

/// Those who may use a control socket are its owner and its group, from the moment it is there.
fn set_umask() {
    umask(Mode::from_bits_truncate(0o007));
}

/// The user and group that posts will have.
fn own() -> Result<(u32, u32), String> {
    ProcessRole::Post.ids().map_err(|error| error.to_string())
}

/// The post of the daemon that has started it, kept going until that is gone.
pub(crate) fn keep(grant: Grant, started: Option<PathBuf>, common: Common) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    keeper::name_process("post-keeper").map_err(words)?;
    keeper::ignore_signals().map_err(words)?;
    set_umask();
    let line = keeper::line().map_err(words)?;
    let daemon = getsockopt(&line, sockopt::PeerCredentials).map_err(|errno| errno.to_string())?.pid();
    let left = LeftBehind { folders: post::prepare(&grant), daemon: Some(daemon) };
    let places = Places::of(&grant, started.as_deref());
    let own = own()?;
    let opener = Opener::new(&grant, own.0, left);
    let groups = post::groups(&grant);
    let keeper = Keeper {
        worker: "privd-post",
        line,
        lockdown: Lockdown::of_post_keeper(places.keeper, numbers(&groups)),
        accept_unconfined: common.accept_unconfined,
    };
    let witness = keeper::witness().map_err(words)?.map(Arc::new);
    let options = Options { grant, started, own, groups, spare: post::Spare::make(), witness };
    let worker = places.worker;
    let work = move |_, connection, opener: Option<OwnedFd>| {
        let result = opener.ok_or_else(|| "no line to the keeper".to_owned());
        crate::worker_ended(result.and_then(|opener| work(connection, opener, &worker, &options, common)))
    };
    keeper.keep(Some(opener), work).map_err(words)
}

/// Groups that the processes are in, where the superuser starts them.
fn numbers<'a>(groups: impl IntoIterator<Item = &'a (String, u32)>) -> Vec<u32> {
    let mut numbers: Vec<u32> = groups.into_iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(MOST_GROUPS);
    numbers
}

/// The post of one daemon.
fn work(
    connection: OwnedFd,
    opener: OwnedFd,
    places: &[FileRule],
    options: &Options,
    common: Common,
) -> Result<(), String> {
    crate::lock(&Lockdown::of_post(places.to_vec()), common.accept_unconfined)?;
    post::serve(connection, opener, options.clone()).map_err(|error| error.to_string())
}

/// A user's daemons: what they may have, and where that is.
struct Client {
    user: u32,
    options: Options,
    places: Places,
}

/// Serves each daemon that connects in processes of its own.
pub(crate) fn serve(listening: OwnedFd, files: Vec<PathBuf>, common: Common) -> Result<(), String> {
    set_umask();
    let mut clients = Vec::new();
    let own = own()?;
    // Daemons of the superuser start their own helpers.
    for (user, grant) in grants::of_users(files)?.into_iter().filter(|(user, _)| *user != 0) {
        post::prepare(&grant);
        let groups = post::groups(&grant);
        let places = Places::of(&grant, None);
        clients.push(Client {
            user,
            options: Options { grant, started: None, own, groups, spare: post::Spare::default(), witness: None },
            places,
        });
    }
    let all = clients.iter().flat_map(|client| client.places.keeper.iter().cloned()).collect();
    let groups = numbers(clients.iter().flat_map(|client| &client.options.groups));
    crate::lock(&Lockdown::of_post_keeper(all, groups), common.accept_unconfined)?;
    let listener = UnixListener::from(listening);
    listener.set_nonblocking(false).map_err(|error| error.to_string())?;
    let mut served: HashMap<Pid, u32> = HashMap::new();
    loop {
        let (connection, _) = listener.accept().map_err(|error| error.to_string())?;
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
            status.pid().map(|gone| served.remove(&gone));
        }
        let user = match getsockopt(&connection, sockopt::PeerCredentials) {
            Ok(peer) => peer.uid(),
            Err(error) => {
                info!("nobody knows who connects: {error}");
                continue;
            }
        };
        let Some(client) = clients.iter().find(|client| client.user == user) else {
            info!(stranger = "users were turned away", "user {user} is turned away");
            continue;
        };
        if served.values().filter(|of| **of == user).count() >= MOST {
            info!(stranger = "users were turned away", "user {user} has {MOST} daemons here: no more");
            continue;
        }
        match policy::fork_single() {
            Ok(ForkResult::Child) => {
                drop(listener);
                return attend(connection.into(), client, common);
            }
            Ok(ForkResult::Parent { child }) => {
                served.insert(child, user);
            }
            Err(error) => warn!("no process for a daemon: {error}"),
        }
    }
}

/// The keeper of one daemon's post: opens its files, until it is gone.
fn attend(connection: OwnedFd, client: &Client, common: Common) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    keeper::name_process("post-keeper").map_err(words)?;
    crate::lock(&Lockdown::of_post_keeper(client.places.keeper.clone(), Vec::new()), common.accept_unconfined)?;
    let (ours, workers) = pair().map_err(words)?;
    let own = nix::unistd::getpid();
    if let ForkResult::Child = policy::fork_single().map_err(words)? {
        drop(ours);
        keeper::name_process("privd-post").map_err(words)?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| errno.to_string())?;
        if nix::unistd::getppid() != own {
            return Ok(());
        }
        return work(connection, workers, &client.places.worker, &client.options, common);
    }
    drop((connection, workers));
    let mut line: Line = Channel::new(ours).map_err(words)?;
    let mut opener = Opener::new(&client.options.grant, client.options.own.0, LeftBehind::default());
    while opener.serve(&mut line) {
        let mut fds = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(errno) => return Err(errno.to_string()),
        }
    }
    Ok(())
}
