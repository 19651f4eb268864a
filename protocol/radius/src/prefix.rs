//! Addresses by prefix.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::SetupError;

/// An address, and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

const fn octets(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits() as u128,
        IpAddr::V6(address) => address.to_bits(),
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl Prefix {
    /// The first `bits` of an address.
    ///
    /// # Errors
    /// If the address has fewer.
    pub fn new(address: IpAddr, bits: u8) -> Result<Prefix, SetupError> {
        let address = address.to_canonical();
        if bits > width(address) { Err(SetupError::Prefix) } else { Ok(Prefix { address, bits }) }
    }

    /// One address.
    #[must_use]
    pub const fn host(address: IpAddr) -> Prefix {
        let address = address.to_canonical();
        Prefix { address, bits: width(address) }
    }

    /// Whether an address has this prefix. An IPv4 address in IPv6's clothes is an IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let width = width(self.address);
        if address.is_ipv4() != self.address.is_ipv4() {
            return false;
        }
        let differ = octets(address) ^ octets(self.address);
        let rest = u32::from(width.saturating_sub(self.bits));
        differ.checked_shr(rest).unwrap_or(0) == 0
    }
}

/// Values by prefix: the longest that fits counts.
#[derive(Clone, Debug)]
pub struct ByPrefix<T>(Vec<(Prefix, T)>);

impl<T> ByPrefix<T> {
    /// Values by prefix; of two with the same prefix the first counts.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = (Prefix, T)>) -> ByPrefix<T> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|(prefix, _)| core::cmp::Reverse(prefix.bits));
        ByPrefix(values)
    }

    /// Place and value of the longest prefix of an address.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<(usize, &T)> {
        self.0
            .iter()
            .enumerate()
            .find(|(_, (prefix, _))| prefix.contains(address))
            .map(|(place, (_, value))| (place, value))
    }

    /// The value at a place that [`ByPrefix::find`] gave.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&T> {
        self.0.get(place).map(|(_, value)| value)
    }
}

impl<T> Default for ByPrefix<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
