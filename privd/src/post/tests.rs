//! The post against a daemon and clients of this process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipc_proto::channel::{Channel, ChannelError, pair};
use ipc_proto::post::{FromPost, ToPost};

use super::sockets::Pin;
use super::{Options, serve};

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
        fs::write(folder.join("conf"), "old\n").unwrap();
        fs::set_permissions(folder.join("conf"), fs::Permissions::from_mode(0o640)).unwrap();
        let options = Options {
            directories: vec![folder.join("ctrl")],
            writable: vec![folder.join("conf")],
            ..Options::default()
        };
        let (ours, theirs) = pair().unwrap();
        std::thread::spawn(move || serve(theirs, options).unwrap());
        let daemon = Daemon { channel: Channel::new(ours).unwrap(), folder };
        daemon.send(&ToPost::Hello { version: ipc_proto::VERSION });
        daemon
    }

    fn send(&self, message: &ToPost) {
        self.channel.send(message, None).unwrap();
    }

    fn next(&mut self) -> FromPost {
        loop {
            match self.channel.receive() {
                Ok((message, _)) => return message,
                Err(ChannelError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn open(&mut self, name: &str) -> Result<(), String> {
        let path = self.folder.join(name).to_string_lossy().into_owned();
        self.send(&ToPost::Open { socket: 1, path, group: None });
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
fn sockets_are_made_only_below_directories_named_at_start() {
    let mut daemon = Daemon::start("paths");
    assert!(daemon.open("elsewhere/wlan0").is_err());
    assert!(daemon.open("ctrl/../elsewhere").is_err());
    assert!(daemon.open("ctrl/wlan0").is_ok());
}

#[test]
fn a_file_named_at_start_is_replaced_with_its_mode_and_no_other() {
    let mut daemon = Daemon::start("files");
    let path = daemon.folder.join("conf").to_string_lossy().into_owned();
    daemon.send(&ToPost::WriteFile { token: 1, path: path.clone(), data: b"new\n".to_vec() });
    daemon.send(&ToPost::WriteFile { token: 2, path: format!("{path}2"), data: b"new\n".to_vec() });
    daemon.send(&ToPost::ReadFile { token: 3, path: path.clone(), on_behalf: None });
    daemon.send(&ToPost::ReadFile { token: 4, path: "/etc/passwd".into(), on_behalf: None });
    assert_eq!(daemon.next(), FromPost::Welcome { version: ipc_proto::VERSION });
    assert_eq!(daemon.next(), FromPost::FileWritten { token: 1, result: Ok(()) });
    assert!(matches!(daemon.next(), FromPost::FileWritten { token: 2, result: Err(_) }));
    assert_eq!(daemon.next(), FromPost::FileRead { token: 3, result: Ok(b"new\n".to_vec()) });
    assert!(matches!(daemon.next(), FromPost::FileRead { token: 4, result: Err(_) }));
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_executable_setuid_or_not_regular_is_never_replaced() {
    let mut daemon = Daemon::start("programs");
    let path = daemon.folder.join("conf");
    let name = path.to_string_lossy().into_owned();
    let replaced = |daemon: &mut Daemon| {
        daemon.send(&ToPost::WriteFile { token: 1, path: name.clone(), data: b"new\n".to_vec() });
        loop {
            let message = daemon.next();
            if !matches!(message, FromPost::Welcome { .. }) {
                return message == FromPost::FileWritten { token: 1, result: Ok(()) };
            }
        }
    };
    for mode in [0o755, 0o610, 0o4640, 0o2640] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(!replaced(&mut daemon), "{mode:o}");
        assert_eq!(fs::read(&path).unwrap(), b"old\n");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(replaced(&mut daemon));
    fs::remove_file(&path).unwrap();
    let _socket = UnixDatagram::bind(&path).unwrap();
    assert!(!replaced(&mut daemon));
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
