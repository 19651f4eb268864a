//! What an attached interface does, as far as the policy asks: changed by the requests that were accepted, before the
//! kernel has answered, and by what the kernel reports.

use std::collections::{BTreeMap, BTreeSet};

use ipc_proto::{Condition, LinkId, Request};
use policy::Usage;
use wire::MacAddr;

/// What an interface does.
#[derive(Debug)]
pub(super) struct Activity {
    condition: Condition,
    /// Of a station: its access point, where it is known.
    peer: Option<MacAddr>,
    /// Its network has keys.
    secured: bool,
    /// Peers for which the kernel has taken a pairwise key.
    keyed: BTreeSet<MacAddr>,
    /// Stations, and whether their port is open.
    stations: BTreeMap<MacAddr, bool>,
    pmksas: BTreeSet<(MacAddr, [u8; 16])>,
    /// Links on which it beacons, where it has several.
    links: BTreeSet<LinkId>,
}

impl Activity {
    pub(super) const fn new() -> Activity {
        Activity {
            condition: Condition::Idle,
            peer: None,
            secured: false,
            keyed: BTreeSet::new(),
            stations: BTreeMap::new(),
            pmksas: BTreeSet::new(),
            links: BTreeSet::new(),
        }
    }

    pub(super) const fn condition(&self) -> Condition {
        self.condition
    }

    pub(super) const fn peer(&self) -> Option<MacAddr> {
        self.peer
    }

    pub(super) const fn secured(&self) -> bool {
        self.secured
    }

    pub(super) fn has_key(&self, peer: MacAddr) -> bool {
        self.keyed.contains(&peer)
    }

    /// `registrations`: counted elsewhere.
    pub(super) fn usage(&self, registrations: usize) -> Usage {
        Usage {
            registrations,
            stations: self.stations.len(),
            unauthorized: self.stations.values().filter(|authorized| !**authorized).count(),
            pmksas: self.pmksas.len(),
        }
    }

    /// A request about this interface was accepted.
    #[allow(clippy::wildcard_enum_match_arm, reason = "most requests change nothing of this")]
    pub(super) fn accepted(&mut self, request: &Request) {
        match request {
            // Keys and the port are a multi-link device's, not one of its links'.
            Request::Authenticate { auth, .. } => {
                self.joining(Some(auth.mld.map_or(auth.bssid, |(_, device)| device)), false);
            }
            Request::Associate { assoc, .. } => {
                let peer = assoc.multi_link.as_ref().map_or(assoc.bssid, |device| device.addr);
                self.joining(Some(peer), assoc.security.is_some());
            }
            Request::Connect { connect, .. } => {
                // With the PSK or the password the driver does the handshake, and opens the port.
                let offloaded = connect.psk.is_some() || connect.sae_password.is_some();
                self.joining(connect.bssid, connect.security.is_some() && !offloaded);
            }
            Request::StartAp { ap, .. } => self.beacons(ap.link, !ap.akms.is_empty()),
            Request::StopAp { link, .. } => self.stopped(*link),
            // Beside links that beacon it is what they do.
            Request::StartCac { .. } if self.condition == Condition::Idle => {
                self.condition = Condition::CheckingRadar;
            }
            Request::SetStationFlags { addr, flags, .. } => self.flagged(*addr, flags.authorized),
            Request::ChangeStation { station, .. } => self.flagged(station.addr, station.flags.authorized),
            Request::AddPmksa { bssid, pmkid, .. } => {
                self.pmksas.insert((*bssid, *pmkid));
            }
            Request::RemovePmksa { bssid, pmkid, .. } => {
                self.pmksas.remove(&(*bssid, *pmkid));
            }
            Request::FlushPmksa { .. } => self.pmksas.clear(),
            _ => {}
        }
    }

    fn beacons(&mut self, link: Option<LinkId>, secured: bool) {
        if self.condition == Condition::Beaconing {
            // A further link. The port of a station is open on all of them.
            self.secured |= secured;
        } else {
            *self = Activity { condition: Condition::Beaconing, secured, ..Activity::new() };
        }
        self.links.extend(link);
    }

    /// The access point is stopped, or one of its links, which may be the last.
    pub(super) fn stopped(&mut self, link: Option<LinkId>) {
        if let Some(link) = link {
            self.links.remove(&link);
        }
        if link.is_none() || self.links.is_empty() {
            self.ended();
        }
    }

    /// The check for radar is over, whatever it found.
    pub(super) fn radar_checked(&mut self) {
        if self.condition == Condition::CheckingRadar {
            self.condition = Condition::Idle;
        }
    }

    fn joining(&mut self, peer: Option<MacAddr>, secured: bool) {
        // Still joined as to the frames of the one before; the keys of this association are to come.
        self.condition = Condition::Joining;
        self.peer = peer;
        self.secured = secured;
        self.keyed.clear();
    }

