//! The side that asks.

use alloc::vec::Vec;
use core::time::Duration;
use wire::MacAddr;
use wire::cursor::Overflow;

use super::agree::{self, Agreement, Offer, Role};
use super::{
    ATTEMPTS, Attempt, Confirming, FATE_WAIT, Failure, REMEMBERED, RESPONSE_WAIT, Remembered, Requesting, Resting,
    State, agreed, fail,
};
use crate::attributes::Attributes;
use crate::channel::{Channel, ChannelList};
use crate::code::{GroupCapability, Status, subtype};
use crate::config::{Config, Credentials, dialog_token};
use crate::frame::{Content, Frame};
use crate::info::{ConfigTimeout, GroupId, Intent};
use crate::output::{Context, Fate};
use crate::wps::Wps;

/// Sends a Request, with another dialog token and tie breaker than the last one (3.1.4.2.1).
pub(super) fn send(mut attempt: Attempt, cx: &mut Context<'_>) -> Option<State> {
    let mut token = dialog_token(cx.rng);
    if attempt.sent.is_some_and(|(last, _)| last == token) {
        token = token.checked_add(1).unwrap_or(1);
    }
    let tie_breaker = attempt.tie_breaker;
    let Ok(body) = request(&attempt, token, cx.config) else { return fail(attempt, Failure::TooLong, cx) };
    attempt.sent = Some((token, tie_breaker));
    attempt.tie_breaker = !tie_breaker;
    let ticket = cx.outputs.transmit(attempt.plan.peer, attempt.plan.frequency, body, RESPONSE_WAIT);
    // Until its fate is known the radio may be busy with something else.
    let due = cx.now + FATE_WAIT;
    Some(State::Requesting(Requesting { attempt, ticket, due }))
}

/// 4.2.8.2.
fn request(attempt: &Attempt, token: u8, config: &Config) -> Result<Vec<u8>, Overflow> {
    let plan = &attempt.plan;
    let persistent = if plan.persistent { GroupCapability::PERSISTENT_GROUP } else { 0 };
    let p2p = Attributes {
        capability: Some(config.capability(persistent)),
        intent: Some(Intent { value: plan.intent, tie_breaker: attempt.tie_breaker }),
        config_timeout: Some(config.config_timeout),
        listen_channel: Some(config.in_country(config.listen_channel)),
        extended_listen: config.extended_listen,
        intended_interface: Some(config.interface),
        channel_list: Some((config.country, agree::offered(plan, config, false))),
        device_info: Some(config.device_info()),
        operating_channel: agree::wished(plan, config).map(|channel| config.in_country(channel)),
        ..Attributes::default()
    };
    let wps = Wps { password_id: Some(plan.method.password_id()), ..Wps::default() };
    let content = Content { p2p: Some(p2p), wps: Some(wps), display: config.display.clone() };
    Frame { public: true, subtype: subtype::NEGOTIATION_REQUEST, token, content }.write()
}

impl Requesting {
    pub(super) fn fate(self, fate: Fate, cx: &mut Context<'_>) -> State {
        match fate {
            Fate::Acked => State::Requesting(Requesting { due: cx.now + RESPONSE_WAIT, ..self }),
            // It may have arrived: a Response that comes while we rest is one too.
            Fate::NoAck | Fate::NotSent => State::Resting(Resting::soon(self.attempt, cx)),
        }
    }
}

/// A Response came.
pub(super) fn response(state: Option<State>, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) -> Option<State> {
    let state = state?;
    let asked = state.attempt();
    let answers = asked.plan.peer == from && asked.sent.is_some_and(|(token, _)| token == frame.token);
    // Requests that crossed may both be answered: that of the lower address counts, on both sides.
    let counts = match &state {
        State::Requesting(_) | State::Resting(_) | State::Responded(_) => {
            cx.config.address < from || asked.answered.iter().all(|known| cx.now >= known.until)
        }
        State::Confirming(_) => false,
    };
    if !answers || !counts {
        return Some(state);
    }
    let attempt = state.into_attempt();
    let status = frame.content.p2p.as_ref().and_then(|p2p| p2p.status);
    match status {
        Some(Status::SUCCESS) => {}
        // 3.1.4.2.2: the peer's user does not know of us yet; the peer asks when he does.
        Some(Status::INFORMATION_UNAVAILABLE) => {
            let mut attempt = attempt;
            // Its answer is used up.
            attempt.sent = None;
            return Some(State::Resting(Resting::for_peer(attempt, cx)));
        }
        Some(status) => return fail(attempt, Failure::Refused(status), cx),
        None => return refuse(attempt, frame.token, Status::INVALID_PARAMETERS, cx),
    }
    let tie_breaker = attempt.sent.is_some_and(|(_, tie_breaker)| tie_breaker);
    match judge(&attempt, tie_breaker, from, frame, cx) {
        Ok((agreement, chosen)) => confirm(attempt, frame.token, agreement, chosen, cx),
        Err(status) => refuse(attempt, frame.token, status, cx),
    }
}

