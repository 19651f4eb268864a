//! Handshakes: what the machines of `rsn` ask for becomes requests to the driver.

use alloc::format;
use alloc::vec::Vec;

use crate::change::{Change, Level};
use crypto::Rng;
use ipc_proto::{Failure, KeyBytes, KeyKind, KeyParameters, Request, StationFlags};
use rsn::{Authenticator, AuthenticatorOutput, CipherSuite, Group, GroupKeyKind, GroupOutput, Protection};
use wire::{Instant, MacAddr, ReasonCode};

use crate::bss::{Bss, Tag};
use crate::station::{Held, Stage, Station};

/// EAPOL packet type of key frames (IEEE Std 802.1X-2020 Table 11-3).
const EAPOL_KEY: u8 = 3;
/// Most messages of one station that wait for the driver: a handshake has one under way, and its repetitions.
const MAX_HELD: usize = 8;

impl Bss {
    pub(crate) fn handle_eapol(
        &mut self,
        source: MacAddr,
        encrypted: Option<bool>,
        data: &[u8],
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if data.get(1) != Some(&EAPOL_KEY) {
            return;
        }
        let protection = match encrypted {
            Some(true) => Protection::Encrypted,
            Some(false) => Protection::Plain,
            None => Protection::Unknown,
        };
        let Some(station) = self.stations.get_mut(&source) else { return };
        match &mut station.held {
            Some(held) => {
                if held.frames.len() < MAX_HELD {
                    held.frames.push((data.to_vec(), protection));
                }
            }
            None if station.handshake.as_ref().is_some_and(Authenticator::group_keys_come_next) => {
                let awaited = self.ask_packet_numbers(source);
                if let Some(station) = self.stations.get_mut(&source).filter(|_| awaited > 0) {
                    station.held = Some(Held { frames: [(data.to_vec(), protection)].into(), awaited });
                } else {
                    self.take_key_frame(source, data, protection, now, rng);
                }
            }
            None => self.take_key_frame(source, data, protection, now, rng),
        }
    }

    /// Asks the driver which packet numbers the group keys have reached; gives how many answers will come. Keys that are
    /// just being handed out are not in use yet, and begin at zero.
    fn ask_packet_numbers(&mut self, station: MacAddr) -> usize {
        let handle = self.config.handle;
        let Some(group) = self.group.as_ref().filter(|group| !group.is_rekeying()) else { return 0 };
        let generation = group.generation();
        let keys: Vec<(GroupKeyKind, u8)> = group.indices().collect();
        for (kind, index) in &keys {
            let tag = Tag::PacketNumber { station, kind: *kind, index: *index, generation };
            self.request(tag, Request::KeySequence { handle, index: *index, link: None });
        }
        keys.len()
    }

    /// The driver said what packet number a group key has reached, or does not know.
    pub(crate) fn packet_number(
        &mut self,
        addr: MacAddr,
        (kind, index, generation): (GroupKeyKind, u8, u64),
        number: Option<[u8; 6]>,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if let Some(group) = self.group.as_mut().filter(|group| group.generation() == generation)
            && let Some(number) = number
        {
            group.set_packet_number(kind, index, number);
        }
        let Some(station) = self.stations.get_mut(&addr) else { return };
        let Some(held) = &mut station.held else { return };
        held.awaited = held.awaited.saturating_sub(1);
        if held.awaited == 0 {
            for (data, protection) in station.held.take().into_iter().flat_map(|held| held.frames) {
                self.take_key_frame(addr, &data, protection, now, rng);
            }
        }
    }

    fn take_key_frame(
        &mut self,
        source: MacAddr,
        data: &[u8],
        protection: Protection,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let (Some(station), Some(group)) = (self.stations.get_mut(&source), self.group.as_mut()) else { return };
        let Some(handshake) = &mut station.handshake else { return };
        if let Err(discard) = handshake.handle_eapol_key(data, protection, group, now, rng) {
            self.log(Level::Debug, format!("{source}: EAPOL-Key frame dropped: {}", discard.0));
        }
        self.drain_handshake(source, now);
    }

