//! The daemon's machine: who an input is for.

use std::collections::{BTreeMap, BTreeSet};

use conf::station::StationConfig;
use crypto::Rng;
use daemon::{Input, Machine, Output, Signal};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Event, Failure, InterfaceType, Reply, Request};
use wire::Instant;

use crate::control;
use crate::outbox::{Cx, FileJob, Outbox, Purpose, StationKey};
use crate::setup::Configured;
use crate::station::{Origin, Station};

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
    pub(crate) in_bridges: BTreeMap<StationKey, ClientId>,
}

/// The station daemon: several interfaces and the global socket.
#[derive(Debug)]
pub(crate) struct Supplicant {
    pub(crate) daemon: Daemon,
    pub(crate) stations: BTreeMap<StationKey, Station>,
    next_key: StationKey,
    pub(crate) out: Outbox,
    exiting: bool,
}

impl Supplicant {
    pub(crate) fn new(configured: Vec<Configured>, daemon: Daemon) -> Supplicant {
        let mut machine =
            Supplicant { daemon, stations: BTreeMap::new(), next_key: 0, out: Outbox::default(), exiting: false };
        for one in configured {
            let origin = Origin {
                ifname: one.options.ifname,
                config_path: one.options.config,
                more_path: one.options.extra_config,
                bridge: one.options.bridge,
                driver_param: one.options.driver_param,
            };
            machine.add_station(origin, one.config);
        }
        machine
    }

    /// Adds an interface; it begins with the connections that stand.
    pub(crate) fn add_station(&mut self, origin: Origin, config: StationConfig) -> StationKey {
        let key = self.next_key;
        self.next_key = self.next_key.wrapping_add(1);
        self.stations.insert(key, Station::new(key, origin, config));
        key
    }

    pub(crate) fn station_named(&self, ifname: &str) -> Option<StationKey> {
        self.stations.iter().find(|(_, station)| station.ifname() == ifname).map(|(key, _)| *key)
    }

    /// Everything that begins once somebody listens, or at once.
    pub(crate) fn begin(&mut self, key: StationKey, now: Instant, rng: &mut dyn Rng) {
        if self.daemon.waits {
            return;
        }
        let mut cx = Cx { now, rng, out: &mut self.out };
        if let Some(station) = self.stations.get_mut(&key)
            && cx.out.privd_up
        {
            station.privd_up(&mut cx);
        }
    }

