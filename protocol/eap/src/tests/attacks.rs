//! Whoever is on the air too sends what they like.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Pair, credentials, env, user};
use crate::methods::mschapv2::MsChapV2Server;
use crate::packet::{self, Code};
use crate::{
    Authenticator, AuthenticatorConfig, AuthenticatorOutput, Blame, EapError, MethodType, Peer, PeerConfig, PeerOutput,
    Server, ServerConfig, ServerMethod, Verdict,
};

fn mschapv2() -> Vec<Box<dyn ServerMethod>> {
    vec![Box::new(MsChapV2Server::new(b"server".to_vec(), &super::kit::password("secret")))]
}

fn peer(methods: &[MethodType]) -> (Peer, TestRng) {
    (Peer::new(PeerConfig::default(), Box::new(credentials(methods, "secret"))), TestRng::new(7))
}

fn identity_request(identifier: u8) -> Vec<u8> {
    packet::write_body(Code::Request, identifier, MethodType::IDENTITY, false, &[]).unwrap()
}

fn outputs(peer: &mut Peer) -> Vec<PeerOutput> {
    core::iter::from_fn(|| peer.poll_output()).collect()
}

/// CVE-2023-52160 is of this kind: nothing was authenticated.
#[test]
fn a_success_before_any_method_or_amid_one_is_not_believed() {
    let (mut peer, mut rng) = peer(&[MethodType::MSCHAPV2]);
    let mut env = env(Instant::ZERO, &mut rng);
    assert!(peer.handle_packet(&[3, 0, 0, 4], &mut env).is_err());
    peer.handle_packet(&identity_request(1), &mut env).unwrap();
    assert!(peer.handle_packet(&[3, 1, 0, 4], &mut env).is_err());
    let challenge = [&[1, 5, 0, 21, 16][..], &[9; 16]].concat();
    let request = packet::write_body(Code::Request, 2, MethodType::MSCHAPV2, false, &challenge).unwrap();
    peer.handle_packet(&request, &mut env).unwrap();
    assert!(peer.handle_packet(&[3, 2, 0, 4], &mut env).is_err());
    peer.handle_lower_success();
    assert!(!peer.is_over() && peer.keys().is_none());
    // A server that does not have the password.
    let proof = [&[3, 5, 0, 46][..], b"S=0000000000000000000000000000000000000000"].concat();
    let request = packet::write_body(Code::Request, 3, MethodType::MSCHAPV2, false, &proof).unwrap();
    peer.handle_packet(&request, &mut env).unwrap();
    let said = outputs(&mut peer);
    assert!(matches!(said.last(), Some(PeerOutput::Failure(error)) if error.blame() == Blame::Credentials), "{said:?}");
}

/// WiSec 2022: an EAP-Failure that nobody protects ends no connection.
#[test]
fn after_success_no_packet_changes_anything() {
    let mut pair = Pair::new(credentials(&[MethodType::MSCHAPV2], "secret"), user(mschapv2));
    assert!(pair.run().peer.is_ok());
    let (peer, mut rng) = (&mut pair.peer, TestRng::new(3));
    for identifier in 0..=255 {
        for packet in [vec![4, identifier, 0, 4], vec![3, identifier, 0, 4], identity_request(identifier)] {
            assert!(peer.handle_packet(&packet, &mut env(pair.now, &mut rng)).is_err());
        }
    }
    peer.handle_lower_failure();
    assert!(peer.is_authenticated() && peer.poll_output().is_none());
}

/// The server has proved itself: somebody else's Failure does not count, and the Success may be lost.
#[test]
fn a_failure_after_the_servers_proof_is_not_believed_and_a_lost_success_is_made_up_for() {
    let mut cut = Pair::new(credentials(&[MethodType::MSCHAPV2], "secret"), user(mschapv2));
    cut.authenticator.start(1, cut.now);
    let mut identifier = 0;
    // By hand: everything but the Success goes through.
    loop {
        let mut to_peer = Vec::new();
        while let Some(output) = cut.authenticator.poll_output() {
            match output {
                AuthenticatorOutput::Send(packet) => to_peer.push(packet),
                AuthenticatorOutput::ToServer(packet) => {
                    cut.server.handle_packet(&packet, &mut env(cut.now, &mut cut.rng)).unwrap();
                }
                AuthenticatorOutput::Identity(_) | AuthenticatorOutput::Finished(_) => {}
            }
            while let Some(output) = cut.server.poll_output() {
                match output {
                    crate::ServerOutput::Send(packet) => {
                        cut.authenticator.handle_request(&packet, None, cut.now).unwrap();
                    }
                    crate::ServerOutput::Ask(ask) => {
                        let answer = (cut.server_helper)(&ask);
                        cut.server.answer(answer, &mut env(cut.now, &mut cut.rng));
                    }
                    _ => {}
                }
            }
        }
        if to_peer.is_empty() {
            break;
        }
        for packet in to_peer {
            identifier = packet[1];
            cut.peer.handle_packet(&packet, &mut env(cut.now, &mut cut.rng)).unwrap();
        }
        for output in outputs(&mut cut.peer) {
            if let PeerOutput::Send(packet) = output {
                cut.authenticator.handle_packet(&packet, cut.now).unwrap();
            }
        }
    }
    assert!(cut.server.is_over() && !cut.peer.is_over());
    assert!(cut.peer.handle_packet(&[4, identifier, 0, 4], &mut env(cut.now, &mut cut.rng)).is_err());
    cut.peer.handle_timeout(cut.now + Duration::from_secs(61));
    assert!(cut.peer.is_authenticated(), "the Success was lost, and the method was sure");
}

