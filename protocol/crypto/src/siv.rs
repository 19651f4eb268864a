//! AES-SIV (RFC 5297) without associated data: encryption whose result depends on nothing but key and text.

use crate::hash::aes_cmac;
use crate::secret::{Secret, ct_eq};
use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use alloc::vec::Vec;
use zeroize::Zeroize;

const BLOCK: usize = 16;

/// The two halves of a key: one authenticates, the other encrypts.
fn halves(key: &[u8; 32]) -> Option<(&[u8; BLOCK], &[u8; BLOCK])> {
    let ([first, second], []) = key.as_chunks::<BLOCK>() else { return None };
    Some((first, second))
}

/// Multiplication by x in the field of RFC 5297 2.3.
fn double(block: [u8; BLOCK]) -> [u8; BLOCK] {
    let number = u128::from_be_bytes(block);
    let carry = u8::try_from(number >> 127).unwrap_or(0);
    // Without a branch on the bit that is lost.
    ((number << 1) ^ (0x87 & u128::from(0_u8.wrapping_sub(carry)))).to_be_bytes()
}

fn xor(a: [u8; BLOCK], b: [u8; BLOCK]) -> [u8; BLOCK] {
    (u128::from_be_bytes(a) ^ u128::from_be_bytes(b)).to_be_bytes()
}

/// S2V of one text (RFC 5297 2.4).
fn synthetic(key: &[u8; BLOCK], plain: &[u8]) -> [u8; BLOCK] {
    let start = aes_cmac(key, &[&[0; BLOCK]]);
    if let Some((head, tail)) = plain.split_last_chunk::<BLOCK>() {
        return aes_cmac(key, &[head, &xor(*tail, start)]);
    }
    let mut padded = [0; BLOCK];
    for (to, from) in padded.iter_mut().zip(plain.iter().chain(&[0x80])) {
        *to = *from;
    }
    aes_cmac(key, &[&xor(double(start), padded)])
}

/// Counter mode from a synthetic vector, with the two bits cleared that RFC 5297 2.5 says.
fn counter_mode(key: &[u8; BLOCK], vector: &[u8; BLOCK], text: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut counter = u128::from_be_bytes(*vector) & !((1 << 63) | (1 << 31));
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.chunks(BLOCK) {
        let mut block = counter.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        out.extend(chunk.iter().zip(block.iter()).map(|(text, key)| text ^ key));
        block.as_mut_slice().zeroize();
        counter = counter.wrapping_add(1);
    }
    out
}

/// Encrypts; the result is 16 octets longer.
#[must_use]
pub fn aes_siv_encrypt(key: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let Some((mac, enc)) = halves(key) else { return Vec::new() };
    let vector = synthetic(mac, plain);
    let mut out = vector.to_vec();
    out.extend(counter_mode(enc, &vector, plain));
    out
}

/// Decrypts what [`aes_siv_encrypt`] made with the same key, and nothing else.
#[must_use]
pub fn aes_siv_decrypt(key: &[u8; 32], sealed: &[u8]) -> Option<Secret> {
    let (mac, enc) = halves(key)?;
    let (vector, text) = sealed.split_first_chunk::<BLOCK>()?;
    let plain = Secret::from(counter_mode(enc, vector, text));
    ct_eq(&synthetic(mac, plain.as_bytes()), vector).then_some(plain)
}
