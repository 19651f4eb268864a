//! Attacks on the station, and what each must not achieve.

use super::*;
use crate::key_frame::{Draft, KdeWriter, KeyInfo};
use crate::pair_tests::{AP, Flight, Pair, STA, To, offer, pmk, policies};
use crate::ptk::Ptk;
use crate::{GroupKeyKind, Pmf, Protocol};

pub(super) fn connected(akm: AkmSuite, pmf: Pmf) -> Pair {
    let mut pair = Pair::simple(1, akm, pmf);
    pair.start();
    pair.run();
    assert!(pair.is_connected());
    pair
}

/// What an attacker or a broken access point sends to the station.
pub(super) fn to_station(pair: &mut Pair, frame: Vec<u8>, encrypted: bool) -> Result<(), Discard> {
    let key = encrypted.then(|| pair.sta_keys.last().unwrap().clone());
    pair.deliver(&Flight { at: pair.now, to: To::Station, frame, key })
}

pub(super) fn ptk(pair: &Pair) -> Ptk {
    pair.sta.state.link().unwrap().ptk.clone()
}

pub(super) fn next_counter(pair: &Pair) -> u64 {
    pair.sta.shared.replay.unwrap() + 1
}

/// Everything that must not change when a frame is worthless.
pub(super) fn snapshot(pair: &Pair) -> (usize, usize, u32, bool) {
    (pair.sta_keys.len(), pair.sta_groups.len(), pair.sta_completed, pair.sta.is_completed())
}

fn forged_first(replay: u64, nonce: u8) -> Vec<u8> {
    let suite = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap();
    Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), replay)
        .key_len(16)
        .nonce(&[nonce; 32])
        .without_mic(&suite)
}

#[test]
fn a_replayed_message_3_is_dropped() {
    let mut pair = connected(AkmSuite::Psk, Pmf::Disabled);
    let before = snapshot(&pair);
    for old in pair.recorded.clone() {
        if old.to == To::Station {
            assert_eq!(pair.deliver(&old), Err(Discard("replay counter did not increase")));
        }
    }
    assert_eq!(snapshot(&pair), before);
}

#[test]
fn a_message_3_sent_again_is_answered_and_installs_nothing() {
    // Message 4 is lost, as the attacker of KRACK arranges it.
    for pmf in [Pmf::Disabled, Pmf::Required] {
        let mut pair = Pair::simple(1, AkmSuite::PskSha256, pmf);
        pair.start();
        let horizon = pair.now + Duration::from_secs(10);
        while !pair.sta.is_completed() {
            pair.step(horizon);
        }
        let before = snapshot(&pair);
        for _ in 0..3 {
            pair.flights.clear();
            // The access point's deadline, and then its message 3.
            assert!(pair.step(horizon) && pair.step(horizon));
            assert_eq!(pair.flights.len(), 1, "an answer in the clear");
            assert!(pair.flights[0].to == To::Ap && pair.flights[0].key.is_none());
            assert_eq!(snapshot(&pair), before);
        }
        pair.run();
        assert!(pair.is_connected());
    }
}

#[test]
fn delayed_messages_1_and_3_do_not_lead_to_a_zero_key() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let horizon = pair.now + Duration::from_secs(10);
    // Message 1 twice; the second is held back.
    let held = pair.flights[0].clone();
    while !pair.sta.is_completed() {
        pair.step(horizon);
    }
    pair.flights.clear();
    pair.step(horizon);
    let third = pair.flights.pop_back().unwrap();
    assert!(pair.deliver(&held).is_err());
    let forged = forged_first(next_counter(&pair), 9);
    let _ = to_station(&mut pair, forged, false);
    let before = snapshot(&pair);
    assert_eq!(pair.deliver(&third), Ok(()));
    assert_eq!(snapshot(&pair), before);
    assert!(pair.sta_keys.iter().all(|key| key.as_bytes().iter().any(|octet| *octet != 0)));
    pair.run();
    assert!(pair.is_connected());
}

#[test]
fn a_flood_of_forged_first_messages_does_not_break_the_handshake() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let horizon = pair.now + Duration::from_secs(60);
    for _ in 0..40 {
        let underway = pair.flights.len();
        for nonce in 1..20 {
            for replay in [0, 1, 2, 1000] {
                let _ = to_station(&mut pair, forged_first(replay, nonce), false);
            }
        }
        // One of the answers reaches the access point too, and says nothing to it.
        pair.flights.truncate(underway + 1);
        pair.step(horizon);
    }
    pair.run();
    assert!(pair.is_connected());
    assert_eq!(pair.sta_keys.len(), 1);
}

