//! A group that runs: what its owner says of it, who is in it, and who may be asked for (3.2.4, 3.3).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr, Malformed};

use crate::attributes::{Attributes, Interface};
use crate::code::{DeviceCapability, GroupCapability, Status, group_subtype, subtype};
use crate::config::{Config, dialog_token};
use crate::event::{Event, Trouble};
use crate::exchange::Exchange;
use crate::frame::{Content, Frame};
use crate::info::{ClientInfo, GroupId};
use crate::noa::{Descriptor, NoticeOfAbsence};
use crate::output::{Context, Fate, Ticket};

/// How long a group owner is asked for its presence, and for a client of it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Manageability (4.1.12): the access point manages devices.
const MANAGED: u8 = 1;
/// Manageability: its network may be connected with groups.
const CROSS_CONNECTION: u8 = 2;

/// A group that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which one.
    pub id: GroupId,
    /// The owner's address in it.
    pub bssid: MacAddr,
    /// Where it is, in MHz.
    pub frequency: u32,
    /// It is ours.
    pub own: bool,
    /// It is kept for later.
    pub persistent: bool,
    /// It is being formed.
    pub forming: bool,
    /// How many clients it takes.
    pub limit: usize,
    /// When its owner sleeps.
    pub notice: NoticeOfAbsence,
    clients: BTreeMap<MacAddr, ClientInfo>,
}

impl Group {
    /// A group without clients.
    #[must_use]
    pub fn new(id: GroupId, bssid: MacAddr, frequency: u32, own: bool) -> Group {
        let notice = NoticeOfAbsence::default();
        Group {
            id,
            bssid,
            frequency,
            own,
            persistent: false,
            forming: false,
            limit: 10,
            notice,
            clients: BTreeMap::new(),
        }
    }

    /// Its clients, by their addresses in it.
    pub fn clients(&self) -> impl Iterator<Item = (MacAddr, &ClientInfo)> {
        self.clients.iter().map(|(address, client)| (*address, client))
    }

    /// A station has joined, with these elements in its association request. `Ok(None)` for one that knows nothing of Wi-Fi Direct.
    ///
    /// # Errors
    /// If the elements cannot be read.
    pub fn joined(&mut self, interface: MacAddr, elements: &[u8]) -> Result<Option<&ClientInfo>, Malformed> {
        let content = Content::parse(elements)?;
        let Some(p2p) = content.p2p else { return Ok(None) };
        let Some(info) = p2p.device_info else { return Ok(None) };
        let capability = p2p.capability.unwrap_or_default().device;
        let client = ClientInfo { device: info.address, interface, capability, description: info.description };
        self.clients.insert(interface, client);
        Ok(self.clients.get(&interface))
    }

    /// A station has left.
    pub fn left(&mut self, interface: MacAddr) {
        self.clients.remove(&interface);
    }

    fn capability(&self) -> u8 {
        let full = self.clients.len() >= self.limit;
        let bits = [
            (true, GroupCapability::GROUP_OWNER),
            (self.persistent, GroupCapability::PERSISTENT_GROUP),
            (full, GroupCapability::GROUP_LIMIT),
            (self.forming, GroupCapability::GROUP_FORMATION),
        ];
        bits.iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit)
    }

    fn shown_notice(&self) -> Option<NoticeOfAbsence> {
        (self.notice.opportunistic || !self.notice.descriptors.is_empty()).then(|| self.notice.clone())
    }

    /// What our beacons say (4.2.1).
    #[must_use]
    pub fn beacon(&self, config: &Config) -> Content {
        let p2p = Attributes {
            capability: Some(config.capability(self.capability())),
            device_id: Some(config.address),
            notice_of_absence: self.shown_notice(),
            ..Attributes::default()
        };
        Content { p2p: Some(p2p), wps: None, display: config.display.clone() }
    }

    /// What our Probe Responses say (4.2.3), to devices that know Wi-Fi Direct.
    #[must_use]
    pub fn probe_response(&self, config: &Config) -> Content {
        let p2p = Attributes {
            capability: Some(config.capability(self.capability())),
            extended_listen: config.extended_listen,
            notice_of_absence: self.shown_notice(),
            device_info: Some(config.device_info()),
            group_info: (!self.clients.is_empty()).then(|| self.clients.values().cloned().collect()),
            ..Attributes::default()
        };
        Content { p2p: Some(p2p), wps: None, display: config.display.clone() }
    }

    /// What a client's association request says (4.2.4).
    #[must_use]
    pub fn assoc_request(config: &Config) -> Content {
        let p2p = Attributes {
            capability: Some(config.capability(0)),
            extended_listen: config.extended_listen,
            device_info: Some(config.device_info()),
            interface: Some(Interface { device: config.address, interfaces: Vec::from([config.interface]) }),
            ..Attributes::default()
        };
        Content { p2p: Some(p2p), wps: None, display: config.display.clone() }
    }

    /// What our association response says (4.2.5).
    #[must_use]
    pub fn assoc_response(status: Option<Status>, config: &Config) -> Content {
        let p2p = Attributes { status, extended_listen: config.extended_listen, ..Attributes::default() };
        Content { p2p: Some(p2p), wps: None, display: config.display.clone() }
    }

    /// An access point of an infrastructure network that manages devices says so (4.2.1).
    #[must_use]
    pub fn managed_beacon(cross_connection: bool) -> Content {
        let manageability = MANAGED | if cross_connection { CROSS_CONNECTION } else { 0 };
        let p2p = Attributes { manageability: Some(manageability), ..Attributes::default() };
        Content { p2p: Some(p2p), ..Content::default() }
    }
}

