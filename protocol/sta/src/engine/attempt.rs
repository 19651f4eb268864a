//! An attempt to join: it waits for the radio, gives up what stands, finds its key, and begins.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use wire::{Instant, ReasonCode};

use super::{Cx, Engine};
use crate::change::{Change, Setback};
use crate::choice::fit::Candidate;
use crate::keys::{Wanted, choose_alias};
use crate::link::authentication::Authentication;
use crate::link::sae_run::{Parties, Run};
use crate::link::{How, Input, Parting, Plan, Target};
use crate::output::Level;

/// Why an attempt cannot even begin.
struct Unready {
    words: String,
    setback: Setback,
    /// To be told as the driver's refusal.
    not_sent: bool,
}

impl Unready {
    fn no_key(words: &str) -> Unready {
        Unready { words: words.into(), setback: Setback::NoKey, not_sent: false }
    }
}

impl Engine {
    /// Joins what was chosen, as soon as the radio is free for it ([`Engine::take_turn`]).
    pub(crate) fn connect(&mut self, cx: &Cx<'_>, candidate: Candidate) {
        let since = self.intent.turn.take().map_or(cx.now, |(_, since)| since);
        self.intent.turn = Some((candidate, since));
    }

    /// The attempt that waits for the radio, if it is still wanted, and since when.
    #[must_use]
    pub fn waiting(&self) -> Option<(&Candidate, Instant)> {
        let wanted = |id| self.enabled().any(|profile| profile.id == id);
        let turn = self.intent.turn.as_ref();
        turn.filter(|(candidate, _)| !self.intent.keeps_apart() && wanted(candidate.network))
            .map(|(one, since)| (one, *since))
    }

    /// The radio is free: the attempt that waits for it begins. A link that stands is given up for it: within the same
    /// network by reassociation.
    pub fn take_turn(&mut self, cx: &mut Cx<'_>) {
        let wanted = self.waiting().is_some();
        let Some((candidate, _)) = self.intent.turn.take().filter(|_| wanted) else { return };
        let Some(mut plan) = self.plan(candidate) else { return };
        self.scan.cancel_next();
        self.give_up_for(cx, &mut plan.target);
        let (network, ssid) = (plan.target.network, plan.target.ssid);
        if let Err(why) = self.prepare(cx, &mut plan) {
            self.out.log(Level::Warning, format!("cannot join \"{ssid}\": {}", why.words));
            if why.not_sent {
                self.out.tell(Change::AssociationNotSent);
            }
            self.set_back(cx, network, why.setback);
            self.look(cx, Duration::from_secs(1));
            return;
        }
        self.say_joining(&plan.target);
        self.drive(cx, Input::Begin(Box::new(plan)));
    }

    /// Ends the link that stands, for another one.
    fn give_up_for(&mut self, cx: &mut Cx<'_>, target: &mut Target) {
        let Some(old) = self.target() else { return };
        if old.ssid == target.ssid && self.is_connected() {
            target.previous = Some(old.bssid);
            let mut how = How::Known;
            if old.bssid == target.bssid || old.network != target.network {
                // The kernel refuses to authenticate where it is associated: that has to end first.
                how = How::Forgotten;
                target.previous = None;
            }
            self.drive(cx, Input::Leave(Parting::quietly(how)));
        } else {
            self.leave(cx, ReasonCode::DEAUTH_LEAVING);
        }
    }

    /// The key of the target, and how it is authenticated with: the cached one, the passphrase's, or the one that SAE will
    /// bring.
    fn prepare(&mut self, cx: &mut Cx<'_>, plan: &mut Plan) -> Result<(), Unready> {
        let target = &mut plan.target;
        let Some(negotiated) = target.negotiated.clone() else { return Ok(()) };
        let Some(profile) = self.profiles.iter().find(|profile| profile.id == target.network) else {
            return Err(Unready::no_key("the network is gone"));
        };
        let own = self.device.own;
        if negotiated.akm.is_sae() {
            let wanted = Wanted { profile, akm: negotiated.akm, bssid: target.bssid, own };
            let cached = if target.by_driver { None } else { self.keys.cached(&wanted, &self.settings, cx.now) };
            if let Some((pmk, pmkid)) = cached {
                target.pmk = Some(pmk);
                target.pmkid = Some(pmkid);
                target.cached = true;
            } else {
                let password = self.keys.of_password(profile, &self.settings.sae_groups, &target.ssid);
                let Some(password) = password.filter(|password| password.is_usable()) else {
                    return Err(Unready::no_key("no SAE password, or none of sae_groups is supported"));
                };
                if target.by_driver {
                    // Its frames would have to be made here for the driver (external authentication), or the key be told.
                    let words = "the driver connects by itself; SAE is not supported with such drivers";
                    return Err(Unready { words: words.into(), setback: Setback::Connection, not_sent: true });
                }
                target.alias = choose_alias(profile, cx.rng);
                let password = match &target.alias {
                    Some(alias) => Arc::new(password.known_as(alias, target.ssid.as_bytes())),
                    None => password,
                };
                let parties = Parties {
                    own,
                    peer: target.bssid,
                    h2e: negotiated.h2e,
                    ext: negotiated.akm == rsn::AkmSuite::SaeExt,
                };
                let (run, frame) =
                    Run::start(password, parties, self.tamper.claimed_groups(), cx.rng).map_err(|error| Unready {
                        words: format!("SAE cannot be used: {error}"),
                        setback: Setback::Connection,
                        not_sent: false,
                    })?;
                target.sae_group = Some(run.group());
                plan.authentication = Authentication::sae(run, frame);
            }
        } else {
            target.pmk = self.keys.of_passphrase(profile, &target.ssid);
            if target.pmk.is_none() {
                return Err(Unready::no_key("no passphrase and no key"));
            }
        }
        let pmkids: Vec<rsn::Pmkid> = target.pmkid.into_iter().collect();
        target.own_element = negotiated.station_element(&pmkids);
        target.own_rsnxe = negotiated.station_rsnxe();
        self.tamper.change_association(&mut target.own_rsnxe);
        Ok(())
    }

    fn say_joining(&mut self, target: &Target) {
        let Some(negotiated) = &target.negotiated else { return };
        let text = format!(
            "joining \"{}\" at {} ({} MHz): {}, {}{}",
            target.ssid,
            target.bssid,
            target.freq,
            negotiated.akm.config_name(),
            negotiated.pairwise.name(),
            if negotiated.pmf { ", protected management frames" } else { "" },
        );
        self.out.log(Level::Info, text);
        // An old cipher for group frames is nothing to refuse a network for, but something to know: said once for each.
        let weak = negotiated.group == rsn::CipherSuite::Tkip && negotiated.pairwise != rsn::CipherSuite::Tkip;
        let said = &mut self.history.of(target.network).tkip_said;
        if weak && !core::mem::replace(said, true) {
            let text = format!(
                "\"{}\" protects frames for all with TKIP only; group=CCMP in the network refuses that",
                target.ssid
            );
            self.out.log(Level::Warning, text);
        }
    }
}
