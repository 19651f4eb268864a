//! The worker between a kernel and a daemon that are both made of somebody's octets.
#![allow(clippy::panic, reason = "a fuzz target reports by panicking")]

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::rc::Rc;

use ipc_proto::channel::{Channel, pair};
use ipc_proto::{Event, FromPrivd, Handle, codec};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use policy::grant::Grant;
use wire::MacAddr;

use super::client::Client;
use super::job::{Gathered, Port};
use super::message::{Attrs, Message, Messages, Table};
use super::nl80211::consts::attr;
use super::nl80211::event::{self, Context};
use super::nl80211::parse;
use super::worker::Worker;
use super::{Sockets, rfkill, rtnetlink};

/// Much, so that what follows is reached.
const GRANTS: [&str; 2] = [
    "role: station\ninterface: any\nmake: station any\nmake: access-point any\nturn: access-point\nbridge: any\n\
     make-bridge: any\ncountry: yes\naddress: random\n",
    "role: access-point\ninterface: any\nmake: access-point any\nmake-bridge: any\ncountry: yes\naddress: random\n",
];
/// Number of nl80211's family.
const FAMILY: u16 = 0x20;
/// Interfaces of the kernel that is played have larger numbers, so that none of this machine is ever meant.
const LEAST: u32 = 0x1000_0000;

/// Whatever the kernel says, read in every way it can be read.
pub fn kernel_messages(data: &[u8]) {
    let mut octets = 0;
    for message in Messages(data) {
        octets = usize::saturating_add(octets, message.payload.len());
        let _ = (message.acknowledgement(), rtnetlink::decode(&message), rtnetlink::address(&message));
        let Some((command, table)) = message.generic() else { continue };
        read(command, &table);
        // Nested attributes lie anywhere.
        for (_, inner) in table {
            read(command, &Table(inner));
        }
    }
    assert!(octets <= data.len(), "messages are longer than what holds them");
    rfkill::fuzz(data);
}

fn read(command: u8, table: &Table<'_>) {
    for bits in 0..8_u8 {
        let own = MacAddr([2, 0, 0, 0, 0, 1]);
        let context = Context { own, driver_sme: bits & 1 != 0, ap_sme_in_user_space: bits & 2 != 0 };
        if let Some(event) = event::decode(command, Handle(7), table, &context) {
            assert_eq!(event.handle(), Some(Handle(7)), "an event is about another interface than its message");
            travel(&FromPrivd::Event(event));
        }
    }
    travel(&FromPrivd::Event(event::regulatory(table)));
    let _ = (parse::channel(table), parse::interface(table), parse::survey_entry(table), parse::station(table));
    if let Some(entry) = parse::scan_entry(table) {
        travel(&FromPrivd::Reply {
            id: 0,
            result: Ok(ipc_proto::Reply::ScanResults { entries: vec![entry], last: true }),
        });
    }
    let mut info = parse::blank_wiphy();
    parse::wiphy(&mut info, table);
    travel(&FromPrivd::Reply { id: 0, result: Ok(ipc_proto::Reply::Wiphy(info)) });
    let mut gathered = Gathered::default();
    gathered.add(command, table);
}

/// What the kernel said arrives at a daemon as it left.
fn travel(message: &FromPrivd) {
    let Ok(bytes) = codec::encode(message) else { return };
    match codec::decode::<FromPrivd>(&bytes) {
        Ok(again) => assert_eq!(&again, message, "a message changes on its way"),
        Err(error) => panic!("our own bytes are refused: {error}: {message:?}"),
    }
}

struct World {
    worker: Worker,
    commands: OwnedFd,
    events: OwnedFd,
    route: OwnedFd,
    client: OwnedFd,
    netlink: OwnedFd,
    buffer: Vec<u8>,
}

/// Records: a kind, a length (16 bits, big endian), octets.
pub fn worker(data: &[u8]) {
    let Some(mut world) = World::new() else { return };
    let mut data = data;
    for _ in 0..64 {
        let Some(([kind, high, low], rest)) = data.split_first_chunk::<3>() else { break };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (record, rest) = rest.split_at(length.min(rest.len()));
        data = rest;
        world.step(*kind, record);
    }
}

fn wires() -> Option<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socketpair(AddressFamily::Unix, SockType::Datagram, None, flags).ok()
}

fn say(socket: &OwnedFd, bytes: &[u8]) {
    let _ = send(socket.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL);
}

/// An interface of this machine is named.
fn is_real(bytes: &[u8]) -> bool {
    Messages(bytes).any(|message| {
        let of = |table: Table<'_>| {
            table.into_iter().any(|(kind, _)| kind == attr::IFINDEX && table.u32(kind) < Some(LEAST))
        };
        message.generic().is_some_and(|(_, table)| of(table))
    })
}

