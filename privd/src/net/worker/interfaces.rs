//! Interfaces, and what clients have of them.

use std::collections::BTreeSet;

use ipc_proto::{Event, Failure, InterfaceInfo, InterfaceType};
use wire::ETH_P_EAPOL;

use super::{Attachment, Worker};
use crate::net::Grant;
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

    /// This bridge was made for it.
    pub(in crate::net) fn made_bridge(&self, bridge: Option<&Link>) -> bool {
        self.bridge.as_ref().is_some_and(|made| bridge.is_some_and(|bridge| bridge.name == *made))
    }
}

impl Worker {
    pub(in crate::net) fn is_granted(&self, name: &str) -> bool {
        match &self.grant {
            Grant::Any => true,
            Grant::Names(names) => names.iter().any(|granted| granted == name),
        }
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

    pub(in crate::net) fn visible_interfaces(&self) -> Vec<InterfaceInfo> {
        let all = self.interfaces.keys().filter_map(|ifindex| self.info(*ifindex));
        all.filter(|info| self.is_granted(&info.ifname)).collect()
    }

    /// What an interface is to a client, in the policy's terms.
    pub(in crate::net) fn standing(&self, client: u64, ifindex: u32) -> policy::Grant {
        match self.attached.get(&ifindex) {
            Some(attachment) if attachment.client == client && attachment.created => policy::Grant::Created,
            Some(attachment) if attachment.client == client => policy::Grant::Attached,
            _ if self.clients.get(&client).is_some_and(|client| client.has_lost(ifindex)) => policy::Grant::Lost,
            _ => policy::Grant::None,
        }
    }

    pub(in crate::net) fn attach(&mut self, client: u64, ifname: &str) -> Plan {
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

    pub(in crate::net) fn take(&mut self, client: u64, ifindex: u32, created: bool) {
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
            over_bridge: None,
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
            #[cfg(feature = "testing")]
            test: None,
        };
        self.attached.insert(ifindex, attachment);
        self.listen_to_bridge(ifindex);
        if let Some(client) = self.clients.get_mut(&client) {
            client.regain(ifindex);
        }
    }

    /// Takes an interface back: what was started on it is stopped.
    pub(in crate::net) fn release(&mut self, client: u64, ifindex: u32) {
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
    pub(in crate::net) fn remove_bridge(&mut self, ifindex: u32, name: &str) {
        let Some((bridge, _)) = self.links.iter().find(|(_, link)| link.bridge && link.name == name) else { return };
        let bridge = *bridge;
        if !self.links.iter().any(|(port, link)| *port != ifindex && link.master == Some(bridge)) {
            self.order(Port::Route, &rtnetlink::remove(bridge));
        }
    }

    pub(in crate::net) fn restore_type(&mut self, port: Port, ifindex: u32, original: InterfaceType) {
        let Some(interface) = self.interfaces.get_mut(&ifindex) else { return };
        let Some(number) = command::type_number(original) else { return };
        if interface.kind != original {
            interface.kind = original;
            self.order(Port::Route, &rtnetlink::set_up(ifindex, false));
            self.order(port, &self.nl80211(cmd::SET_INTERFACE, on(ifindex).u32(attr::IFTYPE, number)));
        }
    }

    /// A client is gone, with everything that it had started.
    pub(in crate::net) fn remove_client(&mut self, number: u64) {
        let its = |(ifindex, attachment): (&u32, &Attachment)| (attachment.client == number).then_some(*ifindex);
        let interfaces: Vec<u32> = self.attached.iter().filter_map(its).collect();
        for ifindex in interfaces {
            self.release(number, ifindex);
        }
        self.jobs.retain(|_, (port, _)| *port != Port::Client(number));
        // Its socket closes here, and with it go frame registrations and whatever the kernel bound to it.
        self.clients.remove(&number);
    }

    pub(in crate::net) fn interface_gone(&mut self, ifindex: u32) {
        let Some(interface) = self.interfaces.remove(&ifindex) else { return };
        self.guard.interface_gone(ifindex);
        if let Some(attachment) = self.attached.remove(&ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.lose(ifindex);
            client.event(Event::InterfaceGone { ifindex, ifname: interface.name });
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
        if !self.is_granted(&info.ifname) || self.attached.contains_key(&ifindex) {
            return;
        }
        for client in self.clients.values_mut() {
            client.event(Event::InterfaceAdded { ifindex, ifname: info.ifname.clone(), kind: info.kind });
        }
    }

    pub(in crate::net) fn link_news(&mut self, news: LinkNews) {
        let (ifindex, link) = match news {
            LinkNews::Gone(ifindex) => {
                self.links.remove(&ifindex);
                self.interface_gone(ifindex);
                return;
            }
            LinkNews::Present(ifindex, link) => (ifindex, link),
        };
        let before = self.links.insert(ifindex, link.clone());
        self.listen_to_bridge(ifindex);
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
    pub(in crate::net) fn tell(&mut self, ifindex: u32, event: Event) {
        if let Some(attachment) = self.attached.get(&ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            client.event(event);
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
                self.tell(ifindex, Event::RadioBlocked { ifindex, blocked });
            }
        }
    }
}
