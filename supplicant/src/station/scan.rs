//! Scanning: when, for what, and what follows from it.

use std::time::Duration;

use conf::station::NetworkId;
use ctrl::StationEvent;
use ctrl::station::ScanCommand;
use ipc_proto::{Failure, Request, ScanEntry};
use wire::{Instant, MacAddr, Ssid};

use super::link::Link;
use super::{Station, WpaState};
use crate::outbox::{Cx, Purpose};
use crate::select::{self, Candidate};

/// How long results are fresh enough to connect with without scanning again.
const FRESH: Duration = Duration::from_secs(5);
/// A scan that takes longer is ended, and what came is used: less is allowed as long as the driver has not shown that it
/// says when scans end.
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_AT_FIRST: Duration = Duration::from_secs(10);
/// How long a driver may take to end one.
const ENDING: Duration = Duration::from_secs(1);
/// How long to wait before a radio is tried again with which another program scans.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// errno of a radio that is busy.
const EBUSY: i32 = 16;

/// A scan under way.
#[derive(Clone, Debug)]
struct Running {
    started: Instant,
    /// By then it must have ended.
    deadline: Instant,
    /// It was asked to end.
    ending: bool,
    /// Its results are not to be connected with.
    only: bool,
    /// What a client asked for.
    command: Option<ScanCommand>,
    /// Its number, if a client asked for one.
    id: Option<u32>,
    /// `freqs_once` that it took.
    once: Vec<u32>,
    /// `first` that it took: where nothing is found, everything is looked at next.
    narrowed: bool,
    /// Somebody else started it.
    external: bool,
    freqs: Vec<u32>,
    /// State to go back to if nothing follows from it.
    before: WpaState,
    passive: bool,
}

/// Scans of one interface.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    next: Option<Instant>,
    running: Option<Running>,
    /// It is time: it begins when no other has the radio.
    waits: bool,
    /// State to go back to after a scan that had to wait.
    before: Option<WpaState>,
    /// It was said that another program scans.
    busy_said: bool,
    /// Asked for by a client, not yet started.
    manual: Option<(ScanCommand, Option<u32>)>,
    entries: Vec<ScanEntry>,
    last_finished: Option<Instant>,
    last_id: u32,
    /// Scans in a row that found nothing to join.
    fruitless: u32,
    /// Where the directed probes went on last time.
    pub(super) rotate: usize,
    pub(super) first_done: bool,
    /// The driver says when a scan has ended.
    ends: bool,
    /// `SCAN_INTERVAL`.
    pub(crate) interval: Option<u32>,
    /// `SELECT_NETWORK … freq=`: of the next scan only.
    pub(crate) freqs_once: Vec<u32>,
    /// The channels of a network that was lost: looked at before all others.
    pub(super) first: Vec<u32>,
    /// What was said last about why nothing is joined.
    said: String,
}

impl Scanner {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.running {
            Some(running) => Some(running.deadline),
            None => self.next,
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// A scan is to begin, if nobody else has the radio.
    pub(crate) const fn is_due(&self) -> bool {
        self.running.is_none() && self.waits
    }

    /// A client's scan is still to start.
    pub(crate) const fn is_requested(&self) -> bool {
        self.manual.is_some()
    }

    /// Begins at the quick end of the schedule.
    pub(crate) fn restart(&mut self) {
        self.fruitless = 0;
        self.said.clear();
    }

    /// Nothing is scanned any more.
    pub(crate) fn stop(&mut self) {
        self.running = None;
        self.manual = None;
        self.first.clear();
        self.cancel_next();
        self.entries.clear();
    }

    /// The next scan is not wanted any more, unless a client asked for it.
    pub(crate) fn cancel_next(&mut self) {
        if self.manual.is_none() {
            self.next = None;
            self.waits = false;
        }
    }

    pub(crate) fn forget_results(&mut self) {
        self.last_finished = None;
    }

