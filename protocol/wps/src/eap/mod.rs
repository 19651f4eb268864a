//! EAP-WSC (7.7): the registration protocol as a method of EAP, which always ends with a Failure.
//!
//! What comes of it is told with [`eap::Note::Other`] ([`Event`](crate::registration::Event)), what has to be decided is
//! asked with [`eap::Ask::Other`] ([`Query`]) and answered with [`eap::Answer::Other`] ([`Reply`]). Neither side makes a
//! key: both machines of `eap` are to be told so (`key_required`).

mod frame;
mod machine;
mod peer;
mod server;
mod transport;

pub use frame::Frame;
pub use machine::{Query, Reply};
pub use peer::{PeerProfile, WscMethods, WscPeer};
pub use server::{Role, WscServer};

/// As whom a station that wants a network introduces itself (7.7.1).
pub const ENROLLEE: &[u8] = b"WFA-SimpleConfig-Enrollee-1-0";
/// As whom a station that wants to configure an access point introduces itself (7.7.1).
pub const REGISTRAR: &[u8] = b"WFA-SimpleConfig-Registrar-1-0";
