//! Messages between `privd` and the daemons.
//!
//! The typed IPC is the security policy: each message says one checked thing that the kernel may be asked, and
//! there is no pass-through of raw netlink. `OPERATIONS.md` beside this crate holds the 110 operations of
//! `wpa_driver_ops` against the messages that carry them.
//!
//! * [`ToPrivd`], [`FromPrivd`]: what travels on the connection of a daemon with `privd`, one message a packet.
//! * [`Request`], [`Reply`], [`Event`], [`Failure`]: its vocabulary, also used by machines that never see a socket.
//! * [`post`]: the vocabulary of a daemon with `privd post`, the owner of control sockets and files.
//! * [`courier`]: the vocabulary of a daemon with `privd-courier`, the owner of its sockets on the network.
//! * [`keeper`]: what the keeper of either tells the daemon.
//! * [`opener`]: what the post asks of its keeper. [`witness`]: what it tells `privd` of the superuser's words.
//! * [`codec`]: bytes and back, with the size cap; [`channel`]: the one way in which they travel.
//!
//! Without the feature `channel` this crate does no I/O and needs no `std`.
#![cfg_attr(not(feature = "channel"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
extern crate alloc;

#[cfg(feature = "channel")]
pub mod channel;
pub mod codec;
pub mod courier;
mod errno;
mod event;
mod hello;
pub mod keeper;
pub mod opener;
mod parameters;
pub mod post;
mod reply;
mod request;
mod testing;
mod value;
pub mod witness;

pub use event::Event;
pub use hello::{FromPrivd, Refusal, Role, ToPrivd, VERSION};
pub use parameters::{
    ApParameters, AssociateLink, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions,
    ConnectParameters, KeyParameters, LinkSecurity, MultiLink, ScanParameters, SchedScanParameters, StationParameters,
    TransmitParameters,
};
pub use reply::{Failure, InterfaceInfo, LinkInfo, Reply, ScanEntry, SignalInfo, StationInfo, SurveyEntry};
pub use request::Request;
pub use testing::{TestEvent, TestRequest};
pub use value::{
    BandInfo, ChannelDefinition, ChannelInfo, ChannelWidth, Condition, Handle, InterfaceType, KeyBytes, KeyKind,
    LinkId, MfpMode, OperState, StationFlags, WiphyFeatures, WiphyInfo,
};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vocabulary_tests;

/// Largest message in octets, either way. A larger one is refused before anything is allocated for it.
pub const MAX_MESSAGE: usize = 128 * 1024;
/// Most descriptors that travel with one message.
pub const MAX_DESCRIPTORS: usize = 1;
