//! What one BSS is told to be.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use ipc_proto::{Handle, WiphyInfo};
use rsn::{AkmSuite, ApPolicy, AuthenticatorConfig, CipherSuite, GroupConfig, SaePwe};
use wire::{MacAddr, Ssid};

use crate::profile::{DenyPtk0, Handshakes, ListedPsk, Psk, SaePassword, Security};
use crate::{Lists, Operating, Profile, RadioProfile};

/// Everything that a BSS is made from.
#[derive(Clone, Debug)]
pub struct BssConfig {
    /// Its interface.
    pub handle: Handle,
    /// Its address.
    pub own: MacAddr,
    /// What it is to be.
    pub profile: Profile,
    /// What its radio is to be.
    pub radio: RadioProfile,
    /// What the radio can do.
    pub wiphy: Arc<WiphyInfo>,
    /// The channel.
    pub operating: Operating,
    /// What lists name.
    pub lists: Lists,
}

impl BssConfig {
    /// The SAE passwords that open this network, in the order in which they are tried. One that opens a VLAN alone opens
    /// nothing while there are none: it must not open what it was not meant for.
    pub(crate) fn sae_passwords(&self) -> impl Iterator<Item = &SaePassword> {
        self.own_passwords().iter().chain(&self.lists.sae_passwords).filter(|entry| entry.vlan == 0)
    }

    fn own_passwords(&self) -> &[SaePassword] {
        self.profile.security.as_ref().map(|security| security.sae.passwords.as_slice()).unwrap_or_default()
    }

    /// The keys of the list that open this network, by the same rule.
    pub(crate) fn psks(&self) -> impl Iterator<Item = &ListedPsk> {
        self.lists.psks.iter().filter(|entry| entry.vlan == 0)
    }

