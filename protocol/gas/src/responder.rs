//! The side that answers (11.22.3.2.3). Anybody may ask, so what is kept for strangers is bounded, for each and in all.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr, Malformed, StatusCode};

use crate::MAX_RESPONSE;
use crate::frame::{Frame, MAX_FRAGMENT, Protocol};

/// Dialogs of one station at a time.
const MAX_OF_ONE: usize = 4;
/// Dialogs in all; the oldest gives way.
const MAX_DIALOGS: usize = 64;
/// After this long a dialog is forgotten, however often its last fragment was asked for.
const LIFETIME: Duration = Duration::from_secs(10);
/// "Response not ready": how long until it is asked for again, in time units.
const NOT_READY: u16 = 100;
/// What a response of more than one fragment begins with, in time units: it is ready.
const READY: u16 = 1;
/// There is no such dialog, or none of this protocol (Table 9-50).
const NO_OUTSTANDING_REQUEST: StatusCode = StatusCode(60);
/// The protocol is not served (Table 9-50).
const PROTOCOL_NOT_SUPPORTED: StatusCode = StatusCode(59);

/// A dialog: who asks, and its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// Who asks.
    pub peer: MacAddr,
    /// The dialog token.
    pub token: u8,
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
    /// Somebody asks; [`Responder::respond`] answers, at once or later.
    Query {
        /// Names the dialog.
        dialog: DialogId,
        /// Of which protocol.
        protocol: Protocol,
        /// The query.
        query: Vec<u8>,
    },
}

#[derive(Debug)]
enum Answer {
    /// The owner has not said anything.
    Wanted,
    /// The peer was told to come back.
    Later,
    /// All of it.
    Ready(Vec<u8>),
}

#[derive(Debug)]
struct Dialog {
    protocol: Protocol,
    query: Vec<u8>,
    answer: Answer,
    /// The fragment that is sent next.
    next: u8,
    begun: Instant,
}

/// All dialogs.
#[derive(Debug, Default)]
pub struct Responder {
    served: Vec<Protocol>,
    dialogs: BTreeMap<DialogId, Dialog>,
    outputs: VecDeque<Output>,
}

impl Responder {
    /// Serves these protocols.
    #[must_use]
    pub const fn new(served: Vec<Protocol>) -> Responder {
        Responder { served, dialogs: BTreeMap::new(), outputs: VecDeque::new() }
    }

    /// Takes a public action frame: what follows the action. The owner has seen to it that a group address is no sender, and that
    /// the frame is for this BSS.
    ///
    /// # Errors
    /// If it cannot be read; nothing has changed then.
    pub fn handle(&mut self, peer: MacAddr, action: u8, body: &[u8], now: Instant) -> Result<(), Malformed> {
        let (token, frame) = Frame::parse(action, body)?;
        self.handle_timeout(now);
        let dialog = DialogId { peer, token };
        match frame {
            Frame::InitialRequest { protocol, query } => self.initial(dialog, protocol, query, now),
            Frame::ComebackRequest => self.comeback(dialog),
            // For the side that asks.
            Frame::InitialResponse { .. } | Frame::ComebackResponse { .. } => {}
        }
        Ok(())
    }

    fn initial(&mut self, id: DialogId, protocol: Protocol, query: Vec<u8>, now: Instant) {
        if !self.served.contains(&protocol) {
            self.refuse_initial(id, protocol, PROTOCOL_NOT_SUPPORTED);
            return;
        }
        if let Some(known) = self.dialogs.get(&id) {
            // The same once more: its answer was lost.
            if known.protocol == protocol && known.query == query {
                self.answer_initial(id);
                return;
            }
            self.dialogs.remove(&id);
        }
        while self.dialogs.keys().filter(|known| known.peer == id.peer).count() >= MAX_OF_ONE {
            self.forget_oldest(|known| known.peer == id.peer);
        }
        while self.dialogs.len() >= MAX_DIALOGS {
            self.forget_oldest(|_| true);
        }
        let copy = (protocol.clone(), query.clone());
        self.dialogs.insert(id, Dialog { protocol, query, answer: Answer::Wanted, next: 0, begun: now });
        self.outputs.push_back(Output::Query { dialog: id, protocol: copy.0, query: copy.1 });
    }

