//! Changed parameters and lists, and farewells.

use alloc::format;
use core::time::Duration;

use conf::ap::{ApConfig, parse_psk_file};
use ipc_proto::{Event, Handle, Request};
use rsn::Pmf;
use wire::ReasonCode;
use wire::frame::Subtype;

use super::profile;
use super::world::{OPEN, OTHER, PSK, STA, World};
use crate::{BssOutput, Leave, Listed, Lists, Profile};

fn bss(conf: &str) -> Profile {
    let (config, _) = ApConfig::parse("test", conf.as_bytes()).unwrap();
    profile::profile(&config.bss[0], &config.radio)
}

fn reconfigure(world: &mut World, conf: &str, lists: Lists) -> bool {
    let well = world.bss.reconfigure(&bss(conf), lists, Leave::Unwelcome, world.now, &mut world.rng);
    world.pump();
    well
}

#[test]
fn a_station_stays_through_what_does_not_concern_it() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    let starts = |world: &World| world.requests.iter().filter(|r| matches!(r, Request::StartAp { .. })).count();
    let psk = profile::psks(parse_psk_file("psks", b"00:00:00:00:00:00 another passphrase\n").unwrap());
    let lists = Lists { psks: psk, ..Lists::default() };
    assert!(reconfigure(&mut world, &format!("{PSK}max_num_sta=3\nvendor_elements=dd0411223301\n"), lists));
    assert!(world.connected(STA));
    assert!(world.requests.iter().any(|request| matches!(request, Request::UpdateBeacon { .. })));
    assert!(reconfigure(&mut world, &format!("{PSK}ap_isolate=1\n"), Lists::default()));
    let isolates = |r: &Request| matches!(r, Request::SetBssOptions { options, .. } if options.isolate == Some(true));
    assert!(world.requests.iter().any(isolates));
    assert!(world.connected(STA));
    assert_eq!(starts(&world), 1);
}

#[test]
fn a_new_list_of_denied_addresses_sends_away_those_listed_only() {
    let mut world = World::new(OPEN);
    for addr in [STA, OTHER] {
        world.authenticate(addr);
        world.associate(addr, &[]);
    }
    // Since they came, only listed stations are let in.
    let lists = Lists { deny: [Listed { addr: OTHER, vlan: 0 }].into(), ..Lists::default() };
    let conf = bss(&format!("{OPEN}macaddr_acl=1\n"));
    assert!(world.bss.reconfigure(&conf, lists.clone(), Leave::Denied, world.now, &mut world.rng));
    world.pump();
    assert_eq!((world.connected(STA), world.connected(OTHER)), (true, false));
    assert!(world.bss.reconfigure(&conf, lists, Leave::Unwelcome, world.now, &mut world.rng));
    world.pump();
    assert!(!world.connected(STA));
}

#[test]
fn whose_key_is_gone_leaves() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    assert!(reconfigure(&mut world, &PSK.replace("correct horse", "battery staple"), Lists::default()));
    assert!(!world.connected(STA));
    assert_eq!(world.deauth_reason(), Some(ReasonCode::PREV_AUTH_NOT_VALID));
}

#[test]
fn whose_key_moved_to_the_file_stays() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    let psks = profile::psks(parse_psk_file("psks", b"00:00:00:00:00:00 correct horse\n").unwrap());
    let conf = PSK.replace("correct horse", "battery staple");
    assert!(reconfigure(&mut world, &conf, Lists { psks, ..Lists::default() }));
    assert!(world.connected(STA));
}

#[test]
fn a_network_that_becomes_another_has_to_start_anew() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    assert!(!reconfigure(&mut world, &PSK.replace("ssid=net", "ssid=other"), Lists::default()));
    assert!(!reconfigure(&mut world, OPEN, Lists::default()));
    assert!(!reconfigure(&mut world, &PSK.replace("ieee80211w=1", "ieee80211w=2"), Lists::default()));
    assert!(world.connected(STA), "nothing was changed");
}

#[test]
fn the_entry_of_a_station_outlives_the_frame_that_sends_it_away() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    let removed = |request: &Request| matches!(request, Request::RemoveStation { addr: Some(STA), .. });
    let before = world.requests.iter().filter(|request| removed(request)).count();
    world.bss.deauthenticate(STA, ReasonCode::PREV_AUTH_NOT_VALID, world.now);
    let mut sent = None;
    while let Some(output) = world.bss.poll_output() {
        if let BssOutput::Request { request, .. } = output {
            assert!(!removed(&request), "the key that protects the frame is still needed");
            if let Request::TransmitFrame { transmit, .. } = request {
                sent = Some(transmit.frame);
            }
        }
    }
    assert!(!world.connected(STA));
    let frame = sent.unwrap();
    world.tell(&Event::FrameSent { handle: Handle(7), cookie: 1, acked: true, frame });
    world.pump();
    assert_eq!(world.requests.iter().filter(|request| removed(request)).count(), before + 1);
    assert!(world.bss.station(STA).is_none());
}

#[test]
fn a_driver_that_never_says_that_the_frame_left_is_not_waited_for() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Optional);
    world.bss.disassociate(STA, Some(ReasonCode::INACTIVITY), world.now);
    while world.bss.poll_output().is_some() {}
    world.wait(Duration::from_secs(3));
    assert!(matches!(world.requests.last(), Some(Request::RemoveStation { addr: Some(STA), .. })));
    assert!(world.bss.station(STA).is_some_and(|station| !station.is_associated()));
    // And one that comes again meanwhile is let in, with a new entry.
    world.join_psk(Pmf::Optional);
    world.bss.disassociate(STA, Some(ReasonCode::INACTIVITY), world.now);
    while world.bss.poll_output().is_some() {}
    world.join_psk(Pmf::Optional);
    assert!(world.connected(STA));
    world.wait(Duration::from_secs(3));
    assert!(world.connected(STA));
    assert!(world.last(Subtype::DISASSOC).is_none(), "those frames were thrown away by the test");
}
