//! RADIUS (RFC 2865, 2866, 2868, 2869, 3162, 3579, 3580, 4675, 5080, 5176, 5580, 5997, 6613, 6614): octets in, octets out.
//!
//! - [`client::Client`] asks servers, for authentication and accounting; [`nas`] and [`accounting`] make what it asks.
//! - [`server::Server`] answers; what EAP says is put in through [`server::Authenticator`].
//! - [`dynauth::DynamicAuthorization`] takes what servers demand of an access point.
//!
//! Trust is a type: [`Raw`] has its lengths checked, [`Verified`] came from who shares the secret. The daemon gives each call
//! the time and random octets, carries datagrams and streams by its courier, which has to be granted each peer, and does TLS
//! around streams. README.md says what stands where.
//!
//! ```
//! use radius::{AttributeWriter, Code, Demand, Raw, SharedSecret, Type, verify_request, write_request};
//!
//! let secret = SharedSecret::new(*b"shared")?;
//! let mut attributes = AttributeWriter::new();
//! attributes.put(Type::USER_NAME, b"alice");
//! let nonce = [7; 16];
//! let (bytes, _) = write_request(Code::ACCESS_REQUEST, 1, &nonce, &attributes, &secret)?;
//! let request = verify_request(Raw::parse(&bytes)?, &secret, Demand::Required)?;
//! assert_eq!(request.attributes().first(Type::USER_NAME), Some(&b"alice"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod accounting;
pub mod attribute;
pub mod authenticator;
pub mod client;
pub mod code;
pub mod dynauth;
mod error;
pub mod hidden;
pub mod nas;
pub mod operator;
pub mod packet;
mod prefix;
mod reply;
mod request;
pub mod server;
pub mod stream;
pub mod vlan;

pub use attribute::{Attribute, Attributes};
pub use authenticator::{Demand, SharedSecret, Verified, verify_reply, verify_request, write_reply, write_request};
pub use code::{Code, ErrorCause, Type};
pub use error::{Blame, Discard, SetupError};
pub use hidden::MppeKeys;
pub use packet::{AttributeWriter, Raw};
pub use prefix::{ByPrefix, Prefix};
pub use reply::Reply;
pub use request::{Overrides, Request};

#[cfg(test)]
mod tests;
