//! Attacks on the access point, and what each must not achieve.

use super::*;
use crate::key_frame::{Draft, KdeWriter, KeyInfo};
use crate::pair_tests::{AP, Flight, Pair, STA, To, pmk, policies};
use crate::ptk::Ptk;
use crate::{AkmSuite, ApOffer, Pmf, Protocol, Supplicant, SupplicantConfig, SupplicantOutput};

fn to_ap(pair: &mut Pair, frame: Vec<u8>) -> Result<(), Discard> {
    let key = pair.ap_keys.last().cloned();
    pair.deliver(&Flight { at: pair.now, to: To::Ap, frame, key })
}

fn psk_suite() -> KeySuite {
    KeySuite::new(AkmSuite::Psk, CipherSuite::Ccmp128, 32).unwrap()
}

fn message_4(replay: u64, ptk: &Ptk) -> Vec<u8> {
    Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE.with(KeyInfo::SECURE), replay).sign(ptk)
}

fn anonce(pair: &Pair) -> crate::ptk::Nonce {
    match &pair.ap.state {
        State::AwaitMessage2(state) => state.anonce,
        State::AwaitMessage4(state) => state.anonce,
        State::Idle(_) | State::Established(_) | State::Closed => panic!("no handshake"),
    }
}

#[test]
fn message_4_is_nothing_before_a_verified_message_2() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    pair.flights.clear();
    // Even by someone who knows the passphrase, and by someone who hopes for a key of zeros.
    let real = psk_suite().derive(&pmk(7), AP, STA, &anonce(&pair), &[0; 32]);
    for ptk in [real, psk_suite().derive(&pmk(0), AP, STA, &[0; 32], &[0; 32])] {
        assert_eq!(to_ap(&mut pair, message_4(1, &ptk)), Err(Discard("message 4 without message 3")));
    }
    assert!(pair.ap_keys.is_empty() && !pair.ap.is_completed());
}

#[test]
fn message_2_with_another_element_ends_the_association() {
    for (element, rsnxe) in [(true, false), (false, true)] {
        let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
        if element {
            *pair.ap.shared.station.element.last_mut().unwrap() ^= 1;
        }
        if rsnxe {
            pair.ap.shared.station.rsnxe = None;
        }
        pair.start();
        pair.run();
        assert_eq!(pair.ended, Some((To::Station, ReasonCode::ELEMENT_MISMATCH)));
        assert!(pair.ap_keys.is_empty());
    }
}

#[test]
fn a_station_that_takes_a_new_nonce_for_each_try_connects() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let first = pair.flights.pop_back().unwrap();
    pair.now = pair.ap.poll_deadline().unwrap();
    pair.ap.handle_timeout(&mut pair.group, pair.now, &mut pair.rng);
    pair.collect();
    let second = pair.flights.pop_back().unwrap();
    // Another machine with the same key stands for the forgetful station's first answer.
    let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
    let elements = ap.elements();
    let offer = ApOffer { rsne: elements.rsne.as_deref(), ..ApOffer::default() };
    let chosen = station.choose(&offer).unwrap();
    let element = chosen.station_element(&[]);
    let mut forgotten = Supplicant::new(SupplicantConfig {
        pmk: Some(pmk(7)),
        ..SupplicantConfig::new(STA, AP, chosen, &offer, element, None)
    });
    forgotten.handle_eapol_key(&first.frame, Protection::Plain, pair.now, &mut pair.rng).unwrap();
    let Some(SupplicantOutput::SendEapol { frame, .. }) = forgotten.poll_output() else { panic!("no answer") };
    to_ap(&mut pair, frame).unwrap();
    pair.flights.clear();
    pair.deliver(&second).unwrap();
    pair.run();
    assert!(pair.is_connected());
    assert_eq!(pair.ap_keys.len(), 1);
}

