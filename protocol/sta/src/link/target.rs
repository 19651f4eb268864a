//! With whom and how a link is to be.

use alloc::vec::Vec;

use crypto::Pmk;
use ipc_proto::{LinkSecurity, MfpMode};
use rsn::{Negotiated, Pmkid, Protocol};
use wire::element::{Elements, id};
use wire::{MacAddr, Ssid};

use super::authentication::Authentication;
use super::input::Arrival;
use crate::choice::profile::{NetworkId, Terms};

/// With whom and how a link is to be, is being or was made.
#[derive(Clone, Debug)]
pub struct Target {
    /// The network.
    pub network: NetworkId,
    /// The access point.
    pub bssid: MacAddr,
    /// The network's name.
    pub ssid: Ssid,
    /// The channel, in MHz.
    pub freq: u32,
    /// What was agreed; none for an open network.
    pub negotiated: Option<Negotiated>,
    /// The pairwise master key, once it is known.
    pub pmk: Option<Pmk>,
    /// Its name.
    pub pmkid: Option<Pmkid>,
    /// The key comes from the cache, not from an SAE run of this attempt.
    pub cached: bool,
    /// Group of the SAE run.
    pub sae_group: Option<u16>,
    /// The name by which the password's identifier goes in this SAE run, if not by its own.
    pub alias: Option<Vec<u8>>,
    /// The access point has proved that its name is what we know.
    pub ssid_confirmed: bool,
    /// The RSNE or WPA element of our association request, whole.
    pub own_element: Vec<u8>,
    /// The RSNXE of our association request, whole.
    pub own_rsnxe: Option<Vec<u8>>,
    /// The access point's RSNE, whole.
    pub ap_rsne: Option<Vec<u8>>,
    /// Its RSNXE, whole.
    pub ap_rsnxe: Option<Vec<u8>>,
    /// Its WPA element, whole.
    pub ap_wpa: Option<Vec<u8>>,
    /// The access point that is left behind by a reassociation.
    pub previous: Option<MacAddr>,
    /// The driver makes the link by itself.
    pub by_driver: bool,
}

impl Target {
    /// It is made with SAE.
    #[must_use]
    pub fn is_sae(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm.is_sae())
    }

    /// It is made with a pre-shared key.
    #[must_use]
    pub fn is_psk(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm.is_psk())
    }

    /// Management frames are protected.
    #[must_use]
    pub fn has_pmf(&self) -> bool {
        self.negotiated.as_ref().is_some_and(|negotiated| negotiated.pmf)
    }

    /// The same for the kernel.
    pub(crate) fn mfp(&self) -> MfpMode {
        if self.has_pmf() { MfpMode::Required } else { MfpMode::No }
    }

    /// The suites as the kernel takes them.
    pub(crate) fn suites(&self) -> Option<LinkSecurity> {
        self.negotiated.as_ref().map(|negotiated| LinkSecurity {
            rsn: negotiated.protocol == Protocol::Rsn,
            pairwise: negotiated.pairwise.nl80211(),
            group: negotiated.group.nl80211(),
            akm: match negotiated.protocol {
                Protocol::Rsn => negotiated.akm.nl80211(),
                Protocol::Wpa => {
                    negotiated.akm.wpa_selector().map_or_else(|| negotiated.akm.nl80211(), rsn::Selector::nl80211)
                }
            },
        })
    }

    /// Our elements in an association request.
    pub(crate) fn elements(&self, more: &[u8]) -> Vec<u8> {
        let mut elements = self.own_element.clone();
        elements.extend(self.own_rsnxe.iter().flatten());
        elements.extend(more);
        elements
    }

    /// Where the driver has gone, and what it said there: the handshake checks both.
    pub(crate) fn arrived(&mut self, arrival: &Arrival) {
        if arrival.bssid != self.bssid {
            self.bssid = arrival.bssid;
            self.pmkid = None;
            self.previous = None;
            let bss = arrival.seen.as_ref();
            // One that no scan has seen is unknown: then message 3 alone says what it offers.
            self.ap_rsne = bss.and_then(|bss| bss.rsne().map(Vec::from));
            self.ap_rsnxe = bss.and_then(|bss| bss.rsnxe().map(Vec::from));
            self.ap_wpa = bss.and_then(|bss| bss.wpa().map(Vec::from));
            self.freq = bss.map_or(self.freq, |bss| bss.freq);
        }
        let sent = Elements::new(&arrival.sent);
        if let Some(element) = sent.find(id::RSN)
            && self.negotiated.as_ref().is_some_and(|negotiated| negotiated.protocol == Protocol::Rsn)
        {
            self.own_element = element.whole.to_vec();
            self.own_rsnxe = sent.find(id::RSNX).map(|element| element.whole.to_vec());
        }
    }
}

/// An attempt: what a link is to become.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    pub(crate) terms: Terms,
    pub(crate) authentication: Authentication,
    /// The driver can protect beacons; and replace a pairwise key in use.
    pub(crate) beacon_protection: bool,
    pub(crate) replaces_ptk0: bool,
}
