//! Both sides under a virtual clock, and strangers.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::testing::TestRng;
use wire::{Instant, MacAddr, Malformed, StatusCode};

use crate::frame::{COMEBACK_RESPONSE, INITIAL_REQUEST, INITIAL_RESPONSE};
use crate::requester::{self, Failure};
use crate::responder::{self, DialogId};
use crate::{Frame, MAX_RESPONSE, Protocol, Requester, Responder};

const STATION: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xaa]);

#[test]
fn an_anqp_query_is_written_octet_for_octet() {
    let frame = Frame::InitialRequest { protocol: Protocol::anqp(), query: vec![0, 1, 2, 0, 1, 1] };
    let body = frame.body(7).unwrap();
    assert_eq!(body, [7, 108, 2, 0, 0, 6, 0, 0, 1, 2, 0, 1, 1]);
    assert_eq!(Frame::parse(INITIAL_REQUEST, &body), Ok((7, frame)));
}

#[test]
fn each_cut_frame_is_refused() {
    let protocol = Protocol::vendor(&[0x50, 0x6f, 0x9a, 0x1a, 1]).unwrap();
    for frame in [
        Frame::InitialRequest { protocol: protocol.clone(), query: vec![1; 9] },
        Frame::InitialResponse {
            status: StatusCode::SUCCESS,
            comeback: 3,
            protocol: protocol.clone(),
            response: vec![2],
        },
        Frame::ComebackResponse {
            status: StatusCode::SUCCESS,
            fragment: 127,
            more: true,
            comeback: 0,
            protocol: protocol.clone(),
            response: vec![3; 9],
        },
    ] {
        let body = frame.body(1).unwrap();
        assert_eq!(Frame::parse(frame.action(), &body), Ok((1, frame.clone())));
        for cut in 0..body.len() {
            assert!(Frame::parse(frame.action(), &body[..cut]).is_err(), "{frame:?} cut to {cut}");
        }
    }
    // A vendor's identifier whose length lies.
    assert_eq!(
        Frame::parse(INITIAL_REQUEST, &[1, 108, 4, 0, 221, 9, 1, 0, 0]),
        Err(Malformed("Advertisement Protocol ID"))
    );
}

/// Lets a query of this many octets of response go its way; `lost` says of each frame whether it is lost.
fn run(length: usize, later: bool, mut lost: impl FnMut(u32) -> bool) -> (Result<Vec<u8>, Failure>, Duration) {
    let whole: Vec<u8> = (0..length).map(|octet| octet as u8).collect();
    let mut requester = Requester::new();
    let mut responder = Responder::new(vec![Protocol::anqp()]);
    let mut now = Instant::ZERO;
    let mut rng = TestRng::new(1);
    requester.query(AP, Protocol::anqp(), vec![1], now, &mut rng).unwrap();
    let mut frames = 0;
    let mut ready_at: BTreeMap<Instant, DialogId> = BTreeMap::new();
    for _ in 0..10_000 {
        if let Some(output) = requester.poll_output() {
            match output {
                requester::Output::Transmit { action, body, .. } => {
                    frames += 1;
                    if !lost(frames) {
                        responder.handle(STATION, action, &body, now).unwrap();
                    }
                }
                requester::Output::Response(_, response) => {
                    assert_eq!(requester.poll_deadline(), None);
                    assert_eq!(response, whole);
                    return (Ok(response), now.since(Instant::ZERO));
                }
                requester::Output::Failed(_, why) => {
                    assert_eq!(requester.poll_deadline(), None);
                    return (Err(why), now.since(Instant::ZERO));
                }
            }
        } else if let Some(output) = responder.poll_output() {
            match output {
                responder::Output::Query { dialog, .. } if later => {
                    responder.respond(dialog, None);
                    ready_at.insert(now + Duration::from_millis(450), dialog);
                }
                responder::Output::Query { dialog, .. } => responder.respond(dialog, Some(whole.clone())),
                responder::Output::Transmit { action, body, .. } => {
                    frames += 1;
                    if lost(frames) {
                        if action == COMEBACK_RESPONSE {
                            responder.not_acknowledged(DialogId { peer: STATION, token: body[0] });
                        }
                    } else {
                        requester.handle(AP, action, &body, now).unwrap();
                    }
                }
            }
        } else {
            let ready = ready_at.keys().next().copied();
            now = [requester.poll_deadline(), ready].into_iter().flatten().min().unwrap().max(now);
            if ready.is_some_and(|ready| ready <= now) {
                let (_, dialog) = ready_at.pop_first().unwrap();
                responder.respond(dialog, Some(whole.clone()));
            }
            requester.handle_timeout(now);
        }
    }
    panic!("it never ends");
}

