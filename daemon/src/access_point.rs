//! What both daemons say of the networks that they serve, in words that clients know.

use ap::{Bss, Change, Station};
use ctrl::ApEvent;
use ctrl::reply::{Hex, Lines};
use ipc_proto::StationInfo;
use wire::Instant;

/// A suite selector as MIB variables write it: 00-0f-ac-4.
#[must_use]
pub fn suite(selector: u32) -> String {
    let [a, b, c, kind] = selector.to_be_bytes();
    format!("{a:02x}-{b:02x}-{c:02x}-{kind}")
}

/// What a BSS tells, as events.
pub fn events(change: Change) -> impl Iterator<Item = ApEvent> {
    let (first, second) = match change {
        Change::Connected { addr, keyid } => (ApEvent::StaConnected { addr, keyid, vlan: 0 }, None),
        Change::Disconnected(addr) => (ApEvent::StaDisconnected(addr), None),
        Change::PskMismatch(addr) => (ApEvent::PossiblePskMismatch(addr), None),
        Change::FourWayCompleted(addr) => (ApEvent::FourWayCompleted(addr), None),
        Change::PollOk(addr) => (ApEvent::PollOk(addr), None),
        Change::NoRoom(addr) => (ApEvent::RejectedMaxSta(addr), None),
        Change::PasswordIdentifierUnknown(addr) => (ApEvent::SaeUnknownPasswordIdentifier(addr), None),
        Change::Probed { addr, signal } => (ApEvent::RxProbeRequest { addr, signal }, None),
        Change::Switched { channel, ht, secondary } => (
            ApEvent::ChannelSwitch {
                started: false,
                freq: channel.freq,
                ht,
                offset: secondary,
                width: crate::words::width(channel.width),
                centre1: channel.center1,
                centre2: channel.center2,
                dfs: false,
            },
            Some(ApEvent::CsaFinished { freq: channel.freq, dfs: false }),
        ),
    };
    [Some(first), second].into_iter().flatten()
}

/// A line of the log of a BSS; `stranger`: of which kind it is, if anybody on the air can cause it.
pub fn log(name: &str, level: ap::Level, stranger: Option<&'static str>, text: &str) {
    match (level, stranger) {
        (_, Some(stranger)) => tracing::info!(stranger, "{name}: {text}"),
        (ap::Level::Debug, None) => tracing::debug!("{name}: {text}"),
        (ap::Level::Info, None) => tracing::info!("{name}: {text}"),
        (ap::Level::Warning, None) => tracing::warn!("{name}: {text}"),
        (ap::Level::Error, None) => tracing::error!("{name}: {text}"),
    }
}

/// A station as `STA` shows it, in so many octets; `known`: the kernel's figures.
#[must_use]
pub fn station(station: &Station, known: Option<&StationInfo>, now: Instant, limit: usize) -> Vec<u8> {
    let addr = station.addr();
    let abilities = station.abilities();
    let flags: String = station.flag_words().iter().map(|word| format!("[{word}]")).collect();
    let rates: Vec<String> = abilities.rates.iter().map(|rate| format!("{rate:02x}")).collect();
    let mut lines = Lines::new(limit);
    lines
        .text(format!("{addr}\n"))
        .field("flags", flags)
        .field("aid", station.aid())
        .field("capability", format_args!("0x{:x}", abilities.capability))
        .field("listen_interval", abilities.listen_interval)
        .field("supported_rates", rates.join(" "))
        .field("timeout_next", if station.is_associated() { "NULLFUNC POLL" } else { "DEAUTH" });
    if let Some(negotiated) = station.negotiated() {
        let (here, there) = station.mic_failures();
        lines
            .field("dot11RSNAStatsSTAAddress", addr)
            .field("dot11RSNAStatsVersion", 1)
            .field("dot11RSNAStatsSelectedPairwiseCipher", suite(negotiated.pairwise.nl80211()))
            .field("dot11RSNAStatsTKIPLocalMICFailures", here)
            .field("dot11RSNAStatsTKIPRemoteMICFailures", there)
            .field("wpa", if negotiated.protocol == rsn::Protocol::Rsn { 2 } else { 1 })
            .field("AKMSuiteSelector", suite(negotiated.akm.nl80211()))
            .field("hostapdWPAPTKState", station.ptk_state())
            .field("hostapdWPAPTKGroupState", 0)
            .field("hostapdMFPR", 0);
    }
    if let Some(known) = known {
        lines
            .field("rx_packets", known.rx_packets)
            .field("tx_packets", known.tx_packets)
            .field("rx_bytes", known.rx_bytes)
            .field("tx_bytes", known.tx_bytes)
            .field("inactive_msec", known.inactive_ms)
            .field("signal", known.signal)
            .field("rx_rate_info", known.rx_rate)
            .field("tx_rate_info", known.tx_rate);
        lines.field("connected_time", station.connected_since().map_or(0, |since| now.since(since).as_secs()));
    }
    if let Some(group) = station.sae_group() {
        let rejected: Vec<String> = station.sae_rejected_groups().iter().map(u16::to_string).collect();
        lines.field("sae_group", group).field("sae_rejected_groups", rejected.join(" "));
    }
    if !abilities.classes.is_empty() {
        lines.field("supp_op_classes", Hex(&abilities.classes));
    }
    if !abilities.extended.is_empty() {
        lines.field("ext_capab", Hex(&abilities.extended));
    }
    if let Some(keyid) = station.keyid() {
        lines.field("keyid", keyid);
    }
    lines.into_bytes()
}

/// The keys that a BSS remembers.
#[must_use]
pub fn pmksa(bss: Option<&Bss>, now: Instant) -> Vec<u8> {
    let mut text = String::from("Index / SPA / PMKID / expiration (in seconds) / opportunistic\n");
    for (index, entry) in bss.iter().flat_map(|bss| bss.pmksa().iter()).enumerate() {
        let left = entry.expires.since(now).as_secs();
        text += &format!(
            "{} {} {} {left} {}\n",
            index.saturating_add(1),
            entry.peer,
            Hex(&entry.pmkid.0),
            u8::from(entry.opportunistic)
        );
    }
    text.into_bytes()
}
