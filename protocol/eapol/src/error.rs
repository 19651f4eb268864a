//! What goes wrong, and who is to blame.

use core::fmt;

use eap::{Blame, EapError, Ignored};
use wire::Malformed;

use crate::PacketType;

/// Why a packet was passed over. Nothing has changed; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// It has no EAPOL packet's shape.
    Malformed(Malformed),
    /// It came without protection where only protected packets count.
    Unprotected,
    /// A type that only the other role is sent, or that nobody takes here.
    Unexpected(PacketType),
    /// One that is not wanted in this state.
    State(&'static str),
    /// Too many of its kind.
    Flood,
    /// EAP passed it over.
    Eap(Ignored),
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(Malformed(field)) => write!(f, "EAPOL packet ignored: malformed {field}"),
            Self::Unprotected => f.write_str("EAPOL packet ignored: it is not protected, though keys are installed"),
            Self::Unexpected(ty) => write!(f, "EAPOL packet ignored: {} is not for this side", ty.name()),
            Self::State(why) => write!(f, "EAPOL packet ignored: {why}"),
            Self::Flood => f.write_str("EAPOL packet ignored: too many of them"),
            Self::Eap(why) => fmt::Display::fmt(why, f),
        }
    }
}

impl core::error::Error for Discard {}

impl From<Malformed> for Discard {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl From<Ignored> for Discard {
    fn from(why: Ignored) -> Self {
        Self::Eap(why)
    }
}

/// Why nobody was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaeError {
    /// EAP came to its end.
    Eap(EapError),
    /// The other side does not speak EAPOL, or fell silent.
    Silent,
    /// EAP succeeded; the handshake for the keys did not.
    Handshake,
    /// The other side logged off.
    Logoff,
    /// The session has lasted as long as the server allows (Session-Timeout).
    SessionTimeout,
}

impl PaeError {
    /// Who is to blame.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Eap(why) => why.blame(),
            Self::Silent => Blame::Silence,
            Self::Handshake => Blame::Protocol,
            Self::Logoff | Self::SessionTimeout => Blame::Refused,
        }
    }
}

impl fmt::Display for PaeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eap(why) => fmt::Display::fmt(why, f),
            Self::Silent => f.write_str("the other side does not answer over EAPOL"),
            Self::Handshake => f.write_str("EAP succeeded, but the handshake for the keys failed"),
            Self::Logoff => f.write_str("the other side logged off"),
            Self::SessionTimeout => f.write_str("the time that the server allows for a session is over"),
        }
    }
}

impl core::error::Error for PaeError {}

impl From<EapError> for PaeError {
    fn from(why: EapError) -> Self {
        Self::Eap(why)
    }
}
