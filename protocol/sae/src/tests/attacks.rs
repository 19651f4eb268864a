//! Attacks that were published against other implementations.

use super::*;

fn by_hashing() -> Setup {
    Setup::new(b"secret", Group::P256, Method::HashToElement)
}

/// Timing of hunting and pecking: every candidate is drawn, wherever the first good one is.
#[test]
fn attack_2019_1_every_iteration_is_done() {
    let x = {
        let password = Password::new(b"secret", None);
        let element = password::element_by_hunting(Group::P256, &password, STA, AP).unwrap();
        crypto::Secret::from(&element.as_bytes()[..32])
    };
    let bad = crypto::Secret::from([0xff; 32]);
    for good in [0, 1, 20, 39] {
        let mut drawn = 0;
        let candidates = (0..40).map(|index| {
            drawn += 1;
            (if index == good { x.clone() } else { bad.clone() }, 0)
        });
        assert!(arithmetic::first_candidate(Group::P256, candidates).is_some());
        assert_eq!(drawn, 40);
    }
}

/// Groups that are too small, groups with small subgroups, and Brainpool curves are refused.
#[cfg(not(feature = "testing"))]
#[test]
fn attack_2019_6_weak_groups_are_refused() {
    for number in (0..=14).chain(17..=18).chain(22..=40) {
        assert_eq!(Group::from_number(number), None);
    }
}

#[test]
fn attack_2019_3_confirm_before_commit() {
    let (mut a, mut b) = by_hashing().pair(1);
    assert_eq!(b.handle_confirm(&[0; 34]), Err(SaeError::ConfirmBeforeCommit));
    assert_eq!(b.handle_confirm(&[]), Err(SaeError::ConfirmBeforeCommit));
    assert_eq!(b.confirm_body(), Err(SaeError::NothingToConfirm));
    assert_eq!(b.state(), State::Committed);
    commit_both(&mut a, &mut b);
    confirm_both(&mut a, &mut b);
}

/// A Confirm that was accepted is not accepted again, and none that was not sent to us ever is.
#[test]
fn attack_2019_3_confirm_replay() {
    let (mut a, mut b) = by_hashing().pair(1);
    commit_both(&mut a, &mut b);
    let confirm = a.confirm_body().unwrap();
    // Our own, sent back.
    let own = b.confirm_body().unwrap();
    assert_eq!(b.handle_confirm(&own), Err(SaeError::ConfirmMismatch));
    // The same tag under another counter.
    let mut renumbered = confirm.clone();
    renumbered[0] = 9;
    assert_eq!(b.handle_confirm(&renumbered), Err(SaeError::ConfirmMismatch));
    assert_eq!(SaeError::ConfirmMismatch.status(), StatusCode::CHALLENGE_FAILURE);
    assert_eq!(b.handle_confirm(&confirm), Ok(ConfirmOutcome::Accepted));
    for _ in 0..10 {
        assert_eq!(b.handle_confirm(&confirm), Ok(ConfirmOutcome::Ignored));
    }
    // Nor in another run.
    let (mut c, mut d) = by_hashing().pair(77);
    commit_both(&mut c, &mut d);
    assert_eq!(d.handle_confirm(&confirm), Err(SaeError::ConfirmMismatch));
}

#[test]
fn attack_2019_4_reflection() {
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let mut session = Setup::new(b"secret", Group::P256, method).start(STA, AP, 1);
        let body = session.commit_body(None);
        assert_eq!(session.handle_commit(session.commit_status(), &body), Ok(CommitOutcome::Reflected));
        let with_token = session.commit_body(Some(&[1; 32]));
        assert_eq!(session.handle_commit(session.commit_status(), &with_token), Ok(CommitOutcome::Reflected));
        assert_eq!(session.state(), State::Committed);
        assert_eq!(session.confirm_body(), Err(SaeError::NothingToConfirm));
    }
}

#[test]
fn attack_2019_4_invalid_scalar_and_element() {
    for group in GROUPS {
        let setup = Setup::new(b"secret", group, Method::HashToElement);
        let (mut station, ap) = setup.pair(1);
        let (status, good, octets) = (ap.commit_status(), ap.commit_body(None), group.octets());
        let prime = arithmetic::prime(group);
        let replaced = |at: usize, with: &[u8]| {
            let mut body = good.clone();
            body[at..at + with.len()].copy_from_slice(with);
            body
        };
        let mut one = alloc::vec![0; octets];
        for scalar in [alloc::vec![0; octets], alloc::vec![0xff; octets], prime.as_bytes().to_vec(), {
            *one.last_mut().unwrap() = 1;
            one.clone()
        }] {
            assert_eq!(station.handle_commit(status, &replaced(2, &scalar)), Err(SaeError::Scalar));
        }
        for element in [alloc::vec![0; 2 * octets], alloc::vec![0xff; 2 * octets], alloc::vec![2; 2 * octets]] {
            assert_eq!(station.handle_commit(status, &replaced(2 + octets, &element)), Err(SaeError::Element));
        }
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(station.handle_commit(status, &flipped), Err(SaeError::Element));
        // None of this ends the run with the real peer.
        assert_eq!(station.handle_commit(status, &good), Ok(CommitOutcome::Accepted));
    }
}

