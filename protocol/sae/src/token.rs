//! Anti-clogging tokens (IEEE Std 802.11-2020 12.4.6): an access point under load answers a Commit with a token
//! instead of with the work of a run, and starts runs only with those who can receive what is sent to them.

use alloc::vec::Vec;
use crypto::{Rng, Secret, ct_eq, hmac_sha256};
use wire::{Instant, MacAddr};

use crate::Method;
use crate::commit::{ParsedCommit, token_request};

/// A token is good for this many seconds at least, and for no more than twice as many.
const PERIOD: u64 = 4;

/// Makes and checks tokens without remembering to whom they were given.
///
/// A token is an HMAC over the address, the Commit that asked for it and the time. Everybody hears tokens, so one that
/// were good for another Commit in that name would open the door to all (the Commit that brings a token back has the
/// scalar and the element of the one that was answered with it, 12.4.8.6.4).
#[derive(Debug, Clone)]
pub struct AntiClogging {
    key: Secret,
}

impl AntiClogging {
    /// Begins with a fresh key.
    pub fn new(rng: &mut dyn Rng) -> Self {
        let mut key = [0; 32];
        rng.fill(&mut key);
        Self { key: Secret::from(key) }
    }

    fn token_of(&self, peer: &MacAddr, commit: &ParsedCommit<'_>, period: u64) -> [u8; 32] {
        let (period, group) = (period.to_be_bytes(), commit.group.number().to_be_bytes());
        // All but the last two have the same length in every Commit, and the group says how long those are.
        hmac_sha256(self.key.as_bytes(), &[&period, &peer.0, &group, commit.scalar, commit.element])
    }

    /// The token of this peer for this Commit.
    #[must_use]
    pub fn token(&self, peer: &MacAddr, commit: &ParsedCommit<'_>, now: Instant) -> [u8; 32] {
        self.token_of(peer, commit, period(now))
    }

    /// Whether `token` was given to this peer for this Commit a short while ago.
    #[must_use]
    pub fn check(&self, peer: &MacAddr, commit: &ParsedCommit<'_>, token: &[u8], now: Instant) -> bool {
        let this = ct_eq(&self.token_of(peer, commit, period(now)), token);
        let before = ct_eq(&self.token_of(peer, commit, period(now).wrapping_sub(1)), token);
        this | before
    }

    /// The body of the Authentication frame with status 76 that asks `peer` for its token.
    #[must_use]
    pub fn request_body(&self, peer: &MacAddr, commit: &ParsedCommit<'_>, method: Method, now: Instant) -> Vec<u8> {
        token_request(commit.group.number(), &self.token(peer, commit, now), method)
    }
}

const fn period(now: Instant) -> u64 {
    now.since_origin().as_secs() / PERIOD
}
