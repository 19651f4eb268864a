//! EAP: packets, and both machines with every method, fed whatever comes.

use std::sync::Arc;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::erp::{ErpAnswer, ErpFinish, ErpPeer, ErpStore};
use eap::methods::eke::EkeServer;
use eap::methods::gpsk::GpskServer;
use eap::methods::ikev2::Ikev2Server;
use eap::methods::md5::Md5Server;
use eap::methods::mschapv2::MsChapV2Server;
use eap::methods::pax::PaxServer;
use eap::methods::peap::PeapServer;
use eap::methods::psk::PskServer;
use eap::methods::pwd::{PwdSecret, PwdServer};
use eap::methods::sake::SakeServer;
use eap::methods::sim::{Home, Kind, Milenage, SimCard, SimCredentials, SimServer, SimServerConfig};
use eap::methods::teap::{TeapInner, TeapServer, TeapStep};
use eap::methods::tls::TlsServer;
use eap::methods::token::GtcServer;
use eap::methods::ttls::{TtlsInner, TtlsServer};
use eap::packet::{Body, Code, Packet, write, write_body};
use eap::{
    Answer, Ask, Credentials, Env, Keys, MethodType, Nak, Password, Peer, PeerConfig, PeerOutput, Server, ServerConfig,
    ServerMethod, ServerOutput, TunnelCredentials, User,
};
use wire::Instant;

/// What is read must come back the same after it was written.
pub(crate) fn packets(data: &[u8]) {
    let again = |code, body: Body<'_>| {
        let _ = Nak::parse(&body);
        let _ = eap::fragment::TlsFrame::parse(body.data).map(|frame| frame.write());
        let written = write_body(code, body.identifier, body.method, body.expanded, body.data);
        assert_eq!(written.as_deref(), Ok(body.whole), "a packet did not come back the same");
    };
    match Packet::parse(data) {
        Ok(Packet::Request(body)) => again(Code::Request, body),
        Ok(Packet::Response(body)) => again(Code::Response, body),
        Ok(Packet::Initiate { identifier, data, whole }) => {
            re_authentication(whole);
            let written = write(Code::Initiate, identifier, |writer| {
                writer.put(data);
            });
            assert_eq!(written.as_deref(), Ok(whole));
        }
        Ok(Packet::Finish { whole, .. }) => re_authentication(whole),
        Ok(Packet::Success { .. } | Packet::Failure { .. }) | Err(_) => {}
    }
}

/// Keys of an earlier conversation, which whoever sends does not have.
fn earlier() -> Keys {
    let secret = |octet| Secret::from(vec![octet; 64]);
    Keys { msk: secret(1), emsk: Some(secret(2)), session_id: Some(vec![51, 3]) }
}

fn re_authentication(packet: &[u8]) {
    let _ = eap::erp::key_name(packet);
    let mut store = ErpStore::new(b"example.org".to_vec(), 4, core::time::Duration::from_secs(60));
    assert!(store.add(&earlier(), b"alice", Instant::ZERO));
    let answer = store.handle(packet, Instant::ZERO);
    assert!(!matches!(answer, Ok(ErpAnswer::Success { .. })), "a peer without the key was believed");
    let Some(mut peer) = ErpPeer::new(&earlier(), b"example.org") else { return };
    let answer = peer.finish(packet, 0, Instant::ZERO);
    assert!(!matches!(answer, Ok(ErpFinish::Success(_))), "a server without the key was believed");
}

/// Packets behind lengths of two octets.
fn sequence(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk::<2>()?;
        let (packet, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        data = rest;
        Some(packet)
    })
}

fn password() -> Password {
    Password::Plain(Secret::from(*b"a password that no input holds"))
}

/// A station with a password that whoever sends does not have, and with keys of the lengths that some methods need.
pub(crate) fn peer(data: &[u8]) {
    for password in [password(), Password::Plain(Secret::from([0x5a; 16])), Password::Plain(Secret::from([0x5a; 32]))] {
        peer_with(data, password);
    }
}