    /// What lets nobody in since it is for a VLAN, in words; one for each parameter that has such entries.
    pub(crate) fn barred(&self) -> Vec<String> {
        let accept = self.lists.accept.iter().map(|entry| entry.vlan).collect();
        let psks = self.lists.psks.iter().map(|entry| entry.vlan).collect();
        let inline = self.own_passwords().iter().map(|entry| entry.vlan).collect();
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
    pub const fn ssid(&self) -> Ssid {
        self.profile.ssid
    }

    /// WMM is used.
    #[must_use]
    pub const fn wmm(&self) -> bool {
        self.profile.features.wmm
    }

    /// HT is used in this BSS: not with TKIP as its only cipher (IEEE Std 802.11-2020 12.6.4).
    #[must_use]
    pub fn ht(&self) -> bool {
        let only_tkip = |security: &Security| {
            let mut pairwise = security.rsn_pairwise.iter().chain(&security.wpa_pairwise);
            pairwise.all(|cipher| *cipher == CipherSuite::Tkip)
        };
        let barred = self.profile.security.as_ref().is_some_and(only_tkip);
        self.operating.ht && self.wmm() && !barred && self.profile.features.ht
    }

    /// VHT is used in this BSS.
    #[must_use]
    pub fn vht(&self) -> bool {
        self.operating.vht && self.ht() && self.profile.features.vht
    }

    /// What is offered to stations; absent for an open network.
    #[must_use]
    pub fn policy(&self) -> Option<ApPolicy> {
        let security = self.profile.security.as_ref()?;
        Some(ApPolicy {
            protocols: security.protocols.clone(),
            akms: security.akms.clone(),
            rsn_pairwise: security.rsn_pairwise.clone(),
            wpa_pairwise: security.wpa_pairwise.clone(),
            group: security.group,
            group_management: security.group_management,
            pmf: security.pmf,
            sae_requires_pmf: security.sae.requires_pmf,
            sae_pwe: self.sae_pwe(),
            // Not announced before it is there.
            preauth: false,
            ocv: false,
            ssid_protection: security.ssid_protection,
            beacon_protection: security.beacon_protection && self.wiphy.features.beacon_protection,
            wmm: self.wmm(),
        })
    }

    /// How SAE finds its password element. Password identifiers and longer keys need hash-to-element, whatever else is
    /// said, unless that is forbidden.
    #[must_use]
    pub fn sae_pwe(&self) -> SaePwe {
        let Some(security) = &self.profile.security else { return SaePwe::Both };
        let pwe = security.sae.pwe;
        match self.identifiers() {
            Identified::All => pwe.only_h2e(),
            Identified::Some => pwe.with_h2e(),
            Identified::None if security.akms.contains(&AkmSuite::SaeExt) => pwe.with_h2e(),
            Identified::None => pwe,
        }
    }

    /// How many of the SAE passwords have an identifier.
    pub(crate) fn identifiers(&self) -> Identified {
        let entries = || self.sae_passwords();
        let named = entries().any(|entry| entry.id.is_some());
        let also =
            |security: &Security| matches!(security.psk, Some(Psk::Passphrase(_))) && !security.sae.without_passphrase;
        let passphrase = self.profile.security.as_ref().is_some_and(also);
        let nameless = passphrase || entries().any(|entry| entry.id.is_none());
        match (named, nameless) {
            (true, false) => Identified::All,
            (true, true) => Identified::Some,
            (false, _) => Identified::None,
        }
    }

    /// How the group keys are made.
    #[must_use]
    pub fn group(&self, policy: &ApPolicy) -> GroupConfig {
        let handshakes = self.handshakes();
        GroupConfig {
            rekey: handshakes.and_then(|handshakes| handshakes.group_rekey),
            strict_rekey: handshakes.is_some_and(|handshakes| handshakes.strict_rekey),
            ..GroupConfig::new(policy)
        }
    }

    fn handshakes(&self) -> Option<&Handshakes> {
        self.profile.security.as_ref().map(|security| &security.handshakes)
    }

    /// The elements of message 3: those of beacons, unless a test wants others.
    fn handshake_elements(&self, policy: &ApPolicy) -> rsn::ApElements {
        let mut elements = policy.elements();
        if let Some(tamper) = self.handshakes().map(|handshakes| &handshakes.tamper) {
            // An empty one leaves the element out.
            let instead = |own: &mut Option<Vec<u8>>, other: &Option<Vec<u8>>| {
                if let Some(other) = other {
                    *own = Some(other.clone()).filter(|element| !element.is_empty());
                }
            };
            instead(&mut elements.rsne, &tamper.rsne);
            instead(&mut elements.rsnxe, &tamper.rsnxe);
        }
        elements
    }

    /// How the handshakes run.
    #[must_use]
    pub fn authenticator(&self, policy: &ApPolicy) -> AuthenticatorConfig {
        let usual = AuthenticatorConfig::new(self.own, self.handshake_elements(policy));
        let Some(security) = &self.profile.security else { return usual };
        let handshakes = &security.handshakes;
        AuthenticatorConfig {
            eapol_version: handshakes.eapol_version,
            pairwise_tries: handshakes.pairwise_tries.max(1),
            group_tries: handshakes.group_tries.max(1),
            no_retries: handshakes.no_retries,
            ptk_rekey: handshakes.ptk_rekey,
            deny_ptk0_rekey: match handshakes.deny_ptk0_rekey {
                DenyPtk0::Never => false,
                DenyPtk0::Unsafe => !self.wiphy.features.can_replace_ptk0,
                DenyPtk0::Always => true,
            },
            transition_disable: security.transition_disable,
            ssid: policy.ssid_protection.then(|| self.ssid().as_bytes().to_vec()),
            #[cfg(feature = "testing")]
            tweaks: rsn::authenticator::Tweaks {
                first: handshakes.tamper.first.clone(),
                third: handshakes.tamper.third.clone(),
                third_plain: handshakes.tamper.third_plain,
            },
            ..usual
        }
    }
}

/// How many of the SAE passwords have an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identified {
    None,
    Some,
    All,
}
