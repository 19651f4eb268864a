//! Logging of both daemons: lines as wpa_supplicant and hostapd write them, to one of their three places.
//!
//! `tracing` carries them: `error!` to `debug!` are the levels of the same names, `trace!` is what the originals show
//! from MSGDUMP on. A field whose name begins with `key`, `psk`, `pass` or `secret` is written out only with `-K`.
//!
//! A line that anybody on the air can cause has a field `stranger`, whose text says of what kind it is: the first of a
//! kind is written, the others are counted for a minute (see [`wire::tally`]), unless somebody looks for a fault (`-d`).

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use wire::Instant;
use wire::tally::Tally;

/// How much is logged: wpa_supplicant's and hostapd's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything, frames included.
    Excessive,
    /// Messages as they come.
    MsgDump,
    /// For those who look for a fault.
    Debug,
    /// What an administrator wants to know.
    Info,
    /// What is wrong but goes on.
    Warning,
    /// What failed.
    Error,
}

impl Level {
    /// From the quietest to the loudest.
    pub const ALL: [Level; 6] =
        [Level::Error, Level::Warning, Level::Info, Level::Debug, Level::MsgDump, Level::Excessive];

    /// The level after `-d` (louder) or `-q` (quieter).
    #[must_use]
    pub fn louder(self, by: i32) -> Level {
        let place = Level::ALL.iter().position(|level| *level == self).unwrap_or(0);
        let last = Level::ALL.len().saturating_sub(1);
        let moved = i64::try_from(place).unwrap_or(0).saturating_add(i64::from(by));
        let place = usize::try_from(moved.max(0)).unwrap_or(0).min(last);
        Level::ALL.get(place).copied().unwrap_or(self)
    }

    const fn rank(self) -> u8 {
        match self {
            Level::Error => 1,
            Level::Warning => 2,
            Level::Info => 3,
            Level::Debug => 4,
            Level::MsgDump => 5,
            Level::Excessive => 6,
        }
    }
}

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum LogTarget {
    /// Standard output.
    #[default]
    Stdout,
    /// A file, at whose end they are added.
    File(PathBuf),
    /// The system's log.
    Syslog,
}

enum Sink {
    Stdout,
    File(File),
    Syslog(UnixDatagram),
    Nothing,
}

struct Logger {
    name: &'static str,
    rank: AtomicU8,
    timestamps: AtomicBool,
    show_keys: bool,
    sink: Mutex<Sink>,
    tally: Mutex<Tally>,
    began: std::time::Instant,
}

static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Opens a log file to add to.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// Begins to log. Only the first call has an effect.
pub fn init(name: &'static str, target: &LogTarget, level: Level, timestamps: bool, show_keys: bool) -> io::Result<()> {
    if LOGGER.get().is_some() {
        return Ok(());
    }
    let sink = match target {
        LogTarget::Stdout => Sink::Stdout,
        LogTarget::File(path) => Sink::File(open(path)?),
        LogTarget::Syslog => {
            let socket = UnixDatagram::unbound()?;
            // Without a system log there is nowhere to complain to.
            if socket.connect("/dev/log").is_ok() && socket.set_nonblocking(true).is_ok() {
                Sink::Syslog(socket)
            } else {
                Sink::Nothing
            }
        }
    };
    let rank = AtomicU8::new(level.rank());
    let logger = Logger {
        name,
        rank,
        timestamps: AtomicBool::new(timestamps),
        show_keys,
        sink: Mutex::new(sink),
        tally: Mutex::new(Tally::new()),
        began: std::time::Instant::now(),
    };
    if LOGGER.set(logger).is_ok() {
        // Fails only where a subscriber was set before, which is then the one that was wanted.
        let _ = tracing::subscriber::set_global_default(Front);
        std::panic::set_hook(Box::new(|panic| {
            last_words(&panic.to_string());
            std::process::exit(policy::ABORTED);
        }));
    }
    Ok(())
}

/// What a panic says goes where all lines go, before the process ends: in the background nobody reads standard error.
fn last_words(text: &str) {
    let Some(logger) = LOGGER.get() else { return };
    // Whoever panics while a line is being written holds the sink.
    if let Ok(mut sink) = logger.sink.try_lock() {
        logger.write_to(&mut sink, &tracing::Level::ERROR, text);
    } else {
        let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
    }
}

/// Changes what is logged.
pub fn set_level(level: Level, timestamps: Option<bool>) {
    if let Some(logger) = LOGGER.get() {
        logger.rank.store(level.rank(), Ordering::Relaxed);
        if let Some(on) = timestamps {
            logger.timestamps.store(on, Ordering::Relaxed);
        }
    }
}

/// Are keys to be shown (`-K`)?
#[must_use]
pub fn shows_keys() -> bool {
    LOGGER.get().is_some_and(|logger| logger.show_keys)
}

/// Logs key material with `-K`, and nothing without, in the form that those who decrypt captures look for.
pub fn key(label: &str, material: &[u8]) {
    if shows_keys() {
        let mut text = String::with_capacity(material.len().saturating_mul(3));
        for octet in material {
            // Writing to a string cannot fail.
            let _ = write!(text, " {octet:02x}");
        }
        tracing::debug!("{label} - hexdump(len={}):{text}", material.len());
    }
}

