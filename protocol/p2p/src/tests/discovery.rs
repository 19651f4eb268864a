//! Devices find each other, and lose each other.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::testing::TestRng;
use wire::{Instant, MacAddr};

use super::config;
use super::world::{Air, World};
use crate::code::GroupCapability;
use crate::device::{Bss, Connect, Device, Env, ProbeRequest};
use crate::event::Event;
use crate::find::{FindRequest, Kind};
use crate::frame::Content;
use crate::group::Group;
use crate::info::{DeviceType, ExtendedListen, GroupId};
use crate::output::{Output, Scope};
use crate::peers::MAX_PEERS;

pub(super) fn find(world: &mut World, node: usize) {
    world.command(node, |device, env| device.find(FindRequest::default(), env));
}

fn found(world: &World, node: usize, peer: usize) -> bool {
    let peer = world.address(peer);
    world.nodes[node].happened(|event| *event == Event::DeviceFound(peer)) > 0
}

#[test]
fn two_devices_that_both_look_find_each_other() {
    for lost in [0, 30] {
        let mut longest = Duration::ZERO;
        for seed in 0..100 {
            let mut world = World::new(2, seed, Air { lost, ..Air::default() });
            find(&mut world, 0);
            find(&mut world, 1);
            let both = |world: &World| found(world, 0, 1) && found(world, 1, 0);
            assert!(world.until(Duration::from_secs(60), both), "{lost} % lost, seed {seed}");
            longest = longest.max(world.now.since(Instant::ZERO));
            let peer = world.nodes[0].device.peers().get(world.address(1)).unwrap();
            assert_eq!(peer.description, config(2).description);
            assert_eq!(peer.listen, config(2).listen_channel.frequency());
            assert_eq!(peer.texts, config(2).texts);
            assert_eq!(world.nodes[0].happened(|event| matches!(event, Event::DeviceFound(_))), 1, "told once");
        }
        assert!(longest < Duration::from_secs(if lost == 0 { 15 } else { 40 }), "{longest:?}");
    }
}

#[test]
fn a_device_that_only_listens_is_found_and_finds_nobody() {
    let mut world = World::new(2, 3, Air::default());
    world.command(1, |device, env| device.listen(Duration::from_secs(10), env));
    find(&mut world, 0);
    assert!(world.until(Duration::from_secs(10), |world| found(world, 0, 1)));
    assert!(!found(&world, 1, 0), "who asks around is known, and not yet found");
    assert!(world.nodes[1].device.peers().get(world.address(0)).is_some_and(|peer| !peer.told));
}

#[test]
fn listening_takes_one_to_three_hundred_time_units_each_as_often_as_the_others() {
    let mut counts = [0; 3];
    let mut world = World::new(1, 4, Air::default());
    let mut rng = TestRng::new(4);
    let device = &mut world.nodes[0].device;
    device.find(
        FindRequest { kind: Kind::Social, ..FindRequest::default() },
        &mut Env { now: Instant::ZERO, rng: &mut rng },
    );
    for _ in 0..300 {
        while let Some(output) = device.poll_output() {
            if let Output::Listen { frequency, duration } = output {
                assert_eq!(frequency, 2437);
                let place =
                    [102_400, 204_800, 307_200].iter().position(|each| duration == Duration::from_micros(*each));
                counts[place.expect("another duration")] += 1;
                device.listen_ended(&mut Env { now: Instant::ZERO, rng: &mut rng });
            }
        }
        device.handle_timeout(&mut Env { now: Instant::ZERO, rng: &mut rng });
        device.scan_ended(true, &mut Env { now: Instant::ZERO, rng: &mut rng });
    }
    assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
}

#[test]
fn each_kind_of_search_looks_where_it_says() {
    for (kind, first, then) in [
        (Kind::Full, Scope::Full, vec![Scope::Social; 3]),
        (Kind::Social, Scope::Social, vec![Scope::Social; 3]),
        (Kind::Progressive, Scope::Progressive(5180), [5200, 5745, 5180].map(Scope::Progressive).to_vec()),
    ] {
        let mut world = World::new(1, 5, Air::default());
        world.command(0, |device, env| device.find(FindRequest { kind, ..FindRequest::default() }, env));
        world.run_for(Duration::from_secs(5));
        let scopes: Vec<Scope> = world.scans.iter().map(|(_, scope)| *scope).collect();
        assert_eq!((scopes[0], &scopes[1..4]), (first, &then[..]));
    }
}

#[test]
fn a_find_that_is_issued_while_a_scan_is_in_progress_starts_once_that_is_completed() {
    let mut world = World::new(2, 6, Air::default());
    world.busy = 3;
    find(&mut world, 0);
    find(&mut world, 1);
    assert!(world.until(Duration::from_secs(20), |world| found(world, 0, 1)));
    assert!(world.scans.iter().take(4).all(|(_, scope)| *scope == Scope::Full), "what was refused is not skipped");
}