/// What a Response leads to, and if the group is ours, its channel and the channels of both.
fn judge(
    attempt: &Attempt,
    tie_breaker: bool,
    from: MacAddr,
    frame: &Frame,
    cx: &mut Context<'_>,
) -> Result<(Agreement, Option<(Channel, ChannelList)>), Status> {
    let plan = &attempt.plan;
    let offer = Offer::read(from, frame)?;
    agree::method_fits(plan, frame)?;
    let own = agree::requester_owns(plan.intent, offer.intent.value, tie_breaker)?;
    let (frequency, role, chosen, ready) = if own {
        let chosen = agree::choose(plan, cx.config, offer.channels, offer.operating)?;
        let frequency = chosen.0.frequency().ok_or(Status::NO_COMMON_CHANNELS)?;
        let generate = || Credentials::generate(&cx.config.ssid_postfix, cx.rng);
        let credentials = plan.credentials.clone().unwrap_or_else(generate);
        (frequency, Role::Owner(credentials), Some(chosen), offer.timeout.client)
    } else {
        let group = offer.group.filter(|group| group.owner == from && !group.ssid.is_empty());
        let group = group.ok_or(Status::INVALID_PARAMETERS)?;
        (agree::accept(plan, cx.config, offer.operating)?, Role::Client(group), None, offer.timeout.owner)
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
    Ok((agreement, chosen))
}

/// 4.2.8.4.
fn confirmation(
    config: &Config,
    token: u8,
    status: Status,
    agreed: Option<(&Agreement, Option<&(Channel, ChannelList)>)>,
) -> Result<Vec<u8>, Overflow> {
    let mut p2p = Attributes { status: Some(status), capability: Some(config.capability(0)), ..Attributes::default() };
    if let Some((agreement, chosen)) = agreed {
        let persistent = if agreement.persistent { GroupCapability::PERSISTENT_GROUP } else { 0 };
        p2p.capability = Some(config.capability(persistent));
        let (channel, channels) = match chosen {
            Some((channel, channels)) => (Some(*channel), channels.clone()),
            None => (Channel::at(agreement.frequency), ChannelList::at(&[agreement.frequency])),
        };
        p2p.operating_channel = channel.map(|channel| config.in_country(channel));
        p2p.channel_list = Some((config.country, channels));
        if let Role::Owner(credentials) = &agreement.role {
            p2p.group_id = Some(GroupId { owner: config.address, ssid: credentials.ssid });
        }
    }
    let content = Content { p2p: Some(p2p), wps: None, display: config.display.clone() };
    Frame { public: true, subtype: subtype::NEGOTIATION_CONFIRMATION, token, content }.write()
}

fn confirm(
    attempt: Attempt,
    token: u8,
    agreement: Agreement,
    chosen: Option<(Channel, ChannelList)>,
    cx: &mut Context<'_>,
) -> Option<State> {
    let written = confirmation(cx.config, token, Status::SUCCESS, Some((&agreement, chosen.as_ref())));
    let Ok(body) = written else { return fail(attempt, Failure::TooLong, cx) };
    let ticket = cx.outputs.transmit(attempt.plan.peer, attempt.plan.frequency, body.clone(), Duration::ZERO);
    Some(State::Confirming(Confirming {
        attempt,
        token,
        confirmation: body,
        agreement,
        ticket,
        sent: 1,
        due: cx.now + FATE_WAIT,
    }))
}

/// Tells the peer why its Response will not do (3.1.4.2.3).
fn refuse(attempt: Attempt, token: u8, status: Status, cx: &mut Context<'_>) -> Option<State> {
    if let Ok(body) = confirmation(cx.config, token, status, None) {
        cx.outputs.transmit(attempt.plan.peer, attempt.plan.frequency, body, Duration::ZERO);
    }
    fail(attempt, Failure::Refuses(status), cx)
}

impl Confirming {
    /// Acknowledged: agreed. Transmitted and not acknowledged: the acknowledgement may be what was lost, so after some attempts
    /// it counts as received. Never transmitted: the peer cannot know, so there is no group.
    pub(super) fn fate(mut self, fate: Fate, cx: &mut Context<'_>) -> (Option<State>, Option<Remembered>) {
        if fate != Fate::Acked && self.sent < ATTEMPTS {
            self.sent = self.sent.saturating_add(1);
            let plan = &self.attempt.plan;
            self.ticket = cx.outputs.transmit(plan.peer, plan.frequency, self.confirmation.clone(), Duration::ZERO);
            self.due = cx.now + FATE_WAIT;
            return (Some(State::Confirming(self)), None);
        }
        match fate {
            Fate::Acked | Fate::NoAck => {
                let remembered = Remembered {
                    peer: self.attempt.plan.peer,
                    token: self.token,
                    frequency: self.attempt.plan.frequency,
                    confirmation: self.confirmation,
                    left: ATTEMPTS,
                    until: cx.now + REMEMBERED,
                };
                (agreed(self.agreement, cx), Some(remembered))
            }
            Fate::NotSent => (fail(self.attempt, Failure::NotSent, cx), None),
        }
    }
}
