//! The machine of the access point daemon: radios, control sockets, and who hears what.

use std::collections::BTreeMap;

use ap::Tag;
use conf::ap::ApConfig;
use crypto::Rng;
use ctrl::{ApCommand, ApEvent, GlobalApCommand, LogLevel, ParseError, Subscriber};
use daemon::{Input, Machine, Output, Signal, Worth};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Failure, Reply};
use tracing::{debug, error, info, warn};
use wire::Instant;

use crate::iface::{Iface, Scope, State};
use crate::options::Options;
use crate::outbox::{BssId, FilePurpose, IfaceId, Outbox, Purpose};
use crate::setup::Setup;

/// Which BSS of which radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BssRef {
    pub(crate) iface: IfaceId,
    pub(crate) bss: usize,
}

/// The access point daemon.
#[derive(Debug)]
pub(crate) struct Apd {
    pub(crate) ifaces: Vec<Iface>,
    pub(crate) out: Outbox,
    next_iface: IfaceId,
    global_path: Option<String>,
    pub(crate) global_group: Option<String>,
    global_socket: Option<SocketId>,
    pub(crate) global_clients: BTreeMap<ClientId, Subscriber>,
    pub(crate) privd: bool,
    post: bool,
    /// Clients who wait for a control socket to be there.
    pub(crate) openers: BTreeMap<SocketId, ClientId>,
    pub(crate) level: LogLevel,
    pub(crate) timestamps: bool,
    /// Where relative paths begin.
    pub(crate) folder: String,
    /// Without a global socket there is nobody who could mend what cannot start.
    exits_if_hopeless: bool,
}

impl Apd {
    pub(crate) fn new(options: &Options, setup: Setup) -> Apd {
        let level = (0..options.verbosity).fold(LogLevel::Info, |level, _| level.more());
        let level = (options.verbosity..0).fold(level, |level, _| level.less());
        let mut apd = Apd {
            ifaces: Vec::new(),
            out: Outbox::default(),
            next_iface: 0,
            global_path: options.global.clone(),
            global_group: options.global_group.clone(),
            global_socket: None,
            global_clients: BTreeMap::new(),
            privd: false,
            post: false,
            openers: BTreeMap::new(),
            level,
            timestamps: options.timestamps,
            folder: setup.folder.clone(),
            exits_if_hopeless: options.global.is_none(),
        };
        for radio in setup.radios {
            let iface = apd.add(radio.config, Some(radio.path), setup.files.clone());
            if let Some(iface) = apd.iface_mut(iface) {
                iface.radio_name = radio.radio;
                iface.slots.iter_mut().skip(radio.own).for_each(|slot| slot.added = true);
                iface.enable(&mut Outbox::default(), false);
            }
        }
        apd
    }

    /// A further radio.
    pub(crate) fn add(&mut self, config: ApConfig, path: Option<String>, files: BTreeMap<String, Vec<u8>>) -> IfaceId {
        self.next_iface = self.next_iface.wrapping_add(1);
        let mut iface = Iface::new(self.next_iface, config, path, files);
        iface.folder.clone_from(&self.folder);
        self.ifaces.push(iface);
        self.next_iface
    }

    pub(crate) fn iface(&self, id: IfaceId) -> Option<&Iface> {
        self.ifaces.iter().find(|iface| iface.id == id)
    }

    pub(crate) fn iface_mut(&mut self, id: IfaceId) -> Option<&mut Iface> {
        self.ifaces.iter_mut().find(|iface| iface.id == id)
    }

    /// A radio together with the outbox.
    pub(crate) fn both(&mut self, id: IfaceId) -> Option<(&mut Iface, &mut Outbox)> {
        let Apd { ifaces, out, .. } = self;
        ifaces.iter_mut().find(|iface| iface.id == id).map(|iface| (iface, out))
    }

