//! A look at the neighbours before 40 MHz are used on 2.4 GHz.

use std::time::Duration;

use crypto::Rng;
use ipc_proto::{Failure, Handle, Request, ScanEntry, ScanParameters};
use tracing::{debug, warn};
use wire::Instant;

use crate::iface::{Iface, State, Step};
use crate::outbox::Outbox;

/// How long a scan of nine channels may take until it is no longer waited for.
pub(super) const SCAN_WAIT: Duration = Duration::from_secs(10);
/// How often a radio that scans for others already is asked again, a second apart.
const MOST_TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of the neighbours.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    neighbours: Vec<ScanEntry>,
    tries: u32,
}

impl Iface {
    /// The scan that is needed for the chosen channel; passive, for nobody has to answer whoever only looks.
    pub(super) fn scan_for_overlap(&self, handle: Handle) -> Option<Request> {
        let (wiphy, operating) = (self.wiphy.as_ref()?, self.operating.as_ref()?);
        let freqs = operating.channels_to_scan(wiphy);
        let needed = !freqs.is_empty() && !self.config.radio.noscan();
        needed.then(|| Request::TriggerScan { handle, scan: ScanParameters { freqs, ..ScanParameters::default() } })
    }

    pub(super) fn forget_neighbours(&mut self) {
        self.overlap = Overlap::default();
    }

    pub(super) fn neighbours_seen(&mut self, more: Vec<ScanEntry>) {
        self.overlap.neighbours.extend(more);
    }

    /// All neighbours are known: the channel stays wide, or becomes narrow.
    pub(super) fn judge_neighbours(&mut self) {
        let Some(operating) = &self.operating else { return };
        if let Some(who) = operating.in_the_way(&self.overlap.neighbours) {
            let number = operating.number;
            warn!("{}: channel {number} is 20 MHz wide, not 40: {who} (with noscan=1 nobody looks)", self.name());
            self.operating = self.operating.take().map(ap::Operating::narrow);
        }
        self.forget_neighbours();
    }

    /// The radio does not look: somebody else scans, or it cannot.
    pub(super) fn cannot_look(
        &mut self,
        step: Step,
        failure: &Failure,
        out: &mut Outbox,
        now: Instant,
        rng: &mut dyn Rng,
    ) {
        match failure {
            Failure::NoInterface | Failure::RadioBlocked | Failure::InUse => {
                return self.fail(step.words(), failure, out, now);
            }
            // EBUSY.
            Failure::Kernel { errno: 16, .. } if self.overlap.tries < MOST_TRIES => {
                debug!("{}: {}: {failure}", self.name(), step.words());
                self.overlap.tries = self.overlap.tries.saturating_add(1);
                self.wait_until = Some(now + PAUSE);
                return self.step(Step::OverlapPause, out);
            }
            Failure::Denied
            | Failure::NotGranted(_)
            | Failure::OutOfCondition(_)
            | Failure::Full(_)
            | Failure::KeyInstalled
            | Failure::Invalid(_)
            | Failure::NotSupported
            | Failure::Kernel { .. } => {}
        }
        warn!("{}: {}: {failure}; the channel is 20 MHz wide, not 40", self.name(), step.words());
        self.operating = self.operating.take().map(ap::Operating::narrow);
        self.forget_neighbours();
        self.state = State::Coming(Step::Start);
        self.begin(out, now, rng);
    }
}
