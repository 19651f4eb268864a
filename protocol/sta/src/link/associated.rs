//! Once an access point has accepted us: the handshake, the keys, the port.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::{Failure, OperState, Request, StationFlags};
use rsn::{Protection, Supplicant};
use wire::{Instant, MacAddr, ReasonCode};

use super::handshake::{self, Outcome};
use super::input::{Arrival, Input};
use super::parting::{Cause, Installed, Parting, Was, close, set_four_address};
use super::target::Plan;
use super::{Link, News, Shared, State, Step};
use crate::change::Change;
use crate::output::{Asked, Level};

/// How long the handshake may take after the association.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// EAPOL packet type of EAPOL-Key (IEEE Std 802.1X-2020 11.3.2).
const EAPOL_KEY: u8 = 3;

/// The association stands: a state of a moment, in which it is decided what is still to be done.
#[derive(Debug)]
pub(crate) struct Associated {
    pub(crate) plan: Plan,
    /// An EAPOL frame that overtook the Association Response, and whether it was encrypted.
    early: Option<(Vec<u8>, Option<bool>)>,
    pub(crate) since: Instant,
}

/// Keys are agreed, and given to the kernel.
#[derive(Debug)]
pub(crate) struct Securing {
    pub(crate) plan: Plan,
    pub(crate) handshake: Supplicant,
    installed: Installed,
    /// The handshake is over: the port opens once the kernel has answered for all keys.
    agreed: bool,
    shown: State,
    pub(crate) since: Instant,
    deadline: Instant,
}

/// Data may pass.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) plan: Plan,
    /// None for an open network.
    pub(crate) handshake: Option<Supplicant>,
    installed: Installed,
    pub(crate) since: Instant,
}

impl Associated {
    pub(super) fn begin(plan: Plan, early: Option<(Vec<u8>, Option<bool>)>, shared: &mut Shared<'_>) -> Step {
        if plan.terms.four_address {
            set_four_address(true, shared);
        }
        shared.out.tell(Change::Associated(plan.target.bssid));
        Step::To(Link::Associated(Box::new(Associated { plan, early, since: shared.now })))
    }

    pub(super) fn step(self: Box<Self>, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        match input {
            Input::GoOn => self.go_on(shared),
            Input::Leave(parting) => {
                let installed = Installed::default();
                close(self.plan, Was::Securing { unproven: true }, Some(&installed), (parting, Cause::Given), shared)
            }
            Input::Begin(_)
            | Input::Taken(_)
            | Input::Rest(_)
            | Input::Answered { .. }
            | Input::Authentication(_)
            | Input::Association(_)
            | Input::Silent { .. }
            | Input::Ended { .. }
            | Input::DriverFailed { .. }
            | Input::DriverConnected(_)
            | Input::DriverRoamed(_)
            | Input::Eapol { .. }
            | Input::Timeout
            | Input::MicFailure { .. }
            | Input::Rekey { .. }
            | Input::Moved(_) => Step::To(Link::Associated(self)),
        }
    }

    /// Open networks are done, others begin their handshake.
    fn go_on(self, shared: &mut Shared<'_>) -> Step {
        let Associated { plan, early, since } = self;
        let Some(handshake) = handshake::begin(&plan, shared) else {
            return Connected { plan, handshake: None, installed: Installed::default(), since }.open(shared);
        };
        let deadline = shared.now + HANDSHAKE;
        let (installed, shown) = (Installed::default(), State::Associated);
        let securing = Securing { plan, handshake, installed, agreed: false, shown, since, deadline };
        match early {
            Some((frame, encrypted)) => securing.received(encrypted, &frame, shared),
            None => securing.stays(),
        }
    }
}

/// Whether an EAPOL frame is a key frame of our access point.
fn is_key_frame(plan: &Plan, source: MacAddr, data: &[u8], shared: &mut Shared<'_>) -> bool {
    if source != plan.target.bssid {
        shared.out.log(Level::Debug, format!("EAPOL frame of {source}, which is not our access point"));
        return false;
    }
    if data.get(1) != Some(&EAPOL_KEY) {
        shared.out.log(Level::Debug, "EAPOL frame that is no key frame".into());
        return false;
    }
    true
}

/// Hands a key frame to the handshake.
fn hand_on(handshake: &mut Supplicant, source: MacAddr, encrypted: Option<bool>, data: &[u8], shared: &mut Shared<'_>) {
    let protection = match encrypted {
        Some(true) => Protection::Encrypted,
        Some(false) => Protection::Plain,
        None => Protection::Unknown,
    };
    if let Err(discard) = handshake.handle_eapol_key(data, protection, shared.now, shared.rng) {
        shared.out.log(Level::Debug, format!("EAPOL-Key frame of {source} dropped: {discard}"));
    }
}

/// Asks the access point for new keys, for test suites.
fn request_keys(handshake: &mut Supplicant, error: bool, pairwise: bool) {
    match (error, pairwise) {
        (true, _) => handshake.report_mic_failure(pairwise),
        (false, true) => handshake.request_rekey(),
        (false, false) => handshake.request_group_rekey(),
    }
}

