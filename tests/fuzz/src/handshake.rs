//! Both machines of the 4-way and group handshakes, with an attacker on the air who is made of the input's octets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crypto::testing::TestRng;
use crypto::{Pmk, Secret};
use rsn::{
    AkmSuite, ApOffer, ApPolicy, Authenticator, AuthenticatorConfig, AuthenticatorOutput, Group, GroupConfig,
    GroupOutput, PeerStation, Pmf, Protection, StationPolicy, Supplicant, SupplicantConfig, SupplicantOutput,
};
use wire::{Instant, MacAddr};

use crate::records::Records;

const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xaa]);
const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

/// A frame on its way.
#[derive(Clone)]
struct Flight {
    to_station: bool,
    frame: Vec<u8>,
    protection: Protection,
}

struct Pair {
    ap: Authenticator,
    sta: Supplicant,
    group: Group,
    now: Instant,
    rng: TestRng,
    air: VecDeque<Flight>,
    past: Vec<Flight>,
    keys: Vec<Secret>,
}

/// Octets of the input say, one after the other, what happens to the next frame.
pub(crate) fn both_sides(data: &[u8]) {
    let Some((kind, mut data)) = data.split_first() else { return };
    let akm = if kind & 1 == 0 { AkmSuite::Psk } else { AkmSuite::Sae };
    let Some(mut pair) = Pair::new(akm, u64::from(*kind)) else { return };
    pair.ap.start(pair.now, &mut pair.rng);
    pair.collect();
    while let Some((action, rest)) = data.split_first() {
        data = rest;
        match action % 8 {
            // The frame arrives.
            0..=2 => {
                if let Some(flight) = pair.air.pop_front() {
                    pair.deliver(&flight);
                }
            }
            // It is lost.
            3 => drop(pair.air.pop_front()),
            // One of the past arrives again.
            4 => {
                let index = usize::from(action >> 3) % pair.past.len().max(1);
                if let Some(flight) = pair.past.get(index).cloned() {
                    pair.deliver(&flight);
                }
            }
            // It arrives with one octet changed.
            5 => {
                let (place, rest) = data.split_first().unwrap_or((&0, &[]));
                let (change, rest) = rest.split_first().unwrap_or((&1, &[]));
                data = rest;
                if let Some(mut flight) = pair.air.pop_front() {
                    let index = usize::from(*place) % flight.frame.len().max(1);
                    if let Some(octet) = flight.frame.get_mut(index) {
                        *octet ^= change;
                    }
                    pair.deliver(&flight);
                }
            }
            // Time passes.
            6 => pair.wait(),
            // A frame out of nothing.
            _ => {
                let length = usize::from(action >> 3) * 8;
                let (frame, rest) = data.split_at(length.min(data.len()));
                data = rest;
                let protection = if action & 64 == 0 { Protection::Plain } else { Protection::Encrypted };
                let flight = Flight { to_station: action & 128 == 0, frame: frame.to_vec(), protection };
                pair.deliver(&flight);
            }
        }
        pair.collect();
    }
}

/// One side alone, and a stream of frames from somebody who has no key. `station`: which side.
fn alone(data: &[u8], station: bool) {
    let Some((kind, data)) = data.split_first() else { return };
    let akm = match kind % 3 {
        0 => AkmSuite::Psk,
        1 => AkmSuite::PskSha256,
        _ => AkmSuite::Sae,
    };
    let Some(mut pair) = Pair::new(akm, u64::from(*kind)) else { return };
    pair.ap.start(pair.now, &mut pair.rng);
    for record in Records(data).take(64) {
        let protection = if record.kind & 1 == 0 { Protection::Plain } else { Protection::Encrypted };
        if record.kind & 0x80 != 0 {
            pair.wait();
        }
        pair.deliver(&Flight { to_station: station, frame: record.data.to_vec(), protection });
        while let Some(output) = pair.sta.poll_output() {
            let plain = matches!(
                output,
                SupplicantOutput::SendEapol { .. }
                    | SupplicantOutput::PmkidMismatch { .. }
                    | SupplicantOutput::Report(_)
                    | SupplicantOutput::Disconnect { .. }
            );
            assert!(plain, "the station believes somebody without a key");
        }
        while let Some(output) = pair.ap.poll_output() {
            let plain = matches!(
                output,
                AuthenticatorOutput::SendEapol { .. }
                    | AuthenticatorOutput::PskMismatch
                    | AuthenticatorOutput::Disconnect { .. }
            );
            assert!(plain, "the access point believes somebody without a key");
        }
        while pair.group.poll_output().is_some() {}
    }
}

