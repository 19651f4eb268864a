//! What MS-CHAP and MS-CHAPv2 compute (RFC 2433, RFC 2759, RFC 3079). Kept for the methods that need it: MD4 and DES
//! protect nothing by themselves, so only a tunnel may carry them.

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use md4::{Digest as _, Md4};
use zeroize::Zeroizing;

use crate::{Secret, rc4_skip, sha1};

/// NtPasswordHash (RFC 2759 8.3): MD4 over the password in UTF-16, least significant octet first. A password that is not
/// UTF-8 is taken octet for octet as Latin-1.
#[must_use]
pub fn nt_password_hash(password: &[u8]) -> Secret {
    let mut unicode = Zeroizing::new(alloc::vec::Vec::with_capacity(password.len().saturating_mul(2)));
    match core::str::from_utf8(password) {
        Ok(text) => unicode.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        Err(_) => unicode.extend(password.iter().flat_map(|octet| u16::from(*octet).to_le_bytes())),
    }
    Secret::from(<[u8; 16]>::from(Md4::digest(&*unicode)))
}

/// HashNtPasswordHash (RFC 2759 8.4).
#[must_use]
pub fn hash_nt_password_hash(hash: &Secret) -> Secret {
    Secret::from(<[u8; 16]>::from(Md4::digest(hash.as_bytes())))
}

/// ChallengeHash (RFC 2759 8.2). The name is without its domain.
#[must_use]
pub fn challenge_hash(peer_challenge: &[u8; 16], authenticator_challenge: &[u8; 16], name: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha1(&[peer_challenge, authenticator_challenge, name]);
    [a, b, c, d, e, f, g, h]
}

/// A key of 56 bits spread over eight octets, parity bits zero: DES does not look at them.
fn des_key(key: [u8; 7]) -> [u8; 8] {
    let [a, b, c, d, e, f, g] = key;
    let bits = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    let mut out = [0; 8];
    for (octet, shift) in out.iter_mut().zip([49u32, 42, 35, 28, 21, 14, 7, 0]) {
        let [.., low] = bits.wrapping_shr(shift).to_be_bytes();
        *octet = low.wrapping_shl(1);
    }
    out
}

/// ChallengeResponse (RFC 2759 8.5) to a challenge of eight octets: that of MS-CHAP, or [`challenge_hash`].
#[must_use]
pub fn challenge_response(challenge: &[u8; 8], password_hash: &Secret) -> [u8; 24] {
    let mut padded = Zeroizing::new([0; 21]);
    for (to, from) in padded.iter_mut().zip(password_hash.as_bytes()) {
        *to = *from;
    }
    let mut response = [0; 24];
    let (keys, _) = padded.as_chunks::<7>();
    for (part, key) in response.as_chunks_mut::<8>().0.iter_mut().zip(keys) {
        let mut block = Array::from(*challenge);
        Des::new(&Array::from(des_key(*key))).encrypt_block(&mut block);
        *part = block.into();
    }
    response
}

/// Octets of a password block: 256 characters in UTF-16, and their length.
pub const PASSWORD_BLOCK: usize = 516;

