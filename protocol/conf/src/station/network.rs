//! One network block.

use super::global_table::GlobalKey;
use super::globals::Globals;
use super::network_table::{NETWORK_PARAMS, NetworkKey};
use crate::param::{self, Effect};
use crate::suites::{Ciphers, KeyMgmt, Proto};
use crate::value::Value;
use crate::values::{Change, SetError, Values};
use alloc::vec::Vec;
use crypto::Secret;
use wire::{MacAddr, Ssid};

/// Identifier of a network: stable for as long as it exists.
pub type NetworkId = u32;

/// One network to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    id: NetworkId,
    pub(crate) values: Values,
    /// Whether it came from a file that is never written (`-I`).
    pub(crate) read_only: bool,
    /// Whether it is never saved.
    temporary: bool,
}

/// The pre-shared key of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Psk<'a> {
    /// A passphrase; the key depends on the name of the network too (IEEE Std 802.11-2020 J.4).
    Passphrase(&'a Secret),
    /// The key itself.
    Key(&'a Secret),
    /// The name under which an external store has either.
    External(&'a [u8]),
}

impl Network {
    /// An empty network.
    pub fn new(id: NetworkId) -> Network {
        Network { id, values: Values::new(NETWORK_PARAMS), read_only: false, temporary: false }
    }

    /// Its identifier.
    pub fn id(&self) -> NetworkId {
        self.id
    }

    /// A copy under another identifier (`DUP_NETWORK`).
    pub fn duplicate(&self, id: NetworkId) -> Network {
        Network { id, ..self.clone() }
    }

    /// Sets a field from its text in the file's notation (`SET_NETWORK`).
    ///
    /// # Errors
    /// If there is no such field or the text is not a value of it.
    pub fn set(&mut self, field: &[u8], text: &[u8]) -> Result<Change, SetError> {
        let change = self.values.set(field, text)?;
        // A network that knows WEP keys only must not be used open.
        if matches!(field, b"wep_key0" | b"wep_key1" | b"wep_key2" | b"wep_key3" | b"wep_tx_keyidx") {
            return Err(SetError::Invalid("WEP is not supported".into()));
        }
        self.follow(field);
        Ok(change)
    }

    /// What a field that was set brings with it.
    fn follow(&mut self, field: &[u8]) {
        // Validating the channel needs protected SA Query frames: asking for it turns protection on.
        if field == b"ocv" && self.ocv() && self.own_ieee80211w() == Some(0) {
            self.values.put(NetworkKey::ieee80211w, Value::Int(1));
        }
    }

    /// What a change of a field does.
    #[must_use]
    pub fn on_change(field: &[u8]) -> Effect {
        param::effect_of(NETWORK_PARAMS, field)
    }

    /// Gives a field the value that it has in another network (`DUP_NETWORK`), secrets too. `None` if it has none there.
    pub fn copy(&mut self, from: &Network, field: &[u8]) -> Option<Change> {
        let change = self.values.copy(&from.values, field)?;
        self.follow(field);
        Some(change)
    }

    /// The text of a field as `GET_NETWORK` shows it: secrets as `*`. `None` if it is unset or unknown.
    pub fn get(&self, field: &[u8]) -> Option<Vec<u8>> {
        if field == b"mac_value" && self.values.read(NetworkKey::mac_addr) != 3 {
            return None;
        }
        self.values.get(field)
    }

    /// The fields whose values differ from their presets, with their shown text.
    pub fn shown(&self) -> Vec<(&'static str, Vec<u8>)> {
        self.values.iter().filter_map(|(param, _)| Some((param.name, self.get(param.name.as_bytes())?))).collect()
    }

    /// Name of the network.
    pub fn ssid(&self) -> Option<Ssid> {
        self.values.read(NetworkKey::ssid).and_then(|bytes| Ssid::new(bytes).ok())
    }

    /// Sets the only access point to use (`BSSID`), or none.
    pub fn set_bssid(&mut self, bssid: Option<MacAddr>) {
        match bssid {
            Some(bssid) => self.values.put(NetworkKey::bssid, Value::Mac(bssid)),
            None => self.values.clear(NetworkKey::bssid),
        }
    }

    /// The password of SAE: `sae_password`, else the passphrase.
    pub fn sae_password(&self) -> Option<&Secret> {
        self.values.read(NetworkKey::sae_password).or(match self.psk() {
            Some(Psk::Passphrase(passphrase)) => Some(passphrase),
            _ => None,
        })
    }

    /// Other identifiers of the password, which the access point gave; those that are no hex digits are none.
    pub fn alt_sae_password_ids(&self) -> Vec<Vec<u8>> {
        let lines = self.values.read(NetworkKey::alt_sae_password_ids);
        lines.iter().filter_map(|line| crate::text::hex(line)).filter(|id| !id.is_empty()).collect()
    }

    /// Replaces them.
    pub fn set_alt_sae_password_ids(&mut self, ids: &[Vec<u8>]) {
        if ids.is_empty() {
            self.values.clear(NetworkKey::alt_sae_password_ids);
        } else {
            let lines = ids.iter().map(|id| crate::text::to_hex(id)).collect();
            self.values.put(NetworkKey::alt_sae_password_ids, Value::Lines(lines));
        }
    }

    /// How SAE derives its password element with this network.
    pub fn sae_pwe(&self, globals: &Globals) -> i64 {
        match self.values.read(NetworkKey::sae_pwe) {
            n @ 0..=3 => n,
            _ => globals.values.read(GlobalKey::sae_pwe),
        }
    }

    /// Leaves WPA2 for good: SAE with protected management frames is all that is accepted from now on (WPA3 Specification
    /// 3.5 section 8, WPA3-Personal). Whether that changed anything.
    pub fn leave_wpa2_personal(&mut self) -> bool {
        let psk = KeyMgmt::PSK.union(KeyMgmt::PSK_SHA256).union(KeyMgmt::FT_PSK);
        let before =
            (self.proto(), self.key_mgmt(), self.pairwise(), self.group(), self.values.read(NetworkKey::ieee80211w));
        let (_, methods, pairwise, group, _) = before;
        if !methods.intersects(KeyMgmt::ANY_SAE) {
            return false;
        }
        let strong = |ciphers: Ciphers| {
            let rest = ciphers.without(Ciphers::TKIP);
            if rest.intersects(Ciphers::PAIRWISE) { rest } else { rest.union(Ciphers::CCMP) }
        };
        let after = (Proto::RSN, methods.without(psk), strong(pairwise), strong(group), 2);
        self.values.put(NetworkKey::proto, Value::Bits(after.0.bits()));
        self.values.put(NetworkKey::key_mgmt, Value::Bits(after.1.bits()));
        self.values.put(NetworkKey::pairwise, Value::Bits(after.2.bits()));
        self.values.put(NetworkKey::group, Value::Bits(after.3.bits()));
        self.values.put(NetworkKey::ieee80211w, Value::Int(after.4));
        before != after
    }

    /// Protocol versions to accept. WPA must be named, or TKIP as a pairwise cipher, which came with it.
    pub fn proto(&self) -> Proto {
        if self.values.is_set(NetworkKey::proto) {
            return self.values.read(NetworkKey::proto);
        }
        let named = self.values.is_set(NetworkKey::pairwise) && self.pairwise().contains(Ciphers::TKIP);
        if named { Proto::RSN.union(Proto::WPA) } else { Proto::RSN }
    }

    /// Pairwise ciphers to accept. TKIP must be named, or WPA, which it came with.
    pub fn pairwise(&self) -> Ciphers {
        if self.values.is_set(NetworkKey::pairwise) {
            return self.values.read(NetworkKey::pairwise);
        }
        let named = self.values.is_set(NetworkKey::proto) && self.proto().contains(Proto::WPA);
        if named { Ciphers::CCMP.union(Ciphers::TKIP) } else { Ciphers::CCMP }
    }

    /// Management frame protection that this network names itself: 0 no, 1 if possible, 2 required; none if it is left to the
    /// global parameter.
    pub fn own_ieee80211w(&self) -> Option<i64> {
        Some(self.values.read(NetworkKey::ieee80211w)).filter(|n| (0..=2).contains(n))
    }

    /// Management frame protection with this network: 0 no, 1 if possible, 2 required.
    pub fn ieee80211w(&self, globals: &Globals) -> i64 {
        match self.own_ieee80211w() {
            Some(n) => n,
            // A global of "if possible" does not reach methods that never use protection.
            None if self.key_mgmt() == KeyMgmt::NONE => 0,
            None => globals.values.read(GlobalKey::pmf).clamp(0, 2),
        }
    }

    /// Whether a cached key may be used with other access points of the network.
    pub fn proactive_key_caching(&self, globals: &Globals) -> bool {
        match self.values.read(NetworkKey::proactive_key_caching) {
            -1 => globals.values.read(GlobalKey::okc),
            n => n != 0,
        }
    }

    /// Whether it is not to be used until it is enabled.
    pub fn is_disabled(&self) -> bool {
        self.values.read(NetworkKey::disabled) != 0
    }

    /// Whether it is a stored P2P group (`disabled=2`).
    pub fn is_persistent_group(&self) -> bool {
        self.values.read(NetworkKey::disabled) == 2
    }

    /// Disables or enables it; a stored P2P group stays one.
    pub fn set_disabled(&mut self, disabled: bool) {
        if !self.is_persistent_group() {
            self.values.put(NetworkKey::disabled, Value::Int(disabled.into()));
        }
    }

    /// Whether it is never saved.
    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Says whether it is never saved.
    pub fn set_temporary(&mut self, temporary: bool) {
        self.temporary = temporary;
    }

    /// Whether it came from a file that is never written.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What is missing before it can be used, as a sentence; `None` if nothing is.
    pub fn missing(&self) -> Option<&'static str> {
        let methods = self.key_mgmt();
        if !matches!(self.mode(), 0 | 2) {
            return Some("only infrastructure networks (mode=0) and access points (mode=2) are supported yet");
        }
        if self.mode() == 2 && self.ssid().is_none_or(|ssid| ssid.is_empty()) {
            return Some("an access point needs a name");
        }
        if self.ssid().is_none() && self.bssid().is_none() {
            return Some("neither a name nor an access point is set");
        }
        let no_psk = methods.intersects(KeyMgmt::ANY_PSK) && self.psk().is_none();
        let no_sae = methods.intersects(KeyMgmt::ANY_SAE) && self.sae_password().is_none();
        let others = !methods.without(KeyMgmt::ANY_PSK).without(KeyMgmt::ANY_SAE).is_empty();
        let usable_psk = methods.intersects(KeyMgmt::ANY_PSK) && !no_psk;
        let usable_sae = methods.intersects(KeyMgmt::ANY_SAE) && !no_sae;
        if (no_psk || no_sae) && !usable_psk && !usable_sae && !others {
            return Some("neither passphrase nor key is set");
        }
        None
    }
}
