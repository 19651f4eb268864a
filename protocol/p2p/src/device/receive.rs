//! What comes in over the air: action frames, Probe Requests, and what scans hear.

use wire::element::{Elements, id};
use wire::{MacAddr, Malformed, Ssid, Writer};

use super::{Device, Env, context, written};
use crate::attributes::Attributes;
use crate::code::{GroupCapability, group_subtype, subtype};
use crate::frame::{Content, Frame};
use crate::group::{answer_client, answer_presence};
use crate::info::GroupId;
use crate::invitation;
use crate::output::{Context, Output};
use crate::peers::{Heard, Source, is_wanted};
use crate::provision;

/// The SSID that devices ask for (3.1.2.1.1).
const WILDCARD_SSID: &[u8] = b"DIRECT-";
/// Rates of 802.11b, in units of 500 kb/s, without the bit that makes them basic: groups do not have them (2.4.1).
const OLD_RATES: [u8; 4] = [2, 4, 11, 22];
/// The rates of Probe Responses: 6, 12 and 24 Mb/s basic.
const RATES: [u8; 8] = [0x8c, 0x12, 0x98, 0x24, 0xb0, 0x48, 0x60, 0x6c];

/// An action frame.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Address 2.
    pub from: MacAddr,
    /// Address 1.
    pub to: MacAddr,
    /// In MHz.
    pub frequency: u32,
    /// In dBm.
    pub signal: Option<i8>,
    /// From category onwards.
    pub body: &'a [u8],
}

/// A Probe Request.
#[derive(Clone, Copy, Debug)]
pub struct ProbeRequest<'a> {
    /// Address 2.
    pub from: MacAddr,
    /// Address 1.
    pub to: MacAddr,
    /// Address 3.
    pub bssid: MacAddr,
    /// In MHz.
    pub frequency: u32,
    /// In dBm.
    pub signal: Option<i8>,
    /// Its elements.
    pub elements: &'a [u8],
}

/// A Probe Response or beacon.
#[derive(Clone, Copy, Debug)]
pub struct Bss<'a> {
    /// Address 3.
    pub bssid: MacAddr,
    /// In MHz.
    pub frequency: u32,
    /// In dBm.
    pub signal: Option<i8>,
    /// Its elements.
    pub elements: &'a [u8],
}

impl Device {
    /// Takes an action frame. Others than those of Wi-Fi Direct and GAS are passed over, as are frames for others.
    ///
    /// # Errors
    /// If it is one of Wi-Fi Direct, and cannot be read.
    pub fn handle_action(&mut self, received: Received<'_>, env: &mut Env<'_>) -> Result<(), Malformed> {
        let Received { from, to, frequency, signal, body } = received;
        let ours = to == self.config.address || to == self.config.interface;
        let ours = ours || self.groups.iter().any(|group| group.own && to == group.bssid);
        if from.is_group() || from.is_zero() || from == self.config.address || !ours {
            return Ok(());
        }
        if let [4, gas @ ..] = body
            && self.services.handle_frame(from, frequency, gas, &self.peers, context!(self, env))
        {
            return Ok(());
        }
        let Some(frame) = Frame::parse(body)? else { return Ok(()) };
        let info = frame.content.p2p.as_ref().and_then(|p2p| p2p.device_info.as_ref());
        if frame.public && info.is_some_and(|info| info.address == from) {
            let mut heard = Heard::of(Source::Action, &frame.content, signal);
            // Where a group would be, not where one is.
            heard.operating = None;
            let known = self.peers.get(from).and_then(|peer| peer.listen);
            // Who says it nowhere listens where it was heard.
            heard.listen = heard.listen.or_else(|| known.is_none().then_some(frequency));
            let in_use = self.in_use();
            let (change, lost) = self.peers.heard(from, &heard, env.now, &in_use);
            self.tell(from, change, lost);
        }
        self.dispatch(from, frequency, frame, env);
        Ok(())
    }

    fn dispatch(&mut self, from: MacAddr, frequency: u32, frame: Frame, env: &mut Env<'_>) {
        let rejected = self.peers.is_rejected(from);
        let forming = self.formation.as_ref().is_some_and(|formation| formation.peer() == from);
        let cx = context!(self, env);
        match (frame.public, frame.subtype) {
            // What is being formed is not negotiated anew in the peer's name.
            (true, subtype::NEGOTIATION_REQUEST) if forming => {}
            (
                true,
                subtype::NEGOTIATION_REQUEST | subtype::NEGOTIATION_RESPONSE | subtype::NEGOTIATION_CONFIRMATION,
            ) => self.negotiation.handle_frame(from, frequency, frame, rejected, cx),
            (true, subtype::INVITATION_REQUEST) => {
                invitation::answer(from, frequency, &frame, rejected, &self.persistent, cx);
            }
            (true, subtype::INVITATION_RESPONSE) => self.inviting.handle_response(from, &frame, cx),
            (true, subtype::DISCOVERABILITY_REQUEST) => answer_client(&self.groups, from, frequency, &frame, cx),
            (true, subtype::DISCOVERABILITY_RESPONSE) => self.members.handle_client_response(from, &frame, cx),
            (true, subtype::PROVISION_DISCOVERY_REQUEST) => {
                let own: alloc::vec::Vec<GroupId> =
                    self.groups.iter().filter(|group| group.own).map(|group| group.id).collect();
                provision::answer(from, frequency, &frame, rejected, &own, cx);
            }
            (true, subtype::PROVISION_DISCOVERY_RESPONSE) => {
                if self.provision.handle_response(from, &frame, cx)
                    && let Some(plan) = self.planned.take_if(|plan| plan.peer == from)
                {
                    self.negotiation.start(plan, cx);
                }
            }
            (false, group_subtype::PRESENCE_REQUEST) => {
                let is_client =
                    |group: &&crate::group::Group| group.own && group.clients().any(|(each, _)| each == from);
                if let Some(group) = self.groups.iter().find(is_client) {
                    answer_presence(group, from, &frame, cx);
                }
            }
            (false, group_subtype::PRESENCE_RESPONSE) => self.members.handle_presence_response(from, &frame, cx),
            (false, group_subtype::DISCOVERABILITY_REQUEST) => self.stay_awake(from),
            (true | false, _) => {}
        }
    }

