//! Requests as nl80211 messages. Every field has been checked by the policy; the kernel checks again.

use ipc_proto::{
    ApParameters, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions, ChannelDefinition,
    ChannelWidth, ConnectParameters, InterfaceType, KeyKind, KeyParameters, LinkId, LinkSecurity, MfpMode,
    ScanParameters, SchedScanParameters, StationFlags, StationParameters, TransmitParameters, WiphyFeatures,
};
use wire::{ETH_P_EAPOL, MacAddr};

use super::consts::{attr, auth, cqm, flag, key, key_default, matches, plan, rekey, scan, txq, wme};
use crate::net::message::Attrs;

pub(in crate::net) const fn type_number(kind: InterfaceType) -> Option<u32> {
    match kind {
        InterfaceType::AdHoc => Some(1),
        InterfaceType::Station => Some(2),
        InterfaceType::AccessPoint => Some(3),
        InterfaceType::AccessPointVlan | InterfaceType::FourAddressPort => Some(4),
        InterfaceType::Monitor => Some(6),
        InterfaceType::MeshPoint => Some(7),
        InterfaceType::P2pClient => Some(8),
        InterfaceType::P2pGroupOwner => Some(9),
        InterfaceType::P2pDevice => Some(10),
        InterfaceType::NanDevice => Some(12),
        InterfaceType::Wired | InterfaceType::Other => None,
    }
}

pub(in crate::net) fn on(ifindex: u32) -> Attrs {
    Attrs::new().u32(attr::IFINDEX, ifindex)
}

/// A channel, in the attributes that every command takes.
pub(in crate::net) fn channel(attrs: Attrs, channel: &ChannelDefinition) -> Attrs {
    let width = match channel.width {
        ChannelWidth::NoHt20 => 0,
        ChannelWidth::Mhz20 => 1,
        ChannelWidth::Mhz40 => 2,
        ChannelWidth::Mhz80 => 3,
        ChannelWidth::Mhz80Plus80 => 4,
        ChannelWidth::Mhz160 => 5,
        ChannelWidth::Mhz320 => 13,
    };
    let center = if channel.center1 == 0 { channel.freq } else { channel.center1 };
    let attrs =
        attrs.u32(attr::WIPHY_FREQ, channel.freq).u32(attr::CHANNEL_WIDTH, width).u32(attr::CENTER_FREQ1, center);
    if channel.center2 == 0 { attrs } else { attrs.u32(attr::CENTER_FREQ2, channel.center2) }
}

/// Of one link, where the interface has several.
pub(in crate::net) fn linked(attrs: Attrs, link: Option<LinkId>) -> Attrs {
    attrs.with(link, |attrs, LinkId(link)| attrs.u8(attr::MLO_LINK_ID, link))
}

/// Of one link, and with the address of the multi-link device.
fn of_device(attrs: Attrs, mld: Option<(LinkId, MacAddr)>) -> Attrs {
    attrs.with(mld, |attrs, (link, addr)| linked(attrs, Some(link)).mac(attr::MLD_ADDR, addr))
}

fn numbered<'a>(items: impl Iterator<Item = &'a [u8]>) -> Attrs {
    items.zip(1..).fold(Attrs::new(), |attrs, (item, number)| attrs.bytes(number, item))
}

fn frequencies(freqs: &[u32]) -> Attrs {
    freqs.iter().zip(1..).fold(Attrs::new(), |attrs, (freq, number)| attrs.u32(number, *freq))
}

pub(in crate::net) fn trigger_scan(ifindex: u32, parameters: &ScanParameters) -> Attrs {
    let mut flags = 0;
    let mut attrs = on(ifindex);
    if !parameters.ssids.is_empty() {
        attrs = attrs.nest(attr::SCAN_SSIDS, &numbered(parameters.ssids.iter().map(|ssid| ssid.as_bytes())));
    }
    if !parameters.freqs.is_empty() {
        attrs = attrs.nest(attr::SCAN_FREQUENCIES, &frequencies(&parameters.freqs));
    }
    if parameters.flush {
        flags |= scan::FLUSH;
    }
    if parameters.low_priority {
        flags |= scan::LOW_PRIORITY;
    }
    if let Some((addr, mask)) = parameters.random_mac {
        flags |= scan::RANDOM_ADDR;
        attrs = attrs.mac(attr::MAC, addr).mac(attr::MAC_MASK, mask);
    }
    attrs = attrs
        .some_bytes(attr::IE, &parameters.elements)
        .with(parameters.bssid, |attrs, bssid| attrs.mac(attr::BSSID, bssid))
        .flag_if(attr::TX_NO_CCK_RATE, parameters.no_cck);
    if parameters.duration != 0 {
        attrs = attrs.u16(attr::MEASUREMENT_DURATION, parameters.duration);
    }
    if flags == 0 { attrs } else { attrs.u32(attr::SCAN_FLAGS, flags) }
}

