//! Commands about the stations of a network that is served.

use ap::Listed;
use ctrl::ApCommand;
use ctrl::ap::{AclCommand, Kick};
use ctrl::reply::{self, Lines, STATION_LIMIT};
use ipc_proto::post::ClientId;
use ipc_proto::{Failure, Reply, Request};
use wire::{MacAddr, ReasonCode};

use super::Answer;
use crate::interface::Interface;
use crate::outbox::{Cx, Purpose};

/// Why stations are sent away where a command does not say.
const USUAL_REASON: ReasonCode = ReasonCode::PREV_AUTH_NOT_VALID;

pub(super) fn first(interface: &Interface, cx: &mut Cx<'_>, client: ClientId) -> Answer {
    let Some(bss) = interface.serving.bss() else { return Answer::fail() };
    let first = bss.stations().next().map(ap::Station::addr);
    show(interface, cx, client, first)
}

pub(super) fn next(interface: &Interface, cx: &mut Cx<'_>, client: ClientId, addr: MacAddr) -> Answer {
    let known = interface.serving.bss().filter(|bss| bss.station(addr).is_some());
    let Some(bss) = known else { return Answer::fail() };
    let next = bss.stations_after(addr).next().map(ap::Station::addr);
    show(interface, cx, client, next)
}

/// The kernel's figures come first; the answer is put together when they are there. Where a list has ended, it is empty.
pub(super) fn show(interface: &Interface, cx: &mut Cx<'_>, client: ClientId, addr: Option<MacAddr>) -> Answer {
    let Some(bss) = interface.serving.bss() else { return Answer::fail() };
    let Some(addr) = addr else { return Answer::text("") };
    if bss.station(addr).is_none() || !cx.out.privd_up {
        return Answer::fail();
    }
    interface.request(cx, Purpose::Station(client, addr), |handle| Request::Stations { handle, addr: Some(addr) });
    Answer::Later
}

/// The answer to one of them.
pub(crate) fn shown(
    interface: &Interface,
    cx: &mut Cx<'_>,
    client: ClientId,
    addr: MacAddr,
    result: Result<Reply, Failure>,
) {
    let known = if let Ok(Reply::Stations { entries, .. }) = result { entries.into_iter().next() } else { None };
    let station = interface.serving.bss().and_then(|bss| bss.station(addr));
    let text = station.map_or_else(
        || reply::FAIL.to_vec(),
        |station| daemon::access_point::station(station, known.as_ref(), cx.now, STATION_LIMIT),
    );
    cx.out.reply(client, text);
}

/// A command that only access points know; none: it is none of those that are served here.
pub(super) fn command(interface: &mut Interface, cx: &mut Cx<'_>, bytes: &[u8]) -> Option<Answer> {
    let word = bytes.split(|octet| *octet == b' ').next().unwrap_or_default();
    let ours: [&[u8]; 6] =
        [b"DEAUTHENTICATE", b"DISASSOCIATE", b"CHAN_SWITCH", b"UPDATE_BEACON", b"ACCEPT_ACL", b"DENY_ACL"];
    if !ours.contains(&word) {
        return None;
    }
    #[allow(clippy::wildcard_enum_match_arm, reason = "the words above are all that get here")]
    let done = match ApCommand::parse(bytes) {
        Ok(ApCommand::AcceptAcl(command)) => return Some(list(interface, cx, &command, true)),
        Ok(ApCommand::DenyAcl(command)) => return Some(list(interface, cx, &command, false)),
        Ok(ApCommand::Deauthenticate(kick)) => send_away(interface, cx, &kick, true),
        Ok(ApCommand::Disassociate(kick)) => send_away(interface, cx, &kick, false),
        Ok(ApCommand::UpdateBeacon) => interface.update_beacon(cx),
        Ok(_) | Err(_) => false,
    };
    Some(Answer::of(done))
}

/// `ACCEPT_ACL` and `DENY_ACL`.
fn list(interface: &mut Interface, cx: &mut Cx<'_>, command: &AclCommand, accept: bool) -> Answer {
    let done = match *command {
        AclCommand::Show => {
            let mut lines = Lines::new(STATION_LIMIT);
            for addr in interface.listed(accept) {
                lines.text(format!("{addr} VLAN_ID=0\n"));
            }
            return Answer::text(lines.into_bytes());
        }
        AclCommand::Add { addr, vlan } => interface.list(cx, accept, |list| {
            list.retain(|known| known.addr != addr);
            list.push(Listed { addr, vlan });
        }),
        AclCommand::Remove(addr) => interface.list(cx, accept, |list| list.retain(|known| known.addr != addr)),
        AclCommand::Clear => interface.list(cx, accept, Vec::clear),
    };
    Answer::of(done)
}

fn send_away(interface: &mut Interface, cx: &mut Cx<'_>, kick: &Kick, deauthenticate: bool) -> bool {
    let reason = kick.reason.map_or(USUAL_REASON, ReasonCode);
    let now = cx.now;
    interface.with_bss(cx, |bss| {
        let addrs: Vec<MacAddr> =
            if kick.addr.is_broadcast() { bss.stations().map(ap::Station::addr).collect() } else { vec![kick.addr] };
        for addr in addrs {
            match (kick.silent, deauthenticate) {
                (true, _) => bss.forget(addr, now),
                (false, true) => bss.deauthenticate(addr, reason, now),
                (false, false) => bss.disassociate(addr, Some(reason), now),
            }
        }
        true
    })
}
