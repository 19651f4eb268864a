//! EAP-PSK, EAP-PAX, EAP-SAKE, EAP-GPSK, EAP-EKE and EAP-IKEv2: both sides, and whoever stands between.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Helper, Pair, credentials, env, in_step, password, survives_bad_links, user};
use crate::methods::eke::EkeServer;
use crate::methods::gpsk::GpskServer;
use crate::methods::ikev2::Ikev2Server;
use crate::methods::pax::PaxServer;
use crate::methods::psk::PskServer;
use crate::methods::sake::SakeServer;
use crate::{Answer, Ask, Blame, Credentials, MethodType, Peer, PeerConfig, PeerOutput, ServerMethod};

const ALL: [MethodType; 5] = [MethodType::PSK, MethodType::PAX, MethodType::SAKE, MethodType::GPSK, MethodType::EKE];

fn key(method: MethodType) -> &'static str {
    if method == MethodType::SAKE { "0123456789abcdef0123456789ABCDEF" } else { "0123456789abcdef" }
}

fn other(method: MethodType) -> &'static str {
    if method == MethodType::SAKE { "1123456789abcdef0123456789ABCDEF" } else { "1123456789abcdef" }
}

fn server(method: MethodType, name: &'static [u8]) -> Helper {
    served(method, name, key(method))
}

fn served(method: MethodType, name: &'static [u8], key: &'static str) -> Helper {
    user(move || {
        let secret = Secret::from(key.as_bytes());
        let server: Box<dyn ServerMethod> = match method {
            MethodType::PSK => Box::new(PskServer::new(b"server".to_vec(), name.to_vec(), secret)),
            MethodType::EKE => Box::new(EkeServer::new(b"server".to_vec(), name.to_vec(), secret)),
            MethodType::IKEV2 => Box::new(Ikev2Server::new(b"server".to_vec(), name.to_vec(), secret)),
            MethodType::GPSK => Box::new(GpskServer::new(b"server".to_vec(), name.to_vec(), secret)),
            MethodType::PAX => Box::new(PaxServer::new(name.to_vec(), secret)),
            _ => Box::new(SakeServer::new(b"server".to_vec(), name.to_vec(), secret)),
        };
        vec![server]
    })
}

#[test]
fn each_method_lets_the_right_key_in_and_no_other() {
    for method in ALL {
        let ended = Pair::new(credentials(&[method], key(method)), server(method, b"alice")).run();
        assert_eq!(ended.peer, ended.server, "{method}");
        let keys = ended.peer.unwrap().unwrap();
        assert_eq!((keys.msk.len(), keys.emsk.unwrap().len()), (64, 64));
        let ended = Pair::new(credentials(&[method], other(method)), server(method, b"alice")).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials, "{method}");
        assert!(ended.peer.is_err());
    }
}

/// The key is one user's: with it nobody becomes another.
#[test]
fn a_key_proves_no_other_name_than_its_own() {
    for method in ALL {
        let ended = Pair::new(credentials(&[method], key(method)), server(method, b"bob")).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials, "{method}");
    }
}

#[test]
fn each_method_survives_loss_duplication_reordering_and_replay() {
    for method in ALL {
        survives_bad_links(|| Pair::new(credentials(&[method], key(method)), server(method, b"alice")));
    }
}

#[test]
fn a_key_that_is_not_configured_is_asked_for_and_must_have_its_length() {
    for method in ALL {
        // A password has no length, but there must be one.
        let short = if matches!(method, MethodType::EKE | MethodType::IKEV2) { "" } else { "short" };
        for (text, is_ok) in [(key(method), true), (short, false)] {
            let nothing = Credentials { password: None, ..credentials(&[method], "") };
            let mut pair = Pair::new(nothing, server(method, b"alice"));
            pair.peer_helper = Box::new(move |ask| match ask {
                Ask::Password => Answer::Password(password(text)),
                other => panic!("nobody expected {other:?}"),
            });
            let ended = pair.run();
            assert_eq!(ended.peer.is_ok(), is_ok, "{method}: {ended:?}");
        }
        let ended = Pair::new(credentials(&[method], short), server(method, b"alice")).run();
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Configuration, "{method}");
    }
}

