//! Certificates and private keys out of the files that configurations name: PEM, DER, PKCS #8, PKCS #12.

use core::fmt;

use der::asn1::OctetStringRef;
use der::{Decode as _, Sequence};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::error::SetupError;
use crate::pbe::{self, Algorithm};
use crate::{pem, pkcs12};

/// A private key that was decrypted. Wiped on drop, never printed.
pub struct PrivateKey {
    form: Form,
    der: Zeroizing<Vec<u8>>,
}

#[derive(Clone, Copy)]
enum Form {
    Pkcs1,
    Sec1,
    Pkcs8,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} bytes)", self.der.len())
    }
}

impl PrivateKey {
    pub(crate) fn to_rustls(&self) -> PrivateKeyDer<'static> {
        let der = self.der.to_vec();
        match self.form {
            Form::Pkcs1 => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
            Form::Sec1 => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der)),
            Form::Pkcs8 => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
        }
    }
}

/// Who we are: certificates, our own first, and the key of the first.
#[derive(Debug)]
pub struct Identity {
    /// Our certificate, then those of CAs below the root, for the peer.
    pub chain: Vec<Certificate>,
    /// The private key of the first.
    pub key: PrivateKey,
}

impl Identity {
    /// Reads what `client_cert` (or `server_cert`) and `private_key` name. Without a certificate file the key's file has
    /// to hold both, as PKCS #12 and many PEM files do.
    ///
    /// # Errors
    /// [`SetupError`] says which file, and what to do about it.
    pub fn read(certificates: Option<&[u8]>, key: &[u8], password: Option<&[u8]>) -> Result<Self, SetupError> {
        let (private, inside) = read_key(key, password)?;
        let chain = match certificates {
            Some(file) => read_certificates(file, "client_cert or server_cert")?,
            None => parse_all(&inside)?,
        };
        if chain.is_empty() {
            return Err(SetupError::NoCertificate("private_key, and no certificate file is given"));
        }
        Ok(Self { chain: own_first(chain, &private), key: private })
    }
}

/// PKCS #12 files have their certificates in any order: ours is the one that the key signs for.
fn own_first(mut chain: Vec<Certificate>, key: &PrivateKey) -> Vec<Certificate> {
    let Some(public) = rustls::crypto::ring::sign::any_supported_type(&key.to_rustls())
        .ok()
        .and_then(|key| key.public_key().map(|spki| spki.to_vec()))
    else {
        return chain;
    };
    let own = chain.iter().position(|certificate| {
        certificate.der().windows(public.len().max(1)).any(|window| window == public.as_slice())
    });
    if let Some(own) = own.filter(|own| *own > 0) {
        let certificate = chain.remove(own);
        chain.insert(0, certificate);
    }
    chain
}

/// All certificates of a file: PEM blocks, or DER, one after the other.
///
/// # Errors
/// When there is none, or one cannot be read; `whose` is how the configuration calls the file.
pub fn read_certificates(file: &[u8], whose: &'static str) -> Result<Vec<Certificate>, SetupError> {
    let blocks = pem::blocks(file)?;
    let ders: Vec<Vec<u8>> = if blocks.is_empty() {
        ders(file).map(<[u8]>::to_vec).collect()
    } else {
        let wanted = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
        let certificates = blocks.iter().filter(|block| wanted.contains(&block.label.as_str()));
        // What OpenSSL appends to a TRUSTED CERTIFICATE follows the certificate.
        certificates.filter_map(|block| ders(&block.content).next().map(<[u8]>::to_vec)).collect()
    };
    let certificates = parse_all(&ders)?;
    if certificates.is_empty() { Err(SetupError::NoCertificate(whose)) } else { Ok(certificates) }
}

/// All revocation lists of a file, PEM or DER.
///
/// # Errors
/// A PEM block that is broken.
pub fn read_crls(file: &[u8]) -> Result<Vec<Vec<u8>>, SetupError> {
    let blocks = pem::blocks(file)?;
    if blocks.is_empty() {
        return Ok(ders(file).map(<[u8]>::to_vec).collect());
    }
    Ok(blocks.iter().filter(|block| block.label == "X509 CRL").map(|block| block.content.to_vec()).collect())
}

