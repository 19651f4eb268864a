//! The pre-shared keys of a BSS, and those of a station among them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::Pmk;
use rsn::Candidates;
use wire::MacAddr;

use crate::BssConfig;

/// A key, and the name that the file of keys gives it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) pmk: Pmk,
    pub(crate) keyid: Option<String>,
}

/// All keys. What is for anybody is there once, however many stations are offered it.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    own: BTreeMap<MacAddr, Vec<Key>>,
    shared: Arc<[Key]>,
    shared_pmks: Arc<[Pmk]>,
}

/// The keys that a station may have: its own first, then those for anybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offered {
    own: Vec<Key>,
    shared: Arc<[Key]>,
    shared_pmks: Arc<[Pmk]>,
}

impl Keyring {
    /// The keys of the file in the order of the list, then the one of all. Deriving them takes some milliseconds each.
    pub(crate) fn of(config: &BssConfig) -> Keyring {
        let Some(security) = config.profile.security.as_ref().filter(|security| security.has_psk()) else {
            return Keyring::default();
        };
        let ssid = config.ssid();
        let mut own: BTreeMap<MacAddr, Vec<Key>> = BTreeMap::new();
        let mut shared = Vec::new();
        for entry in config.psks() {
            let key = Key { pmk: entry.secret.pmk(&ssid), keyid: entry.keyid.clone() };
            match entry.addr {
                Some(addr) => own.entry(addr).or_default().push(key),
                None => shared.push(key),
            }
        }
        shared.extend(security.psk.as_ref().map(|psk| Key { pmk: psk.pmk(&ssid), keyid: None }));
        let shared_pmks = shared.iter().map(|key| key.pmk.clone()).collect();
        Keyring { own, shared: shared.into(), shared_pmks }
    }

    pub(crate) fn offered_to(&self, addr: MacAddr) -> Offered {
        Offered {
            own: self.own.get(&addr).cloned().unwrap_or_default(),
            shared: Arc::clone(&self.shared),
            shared_pmks: Arc::clone(&self.shared_pmks),
        }
    }

    /// A station may have this key.
    pub(crate) fn has(&self, addr: MacAddr, pmk: &Pmk) -> bool {
        self.own.get(&addr).into_iter().flatten().chain(self.shared.iter()).any(|key| key.pmk == *pmk)
    }
}

impl Offered {
    /// The one key that SAE made.
    pub(crate) fn only(pmk: Pmk) -> Offered {
        Offered { own: Vec::from([Key { pmk, keyid: None }]), ..Offered::default() }
    }

    pub(crate) fn candidates(&self) -> Candidates {
        Candidates::new(self.own.iter().map(|key| key.pmk.clone()).collect(), Arc::clone(&self.shared_pmks))
    }

    /// What is for anybody is not there twice.
    #[cfg(test)]
    pub(crate) fn shares_with(&self, other: &Offered) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) && Arc::ptr_eq(&self.shared_pmks, &other.shared_pmks)
    }

    /// By its place among the candidates.
    pub(crate) fn get(&self, index: usize) -> Option<&Key> {
        self.own.iter().chain(self.shared.iter()).nth(index)
    }
}
