//! A daemon in front of its courier, and peers on the network for it to speak with.
//!
//! Verbs, each one argument: `udp TO` (asks a server), `tcp TO` (opens a stream), `port NUMBER` (waits for a datagram),
//! `listen NUMBER` (waits for a stream), `group GROUP INTERFACE` (waits for a datagram to a group), `hold` (waits for ever).
//! What is asked is the same each time, and a peer answers with it turned round.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use ipc_proto::channel::{Channel, ChannelError};
use ipc_proto::courier::{FromCourier, NotOpened, SocketId, ToCourier};
use ipc_proto::{Role, VERSION};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::{During as _, Failure, Outcome, check};

/// The command of this program that is a daemon.
pub const COMMAND: &str = "courier";
/// The command that is a peer.
pub const PEER: &str = "peer";

const ASKED: &[u8] = b"who is it?";
/// How long anybody may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn turned(text: &[u8]) -> Vec<u8> {
    text.iter().rev().copied().collect()
}

fn address(text: &str) -> Outcome<SocketAddr> {
    text.parse().during(|| format!("{text:?} is no address with a port"))
}

fn number(text: &str) -> Outcome<u16> {
    text.parse().during(|| format!("{text:?} is no port"))
}

/// A connection with the courier.
pub(super) struct Client {
    channel: Channel<ToCourier, FromCourier>,
    last: SocketId,
}

impl Client {
    /// Says hello.
    pub(super) fn greeted(fd: OwnedFd, role: Role) -> Outcome<Self> {
        let mut client = Self { channel: Channel::new(fd)?, last: 0 };
        client.send(&ToCourier::Hello { version: VERSION, role })?;
        let answer = client.hear()?;
        check(answer == FromCourier::Welcome { version: VERSION }, || format!("a hello is answered with {answer:?}"))?;
        Ok(client)
    }

    fn send(&self, message: &ToCourier) -> Outcome {
        self.channel.send(message, None).map_err(|error| Failure::new(format!("the courier: {error}")))
    }

    fn hear(&mut self) -> Outcome<FromCourier> {
        loop {
            match self.channel.receive() {
                Ok((message, _)) => return Ok(message),
                Err(ChannelError::WouldBlock) => {
                    let wait = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
                    if poll(&mut [PollFd::new(self.channel.as_fd(), PollFlags::POLLIN)], wait)? == 0 {
                        return Err(Failure::new("the courier is silent"));
                    }
                }
                Err(error) => return Err(Failure::new(format!("the connection ends: {error}"))),
            }
        }
    }

    /// Opens what a verb needs: its name and our own address, or why not.
    pub(super) fn open(&mut self, words: &[&str]) -> Outcome<(SocketId, Result<SocketAddr, NotOpened>)> {
        self.last += 1;
        let socket = self.last;
        let message = match words {
            ["udp", to] => ToCourier::OpenDatagrams { socket, to: address(to)?, from: None },
            ["tcp", to] => ToCourier::Connect { socket, to: address(to)?, from: None },
            ["port", port] => ToCourier::ReceiveDatagrams { socket, port: number(port)? },
            ["listen", port] => ToCourier::Listen { socket, port: number(port)? },
            ["group", group, name] => {
                ToCourier::JoinGroup { socket, group: address(group)?, interface: (*name).into() }
            }
            other => return Err(Failure::new(format!("{other:?}: the courier knows no such verb"))),
        };
        self.send(&message)?;
        let answer = self.hear()?;
        if let FromCourier::Opened { socket: of, result } = answer
            && of == socket
        {
            return Ok((socket, result));
        }
        Err(Failure::new("opening is not answered"))
    }

