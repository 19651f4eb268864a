//! RADIUS (RFC 2865, 2866, 2868, 2869, 3162, 3579, 3580, 4675, 5080, 5176, 5580, 5997, 6613, 6614).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod attribute;
pub mod authenticator;
pub mod code;
mod error;
pub mod hidden;
pub mod operator;
pub mod packet;
pub mod stream;
pub mod vlan;

pub use attribute::{Attribute, Attributes};
pub use authenticator::{Demand, SharedSecret, Verified, verify_reply, verify_request, write_reply, write_request};
pub use code::{Code, ErrorCause, Type};
pub use error::{Blame, Discard, SetupError};
pub use hidden::MppeKeys;
pub use packet::{AttributeWriter, Raw};

#[cfg(test)]
mod tests;
