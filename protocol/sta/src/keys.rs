//! Keys before there is a link: of passphrases, of passwords, and those of earlier links.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::{Pmk, Rng};
use rsn::pmksa::PmksaQuery;
use rsn::{AkmSuite, Pmkid, PmksaCache, PmksaEntry};
use wire::{Instant, MacAddr, Ssid};

use crate::choice::profile::{NetworkId, Profile, Psk};
use crate::link::sae_run::Password;
use crate::settings::Settings;

/// Most access points of a network that are remembered as having another key.
const MOST_APART: usize = 16;

/// What was computed for one network, and what is known of its keys.
#[derive(Debug, Default)]
struct Derived {
    /// The key of the passphrase, with the name it is for.
    pmk: Option<(Ssid, Pmk)>,
    /// The SAE password with its points, with the name they are for.
    sae: Option<(Ssid, Arc<Password>)>,
    /// Access points that did not know a key made with another one: theirs are not tried with them again.
    apart: Vec<MacAddr>,
    /// The next attempt with this access point does without the key that is cached for it.
    doubted: Option<MacAddr>,
}

/// All keys of a station.
#[derive(Debug)]
pub(crate) struct Keys {
    networks: BTreeMap<NetworkId, Derived>,
    pub(crate) cache: PmksaCache<NetworkId>,
}

impl Default for Keys {
    fn default() -> Self {
        let cache = PmksaCache::new(PmksaCache::<NetworkId>::STATION_CAPACITY);
        Keys { networks: BTreeMap::new(), cache }
    }
}

/// Whom a key is wanted for.
pub(crate) struct Wanted<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) akm: AkmSuite,
    pub(crate) bssid: MacAddr,
    pub(crate) own: MacAddr,
}

impl Keys {
    /// The key of a network's passphrase with this name, computed once. A network that names only an access point has
    /// the name which that one bears. A passphrase takes the 4096 rounds of IEEE Std 802.11-2020 J.4.
    pub(crate) fn of_passphrase(&mut self, profile: &Profile, ssid: &Ssid) -> Option<Pmk> {
        if !profile.security.akms.iter().any(|akm| akm.is_psk()) {
            return None;
        }
        let derived = self.networks.entry(profile.id).or_default();
        if derived.pmk.as_ref().is_none_or(|(of, _)| of != ssid) {
            let pmk = match profile.security.psk.as_ref()? {
                Psk::Passphrase(passphrase) => Some(crypto::pbkdf2_psk(passphrase.as_bytes(), ssid.as_bytes())),
                Psk::Key(key) => Some(key.clone()),
                Psk::Elsewhere => None,
            };
            derived.pmk = pmk.map(|pmk| (*ssid, pmk));
        }
        derived.pmk.as_ref().map(|(_, pmk)| pmk.clone())
    }

    /// The SAE password of a network with its points for this name, derived once.
    pub(crate) fn of_password(&mut self, profile: &Profile, groups: &[u16], ssid: &Ssid) -> Option<Arc<Password>> {
        if !profile.security.akms.iter().any(|akm| akm.is_sae()) {
            return None;
        }
        let derived = self.networks.entry(profile.id).or_default();
        if derived.sae.as_ref().is_none_or(|(of, _)| of != ssid) {
            let secret = profile.security.sae.as_ref()?;
            let identifier = secret.identifier.as_deref();
            let password = Password::derive(secret.password.as_bytes(), identifier, ssid.as_bytes(), groups);
            derived.sae = Some((*ssid, Arc::new(password)));
        }
        derived.sae.as_ref().map(|(_, password)| password.clone())
    }

    /// The key of an earlier association, or of one with another access point of a network that shares keys
    /// (opportunistic caching). One whose time is nearly over is not used for a new association: better to authenticate
    /// now than when it ends.
    pub(crate) fn cached(&mut self, wanted: &Wanted<'_>, settings: &Settings, now: Instant) -> Option<(Pmk, Pmkid)> {
        let Wanted { profile, akm, bssid, own } = *wanted;
        let derived = self.networks.entry(profile.id).or_default();
        if derived.doubted.take_if(|doubted| *doubted == bssid).is_some() {
            return None;
        }
        let rest = settings.pmk_lifetime.saturating_mul(100_u32.saturating_sub(settings.pmk_threshold));
        let rest = rest.checked_div(100).unwrap_or_default();
        let fresh = |entry: &PmksaEntry<NetworkId>| entry.expires - now > rest;
        let query = PmksaQuery { network: &profile.id, akm, peer: bssid, pmkid: None };
        if let Some(entry) = self.cache.find(&query, now).filter(|entry| fresh(entry)) {
            return Some((entry.pmk.clone(), entry.pmkid));
        }
        if derived.apart.contains(&bssid) || !profile.security.opportunistic {
            return None;
        }
        let entry = self.cache.find_opportunistic(&query, bssid, own, now, fresh)?;
        Some((entry.pmk.clone(), entry.pmkid))
    }

    /// An attempt with a cached key has failed. Nobody vouches for what ended it, so the key stays; but the access point
    /// may have lost its own, so the next attempt there does without. One that was made with another access point goes,
    /// as is said: it was no more than a guess.
    pub(crate) fn doubt(&mut self, network: NetworkId, bssid: MacAddr) -> bool {
        let guessed = self.cache.iter().any(|entry| is_guess(entry, network, bssid));
        let derived = self.networks.entry(network).or_default();
        if guessed {
            if derived.apart.len() >= MOST_APART {
                derived.apart.remove(0);
            }
            derived.apart.push(bssid);
        } else {
            derived.doubted = Some(bssid);
        }
        guessed
    }

    /// What depends on a network's secrets and name.
    pub(crate) fn forget_derived(&mut self, network: NetworkId) {
        if let Some(derived) = self.networks.get_mut(&network) {
            derived.pmk = None;
            derived.sae = None;
        }
    }

    /// The same of all networks.
    pub(crate) fn forget_all_derived(&mut self) {
        for derived in self.networks.values_mut() {
            derived.pmk = None;
            derived.sae = None;
        }
    }

    pub(crate) fn forget(&mut self, network: NetworkId) {
        self.networks.remove(&network);
    }

    pub(crate) fn clear(&mut self) {
        self.networks.clear();
    }
}

/// A key for this access point that was made with another one.
pub(crate) fn is_guess(entry: &PmksaEntry<NetworkId>, network: NetworkId, bssid: MacAddr) -> bool {
    entry.peer == bssid && entry.network == network && entry.opportunistic
}

/// One of the further names of the password's identifier, at random.
pub(crate) fn choose_alias(profile: &Profile, rng: &mut dyn Rng) -> Option<Vec<u8>> {
    let secret = profile.security.sae.as_ref().filter(|secret| !secret.aliases.is_empty())?;
    let mut random = [0; 4];
    rng.fill(&mut random);
    let at = usize::try_from(u32::from_le_bytes(random)).ok()?.checked_rem(secret.aliases.len())?;
    secret.aliases.get(at).cloned()
}