    /// When the scan that is under way was begun.
    pub(super) fn started(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.started)
    }

    const fn patience(&self) -> Duration {
        if self.ends { LONGEST } else { LONGEST_AT_FIRST }
    }

    pub(super) fn at(&mut self, when: Instant) {
        self.next = Some(self.next.map_or(when, |next| next.min(when)));
    }

    /// How long to wait after a scan that found nothing: 5 s for a while, then longer.
    fn pause(&self) -> Duration {
        let base = u64::from(self.interval.unwrap_or(5).max(1));
        let factor = match self.fruitless {
            0..=12 => 1,
            13..=24 => 2,
            25..=48 => 4,
            49.. => 6,
        };
        Duration::from_secs(base.saturating_mul(factor))
    }
}

impl Station {
    /// Scans for networks after this long, unless there is nothing to look for.
    pub(crate) fn look_for_networks(&mut self, cx: &mut Cx<'_>, delay: Duration) {
        if !self.is_ready() || self.disconnected {
            return;
        }
        if self.enabled_networks().next().is_none() {
            if matches!(self.link, Link::Idle) && !self.scan.is_running() {
                self.set_state(cx, WpaState::Inactive);
            }
            return;
        }
        self.scan.at(cx.now + delay);
    }

    /// A link to this network is lost: looks for networks a little later, and on its own channels first, which is quick
    /// where it has other access points or comes back.
    pub(super) fn look_for_lost(&mut self, cx: &mut Cx<'_>, ssid: &Ssid, freq: u32) {
        let others = self.bss.iter().filter(|bss| bss.ssid == *ssid).map(|bss| bss.freq);
        self.scan.first = others.chain([freq]).collect();
        self.look_for_networks(cx, Duration::from_millis(100));
    }

    /// Connects with what the last scan found if that is fresh, else scans.
    pub(crate) fn connect_or_scan(&mut self, cx: &mut Cx<'_>) {
        self.scan.restart();
        self.scan.first.clear();
        let fresh = self.scan.last_finished.is_some_and(|at| cx.now - at < FRESH);
        if fresh
            && self.scan.freqs_once.is_empty()
            && self.is_ready()
            && !self.disconnected
            && let Some(candidate) = self.select(cx)
        {
            self.connect(cx, candidate);
            return;
        }
        self.look_for_networks(cx, Duration::ZERO);
    }

    /// `SCAN`. The number, if one was asked for; an error if one of ours runs already, or waits for what else we do with the
    /// radio. Somebody else's is waited for, as is the interface; one that waits so takes the place of another.
    pub(crate) fn scan_command(&mut self, cx: &mut Cx<'_>, command: ScanCommand) -> Result<Option<u32>, ()> {
        let between = self.state <= WpaState::Scanning || self.state == WpaState::Completed;
        let running = self.scan.running.as_ref();
        let own = running.is_some_and(|running| !running.external);
        let foreign = running.is_some() || self.scan.busy_said;
        let held = self.scan.is_requested() && (self.scan.waits || self.works.is_taken());
        if own || (held && !foreign) || !between {
            return Err(());
        }
        let id = command.use_id.then(|| {
            self.scan.last_id = self.scan.last_id.wrapping_add(1);
            self.scan.last_id
        });
        self.scan.manual = Some((command, id));
        self.scan.next = Some(cx.now);
        self.scan_timeout(cx);
        Ok(id)
    }

    /// `ABORT_SCAN`.
    pub(crate) fn abort_scan(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.scan.is_running() {
            self.request(cx, Purpose::Quiet, |handle| Request::AbortScan { handle });
            return true;
        }
        false
    }

