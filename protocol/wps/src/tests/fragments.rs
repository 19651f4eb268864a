//! The frame of EAP-WSC and its fragments.

use alloc::vec;

use crypto::testing::TestRng;
use eap::packet::Body;
use eap::{Context, MethodType, PeerMethod, PeerStep, ServerMethod, ServerStep};
use wire::Instant;

use super::kit::{AP, pin, station};
use super::link::registrar_profile;
use crate::code::OpCode;
use crate::eap::{Frame, PeerProfile, WscPeer, WscServer};

fn body(data: &[u8]) -> Body<'_> {
    Body { identifier: 1, method: MethodType::WSC, expanded: true, data, whole: data }
}

fn with<T>(act: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let (mut rng, mut notes) = (TestRng::new(3), vec![]);
    act(&mut Context { now: Instant::ZERO, wall: None, rng: &mut rng, identifier: 1, room: 1388, notes: &mut notes })
}

#[test]
fn a_frame_is_written_as_it_was_read() {
    for octets in [&[1, 0][..], &[4, 1, 9], &[4, 3, 0x12, 0x34, 7, 8], &[5, 2, 0, 0]] {
        assert_eq!(Frame::parse(octets).unwrap().write(), octets);
    }
    for octets in [&[][..], &[4], &[4, 2], &[4, 2, 0]] {
        assert!(Frame::parse(octets).is_err(), "{octets:?}");
    }
}

/// Advisories 2012-1 and 2019-5 in this method's clothes: the message length of a fragment lies.
#[test]
fn a_length_that_the_fragments_exceed_do_not_reach_or_that_is_too_long_ends_the_method() {
    let first = |length: u16| Frame { op: OpCode::MSG, more: true, length: Some(length), data: &[0; 8] }.write();
    let second = Frame { op: OpCode::MSG, more: false, length: None, data: &[0; 8] }.write();
    for (length, passes) in [(7, false), (15, false), (17, false), (u16::MAX, false), (16, true)] {
        let mut server = WscServer::registrar(registrar_profile(AP));
        let step = with(|cx| {
            server.start(cx);
            match server.handle(&body(&first(length)), cx) {
                ServerStep::Request(data) => {
                    assert_eq!(data, Frame::empty(OpCode::FRAG_ACK).write());
                    server.handle(&body(&second), cx)
                }
                other @ (ServerStep::Ignore(_) | ServerStep::Ask(_) | ServerStep::Succeed | ServerStep::Fail(_)) => {
                    other
                }
            }
        });
        // The control: what fits is put together, and passed over for what it says.
        let is_ignored = matches!(step, ServerStep::Ignore(_));
        assert_eq!(is_ignored, passes, "{length}: {step:?}");
        assert!(passes || matches!(step, ServerStep::Fail(_)));
    }
}

#[test]
fn a_first_fragment_without_a_length_ends_the_method_and_fragments_of_another_kind_are_passed_over() {
    let mut peer = WscPeer::new(PeerProfile::Enrollee(alloc::boxed::Box::new(station(pin("12345670")))));
    with(|cx| {
        let start = Frame::empty(OpCode::START).write();
        assert!(matches!(peer.handle(&body(&start), cx), PeerStep::Respond(..)));
        assert!(matches!(peer.handle(&body(&start), cx), PeerStep::Ignore(_)), "WSC_Start comes once");
        let first = Frame { op: OpCode::MSG, more: true, length: Some(16), data: &[0; 8] }.write();
        assert!(matches!(peer.handle(&body(&first), cx), PeerStep::Respond(..)));
        let other = Frame { op: OpCode::NACK, more: false, length: None, data: &[0; 8] }.write();
        assert!(matches!(peer.handle(&body(&other), cx), PeerStep::Ignore(_)));
        let ack = Frame::empty(OpCode::FRAG_ACK).write();
        assert!(matches!(peer.handle(&body(&ack), cx), PeerStep::Ignore(_)), "nothing of ours waits");
        let bare = Frame { op: OpCode::MSG, more: true, length: None, data: &[0; 8] }.write();
        let mut peer = WscPeer::new(PeerProfile::Registrar(alloc::boxed::Box::new(registrar_profile(AP))));
        assert!(matches!(peer.handle(&body(&bare), cx), PeerStep::Fail(None, _)));
    });
}
