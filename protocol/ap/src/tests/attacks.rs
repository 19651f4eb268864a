//! What strangers send.

use core::time::Duration;

use crypto::Rng;
use ipc_proto::{Event, Handle};
use rsn::{Pmf, SaePwe, StationPolicy};
use sae::{Group, Method, SaeAkm};
use wire::MacAddr;
use wire::frame::{Authentication, Subtype, auth_algorithm, build};
use wire::{ReasonCode, StatusCode};

use super::world::{AP, OPEN, PSK, SAE, STA, World};

fn open() -> Authentication<'static> {
    Authentication { algorithm: auth_algorithm::OPEN, transaction: 1, status: StatusCode::SUCCESS, rest: &[] }
}

#[test]
fn frames_in_our_own_name_of_groups_or_for_others_are_dropped() {
    let mut world = World::new(OPEN);
    let sent = world.frames.len();
    let other = MacAddr([2, 0, 0, 0, 9, 9]);
    for (to, from, bssid) in
        [(AP, AP, AP), (AP, MacAddr::BROADCAST, AP), (AP, STA, other), (other, STA, AP), (AP, MacAddr::ZERO, AP)]
    {
        world.receive(build(Subtype::AUTHENTICATION, to, from, bssid, |w| open().write(w)).unwrap());
    }
    assert_eq!(world.frames.len(), sent);
    assert_eq!(world.bss.stations().count(), 0);
}

#[test]
fn a_crowd_of_strangers_is_bounded_and_keeps_nobody_out() {
    let mut world = World::new(OPEN);
    for n in 0..2000u16 {
        let [high, low] = n.to_be_bytes();
        world.from(MacAddr([6, 0, 0, 0, high, low]), Subtype::AUTHENTICATION, |w| open().write(w));
    }
    assert_eq!(world.bss.stations().count(), 256);
    // Who comes last is heard as who came first was.
    assert_eq!(world.auth_status(), StatusCode::SUCCESS);
    assert!(world.bss.station(MacAddr([6, 0, 0, 0, 0, 0])).is_none());
    assert!(world.bss.station(MacAddr([6, 0, 0, 0, 0x07, 0xcf])).is_some());
}

#[test]
fn every_line_that_strangers_can_cause_is_counted() {
    let auth = |algorithm, transaction, status| Authentication { algorithm, transaction, status, rest: &[] };
    let sae = auth_algorithm::SAE;
    for conf in [OPEN, PSK, SAE] {
        let mut world = World::new(conf);
        for n in 0..600u16 {
            let [high, low] = n.to_be_bytes();
            let from = MacAddr([6, 0, 0, 0, high, low]);
            for frame in [open(), auth(77, 1, StatusCode::SUCCESS), auth(sae, 1, StatusCode(126))] {
                world.from(from, Subtype::AUTHENTICATION, |w| frame.write(w));
            }
            world.from(from, Subtype::AUTHENTICATION, |w| auth(sae, 2, StatusCode::SUCCESS).write(w));
            for (subtype, body) in [
                (Subtype::ASSOC_REQUEST, &[1, 0, 1, 0, 0, 1, b'x'][..]),
                (Subtype::REASSOC_REQUEST, &[0; 12]),
                (Subtype::ASSOC_REQUEST, &[1, 0, 1, 0, 0, 0]),
                (Subtype::DISASSOC, &[8, 0]),
                (Subtype::DEAUTH, &[3, 0]),
            ] {
                world.from(from, subtype, |w| {
                    w.put(body);
                });
            }
        }
        world.wait(Duration::from_secs(60));
        let loud: Vec<_> =
            world.logged.iter().filter(|(level, kind)| *level >= crate::Level::Info && kind.is_none()).collect();
        assert!(loud.is_empty(), "{} of {} lines are not counted", loud.len(), world.logged.len());
        assert!(world.logged.iter().any(|(_, kind)| *kind == Some("authentication algorithms that are not offered")));
    }
}

