//! Start of the courier: for the daemon that has started it, or for each that connects, by its user's grant.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use policy::Lockdown;
use policy::grant::Grant;

use crate::accept::{self, Client};
use crate::keeper::{self, Keeper};
use crate::options::{Common, Program};
use crate::worker::{Begun, Image};
use crate::{courier, grants};

/// The courier of the daemon that has started it, kept going until that is gone.
pub(crate) fn keep(grant: &Grant, common: Common) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    keeper::ignore_signals().map_err(words)?;
    let keeper = Keeper {
        image: Image::find(Program::Courier)?,
        begin: crate::begin(grant, common),
        workers: Lockdown::of_courier(grant),
        line: keeper::line().map_err(words)?,
        lockdown: Lockdown::of_courier_keeper(&[grant]),
    };
    keeper.keep(None, |_| Vec::new())
}

/// The courier of one daemon.
pub(crate) fn work(mut begun: Begun) -> Result<(), String> {
    let connection = begun.connection()?;
    crate::lock(&Lockdown::of_courier(&begun.grant), begun.common.accept_unconfined)?;
    courier::serve(connection, begun.grant).map_err(|error| error.to_string())
}

/// Serves each daemon that connects in a process of its own.
pub(crate) fn serve(listening: OwnedFd, files: Vec<PathBuf>, common: Common) -> Result<(), String> {
    // Daemons of the superuser start their own helpers.
    let grants: Vec<(u32, Grant)> = grants::of_users(files)?.into_iter().filter(|(user, _)| *user != 0).collect();
    let image = Image::find(Program::Courier)?;
    let all: Vec<&Grant> = grants.iter().map(|(_, grant)| grant).collect();
    crate::lock(&Lockdown::of_courier_keeper(&all).starting(&image.folder), common.accept_unconfined)?;
    let client = |(user, grant): &(u32, Grant)| Client {
        user: *user,
        begin: crate::begin(grant, common),
        workers: Lockdown::of_courier(grant),
    };
    let clients: Vec<Client> = grants.iter().map(client).collect();
    accept::serve(listening, &clients, &image)
}
