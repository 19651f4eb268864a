//! What the server offers, and what the peer chooses of it (RFC 7296 3.3).

use alloc::vec::Vec;

use crypto::DhGroup;
use wire::{Malformed, Reader, Writer};

use super::Suite;
use super::message::Trouble;
use crate::methods::hash::Hash;

const ENCRYPTION: u8 = 1;
const PRF: u8 = 2;
const INTEGRITY: u8 = 3;
const GROUP: u8 = 4;
/// AES in CBC, and the attribute that says that its key has 128 bits.
const AES_CBC: u16 = 12;
const KEY_OF_128_BITS: [u8; 4] = [0x80, 14, 0, 128];
/// The protocol of IKE itself.
const IKE: u8 = 1;

/// One proposal: of each kind what is known here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    number: u8,
    has_cipher: bool,
    prf: Vec<Hash>,
    integrity: Vec<Hash>,
    groups: Vec<DhGroup>,
}

const fn prf(number: u16) -> Option<Hash> {
    match number {
        2 => Some(Hash::Sha1),
        5 => Some(Hash::Sha256),
        _ => None,
    }
}

const fn prf_number(hash: Hash) -> u16 {
    match hash {
        Hash::Sha1 => 2,
        Hash::Sha256 => 5,
    }
}

const fn integrity(number: u16) -> Option<Hash> {
    match number {
        2 => Some(Hash::Sha1),
        12 => Some(Hash::Sha256),
        _ => None,
    }
}

const fn integrity_number(hash: Hash) -> u16 {
    match hash {
        Hash::Sha1 => 2,
        Hash::Sha256 => 12,
    }
}

impl Offer {
    /// What a server offers.
    pub(super) fn ours(group: DhGroup) -> Offer {
        let both = Vec::from([Hash::Sha256, Hash::Sha1]);
        Offer { number: 1, has_cipher: true, prf: both.clone(), integrity: both, groups: Vec::from([group]) }
    }

    /// What a peer has chosen.
    pub(super) fn of(number: u8, suite: Suite) -> Offer {
        let (prf, integrity, groups) = (Vec::from([suite.prf]), Vec::from([suite.integrity]), Vec::from([suite.group]));
        Offer { number, has_cipher: true, prf, integrity, groups }
    }

    /// The proposals of a Security Association.
    pub(super) fn parse(body: &[u8]) -> Result<Vec<Offer>, Malformed> {
        const WHAT: &str = "EAP-IKEv2 proposal";
        let mut reader = Reader::new(body);
        let mut offers = Vec::new();
        while !reader.is_empty() {
            reader.u16_be(WHAT)?;
            let length = usize::from(reader.u16_be(WHAT)?).checked_sub(4).ok_or(Malformed(WHAT))?;
            let mut proposal = reader.sub(length, WHAT)?;
            let [number, protocol, spi, transforms] = proposal.array(WHAT)?;
            let mut offer = Offer { number, ..Offer::default() };
            for _ in 0..transforms {
                offer.transform(&mut proposal)?;
            }
            // RFC 7296 3.3.1: there is no SPI yet.
            if protocol != IKE || spi != 0 {
                return Err(Malformed(WHAT));
            }
            proposal.finish(WHAT)?;
            offers.push(offer);
        }
        Ok(offers)
    }

