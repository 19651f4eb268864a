//! Both sides of the methods with TLS, and whoever has a certificate but no password.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use tls::testing::{Authority, NOW, Wanted};
use tls::{
    Backend as _, ClientCertificates, ClientProfile, Endpoint, NameRules, Revocation, Rustls, ServerProfile, Versions,
};

use super::kit::{Helper, Pair, credentials, in_step, in_step_with, password, survives_bad_links, user};
use crate::fragment::TlsFrame;
use crate::methods::mschapv2::MsChapV2Server;
use crate::methods::peap::PeapServer;
use crate::methods::tls::TlsServer;
use crate::packet::Body;
use crate::tunnel::{Channel, Taken};
use crate::{
    Answer, Ask, Blame, Context, Credentials, CryptoBinding, EapError, Keys, MethodType, Note, PeerConfig,
    ServerConfig, ServerMethod, ServerStep, TunnelCredentials, User,
};

pub(super) const BOTH: [Versions; 2] = [Versions::ONLY_TLS12, Versions::ONLY_TLS13];

pub(super) struct Ends {
    pub(super) client: Arc<dyn Endpoint>,
    pub(super) server: Arc<dyn Endpoint>,
}

/// `known` is whether the server's certificate comes from whom the client trusts.
pub(super) fn ends(versions: Versions, with_client: bool, known: bool) -> Ends {
    let ca = Authority::root("Test CA", NOW);
    let made = ca.issue(&Wanted::server("radius.example.com", &["radius.example.com"]));
    let other = Authority::root("Other CA", NOW);
    let client = ClientProfile {
        trust: if known { ca.trust() } else { other.trust() },
        names: NameRules::default(),
        revocation: Revocation::default(),
        time_checks: true,
        identity: with_client.then(|| ca.issue(&Wanted::client("alice")).identity()),
        versions,
        suite_b_192: false,
        resumption: true,
    };
    let clients = if with_client { ClientCertificates::Required(ca.trust()) } else { ClientCertificates::NotAsked };
    let server = ServerProfile {
        identity: made.identity(),
        ocsp_response: Vec::new(),
        clients,
        names: NameRules::default(),
        revocation: Revocation::default(),
        versions,
        suite_b_192: false,
        session_lifetime: Duration::from_secs(3600),
        sessions: 16,
    };
    Ends { client: Rustls.client(client).unwrap().into(), server: Rustls.server(server).unwrap().into() }
}

pub(super) fn profile(ends: &Ends, method: MethodType, secret: &str) -> Credentials {
    let tunnel = TunnelCredentials {
        crypto_binding: CryptoBinding::Required,
        ..TunnelCredentials::new(Arc::clone(&ends.client), vec![MethodType::MSCHAPV2])
    };
    Credentials {
        tunnel: Some(tunnel),
        anonymous_identity: Some(b"anonymous".to_vec()),
        ..credentials(&[method], secret)
    }
}

pub(super) fn pair(credentials: Credentials, helper: Helper) -> Pair {
    // Small packets: every flight is cut up.
    let peer = PeerConfig { mtu: 300, ..PeerConfig::default() };
    let server = ServerConfig { mtu: 300, ..ServerConfig::default() };
    Pair::with(peer, server, credentials, helper)
}

fn tls(ends: &Ends) -> Helper {
    let endpoint = Arc::clone(&ends.server);
    user(move || {
        let method: Box<dyn ServerMethod> = Box::new(TlsServer::new(Arc::clone(&endpoint)));
        vec![method]
    })
}

fn peap(ends: &Ends, version: u8) -> Helper {
    let endpoint = Arc::clone(&ends.server);
    Box::new(move |ask| {
        let method: Box<dyn ServerMethod> = match ask {
            Ask::User { identity, inner: true } => {
                assert_eq!(identity, b"alice");
                Box::new(MsChapV2Server::new(b"server".to_vec(), &password("secret")))
            }
            Ask::User { identity, inner: false } => {
                assert_eq!(identity, b"anonymous");
                Box::new(PeapServer::new(Arc::clone(&endpoint), version))
            }
            other => panic!("{other:?}"),
        };
        Answer::User(Box::new(User { methods: vec![method], ..User::default() }))
    })
}

#[test]
fn eap_tls_agrees_on_keys_in_both_versions_and_again_from_an_earlier_session() {
    for versions in BOTH {
        let ends = ends(versions, true, true);
        let mut seen = Vec::new();
        for round in 0..2 {
            let mut pair = pair(profile(&ends, MethodType::TLS, ""), tls(&ends));
            let ended = pair.run();
            assert!(ended.peer.is_ok(), "{versions:?}: {ended:?}");
            assert_eq!(ended.peer, ended.server);
            let keys = ended.peer.unwrap().unwrap();
            assert_eq!((keys.msk.len(), keys.emsk.as_ref().map(crypto::Secret::len)), (64, Some(64)));
            assert!(!seen.contains(&keys.msk));
            seen.push(keys.msk);
            let certificates = pair.notes().filter(|note| matches!(note, Note::Certificate(_))).count();
            assert_eq!(certificates > 0, round == 0, "an earlier session shows no certificates");
        }
    }
}