    /// The BSS of an interface name.
    pub(crate) fn named(&self, ifname: &str) -> Option<BssRef> {
        self.ifaces.iter().find_map(|iface| {
            let bss = (0..iface.config.bss.len()).find(|bss| iface.bss_name(*bss) == ifname)?;
            Some(BssRef { iface: iface.id, bss })
        })
    }

    fn of_socket(&self, socket: SocketId) -> Option<BssRef> {
        self.ifaces.iter().find_map(|iface| {
            let bss = iface.slots.iter().position(|slot| slot.socket == Some(socket))?;
            Some(BssRef { iface: iface.id, bss })
        })
    }

    /// Opens the control sockets that are not open yet.
    pub(crate) fn open_sockets(&mut self) {
        if !self.post {
            return;
        }
        if self.global_socket.is_none()
            && let Some(path) = self.global_path.clone()
        {
            let socket = self.out.new_socket();
            self.global_socket = Some(socket);
            self.out.push(Output::OpenControl { socket, path, group: self.global_group.clone() });
        }
        let Apd { ifaces, out, global_group, .. } = self;
        for iface in ifaces.iter_mut() {
            for (slot, bss) in iface.slots.iter_mut().zip(&iface.config.bss) {
                if slot.socket.is_some() {
                    continue;
                }
                let Some(control) = bss.control_directory() else { continue };
                let socket = out.new_socket();
                slot.socket = Some(socket);
                let path = format!("{}/{}", control.directory.trim_end_matches('/'), bss.interface());
                let group = control.group.or_else(|| global_group.clone());
                out.push(Output::OpenControl { socket, path, group });
            }
        }
    }

    fn complain_of_socket(&self, socket: SocketId, why: &str) {
        let of = self.of_socket(socket).and_then(|of| self.iface(of.iface)?.config.bss.get(of.bss));
        match of.and_then(|bss| Some((bss.interface(), bss.control_directory()?.directory))) {
            Some((name, directory)) => error!(
                "{name}: no control socket in {directory}: {why}; it serves stations, but hostapd_cli cannot reach it \
                 (ctrl_interface, ctrl_interface_group)"
            ),
            None => error!("the global control socket cannot be opened: {why} (-g, -G)"),
        }
    }

    /// A control socket is there, or cannot be.
    fn opened(&mut self, socket: SocketId, well: bool) {
        let Some(of) = self.of_socket(socket) else { return };
        let Some((iface, out)) = self.both(of.iface) else { return };
        let Some(slot) = iface.slots.get_mut(of.bss) else { return };
        slot.open = well;
        if slot.runs() || !well {
            iface.answer_adder(of.bss, well, out);
        }
    }

    /// Takes a radio away.
    pub(crate) fn remove(&mut self, id: IfaceId, now: Instant) {
        let privd = self.privd;
        if let Some((iface, out)) = self.both(id) {
            iface.disable(out, now, privd);
            for socket in iface.slots.iter_mut().filter_map(|slot| slot.socket.take()) {
                out.push(Output::CloseControl { socket });
            }
        }
        self.say();
        self.ifaces.retain(|iface| iface.id != id);
    }

    /// Hands out what BSSs have to say.
    pub(crate) fn say(&mut self) {
        let Apd { ifaces, out, global_clients, .. } = self;
        for iface in ifaces.iter_mut() {
            while let Some((bss, event)) = iface.events.pop_front() {
                let name = iface.bss_name(bss).to_owned();
                if let Some(kind) = event.of_strangers() {
                    info!(stranger = kind, "{name}: {event}");
                } else if !event.is_probe_request() {
                    info!("{name}: {event}");
                }
                if let Some(slot) = iface.slots.get(bss) {
                    send(out, &slot.clients, &event, || event.message());
                }
                send(out, global_clients, &event, || event.global_message(&name));
            }
        }
    }

