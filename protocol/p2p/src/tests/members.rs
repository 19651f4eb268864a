//! Members of groups and their owners: presence, and clients that are looked for.

use core::time::Duration;
use wire::MacAddr;

use super::config;
use super::discovery::group_elements;
use super::world::{Air, World};
use crate::code::{DeviceCapability, Status};
use crate::event::{Event, Trouble};
use crate::frame::Content;
use crate::group::{Group, forbids_cross_connection};
use crate::info::GroupId;
use crate::noa::{Descriptor, NoticeOfAbsence};

/// The first node owns a group, the second one is in it; a third one has heard of both.
fn group_of_two(discoverable: bool, air: Air) -> (World, GroupId) {
    let mut world = World::new(3, 1, air);
    let (owner, mut client) = (config(1), config(2));
    if discoverable {
        client.capability = DeviceCapability(client.capability.0 | DeviceCapability::CLIENT_DISCOVERABILITY);
    }
    let id = GroupId { owner: owner.address, ssid: wire::Ssid::new(b"DIRECT-ab").unwrap() };
    let mut group = Group::new(id, owner.interface, 2462, true);
    let mut writer = wire::Writer::new();
    Group::assoc_request(&client).write(&mut writer).unwrap();
    let joined = group.joined(client.interface, &writer.finish().unwrap()).unwrap();
    assert_eq!(joined.unwrap().device, client.address);
    world.beacons.push((2462, owner.interface, group_elements(&group, &owner)));
    world.nodes[0].device.groups().push(group);
    world.nodes[1].device.groups().push(Group::new(id, owner.interface, 2462, false));
    world.in_group(0, Some(2462));
    world.in_group(1, Some(2462));
    super::discovery::find(&mut world, 2);
    world.run_for(Duration::from_secs(3));
    world.command(2, crate::Device::stop_find);
    (world, id)
}

#[test]
fn a_client_asks_its_owner_to_be_present_and_hears_its_schedule() {
    let (mut world, id) = group_of_two(false, Air { lost: 10, twice: 20, late: 20 });
    let absence = Descriptor { count: 255, duration: 30_000, interval: 102_400, start: 5 };
    let notice = NoticeOfAbsence { index: 1, opportunistic: true, ct_window: 10, descriptors: alloc::vec![absence] };
    world.nodes[0].device.groups()[0].notice = notice.clone();
    let wanted = [Descriptor { duration: 20_000, interval: 102_400, ..Descriptor::default() }; 2];
    world.command(1, |device, env| device.request_presence(id, &wanted, env)).unwrap();
    world.run_for(Duration::from_secs(5));
    let (owner, client) = (config(1).interface, config(2).interface);
    let answer = Event::PresenceResponse { owner, status: Status::SUCCESS, notice: Some(notice) };
    assert_eq!(world.nodes[1].happened(|event| *event == answer), 1);
    let heard = world.nodes[0].events.iter().find_map(|(_, event)| match event {
        Event::PresenceRequested { peer, wanted } => Some((*peer, wanted.descriptors.clone())),
        _ => None,
    });
    let [first, second] = [1, 2].map(|count| Descriptor { count, ..wanted[0] });
    assert_eq!(heard, Some((client, alloc::vec![first, second])));
}

#[test]
fn who_is_no_member_is_not_heard_and_an_owner_that_is_gone_is_given_up() {
    let (mut world, id) = group_of_two(false, Air::default());
    world.nodes[0].device.groups()[0].left(config(2).interface);
    world.command(1, |device, env| device.request_presence(id, &[], env)).unwrap();
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.nodes[0].happened(|event| matches!(event, Event::PresenceRequested { .. })), 0);
    let owner = config(1).interface;
    assert_eq!(world.nodes[1].events.last().unwrap().1, Event::PresenceFailed { owner, why: Trouble::Silent });
    assert!(world.command(2, |device, env| device.request_presence(id, &[], env)).is_err());
}

#[test]
fn a_client_that_wants_to_be_discoverable_is_made_so_by_its_owner() {
    for discoverable in [false, true] {
        let (mut world, _) = group_of_two(discoverable, Air::default());
        let (owner, client) = (config(1).address, config(2).address);
        let sent = world.sent.len();
        world.command(2, |device, env| device.request_client(client, env)).unwrap();
        world.run_for(Duration::from_secs(5));
        let result = if discoverable { Ok(()) } else { Err(Trouble::Status(Status::INCOMPATIBLE_PARAMETERS)) };
        assert_eq!(world.nodes[2].events.last().unwrap().1, Event::Discoverable { owner, client, result });
        // The client was told, by a frame within the group.
        let told =
            world.sent[sent..].iter().any(|(node, body)| *node == 0 && body[..6] == [127, 0x50, 0x6f, 0x9a, 9, 3]);
        assert_eq!(told, discoverable);
    }
}

#[test]
fn a_client_that_is_not_in_the_group_is_not_promised() {
    let (mut world, _) = group_of_two(true, Air::default());
    world.nodes[0].device.groups()[0].left(config(2).interface);
    let (owner, client) = (config(1).address, config(2).address);
    world.command(2, |device, env| device.request_client(client, env)).unwrap();
    world.run_for(Duration::from_secs(5));
    let result = Err(Trouble::Status(Status::UNKNOWN_GROUP));
    assert_eq!(world.nodes[2].events.last().unwrap().1, Event::Discoverable { owner, client, result });
}

#[test]
fn what_a_group_says_of_itself_is_read_as_it_is() {
    let mut owner = config(1);
    owner.display = Some(alloc::vec![0, 0, 6, 0, 1, 2, 3, 4, 5]);
    let id = GroupId { owner: owner.address, ssid: wire::Ssid::new(b"DIRECT-ab").unwrap() };
    let mut group = Group::new(id, owner.interface, 2462, true);
    group.limit = 1;
    group.persistent = true;
    let read = |content: Content| {
        let mut writer = wire::Writer::new();
        content.write(&mut writer).unwrap();
        Content::parse(&writer.finish().unwrap()).unwrap()
    };
    let beacon = read(group.beacon(&owner));
    let p2p = beacon.p2p.unwrap();
    assert_eq!((p2p.device_id, p2p.device_info, p2p.notice_of_absence), (Some(owner.address), None, None));
    assert_eq!(p2p.capability.unwrap().group.0, 0x08 | 0x01 | 0x02);
    assert_eq!(beacon.display, owner.display);
    let client = config(2);
    let mut writer = wire::Writer::new();
    Group::assoc_request(&client).write(&mut writer).unwrap();
    group.joined(client.interface, &writer.finish().unwrap()).unwrap();
    assert!(group.joined(MacAddr([2, 3, 3, 3, 3, 3]), &[0, 1, b'x']).unwrap().is_none(), "a station of old");
    let answer = read(group.probe_response(&owner)).p2p.unwrap();
    assert_eq!(answer.capability.unwrap().group.0, 0x08 | 0x01 | 0x02 | 0x04, "the group is full");
    assert_eq!(answer.group_info.unwrap()[0].description, client.description);
    assert_eq!(read(Group::assoc_response(Some(Status(2)), &owner)).p2p.unwrap().status, Some(Status(2)));
}

#[test]
fn a_managed_network_forbids_cross_connections_unless_it_says_otherwise() {
    assert!(forbids_cross_connection(&Group::managed_beacon(false)));
    assert!(!forbids_cross_connection(&Group::managed_beacon(true)));
    assert!(!forbids_cross_connection(&Content::default()));
}
