//! AES-128 as EAP's methods use it: one block, CBC without padding, EAX.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use alloc::vec::Vec;
use zeroize::Zeroize;

use crate::hash::aes_cmac;
use crate::secret::{Secret, ct_eq};

const BLOCK: usize = 16;

fn xor(a: [u8; BLOCK], b: [u8; BLOCK]) -> [u8; BLOCK] {
    (u128::from_be_bytes(a) ^ u128::from_be_bytes(b)).to_be_bytes()
}

fn encrypt(cipher: &Aes128, block: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    block.into()
}

/// One block through AES-128 (FIPS 197).
#[must_use]
pub fn aes_block(key: &[u8; 16], block: &[u8; 16]) -> [u8; 16] {
    encrypt(&Aes128::new(key.into()), *block)
}

/// AES-128 in CBC (SP 800-38A 6.2) without padding; `None` unless `plain` is a number of whole blocks.
#[must_use]
pub fn aes_cbc_encrypt(key: &[u8; 16], iv: &[u8; 16], plain: &[u8]) -> Option<Vec<u8>> {
    let (blocks, []) = plain.as_chunks::<BLOCK>() else { return None };
    let cipher = Aes128::new(key.into());
    let mut before = *iv;
    let mut out = Vec::with_capacity(plain.len());
    for block in blocks {
        before = encrypt(&cipher, xor(*block, before));
        out.extend_from_slice(&before);
    }
    Some(out)
}

/// Undoes [`aes_cbc_encrypt`].
#[must_use]
pub fn aes_cbc_decrypt(key: &[u8; 16], iv: &[u8; 16], sealed: &[u8]) -> Option<Secret> {
    let (blocks, []) = sealed.as_chunks::<BLOCK>() else { return None };
    let cipher = Aes128::new(key.into());
    let mut before = *iv;
    let mut out = Vec::with_capacity(sealed.len());
    for block in blocks {
        let mut plain = (*block).into();
        cipher.decrypt_block(&mut plain);
        out.extend_from_slice(&xor(plain.into(), before));
        before = *block;
    }
    Some(Secret::from(out))
}

/// OMAC with the tweak that tells the three uses of it in EAX apart.
fn tweaked(key: &[u8; 16], tweak: u8, data: &[u8]) -> [u8; BLOCK] {
    let mut head = [0; BLOCK];
    if let Some(last) = head.last_mut() {
        *last = tweak;
    }
    aes_cmac(key, &[&head, data])
}

fn counter_mode(key: &[u8; 16], start: [u8; BLOCK], text: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut counter = u128::from_be_bytes(start);
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.chunks(BLOCK) {
        let mut stream = encrypt(&cipher, counter.to_be_bytes());
        out.extend(chunk.iter().zip(stream).map(|(text, stream)| text ^ stream));
        stream.zeroize();
        counter = counter.wrapping_add(1);
    }
    out
}

/// EAX of Bellare, Rogaway and Wagner with AES-128 and a tag of 16 octets: the encrypted text, and the tag.
#[must_use]
pub fn aes_eax_seal(key: &[u8; 16], nonce: &[u8], header: &[u8], plain: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let start = tweaked(key, 0, nonce);
    let sealed = counter_mode(key, start, plain);
    let tag = xor(xor(start, tweaked(key, 1, header)), tweaked(key, 2, &sealed));
    (sealed, tag)
}

/// Undoes [`aes_eax_seal`]; `None` if the tag is not that of nonce, header and text.
#[must_use]
pub fn aes_eax_open(key: &[u8; 16], nonce: &[u8], header: &[u8], sealed: &[u8], tag: &[u8]) -> Option<Secret> {
    let start = tweaked(key, 0, nonce);
    let expected = xor(xor(start, tweaked(key, 1, header)), tweaked(key, 2, sealed));
    ct_eq(&expected, tag).then(|| Secret::from(counter_mode(key, start, sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let pairs = text.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
        let octets: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        octets.try_into().unwrap()
    }

    /// SP 800-38A F.2.1.
    #[test]
    fn cbc_has_the_vectors_of_sp_800_38a_and_comes_back() {
        let (key, iv) = (hex("2b7e151628aed2a6abf7158809cf4f3c"), hex("000102030405060708090a0b0c0d0e0f"));
        let plain: [u8; 32] = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        let sealed: [u8; 32] = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
        assert_eq!(aes_cbc_encrypt(&key, &iv, &plain).as_deref(), Some(&sealed[..]));
        assert_eq!(aes_cbc_decrypt(&key, &iv, &sealed), Some(Secret::from(plain)));
        assert!(aes_cbc_encrypt(&key, &iv, &plain[1..]).is_none());
        assert!(aes_cbc_decrypt(&key, &iv, &sealed[1..]).is_none());
    }

    /// FIPS 197 appendix B.
    #[test]
    fn a_block_has_the_vector_of_fips_197() {
        let out = aes_block(&hex("2b7e151628aed2a6abf7158809cf4f3c"), &hex("3243f6a8885a308d313198a2e0370734"));
        assert_eq!(out, hex("3925841d02dc09fbdc118597196a0b32"));
    }

    /// Appendix G of the paper that defines EAX, the second and the fifth.
    #[test]
    fn eax_has_the_vectors_of_its_paper() {
        let (key, nonce, header) = (
            hex("91945d3f4dcbee0bf45ef52255f095a4"),
            hex::<16>("becaf043b0a23d843194ba972c66debd"),
            hex::<8>("fa3bfd4806eb53fa"),
        );
        let (sealed, tag) = aes_eax_seal(&key, &nonce, &header, &hex::<2>("f7fb"));
        assert_eq!((sealed.as_slice(), tag), (&hex::<2>("19dd")[..], hex("5c4c9331049d0bdab0277408f67967e5")));
        assert_eq!(
            aes_eax_open(&key, &nonce, &header, &sealed, &tag).map(|plain| plain.as_bytes().to_vec()),
            Some(hex::<2>("f7fb").to_vec())
        );
        for wrong in 0..16 {
            let mut tag = tag;
            tag[wrong] ^= 1;
            assert!(aes_eax_open(&key, &nonce, &header, &sealed, &tag).is_none());
        }
    }
}
