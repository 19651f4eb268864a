//! What privd has to say goes to standard error (the daemon's log, or systemd's) or to the system's log.
//!
//! As in the daemons, a line that strangers can cause has a field `stranger`, which says of what kind it is: the first of a
//! kind is written, the others are counted for a minute (see [`wire::tally`]).

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use wire::tally::Tally;

/// Lines that strangers have caused lately.
static TALLY: Mutex<Tally> = Mutex::new(Tally::new());

fn now() -> wire::Instant {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    wire::Instant::from_origin(BEGAN.get_or_init(Instant::now).elapsed())
}

/// Says what was counted of the lines that strangers cause, if it is time; when it is time again, from now on.
pub(crate) fn tick() -> Option<Duration> {
    let now = now();
    let (counts, deadline) = {
        let mut tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
        (tally.due(now), tally.deadline())
    };
    for counted in counts {
        tracing::info!("{counted}");
    }
    deadline.map(|at| at - now)
}

struct Front {
    name: &'static str,
    most: Level,
    /// The system's log; standard error without it.
    system: Option<UnixDatagram>,
}

/// The system's log, where lines go there.
static SYSTEM: OnceLock<UnixDatagram> = OnceLock::new();

/// The system's log, while it can be reached: later the process is confined.
pub(crate) fn open_system() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect("/dev/log").and_then(|()| socket.set_nonblocking(true)).ok()?;
    Some(socket)
}

/// The system's log, for a worker that cannot reach it itself.
pub(crate) fn system() -> Option<BorrowedFd<'static>> {
    SYSTEM.get().map(|socket| socket.as_fd())
}

/// Facility daemon (3) and a severity of RFC 5424 6.2.1.
fn priority(level: Level) -> u8 {
    let severity = match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    };
    const DAEMON: u8 = 3 << 3;
    DAEMON | severity
}

/// Does it log already?
pub(crate) fn begun() -> bool {
    tracing::dispatcher::has_been_set()
}

/// Begins to log under this name: to the system's log, or else to standard error.
pub(crate) fn init(name: &'static str, debug: bool, system: Option<UnixDatagram>) {
    let most = if debug { Level::DEBUG } else { Level::INFO };
    if let Some(kept) = system.as_ref().and_then(|socket| socket.try_clone().ok()) {
        let _ = SYSTEM.set(kept);
    }
    // The first subscriber stays; there is no other.
    let _ = tracing::subscriber::set_global_default(Front { name, most, system });
    // In words, with this name, and where the other lines go.
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!("{panic}");
        std::process::exit(policy::ABORTED);
    }));
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
    stranger: Option<String>,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "stranger" {
            self.stranger = Some(value.to_owned());
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

impl Subscriber for Front {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        if let Some(kind) = &line.stranger
            && self.most < Level::DEBUG
        {
            tick();
            if !TALLY.lock().unwrap_or_else(PoisonError::into_inner).says(kind, now()) {
                return;
            }
        }
        let text = format!("{}: {}{}", self.name, line.message, line.fields).replace(['\n', '\r'], " ");
        // There is nobody to tell that a log cannot be written.
        let _ = match &self.system {
            Some(socket) => {
                socket.send(format!("<{}>{text}", priority(*event.metadata().level())).as_bytes()).map(drop)
            }
            None => std::io::stderr().write_all((text + "\n").as_bytes()),
        };
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::{Front, Level};
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn what_strangers_cause_is_said_once_and_counted() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let front = Front { name: "privd", most: Level::INFO, system: Some(ours) };
        tracing::subscriber::with_default(front, || {
            for number in 0..5 {
                tracing::warn!(stranger = "messages of a test were lost", number, "lost");
            }
            tracing::warn!("another line");
        });
        let mut lines = Vec::new();
        let mut buffer = [0; 256];
        while let Ok(length) = theirs.recv(&mut buffer) {
            lines.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        assert_eq!(lines, ["<28>privd: lost number=0", "<28>privd: another line"]);
        assert!(super::tick().is_some(), "the count is still to be said");
    }
}
