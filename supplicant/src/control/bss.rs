//! SCAN, SCAN_RESULTS and BSS.

use std::time::Duration;

use ctrl::reply::{self, Escaped, Hex, Lines};
use ctrl::station::{BssQuery, BssWhich, ScanCommand, bss_mask};
use wire::Instant;

use super::Answer;
use crate::bss::{Bss, NOISE};
use crate::outbox::Cx;
use crate::station::Station;

pub(super) fn scan(station: &mut Station, cx: &mut Cx<'_>, command: ScanCommand) -> Answer {
    if station.is_unusable() {
        return Answer::fail();
    }
    if command.networks.iter().any(|id| station.network(*id).is_none_or(|network| network.ssid().is_none())) {
        return Answer::fail();
    }
    match station.scan_command(cx, command) {
        Ok(Some(id)) => Answer::text(format!("{id}\n")),
        Ok(None) => Answer::ok(),
        Err(()) => Answer::text(reply::FAIL_BUSY),
    }
}

pub(super) fn scan_results(station: &Station) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::SCAN_RESULTS_HEAD);
    for bss in station.bss.iter() {
        lines.text(format!(
            "{}\t{}\t{}\t{}\t{}\n",
            bss.bssid,
            bss.freq,
            bss.signal,
            bss.flags(),
            Escaped(bss.ssid.as_bytes())
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn flush(station: &mut Station, cx: &mut Cx<'_>, age: u32) {
    let keep = station.link.target().map(|target| target.bssid);
    let changes = station.bss.flush(Duration::from_secs(age.into()), keep, cx.now);
    station.tell_table(cx, changes);
    if age == 0 {
        station.scan.forget_results();
    }
}

pub(super) fn bss(station: &Station, now: Instant, query: BssQuery) -> Answer {
    let table = &station.bss;
    let current = station.link.target().map(|target| (target.bssid, target.ssid));
    let mut lines = Lines::new(reply::STATION_LIMIT);
    let one = match query.which {
        BssWhich::Range { first, last } => {
            let mut entries: Vec<&Bss> = table.iter().filter(|bss| (first..=last).contains(&bss.id)).collect();
            entries.sort_by_key(|bss| bss.id);
            let count = entries.len();
            for (at, bss) in entries.into_iter().enumerate() {
                let mut text = Lines::new(reply::STATION_LIMIT);
                describe(bss, station, now, query.mask, &mut text);
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
        describe(bss, station, now, query.mask, &mut lines);
        if query.mask & bss_mask::DELIM != 0 {
            lines.text("====\n");
        }
    }
    Answer::text(lines.into_bytes())
}

fn describe(bss: &Bss, station: &Station, now: Instant, mask: u32, lines: &mut Lines) {
    let _ = station;
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
        lines.field("flags", bss.flags());
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
