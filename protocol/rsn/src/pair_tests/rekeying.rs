//! Handshakes in an established link.

use super::*;

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
