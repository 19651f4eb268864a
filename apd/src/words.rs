//! What the daemon is doing, in words for whoever asks the service manager.

use crate::iface::{Iface, State, Why};
use crate::machine::Apd;

impl Apd {
    /// All radios, in one line.
    pub(crate) fn in_words(&self) -> String {
        if !self.privd {
            return "waits for privd".to_owned();
        }
        let each: Vec<String> = self.ifaces.iter().map(Iface::in_words).collect();
        if each.is_empty() { "waits for interfaces to be named".to_owned() } else { each.join("; ") }
    }
}

impl Iface {
    fn in_words(&self) -> String {
        let name = self.name();
        let names: Vec<String> =
            self.config.bss.iter().filter_map(|bss| bss.ssid()).map(|ssid| format!("\"{ssid}\"")).collect();
        match self.state {
            State::Uninitialized => format!("{name}: not enabled"),
            State::Disabled => format!("{name}: disabled"),
            State::Coming(_) => format!("{name}: comes up"),
            State::Waiting(Why::Privd) => format!("{name}: waits for privd"),
            State::Waiting(Why::Interface) => format!("{name}: there is no such interface"),
            State::Waiting(Why::Blocked) => format!("{name}: its radio is switched off"),
            State::Waiting(Why::Down) => format!("{name}: the interface is down"),
            State::Waiting(Why::Retry(_)) => format!("{name}: something failed; it is tried again"),
            State::Enabled => format!("{name}: serves {}", names.join(", ")),
        }
    }
}
