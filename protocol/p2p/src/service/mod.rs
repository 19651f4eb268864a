//! Service discovery (3.1.3): queries over GAS, whose payload is an ANQP vendor element with query or response TLVs.

mod local;
mod tlv;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr, StatusCode};

pub use local::{Local, UpnpService};
pub use tlv::{
    Query, Response, ServiceProtocol, ServiceStatus, read_queries, read_responses, write_queries, write_responses,
};

use crate::code::DeviceCapability;
use crate::event::{Event, Trouble};
use crate::output::{Context, Fate, Ticket};
use crate::peers::Peers;
use tlv::{read_vendor, write_vendor};

/// The most queries that wait for devices.
const MAX_QUERIES: usize = 32;
/// Dialogs of others whose channel is remembered: twice as many as there can be.
const MAX_HEARD: usize = 128;
/// Category of public action frames.
const PUBLIC: u8 = 4;
/// How long to stay on the channel for an answer.
const WAIT: Duration = Duration::from_millis(200);

/// Names a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u32);

#[derive(Debug)]
struct Pending {
    /// Whom; `None`: everybody who is found.
    peer: Option<MacAddr>,
    queries: Vec<u8>,
    /// Who was asked already.
    asked: BTreeSet<MacAddr>,
}

/// Queries of ours, and answers to those of others.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub(crate) local: Local,
    pub(crate) external: bool,
    pending: BTreeMap<QueryId, Pending>,
    next: u32,
    requester: gas::Requester,
    running: BTreeMap<gas::requester::QueryId, QueryId>,
    responder: gas::Responder,
    /// Who asked, and from where, the last one last.
    heard_at: VecDeque<(gas::responder::DialogId, u32)>,
    responses: BTreeMap<Ticket, gas::responder::DialogId>,
}

impl Discovery {
    pub(crate) fn new() -> Discovery {
        Discovery {
            local: Local::default(),
            external: false,
            pending: BTreeMap::new(),
            next: 1,
            requester: gas::Requester::new(),
            running: BTreeMap::new(),
            responder: gas::Responder::new(Vec::from([gas::Protocol::anqp()])),
            heard_at: VecDeque::new(),
            responses: BTreeMap::new(),
        }
    }

    /// Asks a device, or all, as soon as they are found. `None` if too many queries wait.
    pub(crate) fn query(&mut self, peer: Option<MacAddr>, queries: Vec<u8>) -> Option<QueryId> {
        if self.pending.len() >= MAX_QUERIES {
            return None;
        }
        let id = QueryId(self.next);
        self.next = self.next.wrapping_add(1);
        self.pending.insert(id, Pending { peer, queries, asked: BTreeSet::new() });
        Some(id)
    }

    /// Takes a query back; false if there is none.
    pub(crate) fn cancel(&mut self, id: QueryId) -> bool {
        let running: Vec<_> = self.running.iter().filter(|(_, of)| **of == id).map(|(gas, _)| *gas).collect();
        for gas in running {
            self.requester.cancel(gas);
            self.running.remove(&gas);
        }
        self.pending.remove(&id).is_some()
    }

