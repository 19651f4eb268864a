//! The station's machine against the access point's under a virtual clock, over a link that loses, delays, doubles,
//! reorders and replays. The link knows what the kernel knows: an encrypted frame is read only by who has its key.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::testing::TestRng;
use crypto::{Pmk, Rng, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::ptk::receiver_key;
use crate::*;

pub(crate) const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xaa]);
pub(crate) const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum To {
    Ap,
    Station,
}

#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) at: Instant,
    pub(crate) to: To,
    pub(crate) frame: Vec<u8>,
    /// The key it was encrypted by.
    pub(crate) key: Option<Secret>,
}

/// What the air does, in percent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Air {
    pub(crate) loss: u64,
    pub(crate) double: u64,
    pub(crate) late: u64,
    pub(crate) replay: u64,
}

pub(crate) struct Pair {
    pub(crate) ap: Authenticator,
    pub(crate) sta: Supplicant,
    pub(crate) group: Group,
    pub(crate) now: Instant,
    pub(crate) rng: TestRng,
    pub(crate) air: Air,
    pub(crate) flights: VecDeque<Flight>,
    /// Every frame that was ever sent in the clear, as an attacker records it.
    pub(crate) recorded: Vec<Flight>,
    pub(crate) sta_keys: Vec<Secret>,
    pub(crate) sta_key_as_installed: Option<Secret>,
    pub(crate) ap_keys: Vec<Secret>,
    pub(crate) sta_groups: Vec<(GroupKeyKind, u8, Secret)>,
    pub(crate) ap_groups: Vec<(GroupKeyKind, u8, Secret)>,
    pub(crate) sta_completed: u32,
    pub(crate) ap_completed: u32,
    pub(crate) group_rekeyed: u32,
    pub(crate) matched: Option<usize>,
    pub(crate) mismatches: u32,
    pub(crate) mic_failures: Vec<bool>,
    pub(crate) ended: Option<(To, ReasonCode)>,
}

pub(crate) fn pmk(octet: u8) -> Pmk {
    Pmk::from_bytes(&[octet; 32]).unwrap()
}

pub(crate) fn offer(elements: &ApElements) -> ApOffer<'_> {
    ApOffer { rsne: elements.rsne.as_deref(), rsnxe: elements.rsnxe.as_deref(), wpa: elements.wpa.as_deref() }
}

/// A policy for each side that fits.
pub(crate) fn policies(akm: AkmSuite, pairwise: CipherSuite, pmf: Pmf) -> (StationPolicy, ApPolicy) {
    let mut ap = ApPolicy::rsn(&[akm], pmf);
    ap.rsn_pairwise = [pairwise].into();
    ap.group = pairwise;
    ap.beacon_protection = true;
    let station = StationPolicy {
        akms: [akm].into(),
        pairwise: [pairwise].into(),
        group: [pairwise].into(),
        pmf,
        ..StationPolicy::personal()
    };
    (station, ap)
}

impl Pair {
    pub(crate) fn new(seed: u64, station: &StationPolicy, ap: &ApPolicy, sta_pmk: Pmk, ap_pmks: Vec<Pmk>) -> Pair {
        Pair::with(seed, station, ap, sta_pmk, ap_pmks, |_| {})
    }

