//! Opening the sockets, and the loop.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

use ipc_proto::channel::Channel;
use ipc_proto::{Failure, Refusal, Request, ToPrivd};
use neli::consts::genl::{CtrlAttr, CtrlAttrMcastGrp, CtrlCmd};
use neli::consts::nl::GenlId;
use neli::consts::socket::NlFamily;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, SockFlag, accept4, getsockopt, recv, send, sockopt};
use policy::grant::Grant;
use policy::{Phase, Verdict, caps};

use super::client::{Client, MAX_OUTSTANDING};
use super::dispatch::Plan;
use super::job::{Job, Owner, Port};
use super::message::{Attrs, Message, Messages, NLMSG_ERROR};
use super::rfkill::Rfkill;
use super::witnessed::Witnessed;
use super::worker::{Packets, View, Worker};
use super::{Clients, ServeError, Sockets, rtnetlink};
use crate::sys;

/// Multicast groups of nl80211.
const GROUPS: [&str; 5] = ["scan", "mlme", "config", "regulatory", "vendor"];
/// Most clients at a time.
const MAX_CLIENTS: usize = 16;
/// Most requests of one client before others have their turn.
const TURN: usize = 32;

/// Opens the sockets. `rfkill`: that device, where only the superuser could open it.
pub(crate) fn open(rfkill: Option<OwnedFd>) -> io::Result<Sockets> {
    let commands = sys::netlink(NlFamily::Generic, &[])?;
    let (family, groups) = resolve(&commands)?;
    let events = sys::netlink(NlFamily::Generic, &groups)?;
    let route = sys::netlink(NlFamily::Route, &[rtnetlink::GROUP_LINK])?;
    let rfkill = match Rfkill::open(rfkill) {
        Ok(rfkill) => Some(rfkill),
        Err(error) => {
            tracing::debug!(%error, "no radio switches");
            None
        }
    };
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    Ok(Sockets { family, commands, events, route, rfkill, secret })
}

/// Number of nl80211's family and of its multicast groups.
fn resolve(socket: &OwnedFd) -> io::Result<(u16, Vec<u32>)> {
    let attrs = Attrs::new().string(CtrlAttr::FamilyName.into(), "nl80211");
    let message = Message::generic(GenlId::Ctrl.into(), CtrlCmd::Getfamily.into(), attrs);
    let bytes = message.encode(1).map_err(|_| io::Error::from(Errno::EMSGSIZE))?;
    send(socket.as_raw_fd(), &bytes, MsgFlags::empty())?;
    let mut buffer = vec![0; 16 * 1024];
    let mut found = None;
    loop {
        let length = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => length,
            Err(Errno::EAGAIN) => {
                poll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)], PollTimeout::from(2000u16))?;
                continue;
            }
            Err(errno) => return Err(errno.into()),
        };
        for message in Messages(buffer.get(..length).unwrap_or_default()) {
            if message.kind == NLMSG_ERROR {
                let errno = message.acknowledgement().map_or(nix::libc::EIO, |acknowledgement| acknowledgement.errno);
                return match found {
                    Some(found) if errno == 0 => Ok(found),
                    _ if errno == 0 => Err(io::Error::from(Errno::ENOENT)),
                    _ => Err(io::Error::from_raw_os_error(errno)),
                };
            }
            let Some((_, table)) = message.generic() else { continue };
            let Some(family) = table.u16(CtrlAttr::FamilyId.into()) else { continue };
            let all = table.nested(CtrlAttr::McastGroups.into()).into_iter().flatten();
            let group = |(_, group): (u16, &[u8])| {
                let group = super::message::Table(group);
                let name = group.string(CtrlAttrMcastGrp::Name.into())?;
                GROUPS.contains(&name.as_str()).then_some(())?;
                group.u32(CtrlAttrMcastGrp::Id.into())
            };
            found = Some((family, all.filter_map(group).collect()));
        }
    }
}

/// What a descriptor of the loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Listener,
    Client(u64),
    Netlink(Port),
    Switches,
    Witness,
    Packets { ifindex: u32, kind: Packets },
}

