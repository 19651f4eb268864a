//! Services: what is registered, asked for and answered, in memory and over the air.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::groups::acquainted;
use super::hex;
use super::world::{Air, World};
use crate::device::Device;
use crate::event::{Event, Trouble};
use crate::service::{
    Local, Query, Response, ServiceProtocol, ServiceStatus, UpnpService, read_queries, read_responses, write_queries,
    write_responses,
};

fn services() -> Local {
    let mut local = Local::default();
    // Apple File Sharing and printing, as the manual has them.
    local.add_bonjour(hex("0b5f6166706f766572746370c00c000c01"), hex("074578616d706c65c027"));
    local.add_bonjour(hex("045f697070c00c000c01"), hex("094d795072696e746572c027"));
    for name in [
        "uuid:6859dede-8574-59ab-9332-123456789012::upnp:rootdevice",
        "uuid:1122de4e-8574-59ab-9322-333456789044::urn:schemas-upnp-org:service:ContentDirectory:2",
        "uuid:6859dede-8574-59ab-9332-123456789012::urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    ] {
        local.add_upnp(UpnpService { version: 0x10, name: name.to_string() });
    }
    local
}

fn asked(local: &Local, queries: &str) -> Vec<(u8, u8, u8, Vec<u8>)> {
    let display = [0, 0, 6, 0x01, 0x11, 2, 3, 4, 5, 6, 0, 1, 9];
    let responses = local.answer(&hex(queries), Some(&display));
    responses.into_iter().map(|each| (each.protocol.0, each.transaction, each.status.0, each.data)).collect()
}

#[test]
fn a_query_and_a_response_are_written_octet_for_octet() {
    // `p2p_serv_disc_req ADDRESS 0200010102000202`: all of Bonjour, all of UPnP.
    let octets = hex("0200010102000202");
    let queries = read_queries(&octets).unwrap();
    let query = |protocol, transaction| Query { protocol, transaction, data: Vec::new() };
    assert_eq!(queries, [query(ServiceProtocol::BONJOUR, 1), query(ServiceProtocol::UPNP, 2)]);
    assert_eq!(write_queries(&queries).unwrap(), octets);
    let response = Response {
        protocol: ServiceProtocol::UPNP,
        transaction: 2,
        status: ServiceStatus::SUCCESS,
        data: vec![0x10, b'a'],
    };
    let octets = write_responses(core::slice::from_ref(&response)).unwrap();
    assert_eq!(octets, [5, 0, 2, 2, 0, 0x10, b'a']);
    assert_eq!(read_responses(&octets), Ok(vec![response]));
    for cut in 1..octets.len() {
        assert!(read_responses(&octets[..cut]).is_err());
    }
    assert!(read_queries(&[1, 0, 1]).is_err(), "a query without transaction");
    assert!(read_queries(&[2, 0, 1, 1].repeat(257)).is_err(), "more than anybody asks");
}

#[test]
fn bonjour_queries_find_their_service_whatever_the_case() {
    let local = services();
    let afp = hex("0b5f6166706f766572746370c00c000c01");
    let answer = [&afp[..], &hex("074578616d706c65c027")].concat();
    assert_eq!(asked(&local, "130001010b5f6166706f766572746370c00c000c01"), [(1, 1, 0, answer.clone())]);
    // The same in capitals.
    assert_eq!(asked(&local, "130001010b5f4146504f564552544350c00c000c01"), [(1, 1, 0, answer)]);
    assert_eq!(asked(&local, "02000105").len(), 2, "all of them");
    assert_eq!(asked(&local, "05000107000000"), [(1, 7, 2, vec![0, 0, 0])], "no such information");
}

#[test]
fn upnp_queries_find_all_or_those_that_match() {
    let local = services();
    let text = |queries: &str| {
        let answers = asked(&local, queries);
        let (_, _, status, data) = &answers[0];
        (*status, data.first().copied(), data.iter().filter(|octet| **octet == b',').count())
    };
    let query = |version: u8, wanted: &str| {
        let body: Vec<u8> = [&[2, 3, version][..], wanted.as_bytes()].concat();
        let mut whole = alloc::format!("{:02x}00", body.len());
        for octet in body {
            whole += &alloc::format!("{octet:02x}");
        }
        whole
    };
    assert_eq!(text(&query(0x10, "ssdp:all")), (0, Some(0x10), 2));
    assert_eq!(text(&query(0x10, "upnp:rootdevice")), (0, Some(0x10), 0));
    assert_eq!(text(&query(0x10, "uuid:6859dede-8574-59ab-9332-123456789012")), (0, Some(0x10), 1));
    assert_eq!(text(&query(0x10, "urn:schemas-upnp-org:service:ContentDirectory:9")).0, 2);
    assert_eq!(text(&query(0x20, "ssdp:all")).0, 2, "of another version");
    assert_eq!(text("02000203"), (0, Some(0x10), 2));
}

