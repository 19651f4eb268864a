//! From the configuration to what the engine is given: the one place where parameters become profiles.

use std::time::Duration;

use conf::station::{Globals, Network, Psk as StoredPsk};
use conf::{Ciphers, KeyMgmt, Proto};
use crypto::Pmk;
use rsn::{AkmSuite, CipherSuite, Pmf, Protocol, SaePwe};
use sta::{Bssids, DenyPtk0, Limits, Profile, Psk, SaeSecret, Security, Settings, Terms};

use crate::interface::Runtime;

/// Key management methods that can be carried out today, the preferred last.
const SUPPORTED: [(KeyMgmt, AkmSuite); 4] = [
    (KeyMgmt::PSK, AkmSuite::Psk),
    (KeyMgmt::PSK_SHA256, AkmSuite::PskSha256),
    (KeyMgmt::SAE, AkmSuite::Sae),
    (KeyMgmt::SAE_EXT_KEY, AkmSuite::SaeExt),
];

const CIPHERS: [(Ciphers, CipherSuite); 10] = [
    (Ciphers::CCMP, CipherSuite::Ccmp128),
    (Ciphers::GCMP, CipherSuite::Gcmp128),
    (Ciphers::CCMP_256, CipherSuite::Ccmp256),
    (Ciphers::GCMP_256, CipherSuite::Gcmp256),
    (Ciphers::TKIP, CipherSuite::Tkip),
    (Ciphers::GTK_NOT_USED, CipherSuite::GroupNotAllowed),
    (Ciphers::AES_128_CMAC, CipherSuite::BipCmac128),
    (Ciphers::BIP_GMAC_128, CipherSuite::BipGmac128),
    (Ciphers::BIP_GMAC_256, CipherSuite::BipGmac256),
    (Ciphers::BIP_CMAC_256, CipherSuite::BipCmac256),
];

fn suites(set: Ciphers) -> Vec<CipherSuite> {
    CIPHERS.into_iter().filter(|(word, _)| set.contains(*word)).map(|(_, suite)| suite).collect()
}

/// How management frames of a network are protected.
fn pmf(network: &Network, globals: &Globals) -> Pmf {
    let explicit = network.own_ieee80211w().is_some();
    match network.ieee80211w(globals) {
        2 => Pmf::Required,
        1 => Pmf::Optional,
        // WPA3 asks for protection: where nobody said anything, a network that may use SAE gets it if it can.
        _ if !explicit && network.key_mgmt().intersects(KeyMgmt::ANY_SAE) => Pmf::Optional,
        _ => Pmf::Disabled,
    }
}

/// What a network says of its protection.
pub(crate) fn security(network: &Network, globals: &Globals) -> Security {
    let methods = network.key_mgmt();
    let usable = |akm: AkmSuite| {
        if akm.is_sae() { network.sae_password().is_some() } else { network.psk().is_some() }
    };
    let mut protocols = Vec::new();
    if network.proto().contains(Proto::RSN) {
        protocols.push(Protocol::Rsn);
    }
    if network.proto().contains(Proto::WPA) {
        protocols.push(Protocol::Wpa);
    }
    let group_mgmt = network.group_mgmt();
    let identifier = network.sae_password_id().map(<[u8]>::to_vec);
    Security {
        open: methods.contains(KeyMgmt::NONE),
        open_refused: network.own_ieee80211w() == Some(2),
        protected: methods != KeyMgmt::NONE,
        protocols,
        akms: SUPPORTED
            .into_iter()
            .filter(|(word, akm)| methods.contains(*word) && usable(*akm))
            .map(|(_, akm)| akm)
            .collect(),
        pairwise: suites(network.pairwise()),
        group: suites(network.group()),
        group_management: suites(if group_mgmt.is_empty() { Ciphers::GROUP_MGMT } else { group_mgmt }),
        pmf: pmf(network, globals),
        sae_pwe: match network.sae_pwe(globals) {
            3 => SaePwe::ForceHuntAndPeck,
            1 => SaePwe::HashToElement,
            // A password identifier exists with hash-to-element only.
            _ if identifier.is_some() => SaePwe::HashToElement,
            2 => SaePwe::Both,
            _ => SaePwe::HuntAndPeck,
        },
        sae_needs_pmf: globals.sae_check_mfp(),
        password_id_change: network.sae_password_id_change() && identifier.is_some(),
        ssid_protection: network.ssid_protection(),
        ocv: network.ocv(),
        opportunistic: network.proactive_key_caching(globals),
        psk: network.psk().map(|psk| match psk {
            StoredPsk::Passphrase(passphrase) => Psk::Passphrase(passphrase.clone()),
            StoredPsk::Key(key) => Pmk::from_bytes(key.as_bytes()).map_or(Psk::Elsewhere, Psk::Key),
            StoredPsk::External(_) => Psk::Elsewhere,
        }),
        sae: network.sae_password().map(|password| SaeSecret {
            password: password.clone(),
            identifier,
            aliases: if network.sae_password_id_change() { network.alt_sae_password_ids() } else { Vec::new() },
        }),
    }
}

