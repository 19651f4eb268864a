//! Why nothing is joined, for whoever looks after the machine.

use wire::MacAddr;

use super::fit::Unfit;
use super::profile::NetworkId;

/// What stands in the way of one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Which network.
    pub network: NetworkId,
    /// What it is.
    pub hindrance: Hindrance,
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// It is left alone for a while after failures.
    LeftAlone,
    /// Nothing of its name is in reach.
    NotSeen,
    /// An access point of its name does not fit.
    Unfit {
        /// Its number in the table.
        bss: u32,
        /// Its address.
        bssid: MacAddr,
        /// Why.
        why: Unfit,
    },
}
