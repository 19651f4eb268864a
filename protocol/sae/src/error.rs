//! What can go wrong, and who is to blame.

use wire::{Malformed, StatusCode};

/// Why a step of the protocol was refused. None of these ends a [`crate::Session`]: whoever forges frames must not
/// be able to end a run with the real peer, so the caller decides when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaeError {
    /// Ours: the configuration asks for something that cannot be (no PT for the group, an identifier without H2E).
    Configuration(&'static str),
    /// The peer's: the frame ends too early or has a field that cannot be.
    Malformed(Malformed),
    /// The peer's: it commits with a group other than that of this run.
    GroupMismatch(u16),
    /// The peer's: a group this implementation does not have.
    UnsupportedGroup(u16),
    /// The peer's: its Commit uses the other way of finding the password element.
    MethodMismatch,
    /// The peer's: a scalar outside of 1 < scalar < r.
    Scalar,
    /// The peer's: an element that is not on the curve, or the identity.
    Element,
    /// The peer's, or an attack: it says that it was refused a group that we would have taken.
    Downgrade(u16),
    /// The peer's: a password identifier other than the one of this run.
    PasswordIdentifier,
    /// The peer's: it means to use the key with another AKM.
    AkmMismatch,
    /// The peer's: it chose its Commit so that the shared secret is no secret.
    SharedSecret,
    /// The peer's: a Confirm before its Commit.
    ConfirmBeforeCommit,
    /// The peer's: its Confirm does not verify; it has another password, or the frame is forged.
    ConfirmMismatch,
    /// The peer's: it repeats itself more often than a loss of frames explains.
    TooManyRepeats,
    /// Ours: there is no Confirm to send before the peer's Commit was accepted.
    NothingToConfirm,
    /// The peer's: it refuses, and this is the status it gives.
    Refused(StatusCode),
}

impl SaeError {
    /// The status an Authentication frame gives in answer to the frame that led to this (12.4.7.4 to 12.4.7.6).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::GroupMismatch(_) | Self::UnsupportedGroup(_) => StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP,
            Self::PasswordIdentifier => StatusCode::UNKNOWN_PASSWORD_IDENTIFIER,
            Self::ConfirmMismatch => StatusCode::CHALLENGE_FAILURE,
            Self::ConfirmBeforeCommit => StatusCode::TRANSACTION_SEQUENCE,
            Self::Configuration(_)
            | Self::Malformed(_)
            | Self::MethodMismatch
            | Self::Scalar
            | Self::Element
            | Self::Downgrade(_)
            | Self::AkmMismatch
            | Self::SharedSecret
            | Self::TooManyRepeats
            | Self::NothingToConfirm
            | Self::Refused(_) => StatusCode::REFUSED,
        }
    }
}

impl From<Malformed> for SaeError {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

impl core::fmt::Display for SaeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Configuration(what) => write!(f, "SAE cannot be set up: {what}"),
            Self::Malformed(why) => write!(f, "SAE frame of the peer is {why}"),
            Self::GroupMismatch(group) => write!(f, "the peer commits with group {group}, not the one of this run"),
            Self::UnsupportedGroup(group) => write!(f, "the peer commits with group {group}, which is not supported"),
            Self::MethodMismatch => f.write_str("the peer finds the password element in the other way"),
            Self::Scalar => f.write_str("the peer's commit scalar is out of range"),
            Self::Element => f.write_str("the peer's commit element is no point of the group"),
            Self::Downgrade(group) => write!(f, "the peer was refused group {group}, which is supported: an attack"),
            Self::PasswordIdentifier => f.write_str("the peer's password identifier is not the one of this run"),
            Self::AkmMismatch => f.write_str("the peer runs SAE for another AKM"),
            Self::SharedSecret => f.write_str("the peer's commit makes the shared secret the identity"),
            Self::ConfirmBeforeCommit => f.write_str("the peer confirms before it committed"),
            Self::ConfirmMismatch => f.write_str("the peer's confirm does not verify: another password?"),
            Self::TooManyRepeats => f.write_str("the peer repeats itself too often"),
            Self::NothingToConfirm => f.write_str("there is nothing to confirm yet"),
            Self::Refused(status) => write!(f, "the peer refuses with status {status}"),
        }
    }
}

impl core::error::Error for SaeError {}
