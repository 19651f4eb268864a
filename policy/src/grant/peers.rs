//! Peers on the network: with whom the courier speaks for a daemon.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Grant, Lacking, Names};

/// How a peer is spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Streams that the courier opens.
    Tcp,
    /// Streams that the courier accepts.
    Listen,
}

impl Transport {
    const ALL: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Listen];

    const fn word(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Listen => "listen",
        }
    }
}

/// Many addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// Those of a prefix of this length.
    Prefix(IpAddr, u8),
    /// Those of the subnets of this interface, but for our own.
    Subnet(String),
}

/// Somebody on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// One server: `udp 192.0.2.1:1812`, `tcp [2001:db8::1]:2083`. Never [`Transport::Listen`].
    One(Transport, SocketAddr),
    /// A multicast group on an interface, and those of its subnets who write to it: `udp group 239.255.255.250:1900 br0`.
    Group(SocketAddr, String),
    /// Whoever of these writes to this port of ours: `udp 198.51.100.0/24 3799`, `listen subnet br0 49152`; or, with
    /// [`Transport::Tcp`], this port of theirs, where none is any: `tcp subnet br0 *`.
    Many(Transport, Range, Option<u16>),
}

/// Which addresses the subnets of an interface have.
pub trait Subnets {
    /// Is it an address of somebody else in a subnet of this interface?
    fn neighbour(&self, interface: &str, address: IpAddr) -> bool;
}

impl Range {
    fn has(&self, address: IpAddr, subnets: &dyn Subnets) -> bool {
        match self {
            Range::Prefix(prefix, length) => is_within(address, *prefix, *length),
            Range::Subnet(interface) => subnets.neighbour(interface, address),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Range::Prefix(address, length) => write!(f, "{address}/{length}"),
            Range::Subnet(interface) => write!(f, "subnet {interface}"),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::One(how, address) => write!(f, "{} {address}", how.word()),
            Peer::Group(group, interface) => write!(f, "udp group {group} {interface}"),
            Peer::Many(how, range, Some(port)) => write!(f, "{} {range} {port}", how.word()),
            Peer::Many(how, range, None) => write!(f, "{} {range} *", how.word()),
        }
    }
}

/// Do both addresses begin with the same bits, so many of them?
#[must_use]
pub fn is_within(address: IpAddr, prefix: IpAddr, length: u8) -> bool {
    let (one, other, all) = match (address.to_canonical(), prefix) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits()), u128::from(other.to_bits()), 32_u8),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let rest = u32::from(all.saturating_sub(length));
    one.checked_shr(rest).unwrap_or(0) == other.checked_shr(rest).unwrap_or(0)
}

/// Reads what stands behind `peer:`.
pub(super) fn parse(value: &str) -> Result<Peer, String> {
    let wrong = || {
        format!(
            "\"{value}\" is no peer: \"udp ADDRESS:PORT\", \"tcp ADDRESS:PORT\", \"udp group ADDRESS:PORT INTERFACE\", or \
             udp, tcp or listen with \"PREFIX/LENGTH PORT\" or \"subnet INTERFACE PORT\""
        )
    };
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let (first, words) = words.split_first().ok_or_else(wrong)?;
    let how = Transport::ALL.into_iter().find(|how| how.word() == *first).ok_or_else(wrong)?;
    let address = |word: &str| word.parse().ok().filter(|address: &SocketAddr| address.port() > 0).ok_or_else(wrong);
    let port = |word: &str| match word {
        "*" if how == Transport::Tcp => Ok(None),
        _ => word.parse().ok().filter(|port: &u16| *port > 0).map(Some).ok_or_else(wrong),
    };
    let interface = |word: &str| Names::one(word).map(|name| name.to_string()).map_err(|_| wrong());
    match (how, words) {
        (Transport::Udp | Transport::Tcp, [to]) => Ok(Peer::One(how, address(to)?)),
        (Transport::Udp, ["group", group, name]) => {
            let group = address(group)?;
            if group.ip().is_multicast() { Ok(Peer::Group(group, interface(name)?)) } else { Err(wrong()) }
        }
        (_, ["subnet", name, number]) => Ok(Peer::Many(how, Range::Subnet(interface(name)?), port(number)?)),
        (_, [prefix, number]) => {
            let (prefix, length) = prefix.split_once('/').ok_or_else(wrong)?;
            let prefix: IpAddr = prefix.parse().map_err(|_| wrong())?;
            let most = if prefix.is_ipv4() { 32 } else { 128 };
            let length = length.parse().ok().filter(|length: &u8| *length <= most).ok_or_else(wrong)?;
            Ok(Peer::Many(how, Range::Prefix(prefix, length), port(number)?))
        }
        _ => Err(wrong()),
    }
}

