//! Dynamic authorization, and what accounting says.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use wire::{Instant, MacAddr};

use super::pair::address;
use crate::accounting::{Authentic, Counters, Session, SessionStart, TerminateCause};
use crate::dynauth::{Authority, DynamicAuthorization, Outcome, Selector, Strictness, Wanted};
use crate::nas::{self, Nas, PORT_WIRELESS, Port, Suites};
use crate::{
    AttributeWriter, Attributes, ByPrefix, Code, Demand, Discard, ErrorCause, Prefix, Raw, SharedSecret, Type,
    verify_reply, write_request,
};

const WALL: u64 = 1_800_000_000;

fn secret() -> SharedSecret {
    SharedSecret::new(*b"shared").unwrap()
}

fn nas() -> Nas {
    Nas { identifier: Some(b"ap.example".to_vec()), ipv4: Some(Ipv4Addr::new(10, 0, 0, 9)), ipv6: None }
}

fn side(strictness: Strictness) -> DynamicAuthorization {
    let prefix = Prefix::host(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    let authority = Authority { secret: Arc::new(secret()) };
    DynamicAuthorization::new(ByPrefix::new([(prefix, authority)]), strictness, nas())
}

fn demand(code: Code, stamp: Option<u64>, fill: impl FnOnce(&mut AttributeWriter)) -> (Vec<u8>, [u8; 16]) {
    let mut attributes = AttributeWriter::new();
    if let Some(stamp) = stamp {
        attributes.u32(Type::EVENT_TIMESTAMP, stamp as u32);
    }
    fill(&mut attributes);
    write_request(code, 5, &[0; 16], &attributes, &secret()).unwrap()
}

fn station(writer: &mut AttributeWriter) {
    writer.put(Type::CALLING_STATION_ID, b"02-00-00-00-00-01").put(Type::PROXY_STATE, b"p");
}

fn cause(answer: &[u8], request: &[u8; 16]) -> (Code, Option<u32>) {
    let raw = Raw::parse(answer).unwrap();
    let reply = verify_reply(raw, &secret(), request, Demand::Required).unwrap();
    (raw.code, reply.attributes().u32(Type::ERROR_CAUSE))
}

#[test]
fn a_disconnect_acts_once_however_often_it_comes() {
    let mut side = side(Strictness::default());
    let (bytes, authenticator) = demand(Code::DISCONNECT_REQUEST, Some(WALL), station);
    let Outcome::Act(change) = side.handle(address(1), &bytes, Instant::ZERO, Some(WALL)) else { panic!() };
    assert_eq!(change.wanted, Wanted::Disconnect);
    let expected = Selector { station: Some(MacAddr([2, 0, 0, 0, 0, 1])), ..Selector::default() };
    assert_eq!(change.selector, expected);
    let again = side.handle(address(1), &bytes, Instant::ZERO, Some(WALL));
    assert_eq!(again, Outcome::Discarded(Discard::InProgress));
    let answer = side.answer(change.id, Ok(())).unwrap();
    assert_eq!(cause(&answer, &authenticator), (Code::DISCONNECT_ACK, None));
    assert_eq!(Raw::parse(&answer).unwrap().attributes.first(Type::PROXY_STATE), Some(&b"p"[..]));
    // A replay for as long as its time stamp is believed gets the same answer, and after that nothing.
    for seconds in 0..=300 {
        let now = Instant::ZERO + Duration::from_secs(seconds);
        let again = side.handle(address(1), &bytes, now, Some(WALL + seconds));
        assert_eq!(again, Outcome::Answer(answer.clone()), "after {seconds} s");
    }
    let late = Instant::ZERO + Duration::from_secs(301);
    let again = side.handle(address(1), &bytes, late, Some(WALL + 301));
    assert_eq!(again, Outcome::Discarded(Discard::EventTimestamp));
    assert_eq!(side.answer(change.id, Ok(())), None);
}

#[test]
fn a_demand_without_a_believable_time_secret_or_sender_is_passed_over() {
    let discarded =
        |bytes: &[u8], from, wall| match side(Strictness::default()).handle(from, bytes, Instant::ZERO, wall) {
            Outcome::Discarded(why) => why,
            other @ (Outcome::Answer(_) | Outcome::Act(_)) => panic!("{other:?}"),
        };
    for stamp in [None, Some(WALL - 301), Some(WALL + 301)] {
        let (bytes, _) = demand(Code::COA_REQUEST, stamp, station);
        assert_eq!(discarded(&bytes, address(1), Some(WALL)), Discard::EventTimestamp, "{stamp:?}");
    }
    let (bytes, _) = demand(Code::COA_REQUEST, Some(WALL), station);
    assert_eq!(discarded(&bytes, address(1), None), Discard::EventTimestamp);
    assert_eq!(discarded(&bytes, address(2), Some(WALL)), Discard::UnknownPeer);
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        discarded(&changed, address(1), Some(WALL));
    }
}

