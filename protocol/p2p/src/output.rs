//! What machines put out, and how they learn what became of it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::{Instant, MacAddr};

use crate::config::Config;
use crate::event::Event;

/// Names a frame that was given away to be transmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was acknowledged.
    Acked,
    /// It was transmitted, and not acknowledged: it may have arrived.
    NoAck,
    /// It was never transmitted.
    NotSent,
}

/// An action frame for the radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// For [`Fate`].
    pub ticket: Ticket,
    /// Address 1. Address 2 is the device address. Address 3 is that of the group for frames within it, else address 1.
    pub to: MacAddr,
    /// In MHz.
    pub frequency: u32,
    /// The body, from category onwards.
    pub body: Vec<u8>,
    /// How long to stay on the channel for an answer.
    pub wait: Duration,
}

/// Which channels are scanned, besides the social ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    Full,
    /// None.
    Social,
    /// One more, in MHz.
    Progressive(u32),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Transmit a frame, and tell its fate.
    Transmit(Transmit),
    /// Listen on a channel, and answer Probe Requests there; tell when it is over.
    Listen {
        /// In MHz.
        frequency: u32,
        /// How long.
        duration: Duration,
    },
    /// Listen no more.
    StopListening,
    /// Send Probe Requests with these elements and the SSID `DIRECT-`, without rates of 802.11b; tell what was heard, and when it is over.
    Scan {
        /// On which channels.
        scope: Scope,
        /// P2P, WPS and Wi-Fi Display elements.
        elements: Vec<u8>,
    },
    /// Scan no more.
    StopScanning,
    /// Transmit a Probe Response, with the device address as source and BSSID, and without waiting for its fate.
    ProbeResponse {
        /// To whom.
        to: MacAddr,
        /// In MHz.
        frequency: u32,
        /// All its elements.
        elements: Vec<u8>,
    },
    /// Something for the user.
    Event(Event),
}

/// What waits to be done.
#[derive(Debug, Default)]
pub struct Outputs {
    queue: VecDeque<Output>,
    next: u64,
}

impl Outputs {
    /// The next one.
    pub fn poll(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    pub(crate) fn transmit(&mut self, to: MacAddr, frequency: u32, body: Vec<u8>, wait: Duration) -> Ticket {
        let ticket = Ticket(self.next);
        self.next = self.next.wrapping_add(1);
        self.push(Output::Transmit(Transmit { ticket, to, frequency, body, wait }));
        ticket
    }
}

/// What each handler is given.
pub struct Context<'a> {
    /// Who we are.
    pub config: &'a Config,
    /// The time.
    pub now: Instant,
    /// Random octets.
    pub rng: &'a mut dyn Rng,
    /// Where what is to be done goes.
    pub outputs: &'a mut Outputs,
}
