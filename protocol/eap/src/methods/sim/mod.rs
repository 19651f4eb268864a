//! EAP-SIM (RFC 4186), EAP-AKA (RFC 4187) and EAP-AKA' (RFC 9048): the card of a mobile network.
//!
//! | file | what stands there |
//! |---|---|
//! | `milenage`, `vectors`, `card` | what cards and home networks compute and say |
//! | `attributes`, `frame` | what messages look like |
//! | `keys` | keys and proofs |
//! | `peer`, `server` | the two sides, each for the three methods |
//! | `home` | a home network with its subscribers, in memory |
//!
//! A pseudonym and a session for fast re-authentication outlive a conversation: the peer's side gives them out with
//! [`Note::Sim`](crate::Note::Sim), and its [`Credentials`] keep them; the server's side gives them out with
//! [`Note::Subscriber`](crate::Note::Subscriber) and asks for them again with [`Ask::Subscriber`](crate::Ask::Subscriber).

use alloc::vec::Vec;

use crypto::Secret;

use crate::{Credentials, MethodType};

mod attributes;
mod card;
mod frame;
mod home;
mod keys;
mod milenage;
mod peer;
mod server;
#[cfg(test)]
pub(crate) mod tests;
mod vectors;

pub use card::{SimAnswer, SimCard, SimRequest};
pub use home::Home;
pub use keys::Kind;
pub use milenage::Milenage;
pub use peer::SimPeer;
pub(crate) use peer::{aka, aka_prime, sim};
pub use server::{SimServer, SimServerConfig};
pub use vectors::{Quintet, Triplet, Usim};

/// AT_NOTIFICATION: it failed, and the peer was authenticated.
const FAILURE_AFTER: u16 = 0;
/// AT_NOTIFICATION: it failed before the peer was authenticated.
const FAILURE_BEFORE: u16 = 16384;
/// AT_NOTIFICATION: success.
const SUCCESS: u16 = 32768;
/// AT_NOTIFICATION: the subscriber may not now.
const DENIED_FOR_NOW: u16 = 1026;
/// AT_NOTIFICATION: the subscriber has no such service.
const NOT_SUBSCRIBED: u16 = 1031;
/// The bit of AT_NOTIFICATION that says success.
const S_BIT: u16 = 0x8000;
/// The bit of AT_NOTIFICATION that says that the peer is not authenticated yet.
const P_BIT: u16 = 0x4000;
/// The only version of EAP-SIM.
const VERSION: u16 = 1;
/// The only key derivation function of EAP-AKA' (RFC 9048 3.3).
const KDF: u16 = 1;
/// AT_BIDDING: the server would do EAP-AKA' too.
const BIDDING: u16 = 0x8000;
/// Longer identities are none.
const LONGEST_IDENTITY: usize = 255;
/// The largest counter of fast re-authentication: beyond that a full one is due.
const MOST_REAUTHS: u16 = 1000;

/// A session that fast re-authentication can go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimSession {
    kind: Kind,
    /// What the peer calls itself with it, once.
    pub(crate) identity: Vec<u8>,
    /// The next counter.
    counter: u16,
    encr: Secret,
    aut: Secret,
    re: Secret,
}

impl SimSession {
    /// What the peer calls itself with it, once.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// The same session under another name: as a network has it that was put back to an old copy.
    #[cfg(test)]
    pub(crate) fn renamed(self, identity: &[u8]) -> SimSession {
        SimSession { identity: identity.to_vec(), ..self }
    }
}

/// What a peer keeps from one conversation to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimMemory {
    /// The sequence number of the challenge that a card of ours took last.
    pub sequence: u64,
    /// What the server wants us to be called in the clear.
    pub pseudonym: Option<Vec<u8>>,
    /// The session to go on from.
    pub session: Option<SimSession>,
}

/// What a station with a card is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimCredentials {
    /// The card.
    pub card: SimCard,
    /// What is kept from earlier conversations.
    pub memory: SimMemory,
    /// EAP-SIM: how many challenges there must be, two or three.
    pub challenges: usize,
    /// Results under protection are asked for (`result_ind=1`).
    pub result_indications: bool,
    /// Who has a pseudonym does not tell its permanent identity any more, though the network may then not let it in
    /// (`strict_conservative_peer_mode=1`, RFC 4186 4.2.5).
    pub conservative: bool,
    /// EAP-AKA': the only network names that are believed; any if empty.
    pub networks: Vec<Vec<u8>>,
}

impl SimCredentials {
    /// A card, and the habits that stand in the configuration's documentation as defaults.
    #[must_use]
    pub fn new(card: SimCard) -> SimCredentials {
        let memory = SimMemory::default();
        SimCredentials {
            card,
            memory,
            challenges: 2,
            result_indications: false,
            conservative: false,
            networks: Vec::new(),
        }
    }
}

/// What a peer with a card calls itself in the clear, if it remembers anything.
pub(crate) fn known_as(credentials: &Credentials) -> Option<Vec<u8>> {
    let ours = [MethodType::SIM, MethodType::AKA, MethodType::AKA_PRIME];
    let memory = &credentials.sim.as_ref()?.memory;
    credentials.methods.first().filter(|first| ours.contains(first))?;
    let session = memory.session.as_ref().filter(|session| credentials.methods.contains(&session.kind.method()));
    session.map(|session| session.identity.clone()).or_else(|| memory.pseudonym.clone())
}

/// What a server has learned of a subscriber: to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberNews {
    /// Who it is.
    pub permanent: Vec<u8>,
    /// What it may be called in the clear from now on.
    pub pseudonym: Option<Vec<u8>>,
    /// What it may go on from.
    pub session: Option<SimSession>,
}

/// What a server wants to know of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriberAsk {
    /// Who has this identity, of any kind.
    Who(Vec<u8>),
    /// Three triplets of different challenges for this permanent identity.
    Triplets(Vec<u8>),
    /// A quintet.
    Quintet {
        /// The permanent identity.
        permanent: Vec<u8>,
        /// With the separation bit of AMF (EAP-AKA').
        separated: bool,
        /// What the card has said to the challenge before: its RAND, and AUTS.
        resynchronise: Option<([u8; 16], [u8; 14])>,
    },
}

/// What is said to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriberAnswer {
    /// Nobody has it, or may use it.
    Unknown,
    /// It is that of a permanent identity, or of a pseudonym of it.
    Permanent(Vec<u8>),
    /// It is that of a session, which may be used once.
    Session {
        /// Whose.
        permanent: Vec<u8>,
        /// The session.
        session: SimSession,
    },
    /// To [`SubscriberAsk::Triplets`].
    Triplets(Vec<Triplet>),
    /// To [`SubscriberAsk::Quintet`].
    Quintet(Quintet),
}