    fn file(&mut self, token: u32, result: Result<Vec<u8>, String>, now: Instant, rng: &mut dyn Rng) {
        match self.out.file_done(token) {
            Some(FilePurpose::Named { iface, attempt, bss, path }) => {
                if let Some((iface, out)) = self.both(iface)
                    && iface.attempt == attempt
                {
                    iface.file_read(bss, path, result, out, now, rng);
                }
            }
            Some(FilePurpose::Reload { iface, client }) => {
                let well = self.reload(iface, result, now, rng);
                if let Some(client) = client {
                    self.out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
                }
            }
            Some(FilePurpose::Add(addition)) => self.add_from_file(addition, result, now, rng),
            Some(FilePurpose::Lists { iface, bss, path, client }) => {
                let well = self.reload_lists(iface, bss, path, result, now, rng);
                self.out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
            }
            None => {}
        }
    }

    /// Reads configurations again (SIGHUP).
    fn reload_all(&mut self) {
        for iface in &self.ifaces {
            if let Some(path) = &iface.path {
                self.out.read_file(FilePurpose::Reload { iface: iface.id, client: None }, path.clone());
            }
        }
    }

    fn reload(&mut self, id: IfaceId, result: Result<Vec<u8>, String>, now: Instant, rng: &mut dyn Rng) -> bool {
        let privd = self.privd;
        let Some((iface, out)) = self.both(id) else { return false };
        let path = iface.path.clone().unwrap_or_default();
        let contents = match result {
            Ok(contents) => contents,
            Err(why) => {
                error!("{path}: {why}; the configuration stays as it was");
                return false;
            }
        };
        let (mut config, notices) = match ApConfig::parse(&path, &contents) {
            Ok(parsed) => parsed,
            Err(rejected) => {
                error!("{rejected}; the configuration stays as it was");
                return false;
            }
        };
        notices.iter().for_each(|notice| warn!("{notice}"));
        // An interface named on the command line (-i) stays the one.
        let _ = config.set(0, b"interface", iface.name().as_bytes());
        iface.keep_added(&mut config);
        let gone = iface.without(&config);
        for bss in &gone {
            iface.take_down(*bss, out, now);
        }
        // Their listeners still hear who has left.
        self.say();
        let Some((iface, out)) = self.both(id) else { return false };
        for bss in gone {
            iface.drop_bss(bss, out);
        }
        iface.take_config(config);
        iface.reload(Scope::File, out, now, privd, rng);
        self.open_sockets();
        true
    }

