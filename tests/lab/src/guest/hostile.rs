//! A client of privd that means harm: what a daemon that was taken over could send.

use std::io::IoSlice;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use ipc_proto::codec::{decode, encode};
use ipc_proto::{FromPrivd, Handle, InterfaceType, MAX_MESSAGE, Refusal, Reply, Request, Role, ToPrivd, VERSION};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, bind, connect, listen, recv, send,
    sendmsg, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;

use crate::failure::{During as _, Failure, Outcome, check};

/// The command of this program that plays the client.
pub const COMMAND: &str = "hostile";
/// The command of this program that does for a program what socket activation does.
pub const LISTEN: &str = "listen";

/// How long privd may take to answer.
const PATIENCE: i64 = 5;

/// Binds a listening socket at `path`, hands it to the program as descriptor 3 and becomes that program.
pub fn listen_and_become(path: &Path, program: &Path, arguments: &[String]) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let mut spare = Vec::new();
    let listening = loop {
        let one = socket(AddressFamily::Unix, SockType::SeqPacket, SockFlag::empty(), None)?;
        if one.as_raw_fd() >= 3 {
            break one;
        }
        spare.push(one);
    };
    check(listening.as_raw_fd() == 3, || format!("the first free descriptor is {}", listening.as_raw_fd()))?;
    bind(listening.as_raw_fd(), &UnixAddr::new(path)?)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    listen(&listening, Backlog::new(64)?)?;
    let error = std::process::Command::new(program)
        .args(arguments)
        .env("LISTEN_FDS", "1")
        .env("LISTEN_PID", std::process::id().to_string())
        .exec();
    Err(Failure::new(format!("{}: {error}", program.display())))
}

/// One connection.
pub struct Client {
    socket: OwnedFd,
}

/// Connects to a helper's socket.
pub fn dial(path: &Path) -> Outcome<OwnedFd> {
    let socket = socket(AddressFamily::Unix, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(PATIENCE, 0))?;
    setsockopt(&socket, sockopt::SendTimeout, &TimeVal::new(PATIENCE, 0))?;
    // As much as the system allows, to get messages out that are too large.
    let _ = setsockopt(&socket, sockopt::SndBuf, &(4 * MAX_MESSAGE));
    connect(socket.as_raw_fd(), &UnixAddr::new(path)?).during(|| format!("connect to {}", path.display()))?;
    Ok(socket)
}

/// What privd did.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Message(Box<FromPrivd>),
    Closed,
    Silence,
}

impl Client {
    fn connect(path: &Path) -> Outcome<Self> {
        Ok(Self { socket: dial(path)? })
    }

