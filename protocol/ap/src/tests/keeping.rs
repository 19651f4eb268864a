//! Stations that stay, and how they leave.

use core::time::Duration;

use crate::Change;
use ipc_proto::{Event, Handle, KeyKind, Reply, Request, StationInfo};
use rsn::Pmf;
use wire::frame::{Management, Subtype};
use wire::{ReasonCode, StatusCode};

use super::world::{OPEN, OTHER, PSK, STA, World};
use crate::{Condition, Tag};

#[test]
fn the_group_is_rekeyed_in_time_and_on_demand() {
    let mut world = World::new(&alloc::format!("{PSK}wpa_group_rekey=600\n"));
    world.join_psk(Pmf::Optional);
    let groups = |world: &World| {
        let group = |request: &&Request| matches!(request, Request::AddKey { key, .. } if key.kind == KeyKind::Group);
        world.requests.iter().filter(group).count()
    };
    let before = groups(&world);
    world.wait(Duration::from_secs(700));
    assert_eq!(groups(&world), before + 2, "GTK and IGTK");
    assert!(world.bss.rekey_group(world.now, &mut world.rng.clone()));
    world.pump();
    assert_eq!(groups(&world), before + 4);
    assert!(world.connected(STA));
}

#[test]
fn a_pairwise_key_is_renewed_without_a_second_greeting() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    assert!(world.bss.rekey_pairwise(STA, world.now, &mut world.rng.clone()));
    world.pump();
    assert_eq!(world.pairwise_keys(), 2);
    let greetings = world.events.iter().filter(|event| matches!(event, Change::Connected { .. })).count();
    assert_eq!(greetings, 1);
}

#[test]
fn a_silent_station_is_asked_and_then_sent_away() {
    let mut world = World::new(&alloc::format!("{OPEN}ap_max_inactivity=10\n"));
    world.authenticate(STA);
    world.associate(STA, &[]);
    let silent = |world: &mut World, ms| {
        let info = StationInfo { addr: STA, inactive_ms: ms, ..StationInfo::default() };
        let reply = Reply::Stations { entries: [info].into(), last: true };
        let now = world.now;
        world.bss.handle_reply(Tag::Activity(STA), Ok(reply), now, &mut world.rng);
        world.pump();
    };
    world.wait(Duration::from_secs(11));
    assert!(world.requests.iter().any(|request| matches!(request, Request::Stations { .. })));
    silent(&mut world, 4_000);
    assert!(!world.requests.iter().any(|request| matches!(request, Request::ProbeStation { .. })));
    world.wait(Duration::from_secs(7));
    silent(&mut world, 12_000);
    assert!(world.requests.iter().any(|request| matches!(request, Request::ProbeStation { .. })));
    world.tell(&Event::ProbeStatus { handle: Handle(7), addr: STA, acked: true });
    world.pump();
    assert!(world.events.contains(&Change::PollOk(STA)) && world.connected(STA));
    world.wait(Duration::from_secs(11));
    silent(&mut world, 12_000);
    world.wait(Duration::from_secs(2));
    assert!(!world.connected(STA));
    let frame = world.last(Subtype::DISASSOC).unwrap();
    assert_eq!(wire::frame::parse_reason(frame.body), Ok(ReasonCode::INACTIVITY));
    world.wait(Duration::from_secs(4));
    assert!(world.bss.station(STA).is_none());
}

#[test]
fn an_association_with_protected_management_outlives_a_forged_request() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    let element = world.supplicant.as_ref().unwrap().negotiated().station_element(&[]);
    world.authenticate(STA);
    world.associate(STA, &[&element]);
    assert_eq!(world.assoc_status(), StatusCode::ASSOC_TOO_SOON);
    assert!(world.connected(STA), "the association stands");
    // The honest station answers the query.
    let query = world.last(Subtype::ACTION).unwrap().body.to_vec();
    world.from(STA, Subtype::ACTION, |w| {
        w.put(&[8, 1, query[2], query[3]]);
    });
    world.wait(Duration::from_secs(2));
    world.associate(STA, &[&element]);
    assert_eq!(world.assoc_status(), StatusCode::ASSOC_TOO_SOON);
    // Now it has lost its keys and answers nothing.
    world.wait(Duration::from_secs(2));
    world.associate(STA, &[&element]);
    assert_eq!(world.assoc_status(), StatusCode::SUCCESS);
    assert!(world.events.contains(&Change::Disconnected(STA)));
}

#[test]
fn who_deauthenticates_is_forgotten() {
    let mut world = World::new(OPEN);
    world.authenticate(STA);
    world.associate(STA, &[]);
    world.from(STA, Subtype::DEAUTH, |w| {
        w.u16_le(3);
    });
    assert!(world.events.contains(&Change::Disconnected(STA)));
    assert!(world.bss.station(STA).is_none());
    assert!(matches!(world.requests.last(), Some(Request::RemoveStation { addr: Some(STA), .. })));
}

