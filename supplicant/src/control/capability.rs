//! GET_CAPABILITY and the flags of the driver.

use ipc_proto::{BandInfo, WiphyFeatures};
use wire::channel::{self, Band};

use super::Answer;
use crate::interface::Interface;

const CIPHERS: [(&str, u32); 5] = [
    ("CCMP-256", 0x000f_ac0a),
    ("GCMP-256", 0x000f_ac09),
    ("CCMP", 0x000f_ac04),
    ("GCMP", 0x000f_ac08),
    ("TKIP", 0x000f_ac02),
];
const GROUP_MGMT: [(&str, u32); 4] = [
    ("AES-128-CMAC", 0x000f_ac06),
    ("BIP-GMAC-128", 0x000f_ac0b),
    ("BIP-GMAC-256", 0x000f_ac0c),
    ("BIP-CMAC-256", 0x000f_ac0d),
];

fn words(list: &[(&'static str, u32)], able: &[u32]) -> Vec<&'static str> {
    list.iter().filter(|(_, suite)| able.is_empty() || able.contains(suite)).map(|(word, _)| *word).collect()
}

pub(super) fn get(interface: &Interface, field: &str) -> Answer {
    let wiphy = interface.iface.wiphy.as_ref();
    let ciphers = wiphy.map_or(&[][..], |wiphy| wiphy.ciphers.as_slice());
    let features = wiphy.map(|wiphy| wiphy.features).unwrap_or_default();
    let sae = features.user_sme || features.sae;
    let text = match field {
        "pairwise" => {
            let mut list = words(&CIPHERS, ciphers);
            list.push("NONE");
            list.join(" ")
        }
        "group" => words(&CIPHERS, ciphers).join(" "),
        "group_mgmt" => words(&GROUP_MGMT, ciphers).join(" "),
        "key_mgmt" => {
            let mut list = vec!["NONE", "WPA-PSK", "WPA-PSK-SHA256"];
            if sae {
                list.extend(["SAE", "SAE-EXT-KEY"]);
            }
            list.join(" ")
        }
        "proto" => "RSN WPA".into(),
        "auth_alg" => if sae { "OPEN SAE" } else { "OPEN" }.into(),
        "eap" | "modes" | "fips" | "tdls" | "erp" | "acs" | "dpp" | "nan" => String::new(),
        "sae" if sae => "H2E".into(),
        "sae" => String::new(),
        "pmf" => "PMF".into(),
        "beacon_prot" if features.beacon_protection => "supported".into(),
        "beacon_prot" => "not supported".into(),
        "multibss" => String::new(),
        "channels" => wiphy.map_or_else(String::new, |wiphy| wiphy.bands.iter().map(channels).collect()),
        "freq" => wiphy.map_or_else(String::new, |wiphy| wiphy.bands.iter().map(frequencies).collect()),
        _ => return Answer::fail(),
    };
    Answer::text(text)
}

const fn mode(band: &BandInfo) -> Option<&'static str> {
    match band.band {
        Band::Ghz2 => Some("G"),
        Band::Ghz5 | Band::Ghz6 => Some("A"),
        Band::Ghz60 => Some("AD"),
        Band::S1g => None,
    }
}

fn channels(band: &BandInfo) -> String {
    let Some(mode) = mode(band) else { return String::new() };
    let mut text = format!("Mode[{mode}] Channels:");
    for one in band.channels.iter().filter(|one| !one.disabled) {
        if let Some(number) = channel::number_of(one.freq) {
            text.push_str(&format!(" {number}"));
        }
    }
    text.push('\n');
    text
}

fn frequencies(band: &BandInfo) -> String {
    let Some(mode) = mode(band) else { return String::new() };
    let mut text = format!("Mode[{mode}] Channels:\n");
    for one in band.channels.iter().filter(|one| !one.disabled) {
        if let Some(number) = channel::number_of(one.freq) {
            text.push_str(&format!(
                " {} = {number}{}{}\n",
                one.freq,
                if one.no_ir { " (NO_IR)" } else { "" },
                if one.radar { " (RADAR)" } else { "" }
            ));
        }
    }
    text
}

/// Bits of the originals' flags of a driver, with their names.
pub(super) fn flags(features: &WiphyFeatures) -> Vec<(u64, &'static str)> {
    let all = [
        (features.user_sme, 0x20, "SME"),
        (true, 0x40, "AP"),
        (true, 0x80, "SET_KEYS_AFTER_ASSOC_DONE"),
        (true, 0x4000, "SANE_ERROR_CODES"),
        (features.offchannel_tx, 0x8000, "OFFCHANNEL_TX"),
        (features.control_port_tx_status, 0x1_0000, "EAPOL_TX_STATUS"),
        (features.tdls, 0x8_0000, "TDLS_SUPPORT"),
        (features.inactivity_timer, 0x100_0000, "INACTIVITY_TIMER"),
        (features.sae || features.user_sme, 0x200_0000, "SAE"),
        (features.control_port, 1 << 58, "CONTROL_PORT"),
    ];
    all.into_iter().filter(|(set, _, _)| *set).map(|(_, bit, name)| (bit, name)).collect()
}

pub(super) fn flags_value(features: &WiphyFeatures) -> u64 {
    flags(features).into_iter().map(|(bit, _)| bit).sum()
}

pub(super) fn driver_flags(interface: &Interface) -> Answer {
    let Some(wiphy) = &interface.iface.wiphy else { return Answer::fail() };
    let mut text = format!("{:016X}:\n", flags_value(&wiphy.features));
    for (_, name) in flags(&wiphy.features) {
        text.push_str(name);
        text.push('\n');
    }
    Answer::text(text)
}

pub(super) fn driver_flags2(interface: &Interface) -> Answer {
    let Some(wiphy) = &interface.iface.wiphy else { return Answer::fail() };
    let (value, names) = if wiphy.features.control_port { (1_u64, "CONTROL_PORT_RX\n") } else { (0, "") };
    Answer::text(format!("{value:016X}:\n{names}"))
}
