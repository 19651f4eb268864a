//! The channel that a radio operates on, and what of its abilities is used there.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ipc_proto::{BandInfo, ChannelDefinition, ChannelInfo, ChannelWidth, WiphyInfo};
use wire::channel::{Band, frequency_of, number_of};

use crate::radio::{Ht, Mode, RadioProfile, VhtWidth};

/// A channel with everything that elements say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operating {
    /// Its band.
    pub band: Band,
    /// Number of the primary channel.
    pub number: u8,
    /// Channel for the driver.
    pub definition: ChannelDefinition,
    /// Where the secondary channel is: 1 above, -1 below, 0 nowhere.
    pub secondary: i8,
    /// HT is used.
    pub ht: bool,
    /// VHT is used.
    pub vht: bool,
    /// Rates in units of 100 kb/s, with whether each is basic.
    pub rates: Vec<(u16, bool)>,
}

impl Operating {
    /// The channel that the configuration asks for, or the first allowed one of its band.
    ///
    /// # Errors
    /// Why the radio cannot do what is asked, in words.
    pub fn choose(radio: &RadioProfile, wiphy: &WiphyInfo) -> Result<Operating, String> {
        let band = match radio.mode {
            Mode::B | Mode::G => Band::Ghz2,
            Mode::A if radio.six_ghz => Band::Ghz6,
            Mode::A => Band::Ghz5,
            Mode::Ad => Band::Ghz60,
            Mode::Any => any_band(radio, wiphy),
        };
        let info = wiphy
            .bands
            .iter()
            .find(|info| info.band == band)
            .ok_or_else(|| "the radio does not have the band that hw_mode asks for".to_string())?;
        if band == Band::Ghz6 {
            // IEEE Std 802.11ax-2021 26.17.2: what is not HE has no business there.
            return Err("6 GHz needs HE (ieee80211ax=1), which is not supported yet".to_string());
        }
        let place = match radio.country {
            Some([a, b, _]) => format!("with country_code={}{}", char::from(a), char::from(b)),
            None => "without country_code, which would say in which country this is".to_string(),
        };
        let channel = match radio.channel {
            Some(number) => {
                let freq = frequency_of(band, number);
                let found = info.channels.iter().find(|channel| Some(channel.freq) == freq);
                let channel = found
                    .ok_or_else(|| format!("the radio has no channel {number} in the band that hw_mode asks for"))?;
                allowed(channel)
                    .map_err(|why| format!("channel {number} ({} MHz): {}", channel.freq, why.words(&place)))?;
                channel
            }
            None => info
                .channels
                .iter()
                .find(|channel| allowed(channel).is_ok())
                .ok_or_else(|| format!("the regulatory domain allows beacons on no channel of this band {place}"))?,
        };
        Ok(Operating::on(radio, info, channel))
    }

    /// The same settings on another channel, as after a channel switch.
    #[must_use]
    pub fn moved(&self, radio: &RadioProfile, wiphy: &WiphyInfo, definition: ChannelDefinition) -> Option<Operating> {
        let band = wire::channel::band_of(definition.freq).filter(|band| *band != Band::Ghz6)?;
        let info = wiphy.bands.iter().find(|info| info.band == band)?;
        let secondary = match definition.width {
            ChannelWidth::NoHt20 | ChannelWidth::Mhz20 => 0,
            ChannelWidth::Mhz40
            | ChannelWidth::Mhz80
            | ChannelWidth::Mhz80Plus80
            | ChannelWidth::Mhz160
            | ChannelWidth::Mhz320 => secondary_within(definition),
        };
        Some(Operating {
            band,
            number: number_of(definition.freq)?,
            definition,
            secondary,
            ht: self.ht && info.ht_capability.is_some(),
            vht: self.vht && info.vht_capability.is_some(),
            rates: rates(radio, info),
        })
    }

    fn on(radio: &RadioProfile, info: &BandInfo, channel: &ChannelInfo) -> Operating {
        let ht = radio.ht.is_some() && info.ht_capability.is_some() && info.band != Band::Ghz6;
        let vht = ht && radio.vht.is_some() && info.vht_capability.is_some();
        let asked = radio.ht.unwrap_or(Ht { info: 0, secondary: 0, either: false });
        let wide = ht && info.ht_capability.is_some_and(|own| own & 0x0002 != 0);
        let secondary = match asked.secondary {
            _ if !wide => 0,
            1 if !channel.no_ht40_plus => 1,
            -1 if !channel.no_ht40_minus => -1,
            1 if asked.either && !channel.no_ht40_minus => -1,
            _ => 0,
        };
        let definition = match (ht, secondary) {
            (false, _) => ChannelDefinition::legacy(channel.freq),
            (true, 0) => {
                ChannelDefinition { freq: channel.freq, width: ChannelWidth::Mhz20, center1: channel.freq, center2: 0 }
            }
            (true, side) => {
                let center1 = if side > 0 { channel.freq.saturating_add(10) } else { channel.freq.saturating_sub(10) };
                ChannelDefinition { freq: channel.freq, width: ChannelWidth::Mhz40, center1, center2: 0 }
            }
        };
        let definition = if vht { vht_width(radio, channel.freq, definition) } else { definition };
        Operating {
            band: info.band,
            number: number_of(channel.freq).unwrap_or(0),
            definition,
            secondary,
            ht,
            vht,
            rates: rates(radio, info),
        }
    }