    /// A connection that was handed over, once privd has welcomed it.
    pub fn on(socket: OwnedFd, role: Role) -> Outcome<Self> {
        nix::fcntl::fcntl(&socket, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::empty()))?;
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(PATIENCE, 0))?;
        Self { socket }.welcomed(role)
    }

    /// A connection that privd has welcomed.
    pub fn greeted(path: &Path, role: Role) -> Outcome<Self> {
        Self::connect(path)?.welcomed(role)
    }

    fn welcomed(self, role: Role) -> Outcome<Self> {
        self.send(&ToPrivd::Hello { version: VERSION, role })?;
        match self.answer()? {
            Answer::Message(message) if matches!(*message, FromPrivd::Welcome { .. }) => Ok(self),
            other @ (Answer::Message(_) | Answer::Closed | Answer::Silence) => {
                Err(Failure::new(format!("an honest hello was answered with {other:?}")))
            }
        }
    }

    fn raw(&self, bytes: &[u8]) -> Result<usize, Errno> {
        send(self.socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL)
    }

    fn send(&self, message: &ToPrivd) -> Outcome {
        let bytes = encode(message).during(|| "encoding".into())?;
        self.raw(&bytes).during(|| "sending".into()).map(drop)
    }

    fn answer(&self) -> Outcome<Answer> {
        let mut buffer = vec![0; MAX_MESSAGE];
        match recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) | Err(Errno::ECONNRESET) => Ok(Answer::Closed),
            Ok(length) => {
                let message = decode(buffer.get(..length).unwrap_or_default());
                message.during(|| "privd sent bytes that are no message".into()).map(|m| Answer::Message(Box::new(m)))
            }
            Err(Errno::EAGAIN) => Ok(Answer::Silence),
            Err(error) => Err(error.into()),
        }
    }

    /// The next message of privd.
    pub fn message(&self) -> Outcome<FromPrivd> {
        match self.answer()? {
            Answer::Message(message) => Ok(*message),
            other @ (Answer::Closed | Answer::Silence) => Err(Failure::new(format!("{other:?}"))),
        }
    }

    /// What comes of a request.
    pub fn ask(&self, request: Request) -> Outcome<Result<Reply, ipc_proto::Failure>> {
        const ID: u32 = 77;
        self.send(&ToPrivd::Request { id: ID, request })?;
        loop {
            match self.message()? {
                FromPrivd::Reply { id: ID, result } => return Ok(result),
                FromPrivd::Refused(refusal) => return Err(Failure::new(format!("the connection ends: {refusal}"))),
                FromPrivd::Reply { .. } | FromPrivd::Welcome { .. } | FromPrivd::Event(_) => {}
            }
        }
    }

    /// Reads on until privd refuses, or closes the connection.
    fn must_be_thrown_out(&self, why: &str, wanted: &[Refusal]) -> Outcome {
        for _ in 0..100_000 {
            match self.answer()? {
                Answer::Closed => return Ok(()),
                Answer::Silence => return Err(Failure::new(format!("{why}: privd is silent, the connection stays"))),
                Answer::Message(message) => match *message {
                    FromPrivd::Refused(refusal) => {
                        check(wanted.is_empty() || wanted.contains(&refusal), || format!("{why}: {refusal:?}"))?;
                    }
                    FromPrivd::Welcome { .. } | FromPrivd::Reply { .. } | FromPrivd::Event(_) => {}
                },
            }
        }
        Err(Failure::new(format!("{why}: the connection stays")))
    }

    /// The request must fail; the connection may end over it.
    fn must_be_denied(&self, id: u32, request: Request) -> Outcome {
        let why = format!("{request:?}");
        self.send(&ToPrivd::Request { id, request })?;
        loop {
            match self.answer()? {
                Answer::Closed => return Ok(()),
                Answer::Silence => return Err(Failure::new(format!("{why}: no answer"))),
                Answer::Message(message) => match *message {
                    FromPrivd::Reply { id: answered, result } if answered == id => {
                        return check(result.is_err(), || format!("{why} was done: {result:?}"));
                    }
                    FromPrivd::Refused(_) => return Ok(()),
                    FromPrivd::Reply { .. } | FromPrivd::Welcome { .. } | FromPrivd::Event(_) => {}
                },
            }
        }
    }
}

/// Numbers that look random and repeat exactly.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| u8::try_from(self.next() & 0xff).unwrap_or(0)).collect()
    }
}

/// The attacks there are, by name.
pub const ATTACKS: [&str; 10] = [
    "noise",
    "out-of-phase",
    "truncated",
    "oversized",
    "foreign",
    "other-role",
    "test-builds",
    "flood",
    "descriptors",
    "crowd",
];

/// Plays one attack against the socket at `path` as the user this process runs as.
pub fn attack(path: &Path, name: &str, interface: &str) -> Outcome {
    match name {
        "noise" => noise(path),
        "out-of-phase" => out_of_phase(path),
        "truncated" => truncated(path),
        "oversized" => oversized(path),
        "foreign" => foreign(path, interface),
        "other-role" => other_role(path),
        "test-builds" => test_builds(path),
        "flood" => flood(path),
        "descriptors" => descriptors(path),
        "crowd" => crowd(path),
        "stranger" => stranger(path),
        other => Err(Failure::new(format!("no attack is called {other}"))),
    }
}

