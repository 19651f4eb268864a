//! The global socket: interfaces come and go.

use conf::station::StationConfig;
use crypto::Rng;
use ctrl::station::InterfaceAdd;
use ctrl::{GlobalStationCommand, ParseError, Subscriber, reply};
use daemon::Output;
use ipc_proto::post::ClientId;
use ipc_proto::{Failure, InterfaceInfo, Reply, Request};
use wire::Instant;

use super::{Answer, interface_bytes, interface_command};
use crate::interface::{Interface, Origin};
use crate::machine::{Making, Supplicant, make_interface};
use crate::outbox::{Cx, FileJob, Purpose};

pub(super) fn command(
    machine: &mut Supplicant,
    client: ClientId,
    bytes: &[u8],
    now: Instant,
    rng: &mut dyn Rng,
) -> Answer {
    use GlobalStationCommand as G;
    let command = match GlobalStationCommand::parse(bytes) {
        Ok(command) => command,
        Err(error) => {
            return Answer::text(match error {
                ParseError::Unknown => reply::UNKNOWN_COMMAND,
                ParseError::Invalid => reply::FAIL,
            });
        }
    };
    match command {
        G::Interface { ifname, command } => match machine.interface_named(&ifname) {
            Some(key) => interface_bytes(machine, key, client, &command, now, rng),
            None => Answer::text("FAIL-NO-IFNAME-MATCH\n"),
        },
        G::FirstInterface(command) => {
            let first = machine.interfaces.keys().next().copied();
            match first {
                Some(key) => interface_command(machine, key, client, command, now, rng),
                None => Answer::fail(),
            }
        }
        G::Ping => Answer::text(reply::PONG),
        G::Attach { probe_requests } => {
            machine.out.global_clients.insert(client, Subscriber { probe_requests, ..Subscriber::default() });
            listener_came(machine, now, rng);
            Answer::ok()
        }
        G::Detach => Answer::of(machine.out.global_clients.remove(&client).is_some()),
        G::Level(level) => match machine.out.global_clients.get_mut(&client) {
            Some(subscriber) => {
                subscriber.level = level;
                Answer::ok()
            }
            None => Answer::fail(),
        },
        G::InterfaceAdd(add) => interface_add(machine, client, add, now, rng),
        G::InterfaceRemove(ifname) => interface_remove(machine, &ifname, now, rng),
        G::InterfaceList => ask_for_interfaces(machine, client),
        G::Interfaces { ctrl } => interfaces(machine, ctrl),
        G::Status => {
            let mut text = String::new();
            for interface in machine.interfaces.values() {
                text.push_str(&format!("ifname={}\naddress={}\n", interface.ifname(), interface.iface.addr));
            }
            Answer::text(text)
        }
        G::SaveConfig => save_all(machine, now, rng),
        G::DupNetwork { from_ifname, to_ifname, from, to, field } => {
            let source = machine
                .interface_named(&from_ifname)
                .and_then(|key| machine.interfaces.get(&key))
                .and_then(|interface| interface.network(from))
                .map(|network| network.duplicate(to));
            let Some(source) = source else { return Answer::fail() };
            let Some(key) = machine.interface_named(&to_ifname) else { return Answer::fail() };
            match machine.interfaces.get_mut(&key) {
                Some(interface) => super::networks::copy_field(&source, interface, to, &field),
                None => Answer::fail(),
            }
        }
        G::Suspend => Answer::ok(),
        G::Resume => {
            let mut cx = Cx { now, rng, out: &mut machine.out };
            for interface in machine.interfaces.values_mut() {
                interface.drive(&mut cx, sta::Engine::look_now);
            }
            Answer::ok()
        }
        G::Terminate => {
            machine.out.terminate = true;
            Answer::ok()
        }
        G::Relog => {
            machine.out.push(Output::ReopenLog);
            Answer::ok()
        }
        G::Note(text) => {
            tracing::info!("note: {}", text.escape_debug());
            Answer::ok()
        }
    }
}

/// `-W`: the first listener lets everything begin.
pub(super) fn listener_came(machine: &mut Supplicant, now: Instant, rng: &mut dyn Rng) {
    if !std::mem::replace(&mut machine.daemon.waits, false) {
        return;
    }
    let keys: Vec<u32> = machine.interfaces.keys().copied().collect();
    for key in keys {
        machine.begin(key, now, rng);
    }
}

fn save_all(machine: &mut Supplicant, now: Instant, rng: &mut dyn Rng) -> Answer {
    let cx = Cx { now, rng, out: &mut machine.out };
    let mut saved = false;
    for interface in machine.interfaces.values_mut() {
        let Some(path) = interface.origin.config_path.clone() else { continue };
        if interface.config().globals.update_config() && cx.out.post_up {
            let text = interface.config().to_text();
            let path = std::path::absolute(&path).map_or(path, |path| path.to_string_lossy().into_owned());
            cx.out.write_file((interface.key, FileJob::Save(None)), path, text);
            saved = true;
        }
    }
    Answer::of(saved)
}

