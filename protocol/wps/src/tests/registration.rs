//! The registration protocol from M1 to WSC_Done, both sides.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::kit::{AP, Direct, STATION, access_point, credentials, grant, network, pin, station};
use crate::WpsError;
use crate::code::{ConfigError, MessageType, PasswordId};
use crate::error::Half;
use crate::keys::KeyPair;
use crate::password::DevicePassword;
use crate::registration::{Decision, Event, Grant, Offer, Setup};

fn kinds(direct: &Direct) -> Vec<MessageType> {
    let quirks = crate::Quirks::default();
    direct
        .sent
        .iter()
        .map(|(_, sent)| crate::Attributes::parse(&sent.bytes, quirks).unwrap().message_type.unwrap())
        .collect()
}

fn failed(events: &[Event]) -> Option<(MessageType, WpsError)> {
    events.iter().find_map(|event| if let Event::Failed(at, why) = event { Some((*at, why.clone())) } else { None })
}

#[test]
fn a_station_with_the_right_pin_is_given_the_network() {
    let mut direct = Direct::new(station(pin("12345670")), grant(pin("12345670"), credentials()));
    direct.run();
    assert_eq!(
        kinds(&direct),
        [
            MessageType::M1,
            MessageType::M2,
            MessageType::M3,
            MessageType::M4,
            MessageType::M5,
            MessageType::M6,
            MessageType::M7,
            MessageType::M8,
            MessageType::DONE,
            MessageType::ACK
        ]
    );
    assert!(direct.is_over());
    let Some(Event::Given(given)) = direct.given() else { panic!("{:?}", direct.enrollee_said) };
    assert_eq!(given.credentials, [network("home")]);
    assert!(direct.enrollee_said.contains(&Event::Enrolled));
    let Some(Event::Registered(registered)) = direct.registrar_said.last() else { panic!() };
    assert_eq!((registered.addr, &registered.given), (STATION, &vec![network("home")]));
}

#[test]
fn a_pushed_button_needs_no_pin() {
    let button = DevicePassword::push_button();
    let mut direct = Direct::new(station(button.clone()), grant(button, credentials()));
    assert!(direct.run().is_over() && direct.given().is_some());
}

#[test]
fn a_second_button_in_the_middle_ends_the_run() {
    let button = DevicePassword::push_button();
    let mut direct = Direct::new(station(button.clone()), grant(button, credentials()));
    for _ in 0..4 {
        direct.carry();
    }
    direct.is_alone = false;
    direct.run();
    assert!(direct.is_over() && direct.given().is_none());
    assert_eq!(failed(&direct.registrar_said).unwrap().1, WpsError::Overlap);
    assert_eq!(failed(&direct.enrollee_said).unwrap().1, WpsError::Refused(ConfigError::MULTIPLE_PBC));
}

#[test]
fn each_half_of_a_wrong_pin_shows_at_its_message() {
    // The first half is right in the second case.
    for (wrong, at, half) in [("99956042", MessageType::M4, Half::First), ("12349999", MessageType::M6, Half::Second)] {
        let mut direct = Direct::new(station(pin("12345670")), grant(pin(wrong), credentials()));
        direct.run();
        assert!(direct.is_over() && direct.given().is_none());
        assert_eq!(failed(&direct.enrollee_said), Some((at, WpsError::Password(half))));
        let told = failed(&direct.registrar_said).unwrap().1;
        assert_eq!(told, WpsError::Refused(ConfigError::PASSWORD));
        let shown = direct.registrar_said.iter().any(|event| matches!(event, Event::PasswordShown(_)));
        assert_eq!(shown, half == Half::Second, "whose first half is right sees the second");
    }
}

#[test]
fn a_registrar_without_a_password_says_so_and_the_station_waits_for_another() {
    let mut direct = Direct::new(station(pin("12345670")), Decision::Refuse(ConfigError::NONE));
    direct.run();
    assert_eq!(kinds(&direct), [MessageType::M1, MessageType::M2D, MessageType::ACK]);
    assert!(direct.registrar.is_over() && !direct.enrollee.is_over());
    assert!(matches!(direct.enrollee_said.last(), Some(Event::NoPassword(_))));
}

#[test]
fn several_networks_come_with_one_m8_and_those_with_wep_are_passed_over() {
    let mut wep = network("old");
    (wep.auth, wep.encr) = (crate::code::AuthTypes::OPEN, crate::code::EncrTypes::WEP);
    let offer = Offer::Credentials(vec![network("home"), wep.clone(), network("garden")]);
    let mut direct = Direct::new(station(pin("12345670")), grant(pin("12345670"), offer));
    direct.run();
    let Some(Event::Given(given)) = direct.given() else { panic!("{:?}", direct.enrollee_said) };
    assert_eq!(given.credentials.len(), 3);
    assert_eq!(given.networks.iter().map(|n| n.ssid.as_bytes()).collect::<Vec<_>>(), [&b"home"[..], b"garden"]);
    let mut alone = Direct::new(station(pin("12345670")), grant(pin("12345670"), Offer::Credentials(vec![wep])));
    alone.run();
    assert_eq!(failed(&alone.enrollee_said).unwrap().1, WpsError::Forbidden(crate::Forbidden::Wep));
}

