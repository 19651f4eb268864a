//! Who is there before 40 MHz are used on 2.4 GHz (IEEE Std 802.11-2020 11.15.3.2): the channel is wide only where no
//! neighbour is in the way, for it would take the half of a band in which there is room for three.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ipc_proto::{ChannelDefinition, ChannelWidth, ScanEntry, WiphyInfo};
use wire::channel::Band;
use wire::element::{Elements, id};

use crate::Operating;

/// The affected range reaches so far from the middle of the 40 MHz, in MHz.
const REACH: u32 = 25;
/// In HT Capability Information (9.4.2.55.2): 40 MHz are not tolerated.
const INTOLERANT: u16 = 0x4000;

impl Operating {
    /// The channels, in MHz, to be scanned before it is used as it is. None where nobody has to be looked for.
    #[must_use]
    pub fn channels_to_scan(&self, wiphy: &WiphyInfo) -> Vec<u32> {
        if self.band != Band::Ghz2 || self.secondary == 0 {
            return Vec::new();
        }
        let band = wiphy.bands.iter().filter(|info| info.band == self.band);
        let channels = band.flat_map(|info| &info.channels).filter(|channel| !channel.disabled);
        channels.map(|channel| channel.freq).filter(|freq| self.affects(*freq)).collect()
    }

    fn affects(&self, freq: u32) -> bool {
        freq.abs_diff(self.definition.center1) <= REACH
    }

    /// The first neighbour that allows no 40 MHz here, and why, in words.
    #[must_use]
    pub fn in_the_way(&self, neighbours: &[ScanEntry]) -> Option<String> {
        let words = |neighbour: &ScanEntry, why: &str| format!("{} on {} MHz {why}", neighbour.bssid, neighbour.freq);
        neighbours.iter().find_map(|neighbour| self.why_not(neighbour).map(|why| words(neighbour, why)))
    }

    fn why_not(&self, neighbour: &ScanEntry) -> Option<&'static str> {
        let primary = neighbour.freq;
        let elements = Elements::new(&neighbour.elements);
        let operation = elements.find(id::HT_OPERATION).and_then(|element| element.body.get(1));
        // Secondary channel offset in the first two bits (9.4.2.56).
        let secondary = match operation.map(|subset| subset & 3) {
            Some(1) => Some(primary.saturating_add(20)),
            Some(3) => Some(primary.saturating_sub(20)),
            Some(_) | None => None,
        };
        if !self.affects(primary) && !secondary.is_some_and(|freq| self.affects(freq)) {
            return None;
        }
        let ours = if self.secondary > 0 {
            self.definition.freq.saturating_add(20)
        } else {
            self.definition.freq.saturating_sub(20)
        };
        match secondary {
            // P = OT for all of 20 MHz, P = OP and S = OS for all of 40 MHz.
            None if primary != self.definition.freq => return Some("is in the range"),
            Some(theirs) if primary != self.definition.freq || theirs != ours => {
                return Some("uses 40 MHz of its own there");
            }
            None | Some(_) => {}
        }
        let info = elements.find(id::HT_CAPABILITIES).and_then(|element| element.body.first_chunk::<2>());
        info.is_some_and(|info| u16::from_le_bytes(*info) & INTOLERANT != 0).then_some("does not tolerate 40 MHz")
    }

    /// The same channel without its secondary one.
    #[must_use]
    pub fn narrow(self) -> Operating {
        let freq = self.definition.freq;
        let definition = ChannelDefinition { freq, width: ChannelWidth::Mhz20, center1: freq, center2: 0 };
        Operating { secondary: 0, definition, ..self }
    }
}
