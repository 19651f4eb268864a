//! Buttons, PINs and locks of an access point, and a station's search.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use crypto::testing::TestRng;
use wire::{Instant, MacAddr, Ssid};

use super::kit::{AP, Direct, STATION, access_point, grant, network, own, pin, station};
use crate::WpsError;
use crate::attribute::{Builder, id};
use crate::code::{ConfigError, ConfigMethods, PasswordId, RequestType, SetupState};
use crate::credential::{NetworkKey, Policy, Security};
use crate::device::Uuid;
use crate::element::{Seen, SeenStation, Selected};
use crate::extension::{Extension, MultiAp};
use crate::keys::KeyPair;
use crate::message::{M1, Message, Writing};
use crate::password::DevicePassword;
use crate::quirks::Quirks;
use crate::registration::{Decision, EnrolleeProfile, Event, Offer, Setup, Side};
use crate::search::{Candidate, Search, Verdict, WALK_TIME, Way};
use crate::setup::{ApSetup, Change, Known, Locked, MAX_PINS, Networks, SetupProfile};

const START: Instant = Instant::from_origin(Duration::from_secs(1000));

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

fn networks() -> Networks {
    Networks { networks: vec![Policy::default().judge(&network("home")).unwrap()], ..Networks::default() }
}

fn setup_of(networks: Networks) -> ApSetup {
    ApSetup::new(SetupProfile {
        networks,
        methods: ConfigMethods(0x2788),
        setup: Setup::Open,
        quirks: Quirks::default(),
    })
}

fn setup() -> ApSetup {
    setup_of(networks())
}

fn known(uuid: Option<Uuid>, text: &str) -> Known {
    Known { uuid, addr: None, password: pin(text), enrollee_key: None, keys: None, until: None }
}

fn m1(addr: MacAddr, id: PasswordId) -> M1 {
    m1_of(&own(addr), id)
}

fn m1_of(own: &crate::message::Own, id: PasswordId) -> M1 {
    let keys = KeyPair::generate(&mut TestRng::new(3));
    let bytes = Writing::m1(own, &[7; 16], keys.public(), id).finish().unwrap();
    match Message::parse(None, &bytes, Quirks::STRICT) {
        Ok(Message::M1(m1)) => *m1,
        other => panic!("{other:?}"),
    }
}

fn probe(addr: MacAddr, id: PasswordId) -> SeenStation {
    SeenStation {
        request: RequestType::ENROLLEE,
        uuid: Uuid::from_mac(addr),
        password_id: id,
        ..SeenStation::default()
    }
}

fn changes(setup: &mut ApSetup) -> Vec<Change> {
    core::iter::from_fn(|| setup.poll_change()).filter(|change| *change != Change::Advertise).collect()
}

fn is_registered(decision: &Decision) -> bool {
    matches!(decision, Decision::Register(_))
}

const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 9, 9]);

#[test]
fn a_button_counts_for_two_minutes() {
    let mut rng = TestRng::new(1);
    let mut setup = setup();
    let button = m1(STATION, PasswordId::PUSH_BUTTON);
    assert!(!is_registered(&setup.decide(&button, START, &mut rng)), "nobody has pushed it");
    setup.push_button(START).unwrap();
    let selected = setup.selected(START).unwrap();
    assert_eq!((selected.password_id, selected.authorized), (PasswordId::PUSH_BUTTON, vec![MacAddr::BROADCAST]));
    assert!(is_registered(&setup.decide(&button, after(119), &mut rng)));
    assert_eq!(setup.poll_deadline(START), Some(START + WALK_TIME));
    setup.handle_timeout(after(120));
    assert_eq!(changes(&mut setup), [Change::ButtonTimeout]);
    assert!(!is_registered(&setup.decide(&button, after(120), &mut rng)) && setup.selected(after(120)).is_none());
}

