//! Networks: LIST_NETWORKS and everything that changes them, and the commands that join and leave.

use conf::Change;
use conf::param::Effect;
use conf::station::{Network, NetworkId};
use ctrl::LogLevel;
use ctrl::reply::{self, Escaped, Lines};
use ctrl::station::{FreqRange, IgnoreCommand, Which};
use wire::{Instant, MacAddr};

use super::Answer;
use crate::interface::Interface;
use crate::outbox::Cx;

pub(super) fn list(interface: &Interface, now: Instant, after: Option<u32>) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::LIST_NETWORKS_HEAD);
    let current = interface.engine.target().map(|target| target.network).or(interface.serving.network());
    for network in interface.config().networks.iter().filter(|network| after.is_none_or(|last| network.id() > last)) {
        let bssid = network.bssid().map_or_else(|| "any".to_owned(), |bssid| bssid.to_string());
        lines.text(format!(
            "{}\t{}\t{bssid}\t{}\n",
            network.id(),
            Escaped(network.ssid().unwrap_or_default().as_bytes()),
            reply::network_flags(
                current == Some(network.id()),
                network.is_disabled(),
                interface.engine.is_left_alone(network.id(), now),
                network.is_persistent_group(),
            )
        ));
    }
    Answer::text(lines.into_bytes())
}

pub(super) fn add(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    let id = interface.add_network();
    interface.say(cx, LogLevel::Info, format!("CTRL-EVENT-NETWORK-ADDED {id}"));
    Answer::text(format!("{id}\n"))
}

fn forget(interface: &mut Interface, cx: &mut Cx<'_>, id: NetworkId) -> bool {
    interface.drive(cx, |engine, cx| engine.remove_profile(cx, id));
    let gone = interface.change(|config| config.remove_network(id)).is_some();
    if gone {
        interface.say(cx, LogLevel::Info, format!("CTRL-EVENT-NETWORK-REMOVED {id}"));
    }
    gone
}

pub(super) fn remove(interface: &mut Interface, cx: &mut Cx<'_>, which: Which) -> Answer {
    match which {
        Which::Id(id) => {
            if !forget(interface, cx, id) {
                return Answer::fail();
            }
        }
        Which::All => {
            let ids: Vec<NetworkId> = interface.config().networks.iter().map(Network::id).collect();
            for id in ids {
                forget(interface, cx, id);
            }
            interface.drive(cx, sta::Engine::give_back);
        }
    }
    interface.drive(cx, sta::Engine::networks_lost);
    Answer::ok()
}

pub(super) fn set(interface: &mut Interface, cx: &mut Cx<'_>, id: NetworkId, field: &str, value: &[u8]) -> Answer {
    match interface.change_network(id, |network| network.set(field.as_bytes(), value)) {
        None => Answer::fail(),
        Some(Ok(Change::Same)) => Answer::ok(),
        Some(Ok(Change::Changed)) => {
            changed(interface, cx, id, Network::on_change(field.as_bytes()));
            Answer::ok()
        }
        Some(Err(error)) => {
            // The value may be a secret: only the field is named.
            tracing::info!("{}: SET_NETWORK {id} {}: {error}", interface.ifname(), field.escape_debug());
            Answer::fail()
        }
    }
}

