//! Changes of the table of BSSs, told in portions.
//!
//! A client's socket takes eleven datagrams at a time (`net.unix.max_dgram_qlen`), and a scan in a crowd brings thousands
//! of changes: told at once they would cost a listener everything else, the end of the scan first. What is left out can
//! be asked for (`BSS RANGE=`).

use std::collections::VecDeque;
use std::time::Duration;

use sta::TableChange;
use wire::Instant;

use super::Interface;
use crate::outbox::Cx;

/// So many are told at once, and then every so often.
const PORTION: usize = 32;
const PAUSE: Duration = Duration::from_millis(50);
/// Most that wait to be told.
const MOST: usize = 1024;

/// What is still to be told.
#[derive(Debug, Default)]
pub(super) struct Untold {
    waiting: VecDeque<TableChange>,
    next: Option<Instant>,
    left_out: usize,
}

impl Untold {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

impl Interface {
    pub(crate) fn tell_table(&mut self, cx: &mut Cx<'_>, changes: Vec<TableChange>) {
        let untold = &mut self.changes;
        let room = (MOST + PORTION).saturating_sub(untold.waiting.len());
        untold.left_out = untold.left_out.saturating_add(changes.len().saturating_sub(room));
        untold.waiting.extend(changes.into_iter().take(room));
        // A portion that was told lately has still to be read.
        if untold.next.is_none() {
            self.tell_portion(cx);
        }
    }

    pub(super) fn changes_timeout(&mut self, cx: &mut Cx<'_>) {
        if self.changes.next.is_some_and(|at| at <= cx.now) {
            self.tell_portion(cx);
        }
    }

    fn tell_portion(&mut self, cx: &mut Cx<'_>) {
        let portion = self.changes.waiting.len().min(PORTION);
        let portion: Vec<TableChange> = self.changes.waiting.drain(..portion).collect();
        self.changes.next = (!portion.is_empty()).then(|| cx.now + PAUSE);
        for change in portion {
            self.tell(cx, &Interface::table_event(change));
        }
        if self.changes.waiting.is_empty() {
            let left_out = std::mem::take(&mut self.changes.left_out);
            if left_out > 0 {
                tracing::info!("{}: {left_out} changes of the table of BSSs were not told to listeners", self.ifname());
            }
        }
    }
}
