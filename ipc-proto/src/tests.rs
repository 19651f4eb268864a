//! Round trips, golden bytes and refusals.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use std::os::fd::AsFd as _;

use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode, Ssid, StatusCode};

use crate::channel::{Channel, ChannelError, pair};
use crate::codec::{CodecError, decode, encode};
use crate::post::{FromPost, ToPost};
use crate::*;

/// How many requests and events there are but those for test suites.
const TEST: u8 = 70;
const EVENTS: usize = 41;

const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// One message of each kind whose bytes are written down, so that the format cannot drift unseen. A change of any
/// line is a change of the protocol: raise [`VERSION`].
fn golden() -> Vec<(ToPrivd, &'static str)> {
    let request = |id, request| ToPrivd::Request { id, request };
    vec![
        (ToPrivd::Hello { version: 1, role: Role::Station }, "000100"),
        (ToPrivd::Hello { version: 1, role: Role::AccessPoint }, "000101"),
        (request(7, Request::Interfaces), "010700"),
        (request(8, Request::Attach { ifname: "wlan0".to_string() }), "01080105776c616e30"),
        (request(300, Request::SetLinkUp { handle: Handle(3), up: true }), "01fb2c01050301"),
        (
            request(
                9,
                Request::Deauthenticate {
                    handle: Handle(3),
                    bssid: AP,
                    reason: ReasonCode::DEAUTH_LEAVING,
                    local: false,
                },
            ),
            "010915030200000003000300",
        ),
        (
            request(
                10,
                Request::AddKey {
                    handle: Handle(3),
                    key: KeyParameters {
                        kind: KeyKind::Pairwise(AP),
                        index: 0,
                        cipher: 0x000f_ac04,
                        key: KeyBytes::new(&[0x11; 16]),
                        sequence: vec![],
                        set_default: true,
                        rx_only: false,
                        link: None,
                    },
                },
            ),
            "010a18030002000000030000fc04ac0f00101111111111111111111111111111111100010000",
        ),
        (
            request(11, Request::RegisterFrame { handle: Handle(3), subtype: Subtype::ACTION, prefix: vec![8] }),
            "010b20030d0108",
        ),
        (
            request(12, Request::SendEapol { handle: Handle(3), dest: AP, data: vec![2, 3, 0, 0], encrypt: false }),
            "010c2503020000000300040203000000",
        ),
        (request(13, Request::Survey { handle: Handle(3) }), "010d3d03"),
        (request(14, Request::TdlsOperation { handle: Handle(3), peer: AP, operation: 1 }), "010e3f0302000000030001"),
    ]
}

fn replies() -> Vec<(FromPrivd, &'static str)> {
    vec![
        (FromPrivd::Welcome { version: 1, role: Role::Station }, "000100"),
        (FromPrivd::Refused(Refusal::Flood), "0104"),
        (FromPrivd::Reply { id: 7, result: Ok(Reply::Done) }, "02070000"),
        (FromPrivd::Reply { id: 7, result: Err(Failure::Denied) }, "02070100"),
        (
            FromPrivd::Reply { id: 7, result: Err(Failure::Kernel { errno: 16, text: "busy".to_string() }) },
            "02070107200462757379",
        ),
        (
            FromPrivd::Reply { id: 7, result: Err(Failure::NotGranted("bridge: br0".to_string())) },
            "020701080b6272696467653a20627230",
        ),
        (FromPrivd::Reply { id: 7, result: Err(Failure::OutOfCondition(Condition::Beaconing)) }, "0207010904"),
        (FromPrivd::Event(Event::Resync), "0300"),
        (FromPrivd::Event(Event::ScanStarted { handle: Handle(3) }), "030503"),
        (
            FromPrivd::Event(Event::Eapol { handle: Handle(3), source: AP, encrypted: Some(true), data: vec![1] }),
            "031c0302000000030001010101",
        ),
    ]
}

