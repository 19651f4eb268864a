use ipc_proto::{InterfaceType, Request, Role};

use crate::check;

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It has not said hello yet.
    Greeting,
    /// It has its role.
    Ready,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 2] = [Phase::Greeting, Phase::Ready];
}

/// What an interface is to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Nothing: it never had it.
    None,
    /// It attached it.
    Attached,
    /// It made it.
    Created,
    /// It had it; the interface is gone, or was given back. A request that was on its way when that happened is no
    /// crime.
    Lost,
}

impl Grant {
    /// Every grant.
    pub const ALL: [Grant; 4] = [Grant::None, Grant::Attached, Grant::Created, Grant::Lost];
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is carried out.
    Allowed,
    /// It is refused ([`ipc_proto::Failure::Denied`]).
    Denied,
    /// A field is out of range: which ([`ipc_proto::Failure::Invalid`]).
    Invalid(&'static str),
    /// No honest client sends it here: the connection ends.
    Violation,
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Both,
    Station,
    AccessPoint,
    /// Nobody, as yet.
    Nobody,
}

/// About which interface.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    /// About none, or about one by its name.
    Nothing,
    /// One that the client has.
    Granted(u32),
    /// One that the client made.
    Created(u32),
    /// Two that the client has.
    Two(u32, u32),
}

/// The types of interface that a role may have.
const fn may_be(role: Role, kind: InterfaceType, new: bool) -> bool {
    match kind {
        InterfaceType::Station => matches!(role, Role::Station) || !new,
        InterfaceType::AccessPoint => matches!(role, Role::AccessPoint),
        InterfaceType::AccessPointVlan => matches!(role, Role::AccessPoint) && new,
        InterfaceType::P2pClient
        | InterfaceType::P2pGroupOwner
        | InterfaceType::P2pDevice
        | InterfaceType::Monitor
        | InterfaceType::MeshPoint
        | InterfaceType::AdHoc
        | InterfaceType::Other => false,
    }
}

const fn who_for_type(role: Role, kind: InterfaceType, new: bool) -> Who {
    if may_be(role, kind, new) { Who::Both } else { Who::Nobody }
}

/// The table: who may ask for what, about which interface.
fn row(role: Role, request: &Request) -> (Who, On) {
    let granted = request.ifindex().map_or(On::Nothing, On::Granted);
    match request {
        Request::Interfaces | Request::Attach { .. } | Request::SetCountry { .. } | Request::Country => {
            (Who::Both, On::Nothing)
        }
        Request::Detach { .. }
        | Request::Capabilities { .. }
        | Request::LinkState { .. }
        | Request::SetLinkUp { .. }
        | Request::SetOperState { .. }
        | Request::SetMacAddress { .. }
        | Request::SetFourAddress { .. }
        | Request::TriggerScan { .. }
        | Request::AbortScan { .. }
        | Request::ScanResults { .. }
        | Request::AddKey { .. }
        | Request::DeleteKey { .. }
        | Request::KeySequence { .. }
        | Request::RegisterFrame { .. }
        | Request::TransmitFrame { .. }
        | Request::CancelTransmit { .. }
        | Request::RemainOnChannel { .. }
        | Request::CancelRemainOnChannel { .. }
        | Request::SendEapol { .. }
        | Request::SendPreauth { .. }
        | Request::ReceivePreauth { .. }
        | Request::SetStationFlags { .. }
        | Request::Stations { .. }
        | Request::Survey { .. }
        | Request::Test(_) => (Who::Both, granted),
        Request::SetInterfaceType { kind, .. } => (who_for_type(role, *kind, false), granted),
        Request::AddInterface { kind, .. } => (who_for_type(role, *kind, true), granted),
        Request::RemoveInterface { ifindex } => (Who::Both, On::Created(*ifindex)),
        Request::StartSchedScan { .. }
        | Request::StopSchedScan { .. }
        | Request::Authenticate { .. }
        | Request::Associate { .. }
        | Request::Connect { .. }
        | Request::Deauthenticate { .. }
        | Request::Disassociate { .. }
        | Request::Disconnect { .. }
        | Request::AddPmksa { .. }
        | Request::RemovePmksa { .. }
        | Request::FlushPmksa { .. }
        | Request::SetRekeyData { .. }
        | Request::UpdateFtElements { .. }
        | Request::SetPowerSave { .. }
        | Request::MonitorSignal { .. }
        | Request::SignalPoll { .. }
        | Request::TdlsFrame { .. }
        | Request::TdlsOperation { .. } => (Who::Station, granted),
        Request::SetBridge { .. }
        | Request::StartAp { .. }
        | Request::UpdateBeacon { .. }
        | Request::StopAp { .. }
        | Request::SwitchChannel { .. }
        | Request::SetBssOptions { .. }
        | Request::SetChannel { .. }
        | Request::AddStation { .. }
        | Request::ChangeStation { .. }
        | Request::RemoveStation { .. }
        | Request::ProbeStation { .. }
        | Request::SetTxQueue { .. }
        | Request::SetRtsThreshold { .. }
        | Request::SetFragThreshold { .. } => (Who::AccessPoint, granted),
        Request::SetStationVlan { ifindex, vlan, .. } => (Who::AccessPoint, On::Two(*ifindex, *vlan)),
    }
}

/// Judges a request. `grant` says what an interface, by its kernel index, is to the client.
///
/// Out of phase, or about an interface that was never the client's: a violation, since no honest client does that.
/// Not for this role: denied. Everything else is allowed if its fields are in range.
pub fn authorize(role: Role, phase: Phase, grant: impl Fn(u32) -> Grant, request: &Request) -> Verdict {
    match phase {
        Phase::Greeting => return Verdict::Violation,
        Phase::Ready => {}
    }
    let (who, on) = row(role, request);
    let interfaces = match on {
        On::Nothing => [None, None],
        On::Granted(ifindex) | On::Created(ifindex) => [Some(grant(ifindex)), None],
        On::Two(one, other) => [Some(grant(one)), Some(grant(other))],
    };
    if interfaces.contains(&Some(Grant::None)) {
        return Verdict::Violation;
    }
    let may = match who {
        Who::Both => true,
        Who::Station => role == Role::Station,
        Who::AccessPoint => role == Role::AccessPoint,
        Who::Nobody => false,
    };
    let lost = interfaces.contains(&Some(Grant::Lost));
    let not_its_own = matches!(on, On::Created(_)) && interfaces.contains(&Some(Grant::Attached));
    if !may || lost || not_its_own {
        return Verdict::Denied;
    }
    match check::fields(request) {
        Ok(()) => Verdict::Allowed,
        Err(field) => Verdict::Invalid(field),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
