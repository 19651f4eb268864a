//! Bodies as they are on the air, and what a session answers to them.

use core::time::Duration;

use super::*;
use wire::Instant;

fn by_hashing() -> Setup {
    Setup::new(b"secret", Group::P256, Method::HashToElement)
}

#[test]
fn a_commit_of_hunting_and_pecking_has_the_token_before_the_scalar() {
    let session = Setup::new(b"secret", Group::P256, Method::HuntAndPeck).start(STA, AP, 1);
    let plain = session.commit_body(None);
    assert_eq!(plain.len(), 2 + 96);
    assert_eq!(session.commit_status(), StatusCode::SUCCESS);
    let with_token = session.commit_body(Some(&[7; 32]));
    assert_eq!(with_token, [&plain[..2], &[7; 32], &plain[2..]].concat());
    let parsed = parse_commit(&with_token, Method::HuntAndPeck).unwrap();
    assert_eq!(parsed.token, Some(&[7; 32][..]));
    assert_eq!((parsed.scalar, parsed.element), (&plain[2..34], &plain[34..]));
    assert_eq!(parse_commit(&plain, Method::HuntAndPeck).unwrap().token, None);
    // A few octets too many are no token.
    let parsed_rest = [&plain[..], &[0; 9]].concat();
    assert_eq!(parse_commit(&parsed_rest, Method::HuntAndPeck).unwrap().token, None);
}

#[test]
fn a_commit_of_hash_to_element_has_elements_after_the_point() {
    let mut setup = Setup::identified(Some(b"guest"));
    setup.rejected = alloc::vec![21, 20];
    let session = setup.start(STA, AP, 1);
    assert_eq!(session.commit_status(), StatusCode::SAE_HASH_TO_ELEMENT);
    let body = session.commit_body(Some(&[7; 3]));
    assert_eq!(body[98..], [255, 6, 33, b'g', b'u', b'e', b's', b't', 255, 5, 92, 21, 0, 20, 0, 255, 4, 93, 7, 7, 7]);
    let parsed = parse_commit(&body, Method::HashToElement).unwrap();
    assert_eq!(parsed.group, Group::P256);
    assert_eq!(parsed.token, Some(&[7; 3][..]));
    assert_eq!(parsed.password_id, Some(&b"guest"[..]));
    assert_eq!(parsed.rejected_groups, Some(alloc::vec![21, 20]));
    // Unknown elements and the AKM suite selector.
    let more = [&body[..98], &[221, 1, 0, 255, 1, 107, 255, 0, 255, 5, 114, 0, 15, 172, 24]].concat();
    assert_eq!(parse_commit(&more, Method::HashToElement).unwrap().akm_suite, Some([0, 15, 172, 24]));
}

#[test]
fn commits_that_are_cut_short_or_have_elements_twice() {
    let body = Setup::identified(Some(b"guest")).start(STA, AP, 1).commit_body(Some(&[7; 3]));
    for len in 0..body.len() {
        let whole = [98, 98 + 8].contains(&len);
        assert_eq!(parse_commit(&body[..len], Method::HashToElement).is_ok(), whole, "{len}");
    }
    let twice = [&body[..], &body[98..]].concat();
    assert!(matches!(parse_commit(&twice, Method::HashToElement), Err(SaeError::Malformed(_))));
    assert_eq!(parse_commit(&[29, 0, 1], Method::HuntAndPeck), Err(SaeError::UnsupportedGroup(29)));
    assert_eq!(SaeError::UnsupportedGroup(22).status(), StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP);
}

