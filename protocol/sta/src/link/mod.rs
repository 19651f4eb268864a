//! The link to an access point: a state that is consumed by what happens.

mod associated;
pub(crate) mod authentication;
mod handshake;
mod input;
mod joining;
pub(crate) mod parting;
pub(crate) mod sae_run;
pub(crate) mod target;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Rng;
use rsn::PmksaCache;
use wire::{Instant, MacAddr};

use crate::choice::profile::NetworkId;
use crate::output::Outbox;
use crate::settings::Settings;
use crate::tamper::Tamper;
pub(crate) use associated::{Associated, Connected, Securing};
pub(crate) use input::{Arrival, Input, Silence};
pub(crate) use joining::{Associating, Authenticating};
pub(crate) use parting::{Cause, End, How, Parting, Was};
pub(crate) use target::{Plan, Target};

/// What the link of a station is doing, as `wpa_state` shows it. That the interface cannot be used its owner knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is none.
    Disconnected,
    /// There is none, and no network that could be joined.
    Inactive,
    /// There is none, and it is looked for.
    Scanning,
    /// Authentication frames are exchanged.
    Authenticating,
    /// An Association Request was sent.
    Associating,
    /// The access point has accepted it.
    Associated,
    /// The 4-way handshake runs.
    FourWayHandshake,
    /// The group key handshake runs.
    GroupHandshake,
    /// Data may pass.
    Completed,
}

/// What a station without a link does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    #[default]
    Disconnected,
    /// Nothing, since there is no network to join.
    Inactive,
    /// It looks for networks.
    Scanning,
}

/// The link, and only what each state of it needs.
#[derive(Debug)]
pub(crate) enum Link {
    /// There is none.
    Idle(Rest),
    /// Authentication frames are exchanged.
    Authenticating(Box<Authenticating>),
    /// An Association Request was sent.
    Associating(Box<Associating>),
    /// The access point has accepted it: a state of a moment.
    Associated(Box<Associated>),
    /// Keys are agreed, and given to the kernel.
    Securing(Box<Securing>),
    /// Data may pass.
    Connected(Box<Connected>),
}

impl Default for Link {
    fn default() -> Self {
        Link::Idle(Rest::default())
    }
}

/// What the states of a link have in common beside it.
pub(crate) struct Shared<'a> {
    pub(crate) now: Instant,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) own: MacAddr,
    pub(crate) out: &'a mut Outbox,
    pub(crate) settings: &'a Settings,
    pub(crate) cache: &'a mut PmksaCache<NetworkId>,
    pub(crate) tamper: &'a dyn Tamper,
    pub(crate) news: Vec<News>,
}

/// What a link has found out that matters beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The access point seems not to know the key that was cached for it.
    KeyDoubted {
        /// The network.
        network: NetworkId,
        /// The access point.
        bssid: MacAddr,
    },
    /// The port is open.
    Opened {
        /// The network.
        network: NetworkId,
        /// The access point.
        bssid: MacAddr,
    },
}

/// What an input makes of a link.
pub(crate) enum Step {
    /// It is in this state now, perhaps the same.
    To(Link),
    /// It has ended.
    Over(Box<End>),
}

impl Step {
    /// The state to be in, and the end that brought it about.
    pub(crate) fn apart(self) -> (Link, Option<Box<End>>) {
        match self {
            Step::To(link) => (link, None),
            Step::Over(end) => (Link::default(), Some(end)),
        }
    }
}

impl Link {
    /// One input: the only way in which a link changes.
    pub(crate) fn step(self, input: Input<'_>, shared: &mut Shared<'_>) -> Step {
        match self {
            Link::Idle(rest) => joining::idle(rest, input, shared),
            Link::Authenticating(state) => state.step(input, shared),
            Link::Associating(state) => state.step(input, shared),
            Link::Associated(state) => state.step(input, shared),
            Link::Securing(state) => state.step(input, shared),
            Link::Connected(state) => state.step(input, shared),
        }
    }

    /// What it shows.
    pub(crate) const fn state(&self) -> State {
        match self {
            Link::Idle(Rest::Disconnected) => State::Disconnected,
            Link::Idle(Rest::Inactive) => State::Inactive,
            Link::Idle(Rest::Scanning) => State::Scanning,
            Link::Authenticating(_) => State::Authenticating,
            Link::Associating(_) => State::Associating,
            Link::Associated(_) => State::Associated,
            Link::Securing(state) => state.shown(),
            Link::Connected(_) => State::Completed,
        }
    }

    /// With whom it is, or is to be.
    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Link::Idle(_) => None,
            Link::Authenticating(state) => Some(&state.plan.target),
            Link::Associating(state) => Some(&state.plan.target),
            Link::Associated(state) => Some(&state.plan.target),
            Link::Securing(state) => Some(&state.plan.target),
            Link::Connected(state) => Some(&state.plan.target),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Link::Idle(_) | Link::Associated(_) => None,
            Link::Authenticating(state) => Some(state.deadline),
            Link::Associating(state) => Some(state.deadline),
            Link::Securing(state) => state.deadline(),
            Link::Connected(state) => state.deadline(),
        }
    }

    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self, Link::Idle(_))
    }

    /// Frames of authentication or association are exchanged.
    pub(crate) const fn is_joining(&self) -> bool {
        matches!(self, Link::Authenticating(_) | Link::Associating(_))
    }

    /// The link where data may pass.
    pub(crate) fn connected(&self) -> Option<&Connected> {
        if let Link::Connected(state) = self { Some(state) } else { None }
    }

    /// When the access point accepted the association, if it has.
    pub(crate) fn since(&self) -> Option<Instant> {
        match self {
            Link::Idle(_) | Link::Authenticating(_) | Link::Associating(_) => None,
            Link::Associated(state) => Some(state.since),
            Link::Securing(state) => Some(state.since),
            Link::Connected(state) => Some(state.since),
        }
    }

    /// The nonce of the access point that is in use: for test suites.
    pub(crate) fn anonce(&self) -> Option<rsn::ptk::Nonce> {
        match self {
            Link::Idle(_) | Link::Authenticating(_) | Link::Associating(_) | Link::Associated(_) => None,
            Link::Securing(state) => state.handshake.anonce(),
            Link::Connected(state) => state.handshake.as_ref()?.anonce(),
        }
    }
}
