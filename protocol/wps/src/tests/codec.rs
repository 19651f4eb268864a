//! Attributes, elements, passwords and credentials.

use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::element::Elements;
use wire::{MacAddr, Ssid};

use super::kit::{AP, STATION, network, own};
use crate::attribute::{Builder, id};
use crate::code::{AuthTypes, ConfigMethods, EncrTypes, PasswordId, RequestType, RfBands, SetupState};
use crate::credential::{Credential, NetworkKey, Policy, Security};
use crate::device::{DeviceType, Uuid};
use crate::element::{AccessPoint, Seen, SeenAssociation, SeenStation, Selected, Station, join, split};
use crate::extension::{Extension, MultiAp};
use crate::password::{Pin, PinError, check_digit};
use crate::quirks::{Quirk, Quirks, TABLE};
use crate::{Attributes, Forbidden};

const STRICT: Quirks = Quirks::STRICT;

fn attribute(id: u16, body: &[u8]) -> Vec<u8> {
    let mut builder = Builder::new();
    builder.put(id, body);
    builder.finish().unwrap()
}

#[test]
fn each_attribute_of_a_wrong_length_is_refused() {
    let fixed = [
        (id::VERSION, 1),
        (id::MESSAGE_TYPE, 1),
        (id::ENROLLEE_NONCE, 16),
        (id::REGISTRAR_NONCE, 16),
        (id::UUID_E, 16),
        (id::UUID_R, 16),
        (id::MAC_ADDRESS, 6),
        (id::AUTH_TYPE_FLAGS, 2),
        (id::ENCR_TYPE_FLAGS, 2),
        (id::CONNECTION_TYPE_FLAGS, 1),
        (id::CONFIG_METHODS, 2),
        (id::SELECTED_METHODS, 2),
        (id::SETUP_STATE, 1),
        (id::PRIMARY_TYPE, 8),
        (id::RF_BANDS, 1),
        (id::ASSOCIATION_STATE, 2),
        (id::PASSWORD_ID, 2),
        (id::CONFIG_ERROR, 2),
        (id::OS_VERSION, 4),
        (id::SELECTED_REGISTRAR, 1),
        (id::SETUP_LOCKED, 1),
        (id::REQUEST_TYPE, 1),
        (id::RESPONSE_TYPE, 1),
        (id::E_HASH1, 32),
        (id::R_HASH2, 32),
        (id::E_SNONCE1, 16),
        (id::R_SNONCE2, 16),
        (id::AUTHENTICATOR, 8),
        (id::KEY_WRAP_AUTHENTICATOR, 8),
        (id::AUTH_TYPE, 2),
        (id::ENCR_TYPE, 2),
        (id::NETWORK_INDEX, 1),
        (id::NETWORK_KEY_INDEX, 1),
        (id::AP_CHANNEL, 2),
        (id::REQUESTED_TYPE, 8),
    ];
    for (id, length) in fixed {
        let body = vec![1; length];
        assert!(Attributes::parse(&attribute(id, &body), STRICT).is_ok(), "{id:#x}");
        assert!(Attributes::parse(&attribute(id, &body[1..]), STRICT).is_err(), "{id:#x} shorter");
        let longer = vec![1; length + 1];
        assert!(Attributes::parse(&attribute(id, &longer), STRICT).is_err(), "{id:#x} longer");
    }
    for (id, most) in [(id::SSID, 32), (id::NETWORK_KEY, 64), (id::MANUFACTURER, 64), (id::DEVICE_NAME, 32)] {
        assert!(Attributes::parse(&attribute(id, &vec![b'a'; most]), STRICT).is_ok());
        assert!(Attributes::parse(&attribute(id, &vec![b'a'; most + 1]), STRICT).is_err());
    }
}

#[test]
fn a_length_that_runs_past_the_end_is_refused_wherever_the_message_is_cut() {
    let whole = AccessPoint { selected: Some(selected()), ..access_point() }.probe_response().unwrap();
    let attributes = join(Elements::new(&whole)).unwrap();
    assert!(Attributes::parse(&attributes, STRICT).is_ok());
    let mut passed = 0;
    for end in 0..attributes.len() {
        passed += usize::from(Attributes::parse(&attributes[..end], STRICT).is_ok());
    }
    // Only where an attribute ends.
    let count = core::iter::successors(Some(crate::attribute::Cursor::new(&attributes, STRICT)), |cursor| {
        let mut cursor = cursor.clone();
        cursor.next_attribute().unwrap().map(|_| cursor)
    });
    assert_eq!(passed, count.count() - 1);
}