/// Writes what was counted of the lines that strangers cause, if it is time; when it is time again, from now on.
pub(crate) fn tick() -> Option<Duration> {
    let logger = LOGGER.get()?;
    let now = logger.now();
    let deadline = {
        let mut tally = logger.tally.lock().unwrap_or_else(PoisonError::into_inner);
        logger.write_counts(&mut tally, now);
        tally.deadline()
    };
    deadline.map(|at| at - now)
}

/// Goes on in another file, if lines go to a file.
pub(crate) fn replace_file(fd: OwnedFd) {
    if let Some(logger) = LOGGER.get() {
        let mut sink = logger.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*sink, Sink::File(_)) {
            *sink = Sink::File(File::from(fd));
        }
    }
}

impl Logger {
    fn takes(&self, level: &tracing::Level) -> bool {
        rank_of(level) <= self.rank.load(Ordering::Relaxed)
    }

    fn now(&self) -> Instant {
        Instant::from_origin(self.began.elapsed())
    }

    fn write_counts(&self, tally: &mut Tally, now: Instant) {
        for counted in tally.due(now) {
            self.write(&tracing::Level::INFO, &counted.to_string());
        }
    }

    /// Whether a line that strangers can cause is to be written.
    fn says(&self, kind: &str) -> bool {
        if self.rank.load(Ordering::Relaxed) > Level::Info.rank() {
            return true;
        }
        let now = self.now();
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_counts(&mut tally, now);
        tally.says(kind, now)
    }

    fn write(&self, level: &tracing::Level, text: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_to(&mut sink, level, text);
    }

    fn write_to(&self, sink: &mut Sink, level: &tracing::Level, text: &str) {
        let mut line = String::with_capacity(text.len().saturating_add(32));
        if self.timestamps.load(Ordering::Relaxed) && !matches!(sink, Sink::Syslog(_)) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let _ = write!(line, "{}.{:06}: ", now.as_secs(), now.subsec_micros());
        }
        // One event is one line, whatever it quotes.
        line.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
        line.push('\n');
        // There is nobody to tell that a log cannot be written.
        let _ = match sink {
            Sink::Stdout => io::stdout().write_all(line.as_bytes()),
            Sink::File(file) => file.write_all(line.as_bytes()),
            Sink::Syslog(socket) => {
                let line = format!("<{}>{}[{}]: {line}", priority(level), self.name, std::process::id());
                socket.send(line.trim_end().as_bytes()).map(drop)
            }
            Sink::Nothing => Ok(()),
        };
    }
}

/// Facility daemon (3) and a severity of RFC 5424 6.2.1.
fn priority(level: &tracing::Level) -> u8 {
    const DAEMON: u8 = 3 << 3;
    DAEMON
        | match rank_of(level) {
            1 => 3,
            2 => 4,
            3 => 6,
            _ => 7,
        }
}

fn rank_of(level: &tracing::Level) -> u8 {
    match *level {
        tracing::Level::ERROR => 1,
        tracing::Level::WARN => 2,
        tracing::Level::INFO => 3,
        tracing::Level::DEBUG => 4,
        tracing::Level::TRACE => 5,
    }
}

/// What `tracing` is given; the logger itself is where it can be changed.
struct Front;

impl Subscriber for Front {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // The level changes at run time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        LOGGER.get().is_some_and(|logger| logger.takes(metadata.level()))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(logger) = LOGGER.get() else { return };
        let mut line =
            Line { message: String::new(), fields: String::new(), stranger: None, show_keys: logger.show_keys };
        event.record(&mut line);
        if line.stranger.as_ref().is_some_and(|kind| !logger.says(kind)) {
            return;
        }
        line.message.push_str(&line.fields);
        logger.write(event.metadata().level(), &line.message);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line {
    message: String,
    fields: String,
    /// Of which kind it is, if strangers can cause it.
    stranger: Option<String>,
    show_keys: bool,
}

fn is_secret(name: &str) -> bool {
    ["key", "psk", "pass", "secret"].iter().any(|start| name.starts_with(start))
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
        } else if is_secret(field.name()) && !self.show_keys {
            write!(self.fields, " {}=[REMOVED]", field.name())
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, LogTarget, init, is_secret};

    #[test]
    fn more_d_is_louder_and_ends_somewhere() {
        assert_eq!(Level::Info.louder(1), Level::Debug);
        assert_eq!(Level::Info.louder(2), Level::MsgDump);
        assert_eq!(Level::Info.louder(9), Level::Excessive);
        assert_eq!(Level::Info.louder(-1), Level::Warning);
        assert_eq!(Level::Info.louder(-9), Level::Error);
    }

    #[test]
    fn a_panic_leaves_its_words_in_the_log_and_ends_the_process_as_aborted() {
        const LOG: &str = "AIRLOCK_TEST_LOG";
        if let Some(path) = std::env::var_os(LOG) {
            init("test", &LogTarget::File(path.into()), Level::Error, false, false).unwrap();
            panic!("the counter is\nfull");
        }
        let path = std::env::temp_dir().join(format!("airlock-panic-{}", std::process::id()));
        let this = std::thread::current().name().unwrap().to_owned();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let ended = child.args(["--exact", &this]).env(LOG, &path).output().unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(ended.status.code(), Some(policy::ABORTED));
        assert!(written.contains("panicked at") && written.ends_with("the counter is full\n"), "{written}");
    }

    #[test]
    fn names_of_secrets() {
        assert!(is_secret("psk") && is_secret("key_data") && is_secret("passphrase") && is_secret("secret"));
        assert!(!is_secret("bssid") && !is_secret("ssid"));
    }
}
