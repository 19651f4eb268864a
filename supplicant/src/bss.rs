//! The table of BSSs in reach.

use std::time::Duration;

use ipc_proto::ScanEntry;
use rsn::{AkmSuite, ApOffer, CipherSuite, RsnCapabilities, Rsne, Rsnxe};
use wire::element::{Elements, WPA_SELECTOR, WPS_SELECTOR, id};
use wire::frame::capability;
use wire::{Instant, MacAddr, Ssid};

/// A BSS that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Bss {
    /// Number in the table; never used twice.
    pub(crate) id: u32,
    /// Number of the last change of the table that touched it.
    pub(crate) update_idx: u32,
    pub(crate) bssid: MacAddr,
    pub(crate) ssid: Ssid,
    pub(crate) freq: u32,
    /// dBm (or the driver's unitless figure).
    pub(crate) signal: i32,
    pub(crate) beacon_interval: u16,
    pub(crate) capability: u16,
    pub(crate) tsf: u64,
    /// Elements of the last probe response, else of the beacon.
    pub(crate) elements: Vec<u8>,
    /// Elements of the last beacon, if they differ.
    pub(crate) beacon_elements: Vec<u8>,
    pub(crate) last_seen: Instant,
    /// Scans of its channel that did not find it.
    pub(crate) missed: u32,
}

impl Bss {
    fn elements(&self) -> Elements<'_> {
        Elements::new(&self.elements)
    }

    pub(crate) fn rsne(&self) -> Option<&[u8]> {
        self.elements().find(id::RSN).map(|element| element.whole)
    }

    pub(crate) fn rsnxe(&self) -> Option<&[u8]> {
        self.elements().find(id::RSNX).map(|element| element.whole)
    }

    pub(crate) fn wpa(&self) -> Option<&[u8]> {
        self.elements().find_vendor(WPA_SELECTOR).map(|element| element.whole)
    }

    /// What it says of its security.
    pub(crate) fn offer(&self) -> ApOffer<'_> {
        ApOffer { rsne: self.rsne(), rsnxe: self.rsnxe(), wpa: self.wpa() }
    }

    /// What it requires of all stations: rates in units of 500 kb/s, and membership selectors.
    pub(crate) fn basic_rates(&self) -> impl Iterator<Item = u8> {
        self.elements().rates().filter(|rate| rate & 0x80 != 0).map(|rate| rate & 0x7f)
    }

    /// Its rates say that stations must use hash-to-element.
    pub(crate) fn is_h2e_only(&self) -> bool {
        self.elements().rates().any(|rate| rate == 0x80 | 123)
    }

    /// It says that data is to be encrypted.
    pub(crate) const fn is_private(&self) -> bool {
        self.capability & capability::PRIVACY != 0
    }

    /// It uses QoS.
    pub(crate) fn has_wmm(&self) -> bool {
        self.elements().find_vendor(wire::element::WMM_SELECTOR).is_some()
    }

    /// Neither RSN nor WPA nor WEP.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_private() && self.rsne().is_none() && self.wpa().is_none()
    }

    /// The security in the words of clients: `[WPA2-PSK-CCMP][ESS]`.
    pub(crate) fn flags(&self) -> String {
        let mut out = String::new();
        for (proto, element) in [("WPA", self.wpa()), ("WPA2", self.rsne())] {
            if let Some(rsne) = element.and_then(|element| Rsne::parse_element(element).ok()) {
                out.push_str(&security_flag(proto, &rsne));
            }
        }
        let rsnxe = self.rsnxe().and_then(|element| Rsnxe::parse_element(element).ok()).unwrap_or_default();
        if rsnxe.has(Rsnxe::SAE_H2E) {
            out.push_str("[SAE-H2E]");
        }
        if rsnxe.has(Rsnxe::SAE_PK) {
            out.push_str("[SAE-PK]");
        }
        if self.is_private() && self.rsne().is_none() && self.wpa().is_none() {
            out.push_str("[WEP]");
        }
        if self.elements().find(id::MESH_ID).is_some() {
            out.push_str("[MESH]");
        }
        if self.elements().find_vendor(WPS_SELECTOR).is_some() {
            out.push_str("[WPS]");
        }
        if self.capability & capability::IBSS != 0 {
            out.push_str("[IBSS]");
        }
        if self.capability & capability::ESS != 0 {
            out.push_str("[ESS]");
        }
        if self.ssid.is_hidden() && !self.ssid.is_empty() {
            out.push_str("[HIDDEN]");
        }
        out
    }

    /// A rough guess at what a link could carry, in kb/s: enough to compare two BSSs.
    pub(crate) fn throughput(&self) -> u32 {
        let elements = self.elements();
        let legacy = elements.rates().map(|rate| u32::from(rate & 0x7f) * 500).max().unwrap_or(1000);
        let top = if elements.find(id::VHT_CAPABILITIES).is_some() {
            86_667
        } else if elements.find(id::HT_CAPABILITIES).is_some() {
            65_000
        } else {
            legacy
        };
        // 30 dB above the noise carry the best rate; below that it falls about linearly.
        let snr = u32::try_from(self.snr().clamp(1, 30)).unwrap_or(1);
        (top / 30).saturating_mul(snr).max(1000)
    }

    /// Signal above the noise, in dB.
    pub(crate) const fn snr(&self) -> i32 {
        self.signal.saturating_sub(NOISE)
    }
}

