//! What a service manager is told (sd_notify(3)): that the daemon is ready, and in words what it is doing.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use tracing::debug;

/// The variable that names the manager's socket.
const SOCKET: &str = "NOTIFY_SOCKET";
/// Most octets of the words.
const LONGEST: usize = 512;

/// The manager's socket, connected while sockets can still be made.
#[derive(Debug)]
pub(crate) struct Service {
    socket: UnixDatagram,
    ready: bool,
    said: String,
}

impl Service {
    /// The one that started this process and wants to hear of it, if there is one.
    pub(crate) fn find() -> Option<Service> {
        let name = std::env::var(SOCKET).ok()?;
        match connect(&name) {
            Ok(socket) => Some(Service { socket, ready: false, said: String::new() }),
            Err(error) => {
                debug!("{SOCKET} {name}: {error}");
                None
            }
        }
    }

    /// What the daemon is doing, in words, if that is something new. `ready`: it has begun its work; once is enough.
    pub(crate) fn tell(&mut self, ready: bool, words: &str) {
        let mut message = String::new();
        if ready && !self.ready {
            self.ready = true;
            message.push_str("READY=1\n");
        }
        if words != self.said {
            words.clone_into(&mut self.said);
            message.push_str("STATUS=");
            // One line, of which the manager takes no more than a page.
            message.extend(words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST));
            message.push('\n');
        }
        self.send(&message);
    }

    /// The end has begun.
    pub(crate) fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    fn send(&self, message: &str) {
        if message.is_empty() {
            return;
        }
        // A manager that takes nothing now will hear the next change.
        if let Err(error) = self.socket.send(message.as_bytes()) {
            debug!("the service manager hears nothing: {error}");
        }
    }
}

fn connect(name: &str) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match name.strip_prefix('@') {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        None => socket.connect(name)?,
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Service, UnixDatagram) {
        let (socket, manager) = UnixDatagram::pair().unwrap();
        manager.set_nonblocking(true).unwrap();
        (Service { socket, ready: false, said: String::new() }, manager)
    }

    fn heard(manager: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 1024];
        let length = manager.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
    }

    #[test]
    fn ready_is_said_once_and_words_when_they_change() {
        let (mut service, manager) = pair();
        service.tell(false, "wlan0: looks for its networks");
        assert_eq!(heard(&manager).unwrap(), "STATUS=wlan0: looks for its networks\n");
        service.tell(true, "wlan0: has joined \"a\"");
        assert_eq!(heard(&manager).unwrap(), "READY=1\nSTATUS=wlan0: has joined \"a\"\n");
        service.tell(true, "wlan0: has joined \"a\"");
        assert_eq!(heard(&manager), None);
    }

    #[test]
    fn words_cannot_say_anything_else_to_the_manager() {
        let (mut service, manager) = pair();
        service.tell(false, &format!("x\nMAINPID=1\n{}", "y".repeat(9000)));
        let said = heard(&manager).unwrap();
        assert!(said.starts_with("STATUS=x MAINPID=1 yyy") && said.len() < 600, "{said}");
        assert_eq!(said.matches('\n').count(), 1);
    }
}
