//! Finding and being found (3.1.2.1): Search and Listen states in turn, the latter for a random time, until two devices happen
//! upon each other on a social channel.

use core::time::Duration;
use wire::{Instant, MacAddr};

use crate::config::listen_interval;
use crate::info::DeviceType;
use crate::output::{Context, Output, Scope};

/// Where devices are looked for besides social channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On all channels once, then on social ones.
    Full,
    /// On social channels alone.
    Social,
    /// On social channels and another one each time.
    Progressive,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindRequest {
    /// On which channels.
    pub kind: Kind,
    /// For how long; `None`: until it is stopped.
    pub timeout: Option<Duration>,
    /// How long the radio is left alone after each round.
    pub delay: Duration,
    /// One device.
    pub device: Option<MacAddr>,
    /// Devices of this type.
    pub device_type: Option<DeviceType>,
}

impl Default for FindRequest {
    fn default() -> Self {
        let (kind, timeout, delay) = (Kind::Full, None, Duration::ZERO);
        FindRequest { kind, timeout, delay, device: None, device_type: None }
    }
}

/// How long a scan may take until it counts as lost: the radio may have other work first.
const SCAN_PATIENCE: Duration = Duration::from_secs(30);
/// How long after a scan that could not be made it is tried again.
const BUSY: Duration = Duration::from_millis(500);
/// By how much a listening may end late before it counts as over.
const LISTEN_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A scan is under way, or waits until another one is over.
    Searching,
    /// It listens.
    Listening,
    /// It leaves the radio alone.
    Pausing,
}

/// A search that is under way.
#[derive(Debug)]
pub(crate) struct Find {
    pub(crate) request: FindRequest,
    phase: Phase,
    due: Instant,
    until: Option<Instant>,
    whole: bool,
    next_channel: usize,
}

impl Find {
    pub(crate) fn start(request: FindRequest, elements: alloc::vec::Vec<u8>, cx: &mut Context<'_>) -> Find {
        let until = request.timeout.map(|timeout| cx.now + timeout);
        let whole = request.kind == Kind::Full;
        let mut find = Find { request, phase: Phase::Searching, due: cx.now, until, whole, next_channel: 0 };
        find.search(elements, cx);
        find
    }

    fn search(&mut self, elements: alloc::vec::Vec<u8>, cx: &mut Context<'_>) {
        let scope = match self.request.kind {
            Kind::Full if self.whole => Scope::Full,
            Kind::Full | Kind::Social => Scope::Social,
            Kind::Progressive => {
                let all = cx.config.channels(false);
                let others = || all.iter().filter(|channel| !channel.is_social());
                let place = self.next_channel.checked_rem(others().count()).unwrap_or(0);
                self.next_channel = place.saturating_add(1);
                let frequency = others().nth(place).and_then(|channel| channel.frequency());
                frequency.map_or(Scope::Social, Scope::Progressive)
            }
        };
        self.phase = Phase::Searching;
        self.due = cx.now + SCAN_PATIENCE;
        cx.outputs.push(Output::Scan { scope, elements });
    }

    /// A scan is over: what it heard was told before. `done` is false if it was not made.
    pub(crate) fn scanned(&mut self, done: bool, cx: &mut Context<'_>) {
        if self.phase != Phase::Searching {
            return;
        }
        if !done {
            self.phase = Phase::Pausing;
            self.due = cx.now + BUSY;
            return;
        }
        self.whole = false;
        self.phase = Phase::Listening;
        let duration = listen_interval(cx.rng);
        self.due = cx.now + duration + LISTEN_PATIENCE;
        match cx.config.listen_channel.frequency() {
            Some(frequency) => cx.outputs.push(Output::Listen { frequency, duration }),
            None => self.due = cx.now + duration,
        }
    }

    /// Listening is over.
    pub(crate) fn listened(&mut self, cx: &mut Context<'_>) {
        if self.phase == Phase::Listening {
            self.phase = Phase::Pausing;
            self.due = cx.now + self.request.delay;
        }
    }

    /// Does what is due; false if the time is over.
    pub(crate) fn timeout(&mut self, elements: alloc::vec::Vec<u8>, cx: &mut Context<'_>) -> bool {
        if self.until.is_some_and(|until| cx.now >= until) {
            return false;
        }
        if cx.now >= self.due {
            match self.phase {
                Phase::Pausing | Phase::Searching => self.search(elements, cx),
                Phase::Listening => self.listened(cx),
            }
        }
        true
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.until.map_or(self.due, |until| until.min(self.due))
    }

    /// What has to be stopped with it.
    pub(crate) fn stop(self, cx: &mut Context<'_>) {
        match self.phase {
            Phase::Searching => cx.outputs.push(Output::StopScanning),
            Phase::Listening => cx.outputs.push(Output::StopListening),
            Phase::Pausing => {}
        }
    }
}