/// The noise that is assumed where the driver does not say, in dBm.
pub(crate) const NOISE: i32 = -89;

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
    ctrl::reply::security_flag(proto, &akms, &ciphers, rsne.capabilities.has(RsnCapabilities::PREAUTH))
}

/// How long the table remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) age: Duration,
    pub(crate) scans: u32,
    pub(crate) count: usize,
}

/// A change of the table that clients hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableChange {
    Added { id: u32, bssid: MacAddr },
    Removed { id: u32, bssid: MacAddr },
}

/// All BSSs that were seen lately.
#[derive(Debug, Default)]
pub(crate) struct BssTable {
    entries: Vec<Bss>,
    next_id: u32,
    update_idx: u32,
}

impl BssTable {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Bss> {
        self.entries.iter()
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn by_id(&self, id: u32) -> Option<&Bss> {
        self.entries.iter().find(|bss| bss.id == id)
    }

    /// The entry of an address that was seen last.
    pub(crate) fn by_bssid(&self, bssid: MacAddr) -> Option<&Bss> {
        self.entries.iter().filter(|bss| bss.bssid == bssid).max_by_key(|bss| bss.last_seen)
    }

    pub(crate) fn find(&self, bssid: MacAddr, ssid: &Ssid) -> Option<&Bss> {
        self.entries.iter().find(|bss| bss.bssid == bssid && bss.ssid == *ssid)
    }