#[test]
fn what_cannot_be_fulfilled_is_said_with_its_cause() {
    type Row = (Code, fn(&mut AttributeWriter), ErrorCause);
    let table: &[Row] = &[
        (Code::DISCONNECT_REQUEST, |_| {}, ErrorCause::MISSING_ATTRIBUTE),
        (
            Code::DISCONNECT_REQUEST,
            |w| {
                station(w);
                w.put(Type::NAS_IDENTIFIER, b"another");
            },
            ErrorCause::NAS_IDENTIFICATION_MISMATCH,
        ),
        (
            Code::DISCONNECT_REQUEST,
            |w| {
                station(w);
                w.u32(Type::SESSION_TIMEOUT, 5);
            },
            ErrorCause::UNSUPPORTED_ATTRIBUTE,
        ),
        (
            Code::COA_REQUEST,
            |w| {
                station(w);
                w.u32(Type::SERVICE_TYPE, 17);
            },
            ErrorCause::UNSUPPORTED_SERVICE,
        ),
        (
            Code::COA_REQUEST,
            |w| {
                w.put(Type::CALLING_STATION_ID, b"nobody");
            },
            ErrorCause::INVALID_ATTRIBUTE_VALUE,
        ),
    ];
    for (code, fill, expected) in table {
        let (bytes, authenticator) = demand(*code, Some(WALL), fill);
        let Outcome::Answer(answer) = side(Strictness::default()).handle(address(1), &bytes, Instant::ZERO, Some(WALL))
        else {
            panic!("{expected:?}")
        };
        assert_eq!(cause(&answer, &authenticator).1, Some(expected.0));
    }
}

#[test]
fn too_many_demands_are_passed_over_and_none_is_forgotten() {
    let mut side = side(Strictness { remembered: 2, ..Strictness::default() });
    let mut first = None;
    for count in 0..3u32 {
        let (bytes, _) = demand(Code::COA_REQUEST, Some(WALL), |w| {
            station(w);
            w.u32(Type::NAS_PORT, count);
        });
        let outcome = side.handle(address(1), &bytes, Instant::ZERO, Some(WALL));
        assert_eq!(matches!(outcome, Outcome::Act(_)), count < 2, "{count}");
        first.get_or_insert(bytes);
    }
    let again = side.handle(address(1), &first.unwrap(), Instant::ZERO, Some(WALL));
    assert_eq!(again, Outcome::Discarded(Discard::InProgress));
}

