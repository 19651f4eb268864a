//! The state of the worker, and what changes it: interfaces, attachments, answers and events of the kernel.

mod effects;
mod interfaces;
mod packets;
mod testing;
mod wired;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use ipc_proto::{Event, Failure, Handle, InterfaceType, LinkId, WiphyInfo};
use nix::libc;
use nix::sys::socket::{MsgFlags, send};
use wire::MacAddr;
use zeroize::Zeroize;

use super::Sockets;
use super::activity::Activity;
use super::client::Client;
use super::job::{Action, Effect, Finish, Job, Owner, Port, Step};
use super::keyguard::KeyGuard;
use super::message::{Attrs, Message, Messages, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN, Received};
use super::nl80211::consts::{attr, cmd};
use super::nl80211::event::{self, Context};
use super::nl80211::parse::{self, Interface};
use super::rfkill::Rfkill;
use super::rtnetlink::{self, Link};
use super::shared::Shared;
use super::witnessed::Witnessed;

pub(super) use packets::Packets;

/// nl80211's events that end a check for radar: there is some, there is none, it was broken off.
const RADAR_CHECKED: u32 = 2;
/// Larger than what the kernel puts into one datagram.
const BUFFER: usize = 128 * 1024;

/// An interface that a client has.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) client: u64,
    /// The client's name for it.
    pub(super) handle: Handle,
    /// The client made it.
    pub(super) created: bool,
    /// Type at the time of the attachment.
    original: InterfaceType,
    eapol: Option<OwnedFd>,
    /// EAPOL frames over the bridge that it is in.
    over_bridge: Option<(u32, OwnedFd)>,
    pub(super) preauth: Option<OwnedFd>,
    /// Of a link that is no radio: a socket for each ethertype.
    ethers: BTreeMap<u16, OwnedFd>,
    /// EAPOL frames go over nl80211.
    pub(super) control_port: bool,
    pub(super) driver_sme: bool,
    pub(super) registered: BTreeSet<(u16, Vec<u8>)>,
    /// What it does, for the policy.
    pub(super) activity: Activity,
    operstate: bool,
    bridged: bool,
    /// It was up before.
    up: bool,
    /// The address before it was given another one.
    addr: Option<MacAddr>,
    swallow: Option<MacAddr>,
    /// Data frames for a test suite.
    #[cfg(feature = "testing")]
    test: Option<OwnedFd>,
}

/// A bridge that was made for a client's interface.
#[derive(Debug)]
pub(super) struct MadeBridge {
    client: u64,
    /// For which it was made.
    first: u32,
    /// Those that joined it.
    members: BTreeSet<u32>,
}

/// What a client has, as the policy asks for it.
pub(super) struct View<'a> {
    pub(super) worker: &'a Worker,
    pub(super) client: u64,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) family: u16,
    pub(super) commands: OwnedFd,
    pub(super) events: OwnedFd,
    pub(super) route: OwnedFd,
    pub(super) rfkill: Option<Rfkill>,
    pub(super) clients: BTreeMap<u64, Client>,
    pub(super) interfaces: BTreeMap<u32, Interface>,
    pub(super) links: BTreeMap<u32, Link>,
    pub(super) wiphys: BTreeMap<u32, WiphyInfo>,
    pub(super) attached: BTreeMap<u32, Attachment>,
    /// The index behind each handle of what is attached.
    handles: BTreeMap<Handle, u32>,
    last_handle: u64,
    /// Bridges that were made for clients' interfaces, by name.
    pub(super) bridges: BTreeMap<String, MadeBridge>,
    pub(super) guard: KeyGuard,
    /// By the sequence number of the message that is under way.
    pub(super) jobs: BTreeMap<u32, (Port, Job)>,
    sequence: u32,
    blocked: BTreeMap<u32, bool>,
    /// What clients have changed for everybody.
    pub(super) shared: Shared,
    pub(super) witnessed: Witnessed,
    buffer: Vec<u8>,
}

/// An error of a system call as a failure.
pub(super) fn io_failure(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ENODEV | libc::ENXIO) => Failure::NoInterface,
        Some(errno) => Failure::Kernel { errno, text: String::new() },
        None => Failure::Kernel { errno: libc::EIO, text: error.to_string() },
    }
}

impl Worker {
    pub(super) fn new(sockets: Sockets) -> Worker {
        Worker {
            family: sockets.family,
            commands: sockets.commands,
            events: sockets.events,
            route: sockets.route,
            rfkill: sockets.rfkill,
            clients: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            links: BTreeMap::new(),
            wiphys: BTreeMap::new(),
            attached: BTreeMap::new(),
            handles: BTreeMap::new(),
            last_handle: 0,
            bridges: BTreeMap::new(),
            guard: KeyGuard::new(sockets.secret),
            jobs: BTreeMap::new(),
            sequence: 0,
            blocked: BTreeMap::new(),
            shared: Shared::default(),
            witnessed: Witnessed::default(),
            buffer: vec![0; BUFFER],
        }
    }