    /// A file of keys or addresses holds from now on.
    fn reload_lists(
        &mut self,
        id: IfaceId,
        bss: BssId,
        path: String,
        result: Result<Vec<u8>, String>,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> bool {
        let Some((iface, out)) = self.both(id) else { return false };
        let Some(index) = iface.index_of(bss) else { return false };
        let changed = result.map_err(|why| format!("{path}: {why}")).and_then(|contents| {
            let before = iface.files.insert(path.clone(), contents);
            let lists = iface.lists_with(index, &path);
            if lists.is_err() {
                // What was read before stays in force.
                match before {
                    Some(before) => iface.files.insert(path.clone(), before),
                    None => iface.files.remove(&path),
                };
            }
            lists
        });
        match changed {
            Ok(lists) => {
                iface.use_lists(index, lists, Some(&path), out, now, rng);
                true
            }
            Err(why) => {
                error!("{why}");
                false
            }
        }
    }

    fn reply(&mut self, id: u32, result: Result<Reply, Failure>, now: Instant, rng: &mut dyn Rng) {
        let Some(purpose) = self.out.answered(id, &result) else { return };
        match purpose {
            Purpose::Step { iface, attempt, step } => {
                if let Some((iface, out)) = self.both(iface)
                    && iface.attempt == attempt
                {
                    iface.stepped(step, result, out, now, rng);
                }
            }
            Purpose::Bss { iface, attempt, bss, tag } => {
                if let Some((iface, out)) = self.both(iface)
                    && iface.attempt == attempt
                {
                    iface.bss_reply(bss, tag, result, out, now, rng);
                } else if let (Tag::Plain(what), Err(failure)) = (tag, &result) {
                    debug!("{what}: {failure}");
                }
            }
            Purpose::BssStep { iface, attempt, bss, step } => {
                if let Some((iface, out)) = self.both(iface)
                    && iface.attempt == attempt
                {
                    iface.joined(bss, step, result, out, now, rng);
                }
            }
            Purpose::Link { iface, attempt, bss } => {
                if let Some((iface, out)) = self.both(iface)
                    && iface.attempt == attempt
                {
                    iface.link_known(bss, result, out, now, rng);
                }
            }
            Purpose::Station { iface, bss, addr, client } => {
                let known = match result {
                    Ok(Reply::Stations { entries, .. }) => entries.into_iter().find(|entry| entry.addr == addr),
                    Ok(_) | Err(_) => None,
                };
                let text = self.station_text(BssRef { iface, bss }, addr, known.as_ref(), now);
                self.out.reply(client, text);
            }
            #[cfg(feature = "testing")]
            Purpose::Word(client) => {
                self.out.reply(client, if result.is_ok() { ctrl::reply::OK } else { ctrl::reply::FAIL });
            }
            Purpose::Driver { iface, bss, client } => {
                let link = if let Ok(Reply::Link(link)) = result { Some(link) } else { None };
                let text = self.driver_status_text(BssRef { iface, bss }, link.as_ref());
                self.out.reply(client, text);
            }
            Purpose::Nothing(what) => {
                if let Err(failure) = result {
                    debug!("{what}: {failure}");
                }
            }
        }
    }

    fn command(&mut self, socket: SocketId, client: ClientId, text: &[u8], now: Instant, rng: &mut dyn Rng) {
        if Some(socket) == self.global_socket {
            match GlobalApCommand::parse(text) {
                Ok(GlobalApCommand::Interface { ifname, command }) => match self.named(&ifname) {
                    Some(of) => self.interface_command(of, client, &command, now, rng),
                    None => self.out.reply(client, ctrl::reply::FAIL),
                },
                Ok(command) => self.global_command(command, client, now),
                Err(error) => self.refuse(client, &error),
            }
        } else if let Some(of) = self.of_socket(socket) {
            self.interface_command(of, client, text, now, rng);
        }
    }

    fn interface_command(&mut self, of: BssRef, client: ClientId, text: &[u8], now: Instant, rng: &mut dyn Rng) {
        match ApCommand::parse(text) {
            Ok(command) => self.ap_command(of, command, client, now, rng),
            Err(error) => self.refuse(client, &error),
        }
    }

    fn refuse(&mut self, client: ClientId, error: &ParseError) {
        self.out.reply(client, error.reply());
    }

    fn gone(&mut self, client: ClientId) {
        self.global_clients.remove(&client);
        for iface in &mut self.ifaces {
            iface.enablers.retain(|waiting| *waiting != client);
            for slot in &mut iface.slots {
                slot.clients.remove(&client);
                slot.adder = slot.adder.filter(|adder| *adder != client);
            }
        }
        self.openers.retain(|_, waiting| *waiting != client);
    }

    /// Ends the daemon: stations are told first.
    pub(crate) fn terminate(&mut self, now: Instant) {
        let ids: Vec<IfaceId> = self.ifaces.iter().map(|iface| iface.id).collect();
        for id in ids {
            self.remove(id, now);
        }
        self.out.push(Output::Exit(0));
    }
}

fn send(
    out: &mut Outbox,
    clients: &BTreeMap<ClientId, Subscriber>,
    event: &ApEvent,
    message: impl FnOnce() -> Vec<u8>,
) {
    let wanting = |subscriber: &Subscriber| subscriber.wants(event.level(), event.is_probe_request());
    let clients: Vec<ClientId> =
        clients.iter().filter(|(_, subscriber)| wanting(subscriber)).map(|(client, _)| *client).collect();
    if !clients.is_empty() {
        let detail = event.is_probe_request() || event.of_strangers().is_some();
        let worth = if detail { Worth::Detail } else { Worth::Awaited };
        out.push(Output::Send { clients, data: message(), worth });
    }
}

impl Machine for Apd {
    fn handle(&mut self, input: Input, now: Instant, rng: &mut dyn Rng) {
        match input {
            Input::PrivdUp => {
                self.privd = true;
                let Apd { ifaces, out, .. } = self;
                for iface in ifaces.iter_mut().filter(|iface| iface.is_wanted()) {
                    iface.enable(out, true);
                }
            }
            Input::PrivdDown => {
                self.privd = false;
                warn!("privd is gone; stations are lost until it is back");
                for client in self.out.forget_requests().iter().filter_map(Purpose::client) {
                    self.out.reply(client, ctrl::reply::FAIL);
                }
                let Apd { ifaces, out, .. } = self;
                ifaces.iter_mut().for_each(|iface| iface.privd_down(out));
            }
            Input::Reply { id, result } => self.reply(id, result, now, rng),
            Input::Event(ipc_proto::Event::Resync) => {
                let Apd { ifaces, out, .. } = self;
                ifaces.iter_mut().for_each(|iface| iface.resync(out));
            }
            Input::Event(event) => {
                let Apd { ifaces, out, .. } = self;
                ifaces.iter_mut().for_each(|iface| iface.event(&event, out, now, rng));
            }
            Input::PostUp => {
                self.post = true;
                self.open_sockets();
            }
            Input::PostDown => {
                self.post = false;
                self.out.forget_files();
                self.global_socket = None;
                self.global_clients.clear();
                self.openers.clear();
                for iface in &mut self.ifaces {
                    iface.enablers.clear();
                    for slot in &mut iface.slots {
                        (slot.socket, slot.open, slot.adder) = (None, false, None);
                        slot.clients.clear();
                    }
                }
            }
            Input::ControlOpened { socket, result } => {
                if let Err(why) = &result {
                    self.complain_of_socket(socket, why);
                }
                self.opened(socket, result.is_ok());
                if let Some(client) = self.openers.remove(&socket) {
                    self.out.reply(client, if result.is_ok() { ctrl::reply::OK } else { ctrl::reply::FAIL });
                }
            }
            Input::Control { socket, client, command } => self.command(socket, client, &command, now, rng),
            Input::ControlGone { client } => self.gone(client),
            Input::FileRead { token, result } => self.file(token, result, now, rng),
            Input::FileWritten { .. } => {}
            Input::Signal(Signal::Hangup) => {
                self.out.push(Output::ReopenLog);
                self.reload_all();
            }
            Input::Signal(Signal::Terminate) => self.terminate(now),
            Input::Signal(Signal::User1) => {
                for iface in &self.ifaces {
                    info!("{}: {}, {} BSSs", iface.name(), iface.state.name(), iface.config.bss.len());
                }
            }
            Input::Timeout => {
                let Apd { ifaces, out, .. } = self;
                ifaces.iter_mut().for_each(|iface| iface.timeout(out, now, rng));
            }
        }
        self.share_keys();
        self.say();
        let hopeless = |iface: &Iface| iface.hopeless && iface.state == State::Disabled && iface.path.is_some();
        if self.exits_if_hopeless && !self.ifaces.is_empty() && self.ifaces.iter().all(hopeless) {
            error!("no interface is left that could work");
            self.exits_if_hopeless = false;
            self.out.push(Output::Exit(1));
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_deadline(&self) -> Option<Instant> {
        self.ifaces.iter().filter_map(Iface::deadline).min()
    }

    /// A radio comes up, or cannot.
    fn is_starting(&self) -> bool {
        self.ifaces.iter().any(|iface| matches!(iface.state, State::Coming(_)))
    }

    fn status(&self) -> String {
        self.in_words()
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
