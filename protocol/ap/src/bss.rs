//! The machine of one BSS.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::change::{Change, Level};
use crypto::Rng;
use ipc_proto::{Event, Failure, Reply, Request};
use rsn::{ApElements, ApPolicy, AuthenticatorConfig, Group, GroupKeyKind, PmksaCache, PmksaEntry};
use wire::frame::{Authentication, Management, Subtype};
use wire::{Instant, MacAddr, Writer, frame};

use crate::addresses::Addresses;
use crate::keyring::Keyring;
use crate::sae_side::SaeSide;
use crate::station::Station;
use crate::stations::Stations;
use crate::{BssConfig, Operating, Switch};

/// Most keys that are remembered for stations that come again.
pub(crate) const PMKSA_CAPACITY: usize = 1024;
/// Most stations that have written to us without being associated: more push out those who came first.
const MAX_STRANGERS: usize = 256;
/// So many of them only if they have shown in SAE that they hear us, or know the password: the others share the rest.
const SHARE_OF_SAE: usize = 128;

/// What an answer of the driver belongs to. Its owner hands it back with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Nothing waits for the answer; a failure is logged with these words.
    Plain(&'static str),
    /// Starting the access point.
    Start,
    /// A frame for the air.
    Frame,
    /// The entry of a station.
    Station {
        /// Whose.
        station: MacAddr,
        /// Which of all that were ever asked for: an answer for an earlier association ends no later one.
        number: u64,
    },
    /// A pairwise key.
    Key {
        /// Whose.
        station: MacAddr,
        /// Which of all that were ever asked for: an answer for an earlier association opens no port.
        number: u64,
    },
    /// How long a station has been silent.
    Activity(MacAddr),
    /// The packet number of a group key, for a station that is to be told.
    PacketNumber {
        /// The station.
        station: MacAddr,
        /// Which key.
        kind: GroupKeyKind,
        /// Its index.
        index: u8,
        /// The set of keys that it is of.
        generation: u64,
    },
    /// A channel switch.
    Switch,
    /// All stations, after events were lost.
    Resync,
    /// How busy the channel is.
    Load,
}

/// What the machine wants done, in order.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "lives for a moment in a short queue")]
pub enum BssOutput {
    /// Ask the driver. The answer goes to [`Bss::handle_reply`].
    Request {
        /// To be handed back with the answer.
        tag: Tag,
        /// What.
        request: Request,
    },
    /// Tell those who listen.
    Change(Change),
    /// Log this.
    Log {
        /// How important it is.
        level: Level,
        /// Of which kind it is, if anybody on the air can cause it (see [`wire::tally`]).
        stranger: Option<&'static str>,
        /// The line.
        text: String,
    },
    /// The access point works now.
    Started,
    /// The driver refused to start it.
    StartFailed(Failure),
}

/// Whether the BSS works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Not started, stopped, or the driver is gone.
    Stopped,
    /// The driver was asked to start it.
    Starting,
    /// It works.
    Running,
}

/// One BSS.
#[derive(Debug)]
pub struct Bss {
    pub(crate) config: BssConfig,
    pub(crate) condition: Condition,
    pub(crate) policy: Option<ApPolicy>,
    pub(crate) elements: ApElements,
    pub(crate) authenticator: Option<Arc<AuthenticatorConfig>>,
    pub(crate) group: Option<Group>,
    pub(crate) addresses: Addresses,
    pub(crate) keyring: Keyring,
    pub(crate) sae: SaeSide,
    pub(crate) pmksa: PmksaCache<()>,
    /// Keys that other BSSs are to hear of (opportunistic caching).
    pub(crate) fresh_keys: Vec<PmksaEntry<()>>,
    pub(crate) stations: Stations,
    pub(crate) non_erp_present: bool,
    pub(crate) load: crate::load::Load,
    pub(crate) switch: Option<Switch>,
    /// The kernel was asked for its stations, since events were lost.
    pub(crate) resync: Option<crate::resync::Resync>,
    /// It was asked to start without a beacon (`start_disabled`): the first change of the beacon starts it.
    pub(crate) silent: bool,
    pub(crate) countermeasures: crate::countermeasures::Countermeasures,
    pub(crate) asked: crate::asked::Asked,
    pub(crate) outputs: VecDeque<BssOutput>,
}

