//! What must hold of a configuration as a whole.

use super::{ApConfig, Bss, BssKey, Checked, HwMode, RadioKey};
use crate::suites::{Ciphers, KeyMgmt, Proto};
use alloc::format;

pub(super) fn check(config: &ApConfig) -> Checked {
    let mut found = Checked::default();
    let radio = &config.radio;
    if radio.ieee80211d() && radio.country().is_none() {
        found.errors.push("ieee80211d=1 needs country_code".into());
    }
    if radio.ieee80211h() && !radio.ieee80211d() {
        found.errors.push("ieee80211h=1 needs ieee80211d=1".into());
    }
    for (name, categories) in [("wmm_ac_be", 0), ("wmm_ac_bk", 1), ("wmm_ac_vi", 2), ("wmm_ac_vo", 3)] {
        if radio.wmm().get(categories).is_some_and(|ac| ac.cw_min > ac.cw_max) {
            found.errors.push(format!("{name}_cwmin is larger than {name}_cwmax"));
        }
    }
    if radio.hw_mode() == HwMode::Ad {
        found.errors.push("hw_mode=ad is not supported yet".into());
    }
    if radio.values.read(RadioKey::ht_capab).is_some_and(|words| words.contains("[HT40]")) {
        found.warnings.push("ht_capab: [HT40] means nothing: [HT40+] and [HT40-] make the channel 40 MHz wide".into());
    }
    if radio.require_ht() && !radio.ieee80211n() {
        found.warnings.push("require_ht has no effect without ieee80211n=1".into());
    }
    for (index, bss) in config.bss.iter().enumerate() {
        check_bss(config, index, bss, &mut found);
    }
    found
}

fn check_bss(config: &ApConfig, index: usize, bss: &Bss, found: &mut Checked) {
    let interface = bss.interface();
    if interface.is_empty() {
        found.errors.push("interface is not set".into());
        return;
    }
    let mut error = |text: &str| found.errors.push(format!("{interface}: {text}"));
    if bss.ssid().is_none() {
        error("ssid is not set");
    }
    for other in config.bss.iter().take(index) {
        if other.interface() == interface {
            error("two BSSs have this interface");
        }
        if bss.bssid().is_some() && other.bssid() == bss.bssid() {
            error("two BSSs have the same bssid");
        }
    }
    let methods = bss.key_mgmt();
    let unserved = methods.without(KeyMgmt::SERVED).without(KeyMgmt::ANY_EAP);
    if bss.is_protected() {
        if !unserved.is_empty() && unserved == methods {
            error(&format!("wpa_key_mgmt={methods} is not supported yet, and there is no other method"));
        }
        let radius = bss.values.read(BssKey::wpa_psk_radius);
        let no_key = bss.psk().is_none() && bss.wpa_psk_file().is_none();
        if methods.intersects(KeyMgmt::ANY_PSK) && no_key && radius != 3 && !(radius == 2 && bss.macaddr_acl() == 2) {
            error("WPA-PSK needs wpa_passphrase, wpa_psk or wpa_psk_file");
        }
        if (radius == 1 || radius == 2) && bss.macaddr_acl() != 2 {
            error("wpa_psk_radius needs macaddr_acl=2");
        }
        if methods.intersects(KeyMgmt::ANY_EAP) || bss.values.read(BssKey::ieee8021x) {
            error("IEEE 802.1X (wpa_key_mgmt=WPA-EAP, ieee8021x=1) is not supported yet");
        }
        if methods.intersects(KeyMgmt::ANY_FT)
            && !bss.values.read(BssKey::nas_identifier).is_some_and(|id| (1..=48).contains(&id.len()))
        {
            error("fast transition needs a nas_identifier of 1 to 48 characters");
        }
        if methods.intersects(KeyMgmt::ANY_SAE) && !bss.proto().contains(Proto::RSN) {
            error("SAE needs wpa=2");
        }
        // IEEE Std 802.11-2020 12.6.1: a network with SAE alone is WPA3, whose management frames are protected.
        if bss.values.read(BssKey::mbo) && bss.proto().contains(Proto::RSN) && bss.ieee80211w() == 0 {
            error("mbo=1 with WPA2 needs ieee80211w");
        }
        if bss.values.read(BssKey::ocv) && bss.ieee80211w() == 0 {
            error("ocv=1 needs ieee80211w");
        }
    } else if bss.values.read(BssKey::ieee8021x) {
        error("IEEE 802.1X without WPA (dynamic WEP) is not supported");
    }
    if bss.ignore_broadcast_ssid() != 0 && config.radio.values.read(RadioKey::mbssid) {
        error("a hidden name is not possible with mbssid");
    }

    let mut warning = |text: &str| found.warnings.push(format!("{interface}: {text}"));
    if !unserved.is_empty() && unserved != methods && bss.is_protected() {
        warning(&format!("wpa_key_mgmt: {unserved} is not supported yet and not offered"));
    }
    let no_sae_password = bss.sae_passwords().next().is_none()
        && bss.sae_password_file().is_empty()
        && !matches!(bss.psk(), Some(super::Psk::Passphrase(_)));
    if methods.intersects(KeyMgmt::ANY_SAE) && no_sae_password {
        warning("SAE has no password: sae_password, sae_password_file or wpa_passphrase");
    }
    let modern = Ciphers::CCMP.union(Ciphers::GCMP).union(Ciphers::CCMP_256).union(Ciphers::GCMP_256);
    if config.radio.ieee80211n()
        && bss.is_protected()
        && !bss.wpa_pairwise().contains(Ciphers::CCMP)
        && !bss.rsn_pairwise().intersects(modern)
    {
        warning("HT needs CCMP or GCMP; this BSS does without HT");
    }
    if config.radio.ieee80211n() && config.radio.hw_mode() == HwMode::B {
        warning("HT is not possible with hw_mode=b; this BSS does without HT");
    }
    if bss.proto().contains(Proto::WPA) || bss.group_cipher() == Ciphers::TKIP && bss.is_protected() {
        warning("WPA1 and TKIP are broken; they are used because this configuration asks for them");
    }
}
