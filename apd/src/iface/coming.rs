//! Coming up: from an interface of any kind to beacons, step by step.

use std::sync::Arc;
use std::time::Duration;

use ap::{Bss, BssConfig, Operating};
use crypto::Rng;
use ctrl::ApEvent;
use ipc_proto::{Failure, InterfaceType, Reply, Request};
use tracing::{error, info, warn};
use wire::{Instant, MacAddr};

use crate::iface::{Iface, RETRY, Slot, State, Why};
use crate::outbox::{Outbox, Purpose};

/// How long a change of the regulatory domain may take until it is no longer waited for.
const COUNTRY_WAIT: Duration = Duration::from_secs(2);

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
    /// The regulatory domain.
    Country,
    /// Wait for the kernel to have changed it.
    CountryWait,
    /// What can it do there?
    AbilitiesThere,
    /// Up.
    Up,
    /// Make the interface of a further BSS.
    Add(usize),
    /// Put a BSS in its bridge.
    Bridge(usize),
    /// A further BSS's interface up.
    AddedUp(usize),
    /// Read the files that parameters name.
    Files,
    /// Beacons.
    Start,
}

impl Iface {
    /// Begins to come up.
    pub(crate) fn enable(&mut self, out: &mut Outbox, privd: bool) {
        self.attempt = self.attempt.wrapping_add(1);
        self.hopeless = false;
        let missing = self.config.bss.len().saturating_sub(self.slots.len());
        self.slots.extend((0..missing).map(|_| Slot::default()));
        if privd {
            self.step(Step::Attach, out);
        } else {
            self.state = State::Waiting(Why::Privd);
        }
    }

