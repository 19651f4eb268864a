//! Channel numbers and frequencies (IEEE Std 802.11-2020 17.3.8.4, Annex E). Frequencies are in MHz.

/// A frequency band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Band {
    /// 2.4 GHz.
    Ghz2,
    /// 5 GHz.
    Ghz5,
    /// 6 GHz.
    Ghz6,
    /// 60 GHz.
    Ghz60,
    /// Sub 1 GHz.
    S1g,
}

/// The band that a frequency in MHz lies in.
#[must_use]
pub const fn band_of(freq: u32) -> Option<Band> {
    match freq {
        750..=940 => Some(Band::S1g),
        2400..=2500 => Some(Band::Ghz2),
        4900..=5900 => Some(Band::Ghz5),
        5925..=7125 => Some(Band::Ghz6),
        56_000..=71_000 => Some(Band::Ghz60),
        _ => None,
    }
}

/// The channel number of a centre frequency in MHz.
#[must_use]
pub const fn number_of(freq: u32) -> Option<u8> {
    match freq {
        2484 => Some(14),
        2412..=2472 => on_grid(freq, 2407, 5),
        4905..=4995 => on_grid(freq, 4000, 5),
        5005..=5895 => on_grid(freq, 5000, 5),
        5935 => Some(2),
        5955..=7115 => on_grid(freq, 5950, 5),
        58_320..=70_200 => on_grid(freq, 56_160, 2160),
        _ => None,
    }
}

/// How many steps a frequency is above the start of its band's grid, if it is on the grid.
const fn on_grid(freq: u32, start: u32, step: u32) -> Option<u8> {
    let above = freq.saturating_sub(start);
    match above.checked_div(step) {
        Some(number) if above.is_multiple_of(step) && number <= u8::MAX as u32 => Some(number as u8),
        Some(_) | None => None,
    }
}

/// The frequency so many steps above the start of a grid.
const fn grid(start: u32, step: u32, number: u32) -> Option<u32> {
    Some(start.saturating_add(step.saturating_mul(number)))
}

/// The centre frequency in MHz of a channel number in a band.
#[must_use]
pub const fn frequency_of(band: Band, number: u8) -> Option<u32> {
    let number = number as u32;
    match band {
        Band::Ghz2 => match number {
            14 => Some(2484),
            1..=13 => grid(2407, 5, number),
            _ => None,
        },
        Band::Ghz5 => match number {
            1..=180 => grid(5000, 5, number),
            181..=199 => grid(4000, 5, number),
            _ => None,
        },
        Band::Ghz6 => match number {
            2 => Some(5935),
            1..=233 => grid(5950, 5, number),
            _ => None,
        },
        Band::Ghz60 => match number {
            1..=6 => grid(56_160, 2160, number),
            _ => None,
        },
        Band::S1g => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_frequencies_agree() {
        for (band, number, freq) in [
            (Band::Ghz2, 1, 2412),
            (Band::Ghz2, 14, 2484),
            (Band::Ghz5, 36, 5180),
            (Band::Ghz5, 165, 5825),
            (Band::Ghz6, 2, 5935),
            (Band::Ghz6, 5, 5975),
            (Band::Ghz60, 2, 60_480),
        ] {
            assert_eq!(frequency_of(band, number), Some(freq));
            assert_eq!(number_of(freq), Some(number));
            assert_eq!(band_of(freq), Some(band));
        }
    }
}
