//! Start of the post: for the daemon that has started it, or for each that connects, by its user's grant.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use ipc_proto::channel::{Channel, pair};
use ipc_proto::keeper::{Begin, Part};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::stat::{Mode, umask};
use policy::grant::Grant;
use policy::{Lockdown, ProcessRole};

use crate::accept::{self, Client};
use crate::grants;
use crate::keeper::{self, Keeper};
use crate::options::{Common, Program};
use crate::post::{self, LeftBehind, Line, Opener, Options, Places};
use crate::worker::{Begun, Image};

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
pub(crate) fn keep(grant: &Grant, started: Option<PathBuf>, common: Common) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    keeper::ignore_signals().map_err(words)?;
    set_umask();
    let line = keeper::line().map_err(words)?;
    let daemon = getsockopt(&line, sockopt::PeerCredentials).map_err(|errno| errno.to_string())?.pid();
    let left = LeftBehind { folders: post::prepare(grant), daemon: Some(daemon) };
    let places = Places::of(grant, started.as_deref());
    let own = own()?;
    let opener = Opener::new(grant, own.0, left);
    let groups = post::groups(grant);
    let lockdown = Lockdown::of_post_keeper(places.keeper, numbers(&groups));
    let started = started.map(|folder| folder.into_os_string().into_vec());
    let keeper = Keeper {
        image: Image::find(Program::Post)?,
        begin: Begin { started, own, groups, ..crate::begin(grant, common) },
        workers: Lockdown::of_post(Vec::new()),
        line,
        lockdown,
    };
    let (witness, spare) = (keeper::witness().map_err(words)?, post::Spare::make());
    keeper.keep(Some(opener), move |_| {
        let witness = witness.as_ref().and_then(|line| line.try_clone().ok()).map(|line| (Part::Witness, line));
        witness.into_iter().chain(spare.unused().into_iter().map(|fd| (Part::Spare, fd))).collect()
    })
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
pub(crate) fn work(mut begun: Begun) -> Result<(), String> {
    let connection = begun.connection()?;
    let opener = begun.part(Part::Opener).ok_or("no line to the keeper")?;
    let witness = begun.part(Part::Witness);
    let spare = std::iter::from_fn(|| begun.part(Part::Spare)).collect();
    let places = Places::of(&begun.grant, begun.started.as_deref());
    crate::lock(&Lockdown::of_post(places.worker), begun.common.accept_unconfined)?;
    let Begun { grant, started, own, groups, .. } = begun;
    let options = Options { grant, started, own, groups, spare, witness };
    post::serve(connection, opener, options).map_err(|error| error.to_string())
}

/// Serves each daemon that connects in processes of its own.
pub(crate) fn serve(listening: OwnedFd, files: Vec<PathBuf>, common: Common) -> Result<(), String> {
    set_umask();
    let own = own()?;
    // Daemons of the superuser start their own helpers.
    let grants: Vec<_> = grants::of_users(files)?.into_iter().filter(|(user, _)| *user != 0).collect();
    let mut clients = Vec::new();
    for (user, grant) in &grants {
        post::prepare(grant);
        let begin = Begin { own, groups: post::groups(grant), ..crate::begin(grant, common) };
        clients.push(Client { user: *user, begin, workers: Lockdown::of_post(Vec::new()) });
    }
    let all = grants.iter().flat_map(|(_, grant)| Places::of(grant, None).keeper).collect();
    let groups = numbers(clients.iter().flat_map(|client| &client.begin.groups));
    let image = Image::find(Program::Keeper)?;
    crate::lock(&Lockdown::of_post_keeper(all, groups).starting(&image.folder), common.accept_unconfined)?;
    accept::serve(listening, &clients, &image)
}

/// The keeper of one daemon's post: opens its files, until it is gone.
pub(crate) fn attend(mut begun: Begun) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    let (connection, begin) = (begun.connection()?, begun.begin());
    let (ours, workers) = pair().map_err(words)?;
    let image = Image::find(Program::Post)?;
    let places = Places::of(&begun.grant, None);
    let lockdown = Lockdown::of_post_keeper(places.keeper, Vec::new()).starting(&image.folder);
    crate::lock(&lockdown, begun.common.accept_unconfined)?;
    let parts = [(Part::Connection, connection.as_fd()), (Part::Opener, workers.as_fd())];
    let (_, _life) = image.start(&begin, &parts, &Lockdown::of_post(Vec::new())).map_err(words)?;
    drop((connection, workers));
    let mut line: Line = Channel::new(ours).map_err(words)?;
    let mut opener = Opener::new(&begun.grant, begun.own.0, LeftBehind::default());
    while opener.serve(&mut line) {
        let mut fds = [PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(errno) => return Err(errno.to_string()),
        }
    }
    Ok(())
}
