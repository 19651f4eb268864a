//! The engine in front of an access point, under a virtual clock.

use alloc::vec;
use core::time::Duration;

use ipc_proto::{Event, Failure, Reply, Request};
use wire::frame::{self, Subtype};
use wire::{ReasonCode, StatusCode};

use super::world::{AP, HANDLE, Kind, STA, World};
use crate::{Change, State};

const KINDS: [Kind; 3] = [Kind::Open, Kind::Psk, Kind::Sae];

#[test]
fn a_network_of_each_kind_is_joined_in_the_order_that_clients_know() {
    for kind in KINDS {
        let mut world = World::new(kind);
        world.sleep(Duration::from_secs(2));
        let mut expected = vec![State::Scanning, State::Authenticating, State::Associating, State::Associated];
        if kind != Kind::Open {
            expected.push(State::FourWayHandshake);
        }
        expected.push(State::Completed);
        assert_eq!(world.states(), expected, "{kind:?}");
        assert!(world.engine.is_connected());
        assert_eq!(world.opened(), usize::from(kind != Kind::Open));
        assert_eq!(world.station_keys, world.ap_keys);
    }
}

#[test]
fn under_loss_doubling_and_delay_it_joins_in_the_end_with_the_same_keys_on_both_sides() {
    for kind in KINDS {
        for seed in 0..40 {
            let mut world = World::with(kind, b"correct horse", seed);
            (world.loss, world.duplicates, world.slowest) = (50, 50, 40);
            let mut joined = false;
            for _ in 0..3600 {
                world.sleep(Duration::from_millis(500));
                if world.engine.is_connected() {
                    joined = true;
                    break;
                }
            }
            assert!(joined, "{kind:?} {seed}: {:?}", world.engine.state());
            // What the kernel was given last is what the access point uses, once nothing is lost any more.
            world.loss = 0;
            world.sleep(Duration::from_secs(20));
            assert!(world.engine.is_connected(), "{kind:?} {seed}");
            assert_eq!(world.station_keys.last(), world.ap_keys.last(), "{kind:?} {seed}");
        }
    }
}

#[test]
fn the_port_stays_closed_until_the_kernel_has_answered_for_each_key() {
    let mut world = World::new(Kind::Psk);
    world.holds = |request| matches!(request, Request::AddKey { .. });
    world.sleep(Duration::from_secs(2));
    let held = core::mem::take(&mut world.held);
    assert_eq!(held.len(), 2, "pairwise and group");
    for (ticket, _) in held {
        assert_eq!((world.opened(), world.engine.is_connected()), (0, false));
        world.act(|engine, cx| engine.handle_reply(cx, ticket, Ok(Reply::Done)));
    }
    assert_eq!((world.opened(), world.engine.is_connected()), (1, true));
}

#[test]
fn an_answer_to_an_earlier_attempt_finds_no_door() {
    for held in [
        (|request| matches!(request, Request::Authenticate { .. })) as fn(&Request) -> bool,
        |request| matches!(request, Request::Associate { .. }),
        |request| matches!(request, Request::AddKey { .. }),
    ] {
        let mut world = World::new(Kind::Psk);
        world.holds = held;
        world.sleep(Duration::from_secs(2));
        let late = core::mem::take(&mut world.held);
        assert!(!late.is_empty());
        world.holds = |_| false;
        world.act(|engine, cx| engine.disconnect(cx));
        world.act(|engine, cx| engine.reconnect(cx));
        world.sleep(Duration::from_secs(5));
        assert!(world.engine.is_connected());
        world.changes.clear();
        for (ticket, _) in late {
            world.act(|engine, cx| engine.handle_reply(cx, ticket, Err(Failure::NotSupported)));
        }
        assert!(world.engine.is_connected() && world.changes.is_empty(), "{:?}", world.changes);
    }
}

#[test]
fn a_wrong_password_is_said_and_the_network_left_alone() {
    for kind in [Kind::Psk, Kind::Sae] {
        let mut world = World::with(kind, b"wrong horse battery", 1);
        world.sleep(Duration::from_secs(8));
        let told = |change: &Change| matches!(change, Change::LeftAlone { why: crate::Setback::WrongKey, .. });
        assert!(world.changes.iter().any(told), "{kind:?} {:?}", world.changes);
        assert_eq!((world.opened(), world.engine.is_connected()), (0, false));
    }
}

#[test]
fn a_forged_end_before_the_link_is_protected_only_delays_it() {
    for kind in KINDS {
        let mut world = World::new(kind);
        world.holds = |request| matches!(request, Request::Associate { .. });
        world.sleep(Duration::from_millis(500));
        assert_eq!(world.engine.state(), State::Associating);
        world.holds = |_| false;
        world.deauthenticate(ReasonCode::CLASS3_FROM_NONASSOC);
        world.sleep(Duration::from_millis(2));
        assert!(world.engine.is_idle());
        let scans = world.scans();
        world.sleep(Duration::from_secs(2));
        assert!(world.engine.is_connected(), "{kind:?}");
        assert_eq!(world.scans(), scans, "the same access point, without looking around");
    }
}

#[test]
fn frames_in_the_name_of_others_change_nothing() {
    let mut world = World::new(Kind::Psk);
    world.silent = true;
    world.sleep(Duration::from_millis(200));
    assert_eq!(world.engine.state(), State::Authenticating);
    for (source, bssid) in [(STA, AP), (AP, STA), (super::world::OTHER, super::world::OTHER)] {
        let body = frame::Authentication { algorithm: 0, transaction: 2, status: StatusCode::SUCCESS, rest: &[] };
        let frame = frame::build(Subtype::AUTHENTICATION, STA, source, bssid, |writer| body.write(writer)).unwrap();
        world.event(Event::AuthReceived { handle: HANDLE, frame });
        assert_eq!(world.engine.state(), State::Authenticating);
    }
}

#[test]
fn a_device_that_goes_takes_everything_with_it_and_comes_back_to_where_it_was() {
    for kind in KINDS {
        let mut world = World::new(kind);
        world.sleep(Duration::from_secs(2));
        assert!(world.engine.is_connected());
        world.requests.clear();
        world.act(|engine, cx| engine.unusable(cx, false));
        assert_eq!(world.engine.state(), State::Disconnected);
        assert!(world.requests.is_empty(), "{:?}", world.requests);
        world.sleep(Duration::from_secs(60));
        assert!(world.requests.is_empty(), "{:?}", world.requests);
        world.act(|engine, cx| engine.ready(cx, HANDLE, STA, super::world::abilities()));
        world.sleep(Duration::from_secs(2));
        assert!(world.engine.is_connected());
    }
}
