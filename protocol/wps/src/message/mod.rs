//! The messages of the registration protocol (8.3): what each must have, read once and put together.
//!
//! Whatever has an Authenticator comes as [`Signed`]: only [`Signed::verify`] gives out what it says.

mod read;
mod write;

pub use read::{M1, M2, M2d, M3, M4, Message, Nonces, Sealed, Signed};
pub use write::{Own, Writing};

use alloc::vec::Vec;

use crate::code::OpCode;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What it is for EAP-WSC.
    pub op: OpCode,
    /// The attributes.
    pub bytes: Vec<u8>,
}
