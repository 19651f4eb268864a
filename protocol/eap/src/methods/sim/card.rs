//! The subscriber's card: keys that are known here, or somebody who has the card and is asked.

use alloc::vec::Vec;

use super::milenage::Milenage;
use super::vectors::{Triplet, Usim};
use crate::Ask;

/// Where a peer gets its answers from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimCard {
    /// The key of the card is in the configuration.
    Milenage(Milenage),
    /// Somebody is asked with [`Ask::Sim`] (`external_sim=1`).
    External,
}

/// What the card is asked. A control client sees `CTRL-REQ-SIM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimRequest {
    /// `GSM-AUTH`: two or three challenges.
    Gsm(Vec<[u8; 16]>),
    /// `UMTS-AUTH`.
    Umts {
        /// The challenge.
        rand: [u8; 16],
        /// The home network's proof.
        autn: [u8; 16],
    },
}

/// What the card says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimAnswer {
    /// To `GSM-AUTH`: one for each challenge, in order.
    Gsm(Vec<Triplet>),
    /// To `UMTS-AUTH`.
    Umts(Usim),
}

/// The card has to be asked first.
#[derive(Debug)]
pub(super) struct Outside(pub(super) Ask);

impl SimCard {
    /// The answers to challenges of GSM; `None` if what the card said does not fit them.
    pub(super) fn gsm(&self, rands: &[[u8; 16]], answer: Option<&SimAnswer>) -> Result<Option<Vec<Triplet>>, Outside> {
        match (self, answer) {
            (SimCard::Milenage(card), _) => Ok(Some(rands.iter().map(|rand| card.triplet(*rand)).collect())),
            (SimCard::External, None) => Err(Outside(Ask::Sim(SimRequest::Gsm(rands.to_vec())))),
            (SimCard::External, Some(SimAnswer::Gsm(triplets))) => {
                let fits = triplets.len() == rands.len()
                    && triplets.iter().zip(rands).all(|(triplet, rand)| triplet.rand == *rand && triplet.kc.len() == 8);
                Ok(fits.then(|| triplets.clone()))
            }
            (SimCard::External, Some(SimAnswer::Umts(_))) => Ok(None),
        }
    }

    /// The answer to a challenge of AKA; `None` if what the card said does not fit it.
    pub(super) fn umts(
        &self,
        rand: [u8; 16],
        autn: [u8; 16],
        seen: &mut u64,
        answer: Option<&SimAnswer>,
    ) -> Result<Option<Usim>, Outside> {
        match (self, answer) {
            (SimCard::Milenage(card), _) => Ok(Some(card.challenge(&rand, &autn, seen))),
            (SimCard::External, None) => Err(Outside(Ask::Sim(SimRequest::Umts { rand, autn }))),
            (SimCard::External, Some(SimAnswer::Umts(said))) => Ok(match said {
                Usim::Accepted { res, ck, ik } => {
                    let fits = (4..=16).contains(&res.len()) && ck.len() == 16 && ik.len() == 16;
                    fits.then(|| said.clone())
                }
                Usim::Resynchronise(_) | Usim::Refused => Some(said.clone()),
            }),
            (SimCard::External, Some(SimAnswer::Gsm(_))) => Ok(None),
        }
    }
}
