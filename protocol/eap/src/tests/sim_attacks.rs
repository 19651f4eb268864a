//! Whoever sends what they like to a station with a card, or to its network.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::testing::TestRng;
use wire::Instant;

use super::kit::{Pair, env};
use super::sim::{KINDS, full, home, permanent, server, station};
use crate::methods::sim::{Kind, SimServerConfig};
use crate::packet::{Code, write_body};
use crate::{Credentials, MethodType, Peer, PeerConfig, PeerOutput};

fn request(kind: Kind, identifier: u8, data: &[u8]) -> Vec<u8> {
    write_body(Code::Request, identifier, kind.method(), false, data).unwrap()
}

fn outputs(peer: &mut Peer) -> Vec<PeerOutput> {
    core::iter::from_fn(|| peer.poll_output()).collect()
}

fn succeeded(said: &[PeerOutput]) -> bool {
    said.iter().any(|said| matches!(said, PeerOutput::Success(..)))
}

/// Every octet of every Request changed, one at a time: no keys that only one side has, and no Success.
#[test]
fn a_request_that_was_changed_on_its_way_never_leads_to_success_without_the_server() {
    for kind in KINDS {
        let mut honest = Pair::new(station(kind), server(&home(), kind, full()));
        honest.run().peer.unwrap();
        let requests: Vec<_> =
            honest.sent.iter().filter(|(to_peer, _)| *to_peer).map(|(_, packet)| packet.clone()).collect();
        if kind != Kind::Sim {
            // Nothing of it depends on random numbers of the peer: as it was, it is believed.
            let mut rng = TestRng::new(1);
            let mut peer = Peer::new(PeerConfig::default(), Box::new(station(kind)));
            for packet in &requests {
                let _ = peer.handle_packet(packet, &mut env(Instant::ZERO, &mut rng));
            }
            assert!(succeeded(&outputs(&mut peer)), "{kind:?}");
        }
        for (which, original) in requests.iter().enumerate().skip(1) {
            for at in 5..original.len() {
                let mut rng = TestRng::new(1);
                let mut peer = Peer::new(PeerConfig::default(), Box::new(station(kind)));
                for packet in &requests[..which] {
                    let _ = peer.handle_packet(packet, &mut env(Instant::ZERO, &mut rng));
                }
                let mut changed = original.clone();
                changed[at] ^= 0x80;
                let _ = peer.handle_packet(&changed, &mut env(Instant::ZERO, &mut rng));
                let identifier = changed[1];
                let _ = peer.handle_packet(&[3, identifier, 0, 4], &mut env(Instant::ZERO, &mut rng));
                assert!(!succeeded(&outputs(&mut peer)), "{kind:?}: packet {which}, octet {at}");
            }
        }
    }
}

/// Whoever replays a whole conversation is not believed: SIM by our nonce, AKA by the sequence number.
#[test]
fn a_conversation_that_is_played_again_is_not_believed() {
    for kind in KINDS {
        let mut honest = Pair::new(station(kind), server(&home(), kind, full()));
        honest.run().peer.unwrap();
        let mut credentials = station(kind);
        for note in honest.notes() {
            crate::PeerMethods::remember(&mut credentials, note);
        }
        if let Some(sim) = &mut credentials.sim {
            sim.memory.session = None;
            sim.memory.pseudonym = None;
        }
        let mut rng = TestRng::new(2);
        let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials));
        for (_, packet) in honest.sent.iter().filter(|(to_peer, _)| *to_peer) {
            let _ = peer.handle_packet(packet, &mut env(Instant::ZERO, &mut rng));
        }
        assert!(!succeeded(&outputs(&mut peer)) && peer.keys().is_none(), "{kind:?}");
    }
}

