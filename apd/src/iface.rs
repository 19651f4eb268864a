//! A radio with its BSSs: from the first look at the interface to beacons, and back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ap::{Bss, BssConfig, BssOutput, Condition, Lists, Operating, Tag};
use conf::ap::ApConfig;
use crypto::Rng;
use ctrl::{ApEvent, Subscriber};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Event, Failure, InterfaceType, Reply, Request, WiphyInfo};
use tracing::{debug, error, info, warn};
use wire::{Instant, MacAddr};

use crate::outbox::{FilePurpose, IfaceId, Outbox, Purpose};
use crate::setup::files_of;

/// How long a change of the regulatory domain may take until it is no longer waited for.
const COUNTRY_WAIT: Duration = Duration::from_secs(2);
/// How long until a radio that failed for a reason which may pass is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What is being done to bring a radio up. Each step is one request, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take the interface.
    Attach,
    /// What can the radio do?
    Abilities,
    /// Down, for the next steps need that.
    Down,
    /// An access point.
    Type,
    /// Its address, if it is to have another.
    Address,
    /// The regulatory domain.
    Country,
    /// Wait for the kernel to have changed it.
    CountryWait,
    /// What can it do there?
    AbilitiesThere,
    /// Up.
    Up,
    /// Make the interface of a further BSS.
    Add(usize),
    /// Put a BSS in its bridge.
    Bridge(usize),
    /// A further BSS's interface up.
    AddedUp(usize),
    /// Read the files that parameters name.
    Files,
    /// Beacons.
    Start,
}

/// How a radio stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has enabled it.
    Uninitialized,
    /// Someone disabled it, or it cannot work as configured.
    Disabled,
    /// It comes up: this is awaited.
    Coming(Step),
    /// The interface is not there, its radio is blocked, or `privd` is away. Comes back by itself.
    Waiting(Why),
    /// It works.
    Enabled,
}

/// What a radio waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The connection to `privd`.
    Privd,
    /// The interface.
    Interface,
    /// The radio switch.
    Blocked,
    /// Somebody took the interface down.
    Down,
    /// Time: something failed that may work later.
    Retry(Instant),
}

impl State {
    /// hostapd's word.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            State::Uninitialized => "UNINITIALIZED",
            State::Disabled | State::Waiting(_) => "DISABLED",
            State::Coming(Step::Country | Step::CountryWait | Step::AbilitiesThere) => "COUNTRY_UPDATE",
            State::Coming(_) => "DISABLED",
            State::Enabled => "ENABLED",
        }
    }
}

/// A BSS and its interface.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) ifindex: Option<u32>,
    pub(crate) addr: MacAddr,
    pub(crate) created: bool,
    pub(crate) engine: Option<Bss>,
    pub(crate) lists: Lists,
    pub(crate) socket: Option<SocketId>,
    pub(crate) clients: BTreeMap<ClientId, Subscriber>,
    #[cfg(feature = "testing")]
    pub(crate) data_test: Option<crate::data_test::Listening>,
}

/// A radio.
#[derive(Debug)]
pub(crate) struct Iface {
    pub(crate) id: IfaceId,
    pub(crate) config: ApConfig,
    /// The file it was read from.
    pub(crate) path: Option<String>,
    /// The name under which further BSSs join it (`bss_config=NAME:FILE`).
    pub(crate) radio_name: Option<String>,
    pub(crate) state: State,
    pub(crate) wiphy: Option<Arc<WiphyInfo>>,
    pub(crate) operating: Option<Operating>,
    /// One for each BSS of the configuration.
    pub(crate) slots: Vec<Slot>,
    /// Contents of the files that parameters name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    files_awaited: usize,
    /// Who named them last: files are read with that client's right.
    pub(crate) named_by: Option<ClientId>,
    /// Clients who wait to hear whether it came up.
    pub(crate) enablers: Vec<ClientId>,
    /// Number of the attempt: answers of earlier ones are stale.
    pub(crate) attempt: u32,
    country_until: Option<Instant>,
    /// What its BSSs say, in order: which, and what.
    pub(crate) events: VecDeque<(usize, ApEvent)>,
    /// It could not come up for a reason that will not pass by itself.
    pub(crate) hopeless: bool,
    #[cfg(feature = "testing")]
    pub(crate) hooks: crate::hooks::Hooks,
    /// Listeners were told that the interface is away, and not yet that it is back.
    away: bool,
    /// Where relative paths begin.
    pub(crate) folder: String,
    /// The next start is with a beacon, whatever `start_disabled` says.
    audible: bool,
}

