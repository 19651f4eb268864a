//! What the daemon is doing, in words for whoever asks the service manager.

use crate::machine::Supplicant;
use crate::station::{Station, WpaState};

impl Supplicant {
    /// All interfaces, in one line.
    pub(crate) fn in_words(&self) -> String {
        if !self.out.privd_up {
            return "waits for privd".to_owned();
        }
        let each: Vec<String> = self.stations.values().map(Station::in_words).collect();
        if each.is_empty() { "waits for interfaces to be named".to_owned() } else { each.join("; ") }
    }
}

impl Station {
    fn in_words(&self) -> String {
        let name = self.ifname();
        let target = self.link.target().map(|target| target.ssid);
        let to = target.map(|ssid| format!(" \"{ssid}\"")).unwrap_or_default();
        match self.state {
            _ if self.iface.handle.is_none() => format!("{name}: there is no such interface"),
            WpaState::InterfaceDisabled if self.iface.blocked => format!("{name}: its radio is switched off"),
            WpaState::InterfaceDisabled => format!("{name}: the interface is down"),
            WpaState::Disconnected => format!("{name}: not connected"),
            WpaState::Inactive => format!("{name}: no network is enabled"),
            WpaState::Scanning => format!("{name}: looks for its networks"),
            WpaState::Authenticating
            | WpaState::Associating
            | WpaState::Associated
            | WpaState::FourWayHandshake
            | WpaState::GroupHandshake => format!("{name}: joins{to}"),
            WpaState::Completed => format!("{name}: has joined{to}"),
        }
    }
}