pub(super) fn interfaces(machine: &Supplicant, ctrl: bool) -> Answer {
    let mut text = String::new();
    for interface in machine.interfaces.values() {
        text.push_str(interface.ifname());
        if ctrl && let Some(control) = interface.config().globals.get(b"ctrl_interface") {
            text.push_str(&format!(" ctrl_iface={}", String::from_utf8_lossy(&control)));
        }
        text.push('\n');
    }
    Answer::text(text)
}

/// Interfaces that could be added: `privd` knows them.
pub(super) fn ask_for_interfaces(machine: &mut Supplicant, client: ClientId) -> Answer {
    if !machine.out.privd_up {
        return Answer::fail();
    }
    // It is about no interface: its answer finds its way by the client.
    machine.out.request(0, Purpose::InterfaceList(client), Request::Interfaces);
    Answer::Later
}

/// `privd`'s answer, as the original writes it: driver, name, description.
pub(crate) fn interface_list(result: Result<Reply, Failure>) -> Vec<u8> {
    match result {
        Ok(Reply::Interfaces(list)) => {
            let line = |info: &InterfaceInfo| format!("nl80211\t{}\t{}\n", info.ifname, info.addr);
            list.iter().map(line).collect::<String>().into_bytes()
        }
        Ok(_) | Err(_) => reply::FAIL.to_vec(),
    }
}

fn interface_add(
    machine: &mut Supplicant,
    client: ClientId,
    add: InterfaceAdd,
    now: Instant,
    rng: &mut dyn Rng,
) -> Answer {
    if machine.interface_named(&add.ifname).is_some() || add.ifname.contains('/') || add.ifname.len() > 15 {
        return Answer::fail();
    }
    if add.driver.as_ref().is_some_and(|driver| !crate::options::is_nl80211(driver)) {
        tracing::warn!("{}: only the driver nl80211 is supported", add.ifname);
        return Answer::fail();
    }
    if let Some(path) = add.config.clone() {
        // The file is read on the client's behalf: only what it could read itself, unless the path was named at start.
        machine.out.read_file((0, FileJob::AddInterface(client)), path);
        machine.daemon.adding.insert(client, add);
        return Answer::Later;
    }
    finish_add(machine, client, add, StationConfig::default(), now, rng)
}

/// The file of an interface to add was read, or not.
pub(crate) fn interface_file(
    machine: &mut Supplicant,
    client: ClientId,
    result: Result<Vec<u8>, String>,
    now: Instant,
    rng: &mut dyn Rng,
) {
    let Some(add) = machine.daemon.adding.remove(&client) else { return };
    let path = add.config.clone().unwrap_or_default();
    let parsed = result
        .map_err(|why| format!("{path}: {why}"))
        .and_then(|contents| StationConfig::parse(&path, &contents).map_err(|rejected| rejected.to_string()));
    let answer = match parsed {
        Ok((config, notices)) => {
            for notice in notices {
                tracing::warn!("{notice}");
            }
            finish_add(machine, client, add, config, now, rng)
        }
        Err(why) => {
            tracing::error!("{}: {why}", add.ifname);
            Answer::fail()
        }
    };
    if let Answer::Text(text) = answer {
        machine.out.reply(client, text);
    }
}

fn finish_add(
    machine: &mut Supplicant,
    client: ClientId,
    add: InterfaceAdd,
    mut config: StationConfig,
    now: Instant,
    rng: &mut dyn Rng,
) -> Answer {
    let control = machine
        .daemon
        .override_ctrl
        .clone()
        .or_else(|| config.globals.control_directory().is_none().then(|| add.ctrl_interface.clone()).flatten());
    if let Some(control) = &control {
        config.globals.set_control_interface(control);
    }
    let origin = Origin {
        ifname: add.ifname.clone(),
        config_path: add.config.clone(),
        more_path: None,
        bridge: add.bridge.clone(),
        driver_param: add.driver_param.clone(),
        created: false,
    };
    if let Some(create) = add.create {
        if create.ap {
            return Answer::fail();
        }
        let making = Making { client, origin, config };
        return if make_interface(machine, making, create.address) { Answer::Later } else { Answer::fail() };
    }
    let key = machine.add_interface(origin, config);
    machine.open_socket(key);
    if add.bridge.is_some() && machine.out.privd_up && !machine.daemon.waits {
        machine.daemon.in_bridges.insert(key, client);
        machine.begin(key, now, rng);
        return Answer::Later;
    }
    machine.begin(key, now, rng);
    Answer::ok()
}

pub(crate) fn interface_remove(machine: &mut Supplicant, ifname: &str, now: Instant, rng: &mut dyn Rng) -> Answer {
    let Some(key) = machine.interface_named(ifname) else { return Answer::fail() };
    let Some(mut interface) = machine.interfaces.remove(&key) else { return Answer::fail() };
    let mut cx = Cx { now, rng, out: &mut machine.out };
    Interface::leave(&mut interface, &mut cx);
    interface.tell(&mut cx, &ctrl::StationEvent::Terminating);
    if let Some(socket) = interface.socket {
        machine.out.push(Output::CloseControl { socket });
    }
    Answer::ok()
}
