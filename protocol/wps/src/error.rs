//! What can go wrong, and who is to blame.

use alloc::borrow::Cow;
use wire::Malformed;
use wire::cursor::Overflow;

use crate::code::{ConfigError, MessageType};

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The other side broke the protocol, or somebody between did.
    Protocol,
    /// The two sides do not have the same device password.
    Password,
    /// The other side refuses.
    Refused,
    /// What was configured here cannot work, or forbids it.
    Configuration,
    /// Somebody else pushed a button too.
    Overlap,
    /// Nothing came.
    Silence,
}

/// Which half of a device password is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The first.
    First,
    /// The second: whoever tried knows the first one now.
    Second,
}

/// Why a registration failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WpsError {
    /// A message that cannot be read.
    Malformed(Malformed),
    /// A message that lacks an attribute: its name.
    Missing(&'static str),
    /// A message that says what it may not say.
    Protocol(&'static str),
    /// A message that does not belong here.
    Unexpected(MessageType),
    /// The proof of this half of the device password is wrong.
    Password(Half),
    /// The public key is not the one whose hash came out of band.
    KeyHash,
    /// The other side says no.
    Refused(ConfigError),
    /// The other side does not know a password for us (M2D): what it says of itself, and why.
    NoPassword(ConfigError),
    /// What was given to us is forbidden here.
    Forbidden(Forbidden),
    /// What was configured here cannot work.
    Configuration(Cow<'static, str>),
    /// Setup is locked here.
    Locked,
    /// More than one device has pushed its button.
    Overlap,
    /// Nothing came.
    Timeout,
    /// Ended by a command.
    Cancelled,
}

/// Why a network is not taken or given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// WEP (WSC 2.0 8.3).
    Wep,
    /// WPA or TKIP alone (WSC 2.0 8.3).
    TkipOnly,
    /// No encryption, where that is forbidden.
    Open,
    /// A type that is none of ours, such as one with a server.
    Unknown,
    /// A key that no network can have.
    Key,
}

impl WpsError {
    /// Who is to blame.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Malformed(_) | Self::Missing(_) | Self::Protocol(_) | Self::Unexpected(_) => Blame::Protocol,
            Self::Password(_) | Self::KeyHash => Blame::Password,
            Self::Refused(_) | Self::NoPassword(_) => Blame::Refused,
            Self::Forbidden(_) | Self::Configuration(_) | Self::Locked | Self::Cancelled => Blame::Configuration,
            Self::Overlap => Blame::Overlap,
            Self::Timeout => Blame::Silence,
        }
    }

    /// What the other side is told.
    #[must_use]
    pub const fn config_error(&self) -> ConfigError {
        match self {
            Self::Password(_) => ConfigError::PASSWORD,
            Self::KeyHash => ConfigError::KEY_HASH,
            Self::Refused(error) | Self::NoPassword(error) => *error,
            Self::Locked => ConfigError::SETUP_LOCKED,
            Self::Overlap => ConfigError::MULTIPLE_PBC,
            Self::Timeout => ConfigError::MESSAGE_TIMEOUT,
            Self::Malformed(_)
            | Self::Missing(_)
            | Self::Protocol(_)
            | Self::Unexpected(_)
            | Self::Forbidden(_)
            | Self::Configuration(_)
            | Self::Cancelled => ConfigError::NONE,
        }
    }
}

impl From<Malformed> for WpsError {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl From<Overflow> for WpsError {
    fn from(_: Overflow) -> Self {
        Self::Configuration(Cow::Borrowed("what is configured does not fit into a message"))
    }
}

impl From<Forbidden> for WpsError {
    fn from(why: Forbidden) -> Self {
        Self::Forbidden(why)
    }
}

impl core::fmt::Display for Forbidden {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Wep => "WEP",
            Self::TkipOnly => "WPA or TKIP alone",
            Self::Open => "no encryption",
            Self::Unknown => "an unknown kind of authentication or encryption",
            Self::Key => "a key that no network can have",
        })
    }
}

impl core::fmt::Display for WpsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed(Malformed(field)) => write!(f, "the other side sent a malformed message: {field}"),
            Self::Missing(field) => write!(f, "the other side sent a message without {field}"),
            Self::Protocol(what) => write!(f, "the other side broke the protocol: {what}"),
            Self::Unexpected(kind) => write!(f, "the other side sent {kind} where it does not belong"),
            Self::Password(Half::First) => f.write_str("the first half of the device password is wrong"),
            Self::Password(Half::Second) => f.write_str("the second half of the device password is wrong"),
            Self::KeyHash => f.write_str("the public key is not the one that was handed over"),
            Self::Refused(error) => write!(f, "the other side refuses: {error}"),
            Self::NoPassword(error) => write!(f, "the registrar has no device password for us: {error}"),
            Self::Forbidden(why) => write!(f, "a network with {why} is forbidden here"),
            Self::Configuration(what) => write!(f, "setup cannot work as configured: {what}"),
            Self::Locked => f.write_str("setup is locked here"),
            Self::Overlap => f.write_str("more than one device has pushed its button"),
            Self::Timeout => f.write_str("the other side fell silent"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl core::error::Error for WpsError {}
