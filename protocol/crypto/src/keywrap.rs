//! AES key wrap (RFC 3394), as used for key data (IEEE Std 802.11-2020 12.7.2).

use crate::CryptoError;
use crate::secret::Secret;
use aes_kw::{IV_LEN, KeyInit, KwAes128, KwAes192, KwAes256};
use alloc::vec;
use alloc::vec::Vec;
use zeroize::Zeroizing;

fn blame(error: aes_kw::Error) -> CryptoError {
    match error {
        aes_kw::Error::IntegrityCheckFailed => CryptoError::Integrity,
        aes_kw::Error::InvalidDataSize | aes_kw::Error::InvalidOutputSize { .. } => CryptoError::DataLength,
    }
}

/// Wraps `plain` under a KEK of 16, 24 or 32 octets; the result is 8 octets longer.
///
/// # Errors
/// [`CryptoError::KeyLength`] for another KEK, [`CryptoError::DataLength`] unless `plain` is a multiple of 8
/// octets and at least 16 of them (RFC 3394 2: two or more blocks).
pub fn aes_key_wrap(kek: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
    if plain.len() < 16 {
        return Err(CryptoError::DataLength);
    }
    let mut out = vec![0; plain.len().saturating_add(IV_LEN)];
    match kek.len() {
        16 => key::<KwAes128>(kek)?.wrap_key(plain, &mut out),
        24 => key::<KwAes192>(kek)?.wrap_key(plain, &mut out),
        32 => key::<KwAes256>(kek)?.wrap_key(plain, &mut out),
        _ => return Err(CryptoError::KeyLength),
    }
    .map_err(blame)?;
    Ok(out)
}

/// Unwraps what [`aes_key_wrap`] wrapped.
///
/// # Errors
/// [`CryptoError::Integrity`] for a wrong KEK or altered data; lengths as for wrapping.
pub fn aes_key_unwrap(kek: &[u8], wrapped: &[u8]) -> Result<Secret, CryptoError> {
    if wrapped.len() < 16 + IV_LEN || !wrapped.len().is_multiple_of(8) {
        return Err(CryptoError::DataLength);
    }
    // Wiped should the check fail: what a wrong KEK makes of the data is nobody's business either.
    let mut out = Zeroizing::new(vec![0; wrapped.len().saturating_sub(IV_LEN)]);
    match kek.len() {
        16 => key::<KwAes128>(kek)?.unwrap_key(wrapped, &mut out),
        24 => key::<KwAes192>(kek)?.unwrap_key(wrapped, &mut out),
        32 => key::<KwAes256>(kek)?.unwrap_key(wrapped, &mut out),
        _ => return Err(CryptoError::KeyLength),
    }
    .map_err(blame)?;
    Ok(Secret::from(core::mem::take(&mut *out)))
}

fn key<K: KeyInit>(kek: &[u8]) -> Result<K, CryptoError> {
    K::new_from_slice(kek).map_err(|_| CryptoError::KeyLength)
}
