//! What the station sends.

use super::{First, Shared, SupplicantConfig, SupplicantOutput};
use crate::Protocol;
use crate::key_frame::{Draft, KdeWriter, KeyInfo};
use crate::ptk::{Nonce, Ptk};

/// What every frame has in common, and the counter of our own requests.
#[derive(Debug)]
pub(super) struct Sender {
    protocol: Protocol,
    eapol_version: u8,
    requests: u64,
    #[cfg(feature = "testing")]
    tweaks: super::Tweaks,
}

impl Sender {
    pub(super) fn new(config: &SupplicantConfig) -> Sender {
        Sender {
            protocol: config.negotiated.protocol,
            eapol_version: config.eapol_version,
            requests: 0,
            #[cfg(feature = "testing")]
            tweaks: config.tweaks.clone(),
        }
    }

    fn draft(&self, info: KeyInfo, replay: u64) -> Draft {
        Draft::new(self.protocol, self.eapol_version, info, replay)
    }

    /// Key Length in messages of the 4-way handshake: WPA repeats what the access point said, RSN says zero.
    const fn key_len(&self, theirs: usize) -> usize {
        match self.protocol {
            Protocol::Wpa => theirs,
            Protocol::Rsn => 0,
        }
    }

    /// Message 4 (12.7.6.5).
    pub(super) fn fourth(
        &self,
        ptk: &Ptk,
        replay: u64,
        theirs: KeyInfo,
        key_len: usize,
        encrypt: bool,
    ) -> SupplicantOutput {
        let info = KeyInfo::PAIRWISE.with_if(theirs.has(KeyInfo::SECURE), KeyInfo::SECURE);
        let draft = self.draft(info, replay).key_len(self.key_len(key_len));
        #[cfg(not(feature = "testing"))]
        let frame = draft.sign(ptk);
        #[cfg(feature = "testing")]
        let frame = super::tweaks::sign(draft, &[], &self.tweaks.fourth, self.tweaks.fourth_encrypted, ptk);
        SupplicantOutput::SendEapol { frame, encrypt }
    }

    /// Message 2 of the group key handshake (12.7.7.3).
    pub(super) fn group_second(&self, ptk: &Ptk, replay: u64, theirs: KeyInfo) -> SupplicantOutput {
        let info = KeyInfo(theirs.0 & KeyInfo::INDEX).with(KeyInfo::SECURE);
        SupplicantOutput::SendEapol { frame: self.draft(info, replay).sign(ptk), encrypt: true }
    }

    /// A request: for a handshake, or reporting a Michael failure (12.7.2 b) 10), 11)).
    pub(super) fn request(&mut self, ptk: &Ptk, pairwise: bool, failure: bool) -> SupplicantOutput {
        let info = KeyInfo::REQUEST
            .with(KeyInfo::SECURE)
            .with_if(pairwise, KeyInfo::PAIRWISE)
            .with_if(failure, KeyInfo::ERROR);
        let replay = self.requests;
        self.requests = self.requests.saturating_add(1);
        SupplicantOutput::SendEapol { frame: self.draft(info, replay).sign(ptk), encrypt: true }
    }
}

impl Shared {
    /// Message 2 (12.7.6.3).
    pub(super) fn answer_first(&mut self, first: &First, snonce: &Nonce, linked: bool) {
        let config = &self.config;
        let ptk = first.suite.derive(&first.pmk, config.bssid, config.own, &first.anonce, snonce);
        let data = KdeWriter::new().element(Some(&config.own_element)).element(config.own_rsnxe.as_deref());
        let secure = linked && self.sender.protocol == Protocol::Rsn;
        let info = KeyInfo::PAIRWISE.with_if(secure, KeyInfo::SECURE);
        #[cfg(feature = "testing")]
        let info = info.with(KeyInfo(config.second_info));
        let data = data.finish();
        let draft = self.sender.draft(info, first.replay).key_len(self.sender.key_len(first.key_len)).nonce(snonce);
        #[cfg(not(feature = "testing"))]
        let frame = draft.key_data(data).sign(&ptk);
        #[cfg(feature = "testing")]
        let frame = {
            let tweaks = &config.tweaks;
            super::tweaks::sign(draft, data.as_bytes(), &tweaks.second, tweaks.second_encrypted, &ptk)
        };
        self.push(SupplicantOutput::SendEapol { frame, encrypt: linked });
    }
}
