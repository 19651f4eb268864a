//! What follows when a link has ended, and what follows from that.

use alloc::format;
use core::time::Duration;

use wire::{Instant, MacAddr, ReasonCode, Ssid, StatusCode};

use super::{Cx, Engine};
use crate::change::{Change, Setback};
use crate::choice::fit::Candidate;
use crate::choice::profile::NetworkId;
use crate::history::Again;
use crate::link::{Cause, End, Rest, Target, Was};
use crate::output::Level;

/// So many attempts may be ended by frames that anybody could have sent, before that counts as a failure.
const MOST_INTERRUPTIONS: u32 = 6;

/// What is next.
enum Next {
    /// Whoever ended it knows.
    Nothing,
    /// Another access point, or the same later: the attempt has failed.
    Other,
    /// The same access point a little later: the end is nobody's word.
    Interrupted,
    /// The same access point in a moment.
    Soon,
    /// The same access point at once; else its network is looked for.
    Anew,
    /// Its network is looked for, its own channels first.
    Look,
    /// Any network is looked for.
    LookForAny,
}

impl Engine {
    /// What follows from the end of a link: one row for each way to end.
    pub(crate) fn follow(&mut self, cx: &mut Cx<'_>, end: End) {
        let End { target, was, parting, cause } = end;
        let (network, bssid) = (target.network, target.bssid);
        // A key that was cached may be what the access point does not like, as long as it has not shown otherwise.
        if target.cached && was != Was::Connected {
            match cause {
                Cause::Ended { .. } | Cause::TimedOut | Cause::AssociationRefused(_) => self.doubt_key(network, bssid),
                Cause::Given
                | Cause::NotSent
                | Cause::Failed
                | Cause::WrongPassword
                | Cause::KeyRefused
                | Cause::HandshakeFailed
                | Cause::Anew => {}
            }
        }
        let next = match (cause, was) {
            (Cause::Given, _) => Next::Nothing,
            (Cause::NotSent, _) => {
                self.scan.forget_results();
                Next::Other
            }
            (Cause::WrongPassword, _) => {
                self.set_back(cx, network, Setback::WrongKey);
                Next::Other
            }
            // 53: it does not know the name of the key.
            (Cause::AssociationRefused(StatusCode::INVALID_PMKID), _) if target.cached => Next::Soon,
            (Cause::AssociationRefused(_) | Cause::Failed | Cause::TimedOut | Cause::KeyRefused, _) => Next::Other,
            (Cause::HandshakeFailed, Was::Joining | Was::Securing { .. }) => Next::Other,
            (Cause::HandshakeFailed, Was::Connected) => Next::Look,
            (Cause::Anew, _) => Next::Anew,
            (Cause::Ended { .. }, Was::Joining) => Next::Interrupted,
            (Cause::Ended { reason, local }, Was::Securing { unproven }) => {
                // The access point never said that it knows our key: the likeliest reason is that it does not.
                if target.is_psk() && unproven && !local && reason != ReasonCode::ELEMENT_MISMATCH {
                    self.out.tell(Change::PskMayBeWrong);
                    let text = format!("is the passphrase of \"{}\" right?", target.ssid);
                    self.out.log(Level::Warning, text);
                    self.history.ignored.add(bssid, cx.now);
                    self.set_back(cx, network, Setback::WrongKey);
                    Next::LookForAny
                } else if local {
                    Next::Other
                } else {
                    Next::Interrupted
                }
            }
            (Cause::Ended { reason, local }, Was::Connected) => self.after_loss(&target, reason, local),
        };
        if !parting.quiet {
            let (reason, local) = (parting.reason, parting.local);
            self.out.tell(Change::Disconnected { bssid, reason, local });
        }
        if self.intent.keeps_apart() {
            return;
        }
        match next {
            Next::Nothing => {}
            Next::Other => self.try_another(cx, bssid, Some(network)),
            Next::Interrupted => self.interrupted(cx, network, bssid),
            Next::Soon => self.try_again_soon(cx, network, bssid),
            Next::Anew => {
                if !self.reconnect_to(cx, network, bssid) {
                    self.look_for_lost(cx, &target.ssid, target.freq);
                }
            }
            Next::Look => self.look_for_lost(cx, &target.ssid, target.freq),
            Next::LookForAny => self.look(cx, Duration::from_millis(100)),
        }
    }

    /// A link is lost over which data could pass.
    fn after_loss(&mut self, target: &Target, reason: ReasonCode, local: bool) -> Next {
        if local && reason == ReasonCode::INACTIVITY && !self.intent.keeps_apart() {
            // It does not answer any more.
            let changes = self.table.forget(target.bssid);
            self.tell_table(changes);
        }
        let recoverable = matches!(
            reason,
            ReasonCode::INACTIVITY
                | ReasonCode::AP_BUSY
                | ReasonCode::CLASS2_FROM_NONAUTH
                | ReasonCode::CLASS3_FROM_NONASSOC
        );
        if !self.settings.reconnects {
            return Next::Nothing;
        }
        self.scan.restart();
        if recoverable && !local { Next::Anew } else { Next::Look }
    }