    /// Time has passed: is a scan due?
    pub(crate) fn scan_timeout(&mut self, cx: &mut Cx<'_>) {
        // Somebody else's is not ours to end; that it has ended went unheard, perhaps.
        if self.scan.running.take_if(|running| running.external && running.deadline <= cx.now).is_some() {
            self.scan.at(cx.now);
        }
        if let Some(running) = self.scan.running.as_mut().filter(|running| running.deadline <= cx.now) {
            let asked = std::mem::replace(&mut running.ending, true);
            running.deadline = cx.now + ENDING;
            if asked {
                // Not even that was answered: what the kernel has will do.
                self.scan_done(cx, true, Vec::new());
            } else {
                tracing::warn!("{}: a scan takes too long; it is ended, and what came is used", self.ifname());
                self.request(cx, Purpose::Quiet, |handle| Request::AbortScan { handle });
            }
        }
        if self.scan.next.is_some_and(|next| next <= cx.now) {
            self.scan.next = None;
            self.scan.waits = true;
        }
    }

    /// A scan is due. `free`: no other interface of ours scans or joins with this radio.
    pub(crate) fn start_scan(&mut self, cx: &mut Cx<'_>, free: bool) {
        self.scan.waits = false;
        if !self.is_ready() {
            if !self.iface.coming {
                self.scan.manual = None;
            }
            return;
        }
        if self.works.is_taken() {
            self.works.hold_scan(cx.now);
            return;
        }
        if self.is_joining() {
            // A scan would disturb the connection that is being made.
            self.scan.at(cx.now + Duration::from_secs(1));
            return;
        }
        if !self.scan.is_requested() && (self.disconnected || self.enabled_networks().next().is_none()) {
            return;
        }
        let before = self.scan.before.take().filter(|_| self.state == WpaState::Scanning).unwrap_or(self.state);
        if self.state < WpaState::Scanning {
            self.set_state(cx, WpaState::Scanning);
        }
        if !free {
            self.scan.waits = true;
            self.scan.before = Some(before);
            return;
        }
        self.prepare_keys();
        let (command, id) = self.scan.manual.take().map_or((None, None), |(command, id)| (Some(command), id));
        let mut once = if command.is_none() { std::mem::take(&mut self.scan.freqs_once) } else { Vec::new() };
        let narrowed = command.is_none() && once.is_empty() && !self.scan.first.is_empty();
        if narrowed {
            once = std::mem::take(&mut self.scan.first);
        }
        let parameters = self.scan_parameters(command.as_ref(), &once);
        self.scan.running = Some(Running {
            started: cx.now,
            deadline: cx.now + self.scan.patience(),
            ending: false,
            only: command.as_ref().is_some_and(|command| command.only),
            command,
            id,
            once,
            narrowed,
            external: false,
            freqs: parameters.freqs.clone(),
            before,
            passive: parameters.ssids.is_empty(),
        });
        self.scan.entries.clear();
        self.request(cx, Purpose::Scan, |handle| Request::TriggerScan { handle, scan: parameters });
    }

    /// What came of starting a scan.
    pub(crate) fn scan_triggered(&mut self, cx: &mut Cx<'_>, result: Result<(), Failure>) {
        let Err(failure) = result else {
            self.scan.busy_said = false;
            return;
        };
        let Some(running) = self.scan.running.take() else { return };
        if matches!(&failure, Failure::Kernel { errno: EBUSY, .. }) {
            return self.radio_is_busy(cx, running);
        }
        self.scan.busy_said = false;
        let error = match &failure {
            Failure::Kernel { errno, .. } => errno.saturating_neg(),
            Failure::RadioBlocked => -132,
            Failure::Denied
            | Failure::NotGranted(_)
            | Failure::OutOfCondition(_)
            | Failure::Full(_)
            | Failure::NoInterface
            | Failure::InUse
            | Failure::KeyInstalled
            | Failure::Invalid(_)
            | Failure::NotSupported => -1,
        };
        tracing::info!("{}: cannot scan: {failure}", self.ifname());
        self.tell(cx, &StationEvent::ScanFailed { error, retry: false });
        if self.state == WpaState::Scanning {
            self.set_state(cx, running.before);
        }
        self.look_for_networks(cx, self.scan.pause());
    }

