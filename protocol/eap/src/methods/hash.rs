//! HMAC with one of two hashes, as methods of a shared secret choose between them.

use alloc::vec::Vec;

use crypto::{Secret, hmac_sha1, hmac_sha256};

/// The hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// Octets of a code, and of a key.
    pub(super) const fn size(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
        }
    }

    pub(super) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Hash::Sha1 => hmac_sha1(key, parts).to_vec(),
            Hash::Sha256 => hmac_sha256(key, parts).to_vec(),
        }
    }

    /// prf+ (RFC 7296 2.13, RFC 6124 5.1).
    pub(super) fn plus(self, key: &[u8], data: &[&[u8]], octets: usize) -> Secret {
        let mut made = Vec::with_capacity(octets.saturating_add(self.size()));
        let mut before: Vec<u8> = Vec::new();
        let mut counter: u8 = 0;
        while made.len() < octets {
            counter = counter.wrapping_add(1);
            let number = [counter];
            let mut parts: Vec<&[u8]> = Vec::from([before.as_slice()]);
            parts.extend(data);
            parts.push(&number);
            before = self.hmac(key, &parts);
            made.extend_from_slice(&before);
        }
        made.truncate(octets);
        Secret::from(made)
    }
}
