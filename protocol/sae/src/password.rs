//! Passwords and what is derived from them.

use alloc::vec::Vec;
use crypto::Secret;
use wire::MacAddr;
use zeroize::Zeroize;

use crate::arithmetic::{self, Element};
use crate::{Group, Method};

/// Iterations of hunting and pecking that are always done. 12.4.4.2.2 says how few are unsafe: with 40, one password
/// in a billion shows in the timing.
const ITERATIONS: u8 = 40;

/// A password, and the identifier it is known by, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    secret: Secret,
    identifier: Option<Vec<u8>>,
}

impl Password {
    /// A password from its octets (12.4.3), and its identifier, which goes over the air in the clear.
    #[must_use]
    pub fn new(password: &[u8], identifier: Option<&[u8]>) -> Self {
        Self { secret: Secret::from(password), identifier: identifier.map(<[u8]>::to_vec) }
    }

    /// The same password under another identifier.
    #[must_use]
    pub fn known_as(&self, identifier: &[u8]) -> Self {
        Self { secret: self.secret.clone(), identifier: Some(identifier.to_vec()) }
    }

    /// The identifier.
    #[must_use]
    pub fn identifier(&self) -> Option<&[u8]> {
        self.identifier.as_deref()
    }
}

/// The secret elements PT of a password in an SSID, one for each group (12.4.4.2.3). Computed once per network.
#[derive(Debug, Clone)]
pub struct PtSet(Vec<(Group, Element)>);

impl PtSet {
    /// Derives the elements for `groups`.
    #[must_use]
    pub fn derive(ssid: &[u8], password: &Password, groups: &[Group]) -> Self {
        Self(groups.iter().filter_map(|group| Some((*group, derive_pt(ssid, password, *group)?))).collect())
    }

    pub(crate) fn get(&self, group: Group) -> Option<&Element> {
        self.0.iter().find(|(known, _)| *known == group).map(|(_, element)| element)
    }

    /// Whether there is an element for this group.
    #[must_use]
    pub fn has(&self, group: Group) -> bool {
        self.get(group).is_some()
    }
}

fn derive_pt(ssid: &[u8], password: &Password, group: Group) -> Option<Element> {
    let hash = group.hash(Method::HashToElement);
    let identifier = password.identifier().unwrap_or_default();
    let seed = hash.hmac(ssid, &[password.secret.as_bytes(), identifier]);
    // Half as long again as the prime, so that the remainder is as good as uniform.
    let octets = group.octets().saturating_add(group.octets().div_ceil(2));
    arithmetic::hash_to_element(group, |label| hash.expand(seed.as_bytes(), label, octets))
}

/// The two addresses, the greater one first.
pub(crate) fn ordered(own: MacAddr, peer: MacAddr) -> [u8; 12] {
    let (high, low) = if own.0 > peer.0 { (own, peer) } else { (peer, own) };
    let mut both = [0; 12];
    for (to, from) in both.iter_mut().zip(high.0.iter().chain(low.0.iter())) {
        *to = *from;
    }
    both
}

/// PWE from PT and the addresses (12.4.4.2.3, last part).
pub(crate) fn element_from_pt(group: Group, pt: &Element, own: MacAddr, peer: MacAddr) -> Option<Element> {
    let hash = group.hash(Method::HashToElement);
    let zeros = alloc::vec![0; hash.octets()];
    let val = hash.hmac(&zeros, &[&ordered(own, peer)]);
    arithmetic::scale_pt(group, pt, val.as_bytes())
}

/// PWE by hunting and pecking (12.4.4.2.2): every iteration does the same work, and the first that finds an element
/// is kept without a branch.
pub(crate) fn element_by_hunting(group: Group, password: &Password, own: MacAddr, peer: MacAddr) -> Option<Element> {
    let key = ordered(own, peer);
    let candidates = (1..=ITERATIONS).map(|counter| {
        let mut seed = crypto::hmac_sha256(&key, &[password.secret.as_bytes(), &[counter]]);
        let mut value = alloc::vec![0; group.octets()];
        let label = "SAE Hunting and Pecking";
        crypto::kdf_sha256_bits(&seed, label, arithmetic::prime(group).as_bytes(), group.bits(), &mut value);
        shift_right(&mut value, group.bits());
        let [.., last] = seed;
        seed.zeroize();
        (Secret::from(value), last & 1)
    });
    arithmetic::first_candidate(group, candidates)
}

/// Moves the leftmost `bits` bits of `value` to its right end.
pub(crate) fn shift_right(value: &mut [u8], bits: u16) {
    let shift = match bits % 8 {
        0 => return,
        used => 8u16.saturating_sub(used),
    };
    let mut carry = 0u16;
    for octet in value {
        let wide = (carry << 8) | u16::from(*octet);
        carry = u16::from(*octet);
        *octet = u8::try_from((wide >> shift) & 0xff).unwrap_or_default();
    }
}
