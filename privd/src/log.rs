//! What privd has to say goes to standard error (the daemon's log, or systemd's) or to the system's log.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::options::Common;

struct Front {
    name: &'static str,
    most: Level,
    /// The system's log; standard error without it.
    system: Option<UnixDatagram>,
}

/// The system's log, while it can be reached: later the process is confined.
fn system_log() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect("/dev/log").and_then(|()| socket.set_nonblocking(true)).ok()?;
    Some(socket)
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

/// Begins to log under this name.
pub(crate) fn init(name: &'static str, common: Common) {
    let most = if common.debug { Level::DEBUG } else { Level::INFO };
    let system = common.syslog.then(system_log).flatten();
    // The first subscriber stays; there is no other.
    let _ = tracing::subscriber::set_global_default(Front { name, most, system });
    // In words, with this name, and where the other lines go.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
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
