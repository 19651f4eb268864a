//! Ranges of fields. The body of a frame is never looked into: only its length, and that it is a management frame.

use ipc_proto::{
    ApParameters, BeaconParameters, BssOptions, ChannelDefinition, ChannelWidth, KeyKind, KeyParameters, LinkId,
    LinkSecurity, MultiLink, Request, ScanParameters, StationParameters,
};
use wire::MacAddr;

use crate::caps;

/// IEEE Std 802.11-2020 9.2.4.7: the longest body of a frame, which elements, keys data and beacons have to fit in.
const MAX_BODY: usize = 2304;
/// Length of a management frame's header (9.3.3.2) without HT control.
const HEADER: usize = 24;
/// More than there are SSIDs in any kernel's scan.
const MAX_SSIDS: usize = 64;
/// More than there are channels.
const MAX_FREQS: usize = 256;
/// Longest stay away from the operating channel, ms: the kernel's own limit for drivers is 5 s.
const MAX_STAY: u32 = 5000;
/// Payload of an Ethernet frame.
const MAX_ETHERNET: usize = 1500;
/// Longest name of an interface (IFNAMSIZ without its zero).
const MAX_NAME: usize = 15;

type Checked = Result<(), &'static str>;

fn ensure(good: bool, field: &'static str) -> Checked {
    if good { Ok(()) } else { Err(field) }
}

fn name(name: &str) -> Checked {
    let good = |c: char| c.is_ascii_graphic() && c != '/' && c != ':' && c != '%';
    let length = (1..=MAX_NAME).contains(&name.len());
    ensure(length && name.chars().all(good) && name != "." && name != "..", "interface name")
}

fn unicast(addr: MacAddr) -> Checked {
    ensure(!addr.is_group() && !addr.is_zero(), "address")
}

fn body(bytes: &[u8], field: &'static str) -> Checked {
    ensure(bytes.len() <= MAX_BODY, field)
}

fn freq(freq: u32) -> Checked {
    ensure(matches!(freq, 2300..=2500 | 4900..=7200 | 56_000..=72_000), "frequency")
}

fn freqs(list: &[u32]) -> Checked {
    ensure(list.len() <= MAX_FREQS, "frequencies")?;
    list.iter().try_for_each(|entry| freq(*entry))
}

fn link(link: Option<LinkId>) -> Checked {
    ensure(link.is_none_or(|link| link <= LinkId::MAX), "link")
}

/// A link of a multi-link device, and its address.
fn of_device(mld: Option<(LinkId, MacAddr)>) -> Checked {
    mld.map_or(Ok(()), |(id, addr)| {
        link(Some(id))?;
        unicast(addr)
    })
}

/// Each link once, among them the one over which the request goes.
fn multi_link(device: &MultiLink) -> Checked {
    of_device(Some((device.over, device.addr)))?;
    let mut seen = 0_u16;
    for one in &device.links {
        link(Some(one.link))?;
        unicast(one.bssid)?;
        freq(one.freq)?;
        body(&one.elements, "elements")?;
        let bit = 1_u16 << one.link.0;
        ensure(seen & bit == 0, "links")?;
        seen |= bit;
    }
    ensure(seen & 1 << device.over.0 != 0, "links")
}

fn channel(channel: &ChannelDefinition) -> Checked {
    freq(channel.freq)?;
    ensure(channel.center1 == 0 || freq(channel.center1).is_ok(), "channel")?;
    match channel.width {
        ChannelWidth::Mhz80Plus80 => freq(channel.center2),
        ChannelWidth::NoHt20
        | ChannelWidth::Mhz20
        | ChannelWidth::Mhz40
        | ChannelWidth::Mhz80
        | ChannelWidth::Mhz160
        | ChannelWidth::Mhz320 => ensure(channel.center2 == 0, "channel"),
    }
}

fn beacon(beacon: &BeaconParameters) -> Checked {
    body(&beacon.head, "beacon head")?;
    body(&beacon.tail, "beacon tail")?;
    body(&beacon.beacon_elements, "beacon elements")?;
    body(&beacon.probe_response_elements, "probe response elements")?;
    body(&beacon.assoc_response_elements, "association response elements")?;
    body(&beacon.probe_response, "probe response")
}

fn options(options: &BssOptions) -> Checked {
    link(options.link)?;
    ensure(options.basic_rates.as_ref().is_none_or(|rates| rates.len() <= 32), "basic rates")
}