pub(in crate::net) fn sched_scan(ifindex: u32, parameters: &SchedScanParameters) -> Attrs {
    let interval = parameters.interval.div_ceil(1000).max(1);
    let mut attrs = on(ifindex)
        .nest(attr::SCHED_SCAN_PLANS, &Attrs::new().nest(1, &Attrs::new().u32(plan::INTERVAL, interval)))
        .some_bytes(attr::IE, &parameters.elements);
    if !parameters.ssids.is_empty() {
        attrs = attrs.nest(attr::SCAN_SSIDS, &numbered(parameters.ssids.iter().map(|ssid| ssid.as_bytes())));
    }
    if !parameters.freqs.is_empty() {
        attrs = attrs.nest(attr::SCAN_FREQUENCIES, &frequencies(&parameters.freqs));
    }
    let limit =
        |set: Attrs| set.with(parameters.rssi_threshold, |set, dbm| set.u32(matches::RSSI, dbm.cast_unsigned()));
    let mut sets = Attrs::new();
    for (ssid, number) in parameters.match_ssids.iter().zip(1..) {
        sets = sets.nest(number, &limit(Attrs::new().bytes(matches::SSID, ssid.as_bytes())));
    }
    if parameters.match_ssids.is_empty() && parameters.rssi_threshold.is_some() {
        sets = sets.nest(1, &limit(Attrs::new()));
    }
    attrs.nest(attr::SCHED_SCAN_MATCH, &sets)
}

/// nl80211's number of an Authentication Algorithm Number (IEEE Std 802.11-2020 9.4.1.1).
const fn auth_type(algorithm: u16) -> Option<u32> {
    match algorithm {
        0 => Some(auth::OPEN_SYSTEM),
        1 => Some(auth::SHARED_KEY),
        2 => Some(auth::FT),
        3 => Some(auth::SAE),
        4 => Some(auth::FILS_SK),
        5 => Some(auth::FILS_SK_PFS),
        6 => Some(auth::FILS_PK),
        0x80 => Some(auth::NETWORK_EAP),
        _ => None,
    }
}

/// `None`: nl80211 has no such algorithm.
pub(in crate::net) fn authenticate(ifindex: u32, parameters: &AuthenticateParameters) -> Option<Attrs> {
    Some(
        of_device(on(ifindex), parameters.mld)
            .mac(attr::MAC, parameters.bssid)
            .u32(attr::WIPHY_FREQ, parameters.freq)
            .bytes(attr::SSID, parameters.ssid.as_bytes())
            .some_bytes(attr::IE, &parameters.elements)
            .some_bytes(attr::AUTH_DATA, &parameters.data)
            .u32(attr::AUTH_TYPE, auth_type(parameters.algorithm)?)
            .flag_if(attr::LOCAL_STATE_CHANGE, parameters.local_state_change),
    )
}

fn suites(attrs: Attrs, security: &LinkSecurity) -> Attrs {
    attrs
        .u32(attr::WPA_VERSIONS, if security.rsn { 2 } else { 1 })
        .u32_array(attr::CIPHER_SUITES_PAIRWISE, &[security.pairwise])
        .u32(attr::CIPHER_SUITE_GROUP, security.group)
        .u32_array(attr::AKM_SUITES, &[security.akm])
}

/// The kernel leaves EAPOL frames to us; over nl80211 where the driver can, which needs the socket's ownership.
fn control_port(attrs: Attrs, features: &WiphyFeatures) -> Attrs {
    let attrs = attrs.flag(attr::CONTROL_PORT).u16(attr::CONTROL_PORT_ETHERTYPE, ETH_P_EAPOL);
    if features.control_port {
        attrs.flag(attr::CONTROL_PORT_OVER_NL80211).flag(attr::CONTROL_PORT_NO_PREAUTH).flag(attr::SOCKET_OWNER)
    } else {
        attrs
    }
}

