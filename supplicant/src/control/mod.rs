//! The control sockets: from a datagram to an answer.

mod bss;
mod capability;
mod global;
mod networks;
pub(crate) mod settings;
mod stations;
mod status;

use crypto::Rng;
use ctrl::station::{RadioWork, TestCommand};
use ctrl::{ParseError, StationCommand, StationEvent, Subscriber, reply};
use daemon::Output;
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{ChannelDefinition, ChannelWidth, Request};
use wire::Instant;

use crate::interface::Interface;
use crate::machine::Supplicant;
use crate::outbox::Cx;

pub(crate) use bss::flags;
pub(crate) use global::{interface_file, interface_list, interface_remove};
pub(crate) use settings::{reconfigure, reconfigured, saved};
pub(crate) use stations::shown as station_shown;
pub(crate) use status::{packet_count, signal, status_with_address};

/// What a command comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This.
    Text(Vec<u8>),
    /// It is sent when an answer from elsewhere has come.
    Later,
}

impl Answer {
    pub(crate) fn ok() -> Answer {
        Answer::Text(reply::OK.to_vec())
    }

    pub(crate) fn fail() -> Answer {
        Answer::Text(reply::FAIL.to_vec())
    }

    pub(crate) fn of(done: bool) -> Answer {
        if done { Answer::ok() } else { Answer::fail() }
    }

    pub(crate) fn unknown() -> Answer {
        Answer::Text(reply::UNKNOWN_COMMAND.to_vec())
    }

    pub(crate) fn text(text: impl Into<Vec<u8>>) -> Answer {
        Answer::Text(text.into())
    }
}

/// A datagram came on one of our sockets.
pub(crate) fn command(
    machine: &mut Supplicant,
    socket: SocketId,
    client: ClientId,
    bytes: &[u8],
    now: Instant,
    rng: &mut dyn Rng,
) {
    let answer = if machine.daemon.global_socket == Some(socket) {
        global::command(machine, client, bytes, now, rng)
    } else {
        let found = machine.interfaces.iter().find(|(_, interface)| interface.socket == Some(socket));
        let Some(key) = found.map(|(key, _)| *key) else { return };
        interface_bytes(machine, key, client, bytes, now, rng)
    };
    if let Answer::Text(text) = answer {
        machine.out.reply(client, text);
    }
}

/// A command for an interface, as text.
fn interface_bytes(
    machine: &mut Supplicant,
    key: u32,
    client: ClientId,
    bytes: &[u8],
    now: Instant,
    rng: &mut dyn Rng,
) -> Answer {
    match StationCommand::parse(bytes) {
        Ok(command) => {
            trace_command(machine.interfaces.get(&key).map_or("", Interface::ifname), bytes);
            interface_command(machine, key, client, command, now, rng)
        }
        Err(error) => {
            if error == ParseError::Unknown {
                let mut cx = Cx { now, rng, out: &mut machine.out };
                let interface = machine.interfaces.get_mut(&key);
                if let Some(answer) = interface.and_then(|interface| stations::command(interface, &mut cx, bytes)) {
                    return answer;
                }
                tracing::debug!("control: a command that is not known");
            }
            Answer::text(error.reply())
        }
    }
}

/// Names a command in the log; its arguments may hold secrets.
fn trace_command(ifname: &str, bytes: &[u8]) {
    let word: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte > b' ').take(40).collect();
    tracing::debug!("{ifname}: control: {}", String::from_utf8_lossy(&word));
}

/// A command for an interface.
pub(crate) fn interface_command(
    machine: &mut Supplicant,
    key: u32,
    client: ClientId,
    command: StationCommand,
    now: Instant,
    rng: &mut dyn Rng,
) -> Answer {
    if let StationCommand::Interfaces { ctrl } = command {
        return global::interfaces(machine, ctrl);
    }
    if let StationCommand::InterfaceList = command {
        return global::ask_for_interfaces(machine, client);
    }
    if let StationCommand::Terminate = command {
        machine.out.terminate = true;
        return Answer::ok();
    }
    if let StationCommand::Attach { probe_requests } = command {
        if let Some(interface) = machine.interfaces.get_mut(&key) {
            interface.clients.insert(client, Subscriber { probe_requests, ..Subscriber::default() });
        }
        global::listener_came(machine, now, rng);
        return Answer::ok();
    }
    let mut cx = Cx { now, rng, out: &mut machine.out };
    match machine.interfaces.get_mut(&key) {
        Some(interface) => run(interface, &mut cx, client, command),
        None => Answer::fail(),
    }
}