/// The attack: whoever pushes a button while somebody else does must not be taken for that one.
#[test]
fn two_buttons_at_a_time_are_an_overlap_before_in_and_after_the_push() {
    let mut rng = TestRng::new(1);
    // Both before.
    let mut before = setup();
    before.handle_probe(&probe(STATION, PasswordId::PUSH_BUTTON), STATION, START);
    before.handle_probe(&probe(OTHER, PasswordId::PUSH_BUTTON), OTHER, after(1));
    assert_eq!(before.push_button(after(2)), Err(WpsError::Overlap));
    assert!(before.selected(after(2)).is_none());
    // Later it is long forgotten.
    assert!(before.push_button(after(125)).is_ok());
    // The second one while the first registers.
    let mut during = setup();
    during.push_button(START).unwrap();
    assert!(is_registered(&during.decide(&m1(STATION, PasswordId::PUSH_BUTTON), after(1), &mut rng)));
    assert!(during.is_alone(Uuid::from_mac(STATION)));
    during.handle_probe(&probe(OTHER, PasswordId::PUSH_BUTTON), OTHER, after(2));
    assert!(!during.is_alone(Uuid::from_mac(STATION)));
    assert_eq!(changes(&mut during), [Change::Overlap]);
    let refused = during.decide(&m1(OTHER, PasswordId::PUSH_BUTTON), after(3), &mut rng);
    assert!(!is_registered(&refused) && during.selected(after(3)).is_none());
    // The control: one device with two addresses, and others without a button.
    let mut alone = setup();
    alone.push_button(START).unwrap();
    alone.handle_probe(&probe(STATION, PasswordId::PUSH_BUTTON), STATION, START);
    alone.handle_probe(&probe(STATION, PasswordId::PUSH_BUTTON), OTHER, START);
    alone.handle_probe(&probe(OTHER, PasswordId::DEFAULT), OTHER, START);
    assert!(is_registered(&alone.decide(&m1(STATION, PasswordId::PUSH_BUTTON), after(3), &mut rng)));
}

#[test]
fn a_crowd_of_strangers_with_buttons_takes_no_memory_and_the_overlap_stays() {
    let mut setup = setup();
    setup.push_button(START).unwrap();
    for number in 0..=255 {
        let addr = MacAddr([2, 0, 0, 1, 0, number]);
        setup.handle_probe(&probe(addr, PasswordId::PUSH_BUTTON), addr, START);
    }
    assert_eq!(changes(&mut setup), [Change::Overlap]);
}

#[test]
fn a_device_whose_button_goes_on_asking_when_all_is_done_is_no_new_one() {
    let mut rng = TestRng::new(1);
    let mut setup = setup();
    setup.push_button(START).unwrap();
    let button = m1(STATION, PasswordId::PUSH_BUTTON);
    assert!(is_registered(&setup.decide(&button, START, &mut rng)));
    let registered = crate::registration::Registered {
        uuid: button.uuid,
        addr: STATION,
        device: button.device.clone(),
        password_id: PasswordId::PUSH_BUTTON,
        given: vec![],
    };
    setup.handle_event(&Event::Registered(alloc::boxed::Box::new(registered)), after(2));
    assert_eq!(changes(&mut setup), [Change::ButtonDone(button.uuid)]);
    setup.handle_probe(&probe(STATION, PasswordId::PUSH_BUTTON), STATION, after(4));
    setup.push_button(after(4)).unwrap();
    setup.handle_probe(&probe(OTHER, PasswordId::PUSH_BUTTON), OTHER, after(5));
    assert!(is_registered(&setup.decide(&m1(OTHER, PasswordId::PUSH_BUTTON), after(5), &mut rng)));
}

#[test]
fn a_pin_is_for_its_device_and_one_for_anybody_is_for_whoever_comes_first() {
    let mut rng = TestRng::new(1);
    let mut setup = setup();
    setup.add_pin(known(Some(Uuid::from_mac(STATION)), "12345670"), START).unwrap();
    assert!(!is_registered(&setup.decide(&m1(OTHER, PasswordId::DEFAULT), START, &mut rng)));
    assert_eq!(changes(&mut setup), [Change::PinNeeded(Uuid::from_mac(OTHER), OTHER)]);
    assert!(is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), START, &mut rng)));
    // Runs side by side would try more often than is counted.
    assert!(!is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), START, &mut rng)));
    setup.add_pin(known(None, "12345670"), START).unwrap();
    assert!(is_registered(&setup.decide(&m1(OTHER, PasswordId::REGISTRAR), START, &mut rng)));
    let third = MacAddr([2, 0, 0, 0, 7, 7]);
    assert!(!is_registered(&setup.decide(&m1(third, PasswordId::DEFAULT), START, &mut rng)));
    changes(&mut setup);
    setup.run_ended(Uuid::from_mac(OTHER));
    assert_eq!(changes(&mut setup), [Change::PinForgotten(Uuid::from_mac(OTHER))], "one try");
}

