//! Wi-Fi Simple Configuration, known as WPS (Wi-Fi Alliance, Wi-Fi Simple Configuration Technical Specification 2.0;
//! clauses without another name are of it).
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod attribute;
pub mod attributes;
pub mod code;
pub mod device;
pub mod eap;
pub mod element;
mod error;
pub mod extension;
pub mod quirks;

pub use attributes::Attributes;
pub use error::{Blame, Forbidden, Half, WpsError};
pub use quirks::{Quirk, Quirks};

pub mod credential;
pub mod keys;
pub mod message;
pub mod nfc;
pub mod password;
pub mod registration;
pub mod sealed;
pub mod search;
pub mod setup;
pub mod upnp;

#[cfg(test)]
mod tests;
