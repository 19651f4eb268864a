//! The station's side of the 4-way handshake and of the group key handshake (IEEE Std 802.11-2020 12.7.6, 12.7.7).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Rng, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::{ApOffer, CipherSuite, Discard, Negotiated, Pmkid, Protection};

/// What a handshake needs to know. All of it is known when the association is made, except perhaps the key.
#[derive(Clone, Debug)]
pub struct SupplicantConfig {
    /// Our address.
    pub own: MacAddr,
    /// The access point's address.
    pub bssid: MacAddr,
    /// What was agreed.
    pub negotiated: Negotiated,
    /// The RSNE or WPA element of our (re)association request, whole; message 2 repeats it.
    pub own_element: Vec<u8>,
    /// The RSNXE of our (re)association request, whole.
    pub own_rsnxe: Option<Vec<u8>>,
    /// The RSNE of beacons and probe responses, which message 3 must repeat. Unknown: not compared.
    pub ap_rsne: Option<Vec<u8>>,
    /// Likewise the RSNXE.
    pub ap_rsnxe: Option<Vec<u8>>,
    /// Likewise the WPA element.
    pub ap_wpa: Option<Vec<u8>>,
    /// The pairwise master key, if known already; else [`Supplicant::set_pmk`] when EAP is done.
    pub pmk: Option<Pmk>,
    /// The name of the cached association in use; message 1 may name another.
    pub pmkid: Option<Pmkid>,
    /// EAPOL version in what we send (`eapol_version`).
    pub eapol_version: u8,
    /// Ask for a new pairwise key this long after one was installed (`wpa_ptk_rekey`).
    pub ptk_rekey: Option<Duration>,
}

impl SupplicantConfig {
    /// The usual configuration; the key is still missing.
    #[must_use]
    pub fn new(
        own: MacAddr,
        bssid: MacAddr,
        negotiated: Negotiated,
        offer: &ApOffer<'_>,
        own_element: Vec<u8>,
        own_rsnxe: Option<Vec<u8>>,
    ) -> SupplicantConfig {
        SupplicantConfig {
            own,
            bssid,
            negotiated,
            own_element,
            own_rsnxe,
            ap_rsne: offer.rsne.map(Vec::from),
            ap_rsnxe: offer.rsnxe.map(Vec::from),
            ap_wpa: offer.wpa.map(Vec::from),
            pmk: None,
            pmkid: None,
            eapol_version: 1,
            ptk_rekey: None,
        }
    }
}

/// What the machine wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum SupplicantOutput {
    /// Send an EAPOL frame to the access point: encrypted by the pairwise key, or explicitly not.
    SendEapol {
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
        /// By the installed pairwise key.
        encrypt: bool,
    },
    /// Install the pairwise key (index 0, transmit and receive, packet numbers from zero).
    InstallPtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// The temporal key, with TKIP's Michael keys in our order.
        key: Secret,
    },
    /// Install a group key for receiving.
    InstallGtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 1 to 3.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        rsc: [u8; 6],
    },
    /// Install a key for group addressed management frames.
    InstallIgtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 4 or 5.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        ipn: [u8; 6],
    },
    /// Install a key for beacons.
    InstallBigtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// Its index, 6 or 7.
        index: u8,
        /// The key.
        key: Secret,
        /// Last packet number in use, least significant octet first.
        bipn: [u8; 6],
    },
    /// All keys are there: authorise the port.
    Completed {
        /// The link was up before; only its pairwise key is new.
        rekeyed: bool,
    },
    /// A group key handshake brought new group keys.
    GroupRekeyed,
    /// Message 1 names a security association that is not the cached one: unless the caller has another key, a full
    /// authentication is needed. Message 1 is not authenticated, so this may be forged: nothing else has changed.
    PmkidMismatch {
        /// The name that the access point gave.
        pmkid: Pmkid,
    },
    /// Leave the network. The machine is closed.
    Disconnect {
        /// For the deauthentication frame.
        reason: ReasonCode,
        /// For the log.
        why: &'static str,
    },
}

/// One association's handshakes, on the station's side.
#[derive(Debug)]
pub struct Supplicant {
    config: SupplicantConfig,
    outputs: VecDeque<SupplicantOutput>,
}

impl Supplicant {
    /// The machine of a new association.
    #[must_use]
    pub fn new(config: SupplicantConfig) -> Supplicant {
        Supplicant { config, outputs: VecDeque::new() }
    }

    /// The key that EAP made, or that the caller had cached under the name message 1 gave.
    pub fn set_pmk(&mut self, pmk: Pmk, pmkid: Option<Pmkid>) {
        self.config.pmk = Some(pmk);
        self.config.pmkid = pmkid;
    }

    /// A frame of type EAPOL-Key arrived from the access point, EAPOL header included.
    pub fn handle_eapol_key(
        &mut self,
        frame: &[u8],
        protection: Protection,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<(), Discard> {
        let _ = (frame, protection, now, rng);
        Err(Discard("not finished"))
    }

    /// The deadline passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// Asks the access point for a new pairwise key.
    pub fn request_rekey(&mut self) {}

    /// Reports a Michael failure (TKIP) to the access point (12.3.3.4.2).
    pub fn report_mic_failure(&mut self, pairwise: bool) {
        let _ = pairwise;
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<SupplicantOutput> {
        self.outputs.pop_front()
    }

    /// When [`Supplicant::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        None
    }

    /// Message 2 was sent and no message 3 has come that fits. A disconnection in this state most likely means that the
    /// passphrase is wrong.
    #[must_use]
    pub fn four_way_in_progress(&self) -> bool {
        false
    }

    /// All keys are there.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        false
    }

    /// A pairwise key is installed.
    #[must_use]
    pub fn has_ptk(&self) -> bool {
        false
    }

    /// What was agreed for this association.
    #[must_use]
    pub fn negotiated(&self) -> &Negotiated {
        &self.config.negotiated
    }

    /// Name of the security association in use.
    #[must_use]
    pub fn pmkid(&self) -> Option<Pmkid> {
        self.config.pmkid
    }
}
