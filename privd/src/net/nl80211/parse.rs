//! Answers of nl80211 as plain values.

use ipc_proto::{
    BandInfo, ChannelDefinition, ChannelInfo, ChannelWidth, InterfaceType, ScanEntry, StationInfo, SurveyEntry,
    WiphyFeatures, WiphyInfo,
};
use wire::channel::{Band, band_of};
use wire::{MacAddr, Ssid};

use super::consts::{attr, band, bss, cmd, ext, feature, freq, rate, rinfo, sta, survey};
use crate::net::message::{Table, numbers};

pub(in crate::net) const fn type_of(number: u32) -> InterfaceType {
    match number {
        1 => InterfaceType::AdHoc,
        2 => InterfaceType::Station,
        3 => InterfaceType::AccessPoint,
        4 => InterfaceType::AccessPointVlan,
        6 => InterfaceType::Monitor,
        7 => InterfaceType::MeshPoint,
        8 => InterfaceType::P2pClient,
        9 => InterfaceType::P2pGroupOwner,
        10 => InterfaceType::P2pDevice,
        12 => InterfaceType::NanDevice,
        _ => InterfaceType::Other,
    }
}

/// The channel that the usual attributes describe.
pub(in crate::net) fn channel(table: &Table<'_>) -> Option<ChannelDefinition> {
    let freq = table.u32(attr::WIPHY_FREQ)?;
    let width = match table.u32(attr::CHANNEL_WIDTH) {
        Some(1) => ChannelWidth::Mhz20,
        Some(2) => ChannelWidth::Mhz40,
        Some(3) => ChannelWidth::Mhz80,
        Some(4) => ChannelWidth::Mhz80Plus80,
        Some(5) => ChannelWidth::Mhz160,
        Some(13) => ChannelWidth::Mhz320,
        _ => ChannelWidth::NoHt20,
    };
    let center1 = table.u32(attr::CENTER_FREQ1).unwrap_or(freq);
    let center2 = table.u32(attr::CENTER_FREQ2).unwrap_or(0);
    Some(ChannelDefinition { freq, width, center1, center2 })
}

/// A wireless interface as nl80211 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) struct Interface {
    pub(in crate::net) ifindex: u32,
    pub(in crate::net) name: String,
    pub(in crate::net) wiphy: u32,
    pub(in crate::net) addr: MacAddr,
    pub(in crate::net) kind: InterfaceType,
    pub(in crate::net) ssid: Option<Ssid>,
    pub(in crate::net) channel: Option<ChannelDefinition>,
}

/// `None`: it has no network interface, or the message is no description of one.
pub(in crate::net) fn interface(table: &Table<'_>) -> Option<Interface> {
    Some(Interface {
        ifindex: table.u32(attr::IFINDEX)?,
        name: table.string(attr::IFNAME)?,
        wiphy: table.u32(attr::WIPHY)?,
        addr: table.mac(attr::MAC).unwrap_or_default(),
        kind: type_of(table.u32(attr::IFTYPE).unwrap_or_default()),
        ssid: table.get(attr::SSID).and_then(|octets| Ssid::new(octets).ok()),
        channel: channel(table),
    })
}

/// Adds one part of a split dump to what is known of a radio.
pub(in crate::net) fn wiphy(info: &mut WiphyInfo, table: &Table<'_>) {
    for (kind, payload) in *table {
        let inner = Table(payload);
        let one = |known: u8| payload.first().copied().unwrap_or(known);
        let four = numbers(payload).first().copied();
        match kind {
            attr::WIPHY => info.wiphy = four.unwrap_or(info.wiphy),
            attr::WIPHY_NAME => info.name = table.string(attr::WIPHY_NAME).unwrap_or_default(),
            attr::MAX_NUM_SCAN_SSIDS => info.max_scan_ssids = one(info.max_scan_ssids),
            attr::MAX_SCAN_IE_LEN => info.max_scan_ie_len = table.u16(kind).unwrap_or_default(),
            attr::MAX_NUM_SCHED_SCAN_SSIDS => info.max_sched_scan_ssids = one(info.max_sched_scan_ssids),
            attr::MAX_MATCH_SETS => info.max_match_sets = one(info.max_match_sets),
            attr::CIPHER_SUITES => info.ciphers = numbers(payload),
            attr::AKM_SUITES => info.akms = numbers(payload),
            attr::MAX_REMAIN_ON_CHANNEL_DURATION => info.max_remain_on_channel = four.unwrap_or_default(),
            attr::MAX_NUM_PMKIDS => info.max_pmkids = one(info.max_pmkids),
            attr::MAX_AP_ASSOC_STA => info.max_stations = table.u16(kind).map_or(0, u32::from),
            attr::MAC => info.perm_addr = table.mac(kind).unwrap_or_default(),
            attr::EXT_CAPA => info.extended_capabilities = payload.to_vec(),
            attr::SUPPORTED_IFTYPES => {
                // Flags whose numbers are the types.
                info.interface_types = inner.map(|(number, _)| type_of(u32::from(number))).collect();
                info.features.four_address = info.interface_types.contains(&InterfaceType::AccessPointVlan);
                info.features.p2p_device = info.interface_types.contains(&InterfaceType::P2pDevice);
            }
            attr::SUPPORTED_COMMANDS => {
                info.commands = inner.filter_map(|(_, number)| numbers(number).first().copied()).collect();
                commands(info);
            }
            attr::FEATURE_FLAGS => flags(&mut info.features, four.unwrap_or_default()),
            attr::EXT_FEATURES => extended(&mut info.features, payload),
            attr::OFFCHANNEL_TX_OK => info.features.offchannel_tx = true,
            attr::TDLS_SUPPORT => info.features.tdls = true,
            attr::ROAM_SUPPORT => info.features.roam_offload = true,
            attr::PROBE_RESP_OFFLOAD => info.features.probe_response_offload = true,
            attr::DEVICE_AP_SME => info.features.ap_sme_in_user_space = false,
            attr::WIPHY_BANDS => {
                for (number, band) in inner {
                    self::band(&mut info.bands, number, &Table(band));
                }
            }
            _ => {}
        }
    }
}

