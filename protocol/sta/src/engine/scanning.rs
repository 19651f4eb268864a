//! Scanning: when, for what, and what follows from it.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use ipc_proto::{Failure, Request};
use wire::Instant;

use super::{Cx, Engine};
use crate::change::Change;
use crate::link::{Rest, State};
use crate::output::{Asked, Level};
use crate::scan::{LONGEST, Running, ScanRefused, ScanWish};

/// How long results are fresh enough to connect with without scanning again.
const FRESH: Duration = Duration::from_secs(5);
/// How long a driver may take to end one.
const ENDING: Duration = Duration::from_secs(1);
/// How long to wait before a radio is tried again with which another program scans.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// errno of a radio that is busy.
const EBUSY: i32 = 16;

impl Engine {
    /// Connects with what the last scan found if that is fresh, else scans.
    pub fn connect_or_scan(&mut self, cx: &mut Cx<'_>) {
        self.scan.restart();
        self.scan.first.clear();
        let fresh = self.scan.last_finished.is_some_and(|at| cx.now - at < FRESH);
        if fresh
            && self.scan.freqs_once.is_empty()
            && self.device.ready
            && !self.intent.keeps_apart()
            && let Some(candidate) = self.select(cx)
        {
            self.connect(cx, candidate);
            return;
        }
        self.look(cx, Duration::ZERO);
    }

    /// A client's scan: its number, if it wants one. Somebody else's is waited for, as is the interface; one that waits so
    /// takes the place of another. `radio_taken`: somebody uses the radio for something else.
    ///
    /// # Errors
    /// One of ours runs or waits already, or a link is being made.
    pub fn scan(&mut self, cx: &mut Cx<'_>, wish: ScanWish, radio_taken: bool) -> Result<Option<u32>, ScanRefused> {
        let running = self.scan.running.as_ref();
        let own = running.is_some_and(|running| !running.external);
        let foreign = running.is_some() || self.scan.busy_said;
        let held = self.scan.is_requested() && (self.scan.waits || radio_taken);
        if own || (held && !foreign) || self.is_joining() {
            return Err(ScanRefused);
        }
        let id = wish.numbered.then(|| {
            self.scan.last_id = self.scan.last_id.wrapping_add(1);
            self.scan.last_id
        });
        self.scan.manual = Some((wish, id));
        self.scan.next = Some(cx.now);
        self.scan_timeout(cx);
        Ok(id)
    }

    /// Ends the scan that runs; false: none does.
    pub fn abort_scan(&mut self) -> bool {
        if self.scan.is_running() {
            self.out.ask(Asked::Quiet, |handle| Request::AbortScan { handle });
            return true;
        }
        false
    }

    /// A scan runs.
    #[must_use]
    pub const fn is_scanning(&self) -> bool {
        self.scan.is_running()
    }

    /// A client's scan is still to start.
    #[must_use]
    pub const fn is_scan_requested(&self) -> bool {
        self.scan.is_requested()
    }

    /// When the scan that runs was begun.
    #[must_use]
    pub fn scan_since(&self) -> Option<Instant> {
        self.scan.running.as_ref().map(|running| running.started)
    }

    /// A scan is to begin, if nobody else has the radio: [`Engine::start_scan`].
    #[must_use]
    pub const fn is_scan_due(&self) -> bool {
        self.scan.running.is_none() && self.scan.waits
    }

    /// Somebody else has the radio for longer: [`Engine::resume_scan`] says when not any more.
    pub const fn hold_scan(&mut self) {
        self.scan.waits = false;
    }

    /// The scan that was held back is due.
    pub fn resume_scan(&mut self, cx: &mut Cx<'_>) {
        self.scan.at(cx.now);
        self.scan_timeout(cx);
    }

    /// Time has passed: is a scan due?
    pub(crate) fn scan_timeout(&mut self, cx: &mut Cx<'_>) {
        // Somebody else's is not ours to end; that it has ended went unheard, perhaps.
        if self.scan.running.take_if(|running| running.external && running.deadline <= cx.now).is_some() {
            self.scan.at(cx.now);
        }
        if let Some(running) = self.scan.running.as_mut().filter(|running| running.deadline <= cx.now) {
            let asked = core::mem::replace(&mut running.ending, true);
            running.deadline = cx.now + ENDING;
            if asked {
                // Not even that was answered: what the kernel has will do.
                self.scan_done(true, Vec::new());
            } else {
                self.out.log(Level::Warning, "a scan takes too long; it is ended, and what came is used".into());
                self.out.ask(Asked::Quiet, |handle| Request::AbortScan { handle });
            }
        }
        if self.scan.next.is_some_and(|next| next <= cx.now) {
            self.scan.next = None;
            self.scan.waits = true;
        }
    }