/// Serves clients until the end.
pub(crate) fn serve(sockets: Sockets, clients: Clients) -> Result<(), ServeError> {
    let mut worker = Worker::new(sockets);
    worker.survey_interfaces();
    worker.settle();
    worker.switches();
    let mut next = 0u64;
    let (listener, only) = match clients {
        Clients::Connected { fd, grant, witness } => {
            worker.witnessed = Witnessed::new(witness);
            worker.add_client(next, fd, None, vec![Rc::from(grant)])?;
            next = next.wrapping_add(1);
            (None, true)
        }
        Clients::Listening { fd, grants } => {
            let grants = grants.into_iter().map(|(user, grant)| (user, Rc::new(grant))).collect::<Vec<_>>();
            (Some((fd, grants)), false)
        }
    };
    loop {
        if only && worker.clients.is_empty() {
            return Err(ServeError::ClientGone);
        }
        let mut ready = worker.wait(listener.as_ref().map(|(fd, _)| fd))?;
        // What the kernel says comes before what clients ask.
        ready.sort_by_key(|source| matches!(source, Source::Client(_) | Source::Listener));
        for source in ready {
            match source {
                Source::Listener => {
                    if let Some((fd, grants)) = &listener
                        && worker.accept(next, fd, grants)
                    {
                        next = next.wrapping_add(1);
                    }
                }
                Source::Client(number) => worker.hear(number),
                Source::Netlink(port) => worker.pump(port),
                Source::Switches => worker.switches(),
                Source::Witness => worker.witnessed.read(),
                Source::Packets { ifindex, kind } => worker.receive_packets(ifindex, kind),
            }
        }
        worker.tidy();
    }
}