#[test]
fn eap_tls_and_peap_survive_loss_duplication_reordering_and_replay() {
    for versions in BOTH {
        let certificates = ends(versions, true, true);
        survives_bad_links(|| Pair::new(profile(&certificates, MethodType::TLS, ""), tls(&certificates)));
        let passwords = ends(versions, false, true);
        survives_bad_links(|| Pair::new(profile(&passwords, MethodType::PEAP, "secret"), peap(&passwords, 0)));
    }
}

#[test]
fn a_server_of_another_authority_is_refused_and_sees_why() {
    for versions in BOTH {
        let ends = ends(versions, false, false);
        for (method, helper) in [(MethodType::TLS, tls(&ends)), (MethodType::PEAP, peap(&ends, 0))] {
            let ended = pair(profile(&ends, method, "secret"), helper).run();
            assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials);
            assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused, "the alert says it");
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    for versions in BOTH {
        let (with, without) = (ends(versions, true, true), ends(versions, false, true));
        let ended = pair(profile(&without, MethodType::TLS, ""), tls(&with)).run();
        assert!(ended.peer.is_err() && ended.server.is_err());
        // Nor where the server's endpoint, made for passwords, does not even ask for one.
        let ended = pair(profile(&without, MethodType::TLS, ""), tls(&without)).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
    }
}

#[test]
fn peap_binds_both_conversations_in_both_versions_of_tls_and_of_its_own() {
    for versions in BOTH {
        for version in [0, 1] {
            let ends = ends(versions, false, true);
            let mut credentials = profile(&ends, MethodType::PEAP, "secret");
            for round in 0..2 {
                let mut pair = pair(credentials.clone(), peap(&ends, version));
                let ended = pair.run();
                assert!(ended.peer.is_ok(), "{versions:?} PEAP{version} round {round}: {ended:?}");
                assert_eq!(ended.peer, ended.server);
                assert_eq!(ended.identity, b"alice", "the one from inside");
                assert!(!pair.sent.iter().any(|(_, packet)| packet.windows(5).any(|window| window == b"alice")));
                let asked = pair.server_said.iter().filter(|said| matches!(said, crate::ServerOutput::Ask(_))).count();
                assert_eq!(asked, 2 - round, "an earlier session needs no authentication inside");
            }
            credentials.password = Some(password("wrong"));
            ends.client.forget();
            let ended = pair(credentials, peap(&ends, version)).run();
            assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
            assert!(matches!(ended.peer.unwrap_err().blame(), Blame::Credentials | Blame::Refused));
        }
    }
}

/// Whoever is on the air sends an EAP-Success that fits after each answer of the station. In TLS 1.3 the server has said
/// by then under protection that all is well, or it is not believed (RFC 9190 2.1.1, [MS-PEAP] 3.1.5.6, RFC 9930 3.3.4).
#[test]
fn no_success_is_believed_before_the_server_has_said_so_under_protection() {
    for method in [MethodType::TLS, MethodType::PEAP, MethodType::TEAP] {
        let ends = ends(Versions::ONLY_TLS13, method == MethodType::TLS, true);
        let helper = || match method {
            MethodType::TLS => tls(&ends),
            MethodType::PEAP => peap(&ends, 0),
            _ => super::teap::server(&ends, &[super::teap::EAP], MethodType::MSCHAPV2),
        };
        let (ended, requests) = in_step(profile(&ends, method, "secret"), &mut helper(), |_, _| {});
        assert!(ended.peer.is_ok(), "{method}: {ended:?}");
        ends.client.forget();
        let identifier = core::cell::Cell::new(0);
        let mut believed = Vec::new();
        let (ended, _) = in_step_with(
            profile(&ends, method, "secret"),
            &mut helper(),
            |_, packet| identifier.set(packet[1]),
            |number, peer| {
                let mut rng = crypto::testing::TestRng::new(1);
                let mut env = super::kit::env(wire::Instant::ZERO, &mut rng);
                let _ = peer.handle_packet(&[3, identifier.get(), 0, 4], &mut env);
                if peer.is_authenticated() {
                    believed.push(number);
                }
            },
        );
        assert!(ended.peer.is_ok(), "{method}: {ended:?}");
        assert_eq!(believed, [requests - 1], "{method}: of {requests} Requests");
    }
}

/// Has the certificate and not the password: says at once that all is well.
#[derive(Debug)]
struct Impostor {
    channel: Option<Channel>,
}

impl ServerMethod for Impostor {
    fn method_type(&self) -> MethodType {
        MethodType::PEAP
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(vec![0x20])
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let channel = self.channel.as_mut().unwrap();
        let frame = TlsFrame::parse(response.data).unwrap();
        if channel.take(&frame, cx.wall) == Ok(Taken::Fragment) {
            return ServerStep::Request(channel.empty_frame());
        }
        if let Some(data) = channel.next_frame(cx.room) {
            return ServerStep::Request(data);
        }
        let plaintext = channel.session().plaintext();
        if plaintext.is_empty() {
            let success = [1, cx.identifier, 0, 11, 33, 0x80, 3, 0, 2, 0, 1];
            channel.session().keep(b"\x19alice");
            channel.session().send(&success).unwrap();
            return ServerStep::Request(channel.frame(cx.room));
        }
        assert_eq!(plaintext[4..], [33, 0x80, 3, 0, 2, 0, 2], "the peer says that it has failed");
        ServerStep::Fail(EapError::refused("the peer was not taken in"))
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        None
    }
}

