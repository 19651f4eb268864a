//! A file that the daemon's own user may not read, read by the post before the start.
//!
//! Where a service manager starts the daemon as a user of its own, configurations are often readable for the superuser
//! alone. The post decides, by the same rule as when the daemon reads them again later.

use std::os::fd::AsFd as _;
use std::path::Path;

use ipc_proto::VERSION;
use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::post::{FromPost, ToPost};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::launch::{PATIENCE, POST_SOCKET};
use crate::link::dial;

type Post = Channel<ToPost, FromPost>;

/// The content of a file, or why not, in words.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| format!("{POST_SOCKET}: {error}");
    let mut post: Post = Channel::new(dial(Path::new(POST_SOCKET)).map_err(words)?).map_err(words)?;
    say(&post, &ToPost::Hello { version: VERSION })?;
    let FromPost::Welcome { .. } = hear(&mut post)? else { return Err("the post says no welcome".into()) };
    let path = path.to_str().ok_or("the path is not UTF-8")?.to_owned();
    say(&post, &ToPost::ReadFile { token: 0, path, on_behalf: None })?;
    match hear(&mut post)? {
        FromPost::FileRead { result, .. } => result,
        FromPost::Welcome { .. }
        | FromPost::Opened { .. }
        | FromPost::Command { .. }
        | FromPost::Gone { .. }
        | FromPost::FileWritten { .. }
        | FromPost::Log { .. } => Err("the post answers something else".into()),
    }
}

fn say(post: &Post, message: &ToPost) -> Result<(), String> {
    post.send(message, None).map_err(|error| format!("{POST_SOCKET}: {error}"))
}

fn hear(post: &mut Post) -> Result<FromPost, String> {
    let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
    loop {
        match post.receive() {
            Ok((message, _)) => return Ok(message),
            Err(ChannelError::WouldBlock) => {}
            Err(error) => return Err(format!("{POST_SOCKET}: {error}")),
        }
        match poll(&mut [PollFd::new(post.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) => return Err(format!("{POST_SOCKET}: no answer")),
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}
