//! Both sides of every method that needs no tunnel.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;

use super::kit::{Helper, Pair, credentials, lax, nobody, password, survives_bad_links, user};
use crate::methods::md5::Md5Server;
use crate::methods::mschapv2::MsChapV2Server;
use crate::methods::token::{GtcServer, TokenServer};
use crate::{
    Answer, Ask, Blame, Credentials, EapError, MethodType, Note, PeerOutput, ServerConfig, ServerMethod, ServerOutput,
    Verdict,
};

fn md5() -> Box<dyn ServerMethod> {
    Box::new(Md5Server::new(Secret::from(*b"secret")))
}

fn gtc() -> Box<dyn ServerMethod> {
    Box::new(GtcServer::new(b"Password:".to_vec(), Secret::from(*b"secret")))
}

fn mschapv2() -> Box<dyn ServerMethod> {
    Box::new(MsChapV2Server::new(b"server".to_vec(), &password("secret")))
}

fn all() -> Helper {
    user(|| vec![md5(), gtc(), mschapv2()])
}

const ALL: [MethodType; 3] = [MethodType::MD5, MethodType::GTC, MethodType::MSCHAPV2];

#[test]
fn each_method_lets_the_right_password_in_and_no_other() {
    for method in ALL {
        let ended = Pair::new(credentials(&[method], "secret"), all()).run();
        assert!(ended.peer.is_ok(), "{method}: {ended:?}");
        assert_eq!(ended.peer, ended.server, "{method}");
        assert_eq!(ended.identity, b"alice");
        assert_eq!(ended.peer.unwrap().is_some(), method == MethodType::MSCHAPV2);
        let ended = Pair::new(credentials(&[method], "wrong"), all()).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials, "{method}");
        assert!(matches!(ended.peer.unwrap_err().blame(), Blame::Credentials | Blame::Refused), "{method}");
    }
}

#[test]
fn each_method_survives_loss_duplication_reordering_and_replay() {
    for method in ALL {
        survives_bad_links(|| Pair::new(credentials(&[method], "secret"), all()));
    }
}

fn otp() -> Box<dyn ServerMethod> {
    Box::new(TokenServer::one_time(b"otp-sha1 99 dog2".to_vec(), Secret::from(*b"hex: 0123456789abcdef")))
}

#[test]
fn a_one_time_password_is_asked_for_with_the_servers_challenge() {
    for (text, is_ok) in [("hex: 0123456789abcdef", true), ("hex: 0123456789abcdee", false)] {
        let mut pair = Pair::new(credentials(&[MethodType::OTP], "not used"), user(|| vec![otp()]));
        pair.peer_helper = Box::new(move |ask| match ask {
            Ask::OneTimePassword { challenge } => {
                assert_eq!(challenge, "otp-sha1 99 dog2");
                Answer::Text(Secret::from(text.as_bytes()))
            }
            other => panic!("{other:?}"),
        });
        let ended = pair.run();
        assert_eq!((ended.peer.is_ok(), ended.server.is_ok()), (is_ok, is_ok), "{text}");
    }
}

fn expired() -> Helper {
    user(|| {
        let method: Box<dyn ServerMethod> = Box::new(MsChapV2Server::expired(b"server".to_vec(), &password("secret")));
        vec![method]
    })
}

/// RFC 2759 7.
#[test]
fn a_password_that_has_expired_is_changed_and_both_sides_are_told() {
    let mut pair = Pair::new(credentials(&[MethodType::MSCHAPV2], "secret"), expired());
    pair.peer_helper = Box::new(|ask| match ask {
        Ask::NewPassword => Answer::Text(Secret::from("größer".as_bytes())),
        other => panic!("{other:?}"),
    });
    let ended = pair.run();
    assert!(ended.peer.is_ok(), "{ended:?}");
    assert_eq!(ended.peer, ended.server);
    let told = Note::NewPassword(Secret::from("größer".as_bytes()));
    assert!(pair.notes().any(|note| *note == told));
    assert!(pair.server_said.contains(&ServerOutput::Note(told)));
    // The station has it from now on.
    pair.server_helper =
        user(|| vec![Box::new(MsChapV2Server::new(b"server".to_vec(), &password("größer"))) as Box<dyn ServerMethod>]);
    pair.again();
    assert!(pair.run().peer.is_ok());
}

#[test]
fn a_new_password_is_not_asked_for_without_the_old_one_nor_set_where_nobody_gives_it() {
    let ended = Pair::new(credentials(&[MethodType::MSCHAPV2], "wrong"), expired()).run();
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
    for answer in [None, Some(""), Some(&*"x".repeat(257).leak())] {
        let mut pair = Pair::new(credentials(&[MethodType::MSCHAPV2], "secret"), expired());
        pair.peer_helper = Box::new(move |_| match answer {
            Some(text) => Answer::Text(Secret::from(text.as_bytes())),
            None => Answer::Unavailable,
        });
        let ended = pair.run();
        assert!(ended.peer.is_err() && ended.server.is_err(), "{answer:?}: {ended:?}");
        assert!(!pair.server_said.iter().any(|said| matches!(said, ServerOutput::Note(Note::NewPassword(_)))));
    }
}

#[test]
fn a_change_of_the_password_survives_loss_duplication_reordering_and_replay() {
    survives_bad_links(|| {
        let mut pair = Pair::new(credentials(&[MethodType::MSCHAPV2], "secret"), expired());
        pair.peer_helper = Box::new(|_| Answer::Text(Secret::from(*b"another")));
        pair
    });
}

