//! The methods with the card of a mobile network: both sides, one conversation after the other.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use crypto::testing::TestRng;

use super::kit::{Ended, Helper, Pair, lax, survives_bad_links};
use crate::methods::peap::PeapServer;
use crate::methods::sim::{
    Home, Kind, Milenage, SimAnswer, SimCard, SimCredentials, SimRequest, SimServer, SimServerConfig, SubscriberAsk,
    Usim,
};
use crate::{
    Answer, Ask, Blame, Credentials, CryptoBinding, MethodType, Note, PeerOutput, ServerMethod, ServerOutput,
    TunnelCredentials, User,
};

pub(super) const KINDS: [Kind; 3] = [Kind::Sim, Kind::Aka, Kind::AkaPrime];
const K: [u8; 16] = [0x46; 16];
const OPC: [u8; 16] = [0xcd; 16];

pub(super) fn permanent(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Sim => b"1232010000000000@wlan.example.org",
        Kind::Aka => b"0232010000000000@wlan.example.org",
        Kind::AkaPrime => b"6232010000000000@wlan.example.org",
    }
}

/// Everything that a server can do.
pub(super) fn full() -> SimServerConfig {
    SimServerConfig {
        result_indications: true,
        pseudonyms: true,
        fast_reauth: true,
        realm: b"example.org".to_vec(),
        network: b"WLAN".to_vec(),
        prime: false,
    }
}

pub(super) fn home() -> Rc<RefCell<Home>> {
    let mut home = Home::new();
    for kind in KINDS {
        home.add(permanent(kind), Milenage::new(K, OPC), 0x1000);
    }
    Rc::new(RefCell::new(home))
}

pub(super) fn server(home: &Rc<RefCell<Home>>, kind: Kind, config: SimServerConfig) -> Helper {
    let home = Rc::clone(home);
    let mut rng = TestRng::new(77);
    Box::new(move |ask| match ask {
        Ask::User { .. } => {
            let method: Box<dyn ServerMethod> = Box::new(SimServer::new(kind, config.clone()));
            Answer::User(Box::new(User { methods: vec![method], ..User::default() }))
        }
        Ask::Subscriber(ask) => Answer::Subscriber(Box::new(home.borrow_mut().answer(ask, &mut rng))),
        other => panic!("nobody expected {other:?}"),
    })
}

pub(super) fn station(kind: Kind) -> Credentials {
    let mut sim = SimCredentials::new(SimCard::Milenage(Milenage::new(K, OPC)));
    sim.result_indications = true;
    Credentials {
        methods: vec![kind.method()],
        identity: Some(permanent(kind).to_vec()),
        sim: Some(sim),
        ..Credentials::default()
    }
}

/// One conversation; both sides keep what is to be kept.
fn converse(
    credentials: &mut Credentials,
    home: &Rc<RefCell<Home>>,
    kind: Kind,
    config: SimServerConfig,
) -> (Ended, Pair) {
    let mut pair = Pair::new(credentials.clone(), server(home, kind, config));
    let ended = pair.run();
    keep(&pair, credentials, home);
    (ended, pair)
}

fn keep(pair: &Pair, credentials: &mut Credentials, home: &Rc<RefCell<Home>>) {
    for note in pair.notes() {
        crate::PeerMethods::remember(credentials, note);
    }
    for output in &pair.server_said {
        if let ServerOutput::Note(Note::Subscriber(news)) = output {
            home.borrow_mut().remember(news);
        }
    }
}

fn sent(pair: &Pair, needle: &[u8]) -> bool {
    pair.sent.iter().any(|(_, packet)| packet.windows(needle.len()).any(|window| window == needle))
}

fn subtypes(pair: &Pair) -> Vec<u8> {
    let method = pair.sent.iter().filter(|(to_peer, packet)| *to_peer && packet.len() > 5 && packet[4] > 4);
    method.map(|(_, packet)| packet[5]).collect()
}

