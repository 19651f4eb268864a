use std::os::fd::{AsRawFd as _, OwnedFd};
use std::rc::Rc;

use ipc_proto::channel::{Channel, pair};
use ipc_proto::{Failure, InterfaceType};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, socketpair};
use policy::grant::Grant;
use wire::MacAddr;

use super::Worker;
use crate::net::Sockets;
use crate::net::client::Client;
use crate::net::dispatch::Plan;
use crate::net::job::{Finish, Job, Owner};
use crate::net::message::Messages;
use crate::net::nl80211::consts::{attr, cmd};
use crate::net::nl80211::parse::Interface;

/// Larger than the number of any interface of this machine.
const IFINDEX: u32 = 0x1000_0007;

/// A worker with one client, the kernel's end of that client's socket, and what else has to stay open.
fn world() -> (Worker, OwnedFd, [OwnedFd; 4]) {
    let wires = || {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        socketpair(AddressFamily::Unix, SockType::Datagram, None, flags).unwrap()
    };
    let ((c, commands), (e, events), (r, route), (kernel, netlink)) = (wires(), wires(), wires(), wires());
    let sockets = Sockets { family: 0x20, commands, events, route, rfkill: None, secret: [7; 32] };
    let mut worker = Worker::new(sockets);
    let (daemon, ours) = pair().unwrap();
    let grant = Grant::parse("role: access-point\ninterface: wlan0\nmake: access-point any\n").unwrap();
    worker.clients.insert(0, Client::new(Channel::new(ours).unwrap(), None, vec![Rc::new(grant)], netlink));
    let interface = Interface {
        ifindex: IFINDEX,
        name: "wlan0".into(),
        wiphy: 0,
        addr: MacAddr::default(),
        kind: InterfaceType::AccessPoint,
        ssid: None,
        channel: None,
    };
    worker.interfaces.insert(IFINDEX, interface);
    (worker, kernel, [c, e, r, daemon])
}

/// Commands that the kernel got about the interface.
fn orders(kernel: &OwnedFd) -> Vec<u8> {
    let mut buffer = vec![0; 4096];
    let mut commands = Vec::new();
    while let Ok(length) = recv(kernel.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
        let said =
            Messages(&buffer[..length]).filter_map(|message| message.generic().map(|(c, t)| (c, t.u32(attr::IFINDEX))));
        commands.extend(said.filter(|(_, of)| *of == Some(IFINDEX)).map(|(command, _)| command));
    }
    commands
}

#[test]
fn an_interface_whose_second_attach_fails_is_released_with_what_was_made_for_it() {
    let (mut worker, kernel, _open) = world();
    worker.take(0, IFINDEX, true);
    let handle = worker.attached[&IFINDEX].handle;
    let Plan::Ask(Finish::Attach(of), steps) = worker.attach(0, "wlan0") else { panic!("no question to the kernel") };
    assert_eq!((of, steps.len()), (IFINDEX, 1));
    let mut job = Job::new(Owner::Client { client: 0, id: 1 }, Finish::Attach(of), steps);
    job.failure = Some(Failure::Kernel { errno: 12, text: String::new() });
    worker.finish(job);
    assert!(worker.attached.is_empty());
    // The client had made it: it goes.
    assert_eq!(orders(&kernel), [cmd::DEL_INTERFACE]);
    // And what is still under way for it is no attack.
    assert!(worker.clients.get(&0).unwrap().has_lost(handle));
}

#[test]
fn a_handle_names_one_interface_of_one_client_and_never_another() {
    let (mut worker, _kernel, _open) = world();
    worker.take(0, IFINDEX, false);
    let first = worker.attached[&IFINDEX].handle;
    assert_eq!((worker.index_of(0, first), worker.index_of(1, first)), (Some(IFINDEX), None));
    // The kernel gives the same index to what comes next.
    worker.interface_gone(IFINDEX);
    assert_eq!(worker.index_of(0, first), None);
    assert!(worker.clients.get(&0).unwrap().has_lost(first));
    worker.take(0, IFINDEX, false);
    let second = worker.attached[&IFINDEX].handle;
    assert_ne!(first, second);
    assert_eq!((worker.index_of(0, first), worker.index_of(0, second)), (None, Some(IFINDEX)));
}
