//! Key derivation: from passphrase to PSK, and the PRF and KDF of IEEE Std 802.11-2020 12.7.1.

use crate::hash::{hmac_parts, keyed};
use crate::secret::Pmk;
use hmac::{EagerHash, Hmac, Mac};
use pbkdf2::pbkdf2;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroize;

/// The passphrase-to-PSK mapping: PBKDF2 with 4096 rounds of HMAC-SHA-1 (IEEE Std 802.11-2020 J.4.1).
///
/// The keyed HMAC state is computed once, so a round costs two compressions.
#[must_use]
pub fn pbkdf2_psk(passphrase: &[u8], ssid: &[u8]) -> Pmk {
    let mut psk = [0u8; 32];
    // An HMAC takes a key of any length, so there is no error to report: the result type of the generic
    // function covers PRFs that are choosy.
    let done = pbkdf2::<Hmac<Sha1>>(passphrase, ssid, 4096, &mut psk);
    debug_assert!(done.is_ok());
    let pmk = Pmk::from_array(psk);
    psk.zeroize();
    pmk
}

/// Copies a block of key material, and wipes it.
fn take<B: AsMut<[u8]>>(chunk: &mut [u8], mut block: B) {
    let block = block.as_mut();
    for (to, from) in chunk.iter_mut().zip(block.iter()) {
        *to = *from;
    }
    block.zeroize();
}

/// The PRF of IEEE Std 802.11-2020 12.7.1.2, which fills `out`.
///
/// Each block is HMAC-SHA-1 over label, a zero octet, the context and an octet that counts from 0.
pub fn prf_sha1(key: &[u8], label: &str, context: &[u8], out: &mut [u8]) {
    let base = keyed::<Sha1>(key);
    for (counter, chunk) in (0..=u8::MAX).zip(out.chunks_mut(20)) {
        let mut state = base.clone();
        state.update(label.as_bytes());
        state.update(&[0]);
        state.update(context);
        state.update(&[counter]);
        take(chunk, state.finalize().into_bytes());
    }
}

/// The KDF of IEEE Std 802.11-2020 12.7.1.6.2: blocks of HMAC over a 16-bit counter from 1, label, context and
/// the wanted length in bits. A length that is no whole number of octets leaves the low bits of the last octet zero.
fn kdf<D: EagerHash>(key: &[u8], label: &str, context: &[u8], bits: u16, out: &mut [u8]) {
    let base = keyed::<D>(key);
    let size = <D as sha2::Digest>::output_size();
    for (counter, chunk) in (1..=u16::MAX).zip(out.chunks_mut(size)) {
        let mut state = base.clone();
        state.update(&counter.to_le_bytes());
        state.update(label.as_bytes());
        state.update(context);
        state.update(&bits.to_le_bytes());
        take(chunk, state.finalize().into_bytes());
    }
    if let (Some(last), rest @ 1..8) = (out.last_mut(), bits % 8) {
        *last &= !(0xffu8 >> rest);
    }
}

/// The number of bits in `out`. The length field of the KDF has 16 bits, and no key comes near that.
fn whole_bits(out: &[u8]) -> u16 {
    u16::try_from(out.len().saturating_mul(8)).unwrap_or(u16::MAX)
}

macro_rules! kdf_family {
    ($name:ident, $bits:ident, $hash:ty, $text:literal) => {
        #[doc = concat!("KDF-", $text, " (IEEE Std 802.11-2020 12.7.1.6.2) of as many octets as `out` has.")]
        pub fn $name(key: &[u8], label: &str, context: &[u8], out: &mut [u8]) {
            kdf::<$hash>(key, label, context, whole_bits(out), out);
        }

        #[doc = concat!("KDF-", $text, " of a length in bits, for values that are no whole number of octets.")]
        ///
        /// `out` has the octets that hold so many bits; the bits are its leftmost ones.
        pub fn $bits(key: &[u8], label: &str, context: &[u8], bits: u16, out: &mut [u8]) {
            kdf::<$hash>(key, label, context, bits, out);
        }
    };
}

kdf_family!(kdf_sha256, kdf_sha256_bits, Sha256, "SHA-256");
kdf_family!(kdf_sha384, kdf_sha384_bits, Sha384, "SHA-384");
kdf_family!(kdf_sha512, kdf_sha512_bits, Sha512, "SHA-512");

/// RFC 5869 2.3; output beyond 255 blocks stays as it was, which no caller asks for.
fn hkdf_expand<D: EagerHash>(prk: &[u8], info: &[u8], out: &mut [u8]) {
    let base = keyed::<D>(prk);
    let size = <D as sha2::Digest>::output_size();
    let mut previous = sha2::digest::common::Output::<Hmac<D>>::default();
    for (counter, chunk) in (1..=u8::MAX).zip(out.chunks_mut(size)) {
        let mut state = base.clone();
        if counter > 1 {
            state.update(&previous);
        }
        state.update(info);
        state.update(&[counter]);
        previous = state.finalize().into_bytes();
        for (to, from) in chunk.iter_mut().zip(previous.iter()) {
            *to = *from;
        }
    }
    previous.zeroize();
}

macro_rules! hkdf_family {
    ($extract:ident, $expand:ident, $hash:ty, $size:literal, $text:literal) => {
        #[doc = concat!("HKDF-Extract with ", $text, " (RFC 5869 2.2) of input keying material in parts.")]
        #[must_use]
        pub fn $extract(salt: &[u8], parts: &[&[u8]]) -> [u8; $size] {
            hmac_parts::<$hash>(salt, parts).into()
        }

        #[doc = concat!("HKDF-Expand with ", $text, " (RFC 5869 2.3) to as many octets as `out` has.")]
        pub fn $expand(prk: &[u8], info: &[u8], out: &mut [u8]) {
            hkdf_expand::<$hash>(prk, info, out);
        }
    };
}

hkdf_family!(hkdf_extract_sha256, hkdf_expand_sha256, Sha256, 32, "SHA-256");
hkdf_family!(hkdf_extract_sha384, hkdf_expand_sha384, Sha384, 48, "SHA-384");
hkdf_family!(hkdf_extract_sha512, hkdf_expand_sha512, Sha512, 64, "SHA-512");
