//! What the kernel said, as the reply of the protocol.

use ipc_proto::{ChannelWidth, Failure, InterfaceType, LinkInfo, Reply, ScanEntry, SignalInfo};

use super::job::{Finish, Gathered, parts};
use super::worker::{Attachment, Worker};

/// Upper bound for the octets of an entry without its variable parts.
const FIXED: usize = 128;

impl Worker {
    /// The replies to a request that succeeded.
    pub(super) fn answer(&mut self, client: u64, finish: Finish, gathered: Gathered) -> Vec<Result<Reply, Failure>> {
        let one = |reply: Option<Reply>| vec![reply.ok_or(Failure::NoInterface)];
        match finish {
            Finish::Done => one(Some(Reply::Done)),
            Finish::Attach(ifindex) => {
                if let Some(info) = &gathered.wiphy {
                    self.learn_wiphy(info);
                }
                self.switches();
                one(self.named(ifindex).map(|(handle, info)| Reply::Attached(handle, info)))
            }
            Finish::Created => {
                let Some(interface) = gathered.interfaces.into_iter().next_back() else { return one(None) };
                let ifindex = interface.ifindex;
                self.created(client, interface);
                one(self.named(ifindex).map(|(handle, info)| Reply::Created(handle, info)))
            }
            Finish::Removed(ifindex) => {
                self.removed(ifindex);
                one(Some(Reply::Done))
            }
            Finish::Wiphy => {
                if let Some(info) = &gathered.wiphy {
                    self.learn_wiphy(info);
                }
                one(gathered.wiphy.map(Reply::Wiphy))
            }
            Finish::Link(ifindex) => one(self.link_info(ifindex, &gathered).map(Reply::Link)),
            Finish::Scan => {
                let size = |entry: &ScanEntry| {
                    FIXED.saturating_add(entry.elements.len()).saturating_add(entry.beacon_elements.len())
                };
                let replies = parts(gathered.scan, size, |entries, last| Reply::ScanResults { entries, last });
                replies.into_iter().map(Ok).collect()
            }
            Finish::Stations => {
                let stations = gathered.stations.into_iter().map(|(station, _)| station).collect();
                let replies = parts(stations, |_| FIXED, |entries, last| Reply::Stations { entries, last });
                replies.into_iter().map(Ok).collect()
            }
            Finish::Survey => {
                let replies = parts(gathered.survey, |_| FIXED, |entries, last| Reply::Survey { entries, last });
                replies.into_iter().map(Ok).collect()
            }
            Finish::Cookie => one(Some(Reply::Cookie(gathered.cookie))),
            Finish::KeySequence => match gathered.sequence {
                Some(sequence) => one(Some(Reply::KeySequence(sequence))),
                None => vec![Err(Failure::NotSupported)],
            },
            Finish::Country => one(Some(Reply::Country(gathered.country.unwrap_or(*b"00")))),
            Finish::Signal => one(Some(Reply::Signal(signal(&gathered)))),
        }
    }

    fn link_info(&self, ifindex: u32, gathered: &Gathered) -> Option<LinkInfo> {
        let interface = gathered.interfaces.first()?;
        let link = self.links.get(&ifindex)?;
        let master = link.master.and_then(|master| self.links.get(&master)).filter(|master| master.bridge);
        let attachment = self.attached.get(&ifindex);
        let bssid = match interface.kind {
            InterfaceType::Station | InterfaceType::P2pClient => gathered.stations.first().map(|(info, _)| info.addr),
            InterfaceType::AccessPoint | InterfaceType::P2pGroupOwner => Some(link.addr),
            InterfaceType::AccessPointVlan
            | InterfaceType::P2pDevice
            | InterfaceType::Monitor
            | InterfaceType::MeshPoint
            | InterfaceType::AdHoc
            | InterfaceType::NanDevice
            | InterfaceType::FourAddressPort
            | InterfaceType::Wired
            | InterfaceType::Other => None,
        };
        Some(LinkInfo {
            up: link.up,
            addr: link.addr,
            bssid,
            ssid: interface.ssid,
            channel: interface.channel,
            bridge: master.map(|master| master.name.clone()),
            joined_bridge: attachment.is_some_and(Attachment::joined_bridge),
            made_bridge: self.made_bridge(ifindex, master),
            country: gathered.country,
            ipv4: {
                let holder = link.master.filter(|_| master.is_some()).unwrap_or(ifindex);
                gathered.addresses.iter().find(|(of, _)| *of == holder).map(|(_, address)| *address)
            },
        })
    }
}

fn signal(gathered: &Gathered) -> SignalInfo {
    let channel = gathered.interfaces.first().and_then(|interface| interface.channel);
    let in_use = gathered.survey.iter().find(|entry| entry.in_use);
    let mut info = SignalInfo {
        noise: in_use.and_then(|entry| entry.noise).map(i32::from),
        freq: channel.map_or(0, |channel| channel.freq),
        center1: channel.map_or(0, |channel| channel.center1),
        center2: channel.map_or(0, |channel| channel.center2),
        width: channel.map_or(ChannelWidth::NoHt20, |channel| channel.width),
        ..SignalInfo::default()
    };
    if let Some((station, average)) = gathered.stations.first() {
        info.signal = i32::from(station.signal);
        info.average = i32::from(*average);
        info.beacon_average = i32::from(station.beacon_signal);
        info.tx_rate = station.tx_rate;
    }
    info
}
