//! PKCS #12 files (RFC 7292): a private key and its certificates under a password.

use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Decode as _, Sequence};
use zeroize::Zeroizing;

use crate::error::SetupError;
use crate::pbe::{self, Algorithm, Digest};

/// `ContentInfo` (RFC 5652 3).
#[derive(Sequence)]
struct ContentInfo<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    content: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct Pfx<'a> {
    version: u8,
    safe: ContentInfo<'a>,
    mac: Option<MacData<'a>>,
}

#[derive(Sequence)]
struct MacData<'a> {
    digest: DigestInfo<'a>,
    salt: &'a OctetStringRef,
    #[asn1(default = "once")]
    iterations: u32,
}

const fn once() -> u32 {
    1
}

#[derive(Sequence)]
struct DigestInfo<'a> {
    algorithm: Algorithm<'a>,
    digest: &'a OctetStringRef,
}

#[derive(Sequence)]
struct EncryptedData<'a> {
    version: u8,
    content: EncryptedContent<'a>,
}

#[derive(Sequence)]
struct EncryptedContent<'a> {
    kind: ObjectIdentifier,
    algorithm: Algorithm<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    data: Option<&'a OctetStringRef>,
}

#[derive(Sequence)]
struct SafeBag<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: AnyRef<'a>,
    attributes: Option<SetOfVec<AnyRef<'a>>>,
}

#[derive(Sequence)]
struct CertBag<'a> {
    kind: ObjectIdentifier,
    value: ContextSpecific<&'a OctetStringRef>,
}

/// What a file holds.
#[derive(Default)]
pub(crate) struct Contents {
    /// Certificates, DER, in the order of the file.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// The first private key, PKCS #8.
    pub(crate) key: Option<Zeroizing<Vec<u8>>>,
}

/// Whether these octets look like a PKCS #12 file at all: a sequence that starts with version 3 and a ContentInfo.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    Pfx::from_der(bytes).is_ok_and(|pfx| pfx.version == 3)
}

/// Opens a file.
///
/// # Errors
/// `WrongPassword` when its MAC does not verify, `PasswordNeeded` when none is given and the empty one is wrong.
pub(crate) fn open(bytes: &[u8], password: Option<&[u8]>) -> Result<Contents, SetupError> {
    let broken = |what: &dyn core::fmt::Display| SetupError::Container { format: "PKCS #12", what: what.to_string() };
    let wrong = if password.is_some() { SetupError::WrongPassword } else { SetupError::PasswordNeeded };
    let secret = password.unwrap_or_default();
    let pfx = Pfx::from_der(bytes).map_err(|why| broken(&why))?;
    let safe = data_of(&pfx.safe).ok_or_else(|| broken(&"it is not protected by a password but signed"))?;
    if let Some(mac) = &pfx.mac {
        let digest = match mac.digest.algorithm.oid.to_string().as_str() {
            "1.3.14.3.2.26" => Digest::Sha1,
            "2.16.840.1.101.3.4.2.1" => Digest::Sha256,
            "2.16.840.1.101.3.4.2.2" => Digest::Sha384,
            "2.16.840.1.101.3.4.2.3" => Digest::Sha512,
            other => return Err(broken(&format!("its MAC is of the unknown kind {other}"))),
        };
        let expected = mac.digest.digest.as_bytes();
        let key = derive(digest, 3, &pbe::bmp(secret), mac.salt.as_bytes(), mac.iterations, expected.len());
        if !crypto::ct_eq(&digest.hmac(&key, &[safe]), expected) {
            return Err(wrong);
        }
    }
    let mut contents = Contents::default();
    for part in Vec::<ContentInfo<'_>>::from_der(safe).map_err(|why| broken(&why))? {
        let opened;
        let bags = if let Some(data) = data_of(&part) {
            data
        } else {
            let encrypted: EncryptedData<'_> = part
                .content
                .ok_or_else(|| broken(&"a part is empty"))?
                .decode_as()
                .map_err(|why| broken(&format!("a part is neither plain nor encrypted under a password: {why}")))?;
            let data = encrypted.content.data.ok_or_else(|| broken(&"an encrypted part is empty"))?;
            opened = pbe::decrypt(&encrypted.content.algorithm, secret, data.as_bytes())?;
            &opened
        };
        for bag in Vec::<SafeBag<'_>>::from_der(bags).map_err(|why| broken(&why))? {
            take(&bag, secret, &mut contents)?;
        }
    }
    Ok(contents)
}

/// The octets of a plain part.
fn data_of<'a>(part: &ContentInfo<'a>) -> Option<&'a [u8]> {
    let plain = part.kind.to_string() == "1.2.840.113549.1.7.1";
    part.content.filter(|_| plain)?.decode_as::<&OctetStringRef>().ok().map(OctetStringRef::as_bytes)
}

fn take(bag: &SafeBag<'_>, password: &[u8], contents: &mut Contents) -> Result<(), SetupError> {
    let broken = |why: der::Error| SetupError::Container { format: "PKCS #12", what: format!("a bag: {why}") };
    let encoded = Zeroizing::new(der::Encode::to_der(&bag.value).map_err(broken)?);
    match bag.kind.to_string().as_str() {
        "1.2.840.113549.1.12.10.1.1" => {
            contents.key.get_or_insert(encoded);
        }
        "1.2.840.113549.1.12.10.1.2" => {
            let key = crate::credentials::decrypt_pkcs8(&encoded, Some(password))?;
            contents.key.get_or_insert(key);
        }
        "1.2.840.113549.1.12.10.1.3" => {
            let bag = CertBag::from_der(&encoded).map_err(broken)?;
            if bag.kind.to_string() == "1.2.840.113549.1.9.22.1" {
                contents.certificates.push(bag.value.value.as_bytes().to_vec());
            }
        }
        // Lists, secrets and nested bags concern nobody here.
        _ => {}
    }
    Ok(())
}

/// Key derivation of RFC 7292 B.2, for the purpose `id`: 1 key, 2 initial vector, 3 MAC.
pub(crate) fn derive(
    digest: Digest,
    id: u8,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = digest.block();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        let wanted = bytes.len().div_ceil(block).saturating_mul(block);
        bytes.iter().copied().cycle().take(wanted).collect()
    };
    let diversifier = vec![id; block];
    let mut input = Zeroizing::new(filled(salt));
    input.extend_from_slice(&Zeroizing::new(filled(password)));
    let mut out = Zeroizing::new(Vec::new());
    while out.len() < length {
        let mut hash = Zeroizing::new(digest.hash(&[&diversifier, &input]));
        for _ in 1..iterations {
            *hash = digest.hash(&[&hash]);
        }
        out.extend_from_slice(&hash);
        // Each block of the input becomes itself + hash (repeated) + 1, modulo the block's size.
        let addend = Zeroizing::new(hash.iter().copied().cycle().take(block).collect::<Vec<u8>>());
        for part in input.chunks_mut(block) {
            let mut carry = 1u16;
            for (octet, add) in part.iter_mut().zip(addend.iter()).rev() {
                let sum = u16::from(*octet).wrapping_add(u16::from(*add)).wrapping_add(carry);
                let [high, low] = sum.to_be_bytes();
                *octet = low;
                carry = u16::from(high);
            }
        }
    }
    out.truncate(length);
    out
}
