//! What WPA3 adds: longer keys, both ways to a password element, what the station is told in the handshake.

use alloc::format;

use rsn::{AkmSuite, Pmf, SaePwe, StationPolicy};
use sae::{Group, Method, SaeAkm};
use wire::element::{Elements, id};
use wire::frame::{Beacon, Management};
use wire::{StatusCode, Writer};

use super::world::{SAE, STA, World};

fn sae(more: &str) -> World {
    World::new(&format!(
        "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=2\nrsn_pairwise=CCMP\nieee80211w=2\n{more}"
    ))
}

impl World {
    /// Whether beacons announce hash-to-element in the RSNXE, and in the rates that there is nothing else.
    fn announced(&self) -> (bool, bool) {
        let beacon = self.beacon();
        let elements = Elements::new(Beacon::parse(Management::parse(&beacon).unwrap().body).unwrap().elements);
        let h2e = elements.find(id::RSNX).is_some_and(|element| element.body.first().is_some_and(|o| o & 0x20 != 0));
        let rates = elements.rates().any(|rate| rate == 0x80 | 123);
        (h2e, rates)
    }

    fn has_extended(&self, bit: usize) -> bool {
        let beacon = self.beacon();
        let elements = Elements::new(Beacon::parse(Management::parse(&beacon).unwrap().body).unwrap().elements);
        elements
            .find(id::EXTENDED_CAPABILITIES)
            .and_then(|element| element.body.get(bit / 8))
            .is_some_and(|octet| octet & 1 << (bit % 8) != 0)
    }

    fn commit_status(&mut self, status: StatusCode, group: Group, method: Method) -> StatusCode {
        let session = self.sae_session(b"correct horse", group, method);
        self.send_sae(1, status, &session.commit_body(None));
        self.last_auth().1
    }
}

#[test]
fn longer_keys_bring_hash_to_element_whatever_sae_pwe_says() {
    for (group, octets) in [(Group::P256, 32), (Group::P384, 48), (Group::P521, 64)] {
        let mut world = sae("wpa_key_mgmt=SAE-EXT-KEY\nsae_password=correct horse\nsae_pwe=0\n");
        assert_eq!(world.announced(), (true, false));
        let pmk = world.run_sae_for(SaeAkm::SaeExtKey, group, Method::HashToElement);
        assert_eq!(pmk.as_bytes().len(), octets);
        // The station's own sae_pwe does not matter either.
        let policy = StationPolicy {
            akms: [AkmSuite::SaeExt].into(),
            pmf: Pmf::Required,
            sae_pwe: SaePwe::HuntAndPeck,
            ..StationPolicy::personal()
        };
        let elements = world.supplicant(&policy, pmk);
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        world.associate(STA, &elements);
        assert!(world.connected(STA), "{group:?}");
    }
    let mut world = sae("wpa_key_mgmt=SAE SAE-EXT-KEY\nsae_password=correct horse\nsae_pwe=0\n");
    world.run_sae_for(SaeAkm::Sae, Group::P256, Method::HuntAndPeck);
}

#[test]
fn password_identifiers_decide_what_is_announced() {
    let world = sae("wpa_key_mgmt=SAE\nsae_password=one|id=x\n");
    assert_eq!((world.announced(), world.has_extended(81), world.has_extended(82)), ((true, true), true, true));
    let world = sae("wpa_key_mgmt=SAE\nsae_password=one|id=x\nsae_password=two\n");
    assert_eq!((world.announced(), world.has_extended(81), world.has_extended(82)), ((true, false), true, false));
    let world = sae("wpa_key_mgmt=SAE\nsae_password=one|id=x\nwpa_passphrase=correct horse\n");
    assert_eq!((world.announced(), world.has_extended(82)), ((true, false), false));
    let world = sae("wpa_key_mgmt=SAE\nsae_password=one\n");
    assert_eq!((world.announced(), world.has_extended(81)), ((false, false), false));
    let world = sae("wpa_key_mgmt=SAE\nsae_password=one|id=x\nsae_pwe=3\n");
    assert_eq!(world.announced(), (false, false));
}

#[test]
fn what_is_not_offered_is_refused_with_a_status() {
    let mut world = World::new(SAE);
    assert_eq!(world.commit_status(StatusCode::SAE_PK, Group::P256, Method::HuntAndPeck), StatusCode::REFUSED);
    assert_eq!(world.commit_status(StatusCode::SUCCESS, Group::P256, Method::HuntAndPeck), StatusCode::SUCCESS);
    let mut world = sae("wpa_key_mgmt=SAE\nsae_password=correct horse\nsae_pwe=3\n");
    let refused = world.commit_status(StatusCode::SAE_HASH_TO_ELEMENT, Group::P256, Method::HashToElement);
    assert_eq!(refused, StatusCode::REFUSED);
    let mut world = sae("wpa_key_mgmt=SAE\nsae_password=correct horse\nsae_groups=0\n");
    let refused = world.commit_status(StatusCode::SUCCESS, Group::P256, Method::HuntAndPeck);
    assert_eq!(refused, StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP);
}

#[test]
fn a_malformed_list_of_rejected_groups_is_refused() {
    let mut world = World::new(SAE);
    let session = world.sae_session(b"correct horse", Group::P256, Method::HashToElement);
    let mut body = Writer::new();
    body.put(&session.commit_body(None)).extension_element(92, |w| {
        w.u8(20);
    });
    world.send_sae(1, StatusCode::SAE_HASH_TO_ELEMENT, &body.finish().unwrap());
    assert_eq!(world.last_auth(), (1, StatusCode::REFUSED, Vec::new()));
}

