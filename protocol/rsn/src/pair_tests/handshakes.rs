//! First handshakes.

use super::*;
use crypto::Rng;

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