pub(in crate::net) fn associate(ifindex: u32, parameters: &AssociateParameters, features: &WiphyFeatures) -> Attrs {
    let with_whom = match &parameters.multi_link {
        None => on(ifindex).mac(attr::MAC, parameters.bssid).u32(attr::WIPHY_FREQ, parameters.freq),
        Some(device) => {
            let links = device.links.iter().zip(1..).fold(Attrs::new(), |links, (one, number)| {
                let own = linked(Attrs::new(), Some(one.link)).mac(attr::MAC, one.bssid);
                links.nest(number, &own.u32(attr::WIPHY_FREQ, one.freq).some_bytes(attr::IE, &one.elements))
            });
            of_device(on(ifindex), Some((device.over, device.addr))).nest(attr::MLO_LINKS, &links)
        }
    };
    let mut attrs = with_whom
        .bytes(attr::SSID, parameters.ssid.as_bytes())
        .some_bytes(attr::IE, &parameters.elements)
        .with(parameters.prev_bssid, |attrs, bssid| attrs.mac(attr::PREV_BSSID, bssid))
        .with(parameters.security.as_ref(), suites)
        .flag_if(attr::DISABLE_HT, parameters.disable_ht)
        .flag_if(attr::DISABLE_VHT, parameters.disable_vht);
    if parameters.mfp == MfpMode::Required {
        attrs = attrs.u32(attr::USE_MFP, 1);
    }
    if parameters.control_port { control_port(attrs, features) } else { attrs }
}

pub(in crate::net) fn connect(ifindex: u32, parameters: &ConnectParameters, features: &WiphyFeatures) -> Attrs {
    let mfp = match parameters.mfp {
        MfpMode::No => None,
        MfpMode::Required => Some(1),
        MfpMode::Optional => Some(2),
    };
    let attrs = on(ifindex)
        .bytes(attr::SSID, parameters.ssid.as_bytes())
        .with(parameters.bssid, |attrs, bssid| attrs.mac(attr::MAC, bssid))
        .with(parameters.bssid_hint, |attrs, bssid| attrs.mac(attr::MAC_HINT, bssid))
        .with(parameters.freq, |attrs, freq| attrs.u32(attr::WIPHY_FREQ, freq))
        .with(parameters.algorithm.and_then(auth_type), |attrs, number| attrs.u32(attr::AUTH_TYPE, number))
        .some_bytes(attr::IE, &parameters.elements)
        .with(parameters.security.as_ref(), |attrs, security| suites(attrs, security).flag(attr::PRIVACY))
        .with(mfp, |attrs, mfp| attrs.u32(attr::USE_MFP, mfp))
        .with(parameters.prev_bssid, |attrs, bssid| attrs.mac(attr::PREV_BSSID, bssid))
        .with(parameters.psk.as_ref(), |attrs, psk| attrs.bytes(attr::PMK, psk.as_bytes()))
        .with(parameters.sae_password.as_ref(), |attrs, word| attrs.bytes(attr::SAE_PASSWORD, word.as_bytes()));
    let attrs = attrs.flag_if(attr::EXTERNAL_AUTH_SUPPORT, parameters.external_auth);
    // Where there is no handshake the kernel opens the port by itself.
    if parameters.security.is_some() { control_port(attrs, features) } else { attrs }
}

fn with_peer(attrs: Attrs, kind: KeyKind) -> Attrs {
    match kind {
        KeyKind::Pairwise(peer) | KeyKind::PeerGroup(peer) => attrs.mac(attr::MAC, peer),
        KeyKind::Group => attrs,
    }
}