#[test]
fn other_protocols_say_that_they_are_not_there_and_nonsense_is_a_bad_request() {
    let local = services();
    assert_eq!(asked(&local, "02000301"), [(3, 1, 1, vec![])], "WS-Discovery");
    assert_eq!(asked(&local, "02000001").len(), 4, "two of Bonjour, UPnP, Wi-Fi Display");
    assert_eq!(asked(&local, "ff000101"), [(0, 0, 3, vec![])]);
    assert_eq!(Local::default().answer(&hex("02000001"), None)[0].status, ServiceStatus::PROTOCOL_NOT_AVAILABLE);
    assert_eq!(Local::default().answer(&hex("02000101"), None)[0].status, ServiceStatus::PROTOCOL_NOT_AVAILABLE);
    // Wi-Fi Display: a primary sink; subelements 0 and 6.
    let information = vec![0, 0, 6, 0x01, 0x11, 2, 3, 4, 5];
    assert_eq!(asked(&local, "050004010200ff"), [(4, 1, 0, information)]);
    assert_eq!(asked(&local, "0400040101 00"), [(4, 1, 2, vec![])], "sources were meant");
    assert_eq!(asked(&local, "02000401"), [(4, 1, 3, vec![])]);
}

#[test]
fn the_update_indicator_changes_with_the_services() {
    let mut local = services();
    let before = local.update_indicator();
    assert!(!local.remove_bonjour(&[1, 2, 3]));
    local.add_upnp(UpnpService {
        version: 0x10,
        name: "uuid:6859dede-8574-59ab-9332-123456789012::upnp:rootdevice".to_string(),
    });
    assert_eq!(local.update_indicator(), before, "nothing changed");
    assert!(local.remove_bonjour(&hex("045f697070c00c000c01")));
    assert_eq!(local.update_indicator(), before + 1);
    local.flush();
    assert_eq!(local.update_indicator(), before + 2);
}

fn answers(world: &World, node: usize) -> Vec<Event> {
    let of = |event: &Event| matches!(event, Event::ServicesFound { .. } | Event::ServicesFailed { .. });
    world.nodes[node].events.iter().map(|(_, event)| event.clone()).filter(of).collect()
}

#[test]
fn services_are_asked_for_over_the_air_short_and_long() {
    for (count, seed) in [(1, 1), (100, 2)] {
        let mut world = acquainted(2, seed, Air::default());
        for number in 0..count {
            let name = alloc::format!("uuid:{number:0>64}");
            world.nodes[1].device.services().add_upnp(UpnpService { version: 0x10, name });
        }
        world.command(0, Device::stop_find);
        world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
        let two = world.address(1);
        let query = world.command(0, |device, env| device.query_services(Some(two), hex("02000201"), env)).unwrap();
        assert!(world.until(Duration::from_secs(30), |world| !answers(world, 0).is_empty()));
        let answers = answers(&world, 0);
        let [Event::ServicesFound { query: answered, peer, update_indicator, responses }] = &answers[..] else {
            panic!("{answers:?}");
        };
        assert_eq!((*answered, *peer, usize::from(*update_indicator)), (query, two, count));
        assert_eq!(responses[0].data.len(), 1 + count * 69 + count - 1);
        assert!(!world.nodes[0].device.cancel_query(query), "a query for one device is done with its answer");
        world.assert_idle();
    }
}

#[test]
fn everybody_who_is_found_is_asked_once_and_a_silent_one_again() {
    let mut world = acquainted(3, 3, Air::default());
    for node in 1..3 {
        let service = UpnpService { version: 0x10, name: "uuid:1".to_string() };
        world.nodes[node].device.services().add_upnp(service);
    }
    let query = world.command(0, |device, env| device.query_services(None, hex("02000201"), env)).unwrap();
    // All go on looking for each other: they hear a query only while they listen.
    let found =
        |world: &World| answers(world, 0).iter().filter(|event| matches!(event, Event::ServicesFound { .. })).count();
    assert!(world.until(Duration::from_secs(300), |world| found(world) == 2));
    world.run_for(Duration::from_secs(60));
    assert_eq!(found(&world), 2, "asked once");
    assert!(world.command(0, |device, _| device.cancel_query(query)));
    for node in 0..3 {
        world.command(node, Device::stop_find);
    }
    world.assert_idle();
}

#[test]
fn an_external_program_answers() {
    let mut world = acquainted(2, 4, Air::default());
    world.nodes[1].device.answer_externally(true);
    world.command(0, Device::stop_find);
    world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
    let (one, two) = (world.address(0), world.address(1));
    world.command(0, |device, env| device.query_services(Some(two), hex("02000301"), env)).unwrap();
    let requested = |world: &World| {
        world.nodes[1].events.iter().find_map(|(_, event)| match event {
            Event::ServicesRequested { peer, token, queries, .. } => Some((*peer, *token, queries.clone())),
            _ => None,
        })
    };
    assert!(world.until(Duration::from_secs(10), |world| requested(world).is_some()));
    let (peer, token, queries) = requested(&world).unwrap();
    assert_eq!((peer, queries), (one, hex("02000301")));
    world.command(1, |device, env| device.respond_services(peer, token, &hex("0400030100aa"), env));
    assert!(world.until(Duration::from_secs(10), |world| !answers(world, 0).is_empty()));
    let answers = answers(&world, 0);
    assert!(
        matches!(&answers[0], Event::ServicesFound { responses, .. } if responses[0].data == [0xaa]),
        "{answers:?}"
    );
}

#[test]
fn a_device_that_does_not_answer_is_told_of() {
    let mut world = acquainted(2, 5, Air::default());
    for node in 0..2 {
        world.command(node, Device::stop_find);
    }
    let two = world.address(1);
    let query = world.command(0, |device, env| device.query_services(Some(two), hex("02000201"), env)).unwrap();
    world.run_for(Duration::from_secs(10));
    assert_eq!(answers(&world, 0), [Event::ServicesFailed { query, peer: two, why: Trouble::Silent }]);
    assert!(world.command(0, |device, _| device.cancel_query(query)));
    world.assert_idle();
}
