//! The post between a daemon that was taken over and clients, both made of somebody's octets. What must hold is said
//! without the post's own words: which files were handed out, which have changed, and where something new is.
#![allow(clippy::panic, clippy::arithmetic_side_effects, reason = "a fuzz target reports by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ipc_proto::channel::{Channel, pair};
use ipc_proto::post::{FromPost, ToPost};
use ipc_proto::{Role, VERSION, codec};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use policy::grant::{ControlRoot, FileGrant, FileRight, Grant};

use super::{LeftBehind, Line, Opener, Options, Post};

/// Everything there is, and what the daemon may have of it whatever is said: what the grant names, and what stands in
/// configurations that only the superuser may write.
const FILES: [(&str, u32, &str, bool); 7] = [
    ("etc/own.conf", 0o600, "update_config=1\nctrl_interface=@/ctrl\nwpa_psk_file=@/etc/list\n", true),
    ("etc/read.conf", 0o644, "accept_mac_file=@/etc/list2\nssid=@/etc/secret\n#x=@/etc/secret\n", true),
    ("etc/list", 0o600, "one\n", true),
    ("etc/list2", 0o600, "two\n", true),
    ("etc/open", 0o666, "x=@/etc/secret\n", false),
    ("etc/secret", 0o600, "secret\n", false),
    ("etc/script", 0o755, "update_config=1\n", false),
];
/// Paths as a daemon or a client writes them; `@` is the folder of this run.
const PATHS: [&str; 16] = [
    "@/etc/own.conf",
    "@/etc/read.conf",
    "@/etc/list",
    "@/etc/list2",
    "@/etc/open",
    "@/etc/secret",
    "@/etc/script",
    "@/etc/../etc/secret",
    "@//etc/secret",
    "@/ctrl/wlan0",
    "@/ctrl/../etc/secret",
    "@/ctrl/link",
    "@/elsewhere/wlan0",
    "@/etc/new",
    "etc/secret",
    "secret",
];
const LINES: [&str; 8] = [
    "ca_cert=\"%\"",
    "wpa_psk_file=%",
    "ssid=\"%\"",
    "#%",
    "x = y=%",
    "ctrl_interface=DIR=% GROUP=root",
    "%=1",
    "x=blob:%",
];
const COMMANDS: [&str; 6] = [
    "SET wpa_psk_file %",
    "INTERFACE_ADD wlan1\t%",
    "INTERFACE_REMOVE wlan1",
    "SET update_config 1",
    "SET ssid %",
    "PING",
];

static RUNS: AtomicU32 = AtomicU32::new(0);

struct World {
    folder: PathBuf,
    post: Post,
    daemon: Channel<ToPost, FromPost>,
    clients: Vec<UnixDatagram>,
    /// What the superuser has said so far.
    said: Vec<u8>,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

/// Records: a kind, and octets that choose words or are the message itself.
pub fn post(records: &mut dyn Iterator<Item = (u8, &[u8])>) {
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("airlock-fuzz-post-{}-{number}", std::process::id()));
    let mut world = World::new(folder).unwrap_or_else(|error| panic!("the world of this target: {error}"));
    for (kind, data) in records.take(64) {
        if !world.step(kind, data) {
            break;
        }
        world.look();
    }
    let _ = fs::remove_dir_all(&world.folder);
}

