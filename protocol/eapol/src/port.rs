//! Ports: of which kind they are, how they are controlled, and whether they are open.

use crate::pdu::{ETHERTYPE, ETHERTYPE_PREAUTH, PAE_GROUP};
use rsn::Protection;
use wire::MacAddr;

/// Of which kind a port is. What is believed, and when it opens, depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// A wired link: nothing is protected, and the port opens when EAP has succeeded (IEEE Std 802.1X-2020 8).
    Wired,
    /// An association of 802.11: the port opens when the keys of the 4-way handshake are installed (IEEE Std 802.11-2020
    /// 12.6.14).
    Wireless,
    /// A conversation through the distribution system with an access point that the station may go to (IEEE Std 802.11-2020
    /// 12.6.10.2). There is no port: all that comes of it is a key.
    Preauthentication,
}

impl PortKind {
    /// Ethertype of the packets.
    #[must_use]
    pub const fn ethertype(self) -> u16 {
        match self {
            Self::Wired | Self::Wireless => ETHERTYPE,
            Self::Preauthentication => ETHERTYPE_PREAUTH,
        }
    }

    /// Where packets go; `other` is the other side's address (IEEE Std 802.1X-2020 11.1.1).
    #[must_use]
    pub const fn destination(self, other: MacAddr) -> MacAddr {
        match self {
            Self::Wired => PAE_GROUP,
            Self::Wireless | Self::Preauthentication => other,
        }
    }

    /// Whether keys are what all of it is for.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        match self {
            Self::Wired => false,
            Self::Wireless | Self::Preauthentication => true,
        }
    }
}

/// How a port is controlled (`AuthControlledPortControl` of IEEE Std 802.1X-2004 8.2.2.2; 802.1X-2020 leaves it to management).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortControl {
    /// Authentication decides.
    #[default]
    Auto,
    /// Always open.
    ForceAuthorized,
    /// Always shut.
    ForceUnauthorized,
}

/// Whether data may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortStatus {
    /// Nothing but EAPOL.
    Unauthorized,
    /// Open: somebody was authenticated, by EAP or by a key that came from it, and on 802.11 the keys are installed.
    Authorized,
    /// Open though nobody was authenticated: the configuration allows it.
    Unsecured,
}

/// Whether a packet that came without protection may still count. Once pairwise keys are installed both sides protect what
/// they send (IEEE Std 802.11-2020 12.6.19 and 11.13): a plain packet is somebody else's (WiSec 2022).
pub(crate) const fn is_forged(keyed: bool, protection: Protection) -> bool {
    keyed && matches!(protection, Protection::Plain)
}
