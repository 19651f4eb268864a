//! From the configuration to what the engine is given: the one place where parameters become profiles.

use std::time::Duration;

use ap::profile::{
    Admission, Beacon, Care, DenyPtk0, Features, Handshakes, Identifiers, Psk, Sae, SaePassword, Security, Shown,
    Tamper,
};
use ap::radio::{Category, Ht, Mode, Vht, VhtWidth};
use ap::{ListedPsk, Profile, RadioProfile};
use conf::ap::{Bss, ChannelChoice, HwMode, PskEntry, PskSecret, Radio};
use conf::{Ciphers, KeyMgmt, Proto};
use crypto::Pmk;
use rsn::{AkmSuite, CipherSuite, Pmf, Protocol, SaePwe};

/// A number of seconds where 0 means never.
fn seconds(number: u32) -> Option<Duration> {
    (number > 0).then(|| Duration::from_secs(u64::from(number)))
}

fn ciphers(set: Ciphers) -> Vec<CipherSuite> {
    set.words().into_iter().filter_map(CipherSuite::from_name).collect()
}

fn first(set: Ciphers, otherwise: CipherSuite) -> CipherSuite {
    ciphers(set).first().copied().unwrap_or(otherwise)
}

fn password(entry: &conf::SaePassword) -> SaePassword {
    SaePassword { password: entry.password.clone(), peer: entry.peer, vlan: entry.vlan, id: entry.id.clone() }
}

/// A radio as the engine knows it.
pub(crate) fn radio(radio: &Radio) -> RadioProfile {
    let ht = radio.ht_capab();
    RadioProfile {
        mode: match radio.hw_mode() {
            HwMode::B => Mode::B,
            HwMode::G => Mode::G,
            HwMode::A => Mode::A,
            HwMode::Ad => Mode::Ad,
            HwMode::Any => Mode::Any,
        },
        six_ghz: radio.is_6ghz(),
        channel: match radio.channel() {
            ChannelChoice::Number(number) => Some(number),
            ChannelChoice::Automatic => None,
        },
        ht: radio.ieee80211n().then_some(Ht { info: ht.info, secondary: ht.secondary, either: ht.either }),
        vht: radio.ieee80211ac().then(|| Vht {
            info: radio.vht_capab(),
            width: match radio.vht_oper_chwidth() {
                1 => VhtWidth::Mhz80,
                2 => VhtWidth::Mhz160,
                3 => VhtWidth::Mhz80Plus80,
                _ => VhtWidth::Narrow,
            },
            centre: radio.vht_oper_centr_freq_seg0_idx(),
        }),
        require_ht: radio.require_ht(),
        require_vht: radio.require_vht(),
        rates: radio.supported_rates(),
        basic_rates: radio.basic_rates(),
        beacon_interval: radio.beacon_int(),
        short_preamble: radio.preamble(),
        country: radio.country(),
        announces_country: radio.ieee80211d(),
        spectrum_management: radio.ieee80211h(),
        wmm: radio.wmm().map(|category| Category {
            aifs: category.aifs,
            cw_min: category.cw_min,
            cw_max: category.cw_max,
            txop: category.txop,
            acm: category.acm,
        }),
    }
}

/// A BSS as the engine knows it.
pub(crate) fn profile(bss: &Bss, radio: &Radio) -> Profile {
    Profile {
        ssid: bss.ssid().unwrap_or_default(),
        shown: match bss.ignore_broadcast_ssid() {
            0 => Shown::Plain,
            1 => Shown::Empty,
            _ => Shown::Zeros,
        },
        security: bss.is_protected().then(|| security(bss)),
        admission: Admission {
            open_authentication: bss.auth_algs() & 1 != 0,
            unlisted: bss.macaddr_acl() == 0,
            most: bss.max_num_sta(),
            listen_interval: bss.max_listen_interval(),
            answers_probes: bss.send_probe_response(),
        },
        care: Care {
            inactivity: bss.ap_max_inactivity(),
            unasked: bss.skip_inactivity_poll(),
            low_ack: bss.disassoc_low_ack(),
            sa_query_max: bss.assoc_sa_query_max_timeout(),
            sa_query_retry: bss.assoc_sa_query_retry_timeout(),
            broadcast_deauth: bss.broadcast_deauth(),
        },
        beacon: Beacon {
            dtim_period: bss.dtim_period(),
            elements: bss.vendor_elements().to_vec(),
            response_elements: bss.assocresp_elements().to_vec(),
            no_rsnxe: bss.no_beacon_rsnxe(),
            utf8_ssid: bss.utf8_ssid(),
            uapsd: bss.uapsd_advertisement_enabled(),
            load_period: bss.bss_load_update_period(),
            load_average: bss.chan_util_avg_period(),
            silent_start: bss.start_disabled(),
        },
        features: Features {
            wmm: bss.wmm_enabled(radio),
            ht: !bss.disable_11n(),
            vht: !bss.disable_11ac(),
            isolate: bss.ap_isolate(),
            multicast_to_unicast: bss.multicast_to_unicast(),
        },
    }
}

