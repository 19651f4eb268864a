//! Provision discovery (3.1.4.1, 3.2.3): asks what the other side's user is to do, before a group is formed or joined.

use alloc::vec::Vec;
use core::time::Duration;
use wire::cursor::Overflow;
use wire::{Instant, MacAddr};

use crate::attributes::Attributes;
use crate::code::{ConfigMethods, Method, subtype};
use crate::config::{Config, dialog_token};
use crate::event::{Event, Trouble};
use crate::exchange::Exchange;
use crate::frame::{Content, Frame};
use crate::info::GroupId;
use crate::output::{Context, Fate, Ticket};
use crate::wps::Wps;

/// How long a peer is asked.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionRequest {
    /// Its P2P device address.
    pub peer: MacAddr,
    /// Where it is, in MHz.
    pub frequency: u32,
    /// What its user is to do: to show a PIN, for example.
    pub asks: Method,
    /// Its group, if that is to be joined.
    pub join: Option<GroupId>,
}

/// The question that was asked, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Provision {
    asked: Option<(ProvisionRequest, Exchange)>,
}

impl Provision {
    pub(crate) fn peer(&self) -> Option<MacAddr> {
        self.asked.as_ref().map(|(request, _)| request.peer)
    }

    /// Asks, in place of any other question.
    pub(crate) fn start(&mut self, request: ProvisionRequest, cx: &mut Context<'_>) {
        let token = dialog_token(cx.rng);
        let Ok(body) = question(&request, token, cx.config) else {
            cx.outputs.event(Event::ProvisionFailed { peer: request.peer, why: Trouble::TooLong });
            return;
        };
        let exchange = Exchange::start(request.peer, request.frequency, (token, body), PATIENCE, true, cx);
        self.asked = Some((request, exchange));
    }

    pub(crate) fn cancel(&mut self) {
        self.asked = None;
    }

    /// A Response came; true if it is the answer, and says yes.
    pub(crate) fn handle_response(&mut self, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) -> bool {
        let answered = self.asked.take_if(|(_, exchange)| exchange.is_answered_by(from, frame.token));
        let Some((request, _)) = answered else { return false };
        let methods = frame.content.wps.as_ref().and_then(|wps| wps.config_methods);
        // 3.1.4.1: the same method says yes, none says no.
        let accepted = methods == Some(ConfigMethods(request.asks.config_method()));
        let event = if accepted {
            Event::ProvisionDiscovered { peer: from, method: request.asks.counterpart(), join: request.join }
        } else {
            Event::ProvisionFailed { peer: from, why: Trouble::Refused }
        };
        cx.outputs.event(event);
        accepted
    }

    pub(crate) fn handle_fate(&mut self, ticket: Ticket, fate: Fate, cx: &mut Context<'_>) {
        if let Some((_, exchange)) = &mut self.asked {
            exchange.fate(ticket, fate, cx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if let Some((request, _)) = self.asked.take_if(|(_, exchange)| !exchange.timeout(cx)) {
            cx.outputs.event(Event::ProvisionFailed { peer: request.peer, why: Trouble::Silent });
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.asked.as_ref().map(|(_, exchange)| exchange.deadline())
    }
}

/// 4.2.8.8.
fn question(request: &ProvisionRequest, token: u8, config: &Config) -> Result<Vec<u8>, Overflow> {
    let p2p = Attributes {
        capability: Some(config.capability(0)),
        device_info: Some(config.device_info()),
        group_id: request.join,
        ..Attributes::default()
    };
    let wps = Wps { config_methods: Some(ConfigMethods(request.asks.config_method())), ..Wps::default() };
    let content = Content { p2p: Some(p2p), wps: Some(wps), display: config.display.clone() };
    Frame { public: true, subtype: subtype::PROVISION_DISCOVERY_REQUEST, token, content }.write()
}

/// Somebody asks. Whoever it is gets an answer out of this frame alone; nothing is kept of him (CVE-2021-27803).
pub(crate) fn answer(
    from: MacAddr,
    frequency: u32,
    frame: &Frame,
    rejected: bool,
    groups: &[GroupId],
    cx: &mut Context<'_>,
) {
    let p2p = frame.content.p2p.as_ref();
    let asked = frame.content.wps.as_ref().and_then(|wps| wps.config_methods);
    // One method, and one that we have.
    let method = asked
        .filter(|asked| cx.config.description.config_methods.any(asked.0))
        .and_then(|asked| Method::from_config_method(asked.0));
    let named = p2p.is_some_and(|p2p| p2p.device_info.as_ref().is_some_and(|info| info.address == from));
    let group = p2p.and_then(|p2p| p2p.group_id);
    let known = group.is_none_or(|group| groups.contains(&group));
    let accepted = method.filter(|_| named && known && !rejected);
    let said = accepted.map_or(0, Method::config_method);
    let wps = Wps { config_methods: Some(ConfigMethods(said)), ..Wps::default() };
    let content = Content { p2p: None, wps: Some(wps), display: cx.config.display.clone() };
    let answer = Frame { public: true, subtype: subtype::PROVISION_DISCOVERY_RESPONSE, token: frame.token, content };
    if let Ok(body) = answer.write() {
        cx.outputs.transmit(from, frequency, body, Duration::ZERO);
    }
    if let Some(method) = accepted {
        cx.outputs.event(Event::ProvisionRequested { peer: from, method, group });
    }
}
