//! One BSS of a radio that is ready: from its interface to its beacon, whatever the others do.

use ap::{Bss, BssConfig, Leave};
use crypto::Rng;
use ipc_proto::{Failure, InterfaceType, Reply, Request};
use tracing::error;
use wire::{Instant, MacAddr};

use crate::iface::going::give_back;
use crate::iface::{Iface, ListFiles, Slot, State, Step};
use crate::outbox::{BssId, Outbox, Purpose};
use crate::profile;

/// What is being done to bring a BSS up, in this order. Then it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BssStep {
    /// Make its interface, unless it is the radio's own.
    Interface,
    /// Put it in its bridge.
    Bridge,
    /// Up.
    Up,
    /// Read the files that its parameters name.
    Files,
}

impl BssStep {
    const fn words(self) -> &'static str {
        match self {
            BssStep::Interface => "making its interface",
            BssStep::Bridge => "joining the bridge",
            BssStep::Up => "switching the interface",
            BssStep::Files => "reading files",
        }
    }
}

impl Iface {
    /// Takes a step with a BSS, or those after it if there is nothing to do in it.
    pub(super) fn join(&mut self, bss: usize, step: BssStep, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        let awaits_files = step == BssStep::Files && self.ask_files(bss, out);
        let Some(slot) = self.slots.get_mut(bss) else { return };
        slot.coming = Some(step);
        slot.takes_existing = false;
        slot.failed = false;
        let (id, own) = (slot.id, slot.handle);
        let Some(config) = self.config.bss.get(bss) else { return };
        let addr = config.bssid().or_else(|| self.further_address());
        if step == BssStep::Interface
            && own.is_none()
            && let Some(slot) = self.slots.get_mut(bss)
        {
            slot.reserved = addr;
        }
        let request = match (step, own) {
            (BssStep::Interface, None) => self.own_handle(0).map(|parent| Request::AddInterface {
                parent,
                ifname: config.interface().to_owned(),
                kind: InterfaceType::AccessPoint,
                addr,
            }),
            (BssStep::Bridge, Some(handle)) => {
                config.bridge().map(|bridge| Request::SetBridge { handle, bridge: Some(bridge.to_owned()) })
            }
            (BssStep::Up, Some(handle)) if bss > 0 => Some(Request::SetLinkUp { handle, up: true }),
            (BssStep::Interface | BssStep::Up, Some(_)) | (BssStep::Bridge | BssStep::Up, None) => None,
            (BssStep::Files, _) if awaits_files => return,
            (BssStep::Files, _) => return self.start_bss(bss, out, now, rng),
        };
        match request {
            Some(request) => {
                out.request(Purpose::BssStep { iface: self.id, attempt: self.attempt, bss: id, step }, request);
            }
            None => self.join(bss, next(step), out, now, rng),
        }
    }

    /// The radio's own address with the last octet counted up to one that is free; locally administered, as further
    /// ones have to be.
    fn further_address(&self) -> Option<MacAddr> {
        let MacAddr([a, b, c, d, e, f]) = self.slots.first()?.addr;
        let mut counted = (1..=u8::MAX).map(|step| MacAddr([a | 2, b, c, d, e, f.wrapping_add(step)]));
        let has = |slot: &Slot, addr| slot.reserved == Some(addr) || slot.handle.is_some() && slot.addr == addr;
        let asked_for = |addr| self.config.bss.iter().any(|bss| bss.bssid() == Some(addr));
        counted.find(|addr| !asked_for(*addr) && !self.slots.iter().any(|slot| has(slot, *addr)))
    }

    /// The answer to a step.
    pub(crate) fn joined(
        &mut self,
        id: BssId,
        step: BssStep,
        result: Result<Reply, Failure>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let Some(bss) = self.index_of(id) else { return };
        let Some(slot) = self.slots.get_mut(bss).filter(|slot| slot.coming == Some(step)) else { return };
        match result {
            Ok(reply) => {
                if let Reply::Created(handle, info) = reply {
                    (slot.handle, slot.addr, slot.created) = (Some(handle), info.addr, true);
                    slot.ifindex = info.ifindex;
                } else if let Reply::Attached(handle, info) = reply {
                    (slot.handle, slot.addr, slot.created) = (Some(handle), info.addr, false);
                    slot.ifindex = info.ifindex;
                    slot.found_up.get_or_insert(info.up);
                    let kind = InterfaceType::AccessPoint;
                    let taken = Purpose::Nothing("taking an interface that is there");
                    out.request(taken.clone(), Request::SetLinkUp { handle, up: false });
                    out.request(taken, Request::SetInterfaceType { handle, kind });
                }
                self.join(bss, next(step), out, now, rng);
            }
            // It is there already (EEXIST, ENFILE): made by somebody for this, and given back afterwards.
            Err(Failure::Kernel { errno: 17 | 23, .. }) if step == BssStep::Interface && !slot.takes_existing => {
                slot.takes_existing = true;
                let request = Request::Attach { ifname: slot.name.clone() };
                out.request(Purpose::BssStep { iface: self.id, attempt: self.attempt, bss: id, step }, request);
            }
            Err(failure) => self.bss_failed(bss, step.words(), &failure, out, now),
        }
    }

