//! Channels as P2P frames say them: an operating class and a number, of the global table (IEEE Std 802.11-2020 Table E-4).

use alloc::vec::Vec;
use wire::channel::{Band, band_of, frequency_of, number_of};
use wire::{Malformed, Reader, Writer};

/// Country string whose third octet says that classes are of the global table (Wi-Fi Direct 4.1.8).
pub type Country = [u8; 3];

/// A 20 MHz channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// Operating class.
    pub class: u8,
    /// Channel number.
    pub number: u8,
}

impl Channel {
    /// The centre frequency in MHz; `None` for classes that are not known here.
    #[must_use]
    pub fn frequency(self) -> Option<u32> {
        let band = match self.class {
            81..=84 => Band::Ghz2,
            112..=130 => Band::Ghz5,
            131..=137 => Band::Ghz6,
            180 => Band::Ghz60,
            _ => return None,
        };
        frequency_of(band, self.number)
    }

    /// The channel at a centre frequency in MHz, with its class of 20 MHz.
    #[must_use]
    pub fn at(frequency: u32) -> Option<Channel> {
        let number = number_of(frequency)?;
        let class = match (band_of(frequency)?, number) {
            (Band::Ghz2, 1..=13) => 81,
            (Band::Ghz2, 14) => 82,
            (Band::Ghz5, 36..=48) => 115,
            (Band::Ghz5, 52..=64) => 118,
            (Band::Ghz5, 100..=144) => 121,
            (Band::Ghz5, 149..=161) => 124,
            (Band::Ghz5, 165..=177) => 125,
            (Band::Ghz6, _) => 131,
            (Band::Ghz60, _) => 180,
            (Band::Ghz2 | Band::Ghz5 | Band::S1g, _) => return None,
        };
        Some(Channel { class, number })
    }

    /// One of the three on which devices find each other (3.1.2.1.1).
    #[must_use]
    pub const fn is_social(self) -> bool {
        self.class == 81 && matches!(self.number, 1 | 6 | 11)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Channel, Malformed> {
        Ok(Channel { class: reader.u8("operating class")?, number: reader.u8("channel number")? })
    }
}

/// The social channels' centre frequencies in MHz (3.1.2.1.1).
pub const SOCIAL: [u32; 3] = [2412, 2437, 2462];

/// A channel in some country, as the attributes Listen Channel and Operating Channel say it (4.1.8, 4.1.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelIn {
    /// Where the class is valid.
    pub country: Country,
    /// Which one.
    pub channel: Channel,
}

impl ChannelIn {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<ChannelIn, Malformed> {
        Ok(ChannelIn { country: reader.array("country string")?, channel: Channel::read(reader)? })
    }

    pub(crate) fn write(&self, body: &mut Writer) {
        body.put(&self.country).u8(self.channel.class).u8(self.channel.number);
    }
}

/// Channels by class, in the order of preference of whoever made it (4.1.13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelList {
    channels: Vec<Channel>,
}

impl ChannelList {
    /// These channels; those at frequencies that no class is known for are left out.
    #[must_use]
    pub fn at(frequencies: &[u32]) -> ChannelList {
        frequencies.iter().filter_map(|frequency| Channel::at(*frequency)).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Channel> {
        self.channels.iter().copied()
    }

    /// There is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// A channel at the same frequency is in it: classes overlap.
    #[must_use]
    pub fn contains(&self, channel: Channel) -> bool {
        let frequency = channel.frequency();
        self.channels.iter().any(|known| *known == channel || (frequency.is_some() && known.frequency() == frequency))
    }

    /// What both have, in the order of the first.
    #[must_use]
    pub fn common(&self, other: &ChannelList) -> ChannelList {
        self.iter().filter(|channel| other.contains(*channel)).collect()
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<(Country, ChannelList), Malformed> {
        let country = reader.array("country string")?;
        let mut channels = Vec::new();
        while !reader.is_empty() {
            let class = reader.u8("operating class")?;
            let count = reader.u8("number of channels")?;
            let numbers = reader.take(usize::from(count), "channel list")?;
            channels.extend(numbers.iter().map(|number| Channel { class, number: *number }));
        }
        Ok((country, ChannelList { channels }))
    }

    pub(crate) fn write(&self, country: Country, body: &mut Writer) {
        body.put(&country);
        for entry in self.channels.chunk_by(|a, b| a.class == b.class) {
            // A class with more channels than an octet counts is said in two entries.
            for part in entry.chunks(usize::from(u8::MAX)) {
                let Some(first) = part.first() else { continue };
                body.u8(first.class).u8(u8::try_from(part.len()).unwrap_or(u8::MAX));
                for channel in part {
                    body.u8(channel.number);
                }
            }
        }
    }
}

impl FromIterator<Channel> for ChannelList {
    fn from_iter<I: IntoIterator<Item = Channel>>(channels: I) -> ChannelList {
        ChannelList { channels: channels.into_iter().collect() }
    }
}
