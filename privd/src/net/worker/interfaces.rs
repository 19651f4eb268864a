//! Interfaces, and what clients have of them.

use std::collections::{BTreeMap, BTreeSet};

use ipc_proto::{Condition, Event, Failure, Handle, InterfaceInfo, InterfaceType};
use policy::{Bridge, Hold, Standing};
use wire::{ETH_P_EAPOL, MacAddr};

use super::{Attachment, View, Worker};
use crate::net::activity::Activity;
use crate::net::dispatch::Plan;
use crate::net::job::{Finish, Port};
use crate::net::nl80211::command::{self, on};
use crate::net::nl80211::consts::{attr, cmd};
use crate::net::nl80211::parse::Interface;
use crate::net::rfkill::Rfkill;
use crate::net::rtnetlink::{self, Link, LinkNews};
use crate::sys;

impl Attachment {
    /// It is in a bridge at the client's wish.
    pub(in crate::net) const fn joined_bridge(&self) -> bool {
        self.bridged
    }
}

impl View<'_> {
    fn its(&self) -> impl Iterator<Item = (&u32, &Attachment)> {
        self.worker.attached.iter().filter(|(_, attachment)| attachment.client == self.client)
    }
}

impl policy::World for View<'_> {
    fn standing(&self, handle: Handle) -> Standing {
        let worker = self.worker;
        let found = worker.index_of(self.client, handle);
        let found = found.and_then(|ifindex| Some((ifindex, worker.attached.get(&ifindex)?)));
        let Some((ifindex, attachment)) = found else {
            let lost = worker.clients.get(&self.client).is_some_and(|client| client.has_lost(handle));
            return Standing { hold: if lost { Hold::Lost } else { Hold::None }, ..Standing::NONE };
        };
        let interface = worker.interfaces.get(&ifindex);
        let link = worker.links.get(&ifindex);
        Standing {
            hold: if attachment.created { Hold::Made } else { Hold::Attached },
            kind: match interface {
                Some(interface) => interface.kind,
                None if worker.is_wired(ifindex) => InterfaceType::Wired,
                None => InterfaceType::Other,
            },
            condition: attachment.activity.condition(),
            addr: link.map(|link| link.addr).or(interface.map(|interface| interface.addr)).unwrap_or(MacAddr::ZERO),
            permanent: link.and_then(|link| link.permanent),
            peer: attachment.activity.peer(),
            secured: attachment.activity.secured(),
            usage: attachment.activity.usage(attachment.registered.len()),
        }
    }

    fn interfaces(&self) -> Vec<(String, bool)> {
        let name = |ifindex: &u32| {
            let wired = || self.worker.links.get(ifindex).map(|link| link.name.clone());
            self.worker.info(*ifindex).map(|info| info.ifname).or_else(wired)
        };
        let named = |(ifindex, attachment): (&u32, &Attachment)| Some((name(ifindex)?, attachment.created));
        self.its().filter_map(named).collect()
    }

    fn bridge(&self, name: &str) -> Bridge {
        let exists = self.worker.links.values().any(|link| link.name == name);
        let made = self.worker.bridges.get(name).is_some_and(|bridge| bridge.client == self.client);
        match (exists, made) {
            (false, _) => Bridge::Absent,
            (true, true) => Bridge::Made,
            (true, false) => Bridge::Foreign,
        }
    }

    fn bridges_made(&self) -> Vec<String> {
        let its = self.worker.bridges.iter().filter(|(_, bridge)| bridge.client == self.client);
        its.map(|(name, _)| name.clone()).collect()
    }

    fn is_witnessed(&self, name: &str) -> bool {
        self.worker.witnessed.has(name)
    }

    fn has_key(&self, handle: Handle, peer: MacAddr) -> bool {
        let ifindex = self.worker.index_of(self.client, handle);
        let attachment = ifindex.and_then(|ifindex| self.worker.attached.get(&ifindex));
        attachment.is_some_and(|attachment| attachment.activity.has_key(peer))
    }
}

impl Worker {
    /// The interface that a client means by this name, if it has it.
    pub(in crate::net) fn index_of(&self, client: u64, handle: Handle) -> Option<u32> {
        let ifindex = *self.handles.get(&handle)?;
        self.attached.get(&ifindex).is_some_and(|attachment| attachment.client == client).then_some(ifindex)
    }

    /// An attached interface, with the name that its client has for it.
    pub(in crate::net) fn named(&self, ifindex: u32) -> Option<(Handle, InterfaceInfo)> {
        Some((self.attached.get(&ifindex)?.handle, self.info(ifindex)?))
    }