impl Iface {
    pub(crate) fn new(id: IfaceId, config: ApConfig, path: Option<String>, files: BTreeMap<String, Vec<u8>>) -> Iface {
        let slots = config.bss.iter().map(|_| Slot::default()).collect();
        Iface {
            id,
            config,
            path,
            radio_name: None,
            state: State::Uninitialized,
            wiphy: None,
            operating: None,
            slots,
            files,
            files_awaited: 0,
            named_by: None,
            enablers: Vec::new(),
            attempt: 0,
            country_until: None,
            events: VecDeque::new(),
            hopeless: false,
            #[cfg(feature = "testing")]
            hooks: crate::hooks::Hooks::default(),
            away: false,
            folder: String::new(),
            audible: false,
        }
    }

    /// The name of its first interface, which is its own.
    pub(crate) fn name(&self) -> &str {
        self.bss_name(0)
    }

    /// The name of a BSS's interface.
    pub(crate) fn bss_name(&self, bss: usize) -> &str {
        self.config.bss.get(bss).map_or("", |bss| bss.interface())
    }

    /// Whether it is to work, now or as soon as it can.
    pub(crate) const fn is_wanted(&self) -> bool {
        matches!(self.state, State::Coming(_) | State::Waiting(_) | State::Enabled)
    }

    /// The BSS on an interface.
    pub(crate) fn slot_of(&self, ifindex: u32) -> Option<usize> {
        self.slots.iter().position(|slot| slot.ifindex == Some(ifindex))
    }

    /// Begins to come up.
    pub(crate) fn enable(&mut self, out: &mut Outbox, privd: bool) {
        self.attempt = self.attempt.wrapping_add(1);
        self.hopeless = false;
        let missing = self.config.bss.len().saturating_sub(self.slots.len());
        self.slots.extend((0..missing).map(|_| Slot::default()));
        if privd {
            self.step(Step::Attach, out);
        } else {
            self.state = State::Waiting(Why::Privd);
        }
    }

    /// Stops, and gives its interfaces back.
    pub(crate) fn disable(&mut self, out: &mut Outbox, now: Instant, privd: bool) {
        let was = self.state;
        self.stop_engines(out, now);
        if privd && !matches!(was, State::Uninitialized | State::Disabled) {
            self.release(out);
        }
        self.forget_kernel();
        self.state = State::Disabled;
        if was == State::Enabled {
            self.say(0, ApEvent::Disabled);
        }
    }

    /// Uses the configuration as it is now: everything stops and starts anew.
    pub(crate) fn restart(&mut self, out: &mut Outbox, now: Instant, privd: bool) {
        if self.is_wanted() {
            self.disable(out, now, privd);
            self.enable(out, privd);
            self.audible = true;
        }
    }