#[test]
fn a_token_goes_there_and_back() {
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let setup = Setup::new(b"secret", Group::P256, method);
        let mut station = setup.start(STA, AP, 1);
        let guard = AntiClogging::new(&mut TestRng::new(5));
        let at = |secs| Instant::from_origin(Duration::from_secs(secs));
        let plain = station.commit_body(None);
        let request = guard.request_body(&STA, &parse_commit(&plain, method).unwrap(), method, at(99));
        let outcome = station.handle_commit(StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED, &request).unwrap();
        let CommitOutcome::TokenRequired(token) = outcome else { panic!("{outcome:?}") };
        let body = station.commit_body(Some(&token));
        let parsed = parse_commit(&body, method).unwrap();
        assert!(guard.check(&STA, &parsed, parsed.token.unwrap(), at(99)));
        assert!(guard.check(&STA, &parsed, &token, at(103)));
        for (peer, token, time) in [(AP, &token[..], 99), (STA, &token[1..], 99), (STA, &token, 108), (STA, &token, 90)]
        {
            assert!(!guard.check(&peer, &parsed, token, at(time)), "{peer} {time}");
        }
        // Everybody hears it, and nobody can use it for another commit in the same name, or one of another group.
        for (group, seed) in [(Group::P256, 3), (Group::P384, 1)] {
            let other = Setup::new(b"secret", group, method).start(STA, AP, seed).commit_body(None);
            assert!(!guard.check(&STA, &parse_commit(&other, method).unwrap(), &token, at(99)), "{group:?}");
        }
        // The run goes on with the same numbers.
        let mut ap = setup.start(AP, STA, 2);
        assert_eq!(ap.handle_commit(station.commit_status(), &body), Ok(CommitOutcome::Accepted));
        // Requests that make no sense change nothing.
        for bad in [&b""[..], &[19], &[19, 0], &[20, 0, 1, 2, 3], &[19, 0, 255, 1, 93]] {
            let answer = station.handle_commit(StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED, bad);
            let token_of_any_shape = method == Method::HuntAndPeck && bad.len() == 5 && bad[0] == 19;
            assert_eq!(answer.is_ok(), token_of_any_shape, "{bad:?}");
        }
    }
}

#[test]
fn refusals_of_the_peer() {
    let mut session = by_hashing().start(STA, AP, 1);
    let refused = StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP;
    assert_eq!(session.handle_commit(refused, &[19, 0]), Ok(CommitOutcome::GroupRefused));
    assert_eq!(session.handle_commit(refused, &[20, 0]), Err(SaeError::GroupMismatch(20)));
    assert!(session.handle_commit(refused, &[]).is_err());
    for status in [StatusCode::UNKNOWN_PASSWORD_IDENTIFIER, StatusCode::REFUSED, StatusCode(999)] {
        assert_eq!(session.handle_commit(status, &[]), Err(SaeError::Refused(status)));
    }
    assert_eq!(session.state(), State::Committed);
}

#[test]
fn the_other_method_and_another_group_are_refused() {
    let mut session = by_hashing().start(STA, AP, 1);
    let body = Setup::new(b"secret", Group::P256, Method::HuntAndPeck).start(AP, STA, 2).commit_body(None);
    assert_eq!(session.handle_commit(StatusCode::SUCCESS, &body), Err(SaeError::MethodMismatch));
    let other = Setup::new(b"secret", Group::P384, Method::HashToElement).start(AP, STA, 2);
    let answer = session.handle_commit(other.commit_status(), &other.commit_body(None));
    assert_eq!(answer, Err(SaeError::GroupMismatch(20)));
    assert_eq!(answer.unwrap_err().status(), StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP);
}

#[test]
fn password_identifiers_must_be_the_same() {
    let named = Setup::identified(Some(b"guest"));
    let (mut a, mut b) = named.pair(1);
    commit_both(&mut a, &mut b);
    confirm_both(&mut a, &mut b);
    for other in [Setup::identified(None), Setup::identified(Some(b"Guest"))] {
        let (mut a, mut b) = (named.start(STA, AP, 1), other.start(AP, STA, 2));
        assert_eq!(b.handle_commit(a.commit_status(), &a.commit_body(None)), Err(SaeError::PasswordIdentifier));
        assert_eq!(a.handle_commit(b.commit_status(), &b.commit_body(None)), Err(SaeError::PasswordIdentifier));
    }
    assert_eq!(SaeError::PasswordIdentifier.status(), StatusCode::UNKNOWN_PASSWORD_IDENTIFIER);
}

#[test]
fn configurations_that_cannot_be() {
    let mut rng = TestRng::new(1);
    let setup = by_hashing();
    let fails =
        |config: &Config<'_>, rng: &mut TestRng| matches!(Session::start(config, rng), Err(SaeError::Configuration(_)));
    let config = setup.config(STA, AP);
    assert!(fails(&Config { pt: None, ..config }, &mut rng));
    assert!(fails(&Config { group: Group::P384, ..config }, &mut rng));
    assert!(fails(&Config { rejected_groups: &[1; 128], ..config }, &mut rng));
    let named = Password::new(b"secret", Some(b"x"));
    assert!(fails(&Config { method: Method::HuntAndPeck, password: &named, ..config }, &mut rng));
    assert!(fails(&Config { method: Method::HuntAndPeck, akm: SaeAkm::SaeExtKey, ..config }, &mut rng));
    let long = Password::new(b"secret", Some(&[b'x'; 255]));
    assert!(fails(&Config { password: &long, ..config }, &mut rng));
    let longest = Password::new(b"secret", Some(&[b'x'; 254]));
    let longest = Config { password: &longest, rejected_groups: &[30; 127], ..config };
    let body = Session::start(&longest, &mut rng).unwrap().commit_body(None);
    assert_eq!(parse_commit(&body, Method::HashToElement).unwrap().password_id.unwrap().len(), 254);
}

