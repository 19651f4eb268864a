//! Until an access point has accepted us: authentication and association.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::{AssociateParameters, AuthenticateParameters, ConnectParameters, Failure, Request};
use rsn::{AkmSuite, PmksaEntry};
use wire::element::Elements;
use wire::frame::{self, AssocResponse, Management, auth_algorithm};
use wire::{Instant, MacAddr, ReasonCode, StatusCode};

use super::associated::Associated;
use super::authentication::Progress;
use super::input::{Arrival, Input, Silence};
use super::parting::{Cause, How, Parting, Was, close};
use super::target::Plan;
use super::{Link, News, Rest, Shared, Step};
use crate::change::Change;
use crate::output::{Asked, Level};
use crate::tamper::Commit;

/// How long authentication and association may take, each.
const PATIENCE: Duration = Duration::from_secs(5);
/// errno of an authentication that is there already, and of one that is under way.
const EALREADY: i32 = 114;
const EBUSY: i32 = 16;

/// Authentication frames are exchanged.
#[derive(Debug)]
pub(crate) struct Authenticating {
    pub(crate) plan: Plan,
    /// A stale authentication was cleared away already.
    retried: bool,
    pub(crate) deadline: Instant,
}

/// An Association Request was sent.
#[derive(Debug)]
pub(crate) struct Associating {
    pub(crate) plan: Plan,
    /// An EAPOL frame that overtook the Association Response, and whether it was encrypted.
    early: Option<(Vec<u8>, Option<bool>)>,
    pub(crate) deadline: Instant,
}

/// There is no link.
pub(super) fn idle(rest: Rest, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
    match input {
        Input::Begin(plan) if plan.target.by_driver => connect(*plan, shared),
        Input::Begin(plan) => Authenticating::begin(*plan, shared),
        Input::Taken(plan) => {
            shared.out.next_generation();
            Associated::begin(*plan, None, shared)
        }
        Input::Rest(rest) => Step::To(Link::Idle(rest)),
        Input::Leave(_)
        | Input::Answered { .. }
        | Input::Authentication(_)
        | Input::Association(_)
        | Input::Silent { .. }
        | Input::Ended { .. }
        | Input::DriverFailed { .. }
        | Input::DriverConnected(_)
        | Input::DriverRoamed(_)
        | Input::Eapol { .. }
        | Input::GoOn
        | Input::Timeout
        | Input::MicFailure { .. }
        | Input::Rekey { .. }
        | Input::Moved(_) => Step::To(Link::Idle(rest)),
    }
}

/// Leaves the connection to the driver.
fn connect(plan: Plan, shared: &mut Shared<'_>) -> Step {
    let target = &plan.target;
    let (bssid, ssid, freq) = (target.bssid, target.ssid, target.freq);
    let connect = ConnectParameters {
        bssid: Some(bssid),
        bssid_hint: None,
        freq: Some(freq),
        ssid,
        algorithm: Some(auth_algorithm::OPEN),
        elements: target.elements(&shared.settings.association_elements),
        security: target.suites(),
        mfp: target.mfp(),
        psk: None,
        sae_password: None,
        prev_bssid: target.previous,
        external_auth: false,
    };
    shared.out.next_generation();
    shared.out.tell(Change::TryingToAssociate { bssid, ssid, freq });
    shared.out.ask(Asked::Associate, |handle| Request::Connect { handle, connect });
    let deadline = shared.now + PATIENCE.saturating_mul(2);
    Step::To(Link::Associating(Box::new(Associating { plan, early: None, deadline })))
}

impl Authenticating {
    fn begin(mut plan: Plan, shared: &mut Shared<'_>) -> Step {
        let (bssid, ssid, freq) = (plan.target.bssid, plan.target.ssid, plan.target.freq);
        shared.out.next_generation();
        shared.out.tell(Change::TryingToAuthenticate { bssid, ssid, freq });
        send(&mut plan, shared);
        Authenticating { plan, retried: false, deadline: shared.now + PATIENCE }.stays()
    }

    fn stays(self) -> Step {
        Step::To(Link::Authenticating(Box::new(self)))
    }