    pub(crate) fn with(
        seed: u64,
        station: &StationPolicy,
        ap: &ApPolicy,
        sta_pmk: Pmk,
        ap_pmks: Vec<Pmk>,
        change: impl FnOnce(&mut AuthenticatorConfig),
    ) -> Pair {
        let mut rng = TestRng::new(seed);
        let now = Instant::ZERO + Duration::from_secs(1000);
        let elements = ap.elements();
        let chosen = station.choose(&offer(&elements)).unwrap();
        let element = chosen.station_element(&[]);
        let rsnxe = chosen.station_rsnxe();
        let negotiated = ap.accept(&element, rsnxe.as_deref()).unwrap();
        let peer = PeerStation { addr: STA, negotiated, element: element.clone(), rsnxe: rsnxe.clone() };
        let mut config = AuthenticatorConfig::new(AP, elements.clone());
        change(&mut config);
        let sta = Supplicant::new(SupplicantConfig {
            pmk: Some(sta_pmk),
            ..SupplicantConfig::new(STA, AP, chosen, &offer(&elements), element, rsnxe)
        });
        let group = Group::new(GroupConfig::new(ap), now, &mut rng);
        let ap = Authenticator::new(Arc::new(config), peer, ap_pmks, None);
        let mut pair = Pair {
            ap,
            sta,
            group,
            now,
            rng,
            air: Air::default(),
            flights: VecDeque::new(),
            recorded: Vec::new(),
            sta_keys: Vec::new(),
            sta_key_as_installed: None,
            ap_keys: Vec::new(),
            sta_groups: Vec::new(),
            ap_groups: Vec::new(),
            sta_completed: 0,
            ap_completed: 0,
            group_rekeyed: 0,
            matched: None,
            mismatches: 0,
            mic_failures: Vec::new(),
            ended: None,
        };
        pair.collect();
        pair
    }

    pub(crate) fn simple(seed: u64, akm: AkmSuite, pmf: Pmf) -> Pair {
        let (station, ap) = policies(akm, CipherSuite::Ccmp128, pmf);
        Pair::new(seed, &station, &ap, pmk(7), [pmk(7)].into())
    }

    pub(crate) fn start(&mut self) {
        self.ap.start(self.now, &mut self.rng);
        self.collect();
    }

    fn send(&mut self, to: To, frame: Vec<u8>, key: Option<Secret>) {
        let mut flight = Flight { at: self.now, to, frame, key };
        if flight.key.is_none() {
            self.recorded.push(flight.clone());
        }
        let copies = if self.rng.percent(self.air.double) { 2 } else { 1 };
        for _ in 0..copies {
            if self.rng.percent(self.air.loss) {
                continue;
            }
            let most = if self.rng.percent(self.air.late) { 2_500_000 } else { 2_000 };
            flight.at = self.now + Duration::from_micros(self.rng.below(most));
            self.flights.push_back(flight.clone());
        }
    }

    /// Carries out what the machines want, as a daemon would, and proves that no key is installed twice.
    pub(crate) fn collect(&mut self) {
        while let Some(output) = self.ap.poll_output() {
            match output {
                AuthenticatorOutput::SendEapol { frame, encrypt } => {
                    let key = encrypt.then(|| self.ap_keys.last().unwrap().clone());
                    self.send(To::Station, frame, key);
                }
                AuthenticatorOutput::InstallPtk { cipher, key } => {
                    assert_eq!(key.len(), cipher.key_len());
                    assert!(!self.ap_keys.contains(&key), "pairwise key installed twice by the access point");
                    self.ap_keys.push(key);
                }
                AuthenticatorOutput::Completed { rekeyed } => {
                    assert_eq!(rekeyed, self.ap_completed > 0);
                    self.ap_completed += 1;
                }
                AuthenticatorOutput::GroupRekeyed => self.group_rekeyed += 1,
                AuthenticatorOutput::PskMatched { index } => self.matched = Some(index),
                AuthenticatorOutput::PskMismatch => self.mismatches += 1,
                AuthenticatorOutput::MicFailureReported { pairwise } => self.mic_failures.push(pairwise),
                AuthenticatorOutput::Disconnect { reason, .. } => self.ended = Some((To::Station, reason)),
            }
        }
        while let Some(output) = self.sta.poll_output() {
            match output {
                SupplicantOutput::SendEapol { frame, encrypt } => {
                    let key = encrypt.then(|| self.sta_keys.last().unwrap().clone());
                    self.send(To::Ap, frame, key);
                }
                SupplicantOutput::InstallPtk { cipher, key } => {
                    assert_eq!(key.len(), cipher.key_len());
                    self.sta_key_as_installed = Some(key.clone());
                    // The access point's order, for comparison.
                    let key = receiver_key(cipher, &key);
                    assert!(!self.sta_keys.contains(&key), "pairwise key installed twice by the station");
                    self.sta_keys.push(key);
                }
                SupplicantOutput::InstallGtk { cipher, index, key, .. } => {
                    self.install(GroupKeyKind::Gtk, index, receiver_key(cipher, &key));
                }
                SupplicantOutput::InstallIgtk { index, key, .. } => self.install(GroupKeyKind::Igtk, index, key),
                SupplicantOutput::InstallBigtk { index, key, .. } => self.install(GroupKeyKind::Bigtk, index, key),
                SupplicantOutput::Completed { .. } => self.sta_completed += 1,
                SupplicantOutput::GroupRekeyed | SupplicantOutput::PmkidMismatch { .. } => {}
                SupplicantOutput::Disconnect { reason, .. } => self.ended = Some((To::Ap, reason)),
            }
        }
        while let Some(GroupOutput::Install { kind, index, key, .. }) = self.group.poll_output() {
            assert!(!self.ap_groups.iter().any(|(_, _, old)| *old == key), "group key installed twice");
            self.ap_groups.push((kind, index, key));
        }
    }

