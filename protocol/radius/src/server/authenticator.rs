//! What a server needs of EAP, and of passwords.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::Debug;
use crypto::{Rng, Secret};
use wire::Instant;

use crate::MppeKeys;
use crate::packet::AttributeWriter;

/// What a call into a server brings along.
pub struct Env<'a> {
    /// The monotonic clock.
    pub now: Instant,
    /// Seconds since 1970-01-01T00:00:00Z, for certificates; `None` while the clock is known to be wrong.
    pub wall: Option<u64>,
    /// Random octets.
    pub rng: &'a mut dyn Rng,
}

impl Debug for Env<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Env").field("now", &self.now).field("wall", &self.wall).finish_non_exhaustive()
    }
}

/// What is known when a conversation begins.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// User-Name, which EAP will say again.
    pub user: &'a [u8],
    /// Framed-MTU: the longest EAP packet that reaches the peer in one piece (RFC 3579 2.4).
    pub mtu: Option<u32>,
    /// Calling-Station-Id.
    pub station: Option<&'a [u8]>,
}

/// What a conversation is given.
#[derive(Debug)]
pub enum Input<'a, R> {
    /// A packet of EAP. Without octets it asks for the first Request (RFC 3579 2.1); of ERP it is an EAP-Initiate (RFC 6696).
    Packet(&'a [u8]),
    /// What it has asked for.
    Answer(R),
}

/// What a conversation makes of it.
#[derive(Debug)]
pub enum Step<Q> {
    /// The next Request.
    Challenge(Vec<u8>),
    /// The peer is let in.
    Accept(Box<Accept>),
    /// The peer is kept out: EAP-Failure, or EAP-Finish with the flag of failure.
    Reject(Vec<u8>),
    /// The packet was passed over in silence.
    Ignore,
    /// Something is needed from elsewhere.
    Ask(Q),
}

/// What an Access-Accept carries.
#[derive(Clone, Debug, Default)]
pub struct Accept {
    /// EAP-Success, or EAP-Finish.
    pub eap: Option<Vec<u8>>,
    /// The keys: of the MSK, or of ERP's rMSK.
    pub keys: Option<MppeKeys>,
    /// User-Name, if the access point is to know a better one (RFC 2865 5.1).
    pub user: Option<Vec<u8>>,
    /// EAP-Key-Name: the Session-Id of EAP (RFC 4072 2.2).
    pub key_name: Option<Vec<u8>>,
    /// What else the user gets.
    pub attributes: AttributeWriter,
}

/// Says what EAP says.
pub trait Authenticator: Debug {
    /// One conversation.
    type Conversation: Debug;
    /// What a conversation may need from elsewhere.
    type Ask: Debug;
    /// And what comes back.
    type Answer: Debug;

    /// A conversation that begins.
    fn begin(&mut self, begin: &Begin<'_>) -> Self::Conversation;

    /// Goes on with a conversation.
    fn step(
        &mut self,
        conversation: &mut Self::Conversation,
        input: Input<'_, Self::Answer>,
        env: &mut Env<'_>,
    ) -> Step<Self::Ask>;

    /// What a user with this password gets who comes without EAP; `None` keeps it out.
    fn password(&mut self, user: &[u8], password: &Secret) -> Option<AttributeWriter>;
}
