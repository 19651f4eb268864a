//! What follows from each way in which a link ends.

use core::time::Duration;

use ipc_proto::{Event, Failure, Request};
use wire::{ReasonCode, StatusCode};

use super::world::{AP, HANDLE, Kind, World};
use crate::{Change, Setback, State};

fn connected(kind: Kind) -> World {
    let mut world = World::new(kind);
    world.sleep(Duration::from_secs(2));
    assert!(world.engine.is_connected());
    world.requests.clear();
    world.changes.clear();
    world
}

fn told(world: &World, is: impl Fn(&Change) -> bool) -> usize {
    world.changes.iter().filter(|change| is(change)).count()
}

#[test]
fn a_lost_link_is_looked_for_on_its_own_channel_first() {
    let mut world = connected(Kind::Open);
    world.deauthenticate(ReasonCode::DEAUTH_LEAVING);
    world.sleep(Duration::from_millis(150));
    let scan = world.requests.iter().find_map(|request| match request {
        Request::TriggerScan { scan, .. } => Some(scan.freqs.clone()),
        _ => None,
    });
    assert_eq!(scan.as_deref(), Some(&[2412][..]));
    world.sleep(Duration::from_secs(1));
    assert!(world.engine.is_connected());
}

#[test]
fn an_access_point_that_has_forgotten_us_is_joined_again_without_a_scan() {
    for reason in [ReasonCode::INACTIVITY, ReasonCode::AP_BUSY, ReasonCode::CLASS3_FROM_NONASSOC] {
        let mut world = connected(Kind::Psk);
        world.deauthenticate(reason);
        world.sleep(Duration::from_millis(300));
        assert!(world.engine.is_connected() && world.scans() == 0, "{reason}");
    }
}

#[test]
fn a_client_that_wants_no_link_gets_none_whatever_happens() {
    let mut world = connected(Kind::Psk);
    world.act(|engine, cx| engine.disconnect(cx));
    assert_eq!(world.engine.state(), State::Disconnected);
    assert_eq!(told(&world, |change| matches!(change, Change::Disconnected { local: true, .. })), 1);
    world.deauthenticate(ReasonCode::CLASS3_FROM_NONASSOC);
    world.sleep(Duration::from_secs(300));
    assert_eq!((world.attempts(), world.scans()), (0, 0));
}

#[test]
fn refusals_are_followed_by_longer_and_longer_pauses() {
    let mut world = World::new(Kind::Open);
    world.auth_status = StatusCode(1);
    world.sleep(Duration::from_secs(60));
    let early = world.attempts();
    world.sleep(Duration::from_secs(60));
    let late = world.attempts() - early;
    assert!(early >= 4 && late >= 1 && late < early, "{early} {late}");
    assert!(told(&world, |change| matches!(change, Change::LeftAlone { why: Setback::Connection, .. })) > 0);
}

#[test]
fn silence_is_a_failure_like_any_other() {
    let mut world = World::new(Kind::Sae);
    world.silent = true;
    world.sleep(Duration::from_secs(30));
    assert!(world.attempts() >= 3, "{}", world.attempts());
    world.silent = false;
    world.sleep(Duration::from_secs(60));
    assert!(world.engine.is_connected());
}

#[test]
fn a_key_that_the_access_point_does_not_know_is_left_out_of_the_next_attempt() {
    let mut world = connected(Kind::Sae);
    world.act(|engine, cx| engine.disconnect(cx));
    // It has lost its keys, and says so (53).
    world.assoc_status = StatusCode::INVALID_PMKID;
    world.act(|engine, cx| engine.reconnect(cx));
    world.sleep(Duration::from_millis(200));
    world.assoc_status = StatusCode::SUCCESS;
    let algorithms: alloc::vec::Vec<u16> = world
        .requests
        .iter()
        .filter_map(|request| match request {
            Request::Authenticate { auth, .. } => Some(auth.algorithm),
            _ => None,
        })
        .collect();
    assert_eq!(algorithms.first(), Some(&0), "with the cached key");
    assert!(algorithms.contains(&3), "then without: {algorithms:?}");
    world.sleep(Duration::from_secs(5));
    assert!(world.engine.is_connected());
}

#[test]
fn a_kernel_that_takes_no_key_gets_no_link() {
    let mut world = World::new(Kind::Psk);
    world.holds = |request| matches!(request, Request::AddKey { .. });
    world.sleep(Duration::from_secs(2));
    let held = core::mem::take(&mut world.held);
    let (ticket, _) = held.into_iter().next().unwrap();
    world.act(|engine, cx| engine.handle_reply(cx, ticket, Err(Failure::NotSupported)));
    assert!(world.engine.is_idle() && world.opened() == 0);
    // What it was given is taken back.
    assert!(world.requests.iter().any(|request| matches!(request, Request::DeleteKey { .. })));
}

#[test]
fn a_key_that_the_kernel_has_already_is_as_good() {
    let mut world = World::new(Kind::Psk);
    world.holds = |request| matches!(request, Request::AddKey { .. });
    world.sleep(Duration::from_secs(2));
    for (ticket, _) in core::mem::take(&mut world.held) {
        world.act(|engine, cx| engine.handle_reply(cx, ticket, Err(Failure::KeyInstalled)));
    }
    assert!(world.engine.is_connected());
}

#[test]
fn a_handshake_that_goes_on_for_ever_is_ended() {
    let mut world = World::new(Kind::Psk);
    world.holds = |request| matches!(request, Request::SendEapol { .. });
    world.sleep(Duration::from_secs(30));
    assert_eq!(world.opened(), 0);
    let ended = told(&world, |change| matches!(change, Change::Disconnected { .. }));
    assert!(ended >= 1, "{:?}", world.changes);
}

#[test]
fn a_failure_of_tkips_mic_is_none_where_tkip_is_not_used() {
    let mut world = connected(Kind::Psk);
    for _ in 0..3 {
        world.event(Event::MicFailure { handle: HANDLE, addr: AP, group: false });
    }
    assert!(world.engine.is_connected());
}