    /// An attempt with this access point has failed, and the link is clear: try another one, or the same later.
    fn try_another(&mut self, cx: &mut Cx<'_>, bssid: MacAddr, network: Option<NetworkId>) {
        self.intent.wish = None;
        let count = self.history.ignored.add(bssid, cx.now);
        if count == 1
            && let Some(candidate) = self.another_access_point(cx.now, bssid)
        {
            self.connect(cx, candidate);
            return;
        }
        self.history.failures = self.history.failures.saturating_add(1);
        let failures = self.history.failures;
        if failures > 3
            && let Some(network) = network
        {
            self.set_back(cx, network, Setback::Connection);
        }
        let delay = match failures {
            0 | 1 => 100,
            2 => 500,
            3 => 1000,
            4 => 5000,
            _ => 10_000,
        };
        self.look(cx, Duration::from_millis(delay));
    }

    fn another_access_point(&self, now: Instant, failed: MacAddr) -> Option<Candidate> {
        if !self.link().is_idle() || !self.device.ready {
            return None;
        }
        // Of those that have not failed lately: two that refuse must not send us to and fro without a pause.
        let candidate = self.best_candidate(now)?;
        let other = self.table.by_id(candidate.bss).is_some_and(|bss| bss.bssid != failed);
        other.then_some(candidate)
    }

    /// A frame that anybody could have sent has ended the attempt, and the link is clear. The same access point is tried
    /// again a little later, at random, so that whoever sends such frames in bursts does not hit every attempt; after a
    /// few it counts as a failure.
    fn interrupted(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) {
        self.history.interruptions = self.history.interruptions.saturating_add(1);
        if self.history.interruptions > MOST_INTERRUPTIONS {
            self.history.interruptions = 0;
            self.try_another(cx, bssid, Some(network));
        } else {
            self.try_again_soon(cx, network, bssid);
        }
    }

    /// The same access point again, a little later.
    fn try_again_soon(&mut self, cx: &mut Cx<'_>, network: NetworkId, bssid: MacAddr) {
        let mut octet = [0];
        cx.rng.fill(&mut octet);
        let [lot] = octet;
        let most = 25_u64.checked_shl(self.history.interruptions).unwrap_or(0).min(1000);
        let wait = u64::from(lot).saturating_mul(most) / 255;
        let at = cx.now + Duration::from_millis(wait.saturating_add(20));
        self.history.again = Some(Again { at, network, bssid });
    }

    /// It is time to try again, unless something else has come in between.
    pub(crate) fn again_timeout(&mut self, cx: &mut Cx<'_>) {
        let Some(again) = self.history.again.take_if(|again| again.at <= cx.now) else { return };
        if self.intent.keeps_apart() || !self.link().is_idle() || self.intent.turn.is_some() || self.scan.is_running() {
            return;
        }
        let wanted = self.enabled().any(|profile| profile.id == again.network);
        if !(wanted && self.reconnect_to(cx, again.network, again.bssid)) {
            self.look(cx, Duration::ZERO);
        }
    }

    /// A network has failed in a way that will not pass by itself at once: it is left alone for a while.
    pub(crate) fn set_back(&mut self, cx: &Cx<'_>, network: NetworkId, why: Setback) {
        if self.profile(network).is_none() {
            return;
        }
        let (failures, lasts) = self.history.add_failure(network, cx.now);
        self.out.tell(Change::LeftAlone { network, failures, lasts, why });
    }

    /// A link to this network is lost: looks for networks a little later, and on its own channels first, which is quick
    /// where it has other access points or comes back.
    fn look_for_lost(&mut self, cx: &mut Cx<'_>, ssid: &Ssid, freq: u32) {
        let others = self.table.iter().filter(|bss| bss.ssid == *ssid).map(|bss| bss.freq);
        self.scan.first = others.chain([freq]).collect();
        self.look(cx, Duration::from_millis(100));
    }

    /// Leaves, and makes the same link anew at once, or looks for its network.
    pub(crate) fn leave_and_come_back(&mut self, cx: &mut Cx<'_>, reason: ReasonCode) {
        let Some(target) = self.target().cloned() else { return };
        self.leave(cx, reason);
        if !self.reconnect_to(cx, target.network, target.bssid) {
            self.look_for_lost(cx, &target.ssid, target.freq);
        }
    }

    /// Connects to this access point of this network if the table still has it and nothing speaks against it.
    pub(crate) fn reconnect_to(&mut self, cx: &Cx<'_>, network: NetworkId, bssid: MacAddr) -> bool {
        match self.candidate_for(network, bssid) {
            Some(candidate) => {
                self.connect(cx, candidate);
                true
            }
            None => false,
        }
    }

    /// Scans for networks after this long, unless there is nothing to look for.
    pub(crate) fn look(&mut self, cx: &mut Cx<'_>, delay: Duration) {
        if !self.device.ready || self.intent.keeps_apart() {
            return;
        }
        if self.enabled().next().is_none() {
            if self.link().is_idle() && !self.scan.is_running() {
                self.rest(cx, Rest::Inactive);
            }
            return;
        }
        self.scan.at(cx.now + delay);
    }
}
