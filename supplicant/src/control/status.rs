//! STATUS and what else tells of the present link.

use std::time::Duration;

use ctrl::reply::{self, Escaped, Hex, Lines};
use ctrl::station::{PmksaEntry as GivenEntry, StatusKind};
use ipc_proto::post::ClientId;
use ipc_proto::{Failure, LinkInfo, Reply, Request};
use rsn::{AkmSuite, Pmkid, PmksaEntry};
use sta::State;
use wire::Instant;

use super::{Answer, capability};
use crate::interface::Interface;
use crate::outbox::{Cx, Purpose};

pub(super) fn status(interface: &Interface, cx: &mut Cx<'_>, client: ClientId, kind: StatusKind) -> Answer {
    let driver = kind == StatusKind::Driver;
    if driver && interface.iface.handle.is_none() {
        return Answer::fail();
    }
    if (driver || interface.engine.is_connected() || interface.serving.is_on_air())
        && cx.out.privd_up
        && interface.iface.handle.is_some()
    {
        interface.request(cx, Purpose::Status(client, kind), |handle| Request::LinkState { handle });
        return Answer::Later;
    }
    Answer::text(if driver { self::driver(interface, None) } else { text(interface, cx, kind, None) })
}

/// The answer to STATUS, with the address that the kernel was asked for.
pub(crate) fn status_with_address(
    interface: &Interface,
    cx: &mut Cx<'_>,
    client: ClientId,
    kind: StatusKind,
    result: Result<Reply, Failure>,
) {
    let link = if let Ok(Reply::Link(link)) = result { Some(link) } else { None };
    let text = if kind == StatusKind::Driver {
        driver(interface, link.as_ref())
    } else {
        text(interface, cx, kind, link.and_then(|link| link.ipv4))
    };
    cx.out.reply(client, text);
}

fn text(interface: &Interface, cx: &mut Cx<'_>, kind: StatusKind, ipv4: Option<[u8; 4]>) -> Vec<u8> {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    if interface.engine.state() >= State::Associated
        && let Some(target) = interface.engine.target()
    {
        lines.field("bssid", target.bssid);
        lines.field("freq", target.freq);
        lines.field("ssid", Escaped(target.ssid.as_bytes()));
        lines.field("id", target.network);
        if let Some(id_str) = interface.network(target.network).and_then(|network| network.id_str()) {
            lines.field_bytes("id_str", id_str);
        }
        lines.field("mode", "station");
        match &target.negotiated {
            None => {
                lines.field("pairwise_cipher", "NONE");
                lines.field("group_cipher", "NONE");
                lines.field("key_mgmt", "NONE");
            }
            Some(negotiated) => {
                lines.field("pairwise_cipher", negotiated.pairwise.status_name());
                lines.field("group_cipher", negotiated.group.status_name());
                lines.field("key_mgmt", negotiated.akm.status_name(negotiated.protocol));
                if negotiated.pmf {
                    // What the access point says: scripts look whether it requires protection.
                    let element = target.ap_rsne.as_deref().and_then(|element| rsn::Rsne::parse_element(element).ok());
                    let required = element.is_some_and(|rsne| rsne.capabilities.has(rsn::RsnCapabilities::MFPR));
                    lines.field("pmf", if required { 2 } else { 1 });
                    if let Some(cipher) = negotiated.group_management {
                        lines.field("mgmt_group_cipher", cipher.status_name());
                    }
                }
                if let Some(group) = target.sae_group {
                    lines.field("sae_group", group);
                    lines.field("sae_h2e", u8::from(negotiated.h2e));
                    lines.field("sae_pk", 0);
                }
                // 12.4.4.3.3: hash-to-element binds the name into the password element.
                if target.ssid_confirmed || (target.sae_group.is_some() && negotiated.h2e) {
                    lines.field("ssid_verified", 1);
                }
            }
        }
    }
    if let Some(bss) = interface.serving.bss().filter(|_| interface.serving.is_on_air()) {
        served(interface, bss, &mut lines);
    }
    lines.field("wpa_state", interface.wpa_state());
    if let Some([a, b, c, d]) = ipv4 {
        lines.field("ip_address", format_args!("{a}.{b}.{c}.{d}"));
    }
    // Clients read the address of the P2P device even where they do nothing with P2P.
    lines.field("p2p_device_address", interface.iface.addr);
    lines.field("address", interface.iface.addr);
    if kind == StatusKind::Verbose
        && let Some(since) = interface.engine.associated_since()
    {
        lines.field("connected_time", (cx.now - since).as_secs());
        lines.field("Supplicant PAE state", "AUTHENTICATED");
        lines.field("suppPortStatus", if interface.engine.is_connected() { "Authorized" } else { "Unauthorized" });
        lines.field("EAP state", "DISABLED");
    }
    lines.into_bytes()
}

