//! What all BSSs of a radio share.

use super::radio_table::{RADIO_PARAMS, RadioKey};
use crate::values::{Change, SetError, Values};

/// The parameters of the radio.
#[derive(Clone, PartialEq, Eq)]
pub struct Radio {
    pub(crate) values: Values,
}

impl Default for Radio {
    fn default() -> Self {
        Radio { values: Values::new(RADIO_PARAMS) }
    }
}

impl core::fmt::Debug for Radio {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.values.fmt(f)
    }
}

/// `hw_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HwMode {
    /// 5 GHz (and 6 GHz, with `op_class`).
    A,
    /// 2.4 GHz with the oldest rates only.
    B,
    /// 2.4 GHz.
    G,
    /// 60 GHz.
    Ad,
    /// Whatever is found.
    Any,
}

/// `channel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelChoice {
    /// This number.
    Number(u8),
    /// To be chosen when starting.
    Automatic,
}

/// `ht_capab`, as capability bits (IEEE Std 802.11-2020 9.4.2.55.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HtCapab {
    /// The HT Capability Information field.
    pub info: u16,
    /// The secondary channel: 1 above, -1 below, 0 none.
    pub secondary: i8,
    /// Whether the other side will do too: both are named.
    pub either: bool,
}

/// How stations contend for the medium in one access category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WmmCategory {
    /// Waiting slots.
    pub aifs: u8,
    /// Exponent of the least contention window.
    pub cw_min: u8,
    /// Exponent of the largest contention window.
    pub cw_max: u8,
    /// Longest burst, in units of 32 microseconds.
    pub txop: u16,
    /// Whether admission is needed.
    pub acm: bool,
}

/// Words of `ht_capab` and the bits they set.
const HT_WORDS: &[(&str, u16)] = &[
    ("[LDPC]", 0x0001),
    ("[HT40+]", 0x0002),
    ("[HT40-]", 0x0002),
    ("[GF]", 0x0010),
    ("[SHORT-GI-20]", 0x0020),
    ("[SHORT-GI-40]", 0x0040),
    ("[TX-STBC]", 0x0080),
    ("[RX-STBC1]", 0x0100),
    ("[RX-STBC12]", 0x0200),
    ("[RX-STBC123]", 0x0300),
    ("[DELAYED-BA]", 0x0400),
    ("[MAX-AMSDU-7935]", 0x0800),
    ("[DSSS_CCK-40]", 0x1000),
    ("[40-INTOLERANT]", 0x4000),
    ("[LSIG-TXOP-PROT]", 0x8000),
];

/// Words of `vht_capab` and the bits they set.
const VHT_WORDS: &[(&str, u32)] = &[
    ("[MAX-MPDU-7991]", 1),
    ("[MAX-MPDU-11454]", 2),
    ("[VHT160]", 1 << 2),
    ("[VHT160-80PLUS80]", 2 << 2),
    ("[RXLDPC]", 1 << 4),
    ("[SHORT-GI-80]", 1 << 5),
    ("[SHORT-GI-160]", 1 << 6),
    ("[TX-STBC-2BY1]", 1 << 7),
    ("[RX-STBC-1]", 1 << 8),
    ("[RX-STBC-12]", 2 << 8),
    ("[RX-STBC-123]", 3 << 8),
    ("[RX-STBC-1234]", 4 << 8),
    ("[SU-BEAMFORMER]", 1 << 11),
    ("[SU-BEAMFORMEE]", 1 << 12),
    ("[BF-ANTENNA-2]", 1 << 13),
    ("[BF-ANTENNA-3]", 2 << 13),
    ("[BF-ANTENNA-4]", 3 << 13),
    ("[BF-ANTENNA-5]", 4 << 13),
    ("[SOUNDING-DIMENSION-2]", 1 << 16),
    ("[SOUNDING-DIMENSION-3]", 2 << 16),
    ("[SOUNDING-DIMENSION-4]", 3 << 16),
    ("[MU-BEAMFORMER]", 1 << 19),
    ("[VHT-TXOP-PS]", 1 << 21),
    ("[HTC-VHT]", 1 << 22),
    ("[MAX-A-MPDU-LEN-EXP1]", 1 << 23),
    ("[MAX-A-MPDU-LEN-EXP2]", 2 << 23),
    ("[MAX-A-MPDU-LEN-EXP3]", 3 << 23),
    ("[MAX-A-MPDU-LEN-EXP4]", 4 << 23),
    ("[MAX-A-MPDU-LEN-EXP5]", 5 << 23),
    ("[MAX-A-MPDU-LEN-EXP6]", 6 << 23),
    ("[MAX-A-MPDU-LEN-EXP7]", 7 << 23),
    ("[VHT-LINK-ADAPT2]", 2 << 26),
    ("[VHT-LINK-ADAPT3]", 3 << 26),
    ("[RX-ANTENNA-PATTERN]", 1 << 28),
    ("[TX-ANTENNA-PATTERN]", 1 << 29),
];

