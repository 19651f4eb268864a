//! What a conversation leaves behind: the master session key, and what is made of it.

use alloc::vec::Vec;
use core::time::Duration;

use crypto::{Pmk, Secret};
use radius::MppeKeys;
use rsn::{AkmSuite, Pmkid, PmksaEntry};
use wire::{Instant, MacAddr};

/// A master session key (RFC 5247 1.2), as EAP exported it or as a RADIUS server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKey {
    msk: Secret,
    session_id: Option<Vec<u8>>,
}

/// The two sides of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The authenticator's address: of the BSS, or of the multi-link device.
    pub authenticator: MacAddr,
    /// The supplicant's.
    pub supplicant: MacAddr,
}

/// What a connectivity association key of MACsec is derived from (IEEE Std 802.1X-2020 6.2.2). The derivation belongs to MKA,
/// which does not live here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CakMaterial {
    /// The first 16 octets of the MSK, for a key of 128 bits.
    pub key_128: Secret,
    /// The first 32 octets, for one of 256 bits.
    pub key_256: Secret,
    /// EAP's Session-Id, from which the name of the key (CKN) is made.
    pub session_id: Vec<u8>,
    /// Both addresses, the lower one first.
    pub addresses: [MacAddr; 2],
}

impl MasterKey {
    /// The key of a method that ran here.
    #[must_use]
    pub fn of_eap(keys: &eap::Keys) -> MasterKey {
        MasterKey { msk: keys.msk.clone(), session_id: keys.session_id.clone() }
    }

    /// The key that a RADIUS server sent, and the Session-Id (EAP-Key-Name, RFC 4072 4.1.4) if it named one.
    #[must_use]
    pub fn of_radius(keys: &MppeKeys, session_id: Option<&[u8]>) -> MasterKey {
        MasterKey { msk: keys.msk(), session_id: session_id.map(<[u8]>::to_vec) }
    }

    /// EAP's Session-Id.
    #[must_use]
    pub fn session_id(&self) -> Option<&[u8]> {
        self.session_id.as_deref()
    }

    /// The PMK for a suite: the first 256 bits of the MSK, or 384 for suites with SHA-384 (IEEE Std 802.11-2020 12.7.1.3).
    /// `None` if the MSK is shorter, or the suite's key comes from elsewhere: fast transition from [`MasterKey::ft_key`].
    #[must_use]
    pub fn pmk(&self, akm: AkmSuite) -> Option<Pmk> {
        let octets = match akm {
            AkmSuite::Eap | AkmSuite::EapSha256 | AkmSuite::SuiteB => 32,
            AkmSuite::SuiteB192 | AkmSuite::EapSha384 => 48,
            AkmSuite::Psk
            | AkmSuite::PskSha256
            | AkmSuite::PskSha384
            | AkmSuite::Sae
            | AkmSuite::SaeExt
            | AkmSuite::FtEap
            | AkmSuite::FtPsk
            | AkmSuite::FtSae
            | AkmSuite::FtSaeExt
            | AkmSuite::FtEapSha384
            | AkmSuite::FilsSha256
            | AkmSuite::FilsSha384
            | AkmSuite::FtFilsSha256
            | AkmSuite::FtFilsSha384
            | AkmSuite::Owe
            | AkmSuite::FtPskSha384
            | AkmSuite::Pasn
            | AkmSuite::Dpp => return None,
        };
        Pmk::from_bytes(self.msk.as_bytes().get(..octets)?)
    }

    /// XXKey of fast transition: the second 256 bits of the MSK, or the first 384 for the suite with SHA-384 (IEEE Std
    /// 802.11-2020 12.7.1.6.3). `None` if the MSK is shorter, or the suite is none of these two.
    #[must_use]
    pub fn ft_key(&self, akm: AkmSuite) -> Option<Secret> {
        let range = match akm {
            AkmSuite::FtEap => 32..64,
            AkmSuite::FtEapSha384 => 0..48,
            AkmSuite::Eap
            | AkmSuite::EapSha256
            | AkmSuite::EapSha384
            | AkmSuite::SuiteB
            | AkmSuite::SuiteB192
            | AkmSuite::Psk
            | AkmSuite::PskSha256
            | AkmSuite::PskSha384
            | AkmSuite::Sae
            | AkmSuite::SaeExt
            | AkmSuite::FtPsk
            | AkmSuite::FtSae
            | AkmSuite::FtSaeExt
            | AkmSuite::FilsSha256
            | AkmSuite::FilsSha384
            | AkmSuite::FtFilsSha256
            | AkmSuite::FtFilsSha384
            | AkmSuite::Owe
            | AkmSuite::FtPskSha384
            | AkmSuite::Pasn
            | AkmSuite::Dpp => return None,
        };
        self.msk.as_bytes().get(range).map(Secret::from)
    }

    /// An entry for the PMKSA cache, made at `now` (IEEE Std 802.11-2020 12.6.10.3). `peer` is whichever of the sides is not us.
    /// `None` where the suite has no such key, or names it only after the 4-way handshake (Suite B).
    #[must_use]
    pub fn pmksa<N>(
        &self,
        akm: AkmSuite,
        sides: Sides,
        peer: MacAddr,
        network: N,
        now: Instant,
        lifetime: Duration,
    ) -> Option<PmksaEntry<N>> {
        let pmk = self.pmk(akm)?;
        let pmkid = Pmkid::derive(akm, &pmk, sides.authenticator, sides.supplicant)?;
        Some(PmksaEntry { pmkid, pmk, akm, peer, network, opportunistic: false, expires: now + lifetime })
    }

    /// What MACsec needs; `None` if the MSK is shorter than 32 octets, or has no Session-Id.
    #[must_use]
    pub fn cak_material(&self, sides: Sides) -> Option<CakMaterial> {
        let Sides { authenticator: a, supplicant: b } = sides;
        Some(CakMaterial {
            key_128: Secret::from(self.msk.as_bytes().get(..16)?),
            key_256: Secret::from(self.msk.as_bytes().get(..32)?),
            session_id: self.session_id.clone()?,
            addresses: if a < b { [a, b] } else { [b, a] },
        })
    }
}
