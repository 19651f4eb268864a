//! Attacks of the past on parsers of Wi-Fi Direct. Each has a control beside it: the same thing as it should be is read.

use alloc::vec;
use alloc::vec::Vec;
use wire::Malformed;

use super::all_attributes;
use crate::attributes::Attributes;
use crate::code::id;
use crate::info::MAX_SECONDARY;

fn attribute(id: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&[id][..], &length, body].concat()
}

fn group_id(ssid: usize) -> Vec<u8> {
    attribute(id::GROUP_ID, &[&[2, 0, 0, 0, 0, 1][..], &vec![b'D'; ssid]].concat())
}

#[test]
fn cve_2015_1863_an_ssid_of_more_than_32_octets_is_refused() {
    let good = Attributes::parse(&group_id(32)).unwrap();
    assert_eq!(good.group_id.unwrap().ssid.len(), 32);
    for length in [33, 64, 255, 2000] {
        assert_eq!(Attributes::parse(&group_id(length)), Err(Malformed("group SSID")), "{length} octets");
        let persistent = [&[id::PERSISTENT_GROUP][..], &group_id(length)[1..]].concat();
        assert_eq!(Attributes::parse(&persistent), Err(Malformed("group SSID")), "{length} octets");
    }
}

fn description(types: u8, present: usize, name: u16) -> Vec<u8> {
    let mut octets = vec![0x01, 0x88, 0, 1, 0, 0x50, 0xf2, 4, 0, 1, types];
    octets.extend(vec![7; 8 * present]);
    octets.extend([0x10, 0x11]);
    octets.extend(name.to_be_bytes());
    octets.extend(vec![b'n'; usize::from(name)]);
    octets
}

fn client(types: u8, present: usize, name: u16, lie: i16) -> Vec<u8> {
    let body = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 0][..], &description(types, present, name)].concat();
    let length = u8::try_from(i16::try_from(body.len()).unwrap() + lie).unwrap();
    attribute(id::GROUP_INFO, &[&[length][..], &body].concat())
}

#[test]
fn cve_2021_0326_secondary_device_types_are_counted_against_the_room_there_is() {
    let most = u8::try_from(MAX_SECONDARY).unwrap();
    let good = Attributes::parse(&client(most, MAX_SECONDARY, 4, 0)).unwrap();
    assert_eq!(good.group_info.unwrap()[0].description.secondary.len(), MAX_SECONDARY);
    // More than there is room for, all of them there.
    assert!(Attributes::parse(&client(most + 1, MAX_SECONDARY + 1, 4, 0)).is_err());
    // More than are there.
    for types in [3, 16, 17, 128, 255] {
        assert!(Attributes::parse(&client(types, 2, 4, 0)).is_err(), "{types} types that are not there");
    }
    let device = |types, present| {
        let body = [&[2, 0, 0, 0, 0, 1][..], &description(types, present, 4)].concat();
        Attributes::parse(&attribute(id::DEVICE_INFO, &body))
    };
    assert!(device(2, 2).is_ok());
    assert!(device(3, 2).is_err() && device(255, 2).is_err() && device(40, 40).is_err());
}

#[test]
fn a_client_descriptor_that_lies_about_its_length_is_refused() {
    assert!(Attributes::parse(&client(1, 1, 4, 0)).is_ok());
    for lie in [-30, -1, 1, 100] {
        assert!(Attributes::parse(&client(1, 1, 4, lie)).is_err(), "{lie}");
    }
    assert!(Attributes::parse(&client(0, 0, 33, 0)).is_err(), "a name of 33 octets");
}

#[test]
fn counts_inside_of_attributes_never_reach_beyond_them() {
    let reaching: [(u8, &[u8]); 6] = [
        (id::CHANNEL_LIST, &[b'X', b'X', 4, 81, 3, 1, 6]),
        (id::INTERFACE, &[2, 0, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1]),
        (id::ADVERTISED_SERVICE, &[1, 0, 0, 0, 0, 8, 5, b'a']),
        (id::SERVICE_HASH, &[1, 2, 3, 4, 5]),
        (id::NOTICE_OF_ABSENCE, &[1, 0, 255, 1, 0, 0, 0]),
        (id::GROUP_OWNER_INTENT, &[32]),
    ];
    for (id, body) in reaching {
        // What would complete it stands behind it.
        let octets = [attribute(id, body), attribute(id::STATUS, &[0])].concat();
        assert!(Attributes::parse(&octets).is_err(), "attribute {id}");
    }
    let many = [&[1, 0][..], &[0; 13 * 9]].concat();
    assert!(Attributes::parse(&attribute(id::NOTICE_OF_ABSENCE, &many)).is_err());
}

#[test]
fn every_octet_of_every_attribute_can_be_anything() {
    let octets = all_attributes().write().unwrap();
    let mut refused = 0;
    for place in 0..octets.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = octets.clone();
            changed[place] = value;
            refused += u32::from(Attributes::parse(&changed).is_err());
        }
    }
    assert!(refused > 400, "only {refused} changes were noticed");
}

mod devices {
    use alloc::vec::Vec;
    use core::time::Duration;
    use wire::MacAddr;

