//! Both sides of TTLS with everything that may be inside.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use tls::Versions;
use wire::Instant;

use super::kit::{Helper, Pair, WALL, password, survives_bad_links, user};
use super::tunnels::{BOTH, Ends, ends, pair, profile};
use crate::fragment::TlsFrame;
use crate::methods::mschapv2::MsChapV2Server;
use crate::methods::ttls::{TtlsInner, TtlsServer};
use crate::packet::Body;
use crate::tunnel::{Channel, Taken};
use crate::{
    Answer, Ask, Blame, Context, Credentials, EapError, Keys, MethodType, Password, ServerMethod, ServerOutput,
    ServerStep, User,
};

const ALL: [TtlsInner; 5] = [TtlsInner::Pap, TtlsInner::Chap, TtlsInner::MsChap, TtlsInner::MsChapV2, TtlsInner::Eap];

fn credentials(ends: &Ends, inner: TtlsInner, secret: &str) -> Credentials {
    let mut credentials = profile(ends, MethodType::TTLS, secret);
    credentials.tunnel.as_mut().unwrap().ttls = inner;
    credentials
}

fn server(ends: &Ends, known: Password, allowed: &'static [TtlsInner]) -> Helper {
    let endpoint = Arc::clone(&ends.server);
    Box::new(move |ask| {
        let mut user = User::default();
        match ask {
            Ask::User { identity, inner: true } => {
                assert_eq!(identity, b"alice");
                user.password = Some(known.clone());
                user.ttls = allowed.to_vec();
                user.methods = vec![Box::new(MsChapV2Server::new(b"server".to_vec(), &known))];
            }
            Ask::User { identity, inner: false } => {
                assert_eq!(identity, b"anonymous");
                user.methods = vec![Box::new(TtlsServer::new(Arc::clone(&endpoint)))];
            }
            other => panic!("{other:?}"),
        }
        Answer::User(Box::new(user))
    })
}

fn asked(pair: &Pair) -> usize {
    pair.server_said.iter().filter(|said| matches!(said, ServerOutput::Ask(_))).count()
}

#[test]
fn every_way_inside_lets_the_right_password_in_and_is_not_needed_for_an_earlier_session() {
    for versions in BOTH {
        for inner in ALL {
            let ends = ends(versions, false, true);
            for round in 0..2 {
                let mut pair = pair(credentials(&ends, inner, "secret"), server(&ends, password("secret"), &ALL));
                let ended = pair.run();
                assert!(ended.peer.is_ok(), "{versions:?} {inner:?} round {round}: {ended:?}");
                assert_eq!(ended.peer, ended.server);
                assert_eq!(ended.identity, b"alice", "the one from inside");
                assert!(!pair.sent.iter().any(|(_, packet)| packet.windows(5).any(|window| window == b"alice")));
                assert_eq!(asked(&pair), 2 - round, "{versions:?} {inner:?}");
            }
        }
    }
}

#[test]
fn every_way_inside_refuses_a_wrong_password_and_keeps_no_session() {
    for versions in BOTH {
        for inner in ALL {
            let ends = ends(versions, false, true);
            for _ in 0..2 {
                let ended = pair(credentials(&ends, inner, "wrong"), server(&ends, password("secret"), &ALL)).run();
                assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials, "{versions:?} {inner:?}");
                assert!(matches!(ended.peer.unwrap_err().blame(), Blame::Credentials | Blame::Refused));
            }
            let mut right = pair(credentials(&ends, inner, "secret"), server(&ends, password("secret"), &ALL));
            assert!(right.run().peer.is_ok());
            assert_eq!(asked(&right), 2, "a session that was never authenticated inside was taken up again");
        }
    }
}

#[test]
fn a_user_gets_in_only_by_the_ways_that_are_allowed() {
    let ends = ends(Versions::ONLY_TLS13, false, true);
    for inner in [TtlsInner::Pap, TtlsInner::Chap, TtlsInner::MsChap, TtlsInner::MsChapV2] {
        let ended = pair(credentials(&ends, inner, "secret"), server(&ends, password("secret"), &[])).run();
        let error = ended.server.unwrap_err();
        assert_eq!(error.blame(), Blame::Credentials);
        assert!(alloc::format!("{error}").contains(inner.name()), "{error}");
    }
}

#[test]
fn a_password_hash_is_enough_for_pap_at_the_server_and_for_mschap_on_both_sides() {
    let hash = Password::NtHash(crypto::mschap::nt_password_hash(b"secret"));
    for inner in ALL {
        let ends = ends(Versions::ONLY_TLS12, false, true);
        let ended = pair(credentials(&ends, inner, "secret"), server(&ends, hash.clone(), &ALL)).run();
        assert_eq!(ended.server.is_ok(), inner != TtlsInner::Chap, "{inner:?}");
        ends.client.forget();
        let hashed = Credentials { password: Some(hash.clone()), ..credentials(&ends, inner, "") };
        let ended = pair(hashed, server(&ends, password("secret"), &ALL)).run();
        assert_eq!(ended.peer.is_ok(), !matches!(inner, TtlsInner::Pap | TtlsInner::Chap), "{inner:?}");
    }
}