#[test]
fn noise_moves_nothing_and_panics_nowhere() {
    for conf in [OPEN, PSK, SAE] {
        let mut world = World::new(conf);
        if conf == PSK {
            world.join_psk(Pmf::Optional);
        }
        for round in 0..4000u64 {
            let len = usize::try_from(world.rng.below(120)).unwrap();
            let mut noise: Vec<u8> = alloc::vec![0; len];
            world.rng.fill(&mut noise);
            let subtype = [0, 1, 2, 4, 11, 13][usize::try_from(world.rng.below(6)).unwrap()];
            // SAE does real work for what looks like a commit: not too often.
            if subtype == 11 && conf == SAE && round % 50 == 0 {
                noise.splice(0..0, [3, 0, 1, 0, 0, 0, 19, 0]);
            }
            world.from(STA, Subtype(subtype), |w| {
                w.put(&noise);
            });
            world.tell(&Event::Eapol { handle: Handle(7), source: STA, encrypted: Some(true), data: noise.clone() });
            world.tell(&Event::FrameSent { handle: Handle(7), cookie: 0, acked: false, frame: noise });
            world.pump();
        }
    }
}

#[test]
fn a_confirm_without_a_commit_is_refused() {
    let mut world = World::new(SAE);
    let auth =
        Authentication { algorithm: auth_algorithm::SAE, transaction: 2, status: StatusCode::SUCCESS, rest: &[0; 34] };
    world.from(STA, Subtype::AUTHENTICATION, |w| auth.write(w));
    assert_eq!(world.auth_status(), StatusCode::TRANSACTION_SEQUENCE);
    world.associate(STA, &[]);
    assert_eq!(world.deauth_reason(), Some(ReasonCode::CLASS2_FROM_NONAUTH));
}

#[test]
fn confirms_in_the_name_of_an_accepted_station_change_nothing() {
    let mut world = World::new(SAE);
    let pmk = world.run_sae_for(SaeAkm::Sae, Group::P256, Method::HashToElement);
    let (frames, events) = (world.frames.len(), world.events.len());
    for round in 0..1000u16 {
        let [low, high] = round.to_le_bytes();
        world.send_sae(2, StatusCode::SUCCESS, &[&[low, high][..], &[7; 32]].concat());
        world.send_sae(2, StatusCode::SUCCESS, &[low]);
    }
    // Neither answered nor told as a wrong password; and the station joins with what it has.
    assert_eq!((world.frames.len(), world.events.len()), (frames, events));
    let elements = world.supplicant(&StationPolicy { sae_pwe: SaePwe::Both, ..StationPolicy::personal() }, pmk);
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
    assert!(world.connected(STA));
}

#[test]
fn open_authentication_changes_nothing_of_a_protected_association() {
    let both = SAE.replace("=SAE\n", "=SAE WPA-PSK\nwpa_passphrase=correct horse\n");
    for conf in [SAE, &both] {
        let mut world = World::new(conf);
        let pmk = world.run_sae_for(SaeAkm::Sae, Group::P256, Method::HashToElement);
        let policy = StationPolicy { sae_pwe: SaePwe::Both, pmf: Pmf::Required, ..StationPolicy::personal() };
        let elements = world.supplicant(&policy, pmk);
        let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
        world.associate(STA, &elements);
        assert!(world.connected(STA));
        world.authenticate(STA);
        // The station itself comes back with the key that SAE gave it: it is asked, not refused for want of one.
        world.associate(STA, &elements);
        assert_eq!(world.assoc_status(), StatusCode::ASSOC_TOO_SOON);
        world.wait(Duration::from_secs(2));
        world.associate(STA, &elements);
        assert_eq!(world.assoc_status(), StatusCode::SUCCESS);
    }
}

#[test]
fn a_query_that_was_not_answered_opens_no_door_for_good() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    let element = world.supplicant.as_ref().unwrap().negotiated().station_element(&[]);
    // A stranger asks in its name while it sleeps, and again much later.
    for _ in 0..3 {
        world.authenticate(STA);
        world.associate(STA, &[&element]);
        assert_eq!(world.assoc_status(), StatusCode::ASSOC_TOO_SOON);
        world.wait(Duration::from_secs(60));
        assert!(world.connected(STA));
    }
    // It wakes before the second request, and says so.
    world.associate(STA, &[&element]);
    world.wait(Duration::from_secs(2));
    world.from(STA, Subtype::ACTION, |w| {
        w.put(&[8, 0, 1, 2]);
    });
    world.associate(STA, &[&element]);
    assert_eq!(world.assoc_status(), StatusCode::ASSOC_TOO_SOON);
}
