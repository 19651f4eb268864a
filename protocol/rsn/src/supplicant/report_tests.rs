//! Frames of access points that do not keep to the protocol: what users are told, and whether the station stays.

use super::tests::{connected, group_message, next_counter, ptk, snapshot, to_station};
use super::*;
use crate::Pmf;
use crate::Protocol;
use crate::key_frame::{Draft, KdeWriter, KeyInfo};
use crate::pair_tests::{AP, Pair, STA, To, pmk};
use crate::ptk::{Nonce, Ptk};

const ANONCE: Nonce = [0x22; 32];
const THIRD: KeyInfo = KeyInfo::PAIRWISE.with(KeyInfo::ACK).with(KeyInfo::INSTALL).with(KeyInfo::SECURE);
const LEFT: Option<(To, ReasonCode)> = Some((To::Ap, ReasonCode::UNSPECIFIED));

/// A station that has answered message 1, and the key that it will have.
fn answered() -> (Pair, Ptk) {
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    let suite = pair.sta.shared.suite().unwrap();
    let first = Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), 1)
        .key_len(16)
        .nonce(&ANONCE)
        .without_mic(&suite);
    to_station(&mut pair, first, false).unwrap();
    let snonce = pair.sta.state.answered().unwrap().snonce;
    let ptk = suite.derive(&pmk(7), AP, STA, &ANONCE, &snonce);
    (pair, ptk)
}

fn third() -> Draft {
    Draft::new(Protocol::Rsn, 2, THIRD, 2).key_len(16).nonce(&ANONCE)
}

/// The elements of beacons, and the keys given.
fn data(pair: &Pair, keys: KdeWriter) -> Secret {
    let config = &pair.sta.shared.config;
    let elements = KdeWriter::new().element(config.ap_rsne.as_deref()).element(config.ap_rsnxe.as_deref()).finish();
    let mut all = elements.as_bytes().to_vec();
    all.extend_from_slice(keys.finish().as_bytes());
    Secret::from(all)
}

fn gtk(len: usize) -> KdeWriter {
    KdeWriter::new().gtk(1, &Secret::from(alloc::vec![7; len]))
}

/// Sends message 3 with these keys.
fn third_with(keys: KdeWriter) -> Pair {
    let (mut pair, ptk) = answered();
    let data = data(&pair, keys);
    let frame = third().key_data(data).encrypt_and_sign(&ptk, &mut pair.rng);
    let _ = to_station(&mut pair, frame, false);
    pair
}

#[test]
fn a_proper_message_3_needs_no_report() {
    let pair = third_with(gtk(16));
    assert!(pair.sta.is_completed() && pair.reports.is_empty() && pair.ended.is_none());
}

#[test]
fn the_replay_counter_goes_on_with_every_authentic_frame() {
    let (mut pair, ptk) = answered();
    for broken in [&[][..], &[1], &[1; 9], &[1; 8]] {
        let info = THIRD.with(KeyInfo::ENCRYPTED);
        let replay = pair.sta.shared.replay.unwrap_or(1) + 1;
        let frame = Draft::new(Protocol::Rsn, 2, info, replay)
            .key_len(16)
            .nonce(&ANONCE)
            .key_data(Secret::from(broken))
            .sign(&ptk);
        assert!(to_station(&mut pair, frame.clone(), false).is_err());
        assert_eq!(pair.sta.shared.replay, Some(replay));
        assert_eq!(to_station(&mut pair, frame, false), Err(Discard("replay counter did not increase")));
    }
    let told = [
        Report::WrapLength(0),
        Report::Replayed,
        Report::WrapLength(1),
        Report::Replayed,
        Report::WrapLength(9),
        Report::Replayed,
        Report::Unwrap,
        Report::Replayed,
    ];
    assert_eq!(pair.reports, told);
    assert!(pair.ended.is_none() && pair.sta_keys.is_empty());
    // A forged frame does not move it.
    let mut forged = Draft::new(Protocol::Rsn, 2, THIRD, 1000).key_len(16).nonce(&ANONCE).sign(&ptk);
    forged[90] ^= 1;
    assert_eq!(to_station(&mut pair, forged, false), Err(Discard("MIC does not fit")));
    assert_eq!(pair.sta.shared.replay, Some(5));
}

