//! What is made of a master session key.

use alloc::vec::Vec;
use core::time::Duration;

use crypto::Secret;
use rsn::{AkmSuite, Pmkid};
use wire::{Instant, MacAddr};

use crate::{MasterKey, Sides};

const SIDES: Sides = Sides { authenticator: MacAddr([2, 0, 0, 0, 0, 9]), supplicant: MacAddr([2, 0, 0, 0, 0, 1]) };

fn key(octets: u8) -> MasterKey {
    let msk = Secret::from((0..octets).collect::<Vec<u8>>());
    MasterKey::of_eap(&eap::Keys { msk, emsk: None, session_id: Some(b"\x0dsession".to_vec()) })
}

/// IEEE Std 802.11-2020 12.7.1.3, 12.7.1.6.3.
#[test]
fn each_suite_has_its_part_of_the_msk() {
    let all: Vec<u8> = (0..64).collect();
    let pmk = |akm| key(64).pmk(akm).map(|pmk| pmk.as_bytes().to_vec());
    for akm in [AkmSuite::Eap, AkmSuite::EapSha256, AkmSuite::SuiteB] {
        assert_eq!(pmk(akm).unwrap(), all[..32]);
    }
    for akm in [AkmSuite::SuiteB192, AkmSuite::EapSha384] {
        assert_eq!(pmk(akm).unwrap(), all[..48]);
    }
    for akm in [AkmSuite::Psk, AkmSuite::Sae, AkmSuite::FtEap] {
        assert_eq!(pmk(akm), None);
    }
    assert_eq!(key(64).ft_key(AkmSuite::FtEap).unwrap().as_bytes(), &all[32..]);
    assert_eq!(key(64).ft_key(AkmSuite::FtEapSha384).unwrap().as_bytes(), &all[..48]);
}

#[test]
fn a_short_msk_is_no_key_rather_than_a_padded_one() {
    assert!(key(16).pmk(AkmSuite::Eap).is_none());
    assert!(key(32).pmk(AkmSuite::Eap).is_some());
    assert!(key(32).pmk(AkmSuite::SuiteB192).is_none());
    assert!(key(32).ft_key(AkmSuite::FtEap).is_none());
    assert!(key(16).cak_material(SIDES).is_none());
}

#[test]
fn an_entry_for_the_cache_has_the_name_that_both_sides_compute() {
    let now = Instant::from_origin(Duration::from_secs(5));
    let peer = SIDES.supplicant;
    let entry = key(64).pmksa(AkmSuite::Eap, SIDES, peer, "net", now, Duration::from_secs(10)).unwrap();
    let pmk = key(64).pmk(AkmSuite::Eap).unwrap();
    assert_eq!(Some(entry.pmkid), Pmkid::derive(AkmSuite::Eap, &pmk, SIDES.authenticator, SIDES.supplicant));
    assert_eq!((entry.peer, entry.expires), (peer, now + Duration::from_secs(10)));
    // Suite B names its key only when the handshake has made another.
    assert!(key(64).pmksa(AkmSuite::SuiteB, SIDES, peer, "net", now, Duration::ZERO).is_none());
}

/// IEEE Std 802.1X-2020 6.2.2.
#[test]
fn material_for_macsec_is_the_same_from_either_side() {
    let material = key(64).cak_material(SIDES).unwrap();
    assert_eq!(material.addresses, [SIDES.supplicant, SIDES.authenticator]);
    assert_eq!((material.key_128.len(), material.key_256.len()), (16, 32));
    let turned = Sides { authenticator: SIDES.supplicant, supplicant: SIDES.authenticator };
    assert_eq!(key(64).cak_material(turned), Some(material));
}

#[test]
fn a_key_shows_nothing_of_itself() {
    assert!(!alloc::format!("{:?}", key(64)).contains("63"));
}
