//! TEAP: both sides, and whoever has a certificate but no password.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::kit::{Helper, Pair, password, survives_bad_links};
use super::tunnels::{BOTH, Ends, ends, pair, profile};
use crate::fragment::TlsFrame;
use crate::methods::mschapv2::MsChapV2Server;
use crate::methods::pwd::{PwdSecret, PwdServer};
use crate::methods::teap::{TeapIdentity, TeapInner, TeapServer, TeapStep};
use crate::packet::Body;
use crate::tunnel::{Channel, Taken};
use crate::{
    Answer, Ask, Blame, Context, Credentials, EapError, Keys, MachineCredentials, MethodType, ServerMethod,
    ServerOutput, ServerStep, User,
};

const fn step(how: TeapInner) -> TeapStep {
    TeapStep { how, identity: None, is_strict: false }
}

pub(super) const EAP: TeapStep = step(TeapInner::Eap);
const PASSWORD: TeapStep = step(TeapInner::Password);

pub(super) fn server(ends: &Ends, steps: &[TeapStep], inner: MethodType) -> Helper {
    let (endpoint, steps) = (Arc::clone(&ends.server), steps.to_vec());
    Box::new(move |ask| {
        let mut user = User { password: Some(password("secret")), ..User::default() };
        match ask {
            Ask::User { identity, inner: true } => {
                if identity == b"alice" {
                    user.methods.push(match inner {
                        MethodType::PWD => {
                            Box::new(PwdServer::new(b"server".to_vec(), PwdSecret::Password(password("secret")), 19))
                        }
                        _ => Box::new(MsChapV2Server::new(b"server".to_vec(), &password("secret"))),
                    });
                } else {
                    return Answer::Unavailable;
                }
            }
            Ask::User { inner: false, .. } => {
                user.methods.push(Box::new(TeapServer::new(Arc::clone(&endpoint), b"home".to_vec(), steps.clone())));
            }
            other => panic!("{other:?}"),
        }
        Answer::User(Box::new(user))
    })
}

fn credentials(ends: &Ends, inner: MethodType) -> Credentials {
    let mut credentials = profile(ends, MethodType::TEAP, "secret");
    credentials.tunnel.as_mut().unwrap().inner = vec![inner];
    credentials
}

fn asked(pair: &Pair) -> usize {
    pair.server_said.iter().filter(|said| matches!(said, ServerOutput::Ask(Ask::User { inner: true, .. }))).count()
}

#[test]
fn each_way_inside_agrees_on_keys_in_both_versions_of_tls_and_again_from_an_earlier_session() {
    let ways: [(&[TeapStep], MethodType); 5] = [
        (&[EAP], MethodType::MSCHAPV2),
        // It has an EMSK.
        (&[EAP], MethodType::PWD),
        (&[PASSWORD], MethodType::MSCHAPV2),
        (&[EAP, PASSWORD], MethodType::PWD),
        (&[PASSWORD, EAP], MethodType::MSCHAPV2),
    ];
    for versions in BOTH {
        for (steps, inner) in ways {
            let ends = ends(versions, false, true);
            let credentials = credentials(&ends, inner);
            let mut seen = Vec::new();
            for round in 0..2 {
                let mut pair = pair(credentials.clone(), server(&ends, steps, inner));
                let ended = pair.run();
                assert!(ended.peer.is_ok(), "{versions:?} {steps:?} {inner} round {round}: {ended:?}");
                assert_eq!(ended.peer, ended.server);
                assert_eq!(ended.identity, b"alice", "the one from inside");
                assert!(!pair.sent.iter().any(|(_, packet)| packet.windows(5).any(|window| window == b"alice")));
                assert_eq!(asked(&pair), if round == 0 { steps.len() } else { 0 });
                let keys = ended.peer.unwrap().unwrap();
                assert_eq!((keys.msk.len(), keys.emsk.as_ref().unwrap().len()), (64, 64));
                assert!(!seen.contains(&keys.msk));
                seen.push(keys.msk);
            }
        }
    }
}

