//! External registrars over UPnP: what is read, what is bounded, who is answered.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use crypto::testing::TestRng;
use wire::{Instant, MacAddr};

use super::kit::{AP, STATION, access_point, grant, network, own, pin};
use super::link::registrar_profile;
use crate::device::Uuid;
use crate::registration::{Event, Offer, Registrar, Setup, Turn};
use crate::upnp::Local;
use crate::upnp::description::{self, Described, Presentation};
use crate::upnp::http::{self, Assembly, HttpError, MAX_BODY, MAX_HEAD, Message, Status};
use crate::upnp::service::{Service, Wanted};
use crate::upnp::soap::{self, Action, Refusal, WlanEventType};
use crate::upnp::ssdp::{self, Advertiser, GROUP, Heard};
use crate::upnp::subscription::{self, Place, WlanEvent};

const NEAR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
const FAR: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const START: Instant = Instant::from_origin(Duration::from_secs(10_000));

fn local() -> Local {
    Local { own: SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 49152), prefix: 24 }
}

fn service() -> Service {
    let presentation = Presentation { friendly_name: "Tür & <Tor>".into(), ..Presentation::default() };
    Service::new(local(), own(AP).device, Uuid::from_mac(AP), presentation)
}

fn read(octets: &[u8]) -> Result<Option<Message>, HttpError> {
    Assembly::new().push(octets)
}

fn whole(octets: &[u8]) -> Message {
    read(octets).unwrap().unwrap()
}

fn serve(service: &mut Service, request: &[u8]) -> (Message, Vec<Wanted>) {
    let profile = || access_point(Some(pin("12345670")), Setup::Open);
    let served = service.handle(&whole(request), NEAR, profile, START, &mut TestRng::new(2));
    (whole(&served.response), served.wanted)
}

fn status(octets: &[u8]) -> u16 {
    whole(octets).status().unwrap().0
}

#[test]
fn a_message_comes_in_any_pieces() {
    let request = http::write("POST /x HTTP/1.1", &[("Host", "a"), ("X", "1")], Some(("text/xml", b"body")));
    for size in 1..request.len() {
        let mut assembly = Assembly::new();
        let mut found = None;
        for piece in request.chunks(size) {
            assert!(found.is_none());
            found = assembly.push(piece).unwrap();
        }
        let message = found.unwrap();
        assert_eq!((message.request(), message.body.as_slice()), (Ok(("POST", "/x")), &b"body"[..]));
        assert_eq!(message.header("content-type"), Some("text/xml"));
    }
}

/// CVE-2015-4141, advisory 2015-2: the length of a chunk that is negative or huge.
#[test]
fn a_chunk_whose_length_is_negative_huge_or_no_number_is_refused() {
    let head = "POST /wps_control HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let post = |rest: &str| read([head, rest].concat().as_bytes());
    for wrong in
        ["-1\r\n", "ffffffff\r\n", "7fffffffffffffff\r\n", "ffffffffffffffffff\r\n", "+1\r\n", "0x1\r\n", "\r\n"]
    {
        assert!(post(wrong).is_err(), "{wrong:?}");
    }
    let grows = alloc::format!("fff\r\n{}\r\n", "a".repeat(0xfff)).repeat(3);
    assert_eq!(post(&grows), Err(HttpError::TooLong));
    assert!(post("1\r\nab\r\n0\r\n\r\n").is_err(), "longer than it says");
    // The control.
    let message = post("3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n").unwrap().unwrap();
    assert_eq!(message.body, b"abcde");
    assert_eq!(post("3\r\nab").unwrap(), None);
}

