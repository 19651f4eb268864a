//! A radio with its BSSs: from the first look at the interface to beacons, and back.

mod bss;
mod changing;
mod coming;
mod files;
mod going;
mod overlap;
mod resync;
mod staying;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ap::{Bss, BssOutput, Condition, Lists, Operating};
use conf::ap::{ApConfig, Radio};
use ctrl::{ApEvent, Subscriber};
use ipc_proto::post::{ClientId, SocketId};
use ipc_proto::{Failure, Handle, Request, WiphyInfo};
use tracing::info;
use wire::{Instant, MacAddr};

pub(crate) use bss::BssStep;
pub(crate) use changing::Scope;
pub(crate) use coming::Step;

use crate::outbox::{BssId, IfaceId, Outbox, Purpose};

/// How long until a radio that failed for a reason which may pass is tried again.
const RETRY: Duration = Duration::from_secs(5);

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
            State::Coming(Step::CountryNow | Step::Country | Step::CountryWait | Step::AbilitiesThere) => {
                "COUNTRY_UPDATE"
            }
            State::Coming(Step::Overlap | Step::OverlapPause | Step::OverlapWait | Step::OverlapSeen) => "HT_SCAN",
            State::Coming(_) => "DISABLED",
            State::Enabled => "ENABLED",
        }
    }
}

/// The files with accepted and with denied addresses.
type ListFiles = (Vec<Vec<u8>>, Vec<Vec<u8>>);

/// A BSS and its interface.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// Names it, and its engine, while the daemon lives: answers to an earlier one are not for it.
    pub(crate) id: BssId,
    /// Name of the interface that it was made for.
    pub(crate) name: String,
    /// It comes up, or changes: this is awaited.
    coming: Option<BssStep>,
    /// Its next start is with a beacon, whatever `start_disabled` says.
    audible: bool,
    /// Somebody took its interface down.
    down: bool,
    /// Its interface was there before; it is asked for.
    takes_existing: bool,
    /// The parameters that its engine was made from, or has changed to.
    used: Option<conf::ap::Bss>,
    /// Addresses that commands have listed stay listed when it changes.
    keeps_addresses: bool,
    /// The files that its lists of addresses came from.
    listed: Option<ListFiles>,
    /// Who added it to a radio that works, and waits to hear whether it does too.
    pub(crate) adder: Option<ClientId>,
    /// It came from another file than the radio's.
    pub(crate) added: bool,
    /// Its control socket is there.
    pub(crate) open: bool,
    pub(crate) handle: Option<Handle>,
    /// The kernel's index of its interface, to be shown.
    pub(crate) ifindex: u32,
    pub(crate) addr: MacAddr,
    pub(crate) created: bool,
    /// The address that its interface is to have, from the request on: nobody else gets it.
    reserved: Option<MacAddr>,
    /// It could not come up with the radio, which works without it.
    failed: bool,
    /// Whether its interface was up when it was found; it is left so.
    found_up: Option<bool>,
    pub(crate) engine: Option<Bss>,
    pub(crate) lists: Lists,
    pub(crate) socket: Option<SocketId>,
    pub(crate) clients: BTreeMap<ClientId, Subscriber>,
    #[cfg(feature = "testing")]
    pub(crate) data_test: Option<crate::data_test::Listening>,
}

impl Slot {
    /// Is its BSS on the air?
    pub(crate) fn runs(&self) -> bool {
        self.engine.as_ref().is_some_and(|bss| bss.condition() == Condition::Running)
    }
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
    /// Clients who wait to hear whether it came up.
    pub(crate) enablers: Vec<ClientId>,
    /// Number of the attempt: answers of earlier ones are stale.
    pub(crate) attempt: u32,
    /// A step that waits for the kernel goes on without it then.
    wait_until: Option<Instant>,
    overlap: overlap::Overlap,
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
    /// The radio's parameters as they are in use.
    used: Option<Radio>,
    last_bss: BssId,
}

impl Iface {
    pub(crate) fn new(id: IfaceId, config: ApConfig, path: Option<String>, files: BTreeMap<String, Vec<u8>>) -> Iface {
        let mut iface = Iface {
            id,
            config,
            path,
            radio_name: None,
            state: State::Uninitialized,
            wiphy: None,
            operating: None,
            slots: Vec::new(),
            files,
            enablers: Vec::new(),
            attempt: 0,
            wait_until: None,
            overlap: overlap::Overlap::default(),
            events: VecDeque::new(),
            hopeless: false,
            #[cfg(feature = "testing")]
            hooks: crate::hooks::Hooks::default(),
            away: false,
            folder: String::new(),
            used: None,
            last_bss: 0,
        };
        iface.name_slots();
        iface
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

    fn new_id(&mut self) -> BssId {
        self.last_bss = self.last_bss.wrapping_add(1);
        self.last_bss
    }

    /// Each BSS of the configuration has its slot, under its name.
    fn name_slots(&mut self) {
        while self.slots.len() < self.config.bss.len() {
            let slot = Slot { id: self.new_id(), ..Slot::default() };
            self.slots.push(slot);
        }
        for (slot, bss) in self.slots.iter_mut().zip(&self.config.bss) {
            bss.interface().clone_into(&mut slot.name);
        }
    }

    /// Where a BSS is now.
    pub(crate) fn index_of(&self, id: BssId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.id == id)
    }