/// What is known of a radio before it has been asked.
pub(in crate::net) fn blank_wiphy() -> WiphyInfo {
    let features = WiphyFeatures { ap_sme_in_user_space: true, ..WiphyFeatures::default() };
    WiphyInfo { features, ..WiphyInfo::default() }
}

fn commands(info: &mut WiphyInfo) {
    let has = |command: u8| info.commands.contains(&u32::from(command));
    info.features.user_sme = has(cmd::AUTHENTICATE) && has(cmd::ASSOCIATE);
    info.features.connect = has(cmd::CONNECT);
    info.features.channel_switch = has(cmd::CHANNEL_SWITCH);
    info.features.qos_map = has(cmd::SET_QOS_MAP);
}

fn flags(features: &mut WiphyFeatures, bits: u32) {
    features.sae = bits & feature::SAE != 0;
    features.inactivity_timer = bits & feature::INACTIVITY_TIMER != 0;
    features.full_ap_client_state = bits & feature::FULL_AP_CLIENT_STATE != 0;
    features.scan_random_mac = bits & feature::SCAN_RANDOM_MAC_ADDR != 0;
}

fn extended(features: &mut WiphyFeatures, bits: &[u8]) {
    let has = |number: usize| bits.get(number / 8).is_some_and(|octet| octet >> (number % 8) & 1 == 1);
    features.sae_offload = has(ext::SAE_OFFLOAD);
    features.four_way_offload_psk = has(ext::FOUR_WAY_HANDSHAKE_STA_PSK);
    features.control_port = has(ext::CONTROL_PORT_OVER_NL80211);
    features.control_port_tx_status = has(ext::CONTROL_PORT_OVER_NL80211_TX_STATUS);
    features.ext_key_id = has(ext::EXT_KEY_ID);
    features.beacon_protection = has(ext::BEACON_PROTECTION);
    features.can_replace_ptk0 = has(ext::CAN_REPLACE_PTK0);
    features.ocv = has(ext::OPERATING_CHANNEL_VALIDATION);
    features.multicast_registrations = has(ext::MULTICAST_REGISTRATIONS);
}

fn band(bands: &mut Vec<BandInfo>, number: u16, table: &Table<'_>) {
    let band = match number {
        0 => Band::Ghz2,
        1 => Band::Ghz5,
        3 => Band::Ghz6,
        _ => return,
    };
    if !bands.iter().any(|known| known.band == band) {
        bands.push(BandInfo {
            band,
            ht_capability: None,
            ht_ampdu: 0,
            ht_mcs: Vec::new(),
            vht_capability: None,
            vht_mcs: Vec::new(),
            rates: Vec::new(),
            channels: Vec::new(),
        });
    }
    let Some(info) = bands.iter_mut().find(|known| known.band == band) else { return };
    for (kind, payload) in *table {
        match kind {
            band::HT_CAPA => info.ht_capability = table.u16(kind),
            band::HT_AMPDU_FACTOR => info.ht_ampdu |= table.u8(kind).unwrap_or(0) & 3,
            band::HT_AMPDU_DENSITY => info.ht_ampdu |= (table.u8(kind).unwrap_or(0) & 7) << 2,
            band::HT_MCS_SET => info.ht_mcs = payload.to_vec(),
            band::VHT_CAPA => info.vht_capability = table.u32(kind),
            band::VHT_MCS_SET => info.vht_mcs = payload.to_vec(),
            band::RATES => {
                let rates = Table(payload).filter_map(|(_, rate)| Table(rate).u32(rate::RATE));
                info.rates = rates.filter_map(|rate| u16::try_from(rate).ok()).collect();
            }
            band::FREQS => info.channels.extend(Table(payload).filter_map(|(_, entry)| channel_info(&Table(entry)))),
            _ => {}
        }
    }
}

