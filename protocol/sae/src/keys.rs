//! From the shared secret to the keys (IEEE Std 802.11-2020 12.4.5.4).

use alloc::vec::Vec;
use crypto::{Pmk, Secret};

use crate::group::Hash;
use crate::{Group, Method, SaeAkm};

/// The keys of a run.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) kck: Secret,
    pub(crate) pmk: Pmk,
    pub(crate) pmkid: [u8; 16],
    pub(crate) hash: Hash,
}

/// What the keys of a run depend on.
pub(crate) struct KeyInput<'a> {
    pub(crate) group: Group,
    pub(crate) method: Method,
    pub(crate) akm: SaeAkm,
    /// The x-coordinate of the shared element.
    pub(crate) k: &'a [u8],
    /// The sum of both scalars modulo the order.
    pub(crate) sum: &'a [u8],
    /// The rejected groups of the side with the greater address, and of the other.
    pub(crate) rejected: [&'a [u16]; 2],
}

pub(crate) fn derive(input: &KeyInput<'_>) -> Option<Keys> {
    let hash = input.group.hash(input.method);
    // The salt binds what both sides were told about groups, so a forged refusal makes the keys differ.
    let mut salt: Vec<u8> = match input.method {
        Method::HashToElement => input.rejected.iter().copied().flatten().flat_map(|n| n.to_le_bytes()).collect(),
        Method::HuntAndPeck => Vec::new(),
    };
    if salt.is_empty() {
        salt.resize(hash.octets(), 0);
    }
    let pmk_octets = match input.akm {
        SaeAkm::Sae => 32,
        SaeAkm::SaeExtKey => hash.octets(),
    };
    let seed = hash.hmac(&salt, &[input.k]);
    let keys = hash.kdf(seed.as_bytes(), "SAE KCK and PMK", input.sum, hash.octets().checked_add(pmk_octets)?);
    let (kck, pmk) = keys.as_bytes().split_at_checked(hash.octets())?;
    Some(Keys { kck: Secret::from(kck), pmk: Pmk::from_bytes(pmk)?, pmkid: *input.sum.first_chunk()?, hash })
}

/// CN of 12.4.5.5: the HMAC under KCK over a counter and both Commits, that of the sender first.
pub(crate) fn confirm(keys: &Keys, counter: u16, sender: [&[u8]; 2], receiver: [&[u8]; 2]) -> Secret {
    let [scalar, element] = sender;
    let [peer_scalar, peer_element] = receiver;
    keys.hash.hmac(keys.kck.as_bytes(), &[&counter.to_le_bytes(), scalar, element, peer_scalar, peer_element])
}
