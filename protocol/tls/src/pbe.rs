//! Decryption under passwords: what PKCS #8, PKCS #12 and old PEM files use.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Sequence};
use zeroize::Zeroizing;

use crate::error::SetupError;

/// `AlgorithmIdentifier` (RFC 5280 4.1.1.2).
#[derive(Clone, Copy, Debug, Sequence)]
pub(crate) struct Algorithm<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) parameters: Option<AnyRef<'a>>,
}

/// `PBEParameter` (RFC 8018 A.3) and `pkcs-12PbeParams` (RFC 7292 C).
#[derive(Sequence)]
struct PbeParameters<'a> {
    salt: &'a OctetStringRef,
    iterations: u32,
}

/// What a block cipher in CBC mode decrypts; `None` if length or padding are wrong.
fn cbc(cipher: Cipher, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let plain = match cipher {
        Cipher::Des => cbc::Decryptor::<des::Des>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data),
        Cipher::TripleDes => {
            cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data)
        }
        Cipher::Rc2 => {
            // The effective length of the key is the length of the key (RFC 2268 2; RFC 7292 C: 40 or 128 bits).
            let bits = key.len().saturating_mul(8);
            let cipher = rc2::Rc2::new_with_eff_key_len(key, bits);
            let iv = iv.try_into().ok()?;
            <cbc::Decryptor<rc2::Rc2> as aes::cipher::InnerIvInit>::inner_iv_init(cipher, iv)
                .decrypt_padded_vec::<Pkcs7>(data)
        }
        Cipher::Aes128 => {
            cbc::Decryptor::<aes::Aes128>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data)
        }
        Cipher::Aes192 => {
            cbc::Decryptor::<aes::Aes192>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data)
        }
        Cipher::Aes256 => {
            cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data)
        }
    };
    plain.ok().map(Zeroizing::new)
}

#[derive(Clone, Copy)]
enum Cipher {
    Des,
    TripleDes,
    Rc2,
    Aes128,
    Aes192,
    Aes256,
}

/// Decrypts under an algorithm of PKCS #5 or PKCS #12.
///
/// # Errors
/// `WrongPassword` when the padding is wrong, `UnsupportedKey` for an algorithm that is not known.
pub(crate) fn decrypt(
    algorithm: &Algorithm<'_>,
    password: &[u8],
    data: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    let oid = algorithm.oid.to_string();
    // PKCS #12 (RFC 7292 C): the key of this many octets, and eight of initial vector.
    let twelve = |cipher, length: usize| {
        let parameters: PbeParameters<'_> = parameters(algorithm)?;
        let (salt, count) = (parameters.salt.as_bytes(), parameters.iterations);
        let password = bmp(password);
        let key = crate::pkcs12::derive(Digest::Sha1, 1, &password, salt, count, length);
        let iv = crate::pkcs12::derive(Digest::Sha1, 2, &password, salt, count, 8);
        cbc(cipher, &key, &iv, data).ok_or(SetupError::WrongPassword)
    };
    // PBES1 (RFC 8018 6.1): one digest is key and initial vector.
    let five = |digest: fn(&[&[u8]]) -> Vec<u8>| {
        let parameters: PbeParameters<'_> = parameters(algorithm)?;
        let mut derived = Zeroizing::new(digest(&[password, parameters.salt.as_bytes()]));
        for _ in 1..parameters.iterations {
            *derived = digest(&[&derived]);
        }
        let (key, rest) = derived.split_at_checked(8).ok_or(SetupError::WrongPassword)?;
        let iv = rest.get(..8).ok_or(SetupError::WrongPassword)?;
        cbc(Cipher::Des, key, iv, data).ok_or(SetupError::WrongPassword)
    };
    match oid.as_str() {
        "1.2.840.113549.1.12.1.3" => twelve(Cipher::TripleDes, 24),
        "1.2.840.113549.1.12.1.5" => twelve(Cipher::Rc2, 16),
        "1.2.840.113549.1.12.1.6" => twelve(Cipher::Rc2, 5),
        "1.2.840.113549.1.5.3" => five(|parts| crypto::md5(parts).to_vec()),
        "1.2.840.113549.1.5.10" => five(|parts| crypto::sha1(parts).to_vec()),
        "1.2.840.113549.1.5.13" => {
            let encoded = der::Encode::to_der(algorithm).map_err(|why| unsupported(&oid, &why))?;
            let scheme = pkcs5::EncryptionScheme::from_der(&encoded).map_err(|why| unsupported(&oid, &why))?;
            match scheme.decrypt(password, data) {
                Ok(plain) => Ok(Zeroizing::new(plain)),
                Err(pkcs5::Error::DecryptFailed) => Err(SetupError::WrongPassword),
                Err(why) => Err(unsupported(&oid, &why)),
            }
        }
        _ => Err(SetupError::UnsupportedKey(format!("it is encrypted under the unknown algorithm {oid}"))),
    }
}

