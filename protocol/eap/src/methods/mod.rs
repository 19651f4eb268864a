//! Each method, both sides in one file.

use alloc::boxed::Box;

use crate::{Credentials, EapError, MethodType, PeerMethod};

pub mod eke;
pub mod gpsk;
mod hash;
pub mod ikev2;
mod keyed;
pub mod md5;
pub mod mschapv2;
pub mod pax;
pub mod peap;
pub mod psk;
pub mod pwd;
pub mod sake;
mod shared_key;
pub mod sim;
pub mod teap;
pub mod tls;
pub mod token;
pub mod ttls;

/// A method that can be started.
pub(crate) struct Row {
    pub(crate) method: MethodType,
    /// Makes the peer's side of what the credentials hold.
    pub(crate) peer: fn(&Credentials) -> Result<Box<dyn PeerMethod>, EapError>,
}

/// Every method. To add one is a file and a line here.
pub(crate) const TABLE: &[Row] = &[
    Row { method: MethodType::MD5, peer: md5::peer },
    Row { method: MethodType::OTP, peer: token::otp_peer },
    Row { method: MethodType::GTC, peer: token::gtc_peer },
    Row { method: MethodType::TLS, peer: tls::peer },
    Row { method: MethodType::TTLS, peer: ttls::peer },
    Row { method: MethodType::PEAP, peer: peap::peer },
    Row { method: MethodType::TEAP, peer: teap::peer },
    Row { method: MethodType::MSCHAPV2, peer: mschapv2::peer },
    Row { method: MethodType::PWD, peer: pwd::peer },
    Row { method: MethodType::PSK, peer: psk::peer },
    Row { method: MethodType::PAX, peer: pax::peer },
    Row { method: MethodType::SAKE, peer: sake::peer },
    Row { method: MethodType::GPSK, peer: gpsk::peer },
    Row { method: MethodType::EKE, peer: eke::peer },
    Row { method: MethodType::IKEV2, peer: ikev2::peer },
    Row { method: MethodType::SIM, peer: sim::sim },
    Row { method: MethodType::AKA, peer: sim::aka },
    Row { method: MethodType::AKA_PRIME, peer: sim::aka_prime },
];

/// Every method that a station can use.
pub fn all() -> impl Iterator<Item = MethodType> {
    TABLE.iter().map(|row| row.method)
}