#[test]
fn an_attribute_that_comes_twice_with_different_values_is_refused() {
    let mut builder = Builder::new();
    builder.put_u8(id::VERSION, 0x10).put_u16(id::PASSWORD_ID, 4).put_u16(id::PASSWORD_ID, 4);
    assert!(Attributes::parse(&builder.clone().finish().unwrap(), STRICT).is_ok());
    builder.put_u16(id::PASSWORD_ID, 0);
    let twice = builder.finish().unwrap();
    assert!(Attributes::parse(&twice, STRICT).is_err());
    let last = Attributes::parse(&twice, STRICT.with(Quirk::RepeatedAttributes)).unwrap();
    assert_eq!(last.password_id, Some(PasswordId::DEFAULT));
}

#[test]
fn the_extension_comes_back_as_it_was_written_and_a_subelement_of_a_wrong_length_is_refused() {
    let whole = Extension {
        version2: Some(0x20),
        authorized_macs: vec![AP, MacAddr::BROADCAST],
        network_key_shareable: Some(true),
        request_to_enroll: Some(true),
        settings_delay: Some(9),
        registrar_methods: Some(ConfigMethods::KEYPAD),
        multi_ap: Some(MultiAp(0x80)),
        multi_ap_profile: Some(2),
        multi_ap_vlan: Some(100),
    };
    let octets = whole.write().unwrap();
    assert_eq!(octets[..6], [0, 0x37, 0x2a, 0, 1, 0x20]);
    let mut read = Extension::default();
    read.read(&octets[3..]).unwrap();
    assert_eq!(read, whole);
    for wrong in [&[0u8, 0][..], &[1, 5, 1, 2, 3, 4, 5], &[2, 2, 1, 1], &[4, 0], &[5, 1, 0], &[6, 0], &[0, 3, 1]] {
        assert!(Extension::default().read(wrong).is_err(), "{wrong:?}");
    }
    let crowd = [&[1u8, 36][..], &[2; 36]].concat();
    assert!(Extension::default().read(&crowd).is_err(), "six addresses");
    // 12, Version2: later versions may say more.
    let mut later = Extension::default();
    later.read(&[0, 2, 0x21, 9, 77, 1, 0]).unwrap();
    assert_eq!(later.version2, Some(0x21));
}

fn access_point() -> AccessPoint {
    AccessPoint {
        state: SetupState::CONFIGURED,
        is_locked: false,
        selected: None,
        uuid: Uuid::from_mac(AP),
        device: own(AP).device,
        methods: ConfigMethods::LABEL,
        rf_bands: RfBands(3),
        multi_ap: None,
    }
}

fn selected() -> Selected {
    Selected {
        password_id: PasswordId::PUSH_BUTTON,
        methods: ConfigMethods::VIRTUAL_PUSH_BUTTON,
        authorized: vec![STATION],
    }
}

#[test]
fn elements_of_an_access_point_come_back_as_they_were_written() {
    for state in [None, Some(selected())] {
        let ap = AccessPoint { selected: state.clone(), is_locked: state.is_none(), ..access_point() };
        for octets in [ap.beacon().unwrap(), ap.probe_response().unwrap()] {
            let attributes = join(Elements::check(&octets).unwrap()).unwrap();
            let seen = Seen::parse(&attributes, STRICT).unwrap();
            assert_eq!((seen.selected.as_ref(), seen.is_locked), (state.as_ref(), state.is_none()));
            assert_eq!((seen.uuid, seen.is_version_2), (Some(Uuid::from_mac(AP)), true));
            assert_eq!(seen.is_push_button(), state.is_some());
        }
        let seen = Seen::parse(&join(Elements::new(&ap.probe_response().unwrap())).unwrap(), STRICT).unwrap();
        assert_eq!(seen.device, crate::device::Device { os_version: 0, ..own(AP).device });
    }
}

