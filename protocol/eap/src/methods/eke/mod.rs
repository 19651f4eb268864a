//! EAP-EKE (RFC 6124): a password that nobody can try out off line, which encrypts the values of a Diffie-Hellman exchange.
//!
//! The groups are 14, 15 and 16 with the generators of RFC 6124 7.1; those of 1024 and 1536 bits are too weak for what
//! a password is worth. Where hostap differs from the RFC, which it does in the order of the nonces in the exported keys,
//! it is followed: nobody else has the method. So is a password taken as it is, without SASLprep (RFC 6124 5.1).

use alloc::vec::Vec;

use crypto::{DhGroup, DhSecret, Rng, Secret, aes_cbc_decrypt, aes_cbc_encrypt, ct_eq};
use wire::{Malformed, Reader, Writer};

use super::hash::Hash;
use crate::packet::{Code, write_body};
use crate::{EapError, Keys, MethodType};

mod peer;
mod server;

pub use peer::EkePeer;
pub(crate) use peer::peer;
pub use server::EkeServer;

/// RFC 6124 4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exchange {
    Id = 1,
    Commit = 2,
    Confirm = 3,
    Failure = 4,
}

impl Exchange {
    const fn from_number(number: u8) -> Option<Exchange> {
        match number {
            1 => Some(Exchange::Id),
            2 => Some(Exchange::Commit),
            3 => Some(Exchange::Confirm),
            4 => Some(Exchange::Failure),
            _ => None,
        }
    }
}

/// RFC 6124 4.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    NoError = 1,
    Protocol = 2,
    NoPassword = 3,
    Authentication = 4,
    NoProposal = 6,
}

/// A network access identifier, of the identity types of RFC 6124 7.5.
const NAI: u8 = 2;
/// AES-128 in CBC, the only encryption of RFC 6124 7.2.
const AES_CBC: u8 = 1;
/// Octets of a block, and of a nonce with either pseudo-random function (RFC 6124 5.2).
const BLOCK: usize = 16;
/// Octets of a proposal.
const PROPOSAL: usize = 4;

/// Of the pseudo-random function and of the MAC (RFC 6124 7.3 and 7.4).
const fn hash(number: u8) -> Option<Hash> {
    match number {
        1 => Some(Hash::Sha1),
        2 => Some(Hash::Sha256),
        _ => None,
    }
}

const fn number(hash: Hash) -> u8 {
    match hash {
        Hash::Sha1 => 1,
        Hash::Sha256 => 2,
    }
}

/// What the two sides agree on (RFC 6124 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proposal {
    group: DhGroup,
    prf: Hash,
    mac: Hash,
}

/// What a server offers, the best one first; the last one everybody has (RFC 6124 7).
const OFFERED: [Proposal; 4] = [
    Proposal { group: DhGroup::Modp4096, prf: Hash::Sha256, mac: Hash::Sha256 },
    Proposal { group: DhGroup::Modp3072, prf: Hash::Sha256, mac: Hash::Sha256 },
    Proposal { group: DhGroup::Modp2048, prf: Hash::Sha256, mac: Hash::Sha256 },
    Proposal { group: DhGroup::Modp2048, prf: Hash::Sha1, mac: Hash::Sha1 },
];

impl Proposal {
    /// `None` for one that is not known here.
    fn from_octets([group, encryption, prf, mac]: [u8; PROPOSAL]) -> Option<Proposal> {
        let group = match group {
            3 => DhGroup::Modp2048,
            4 => DhGroup::Modp3072,
            5 => DhGroup::Modp4096,
            _ => return None,
        };
        if encryption != AES_CBC {
            return None;
        }
        Some(Proposal { group, prf: hash(prf)?, mac: hash(mac)? })
    }

    const fn octets(self) -> [u8; PROPOSAL] {
        let group = match self.group {
            DhGroup::Modp1024 => 1,
            DhGroup::Modp1536 => 2,
            DhGroup::Modp2048 => 3,
            DhGroup::Modp3072 => 4,
            DhGroup::Modp4096 => 5,
        };
        [group, AES_CBC, number(self.prf), number(self.mac)]
    }

    /// The generators, which make the whole group (RFC 6124 7.1).
    const fn generator(self) -> u8 {
        match self.group {
            DhGroup::Modp1536 => 31,
            DhGroup::Modp2048 => 11,
            DhGroup::Modp1024 | DhGroup::Modp3072 | DhGroup::Modp4096 => 5,
        }
    }

    /// Octets of an encrypted public value.
    const fn component(self) -> usize {
        self.group.octets().saturating_add(BLOCK)
    }

    /// Octets of so many nonces under protection.
    const fn protected(self, nonces: usize) -> usize {
        BLOCK.saturating_mul(nonces.saturating_add(1)).saturating_add(self.mac.size())
    }
}

