//! OCSP responses that OpenSSL 3 made: two certificates of one authority, one of them revoked.

use crate::ocsp::{Status, check};
use crate::{Certificate, WallTime, read_certificates};

const GOOD: &[u8] = include_bytes!("ocsp/good.der");
const REVOKED: &[u8] = include_bytes!("ocsp/revoked.der");
const DELEGATED: &[u8] = include_bytes!("ocsp/delegated.der");
const UNDELEGATED: &[u8] = include_bytes!("ocsp/undelegated.der");

fn parsed(file: &[u8]) -> Certificate {
    read_certificates(file, "a test").unwrap().remove(0)
}

struct Three {
    ca: Certificate,
    good: Certificate,
    bad: Certificate,
}

fn three() -> Three {
    let [ca, good, bad] =
        [include_bytes!("ocsp/ca.pem").as_slice(), include_bytes!("ocsp/good.pem"), include_bytes!("ocsp/bad.pem")]
            .map(parsed);
    Three { ca, good, bad }
}

/// A day after the responses were made.
const LATER: Option<WallTime> = Some(WallTime(1_795_737_600 + 86_400));

#[test]
fn the_issuer_and_whom_it_delegates_say_good_and_revoked() {
    let Three { ca, good, bad } = three();
    assert_eq!(check(GOOD, &good, &ca, LATER), Ok(Status::Good));
    assert_eq!(check(DELEGATED, &good, &ca, LATER), Ok(Status::Good));
    assert_eq!(check(REVOKED, &bad, &ca, LATER), Ok(Status::Revoked));
}

#[test]
fn nobody_else_may_answer_and_an_answer_is_for_one_certificate() {
    let Three { ca, good, bad } = three();
    assert!(check(UNDELEGATED, &good, &ca, LATER).is_err_and(|why| why.starts_with("is not signed by")));
    assert_eq!(check(GOOD, &bad, &ca, LATER), Err("is about another certificate"));
    // Headers, who answers, for what, what and when: all of it is signed.
    for at in 0..200 {
        let mut forged = GOOD.to_vec();
        forged[at] ^= 1;
        assert!(check(&forged, &good, &ca, LATER).is_err(), "octet {at}");
    }
}

#[test]
fn an_answer_has_its_time() {
    let Three { ca, good, .. } = three();
    assert!(check(GOOD, &good, &ca, Some(WallTime(1_700_000_000))).is_err_and(|why| why.contains("future")));
    assert_eq!(check(GOOD, &good, &ca, Some(WallTime(7_000_000_000))), Err("is out of date"));
    assert_eq!(check(GOOD, &good, &ca, None), Ok(Status::Good));
}

#[test]
fn no_beginning_of_an_answer_is_an_answer() {
    let Three { ca, good, .. } = three();
    for length in 0..GOOD.len() {
        assert!(check(&GOOD[..length], &good, &ca, LATER).is_err());
    }
}
