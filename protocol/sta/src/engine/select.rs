//! The best network and access point in reach.

use alloc::vec::Vec;

use wire::{Instant, MacAddr};

use super::{Cx, Engine};
use crate::change::Change;
use crate::choice::fit::{Candidate, Unfit, better, fits, names};
use crate::choice::obstacle::{Hindrance, Obstacle};
use crate::choice::profile::{NetworkId, Profile};
use crate::choice::table::Bss;
use crate::link::authentication::Authentication;
use crate::link::{Plan, Target};
use crate::output::Level;

/// So many access points of one network are named where none fits.
const MOST_NAMED: usize = 3;

impl Engine {
    /// A profile.
    pub(crate) fn profile(&self, id: NetworkId) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    /// Networks that may be joined by themselves.
    pub(crate) fn enabled(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(|profile| profile.enabled)
    }

    /// Whether and how a network can be joined through a BSS.
    fn fits(&self, profile: &Profile, bss: &Bss) -> Result<Option<rsn::Negotiated>, Unfit> {
        fits(profile, bss, &self.device.abilities, self.parts.countermeasures.are_active())
    }

    /// What an entry of the table is worth to us: a crowd of strangers' networks must not push out those of ours.
    pub(crate) fn worth(&self, bss: &Bss) -> u8 {
        let ours: Vec<&Profile> = self.profiles.iter().filter(|profile| names(profile, &bss.ssid)).collect();
        if self.keys.cache.iter().any(|entry| entry.peer == bss.bssid) {
            3
        } else if ours.iter().any(|profile| self.fits(profile, bss).is_ok()) {
            2
        } else {
            u8::from(!ours.is_empty())
        }
    }

    /// This access point as a candidate for this network.
    pub(crate) fn candidate_for(&self, id: NetworkId, bssid: MacAddr) -> Option<Candidate> {
        let profile = self.profile(id)?;
        let mut found = self.table.iter().filter(|bss| bss.bssid == bssid);
        found.find_map(|bss| {
            if !names(profile, &bss.ssid) || self.settings.is_avoided(bss.bssid, &bss.ssid) {
                return None;
            }
            let negotiated = self.fits(profile, bss).ok()?;
            Some(Candidate { network: id, bss: bss.id, negotiated })
        })
    }

    /// What a candidate comes to as an attempt.
    pub(crate) fn plan(&self, candidate: Candidate) -> Option<Plan> {
        let bss = self.table.by_id(candidate.bss)?;
        let profile = self.profile(candidate.network)?;
        let target = Target {
            network: candidate.network,
            bssid: bss.bssid,
            ssid: bss.ssid,
            freq: bss.freq,
            negotiated: candidate.negotiated,
            pmk: None,
            pmkid: None,
            cached: false,
            sae_group: None,
            alias: None,
            ssid_confirmed: false,
            own_element: Vec::new(),
            own_rsnxe: None,
            ap_rsne: bss.rsne().map(Vec::from),
            ap_rsnxe: bss.rsnxe().map(Vec::from),
            ap_wpa: bss.wpa().map(Vec::from),
            previous: None,
            by_driver: !self.device.abilities.user_sme,
        };
        Some(Plan {
            target,
            terms: profile.terms.clone(),
            authentication: Authentication::Open,
            beacon_protection: self.device.abilities.beacon_protection,
            replaces_ptk0: self.device.abilities.replaces_ptk0,
        })
    }

    /// The best network and access point in the table; access points that failed lately only where there are no others.
    pub(crate) fn select(&mut self, cx: &Cx<'_>) -> Option<Candidate> {
        for id in self.history.take_over(cx.now) {
            self.out.tell(Change::Reenabled(id));
        }
        let mut found = self.best_candidate(cx.now);
        if found.is_none() && !self.history.ignored.is_empty() {
            // Nothing but access points that failed lately: better one of those than none.
            let kept = core::mem::take(&mut self.history.ignored);
            found = self.best_candidate(cx.now);
            if found.is_some() {
                self.out.log(Level::Debug, "clearing the list of ignored access points".into());
            } else {
                self.history.ignored = kept;
            }
        }
        self.explain(found.is_some(), cx.now);
        found
    }

    /// The same without those that failed lately.
    pub(crate) fn best_candidate(&self, now: Instant) -> Option<Candidate> {
        let wish = self.intent.wish;
        let mut table: Vec<&Bss> = self.table.iter().collect();
        table.sort_by(|a, b| better(a, b));
        if wish.is_some() {
            table.sort_by_key(|bss| Some(bss.bssid) != wish);
        }
        let mut priorities: Vec<i64> = self.enabled().map(|profile| profile.priority).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        let limit = u32::from(self.enabled().count() > 1);
        for priority in priorities {
            let mut best: Option<(bool, Candidate)> = None;
            for bss in &table {
                if self.settings.is_avoided(bss.bssid, &bss.ssid) || self.history.ignored.count(bss.bssid, now) > limit
                {
                    continue;
                }
                for profile in self.enabled().filter(|profile| profile.priority == priority) {
                    if !names(profile, &bss.ssid) || self.history.is_left_alone(profile.id, now) {
                        continue;
                    }
                    if let Ok(negotiated) = self.fits(profile, bss) {
                        let candidate = Candidate { network: profile.id, bss: bss.id, negotiated };
                        if profile.bssids.hint == Some(bss.bssid) || wish == Some(bss.bssid) {
                            return Some(candidate);
                        }
                        if best.is_none() {
                            best = Some((profile.bssids.hint.is_some(), candidate));
                        }
                        break;
                    }
                }
                // Without a hint to wait for, the first that fits is the best.
                if best.as_ref().is_some_and(|(waits, _)| !waits) {
                    break;
                }
            }
            if let Some((_, candidate)) = best {
                return Some(candidate);
            }
        }
        None
    }

    /// Says why nothing is joined, once for each reason.
    fn explain(&mut self, found: bool, now: Instant) {
        if found {
            self.scan.said = None;
            return;
        }
        let mut obstacles = Vec::new();
        for profile in self.enabled() {
            let network = profile.id;
            let mut add = |hindrance: Hindrance| obstacles.push(Obstacle { network, hindrance });
            let named: Vec<&Bss> = self.table.iter().filter(|bss| names(profile, &bss.ssid)).collect();
            if self.history.is_left_alone(network, now) {
                add(Hindrance::LeftAlone);
            } else if named.is_empty() {
                add(Hindrance::NotSeen);
            }
            for bss in named.into_iter().take(MOST_NAMED) {
                if let Err(why) = self.fits(profile, bss) {
                    add(Hindrance::Unfit { bss: bss.id, bssid: bss.bssid, why });
                }
            }
        }
        let seen = self.table.len();
        let said = Some((seen, obstacles));
        if said != self.scan.said {
            if let Some((_, obstacles)) = &said {
                self.out.tell(Change::NothingFits(obstacles.clone()));
            }
            self.scan.said = said;
        }
    }
}
