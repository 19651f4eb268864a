//! Replies that were verified.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::Secret;

use crate::attribute::Attributes;
use crate::hidden::{MppeKeys, tunnel_passwords};
use crate::packet::HEADER;
use crate::vlan::Vlans;
use crate::{Code, SharedSecret, Type, Verified};

/// A reply of a server that shares the secret, to a request that waited for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: Code,
    bytes: Vec<u8>,
    request: [u8; 16],
    secret: Arc<SharedSecret>,
    server: usize,
}

impl core::fmt::Debug for Reply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reply").field("code", &self.code).field("server", &self.server).finish_non_exhaustive()
    }
}

impl Reply {
    pub(crate) fn new(verified: &Verified<'_>, request: [u8; 16], secret: Arc<SharedSecret>, server: usize) -> Reply {
        let raw = verified.packet();
        Reply { code: raw.code, bytes: raw.bytes().to_vec(), request, secret, server }
    }

    /// What it is.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The place in the configuration of the server that it came from.
    #[must_use]
    pub const fn server(&self) -> usize {
        self.server
    }

    /// Its attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::of_checked(self.bytes.get(HEADER..).unwrap_or_default())
    }

    /// The EAP packet inside.
    #[must_use]
    pub fn eap(&self) -> Option<Vec<u8>> {
        self.attributes().eap()
    }

    /// The keys of an Access-Accept.
    #[must_use]
    pub fn keys(&self) -> Option<MppeKeys> {
        MppeKeys::read(self.attributes(), &self.secret, &self.request)
    }

    /// The Tunnel-Passwords: passphrases of a station, for example.
    #[must_use]
    pub fn tunnel_passwords(&self) -> Vec<(u8, Secret)> {
        tunnel_passwords(self.attributes(), &self.secret, &self.request).collect()
    }

    /// The VLANs of a station.
    #[must_use]
    pub fn vlans(&self) -> Vlans {
        Vlans::read(self.attributes())
    }

    /// Session-Timeout: of an Access-Accept how long a session may last; of an Access-Challenge how long to wait for the
    /// station (RFC 3579 2.6).
    #[must_use]
    pub fn session_timeout(&self) -> Option<Duration> {
        self.attributes().u32(Type::SESSION_TIMEOUT).map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// Whether the session is to be authenticated again when its time is over, and not ended (RFC 2865 5.29, RFC 3580 3.17).
    #[must_use]
    pub fn reauthenticate(&self) -> bool {
        self.attributes().u32(Type::TERMINATION_ACTION) == Some(1)
    }

    /// How often counters are wanted; less than a minute counts as a minute (RFC 2869 5.16).
    #[must_use]
    pub fn interim_interval(&self) -> Option<Duration> {
        let seconds = self.attributes().u32(Type::ACCT_INTERIM_INTERVAL).filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds.max(60).into()))
    }
}
