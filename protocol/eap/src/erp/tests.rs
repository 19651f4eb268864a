//! Keys and packets: what each side takes, and what it does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

use core::time::Duration;

use super::*;
use crate::methods::sim::tests::hex;
use wire::Instant;

fn keys() -> Keys {
    Keys {
        msk: Secret::from([1; 64]),
        emsk: Some(Secret::from([2; 64])),
        session_id: Some([&[51][..], &[3; 16]].concat()),
    }
}

fn pair() -> (ErpPeer, ErpStore) {
    let mut store = ErpStore::new(b"example.org".to_vec(), 4, Duration::from_secs(3600));
    assert!(store.add(&keys(), b"alice@example.org", Instant::ZERO));
    (ErpPeer::new(&keys(), b"example.org").unwrap(), store)
}

fn success(answer: Result<ErpAnswer, crate::Ignored>) -> (Vec<u8>, Keys) {
    match answer {
        Ok(ErpAnswer::Success { packet, keys, identity }) => {
            assert_eq!(identity, b"alice@example.org");
            (packet, keys)
        }
        other => panic!("{other:?}"),
    }
}

/// Computed once with another implementation of HMAC-SHA-256 (Python's) after RFC 5295 3.1.2 and RFC 6696 4.
#[test]
fn the_keys_are_those_of_the_rfc() {
    let known = ErpKeys::new(&keys(), b"example.org").unwrap();
    assert_eq!(known.name, NAMED);
    assert_eq!(known.root.as_bytes()[..16], hex(ROOT));
    assert_eq!(known.integrity.as_bytes()[..16], hex(INTEGRITY));
    assert_eq!(known.session(7).msk.as_bytes()[..16], hex(SESSION));
    assert_eq!((known.root.len(), known.integrity.len(), known.session(7).msk.len()), (64, 64, 64));
}

const NAMED: &[u8] = b"752efcb2f63e891f@example.org";
const ROOT: &str = "35d15615fefdc8e639b8b89ce8054984";
const INTEGRITY: &str = "234757f46159945c2a7138d0b10d191e";
const SESSION: &str = "f9ec215db89846096b2c6a7db75e4f3a";

#[test]
fn each_run_has_a_new_key_on_both_sides() {
    let (mut peer, mut store) = pair();
    let mut seen = Vec::new();
    for identifier in 0..3 {
        let (initiate, sequence) = peer.initiate(identifier, Instant::ZERO).unwrap();
        assert_eq!(usize::from(sequence), seen.len());
        assert_eq!(key_name(&initiate).unwrap(), peer.name());
        let (finish, ours) = success(store.handle(&initiate, Instant::ZERO));
        assert_eq!(finish[1], identifier, "the identifier is that of the Initiate");
        assert_eq!(peer.finish(&finish, sequence, Instant::ZERO), Ok(ErpFinish::Success(ours.clone())));
        assert!(!seen.contains(&ours.msk));
        seen.push(ours.msk);
    }
}

#[test]
fn what_was_said_before_gets_no_new_key() {
    let (mut peer, mut store) = pair();
    let (first, _) = peer.initiate(1, Instant::ZERO).unwrap();
    let (second, _) = peer.initiate(2, Instant::ZERO).unwrap();
    let once = success(store.handle(&second, Instant::ZERO));
    assert!(store.handle(&first, Instant::ZERO).is_err(), "a number below");
    assert_eq!(success(store.handle(&second, Instant::ZERO)), once, "the answer was lost: the same once more");
    assert!(store.add(&keys(), b"alice@example.org", Instant::ZERO));
    assert!(store.handle(&first, Instant::ZERO).is_err(), "a number below, after the server was told twice");
    let (third, _) = peer.initiate(3, Instant::ZERO).unwrap();
    success(store.handle(&third, Instant::ZERO));
    assert!(store.handle(&second, Instant::ZERO).is_err());
}

#[test]
fn nobody_without_the_key_changes_an_octet() {
    let (mut peer, mut store) = pair();
    let (initiate, sequence) = peer.initiate(1, Instant::ZERO).unwrap();
    for at in 1..initiate.len() {
        let mut changed = initiate.clone();
        changed[at] ^= 1;
        let answer = store.handle(&changed, Instant::ZERO);
        assert!(!matches!(answer, Ok(ErpAnswer::Success { .. })), "octet {at}");
    }
    let (finish, _) = success(store.handle(&initiate, Instant::ZERO));
    for at in 1..finish.len() {
        let mut changed = finish.clone();
        changed[at] ^= 1;
        let answer = peer.finish(&changed, sequence, Instant::ZERO);
        assert!(!matches!(answer, Ok(ErpFinish::Success(_))), "octet {at}");
    }
    assert!(peer.finish(&initiate, sequence, Instant::ZERO).is_err(), "its own reflection");
    assert!(peer.finish(&finish, sequence + 1, Instant::ZERO).is_err(), "another number");
    assert!(peer.finish(&finish, sequence, Instant::ZERO).is_ok());
}

#[test]
fn a_key_that_nobody_knows_or_that_has_expired_is_refused_without_protection() {
    let (mut peer, mut store) = pair();
    let late = Instant::ZERO + Duration::from_secs(3600);
    let (initiate, sequence) = peer.initiate(1, Instant::ZERO).unwrap();
    let Ok(ErpAnswer::Failure { packet }) = store.handle(&initiate, late) else { panic!("it has expired") };
    assert_eq!(peer.finish(&packet, sequence, late), Ok(ErpFinish::Failure));
    // The server's lifetime is the station's too.
    let (mut peer, mut store) = pair();
    let (initiate, sequence) = peer.initiate(1, Instant::ZERO).unwrap();
    let (finish, _) = success(store.handle(&initiate, Instant::ZERO));
    peer.finish(&finish, sequence, Instant::ZERO).unwrap();
    assert!(peer.initiate(2, late).is_none());
}

#[test]
fn a_store_holds_so_many_and_forgets_what_expires_first() {
    let mut store = ErpStore::new(b"example.org".to_vec(), 2, Duration::from_secs(60));
    let of = |octet: u8| Keys { session_id: Some(Vec::from([octet])), ..keys() };
    for octet in 0..3 {
        assert!(store.add(&of(octet), b"x", Instant::ZERO + Duration::from_secs(u64::from(octet))));
    }
    assert_eq!(store.len(), 2);
    // The same conversation told twice is one, and expires as the second time says.
    assert!(store.add(&of(2), b"x", Instant::ZERO + Duration::from_secs(3)));
    assert!(store.add(&of(3), b"x", Instant::ZERO + Duration::from_secs(63)));
    assert_eq!(store.len(), 1);
    let mut peer = ErpPeer::new(&of(0), b"example.org").unwrap();
    let (initiate, _) = peer.initiate(1, Instant::ZERO).unwrap();
    assert!(matches!(store.handle(&initiate, Instant::ZERO), Ok(ErpAnswer::Failure { .. })));
    assert!(
        !store.add(&Keys { emsk: None, ..keys() }, b"x", Instant::ZERO),
        "without an EMSK there is nothing to keep"
    );
    assert!(ErpPeer::new(&keys(), b"").is_none() && ErpPeer::new(&keys(), &[b'a'; 240]).is_none());
}

#[test]
fn after_the_last_number_the_whole_method_is_needed() {
    let mut peer = ErpPeer::new(&keys(), b"example.org").unwrap();
    for sequence in 0..=u16::MAX {
        assert_eq!(peer.initiate(1, Instant::ZERO).unwrap().1, sequence);
    }
    assert!(peer.initiate(1, Instant::ZERO).is_none());
}
