//! Digests and message authentication codes over data given in parts.

use aes::Aes128;
use cmac::Cmac;
use hmac::{EagerHash, Hmac};
use hmac::{KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::common::{Key, Output};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroize;

fn digest<D: Digest>(parts: &[&[u8]]) -> Output<D> {
    let mut state = D::new();
    for part in parts {
        state.update(part);
    }
    state.finalize()
}

/// A keyed HMAC state (RFC 2104). Built from a whole block so that no key length can be refused: a longer
/// key is hashed first, a shorter one is padded with zeros, which is what HMAC does with it anyway.
pub(crate) fn keyed<D: EagerHash>(key: &[u8]) -> Hmac<D> {
    let mut block = Key::<Hmac<D>>::default();
    if let Some(start) = block.get_mut(..key.len()) {
        start.copy_from_slice(key);
    } else {
        for (to, from) in block.iter_mut().zip(D::digest(key)) {
            *to = from;
        }
    }
    let state = Hmac::<D>::new(&block);
    block.zeroize();
    state
}

pub(crate) fn hmac_parts<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Output<Hmac<D>> {
    let mut state = keyed::<D>(key);
    for part in parts {
        state.update(part);
    }
    state.finalize().into_bytes()
}

/// MD5 over the parts (RFC 1321). Only what is fixed in old protocols (WPA1, RADIUS) may use it.
#[must_use]
pub fn md5(parts: &[&[u8]]) -> [u8; 16] {
    digest::<Md5>(parts).into()
}

/// SHA-1 over the parts (FIPS 180-4).
#[must_use]
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    digest::<Sha1>(parts).into()
}

/// SHA-256 over the parts (FIPS 180-4).
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    digest::<Sha256>(parts).into()
}

/// SHA-384 over the parts (FIPS 180-4).
#[must_use]
pub fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    digest::<Sha384>(parts).into()
}

/// SHA-512 over the parts (FIPS 180-4).
#[must_use]
pub fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    digest::<Sha512>(parts).into()
}

/// HMAC-MD5 over the parts (RFC 2104): the MIC of key descriptor version 1, and RADIUS.
#[must_use]
pub fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    hmac_parts::<Md5>(key, parts).into()
}

/// HMAC-SHA-1 over the parts (RFC 2104).
#[must_use]
pub fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    hmac_parts::<Sha1>(key, parts).into()
}

/// HMAC-SHA-256 over the parts (RFC 2104).
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac_parts::<Sha256>(key, parts).into()
}

/// HMAC-SHA-384 over the parts (RFC 2104).
#[must_use]
pub fn hmac_sha384(key: &[u8], parts: &[&[u8]]) -> [u8; 48] {
    hmac_parts::<Sha384>(key, parts).into()
}

/// HMAC-SHA-512 over the parts (RFC 2104).
#[must_use]
pub fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    hmac_parts::<Sha512>(key, parts).into()
}

/// AES-128-CMAC over the parts (RFC 4493): the MIC of key descriptor version 3.
#[must_use]
pub fn aes_cmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut state = Cmac::<Aes128>::new(key.into());
    for part in parts {
        state.update(part);
    }
    state.finalize().into_bytes().into()
}
