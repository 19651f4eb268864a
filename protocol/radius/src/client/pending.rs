//! A request that waits for its reply.

use alloc::vec::Vec;
use core::time::Duration;
use crypto::Rng;
use wire::Instant;

use super::config::Timing;
use super::link::Slot;
use crate::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody wants the reply.
    Asked,
    /// Whether the first server is there.
    Probe,
}

/// A transmission whose reply would be taken, even after others.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) server: usize,
    pub(super) slot: Slot,
    pub(super) authenticator: [u8; 16],
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) purpose: Purpose,
    pub(super) request: Request,
    pub(super) server: usize,
    pub(super) sent: Vec<Sent>,
    /// The packet that was sent last.
    pub(super) bytes: Vec<u8>,
    pub(super) begun: Instant,
    /// Since when it is this server's turn.
    pub(super) here_since: Instant,
    /// Transmissions to this server.
    pub(super) transmissions: u32,
    /// Servers that had their turn.
    pub(super) visited: usize,
    pub(super) due: Instant,
    interval: Duration,
}

impl Pending {
    pub(super) const fn new(purpose: Purpose, request: Request, server: usize, now: Instant) -> Pending {
        Pending {
            purpose,
            request,
            server,
            sent: Vec::new(),
            bytes: Vec::new(),
            begun: now,
            here_since: now,
            transmissions: 0,
            visited: 0,
            due: now,
            interval: Duration::ZERO,
        }
    }

    /// Counts a transmission and says how long its answer is waited for (RFC 5080 2.2.1).
    pub(super) fn wait(&mut self, timing: &Timing, stream: bool, rng: &mut dyn Rng) -> Duration {
        let base = match self.transmissions {
            _ if stream => timing.longest,
            0 => timing.initial,
            _ => self.interval.saturating_mul(2).min(timing.longest),
        };
        self.transmissions = self.transmissions.saturating_add(1);
        // RAND between -0.1 and 0.1: clients that lost the same server do not come back together.
        let mut octets = [0; 2];
        rng.fill(&mut octets);
        let permille = u32::from(u16::from_be_bytes(octets) % 201).saturating_add(900);
        self.interval = base.saturating_mul(permille).checked_div(1000).unwrap_or(base);
        self.interval
    }
}