/// What both sides know once they have told their names.
#[derive(Clone, Debug)]
struct Agreed {
    proposal: Proposal,
    server: Vec<u8>,
    peer: Vec<u8>,
    /// Every packet until now, as it went over the link.
    messages: Vec<u8>,
}

impl Agreed {
    /// The key that encrypts public values (RFC 6124 5.1).
    fn password_key(&self, password: &Secret) -> [u8; BLOCK] {
        let prf = self.proposal.prf;
        let temporary = Secret::from(prf.hmac(&alloc::vec![0; prf.size()], &[password.as_bytes()]));
        let key = prf.plus(temporary.as_bytes(), &[&self.server, &self.peer], BLOCK);
        key.as_bytes().try_into().unwrap_or_default()
    }

    /// Our public value, encrypted.
    fn component(&self, password: &Secret, secret: &DhSecret, rng: &mut dyn Rng) -> Vec<u8> {
        let mut iv = [0; BLOCK];
        rng.fill(&mut iv);
        // A public value is a number of whole blocks.
        let public = secret.public(self.proposal.generator());
        let sealed = aes_cbc_encrypt(&self.password_key(password), &iv, &public).unwrap_or_default();
        [&iv[..], &sealed].concat()
    }

    /// What follows from the other side's encrypted value; `None` if it holds none that it may have (RFC 6124 6.2).
    fn share(&self, password: &Secret, secret: &DhSecret, component: &[u8]) -> Option<Shared> {
        let (iv, sealed) = component.split_first_chunk::<BLOCK>()?;
        let public = aes_cbc_decrypt(&self.password_key(password), iv, sealed)?;
        let made = secret.agree(public.as_bytes())?;
        let Proposal { prf, mac, .. } = self.proposal;
        let shared = Secret::from(prf.hmac(&alloc::vec![0; prf.size()], &[made.as_bytes()]));
        let keys =
            prf.plus(shared.as_bytes(), &[b"EAP-EKE Keys", &self.server, &self.peer], BLOCK.saturating_add(mac.size()));
        let (encryption, integrity) = keys.as_bytes().split_first_chunk::<BLOCK>()?;
        Some(Shared { mac, secret: shared, encryption: *encryption, integrity: Secret::from(integrity) })
    }

    /// What one side proves itself with (RFC 6124 5.3 and 5.4).
    fn proof(&self, shared: &Shared, label: &[u8], nonces: &Nonces) -> Vec<u8> {
        let prf = self.proposal.prf;
        let data: [&[u8]; 5] = [b"EAP-EKE Ka", &self.server, &self.peer, &nonces.peer, &nonces.server];
        let key = prf.plus(shared.secret.as_bytes(), &data, prf.size());
        prf.hmac(key.as_bytes(), &[label, &self.messages])
    }

    /// The exported keys (RFC 6124 5.5, with the nonces in the order in which hostap has them).
    fn keys(&self, shared: &Shared, nonces: &Nonces) -> Keys {
        let data: [&[u8]; 5] = [b"EAP-EKE Exported Keys", &self.server, &self.peer, &nonces.server, &nonces.peer];
        let made = self.proposal.prf.plus(shared.secret.as_bytes(), &data, 128);
        let (msk, emsk) = made.as_bytes().split_at_checked(64).unwrap_or_default();
        let session_id = [&[MethodType::EKE.short().unwrap_or_default()][..], &nonces.peer, &nonces.server].concat();
        Keys { msk: Secret::from(msk), emsk: Some(Secret::from(emsk)), session_id: Some(session_id) }
    }
}

const OF_SERVER: &[u8] = b"EAP-EKE server";
const OF_PEER: &[u8] = b"EAP-EKE peer";

#[derive(Clone, Debug)]
struct Nonces {
    peer: [u8; BLOCK],
    server: [u8; BLOCK],
}

/// The shared secret and what protects nonces.
#[derive(Clone, Debug)]
struct Shared {
    mac: Hash,
    secret: Secret,
    encryption: [u8; BLOCK],
    integrity: Secret,
}

impl Drop for Shared {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.encryption);
    }
}

impl Shared {
    /// Prot (RFC 6124 5.2), of whole blocks.
    fn protect(&self, plain: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        let mut iv = [0; BLOCK];
        rng.fill(&mut iv);
        let sealed = aes_cbc_encrypt(&self.encryption, &iv, plain).unwrap_or_default();
        let code = self.mac.hmac(self.integrity.as_bytes(), &[&sealed]);
        [&iv[..], &sealed, &code].concat()
    }

    /// Undoes [`Shared::protect`]; `None` if somebody else has made it.
    fn open(&self, protected: &[u8]) -> Option<Secret> {
        let (iv, rest) = protected.split_first_chunk::<BLOCK>()?;
        let (sealed, code) = rest.split_at_checked(rest.len().checked_sub(self.mac.size())?)?;
        if !ct_eq(code, &self.mac.hmac(self.integrity.as_bytes(), &[sealed])) {
            return None;
        }
        aes_cbc_decrypt(&self.encryption, iv, sealed)
    }
}

