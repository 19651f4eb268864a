//! The pairwise transient key and its parts (IEEE Std 802.11-2020 12.7.1.3), and which algorithms a suite calls for
//! (Table 12-11).

use alloc::vec::Vec;

use crypto::{
    Pmk, Secret, aes_cmac, ct_eq, hmac_md5, hmac_sha1, hmac_sha256, hmac_sha384, hmac_sha512, kdf_sha256, kdf_sha384,
    kdf_sha512, prf_sha1,
};
use wire::MacAddr;
use zeroize::Zeroizing;

use crate::{AkmSuite, CipherSuite};

/// A nonce of the 4-way handshake.
pub type Nonce = [u8; 32];

/// How the pairwise master key is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kdf {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How messages are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MicAlgorithm {
    Md5,
    Sha1,
    Cmac,
    Sha256,
    Sha384,
    Sha512,
}

/// How key data is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDataCipher {
    /// RC4 with 256 octets thrown away, by the frame's IV and the key encryption key.
    Rc4,
    /// AES key wrap.
    AesWrap,
}

/// Everything about EAPOL-Key frames that follows from what was agreed: key descriptor version, algorithms, lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySuite {
    version: u8,
    kdf: Kdf,
    mic: MicAlgorithm,
    mic_len: usize,
    kck_len: usize,
    kek_len: usize,
    tk_len: usize,
}

impl KeySuite {
    /// The algorithms for a key management suite, a pairwise cipher and a master key of this length, or `None` where the
    /// handshake is another one (FILS, fast transition) or there is none.
    #[must_use]
    pub const fn new(akm: AkmSuite, pairwise: CipherSuite, pmk_len: usize) -> Option<KeySuite> {
        use MicAlgorithm as M;
        let (version, kdf, mic, mic_len, kck_len, kek_len) = match akm {
            AkmSuite::Eap | AkmSuite::Psk if matches!(pairwise, CipherSuite::Tkip) => {
                (1, Kdf::Sha1, M::Md5, 16, 16, 16)
            }
            AkmSuite::Eap | AkmSuite::Psk => (2, Kdf::Sha1, M::Sha1, 16, 16, 16),
            AkmSuite::EapSha256 | AkmSuite::PskSha256 => (3, Kdf::Sha256, M::Cmac, 16, 16, 16),
            AkmSuite::Sae => (0, Kdf::Sha256, M::Cmac, 16, 16, 16),
            AkmSuite::SuiteB => (0, Kdf::Sha256, M::Sha256, 16, 16, 16),
            AkmSuite::SuiteB192 | AkmSuite::EapSha384 | AkmSuite::PskSha384 => (0, Kdf::Sha384, M::Sha384, 24, 24, 32),
            // The hash follows the group, and with it the length of the master key.
            AkmSuite::SaeExt | AkmSuite::Owe | AkmSuite::Dpp => match pmk_len {
                32 => (0, Kdf::Sha256, M::Sha256, 16, 16, 16),
                48 => (0, Kdf::Sha384, M::Sha384, 24, 24, 32),
                64 => (0, Kdf::Sha512, M::Sha512, 32, 32, 32),
                _ => return None,
            },
            AkmSuite::FtEap
            | AkmSuite::FtPsk
            | AkmSuite::FtSae
            | AkmSuite::FtSaeExt
            | AkmSuite::FtEapSha384
            | AkmSuite::FtPskSha384
            | AkmSuite::FilsSha256
            | AkmSuite::FilsSha384
            | AkmSuite::FtFilsSha256
            | AkmSuite::FtFilsSha384
            | AkmSuite::Pasn => return None,
        };
        if !pairwise.is_pairwise() {
            return None;
        }
        Some(KeySuite { version, kdf, mic, mic_len, kck_len, kek_len, tk_len: pairwise.key_len() })
    }

    /// The same for a frame of this version. Some access points authenticate by AES-CMAC (version 3) what the suite has
    /// authenticated by HMAC-SHA-1 (version 2): that is no weaker, and stations have always borne it.
    #[must_use]
    pub const fn for_version(self, version: u8) -> KeySuite {
        match (self.version, version) {
            (2, 3) => KeySuite { version: 3, mic: MicAlgorithm::Cmac, ..self },
            _ => self,
        }
    }

    /// Key Descriptor Version (12.7.2).
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Length of the Key MIC field.
    #[must_use]
    pub const fn mic_len(&self) -> usize {
        self.mic_len
    }

    /// How key data is encrypted.
    #[must_use]
    pub const fn key_data_cipher(&self) -> KeyDataCipher {
        if self.version == 1 { KeyDataCipher::Rc4 } else { KeyDataCipher::AesWrap }
    }

