//! Keys and proofs of the three methods (RFC 4186 7, RFC 4187 7, RFC 9048 3.3 and 3.4).

use alloc::vec::Vec;

use crypto::{Secret, ct_eq, fips186_prf, hmac_sha1, hmac_sha256, sha1, sha256};

use super::vectors::Triplet;
use crate::MethodType;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// EAP-SIM.
    Sim,
    /// EAP-AKA.
    Aka,
    /// EAP-AKA'.
    AkaPrime,
}

impl Kind {
    /// Its type.
    #[must_use]
    pub const fn method(self) -> MethodType {
        match self {
            Kind::Sim => MethodType::SIM,
            Kind::Aka => MethodType::AKA,
            Kind::AkaPrime => MethodType::AKA_PRIME,
        }
    }

    /// What a pseudonym begins with (TS 23.003 14.5).
    pub(super) const fn pseudonym(self) -> u8 {
        match self {
            Kind::Sim => b'3',
            Kind::Aka => b'2',
            Kind::AkaPrime => b'7',
        }
    }

    /// What an identity for fast re-authentication begins with (TS 23.003 14.5).
    pub(super) const fn reauth(self) -> u8 {
        match self {
            Kind::Sim => b'5',
            Kind::Aka => b'4',
            Kind::AkaPrime => b'8',
        }
    }

    /// AT_MAC over a packet whose own AT_MAC is zero, and what the exchange adds.
    pub(super) fn mac(self, key: &Secret, parts: &[&[u8]]) -> [u8; 16] {
        let mut out = [0; 16];
        let copy = |out: &mut [u8; 16], made: &[u8]| {
            for (to, from) in out.iter_mut().zip(made) {
                *to = *from;
            }
        };
        match self {
            Kind::Sim | Kind::Aka => copy(&mut out, &hmac_sha1(key.as_bytes(), parts)),
            Kind::AkaPrime => copy(&mut out, &hmac_sha256(key.as_bytes(), parts)),
        }
        out
    }

    /// AT_CHECKCODE of the rounds that asked for an identity; nothing if there were none.
    pub(super) fn checkcode(self, rounds: &[u8]) -> Vec<u8> {
        match self {
            _ if rounds.is_empty() => Vec::new(),
            Kind::Sim | Kind::Aka => sha1(&[rounds]).to_vec(),
            Kind::AkaPrime => sha256(&[rounds]).to_vec(),
        }
    }
}

/// The key material of one full authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FullKeys {
    pub(super) encr: Secret,
    pub(super) aut: Secret,
    /// What fast re-authentication goes on from: the master key, or K_re.
    pub(super) re: Secret,
    pub(super) msk: Secret,
    pub(super) emsk: Secret,
}

fn cut<const N: usize>(made: &[u8], lengths: [usize; N]) -> [Secret; N] {
    let mut rest = made;
    lengths.map(|length| {
        let (part, behind) = rest.split_at_checked(length).unwrap_or_default();
        rest = behind;
        Secret::from(part)
    })
}

fn legacy(master: [u8; 20]) -> FullKeys {
    let mut made = [0; 160];
    fips186_prf(&master, &mut made);
    let [encr, aut, msk, emsk] = cut(&made, [16, 16, 64, 64]);
    drop(Secret::from(made));
    FullKeys { encr, aut, re: Secret::from(master), msk, emsk }
}

/// RFC 4186 7.
pub(super) fn sim(identity: &[u8], triplets: &[Triplet], nonce: &[u8; 16], versions: &[u8], selected: u16) -> FullKeys {
    let mut parts: Vec<&[u8]> = Vec::from([identity]);
    parts.extend(triplets.iter().map(|triplet| triplet.kc.as_bytes()));
    let selected = selected.to_be_bytes();
    parts.extend([&nonce[..], versions, &selected]);
    legacy(sha1(&parts))
}

/// RFC 4187 7.
pub(super) fn aka(identity: &[u8], ik: &Secret, ck: &Secret) -> FullKeys {
    legacy(sha1(&[identity, ik.as_bytes(), ck.as_bytes()]))
}

/// CK' and IK' (RFC 9048 3.3, TS 33.402 annex A.2), for the access network of this name.
pub(super) fn prime(ck: &Secret, ik: &Secret, network: &[u8], autn: &[u8; 16]) -> (Secret, Secret) {
    let key = Secret::from([ck.as_bytes(), ik.as_bytes()].concat());
    let length = u16::try_from(network.len()).unwrap_or(u16::MAX).to_be_bytes();
    let sqn = autn.first_chunk::<6>().copied().unwrap_or_default();
    let made = hmac_sha256(key.as_bytes(), &[&[0x20], network, &length, &sqn, &[0, 6]]);
    let [ck, ik] = cut(&made, [16, 16]);
    (ck, ik)
}

/// PRF' (RFC 9048 3.4.1).
fn prf_prime(key: &[u8], seed: &[&[u8]], octets: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.saturating_add(32));
    let mut before: Vec<u8> = Vec::new();
    let mut counter: u8 = 0;
    while out.len() < octets {
        counter = counter.wrapping_add(1);
        let mut parts: Vec<&[u8]> = Vec::from([before.as_slice()]);
        parts.extend(seed);
        let number = [counter];
        parts.push(&number);
        before = hmac_sha256(key, &parts).to_vec();
        out.extend_from_slice(&before);
    }
    out
}

/// RFC 9048 3.3, of CK' and IK'.
pub(super) fn aka_prime(identity: &[u8], ik: &Secret, ck: &Secret) -> FullKeys {
    let key = Secret::from([ik.as_bytes(), ck.as_bytes()].concat());
    let made = Secret::from(prf_prime(key.as_bytes(), &[b"EAP-AKA'", identity], 208));
    let [encr, aut, re, msk, emsk] = cut(made.as_bytes(), [16, 32, 32, 64, 64]);
    FullKeys { encr, aut, re, msk, emsk }
}

/// MSK and EMSK of a fast re-authentication (RFC 4186 7, RFC 9048 3.3).
pub(super) fn reauth(kind: Kind, re: &Secret, identity: &[u8], counter: u16, nonce: &[u8; 16]) -> (Secret, Secret) {
    let counter = counter.to_be_bytes();
    let made = match kind {
        Kind::Sim | Kind::Aka => {
            let mut made = [0; 128];
            fips186_prf(&sha1(&[identity, &counter, nonce, re.as_bytes()]), &mut made);
            Secret::from(made)
        }
        Kind::AkaPrime => {
            Secret::from(prf_prime(re.as_bytes(), &[b"EAP-AKA' re-auth", identity, &counter, nonce], 128))
        }
    };
    let [msk, emsk] = cut(made.as_bytes(), [64, 64]);
    (msk, emsk)
}

/// Whether the AT_MAC at `place` of a packet is that of the packet and what comes behind it.
pub(super) fn verify(kind: Kind, key: &Secret, packet: &[u8], place: ([u8; 16], usize), extra: &[u8]) -> bool {
    let (mac, at) = place;
    let (Some(head), Some(tail)) = (packet.get(..at), packet.get(at.saturating_add(16)..)) else { return false };
    ct_eq(&kind.mac(key, &[head, &[0; 16], tail, extra]), &mac)
}