/// How many octets a key of this cipher suite has (Table 12-7; TKIP with its MIC keys); absent: no such cipher.
const fn key_length(cipher: u32) -> Option<usize> {
    match cipher {
        0x000f_ac01 => Some(5),
        0x000f_ac05 => Some(13),
        0x000f_ac02 | 0x000f_ac09 | 0x000f_ac0a | 0x000f_ac0c | 0x000f_ac0d => Some(32),
        0x000f_ac04 | 0x000f_ac06 | 0x000f_ac08 | 0x000f_ac0b => Some(16),
        _ => None,
    }
}

/// Ciphers that protect group management frames only.
const fn is_integrity_only(cipher: u32) -> bool {
    matches!(cipher, 0x000f_ac06 | 0x000f_ac0b | 0x000f_ac0c | 0x000f_ac0d)
}

fn key(key: &KeyParameters) -> Checked {
    ensure(key_length(key.cipher) == Some(key.key.as_bytes().len()), "key length for its cipher")?;
    ensure(key.index <= 7, "key index")?;
    // IEEE Std 802.11-2020 12.6.21: identifiers 4 and 5 are of the IGTK, 6 and 7 of the BIGTK, 0 to 3 of the others.
    ensure(is_integrity_only(key.cipher) == (key.index >= 4), "key index for its cipher")?;
    match key.kind {
        KeyKind::Pairwise(peer) => {
            ensure(key.index <= 3, "pairwise key index")?;
            unicast(peer)?;
        }
        KeyKind::PeerGroup(peer) => unicast(peer)?,
        KeyKind::Group => {}
    }
    // A pairwise key is that of the device, whatever link.
    ensure(key.link.is_none() || !matches!(key.kind, KeyKind::Pairwise(_)), "link of a pairwise key")?;
    link(key.link)?;
    ensure(matches!(key.sequence.len(), 0 | 6), "key sequence")
}

fn security(security: Option<&LinkSecurity>) -> Checked {
    // Suites pass as they are: the kernel knows those that its drivers have.
    ensure(security.is_none_or(|s| s.pairwise != 0 && s.akm != 0), "suites")
}

fn scan(scan: &ScanParameters) -> Checked {
    ensure(scan.ssids.len() <= MAX_SSIDS, "SSIDs")?;
    freqs(&scan.freqs)?;
    body(&scan.elements, "elements")
}

fn station(station: &StationParameters) -> Checked {
    unicast(station.addr)?;
    // IEEE Std 802.11-2020 9.4.1.8.
    ensure(station.aid.is_none_or(|aid| (1..=2007).contains(&aid)), "association identifier")?;
    ensure(station.rates.len() <= 32, "rates")?;
    ensure(station.ht_capabilities.as_ref().is_none_or(|ht| ht.len() == 26), "HT capabilities")?;
    ensure(station.vht_capabilities.as_ref().is_none_or(|vht| vht.len() == 12), "VHT capabilities")?;
    ensure(station.he_capabilities.as_ref().is_none_or(|he| he.len() <= 255), "HE capabilities")?;
    ensure(station.extended_capabilities.len() <= 255, "extended capabilities")?;
    of_device(station.mld)
}

fn access_point(ap: &ApParameters) -> Checked {
    ensure(ap.hidden_ssid <= 2, "hidden SSID")?;
    ensure((10..=10_000).contains(&ap.beacon_interval), "beacon interval")?;
    ensure(ap.dtim_period >= 1, "DTIM period")?;
    channel(&ap.channel)?;
    beacon(&ap.beacon)?;
    ensure(ap.wpa_versions <= 3, "WPA versions")?;
    ensure(ap.akms.len() <= 16 && ap.pairwise.len() <= 16, "suites")?;
    link(ap.link)?;
    options(&ap.options)
}

/// A management frame of protocol version 0 (IEEE Std 802.11-2020 9.2.4.1), whole as to its header.
fn management_frame(frame: &[u8]) -> Checked {
    let first = frame.first().copied().unwrap_or(0xff);
    ensure(first & 0x0f == 0 && (HEADER..=HEADER + MAX_BODY).contains(&frame.len()), "management frame")
}