    /// Another program scans with this radio. That is no failure: the same scan is tried again until the radio is free.
    fn radio_is_busy(&mut self, cx: &mut Cx<'_>, refused: Running) {
        if !std::mem::replace(&mut self.scan.busy_said, true) {
            tracing::info!("{}: another program scans with this radio; waiting for it", self.ifname());
        }
        if let Some(command) = refused.command {
            self.scan.manual = Some((command, refused.id));
        }
        let again = if refused.narrowed { &mut self.scan.first } else { &mut self.scan.freqs_once };
        if again.is_empty() {
            *again = refused.once;
        }
        self.scan.before = Some(refused.before);
        self.scan.at(cx.now + BUSY_PAUSE);
    }

    /// A scan began.
    pub(crate) fn scan_started(&mut self, cx: &mut Cx<'_>) {
        let id = match &self.scan.running {
            Some(running) => running.id,
            None => {
                self.scan.running = Some(Running {
                    started: cx.now,
                    deadline: cx.now + LONGEST,
                    ending: false,
                    only: true,
                    command: None,
                    id: None,
                    once: Vec::new(),
                    narrowed: false,
                    external: true,
                    freqs: Vec::new(),
                    before: self.state,
                    passive: true,
                });
                None
            }
        };
        self.tell(cx, &StationEvent::ScanStarted { id });
    }

    /// The driver says when a scan ends, if only one that was ended: the next may take its time, for where there are many
    /// channels it needs more than is allowed at first.
    pub(crate) const fn scan_end_heard(&mut self) {
        self.scan.ends = true;
    }

    /// A scan ended.
    pub(crate) fn scan_done(&mut self, cx: &mut Cx<'_>, aborted: bool, freqs: Vec<u32>) {
        if let Some(running) = &mut self.scan.running
            && !freqs.is_empty()
        {
            running.freqs = freqs;
        }
        if aborted {
            tracing::debug!("{}: a scan was aborted", self.ifname());
        }
        self.scan.entries.clear();
        self.request(cx, Purpose::ScanResults, |handle| Request::ScanResults { handle });
    }

    /// What an entry of the table is worth to us: a crowd of strangers' networks must not push out those of ours.
    fn worth(&self, bss: &crate::bss::Bss) -> u8 {
        let ours: Vec<_> = self.config.networks.iter().filter(|network| select::names(network, &bss.ssid)).collect();
        let fits = |network: &&conf::station::Network| {
            select::fits(network, &self.config.globals, bss, &self.iface.abilities).is_ok()
        };
        if self.pmksa.iter().any(|entry| entry.peer == bss.bssid) {
            3
        } else if ours.iter().any(fits) {
            2
        } else {
            u8::from(!ours.is_empty())
        }
    }

    /// A part of the kernel's table.
    pub(crate) fn scan_results(&mut self, cx: &mut Cx<'_>, result: Result<(Vec<ScanEntry>, bool), Failure>) {
        match result {
            Ok((entries, last)) => {
                self.scan.entries.extend(entries);
                if !last {
                    return;
                }
            }
            Err(failure) => {
                tracing::warn!("{}: cannot read scan results: {failure}", self.ifname());
                self.scan.running = None;
                self.look_for_networks(cx, Duration::from_secs(1));
                return;
            }
        }
        let running = self.scan.running.take();
        let mut entries = std::mem::take(&mut self.scan.entries);
        if !self.runtime.bssid_filter.is_empty() {
            entries.retain(|entry| self.runtime.bssid_filter.contains(&entry.bssid));
        }
        let started = running.as_ref().map(|running| running.started);
        let freqs = running.as_ref().map_or(&[][..], |running| &running.freqs);
        let keep = self.link.target().map(|target| target.bssid);
        let mut table = std::mem::take(&mut self.bss);
        let changes = table.update(entries, freqs, started, keep, self.limits(), |bss| self.worth(bss), cx.now);
        self.bss = table;
        self.tell_table(cx, changes);
        let Some(running) = running else { return };
        self.scan.first_done = true;
        self.scan.last_finished = Some(cx.now);
        self.tell(cx, &StationEvent::ScanResults { id: running.id });
        if running.passive {
            tracing::debug!("{}: a passive scan found {} BSSs", self.ifname(), self.bss.len());
        }
        if self.disconnected || running.only {
            if self.state == WpaState::Scanning {
                let back = if self.disconnected { WpaState::Disconnected } else { running.before };
                self.set_state(cx, if back > WpaState::Scanning { WpaState::Disconnected } else { back });
            }
            if running.external {
                return;
            }
            self.look_for_networks(cx, self.scan.pause());
            return;
        }
        match &self.link {
            Link::Idle => self.select_and_connect(cx, running.narrowed),
            Link::Associated(associated) if associated.completed => self.consider_roaming(cx),
            Link::Authenticating(_) | Link::Associating(_) | Link::Associated(_) => {}
        }
    }