impl Worker {
    /// Waits until something can be done; which.
    fn wait(&self, listener: Option<&OwnedFd>) -> io::Result<Vec<Source>> {
        let mut sources = Vec::new();
        let mut descriptors = Vec::new();
        let mut add = |source, fd, flags| {
            sources.push(source);
            descriptors.push(PollFd::new(fd, flags));
        };
        if let Some(listener) = listener
            && self.clients.len() < MAX_CLIENTS
        {
            add(Source::Listener, listener.as_fd(), PollFlags::POLLIN);
        }
        add(Source::Netlink(Port::Commands), self.commands.as_fd(), PollFlags::POLLIN);
        add(Source::Netlink(Port::Events), self.events.as_fd(), PollFlags::POLLIN);
        add(Source::Netlink(Port::Route), self.route.as_fd(), PollFlags::POLLIN);
        if let Some(rfkill) = &self.rfkill {
            add(Source::Switches, rfkill.as_fd(), PollFlags::POLLIN);
        }
        if let Some(witness) = self.witnessed.as_fd() {
            add(Source::Witness, witness, PollFlags::POLLIN);
        }
        for (number, client) in &self.clients {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::POLLIN, client.is_heard());
            flags.set(PollFlags::POLLOUT, client.has_output());
            add(Source::Client(*number), client.channel().as_fd(), flags);
            add(Source::Netlink(Port::Client(*number)), client.netlink.as_fd(), PollFlags::POLLIN);
        }
        for (ifindex, kind, socket) in self.packet_sockets() {
            add(Source::Packets { ifindex, kind }, socket.as_fd(), PollFlags::POLLIN);
        }
        // Lines that were counted are told though nothing else happens.
        let counts = crate::log::tick().map(|wait| PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX));
        match poll(&mut descriptors, counts.unwrap_or(PollTimeout::NONE)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        }
        let ready = descriptors.iter().map(|descriptor| descriptor.any().unwrap_or(true));
        Ok(sources.into_iter().zip(ready).filter_map(|(source, ready)| ready.then_some(source)).collect())
    }

    /// Reads what the kernel has said by now, from every socket: it answers while a request is being sent.
    fn settle(&mut self) {
        let ports: Vec<Port> = self.clients.keys().map(|number| Port::Client(*number)).collect();
        for port in [Port::Events, Port::Commands, Port::Route].into_iter().chain(ports).chain([Port::Events]) {
            self.pump(port);
        }
    }

    fn add_client(&mut self, number: u64, fd: OwnedFd, user: Option<u32>, grants: Vec<Rc<Grant>>) -> io::Result<()> {
        let netlink = sys::netlink(NlFamily::Generic, &[])?;
        self.clients.insert(number, Client::new(Channel::new(fd)?, user, grants, netlink));
        Ok(())
    }

    /// Accepts a client; whether one came.
    fn accept(&mut self, number: u64, listener: &OwnedFd, grants: &[(u32, Rc<Grant>)]) -> bool {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = match accept4(listener.as_raw_fd(), flags) {
            Ok(fd) => sys::own(fd),
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => return false,
            Err(errno) => {
                tracing::warn!(%errno, "accepting a client");
                return false;
            }
        };
        let user = getsockopt(&fd, sockopt::PeerCredentials).map(|credentials| credentials.uid()).ok();
        let of_user = grants.iter().filter(|(of, _)| Some(*of) == user);
        let grants = of_user.map(|(_, grant)| Rc::clone(grant)).collect::<Vec<_>>();
        let connections = self.clients.values().filter(|client| client.user == user).count();
        // Neither a stranger nor one user's many connections shall keep a place that a daemon needs.
        let refusal = match connections {
            _ if grants.is_empty() => Some(Refusal::Role),
            caps::CONNECTIONS.. => Some(Refusal::Flood),
            _ => None,
        };
        if let Err(error) = self.add_client(number, fd, user, grants) {
            tracing::warn!(%error, "a new client");
            return false;
        }
        if let Some(refusal) = refusal {
            self.refuse(number, refusal);
        }
        true
    }

    /// Takes requests of a client.
    pub(super) fn hear(&mut self, number: u64) {
        for _ in 0..TURN {
            let Some(client) = self.clients.get_mut(&number) else { return };
            if !client.is_heard() {
                return;
            }
            match client.receive() {
                Some(ToPrivd::Hello { version, role }) => client.greet(version, role),
                Some(ToPrivd::Request { id, request }) => self.request(number, id, request),
                None => return,
            }
        }
    }

    fn request(&mut self, number: u64, id: u32, request: Request) {
        // What has happened up to now counts: a grant may be gone, a key may be gone.
        self.settle();
        // What made the daemon ask was said to the post before, and to us.
        self.witnessed.read();
        let Some(client) = self.clients.get(&number) else { return };
        let outstanding = client.outstanding;
        let verdict = match client.grant() {
            None => Verdict::Violation,
            Some(grant) => {
                let view = View { worker: self, client: number };
                policy::authorize(grant.role, Phase::Ready, &grant, &view, &request)
            }
        };
        let plan = match verdict {
            Verdict::Allowed if outstanding >= MAX_OUTSTANDING => return self.refuse(number, Refusal::Flood),
            Verdict::Allowed => {
                let ifindex = request.handle().and_then(|handle| self.index_of(number, handle));
                if let Some(attachment) = ifindex.and_then(|ifindex| self.attached.get_mut(&ifindex)) {
                    attachment.activity.accepted(&request);
                }
                self.plan(number, request)
            }
            Verdict::Denied => Plan::Now(Err(Failure::Denied)),
            Verdict::OutOfCondition(condition) => Plan::Now(Err(Failure::OutOfCondition(condition))),
            Verdict::NotGranted(lacking) => Plan::Now(Err(Failure::NotGranted(lacking.line().to_owned()))),
            Verdict::Full(what) => Plan::Now(Err(Failure::Full(what.to_owned()))),
            Verdict::Invalid(field) => Plan::Now(Err(Failure::Invalid(field.to_owned()))),
            Verdict::Violation => {
                tracing::warn!(client = number, "a request that no honest client makes");
                return self.refuse(number, Refusal::Violation);
            }
        };
        match plan {
            Plan::Now(result) => {
                if let Some(client) = self.clients.get_mut(&number) {
                    client.reply(id, result);
                }
            }
            Plan::Ask(finish, steps) => {
                if let Some(client) = self.clients.get_mut(&number) {
                    client.outstanding = client.outstanding.saturating_add(1);
                }
                self.advance(Job::new(Owner::Client { client: number, id }, finish, steps));
                self.settle();
            }
        }
    }

    fn refuse(&mut self, number: u64, refusal: Refusal) {
        if let Some(client) = self.clients.get_mut(&number) {
            client.refuse(refusal);
        }
    }

    /// Sends what is queued, and ends what has ended.
    pub(super) fn tidy(&mut self) {
        let mut ended = Vec::new();
        for (number, client) in &mut self.clients {
            if client.end.is_none() {
                client.flush();
            }
            if client.end.is_some() {
                client.farewell();
                ended.push(*number);
            }
        }
        for number in ended {
            self.remove_client(number);
            self.settle();
        }
    }
}
