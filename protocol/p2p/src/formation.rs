//! Group formation (3.2.1): what follows a negotiation until the first client is connected, and within which time.

use core::time::Duration;
use wire::{Instant, MacAddr};

use crate::event::Event;
use crate::negotiation::{Agreement, Role};
use crate::output::Context;

/// Within this time both sides are connected (3.2.1: 15 seconds), once both are ready.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a group was not formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormationFailure {
    /// The time is over. The peer may never have learned that there is a group.
    Timeout,
    /// Local system: our interface could not be set up.
    Interface,
    /// Credentials were not handed over.
    Provisioning,
    /// The client could not join with the credentials it got.
    Connection,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Our interface is being set up, or the peer's.
    Preparing {
        /// Ours is there.
        ready: bool,
        /// When the peer is ready.
        peer_ready: Instant,
    },
    /// Wi-Fi Simple Configuration is under way.
    Provisioning,
    /// The client joins with what it got.
    Connecting,
}

/// A group that is being formed.
#[derive(Debug)]
pub(crate) struct Formation {
    agreement: Agreement,
    stage: Stage,
    until: Instant,
}

/// What the daemon tells of a formation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The interface is there; an owner's beacons.
    InterfaceReady,
    /// Wi-Fi Simple Configuration has handed over the credentials.
    Provisioned,
    /// The client is connected, its four-way handshake done.
    Connected,
    /// It ended here.
    Failed(FormationFailure),
}

impl Formation {
    pub(crate) fn start(agreement: Agreement, now: Instant) -> Formation {
        let peer_ready = now + agreement.peer_ready_in;
        let stage = Stage::Preparing { ready: false, peer_ready };
        // Both are given the time that they asked for, and then what the specification gives.
        Formation { agreement, stage, until: peer_ready + PATIENCE }
    }

    pub(crate) const fn peer(&self) -> MacAddr {
        self.agreement.peer
    }

    /// What the daemon says; `None` if it is over.
    pub(crate) fn progress(mut self, progress: Progress, cx: &mut Context<'_>) -> Option<Formation> {
        self.stage = match (progress, self.stage) {
            (Progress::Failed(why), _) => return self.fail(why, cx),
            (Progress::Connected, _) => {
                cx.outputs.event(Event::GroupFormed(self.agreement));
                return None;
            }
            (Progress::InterfaceReady, Stage::Preparing { peer_ready, .. }) => {
                Stage::Preparing { ready: true, peer_ready }
            }
            (Progress::Provisioned, Stage::Preparing { .. } | Stage::Provisioning) => Stage::Connecting,
            (Progress::InterfaceReady, same @ (Stage::Provisioning | Stage::Connecting))
            | (Progress::Provisioned, same @ Stage::Connecting) => same,
        };
        self.timeout(cx)
    }

    /// Does what is due; `None` if it is over.
    pub(crate) fn timeout(mut self, cx: &mut Context<'_>) -> Option<Formation> {
        if cx.now >= self.until {
            return self.fail(FormationFailure::Timeout, cx);
        }
        if let Stage::Preparing { ready: true, peer_ready } = self.stage {
            // An owner is ready as soon as it is; a client does not go to an owner that is not there yet.
            let owner = matches!(self.agreement.role, Role::Owner(_));
            if owner || cx.now >= peer_ready {
                self.stage = Stage::Provisioning;
                let (peer, method) = (self.agreement.peer, self.agreement.method);
                cx.outputs.event(Event::StartProvisioning { peer, method, registrar: owner });
            }
        }
        Some(self)
    }

    fn fail(self, why: FormationFailure, cx: &mut Context<'_>) -> Option<Formation> {
        cx.outputs.event(Event::FormationFailed { peer: self.agreement.peer, why });
        None
    }

    pub(crate) fn deadline(&self) -> Instant {
        match self.stage {
            Stage::Preparing { ready: true, peer_ready } => peer_ready.min(self.until),
            Stage::Preparing { ready: false, .. } | Stage::Provisioning | Stage::Connecting => self.until,
        }
    }
}
