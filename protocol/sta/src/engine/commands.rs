//! What the owner and its clients want.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::Request;
use rsn::PmksaEntry;
use wire::{Instant, MacAddr, ReasonCode};

use super::{Cx, Engine};
use crate::change::Change;
use crate::choice::profile::{NetworkId, Profile};
use crate::link::{Input, Rest};
use crate::output::Asked;
use crate::scan::FreqRange;
use crate::settings::Settings;
use crate::tamper::Tamper;

/// Profiles and settings.
impl Engine {
    /// Another state of a profile, or a new one at the end.
    pub fn set_profile(&mut self, profile: Profile) {
        match self.profiles.iter_mut().find(|known| known.id == profile.id) {
            Some(known) => *known = profile,
            None => self.profiles.push(profile),
        }
    }

    /// All profiles, in the order in which those of one priority are tried. What is known of the others is kept.
    pub fn set_profiles(&mut self, profiles: Vec<Profile>) {
        self.profiles = profiles;
    }

    /// A profile is gone. A link to it ends.
    pub fn remove_profile(&mut self, cx: &mut Cx<'_>, id: NetworkId) {
        self.leave_network(cx, id);
        self.forget_cached(|entry| entry.network == id);
        self.keys.forget(id);
        self.history.forget(id);
        self.profiles.retain(|profile| profile.id != id);
    }

    /// What holds for all networks.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Something else holds for all networks from now on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// A test suite wants things said that no honest station says.
    pub fn set_tamper(&mut self, tamper: Box<dyn Tamper>) {
        self.tamper = tamper;
    }

    /// A test suite wants SAE to hunt and peck whatever the access point says.
    pub const fn set_hunting_only(&mut self, on: bool) {
        self.device.abilities.hunting_only = on;
    }

    /// What was derived from the secrets of a network, or of all, is not true any more.
    pub fn secrets_changed(&mut self, network: Option<NetworkId>) {
        match network {
            Some(id) => self.keys.forget_derived(id),
            None => self.keys.forget_all_derived(),
        }
    }

    /// Keys that were made with a network are not used any more.
    pub fn forget_keys(&mut self, id: NetworkId) {
        self.forget_cached(|entry| entry.network == id);
    }

    /// No cached key is used any more.
    pub fn forget_all_keys(&mut self) {
        self.forget_cached(|_| true);
    }

    /// A key that somebody else has made.
    pub fn add_key(&mut self, entry: PmksaEntry<NetworkId>) {
        let (bssid, network) = (entry.peer, entry.network);
        self.keys.cache.insert(entry);
        self.out.tell(Change::KeyCached { bssid, network });
    }

    /// Everything that was learnt of networks and access points is forgotten, but what is in reach.
    pub fn forget_history(&mut self) {
        self.history.clear();
        self.keys.clear();
        self.forget_all_keys();
    }

    /// As if started just now: without networks, links and anything learnt.
    pub fn flush(&mut self, cx: &mut Cx<'_>) {
        self.leave(cx, ReasonCode::DEAUTH_LEAVING);
        if self.scan.is_running() {
            self.out.ask(Asked::Quiet, |handle| Request::AbortScan { handle });
        }
        self.scan.cancel_next();
        self.profiles.clear();
        self.forget_history();
        self.flush_table(Duration::ZERO, cx.now);
        self.device.abilities.hunting_only = false;
        self.intent = super::Intent { occupied: self.intent.occupied, ..super::Intent::default() };
        if self.device.ready {
            self.rest(cx, Rest::Disconnected);
        }
    }

    /// BSSs that were not seen for this long are forgotten; zero: all. The one in use stays.
    pub fn flush_table(&mut self, age: Duration, now: Instant) {
        let keep = self.target().map(|target| target.bssid);
        let changes = self.table.flush(age, keep, now);
        self.tell_table(changes);
        if age.is_zero() {
            self.scan.forget_results();
        }
    }
}

/// Failures that are remembered.
impl Engine {
    /// The network is left alone for now.
    #[must_use]
    pub fn is_left_alone(&self, id: NetworkId, now: Instant) -> bool {
        self.history.is_left_alone(id, now)
    }

    /// A client wants a network tried: it is not left alone any more. `failures_too`: and its failures are forgotten.
    pub fn forgive(&mut self, id: NetworkId, failures_too: bool) {
        if self.history.forgive(id, failures_too) {
            self.out.tell(Change::Reenabled(id));
        }
    }

    /// The same without a word: its secrets are others now.
    pub fn forgive_silently(&mut self, id: NetworkId) {
        self.history.forgive(id, true);
    }

    /// Access points that failed lately.
    pub fn ignored(&self, now: Instant) -> impl Iterator<Item = MacAddr> {
        self.history.ignored.iter(now)
    }

    /// An access point is better left alone: a client says so.
    pub fn ignore(&mut self, bssid: MacAddr, now: Instant) {
        // As often as it takes to be left alone even where there is but one network.
        self.history.ignored.add(bssid, now);
        self.history.ignored.add(bssid, now);
    }

    /// No access point is left alone any more.
    pub fn ignore_nothing(&mut self) {
        self.history.ignored.clear();
    }

    /// Failures to connect, whatever the network, are forgotten.
    pub const fn forget_failures(&mut self) {
        self.history.failures = 0;
    }
}

/// Joining and leaving.
impl Engine {
    /// A client said that there is to be no link.
    #[must_use]
    pub const fn is_kept_apart(&self) -> bool {
        self.intent.apart
    }

