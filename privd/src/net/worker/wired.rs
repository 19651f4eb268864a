//! Links that are no radio: wired ports and bridges, for frames of a few ethertypes and nothing else.

use ipc_proto::{Event, Failure, InterfaceInfo, InterfaceType, LinkInfo, Reply};
use wire::{ETH_P_EAPOL, MacAddr};

use super::{Worker, io_failure};
use crate::net::rtnetlink::Link;
use crate::sys;

impl Worker {
    /// It is attached, and no radio.
    pub(in crate::net) fn is_wired(&self, ifindex: u32) -> bool {
        self.attached.get(&ifindex).is_some_and(|attachment| !attachment.ethers.is_empty())
    }

    /// Takes a link for frames of these ethertypes; one that the client has already, for these from now on.
    pub(in crate::net) fn attach_link(
        &mut self,
        client: u64,
        ifname: &str,
        ethertypes: &[u16],
    ) -> Result<Reply, Failure> {
        let found = self.links.iter().find(|(_, link)| link.name == ifname);
        let (ifindex, link) = found.map(|(ifindex, link)| (*ifindex, link.clone())).ok_or(Failure::NoInterface)?;
        if self.interfaces.contains_key(&ifindex) {
            return Err(Failure::Invalid(String::from("a link that is a radio")));
        }
        if self.attached.get(&ifindex).is_some_and(|attachment| attachment.client != client) {
            return Err(Failure::InUse);
        }
        let socket = |ethertype: &u16| {
            let socket = sys::packet(ifindex, *ethertype)?;
            if *ethertype == ETH_P_EAPOL {
                // The group that 802.1X over wires is sent to (IEEE Std 802.1X-2020 Table 11-1).
                sys::join(&socket, ifindex, MacAddr([0x01, 0x80, 0xc2, 0, 0, 3]))?;
            }
            Ok((*ethertype, socket))
        };
        let ethers = ethertypes.iter().map(socket).collect::<std::io::Result<_>>();
        let ethers = ethers.map_err(|error| io_failure(&error))?;
        let mut attachment = match self.attached.remove(&ifindex) {
            Some(attachment) => attachment,
            None => self.attachment(client, ifindex),
        };
        attachment.ethers = ethers;
        let info = InterfaceInfo {
            ifindex,
            ifname: link.name,
            wiphy: u32::MAX,
            addr: link.addr,
            kind: InterfaceType::Wired,
            up: link.up,
            blocked: false,
        };
        let handle = attachment.handle;
        self.attached.insert(ifindex, attachment);
        Ok(Reply::Attached(handle, info))
    }

    pub(in crate::net) fn send_ether(
        &self,
        ifindex: u32,
        dest: MacAddr,
        ethertype: u16,
        data: &[u8],
    ) -> Result<Reply, Failure> {
        let attachment = self.attached.get(&ifindex).ok_or(Failure::NoInterface)?;
        let socket = attachment.ethers.get(&ethertype);
        let socket = socket.ok_or_else(|| Failure::Invalid(String::from("an ethertype that it was not taken for")))?;
        sys::send_packet(socket, ifindex, ethertype, dest, data).map_err(|error| io_failure(&error))?;
        Ok(Reply::Done)
    }

    pub(in crate::net) fn wired_state(&self, ifindex: u32) -> Result<Reply, Failure> {
        let link = self.links.get(&ifindex).ok_or(Failure::NoInterface)?;
        Ok(Reply::Link(LinkInfo { up: link.up, addr: link.addr, ..LinkInfo::default() }))
    }

    /// A link that is no radio has changed.
    pub(super) fn wired_news(&mut self, ifindex: u32, before: Option<Link>, link: &Link) {
        let (up, carrier, addr) = (link.up, link.carrier, link.addr);
        let same = before.is_some_and(|before| (before.up, before.carrier, before.addr) == (up, carrier, addr));
        if self.is_wired(ifindex) && !same {
            self.tell(ifindex, |handle| Event::LinkChanged { handle, up, carrier, addr });
        }
    }

    /// It is gone.
    pub(super) fn wired_gone(&mut self, ifindex: u32, link: Option<Link>) {
        if let Some(attachment) = self.take_away(ifindex)
            && let Some(client) = self.clients.get_mut(&attachment.client)
        {
            let ifname = link.map(|link| link.name).unwrap_or_default();
            client.event(Event::InterfaceGone { handle: attachment.handle, ifname });
        }
    }
}