#[test]
fn responses_of_each_length_arrive_at_once_or_later() {
    for length in [0, 1, 1400, 1401, 2800, 2801, 20_000, MAX_RESPONSE] {
        for later in [false, true] {
            let (response, took) = run(length, later, |_| false);
            assert!(response.is_ok(), "{length} octets, later: {later}: {response:?}");
            assert!(later == (took > Duration::from_millis(400)), "{length} octets took {took:?}");
        }
    }
}

#[test]
fn a_response_that_is_too_long_is_refused() {
    assert_eq!(run(MAX_RESPONSE + 1, false, |_| false).0, Err(Failure::Refused(StatusCode::REFUSED)));
}

#[test]
fn lost_frames_are_asked_for_again() {
    let mut arrived = 0;
    for seed in 0..200 {
        let mut rng = TestRng::new(seed);
        match run(9000, seed % 2 == 0, |_| rng.percent(10)).0 {
            Ok(_) => arrived += 1,
            Err(why) => assert!(matches!(why, Failure::Silent | Failure::Lost), "{why:?}"),
        }
    }
    assert!(arrived > 150, "only {arrived} of 200 arrived");
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    let (end, took) = run(10, false, |_| true);
    assert_eq!(end, Err(Failure::Silent));
    assert_eq!(took, Duration::from_secs(3));
}

#[test]
fn a_peer_that_puts_us_off_for_ever_is_given_up() {
    let mut requester = Requester::new();
    let mut now = Instant::ZERO;
    let id = requester.query(AP, Protocol::anqp(), vec![1], now, &mut TestRng::new(1)).unwrap();
    let first = Frame::InitialResponse {
        status: StatusCode::SUCCESS,
        comeback: 1000,
        protocol: Protocol::anqp(),
        response: Vec::new(),
    };
    requester.handle(AP, first.action(), &first.body(id.token).unwrap(), now).unwrap();
    loop {
        match requester.poll_output() {
            Some(requester::Output::Failed(_, why)) => {
                assert_eq!(why, Failure::TooMuch);
                break;
            }
            Some(requester::Output::Response(..)) => panic!("a response"),
            Some(requester::Output::Transmit { .. }) => {
                let again = Frame::ComebackResponse {
                    status: StatusCode::SUCCESS,
                    fragment: 0,
                    more: false,
                    comeback: 1000,
                    protocol: Protocol::anqp(),
                    response: Vec::new(),
                };
                requester.handle(AP, again.action(), &again.body(id.token).unwrap(), now).unwrap();
            }
            None => {
                now = requester.poll_deadline().unwrap();
                requester.handle_timeout(now);
            }
        }
    }
    assert!(now.since(Instant::ZERO) < Duration::from_secs(63));
}