#[test]
fn teap_survives_loss_duplication_reordering_and_replay() {
    for versions in BOTH {
        let ends = ends(versions, false, true);
        survives_bad_links(|| {
            Pair::new(credentials(&ends, MethodType::MSCHAPV2), server(&ends, &[EAP, PASSWORD], MethodType::MSCHAPV2))
        });
    }
}

#[test]
fn a_wrong_password_is_refused_under_protection() {
    for versions in BOTH {
        for steps in [&[EAP], &[PASSWORD]] {
            let ends = ends(versions, false, true);
            let wrong = Credentials { password: Some(password("wrong")), ..credentials(&ends, MethodType::MSCHAPV2) };
            let ended = pair(wrong.clone(), server(&ends, steps, MethodType::MSCHAPV2)).run();
            assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
            assert!(matches!(ended.peer.unwrap_err().blame(), Blame::Credentials | Blame::Refused));
            let nobody = Credentials { identity: Some(b"mallory".to_vec()), ..wrong };
            let ended = pair(nobody, server(&ends, steps, MethodType::MSCHAPV2)).run();
            assert!(ended.server.is_err() && ended.peer.is_err());
        }
    }
}

#[test]
fn identity_and_password_are_asked_for_where_they_are_not_known() {
    for steps in [&[EAP], &[PASSWORD]] {
        let ends = ends(BOTH[0], false, true);
        let nothing = Credentials { identity: None, password: None, ..credentials(&ends, MethodType::PWD) };
        let mut pair = pair(nothing, server(&ends, steps, MethodType::PWD));
        pair.peer_helper = Box::new(|ask| match ask {
            Ask::Identity => Answer::Text(crypto::Secret::from(*b"alice")),
            Ask::Password => Answer::Password(password("secret")),
            other => panic!("{other:?}"),
        });
        let ended = pair.run();
        assert!(ended.peer.is_ok(), "{ended:?}");
    }
}

/// RFC 9930 4.2.3: the station has a user's identity, and a server that insists on that of a machine does not get it.
#[test]
fn an_identity_of_the_wrong_kind_is_taken_only_where_the_server_does_not_insist() {
    let ends = ends(BOTH[0], false, true);
    for (identity, is_strict, is_ok) in
        [(TeapIdentity::User, true, true), (TeapIdentity::Machine, false, true), (TeapIdentity::Machine, true, false)]
    {
        for how in [TeapInner::Eap, TeapInner::Password] {
            ends.client.forget();
            let steps = [TeapStep { how, identity: Some(identity), is_strict }];
            let ended =
                pair(credentials(&ends, MethodType::MSCHAPV2), server(&ends, &steps, MethodType::MSCHAPV2)).run();
            assert_eq!(ended.peer.is_ok(), is_ok, "{identity:?} {is_strict}: {ended:?}");
        }
    }
}

/// hostap's `eap_teap_id=5`: the device first, then the person.
#[test]
fn a_device_and_a_person_authenticate_one_after_the_other_where_the_station_has_both_identities() {
    let ends = ends(BOTH[0], false, true);
    for how in [TeapInner::Eap, TeapInner::Password] {
        ends.client.forget();
        let of = |identity| TeapStep { how, identity: Some(identity), is_strict: true };
        let steps = [of(TeapIdentity::Machine), of(TeapIdentity::User)];
        let mut both = credentials(&ends, MethodType::MSCHAPV2);
        both.machine = Some(MachineCredentials { identity: b"host/laptop".to_vec(), password: password("machine") });
        let mut inner = server(&ends, &steps, MethodType::MSCHAPV2);
        let helper: Helper = Box::new(move |ask| match ask {
            Ask::User { identity, inner: true } if identity == b"host/laptop" => {
                let method: Box<dyn ServerMethod> =
                    Box::new(MsChapV2Server::new(b"server".to_vec(), &password("machine")));
                let user = User { password: Some(password("machine")), methods: vec![method], ..User::default() };
                Answer::User(Box::new(user))
            }
            other => inner(other),
        });
        let mut pair = pair(both, helper);
        let ended = pair.run();
        assert!(ended.peer.is_ok(), "{how:?}: {ended:?}");
        assert_eq!((ended.peer, asked(&pair)), (ended.server, 2));
    }
}