fn peer_with(data: &[u8], password: Password) {
    let credentials = Credentials {
        methods: eap::methods::all().collect(),
        identity: Some(b"alice@example.org".to_vec()),
        erp: true,
        earlier: ErpPeer::new(&earlier(), b"example.org"),
        password: Some(password),
        sim: Some(SimCredentials::new(SimCard::Milenage(Milenage::new([0x46; 16], [0xcd; 16])))),
        tunnel: crate::tls::endpoints()
            .map(|(endpoint, _)| TunnelCredentials::new(endpoint, vec![MethodType::MSCHAPV2, MethodType::GTC])),
        ..Credentials::default()
    };
    let mut rng = TestRng::new(1);
    let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials));
    for packet in sequence(data) {
        let mut env = Env { now: Instant::ZERO, wall: Some(tls::testing::NOW.0), rng: &mut rng };
        let _ = peer.handle_packet(packet, &mut env);
        while let Some(output) = peer.poll_output() {
            if matches!(output, PeerOutput::Ask(_)) {
                peer.answer(Answer::Unavailable, &mut env);
            }
        }
    }
    assert!(!peer.is_authenticated(), "a server without the password was believed");
}

/// A server whose peer does not have the password; the first octet says which method it proposes first.
pub(crate) fn server(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let mut rng = TestRng::new(1);
    let mut server = Server::new(ServerConfig { key_required: false, ..ServerConfig::default() }, 0);
    server.start();
    let mut home = Home::new();
    home.add(b"0232010000000000", Milenage::new([0x46; 16], [0xcd; 16]), 0);
    for packet in sequence(data) {
        let mut env = Env { now: Instant::ZERO, wall: Some(tls::testing::NOW.0), rng: &mut rng };
        let _ = server.handle_packet(packet, &mut env);
        while let Some(output) = server.poll_output() {
            match output {
                ServerOutput::Ask(Ask::Subscriber(ask)) => {
                    let answer = home.answer(&ask, &mut TestRng::new(2));
                    server.answer(Answer::Subscriber(Box::new(answer)), &mut env);
                }
                ServerOutput::Ask(_) => {
                    let user = User {
                        password: Some(password()),
                        ttls: vec![TtlsInner::Pap, TtlsInner::Chap, TtlsInner::MsChap, TtlsInner::MsChapV2],
                        methods: methods(usize::from(*choice)),
                    };
                    server.answer(Answer::User(Box::new(user)), &mut env);
                }
                ServerOutput::Success { method, .. } => {
                    assert_eq!(method, MethodType::IDENTITY, "a peer without the password was believed");
                }
                ServerOutput::Send(packet) => assert!(Packet::parse(&packet).is_ok()),
                ServerOutput::Note(_) | ServerOutput::Refused(_) | ServerOutput::Failure { .. } => {}
            }
        }
    }
}

fn methods(first: usize) -> Vec<Box<dyn ServerMethod>> {
    let secret = || Secret::from(*b"a password that no input holds");
    let mut all: Vec<Box<dyn ServerMethod>> = vec![
        Box::new(Md5Server::new(secret())),
        Box::new(GtcServer::new(b"Password:".to_vec(), secret())),
        Box::new(MsChapV2Server::new(b"server".to_vec(), &password())),
    ];
    if let Some((_, endpoint)) = crate::tls::endpoints() {
        all.push(Box::new(TlsServer::new(Arc::clone(&endpoint))));
        all.push(Box::new(PeapServer::new(Arc::clone(&endpoint), 1)));
        let steps = [TeapInner::Eap, TeapInner::Password].map(|how| TeapStep { how, identity: None, is_strict: false });
        all.push(Box::new(TeapServer::new(Arc::clone(&endpoint), b"home".to_vec(), steps.to_vec())));
        all.push(Box::new(TtlsServer::new(endpoint)));
    }
    all.push(Box::new(PwdServer::new(b"server".to_vec(), PwdSecret::Password(password()), 19)));
    for kind in [Kind::Sim, Kind::Aka, Kind::AkaPrime] {
        let config = SimServerConfig {
            network: b"WLAN".to_vec(),
            pseudonyms: true,
            fast_reauth: true,
            ..SimServerConfig::default()
        };
        all.push(Box::new(SimServer::new(kind, config)));
    }
    let key = |octets| Secret::from(vec![0x5a; octets]);
    all.push(Box::new(PskServer::new(b"server".to_vec(), b"alice".to_vec(), key(16))));
    all.push(Box::new(PaxServer::new(b"alice".to_vec(), key(16))));
    all.push(Box::new(SakeServer::new(b"server".to_vec(), b"alice".to_vec(), key(32))));
    all.push(Box::new(GpskServer::new(b"server".to_vec(), b"alice".to_vec(), key(32))));
    all.push(Box::new(EkeServer::new(b"server".to_vec(), b"alice".to_vec(), key(16))));
    all.push(Box::new(Ikev2Server::new(b"server".to_vec(), b"alice".to_vec(), key(16))));
    let by = first.checked_rem(all.len()).unwrap_or(0);
    all.rotate_left(by);
    all
}