#[test]
fn of_two_answers_with_different_nonces_the_one_whose_message_3_arrives_counts() {
    for earlier in [true, false] {
        let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
        pair.start();
        pair.now = pair.ap.poll_deadline().unwrap();
        pair.ap.handle_timeout(&mut pair.group, pair.now, &mut pair.rng);
        let element = pair.ap.shared.station.element.clone();
        let anonce = anonce(&pair);
        let answer = |pair: &mut Pair, replay, snonce| {
            let ptk = psk_suite().derive(&pmk(7), AP, STA, &anonce, &[snonce; 32]);
            let data = KdeWriter::new().element(Some(&element)).finish();
            let draft = Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE, replay).nonce(&[snonce; 32]).key_data(data);
            to_ap(pair, draft.sign(&ptk)).unwrap();
            ptk
        };
        let first = answer(&mut pair, 1, 1);
        let second = answer(&mut pair, 2, 2);
        // Message 1 went out under 1 and 2, messages 3 under 3 and 4.
        assert!(to_ap(&mut pair, message_4(3, &second)).is_err());
        assert!(to_ap(&mut pair, message_4(4, &first)).is_err());
        let (replay, ptk) = if earlier { (3, &first) } else { (4, &second) };
        to_ap(&mut pair, message_4(replay, ptk)).unwrap();
        assert!(pair.ap.is_completed());
        assert_eq!(pair.ap_keys, [ptk.tk_of_authenticator().clone()]);
        assert!(
            to_ap(&mut pair, message_4(if earlier { 4 } else { 3 }, if earlier { &second } else { &first })).is_err()
        );
        assert_eq!(pair.ap_keys.len(), 1);
    }
}

#[test]
fn a_station_may_say_the_descriptor_type_of_wpa() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let element = pair.ap.shared.station.element.clone();
    let ptk = psk_suite().derive(&pmk(7), AP, STA, &anonce(&pair), &[1; 32]);
    for (kind, accepted) in [(253, false), (254, true)] {
        let data = KdeWriter::new().element(Some(&element)).finish();
        let draft = Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE, 1).nonce(&[1; 32]).key_data(data);
        let mut frame = draft.sign(&ptk);
        frame[4] = kind;
        frame[81..97].fill(0);
        let mic = ptk.mic(&[&frame]);
        frame[81..97].copy_from_slice(&mic);
        assert_eq!(to_ap(&mut pair, frame).is_ok(), accepted);
    }
    to_ap(&mut pair, message_4(2, &ptk)).unwrap();
    assert!(pair.ap.is_completed());
}

#[test]
fn message_2_may_come_encrypted() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let element = pair.ap.shared.station.element.clone();
    let ptk = psk_suite().derive(&pmk(7), AP, STA, &anonce(&pair), &[1; 32]);
    let data = KdeWriter::new().element(Some(&element)).finish();
    let draft = Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE, 1).nonce(&[1; 32]).key_data(data);
    let frame = draft.encrypt_and_sign(&ptk, &mut pair.rng);
    to_ap(&mut pair, frame).unwrap();
    let fourth = Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE, 2).key_data(Secret::from([2, 1, 1]));
    let frame = fourth.encrypt_and_sign(&ptk, &mut pair.rng);
    to_ap(&mut pair, frame).unwrap();
    assert!(pair.ap.is_completed());
}

#[test]
fn answers_to_nothing_and_answers_again_are_dropped() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    pair.run();
    let State::Established(state) = &pair.ap.state else { panic!("not connected") };
    let ptk = state.link.ptk.clone();
    for old in pair.recorded.clone() {
        if old.to == To::Ap {
            assert!(pair.deliver(&old).is_err());
        }
    }
    let last = pair.ap.shared.replay;
    for replay in 0..last + 3 {
        assert!(to_ap(&mut pair, message_4(replay, &ptk)).is_err());
        let group = Draft::new(Protocol::Rsn, 1, KeyInfo::SECURE, replay).sign(&ptk);
        assert!(to_ap(&mut pair, group).is_err());
    }
    assert!(pair.is_connected() && pair.group_rekeyed == 0);
    assert_eq!(pair.ap_keys.len(), 1);
}

#[test]
fn requests_need_a_mic_the_secure_bit_and_a_new_counter() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    pair.run();
    let State::Established(state) = &pair.ap.state else { panic!("not connected") };
    let ptk = state.link.ptk.clone();
    let other = psk_suite().derive(&pmk(8), AP, STA, &[1; 32], &[2; 32]);
    let request = |info: KeyInfo, replay, ptk: &Ptk| Draft::new(Protocol::Rsn, 1, info, replay).sign(ptk);
    let info = KeyInfo::REQUEST.with(KeyInfo::SECURE);
    assert!(to_ap(&mut pair, request(info, 5, &other)).is_err());
    assert!(to_ap(&mut pair, request(KeyInfo::REQUEST, 5, &ptk)).is_err());
    assert!(to_ap(&mut pair, request(info.with(KeyInfo::ACK), 5, &ptk)).is_err());
    let usual = pair.group.poll_deadline();
    assert!(to_ap(&mut pair, request(info, 5, &ptk)).is_ok());
    assert!(pair.group.poll_deadline() < usual);
    assert!(to_ap(&mut pair, request(info.with(KeyInfo::PAIRWISE), 5, &ptk)).is_err());
    assert!(to_ap(&mut pair, request(info.with(KeyInfo::PAIRWISE), 6, &ptk)).is_ok());
    pair.run();
    assert!(pair.is_connected());
    assert_eq!(pair.ap_keys.len(), 2);
}

