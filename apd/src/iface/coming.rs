//! Coming up: from an interface of any kind to beacons, step by step.

use std::sync::Arc;
use std::time::Duration;

use ap::Operating;
use crypto::Rng;
use ctrl::ApEvent;
use ipc_proto::{Failure, InterfaceType, Reply, Request};
use tracing::{error, info, warn};
use wire::Instant;

use crate::iface::overlap::SCAN_WAIT;
use crate::iface::{BssStep, Iface, RETRY, State, Why};
use crate::outbox::{Outbox, Purpose};
use crate::profile;

/// How long a change of the regulatory domain may take until it is no longer waited for.
const COUNTRY_WAIT: Duration = Duration::from_secs(5);

/// What is being done to bring a radio up. Each step is one request, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take the interface.
    Attach,
    /// What can the radio do?
    Abilities,
    /// Down, for the next steps need that.
    Down,
    /// An access point.
    Type,
    /// Its address, if it is to have another.
    Address,
    /// The regulatory domain as it is.
    CountryNow,
    /// The regulatory domain as it shall be.
    Country,
    /// Wait for the kernel to have changed it.
    CountryWait,
    /// What can it do there?
    AbilitiesThere,
    /// Up.
    Up,
    /// Look for networks that allow no 40 MHz.
    Overlap,
    /// Look for them a little later.
    OverlapPause,
    /// Wait until the radio has looked.
    OverlapWait,
    /// Whom has it seen?
    OverlapSeen,
    /// Its BSSs, each for itself (see [`crate::iface::BssStep`]).
    Start,
}

impl Iface {
    /// Begins to come up.
    pub(crate) fn enable(&mut self, out: &mut Outbox, privd: bool) {
        self.attempt = self.attempt.wrapping_add(1);
        self.hopeless = false;
        self.name_slots();
        if privd {
            self.step(Step::Attach, out);
        } else {
            self.state = State::Waiting(Why::Privd);
        }
    }