#[test]
fn a_search_ends_by_its_time_or_when_it_is_stopped_and_leaves_no_timer() {
    let mut world = World::new(1, 7, Air::default());
    let request = FindRequest { timeout: Some(Duration::from_secs(5)), ..FindRequest::default() };
    world.command(0, |device, env| device.find(request, env));
    world.run_for(Duration::from_secs(20));
    assert_eq!(world.nodes[0].events, [(Instant::ZERO + Duration::from_secs(5), Event::FindStopped)]);
    find(&mut world, 0);
    world.run_for(Duration::from_secs(20));
    world.command(0, Device::stop_find);
    assert_eq!(world.nodes[0].events.len(), 2);
    world.assert_idle();
}

#[test]
fn lost_matches_found() {
    let mut world = World::new(2, 8, Air::default());
    find(&mut world, 0);
    find(&mut world, 1);
    assert!(world.until(Duration::from_secs(20), |world| found(world, 0, 1)));
    world.command(1, Device::stop_find);
    world.run_for(Duration::from_secs(200));
    let peer = world.address(1);
    assert_eq!(world.nodes[0].happened(|event| *event == Event::DeviceLost(peer)), 1);
    // Who was never found is not lost.
    let mut world = World::new(2, 8, Air::default());
    world.command(1, |device, env| device.listen(Duration::from_secs(200), env));
    world.command(0, |device, env| {
        device.find(FindRequest { timeout: Some(Duration::from_secs(5)), ..FindRequest::default() }, env);
    });
    world.run_for(Duration::from_secs(199));
    assert_eq!(world.nodes[1].happened(|event| matches!(event, Event::DeviceLost(_))), 0);
    assert_eq!(world.nodes[1].device.peers().iter().count(), 0);
}

#[test]
fn one_device_or_one_type_is_looked_for() {
    let mut world = World::new(3, 9, Air::default());
    let mut other = config(3);
    other.description.primary = DeviceType([0, 7, 0, 0x50, 0xf2, 4, 0, 1]);
    world.nodes[2].device.reconfigure(other, Instant::ZERO);
    for node in 1..3 {
        world.command(node, |device, env| device.listen(Duration::from_secs(100), env));
    }
    let device_type = Some(DeviceType([0, 7, 0, 0x50, 0xf2, 4, 0, 1]));
    world.command(0, |device, env| device.find(FindRequest { device_type, ..FindRequest::default() }, env));
    world.run_for(Duration::from_secs(20));
    assert!(!found(&world, 0, 1) && found(&world, 0, 2));
    world.command(0, Device::flush);
    let device = Some(world.address(1));
    world.command(0, |it, env| it.find(FindRequest { device, ..FindRequest::default() }, env));
    world.nodes[0].events.clear();
    world.run_for(Duration::from_secs(20));
    assert!(found(&world, 0, 1) && !found(&world, 0, 2));
}

#[test]
fn extended_listening_lets_an_idle_device_be_found() {
    let mut world = World::new(2, 10, Air::default());
    let timing = ExtendedListen { period: 250, interval: 1000 };
    let extended = crate::config::Config { extended_listen: Some(timing), ..config(2) };
    world.nodes[1].device.reconfigure(extended, Instant::ZERO);
    find(&mut world, 0);
    assert!(world.until(Duration::from_secs(60), |world| found(world, 0, 1)));
    let peer = world.nodes[0].device.peers().get(world.address(1)).unwrap();
    assert_eq!(peer.extended_listen, Some(timing));
}

fn answers(device: &mut Device, request: ProbeRequest<'_>) -> bool {
    let mut rng = TestRng::new(1);
    device.handle_probe_request(request, &mut Env { now: Instant::ZERO, rng: &mut rng }).unwrap();
    core::iter::from_fn(|| device.poll_output()).any(|output| matches!(output, Output::ProbeResponse { .. }))
}