pub(in crate::net) fn new_key(ifindex: u32, parameters: &KeyParameters) -> Attrs {
    let mut inner = Attrs::new()
        .bytes(key::DATA, parameters.key.as_bytes())
        .u32(key::CIPHER, parameters.cipher)
        .some_bytes(key::SEQ, &parameters.sequence)
        .u8(key::IDX, parameters.index);
    if parameters.rx_only && matches!(parameters.kind, KeyKind::Pairwise(_)) {
        inner = inner.u8(key::MODE, key::MODE_NO_TX);
    }
    if matches!(parameters.kind, KeyKind::PeerGroup(_)) {
        inner = inner.u32(key::TYPE, 0);
    }
    linked(with_peer(on(ifindex), parameters.kind), parameters.link).nest(attr::KEY, &inner)
}

/// Makes a group key the one to send with; a pairwise key is that from its installation on.
pub(in crate::net) fn default_key(ifindex: u32, parameters: &KeyParameters) -> Option<Attrs> {
    if !parameters.set_default || !matches!(parameters.kind, KeyKind::Group) {
        return None;
    }
    // WEP keys serve both kinds of traffic.
    let wep = matches!(parameters.cipher, 0x000f_ac01 | 0x000f_ac05);
    let mut inner = Attrs::new().u8(key::IDX, parameters.index).flag(match parameters.index {
        0..=3 => key::DEFAULT,
        4 | 5 => key::DEFAULT_MGMT,
        _ => key::DEFAULT_BEACON,
    });
    if !wep {
        inner = inner.nest(key::DEFAULT_TYPES, &Attrs::new().flag(key_default::MULTICAST));
    }
    Some(linked(on(ifindex), parameters.link).nest(attr::KEY, &inner))
}

pub(in crate::net) fn delete_key(ifindex: u32, kind: KeyKind, index: u8, link: Option<LinkId>) -> Attrs {
    let mut inner = Attrs::new().u8(key::IDX, index);
    if matches!(kind, KeyKind::PeerGroup(_)) {
        inner = inner.u32(key::TYPE, 0);
    }
    linked(with_peer(on(ifindex), kind), link).nest(attr::KEY, &inner)
}

pub(in crate::net) fn rekey_data(ifindex: u32, kek: &[u8], kck: &[u8], counter: [u8; 8]) -> Attrs {
    let inner = Attrs::new().bytes(rekey::KEK, kek).bytes(rekey::KCK, kck).bytes(rekey::REPLAY_CTR, &counter);
    on(ifindex).nest(attr::REKEY_DATA, &inner)
}

pub(in crate::net) fn transmit(ifindex: u32, parameters: &TransmitParameters, features: &WiphyFeatures) -> Attrs {
    let attrs = linked(on(ifindex), parameters.link)
        .with(parameters.freq, |attrs, freq| attrs.u32(attr::WIPHY_FREQ, freq))
        .flag_if(attr::OFFCHANNEL_TX_OK, parameters.offchannel && features.offchannel_tx)
        .flag_if(attr::TX_NO_CCK_RATE, parameters.no_cck)
        .flag_if(attr::DONT_WAIT_FOR_ACK, parameters.no_ack)
        .bytes(attr::FRAME, &parameters.frame);
    if parameters.wait == 0 { attrs } else { attrs.u32(attr::DURATION, parameters.wait) }
}

pub(in crate::net) fn eapol(ifindex: u32, dest: MacAddr, data: &[u8], encrypt: bool) -> Attrs {
    on(ifindex)
        .u16(attr::CONTROL_PORT_ETHERTYPE, ETH_P_EAPOL)
        .mac(attr::MAC, dest)
        .bytes(attr::FRAME, data)
        .flag_if(attr::CONTROL_PORT_NO_ENCRYPT, !encrypt)
}

pub(in crate::net) fn beacon(attrs: Attrs, beacon: &BeaconParameters) -> Attrs {
    attrs
        .bytes(attr::BEACON_HEAD, &beacon.head)
        .bytes(attr::BEACON_TAIL, &beacon.tail)
        .some_bytes(attr::IE, &beacon.beacon_elements)
        .some_bytes(attr::IE_PROBE_RESP, &beacon.probe_response_elements)
        .some_bytes(attr::IE_ASSOC_RESP, &beacon.assoc_response_elements)
        .some_bytes(attr::PROBE_RESP, &beacon.probe_response)
}