#[test]
fn an_external_registrar_learns_the_settings_and_leaves_them() {
    let mut direct =
        Direct::new(access_point(Some(pin("12345670")), Setup::Open), grant(pin("12345670"), Offer::Learn));
    direct.run();
    assert!(direct.is_over());
    let mut before = network("before");
    before.addr = AP;
    assert!(direct.registrar_said.contains(&Event::Learned(Box::new(before))));
    assert!(!direct.enrollee_said.iter().any(|event| matches!(event, Event::Settings(_))));
    assert!(direct.enrollee_said.contains(&Event::PasswordProved));
}

#[test]
fn an_external_registrar_configures_the_access_point() {
    let mut settings = network("after");
    settings.addr = AP;
    let offer = Offer::Configure(Box::new(settings.clone()));
    let mut direct = Direct::new(access_point(Some(pin("12345670")), Setup::Open), grant(pin("12345670"), offer));
    direct.run();
    assert!(direct.is_over());
    assert!(direct.enrollee_said.contains(&Event::Settings(Box::new(settings))));
    assert_eq!(direct.enrollee_said.last(), Some(&Event::Enrolled));
    assert!(matches!(direct.registrar_said.last(), Some(Event::Registered(_))));
}

#[test]
fn a_locked_access_point_lets_nobody_in_and_one_that_may_be_learned_is_not_changed() {
    let offer = || Offer::Configure(Box::new(network("after")));
    for (profile, learned) in [
        (access_point(Some(pin("12345670")), Setup::Locked), false),
        (access_point(None, Setup::Open), false),
        (access_point(Some(pin("12345670")), Setup::LearnOnly), true),
    ] {
        let mut direct = Direct::new(profile, grant(pin("12345670"), offer()));
        direct.run();
        assert!(direct.is_over());
        assert_eq!(failed(&direct.enrollee_said).unwrap().1, WpsError::Locked);
        assert_eq!(failed(&direct.registrar_said).unwrap().1, WpsError::Refused(ConfigError::SETUP_LOCKED));
        assert_eq!(direct.registrar_said.iter().any(|event| matches!(event, Event::Learned(_))), learned);
        assert!(!direct.enrollee_said.iter().any(|event| matches!(event, Event::Settings(_))));
    }
}

#[test]
fn keys_that_were_handed_over_need_no_password_and_credentials_come_with_m2() {
    let mut rng = crypto::testing::TestRng::new(9);
    let (ours, theirs) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
    let handover = DevicePassword::new(PasswordId::NFC_HANDOVER, crypto::Secret::default()).unwrap();
    let mut profile = station(handover.clone());
    profile.keys = Some(ours.clone());
    profile.registrar_key = Some(theirs.public().hash());
    let register = |hash| {
        Decision::Register(Box::new(Grant {
            password: handover.clone(),
            offer: credentials(),
            enrollee_key: Some(hash),
            keys: Some(theirs.clone()),
        }))
    };
    let mut direct = Direct::new(profile.clone(), register(ours.public().hash()));
    direct.run();
    assert_eq!(kinds(&direct), [MessageType::M1, MessageType::M2, MessageType::DONE, MessageType::ACK]);
    assert!(direct.is_over() && direct.given().is_some());
    // Somebody else's keys, on either side.
    let mut other = Direct::new(profile.clone(), register(theirs.public().hash()));
    other.run();
    assert_eq!(failed(&other.registrar_said).unwrap().1, WpsError::KeyHash);
    assert!(other.given().is_none());
    profile.registrar_key = Some([0; 20]);
    let mut other = Direct::new(profile, register(ours.public().hash()));
    other.run();
    assert_eq!(failed(&other.enrollee_said).unwrap().1, WpsError::KeyHash);
    assert!(other.given().is_none());
}

#[test]
fn a_password_that_was_handed_over_is_proved_like_a_pin_and_its_key_is_held_against_the_hash() {
    let mut rng = crypto::testing::TestRng::new(9);
    let keys = KeyPair::generate(&mut rng);
    let password = DevicePassword::new(PasswordId(0x1234), crypto::Secret::from([7; 32])).unwrap();
    let mut profile = station(password.clone());
    for (hash, passes) in [(keys.public().hash(), true), ([9; 20], false)] {
        profile.keys = Some(keys.clone());
        let decision = Decision::Register(Box::new(Grant {
            password: password.clone(),
            offer: credentials(),
            enrollee_key: Some(hash),
            keys: None,
        }));
        let mut direct = Direct::new(profile.clone(), decision);
        direct.run();
        assert_eq!(direct.given().is_some(), passes);
    }
}