#[test]
fn what_is_too_long_or_says_its_length_twice_is_refused() {
    let long = |name: &str, value: &str| alloc::format!("GET / HTTP/1.1\r\n{name}: {value}\r\n\r\n").into_bytes();
    assert!(read(&long("A", &"b".repeat(MAX_HEAD))).is_err());
    assert_eq!(read(&vec![b'a'; MAX_HEAD + 1]), Err(HttpError::TooLong));
    assert!(read(&long("Content-Length", "-1")).is_err());
    assert_eq!(read(&long("Content-Length", &(MAX_BODY + 1).to_string())), Err(HttpError::TooLong));
    assert_eq!(read(&long("Content-Length", &"9".repeat(40))), Err(HttpError::TooLong));
    assert_eq!(read(&long("Content-Length", &MAX_BODY.to_string())), Ok(None));
    assert!(read(&long("Content-Length", "1\r\nContent-Length: 2")).is_err());
    assert!(read(&long("Content-Length", "1\r\nTransfer-Encoding: chunked")).is_err());
    assert!(read(&long("Transfer-Encoding", "gzip")).is_err());
    assert!(read(&long("A ", "b")).is_err(), "a blank before the colon");
    assert!(read(&"A: b\r\n".repeat(100).into_bytes()).is_err() || read(b"GET / HTTP/1.1\r\n").unwrap().is_none());
    let many = alloc::format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
    assert_eq!(read(many.as_bytes()), Err(HttpError::TooLong));
    for bad in ["GET /", "GET  / HTTP/1.1", "GET / HTTP/9.9", "GET / x HTTP/1.1"] {
        assert!(whole(alloc::format!("{bad}\r\n\r\n").as_bytes()).request().is_err(), "{bad}");
    }
}

#[test]
fn a_header_cannot_be_broken_open() {
    let octets = http::write("GET / HTTP/1.1", &[("A", "x\r\nEvil: 1")], None);
    assert_eq!(whole(&octets).headers, [("a".to_string(), "xEvil: 1".to_string())]);
}

#[test]
fn each_action_is_read_as_it_was_written() {
    let actions = [
        Action::GetDeviceInfo,
        Action::PutMessage(vec![1, 2, 3]),
        Action::PutWlanResponse { message: vec![0; 500], kind: WlanEventType::EAP, addr: STATION },
        Action::SetSelectedRegistrar(vec![9; 7]),
    ];
    for action in actions {
        let request = whole(&action.write("192.0.2.1:49152", "/wps_control"));
        assert_eq!(Action::parse(&request).as_ref(), Ok(&action));
        let answer = whole(&action.respond(Some(b"answer")));
        let carried = matches!(action, Action::GetDeviceInfo | Action::PutMessage(_)).then(|| b"answer".to_vec());
        assert_eq!(action.parse_response(&answer), Ok(carried));
        assert_eq!(action.parse_response(&whole(&soap::fault(Refusal::Failed))), Err(Refusal::Failed));
    }
}

#[test]
fn an_action_whose_header_and_body_differ_or_whose_arguments_are_no_base64_is_refused() {
    let request = Action::PutMessage(vec![1, 2, 3]).write("h", "/wps_control");
    let text = String::from_utf8(request).unwrap();
    let changed = |from: &str, to: &str| {
        let text = text.replace(from, to);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head = head.split("Content-Length").next().unwrap();
        Action::parse(&whole(alloc::format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()))
    };
    assert!(changed("AQID", "AQID").is_ok() && changed("AQID", "A\r\n QID ").is_ok());
    assert_eq!(changed("AQID", "AQI*"), Err(Refusal::InvalidArguments));
    assert_eq!(changed("AQID", &"AAAA".repeat(1500)), Err(Refusal::InvalidArguments));
    assert_eq!(changed("AQID", "<x/>"), Err(Refusal::InvalidArguments));
    assert_eq!(changed("#PutMessage", "#GetDeviceInfo"), Err(Refusal::InvalidArguments));
    assert_eq!(changed("#PutMessage", "#RebootAP"), Err(Refusal::InvalidArguments));
    assert_eq!(changed("WFAWLANConfig:1#", "Other:1#"), Err(Refusal::InvalidAction));
    assert_eq!(changed("PutMessage", "Unheard"), Err(Refusal::InvalidAction));
    assert_eq!(changed("SOAPAction", "Nothing"), Err(Refusal::InvalidAction));
}

