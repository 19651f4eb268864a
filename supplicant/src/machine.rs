//! The daemon's machine: who an input is for.

use std::collections::{BTreeMap, BTreeSet};

use conf::station::StationConfig;
use crypto::Rng;
use daemon::{Input, Machine, Output, Signal};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Event, Failure, InterfaceType, Reply, Request};
use wire::Instant;

use crate::control;
use crate::interface::{Interface, Origin};
use crate::outbox::{Cx, FileJob, InterfaceKey, Outbox, Purpose};
use crate::setup::Configured;

/// An interface that is being made for `INTERFACE_ADD … create`.
#[derive(Debug)]
pub(crate) struct Making {
    pub(crate) client: ClientId,
    pub(crate) origin: Origin,
    pub(crate) config: StationConfig,
}

/// What the daemon was started with, for interfaces that are added later.
#[derive(Debug, Default)]
pub(crate) struct Daemon {
    /// `-g`.
    pub(crate) global_path: Option<String>,
    /// `-G`.
    pub(crate) global_group: Option<String>,
    /// `-O`.
    pub(crate) override_ctrl: Option<String>,
    /// `-W`: until a client has attached.
    pub(crate) waits: bool,
    pub(crate) global_socket: Option<SocketId>,
    /// Interfaces named by `INTERFACE_ADD` whose file is being read.
    pub(crate) adding: BTreeMap<ClientId, ctrl::station::InterfaceAdd>,
    /// Interfaces being made.
    pub(crate) making: Vec<Making>,
    /// Interfaces that were added as being in a bridge, which is not known yet.
    pub(crate) in_bridges: BTreeMap<InterfaceKey, ClientId>,
}

/// The station daemon: several interfaces and the global socket.
#[derive(Debug)]
pub(crate) struct Supplicant {
    pub(crate) daemon: Daemon,
    pub(crate) interfaces: BTreeMap<InterfaceKey, Interface>,
    next_key: InterfaceKey,
    pub(crate) out: Outbox,
    exiting: bool,
}

impl Supplicant {
    pub(crate) fn new(configured: Vec<Configured>, daemon: Daemon) -> Supplicant {
        let mut machine =
            Supplicant { daemon, interfaces: BTreeMap::new(), next_key: 0, out: Outbox::default(), exiting: false };
        for one in configured {
            let origin = Origin {
                ifname: one.options.ifname,
                config_path: one.options.config,
                more_path: one.options.extra_config,
                bridge: one.options.bridge,
                driver_param: one.options.driver_param,
                created: false,
            };
            machine.add_interface(origin, one.config);
        }
        machine
    }

    /// Adds an interface; it begins with the connections that stand.
    pub(crate) fn add_interface(&mut self, origin: Origin, config: StationConfig) -> InterfaceKey {
        let key = self.next_key;
        self.next_key = self.next_key.wrapping_add(1);
        self.interfaces.insert(key, Interface::new(key, origin, config));
        key
    }

    pub(crate) fn interface_named(&self, ifname: &str) -> Option<InterfaceKey> {
        self.interfaces.iter().find(|(_, interface)| interface.ifname() == ifname).map(|(key, _)| *key)
    }

    /// Everything that begins once somebody listens, or at once.
    pub(crate) fn begin(&mut self, key: InterfaceKey, now: Instant, rng: &mut dyn Rng) {
        if self.daemon.waits {
            return;
        }
        let mut cx = Cx { now, rng, out: &mut self.out };
        if let Some(interface) = self.interfaces.get_mut(&key)
            && cx.out.privd_up
        {
            interface.privd_up(&mut cx);
        }
    }

    pub(crate) fn open_socket(&mut self, key: InterfaceKey) {
        let Some(interface) = self.interfaces.get_mut(&key) else { return };
        let Some(directory) = interface.config().globals.control_directory() else { return };
        let socket = self.out.new_socket();
        interface.socket = Some(socket);
        let group = directory.group.or_else(|| self.daemon.global_group.clone());
        self.out.push(Output::OpenControl {
            socket,
            path: format!("{}/{}", directory.directory.trim_end_matches('/'), interface.origin.ifname),
            group,
        });
    }