    use crate::attributes::Attributes;
    use crate::code::{ConfigMethods, Method, subtype};
    use crate::device::{Device, Received};
    use crate::event::Event;
    use crate::frame::{Content, Frame};
    use crate::peers::MAX_PEERS;
    use crate::tests::config;
    use crate::tests::groups::acquainted;
    use crate::tests::world::{Air, World};
    use crate::wps::Wps;

    fn provision_request(from: MacAddr, token: u8) -> Vec<u8> {
        let mut stranger = config(7);
        stranger.address = from;
        let p2p = Attributes { device_info: Some(stranger.device_info()), ..Attributes::default() };
        let wps = Wps { config_methods: Some(ConfigMethods(ConfigMethods::DISPLAY)), ..Wps::default() };
        let content = Content { p2p: Some(p2p), wps: Some(wps), display: None };
        Frame { public: true, subtype: subtype::PROVISION_DISCOVERY_REQUEST, token, content }.write().unwrap()
    }

    fn give(world: &mut World, from: MacAddr, body: &[u8]) {
        let to = world.address(0);
        let received = Received { from, to, frequency: 2437, signal: None, body };
        world.command(0, |device, env| device.handle_action(received, env)).unwrap();
    }

    #[test]
    fn cve_2021_27803_provision_discovery_of_more_devices_than_are_remembered_pushes_nobody_out_who_is_asked() {
        let mut world = acquainted(2, 21, Air::default());
        for node in 0..2 {
            world.command(node, Device::stop_find);
        }
        let two = world.address(1);
        // The peer is being asked, and is the one that was heard of longest ago.
        world.run_for(Duration::from_secs(1));
        world.command(0, |device, env| device.provision(two, Method::Display, false, env)).unwrap();
        let before = world.sent.len();
        for number in 0..1000_u32 {
            let [_, _, high, low] = number.to_be_bytes();
            let from = MacAddr([6, 0, 0, 0, high, low]);
            give(&mut world, from, &provision_request(from, 1));
            // Again, now that others have come: whoever it was may be forgotten.
            give(&mut world, MacAddr([6, 0, 0, 0, 0, 0]), &provision_request(MacAddr([6, 0, 0, 0, 0, 0]), 2));
        }
        assert!(world.sent.len() >= before + 2000, "each is answered");
        let peers = world.nodes[0].device.peers();
        assert_eq!(peers.iter().count(), MAX_PEERS);
        assert!(peers.get(two).is_some());
        world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
        world.run_for(Duration::from_secs(10));
        let discovered = Event::ProvisionDiscovered { peer: two, method: Method::Keypad, join: None };
        assert_eq!(world.nodes[0].happened(|event| *event == discovered), 1);
        world.assert_idle();
    }

    #[test]
    fn a_device_in_anothers_name_changes_nothing_that_is_known_of_that() {
        let mut world = acquainted(2, 22, Air::default());
        let two = world.address(1);
        let known = world.nodes[0].device.peers().get(two).cloned().unwrap();
        // The frame is of one address, and says it is of another.
        give(&mut world, MacAddr([6, 6, 6, 6, 6, 6]), &provision_request(two, 1));
        assert_eq!(world.nodes[0].device.peers().get(two), Some(&known));
        assert_eq!(world.nodes[0].happened(|event| matches!(event, Event::ProvisionRequested { .. })), 0);
        let answer = Frame::parse(&world.sent.last().unwrap().1).unwrap().unwrap();
        assert_eq!(answer.content.wps.unwrap().config_methods, Some(ConfigMethods(0)), "no");
        // The control: in its own name it is heard.
        let own = MacAddr([6, 6, 6, 6, 6, 6]);
        give(&mut world, own, &provision_request(own, 1));
        assert_eq!(world.nodes[0].happened(|event| matches!(event, Event::ProvisionRequested { .. })), 1);
    }

    #[test]
    fn answers_nobody_asked_for_are_passed_over() {
        let mut world = acquainted(2, 23, Air::default());
        for node in 0..2 {
            world.command(node, Device::stop_find);
        }
        let two = world.address(1);
        let (events, sent) = (world.nodes[0].events.len(), world.sent.len());
        for subtype in [1, 2, 4, 6, 8] {
            for token in 0..=255 {
                let p2p = Attributes { status: Some(crate::code::Status::SUCCESS), ..crate::tests::all_attributes() };
                let p2p = Attributes { device_info: None, ..p2p };
                let content = Content { p2p: Some(p2p), wps: Some(Wps::default()), display: None };
                let frame = Frame { public: true, subtype, token, content };
                give(&mut world, two, &frame.write().unwrap());
            }
        }
        assert_eq!((world.nodes[0].events.len(), world.sent.len()), (events, sent));
        world.assert_idle();
    }

    #[test]
    fn frames_for_others_from_groups_or_from_ourselves_are_passed_over() {
        let mut world = acquainted(2, 24, Air::default());
        let (us, them) = (world.address(0), MacAddr([6, 6, 6, 6, 6, 6]));
        let sent = world.sent.len();
        for (from, to) in
            [(them, MacAddr::BROADCAST), (them, them), (MacAddr([7; 6]), us), (us, us), (MacAddr::ZERO, us)]
        {
            let body = provision_request(from, 1);
            let received = Received { from, to, frequency: 2437, signal: None, body: &body };
            world.command(0, |device, env| device.handle_action(received, env)).unwrap();
        }
        assert_eq!(world.sent.len(), sent);
    }
}