#[test]
fn a_request_that_comes_again_gets_the_same_answer_and_is_not_looked_at() {
    let (mut peer, mut rng) = peer(&[MethodType::MSCHAPV2]);
    let mut env = env(Instant::ZERO, &mut rng);
    let challenge = [&[1, 5, 0, 21, 16][..], &[9; 16]].concat();
    let request = packet::write_body(Code::Request, 2, MethodType::MSCHAPV2, false, &challenge).unwrap();
    peer.handle_packet(&request, &mut env).unwrap();
    let first = outputs(&mut peer);
    peer.handle_packet(&request, &mut env).unwrap();
    let again = outputs(&mut peer);
    assert_eq!(
        first.iter().filter(|said| matches!(said, PeerOutput::Send(_))).collect::<Vec<_>>(),
        again.iter().collect::<Vec<_>>()
    );
    // Another challenge would be answered with another response: an oracle.
    let other = [&[1, 5, 0, 21, 16][..], &[8; 16]].concat();
    let request = packet::write_body(Code::Request, 3, MethodType::MSCHAPV2, false, &other).unwrap();
    assert!(peer.handle_packet(&request, &mut env).is_err());
}

/// hostap's `ap_wpa2_eap_too_many_roundtrips`.
#[test]
fn a_server_that_never_ends_is_left_after_a_hundred_rounds() {
    let (config, _) = super::kit::lax();
    let mut peer = Peer::new(config, Box::new(credentials(&[MethodType::GTC], "twenty octets are a long password")));
    let mut rng = TestRng::new(7);
    let mut rounds = 0;
    for number in 0u32..1000 {
        let identifier = u8::try_from(number % 256).unwrap();
        let request =
            packet::write_body(Code::Request, identifier, MethodType::GTC, false, &number.to_be_bytes()).unwrap();
        if peer.handle_packet(&request, &mut env(Instant::ZERO, &mut rng)).is_err() {
            break;
        }
        rounds += 1;
    }
    assert_eq!(rounds, 101);
    assert!(outputs(&mut peer).contains(&PeerOutput::Failure(EapError::TooManyRounds)));
}

/// hostap's `ap_wpa2_eap_too_many_roundtrips_server`: rounds that carry nothing end sooner.
#[test]
fn a_conversation_that_carries_nothing_is_left_after_fifty_rounds_by_either_side() {
    let (config, _) = super::kit::lax();
    let mut peer = Peer::new(config, Box::new(credentials(&[MethodType::GTC], "short")));
    let mut rng = TestRng::new(7);
    let taken = (0..=255).take_while(|identifier| {
        let request = packet::write_body(Code::Request, *identifier, MethodType::GTC, false, &[*identifier]).unwrap();
        peer.handle_packet(&request, &mut env(Instant::ZERO, &mut rng)).is_ok()
    });
    assert_eq!(taken.count(), 51);
    assert!(outputs(&mut peer).contains(&PeerOutput::Failure(EapError::TooManyRounds)));
    // A peer that sends one octet of a fragment after the other.
    let ends = super::tunnels::ends(super::tunnels::BOTH[0], false, true);
    let mut server = Server::new(ServerConfig::default(), 0);
    let mut packet = packet::write_body(Code::Response, 0, MethodType::IDENTITY, false, b"alice").unwrap();
    let mut rounds = 0;
    while server.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).is_ok() && !server.is_over() {
        let mut identifier = 0;
        while let Some(output) = server.poll_output() {
            match output {
                crate::ServerOutput::Send(request) => identifier = request[1],
                crate::ServerOutput::Ask(_) => {
                    let method: Box<dyn ServerMethod> =
                        Box::new(crate::methods::tls::TlsServer::new(ends.server.clone()));
                    let user = crate::User { methods: vec![method], ..crate::User::default() };
                    let answer = crate::Answer::User(Box::new(user));
                    server.answer(answer, &mut env(Instant::ZERO, &mut rng));
                }
                _ => {}
            }
        }
        rounds += 1;
        packet =
            packet::write_body(Code::Response, identifier, MethodType::TLS, false, &[0xc0, 0, 0, 0xff, 0, 7]).unwrap();
    }
    assert_eq!(rounds, 50);
    let last = core::iter::from_fn(|| server.poll_output()).last();
    assert!(matches!(last, Some(crate::ServerOutput::Failure { error: EapError::TooManyRounds, .. })), "{last:?}");
}