    fn stop_engines(&mut self, out: &mut Outbox, now: Instant) {
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine {
                engine.stop(now);
            }
        }
        self.drain(out);
        for slot in &mut self.slots {
            slot.engine = None;
        }
    }

    fn release(&mut self, out: &mut Outbox) {
        for slot in self.slots.iter().rev() {
            let Some(ifindex) = slot.ifindex else { continue };
            let nothing = Purpose::Nothing;
            if slot.created {
                out.request(nothing("removing an interface"), Request::RemoveInterface { ifindex });
            } else {
                out.request(nothing("taking the interface down"), Request::SetLinkUp { ifindex, up: false });
                let kind = InterfaceType::Station;
                out.request(nothing("making it a station"), Request::SetInterfaceType { ifindex, kind });
                out.request(nothing("giving the interface back"), Request::Detach { ifindex });
            }
        }
    }

    /// Whatever the kernel had is no more.
    fn forget_kernel(&mut self) {
        self.attempt = self.attempt.wrapping_add(1);
        self.country_until = None;
        for slot in &mut self.slots {
            slot.ifindex = None;
            slot.created = false;
            slot.engine = None;
        }
    }

    fn lose_engines(&mut self, out: &mut Outbox) {
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine {
                engine.lost();
            }
        }
        self.drain(out);
    }

    /// `privd` is gone, and with it everything that it had started for us.
    pub(crate) fn privd_down(&mut self, out: &mut Outbox) {
        if self.is_wanted() {
            self.lose_engines(out);
            self.forget_kernel();
            self.state = State::Waiting(Why::Privd);
        }
    }

    /// Something took the radio away; it is come back to when it can be.
    fn suspend(&mut self, why: Why, out: &mut Outbox) {
        let was = self.state;
        self.lose_engines(out);
        if why != Why::Interface
            && let Some(ifindex) = self.slots.first().and_then(|slot| slot.ifindex)
        {
            // Kept attached, for its events say when it is over; what else was made is made again.
            for slot in self.slots.iter().skip(1).filter(|slot| slot.created) {
                if let Some(ifindex) = slot.ifindex {
                    out.request(Purpose::Nothing("removing an interface"), Request::RemoveInterface { ifindex });
                }
            }
            self.forget_kernel();
            if let Some(slot) = self.slots.first_mut() {
                slot.ifindex = Some(ifindex);
            }
        } else {
            self.forget_kernel();
        }
        self.state = State::Waiting(why);
        if was == State::Enabled {
            self.away = true;
            self.say(0, ApEvent::InterfaceDisabled);
            self.say(0, ApEvent::Disabled);
        }
    }

    pub(crate) fn say(&mut self, bss: usize, event: ApEvent) {
        self.events.push_back((bss, event));
    }

    fn fail(&mut self, step: Step, failure: &Failure, out: &mut Outbox, now: Instant) {
        let name = self.name().to_owned();
        match failure {
            Failure::NoInterface => {
                info!("{name}: there is no such interface yet; waiting for it");
                self.suspend(Why::Interface, out);
            }
            Failure::RadioBlocked => {
                warn!("{name}: the radio is blocked (rfkill); waiting for it to be unblocked");
                self.suspend(Why::Blocked, out);
            }
            Failure::InUse => {
                warn!("{name}: the interface is in use by another program of Airlock; trying again in 5 s");
                self.suspend(Why::Retry(now + RETRY), out);
            }
            Failure::Kernel { errno: 16, .. } => {
                warn!("{name}: {}: {failure}; trying again in 5 s", step.words());
                self.suspend(Why::Retry(now + RETRY), out);
            }
            Failure::Denied
            | Failure::KeyInstalled
            | Failure::Invalid(_)
            | Failure::NotSupported
            | Failure::Kernel { .. } => self.give_up(&format!("{}: {failure}", step.words()), out),
        }
        self.answer_enablers(false, out);
    }

    fn give_up(&mut self, why: &str, out: &mut Outbox) {
        error!("{}: cannot be an access point: {why}", self.name());
        self.lose_engines(out);
        self.release(out);
        self.forget_kernel();
        self.state = State::Disabled;
        self.hopeless = true;
        self.say(0, ApEvent::Disabled);
        self.answer_enablers(false, out);
    }

    pub(crate) fn answer_enablers(&mut self, well: bool, out: &mut Outbox) {
        for client in std::mem::take(&mut self.enablers) {
            out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
        }
    }

    fn own_ifindex(&self, bss: usize) -> Option<u32> {
        self.slots.get(bss).and_then(|slot| slot.ifindex)
    }

    /// Takes a step, or those after it if there is nothing to do in it.
    fn step(&mut self, step: Step, out: &mut Outbox) {
        self.state = State::Coming(step);
        let request = match self.request_of(step, out) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(next) => return self.step(next, out),
        };
        out.request(Purpose::Step { iface: self.id, attempt: self.attempt, step }, request);
    }

    /// The request of a step; none if something else is awaited; the next step if there is nothing to do in this one.
    fn request_of(&mut self, step: Step, out: &mut Outbox) -> Result<Option<Request>, Step> {
        if let Step::Attach = step {
            return match self.own_ifindex(0) {
                Some(_) => Err(Step::Abilities),
                None => Ok(Some(Request::Attach { ifname: self.name().to_owned() })),
            };
        }
        let Some(ifindex) = self.own_ifindex(0) else { return Ok(None) };
        let bss = |index: usize| self.config.bss.get(index);
        match step {
            Step::Attach => Ok(None),
            Step::Abilities => Ok(Some(Request::Capabilities { ifindex })),
            Step::Down => Ok(Some(Request::SetLinkUp { ifindex, up: false })),
            Step::Type => Ok(Some(Request::SetInterfaceType { ifindex, kind: InterfaceType::AccessPoint })),
            Step::Address => match bss(0).and_then(|bss| bss.bssid()) {
                Some(addr) if self.slots.first().is_some_and(|slot| slot.addr != addr) => {
                    Ok(Some(Request::SetMacAddress { ifindex, addr }))
                }
                Some(_) | None => Err(Step::Country),
            },
            Step::Country => match self.config.radio.country() {
                Some([a, b, _]) => Ok(Some(Request::SetCountry { alpha2: [a, b] })),
                None => Err(Step::Up),
            },
            Step::CountryWait => Ok(None),
            Step::AbilitiesThere => Ok(Some(Request::Capabilities { ifindex })),
            Step::Up => Ok(Some(Request::SetLinkUp { ifindex, up: true })),
            Step::Add(index) => match bss(index) {
                Some(further) => Ok(Some(Request::AddInterface {
                    parent: ifindex,
                    ifname: further.interface().to_owned(),
                    kind: InterfaceType::AccessPoint,
                    addr: further.bssid().or_else(|| self.further_address(index)),
                })),
                None => Err(Step::Bridge(0)),
            },
            Step::Bridge(index) => match bss(index) {
                Some(this) => match (this.bridge(), self.own_ifindex(index)) {
                    (Some(bridge), Some(ifindex)) => {
                        Ok(Some(Request::SetBridge { ifindex, bridge: Some(bridge.to_owned()) }))
                    }
                    (Some(_) | None, _) => Err(Step::Bridge(index + 1)),
                },
                None => Err(Step::AddedUp(1)),
            },
            Step::AddedUp(index) => match self.own_ifindex(index) {
                Some(ifindex) => Ok(Some(Request::SetLinkUp { ifindex, up: true })),
                None => Err(Step::Files),
            },
            Step::Files => self.ask_files(out),
            Step::Start => Ok(None),
        }
    }

    /// The first address with the last octet counted up; locally administered, as further ones have to be.
    fn further_address(&self, index: usize) -> Option<MacAddr> {
        let MacAddr([a, b, c, d, e, f]) = self.slots.first()?.addr;
        let step = u8::try_from(index).ok()?;
        Some(MacAddr([a | 2, b, c, d, e, f.wrapping_add(step)]))
    }

    fn ask_files(&mut self, out: &mut Outbox) -> Result<Option<Request>, Step> {
        let mut missing: Vec<String> = self.config.bss.iter().flat_map(files_of).collect();
        missing.retain(|path| !self.files.contains_key(path));
        self.files_awaited = missing.len();
        if missing.is_empty() {
            return Err(Step::Start);
        }
        for path in missing {
            let purpose = FilePurpose::Named { iface: self.id, attempt: self.attempt, path: path.clone() };
            let path = if path.starts_with('/') { path } else { format!("{}/{path}", self.folder) };
            out.read(purpose, path, self.named_by);
        }
        Ok(None)
    }

    /// A file that a parameter names was read, or not.
    pub(crate) fn file_read(
        &mut self,
        path: String,
        result: Result<Vec<u8>, String>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        match result {
            Ok(contents) => {
                self.files.insert(path, contents);
                self.files_awaited = self.files_awaited.saturating_sub(1);
                if self.files_awaited == 0 && self.state == State::Coming(Step::Files) {
                    self.begin(out, now, rng);
                }
            }
            Err(why) => self.give_up(&format!("{path}: {why}"), out),
        }
    }

    /// The answer to a step.
    pub(crate) fn stepped(
        &mut self,
        step: Step,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if self.state != State::Coming(step) {
            return;
        }
        let reply = match result {
            Ok(reply) => reply,
            // Neither is worth a network: the kernel may have its own mind about countries and bridges of others.
            Err(failure) if matches!(step, Step::Country) => {
                warn!("{}: the country was not set: {failure}", self.name());
                return self.step(Step::Up, out);
            }
            Err(failure) => return self.fail(step, &failure, out, now),
        };
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "a step has one kind of answer; the others say nothing to it"
        )]
        match (step, reply) {
            (Step::Attach, Reply::Attached(info)) => {
                if let Some(slot) = self.slots.first_mut() {
                    slot.ifindex = Some(info.ifindex);
                    slot.addr = info.addr;
                }
            }
            (Step::Abilities | Step::AbilitiesThere, Reply::Wiphy(wiphy)) => self.wiphy = Some(Arc::new(wiphy)),
            (Step::Add(index), Reply::Created(info)) => {
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.ifindex = Some(info.ifindex);
                    slot.addr = info.addr;
                    slot.created = true;
                }
            }
            (Step::Address, _) => {
                if let (Some(slot), Some(addr)) =
                    (self.slots.first_mut(), self.config.bss.first().and_then(|bss| bss.bssid()))
                {
                    slot.addr = addr;
                }
            }
            _ => {}
        }
        let next = match step {
            Step::Attach => Step::Abilities,
            Step::Abilities => Step::Down,
            Step::Down => Step::Type,
            Step::Type => Step::Address,
            Step::Address => Step::Country,
            Step::Country => {
                self.country_until = Some(now + COUNTRY_WAIT);
                Step::CountryWait
            }
            Step::CountryWait => Step::AbilitiesThere,
            Step::AbilitiesThere => Step::Up,
            Step::Up => Step::Add(1),
            Step::Add(index) => Step::Add(index + 1),
            Step::Bridge(index) => Step::Bridge(index + 1),
            Step::AddedUp(index) => Step::AddedUp(index + 1),
            Step::Files | Step::Start => Step::Start,
        };
        self.step(next, out);
        if self.state == State::Coming(Step::Start) {
            self.begin(out, now, rng);
        }
    }

    /// Beacons.
    fn begin(&mut self, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        self.state = State::Coming(Step::Start);
        let Some(wiphy) = self.wiphy.clone() else { return };
        let operating = match Operating::choose(&self.config.radio, &wiphy) {
            Ok(operating) => operating,
            Err(why) => return self.give_up(&why, out),
        };
        self.operating = Some(operating.clone());
        for index in 0..self.slots.len() {
            let lists = match self.lists_of(index) {
                Ok(lists) => lists,
                Err(why) => return self.give_up(&why, out),
            };
            let (Some(slot), Some(bss)) = (self.slots.get_mut(index), self.config.bss.get(index)) else { continue };
            let Some(ifindex) = slot.ifindex else { continue };
            slot.lists = lists.clone();
            let config = BssConfig {
                ifindex,
                own: slot.addr,
                bss: bss.clone(),
                radio: self.config.radio.clone(),
                wiphy: Arc::clone(&wiphy),
                operating: operating.clone(),
                lists,
            };
            let mut engine = Bss::new(config, rng);
            engine.start(now, rng);
            if self.audible && bss.start_disabled() {
                engine.update_beacon();
            }
            slot.engine = Some(engine);
        }
        for (threshold, frag) in
            [(self.config.radio.rts_threshold(), false), (self.config.radio.fragm_threshold(), true)]
        {
            if let (Some(threshold), Some(ifindex)) = (threshold, self.own_ifindex(0)) {
                let request = if frag {
                    Request::SetFragThreshold { ifindex, threshold }
                } else {
                    Request::SetRtsThreshold { ifindex, threshold }
                };
                out.request(Purpose::Nothing("setting a threshold"), request);
            }
        }
        self.drain(out);
    }

    /// What the files that a BSS's parameters name contain.
    pub(crate) fn lists_of(&self, bss: usize) -> Result<Lists, String> {
        let mut lists = Lists::default();
        let Some(config) = self.config.bss.get(bss) else { return Ok(lists) };
        let find = |path: &[u8]| -> (String, &[u8]) {
            let name = String::from_utf8_lossy(path).into_owned();
            let contents = self.files.get(&name).map_or(&[] as &[u8], Vec::as_slice);
            (name, contents)
        };
        for (paths, list) in
            [(config.accept_mac_files(), &mut lists.accept), (config.deny_mac_files(), &mut lists.deny)]
        {
            for path in paths {
                let (name, contents) = find(path);
                let entries = conf::ap::parse_mac_file(&name, contents).map_err(|notice| notice.to_string())?;
                for entry in entries {
                    if entry.remove {
                        list.retain(|addr| *addr != entry.address);
                    } else {
                        list.push(entry.address);
                    }
                }
            }
        }
        if let Some(path) = config.wpa_psk_file() {
            let (name, contents) = find(path);
            lists.psks = conf::ap::parse_psk_file(&name, contents).map_err(|notice| notice.to_string())?;
        }
        for path in config.sae_password_files() {
            let (name, contents) = find(path);
            let more = conf::ap::parse_sae_password_file(&name, contents).map_err(|notice| notice.to_string())?;
            lists.sae_passwords.extend(more);
        }
        Ok(lists)
    }

    /// Takes what the BSSs want done. Gives why one could not start, which only the answer to a request can say.
    pub(crate) fn drain(&mut self, out: &mut Outbox) -> Option<Failure> {
        let (id, attempt) = (self.id, self.attempt);
        let mut failed: Option<Failure> = None;
        for index in 0..self.slots.len() {
            let name = self.bss_name(index).to_owned();
            while let Some(output) =
                self.slots.get_mut(index).and_then(|slot| slot.engine.as_mut()).and_then(Bss::poll_output)
            {
                match output {
                    #[cfg(feature = "testing")]
                    BssOutput::Request { request: Request::SendEapol { dest, data, .. }, .. } if self.hooks.eapol => {
                        self.events.push_back((index, crate::hooks::eapol_sent(dest, &data)));
                    }
                    BssOutput::Request { tag, request } => {
                        out.request(Purpose::Bss { iface: id, attempt, bss: index, tag }, request);
                    }
                    BssOutput::Event(event) => self.events.push_back((index, event)),
                    BssOutput::Log(level, text) => log(&name, level, &text),
                    BssOutput::Started => info!("{name}: beacons are sent"),
                    BssOutput::StartFailed(failure) => failed = Some(failure),
                }
            }
        }
        if failed.is_none() && self.state == State::Coming(Step::Start) && self.all_run() {
            self.state = State::Enabled;
            self.audible = false;
            self.back();
            self.say(0, ApEvent::Enabled);
            self.answer_enablers(true, out);
        }
        failed
    }

    /// The interface is there again, if it was away: listeners hear of it once.
    fn back(&mut self) {
        if std::mem::take(&mut self.away) {
            self.say(0, ApEvent::InterfaceEnabled);
        }
    }

    fn all_run(&self) -> bool {
        self.slots.iter().all(|slot| slot.engine.as_ref().is_some_and(|bss| bss.condition() == Condition::Running))
    }

    /// The answer to a BSS's request.
    pub(crate) fn bss_reply(
        &mut self,
        bss: usize,
        tag: Tag,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        if let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut()) {
            engine.handle_reply(tag, result, now, rng);
            if let Some(failure) = self.drain(out) {
                self.fail(Step::Start, &failure, out, now);
            }
        }
    }

    /// Does something with a BSS that works.
    #[cfg(feature = "testing")]
    pub(crate) fn with_bss(&mut self, bss: usize, out: &mut Outbox, act: impl FnOnce(&mut Bss)) -> bool {
        let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut()) else { return false };
        act(engine);
        self.drain(out);
        true
    }

    /// Something happened in the kernel.
    pub(crate) fn event(&mut self, event: &Event, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other events are the BSSs' affair")]
        match event {
            Event::InterfaceAdded { ifname, .. }
                if self.state == State::Waiting(Why::Interface) && ifname == self.name() =>
            {
                info!("{ifname}: the interface is there");
                self.back();
                self.enable(out, true);
            }
            Event::InterfaceGone { ifindex, ifname } if self.own_ifindex(0) == Some(*ifindex) => {
                warn!("{ifname}: the interface is gone; waiting for it to come back");
                self.suspend(Why::Interface, out);
            }
            Event::InterfaceGone { ifindex, .. } => {
                if let Some(bss) = self.slot_of(*ifindex) {
                    warn!("{}: the interface of this BSS is gone", self.bss_name(bss));
                    if let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut()) {
                        engine.lost();
                    }
                    self.drain(out);
                }
            }
            Event::RadioBlocked { ifindex, blocked } if self.own_ifindex(0) == Some(*ifindex) => {
                match (blocked, self.state) {
                    (true, State::Enabled | State::Coming(_) | State::Waiting(Why::Down | Why::Retry(_))) => {
                        warn!("{}: the radio was blocked (rfkill)", self.name());
                        self.suspend(Why::Blocked, out);
                    }
                    (false, State::Waiting(Why::Blocked | Why::Down | Why::Retry(_))) => {
                        info!("{}: the radio is unblocked", self.name());
                        self.back();
                        self.enable(out, true);
                    }
                    _ => {}
                }
            }
            Event::LinkChanged { ifindex, up, .. } if self.own_ifindex(0) == Some(*ifindex) => match (up, self.state) {
                (false, State::Enabled) => {
                    warn!("{}: the interface was taken down", self.name());
                    self.suspend(Why::Down, out);
                }
                (true, State::Waiting(Why::Down | Why::Blocked | Why::Retry(_))) => {
                    info!("{}: the interface is up again", self.name());
                    self.back();
                    self.enable(out, true);
                }
                _ => {}
            },
            Event::RegulatoryChanged { .. } if self.state == State::Coming(Step::CountryWait) => {
                self.country_until = None;
                self.stepped(Step::CountryWait, Ok(Reply::Done), out, now, rng);
            }
            _ => {}
        }
        #[cfg(feature = "testing")]
        if let Some(bss) = event.ifindex().and_then(|ifindex| self.slot_of(ifindex))
            && let Some(said) = self.hooks.take(event)
        {
            self.events.push_back((bss, said));
            return;
        }
        if let Some(bss) = event.ifindex().and_then(|ifindex| self.slot_of(ifindex))
            && let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut())
        {
            engine.handle_event(event, now, rng);
            self.drain(out);
            let stopped = |slot: &Slot| slot.engine.as_ref().is_some_and(|bss| bss.condition() == Condition::Stopped);
            if self.state == State::Enabled && self.slots.first().is_some_and(stopped) {
                self.suspend(Why::Retry(now + RETRY), out);
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let retry = match self.state {
            State::Waiting(Why::Retry(at)) => Some(at),
            State::Waiting(Why::Privd | Why::Interface | Why::Blocked | Why::Down)
            | State::Uninitialized
            | State::Disabled
            | State::Coming(_)
            | State::Enabled => None,
        };
        let engines = self.slots.iter().filter_map(|slot| slot.engine.as_ref()).filter_map(Bss::poll_deadline).min();
        [retry, engines, self.country_until].into_iter().flatten().min()
    }

    pub(crate) fn timeout(&mut self, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        if self.country_until.is_some_and(|at| at <= now) {
            self.country_until = None;
            debug!("{}: the regulatory domain stays as it is", self.name());
            self.stepped(Step::CountryWait, Ok(Reply::Done), out, now, rng);
        }
        if let State::Waiting(Why::Retry(at)) = self.state
            && at <= now
        {
            self.enable(out, true);
        }
        for slot in &mut self.slots {
            if let Some(engine) = &mut slot.engine
                && engine.poll_deadline().is_some_and(|at| at <= now)
            {
                engine.handle_timeout(now, rng);
            }
        }
        self.drain(out);
    }
}

impl Step {
    const fn words(self) -> &'static str {
        match self {
            Step::Attach => "taking the interface",
            Step::Abilities | Step::AbilitiesThere => "asking what the radio can do",
            Step::Down | Step::Up | Step::AddedUp(_) => "switching the interface",
            Step::Type => "making the interface an access point",
            Step::Address => "changing the address",
            Step::Country | Step::CountryWait => "setting the country",
            Step::Add(_) => "making the interface of a further BSS",
            Step::Bridge(_) => "joining the bridge",
            Step::Files => "reading files",
            Step::Start => "starting",
        }
    }
}

fn log(name: &str, level: ctrl::Level, text: &str) {
    match level {
        ctrl::Level::Excessive | ctrl::Level::MsgDump => tracing::trace!("{name}: {text}"),
        ctrl::Level::Debug => debug!("{name}: {text}"),
        ctrl::Level::Info => info!("{name}: {text}"),
        ctrl::Level::Warning => warn!("{name}: {text}"),
        ctrl::Level::Error => error!("{name}: {text}"),
    }
}
