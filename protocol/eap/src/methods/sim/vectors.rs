//! What home networks and cards say: triplets of GSM, quintets of AKA, and a card's answers.

use alloc::vec::Vec;

use crypto::Secret;

/// A challenge of GSM with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triplet {
    /// The challenge.
    pub rand: [u8; 16],
    /// What the card says to it.
    pub sres: [u8; 4],
    /// The key that comes with it: 8 octets.
    pub kc: Secret,
}

/// A challenge of AKA with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quintet {
    /// The challenge.
    pub rand: [u8; 16],
    /// The home network's proof.
    pub autn: [u8; 16],
    /// What the card says to it: 4 to 16 octets.
    pub res: Vec<u8>,
    /// The cipher key: 16 octets.
    pub ck: Secret,
    /// The integrity key: 16 octets.
    pub ik: Secret,
}

/// What a card makes of a challenge of AKA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usim {
    /// The proof is good and fresh.
    Accepted {
        /// The answer: 4 to 16 octets.
        res: Vec<u8>,
        /// The cipher key: 16 octets.
        ck: Secret,
        /// The integrity key: 16 octets.
        ik: Secret,
    },
    /// The proof is good but not fresh: AUTS.
    Resynchronise([u8; 14]),
    /// The proof is not the home network's.
    Refused,
}