#[test]
fn what_is_too_long_for_one_element_is_spread_over_several_and_found_again() {
    let mut builder = Builder::new();
    builder.put_u8(id::VERSION, 0x10).put_u8(id::SETUP_STATE, 2);
    for vendor in 0..5 {
        builder.put(id::VENDOR_EXTENSION, &[&[9, 9, vendor][..], &[7; 100]].concat());
    }
    let attributes = builder.finish().unwrap();
    let octets = split(&attributes).unwrap();
    assert_eq!(Elements::check(&octets).unwrap().count(), attributes.len().div_ceil(251));
    // Others may stand between them.
    let mixed = [&[0, 3, b'n', b'e', b't'][..], &octets[..257], &[221, 4, 0, 0x50, 0xf2, 2], &octets[257..]].concat();
    assert_eq!(join(Elements::check(&mixed).unwrap()), Some(attributes.clone()));
    assert_eq!(Attributes::parse(&attributes, STRICT).unwrap().vendors.len(), 5);
    assert_eq!(join(Elements::new(&[0, 1, b'n'])), None);
}

#[test]
fn a_stations_elements_come_back_and_say_whom_it_looks_for() {
    let station = Station {
        request: RequestType::ENROLLEE,
        methods: ConfigMethods::KEYPAD,
        uuid: Uuid::from_mac(STATION),
        device: own(STATION).device,
        rf_bands: RfBands::GHZ_2_4,
        state: crate::code::AssociationState::NOT_ASSOCIATED,
        error: crate::code::ConfigError::NONE,
        password_id: PasswordId::PUSH_BUTTON,
        wanted: vec![DeviceType::known(6, 0)],
        request_to_enroll: true,
        multi_ap: Some(MultiAp(0x80)),
    };
    let attributes = join(Elements::new(&station.probe_request().unwrap())).unwrap();
    let seen = SeenStation::parse(&attributes, STRICT).unwrap();
    assert_eq!((seen.uuid, seen.password_id), (station.uuid, PasswordId::PUSH_BUTTON));
    assert!(seen.request_to_enroll && seen.wants(&own(AP).device), "any of its category");
    let printer = crate::device::Device { primary_type: DeviceType::known(3, 1), ..own(AP).device };
    assert!(!seen.wants(&printer));
    let attributes = join(Elements::new(&station.association_request().unwrap())).unwrap();
    let seen = SeenAssociation::parse(&attributes, STRICT).unwrap();
    assert!(seen.is_version_2 && seen.multi_ap.unwrap().is_backhaul_station());
    assert_eq!(seen.request, RequestType::ENROLLEE);
}

#[test]
fn a_station_with_a_pin_prefers_who_names_it() {
    let seen = |authorized: Vec<MacAddr>| Seen {
        selected: Some(Selected { password_id: PasswordId::DEFAULT, authorized, ..selected() }),
        is_version_2: true,
        ..Seen::default()
    };
    let ranks = [vec![STATION], vec![MacAddr::BROADCAST], vec![AP], vec![]].map(|macs| seen(macs).rank_for(STATION));
    assert_eq!(ranks, [3, 2, 1, 1]);
    assert!(seen(vec![STATION]).waits_for_pin(STATION) && seen(vec![MacAddr::BROADCAST]).waits_for_pin(STATION));
    assert!(!seen(vec![AP]).waits_for_pin(STATION) && !seen(vec![]).waits_for_pin(STATION));
    // Of version 1.0, which has no such list.
    assert!(Seen { is_version_2: false, ..seen(vec![]) }.waits_for_pin(STATION));
    assert_eq!(Seen::default().rank_for(STATION), 0);
}

/// Wi-Fi Simple Configuration 7.6.1, its own example.
#[test]
fn the_check_digit_of_a_pin_catches_each_wrong_digit() {
    assert_eq!(check_digit(1_234_567), 0);
    assert_eq!(Pin::parse("1234-5670").unwrap().shown(), "12345670");
    assert_eq!(Pin::parse("1234").unwrap().shown(), "1234");
    for place in 0..8 {
        let mut digits = *b"12345670";
        digits[place] = if digits[place] == b'9' { b'8' } else { digits[place] + 1 };
        let text = core::str::from_utf8(&digits).unwrap();
        assert_eq!(Pin::parse(text), Err(PinError::Checksum), "{text}");
    }
    assert_eq!(Pin::parse("1234567"), Err(PinError::Length));
    assert_eq!(Pin::parse(""), Err(PinError::Length));
    assert_eq!(Pin::parse("1234567a"), Err(PinError::Digits));
    let mut rng = TestRng::new(5);
    for _ in 0..200 {
        let pin = Pin::generate(&mut rng);
        assert_eq!(Pin::parse(&pin.shown()), Ok(pin.clone()));
        assert!(!alloc::format!("{pin:?}").contains(&pin.shown()));
    }
}

