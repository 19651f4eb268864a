//! `RADIO_WORK`: a client uses the radio itself for a while, and nothing of ours begins meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use ctrl::StationEvent;
use ctrl::reply::{Lines, STATION_LIMIT};
use wire::Instant;

use super::link::Link;
use super::{Station, WpaState};
use crate::outbox::Cx;
use crate::select::Candidate;

/// How long a client has the radio that does not say how long it wants it.
const USUAL: Duration = Duration::from_secs(10);
/// Most clients that wait for it.
const MOST: usize = 64;
/// Longest name that is shown.
const NAME: usize = 95;

/// A client's work.
#[derive(Debug)]
struct Work {
    id: u32,
    name: String,
    freq: u32,
    lasts: Duration,
    since: Instant,
    started: bool,
}

/// What waits for the radio, the first of it perhaps begun, and what of ours waits behind.
#[derive(Debug, Default)]
pub(crate) struct RadioWorks {
    queue: VecDeque<Work>,
    last_id: u32,
    scan: Option<Instant>,
    connect: Option<(Candidate, Instant)>,
    /// Another interface of ours scans with this radio: it would not hear the answers of an access point.
    pub(crate) sibling_scans: bool,
}

impl RadioWorks {
    /// A client has the radio.
    pub(crate) fn is_taken(&self) -> bool {
        self.queue.front().is_some_and(|work| work.started)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.queue.front().filter(|work| work.started).map(|work| work.since + work.lasts)
    }

    /// A scan begins when the radio is free again.
    pub(crate) fn hold_scan(&mut self, now: Instant) {
        self.scan.get_or_insert(now);
    }

    /// An attempt to connect likewise; it takes the place of an earlier one.
    pub(crate) fn hold_connect(&mut self, candidate: Candidate, now: Instant) {
        self.connect = Some((candidate, now));
    }
}

impl Station {
    /// The attempt that waits, if it is still wanted.
    fn held_connect(&self) -> Option<&(Candidate, Instant)> {
        let wanted = |id| self.enabled_networks().any(|network| network.id() == id);
        self.works.connect.as_ref().filter(|(candidate, _)| !self.disconnected && wanted(candidate.network))
    }

    /// `RADIO_WORK add`: the number of the work; absent: too many wait.
    pub(crate) fn add_radio_work(&mut self, now: Instant, name: &str, freq: u32, lasts: Option<u32>) -> Option<u32> {
        if self.works.queue.len() >= MOST {
            return None;
        }
        // 0 means all of them where works are ended.
        self.works.last_id = self.works.last_id.wrapping_add(1).max(1);
        let id = self.works.last_id;
        let lasts = lasts.filter(|seconds| *seconds > 0).map_or(USUAL, |seconds| Duration::from_secs(seconds.into()));
        let name = name.chars().take(NAME).collect();
        self.works.queue.push_back(Work { id, name, freq, lasts, since: now, started: false });
        Some(id)
    }

    /// `RADIO_WORK done`: 0 ends the first.
    pub(crate) fn end_radio_work(&mut self, cx: &mut Cx<'_>, id: u32) -> bool {
        let found = self.works.queue.iter().position(|work| id == 0 || work.id == id);
        let ended = found.and_then(|at| self.works.queue.remove(at)).is_some();
        self.turn_of_the_radio(cx);
        ended
    }

    /// `RADIO_WORK show`: who has the radio, and who waits for it.
    pub(crate) fn show_radio_work(&self, now: Instant) -> Vec<u8> {
        let mut lines = Lines::new(STATION_LIMIT);
        let mut line = |kind: &str, freq: u32, started: bool, since: Instant| {
            let age = now - since;
            let (seconds, micros) = (age.as_secs(), age.subsec_micros());
            let ifname = self.ifname();
            lines.text(format!("{kind}@{ifname}:{freq}:{}:{seconds}.{micros:06}\n", u8::from(started)));
        };
        let connect = if self.iface.abilities.user_sme { "sme-connect" } else { "connect" };
        if let Some(since) = self.scan.started() {
            line("scan", 0, true, since);
        }
        if self.is_connecting()
            && let Some(target) = self.link.target()
        {
            line(connect, target.freq, true, now);
        }
        for work in &self.works.queue {
            line(&format!("ext:{}", work.name), work.freq, work.started, work.since);
        }
        if let Some((candidate, since)) = self.held_connect() {
            line(connect, self.bss.by_id(candidate.bss).map_or(0, |bss| bss.freq), false, *since);
        }
        if let Some(since) = self.works.scan {
            line("scan", 0, false, since);
        }
        lines.into_bytes()
    }

    /// All clients' works are forgotten (`FLUSH`).
    pub(crate) fn forget_radio_works(&mut self) {
        let last_id = self.works.last_id;
        self.works = RadioWorks { last_id, sibling_scans: self.works.sibling_scans, ..RadioWorks::default() };
    }

    const fn is_connecting(&self) -> bool {
        matches!(self.link, Link::Authenticating(_) | Link::Associating(_))
    }

    /// The next one has the radio, if it is free: clients first, then what of ours had to wait for them.
    pub(crate) fn turn_of_the_radio(&mut self, cx: &mut Cx<'_>) {
        if self.works.deadline().is_some_and(|at| at <= cx.now)
            && let Some(work) = self.works.queue.pop_front()
        {
            self.tell(cx, &StationEvent::ExtRadioWorkTimeout(work.id));
        }
        let sibling_scans = self.works.sibling_scans;
        if self.works.is_taken() || sibling_scans || self.scan.is_running() || self.is_connecting() {
            return;
        }
        if let Some(work) = self.works.queue.front_mut() {
            (work.started, work.since) = (true, cx.now);
            let event = StationEvent::ExtRadioWorkStart(work.id);
            self.tell(cx, &event);
            return;
        }
        let scan = self.works.scan.take();
        let connect = self.held_connect().map(|(candidate, _)| candidate.clone());
        self.works.connect = None;
        if let Some(candidate) = connect
            && (self.state <= WpaState::Scanning || self.state == WpaState::Completed)
        {
            self.connect(cx, candidate);
        } else if scan.is_some() {
            self.scan.at(cx.now);
            self.scan_timeout(cx);
        }
    }
}