    fn install(&mut self, kind: GroupKeyKind, index: u8, key: Secret) {
        assert!(!self.sta_groups.iter().any(|(_, _, old)| *old == key), "group key installed twice by the station");
        self.sta_groups.push((kind, index, key));
    }

    pub(crate) fn deliver(&mut self, flight: &Flight) -> Result<(), Discard> {
        let own = match flight.to {
            To::Ap => self.ap_keys.last(),
            To::Station => self.sta_keys.last(),
        };
        let protection = match &flight.key {
            None => Protection::Plain,
            Some(key) if own == Some(key) => Protection::Encrypted,
            Some(_) => return Err(Discard("cannot be decrypted")),
        };
        let result = match flight.to {
            To::Ap => self.ap.handle_eapol_key(&flight.frame, protection, &mut self.group, self.now, &mut self.rng),
            To::Station => self.sta.handle_eapol_key(&flight.frame, protection, self.now, &mut self.rng),
        };
        self.collect();
        result
    }

    /// The next frame or deadline, whichever is first. False when nothing is to come within the horizon.
    pub(crate) fn step(&mut self, horizon: Instant) -> bool {
        let flight =
            self.flights.iter().enumerate().min_by_key(|(_, flight)| flight.at).map(|(index, f)| (index, f.at));
        let deadlines = [self.ap.poll_deadline(), self.sta.poll_deadline(), self.group.poll_deadline()];
        let deadline = deadlines.into_iter().flatten().min();
        match (flight, deadline) {
            (Some((index, at)), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                if at > horizon {
                    return false;
                }
                self.now = self.now.max(at);
                let flight = self.flights.remove(index).unwrap();
                let _ = self.deliver(&flight);
                if self.rng.percent(self.air.replay) && !self.recorded.is_empty() {
                    let choice = self.rng.below(self.recorded.len() as u64) as usize;
                    let old = self.recorded[choice].clone();
                    let _ = self.deliver(&old);
                }
                true
            }
            (_, Some(deadline)) => {
                if deadline > horizon {
                    return false;
                }
                self.now = self.now.max(deadline);
                self.ap.handle_timeout(&mut self.group, self.now, &mut self.rng);
                self.sta.handle_timeout(self.now);
                self.group.handle_timeout(self.now, &mut self.rng, [&mut self.ap]);
                self.collect();
                true
            }
            _ => false,
        }
    }