#[test]
fn an_unacknowledged_response_makes_no_association() {
    let mut world = World::new(OPEN);
    world.authenticate(STA);
    world.deaf = true;
    world.associate(STA, &[]);
    assert!(!world.connected(STA));
    world.wait(Duration::from_secs(60));
    assert!(world.bss.station(STA).is_none());
}

#[test]
fn data_of_strangers_is_answered_with_a_deauthentication() {
    let mut world = World::new(OPEN);
    world.tell(&Event::UnexpectedFrame { handle: Handle(7), addr: STA, four_address: false });
    world.pump();
    assert_eq!(world.deauth_reason(), Some(ReasonCode::CLASS3_FROM_NONASSOC));
}

#[test]
fn a_lost_driver_ends_everything_and_a_new_start_begins_anew() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    world.bss.lost();
    world.pump();
    assert_eq!(world.bss.condition(), Condition::Stopped);
    assert!(world.events.contains(&Change::Disconnected(STA)));
    world.bss.start(world.now, &mut world.rng.clone());
    world.pump();
    world.join_psk(Pmf::Optional);
    assert!(world.connected(STA));
}

#[test]
fn a_channel_switch_is_announced_and_followed() {
    let mut world = World::new(OPEN);
    let channel = ipc_proto::ChannelDefinition::legacy(2437);
    assert!(world.bss.switch_channel(channel, 5, false));
    assert!(!world.bss.switch_channel(channel, 5, false), "one at a time");
    world.pump();
    let Some(Request::SwitchChannel { beacon, counter_offsets, .. }) = world.requests.last() else { panic!() };
    assert_eq!(beacon.tail[usize::from(counter_offsets[0])], 5);
    world.tell(&Event::ChannelSwitched { handle: Handle(7), channel, link: None });
    world.pump();
    assert_eq!(world.bss.operating().number, 6);
    assert!(world.events.contains(&Change::Switched { channel, ht: false, secondary: 0 }));
}

#[test]
fn the_elements_of_beacons_are_well_formed() {
    for conf in [OPEN, PSK] {
        let world = World::new(&alloc::format!("{conf}ieee80211n=1\ncountry_code=FI\nieee80211d=1\nieee80211w=1\n"));
        let beacon = world.beacon();
        let body = wire::frame::Beacon::parse(Management::parse(&beacon).unwrap().body).unwrap();
        let ids: Vec<u8> = wire::element::Elements::check(body.elements).unwrap().map(|element| element.id).collect();
        let expected: &[u8] = if conf == OPEN {
            &[0, 1, 3, 7, 42, 50, 45, 61, 127, 221]
        } else {
            &[0, 1, 3, 7, 42, 50, 48, 45, 61, 127, 221]
        };
        assert_eq!(ids, expected);
    }
}

fn stations_in_kernel(world: &mut World, addrs: &[wire::MacAddr]) {
    let now = world.now;
    // In two parts, as the answer of a busy access point.
    for (addrs, last) in [(addrs, false), (&[][..], true)] {
        let entries = addrs.iter().map(|addr| StationInfo { addr: *addr, ..StationInfo::default() }).collect();
        world.bss.handle_reply(Tag::Resync, Ok(Reply::Stations { entries, last }), now, &mut world.rng);
    }
    world.pump();
}

#[test]
fn after_lost_events_the_kernels_stations_count() {
    let mut world = World::new(OPEN);
    for addr in [STA, OTHER] {
        world.authenticate(addr);
        world.associate(addr, &[]);
    }
    assert!(world.connected(STA) && world.connected(OTHER));
    world.bss.resync();
    world.pump();
    assert!(world.requests.iter().any(|request| matches!(request, Request::Stations { addr: None, .. })));
    stations_in_kernel(&mut world, &[STA, OTHER]);
    assert!(world.connected(STA) && world.connected(OTHER), "nothing was lost");

    // One is gone; of a third only the kernel knows.
    world.bss.resync();
    world.pump();
    world.requests.clear();
    let unknown = wire::MacAddr([2, 0, 0, 0, 9, 9]);
    stations_in_kernel(&mut world, &[OTHER, unknown]);
    assert!(world.bss.station(STA).is_none() && world.connected(OTHER));
    assert!(world.events.iter().any(|event| matches!(event, Change::Disconnected(addr) if *addr == STA)));
    let removed =
        |request: &&Request| matches!(request, Request::RemoveStation { addr: Some(addr), .. } if *addr == unknown);
    assert_eq!(world.requests.iter().filter(removed).count(), 1);
    assert_eq!(world.requests.iter().filter(|request| matches!(request, Request::RemoveStation { .. })).count(), 1);
}

#[test]
fn who_joins_while_the_kernel_is_asked_stays() {
    let mut world = World::new(OPEN);
    world.bss.resync();
    world.pump();
    world.authenticate(STA);
    world.associate(STA, &[]);
    world.requests.clear();
    stations_in_kernel(&mut world, &[]);
    assert!(world.connected(STA));
    assert!(!world.requests.iter().any(|request| matches!(request, Request::RemoveStation { .. })));
    // An answer to nothing changes nothing.
    stations_in_kernel(&mut world, &[]);
    assert!(world.connected(STA));
}