    /// Joins what fits best, or scans again: later, or at once if only a part of the channels was looked at.
    fn select_and_connect(&mut self, cx: &mut Cx<'_>, narrowed: bool) {
        if self.enabled_networks().next().is_none() {
            self.set_state(cx, WpaState::Inactive);
            return;
        }
        if let Some(candidate) = self.select(cx) {
            self.scan.fruitless = 0;
            self.connect(cx, candidate);
            return;
        }
        if narrowed {
            return self.look_for_networks(cx, Duration::ZERO);
        }
        self.ask_for_secrets(cx);
        self.tell(cx, &StationEvent::NetworkNotFound);
        self.scan.fruitless = self.scan.fruitless.saturating_add(1);
        let mut delay = self.scan.pause();
        // If all that is enabled is left alone for now, nothing is gained by looking earlier.
        let waits: Vec<Option<Instant>> = self
            .enabled_networks()
            .map(|network| self.memory.get(&network.id()).and_then(|memory| memory.disabled_until))
            .collect();
        if let Some(first) =
            waits.iter().copied().collect::<Option<Vec<Instant>>>().and_then(|all| all.into_iter().min())
        {
            delay = delay.max(first - cx.now);
        }
        self.look_for_networks(cx, delay);
    }

    /// Networks in reach that lack nothing but a passphrase: clients are asked where that was wanted, and the network
    /// is left alone for a while where it was not.
    fn ask_for_secrets(&mut self, cx: &mut Cx<'_>) {
        let waiting: Vec<(NetworkId, Ssid, bool)> = self
            .enabled_networks()
            .filter(|network| super::lacks_secret(network) && !self.is_temp_disabled(network.id(), cx.now))
            .filter(|network| self.bss.iter().any(|bss| select::names(network, &bss.ssid)))
            .map(|network| (network.id(), network.ssid().unwrap_or_default(), network.mem_only_psk()))
            .collect();
        for (id, ssid, ask) in waiting {
            if ask {
                let event =
                    StationEvent::Request { field: "PSK_PASSPHRASE", id, text: "PSK or passphrase".into(), ssid };
                self.tell(cx, &event);
            } else {
                tracing::warn!("{}: \"{ssid}\" is in reach, but it has neither passphrase nor key", self.ifname());
                self.network_failed(cx, id, "NO_PSK_AVAILABLE");
            }
        }
    }

    /// The best network and access point in the table.
    pub(crate) fn select(&mut self, cx: &mut Cx<'_>) -> Option<Candidate> {
        self.reenable_networks(cx);
        let found = self.select_with_ignored(cx.now);
        if found.is_some() || self.ignore.is_empty() {
            self.explain(found.as_ref(), cx.now);
            return found;
        }
        // Nothing but access points that failed lately: better one of those than none.
        let kept = std::mem::take(&mut self.ignore);
        let found = self.select_with_ignored(cx.now);
        if found.is_some() {
            tracing::debug!("{}: clearing the list of ignored access points", self.ifname());
        } else {
            self.ignore = kept;
        }
        self.explain(found.as_ref(), cx.now);
        found
    }