#[allow(clippy::too_many_lines, reason = "one line for each command")]
fn run(interface: &mut Interface, cx: &mut Cx<'_>, client: ClientId, command: StationCommand) -> Answer {
    use StationCommand as C;
    match command {
        C::Ping => Answer::text(reply::PONG),
        // The first four are none of one interface; the others are for what is not there yet.
        C::Attach { .. }
        | C::Interfaces { .. }
        | C::InterfaceList
        | C::Terminate
        | C::Reauthenticate
        | C::Preauth(_)
        | C::FtDs(_)
        | C::Driver(_)
        | C::DropSa
        | C::MloStatus
        | C::MloSignalPoll
        | C::MacRandScan(_)
        | C::GetPrefFreqList(_)
        | C::NewRandomMacAddress => Answer::fail(),
        // There is nothing to do for these.
        C::Logon | C::Logoff | C::Autoscan(_) | C::Suspend => Answer::ok(),
        C::Detach => Answer::of(interface.clients.remove(&client).is_some()),
        C::Level(level) => match interface.clients.get_mut(&client) {
            Some(subscriber) => {
                subscriber.level = level;
                Answer::ok()
            }
            None => Answer::fail(),
        },
        C::Ifname => Answer::text(interface.ifname()),
        C::Relog => {
            cx.out.push(Output::ReopenLog);
            Answer::ok()
        }
        C::Note(text) => {
            tracing::info!("note: {}", text.escape_debug());
            Answer::ok()
        }
        C::Mib => status::mib(interface),
        C::Status(kind) => status::status(interface, cx, client, kind),
        C::Pmksa => status::pmksa(interface, cx.now),
        C::PmksaFlush => {
            interface.drive(cx, |engine, _| engine.forget_all_keys());
            interface.with_bss(cx, |bss| {
                bss.flush_pmksa();
                true
            });
            Answer::ok()
        }
        C::PmksaGet(id) => status::pmksa_get(interface, id, cx.now),
        C::PmksaAdd(entry) => status::pmksa_add(interface, cx, entry),
        C::Set { name, value } => settings::set(interface, cx, &name, value.as_bytes()),
        C::Get(name) => settings::get(interface, &name),
        C::Dump => Answer::text(interface.config().globals.dump()),
        C::Reassociate => networks::reassociate(interface, cx),
        C::Reattach => networks::reattach(interface, cx),
        C::Reconnect => networks::reconnect(interface, cx),
        C::Disconnect => networks::disconnect(interface, cx),
        C::Reconfigure => reconfigure(interface, cx, Some(client)),
        C::SaveConfig => settings::save(interface, cx, client),
        C::Bssid { id, bssid } => networks::bssid(interface, id, bssid),
        C::BssidIgnore(command) => networks::bssid_ignore(interface, cx.now, command),
        C::LogLevel { level, timestamp } => settings::log_level(cx, level, timestamp),
        C::ListNetworks { after } => networks::list(interface, cx.now, after),
        C::Scan(scan) => bss::scan(interface, cx, scan),
        C::ScanResults => bss::scan_results(interface),
        C::AbortScan => Answer::of(interface.drive(cx, |engine, _| engine.abort_scan())),
        C::SelectNetwork { which, frequencies } => networks::select(interface, cx, which, &frequencies),
        C::EnableNetwork { which, no_connect } => networks::enable(interface, cx, which, no_connect),
        C::DisableNetwork(which) => networks::disable(interface, cx, which),
        C::AddNetwork => networks::add(interface, cx),
        C::RemoveNetwork(which) => networks::remove(interface, cx, which),
        C::SetNetwork { id, field, value } => networks::set(interface, cx, id, &field, value.as_bytes()),
        C::GetNetwork { id, field } => networks::get(interface, id, &field),
        C::DupNetwork { from, to, field } => networks::duplicate(interface, from, to, &field),
        C::ListCreds => networks::list_creds(interface),
        C::AddCred => {
            let id = interface.change(conf::station::StationConfig::add_cred);
            Answer::text(format!("{id}\n"))
        }
        C::RemoveCred(which) => networks::remove_cred(interface, &which),
        C::SetCred { id, field, value } => {
            let (field, value) = (field.as_bytes(), value.as_bytes());
            Answer::of(
                interface.change(|config| config.cred_mut(id).is_some_and(|cred| cred.set(field, value).is_ok())),
            )
        }
        C::GetCred { id, field } => interface
            .config()
            .cred(id)
            .and_then(|cred| cred.get(field.as_bytes()))
            .map_or_else(Answer::fail, Answer::text),
        C::GetCapability { field, .. } => capability::get(interface, &field),
        C::ApScan(value) => settings::set(interface, cx, "ap_scan", value.to_string().as_bytes()),
        C::ScanInterval(seconds) => {
            interface.change_runtime(|runtime| runtime.scan_interval = Some(seconds));
            Answer::ok()
        }
        C::Bss(query) => bss::bss(interface, cx.now, query),
        C::Roam(bssid) => Answer::of(interface.drive(cx, |engine, cx| engine.roam_to(cx, bssid))),
        C::StaAutoconnect(on) => {
            interface.change_runtime(|runtime| runtime.sta_autoconnect = on);
            Answer::ok()
        }
        C::BssExpireAge(seconds) => {
            let age = std::time::Duration::from_secs(seconds.into());
            interface.change_runtime(|runtime| runtime.expire_age = Some(age));
            Answer::ok()
        }
        C::BssExpireCount(scans) => {
            interface.change_runtime(|runtime| runtime.expire_count = Some(scans));
            Answer::ok()
        }
        C::BssFlush(age) => {
            bss::flush(interface, cx, age);
            Answer::ok()
        }
        C::SignalPoll => status::signal_poll(interface, cx, client),
        C::SignalMonitor { threshold, hysteresis } => status::signal_monitor(interface, cx, threshold, hysteresis),
        C::PktcntPoll => status::packet_count_poll(interface, cx, client),
        C::DriverFlags => capability::driver_flags(interface),
        C::DriverFlags2 => capability::driver_flags2(interface),
        C::Resume => {
            interface.drive(cx, sta::Engine::look_now);
            Answer::ok()
        }
        C::Flush => flush(interface, cx),
        C::PtksaCacheList => Answer::text("Index / ADDR / Cipher / expiration (secs) / TK / KDK\n"),
        C::WmmAcStatus => Answer::text("Not associated to a WMM AP, WMM AC is Disabled\n"),
        C::VendorElemAdd { frame, elements } => {
            interface.change_runtime(|runtime| runtime.vendor_elements.entry(frame).or_default().extend(elements));
            Answer::ok()
        }
        C::VendorElemGet(frame) => {
            let elements = interface.runtime().vendor_elements.get(&frame).map_or(&[][..], Vec::as_slice);
            Answer::text(reply::Hex(elements).to_string())
        }
        C::VendorElemRemove { frame, elements } => settings::vendor_remove(interface, frame, elements),
        C::RadioWork(work) => radio_work(interface, cx, work),
        C::Response { field, id, value } => networks::response(interface, cx, &field, id, value.as_bytes()),
        C::StaFirst => stations::first(interface, cx, client),
        C::Sta(addr) => stations::show(interface, cx, client, Some(addr)),
        C::StaNext(addr) => stations::next(interface, cx, client, addr),
        #[cfg(feature = "testing")]
        C::Test(command) => {
            crate::data_test::command(interface, cx, client, &command).unwrap_or_else(|| test(interface, cx, command))
        }
        #[cfg(not(feature = "testing"))]
        C::Test(command) => test(interface, cx, command),
    }
}