#[test]
fn requests_of_a_second_method_and_identity_amid_the_first_are_passed_over() {
    let (mut peer, mut rng) = peer(&[MethodType::MSCHAPV2, MethodType::TLS]);
    let mut env = env(Instant::ZERO, &mut rng);
    let challenge = [&[1, 5, 0, 21, 16][..], &[9; 16]].concat();
    let request = packet::write_body(Code::Request, 2, MethodType::MSCHAPV2, false, &challenge).unwrap();
    peer.handle_packet(&request, &mut env).unwrap();
    let tls = packet::write_body(Code::Request, 3, MethodType::TLS, false, &[0x20]).unwrap();
    assert!(peer.handle_packet(&tls, &mut env).is_err());
    assert!(peer.handle_packet(&identity_request(4), &mut env).is_err());
    let nak = packet::write_body(Code::Request, 5, MethodType::NAK, false, &[13]).unwrap();
    assert!(peer.handle_packet(&nak, &mut env).is_err());
    assert_eq!(peer.method(), Some(MethodType::MSCHAPV2));
}

#[test]
fn a_server_takes_no_nak_amid_a_method_and_no_response_to_an_older_request() {
    let mut rng = TestRng::new(5);
    let mut server = Server::new(ServerConfig::default(), 1);
    server.start();
    let identity = packet::write_body(Code::Response, 1, MethodType::IDENTITY, false, b"alice").unwrap();
    let wrong = packet::write_body(Code::Response, 2, MethodType::IDENTITY, false, b"alice").unwrap();
    assert!(server.handle_packet(&wrong, &mut env(Instant::ZERO, &mut rng)).is_err());
    server.handle_packet(&identity, &mut env(Instant::ZERO, &mut rng)).unwrap();
    let user = crate::User { methods: mschapv2(), ..crate::User::default() };
    server.answer(crate::Answer::User(Box::new(user)), &mut env(Instant::ZERO, &mut rng));
    let response = |identifier: u8| {
        let data = [&[2, 2, 0, 54, 49][..], &[0; 49]].concat();
        packet::write_body(Code::Response, identifier, MethodType::MSCHAPV2, false, &data).unwrap()
    };
    assert!(server.handle_packet(&response(1), &mut env(Instant::ZERO, &mut rng)).is_err());
    server.handle_packet(&response(2), &mut env(Instant::ZERO, &mut rng)).unwrap();
    let nak = packet::write_body(Code::Response, 3, MethodType::NAK, false, &[13]).unwrap();
    assert!(server.handle_packet(&nak, &mut env(Instant::ZERO, &mut rng)).is_err());
    assert!(!server.is_over());
}

/// RFC 3579 2.6.3: what RADIUS says and what the packet inside says must agree.
#[test]
fn an_acceptance_with_a_failure_inside_is_a_refusal() {
    for (packet, accepted) in [(Some(&[4, 1, 0, 4][..]), false), (Some(&[3, 1, 0, 4]), true), (None, true)] {
        let mut authenticator = Authenticator::new(AuthenticatorConfig::default());
        authenticator.start(1, Instant::ZERO);
        let identity = packet::write_body(Code::Response, 1, MethodType::IDENTITY, false, b"alice").unwrap();
        authenticator.handle_packet(&identity, Instant::ZERO).unwrap();
        assert!(authenticator.handle_packet(&identity, Instant::ZERO).is_err(), "it is with the server");
        authenticator.handle_accept(packet).unwrap();
        let verdict = core::iter::from_fn(|| authenticator.poll_output()).last();
        let is_accepted =
            verdict == Some(AuthenticatorOutput::Finished(Verdict::Accepted { packet: vec![3, 1, 0, 4] }));
        assert_eq!(is_accepted, accepted, "{verdict:?}");
        assert!(authenticator.handle_accept(packet).is_err());
    }
}

#[test]
fn a_notification_is_told_and_answered() {
    let (mut peer, mut rng) = peer(&[MethodType::MSCHAPV2]);
    let request = packet::write_body(Code::Request, 9, MethodType::NOTIFICATION, false, "Tür zu".as_bytes()).unwrap();
    peer.handle_packet(&request, &mut env(Instant::ZERO, &mut rng)).unwrap();
    let said = outputs(&mut peer);
    assert_eq!(said, [PeerOutput::Notification("Tür zu".into()), PeerOutput::Send(vec![2, 9, 0, 5, 2])]);
}

#[test]
fn secrets_are_not_printed() {
    let said = alloc::format!("{:?}", credentials(&[MethodType::MD5], "hunter2"));
    assert!(!said.contains("hunter2"));
    assert!(!alloc::format!("{:?}", crate::Answer::Text(Secret::from(*b"hunter2"))).contains("hunter2"));
}