#[test]
fn each_kind_lets_its_subscriber_in_with_the_same_keys_on_both_sides() {
    for kind in KINDS {
        for indications in [false, true] {
            let config = SimServerConfig { result_indications: indications, ..full() };
            let (ended, pair) = converse(&mut station(kind), &home(), kind, config);
            let keys = ended.peer.clone().unwrap().unwrap();
            assert_eq!(ended.peer, ended.server, "{kind:?}");
            assert_eq!((keys.msk.len(), keys.emsk.unwrap().len()), (64, 64));
            assert_eq!(keys.session_id.unwrap()[0], kind.method().short().unwrap());
            assert_eq!(user(&ended.identity), user(permanent(kind)));
            assert_eq!(subtypes(&pair).contains(&12), indications, "{kind:?}");
        }
    }
}

fn user(identity: &[u8]) -> &[u8] {
    identity.split(|octet| *octet == b'@').next().unwrap()
}

#[test]
fn another_card_is_not_let_in_and_does_not_believe_the_network() {
    for kind in KINDS {
        let mut credentials = station(kind);
        credentials.sim = Some(SimCredentials::new(SimCard::Milenage(Milenage::new([1; 16], OPC))));
        let (ended, _) = converse(&mut credentials, &home(), kind, full());
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials, "{kind:?}");
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused, "{kind:?}");
    }
}

#[test]
fn a_subscriber_that_nobody_knows_is_told_so_after_its_permanent_identity_was_asked_for() {
    for kind in KINDS {
        let mut credentials = station(kind);
        credentials.identity = Some(b"9999".to_vec());
        let (ended, pair) = converse(&mut credentials, &home(), kind, full());
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Credentials);
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Refused);
        assert_eq!(subtypes(&pair).len(), 4, "three requests for an identity and a notification");
    }
}

#[test]
fn a_pseudonym_hides_who_it_is_from_the_second_conversation_on() {
    for kind in KINDS {
        let (home, mut credentials) = (home(), station(kind));
        let config = SimServerConfig { fast_reauth: false, ..full() };
        let (first, pair) = converse(&mut credentials, &home, kind, config.clone());
        assert!(first.peer.is_ok() && sent(&pair, user(permanent(kind))));
        for _ in 0..3 {
            let (again, pair) = converse(&mut credentials, &home, kind, config.clone());
            assert_eq!(again.peer, again.server);
            assert!(again.peer.is_ok(), "{kind:?}: {again:?}");
            assert_eq!(user(&again.identity), user(permanent(kind)));
            assert!(!sent(&pair, user(permanent(kind))), "{kind:?}: the subscriber was named");
        }
        // A network that has forgotten the pseudonym asks for who it is.
        let (lost, pair) = converse(&mut credentials, &self::home(), kind, config);
        assert!(kind != Kind::Sim || lost.peer.is_ok());
        assert!(sent(&pair, user(permanent(kind))));
    }
}

#[test]
fn a_session_goes_on_without_the_card_with_fresh_keys_each_time() {
    for kind in KINDS {
        let (home, mut credentials) = (home(), station(kind));
        let (first, _) = converse(&mut credentials, &home, kind, full());
        let mut before = vec![first.peer.unwrap().unwrap().msk];
        for _ in 0..5 {
            // Whoever asks the card now is wrong.
            if let Some(sim) = &mut credentials.sim {
                sim.card = SimCard::External;
            }
            let (again, pair) = converse(&mut credentials, &home, kind, full());
            assert_eq!(again.peer, again.server, "{kind:?}");
            let keys = again.peer.unwrap().unwrap();
            assert!(!before.contains(&keys.msk), "{kind:?}: keys came again");
            before.push(keys.msk);
            assert!(subtypes(&pair).contains(&13));
            assert!(!sent(&pair, user(permanent(kind))));
        }
    }
}

