//! Secrets and the cryptographic primitives of WPA.
//!
//! Pure functions over bytes on top of RustCrypto: no clock, no sockets, and randomness only through
//! [`Rng`], which the daemon implements over the kernel's generator (and which fails closed there: a daemon
//! without random bytes stops). What this crate adds to the primitives is the shape IEEE Std 802.11-2020
//! gives them (PRF, KDF, passphrase mapping, key wrap with a 16-octet or longer KEK) and types for secrets that
//! are wiped when dropped, never printed, and compared without a timing side channel.
//!
//! ```
//! use crypto::{hmac_sha256, kdf_sha256, Pmk};
//! let pmk = Pmk::from_bytes(&[7; 32]).ok_or("length")?;
//! let mut ptk = [0u8; 48];
//! kdf_sha256(pmk.as_bytes(), "Pairwise key expansion", b"addresses and nonces", &mut ptk);
//! assert_eq!(format!("{pmk:?}"), "Pmk(32 bytes)");
//! # let _ = hmac_sha256(&ptk, &[b"a", b"b"]);
//! # Ok::<(), &str>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod aes;
mod dh;
mod fips186;
mod hash;
mod kdf;
mod keywrap;
pub mod mschap;
mod rc4;
mod secret;
mod siv;
pub mod testing;

pub use aes::{aes_block, aes_cbc_decrypt, aes_cbc_encrypt, aes_eax_open, aes_eax_seal};
pub use dh::{DhGroup, DhSecret};
pub use fips186::fips186_prf;
pub use hash::{
    aes_cmac, hmac_md5, hmac_sha1, hmac_sha256, hmac_sha384, hmac_sha512, md5, sha1, sha256, sha384, sha512,
};
pub use kdf::{
    hkdf_expand_sha256, hkdf_expand_sha384, hkdf_expand_sha512, hkdf_extract_sha256, hkdf_extract_sha384,
    hkdf_extract_sha512, kdf_sha256, kdf_sha256_bits, kdf_sha384, kdf_sha384_bits, kdf_sha512, kdf_sha512_bits,
    pbkdf2_psk, prf_sha1,
};
pub use keywrap::{aes_key_unwrap, aes_key_wrap};
pub use rc4::rc4_skip;
pub use secret::{Pmk, Secret, ct_eq};
pub use siv::{aes_siv_decrypt, aes_siv_encrypt};

/// Where random bytes come from.
///
/// Protocol code never reaches for a generator itself: it is handed one, so a test can replay a run exactly.
pub trait Rng {
    /// Fills `out` with random bytes fit for keys and nonces.
    fn fill(&mut self, out: &mut [u8]);
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}

/// Why a primitive refused its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CryptoError {
    /// A key of a length the algorithm does not take (ours to get right, never the peer's fault).
    KeyLength,
    /// Data of a length the algorithm does not take.
    DataLength,
    /// The integrity check of unwrapped data failed: wrong key, or the data was altered on its way.
    Integrity,
}

impl core::fmt::Display for CryptoError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::KeyLength => "key of unusable length",
            Self::DataLength => "data of unusable length",
            Self::Integrity => "integrity check failed",
        })
    }
}

impl core::error::Error for CryptoError {}

#[cfg(test)]
mod tests;