    /// Takes a step, or those after it if there is nothing to do in it.
    pub(super) fn step(&mut self, step: Step, out: &mut Outbox) {
        self.state = State::Coming(step);
        let request = match self.request_of(step, out) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(next) => return self.step(next, out),
        };
        out.request(Purpose::Step { iface: self.id, attempt: self.attempt, step }, request);
    }

    /// The request of a step; none if something else is awaited; the next step if there is nothing to do in this one.
    fn request_of(&mut self, step: Step, out: &mut Outbox) -> Result<Option<Request>, Step> {
        if let Step::Attach = step {
            return match self.own_ifindex(0) {
                Some(_) => Err(Step::Abilities),
                None => Ok(Some(Request::Attach { ifname: self.name().to_owned() })),
            };
        }
        let Some(ifindex) = self.own_ifindex(0) else { return Ok(None) };
        let bss = |index: usize| self.config.bss.get(index);
        match step {
            Step::Attach => Ok(None),
            Step::Abilities => Ok(Some(Request::Capabilities { ifindex })),
            Step::Down => Ok(Some(Request::SetLinkUp { ifindex, up: false })),
            Step::Type => Ok(Some(Request::SetInterfaceType { ifindex, kind: InterfaceType::AccessPoint })),
            Step::Address => match bss(0).and_then(|bss| bss.bssid()) {
                Some(addr) if self.slots.first().is_some_and(|slot| slot.addr != addr) => {
                    Ok(Some(Request::SetMacAddress { ifindex, addr }))
                }
                Some(_) | None => Err(Step::Country),
            },
            Step::Country => match self.config.radio.country() {
                Some([a, b, _]) => Ok(Some(Request::SetCountry { alpha2: [a, b] })),
                None => Err(Step::Up),
            },
            Step::CountryWait => Ok(None),
            Step::AbilitiesThere => Ok(Some(Request::Capabilities { ifindex })),
            Step::Up => Ok(Some(Request::SetLinkUp { ifindex, up: true })),
            Step::Add(index) => match bss(index) {
                Some(further) => Ok(Some(Request::AddInterface {
                    parent: ifindex,
                    ifname: further.interface().to_owned(),
                    kind: InterfaceType::AccessPoint,
                    addr: further.bssid().or_else(|| self.further_address(index)),
                })),
                None => Err(Step::Bridge(0)),
            },
            Step::Bridge(index) => match bss(index) {
                Some(this) => match (this.bridge(), self.own_ifindex(index)) {
                    (Some(bridge), Some(ifindex)) => {
                        Ok(Some(Request::SetBridge { ifindex, bridge: Some(bridge.to_owned()) }))
                    }
                    (Some(_) | None, _) => Err(Step::Bridge(index + 1)),
                },
                None => Err(Step::AddedUp(1)),
            },
            Step::AddedUp(index) => match self.own_ifindex(index) {
                Some(ifindex) => Ok(Some(Request::SetLinkUp { ifindex, up: true })),
                None => Err(Step::Files),
            },
            Step::Files => self.ask_files(out),
            Step::Start => Ok(None),
        }
    }

    /// The first address with the last octet counted up; locally administered, as further ones have to be.
    fn further_address(&self, index: usize) -> Option<MacAddr> {
        let MacAddr([a, b, c, d, e, f]) = self.slots.first()?.addr;
        let step = u8::try_from(index).ok()?;
        Some(MacAddr([a | 2, b, c, d, e, f.wrapping_add(step)]))
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
            Err(failure) if matches!(step, Step::Country) => {
                warn!("{}: the country was not set: {failure}", self.name());
                return self.step(Step::Up, out);
            }
            Err(failure) => return self.fail(step, &failure, out, now),
        };
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "a step has one kind of answer; the others say nothing to it"
        )]
        match (step, reply) {
            (Step::Attach, Reply::Attached(info)) => {
                if let Some(slot) = self.slots.first_mut() {
                    slot.ifindex = Some(info.ifindex);
                    slot.addr = info.addr;
                }
            }
            (Step::Abilities | Step::AbilitiesThere, Reply::Wiphy(wiphy)) => self.wiphy = Some(Arc::new(wiphy)),
            (Step::Add(index), Reply::Created(info)) => {
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.ifindex = Some(info.ifindex);
                    slot.addr = info.addr;
                    slot.created = true;
                }
            }
            (Step::Address, _) => {
                if let (Some(slot), Some(addr)) =
                    (self.slots.first_mut(), self.config.bss.first().and_then(|bss| bss.bssid()))
                {
                    slot.addr = addr;
                }
            }
            _ => {}
        }
        let next = match step {
            Step::Attach => Step::Abilities,
            Step::Abilities => Step::Down,
            Step::Down => Step::Type,
            Step::Type => Step::Address,
            Step::Address => Step::Country,
            Step::Country => {
                self.country_until = Some(now + COUNTRY_WAIT);
                Step::CountryWait
            }
            Step::CountryWait => Step::AbilitiesThere,
            Step::AbilitiesThere => Step::Up,
            Step::Up => Step::Add(1),
            Step::Add(index) => Step::Add(index + 1),
            Step::Bridge(index) => Step::Bridge(index + 1),
            Step::AddedUp(index) => Step::AddedUp(index + 1),
            Step::Files | Step::Start => Step::Start,
        };
        self.step(next, out);
        if self.state == State::Coming(Step::Start) {
            self.begin(out, now, rng);
        }
    }

    /// Beacons.
    pub(super) fn begin(&mut self, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        self.state = State::Coming(Step::Start);
        let Some(wiphy) = self.wiphy.clone() else { return };
        let operating = match Operating::choose(&self.config.radio, &wiphy) {
            Ok(operating) => operating,
            Err(why) => return self.give_up(&why, out),
        };
        self.operating = Some(operating.clone());
        for index in 0..self.slots.len() {
            let lists = match self.lists_of(index) {
                Ok(lists) => lists,
                Err(why) => return self.give_up(&why, out),
            };
            let (Some(slot), Some(bss)) = (self.slots.get_mut(index), self.config.bss.get(index)) else { continue };
            let Some(ifindex) = slot.ifindex else { continue };
            slot.lists = lists.clone();
            let config = BssConfig {
                ifindex,
                own: slot.addr,
                bss: bss.clone(),
                radio: self.config.radio.clone(),
                wiphy: Arc::clone(&wiphy),
                operating: operating.clone(),
                lists,
            };
            let mut engine = Bss::new(config, rng);
            engine.start(now, rng);
            if self.audible && bss.start_disabled() {
                engine.update_beacon();
            }
            slot.engine = Some(engine);
        }
        for (threshold, frag) in
            [(self.config.radio.rts_threshold(), false), (self.config.radio.fragm_threshold(), true)]
        {
            if let (Some(threshold), Some(ifindex)) = (threshold, self.own_ifindex(0)) {
                let request = if frag {
                    Request::SetFragThreshold { ifindex, threshold }
                } else {
                    Request::SetRtsThreshold { ifindex, threshold }
                };
                out.request(Purpose::Nothing("setting a threshold"), request);
            }
        }
        self.drain(out);
    }

    pub(super) fn fail(&mut self, step: Step, failure: &Failure, out: &mut Outbox, now: Instant) {
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
                warn!("{name}: {}: {failure}; trying again in 5 s", step.words());
                self.suspend(Why::Retry(now + RETRY), out);
            }
            Failure::Denied
            | Failure::KeyInstalled
            | Failure::Invalid(_)
            | Failure::NotSupported
            | Failure::Kernel { .. } => self.give_up(&format!("{}: {failure}", step.words()), out),
        }
        self.answer_enablers(false, out);
    }

    pub(super) fn give_up(&mut self, why: &str, out: &mut Outbox) {
        error!("{}: cannot be an access point: {why}", self.name());
        self.lose_engines(out);
        self.release(out);
        self.forget_kernel();
        self.state = State::Disabled;
        self.hopeless = true;
        self.say(0, ApEvent::Disabled);
        self.answer_enablers(false, out);
    }

    pub(crate) fn answer_enablers(&mut self, well: bool, out: &mut Outbox) {
        for client in std::mem::take(&mut self.enablers) {
            out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
        }
    }
}

impl Step {
    const fn words(self) -> &'static str {
        match self {
            Step::Attach => "taking the interface",
            Step::Abilities | Step::AbilitiesThere => "asking what the radio can do",
            Step::Down | Step::Up | Step::AddedUp(_) => "switching the interface",
            Step::Type => "making the interface an access point",
            Step::Address => "changing the address",
            Step::Country | Step::CountryWait => "setting the country",
            Step::Add(_) => "making the interface of a further BSS",
            Step::Bridge(_) => "joining the bridge",
            Step::Files => "reading files",
            Step::Start => "starting",
        }
    }
}