#[test]
fn a_registrar_finds_its_way_through_the_description() {
    let mut service = service();
    let (answer, _) = serve(&mut service, b"GET /wps_device.xml HTTP/1.1\r\nHost: x\r\n\r\n");
    let document = String::from_utf8(answer.body).unwrap();
    let described = Described::parse(&document, local().own).unwrap();
    assert_eq!((described.uuid, described.control.as_str()), (Uuid::from_mac(AP), description::CONTROL_PATH));
    assert_eq!((described.events.as_str(), described.model_name.as_str()), (description::EVENT_PATH, "Test"));
    assert!(document.contains("Tür &amp; &lt;Tor&gt;"));
    let (answer, _) = serve(&mut service, b"GET /wps_scpd.xml HTTP/1.1\r\n\r\n");
    assert!(String::from_utf8(answer.body).unwrap().contains("<name>SetSelectedRegistrar</name>"));
    for (request, code) in
        [("GET /", 404), ("GET /../etc/passwd", 404), ("PUT /wps_control", 405), ("SUBSCRIBE /x", 404)]
    {
        let (answer, _) = serve(&mut service, alloc::format!("{request} HTTP/1.1\r\n\r\n").as_bytes());
        assert_eq!(answer.status().unwrap().0, code, "{request}");
    }
    // A description that would send the registrar elsewhere.
    let elsewhere = document.replace("<controlURL>", "<controlURL>http://198.51.100.7");
    assert_eq!(Described::parse(&elsewhere, local().own), None);
    let same = document.replace("<controlURL>", "<controlURL>http://192.0.2.1:49152");
    assert!(Described::parse(&same, local().own).is_some());
    assert_eq!(Described::parse(&document.replace("WFAWLANConfig:1", "Printing:1"), local().own), None);
}

/// The whole: an external registrar learns an access point's settings over HTTP.
#[test]
fn an_external_registrar_learns_the_settings_with_put_message() {
    let mut service = service();
    let mut rng = TestRng::new(5);
    let call = |service: &mut Service, action: &Action| {
        let (answer, wanted) = serve(service, &action.write("h", "/wps_control"));
        (action.parse_response(&answer), wanted)
    };
    let early = call(&mut service, &Action::PutMessage(vec![]));
    assert_eq!(early.0, Err(Refusal::Failed), "GetDeviceInfo comes first");
    let (message, _) = call(&mut service, &Action::GetDeviceInfo);
    let mut message = message.unwrap().unwrap();
    let mut registrar = Registrar::new(registrar_profile(STATION));
    let mut heard = Vec::new();
    let mut own_events = Vec::new();
    while !message.is_empty() {
        let mut turn = registrar.step(None, &message, &mut rng);
        let outgoing = loop {
            match turn {
                Turn::Went { machine, question: Some(_), .. } => {
                    turn = machine.decide(grant(pin("12345670"), Offer::Learn), &mut rng);
                }
                Turn::Went { machine, send, events, .. } => {
                    registrar = machine;
                    heard.extend(events);
                    break send.unwrap();
                }
                Turn::Ignored(_, why) => panic!("{why}"),
            }
        };
        let over = registrar.is_over();
        let (answer, wanted) = call(&mut service, &Action::PutMessage(outgoing.bytes));
        own_events.extend(wanted);
        message = if over { Vec::new() } else { answer.unwrap().unwrap() };
    }
    let mut before = network("before");
    before.addr = AP;
    assert!(heard.contains(&Event::Learned(Box::new(before))));
    assert!(own_events.contains(&Wanted::Own(Event::PasswordProved)));
    let (late, _) = call(&mut service, &Action::PutMessage(vec![]));
    assert_eq!(late, Err(Refusal::Failed), "the run is over");
}

#[test]
fn what_a_registrar_says_to_an_enrollee_and_of_itself_is_handed_on() {
    let mut service = service();
    let action = Action::PutWlanResponse { message: vec![5], kind: WlanEventType::EAP, addr: STATION };
    let (answer, wanted) = serve(&mut service, &action.write("h", "/wps_control"));
    assert_eq!((answer.status(), wanted), (Ok(Status(200)), vec![Wanted::ToEnrollee(STATION, vec![5])]));
    let (_, wanted) = serve(&mut service, &Action::SetSelectedRegistrar(vec![6]).write("h", "/wps_control"));
    assert_eq!(wanted, [Wanted::Selected(vec![6])]);
}

