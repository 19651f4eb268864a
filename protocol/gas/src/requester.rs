//! The side that asks (11.22.3.2.2).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::{Instant, MacAddr, Malformed, StatusCode};

use crate::frame::{Frame, Protocol};
use crate::{MAX_RESPONSE, time_units};

/// How long each answer is waited for (dot11GASResponseTimeout is at least a second).
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a frame is sent that nobody answers.
const ATTEMPTS: u8 = 3;
/// The longest that a responder may have us wait in all.
const LONGEST: Duration = Duration::from_secs(60);
/// The most queries at a time.
const MAX_QUERIES: usize = 32;

/// Names a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId {
    /// Who is asked.
    pub peer: MacAddr,
    /// The dialog token.
    pub token: u8,
}

/// Why a query has no response: whoever is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Network or peer: nothing came.
    Silent,
    /// The peer refuses.
    Refused(StatusCode),
    /// A fragment was lost on its way, and cannot be asked for again.
    Lost,
    /// The peer: the response is longer than any may be, or takes too long.
    TooMuch,
    /// Ours: the query does not fit into a frame.
    TooLong,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this public action frame.
    Transmit {
        /// To whom.
        peer: MacAddr,
        /// The public action.
        action: u8,
        /// What follows it.
        body: Vec<u8>,
    },
    /// The whole response.
    Response(QueryId, Vec<u8>),
    /// There is none.
    Failed(QueryId, Failure),
}

#[derive(Debug)]
enum Stage {
    /// The Initial Request is not answered yet.
    Asked,
    /// It is not time to come back yet.
    Away,
    /// A Comeback Request is not answered yet.
    CameBack,
}

#[derive(Debug)]
struct Query {
    protocol: Protocol,
    query: Vec<u8>,
    stage: Stage,
    received: Vec<u8>,
    next_fragment: u8,
    attempts: u8,
    begun: Instant,
    due: Instant,
}

/// All queries.
#[derive(Debug, Default)]
pub struct Requester {
    queries: BTreeMap<QueryId, Query>,
    outputs: VecDeque<Output>,
}

impl Requester {
    /// No queries.
    #[must_use]
    pub const fn new() -> Requester {
        Requester { queries: BTreeMap::new(), outputs: VecDeque::new() }
    }

    /// Begins a query; `None` if there are too many. Its dialog token is random, so that who does not hear us cannot answer.
    pub fn query(
        &mut self,
        peer: MacAddr,
        protocol: Protocol,
        query: Vec<u8>,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Option<QueryId> {
        if self.queries.len() >= MAX_QUERIES {
            return None;
        }
        let mut octet = [0];
        rng.fill(&mut octet);
        let [start] = octet;
        let mut free = (0..=u8::MAX).map(|step| QueryId { peer, token: start.wrapping_add(step) });
        let id = free.find(|id| !self.queries.contains_key(id))?;
        let state = Query {
            protocol,
            query,
            stage: Stage::Asked,
            received: Vec::new(),
            next_fragment: 0,
            attempts: 0,
            begun: now,
            due: now,
        };
        self.queries.insert(id, state);
        self.transmit(id, now);
        Some(id)
    }

    /// Gives up a query; nothing more is told of it.
    pub fn cancel(&mut self, id: QueryId) {
        self.queries.remove(&id);
    }

    /// Takes a public action frame: what follows the action.
    ///
    /// # Errors
    /// If it cannot be read; nothing has changed then.
    pub fn handle(&mut self, peer: MacAddr, action: u8, body: &[u8], now: Instant) -> Result<(), Malformed> {
        let (token, frame) = Frame::parse(action, body)?;
        let id = QueryId { peer, token };
        let Some(query) = self.queries.get_mut(&id) else { return Ok(()) };
        match (&query.stage, frame) {
            (Stage::Asked, Frame::InitialResponse { status, comeback, protocol, response }) => {
                if protocol != query.protocol {
                    return Ok(());
                }
                if status != StatusCode::SUCCESS {
                    self.end(id, Err(Failure::Refused(status)));
                } else if comeback == 0 {
                    self.end(id, Ok(response));
                } else {
                    query.stage = Stage::Away;
                    query.due = now + time_units(comeback);
                }
            }
            (Stage::CameBack, Frame::ComebackResponse { status, fragment, more, comeback, protocol, response }) => {
                if protocol != query.protocol {
                    return Ok(());
                }
                if status != StatusCode::SUCCESS {
                    self.end(id, Err(Failure::Refused(status)));
                } else if comeback != 0 {
                    // Still not ready.
                    query.stage = Stage::Away;
                    query.attempts = 0;
                    query.due = now + time_units(comeback);
                } else if fragment == query.next_fragment {
                    self.fragment(id, more, &response, now);
                } else if fragment > query.next_fragment {
                    self.end(id, Err(Failure::Lost));
                }
                // An earlier fragment is one that was late, or sent twice.
            }
            (Stage::Asked | Stage::Away | Stage::CameBack, _) => {}
        }
        Ok(())
    }

    fn fragment(&mut self, id: QueryId, more: bool, part: &[u8], now: Instant) {
        let Some(query) = self.queries.get_mut(&id) else { return };
        if query.received.len().saturating_add(part.len()) > MAX_RESPONSE {
            self.end(id, Err(Failure::TooMuch));
            return;
        }
        query.received.extend_from_slice(part);
        if !more {
            let whole = core::mem::take(&mut query.received);
            self.end(id, Ok(whole));
            return;
        }
        match query.next_fragment.checked_add(1).filter(|next| *next < 128) {
            Some(next) => {
                query.next_fragment = next;
                query.attempts = 0;
                self.transmit(id, now);
            }
            None => self.end(id, Err(Failure::TooMuch)),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due: Vec<QueryId> = self.queries.iter().filter(|(_, query)| query.due <= now).map(|(id, _)| *id).collect();
        for id in due {
            let Some(query) = self.queries.get_mut(&id) else { continue };
            if now.since(query.begun) > LONGEST {
                self.end(id, Err(Failure::TooMuch));
                continue;
            }
            if let Stage::Away = query.stage {
                query.stage = Stage::CameBack;
                query.attempts = 0;
            }
            if query.attempts >= ATTEMPTS {
                self.end(id, Err(Failure::Silent));
            } else {
                self.transmit(id, now);
            }
        }
    }

    /// When [`Requester::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.queries.values().map(|query| query.due).min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn end(&mut self, id: QueryId, end: Result<Vec<u8>, Failure>) {
        if self.queries.remove(&id).is_some() {
            self.outputs.push_back(match end {
                Ok(response) => Output::Response(id, response),
                Err(why) => Output::Failed(id, why),
            });
        }
    }

    fn transmit(&mut self, id: QueryId, now: Instant) {
        let Some(query) = self.queries.get_mut(&id) else { return };
        query.attempts = query.attempts.saturating_add(1);
        query.due = now + PATIENCE;
        let frame = match query.stage {
            Stage::Asked => Frame::InitialRequest { protocol: query.protocol.clone(), query: query.query.clone() },
            Stage::Away | Stage::CameBack => Frame::ComebackRequest,
        };
        match frame.body(id.token) {
            Ok(body) => self.outputs.push_back(Output::Transmit { peer: id.peer, action: frame.action(), body }),
            Err(_) => self.end(id, Err(Failure::TooLong)),
        }
    }
}
