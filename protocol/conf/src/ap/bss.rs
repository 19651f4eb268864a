//! One BSS.

use super::bss_table::{BSS_PARAMS, BssKey};
use super::radio::Radio;
use crate::suites::{Ciphers, KeyMgmt, Proto};
use crate::value::{SaePassword, Value};
use crate::values::{Change, SetError, Values};
use alloc::vec::Vec;
use crypto::{Pmk, Secret};
use wire::{MacAddr, Ssid};

pub use crate::station::ControlDirectory;

/// The parameters of one BSS.
#[derive(Clone, PartialEq, Eq)]
pub struct Bss {
    pub(crate) values: Values,
}

impl Default for Bss {
    fn default() -> Self {
        Bss { values: Values::new(BSS_PARAMS) }
    }
}

impl core::fmt::Debug for Bss {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.values.fmt(f)
    }
}

/// The pre-shared key of a BSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Psk<'a> {
    /// A passphrase; the key depends on the name of the network too (IEEE Std 802.11-2020 J.4).
    Passphrase(&'a Secret),
    /// The key itself.
    Key(&'a Secret),
}

impl Bss {
    pub(super) fn set(&mut self, name: &[u8], text: &[u8]) -> Result<Change, SetError> {
        match name {
            b"interface" | b"bridge" | b"vlan_bridge" | b"wds_bridge" if !is_interface_name(text) => {
                return Err(SetError::Invalid("not the name of a network interface".into()));
            }
            // Setting these to nothing takes back what there is.
            b"sae_password" | b"sae_password_file" | b"accept_mac_file" | b"deny_mac_file" if text.is_empty() => {
                return self.values.unset(name);
            }
            // For tests: no element is something else than the usual one.
            b"rsne_override_eapol" | b"rsnxe_override_eapol" if text.is_empty() => {
                let rsne = name == b"rsne_override_eapol";
                let key = if rsne { BssKey::rsne_override_eapol } else { BssKey::rsnxe_override_eapol };
                self.values.put(key, Value::Bytes(Vec::new()));
                return Ok(Change::Changed);
            }
            _ => {}
        }
        let change = self.values.set(name, text)?;
        match name {
            // Passphrase and key replace each other.
            b"wpa_passphrase" => self.values.clear(BssKey::wpa_psk),
            b"wpa_psk" => self.values.clear(BssKey::wpa_passphrase),
            // The two spellings of the name replace each other.
            b"ssid" => self.values.clear(BssKey::ssid2),
            b"ssid2" => self.values.clear(BssKey::ssid),
            // A list of nothing but 0 offers no group at all, where no list offers the usual ones.
            b"sae_groups" if !self.values.is_set(BssKey::sae_groups) && !crate::text::trim_end(text).is_empty() => {
                self.values.put(BssKey::sae_groups, Value::Ints(alloc::vec![0]));
                return Ok(Change::Changed);
            }
            // Validating the channel needs protected SA Query frames: asking for it turns protection on.
            b"ocv" if self.values.read(BssKey::ocv) && self.values.read(BssKey::ieee80211w) == 0 => {
                self.values.put(BssKey::ieee80211w, Value::Int(1));
            }
            _ => {}
        }
        Ok(change)
    }

    /// The text of a parameter; secrets as `*`. `None` if it is unset or unknown.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.values.get(name)
    }

    /// The files that its parameters name, each with the name of the parameter.
    pub fn files(&self) -> Vec<(&'static str, &[u8])> {
        let mut files = Vec::new();
        for (param, value) in self.values.iter().filter(|(param, _)| param.shape.file) {
            if let Value::Lines(paths) = value {
                files.extend(paths.iter().map(|path| (param.name, path.as_slice())));
            } else if let Value::Bytes(path) = value
                && !path.is_empty()
            {
                files.push((param.name, path.as_slice()));
            }
        }
        files
    }

    /// Its network interface; empty if none is set.
    pub fn interface(&self) -> &str {
        self.values.read(BssKey::interface).unwrap_or("")
    }

    /// The bridge it is a port of.
    pub fn bridge(&self) -> Option<&str> {
        self.values.read(BssKey::bridge).filter(|name| !name.is_empty())
    }

    /// Its own address, where the file sets one.
    pub fn bssid(&self) -> Option<MacAddr> {
        self.values.read(BssKey::bssid).filter(|mac| !mac.is_zero())
    }

    /// Name of the network.
    pub fn ssid(&self) -> Option<Ssid> {
        let bytes = self.values.read(BssKey::ssid).or_else(|| self.values.read(BssKey::ssid2))?;
        Ssid::new(bytes).ok()
    }

    /// Whether quality of service is on: as the file says, else with HT.
    pub fn wmm_enabled(&self, radio: &Radio) -> bool {
        match self.values.read(BssKey::wmm_enabled) {
            -1 => radio.ieee80211n() && !self.values.read(BssKey::disable_11n),
            n => n > 0,
        }
    }

    /// Protocol versions; empty for an open network.
    pub fn proto(&self) -> Proto {
        match self.values.read(BssKey::wpa) {
            1 => Proto::WPA,
            2 => Proto::RSN,
            3 => Proto::WPA.union(Proto::RSN),
            _ => Proto::NONE_SET,
        }
    }

    /// Whether the network is protected.
    pub fn is_protected(&self) -> bool {
        !self.proto().is_empty()
    }

    /// Key management methods; `NONE` for an open network.
    pub fn key_mgmt(&self) -> KeyMgmt {
        if self.is_protected() { self.values.read(BssKey::wpa_key_mgmt) } else { KeyMgmt::NONE }
    }

    /// Pairwise ciphers of WPA2 and WPA3.
    pub fn rsn_pairwise(&self) -> Ciphers {
        let own = self.values.read(BssKey::rsn_pairwise);
        if own.is_empty() { self.wpa_pairwise() } else { own }
    }

    /// The group cipher: the one that is set, else the strongest that every station with one of the pairwise ciphers knows.
    pub fn group_cipher(&self) -> Ciphers {
        let set = self.values.read(BssKey::group_cipher);
        if !set.is_empty() {
            return set;
        }
        let proto = self.proto();
        let mut pairwise = Ciphers::NONE_SET;
        if proto.contains(Proto::WPA) {
            pairwise = pairwise.union(self.wpa_pairwise());
        }
        if proto.contains(Proto::RSN) {
            pairwise = pairwise.union(self.rsn_pairwise());
        }
        let old = Ciphers::CCMP.union(Ciphers::GCMP);
        if pairwise.contains(Ciphers::TKIP) {
            Ciphers::TKIP
        } else if pairwise.intersection(old) == Ciphers::GCMP {
            Ciphers::GCMP
        } else if pairwise.intersection(old.union(Ciphers::GCMP_256)) == Ciphers::GCMP_256 {
            Ciphers::GCMP_256
        } else if pairwise.intersection(old.union(Ciphers::CCMP_256)) == Ciphers::CCMP_256 {
            Ciphers::CCMP_256
        } else {
            Ciphers::CCMP
        }
    }

    /// Its pre-shared key or passphrase.
    pub fn psk(&self) -> Option<Psk<'_>> {
        let passphrase = self.values.read(BssKey::wpa_passphrase).map(Psk::Passphrase);
        passphrase.or_else(|| self.values.read(BssKey::wpa_psk).map(Psk::Key))
    }

    /// The pairwise master key of pre-shared key methods. For a passphrase this takes the 4096 rounds of IEEE Std 802.11-2020 J.4:
    /// keep the result.
    pub fn pmk(&self) -> Option<Pmk> {
        match self.psk()? {
            Psk::Passphrase(passphrase) => Some(crypto::pbkdf2_psk(passphrase.as_bytes(), self.ssid()?.as_bytes())),
            Psk::Key(key) => Pmk::from_bytes(key.as_bytes()),
        }
    }

    /// File with keys for single stations.
    pub fn wpa_psk_file(&self) -> Option<&[u8]> {
        self.values.read(BssKey::wpa_psk_file).filter(|path| !path.is_empty())
    }

    /// Seconds between group keys; 0 never.
    pub fn group_rekey(&self) -> u32 {
        // TKIP's group key wears out faster.
        if !self.values.is_set(BssKey::wpa_group_rekey) && self.group_cipher() == Ciphers::TKIP {
            return 600;
        }
        self.values.read(BssKey::wpa_group_rekey)
    }

    /// The SAE passwords in the order in which they are tried: the one given last is the first.
    pub fn sae_passwords(&self) -> impl Iterator<Item = &SaePassword> {
        self.values.read(BssKey::sae_password).iter().rev()
    }

    /// Which weaker modes stations are told to leave for good; `None` for nothing told.
    pub fn transition_disable(&self) -> Option<u8> {
        u8::try_from(self.values.read(BssKey::transition_disable)).ok().filter(|bits| *bits != 0)
    }

    /// Where the control sockets are to be; `None` for no control socket.
    pub fn control_directory(&self) -> Option<ControlDirectory> {
        let group = self.values.read(BssKey::ctrl_interface_group);
        self.values.read(BssKey::ctrl_interface).and_then(|text| ControlDirectory::parse(text, group))
    }
}

/// Whether the kernel could know an interface of this name; nothing that would be a path.
fn is_interface_name(name: &[u8]) -> bool {
    name.len() <= 15
        && !name.iter().any(|b| matches!(b, b'/' | b':') || b.is_ascii_whitespace())
        && !matches!(name, b"." | b"..")
}
