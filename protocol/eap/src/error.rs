//! What can go wrong, and who is to blame.

use alloc::borrow::Cow;
use wire::Malformed;
use wire::cursor::Overflow;

use crate::MethodType;

/// A packet that was passed over in silence and changed nothing: the reason, for the log. Whoever forges packets must
/// not end a conversation with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ignored(pub &'static str);

impl core::fmt::Display for Ignored {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "EAP packet ignored: {}", self.0)
    }
}

impl core::error::Error for Ignored {}

impl From<Malformed> for Ignored {
    fn from(Malformed(field): Malformed) -> Self {
        Self(field)
    }
}

/// Who is to blame for the end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The other side broke the protocol, or somebody between did.
    Protocol,
    /// The two sides do not have the same secret, or the other side could not prove that it has it.
    Credentials,
    /// The other side refuses, for reasons of its own.
    Refused,
    /// What was configured here cannot work.
    Configuration,
    /// The system here failed, or whoever was asked did not answer.
    Local,
    /// Nothing came.
    Silence,
}

/// Why a conversation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EapError {
    /// The other side's: a message of a method that cannot be read, where the method demands an end.
    Malformed(Malformed),
    /// The other side's: a message that may not be there, or says what it may not say.
    Protocol(Cow<'static, str>),
    /// The proof that the other side has the secret does not verify: another password or key, or a forged message.
    Credentials(Cow<'static, str>),
    /// The other side says no; the reason if it gave one.
    Refused(Cow<'static, str>),
    /// The two sides have no method in common: the one that was proposed, or wanted, last.
    NoCommonMethod(Option<MethodType>),
    /// What was configured here cannot work.
    Configuration(Cow<'static, str>),
    /// The system here failed, or whoever was asked for a credential did not have it.
    Local(Cow<'static, str>),
    /// The method makes no key, and one is needed here.
    NoKey(MethodType),
    /// TLS ended: the other side's certificate, ours, or the protocol.
    Tls(tls::TlsError),
    /// More rounds than any method needs.
    TooManyRounds,
    /// Nothing came for too long.
    Timeout,
}

impl EapError {
    /// Who is to blame.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Malformed(_) | Self::Protocol(_) | Self::TooManyRounds => Blame::Protocol,
            Self::Credentials(_) => Blame::Credentials,
            Self::Refused(_) => Blame::Refused,
            Self::NoCommonMethod(_) | Self::NoKey(_) | Self::Configuration(_) => Blame::Configuration,
            Self::Local(_) => Blame::Local,
            Self::Tls(why) => match why.blame() {
                tls::Blame::PeerBroke => Blame::Protocol,
                tls::Blame::PeerRefused => Blame::Refused,
                tls::Blame::WeRefused => Blame::Credentials,
                tls::Blame::LocalConfiguration => Blame::Configuration,
                tls::Blame::LocalSystem => Blame::Local,
            },
            Self::Timeout => Blame::Silence,
        }
    }

    /// [`EapError::Protocol`] of a text.
    #[must_use]
    pub const fn protocol(what: &'static str) -> EapError {
        EapError::Protocol(Cow::Borrowed(what))
    }

    /// [`EapError::Credentials`] of a text.
    #[must_use]
    pub const fn credentials(what: &'static str) -> EapError {
        EapError::Credentials(Cow::Borrowed(what))
    }

    /// [`EapError::Refused`] of a text.
    #[must_use]
    pub const fn refused(what: &'static str) -> EapError {
        EapError::Refused(Cow::Borrowed(what))
    }

    /// [`EapError::Configuration`] of a text.
    #[must_use]
    pub const fn configuration(what: &'static str) -> EapError {
        EapError::Configuration(Cow::Borrowed(what))
    }

    /// [`EapError::Local`] of a text.
    #[must_use]
    pub const fn local(what: &'static str) -> EapError {
        EapError::Local(Cow::Borrowed(what))
    }
}

impl From<Malformed> for EapError {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl From<tls::TlsError> for EapError {
    fn from(why: tls::TlsError) -> Self {
        Self::Tls(why)
    }
}

impl From<Overflow> for EapError {
    fn from(_: Overflow) -> Self {
        Self::configuration("a message is longer than EAP can carry")
    }
}

impl core::fmt::Display for EapError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed(Malformed(field)) => write!(f, "the other side sent a malformed message: {field}"),
            Self::Protocol(what) => write!(f, "the other side broke the protocol: {what}"),
            Self::Credentials(what) => write!(f, "wrong credentials: {what}"),
            Self::Refused(why) => write!(f, "the other side refuses: {why}"),
            Self::NoCommonMethod(None) => f.write_str("the two sides have no EAP method in common"),
            Self::NoCommonMethod(Some(method)) => {
                write!(f, "the two sides have no EAP method in common: {method} was named last")
            }
            Self::Configuration(what) => write!(f, "EAP cannot work as configured: {what}"),
            Self::Local(what) => write!(f, "EAP ended here: {what}"),
            Self::NoKey(method) => write!(f, "EAP method {method} makes no key, and one is needed here"),
            Self::Tls(why) => write!(f, "{why}"),
            Self::TooManyRounds => f.write_str("EAP went on for more rounds than any method needs"),
            Self::Timeout => f.write_str("the other side fell silent"),
        }
    }
}

impl core::error::Error for EapError {}