    fn over(self, parting: Parting, cause: Cause, shared: &mut Shared<'_>) -> Step {
        close(self.plan, Was::Joining, None, (parting, cause), shared)
    }

    pub(super) fn step(self: Box<Self>, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        let state = *self;
        match input {
            Input::Leave(parting) => state.over(parting, Cause::Given, shared),
            Input::Answered { asked: Asked::Authenticate, failure: Some(failure) } => state.not_sent(&failure, shared),
            Input::Authentication(frame) => state.received(frame, shared),
            Input::Silent { to: Silence::Authentication, bssid } if bssid == state.plan.target.bssid => {
                shared.out.log(Level::Info, format!("{bssid} does not answer authentication"));
                state.over(Parting::quietly(How::Known), Cause::Failed, shared)
            }
            Input::Ended { bssid, reason, local } if is_ours(&state.plan, bssid, local) => {
                say_ended(&state.plan, reason, shared);
                state.over(Parting::suffered(reason, local), Cause::Ended { reason, local }, shared)
            }
            Input::Timeout if state.deadline <= shared.now => {
                shared.out.tell(Change::TimedOut(state.plan.target.bssid));
                state.over(Parting::told(ReasonCode::DEAUTH_LEAVING), Cause::TimedOut, shared)
            }
            Input::Begin(_)
            | Input::Taken(_)
            | Input::Rest(_)
            | Input::Answered { .. }
            | Input::Association(_)
            | Input::Silent { .. }
            | Input::Ended { .. }
            | Input::DriverFailed { .. }
            | Input::DriverConnected(_)
            | Input::DriverRoamed(_)
            | Input::Eapol { .. }
            | Input::GoOn
            | Input::Timeout
            | Input::MicFailure { .. }
            | Input::Rekey { .. }
            | Input::Moved(_) => state.stays(),
        }
    }

    /// The driver did not send the frame.
    fn not_sent(mut self, failure: &Failure, shared: &mut Shared<'_>) -> Step {
        let bssid = self.plan.target.bssid;
        if !self.retried && matches!(failure, Failure::Kernel { errno: EALREADY | EBUSY, .. }) {
            // The kernel still knows an earlier authentication: that is cleared away first.
            self.retried = true;
            let reason = ReasonCode::DEAUTH_LEAVING;
            shared.out.ask(Asked::Quiet, |handle| Request::Deauthenticate { handle, bssid, reason, local: true });
            send(&mut self.plan, shared);
            return self.stays();
        }
        shared.out.log(Level::Info, format!("cannot authenticate with {bssid}: {failure}"));
        self.over(Parting::quietly(How::Known), Cause::NotSent, shared)
    }

    /// An Authentication frame came.
    fn received(self, frame: &[u8], shared: &mut Shared<'_>) -> Step {
        let Ok(header) = Management::parse(frame) else { return self.stays() };
        let bssid = self.plan.target.bssid;
        if header.source != bssid || header.bssid != bssid {
            return self.stays();
        }
        let Ok(frame) = frame::Authentication::parse(header.body) else { return self.stays() };
        let Authenticating { mut plan, retried, mut deadline } = self;
        let (authentication, progress) = plan.authentication.step(&frame, shared.rng);
        plan.authentication = authentication;
        plan.target.sae_group = plan.authentication.group().or(plan.target.sae_group);
        match progress {
            Progress::Send => {
                send(&mut plan, shared);
                deadline = shared.now + PATIENCE;
                Authenticating { plan, retried, deadline }.stays()
            }
            Progress::Ignored(why) => {
                if let Some(why) = why {
                    shared.out.log(Level::Debug, format!("SAE frame of {bssid} ignored: {why}"));
                }
                Authenticating { plan, retried, deadline }.stays()
            }
            Progress::Done(key) => {
                if let Some((pmk, pmkid)) = key {
                    remember(&mut plan, pmk, pmkid, shared);
                }
                Associating::begin(plan, shared)
            }
            Progress::Refused => {
                shared.out.log(Level::Info, format!("{bssid} refuses authentication: {}", frame.status));
                tell_refusal(bssid, &frame, shared);
                Authenticating { plan, retried, deadline }.over(Parting::quietly(How::Known), Cause::Failed, shared)
            }
            Progress::Failed { why, wrong_password } => {
                shared.out.log(Level::Info, format!("SAE with {bssid} failed: {why}"));
                if frame.status != StatusCode::SUCCESS {
                    tell_refusal(bssid, &frame, shared);
                }
                if frame.status == StatusCode::UNKNOWN_PASSWORD_IDENTIFIER {
                    let (network, alias) = (plan.target.network, plan.target.alias.take());
                    shared.out.tell(Change::PasswordIdentifierUnknown { bssid, network, alias });
                }
                if wrong_password {
                    let ssid = plan.target.ssid;
                    shared.out.log(Level::Warning, format!("is the password of \"{ssid}\" right?"));
                }
                let cause = if wrong_password { Cause::WrongPassword } else { Cause::Failed };
                Authenticating { plan, retried, deadline }.over(Parting::quietly(How::Known), cause, shared)
            }
        }
    }
}

