//! What happens, for the user.

use wire::MacAddr;

use crate::code::PasswordId;
use crate::negotiation::{Agreement, Failure};

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A device wants a group, and nobody here has said that he does. It was told to wait.
    NegotiationRequested {
        /// Its P2P device address.
        peer: MacAddr,
        /// Where the PIN would come from, seen from it.
        password_id: PasswordId,
    },
    /// Both sides agree; the group can be formed.
    Negotiated(Agreement),
    /// There will be no group.
    NegotiationFailed {
        /// With whom.
        peer: MacAddr,
        /// Why not.
        why: Failure,
    },
}