impl Bss {
    /// A BSS that is not started. Deriving keys from passphrases happens here and takes some milliseconds for each.
    #[must_use]
    pub fn new(config: BssConfig, rng: &mut dyn Rng) -> Bss {
        let policy = config.policy();
        let elements = policy.as_ref().map(ApPolicy::elements).unwrap_or_default();
        let authenticator = policy.as_ref().map(|policy| Arc::new(config.authenticator(policy)));
        let mut bss = Bss {
            addresses: Addresses::of(&config.lists),
            keyring: Keyring::of(&config),
            sae: SaeSide::new(&config, rng),
            config,
            condition: Condition::Stopped,
            policy,
            elements,
            authenticator,
            group: None,
            pmksa: PmksaCache::new(PMKSA_CAPACITY),
            fresh_keys: Vec::new(),
            stations: Stations::default(),
            non_erp_present: false,
            load: crate::load::Load::default(),
            switch: None,
            resync: None,
            silent: false,
            countermeasures: crate::countermeasures::Countermeasures::default(),
            asked: crate::asked::Asked::default(),
            outputs: VecDeque::new(),
        };
        if !bss.config.profile.remembers() {
            bss.pmksa = PmksaCache::new(0);
        }
        bss
    }

    /// What it is made from.
    #[must_use]
    pub const fn config(&self) -> &BssConfig {
        &self.config
    }