#[test]
fn golden_bytes_have_not_drifted() {
    let mut wrong = String::new();
    for (message, expected) in golden() {
        let bytes = encode(&message).unwrap();
        if hex(&bytes) != expected {
            wrong += &format!("{message:?}\n  is {}\n not {expected}\n", hex(&bytes));
        }
        assert_eq!(decode::<ToPrivd>(&bytes), Ok(message));
    }
    for (message, expected) in replies() {
        let bytes = encode(&message).unwrap();
        if hex(&bytes) != expected {
            wrong += &format!("{message:?}\n  is {}\n not {expected}\n", hex(&bytes));
        }
        assert_eq!(decode::<FromPrivd>(&bytes), Ok(message));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn an_unknown_tag_is_an_error() {
    assert_eq!(decode::<ToPrivd>(&[2, 0]), Err(CodecError::Malformed));
    assert_eq!(decode::<ToPrivd>(&[1, 0, 200]), Err(CodecError::Malformed));
    assert_eq!(decode::<FromPrivd>(&[9]), Err(CodecError::Malformed));
}

/// The tag behind the last request and the tag behind the last event belong to test suites alone.
#[test]
fn what_test_suites_ask_for_is_unknown_without_the_feature() {
    let event = u8::try_from(EVENTS).unwrap();
    let is = |known: bool| known == cfg!(feature = "testing");
    // Listen on interface 3; an empty frame from it.
    assert!(is(decode::<ToPrivd>(&[1, 0, TEST, 0, 3, 0, 1]).is_ok()));
    assert!(is(decode::<FromPrivd>(&[3, event, 0, 3, 0]).is_ok()));
    for next in 0..=255 {
        assert!(is(true) || decode::<ToPrivd>(&[1, 0, TEST, next, 3, 0, 1]).is_err());
    }
    assert_eq!(decode::<ToPrivd>(&[1, 0, TEST + 1, 0]), Err(CodecError::Malformed));
}

#[test]
fn octets_behind_a_message_are_an_error() {
    for (message, _) in golden() {
        let mut bytes = encode(&message).unwrap();
        bytes.push(0);
        assert_eq!(decode::<ToPrivd>(&bytes), Err(CodecError::Trailing { octets: 1 }));
    }
}

#[test]
fn a_message_cut_short_anywhere_is_an_error() {
    for (message, _) in golden() {
        let bytes = encode(&message).unwrap();
        for len in 0..bytes.len() {
            assert!(decode::<ToPrivd>(&bytes[..len]).is_err(), "{message:?} cut to {len}");
        }
    }
}

#[test]
fn a_length_that_lies_is_refused_before_anything_is_allocated() {
    // Attach with a name of 2^62 octets.
    let bytes = [1, 0, 1, 253, 0, 0, 0, 0, 0, 0, 0, 0x40];
    assert_eq!(decode::<ToPrivd>(&bytes), Err(CodecError::Malformed));
    assert_eq!(decode::<ToPrivd>(&vec![0; MAX_MESSAGE + 1]), Err(CodecError::TooLarge));
}

#[test]
fn an_ssid_of_33_octets_is_refused() {
    let event = ScanParameters { ssids: vec![Ssid::new(&[b'a'; 32]).unwrap()], ..ScanParameters::default() };
    let mut bytes = encode(&event).unwrap();
    assert_eq!(decode::<ScanParameters>(&bytes), Ok(event));
    bytes[1] = 33;
    bytes.insert(2, b'a');
    assert_eq!(decode::<ScanParameters>(&bytes), Err(CodecError::Malformed));
}

#[test]
fn a_message_over_the_cap_is_not_encoded() {
    let reply = FromPrivd::Reply {
        id: 1,
        result: Ok(Reply::ScanResults {
            entries: vec![ScanEntry { elements: vec![0; MAX_MESSAGE], ..ScanEntry::default() }],
            last: true,
        }),
    };
    assert!(encode(&reply).is_err());
}

#[test]
fn the_other_vocabularies_are_read_back() {
    let to = ToPost::ReadFile { token: 3, path: "/etc/a.conf".to_string() };
    assert_eq!(decode(&encode(&to).unwrap()), Ok(to));
    let from = FromPost::Command { socket: 1, client: 2, uid: 1000, data: b"PING".to_vec() };
    assert_eq!(decode(&encode(&from).unwrap()), Ok(from));
    let kept = keeper::FromKeeper::Started { restarts: 1 };
    assert_eq!(decode(&encode(&kept).unwrap()), Ok(kept));
    let event = Event::Connected {
        handle: Handle(1),
        bssid: Some(AP),
        status: StatusCode::REFUSED,
        timed_out: true,
        request_elements: vec![],
        response_elements: vec![1],
    };
    assert_eq!(decode(&encode(&event).unwrap()), Ok(event));
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?}", KeyBytes::new(&[0x41; 16])), "KeyBytes(16 octets)");
    assert!(KeyBytes::new(b"one") == KeyBytes::new(b"one"));
    assert!(KeyBytes::new(b"one") != KeyBytes::new(b"two"));
}

#[test]
fn a_message_and_a_descriptor_travel_over_a_channel() {
    let (one, other) = pair().unwrap();
    let client: Channel<ToPrivd, FromPrivd> = Channel::new(one).unwrap();
    let mut server: Channel<FromPrivd, ToPrivd> = Channel::new(other).unwrap();
    let hello = ToPrivd::Hello { version: VERSION, role: Role::Station };
    let (file, _) = pair().unwrap();
    client.send(&hello, Some(file.as_fd())).unwrap();
    let (message, descriptor) = server.receive().unwrap();
    assert_eq!(message, hello);
    assert!(descriptor.is_some());
    assert!(matches!(server.receive(), Err(ChannelError::WouldBlock)));
    drop(client);
    assert!(matches!(server.receive(), Err(ChannelError::Closed)));
}

#[test]
fn bytes_that_are_no_message_are_reported_as_such() {
    let (one, other) = pair().unwrap();
    let client: Channel<ToPrivd, FromPrivd> = Channel::new(one).unwrap();
    let mut server: Channel<FromPrivd, ToPrivd> = Channel::new(other).unwrap();
    client.send_bytes(&[200, 1, 2], None).unwrap();
    assert!(matches!(server.receive(), Err(ChannelError::Codec(CodecError::Malformed))));
    client.send_bytes(&vec![0; MAX_MESSAGE + 1], None).unwrap();
    assert!(matches!(server.receive(), Err(ChannelError::Codec(CodecError::TooLarge))));
}

#[test]
fn what_the_kernel_refuses_is_said_in_words() {
    let says = |errno, text: &str| Failure::Kernel { errno, text: text.into() }.to_string();
    assert_eq!(says(16, ""), "the kernel says: busy with something else (EBUSY)");
    assert_eq!(says(22, "bad rate"), "the kernel says: the driver does not take these values (EINVAL), bad rate");
    assert_eq!(says(4000, ""), "the kernel says: error 4000");
}

/// The names of the variants of [`Request`], from its own source: one at each line that begins a variant.
fn request_names() -> Vec<&'static str> {
    let source = include_str!("request.rs");
    let body = source.split("pub enum Request {").nth(1).unwrap().split("\n}\n").next().unwrap();
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| line.trim_end_matches([' ', '{', ',']))
        .collect()
}

#[test]
fn each_operation_of_the_driver_interface_has_its_row_and_each_named_request_exists() {
    let names = request_names();
    assert_eq!(names.last(), Some(&"Test(crate::TestRequest)"));
    assert_eq!(names.len(), usize::from(TEST) + 1, "{names:?}");
    let table = include_str!("../OPERATIONS.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| operation"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 110 + 2);
    let mut carried = 0;
    for row in &rows {
        let [operation, by, why] = row.as_slice() else { panic!("{row:?} has not three columns") };
        if matches!(*by, "later" | "not needed") {
            assert!(!why.is_empty(), "{operation}: why is it {by}?");
            continue;
        }
        carried += 1;
        for request in by.split(", ") {
            let name = request.strip_prefix("`Request::").and_then(|rest| rest.strip_suffix('`'));
            let name = name.unwrap_or_else(|| panic!("{operation}: {request} is no request"));
            assert!(names.contains(&name), "{operation}: there is no Request::{name}");
        }
    }
    assert!(table.contains(&format!("\n{carried} are carried.")), "{carried} are carried");
    assert!(carried >= 60);
}
