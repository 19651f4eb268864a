//! The post against a daemon and clients of this process.

use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_proto::Role;
use ipc_proto::channel::{Channel, ChannelError, pair};
use ipc_proto::post::{FromPost, ToPost};
use policy::grant::{ControlRoot, FileGrant, FileRight, Grant};

use super::sockets::Pin;
use super::{LeftBehind, Line, Opener, Options, serve};

struct Daemon {
    channel: Channel<ToPost, FromPost>,
    folder: PathBuf,
}

impl Daemon {
    /// A post with its control directory, one readable and one writable file below a folder of this test.
    fn start(test: &str) -> Daemon {
        let folder = std::env::temp_dir().join(format!("airlock-post-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("conf"), "update_config=1\n").unwrap();
        fs::set_permissions(folder.join("conf"), fs::Permissions::from_mode(0o640)).unwrap();
        Daemon::with_grant(folder, |folder, grant| {
            grant.control = vec![ControlRoot { folder: folder.join("ctrl"), group: None }];
            grant.files = vec![FileGrant { right: FileRight::Replace, path: folder.join("conf") }];
        })
    }

    fn with_grant(folder: PathBuf, fill: impl FnOnce(&Path, &mut Grant)) -> Daemon {
        let mut grant = Grant::nothing(Role::Station);
        fill(&folder, &mut grant);
        let mut opener = Opener::new(&grant, nix::unistd::geteuid().as_raw(), LeftBehind::default());
        let own = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        let options = Options { grant, started: None, own, groups: Vec::new(), spare: Vec::new(), witness: None };
        let (asked, asks) = pair().unwrap();
        std::thread::spawn(move || {
            let mut line: Line = Channel::new(asked).unwrap();
            while opener.serve(&mut line) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let (ours, theirs) = pair().unwrap();
        std::thread::spawn(move || serve(theirs, asks, options).unwrap());
        let daemon = Daemon { channel: Channel::new(ours).unwrap(), folder };
        daemon.send(&ToPost::Hello { version: ipc_proto::VERSION, role: Role::Station, configurations: Vec::new() });
        daemon
    }

    fn send(&self, message: &ToPost) {
        self.channel.send(message, None).unwrap();
    }

    fn next(&mut self) -> FromPost {
        self.next_with_file().0
    }

    fn next_with_file(&mut self) -> (FromPost, Option<OwnedFd>) {
        loop {
            match self.channel.receive() {
                Ok(message) => return message,
                Err(ChannelError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn open(&mut self, name: &str) -> Result<(), String> {
        self.open_for(name, None)
    }

    fn open_for(&mut self, name: &str, group: Option<&str>) -> Result<(), String> {
        let path = self.folder.join(name).to_string_lossy().into_owned();
        self.send(&ToPost::Open { socket: 1, path, group: group.map(str::to_owned) });
        loop {
            match self.next() {
                FromPost::Opened { result, .. } => return result,
                FromPost::Welcome { .. } => {}
                other @ (FromPost::Command { .. }
                | FromPost::Gone { .. }
                | FromPost::FileRead { .. }
                | FromPost::FileWritten { .. }
                | FromPost::Log { .. }) => panic!("{other:?}"),
            }
        }
    }
}

impl Daemon {
    /// The text of a file, if the daemon may have it.
    fn read(&mut self, path: &Path) -> Option<String> {
        self.send(&ToPost::ReadFile { token: 7, path: path.to_string_lossy().into_owned() });
        loop {
            match self.next_with_file() {
                (FromPost::FileRead { result: Ok(()), .. }, file) => {
                    let mut text = String::new();
                    fs::File::from(file.unwrap()).read_to_string(&mut text).unwrap();
                    return Some(text);
                }
                (FromPost::FileRead { result: Err(_), .. }, file) => {
                    assert!(file.is_none());
                    return None;
                }
                (FromPost::Welcome { .. } | FromPost::Command { .. } | FromPost::Opened { .. }, _) => {}
                other @ (FromPost::Gone { .. } | FromPost::FileWritten { .. } | FromPost::Log { .. }, _) => {
                    panic!("{other:?}")
                }
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn client(path: &Path, name: &Path) -> UnixDatagram {
    let client = UnixDatagram::bind(name).unwrap();
    client.connect(path).unwrap();
    client
}

#[test]
fn a_command_is_forwarded_and_its_sender_answered() {
    let mut daemon = Daemon::start("answers");
    daemon.open("ctrl/wlan0").unwrap();
    let client = client(&daemon.folder.join("ctrl/wlan0"), &daemon.folder.join("me"));
    client.send(b"PING").unwrap();
    let FromPost::Command { socket: 1, client: id, uid, data } = daemon.next() else { panic!("no command") };
    assert_eq!((uid, data.as_slice()), (nix::unistd::getuid().as_raw(), b"PING".as_slice()));
    daemon.send(&ToPost::Send { clients: vec![id, 999], data: b"PONG\n".to_vec() });
    let mut reply = [0; 16];
    let length = client.recv(&mut reply).unwrap();
    assert_eq!(&reply[..length], b"PONG\n");
}

#[test]
fn a_datagram_of_a_sender_without_an_address_harms_nobody() {
    let mut daemon = Daemon::start("nameless");
    daemon.open("ctrl/wlan0").unwrap();
    let socket = daemon.folder.join("ctrl/wlan0");
    // It cannot be answered; whoever looks whether a socket is served sends an empty one.
    let nameless = UnixDatagram::unbound().unwrap();
    nameless.send_to(b"PING", &socket).unwrap();
    nameless.send_to(b"", &socket).unwrap();
    client(&socket, &daemon.folder.join("me")).send(b"PING").unwrap();
    assert!(matches!(daemon.next(), FromPost::Command { data, .. } if data == b"PING"));
}

#[test]
fn a_client_that_went_away_is_reported_and_does_not_block() {
    let mut daemon = Daemon::start("dead");
    daemon.open("ctrl/wlan0").unwrap();
    let name = daemon.folder.join("me");
    let gone = client(&daemon.folder.join("ctrl/wlan0"), &name);
    gone.send(b"ATTACH").unwrap();
    let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
    drop(gone);
    fs::remove_file(name).unwrap();
    daemon.send(&ToPost::Send { clients: vec![id], data: b"<3>event".to_vec() });
    assert_eq!(daemon.next(), FromPost::Gone { client: id });
}

#[test]
fn an_answer_goes_to_the_socket_that_wrote_and_not_through_a_link_put_in_its_place() {
    let mut daemon = Daemon::start("swap");
    daemon.open("ctrl/wlan0").unwrap();
    let (secret, name) = (daemon.folder.join("secret"), daemon.folder.join("me"));
    let victim = UnixDatagram::bind(&secret).unwrap();
    victim.set_nonblocking(true).unwrap();
    let swapper = client(&daemon.folder.join("ctrl/wlan0"), &name);
    swapper.send(b"PING").unwrap();
    let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
    fs::remove_file(&name).unwrap();
    std::os::unix::fs::symlink(&secret, &name).unwrap();
    daemon.send(&ToPost::Send { clients: vec![id], data: b"PONG\n".to_vec() });
    let mut reply = [0; 16];
    swapper.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = swapper.recv(&mut reply).expect("the answer went elsewhere");
    assert_eq!(&reply[..length], b"PONG\n");

    // The link is there already when the command is read: nobody is answered.
    swapper.send(b"PING").unwrap();
    let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
    daemon.send(&ToPost::Send { clients: vec![id], data: b"PONG\n".to_vec() });
    assert_eq!(daemon.next(), FromPost::Gone { client: id });
    assert!(victim.recv(&mut reply).is_err());
}

#[test]
fn a_socket_made_anew_under_its_name_is_answered() {
    let mut daemon = Daemon::start("anew");
    daemon.open("ctrl/wlan0").unwrap();
    let name = daemon.folder.join("me");
    for _ in 0..2 {
        let again = client(&daemon.folder.join("ctrl/wlan0"), &name);
        again.send(b"PING").unwrap();
        let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
        daemon.send(&ToPost::Send { clients: vec![id], data: b"PONG\n".to_vec() });
        let mut reply = [0; 16];
        again.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        assert_eq!(again.recv(&mut reply).unwrap(), 5);
        fs::remove_file(&name).unwrap();
    }
}

#[test]
fn only_a_socket_of_the_sender_is_pinned() {
    let daemon = Daemon::start("pin");
    let name = daemon.folder.join("me");
    let _socket = UnixDatagram::bind(&name).unwrap();
    let uid = nix::unistd::getuid().as_raw();
    assert!(Pin::of(&name, uid).is_some());
    assert!(Pin::of(&name, uid + 1).is_none());
    assert!(Pin::of(&daemon.folder.join("conf"), uid).is_none());
}

#[test]
fn a_client_that_never_reads_is_dropped_after_some_events() {
    let mut daemon = Daemon::start("slow");
    daemon.open("ctrl/wlan0").unwrap();
    let slow = client(&daemon.folder.join("ctrl/wlan0"), &daemon.folder.join("me"));
    slow.send(b"ATTACH").unwrap();
    let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
    // It is looked at a few times before it counts as deaf.
    for _ in 0..4000 {
        let _ = daemon.channel.send(&ToPost::Send { clients: vec![id], data: vec![b'x'; 200] }, None);
        std::thread::sleep(Duration::from_millis(1));
        if let Ok((message, _)) = daemon.channel.receive() {
            return assert_eq!(message, FromPost::Gone { client: id });
        }
    }
    panic!("it is still there");
}

#[test]
fn sockets_are_made_only_where_the_grant_has_them() {
    let mut daemon = Daemon::start("paths");
    assert!(daemon.open("elsewhere/wlan0").is_err());
    assert!(daemon.open("ctrl/../elsewhere").is_err());
    assert!(daemon.open("ctrl/wlan0").is_ok());
}

#[test]
fn a_granted_file_is_replaced_with_its_mode_and_no_other() {
    let mut daemon = Daemon::start("files");
    let path = daemon.folder.join("conf");
    let name = path.to_string_lossy().into_owned();
    let write =
        |token, path: &str, data: &[u8], last| ToPost::WriteFile { token, path: path.into(), data: data.into(), last };
    daemon.send(&write(1, &name, b"new", false));
    daemon.send(&write(1, &name, b" and long\n", true));
    daemon.send(&write(2, &format!("{name}2"), b"new\n", true));
    assert_eq!(daemon.next(), FromPost::Welcome { version: ipc_proto::VERSION });
    assert_eq!(daemon.next(), FromPost::FileWritten { token: 1, result: Ok(()) });
    assert!(matches!(daemon.next(), FromPost::FileWritten { token: 2, result: Err(_) }));
    assert_eq!(daemon.read(&path).as_deref(), Some("new and long\n"));
    assert_eq!(daemon.read(Path::new("/etc/passwd")), None);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    // It does not say any more that it may be saved.
    daemon.send(&write(3, &name, b"newer\n", true));
    assert!(matches!(daemon.next(), FromPost::FileWritten { token: 3, result: Err(_) }));
    assert_eq!(fs::read(&path).unwrap(), b"new and long\n");
}

#[test]
fn a_daemon_writes_itself_no_right_to_another_file() {
    let mut daemon = Daemon::start("planted");
    let (conf, secret) = (daemon.folder.join("conf"), daemon.folder.join("secret"));
    fs::write(&secret, "secret").unwrap();
    let before = fs::read(&conf).unwrap();
    let write = |token, text: String| {
        let path = conf.to_string_lossy().into_owned();
        ToPost::WriteFile { token, path, data: text.into_bytes(), last: true }
    };
    assert!(daemon.read(&conf).is_some());
    daemon.send(&write(1, format!("update_config=1\nca_cert=\"{}\"\n", secret.display())));
    let FromPost::FileWritten { token: 1, result: Err(why) } = daemon.next() else { panic!("it was written") };
    assert!(why.contains("secret"), "{why}");
    assert_eq!((daemon.read(&secret), fs::read(&conf).unwrap()), (None, before));
    // Where a path is only text, it is written, and opens nothing.
    daemon.send(&write(2, format!("update_config=1\nssid=\"{}\"\n", secret.display())));
    assert_eq!(daemon.next(), FromPost::FileWritten { token: 2, result: Ok(()) });
    assert_eq!(daemon.read(&secret), None);
}

#[test]
fn a_file_larger_than_a_message_is_read_by_its_descriptor() {
    let mut daemon = Daemon::start("large");
    let path = daemon.folder.join("conf");
    fs::write(&path, "x".repeat(ipc_proto::MAX_MESSAGE * 3)).unwrap();
    assert_eq!(daemon.read(&path).map(|text| text.len()), Some(ipc_proto::MAX_MESSAGE * 3));
}

#[test]
fn a_file_of_64_mib_is_read_and_a_larger_one_is_not() {
    let mut daemon = Daemon::start("largest");
    let path = daemon.folder.join("conf");
    let file = fs::File::options().write(true).open(&path).unwrap();
    for (length, read) in [(64 << 20, true), ((64 << 20) + 1, false)] {
        file.set_len(length).unwrap();
        assert_eq!(daemon.read(&path).map(|text| text.len() as u64 == length), read.then_some(true));
    }
}

#[test]
fn what_the_superuser_names_is_read_and_what_he_could_read_is_not() {
    let mut daemon = Daemon::start("named");
    daemon.open("ctrl/wlan0").unwrap();
    let (named, sibling) = (daemon.folder.join("a.psk"), daemon.folder.join("b.psk"));
    fs::write(&named, "one").unwrap();
    fs::write(&sibling, "two").unwrap();
    assert_eq!(daemon.read(&named), None);
    let root = client(&daemon.folder.join("ctrl/wlan0"), &daemon.folder.join("me"));
    root.send(format!("SET wpa_psk_file {}", named.display()).as_bytes()).unwrap();
    let FromPost::Command { uid, .. } = daemon.next() else { panic!("no command") };
    // Only the superuser's word counts, whoever runs this test.
    assert_eq!(daemon.read(&named).is_some(), uid == 0);
    assert_eq!(daemon.read(&sibling), None);
    daemon.send(&ToPost::Close { socket: 1 });
    assert_eq!(daemon.read(&named), None);
}

#[test]
fn what_a_granted_file_names_is_read_if_nobody_else_may_write_it() {
    let mut daemon = Daemon::start("lists");
    let (conf, list) = (daemon.folder.join("conf"), daemon.folder.join("list"));
    fs::write(&list, "00:16:3e:00:00:01\n").unwrap();
    fs::write(&conf, format!("accept_mac_file={}\n", list.display())).unwrap();
    assert_eq!(daemon.read(&list), None, "the file that names it was not read yet");
    assert!(daemon.read(&conf).is_some());
    assert!(daemon.read(&list).is_some());
    fs::set_permissions(&conf, fs::Permissions::from_mode(0o660)).unwrap();
    assert_eq!(daemon.read(&list), None);
}

#[test]
fn a_group_has_a_socket_only_where_the_grant_says_so() {
    let folder = std::env::temp_dir().join(format!("airlock-post-groups-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("other")).unwrap();
    let own = nix::unistd::getegid().to_string();
    let mut daemon = Daemon::with_grant(folder, |folder, grant| {
        grant.control = vec![ControlRoot { folder: folder.join("ctrl"), group: Some(own.clone()) }];
    });
    assert!(daemon.open_for("ctrl/wlan0", Some("4242")).is_err());
    assert!(daemon.open_for("other/wlan0", Some(&own)).is_err());
    assert!(daemon.open_for("ctrl/wlan0", Some(&own)).is_ok());
    let mode = fs::metadata(daemon.folder.join("ctrl")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode & 0o027, 0, "{mode:o}: no member may replace a socket in it");
}

#[test]
fn a_socket_on_which_somebody_answers_stays() {
    let mut daemon = Daemon::start("live");
    fs::create_dir(daemon.folder.join("ctrl")).unwrap();
    let path = daemon.folder.join("ctrl/wlan0");
    let live = UnixDatagram::bind(&path).unwrap();
    assert!(daemon.open("ctrl/wlan0").is_err());
    client(&path, &daemon.folder.join("me")).send(b"for whoever was there").unwrap();
    let mut buffer = [0; 64];
    // The question whether anybody answers was empty.
    assert_eq!((live.recv(&mut buffer).unwrap(), live.recv(&mut buffer).unwrap()), (0, 21));
}

#[test]
fn a_daemon_of_another_role_is_turned_away() {
    let mut daemon = Daemon::with_grant(std::env::temp_dir().join("airlock-post-none"), |_, grant| {
        grant.role = Role::AccessPoint;
    });
    loop {
        match daemon.channel.receive() {
            Err(ChannelError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(ChannelError::Closed) => return,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_stale_socket_is_replaced_and_another_file_is_not() {
    let mut daemon = Daemon::start("stale");
    fs::create_dir(daemon.folder.join("ctrl")).unwrap();
    drop(UnixDatagram::bind(daemon.folder.join("ctrl/wlan0")).unwrap());
    assert!(daemon.open("ctrl/wlan0").is_ok());
    daemon.send(&ToPost::Close { socket: 1 });
    fs::create_dir_all(daemon.folder.join("ctrl")).unwrap();
    fs::write(daemon.folder.join("ctrl/wlan1"), "precious").unwrap();
    assert!(daemon.open("ctrl/wlan1").is_err());
}

#[test]
fn deaf_clients_silence_nobody() {
    let mut daemon = Daemon::start("deaf");
    daemon.open("ctrl/wlan0").unwrap();
    let path = daemon.folder.join("ctrl/wlan0");
    let mut clients = Vec::new();
    let mut all: Vec<UnixDatagram> = (0..60).map(|n| client(&path, &daemon.folder.join(format!("deaf{n}")))).collect();
    all.push(client(&path, &daemon.folder.join("honest")));
    for one in &all {
        one.send(b"ATTACH").unwrap();
        let FromPost::Command { client: id, .. } = daemon.next() else { panic!("no command") };
        clients.push(id);
    }
    let honest = all.pop().unwrap();
    let mut buffer = [0; 2048];
    let mut gone = 0;
    for _ in 0..100 {
        daemon.send(&ToPost::Send { clients: clients.clone(), data: vec![b'x'; 1000] });
        assert_eq!(honest.recv(&mut buffer).unwrap(), 1000);
        std::thread::sleep(Duration::from_millis(20));
        while let Ok((message, _)) = daemon.channel.receive() {
            assert!(matches!(message, FromPost::Gone { client } if Some(&client) != clients.last()));
            gone += 1;
        }
    }
    assert_eq!(gone, 60);
}