fn subscribe(service: &mut Service, callback: &str, from: Ipv4Addr) -> (u16, Option<String>) {
    let octets = http::write("SUBSCRIBE /wps_event HTTP/1.1", &[("CALLBACK", callback), ("NT", "upnp:event")], None);
    let answer =
        whole(&service.subscriptions.subscribe(&whole(&octets), from, START, &mut TestRng::new(from.to_bits().into())));
    (answer.status().unwrap().0, answer.header("sid").map(ToString::to_string))
}

/// CVE-2020-12695, "CallStranger": a subscription names whomever it likes. The control is a registrar next door.
#[test]
fn a_subscription_that_names_a_host_outside_of_the_network_is_refused() {
    let mut service = service();
    for wrong in [
        "<http://198.51.100.7/>",
        "<http://192.0.3.7/>",
        "<http://8.8.8.8:53/>",
        "<http://127.0.0.1/>",
        "<http://0.0.0.0/>",
        "<http://192.0.2.0/>",
        "<http://192.0.2.255/>",
        "<http://255.255.255.255/>",
        "<http://239.255.255.250:1900/>",
        "<http://192.0.2.1:49152/wps_control>",
        "<http://registrar.example.org/>",
        "<http://192.0.2.7@198.51.100.7/>",
        "<http://192.0.2.7.example.org/>",
        "<http://3221226247/>",
        "<http://[2001:db8::1]/>",
        "<https://192.0.2.7/>",
        "<ftp://192.0.2.7/>",
        "<http://192.0.2.7:0/>",
        "<http://192.0.2.7:99999/>",
        "<http://192.0.2.7/a b>",
        "<http://192.0.2.8/><http://198.51.100.7/>",
        "http://192.0.2.7/",
        "",
    ] {
        assert_eq!(subscribe(&mut service, wrong, NEAR).0, 412, "{wrong}");
    }
    let long = alloc::format!("<http://192.0.2.7/{}>", "a".repeat(300));
    assert_eq!(subscribe(&mut service, &long, NEAR).0, 412);
    assert_eq!(subscribe(&mut service, "<http://192.0.2.7/>", FAR).0, 412);
    assert!(service.subscriptions.is_empty() && service.subscriptions.poll_delivery().is_none());
    assert_eq!(subscribe(&mut service, "<http://192.0.2.7:8080/events>", NEAR).0, 200);
    assert_eq!(service.subscriptions.poll_delivery().unwrap().to, "192.0.2.7:8080".parse().unwrap());
}

#[test]
fn a_network_without_a_prefix_has_no_hosts() {
    let host = |prefix, addr: [u8; 4]| Local { prefix, ..local() }.has_host(addr.into());
    assert!(host(24, [192, 0, 2, 9]) && host(31, [192, 0, 2, 0]) && !host(32, [192, 0, 2, 9]));
    assert!(!host(0, [192, 0, 2, 9]) && host(16, [192, 0, 200, 9]) && !host(33, [192, 0, 2, 9]));
}

#[test]
fn subscriptions_are_bounded_in_all_and_for_each_host() {
    let mut service = service();
    for _ in 0..50 {
        subscribe(&mut service, "<http://192.0.2.7/>", NEAR);
    }
    assert_eq!(service.subscriptions.len(), 2);
    for host in 10..50 {
        let from = Ipv4Addr::new(192, 0, 2, host);
        subscribe(&mut service, &alloc::format!("<http://{from}/>"), from);
    }
    assert_eq!(service.subscriptions.len(), 8);
}