    /// Answers a query. `None` is told to the peer as "not yet": it comes back, and this may be called again. A response longer
    /// than [`MAX_RESPONSE`] cannot be sent and is refused.
    pub fn respond(&mut self, id: DialogId, response: Option<Vec<u8>>) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let answer = match response {
            Some(whole) if whole.len() > MAX_RESPONSE => {
                let protocol = dialog.protocol.clone();
                self.dialogs.remove(&id);
                self.refuse_initial(id, protocol, StatusCode::REFUSED);
                return;
            }
            Some(whole) => Answer::Ready(whole),
            None => Answer::Later,
        };
        match dialog.answer {
            Answer::Wanted => {
                dialog.answer = answer;
                self.answer_initial(id);
            }
            // What is ready now waits until the peer comes back.
            Answer::Later => dialog.answer = answer,
            Answer::Ready(_) => {}
        }
    }

    /// The last frame of a dialog was not acknowledged: its fragment is sent again when it is asked for again.
    pub fn not_acknowledged(&mut self, id: DialogId) {
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.next = dialog.next.saturating_sub(1);
        }
    }

    /// Forgets dialogs that are too old.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.dialogs.retain(|_, dialog| now.since(dialog.begun) < LIFETIME);
    }

    /// When [`Responder::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.dialogs.values().map(|dialog| dialog.begun + LIFETIME).min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn forget_oldest(&mut self, which: impl Fn(&DialogId) -> bool) {
        let candidates = self.dialogs.iter().filter(|(id, _)| which(id));
        if let Some(id) = candidates.min_by_key(|(_, dialog)| dialog.begun).map(|(id, _)| *id) {
            self.dialogs.remove(&id);
        }
    }

    fn answer_initial(&mut self, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        dialog.next = 0;
        let (comeback, response) = match &dialog.answer {
            Answer::Wanted => return,
            Answer::Later => (NOT_READY, Vec::new()),
            Answer::Ready(whole) if whole.len() <= MAX_FRAGMENT => (0, whole.clone()),
            Answer::Ready(_) => (READY, Vec::new()),
        };
        let protocol = dialog.protocol.clone();
        self.transmit(id, &Frame::InitialResponse { status: StatusCode::SUCCESS, comeback, protocol, response });
    }

    fn refuse_initial(&mut self, id: DialogId, protocol: Protocol, status: StatusCode) {
        self.transmit(id, &Frame::InitialResponse { status, comeback: 0, protocol, response: Vec::new() });
    }

    fn comeback(&mut self, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            // 11.22.3.2.3; a response needs some protocol, and the first one served is as good as any.
            if let Some(protocol) = self.served.first().cloned() {
                self.transmit(id, &refusal(protocol));
            }
            return;
        };
        let protocol = dialog.protocol.clone();
        let frame = match &dialog.answer {
            Answer::Wanted => return,
            Answer::Later => Frame::ComebackResponse {
                status: StatusCode::SUCCESS,
                fragment: 0,
                more: false,
                comeback: NOT_READY,
                protocol,
                response: Vec::new(),
            },
            Answer::Ready(whole) => {
                let fragment = dialog.next;
                let mut parts = whole.chunks(MAX_FRAGMENT).skip(usize::from(fragment));
                // An empty response is one empty fragment.
                let empty = (fragment == 0 && whole.is_empty()).then_some(&[][..]);
                match parts.next().or(empty) {
                    Some(part) => {
                        dialog.next = fragment.saturating_add(1);
                        let (more, response) = (parts.next().is_some(), part.to_vec());
                        let status = StatusCode::SUCCESS;
                        Frame::ComebackResponse { status, fragment, more, comeback: 0, protocol, response }
                    }
                    // All of it was sent.
                    None => refusal(protocol),
                }
            }
        };
        self.transmit(id, &frame);
    }

    fn transmit(&mut self, id: DialogId, frame: &Frame) {
        // What does not fit was refused before; there is nothing to say about it here.
        if let Ok(body) = frame.body(id.token) {
            self.outputs.push_back(Output::Transmit { peer: id.peer, action: frame.action(), body });
        }
    }
}

const fn refusal(protocol: Protocol) -> Frame {
    Frame::ComebackResponse {
        status: NO_OUTSTANDING_REQUEST,
        fragment: 0,
        more: false,
        comeback: 0,
        protocol,
        response: Vec::new(),
    }
}