    /// Takes over the kernel's table after a scan of these channels (none: all). `scan_started`: entries that are older
    /// count as missed. `keep`: the BSS in use is never forgotten. `worth`: of too many, those that are worth least go
    /// first.
    #[allow(clippy::too_many_arguments, reason = "one call, at the end of a scan")]
    pub(crate) fn update(
        &mut self,
        found: Vec<ScanEntry>,
        scanned: &[u32],
        scan_started: Option<Instant>,
        keep: Option<MacAddr>,
        limits: Limits,
        worth: impl Fn(&Bss) -> u8,
        now: Instant,
    ) -> Vec<TableChange> {
        let mut changes = Vec::new();
        self.update_idx = self.update_idx.wrapping_add(1);
        for entry in found {
            // The kernel keeps what it saw for 30 s: what is older than our own entry is no news.
            let age = Duration::from_millis(entry.age_ms.into());
            let seen = Instant::from_origin(now.since_origin().saturating_sub(age));
            // An SSID beyond 32 octets is not a name (attack 2015-1): such a beacon is not taken in.
            let elements = Elements::new(&entry.elements);
            let ssid = match elements.find(id::SSID) {
                Some(element) => match Ssid::new(element.body) {
                    Ok(ssid) => ssid,
                    Err(_) => continue,
                },
                None => Ssid::default(),
            };
            if entry.bssid.is_group() || entry.bssid.is_zero() || age > limits.age {
                continue;
            }
            let signal = if entry.signal_unspecified { entry.signal } else { entry.signal / 100 };
            let known = self.entries.iter_mut().find(|bss| bss.bssid == entry.bssid && bss.ssid == ssid);
            match known {
                Some(bss) => {
                    if seen + Duration::from_millis(50) < bss.last_seen {
                        continue;
                    }
                    if bss.elements != entry.elements || bss.freq != entry.freq || bss.signal != signal {
                        bss.update_idx = self.update_idx;
                    }
                    let fresh = scan_started.is_none_or(|at| seen + Duration::from_millis(50) >= at);
                    if fresh {
                        bss.missed = 0;
                    }
                    bss.freq = entry.freq;
                    bss.signal = signal;
                    bss.beacon_interval = entry.beacon_interval;
                    bss.capability = entry.capability;
                    bss.tsf = entry.tsf;
                    bss.elements = entry.elements;
                    bss.beacon_elements = entry.beacon_elements;
                    bss.last_seen = bss.last_seen.max(seen);
                }
                None => {
                    let id = self.next_id;
                    self.next_id = self.next_id.wrapping_add(1);
                    changes.push(TableChange::Added { id, bssid: entry.bssid });
                    self.entries.push(Bss {
                        id,
                        update_idx: self.update_idx,
                        bssid: entry.bssid,
                        ssid,
                        freq: entry.freq,
                        signal,
                        beacon_interval: entry.beacon_interval,
                        capability: entry.capability,
                        tsf: entry.tsf,
                        elements: entry.elements,
                        beacon_elements: entry.beacon_elements,
                        last_seen: seen,
                        missed: 0,
                    });
                }
            }
        }
        if let Some(at) = scan_started {
            for bss in &mut self.entries {
                let on_air = scanned.is_empty() || scanned.contains(&bss.freq);
                if on_air && bss.last_seen + Duration::from_millis(50) < at {
                    bss.missed = bss.missed.saturating_add(1);
                }
            }
        }
        self.expire(keep, limits, worth, now, &mut changes);
        changes
    }

    /// Forgets what has not been seen for too long, and, of too many, those that are worth least and were seen longest ago.
    fn expire(
        &mut self,
        keep: Option<MacAddr>,
        limits: Limits,
        worth: impl Fn(&Bss) -> u8,
        now: Instant,
        changes: &mut Vec<TableChange>,
    ) {
        self.remove(changes, |bss| {
            Some(bss.bssid) != keep && (bss.missed >= limits.scans || now - bss.last_seen > limits.age)
        });
        let too_many = self.entries.len().saturating_sub(limits.count.max(1));
        if too_many == 0 {
            return;
        }
        let others = self.entries.iter().filter(|bss| Some(bss.bssid) != keep);
        let mut ranks: Vec<_> = others.map(|bss| (worth(bss), bss.last_seen, bss.signal, bss.id)).collect();
        ranks.sort_unstable();
        let gone: std::collections::BTreeSet<u32> = ranks.into_iter().take(too_many).map(|(.., id)| id).collect();
        self.remove(changes, |bss| gone.contains(&bss.id));
    }

    fn remove(&mut self, changes: &mut Vec<TableChange>, gone: impl Fn(&Bss) -> bool) {
        self.entries.retain(|bss| {
            let leaves = gone(bss);
            if leaves {
                changes.push(TableChange::Removed { id: bss.id, bssid: bss.bssid });
            }
            !leaves
        });
    }

    /// Forgets what has not been seen for this long; zero: everything. The BSS in use stays.
    pub(crate) fn flush(&mut self, age: Duration, keep: Option<MacAddr>, now: Instant) -> Vec<TableChange> {
        let mut changes = Vec::new();
        self.remove(&mut changes, |bss| Some(bss.bssid) != keep && (age.is_zero() || now - bss.last_seen >= age));
        changes
    }

    /// Forgets one BSS.
    pub(crate) fn forget(&mut self, bssid: MacAddr) -> Vec<TableChange> {
        let mut changes = Vec::new();
        self.remove(&mut changes, |bss| bss.bssid == bssid);
        changes
    }

    /// The BSS now works on another channel.
    pub(crate) fn moved(&mut self, bssid: MacAddr, freq: u32) {
        for bss in self.entries.iter_mut().filter(|bss| bss.bssid == bssid) {
            bss.freq = freq;
        }
    }
}
