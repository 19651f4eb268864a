//! The state of the worker, and what changes it: interfaces, attachments, answers and events of the kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use ipc_proto::{Event, Failure, InterfaceInfo, InterfaceType, Reply, WiphyInfo};
use nix::libc;
use nix::sys::socket::{LinkAddr, MsgFlags, recvfrom, send};
use wire::{ETH_P_EAPOL, ETH_P_PREAUTH, MacAddr};
use zeroize::Zeroize;

use super::client::Client;
use super::dispatch::Plan;
use super::job::{Action, Effect, Finish, Job, Owner, Port, Step};
use super::keyguard::KeyGuard;
use super::message::{Attrs, Message, Messages, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN, Received};
use super::nl80211::command::{self, on};
use super::nl80211::consts::{attr, cmd};
use super::nl80211::event::{self, Context};
use super::nl80211::parse::{self, Interface};
use super::rfkill::Rfkill;
use super::rtnetlink::{self, Link, LinkNews};
use super::{Grant, Sockets, sys};

/// Larger than what the kernel puts into one datagram.
const BUFFER: usize = 128 * 1024;
/// Most frame registrations of one interface.
const MAX_REGISTRATIONS: usize = 256;

/// An interface that a client has.
#[derive(Debug)]
pub(super) struct Attachment {
    pub(super) client: u64,
    /// The client made it.
    pub(super) created: bool,
    /// Type at the time of the attachment.
    original: InterfaceType,
    eapol: Option<OwnedFd>,
    pub(super) preauth: Option<OwnedFd>,
    /// EAPOL frames go over nl80211.
    pub(super) control_port: bool,
    pub(super) driver_sme: bool,
    pub(super) registered: BTreeSet<(u16, Vec<u8>)>,
    access_point: bool,
    joined: bool,
    operstate: bool,
    bridged: bool,
    /// The bridge that was made for it.
    bridge: Option<String>,
    swallow: Option<MacAddr>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) family: u16,
    pub(super) commands: OwnedFd,
    pub(super) events: OwnedFd,
    pub(super) route: OwnedFd,
    pub(super) rfkill: Option<Rfkill>,
    grant: Grant,
    pub(super) clients: BTreeMap<u64, Client>,
    pub(super) interfaces: BTreeMap<u32, Interface>,
    pub(super) links: BTreeMap<u32, Link>,
    pub(super) wiphys: BTreeMap<u32, WiphyInfo>,
    pub(super) attached: BTreeMap<u32, Attachment>,
    pub(super) guard: KeyGuard,
    /// By the sequence number of the message that is under way.
    pub(super) jobs: BTreeMap<u32, (Port, Job)>,
    sequence: u32,
    blocked: BTreeMap<u32, bool>,
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
    pub(super) fn new(sockets: Sockets, grant: Grant) -> Worker {
        Worker {
            family: sockets.family,
            commands: sockets.commands,
            events: sockets.events,
            route: sockets.route,
            rfkill: sockets.rfkill,
            grant,
            clients: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            links: BTreeMap::new(),
            wiphys: BTreeMap::new(),
            attached: BTreeMap::new(),
            guard: KeyGuard::new(sockets.secret),
            jobs: BTreeMap::new(),
            sequence: 0,
            blocked: BTreeMap::new(),
            buffer: vec![0; BUFFER],
        }
    }

    // Interfaces.

    fn is_granted(&self, name: &str) -> bool {
        match &self.grant {
            Grant::Any => true,
            Grant::Names(names) => names.iter().any(|granted| granted == name),
        }
    }

    pub(super) fn info(&self, ifindex: u32) -> Option<InterfaceInfo> {
        let interface = self.interfaces.get(&ifindex)?;
        let link = self.links.get(&ifindex);
        Some(InterfaceInfo {
            ifindex,
            ifname: link.map_or_else(|| interface.name.clone(), |link| link.name.clone()),
            wiphy: interface.wiphy,
            addr: link.map_or(interface.addr, |link| link.addr),
            kind: interface.kind,
            up: link.is_some_and(|link| link.up),
            blocked: self.is_blocked(interface.wiphy),
        })
    }

    fn is_blocked(&self, wiphy: u32) -> bool {
        let name = self.wiphys.get(&wiphy).map(|info| info.name.as_str());
        matches!((&self.rfkill, name), (Some(rfkill), Some(name)) if rfkill.is_blocked(name))
    }

    pub(super) fn visible_interfaces(&self) -> Vec<InterfaceInfo> {
        let all = self.interfaces.keys().filter_map(|ifindex| self.info(*ifindex));
        all.filter(|info| self.is_granted(&info.ifname)).collect()
    }

    /// What an interface is to a client, in the policy's terms.
    pub(super) fn standing(&self, client: u64, ifindex: u32) -> policy::Grant {
        match self.attached.get(&ifindex) {
            Some(attachment) if attachment.client == client && attachment.created => policy::Grant::Created,
            Some(attachment) if attachment.client == client => policy::Grant::Attached,
            _ if self.clients.get(&client).is_some_and(|client| client.has_lost(ifindex)) => policy::Grant::Lost,
            _ => policy::Grant::None,
        }
    }

    pub(super) fn attach(&mut self, client: u64, ifname: &str) -> Plan {
        let named = self.interfaces.keys().filter_map(|ifindex| self.info(*ifindex));
        let found = named.into_iter().find(|info| info.ifname == ifname);
        let Some(info) = found else { return Failure::NoInterface.into() };
        match self.attached.get(&info.ifindex) {
            Some(attachment) if attachment.client != client => return Failure::InUse.into(),
            Some(_) => {}
            None if !self.is_granted(ifname) => return Failure::Denied.into(),
            None => self.take(client, info.ifindex, false),
        }
        Plan::Ask(Finish::Attach(info.ifindex), vec![self.wiphy_query(info.ifindex)])
    }

    fn take(&mut self, client: u64, ifindex: u32, created: bool) {
        let eapol = match sys::packet(ifindex, ETH_P_EAPOL) {
            Ok(socket) => Some(socket),
            Err(error) => {
                tracing::warn!(ifindex, %error, "no packet socket for EAPOL");
                None
            }
        };
        let original = self.interfaces.get(&ifindex).map_or(InterfaceType::Station, |interface| interface.kind);
        let attachment = Attachment {
            client,
            created,
            original,
            eapol,
            preauth: None,
            control_port: false,
            driver_sme: false,
            registered: BTreeSet::new(),
            access_point: false,
            joined: false,
            operstate: false,
            bridged: false,
            bridge: None,
            swallow: None,
        };
        self.attached.insert(ifindex, attachment);
        if let Some(client) = self.clients.get_mut(&client) {
            client.regain(ifindex);
        }
    }

    /// Takes an interface back: what was started on it is stopped.
    pub(super) fn release(&mut self, client: u64, ifindex: u32) {
        let Some(attachment) = self.attached.remove(&ifindex) else { return };
        let port = Port::Client(client);
        if attachment.access_point {
            self.order(port, &self.nl80211(cmd::STOP_AP, on(ifindex)));
        }
        if attachment.joined {
            self.order(port, &self.nl80211(cmd::DISCONNECT, on(ifindex).u16(attr::REASON_CODE, 3)));
        }
        for removal in self.key_removals(ifindex) {
            self.order(port, &removal);
        }
        self.guard.interface_cleared(ifindex);
        if attachment.operstate {
            self.order(Port::Route, &rtnetlink::set_operstate(ifindex, None));
        }
        if attachment.bridged {
            self.order(Port::Route, &rtnetlink::set_master(ifindex, 0));
        }
        if let Some(name) = attachment.bridge {
            self.remove_bridge(ifindex, &name);
        }
        if attachment.created {
            self.order(port, &self.nl80211(cmd::DEL_INTERFACE, on(ifindex)));
        } else {
            self.restore_type(port, ifindex, attachment.original);
        }
        if let Some(client) = self.clients.get_mut(&client) {
            client.lose(ifindex);
        }
    }

    /// Removes a bridge that was made for an interface, unless others are in it by now.
    fn remove_bridge(&mut self, ifindex: u32, name: &str) {
        let Some((bridge, _)) = self.links.iter().find(|(_, link)| link.bridge && link.name == name) else { return };
        let bridge = *bridge;
        if !self.links.iter().any(|(port, link)| *port != ifindex && link.master == Some(bridge)) {
            self.order(Port::Route, &rtnetlink::remove(bridge));
        }
    }

    fn restore_type(&mut self, port: Port, ifindex: u32, original: InterfaceType) {
        let Some(interface) = self.interfaces.get_mut(&ifindex) else { return };
        let Some(number) = command::type_number(original) else { return };
        if interface.kind != original {
            interface.kind = original;
            self.order(Port::Route, &rtnetlink::set_up(ifindex, false));
            self.order(port, &self.nl80211(cmd::SET_INTERFACE, on(ifindex).u32(attr::IFTYPE, number)));
        }
    }

    /// A client is gone, with everything that it had started.
    pub(super) fn remove_client(&mut self, number: u64) {
        let its = |(ifindex, attachment): (&u32, &Attachment)| (attachment.client == number).then_some(*ifindex);
        let interfaces: Vec<u32> = self.attached.iter().filter_map(its).collect();
        for ifindex in interfaces {
            self.release(number, ifindex);
        }
        self.jobs.retain(|_, (port, _)| *port != Port::Client(number));
        // Its socket closes here, and with it go frame registrations and whatever the kernel bound to it.
        self.clients.remove(&number);
    }

    fn interface_gone(&mut self, ifindex: u32) {
        let Some(interface) = self.interfaces.remove(&ifindex) else { return };
        self.guard.interface_cleared(ifindex);
        if let Some(attachment) = self.attached.remove(&ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.lose(ifindex);
            client.event(Event::InterfaceGone { ifindex, ifname: interface.name });
        }
    }

    fn interface_present(&mut self, interface: Interface) {
        let ifindex = interface.ifindex;
        let before = self.interfaces.insert(ifindex, interface);
        if before.is_none() {
            self.announce(ifindex);
        }
    }

    fn announce(&mut self, ifindex: u32) {
        let Some(info) = self.info(ifindex) else { return };
        if !self.is_granted(&info.ifname) || self.attached.contains_key(&ifindex) {
            return;
        }
        for client in self.clients.values_mut() {
            client.event(Event::InterfaceAdded { ifindex, ifname: info.ifname.clone(), kind: info.kind });
        }
    }

    fn link_news(&mut self, news: LinkNews) {
        let (ifindex, link) = match news {
            LinkNews::Gone(ifindex) => {
                self.links.remove(&ifindex);
                self.interface_gone(ifindex);
                return;
            }
            LinkNews::Present(ifindex, link) => (ifindex, link),
        };
        let before = self.links.insert(ifindex, link.clone());
        let Some(interface) = self.interfaces.get_mut(&ifindex) else { return };
        let renamed = interface.name != link.name;
        interface.name.clone_from(&link.name);
        if renamed {
            self.announce(ifindex);
        }
        let (up, carrier, addr) = (link.up, link.carrier, link.addr);
        if !up && before.as_ref().is_some_and(|before| before.up) {
            // The kernel forgets keys and ends access points of an interface that goes down.
            self.guard.interface_cleared(ifindex);
            if let Some(attachment) = self.attached.get_mut(&ifindex) {
                attachment.access_point = false;
            }
        }
        if before.is_none_or(|before| (before.up, before.carrier, before.addr) != (up, carrier, addr)) {
            self.tell(ifindex, Event::LinkChanged { ifindex, up, carrier, addr });
        }
    }

    /// Sends an event to the client that has the interface.
    fn tell(&mut self, ifindex: u32, event: Event) {
        if let Some(attachment) = self.attached.get(&ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.event(event);
        }
    }

    /// Looks at the radio switches.
    pub(super) fn switches(&mut self) {
        match self.rfkill.as_mut().map(Rfkill::read) {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "radio switches cannot be read any more");
                self.rfkill = None;
            }
            None => return,
        }
        let attached: Vec<(u32, u32)> = self
            .interfaces
            .values()
            .filter(|interface| self.attached.contains_key(&interface.ifindex))
            .map(|interface| (interface.ifindex, interface.wiphy))
            .collect();
        for (ifindex, wiphy) in attached {
            let blocked = self.is_blocked(wiphy);
            if self.blocked.insert(ifindex, blocked).unwrap_or(false) != blocked {
                self.tell(ifindex, Event::RadioBlocked { ifindex, blocked });
            }
        }
    }

    // EAPOL over packet sockets.

    pub(super) fn send_eapol(&self, ifindex: u32, dest: MacAddr, data: &[u8]) -> Result<Reply, Failure> {
        let attachment = self.attached.get(&ifindex).ok_or(Failure::NoInterface)?;
        let socket = attachment.eapol.as_ref().ok_or(Failure::NotSupported)?;
        sys::send_packet(socket, ifindex, ETH_P_EAPOL, dest, data).map_err(|error| io_failure(&error))?;
        Ok(Reply::Done)
    }

    pub(super) fn send_preauth(&self, ifindex: u32, dest: MacAddr, data: &[u8]) -> Result<Reply, Failure> {
        let attachment = self.attached.get(&ifindex).ok_or(Failure::NoInterface)?;
        let socket = match &attachment.preauth {
            Some(socket) => socket,
            None => &sys::packet(ifindex, ETH_P_PREAUTH).map_err(|error| io_failure(&error))?,
        };
        sys::send_packet(socket, ifindex, ETH_P_PREAUTH, dest, data).map_err(|error| io_failure(&error))?;
        Ok(Reply::Done)
    }

    /// Sockets of attached interfaces: which interface, pre-authentication or not.
    pub(super) fn packet_sockets(&self) -> impl Iterator<Item = (u32, bool, &OwnedFd)> {
        self.attached.iter().flat_map(|(ifindex, attachment)| {
            let eapol = attachment.eapol.iter().map(|socket| (*ifindex, false, socket));
            eapol.chain(attachment.preauth.iter().map(|socket| (*ifindex, true, socket)))
        })
    }

    /// Receives from such a socket.
    pub(super) fn receive_packets(&mut self, ifindex: u32, preauth: bool) {
        // The association comes before the first message over it.
        self.pump(Port::Events);
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(attachment) = self.attached.get(&ifindex) {
            let socket = if preauth { &attachment.preauth } else { &attachment.eapol };
            let Some(socket) = socket else { break };
            let Ok((length, Some(address))) = recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut buffer) else { break };
            let Some(source) = address.addr().map(MacAddr) else { continue };
            let data = buffer.get(..length).unwrap_or_default().to_vec();
            self.tell(
                ifindex,
                if preauth {
                    Event::Preauth { ifindex, source, data }
                } else {
                    Event::Eapol { ifindex, source, encrypted: None, data }
                },
            );
        }
        self.buffer = buffer;
    }

    // Netlink.

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
        tracing::warn!(?port, "the kernel dropped messages");
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
            job.restarts += 1;
            job.gathered.forget_tables();
            return self.advance(job);
        }
        let Some(mut step) = job.steps.pop_front() else { return self.advance(job) };
        let errno = acknowledgement.errno;
        if errno == 0 || step.tolerate.contains(&errno) {
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

    fn done(&mut self, effect: Effect) {
        let attachment = |worker: &mut Worker, ifindex: u32, change: &dyn Fn(&mut Attachment)| {
            if let Some(attachment) = worker.attached.get_mut(&ifindex) {
                change(attachment);
            }
        };
        match effect {
            Effect::None | Effect::Installing(_) | Effect::Swallow(..) => {}
            Effect::KeyDeleted(ifindex, kind, index) => self.guard.deleted(ifindex, kind, index),
            Effect::PeerGone(ifindex, peer) => self.guard.peer_gone(ifindex, peer),
            Effect::PeersGone(ifindex) => self.guard.peers_gone(ifindex),
            Effect::KeysGone(ifindex) => self.guard.interface_cleared(ifindex),
            Effect::Joined(ifindex) => attachment(self, ifindex, &|attachment| attachment.joined = true),
            Effect::ControlPort(ifindex, on) => attachment(self, ifindex, &|attachment| {
                attachment.joined = true;
                attachment.control_port = on;
            }),
            Effect::AccessPoint(ifindex, on) => {
                let features = self.interfaces.get(&ifindex).and_then(|found| self.wiphys.get(&found.wiphy));
                let control_port = on && features.is_some_and(|info| info.features.control_port);
                attachment(self, ifindex, &|attachment| {
                    attachment.access_point = on;
                    attachment.control_port = control_port;
                });
                if !on {
                    self.guard.interface_cleared(ifindex);
                }
            }
            Effect::Type(ifindex, kind) => {
                if let Some(interface) = self.interfaces.get_mut(&ifindex) {
                    interface.kind = kind;
                }
                attachment(self, ifindex, &|attachment| {
                    attachment.control_port = false;
                    attachment.joined = false;
                    attachment.access_point = false;
                    // The kernel forgets them with the type.
                    attachment.registered.clear();
                });
                self.guard.interface_cleared(ifindex);
            }
            Effect::OperState(ifindex) => attachment(self, ifindex, &|attachment| attachment.operstate = true),
            Effect::BridgeMade(ifindex, name) => {
                attachment(self, ifindex, &|attachment| attachment.bridge = Some(name.clone()));
            }
            Effect::Bridged(ifindex) => attachment(self, ifindex, &|attachment| attachment.bridged = true),
            Effect::Registered(ifindex, subtype, prefix) => attachment(self, ifindex, &|attachment| {
                if attachment.registered.len() < MAX_REGISTRATIONS {
                    attachment.registered.insert((subtype, prefix.clone()));
                }
            }),
        }
    }

    fn undone(&mut self, effect: &Effect) {
        match effect {
            Effect::Installing(installation) => self.guard.failed(installation),
            Effect::Swallow(ifindex, _) => {
                if let Some(attachment) = self.attached.get_mut(ifindex) {
                    attachment.swallow = None;
                }
            }
            Effect::None
            | Effect::KeyDeleted(..)
            | Effect::PeerGone(..)
            | Effect::PeersGone(_)
            | Effect::KeysGone(_)
            | Effect::Joined(_)
            | Effect::ControlPort(..)
            | Effect::AccessPoint(..)
            | Effect::Type(..)
            | Effect::OperState(_)
            | Effect::BridgeMade(..)
            | Effect::Bridged(_)
            | Effect::Registered(..) => {}
        }
    }

    fn finish(&mut self, job: Job) {
        let Job { owner, finish, gathered, failure, .. } = job;
        let Owner::Client { client, id } = owner else {
            self.surveyed(gathered.interfaces);
            return;
        };
        let replies = match failure {
            Some(failure) => {
                if let Finish::Attach(ifindex) = finish {
                    self.attached.remove(&ifindex);
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
        self.attached.remove(&ifindex);
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
                self.guard.interface_cleared(ifindex);
                if let Some(attachment) = self.attached.get_mut(&ifindex) {
                    attachment.access_point = false;
                }
            }
            cmd::DEL_STATION => {
                if let Some(peer) = table.mac(attr::MAC) {
                    self.guard.peer_gone(ifindex, peer);
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
        let Some(event) = event::decode(command, ifindex, table, &context) else { return };
        if let Event::Deauthenticated { frame, local: true, .. } = &event
            && let Some(peer) = attachment.swallow
            && frame.get(4..10) == Some(peer.octets().as_slice())
        {
            attachment.swallow = None;
            return;
        }
        self.tell(ifindex, event);
    }
}