#[test]
fn events_come_in_order_one_at_a_time_and_whoever_does_not_take_them_is_forgotten() {
    let mut service = service();
    let (_, id) = subscribe(&mut service, "<http://192.0.2.7/a><http://192.0.2.8/b>", NEAR);
    let id = id.unwrap();
    let subscriptions = &mut service.subscriptions;
    subscriptions.tell(WlanEventType::EAP, STATION, &[1, 2, 3], START);
    let first = subscriptions.poll_delivery().unwrap();
    assert!(subscriptions.poll_delivery().is_none());
    let request = whole(&first.request);
    assert_eq!((request.header("seq"), request.header("sid")), (Some("0"), Some(id.as_str())));
    assert_eq!(WlanEvent::of_notification(&request), None, "the first one says what the variables are");
    subscriptions.delivered(first.id, true);
    let second = subscriptions.poll_delivery().unwrap();
    let request = whole(&second.request);
    let event = WlanEvent { kind: WlanEventType::EAP, addr: STATION, message: vec![1, 2, 3] };
    assert_eq!((request.header("seq"), WlanEvent::of_notification(&request)), (Some("1"), Some(event)));
    subscriptions.delivered(second.id, false);
    let again = subscriptions.poll_delivery().unwrap();
    assert_eq!(again.to, "192.0.2.8:80".parse().unwrap(), "the other place");
    for _ in 0..9 {
        subscriptions.delivered(second.id, false);
        subscriptions.poll_delivery();
    }
    assert!(subscriptions.is_empty(), "ten failures");
    subscribe(&mut service, "<http://192.0.2.7/>", NEAR);
    for _ in 0..30 {
        service.subscriptions.tell(WlanEventType::EAP, STATION, &[1], START);
    }
    assert!(service.subscriptions.is_empty(), "too far behind");
}

#[test]
fn strangers_probe_requests_are_told_five_times_a_second() {
    let mut service = service();
    subscribe(&mut service, "<http://192.0.2.7/>", NEAR);
    let mut told = 0;
    for number in 0..100 {
        service.subscriptions.tell(WlanEventType::PROBE, MacAddr([2, 0, 0, 0, 3, number]), &[1], START);
    }
    while let Some(delivery) = service.subscriptions.poll_delivery() {
        told += 1;
        service.subscriptions.delivered(delivery.id, true);
    }
    assert_eq!(told, 1 + 5);
}

#[test]
fn a_subscription_ends_unless_it_is_renewed_by_its_own_host() {
    let mut service = service();
    let (_, id) = subscribe(&mut service, "<http://192.0.2.7/>", NEAR);
    let id = id.unwrap();
    let renew = |service: &mut Service, id: &str, from, now| {
        let octets = http::write("SUBSCRIBE /wps_event HTTP/1.1", &[("SID", id)], None);
        status(&service.subscriptions.subscribe(&whole(&octets), from, now, &mut TestRng::new(1)))
    };
    assert_eq!(renew(&mut service, &id, NEAR, START + Duration::from_secs(1800)), 200);
    assert_eq!(renew(&mut service, &id, Ipv4Addr::new(192, 0, 2, 8), START), 412);
    assert_eq!(renew(&mut service, "uuid:00000000-0000-0000-0000-000000000000", NEAR, START), 412);
    assert_eq!(service.subscriptions.poll_deadline(), Some(START + Duration::from_secs(3601)));
    assert_eq!(renew(&mut service, &id, NEAR, START + Duration::from_secs(3601)), 412);
    let both = http::write("SUBSCRIBE /wps_event HTTP/1.1", &[("SID", &id), ("NT", "upnp:event")], None);
    let mut rng = TestRng::new(1);
    assert_eq!(status(&service.subscriptions.subscribe(&whole(&both), NEAR, START, &mut rng)), 400);
    let (_, id) = subscribe(&mut service, "<http://192.0.2.7/>", NEAR);
    let id = id.unwrap();
    let octets = whole(&http::write("UNSUBSCRIBE /wps_event HTTP/1.1", &[("SID", &id)], None));
    assert_eq!(status(&service.subscriptions.unsubscribe(&octets, Ipv4Addr::new(192, 0, 2, 8))), 412);
    assert_eq!(status(&service.subscriptions.unsubscribe(&octets, NEAR)), 200);
    assert!(service.subscriptions.is_empty());
}

