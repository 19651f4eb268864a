//! Anti-clogging tokens (IEEE Std 802.11-2020 12.4.6): an access point under load answers a Commit with a token
//! instead of with the work of a run, and starts runs only with those who can receive what is sent to them.

use alloc::vec::Vec;
use crypto::{Rng, Secret, ct_eq, hmac_sha256};
use wire::MacAddr;

use crate::Method;
use crate::commit::token_request;

/// Makes and checks tokens without remembering to whom they were given.
///
/// A token is an HMAC over the address under a key that the caller changes now and then with
/// [`AntiClogging::rotate`]; tokens of the key before are still good.
#[derive(Debug, Clone)]
pub struct AntiClogging {
    current: Secret,
    previous: Option<Secret>,
}

fn fresh(rng: &mut dyn Rng) -> Secret {
    let mut key = [0; 32];
    rng.fill(&mut key);
    Secret::from(key)
}

impl AntiClogging {
    /// Begins with a fresh key.
    pub fn new(rng: &mut dyn Rng) -> Self {
        Self { current: fresh(rng), previous: None }
    }

    /// Changes the key; once a minute is about right.
    pub fn rotate(&mut self, rng: &mut dyn Rng) {
        let old = core::mem::replace(&mut self.current, fresh(rng));
        self.previous = Some(old);
    }

    /// The token of this peer.
    #[must_use]
    pub fn token(&self, peer: &MacAddr) -> [u8; 32] {
        hmac_sha256(self.current.as_bytes(), &[&peer.0])
    }

    /// Whether `token` was given to this peer not too long ago.
    #[must_use]
    pub fn check(&self, peer: &MacAddr, token: &[u8]) -> bool {
        let now = ct_eq(&self.token(peer), token);
        let before = self.previous.as_ref().is_some_and(|key| ct_eq(&hmac_sha256(key.as_bytes(), &[&peer.0]), token));
        now | before
    }

    /// The body of the Authentication frame with status 76 that asks `peer` for its token.
    #[must_use]
    pub fn request_body(&self, peer: &MacAddr, group: u16, method: Method) -> Vec<u8> {
        token_request(group, &self.token(peer), method)
    }
}