    /// Speaks on an open socket, and gives what was heard there.
    fn speak(&mut self, socket: SocketId, words: &[&str]) -> Outcome<Vec<u8>> {
        match words {
            ["udp", ..] => self.send(&ToCourier::SendDatagram { socket, to: None, data: ASKED.to_vec() })?,
            ["tcp", ..] => self.send(&ToCourier::Write { socket, data: ASKED.to_vec() })?,
            _ => {
                println!("{}: open", words.join(" "));
                std::io::stdout().flush()?;
            }
        }
        loop {
            match self.hear()? {
                FromCourier::Datagram { data, .. } if words.first() == Some(&"udp") => return Ok(data),
                FromCourier::Datagram { socket, from, data } => {
                    self.send(&ToCourier::SendDatagram { socket, to: Some(from), data: turned(&data) })?;
                    return Ok(data);
                }
                FromCourier::Read { socket, data } if !data.is_empty() => {
                    if words.first() == Some(&"listen") {
                        self.send(&ToCourier::Write { socket, data: turned(&data) })?;
                    }
                    self.send(&ToCourier::Finish { socket })?;
                    self.until_closed(socket)?;
                    return Ok(data);
                }
                FromCourier::Accepted { .. } | FromCourier::Written { .. } => {}
                other @ (FromCourier::Welcome { .. }
                | FromCourier::Opened { .. }
                | FromCourier::Unreached { .. }
                | FromCourier::Read { .. }
                | FromCourier::Closed { .. }) => return Err(Failure::new(format!("{other:?}"))),
            }
        }
    }

    fn until_closed(&mut self, stream: SocketId) -> Outcome {
        loop {
            let message = self.hear()?;
            if message == (FromCourier::Closed { socket: stream, errno: None }) {
                return Ok(());
            }
            let goes_on = matches!(message, FromCourier::Read { .. } | FromCourier::Written { .. });
            check(goes_on, || format!("{message:?}"))?;
        }
    }
}

/// Plays verbs, one after the other, and prints what was heard. False: one was refused.
pub fn play(fd: OwnedFd, role: Role, verbs: &[String]) -> Outcome<bool> {
    let mut client = Client::greeted(fd, role)?;
    for verb in verbs {
        let words: Vec<&str> = verb.split_whitespace().collect();
        if words == ["hold"] {
            println!("holds");
            loop {
                std::thread::park();
            }
        }
        match client.open(&words)? {
            (socket, Ok(_)) => {
                let heard = client.speak(socket, &words).during(|| verb.clone())?;
                println!("{verb}: {}", String::from_utf8_lossy(&heard));
            }
            (_, Err(why)) => {
                println!("{verb}: {why}");
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// A peer: `udp OWN` and `tcp OWN` answer once, `ask-udp TO` and `ask-tcp TO` ask once and print the answer.
pub fn peer(verb: &str, at: &str) -> Outcome<bool> {
    let at = address(at)?;
    let any = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let mut buffer = [0; 100];
    let heard = match verb {
        "udp" => {
            let socket = UdpSocket::bind(at)?;
            let (length, from) = socket.recv_from(&mut buffer)?;
            let heard = buffer.get(..length).unwrap_or_default();
            socket.send_to(&turned(heard), from)?;
            heard.to_vec()
        }
        "ask-udp" => {
            let socket = UdpSocket::bind(any)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.send_to(ASKED, at)?;
            let (length, _) = socket.recv_from(&mut buffer)?;
            buffer.get(..length).unwrap_or_default().to_vec()
        }
        "tcp" => {
            let (mut stream, _) = TcpListener::bind(at)?.accept()?;
            let length = stream.read(&mut buffer)?;
            let heard = buffer.get(..length).unwrap_or_default();
            stream.write_all(&turned(heard))?;
            heard.to_vec()
        }
        "ask-tcp" => {
            let mut stream = TcpStream::connect(at)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(ASKED)?;
            let mut all = Vec::new();
            stream.read_to_end(&mut all)?;
            all
        }
        other => return Err(Failure::new(format!("{other:?}: no peer does that"))),
    };
    println!("{}", String::from_utf8_lossy(&heard));
    Ok(true)
}
