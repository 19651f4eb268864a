//! What message 3 tells the station beside its keys.

use super::*;

fn told(wanted: bool, offered: bool, ssid: Option<&[u8]>, bits: Option<u8>) -> Pair {
    let (station, ap) = policies(AkmSuite::Sae, CipherSuite::Ccmp128, Pmf::Required);
    let station = StationPolicy { ssid_protection: wanted, ..station };
    let ap = ApPolicy { ssid_protection: offered, ..ap };
    let mut pair = Pair::with(1, &station, &ap, pmk(7), [pmk(7)].into(), |config| {
        config.ssid = ssid.map(<[u8]>::to_vec);
        config.transition_disable = bits;
    });
    pair.start();
    pair.run();
    pair
}

#[test]
fn the_name_is_confirmed_where_both_want_it() {
    let pair = told(true, true, Some(b"net"), None);
    assert!(pair.is_connected());
    assert_eq!(pair.told, [SupplicantOutput::SsidConfirmed]);
    for (wanted, offered) in [(false, true), (true, false), (false, false)] {
        let pair = told(wanted, offered, offered.then_some(b"net"), None);
        assert!(pair.is_connected() && pair.told.is_empty());
    }
}

#[test]
fn another_name_than_the_one_we_know_ends_the_handshake() {
    for ssid in [Some(&b"other"[..]), Some(b"nets"), Some(b""), None] {
        let pair = told(true, true, ssid, Some(1));
        assert_eq!(pair.ended, Some((To::Ap, ReasonCode::ELEMENT_MISMATCH)), "{ssid:?}");
        assert!(!pair.is_connected() && pair.told.is_empty() && pair.sta_keys.is_empty());
    }
}

#[test]
fn left_modes_are_told_once_the_handshake_stands() {
    let pair = told(false, false, None, Some(1));
    assert!(pair.is_connected());
    assert_eq!(pair.told, [SupplicantOutput::TransitionDisable(1)]);
}

#[test]
fn new_password_identifiers_reach_those_who_take_them() {
    for takes in [true, false] {
        let (station, ap) = policies(AkmSuite::Sae, CipherSuite::Ccmp128, Pmf::Required);
        let station = StationPolicy { password_id_change: takes, ..station };
        let mut pair = Pair::new(1, &station, &ap, pmk(7), [pmk(7)].into());
        // The last one does not fit into the encapsulation any more.
        let ids = Vec::from([b"one".to_vec(), Vec::from([7; 100]), Vec::from([8; 150]), b"two".to_vec()]);
        pair.ap.set_password_ids(ids.clone());
        pair.start();
        pair.run();
        assert!(pair.is_connected());
        let fitting = [ids[0].clone(), ids[1].clone(), ids[3].clone()];
        let expected = takes.then(|| SupplicantOutput::PasswordIdentifiers(fitting.to_vec()));
        assert_eq!(pair.told, Vec::from_iter(expected));
    }
}