#[test]
fn what_is_not_given_is_asked_for_inside_of_the_tunnel() {
    for inner in ALL {
        let ends = ends(Versions::ONLY_TLS13, false, true);
        let nothing = Credentials { identity: None, password: None, ..credentials(&ends, inner, "") };
        let mut pair = pair(nothing.clone(), server(&ends, password("secret"), &ALL));
        pair.peer_helper = Box::new(|ask| match ask {
            Ask::Identity => Answer::Text(crypto::Secret::from(*b"alice")),
            Ask::Password => Answer::Password(password("secret")),
            other => panic!("{other:?}"),
        });
        let ended = pair.run();
        // MSCHAPv2 as a method of EAP wants its identity before it is started; the machine inside asks for it.
        assert!(ended.peer.is_ok(), "{inner:?} {ended:?}");
        let mut pair = super::tunnels::pair(nothing, server(&ends, password("secret"), &ALL));
        ends.client.forget();
        pair.peer_helper = Box::new(|_| Answer::Unavailable);
        assert_eq!(pair.run().peer.unwrap_err().blame(), Blame::Local, "{inner:?}");
    }
}

#[test]
fn ttls_survives_loss_duplication_reordering_and_replay() {
    for versions in BOTH {
        let ends = ends(versions, false, true);
        for inner in ALL {
            survives_bad_links(|| {
                Pair::new(credentials(&ends, inner, "secret"), server(&ends, password("secret"), &ALL))
            });
        }
    }
}

type Says = fn(&mut Channel) -> Vec<u8>;

/// Has the certificate and not the password: says what it likes once the tunnel stands.
#[derive(Debug)]
struct Impostor {
    channel: Channel,
    says: Says,
    is_said: bool,
}

impl ServerMethod for Impostor {
    fn method_type(&self) -> MethodType {
        MethodType::TTLS
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(vec![0x20])
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = TlsFrame::parse(response.data).unwrap();
        if self.channel.take(&frame, cx.wall) == Ok(Taken::Fragment) {
            return ServerStep::Request(self.channel.empty_frame());
        }
        if self.is_said && !self.channel.is_sending() {
            // As if all were well: the peer must know better.
            return ServerStep::Succeed;
        }
        if !self.channel.is_handshaking() && !self.is_said && !self.channel.session().plaintext().is_empty() {
            self.is_said = true;
            let said = (self.says)(&mut self.channel);
            self.channel.session().send(&said).unwrap();
        }
        ServerStep::Request(self.channel.frame(cx.room))
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        Some(Keys { msk: crypto::Secret::from([0; 64]), emsk: None, session_id: None })
    }
}

/// Of the kind of CVE-2023-52160: the server says that all is well and has proved nothing inside.
#[test]
fn a_server_that_cannot_prove_itself_inside_is_not_believed_and_its_session_not_kept() {
    // The identifier is known to whoever has the tunnel; the proof is not.
    let proof = |channel: &mut Channel| {
        let mut material = [0; 17];
        channel.session().export("ttls challenge", None, &mut material).unwrap();
        let head = [&[0, 0, 0, 26, 0xc0, 0, 0, 55, 0, 0, 1, 55][..], &material[16..]].concat();
        [&head[..], b"S=0123456789ABCDEF0123456789ABCDEF01234567\0"].concat()
    };
    let cases: [(TtlsInner, Says); 4] = [
        (TtlsInner::MsChapV2, |_| vec![0]),
        (TtlsInner::MsChapV2, proof),
        (TtlsInner::Eap, |_| vec![0]),
        (TtlsInner::Eap, |_| vec![0, 0, 0, 79, 0x40, 0, 0, 12, 3, 0, 0, 4]),
    ];
    for (inner, says) in cases {
        let ends = ends(Versions::ONLY_TLS13, false, true);
        let endpoint = Arc::clone(&ends.server);
        let helper = user(move || {
            let mut rng = crypto::testing::TestRng::new(1);
            let mut notes = Vec::new();
            let cx = Context {
                now: Instant::ZERO,
                wall: Some(WALL),
                rng: &mut rng,
                identifier: 0,
                room: 1000,
                notes: &mut notes,
            };
            let channel = Channel::server(&endpoint, MethodType::TTLS, 0, &cx).unwrap();
            let method: Box<dyn ServerMethod> = Box::new(Impostor { channel, says, is_said: false });
            vec![method]
        });
        let ended = pair(credentials(&ends, inner, "secret"), helper).run();
        let error: EapError = ended.peer.unwrap_err();
        assert!(matches!(error.blame(), Blame::Credentials | Blame::Silence | Blame::Protocol), "{inner:?} {error}");
        let mut next = pair(credentials(&ends, inner, "secret"), server(&ends, password("secret"), &ALL));
        assert!(next.run().peer.is_ok());
        assert_eq!(asked(&next), 2, "the session of the impostor was taken up again");
    }
}
