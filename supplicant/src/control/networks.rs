//! Networks: LIST_NETWORKS and everything that changes them, and the commands that join and leave.

use std::time::Duration;

use conf::Change;
use conf::param::Effect;
use conf::station::{Network, NetworkId};
use ctrl::LogLevel;
use ctrl::reply::{self, Escaped, Lines};
use ctrl::station::{FreqRange, IgnoreCommand, Which};
use wire::{Instant, MacAddr, ReasonCode};

use super::Answer;
use crate::outbox::Cx;
use crate::station::{Station, WpaState};

pub(super) fn list(station: &Station, now: Instant, after: Option<u32>) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::LIST_NETWORKS_HEAD);
    let current = station.link.target().map(|target| target.network);
    for network in station.config.networks.iter().filter(|network| after.is_none_or(|last| network.id() > last)) {
        let bssid = network.bssid().map_or_else(|| "any".to_owned(), |bssid| bssid.to_string());
        lines.text(format!(
            "{}\t{}\t{bssid}\t{}\n",
            network.id(),
            Escaped(network.ssid().unwrap_or_default().as_bytes()),
            reply::network_flags(
                current == Some(network.id()),
                network.is_disabled(),
                station.is_temp_disabled(network.id(), now),
                network.is_persistent_group(),
            )
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn add(station: &mut Station, cx: &mut Cx<'_>) -> Answer {
    let id = station.config.add_network().id();
    station.say(cx, LogLevel::Info, format!("CTRL-EVENT-NETWORK-ADDED {id}"));
    Answer::text(format!("{id}\n"))
}

fn is_current(station: &Station, id: NetworkId) -> bool {
    station.link.target().is_some_and(|target| target.network == id)
}

fn forget(station: &mut Station, cx: &mut Cx<'_>, id: NetworkId) -> bool {
    if is_current(station, id) {
        station.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
    }
    station.forget_pmksa(cx, |entry| entry.network == id);
    station.memory.remove(&id);
    let gone = station.config.remove_network(id).is_some();
    if gone {
        station.say(cx, LogLevel::Info, format!("CTRL-EVENT-NETWORK-REMOVED {id}"));
    }
    gone
}

pub(super) fn remove(station: &mut Station, cx: &mut Cx<'_>, which: Which) -> Answer {
    match which {
        Which::Id(id) => {
            if !forget(station, cx, id) {
                return Answer::fail();
            }
        }
        Which::All => {
            let ids: Vec<NetworkId> = station.config.networks.iter().map(Network::id).collect();
            for id in ids {
                forget(station, cx, id);
            }
            station.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
        }
    }
    go_on(station, cx);
    Answer::ok()
}

/// After a network was taken away: look for another, or rest.
fn go_on(station: &mut Station, cx: &mut Cx<'_>) {
    if station.enabled_networks().next().is_none() {
        station.scan.cancel_next();
    }
    if !matches!(station.link, crate::station::link::Link::Idle) || station.disconnected {
        return;
    }
    if station.enabled_networks().next().is_some() {
        station.look_for_networks(cx, Duration::ZERO);
    } else if station.is_ready() && !station.scan.is_running() && station.state != WpaState::Disconnected {
        station.set_state(cx, WpaState::Inactive);
    }
}

pub(super) fn set(station: &mut Station, cx: &mut Cx<'_>, id: NetworkId, field: &str, value: &[u8]) -> Answer {
    let Some(network) = station.config.network_mut(id) else { return Answer::fail() };
    match network.set(field.as_bytes(), value) {
        Ok(Change::Same) => Answer::ok(),
        Ok(Change::Changed) => {
            changed(station, cx, id, Network::on_change(field.as_bytes()));
            Answer::ok()
        }
        Err(error) => {
            // The value may be a secret: only the field is named.
            tracing::info!("{}: SET_NETWORK {id} {}: {error}", station.ifname(), field.escape_debug());
            Answer::fail()
        }
    }
}

/// A field of a network has another value.
fn changed(station: &mut Station, cx: &mut Cx<'_>, id: NetworkId, effect: Effect) {
    match effect {
        Effect::Keys | Effect::Secrets => {
            if let Some(memory) = station.memory.get_mut(&id) {
                memory.forget_keys();
                if effect == Effect::Secrets {
                    memory.disabled_until = None;
                    memory.failures = 0;
                }
            }
            station.forget_pmksa(cx, |entry| entry.network == id);
        }
        Effect::Nothing
        | Effect::Next
        | Effect::Country
        | Effect::AtOnce
        | Effect::List
        | Effect::Sockets
        | Effect::Reload
        | Effect::Start => {}
    }
}

pub(super) fn get(station: &Station, id: NetworkId, field: &str) -> Answer {
    station.network(id).and_then(|network| network.get(field.as_bytes())).map_or_else(Answer::fail, Answer::text)
}

pub(super) fn duplicate(station: &mut Station, from: NetworkId, to: NetworkId, field: &str) -> Answer {
    let Some(source) = station.network(from) else { return Answer::fail() };
    let copy = source.duplicate(to);
    copy_field(&copy, station, to, field)
}

/// Copies one field, secrets too.
pub(super) fn copy_field(source: &Network, station: &mut Station, to: NetworkId, field: &str) -> Answer {
    let copied = station.config.network_mut(to).and_then(|network| network.copy(source, field.as_bytes()));
    if let Some(memory) = station.memory.get_mut(&to) {
        memory.forget_keys();
    }
    Answer::of(copied.is_some())
}

pub(super) fn select(station: &mut Station, cx: &mut Cx<'_>, which: Which, freqs: &[FreqRange]) -> Answer {
    if let Which::Id(id) = which {
        let Some(network) = station.network(id) else { return Answer::fail() };
        if network.is_persistent_group() {
            return Answer::fail();
        }
        if let Some(missing) = network.missing() {
            tracing::warn!("{}: network {id} cannot be joined: {missing}", station.ifname());
        }
    }
    station.scan.freqs_once = station.expand(freqs);
    for network in &mut station.config.networks {
        let chosen = match which {
            Which::Id(id) => network.id() == id,
            Which::All => true,
        };
        network.set_disabled(!chosen);
    }
    station.disconnected = false;
    let mut stays = false;
    if let Which::Id(id) = which {
        station.forgive(cx, id, true);
        if let Some(current) = station.link.target().map(|target| target.network) {
            if current == id {
                stays = true;
            } else {
                station.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
            }
        }
    } else {
        stays = station.link.target().is_some();
    }
    if !stays {
        station.connect_or_scan(cx);
    }
    Answer::ok()
}

pub(super) fn enable(station: &mut Station, cx: &mut Cx<'_>, which: Which, no_connect: bool) -> Answer {
    let ids: Vec<NetworkId> = match which {
        Which::Id(id) => {
            if station.network(id).is_none_or(Network::is_persistent_group) {
                return Answer::fail();
            }
            vec![id]
        }
        Which::All => station.config.networks.iter().map(Network::id).collect(),
    };
    for id in ids {
        if let Some(network) = station.config.network_mut(id) {
            network.set_disabled(false);
        }
        station.forgive(cx, id, true);
        if let Some(missing) = station.network(id).and_then(Network::missing) {
            tracing::warn!("{}: network {id} cannot be joined: {missing}", station.ifname());
        }
    }
    if !no_connect
        && !station.disconnected
        && station.runtime.sta_autoconnect
        && matches!(station.link, crate::station::link::Link::Idle)
    {
        station.connect_or_scan(cx);
    }
    Answer::ok()
}

pub(super) fn disable(station: &mut Station, cx: &mut Cx<'_>, which: Which) -> Answer {
    let ids: Vec<NetworkId> = match which {
        Which::Id(id) => {
            if station.network(id).is_none_or(Network::is_persistent_group) {
                return Answer::fail();
            }
            vec![id]
        }
        Which::All => station.config.networks.iter().map(Network::id).collect(),
    };
    for id in ids {
        if let Some(network) = station.config.network_mut(id) {
            network.set_disabled(true);
        }
        if is_current(station, id) {
            station.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
        }
    }
    go_on(station, cx);
    Answer::ok()
}

pub(super) fn bssid(station: &mut Station, cx: &mut Cx<'_>, id: NetworkId, bssid: MacAddr) -> Answer {
    let _ = cx;
    match station.config.network_mut(id) {
        Some(network) => {
            network.set_bssid((!bssid.is_zero()).then_some(bssid));
            Answer::ok()
        }
        None => Answer::fail(),
    }
}

pub(super) fn bssid_ignore(station: &mut Station, now: Instant, command: IgnoreCommand) -> Answer {
    match command {
        IgnoreCommand::List => {
            let text: String = station.ignore.iter(now).map(|bssid| format!("{bssid}\n")).collect();
            Answer::text(text)
        }
        IgnoreCommand::Clear => {
            station.ignore.clear();
            Answer::ok()
        }
        IgnoreCommand::Add(bssid) => {
            station.ignore.add(bssid, now);
            station.ignore.add(bssid, now);
            Answer::ok()
        }
    }
}

pub(super) fn reassociate(station: &mut Station, cx: &mut Cx<'_>) -> Answer {
    if station.is_unusable() {
        return Answer::fail();
    }
    station.disconnected = false;
    let present = station.link.target().map(|target| (target.network, target.bssid));
    station.scan.restart();
    if station.link.is_completed()
        && let Some((network, bssid)) = present
    {
        if let Some(candidate) = station.select(cx) {
            station.connect(cx, candidate);
        } else if !station.reconnect_to(cx, network, bssid) {
            station.look_for_networks(cx, Duration::ZERO);
        }
    } else if present.is_none() {
        station.connect_or_scan(cx);
    }
    Answer::ok()
}

pub(super) fn reattach(station: &mut Station, cx: &mut Cx<'_>) -> Answer {
    let Some((network, bssid)) = station.link.target().map(|target| (target.network, target.bssid)) else {
        return Answer::fail();
    };
    station.disconnected = false;
    if !station.reconnect_to(cx, network, bssid) {
        station.look_for_networks(cx, Duration::ZERO);
    }
    Answer::ok()
}

pub(super) fn reconnect(station: &mut Station, cx: &mut Cx<'_>) -> Answer {
    if station.is_unusable() {
        return Answer::fail();
    }
    let was = station.disconnected;
    station.disconnected = false;
    if was || matches!(station.link, crate::station::link::Link::Idle) {
        station.connect_or_scan(cx);
    }
    Answer::ok()
}

pub(super) fn disconnect(station: &mut Station, cx: &mut Cx<'_>) -> Answer {
    station.disconnected = true;
    station.scan.cancel_next();
    station.wish = None;
    station.disconnect(cx, ReasonCode::DEAUTH_LEAVING);
    if station.is_ready() && !station.scan.is_running() {
        station.set_state(cx, WpaState::Disconnected);
    }
    Answer::ok()
}

pub(super) fn response(station: &mut Station, cx: &mut Cx<'_>, field: &str, id: NetworkId, value: &[u8]) -> Answer {
    if field != "PSK_PASSPHRASE" {
        return Answer::fail();
    }
    // A key in hex and a quoted passphrase are taken as they are; what else comes is a passphrase.
    let as_is = value.starts_with(b"\"") || (value.len() == 64 && conf::text::hex(value).is_some());
    let quoted = if as_is { value.to_vec() } else { [b"\"".as_slice(), value, b"\""].concat() };
    let answer = set(station, cx, id, "psk", &quoted);
    if answer == Answer::ok() {
        if let Some(network) = station.config.network_mut(id) {
            // Answers of a user are for this time only.
            let _ = network.set(b"mem_only_psk", b"1");
        }
        station.forgive(cx, id, false);
        station.connect_or_scan(cx);
    }
    answer
}

pub(super) fn list_creds(station: &Station) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::LIST_CREDS_HEAD);
    for cred in &station.config.creds {
        let field = |name: &[u8]| String::from_utf8_lossy(&cred.get(name).unwrap_or_default()).into_owned();
        lines.text(format!(
            "{}\t{}\t{}\t{}\t{}\n",
            cred.id,
            field(b"realm"),
            field(b"username"),
            field(b"domain"),
            field(b"imsi")
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn remove_cred(station: &mut Station, which: &str) -> Answer {
    if which == "all" {
        station.config.creds.clear();
        return Answer::ok();
    }
    let Ok(id) = which.parse::<u32>() else { return Answer::fail() };
    let before = station.config.creds.len();
    station.config.creds.retain(|cred| cred.id != id);
    Answer::of(station.config.creds.len() < before)
}
