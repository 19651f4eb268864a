//! The judgement: from a request, what the client's interfaces are and do, and its grant to a verdict.

use ipc_proto::{Condition, Handle, InterfaceType, Request, Role};
use wire::MacAddr;

use crate::grant::{Grant, Lacking};
use crate::table::{On, Row, Who, own_kind, row};
use crate::{caps, check, frames};

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

/// Whose an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// Not the client's: it never had it.
    None,
    /// The client attached it.
    Attached,
    /// The client made it.
    Made,
    /// The client had it; the interface is gone, or was given back. A request that was on its way when that happened
    /// is no crime.
    Lost,
}

impl Hold {
    /// Every one.
    pub const ALL: [Hold; 4] = [Hold::None, Hold::Attached, Hold::Made, Hold::Lost];
}

/// What an interface is and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub hold: Hold,
    /// Its type by now.
    pub kind: InterfaceType,
    /// What it does. Changed by the requests that were accepted, and by what the kernel reports.
    pub condition: Condition,
    /// Its address.
    pub addr: MacAddr,
    /// The address that it was made with, where it is known.
    pub permanent: Option<MacAddr>,
    /// Of a station: the access point that it joins or has joined, where it is known.
    pub peer: Option<MacAddr>,
    /// Its network has keys.
    pub secured: bool,
    /// What it uses up.
    pub usage: Usage,
}

impl Standing {
    /// Of an interface that is not the client's.
    pub const NONE: Standing = Standing {
        hold: Hold::None,
        kind: InterfaceType::Other,
        condition: Condition::Idle,
        addr: MacAddr::ZERO,
        permanent: None,
        peer: None,
        secured: false,
        usage: Usage { registrations: 0, stations: 0, unauthorized: 0, pmksas: 0 },
    };
}

/// What an interface uses up of what is limited (see [`caps`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Usage {
    /// Frame registrations.
    pub registrations: usize,
    /// Stations.
    pub stations: usize,
    /// Of these, stations whose port is closed.
    pub unauthorized: usize,
    /// Entries of the driver's key cache.
    pub pmksas: usize,
}

/// A bridge, as a client's request finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    /// There is none of that name.
    Absent,
    /// It was there before, or belongs to others.
    Foreign,
    /// The client's interfaces had it made.
    Made,
}