#[test]
fn a_message_2_nobody_could_have_made_changes_nothing() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let element = pair.ap.shared.station.element.clone();
    let ptk = psk_suite().derive(&pmk(9), AP, STA, &anonce(&pair), &[6; 32]);
    for replay in [1, 1, 2] {
        let forged = Draft::new(Protocol::Rsn, 1, KeyInfo::PAIRWISE, replay)
            .nonce(&[6; 32])
            .key_data(KdeWriter::new().element(Some(&element)).finish())
            .sign(&ptk);
        assert!(to_ap(&mut pair, forged).is_err());
    }
    assert_eq!(pair.mismatches, 2);
    pair.run();
    assert!(pair.is_connected());
}

#[test]
fn frames_of_an_access_point_are_not_taken_from_a_station() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    for old in pair.recorded.clone() {
        assert_eq!(to_ap(&mut pair, old.frame), Err(Discard("a message that only an access point sends")));
    }
}

#[test]
fn without_a_key_or_a_suite_the_station_is_sent_away() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.ap.shared.pmks = Vec::new().into();
    pair.start();
    assert!(matches!(pair.ended, Some((To::Station, ReasonCode::UNSPECIFIED))));
}

#[test]
fn message_1_names_a_cached_key_and_message_2_answers_it() {
    let mut pair = Pair::simple(1, AkmSuite::Sae, Pmf::Required);
    pair.ap.shared.pmkid = Some(Pmkid([4; 16]));
    pair.start();
    assert!(pair.flights[0].frame.windows(16).any(|window| window == [4; 16]));
    pair.run();
    assert!(pair.is_connected());
}

#[test]
fn each_station_of_a_group_is_waited_for() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    pair.run();
    let mut other = Pair::simple(2, AkmSuite::Psk, Pmf::Disabled);
    core::mem::swap(&mut other.group, &mut pair.group);
    other.ap.shared.station.addr = MacAddr([2, 0, 0, 0, 0, 2]);
    other.sta = {
        let (station, ap) = policies(AkmSuite::Psk, CipherSuite::Ccmp128, Pmf::Disabled);
        let elements = ap.elements();
        let offer = ApOffer { rsne: elements.rsne.as_deref(), ..ApOffer::default() };
        let chosen = station.choose(&offer).unwrap();
        let element = chosen.station_element(&[]);
        Supplicant::new(SupplicantConfig {
            pmk: Some(pmk(7)),
            ..SupplicantConfig::new(other.ap.station(), AP, chosen, &offer, element, None)
        })
    };
    other.start();
    other.run();
    assert!(other.is_connected());
    other.group.rekey(other.now, &mut other.rng, [&mut pair.ap, &mut other.ap]);
    other.collect();
    other.run();
    // The second has confirmed, the first has not.
    assert!(other.is_connected() && other.group.is_rekeying());
    core::mem::swap(&mut other.group, &mut pair.group);
    pair.collect();
    pair.run();
    assert!(!pair.group.is_rekeying());
    assert!(pair.is_connected() && pair.has_group_keys(false));
}

#[test]
fn message_4_answers_a_message_3_that_was_sent() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    pair.start();
    let horizon = pair.now + Duration::from_secs(1);
    while !matches!(pair.ap.state, State::AwaitMessage4(_)) {
        pair.step(horizon);
    }
    let State::AwaitMessage4(state) = &pair.ap.state else { panic!("no message 3") };
    let ptk = state.ptk.clone();
    let sent = pair.ap.shared.replay;
    for replay in [0, sent - 1, sent + 1, u64::MAX] {
        assert!(to_ap(&mut pair, message_4(replay, &ptk)).is_err());
    }
    assert!(!pair.ap.has_ptk());
    assert!(to_ap(&mut pair, message_4(sent, &ptk)).is_ok());
    assert!(pair.ap.is_completed());
}