fn judge(auth: u16, encr: u16, key: &[u8]) -> Result<Security, Forbidden> {
    let credential =
        Credential { auth: AuthTypes(auth), encr: EncrTypes(encr), key: Secret::from(key), ..network("net") };
    Policy::default().judge(&credential).map(|network| network.security)
}

#[test]
fn networks_with_wep_or_wpa_and_tkip_alone_are_refused_and_mixed_ones_taken() {
    assert_eq!(judge(0x01, 0x02, b"12345"), Err(Forbidden::Wep));
    assert_eq!(judge(0x04, 0x02, b"12345"), Err(Forbidden::Wep));
    assert_eq!(judge(0x02, 0x04, b"passphrase"), Err(Forbidden::TkipOnly));
    assert_eq!(judge(0x20, 0x04, b"passphrase"), Err(Forbidden::TkipOnly));
    assert_eq!(judge(0x02, 0x08, b"passphrase"), Err(Forbidden::TkipOnly));
    assert_eq!(judge(0x10, 0x08, b"passphrase"), Err(Forbidden::Unknown));
    assert_eq!(judge(0x01, 0x01, b""), Ok(Security::Open));
    let key = NetworkKey::Passphrase(Secret::from(*b"passphrase"));
    assert_eq!(
        judge(0x22, 0x0c, b"passphrase"),
        Ok(Security::Personal { is_wpa2: true, is_wpa: true, has_aes: true, has_tkip: true, key })
    );
    let lax = Policy { allows_tkip_only: true, allows_open: false, ..Policy::default() };
    let tkip = Credential { auth: AuthTypes::WPA_PSK, encr: EncrTypes::TKIP, ..network("net") };
    assert!(lax.judge(&tkip).is_ok());
    // An access point that is told to be so is made mixed.
    let Ok(mixed) = Policy::default().judge_settings(&tkip) else { panic!() };
    assert!(matches!(mixed.security, Security::Personal { is_wpa2: true, has_aes: true, .. }));
    let open = Credential { auth: AuthTypes::OPEN, encr: EncrTypes::NONE, key: Secret::default(), ..network("net") };
    assert_eq!(lax.judge(&open), Err(Forbidden::Open));
}

/// Advisory 2016-1: what a registrar gives is written into a configuration.
#[test]
fn a_passphrase_with_a_newline_or_another_control_character_is_refused() {
    assert!(judge(0x20, 0x08, b"passphrase").is_ok());
    for key in [&b"pass\nphrase"[..], b"pass\0phrase", b"pass\x7fphrase", b"pass\xffphrase", b"short", &[b'a'; 65]] {
        assert_eq!(judge(0x20, 0x08, key), Err(Forbidden::Key), "{key:?}");
    }
    assert_eq!(judge(0x20, 0x08, &[b'g'; 64]), Err(Forbidden::Key));
    assert_eq!(judge(0x20, 0x08, b"+1".repeat(32).as_slice()), Err(Forbidden::Key));
    let digits = b"0123456789abcdefABCDEF0123456789".repeat(2);
    let Ok(Security::Personal { key: NetworkKey::Key(key), .. }) = judge(0x20, 0x08, &digits) else { panic!() };
    assert_eq!(key.as_bytes()[..4], [0x01, 0x23, 0x45, 0x67]);
    assert_eq!(NetworkKey::Key(key).write().as_bytes(), digits.to_ascii_lowercase());
}

