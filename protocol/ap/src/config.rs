//! What one BSS is told to be.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use conf::ap::{Bss, PskEntry, Radio};
use conf::{Ciphers, KeyMgmt, Proto, SaePassword};
use ipc_proto::{Handle, WiphyInfo};
use rsn::{AkmSuite, ApPolicy, AuthenticatorConfig, CipherSuite, GroupConfig, Pmf, Protocol, SaePwe};
use wire::{MacAddr, Ssid};

use crate::Operating;

/// Everything that a BSS is made from.
#[derive(Clone, Debug)]
pub struct BssConfig {
    /// Its interface.
    pub handle: Handle,
    /// Its address.
    pub own: MacAddr,
    /// Its parameters.
    pub bss: Bss,
    /// Those of its radio.
    pub radio: Radio,
    /// What the radio can do.
    pub wiphy: Arc<WiphyInfo>,
    /// The channel.
    pub operating: Operating,
    /// Contents of the files that the parameters name.
    pub lists: Lists,
}

/// What the files that a BSS's parameters name contain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Stations of `accept_mac_file`.
    pub accept: Vec<Listed>,
    /// Stations of `deny_mac_file`.
    pub deny: Vec<Listed>,
    /// Keys of `wpa_psk_file`.
    pub psks: Vec<PskEntry>,
    /// Passwords of `sae_password_file`.
    pub sae_passwords: Vec<SaePassword>,
}

/// A station on a list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The station.
    pub addr: MacAddr,
    /// The VLAN that it belongs to; 0 for none. There are no VLANs yet: one that belongs to one is not let in.
    pub vlan: u32,
}

impl BssConfig {
    /// The SAE passwords that open this network, in the order in which they are tried. One that opens a VLAN alone opens
    /// nothing while there are none: it must not open what it was not meant for.
    pub(crate) fn sae_passwords(&self) -> impl Iterator<Item = &SaePassword> {
        self.bss.sae_passwords().chain(&self.lists.sae_passwords).filter(|entry| entry.vlan == 0)
    }

    /// The keys of the file that open this network, by the same rule.
    pub(crate) fn psks(&self) -> impl Iterator<Item = &PskEntry> {
        self.lists.psks.iter().filter(|entry| entry.vlan == 0)
    }

    /// What lets nobody in since it is for a VLAN, in words; one for each parameter that has such entries.
    pub(crate) fn barred(&self) -> Vec<String> {
        let accept = self.lists.accept.iter().map(|entry| entry.vlan).collect();
        let psks = self.lists.psks.iter().map(|entry| entry.vlan).collect();
        let inline = self.bss.sae_passwords().map(|entry| entry.vlan).collect();
        let filed = self.lists.sae_passwords.iter().map(|entry| entry.vlan).collect();
        let all: [(&str, alloc::collections::BTreeSet<u32>); 4] = [
            ("accept_mac_file", accept),
            ("wpa_psk_file", psks),
            ("sae_password", inline),
            ("sae_password_file", filed),
        ];
        let mut said = Vec::new();
        for (name, mut vlans) in all {
            vlans.remove(&0);
            if let Some(first) = vlans.first() {
                let more = if vlans.len() > 1 { " and others" } else { "" };
                said.push(alloc::format!(
                    "{name}: entries of VLAN {first}{more} let nobody in: VLANs are not supported yet"
                ));
            }
        }
        said
    }

    /// The network's name.
    #[must_use]
    pub fn ssid(&self) -> Ssid {
        self.bss.ssid().unwrap_or_default()
    }

    /// WMM is used.
    #[must_use]
    pub fn wmm(&self) -> bool {
        self.bss.wmm_enabled(&self.radio)
    }

    /// HT is used in this BSS: not with TKIP as its only cipher (IEEE Std 802.11-2020 12.6.4).
    #[must_use]
    pub fn ht(&self) -> bool {
        let only_tkip = self.bss.is_protected()
            && self.bss.rsn_pairwise().without(Ciphers::TKIP).is_empty()
            && self.bss.wpa_pairwise().without(Ciphers::TKIP).is_empty();
        self.operating.ht && self.wmm() && !only_tkip && !self.bss.disable_11n()
    }

    /// VHT is used in this BSS.
    #[must_use]
    pub fn vht(&self) -> bool {
        self.operating.vht && self.ht() && !self.bss.disable_11ac()
    }

    /// What is offered to stations; absent for an open network.
    #[must_use]
    pub fn policy(&self) -> Option<ApPolicy> {
        let bss = &self.bss;
        if !bss.is_protected() {
            return None;
        }
        let mut protocols = Vec::new();
        if bss.proto().contains(Proto::RSN) {
            protocols.push(Protocol::Rsn);
        }
        if bss.proto().contains(Proto::WPA) {
            protocols.push(Protocol::Wpa);
        }
        let pmf = match bss.ieee80211w() {
            0 => Pmf::Disabled,
            1 => Pmf::Optional,
            _ => Pmf::Required,
        };
        Some(ApPolicy {
            protocols,
            akms: akms(bss.key_mgmt()),
            rsn_pairwise: ciphers(bss.rsn_pairwise()),
            wpa_pairwise: ciphers(bss.wpa_pairwise()),
            group: ciphers(bss.group_cipher()).first().copied().unwrap_or(CipherSuite::Ccmp128),
            group_management: ciphers(bss.group_mgmt_cipher()).first().copied().unwrap_or(CipherSuite::BipCmac128),
            pmf,
            sae_requires_pmf: bss.sae_require_mfp(),
            sae_pwe: self.sae_pwe(),
            // Not announced before it is there.
            preauth: false,
            ocv: false,
            ssid_protection: bss.ssid_protection(),
            beacon_protection: bss.beacon_prot() && self.wiphy.features.beacon_protection,
            wmm: self.wmm(),
        })
    }