/// EncryptPwBlockWithPasswordHash (RFC 2759 8.10): a new password under the hash of the old one, behind these random octets.
/// `None` if it has more than 256 characters, or is not UTF-8.
#[must_use]
pub fn encrypt_password(password: &[u8], old_hash: &Secret, filler: &[u8; 512]) -> Option<[u8; PASSWORD_BLOCK]> {
    let text = core::str::from_utf8(password).ok()?;
    let unicode: Zeroizing<alloc::vec::Vec<u8>> =
        Zeroizing::new(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let start = filler.len().checked_sub(unicode.len())?;
    let length = u32::try_from(unicode.len()).ok()?.to_le_bytes();
    let mut block = [0; PASSWORD_BLOCK];
    let octets = filler.iter().take(start).chain(unicode.iter()).chain(&length);
    for (to, from) in block.iter_mut().zip(octets) {
        *to = *from;
    }
    rc4_skip(old_hash.as_bytes(), 0, &mut block);
    Some(block)
}

/// Undoes [`encrypt_password`]; `None` if the octets are no password.
#[must_use]
pub fn decrypt_password(block: &[u8; PASSWORD_BLOCK], old_hash: &Secret) -> Option<Secret> {
    let mut block = Zeroizing::new(*block);
    rc4_skip(old_hash.as_bytes(), 0, &mut *block);
    let (unicode, length) = block.split_last_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let start = unicode.len().checked_sub(length)?;
    let (pairs, []) = unicode.get(start..)?.as_chunks::<2>() else { return None };
    let units = pairs.iter().copied().map(u16::from_le_bytes);
    let text: Option<alloc::string::String> = char::decode_utf16(units).map(Result::ok).collect();
    Some(Secret::from(text?.into_bytes()))
}

/// OldNtPasswordHashEncryptedWithNewNtPasswordHash (RFC 2759 8.12): shows that the old password is known.
#[must_use]
pub fn encrypt_hash(old_hash: &Secret, new_hash: &Secret) -> [u8; 16] {
    let mut out = [0; 16];
    let (keys, _) = new_hash.as_bytes().as_chunks::<7>();
    let (blocks, _) = old_hash.as_bytes().as_chunks::<8>();
    for ((part, key), plain) in out.as_chunks_mut::<8>().0.iter_mut().zip(keys).zip(blocks) {
        let mut block = Array::from(*plain);
        Des::new(&Array::from(des_key(*key))).encrypt_block(&mut block);
        *part = block.into();
    }
    out
}

/// GenerateNTResponse (RFC 2759 8.1).
#[must_use]
pub fn nt_response(
    authenticator_challenge: &[u8; 16],
    peer_challenge: &[u8; 16],
    name: &[u8],
    password_hash: &Secret,
) -> [u8; 24] {
    challenge_response(&challenge_hash(peer_challenge, authenticator_challenge, name), password_hash)
}

/// GenerateAuthenticatorResponse (RFC 2759 8.7), the 20 octets that `S=` gives in hex.
#[must_use]
pub fn authenticator_response(
    password_hash: &Secret,
    nt_response: &[u8; 24],
    peer_challenge: &[u8; 16],
    authenticator_challenge: &[u8; 16],
    name: &[u8],
) -> [u8; 20] {
    let twice = hash_nt_password_hash(password_hash);
    let digest = sha1(&[twice.as_bytes(), nt_response, b"Magic server to client signing constant"]);
    let challenge = challenge_hash(peer_challenge, authenticator_challenge, name);
    sha1(&[&digest, &challenge, b"Pad to make it do more than one iteration"])
}

/// GetMasterKey (RFC 3079 3.4).
#[must_use]
pub fn mppe_master_key(password_hash: &Secret, nt_response: &[u8; 24]) -> Secret {
    let twice = hash_nt_password_hash(password_hash);
    let digest = sha1(&[twice.as_bytes(), nt_response, b"This is the MPPE Master Key"]);
    Secret::from(digest.get(..16).unwrap_or_default())
}

/// GetAsymmetricStartKey (RFC 3079 3.4) of 128 bits: the key with which `is_send` of a server, or a client, sends.
#[must_use]
pub fn mppe_start_key(master: &Secret, is_send: bool, is_server: bool) -> Secret {
    const CLIENT_SENDS: &[u8] = b"On the client side, this is the send key; on the server side, it is the receive key.";
    const SERVER_SENDS: &[u8] = b"On the client side, this is the receive key; on the server side, it is the send key.";
    let magic = if is_send == is_server { SERVER_SENDS } else { CLIENT_SENDS };
    let digest = sha1(&[master.as_bytes(), &[0; 40], magic, &[0xf2; 40]]);
    Secret::from(digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHENTICATOR: [u8; 16] =
        [0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e, 0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28];
    const PEER: [u8; 16] =
        [0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a, 0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e];

    /// RFC 2759 9.2 and RFC 3079 3.5.3.
    #[test]
    fn the_example_of_the_rfcs_comes_out() {
        let hash = nt_password_hash(b"clientPass");
        assert_eq!(
            hash.as_bytes(),
            [0x44, 0xeb, 0xba, 0x8d, 0x53, 0x12, 0xb8, 0xd6, 0x11, 0x47, 0x44, 0x11, 0xf5, 0x69, 0x89, 0xae]
        );
        assert_eq!(challenge_hash(&PEER, &AUTHENTICATOR, b"User"), [0xd0, 0x2e, 0x43, 0x86, 0xbc, 0xe9, 0x12, 0x26]);
        let response = nt_response(&AUTHENTICATOR, &PEER, b"User", &hash);
        assert_eq!(
            response,
            [
                0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83, 0x54, 0x42,
                0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf
            ]
        );
        assert_eq!(
            authenticator_response(&hash, &response, &PEER, &AUTHENTICATOR, b"User"),
            [
                0x40, 0x7a, 0x55, 0x89, 0x11, 0x5f, 0xd0, 0xd6, 0x20, 0x9f, 0x51, 0x0f, 0xe9, 0xc0, 0x45, 0x66, 0x93,
                0x2c, 0xda, 0x56
            ]
        );
        let master = mppe_master_key(&hash, &response);
        assert_eq!(
            master.as_bytes(),
            [0xfd, 0xec, 0xe3, 0x71, 0x7a, 0x8c, 0x83, 0x8c, 0xb3, 0x88, 0xe5, 0x27, 0xae, 0x3c, 0xdd, 0x31]
        );
        let server_sends = mppe_start_key(&master, true, true);
        assert_eq!(
            server_sends.as_bytes(),
            [0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b, 0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb]
        );
        assert_eq!(server_sends, mppe_start_key(&master, false, false));
        assert_ne!(server_sends, mppe_start_key(&master, true, false));
    }
}