    fn transform(&mut self, proposal: &mut Reader<'_>) -> Result<(), Malformed> {
        const WHAT: &str = "EAP-IKEv2 transform";
        proposal.u16_be(WHAT)?;
        let length = usize::from(proposal.u16_be(WHAT)?).checked_sub(4).ok_or(Malformed(WHAT))?;
        let mut transform = proposal.sub(length, WHAT)?;
        let [kind, _] = transform.array(WHAT)?;
        let id = transform.u16_be(WHAT)?;
        let attributes = transform.take_rest();
        match kind {
            ENCRYPTION => self.has_cipher |= id == AES_CBC && attributes == KEY_OF_128_BITS,
            PRF => self.prf.extend(prf(id)),
            INTEGRITY => self.integrity.extend(integrity(id)),
            GROUP => self.groups.extend(DhGroup::from_number(id)),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let ids = |kind: u8, ids: Vec<u16>| ids.into_iter().map(move |id| (kind, id));
        let transforms: Vec<(u8, u16)> = ids(ENCRYPTION, Vec::from([AES_CBC]))
            .chain(ids(PRF, self.prf.iter().copied().map(prf_number).collect()))
            .chain(ids(INTEGRITY, self.integrity.iter().copied().map(integrity_number).collect()))
            .chain(ids(GROUP, self.groups.iter().copied().map(DhGroup::number).collect()))
            .collect();
        let mut inner = Writer::new();
        let count = u8::try_from(transforms.len()).unwrap_or(u8::MAX);
        inner.u8(self.number).u8(IKE).u8(0).u8(count);
        for (place, (kind, id)) in transforms.iter().enumerate() {
            let is_last = place.saturating_add(1) == transforms.len();
            let attributes: &[u8] = if *kind == ENCRYPTION { &KEY_OF_128_BITS } else { &[] };
            let length = u16::try_from(attributes.len().saturating_add(8)).unwrap_or(u16::MAX);
            inner.u8(if is_last { 0 } else { 3 }).u8(0).u16_be(length).u8(*kind).u8(0).u16_be(*id).put(attributes);
        }
        // A dozen transforms at most.
        let inner = inner.finish().unwrap_or_default();
        let mut writer = Writer::new();
        writer.u16_be(0).u16_be(u16::try_from(inner.len().saturating_add(4)).unwrap_or(u16::MAX)).put(&inner);
        writer.finish().unwrap_or_default()
    }

    /// The peer's choice: the first proposal of which everything is known, in it the better hash, and the group of the
    /// value that came along.
    pub(super) fn choose(offers: &[Offer], group: u16) -> Result<(u8, Suite), Trouble> {
        let better = |hashes: &[Hash]| {
            if hashes.contains(&Hash::Sha256) { Some(Hash::Sha256) } else { hashes.first().copied() }
        };
        let mut trouble = Trouble::NoProposal;
        for offer in offers.iter().filter(|offer| offer.has_cipher) {
            let (Some(prf), Some(integrity)) = (better(&offer.prf), better(&offer.integrity)) else { continue };
            if let Some(group) = offer.groups.iter().find(|known| known.number() == group) {
                return Ok((offer.number, Suite { prf, integrity, group: *group }));
            }
            if let (Trouble::NoProposal, Some(known)) = (trouble, offer.groups.first()) {
                trouble = Trouble::WrongGroup(known.number());
            }
        }
        Err(trouble)
    }

    /// What the peer has chosen of ours; `None` if that is not one of each kind, or none that was offered.
    pub(super) fn chosen(&self, offers: &[Offer]) -> Option<Suite> {
        let [offer] = offers else { return None };
        let ([prf], [integrity], [group]) = (offer.prf.as_slice(), offer.integrity.as_slice(), offer.groups.as_slice())
        else {
            return None;
        };
        let is_ours = offer.number == self.number
            && offer.has_cipher
            && self.prf.contains(prf)
            && self.integrity.contains(integrity)
            && self.groups.contains(group);
        is_ours.then_some(Suite { prf: *prf, integrity: *integrity, group: *group })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_comes_back_as_it_was_written_and_the_better_hash_is_chosen() {
        let ours = Offer::ours(DhGroup::Modp2048);
        let offers = Offer::parse(&ours.write()).unwrap();
        assert_eq!(offers, [Offer::ours(DhGroup::Modp2048)]);
        let (number, suite) = Offer::choose(&offers, 14).unwrap();
        assert_eq!(suite, Suite { prf: Hash::Sha256, integrity: Hash::Sha256, group: DhGroup::Modp2048 });
        let answer = Offer::parse(&Offer::of(number, suite).write()).unwrap();
        assert_eq!(ours.chosen(&answer), Some(suite));
    }

    #[test]
    fn another_group_is_asked_for_and_what_was_not_offered_is_no_choice() {
        let ours = Offer::ours(DhGroup::Modp2048);
        let offers = Offer::parse(&ours.write()).unwrap();
        assert_eq!(Offer::choose(&offers, 2), Err(Trouble::WrongGroup(14)));
        assert_eq!(Offer::choose(&[], 14), Err(Trouble::NoProposal));
        let suite = Suite { prf: Hash::Sha1, integrity: Hash::Sha1, group: DhGroup::Modp1024 };
        assert_eq!(ours.chosen(&[Offer::of(1, suite)]), None);
        assert_eq!(ours.chosen(&[Offer::of(2, Suite { group: DhGroup::Modp2048, ..suite })]), None);
        assert_eq!(ours.chosen(&offers), None, "more than one of a kind");
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let whole = Offer::ours(DhGroup::Modp2048).write();
        for place in 0..whole.len() {
            assert!(Offer::parse(&whole[..place]).is_err() || place == 0);
        }
        for (place, value) in [(3, 3), (3, 200), (11, 7), (11, 200)] {
            let mut wrong = whole.clone();
            wrong[place] = value;
            assert!(Offer::parse(&wrong).is_err(), "{place} {value}");
        }
    }
}
