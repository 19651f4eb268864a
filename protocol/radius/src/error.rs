//! What can go wrong, and who is to blame.

use wire::Malformed;
use wire::cursor::Overflow;

use crate::Code;

/// Why a received packet was passed over. Whoever forges packets must not be able to end anything with them, so none of
/// these changes the state of a request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// A length inside lies, or something is there that may not be.
    Malformed(Malformed),
    /// Nobody with this address is configured.
    UnknownPeer,
    /// A code that nobody sends in this direction.
    UnexpectedCode(Code),
    /// No request with this identifier waits for an answer of this peer.
    NotPending(u8),
    /// The authenticator does not verify: another shared secret, or a forged packet.
    Authenticator,
    /// No Message-Authenticator where there must be one (CVE-2024-3596).
    NoMessageAuthenticator,
    /// The Message-Authenticator does not verify: another shared secret, or a forged packet.
    MessageAuthenticator,
    /// Event-Timestamp is missing, or too far from our clock (RFC 5176 6.3).
    EventTimestamp,
    /// The request was seen already, and is still being worked on.
    InProgress,
    /// No room for another session or request at present.
    Busy,
    /// Part of a conversation that does not exist, or no longer.
    NoSession,
}

/// Who is to blame for a packet that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The peer broke the protocol, or somebody forges its packets.
    Peer,
    /// The two sides are not configured alike.
    Configuration,
    /// The network: duplicates and latecomers.
    Network,
    /// The system here has too much to do.
    Local,
}

impl Discard {
    /// Who is to blame.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Malformed(_) | Self::UnexpectedCode(_) => Blame::Peer,
            Self::UnknownPeer
            | Self::Authenticator
            | Self::NoMessageAuthenticator
            | Self::MessageAuthenticator
            | Self::EventTimestamp => Blame::Configuration,
            Self::NotPending(_) | Self::InProgress | Self::NoSession => Blame::Network,
            Self::Busy => Blame::Local,
        }
    }
}

impl From<Malformed> for Discard {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl core::fmt::Display for Discard {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "the packet is {why}"),
            Self::UnknownPeer => f.write_str("nobody with this address is configured"),
            Self::UnexpectedCode(code) => write!(f, "{code} is nothing that comes here"),
            Self::NotPending(id) => write!(f, "no request with the identifier {id} waits for an answer"),
            Self::Authenticator => {
                f.write_str("the authenticator is wrong: is the shared secret the same on both sides?")
            }
            Self::NoMessageAuthenticator => f.write_str("Message-Authenticator is missing"),
            Self::MessageAuthenticator => {
                f.write_str("Message-Authenticator is wrong: is the shared secret the same on both sides?")
            }
            Self::EventTimestamp => {
                f.write_str("Event-Timestamp is missing or far from the time here: are both clocks right?")
            }
            Self::InProgress => f.write_str("the same request is being worked on"),
            Self::Busy => f.write_str("too much to do at present"),
            Self::NoSession => f.write_str("its State belongs to no conversation"),
        }
    }
}

impl core::error::Error for Discard {}

/// Why a packet of ours cannot be made, or a machine cannot be set up: always ours to get right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// An attribute or the packet is longer than RADIUS can carry.
    TooLong,
    /// A shared secret without octets (RFC 2865 3).
    EmptySecret,
    /// No server to send to.
    NoServer,
    /// A password that User-Password cannot carry (RFC 2865 5.2: up to 128 octets).
    Password,
    /// Each identifier of each source port is in use.
    NoIdentifier,
    /// A prefix longer than its address.
    Prefix,
}

impl From<Overflow> for SetupError {
    fn from(_: Overflow) -> Self {
        Self::TooLong
    }
}

impl core::fmt::Display for SetupError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than RADIUS can carry",
            Self::EmptySecret => "the shared secret is empty",
            Self::NoServer => "no RADIUS server is configured",
            Self::Password => "a password longer than 128 octets",
            Self::NoIdentifier => "too many requests wait for an answer",
            Self::Prefix => "the prefix is longer than the address",
        })
    }
}

impl core::error::Error for SetupError {}
