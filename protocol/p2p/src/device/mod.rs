//! A device: all parts together, and which frame is for which of them.

mod receive;

use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::{Instant, MacAddr, Writer};

pub use receive::{Bss, ProbeRequest, Received};

use crate::attributes::Attributes;
use crate::channel::Channel;
use crate::code::Method;
use crate::config::{Config, Credentials};
use crate::event::Event;
use crate::find::{Find, FindRequest};
use crate::formation::{Formation, Progress};
use crate::frame::Content;
use crate::group::{Group, Members};
use crate::info::GroupId;
use crate::invitation::{Invitation, Inviting, Owner, PersistentGroup};
use crate::negotiation::{Agreement, Negotiation, Plan};
use crate::noa::Descriptor;
use crate::output::{Context, Fate, Output, Outputs, Ticket};
use crate::peers::{Change, Peer, Peers};
use crate::provision::{Provision, ProvisionRequest};
use crate::service::{Discovery, Local, QueryId};
use crate::wps::Wps;

/// What each call is given.
#[allow(missing_debug_implementations, reason = "a generator has nothing to show")]
pub struct Env<'a> {
    /// The time.
    pub now: Instant,
    /// Random octets.
    pub rng: &'a mut dyn Rng,
}

/// How to get into a group with a peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
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
    /// Ask for provision discovery first (`provdisc`): some devices' users are not asked otherwise.
    pub provision_first: bool,
}

/// Why a command cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// Nothing is known of this device, or not where it is.
    UnknownPeer,
    /// A group is being negotiated or formed.
    Busy,
    /// There is no such group.
    UnknownGroup,
    /// A value is not a possible one.
    Invalid,
}

/// A device.
#[derive(Debug)]
pub struct Device {
    config: Config,
    outputs: Outputs,
    peers: Peers,
    find: Option<Find>,
    /// Listen-only, until then.
    listen_until: Option<Instant>,
    /// The radio listens for us here.
    listening: Option<u32>,
    /// When it listens next while it has nothing else to do.
    extended: Option<Instant>,
    negotiation: Negotiation,
    /// What follows provision discovery.
    planned: Option<Plan>,
    provision: Provision,
    inviting: Inviting,
    formation: Option<Formation>,
    members: Members,
    services: Discovery,
    groups: Vec<Group>,
    persistent: Vec<PersistentGroup>,
}

macro_rules! context {
    ($self:ident, $env:ident) => {
        &mut Context { config: &$self.config, now: $env.now, rng: $env.rng, outputs: &mut $self.outputs }
    };
}
use context;