#[test]
fn a_pin_is_forgotten_after_three_wrong_tries_and_after_one_whose_first_half_was_right() {
    let mut rng = TestRng::new(1);
    let uuid = Uuid::from_mac(STATION);
    let mut setup = setup();
    setup.add_pin(known(Some(uuid), "12345670"), START).unwrap();
    for tried in 0..5 {
        assert_eq!(is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), START, &mut rng)), tried < 3);
        setup.run_ended(uuid);
    }
    setup.add_pin(known(Some(uuid), "12345670"), START).unwrap();
    assert!(is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), START, &mut rng)));
    setup.handle_event(&Event::PasswordShown(uuid), START);
    setup.run_ended(uuid);
    assert!(!is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), START, &mut rng)));
}

#[test]
fn pins_have_their_time_and_their_number() {
    let mut rng = TestRng::new(1);
    let mut setup = setup();
    let mut short = known(Some(Uuid::from_mac(STATION)), "12345670");
    short.until = Some(after(30));
    setup.add_pin(short, START).unwrap();
    assert_eq!(setup.poll_deadline(START), Some(after(30)));
    setup.handle_timeout(after(30));
    assert!(!is_registered(&setup.decide(&m1(STATION, PasswordId::DEFAULT), after(30), &mut rng)));
    for number in 0..u8::try_from(MAX_PINS).unwrap() {
        let uuid = Uuid::from_mac(MacAddr([2, 0, 0, 0, 5, number]));
        setup.add_pin(known(Some(uuid), "12345670"), START).unwrap();
    }
    assert!(setup.add_pin(known(None, "12345670"), START).is_err());
    let first = Uuid::from_mac(MacAddr([2, 0, 0, 0, 5, 0]));
    assert!(setup.add_pin(known(Some(first), "12345670"), START).is_ok(), "in place of its own");
}

#[test]
fn beacons_name_the_last_five_who_may_register() {
    let mut setup = setup();
    for number in 0..7 {
        let addr = MacAddr([2, 0, 0, 0, 5, number]);
        let known = Known { addr: Some(addr), ..known(Some(Uuid::from_mac(addr)), "12345670") };
        setup.add_pin(known, START).unwrap();
    }
    let selected = setup.selected(START).unwrap();
    let last: Vec<u8> = selected.authorized.iter().map(|addr| addr.0[5]).collect();
    assert_eq!((selected.password_id, last), (PasswordId::DEFAULT, vec![6, 5, 4, 3, 2]));
    assert!(!selected.methods.has(ConfigMethods::PUSH_BUTTON));
    assert!(setup.selected(after(120)).is_none(), "the PINs stay, the beacons are silent");
    setup.add_pin(known(None, "12345670"), after(130)).unwrap();
    assert_eq!(setup.selected(after(130)).unwrap().authorized[0], MacAddr::BROADCAST);
    setup.cancel();
    assert!(setup.selected(after(130)).is_none());
}

/// Stefan Viehböck's attack of 2011, as `reaver` does it: half by half, each run tells which half was wrong. The control
/// is an access point that counts nothing.
#[test]
fn whoever_tries_one_pin_after_the_other_is_locked_out_before_it_is_found() {
    let secret = "00124447";
    let find = |locks: bool| {
        let mut setup = setup();
        setup.set_own_pin(Some(pin(secret)), None);
        let mut now = START;
        for tried in 0..40u32 {
            let (state, password) = if locks { setup.own_pin(now) } else { (Setup::Open, Some(pin(secret))) };
            let digits = tried * 1000;
            let text = alloc::format!("{digits:07}{}", crate::password::check_digit(digits));
            let mut run = Direct::new(access_point(password, state), grant(pin(&text), Offer::Learn));
            run.run();
            run.enrollee_said.iter().for_each(|event| setup.handle_own_event(event, now));
            // The first half was right when the second one is said to be wrong.
            let second = Event::Failed(crate::code::MessageType::M6, WpsError::Password(crate::Half::Second));
            if run.enrollee_said.contains(&second) {
                return Some(tried);
            }
            now += Duration::from_secs(3600);
        }
        None
    };
    assert_eq!(find(false), Some(12));
    assert_eq!(find(true), None);
}