    /// The owner of our group says that somebody looks for us (3.2.5): we are there for 100 time units.
    fn stay_awake(&mut self, from: MacAddr) {
        if let Some(group) = self.groups.iter().find(|group| !group.own && group.bssid == from) {
            let duration = core::time::Duration::from_micros(102_400);
            self.outputs.push(Output::Listen { frequency: group.frequency, duration });
        }
    }

    /// Takes a Probe Request that came while the radio listens for us, and answers it if it is for us (3.1.2.1.1).
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn handle_probe_request(&mut self, request: ProbeRequest<'_>, env: &mut Env<'_>) -> Result<(), Malformed> {
        let ProbeRequest { from, to, bssid, frequency, signal, elements } = request;
        if from.is_group() || from.is_zero() || from == self.config.address {
            return Ok(());
        }
        let content = Content::parse(elements)?;
        let Some(p2p) = &content.p2p else { return Ok(()) };
        let all = Elements::new(elements);
        if all.find(id::SSID).is_none_or(|ssid| ssid.body != WILDCARD_SSID) {
            return Ok(());
        }
        let heard = Heard::of(Source::ProbeRequest, &content, signal);
        let in_use = self.in_use();
        let (change, lost) = self.peers.heard(from, &heard, env.now, &in_use);
        self.tell(from, change, lost);
        // 3.1.2.1.1: to anybody or to us, and for no network or for us.
        let to_us = (to.is_broadcast() || to == self.config.address)
            && (bssid.is_broadcast() || bssid == self.config.address)
            && p2p.device_id.is_none_or(|wanted| wanted == self.config.address);
        let requested = content.wps.as_ref().map_or(&[][..], |wps| &wps.requested);
        let old = all.rates().all(|rate| OLD_RATES.contains(&(rate & 0x7f)));
        let here = self.listening == Some(frequency);
        if to_us && here && !old && is_wanted(&self.config.description, requested) && !self.peers.is_rejected(from) {
            let elements = self.probe_response(frequency);
            self.outputs.push(Output::ProbeResponse { to: from, frequency, elements });
        }
        Ok(())
    }

    /// 4.2.3, of a device that listens.
    fn probe_response(&self, frequency: u32) -> alloc::vec::Vec<u8> {
        let mut writer = Writer::with_capacity(256);
        writer.element(id::SSID, |writer| {
            writer.put(WILDCARD_SSID);
        });
        writer.element(id::SUPPORTED_RATES, |writer| {
            writer.put(&RATES);
        });
        if let Some(number) = wire::channel::number_of(frequency) {
            writer.element(id::DSSS_PARAMETER_SET, |writer| {
                writer.u8(number);
            });
        }
        let p2p = Attributes {
            capability: Some(self.config.capability(0)),
            extended_listen: self.config.extended_listen,
            device_info: Some(self.config.device_info()),
            ..Attributes::default()
        };
        let content = Content { p2p: Some(p2p), wps: Some(self.wps()), display: self.config.display.clone() };
        writer.put(&written(&content));
        writer.finish().unwrap_or_default()
    }

    /// Takes what a scan heard.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn handle_bss(&mut self, bss: Bss<'_>, env: &mut Env<'_>) -> Result<(), Malformed> {
        let content = Content::parse(bss.elements)?;
        let Some(p2p) = &content.p2p else { return Ok(()) };
        // Beacons have no more than the address (4.2.1): that is no device to show yet.
        let Some(info) = &p2p.device_info else { return Ok(()) };
        let device = info.address;
        if device == self.config.address || device.is_group() || device.is_zero() {
            return Ok(());
        }
        if let Some(find) = &self.find {
            let types = find.request.device_type.as_slice();
            let clients = p2p.group_info.as_deref().unwrap_or_default();
            let only = find.request.device;
            let named = |address| only.is_none_or(|only| only == address);
            let wanted = named(device) && is_wanted(&info.description, types);
            let inside = clients.iter().any(|client| named(client.device) && is_wanted(&client.description, types));
            if !wanted && !inside {
                return Ok(());
            }
        }
        let mut heard = Heard::of(Source::Itself, &content, bss.signal);
        let owns = p2p.capability.unwrap_or_default().group.has(GroupCapability::GROUP_OWNER);
        let ssid = Elements::new(bss.elements).ssid().filter(|ssid: &Ssid| !ssid.is_empty());
        let group = ssid.filter(|_| owns).map(|ssid| (GroupId { owner: device, ssid }, bss.bssid));
        heard.group = group;
        if group.is_some() {
            heard.operating = Some(bss.frequency);
        } else {
            heard.listen = heard.listen.or(Some(bss.frequency));
        }
        let in_use = self.in_use();
        let (change, lost) = self.peers.heard(device, &heard, env.now, &in_use);
        self.tell(device, change, lost);
        self.services.found(device, &self.peers, context!(self, env));
        if let Some(group) = group {
            for client in p2p.group_info.iter().flatten() {
                if client.device == self.config.address || client.device.is_group() || client.device == device {
                    continue;
                }
                let (change, lost) = self.peers.client(client, group, Some(bss.frequency), env.now, &in_use);
                self.tell(client.device, change, lost);
            }
        }
        Ok(())
    }
}