/// What the kernel's refusal of a key or of the port comes to. What it has already is as good.
fn refusal(asked: Asked, failure: &Failure, shared: &mut Shared<'_>) -> bool {
    let what = match asked {
        Asked::Key { pairwise: true } => "installing the pairwise key",
        Asked::Key { pairwise: false } => "installing a group key",
        Asked::Port => "opening the port",
        Asked::Told(_)
        | Asked::Quiet
        | Asked::Scan
        | Asked::ScanResults
        | Asked::LinkState
        | Asked::Authenticate
        | Asked::Associate => return false,
    };
    if *failure == Failure::KeyInstalled {
        shared.out.log(Level::Info, format!("{what}: {failure}"));
        return false;
    }
    shared.out.log(Level::Error, format!("{what} failed: {failure}"));
    true
}

/// The driver has moved to another access point: the port closes until the handshake there is done.
fn roamed(mut plan: Plan, installed: &Installed, arrival: &Arrival, shared: &mut Shared<'_>) -> Step {
    let text = format!("the driver has moved from {} to {}", plan.target.bssid, arrival.bssid);
    shared.out.log(Level::Info, text);
    shared.out.next_generation();
    installed.withdraw(shared);
    plan.target.arrived(arrival);
    // Frames with four addresses go on as they are.
    shared.out.tell(Change::Associated(plan.target.bssid));
    Step::To(Link::Associated(Box::new(Associated { plan, early: None, since: shared.now })))
}

impl Securing {
    /// What is shown of it.
    pub(crate) const fn shown(&self) -> State {
        self.shown
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        Some(self.handshake.poll_deadline().map_or(self.deadline, |at| at.min(self.deadline)))
    }

    fn stays(self) -> Step {
        Step::To(Link::Securing(Box::new(self)))
    }

    fn over(self, parting: Parting, cause: Cause, shared: &mut Shared<'_>) -> Step {
        let was = Was::Securing { unproven: self.handshake.four_way_in_progress() };
        close(self.plan, was, Some(&self.installed), (parting, cause), shared)
    }

    pub(super) fn step(self: Box<Self>, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        let mut state = *self;
        let (there, by_driver) = (state.plan.target.bssid, state.plan.target.by_driver);
        match input {
            Input::Leave(parting) => state.over(parting, Cause::Given, shared),
            Input::Answered { asked, failure: Some(failure) } if refusal(asked, &failure, shared) => {
                state.over(Parting::told(ReasonCode::UNSPECIFIED), Cause::KeyRefused, shared)
            }
            Input::Answered { asked: Asked::Key { .. }, failure: _ } => {
                state.installed.unanswered = state.installed.unanswered.saturating_sub(1);
                state.await_keys(shared)
            }
            Input::Ended { bssid, reason, local } if bssid.is_none_or(|bssid| bssid == there) => {
                state.over(Parting::suffered(reason, local), Cause::Ended { reason, local }, shared)
            }
            Input::DriverRoamed(arrival) if by_driver => roamed(state.plan, &state.installed, &arrival, shared),
            Input::Eapol { source, encrypted, data } if is_key_frame(&state.plan, source, data, shared) => {
                state.received(encrypted, data, shared)
            }
            Input::Timeout => state.timed_out(shared),
            Input::MicFailure { group } => {
                state.handshake.report_mic_failure(!group);
                state.drain(shared)
            }
            Input::Rekey { error, pairwise } => {
                request_keys(&mut state.handshake, error, pairwise);
                state.drain(shared)
            }
            Input::Moved(freq) => {
                state.plan.target.freq = freq;
                state.stays()
            }
            Input::Begin(_)
            | Input::Taken(_)
            | Input::Rest(_)
            | Input::Answered { .. }
            | Input::Authentication(_)
            | Input::Association(_)
            | Input::Silent { .. }
            | Input::Ended { .. }
            | Input::DriverFailed { .. }
            | Input::DriverConnected(_)
            | Input::DriverRoamed(_)
            | Input::Eapol { .. }
            | Input::GoOn => state.stays(),
        }
    }

    fn received(mut self, encrypted: Option<bool>, data: &[u8], shared: &mut Shared<'_>) -> Step {
        hand_on(&mut self.handshake, self.plan.target.bssid, encrypted, data, shared);
        if self.handshake.four_way_in_progress() {
            self.shown = State::FourWayHandshake;
        } else if self.handshake.group_handshake_in_progress() {
            self.shown = State::GroupHandshake;
        }
        self.drain(shared)
    }

    fn timed_out(mut self, shared: &mut Shared<'_>) -> Step {
        if self.deadline <= shared.now {
            shared.out.tell(Change::TimedOut(self.plan.target.bssid));
            return self.over(Parting::told(ReasonCode::DEAUTH_LEAVING), Cause::TimedOut, shared);
        }
        if self.handshake.poll_deadline().is_some_and(|at| at <= shared.now) {
            self.handshake.handle_timeout(shared.now);
        }
        self.drain(shared)
    }

