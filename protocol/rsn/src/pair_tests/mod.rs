//! The station's machine against the access point's under a virtual clock, over a link that loses, delays, doubles,
//! reorders and replays. The link knows what the kernel knows: an encrypted frame is read only by who has its key.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::testing::TestRng;
use crypto::{Pmk, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::ptk::receiver_key;
use crate::*;

mod handshakes;
mod rekeying;
mod telling;

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
    pub(crate) reports: Vec<Report>,
    pub(crate) ap_completed: u32,
    pub(crate) group_rekeyed: u32,
    pub(crate) matched: Option<usize>,
    pub(crate) mismatches: u32,
    pub(crate) mic_failures: Vec<bool>,
    pub(crate) ended: Option<(To, ReasonCode)>,
    /// What message 3 told the station beside keys.
    pub(crate) told: Vec<SupplicantOutput>,
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
            ssid: Some(b"net".to_vec()),
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
            reports: Vec::new(),
            ap_completed: 0,
            group_rekeyed: 0,
            matched: None,
            mismatches: 0,
            mic_failures: Vec::new(),
            ended: None,
            told: Vec::new(),
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
                SupplicantOutput::SsidConfirmed
                | SupplicantOutput::TransitionDisable(_)
                | SupplicantOutput::PasswordIdentifiers(_) => self.told.push(output),
                SupplicantOutput::Reconnect => self.ended = Some((To::Ap, ReasonCode::DEAUTH_LEAVING)),
                SupplicantOutput::Report(report) => self.reports.push(report),
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