    /// The interface is used for something else, and still a station's between: there is no link, and none is looked for;
    /// scans that a client asks for are made.
    pub fn occupy(&mut self, cx: &mut Cx<'_>) {
        self.intent.occupied = true;
        self.intent.turn = None;
        self.scan.cancel_next();
        self.leave(cx, ReasonCode::DEAUTH_LEAVING);
        self.rest(cx, Rest::Disconnected);
    }

    /// It is a station's alone again.
    pub fn vacate(&mut self, cx: &mut Cx<'_>) {
        if core::mem::replace(&mut self.intent.occupied, false) {
            self.scan.restart();
            self.look(cx, Duration::ZERO);
        }
    }

    /// Some network may be joined by itself.
    #[must_use]
    pub fn has_networks(&self) -> bool {
        self.enabled().next().is_some()
    }

    /// Looks for networks at once, if there are any to look for.
    pub fn look_now(&mut self, cx: &mut Cx<'_>) {
        self.look(cx, Duration::ZERO);
    }

    /// Ends the link, if there is one, and tells the access point; then looks for another.
    pub fn give_back(&mut self, cx: &mut Cx<'_>) {
        self.leave(cx, ReasonCode::DEAUTH_LEAVING);
    }

    /// Ends the link if it is to this network.
    pub fn leave_network(&mut self, cx: &mut Cx<'_>, id: NetworkId) {
        if self.target().is_some_and(|target| target.network == id) {
            self.leave(cx, ReasonCode::DEAUTH_LEAVING);
        }
    }

    /// No link from now on.
    pub fn disconnect(&mut self, cx: &mut Cx<'_>) {
        self.intent.apart = true;
        self.intent.wish = None;
        self.intent.turn = None;
        self.scan.cancel_next();
        self.leave(cx, ReasonCode::DEAUTH_LEAVING);
        if self.device.ready && !self.scan.is_running() {
            self.rest(cx, Rest::Disconnected);
        }
    }

    /// A link again; what stands stays.
    pub fn reconnect(&mut self, cx: &mut Cx<'_>) {
        let was = core::mem::replace(&mut self.intent.apart, false);
        if was || self.is_idle() {
            self.connect_or_scan(cx);
        }
    }

    /// A new link in place of the present one, with whichever access point is best.
    pub fn reassociate(&mut self, cx: &mut Cx<'_>) {
        self.intent.apart = false;
        self.scan.restart();
        let present = self.target().map(|target| (target.network, target.bssid));
        match present {
            None => self.connect_or_scan(cx),
            Some((network, bssid)) if self.is_connected() => {
                if let Some(candidate) = self.select(cx) {
                    self.connect(cx, candidate);
                } else if !self.reconnect_to(cx, network, bssid) {
                    self.look(cx, Duration::ZERO);
                }
            }
            Some(_) => {}
        }
    }

    /// A new link with the same access point; false: there is none.
    pub fn reattach(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some((network, bssid)) = self.target().map(|target| (target.network, target.bssid)) else {
            return false;
        };
        self.intent.apart = false;
        if !self.reconnect_to(cx, network, bssid) {
            self.look(cx, Duration::ZERO);
        }
        true
    }

    /// A client wants this network and no other, or any again; the profiles say so already. `freqs`: channels of the next
    /// scan only.
    pub fn network_selected(&mut self, cx: &mut Cx<'_>, which: Option<NetworkId>, freqs: &[FreqRange]) {
        self.scan.freqs_once = self.expand(freqs);
        self.intent.apart = false;
        let current = self.target().map(|target| target.network);
        let mut stays = current.is_some();
        if let Some(id) = which {
            self.forgive(id, true);
            if current.is_some_and(|current| current != id) {
                self.leave(cx, ReasonCode::DEAUTH_LEAVING);
                stays = false;
            }
        }
        if !stays {
            self.connect_or_scan(cx);
        }
    }

    /// Networks may be joined that might not before; the profiles say so already.
    pub fn networks_enabled(&mut self, cx: &mut Cx<'_>) {
        if !self.intent.keeps_apart() && self.settings.reconnects && self.is_idle() {
            self.connect_or_scan(cx);
        }
    }

    /// Networks may not be joined that might before, or are gone: another is looked for, or none.
    pub fn networks_lost(&mut self, cx: &mut Cx<'_>) {
        let any = self.enabled().next().is_some();
        if !any {
            self.scan.cancel_next();
        }
        if !self.is_idle() || self.intent.keeps_apart() {
            return;
        }
        if any {
            self.look(cx, Duration::ZERO);
        } else if self.device.ready && !self.scan.is_running() && self.state() != crate::link::State::Disconnected {
            self.rest(cx, Rest::Inactive);
        }
    }

    /// The present access point, if the settings say that it is not to be used, is left for another.
    pub fn leave_avoided(&mut self, cx: &mut Cx<'_>) {
        if self.target().is_some_and(|target| self.settings.is_avoided(target.bssid, &target.ssid)) {
            self.leave(cx, ReasonCode::DEAUTH_LEAVING);
            self.connect_or_scan(cx);
        }
    }

    /// A test suite wants the access point to be asked for new keys; false: there is no handshake.
    pub fn request_keys(&mut self, cx: &mut Cx<'_>, error: bool, pairwise: bool) -> bool {
        let secured =
            self.associated_since().is_some() && self.target().is_some_and(|target| target.negotiated.is_some());
        if secured {
            self.drive(cx, Input::Rekey { error, pairwise });
        }
        secured
    }
}
