//! Key agreement and what is derived of it (7.3, 7.4).

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crypto::{DhGroup, DhSecret, Rng, Secret, ct_eq, hmac_sha256, sha256};
use wire::MacAddr;

use crate::WpsError;
use crate::quirks::{Quirk, Quirks};

/// The group of 7.3: Diffie-Hellman of 1536 bits with the generator 2.
const GROUP: DhGroup = DhGroup::Modp1536;
const GENERATOR: u8 = 2;
/// Octets of a public key.
pub const PUBLIC_KEY: usize = GROUP.octets();
/// How many zeros may be missing in front of one ([`Quirk::ShortPublicKey`]).
const MISSING_ZEROS: usize = 2;
/// What KDF derives here (7.3).
const LABEL: &[u8] = b"Wi-Fi Easy and Secure Key Derivation";
/// AuthKey, KeyWrapKey and EMSK together.
const DERIVED: usize = 80;

/// What is put in front of the device password when it is handed over: the first 160 bits of SHA-256 of a public key
/// (12, Public Key Hash).
pub type KeyHash = [u8; 20];

/// A public key that gives nothing away by its value: neither 0 nor 1 nor p - 1, nor p or more (RFC 2631 2.1.5).
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads the value of a Public Key attribute.
    ///
    /// # Errors
    /// If it has another length, or is one of those values.
    pub fn parse(octets: &[u8], quirks: Quirks) -> Result<PublicKey, WpsError> {
        let missing =
            PUBLIC_KEY.checked_sub(octets.len()).ok_or(WpsError::Protocol("a public key that is too long"))?;
        if missing > 0 && (missing > MISSING_ZEROS || !quirks.has(Quirk::ShortPublicKey)) {
            return Err(WpsError::Protocol("a public key that is too short"));
        }
        let mut whole = vec![0; missing];
        whole.extend_from_slice(octets);
        if GROUP.is_public(&whole) {
            Ok(PublicKey(whole))
        } else {
            Err(WpsError::Protocol("a public key that gives the shared secret away"))
        }
    }

    /// All 192 octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What is handed over out of band.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _] = sha256(&[&self.0]);
        hash
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:02x?}…)", self.0.get(..4).unwrap_or_default())
    }
}

/// One side's keys: fresh for each run, but where the public one was handed over beforehand.
#[derive(Clone, Debug)]
pub struct KeyPair {
    secret: DhSecret,
    public: PublicKey,
}

impl KeyPair {
    /// A fresh one.
    pub fn generate(rng: &mut dyn Rng) -> KeyPair {
        Self::of(DhSecret::new(GROUP, rng))
    }

    /// One that is kept: the exponent.
    ///
    /// # Errors
    /// If its public key would be one that nobody takes.
    pub fn from_exponent(exponent: Secret) -> Result<KeyPair, WpsError> {
        let pair = Self::of(DhSecret::from_exponent(GROUP, exponent));
        PublicKey::parse(pair.public.as_bytes(), Quirks::STRICT)?;
        Ok(pair)
    }

    fn of(secret: DhSecret) -> KeyPair {
        let public = PublicKey(secret.public(GENERATOR));
        KeyPair { secret, public }
    }

    /// The exponent, to be kept.
    #[must_use]
    pub const fn exponent(&self) -> &Secret {
        self.secret.exponent()
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// g^AB mod p.
    fn agree(&self, other: &PublicKey) -> Result<Secret, WpsError> {
        self.secret.agree(other.as_bytes()).ok_or(WpsError::Protocol("a public key that gives the shared secret away"))
    }
}

/// What makes a run unique (7.3): the Enrollee's nonce and address, the Registrar's nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// N1.
    pub enrollee_nonce: [u8; 16],
    /// The Enrollee's.
    pub enrollee: MacAddr,
    /// N2.
    pub registrar_nonce: [u8; 16],
}

/// The keys of a run.
#[derive(Clone, Debug)]
pub struct Keys {
    auth: Secret,
    wrap: Secret,
    emsk: Secret,
}

impl Keys {
    /// DHKey, KDK and the keys of it (7.3).
    ///
    /// # Errors
    /// If the other side's public key is degenerate.
    pub fn derive(own: &KeyPair, other: &PublicKey, run: &Run) -> Result<Keys, WpsError> {
        Ok(Self::of_shared(&own.agree(other)?, run))
    }

    fn of_shared(shared: &Secret, run: &Run) -> Keys {
        let dh_key = Secret::from(sha256(&[shared.as_bytes()]));
        let kdk = Secret::from(hmac_sha256(
            dh_key.as_bytes(),
            &[&run.enrollee_nonce, run.enrollee.octets(), &run.registrar_nonce],
        ));
        let mut derived = Vec::with_capacity(DERIVED.next_multiple_of(32));
        let bits = 8u32.saturating_mul(u32::try_from(DERIVED).unwrap_or(u32::MAX));
        for counter in 1u32..=3 {
            let block =
                Secret::from(hmac_sha256(kdk.as_bytes(), &[&counter.to_be_bytes(), LABEL, &bits.to_be_bytes()]));
            derived.extend_from_slice(block.as_bytes());
        }
        let derived = Secret::from(derived);
        let part = |from: usize, to: usize| Secret::from(derived.as_bytes().get(from..to).unwrap_or_default());
        Keys { auth: part(0, 32), wrap: part(32, 48), emsk: part(48, DERIVED) }
    }

    /// HMAC-SHA-256 with AuthKey.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(self.auth.as_bytes(), parts)
    }

    /// The first 64 bits of it: Authenticator and Key Wrap Authenticator.
    #[must_use]
    pub fn short_mac(&self, parts: &[&[u8]]) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.mac(parts);
        [a, b, c, d, e, f, g, h]
    }

    /// The Authenticator of a message (7.4): over the one before it and this one up to the attribute itself.
    #[must_use]
    pub fn authenticator(&self, before: &[u8], message: &[u8]) -> [u8; 8] {
        self.short_mac(&[before, message])
    }

    /// Whether an Authenticator is right.
    #[must_use]
    pub fn is_authentic(&self, authenticator: [u8; 8], before: &[u8], message: &[u8]) -> bool {
        ct_eq(&authenticator, &self.authenticator(before, message))
    }

    /// KeyWrapKey.
    pub(crate) fn wrap_key(&self) -> Option<&[u8; 16]> {
        self.wrap.as_bytes().first_chunk()
    }

    /// EMSK (7.3), for applications; 32 octets.
    #[must_use]
    pub const fn emsk(&self) -> &Secret {
        &self.emsk
    }
}
