//! EAP-PSK, EAP-PAX and EAP-SAKE: both sides, and whoever stands between.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Helper, Pair, credentials, env, password, survives_bad_links, user};
use crate::methods::pax::PaxServer;
use crate::methods::psk::PskServer;
use crate::methods::sake::SakeServer;
use crate::{Answer, Ask, Blame, Credentials, MethodType, Peer, PeerConfig, PeerOutput, ServerMethod};

const ALL: [MethodType; 3] = [MethodType::PSK, MethodType::PAX, MethodType::SAKE];

fn key(method: MethodType) -> &'static str {
    if method == MethodType::SAKE { "0123456789abcdef0123456789ABCDEF" } else { "0123456789abcdef" }
}

fn other(method: MethodType) -> &'static str {
    if method == MethodType::SAKE { "1123456789abcdef0123456789ABCDEF" } else { "1123456789abcdef" }
}

fn server(method: MethodType, name: &'static [u8]) -> Helper {
    user(move || {
        let secret = Secret::from(key(method).as_bytes());
        let server: Box<dyn ServerMethod> = match method {
            MethodType::PSK => Box::new(PskServer::new(b"server".to_vec(), name.to_vec(), secret)),
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
        for (text, is_ok) in [(key(method), true), ("short", false)] {
            let nothing = Credentials { password: None, ..credentials(&[method], "") };
            let mut pair = Pair::new(nothing, server(method, b"alice"));
            pair.peer_helper = Box::new(move |ask| match ask {
                Ask::Password => Answer::Password(password(text)),
                other => panic!("nobody expected {other:?}"),
            });
            let ended = pair.run();
            assert_eq!(ended.peer.is_ok(), is_ok, "{method}: {ended:?}");
        }
        let ended = Pair::new(credentials(&[method], "short"), server(method, b"alice")).run();
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Configuration, "{method}");
    }
}

/// A server without the key: its last Request is changed in each octet, and each time the station does not believe it.
#[test]
fn a_proof_of_the_server_that_was_changed_on_its_way_is_not_believed() {
    for method in ALL {
        // The station's random numbers are those of the run: only then the proof fits at all.
        let run = |change: Option<usize>| -> bool {
            let mut pair = Pair::new(credentials(&[method], key(method)), server(method, b"alice"));
            pair.run().peer.unwrap();
            let requests: Vec<_> = pair
                .sent
                .iter()
                .filter(|(to_peer, packet)| *to_peer && packet.len() > 4)
                .map(|(_, p)| p.clone())
                .collect();
            let answer = pair.sent.iter().find(|(to_peer, packet)| !to_peer && packet[4] == requests[1][4]);
            let nonce = nonce_of(method, &answer.unwrap().1);
            let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials(&[method], key(method))));
            let mut rng = Played(nonce);
            let mut idle = TestRng::new(1);
            peer.handle_packet(&requests[0], &mut env(Instant::ZERO, &mut idle)).unwrap();
            let mut env = crate::Env { now: Instant::ZERO, wall: None, rng: &mut rng };
            peer.handle_packet(&requests[1], &mut env).unwrap();
            let mut last = requests[2].clone();
            if let Some(at) = change {
                last[at] ^= 1;
            }
            let _ = peer.handle_packet(&last, &mut env);
            let _ = peer.handle_packet(&[3, last[1], 0, 4], &mut env);
            core::iter::from_fn(|| peer.poll_output()).any(|said| matches!(said, PeerOutput::Success(..)))
        };
        assert!(run(None), "{method}: as it was it is believed");
        let length = match method {
            MethodType::PSK => 5 + 1 + 16 + 16 + 4 + 16 + 1,
            MethodType::PAX => 5 + 5 + 2 + 16 + 16,
            _ => 5 + 3 + 18,
        };
        for at in 5..length {
            assert!(!run(Some(at)), "{method}: octet {at}");
        }
    }
}

fn nonce_of(method: MethodType, answer: &[u8]) -> Vec<u8> {
    match method {
        MethodType::PSK => answer[22..38].to_vec(),
        MethodType::PAX => answer[12..44].to_vec(),
        _ => answer[10..26].to_vec(),
    }
}

/// Gives the octets of an earlier run.
struct Played(Vec<u8>);

impl crypto::Rng for Played {
    fn fill(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&self.0[..out.len()]);
    }
}