/// A server without the key: its last Request is changed in each octet, and each time the station does not believe it.
#[test]
fn a_proof_of_the_server_that_was_changed_on_its_way_is_not_believed() {
    for method in ALL {
        let mut length = 0;
        let (ended, requests) =
            in_step(credentials(&[method], key(method)), &mut server(method, b"alice"), |_, packet| {
                length = packet.len();
            });
        assert_eq!(ended.peer, ended.server, "{method}: as it was it is believed");
        assert!(ended.peer.is_ok());
        for at in 5..length {
            let (ended, _) =
                in_step(credentials(&[method], key(method)), &mut server(method, b"alice"), |number, packet| {
                    if number + 1 == requests {
                        packet[at] ^= 1;
                    }
                });
            assert!(ended.peer.is_err(), "{method}: octet {at}");
        }
    }
}

/// RFC 5433 6: a key of 32 octets makes the suite with SHA-256 possible; each key is good for what it is long enough for.
#[test]
fn gpsk_takes_the_best_suite_that_both_keys_are_long_enough_for() {
    for (length, suite) in [(16, 1), (31, 1), (32, 2), (100, 2)] {
        let key: &'static str = LONG_KEY.get(..length).unwrap();
        let mut pair = Pair::new(credentials(&[MethodType::GPSK], key), served(MethodType::GPSK, b"alice", key));
        let ended = pair.run();
        assert_eq!(ended.peer, ended.server);
        assert!(ended.peer.is_ok(), "{length}: {ended:?}");
        let second = pair.sent.iter().find(|(to_peer, packet)| !to_peer && packet[4..6] == [51, 2]).unwrap();
        let list = if suite == 2 { 12 } else { 6 };
        let sel = 6 + 7 + 8 + 64 + 2 + list;
        assert_eq!(second.1[sel..sel + 6], [0, 0, 0, 0, 0, suite]);
    }
}

const LONG_KEY: &str =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123";

/// RFC 5433 10: the peer sends the list of suites back under its MAC, so nobody between takes the best one out.
#[test]
fn gpsk_is_not_talked_into_a_weaker_suite() {
    let mut pair = Pair::new(
        credentials(&[MethodType::GPSK], LONG_KEY.get(..32).unwrap()),
        served(MethodType::GPSK, b"alice", LONG_KEY.get(..32).unwrap()),
    );
    assert!(pair.run().peer.is_ok());
    let requests: Vec<_> = pair.sent.iter().filter(|(to_peer, _)| *to_peer).map(|(_, packet)| packet.clone()).collect();
    // The first Request with the suite of SHA-256 cut out of its list.
    let mut weaker = requests[1].clone();
    let at = weaker.len() - 12;
    weaker.drain(at..at + 6);
    weaker[at - 1] = 6;
    weaker[3] -= 6;
    let mut peer =
        Peer::new(PeerConfig::default(), Box::new(credentials(&[MethodType::GPSK], LONG_KEY.get(..32).unwrap())));
    let mut rng = TestRng::new(1);
    peer.handle_packet(&weaker, &mut env(Instant::ZERO, &mut rng)).unwrap();
    let answer = core::iter::from_fn(|| peer.poll_output()).find_map(|said| match said {
        PeerOutput::Send(packet) => Some(packet),
        _ => None,
    });
    let mut server = crate::Server::new(crate::ServerConfig::default(), 0);
    let identity = [2, requests[0][1], 0, 10, 1, b'a', b'l', b'i', b'c', b'e'];
    server.handle_packet(&identity, &mut env(Instant::ZERO, &mut rng)).unwrap();
    let mut helper = served(MethodType::GPSK, b"alice", LONG_KEY.get(..32).unwrap());
    let ask = Ask::User { identity: b"alice".to_vec(), inner: false };
    server.answer(helper(&ask), &mut env(Instant::ZERO, &mut rng));
    let mut answer = answer.unwrap();
    answer[1] = requests[0][1].wrapping_add(1);
    assert!(server.handle_packet(&answer, &mut env(Instant::ZERO, &mut rng)).is_err(), "another list than ours");
    assert!(!server.is_over());
}

/// RFC 6124 6.1: each side proves all messages, the list of proposals too.
#[test]
fn eke_is_not_talked_into_a_weaker_proposal() {
    let talk = |strip: bool| {
        let helper = &mut server(MethodType::EKE, b"alice");
        let (ended, _) = in_step(credentials(&[MethodType::EKE], key(MethodType::EKE)), helper, |number, packet| {
            // Identity, then the proposals: only the last one is left.
            if strip && number == 1 {
                packet.drain(8..20);
                (packet[6], packet[3]) = (1, packet[3] - 12);
            }
        });
        ended
    };
    assert!(talk(false).peer.is_ok());
    let ended = talk(true);
    assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials);
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
}
