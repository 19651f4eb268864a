//! Commands to the interface of a BSS.

mod global;
mod text;

use ap::{Leave, Listed};
use conf::ap::ApConfig;
use conf::param::Effect;
use crypto::Rng;
use ctrl::ap::{AclCommand, ApTestCommand, ChanSwitch, Kick};
use ctrl::reply::{FAIL, OK, PONG, UNKNOWN_COMMAND};
use ctrl::{ApCommand, LogLevel, Subscriber};
use daemon::Output;
use ipc_proto::post::ClientId;
use ipc_proto::{ChannelDefinition, ChannelWidth, Request};
use tracing::{info, warn};
use wire::{Instant, MacAddr, ReasonCode};

use crate::iface::{Scope, State};
use crate::machine::{Apd, BssRef};
use crate::outbox::{FilePurpose, Purpose};

/// hostapd's usual reason for sending a station away on command.
const USUAL_REASON: ReasonCode = ReasonCode::PREV_AUTH_NOT_VALID;

impl Apd {
    /// Does a command, and answers it unless the answer has to wait.
    pub(crate) fn ap_command(
        &mut self,
        of: BssRef,
        command: ApCommand,
        client: ClientId,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let answer = match command {
            ApCommand::Ping => PONG.to_vec(),
            ApCommand::Attach { probe_requests } => self.attach(of, client, probe_requests),
            ApCommand::Detach => word(self.with_clients(of, |clients| clients.remove(&client).is_some())),
            ApCommand::Level(level) => self.set_client_level(of, client, level),
            ApCommand::Relog => self.reopen_log(),
            ApCommand::CloseLog | ApCommand::ErpFlush | ApCommand::NewSta(_) => OK.to_vec(),
            ApCommand::Note(note) => {
                info!("note: {note}");
                OK.to_vec()
            }
            ApCommand::Status => self.status_text(of),
            ApCommand::StatusDriver => return self.ask_driver(of, client),
            ApCommand::Mib(_) => self.mib_text(of),
            ApCommand::StaFirst => {
                let first = self.engine(of).and_then(|bss| bss.stations().next().map(ap::Station::addr));
                return self.show_station(of, first, client);
            }
            ApCommand::Sta { addr, detail } => match detail.as_deref() {
                None => return self.show_station(of, Some(addr), client),
                Some("eapol") => Vec::new(),
                Some(_) => FAIL.to_vec(),
            },
            ApCommand::StaNext(addr) => {
                let known = self.engine(of).is_some_and(|bss| bss.station(addr).is_some());
                let next = self.engine(of).and_then(|bss| bss.stations_after(addr).next().map(ap::Station::addr));
                if !known {
                    return self.out.reply(client, FAIL);
                }
                return self.show_station(of, next, client);
            }
            ApCommand::Deauthenticate(kick) => self.kick(of, kick, true, now),
            ApCommand::Disassociate(kick) => self.kick(of, kick, false, now),
            ApCommand::Signature(_) => FAIL.to_vec(),
            ApCommand::PollSta(addr) => self.with_engine(of, |bss| bss.poll_station(addr)),
            ApCommand::SaQuery(addr) => self.with_engine(of, |bss| {
                bss.begin_sa_query(addr, now, rng);
                true
            }),
            ApCommand::StopAp => self.with_engine(of, |bss| {
                bss.stop(now);
                true
            }),
            ApCommand::GetConfig => self.config_text(of),
            ApCommand::Set { name, value } => match self.set(of, &name, value.as_bytes(), client, rng) {
                Some(answer) => answer,
                None => return,
            },
            ApCommand::Get(name) => self.get(of, &name),
            ApCommand::Enable => return self.enable(of, client),
            ApCommand::Disable => self.disable(of, now),
            ApCommand::Reload => self.reload_now(of, Scope::Radio, now, rng),
            ApCommand::ReloadBss => self.reload_now(of, Scope::Bss(of.bss), now, rng),
            ApCommand::ReloadConfig => return self.reload_config(of, client),
            ApCommand::ReloadWpaPsk => return self.read_psks(of, client, now, rng),
            ApCommand::UpdateBeacon => self.with_engine(of, |bss| {
                bss.update_beacon();
                true
            }),
            ApCommand::DumpBeacon => self.beacon_text(of),
            ApCommand::LogLevel { level, timestamp } => self.log_level(level, timestamp),
            ApCommand::TrackStaList => Vec::new(),
            ApCommand::Pmksa => self.pmksa_text(of, now),
            ApCommand::PmksaFlush => self.with_engine(of, |bss| {
                bss.flush_pmksa();
                true
            }),
            ApCommand::PmksaAdd(_) => FAIL.to_vec(),
            ApCommand::PtksaCacheList => Vec::new(),
            ApCommand::DriverFlags => self.driver_flags_text(of),
            ApCommand::DriverFlags2 => self.driver_flags2_text(of),
            ApCommand::GetCapability(_) => FAIL.to_vec(),
            ApCommand::Terminate => {
                self.out.reply(client, OK);
                return self.terminate(now);
            }
            ApCommand::AcceptAcl(command) => self.acl(of, command, true, now),
            ApCommand::DenyAcl(command) => self.acl(of, command, false, now),
            ApCommand::ChanSwitch(switch) => self.switch(of, switch),
            ApCommand::NotifyCwChange(_) => FAIL.to_vec(),
            ApCommand::EapolReauth(addr) | ApCommand::RekeyPtk(addr) => {
                self.with_engine(of, |bss| bss.rekey_pairwise(addr, now, rng))
            }
            ApCommand::RekeyGtk => self.with_engine(of, |bss| bss.rekey_group(now, rng)),
            ApCommand::SaePasswordBind { addr, password } => {
                self.with_engine(of, |bss| bss.bind_sae_password(addr, password.as_bytes()))
            }
            ApCommand::Driver(_) => FAIL.to_vec(),
            #[cfg(feature = "testing")]
            ApCommand::Test(ApTestCommand::GetPmk(addr)) => {
                let pmk = self.engine(of).and_then(|bss| bss.pmk_of(addr));
                pmk.map_or(FAIL.to_vec(), |pmk| ctrl::reply::Hex(pmk.as_bytes()).to_string().into_bytes())
            }
            #[cfg(feature = "testing")]
            ApCommand::Test(command) if self.data_test(of, &command, client) => return,
            #[cfg(feature = "testing")]
            ApCommand::Test(command) => match self.hook(of, &command, now, rng) {
                Some(well) => word(well),
                None => test_command(&command),
            },
            #[cfg(not(feature = "testing"))]
            ApCommand::Test(command) => test_command(&command),
        };
        self.drain(of);
        self.out.reply(client, answer);
    }