/// A frame ends an attempt if it comes from where it goes to. Our own frames come back as events, also those of an earlier
/// link to the same access point.
fn is_ours(plan: &Plan, bssid: Option<MacAddr>, local: bool) -> bool {
    !local && bssid == Some(plan.target.bssid)
}

fn say_ended(plan: &Plan, reason: ReasonCode, shared: &mut Shared<'_>) {
    let text = format!("{} ended the attempt: {reason}", plan.target.bssid);
    shared.out.log_of_strangers("attempts were ended by frames that anybody could have sent", text);
}

/// Sends the frame of the running authentication.
fn send(plan: &mut Plan, shared: &mut Shared<'_>) {
    if let Some(sent) = plan.authentication.commit_mut().filter(|frame| frame.transaction == 1) {
        let mut commit = Commit { status: sent.status, body: core::mem::take(&mut sent.body) };
        shared.tamper.change_commit(&mut commit);
        (sent.status, sent.body) = (commit.status, commit.body);
    }
    let auth = AuthenticateParameters {
        bssid: plan.target.bssid,
        freq: plan.target.freq,
        ssid: plan.target.ssid,
        algorithm: plan.authentication.algorithm(),
        data: plan.authentication.data(),
        elements: Vec::new(),
        local_state_change: false,
        mld: None,
    };
    shared.out.ask(Asked::Authenticate, |handle| Request::Authenticate { handle, auth });
}

fn tell_refusal(bssid: MacAddr, frame: &frame::Authentication<'_>, shared: &mut Shared<'_>) {
    shared.out.tell(Change::AuthenticationRefused {
        bssid,
        algorithm: frame.algorithm,
        transaction: frame.transaction,
        status: frame.status,
        elements: if frame.algorithm == auth_algorithm::SAE { Vec::new() } else { frame.rest.to_vec() },
    });
}

/// SAE has brought a key: it is good for later associations too.
fn remember(plan: &mut Plan, pmk: crypto::Pmk, pmkid: rsn::Pmkid, shared: &mut Shared<'_>) {
    let target = &mut plan.target;
    target.pmk = Some(pmk.clone());
    target.pmkid = Some(pmkid);
    let (bssid, network) = (target.bssid, target.network);
    shared.cache.insert(PmksaEntry {
        pmkid,
        pmk,
        akm: target.negotiated.as_ref().map_or(AkmSuite::Sae, |negotiated| negotiated.akm),
        peer: bssid,
        network,
        opportunistic: false,
        expires: shared.now + shared.settings.pmk_lifetime,
    });
    shared.out.tell(Change::KeyCached { bssid, network });
}

impl Associating {
    fn begin(plan: Plan, shared: &mut Shared<'_>) -> Step {
        let target = &plan.target;
        let (bssid, ssid, freq) = (target.bssid, target.ssid, target.freq);
        let assoc = AssociateParameters {
            bssid,
            freq,
            ssid,
            elements: target.elements(&shared.settings.association_elements),
            prev_bssid: target.previous,
            security: target.suites(),
            mfp: target.mfp(),
            control_port: target.negotiated.is_some(),
            disable_ht: plan.terms.no_ht,
            disable_vht: plan.terms.no_vht,
            multi_link: None,
        };
        shared.out.tell(Change::TryingToAssociate { bssid, ssid, freq });
        shared.out.ask(Asked::Associate, |handle| Request::Associate { handle, assoc });
        Associating { plan, early: None, deadline: shared.now + PATIENCE }.stays()
    }

