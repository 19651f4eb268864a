//! Who has written to a socket lately, and so may be answered: a daemon that was taken over picks nobody by itself.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Most addresses that are remembered, and most ports of each.
const ADDRESSES: usize = 1024;
const PORTS: usize = 16;

/// Those who wrote. Who wrote last the longest ago is forgotten first; one address fills no other's place.
#[derive(Debug, Default)]
pub(super) struct Correspondents {
    of: BTreeMap<IpAddr, Heard>,
    /// Addresses by the time they were last heard.
    order: BTreeMap<u64, IpAddr>,
    clock: u64,
}

#[derive(Debug, Default)]
struct Heard {
    at: u64,
    ports: VecDeque<u16>,
}

impl Correspondents {
    pub(super) fn heard(&mut self, from: SocketAddr) {
        self.clock = self.clock.wrapping_add(1);
        let heard = self.of.entry(from.ip()).or_default();
        self.order.remove(&heard.at);
        heard.at = self.clock;
        self.order.insert(self.clock, from.ip());
        if let Some(known) = heard.ports.iter().position(|port| *port == from.port()) {
            heard.ports.remove(known);
        }
        heard.ports.push_back(from.port());
        if heard.ports.len() > PORTS {
            heard.ports.pop_front();
        }
        if self.of.len() > ADDRESSES
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.of.remove(&oldest);
        }
    }

    pub(super) fn has(&self, to: SocketAddr) -> bool {
        self.of.get(&to.ip()).is_some_and(|heard| heard.ports.contains(&to.port()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: u32, port: u16) -> SocketAddr {
        SocketAddr::new(std::net::Ipv4Addr::from(address).into(), port)
    }

    #[test]
    fn only_who_wrote_is_known_and_by_his_port() {
        let mut known = Correspondents::default();
        known.heard(at(1, 5000));
        assert!(known.has(at(1, 5000)) && !known.has(at(1, 5001)) && !known.has(at(2, 5000)));
    }

    #[test]
    fn a_crowd_at_one_address_drives_nobody_out_and_many_addresses_the_oldest() {
        let mut known = Correspondents::default();
        known.heard(at(1, 5000));
        (1..=60_000).for_each(|port| known.heard(at(2, port)));
        assert!(known.has(at(1, 5000)) && known.has(at(2, 60_000)) && !known.has(at(2, 1)));
        let most = u32::try_from(ADDRESSES).unwrap();
        (10..9 + most).for_each(|address| known.heard(at(address, 1)));
        assert!(!known.has(at(1, 5000)), "it wrote longest ago");
        known.heard(at(10, 1));
        known.heard(at(9 + most, 1));
        assert!(known.has(at(10, 1)) && !known.has(at(2, 60_000)));
        assert_eq!((known.of.len(), known.order.len()), (ADDRESSES, ADDRESSES));
    }
}
