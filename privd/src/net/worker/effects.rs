//! What a step that the kernel has answered changes in what the worker remembers.

use std::collections::BTreeSet;

use ipc_proto::KeyKind;

use super::{Attachment, MadeBridge, Worker};
use crate::net::job::Effect;

impl Worker {
    /// The kernel has carried it out: what is remembered of an attachment follows.
    pub(super) fn done(&mut self, effect: Effect) {
        let attachment = |worker: &mut Worker, ifindex: u32, change: &dyn Fn(&mut Attachment)| {
            if let Some(attachment) = worker.attached.get_mut(&ifindex) {
                change(attachment);
            }
        };
        match effect {
            Effect::None | Effect::Swallow(..) | Effect::StationAdded(..) => {}
            Effect::Installing(installation) => {
                if let Some((ifindex, peer)) = installation.pairwise() {
                    attachment(self, ifindex, &|attachment| attachment.activity.key_taken(peer));
                }
            }
            Effect::KeyDeleted(ifindex, kind, index, link) => {
                self.guard.deleted(ifindex, kind, index, link);
                if let KeyKind::Pairwise(peer) = kind {
                    attachment(self, ifindex, &|attachment| attachment.activity.key_gone(peer));
                }
            }
            Effect::PeerGone(ifindex, peer) => {
                self.guard.peer_gone(ifindex, peer);
                attachment(self, ifindex, &|attachment| attachment.activity.station_gone(Some(peer)));
            }
            Effect::PeersGone(ifindex) => {
                self.guard.peers_gone(ifindex);
                attachment(self, ifindex, &|attachment| attachment.activity.station_gone(None));
            }
            Effect::KeysGone(ifindex) => self.guard.interface_cleared(ifindex),
            Effect::ControlPort(ifindex, on) => {
                attachment(self, ifindex, &|attachment| attachment.control_port = on);
            }
            Effect::Address(ifindex, before) => attachment(self, ifindex, &|attachment| {
                attachment.addr.get_or_insert(before);
            }),
            Effect::AccessPoint(ifindex, link, on) => {
                let features = self.interfaces.get(&ifindex).and_then(|found| self.wiphys.get(&found.wiphy));
                let control_port = on && features.is_some_and(|info| info.features.control_port);
                attachment(self, ifindex, &|attachment| attachment.control_port = control_port);
                if !on {
                    self.guard.stopped(ifindex, link);
                }
            }
            Effect::Type(ifindex, kind) => {
                if let Some(interface) = self.interfaces.get_mut(&ifindex) {
                    interface.kind = kind;
                }
                attachment(self, ifindex, &|attachment| {
                    attachment.control_port = false;
                    attachment.activity.ended();
                    // The kernel forgets them with the type.
                    attachment.registered.clear();
                });
                self.guard.interface_cleared(ifindex);
            }
            Effect::CheckingRadar(_) | Effect::CountryFound(_) => {}
            Effect::OperState(ifindex) => attachment(self, ifindex, &|attachment| attachment.operstate = true),
            Effect::BridgeMade(ifindex, name) => {
                if let Some(client) = self.attached.get(&ifindex).map(|attachment| attachment.client) {
                    let members = BTreeSet::from([ifindex]);
                    self.bridges.insert(name, MadeBridge { client, first: ifindex, members });
                }
            }
            Effect::Bridged(ifindex, name) => {
                attachment(self, ifindex, &|attachment| attachment.bridged = name.is_some());
                if let Some(bridge) = name.and_then(|name| self.bridges.get_mut(&name)) {
                    bridge.members.insert(ifindex);
                }
            }
            Effect::Registered(ifindex, subtype, prefix) => attachment(self, ifindex, &|attachment| {
                attachment.registered.insert((subtype, prefix.clone()));
            }),
        }
    }

    /// The kernel has refused it: what was remembered beforehand is taken back.
    pub(super) fn undone(&mut self, effect: &Effect) {
        match effect {
            Effect::Installing(installation) => self.guard.failed(installation),
            Effect::Swallow(ifindex, _) => {
                if let Some(attachment) = self.attached.get_mut(ifindex) {
                    attachment.swallow = None;
                }
            }
            Effect::AccessPoint(ifindex, link, true) => {
                if let Some(attachment) = self.attached.get_mut(ifindex) {
                    attachment.activity.stopped(*link);
                }
            }
            Effect::CheckingRadar(ifindex) => {
                if let Some(attachment) = self.attached.get_mut(ifindex) {
                    attachment.activity.ended();
                }
            }
            Effect::StationAdded(ifindex, addr, true) => {
                if let Some(attachment) = self.attached.get_mut(ifindex) {
                    attachment.activity.station_gone(Some(*addr));
                }
            }
            Effect::None
            | Effect::KeyDeleted(..)
            | Effect::CountryFound(_)
            | Effect::PeerGone(..)
            | Effect::PeersGone(_)
            | Effect::KeysGone(_)
            | Effect::ControlPort(..)
            | Effect::AccessPoint(_, _, false)
            | Effect::StationAdded(_, _, false)
            | Effect::Address(..)
            | Effect::Type(..)
            | Effect::OperState(_)
            | Effect::BridgeMade(..)
            | Effect::Bridged(..)
            | Effect::Registered(..) => {}
        }
    }
}