/// An access point's elements forbid to connect its network with a group (3.4.3): it manages devices, and does not permit that.
#[must_use]
pub fn forbids_cross_connection(content: &Content) -> bool {
    let manageability = content.p2p.as_ref().and_then(|p2p| p2p.manageability).unwrap_or(0);
    manageability & (MANAGED | CROSS_CONNECTION) == MANAGED
}

/// Questions between members of groups, and to their owners.
#[derive(Debug, Default)]
pub(crate) struct Members {
    presence: Option<Exchange>,
    discoverability: Option<(MacAddr, Exchange)>,
}

impl Members {
    pub(crate) fn in_use(&self) -> impl Iterator<Item = MacAddr> {
        let clients = self.discoverability.iter().map(|(client, _)| *client);
        self.presence.iter().map(|exchange| exchange.peer).chain(clients)
    }

    /// Asks the owner of the group that we are in to be present (3.3.3.3): preferred, then acceptable; nothing: we need nothing.
    pub(crate) fn request_presence(&mut self, group: &Group, wanted: &[Descriptor], cx: &mut Context<'_>) {
        let descriptors = wanted.iter().take(2).zip(1..).map(|(wanted, count)| Descriptor { count, ..*wanted });
        let notice = NoticeOfAbsence { descriptors: descriptors.collect(), ..NoticeOfAbsence::default() };
        let p2p = Attributes { notice_of_absence: Some(notice), ..Attributes::default() };
        let token = dialog_token(cx.rng);
        let content = Content { p2p: Some(p2p), ..Content::default() };
        match (Frame { public: false, subtype: group_subtype::PRESENCE_REQUEST, token, content }).write() {
            Ok(body) => {
                let exchange = Exchange::start(group.bssid, group.frequency, (token, body), PATIENCE, false, cx);
                self.presence = Some(exchange);
            }
            Err(_) => cx.outputs.event(Event::PresenceFailed { owner: group.bssid, why: Trouble::TooLong }),
        }
    }

    /// Asks a group owner to make its client discoverable (3.2.5).
    pub(crate) fn request_client(
        &mut self,
        owner: MacAddr,
        frequency: u32,
        group: GroupId,
        client: MacAddr,
        cx: &mut Context<'_>,
    ) {
        let p2p = Attributes { device_id: Some(client), group_id: Some(group), ..Attributes::default() };
        let token = dialog_token(cx.rng);
        let content = Content { p2p: Some(p2p), ..Content::default() };
        match (Frame { public: true, subtype: subtype::DISCOVERABILITY_REQUEST, token, content }).write() {
            Ok(body) => {
                let exchange = Exchange::start(owner, frequency, (token, body), PATIENCE, false, cx);
                self.discoverability = Some((client, exchange));
            }
            Err(_) => cx.outputs.event(Event::Discoverable { owner, client, result: Err(Trouble::TooLong) }),
        }
    }

    pub(crate) fn handle_presence_response(&mut self, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) {
        if self.presence.take_if(|exchange| exchange.is_answered_by(from, frame.token)).is_none() {
            return;
        }
        let p2p = frame.content.p2p.as_ref();
        let event = match p2p.and_then(|p2p| p2p.status) {
            Some(status) => {
                let notice = p2p.and_then(|p2p| p2p.notice_of_absence.clone());
                Event::PresenceResponse { owner: from, status, notice }
            }
            None => Event::PresenceFailed { owner: from, why: Trouble::Invalid },
        };
        cx.outputs.event(event);
    }

