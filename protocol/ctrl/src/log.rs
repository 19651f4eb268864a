//! Levels of log lines and events.

use core::fmt;

/// How important a log line or an event is; the numbers are those that clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Everything.
    Excessive = 0,
    /// Contents of messages.
    MsgDump = 1,
    /// For finding faults.
    Debug = 2,
    /// What happens.
    Info = 3,
    /// What may be wrong.
    Warning = 4,
    /// What is wrong.
    Error = 5,
}

impl LogLevel {
    const ALL: [(LogLevel, &'static str); 6] = [
        (LogLevel::Excessive, "EXCESSIVE"),
        (LogLevel::MsgDump, "MSGDUMP"),
        (LogLevel::Debug, "DEBUG"),
        (LogLevel::Info, "INFO"),
        (LogLevel::Warning, "WARNING"),
        (LogLevel::Error, "ERROR"),
    ];

    /// The level of a word, whatever its case.
    pub fn from_word(word: &[u8]) -> Option<LogLevel> {
        Self::ALL.into_iter().find(|(_, name)| name.as_bytes().eq_ignore_ascii_case(word)).map(|(level, _)| level)
    }

    /// The level of a number; what is beyond the scale is the nearest.
    pub fn from_number(number: i64) -> LogLevel {
        match number {
            ..=0 => LogLevel::Excessive,
            1 => LogLevel::MsgDump,
            2 => LogLevel::Debug,
            3 => LogLevel::Info,
            4 => LogLevel::Warning,
            5.. => LogLevel::Error,
        }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The level one step more talkative (`-d`).
    pub fn more(self) -> LogLevel {
        Self::from_number(i64::from(self.number()).saturating_sub(1))
    }

    /// The level one step quieter (`-q`).
    pub fn less(self) -> LogLevel {
        Self::from_number(i64::from(self.number()).saturating_add(1))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.into_iter().find(|(level, _)| level == self).map_or("", |(_, word)| word))
    }
}

/// The answer to `LOG_LEVEL` without arguments.
pub fn log_level_reply(level: LogLevel, timestamp: bool) -> alloc::vec::Vec<u8> {
    alloc::format!("Current level: {level}\nTimestamp: {}\n", u8::from(timestamp)).into_bytes()
}
