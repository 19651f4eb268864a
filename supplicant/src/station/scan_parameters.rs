//! What a scan asks for: names, channels, how.

use ctrl::station::ScanCommand;
use ipc_proto::ScanParameters;
use wire::Ssid;

use super::{Station, WpaState};

impl Station {
    pub(super) fn scan_parameters(&mut self, command: Option<&ScanCommand>, once: &[u32]) -> ScanParameters {
        let globals = &self.config.globals;
        let max = usize::from(self.iface.wiphy.as_ref().map_or(4, |wiphy| wiphy.max_scan_ssids).max(1));
        let mut parameters = ScanParameters::default();
        // Names that do not show themselves have to be called.
        let mut hidden: Vec<Ssid> = Vec::new();
        if let Some(command) = command {
            hidden.extend(&command.ssids);
            hidden.extend(
                command.networks.iter().filter_map(|id| self.config.network(*id)).filter_map(|network| network.ssid()),
            );
            parameters.bssid = command.bssid;
            parameters.flush = command.only_new;
        }
        if command.is_none_or(|command| command.ssids.is_empty()) {
            hidden.extend(self.enabled_networks().filter(|network| network.scan_ssid()).filter_map(|n| n.ssid()));
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
        let passive = command.is_some_and(|command| command.passive) || (command.is_none() && globals.passive_scan());
        let named_only = command.is_some_and(|command| !command.ssids.is_empty() && !command.wildcard_ssid);
        if passive {
            parameters.ssids.clear();
        } else if parameters.ssids.len() < max && !named_only {
            parameters.ssids.push(Ssid::default());
        }
        parameters.freqs = match command {
            Some(command) if !command.frequencies.is_empty() => self.expand(&command.frequencies),
            Some(_) => globals.freq_list(),
            None => self.frequencies_of_interest(once),
        };
        parameters.freqs.sort_unstable();
        parameters.freqs.dedup();
        parameters
    }

    /// Ranges of frequencies as the channels of the radio that lie in them.
    pub(crate) fn expand(&self, ranges: &[ctrl::station::FreqRange]) -> Vec<u32> {
        let mut freqs = Vec::new();
        for range in ranges {
            if range.low == range.high {
                freqs.push(range.low);
            } else if let Some(wiphy) = &self.iface.wiphy {
                let channels = wiphy.bands.iter().flat_map(|band| &band.channels);
                freqs.extend(
                    channels
                        .filter(|channel| !channel.disabled && (range.low..=range.high).contains(&channel.freq))
                        .map(|channel| channel.freq),
                );
            }
        }
        freqs
    }

    /// Channels that are worth a scan; none: all.
    fn frequencies_of_interest(&self, once: &[u32]) -> Vec<u32> {
        if !once.is_empty() {
            return once.to_vec();
        }
        let globals = &self.config.globals;
        if self.state == WpaState::Completed
            && globals.scan_cur_freq()
            && let Some(target) = self.link.target()
        {
            return vec![target.freq];
        }
        // Only if every network names its channels is the rest of no interest.
        let mut freqs = Vec::new();
        for network in self.enabled_networks() {
            let own = network.scan_freq();
            if own.is_empty() {
                freqs.clear();
                break;
            }
            freqs.extend(own);
        }
        if !freqs.is_empty() {
            return freqs;
        }
        if !self.scan.first_done {
            let initial = globals.initial_freq_list();
            if !initial.is_empty() {
                return initial;
            }
        }
        globals.freq_list()
    }
}