#[test]
fn a_registrars_own_subscription_is_taken() {
    let mut service = service();
    let place = Place::parse("http://192.0.2.7:99/x", &local()).unwrap();
    let request = subscription::request("192.0.2.1:49152", description::EVENT_PATH, &place);
    let (answer, _) = serve(&mut service, &request);
    assert_eq!(answer.status(), Ok(Status(200)));
    assert_eq!(service.subscriptions.poll_delivery().unwrap().to, place.host);
}

#[test]
fn advertisements_are_heard_and_a_search_is_answered_within_its_time() {
    let mut rng = TestRng::new(4);
    let mut advertiser = Advertiser::new(local(), Uuid::from_mac(AP), START);
    let sent = advertiser.handle_timeout(START, &mut rng);
    assert_eq!(sent.len(), 8, "four targets, twice");
    let heard: Vec<Heard> = sent.iter().filter_map(|sent| Heard::parse(&sent.octets, local().own)).collect();
    assert_eq!(heard.len(), 4, "kind and service");
    assert_eq!(heard[0].place, Some((local().own, "/wps_device.xml".into())));
    let next = advertiser.poll_deadline().unwrap();
    assert!(next >= START + Duration::from_secs(450) && next < START + Duration::from_secs(901));
    let asker = SocketAddrV4::new(NEAR, 5000);
    advertiser.handle_datagram(&ssdp::search(3).octets, asker, START, &mut rng);
    assert!(advertiser.poll_deadline().unwrap() <= START + Duration::from_secs(3));
    let answers = advertiser.handle_timeout(START + Duration::from_secs(3), &mut rng);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].to, asker);
    assert_eq!(Heard::parse(&answers[0].octets, local().own).unwrap().uuid, Uuid::from_mac(AP));
    // A place other than the sender.
    assert_eq!(Heard::parse(&answers[0].octets, SocketAddrV4::new(NEAR, 1900)), None);
    let gone: Vec<_> = advertiser.stop().iter().filter_map(|sent| Heard::parse(&sent.octets, local().own)).collect();
    assert!(gone.len() == 2 && gone.iter().all(|heard| heard.place.is_none()));
}

/// Whoever forges the sender of a search would have us flood somebody.
#[test]
fn a_search_from_outside_is_not_answered_and_a_flood_of_them_is_bounded() {
    let mut rng = TestRng::new(4);
    let mut advertiser = Advertiser::new(local(), Uuid::from_mac(AP), START);
    advertiser.handle_timeout(START, &mut rng);
    let all =
        http::write("M-SEARCH * HTTP/1.1", &[("MAN", "\"ssdp:discover\""), ("MX", "1"), ("ST", "ssdp:all")], None);
    advertiser.handle_datagram(&all, SocketAddrV4::new(FAR, 5000), START, &mut rng);
    assert!(advertiser.handle_timeout(START + Duration::from_secs(9), &mut rng).is_empty());
    for _ in 0..100 {
        advertiser.handle_datagram(&all, SocketAddrV4::new(NEAR, 5000), START, &mut rng);
    }
    assert_eq!(advertiser.handle_timeout(START + Duration::from_secs(9), &mut rng).len(), 80);
    for (man, mx, st) in [
        ("ssdp:discover", "1", "ssdp:all"),
        ("\"ssdp:discover\"", "0", "ssdp:all"),
        ("\"ssdp:discover\"", "x", "ssdp:all"),
        ("\"ssdp:discover\"", "1", "urn:other"),
    ] {
        let wrong = http::write("M-SEARCH * HTTP/1.1", &[("MAN", man), ("MX", mx), ("ST", st)], None);
        advertiser.handle_datagram(&wrong, SocketAddrV4::new(NEAR, 5000), START, &mut rng);
    }
    assert!(advertiser.handle_timeout(START + Duration::from_secs(9), &mut rng).is_empty());
    assert_eq!(ssdp::search(2).to, GROUP);
}