    /// How SAE finds its password element. Password identifiers and longer keys need hash-to-element, whatever
    /// `sae_pwe` says, unless it forbids that.
    #[must_use]
    pub fn sae_pwe(&self) -> SaePwe {
        let pwe = match self.bss.sae_pwe() {
            0 => SaePwe::HuntAndPeck,
            1 => SaePwe::HashToElement,
            3 => SaePwe::ForceHuntAndPeck,
            _ => SaePwe::Both,
        };
        let longer = KeyMgmt::SAE_EXT_KEY.union(KeyMgmt::FT_SAE_EXT_KEY);
        match self.identifiers() {
            Identifiers::All => pwe.only_h2e(),
            Identifiers::Some => pwe.with_h2e(),
            Identifiers::None if self.bss.key_mgmt().intersects(longer) => pwe.with_h2e(),
            Identifiers::None => pwe,
        }
    }

    /// How many of the SAE passwords have an identifier.
    pub(crate) fn identifiers(&self) -> Identifiers {
        let entries = || self.sae_passwords();
        let named = entries().any(|entry| entry.id.is_some());
        let passphrase = matches!(self.bss.psk(), Some(conf::ap::Psk::Passphrase(_))) && !self.bss.sae_password_psk();
        let nameless = passphrase || entries().any(|entry| entry.id.is_none());
        match (named, nameless) {
            (true, false) => Identifiers::All,
            (true, true) => Identifiers::Some,
            (false, _) => Identifiers::None,
        }
    }

    /// How the group keys are made.
    #[must_use]
    pub fn group(&self, policy: &ApPolicy) -> GroupConfig {
        GroupConfig {
            rekey: seconds(self.bss.group_rekey()),
            strict_rekey: self.bss.wpa_strict_rekey(),
            ..GroupConfig::new(policy)
        }
    }

    /// The elements of message 3: those of beacons, unless a test wants others.
    fn handshake_elements(&self, policy: &ApPolicy) -> rsn::ApElements {
        #[allow(unused_mut, reason = "changed for tests only")]
        let mut elements = policy.elements();
        #[cfg(feature = "testing")]
        {
            // An empty one leaves the element out.
            if let Some(rsne) = self.bss.rsne_override_eapol() {
                elements.rsne = Some(rsne.to_vec()).filter(|element| !element.is_empty());
            }
            if let Some(rsnxe) = self.bss.rsnxe_override_eapol() {
                elements.rsnxe = Some(rsnxe.to_vec()).filter(|element| !element.is_empty());
            }
        }
        elements
    }

    /// How the handshakes run.
    #[must_use]
    pub fn authenticator(&self, policy: &ApPolicy) -> AuthenticatorConfig {
        AuthenticatorConfig {
            eapol_version: self.bss.eapol_version(),
            pairwise_tries: self.bss.wpa_pairwise_update_count().max(1),
            group_tries: self.bss.wpa_group_update_count().max(1),
            no_retries: self.bss.wpa_disable_eapol_key_retries(),
            ptk_rekey: seconds(self.bss.wpa_ptk_rekey()),
            deny_ptk0_rekey: match self.bss.wpa_deny_ptk0_rekey() {
                0 => false,
                1 => !self.wiphy.features.can_replace_ptk0,
                _ => true,
            },
            transition_disable: self.bss.transition_disable(),
            ssid: policy.ssid_protection.then(|| self.ssid().as_bytes().to_vec()),
            #[cfg(feature = "testing")]
            tweaks: self.tweaks(),
            ..AuthenticatorConfig::new(self.own, self.handshake_elements(policy))
        }
    }

    #[cfg(feature = "testing")]
    fn tweaks(&self) -> rsn::authenticator::Tweaks {
        rsn::authenticator::Tweaks {
            first: self.bss.eapol_m1_elements().unwrap_or_default().to_vec(),
            third: self.bss.eapol_m3_elements().unwrap_or_default().to_vec(),
            third_plain: self.bss.eapol_m3_no_encrypt(),
        }
    }
}

/// How many of the SAE passwords have an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identifiers {
    None,
    Some,
    All,
}

/// A number of seconds where 0 means never.
fn seconds(number: u32) -> Option<Duration> {
    (number > 0).then(|| Duration::from_secs(u64::from(number)))
}

/// The suites that this engine serves.
fn akms(set: KeyMgmt) -> Vec<AkmSuite> {
    let known = [AkmSuite::Psk, AkmSuite::PskSha256, AkmSuite::Sae, AkmSuite::SaeExt];
    set.words().into_iter().filter_map(AkmSuite::from_config_name).filter(|akm| known.contains(akm)).collect()
}

fn ciphers(set: Ciphers) -> Vec<CipherSuite> {
    set.words().into_iter().filter_map(CipherSuite::from_name).collect()
}
