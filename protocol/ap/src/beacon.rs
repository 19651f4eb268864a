//! Beacons, probe responses and the elements of association responses (IEEE Std 802.11-2020 9.3.3.2, 9.3.3.6, 9.3.3.10).

use alloc::vec::Vec;

use ipc_proto::{BandInfo, BeaconParameters, ChannelWidth};
use rsn::{ApElements, SaePwe};
use wire::channel::{Band, number_of};
use wire::element::{WMM_SELECTOR, id};
use wire::frame::{self, Subtype, capability};
use wire::{MacAddr, Writer};

use crate::BssConfig;
use crate::config::Identified;
use crate::profile::{Security, Shown};
use crate::radio::Mode;

/// Builds the frames of one BSS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Builder<'a> {
    pub(crate) config: &'a BssConfig,
    pub(crate) security: &'a ApElements,
    pub(crate) load: &'a crate::load::Load,
    /// Some station knows no OFDM: the ERP element asks for protection (9.4.2.12).
    pub(crate) non_erp_present: bool,
}

impl Builder<'_> {
    /// Capability information (9.4.1.4).
    pub(crate) fn capability(&self) -> u16 {
        let config = self.config;
        let mut bits = capability::ESS;
        if config.profile.security.is_some() {
            bits |= capability::PRIVACY;
        }
        if config.operating.band == Band::Ghz2 {
            if config.radio.short_preamble {
                bits |= capability::SHORT_PREAMBLE;
            }
            if config.operating.is_erp() {
                bits |= capability::SHORT_SLOT_TIME;
            }
        }
        if config.radio.spectrum_management && config.operating.band == Band::Ghz5 {
            bits |= capability::SPECTRUM_MANAGEMENT;
        }
        bits
    }

    /// What the driver needs to beacon.
    pub(crate) fn beacon(&self) -> BeaconParameters {
        BeaconParameters {
            head: self.head(Subtype::BEACON, MacAddr::BROADCAST, self.beacon_ssid()),
            tail: self.tail(false),
            beacon_elements: self.config.profile.beacon.elements.clone(),
            probe_response_elements: self.config.profile.beacon.elements.clone(),
            assoc_response_elements: self.config.profile.beacon.response_elements.clone(),
            probe_response: if self.config.wiphy.features.probe_response_offload {
                self.probe_response(MacAddr::BROADCAST)
            } else {
                Vec::new()
            },
        }
    }

    /// The name as beacons show it (hidden: empty, or zeroes of its length).
    fn beacon_ssid(&self) -> Vec<u8> {
        let ssid = self.config.ssid();
        match self.config.profile.shown {
            Shown::Plain => ssid.as_bytes().to_vec(),
            Shown::Empty => Vec::new(),
            Shown::Zeros => alloc::vec![0; ssid.len()],
        }
    }

    /// A probe response for a station.
    pub(crate) fn probe_response(&self, to: MacAddr) -> Vec<u8> {
        let mut whole = self.head(Subtype::PROBE_RESPONSE, to, self.config.ssid().as_bytes().to_vec());
        whole.extend(self.tail(true));
        whole
    }

    fn head(&self, subtype: Subtype, to: MacAddr, ssid: Vec<u8>) -> Vec<u8> {
        let config = self.config;
        let built = frame::build(subtype, to, config.own, config.own, |w| {
            // The timestamp is the driver's to fill in.
            w.put(&[0; 8]).u16_le(config.radio.beacon_interval).u16_le(self.capability());
            w.element(id::SSID, |w| {
                w.put(&ssid);
            });
            self.rates(w);
            if config.operating.band == Band::Ghz2 {
                w.element(id::DSSS_PARAMETER_SET, |w| {
                    w.u8(config.operating.number);
                });
            }
        });
        // Every field here is bounded by its type; only an impossible rate table could overflow.
        built.unwrap_or_default()
    }

    fn tail(&self, probe_response: bool) -> Vec<u8> {
        let mut w = Writer::with_capacity(128);
        self.country(&mut w);
        if self.config.operating.is_erp() {
            w.element(id::ERP, |w| {
                w.u8(self.erp());
            });
        }
        self.more_rates(&mut w);
        for element in [&self.security.rsne].into_iter().flatten() {
            w.put(element);
        }
        self.load.write(&mut w);
        self.throughput(&mut w, false);
        self.extended_capabilities(&mut w);
        self.very_high_throughput(&mut w);
        let hide = !probe_response && self.config.profile.beacon.no_rsnxe;
        if let Some(element) = &self.security.rsnxe
            && !hide
        {
            w.put(element);
        }
        if let Some(element) = &self.security.wpa {
            w.put(element);
        }
        self.wmm(&mut w);
        w.put(&self.config.profile.beacon.elements);
        w.finish().unwrap_or_default()
    }

    /// Elements of an association response behind the fixed fields.
    pub(crate) fn assoc_response(&self, ht: bool, vht: bool, wmm: bool) -> Writer {
        let mut w = Writer::with_capacity(128);
        self.rates(&mut w);
        self.more_rates(&mut w);
        if ht {
            self.throughput(&mut w, true);
        }
        self.extended_capabilities(&mut w);
        if vht {
            self.very_high_throughput(&mut w);
        }
        if let Some(element) = &self.security.rsnxe {
            w.put(element);
        }
        if wmm {
            self.wmm(&mut w);
        }
        w.put(&self.config.profile.beacon.response_elements);
        w
    }

    fn rates(&self, w: &mut Writer) {
        let rates = self.rate_octets();
        w.element(id::SUPPORTED_RATES, |w| {
            w.put(rates.get(..8).unwrap_or(&rates));
        });
    }

    fn more_rates(&self, w: &mut Writer) {
        let rates = self.rate_octets();
        if let Some(more) = rates.get(8..).filter(|more| !more.is_empty()) {
            w.element(id::EXTENDED_SUPPORTED_RATES, |w| {
                w.put(more);
            });
        }
    }

    /// Rates, and behind them the selectors of what stations must know (9.4.2.3, Table 9-92).
    fn rate_octets(&self) -> Vec<u8> {
        let mut rates = self.config.operating.rate_octets();
        if self.config.ht() && self.config.radio.require_ht {
            rates.push(0x80 | 127);
        }
        if self.config.vht() && self.config.radio.require_vht {
            rates.push(0x80 | 126);
        }
        if self.config.policy_is_h2e_only() {
            rates.push(0x80 | 123);
        }
        rates
    }

    const fn erp(&self) -> u8 {
        // Bit 0: a station without ERP is here; bit 1: use protection.
        if self.non_erp_present { 0x03 } else { 0 }
    }

    /// Country (9.4.2.8): runs of channels with the same power.
    fn country(&self, w: &mut Writer) {
        let config = self.config;
        let Some(country) = config.radio.country.filter(|_| config.radio.announces_country) else { return };
        let Some(band) = self.band() else { return };
        let step: u8 = if band.band == Band::Ghz2 { 1 } else { 4 };
        let mut runs: Vec<(u8, u8, u8)> = Vec::new();
        for channel in band.channels.iter().filter(|channel| !channel.disabled) {
            let (Some(number), Ok(power)) = (number_of(channel.freq), u8::try_from(channel.max_power / 100)) else {
                continue;
            };
            match runs.last_mut() {
                Some((first, count, same))
                    if *same == power && first.saturating_add(count.saturating_mul(step)) == number =>
                {
                    *count = count.saturating_add(1);
                }
                _ => runs.push((number, 1, power)),
            }
        }
        w.element(id::COUNTRY, |w| {
            w.put(&country);
            for (first, count, power) in runs.iter().take(80) {
                w.u8(*first).u8(*count).u8(*power);
            }
            if w.len() % 2 == 1 {
                w.u8(0);
            }
        });
    }

    fn band(&self) -> Option<&BandInfo> {
        self.config.wiphy.bands.iter().find(|info| info.band == self.config.operating.band)
    }

    /// HT capabilities and HT operation (9.4.2.55, 9.4.2.56).
    fn throughput(&self, w: &mut Writer, _response: bool) {
        if !self.config.ht() {
            return;
        }
        let Some(band) = self.band() else { return };
        let own = band.ht_capability.unwrap_or(0);
        // Only what the radio can do; power save of the multi-chain kind is a choice, not an ability.
        let mut info = self.config.radio.ht.map_or(0, |ht| ht.info);
        let keep = own | 0x000c;
        info &= keep;
        if self.config.operating.secondary == 0 {
            info &= !0x0002;
        }
        w.element(id::HT_CAPABILITIES, |w| {
            w.u16_le(info).u8(band.ht_ampdu).put(&fixed::<16>(&band.ht_mcs)).put(&[0; 7]);
        });
        let subset = match self.config.operating.secondary {
            1 => 0x05,
            -1 => 0x07,
            _ => 0,
        };
        w.element(id::HT_OPERATION, |w| {
            // Basic HT-MCS set: none is demanded.
            w.u8(self.config.operating.number).u8(subset).u16_le(0).u16_le(0).put(&[0; 16]);
        });
    }

    /// VHT capabilities and VHT operation (9.4.2.157, 9.4.2.158).
    fn very_high_throughput(&self, w: &mut Writer) {
        if !self.config.vht() {
            return;
        }
        let Some(band) = self.band() else { return };
        let info = vht_within(self.config.radio.vht.map_or(0, |vht| vht.info), band.vht_capability.unwrap_or(0));
        w.element(id::VHT_CAPABILITIES, |w| {
            w.put(&info.to_le_bytes()).put(&fixed::<8>(&band.vht_mcs));
        });
        let definition = self.config.operating.definition;
        let centre = number_of(definition.center1).unwrap_or(0);
        let (width, first, second) = match definition.width {
            ChannelWidth::Mhz80 => (1, centre, 0),
            ChannelWidth::Mhz160 => {
                // 160 MHz is said as 80 MHz with a second centre eight channels away (Table 9-275).
                let near =
                    if definition.freq < definition.center1 { centre.wrapping_sub(8) } else { centre.wrapping_add(8) };
                (1, near, centre)
            }
            ChannelWidth::Mhz80Plus80 => (1, centre, number_of(definition.center2).unwrap_or(0)),
            ChannelWidth::NoHt20 | ChannelWidth::Mhz20 | ChannelWidth::Mhz40 | ChannelWidth::Mhz320 => (0, 0, 0),
        };
        w.element(id::VHT_OPERATION, |w| {
            // Basic set: one stream with MCS 0 to 7.
            w.u8(width).u8(first).u8(second).u16_le(0xfffc);
        });
    }

    /// Extended capabilities (9.4.2.26): what we do ourselves on top of what the driver says.
    fn extended_capabilities(&self, w: &mut Writer) {
        let mut octets = self.config.wiphy.extended_capabilities.clone();
        octets.truncate(32);
        let mut set = |bit: usize| {
            octets.resize(octets.len().max((bit / 8).saturating_add(1)), 0);
            if let Some(octet) = octets.get_mut(bit / 8) {
                *octet |= 1 << (bit % 8);
            }
        };
        if self.config.profile.beacon.utf8_ssid {
            set(48);
        }
        // 9.4.2.26: SAE password identifiers are in use (81), and nothing else is (82).
        if self.config.offers_sae() {
            let identifiers = self.config.identifiers();
            if identifiers != Identified::None {
                set(81);
            }
            if identifiers == Identified::All {
                set(82);
            }
        }
        // An access point announces extended channel switching with the channels it can announce.
        if self.config.wiphy.features.channel_switch {
            set(2);
        }
        if octets.iter().any(|octet| *octet != 0) {
            w.element(id::EXTENDED_CAPABILITIES, |w| {
                w.put(&octets);
            });
        }
    }

    /// The WMM parameter element of the Wi-Fi Alliance (WMM specification 2.2.2).
    fn wmm(&self, w: &mut Writer) {
        if !self.config.wmm() {
            return;
        }
        let uapsd = if self.config.profile.beacon.uapsd { 0x80 } else { 0 };
        let categories = self.config.radio.wmm;
        w.element(id::VENDOR_SPECIFIC, |w| {
            w.put(&WMM_SELECTOR).u8(1).u8(1).u8(uapsd).u8(0);
            for (index, category) in (0u8..).zip(categories) {
                w.u8(category.aifs & 0x0f | u8::from(category.acm) << 4 | index << 5);
                w.u8(category.cw_min & 0x0f | category.cw_max << 4).u16_le(category.txop);
            }
        });
    }
}

