//! The table: who may ask for what, about which kind of interface, and while it does what.

use ipc_proto::{Condition, Handle, InterfaceType, Request, Role};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Either role; the kind of the interface says the rest, since a role has only interfaces of kinds that it may
    /// have.
    Both,
    /// Stations alone.
    Station,
}

/// About which interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// About none, or about one by its name.
    Nothing,
    /// One that the client has.
    One(Handle),
    /// One that the client made.
    Made(Handle),
    /// Two that the client has.
    Two(Handle, Handle),
}

/// Kinds of interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

const fn bit(kind: InterfaceType) -> u16 {
    match kind {
        InterfaceType::Station => 1,
        InterfaceType::AccessPoint => 1 << 1,
        InterfaceType::AccessPointVlan => 1 << 2,
        InterfaceType::P2pClient => 1 << 3,
        InterfaceType::P2pGroupOwner => 1 << 4,
        InterfaceType::P2pDevice => 1 << 5,
        InterfaceType::Monitor => 1 << 6,
        InterfaceType::MeshPoint => 1 << 7,
        InterfaceType::AdHoc => 1 << 8,
        InterfaceType::NanDevice => 1 << 9,
        InterfaceType::FourAddressPort => 1 << 10,
        InterfaceType::Wired => 1 << 11,
        InterfaceType::Other => 1 << 12,
    }
}

impl Kinds {
    const ANY: Kinds = Kinds(u16::MAX);
    /// Stations of an access point.
    const STATIONS: Kinds = Kinds(bit(InterfaceType::Station) | bit(InterfaceType::P2pClient));
    /// What beacons for stations.
    const ACCESS_POINTS: Kinds = Kinds(bit(InterfaceType::AccessPoint) | bit(InterfaceType::P2pGroupOwner));
    /// Peers without an access point.
    const PEERS: Kinds = Kinds(bit(InterfaceType::MeshPoint) | bit(InterfaceType::AdHoc));
    /// Parts of an access point.
    const PORTS: Kinds = Kinds(bit(InterfaceType::AccessPointVlan) | bit(InterfaceType::FourAddressPort));
    /// What has no network interface.
    const DEVICES: Kinds = Kinds(bit(InterfaceType::P2pDevice) | bit(InterfaceType::NanDevice));
    const WIRED: Kinds = Kinds(bit(InterfaceType::Wired));
    const MESH: Kinds = Kinds(bit(InterfaceType::MeshPoint));
    /// What has a radio link of its own.
    const RADIO: Kinds = Kinds::STATIONS.and(Kinds::ACCESS_POINTS).and(Kinds::PEERS);

    const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    const fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }

    /// Is this one of them?
    pub(crate) const fn has(self, kind: InterfaceType) -> bool {
        self.0 & bit(kind) != 0
    }
}

/// While the interface does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Whatever it does.
    Always,
    /// Nothing: it neither joins nor beacons.
    Idle,
    /// Nothing, or it beacons on other links.
    Apart,
    /// It joins or has joined; or beacons. Kinds that do neither: always.
    Active,
    /// It beacons. Kinds that do not: always.
    Beaconing,
}

impl When {
    /// Does it hold?
    pub(crate) const fn fits(self, kind: InterfaceType, condition: Condition) -> bool {
        let station = Kinds::STATIONS.has(kind);
        let access_point = Kinds::ACCESS_POINTS.has(kind);
        match (self, condition) {
            (When::Always, _)
            | (When::Idle | When::Apart, Condition::Idle)
            | (When::Apart, Condition::Beaconing)
            | (When::Active, Condition::Joining | Condition::Joined | Condition::Beaconing)
            | (When::Beaconing, Condition::Beaconing) => true,
            (When::Idle, Condition::Joining | Condition::Joined | Condition::CheckingRadar | Condition::Beaconing)
            | (When::Apart, Condition::Joining | Condition::Joined | Condition::CheckingRadar) => false,
            (When::Active, Condition::Idle | Condition::CheckingRadar) => !station && !access_point,
            (When::Beaconing, Condition::Idle | Condition::Joining | Condition::Joined | Condition::CheckingRadar) => {
                !access_point
            }
        }
    }
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) who: Who,
    pub(crate) on: On,
    pub(crate) kinds: Kinds,
    pub(crate) when: When,
}