/// Nothing but a passphrase or key is missing: a client may be asked for it once the network is in reach.
fn lacks_secret(network: &Network) -> bool {
    let methods = network.key_mgmt();
    let psk = methods.intersects(KeyMgmt::ANY_PSK);
    let sae = methods.intersects(KeyMgmt::ANY_SAE);
    let secret = (psk && network.psk().is_some()) || (sae && network.sae_password().is_some());
    (psk || sae)
        && !secret
        && !methods.contains(KeyMgmt::NONE)
        && network.mode() == 0
        && (network.ssid().is_some() || network.bssid().is_some())
}

/// A network as the engine knows it.
pub(crate) fn profile(network: &Network, globals: &Globals) -> Profile {
    let lacks_secret = lacks_secret(network);
    let rekey = network.wpa_ptk_rekey();
    Profile {
        id: network.id(),
        ssid: network.ssid(),
        bssids: Bssids {
            only: network.bssid(),
            hint: network.bssid_hint(),
            ignored: network.bssid_ignore().to_vec(),
            accepted: network.bssid_accept().to_vec(),
        },
        priority: network.priority(),
        enabled: network.mode() == 0 && !network.is_disabled() && (network.missing().is_none() || lacks_secret),
        lacks_secret,
        asks_for_secret: network.mem_only_psk(),
        hidden: network.scan_ssid(),
        scan_freqs: network.scan_freq(),
        freqs: network.freq_list(),
        security: security(network, globals),
        terms: Terms {
            no_ht: network.disable_ht(),
            no_vht: network.disable_vht(),
            four_address: network.enable_4addr_mode(),
            beacon_protection: network.beacon_prot(),
            ptk_rekey: (rekey > 0).then(|| Duration::from_secs(rekey.into())),
            deny_ptk0_rekey: match network.wpa_deny_ptk0_rekey() {
                0 => DenyPtk0::Never,
                1 => DenyPtk0::Unsafe,
                _ => DenyPtk0::Always,
            },
        },
    }
}

/// Groups of SAE, the preferred first; the usual ones where none is named.
pub(crate) fn sae_groups(globals: &Globals) -> Vec<u16> {
    let mut groups = globals.sae_groups();
    groups.retain(|group| *group != 0);
    if groups.is_empty() { vec![19, 20, 21] } else { groups }
}

/// What holds for all networks: the global parameters, and what clients have set for as long as the interface lasts.
pub(crate) fn settings(globals: &Globals, runtime: &Runtime) -> Settings {
    /// Elements of association requests bear the number 13 in VENDOR_ELEM_ADD.
    const ASSOCIATION: u8 = 13;
    let mut association_elements = runtime.assoc_elements.clone();
    association_elements.extend(runtime.vendor_elements.get(&ASSOCIATION).into_iter().flatten());
    Settings {
        sae_groups: sae_groups(globals),
        eapol_version: globals.eapol_version(),
        pmk_lifetime: runtime.pmk_lifetime.unwrap_or_else(|| Duration::from_secs(globals.pmk_lifetime().into())),
        pmk_threshold: runtime.pmk_threshold,
        table: Limits {
            age: runtime.expire_age.unwrap_or_else(|| Duration::from_secs(globals.bss_expiration_age().into())),
            scans: runtime.expire_count.unwrap_or_else(|| globals.bss_expiration_scan_count()).max(1),
            count: usize::try_from(globals.bss_max_count()).unwrap_or(200),
        },
        passive_scan: globals.passive_scan(),
        scan_current_only: globals.scan_cur_freq(),
        scan_freqs: globals.freq_list(),
        first_scan_freqs: globals.initial_freq_list(),
        scan_pause: Duration::from_secs(runtime.scan_interval.unwrap_or(5).max(1).into()),
        roams: runtime.roaming,
        reconnects: runtime.sta_autoconnect,
        sa_query_off: runtime.sa_query_off,
        bssid_filter: runtime.bssid_filter.clone(),
        avoided_bssids: runtime.disallowed_bssids.clone(),
        avoided_ssids: runtime.disallowed_ssids.clone(),
        association_elements,
        eapol_outside: runtime.eapol_outside,
        shows_keys: daemon::log::shows_keys(),
    }
}