/// The DER values that stand one after the other.
fn ders(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(der_length(rest)?)?;
        rest = tail;
        Some(head)
    })
}

/// Octets of the sequence that stands first, header included.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let [0x30, first, rest @ ..] = bytes else { return None };
    let (header, length) = match first {
        0..=0x7f => (2, usize::from(*first)),
        0x81 => (3, usize::from(*rest.first()?)),
        0x82 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        0x83 => {
            let [high, middle, low] = *rest.first_chunk()?;
            (5, usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()?)
        }
        _ => return None,
    };
    length.checked_add(header)
}

fn parse_all(ders: &[Vec<u8>]) -> Result<Vec<Certificate>, SetupError> {
    let parse = |(at, der): (usize, &Vec<u8>)| {
        Certificate::from_der(der).map_err(|why| SetupError::Certificate { number: at.saturating_add(1), why })
    };
    ders.iter().enumerate().map(parse).collect()
}

/// The private key of a file, and the certificates beside it.
fn read_key(file: &[u8], password: Option<&[u8]>) -> Result<(PrivateKey, Vec<Vec<u8>>), SetupError> {
    let blocks = pem::blocks(file)?;
    if blocks.is_empty() {
        return read_binary_key(file, password);
    }
    let certificates =
        blocks.iter().filter(|block| block.label == "CERTIFICATE").map(|block| block.content.to_vec()).collect();
    for block in &blocks {
        let form = match block.label.as_str() {
            "RSA PRIVATE KEY" => Form::Pkcs1,
            "EC PRIVATE KEY" => Form::Sec1,
            "PRIVATE KEY" => Form::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => {
                let der = decrypt_pkcs8(&block.content, password)?;
                return Ok((PrivateKey { form: Form::Pkcs8, der }, certificates));
            }
            "DSA PRIVATE KEY" => return Err(SetupError::UnsupportedKey("DSA".into())),
            _ => continue,
        };
        let dek = block.headers.iter().find(|(name, _)| name == "DEK-Info");
        let der = match dek {
            Some((_, dek)) => pbe::decrypt_pem(dek, password.ok_or(SetupError::PasswordNeeded)?, &block.content)?,
            None => block.content.clone(),
        };
        return Ok((PrivateKey { form, der }, certificates));
    }
    Err(SetupError::NoPrivateKey)
}

fn read_binary_key(file: &[u8], password: Option<&[u8]>) -> Result<(PrivateKey, Vec<Vec<u8>>), SetupError> {
    if pkcs12::looks_like(file) {
        let contents = pkcs12::open(file, password)?;
        let der = contents.key.ok_or(SetupError::NoPrivateKey)?;
        return Ok((PrivateKey { form: Form::Pkcs8, der }, contents.certificates));
    }
    if EncryptedPrivateKeyInfo::from_der(file).is_ok() {
        let der = decrypt_pkcs8(file, password)?;
        return Ok((PrivateKey { form: Form::Pkcs8, der }, Vec::new()));
    }
    let candidates = [Form::Pkcs8, Form::Pkcs1, Form::Sec1];
    let key = candidates.into_iter().map(|form| PrivateKey { form, der: Zeroizing::new(file.to_vec()) });
    let mut usable = key.filter(|key| rustls::crypto::ring::sign::any_supported_type(&key.to_rustls()).is_ok());
    usable.next().map(|key| (key, Vec::new())).ok_or(SetupError::NoPrivateKey)
}

/// `EncryptedPrivateKeyInfo` (RFC 5958 3).
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo<'a> {
    algorithm: Algorithm<'a>,
    data: &'a OctetStringRef,
}

pub(crate) fn decrypt_pkcs8(bytes: &[u8], password: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    let info = EncryptedPrivateKeyInfo::from_der(bytes)
        .map_err(|why| SetupError::Container { format: "PKCS #8", what: why.to_string() })?;
    let plain = pbe::decrypt(&info.algorithm, password.ok_or(SetupError::PasswordNeeded)?, info.data.as_bytes())?;
    // One wrong password in 256 leaves a padding that looks right.
    if der_length(&plain) == Some(plain.len()) { Ok(plain) } else { Err(SetupError::WrongPassword) }
}
