//! How a link ends, and what it leaves behind.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ipc_proto::{KeyKind, OperState, Request};
use wire::{ReasonCode, StatusCode};

use super::target::{Plan, Target};
use super::{Shared, Step};
use crate::output::Asked;

/// What the kernel, and the access point, hear of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The access point is told.
    Told,
    /// The kernel forgets the link, without a word to the access point where it lets us choose.
    Forgotten,
    /// The kernel knows of it already, or there is none.
    Known,
}

/// An end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parting {
    pub(crate) how: How,
    pub(crate) reason: ReasonCode,
    /// We ended it, or the kernel.
    pub(crate) local: bool,
    /// Nobody needs to hear of it: it goes on elsewhere.
    pub(crate) quiet: bool,
}

impl Parting {
    /// We leave, and the access point is told.
    pub(crate) const fn told(reason: ReasonCode) -> Parting {
        Parting { how: How::Told, reason, local: true, quiet: false }
    }

    /// An attempt has come to nothing, and goes on elsewhere.
    pub(crate) const fn quietly(how: How) -> Parting {
        Parting { how, reason: ReasonCode::UNSPECIFIED, local: true, quiet: true }
    }

    /// Somebody else has ended it.
    pub(crate) const fn suffered(reason: ReasonCode, local: bool) -> Parting {
        Parting { how: How::Known, reason, local, quiet: false }
    }
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It was given up by somebody who knows what is next.
    Given,
    /// The driver did not send the Authentication frame.
    NotSent,
    /// The access point did not answer or refused to authenticate, or the driver failed.
    Failed,
    /// SAE has shown that the passwords differ.
    WrongPassword,
    /// The access point refused to associate.
    AssociationRefused(StatusCode),
    /// It took too long.
    TimedOut,
    /// A frame that anybody could have sent, or the driver's word.
    Ended {
        /// Why.
        reason: ReasonCode,
        /// We ended it, or the kernel.
        local: bool,
    },
    /// The kernel did not take a key, or did not open the port.
    KeyRefused,
    /// The handshake came to nothing.
    HandshakeFailed,
    /// It is to be made anew at once.
    Anew,
}

/// How far it had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Was {
    /// Authentication or association.
    Joining,
    /// The handshake, perhaps between the four messages.
    Securing {
        /// The access point has still to prove that it knows the key.
        unproven: bool,
    },
    /// Data could pass.
    Connected,
}

/// A link that was.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) target: Target,
    pub(crate) was: Was,
    pub(crate) parting: Parting,
    pub(crate) cause: Cause,
}

/// Keys that the kernel was given for a link.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    pub(crate) keys: Vec<(KeyKind, u8)>,
    /// Those that the kernel has not answered for yet.
    pub(crate) unanswered: usize,
}

impl Installed {
    /// Takes them away again, and closes the port.
    pub(crate) fn withdraw(&self, shared: &mut Shared<'_>) {
        for (kind, index) in &self.keys {
            let (kind, index) = (*kind, *index);
            shared.out.ask(Asked::Quiet, |handle| Request::DeleteKey { handle, kind, index, link: None });
        }
        shared.out.ask(Asked::Quiet, |handle| Request::SetOperState { handle, state: OperState::Dormant });
    }
}

/// Ends a link. `installed`: what it was given, once it was associated.
pub(crate) fn close(
    plan: Plan,
    was: Was,
    installed: Option<&Installed>,
    (parting, cause): (Parting, Cause),
    shared: &mut Shared<'_>,
) -> Step {
    let target = plan.target;
    let (bssid, reason) = (target.bssid, parting.reason);
    // Whoever has just gone is not told why by a reason that is our own.
    let reason = if parting.how == How::Forgotten { ReasonCode::DEAUTH_LEAVING } else { reason };
    let local = parting.how == How::Forgotten;
    match parting.how {
        How::Known => {}
        How::Told | How::Forgotten if target.by_driver => {
            shared.out.ask(Asked::Quiet, |handle| Request::Disconnect { handle, reason });
        }
        How::Told | How::Forgotten => {
            shared.out.ask(Asked::Quiet, |handle| Request::Deauthenticate { handle, bssid, reason, local });
        }
    }
    shared.out.next_generation();
    if let Some(installed) = installed {
        installed.withdraw(shared);
        if plan.terms.four_address {
            set_four_address(false, shared);
        }
    }
    Step::Over(Box::new(End { target, was, parting, cause }))
}

/// Frames with four addresses where the network wants them, and only as long as the link stands.
pub(crate) fn set_four_address(enabled: bool, shared: &mut Shared<'_>) {
    shared.out.ask(Asked::Told("setting 4-address mode"), |handle| Request::SetFourAddress { handle, enabled });
}
