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
                let key = match name {
                    b"sae_password" => BssKey::sae_password,
                    b"sae_password_file" => BssKey::sae_password_file,
                    b"accept_mac_file" => BssKey::accept_mac_file,
                    _ => BssKey::deny_mac_file,
                };
                let had = self.values.is_set(key);
                self.values.clear(key);
                return Ok(if had { Change::Changed } else { Change::Same });
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
            b"ocv" if self.values.flag(BssKey::ocv) && self.values.int(BssKey::ieee80211w) == 0 => {
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

    /// The values by key, for what has no accessor of its own here.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Its network interface; empty if none is set.
    pub fn interface(&self) -> &str {
        self.values.text(BssKey::interface).unwrap_or("")
    }

    /// The bridge it is a port of.
    pub fn bridge(&self) -> Option<&str> {
        self.values.text(BssKey::bridge).filter(|name| !name.is_empty())
    }

    /// Its own address, where the file sets one.
    pub fn bssid(&self) -> Option<MacAddr> {
        self.values.mac(BssKey::bssid).filter(|mac| !mac.is_zero())
    }

    /// Name of the network.
    pub fn ssid(&self) -> Option<Ssid> {
        let bytes = self.values.bytes(BssKey::ssid).or_else(|| self.values.bytes(BssKey::ssid2))?;
        Ssid::new(bytes).ok()
    }

    /// Whether the name is UTF-8.
    pub fn utf8_ssid(&self) -> bool {
        self.values.flag(BssKey::utf8_ssid)
    }

    /// Whether the name is hidden: 0 no, 1 empty, 2 zeros of the same length.
    pub fn ignore_broadcast_ssid(&self) -> i64 {
        self.values.int(BssKey::ignore_broadcast_ssid)
    }

    /// Beacons between deliveries of buffered group frames.
    pub fn dtim_period(&self) -> u8 {
        u8::try_from(self.values.int(BssKey::dtim_period)).unwrap_or(2)
    }

    /// Most stations.
    pub fn max_num_sta(&self) -> u32 {
        self.values.count(BssKey::max_num_sta)
    }

    /// Who may connect: 0 all but the denied, 1 only the accepted, 2 as RADIUS says.
    pub fn macaddr_acl(&self) -> i64 {
        self.values.int(BssKey::macaddr_acl)
    }

    /// Files with addresses that are accepted.
    pub fn accept_mac_files(&self) -> &[Vec<u8>] {
        self.values.lines(BssKey::accept_mac_file)
    }

    /// Files with addresses that are denied.
    pub fn deny_mac_files(&self) -> &[Vec<u8>] {
        self.values.lines(BssKey::deny_mac_file)
    }

    /// Authentication algorithms, as bits: 1 open, 2 shared key.
    pub fn auth_algs(&self) -> i64 {
        self.values.int(BssKey::auth_algs)
    }

    /// Whether stations cannot reach each other.
    pub fn ap_isolate(&self) -> bool {
        self.values.flag(BssKey::ap_isolate)
    }

    /// Beacon intervals between measurements of the channel's load; 0: none.
    pub fn bss_load_update_period(&self) -> u32 {
        self.values.count(BssKey::bss_load_update_period)
    }

    /// Beacon intervals over which the load is averaged; 0: it is not.
    pub fn chan_util_avg_period(&self) -> u32 {
        self.values.count(BssKey::chan_util_avg_period)
    }

    /// Whether group frames are sent to each station.
    pub fn multicast_to_unicast(&self) -> bool {
        self.values.count(BssKey::multicast_to_unicast) != 0
    }

    /// Seconds after which a silent station is asked, then dropped.
    pub fn ap_max_inactivity(&self) -> u32 {
        self.values.count(BssKey::ap_max_inactivity)
    }

    /// Whether a silent station is dropped without asking.
    pub fn skip_inactivity_poll(&self) -> bool {
        self.values.flag(BssKey::skip_inactivity_poll)
    }

    /// Whether to drop stations that do not acknowledge.
    pub fn disassoc_low_ack(&self) -> bool {
        self.values.flag(BssKey::disassoc_low_ack)
    }

    /// Longest listen interval a station may have.
    pub fn max_listen_interval(&self) -> u16 {
        u16::try_from(self.values.int(BssKey::max_listen_interval)).unwrap_or(u16::MAX)
    }

    /// Whether we answer probe requests.
    pub fn send_probe_response(&self) -> bool {
        self.values.flag(BssKey::send_probe_response)
    }

    /// Whether starting and stopping tell all stations to leave.
    pub fn broadcast_deauth(&self) -> bool {
        self.values.flag(BssKey::broadcast_deauth)
    }

    /// Whether the BSS starts without a beacon.
    pub fn start_disabled(&self) -> bool {
        self.values.flag(BssKey::start_disabled)
    }

    /// Whether quality of service is on: as the file says, else with HT.
    pub fn wmm_enabled(&self, radio: &Radio) -> bool {
        match self.values.int(BssKey::wmm_enabled) {
            -1 => radio.ieee80211n() && !self.values.flag(BssKey::disable_11n),
            n => n > 0,
        }
    }

    /// Whether to announce automatic power save delivery.
    pub fn uapsd(&self) -> bool {
        self.values.flag(BssKey::uapsd_advertisement_enabled)
    }

    /// Protocol versions; empty for an open network.
    pub fn proto(&self) -> Proto {
        match self.values.int(BssKey::wpa) {
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

    /// Whether IEEE 802.1X is on.
    pub fn ieee8021x(&self) -> bool {
        self.values.flag(BssKey::ieee8021x)
    }

    /// Key management methods; `NONE` for an open network.
    pub fn key_mgmt(&self) -> KeyMgmt {
        if self.is_protected() { KeyMgmt::from_bits(self.values.bits(BssKey::wpa_key_mgmt)) } else { KeyMgmt::NONE }
    }

    /// Pairwise ciphers of WPA.
    pub fn wpa_pairwise(&self) -> Ciphers {
        Ciphers::from_bits(self.values.bits(BssKey::wpa_pairwise))
    }

    /// Pairwise ciphers of WPA2 and WPA3.
    pub fn rsn_pairwise(&self) -> Ciphers {
        let own = Ciphers::from_bits(self.values.bits(BssKey::rsn_pairwise));
        if own.is_empty() { self.wpa_pairwise() } else { own }
    }

    /// The group cipher: the one that is set, else the strongest that every station with one of the pairwise ciphers knows.
    pub fn group_cipher(&self) -> Ciphers {
        let set = Ciphers::from_bits(self.values.bits(BssKey::group_cipher));
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

    /// Group management cipher.
    pub fn group_mgmt_cipher(&self) -> Ciphers {
        Ciphers::from_bits(self.values.bits(BssKey::group_mgmt_cipher))
    }

    /// Management frame protection: 0 no, 1 if possible, 2 required.
    pub fn ieee80211w(&self) -> i64 {
        self.values.int(BssKey::ieee80211w)
    }

    /// Whether beacons are protected.
    pub fn beacon_prot(&self) -> bool {
        self.values.flag(BssKey::beacon_prot)
    }

    /// Time in which a station must answer an SA Query, in units of 1024 microseconds.
    pub fn sa_query_max_timeout(&self) -> u32 {
        self.values.count(BssKey::assoc_sa_query_max_timeout)
    }

    /// Time between SA Query requests, in units of 1024 microseconds.
    pub fn sa_query_retry_timeout(&self) -> u32 {
        self.values.count(BssKey::assoc_sa_query_retry_timeout)
    }

    /// Its pre-shared key or passphrase.
    pub fn psk(&self) -> Option<Psk<'_>> {
        let passphrase = self.values.secret(BssKey::wpa_passphrase).map(Psk::Passphrase);
        passphrase.or_else(|| self.values.secret(BssKey::wpa_psk).map(Psk::Key))
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
        self.values.bytes(BssKey::wpa_psk_file).filter(|path| !path.is_empty())
    }

    /// Seconds between group keys; 0 never.
    pub fn group_rekey(&self) -> u32 {
        // TKIP's group key wears out faster.
        if !self.values.is_set(BssKey::wpa_group_rekey) && self.group_cipher() == Ciphers::TKIP {
            return 600;
        }
        self.values.count(BssKey::wpa_group_rekey)
    }

    /// Whether a station's leaving brings a new group key.
    pub fn strict_rekey(&self) -> bool {
        self.values.flag(BssKey::wpa_strict_rekey)
    }

    /// Seconds between group master keys; 0 never.
    pub fn gmk_rekey(&self) -> u32 {
        self.values.count(BssKey::wpa_gmk_rekey)
    }

    /// Seconds between pairwise keys; 0 never.
    pub fn ptk_rekey(&self) -> u32 {
        self.values.count(BssKey::wpa_ptk_rekey)
    }

    /// When to end an association rather than replace its pairwise key: 0 never, 1 unless the driver can, 2 always.
    #[must_use]
    pub fn deny_ptk0_rekey(&self) -> u32 {
        self.values.count(BssKey::wpa_deny_ptk0_rekey)
    }

    /// How often a message of the group handshake is sent.
    pub fn group_update_count(&self) -> u32 {
        self.values.count(BssKey::wpa_group_update_count)
    }

    /// How often a message of the 4-way handshake is sent.
    pub fn pairwise_update_count(&self) -> u32 {
        self.values.count(BssKey::wpa_pairwise_update_count)
    }

    /// Whether messages that install keys are sent once only.
    pub fn disable_eapol_key_retries(&self) -> bool {
        self.values.flag(BssKey::wpa_disable_eapol_key_retries)
    }

    /// Whether keys are not cached.
    pub fn disable_pmksa_caching(&self) -> bool {
        self.values.flag(BssKey::disable_pmksa_caching)
    }

    /// Version in EAPOL frames we send.
    pub fn eapol_version(&self) -> u8 {
        u8::try_from(self.values.int(BssKey::eapol_version)).unwrap_or(2)
    }

    /// The SAE passwords in the order in which they are tried: the one given last is the first.
    pub fn sae_passwords(&self) -> impl Iterator<Item = &SaePassword> {
        let entries: &[SaePassword] = match self.values.value(BssKey::sae_password) {
            Some(Value::SaePasswords(entries)) => entries,
            _ => &[],
        };
        entries.iter().rev()
    }

    /// Files with SAE passwords.
    pub fn sae_password_files(&self) -> &[Vec<u8>] {
        self.values.lines(BssKey::sae_password_file)
    }

    /// How SAE derives its password element: 0 hunting and pecking, 1 hash to element, 2 either.
    pub fn sae_pwe(&self) -> i64 {
        self.values.int(BssKey::sae_pwe)
    }

    /// Groups of SAE; empty for the usual ones.
    pub fn sae_groups(&self) -> Vec<u16> {
        self.values.ints(BssKey::sae_groups).iter().filter_map(|n| u16::try_from(*n).ok()).collect()
    }

    /// Which weaker modes stations are told to leave for good; `None` for nothing told.
    pub fn transition_disable(&self) -> Option<u8> {
        u8::try_from(self.values.int(BssKey::transition_disable)).ok().filter(|bits| *bits != 0)
    }

    /// Whether stations with SAE must protect management frames.
    pub fn sae_require_mfp(&self) -> bool {
        self.values.flag(BssKey::sae_require_mfp)
    }

    /// How many new password identifiers a station is given; 0: none.
    pub fn sae_pw_id_num(&self) -> u32 {
        self.values.count(BssKey::sae_pw_id_num)
    }

    /// How many stations' SAE passwords are remembered; 0: passwords are not tried one after the other.
    pub fn sae_track_password(&self) -> u32 {
        self.values.count(BssKey::sae_track_password)
    }

    /// Open SAE exchanges from which a token is demanded.
    pub fn sae_anti_clogging_threshold(&self) -> u32 {
        self.values.count(BssKey::sae_anti_clogging_threshold)
    }

    /// Most repetitions of an SAE message.
    pub fn sae_sync(&self) -> u32 {
        self.values.count(BssKey::sae_sync)
    }

    /// Whether SAE's confirm follows its commit at once.
    pub fn sae_confirm_immediate(&self) -> i64 {
        self.values.int(BssKey::sae_confirm_immediate)
    }

    /// Elements to add to beacons and probe responses.
    pub fn vendor_elements(&self) -> &[u8] {
        self.values.bytes(BssKey::vendor_elements).unwrap_or(&[])
    }

    /// Elements to add to association responses.
    pub fn assocresp_elements(&self) -> &[u8] {
        self.values.bytes(BssKey::assocresp_elements).unwrap_or(&[])
    }

    /// Where the control sockets are to be; `None` for no control socket.
    pub fn control_directory(&self) -> Option<ControlDirectory> {
        let group = self.values.text(BssKey::ctrl_interface_group);
        self.values.text(BssKey::ctrl_interface).and_then(|text| ControlDirectory::parse(text, group))
    }

    /// Name of this configuration.
    pub fn config_id(&self) -> Option<&[u8]> {
        self.values.bytes(BssKey::config_id)
    }
}

/// Whether the kernel could know an interface of this name; nothing that would be a path.
fn is_interface_name(name: &[u8]) -> bool {
    name.len() <= 15
        && !name.iter().any(|b| matches!(b, b'/' | b':') || b.is_ascii_whitespace())
        && !matches!(name, b"." | b"..")
}