    pub(crate) fn open_socket(&mut self, key: StationKey) {
        let Some(station) = self.stations.get_mut(&key) else { return };
        let Some(directory) = station.config.globals.control_directory() else { return };
        let socket = self.out.new_socket();
        station.socket = Some(socket);
        let group = directory.group.or_else(|| self.daemon.global_group.clone());
        self.out.push(Output::OpenControl {
            socket,
            path: format!("{}/{}", directory.directory.trim_end_matches('/'), station.origin.ifname),
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
        let keys: Vec<StationKey> = self.stations.keys().copied().collect();
        for key in keys {
            self.open_socket(key);
        }
    }

    fn forget_client(&mut self, client: ClientId) {
        self.out.global_clients.remove(&client);
        for station in self.stations.values_mut() {
            station.clients.remove(&client);
        }
    }

    /// Ends the daemon: links first, so that access points know.
    pub(crate) fn terminate(&mut self, now: Instant, rng: &mut dyn Rng) {
        if std::mem::replace(&mut self.exiting, true) {
            return;
        }
        let mut cx = Cx { now, rng, out: &mut self.out };
        for station in self.stations.values_mut() {
            station.leave(&mut cx);
            station.tell(&mut cx, &ctrl::StationEvent::Terminating);
        }
        tracing::info!("ending");
        self.out.push(Output::Exit(0));
    }

    fn with(&mut self, key: StationKey, now: Instant, rng: &mut dyn Rng, act: impl FnOnce(&mut Station, &mut Cx<'_>)) {
        let mut cx = Cx { now, rng, out: &mut self.out };
        if let Some(station) = self.stations.get_mut(&key) {
            act(station, &mut cx);
        }
    }

    fn each(&mut self, now: Instant, rng: &mut dyn Rng, mut act: impl FnMut(&mut Station, &mut Cx<'_>)) {
        let mut cx = Cx { now, rng, out: &mut self.out };
        for station in self.stations.values_mut() {
            act(station, &mut cx);
        }
    }

    /// Begins the scans that are due: one at a time for each radio, and none while a connection is being made with it.
    fn scans_in_turn(&mut self, now: Instant, rng: &mut dyn Rng) {
        let taken = self.stations.values().filter(|station| station.scan.is_running() || station.is_joining());
        let mut taken: BTreeSet<u32> = taken.filter_map(Station::radio).collect();
        let mut cx = Cx { now, rng, out: &mut self.out };
        for station in self.stations.values_mut().filter(|station| station.scan.is_due()) {
            let radio = station.radio();
            station.start_scan(&mut cx, radio.is_none_or(|radio| !taken.contains(&radio)));
            if station.scan.is_running() {
                taken.extend(radio);
            }
        }
    }

    /// Tells each interface whether another one scans with its radio.
    fn note_radios(&mut self) {
        let scans = self.stations.iter().filter(|(_, station)| station.scan.is_running());
        let scans: Vec<(StationKey, Option<u32>)> = scans.map(|(key, station)| (*key, station.radio())).collect();
        for (key, station) in &mut self.stations {
            let radio = station.radio();
            station.works.sibling_scans = scans.iter().any(|(other, scanned)| other != key && *scanned == radio);
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
        self.with(key, now, rng, |station, cx| dispatch(station, cx, purpose, result));
        if attaching && let Some(client) = self.daemon.in_bridges.remove(&key) {
            match self.stations.get(&key).and_then(|station| station.iface.handle) {
                Some(handle) => self.out.request(key, Purpose::InBridge(client), Request::LinkState { handle }),
                None => self.bridge_known(key, client, None, now, rng),
            }
        }
    }

    /// An interface that was added is in this bridge: the one that was named, or it is taken away again.
    fn bridge_known(
        &mut self,
        key: StationKey,
        client: ClientId,
        bridge: Option<String>,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let Some(station) = self.stations.get(&key) else { return };
        if station.origin.bridge == bridge {
            return self.out.reply(client, ctrl::reply::OK);
        }
        let ifname = station.ifname().to_owned();
        tracing::error!("{ifname}: it is not in the bridge {}", station.origin.bridge.as_deref().unwrap_or_default());
        control::interface_remove(self, &ifname, now, rng);
        self.out.reply(client, ctrl::reply::FAIL);
    }

    /// An interface was made for `INTERFACE_ADD … create`, or not.
    fn created(&mut self, client: ClientId, result: Result<Reply, Failure>, now: Instant, rng: &mut dyn Rng) {
        let Some(at) = self.daemon.making.iter().position(|making| making.client == client) else { return };
        let making = self.daemon.making.remove(at);
        match result {
            Ok(_) => {
                let key = self.add_station(making.origin, making.config);
                if let Some(station) = self.stations.get_mut(&key) {
                    station.created = true;
                }
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
            Event::Resync => self.each(now, rng, Station::resync),
            Event::InterfaceAdded { ifname, .. } => {
                if let Some(key) = self.station_named(&ifname)
                    && !self.daemon.waits
                {
                    self.with(key, now, rng, Station::interface_added);
                }
            }
            Event::RegulatoryChanged { alpha2, initiator, kind } => {
                let event = control::regdom(alpha2, initiator, kind);
                self.each(now, rng, |station, cx| station.tell(cx, &event));
            }
            event => {
                let Some(handle) = event.handle() else { return };
                let found = self.stations.iter().find(|(_, station)| station.iface.handle == Some(handle));
                let Some(key) = found.map(|(key, _)| *key) else { return };
                self.with(key, now, rng, |station, cx| station_event(station, cx, event));
            }
        }
    }

    fn file_read(&mut self, token: u32, result: Result<Vec<u8>, String>, now: Instant, rng: &mut dyn Rng) {
        let Some((key, job)) = self.out.file_done(token) else { return };
        match job {
            FileJob::AddInterface(client) => control::interface_file(self, client, result, now, rng),
            FileJob::Reconfigure(_) | FileJob::ReconfigureMore(_) => {
                self.with(key, now, rng, |station, cx| control::reconfigured(station, cx, job, result));
            }
            FileJob::Save(_) => {}
        }
    }

    fn file_written(&mut self, token: u32, result: Result<(), String>, now: Instant, rng: &mut dyn Rng) {
        if let Some((key, FileJob::Save(client))) = self.out.file_done(token) {
            self.with(key, now, rng, |station, cx| control::saved(station, cx, client, result));
        }
    }
}

/// An answer, by what was asked.
fn dispatch(station: &mut Station, cx: &mut Cx<'_>, purpose: Purpose, result: Result<Reply, Failure>) {
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
                tracing::warn!("{}: {what} failed: {failure}", station.ifname());
            }
        }
        Purpose::Attach => {
            let result = result.and_then(|reply| {
                if let Reply::Attached(handle, info) = reply { Ok((handle, info)) } else { Err(odd()) }
            });
            station.attached(cx, result);
        }
        Purpose::Wiphy => {
            let result = result.and_then(|reply| if let Reply::Wiphy(wiphy) = reply { Ok(wiphy) } else { Err(odd()) });
            station.wiphy_known(cx, result);
        }
        Purpose::LinkUp => station.link_is_up(cx, done(&result)),
        Purpose::LinkState(attempt) => {
            if let Ok(Reply::Link(link)) = result {
                station.link_state(cx, attempt, &link);
            }
        }
        Purpose::Scan => station.scan_triggered(cx, done(&result)),
        Purpose::ScanResults => {
            let result = result.and_then(|reply| {
                if let Reply::ScanResults { entries, last } = reply { Ok((entries, last)) } else { Err(odd()) }
            });
            station.scan_results(cx, result);
        }
        Purpose::Authenticate(attempt) => station.authentication_sent(cx, attempt, done(&result)),
        Purpose::Associate(attempt) | Purpose::Connect(attempt) => {
            station.association_sent(cx, attempt, done(&result));
        }
        Purpose::PairwiseKey(attempt) => {
            station.key_installed(cx, attempt, "installing the pairwise key", done(&result));
        }
        Purpose::GroupKey(attempt) => station.key_installed(cx, attempt, "installing a group key", done(&result)),
        Purpose::Authorize(attempt) => station.key_or_port(cx, attempt, "opening the port", done(&result)),
        Purpose::Status(client, kind) => control::status_with_address(station, cx, client, kind, result),
        Purpose::SignalPoll(client) => control::signal(cx, client, result),
        Purpose::PacketCount(client) => control::packet_count(cx, client, result),
        #[cfg(feature = "testing")]
        Purpose::Word(client) => cx.out.reply(client, if result.is_ok() { ctrl::reply::OK } else { ctrl::reply::FAIL }),
    }
}

/// An event about an interface.
fn station_event(station: &mut Station, cx: &mut Cx<'_>, event: Event) {
    match event {
        Event::Resync | Event::InterfaceAdded { .. } | Event::RegulatoryChanged { .. } => {}
        Event::InterfaceGone { .. } => station.interface_gone(cx),
        Event::LinkChanged { up, addr, .. } => station.link_changed(cx, up, addr),
        Event::RadioBlocked { blocked, .. } => station.radio_blocked(cx, blocked),
        Event::ScanStarted { .. } => station.scan_started(cx),
        Event::ScanDone { aborted, freqs, .. } => {
            station.scan_end_heard();
            station.scan_done(cx, aborted, freqs);
        }
        Event::SchedScanResults { .. } => station.scan_done(cx, false, Vec::new()),
        Event::AuthReceived { frame, .. } => station.authentication_received(cx, &frame),
        Event::AssocReceived { frame, .. } => station.association_received(cx, &frame),
        Event::AuthTimeout { bssid, .. } => station.authentication_timed_out(cx, bssid),
        Event::AssocTimeout { bssid, .. } => station.association_timed_out(cx, bssid),
        Event::Deauthenticated { frame, local, .. } | Event::Disassociated { frame, local, .. } => {
            station.link_ended_by_frame(cx, &frame, local);
        }
        Event::UnprotectedDeauth { frame, .. } => station.unprotected_deauth(cx, &frame),
        Event::Connected { bssid, status, timed_out, request_elements, .. } => {
            station.connected_by_driver(cx, bssid, status, timed_out, &request_elements);
        }
        Event::Roamed { bssid, request_elements, .. } => station.roamed_by_driver(cx, bssid, &request_elements),
        Event::Disconnected { reason, by_ap, .. } => station.link_ended(cx, None, reason, !by_ap),
        Event::BeaconLoss { .. } => station.tell(cx, &ctrl::StationEvent::BeaconLoss),
        Event::SignalChange { above, signal, .. } => {
            let event = ctrl::StationEvent::SignalChange { above, signal, noise: crate::bss::NOISE, rate: 0 };
            station.tell(cx, &event);
            station.look_around(cx);
        }
        Event::FrameReceived { frame, .. } => station.frame_received(cx, &frame),
        Event::Eapol { source, encrypted, data, .. } => station.eapol_from_air(cx, source, encrypted, &data),
        Event::MicFailure { group, .. } => station.michael_failure(cx, group),
        Event::FrameSent { acked, frame, .. } => control::frame_sent(station, cx, acked, &frame),
        Event::ChannelSwitched { channel, .. } => station.channel_switched(cx, channel, false),
        Event::ChannelSwitchStarted { channel, .. } => station.channel_switched(cx, channel, true),
        #[cfg(feature = "testing")]
        Event::Test(event) => crate::data_test::received(station, cx, &event),
        #[cfg(not(feature = "testing"))]
        Event::Test(_) => {}
        Event::SchedScanStopped { .. }
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
}

impl Machine for Supplicant {
    fn handle(&mut self, input: Input, now: Instant, rng: &mut dyn Rng) {
        match input {
            Input::PrivdUp => {
                self.out.forget_requests();
                self.out.privd_up = true;
                if !self.daemon.waits {
                    self.each(now, rng, Station::privd_up);
                }
            }
            Input::PrivdDown => {
                let waiting = self.out.forget_requests();
                self.out.privd_up = false;
                for (_, purpose) in waiting {
                    if let Purpose::SignalPoll(client)
                    | Purpose::PacketCount(client)
                    | Purpose::Status(client, _)
                    | Purpose::InterfaceList(client)
                    | Purpose::InBridge(client)
                    | Purpose::Create(client) = purpose
                    {
                        self.out.reply(client, ctrl::reply::FAIL);
                    }
                }
                self.each(now, rng, Station::privd_down);
            }
            Input::Reply { id, result } => self.reply(id, result, now, rng),
            Input::Event(event) => self.event(event, now, rng),
            Input::PostUp => self.post_up(),
            Input::PostDown => {
                self.out.post_up = false;
                self.out.forget_files();
                self.out.global_clients.clear();
                for station in self.stations.values_mut() {
                    station.clients.clear();
                    station.socket = None;
                }
            }
            Input::ControlOpened { socket, result } => {
                if let Err(why) = result {
                    let name = self
                        .stations
                        .values()
                        .find(|station| station.socket == Some(socket))
                        .map_or("the global control socket", |station| station.ifname());
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
                self.each(now, rng, |station, cx| {
                    control::reconfigure(station, cx, None);
                });
            }
            Input::Signal(Signal::User1) => {
                for station in self.stations.values() {
                    tracing::info!(
                        "{}: {}, {} BSSs known, {} networks",
                        station.ifname(),
                        station.state.name(),
                        station.bss.len(),
                        station.config.networks.len()
                    );
                }
            }
            Input::Timeout => self.each(now, rng, |station, cx| {
                if station.deadline().is_some_and(|at| at <= cx.now) {
                    station.timeout(cx);
                }
            }),
        }
        self.note_radios();
        self.each(now, rng, Station::turn_of_the_radio);
        self.scans_in_turn(now, rng);
        self.note_radios();
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_deadline(&self) -> Option<Instant> {
        self.stations.values().filter_map(Station::deadline).min()
    }

    fn status(&self) -> String {
        self.in_words()
    }
}

/// Asks for an interface beside an existing one.
pub(crate) fn make_interface(machine: &mut Supplicant, making: Making, addr: Option<wire::MacAddr>) -> bool {
    let parent = machine.stations.values().find_map(|station| station.iface.handle);
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