#[test]
fn a_forged_first_message_does_not_touch_an_established_link() {
    let mut pair = connected(AkmSuite::Psk, Pmf::Disabled);
    let before = ptk(&pair);
    for nonce in 1..100 {
        let forged = forged_first(next_counter(&pair) + 5, nonce);
        let _ = to_station(&mut pair, forged, false);
    }
    assert!(ptk(&pair) == before);
    pair.flights.clear();
    pair.group.rekey(pair.now, &mut pair.rng, [&mut pair.ap]);
    pair.collect();
    pair.run();
    assert!(pair.is_connected() && pair.has_group_keys(false));
    pair.ap.rekey(pair.now, &mut pair.rng);
    pair.collect();
    pair.run();
    assert!(pair.is_connected());
    assert_eq!(pair.sta_keys.len(), 2);
}

#[test]
fn frames_in_the_clear_are_dropped_once_management_frames_are_protected() {
    let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
    let before = snapshot(&pair);
    let counter = next_counter(&pair);
    let first = {
        let suite = KeySuite::new(AkmSuite::PskSha256, CipherSuite::Ccmp128, 32).unwrap();
        Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), counter)
            .key_len(16)
            .nonce(&[5; 32])
            .without_mic(&suite)
    };
    assert!(to_station(&mut pair, first.clone(), false).is_err());
    assert!(to_station(&mut pair, first, true).is_ok());
    let group = group_message(&mut pair, 1, &[0x55; 16]);
    assert!(to_station(&mut pair, group, false).is_err());
    assert_eq!(snapshot(&pair), before);
}

pub(super) fn group_message(pair: &mut Pair, index: u8, key: &[u8]) -> Vec<u8> {
    let data = KdeWriter::new().gtk(index, &Secret::from(key)).finish();
    let info = KeyInfo::ACK.with(KeyInfo::SECURE);
    let ptk = ptk(pair);
    Draft::new(Protocol::Rsn, 2, info, next_counter(pair)).key_data(data).encrypt_and_sign(&ptk, &mut pair.rng)
}

#[test]
fn a_group_key_is_not_installed_again_under_any_index() {
    let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
    let (_, index, key) = pair.sta_groups.iter().find(|(kind, _, _)| *kind == GroupKeyKind::Gtk).unwrap().clone();
    let before = snapshot(&pair);
    for index in [index, 3 - index, 3] {
        let frame = group_message(&mut pair, index, key.as_bytes());
        assert_eq!(to_station(&mut pair, frame, true), Ok(()));
        assert_eq!(pair.flights.len(), 1, "it is answered all the same");
        pair.flights.clear();
    }
    assert_eq!(snapshot(&pair), before);
}

#[test]
fn encrypted_key_data_without_mic_is_never_looked_at() {
    let mut pair = connected(AkmSuite::Psk, Pmf::Disabled);
    let before = snapshot(&pair);
    let mut group = group_message(&mut pair, 2, &[0x55; 16]);
    // Key Information: the MIC bit.
    group[5] &= !1;
    assert_eq!(to_station(&mut pair, group.clone(), true), Err(Discard("encrypted key data without MIC")));
    // And as a pairwise message.
    group[6] |= 8;
    assert_eq!(to_station(&mut pair, group.clone(), true), Err(Discard("encrypted key data without MIC")));
    // All alterations of the ciphertext look alike.
    let frame = group_message(&mut pair, 2, &[0x55; 16]);
    for at in 81..frame.len() {
        let mut altered = frame.clone();
        altered[at] ^= 0x40;
        let told = to_station(&mut pair, altered, true).unwrap_err();
        let length = (97..99).contains(&at);
        assert!(length || told == Discard("MIC does not fit"), "octet {at}: {told}");
    }
    assert_eq!(snapshot(&pair), before);
}

/// A handshake in which message 3 carries other elements than beacons did.
fn with_other_elements(change: impl FnOnce(&mut SupplicantConfig)) -> Pair {
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    change(&mut pair.sta.shared.config);
    pair.start();
    pair.run();
    pair
}

#[test]
fn a_message_3_that_contradicts_the_beacon_ends_the_association() {
    let changes: [fn(&mut SupplicantConfig); 3] = [
        |config| *config.ap_rsne.as_mut().unwrap().last_mut().unwrap() ^= 1,
        |config| config.ap_rsnxe = None,
        |config| config.ap_rsnxe = Some([244, 1, 0x40].into()),
    ];
    for change in changes {
        let pair = with_other_elements(change);
        assert_eq!(pair.ended, Some((To::Ap, ReasonCode::ELEMENT_MISMATCH)));
        assert!(pair.sta_keys.is_empty() && !pair.sta.has_ptk() && !pair.sta.four_way_in_progress());
    }
    let heard_nothing = with_other_elements(|config| (config.ap_rsne, config.ap_rsnxe) = (None, None));
    assert!(heard_nothing.is_connected());
}

