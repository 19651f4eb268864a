//! Another configuration while a radio works: what is the same stays, with its stations.

use std::mem;

use ap::{Leave, Lists};
use conf::ap::ApConfig;
use crypto::Rng;
use ipc_proto::post::ClientId;
use wire::Instant;

use crate::iface::bss::list_files;
use crate::iface::going::give_back;
use crate::iface::{BssStep, Iface, Slot, State, Step};
use crate::outbox::Outbox;
use crate::profile;

/// What is used anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What was set for one BSS.
    Bss(usize),
    /// What was set for all.
    Radio,
    /// What a file says: for all, and instead of what commands have changed.
    File,
}

impl Iface {
    /// Uses the configuration as it is now: everything stops and starts anew.
    fn restart(&mut self, scope: Scope, out: &mut Outbox, now: Instant, privd: bool) {
        if !self.is_wanted() {
            return;
        }
        self.disable(out, now, privd);
        self.enable(out, privd);
        for slot in &mut self.slots {
            slot.audible = true;
            slot.keeps_addresses = scope != Scope::File;
        }
    }

    /// Uses the configuration as it is now, of one BSS or of all. A BSS that stays the same network keeps its stations.
    pub(crate) fn reload(&mut self, scope: Scope, out: &mut Outbox, now: Instant, privd: bool, rng: &mut dyn Rng) {
        let moved = |iface: &Iface| iface.slots.first().is_none_or(|slot| !iface.is_where_it_was(0, slot));
        if self.state != State::Enabled || self.used.as_ref() != Some(&self.config.radio) || moved(self) {
            return self.restart(scope, out, now, privd);
        }
        for bss in (0..self.slots.len()).filter(|bss| !matches!(scope, Scope::Bss(only) if only != *bss)) {
            let Some(slot) = self.slots.get_mut(bss) else { continue };
            slot.audible = true;
            slot.keeps_addresses = scope != Scope::File;
            if self.slots.get(bss).is_some_and(|slot| slot.runs() && self.is_where_it_was(bss, slot)) {
                self.join(bss, BssStep::Files, out, now, rng);
            } else {
                self.take_down(bss, out, now);
                self.join(bss, BssStep::Interface, out, now, rng);
            }
        }
    }

    /// Neither its address nor its bridge is to be another one.
    fn is_where_it_was(&self, bss: usize, slot: &Slot) -> bool {
        let (Some(wanted), Some(used)) =
            (self.config.bss.get(bss), slot.used.as_ref().filter(|_| slot.engine.is_some()))
        else {
            return bss == 0;
        };
        used.bridge() == wanted.bridge() && used.bssid() == wanted.bssid()
    }

    /// Stops a BSS and takes away the interface that was made for it.
    pub(crate) fn take_down(&mut self, bss: usize, out: &mut Outbox, now: Instant) {
        if let Some(engine) = self.slots.get_mut(bss).and_then(|slot| slot.engine.as_mut()) {
            engine.stop(now);
        }
        self.drain(out);
        let Some(slot) = self.slots.get_mut(bss) else { return };
        slot.engine = None;
        slot.coming = None;
        if bss > 0 {
            give_back(slot, out);
            (slot.handle, slot.created) = (None, false);
        }
    }

    /// Adds BSSs. Those of a radio that works come up beside the others; then their client hears so.
    /// False: it is not waited for.
    pub(crate) fn add_bss(
        &mut self,
        mut more: Vec<conf::ap::Bss>,
        client: ClientId,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> bool {
        let first = self.slots.len();
        self.config.bss.append(&mut more);
        self.name_slots();
        self.slots.iter_mut().skip(first).for_each(|slot| slot.added = true);
        if !matches!(self.state, State::Enabled | State::Coming(Step::Start)) {
            return false;
        }
        if let Some(slot) = self.slots.last_mut() {
            slot.adder = Some(client);
        }
        for bss in first..self.slots.len() {
            self.join(bss, BssStep::Interface, out, now, rng);
        }
        true
    }

    /// Keys and addresses as files have them now, and passphrases as they were set: for all who come, and who is here.
    /// `read`: the file that was read for them.
    pub(crate) fn use_lists(
        &mut self,
        bss: usize,
        lists: Lists,
        read: Option<&str>,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        let (Some(slot), Some(parameters)) = (self.slots.get_mut(bss), self.config.bss.get(bss)) else { return };
        slot.lists = lists.clone();
        let files = list_files(parameters);
        let reads = |paths: &[Vec<u8>]| read.is_some_and(|path| paths.iter().any(|known| known == path.as_bytes()));
        // Who may stay under a new list of those who are denied is everybody else, whatever `macaddr_acl` was set to since.
        let leave = match (reads(&files.0), reads(&files.1)) {
            (true, _) => Leave::Unwelcome,
            (false, true) => Leave::Denied,
            (false, false) => Leave::Nobody,
        };
        if leave != Leave::Nobody {
            slot.listed = Some(files);
        }
        if let Some(engine) = &mut slot.engine {
            let profile = profile::profile(parameters, &self.config.radio);
            if engine.reconfigure(&profile, lists.clone(), leave, now, rng) {
                slot.used = Some(parameters.clone());
            } else {
                // What else was set makes it another network, and waits for RELOAD.
                let profile = engine.config().profile.clone();
                engine.reconfigure(&profile, lists, leave, now, rng);
            }
        }
        self.drain(out);
    }

    /// Forgets a BSS that was taken down.
    pub(crate) fn drop_bss(&mut self, bss: usize, out: &mut Outbox) {
        if bss >= self.slots.len() || bss >= self.config.bss.len() {
            return;
        }
        self.answer_adder(bss, false, out);
        self.config.bss.remove(bss);
        let slot = self.slots.remove(bss);
        if let Some(socket) = slot.socket {
            out.push(daemon::Output::CloseControl { socket });
        }
    }

    /// What came from other files than the radio's is not that file's to take away.
    pub(crate) fn keep_added(&self, config: &mut ApConfig) {
        for (slot, bss) in self.slots.iter().zip(&self.config.bss) {
            if slot.added && config.bss.iter().all(|other| other.interface() != bss.interface()) {
                config.bss.push(bss.clone());
            }
        }
    }

    /// The BSSs that another configuration does not have, the last first; never the radio's own.
    pub(crate) fn without(&self, config: &ApConfig) -> Vec<usize> {
        let stays = |name: &str| config.bss.iter().any(|bss| bss.interface() == name);
        (1..self.slots.len()).rev().filter(|bss| self.slots.get(*bss).is_some_and(|slot| !stays(&slot.name))).collect()
    }

    /// Takes another configuration whose BSSs are these and perhaps more, in any order.
    pub(crate) fn take_config(&mut self, config: ApConfig) {
        let mut before = mem::take(&mut self.slots);
        for bss in &config.bss {
            let known = before.iter().position(|slot| slot.name == bss.interface());
            let slot = match known {
                Some(at) => before.remove(at),
                None => Slot { id: self.new_id(), ..Slot::default() },
            };
            self.slots.push(slot);
        }
        self.config = config;
        self.name_slots();
        self.files.clear();
    }
}
