//! Requests of the post by a daemon that was taken over: files and sockets that are somebody else's.
//!
//! Verbs: `read PATH`, `write PATH`, `plant PATH TARGET` (a configuration of its own that names the target, which is then
//! read), `serve PATH [GROUP]` (a control socket), `log`.

use std::os::fd::{AsFd as _, OwnedFd};

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::post::{FromPost, ToPost};
use ipc_proto::{Role, VERSION};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::{During as _, Failure, Outcome};

/// How long the post may take, milliseconds.
const PATIENCE: u16 = 10_000;

/// A connection with the post.
pub struct Post {
    channel: Channel<ToPost, FromPost>,
    /// What it said.
    pub said: Vec<String>,
    /// Something was given that nobody may have.
    pub given: bool,
}

impl Post {
    /// Says hello.
    pub fn greeted(fd: OwnedFd, role: Role) -> Outcome<Self> {
        let mut post = Self { channel: Channel::new(fd)?, said: Vec::new(), given: false };
        post.send(&ToPost::Hello { version: VERSION, role, configurations: vec!["/run/canary/text".into()] })?;
        match post.message()? {
            (FromPost::Welcome { .. }, _) => Ok(post),
            other => Err(Failure::new(format!("an honest hello was answered with {other:?}"))),
        }
    }

    fn send(&self, message: &ToPost) -> Outcome {
        self.channel.send(message, None).map_err(|error| Failure::new(format!("the post: {error}")))
    }

    fn message(&mut self) -> Outcome<(FromPost, Option<OwnedFd>)> {
        loop {
            match self.channel.receive() {
                Ok(message) => return Ok(message),
                Err(ChannelError::WouldBlock) => {
                    let mut fds = [PollFd::new(self.channel.as_fd(), PollFlags::POLLIN)];
                    let ready = poll(&mut fds, PollTimeout::from(PATIENCE))?;
                    if ready == 0 {
                        return Err(Failure::new("the post is silent"));
                    }
                }
                Err(error) => return Err(Failure::new(format!("the connection ends: {error}"))),
            }
        }
    }

    fn result(&mut self, result: Result<(), String>) {
        self.given |= result.is_ok();
        self.said.push(result.err().unwrap_or_else(|| "done".into()));
    }

    /// Plays one attack.
    pub fn play(&mut self, words: &[&str]) -> Outcome {
        let request = match words {
            ["read", path] => ToPost::ReadFile { token: 1, path: (*path).into() },
            ["write", path] => ToPost::WriteFile { token: 1, path: (*path).into(), data: b"owned".into(), last: true },
            ["plant", path, target] => {
                let path = (*path).to_owned();
                // What names others must have been read.
                self.send(&ToPost::ReadFile { token: 2, path: path.clone() })?;
                self.message()?;
                let data = format!("update_config=1\nca_cert=\"{target}\"\n").into_bytes();
                self.send(&ToPost::WriteFile { token: 3, path, data, last: true })?;
                if let (FromPost::FileWritten { result, .. }, _) = self.message()? {
                    self.result(result);
                }
                ToPost::ReadFile { token: 1, path: (*target).into() }
            }
            ["serve", path, group @ ..] => {
                let group = group.first().map(|group| (*group).into());
                ToPost::Open { socket: 1, path: (*path).into(), group }
            }
            ["log"] => ToPost::ReopenLog,
            other => return Err(Failure::new(format!("{other:?}: there is no such attack"))),
        };
        self.send(&request)?;
        match self.message() {
            Ok((FromPost::FileRead { result, .. } | FromPost::Log { result }, fd)) => {
                let fd = fd.during(|| "no descriptor came".into()).map(drop);
                self.result(result.and(fd.map_err(|why| why.to_string())));
            }
            Ok((FromPost::FileWritten { result, .. } | FromPost::Opened { result, .. }, _)) => self.result(result),
            Ok((other @ (FromPost::Welcome { .. } | FromPost::Command { .. } | FromPost::Gone { .. }), _)) => {
                return Err(Failure::new(format!("the post answers with {other:?}")));
            }
            Err(ended) => self.said.push(ended.to_string()),
        }
        Ok(())
    }
}