#[test]
fn an_rsne_hidden_to_have_wpa_chosen_is_found_out() {
    let (mut station, mut ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
    station.protocols = [Protocol::Rsn, Protocol::Wpa].into();
    ap.protocols = [Protocol::Rsn, Protocol::Wpa].into();
    ap.wpa_pairwise = [CipherSuite::Ccmp128].into();
    let elements = ap.elements();
    let heard = ApOffer { rsne: None, ..offer(&elements) };
    let chosen = station.choose(&heard).unwrap();
    assert_eq!(chosen.protocol, Protocol::Wpa);
    let element = chosen.station_element(&[]);
    let mut sta = Supplicant::new(SupplicantConfig {
        pmk: Some(pmk(7)),
        ..SupplicantConfig::new(STA, AP, chosen, &heard, element, None)
    });
    let suite = KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap();
    let mut rng = crypto::testing::TestRng::new(1);
    let first = Draft::new(Protocol::Wpa, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), 1)
        .key_len(16)
        .nonce(&[3; 32])
        .without_mic(&suite);
    sta.handle_eapol_key(&first, Protection::Plain, Instant::ZERO, &mut rng).unwrap();
    let snonce = sta.state.answered().unwrap().snonce;
    let ptk = suite.derive(&pmk(7), AP, STA, &[3; 32], &snonce);
    let data = KdeWriter::new().element(elements.rsne.as_deref()).element(elements.wpa.as_deref()).finish();
    let info = KeyInfo::PAIRWISE.with(KeyInfo::ACK).with(KeyInfo::INSTALL);
    let third = Draft::new(Protocol::Wpa, 2, info, 2).key_len(16).nonce(&[3; 32]).key_data(data).sign(&ptk);
    sta.handle_eapol_key(&third, Protection::Plain, Instant::ZERO, &mut rng).unwrap();
    let ended = core::iter::from_fn(|| sta.poll_output())
        .any(|output| matches!(output, SupplicantOutput::Disconnect { reason: ReasonCode::ELEMENT_MISMATCH, .. }));
    assert!(ended && !sta.has_ptk());
}

#[test]
fn another_pmkid_is_reported_where_a_full_authentication_could_follow() {
    let mut pair = Pair::simple(1, AkmSuite::Eap, Pmf::Disabled);
    pair.sta.shared.config.pmkid = Some(Pmkid([1; 16]));
    let suite = pair.sta.shared.suite().unwrap();
    let first = Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), 1)
        .key_len(16)
        .nonce(&[3; 32])
        .key_data(KdeWriter::new().pmkid(Some(Pmkid([2; 16]))).finish())
        .without_mic(&suite);
    let told = pair.sta.handle_eapol_key(&first, Protection::Plain, pair.now, &mut pair.rng);
    assert!(told.is_err() && !pair.sta.four_way_in_progress());
    assert_eq!(pair.sta.poll_output(), Some(SupplicantOutput::PmkidMismatch { pmkid: Pmkid([2; 16]) }));
    assert_eq!(pair.sta.poll_output(), None);
    pair.start();
    pair.run();
    assert!(pair.is_connected());
}

#[test]
fn a_message_1_with_broken_key_data_is_dropped_in_silence() {
    let mut pair = connected(AkmSuite::Psk, Pmf::Disabled);
    for broken in [&[0xdd, 20, 0, 0x0f, 0xac, 4][..], &[0xdd, 5, 0, 0x0f, 0xac, 4, 1], &[1]] {
        let suite = pair.sta.shared.suite().unwrap();
        let frame = Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), next_counter(&pair))
            .nonce(&[3; 32])
            .key_data(Secret::from(broken))
            .without_mic(&suite);
        assert!(to_station(&mut pair, frame, false).is_err());
    }
    assert!(pair.flights.is_empty() && pair.is_connected());
}

#[test]
fn a_handshake_without_a_master_key_waits_for_it() {
    let mut pair = Pair::simple(1, AkmSuite::EapSha256, Pmf::Required);
    pair.sta.shared.config.pmk = None;
    pair.start();
    let horizon = pair.now + Duration::from_millis(50);
    while pair.step(horizon) {}
    assert!(!pair.sta.four_way_in_progress());
    pair.sta.set_pmk(pmk(7), None);
    pair.run();
    assert!(pair.is_connected());
}

#[test]
fn renewed_keys_are_asked_for_in_time() {
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    pair.sta.shared.config.ptk_rekey = Some(Duration::from_secs(25));
    pair.start();
    pair.run();
    assert!(pair.is_connected());
    assert_eq!(pair.sta_keys.len(), 3);
}