    fn post_up(&mut self) {
        self.out.post_up = true;
        if let Some(path) = self.daemon.global_path.clone() {
            let socket = self.out.new_socket();
            self.daemon.global_socket = Some(socket);
            self.out.push(Output::OpenControl { socket, path, group: self.daemon.global_group.clone() });
        }
        let keys: Vec<InterfaceKey> = self.interfaces.keys().copied().collect();
        for key in keys {
            self.open_socket(key);
        }
    }

    fn forget_client(&mut self, client: ClientId) {
        self.out.global_clients.remove(&client);
        for interface in self.interfaces.values_mut() {
            interface.clients.remove(&client);
        }
    }

    /// Ends the daemon: links first, so that access points know.
    pub(crate) fn terminate(&mut self, now: Instant, rng: &mut dyn Rng) {
        if std::mem::replace(&mut self.exiting, true) {
            return;
        }
        let mut cx = Cx { now, rng, out: &mut self.out };
        for interface in self.interfaces.values_mut() {
            interface.leave(&mut cx);
            interface.tell(&mut cx, &ctrl::StationEvent::Terminating);
        }
        tracing::info!("ending");
        self.out.push(Output::Exit(0));
    }

    fn with(
        &mut self,
        key: InterfaceKey,
        now: Instant,
        rng: &mut dyn Rng,
        act: impl FnOnce(&mut Interface, &mut Cx<'_>),
    ) {
        let mut cx = Cx { now, rng, out: &mut self.out };
        if let Some(interface) = self.interfaces.get_mut(&key) {
            act(interface, &mut cx);
        }
    }

    fn each(&mut self, now: Instant, rng: &mut dyn Rng, mut act: impl FnMut(&mut Interface, &mut Cx<'_>)) {
        let mut cx = Cx { now, rng, out: &mut self.out };
        for interface in self.interfaces.values_mut() {
            act(interface, &mut cx);
        }
    }

    /// Begins the scans that are due: one at a time for each radio, and none while a connection is being made with it.
    fn scans_in_turn(&mut self, now: Instant, rng: &mut dyn Rng) {
        let busy = |interface: &&Interface| interface.engine.is_scanning() || interface.engine.is_joining();
        let taken = self.interfaces.values().filter(busy);
        let mut taken: BTreeSet<u32> = taken.filter_map(Interface::radio).collect();
        let mut cx = Cx { now, rng, out: &mut self.out };
        for interface in self.interfaces.values_mut().filter(|interface| interface.engine.is_scan_due()) {
            let radio = interface.radio();
            interface.start_scan(&mut cx, radio.is_none_or(|radio| !taken.contains(&radio)));
            if interface.engine.is_scanning() {
                taken.extend(radio);
            }
        }
    }

    /// Tells each interface whether another one scans with its radio.
    fn note_radios(&mut self) {
        let scans = self.interfaces.iter().filter(|(_, interface)| interface.engine.is_scanning());
        let scans: Vec<(InterfaceKey, Option<u32>)> = scans.map(|(key, interface)| (*key, interface.radio())).collect();
        for (key, interface) in &mut self.interfaces {
            let radio = interface.radio();
            interface.works.sibling_scans = scans.iter().any(|(other, scanned)| other != key && *scanned == radio);
        }
    }

    fn reply(&mut self, id: u32, result: Result<Reply, Failure>, now: Instant, rng: &mut dyn Rng) {
        let Some((key, purpose)) = self.out.answered(id, &result) else {
            tracing::debug!("an answer to nothing that was asked ({id})");
            return;
        };
        if let Purpose::Create(client) = purpose {
            self.created(client, result, now, rng);
            return;
        }
        if let Purpose::InterfaceList(client) = purpose {
            let text = control::interface_list(result);
            self.out.reply(client, text);
            return;
        }
        if let Purpose::InBridge(client) = purpose {
            let bridge = if let Ok(Reply::Link(link)) = result { link.bridge } else { None };
            self.bridge_known(key, client, bridge, now, rng);
            return;
        }
        let attaching = purpose == Purpose::Attach;
        self.with(key, now, rng, |interface, cx| dispatch(interface, cx, purpose, result));
        if attaching && let Some(client) = self.daemon.in_bridges.remove(&key) {
            match self.interfaces.get(&key).and_then(|interface| interface.iface.handle) {
                Some(handle) => self.out.request(key, Purpose::InBridge(client), Request::LinkState { handle }),
                None => self.bridge_known(key, client, None, now, rng),
            }
        }
    }

    /// An interface that was added is in this bridge: the one that was named, or it is taken away again.
    fn bridge_known(
        &mut self,
        key: InterfaceKey,
        client: ClientId,
        bridge: Option<String>,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let Some(interface) = self.interfaces.get(&key) else { return };
        if interface.origin.bridge == bridge {
            return self.out.reply(client, ctrl::reply::OK);
        }
        let ifname = interface.ifname().to_owned();
        tracing::error!("{ifname}: it is not in the bridge {}", interface.origin.bridge.as_deref().unwrap_or_default());
        control::interface_remove(self, &ifname, now, rng);
        self.out.reply(client, ctrl::reply::FAIL);
    }

    /// An interface was made for `INTERFACE_ADD … create`, or not.
    fn created(&mut self, client: ClientId, result: Result<Reply, Failure>, now: Instant, rng: &mut dyn Rng) {
        let Some(at) = self.daemon.making.iter().position(|making| making.client == client) else { return };
        let making = self.daemon.making.remove(at);
        match result {
            Ok(_) => {
                let origin = Origin { created: true, ..making.origin };
                let key = self.add_interface(origin, making.config);
                self.open_socket(key);
                self.begin(key, now, rng);
                self.out.reply(client, ctrl::reply::OK);
            }
            Err(failure) => {
                tracing::warn!("{}: cannot be made: {failure}", making.origin.ifname);
                self.out.reply(client, ctrl::reply::FAIL);
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "all events but those named are about one interface")]
    fn event(&mut self, event: Event, now: Instant, rng: &mut dyn Rng) {
        match event {
            Event::Resync => self.each(now, rng, Interface::resync),
            Event::InterfaceAdded { ifname, .. } => {
                if let Some(key) = self.interface_named(&ifname)
                    && !self.daemon.waits
                {
                    self.with(key, now, rng, Interface::interface_added);
                }
            }
            Event::RegulatoryChanged { alpha2, initiator, kind } => {
                let event = control::regdom(alpha2, initiator, kind);
                self.each(now, rng, |interface, cx| interface.tell(cx, &event));
            }
            event => {
                let Some(handle) = event.handle() else { return };
                let found = self.interfaces.iter().find(|(_, interface)| interface.iface.handle == Some(handle));
                let Some(key) = found.map(|(key, _)| *key) else { return };
                self.with(key, now, rng, |interface, cx| interface_event(interface, cx, &event));
            }
        }
    }

    fn file_read(&mut self, token: u32, result: Result<Vec<u8>, String>, now: Instant, rng: &mut dyn Rng) {
        let Some((key, job)) = self.out.file_done(token) else { return };
        match job {
            FileJob::AddInterface(client) => control::interface_file(self, client, result, now, rng),
            FileJob::Reconfigure(_) | FileJob::ReconfigureMore(_) => {
                self.with(key, now, rng, |interface, cx| control::reconfigured(interface, cx, job, result));
            }
            FileJob::Save(_) => {}
        }
    }

    fn file_written(&mut self, token: u32, result: Result<(), String>, now: Instant, rng: &mut dyn Rng) {
        if let Some((key, FileJob::Save(client))) = self.out.file_done(token) {
            self.with(key, now, rng, |interface, cx| control::saved(interface, cx, client, result));
        }
    }
}

/// An answer, by what was asked.
fn dispatch(interface: &mut Interface, cx: &mut Cx<'_>, purpose: Purpose, result: Result<Reply, Failure>) {
    let done = |result: &Result<Reply, Failure>| match result {
        Ok(_) => Ok(()),
        Err(failure) => Err(failure.clone()),
    };
    // What a reply of another kind than asked for comes to.
    let odd = || Failure::Invalid("reply".into());
    match purpose {
        Purpose::Quiet | Purpose::Create(_) | Purpose::InBridge(_) | Purpose::InterfaceList(_) => {}
        Purpose::Told(what) => {
            if let Err(failure) = result {
                tracing::warn!("{}: {what} failed: {failure}", interface.ifname());
            }
        }
        Purpose::Attach => {
            let result = result.and_then(|reply| {
                if let Reply::Attached(handle, info) = reply { Ok((handle, info)) } else { Err(odd()) }
            });
            interface.attached(cx, result);
        }
        Purpose::Wiphy => {
            let result = result.and_then(|reply| if let Reply::Wiphy(wiphy) = reply { Ok(wiphy) } else { Err(odd()) });
            interface.wiphy_known(cx, result);
        }
        Purpose::LinkUp => interface.link_is_up(cx, done(&result)),
        Purpose::Bss(tag) => interface.bss_reply(cx, tag, result),
        Purpose::Turn(step) => interface.turned(cx, step, result),
        Purpose::Station(client, addr) => control::station_shown(interface, cx, client, addr, result),
        Purpose::Engine(ticket) => {
            if let Ok(Reply::Link(link)) = &result {
                interface.link_changed(cx, link.up, link.addr);
            }
            interface.drive(cx, |engine, cx| engine.handle_reply(cx, ticket, result));
        }
        Purpose::Status(client, kind) => control::status_with_address(interface, cx, client, kind, result),
        Purpose::SignalPoll(client) => control::signal(cx, client, result),
        Purpose::PacketCount(client) => control::packet_count(cx, client, result),
        #[cfg(feature = "testing")]
        Purpose::Word(client) => cx.out.reply(client, if result.is_ok() { ctrl::reply::OK } else { ctrl::reply::FAIL }),
    }
}

/// An event about an interface: what is the interface's own, and then the engine's part of it.
fn interface_event(interface: &mut Interface, cx: &mut Cx<'_>, event: &Event) {
    match event {
        Event::InterfaceGone { .. } => interface.interface_gone(cx),
        Event::LinkChanged { up, addr, .. } => interface.link_changed(cx, *up, *addr),
        Event::RadioBlocked { blocked, .. } => interface.radio_blocked(cx, *blocked),
        Event::BeaconLoss { .. } => interface.tell(cx, &ctrl::StationEvent::BeaconLoss),
        Event::SignalChange { above, signal, .. } => {
            let (above, signal) = (*above, *signal);
            interface.tell(cx, &ctrl::StationEvent::SignalChange { above, signal, noise: sta::NOISE, rate: 0 });
        }
        Event::FrameSent { acked, frame, .. } => control::frame_sent(interface, cx, *acked, frame),
        Event::ChannelSwitched { channel, .. } => control::channel_switched(interface, cx, *channel, false),
        Event::ChannelSwitchStarted { channel, .. } => control::channel_switched(interface, cx, *channel, true),
        #[cfg(feature = "testing")]
        Event::Test(event) => crate::data_test::received(interface, cx, event),
        #[cfg(not(feature = "testing"))]
        Event::Test(_) => {}
        Event::Resync
        | Event::InterfaceAdded { .. }
        | Event::RegulatoryChanged { .. }
        | Event::ScanStarted { .. }
        | Event::ScanDone { .. }
        | Event::SchedScanResults { .. }
        | Event::AuthReceived { .. }
        | Event::AssocReceived { .. }
        | Event::AuthTimeout { .. }
        | Event::AssocTimeout { .. }
        | Event::Deauthenticated { .. }
        | Event::Disassociated { .. }
        | Event::UnprotectedDeauth { .. }
        | Event::Connected { .. }
        | Event::Roamed { .. }
        | Event::Disconnected { .. }
        | Event::FrameReceived { .. }
        | Event::Eapol { .. }
        | Event::MicFailure { .. }
        | Event::SchedScanStopped { .. }
        | Event::PortAuthorized { .. }
        | Event::PacketLoss { .. }
        | Event::OnChannel { .. }
        | Event::OffChannel { .. }
        | Event::EapolSent { .. }
        | Event::Preauth { .. }
        | Event::StationAdded { .. }
        | Event::StationRemoved { .. }
        | Event::UnexpectedFrame { .. }
        | Event::ProbeStatus { .. }
        | Event::ApStopped { .. }
        | Event::Radar { .. }
        | Event::ExternalAuth { .. }
        | Event::RekeyCounter { .. }
        | Event::Ether { .. } => {}
    }
    interface.bss_event(cx, event);
    interface.drive(cx, |engine, cx| engine.handle_event(cx, event));
}

impl Machine for Supplicant {
    fn handle(&mut self, input: Input, now: Instant, rng: &mut dyn Rng) {
        match input {
            Input::PrivdUp => {
                self.out.forget_requests();
                self.out.privd_up = true;
                if !self.daemon.waits {
                    self.each(now, rng, Interface::privd_up);
                }
            }
            Input::PrivdDown => {
                let waiting = self.out.forget_requests();
                self.out.privd_up = false;
                for (_, purpose) in waiting {
                    if let Purpose::SignalPoll(client)
                    | Purpose::PacketCount(client)
                    | Purpose::Status(client, _)
                    | Purpose::Station(client, _)
                    | Purpose::InterfaceList(client)
                    | Purpose::InBridge(client)
                    | Purpose::Create(client) = purpose
                    {
                        self.out.reply(client, ctrl::reply::FAIL);
                    }
                }
                self.each(now, rng, Interface::privd_down);
            }
            Input::Reply { id, result } => self.reply(id, result, now, rng),
            Input::Event(event) => self.event(event, now, rng),
            Input::PostUp => self.post_up(),
            Input::PostDown => {
                self.out.post_up = false;
                self.out.forget_files();
                self.out.global_clients.clear();
                for interface in self.interfaces.values_mut() {
                    interface.clients.clear();
                    interface.socket = None;
                }
            }
            Input::ControlOpened { socket, result } => {
                if let Err(why) = result {
                    let name = self
                        .interfaces
                        .values()
                        .find(|interface| interface.socket == Some(socket))
                        .map_or("the global control socket", |interface| interface.ifname());
                    tracing::error!("{name}: the control socket cannot be opened: {why}");
                }
            }
            Input::Control { socket, client, command } => {
                control::command(self, socket, client, &command, now, rng);
                if std::mem::take(&mut self.out.terminate) {
                    self.terminate(now, rng);
                }
            }
            Input::ControlGone { client } => self.forget_client(client),
            Input::FileRead { token, result } => self.file_read(token, result, now, rng),
            Input::FileWritten { token, result } => self.file_written(token, result, now, rng),
            Input::Signal(Signal::Terminate) => self.terminate(now, rng),
            Input::Signal(Signal::Hangup) => {
                self.out.push(Output::ReopenLog);
                self.each(now, rng, |interface, cx| {
                    control::reconfigure(interface, cx, None);
                });
            }
            Input::Signal(Signal::User1) => {
                for interface in self.interfaces.values() {
                    tracing::info!(
                        "{}: {}, {} BSSs known, {} networks",
                        interface.ifname(),
                        interface.wpa_state(),
                        interface.engine.table().len(),
                        interface.config().networks.len()
                    );
                }
            }
            Input::Timeout => self.each(now, rng, |interface, cx| {
                if interface.deadline().is_some_and(|at| at <= cx.now) {
                    interface.timeout(cx);
                }
            }),
        }
        self.note_radios();
        self.each(now, rng, Interface::serve_or_not);
        self.each(now, rng, Interface::turn_of_the_radio);
        self.scans_in_turn(now, rng);
        self.note_radios();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_deadline(&self) -> Option<Instant> {
        self.interfaces.values().filter_map(Interface::deadline).min()
    }

    fn status(&self) -> String {
        self.in_words()
    }
}

/// Asks for an interface beside an existing one.
pub(crate) fn make_interface(machine: &mut Supplicant, making: Making, addr: Option<wire::MacAddr>) -> bool {
    let parent = machine.interfaces.values().find_map(|interface| interface.iface.handle);
    let Some(parent) = parent else { return false };
    let ifname = making.origin.ifname.clone();
    machine.out.request(
        0,
        Purpose::Create(making.client),
        Request::AddInterface { parent, ifname, kind: InterfaceType::Station, addr },
    );
    machine.daemon.making.push(making);
    true
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