    /// Runs until the handshake is over and everything on the air has arrived, or one side ended it.
    pub(crate) fn run(&mut self) {
        let horizon = self.now + Duration::from_secs(60);
        let mut steps = 0;
        while self.ended.is_none() && self.step(horizon) {
            steps += 1;
            assert!(steps < 10_000, "the machines do not come to rest");
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.ended.is_none() && self.ap.is_completed() && self.sta.is_completed() && self.same_keys()
    }

    pub(crate) fn same_keys(&self) -> bool {
        self.sta_keys.last().is_some() && self.sta_keys.last() == self.ap_keys.last()
    }

    /// The station has every group key that the access point uses for transmission.
    pub(crate) fn has_group_keys(&self, pmf: bool) -> bool {
        let newest = |kind| self.ap_groups.iter().rev().find(|(known, _, _)| *known == kind);
        let kinds: &[GroupKeyKind] =
            if pmf { &[GroupKeyKind::Gtk, GroupKeyKind::Igtk, GroupKeyKind::Bigtk] } else { &[GroupKeyKind::Gtk] };
        kinds.iter().all(|kind| newest(*kind).is_some_and(|key| self.sta_groups.contains(key)))
    }
}

const SUITES: [(AkmSuite, CipherSuite, Pmf); 9] = [
    (AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled),
    (AkmSuite::Psk, CipherSuite::Tkip, Pmf::Disabled),
    (AkmSuite::Psk, CipherSuite::Gcmp256, Pmf::Optional),
    (AkmSuite::PskSha256, CipherSuite::Ccmp128, Pmf::Required),
    (AkmSuite::Sae, CipherSuite::Ccmp128, Pmf::Required),
    (AkmSuite::SaeExt, CipherSuite::Gcmp256, Pmf::Required),
    (AkmSuite::Eap, CipherSuite::Ccmp128, Pmf::Optional),
    (AkmSuite::EapSha256, CipherSuite::Ccmp256, Pmf::Required),
    (AkmSuite::Owe, CipherSuite::Ccmp128, Pmf::Required),
];

#[test]
fn each_suite_connects_in_four_messages() {
    for (akm, cipher, pmf) in SUITES {
        let (station, ap) = policies(akm, cipher, pmf);
        let mut pair = Pair::new(1, &station, &ap, pmk(7), [pmk(7)].into());
        pair.start();
        pair.run();
        assert!(pair.is_connected(), "{akm} {cipher}");
        assert!(pair.has_group_keys(pmf != Pmf::Disabled), "{akm} {cipher}");
        assert_eq!(pair.recorded.len(), 4, "{akm} {cipher}");
    }
}

#[test]
fn longer_master_keys_choose_longer_hashes() {
    for len in [48, 64] {
        let key = Pmk::from_bytes(&[9; 64][..len]).unwrap();
        let (station, ap) = policies(AkmSuite::SaeExt, CipherSuite::Gcmp256, Pmf::Required);
        let mut pair = Pair::new(1, &station, &ap, key.clone(), [key].into());
        pair.start();
        pair.run();
        assert!(pair.is_connected() && pair.has_group_keys(true));
    }
    let key = Pmk::from_bytes(&[9; 48]).unwrap();
    let (station, ap) = policies(AkmSuite::SuiteB192, CipherSuite::Gcmp256, Pmf::Required);
    let mut pair = Pair::new(1, &station, &ap, key.clone(), [key].into());
    pair.start();
    pair.run();
    assert!(pair.is_connected());
}

fn wpa_policies(pairwise: CipherSuite) -> (StationPolicy, ApPolicy) {
    let (mut station, mut ap) = policies(AkmSuite::Psk, pairwise, Pmf::Disabled);
    station.protocols = [Protocol::Wpa].into();
    station.group = [CipherSuite::Tkip, CipherSuite::Ccmp128].into();
    ap.protocols = [Protocol::Wpa].into();
    ap.wpa_pairwise = [pairwise].into();
    (station, ap)
}

#[test]
fn wpa_connects_with_a_group_handshake_of_its_own() {
    for cipher in [CipherSuite::Tkip, CipherSuite::Ccmp128] {
        let (station, ap) = wpa_policies(cipher);
        let mut pair = Pair::new(1, &station, &ap, pmk(7), [pmk(7)].into());
        pair.start();
        pair.run();
        assert!(pair.ap.is_completed() && pair.sta.is_completed(), "{cipher}");
        assert_eq!((pair.sta_completed, pair.group_rekeyed), (1, 1));
        assert_eq!(pair.sta_groups.len(), 1);
    }
}

#[test]
fn michael_keys_change_places_between_the_sides() {
    let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Tkip, Pmf::Disabled);
    let mut pair = Pair::new(1, &station, &ap, pmk(7), [pmk(7)].into());
    pair.start();
    pair.run();
    let ours = pair.sta_key_as_installed.clone().unwrap();
    let (ours, theirs) = (ours.as_bytes(), pair.ap_keys[0].as_bytes());
    assert_eq!(ours[..16], theirs[..16]);
    assert_eq!(ours[16..24], theirs[24..]);
    assert_eq!(ours[24..], theirs[16..24]);
}