    fn drain(mut self, shared: &mut Shared<'_>) -> Step {
        match handshake::drain(&mut self.handshake, &mut self.plan, &mut self.installed, true, shared) {
            Outcome::Runs => self.await_keys(shared),
            Outcome::Agreed => {
                self.agreed = true;
                self.await_keys(shared)
            }
            Outcome::Anew => self.over(Parting::told(ReasonCode::DEAUTH_LEAVING), Cause::Anew, shared),
            Outcome::Leave(reason) => self.over(Parting::told(reason), Cause::HandshakeFailed, shared),
        }
    }

    /// Data must not pass before the kernel has the keys that protect it (IEEE Std 802.11-2020 12.7.6.6, 12.6.10.3).
    fn await_keys(self, shared: &mut Shared<'_>) -> Step {
        if !self.agreed || self.installed.unanswered > 0 {
            return self.stays();
        }
        let Securing { plan, handshake, installed, since, .. } = self;
        Connected { plan, handshake: Some(handshake), installed, since }.open(shared)
    }
}

impl Connected {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.handshake.as_ref().and_then(Supplicant::poll_deadline)
    }

    fn stays(self) -> Step {
        Step::To(Link::Connected(Box::new(self)))
    }

    fn over(self, parting: Parting, cause: Cause, shared: &mut Shared<'_>) -> Step {
        close(self.plan, Was::Connected, Some(&self.installed), (parting, cause), shared)
    }

    /// Everything is there: data may pass.
    fn open(self, shared: &mut Shared<'_>) -> Step {
        let (bssid, network) = (self.plan.target.bssid, self.plan.target.network);
        if self.plan.target.negotiated.is_some() {
            shared.out.ask(Asked::Port, |handle| Request::SetStationFlags {
                handle,
                addr: bssid,
                flags: StationFlags { authorized: Some(true), ..StationFlags::default() },
            });
        }
        shared
            .out
            .ask(Asked::Told("opening the link"), |handle| Request::SetOperState { handle, state: OperState::Up });
        shared.news.push(News::Opened { network, bssid });
        self.stays()
    }

    pub(super) fn step(self: Box<Self>, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        let mut state = *self;
        let (there, by_driver) = (state.plan.target.bssid, state.plan.target.by_driver);
        match input {
            Input::Leave(parting) => state.over(parting, Cause::Given, shared),
            Input::Answered { asked, failure: Some(failure) } if refusal(asked, &failure, shared) => {
                state.over(Parting::told(ReasonCode::UNSPECIFIED), Cause::KeyRefused, shared)
            }
            Input::Answered { asked: Asked::Key { .. }, failure: _ } => {
                state.installed.unanswered = state.installed.unanswered.saturating_sub(1);
                state.stays()
            }
            Input::Ended { bssid, reason, local } if bssid.is_none_or(|bssid| bssid == there) => {
                state.over(Parting::suffered(reason, local), Cause::Ended { reason, local }, shared)
            }
            Input::DriverRoamed(arrival) if by_driver => roamed(state.plan, &state.installed, &arrival, shared),
            Input::Eapol { source, encrypted, data } if is_key_frame(&state.plan, source, data, shared) => {
                if let Some(handshake) = &mut state.handshake {
                    hand_on(handshake, source, encrypted, data, shared);
                }
                state.drain(shared)
            }
            Input::Timeout => {
                let due = |handshake: &&mut Supplicant| handshake.poll_deadline().is_some_and(|at| at <= shared.now);
                if let Some(handshake) = state.handshake.as_mut().filter(due) {
                    handshake.handle_timeout(shared.now);
                }
                state.drain(shared)
            }
            Input::MicFailure { group } => {
                if let Some(handshake) = &mut state.handshake {
                    handshake.report_mic_failure(!group);
                }
                state.drain(shared)
            }
            Input::Rekey { error, pairwise } => {
                if let Some(handshake) = &mut state.handshake {
                    request_keys(handshake, error, pairwise);
                }
                state.drain(shared)
            }
            Input::Moved(freq) => {
                state.plan.target.freq = freq;
                state.stays()
            }
            Input::Begin(_)
            | Input::Taken(_)
            | Input::Rest(_)
            | Input::Answered { .. }
            | Input::Authentication(_)
            | Input::Association(_)
            | Input::Silent { .. }
            | Input::Ended { .. }
            | Input::DriverFailed { .. }
            | Input::DriverConnected(_)
            | Input::DriverRoamed(_)
            | Input::Eapol { .. }
            | Input::GoOn => state.stays(),
        }
    }

    fn drain(mut self, shared: &mut Shared<'_>) -> Step {
        let Some(handshake) = &mut self.handshake else { return self.stays() };
        match handshake::drain(handshake, &mut self.plan, &mut self.installed, false, shared) {
            Outcome::Runs | Outcome::Agreed => self.stays(),
            Outcome::Anew => self.over(Parting::told(ReasonCode::DEAUTH_LEAVING), Cause::Anew, shared),
            Outcome::Leave(reason) => self.over(Parting::told(reason), Cause::HandshakeFailed, shared),
        }
    }
}
