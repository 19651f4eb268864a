//! Port-based network access control (IEEE Std 802.1X-2020 clause 8, PACP): who may use a port, found out by EAP over LANs.
//!
//! [`Supplicant`] is a station's port access entity around an [`eap::Peer`]; [`Authenticator`] is one port's of an access point
//! or switch, around an [`eap::Authenticator`], in front of a backend: a server here ([`backend::LocalServer`]) or behind RADIUS
//! ([`backend::PassThrough`]). Both take events, commands and the time, and give out what is to be done, in order. No I/O, no
//! clock, no randomness but what arguments bring. README.md says what stands where and what the daemon has to give.
//!
//! ```
//! use eapol::{PacketType, Pdu, pdu};
//!
//! let start = pdu::write(2, PacketType::START, &[])?;
//! assert_eq!(start, [2, 1, 0, 0]);
//! assert_eq!(Pdu::parse(&start)?.ty, PacketType::START);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod authenticator;
pub mod backend;
mod error;
mod key;
pub mod pdu;
mod port;
pub mod supplicant;

pub use authenticator::{Authenticator, AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput};
pub use backend::{Accept, BackendAnswer, SessionGrant, TerminationAction};
pub use error::{Discard, PaeError};
pub use key::{CakMaterial, MasterKey, Sides};
pub use pdu::{PacketType, Pdu};
pub use port::{PortControl, PortKind, PortStatus};
pub use supplicant::{Supplicant, SupplicantConfig, SupplicantEvent, SupplicantOutput, WithoutAuthenticator};

#[cfg(test)]
mod tests;
