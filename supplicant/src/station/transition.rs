//! Weaker modes that a network has left: once an access point has said so in a protected message, nobody can make us
//! use them again (WPA3 Specification 3.5 section 8).

use conf::station::NetworkId;
use ctrl::StationEvent;

use super::Station;
use crate::control::settings;
use crate::outbox::Cx;

/// WPA2-Personal is left: SAE only.
const WPA3_PERSONAL: u8 = 1 << 0;

impl Station {
    /// The access point of the present link told which modes its network has left.
    pub(crate) fn leave_transition(&mut self, cx: &mut Cx<'_>, id: NetworkId, bits: u8) {
        self.tell(cx, &StationEvent::TransitionDisable(bits));
        // It says so of what it has proved itself by: a link made with the pre-shared key proves nothing about SAE.
        let sae = self.link.target().is_some_and(super::link::Target::is_sae);
        let Some(network) = self.config.network_mut(id) else { return };
        if bits & WPA3_PERSONAL == 0 || !sae || !network.leave_wpa2_personal() {
            return;
        }
        tracing::info!("{}: network {id} has left WPA2: it is joined with SAE only from now on", self.ifname());
        if self.config.globals.update_config() {
            settings::write(self, cx, None);
        }
    }
}
