//! Group owner negotiation (Wi-Fi Direct 3.1.4.2): Request, Response, Confirmation, and who is left when one of them is lost.
//!
//! One negotiation at a time, one struct for each state, consumed by what happens:
//!
//! ```text
//!  connect ──► Requesting ◄──► Resting          (nobody hears us: listen for a while, ask again)
//!                  │  ╲             │
//!        Response  │   ╲ not ready  │ Request of the peer
//!                  ▼    ╲──► Resting│──► Responded
//!             Confirming                    │ Confirmation
//!                  │ acknowledged           ▼
//!                  └───────────────────► agreed
//! ```

mod agree;
mod request;
mod respond;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr};

pub use agree::{Agreement, Role};

use crate::channel::Channel;
use crate::code::{Method, Status};
use crate::config::{Credentials, listen_interval};
use crate::event::Event;
use crate::frame::Frame;
use crate::output::{Context, Fate, Output, Ticket};

/// How long a user has on the other side until this one gives up (3.1.4.2: a device that is not ready asks by itself within two minutes).
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How long a Response is waited for. 3.1.4.2 demands one in 100 ms; a busy peer takes longer.
pub(crate) const RESPONSE_WAIT: Duration = Duration::from_millis(200);
/// How long a Confirmation is waited for before the Response is sent again.
const CONFIRMATION_WAIT: Duration = Duration::from_millis(250);
/// How long the fate of a frame is waited for: the radio may be busy with something else.
const FATE_WAIT: Duration = Duration::from_secs(2);
/// How often a Response is sent for which no Confirmation comes, and a Confirmation that is not acknowledged.
const ATTEMPTS: u8 = 4;
/// How long a Confirmation is waited for whose Response was not the last, and sent again to a peer that asks for it.
const REMEMBERED: Duration = Duration::from_secs(2);

/// What the user wants with a peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its P2P device address.
    pub peer: MacAddr,
    /// Where it listens, in MHz.
    pub frequency: u32,
    /// How credentials are handed over, seen from here.
    pub method: Method,
    /// Group owner intent, 0 to 15.
    pub intent: u8,
    /// The group is to be kept for later.
    pub persistent: bool,
    /// The only channel that will do.
    pub channel: Option<Channel>,
    /// What the group is called if it is ours; else it gets a new name.
    pub credentials: Option<Credentials>,
    /// Ask; or only answer, when the peer asks (`auth`).
    pub initiate: bool,
}

/// Why there will be no group, and through whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The peer says no.
    Refused(Status),
    /// We say no.
    Refuses(Status),
    /// The peer, or its user, has not answered within [`PATIENCE`].
    Silent,
    /// Local system: the last frame, without which the peer knows of nothing, could not be transmitted.
    NotSent,
    /// Local configuration: what we have to say does not fit into a frame.
    TooLong,
}

/// A plan on its way.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) plan: Plan,
    until: Instant,
    /// Of the next request: another one each time.
    tie_breaker: bool,
    /// Of the last request, and the tie breaker in it.
    sent: Option<(u8, bool)>,
    /// Tokens of the Requests that were answered last, and what confirming each of them would mean.
    answered: Vec<Answered>,
}

/// A Request that was answered: its Confirmation may still be on its way.
#[derive(Debug)]
struct Answered {
    token: u8,
    agreement: Agreement,
    until: Instant,
}

/// A Request was given away, and is not answered yet.
#[derive(Debug)]
pub(crate) struct Requesting {
    attempt: Attempt,
    ticket: Ticket,
    due: Instant,
}

/// Nobody heard us, or the peer is not ready: listen now and then.
#[derive(Debug)]
pub(crate) struct Resting {
    attempt: Attempt,
    /// When to ask again; `None` if it is the peer's turn.
    ask: Option<Instant>,
    /// When to listen next.
    listen: Instant,
}