/// RFC 4186 5.5.
#[test]
fn a_counter_that_is_too_small_leads_to_a_full_authentication() {
    for kind in KINDS {
        let (home, mut credentials) = (home(), station(kind));
        converse(&mut credentials, &home, kind, full()).0.peer.unwrap();
        // The station goes on once more, and then both names belong to an old counter of the network's.
        let before = credentials.sim.clone();
        let network = {
            let mut pair = Pair::new(credentials.clone(), server(&home, kind, full()));
            pair.run().peer.unwrap();
            pair
        };
        keep(&network, &mut credentials, &home);
        let newer = credentials.sim.as_ref().unwrap().memory.session.clone().unwrap();
        // As if the network had been put back to a copy of its memory: the old counter under the new name.
        let older = before.unwrap().memory.session.unwrap().renamed(newer.identity());
        let news = crate::methods::sim::SubscriberNews {
            permanent: permanent(kind).to_vec(),
            pseudonym: None,
            session: Some(older),
        };
        home.borrow_mut().remember(&news);
        let (ended, pair) = converse(&mut credentials, &home, kind, full());
        assert_eq!(ended.peer, ended.server, "{kind:?}");
        assert!(ended.peer.is_ok(), "{kind:?}: {ended:?}");
        let seen = subtypes(&pair);
        assert!(seen.contains(&13) && (seen.contains(&11) || seen.contains(&1)), "{kind:?}: {seen:?}");
    }
}

#[test]
fn a_card_that_is_ahead_of_its_network_resynchronises_it() {
    for kind in [Kind::Aka, Kind::AkaPrime] {
        let mut credentials = station(kind);
        if let Some(sim) = &mut credentials.sim {
            sim.memory.sequence = 0x9_0000;
        }
        let (ended, pair) = converse(&mut credentials, &home(), kind, full());
        assert_eq!(ended.peer, ended.server, "{kind:?}");
        assert!(ended.peer.is_ok(), "{kind:?}: {ended:?}");
        let challenges = subtypes(&pair).iter().filter(|subtype| **subtype == 1).count();
        assert_eq!(challenges, 2);
        assert!(credentials.sim.unwrap().memory.sequence > 0x9_0000);
    }
}

/// `external_sim=1`: somebody is asked with `CTRL-REQ-SIM`.
#[test]
fn a_card_elsewhere_is_asked_once_and_answers_for_each_kind() {
    for kind in KINDS {
        let mut credentials = station(kind);
        if let Some(sim) = &mut credentials.sim {
            sim.card = SimCard::External;
        }
        let mut pair = Pair::new(credentials, server(&home(), kind, full()));
        let mut seen = 0;
        pair.peer_helper = Box::new(move |ask| match ask {
            Ask::Sim(SimRequest::Gsm(rands)) => {
                let card = Milenage::new(K, OPC);
                Answer::Sim(SimAnswer::Gsm(rands.iter().map(|rand| card.triplet(*rand)).collect()))
            }
            Ask::Sim(SimRequest::Umts { rand, autn }) => {
                Answer::Sim(SimAnswer::Umts(Milenage::new(K, OPC).challenge(rand, autn, &mut seen)))
            }
            other => panic!("nobody expected {other:?}"),
        });
        let ended = pair.run();
        assert_eq!(ended.peer, ended.server, "{kind:?}");
        assert!(ended.peer.is_ok());
        let asked = pair.peer_said.iter().filter(|said| matches!(said, PeerOutput::Ask(_))).count();
        assert_eq!(asked, 1);
    }
}

#[test]
fn a_card_elsewhere_that_fails_or_answers_something_else_ends_it() {
    for kind in KINDS {
        let wrong = [
            Answer::Unavailable,
            Answer::Sim(SimAnswer::Gsm(vec![])),
            Answer::Sim(SimAnswer::Umts(Usim::Refused)),
            Answer::Sim(SimAnswer::Umts(Usim::Accepted {
                res: vec![1],
                ck: crypto::Secret::from([0; 16]),
                ik: crypto::Secret::from([0; 16]),
            })),
        ];
        for answer in wrong {
            let mut credentials = station(kind);
            if let Some(sim) = &mut credentials.sim {
                sim.card = SimCard::External;
            }
            let mut pair = Pair::new(credentials, server(&home(), kind, full()));
            let mut answer = Some(answer);
            pair.peer_helper = Box::new(move |_| answer.take().unwrap());
            let ended = pair.run();
            assert!(ended.peer.is_err() && ended.server.is_err(), "{kind:?}");
        }
    }
}