fn radio_work(interface: &mut Interface, cx: &mut Cx<'_>, work: RadioWork) -> Answer {
    match work {
        RadioWork::Show => Answer::text(interface.show_radio_work(cx.now)),
        RadioWork::Add { name, freq, timeout } => match interface.add_radio_work(cx.now, &name, freq, timeout) {
            Some(id) => Answer::text(id.to_string()),
            None => Answer::fail(),
        },
        RadioWork::Done(id) => Answer::of(interface.end_radio_work(cx, id)),
    }
}

/// Commands that only tests send. Those that need hooks in the program are unknown here.
fn test(interface: &mut Interface, cx: &mut Cx<'_>, command: TestCommand) -> Answer {
    match command {
        TestCommand::MgmtTx { to, bssid, freq, wait, action } => {
            mgmt_tx(interface, cx, (to, bssid), freq, wait, &action)
        }
        TestCommand::MgmtTxDone => Answer::ok(),
        #[cfg(feature = "testing")]
        TestCommand::EapolRx { from, frame } => {
            interface.drive(cx, |engine, cx| engine.handle_eapol(cx, from, None, &frame));
            Answer::ok()
        }
        #[cfg(feature = "testing")]
        TestCommand::AssocElements(elements) => {
            interface.change_runtime(|runtime| runtime.assoc_elements = elements);
            Answer::ok()
        }
        #[cfg(feature = "testing")]
        TestCommand::M2Elements(elements) => {
            interface.set_message_elements(false, elements);
            Answer::ok()
        }
        #[cfg(feature = "testing")]
        TestCommand::M4Elements(elements) => {
            interface.set_message_elements(true, elements);
            Answer::ok()
        }
        #[cfg(feature = "testing")]
        TestCommand::KeyRequest { error, pairwise } => {
            Answer::of(interface.drive(cx, |engine, cx| engine.request_keys(cx, error, pairwise)))
        }
        #[allow(clippy::wildcard_enum_match_arm, reason = "none of the others has its hook here")]
        other => {
            tracing::debug!("control: a command for test builds: {:?}", std::mem::discriminant(&other));
            Answer::unknown()
        }
    }
}

