//! Whether networks and access points fit.

use alloc::string::ToString as _;
use alloc::vec;
use core::time::Duration;

use ipc_proto::ScanEntry;
use wire::{Instant, MacAddr, Ssid};

use super::world::{AP, Kind, abilities, profile};
use crate::choice::table::{BssTable, Limits};
use crate::{Bssids, Unfit, fits, names};

fn seen(elements: &[u8], capability: u16) -> BssTable {
    let mut table = BssTable::default();
    let mut all = vec![0, 4];
    all.extend_from_slice(b"home");
    all.extend_from_slice(elements);
    let entry = ScanEntry { bssid: AP, freq: 2412, signal: -4000, capability, elements: all, ..ScanEntry::default() };
    let limits = Limits { age: Duration::from_secs(180), scans: 2, count: 200 };
    table.update(vec![entry], &[], None, None, limits, |_| 0, Instant::from_origin(Duration::from_secs(100)));
    table
}

#[test]
fn lists_of_access_points_decide() {
    let mac = |last: [u8; 5]| MacAddr([2, last[0], last[1], last[2], last[3], last[4]]);
    let lists = Bssids {
        ignored: vec![(mac([0, 0, 0, 0, 7]), MacAddr([0xff; 6]))],
        accepted: vec![(mac([0; 5]), MacAddr([0xff, 0xff, 0xff, 0, 0, 0]))],
        ..Bssids::default()
    };
    assert!(lists.accept(mac([0, 0, 9, 9, 9])));
    assert!(!lists.accept(mac([0, 0, 0, 0, 7])));
    assert!(!lists.accept(mac([1, 0, 0, 0, 8])));
    assert!(!Bssids { only: Some(AP), ..lists }.accept(mac([0, 0, 9, 9, 9])));
}

#[test]
fn what_does_not_fit_says_why() {
    let fit = |kind, elements: &[u8], capability| {
        let table = seen(elements, capability);
        fits(&profile(0, kind, b"12345678"), table.iter().next().unwrap(), &abilities(), false)
    };
    assert!(fit(Kind::Open, &[], 1).is_ok());
    assert_eq!(fit(Kind::Psk, &[], 1), Err(Unfit::Open));
    assert_eq!(fit(Kind::Open, &[], 0x11), Err(Unfit::Wep));
    assert_eq!(fit(Kind::Open, &[], 3), Err(Unfit::Ibss));
    let rsne = rsn::ApPolicy::rsn(&[rsn::AkmSuite::Psk], rsn::Pmf::Disabled).elements().rsne.unwrap();
    assert!(fit(Kind::Psk, &rsne, 0x11).is_ok());
    assert_eq!(fit(Kind::Open, &rsne, 0x11), Err(Unfit::Protected));
    assert!(matches!(fit(Kind::Sae, &rsne, 0x11), Err(Unfit::Mismatch(_))));
    assert!(Unfit::Wep.to_string().contains("WEP"));
}

#[test]
fn tkip_is_not_used_while_its_countermeasures_last() {
    let mut policy = rsn::ApPolicy::rsn(&[rsn::AkmSuite::Psk], rsn::Pmf::Disabled);
    policy.group = rsn::CipherSuite::Tkip;
    let table = seen(&policy.elements().rsne.unwrap(), 0x11);
    let mut profile = profile(0, Kind::Psk, b"12345678");
    profile.security.group.push(rsn::CipherSuite::Tkip);
    let bss = table.iter().next().unwrap();
    assert!(fits(&profile, bss, &abilities(), false).is_ok());
    assert!(matches!(fits(&profile, bss, &abilities(), true), Err(Unfit::Mismatch(_))));
}

#[test]
fn a_network_without_a_name_takes_that_of_its_access_point() {
    let mut profile = profile(0, Kind::Open, b"");
    let home = Ssid::new(b"home").unwrap();
    assert!(names(&profile, &home) && !names(&profile, &Ssid::new(b"away").unwrap()));
    profile.ssid = None;
    assert!(!names(&profile, &home));
    profile.bssids.only = Some(AP);
    assert!(names(&profile, &home) && !names(&profile, &Ssid::default()));
}