/// Which message it is, and what follows.
fn open(data: &[u8]) -> Result<(Exchange, Reader<'_>), Malformed> {
    let mut reader = Reader::new(data);
    let exchange = Exchange::from_number(reader.u8("EAP-EKE exchange")?).ok_or(Malformed("EAP-EKE exchange"))?;
    Ok((exchange, reader))
}

/// Proposals, and the name of whoever sends them (RFC 6124 4.2.1).
fn parse_id<'a>(reader: &mut Reader<'a>) -> Result<(&'a [[u8; PROPOSAL]], &'a [u8]), Malformed> {
    let count = usize::from(reader.u8("EAP-EKE proposals")?);
    reader.u8("EAP-EKE proposals")?;
    let (proposals, []) = reader.take(count.saturating_mul(PROPOSAL), "EAP-EKE proposals")?.as_chunks() else {
        return Err(Malformed("EAP-EKE proposals"));
    };
    reader.u8("EAP-EKE identity type")?;
    let name = reader.take_rest();
    // Whole messages have to fit a packet.
    if name.len() > LONGEST_IDENTITY { Err(Malformed("EAP-EKE identity")) } else { Ok((proposals, name)) }
}

/// Longer names leave no room for proposals.
const LONGEST_IDENTITY: usize = 512;

fn write_id(proposals: &[Proposal], name: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(Exchange::Id as u8).u8(u8::try_from(proposals.len()).unwrap_or_default()).u8(0);
    for proposal in proposals {
        writer.put(&proposal.octets());
    }
    writer.u8(NAI).put(name);
    // Four proposals and a name: far from what a writer can hold.
    writer.finish().unwrap_or_default()
}

fn write(exchange: Exchange, fields: &[&[u8]]) -> Vec<u8> {
    let mut data = Vec::from([exchange as u8]);
    fields.iter().for_each(|field| data.extend_from_slice(field));
    data
}

fn failure(why: Failure) -> Vec<u8> {
    write(Exchange::Failure, &[&(why as u32).to_be_bytes()])
}

/// What the other side gives as its reason (RFC 6124 4.2.4).
fn reason(reader: &mut Reader<'_>) -> Result<EapError, Malformed> {
    Ok(EapError::refused(match reader.u32_be("EAP-EKE failure")? {
        1 => "the other side ends it without an error",
        2 => "the other side says that the protocol was broken",
        3 => "the other side has no password for this name",
        4 => "the other side does not find the password to be right",
        5 => "the other side does not allow it",
        6 => "the other side accepts none of the proposals",
        _ => "the other side says that it failed",
    }))
}

/// A packet of ours as it goes over the link.
fn whole(code: Code, identifier: u8, expanded: bool, data: &[u8]) -> Vec<u8> {
    write_body(code, identifier, MethodType::EKE, expanded, data).unwrap_or_default()
}

/// The other side's packet and ours behind those before.
fn with(messages: &[u8], first: &[u8], second: &[u8]) -> Vec<u8> {
    [messages, first, second].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::testing::TestRng;

    #[test]
    fn each_proposal_comes_back_from_its_octets_and_weak_groups_do_not() {
        for proposal in OFFERED {
            assert_eq!(Proposal::from_octets(proposal.octets()), Some(proposal));
        }
        for weak in [[1, 1, 1, 1], [2, 1, 2, 2], [3, 2, 1, 1], [3, 1, 3, 1], [3, 1, 1, 0], [6, 1, 1, 1]] {
            assert_eq!(Proposal::from_octets(weak), None, "{weak:?}");
        }
    }

    #[test]
    fn with_each_proposal_both_sides_have_the_secret_and_another_password_has_not() {
        let (right, wrong) = (Secret::from(*b"right"), Secret::from(*b"wrong"));
        let mut rng = TestRng::new(1);
        for proposal in OFFERED {
            let agreed = Agreed { proposal, server: b"s".to_vec(), peer: b"p".to_vec(), messages: Vec::new() };
            let (ours, theirs) = (DhSecret::new(proposal.group, &mut rng), DhSecret::new(proposal.group, &mut rng));
            let component = agreed.component(&right, &theirs, &mut rng);
            assert_eq!(component.len(), proposal.component());
            let shared = agreed.share(&right, &ours, &component).unwrap();
            let back = agreed.share(&right, &theirs, &agreed.component(&right, &ours, &mut rng)).unwrap();
            assert_eq!(shared.secret, back.secret);
            let protected = shared.protect(&[7; BLOCK], &mut rng);
            assert_eq!(protected.len(), proposal.protected(1));
            assert_eq!(back.open(&protected).map(|opened| opened.as_bytes().to_vec()), Some([7; BLOCK].to_vec()));
            // Another password makes another value of it, or none at all.
            let other = agreed.share(&wrong, &ours, &component);
            assert!(other.is_none_or(|other| other.secret != shared.secret && other.open(&protected).is_none()));
        }
    }
}
