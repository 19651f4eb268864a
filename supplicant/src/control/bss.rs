//! SCAN, SCAN_RESULTS and BSS.

use std::time::Duration;

use ctrl::reply::{self, Escaped, Hex, Lines};
use ctrl::station::{BssQuery, BssWhich, FreqRange, ScanCommand, bss_mask};
use rsn::{AkmSuite, CipherSuite, RsnCapabilities, Rsne, Rsnxe};
use sta::{Bss, NOISE, ScanWish};
use wire::Instant;
use wire::element::{Elements, WPS_SELECTOR, id};
use wire::frame::capability;

use super::Answer;
use crate::interface::Interface;
use crate::outbox::Cx;

pub(super) fn scan(interface: &mut Interface, cx: &mut Cx<'_>, command: ScanCommand) -> Answer {
    if interface.is_unusable() {
        return Answer::fail();
    }
    if command.networks.iter().any(|id| interface.network(*id).is_none_or(|network| network.ssid().is_none())) {
        return Answer::fail();
    }
    let taken = interface.works.is_taken();
    match interface.drive(cx, |engine, cx| engine.scan(cx, wish(command), taken)) {
        Ok(Some(id)) => Answer::text(format!("{id}\n")),
        Ok(None) => Answer::ok(),
        Err(sta::ScanRefused) => Answer::text(reply::FAIL_BUSY),
    }
}