    /// A scan is due. `free`: no other interface of ours scans or joins with this radio. `coming`: the interface will be
    /// usable in a moment.
    pub fn start_scan(&mut self, cx: &mut Cx<'_>, free: bool, coming: bool) {
        self.scan.waits = false;
        if !self.device.ready {
            if !coming {
                self.scan.manual = None;
            }
            return;
        }
        if self.is_joining() {
            // A scan would disturb the connection that is being made.
            self.scan.at(cx.now + Duration::from_secs(1));
            return;
        }
        if !self.scan.is_requested() && (self.intent.keeps_apart() || self.enabled().next().is_none()) {
            return;
        }
        let held = self.scan.before.take().filter(|_| self.state() == State::Scanning);
        let before = held.unwrap_or_else(|| self.state());
        self.rest(cx, Rest::Scanning);
        if !free {
            self.scan.waits = true;
            self.scan.before = Some(before);
            return;
        }
        self.prepare_keys();
        let (wish, id) = self.scan.manual.take().map_or((None, None), |(wish, id)| (Some(wish), id));
        let mut once = if wish.is_none() { core::mem::take(&mut self.scan.freqs_once) } else { Vec::new() };
        let narrowed = wish.is_none() && once.is_empty() && !self.scan.first.is_empty();
        if narrowed {
            once = core::mem::take(&mut self.scan.first);
        }
        let parameters = self.scan_parameters(wish.as_ref(), &once);
        self.scan.running = Some(Running {
            started: cx.now,
            deadline: cx.now + self.scan.patience(),
            ending: false,
            only: wish.as_ref().is_some_and(|wish| wish.only),
            wish,
            id,
            once,
            narrowed,
            external: false,
            freqs: parameters.freqs.clone(),
            before,
            passive: parameters.ssids.is_empty(),
        });
        self.scan.entries.clear();
        self.out.ask(Asked::Scan, |handle| Request::TriggerScan { handle, scan: parameters });
    }

    /// Computes ahead what connecting to the enabled networks will need: key of the passphrase, SAE points.
    fn prepare_keys(&mut self) {
        // Many networks would take long: those beyond the first few are computed when they are joined.
        const MOST: usize = 4;
        let named = self.profiles.iter().filter(|profile| profile.enabled && profile.ssid.is_some());
        for profile in named.take(MOST) {
            if let Some(ssid) = profile.ssid {
                self.keys.of_passphrase(profile, &ssid);
                self.keys.of_password(profile, &self.settings.sae_groups, &ssid);
            }
        }
    }

    /// What came of starting a scan.
    pub(crate) fn scan_triggered(&mut self, cx: &mut Cx<'_>, failure: Option<Failure>) {
        let Some(failure) = failure else {
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
            | Failure::Invalid(_) => -1,
            // EOPNOTSUPP.
            Failure::NotSupported => -95,
        };
        self.out.log(Level::Info, format!("cannot scan: {failure}"));
        self.out.tell(Change::ScanFailed(error));
        if self.state() == State::Scanning {
            self.back_to(cx, running.before);
        }
        self.look(cx, self.scan.pause(self.settings.scan_pause));
    }

    /// What was done before a scan from which nothing follows.
    pub(super) fn back_to(&mut self, cx: &mut Cx<'_>, before: State) {
        let rest = match before {
            State::Inactive => Rest::Inactive,
            State::Scanning => Rest::Scanning,
            State::Disconnected
            | State::Authenticating
            | State::Associating
            | State::Associated
            | State::FourWayHandshake
            | State::GroupHandshake
            | State::Completed => Rest::Disconnected,
        };
        self.rest(cx, rest);
    }

    /// Another program scans with this radio. That is no failure: the same scan is tried again until the radio is free.
    fn radio_is_busy(&mut self, cx: &mut Cx<'_>, refused: Running) {
        if !core::mem::replace(&mut self.scan.busy_said, true) {
            self.out.log(Level::Info, "another program scans with this radio; waiting for it".into());
        }
        if let Some(wish) = refused.wish {
            self.scan.manual = Some((wish, refused.id));
        }
        let again = if refused.narrowed { &mut self.scan.first } else { &mut self.scan.freqs_once };
        if again.is_empty() {
            *again = refused.once;
        }
        self.scan.before = Some(refused.before);
        self.scan.at(cx.now + BUSY_PAUSE);
    }

    /// A scan began.
    pub(crate) fn scan_started(&mut self, cx: &Cx<'_>) {
        let id = match &self.scan.running {
            Some(running) => running.id,
            None => {
                self.scan.running = Some(Running {
                    started: cx.now,
                    deadline: cx.now + LONGEST,
                    ending: false,
                    only: true,
                    wish: None,
                    id: None,
                    once: Vec::new(),
                    narrowed: false,
                    external: true,
                    freqs: Vec::new(),
                    before: self.state(),
                    passive: true,
                });
                None
            }
        };
        self.out.tell(Change::ScanStarted { id });
    }

    /// A scan ended.
    pub(crate) fn scan_done(&mut self, aborted: bool, freqs: Vec<u32>) {
        if let Some(running) = &mut self.scan.running
            && !freqs.is_empty()
        {
            running.freqs = freqs;
        }
        if aborted {
            self.out.log(Level::Debug, "a scan was aborted".into());
        }
        self.scan.entries.clear();
        self.out.ask(Asked::ScanResults, |handle| Request::ScanResults { handle });
    }
}
