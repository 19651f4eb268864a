//! Devices that were heard of, and for how long: a bounded table that strangers cannot push anybody out of who matters.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use wire::{Instant, MacAddr};

use crate::code::Capability;
use crate::frame::Content;
use crate::info::{ClientInfo, Description, DeviceType, ExtendedListen, GroupId};

/// The most devices that are remembered.
pub const MAX_PEERS: usize = 100;
/// After this long without a word a device is gone.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// How a device was heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It asked around: what it is called is known, and where it listens, but not yet whether it can be reached.
    ProbeRequest,
    /// It sent an action frame: what of groups, it does not say.
    Action,
    /// It answered, or it has a group.
    Itself,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peer {
    /// What it is and what it is called.
    pub description: Description,
    /// What it can; of the group, if it owns one.
    pub capability: Capability,
    /// Where it listens, in MHz.
    pub listen: Option<u32>,
    /// Where its group is, in MHz.
    pub operating: Option<u32>,
    /// When it listens while it is busy.
    pub extended_listen: Option<ExtendedListen>,
    /// Its group, if it owns one, with its address there.
    pub group: Option<(GroupId, MacAddr)>,
    /// The group that it is a client of, and the owner's address there.
    pub client_of: Option<(GroupId, MacAddr)>,
    /// Subelements of Wi-Fi Display.
    pub display: Option<Vec<u8>>,
    /// Manufacturer, model name, model number, serial number.
    pub texts: [Vec<u8>; 4],
    /// Signal strength in dBm, when it was heard last.
    pub signal: Option<i8>,
    /// When it was heard of last.
    pub seen: Instant,
    /// The user knows of it.
    pub told: bool,
    /// The user wants nothing from it.
    pub rejected: bool,
}

impl Peer {
    /// Where it can be reached, in MHz: in its group if it has one, else where it listens.
    #[must_use]
    pub fn frequency(&self) -> Option<u32> {
        self.operating.filter(|_| self.group.is_some() || self.client_of.is_some()).or(self.listen)
    }
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing to tell of.
    None,
    /// The user hears of it for the first time.
    Found,
    /// What he knew has changed.
    Updated,
}

/// All devices that were heard of.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    known: BTreeMap<MacAddr, Peer>,
}

impl Peers {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Peers {
        Peers { known: BTreeMap::new() }
    }

    /// A device by its P2P device address.
    #[must_use]
    pub fn get(&self, address: MacAddr) -> Option<&Peer> {
        self.known.get(&address)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (MacAddr, &Peer)> {
        self.known.iter().map(|(address, peer)| (*address, peer))
    }

    /// The user wants nothing from it. Who is rejected is remembered until the table is flushed.
    pub(crate) fn is_rejected(&self, address: MacAddr) -> bool {
        self.get(address).is_some_and(|peer| peer.rejected)
    }

    pub(crate) fn reject(&mut self, address: MacAddr, now: Instant) {
        let peer = self.known.entry(address).or_default();
        peer.rejected = true;
        peer.seen = now;
    }

    pub(crate) fn accept(&mut self, address: MacAddr) {
        if let Some(peer) = self.known.get_mut(&address) {
            peer.rejected = false;
        }
    }

    /// Takes what a frame says of its sender. `in_use` are devices that something is done with: they are not pushed out
    /// (CVE-2021-27803). The one that had to make room, if the user knew of it, is the second value.
    pub(crate) fn heard(
        &mut self,
        address: MacAddr,
        heard: &Heard<'_>,
        now: Instant,
        in_use: &[MacAddr],
    ) -> (Change, Option<MacAddr>) {
        let mut lost = None;
        if !self.known.contains_key(&address) && self.known.len() >= MAX_PEERS {
            let spare = self.known.iter().filter(|(address, peer)| !peer.rejected && !in_use.contains(address));
            let Some(oldest) = spare.min_by_key(|(_, peer)| peer.seen).map(|(address, _)| *address) else {
                return (Change::None, None);
            };
            lost = self.known.remove(&oldest).filter(|peer| peer.told).map(|_| oldest);
        }
        let peer = self.known.entry(address).or_default();
        let before = peer.clone();
        heard.apply(peer);
        peer.seen = now;
        let change = match (heard.source, before.told) {
            (Source::Action | Source::Itself, false) => Change::Found,
            // How well it was heard is not worth a word.
            (_, true) if Peer { seen: now, signal: peer.signal, ..before } != *peer => Change::Updated,
            (Source::ProbeRequest | Source::Action | Source::Itself, _) => Change::None,
        };
        peer.told |= change == Change::Found;
        (change, lost)
    }

    /// Takes what a group owner says of its clients.
    pub(crate) fn client(
        &mut self,
        client: &ClientInfo,
        owner: (GroupId, MacAddr),
        frequency: Option<u32>,
        now: Instant,
        in_use: &[MacAddr],
    ) -> (Change, Option<MacAddr>) {
        let heard = Heard {
            source: Source::Itself,
            description: Some(&client.description),
            capability: Some(Capability { device: client.capability, ..Capability::default() }),
            client_of: Some(owner),
            operating: frequency,
            ..Heard::new(Source::Itself)
        };
        self.heard(client.device, &heard, now, in_use)
    }

    /// Forgets who has not been heard of for too long, and gives those the user knew of.
    pub(crate) fn expire(&mut self, now: Instant, in_use: &[MacAddr]) -> Vec<MacAddr> {
        let over = |address: &MacAddr, peer: &Peer| {
            now.since(peer.seen) >= LIFETIME && !peer.rejected && !in_use.contains(address)
        };
        let gone: Vec<MacAddr> =
            self.known.iter().filter(|(address, peer)| over(address, peer)).map(|(address, _)| *address).collect();
        gone.into_iter().filter(|address| self.known.remove(address).is_some_and(|peer| peer.told)).collect()
    }

    /// Forgets all but those in use, and gives those the user knew of.
    pub(crate) fn flush(&mut self, in_use: &[MacAddr]) -> Vec<MacAddr> {
        let mut gone = Vec::new();
        self.known.retain(|address, peer| {
            let stays = in_use.contains(address);
            if !stays && peer.told {
                gone.push(*address);
            }
            stays
        });
        gone
    }

    pub(crate) fn deadline(&self, in_use: &[MacAddr]) -> Option<Instant> {
        let idle = self.known.iter().filter(|(address, peer)| !peer.rejected && !in_use.contains(address));
        idle.map(|(_, peer)| peer.seen + LIFETIME).min()
    }
}

/// What a frame says of its sender. What it does not say stays as it was.
#[derive(Clone, Debug)]
pub(crate) struct Heard<'a> {
    pub(crate) source: Source,
    pub(crate) description: Option<&'a Description>,
    pub(crate) capability: Option<Capability>,
    pub(crate) listen: Option<u32>,
    pub(crate) operating: Option<u32>,
    pub(crate) extended_listen: Option<ExtendedListen>,
    pub(crate) group: Option<(GroupId, MacAddr)>,
    pub(crate) client_of: Option<(GroupId, MacAddr)>,
    pub(crate) content: Option<&'a Content>,
    pub(crate) signal: Option<i8>,
}