#[test]
fn answers_of_others_with_another_token_or_protocol_or_replayed_change_nothing() {
    let mut requester = Requester::new();
    let id = requester.query(AP, Protocol::anqp(), vec![1], Instant::ZERO, &mut TestRng::new(1)).unwrap();
    while requester.poll_output().is_some() {}
    let answer = |protocol: Protocol, response: &[u8]| Frame::InitialResponse {
        status: StatusCode::SUCCESS,
        comeback: 0,
        protocol,
        response: response.to_vec(),
    };
    let good = answer(Protocol::anqp(), b"yes").body(id.token).unwrap();
    let other = answer(Protocol::vendor(&[1, 2, 3]).unwrap(), b"no").body(id.token).unwrap();
    requester.handle(STATION, INITIAL_RESPONSE, &good, Instant::ZERO).unwrap();
    requester.handle(AP, INITIAL_RESPONSE, &other, Instant::ZERO).unwrap();
    let mut token = good.clone();
    token[0] ^= 1;
    requester.handle(AP, INITIAL_RESPONSE, &token, Instant::ZERO).unwrap();
    assert_eq!(requester.poll_output(), None);
    requester.handle(AP, INITIAL_RESPONSE, &good, Instant::ZERO).unwrap();
    assert_eq!(requester.poll_output(), Some(requester::Output::Response(id, b"yes".to_vec())));
    requester.handle(AP, INITIAL_RESPONSE, &good, Instant::ZERO).unwrap();
    assert_eq!(requester.poll_output(), None);
}

#[test]
fn strangers_fill_no_memory_and_one_of_them_keeps_nobody_out() {
    let mut responder = Responder::new(vec![Protocol::anqp()]);
    let ask = |responder: &mut Responder, peer: MacAddr, token: u8, now| {
        let body = Frame::InitialRequest { protocol: Protocol::anqp(), query: vec![token] }.body(token).unwrap();
        responder.handle(peer, INITIAL_REQUEST, &body, now).unwrap();
        responder.poll_output()
    };
    let asked = ask(&mut responder, STATION, 1, Instant::ZERO);
    let Some(responder::Output::Query { dialog, .. }) = asked else { panic!() };
    // One address asks again and again: the other's dialog stays.
    for count in 0..1000u32 {
        ask(&mut responder, AP, count as u8, Instant::ZERO);
    }
    responder.respond(dialog, Some(vec![1]));
    assert!(matches!(responder.poll_output(), Some(responder::Output::Transmit { peer: STATION, .. })));
    // A thousand addresses: the newest are served.
    for count in 0..1000u32 {
        let [_, _, high, low] = count.to_be_bytes();
        let now = Instant::ZERO + Duration::from_millis(u64::from(count));
        let asked = ask(&mut responder, MacAddr([2, 1, 0, 0, high, low]), 1, now);
        assert!(matches!(asked, Some(responder::Output::Query { .. })), "{count}");
    }
    let mut held = 0;
    for count in 0..1000u32 {
        let [_, _, high, low] = count.to_be_bytes();
        responder.respond(DialogId { peer: MacAddr([2, 1, 0, 0, high, low]), token: 1 }, Some(vec![1]));
        held += u32::from(responder.poll_output().is_some());
    }
    assert_eq!(held, 64);
    responder.handle_timeout(Instant::ZERO + Duration::from_secs(20));
    assert_eq!(responder.poll_deadline(), None);
}

#[test]
fn a_protocol_that_is_not_served_and_a_dialog_that_does_not_exist_are_refused() {
    let mut responder = Responder::new(vec![Protocol::anqp()]);
    let protocol = Protocol::vendor(&[1, 2, 3]).unwrap();
    let body = Frame::InitialRequest { protocol, query: Vec::new() }.body(1).unwrap();
    responder.handle(STATION, INITIAL_REQUEST, &body, Instant::ZERO).unwrap();
    responder.handle(STATION, crate::frame::COMEBACK_REQUEST, &[9], Instant::ZERO).unwrap();
    for (expected, token) in [(StatusCode(59), 1), (StatusCode(60), 9)] {
        let Some(responder::Output::Transmit { action, body, .. }) = responder.poll_output() else { panic!() };
        let (found, frame) = Frame::parse(action, &body).unwrap();
        assert_eq!(found, token);
        match frame {
            Frame::InitialResponse { status, .. } | Frame::ComebackResponse { status, .. } => {
                assert_eq!(status, expected);
            }
            Frame::InitialRequest { .. } | Frame::ComebackRequest => panic!("a request"),
        }
    }
}