fn parameters<'a, T: der::Decode<'a, Error = der::Error> + der::DecodeValue<'a, Error = der::Error> + der::FixedTag>(
    algorithm: &Algorithm<'a>,
) -> Result<T, SetupError> {
    let oid = algorithm.oid.to_string();
    let value = algorithm.parameters.ok_or_else(|| unsupported(&oid, &"no parameters"))?;
    value.decode_as().map_err(|why| unsupported(&oid, &why))
}

fn unsupported(oid: &str, why: &dyn core::fmt::Display) -> SetupError {
    SetupError::UnsupportedKey(format!("it is encrypted under {oid} in a way that is not known: {why}"))
}

/// A password as PKCS #12 wants it: UTF-16, most significant octet first, with a NUL at the end (RFC 7292 B.1).
pub(crate) fn bmp(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = Zeroizing::new(String::from_utf8_lossy(password).into_owned());
    Zeroizing::new(text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect())
}

/// The digests of PKCS #12 files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(crate) fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => crypto::sha1(parts).to_vec(),
            Self::Sha256 => crypto::sha256(parts).to_vec(),
            Self::Sha384 => crypto::sha384(parts).to_vec(),
            Self::Sha512 => crypto::sha512(parts).to_vec(),
        }
    }

    pub(crate) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => crypto::hmac_sha1(key, parts).to_vec(),
            Self::Sha256 => crypto::hmac_sha256(key, parts).to_vec(),
            Self::Sha384 => crypto::hmac_sha384(key, parts).to_vec(),
            Self::Sha512 => crypto::hmac_sha512(key, parts).to_vec(),
        }
    }

    /// Octets that the digest takes in at once.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

/// A key of an old PEM file: `DEK-Info: AES-256-CBC,IV`, the key being MD5 over password and salt, over and over
/// (what OpenSSL calls the traditional format).
pub(crate) fn decrypt_pem(dek: &str, password: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    let odd = || SetupError::UnsupportedKey(format!("it is encrypted with {dek}"));
    let (name, iv) = dek.split_once(',').ok_or_else(odd)?;
    let (cipher, length) = match name.trim() {
        "DES-CBC" => (Cipher::Des, 8usize),
        "DES-EDE3-CBC" => (Cipher::TripleDes, 24),
        "AES-128-CBC" => (Cipher::Aes128, 16),
        "AES-192-CBC" => (Cipher::Aes192, 24),
        "AES-256-CBC" => (Cipher::Aes256, 32),
        _ => return Err(odd()),
    };
    let digits = iv.trim().as_bytes().as_chunks::<2>().0;
    let octet = |pair: &[u8; 2]| core::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let iv: Vec<u8> = digits.iter().map(octet).collect::<Option<_>>().ok_or_else(odd)?;
    let salt = iv.get(..8).ok_or_else(odd)?;
    let mut key = Zeroizing::new(Vec::new());
    let mut last = Zeroizing::new(Vec::new());
    while key.len() < length {
        *last = crypto::md5(&[&last, password, salt]).to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    cbc(cipher, &key, &iv, data).ok_or(SetupError::WrongPassword)
}
