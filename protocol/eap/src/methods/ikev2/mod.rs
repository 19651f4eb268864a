//! EAP-IKEv2 (RFC 5106): the exchange of IKEv2 with a shared secret on either side; the server is the initiator.
//!
//! The name of the peer is hidden from whoever only listens. AES-128 in CBC, HMAC-SHA-1 and HMAC-SHA-256, groups 2, 5, 14,
//! 15 and 16: of these a server offers 14, and a peer takes what it is offered, since Debian's hostapd has group 2 alone.
//! Certificates and fast reconnection are not here: hostap has neither.

use crypto::{DhGroup, DhSecret, Secret};

use super::hash::Hash;
use crate::{Keys, MethodType};

mod link;
mod message;
mod offer;
mod peer;
mod server;

pub use peer::Ikev2Peer;
pub(crate) use peer::peer;
pub use server::Ikev2Server;

use message::{Id, Spis};

/// What the two sides agree on, beside AES-128 in CBC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Suite {
    prf: Hash,
    integrity: Hash,
    group: DhGroup,
}

/// How many octets of an HMAC protect a message: HMAC-SHA1-96, HMAC-SHA2-256-128.
const fn code_size(hash: Hash) -> usize {
    match hash {
        Hash::Sha1 => 12,
        Hash::Sha256 => 16,
    }
}

/// The keys of what one side sends.
#[derive(Debug)]
struct Side {
    integrity: Hash,
    /// SK_a.
    authentication: Secret,
    /// SK_e.
    encryption: Secret,
    /// SK_p.
    proof: Secret,
}

impl Side {
    /// What protects these octets.
    fn code(&self, parts: &[&[u8]]) -> alloc::vec::Vec<u8> {
        let mut code = self.integrity.hmac(self.authentication.as_bytes(), parts);
        code.truncate(code_size(self.integrity));
        code
    }
}

/// What both sides know once both values are on the table.
#[derive(Debug)]
struct Agreed {
    prf: Hash,
    spis: Spis,
    initiator: Side,
    responder: Side,
    nonces: Nonces,
    keys: Keys,
}

#[derive(Clone, Debug)]
struct Nonces {
    initiator: alloc::vec::Vec<u8>,
    responder: alloc::vec::Vec<u8>,
}

/// Octets of our nonces: as many as any pseudo-random function here has (RFC 7296 2.10).
const NONCE: usize = 32;

impl Agreed {
    /// RFC 7296 2.14, RFC 5106 6. `None` if the other side's value is none that it may have.
    fn new(suite: Suite, spis: Spis, nonces: Nonces, secret: &DhSecret, public: &[u8]) -> Option<Agreed> {
        let Suite { prf, integrity, .. } = suite;
        let shared = secret.agree(public)?;
        let both = [nonces.initiator.as_slice(), &nonces.responder].concat();
        let seed = Secret::from(prf.hmac(&both, &[shared.as_bytes()]));
        let (hash, code) = (prf.size(), integrity.size());
        let octets = hash.saturating_mul(3).saturating_add(code.saturating_mul(2)).saturating_add(2 * 16);
        let made = prf.plus(seed.as_bytes(), &[&both, &spis.initiator, &spis.responder], octets);
        let mut rest = made.as_bytes();
        let mut cut = |octets| {
            let (key, left) = rest.split_at_checked(octets).unwrap_or_default();
            rest = left;
            Secret::from(key)
        };
        let derivation = cut(hash);
        let (authentication_i, authentication_r) = (cut(code), cut(code));
        let (encryption_i, encryption_r) = (cut(16), cut(16));
        let (proof_i, proof_r) = (cut(hash), cut(hash));
        let exported = prf.plus(derivation.as_bytes(), &[&both], 128);
        let (msk, emsk) = exported.as_bytes().split_at_checked(64)?;
        let session_id = [&[MethodType::IKEV2.short().unwrap_or_default()][..], &both].concat();
        let side = |authentication, encryption, proof| Side { integrity, authentication, encryption, proof };
        Some(Agreed {
            prf,
            spis,
            initiator: side(authentication_i, encryption_i, proof_i),
            responder: side(authentication_r, encryption_r, proof_r),
            nonces,
            keys: Keys { msk: Secret::from(msk), emsk: Some(Secret::from(emsk)), session_id: Some(session_id) },
        })
    }

    /// AUTH (RFC 7296 2.15 with the padding of RFC 5106 7): over the first message of whoever proves itself, the nonce of
    /// the other side, and its name.
    fn proof(&self, side: &Side, secret: &Secret, message: &[u8], nonce: &[u8], id: &Id<'_>) -> alloc::vec::Vec<u8> {
        let name = self.prf.hmac(side.proof.as_bytes(), &[&id.octets()]);
        let key = Secret::from(self.prf.hmac(secret.as_bytes(), &[b"Key Pad for EAP-IKEv2"]));
        self.prf.hmac(key.as_bytes(), &[message, nonce, &name])
    }
}
