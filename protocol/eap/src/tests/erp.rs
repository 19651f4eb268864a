//! Re-authentication over the link: offers, bad links, and whoever is on the air too.

use alloc::boxed::Box;
use alloc::vec;
use core::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Link, Pair, credentials, env, user};
use crate::erp::{ErpStore, reauth_start};
use crate::methods::gpsk::GpskServer;
use crate::{
    Authenticator, AuthenticatorConfig, AuthenticatorOutput, Blame, Credentials, MethodType, Peer, PeerConfig,
    PeerOutput, ServerConfig, ServerMethod, ServerOutput, Verdict,
};

const KEY: &str = "0123456789abcdef";

fn home(identity: &str) -> Credentials {
    Credentials { identity: Some(identity.as_bytes().to_vec()), erp: true, ..credentials(&[MethodType::GPSK], KEY) }
}

fn pair() -> Pair {
    let helper = user(|| {
        let server = GpskServer::new(b"server".to_vec(), b"alice@example.org".to_vec(), Secret::from(KEY.as_bytes()));
        let method: Box<dyn ServerMethod> = Box::new(server);
        vec![method]
    });
    let mut pair = Pair::with(PeerConfig::default(), ServerConfig::default(), home("alice@example.org"), helper);
    pair.store = Some(ErpStore::new(b"example.org".to_vec(), 16, Duration::from_secs(3600)));
    pair.authenticator.offer_reauthentication(b"");
    pair
}

fn was_whole(pair: &Pair) -> bool {
    pair.server_said.iter().any(|said| matches!(said, ServerOutput::Ask(_)))
}