/// A Response was given away, and is not confirmed yet.
#[derive(Debug)]
pub(crate) struct Responded {
    attempt: Attempt,
    token: u8,
    frequency: u32,
    /// The Request that it answers: the same once more gets the same answer.
    request: Box<Frame>,
    response: Vec<u8>,
    sent: u8,
    due: Instant,
}

/// A Confirmation was given away, and its fate is not known yet.
#[derive(Debug)]
pub(crate) struct Confirming {
    attempt: Attempt,
    token: u8,
    confirmation: Vec<u8>,
    agreement: Agreement,
    ticket: Ticket,
    sent: u8,
    due: Instant,
}

#[derive(Debug)]
enum State {
    Requesting(Requesting),
    Resting(Resting),
    Responded(Responded),
    Confirming(Confirming),
}

/// A Confirmation that a peer may not have got.
#[derive(Debug)]
struct Remembered {
    peer: MacAddr,
    token: u8,
    frequency: u32,
    confirmation: Vec<u8>,
    left: u8,
    until: Instant,
}

/// The negotiation, if there is one.
#[derive(Debug, Default)]
pub struct Negotiation {
    state: Option<State>,
    remembered: Option<Remembered>,
}

impl Negotiation {
    /// No negotiation.
    #[must_use]
    pub const fn new() -> Negotiation {
        Negotiation { state: None, remembered: None }
    }

    /// With whom there is one.
    #[must_use]
    pub fn peer(&self) -> Option<MacAddr> {
        self.plan().map(|plan| plan.peer)
    }

    fn plan(&self) -> Option<&Plan> {
        self.state.as_ref().map(|state| &state.attempt().plan)
    }

    /// Begins one, in place of any other.
    pub fn start(&mut self, plan: Plan, cx: &mut Context<'_>) {
        let mut octet = [0];
        cx.rng.fill(&mut octet);
        let [octet] = octet;
        let initiate = plan.initiate;
        let attempt =
            Attempt { plan, until: cx.now + PATIENCE, tie_breaker: octet & 1 != 0, sent: None, answered: Vec::new() };
        self.state =
            if initiate { request::send(attempt, cx) } else { Some(State::Resting(Resting::for_peer(attempt, cx))) };
    }

    /// Ends it, and says nothing.
    pub fn cancel(&mut self) {
        self.state = None;
    }

    /// Takes a Request, Response or Confirmation. `rejected`: the user wants nothing from this device.
    pub fn handle_frame(&mut self, from: MacAddr, frequency: u32, frame: Frame, rejected: bool, cx: &mut Context<'_>) {
        use crate::code::subtype;
        match frame.subtype {
            subtype::NEGOTIATION_REQUEST => {
                self.state = respond::request(self.state.take(), from, frequency, frame, rejected, cx);
            }
            subtype::NEGOTIATION_RESPONSE => self.response(from, &frame, cx),
            subtype::NEGOTIATION_CONFIRMATION => {
                self.state = respond::confirmation(self.state.take(), from, &frame, cx);
            }
            _ => {}
        }
    }

    fn response(&mut self, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) {
        if let Some(known) = &mut self.remembered
            && known.peer == from
            && known.token == frame.token
            && known.left > 0
            && cx.now < known.until
        {
            known.left = known.left.saturating_sub(1);
            cx.outputs.transmit(from, known.frequency, known.confirmation.clone(), Duration::ZERO);
            return;
        }
        self.state = request::response(self.state.take(), from, frame, cx);
    }

    /// What became of a frame.
    pub fn handle_fate(&mut self, ticket: Ticket, fate: Fate, cx: &mut Context<'_>) {
        let state = self.state.take();
        self.state = match state {
            Some(State::Requesting(state)) if state.ticket == ticket => Some(state.fate(fate, cx)),
            Some(State::Confirming(state)) if state.ticket == ticket => self.confirmed(state, fate, cx),
            // A Response that was not acknowledged may have arrived: whether it did, the Confirmation says.
            other => other,
        };
    }