fn channel_info(table: &Table<'_>) -> Option<ChannelInfo> {
    Some(ChannelInfo {
        freq: table.u32(freq::FREQ)?,
        disabled: table.has(freq::DISABLED),
        no_ir: table.has(freq::NO_IR),
        radar: table.has(freq::RADAR),
        no_ht40_plus: table.has(freq::NO_HT40_PLUS),
        no_ht40_minus: table.has(freq::NO_HT40_MINUS),
        max_power: table.u32(freq::MAX_TX_POWER).unwrap_or_default(),
    })
}

pub(in crate::net) fn scan_entry(table: &Table<'_>) -> Option<ScanEntry> {
    let entry = table.nested(attr::BSS)?;
    let elements = entry.octets(bss::INFORMATION_ELEMENTS);
    let beacon_elements = entry.octets(bss::BEACON_IES);
    let elements = if elements.is_empty() { beacon_elements.clone() } else { elements };
    let mbm = entry.i32(bss::SIGNAL_MBM);
    Some(ScanEntry {
        bssid: entry.mac(bss::BSSID)?,
        freq: entry.u32(bss::FREQUENCY)?,
        signal: mbm
            .or_else(|| entry.u8(bss::SIGNAL_UNSPEC).map(|level| i32::from(level).saturating_mul(100)))
            .unwrap_or_default(),
        signal_unspecified: mbm.is_none(),
        beacon_interval: entry.u16(bss::BEACON_INTERVAL).unwrap_or_default(),
        capability: entry.u16(bss::CAPABILITY).unwrap_or_default(),
        tsf: entry.u64(bss::TSF).unwrap_or_default().max(entry.u64(bss::BEACON_TSF).unwrap_or_default()),
        age_ms: entry.u32(bss::SEEN_MS_AGO).unwrap_or_default(),
        beacon_elements: if beacon_elements == elements { Vec::new() } else { beacon_elements },
        elements,
        associated: entry.u32(bss::STATUS) == Some(1),
    })
}

fn bitrate(table: Option<Table<'_>>) -> u32 {
    let Some(table) = table else { return 0 };
    table.u32(rinfo::BITRATE32).or_else(|| table.u16(rinfo::BITRATE).map(u32::from)).unwrap_or_default()
}

/// A station, and the average of its data frames' signal.
pub(in crate::net) fn station(table: &Table<'_>) -> Option<(StationInfo, i8)> {
    let addr = table.mac(attr::MAC)?;
    let info = table.nested(attr::STA_INFO)?;
    let count = |long: u16, short: u16| info.u64(long).or_else(|| info.u32(short).map(u64::from)).unwrap_or_default();
    let number = |kind: u16| info.u32(kind).unwrap_or_default();
    let dbm = |kind: u16| info.u8(kind).unwrap_or_default().cast_signed();
    let (_, set) = info.get(sta::STA_FLAGS).map(split_flags).unwrap_or_default();
    let station = StationInfo {
        addr,
        inactive_ms: number(sta::INACTIVE_TIME),
        rx_bytes: count(sta::RX_BYTES64, sta::RX_BYTES),
        tx_bytes: count(sta::TX_BYTES64, sta::TX_BYTES),
        rx_packets: number(sta::RX_PACKETS),
        tx_packets: number(sta::TX_PACKETS),
        tx_failed: number(sta::TX_FAILED),
        tx_retries: number(sta::TX_RETRIES),
        signal: dbm(sta::SIGNAL),
        beacon_signal: dbm(sta::BEACON_SIGNAL_AVG),
        tx_rate: bitrate(info.nested(sta::TX_BITRATE)),
        rx_rate: bitrate(info.nested(sta::RX_BITRATE)),
        connected_s: number(sta::CONNECTED_TIME),
        authorized: set >> super::consts::flag::AUTHORIZED & 1 == 1,
    };
    Some((station, dbm(sta::SIGNAL_AVG)))
}

fn split_flags(update: &[u8]) -> (u32, u32) {
    let words = numbers(update);
    (words.first().copied().unwrap_or_default(), words.get(1).copied().unwrap_or_default())
}

pub(in crate::net) fn survey_entry(table: &Table<'_>) -> Option<SurveyEntry> {
    let info = table.nested(attr::SURVEY_INFO)?;
    let freq = info.u32(survey::FREQUENCY)?;
    // Channels of bands that no daemon knows say nothing to it.
    band_of(freq)?;
    Some(SurveyEntry {
        freq,
        noise: info.u8(survey::NOISE).map(u8::cast_signed),
        active_ms: info.u64(survey::TIME),
        busy_ms: info.u64(survey::TIME_BUSY),
        in_use: info.has(survey::IN_USE),
    })
}
