//! Encrypted Settings (7.5): attributes, an authenticator over them, AES-128 in CBC with padding.
//!
//! They are opened only in messages whose Authenticator is right, so that a wrong padding tells nobody anything.

use alloc::vec::Vec;
use core::iter::repeat_n;

use crypto::{Rng, Secret, aes_cbc_decrypt, aes_cbc_encrypt, ct_eq};
use zeroize::Zeroizing;

use crate::WpsError;
use crate::attribute::id::KEY_WRAP_AUTHENTICATOR;
use crate::attributes::Attributes;
use crate::keys::Keys;
use crate::quirks::Quirks;

const BLOCK: usize = 16;
/// Type, length and value of a Key Wrap Authenticator.
const WRAP_ATTRIBUTE: usize = 12;
const BAD: WpsError = WpsError::Protocol("Encrypted Settings that cannot be opened");

/// The value of an Encrypted Settings attribute that holds these attributes: initialisation vector and ciphertext.
///
/// # Errors
/// Never: keys have the length that they have.
pub fn seal(keys: &Keys, attributes: &[u8], rng: &mut dyn Rng) -> Result<Vec<u8>, WpsError> {
    let mut plain = Zeroizing::new(attributes.to_vec());
    let [high, low] = KEY_WRAP_AUTHENTICATOR.to_be_bytes();
    plain.extend_from_slice(&[high, low, 0, 8]);
    plain.extend_from_slice(&keys.short_mac(&[attributes]));
    // PKCS #5 v2.0 6.1.1: as many octets as are missing, each saying how many; at least one.
    let missing = BLOCK.saturating_sub(plain.len() % BLOCK);
    plain.extend(repeat_n(u8::try_from(missing).unwrap_or(0), missing));
    let mut iv = [0; BLOCK];
    rng.fill(&mut iv);
    let sealed = keys.wrap_key().and_then(|key| aes_cbc_encrypt(key, &iv, &plain)).ok_or(BAD)?;
    Ok(iv.into_iter().chain(sealed).collect())
}

/// Attributes whose Key Wrap Authenticator was right.
#[derive(Debug)]
pub struct Opened(Secret);

impl Opened {
    /// The attributes.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn attributes(&self, quirks: Quirks) -> Result<Attributes<'_>, WpsError> {
        Ok(Attributes::parse(self.0.as_bytes(), quirks)?)
    }
}

/// Undoes [`seal`].
///
/// # Errors
/// If padding or authenticator are wrong, or the authenticator is not the last attribute.
pub fn open(keys: &Keys, sealed: &[u8], quirks: Quirks) -> Result<Opened, WpsError> {
    let (iv, ciphertext) = sealed.split_first_chunk::<BLOCK>().ok_or(BAD)?;
    let padded = keys.wrap_key().and_then(|key| aes_cbc_decrypt(key, iv, ciphertext)).ok_or(BAD)?;
    let missing = *padded.as_bytes().last().ok_or(BAD)?;
    let length = padded.len().checked_sub(usize::from(missing)).ok_or(BAD)?;
    let (plain, padding) = padded.as_bytes().split_at_checked(length).ok_or(BAD)?;
    if !(1..=BLOCK).contains(&padding.len()) || padding.iter().any(|octet| *octet != missing) {
        return Err(BAD);
    }
    let attributes = Attributes::parse(plain, quirks)?;
    let authenticator = attributes.key_wrap.ok_or(WpsError::Missing("Key Wrap Authenticator"))?;
    let at = attributes.key_wrap_at.ok_or(BAD)?;
    if at.checked_add(WRAP_ATTRIBUTE) != Some(plain.len()) {
        return Err(WpsError::Protocol("attributes behind the Key Wrap Authenticator"));
    }
    let protected = plain.get(..at).ok_or(BAD)?;
    if ct_eq(&authenticator, &keys.short_mac(&[protected])) { Ok(Opened(Secret::from(protected))) } else { Err(BAD) }
}