#[test]
fn an_enrollee_is_given_the_best_that_both_have() {
    let mixed = Credential { auth: AuthTypes(0x22), encr: EncrTypes(0x0c), ..network("net") };
    let mixed = Policy::default().judge(&mixed).unwrap();
    let give = |auth, encr, quirks| {
        mixed
            .credential_for(STATION, AuthTypes(auth), EncrTypes(encr), quirks)
            .map(|given| (given.auth.0, given.encr.0))
    };
    assert_eq!(give(0x3f, 0x0f, STRICT), Ok((0x20, 0x08)));
    assert_eq!(give(0x02, 0x04, STRICT), Ok((0x02, 0x04)));
    assert_eq!(give(0x01, 0x01, STRICT), Err(Forbidden::Unknown));
    assert_eq!(give(0x0100, 0x0400, Quirks::default()), Ok((0x20, 0x08)), "octets swapped");
    assert_eq!(give(0x1b, 0x0d, STRICT), Ok((0x02, 0x08)));
    assert_eq!(give(0x1b, 0x0d, Quirks::default()), Ok((0x20, 0x08)));
}

#[test]
fn each_quirk_of_a_credential_is_put_up_with_only_where_it_is_allowed() {
    let body = |ssid: &[u8], key: &[u8], between: &[u8]| {
        let mut builder = Builder::new();
        builder.put(id::SSID, ssid).put_u16(id::AUTH_TYPE, 0x20).put_u16(id::ENCR_TYPE, 8).put(id::NETWORK_KEY, key);
        builder.put_raw(between).put(id::MAC_ADDRESS, STATION.octets());
        builder.finish().unwrap()
    };
    let mut padded = [0; 32];
    padded[..4].copy_from_slice(b"home");
    let cases = [
        (body(&padded, b"passphrase", &[]), Quirk::PaddedSsid),
        (body(b"home", b"passphrase\0", &[]), Quirk::TerminatedKey),
        (body(b"home", b"passphrase", &[0]), Quirk::OctetAfterKey),
    ];
    for (body, quirk) in cases {
        let read = |quirks| {
            Credential::parse(&body, quirks).ok().filter(|credential| {
                credential.ssid == Ssid::new(b"home").unwrap() && credential.key.as_bytes() == b"passphrase"
            })
        };
        assert!(read(STRICT).is_none() && read(Quirks::default().without(quirk)).is_none(), "{quirk:?}");
        assert!(read(STRICT.with(quirk)).is_some(), "{quirk:?}");
    }
    let whole = Credential { is_shareable: Some(true), ..network("home") };
    assert_eq!(Credential::parse(&whole.write().unwrap(), STRICT), Ok(whole));
}

#[test]
fn every_quirk_has_a_row_of_its_own() {
    for (place, row) in TABLE.iter().enumerate() {
        assert!(TABLE.iter().skip(place + 1).all(|other| other.quirk != row.quirk));
        assert_eq!(row.quirk as usize, place, "the rows are in the order of the variants");
        assert_eq!(Quirks::default().has(row.quirk), row.by_default);
    }
    assert_eq!(TABLE.len(), Quirk::RepeatedAttributes as usize + 1);
}

/// Made with Python's `uuid`.
#[test]
fn a_name_made_of_an_address_is_of_version_5() {
    let uuid = Uuid::from_mac(MacAddr([2, 0, 0, 0, 0, 0]));
    let text = alloc::format!("{uuid}");
    assert_eq!(Uuid::parse(&text), Some(uuid));
    assert_eq!(text, "362db47b-a53a-5191-88fb-5458b986b2e4");
    for wrong in ["", "12345678-9abc-def0-1234-56789abcdef", "12345678-9abc-def0-1234-56789abcdefg", "é"] {
        assert_eq!(Uuid::parse(wrong), None, "{wrong}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// What hostap's own test has of the octet behind a network key and of zeros behind a message.
#[test]
fn the_octet_behind_a_key_and_zeros_at_the_end_are_passed_over_and_nothing_else() {
    for (text, lenient) in [
        ("10270000001057000101", true),
        ("10230000001057000101", false),
        ("10270000101057000101", false),
        ("1027000010570001010000000000", true),
        ("1027000010570001010000000000000001000000", false),
    ] {
        let read = |quirks| Attributes::parse(&hex(text), quirks).ok().map(|read| read.setup_locked);
        assert_eq!(read(Quirks::default()), lenient.then_some(Some(true)), "{text}");
        assert_eq!(read(STRICT), None, "{text}");
    }
}