#[test]
fn the_access_point_is_locked_for_a_minute_then_for_ever_longer_and_a_right_pin_clears_the_count() {
    let mut setup = setup();
    setup.set_own_pin(Some(pin("12345670")), None);
    let wrong = Event::Failed(crate::code::MessageType::M4, WpsError::Password(crate::Half::First));
    let mut now = START;
    for (failure, wait) in [0, 0, 60, 120, 240].into_iter().enumerate() {
        setup.handle_own_event(&wrong, now);
        let locked = if wait == 0 { Locked::No } else { Locked::Until(now + Duration::from_secs(wait)) };
        let expected = if wait == 0 { vec![] } else { vec![Change::Locked(locked)] };
        assert_eq!(changes(&mut setup), expected, "failure {failure}");
        assert_eq!(setup.own_pin(now).0 == Setup::Locked, wait > 0);
        assert_eq!(setup.is_locked(now), wait > 0);
        now += Duration::from_secs(wait);
        setup.handle_timeout(now);
        assert_eq!(changes(&mut setup).contains(&Change::Unlocked), wait > 0);
        assert_eq!(setup.own_pin(now).0, Setup::Open);
    }
    setup.handle_own_event(&Event::PasswordProved, now);
    setup.handle_own_event(&wrong, now);
    assert_eq!(setup.own_pin(now).0, Setup::Open, "it counts from the start");
    for _ in 0..9 {
        setup.handle_own_event(&wrong, now);
    }
    assert_eq!(setup.own_pin(now + Duration::from_secs(1_000_000)).0, Setup::Locked);
    setup.set_own_pin(Some(pin("12345670")), Some(now + Duration::from_secs(10)));
    assert_eq!(setup.own_pin(now).0, Setup::Open);
    assert_eq!(setup.own_pin(now + Duration::from_secs(10)), (Setup::Locked, None));
}

#[test]
fn an_access_point_without_a_configuration_makes_one_up_for_its_first_enrollee() {
    let mut rng = TestRng::new(1);
    let made_up = Some(Ssid::new(b"fresh").unwrap());
    let mut setup = setup_of(Networks { made_up, ..Networks::default() });
    setup.add_pin(known(None, "12345670"), START).unwrap();
    let m1 = m1(STATION, PasswordId::DEFAULT);
    let Decision::Register(granted) = setup.decide(&m1, START, &mut rng) else { panic!() };
    let Offer::Credentials(given) = &granted.offer else { panic!() };
    let network = Policy::default().judge(&given[0]).unwrap();
    let Security::Personal { key: NetworkKey::Passphrase(text), is_wpa: false, .. } = &network.security else {
        panic!()
    };
    assert_eq!(text.len(), 22);
    let registered = crate::registration::Registered {
        uuid: m1.uuid,
        addr: STATION,
        device: m1.device.clone(),
        password_id: PasswordId::DEFAULT,
        given: given.clone(),
    };
    setup.handle_event(&Event::Registered(alloc::boxed::Box::new(registered)), START);
    assert!(changes(&mut setup).contains(&Change::Configure(network)));
    setup.add_pin(known(None, "12345670"), START).unwrap();
    let Decision::Register(again) = setup.decide(&m1, START, &mut rng) else { panic!() };
    let Offer::Credentials(second) = &again.offer else { panic!() };
    assert_eq!(second[0].key, given[0].key, "the same network for the next one");
}

