//! The exchange beneath SAE (Dragonfly, RFC 7664), for other protocols that are made of it: EAP-pwd (RFC 5931).
//!
//! The caller hashes what it has into candidates, frames what goes over the air, and confirms in its own way. What a
//! peer sends is checked here: a scalar out of range, a point that is none, and our own Commit come back.

use alloc::vec::Vec;
use crypto::{Rng, Secret};

use crate::Group;
use crate::arithmetic::{self, Element};

/// The secret element that a password leads to.
#[derive(Clone, Debug)]
pub struct PasswordElement {
    group: Group,
    element: Element,
}

impl PasswordElement {
    /// The first candidate that is an x-coordinate of the curve, with the y of the wanted parity. Every candidate costs
    /// the same and none ends the search, so that only their number shows: 40 leave one password in 2^40 without an
    /// element.
    pub fn find(group: Group, candidates: impl Iterator<Item = (Secret, u8)>) -> Option<PasswordElement> {
        let element = arithmetic::first_candidate(group, candidates)?;
        Some(PasswordElement { group, element })
    }
}

/// Moves the leftmost `bits` bits of `value` to its right end.
pub fn shift_right(value: &mut [u8], bits: u16) {
    crate::password::shift_right(value, bits);
}

/// The bits of the group's prime.
#[must_use]
pub fn prime_bits(group: Group) -> u16 {
    group.bits()
}

/// Why a peer's Commit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A scalar outside of 1 < scalar < r.
    Scalar,
    /// An element that is not on the curve, or the identity.
    Element,
    /// Our own scalar or element.
    Reflection,
    /// Scalar and element make no secret.
    SharedSecret,
}

/// A Commit of ours.
#[derive(Debug)]
pub struct OwnCommit {
    rand: Secret,
    scalar: Vec<u8>,
    element: Vec<u8>,
}

impl OwnCommit {
    /// A fresh one. `None` from a generator that is stuck.
    pub fn new(pwe: &PasswordElement, rng: &mut dyn Rng) -> Option<OwnCommit> {
        let numbers = arithmetic::random_numbers(pwe.group, rng)?;
        let own = arithmetic::own_commit(pwe.group, &pwe.element, numbers)?;
        Some(OwnCommit { rand: own.rand, scalar: own.scalar, element: own.element })
    }

    /// The scalar, of [`Group::scalar_octets`].
    #[must_use]
    pub fn scalar(&self) -> &[u8] {
        &self.scalar
    }

    /// The element, of [`Group::element_octets`]: x and y.
    #[must_use]
    pub fn element(&self) -> &[u8] {
        &self.element
    }

    /// The secret that is shared with whoever sent this scalar and element and knows the password.
    ///
    /// # Errors
    /// The peer's: a scalar or element that may not be, or our own ones.
    pub fn shared(&self, pwe: &PasswordElement, scalar: &[u8], element: &[u8]) -> Result<Secret, Refusal> {
        if !arithmetic::scalar_in_range(pwe.group, scalar) {
            return Err(Refusal::Scalar);
        }
        let checked = arithmetic::check_element(pwe.group, element).ok_or(Refusal::Element)?;
        // Either alone would do for a reflection to be one.
        if scalar == self.scalar || element == self.element {
            return Err(Refusal::Reflection);
        }
        arithmetic::shared(pwe.group, &pwe.element, scalar, &checked, &self.rand).ok_or(Refusal::SharedSecret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::testing::TestRng;

    fn element(group: Group, seed: u64) -> PasswordElement {
        let mut rng = TestRng::new(seed);
        let candidates: Vec<_> = (0..40)
            .map(|_| {
                let mut value = alloc::vec![0; group.octets()];
                rng.fill(&mut value);
                shift_right(&mut value, prime_bits(group));
                (Secret::from(value), 1)
            })
            .collect();
        PasswordElement::find(group, candidates.into_iter()).unwrap_or_else(|| element(group, seed.wrapping_add(1)))
    }

    #[test]
    fn two_sides_with_one_element_share_a_secret_and_others_do_not() {
        for group in [Group::P256, Group::P384, Group::P521] {
            let mut rng = TestRng::new(9);
            let mut commit = |pwe: &PasswordElement| OwnCommit::new(pwe, &mut rng).ok_or(Refusal::Scalar);
            let (pwe, other) = (element(group, 1), element(group, 1000));
            let (Ok(a), Ok(b), Ok(c)) = (commit(&pwe), commit(&pwe), commit(&other)) else { continue };
            let here = a.shared(&pwe, b.scalar(), b.element());
            assert_eq!(here.as_ref().map(Secret::len), Ok(group.octets()));
            assert_eq!(here, b.shared(&pwe, a.scalar(), a.element()));
            assert_ne!(c.shared(&other, a.scalar(), a.element()), a.shared(&pwe, c.scalar(), c.element()));
            // CVE-2019-9497, CVE-2019-9498, CVE-2019-9499.
            assert_eq!(a.shared(&pwe, a.scalar(), a.element()), Err(Refusal::Reflection));
            assert_eq!(a.shared(&pwe, b.scalar(), a.element()), Err(Refusal::Reflection));
            let zero = alloc::vec![0; group.scalar_octets()];
            assert_eq!(a.shared(&pwe, &zero, b.element()), Err(Refusal::Scalar));
            let mut off = b.element().to_vec();
            if let Some(last) = off.last_mut() {
                *last ^= 1;
            }
            assert_eq!(a.shared(&pwe, b.scalar(), &off), Err(Refusal::Element));
            assert_eq!(a.shared(&pwe, b.scalar(), &alloc::vec![0; group.element_octets()]), Err(Refusal::Element));
        }
    }
}
