//! Conversations that were had with foreign programs, over RADIUS on loopback: what Debian's hostapd 2.10 sent to our peer
//! (`hostapd.txt`; `erp.txt` with re-authentications), and its eapol_test to our server (`eapol_test.txt`), with the MSK that
//! both sides came to.
//!
//! Our side had the random numbers of a generator that starts the same again, so it says the same again, and what the
//! foreign program said fits it. `# METHOD` begins a method, `new` a conversation, `> ` is what came in and `= ` the MSK.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use super::kit::env;
use crate::methods::eke::EkeServer;
use crate::methods::gpsk::GpskServer;
use crate::methods::ikev2::Ikev2Server;
use crate::methods::pax::PaxServer;
use crate::methods::psk::PskServer;
use crate::methods::sake::SakeServer;
use crate::methods::sim::tests::hex;
use crate::methods::sim::{Home, Kind, Milenage, SimCard, SimCredentials, SimServer, SimServerConfig};
use crate::{
    Answer, Ask, Credentials, MethodType, Note, Password, Peer, PeerConfig, PeerOutput, Server, ServerConfig,
    ServerMethod, ServerOutput, User,
};

/// The card of 3GPP TS 35.208, set 20.
fn card() -> Milenage {
    let block = |text| hex(text).try_into().unwrap();
    Milenage::new(block("90dca4eda45b53cf0f12d7c9c3bc6a89"), block("cb9cccc4b9258e6dca4760379fb82581"))
}

fn identity(method: MethodType) -> &'static [u8] {
    match method {
        MethodType::SIM => b"1232010000000000",
        MethodType::AKA => b"0232010000000000",
        MethodType::AKA_PRIME => b"6232010000000000",
        _ => b"alice",
    }
}

fn key(method: MethodType) -> &'static [u8] {
    match method {
        MethodType::SAKE | MethodType::GPSK => b"0123456789abcdef0123456789abcdef",
        _ => b"0123456789abcdef",
    }
}

/// IKEv2 was spoken in fragments, by both sides.
fn mtu(method: MethodType) -> usize {
    if method == MethodType::IKEV2 { 250 } else { 1400 }
}

enum Line {
    New,
    In(Vec<u8>),
    Msk(Vec<u8>),
}

/// Each method of a file with its lines.
fn methods(file: &str) -> Vec<(MethodType, Vec<Line>)> {
    let mut out: Vec<(MethodType, Vec<Line>)> = Vec::new();
    for line in file.lines() {
        let line = match line.split_once(' ') {
            Some(("#", name)) => {
                out.push((MethodType::from_name(name).unwrap(), Vec::new()));
                continue;
            }
            Some((">", packet)) => Line::In(hex(packet)),
            Some(("=", msk)) => Line::Msk(hex(msk)),
            _ => Line::New,
        };
        out.last_mut().unwrap().1.push(line);
    }
    out
}

#[test]
fn our_peer_and_hostapd_come_to_the_same_keys() {
    let mut seen = Vec::new();
    for (method, lines) in methods(include_str!("hostapd.txt")) {
        let mut sim = SimCredentials::new(SimCard::Milenage(card()));
        sim.result_indications = true;
        if matches!(method, MethodType::AKA | MethodType::AKA_PRIME) {
            // The card is ahead of its network.
            sim.memory.sequence = 0x9_0000;
        }
        let credentials = Credentials {
            methods: vec![method],
            identity: Some(identity(method).to_vec()),
            password: Some(Password::Plain(Secret::from(key(method)))),
            sim: Some(sim),
            ..Credentials::default()
        };
        let mut rng = TestRng::new(1);
        let mut peer = Peer::new(PeerConfig { mtu: mtu(method), ..PeerConfig::default() }, Box::new(credentials));
        let mut last = None;
        for line in lines {
            match line {
                Line::New => peer.restart(),
                Line::In(packet) => {
                    peer.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
                    while let Some(output) = peer.poll_output() {
                        match output {
                            PeerOutput::Success(_, keys) => last = keys,
                            PeerOutput::Failure(error) => panic!("{method}: {error}"),
                            _ => {}
                        }
                    }
                }
                Line::Msk(msk) => {
                    assert_eq!(last.take().unwrap().msk.as_bytes(), msk, "{method}");
                    seen.push(method);
                }
            }
        }
    }
    assert_eq!(names(&seen), "PSK PAX SAKE SIM SIM AKA AKA AKA' AKA' GPSK EKE IKEV2 ");
}