#[test]
fn keys_of_ones_own_backhaul_credentials_and_keys_in_place_of_passphrases() {
    let mut rng = TestRng::new(1);
    let mut give = |networks: Networks, own: &crate::message::Own| {
        let mut setup = setup_of(networks);
        setup.add_pin(known(None, "12345670"), START).unwrap();
        match setup.decide(&m1_of(own, PasswordId::DEFAULT), START, &mut rng) {
            Decision::Register(granted) => match granted.offer {
                Offer::Credentials(given) => Some(given[0].clone()),
                Offer::Learn | Offer::Configure(_) => None,
            },
            Decision::Refuse(_) => None,
        }
    };
    let first = give(Networks { own_keys: true, ..networks() }, &own(STATION)).unwrap();
    let second = give(Networks { own_keys: true, ..networks() }, &own(STATION)).unwrap();
    assert!(first.key != second.key && first.key.len() == 64);
    let backhaul = Policy::default().judge(&network("backhaul")).ok();
    let mut extender = own(STATION);
    extender.multi_ap = Some(MultiAp(MultiAp::BACKHAUL_STATION));
    let both = Networks { backhaul, ..networks() };
    assert_eq!(give(both.clone(), &extender).unwrap().ssid.as_bytes(), b"backhaul");
    assert_eq!(give(both, &own(STATION)).unwrap().ssid.as_bytes(), b"home");
    let mut apple = own(STATION);
    apple.device.manufacturer = b"Apple Inc.".to_vec();
    apple.device.model_name = b"AirPort".to_vec();
    let key = give(networks(), &apple).unwrap().key;
    assert_eq!(key.len(), 64, "the key itself");
    let mut wep_only = own(STATION);
    (wep_only.auth, wep_only.encr) = (crate::code::AuthTypes::OPEN, crate::code::EncrTypes::NONE);
    let strict = Quirks::STRICT;
    let mut setup = ApSetup::new(SetupProfile {
        networks: networks(),
        methods: ConfigMethods(0x2788),
        setup: Setup::Open,
        quirks: strict,
    });
    setup.add_pin(known(None, "12345670"), START).unwrap();
    let refused = setup.decide(&m1_of(&wep_only, PasswordId::DEFAULT), START, &mut rng);
    assert!(matches!(refused, Decision::Refuse(ConfigError::NETWORK_AUTH)));
}

#[test]
fn what_external_registrars_wait_for_is_said_together_and_has_its_time() {
    let mut setup = setup();
    let said = |selected: u8, methods: u16, addr: Option<MacAddr>| {
        let mut builder = Builder::new();
        builder.put_u8(id::VERSION, 0x10).put_u8(id::SELECTED_REGISTRAR, selected).put_u16(id::PASSWORD_ID, 0);
        builder.put_u16(id::SELECTED_METHODS, methods);
        if let Some(addr) = addr {
            let extension = Extension { authorized_macs: vec![addr], ..Extension::version_2() };
            builder.put(id::VENDOR_EXTENSION, &extension.write().unwrap());
        }
        builder.finish().unwrap()
    };
    let from = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
    setup.set_selected(from(1), &said(1, 0x0008, Some(STATION)), START).unwrap();
    setup.set_selected(from(2), &said(1, 0x0100, None), after(10)).unwrap();
    let selected = setup.selected(after(10)).unwrap();
    assert_eq!(selected.methods, ConfigMethods(0x0108));
    assert_eq!(selected.authorized, [MacAddr::BROADCAST, STATION]);
    setup.set_selected(from(2), &said(0, 0, None), after(20)).unwrap();
    assert_eq!(setup.selected(after(20)).unwrap().authorized, [STATION]);
    assert!(setup.selected(after(120)).is_none());
    assert!(setup.set_selected(from(1), b"\x10\x4a\0\x09", START).is_err());
    for last in 10..18 {
        setup.set_selected(from(last), &said(1, 8, Some(STATION)), START).ok();
    }
    assert!(setup.set_selected(from(99), &said(1, 8, Some(STATION)), START).is_err(), "so many are a flood");
}

fn pushed(uuid: Option<MacAddr>) -> Seen {
    Seen {
        uuid: uuid.map(Uuid::from_mac),
        state: SetupState::CONFIGURED,
        selected: Some(Selected { password_id: PasswordId::PUSH_BUTTON, ..Selected::default() }),
        is_version_2: true,
        ..Seen::default()
    }
}

