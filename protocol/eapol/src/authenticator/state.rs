//! What an authenticator's states hold.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use wire::Instant;

use crate::{PortControl, PortKind, PortStatus, SessionGrant};

/// The profile of an authenticator (IEEE Std 802.1X-2020 8.6, 8.7; the names are those of IEEE Std 802.1X-2004 8.2.4).
#[derive(Clone, Copy, Debug)]
pub struct AuthenticatorConfig {
    /// Of which kind the port is.
    pub port: PortKind,
    /// How it is controlled.
    pub control: PortControl,
    /// How Requests are sent again (`txPeriod`, `suppTimeout`, `maxReq`), and how long the backend is waited for
    /// (`serverTimeout`).
    pub eap: eap::AuthenticatorConfig,
    /// How long nobody is listened to after a failure (`quietPeriod`).
    pub quiet_period: Duration,
    /// How often a conversation is begun with a peer that does not answer, after the first time (`reAuthMax`).
    pub reauth_max: u32,
    /// After how long a session is authenticated again (`reAuthPeriod`); `None` if never (`reAuthEnabled`).
    pub reauth_period: Option<Duration>,
    /// An EAPOL-Start begins a conversation anew only when nothing has moved for so long.
    pub start_interval: Duration,
    /// The version that is written (`eapol_version`); any is read.
    pub version: u8,
}

impl AuthenticatorConfig {
    /// The standard's times for a kind of port.
    #[must_use]
    pub fn new(port: PortKind) -> AuthenticatorConfig {
        AuthenticatorConfig {
            port,
            control: PortControl::Auto,
            eap: eap::AuthenticatorConfig::default(),
            quiet_period: Duration::from_secs(60),
            reauth_max: 2,
            reauth_period: Some(Duration::from_secs(3600)),
            start_interval: Duration::from_secs(3),
            version: 2,
        }
    }
}

/// The state of the port access entity.
#[derive(Debug)]
pub(super) enum State {
    /// The port is not enabled (INITIALIZE).
    Disabled,
    /// Nobody is there (DISCONNECTED).
    Unauthenticated {
        /// When to ask whether somebody is; else an EAPOL-Start is waited for.
        ask_at: Option<Instant>,
    },
    /// A conversation goes on (CONNECTING, AUTHENTICATING).
    Authenticating(Conversation),
    /// A session stands (AUTHENTICATED).
    Authenticated(Box<Session>),
    /// A session stands, and its next conversation goes on.
    Reauthenticating(Box<Session>, Conversation),
    /// Nobody is listened to for a while after a failure (HELD).
    Held {
        /// Until when (`quietWhile`).
        until: Instant,
    },
    /// FORCE_AUTH.
    ForcedOpen,
    /// FORCE_UNAUTH.
    ForcedShut,
}

/// A conversation of EAP.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Its number, by which answers of the backend find it.
    pub(super) serial: u32,
    /// How often it has been begun before without an answer (`reAuthCount`).
    pub(super) attempt: u32,
    /// The identifier of its first Request.
    pub(super) first: u8,
    /// What the peer calls itself, once it has answered.
    pub(super) identity: Option<Vec<u8>>,
    /// When something moved last.
    pub(super) moved: Instant,
    /// How many EAPOL-Starts had the first Request sent again.
    pub(super) starts: u32,
}

/// A session of somebody who was authenticated.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) grant: SessionGrant,
    /// The port is open; else the keys are still to come.
    pub(super) open: bool,
    /// When its last conversation came to an end.
    pub(super) since: Instant,
    /// When the next one is due (`reAuthWhen`).
    pub(super) reauth_at: Option<Instant>,
    /// When it ends.
    pub(super) ends_at: Option<Instant>,
}

impl State {
    pub(super) const fn status(&self) -> PortStatus {
        match self {
            Self::Authenticated(session) | Self::Reauthenticating(session, _) if session.open => PortStatus::Authorized,
            Self::ForcedOpen => PortStatus::Unsecured,
            Self::Disabled
            | Self::Unauthenticated { .. }
            | Self::Authenticating(_)
            | Self::Authenticated(_)
            | Self::Reauthenticating(..)
            | Self::Held { .. }
            | Self::ForcedShut => PortStatus::Unauthorized,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Unauthenticated { ask_at } => *ask_at,
            Self::Authenticated(session) => [session.reauth_at, session.ends_at].into_iter().flatten().min(),
            Self::Reauthenticating(session, _) => session.ends_at,
            Self::Held { until } => Some(*until),
            Self::Disabled | Self::Authenticating(_) | Self::ForcedOpen | Self::ForcedShut => None,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Disabled => "INITIALIZE",
            Self::Unauthenticated { .. } => "DISCONNECTED",
            Self::Authenticating(Conversation { identity: None, .. }) => "CONNECTING",
            Self::Authenticating(_) | Self::Reauthenticating(..) => "AUTHENTICATING",
            Self::Authenticated(_) => "AUTHENTICATED",
            Self::Held { .. } => "HELD",
            Self::ForcedOpen => "FORCE_AUTH",
            Self::ForcedShut => "FORCE_UNAUTH",
        }
    }

    /// The conversation that goes on.
    pub(super) const fn conversation(&mut self) -> Option<&mut Conversation> {
        match self {
            Self::Authenticating(conversation) | Self::Reauthenticating(_, conversation) => Some(conversation),
            Self::Disabled
            | Self::Unauthenticated { .. }
            | Self::Authenticated(_)
            | Self::Held { .. }
            | Self::ForcedOpen
            | Self::ForcedShut => None,
        }
    }
}