impl World {
    fn new(folder: PathBuf) -> std::io::Result<World> {
        let _ = fs::remove_dir_all(&folder);
        for part in ["etc", "ctrl", "elsewhere"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let mut before = BTreeMap::new();
        for (name, mode, text, _) in FILES {
            let path = folder.join(name);
            let text = text.replace('@', &folder.to_string_lossy());
            fs::write(&path, &text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            before.insert(path, text.into_bytes());
        }
        std::os::unix::fs::symlink(folder.join("etc/secret"), folder.join("ctrl/link"))?;
        let mut grant = Grant::nothing(Role::Station);
        grant.control = vec![ControlRoot { folder: folder.join("ctrl"), group: None }];
        let file = |right, name| FileGrant { right, path: folder.join(name) };
        grant.files = vec![file(FileRight::Replace, "etc/own.conf"), file(FileRight::Read, "etc/read.conf")];
        let own = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        let mut opener = Opener::new(&grant, own.0, LeftBehind::default());
        let (asked, asks) = pair()?;
        std::thread::spawn(move || {
            let Ok(mut line): Result<Line, _> = Channel::new(asked) else { return };
            while opener.serve(&mut line) {
                let _ = poll(&mut [PollFd::new(line.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
            }
        });
        let options =
            Options { grant, started: Some(folder.clone()), own, groups: Vec::new(), spare: Vec::new(), witness: None };
        let (ours, theirs) = pair()?;
        let post = Post::new(theirs, asks, options)?;
        let mut world =
            World { folder, post, daemon: Channel::new(ours)?, clients: Vec::new(), said: Vec::new(), before };
        let configurations = vec![world.path(0)];
        world.ask(ToPost::Hello { version: VERSION, role: Role::Station, configurations });
        world.ask(ToPost::Open { socket: 1, path: world.path(9), group: None });
        Ok(world)
    }

    fn path(&self, choice: u8) -> String {
        let chosen = PATHS.iter().cycle().nth(choice.into()).copied().unwrap_or_default();
        chosen.replace('@', &self.folder.to_string_lossy())
    }

    /// One of the sentences, with one of the paths in it.
    fn sentence(&self, list: &[&str], choice: u8, path: u8) -> String {
        let chosen = list.iter().cycle().nth(choice.into()).copied().unwrap_or_default();
        chosen.replace('%', &self.path(path))
    }

    /// Plays a record. False: the post has ended, as it does when a daemon speaks nonsense.
    fn step(&mut self, kind: u8, data: &[u8]) -> bool {
        let octet = |at: usize| data.get(at).copied().unwrap_or_default();
        let (first, second, third) = (octet(0), octet(1), octet(2));
        match kind % 8 {
            0 => {
                let group = (third & 1 != 0).then(|| "0".to_owned());
                self.ask(ToPost::Open { socket: second.into(), path: self.path(first), group })
            }
            1 => self.ask(ToPost::Close { socket: first.into() }),
            2 => self.ask(ToPost::ReadFile { token: 1, path: self.path(first) }),
            3 => {
                let text = format!("update_config=1\n{}\n", self.sentence(&LINES, second, third));
                // In two parts at any place.
                let (early, late) = text.as_bytes().split_at(usize::from(octet(3)) % text.len().max(1));
                let path = self.path(first);
                let part =
                    |data: &[u8], last| ToPost::WriteFile { token: 2, path: path.clone(), data: data.into(), last };
                self.ask(part(early, false)) && self.ask(part(late, true))
            }
            4 => {
                let words = self.sentence(&COMMANDS, first, second);
                self.command(words.as_bytes())
            }
            5 => self.command(data),
            6 => self.ask(ToPost::Send { clients: vec![first.into()], data: data.into() }),
            _ => codec::decode::<ToPost>(data).map_or(true, |message| self.ask(message)),
        }
    }

    /// A client speaks on the first socket. Who runs this target is the superuser, or nobody of importance.
    fn command(&mut self, words: &[u8]) -> bool {
        let name = self.folder.join(format!("client{}", self.clients.len()));
        let Ok(client) = UnixDatagram::bind(&name) else { return true };
        let sent = client.set_nonblocking(true).and_then(|()| client.send_to(words, self.folder.join("ctrl/wlan0")));
        let _ = fs::remove_file(name);
        if sent.is_ok() {
            self.clients.push(client);
        }
        // The value of such a parameter names nothing.
        if !words.starts_with(b"SET ssid") {
            self.said.extend_from_slice(words);
            self.said.push(b'\n');
        }
        self.settle()
    }

    fn ask(&mut self, message: ToPost) -> bool {
        self.post.handle(message).is_ok() && self.settle()
    }

    /// The post does the rest of its round, and the daemon reads.
    fn settle(&mut self) -> bool {
        for index in 0..self.post.sockets.len() {
            self.post.drain_socket(index);
        }
        self.post.retry(false);
        self.post.settle();
        let goes_on = self.post.flush().is_ok();
        while let Ok((message, descriptor)) = self.daemon.receive() {
            self.given(&message, descriptor);
        }
        goes_on
    }

    fn has_said(&self, path: &Path) -> bool {
        let words = path.as_os_str().as_encoded_bytes();
        let name = path.strip_prefix(&self.folder).map(|rest| rest.as_os_str().as_encoded_bytes()).unwrap_or(words);
        self.said.windows(name.len().max(1)).any(|window| window == name)
    }

    /// What comes with a descriptor is of the grant, or was named.
    fn given(&self, message: &FromPost, descriptor: Option<OwnedFd>) {
        let Some(file) = descriptor else { return };
        assert!(matches!(message, FromPost::FileRead { result: Ok(()), .. }), "a descriptor comes with {message:?}");
        let found = fs::File::from(file).metadata().map(|found| found.ino()).unwrap_or_default();
        for (name, _, _, may) in FILES {
            let path = self.folder.join(name);
            let same = fs::metadata(&path).is_ok_and(|about| about.ino() == found);
            let link = name == "etc/secret" && self.has_said(&self.folder.join("ctrl/link"));
            assert!(!same || may || link || self.has_said(&path), "{name} was handed out, and nobody has named it");
        }
    }

    /// Nothing has changed but what may be saved, and nothing is new outside of the control directory.
    fn look(&self) {
        let told = self.said.windows(18).any(|window| window == b"SET update_config ");
        for (path, before) in &self.before {
            let now = fs::read(path).unwrap_or_default();
            let may = path.ends_with("own.conf") || (told && path.ends_with("read.conf"));
            assert!(may || now == *before, "{} has changed", path.display());
            let secret = self.folder.join("etc/secret");
            let planted = String::from_utf8_lossy(&now).lines().any(|line| {
                let (key, value) = line.split_once('=').unwrap_or_default();
                !key.starts_with("ssid") && !key.starts_with('#') && value.contains(&*secret.to_string_lossy())
            });
            assert!(!may || !planted || self.has_said(&secret), "{} names what it did not", path.display());
        }
        for folder in ["", "etc", "elsewhere"] {
            let Ok(entries) = fs::read_dir(self.folder.join(folder)) else { continue };
            for entry in entries.flatten() {
                let path = entry.path();
                let journal = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                let known = self.before.contains_key(&path)
                    || ["etc", "ctrl", "elsewhere"].iter().any(|part| path.ends_with(part));
                assert!(known || journal, "{} is new", path.display());
            }
        }
    }
}