/// Thousands of handshakes over a bad link: connected or cleanly given up, and no key twice (asserted on the way).
fn endure(air: Air, seeds: u64) -> (u64, u64) {
    let (mut connected, mut given_up) = (0, 0);
    for seed in 0..seeds {
        let (akm, cipher, pmf) = SUITES[(seed % SUITES.len() as u64) as usize];
        let (station, ap) = policies(akm, cipher, pmf);
        let mut pair = Pair::new(seed, &station, &ap, pmk(7), [pmk(7)].into());
        pair.air = air;
        pair.start();
        pair.run();
        match pair.ended {
            None => {
                assert!(pair.is_connected(), "seed {seed}: neither connected nor given up");
                assert!(pair.has_group_keys(pmf != Pmf::Disabled), "seed {seed}: group keys differ");
                assert_eq!((pair.sta_keys.len(), pair.ap_keys.len()), (1, 1), "seed {seed}");
                connected += 1;
            }
            Some((To::Station, ReasonCode::FOUR_WAY_TIMEOUT)) => given_up += 1,
            Some(other) => panic!("seed {seed}: ended by {other:?}"),
        }
    }
    (connected, given_up)
}

#[test]
fn a_good_link_always_connects() {
    assert_eq!(endure(Air::default(), 900).1, 0);
}

#[test]
fn doubled_and_replayed_frames_hinder_nothing() {
    assert_eq!(endure(Air { double: 50, replay: 50, ..Air::default() }, 1800).1, 0);
}

#[test]
fn lost_frames_are_made_up_for() {
    let (connected, given_up) = endure(Air { loss: 20, ..Air::default() }, 3600);
    assert!(given_up * 20 < connected, "{given_up} of {} given up", connected + given_up);
}

#[test]
fn a_terrible_link_connects_or_gives_up() {
    let (connected, given_up) = endure(Air { loss: 30, double: 30, late: 30, replay: 30 }, 3600);
    assert!(connected > given_up);
    let (connected, given_up) = endure(Air { loss: 70, double: 10, late: 50, replay: 50 }, 1800);
    assert!(given_up > 0 && connected > 0);
}

#[test]
fn wpa_endures_loss_too() {
    for seed in 0..600 {
        let (station, ap) = wpa_policies(CipherSuite::Ccmp128);
        let mut pair = Pair::new(seed, &station, &ap, pmk(7), [pmk(7)].into());
        pair.air = Air { loss: 20, double: 20, late: 10, replay: 20 };
        pair.start();
        pair.run();
        let clean =
            matches!(pair.ended, Some((To::Station, ReasonCode::FOUR_WAY_TIMEOUT | ReasonCode::GROUP_KEY_TIMEOUT)));
        assert!(pair.is_connected() || clean, "seed {seed}: {:?}", pair.ended);
    }
}

