//! Helpers that systemd has started: for each daemon that connects, and whose user has a grant, a process of its own.

use std::collections::HashMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;

use ipc_proto::keeper::{Begin, Part};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use policy::Lockdown;
use tracing::{info, warn};

use crate::worker::Image;

/// Most daemons of a user at a time.
const MOST: usize = 16;

/// A user's daemons: what the process for each has to know, and what that will confine itself to.
pub(crate) struct Client {
    pub(crate) user: u32,
    pub(crate) begin: Begin,
    pub(crate) workers: Lockdown,
}

/// Starts a process of this image for each daemon.
pub(crate) fn serve(listening: OwnedFd, clients: &[Client], image: &Image) -> Result<(), String> {
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
        match image.start(&client.begin, &[(Part::Connection, connection.as_fd())], &client.workers) {
            Ok((child, _)) => {
                served.insert(child, user);
            }
            Err(error) => warn!("no process for a daemon: {error}"),
        }
    }
}