    /// The BSS on an interface.
    pub(crate) fn slot_of(&self, handle: Handle) -> Option<usize> {
        self.slots.iter().position(|slot| slot.handle == Some(handle))
    }

    pub(crate) fn say(&mut self, bss: usize, event: ApEvent) {
        self.events.push_back((bss, event));
    }

    fn own_handle(&self, bss: usize) -> Option<Handle> {
        self.slots.get(bss).and_then(|slot| slot.handle)
    }

    /// Takes what the BSSs want done. Gives which could not start and why, which only the answer to a request can say.
    pub(crate) fn drain(&mut self, out: &mut Outbox) -> Option<(usize, Failure)> {
        let (id, attempt) = (self.id, self.attempt);
        let mut failed = None;
        for index in 0..self.slots.len() {
            let (bss, name) = self.slots.get(index).map(|slot| (slot.id, slot.name.clone())).unwrap_or_default();
            while let Some(output) =
                self.slots.get_mut(index).and_then(|slot| slot.engine.as_mut()).and_then(Bss::poll_output)
            {
                match output {
                    #[cfg(feature = "testing")]
                    BssOutput::Request { request: Request::SendEapol { dest, data, .. }, .. } if self.hooks.eapol => {
                        self.events.push_back((index, crate::hooks::eapol_sent(dest, &data)));
                    }
                    BssOutput::Request { tag, request } => {
                        if let Request::AddKey { key, .. } = &request
                            && daemon::log::shows_keys()
                        {
                            let engine = self.slots.get(index).and_then(|slot| slot.engine.as_ref());
                            show_key(engine, key);
                        }
                        out.request(Purpose::Bss { iface: id, attempt, bss, tag }, request);
                    }
                    BssOutput::Change(change) => {
                        self.events.extend(daemon::access_point::events(change).map(|event| (index, event)));
                    }
                    BssOutput::Log { level, stranger, text } => {
                        daemon::access_point::log(&name, level, stranger, &text);
                    }
                    BssOutput::Started => {
                        self.announce(index);
                        self.answer_adder(index, true, out);
                    }
                    BssOutput::StartFailed(failure) => failed = Some((index, failure)),
                }
            }
        }
        if failed.is_none() && self.state == State::Coming(Step::Start) && self.all_run() {
            self.state = State::Enabled;
            self.back();
            self.say(0, ApEvent::Enabled);
            self.answer_enablers(true, out);
        }
        failed
    }

    fn announce(&self, bss: usize) {
        let Some(engine) = self.slots.get(bss).and_then(|slot| slot.engine.as_ref()) else { return };
        let (name, operating) = (self.bss_name(bss), engine.operating());
        let (ssid, number, freq) = (engine.config().ssid(), operating.number, operating.definition.freq);
        info!("{name}: \"{ssid}\" is on the air on channel {number} ({freq} MHz)");
    }

    /// The interface is there again, if it was away: listeners hear of it once.
    fn back(&mut self) {
        if std::mem::take(&mut self.away) {
            self.say(0, ApEvent::InterfaceEnabled);
        }
    }

    fn all_run(&self) -> bool {
        self.slots.iter().all(|slot| slot.runs() || slot.failed)
    }

    /// Does something with a BSS that works.
    #[cfg(feature = "testing")]
    pub(crate) fn with_bss(&mut self, bss: usize, out: &mut Outbox, act: impl FnOnce(&mut Bss)) -> bool {
        let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut()) else { return false };
        act(engine);
        self.drain(out);
        true
    }
}

/// With `-K`: the key that is installed, for whoever decrypts a capture.
fn show_key(engine: Option<&Bss>, key: &ipc_proto::KeyParameters) {
    match key.kind {
        ipc_proto::KeyKind::Pairwise(addr) => {
            if let Some(ptk) = engine.and_then(|bss| bss.ptk_of(addr)) {
                daemon::log::key("WPA: PTK", ptk.as_bytes());
            }
        }
        ipc_proto::KeyKind::Group | ipc_proto::KeyKind::PeerGroup(_) => {
            daemon::log::key("WPA: Group Key", key.key.as_bytes());
        }
    }
}
