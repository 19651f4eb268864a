//! Cached pairwise master keys (IEEE Std 802.11-2020 12.6.10.3) and how they are named.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crypto::{Pmk, hmac_sha1, hmac_sha256, hmac_sha384};
use wire::{Instant, MacAddr};

use crate::AkmSuite;

/// Name of a pairwise master key security association.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pmkid(pub [u8; 16]);

impl Pmkid {
    /// The name of a key that came from EAP or from a passphrase (12.7.1.3): a keyed hash over both addresses, by the
    /// hash of the suite. `None` for suites that name their keys in another way: SAE and OWE in their own exchange,
    /// Suite B from the key confirmation key ([`Pmkid::derive_suite_b`]), FILS, fast transition.
    #[must_use]
    pub fn derive(akm: AkmSuite, pmk: &Pmk, authenticator: MacAddr, supplicant: MacAddr) -> Option<Pmkid> {
        let context: [&[u8]; 3] = [b"PMK Name", authenticator.octets(), supplicant.octets()];
        match akm {
            AkmSuite::Eap | AkmSuite::Psk => first_half(&hmac_sha1(pmk.as_bytes(), &context)),
            AkmSuite::EapSha256 | AkmSuite::PskSha256 => first_half(&hmac_sha256(pmk.as_bytes(), &context)),
            AkmSuite::EapSha384 | AkmSuite::PskSha384 => first_half(&hmac_sha384(pmk.as_bytes(), &context)),
            AkmSuite::Sae
            | AkmSuite::SaeExt
            | AkmSuite::FtEap
            | AkmSuite::FtPsk
            | AkmSuite::FtSae
            | AkmSuite::FtSaeExt
            | AkmSuite::SuiteB
            | AkmSuite::SuiteB192
            | AkmSuite::FtEapSha384
            | AkmSuite::FilsSha256
            | AkmSuite::FilsSha384
            | AkmSuite::FtFilsSha256
            | AkmSuite::FtFilsSha384
            | AkmSuite::Owe
            | AkmSuite::FtPskSha384
            | AkmSuite::Pasn
            | AkmSuite::Dpp => None,
        }
    }

    /// The name of a Suite B key, from the key confirmation key of the handshake that used it first (12.7.1.3).
    #[must_use]
    pub fn derive_suite_b(akm: AkmSuite, kck: &[u8], authenticator: MacAddr, supplicant: MacAddr) -> Option<Pmkid> {
        let context: [&[u8]; 3] = [b"PMK Name", authenticator.octets(), supplicant.octets()];
        if akm == AkmSuite::SuiteB192 {
            first_half(&hmac_sha384(kck, &context))
        } else {
            first_half(&hmac_sha256(kck, &context))
        }
    }
}

fn first_half(digest: &[u8]) -> Option<Pmkid> {
    digest.first_chunk().map(|octets| Pmkid(*octets))
}

impl fmt::Display for Pmkid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Pmkid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One cached association.
#[derive(Clone, Debug)]
pub struct PmksaEntry<N> {
    /// Its name.
    pub pmkid: Pmkid,
    /// The key.
    pub pmk: Pmk,
    /// The suite it was made for; it serves no other.
    pub akm: AkmSuite,
    /// The other side.
    pub peer: MacAddr,
    /// The network it was made in: a key never crosses over to another one, whatever its name.
    pub network: N,
    /// Made from another association of the same network rather than by an authentication with this peer.
    pub opportunistic: bool,
    /// When it must no longer be used.
    pub expires: Instant,
}

/// What an association is looked up by. Network and suite always count: a name alone proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct PmksaQuery<'a, N> {
    /// The network in question.
    pub network: &'a N,
    /// The suite in question.
    pub akm: AkmSuite,
    /// The other side.
    pub peer: MacAddr,
    /// Its name, when the other side gave one.
    pub pmkid: Option<Pmkid>,
}

