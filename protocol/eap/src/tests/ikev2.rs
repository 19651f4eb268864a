//! EAP-IKEv2: what is hidden, what is cut up, and whoever stands between.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;

use super::kit::{Helper, Pair, credentials, in_step, survives_bad_links, user};
use crate::methods::ikev2::Ikev2Server;
use crate::{Blame, Credentials, MethodType, PeerConfig, ServerConfig, ServerMethod};

const METHOD: &[MethodType] = &[MethodType::IKEV2];

fn server(name: &'static [u8]) -> Helper {
    user(move || {
        let server = Ikev2Server::new(b"the server".to_vec(), name.to_vec(), Secret::from(*b"secret"));
        let method: Box<dyn ServerMethod> = Box::new(server);
        vec![method]
    })
}

fn hidden() -> Credentials {
    Credentials { anonymous_identity: Some(b"anonymous".to_vec()), ..credentials(METHOD, "secret") }
}

/// Packets of this many octets at most.
fn small(mtu: usize, credentials: Credentials, name: &'static [u8]) -> Pair {
    let peer = PeerConfig { mtu, ..PeerConfig::default() };
    Pair::with(peer, ServerConfig { mtu, ..ServerConfig::default() }, credentials, server(name))
}

#[test]
fn messages_are_cut_to_packets_of_any_size_and_survive_bad_links() {
    for mtu in [60, 100, 250, 1400] {
        let mut pair = small(mtu, hidden(), b"alice");
        let ended = pair.run();
        assert!(ended.peer.is_ok(), "{mtu}: {ended:?}");
        assert_eq!(ended.peer, ended.server);
        let longest = pair.sent.iter().map(|(_, packet)| packet.len()).max().unwrap();
        assert!(longest <= mtu, "{longest} octets where {mtu} are allowed");
    }
    survives_bad_links(|| small(250, hidden(), b"alice"));
}

/// RFC 5106 9.1: the names go encrypted.
#[test]
fn neither_name_is_seen_on_the_air() {
    let mut pair = small(1400, hidden(), b"alice");
    assert!(pair.run().peer.is_ok());
    for name in [&b"alice"[..], b"the server"] {
        assert!(!pair.sent.iter().any(|(_, packet)| packet.windows(name.len()).any(|window| window == name)));
    }
}

/// RFC 5106 9.7: whether a name is known shows nowhere: the conversation ends at the same place with the same packets.
#[test]
fn a_name_that_nobody_has_is_refused_like_a_wrong_secret() {
    let lengths = |credentials: Credentials, name| -> (Vec<usize>, _) {
        let mut pair = small(1400, credentials, name);
        let ended = pair.run();
        (pair.sent.iter().map(|(_, packet)| packet.len()).collect(), ended)
    };
    let (unknown, ended) = lengths(hidden(), b"bobby");
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    assert_eq!(ended.peer.unwrap_err().blame(), Blame::Credentials);
    let (wrong, ended) = lengths(
        Credentials { anonymous_identity: Some(b"anonymous".to_vec()), ..credentials(METHOD, "wrong!") },
        b"alice",
    );
    assert!(ended.peer.is_err() && ended.server.is_err());
    assert_eq!(unknown, wrong);
}

/// Without the keys nobody changes a packet once there are any: each octet of the server's proof is covered, the header
/// of EAP too.
#[test]
fn a_packet_that_was_changed_after_there_are_keys_is_passed_over() {
    for at in 4..60 {
        let (ended, _) = in_step(credentials(METHOD, "secret"), &mut server(b"alice"), |number, packet| {
            if number == 2 {
                packet[at] ^= 1;
            }
        });
        assert!(ended.peer.is_err(), "octet {at}");
    }
}

/// RFC 7296 1.2: the peer names the group that it would take; our server has no other than the one that it began with.
#[test]
fn a_value_of_a_group_that_was_not_offered_is_answered_with_the_one_that_was() {
    let (ended, _) = in_step(credentials(METHOD, "secret"), &mut server(b"alice"), |number, packet| {
        // The group of the value; that of the offer stays.
        if number == 1 {
            let at = packet.windows(4).position(|window| window == [0, 14, 0, 0]).unwrap();
            packet[at + 1] = 15;
        }
    });
    assert_eq!(ended.server.unwrap_err().blame(), Blame::Refused);
    assert!(ended.peer.is_err());
}
