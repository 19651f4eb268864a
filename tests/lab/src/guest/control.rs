//! A client of the control sockets of wpa_supplicant, hostapd and ours.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::failure::{During as _, Failure, Outcome};

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// One client of one control socket. Events are kept until asked for.
#[derive(Debug)]
pub struct Control {
    socket: UnixDatagram,
    own: PathBuf,
    peer: PathBuf,
    events: VecDeque<String>,
}

impl Control {
    /// Connects to the socket at `peer`, waiting up to `patience` for it to answer PING.
    pub fn open(peer: &Path, patience: Duration) -> Outcome<Self> {
        let deadline = Instant::now() + patience;
        loop {
            let tried = Self::connect(peer).and_then(|mut control| {
                control.request_within("PING", Duration::from_secs(1)).map(|answer| (control, answer))
            });
            let why = match tried {
                Ok((control, answer)) if answer == "PONG\n" => return Ok(control),
                Ok((_, answer)) => Failure::new(format!("PING was answered {answer:?}")),
                Err(failure) => failure,
            };
            if Instant::now() >= deadline {
                return Err(Failure::new(format!("no control socket at {}: {why}", peer.display())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Connects without asking anything.
    pub fn connect(peer: &Path) -> Outcome<Self> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let own = PathBuf::from(format!("/tmp/lab-control-{}-{serial}", std::process::id()));
        let socket = UnixDatagram::bind(&own).during(|| format!("bind of {}", own.display()))?;
        let control = Self { socket, own, peer: peer.to_owned(), events: VecDeque::new() };
        control.socket.connect(peer).during(|| format!("connect to {}", peer.display()))?;
        Ok(control)
    }

    /// Where the daemon's socket is.
    #[must_use]
    pub fn peer(&self) -> &Path {
        &self.peer
    }

    /// Sends a command without waiting for the answer.
    pub fn send(&self, command: &[u8]) -> Outcome {
        self.socket.send(command).during(|| format!("send to {}", self.peer.display())).map(drop)
    }

    /// Sends a command and gives the answer; events that come in between are kept.
    pub fn request(&mut self, command: &str) -> Outcome<String> {
        self.request_within(command, ANSWER)
    }

    fn request_within(&mut self, command: &str, patience: Duration) -> Outcome<String> {
        self.send(command.as_bytes())?;
        let deadline = Instant::now() + patience;
        loop {
            let message = self.receive(deadline)?.during(|| format!("{command:?} was not answered"))?;
            if message.starts_with('<') {
                self.events.push_back(message);
            } else {
                return Ok(message);
            }
        }
    }

    /// Sends a command that has to be answered with OK.
    pub fn ok(&mut self, command: &str) -> Outcome {
        let answer = self.request(command)?;
        crate::failure::check(answer == "OK\n", || format!("{command:?} was answered {answer:?}"))
    }

    /// The value of `key` in the answer to STATUS, if it is there.
    pub fn status(&mut self, key: &str) -> Outcome<Option<String>> {
        let status = self.request("STATUS")?;
        Ok(value(&status, key).map(str::to_owned))
    }

    /// Waits until STATUS shows `key=wanted`.
    pub fn wait_status(&mut self, key: &str, wanted: &str, patience: Duration) -> Outcome {
        let deadline = Instant::now() + patience;
        loop {
            let now = self.status(key)?;
            if now.as_deref() == Some(wanted) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let said = now.unwrap_or_else(|| "nothing".into());
                return Err(Failure::new(format!("{key} is {said}, not {wanted}, after {patience:?}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks for events.
    pub fn attach(&mut self) -> Outcome {
        self.ok("ATTACH")
    }

    /// Waits for the next event that contains `text`; events before it are forgotten.
    pub fn event(&mut self, text: &str, patience: Duration) -> Outcome<String> {
        let deadline = Instant::now() + patience;
        let mut others = Vec::new();
        loop {
            let event = match self.events.pop_front() {
                Some(event) => Some(event),
                None => self.receive(deadline)?,
            };
            match event {
                Some(event) if event.contains(text) => return Ok(event),
                Some(event) => others.push(event),
                None => {
                    return Err(Failure::new(format!(
                        "no {text} within {patience:?}; instead: {}",
                        others.join(" | ")
                    )));
                }
            }
        }
    }

    /// Passes over the events that wait to be read.
    pub fn forget_events(&mut self) -> Outcome {
        self.events.clear();
        let now = Instant::now() + Duration::from_millis(1);
        while self.receive(now)?.is_some() {}
        Ok(())
    }

    /// Checks that no event with `text` comes within `span`.
    pub fn no_event(&mut self, text: &str, span: Duration) -> Outcome {
        match self.event(text, span) {
            Ok(event) => Err(Failure::new(format!("unexpected event {event}"))),
            Err(_) => Ok(()),
        }
    }

    fn receive(&mut self, deadline: Instant) -> Outcome<Option<String>> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(left))?;
        let mut buffer = vec![0; 65_536];
        match self.socket.recv(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                Ok(Some(String::from_utf8_lossy(&buffer).into_owned()))
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(Failure::new(format!("{}: {error}", self.peer.display()))),
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.own);
    }
}

/// The value of `key` in lines of the form key=value.
#[must_use]
pub fn value<'a>(lines: &'a str, key: &str) -> Option<&'a str> {
    lines.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}