impl Grant {
    /// May datagrams go to this server?
    pub fn sends_to(&self, to: SocketAddr) -> Result<(), Lacking> {
        self.has_peer(&Peer::One(Transport::Udp, to))
    }

    /// May this multicast group be joined on this interface?
    pub fn joins(&self, group: SocketAddr, interface: &str) -> Result<(), Lacking> {
        self.has_peer(&Peer::Group(group, interface.to_owned()))
    }

    fn has_peer(&self, peer: &Peer) -> Result<(), Lacking> {
        if self.peers.contains(peer) { Ok(()) } else { Err(Lacking(format!("peer: {peer}"))) }
    }

    /// May a stream be opened to there?
    pub fn connects(&self, to: SocketAddr, subnets: &dyn Subnets) -> Result<(), Lacking> {
        let one = Peer::One(Transport::Tcp, to);
        let meant = |peer: &Peer| match peer {
            Peer::Many(Transport::Tcp, range, port) => {
                port.is_none_or(|port| port == to.port()) && range.has(to.ip(), subnets)
            }
            Peer::One(..) | Peer::Group(..) | Peer::Many(..) => *peer == one,
        };
        if self.peers.iter().any(meant) { Ok(()) } else { Err(Lacking(format!("peer: {one}"))) }
    }

    /// Who may write to this port of ours.
    fn writers(&self, how: Transport, port: u16) -> impl Iterator<Item = &Range> {
        self.peers.iter().filter_map(move |peer| match peer {
            Peer::Many(of, range, Some(number)) if *of == how && *number == port => Some(range),
            Peer::Many(..) | Peer::One(..) | Peer::Group(..) => None,
        })
    }

    /// May anybody write to this port of ours?
    pub fn receives(&self, how: Transport, port: u16) -> Result<(), Lacking> {
        match self.writers(how, port).next() {
            Some(_) => Ok(()),
            None => Err(Lacking(format!("peer: {} PREFIX/LENGTH {port}", how.word()))),
        }
    }

    /// May somebody of this address write to it?
    #[must_use]
    pub fn hears(&self, how: Transport, port: u16, from: IpAddr, subnets: &dyn Subnets) -> bool {
        self.writers(how, port).any(|range| range.has(from, subnets))
    }

    /// Ports of TCP that the courier binds: those on which streams are accepted, and whichever is free (0) for those that
    /// it opens from an address of its daemon's choice.
    #[must_use]
    pub fn tcp_ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.peers.iter().filter_map(Peer::listens).collect();
        ports.extend(self.tcp_peers().is_none_or(|peers| !peers.is_empty()).then_some(0));
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Ports of TCP that it connects to; none: any.
    #[must_use]
    pub fn tcp_peers(&self) -> Option<Vec<u16>> {
        let connected = |peer: &Peer| match peer {
            Peer::One(Transport::Tcp, to) => Some(Some(to.port())),
            Peer::Many(Transport::Tcp, _, port) => Some(*port),
            Peer::One(..) | Peer::Group(..) | Peer::Many(..) => None,
        };
        self.peers.iter().filter_map(connected).collect()
    }
}

