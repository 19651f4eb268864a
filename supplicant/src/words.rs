//! What the daemon is doing, in words for whoever asks the service manager.

use crate::machine::Supplicant;
use sta::{Hindrance, Obstacle, State};

use crate::interface::Interface;

impl Supplicant {
    /// All interfaces, in one line.
    pub(crate) fn in_words(&self) -> String {
        if !self.out.privd_up {
            return "waits for privd".to_owned();
        }
        let each: Vec<String> = self.interfaces.values().map(Interface::in_words).collect();
        if each.is_empty() { "waits for interfaces to be named".to_owned() } else { each.join("; ") }
    }
}

impl Interface {
    fn in_words(&self) -> String {
        let name = self.ifname();
        let target = self.engine.target().map(|target| target.ssid);
        let to = target.map(|ssid| format!(" \"{ssid}\"")).unwrap_or_default();
        match self.engine.state() {
            _ if self.iface.handle.is_none() => format!("{name}: there is no such interface"),
            _ if self.life.disabled && self.iface.blocked => format!("{name}: its radio is switched off"),
            _ if self.life.disabled => format!("{name}: the interface is down"),
            State::Disconnected => format!("{name}: not connected"),
            State::Inactive => format!("{name}: no network is enabled"),
            State::Scanning => format!("{name}: looks for its networks"),
            State::Authenticating
            | State::Associating
            | State::Associated
            | State::FourWayHandshake
            | State::GroupHandshake => format!("{name}: joins{to}"),
            State::Completed => format!("{name}: has joined{to}"),
        }
    }

    /// What stands in the way of the enabled networks.
    pub(crate) fn in_the_way(&self, obstacles: &[Obstacle]) -> String {
        let table = self.engine.table();
        let mut text = format!("{}: no network matches: seen {} BSSs", self.ifname(), table.len());
        for Obstacle { network, hindrance } in obstacles {
            let network = self.network(*network);
            let ssid = network.and_then(conf::station::Network::ssid).unwrap_or_default();
            match hindrance {
                Hindrance::LeftAlone => {
                    text.push_str(&format!("; \"{ssid}\" is left alone for a while after failures"))
                }
                Hindrance::NotSeen => text.push_str(&format!("; none named \"{ssid}\"")),
                Hindrance::Unfit { bss, bssid, why } => {
                    text.push_str(&format!("; \"{ssid}\" at {bssid}: {why}"));
                    if let (sta::Unfit::Mismatch(_), Some(bss), Some(network)) = (why, table.by_id(*bss), network) {
                        let (offers, asked) = (crate::control::flags(bss), network.key_mgmt());
                        text.push_str(&format!(" (it offers {offers}; key_mgmt={asked})"));
                    }
                }
            }
        }
        text
    }
}