    pub(crate) fn handle_eapol_sent(&mut self, dest: MacAddr, acked: bool, now: Instant) {
        if let Some(handshake) = self.stations.get_mut(&dest).and_then(|station| station.handshake.as_mut()) {
            handshake.handle_tx_status(acked, now);
        }
    }

    pub(crate) fn handshake_timeout(&mut self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) {
        let (Some(station), Some(group)) = (self.stations.get_mut(&addr), self.group.as_mut()) else { return };
        if let Some(handshake) = &mut station.handshake {
            handshake.handle_timeout(group, now, rng);
            let another = !handshake.is_completed();
            self.drain_handshake(addr, now);
            if another {
                // What is sent again says what was true when it was sent before, which errs on the side of accepting.
                self.ask_packet_numbers(addr);
            }
        }
    }

    pub(crate) fn rekey_group_if_due(&mut self, now: Instant, rng: &mut dyn Rng) {
        let Some(group) = self.group.as_mut() else { return };
        if group.poll_deadline().is_none_or(|at| at > now) {
            return;
        }
        group.handle_timeout(now, rng, self.stations.values_mut().filter_map(|station| station.handshake.as_mut()));
        self.drain_all_handshakes(now);
    }

    /// New group keys for all, now.
    pub fn rekey_group(&mut self, now: Instant, rng: &mut dyn Rng) -> bool {
        let Some(group) = self.group.as_mut() else { return false };
        group.rekey(now, rng, self.stations.values_mut().filter_map(|station| station.handshake.as_mut()));
        self.drain_all_handshakes(now);
        true
    }

    /// A new pairwise key for a station, now.
    pub fn rekey_pairwise(&mut self, addr: MacAddr, now: Instant, rng: &mut dyn Rng) -> bool {
        let handshake = self.stations.get_mut(&addr).and_then(|station| station.handshake.as_mut());
        let Some(handshake) = handshake.filter(|handshake| handshake.is_completed()) else { return false };
        handshake.rekey(now, rng);
        self.drain_handshake(addr, now);
        true
    }

    fn drain_all_handshakes(&mut self, now: Instant) {
        let all: Vec<MacAddr> =
            self.stations.values().filter(|station| station.handshake.is_some()).map(Station::addr).collect();
        for addr in all {
            self.drain_handshake(addr, now);
        }
        self.drain_group();
    }

    pub(crate) fn drain_handshake(&mut self, addr: MacAddr, now: Instant) {
        let handle = self.config.handle;
        while let Some(output) = self
            .stations
            .get_mut(&addr)
            .and_then(|station| station.handshake.as_mut())
            .and_then(Authenticator::poll_output)
        {
            match output {
                AuthenticatorOutput::SendEapol { frame, encrypt } => self.request(
                    Tag::Plain("sending a handshake message"),
                    Request::SendEapol { handle, dest: addr, data: frame, encrypt },
                ),
                AuthenticatorOutput::InstallPtk { cipher, key } => {
                    let key = parameters(KeyKind::Pairwise(addr), 0, cipher, key.as_bytes(), false);
                    let number = self.next_number();
                    if let Some(station) = self.stations.get_mut(&addr) {
                        station.key_awaited = Some(number);
                    }
                    self.request(Tag::Key { station: addr, number }, Request::AddKey { handle, key });
                }
                AuthenticatorOutput::Completed { rekeyed } => self.completed(addr, rekeyed, now),
                AuthenticatorOutput::GroupRekeyed => {
                    self.log(Level::Debug, format!("{addr}: has the new group keys"));
                }
                AuthenticatorOutput::PskMatched { index } => {
                    if let Some(station) = self.stations.get_mut(&addr) {
                        let matched = station.candidates.as_ref().and_then(|offered| offered.get(index));
                        station.keyid = matched.and_then(|candidate| candidate.keyid.clone());
                        station.psk = matched.map(|candidate| candidate.pmk.clone());
                    }
                }
                AuthenticatorOutput::PskMismatch => self.mismatch(addr),
                AuthenticatorOutput::MicFailureReported { pairwise } => self.handle_mic_report(addr, pairwise, now),
                AuthenticatorOutput::Disconnect { reason, why } => {
                    self.log_stranger("stations were sent away", format!("{addr}: sent away: {why}"));
                    self.deauthenticate(addr, reason, now);
                }
            }
        }
        self.drain_group();
    }