#[test]
fn only_probe_requests_for_the_wildcard_bssid_and_for_anybody_or_us_are_answered() {
    let mut device = Device::new(config(1), Instant::ZERO);
    let (us, other, any) = (config(1).address, MacAddr([2, 9, 9, 9, 9, 9]), MacAddr::BROADCAST);
    let p2p =
        |octets: &[u8]| [&[221, u8::try_from(4 + octets.len()).unwrap(), 0x50, 0x6f, 0x9a, 9][..], octets].concat();
    let good = [&[0, 7][..], b"DIRECT-", &[1, 1, 12], &p2p(&[2, 2, 0, 0, 0])].concat();
    let ask = |device: &mut Device, to, bssid, elements: &[u8]| {
        let request = ProbeRequest { from: other, to, bssid, frequency: 2437, signal: None, elements };
        answers(device, request)
    };
    assert!(!ask(&mut device, any, any, &good), "it does not listen");
    device.listen_started(2437);
    assert!(ask(&mut device, any, any, &good));
    assert!(ask(&mut device, us, any, &good));
    assert!(ask(&mut device, us, us, &good));
    assert!(!ask(&mut device, other, any, &good), "for somebody else");
    assert!(!ask(&mut device, any, other, &good), "for some network");
    let cases: [(&str, Vec<u8>); 5] = [
        ("another network's name", [&[0, 7][..], b"DIRECT+", &[1, 1, 12], &p2p(&[2, 2, 0, 0, 0])].concat()),
        ("rates of 802.11b alone", [&[0, 7][..], b"DIRECT-", &[1, 2, 0x82, 11], &p2p(&[2, 2, 0, 0, 0])].concat()),
        ("no element of Wi-Fi Direct", [&[0, 7][..], b"DIRECT-", &[1, 1, 12]].concat()),
        ("another device", [&[0, 7][..], b"DIRECT-", &[1, 1, 12], &p2p(&[3, 6, 0, 2, 9, 9, 9, 9, 9])].concat()),
        (
            "another type",
            [&good[..], &[221, 16, 0, 0x50, 0xf2, 4, 0x10, 0x6a, 0, 8, 0, 9, 0, 0x50, 0xf2, 4, 0, 1]].concat(),
        ),
    ];
    for (why, elements) in cases {
        assert!(!ask(&mut device, any, any, &elements), "{why}");
    }
}

/// Elements of a group's Probe Response.
pub(super) fn group_elements(group: &Group, config: &crate::config::Config) -> Vec<u8> {
    let mut writer = wire::Writer::new();
    writer.element(0, |writer| {
        writer.put(group.id.ssid.as_bytes());
    });
    group.probe_response(config).write(&mut writer).unwrap();
    writer.finish().unwrap()
}

#[test]
fn a_group_its_owner_and_its_clients_are_found() {
    let mut world = World::new(1, 11, Air::default());
    let (owner, client) = (config(5), config(6));
    let id = GroupId { owner: owner.address, ssid: wire::Ssid::new(b"DIRECT-ab").unwrap() };
    let mut group = Group::new(id, owner.interface, 5180, true);
    let mut writer = wire::Writer::new();
    Group::assoc_request(&client).write(&mut writer).unwrap();
    group.joined(client.interface, &writer.finish().unwrap()).unwrap();
    world.beacons.push((5180, owner.interface, group_elements(&group, &owner)));
    find(&mut world, 0);
    world.run_for(Duration::from_secs(5));
    let peers = world.nodes[0].device.peers();
    let known = peers.get(owner.address).unwrap();
    assert_eq!((known.group, known.frequency()), (Some((id, owner.interface)), Some(5180)));
    assert!(known.capability.group.has(GroupCapability::GROUP_OWNER));
    let known = peers.get(client.address).unwrap();
    assert_eq!((known.client_of, known.frequency()), (Some((id, owner.interface)), Some(5180)));
    assert_eq!(known.description, client.description);
}

#[test]
fn strangers_fill_no_memory_and_push_out_nobody_who_matters() {
    let mut world = World::new(2, 12, Air::default());
    find(&mut world, 0);
    find(&mut world, 1);
    assert!(world.until(Duration::from_secs(20), |world| found(world, 0, 1)));
    let peer = world.address(1);
    let connect = Connect {
        method: crate::code::Method::PushButton,
        intent: 3,
        persistent: false,
        channel: None,
        credentials: None,
        initiate: false,
        provision_first: false,
    };
    world.command(0, |device, env| device.connect(peer, connect, env)).unwrap();
    for number in 0..1000_u32 {
        let [_, _, high, low] = number.to_be_bytes();
        let mut stranger = config(7);
        stranger.address = MacAddr([6, 0, 0, 0, high, low]);
        let p2p = crate::Attributes { device_info: Some(stranger.device_info()), ..Default::default() };
        let content = Content { p2p: Some(p2p), ..Content::default() };
        let mut writer = wire::Writer::new();
        content.write(&mut writer).unwrap();
        let elements = writer.finish().unwrap();
        let bss = Bss { bssid: stranger.address, frequency: 2412, signal: None, elements: &elements };
        world.command(0, |device, env| device.handle_bss(bss, env)).unwrap();
    }
    let peers = world.nodes[0].device.peers();
    assert_eq!(peers.iter().count(), MAX_PEERS);
    assert!(peers.get(peer).is_some(), "the one that a group is negotiated with");
    let (found, lost) = (
        world.nodes[0].happened(|event| matches!(event, Event::DeviceFound(_))),
        world.nodes[0].happened(|event| matches!(event, Event::DeviceLost(_))),
    );
    assert_eq!(found - lost, MAX_PEERS, "whoever was found and is not there any more is lost");
}