/// Random bytes instead of a hello, and after one.
fn noise(path: &Path) -> Outcome {
    let mut noise = Noise(0x5eed);
    let hello = encode(&ToPrivd::Hello { version: VERSION, role: Role::Station }).during(|| "encoding".into())?;
    for round in 0..200_usize {
        let client = if round % 2 == 0 { Client::connect(path)? } else { Client::greeted(path, Role::Station)? };
        let length = 1 + usize::try_from(noise.next() % 600).unwrap_or(0);
        let mut bytes = noise.bytes(length);
        if bytes == *hello {
            bytes.push(0);
        }
        // Bytes that happen to be a request are answered; then they are followed by bytes that cannot be one.
        let _ = client.raw(&bytes);
        let _ = client.raw(&[0xff; 64]);
        client.must_be_thrown_out("random bytes", &[])?;
    }
    Ok(())
}

fn out_of_phase(path: &Path) -> Outcome {
    let client = Client::connect(path)?;
    client.send(&ToPrivd::Request { id: 1, request: Request::Interfaces })?;
    client.must_be_thrown_out("a request before the hello", &[Refusal::Violation])?;
    let client = Client::greeted(path, Role::Station)?;
    client.send(&ToPrivd::Hello { version: VERSION, role: Role::Station })?;
    client.must_be_thrown_out("a second hello", &[Refusal::Violation])?;
    let client = Client::connect(path)?;
    client.send(&ToPrivd::Hello { version: VERSION + 1, role: Role::Station })?;
    client.must_be_thrown_out("another version", &[Refusal::Version { ours: VERSION }])
}

fn truncated(path: &Path) -> Outcome {
    let request = Request::Attach { ifname: "wlan0".into() };
    let whole = encode(&ToPrivd::Request { id: 7, request }).during(|| "encoding".into())?;
    for length in 1..whole.len() {
        let client = Client::greeted(path, Role::Station)?;
        let _ = client.raw(whole.get(..length).unwrap_or_default());
        client.must_be_thrown_out("a truncated message", &[Refusal::Malformed])?;
    }
    for more in [1, 2, 1000] {
        let client = Client::greeted(path, Role::Station)?;
        let mut longer = whole.clone();
        longer.resize(whole.len() + more, 0);
        let _ = client.raw(&longer);
        client.must_be_thrown_out("octets behind a message", &[Refusal::Malformed])?;
    }
    Ok(())
}

