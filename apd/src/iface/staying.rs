//! Staying up: answers, events of the kernel, and time.

use ap::{Bss, Condition, Tag};
use crypto::Rng;
use ipc_proto::{Event, Failure, Reply};
use tracing::{debug, info, warn};
use wire::Instant;

use crate::iface::{BssStep, Iface, RETRY, Slot, State, Step, Why};
use crate::outbox::{BssId, Outbox};

/// nl80211's number of a regulatory domain that was asked for, as an access point's is.
const BY_USER: u8 = 1;

impl Iface {
    /// The answer to a BSS's request.
    pub(crate) fn bss_reply(
        &mut self,
        bss: BssId,
        tag: Tag,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let engine = self.slots.iter_mut().find(|slot| slot.id == bss).and_then(|slot| slot.engine.as_mut());
        if let Some(engine) = engine {
            engine.handle_reply(tag, result, now, rng);
            if let Some((bss, failure)) = self.drain(out) {
                self.bss_failed(bss, "starting", &failure, out, now);
            }
        }
    }

    /// Something happened in the kernel.
    pub(crate) fn event(&mut self, event: &Event, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other events are the BSSs' affair")]
        match event {
            Event::InterfaceAdded { ifname, .. }
                if self.state == State::Waiting(Why::Interface) && ifname == self.name() =>
            {
                info!("{ifname}: the interface is there");
                self.back();
                self.enable(out, true);
            }
            Event::InterfaceGone { handle, ifname } if self.own_handle(0) == Some(*handle) => {
                warn!("{ifname}: the interface is gone; waiting for it to come back");
                self.suspend(Why::Interface, out);
            }
            Event::InterfaceGone { handle, .. } => {
                if let Some(bss) = self.slot_of(*handle) {
                    warn!("{}: the interface of this BSS is gone; RELOAD makes it again", self.bss_name(bss));
                    if let Some(slot) = self.slots.get_mut(bss) {
                        (slot.handle, slot.created) = (None, false);
                        if let Some(engine) = &mut slot.engine {
                            engine.lost();
                        }
                    }
                    self.drain(out);
                }
            }
            Event::RadioBlocked { handle, blocked } if self.own_handle(0) == Some(*handle) => {
                match (blocked, self.state) {
                    (true, State::Enabled | State::Coming(_) | State::Waiting(Why::Down | Why::Retry(_))) => {
                        warn!("{}: the radio was blocked (rfkill)", self.name());
                        self.suspend(Why::Blocked, out);
                    }
                    (false, State::Waiting(Why::Blocked | Why::Down | Why::Retry(_))) => {
                        info!("{}: the radio is unblocked", self.name());
                        self.back();
                        self.enable(out, true);
                    }
                    _ => {}
                }
            }
            Event::LinkChanged { handle, up, .. } if self.own_handle(0) == Some(*handle) => match (up, self.state) {
                (false, State::Enabled) => {
                    warn!("{}: the interface was taken down", self.name());
                    self.suspend(Why::Down, out);
                }
                (true, State::Waiting(Why::Down | Why::Blocked | Why::Retry(_))) => {
                    info!("{}: the interface is up again", self.name());
                    self.back();
                    self.enable(out, true);
                }
                _ => {}
            },
            Event::LinkChanged { handle, up, .. } if self.state == State::Enabled => {
                if let Some(bss) = self.slot_of(*handle) {
                    self.link_of_bss(bss, *up, out, now, rng);
                }
            }
            Event::RegulatoryChanged { initiator: BY_USER, .. } if self.state == State::Coming(Step::CountryWait) => {
                self.wait_until = None;
                self.stepped(Step::CountryWait, Ok(Reply::Done), out, now, rng);
            }
            Event::ScanDone { handle, .. }
                if self.own_handle(0) == Some(*handle) && self.state == State::Coming(Step::OverlapWait) =>
            {
                self.wait_until = None;
                self.stepped(Step::OverlapWait, Ok(Reply::Done), out, now, rng);
            }
            _ => {}
        }
        #[cfg(feature = "testing")]
        if let Some(bss) = event.handle().and_then(|handle| self.slot_of(handle))
            && let Some(said) = self.hooks.take(event)
        {
            self.events.push_back((bss, said));
            return;
        }
        if let Some(bss) = event.handle().and_then(|handle| self.slot_of(handle))
            && let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut())
        {
            engine.handle_event(event, now, rng);
            self.drain(out);
            let stopped = |slot: &Slot| slot.engine.as_ref().is_some_and(|bss| bss.condition() == Condition::Stopped);
            if self.state == State::Enabled && self.slots.first().is_some_and(stopped) {
                self.suspend(Why::Retry(now + RETRY), out);
            }
        }
    }

    /// Somebody took the interface of a further BSS down, or up again.
    fn link_of_bss(&mut self, bss: usize, up: bool, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        let Some(slot) = self.slots.get_mut(bss) else { return };
        match (up, slot.engine.is_some(), slot.down) {
            (false, true, false) => {
                warn!("{}: the interface was taken down", slot.name);
                slot.down = true;
                if let Some(engine) = &mut slot.engine {
                    engine.lost();
                }
                self.drain(out);
            }
            (true, _, true) => {
                info!("{}: the interface is up again", slot.name);
                slot.down = false;
                slot.engine = None;
                self.join(bss, BssStep::Bridge, out, now, rng);
            }
            (true | false, ..) => {}
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let retry = match self.state {
            State::Waiting(Why::Retry(at)) => Some(at),
            State::Waiting(Why::Privd | Why::Interface | Why::Blocked | Why::Down)
            | State::Uninitialized
            | State::Disabled
            | State::Coming(_)
            | State::Enabled => None,
        };
        let engines = self.slots.iter().filter_map(|slot| slot.engine.as_ref()).filter_map(Bss::poll_deadline).min();
        [retry, engines, self.wait_until].into_iter().flatten().min()
    }

    pub(crate) fn timeout(&mut self, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        if self.wait_until.is_some_and(|at| at <= now) {
            self.wait_until = None;
            if let State::Coming(step @ (Step::CountryWait | Step::OverlapPause | Step::OverlapWait)) = self.state {
                debug!("{}: {}: going on", self.name(), step.words());
                self.stepped(step, Ok(Reply::Done), out, now, rng);
            }
        }
        if let State::Waiting(Why::Retry(at)) = self.state
            && at <= now
        {
            self.enable(out, true);
        }
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine
                && engine.poll_deadline().is_some_and(|at| at <= now)
            {
                engine.handle_timeout(now, rng);
            }
        }
        self.drain(out);
    }
}