    /// Expands a pairwise master key: both addresses and both nonces, the smaller of each first.
    #[must_use]
    pub fn derive(
        &self,
        pmk: &Pmk,
        authenticator: MacAddr,
        supplicant: MacAddr,
        anonce: &Nonce,
        snonce: &Nonce,
    ) -> Ptk {
        let mut context = [0u8; 76];
        let parts: [&[u8]; 4] = [
            authenticator.octets().min(supplicant.octets()),
            authenticator.octets().max(supplicant.octets()),
            anonce.min(snonce),
            anonce.max(snonce),
        ];
        for (to, from) in context.iter_mut().zip(parts.iter().copied().flatten()) {
            *to = *from;
        }
        let mut bits = Zeroizing::new(Vec::new());
        bits.resize(self.kck_len.saturating_add(self.kek_len).saturating_add(self.tk_len), 0);
        let label = "Pairwise key expansion";
        match self.kdf {
            Kdf::Sha1 => prf_sha1(pmk.as_bytes(), label, &context, &mut bits),
            Kdf::Sha256 => kdf_sha256(pmk.as_bytes(), label, &context, &mut bits),
            Kdf::Sha384 => kdf_sha384(pmk.as_bytes(), label, &context, &mut bits),
            Kdf::Sha512 => kdf_sha512(pmk.as_bytes(), label, &context, &mut bits),
        }
        let (kck, rest) = bits.split_at(self.kck_len);
        let (kek, tk) = rest.split_at(self.kek_len);
        Ptk { suite: *self, kck: kck.into(), kek: kek.into(), tk: tk.into() }
    }
}

/// A pairwise transient key: what authenticates and encrypts EAPOL-Key frames, and what encrypts data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ptk {
    suite: KeySuite,
    kck: Secret,
    kek: Secret,
    tk: Secret,
}

impl Ptk {
    /// The algorithms it was made for.
    #[must_use]
    pub const fn suite(&self) -> &KeySuite {
        &self.suite
    }

    /// Key confirmation key.
    #[must_use]
    pub const fn kck(&self) -> &Secret {
        &self.kck
    }

    /// Key encryption key.
    #[must_use]
    pub const fn kek(&self) -> &Secret {
        &self.kek
    }

    /// All of it in one piece.
    #[must_use]
    pub fn whole(&self) -> Secret {
        let parts = [&self.kck, &self.kek, &self.tk];
        let mut all = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            all.extend_from_slice(part.as_bytes());
        }
        Secret::from(all)
    }

    /// Temporal key as the authenticator installs it.
    #[must_use]
    pub const fn tk_of_authenticator(&self) -> &Secret {
        &self.tk
    }

    /// Temporal key as the supplicant installs it: TKIP's two Michael keys change places, for what the one side
    /// transmits the other receives (12.7.1.3).
    #[must_use]
    pub fn tk_of_supplicant(&self, cipher: CipherSuite) -> Secret {
        receiver_key(cipher, &self.tk)
    }

    /// The authentication code over a frame in which the Key MIC field is zero, given in parts.
    #[must_use]
    pub fn mic(&self, frame: &[&[u8]]) -> Vec<u8> {
        let kck = self.kck.as_bytes();
        let full: Vec<u8> = match self.suite.mic {
            MicAlgorithm::Md5 => hmac_md5(kck, frame).into(),
            MicAlgorithm::Sha1 => hmac_sha1(kck, frame).into(),
            MicAlgorithm::Cmac => match kck.first_chunk() {
                Some(key) => aes_cmac(key, frame).into(),
                None => Vec::new(),
            },
            MicAlgorithm::Sha256 => hmac_sha256(kck, frame).into(),
            MicAlgorithm::Sha384 => hmac_sha384(kck, frame).into(),
            MicAlgorithm::Sha512 => hmac_sha512(kck, frame).into(),
        };
        full.get(..self.suite.mic_len).unwrap_or_default().to_vec()
    }

    /// The frame in parts, its Key MIC field zero, has this authentication code.
    #[must_use]
    pub fn mic_fits(&self, frame: &[&[u8]], mic: &[u8]) -> bool {
        mic.len() == self.suite.mic_len && ct_eq(&self.mic(frame), mic)
    }
}

/// A key made by the other side, as its receiver installs it: in a TKIP key the two Michael keys change places.
#[must_use]
pub(crate) fn receiver_key(cipher: CipherSuite, key: &Secret) -> Secret {
    let bytes = key.as_bytes();
    match (cipher, bytes.split_at_checked(16), bytes.split_at_checked(24)) {
        (CipherSuite::Tkip, Some((data, michael)), Some((_, second))) => {
            let first = michael.get(..8).unwrap_or_default();
            let mut swapped = Zeroizing::new(Vec::with_capacity(32));
            for part in [data, second, first] {
                swapped.extend_from_slice(part);
            }
            Secret::from(swapped.as_slice())
        }
        _ => key.clone(),
    }
}

#[cfg(test)]
#[path = "ptk_tests.rs"]
mod tests;
