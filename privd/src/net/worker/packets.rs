//! Frames over packet sockets: EAPOL, pre-authentication, and whatever a test suite sends.

use std::os::fd::{AsRawFd, OwnedFd};

use ipc_proto::{Event, Failure, Reply};
use nix::sys::socket::{LinkAddr, recvfrom};
use wire::{ETH_P_EAPOL, ETH_P_PREAUTH, MacAddr};

use super::{Attachment, Worker, io_failure};
use crate::net::job::Port;
use crate::sys;

/// What a packet socket of an interface is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) enum Packets {
    Eapol,
    Bridge,
    Preauth,
    /// Over a link that is no radio, of this ethertype.
    Ether(u16),
    #[cfg(feature = "testing")]
    Test,
}

impl Attachment {
    fn packets(&self, kind: Packets) -> Option<&OwnedFd> {
        match kind {
            Packets::Eapol => self.eapol.as_ref(),
            Packets::Bridge => self.over_bridge.as_ref().map(|(_, socket)| socket),
            Packets::Preauth => self.preauth.as_ref(),
            Packets::Ether(ethertype) => self.ethers.get(&ethertype),
            #[cfg(feature = "testing")]
            Packets::Test => self.test.as_ref(),
        }
    }
}

impl Worker {
    pub(in crate::net) fn send_eapol(&self, ifindex: u32, dest: MacAddr, data: &[u8]) -> Result<Reply, Failure> {
        let attachment = self.attached.get(&ifindex).ok_or(Failure::NoInterface)?;
        let socket = attachment.eapol.as_ref().ok_or(Failure::NotSupported)?;
        sys::send_packet(socket, ifindex, ETH_P_EAPOL, dest, data).map_err(|error| io_failure(&error))?;
        Ok(Reply::Done)
    }

    pub(in crate::net) fn send_preauth(&self, ifindex: u32, dest: MacAddr, data: &[u8]) -> Result<Reply, Failure> {
        let attachment = self.attached.get(&ifindex).ok_or(Failure::NoInterface)?;
        let socket = match &attachment.preauth {
            Some(socket) => socket,
            None => &sys::packet(ifindex, ETH_P_PREAUTH).map_err(|error| io_failure(&error))?,
        };
        sys::send_packet(socket, ifindex, ETH_P_PREAUTH, dest, data).map_err(|error| io_failure(&error))?;
        Ok(Reply::Done)
    }

    /// What comes for an interface in a bridge arrives at the bridge.
    pub(super) fn listen_to_bridge(&mut self, ifindex: u32) {
        let bridge = self.links.get(&ifindex).and_then(|link| link.master);
        let bridge = bridge.filter(|master| self.links.get(master).is_some_and(|link| link.bridge));
        let Some(attachment) = self.attached.get_mut(&ifindex) else { return };
        if attachment.over_bridge.as_ref().map(|(of, _)| *of) == bridge {
            return;
        }
        attachment.over_bridge = bridge.and_then(|bridge| match sys::packet(bridge, ETH_P_EAPOL) {
            Ok(socket) => Some((bridge, socket)),
            Err(error) => {
                tracing::warn!(ifindex, %error, "no packet socket for EAPOL over the bridge");
                None
            }
        });
    }

    /// Sockets of attached interfaces.
    pub(in crate::net) fn packet_sockets(&self) -> impl Iterator<Item = (u32, Packets, &OwnedFd)> {
        const KINDS: &[Packets] = &[
            Packets::Eapol,
            Packets::Bridge,
            Packets::Preauth,
            #[cfg(feature = "testing")]
            Packets::Test,
        ];
        self.attached.iter().flat_map(|(ifindex, attachment)| {
            let ethers = attachment.ethers.keys().map(|ethertype| Packets::Ether(*ethertype));
            let kinds = KINDS.iter().copied().chain(ethers);
            kinds.filter_map(|kind| Some((*ifindex, kind, attachment.packets(kind)?)))
        })
    }

    /// Receives from such a socket.
    pub(in crate::net) fn receive_packets(&mut self, ifindex: u32, kind: Packets) {
        // The association comes before the first message over it.
        self.pump(Port::Events);
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(attachment) = self.attached.get(&ifindex) {
            let Some(socket) = attachment.packets(kind) else { break };
            let Ok((length, Some(address))) = recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut buffer) else { break };
            let Some(source) = address.addr().map(MacAddr) else { continue };
            let data = buffer.get(..length).unwrap_or_default().to_vec();
            if kind == Packets::Bridge && attachment.control_port {
                // Its own come over nl80211: this one is of another interface in the bridge.
                continue;
            }
            self.tell(ifindex, |handle| match kind {
                Packets::Eapol | Packets::Bridge => Event::Eapol { handle, source, encrypted: None, data },
                Packets::Preauth => Event::Preauth { handle, source, data },
                Packets::Ether(ethertype) => Event::Ether { handle, source, ethertype, data },
                #[cfg(feature = "testing")]
                Packets::Test => Event::Test(ipc_proto::TestEvent::Frame { handle, frame: data }),
            });
        }
        self.buffer = buffer;
    }
}