    /// The rates as elements say them: units of 500 kb/s, the top bit set for basic ones.
    #[must_use]
    pub fn rate_octets(&self) -> Vec<u8> {
        let octet = |(rate, basic): &(u16, bool)| u8::try_from(rate / 5).unwrap_or(0x7f) & 0x7f | u8::from(*basic) << 7;
        self.rates.iter().map(octet).collect()
    }

    /// Only the basic ones, units of 500 kb/s.
    #[must_use]
    pub fn basic_rates(&self) -> Vec<u8> {
        self.rate_octets().into_iter().filter(|rate| rate & 0x80 != 0).map(|rate| rate & 0x7f).collect()
    }

    /// The ERP element and short slots are for OFDM on 2.4 GHz.
    #[must_use]
    pub fn is_erp(&self) -> bool {
        self.band == Band::Ghz2 && self.rates.iter().any(|(rate, _)| matches!(rate, 60 | 90 | 120 | 180 | 240))
    }
}

/// `hw_mode=any`: the band in which the channel number exists, 2.4 GHz first.
fn any_band(radio: &RadioProfile, wiphy: &WiphyInfo) -> Band {
    let has = |band: Band| wiphy.bands.iter().any(|info| info.band == band);
    match radio.channel {
        Some(number) if number > 14 => Band::Ghz5,
        Some(_) | None if has(Band::Ghz2) => Band::Ghz2,
        Some(_) | None => Band::Ghz5,
    }
}

/// Why a channel cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    Forbidden,
    NoBeacons,
    Radar,
}

impl Unfit {
    fn words(self, place: &str) -> String {
        match self {
            Unfit::Forbidden => format!("the regulatory domain forbids it {place}"),
            Unfit::NoBeacons => format!("the regulatory domain allows no beacons on it {place}"),
            Unfit::Radar => "it needs radar detection, which is not supported yet; choose another channel".to_string(),
        }
    }
}

const fn allowed(channel: &ChannelInfo) -> Result<(), Unfit> {
    if channel.disabled {
        Err(Unfit::Forbidden)
    } else if channel.no_ir {
        Err(Unfit::NoBeacons)
    } else if channel.radar {
        Err(Unfit::Radar)
    } else {
        Ok(())
    }
}

const fn secondary_within(definition: ChannelDefinition) -> i8 {
    // 40 MHz pairs are counted from the lower edge of the whole segment.
    let half = match definition.width {
        ChannelWidth::Mhz40 => 20,
        ChannelWidth::Mhz80 | ChannelWidth::Mhz80Plus80 => 40,
        ChannelWidth::Mhz160 => 80,
        ChannelWidth::Mhz320 => 160,
        ChannelWidth::NoHt20 | ChannelWidth::Mhz20 => return 0,
    };
    let low_edge = definition.center1.saturating_sub(half);
    let offset = definition.freq.saturating_sub(low_edge) / 20;
    if offset.is_multiple_of(2) { 1 } else { -1 }
}

/// The channel with the width that is asked for, where the middle fits (IEEE Std 802.11-2020 Table 9-274).
fn vht_width(radio: &RadioProfile, freq: u32, narrow: ChannelDefinition) -> ChannelDefinition {
    let Some(vht) = radio.vht else { return narrow };
    match (vht.width, frequency_of(Band::Ghz5, vht.centre)) {
        (VhtWidth::Mhz80, Some(center1)) if center1.abs_diff(freq) <= 30 => {
            ChannelDefinition { freq, width: ChannelWidth::Mhz80, center1, center2: 0 }
        }
        (VhtWidth::Mhz160, Some(center1)) if center1.abs_diff(freq) <= 70 => {
            ChannelDefinition { freq, width: ChannelWidth::Mhz160, center1, center2: 0 }
        }
        (VhtWidth::Narrow | VhtWidth::Mhz80 | VhtWidth::Mhz160 | VhtWidth::Mhz80Plus80, _) => narrow,
    }
}

/// The rates in use and which of them are basic, as the originals have them by band and mode.
fn rates(radio: &RadioProfile, info: &BandInfo) -> Vec<(u16, bool)> {
    let (wanted, basic) = (&radio.rates, &radio.basic_rates);
    let usual: &[u16] = match (info.band, radio.mode) {
        (Band::Ghz2, Mode::G) => &[10, 20, 55, 110],
        (Band::Ghz2, _) => &[10, 20],
        _ => &[60, 120, 240],
    };
    let only_cck = info.band == Band::Ghz2 && radio.mode == Mode::B;
    info.rates
        .iter()
        .copied()
        .filter(|rate| wanted.is_empty() || wanted.contains(&u32::from(*rate)))
        .filter(|rate| !only_cck || matches!(rate, 10 | 20 | 55 | 110))
        .map(|rate| (rate, if basic.is_empty() { usual.contains(&rate) } else { basic.contains(&u32::from(rate)) }))
        .collect()
}
