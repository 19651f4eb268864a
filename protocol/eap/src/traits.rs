//! What a method is to the machines, on either side.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;
use crypto::{Rng, Secret};
use wire::Instant;

use crate::erp::ErpPeer;
use crate::methods::sim::{SimMemory, SubscriberNews};
use crate::packet::Body;
use crate::{Answer, Ask, EapError, Ignored, MethodType, Other};

/// What a call into a machine brings along.
pub struct Env<'a> {
    /// The monotonic clock.
    pub now: Instant,
    /// Seconds since 1970-01-01T00:00:00Z, for certificates; `None` while the clock is known to be wrong.
    pub wall: Option<u64>,
    /// Random bytes.
    pub rng: &'a mut dyn Rng,
}

impl Debug for Env<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Env").field("now", &self.now).field("wall", &self.wall).finish_non_exhaustive()
    }
}

/// What a machine tells its method with each call.
pub struct Context<'a> {
    /// The monotonic clock.
    pub now: Instant,
    /// Seconds since 1970-01-01T00:00:00Z, for certificates; `None` while the clock is known to be wrong.
    pub wall: Option<u64>,
    /// Random bytes.
    pub rng: &'a mut dyn Rng,
    /// The identifier of the packet that the method is to make, should it protect its own header.
    pub identifier: u8,
    /// The most octets that the data of that packet may have (what follows the type).
    pub room: usize,
    /// What the method wants known outside, in order.
    pub notes: &'a mut Vec<Note>,
}

impl Debug for Context<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Context").field("now", &self.now).field("identifier", &self.identifier).finish_non_exhaustive()
    }
}

/// What a method wants known outside of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// For the log of an administrator.
    Text(String),
    /// A status in the words of control clients, and its parameter (`CTRL-EVENT-EAP-STATUS`).
    Status(&'static str, String),
    /// The user's password is this one from now on: a peer may keep it, a server has to.
    NewPassword(Secret),
    /// Peer: what the next conversation with the card of a mobile network needs ([`PeerMethods::remember`]).
    Sim(Box<SimMemory>),
    /// Server: what the next conversation with a subscriber needs.
    Subscriber(Box<SubscriberNews>),
    /// Peer, of a tunnel: a certificate of the server's chain.
    Certificate(Box<CertificateNote>),
    /// Of a method of another crate.
    Other(Other),
}

/// A certificate of the other side's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateNote {
    /// 0 for the other side's own, 1 for its issuer's …
    pub depth: u32,
    /// Its subject in the form of RFC 2253.
    pub subject: String,
    /// Its alternative names, such as `DNS:radius.example.org`.
    pub alternatives: Vec<String>,
    /// The certificate itself.
    pub der: Vec<u8>,
}

/// What a method that makes keys exports (RFC 5247 1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Master session key: 64 octets, of some old methods 32.
    pub msk: Secret,
    /// Extended master session key: 64 octets.
    pub emsk: Option<Secret>,
    /// Type and what makes this run unique (RFC 5247 1.4).
    pub session_id: Option<Vec<u8>>,
}

/// How sure a peer may be of success (RFC 4137 4.1.1, `decision`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A Success would not be believed.
    Fail,
    /// The server may be content: its Success is believed, its Failure too.
    Conditional,
    /// Both sides have authenticated each other, and the server has said so under protection: a Failure is not
    /// believed, and a Success may be lost.
    Unconditional,
}

/// How far a peer's method is (RFC 4137 4.1.1, `methodState` and `decision`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More Requests must come.
    Continue,
    /// More Requests may come, and the end may too.
    MayContinue(Decision),
    /// No more Requests of the method are taken.
    Done(Decision),
}

/// What a peer's method makes of a Request.
#[derive(Debug)]
pub enum PeerStep {
    /// The Request is passed over in silence, and nothing has changed.
    Ignore(Ignored),
    /// The answer: what follows the type.
    Respond(Vec<u8>, Progress),
    /// The Request is given again with the answer.
    Ask(Ask),
    /// The method has failed, with a last word if it has one.
    Fail(Option<Vec<u8>>, EapError),
}

/// A method on the peer's side: one conversation.
pub trait PeerMethod: Debug + Send {
    /// Which one.
    fn method_type(&self) -> MethodType;

    /// Takes a Request of its type. It may be a forged one: only what is verified may move it.
    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep;

    /// Takes what it has asked for; the Request in question comes again afterwards.
    fn answer(&mut self, answer: Answer);

    /// The keys, once there are any.
    fn keys(&self) -> Option<Keys>;

    /// Whether a Notification is answered at this point (RFC 3748 5.2).
    fn allows_notification(&self) -> bool {
        true
    }
}

/// Where a peer's machine gets its methods from: the profile of a network.
pub trait PeerMethods: Debug + Send {
    /// What may be used, the best one first.
    fn allowed(&self) -> &[MethodType];

    /// A fresh one of an allowed method.
    ///
    /// # Errors
    /// [`EapError::Configuration`] if what the method needs is not there.
    fn start(&mut self, method: MethodType) -> Result<Box<dyn PeerMethod>, EapError>;

    /// What is answered to a Request for an identity: the anonymous one, a pseudonym, or the real one. `None` has the
    /// world outside asked for it.
    fn identity(&mut self) -> Option<Vec<u8>>;

    /// The identity that was asked for.
    fn set_identity(&mut self, identity: &[u8]);

    /// What a method wants known outside: what is of use for the next conversation is to be kept.
    fn remember(&mut self, note: &Note) {
        let _ = note;
    }

    /// Where the keys for a re-authentication are kept, if that is wanted (ERP, RFC 6696).
    fn erp(&mut self) -> Option<&mut Option<ErpPeer>> {
        None
    }

    /// A method has come to these keys: what is of use for a re-authentication is to be kept.
    fn succeeded(&mut self, keys: &Keys) {
        let _ = keys;
    }
}

/// What a server's method makes of its start or of a Response.
#[derive(Debug)]
pub enum ServerStep {
    /// The Response is passed over in silence, and nothing has changed.
    Ignore(Ignored),
    /// The next Request: what follows the type.
    Request(Vec<u8>),
    /// The same call comes again with the answer.
    Ask(Ask),
    /// The peer is who it says.
    Succeed,
    /// It is not, or the method cannot go on.
    Fail(EapError),
}

/// A method on the server's side: one conversation.
pub trait ServerMethod: Debug + Send {
    /// Which one.
    fn method_type(&self) -> MethodType;

    /// Makes the first Request.
    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep;

    /// Takes a Response to its last Request, and makes the next.
    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep;

    /// Takes what it has asked for; the call in question comes again afterwards.
    fn answer(&mut self, answer: Answer);

    /// The keys, once there are any.
    fn keys(&self) -> Option<Keys>;

    /// Who the peer turned out to be, should the method know better than its answer to the Request for an identity.
    fn identity(&self) -> Option<&[u8]> {
        None
    }
}
