//! A changed profile, changed lists: whoever may stay does.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::Rng;
use ipc_proto::{ApParameters, Request};
use rsn::PmksaCache;
use wire::{Instant, MacAddr, ReasonCode};

use crate::addresses::Addresses;
use crate::bss::{Bss, Condition, PMKSA_CAPACITY, Tag};
use crate::keyring::Keyring;
use crate::sae_side::SaeSide;
use crate::station::Station;
use crate::{BssConfig, Lists, Profile};

/// Whom a change of lists of addresses sends away, of those that may not come any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Nobody: more may come than before.
    Nobody,
    /// Those that are denied: stations that joined under an earlier `macaddr_acl` stay.
    Denied,
    /// All of them.
    Unwelcome,
}

impl Bss {
    /// Uses changed lists of addresses from now on, and sends away those of whom the change is.
    pub fn set_lists(&mut self, lists: Lists, leave: Leave, now: Instant) {
        let before = self.config.barred();
        self.addresses = Addresses::of(&lists);
        self.config.lists = lists;
        if self.config.barred() != before {
            self.say_what_is_barred();
        }
        self.send_away_by_address(leave, now);
    }

    fn send_away_by_address(&mut self, leave: Leave, now: Instant) {
        self.send_away_those_who(now, |bss, station| match leave {
            Leave::Nobody => false,
            Leave::Denied => bss.is_denied(station.addr) && !bss.is_welcome(station.addr),
            Leave::Unwelcome => !bss.is_welcome(station.addr),
        });
    }

    /// Uses a changed profile from now on, as far as SAE and limits go. What beacons say stays until the next start.
    pub fn set_profile(&mut self, changed: &Profile, rng: &mut dyn Rng) {
        let mut config = self.config.clone();
        config.profile = changed.clone();
        if config.ssid() == self.config.ssid() && config.policy() == self.policy {
            self.sae = SaeSide::new(&config, rng);
            self.config = config;
        }
    }

    /// Uses a changed profile and changed lists without sending away stations that may stay: those leave of whom `leave` is, and
    /// those whose key or password is none any more. False, and nothing is changed, if the network becomes another one by
    /// them: then it has to be started anew.
    pub fn reconfigure(
        &mut self,
        profile: &Profile,
        lists: Lists,
        leave: Leave,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> bool {
        if self.condition != Condition::Running {
            return false;
        }
        let config = BssConfig { profile: profile.clone(), lists, ..self.config.clone() };
        let policy = config.policy();
        let keys = |config: &BssConfig| {
            let group = policy.as_ref().map(|policy| config.group(policy));
            group.map(|group| (group.rekey, group.strict_rekey))
        };
        if policy != self.policy || keys(&config) != keys(&self.config) {
            return false;
        }
        let before = self.ap_parameters();
        let former = core::mem::replace(&mut self.config, config);
        let after = self.ap_parameters();
        if !differ_in_beacon_only(&before, &after) {
            self.config = former;
            return false;
        }
        self.addresses = Addresses::of(&self.config.lists);
        self.authenticator = policy.as_ref().map(|policy| Arc::new(self.config.authenticator(policy)));
        if self.config.barred() != former.barred() {
            self.say_what_is_barred();
        }
        self.change_secrets(&former, now, rng);
        self.send_away_by_address(leave, now);
        if self.silent || before.beacon != after.beacon {
            self.update_beacon();
        }
        if before.options != after.options {
            let (handle, options) = (self.config.handle, after.options);
            self.request(Tag::Plain("changing settings"), Request::SetBssOptions { handle, options });
        }
        true
    }

    fn change_secrets(&mut self, former: &BssConfig, now: Instant, rng: &mut dyn Rng) {
        let new = self.config.clone();
        if former.profile.remembers() != new.profile.remembers() {
            self.pmksa = PmksaCache::new(if new.profile.remembers() { PMKSA_CAPACITY } else { 0 });
        }
        // Deriving keys takes time: only where something may have changed.
        let psk = |config: &BssConfig| config.profile.security.as_ref().and_then(|security| security.psk.clone());
        if psk(former) != psk(&new) || former.lists.psks != new.lists.psks {
            self.keyring = Keyring::of(&new);
            self.send_away_those_who(now, |bss, station| !bss.still_has_psk(station));
        }
        if former.profile != new.profile || former.lists.sae_passwords != new.lists.sae_passwords {
            let earlier = core::mem::replace(&mut self.sae, SaeSide::new(&new, rng));
            if !self.sae.includes(&earlier) {
                // What a cached key came from is not known.
                self.pmksa.clear();
                self.send_away_those_who(now, |bss, station| !bss.still_has_password(station));
            }
        }
    }

    fn still_has_psk(&self, station: &Station) -> bool {
        let uses = station.negotiated.as_ref().is_some_and(|negotiated| negotiated.akm.is_psk());
        let fits = |psk: &crypto::Pmk| self.keyring.has(station.addr, psk);
        !uses || station.psk.as_ref().is_some_and(fits)
    }

    fn still_has_password(&self, station: &Station) -> bool {
        let uses = station.negotiated.as_ref().is_some_and(|negotiated| !negotiated.akm.is_psk());
        let known = station.sae_key.as_ref().map(|key| &key.password);
        !uses || known.is_some_and(|password| self.sae.knows(password, station.addr))
    }

    fn send_away_those_who(&mut self, now: Instant, must: impl Fn(&Bss, &Station) -> bool) {
        let gone: Vec<MacAddr> =
            self.stations.values().filter(|station| must(self, station)).map(Station::addr).collect();
        for addr in gone {
            self.deauthenticate(addr, ReasonCode::PREV_AUTH_NOT_VALID, now);
        }
    }
}

/// Whether everything but the beacon and what can be set at any time is the same.
fn differ_in_beacon_only(before: &ApParameters, after: &ApParameters) -> bool {
    let (beacon, options) = (before.beacon.clone(), before.options.clone());
    ApParameters { beacon, options, isolate: before.isolate, ..after.clone() } == *before
}
