//! What a supplicant's states hold.

use core::time::Duration;

use wire::Instant;

use crate::{PortControl, PortKind, PortStatus};

/// The profile of a supplicant (timers of IEEE Std 802.1X-2004 8.2.2.1 and 8.2.7; 802.1X-2020 8.5 has `heldPeriod` and a retry
/// count of the same meaning).
#[derive(Clone, Copy, Debug)]
pub struct SupplicantConfig {
    /// Of which kind the port is.
    pub port: PortKind,
    /// How it is controlled.
    pub control: PortControl,
    /// How long after the port is enabled the first EAPOL-Start waits: an access point begins by itself.
    pub first_start: Duration,
    /// Between two EAPOL-Starts (`startPeriod`).
    pub start_period: Duration,
    /// How many EAPOL-Starts are sent (`maxStart`).
    pub max_start: u32,
    /// How long the next Request is waited for (`authPeriod`).
    pub auth_period: Duration,
    /// How long nothing is tried after a failure (`heldPeriod`).
    pub held_period: Duration,
    /// What follows when nobody answers on a wired port.
    pub without_authenticator: WithoutAuthenticator,
    /// The version that is written (`eapol_version`); any is read.
    pub version: u8,
}

/// What follows when nobody answers EAPOL-Start on a wired port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutAuthenticator {
    /// Nothing passes, and it is tried again after `heldPeriod`.
    Hold,
    /// The port opens as [`PortStatus::Unsecured`] (`unauthAllowed` of the logon process, IEEE Std 802.1X-2020 12.5).
    Open,
}

impl SupplicantConfig {
    /// The standard's times for a kind of port.
    #[must_use]
    pub const fn new(port: PortKind) -> SupplicantConfig {
        let first_start = match port {
            PortKind::Wired | PortKind::Preauthentication => Duration::ZERO,
            PortKind::Wireless => Duration::from_secs(2),
        };
        SupplicantConfig {
            port,
            control: PortControl::Auto,
            first_start,
            start_period: Duration::from_secs(30),
            max_start: 3,
            auth_period: Duration::from_secs(30),
            held_period: Duration::from_secs(60),
            without_authenticator: WithoutAuthenticator::Hold,
            version: 2,
        }
    }
}

/// What the port was before the conversation that goes on, and stays until that has come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Shut.
    Shut,
    /// Shut, with a key of an earlier conversation that a 4-way handshake may use.
    Cached,
    /// Open without authentication.
    Unsecured,
    /// Open after authentication.
    Open,
}

impl Before {
    pub(super) const fn status(self) -> PortStatus {
        match self {
            Self::Shut | Self::Cached => PortStatus::Unauthorized,
            Self::Unsecured => PortStatus::Unsecured,
            Self::Open => PortStatus::Authorized,
        }
    }
}

/// The state of the port access entity.
#[derive(Debug)]
pub(super) enum State {
    /// The port is not enabled (IEEE Std 802.1X-2004 8.2.11: DISCONNECTED).
    Disabled,
    /// The user logged off (LOGOFF).
    LoggedOff,
    /// An authenticator is looked for (CONNECTING).
    Connecting(Connecting),
    /// EAP goes on (AUTHENTICATING).
    Authenticating(Authenticating),
    /// EAP has succeeded (AUTHENTICATED).
    Authenticated(Authenticated),
    /// Open though nobody asks for authentication.
    Unsecured,
    /// Nothing is tried for a while after a failure (HELD).
    Held {
        /// Until when.
        until: Instant,
    },
    /// A pre-authentication that is over.
    Over,
    /// FORCE_AUTH.
    ForcedOpen,
    /// FORCE_UNAUTH.
    ForcedShut,
}

#[derive(Debug)]
pub(super) struct Connecting {
    /// EAPOL-Starts so far.
    pub(super) starts: u32,
    /// When the next one is due.
    pub(super) next: Instant,
    pub(super) before: Before,
}

#[derive(Debug)]
pub(super) struct Authenticating {
    /// `authWhile`; stopped while it is EAP, or a person, that is waited for.
    pub(super) until: Option<Instant>,
    pub(super) before: Before,
}

#[derive(Debug)]
pub(super) struct Authenticated {
    /// The port is open; else the keys are still to come.
    pub(super) open: bool,
    /// Since when.
    pub(super) since: Instant,
}

impl State {
    pub(super) const fn status(&self) -> PortStatus {
        match self {
            Self::Disabled
            | Self::LoggedOff
            | Self::Held { .. }
            | Self::Over
            | Self::ForcedShut
            | Self::Authenticated(Authenticated { open: false, .. }) => PortStatus::Unauthorized,
            Self::Connecting(Connecting { before, .. }) | Self::Authenticating(Authenticating { before, .. }) => {
                before.status()
            }
            Self::Authenticated(Authenticated { open: true, .. }) => PortStatus::Authorized,
            Self::Unsecured | Self::ForcedOpen => PortStatus::Unsecured,
        }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Connecting(connecting) => Some(connecting.next),
            Self::Authenticating(authenticating) => authenticating.until,
            Self::Held { until } => Some(*until),
            Self::Disabled
            | Self::LoggedOff
            | Self::Authenticated(_)
            | Self::Unsecured
            | Self::Over
            | Self::ForcedOpen
            | Self::ForcedShut => None,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Disabled => "DISCONNECTED",
            Self::LoggedOff => "LOGOFF",
            Self::Connecting(_) => "CONNECTING",
            Self::Authenticating(_) => "AUTHENTICATING",
            Self::Authenticated(_) => "AUTHENTICATED",
            Self::Unsecured => "UNSECURED",
            Self::Held { .. } => "HELD",
            Self::Over => "OVER",
            Self::ForcedOpen => "S_FORCE_AUTH",
            Self::ForcedShut => "S_FORCE_UNAUTH",
        }
    }
}
