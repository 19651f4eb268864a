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