/// Are all fields in range? Names the one that is not.
pub(crate) fn fields(request: &Request) -> Checked {
    match request {
        Request::Attach { ifname } => name(ifname),
        Request::AddInterface { ifname, addr, .. } => {
            name(ifname)?;
            addr.map_or(Ok(()), unicast)
        }
        Request::SetMacAddress { addr, .. } => unicast(*addr),
        Request::SetBridge { bridge, .. } => bridge.as_deref().map_or(Ok(()), name),
        Request::TriggerScan { scan: parameters, .. } => scan(parameters),
        Request::StartSchedScan { scan, .. } => {
            ensure(scan.ssids.len() <= MAX_SSIDS && scan.match_ssids.len() <= MAX_SSIDS, "SSIDs")?;
            ensure(scan.interval > 0, "interval")?;
            freqs(&scan.freqs)?;
            body(&scan.elements, "elements")
        }
        Request::Authenticate { auth, .. } => {
            unicast(auth.bssid)?;
            freq(auth.freq)?;
            of_device(auth.mld)?;
            body(&auth.data, "authentication data")?;
            body(&auth.elements, "elements")
        }
        Request::Associate { assoc, .. } => {
            unicast(assoc.bssid)?;
            freq(assoc.freq)?;
            assoc.prev_bssid.map_or(Ok(()), unicast)?;
            security(assoc.security.as_ref())?;
            assoc.multi_link.as_ref().map_or(Ok(()), multi_link)?;
            body(&assoc.elements, "elements")
        }
        Request::Connect { connect, .. } => {
            connect.bssid.map_or(Ok(()), unicast)?;
            connect.bssid_hint.map_or(Ok(()), unicast)?;
            connect.prev_bssid.map_or(Ok(()), unicast)?;
            connect.freq.map_or(Ok(()), freq)?;
            security(connect.security.as_ref())?;
            let psk = connect.psk.as_ref().map(|key| key.as_bytes().len());
            ensure(psk.is_none_or(|length| matches!(length, 32 | 48)), "PSK")?;
            let password = connect.sae_password.as_ref().map(|key| key.as_bytes().len());
            ensure(password.is_none_or(|length| (1..=128).contains(&length)), "SAE password")?;
            body(&connect.elements, "elements")
        }
        Request::Deauthenticate { bssid, .. } | Request::Disassociate { bssid, .. } => unicast(*bssid),
        Request::AddKey { key: parameters, .. } => key(parameters),
        Request::DeleteKey { kind, index, link: of_link, .. } => {
            link(*of_link)?;
            let most = match kind {
                KeyKind::Pairwise(_) => 3,
                KeyKind::Group | KeyKind::PeerGroup(_) => 7,
            };
            ensure(*index <= most, "key index")
        }
        Request::KeySequence { index, link: of_link, .. } => {
            link(*of_link)?;
            ensure(*index <= 7, "key index")
        }
        Request::AddPmksa { bssid, pmk, .. } => {
            unicast(*bssid)?;
            let length = pmk.as_ref().map(|key| key.as_bytes().len());
            ensure(length.is_none_or(|length| matches!(length, 32 | 48 | 64)), "PMK")
        }
        Request::RemovePmksa { bssid, .. } => unicast(*bssid),
        Request::SetRekeyData { kek, kck, .. } => {
            ensure(matches!(kek.as_bytes().len(), 16 | 32), "KEK")?;
            ensure(matches!(kck.as_bytes().len(), 16 | 24 | 32), "KCK")
        }
        Request::UpdateFtElements { elements, .. } => body(elements, "elements"),
        // Longer than the start of any action frame that is told apart by it.
        Request::RegisterFrame { prefix, .. } => ensure(prefix.len() <= 32, "prefix"),
        Request::TransmitFrame { transmit, .. } => {
            transmit.freq.map_or(Ok(()), freq)?;
            ensure(transmit.wait <= MAX_STAY, "wait")?;
            link(transmit.link)?;
            management_frame(&transmit.frame)
        }
        Request::RemainOnChannel { freq: frequency, duration, .. } => {
            freq(*frequency)?;
            ensure((1..=MAX_STAY).contains(duration), "duration")
        }
        // Four octets of header (IEEE Std 802.1X-2020 11.3); the ethertype is given by privd.
        Request::SendEapol { data, .. } | Request::SendPreauth { data, .. } => {
            ensure((4..=MAX_BODY).contains(&data.len()), "EAPOL frame")
        }
        Request::StartAp { ap, .. } => access_point(ap),
        Request::UpdateBeacon { beacon: parameters, link: of_link, .. } => {
            link(*of_link)?;
            beacon(parameters)
        }
        Request::SwitchChannel { channel: to, beacon: during, after, counter_offsets, link: of_link, .. } => {
            link(*of_link)?;
            channel(to)?;
            beacon(during)?;
            beacon(after)?;
            let tail = during.tail.len();
            let inside = counter_offsets.iter().all(|offset| usize::from(*offset) < tail);
            ensure(counter_offsets.len() <= 8 && inside, "counter offsets")
        }
        Request::SetBssOptions { options: parameters, .. } => options(parameters),
        Request::SetChannel { channel: parameters, link: of_link, .. } => {
            link(*of_link)?;
            channel(parameters)
        }
        Request::StopAp { link: of_link, .. } => link(*of_link),
        Request::AddStation { station: parameters, .. } | Request::ChangeStation { station: parameters, .. } => {
            station(parameters)
        }
        Request::SetStationFlags { addr, .. }
        | Request::SetStationVlan { addr, .. }
        | Request::ProbeStation { addr, .. } => unicast(*addr),
        Request::RemoveStation { addr, .. } | Request::Stations { addr, .. } => addr.map_or(Ok(()), unicast),
        Request::SetTxQueue { queue, cw_min, cw_max, link: of_link, .. } => {
            link(*of_link)?;
            ensure(*queue <= 3, "queue")?;
            ensure(cw_min <= cw_max && *cw_max <= 32_767, "contention window")
        }
        Request::SetRtsThreshold { threshold, .. } => ensure(threshold.is_none_or(|t| t <= 65_535), "threshold"),
        Request::SetFragThreshold { threshold, .. } => {
            ensure(threshold.is_none_or(|t| (256..=8000).contains(&t)), "threshold")
        }
        Request::SetCountry { alpha2 } => {
            let good = alpha2.iter().all(u8::is_ascii_uppercase) || alpha2 == b"00";
            ensure(good, "country")
        }
        Request::MonitorSignal { threshold, hysteresis, .. } => {
            ensure((-128..=0).contains(threshold) && *hysteresis <= 100, "signal threshold")
        }
        Request::TdlsFrame { peer, elements, .. } => {
            unicast(*peer)?;
            body(elements, "elements")
        }
        Request::TdlsOperation { peer, operation, .. } => {
            unicast(*peer)?;
            ensure(*operation <= 4, "TDLS operation")
        }
        Request::ExternalAuth { bssid, .. } | Request::DeletePmk { peer: bssid, .. } => unicast(*bssid),
        Request::StartCac { channel: parameters, link: of_link, .. } => {
            link(*of_link)?;
            channel(parameters)
        }
        Request::SetPmk { peer, pmk, .. } => {
            unicast(*peer)?;
            ensure(matches!(pmk.as_bytes().len(), 32 | 48 | 64), "PMK")
        }
        Request::AttachLink { ifname, ethertypes } => {
            name(ifname)?;
            let known = ethertypes.iter().all(|ethertype| caps::ETHERTYPES.contains(ethertype));
            ensure(known && (1..=caps::ETHERTYPES.len()).contains(&ethertypes.len()), "ethertypes")
        }
        Request::SendEther { ethertype, data, .. } => {
            ensure(caps::ETHERTYPES.contains(ethertype), "ethertype")?;
            ensure((1..=MAX_ETHERNET).contains(&data.len()), "frame")
        }
        Request::Test(test) => {
            test.bridge().map_or(Ok(()), name)?;
            // From the addresses and the type of an Ethernet frame up to the largest one without a tag.
            ensure(test.frame().is_none_or(|frame| (14..=1514).contains(&frame.len())), "frame")?;
            test.management().map_or(Ok(()), management_frame)
        }
        Request::Interfaces
        | Request::Detach { .. }
        | Request::Capabilities { .. }
        | Request::LinkState { .. }
        | Request::SetLinkUp { .. }
        | Request::SetOperState { .. }
        | Request::SetInterfaceType { .. }
        | Request::RemoveInterface { .. }
        | Request::SetFourAddress { .. }
        | Request::AbortScan { .. }
        | Request::ScanResults { .. }
        | Request::StopSchedScan { .. }
        | Request::Disconnect { .. }
        | Request::FlushPmksa { .. }
        | Request::CancelTransmit { .. }
        | Request::CancelRemainOnChannel { .. }
        | Request::ReceivePreauth { .. }
        | Request::Country
        | Request::SetPowerSave { .. }
        | Request::SignalPoll { .. }
        | Request::Survey { .. } => Ok(()),
    }
}