    /// The interface is no client's any more, and its name means nothing from now on.
    pub(in crate::net) fn take_away(&mut self, ifindex: u32) -> Option<Attachment> {
        let attachment = self.attached.remove(&ifindex)?;
        self.handles.remove(&attachment.handle);
        if let Some(client) = self.clients.get_mut(&attachment.client) {
            client.lose(attachment.handle);
        }
        Some(attachment)
    }

    /// This bridge was made for that interface.
    pub(in crate::net) fn made_bridge(&self, ifindex: u32, bridge: Option<&Link>) -> bool {
        let made = bridge.and_then(|bridge| self.bridges.get(&bridge.name));
        made.is_some_and(|made| made.first == ifindex)
    }

    pub(in crate::net) fn info(&self, ifindex: u32) -> Option<InterfaceInfo> {
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

    pub(in crate::net) fn is_blocked(&self, wiphy: u32) -> bool {
        let name = self.wiphys.get(&wiphy).map(|info| info.name.as_str());
        matches!((&self.rfkill, name), (Some(rfkill), Some(name)) if rfkill.is_blocked(name))
    }

    /// The interfaces that a client may know of.
    pub(in crate::net) fn visible_interfaces(&self, client: u64) -> Vec<InterfaceInfo> {
        let Some(client) = self.clients.get(&client) else { return Vec::new() };
        let all = self.interfaces.keys().filter_map(|ifindex| self.info(*ifindex));
        all.filter(|info| client.sees(&info.ifname) || self.witnessed.has(&info.ifname)).collect()
    }

    pub(in crate::net) fn attach(&mut self, client: u64, ifname: &str) -> Plan {
        let named = self.interfaces.keys().filter_map(|ifindex| self.info(*ifindex));
        let found = named.into_iter().find(|info| info.ifname == ifname);
        let Some(info) = found else { return Failure::NoInterface.into() };
        match self.attached.get(&info.ifindex) {
            Some(attachment) if attachment.client != client => return Failure::InUse.into(),
            Some(_) => {}
            None => self.take(client, info.ifindex, false),
        }
        Plan::Ask(Finish::Attach(info.ifindex), vec![self.wiphy_query(info.ifindex)])
    }

    pub(in crate::net) fn take(&mut self, client: u64, ifindex: u32, created: bool) {
        let eapol = match sys::packet(ifindex, ETH_P_EAPOL) {
            Ok(socket) => Some(socket),
            Err(error) => {
                tracing::warn!(ifindex, %error, "no packet socket for EAPOL");
                None
            }
        };
        let mut attachment = self.attachment(client, ifindex);
        (attachment.created, attachment.eapol) = (created, eapol);
        self.attached.insert(ifindex, attachment);
        self.listen_to_bridge(ifindex);
    }

    /// An attachment under a name that was never given before.
    pub(super) fn attachment(&mut self, client: u64, ifindex: u32) -> Attachment {
        self.last_handle = self.last_handle.saturating_add(1);
        let handle = Handle(self.last_handle);
        self.handles.insert(handle, ifindex);
        Attachment {
            client,
            handle,
            created: false,
            original: self.interfaces.get(&ifindex).map_or(InterfaceType::Station, |interface| interface.kind),
            eapol: None,
            over_bridge: None,
            preauth: None,
            ethers: BTreeMap::new(),
            control_port: false,
            driver_sme: false,
            registered: BTreeSet::new(),
            activity: Activity::new(),
            operstate: false,
            bridged: false,
            up: self.links.get(&ifindex).is_some_and(|link| link.up),
            addr: None,
            swallow: None,
            #[cfg(feature = "testing")]
            test: None,
        }
    }

    /// Takes an interface back: what was started on it is stopped.
    pub(in crate::net) fn release(&mut self, client: u64, ifindex: u32) {
        let Some(attachment) = self.take_away(ifindex) else { return };
        let port = Port::Client(client);
        match attachment.activity.condition() {
            Condition::Idle | Condition::CheckingRadar => {}
            Condition::Joining | Condition::Joined => {
                self.order(port, &self.nl80211(cmd::DISCONNECT, on(ifindex).u16(attr::REASON_CODE, 3)));
            }
            Condition::Beaconing => self.order(port, &self.nl80211(cmd::STOP_AP, on(ifindex))),
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
        self.leave_bridges(ifindex);
        if attachment.created {
            self.order(port, &self.nl80211(cmd::DEL_INTERFACE, on(ifindex)));
        } else {
            self.restore(port, ifindex, &attachment);
        }
    }

    /// Removes the bridges that were made for an interface and that no other of the client's is in, unless somebody
    /// else's is.
    fn leave_bridges(&mut self, ifindex: u32) {
        for bridge in self.bridges.values_mut() {
            bridge.members.remove(&ifindex);
        }
        let empty = |(name, bridge): (&String, &super::MadeBridge)| bridge.members.is_empty().then(|| name.clone());
        let names: Vec<String> = self.bridges.iter().filter_map(empty).collect();
        for name in names {
            self.bridges.remove(&name);
            let found = self.links.iter().find(|(_, link)| link.bridge && link.name == name);
            let Some(bridge) = found.map(|(bridge, _)| *bridge) else { continue };
            if !self.links.iter().any(|(port, link)| *port != ifindex && link.master == Some(bridge)) {
                self.order(Port::Route, &rtnetlink::remove(bridge));
            }
        }
    }

    /// Puts back what was changed: type, address, and whether it is up.
    fn restore(&mut self, port: Port, ifindex: u32, attachment: &Attachment) {
        let original = attachment.original;
        let Some(interface) = self.interfaces.get_mut(&ifindex) else { return };
        let number = command::type_number(original).filter(|_| interface.kind != original);
        interface.kind = original;
        let addr = attachment.addr.filter(|addr| self.links.get(&ifindex).is_some_and(|link| link.addr != *addr));
        let mut up = self.links.get(&ifindex).is_some_and(|link| link.up);
        if (number.is_some() || addr.is_some()) && up {
            self.order(Port::Route, &rtnetlink::set_up(ifindex, false));
            up = false;
        }
        if let Some(number) = number {
            self.order(port, &self.nl80211(cmd::SET_INTERFACE, on(ifindex).u32(attr::IFTYPE, number)));
        }
        if let Some(addr) = addr {
            self.order(Port::Route, &rtnetlink::set_address(ifindex, addr));
        }
        if up != attachment.up {
            self.order(Port::Route, &rtnetlink::set_up(ifindex, attachment.up));
        }
    }

    /// A client is gone, with everything that it had started.
    pub(in crate::net) fn remove_client(&mut self, number: u64) {
        let its = |(ifindex, attachment): (&u32, &Attachment)| (attachment.client == number).then_some(*ifindex);
        let interfaces: Vec<u32> = self.attached.iter().filter_map(its).collect();
        for ifindex in interfaces {
            self.release(number, ifindex);
        }
        for message in self.put_back(number) {
            self.order(Port::Commands, &message);
        }
        self.jobs.retain(|_, (port, _)| *port != Port::Client(number));
        // Its socket closes here, and with it go frame registrations and whatever the kernel bound to it.
        self.clients.remove(&number);
    }

    pub(in crate::net) fn interface_gone(&mut self, ifindex: u32) {
        let Some(interface) = self.interfaces.remove(&ifindex) else { return };
        self.guard.interface_gone(ifindex);
        self.leave_bridges(ifindex);
        if let Some(attachment) = self.take_away(ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.event(Event::InterfaceGone { handle: attachment.handle, ifname: interface.name });
        }
    }

    pub(in crate::net) fn interface_present(&mut self, interface: Interface) {
        let ifindex = interface.ifindex;
        let before = self.interfaces.insert(ifindex, interface);
        if before.is_none() {
            self.announce(ifindex);
        }
    }

    pub(in crate::net) fn announce(&mut self, ifindex: u32) {
        let Some(info) = self.info(ifindex) else { return };
        if self.attached.contains_key(&ifindex) {
            return;
        }
        let witnessed = self.witnessed.has(&info.ifname);
        for client in self.clients.values_mut().filter(|client| witnessed || client.sees(&info.ifname)) {
            client.event(Event::InterfaceAdded { ifname: info.ifname.clone(), kind: info.kind });
        }
    }

    pub(in crate::net) fn link_news(&mut self, news: LinkNews) {
        let (ifindex, link) = match news {
            LinkNews::Gone(ifindex) => {
                let link = self.links.remove(&ifindex);
                self.interface_gone(ifindex);
                self.wired_gone(ifindex, link);
                return;
            }
            LinkNews::Present(ifindex, link) => (ifindex, link),
        };
        let before = self.links.insert(ifindex, link.clone());
        self.listen_to_bridge(ifindex);
        let Some(interface) = self.interfaces.get_mut(&ifindex) else { return self.wired_news(ifindex, before, &link) };
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
                attachment.activity.ended();
            }
        }
        if before.is_none_or(|before| (before.up, before.carrier, before.addr) != (up, carrier, addr)) {
            self.tell(ifindex, |handle| Event::LinkChanged { handle, up, carrier, addr });
        }
    }

    /// Sends an event to the client that has the interface.
    pub(in crate::net) fn tell(&mut self, ifindex: u32, event: impl FnOnce(Handle) -> Event) {
        if let Some(attachment) = self.attached.get(&ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.event(event(attachment.handle));
        }
    }

    /// Looks at the radio switches.
    pub(in crate::net) fn switches(&mut self) {
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
                self.tell(ifindex, |handle| Event::RadioBlocked { handle, blocked });
            }
        }
    }
}

#[cfg(test)]
#[path = "interfaces_tests.rs"]
mod tests;