    fn engine(&self, of: BssRef) -> Option<&ap::Bss> {
        self.iface(of.iface)?.slots.get(of.bss)?.engine.as_ref()
    }

    /// Does something with a BSS that works; false and no BSS are failures.
    fn with_engine(&mut self, of: BssRef, act: impl FnOnce(&mut ap::Bss) -> bool) -> Vec<u8> {
        let engine = self
            .iface_mut(of.iface)
            .and_then(|iface| iface.slots.get_mut(of.bss))
            .and_then(|slot| slot.engine.as_mut());
        word(engine.is_some_and(act))
    }

    fn with_clients(
        &mut self,
        of: BssRef,
        act: impl FnOnce(&mut std::collections::BTreeMap<ClientId, Subscriber>) -> bool,
    ) -> bool {
        self.iface_mut(of.iface)
            .and_then(|iface| iface.slots.get_mut(of.bss))
            .is_some_and(|slot| act(&mut slot.clients))
    }

    fn drain(&mut self, of: BssRef) {
        if let Some((iface, out)) = self.both(of.iface) {
            iface.drain(out);
        }
    }

    fn attach(&mut self, of: BssRef, client: ClientId, probe_requests: bool) -> Vec<u8> {
        let subscriber = Subscriber { probe_requests, ..Subscriber::default() };
        word(self.with_clients(of, |clients| {
            clients.insert(client, subscriber);
            true
        }))
    }

    fn set_client_level(&mut self, of: BssRef, client: ClientId, level: LogLevel) -> Vec<u8> {
        word(self.with_clients(of, |clients| match clients.get_mut(&client) {
            Some(subscriber) => {
                subscriber.level = level;
                true
            }
            None => false,
        }))
    }

    pub(super) fn reopen_log(&mut self) -> Vec<u8> {
        self.out.push(Output::ReopenLog);
        OK.to_vec()
    }

