//! What the radio can do, as far as a station's decisions depend on it.

use alloc::vec::Vec;

use ipc_proto::{BandInfo, WiphyInfo};
use rsn::CipherSuite;

use super::fit::Requirement;
use super::table::Bss;

/// What the radio can do.
#[derive(Clone, Debug, Default)]
pub struct Abilities {
    /// SAE, by whomever.
    pub sae: bool,
    /// We authenticate and associate, not the driver.
    pub user_sme: bool,
    /// Its ciphers, by their selectors; none: unknown.
    pub ciphers: Vec<u32>,
    /// Its bands.
    pub bands: Vec<BandInfo>,
    /// So many names can be called in one scan.
    pub scan_names: u8,
    /// It can protect beacons.
    pub beacon_protection: bool,
    /// It can replace a pairwise key in use safely.
    pub replaces_ptk0: bool,
    /// SAE hunts and pecks whatever the access point says: for test suites.
    pub hunting_only: bool,
}

impl Abilities {
    /// `leave_to_driver`: connections are left to the driver even where it would let us make them.
    #[must_use]
    pub fn of(wiphy: &WiphyInfo, leave_to_driver: bool) -> Abilities {
        Abilities {
            sae: wiphy.features.sae || wiphy.features.user_sme,
            user_sme: wiphy.features.user_sme && !(leave_to_driver && wiphy.features.connect),
            ciphers: wiphy.ciphers.clone(),
            bands: wiphy.bands.clone(),
            scan_names: wiphy.max_scan_ssids,
            beacon_protection: wiphy.features.beacon_protection,
            replaces_ptk0: wiphy.features.can_replace_ptk0,
            hunting_only: false,
        }
    }

    /// The first rate or feature that a BSS requires of all and that the radio does not have (IEEE Std 802.11-2020
    /// 9.4.2.3, 11.1.4.6).
    pub(crate) fn lacks(&self, bss: &Bss) -> Option<Requirement> {
        /// BSS membership selectors of Table 9-92: what stands there is no rate.
        const FIRST_SELECTOR: u8 = 119;
        const HT: u8 = 127;
        const VHT: u8 = 126;
        let band = wire::channel::band_of(bss.freq)?;
        let band = self.bands.iter().find(|own| own.band == band).filter(|own| !own.rates.is_empty())?;
        bss.basic_rates().find_map(|rate| match rate {
            HT => band.ht_capability.is_none().then_some(Requirement::Ht),
            VHT => band.vht_capability.is_none().then_some(Requirement::Vht),
            FIRST_SELECTOR.. => None,
            // Here they are in units of 500 kb/s, at the radio in units of 100 kb/s.
            _ => (!band.rates.contains(&u16::from(rate).saturating_mul(5))).then_some(Requirement::Rate(rate)),
        })
    }

    /// Of these ciphers those that it has; `tkip_barred`: TKIP is not used for now.
    pub(crate) fn of_ciphers(&self, suites: &[CipherSuite], tkip_barred: bool) -> Vec<CipherSuite> {
        let can = |suite: CipherSuite| self.ciphers.is_empty() || self.ciphers.contains(&suite.nl80211());
        let usable = |suite: &CipherSuite| {
            *suite == CipherSuite::GroupNotAllowed || (can(*suite) && !(tkip_barred && *suite == CipherSuite::Tkip))
        };
        suites.iter().copied().filter(usable).collect()
    }
}