/// RFC 4186 6.2: where both want an indication, a bare Success is somebody else's.
#[test]
fn a_success_in_the_place_of_a_protected_indication_is_not_believed() {
    for (kind, is_indicated) in [(Kind::Aka, true), (Kind::Aka, false), (Kind::AkaPrime, true)] {
        let config = SimServerConfig { result_indications: is_indicated, ..full() };
        let mut honest = Pair::new(station(kind), server(&home(), kind, config));
        honest.run().peer.unwrap();
        let mut rng = TestRng::new(1);
        let mut peer = Peer::new(PeerConfig::default(), Box::new(station(kind)));
        let requests = honest.sent.iter().filter(|(to_peer, packet)| *to_peer && packet.len() > 4);
        for (_, packet) in requests.filter(|(_, packet)| packet[4] == 1 || packet[5] != 12) {
            peer.handle_packet(packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
        }
        let said = outputs(&mut peer);
        let Some(PeerOutput::Send(answer)) = said.last() else { panic!("no answer: {said:?}") };
        assert_eq!(answer[5], 1, "the challenge was answered");
        let is_refused = peer.handle_packet(&[3, answer[1], 0, 4], &mut env(Instant::ZERO, &mut rng)).is_err();
        assert_eq!(is_refused, is_indicated, "{kind:?}");
        assert_eq!(succeeded(&outputs(&mut peer)), !is_indicated);
    }
}

/// RFC 9048 4: a station that can do EAP-AKA' is not talked into EAP-AKA.
#[test]
fn bidding_down_from_aka_prime_to_aka_is_refused_by_at_bidding() {
    let config = SimServerConfig { prime: true, ..full() };
    let both = |methods: Vec<MethodType>| Credentials { methods, ..station(Kind::Aka) };
    let mut pair =
        Pair::new(both(vec![MethodType::AKA_PRIME, MethodType::AKA]), server(&home(), Kind::Aka, config.clone()));
    let ended = pair.run();
    assert!(ended.peer.is_err() && ended.server.is_err());
    let mut pair = Pair::new(both(vec![MethodType::AKA]), server(&home(), Kind::Aka, config));
    assert!(pair.run().peer.is_ok(), "a station without EAP-AKA' takes what there is");
}

#[test]
fn another_network_name_than_those_of_the_configuration_is_refused() {
    for (name, is_ok) in [(&b"WLAN"[..], true), (b"HRPD", false)] {
        let mut credentials = station(Kind::AkaPrime);
        if let Some(sim) = &mut credentials.sim {
            sim.networks = vec![name.to_vec()];
        }
        let ended = Pair::new(credentials, server(&home(), Kind::AkaPrime, full())).run();
        assert_eq!(ended.peer.is_ok(), is_ok);
    }
}

fn aka_prime_challenge(kdfs: &[u8]) -> Vec<u8> {
    let mut data = vec![1, 0, 0, 1, 5, 0, 0];
    data.extend([7; 16]);
    data.extend([2, 5, 0, 0]);
    data.extend([0x80; 16]);
    data.extend([23, 2, 0, 4]);
    data.extend(b"WLAN");
    for kdf in kdfs {
        data.extend([24, 1, 0, *kdf]);
    }
    data.extend([11, 5, 0, 0]);
    data.extend([0; 16]);
    data
}

fn answers(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(4);
    let mut peer = Peer::new(PeerConfig::default(), Box::new(station(Kind::AkaPrime)));
    for packet in packets {
        let _ = peer.handle_packet(packet, &mut env(Instant::ZERO, &mut rng));
    }
    let sent = outputs(&mut peer).into_iter();
    sent.filter_map(|said| if let PeerOutput::Send(packet) = said { Some(packet[5..].to_vec()) } else { None })
        .collect()
}

/// RFC 9048 3.2.
#[test]
fn key_derivation_functions_are_negotiated_once_and_the_list_may_not_change() {
    let request = |identifier, kdfs| request(Kind::AkaPrime, identifier, &aka_prime_challenge(kdfs));
    let choice = vec![1, 0, 0, 24, 1, 0, 1];
    let reject = vec![2, 0, 0];
    assert!(answers(&[request(1, &[2, 1])]) == core::slice::from_ref(&choice));
    assert!(answers(&[request(1, &[2, 3])]) == core::slice::from_ref(&reject), "none that is known");
    assert!(answers(&[request(1, &[2, 2, 1])]) == core::slice::from_ref(&reject), "one twice");
    for changed in [&[1, 3, 1][..], &[1, 1], &[2, 1], &[1, 2, 1, 3]] {
        assert_eq!(
            answers(&[request(1, &[2, 1]), request(2, changed)]),
            [choice.clone(), reject.clone()],
            "{changed:?}"
        );
    }
    // The list is right, and the card does not know the network.
    assert_eq!(answers(&[request(1, &[2, 1]), request(2, &[1, 2, 1])]), [choice, reject]);
}

#[test]
fn identities_are_told_each_kind_once_and_in_order() {
    for (first, second, is_told) in [(13, 17, true), (17, 10, true), (13, 10, true), (10, 13, false), (17, 17, false)] {
        let mut rng = TestRng::new(5);
        let mut peer = Peer::new(PeerConfig::default(), Box::new(station(Kind::Aka)));
        for (identifier, attribute) in [(1, first), (2, second)] {
            let packet = request(Kind::Aka, identifier, &[5, 0, 0, attribute, 1, 0, 0]);
            peer.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
        }
        let told = outputs(&mut peer);
        let named = told.iter().filter(|said| matches!(said, PeerOutput::Send(packet) if packet[5] == 5)).count();
        assert_eq!(named, if is_told { 2 } else { 1 }, "{first} then {second}");
    }
}

/// RFC 4186 10.9: two challenges that are one, or too few, are refused before the card is asked.
#[test]
fn challenges_of_gsm_that_repeat_or_are_too_few_are_refused_with_their_code() {
    let challenge = |rands: &[u8]| {
        let mut data = vec![11, 0, 0, 1, u8::try_from(1 + rands.len() * 4).unwrap(), 0, 0];
        for rand in rands {
            data.extend([*rand; 16]);
        }
        data.extend([11, 5, 0, 0]);
        data.extend([0; 16]);
        data
    };
    let start = [10, 0, 0, 15, 2, 0, 2, 0, 1, 0, 0];
    for (rands, code) in [(&[1][..], 2), (&[1, 1], 3), (&[1, 2, 1], 3), (&[1, 2, 3, 4], 3), (&[1, 2], 0)] {
        let mut rng = TestRng::new(6);
        let mut peer = Peer::new(PeerConfig::default(), Box::new(station(Kind::Sim)));
        for packet in [request(Kind::Sim, 1, &start), request(Kind::Sim, 2, &challenge(rands))] {
            peer.handle_packet(&packet, &mut env(Instant::ZERO, &mut rng)).unwrap();
        }
        let last = outputs(&mut peer)
            .into_iter()
            .filter_map(|said| if let PeerOutput::Send(packet) = said { Some(packet[5..].to_vec()) } else { None });
        let last: Vec<_> = last.collect();
        assert_eq!(last.last(), Some(&vec![14, 0, 0, 22, 1, 0, code]), "{rands:?}");
    }
    assert!(!permanent(Kind::Sim).is_empty());
}

/// Whoever stands at the door and asks for permanent identities gets none of a station that has a pseudonym and is careful.
#[test]
fn a_conservative_station_with_a_pseudonym_tells_nobody_who_it_is() {
    for kind in KINDS {
        for (conservative, pseudonym) in [(false, true), (true, true), (true, false)] {
            let mut credentials = station(kind);
            if let Some(sim) = &mut credentials.sim {
                sim.conservative = conservative;
                sim.memory.pseudonym = pseudonym.then(|| b"2nobody".to_vec());
            }
            let mut rng = TestRng::new(8);
            let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials));
            let data: &[u8] = if kind == Kind::Sim {
                &[10, 0, 0, 15, 2, 0, 2, 0, 1, 0, 0, 10, 1, 0, 0]
            } else {
                &[5, 0, 0, 10, 1, 0, 0]
            };
            peer.handle_packet(&request(kind, 1, data), &mut env(Instant::ZERO, &mut rng)).unwrap();
            let name = permanent(kind);
            let is_named = outputs(&mut peer).iter().any(
                |said| matches!(said, PeerOutput::Send(packet) if packet.windows(name.len()).any(|part| part == name)),
            );
            assert_eq!(is_named, !(conservative && pseudonym), "{kind:?}");
        }
    }
}