impl Peer {
    fn listens(&self) -> Option<u16> {
        match self {
            Peer::Many(Transport::Listen, _, port) => *port,
            Peer::Many(..) | Peer::One(..) | Peer::Group(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interface with one subnet, in which we are 192.0.2.1.
    struct House;

    impl Subnets for House {
        fn neighbour(&self, interface: &str, address: IpAddr) -> bool {
            interface == "br0"
                && is_within(address, "192.0.2.0".parse().unwrap(), 24)
                && address != "192.0.2.1".parse::<IpAddr>().unwrap()
        }
    }

    fn grant(peers: &[&str]) -> Grant {
        let lines: String = peers.iter().map(|peer| format!("peer: {peer}\n")).collect();
        Grant::parse(&format!("role: access-point\n{lines}")).unwrap()
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn prefixes_are_compared_by_their_bits() {
        for (address, prefix, length, within) in [
            ("192.0.2.77", "192.0.2.0", 24, true),
            ("192.0.3.77", "192.0.2.0", 24, false),
            ("192.0.3.77", "192.0.2.0", 23, true),
            ("198.51.100.1", "0.0.0.0", 0, true),
            ("::ffff:192.0.2.77", "192.0.2.0", 24, true),
            ("2001:db8::1", "2001:db8::", 32, true),
            ("2001:db9::1", "2001:db8::", 32, false),
            ("192.0.2.1", "::", 0, false),
            ("192.0.2.1", "192.0.2.1", 32, true),
            ("192.0.2.0", "192.0.2.1", 32, false),
        ] {
            assert_eq!(is_within(ip(address), ip(prefix), length), within, "{address} {prefix}/{length}");
        }
    }

    #[test]
    fn datagrams_go_to_the_granted_server_and_port_only() {
        let grant = grant(&["udp 192.0.2.9:1812", "tcp 192.0.2.9:2083", "udp 198.51.100.0/24 3799"]);
        assert_eq!(grant.sends_to(at("192.0.2.9:1812")), Ok(()));
        for other in ["192.0.2.9:1813", "192.0.2.8:1812", "192.0.2.9:2083", "198.51.100.1:3799"] {
            assert_eq!(grant.sends_to(at(other)).unwrap_err().line(), format!("peer: udp {other}"));
        }
    }

    #[test]
    fn streams_go_to_granted_servers_and_to_neighbours_but_never_to_ourselves() {
        let grant = grant(&["tcp 203.0.113.1:2083", "tcp subnet br0 *", "tcp 198.51.100.0/24 80"]);
        for to in ["203.0.113.1:2083", "192.0.2.77:1", "192.0.2.77:65535", "198.51.100.200:80"] {
            assert_eq!(grant.connects(at(to), &House), Ok(()), "{to}");
        }
        for to in ["203.0.113.1:22", "192.0.2.1:49152", "127.0.0.1:631", "198.51.100.200:81", "[::1]:80"] {
            assert_eq!(grant.connects(at(to), &House).unwrap_err().line(), format!("peer: tcp {to}"));
        }
    }

    #[test]
    fn a_port_of_ours_hears_those_that_the_grant_names_for_it() {
        let grant = grant(&["udp 198.51.100.0/24 3799", "udp subnet br0 3799", "listen subnet br0 49152"]);
        assert_eq!(grant.receives(Transport::Udp, 3799), Ok(()));
        assert_eq!(grant.receives(Transport::Udp, 49152).unwrap_err().line(), "peer: udp PREFIX/LENGTH 49152");
        assert_eq!(grant.receives(Transport::Listen, 3799).unwrap_err().line(), "peer: listen PREFIX/LENGTH 3799");
        assert!(grant.hears(Transport::Udp, 3799, ip("198.51.100.7"), &House));
        assert!(grant.hears(Transport::Udp, 3799, ip("192.0.2.7"), &House));
        assert!(grant.hears(Transport::Listen, 49152, ip("::ffff:192.0.2.7"), &House));
        assert!(!grant.hears(Transport::Listen, 49152, ip("198.51.100.7"), &House));
        assert!(!grant.hears(Transport::Udp, 3799, ip("203.0.113.7"), &House));
    }

    #[test]
    fn ports_of_tcp_are_those_of_the_grant() {
        let narrow =
            grant(&["tcp 203.0.113.1:2083", "tcp 198.51.100.0/24 80", "listen subnet br0 49152", "udp [::1]:9"]);
        assert_eq!((narrow.tcp_ports(), narrow.tcp_peers()), (vec![0, 49152], Some(vec![2083, 80])));
        assert_eq!(grant(&["tcp subnet br0 *", "tcp 203.0.113.1:2083"]).tcp_peers(), None);
        assert_eq!(grant(&["udp 192.0.2.9:1812"]).tcp_peers(), Some(Vec::new()));
        assert_eq!(grant(&["listen subnet br0 49152"]).tcp_ports(), [49152]);
    }
}