#[test]
fn a_wrong_passphrase_is_told_on_both_sides() {
    let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
    let mut pair = Pair::new(1, &station, &ap, pmk(8), [pmk(7)].into());
    pair.start();
    let began = pair.now;
    pair.run();
    assert_eq!(pair.ended, Some((To::Station, ReasonCode::FOUR_WAY_TIMEOUT)));
    assert!(pair.sta.four_way_in_progress());
    assert_eq!(pair.mismatches, 4);
    // 100 ms, then three times 1 s.
    assert_eq!(pair.now - began, Duration::from_millis(3100));
}

#[test]
fn the_passphrase_is_found_among_several() {
    let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
    let keys: Vec<Pmk> = (0..20).map(pmk).collect();
    let mut pair = Pair::new(1, &station, &ap, pmk(13), keys);
    pair.start();
    pair.run();
    assert!(pair.is_connected());
    assert_eq!((pair.matched, pair.ap.matched()), (Some(13), Some(13)));
}

#[test]
fn pairwise_keys_are_renewed_by_the_access_point() {
    let (station, ap) = policies(AkmSuite::Sae, CipherSuite::Ccmp128, Pmf::Required);
    let mut pair = Pair::with(1, &station, &ap, pmk(7), [pmk(7)].into(), |config| {
        config.ptk_rekey = Some(Duration::from_secs(20));
    });
    pair.start();
    pair.run();
    assert!(pair.is_connected());
    assert!(pair.sta_keys.len() >= 3, "{} keys in a minute", pair.sta_keys.len());
    assert_eq!(pair.sta_keys, pair.ap_keys);
    assert_eq!(pair.sta_completed as usize, pair.sta_keys.len());
    assert!(pair.has_group_keys(true));
}

#[test]
fn pairwise_keys_are_renewed_at_the_stations_request() {
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    pair.start();
    pair.run();
    for round in 2..6 {
        pair.sta.request_rekey();
        pair.collect();
        pair.run();
        assert!(pair.is_connected());
        assert_eq!((pair.sta_keys.len(), pair.ap_keys.len()), (round, round));
    }
}

#[test]
fn michael_failures_are_reported() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    pair.run();
    for pairwise in [true, false] {
        pair.sta.report_mic_failure(pairwise);
        pair.collect();
        pair.run();
    }
    assert_eq!(pair.mic_failures, [true, false]);
    assert!(pair.is_connected());
}

#[test]
fn group_keys_are_renewed_and_take_turns() {
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    pair.start();
    pair.run();
    for round in 1..=5u8 {
        pair.group.rekey(pair.now, &mut pair.rng, [&mut pair.ap]);
        assert!(pair.group.is_rekeying());
        pair.collect();
        pair.run();
        assert!(!pair.group.is_rekeying());
        assert!(pair.is_connected() && pair.has_group_keys(true));
        let newest = pair.sta_groups.iter().rev().find(|(kind, _, _)| *kind == GroupKeyKind::Gtk).unwrap();
        assert_eq!(newest.1, 1 + round % 2);
    }
    assert_eq!(pair.sta_groups.len(), 18);
    assert_eq!(pair.group_rekeyed, 5);
}

#[test]
fn rekeying_endures_a_bad_link() {
    let mut ended = 0;
    for seed in 0..1000 {
        let mut pair = Pair::simple(seed, AkmSuite::Sae, Pmf::Required);
        pair.start();
        pair.run();
        assert!(pair.is_connected());
        pair.air = Air { loss: 15, double: 20, late: 10, replay: 20 };
        for round in 0..6 {
            if pair.ended.is_some() {
                break;
            }
            match (seed + round) % 4 {
                0 => pair.group.rekey(pair.now, &mut pair.rng, [&mut pair.ap]),
                1 => pair.ap.rekey(pair.now, &mut pair.rng),
                2 => pair.sta.request_rekey(),
                _ => {
                    pair.ap.rekey(pair.now, &mut pair.rng);
                    pair.group.rekey(pair.now, &mut pair.rng, [&mut pair.ap]);
                }
            }
            pair.collect();
            pair.run();
            let clean =
                matches!(pair.ended, Some((To::Station, ReasonCode::FOUR_WAY_TIMEOUT | ReasonCode::GROUP_KEY_TIMEOUT)));
            assert!(clean || (pair.is_connected() && pair.has_group_keys(true)), "seed {seed}: {:?}", pair.ended);
        }
        ended += u32::from(pair.ended.is_some());
    }
    assert!(ended < 500, "{ended} of 1000 links did not survive rekeying");
}

