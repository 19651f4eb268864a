//! What the access point sends. Each frame has a replay counter that was never used before; it is returned.

use crypto::Rng;

use super::{AuthenticatorOutput, Group, Shared};
use crate::key_frame::{Draft, KdeWriter, KeyInfo};
use crate::ptk::{Nonce, Ptk};
use crate::{AkmSuite, Pmkid, Protocol, Rsnxe};

impl Shared {
    fn draft(&mut self, info: KeyInfo) -> (Draft, u64) {
        self.replay = self.replay.saturating_add(1);
        let protocol = self.station.negotiated.protocol;
        (Draft::new(protocol, self.config.eapol_version, info, self.replay), self.replay)
    }

    fn send(&mut self, frame: alloc::vec::Vec<u8>, encrypt: bool) {
        self.push(AuthenticatorOutput::SendEapol { frame, encrypt });
    }

    /// Message 1 (12.7.6.2). It names the master key where stations cache it.
    pub(super) fn send_first(&mut self, anonce: &Nonce, linked: bool) -> u64 {
        // 12.7.2 b) 9): secure, once the first exchange of keys is complete.
        let rsn = self.station.negotiated.protocol == Protocol::Rsn;
        let info = KeyInfo::PAIRWISE.with(KeyInfo::ACK).with_if(linked && rsn, KeyInfo::SECURE);
        let (draft, counter) = self.draft(info);
        let negotiated = &self.station.negotiated;
        let caches =
            negotiated.protocol == Protocol::Rsn && (!negotiated.akm.is_psk() || negotiated.akm == AkmSuite::Owe);
        let named: Option<Pmkid> = self.pmkid.filter(|_| caches);
        let data = KdeWriter::new().pmkid(named);
        #[cfg(feature = "testing")]
        let data = data.element(Some(&self.config.tweaks.first));
        let draft = draft.key_len(negotiated.pairwise.key_len()).nonce(anonce).key_data(data.finish());
        // A machine without a suite has never begun.
        if let Ok(suite) = self.suite() {
            self.send(draft.without_mic(&suite), linked);
        }
        counter
    }

    /// Message 3 (12.7.6.4).
    pub(super) fn send_third(
        &mut self,
        ptk: &Ptk,
        anonce: &Nonce,
        group: &Group,
        linked: bool,
        rng: &mut dyn Rng,
    ) -> u64 {
        let rsn = self.station.negotiated.protocol == Protocol::Rsn;
        let info = KeyInfo::PAIRWISE.with(KeyInfo::ACK).with(KeyInfo::INSTALL).with_if(rsn, KeyInfo::SECURE);
        let (draft, counter) = self.draft(info);
        let draft = draft.key_len(self.station.negotiated.pairwise.key_len()).nonce(anonce);
        let elements = &self.config.elements;
        let frame = if rsn {
            let data = KdeWriter::new()
                .element(elements.rsne.as_deref())
                .element(elements.rsnxe.as_deref())
                .element(elements.wpa.as_deref());
            let data = group.write_keys(data, self.station.negotiated.pmf);
            let asked = self.station.negotiated.rsnxe.has(Rsnxe::SSID_PROTECTION);
            let named = self.config.ssid.as_deref().filter(|_| asked);
            let data =
                data.transition_disable(self.config.transition_disable).ssid(named).password_ids(&self.password_ids);
            #[cfg(feature = "testing")]
            let data = data.element(Some(&self.config.tweaks.third));
            let draft = draft.rsc(group.rsc()).key_data(data.finish());
            #[cfg(feature = "testing")]
            if self.config.tweaks.third_plain {
                self.send(draft.sign(ptk), linked);
                return counter;
            }
            draft.encrypt_and_sign(ptk, rng)
        } else {
            draft.key_data(KdeWriter::new().element(elements.wpa.as_deref()).finish()).sign(ptk)
        };
        self.send(frame, linked);
        counter
    }

    /// Message 1 of the group key handshake (12.7.7.2).
    pub(super) fn send_group_first(&mut self, ptk: &Ptk, group: &Group, rng: &mut dyn Rng) -> u64 {
        let secure = KeyInfo::ACK.with(KeyInfo::SECURE);
        let frame;
        let counter;
        match self.station.negotiated.protocol {
            Protocol::Rsn => {
                let data = group.write_keys(KdeWriter::new(), self.station.negotiated.pmf);
                let (draft, sent) = self.draft(secure);
                counter = sent;
                frame = draft.rsc(group.rsc()).key_data(data.finish()).encrypt_and_sign(ptk, rng);
            }
            Protocol::Wpa => {
                let (index, key) = group.bare_key();
                let index = KeyInfo(u16::from(index) << 4 & KeyInfo::INDEX);
                let mut nonce = [0; 32];
                rng.fill(&mut nonce);
                let (draft, sent) = self.draft(secure.with(index));
                counter = sent;
                frame =
                    draft.key_len(key.len()).nonce(&nonce).rsc(group.rsc()).key_data(key).encrypt_and_sign(ptk, rng);
            }
        }
        self.send(frame, true);
        counter
    }
}
