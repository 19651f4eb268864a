//! What message 3 tells beside keys and elements.

use alloc::vec::Vec;

use super::{Shared, SupplicantOutput};
use crate::Rsnxe;
use crate::key_frame::KeyData;

/// What the access point told.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// It named the network as we know it.
    named: bool,
    transition_disable: Option<u8>,
    password_ids: Vec<Vec<u8>>,
}

impl Told {
    /// Reads it; the error says why the network is to be left.
    pub(super) fn read(data: &KeyData, shared: &Shared) -> Result<Told, &'static str> {
        let config = &shared.config;
        let asked = config.negotiated.rsnxe.has(Rsnxe::SSID_PROTECTION);
        // IEEE Std 802.11-2024 12.7.6.4: a name that differs was changed on the way, in beacons or in our request.
        let expected = config.ssid.as_deref().filter(|_| asked);
        let named = match (expected, data.ssid()) {
            (None, _) => false,
            (Some(expected), Some(named)) if expected == named => true,
            (Some(_), Some(_)) => return Err("SSID in message 3 is not that of this network"),
            (Some(_), None) => return Err("no SSID in message 3, though it was to be confirmed"),
        };
        let takes = config.negotiated.rsnxe.has(Rsnxe::SAE_PASSWORD_ID_CHANGE);
        let password_ids = data.password_ids().filter(|_| takes).unwrap_or_default().to_vec();
        Ok(Told { named, transition_disable: data.transition_disable(), password_ids })
    }

    /// Hands it on.
    pub(super) fn hand_on(self, shared: &mut Shared) {
        if self.named {
            shared.push(SupplicantOutput::SsidConfirmed);
        }
        if let Some(bits) = self.transition_disable {
            shared.push(SupplicantOutput::TransitionDisable(bits));
        }
        if !self.password_ids.is_empty() {
            shared.push(SupplicantOutput::PasswordIdentifiers(self.password_ids));
        }
    }
}