#[test]
fn a_station_joins_the_one_access_point_with_a_button_and_none_of_two() {
    let (first, second, quiet) = (pushed(Some(AP)), pushed(Some(OTHER)), Seen::default());
    let at = |bssid, seen, signal| Candidate { bssid, seen, signal };
    let search = |bssid| Search::new(Way::Button, STATION, bssid, START);
    assert_eq!(search(None).judge(&[at(OTHER, &quiet, -30)], START), Verdict::Wait);
    assert_eq!(search(None).judge(&[at(AP, &first, -60), at(OTHER, &quiet, -30)], START), Verdict::Join(AP));
    assert_eq!(search(None).judge(&[at(AP, &first, -60), at(OTHER, &second, -30)], START), Verdict::Overlap);
    // Two bands of one access point.
    assert_eq!(search(None).judge(&[at(AP, &first, -60), at(OTHER, &first, -30)], START), Verdict::Join(OTHER));
    let nameless = pushed(None);
    assert_eq!(search(None).judge(&[at(AP, &nameless, -60), at(OTHER, &nameless, -30)], START), Verdict::Overlap);
    assert_eq!(search(None).judge(&[at(AP, &first, -60)], START + WALK_TIME), Verdict::TimedOut);
}

#[test]
fn a_button_for_one_access_point_waits_until_that_one_is_pushed() {
    let (first, second, quiet) = (pushed(Some(AP)), pushed(Some(OTHER)), Seen::default());
    let at = |bssid, seen| Candidate { bssid, seen, signal: -50 };
    let mut search = Search::new(Way::Button, STATION, Some(AP), START);
    assert_eq!(search.judge(&[at(OTHER, &second)], START), Verdict::Wait);
    assert_eq!(search.judge(&[at(AP, &quiet), at(OTHER, &second)], after(60)), Verdict::Wait);
    assert_eq!(search.judge(&[at(AP, &first), at(OTHER, &second)], after(100)), Verdict::Join(AP));
}

#[test]
fn a_station_with_a_pin_tries_those_that_name_it_first_and_each_other_in_turn() {
    let waiting = |authorized: Vec<MacAddr>| Seen {
        selected: Some(Selected { password_id: PasswordId::DEFAULT, authorized, ..Selected::default() }),
        ..pushed(Some(AP))
    };
    let (named, anybody, quiet) = (waiting(vec![STATION]), waiting(vec![MacAddr::BROADCAST]), Seen::default());
    let third = MacAddr([2, 0, 0, 0, 7, 7]);
    let at = |bssid, seen, signal| Candidate { bssid, seen, signal };
    let all = [at(AP, &named, -80), at(OTHER, &anybody, -30), at(third, &quiet, -20)];
    let mut search = Search::new(Way::Pin, STATION, None, START);
    assert_eq!(search.judge(&all, START), Verdict::Join(AP));
    search.failed_at(AP);
    assert_eq!(search.judge(&all, START), Verdict::Join(OTHER));
    search.failed_at(OTHER);
    assert_eq!(search.judge(&all, START), Verdict::Join(AP), "they are all there are");
    // After a while those that say nothing are tried too.
    assert_eq!(search.judge(&all, START), Verdict::Join(third));
    let mut patient = Search::new(Way::Pin, STATION, None, START);
    let alone = [at(third, &quiet, -20)];
    assert_eq!([(); 4].map(|()| patient.judge(&alone, START)).last(), Some(&Verdict::Join(third)));
}

/// The whole: an access point's book, and a station that meets it.
#[test]
fn a_station_and_an_access_point_with_its_book_meet() {
    let mut rng = TestRng::new(8);
    for (id, way) in [(PasswordId::PUSH_BUTTON, true), (PasswordId::DEFAULT, false)] {
        let mut setup = setup();
        let password = if way { DevicePassword::push_button() } else { pin("12345670") };
        if way {
            setup.push_button(START).unwrap();
        } else {
            setup.add_pin(known(None, "12345670"), START).unwrap();
        }
        let profile: EnrolleeProfile = station(password);
        assert!(matches!(profile.side, Side::Station));
        let decision = setup.decide(&m1(STATION, id), START, &mut rng);
        let mut run = Direct::new(profile, decision);
        run.run();
        assert!(run.given().is_some());
        run.registrar_said.iter().for_each(|event| setup.handle_event(event, START));
        setup.run_ended(Uuid::from_mac(STATION));
        assert!(setup.selected(START).is_none(), "nobody is waited for any more");
    }
}