    fn log_level(&mut self, level: Option<LogLevel>, timestamp: Option<bool>) -> Vec<u8> {
        if level.is_none() && timestamp.is_none() {
            return ctrl::log::log_level_reply(self.level, self.timestamps);
        }
        self.level = level.unwrap_or(self.level);
        self.timestamps = timestamp.unwrap_or(self.timestamps);
        let level = match self.level {
            LogLevel::Excessive => daemon::log::Level::Excessive,
            LogLevel::MsgDump => daemon::log::Level::MsgDump,
            LogLevel::Debug => daemon::log::Level::Debug,
            LogLevel::Info => daemon::log::Level::Info,
            LogLevel::Warning => daemon::log::Level::Warning,
            LogLevel::Error => daemon::log::Level::Error,
        };
        self.out.push(Output::SetLogLevel { level, timestamps: timestamp });
        OK.to_vec()
    }

    /// The kernel says what has become of the interface.
    fn ask_driver(&mut self, of: BssRef, client: ClientId) {
        match self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)).and_then(|slot| slot.handle) {
            Some(handle) if self.privd => {
                let purpose = Purpose::Driver { iface: of.iface, bss: of.bss, client };
                self.out.request(purpose, Request::LinkState { handle });
            }
            Some(_) | None => {
                let text = self.driver_status_text(of, None);
                self.out.reply(client, text);
            }
        }
    }

    /// The kernel's figures come first; the answer is put together when they are there.
    fn show_station(&mut self, of: BssRef, addr: Option<MacAddr>, client: ClientId) {
        let known = addr.filter(|addr| self.engine(of).is_some_and(|bss| bss.station(*addr).is_some()));
        let handle = self.iface(of.iface).and_then(|iface| iface.slots.get(of.bss)).and_then(|slot| slot.handle);
        match (known, handle) {
            (Some(addr), Some(handle)) => {
                let purpose = Purpose::Station { iface: of.iface, bss: of.bss, addr, client };
                self.out.request(purpose, Request::Stations { handle, addr: Some(addr) });
            }
            // hostapd answers with nothing where a list is empty, and refuses an address it does not know.
            (None, _) if addr.is_none() => self.out.reply(client, Vec::new()),
            (_, _) => self.out.reply(client, FAIL),
        }
    }

    fn kick(&mut self, of: BssRef, kick: Kick, deauthenticate: bool, now: Instant) -> Vec<u8> {
        let reason = kick.reason.map_or(USUAL_REASON, ReasonCode);
        self.with_engine(of, |bss| {
            let addrs: Vec<MacAddr> = if kick.addr.is_broadcast() {
                bss.stations().map(ap::Station::addr).collect()
            } else {
                vec![kick.addr]
            };
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

    /// Sets a parameter. No answer: it comes once a file was read.
    fn set(&mut self, of: BssRef, name: &str, value: &[u8], client: ClientId, rng: &mut dyn Rng) -> Option<Vec<u8>> {
        let Some(iface) = self.iface_mut(of.iface) else { return Some(FAIL.to_vec()) };
        #[cfg(feature = "testing")]
        if let Some(well) = iface.hooks.set(name, value) {
            return Some(word(well));
        }
        match iface.config.set(of.bss, name.as_bytes(), value) {
            Ok(_) => {
                if ApConfig::names_file(name.as_bytes()) {
                    iface.files.remove(&*String::from_utf8_lossy(value));
                }
                match ApConfig::on_change(name.as_bytes()) {
                    Effect::AtOnce => self.use_parameters(of, rng),
                    Effect::List if !value.is_empty() && self.engine(of).is_some() => {
                        self.read_list(of, String::from_utf8_lossy(value).into_owned(), client);
                        return None;
                    }
                    Effect::Sockets => self.open_sockets(),
                    Effect::List
                    | Effect::Nothing
                    | Effect::Next
                    | Effect::Keys
                    | Effect::Secrets
                    | Effect::Country
                    | Effect::Reload
                    | Effect::Start => {}
                }
                Some(OK.to_vec())
            }
            Err(error) => {
                warn!("SET {name}: {error}");
                Some(FAIL.to_vec())
            }
        }
    }

    /// A BSS that works uses the parameters as they are now.
    fn use_parameters(&mut self, of: BssRef, rng: &mut dyn Rng) {
        let profile = self
            .iface(of.iface)
            .and_then(|iface| Some(crate::profile::profile(iface.config.bss.get(of.bss)?, &iface.config.radio)));
        let slot = self.iface_mut(of.iface).and_then(|iface| iface.slots.get_mut(of.bss));
        if let (Some(profile), Some(engine)) = (profile, slot.and_then(|slot| slot.engine.as_mut())) {
            engine.set_profile(&profile, rng);
        }
    }

    fn get(&self, of: BssRef, name: &str) -> Vec<u8> {
        match name {
            "version" => concat!("apd v", env!("CARGO_PKG_VERSION")).as_bytes().to_vec(),
            "tls_library" => b"none".to_vec(),
            _ => self
                .iface(of.iface)
                .and_then(|iface| iface.config.get(of.bss, name.as_bytes()))
                .unwrap_or_else(|| FAIL.to_vec()),
        }
    }

    fn enable(&mut self, of: BssRef, client: ClientId) {
        let privd = self.privd;
        let Some((iface, out)) = self.both(of.iface) else { return self.out.reply(client, FAIL) };
        if iface.is_wanted() {
            return out.reply(client, FAIL);
        }
        let checked = iface.config.check();
        for text in &checked.warnings {
            warn!("{}: {text}", iface.name());
        }
        for text in &checked.errors {
            tracing::error!("{}: {text}", iface.name());
        }
        if !checked.errors.is_empty() {
            return out.reply(client, FAIL);
        }
        // Files may have changed since they were read.
        iface.files.clear();
        iface.enablers.push(client);
        iface.enable(out, privd);
        self.open_sockets();
    }

    fn disable(&mut self, of: BssRef, now: Instant) -> Vec<u8> {
        let privd = self.privd;
        let Some((iface, out)) = self.both(of.iface) else { return FAIL.to_vec() };
        if !matches!(iface.state, State::Coming(_) | State::Waiting(_) | State::Enabled) {
            return FAIL.to_vec();
        }
        iface.disable(out, now, privd);
        OK.to_vec()
    }

    /// What was set holds from now on, for one BSS or for all of the radio.
    fn reload_now(&mut self, of: BssRef, scope: Scope, now: Instant, rng: &mut dyn Rng) -> Vec<u8> {
        let privd = self.privd;
        let Some((iface, out)) = self.both(of.iface) else { return FAIL.to_vec() };
        let checked = iface.config.check();
        for text in &checked.errors {
            tracing::error!("{}: {text}", iface.name());
        }
        if !checked.errors.is_empty() {
            return FAIL.to_vec();
        }
        iface.files.clear();
        iface.reload(scope, out, now, privd, rng);
        OK.to_vec()
    }

    fn reload_config(&mut self, of: BssRef, client: ClientId) {
        match self.iface(of.iface).and_then(|iface| iface.path.clone()) {
            Some(path) => {
                let purpose = FilePurpose::Reload { iface: of.iface, client: Some(client) };
                self.out.read_file(purpose, path);
            }
            None => self.out.reply(client, FAIL),
        }
    }

    /// The keys of `wpa_psk_file`, or of the passphrase alone, hold from now on.
    fn read_psks(&mut self, of: BssRef, client: ClientId, now: Instant, rng: &mut dyn Rng) {
        let file =
            self.iface(of.iface).and_then(|iface| iface.config.bss.get(of.bss)).and_then(|bss| bss.wpa_psk_file());
        if let Some(path) = file.map(|path| String::from_utf8_lossy(path).into_owned()) {
            return self.read_list(of, path, client);
        }
        let Some((iface, out)) = self.both(of.iface) else { return };
        if let Some(lists) = iface.slots.get(of.bss).map(|slot| slot.lists.clone()) {
            iface.use_lists(of.bss, lists, None, out, now, rng);
        }
        out.reply(client, OK);
    }

    /// A file of keys or addresses is read, holds from then on, and the client hears so.
    fn read_list(&mut self, of: BssRef, path: String, client: ClientId) {
        let Some(iface) = self.iface(of.iface) else { return };
        let Some(bss) = iface.slots.get(of.bss).map(|slot| slot.id) else { return };
        let absolute = if path.starts_with('/') { path.clone() } else { format!("{}/{path}", iface.folder) };
        let purpose = FilePurpose::Lists { iface: of.iface, bss, path, client };
        self.out.read_file(purpose, absolute);
    }

    fn acl(&mut self, of: BssRef, command: AclCommand, accept: bool, now: Instant) -> Vec<u8> {
        let slot = self.iface_mut(of.iface).and_then(|iface| iface.slots.get_mut(of.bss));
        let Some(slot) = slot else { return FAIL.to_vec() };
        let list = if accept { &mut slot.lists.accept } else { &mut slot.lists.deny };
        let grows = matches!(command, AclCommand::Add { .. });
        match command {
            AclCommand::Add { addr, vlan } => match list.iter_mut().find(|known| known.addr == addr) {
                Some(known) => known.vlan = vlan,
                None => list.push(Listed { addr, vlan }),
            },
            AclCommand::Remove(addr) => list.retain(|known| known.addr != addr),
            AclCommand::Clear => list.clear(),
            AclCommand::Show => {
                let mut lines = ctrl::reply::Lines::new(ctrl::reply::AP_LIMIT);
                for listed in list.iter() {
                    lines.text(format!("{} VLAN_ID={}\n", listed.addr, listed.vlan));
                    if lines.is_full() {
                        break;
                    }
                }
                return lines.into_bytes();
            }
        }
        let leave = match (accept, grows) {
            (false, true) => Leave::Denied,
            (true, false) => Leave::Unwelcome,
            (true, true) | (false, false) => Leave::Nobody,
        };
        let lists = slot.lists.clone();
        if let Some(engine) = &mut slot.engine {
            engine.set_lists(lists, leave, now);
        }
        OK.to_vec()
    }

    fn switch(&mut self, of: BssRef, switch: ChanSwitch) -> Vec<u8> {
        let width = match (switch.bandwidth, switch.secondary, switch.ht || switch.vht || switch.he) {
            (320, _, _) => ChannelWidth::Mhz320,
            (160, _, _) => ChannelWidth::Mhz160,
            (80, _, _) if switch.centre2 != 0 => ChannelWidth::Mhz80Plus80,
            (80, _, _) => ChannelWidth::Mhz80,
            (40, _, _) => ChannelWidth::Mhz40,
            (0, 1 | -1, _) => ChannelWidth::Mhz40,
            (_, _, true) => ChannelWidth::Mhz20,
            (_, _, false) => ChannelWidth::NoHt20,
        };
        let center1 = match (switch.centre1, width, switch.secondary) {
            (0, ChannelWidth::Mhz40, 1) => switch.freq.saturating_add(10),
            (0, ChannelWidth::Mhz40, _) => switch.freq.saturating_sub(10),
            (0, _, _) => switch.freq,
            (centre, _, _) => centre,
        };
        let channel = ChannelDefinition { freq: switch.freq, width, center1, center2: switch.centre2 };
        let count = self.iface(of.iface).map_or(0, |iface| iface.slots.len());
        let mut well = count > 0;
        // All BSSs of a radio are on one channel.
        for bss in 0..count {
            let of = BssRef { bss, ..of };
            well &= self.with_engine(of, |bss| bss.switch_channel(channel, switch.count, switch.block_tx)) == OK;
        }
        word(well)
    }
}

fn word(well: bool) -> Vec<u8> {
    if well { OK.to_vec() } else { FAIL.to_vec() }
}

/// Commands of the original's test builds: not part of this program.
fn test_command(command: &ApTestCommand) -> Vec<u8> {
    match command {
        ApTestCommand::AllocFail(_) | ApTestCommand::Fail(_) | ApTestCommand::GetAllocFail | ApTestCommand::GetFail => {
            UNKNOWN_COMMAND.to_vec()
        }
        ApTestCommand::MgmtTx(_)
        | ApTestCommand::MgmtTxStatus { .. }
        | ApTestCommand::MgmtRxProcess { .. }
        | ApTestCommand::EapolRx { .. }
        | ApTestCommand::EapolTx { .. }
        | ApTestCommand::DataTestConfig { .. }
        | ApTestCommand::DataTestTx { .. }
        | ApTestCommand::DataTestFrame { .. }
        | ApTestCommand::ResetPn { .. }
        | ApTestCommand::ResendM1 { .. }
        | ApTestCommand::ResendM3(_)
        | ApTestCommand::ResendGroupM1(_)
        | ApTestCommand::GetPmk(_)
        | ApTestCommand::RegisterFrame(_)
        | ApTestCommand::Radar(_) => FAIL.to_vec(),
    }
}