/// The network that is served.
fn served(interface: &Interface, bss: &ap::Bss, lines: &mut Lines) {
    lines.field("bssid", interface.iface.addr);
    lines.field("freq", bss.operating().definition.freq);
    lines.field("ssid", Escaped(bss.config().ssid().as_bytes()));
    if let Some(id) = interface.serving.network() {
        lines.field("id", id);
        if let Some(id_str) = interface.network(id).and_then(|network| network.id_str()) {
            lines.field_bytes("id_str", id_str);
        }
    }
    lines.field("mode", "AP");
    match bss.policy() {
        None => {
            lines.field("pairwise_cipher", "NONE");
            lines.field("group_cipher", "NONE");
            lines.field("key_mgmt", "NONE");
        }
        Some(policy) => {
            let rsn = policy.protocols.contains(&rsn::Protocol::Rsn);
            let protocol = if rsn { rsn::Protocol::Rsn } else { rsn::Protocol::Wpa };
            if let Some(pairwise) = policy.rsn_pairwise.first() {
                lines.field("pairwise_cipher", pairwise.status_name());
            }
            lines.field("group_cipher", policy.group.status_name());
            if let Some(akm) = policy.akms.first() {
                lines.field("key_mgmt", akm.status_name(protocol));
            }
        }
    }
}

/// What the kernel has made of the interface. `link`: as the kernel has just described it.
fn driver(interface: &Interface, link: Option<&LinkInfo>) -> Vec<u8> {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.field("ifindex", interface.iface.handle.map_or(0, |_| interface.iface.ifindex));
    lines.field("ifname", interface.ifname());
    if let Some(bridge) = link.and_then(|link| link.bridge.as_ref()).or(interface.origin.bridge.as_ref()) {
        lines.field("brname", bridge);
    }
    lines.field("addr", interface.iface.addr);
    if let Some(target) = interface.engine.target() {
        lines.field("freq", target.freq);
    }
    let scan = if interface.engine.is_scanning() {
        "SCAN_STARTED"
    } else if interface.engine.is_scan_requested() {
        "SCAN_REQUESTED"
    } else {
        "SCAN_COMPLETED"
    };
    lines.field("scan_state", scan);
    if let Some(target) = interface.engine.target() {
        lines.field("associated", u8::from(interface.engine.associated_since().is_some()));
        lines.field("assoc_freq", target.freq);
        lines.field("bssid", target.bssid);
        lines.field_bytes("ssid", Escaped(target.ssid.as_bytes()).to_string().as_bytes());
    }
    lines.field("operstate", u8::from(interface.engine.is_connected()));
    if let Some(wiphy) = &interface.iface.wiphy {
        lines.field("phyname", &wiphy.name);
        lines.field("perm_addr", wiphy.perm_addr);
        lines.field("capa.flags", format_args!("0x{:x}", capability::flags_value(&wiphy.features)));
        lines.field("capa.max_scan_ssids", wiphy.max_scan_ssids);
        lines.field("capa.max_sched_scan_ssids", wiphy.max_sched_scan_ssids);
        lines.field("capa.max_remain_on_chan", wiphy.max_remain_on_channel);
        lines.field("capa.max_stations", wiphy.max_stations);
        lines.field("capa.num_multichan_concurrent", 1);
    }
    if let Some([first, second]) = link.and_then(|link| link.country).map(|country| country.map(char::from)) {
        lines.field("country", format_args!("{first}{second}"));
    }
    lines.into_bytes()
}

