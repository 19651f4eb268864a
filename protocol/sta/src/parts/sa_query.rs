//! SA Query (IEEE Std 802.11-2020 11.13): is the access point that seems to throw us out still the one we know?

use alloc::vec::Vec;
use core::time::Duration;

use crypto::Rng;
use wire::Instant;

/// How often a request is repeated (dot11AssociationSAQueryRetryTimeout: 201 TU).
const RETRY: Duration = Duration::from_micros(201 * 1024);
/// When it is given up (dot11AssociationSAQueryMaximumTimeout: 1000 TU).
const GIVE_UP: Duration = Duration::from_micros(1000 * 1024);
/// Forged frames must not keep us busy: one query in this time.
const RATE: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Running {
    started: Instant,
    next: Instant,
    ids: Vec<[u8; 2]>,
}

/// The query under way.
#[derive(Debug, Default)]
pub(crate) struct SaQuery {
    running: Option<Running>,
    last: Option<Instant>,
}

/// What its time brings.
pub(crate) enum Due {
    /// A request with this transaction identifier.
    Send([u8; 2]),
    /// There was no answer.
    GivenUp,
}

impl SaQuery {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.next)
    }

    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// Begins, if there was none lately.
    pub(crate) fn begin(&mut self, now: Instant) {
        if self.running.is_none() && self.last.is_none_or(|last| now - last >= RATE) {
            self.last = Some(now);
            self.running = Some(Running { started: now, next: now, ids: Vec::new() });
        }
    }

    pub(crate) fn due(&mut self, now: Instant, rng: &mut dyn Rng) -> Option<Due> {
        let running = self.running.as_mut().filter(|running| running.next <= now)?;
        if now - running.started >= GIVE_UP {
            self.stop();
            return Some(Due::GivenUp);
        }
        let mut id = [0; 2];
        rng.fill(&mut id);
        running.ids.push(id);
        running.next = now + RETRY;
        Some(Due::Send(id))
    }

    /// An answer with this transaction identifier: whether it is to one of ours.
    pub(crate) fn answered(&mut self, id: [u8; 2]) -> bool {
        self.running.take_if(|running| running.ids.contains(&id)).is_some()
    }
}
