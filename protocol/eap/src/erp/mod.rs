//! Re-authentication with the keys of an earlier conversation, in one round trip (ERP, RFC 6696), for peers and for the
//! server of their home.
//!
//! A station keeps an [`ErpPeer`] from one conversation to the next, a server an [`ErpStore`]. Both are values: what comes over
//! the link goes through [`Peer`](crate::Peer) and [`Authenticator`](crate::Authenticator), or through FILS, which carries
//! the same packets. Local servers, which hold keys of a domain's own (RFC 6696 3.1), are not here: hostap has none either.

use alloc::vec::Vec;

use crypto::{Secret, hmac_sha256};

use crate::Keys;

mod message;
mod peer;
mod store;

pub(crate) use message::{finish_succeeds, is_reauth_start};
pub use message::{key_name, reauth_start};
pub use peer::{ErpFinish, ErpPeer};
pub use store::{ErpAnswer, ErpStore};

/// Octets of each key: as many as of an EMSK.
const KEY: usize = 64;
/// Octets of the EMSK's name.
const NAME: usize = 8;
/// HMAC-SHA256-128, which everybody has (RFC 6696 5.3.2), and octets of its tag.
const SUITE: u8 = 2;
const TAG: usize = 16;
/// RADIUS has no room for longer names (RFC 6696 5.3.2).
const LONGEST_NAME: usize = 253;

/// KDF of RFC 5295 3.1.2 with HMAC-SHA-256: the label, an octet of zero, what else there is, and the length.
fn kdf(key: &[u8], label: &[u8], data: &[u8], octets: usize) -> Secret {
    let length = u16::try_from(octets).unwrap_or(u16::MAX).to_be_bytes();
    let mut made = Vec::with_capacity(octets.saturating_add(32));
    let mut before: Vec<u8> = Vec::new();
    let mut counter: u8 = 0;
    while made.len() < octets {
        counter = counter.wrapping_add(1);
        before = hmac_sha256(key, &[&before, label, &[0], data, &length, &[counter]]).to_vec();
        made.extend_from_slice(&before);
    }
    made.truncate(octets);
    Secret::from(made)
}

/// What both sides keep of a conversation.
#[derive(Clone, Debug)]
struct ErpKeys {
    /// keyName-NAI: the EMSK's name in hexadecimal digits, and the realm (RFC 6696 5.3.2).
    name: Vec<u8>,
    /// rRK.
    root: Secret,
    /// rIK.
    integrity: Secret,
}

impl ErpKeys {
    /// RFC 6696 4. `None` if the method has no EMSK or no Session-Id, or there is no realm that leads home.
    fn new(keys: &Keys, realm: &[u8]) -> Option<ErpKeys> {
        let (emsk, session_id) = (keys.emsk.as_ref()?, keys.session_id.as_ref()?);
        if emsk.len() != KEY || realm.is_empty() {
            return None;
        }
        let of_emsk = kdf(session_id, b"EMSK", &[], NAME);
        let digits = of_emsk.as_bytes().iter().flat_map(|octet| [octet >> 4, octet & 0x0f]);
        let mut name: Vec<u8> =
            digits.filter_map(|nibble| b"0123456789abcdef".get(usize::from(nibble)).copied()).collect();
        name.push(b'@');
        name.extend_from_slice(realm);
        if name.len() > LONGEST_NAME {
            return None;
        }
        let root = kdf(emsk.as_bytes(), b"EAP Re-authentication Root Key@ietf.org", &[], KEY);
        let integrity = kdf(root.as_bytes(), b"Re-authentication Integrity Key@ietf.org", &[SUITE], KEY);
        Some(ErpKeys { name, root, integrity })
    }

    /// rMSK of this sequence number (RFC 6696 4.6), in the place of an MSK.
    fn session(&self, sequence: u16) -> Keys {
        let label = b"Re-authentication Master Session Key@ietf.org";
        Keys { msk: kdf(self.root.as_bytes(), label, &sequence.to_be_bytes(), KEY), emsk: None, session_id: None }
    }

    fn tag(&self, covered: &[u8]) -> [u8; TAG] {
        hmac_sha256(self.integrity.as_bytes(), &[covered]).first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