pub(super) fn mib(interface: &Interface) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    let negotiated = interface.engine.target().and_then(|target| target.negotiated.as_ref());
    let truth = |yes: bool| if yes { "TRUE" } else { "FALSE" };
    let rsn = negotiated.is_some_and(|negotiated| negotiated.protocol == rsn::Protocol::Rsn);
    let suite = |selector: u32| {
        let [a, b, c, d] = selector.to_be_bytes();
        format!("{a:02x}-{b:02x}-{c:02x}-{d}")
    };
    let akm = suite(negotiated.map_or(0, |negotiated| negotiated.akm.nl80211()));
    let pairwise = suite(negotiated.map_or(0, |negotiated| negotiated.pairwise.nl80211()));
    let group = suite(negotiated.map_or(0, |negotiated| negotiated.group.nl80211()));
    let lifetime = interface.engine.settings().pmk_lifetime;
    let pmkid = interface.engine.target().and_then(|target| target.pmkid);
    lines.field("dot11RSNAOptionImplemented", "TRUE");
    lines.field("dot11RSNAPreauthenticationImplemented", "FALSE");
    lines.field("dot11RSNAEnabled", truth(rsn));
    lines.field("dot11RSNAPreauthenticationEnabled", "FALSE");
    lines.field("dot11RSNAConfigVersion", 1);
    lines.field("dot11RSNAConfigPairwiseKeysSupported", 5);
    lines.field(
        "dot11RSNAConfigGroupCipherSize",
        negotiated.map_or(0, |negotiated| negotiated.group.key_len().saturating_mul(8)),
    );
    lines.field("dot11RSNAConfigPMKLifetime", lifetime.as_secs());
    lines.field("dot11RSNAConfigPMKReauthThreshold", interface.engine.settings().pmk_threshold);
    lines.field("dot11RSNAConfigNumberOfPTKSAReplayCounters", 1);
    lines.field("dot11RSNAConfigSATimeout", 60);
    lines.field("dot11RSNAAuthenticationSuiteSelected", &akm);
    lines.field("dot11RSNAPairwiseCipherSelected", &pairwise);
    lines.field("dot11RSNAGroupCipherSelected", &group);
    lines.field("dot11RSNAPMKIDUsed", pmkid.map_or_else(String::new, |pmkid| pmkid.to_string()));
    lines.field("dot11RSNAAuthenticationSuiteRequested", &akm);
    lines.field("dot11RSNAPairwiseCipherRequested", &pairwise);
    lines.field("dot11RSNAGroupCipherRequested", &group);
    lines.field("dot11RSNAConfigNumberOfGTKSAReplayCounters", 0);
    lines.field("dot11RSNA4WayHandshakeFailures", 0);
    Answer::text(lines.into_bytes())
}

pub(super) fn pmksa(interface: &Interface, now: Instant) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::PMKSA_HEAD);
    for (at, entry) in interface.engine.cached_keys().enumerate() {
        lines.text(format!(
            "{} {} {} {} {}\n",
            at.saturating_add(1),
            entry.peer,
            entry.pmkid,
            (entry.expires - now).as_secs(),
            u8::from(entry.opportunistic)
        ));
    }
    let mut text = lines.into_bytes();
    if let Some(bss) = interface.serving.bss() {
        text.extend_from_slice(b"\n---- AP ----\n");
        text.extend(daemon::access_point::pmksa(Some(bss), now));
    }
    Answer::text(text)
}

/// The originals' bits of key management methods.
const AKM_BITS: [(AkmSuite, u32); 4] =
    [(AkmSuite::Psk, 1 << 1), (AkmSuite::PskSha256, 1 << 8), (AkmSuite::Sae, 1 << 10), (AkmSuite::SaeExt, 1 << 26)];

