//! Arithmetic of the groups, over octets: what is secret travels in [`Secret`] and is wiped with it.
//!
//! The groups are curves, and numbers modulo a prime (`modp`), whose product is what a curve's sum is. Points are added and multiplied by the RustCrypto curves; the field below is `crypto-bigint`'s, for finding points
//! on a curve. Nothing here branches on, or indexes by, a secret.

mod field;
mod modp;
mod modp_table;
mod points;

use alloc::vec::Vec;
use crypto::{Rng, Secret};

use crate::Group;
pub use modp::Modp;
use points::{P256, P384, P521};

/// An element of a group other than the identity: both coordinates of a point, or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element(Secret);

impl Element {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The two numbers a Commit is made of (12.4.5.2).
#[derive(Debug)]
pub(crate) struct OwnNumbers {
    pub(crate) rand: Secret,
    pub(crate) mask: Secret,
}

/// A Commit of ours: what is kept for the keys, and what goes on the air.
pub(crate) struct OwnElements {
    pub(crate) rand: Secret,
    pub(crate) scalar: Vec<u8>,
    pub(crate) element: Vec<u8>,
}

/// Calls a generic function with the curve of a group, or the one of the same name with the numbers modulo a prime.
macro_rules! with_group {
    ($group:expr, $module:ident :: $function:ident ( $($argument:expr),* )) => {
        match $group {
            Group::P256 => $module::$function::<P256, { P256::LIMBS }>($($argument),*),
            Group::P384 => $module::$function::<P384, { P384::LIMBS }>($($argument),*),
            Group::P521 => $module::$function::<P521, { P521::LIMBS }>($($argument),*),
            Group::Modp(modp) => modp::$function(modp, $($argument),*),
        }
    };
}

fn combine(group: Group, terms: &[(&[u8], &[u8])]) -> Option<Element> {
    match group {
        Group::P256 => P256::combine(terms),
        Group::P384 => P384::combine(terms),
        Group::P521 => P521::combine(terms),
        Group::Modp(group) => modp::combine(group, terms),
    }
    .map(Element)
}

/// The prime, in as many octets as a coordinate.
pub(crate) fn prime(group: Group) -> Secret {
    with_group!(group, field::prime())
}

/// Whether 1 < scalar < r (12.4.5.4).
pub(crate) fn scalar_in_range(group: Group, scalar: &[u8]) -> bool {
    with_group!(group, field::scalar_in_range(scalar))
}

/// The element of a peer, if it is one of the group and not the identity.
pub(crate) fn check_element(group: Group, octets: &[u8]) -> Option<Element> {
    let valid = match group {
        Group::P256 => P256::is_point(octets),
        Group::P384 => P384::is_point(octets),
        Group::P521 => P521::is_point(octets),
        Group::Modp(group) => modp::is_element(group, octets),
    };
    valid.then(|| Element(Secret::from(octets)))
}

/// (a + b) mod r.
pub(crate) fn scalar_sum(group: Group, a: &[u8], b: &[u8]) -> Secret {
    with_group!(group, field::scalar_sum(a, b))
}

/// Two random numbers with 1 < n < r whose sum is no less (12.4.5.2). `None` from a generator that is stuck.
pub(crate) fn random_numbers(group: Group, rng: &mut dyn Rng) -> Option<OwnNumbers> {
    for _ in 0..8 {
        let numbers = OwnNumbers { rand: random_scalar(group, rng), mask: random_scalar(group, rng) };
        let sum = scalar_sum(group, numbers.rand.as_bytes(), numbers.mask.as_bytes());
        if [&numbers.rand, &numbers.mask, &sum].iter().all(|n| scalar_in_range(group, n.as_bytes())) {
            return Some(numbers);
        }
    }
    None
}

fn random_scalar(group: Group, rng: &mut dyn Rng) -> Secret {
    // 16 octets more than needed, so that the remainder is as good as uniform.
    let mut wide = alloc::vec![0; group.scalar_octets().saturating_add(16)];
    rng.fill(&mut wide);
    let wide = Secret::from(wide);
    with_group!(group, field::reduce_scalar(wide.as_bytes()))
}

/// scalar = (rand + mask) mod r, element = -(mask * PWE) (12.4.5.2).
pub(crate) fn own_commit(group: Group, pwe: &Element, numbers: OwnNumbers) -> Option<OwnElements> {
    let scalar = scalar_sum(group, numbers.rand.as_bytes(), numbers.mask.as_bytes());
    if !scalar_in_range(group, scalar.as_bytes()) {
        return None;
    }
    let negative = with_group!(group, field::scalar_negative(numbers.mask.as_bytes()));
    let element = combine(group, &[(pwe.as_bytes(), negative.as_bytes())])?;
    Some(OwnElements { rand: numbers.rand, scalar: scalar.as_bytes().to_vec(), element: element.as_bytes().to_vec() })
}

/// The x-coordinate of K, or K itself where it is a number, with K = rand * (peer-scalar * PWE + peer-element); `None` if K is the identity (12.4.5.4).
pub(crate) fn shared(group: Group, pwe: &Element, scalar: &[u8], element: &Element, rand: &Secret) -> Option<Secret> {
    let product = with_group!(group, field::scalar_product(scalar, rand.as_bytes()));
    let k = combine(group, &[(pwe.as_bytes(), product.as_bytes()), (element.as_bytes(), rand.as_bytes())])?;
    k.as_bytes().get(..group.octets()).map(Secret::from)
}

/// PT from values that are longer than the prime: two for a curve (12.4.4.2.3), one otherwise (12.4.4.3.3). `expand`
/// makes the value of a label.
pub(crate) fn hash_to_element(group: Group, expand: impl Fn(&[u8]) -> Secret) -> Option<Element> {
    let point = match group {
        Group::P256 => field::map_to_curve::<P256, { P256::LIMBS }>,
        Group::P384 => field::map_to_curve::<P384, { P384::LIMBS }>,
        Group::P521 => field::map_to_curve::<P521, { P521::LIMBS }>,
        Group::Modp(modp) => return modp::map(modp, expand(b"SAE Hash to Element").as_bytes()).map(Element),
    };
    let p1 = point(expand(b"SAE Hash to Element u1 P1").as_bytes());
    let p2 = point(expand(b"SAE Hash to Element u2 P2").as_bytes());
    let one = with_group!(group, field::reduce_scalar(&[1]));
    combine(group, &[(p1.as_bytes(), one.as_bytes()), (p2.as_bytes(), one.as_bytes())])
}

/// PWE = ((val mod (r - 1)) + 1) * PT.
pub(crate) fn scale_pt(group: Group, pt: &Element, val: &[u8]) -> Option<Element> {
    let val = with_group!(group, field::nonzero_scalar(val));
    combine(group, &[(pt.as_bytes(), val.as_bytes())])
}

/// The first of the candidates that is an x-coordinate, with the y of the wanted parity, or that leads to a number of
/// the group. All are looked at.
pub(crate) fn first_candidate(group: Group, candidates: impl Iterator<Item = (Secret, u8)>) -> Option<Element> {
    with_group!(group, field::first_candidate(candidates)).map(Element)
}

#[cfg(test)]
mod modp_tests;
#[cfg(test)]
pub(crate) mod tests;
