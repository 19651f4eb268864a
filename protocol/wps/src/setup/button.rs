//! The access point's push button (11.3): walk time, and whether more than one device has pushed its own.

use alloc::collections::VecDeque;
use core::time::Duration;

use wire::{Instant, MacAddr};

use crate::device::Uuid;
use crate::search::WALK_TIME;

/// How many devices are remembered: two of them are an overlap already.
const MAX_SEEN: usize = 8;
/// How long a device that goes on asking after its registration is not a new one (`Quirk::ButtonEcho`).
const ECHO: Duration = Duration::from_secs(5);

/// Who has pushed a button, here and elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Button {
    pushed: Option<Instant>,
    seen: VecDeque<(Uuid, MacAddr, Instant)>,
    done: Option<(Uuid, Instant)>,
    /// Two were seen while the button was pushed: it counts no more, until it is pushed anew.
    overlapped: bool,
}

impl Button {
    /// Pushed now; `false` if more than one device asks already.
    pub fn push(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.overlapped = false;
        if self.others(None).count() > 1 {
            self.overlapped = true;
            self.pushed = None;
            return false;
        }
        self.done = None;
        self.pushed = Some(now);
        true
    }

    /// No more.
    pub fn release(&mut self) {
        self.pushed = None;
    }

    /// Whether it is pushed.
    #[must_use]
    pub fn is_pushed(&self, now: Instant) -> bool {
        self.pushed.is_some_and(|pushed| now < pushed + WALK_TIME)
    }

    /// A device asks for push button in a probe request or M1. Gives whether the button is still of use.
    pub fn see(&mut self, uuid: Uuid, addr: MacAddr, now: Instant, puts_up_with_echo: bool) -> bool {
        self.forget(now);
        let is_echo = self.done.is_some_and(|(done, at)| done == uuid && now < at + ECHO);
        if is_echo && puts_up_with_echo {
            return !self.overlapped;
        }
        self.seen.retain(|(known, from, _)| (*known, *from) != (uuid, addr));
        if self.seen.len() >= MAX_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back((uuid, addr, now));
        if self.pushed.is_some() && self.others(None).count() > 1 {
            self.overlapped = true;
        }
        !self.overlapped
    }

    /// Whether a device of this name is the only one that asks.
    #[must_use]
    pub fn is_alone(&self, uuid: Uuid) -> bool {
        !self.overlapped && self.others(Some(uuid)).count() == 0
    }

    /// The registration of this device is over, and well.
    pub fn finish(&mut self, uuid: Uuid, now: Instant) {
        self.seen.retain(|(known, _, _)| *known != uuid);
        self.done = Some((uuid, now));
        self.pushed = None;
        self.overlapped = false;
    }

    /// Different devices: those of one name are one, whatever their addresses.
    fn others(&self, but: Option<Uuid>) -> impl Iterator<Item = Uuid> {
        self.seen.iter().enumerate().filter_map(move |(place, (uuid, _, _))| {
            let is_first = self.seen.iter().take(place).all(|(known, _, _)| known != uuid);
            (is_first && Some(*uuid) != but).then_some(*uuid)
        })
    }

    fn forget(&mut self, now: Instant) {
        self.seen.retain(|(_, _, at)| now < *at + WALK_TIME);
        if !self.is_pushed(now) {
            self.pushed = None;
        }
    }

    /// When the walk time is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.pushed.map(|pushed| pushed + WALK_TIME)
    }
}
