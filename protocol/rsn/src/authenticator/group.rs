//! The group keys of a BSS (IEEE Std 802.11-2020 12.7.1.4, 12.7.1.5, 12.7.7).
//!
//! Two sets of keys take turns, each with its own indices. New keys go to every station first; they are used for
//! transmission when all have confirmed or are gone.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Rng, Secret};
use wire::{Instant, MacAddr};

use super::Authenticator;
use crate::key_frame::KdeWriter;
use crate::{ApPolicy, CipherSuite, Pmf};

/// A station that left takes its copy of the keys along: new ones follow this soon, in case others leave too.
const STRICT_DELAY: Duration = Duration::from_millis(500);

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
    /// As the policy says; rekeyed once a day (`wpa_group_rekey` of 86400, the default with CCMP), or every ten minutes
    /// with TKIP.
    #[must_use]
    pub fn new(policy: &ApPolicy) -> GroupConfig {
        let often = if policy.group == CipherSuite::Tkip { 600 } else { 86_400 };
        GroupConfig {
            cipher: policy.group,
            management: (policy.pmf != Pmf::Disabled).then_some(policy.group_management),
            beacon_protection: policy.beacon_protection && policy.pmf != Pmf::Disabled,
            rekey: Some(Duration::from_secs(often)),
            strict_rekey: false,
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

impl GroupKeyKind {
    /// The first of the two indices that take turns.
    const fn first_index(self) -> u8 {
        match self {
            GroupKeyKind::Gtk => 1,
            GroupKeyKind::Igtk => 4,
            GroupKeyKind::Bigtk => 6,
        }
    }
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

#[derive(Debug)]
struct GroupKey {
    kind: GroupKeyKind,
    cipher: CipherSuite,
    index: u8,
    key: Secret,
    packet_number: [u8; 6],
}

/// The group keys of one BSS (or of one VLAN in it).
#[derive(Debug)]
pub struct Group {
    config: GroupConfig,
    /// The newest keys: those that stations are told.
    keys: Vec<GroupKey>,
    /// Counts sets of keys.
    generation: u64,
    /// The newest keys are not used for transmission yet.
    pending: bool,
    /// Stations that have not confirmed the newest keys.
    waiting: BTreeSet<MacAddr>,
    deadline: Option<Instant>,
    outputs: VecDeque<GroupOutput>,
}

impl Group {
    /// Makes the first keys and asks for their installation.
    #[must_use]
    pub fn new(config: GroupConfig, now: Instant, rng: &mut dyn Rng) -> Group {
        let mut group = Group {
            keys: Vec::new(),
            generation: 0,
            pending: false,
            waiting: BTreeSet::new(),
            deadline: None,
            outputs: VecDeque::new(),
            config,
        };
        group.make_keys(now, rng);
        group.use_newest();
        group
    }

    fn make_keys(&mut self, now: Instant, rng: &mut dyn Rng) {
        let turn = (self.generation % 2) as u8;
        self.generation = self.generation.wrapping_add(1);
        let management = self.config.management.filter(|cipher| cipher.is_group_management());
        let kinds = [
            (GroupKeyKind::Gtk, Some(self.config.cipher).filter(|cipher| cipher.key_len() > 0)),
            (GroupKeyKind::Igtk, management),
            (GroupKeyKind::Bigtk, management.filter(|_| self.config.beacon_protection)),
        ];
        self.keys.clear();
        for (kind, cipher) in kinds {
            let Some(cipher) = cipher else { continue };
            let mut octets = alloc::vec![0; cipher.key_len()];
            rng.fill(&mut octets);
            let index = kind.first_index().saturating_add(turn);
            self.keys.push(GroupKey { kind, cipher, index, key: Secret::from(octets), packet_number: [0; 6] });
        }
        self.pending = true;
        self.deadline = self.config.rekey.map(|after| now + after);
    }

    fn use_newest(&mut self) {
        if !self.pending || !self.waiting.is_empty() {
            return;
        }
        self.pending = false;
        for key in &self.keys {
            self.outputs.push_back(GroupOutput::Install {
                kind: key.kind,
                cipher: key.cipher,
                index: key.index,
                key: key.key.clone(),
            });
        }
    }

    /// Makes new keys and hands them to every station that is completed; they are used for transmission when all have
    /// confirmed or are gone. `stations` are all of the BSS. While keys are being handed out already, new ones would
    /// take the indices of those in use: the wish is granted afterwards.
    pub fn rekey<'a>(
        &mut self,
        now: Instant,
        rng: &mut dyn Rng,
        stations: impl IntoIterator<Item = &'a mut Authenticator>,
    ) {
        if self.pending {
            self.deadline = Some(now + STRICT_DELAY);
            return;
        }
        self.make_keys(now, rng);
        for station in stations {
            station.update_group(self, now, rng);
        }
        self.use_newest();
    }

    /// The deadline passed: rekeys if it is time. `stations` are all of the BSS.
    pub fn handle_timeout<'a>(
        &mut self,
        now: Instant,
        rng: &mut dyn Rng,
        stations: impl IntoIterator<Item = &'a mut Authenticator>,
    ) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.rekey(now, rng, stations);
        }
    }

    /// What the driver says about the last packet number used with a key: messages to stations carry it. Ask the driver
    /// when a station associates.
    pub fn set_packet_number(&mut self, kind: GroupKeyKind, index: u8, number: [u8; 6]) {
        for key in &mut self.keys {
            if key.kind == kind && key.index == index {
                key.packet_number = number;
            }
        }
    }

    /// Kind and index of the keys that stations are told, to ask the driver about.
    pub fn indices(&self) -> impl Iterator<Item = (GroupKeyKind, u8)> {
        self.keys.iter().map(|key| (key.kind, key.index))
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GroupOutput> {
        self.outputs.pop_front()
    }

    /// When [`Group::handle_timeout`] wants to be called.
    #[must_use]
    pub const fn poll_deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How the keys are made.
    #[must_use]
    pub const fn config(&self) -> &GroupConfig {
        &self.config
    }

    /// New keys are being handed out.
    #[must_use]
    pub const fn is_rekeying(&self) -> bool {
        self.pending
    }

    /// Asks for new keys soon.
    pub fn request_rekey(&mut self, now: Instant) {
        let soon = now + STRICT_DELAY;
        self.deadline = Some(self.deadline.map_or(soon, |at| at.min(soon)));
    }

    /// Counts sets of keys: what a driver says of an index is about the set that was in use when it was asked.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn wait_for(&mut self, station: MacAddr) {
        if self.pending {
            self.waiting.insert(station);
        }
    }

    pub(super) fn confirmed(&mut self, station: MacAddr) {
        if self.waiting.remove(&station) {
            self.use_newest();
        }
    }

    pub(super) fn left(&mut self, station: MacAddr, had_keys: bool, now: Instant) {
        self.confirmed(station);
        if had_keys && self.config.strict_rekey {
            self.request_rekey(now);
        }
    }

    pub(super) fn has_data_key(&self) -> bool {
        self.data_key().is_some()
    }

    fn data_key(&self) -> Option<&GroupKey> {
        self.keys.iter().find(|key| key.kind == GroupKeyKind::Gtk)
    }

    /// Last packet number used with the group key for data.
    pub(super) fn rsc(&self) -> [u8; 6] {
        self.data_key().map(|key| key.packet_number).unwrap_or_default()
    }

    /// Index and key for WPA's group message.
    pub(super) fn bare_key(&self) -> (u8, Secret) {
        self.data_key().map(|key| (key.index, key.key.clone())).unwrap_or_default()
    }

    /// Appends the newest keys to key data; those for management frames only where these are protected.
    pub(super) fn write_keys(&self, data: KdeWriter, pmf: bool) -> KdeWriter {
        self.keys.iter().fold(data, |data, key| match key.kind {
            GroupKeyKind::Gtk => data.gtk(key.index, &key.key),
            GroupKeyKind::Igtk if pmf => data.igtk(key.index, key.packet_number, &key.key),
            GroupKeyKind::Bigtk if pmf => data.bigtk(key.index, key.packet_number, &key.key),
            GroupKeyKind::Igtk | GroupKeyKind::Bigtk => data,
        })
    }
}