    fn stays(self) -> Step {
        Step::To(Link::Associating(Box::new(self)))
    }

    fn over(self, parting: Parting, cause: Cause, shared: &mut Shared<'_>) -> Step {
        close(self.plan, Was::Joining, None, (parting, cause), shared)
    }

    pub(super) fn step(self: Box<Self>, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        let mut state = *self;
        let (there, by_driver) = (state.plan.target.bssid, state.plan.target.by_driver);
        match input {
            Input::Leave(parting) => state.over(parting, Cause::Given, shared),
            Input::Answered { asked: Asked::Associate, failure: Some(failure) } => {
                shared.out.log(Level::Info, format!("cannot associate: {failure}"));
                shared.out.tell(Change::AssociationNotSent);
                state.over(Parting::quietly(How::Forgotten), Cause::Failed, shared)
            }
            // Where the driver connects, its own word counts.
            Input::Association(frame) if !by_driver => state.received(frame, shared),
            Input::Silent { to: Silence::Association, bssid } if bssid == there => {
                shared.out.log(Level::Info, format!("{bssid} does not answer association"));
                state.over(Parting::quietly(How::Forgotten), Cause::Failed, shared)
            }
            Input::Ended { bssid, reason, local } if is_ours(&state.plan, bssid, local) => {
                say_ended(&state.plan, reason, shared);
                state.over(Parting::suffered(reason, local), Cause::Ended { reason, local }, shared)
            }
            Input::DriverFailed { bssid, status, timed_out } if by_driver => {
                shared.out.log(Level::Info, format!("the driver could not connect: {status}"));
                let bssid = bssid.or(Some(there));
                shared.out.tell(Change::AssociationRefused { bssid, status, timed_out });
                state.over(Parting::quietly(How::Known), Cause::Failed, shared)
            }
            Input::DriverConnected(arrival) if by_driver => state.arrived(&arrival, shared),
            // It may overtake the event of the association: one frame is kept.
            Input::Eapol { source, encrypted, data } if source == there => {
                state.early = Some((data.to_vec(), encrypted));
                state.stays()
            }
            Input::Timeout if state.deadline <= shared.now => {
                shared.out.tell(Change::TimedOut(there));
                state.over(Parting::told(ReasonCode::DEAUTH_LEAVING), Cause::TimedOut, shared)
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
            | Input::GoOn
            | Input::Timeout
            | Input::MicFailure { .. }
            | Input::Rekey { .. }
            | Input::Moved(_) => state.stays(),
        }
    }

    /// A (Re)Association Response came.
    fn received(self, frame: &[u8], shared: &mut Shared<'_>) -> Step {
        let bssid = self.plan.target.bssid;
        let Ok(header) = Management::parse(frame) else { return self.stays() };
        if header.source != bssid {
            return self.stays();
        }
        let Ok(response) = AssocResponse::parse(header.body) else { return self.stays() };
        let status = response.status;
        if status != StatusCode::SUCCESS {
            shared.out.log(Level::Info, format!("{bssid} refuses association: {status}"));
            shared.out.tell(Change::AssociationRefused { bssid: Some(bssid), status, timed_out: false });
            return self.over(Parting::quietly(How::Forgotten), Cause::AssociationRefused(status), shared);
        }
        if Elements::check(response.elements).is_err() {
            shared.out.log(Level::Debug, "the association response has broken elements".into());
        }
        Associated::begin(self.plan, self.early, shared)
    }

    /// The driver has connected.
    fn arrived(mut self, arrival: &Arrival, shared: &mut Shared<'_>) -> Step {
        self.plan.target.arrived(arrival);
        Associated::begin(self.plan, self.early, shared)
    }
}

/// An access point seems not to know the key that is used with it.
pub(super) fn doubt(plan: &Plan, shared: &mut Shared<'_>) {
    if plan.target.cached {
        shared.news.push(News::KeyDoubted { network: plan.target.network, bssid: plan.target.bssid });
    }
}
