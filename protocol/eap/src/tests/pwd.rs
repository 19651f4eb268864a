//! Both sides of EAP-pwd, and whoever commits to what they like.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Helper, Pair, credentials, env, nobody, password, survives_bad_links, user};
use crate::methods::pwd::{Prep, PwdSecret, PwdServer};
use crate::packet::{self, Code, Packet};
use crate::{
    Answer, Ask, Blame, Credentials, EapError, MethodType, Password, Peer, PeerConfig, PeerOutput, ServerConfig,
    ServerMethod,
};

fn server(secret: PwdSecret, group: u16) -> Helper {
    user(move || {
        let method: Box<dyn ServerMethod> = Box::new(PwdServer::new(b"server".to_vec(), secret.clone(), group));
        vec![method]
    })
}

fn plain() -> PwdSecret {
    PwdSecret::Password(password("secret"))
}

fn hashed() -> Password {
    Password::NtHash(crypto::mschap::nt_password_hash(b"secret"))
}

fn run(credentials: Credentials, secret: PwdSecret, group: u16) -> super::kit::Ended {
    // Small packets: every Commit is cut up.
    let peer = PeerConfig { mtu: 60, ..PeerConfig::default() };
    let config = ServerConfig { mtu: 60, ..ServerConfig::default() };
    Pair::with(peer, config, credentials, server(secret, group)).run()
}

#[test]
fn the_right_password_makes_keys_in_each_group_and_a_wrong_one_does_not() {
    for group in [19, 20, 21] {
        let ended = run(credentials(&[MethodType::PWD], "secret"), plain(), group);
        assert!(ended.peer.is_ok(), "{group}: {ended:?}");
        assert_eq!(ended.peer, ended.server);
        let keys = ended.peer.unwrap().unwrap();
        assert_eq!((keys.msk.len(), keys.emsk.unwrap().len()), (64, 64));
        assert_eq!(keys.session_id.map(|id| (id.len(), id[0])), Some((33, 52)));
        let ended = run(credentials(&[MethodType::PWD], "wrong"), plain(), group);
        assert_eq!(ended.peer.unwrap_err(), EapError::credentials("the server has another password"));
        assert!(ended.server.is_err());
    }
}

#[test]
fn every_preparation_of_the_password_is_understood() {
    let salted = |prep, hash: &[u8]| PwdSecret::Salted { prep, salt: b"salt".to_vec(), hash: Secret::from(hash) };
    let parts: [&[u8]; 2] = [b"secret", b"salt"];
    for secret in [
        PwdSecret::Password(hashed()),
        salted(Prep::SaltedSha1, &crypto::sha1(&parts)),
        salted(Prep::SaltedSha256, &crypto::sha256(&parts)),
        salted(Prep::SaltedSha512, &crypto::sha512(&parts)),
    ] {
        let ended = run(credentials(&[MethodType::PWD], "secret"), secret.clone(), 19);
        assert!(ended.peer.is_ok() && ended.peer == ended.server, "{secret:?}: {ended:?}");
        let hash = Credentials { password: Some(hashed()), ..credentials(&[MethodType::PWD], "") };
        let is_enough = matches!(secret, PwdSecret::Password(_));
        assert_eq!(run(hash, secret, 19).peer.is_ok(), is_enough);
    }
}

#[test]
fn a_group_that_is_none_of_ours_is_refused_by_both_sides() {
    for group in [0, 1, 15, 22, 25, 26, 28] {
        let ended = run(credentials(&[MethodType::PWD], "secret"), plain(), group);
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Protocol, "{group}");
    }
}

#[test]
fn the_password_is_asked_for_where_it_is_not_given() {
    let nothing = Credentials { password: None, ..credentials(&[MethodType::PWD], "") };
    let mut pair = Pair::new(nothing, server(plain(), 19));
    pair.peer_helper = Box::new(|ask| match ask {
        Ask::Password => Answer::Password(password("secret")),
        other => panic!("{other:?}"),
    });
    assert!(pair.run().peer.is_ok());
}

#[test]
fn pwd_survives_loss_duplication_reordering_and_replay() {
    survives_bad_links(|| {
        let peer = PeerConfig { mtu: 100, ..PeerConfig::default() };
        let config = ServerConfig { mtu: 100, ..ServerConfig::default() };
        Pair::with(peer, config, credentials(&[MethodType::PWD], "secret"), server(plain(), 19))
    });
}