pub(in crate::net) fn start_ap(ifindex: u32, ap: &ApParameters, features: &WiphyFeatures) -> Attrs {
    let mut attrs = beacon(linked(on(ifindex), ap.link), &ap.beacon)
        .u32(attr::BEACON_INTERVAL, u32::from(ap.beacon_interval))
        .u32(attr::DTIM_PERIOD, u32::from(ap.dtim_period))
        .bytes(attr::SSID, ap.ssid.as_bytes())
        .u32(attr::HIDDEN_SSID, u32::from(ap.hidden_ssid))
        .flag_if(attr::PRIVACY, ap.privacy)
        .u32(attr::AUTH_TYPE, auth::OPEN_SYSTEM);
    if ap.wpa_versions != 0 {
        attrs = attrs.u32(attr::WPA_VERSIONS, u32::from(ap.wpa_versions));
    }
    if !ap.akms.is_empty() {
        attrs = attrs.u32_array(attr::AKM_SUITES, &ap.akms);
    }
    if !ap.pairwise.is_empty() {
        attrs = attrs.u32_array(attr::CIPHER_SUITES_PAIRWISE, &ap.pairwise);
    }
    attrs = attrs.with(ap.group, |attrs, group| attrs.u32(attr::CIPHER_SUITE_GROUP, group));
    if features.inactivity_timer {
        attrs = attrs.with(ap.inactivity_timeout, |attrs, seconds| attrs.u16(attr::INACTIVITY_TIMEOUT, seconds));
    }
    let attrs = channel(control_port(attrs, features), &ap.channel);
    // The access point ends with our client's socket, with or without a control port.
    if features.control_port { attrs } else { attrs.flag(attr::SOCKET_OWNER) }
}

/// `None`: there is nothing to set.
pub(in crate::net) fn bss_options(ifindex: u32, options: &BssOptions, isolate: Option<bool>) -> Option<Attrs> {
    let empty = linked(on(ifindex), options.link);
    let attrs = empty
        .clone()
        .with(options.cts_protection, |attrs, on| attrs.u8(attr::BSS_CTS_PROT, u8::from(on)))
        .with(options.short_preamble, |attrs, on| attrs.u8(attr::BSS_SHORT_PREAMBLE, u8::from(on)))
        .with(options.short_slot, |attrs, on| attrs.u8(attr::BSS_SHORT_SLOT_TIME, u8::from(on)))
        .with(options.ht_operation_mode, |attrs, mode| attrs.u16(attr::BSS_HT_OPMODE, mode))
        .with(options.basic_rates.as_ref(), |attrs, rates| attrs.bytes(attr::BSS_BASIC_RATES, rates))
        .with(options.isolate.or(isolate), |attrs, on| attrs.u8(attr::AP_ISOLATE, u8::from(on)));
    (attrs != empty).then_some(attrs)
}

/// What is announced by [`channel_switch`].
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Switch<'a> {
    pub(in crate::net) channel: &'a ChannelDefinition,
    pub(in crate::net) count: u8,
    pub(in crate::net) block_tx: bool,
    pub(in crate::net) during: &'a BeaconParameters,
    pub(in crate::net) offsets: &'a [u16],
    pub(in crate::net) after: &'a BeaconParameters,
    pub(in crate::net) link: Option<LinkId>,
}

pub(in crate::net) fn channel_switch(ifindex: u32, switch: &Switch<'_>) -> Attrs {
    let during = beacon(Attrs::new(), switch.during).u16_array(attr::CNTDWN_OFFS_BEACON, switch.offsets);
    let attrs = linked(on(ifindex), switch.link)
        .u32(attr::CH_SWITCH_COUNT, u32::from(switch.count))
        .flag_if(attr::CH_SWITCH_BLOCK_TX, switch.block_tx)
        .nest(attr::CSA_IES, &during);
    beacon(channel(attrs, switch.channel), switch.after)
}

fn flag_bits(flags: StationFlags) -> (u32, u32) {
    let all = [
        (flags.authorized, flag::AUTHORIZED),
        (flags.short_preamble, flag::SHORT_PREAMBLE),
        (flags.wme, flag::WME),
        (flags.mfp, flag::MFP),
        (flags.authenticated, flag::AUTHENTICATED),
        (flags.associated, flag::ASSOCIATED),
        (flags.tdls_peer, flag::TDLS_PEER),
    ];
    let (mut mask, mut set) = (0, 0);
    for (value, number) in all {
        if let Some(on) = value {
            mask |= 1 << number;
            set |= u32::from(on) << number;
        }
    }
    (mask, set)
}