impl World {
    fn new() -> Option<World> {
        let (commands, ours) = wires()?;
        let (events, our_events) = wires()?;
        let (route, our_route) = wires()?;
        let (netlink, our_netlink) = wires()?;
        let (client, our_client) = pair().ok()?;
        let sockets = Sockets {
            family: FAMILY,
            commands: ours,
            events: our_events,
            route: our_route,
            rfkill: None,
            secret: [7; 32],
        };
        let mut worker = Worker::new(sockets);
        let grants = GRANTS.map(|text| Grant::parse(text).map(Rc::new).ok());
        let grants = grants.into_iter().collect::<Option<Vec<_>>>()?;
        worker.clients.insert(0, Client::new(Channel::new(our_client).ok()?, None, grants, our_netlink));
        Some(World { worker, commands, events, route, client, netlink, buffer: vec![0; 300_000] })
    }

    fn step(&mut self, kind: u8, data: &[u8]) {
        let (first, rest) = data.split_first().unwrap_or((&0, &[]));
        match kind % 8 {
            // The daemon says something.
            0 | 1 => {
                say(&self.client, data);
                self.worker.hear(0);
            }
            // The kernel tells of something: command and attributes, or whatever.
            2 => self.tell(Port::Events, &generic(*first, rest, 0)),
            3 => self.tell(Port::Events, data),
            // It answers the oldest question: with a yes or a no, or with what was asked for.
            4 => {
                let errno = i32::from(*first);
                if let Some((port, sequence)) = self.asked() {
                    self.tell(port, &acknowledgement(errno, sequence));
                }
            }
            5 => {
                if let Some((port, sequence)) = self.asked() {
                    self.tell(port, &generic(*first, rest, sequence));
                }
            }
            // Links.
            6 => self.tell(Port::Route, data),
            _ => self.worker.tidy(),
        }
        self.look();
    }

    /// The oldest request that waits for the kernel.
    fn asked(&self) -> Option<(Port, u32)> {
        self.worker.jobs.iter().next().map(|(sequence, (port, _))| (*port, *sequence))
    }

    fn tell(&mut self, port: Port, bytes: &[u8]) {
        if is_real(bytes) {
            return;
        }
        let socket = match port {
            Port::Commands => &self.commands,
            Port::Events => &self.events,
            Port::Route => &self.route,
            Port::Client(_) => &self.netlink,
        };
        say(socket, bytes);
        self.worker.pump(port);
    }

    /// What came out has to be what it claims to be.
    fn look(&mut self) {
        self.worker.tidy();
        for socket in [&self.commands, &self.route, &self.netlink] {
            while let Ok(length) = recv(socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_DONTWAIT) {
                let bytes = self.buffer.get(..length).unwrap_or_default();
                if bytes.is_empty() {
                    break;
                }
                let mut messages = Messages(bytes);
                assert!(messages.next().is_some() && messages.next().is_none(), "not one message for the kernel");
            }
        }
        while let Ok(length) = recv(self.client.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_DONTWAIT) {
            if length == 0 {
                break;
            }
            let bytes = self.buffer.get(..length).unwrap_or_default();
            match codec::decode::<FromPrivd>(bytes) {
                Ok(FromPrivd::Event(event)) => self.own(&event),
                Ok(_) => {}
                Err(error) => panic!("the daemon cannot read what it is told: {error}"),
            }
        }
    }

    /// A daemon hears of its own interfaces alone (and of those that come and go by name).
    fn own(&self, event: &Event) {
        if let Event::InterfaceAdded { .. } | Event::InterfaceGone { .. } | Event::LinkChanged { .. } = event {
            return;
        }
        if let Some(handle) = event.handle() {
            let has = self.worker.index_of(0, handle).is_some();
            let had = self.worker.clients.get(&0).is_none_or(|client| client.has_lost(handle));
            assert!(has || had, "a daemon hears of an interface that is not its own: {event:?}");
        }
    }
}

/// A message of nl80211 with attributes as they come.
fn generic(command: u8, attributes: &[u8], sequence: u32) -> Vec<u8> {
    let mut bytes = Message::generic(FAMILY, command, Attrs::new()).encode(sequence).unwrap_or_default();
    bytes.extend_from_slice(attributes);
    finish(bytes)
}

fn acknowledgement(errno: i32, sequence: u32) -> Vec<u8> {
    let length = 20_u32;
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend_from_slice(&super::message::NLMSG_ERROR.to_ne_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&sequence.to_ne_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&errno.saturating_neg().to_ne_bytes());
    bytes
}

/// Says how long the message is by now.
fn finish(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or_default().to_ne_bytes();
    for (slot, octet) in bytes.iter_mut().zip(length) {
        *slot = octet;
    }
    bytes
}
