//! External registrars over UPnP: WFAWLANConfig of the Wi-Fi Alliance's WFADevice ("WFADevice:1.01", "WFAWLANConfig:1.0"),
//! octets in and octets out.
//!
//! Requests come from whoever is in the local network; `http` bounds what is read of them, `subscription` to whom
//! events may go.

pub mod description;
pub mod http;
pub mod service;
pub mod soap;
pub mod ssdp;
pub mod subscription;
mod xml;

use core::net::{Ipv4Addr, SocketAddrV4};

/// The local network of the interface on which UPnP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Our address and port.
    pub own: SocketAddrV4,
    /// Bits of the network's prefix.
    pub prefix: u8,
}

impl Local {
    /// Whether an address is one of another host in this network, and none that many hosts listen to.
    #[must_use]
    pub fn has_host(&self, addr: Ipv4Addr) -> bool {
        let own = *self.own.ip();
        let mask = u32::MAX.checked_shl(32u32.saturating_sub(u32::from(self.prefix))).unwrap_or(0);
        let is_near = addr.to_bits() & mask == own.to_bits() & mask;
        let host = addr.to_bits() & !mask;
        // Networks of two addresses or one have no broadcast address (RFC 3021).
        let is_reserved = self.prefix < 31 && (host == 0 || host == !mask);
        let is_special = addr.is_multicast() || addr.is_loopback() || addr.is_unspecified() || addr.is_broadcast();
        self.prefix > 0 && is_near && !is_reserved && !is_special && addr != own
    }
}