fn oversized(path: &Path) -> Outcome {
    for length in [MAX_MESSAGE, MAX_MESSAGE + 1, MAX_MESSAGE + 5000, 2 * MAX_MESSAGE] {
        let client = Client::greeted(path, Role::Station)?;
        match client.raw(&vec![0; length]) {
            // The system itself has a limit.
            Err(Errno::EMSGSIZE) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => client.must_be_thrown_out("an oversized message", &[Refusal::Malformed])?,
        }
    }
    // A small message that claims a large content: tag of a request, an identifier, the tag of Attach, and a length.
    let client = Client::greeted(path, Role::Station)?;
    let mut bytes = encode(&ToPrivd::Request { id: 7, request: Request::Attach { ifname: String::new() } })
        .during(|| "encoding".into())?;
    bytes.pop();
    bytes.extend([0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    let _ = client.raw(&bytes);
    client.must_be_thrown_out("a length of many exabytes", &[Refusal::Malformed])
}

fn foreign(path: &Path, interface: &str) -> Outcome {
    for handle in [0, 1, 2, 3, 4, 77, u64::MAX].map(Handle) {
        let client = Client::greeted(path, Role::Station)?;
        client.must_be_denied(2, Request::SetLinkUp { handle, up: false })?;
        let client = Client::greeted(path, Role::Station)?;
        client.must_be_denied(3, Request::FlushPmksa { handle })?;
        let client = Client::greeted(path, Role::Station)?;
        client.must_be_denied(4, Request::RemoveInterface { handle })?;
    }
    for name in ["lo", "", "no-such-interface", "wlan0\0", "../wlan0", interface] {
        let client = Client::greeted(path, Role::Station)?;
        client.must_be_denied(5, Request::Attach { ifname: name.into() })?;
    }
    Ok(())
}

fn other_role(path: &Path) -> Outcome {
    let client = Client::connect(path)?;
    client.send(&ToPrivd::Hello { version: VERSION, role: Role::AccessPoint })?;
    client.must_be_thrown_out("the access point's role for the station's user", &[Refusal::Role])?;
    let client = Client::greeted(path, Role::Station)?;
    client.must_be_denied(2, Request::StopAp { handle: Handle(1), link: None })?;
    let client = Client::greeted(path, Role::Station)?;
    client.must_be_denied(3, Request::SetInterfaceType { handle: Handle(1), kind: InterfaceType::Monitor })
}

/// What only test suites ask for, of a privd that was not built for them: the tag behind that of the last request.
fn test_builds(path: &Path) -> Outcome {
    let last = Request::TdlsOperation { handle: Handle(1), peer: Default::default(), operation: 0 };
    let bytes = encode(&ToPrivd::Request { id: 1, request: last }).during(|| "encoding".into())?;
    let tag = bytes.get(2).copied().unwrap_or_default() + 1;
    for kind in 0..4 {
        let client = Client::greeted(path, Role::Station)?;
        let _ = client.raw(&[1, 1, tag, kind, 1, 0, 1]);
        client.must_be_thrown_out("a data frame for a test suite", &[Refusal::Malformed])?;
    }
    Ok(())
}

/// More requests than anybody can want, and none of the answers read.
fn flood(path: &Path) -> Outcome {
    for request in [Request::Interfaces, Request::Country, Request::SetCountry { alpha2: *b"ZZ" }] {
        let client = Client::greeted(path, Role::Station)?;
        let bytes = encode(&ToPrivd::Request { id: 1, request }).during(|| "encoding".into())?;
        let mut sent = 0_u32;
        while sent < 50_000 {
            match client.raw(&bytes) {
                Ok(_) => sent += 1,
                Err(Errno::EPIPE | Errno::ECONNRESET | Errno::EAGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        check(sent < 50_000, || "50000 requests were taken in without an answer being read".into())?;
    }
    Ok(())
}

/// A thousand descriptors, 250 with one message and one with each of many.
fn descriptors(path: &Path) -> Outcome {
    let null = std::fs::File::open("/dev/null")?;
    let bytes = encode(&ToPrivd::Request { id: 1, request: Request::Interfaces }).during(|| "encoding".into())?;
    for _ in 0..4 {
        let client = Client::greeted(path, Role::Station)?;
        let many: Vec<RawFd> = vec![null.as_raw_fd(); 250];
        let rights = [ControlMessage::ScmRights(&many)];
        sendmsg::<()>(client.socket.as_raw_fd(), &[IoSlice::new(&bytes)], &rights, MsgFlags::MSG_NOSIGNAL, None)?;
        client.must_be_thrown_out("250 descriptors with one message", &[])?;
    }
    let client = Client::greeted(path, Role::Station)?;
    for _ in 0..1000 {
        let one = [null.as_raw_fd()];
        let rights = [ControlMessage::ScmRights(&one)];
        let sent =
            sendmsg::<()>(client.socket.as_raw_fd(), &[IoSlice::new(&bytes)], &rights, MsgFlags::MSG_NOSIGNAL, None);
        match sent {
            Ok(_) => {}
            Err(Errno::EPIPE | Errno::ECONNRESET | Errno::EAGAIN | Errno::ETOOMANYREFS) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Many connections at once.
fn crowd(path: &Path) -> Outcome {
    let mut crowd = Vec::new();
    for _ in 0..300 {
        match Client::connect(path) {
            Ok(client) => crowd.push(client),
            // Turned away at the door, which is as good.
            Err(_) => break,
        }
        if let Some(client) = crowd.last() {
            let hello =
                encode(&ToPrivd::Hello { version: VERSION, role: Role::Station }).during(|| "encoding".into())?;
            let _ = client.raw(&hello);
        }
    }
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

/// A user with no part in this.
fn stranger(path: &Path) -> Outcome {
    for role in Role::ALL {
        let Ok(client) = Client::connect(path) else { continue };
        if client.send(&ToPrivd::Hello { version: VERSION, role }).is_ok() {
            client.must_be_thrown_out("a stranger", &[Refusal::Role])?;
        }
    }
    Ok(())
}

/// How many descriptors a process has open.
pub fn open_descriptors(id: u32) -> Outcome<usize> {
    Ok(std::fs::read_dir(format!("/proc/{id}/fd"))?.count())
}