/// A peer that knows the password can choose its element so that K is the identity for whatever is ours.
#[test]
fn attack_2019_4_shared_secret_is_the_identity() {
    let setup = by_hashing();
    let mut session = setup.start(STA, AP, 1);
    let pwe = password::element_from_pt(Group::P256, setup.pt.get(Group::P256).unwrap(), AP, STA).unwrap();
    // mask = scalar makes rand zero: element = -(scalar * PWE).
    let numbers = arithmetic::random_numbers(Group::P256, &mut TestRng::new(3)).unwrap();
    let (two, mask) = (numbers.rand, numbers.mask);
    let own =
        arithmetic::own_commit(Group::P256, &pwe, arithmetic::OwnNumbers { rand: two, mask: mask.clone() }).unwrap();
    let body = [&[19, 0], mask.as_bytes(), &own.element[..]].concat();
    assert_eq!(session.handle_commit(StatusCode::SAE_HASH_TO_ELEMENT, &body), Err(SaeError::SharedSecret));
}

#[test]
fn attack_2024_2_downgrade_by_forged_rejections() {
    let mut rejected = by_hashing();
    rejected.rejected = alloc::vec![21];
    let mut both = by_hashing();
    both.supported = alloc::vec![Group::P256, Group::P521];
    // Who has the group that the peer says was refused does not go on, in both roles.
    for (from, to) in [(STA, AP), (AP, STA)] {
        let sender = rejected.start(from, to, 1);
        let mut receiver = both.start(to, from, 2);
        let answer = receiver.handle_commit(sender.commit_status(), &sender.commit_body(None));
        assert_eq!(answer, Err(SaeError::Downgrade(21)));
        assert_eq!(answer.unwrap_err().status(), StatusCode::REFUSED);
        // Nor if it is the group of this very run.
        let mut own = by_hashing();
        own.supported.clear();
        let mut body = own.start(from, to, 1).commit_body(None);
        body.extend_from_slice(&[255, 3, 92, 19, 0]);
        let answer = own.start(to, from, 2).handle_commit(StatusCode::SAE_HASH_TO_ELEMENT, &body);
        assert_eq!(answer, Err(SaeError::Downgrade(19)));
    }
    // An honest rejection works, in both roles.
    for (from, to) in [(STA, AP), (AP, STA)] {
        let (mut a, mut b) = (rejected.start(from, to, 1), by_hashing().start(to, from, 2));
        commit_both(&mut a, &mut b);
        confirm_both(&mut a, &mut b);
    }
}

#[test]
fn attack_2024_2_a_list_that_is_removed_or_changed_on_its_way() {
    let mut rejected = by_hashing();
    rejected.rejected = alloc::vec![21];
    for (from, to) in [(STA, AP), (AP, STA)] {
        for tail in [&[][..], &[255, 3, 92, 20, 0], &[255, 5, 92, 21, 0, 20, 0]] {
            let mut a = rejected.start(from, to, 1);
            let mut b = by_hashing().start(to, from, 2);
            let body = [&a.commit_body(None)[..98], tail].concat();
            assert_eq!(b.handle_commit(a.commit_status(), &body), Ok(CommitOutcome::Accepted));
            assert_eq!(a.handle_commit(b.commit_status(), &b.commit_body(None)), Ok(CommitOutcome::Accepted));
            assert_eq!(b.handle_confirm(&a.confirm_body().unwrap()), Err(SaeError::ConfirmMismatch));
            assert_eq!(a.handle_confirm(&b.confirm_body().unwrap()), Err(SaeError::ConfirmMismatch));
        }
    }
}

#[test]
fn attack_2024_2_a_list_of_a_length_that_cannot_be() {
    let (mut a, b) = by_hashing().pair(1);
    for tail in [&[255, 1, 92][..], &[255, 2, 92, 21], &[255, 4, 92, 21, 0, 20], &[255, 9, 92, 21, 0]] {
        let body = [&b.commit_body(None)[..], tail].concat();
        assert!(matches!(a.handle_commit(b.commit_status(), &body), Err(SaeError::Malformed(_))), "{tail:?}");
    }
}

#[test]
fn attack_2026_3_token_container_in_a_commit_to_a_station() {
    let (mut station, mut ap) = by_hashing().pair(1);
    for token in [&[][..], &[1], &[2; 100]] {
        let mut fresh = by_hashing().start(STA, AP, 1);
        let body = ap.commit_body(Some(token));
        assert_eq!(fresh.handle_commit(ap.commit_status(), &body), Ok(CommitOutcome::Accepted));
    }
    let body = ap.commit_body(Some(&[1; 32]));
    assert_eq!(station.handle_commit(ap.commit_status(), &body), Ok(CommitOutcome::Accepted));
    assert_eq!(ap.handle_commit(station.commit_status(), &station.commit_body(None)), Ok(CommitOutcome::Accepted));
    confirm_both(&mut station, &mut ap);
}