/// What is known when a request is judged.
pub trait World {
    /// What an interface is to the client.
    fn standing(&self, handle: Handle) -> Standing;
    /// The client's interfaces by name, and whether it made them.
    fn interfaces(&self) -> Vec<(String, bool)>;
    /// What a bridge is to the client.
    fn bridge(&self, name: &str) -> Bridge;
    /// Names of the bridges that the client's interfaces had made.
    fn bridges_made(&self) -> Vec<String>;
    /// The superuser has named this interface or bridge since the daemon was started.
    fn is_witnessed(&self, name: &str) -> bool;
    /// The kernel has taken a pairwise key for this peer since it came, and has it still.
    fn has_key(&self, handle: Handle, peer: MacAddr) -> bool;
}

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Allowed,
    /// This role never does that, or not with such an interface ([`ipc_proto::Failure::Denied`]).
    Denied,
    /// Not while the interface does what it does ([`ipc_proto::Failure::OutOfCondition`]).
    OutOfCondition(Condition),
    /// The grant lacks a line ([`ipc_proto::Failure::NotGranted`]).
    NotGranted(Lacking),
    /// There is no more of it ([`ipc_proto::Failure::Full`]).
    Full(&'static str),
    /// A field is out of range: which ([`ipc_proto::Failure::Invalid`]).
    Invalid(&'static str),
    /// No honest client sends it here: the connection ends.
    Violation,
}

/// Judges a request.
///
/// Out of phase, or about an interface that was never the client's: a violation, since no honest client does that.
/// Everything else that is not allowed is refused, and says why.
pub fn authorize(role: Role, phase: Phase, grant: &Grant, world: &impl World, request: &Request) -> Verdict {
    match phase {
        Phase::Greeting => return Verdict::Violation,
        Phase::Ready => {}
    }
    let row = row(request);
    let (first, second) = match row.on {
        On::Nothing => (None, None),
        On::One(handle) | On::Made(handle) => (Some(world.standing(handle)), None),
        On::Two(one, other) => (Some(world.standing(one)), Some(world.standing(other))),
    };
    let holds = [first, second].map(|standing| standing.map(|standing| standing.hold));
    if holds.contains(&Some(Hold::None)) {
        return Verdict::Violation;
    }
    let not_its_own = matches!(row.on, On::Made(_)) && holds.contains(&Some(Hold::Attached));
    if !row.who.may(role) || holds.contains(&Some(Hold::Lost)) || not_its_own {
        return Verdict::Denied;
    }
    if let Err(field) = check::fields(request) {
        return Verdict::Invalid(field);
    }
    if let Some(standing) = &first
        && let Err(verdict) = in_condition(&row, standing)
    {
        return verdict;
    }
    if second.is_some_and(|vlan| !matches!(vlan.kind, InterfaceType::AccessPointVlan | InterfaceType::FourAddressPort))
    {
        return Verdict::Denied;
    }
    if let Err(lacking) = granted(role, grant, world, request) {
        return Verdict::NotGranted(lacking);
    }
    if let Some(standing) = &first
        && let Err(verdict) = particulars(grant, world, standing, request)
    {
        return verdict;
    }
    Verdict::Allowed
}

impl Who {
    const fn may(self, role: Role) -> bool {
        match self {
            Who::Both => true,
            Who::Station => matches!(role, Role::Station),
        }
    }
}

/// Is the interface of a kind, and does it do what the request needs?
fn in_condition(row: &Row, standing: &Standing) -> Result<(), Verdict> {
    if !row.kinds.has(standing.kind) {
        return Err(Verdict::Denied);
    }
    if row.when.fits(standing.kind, standing.condition) {
        Ok(())
    } else {
        Err(Verdict::OutOfCondition(standing.condition))
    }
}

/// Does the grant have what the request needs of it?
fn granted(role: Role, grant: &Grant, world: &impl World, request: &Request) -> Result<(), Lacking> {
    let names = |made: bool| -> Vec<String> {
        let interfaces = world.interfaces().into_iter().filter(|(_, is_made)| *is_made == made);
        interfaces.map(|(name, _)| name).collect()
    };
    if let Request::Attach { ifname } = request {
        if world.is_witnessed(ifname) {
            return Ok(());
        }
        return grant.attaches(ifname, names(false).iter().map(String::as_str));
    }
    if let Request::AttachLink { ifname, ethertypes } = request {
        return grant.attaches_link(ifname, ethertypes, names(false).iter().map(String::as_str));
    }
    if let Request::AddInterface { ifname, kind, addr, .. } = request {
        // What he names may be made as what the role is for; of another kind only as the grant says.
        let witnessed = *kind == own_kind(role) && world.is_witnessed(ifname);
        if !witnessed {
            grant.makes(*kind, ifname, names(true).iter().map(String::as_str))?;
        }
        return addr.map_or(Ok(()), |addr| grant.chooses_address(addr));
    }
    if let Request::SetMacAddress { handle, addr } = request {
        let own = world.standing(*handle).permanent == Some(*addr);
        return if own { Ok(()) } else { grant.chooses_address(*addr) };
    }
    if let Request::SetInterfaceType { handle, kind } = request {
        // What a client made is of its kind already, and may be of none that the grant does not name.
        return if world.standing(*handle).kind == *kind { Ok(()) } else { grant.turns(*kind) };
    }
    if let Request::SetBridge { bridge: Some(name), .. } = request {
        if world.is_witnessed(name) {
            return Ok(());
        }
        let made = world.bridges_made();
        let exists = world.bridge(name) == Bridge::Foreign;
        return grant.bridges(name, exists, made.iter().map(String::as_str));
    }
    if let Request::SetCountry { .. } = request {
        return grant.sets_country();
    }
    debug_assert!(role == grant.role, "a client is judged by another's grant");
    Ok(())
}

/// The port that a request opens: of which interface, to whom.
fn opens(request: &Request) -> Option<(Handle, MacAddr)> {
    let (handle, addr, flags) = if let Request::SetStationFlags { handle, addr, flags } = request {
        (handle, addr, flags)
    } else if let Request::AddStation { handle, station } | Request::ChangeStation { handle, station } = request {
        (handle, &station.addr, &station.flags)
    } else {
        return None;
    };
    (flags.authorized == Some(true)).then_some((*handle, *addr))
}

/// What a few requests have to do with the state of their interface.
fn particulars(grant: &Grant, world: &impl World, standing: &Standing, request: &Request) -> Result<(), Verdict> {
    let cap =
        |used: usize, most: usize, what: &'static str| if used < most { Ok(()) } else { Err(Verdict::Full(what)) };
    let is_station = matches!(standing.kind, InterfaceType::Station | InterfaceType::P2pClient);
    if let Request::TransmitFrame { transmit, .. } = request {
        return frames::judge(standing, grant.random_address, &transmit.frame).map_err(Verdict::Invalid);
    }
    if let Request::SendEapol { dest, .. } = request
        && is_station
        && standing.peer.is_some_and(|peer| peer != *dest)
    {
        return Err(Verdict::Invalid("receiver of an EAPOL frame"));
    }
    if let Some((handle, addr)) = opens(request) {
        if is_station && standing.peer.is_some_and(|peer| peer != addr) {
            return Err(Verdict::Invalid("peer"));
        }
        if standing.secured && !world.has_key(handle, addr) {
            return Err(Verdict::Invalid("a port that opens without a key"));
        }
    }
    if let Request::RegisterFrame { .. } = request {
        return cap(standing.usage.registrations, caps::REGISTRATIONS, "frame registrations");
    }
    if let Request::AddStation { .. } = request {
        cap(standing.usage.unauthorized, caps::STATIONS_UNAUTHORIZED, "stations that are not authorized")?;
        return cap(standing.usage.stations, caps::STATIONS, "stations");
    }
    if let Request::AddPmksa { .. } = request {
        return cap(standing.usage.pmksas, caps::PMKSAS, "cached keys");
    }
    if let Request::AddInterface { .. } = request {
        return cap(world.interfaces().len(), usize::from(caps::INTERFACES), "interfaces");
    }
    if let Request::SetBridge { bridge: Some(name), .. } = request
        && world.bridge(name) == Bridge::Absent
    {
        return cap(world.bridges_made().len(), caps::BRIDGES, "bridges");
    }
    Ok(())
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