/// Fields of the VHT Capabilities Information field that are numbers (IEEE Std 802.11-2020 9.4.2.157.2): lengths, widths, streams,
/// antennas, link adaptation. The other bits each stand for themselves.
const VHT_NUMBERS: [u32; 7] = [0x3, 0x3 << 2, 0x7 << 8, 0x7 << 13, 0x7 << 16, 0x7 << 23, 0x3 << 26];

/// What is asked for of VHT, as far as the radio has it.
pub(crate) fn vht_within(asked: u32, own: u32) -> u32 {
    let bits = asked & own & !VHT_NUMBERS.iter().fold(0, |all, field| all | field);
    VHT_NUMBERS.iter().fold(bits, |info, field| info | (asked & field).min(own & field))
}

/// The first octets of a driver's table, zeroes where it is too short.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

impl BssConfig {
    /// Stations that cannot do hash-to-element must not even try (9.4.2.3: membership selector 123).
    fn offers_sae(&self) -> bool {
        self.profile.security.as_ref().is_some_and(Security::has_sae)
    }

    fn policy_is_h2e_only(&self) -> bool {
        let only = |security: &Security| {
            !security.others && security.has_sae() && security.akms.iter().all(|akm| akm.is_sae())
        };
        self.sae_pwe() == SaePwe::HashToElement && self.profile.security.as_ref().is_some_and(only)
    }

    /// The mode as hostapd's control interface names it.
    #[must_use]
    pub fn hw_mode_word(&self) -> &'static str {
        match self.operating.band {
            Band::Ghz2 if self.radio.mode == Mode::B => "b",
            Band::Ghz2 => "g",
            Band::Ghz5 | Band::Ghz6 => "a",
            Band::Ghz60 => "ad",
            Band::S1g => "any",
        }
    }
}
