//! The subnets of interfaces, as they are now.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::sys::socket::SockaddrStorage;
use policy::grant::{Subnets, is_within};

/// So long what was read counts as now: a datagram costs no question each.
const FRESH: Duration = Duration::from_secs(1);

/// The addresses of all interfaces.
#[derive(Debug, Default)]
pub(super) struct Interfaces(RefCell<Option<(Instant, Vec<Own>)>>);

/// An address of ours.
#[derive(Clone, Debug)]
struct Own {
    interface: String,
    address: IpAddr,
    length: u8,
}

fn address(of: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = of.as_sockaddr_in().map(|of| of.ip().into());
    v4.or_else(|| of.as_sockaddr_in6().map(|of| of.ip().into()))
}

fn own(of: &InterfaceAddress) -> Option<Own> {
    let length = match address(of.netmask.as_ref()?)? {
        IpAddr::V4(mask) => mask.to_bits().count_ones(),
        IpAddr::V6(mask) => mask.to_bits().count_ones(),
    };
    let address = address(of.address.as_ref()?)?;
    // A link-local subnet is that of every interface.
    let local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    (!local).then_some(Own { interface: of.interface_name.clone(), address, length: u8::try_from(length).ok()? })
}

impl Interfaces {
    fn read<T>(&self, ask: impl FnOnce(&[Own]) -> T) -> T {
        let mut kept = self.0.borrow_mut();
        if kept.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
            let all = getifaddrs().map(|all| all.filter_map(|of| own(&of)).collect());
            *kept = Some((Instant::now(), all.unwrap_or_default()));
        }
        ask(kept.as_ref().map_or(&[], |(_, all)| all))
    }

    /// Our own addresses on an interface.
    pub(super) fn own(&self, interface: &str) -> Vec<IpAddr> {
        self.read(|all| all.iter().filter(|own| own.interface == interface).map(|own| own.address).collect())
    }
}

impl Subnets for Interfaces {
    fn neighbour(&self, interface: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.read(|all| {
            let near = all.iter().filter(|own| own.interface == interface);
            let mut near = near.map(|own| is_within(address, own.address, own.length));
            near.any(|within| within) && !all.iter().any(|own| own.address == address)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neighbours_of_an_interface_are_those_of_its_subnets_but_not_ourselves() {
        let interfaces = Interfaces::default();
        let neighbour = |name: &str, address: &str| interfaces.neighbour(name, address.parse().unwrap());
        assert!(neighbour("lo", "127.0.0.2") && neighbour("lo", "::ffff:127.3.2.1"));
        assert!(!neighbour("lo", "127.0.0.1") && !neighbour("lo", "192.0.2.1") && !neighbour("none0", "127.0.0.2"));
        assert!(interfaces.own("lo").contains(&"127.0.0.1".parse().unwrap()));
    }
}