    fn descriptor(&self, port: Port) -> Option<&OwnedFd> {
        match port {
            Port::Commands => Some(&self.commands),
            Port::Route => Some(&self.route),
            Port::Events => Some(&self.events),
            Port::Client(client) => self.clients.get(&client).map(|client| &client.netlink),
        }
    }

    const fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        if self.sequence == 0 {
            // Events have that one.
            self.sequence = 1;
        }
        self.sequence
    }

    fn send(&mut self, port: Port, message: &Message) -> Result<u32, Failure> {
        let sequence = self.next_sequence();
        let mut bytes = message.encode(sequence)?;
        let socket = self.descriptor(port).ok_or(Failure::NoInterface)?;
        let sent = send(socket.as_raw_fd(), &bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL);
        bytes.zeroize();
        match sent {
            Ok(_) => Ok(sequence),
            Err(errno) => Err(io_failure(&errno.into())),
        }
    }

    /// Sends something whose outcome changes nothing.
    fn order(&mut self, port: Port, message: &Message) {
        if let Err(failure) = self.send(port, message) {
            tracing::debug!(%failure, "cleaning up");
        }
    }

    /// Takes the next step of a job, or ends it.
    pub(super) fn advance(&mut self, mut job: Job) {
        loop {
            if job.failure.is_some() {
                while job.steps.front().is_some_and(|step| !step.always) {
                    job.steps.pop_front();
                }
            }
            let Some(step) = job.steps.front() else { return self.finish(job) };
            let port = match job.owner {
                _ if step.route => Port::Route,
                Owner::Client { client, .. } => Port::Client(client),
                Owner::Worker => Port::Commands,
            };
            let sent = match &step.action {
                // Somebody else's name: what the kernel lists was read by a step before.
                _ if step.unless_bss.is_some_and(|addr| job.gathered.scan.iter().any(|entry| entry.bssid == addr)) => {
                    Err(Failure::Invalid(String::from("an address that a network in range has")))
                }
                Action::Send(message) => self.send(port, &message.clone()),
                Action::JoinBridge(ifindex, name) => {
                    let bridge = self.links.iter().find(|(_, link)| link.name == *name && link.bridge);
                    match bridge.map(|(index, _)| *index) {
                        Some(index) => self.send(port, &rtnetlink::set_master(*ifindex, index)),
                        None => Err(Failure::NoInterface),
                    }
                }
            };
            match sent {
                Ok(sequence) => {
                    self.jobs.insert(sequence, (port, job));
                    return;
                }
                Err(failure) => {
                    if let Some(step) = job.steps.pop_front() {
                        self.undone(&step.effect);
                    }
                    job.failure.get_or_insert(failure);
                }
            }
        }
    }

    /// Reads everything that a netlink socket has.
    pub(super) fn pump(&mut self, port: Port) {
        let mut buffer = std::mem::take(&mut self.buffer);
        // Taken by a caller further out.
        buffer.resize(BUFFER, 0);
        while let Some(socket) = self.descriptor(port) {
            match nix::sys::socket::recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => {
                    for message in Messages(buffer.get(..length).unwrap_or_default()) {
                        self.received(port, &message);
                    }
                    // Answers may repeat what was sent.
                    if port != Port::Events {
                        buffer.get_mut(..length).unwrap_or_default().zeroize();
                    }
                }
                Err(nix::errno::Errno::EINTR) => {}
                Err(nix::errno::Errno::ENOBUFS) => self.overrun(port),
                Err(_) => break,
            }
        }
        self.buffer = buffer;
    }

    /// The kernel had no room: events, and perhaps answers, are lost.
    fn overrun(&mut self, port: Port) {
        tracing::warn!(stranger = "the kernel dropped messages", ?port, "the kernel dropped messages");
        for (number, client) in &mut self.clients {
            if !matches!(port, Port::Client(of) if of != *number) {
                client.lost_events();
            }
        }
        self.fail_jobs(port);
        if matches!(port, Port::Events | Port::Route) {
            self.survey_interfaces();
        }
    }

    fn fail_jobs(&mut self, port: Port) {
        let lost: Vec<u32> =
            self.jobs.iter().filter(|(_, (of, _))| *of == port).map(|(sequence, _)| *sequence).collect();
        for sequence in lost {
            if let Some((_, mut job)) = self.jobs.remove(&sequence) {
                job.steps.pop_front();
                job.failure.get_or_insert(Failure::Kernel { errno: libc::ENOBUFS, text: String::new() });
                self.advance(job);
            }
        }
    }

    /// Asks for all links and interfaces anew.
    pub(super) fn survey_interfaces(&mut self) {
        let interfaces = self.nl80211(cmd::GET_INTERFACE, Attrs::new()).dump();
        let steps = vec![Step::link(rtnetlink::list()), Step::new(interfaces)];
        self.advance(Job::new(Owner::Worker, Finish::Done, steps));
    }

    fn received(&mut self, port: Port, message: &Received<'_>) {
        if message.kind == NLMSG_OVERRUN {
            return self.overrun(port);
        }
        if port == Port::Route
            && let Some(news) = rtnetlink::decode(message)
        {
            return self.link_news(news);
        }
        if port == Port::Route
            && let Some(address) = rtnetlink::address(message)
        {
            if let Some((_, job)) = self.jobs.get_mut(&message.sequence) {
                job.gathered.addresses.push(address);
            }
            return;
        }
        let own = matches!(self.jobs.get(&message.sequence), Some((of, _)) if *of == port);
        match message.kind {
            NLMSG_ERROR | NLMSG_DONE if own => self.acknowledged(message),
            kind if kind == self.family => {
                let Some((command, table)) = message.generic() else { return };
                if own {
                    if command == cmd::NEW_WIPHY {
                        self.shared.wiphy_found(&table);
                    }
                    if let Some((_, job)) = self.jobs.get_mut(&message.sequence) {
                        job.interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                        job.gathered.add(command, &table);
                    }
                } else {
                    if matches!(port, Port::Client(_)) {
                        // A frame for one client is no older than the events for all that wait elsewhere: the
                        // association comes before the first EAPOL frame over it.
                        self.pump(Port::Events);
                    }
                    self.kernel_event(command, &table);
                }
            }
            _ => {}
        }
    }

    fn acknowledged(&mut self, message: &Received<'_>) {
        let Some(acknowledgement) = message.acknowledgement() else { return };
        let Some((_, mut job)) = self.jobs.remove(&message.sequence) else { return };
        job.interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
        if std::mem::take(&mut job.interrupted) && job.restarts < super::job::MAX_RESTARTS && job.failure.is_none() {
            job.restarts = job.restarts.saturating_add(1);
            job.gathered.forget_tables();
            return self.advance(job);
        }
        let Some(mut step) = job.steps.pop_front() else { return self.advance(job) };
        let errno = acknowledgement.errno;
        if errno == 0 || step.tolerate.contains(&errno) {
            if let (Effect::CountryFound(client), Some(before)) = (&step.effect, job.gathered.country) {
                self.shared.country_is_set(*client, before);
            }
            self.done(step.effect);
        } else {
            match step.otherwise.take() {
                Some((errors, steps)) if errors.contains(&errno) => {
                    for (position, step) in steps.into_iter().enumerate() {
                        if let (0, Effect::Swallow(ifindex, peer)) = (position, &step.effect)
                            && let Some(attachment) = self.attached.get_mut(ifindex)
                        {
                            attachment.swallow = Some(*peer);
                        }
                        job.steps.insert(position, step);
                    }
                }
                _ => {
                    self.undone(&step.effect);
                    job.failure.get_or_insert(super::job::failure(acknowledgement));
                }
            }
        }
        self.advance(job);
    }

    fn finish(&mut self, job: Job) {
        let Job { owner, finish, gathered, failure, .. } = job;
        let Owner::Client { client, id } = owner else {
            match failure {
                None => self.surveyed(gathered.interfaces),
                // An unfinished list would make what is missing from it look gone. Where messages were lost, whoever
                // noticed that has asked again.
                Some(failure) => tracing::warn!(%failure, "interfaces cannot be listed"),
            }
            return;
        };
        let replies = match failure {
            Some(failure) => {
                if let Finish::Attach(ifindex) = finish {
                    // It may have been the client's for long, which now has to believe that it is not.
                    self.release(client, ifindex);
                }
                vec![Err(failure)]
            }
            None => self.answer(client, finish, gathered),
        };
        if let Some(client) = self.clients.get_mut(&client) {
            client.outstanding = client.outstanding.saturating_sub(1);
            for reply in replies {
                client.reply(id, reply);
            }
        }
    }

    /// What was asked on the worker's own account.
    fn surveyed(&mut self, interfaces: Vec<Interface>) {
        let present: BTreeSet<u32> = interfaces.iter().map(|interface| interface.ifindex).collect();
        let gone: Vec<u32> = self.interfaces.keys().filter(|ifindex| !present.contains(ifindex)).copied().collect();
        for ifindex in gone {
            self.interface_gone(ifindex);
        }
        for interface in interfaces {
            self.interface_present(interface);
        }
    }

    pub(super) fn learn_wiphy(&mut self, info: &WiphyInfo) {
        self.wiphys.insert(info.wiphy, info.clone());
    }

    /// An interface that a client made is its own.
    pub(super) fn created(&mut self, client: u64, interface: Interface) {
        let ifindex = interface.ifindex;
        self.interfaces.insert(ifindex, interface);
        self.take(client, ifindex, true);
    }

    pub(super) fn removed(&mut self, ifindex: u32) {
        self.take_away(ifindex);
        self.interface_gone(ifindex);
    }

    // Events.

    fn kernel_event(&mut self, command: u8, table: &super::message::Table<'_>) {
        match command {
            cmd::NEW_INTERFACE | cmd::SET_INTERFACE => {
                if let Some(interface) = parse::interface(table) {
                    self.interface_present(interface);
                }
                return;
            }
            cmd::DEL_INTERFACE => {
                if let Some(ifindex) = table.u32(attr::IFINDEX) {
                    self.interface_gone(ifindex);
                }
                return;
            }
            cmd::NEW_WIPHY => {
                if let (Some(rfkill), Some(name)) = (&mut self.rfkill, table.string(attr::WIPHY_NAME)) {
                    let _ = rfkill.read();
                    rfkill.radio_added(&name);
                }
                return;
            }
            cmd::DEL_WIPHY => {
                if let Some(wiphy) = table.u32(attr::WIPHY) {
                    self.wiphys.remove(&wiphy);
                }
                return;
            }
            cmd::REG_CHANGE | cmd::WIPHY_REG_CHANGE => {
                let event = event::regulatory(table);
                for client in self.clients.values_mut() {
                    client.event(event.clone());
                }
                return;
            }
            _ => {}
        }
        let Some(ifindex) = table.u32(attr::IFINDEX) else { return };
        let Some(interface) = self.interfaces.get(&ifindex) else { return };
        let station = matches!(interface.kind, InterfaceType::Station | InterfaceType::P2pClient);
        let features = self.wiphys.get(&interface.wiphy).map(|info| info.features).unwrap_or_default();
        let driver_sme = self.attached.get(&ifindex).is_some_and(|attachment| attachment.driver_sme);
        match command {
            // With the SME in user space a frame's event comes first, and this one perhaps late.
            cmd::DISCONNECT if !driver_sme => {}
            cmd::DEAUTHENTICATE | cmd::DISASSOCIATE | cmd::DISCONNECT if station => {
                self.guard.interface_cleared(ifindex);
            }
            cmd::STOP_AP => {
                let link = table.u8(attr::MLO_LINK_ID).map(LinkId);
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.activity.stopped(link);
                }
                self.guard.stopped(ifindex, link);
            }
            cmd::RADAR_DETECT if table.u32(attr::RADAR_EVENT).is_some_and(|event| event <= RADAR_CHECKED) => {
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.activity.radar_checked();
                }
            }
            cmd::DEL_STATION => {
                if let Some(peer) = table.mac(attr::MAC) {
                    self.guard.peer_gone(ifindex, peer);
                    if let Some(attachment) = self.attached.get_mut(&ifindex) {
                        attachment.activity.station_gone(Some(peer));
                    }
                }
            }
            cmd::CONNECT | cmd::ROAM if station && table.u16(attr::STATUS_CODE).unwrap_or(0) == 0 => {
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.activity.connected(table.mac(attr::MAC));
                }
            }
            _ => {}
        }
        let Some(attachment) = self.attached.get_mut(&ifindex) else { return };
        let context = Context {
            own: self.links.get(&ifindex).map_or(MacAddr::ZERO, |link| link.addr),
            driver_sme: attachment.driver_sme,
            ap_sme_in_user_space: features.ap_sme_in_user_space,
        };
        let Some(event) = event::decode(command, attachment.handle, table, &context) else { return };
        if let Event::Deauthenticated { frame, local: true, .. } = &event
            && let Some(peer) = attachment.swallow
            && frame.get(4..10) == Some(peer.octets().as_slice())
        {
            attachment.swallow = None;
            return;
        }
        if station && let Event::Deauthenticated { frame, .. } | Event::Disassociated { frame, .. } = &event {
            // IEEE Std 802.11-2020 9.3.3.1: address 3 is the BSSID.
            attachment.activity.left(frame.get(16..22).and_then(MacAddr::from_slice));
        } else if let Event::Disconnected { .. } = &event
            && station
            && driver_sme
        {
            // With the SME in user space the frame's event says it, and this one may come late.
            attachment.activity.left(None);
        }
        self.tell(ifindex, |_| event);
    }
}