#[test]
fn what_is_wrong_before_the_mic_is_checked_is_told() {
    let (mut pair, ptk) = answered();
    let right = third().key_data(Secret::from([1; 16])).sign(&ptk);
    let cases: [(usize, u8, Report); 9] = [
        (4, 254, Report::Descriptor(Protocol::Rsn, 254)),
        (6, 0x80, Report::NoAck),
        (5, 0x08, Report::Request),
        (5, 0x20, Report::Smk),
        (6, 0x03, Report::Version(Protocol::Rsn, 0)),
        (6, 0x07, Report::Version(Protocol::Rsn, 4)),
        (6, 0x01, Report::VersionOfAkm(2)),
        (98, 0x10 ^ 0x11, Report::Overflow { said: 17, there: 16 }),
        (90, 1, Report::Mic),
    ];
    for (at, change, report) in cases {
        let mut frame = right.clone();
        frame[at] = if at == 4 { change } else { frame[at] ^ change };
        assert!(to_station(&mut pair, frame, false).is_err());
        assert_eq!(pair.reports.pop(), Some(report));
    }
    assert_eq!((pair.sta.shared.replay, pair.ended), (None, None));
}

#[test]
fn a_stronger_mic_than_agreed_will_do() {
    let mut pair = Pair::simple(1, AkmSuite::Psk, Pmf::Disabled);
    let suite = pair.sta.shared.suite().unwrap();
    let stronger = suite.for_version(3);
    assert_eq!((suite.version(), stronger.version()), (2, 3));
    let first = Draft::new(Protocol::Rsn, 2, KeyInfo::PAIRWISE.with(KeyInfo::ACK), 1)
        .key_len(16)
        .nonce(&ANONCE)
        .without_mic(&stronger);
    to_station(&mut pair, first, false).unwrap();
    let snonce = pair.sta.state.answered().unwrap().snonce;
    let ptk = stronger.derive(&pmk(7), AP, STA, &ANONCE, &snonce);
    let data = data(&pair, gtk(16));
    let frame = third().key_data(data).encrypt_and_sign(&ptk, &mut pair.rng);
    to_station(&mut pair, frame, false).unwrap();
    assert!(pair.sta.is_completed());
    let differs = Report::VersionNotTwo(Protocol::Rsn, CipherSuite::Ccmp128, 3);
    assert_eq!(pair.reports, [differs, Report::StrongerVersion, differs, Report::StrongerVersion]);
    // The other way round, and for other suites, there is no such leniency.
    assert_eq!(stronger.for_version(2), stronger);
    assert_eq!(suite.for_version(1), suite);
}

#[test]
fn a_nonce_changed_after_message_1_is_told() {
    let (mut pair, ptk) = answered();
    let data = data(&pair, gtk(16));
    let frame = third().nonce(&[0x33; 32]).key_data(data).encrypt_and_sign(&ptk, &mut pair.rng);
    assert_eq!(to_station(&mut pair, frame, false), Err(Discard("nonce differs from message 1")));
    assert_eq!(pair.reports, [Report::Nonce(AP)]);
    assert!(pair.sta_keys.is_empty() && pair.ended.is_none());
}

#[test]
fn an_access_point_that_breaks_the_protocol_with_a_valid_mic_is_left() {
    let cases: [(KdeWriter, Report); 6] = [
        (KdeWriter::new(), Report::NoGtk),
        (gtk(15), Report::GroupLength(CipherSuite::Ccmp128, 15)),
        (gtk(33), Report::GroupLength(CipherSuite::Ccmp128, 33)),
        (gtk(0), Report::GroupLength(CipherSuite::Ccmp128, 0)),
        (gtk(16).igtk(6, [0; 6], &Secret::from([1; 16])), Report::IgtkIndex(6)),
        (gtk(16).igtk(4, [0; 6], &Secret::from([1; 17])), Report::IgtkLength(25)),
    ];
    for (keys, report) in cases {
        let pair = third_with(keys);
        assert_eq!((pair.ended, pair.reports.as_slice()), (LEFT, &[report][..]));
        assert!(pair.sta_keys.is_empty() && pair.sta_groups.is_empty());
    }
    let (mut pair, ptk) = answered();
    let in_clear = data(&pair, gtk(16));
    let frame = third().key_data(in_clear.clone()).sign(&ptk);
    to_station(&mut pair, frame, false).unwrap();
    assert_eq!((pair.ended, pair.reports.as_slice()), (LEFT, &[Report::GtkInClear][..]));
    let (mut pair, ptk) = answered();
    let frame = third().key_len(15).key_data(in_clear).encrypt_and_sign(&ptk, &mut pair.rng);
    to_station(&mut pair, frame, false).unwrap();
    let report = Report::PairwiseLength(CipherSuite::Ccmp128, 15, AP);
    assert_eq!((pair.ended, pair.reports.as_slice()), (LEFT, &[report][..]));
}