    pub(crate) fn select_with_ignored(&self, now: Instant) -> Option<Candidate> {
        let mut table: Vec<_> = self.bss.iter().collect();
        table.sort_by(|a, b| select::better(a, b));
        if let Some(wish) = self.wish {
            table.sort_by_key(|bss| bss.bssid != wish);
        }
        let mut priorities: Vec<i64> = self.enabled_networks().map(|network| network.priority()).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        let limit = u32::from(self.enabled_networks().count() > 1);
        for priority in priorities {
            let mut best: Option<(bool, Candidate)> = None;
            for bss in &table {
                if self.is_avoided(bss.bssid, &bss.ssid) || self.ignore.count(bss.bssid, now) > limit {
                    continue;
                }
                let networks = self.enabled_networks().filter(|network| network.priority() == priority);
                for network in networks {
                    if !select::names(network, &bss.ssid) || self.is_temp_disabled(network.id(), now) {
                        continue;
                    }
                    let fits = select::fits(network, &self.config.globals, bss, &self.iface.abilities);
                    if let Ok(negotiated) = fits {
                        let candidate = Candidate { network: network.id(), bss: bss.id, negotiated };
                        let hinted = network.bssid_hint() == Some(bss.bssid);
                        if hinted || self.wish == Some(bss.bssid) {
                            return Some(candidate);
                        }
                        if best.is_none() {
                            best = Some((network.bssid_hint().is_some(), candidate));
                        }
                        break;
                    }
                }
                // Without a hint to wait for, the first that fits is the best.
                if best.as_ref().is_some_and(|(waits, _)| !waits) {
                    break;
                }
            }
            if let Some((_, candidate)) = best {
                return Some(candidate);
            }
        }
        None
    }

    pub(crate) fn is_avoided(&self, bssid: MacAddr, ssid: &Ssid) -> bool {
        self.runtime.disallowed_bssids.contains(&bssid) || self.runtime.disallowed_ssids.contains(ssid)
    }

    /// The network's time of being left alone is over.
    fn reenable_networks(&mut self, cx: &mut Cx<'_>) {
        let over: Vec<NetworkId> = self
            .memory
            .iter_mut()
            .filter_map(|(id, memory)| {
                memory.disabled_until.filter(|until| *until <= cx.now)?;
                memory.disabled_until = None;
                Some(*id)
            })
            .collect();
        for id in over {
            let ssid = self.network(id).and_then(|network| network.ssid()).unwrap_or_default();
            self.tell(cx, &StationEvent::Reenabled { id, ssid });
        }
    }

    /// Says to an administrator why nothing is joined, once for each reason.
    fn explain(&mut self, found: Option<&Candidate>, now: Instant) {
        if found.is_some() {
            self.scan.said.clear();
            return;
        }
        let mut text = format!("no network matches: seen {} BSSs", self.bss.len());
        for network in self.enabled_networks() {
            let name = network.ssid().unwrap_or_default();
            let named: Vec<_> = self.bss.iter().filter(|bss| select::names(network, &bss.ssid)).collect();
            if self.is_temp_disabled(network.id(), now) {
                text.push_str(&format!("; \"{name}\" is left alone for a while after failures"));
            } else if named.is_empty() {
                text.push_str(&format!("; none named \"{name}\""));
            }
            for bss in named.into_iter().take(3) {
                if let Err(why) = select::fits(network, &self.config.globals, bss, &self.iface.abilities) {
                    text.push_str(&format!("; \"{name}\" at {}: {why}", bss.bssid));
                }
            }
        }
        if text != self.scan.said {
            tracing::info!("{}: {text}", self.ifname());
            self.scan.said = text;
        }
    }
}