#[test]
fn the_first_conversation_is_whole_and_those_after_it_take_one_round_trip() {
    let mut pair = pair();
    let first = pair.run();
    assert!(first.peer.is_ok() && was_whole(&pair), "{first:?}");
    assert_eq!(first.peer, first.server);
    let mut seen = vec![first.peer.unwrap().unwrap().msk];
    for _ in 0..3 {
        pair.again();
        let before = pair.sent.len();
        let ended = pair.run();
        assert_eq!(ended.peer, ended.server);
        assert_eq!(ended.identity, b"alice@example.org");
        assert!(!was_whole(&pair));
        assert_eq!(pair.sent.len() - before, 3, "offer, Initiate and Finish");
        let keys = ended.peer.unwrap().unwrap();
        assert!(!seen.contains(&keys.msk));
        seen.push(keys.msk);
        let finish = match &pair.verdict {
            Some(Verdict::Accepted { packet }) => packet.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(finish[0], 6);
    }
}

#[test]
fn a_server_that_has_forgotten_has_the_station_come_again_as_a_whole() {
    let mut pair = pair();
    assert!(pair.run().peer.is_ok());
    pair.store = Some(ErpStore::new(b"example.org".to_vec(), 16, Duration::from_secs(3600)));
    pair.again();
    assert_eq!(pair.run().peer.unwrap_err().blame(), Blame::Refused);
    pair.again();
    assert!(pair.run().peer.is_ok() && was_whole(&pair));
    pair.again();
    assert!(pair.run().peer.is_ok() && !was_whole(&pair));
}

#[test]
fn without_a_realm_or_where_it_is_not_wanted_nothing_is_kept() {
    for other in [home("alice"), Credentials { erp: false, ..home("alice@example.org") }] {
        let mut peer = Peer::new(PeerConfig::default(), Box::new(other));
        let keys = crate::Keys {
            msk: Secret::from([1; 64]),
            emsk: Some(Secret::from([2; 64])),
            session_id: Some(vec![51, 3]),
        };
        peer.methods().succeeded(&keys);
        let mut rng = TestRng::new(1);
        assert!(peer.handle_packet(&reauth_start(1, None), &mut env(Instant::ZERO, &mut rng)).is_err());
        assert_eq!(peer.poll_output(), None);
    }
}

#[test]
fn re_authentication_survives_loss_duplication_reordering_and_replay() {
    let mut succeeded = 0;
    for seed in 0..100 {
        let mut pair = pair();
        assert!(pair.run().peer.is_ok());
        pair.again();
        pair.rng = TestRng::new(seed);
        pair.link = Link { loss: seed % 20, duplication: 20, delay: 900, replay: 20 };
        let ended = pair.run();
        if let Ok(keys) = &ended.peer {
            assert_eq!(Ok(keys), ended.server.as_ref(), "seed {seed}: the peer succeeded alone");
            succeeded += 1;
        }
    }
    assert!(succeeded > 70, "only {succeeded} of 100 conversations succeeded");
}

/// Whoever is on the air too offers what they like, and answers what they like.
#[test]
fn a_forged_finish_or_a_plain_success_is_no_re_authentication() {
    let mut pair = pair();
    assert!(pair.run().peer.is_ok());
    pair.again();
    let (peer, mut rng) = (&mut pair.peer, TestRng::new(1));
    let mut env = env(pair.now, &mut rng);
    peer.handle_packet(&reauth_start(7, Some(b"example.org")), &mut env).unwrap();
    let Some(PeerOutput::Send(initiate)) = peer.poll_output() else { panic!("it has the keys") };
    let mut forged = initiate.clone();
    forged[0] = 6;
    for packet in [forged, vec![3, 7, 0, 4], initiate.clone()] {
        assert!(peer.handle_packet(&packet, &mut env).is_err());
        assert!(!peer.is_over() && peer.poll_output().is_none());
    }
    // The offer once more: no number is used up.
    peer.handle_packet(&reauth_start(7, Some(b"example.org")), &mut env).unwrap();
    assert_eq!(peer.poll_output(), Some(PeerOutput::Send(initiate)));
    // Another one amid the first is passed over; the identity is still told to whoever wants the whole method.
    assert!(peer.handle_packet(&reauth_start(8, None), &mut env).is_err());
    peer.handle_packet(&[1, 9, 0, 5, 1], &mut env).unwrap();
    assert!(matches!(peer.poll_output(), Some(PeerOutput::Send(_))));
}

#[test]
fn an_offer_that_nobody_takes_up_is_followed_by_the_request_for_the_identity() {
    let mut authenticator = Authenticator::new(AuthenticatorConfig::default());
    authenticator.offer_reauthentication(b"example.org");
    authenticator.start(4, Instant::ZERO);
    let offer = reauth_start(4, Some(b"example.org"));
    assert_eq!(authenticator.poll_output(), Some(AuthenticatorOutput::Send(offer)));
    // A Response answers no offer.
    assert!(authenticator.handle_packet(&[2, 4, 0, 6, 1, b'x'], Instant::ZERO).is_err());
    let at = authenticator.poll_deadline().unwrap();
    assert_eq!(at, Instant::ZERO + Duration::from_secs(1));
    authenticator.handle_timeout(at);
    assert_eq!(authenticator.poll_output(), Some(AuthenticatorOutput::Send(vec![1, 5, 0, 5, 1])));
    // A server's plain word is no answer to an Initiate.
    let mut pair = pair();
    assert!(pair.run().peer.is_ok());
    let mut rng = TestRng::new(1);
    pair.again();
    pair.peer.handle_packet(&reauth_start(7, None), &mut env(pair.now, &mut rng)).unwrap();
    let Some(PeerOutput::Send(initiate)) = pair.peer.poll_output() else { panic!("it has the keys") };
    for (said, accepted) in [(None, false), (Some(&[3, 7, 0, 4][..]), false)] {
        let mut authenticator = Authenticator::new(AuthenticatorConfig::default());
        authenticator.start(1, Instant::ZERO);
        authenticator.handle_packet(&initiate, Instant::ZERO).unwrap();
        authenticator.handle_accept(said).unwrap();
        let last = core::iter::from_fn(|| authenticator.poll_output()).last();
        let is_accepted = matches!(last, Some(AuthenticatorOutput::Finished(Verdict::Accepted { .. })));
        assert_eq!(is_accepted, accepted);
    }
}