/// A field of a network has another value.
fn changed(interface: &mut Interface, cx: &mut Cx<'_>, id: NetworkId, effect: Effect) {
    match effect {
        Effect::Keys | Effect::Secrets => interface.drive(cx, |engine, _| {
            engine.secrets_changed(Some(id));
            if effect == Effect::Secrets {
                engine.forgive_silently(id);
            }
            engine.forget_keys(id);
        }),
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

pub(super) fn get(interface: &Interface, id: NetworkId, field: &str) -> Answer {
    interface.network(id).and_then(|network| network.get(field.as_bytes())).map_or_else(Answer::fail, Answer::text)
}

pub(super) fn duplicate(interface: &mut Interface, from: NetworkId, to: NetworkId, field: &str) -> Answer {
    let Some(source) = interface.network(from) else { return Answer::fail() };
    let copy = source.duplicate(to);
    copy_field(&copy, interface, to, field)
}

/// Copies one field, secrets too.
pub(super) fn copy_field(source: &Network, interface: &mut Interface, to: NetworkId, field: &str) -> Answer {
    let copied = interface.change_network(to, |network| network.copy(source, field.as_bytes())).flatten();
    interface.engine.secrets_changed(Some(to));
    Answer::of(copied.is_some())
}

/// Says why a network that a client wants cannot be joined.
fn say_missing(interface: &Interface, id: NetworkId) {
    if let Some(missing) = interface.network(id).and_then(Network::missing) {
        tracing::warn!("{}: network {id} cannot be joined: {missing}", interface.ifname());
    }
}

pub(super) fn select(interface: &mut Interface, cx: &mut Cx<'_>, which: Which, freqs: &[FreqRange]) -> Answer {
    let only = match which {
        Which::Id(id) if interface.network(id).is_none_or(Network::is_persistent_group) => return Answer::fail(),
        Which::Id(id) => Some(id),
        Which::All => None,
    };
    if let Some(id) = only {
        say_missing(interface, id);
    }
    interface.change(|config| {
        for network in &mut config.networks {
            let chosen = only.is_none_or(|id| network.id() == id);
            network.set_disabled(!chosen);
        }
    });
    let freqs: Vec<sta::FreqRange> = freqs.iter().map(super::bss::range).collect();
    interface.drive(cx, |engine, cx| engine.network_selected(cx, only, &freqs));
    Answer::ok()
}

/// The networks that a command names; none if it names one that cannot be used so.
fn named(interface: &Interface, which: Which) -> Option<Vec<NetworkId>> {
    match which {
        Which::Id(id) if interface.network(id).is_none_or(Network::is_persistent_group) => None,
        Which::Id(id) => Some(vec![id]),
        Which::All => Some(interface.config().networks.iter().map(Network::id).collect()),
    }
}

pub(super) fn enable(interface: &mut Interface, cx: &mut Cx<'_>, which: Which, no_connect: bool) -> Answer {
    let Some(ids) = named(interface, which) else { return Answer::fail() };
    for id in ids {
        interface.change_network(id, |network| network.set_disabled(false));
        interface.drive(cx, |engine, _| engine.forgive(id, true));
        say_missing(interface, id);
    }
    if !no_connect {
        interface.drive(cx, sta::Engine::networks_enabled);
    }
    Answer::ok()
}

pub(super) fn disable(interface: &mut Interface, cx: &mut Cx<'_>, which: Which) -> Answer {
    let Some(ids) = named(interface, which) else { return Answer::fail() };
    for id in ids {
        interface.change_network(id, |network| network.set_disabled(true));
        interface.drive(cx, |engine, cx| engine.leave_network(cx, id));
    }
    interface.drive(cx, sta::Engine::networks_lost);
    Answer::ok()
}

pub(super) fn bssid(interface: &mut Interface, id: NetworkId, bssid: MacAddr) -> Answer {
    let set = interface.change_network(id, |network| network.set_bssid((!bssid.is_zero()).then_some(bssid)));
    Answer::of(set.is_some())
}

pub(super) fn bssid_ignore(interface: &mut Interface, now: Instant, command: IgnoreCommand) -> Answer {
    match command {
        IgnoreCommand::List => {
            let text: String = interface.engine.ignored(now).map(|bssid| format!("{bssid}\n")).collect();
            return Answer::text(text);
        }
        IgnoreCommand::Clear => interface.engine.ignore_nothing(),
        IgnoreCommand::Add(bssid) => interface.engine.ignore(bssid, now),
    }
    Answer::ok()
}

pub(super) fn reassociate(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    if interface.is_unusable() {
        return Answer::fail();
    }
    interface.serving.try_anew();
    interface.drive(cx, sta::Engine::reassociate);
    Answer::ok()
}

pub(super) fn reattach(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    Answer::of(interface.drive(cx, sta::Engine::reattach))
}

pub(super) fn reconnect(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    if interface.is_unusable() {
        return Answer::fail();
    }
    interface.serving.try_anew();
    interface.drive(cx, sta::Engine::reconnect);
    Answer::ok()
}

pub(super) fn disconnect(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    interface.drive(cx, sta::Engine::disconnect);
    Answer::ok()
}

pub(super) fn response(interface: &mut Interface, cx: &mut Cx<'_>, field: &str, id: NetworkId, value: &[u8]) -> Answer {
    if field != "PSK_PASSPHRASE" {
        return Answer::fail();
    }
    // A key in hex and a quoted passphrase are taken as they are; what else comes is a passphrase.
    let as_is = value.starts_with(b"\"") || (value.len() == 64 && conf::text::hex(value).is_some());
    let quoted = if as_is { value.to_vec() } else { [b"\"".as_slice(), value, b"\""].concat() };
    let answer = set(interface, cx, id, "psk", &quoted);
    if answer == Answer::ok() {
        // Answers of a user are for this time only.
        interface.change_network(id, |network| network.set(b"mem_only_psk", b"1").is_ok());
        interface.drive(cx, |engine, cx| {
            engine.forgive(id, false);
            engine.connect_or_scan(cx);
        });
    }
    answer
}

pub(super) fn list_creds(interface: &Interface) -> Answer {
    let mut lines = Lines::new(reply::STATION_LIMIT);
    lines.text(reply::LIST_CREDS_HEAD);
    for cred in &interface.config().creds {
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

pub(super) fn remove_cred(interface: &mut Interface, which: &str) -> Answer {
    if which == "all" {
        interface.change(|config| config.creds.clear());
        return Answer::ok();
    }
    let Ok(id) = which.parse::<u32>() else { return Answer::fail() };
    Answer::of(interface.change(|config| {
        let before = config.creds.len();
        config.creds.retain(|cred| cred.id != id);
        config.creds.len() < before
    }))
}