/// What an access point without the key can tell a station.
pub(crate) fn station(data: &[u8]) {
    alone(data, true);
}

/// What a station without the key can tell an access point.
pub(crate) fn access_point(data: &[u8]) {
    alone(data, false);
}

impl Pair {
    fn new(akm: AkmSuite, seed: u64) -> Option<Self> {
        let mut rng = TestRng::new(seed);
        let now = Instant::from_origin(Duration::from_secs(1000));
        let policy = ApPolicy::rsn(&[akm], Pmf::Optional);
        let elements = policy.elements();
        let offer =
            ApOffer { rsne: elements.rsne.as_deref(), rsnxe: elements.rsnxe.as_deref(), wpa: elements.wpa.as_deref() };
        let station = StationPolicy { akms: [akm].into(), pmf: Pmf::Optional, ..StationPolicy::personal() };
        let chosen = station.choose(&offer).ok()?;
        let element = chosen.station_element(&[]);
        let rsnxe = chosen.station_rsnxe();
        let negotiated = policy.accept(&element, rsnxe.as_deref()).ok()?;
        let peer = PeerStation { addr: STA, negotiated, element: element.clone(), rsnxe: rsnxe.clone() };
        let pmk = Pmk::from_bytes(&[7; 32])?;
        let sta = Supplicant::new(SupplicantConfig {
            pmk: Some(pmk.clone()),
            ..SupplicantConfig::new(STA, AP, chosen, &offer, element, rsnxe)
        });
        let group = Group::new(GroupConfig::new(&policy), now, &mut rng);
        let config = Arc::new(AuthenticatorConfig::new(AP, elements.clone()));
        let ap = Authenticator::new(config, peer, vec![pmk], None);
        let (air, past, keys) = (VecDeque::new(), Vec::new(), Vec::new());
        Some(Self { ap, sta, group, now, rng, air, past, keys })
    }

    fn deliver(&mut self, flight: &Flight) {
        if flight.to_station {
            let _ = self.sta.handle_eapol_key(&flight.frame, flight.protection, self.now, &mut self.rng);
        } else {
            let (now, protection) = (self.now, flight.protection);
            let _ = self.ap.handle_eapol_key(&flight.frame, protection, &mut self.group, now, &mut self.rng);
        }
    }

    fn wait(&mut self) {
        let due = self.ap.poll_deadline();
        let later = self.now + Duration::from_millis(100);
        self.now = due.unwrap_or(later).max(later);
        self.sta.handle_timeout(self.now);
        self.ap.handle_timeout(&mut self.group, self.now, &mut self.rng);
        self.group.handle_timeout(self.now, &mut self.rng, [&mut self.ap]);
    }

    fn send(&mut self, to_station: bool, frame: Vec<u8>, encrypt: bool) {
        let protection = if encrypt { Protection::Encrypted } else { Protection::Plain };
        let flight = Flight { to_station, frame, protection };
        if self.past.len() < 64 {
            self.past.push(flight.clone());
        }
        self.air.push_back(flight);
    }

    /// Takes all outputs; a key must never be installed a second time.
    #[allow(clippy::wildcard_enum_match_arm, reason = "all else is told to others")]
    fn collect(&mut self) {
        while let Some(output) = self.sta.poll_output() {
            match output {
                SupplicantOutput::SendEapol { frame, encrypt } => self.send(false, frame, encrypt),
                SupplicantOutput::InstallPtk { key, .. } => {
                    assert!(!self.keys.contains(&key), "the station installs a pairwise key twice");
                    self.keys.push(key);
                }
                _ => {}
            }
        }
        while let Some(output) = self.ap.poll_output() {
            if let AuthenticatorOutput::SendEapol { frame, encrypt } = output {
                self.send(true, frame, encrypt);
            }
        }
        while let Some(GroupOutput::Install { .. }) = self.group.poll_output() {}
    }
}
