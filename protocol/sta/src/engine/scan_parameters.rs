//! What a scan asks for: names, channels, how.

use alloc::vec;
use alloc::vec::Vec;

use ipc_proto::ScanParameters;
use wire::Ssid;

use super::Engine;
use crate::scan::{FreqRange, ScanWish};

impl Engine {
    pub(super) fn scan_parameters(&mut self, wish: Option<&ScanWish>, once: &[u32]) -> ScanParameters {
        let max = usize::from(self.device.abilities.scan_names.max(1));
        let mut parameters = ScanParameters::default();
        // Names that do not show themselves have to be called.
        let mut hidden: Vec<Ssid> = Vec::new();
        if let Some(wish) = wish {
            hidden.extend(&wish.ssids);
            hidden.extend(wish.networks.iter().filter_map(|id| self.profile(*id)?.ssid));
            parameters.bssid = wish.bssid;
            parameters.flush = wish.only_new;
        }
        if wish.is_none_or(|wish| wish.ssids.is_empty()) {
            hidden.extend(self.enabled().filter(|profile| profile.hidden).filter_map(|profile| profile.ssid));
        }
        hidden.dedup();
        let room = max.saturating_sub(1).max(1);
        if hidden.len() > room {
            self.scan.rotate = self.scan.rotate.checked_rem(hidden.len()).unwrap_or(0);
            hidden.rotate_left(self.scan.rotate);
            self.scan.rotate = self.scan.rotate.saturating_add(room);
            hidden.truncate(room);
        }
        parameters.ssids = hidden;
        let passive = wish.map_or(self.settings.passive_scan, |wish| wish.passive);
        let named_only = wish.is_some_and(|wish| !wish.ssids.is_empty() && !wish.wildcard);
        if passive {
            parameters.ssids.clear();
        } else if parameters.ssids.len() < max && !named_only {
            parameters.ssids.push(Ssid::default());
        }
        parameters.freqs = match wish {
            Some(wish) if !wish.frequencies.is_empty() => self.expand(&wish.frequencies),
            Some(_) => self.settings.scan_freqs.clone(),
            None => self.frequencies_of_interest(once),
        };
        parameters.freqs.sort_unstable();
        parameters.freqs.dedup();
        parameters
    }

    /// Ranges of frequencies as the channels of the radio that lie in them.
    pub(crate) fn expand(&self, ranges: &[FreqRange]) -> Vec<u32> {
        let mut freqs = Vec::new();
        for range in ranges {
            if range.low == range.high {
                freqs.push(range.low);
            } else {
                let channels = self.device.abilities.bands.iter().flat_map(|band| &band.channels);
                let inside = channels.filter(|one| !one.disabled && (range.low..=range.high).contains(&one.freq));
                freqs.extend(inside.map(|channel| channel.freq));
            }
        }
        freqs
    }

    /// Channels that are worth a scan; none: all.
    fn frequencies_of_interest(&self, once: &[u32]) -> Vec<u32> {
        if !once.is_empty() {
            return once.to_vec();
        }
        if self.is_connected()
            && self.settings.scan_current_only
            && let Some(target) = self.target()
        {
            return vec![target.freq];
        }
        // Only if every network names its channels is the rest of no interest.
        let mut freqs = Vec::new();
        for profile in self.enabled() {
            if profile.scan_freqs.is_empty() {
                freqs.clear();
                break;
            }
            freqs.extend(&profile.scan_freqs);
        }
        if !freqs.is_empty() {
            return freqs;
        }
        if !self.scan.first_done && !self.settings.first_scan_freqs.is_empty() {
            return self.settings.first_scan_freqs.clone();
        }
        self.settings.scan_freqs.clone()
    }
}
