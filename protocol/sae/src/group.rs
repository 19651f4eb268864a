//! The groups, and what depends on them.

use crypto::Secret;
use wire::StatusCode;

pub use crate::arithmetic::Modp;

/// A finite cyclic group by its number in the IANA registry that 12.4.4.1 refers to.
///
/// Other groups are refused, among them those with small subgroups (22 to 24) and the Brainpool curves, for which
/// hunting and pecking is not done in constant time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// NIST P-256, which every implementation has: 19.
    P256,
    /// NIST P-384: 20.
    P384,
    /// NIST P-521: 21.
    P521,
    /// Numbers modulo a prime of 3072 or 4096 bits: 15 and 16. Much slower than the curves and no better; for networks
    /// that ask for them.
    Modp(Modp),
}

impl Group {
    /// The group of this number, if it is one of those implemented.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        match number {
            19 => Some(Self::P256),
            20 => Some(Self::P384),
            21 => Some(Self::P521),
            _ => Modp::from_number(number).map(Self::Modp),
        }
    }

    /// The number on the air.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::P256 => 19,
            Self::P384 => 20,
            Self::P521 => 21,
            Self::Modp(modp) => modp.number(),
        }
    }

    /// The octets of the prime: of a coordinate, or of a number.
    #[must_use]
    pub fn octets(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
            Self::Modp(modp) => modp.octets(),
        }
    }

    /// The octets of a scalar.
    #[must_use]
    pub fn scalar_octets(self) -> usize {
        match self {
            Self::P256 | Self::P384 | Self::P521 => self.octets(),
            Self::Modp(modp) => modp.scalar_octets(),
        }
    }

    /// The octets of an element.
    #[must_use]
    pub fn element_octets(self) -> usize {
        match self {
            Self::P256 | Self::P384 | Self::P521 => self.octets().saturating_mul(2),
            Self::Modp(modp) => modp.octets(),
        }
    }

    /// The bits of the prime.
    pub(crate) fn bits(self) -> u16 {
        match self {
            Self::P521 => 521,
            Self::P256 | Self::P384 | Self::Modp(_) => {
                u16::try_from(self.octets().saturating_mul(8)).unwrap_or(u16::MAX)
            }
        }
    }

    /// The hash that goes with the method and this group (12.4.2 and Table 12-1).
    pub(crate) fn hash(self, method: Method) -> Hash {
        match (method, self) {
            (Method::HashToElement, Self::Modp(modp)) => match modp.octets() {
                0..=256 => Hash::Sha256,
                257..=384 => Hash::Sha384,
                _ => Hash::Sha512,
            },
            (Method::HuntAndPeck, _) | (Method::HashToElement, Self::P256) => Hash::Sha256,
            (Method::HashToElement, Self::P384) => Hash::Sha384,
            (Method::HashToElement, Self::P521) => Hash::Sha512,
        }
    }
}

/// How the password element is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Hunting and pecking (12.4.4.2.2): the original way, per pair of addresses.
    HuntAndPeck,
    /// Hashing to the curve (12.4.4.2.3): most of the work is done once per password and SSID.
    HashToElement,
}

impl Method {
    /// The method that the status of a Commit announces (9.4.1.9); `None` for a status that refuses something.
    #[must_use]
    pub const fn from_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::SUCCESS => Some(Self::HuntAndPeck),
            StatusCode::SAE_HASH_TO_ELEMENT => Some(Self::HashToElement),
            _ => None,
        }
    }

    /// The status of a Commit that uses this method.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::HuntAndPeck => StatusCode::SUCCESS,
            Self::HashToElement => StatusCode::SAE_HASH_TO_ELEMENT,
        }
    }
}

/// The AKM the run is for, which decides the length of the PMK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SaeAkm {
    /// 00-0F-AC:8 and :9, with a PMK of 32 octets.
    Sae,
    /// 00-0F-AC:24 and :25, with a PMK as long as the hash of the group.
    SaeExtKey,
}

impl SaeAkm {
    /// What the AKM Suite Selector element of a Commit means; `None` for what is no AKM of SAE.
    #[must_use]
    pub const fn from_suite(suite: [u8; 4]) -> Option<Self> {
        match suite {
            [0x00, 0x0f, 0xac, 8 | 9] => Some(Self::Sae),
            [0x00, 0x0f, 0xac, 24 | 25] => Some(Self::SaeExtKey),
            _ => None,
        }
    }

    /// What our Commit says: nothing for the AKMs that are older than the element.
    pub(crate) const fn suite(self) -> Option<[u8; 4]> {
        match self {
            Self::Sae => None,
            Self::SaeExtKey => Some([0x00, 0x0f, 0xac, 24]),
        }
    }
}

/// The hash of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) const fn octets(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// HMAC, which is also what HKDF-Extract and the function H of 12.4.4.2 are.
    pub(crate) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Secret {
        match self {
            Self::Sha256 => Secret::from(crypto::hmac_sha256(key, parts)),
            Self::Sha384 => Secret::from(crypto::hmac_sha384(key, parts)),
            Self::Sha512 => Secret::from(crypto::hmac_sha512(key, parts)),
        }
    }

    pub(crate) fn expand(self, prk: &[u8], info: &[u8], octets: usize) -> Secret {
        let mut out = alloc::vec![0; octets];
        match self {
            Self::Sha256 => crypto::hkdf_expand_sha256(prk, info, &mut out),
            Self::Sha384 => crypto::hkdf_expand_sha384(prk, info, &mut out),
            Self::Sha512 => crypto::hkdf_expand_sha512(prk, info, &mut out),
        }
        Secret::from(out)
    }

    pub(crate) fn kdf(self, key: &[u8], label: &str, context: &[u8], octets: usize) -> Secret {
        let mut out = alloc::vec![0; octets];
        match self {
            Self::Sha256 => crypto::kdf_sha256(key, label, context, &mut out),
            Self::Sha384 => crypto::kdf_sha384(key, label, context, &mut out),
            Self::Sha512 => crypto::kdf_sha512(key, label, context, &mut out),
        }
        Secret::from(out)
    }
}
