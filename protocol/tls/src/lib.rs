//! TLS for EAP (RFC 5216, RFC 9190, RFC 9427) and for RADIUS over TLS (RFC 6614): octets in, octets out.
//!
//! A [`Session`] is reached through traits, so that a second library (TLS 1.0, hardware keys) can stand beside
//! [`Rustls`]. Wall time is given with each call that may judge a certificate. Randomness is the library's own: the one
//! exception to the rule that it is an argument. This crate hides the library's need of `std`.
//!
//! What a daemon has to give: the contents of the files that its configuration names, as bytes, already read; the wall
//! time; and for a server a store's size. What it gets to show: the peer's chain ([`Session::peer_chain`]) and, when one
//! is refused, a [`Refusal`] that says what to do about it.
//!
//! | file | what stands there |
//! |---|---|
//! | `session` | the traits of a library, an endpoint, a session |
//! | `profile`, `names` | what is believed and demanded |
//! | `credentials`, `pem`, `pbe`, `pkcs12` | certificates and keys out of files |
//! | `certificate` | what is read of a certificate |
//! | `verify`, `ocsp`, `refusal` | verdicts and their words |
//! | `error` | errors and who is to blame |
//! | `backend` | rustls |
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod backend;
mod certificate;
mod credentials;
mod error;
mod names;
mod ocsp;
mod pbe;
mod pem;
mod pkcs12;
mod profile;
mod randoms;
mod refusal;
mod session;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod time;
mod verify;

pub use backend::Rustls;
pub use certificate::{AltName, Certificate, TrustOverride};
pub use credentials::{Identity, PrivateKey, read_certificates, read_crls};
pub use error::{Alert, Blame, SetupError, TlsError};
pub use names::NameRules;
pub use profile::{
    ClientCertificates, ClientProfile, CrlCheck, Ocsp, Revocation, ServerProfile, Trust, Version, Versions,
};
pub use refusal::Refusal;
pub use session::{Backend, Endpoint, Randoms, Session};
pub use time::WallTime;

#[cfg(test)]
mod tests;