#[test]
fn a_password_goes_to_the_server_as_it_is_only_if_that_is_allowed() {
    let ends = ends(BOTH[0], false, true);
    let mut careful = credentials(&ends, MethodType::MSCHAPV2);
    careful.tunnel.as_mut().unwrap().basic_password = false;
    let mut refused = pair(careful, server(&ends, &[PASSWORD], MethodType::MSCHAPV2));
    let ended = refused.run();
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    assert_eq!(asked(&refused), 0, "no name was sent, nor a password");
}

#[test]
fn a_certificate_of_the_station_is_enough_where_both_sides_want_nothing_else() {
    for versions in BOTH {
        let with = ends(versions, true, true);
        let mut nothing = credentials(&with, MethodType::MSCHAPV2);
        let tunnel = nothing.tunnel.as_mut().unwrap();
        (tunnel.inner, tunnel.basic_password) = (Vec::new(), false);
        let ended = pair(nothing, server(&with, &[], MethodType::MSCHAPV2)).run();
        assert!(ended.peer.is_ok(), "{ended:?}");
        assert_eq!(ended.peer, ended.server);
        // But not to the server without one.
        let without = ends(versions, false, true);
        let ended =
            pair(credentials(&without, MethodType::MSCHAPV2), server(&without, &[], MethodType::MSCHAPV2)).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
    }
}

/// CVE-2023-52160, in TEAP: the tunnel is right and the binding of it too, and nobody has shown that it has the password.
#[test]
fn a_binding_of_the_tunnel_alone_is_no_success_to_a_station_that_expects_an_authentication_inside() {
    for versions in BOTH {
        let ends = ends(versions, true, true);
        let ended = pair(credentials(&ends, MethodType::MSCHAPV2), server(&ends, &[], MethodType::MSCHAPV2)).run();
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials);
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    }
}

/// What a server says inside after the handshake; then it looks at what the peer says.
#[derive(Debug)]
struct Impostor {
    channel: Option<Channel>,
    says: Vec<Vec<u8>>,
    /// What the peer must say at the end.
    expects: Vec<u8>,
}

impl ServerMethod for Impostor {
    fn method_type(&self) -> MethodType {
        MethodType::TEAP
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(vec![0x21])
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
        if self.says.is_empty() {
            assert_eq!(plaintext, self.expects);
            return ServerStep::Fail(EapError::refused("the peer was not taken in"));
        }
        channel.session().keep(b"\x37alice");
        let message = self.says.remove(0);
        channel.session().send(&message).unwrap();
        ServerStep::Request(channel.frame(cx.room))
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        None
    }
}

fn impostor(ends: &Ends, says: Vec<Vec<u8>>, expects: Vec<u8>) -> Helper {
    let endpoint = Arc::clone(&ends.server);
    super::kit::user(move || {
        let mut rng = crypto::testing::TestRng::new(1);
        let cx = Context {
            now: wire::Instant::ZERO,
            wall: Some(super::kit::WALL),
            rng: &mut rng,
            identifier: 0,
            room: 1000,
            notes: &mut Vec::new(),
        };
        let channel = Some(Channel::server(&endpoint, MethodType::TEAP, 1, &cx).unwrap());
        let method: Box<dyn ServerMethod> =
            Box::new(Impostor { channel, says: says.clone(), expects: expects.clone() });
        vec![method]
    })
}

const SUCCESS: [u8; 6] = [0x80, 3, 0, 2, 0, 1];
const FAILURE: [u8; 6] = [0x80, 3, 0, 2, 0, 2];
const INTERMEDIATE: [u8; 6] = [0x80, 10, 0, 2, 0, 1];