pub(super) fn pmksa_get(interface: &Interface, id: u32, now: Instant) -> Answer {
    if interface.network(id).is_none() {
        return Answer::fail();
    }
    let mut lines = Lines::new(reply::STATION_LIMIT);
    for entry in interface.engine.cached_keys().filter(|entry| entry.network == id) {
        let bits = AKM_BITS.into_iter().find(|(akm, _)| *akm == entry.akm).map_or(0, |(_, bits)| bits);
        let left = (entry.expires - now).as_secs();
        let reauth = left.saturating_mul(u64::from(interface.engine.settings().pmk_threshold)) / 100;
        lines.text(format!(
            "{} {} {} {reauth} {left} {bits} {}\n",
            entry.peer,
            entry.pmkid,
            Hex(entry.pmk.as_bytes()),
            u8::from(entry.opportunistic)
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn pmksa_add(interface: &mut Interface, cx: &mut Cx<'_>, given: GivenEntry) -> Answer {
    if interface.network(given.id).is_none() {
        return Answer::fail();
    }
    let akm = AKM_BITS.into_iter().find(|(_, bits)| *bits == given.akmp).map(|(akm, _)| akm);
    let (Some(akm), Some(pmk)) = (akm, crypto::Pmk::from_bytes(given.pmk.as_bytes())) else {
        return Answer::fail();
    };
    let entry = PmksaEntry {
        pmkid: Pmkid(given.pmkid),
        pmk,
        akm,
        peer: given.bssid,
        network: given.id,
        opportunistic: given.opportunistic,
        expires: cx.now + Duration::from_secs(given.expiration.into()),
    };
    interface.drive(cx, |engine, _| engine.add_key(entry));
    Answer::ok()
}

pub(super) fn signal_poll(interface: &Interface, cx: &mut Cx<'_>, client: ClientId) -> Answer {
    if interface.engine.associated_since().is_none() || !cx.out.privd_up {
        return Answer::fail();
    }
    interface.request(cx, Purpose::SignalPoll(client), |handle| Request::SignalPoll { handle });
    Answer::Later
}

/// The answer to SIGNAL_POLL.
pub(crate) fn signal(cx: &mut Cx<'_>, client: ClientId, result: Result<Reply, Failure>) {
    let Ok(Reply::Signal(signal)) = result else {
        cx.out.reply(client, reply::FAIL);
        return;
    };
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.field("RSSI", signal.signal);
    lines.field("LINKSPEED", signal.tx_rate / 10);
    lines.field("NOISE", signal.noise.unwrap_or(9999));
    lines.field("FREQUENCY", signal.freq);
    lines.field("WIDTH", daemon::words::width(signal.width));
    if signal.center1 > 0 {
        lines.field("CENTER_FRQ1", signal.center1);
    }
    if signal.center2 > 0 {
        lines.field("CENTER_FRQ2", signal.center2);
    }
    if signal.average != 0 {
        lines.field("AVG_RSSI", signal.average);
    }
    if signal.beacon_average != 0 {
        lines.field("AVG_BEACON_RSSI", signal.beacon_average);
    }
    cx.out.reply(client, lines.into_bytes());
}

pub(super) fn signal_monitor(interface: &Interface, cx: &mut Cx<'_>, threshold: i64, hysteresis: i64) -> Answer {
    let (Ok(threshold), Ok(hysteresis)) = (i32::try_from(threshold), u32::try_from(hysteresis)) else {
        return Answer::fail();
    };
    if !interface.is_ready() {
        return Answer::fail();
    }
    interface.request(cx, Purpose::Told("watching the signal"), |handle| Request::MonitorSignal {
        handle,
        threshold,
        hysteresis,
    });
    Answer::ok()
}

pub(super) fn packet_count_poll(interface: &Interface, cx: &mut Cx<'_>, client: ClientId) -> Answer {
    let target = interface.engine.target().filter(|_| interface.engine.associated_since().is_some());
    let Some(addr) = target.map(|target| target.bssid) else { return Answer::fail() };
    if !cx.out.privd_up {
        return Answer::fail();
    }
    interface.request(cx, Purpose::PacketCount(client), |handle| Request::Stations { handle, addr: Some(addr) });
    Answer::Later
}

/// The answer to PKTCNT_POLL.
pub(crate) fn packet_count(cx: &mut Cx<'_>, client: ClientId, result: Result<Reply, Failure>) {
    let Ok(Reply::Stations { entries, last }) = result else {
        cx.out.reply(client, reply::FAIL);
        return;
    };
    match entries.first() {
        Some(entry) => {
            let mut lines = Lines::new(reply::STATION_LIMIT);
            lines.field("TXGOOD", entry.tx_packets);
            lines.field("TXBAD", entry.tx_failed);
            lines.field("RXGOOD", entry.rx_packets);
            cx.out.reply(client, lines.into_bytes());
        }
        None if last => cx.out.reply(client, reply::FAIL),
        None => {}
    }
}
