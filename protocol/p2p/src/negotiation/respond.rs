//! The side that is asked.

use alloc::boxed::Box;
use alloc::vec::Vec;
use wire::MacAddr;
use wire::cursor::Overflow;

use super::agree::{self, Agreement, Offer, Role};
use super::{
    ATTEMPTS, Answered, Attempt, CONFIRMATION_WAIT, Failure, Plan, REMEMBERED, Responded, Resting, State, agreed, fail,
};
use crate::attributes::Attributes;
use crate::channel::{Channel, ChannelList};
use crate::code::{GroupCapability, PasswordId, Status, subtype};
use crate::config::{Config, Credentials};
use crate::event::Event;
use crate::frame::{Content, Frame};
use crate::info::{ConfigTimeout, GroupId, Intent};
use crate::output::Context;
use crate::wps::Wps;

/// What a device without a plan says that its intent is.
const NO_INTENT: u8 = 7;

/// A Request came.
pub(super) fn request(
    state: Option<State>,
    from: MacAddr,
    frequency: u32,
    frame: Frame,
    rejected: bool,
    cx: &mut Context<'_>,
) -> Option<State> {
    let state = match state {
        Some(State::Responded(state))
            if state.attempt.plan.peer == from && state.token == frame.token && *state.request == frame =>
        {
            return Some(state.again(cx));
        }
        Some(State::Requesting(state)) if state.attempt.plan.peer == from && from > cx.config.address => {
            // 3.1.4.2.1: both asked; the one with the lower address is the one that is answered.
            return Some(State::Requesting(state));
        }
        // What is settled is not asked for anew by whoever sends a frame in the peer's name.
        Some(State::Confirming(state)) => return Some(State::Confirming(state)),
        other => other,
    };
    let ours = state.as_ref().is_some_and(|state| state.attempt().plan.peer == from);
    let Some(state) = state.filter(|_| ours) else {
        return unwanted(None, from, frequency, &frame, rejected, cx);
    };
    let attempt = state.into_attempt();
    match judge(&attempt.plan, from, &frame, cx) {
        Ok((agreement, channels)) => respond(attempt, frequency, frame, agreement, channels, cx),
        Err(status) => {
            refuse(Some(&attempt.plan), status, from, frequency, frame.token, cx);
            fail(attempt, Failure::Refuses(status), cx)
        }
    }
}

/// Nobody here wants a group with this device, or not yet (3.1.4.2.2).
fn unwanted(
    state: Option<State>,
    from: MacAddr,
    frequency: u32,
    frame: &Frame,
    rejected: bool,
    cx: &mut Context<'_>,
) -> Option<State> {
    let status = match (rejected, Offer::read(from, frame)) {
        (true, _) => Status::REJECTED_BY_USER,
        (false, Ok(_)) => {
            let password_id = frame.content.wps.as_ref().and_then(|wps| wps.password_id);
            let password_id = password_id.unwrap_or(PasswordId(0));
            cx.outputs.event(Event::NegotiationRequested { peer: from, password_id });
            Status::INFORMATION_UNAVAILABLE
        }
        (false, Err(status)) => status,
    };
    refuse(None, status, from, frequency, frame.token, cx);
    state
}

fn refuse(plan: Option<&Plan>, status: Status, to: MacAddr, frequency: u32, token: u8, cx: &mut Context<'_>) {
    let intent = Intent { value: plan.map_or(NO_INTENT, |plan| plan.intent), tie_breaker: false };
    let written = response(cx.config, token, status, intent, plan, cx.config.channels(false), None);
    if let Ok(body) = written {
        cx.outputs.transmit(to, frequency, body, core::time::Duration::ZERO);
    }
}

/// What a Request leads to, and the channels to answer with.
fn judge(plan: &Plan, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) -> Result<(Agreement, ChannelList), Status> {
    let offer = Offer::read(from, frame)?;
    agree::method_fits(plan, frame)?;
    let peer_owns = agree::requester_owns(offer.intent.value, plan.intent, offer.intent.tie_breaker)?;
    let (frequency, role, channels, ready) = if peer_owns {
        // Which channel it is, and what the group is called, the Confirmation says.
        let common = agree::offered(plan, cx.config, false).common(offer.channels);
        if common.is_empty() {
            return Err(Status::NO_COMMON_CHANNELS);
        }
        let group = GroupId { owner: from, ssid: wire::Ssid::default() };
        (0, Role::Client(group), common, offer.timeout.owner)
    } else {
        let (channel, common) = agree::choose(plan, cx.config, offer.channels, offer.operating)?;
        let frequency = channel.frequency().ok_or(Status::NO_COMMON_CHANNELS)?;
        let generate = || Credentials::generate(&cx.config.ssid_postfix, cx.rng);
        let credentials = plan.credentials.clone().unwrap_or_else(generate);
        (frequency, Role::Owner(credentials), common, offer.timeout.client)
    };
    let agreement = Agreement {
        peer: from,
        peer_interface: offer.interface,
        method: plan.method,
        persistent: plan.persistent && offer.persistent,
        frequency,
        role,
        peer_ready_in: ConfigTimeout::duration(ready),
    };
    Ok((agreement, channels))
}

