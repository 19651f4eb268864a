//! A question to another device, asked until it is answered: for everything but the negotiation, whose questions change.

use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr};

use crate::config::listen_interval;
use crate::negotiation::RESPONSE_WAIT;
use crate::output::{Context, Fate, Output, Ticket};

/// How long the fate of a frame is waited for.
const FATE_WAIT: Duration = Duration::from_secs(2);

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) peer: MacAddr,
    pub(crate) token: u8,
    frequency: u32,
    body: Vec<u8>,
    /// Of the frame whose fate is not known.
    ticket: Option<Ticket>,
    /// Somebody waits for an answer now; else it is asked again.
    waits: bool,
    due: Instant,
    until: Instant,
    /// Listen between attempts: the peer may ask the same.
    listens: bool,
}

impl Exchange {
    /// Asks.
    pub(crate) fn start(
        peer: MacAddr,
        frequency: u32,
        (token, body): (u8, Vec<u8>),
        patience: Duration,
        listens: bool,
        cx: &mut Context<'_>,
    ) -> Exchange {
        let until = cx.now + patience;
        let mut exchange =
            Exchange { peer, token, frequency, body, ticket: None, waits: true, due: cx.now, until, listens };
        exchange.send(cx);
        exchange
    }

    fn send(&mut self, cx: &mut Context<'_>) {
        self.ticket = Some(cx.outputs.transmit(self.peer, self.frequency, self.body.clone(), RESPONSE_WAIT));
        self.waits = true;
        self.due = cx.now + FATE_WAIT;
    }

    fn rest(&mut self, cx: &mut Context<'_>) {
        let duration = listen_interval(cx.rng);
        self.ticket = None;
        self.waits = false;
        self.due = cx.now + duration;
        if self.listens
            && let Some(frequency) = cx.config.listen_channel.frequency()
        {
            cx.outputs.push(Output::Listen { frequency, duration });
        }
    }

    /// An answer with this token from this device is the answer. Whoever answers may have been heard before we were.
    pub(crate) fn is_answered_by(&self, from: MacAddr, token: u8) -> bool {
        self.peer == from && self.token == token
    }

    pub(crate) fn fate(&mut self, ticket: Ticket, fate: Fate, cx: &mut Context<'_>) {
        if self.ticket != Some(ticket) {
            return;
        }
        self.ticket = None;
        match fate {
            Fate::Acked => self.due = cx.now + RESPONSE_WAIT,
            Fate::NoAck | Fate::NotSent => self.rest(cx),
        }
    }

    /// Does what is due; false if nobody will answer any more.
    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>) -> bool {
        if cx.now >= self.until {
            return false;
        }
        if cx.now >= self.due {
            if self.waits { self.rest(cx) } else { self.send(cx) }
        }
        true
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.due.min(self.until)
    }
}
