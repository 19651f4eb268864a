//! What can happen to a link.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ipc_proto::Failure;
use wire::{MacAddr, ReasonCode, StatusCode};

use super::Rest;
use super::parting::Parting;
use super::target::Plan;
use crate::choice::table::Bss;
use crate::output::Asked;

/// To what an access point did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    Authentication,
    Association,
}

/// Where a driver that connects by itself has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) bssid: MacAddr,
    /// The elements of its association request.
    pub(crate) sent: Vec<u8>,
    /// The access point as it was seen; one that no scan has seen is unknown.
    pub(crate) seen: Option<Bss>,
}

/// What happened, or is wanted.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// Begin this.
    Begin(Box<Plan>),
    /// Somebody else on this machine has associated us so.
    Taken(Box<Plan>),
    /// Without a link: do this.
    Rest(Rest),
    /// End it, for whoever knows what is next.
    Leave(Parting),
    /// The driver has answered.
    Answered { asked: Asked, failure: Option<Failure> },
    /// An Authentication frame.
    Authentication(&'a [u8]),
    /// A (Re)Association Response frame.
    Association(&'a [u8]),
    /// The driver says that this access point did not answer.
    Silent { to: Silence, bssid: MacAddr },
    /// A frame, or the driver, says that the link has ended.
    Ended { bssid: Option<MacAddr>, reason: ReasonCode, local: bool },
    /// The driver could not connect.
    DriverFailed { bssid: Option<MacAddr>, status: StatusCode, timed_out: bool },
    /// The driver has connected.
    DriverConnected(Arrival),
    /// The driver has moved to another access point.
    DriverRoamed(Arrival),
    /// An EAPOL frame, from its header on. `encrypted`: whether it was, where the driver says so.
    Eapol { source: MacAddr, encrypted: Option<bool>, data: &'a [u8] },
    /// It goes on by itself.
    GoOn,
    /// Time has passed.
    Timeout,
    /// A frame of TKIP had a wrong MIC.
    MicFailure { group: bool },
    /// A test suite wants the access point to be asked for new keys.
    Rekey { error: bool, pairwise: bool },
    /// The access point has moved to another channel, in MHz.
    Moved(u32),
}
