//! The access point's side of the 4-way handshake and of the group key handshake (IEEE Std 802.11-2020 12.7.6, 12.7.7).

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Rng, Secret};
use wire::{Instant, MacAddr, ReasonCode};

use crate::{ApElements, CipherSuite, Discard, Negotiated, Pmkid, Protection};

mod group;

pub use group::{Group, GroupConfig, GroupKeyKind, GroupOutput};

/// What all stations of a BSS share.
#[derive(Clone, Debug)]
pub struct AuthenticatorConfig {
    /// The BSSID.
    pub own: MacAddr,
    /// The elements of beacons and probe responses, which message 3 repeats.
    pub elements: ApElements,
    /// EAPOL version in what we send (`eapol_version`).
    pub eapol_version: u8,
    /// How often each message of a 4-way handshake is sent (`wpa_pairwise_update_count`).
    pub pairwise_tries: u32,
    /// How often message 1 of a group key handshake is sent (`wpa_group_update_count`).
    pub group_tries: u32,
    /// Send message 3 and group messages once only (`wpa_disable_eapol_key_retries`).
    pub no_retries: bool,
    /// New pairwise key this long after one was installed (`wpa_ptk_rekey`).
    pub ptk_rekey: Option<Duration>,
    /// Wait for the answer to the first message of a 4-way handshake.
    pub first_timeout: Duration,
    /// Wait for the answer to the first message of a group key handshake.
    pub first_group_timeout: Duration,
    /// Wait for the answer to later tries.
    pub next_timeout: Duration,
    /// Wait for the answer when there is one try only.
    pub single_timeout: Duration,
}

impl AuthenticatorConfig {
    /// The usual numbers.
    #[must_use]
    pub const fn new(own: MacAddr, elements: ApElements) -> AuthenticatorConfig {
        AuthenticatorConfig {
            own,
            elements,
            eapol_version: 2,
            pairwise_tries: 4,
            group_tries: 4,
            no_retries: false,
            ptk_rekey: None,
            first_timeout: Duration::from_millis(100),
            first_group_timeout: Duration::from_millis(500),
            next_timeout: Duration::from_millis(1000),
            single_timeout: Duration::from_millis(4000),
        }
    }
}

/// An associated station.
#[derive(Clone, Debug)]
pub struct PeerStation {
    /// Its address.
    pub addr: MacAddr,
    /// What was agreed.
    pub negotiated: Negotiated,
    /// The RSNE or WPA element of its (re)association request, whole; message 2 must repeat it.
    pub element: Vec<u8>,
    /// Likewise the RSNXE.
    pub rsnxe: Option<Vec<u8>>,
}

/// What the machine wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum AuthenticatorOutput {
    /// Send an EAPOL frame to the station: encrypted by the pairwise key, or explicitly not.
    SendEapol {
        /// The frame, from the EAPOL header on.
        frame: Vec<u8>,
        /// By the installed pairwise key.
        encrypt: bool,
    },
    /// Install the station's pairwise key (index 0, transmit and receive).
    InstallPtk {
        /// Its cipher.
        cipher: CipherSuite,
        /// The temporal key.
        key: Secret,
    },
    /// The station has all its keys: authorise it.
    Completed {
        /// It was authorised before; only its pairwise key is new.
        rekeyed: bool,
    },
    /// The station confirmed new group keys.
    GroupRekeyed,
    /// Message 2 was made with this one of the candidate keys.
    PskMatched {
        /// Its place in the list given to [`Authenticator::new`].
        index: usize,
    },
    /// Message 2 was made with none of the candidate keys: the passphrase is probably wrong. The handshake goes on.
    PskMismatch,
    /// The station reports a Michael failure (TKIP).
    MicFailureReported {
        /// In an individually addressed frame.
        pairwise: bool,
    },
    /// Deauthenticate the station. The machine is closed.
    Disconnect {
        /// For the deauthentication frame.
        reason: ReasonCode,
        /// For the log.
        why: &'static str,
    },
}

/// One station's handshakes, on the access point's side.
#[derive(Debug)]
pub struct Authenticator {
    config: Arc<AuthenticatorConfig>,
    station: PeerStation,
    pmks: Vec<Pmk>,
    pmkid: Option<Pmkid>,
    outputs: VecDeque<AuthenticatorOutput>,
}

impl Authenticator {
    /// The machine of a new association. `pmks` are the candidates, tried in turn against message 2: one for SAE, EAP or
    /// a single passphrase, several for a file of keys. `pmkid` is named in message 1 when known (SAE, cached, EAP).
    #[must_use]
    pub fn new(
        config: Arc<AuthenticatorConfig>,
        station: PeerStation,
        pmks: Vec<Pmk>,
        pmkid: Option<Pmkid>,
    ) -> Authenticator {
        Authenticator { config, station, pmks, pmkid, outputs: VecDeque::new() }
    }

    /// Begins the first 4-way handshake: the association response is acknowledged (and EAP, where used, is done).
    pub fn start(&mut self, now: Instant, rng: &mut dyn Rng) {
        let _ = (now, rng);
    }

    /// Begins a 4-way handshake for a new pairwise key.
    pub fn rekey(&mut self, now: Instant, rng: &mut dyn Rng) {
        let _ = (now, rng);
    }

    /// Sends the group keys again in a group key handshake.
    pub fn update_group(&mut self, group: &mut Group, now: Instant) {
        let _ = (group, now);
    }

    /// A frame of type EAPOL-Key arrived from the station, EAPOL header included.
    pub fn handle_eapol_key(
        &mut self,
        frame: &[u8],
        protection: Protection,
        group: &mut Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<(), Discard> {
        let _ = (frame, protection, group, now, rng);
        Err(Discard("not finished"))
    }

    /// The driver says whether the last EAPOL frame was acknowledged.
    pub fn handle_tx_status(&mut self, acknowledged: bool, now: Instant) {
        let _ = (acknowledged, now);
    }

    /// The deadline passed.
    pub fn handle_timeout(&mut self, group: &mut Group, now: Instant, rng: &mut dyn Rng) {
        let _ = (group, now, rng);
    }

    /// The station left, or is to be forgotten.
    pub fn leave(&mut self, group: &mut Group, now: Instant) {
        let _ = (group, now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<AuthenticatorOutput> {
        self.outputs.pop_front()
    }

    /// When [`Authenticator::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        None
    }

    /// The station has all its keys.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        false
    }

    /// A pairwise key is installed.
    #[must_use]
    pub fn has_ptk(&self) -> bool {
        false
    }

    /// The station's address.
    #[must_use]
    pub const fn station(&self) -> MacAddr {
        self.station.addr
    }

    /// What was agreed with the station.
    #[must_use]
    pub const fn negotiated(&self) -> &Negotiated {
        &self.station.negotiated
    }
}
