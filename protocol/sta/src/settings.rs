//! What holds for all networks of a station.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use wire::{MacAddr, Ssid};

use crate::choice::table::Limits;

/// What holds for all networks of a station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Groups of SAE, the preferred first (IANA's numbers of IKE groups).
    pub sae_groups: Vec<u16>,
    /// Version in the EAPOL header of what is sent.
    pub eapol_version: u8,
    /// How long a key is remembered.
    pub pmk_lifetime: Duration,
    /// Part of that time, in percent, after which a remembered key begins no new association
    /// (`dot11RSNAConfigPMKReauthThreshold`).
    pub pmk_threshold: u32,
    /// How long the table of BSSs remembers.
    pub table: Limits,
    /// Scans send no probe requests.
    pub passive_scan: bool,
    /// Once connected, only the channel in use is scanned.
    pub scan_current_only: bool,
    /// The only channels to scan, in MHz; none: all.
    pub scan_freqs: Vec<u32>,
    /// The channels of the first scan, in MHz; none: as of the others.
    pub first_scan_freqs: Vec<u32>,
    /// Pause between scans that find nothing, at first.
    pub scan_pause: Duration,
    /// Better access points of the network are gone to.
    pub roams: bool,
    /// A link that was lost is looked for again.
    pub reconnects: bool,
    /// Unprotected Deauthentication frames cause no SA Query.
    pub sa_query_off: bool,
    /// The only access points that scans show; none: all.
    pub bssid_filter: Vec<MacAddr>,
    /// Access points that are not used.
    pub avoided_bssids: Vec<MacAddr>,
    /// Names of networks that are not used.
    pub avoided_ssids: Vec<Ssid>,
    /// Further elements of association requests.
    pub association_elements: Vec<u8>,
    /// EAPOL frames are received and sent by somebody else.
    pub eapol_outside: bool,
    /// Keys are written to the log.
    pub shows_keys: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            sae_groups: vec![19, 20, 21],
            eapol_version: 1,
            pmk_lifetime: Duration::from_secs(43_200),
            pmk_threshold: 70,
            table: Limits { age: Duration::from_secs(180), scans: 2, count: 200 },
            passive_scan: false,
            scan_current_only: false,
            scan_freqs: Vec::new(),
            first_scan_freqs: Vec::new(),
            scan_pause: Duration::from_secs(5),
            roams: true,
            reconnects: true,
            sa_query_off: false,
            bssid_filter: Vec::new(),
            avoided_bssids: Vec::new(),
            avoided_ssids: Vec::new(),
            association_elements: Vec::new(),
            eapol_outside: false,
            shows_keys: false,
        }
    }
}

impl Settings {
    pub(crate) fn is_avoided(&self, bssid: MacAddr, ssid: &Ssid) -> bool {
        self.avoided_bssids.contains(&bssid) || self.avoided_ssids.contains(ssid)
    }
}