fn security(bss: &Bss) -> Security {
    let mut protocols = Vec::new();
    if bss.proto().contains(Proto::RSN) {
        protocols.push(Protocol::Rsn);
    }
    if bss.proto().contains(Proto::WPA) {
        protocols.push(Protocol::Wpa);
    }
    let known = [AkmSuite::Psk, AkmSuite::PskSha256, AkmSuite::Sae, AkmSuite::SaeExt];
    let methods = bss.key_mgmt();
    let suites = methods.words().into_iter().filter_map(AkmSuite::from_config_name);
    let akms: Vec<AkmSuite> = suites.filter(|akm| known.contains(akm)).collect();
    let served = akms.iter().filter(|akm| !akm.is_sae()).count();
    Security {
        protocols,
        others: methods.without(KeyMgmt::ANY_SAE).words().len() > served,
        akms,
        rsn_pairwise: ciphers(bss.rsn_pairwise()),
        wpa_pairwise: ciphers(bss.wpa_pairwise()),
        group: first(bss.group_cipher(), CipherSuite::Ccmp128),
        group_management: first(bss.group_mgmt_cipher(), CipherSuite::BipCmac128),
        pmf: match bss.ieee80211w() {
            0 => Pmf::Disabled,
            1 => Pmf::Optional,
            _ => Pmf::Required,
        },
        beacon_protection: bss.beacon_prot(),
        ssid_protection: bss.ssid_protection(),
        transition_disable: bss.transition_disable(),
        psk: bss.psk().and_then(|psk| match psk {
            conf::ap::Psk::Passphrase(passphrase) => Some(Psk::Passphrase(passphrase.clone())),
            conf::ap::Psk::Key(key) => Pmk::from_bytes(key.as_bytes()).map(Psk::Key),
        }),
        sae: sae(bss),
        handshakes: Handshakes {
            eapol_version: bss.eapol_version(),
            pairwise_tries: bss.wpa_pairwise_update_count(),
            group_tries: bss.wpa_group_update_count(),
            no_retries: bss.wpa_disable_eapol_key_retries(),
            ptk_rekey: seconds(bss.wpa_ptk_rekey()),
            deny_ptk0_rekey: match bss.wpa_deny_ptk0_rekey() {
                0 => DenyPtk0::Never,
                1 => DenyPtk0::Unsafe,
                _ => DenyPtk0::Always,
            },
            group_rekey: seconds(bss.group_rekey()),
            strict_rekey: bss.wpa_strict_rekey(),
            tamper: tamper(bss),
        },
        remembers: !bss.disable_pmksa_caching(),
        shares: bss.okc(),
    }
}

/// Nothing, but in builds for test suites.
fn tamper(bss: &Bss) -> Tamper {
    if !cfg!(feature = "testing") {
        return Tamper::default();
    }
    Tamper {
        rsne: bss.rsne_override_eapol().map(<[u8]>::to_vec),
        rsnxe: bss.rsnxe_override_eapol().map(<[u8]>::to_vec),
        first: bss.eapol_m1_elements().unwrap_or_default().to_vec(),
        third: bss.eapol_m3_elements().unwrap_or_default().to_vec(),
        third_plain: bss.eapol_m3_no_encrypt(),
    }
}

fn sae(bss: &Bss) -> Sae {
    // A list of groups of which none exists here offers none: that is what was asked for.
    let named = Some(bss.sae_groups()).filter(|groups| !groups.is_empty());
    Sae {
        pwe: match bss.sae_pwe() {
            0 => SaePwe::HuntAndPeck,
            1 => SaePwe::HashToElement,
            3 => SaePwe::ForceHuntAndPeck,
            _ => SaePwe::Both,
        },
        requires_pmf: bss.sae_require_mfp(),
        groups: named.unwrap_or_else(|| vec![19, 20, 21]),
        passwords: bss.sae_passwords().map(password).collect(),
        without_passphrase: bss.sae_password_psk(),
        tracked: usize::try_from(bss.sae_track_password()).unwrap_or(0),
        threshold: usize::try_from(bss.sae_anti_clogging_threshold()).unwrap_or(usize::MAX),
        sync: u16::try_from(bss.sae_sync()).unwrap_or(u16::MAX),
        confirm_immediate: bss.sae_confirm_immediate() != 0,
        identifiers: bss.sae_pw_id_key().map(|key| Identifiers { number: bss.sae_pw_id_num(), key: key.clone() }),
    }
}

/// The entries of a file of pre-shared keys.
pub(crate) fn psks(entries: Vec<PskEntry>) -> Vec<ListedPsk> {
    let secret = |secret: PskSecret| match secret {
        PskSecret::Passphrase(passphrase) => Some(Psk::Passphrase(passphrase)),
        PskSecret::Key(key) => Pmk::from_bytes(key.as_bytes()).map(Psk::Key),
    };
    let listed = |entry: PskEntry| {
        Some(ListedPsk { addr: entry.address, secret: secret(entry.secret)?, keyid: entry.keyid, vlan: entry.vlan })
    };
    entries.into_iter().filter_map(listed).collect()
}

/// The entries of a file of SAE passwords.
pub(crate) fn passwords(entries: &[conf::SaePassword]) -> Vec<SaePassword> {
    entries.iter().map(password).collect()
}
