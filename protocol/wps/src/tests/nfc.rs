//! Tokens and handovers.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Ssid;

use super::kit::{AP, Direct, STATION, credentials, network, station};
use crate::code::{PasswordId, RfBands};
use crate::device::Uuid;
use crate::keys::KeyPair;
use crate::nfc::{self, HandoverRequest, HandoverSelect, PasswordToken, Tag};
use crate::quirks::Quirks;
use crate::registration::{Decision, Grant};

const STRICT: Quirks = Quirks::STRICT;

fn keys() -> KeyPair {
    KeyPair::generate(&mut TestRng::new(6))
}

#[test]
fn a_token_comes_back_in_a_record_and_bare() {
    let token = PasswordToken::generate(&keys(), &mut TestRng::new(1));
    assert!(token.id.is_random() && token.password.len() == 32);
    let attributes = token.write().unwrap();
    let record = nfc::record(&attributes).unwrap();
    assert_eq!(record[..3], [0xd2, 23, u8::try_from(attributes.len()).unwrap()]);
    for octets in [&attributes, &record] {
        assert_eq!(Tag::parse(octets, STRICT), Ok(Tag::Password(token.clone())));
    }
    let networks: Vec<_> = ["home", "garden", "cellar", "attic", "loft"].map(network).into();
    let attributes = nfc::configuration(&networks).unwrap();
    assert!(attributes.len() > 255);
    let record = nfc::record(&attributes).unwrap();
    for octets in [&attributes, &record] {
        assert_eq!(Tag::parse(octets, STRICT), Ok(Tag::Configuration(networks.clone())));
    }
}

/// CVE-2015-8041: lengths of 32 bits that wrap around.
#[test]
fn a_record_whose_length_lies_is_refused() {
    let whole = nfc::record(&[7; 300]).unwrap();
    assert_eq!(nfc::payload(&whole), Ok(&[7; 300][..]));
    for length in [301u32, 20_001, 0x7fff_ffff, 0xffff_ffff, 0xffff_fff0] {
        let mut lying = whole.clone();
        lying[2..6].copy_from_slice(&length.to_be_bytes());
        assert!(nfc::payload(&lying).is_err(), "{length:#x}");
    }
    for end in 0..whole.len() {
        assert!(nfc::payload(&whole[..end]).is_err());
    }
    // Others in front of ours are passed over, with a name or without.
    let other = [&[0x91u8, 1, 2, b'U', 1, 2, 0x19, 1, 1, 1, b'T', b'n', 9][..], &whole].concat();
    assert_eq!(nfc::payload(&other), Ok(&[7; 300][..]));
    assert!(nfc::payload(&[0x30, 0, 0]).is_err(), "a chunk");
    assert!(nfc::payload(&[]).is_err());
}

#[test]
fn a_password_of_a_wrong_length_is_refused() {
    let with = |id, length| PasswordToken { hash: [1; 20], id, password: Secret::from(alloc::vec![5; length]) };
    let read = |token: &PasswordToken| Tag::parse(&token.write().unwrap(), STRICT).is_ok();
    for (length, passes) in [(0, false), (15, false), (16, true), (32, true), (33, false)] {
        assert_eq!(read(&with(PasswordId(0x10), length)), passes, "{length}");
    }
    assert!(read(&with(PasswordId::NFC_HANDOVER, 0)));
    assert!(Tag::parse(&[0x10, 0x4a, 0, 1, 0x10], STRICT).is_err(), "neither a password nor a network");
}

#[test]
fn handovers_come_back() {
    let (ours, theirs) = (keys(), KeyPair::generate(&mut TestRng::new(7)));
    let request = HandoverRequest { hash: ours.public().hash(), uuid: Uuid::from_mac(STATION) };
    let octets = request.write().unwrap();
    assert_eq!(usize::from(octets[0]) * 256 + usize::from(octets[1]), octets.len() - 2);
    assert_eq!(HandoverRequest::parse(&octets, STRICT), Ok(request));
    let select = HandoverSelect::of(&theirs, Ssid::new(b"home").unwrap(), Some((RfBands::GHZ_2_4, 6)), AP);
    let octets = select.write().unwrap();
    assert_eq!(HandoverSelect::parse(&octets, STRICT), Ok(select));
    for end in 0..octets.len() {
        assert!(HandoverSelect::parse(&octets[..end], STRICT).is_err());
    }
    let mut longer = octets;
    longer[1] += 1;
    assert!(HandoverSelect::parse(&longer, STRICT).is_err());
}

/// The whole: a tag of a station is touched, and the station registers.
#[test]
fn a_station_registers_with_the_password_of_its_tag() {
    let keys = keys();
    let token = PasswordToken::generate(&keys, &mut TestRng::new(1));
    let Ok(Tag::Password(read)) = Tag::parse(&token.write().unwrap(), STRICT) else { panic!() };
    let password = token.device_password().unwrap();
    assert_eq!(password.secret().len(), 64, "as digits");
    let mut profile = station(password);
    profile.keys = Some(KeyPair::from_exponent(keys.exponent().clone()).unwrap());
    let grant = Grant {
        password: read.device_password().unwrap(),
        offer: credentials(),
        enrollee_key: Some(read.hash),
        keys: None,
    };
    let mut direct = Direct::new(profile, Decision::Register(Box::new(grant)));
    assert!(direct.run().given().is_some());
    assert!(KeyPair::from_exponent(Secret::from([0; 32])).is_err(), "its public key would be one");
}
