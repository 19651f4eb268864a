//! Going: stopped, or taken away by something that may pass.

use ctrl::ApEvent;
use ipc_proto::{InterfaceType, Request};
use wire::Instant;

use crate::iface::{Iface, Slot, State, Why};
use crate::outbox::{Outbox, Purpose};

impl Iface {
    /// Stops, and gives its interfaces back.
    pub(crate) fn disable(&mut self, out: &mut Outbox, now: Instant, privd: bool) {
        let was = self.state;
        self.answer_all(out);
        self.stop_engines(out, now);
        if privd && !matches!(was, State::Uninitialized | State::Disabled) {
            self.release(out);
        }
        self.forget_kernel();
        self.state = State::Disabled;
        if was == State::Enabled {
            self.say(0, ApEvent::Disabled);
        }
    }

    /// Whoever waits to hear that something works hears that it does not.
    pub(super) fn answer_all(&mut self, out: &mut Outbox) {
        self.answer_enablers(false, out);
        for bss in 0..self.slots.len() {
            self.answer_adder(bss, false, out);
        }
    }

    pub(super) fn stop_engines(&mut self, out: &mut Outbox, now: Instant) {
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine {
                engine.stop(now);
            }
        }
        self.drain(out);
        for slot in &mut self.slots {
            slot.engine = None;
        }
    }

    pub(super) fn release(&mut self, out: &mut Outbox) {
        for slot in self.slots.iter_mut().rev() {
            give_back(slot, out);
        }
    }

    /// Whatever the kernel had is no more.
    pub(super) fn forget_kernel(&mut self) {
        self.attempt = self.attempt.wrapping_add(1);
        self.wait_until = None;
        for slot in &mut self.slots {
            slot.handle = None;
            slot.created = false;
            slot.reserved = None;
            slot.failed = false;
            slot.engine = None;
            slot.coming = None;
            slot.down = false;
        }
    }

    pub(super) fn lose_engines(&mut self, out: &mut Outbox) {
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine {
                engine.lost();
            }
        }
        self.drain(out);
    }

    /// `privd` is gone, and with it everything that it had started for us.
    pub(crate) fn privd_down(&mut self, out: &mut Outbox) {
        if self.is_wanted() {
            self.answer_all(out);
            self.lose_engines(out);
            self.forget_kernel();
            self.state = State::Waiting(Why::Privd);
        }
    }

    /// Something took the radio away; it is come back to when it can be.
    pub(super) fn suspend(&mut self, why: Why, out: &mut Outbox) {
        let was = self.state;
        self.answer_all(out);
        self.lose_engines(out);
        if why != Why::Interface
            && let Some(handle) = self.slots.first().and_then(|slot| slot.handle)
        {
            // Kept attached, for its events say when it is over; what else was made is made again.
            for slot in self.slots.iter_mut().skip(1) {
                give_back(slot, out);
            }
            self.forget_kernel();
            if let Some(slot) = self.slots.first_mut() {
                slot.handle = Some(handle);
            }
        } else {
            self.forget_kernel();
            for slot in &mut self.slots {
                slot.found_up = None;
            }
        }
        self.state = State::Waiting(why);
        if was == State::Enabled {
            self.away = true;
            self.say(0, ApEvent::InterfaceDisabled);
            self.say(0, ApEvent::Disabled);
        }
    }
}

/// The interface of a BSS goes if it was made for it, and is what it was before otherwise.
pub(super) fn give_back(slot: &mut Slot, out: &mut Outbox) {
    let Some(handle) = slot.handle else { return };
    let nothing = Purpose::Nothing;
    if slot.created {
        out.request(nothing("removing an interface"), Request::RemoveInterface { handle });
    } else {
        out.request(nothing("taking the interface down"), Request::SetLinkUp { handle, up: false });
        let kind = InterfaceType::Station;
        out.request(nothing("making it a station"), Request::SetInterfaceType { handle, kind });
        if slot.found_up.take() == Some(true) {
            out.request(nothing("leaving the interface up"), Request::SetLinkUp { handle, up: true });
        }
        out.request(nothing("giving the interface back"), Request::Detach { handle });
    }
}