    /// Takes a step, or those after it if there is nothing to do in it.
    pub(super) fn step(&mut self, step: Step, out: &mut Outbox) {
        self.state = State::Coming(step);
        let request = match self.request_of(step) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(next) => return self.step(next, out),
        };
        out.request(Purpose::Step { iface: self.id, attempt: self.attempt, step }, request);
    }

    /// The request of a step; none if something else is awaited; the next step if there is nothing to do in this one.
    fn request_of(&self, step: Step) -> Result<Option<Request>, Step> {
        if let Step::Attach = step {
            return match self.own_handle(0) {
                Some(_) => Err(Step::Abilities),
                None => Ok(Some(Request::Attach { ifname: self.name().to_owned() })),
            };
        }
        let Some(handle) = self.own_handle(0) else { return Ok(None) };
        match step {
            Step::Attach => Ok(None),
            Step::Abilities => Ok(Some(Request::Capabilities { handle })),
            Step::Down => Ok(Some(Request::SetLinkUp { handle, up: false })),
            Step::Type => Ok(Some(Request::SetInterfaceType { handle, kind: InterfaceType::AccessPoint })),
            Step::Address => match self.config.bss.first().and_then(|bss| bss.bssid()) {
                Some(addr) if self.slots.first().is_some_and(|slot| slot.addr != addr) => {
                    Ok(Some(Request::SetMacAddress { handle, addr }))
                }
                Some(_) | None => Err(Step::CountryNow),
            },
            Step::CountryNow => match self.config.radio.country() {
                Some(_) => Ok(Some(Request::Country)),
                None => Err(Step::Up),
            },
            Step::Country => match self.config.radio.country() {
                Some([a, b, _]) => Ok(Some(Request::SetCountry { alpha2: [a, b] })),
                None => Err(Step::Up),
            },
            Step::CountryWait => Ok(None),
            Step::AbilitiesThere => Ok(Some(Request::Capabilities { handle })),
            Step::Up => Ok(Some(Request::SetLinkUp { handle, up: true })),
            Step::Overlap => self.scan_for_overlap(handle).map(Some).ok_or(Step::Start),
            Step::OverlapPause | Step::OverlapWait => Ok(None),
            Step::OverlapSeen => Ok(Some(Request::ScanResults { handle })),
            Step::Start => Ok(None),
        }
    }

    /// The answer to a step.
    pub(crate) fn stepped(
        &mut self,
        step: Step,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if self.state != State::Coming(step) {
            return;
        }
        let reply = match result {
            Ok(reply) => reply,
            // Neither is worth a network: the kernel may have its own mind about countries and bridges of others.
            Err(failure) if matches!(step, Step::CountryNow | Step::Country) => {
                warn!("{}: the country was not set: {failure}", self.name());
                return self.step(Step::Up, out);
            }
            Err(failure) if matches!(step, Step::Overlap | Step::OverlapSeen) => {
                return self.cannot_look(step, &failure, out, now, rng);
            }
            Err(failure) => return self.fail(step.words(), &failure, out, now),
        };
        let wanted = self.config.radio.country().map(|[a, b, _]| [a, b]);
        let there = matches!(reply, Reply::Country(now) if Some(now) == wanted);
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "a step has one kind of answer; the others say nothing to it"
        )]
        match (step, reply) {
            (Step::Attach, Reply::Attached(handle, info)) => {
                if let Some(slot) = self.slots.first_mut() {
                    slot.handle = Some(handle);
                    slot.ifindex = info.ifindex;
                    slot.addr = info.addr;
                    // A privd that comes back finds it as the one before has left it.
                    slot.found_up.get_or_insert(info.up);
                }
            }
            (Step::Abilities | Step::AbilitiesThere, Reply::Wiphy(wiphy)) => self.wiphy = Some(Arc::new(wiphy)),
            (Step::Address, _) => {
                if let (Some(slot), Some(addr)) =
                    (self.slots.first_mut(), self.config.bss.first().and_then(|bss| bss.bssid()))
                {
                    slot.addr = addr;
                }
            }
            (Step::OverlapSeen, Reply::ScanResults { entries, last }) => {
                self.neighbours_seen(entries);
                if !last {
                    return;
                }
                self.judge_neighbours();
            }
            _ => {}
        }
        let next = match step {
            Step::Attach => Step::Abilities,
            Step::Abilities => Step::Down,
            Step::Down => Step::Type,
            Step::Type => Step::Address,
            Step::Address => Step::CountryNow,
            // The kernel says nothing of a change to what is.
            Step::CountryNow if there => Step::AbilitiesThere,
            Step::CountryNow => Step::Country,
            Step::Country => {
                self.wait_until = Some(now + COUNTRY_WAIT);
                Step::CountryWait
            }
            Step::CountryWait => Step::AbilitiesThere,
            Step::AbilitiesThere => Step::Up,
            Step::Up => {
                if !self.choose_channel(out) {
                    return;
                }
                Step::Overlap
            }
            Step::Overlap => {
                self.wait_until = Some(now + SCAN_WAIT);
                Step::OverlapWait
            }
            Step::OverlapPause => Step::Overlap,
            Step::OverlapWait => Step::OverlapSeen,
            Step::OverlapSeen | Step::Start => Step::Start,
        };
        self.step(next, out);
        if self.state == State::Coming(Step::Start) {
            self.begin(out, now, rng);
        }
    }

    /// What the radio is to operate on, unless somebody is in the way. False: there is nothing, and it has given up.
    fn choose_channel(&mut self, out: &mut Outbox) -> bool {
        self.forget_neighbours();
        let Some(wiphy) = self.wiphy.clone() else { return false };
        let operating = match Operating::choose(&profile::radio(&self.config.radio), &wiphy) {
            Ok(operating) => operating,
            Err(why) => {
                self.give_up(&why, out);
                return false;
            }
        };
        if operating.ht && operating.secondary == 0 && self.config.radio.ht_capab().secondary != 0 {
            let number = operating.number;
            warn!("{}: channel {number} has no room for the 40 MHz of ht_capab there; it is 20 MHz wide", self.name());
        }
        self.operating = Some(operating);
        true
    }

    /// The radio is ready: the BSSs come up on its channel.
    pub(super) fn begin(&mut self, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        self.used = Some(self.config.radio.clone());
        for (threshold, frag) in
            [(self.config.radio.rts_threshold(), false), (self.config.radio.fragm_threshold(), true)]
        {
            if let (Some(threshold), Some(handle)) = (threshold, self.own_handle(0)) {
                let request = if frag {
                    Request::SetFragThreshold { handle, threshold }
                } else {
                    Request::SetRtsThreshold { handle, threshold }
                };
                out.request(Purpose::Nothing("setting a threshold"), request);
            }
        }
        for bss in 0..self.slots.len() {
            // One that cannot work ends it for all.
            if self.state == State::Coming(Step::Start) {
                self.join(bss, BssStep::Interface, out, now, rng);
            }
        }
    }

    pub(super) fn fail(&mut self, doing: &str, failure: &Failure, out: &mut Outbox, now: Instant) {
        let name = self.name().to_owned();
        match failure {
            Failure::NoInterface => {
                info!("{name}: there is no such interface yet; waiting for it");
                self.suspend(Why::Interface, out);
            }
            Failure::RadioBlocked => {
                warn!("{name}: the radio is blocked (rfkill); waiting for it to be unblocked");
                self.suspend(Why::Blocked, out);
            }
            Failure::InUse => {
                warn!("{name}: the interface is in use by another program of Airlock; trying again in 5 s");
                self.suspend(Why::Retry(now + RETRY), out);
            }
            Failure::Kernel { errno: 16, .. } => {
                warn!("{name}: {doing}: {failure}; trying again in 5 s");
                self.suspend(Why::Retry(now + RETRY), out);
            }
            Failure::Denied
            | Failure::NotGranted(_)
            | Failure::OutOfCondition(_)
            | Failure::Full(_)
            | Failure::KeyInstalled
            | Failure::Invalid(_)
            | Failure::NotSupported
            | Failure::Kernel { .. } => self.give_up(&format!("{doing}: {failure}"), out),
        }
    }

    pub(super) fn give_up(&mut self, why: &str, out: &mut Outbox) {
        error!("{}: cannot be an access point: {why}", self.name());
        self.answer_all(out);
        self.lose_engines(out);
        self.release(out);
        self.forget_kernel();
        self.state = State::Disabled;
        self.hopeless = true;
        self.say(0, ApEvent::Disabled);
    }

    pub(crate) fn answer_enablers(&mut self, well: bool, out: &mut Outbox) {
        for client in std::mem::take(&mut self.enablers) {
            out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
        }
    }
}

impl Step {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Step::Attach => "taking the interface",
            Step::Abilities | Step::AbilitiesThere => "asking what the radio can do",
            Step::Down | Step::Up => "switching the interface",
            Step::Type => "making the interface an access point",
            Step::Address => "changing the address",
            Step::CountryNow | Step::Country | Step::CountryWait => "setting the country",
            Step::Overlap | Step::OverlapPause | Step::OverlapWait | Step::OverlapSeen => {
                "looking for networks in the range of 40 MHz"
            }
            Step::Start => "starting",
        }
    }
}