impl Device {
    /// A device that does nothing yet.
    #[must_use]
    pub fn new(config: Config, now: Instant) -> Device {
        let extended = config.extended_listen.map(|timing| now + Duration::from_millis(timing.interval.into()));
        Device {
            config,
            outputs: Outputs::default(),
            peers: Peers::new(),
            find: None,
            listen_until: None,
            listening: None,
            extended,
            negotiation: Negotiation::new(),
            planned: None,
            provision: Provision::default(),
            inviting: Inviting::default(),
            formation: None,
            members: Members::default(),
            services: Discovery::new(),
            groups: Vec::new(),
            persistent: Vec::new(),
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Says who it is from now on. What was said before stays said.
    pub fn reconfigure(&mut self, config: Config, now: Instant) {
        if config.extended_listen != self.config.extended_listen {
            self.extended = config.extended_listen.map(|timing| now + Duration::from_millis(timing.interval.into()));
        }
        self.config = config;
    }

    /// Devices that were heard of.
    #[must_use]
    pub const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Services of this device.
    pub const fn services(&mut self) -> &mut Local {
        &mut self.services.local
    }

    /// Queries for services are answered by an external program (`p2p_serv_disc_external`).
    pub const fn answer_externally(&mut self, external: bool) {
        self.services.external = external;
    }

    /// The groups that it is in: a daemon keeps them as they are.
    pub const fn groups(&mut self) -> &mut Vec<Group> {
        &mut self.groups
    }

    /// Persistent groups that it has a part in.
    pub const fn persistent_groups(&mut self) -> &mut Vec<PersistentGroup> {
        &mut self.persistent
    }

    /// Looks for devices; in place of what was looked for before.
    pub fn find(&mut self, request: FindRequest, env: &mut Env<'_>) {
        self.listen_until = None;
        let elements = self.probe_elements(&request);
        self.find = Some(Find::start(request, elements, context!(self, env)));
    }

    /// Looks for devices no more, and listens no more.
    pub fn stop_find(&mut self, env: &mut Env<'_>) {
        if let Some(find) = self.find.take() {
            find.stop(context!(self, env));
            self.outputs.event(Event::FindStopped);
        }
        if self.listen_until.take().is_some() {
            self.outputs.push(Output::StopListening);
        }
    }

    /// Can be found for so long, and does nothing else.
    pub fn listen(&mut self, duration: Duration, env: &mut Env<'_>) {
        self.stop_find(env);
        self.listen_until = Some(env.now + duration);
        if let Some(frequency) = self.config.listen_channel.frequency() {
            self.outputs.push(Output::Listen { frequency, duration });
        }
    }

    /// Forgets all devices, and ends what is done with them.
    pub fn flush(&mut self, env: &mut Env<'_>) {
        self.stop_find(env);
        self.cancel();
        let in_use = self.in_use();
        for peer in self.peers.flush(&in_use) {
            self.outputs.event(Event::DeviceLost(peer));
        }
    }

    fn frequency_of(&self, peer: MacAddr) -> Result<u32, CommandError> {
        self.peers.get(peer).and_then(Peer::frequency).ok_or(CommandError::UnknownPeer)
    }

    /// Negotiates a group with a device.
    ///
    /// # Errors
    /// If nothing is known of it, something else goes on, or the intent is more than 15.
    pub fn connect(&mut self, peer: MacAddr, connect: Connect, env: &mut Env<'_>) -> Result<(), CommandError> {
        if connect.intent > 15 {
            return Err(CommandError::Invalid);
        }
        if self.formation.is_some() {
            return Err(CommandError::Busy);
        }
        let frequency = self.frequency_of(peer)?;
        self.peers.accept(peer);
        self.stop_find(env);
        self.cancel();
        let Connect { method, intent, persistent, channel, credentials, initiate, provision_first } = connect;
        let plan = Plan { peer, frequency, method, intent, persistent, channel, credentials, initiate };
        if provision_first {
            self.planned = Some(plan);
            let request = ProvisionRequest { peer, frequency, asks: method.counterpart(), join: None };
            self.provision.start(request, context!(self, env));
        } else {
            self.negotiation.start(plan, context!(self, env));
        }
        Ok(())
    }

    /// Asks a device what its user is to do; with `join`, the owner of a group that we want to be in.
    ///
    /// # Errors
    /// If nothing is known of it, or of its group.
    pub fn provision(
        &mut self,
        peer: MacAddr,
        asks: Method,
        join: bool,
        env: &mut Env<'_>,
    ) -> Result<(), CommandError> {
        let frequency = self.frequency_of(peer)?;
        let group = self.peers.get(peer).and_then(|known| known.group).map(|(group, _)| group);
        if join && group.is_none() {
            return Err(CommandError::UnknownGroup);
        }
        let request = ProvisionRequest { peer, frequency, asks, join: group.filter(|_| join) };
        self.provision.start(request, context!(self, env));
        Ok(())
    }

    /// Wants nothing from a device any more.
    pub fn reject(&mut self, peer: MacAddr, env: &mut Env<'_>) {
        if self.negotiation.peer() == Some(peer) {
            self.cancel();
        }
        self.peers.reject(peer, env.now);
    }

    /// Ends negotiation, provision discovery and invitations. What was agreed on goes on.
    pub fn cancel(&mut self) {
        self.negotiation.cancel();
        self.planned = None;
        self.provision.cancel();
        self.inviting.cancel();
    }

    /// Watches over the forming of a group that both sides agree on.
    pub fn form(&mut self, agreement: Agreement, now: Instant) {
        self.formation = Some(Formation::start(agreement, now));
    }

    /// How far the forming is.
    pub fn formation_progress(&mut self, progress: Progress, env: &mut Env<'_>) {
        let formation = self.formation.take();
        self.formation = formation.and_then(|formation| formation.progress(progress, context!(self, env)));
    }

    /// Invites a device into a group that we are in.
    ///
    /// # Errors
    /// If nothing is known of the device, or we are not in this group.
    pub fn invite(&mut self, peer: MacAddr, group: GroupId, env: &mut Env<'_>) -> Result<(), CommandError> {
        let frequency = self.frequency_of(peer)?;
        let known = self.groups.iter().find(|known| known.id == group).ok_or(CommandError::UnknownGroup)?;
        let owner = if known.own { Owner::Us } else { Owner::Other };
        let (channel, bssid) = (Channel::at(known.frequency), Some(known.bssid));
        let invitation = Invitation { peer, frequency, group, owner, persistent: false, channel, bssid };
        self.inviting.start(invitation, context!(self, env));
        Ok(())
    }

    /// Invites a device to take up a persistent group again, on one channel or any.
    ///
    /// # Errors
    /// If nothing is known of the device, or it has no part in this group.
    pub fn reinvoke(
        &mut self,
        peer: MacAddr,
        group: GroupId,
        channel: Option<Channel>,
        env: &mut Env<'_>,
    ) -> Result<(), CommandError> {
        let frequency = self.frequency_of(peer)?;
        if !self.persistent.iter().any(|known| known.group == group) {
            return Err(CommandError::UnknownGroup);
        }
        let own = group.owner == self.config.address;
        let owner = if own { Owner::Us } else { Owner::Peer };
        let bssid = own.then_some(self.config.interface);
        let invitation = Invitation { peer, frequency, group, owner, persistent: true, channel, bssid };
        self.inviting.start(invitation, context!(self, env));
        Ok(())
    }

    /// Asks a device for services, or everybody who is found: query TLVs. `None` if too many queries wait.
    pub fn query_services(&mut self, peer: Option<MacAddr>, queries: Vec<u8>, env: &mut Env<'_>) -> Option<QueryId> {
        let id = self.services.query(peer, queries)?;
        if let Some(peer) = peer {
            self.services.found(peer, &self.peers, context!(self, env));
        }
        Some(id)
    }

    /// Takes a query back; false if there is none.
    pub fn cancel_query(&mut self, id: QueryId) -> bool {
        self.services.cancel(id)
    }

    /// Answers a query that was left to an external program: response TLVs.
    pub fn respond_services(&mut self, peer: MacAddr, token: u8, responses: &[u8], env: &mut Env<'_>) {
        self.services.respond(peer, token, responses, &self.peers, context!(self, env));
    }

    /// Asks the owner of a group that we are a client of to be present.
    ///
    /// # Errors
    /// If we are no client of this group.
    pub fn request_presence(
        &mut self,
        group: GroupId,
        wanted: &[Descriptor],
        env: &mut Env<'_>,
    ) -> Result<(), CommandError> {
        let known = self.groups.iter().find(|known| known.id == group && !known.own);
        let known = known.ok_or(CommandError::UnknownGroup)?;
        self.members.request_presence(known, wanted, context!(self, env));
        Ok(())
    }

    /// Asks the owner of a client's group to make it discoverable.
    ///
    /// # Errors
    /// If nothing is known of the client, its group, or where that is.
    pub fn request_client(&mut self, client: MacAddr, env: &mut Env<'_>) -> Result<(), CommandError> {
        let frequency = self.frequency_of(client)?;
        let group = self.peers.get(client).and_then(|known| known.client_of);
        let (group, _) = group.ok_or(CommandError::UnknownGroup)?;
        self.members.request_client(group.owner, frequency, group, client, context!(self, env));
        Ok(())
    }

    /// What became of a frame.
    pub fn transmitted(&mut self, ticket: Ticket, fate: Fate, env: &mut Env<'_>) {
        let cx = context!(self, env);
        self.negotiation.handle_fate(ticket, fate, cx);
        self.provision.handle_fate(ticket, fate, cx);
        self.inviting.handle_fate(ticket, fate, cx);
        self.members.handle_fate(ticket, fate, cx);
        self.services.handle_fate(ticket, fate);
    }

    /// The radio listens for us on this channel now.
    pub const fn listen_started(&mut self, frequency: u32) {
        self.listening = Some(frequency);
    }

    /// The radio listens no more.
    pub fn listen_ended(&mut self, env: &mut Env<'_>) {
        self.listening = None;
        if let Some(find) = &mut self.find {
            find.listened(context!(self, env));
        }
    }

    /// A scan of ours is over; `done` is false if it was not made, as another one was under way for example.
    pub fn scan_ended(&mut self, done: bool, env: &mut Env<'_>) {
        if let Some(find) = &mut self.find {
            find.scanned(done, context!(self, env));
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, env: &mut Env<'_>) {
        let now = env.now;
        if let Some(mut find) = self.find.take_if(|find| now >= find.deadline()) {
            let elements = self.probe_elements(&find.request);
            if find.timeout(elements, context!(self, env)) {
                self.find = Some(find);
            } else {
                find.stop(context!(self, env));
                self.outputs.event(Event::FindStopped);
            }
        }
        if self.listen_until.take_if(|until| now >= *until).is_some() {
            self.outputs.event(Event::FindStopped);
        }
        let cx = context!(self, env);
        self.negotiation.handle_timeout(cx);
        self.provision.handle_timeout(cx);
        self.inviting.handle_timeout(cx);
        self.formation = self.formation.take().and_then(|formation| formation.timeout(cx));
        self.members.handle_timeout(cx);
        self.services.handle_timeout(&self.peers, cx);
        if self.provision.peer().is_none() {
            self.planned = None;
        }
        self.listen_by_schedule(now);
        let in_use = self.in_use();
        for peer in self.peers.expire(now, &in_use) {
            self.outputs.event(Event::DeviceLost(peer));
        }
    }

    /// 3.1.2.1.3: extended listening, if there is nothing else to do.
    fn listen_by_schedule(&mut self, now: Instant) {
        let Some(timing) = self.config.extended_listen else { return };
        if self.extended.is_none_or(|due| now < due) {
            return;
        }
        self.extended = Some(now + Duration::from_millis(timing.interval.max(1).into()));
        let busy = self.find.is_some() || self.listen_until.is_some() || self.is_busy();
        if let Some(frequency) = self.config.listen_channel.frequency().filter(|_| !busy) {
            let duration = Duration::from_millis(timing.period.into());
            self.outputs.push(Output::Listen { frequency, duration });
        }
    }

    /// A group is being negotiated or formed, or a peer is being asked.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let peers = [self.negotiation.peer(), self.provision.peer(), self.inviting.peer()];
        self.formation.is_some() || peers.iter().any(Option::is_some)
    }

    /// When [`Device::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        let parts = [
            self.find.as_ref().map(Find::deadline),
            self.listen_until,
            self.extended,
            self.negotiation.poll_deadline(),
            self.provision.deadline(),
            self.inviting.deadline(),
            self.formation.as_ref().map(Formation::deadline),
            self.members.deadline(),
            self.services.deadline(),
            self.peers.deadline(&self.in_use()),
        ];
        parts.into_iter().flatten().min()
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Devices that something is done with: nobody pushes them out of the table.
    fn in_use(&self) -> Vec<MacAddr> {
        let asked = [self.negotiation.peer(), self.provision.peer(), self.inviting.peer()];
        let forming = self.formation.as_ref().map(Formation::peer);
        let clients = self.groups.iter().flat_map(|group| group.clients().map(|(_, client)| client.device));
        let owners = self.groups.iter().map(|group| group.id.owner);
        let all = asked.into_iter().flatten().chain(forming).chain(clients).chain(owners);
        all.chain(self.members.in_use()).chain(self.services.in_use()).collect()
    }

    /// Tells the user what changed in the table.
    fn tell(&mut self, peer: MacAddr, change: Change, lost: Option<MacAddr>) {
        if let Some(lost) = lost {
            self.outputs.event(Event::DeviceLost(lost));
        }
        match change {
            Change::Found => self.outputs.event(Event::DeviceFound(peer)),
            Change::Updated => self.outputs.event(Event::DeviceUpdated(peer)),
            Change::None => {}
        }
    }

    /// Elements of our Probe Requests (4.2.2).
    fn probe_elements(&self, request: &FindRequest) -> Vec<u8> {
        let own = self.groups.iter().find(|group| group.own);
        let operating = own.and_then(|group| Channel::at(group.frequency));
        let p2p = Attributes {
            capability: Some(self.config.capability(0)),
            device_id: request.device,
            listen_channel: Some(self.config.in_country(self.config.listen_channel)),
            extended_listen: self.config.extended_listen,
            operating_channel: operating.map(|channel| self.config.in_country(channel)),
            ..Attributes::default()
        };
        let wps = Wps { requested: request.device_type.into_iter().collect(), ..self.wps() };
        let content = Content { p2p: Some(p2p), wps: Some(wps), display: self.config.display.clone() };
        written(&content)
    }

    /// Who we are, in the words of Wi-Fi Simple Configuration.
    fn wps(&self) -> Wps {
        let [manufacturer, model_name, model_number, serial_number] = self.config.texts.clone();
        Wps {
            config_methods: Some(self.config.description.config_methods),
            name: Some(self.config.description.name.clone()),
            primary: Some(self.config.description.primary),
            manufacturer: Some(manufacturer),
            model_name: Some(model_name),
            model_number: Some(model_number),
            serial_number: Some(serial_number),
            ..Wps::default()
        }
    }
}

/// Elements; none, if something in the configuration is too long for them.
fn written(content: &Content) -> Vec<u8> {
    let mut writer = Writer::with_capacity(256);
    match content.write(&mut writer) {
        Ok(()) => writer.finish().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}
