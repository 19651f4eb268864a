//! Files that the post opens: at work, and before the start what the daemon's own user may not read.
//!
//! Where a service manager starts the daemon as a user of its own, configurations are often readable for the superuser
//! alone. The post decides, by the same rule as when the daemon reads them again later.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::post::{FromPost, MAX_FILE, ToPost};
use ipc_proto::{Role, VERSION};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::ProcessRole;

use crate::launch::{PATIENCE, POST_SOCKET};
use crate::link::dial;

type Post = Channel<ToPost, FromPost>;

/// The content of a file that the post has opened.
pub(crate) fn content(file: OwnedFd) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let limit = (MAX_FILE as u64).saturating_add(1);
    File::from(file).take(limit).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if content.len() > MAX_FILE { Err(format!("larger than {MAX_FILE} octets")) } else { Ok(content) }
}

/// Reads files before the start, by the post what this user may not read.
#[derive(Debug)]
pub struct Reader {
    hello: ToPost,
    post: Option<Post>,
}

impl Reader {
    /// `role`: what this daemon is, for which the post has a grant. `configurations`: files of the command line, which
    /// may name others.
    #[must_use]
    pub fn new<'a>(role: Role, configurations: impl Iterator<Item = &'a str>) -> Reader {
        Reader { hello: hello(role, configurations.map(Path::new)), post: None }
    }

    /// The content of a file.
    pub fn contents(&mut self, path: &str) -> io::Result<Vec<u8>> {
        let root = nix::unistd::geteuid().is_root();
        if root {
            recover(path);
        }
        let absolute = std::path::absolute(path)?;
        let error = match std::fs::read(path) {
            Ok(content) => return Ok(content),
            Err(error) => error,
        };
        if error.kind() != io::ErrorKind::PermissionDenied || root {
            return Err(error);
        }
        self.by_post(&absolute)
            .map_err(|why| io::Error::new(error.kind(), format!("{error}, and not by the post: {why}")))
    }

    fn by_post(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        if self.post.is_none() {
            self.post = Some(connect(&self.hello)?);
        }
        let post = self.post.as_mut().ok_or("no connection")?;
        ask(post, path)
    }
}

/// How a daemon greets its post.
pub(crate) fn hello<'a>(role: Role, configurations: impl Iterator<Item = &'a Path>) -> ToPost {
    let absolute = |path: &Path| Some(std::path::absolute(path).ok()?.to_str()?.to_owned());
    ToPost::Hello { version: VERSION, role, configurations: configurations.filter_map(absolute).collect() }
}

fn connect(hello: &ToPost) -> Result<Post, String> {
    let words = |error: io::Error| format!("{POST_SOCKET}: {error}");
    let mut post: Post = Channel::new(dial(Path::new(POST_SOCKET)).map_err(words)?).map_err(words)?;
    say(&post, hello)?;
    let (FromPost::Welcome { .. }, _) = hear(&mut post)? else { return Err("the post says no welcome".into()) };
    Ok(post)
}

/// The content of a file, or why not, in words.
fn ask(post: &mut Post, path: &Path) -> Result<Vec<u8>, String> {
    let path = path.to_str().ok_or("the path is not UTF-8")?.to_owned();
    say(post, &ToPost::ReadFile { token: 0, path })?;
    match hear(post)? {
        (FromPost::FileRead { result, .. }, file) => {
            result.and(file.ok_or_else(|| "no descriptor came".to_owned())).and_then(content)
        }
        (
            FromPost::Welcome { .. }
            | FromPost::Opened { .. }
            | FromPost::Command { .. }
            | FromPost::Gone { .. }
            | FromPost::FileWritten { .. }
            | FromPost::Log { .. },
            _,
        ) => Err("the post answers something else".into()),
    }
}

/// What an interrupted saving has left beside a file is carried over before anybody reads it.
fn recover(path: &str) {
    let user = ProcessRole::Post.ids().ok().map(|(user, _)| user).filter(|user| *user != policy::NOBODY);
    let said = match policy::saved::recover(Path::new(path), user.as_slice()) {
        Ok(true) => "saving it was interrupted, and is now complete".to_owned(),
        Ok(false) => return,
        // Whoever reads it will say so.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => format!("what was left of saving it: {error}"),
    };
    // There is no log yet.
    let _ = writeln!(io::stdout(), "{path}: {said}");
}

fn say(post: &Post, message: &ToPost) -> Result<(), String> {
    post.send(message, None).map_err(|error| format!("{POST_SOCKET}: {error}"))
}

fn hear(post: &mut Post) -> Result<(FromPost, Option<OwnedFd>), String> {
    let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
    loop {
        match post.receive() {
            Ok(heard) => return Ok(heard),
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