/// 4.2.8.3.
fn response(
    config: &Config,
    token: u8,
    status: Status,
    intent: Intent,
    plan: Option<&Plan>,
    channels: ChannelList,
    agreement: Option<&Agreement>,
) -> Result<Vec<u8>, Overflow> {
    let persistent = plan.is_some_and(|plan| plan.persistent) && agreement.is_none_or(|agreement| agreement.persistent);
    let persistent = if persistent { GroupCapability::PERSISTENT_GROUP } else { 0 };
    let (group_id, operating) = match agreement.map(|agreement| (&agreement.role, agreement.frequency)) {
        Some((Role::Owner(credentials), frequency)) => {
            (Some(GroupId { owner: config.address, ssid: credentials.ssid }), Channel::at(frequency))
        }
        Some((Role::Client(_), _)) => (None, plan.and_then(|plan| agree::wished(plan, config))),
        None => (None, None),
    };
    let p2p = Attributes {
        status: Some(status),
        capability: Some(config.capability(persistent)),
        intent: Some(intent),
        config_timeout: Some(config.config_timeout),
        operating_channel: operating.map(|channel| config.in_country(channel)),
        intended_interface: Some(config.interface),
        channel_list: Some((config.country, channels)),
        device_info: Some(config.device_info()),
        group_id,
        ..Attributes::default()
    };
    let wps = plan.map(|plan| Wps { password_id: Some(plan.method.password_id()), ..Wps::default() });
    let content = Content { p2p: Some(p2p), wps, display: config.display.clone() };
    Frame { public: true, subtype: subtype::NEGOTIATION_RESPONSE, token, content }.write()
}

fn respond(
    mut attempt: Attempt,
    frequency: u32,
    request: Frame,
    agreement: Agreement,
    channels: ChannelList,
    cx: &mut Context<'_>,
) -> Option<State> {
    let asked = request.content.p2p.as_ref().and_then(|p2p| p2p.intent);
    // 3.1.4.2.2: the other value than the Request's.
    let tie_breaker = !asked.is_some_and(|intent| intent.tie_breaker);
    let intent = Intent { value: attempt.plan.intent, tie_breaker };
    let token = request.token;
    let plan = Some(&attempt.plan);
    let written = response(cx.config, token, Status::SUCCESS, intent, plan, channels, Some(&agreement));
    let Ok(response) = written else { return fail(attempt, Failure::TooLong, cx) };
    // The Confirmation of an earlier Response may still be on its way.
    attempt.answered.retain(|known| known.token != token && cx.now < known.until);
    if attempt.answered.len() >= usize::from(ATTEMPTS) {
        attempt.answered.remove(0);
    }
    attempt.answered.push(Answered { token, agreement, until: cx.now + REMEMBERED });
    let due = cx.now;
    let request = Box::new(request);
    let state = Responded { attempt, token, frequency, request, response, sent: 0, due };
    Some(state.again(cx))
}

impl Responded {
    fn again(mut self, cx: &mut Context<'_>) -> State {
        cx.outputs.transmit(self.attempt.plan.peer, self.frequency, self.response.clone(), CONFIRMATION_WAIT);
        self.sent = self.sent.saturating_add(1);
        self.due = cx.now + CONFIRMATION_WAIT;
        State::Responded(self)
    }

    /// No Confirmation: once more, and after some attempts from the beginning.
    pub(super) fn timeout(self, cx: &mut Context<'_>) -> State {
        if self.sent < ATTEMPTS {
            return self.again(cx);
        }
        let resting = if self.attempt.plan.initiate {
            Resting::soon(self.attempt, cx)
        } else {
            Resting::for_peer(self.attempt, cx)
        };
        State::Resting(resting)
    }
}

/// A Confirmation came.
pub(super) fn confirmation(state: Option<State>, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) -> Option<State> {
    let state = state?;
    let asked = state.attempt();
    let answered = asked
        .answered
        .iter()
        .find(|known| asked.plan.peer == from && known.token == frame.token && cx.now < known.until);
    let status = frame.content.p2p.as_ref().and_then(|p2p| p2p.status);
    let (Some(Answered { agreement, .. }), Some(p2p), Some(status), false) =
        (answered, &frame.content.p2p, status, matches!(state, State::Confirming(_)))
    else {
        return Some(state);
    };
    let mut agreement = agreement.clone();
    let attempt = state.into_attempt();
    if status != Status::SUCCESS {
        return fail(attempt, Failure::Refused(status), cx);
    }
    if let Role::Client(group) = &mut agreement.role {
        let named = p2p.group_id.filter(|named| named.owner == from && !named.ssid.is_empty());
        let accepted = agree::accept(&attempt.plan, cx.config, p2p.operating_channel);
        match (named, accepted) {
            (Some(named), Ok(frequency)) => {
                *group = named;
                agreement.frequency = frequency;
            }
            (None, _) => return fail(attempt, Failure::Refuses(Status::INVALID_PARAMETERS), cx),
            (Some(_), Err(status)) => return fail(attempt, Failure::Refuses(status), cx),
        }
    }
    agreed(agreement, cx)
}