    /// Whether it works.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        self.condition
    }

    /// The stations, in the order of their addresses; those that only wrote to us too.
    pub fn stations(&self) -> impl Iterator<Item = &Station> {
        self.stations.values()
    }

    /// A station.
    #[must_use]
    pub fn station(&self, addr: MacAddr) -> Option<&Station> {
        self.stations.get(&addr)
    }

    /// The stations behind an address, in the order of addresses.
    pub fn stations_after(&self, addr: MacAddr) -> impl Iterator<Item = &Station> {
        self.stations.after(addr)
    }

    /// Cached keys.
    #[must_use]
    pub const fn pmksa(&self) -> &PmksaCache<()> {
        &self.pmksa
    }

    /// Keys are shared with the BSSs of this daemon that have the same name (`okc`).
    #[must_use]
    pub fn shares_keys(&self) -> bool {
        self.config.profile.shares() && self.config.profile.remembers()
    }

    /// The keys that stations have made since the last call, for the BSSs that share them.
    pub fn take_shared_keys(&mut self) -> Vec<PmksaEntry<()>> {
        core::mem::take(&mut self.fresh_keys)
    }

    /// A station has made a key with another BSS that shares its keys with this one.
    pub fn share_key(&mut self, entry: &PmksaEntry<()>) {
        if self.shares_keys() && self.policy.as_ref().is_some_and(|policy| policy.akms.contains(&entry.akm)) {
            self.pmksa.insert(PmksaEntry { opportunistic: true, ..entry.clone() });
        }
    }

    /// Forgets cached keys.
    pub fn flush_pmksa(&mut self) {
        self.pmksa.clear();
    }

    /// What is offered to stations; absent for an open network.
    #[must_use]
    pub const fn policy(&self) -> Option<&ApPolicy> {
        self.policy.as_ref()
    }

    /// The pairwise transient key of a station, for whoever has to see keys.
    #[must_use]
    pub fn ptk_of(&self, addr: MacAddr) -> Option<crypto::Secret> {
        self.stations.get(&addr)?.handshake.as_ref()?.ptk().map(rsn::ptk::Ptk::whole)
    }

    /// The key of a station's handshake, for test suites that read the air.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn pmk_of(&self, addr: MacAddr) -> Option<&crypto::Pmk> {
        let cached = self.pmksa.iter().find(|entry| entry.peer == addr).map(|entry| &entry.pmk);
        let Some(station) = self.stations.get(&addr).filter(|station| station.handshake.is_some()) else {
            return cached;
        };
        if let Some(key) = &station.sae_key {
            return Some(&key.pmk);
        }
        station.psk.as_ref().or(cached)
    }

    /// The channel that is in use.
    #[must_use]
    pub const fn operating(&self) -> &Operating {
        &self.config.operating
    }

    /// The driver's answer to a request.
    pub fn handle_reply(&mut self, tag: Tag, result: Result<Reply, Failure>, now: Instant, rng: &mut dyn Rng) {
        match (tag, result) {
            (Tag::Frame, result) => {
                self.frame_taken();
                if let Err(failure) = result {
                    self.log(Level::Debug, format!("sending a frame: {failure}"));
                }
            }
            (Tag::Start, Ok(_)) if self.condition == Condition::Starting => {
                self.condition = Condition::Running;
                self.plan_load(now);
                self.outputs.push_back(BssOutput::Started);
            }
            (Tag::Start, Err(failure)) => {
                self.lost();
                self.outputs.push_back(BssOutput::StartFailed(failure));
            }
            (Tag::PacketNumber { station, kind, index, generation }, result) => {
                let number = match result {
                    Ok(Reply::KeySequence(number)) => Some(number),
                    Ok(_) | Err(_) => None,
                };
                self.packet_number(station, (kind, index, generation), number, now, rng);
            }
            (Tag::Activity(addr), Ok(Reply::Stations { entries, .. })) => self.activity_known(addr, &entries, now),
            (Tag::Load, Ok(Reply::Survey { entries, last })) => self.surveyed(&entries, last),
            (Tag::Load, Err(failure)) => self.log(Level::Debug, format!("the load is not known: {failure}")),
            (Tag::Resync, Ok(Reply::Stations { entries, last })) => self.kernel_stations(&entries, last, now),
            (Tag::Resync, Err(failure)) => {
                self.resync = None;
                self.log(Level::Warning, format!("the driver does not name its stations: {failure}"));
            }
            (Tag::Activity(addr), Err(failure)) => {
                self.log(Level::Debug, format!("{addr}: the driver does not know its activity: {failure}"));
            }
            (Tag::Station { station, number }, Err(failure)) => self.entry_refused(station, number, &failure, now),
            (Tag::Key { station, number }, result) => self.key_answered(station, number, result.map(drop), now),
            (Tag::Switch, Err(failure)) => {
                self.log(Level::Warning, format!("the driver refuses to switch channels: {failure}"));
                self.switch = None;
            }
            (Tag::Plain(what), Err(failure)) => {
                self.log(Level::Debug, format!("{what}: {failure}"));
            }
            (_, Ok(_)) => {}
        }
    }

    /// Something happened. Events of other interfaces are passed over.
    pub fn handle_event(&mut self, event: &Event, now: Instant, rng: &mut dyn Rng) {
        if event.handle() != Some(self.config.handle) || self.condition == Condition::Stopped {
            return;
        }
        #[allow(clippy::wildcard_enum_match_arm, reason = "most events are about stations, not access points")]
        match event {
            Event::FrameReceived { signal, frame, .. } => self.handle_frame(frame, *signal, now, rng),
            Event::FrameSent { acked, frame, .. } => self.handle_sent(frame, *acked, now, rng),
            Event::Eapol { source, encrypted, data, .. } => self.handle_eapol(*source, *encrypted, data, now, rng),
            Event::EapolSent { dest, acked, .. } => self.handle_eapol_sent(*dest, *acked, now),
            Event::UnexpectedFrame { addr, .. } => self.handle_unexpected(*addr, now),
            Event::ProbeStatus { addr, acked, .. } => self.handle_probe_status(*addr, *acked, now),
            Event::MicFailure { addr, .. } => self.handle_mic_failure(*addr, now),
            Event::PacketLoss { addr, packets, .. } => self.handle_packet_loss(*addr, *packets, now),
            Event::ChannelSwitched { channel, .. } => self.handle_switched(*channel),
            Event::StationRemoved { addr, .. } => self.log(Level::Debug, format!("{addr}: the kernel removed it")),
            Event::ApStopped { .. } => {
                self.log(Level::Warning, "the kernel stopped the access point".into());
                self.lost();
            }
            _ => {}
        }
    }

    fn handle_frame(&mut self, bytes: &[u8], signal: Option<i32>, now: Instant, rng: &mut dyn Rng) {
        let Ok(header) = Management::parse(bytes) else { return };
        let own = self.config.own;
        // A station has an address of its own, and only the access point speaks as the access point (attack 2019-7).
        if header.source.is_group() || header.source.is_zero() || header.source == own {
            return;
        }
        if self.is_too_much(header.source) {
            return;
        }
        if header.subtype() == Subtype::PROBE_REQUEST {
            self.handle_probe(&header, signal);
            return;
        }
        // 9.3.3.1: address 3 of what stations of an infrastructure BSS send is the BSSID.
        if header.destination != own || header.bssid != own {
            return;
        }
        // 10.3.2.14.3: what was sent again since the acknowledgement was lost. The kernel does that for stations that it
        // knows, which those are not that authenticate.
        let this = (header.sequence, header.subtype());
        if header.is_retry()
            && self.stations.get(&header.source).is_some_and(|station| station.last_frame == Some(this))
        {
            return;
        }
        match header.subtype() {
            Subtype::AUTHENTICATION => self.handle_auth(&header, now, rng),
            Subtype::ASSOC_REQUEST => self.handle_assoc(&header, false, now, rng),
            Subtype::REASSOC_REQUEST => self.handle_assoc(&header, true, now, rng),
            Subtype::DISASSOC => self.handle_disassoc(&header, now),
            Subtype::DEAUTH => self.handle_deauth(&header, now),
            Subtype::ACTION => self.handle_action(&header, now),
            _ => {}
        }
        if let Some(station) = self.stations.get_mut(&header.source) {
            station.last_frame = Some(this);
        }
    }

    /// Something has to be done for its time has come.
    pub fn handle_timeout(&mut self, now: Instant, rng: &mut dyn Rng) {
        self.rekey_group_if_due(now, rng);
        for addr in self.stations.due(now) {
            self.handshake_timeout(addr, now, rng);
            self.sae_timeout(addr, now);
            self.sa_query_timeout(addr, now, rng);
            self.watch_timeout(addr, now);
            self.parting_timeout(addr, now);
            self.expiry(addr, now);
        }
        self.sae_work(now, rng);
        self.load_timeout(now);
        self.countermeasures_timeout(now);
        self.pmksa.handle_timeout(now);
        self.drain_group();
    }

    /// When [`Bss::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        let group = self.group.as_ref().and_then(Group::poll_deadline);
        let commits = self.sae.work.deadline();
        let others = [self.pmksa.poll_deadline(), self.load.deadline(), self.countermeasures.deadline()];
        [self.stations.deadline(), group, commits].into_iter().chain(others).flatten().min()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<BssOutput> {
        self.outputs.pop_front()
    }

    // What the other modules say with.

    pub(crate) fn request(&mut self, tag: Tag, request: Request) {
        self.outputs.push_back(BssOutput::Request { tag, request });
    }

    pub(crate) fn tell(&mut self, change: Change) {
        self.outputs.push_back(BssOutput::Change(change));
    }

    pub(crate) fn log(&mut self, level: Level, text: String) {
        self.outputs.push_back(BssOutput::Log { level, stranger: None, text });
    }

    /// A line that anybody on the air can cause, and of which kind it is.
    pub(crate) fn log_stranger(&mut self, kind: &'static str, text: String) {
        self.outputs.push_back(BssOutput::Log { level: Level::Info, stranger: Some(kind), text });
    }

    /// Sends a management frame to a station.
    pub(crate) fn send(&mut self, subtype: Subtype, to: MacAddr, body: impl FnOnce(&mut Writer)) {
        let own = self.config.own;
        if let Ok(frame) = frame::build(subtype, to, own, own, body) {
            self.transmit(frame, false);
        }
    }

    /// How long an authentication without association lasts.
    pub(crate) fn authenticated_lifetime(&self) -> Duration {
        let inactivity = Duration::from_secs(u64::from(self.config.profile.care.inactivity.max(1)));
        crate::station::AUTHENTICATED_LIFETIME.min(inactivity)
    }

    /// Sends an Authentication frame.
    pub(crate) fn send_auth(&mut self, to: MacAddr, auth: Authentication<'_>) {
        self.send(Subtype::AUTHENTICATION, to, |w| auth.write(w));
    }

    /// The station, made if there is room for one more: `max_num_sta` bounds those who are in, [`MAX_STRANGERS`] those who
    /// are not. A crowd that only knocks must keep nobody out, so the newest stranger takes the oldest one's place.
    pub(crate) fn station_entry(&mut self, addr: MacAddr, now: Instant) -> Option<&mut Station> {
        if !self.stations.contains_key(&addr) {
            let limit = usize::try_from(self.config.profile.admission.most).unwrap_or(usize::MAX);
            if self.stations.tallies().members >= limit {
                return None;
            }
            let (strangers, _) = self.stations.strangers();
            if strangers >= MAX_STRANGERS {
                self.displace_stranger(now);
            }
            let mut station = Station::new(addr, now);
            station.expires = Some(now + Duration::from_secs(10));
            self.stations.insert(station);
        }
        self.stations.get_mut(&addr)
    }

    /// Forgets the stranger that came first. Of those that have shown something in SAE none goes while the others have more
    /// than their share, and one that knows the password goes last.
    fn displace_stranger(&mut self, now: Instant) {
        let (_, others) = self.stations.strangers();
        let others_spared = others < MAX_STRANGERS.saturating_sub(SHARE_OF_SAE);
        if let Some(addr) = self.stations.first_to_go(others_spared) {
            self.log(Level::Debug, format!("{addr}: forgotten, others came after it"));
            self.forget(addr, now);
        }
    }

    /// What is in the lists and cannot be used is said by name.
    pub(crate) fn say_what_is_barred(&mut self) {
        for text in self.config.barred() {
            self.log(Level::Warning, text);
        }
    }
}