    fn confirmed(&mut self, state: Confirming, fate: Fate, cx: &mut Context<'_>) -> Option<State> {
        let (next, remembered) = state.fate(fate, cx);
        self.remembered = remembered.or(self.remembered.take());
        next
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.remembered = self.remembered.take().filter(|known| cx.now < known.until);
        let Some(state) = self.state.take() else { return };
        // What was confirmed is settled, however late it is.
        let confirming = matches!(state, State::Confirming(_));
        if !confirming && cx.now >= state.attempt().until {
            self.state = fail(state.into_attempt(), Failure::Silent, cx);
            return;
        }
        self.state = match state {
            State::Requesting(state) if cx.now >= state.due => Some(State::Resting(Resting::soon(state.attempt, cx))),
            State::Resting(state) => state.timeout(cx),
            State::Responded(state) if cx.now >= state.due => Some(state.timeout(cx)),
            // Nobody said what became of it, so it may have arrived.
            State::Confirming(state) if cx.now >= state.due => self.confirmed(state, Fate::NoAck, cx),
            same @ (State::Requesting(_) | State::Responded(_) | State::Confirming(_)) => Some(same),
        };
    }

    /// When [`Negotiation::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        let due = self.state.as_ref().map(|state| match state {
            State::Requesting(state) => state.due.min(state.attempt.until),
            State::Resting(state) => {
                let next = state.ask.map_or(state.listen, |ask| ask.min(state.listen));
                next.min(state.attempt.until)
            }
            State::Responded(state) => state.due.min(state.attempt.until),
            State::Confirming(state) => state.due,
        });
        [due, self.remembered.as_ref().map(|known| known.until)].into_iter().flatten().min()
    }
}

impl State {
    const fn attempt(&self) -> &Attempt {
        match self {
            State::Requesting(state) => &state.attempt,
            State::Resting(state) => &state.attempt,
            State::Responded(state) => &state.attempt,
            State::Confirming(state) => &state.attempt,
        }
    }

    fn into_attempt(self) -> Attempt {
        match self {
            State::Requesting(state) => state.attempt,
            State::Resting(state) => state.attempt,
            State::Responded(state) => state.attempt,
            State::Confirming(state) => state.attempt,
        }
    }
}

impl Resting {
    /// Asks again after a while: peers that do the same then hear one of us.
    fn soon(attempt: Attempt, cx: &mut Context<'_>) -> Resting {
        let pause = listen_interval(cx.rng);
        let mut resting = Resting { attempt, ask: Some(cx.now + pause), listen: cx.now };
        resting.listen(pause, cx);
        resting
    }

    /// Waits for the peer's Request.
    fn for_peer(attempt: Attempt, cx: &mut Context<'_>) -> Resting {
        let mut resting = Resting { attempt, ask: None, listen: cx.now };
        resting.listen(Duration::from_millis(500), cx);
        resting
    }

    fn listen(&mut self, duration: Duration, cx: &mut Context<'_>) {
        // As long again for whoever else wants the radio.
        self.listen = cx.now + duration.saturating_mul(2);
        if let Some(frequency) = cx.config.listen_channel.frequency() {
            cx.outputs.push(Output::Listen { frequency, duration });
        }
    }

    fn timeout(mut self, cx: &mut Context<'_>) -> Option<State> {
        if self.ask.is_some_and(|ask| cx.now >= ask) {
            return request::send(self.attempt, cx);
        }
        if cx.now >= self.listen {
            self.listen(Duration::from_millis(500), cx);
        }
        Some(State::Resting(self))
    }
}

fn fail(attempt: Attempt, why: Failure, cx: &mut Context<'_>) -> Option<State> {
    cx.outputs.event(Event::NegotiationFailed { peer: attempt.plan.peer, why });
    None
}

fn agreed(agreement: Agreement, cx: &mut Context<'_>) -> Option<State> {
    cx.outputs.event(Event::Negotiated(agreement));
    None
}
