//! What a radio is to be: typed, whatever file it stood in.

use alloc::vec::Vec;

/// A radio on which BSSs are served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct RadioProfile {
    /// Band and oldest rates.
    pub mode: Mode,
    /// It is to work on 6 GHz.
    pub six_ghz: bool,
    /// Number of the channel; none: the first that is allowed.
    pub channel: Option<u8>,
    /// HT is used, so.
    pub ht: Option<Ht>,
    /// VHT is used, so.
    pub vht: Option<Vht>,
    /// Stations without HT may not come.
    pub require_ht: bool,
    /// Stations without VHT may not come.
    pub require_vht: bool,
    /// The only rates, in units of 100 kb/s; none: all.
    pub rates: Vec<u32>,
    /// The basic ones; none: the usual ones.
    pub basic_rates: Vec<u32>,
    /// Beacon interval, in TU.
    pub beacon_interval: u16,
    /// Short preambles are used.
    pub short_preamble: bool,
    /// The country string: two letters and the environment.
    pub country: Option<[u8; 3]>,
    /// Beacons tell it, and what is allowed there.
    pub announces_country: bool,
    /// Spectrum management is announced.
    pub spectrum_management: bool,
    /// How stations contend, in the order of the WMM element: best effort, background, video, voice.
    pub wmm: [Category; 4],
}

/// Band and oldest rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 2.4 GHz, from 1 Mb/s without OFDM.
    B,
    /// 2.4 GHz.
    G,
    /// 5 or 6 GHz.
    A,
    /// 60 GHz.
    Ad,
    /// The band in which the channel exists.
    Any,
}

/// What is asked for of HT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ht {
    /// HT Capability Information (IEEE Std 802.11-2020 9.4.2.55.2), as far as the radio has it.
    pub info: u16,
    /// Where the secondary channel is: 1 above, -1 below, 0 nowhere.
    pub secondary: i8,
    /// Or on the other side.
    pub either: bool,
}

/// What is asked for of VHT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vht {
    /// VHT Capabilities Information (9.4.2.157.2), as far as the radio has it.
    pub info: u32,
    /// The channel's width.
    pub width: VhtWidth,
    /// Number of the channel in the middle.
    pub centre: u8,
}

/// Width of a channel of VHT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VhtWidth {
    /// As HT has it.
    Narrow,
    /// 80 MHz.
    Mhz80,
    /// 160 MHz.
    Mhz160,
    /// Two of 80 MHz: none is served so.
    Mhz80Plus80,
}

/// How frames of one access category contend (WMM specification 2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// Slots to wait.
    pub aifs: u8,
    /// Exponent of the shortest contention window.
    pub cw_min: u8,
    /// Exponent of the longest.
    pub cw_max: u8,
    /// Longest time on the air, in units of 32 microseconds.
    pub txop: u16,
    /// Admission is needed.
    pub acm: bool,
}

/// As access points have it where nobody says otherwise: what they tell stations.
pub const USUAL_WMM: [Category; 4] = [
    Category { aifs: 3, cw_min: 4, cw_max: 10, txop: 0, acm: false },
    Category { aifs: 7, cw_min: 4, cw_max: 10, txop: 0, acm: false },
    Category { aifs: 2, cw_min: 3, cw_max: 4, txop: 94, acm: false },
    Category { aifs: 2, cw_min: 2, cw_max: 3, txop: 47, acm: false },
];