pub(super) fn scan_results(interface: &Interface) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::SCAN_RESULTS_HEAD);
    for bss in interface.engine.table().iter() {
        lines.text(format!(
            "{}\t{}\t{}\t{}\t{}\n",
            bss.bssid,
            bss.freq,
            bss.signal,
            flags(bss),
            Escaped(bss.ssid.as_bytes())
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn range(range: &FreqRange) -> sta::FreqRange {
    sta::FreqRange { low: range.low, high: range.high }
}

fn wish(command: ScanCommand) -> ScanWish {
    ScanWish {
        ssids: command.ssids,
        networks: command.networks,
        bssid: command.bssid,
        only_new: command.only_new,
        frequencies: command.frequencies.iter().map(range).collect(),
        passive: command.passive,
        wildcard: command.wildcard_ssid,
        numbered: command.use_id,
        only: command.only,
    }
}

pub(super) fn flush(interface: &mut Interface, cx: &mut Cx<'_>, age: u32) {
    let now = cx.now;
    interface.drive(cx, |engine, _| engine.flush_table(Duration::from_secs(age.into()), now));
}

pub(super) fn bss(interface: &Interface, now: Instant, query: BssQuery) -> Answer {
    let table = interface.engine.table();
    let current = interface.engine.target().map(|target| (target.bssid, target.ssid));
    let mut lines = Lines::new(reply::STATION_LIMIT);
    let one = match query.which {
        BssWhich::Range { first, last } => {
            let mut entries: Vec<&Bss> = table.iter().filter(|bss| (first..=last).contains(&bss.id)).collect();
            entries.sort_by_key(|bss| bss.id);
            let count = entries.len();
            for (at, bss) in entries.into_iter().enumerate() {
                let mut text = Lines::new(reply::STATION_LIMIT);
                describe(bss, now, query.mask, &mut text);
                if query.mask & bss_mask::DELIM != 0 {
                    text.text(if at.saturating_add(1) == count { "####\n" } else { "====\n" });
                }
                lines.text(text.into_bytes());
            }
            return Answer::text(lines.into_bytes());
        }
        BssWhich::Index(index) => usize::try_from(index).ok().and_then(|index| table.iter().nth(index)),
        BssWhich::Id(id) => table.by_id(id),
        BssWhich::First => table.iter().min_by_key(|bss| bss.id),
        BssWhich::Last => table.iter().max_by_key(|bss| bss.id),
        BssWhich::Next(id) => {
            if table.by_id(id).is_none() {
                None
            } else {
                table.iter().filter(|bss| bss.id > id).min_by_key(|bss| bss.id)
            }
        }
        BssWhich::Current => current.and_then(|(bssid, ssid)| table.find(bssid, &ssid)),
        BssWhich::Bssid(bssid) => table.by_bssid(bssid),
        BssWhich::P2pDevice(_) => None,
    };
    if let Some(bss) = one {
        describe(bss, now, query.mask, &mut lines);
        if query.mask & bss_mask::DELIM != 0 {
            lines.text("====\n");
        }
    }
    Answer::text(lines.into_bytes())
}

fn describe(bss: &Bss, now: Instant, mask: u32, lines: &mut Lines) {
    let wants = |bit: u32| mask & bit != 0;
    if wants(bss_mask::ID) {
        lines.field("id", bss.id);
    }
    if wants(bss_mask::BSSID) {
        lines.field("bssid", bss.bssid);
    }
    if wants(bss_mask::FREQ) {
        lines.field("freq", bss.freq);
    }
    if wants(bss_mask::BEACON_INT) {
        lines.field("beacon_int", bss.beacon_interval);
    }
    if wants(bss_mask::CAPABILITIES) {
        lines.field("capabilities", format_args!("0x{:04x}", bss.capability));
    }
    if wants(bss_mask::QUAL) {
        lines.field("qual", 0);
    }
    if wants(bss_mask::NOISE) {
        lines.field("noise", NOISE);
    }
    if wants(bss_mask::LEVEL) {
        lines.field("level", bss.signal);
    }
    if wants(bss_mask::TSF) {
        lines.field("tsf", format_args!("{:016}", bss.tsf));
    }
    if wants(bss_mask::AGE) {
        lines.field("age", (now - bss.last_seen).as_secs());
    }
    if wants(bss_mask::IE) {
        lines.field("ie", Hex(&bss.elements));
    }
    if wants(bss_mask::FLAGS) {
        lines.field("flags", flags(bss));
    }
    if wants(bss_mask::SSID) {
        lines.field("ssid", Escaped(bss.ssid.as_bytes()));
    }
    if wants(bss_mask::SNR) {
        lines.field("snr", bss.snr());
    }
    if wants(bss_mask::EST_THROUGHPUT) {
        lines.field("est_throughput", bss.throughput());
    }
    if wants(bss_mask::UPDATE_IDX) {
        lines.field("update_idx", bss.update_idx);
    }
    if wants(bss_mask::BEACON_IE) {
        let beacon = if bss.beacon_elements.is_empty() { &bss.elements } else { &bss.beacon_elements };
        lines.field("beacon_ie", Hex(beacon));
    }
}

/// The security in the words of clients: `[WPA2-PSK-CCMP][ESS]`.
pub(crate) fn flags(bss: &Bss) -> String {
    let mut out = String::new();
    for (proto, element) in [("WPA", bss.wpa()), ("WPA2", bss.rsne())] {
        if let Some(rsne) = element.and_then(|element| Rsne::parse_element(element).ok()) {
            out.push_str(&security_flag(proto, &rsne));
        }
    }
    let rsnxe = bss.rsnxe().and_then(|element| Rsnxe::parse_element(element).ok()).unwrap_or_default();
    if rsnxe.has(Rsnxe::SAE_H2E) {
        out.push_str("[SAE-H2E]");
    }
    if rsnxe.has(Rsnxe::SAE_PK) {
        out.push_str("[SAE-PK]");
    }
    if bss.is_private() && bss.rsne().is_none() && bss.wpa().is_none() {
        out.push_str("[WEP]");
    }
    if Elements::new(&bss.elements).find(id::MESH_ID).is_some() {
        out.push_str("[MESH]");
    }
    if Elements::new(&bss.elements).find_vendor(WPS_SELECTOR).is_some() {
        out.push_str("[WPS]");
    }
    if bss.capability & capability::IBSS != 0 {
        out.push_str("[IBSS]");
    }
    if bss.capability & capability::ESS != 0 {
        out.push_str("[ESS]");
    }
    if bss.ssid.is_hidden() && !bss.ssid.is_empty() {
        out.push_str("[HIDDEN]");
    }
    out
}

fn security_flag(proto: &str, rsne: &Rsne) -> String {
    const AKMS: [AkmSuite; 20] = [
        AkmSuite::Eap,
        AkmSuite::Psk,
        AkmSuite::Sae,
        AkmSuite::SaeExt,
        AkmSuite::FtEap,
        AkmSuite::FtPsk,
        AkmSuite::FtSae,
        AkmSuite::FtSaeExt,
        AkmSuite::EapSha256,
        AkmSuite::PskSha256,
        AkmSuite::SuiteB,
        AkmSuite::SuiteB192,
        AkmSuite::FtEapSha384,
        AkmSuite::EapSha384,
        AkmSuite::FilsSha256,
        AkmSuite::FilsSha384,
        AkmSuite::FtFilsSha256,
        AkmSuite::FtFilsSha384,
        AkmSuite::Owe,
        AkmSuite::Dpp,
    ];
    const CIPHERS: [CipherSuite; 5] =
        [CipherSuite::Ccmp256, CipherSuite::Gcmp256, CipherSuite::Ccmp128, CipherSuite::Gcmp128, CipherSuite::Tkip];
    let offered = rsne.akm_suites();
    let akms: Vec<&str> = AKMS.into_iter().filter(|akm| offered.contains(akm)).map(AkmSuite::scan_name).collect();
    let offered = rsne.pairwise_ciphers();
    let ciphers: Vec<&str> =
        CIPHERS.into_iter().filter(|cipher| offered.contains(cipher)).map(CipherSuite::name).collect();
    reply::security_flag(proto, &akms, &ciphers, rsne.capabilities.has(RsnCapabilities::PREAUTH))
}