/// The row of a request.
pub(crate) fn row(request: &Request) -> Row {
    use When::{Active, Always, Apart, Beaconing, Idle};
    let on = request.handle().map_or(On::Nothing, On::One);
    let both = |kinds: Kinds, when: When| Row { who: Who::Both, on, kinds, when };
    let station = |kinds: Kinds, when: When| Row { who: Who::Station, on, kinds, when };
    match request {
        Request::Interfaces
        | Request::Attach { .. }
        | Request::AttachLink { .. }
        | Request::SetCountry { .. }
        | Request::Country => both(Kinds::ANY, Always),
        Request::Detach { .. } | Request::LinkState { .. } => both(Kinds::ANY, Always),
        Request::Capabilities { .. } => both(Kinds::ANY.without(Kinds::WIRED), Always),
        Request::SetLinkUp { .. } | Request::SetOperState { .. } => {
            both(Kinds::ANY.without(Kinds::DEVICES).without(Kinds::WIRED), Always)
        }
        Request::SetInterfaceType { .. } => {
            both(Kinds::ANY.without(Kinds::DEVICES).without(Kinds::WIRED).without(Kinds::PORTS), Idle)
        }
        Request::SetMacAddress { .. } => both(Kinds::ANY.without(Kinds::DEVICES).without(Kinds::WIRED), Idle),
        Request::AddInterface { .. } => both(Kinds::ANY.without(Kinds::WIRED), Always),
        Request::RemoveInterface { handle } => Row { on: On::Made(*handle), ..both(Kinds::ANY, Always) },
        Request::SetBridge { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Always),
        Request::SetFourAddress { .. } => both(Kinds::STATIONS.and(Kinds::PORTS), Always),

        Request::TriggerScan { .. } | Request::AbortScan { .. } | Request::ScanResults { .. } => {
            both(Kinds::RADIO.and(Kinds::DEVICES), Always)
        }
        Request::StartSchedScan { .. } | Request::StopSchedScan { .. } => {
            station(Kinds::STATIONS.and(Kinds::PEERS).and(Kinds::DEVICES), Always)
        }

        Request::Authenticate { .. } | Request::Connect { .. } => station(Kinds::STATIONS, Always),
        Request::Associate { .. } => station(Kinds::STATIONS, Active),
        Request::Deauthenticate { .. }
        | Request::Disassociate { .. }
        | Request::Disconnect { .. }
        | Request::AddPmksa { .. }
        | Request::RemovePmksa { .. }
        | Request::FlushPmksa { .. }
        | Request::UpdateFtElements { .. }
        | Request::SetPowerSave { .. }
        | Request::MonitorSignal { .. }
        | Request::SignalPoll { .. } => station(Kinds::STATIONS, Always),
        Request::SetRekeyData { .. } | Request::TdlsFrame { .. } | Request::TdlsOperation { .. } => {
            station(Kinds::STATIONS, Active)
        }

        Request::AddKey { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Active),
        // What takes away is always in order: it may have been on its way.
        Request::DeleteKey { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Always),
        Request::KeySequence { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Always),

        Request::RegisterFrame { .. }
        | Request::TransmitFrame { .. }
        | Request::CancelTransmit { .. }
        | Request::RemainOnChannel { .. }
        | Request::CancelRemainOnChannel { .. } => both(Kinds::RADIO.and(Kinds::DEVICES), Always),

        Request::SendEapol { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Active),
        Request::SendPreauth { .. } | Request::ReceivePreauth { .. } => {
            both(Kinds::STATIONS.and(Kinds::ACCESS_POINTS), Always)
        }

        Request::StartAp { ap, .. } => both(Kinds::ACCESS_POINTS, if ap.link.is_some() { Apart } else { Idle }),
        Request::UpdateBeacon { .. } | Request::SwitchChannel { .. } | Request::ProbeStation { .. } => {
            both(Kinds::ACCESS_POINTS, Beaconing)
        }
        Request::StopAp { .. } => both(Kinds::ACCESS_POINTS, Always),
        Request::SetBssOptions { .. } | Request::SetChannel { .. } => {
            both(Kinds::ACCESS_POINTS.and(Kinds::PEERS), Always)
        }
        Request::AddStation { .. } | Request::ChangeStation { .. } => {
            both(Kinds::ACCESS_POINTS.and(Kinds::PEERS), Beaconing)
        }
        Request::RemoveStation { .. } => both(Kinds::ACCESS_POINTS.and(Kinds::PEERS), Always),
        Request::SetStationFlags { .. } => both(Kinds::RADIO, Active),
        Request::Stations { .. } => both(Kinds::RADIO.and(Kinds::PORTS), Always),
        Request::SetStationVlan { handle, vlan, .. } => {
            Row { on: On::Two(*handle, *vlan), ..both(Kinds::ACCESS_POINTS, Beaconing) }
        }
        Request::SetTxQueue { .. } | Request::SetRtsThreshold { .. } | Request::SetFragThreshold { .. } => {
            both(Kinds::ACCESS_POINTS.and(Kinds::MESH), Always)
        }
        Request::Survey { .. } => both(Kinds::RADIO, Always),
        Request::ExternalAuth { .. } => both(Kinds::STATIONS.and(Kinds::ACCESS_POINTS), Active),
        Request::StartCac { link, .. } => {
            both(Kinds::ACCESS_POINTS.and(Kinds::MESH), if link.is_some() { Apart } else { Idle })
        }
        Request::SetPmk { .. } => station(Kinds::STATIONS, Active),
        Request::DeletePmk { .. } => station(Kinds::STATIONS, Always),
        Request::SendEther { .. } => both(Kinds::WIRED, Always),
        Request::Test(_) => both(Kinds::ANY, Always),
    }
}

/// Kinds that each role's interfaces have without a line of its grant.
pub(crate) const fn own_kind(role: Role) -> InterfaceType {
    match role {
        Role::Station => InterfaceType::Station,
        Role::AccessPoint => InterfaceType::AccessPoint,
    }
}
