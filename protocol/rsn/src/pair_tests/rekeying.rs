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

#[test]
fn group_keys_are_renewed_at_a_stations_request() {
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    pair.start();
    pair.run();
    let before = pair.sta_groups.len();
    // Requests that come together are granted together.
    for _ in 0..3 {
        pair.sta.request_group_rekey();
        pair.collect();
    }
    pair.run();
    assert!(pair.is_connected() && pair.has_group_keys(true));
    assert_eq!((pair.sta_groups.len(), pair.group_rekeyed, pair.sta_keys.len()), (before + 3, 1, 1));
}

/// Which side may not replace the key, and who asks for a new one.
#[test]
fn a_key_that_may_not_be_replaced_ends_the_association_instead() {
    for (ap_denies, sta_denies, sta_asks) in
        [(true, false, false), (true, false, true), (false, true, false), (false, true, true)]
    {
        let (station, ap) = policies(AkmSuite::PskSha256, CipherSuite::Ccmp128, Pmf::Required);
        let mut pair =
            Pair::with(1, &station, &ap, pmk(7), [pmk(7)].into(), |config| config.deny_ptk0_rekey = ap_denies);
        pair.sta.deny_ptk0_rekey(sta_denies);
        pair.start();
        pair.run();
        assert!(pair.is_connected(), "the first key replaces none");
        if sta_asks {
            pair.sta.request_rekey();
        } else {
            pair.ap.rekey(pair.now, &mut pair.rng);
        }
        pair.collect();
        pair.run();
        let expected = if ap_denies {
            (To::Station, ReasonCode::CLASS3_FROM_NONASSOC)
        } else {
            (To::Ap, ReasonCode::DEAUTH_LEAVING)
        };
        assert_eq!(pair.ended, Some(expected));
        assert_eq!((pair.sta_keys.len(), pair.ap_keys.len()), (1, 1));
        assert_eq!(pair.reports.contains(&Report::Ptk0Rekey), sta_denies);
    }
}

/// The flights of a rekeying up to message 4, which is the only one on the air then.
fn up_to_message_4(pair: &mut Pair) -> Flight {
    let horizon = pair.now + Duration::from_secs(1);
    pair.ap.rekey(pair.now, &mut pair.rng);
    pair.collect();
    let first = pair.flights.front().unwrap();
    assert_eq!(first.frame.get(5..7), Some(&[0x02, 0x8b][..]), "message 1 of a rekeying is secure");
    let keys = pair.sta_keys.len();
    while pair.sta_keys.len() == keys {
        assert!(pair.step(horizon));
    }
    assert_eq!(pair.flights.len(), 1);
    pair.flights.pop_front().unwrap()
}

#[test]
fn message_4_of_a_rekeying_may_come_in_the_clear_and_nothing_else() {
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    pair.start();
    pair.run();
    let encrypted = up_to_message_4(&mut pair);
    assert_eq!(encrypted.key.as_ref(), pair.ap_keys.last(), "ours is encrypted by the old key");
    let plain = Flight { key: None, ..encrypted };
    let mut forged = plain.clone();
    forged.frame[90] ^= 1;
    assert_eq!(pair.deliver(&forged), Err(Discard("MIC does not fit")));
    assert_eq!(pair.ap_keys.len(), 1);
    assert_eq!(pair.deliver(&plain), Ok(()));
    assert!(pair.is_connected());
    // It says nothing a second time, nor in the next handshake.
    assert_eq!(pair.deliver(&plain), Err(Discard("message 4 without message 3")));
    let _ = up_to_message_4(&mut pair);
    assert_eq!(pair.deliver(&plain), Err(Discard("replay counter was not sent")));
    assert_eq!(pair.ap_keys.len(), 2);
    // A message 2 in the clear begins nothing.
    let mut pair = Pair::simple(1, AkmSuite::PskSha256, Pmf::Required);
    pair.start();
    pair.run();
    pair.ap.rekey(pair.now, &mut pair.rng);
    pair.collect();
    let horizon = pair.now + Duration::from_millis(90);
    while pair.flights.iter().all(|flight| flight.to != To::Ap) {
        assert!(pair.step(horizon));
    }
    let second = pair.flights.iter().find(|flight| flight.to == To::Ap).cloned().unwrap();
    let plain = Flight { key: None, ..second };
    assert_eq!(pair.deliver(&plain), Err(Discard("in the clear though the link is protected")));
}