/// The cache of one interface or one BSS. `N` identifies a network: the number of a network block, or an SSID.
#[derive(Clone, Debug)]
pub struct PmksaCache<N> {
    entries: Vec<PmksaEntry<N>>,
    capacity: usize,
}

impl<N: PartialEq + Clone> PmksaCache<N> {
    /// Entries that a station keeps.
    pub const STATION_CAPACITY: usize = 32;
    /// Entries that an access point keeps.
    pub const AP_CAPACITY: usize = 1024;
    /// `dot11RSNAConfigPMKLifetime`, unless configured or told otherwise.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(43_200);

    /// An empty cache.
    #[must_use]
    pub const fn new(capacity: usize) -> PmksaCache<N> {
        PmksaCache { entries: Vec::new(), capacity }
    }

    /// Adds an association. It takes the place of one with the same peer, network and suite; when the cache is full,
    /// the one that expires first leaves, opportunistic ones before others.
    pub fn insert(&mut self, entry: PmksaEntry<N>) {
        self.entries.retain(|old| {
            // Access points that share a key of SAE share its name too.
            let shared = old.opportunistic || entry.opportunistic;
            !(old.peer == entry.peer && old.network == entry.network && old.akm == entry.akm)
                && (shared || old.pmkid != entry.pmkid)
        });
        if self.capacity == 0 {
            return;
        }
        while self.entries.len() >= self.capacity {
            let first = self.entries.iter().enumerate().min_by_key(|(_, old)| (!old.opportunistic, old.expires));
            let Some((index, _)) = first else { break };
            self.entries.remove(index);
        }
        self.entries.push(entry);
    }

    /// The association that fits everything asked for and has not expired.
    #[must_use]
    pub fn find(&self, query: &PmksaQuery<'_, N>, now: Instant) -> Option<&PmksaEntry<N>> {
        self.entries.iter().find(|entry| {
            entry.expires > now
                && entry.network == *query.network
                && entry.akm == query.akm
                && entry.peer == query.peer
                && query.pmkid.is_none_or(|pmkid| entry.pmkid == pmkid)
        })
    }

    /// Opportunistic caching: makes an association with `peer` from one of the same network and suite with another
    /// peer, as access points that share their keys would: under a name derived from the key, or for SAE under the name
    /// that it has. Only those that are `fresh` are used.
    pub fn find_opportunistic(
        &mut self,
        query: &PmksaQuery<'_, N>,
        authenticator: MacAddr,
        supplicant: MacAddr,
        now: Instant,
        fresh: impl Fn(&PmksaEntry<N>) -> bool,
    ) -> Option<&PmksaEntry<N>> {
        let fits = |entry: &&PmksaEntry<N>| {
            entry.expires > now && entry.network == *query.network && entry.akm == query.akm && fresh(entry)
        };
        let made = self.entries.iter().filter(fits).find_map(|entry| {
            let derived = Pmkid::derive(entry.akm, &entry.pmk, authenticator, supplicant);
            let pmkid = derived.or_else(|| entry.akm.is_sae().then_some(entry.pmkid))?;
            query.pmkid.is_none_or(|asked| asked == pmkid).then(|| PmksaEntry {
                pmkid,
                peer: query.peer,
                opportunistic: true,
                ..entry.clone()
            })
        })?;
        self.insert(made);
        self.find(query, now)
    }

    /// Forgets everything that `gone` names.
    pub fn remove(&mut self, mut gone: impl FnMut(&PmksaEntry<N>) -> bool) {
        self.entries.retain(|entry| !gone(entry));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Forgets what has expired.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.entries.retain(|entry| entry.expires > now);
    }

    /// When the next association expires.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.entries.iter().map(|entry| entry.expires).min()
    }

    /// Everything cached, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &PmksaEntry<N>> {
        self.entries.iter()
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Nothing is cached.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
#[path = "pmksa_tests.rs"]
mod tests;