#[test]
fn a_nak_leads_to_the_peers_first_wish_that_is_allowed() {
    let mut pair = Pair::new(credentials(&[MethodType::TLS, MethodType::MSCHAPV2, MethodType::GTC], "secret"), all());
    assert!(pair.run().peer.is_ok());
    assert!(pair.server_said.contains(&ServerOutput::Refused(MethodType::MD5)));
    assert!(pair.peer_said.contains(&PeerOutput::Refused(MethodType::MD5)));
    let started: Vec<_> = pair.peer_said.iter().filter(|said| matches!(said, PeerOutput::Started(_))).collect();
    assert_eq!(started, [&PeerOutput::Started(MethodType::MSCHAPV2)]);
}

#[test]
fn no_common_method_is_said_on_both_sides() {
    let ended = Pair::new(credentials(&[MethodType::TLS], "secret"), all()).run();
    assert_eq!(ended.server, Err(EapError::NoCommonMethod(Some(MethodType::TLS))));
    assert_eq!(ended.peer.unwrap_err().blame(), Blame::Refused);
}

/// Where keys are needed, a method without keys never shows its password.
#[test]
fn where_keys_are_needed_a_method_without_them_is_not_even_begun() {
    let (peer, _) = lax();
    let peer = crate::PeerConfig { key_required: true, ..peer };
    let server = ServerConfig { key_required: false, ..ServerConfig::default() };
    let mut pair = Pair::with(peer, server, credentials(&[MethodType::GTC], "secret"), user(|| vec![gtc()]));
    assert_eq!(pair.run().server, Err(EapError::NoCommonMethod(None)));
    let found = pair.sent.iter().any(|(_, packet)| packet.windows(6).any(|window| window == b"secret"));
    assert!(!found, "the password went over the air");
    let mut pair =
        Pair::with(peer, ServerConfig::default(), credentials(&[MethodType::GTC], "secret"), user(|| vec![gtc()]));
    assert_eq!(pair.run().server.unwrap_err().blame(), Blame::Credentials);
}

#[test]
fn what_is_not_configured_is_asked_for() {
    for method in ALL {
        let nothing = Credentials { methods: vec![method], ..Credentials::default() };
        let mut pair = Pair::new(nothing.clone(), all());
        pair.peer_helper = Box::new(|ask| match ask {
            Ask::Identity => Answer::Text(Secret::from(*b"alice")),
            Ask::Password => Answer::Password(password("secret")),
            Ask::OneTimePassword { challenge } => {
                assert_eq!(challenge, "Password:");
                Answer::Text(Secret::from(*b"secret"))
            }
            other => panic!("{other:?}"),
        });
        let ended = pair.run();
        assert!(ended.peer.is_ok(), "{method}: {ended:?}");
        assert_eq!(ended.identity, b"alice");
        let mut pair = Pair::new(Credentials { identity: Some(b"alice".to_vec()), ..nothing }, all());
        pair.peer_helper = Box::new(|_| Answer::Unavailable);
        assert_eq!(pair.run().peer.unwrap_err().blame(), Blame::Local, "{method}");
    }
}

#[test]
fn an_unknown_user_is_refused() {
    let mut pair = Pair::new(credentials(&ALL, "secret"), nobody());
    pair.server_helper = Box::new(|_| Answer::Unavailable);
    let ended = pair.run();
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
    assert_eq!(ended.peer.unwrap_err().blame(), Blame::Refused);
}

#[test]
fn an_anonymous_identity_hides_the_real_one_from_the_air() {
    let hidden =
        Credentials { anonymous_identity: Some(b"anonymous".to_vec()), ..credentials(&[MethodType::MD5], "secret") };
    let mut pair = Pair::new(hidden, all());
    assert_eq!(pair.run().identity, b"anonymous");
    assert!(!pair.sent.iter().any(|(_, packet)| packet.windows(5).any(|window| window == b"alice")));
}

#[test]
fn a_password_hash_is_enough_for_mschapv2_and_for_nothing_else() {
    let hash = crate::Password::NtHash(crypto::mschap::nt_password_hash(b"secret"));
    for method in ALL {
        let hashed = Credentials { password: Some(hash.clone()), ..credentials(&[method], "") };
        let ended = Pair::new(hashed, all()).run();
        match method {
            MethodType::MSCHAPV2 => assert!(ended.peer.is_ok()),
            _ => assert_eq!(ended.peer.unwrap_err().blame(), Blame::Configuration),
        }
    }
}

#[test]
fn a_wrong_password_is_told_with_the_servers_words() {
    let mut pair = Pair::new(credentials(&[MethodType::MSCHAPV2], "wrong"), all());
    let ended = pair.run();
    assert_eq!(ended.peer, Err(EapError::Credentials("user name or password are wrong (FAILED)".into())));
    assert!(pair.notes().any(|note| matches!(note, Note::Text(text) if text.contains("FAILED"))));
}

#[test]
fn a_peer_that_is_gone_is_given_up_after_the_last_retransmission() {
    let mut pair = Pair::new(credentials(&ALL, "secret"), all());
    pair.link.loss = 100;
    pair.run();
    assert_eq!(pair.verdict, Some(Verdict::Silent));
    assert_eq!(pair.sent.len(), 6, "one Request and five retransmissions");
    // 3 + 6 + 12 + 20 + 20 + 20 seconds.
    assert_eq!(pair.now.since_origin().as_secs(), 81);
}