#[test]
fn each_kind_survives_loss_duplication_reordering_and_replay() {
    for kind in KINDS {
        survives_bad_links(|| Pair::new(station(kind), server(&home(), kind, full())));
    }
}

#[test]
fn without_a_card_in_the_configuration_nothing_is_begun() {
    let (peer, server_config) = lax();
    let credentials = Credentials { sim: None, ..station(Kind::Aka) };
    let mut pair = Pair::with(peer, server_config, credentials, server(&home(), Kind::Aka, full()));
    assert_eq!(pair.run().peer.unwrap_err().blame(), Blame::Configuration);
}

#[test]
fn a_network_that_knows_nothing_of_subscribers_says_that_it_failed() {
    for kind in KINDS {
        let inner = server(&home(), kind, full());
        let inner = RefCell::new(inner);
        let helper: Helper = Box::new(move |ask| match ask {
            Ask::Subscriber(SubscriberAsk::Triplets(_) | SubscriberAsk::Quintet { .. }) => Answer::Unavailable,
            other => (inner.borrow_mut())(other),
        });
        let ended = Pair::new(station(kind), helper).run();
        assert_eq!(ended.server.unwrap_err().blame(), Blame::Local);
        assert_eq!(ended.peer.unwrap_err().blame(), Blame::Refused);
    }
}

#[test]
fn secrets_of_cards_and_sessions_are_not_printed() {
    let mut credentials = station(Kind::Aka);
    let said = alloc::format!("{credentials:?}");
    assert!(!said.contains("46, 70, 70") && !said.contains("70, 70, 70"), "{said}");
    converse(&mut credentials, &home(), Kind::Aka, full()).0.peer.unwrap();
    let session = credentials.sim.unwrap().memory.session.unwrap();
    assert!(alloc::format!("{session:?}").contains("Secret(16 bytes)"));
    assert_eq!(MethodType::AKA.short(), Some(23));
}

/// The inner conversation asks the home network and the card as the outer one would, and its keys bind the tunnel.
#[test]
fn each_kind_works_inside_of_peap_with_crypto_binding() {
    let ends = super::tunnels::ends(super::tunnels::BOTH[1], false, true);
    for kind in KINDS {
        let home = home();
        let tunnel = TunnelCredentials {
            crypto_binding: CryptoBinding::Required,
            ..TunnelCredentials::new(Arc::clone(&ends.client), vec![kind.method()])
        };
        let mut credentials = Credentials {
            methods: vec![MethodType::PEAP],
            tunnel: Some(tunnel),
            anonymous_identity: Some(b"anonymous".to_vec()),
            ..station(kind)
        };
        for conversation in 0..2 {
            let mut pair = Pair::new(credentials.clone(), inner_helper(&ends, &home, kind));
            let ended = pair.run();
            keep(&pair, &mut credentials, &home);
            assert!(ended.peer.is_ok(), "{kind:?} {conversation}: {ended:?}");
            assert_eq!(ended.peer, ended.server, "{kind:?}");
            assert!(!sent(&pair, user(permanent(kind))), "the subscriber was named outside of the tunnel");
        }
    }
}

fn inner_helper(ends: &super::tunnels::Ends, home: &Rc<RefCell<Home>>, kind: Kind) -> Helper {
    let mut inner = server(home, kind, full());
    let endpoint = Arc::clone(&ends.server);
    Box::new(move |ask| match ask {
        Ask::User { inner: false, .. } => {
            let method: Box<dyn ServerMethod> = Box::new(PeapServer::new(Arc::clone(&endpoint), 0));
            Answer::User(Box::new(User { methods: vec![method], ..User::default() }))
        }
        other => inner(other),
    })
}