#[test]
fn a_peer_that_missed_our_answer_gets_it_again_but_not_for_ever() {
    let (mut a, mut b) = by_hashing().pair(1);
    commit_both(&mut a, &mut b);
    let commit = a.commit_body(None);
    for _ in 0..SYNC_LIMIT {
        assert_eq!(b.handle_commit(a.commit_status(), &commit), Ok(CommitOutcome::Repeated));
    }
    assert_eq!(b.handle_commit(a.commit_status(), &commit), Err(SaeError::TooManyRepeats));
    // The run still works for the peer that is really there.
    confirm_both(&mut a, &mut b);
    let other = by_hashing().start(STA, AP, 99).commit_body(None);
    assert_eq!(b.handle_commit(a.commit_status(), &other), Ok(CommitOutcome::Different));
    assert_eq!(b.state(), State::Accepted);
}

#[test]
fn a_lost_last_confirm_is_answered_without_an_echo() {
    let (mut a, mut b) = by_hashing().pair(1);
    commit_both(&mut a, &mut b);
    assert_eq!(b.handle_confirm(&a.confirm_body().unwrap()), Ok(ConfirmOutcome::Accepted));
    let lost = b.confirm_body().unwrap();
    assert_eq!(lost[..2], [1, 0]);
    let again = a.confirm_body().unwrap();
    assert_eq!(again[..2], [2, 0]);
    assert_eq!(b.handle_confirm(&again), Ok(ConfirmOutcome::Again));
    let last = b.confirm_body().unwrap();
    assert_eq!(last[..2], [0xff, 0xff]);
    assert_eq!(a.handle_confirm(&last), Ok(ConfirmOutcome::Accepted));
    // What is on its way still leads to nothing.
    assert_eq!(a.handle_confirm(&last), Ok(ConfirmOutcome::Ignored));
    assert_eq!(a.handle_confirm(&lost), Ok(ConfirmOutcome::Ignored));
    assert_eq!(a.pmk(), b.pmk());
}

#[test]
fn elements_after_a_confirm_are_of_no_concern() {
    let (mut a, mut b) = by_hashing().pair(1);
    commit_both(&mut a, &mut b);
    let mut body = a.confirm_body().unwrap();
    body.extend_from_slice(&[255, 1, 107]);
    assert_eq!(b.handle_confirm(&body), Ok(ConfirmOutcome::Accepted));
    assert!(a.handle_confirm(&[1, 0, 5]).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let session = by_hashing().start(STA, AP, 1);
    let text = alloc::format!("{session:?} {:?}", by_hashing().password);
    assert!(text.contains("Secret(32 bytes)"), "{text}");
    assert!(text.contains("Secret(6 bytes)"), "{text}");
}

#[test]
fn the_status_of_a_commit_tells_the_method() {
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        assert_eq!(Method::from_status(method.status()), Some(method));
    }
    assert_eq!(Method::from_status(StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED), None);
}

#[test]
fn the_akm_with_a_longer_key_is_said_and_must_be_the_same() {
    let mut ext = by_hashing();
    ext.akm = SaeAkm::SaeExtKey;
    let (mut a, mut b) = ext.pair(1);
    assert_eq!(a.commit_body(None)[98..], [255, 5, 114, 0, 15, 172, 24]);
    commit_both(&mut a, &mut b);
    confirm_both(&mut a, &mut b);
    // Who knows it from elsewhere need not be told; who has another one is refused.
    let body = a.commit_body(None);
    let (mut c, mut plain) = (ext.start(AP, STA, 2), by_hashing().start(AP, STA, 2));
    assert_eq!(c.handle_commit(a.commit_status(), &body[..98]), Ok(CommitOutcome::Accepted));
    assert_eq!(plain.handle_commit(a.commit_status(), &body), Err(SaeError::AkmMismatch));
    assert_eq!(SaeAkm::from_suite([0, 15, 172, 8]), Some(SaeAkm::Sae));
    assert_eq!(SaeAkm::from_suite([0, 15, 172, 2]), None);
}