/// A peer that has been given a proposal of group 19, and its Commit if it makes one of `commit`.
fn peer_answers(commit: &[u8]) -> (Option<Vec<u8>>, Option<EapError>) {
    let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials(&[MethodType::PWD], "secret")));
    let mut rng = TestRng::new(7);
    let proposal = [&[1, 0, 19, 1, 1, 1, 2, 3, 4, 0][..], b"server"].concat();
    for (id, data) in [(1, proposal.as_slice()), (2, &[&[2], commit].concat())] {
        let request = packet::write_body(Code::Request, id, MethodType::PWD, false, data).unwrap();
        peer.handle_packet(&request, &mut env(Instant::ZERO, &mut rng)).unwrap();
    }
    let (mut sent, mut error) = (None, None);
    while let Some(output) = peer.poll_output() {
        match output {
            PeerOutput::Send(packet) => match Packet::parse(&packet).unwrap() {
                Packet::Response(body) if body.data[0] == 2 => sent = Some(body.data[1..].to_vec()),
                _ => {}
            },
            PeerOutput::Failure(why) => error = Some(why),
            _ => {}
        }
    }
    (sent, error)
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A Commit that is a right one: the generator of P-256 and a scalar of 2.
fn valid() -> Vec<u8> {
    let mut commit = hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    commit.extend([0; 31]);
    commit.push(2);
    commit
}

/// CVE-2019-9499 and CVE-2019-9498: with these no password would be needed.
#[test]
fn an_invalid_element_or_scalar_is_refused() {
    assert!(peer_answers(&valid()).0.is_some(), "the control: a valid Commit is answered");
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let with_scalar = |scalar: &[u8]| [&valid()[..64], scalar].concat();
    let mut one = [0; 32];
    one[31] = 1;
    let mut off_curve = valid();
    off_curve[63] ^= 1;
    let infinity = [&[0; 64][..], &valid()[64..]].concat();
    let beyond_prime = [&[0xff; 64][..], &valid()[64..]].concat();
    let scalars = [with_scalar(&[0; 32]), with_scalar(&one), with_scalar(&order), with_scalar(&[0xff; 32])];
    for commit in scalars.into_iter().chain([off_curve, infinity, beyond_prime, valid()[..95].to_vec(), Vec::new()]) {
        let (sent, error) = peer_answers(&commit);
        assert_eq!((sent, error.map(|error| error.blame())), (None, Some(Blame::Protocol)), "{commit:x?}");
    }
}

/// CVE-2019-9497: whoever knows nothing gives the server its own Commit and Confirm back.
#[test]
fn a_reflection_is_refused_by_the_server() {
    let mut pair = Pair::new(credentials(&[MethodType::PWD], "secret"), server(plain(), 19));
    let mut rng = TestRng::new(1);
    pair.server.start();
    let mut failed = None;
    let mut rounds = 0;
    while let Some(output) = pair.server.poll_output() {
        match output {
            crate::ServerOutput::Ask(ask) => {
                let answer = (pair.server_helper)(&ask);
                pair.server.answer(answer, &mut env(Instant::ZERO, &mut rng));
            }
            crate::ServerOutput::Send(request) => {
                rounds += 1;
                let Packet::Request(body) = Packet::parse(&request).unwrap() else { panic!() };
                let data = if body.method == MethodType::IDENTITY { b"alice" } else { body.data };
                let mirrored = packet::write_body(Code::Response, body.identifier, body.method, false, data).unwrap();
                pair.server.handle_packet(&mirrored, &mut env(Instant::ZERO, &mut rng)).unwrap();
            }
            crate::ServerOutput::Failure { error, .. } => failed = Some(error),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(failed, Some(EapError::protocol("EAP-pwd: our own Commit came back")));
    assert_eq!(rounds, 3, "identity, proposal, Commit");
}

/// CVE-2015-5316 and its kind.
#[test]
fn messages_out_of_turn_change_nothing() {
    let mut pair = Pair::new(credentials(&[MethodType::PWD], "secret"), nobody());
    let mut rng = TestRng::new(1);
    let proposal = [&[1, 0, 19, 1, 1, 1, 2, 3, 4, 0][..], b"server"].concat();
    let mut give = |pair: &mut Pair, id, data: &[u8]| {
        let request = packet::write_body(Code::Request, id, MethodType::PWD, false, data).unwrap();
        pair.peer.handle_packet(&request, &mut env(Instant::ZERO, &mut rng))
    };
    let confirm = [&[3][..], &[0; 32]].concat();
    let commit = [&[2], valid().as_slice()].concat();
    assert!(give(&mut pair, 1, &confirm).is_err() && give(&mut pair, 1, &commit).is_err());
    give(&mut pair, 1, &proposal).unwrap();
    assert!(give(&mut pair, 2, &confirm).is_err());
    assert!(give(&mut pair, 3, &[&proposal[..], b"2"].concat()).is_err());
    give(&mut pair, 4, &commit).unwrap();
    assert!(!pair.peer.is_over());
}