fn flags2(attrs: Attrs, mask: u32, set: u32) -> Attrs {
    let mut bytes = mask.to_ne_bytes().to_vec();
    bytes.extend_from_slice(&set.to_ne_bytes());
    attrs.bytes(attr::STA_FLAGS2, &bytes)
}

pub(in crate::net) fn station_flags(ifindex: u32, addr: MacAddr, flags: StationFlags) -> Attrs {
    let (mask, set) = flag_bits(flags);
    flags2(on(ifindex).mac(attr::MAC, addr), mask, set & mask)
}

/// A station to add (`new`) or to change.
pub(in crate::net) fn station(ifindex: u32, station: &StationParameters, new: bool, features: &WiphyFeatures) -> Attrs {
    let full = features.full_ap_client_state;
    let tdls = station.flags.tdls_peer == Some(true);
    let associated = station.flags.associated == Some(true);
    let mut attrs = of_device(on(ifindex), station.mld).mac(attr::MAC, station.addr);
    // Capabilities of a station that is associated already cannot change.
    if new || tdls || (full && associated) {
        attrs = attrs
            .bytes(attr::STA_SUPPORTED_RATES, &station.rates)
            .u16(attr::STA_CAPABILITY, station.capability)
            .with(station.ht_capabilities.as_ref(), |attrs, body| attrs.bytes(attr::HT_CAPABILITY, body))
            .with(station.vht_capabilities.as_ref(), |attrs, body| attrs.bytes(attr::VHT_CAPABILITY, body))
            .with(station.he_capabilities.as_ref(), |attrs, body| attrs.bytes(attr::HE_CAPABILITY, body))
            .some_bytes(attr::STA_EXT_CAPABILITY, &station.extended_capabilities);
    }
    let aid = station.aid.unwrap_or(1);
    if new {
        // The kernel wants an association identifier even for a station that is not associated yet.
        attrs = attrs.u16(attr::STA_AID, aid).u16(attr::STA_LISTEN_INTERVAL, station.listen_interval);
    } else if tdls {
        attrs = attrs.with(station.aid, |attrs, aid| attrs.u16(attr::PEER_AID, aid));
    } else if full && associated {
        attrs = attrs.u16(attr::STA_AID, aid).u16(attr::STA_LISTEN_INTERVAL, station.listen_interval);
    }
    attrs = attrs.with(station.opmode, |attrs, mode| attrs.u8(attr::OPMODE_NOTIF, mode));
    let (mut mask, mut set) = flag_bits(station.flags);
    let states = 1 << flag::AUTHENTICATED | 1 << flag::ASSOCIATED;
    if !full {
        mask &= !states;
    } else if new && !tdls {
        // Named in the mask, so that the kernel does not take the station for an associated one.
        mask |= states;
    }
    set &= mask;
    attrs = flags2(attrs, mask, set);
    if (new || tdls || full) && station.flags.wme == Some(true) {
        let (queues, max_sp) = station.uapsd.unwrap_or_default();
        attrs = attrs.nest(attr::STA_WME, &Attrs::new().u8(wme::UAPSD_QUEUES, queues).u8(wme::MAX_SP, max_sp));
    }
    attrs
}

/// Parameters of one transmit queue. `attrs`: of which interface and link.
pub(in crate::net) fn tx_queue(attrs: Attrs, queue: u8, aifs: u8, cw_min: u16, cw_max: u16, txop: u16) -> Attrs {
    let inner = Attrs::new()
        .u8(txq::AC, queue)
        .u16(txq::TXOP, txop)
        .u16(txq::CWMIN, cw_min)
        .u16(txq::CWMAX, cw_max)
        .u8(txq::AIFS, aifs);
    attrs.nest(attr::WIPHY_TXQ_PARAMS, &Attrs::new().nest(1, &inner))
}

pub(in crate::net) fn signal_monitor(ifindex: u32, threshold: i32, hysteresis: u32) -> Attrs {
    let inner = Attrs::new().u32(cqm::RSSI_THOLD, threshold.cast_unsigned()).u32(cqm::RSSI_HYST, hysteresis);
    on(ifindex).nest(attr::CQM, &inner)
}