#[test]
fn a_session_reports_its_start_its_counters_and_its_end() {
    let port = Port {
        number: Some(1),
        kind: PORT_WIRELESS,
        station: MacAddr([2, 0, 0, 0, 0, 0xab]),
        access_point: MacAddr([2, 0, 0, 0, 1, 0]),
        ssid: b"net".to_vec(),
        connect_info: String::from("CONNECT 54Mbps 802.11a"),
        mtu: Some(1400),
        suites: Suites { akm: Some([0, 0x0f, 0xac, 1]), ..Suites::default() },
        mobility_domain: None,
    };
    let start = SessionStart {
        subject: 1,
        id: String::from("0123456789ABCDEF"),
        multi_id: None,
        authentic: Authentic::Radius,
        user: b"alice",
        accept: None,
        interval: Some(Duration::from_secs(60)),
    };
    let (mut session, begin) = Session::start(start, &nas(), &port, Instant::ZERO, Some(WALL));
    let of = |request: &crate::Request| request.attributes().as_bytes().to_vec();
    let begin = of(&begin);
    let attributes = Attributes::check(&begin).unwrap();
    assert_eq!(attributes.u32(Type::ACCT_STATUS_TYPE), Some(1));
    assert_eq!(attributes.first(Type::CALLED_STATION_ID), Some(&b"02-00-00-00-01-00:net"[..]));
    assert_eq!(attributes.first(Type::CALLING_STATION_ID), Some(&b"02-00-00-00-00-AB"[..]));
    assert_eq!(attributes.u32(Type::WLAN_AKM_SUITE), Some(0x000f_ac01));
    assert_eq!(attributes.u32(Type::EVENT_TIMESTAMP), Some(WALL as u32));

    let minute = Instant::ZERO + Duration::from_secs(60);
    assert_eq!(session.poll_deadline(), Some(minute));
    let counters = Counters { input_octets: (3 << 32) + 7, output_octets: 9, input_packets: 2, output_packets: 1 };
    let interim = of(&session.interim(&counters, &nas(), &port, minute, None));
    let attributes = Attributes::check(&interim).unwrap();
    assert_eq!(attributes.u32(Type::ACCT_STATUS_TYPE), Some(3));
    assert_eq!(attributes.u32(Type::ACCT_INPUT_OCTETS), Some(7));
    assert_eq!(attributes.u32(Type::ACCT_INPUT_GIGAWORDS), Some(3));
    assert_eq!(attributes.u32(Type::ACCT_OUTPUT_GIGAWORDS), None);
    assert_eq!(session.poll_deadline(), Some(minute + Duration::from_secs(60)));

    let end = session.stop(TerminateCause::IdleTimeout, &counters, &nas(), &port, minute, None);
    // Thirteen seconds late: Acct-Delay-Time says so.
    let late = minute + Duration::from_secs(13);
    let (bytes, _) = end.write(1, &[0; 16], &secret(), late).unwrap();
    let attributes = Raw::parse(&bytes).unwrap().attributes;
    assert_eq!(attributes.u32(Type::ACCT_STATUS_TYPE), Some(2));
    assert_eq!(attributes.u32(Type::ACCT_TERMINATE_CAUSE), Some(4));
    assert_eq!(attributes.u32(Type::ACCT_SESSION_TIME), Some(60));
    assert_eq!(attributes.u32(Type::ACCT_DELAY_TIME), Some(13));
}

#[test]
fn an_address_request_gives_the_address_as_name_and_password() {
    let port = Port {
        number: None,
        kind: PORT_WIRELESS,
        station: MacAddr([2, 0, 0, 0, 0, 0xab]),
        access_point: MacAddr([2, 0, 0, 0, 1, 0]),
        ssid: Vec::new(),
        connect_info: String::new(),
        mtu: None,
        suites: Suites::default(),
        mobility_domain: None,
    };
    let (bytes, nonce) = nas::address_request(&nas(), &port).write(1, &[7; 16], &secret(), Instant::ZERO).unwrap();
    let attributes = Raw::parse(&bytes).unwrap().attributes;
    let hidden = attributes.first(Type::USER_PASSWORD).unwrap();
    assert_eq!(crate::hidden::reveal_password(&secret(), &nonce, hidden).unwrap().as_bytes(), b"0200000000ab");
    assert_eq!(attributes.first(Type::USER_NAME), Some(&b"0200000000ab"[..]));
}

#[test]
fn the_longest_prefix_counts_and_an_ipv4_address_is_one_in_ipv6s_clothes_too() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let table = ByPrefix::new([
        (Prefix::new(ip("0.0.0.0"), 0).unwrap(), "all"),
        (Prefix::new(ip("10.1.0.0"), 16).unwrap(), "wide"),
        (Prefix::host(ip("10.1.2.3")), "one"),
        (Prefix::new(ip("2001:db8::"), 32).unwrap(), "six"),
    ]);
    let find = |text: &str| table.find(ip(text)).map(|(_, value)| *value);
    assert_eq!(find("10.1.2.3"), Some("one"));
    assert_eq!(find("::ffff:10.1.2.4"), Some("wide"));
    assert_eq!(find("10.2.0.0"), Some("all"));
    assert_eq!(find("2001:db8:ffff::1"), Some("six"));
    assert_eq!(find("2001:db9::1"), None);
    assert!(Prefix::new(ip("10.0.0.0"), 33).is_err());
}