/// One attempt of a station with a password of its own; whether it came through.
fn attempt(world: &mut World, password: &[u8]) -> StatusCode {
    let mut session = world.sae_session(password, Group::P256, Method::HashToElement);
    world.send_sae(1, session.commit_status(), &session.commit_body(None));
    let (transaction, status, body) = world.last_auth();
    assert_eq!(transaction, 1, "no confirm before ours");
    session.handle_commit(status, &body).unwrap();
    let confirm = session.confirm_body().unwrap();
    world.send_sae(2, StatusCode::SUCCESS, &confirm);
    world.last_auth().1
}

#[test]
fn passwords_without_identifiers_are_tried_one_after_the_other() {
    let several = "wpa_key_mgmt=SAE\nsae_pwe=2\nsae_password=guest\nsae_password=things\nsae_password=owner\n";
    let mut world = sae(&format!("{several}sae_track_password=10\n"));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(attempt(&mut world, b"guest"));
    }
    assert_eq!(statuses, [StatusCode::REFUSED, StatusCode::REFUSED, StatusCode::SUCCESS, StatusCode::SUCCESS]);
    // With none that fits, it is a wrong password in the end.
    let mut world = sae(&format!("{several}sae_track_password=10\n"));
    let statuses: Vec<StatusCode> = (0..3).map(|_| attempt(&mut world, b"wrong")).collect();
    assert_eq!(statuses, [StatusCode::REFUSED, StatusCode::REFUSED, StatusCode::CHALLENGE_FAILURE]);
    // Bound beforehand, it fits at once; and not without tracking.
    let mut world = sae(&format!("{several}sae_track_password=10\n"));
    assert!(world.bss.bind_sae_password(STA, b"guest") && !world.bss.bind_sae_password(STA, b"nobody's"));
    assert_eq!(attempt(&mut world, b"guest"), StatusCode::SUCCESS);
    let mut world = sae(several);
    assert!(!world.bss.bind_sae_password(STA, b"guest"));
    assert_eq!(attempt(&mut world, b"guest"), StatusCode::CHALLENGE_FAILURE);
}

#[test]
fn a_key_made_with_one_bss_opens_the_others_that_share_it() {
    let shared = "wpa_key_mgmt=SAE\nsae_password=correct horse\nsae_pwe=2\nokc=1\n";
    let (mut first, mut second) = (sae(shared), sae(shared));
    let pmk = first.run_sae_for(SaeAkm::Sae, Group::P256, Method::HashToElement);
    let keys = first.bss.take_shared_keys();
    assert_eq!(keys.len(), 1);
    assert!(first.bss.take_shared_keys().is_empty());
    keys.iter().for_each(|entry| second.bss.share_key(entry));
    let known = second.bss.pmksa().iter().next().unwrap();
    assert!(known.opportunistic && known.pmk == pmk && known.peer == STA);
    // A BSS that does not share neither tells nor takes.
    let mut alone = sae("wpa_key_mgmt=SAE\nsae_password=correct horse\nsae_pwe=2\n");
    alone.run_sae_for(SaeAkm::Sae, Group::P256, Method::HashToElement);
    assert!(alone.bss.take_shared_keys().is_empty());
    let before = alone.bss.pmksa().len();
    alone.bss.share_key(&keys[0]);
    assert_eq!(alone.bss.pmksa().len(), before);
}

#[test]
fn a_password_identifier_goes_by_names_that_only_we_can_read() {
    let key = "sae_pw_id_num=3\nsae_pw_id_key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    let mut world = sae(&format!("wpa_key_mgmt=SAE\nsae_password=correct horse|id=pw id\n{key}"));
    let ids = crate::password_ids::PasswordIds::of(
        world.bss.config().profile.security.as_ref().unwrap().sae.identifiers.as_ref(),
    )
    .unwrap();
    let names = ids.make(b"pw id", 7, world.now, &mut world.rng);
    assert_eq!(names.len(), 3);
    for (name, counter) in names.iter().zip(10..) {
        assert_eq!(ids.read(name), Some((b"pw id".to_vec(), counter)));
        assert!(!name.windows(5).any(|part| part == b"pw id"));
        let mut forged = name.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(ids.read(&forged), None);
    }
    assert!(names[0] != names[1] && ids.read(b"pw id").is_none());

    // A run under such a name, and under one of somebody else's making.
    for (name, status) in
        [(&names[1][..], StatusCode::SUCCESS), (&[9; 30][..], StatusCode::UNKNOWN_PASSWORD_IDENTIFIER)]
    {
        let password = sae::Password::new(b"correct horse", Some(name));
        let points = sae::PtSet::derive(b"net", &password, &[Group::P256]);
        let config = sae::Config {
            own: STA,
            peer: super::world::AP,
            group: Group::P256,
            method: Method::HashToElement,
            password: &password,
            pt: Some(&points),
            akm: SaeAkm::Sae,
            rejected_groups: &[],
            supported_groups: &[Group::P256],
        };
        let mut session = sae::Session::start(&config, &mut world.rng).unwrap();
        world.send_sae(1, session.commit_status(), &session.commit_body(None));
        let (_, answer, body) = world.last_auth();
        if status == StatusCode::SUCCESS {
            session.handle_commit(answer, &body).unwrap();
            let confirm = session.confirm_body().unwrap();
            world.send_sae(2, StatusCode::SUCCESS, &confirm);
            assert_eq!(world.last_auth().1, status);
            let pmk = session.pmk();
            assert!(pmk.is_none(), "our confirm was not looked at yet");
            session.handle_confirm(&world.last_auth().2).unwrap();
        } else {
            assert_eq!(answer, status);
        }
    }
}