impl Radio {
    pub(super) fn set(&mut self, name: &[u8], text: &[u8]) -> Result<Change, SetError> {
        if name == b"channel" && crate::text::words(crate::text::trim_end(text)).next() != Some(b"acs_survey") {
            // What is no number, such as "auto", is none: the best channel.
            let number = Some(crate::text::leading_number(text)).filter(|n| (0..=255).contains(n));
            let number = number.ok_or_else(|| SetError::Invalid("neither a channel number nor acs_survey".into()))?;
            return self.values.set(name, alloc::format!("{number}").as_bytes());
        }
        if name == b"channel" {
            return self.values.set(name, b"acs_survey");
        }
        self.values.set(name, text)
    }

    /// Band and oldest rates.
    pub fn hw_mode(&self) -> HwMode {
        match self.values.read(RadioKey::hw_mode) {
            Some("a") => HwMode::A,
            Some("g") => HwMode::G,
            Some("ad") => HwMode::Ad,
            Some("any") => HwMode::Any,
            // 6 GHz is told by the operating class alone.
            None if self.is_6ghz() => HwMode::A,
            _ => HwMode::B,
        }
    }

    /// Whether the operating class is one of 6 GHz (IEEE Std 802.11ax-2021 Table E-4).
    pub fn is_6ghz(&self) -> bool {
        (131..=137).contains(&self.op_class())
    }

    /// Operating class; 0 if it follows from band and channel.
    fn op_class(&self) -> u8 {
        self.values.read(RadioKey::op_class)
    }

    /// The channel.
    pub fn channel(&self) -> ChannelChoice {
        let number =
            self.values.read(RadioKey::channel).and_then(crate::text::decimal).and_then(|n| u8::try_from(n).ok());
        match number {
            None | Some(0) => ChannelChoice::Automatic,
            Some(number) => ChannelChoice::Number(number),
        }
    }

    /// The country string: two letters and the environment; `None` if no country is set.
    pub fn country(&self) -> Option<[u8; 3]> {
        let letters: [u8; 2] = self.values.read(RadioKey::country_code)?;
        let third = match self.values.value(RadioKey::country3) {
            Some(crate::Value::Int(n)) => u8::try_from(*n).unwrap_or(b' '),
            _ => b' ',
        };
        Some([letters[0], letters[1], third])
    }

    /// HT capabilities.
    pub fn ht_capab(&self) -> HtCapab {
        let words = self.values.read(RadioKey::ht_capab).unwrap_or("");
        // Spatial multiplexing power save off is 3 in bits 2 and 3.
        let mut info = if words.contains("[SMPS-STATIC]") {
            0
        } else if words.contains("[SMPS-DYNAMIC]") {
            0x0004
        } else {
            0x000c
        };
        for (word, bits) in HT_WORDS {
            if words.contains(word) {
                info |= bits;
            }
        }
        let (above, below) = (words.contains("[HT40+]"), words.contains("[HT40-]"));
        let secondary = if below && !above { -1 } else { i8::from(above) };
        HtCapab { info, secondary, either: above && below }
    }

    /// VHT capabilities, as the VHT Capabilities Information field (IEEE Std 802.11-2020 9.4.2.157.2) that they ask for.
    pub fn vht_capab(&self) -> u32 {
        let words = self.values.read(RadioKey::vht_capab).unwrap_or("");
        VHT_WORDS.iter().filter(|(word, _)| words.contains(word)).fold(0, |info, (_, bits)| info | bits)
    }

    /// Size from which frames are sent with RTS; `None` as the driver has it, `Some(None)` never.
    pub fn rts_threshold(&self) -> Option<Option<u32>> {
        threshold(self.values.read(RadioKey::rts_threshold))
    }

    /// Size from which frames are fragmented; `None` as the driver has it, `Some(None)` never.
    pub fn fragm_threshold(&self) -> Option<Option<u32>> {
        threshold(self.values.read(RadioKey::fragm_threshold))
    }

    /// How stations contend, in the order of the WMM element: best effort, background, video, voice.
    pub fn wmm(&self) -> [WmmCategory; 4] {
        macro_rules! category {
            ($aifs:ident $cw_min:ident $cw_max:ident $txop:ident $acm:ident) => {
                WmmCategory {
                    aifs: self.values.read(RadioKey::$aifs),
                    cw_min: self.values.read(RadioKey::$cw_min),
                    cw_max: self.values.read(RadioKey::$cw_max),
                    txop: self.values.read(RadioKey::$txop),
                    acm: self.values.read(RadioKey::$acm),
                }
            };
        }
        [
            category!(wmm_ac_be_aifs wmm_ac_be_cwmin wmm_ac_be_cwmax wmm_ac_be_txop_limit wmm_ac_be_acm),
            category!(wmm_ac_bk_aifs wmm_ac_bk_cwmin wmm_ac_bk_cwmax wmm_ac_bk_txop_limit wmm_ac_bk_acm),
            category!(wmm_ac_vi_aifs wmm_ac_vi_cwmin wmm_ac_vi_cwmax wmm_ac_vi_txop_limit wmm_ac_vi_acm),
            category!(wmm_ac_vo_aifs wmm_ac_vo_cwmin wmm_ac_vo_cwmax wmm_ac_vo_txop_limit wmm_ac_vo_acm),
        ]
    }
}

fn threshold(n: i64) -> Option<Option<u32>> {
    match n {
        -2 => None,
        n => Some(u32::try_from(n).ok()),
    }
}