#[test]
fn a_pairwise_message_with_the_index_of_a_group_key_is_dropped() {
    let (mut pair, ptk) = answered();
    let info = THIRD.with(KeyInfo(2 << 4));
    let draft = Draft::new(Protocol::Rsn, 2, info, 2).key_len(16).nonce(&ANONCE).key_data(Secret::from([b'z'; 16]));
    let frame = draft.encrypt_and_sign(&ptk, &mut pair.rng);
    assert!(to_station(&mut pair, frame, false).is_err());
    assert_eq!((pair.ended, pair.reports.as_slice()), (None, &[Report::KeyIndex(Protocol::Rsn)][..]));
    // Without it, what cannot be read is a reason to leave.
    let draft = Draft::new(Protocol::Rsn, 2, THIRD, 3).key_len(16).nonce(&ANONCE).key_data(Secret::from([b'z'; 16]));
    let frame = draft.encrypt_and_sign(&ptk, &mut pair.rng);
    to_station(&mut pair, frame, false).unwrap();
    assert_eq!(pair.ended, LEFT);
}

#[test]
fn a_management_group_key_with_a_swapped_index_is_left_out() {
    let (mut pair, ptk) = answered();
    let mut all = data(&pair, gtk(16)).as_bytes().to_vec();
    all.extend_from_slice(&[0xdd, 0x1c, 0, 0x0f, 0xac, 9, 0, 4, 0, 0, 0, 0, 0, 0]);
    all.extend_from_slice(&[0x77; 16]);
    let frame = third().key_data(Secret::from(all)).encrypt_and_sign(&ptk, &mut pair.rng);
    to_station(&mut pair, frame, false).unwrap();
    assert!(pair.sta.is_completed());
    assert_eq!(pair.reports, [Report::IgtkOrder]);
    assert_eq!(pair.sta_groups.len(), 1);
}

#[test]
fn a_group_message_before_its_time_is_found_out_if_it_is_authentic() {
    for (authentic, ended) in [(true, LEFT), (false, None)] {
        let (mut pair, ptk) = answered();
        let info = KeyInfo::ACK.with(KeyInfo::SECURE);
        let draft = Draft::new(Protocol::Rsn, 2, info, 2).nonce(&ANONCE).key_data(gtk(16).finish());
        let mut frame = draft.encrypt_and_sign(&ptk, &mut pair.rng);
        frame[90] ^= u8::from(!authentic);
        let _ = to_station(&mut pair, frame, false);
        assert_eq!(pair.ended, ended);
        let report = if authentic { Report::GroupTooEarly(Protocol::Rsn) } else { Report::Mic };
        assert_eq!(pair.reports, [report]);
        assert!(pair.sta_groups.is_empty());
    }
}

#[test]
fn group_messages_with_broken_keys_end_the_link_and_install_nothing() {
    for (index, key) in [(1, &[1u8; 15][..]), (1, &[1; 32]), (1, &[])] {
        let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
        let (keys, groups, ..) = snapshot(&pair);
        let frame = group_message(&mut pair, index, key);
        to_station(&mut pair, frame, true).unwrap();
        assert_eq!(pair.ended, LEFT);
        assert_eq!(pair.reports, [Report::GroupLength(CipherSuite::Ccmp128, key.len())]);
        assert_eq!((pair.sta_keys.len(), pair.sta_groups.len()), (keys, groups));
    }
    let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
    let link = ptk(&pair);
    let info = KeyInfo::ACK.with(KeyInfo::SECURE);
    let frame = Draft::new(Protocol::Rsn, 2, info, next_counter(&pair)).key_data(gtk(16).finish()).sign(&link);
    to_station(&mut pair, frame, true).unwrap();
    assert_eq!((pair.ended, pair.reports.as_slice()), (LEFT, &[Report::GroupInClear][..]));
    let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
    let link = ptk(&pair);
    let draft = Draft::new(Protocol::Rsn, 2, info, next_counter(&pair)).key_data(Secret::from([0xdd, 0]));
    let frame = draft.encrypt_and_sign(&link, &mut pair.rng);
    to_station(&mut pair, frame, true).unwrap();
    assert_eq!((pair.ended, pair.reports.as_slice()), (LEFT, &[Report::NoGroupKey][..]));
}

#[test]
fn the_index_of_a_group_key_may_be_zero() {
    let mut pair = connected(AkmSuite::PskSha256, Pmf::Required);
    let before = snapshot(&pair);
    let frame = group_message(&mut pair, 0, &[9; 16]);
    to_station(&mut pair, frame, true).unwrap();
    assert_eq!(snapshot(&pair), (before.0, before.1 + 1, before.2, before.3));
    assert!(pair.ended.is_none() && pair.reports.is_empty());
}

#[test]
fn a_flood_of_broken_frames_does_not_flood_users() {
    let (mut pair, ptk) = answered();
    let mut forged = third().sign(&ptk);
    forged[90] ^= 1;
    for _ in 0..1000 {
        assert!(to_station(&mut pair, forged.clone(), false).is_err());
    }
    assert_eq!(pair.reports.len(), MAX_REPORTS as usize);
}