fn error(code: u16) -> Vec<u8> {
    [&[0x80, 5, 0, 4, 0, 0][..], &code.to_be_bytes()].concat()
}

fn identity_request() -> Vec<u8> {
    vec![0x80, 9, 0, 5, 1, 1, 0, 5, 1]
}

/// A binding of the right form, which nobody could have made who does not have the inner keys.
fn some_binding() -> Vec<u8> {
    let mut tlv = vec![0x80, 12, 0, 76, 0, 1, 1, 0x20];
    tlv.resize(80, 0);
    tlv
}

/// CVE-2023-52160, in TEAP: whoever has the certificate and not the password says at once that all is well.
#[test]
fn teap_without_the_authentication_inside_is_no_success() {
    let says: [Vec<Vec<u8>>; 5] = [
        vec![SUCCESS.to_vec()],
        vec![[&SUCCESS[..], &some_binding()].concat()],
        vec![[&INTERMEDIATE[..], &SUCCESS, &some_binding()].concat()],
        vec![identity_request(), [&SUCCESS[..], &some_binding()].concat()],
        vec![identity_request(), [&INTERMEDIATE[..], &some_binding()].concat()],
    ];
    for versions in BOTH {
        for says in &says {
            let ends = ends(versions, false, true);
            let expects = [&FAILURE[..], &error(2001)].concat();
            let ended = pair(credentials(&ends, MethodType::MSCHAPV2), impostor(&ends, says.clone(), expects)).run();
            assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials, "{says:?}");
            assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
            // Nor does it help to have the session taken up again: the peer has forgotten it.
            let mut next = pair(credentials(&ends, MethodType::MSCHAPV2), server(&ends, &[EAP], MethodType::MSCHAPV2));
            assert!(next.run().peer.is_ok());
            assert_eq!(asked(&next), 1, "the session of the impostor was taken up again");
        }
    }
}

/// The password was given away, to whoever has the right certificate; the keys of the tunnel are still bound, and a success
/// without a binding is none.
#[test]
fn a_success_after_a_password_needs_the_binding_and_a_wrong_one_is_found() {
    let request = vec![0, 13, 0, 0];
    for (last, code) in [
        ([&INTERMEDIATE[..], &SUCCESS].concat(), 2001),
        ([&INTERMEDIATE[..], &SUCCESS, &some_binding()].concat(), 2001),
        (some_binding(), 2002),
        ([&SUCCESS[..], &SUCCESS].concat(), 2002),
        // A PAC.
        (vec![0, 11, 0, 0], 2002),
    ] {
        let ends = ends(BOTH[0], false, true);
        let expects = [&FAILURE[..], &error(code)].concat();
        let helper = impostor(&ends, vec![request.clone(), last.clone()], expects);
        let ended = pair(credentials(&ends, MethodType::MSCHAPV2), helper).run();
        assert!(ended.peer.is_err(), "{last:?}");
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    }
}

/// RFC 9930 4.2.5: PKCS#7, PKCS#10 and trusted roots are named and not done, and it goes on.
#[test]
fn tlvs_of_pkcs_are_refused_by_name() {
    for kind in [15, 16, 17] {
        let ends = ends(BOTH[1], false, true);
        let expects = vec![0x80, 4, 0, 6, 0, 0, 0, 0, 0, kind];
        let helper = impostor(&ends, vec![vec![0x80, kind, 0, 1, 7]], expects);
        let ended = pair(credentials(&ends, MethodType::MSCHAPV2), helper).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    }
}

#[test]
fn inside_of_teap_nothing_is_begun_that_makes_no_keys() {
    let ends = ends(BOTH[0], false, true);
    // What is configured besides is left out: nothing is left.
    let ended = pair(credentials(&ends, MethodType::GTC), server(&ends, &[EAP], MethodType::MSCHAPV2)).run();
    assert!(ended.peer.is_err());
    assert!(matches!(ended.server, Err(EapError::NoCommonMethod(_))), "{:?}", ended.server);
}