/// `MGMT_TX`: sends an Action frame.
fn mgmt_tx(
    interface: &mut Interface,
    cx: &mut Cx<'_>,
    (to, bssid): (wire::MacAddr, wire::MacAddr),
    freq: u32,
    wait: u32,
    action: &[u8],
) -> Answer {
    let own = interface.iface.addr;
    let built = wire::frame::build(wire::frame::Subtype::ACTION, to, own, bssid, |writer| {
        writer.put(action);
    });
    let Ok(frame) = built else { return Answer::fail() };
    if !interface.is_ready() {
        return Answer::fail();
    }
    let freq = if freq == 0 { interface.engine.target().map(|target| target.freq) } else { Some(freq) };
    interface.change_runtime(|runtime| runtime.mgmt_freq = freq.unwrap_or(0));
    interface.request(cx, crate::outbox::Purpose::Told("sending a frame"), |handle| Request::TransmitFrame {
        handle,
        transmit: ipc_proto::TransmitParameters {
            freq,
            wait,
            frame,
            no_cck: false,
            no_ack: false,
            offchannel: true,
            link: None,
        },
    });
    Answer::ok()
}

/// A management frame was sent: whoever asked for it is told.
pub(crate) fn frame_sent(interface: &mut Interface, cx: &mut Cx<'_>, acked: bool, frame: &[u8]) {
    let Ok(header) = wire::frame::Management::parse(frame) else { return };
    if interface.runtime().mgmt_freq == 0 {
        return;
    }
    let event = StationEvent::MgmtTxStatus {
        freq: interface.runtime().mgmt_freq,
        to: header.destination,
        from: header.source,
        bssid: header.bssid,
        result: if acked { "SUCCESS" } else { "NO_ACK" },
    };
    interface.tell(cx, &event);
}

/// `FLUSH`: as if started just now, with no networks.
fn flush(interface: &mut Interface, cx: &mut Cx<'_>) -> Answer {
    interface.drive(cx, sta::Engine::flush);
    interface.empty_config();
    interface.forget_radio_works();
    Answer::ok()
}

/// The event of a change of the regulatory domain, from nl80211's numbers.
pub(crate) fn regdom(alpha2: [u8; 2], initiator: u8, kind: u8) -> StationEvent {
    use ctrl::event::{RegdomInitiator as I, RegdomType as T};
    let kind = match kind {
        0 => T::Country,
        1 => T::World,
        2 => T::CustomWorld,
        3 => T::Intersection,
        _ => T::Unknown,
    };
    StationEvent::RegdomChange {
        initiator: match initiator {
            1 => I::User,
            2 => I::Driver,
            3 => I::CountryIe,
            _ => I::Core,
        },
        kind,
        country: (kind == T::Country && alpha2.iter().all(u8::is_ascii_alphanumeric)).then_some(alpha2),
    }
}

/// The access point moves to another channel, or has moved.
pub(crate) fn channel_switched(interface: &Interface, cx: &mut Cx<'_>, channel: ChannelDefinition, started: bool) {
    if interface.engine.associated_since().is_none() {
        return;
    }
    let event = StationEvent::ChannelSwitch {
        started,
        freq: channel.freq,
        ht: channel.width != ChannelWidth::NoHt20,
        offset: match (channel.width, channel.center1) {
            (ChannelWidth::Mhz40, center) if center > channel.freq => 1,
            (ChannelWidth::Mhz40, center) if center != 0 && center < channel.freq => -1,
            _ => 0,
        },
        width: daemon::words::width(channel.width),
        centre1: channel.center1,
        centre2: channel.center2,
    };
    interface.tell(cx, &event);
}
