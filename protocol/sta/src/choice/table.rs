//! The table of BSSs in reach.

use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::ScanEntry;
use rsn::ApOffer;
use wire::element::{Elements, WPA_SELECTOR, id};
use wire::frame::capability;
use wire::{Instant, MacAddr, Ssid};

/// A BSS that was seen.
#[derive(Clone, Debug)]
pub struct Bss {
    /// Number in the table; never used twice.
    pub id: u32,
    /// Number of the last change of the table that touched it.
    pub update_idx: u32,
    /// Its address.
    pub bssid: MacAddr,
    /// Its name.
    pub ssid: Ssid,
    /// Its channel, in MHz.
    pub freq: u32,
    /// dBm (or the driver's unitless figure).
    pub signal: i32,
    /// In time units.
    pub beacon_interval: u16,
    /// The capability field (IEEE Std 802.11-2020 9.4.1.4).
    pub capability: u16,
    /// Its clock, in microseconds, when it was seen.
    pub tsf: u64,
    /// Elements of the last probe response, else of the beacon.
    pub elements: Vec<u8>,
    /// Elements of the last beacon, if they differ.
    pub beacon_elements: Vec<u8>,
    /// When it was seen last.
    pub last_seen: Instant,
    /// Scans of its channel that did not find it.
    pub missed: u32,
}

impl Bss {
    fn elements(&self) -> Elements<'_> {
        Elements::new(&self.elements)
    }

    /// Its RSNE, whole.
    #[must_use]
    pub fn rsne(&self) -> Option<&[u8]> {
        self.elements().find(id::RSN).map(|element| element.whole)
    }

    /// Its RSNXE, whole.
    #[must_use]
    pub fn rsnxe(&self) -> Option<&[u8]> {
        self.elements().find(id::RSNX).map(|element| element.whole)
    }

    /// Its WPA element, whole.
    #[must_use]
    pub fn wpa(&self) -> Option<&[u8]> {
        self.elements().find_vendor(WPA_SELECTOR).map(|element| element.whole)
    }

    /// What it says of its security.
    pub fn offer(&self) -> ApOffer<'_> {
        ApOffer { rsne: self.rsne(), rsnxe: self.rsnxe(), wpa: self.wpa() }
    }

    /// What it requires of all stations: rates in units of 500 kb/s, and membership selectors.
    pub fn basic_rates(&self) -> impl Iterator<Item = u8> {
        self.elements().rates().filter(|rate| rate & 0x80 != 0).map(|rate| rate & 0x7f)
    }

    /// Its rates say that stations must use hash-to-element.
    pub fn is_h2e_only(&self) -> bool {
        self.elements().rates().any(|rate| rate == 0x80 | 123)
    }

    /// It says that data is to be encrypted.
    pub const fn is_private(&self) -> bool {
        self.capability & capability::PRIVACY != 0
    }

    /// It uses QoS.
    pub fn has_wmm(&self) -> bool {
        self.elements().find_vendor(wire::element::WMM_SELECTOR).is_some()
    }

    /// Neither RSN nor WPA nor WEP.
    pub fn is_open(&self) -> bool {
        !self.is_private() && self.rsne().is_none() && self.wpa().is_none()
    }

    /// A rough guess at what a link could carry, in kb/s: enough to compare two BSSs.
    pub fn throughput(&self) -> u32 {
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
    pub const fn snr(&self) -> i32 {
        self.signal.saturating_sub(NOISE)
    }
}

/// The noise that is assumed where the driver does not say, in dBm.
pub const NOISE: i32 = -89;

/// How long the table remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What was not seen for longer is forgotten.
    pub age: Duration,
    /// What so many scans of its channel did not find is forgotten.
    pub scans: u32,
    /// Most entries.
    pub count: usize,
}

/// A change of the table that clients hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableChange {
    /// An entry came.
    Added {
        /// Its number.
        id: u32,
        /// Its address.
        bssid: MacAddr,
    },
    /// An entry went.
    Removed {
        /// Its number.
        id: u32,
        /// Its address.
        bssid: MacAddr,
    },
}

/// All BSSs that were seen lately.
#[derive(Debug, Default)]
pub struct BssTable {
    entries: Vec<Bss>,
    next_id: u32,
    update_idx: u32,
}

impl BssTable {
    /// Its entries.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Bss> {
        self.entries.iter()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// There are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a number.
    pub fn by_id(&self, id: u32) -> Option<&Bss> {
        self.entries.iter().find(|bss| bss.id == id)
    }

    /// The entry of an address that was seen last.
    pub fn by_bssid(&self, bssid: MacAddr) -> Option<&Bss> {
        self.entries.iter().filter(|bss| bss.bssid == bssid).max_by_key(|bss| bss.last_seen)
    }

    /// The entry of an address and name.
    pub fn find(&self, bssid: MacAddr, ssid: &Ssid) -> Option<&Bss> {
        self.entries.iter().find(|bss| bss.bssid == bssid && bss.ssid == *ssid)
    }

    /// Takes over the kernel's table after a scan of these channels (none: all). `scan_started`: entries that are older
    /// count as missed. `keep`: the BSS in use is never forgotten. `worth`: of too many, those that are worth least go
    /// first.
    #[allow(clippy::too_many_arguments, reason = "one call, at the end of a scan")]
    pub fn update(
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
        let gone: alloc::collections::BTreeSet<u32> = ranks.into_iter().take(too_many).map(|(.., id)| id).collect();
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
    pub fn flush(&mut self, age: Duration, keep: Option<MacAddr>, now: Instant) -> Vec<TableChange> {
        let mut changes = Vec::new();
        self.remove(&mut changes, |bss| Some(bss.bssid) != keep && (age.is_zero() || now - bss.last_seen >= age));
        changes
    }

    /// Forgets one BSS.
    pub fn forget(&mut self, bssid: MacAddr) -> Vec<TableChange> {
        let mut changes = Vec::new();
        self.remove(&mut changes, |bss| bss.bssid == bssid);
        changes
    }

    /// The BSS now works on another channel.
    pub fn moved(&mut self, bssid: MacAddr, freq: u32) {
        for bss in self.entries.iter_mut().filter(|bss| bss.bssid == bssid) {
            bss.freq = freq;
        }
    }
}