    /// Everything is there: it starts; or, where it works already, it changes, with its stations if that can be.
    pub(super) fn start_bss(&mut self, bss: usize, out: &mut Outbox, now: Instant, rng: &mut dyn Rng) {
        let mut lists = match self.lists_of(bss) {
            Ok(lists) => lists,
            Err(why) => return self.bss_unfit(bss, &why, out),
        };
        let id = self.new_id();
        let (Some(slot), Some(parameters)) = (self.slots.get_mut(bss), self.config.bss.get(bss).cloned()) else {
            return;
        };
        slot.coming = None;
        let (Some(handle), Some(wiphy), Some(mut operating)) =
            (slot.handle, self.wiphy.clone(), self.operating.clone())
        else {
            return;
        };
        // Only lists that came from these files: others are the ones that were asked for.
        let listed = Some(list_files(&parameters));
        if std::mem::take(&mut slot.keeps_addresses) && slot.listed == listed {
            (lists.accept, lists.deny) = (slot.lists.accept.clone(), slot.lists.deny.clone());
        }
        slot.lists = lists.clone();
        slot.listed = listed;
        if let Some(engine) = &mut slot.engine {
            let profile = profile::profile(&parameters, &self.config.radio);
            if engine.reconfigure(&profile, lists.clone(), Leave::Unwelcome, now, rng) {
                slot.used = Some(parameters);
                self.drain(out);
                return;
            }
            // It may have moved to another channel since the radio came up.
            operating = engine.operating().clone();
            engine.stop(now);
            self.drain(out);
        }
        let Some(slot) = self.slots.get_mut(bss) else { return };
        let config = BssConfig {
            handle,
            own: slot.addr,
            profile: profile::profile(&parameters, &self.config.radio),
            radio: profile::radio(&self.config.radio),
            wiphy,
            operating,
            lists,
        };
        slot.used = Some(parameters);
        let silent = config.profile.beacon.silent_start;
        let mut engine = Bss::new(config, rng);
        engine.start(now, rng);
        if std::mem::take(&mut slot.audible) && silent {
            engine.update_beacon();
        }
        slot.id = id;
        slot.engine = Some(engine);
        self.drain(out);
    }

    /// A BSS could not do a step. Where the radio comes up and cannot without it, that is the radio's affair, otherwise the
    /// BSS's alone.
    pub(super) fn bss_failed(&mut self, bss: usize, doing: &str, failure: &Failure, out: &mut Outbox, now: Instant) {
        let comes_up = self.state == State::Coming(Step::Start);
        if comes_up && (bss == 0 || matches!(failure, Failure::RadioBlocked)) {
            self.fail(doing, failure, out, now);
        } else {
            self.bss_unfit(bss, &format!("{doing}: {}", further_failure(bss, failure)), out);
        }
    }

    /// A BSS cannot work as its parameters say. One that works stays as it is, and the others come up without it.
    pub(super) fn bss_unfit(&mut self, bss: usize, why: &str, out: &mut Outbox) {
        let comes_up = self.state == State::Coming(Step::Start);
        if comes_up && bss == 0 {
            return self.give_up(why, out);
        }
        let Some(slot) = self.slots.get_mut(bss) else { return };
        slot.coming = None;
        if slot.runs() {
            error!("{}: {why}; it stays as it was", slot.name);
        } else {
            error!("{}: cannot be an access point: {why}", slot.name);
        }
        if comes_up {
            give_back(slot, out);
            (slot.failed, slot.created, slot.handle, slot.reserved, slot.engine) = (true, false, None, None, None);
        }
        self.answer_adder(bss, false, out);
        // It may have been the last that the others waited for.
        self.drain(out);
    }

    /// Who added a BSS hears what became of it, once its control socket is there too.
    pub(crate) fn answer_adder(&mut self, bss: usize, well: bool, out: &mut Outbox) {
        let Some(slot) = self.slots.get_mut(bss) else { return };
        if (!well || slot.open)
            && let Some(client) = slot.adder.take()
        {
            out.reply(client, if well { ctrl::reply::OK } else { ctrl::reply::FAIL });
        }
    }
}

/// What a failure means for a BSS beside the radio's first.
fn further_failure(bss: usize, failure: &Failure) -> String {
    // ENOTUNIQ, EBUSY: the radio has a number of addresses and of networks.
    match (failure, bss) {
        (Failure::Kernel { errno: 76, .. }, 1..) => "the radio has no further address for it".into(),
        (Failure::Kernel { errno: 16, .. }, 1..) => "the radio has no room for another network".into(),
        (failure, _) => failure.to_string(),
    }
}

pub(super) fn list_files(bss: &conf::ap::Bss) -> ListFiles {
    (bss.accept_mac_file().to_vec(), bss.deny_mac_file().to_vec())
}

const fn next(step: BssStep) -> BssStep {
    match step {
        BssStep::Interface => BssStep::Bridge,
        BssStep::Bridge => BssStep::Up,
        BssStep::Up | BssStep::Files => BssStep::Files,
    }
}