    fn flagged(&mut self, addr: MacAddr, authorized: Option<bool>) {
        if let (Some(station), Some(authorized)) = (self.stations.get_mut(&addr), authorized) {
            *station = authorized;
        }
    }

    /// The kernel reported a connection.
    pub(super) fn connected(&mut self, peer: Option<MacAddr>) {
        self.condition = Condition::Joined;
        if peer.is_some() && peer != self.peer {
            // The driver's own choice, or its roaming.
            self.keyed.clear();
            self.peer = peer;
        }
    }

    /// The kernel reported the end of the connection with this access point; another one may be under way.
    pub(super) fn left(&mut self, peer: Option<MacAddr>) {
        if peer.is_none() || self.peer.is_none() || peer == self.peer {
            self.ended();
        }
    }

    /// It neither joins nor beacons any more, and the kernel has forgotten its keys. Cached keys stay.
    pub(super) fn ended(&mut self) {
        let pmksas = std::mem::take(&mut self.pmksas);
        *self = Activity { pmksas, ..Activity::new() };
    }

    /// A station is about to be added; whether it is a new one.
    pub(super) fn station_comes(&mut self, addr: MacAddr) -> bool {
        self.keyed.remove(&addr);
        self.stations.insert(addr, false).is_none()
    }

    /// A station is gone, or was not added; all of them, if none is named.
    pub(super) fn station_gone(&mut self, addr: Option<MacAddr>) {
        match addr {
            Some(addr) => {
                self.stations.remove(&addr);
                self.keyed.remove(&addr);
            }
            None => {
                self.stations.clear();
                self.keyed.clear();
            }
        }
    }

    /// The kernel has taken a pairwise key.
    pub(super) fn key_taken(&mut self, peer: MacAddr) {
        self.keyed.insert(peer);
    }