impl<'a> Heard<'a> {
    pub(crate) const fn new(source: Source) -> Heard<'a> {
        Heard {
            source,
            description: None,
            capability: None,
            listen: None,
            operating: None,
            extended_listen: None,
            group: None,
            client_of: None,
            content: None,
            signal: None,
        }
    }

    /// From the elements of a frame.
    pub(crate) fn of(source: Source, content: &'a Content, signal: Option<i8>) -> Heard<'a> {
        let mut heard = Heard { content: Some(content), signal, ..Heard::new(source) };
        if let Some(p2p) = &content.p2p {
            heard.description = p2p.device_info.as_ref().map(|info| &info.description);
            heard.capability = p2p.capability;
            heard.listen = p2p.listen_channel.and_then(|listen| listen.channel.frequency());
            heard.operating = p2p.operating_channel.and_then(|operating| operating.channel.frequency());
            heard.extended_listen = p2p.extended_listen;
        }
        heard
    }

    fn apply(&self, peer: &mut Peer) {
        if let Some(description) = self.description {
            peer.description = description.clone();
        }
        peer.capability = self.capability.unwrap_or(peer.capability);
        peer.listen = self.listen.or(peer.listen);
        peer.operating = self.operating.or(peer.operating);
        peer.extended_listen = self.extended_listen.or(peer.extended_listen);
        // Who answers for itself is in no group, unless it says so.
        if self.source == Source::Itself {
            peer.group = self.group;
            peer.client_of = self.client_of;
        }
        peer.signal = self.signal.or(peer.signal);
        let Some(content) = self.content else { return };
        if self.source != Source::ProbeRequest {
            peer.display.clone_from(&content.display);
        }
        let Some(wps) = &content.wps else { return };
        if self.description.is_none() {
            // Probe Requests have no Device Info (4.2.2): the same is in the other element.
            if let Some(name) = &wps.name {
                peer.description.name = name.clone();
            }
            peer.description.primary = wps.primary.unwrap_or(peer.description.primary);
            peer.description.config_methods = wps.config_methods.unwrap_or(peer.description.config_methods);
        }
        let said = [&wps.manufacturer, &wps.model_name, &wps.model_number, &wps.serial_number];
        for (text, said) in peer.texts.iter_mut().zip(said) {
            if let Some(said) = said {
                text.clone_from(said);
            }
        }
    }
}

/// A device is of one of these types, or any will do.
pub(crate) fn is_wanted(description: &Description, wanted: &[DeviceType]) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| description.is(*wanted))
}
