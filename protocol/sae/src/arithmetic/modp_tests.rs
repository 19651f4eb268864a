//! Numbers modulo a prime.

use alloc::vec::Vec;
use crypto::Secret;
use crypto_bigint::BoxedUint;
use crypto_bigint::modular::BoxedMontyForm;
use wire::MacAddr;

use super::modp::{self, Numbers};
use super::modp_table::GROUPS;
use super::tests::hex;
use super::{Modp, check_element, combine, scalar_in_range};
use crate::password::{element_by_hunting, element_from_pt};
use crate::{Group, Method, Password, PtSet};

fn groups() -> impl Iterator<Item = Modp> {
    GROUPS.iter().filter_map(|parameters| Modp::from_number(parameters.number))
}

/// The prime less a small number.
fn below_prime(group: Modp, less: u8) -> Vec<u8> {
    let mut octets = modp::prime(group).as_bytes().to_vec();
    *octets.last_mut().unwrap() -= less;
    octets
}

fn small(group: Modp, number: u8) -> Vec<u8> {
    let mut octets = alloc::vec![0; group.octets()];
    *octets.last_mut().unwrap() = number;
    octets
}

#[test]
fn the_primes_are_safe() {
    for group in groups() {
        let numbers = Numbers::of(group).unwrap();
        for modulus in [numbers.prime.clone(), BoxedUint::clone(numbers.order.as_ref())] {
            let params = crypto_bigint::modular::BoxedMontyParams::new(modulus.to_odd().unwrap());
            let three = BoxedUint::from_be_slice_truncated(&[3], modulus.bits_precision());
            let power = BoxedMontyForm::new(three, &params).pow(&modulus.wrapping_sub(BoxedUint::one()));
            assert!(power.retrieve().is_one().to_bool(), "{group:?}");
        }
    }
}

#[test]
fn only_groups_large_enough_for_a_product_are_there() {
    let numbers: Vec<u16> = (0..100).filter(|number| Group::from_number(*number).is_some()).collect();
    #[cfg(not(feature = "testing"))]
    assert_eq!(numbers, [15, 16, 19, 20, 21]);
    #[cfg(feature = "testing")]
    assert_eq!(numbers, [1, 2, 5, 14, 15, 16, 19, 20, 21, 22, 23, 24]);
}

#[test]
fn elements_that_are_none() {
    for modp in groups() {
        let group = Group::Modp(modp);
        // 4 is a square; the negative of a square is none, as the prime is 3 modulo 4.
        assert!(check_element(group, &small(modp, 4)).is_some());
        assert!(check_element(group, &below_prime(modp, 4)).is_none());
        for none in [small(modp, 0), small(modp, 1), below_prime(modp, 1), below_prime(modp, 0)] {
            assert!(check_element(group, &none).is_none());
        }
        assert!(check_element(group, &alloc::vec![0xff; modp.octets()]).is_none());
        assert!(check_element(group, &small(modp, 4)[1..]).is_none());
        assert!(check_element(group, &[]).is_none());
    }
}

#[test]
fn scalars_lie_between_one_and_the_order() {
    for modp in groups() {
        let group = Group::Modp(modp);
        assert!(!scalar_in_range(group, &small(modp, 0)) && !scalar_in_range(group, &small(modp, 1)));
        assert!(scalar_in_range(group, &small(modp, 2)));
        let minus_one = modp::scalar_negative(modp, &[1]);
        assert!(scalar_in_range(group, minus_one.as_bytes()));
        assert!(modp::scalar_sum(modp, minus_one.as_bytes(), &[1]).as_bytes().iter().all(|octet| *octet == 0));
        assert_eq!(modp::scalar_product(modp, minus_one.as_bytes(), minus_one.as_bytes()).as_bytes(), small(modp, 1));
        assert_eq!(modp::nonzero_scalar(modp, &[0]).as_bytes(), small(modp, 1));
        assert_eq!(modp::nonzero_scalar(modp, minus_one.as_bytes()).as_bytes(), small(modp, 1));
        // An element and its inverse make one.
        let four = small(modp, 4);
        assert_eq!(combine(group, &[(&four, &[1]), (&four, minus_one.as_bytes())]), None);
    }
}

#[test]
fn candidates_above_the_prime_are_passed_over() {
    for modp in groups() {
        let high = Secret::from(alloc::vec![0xff; modp.octets()]);
        let three = Secret::from(small(modp, 3));
        let found = modp::first_candidate(modp, [(high.clone(), 0), (three.clone(), 0), (high.clone(), 1)].into_iter());
        assert_eq!(found.unwrap().as_bytes(), small(modp, 9));
        let one = Secret::from(small(modp, 1));
        assert_eq!(modp::first_candidate(modp, [(high, 0), (one, 1)].into_iter()), None);
    }
}

/// SHA-256 of the password elements by both methods, worked out with big integers of another language.
const ANSWERS: [(u16, &str, &str); 2] = [
    (
        15,
        "5ea9b98242b5b94c6995e93f85ea82fd7b1945d8943777f7e69d4f30a3725d68",
        "0915740516572dfd1df8247b140f646dbfce2ee3e7322ac3ccbe9adeb87463d1",
    ),
    (
        16,
        "26e162bccaa009ee1c9ae811677491235225763ca6dd26149169563e8d27b469",
        "2b83d69aa22b862fef5b4b822981aee2f89c4ec4120cb7a8a564a385a3430c88",
    ),
];

#[test]
fn password_elements_are_those_of_another_implementation() {
    let (own, peer) = (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 2]));
    let password = Password::new(b"mekmitasdigoat", None);
    for (number, hunted, hashed) in ANSWERS {
        let group = Group::from_number(number).unwrap();
        let element = element_by_hunting(group, &password, own, peer).unwrap();
        assert_eq!(hex(&crypto::sha256(&[element.as_bytes()])), hunted, "{group:?}");
        let points = PtSet::derive(b"a network", &password, &[group]);
        let element = element_from_pt(group, points.get(group).unwrap(), own, peer).unwrap();
        assert_eq!(hex(&crypto::sha256(&[element.as_bytes()])), hashed, "{group:?}");
        assert!(group.hash(Method::HashToElement).octets() >= 48);
    }
}