    /// A pairwise key was deleted.
    pub(super) fn key_gone(&mut self, peer: MacAddr) {
        self.keyed.remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use ipc_proto::{ApParameters, AssociateParameters, AuthenticateParameters, StationFlags};
    use ipc_proto::{BeaconParameters, BssOptions, ChannelDefinition, Handle, LinkSecurity, MfpMode};
    use wire::{ReasonCode, Ssid};

    use super::*;

    const AP: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

    fn authenticate(bssid: MacAddr) -> Request {
        let auth = AuthenticateParameters {
            bssid,
            freq: 2412,
            ssid: Ssid::default(),
            algorithm: 0,
            data: Vec::new(),
            elements: Vec::new(),
            local_state_change: false,
            mld: None,
        };
        Request::Authenticate { handle: Handle(3), auth }
    }

    fn associate(bssid: MacAddr, secured: bool) -> Request {
        let assoc = AssociateParameters {
            bssid,
            freq: 2412,
            ssid: Ssid::default(),
            elements: Vec::new(),
            prev_bssid: None,
            security: secured.then_some(LinkSecurity {
                rsn: true,
                pairwise: 0x000f_ac04,
                group: 0x000f_ac04,
                akm: 0x000f_ac02,
            }),
            mfp: MfpMode::No,
            control_port: true,
            disable_ht: false,
            disable_vht: false,
            multi_link: None,
        };
        Request::Associate { handle: Handle(3), assoc }
    }

    fn start(akms: Vec<u32>) -> Request {
        let ap = ApParameters {
            ssid: Ssid::default(),
            hidden_ssid: 0,
            beacon_interval: 100,
            dtim_period: 2,
            channel: ChannelDefinition::legacy(2412),
            beacon: BeaconParameters::default(),
            privacy: false,
            wpa_versions: 0,
            akms,
            pairwise: Vec::new(),
            group: None,
            inactivity_timeout: None,
            isolate: false,
            options: BssOptions::default(),
            link: None,
        };
        Request::StartAp { handle: Handle(3), ap }
    }

    #[test]
    fn a_station_joins_and_leaves() {
        let mut activity = Activity::new();
        activity.accepted(&authenticate(AP));
        assert_eq!((activity.condition(), activity.peer(), activity.secured()), (Condition::Joining, Some(AP), false));
        activity.accepted(&associate(AP, true));
        assert!(activity.secured() && !activity.has_key(AP));
        activity.connected(Some(AP));
        activity.key_taken(AP);
        assert_eq!(activity.condition(), Condition::Joined);
        assert!(activity.has_key(AP));
        activity.left(Some(AP));
        assert_eq!((activity.condition(), activity.peer()), (Condition::Idle, None));
        assert!(!activity.has_key(AP));
    }

    #[test]
    fn the_end_of_the_association_before_does_not_end_the_next_one() {
        let mut activity = Activity::new();
        activity.accepted(&authenticate(AP));
        activity.accepted(&authenticate(OTHER));
        activity.left(Some(AP));
        assert_eq!((activity.condition(), activity.peer()), (Condition::Joining, Some(OTHER)));
    }

    #[test]
    fn each_association_has_its_own_key() {
        let mut activity = Activity::new();
        activity.accepted(&associate(AP, true));
        activity.connected(Some(AP));
        activity.key_taken(AP);
        activity.accepted(&associate(AP, true));
        assert!(!activity.has_key(AP));
    }

    #[test]
    fn an_access_point_beacons_until_it_is_stopped() {
        let mut activity = Activity::new();
        activity.accepted(&start(vec![0x000f_ac02]));
        assert_eq!((activity.condition(), activity.secured()), (Condition::Beaconing, true));
        assert!(activity.station_comes(AP) && !activity.station_comes(AP) && activity.station_comes(OTHER));
        activity.key_taken(AP);
        let open = StationFlags { authorized: Some(true), ..StationFlags::default() };
        activity.accepted(&Request::SetStationFlags { handle: Handle(3), addr: AP, flags: open });
        assert_eq!((activity.usage(0).stations, activity.usage(0).unauthorized), (2, 1));
        activity.station_gone(Some(OTHER));
        assert_eq!((activity.usage(0).stations, activity.usage(0).unauthorized), (1, 0));
        activity.accepted(&Request::StopAp { handle: Handle(3), link: None });
        assert_eq!((activity.condition(), activity.usage(0).stations), (Condition::Idle, 0));
        activity.accepted(&start(Vec::new()));
        assert!(!activity.secured() && !activity.has_key(AP));
    }

    #[test]
    fn a_station_that_comes_again_needs_its_key_again() {
        let mut activity = Activity::new();
        activity.accepted(&start(vec![0x000f_ac02]));
        activity.station_comes(AP);
        activity.key_taken(AP);
        activity.station_comes(AP);
        assert!(!activity.has_key(AP));
    }

    #[test]
    fn cached_keys_are_counted_whatever_happens_to_the_connection() {
        let mut activity = Activity::new();
        for last in 0..3 {
            activity.accepted(&Request::AddPmksa { handle: Handle(3), bssid: AP, pmkid: [last; 16], pmk: None });
        }
        activity.accepted(&Request::RemovePmksa { handle: Handle(3), bssid: AP, pmkid: [1; 16] });
        activity.accepted(&Request::Disconnect { handle: Handle(3), reason: ReasonCode(3) });
        activity.left(None);
        assert_eq!(activity.usage(5), Usage { registrations: 5, stations: 0, unauthorized: 0, pmksas: 2 });
        activity.accepted(&Request::FlushPmksa { handle: Handle(3) });
        assert_eq!(activity.usage(0).pmksas, 0);
    }

    #[test]
    fn an_access_point_with_links_beacons_until_the_last_is_stopped() {
        let start = |link| {
            let mut request = start(vec![0x000f_ac08]);
            if let Request::StartAp { ap, .. } = &mut request {
                ap.link = link;
            }
            request
        };
        let stop = |link| Request::StopAp { handle: Handle(3), link };
        let mut activity = Activity::new();
        for link in [0, 1] {
            activity.accepted(&start(Some(LinkId(link))));
        }
        activity.accepted(&stop(Some(LinkId(0))));
        assert_eq!((activity.condition(), activity.secured()), (Condition::Beaconing, true));
        activity.accepted(&stop(Some(LinkId(1))));
        assert_eq!(activity.condition(), Condition::Idle);
        // Of all links at once.
        activity.accepted(&start(Some(LinkId(0))));
        activity.accepted(&stop(None));
        assert_eq!(activity.condition(), Condition::Idle);
    }

    #[test]
    fn a_channel_is_checked_for_radar_until_the_kernel_says_what_came_of_it() {
        let channel = ChannelDefinition::legacy(5500);
        let check = |link| Request::StartCac { handle: Handle(3), channel, link };
        let mut activity = Activity::new();
        activity.accepted(&check(None));
        assert_eq!(activity.condition(), Condition::CheckingRadar);
        activity.radar_checked();
        assert_eq!(activity.condition(), Condition::Idle);
        // Beside a link that beacons nothing changes, when it begins and when it ends.
        let mut beaconing = start(vec![0x000f_ac08]);
        if let Request::StartAp { ap, .. } = &mut beaconing {
            ap.link = Some(LinkId(0));
        }
        activity.accepted(&beaconing);
        activity.accepted(&check(Some(LinkId(1))));
        activity.radar_checked();
        assert_eq!((activity.condition(), activity.secured()), (Condition::Beaconing, true));
    }
}
