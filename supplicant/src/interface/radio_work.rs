//! `RADIO_WORK`: a client uses the radio itself for a while, and nothing of ours begins meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use ctrl::StationEvent;
use ctrl::reply::{Lines, STATION_LIMIT};
use wire::Instant;

use super::Interface;
use crate::outbox::Cx;

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
}

impl Interface {
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
        let connect = if self.engine.connects_itself() { "sme-connect" } else { "connect" };
        if let Some(since) = self.engine.scan_since() {
            line("scan", 0, true, since);
        }
        if self.engine.is_exchanging()
            && let Some(target) = self.engine.target()
        {
            line(connect, target.freq, true, now);
        }
        for work in &self.works.queue {
            line(&format!("ext:{}", work.name), work.freq, work.started, work.since);
        }
        if let Some((candidate, since)) = self.engine.waiting() {
            line(connect, self.engine.bss(candidate.bss).map_or(0, |bss| bss.freq), false, since);
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

    /// The next one has the radio, if it is free: clients first, then what of ours had to wait for them. An attempt of ours
    /// waits for those alone that have the radio.
    pub(crate) fn turn_of_the_radio(&mut self, cx: &mut Cx<'_>) {
        if self.works.deadline().is_some_and(|at| at <= cx.now)
            && let Some(work) = self.works.queue.pop_front()
        {
            self.tell(cx, &StationEvent::ExtRadioWorkTimeout(work.id));
        }
        if self.works.is_taken() || self.works.sibling_scans {
            return;
        }
        let free = !self.engine.is_scanning() && !self.engine.is_exchanging();
        if free && let Some(work) = self.works.queue.front_mut() {
            (work.started, work.since) = (true, cx.now);
            let event = StationEvent::ExtRadioWorkStart(work.id);
            self.tell(cx, &event);
        } else if self.engine.waiting().is_some() {
            self.drive(cx, sta::Engine::take_turn);
        } else if free && self.works.scan.take().is_some() {
            self.drive(cx, sta::Engine::resume_scan);
        }
    }
}