#[test]
fn a_station_that_is_gone_does_not_hold_up_the_group() {
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    pair.start();
    pair.run();
    pair.air.loss = 100;
    pair.group.rekey(pair.now, &mut pair.rng, [&mut pair.ap]);
    pair.collect();
    pair.run();
    assert_eq!(pair.ended, Some((To::Station, ReasonCode::GROUP_KEY_TIMEOUT)));
    assert!(!pair.group.is_rekeying());
    assert_eq!(pair.ap_groups.len(), 6);
}

#[test]
fn new_group_keys_follow_a_departure_where_configured() {
    let (_, policy) = policies(AkmSuite::Sae, CipherSuite::Ccmp128, Pmf::Required);
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    let config = GroupConfig { strict_rekey: true, rekey: None, ..GroupConfig::new(&policy) };
    pair.group = Group::new(config, pair.now, &mut pair.rng);
    pair.ap_groups.clear();
    pair.start();
    pair.run();
    assert_eq!(pair.group.poll_deadline(), None);
    pair.ap.leave(&mut pair.group, pair.now);
    let at = pair.group.poll_deadline().unwrap();
    assert_eq!(at, pair.now + Duration::from_millis(500));
    pair.group.handle_timeout(at, &mut pair.rng, []);
    pair.collect();
    assert_eq!(pair.ap_groups.len(), 6);
    assert!(!pair.group.is_rekeying());
}

#[test]
fn a_station_without_retries_gets_one_message_3() {
    let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
    let mut pair = Pair::with(1, &station, &ap, pmk(7), [pmk(7)].into(), |config| config.no_retries = true);
    pair.start();
    let horizon = pair.now + Duration::from_secs(60);
    pair.step(horizon);
    pair.step(horizon);
    pair.flights.clear();
    let began = pair.now;
    pair.run();
    assert_eq!(pair.ended, Some((To::Station, ReasonCode::FOUR_WAY_TIMEOUT)));
    assert_eq!(pair.recorded.len(), 3);
    assert_eq!(pair.now - began, Duration::from_secs(4));
}

#[test]
fn an_acknowledged_message_1_is_given_time() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    assert_eq!(pair.ap.poll_deadline(), Some(pair.now + Duration::from_millis(100)));
    pair.ap.handle_tx_status(true, pair.now);
    assert_eq!(pair.ap.poll_deadline(), Some(pair.now + Duration::from_secs(1)));
}

#[test]
fn random_octets_are_dropped_in_every_state() {
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    pair.start();
    let horizon = pair.now + Duration::from_secs(60);
    loop {
        for _ in 0..2000 {
            let mut frame = alloc::vec![0; pair.rng.below(200) as usize];
            pair.rng.fill(&mut frame);
            if pair.rng.percent(90) && frame.len() > 7 {
                let body = (frame.len() - 4) as u16;
                frame[1] = 3;
                frame[2..4].copy_from_slice(&body.to_be_bytes());
                frame[4] = 2;
                frame[6] &= !7;
            }
            let to = if pair.rng.percent(50) { To::Ap } else { To::Station };
            let _ = pair.deliver(&Flight { at: pair.now, to, frame, key: None });
        }
        if !pair.step(horizon) {
            break;
        }
    }
    assert!(pair.is_connected());
}