fn names(seen: &[MethodType]) -> String {
    seen.iter().map(|method| alloc::format!("{method} ")).collect()
}

fn served(method: MethodType) -> Box<dyn ServerMethod> {
    let (peer, secret) = (identity(method).to_vec(), Secret::from(key(method)));
    let config = SimServerConfig {
        result_indications: true,
        pseudonyms: true,
        fast_reauth: true,
        network: b"WLAN".to_vec(),
        ..SimServerConfig::default()
    };
    match method {
        MethodType::PSK => Box::new(PskServer::new(b"server".to_vec(), peer, secret)),
        MethodType::PAX => Box::new(PaxServer::new(peer, secret)),
        MethodType::SAKE => Box::new(SakeServer::new(b"server".to_vec(), peer, secret)),
        MethodType::GPSK => Box::new(GpskServer::new(b"server".to_vec(), peer, secret)),
        MethodType::EKE => Box::new(EkeServer::new(b"server".to_vec(), peer, secret)),
        MethodType::IKEV2 => Box::new(Ikev2Server::new(b"server".to_vec(), peer, secret)),
        MethodType::SIM => Box::new(SimServer::new(Kind::Sim, config)),
        MethodType::AKA => Box::new(SimServer::new(Kind::Aka, config)),
        _ => Box::new(SimServer::new(Kind::AkaPrime, config)),
    }
}

#[test]
fn our_server_and_eapol_test_come_to_the_same_keys() {
    let mut seen = Vec::new();
    for (method, lines) in methods(include_str!("eapol_test.txt")) {
        let mut home = Home::new();
        home.add(identity(method), card(), 0x1000);
        let (mut rng, mut home_rng) = (TestRng::new(1), TestRng::new(2));
        let config = ServerConfig { mtu: mtu(method), ..ServerConfig::default() };
        let mut server = Server::new(config, 0);
        let mut last = None;
        for line in lines {
            match line {
                Line::New => server = Server::new(config, 0),
                Line::In(packet) => {
                    server.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
                    while let Some(output) = server.poll_output() {
                        let answer = match output {
                            ServerOutput::Ask(Ask::Subscriber(ask)) => {
                                Answer::Subscriber(Box::new(home.answer(&ask, &mut home_rng)))
                            }
                            ServerOutput::Ask(_) => {
                                Answer::User(Box::new(User { methods: vec![served(method)], ..User::default() }))
                            }
                            ServerOutput::Note(Note::Subscriber(news)) => {
                                home.remember(&news);
                                continue;
                            }
                            ServerOutput::Success { keys, .. } => {
                                last = keys;
                                continue;
                            }
                            ServerOutput::Failure { error, .. } => panic!("{method}: {error}"),
                            _ => continue,
                        };
                        server.answer(answer, &mut env(Instant::ZERO, &mut rng));
                    }
                }
                Line::Msk(msk) => {
                    assert_eq!(last.take().unwrap().msk.as_bytes(), msk, "{method}");
                    seen.push(method);
                }
            }
        }
    }
    assert_eq!(names(&seen), "PSK PAX SAKE SIM SIM AKA AKA AKA' AKA' GPSK GPSK EKE EKE EKE EKE IKEV2 ");
}

/// A whole conversation, and two that take its keys.
#[test]
fn our_peer_and_hostapd_re_authenticate_and_come_to_the_same_keys() {
    let lines = methods(include_str!("erp.txt")).remove(0).1;
    let credentials = Credentials {
        methods: vec![MethodType::GPSK],
        identity: Some(b"alice@example.org".to_vec()),
        password: Some(Password::Plain(Secret::from(key(MethodType::GPSK)))),
        erp: true,
        ..Credentials::default()
    };
    let mut rng = TestRng::new(1);
    let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials));
    let (mut last, mut seen) = (None, 0);
    for line in lines {
        match line {
            Line::New => peer.restart(),
            Line::In(packet) => {
                peer.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
                while let Some(output) = peer.poll_output() {
                    if let PeerOutput::Success(method, keys) = output {
                        assert_eq!(method, (seen == 0).then_some(MethodType::GPSK));
                        last = keys;
                    }
                }
            }
            Line::Msk(msk) => {
                assert_eq!(last.take().unwrap().msk.as_bytes(), msk);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 3);
}