/// As freeradius does it: an earlier session is said to be taken up with an octet of zero, and then with the result.
#[derive(Debug)]
struct SaysZero {
    channel: Channel,
    says: bool,
    rounds: usize,
}

impl ServerMethod for SaysZero {
    fn method_type(&self) -> MethodType {
        MethodType::PEAP
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(vec![0x20])
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = TlsFrame::parse(response.data).unwrap();
        self.channel.take(&frame, cx.wall).unwrap();
        if let Some(data) = self.channel.next_frame(cx.room) {
            return ServerStep::Request(data);
        }
        assert!(self.channel.is_resumed());
        let plaintext = self.channel.session().plaintext();
        self.rounds += 1;
        match self.rounds {
            1 if self.says => self.channel.session().send(&[0]).unwrap(),
            1 | 2 if plaintext.is_empty() => {
                self.channel.session().send(&[1, cx.identifier, 0, 11, 33, 0x80, 3, 0, 2, 0, 1]).unwrap();
            }
            _ => {
                assert_eq!(plaintext[4..], [33, 0x80, 3, 0, 2, 0, 1], "the peer says that it has succeeded");
                return ServerStep::Succeed;
            }
        }
        ServerStep::Request(self.channel.frame(cx.room))
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.channel.keys("client EAP encryption").ok().map(|(_, keys)| keys)
    }
}

#[test]
fn a_server_of_peap_may_say_with_an_octet_of_zero_that_an_earlier_session_is_taken_up() {
    for says in [false, true] {
        let ends = ends(Versions::ONLY_TLS13, false, true);
        assert!(in_step(profile(&ends, MethodType::PEAP, "secret"), &mut peap(&ends, 0), |_, _| {}).0.peer.is_ok());
        let endpoint = Arc::clone(&ends.server);
        let mut lenient = profile(&ends, MethodType::PEAP, "secret");
        lenient.tunnel.as_mut().unwrap().crypto_binding = CryptoBinding::Off;
        let mut helper = user(move || {
            let mut rng = crypto::testing::TestRng::new(1);
            let cx = Context {
                now: wire::Instant::ZERO,
                wall: Some(super::kit::WALL),
                rng: &mut rng,
                identifier: 0,
                room: 1000,
                notes: &mut Vec::new(),
            };
            let channel = Channel::server(&endpoint, MethodType::PEAP, 0, &cx).unwrap();
            let method: Box<dyn ServerMethod> = Box::new(SaysZero { channel, says, rounds: 0 });
            vec![method]
        });
        let (ended, _) = in_step(lenient, &mut helper, |_, _| {});
        assert!(ended.peer.is_ok(), "{says}: {ended:?}");
        assert_eq!(ended.peer, ended.server, "{says}");
    }
}

/// CVE-2023-52160.
#[test]
fn peap_without_the_authentication_inside_is_no_success() {
    let ends = ends(Versions::ONLY_TLS12, false, true);
    let endpoint = Arc::clone(&ends.server);
    let mut lenient = profile(&ends, MethodType::PEAP, "secret");
    lenient.tunnel.as_mut().unwrap().crypto_binding = CryptoBinding::Optional;
    let helper = user(move || {
        let mut rng = crypto::testing::TestRng::new(1);
        let cx = Context {
            now: wire::Instant::ZERO,
            wall: Some(super::kit::WALL),
            rng: &mut rng,
            identifier: 0,
            room: 1000,
            notes: &mut Vec::new(),
        };
        let channel = Channel::server(&endpoint, MethodType::PEAP, 0, &cx).unwrap();
        let method: Box<dyn ServerMethod> = Box::new(Impostor { channel: Some(channel) });
        vec![method]
    });
    let ended = pair(lenient.clone(), helper).run();
    assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials);
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    // Nor does it help to have the session taken up again: the peer has forgotten it.
    let mut next = pair(lenient, peap(&ends, 0));
    assert!(next.run().peer.is_ok());
    let asked = next.server_said.iter().filter(|said| matches!(said, crate::ServerOutput::Ask(_))).count();
    assert_eq!(asked, 2, "the session of the impostor was taken up again");
}

#[test]
fn a_session_of_one_method_is_not_taken_up_again_by_another() {
    for versions in BOTH {
        let ends = ends(versions, false, true);
        assert!(pair(profile(&ends, MethodType::PEAP, "secret"), peap(&ends, 0)).run().peer.is_ok());
        let ended = pair(profile(&ends, MethodType::TLS, ""), tls(&ends)).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials, "{versions:?}");
    }
}