    pub(crate) fn handle_client_response(&mut self, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) {
        let answered = self.discoverability.take_if(|(_, exchange)| exchange.is_answered_by(from, frame.token));
        let Some((client, _)) = answered else { return };
        let result = match frame.content.p2p.as_ref().and_then(|p2p| p2p.status) {
            Some(Status::SUCCESS) => Ok(()),
            Some(status) => Err(Trouble::Status(status)),
            None => Err(Trouble::Invalid),
        };
        cx.outputs.event(Event::Discoverable { owner: from, client, result });
    }

    pub(crate) fn handle_fate(&mut self, ticket: Ticket, fate: Fate, cx: &mut Context<'_>) {
        let client = self.discoverability.iter_mut().map(|(_, exchange)| exchange);
        for exchange in self.presence.iter_mut().chain(client) {
            exchange.fate(ticket, fate, cx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if let Some(exchange) = self.presence.take_if(|exchange| !exchange.timeout(cx)) {
            cx.outputs.event(Event::PresenceFailed { owner: exchange.peer, why: Trouble::Silent });
        }
        if let Some((client, exchange)) = self.discoverability.take_if(|(_, exchange)| !exchange.timeout(cx)) {
            let owner = exchange.peer;
            cx.outputs.event(Event::Discoverable { owner, client, result: Err(Trouble::Silent) });
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let client = self.discoverability.iter().map(|(_, exchange)| exchange);
        self.presence.iter().chain(client).map(Exchange::deadline).min()
    }
}

/// A client of our group asks us to be present: it hears our schedule, and the daemon what it wants.
pub(crate) fn answer_presence(group: &Group, from: MacAddr, frame: &Frame, cx: &mut Context<'_>) {
    let wanted = frame.content.p2p.as_ref().and_then(|p2p| p2p.notice_of_absence.clone());
    let status = if wanted.is_some() { Status::SUCCESS } else { Status::INVALID_PARAMETERS };
    let p2p =
        Attributes { status: Some(status), notice_of_absence: Some(group.notice.clone()), ..Attributes::default() };
    let content = Content { p2p: Some(p2p), ..Content::default() };
    let answer = Frame { public: false, subtype: group_subtype::PRESENCE_RESPONSE, token: frame.token, content };
    if let Ok(body) = answer.write() {
        cx.outputs.transmit(from, group.frequency, body, Duration::ZERO);
    }
    if let Some(wanted) = wanted {
        cx.outputs.event(Event::PresenceRequested { peer: from, wanted });
    }
}

/// Somebody looks for a client of a group of ours (3.2.5): the client is told to stay awake and listen.
pub(crate) fn answer_client(groups: &[Group], from: MacAddr, frequency: u32, frame: &Frame, cx: &mut Context<'_>) {
    let p2p = frame.content.p2p.as_ref();
    let wanted = p2p.and_then(|p2p| Some((p2p.device_id?, p2p.group_id?)));
    let group = |id: GroupId| groups.iter().find(|group| group.own && group.id == id);
    let client = |(device, id)| {
        let group = group(id)?;
        group.clients.values().find(|client| client.device == device).map(|client| (group, client))
    };
    let status = match (wanted, wanted.and_then(client)) {
        (None, _) => Status::INVALID_PARAMETERS,
        (Some(_), None) => Status::UNKNOWN_GROUP,
        (Some(_), Some((_, client))) if !client.capability.has(DeviceCapability::CLIENT_DISCOVERABILITY) => {
            Status::INCOMPATIBLE_PARAMETERS
        }
        (Some(_), Some((group, client))) => {
            let content = Content::default();
            let token = dialog_token(cx.rng);
            let tell = Frame { public: false, subtype: group_subtype::DISCOVERABILITY_REQUEST, token, content };
            if let Ok(body) = tell.write() {
                cx.outputs.transmit(client.interface, group.frequency, body, Duration::ZERO);
            }
            Status::SUCCESS
        }
    };
    let p2p = Attributes { status: Some(status), ..Attributes::default() };
    let content = Content { p2p: Some(p2p), ..Content::default() };
    let answer = Frame { public: true, subtype: subtype::DISCOVERABILITY_RESPONSE, token: frame.token, content };
    if let Ok(body) = answer.write() {
        cx.outputs.transmit(from, frequency, body, Duration::ZERO);
    }
}