    /// Devices that a query is under way to.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = MacAddr> {
        self.running.keys().map(|gas| gas.peer)
    }

    /// A device was heard of, so it can be asked.
    pub(crate) fn found(&mut self, peer: MacAddr, peers: &Peers, cx: &mut Context<'_>) {
        let Some(known) = peers.get(peer).filter(|known| !known.rejected && known.frequency().is_some()) else {
            return;
        };
        if !known.capability.device.has(DeviceCapability::SERVICE_DISCOVERY) {
            return;
        }
        for (id, pending) in &mut self.pending {
            if pending.peer.is_some_and(|only| only != peer) || pending.asked.contains(&peer) {
                continue;
            }
            let octets = write_vendor(self.local.update_indicator(), &pending.queries);
            if let Ok(octets) = octets
                && let Some(gas) = self.requester.query(peer, gas::Protocol::anqp(), octets, cx.now, cx.rng)
            {
                pending.asked.insert(peer);
                self.running.insert(gas, *id);
            }
        }
        self.drain(peers, cx);
    }

    /// Takes a public action frame, from the action onwards; false if it is none of GAS, or cannot be read.
    pub(crate) fn handle_frame(
        &mut self,
        from: MacAddr,
        frequency: u32,
        body: &[u8],
        peers: &Peers,
        cx: &mut Context<'_>,
    ) -> bool {
        let [action @ 10..=13, rest @ ..] = body else { return false };
        let taken = match action {
            10 | 12 => {
                if let Some(token) = rest.first() {
                    self.remember(gas::responder::DialogId { peer: from, token: *token }, frequency);
                }
                self.responder.handle(from, *action, rest, cx.now)
            }
            _ => self.requester.handle(from, *action, rest, cx.now),
        };
        self.drain(peers, cx);
        taken.is_ok()
    }

    fn remember(&mut self, dialog: gas::responder::DialogId, frequency: u32) {
        self.heard_at.retain(|(known, _)| *known != dialog);
        if self.heard_at.len() >= MAX_HEARD {
            self.heard_at.pop_front();
        }
        self.heard_at.push_back((dialog, frequency));
    }

    fn heard_at(&self, dialog: gas::responder::DialogId) -> Option<u32> {
        self.heard_at.iter().find(|(known, _)| *known == dialog).map(|(_, frequency)| *frequency)
    }

    /// Answers a query that was given to an external program.
    pub(crate) fn respond(&mut self, peer: MacAddr, token: u8, responses: &[u8], peers: &Peers, cx: &mut Context<'_>) {
        if let Ok(octets) = write_vendor(self.local.update_indicator(), responses) {
            self.responder.respond(gas::responder::DialogId { peer, token }, Some(octets));
        }
        self.drain(peers, cx);
    }

    pub(crate) fn handle_fate(&mut self, ticket: Ticket, fate: Fate) {
        if let Some(dialog) = self.responses.remove(&ticket)
            && fate != Fate::Acked
        {
            self.responder.not_acknowledged(dialog);
        }
    }

    pub(crate) fn handle_timeout(&mut self, peers: &Peers, cx: &mut Context<'_>) {
        self.requester.handle_timeout(cx.now);
        self.responder.handle_timeout(cx.now);
        self.drain(peers, cx);
        if self.responder.poll_deadline().is_none() {
            self.heard_at.clear();
            self.responses.clear();
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.requester.poll_deadline(), self.responder.poll_deadline()].into_iter().flatten().min()
    }

    fn drain(&mut self, peers: &Peers, cx: &mut Context<'_>) {
        while let Some(output) = self.requester.poll_output() {
            match output {
                gas::requester::Output::Transmit { peer, action, body } => {
                    let frequency = peers.get(peer).and_then(crate::peers::Peer::frequency);
                    let body = [&[PUBLIC, action][..], &body].concat();
                    if let Some(frequency) = frequency.or(cx.config.listen_channel.frequency()) {
                        cx.outputs.transmit(peer, frequency, body, WAIT);
                    }
                }
                gas::requester::Output::Response(gas, octets) => self.answered(gas, &octets, cx),
                gas::requester::Output::Failed(gas, why) => {
                    let why = match why {
                        gas::requester::Failure::Silent | gas::requester::Failure::Lost => Trouble::Silent,
                        gas::requester::Failure::Refused(StatusCode(_)) => Trouble::Refused,
                        gas::requester::Failure::TooMuch => Trouble::Invalid,
                        gas::requester::Failure::TooLong => Trouble::TooLong,
                    };
                    self.failed(gas, why, cx);
                }
            }
        }
        while let Some(output) = self.responder.poll_output() {
            match output {
                gas::responder::Output::Transmit { peer, action, body } => {
                    let dialog = body.first().map(|token| gas::responder::DialogId { peer, token: *token });
                    let frequency = dialog.and_then(|dialog| self.heard_at(dialog));
                    let body = [&[PUBLIC, action][..], &body].concat();
                    if let (Some(frequency), Some(dialog)) = (frequency, dialog) {
                        let ticket = cx.outputs.transmit(peer, frequency, body, WAIT);
                        // Only comeback responses cannot be asked for again.
                        if action == gas::frame::COMEBACK_RESPONSE {
                            self.responses.insert(ticket, dialog);
                        }
                    }
                }
                gas::responder::Output::Query { dialog, query, .. } => self.asked(dialog, &query, cx),
            }
        }
    }

    fn asked(&mut self, dialog: gas::responder::DialogId, query: &[u8], cx: &mut Context<'_>) {
        // Another ANQP query than one for our services: there is nothing to say.
        let Ok((_, queries)) = read_vendor(query) else {
            self.responder.respond(dialog, Some(Vec::new()));
            return;
        };
        if self.external {
            self.responder.respond(dialog, None);
            let frequency = self.heard_at(dialog).unwrap_or_default();
            let (peer, token, queries) = (dialog.peer, dialog.token, queries.to_vec());
            cx.outputs.event(Event::ServicesRequested { peer, token, frequency, queries });
            return;
        }
        let responses = self.local.answer(queries, cx.config.display.as_deref());
        let written = write_responses(&responses).and_then(|tlvs| write_vendor(self.local.update_indicator(), &tlvs));
        self.responder.respond(dialog, Some(written.unwrap_or_default()));
    }

    fn answered(&mut self, gas: gas::requester::QueryId, octets: &[u8], cx: &mut Context<'_>) {
        let read = read_vendor(octets).and_then(|(indicator, tlvs)| Ok((indicator, read_responses(tlvs)?)));
        match read {
            Ok((update_indicator, responses)) => {
                let Some(query) = self.running.remove(&gas) else { return };
                if self.pending.get(&query).is_some_and(|pending| pending.peer.is_some()) {
                    self.pending.remove(&query);
                }
                cx.outputs.event(Event::ServicesFound { query, peer: gas.peer, update_indicator, responses });
            }
            Err(_) => self.failed(gas, Trouble::Invalid, cx),
        }
    }

    fn failed(&mut self, gas: gas::requester::QueryId, why: Trouble, cx: &mut Context<'_>) {
        let Some(query) = self.running.remove(&gas) else { return };
        // Who was only not heard is asked again when it is heard of.
        if let (Trouble::Silent, Some(pending)) = (why, self.pending.get_mut(&query)) {
            pending.asked.remove(&gas.peer);
        }
        cx.outputs.event(Event::ServicesFailed { query, peer: gas.peer, why });
    }
}