    fn mismatch(&mut self, addr: MacAddr) {
        let Some(station) = self.stations.get_mut(&addr) else { return };
        station.mismatches = station.mismatches.saturating_add(1);
        self.log_stranger(
            "stations had another key (wrong passphrase?)",
            format!("{addr}: its key is not ours (wrong passphrase?)"),
        );
        self.tell(Change::PskMismatch(addr));
    }

    fn completed(&mut self, addr: MacAddr, rekeyed: bool, now: Instant) {
        if rekeyed {
            self.log(Level::Info, format!("{addr}: pairwise key renewed"));
        } else {
            if let Some(station) = self.stations.get_mut(&addr) {
                station.negotiation_over = true;
            }
            self.authorize(addr, now);
        }
        // Clients wait for the connection first: where that waits for the kernel's answer, this does.
        if self.stations.get(&addr).is_some_and(|station| rekeyed || station.key_awaited.is_none()) {
            self.tell(Change::FourWayCompleted(addr));
        }
    }

    /// What came of installing a pairwise key. Without it there is no association, and the port waits for it.
    pub(crate) fn key_answered(&mut self, addr: MacAddr, number: u64, result: Result<(), Failure>, now: Instant) {
        let Some(station) = self.stations.get_mut(&addr).filter(|station| station.key_awaited == Some(number)) else {
            return;
        };
        station.key_awaited = None;
        match result {
            Ok(()) if station.negotiation_over && !station.authorized => {
                self.authorize(addr, now);
                self.tell(Change::FourWayCompleted(addr));
            }
            Ok(()) => {}
            Err(failure) => {
                self.log(Level::Warning, format!("{addr}: the driver refuses its key: {failure}"));
                self.deauthenticate(addr, ReasonCode::UNSPECIFIED, now);
            }
        }
    }

    /// Opens the port (IEEE Std 802.1X-2020 8.4).
    pub(crate) fn authorize(&mut self, addr: MacAddr, now: Instant) {
        let handle = self.config.handle;
        let Some(station) = self.stations.get_mut(&addr) else { return };
        if station.authorized || station.stage != Stage::Associated || station.key_awaited.is_some() {
            return;
        }
        station.authorized = true;
        station.connected_since = Some(now);
        station.sae = None;
        let (keyid, number) = (station.keyid.clone(), station.entry);
        let flags = StationFlags { authorized: Some(true), ..StationFlags::default() };
        self.request(Tag::Station { station: addr, number }, Request::SetStationFlags { handle, addr, flags });
        self.log(Level::Info, format!("{addr}: connected"));
        self.tell(Change::Connected { addr, keyid });
    }

    pub(crate) fn drain_group(&mut self) {
        let handle = self.config.handle;
        while let Some(output) = self.group.as_mut().and_then(Group::poll_output) {
            let GroupOutput::Install { cipher, index, key, .. } = output;
            let key = parameters(KeyKind::Group, index, cipher, key.as_bytes(), true);
            self.request(Tag::Plain("installing a group key"), Request::AddKey { handle, key });
        }
    }
}

fn parameters(kind: KeyKind, index: u8, cipher: CipherSuite, key: &[u8], set_default: bool) -> KeyParameters {
    KeyParameters {
        kind,
        index,
        cipher: cipher.nl80211(),
        key: KeyBytes::new(key),
        sequence: Vec::new(),
        set_default,
        rx_only: false,
        link: None,
    }
}
