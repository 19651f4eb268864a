//! Links: names, flags, addresses, bridges, operational state.

use ipc_proto::OperState;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifa, Ifla, IflaInfo, Rtm};
use wire::MacAddr;

use super::message::{Attrs, Message, Received, Table};

/// Multicast group of links.
pub(super) const GROUP_LINK: u32 = 1;

const IFF_UP: u32 = 1;
const IFF_LOWER_UP: u32 = 0x1_0000;
const AF_UNSPEC: u8 = 0;
const AF_INET: u8 = 2;
const LINK_MODE_DEFAULT: u8 = 0;
const LINK_MODE_DORMANT: u8 = 1;
const OPERSTATE_DORMANT: u8 = 5;
const OPERSTATE_UP: u8 = 6;
/// Longest name of an interface (IFNAMSIZ without its NUL).
const NAME_LENGTH: usize = 15;

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) up: bool,
    pub(super) carrier: bool,
    pub(super) addr: MacAddr,
    /// What the device was made with, where the kernel says it.
    pub(super) permanent: Option<MacAddr>,
    pub(super) master: Option<u32>,
    pub(super) bridge: bool,
}

/// What a message says of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkNews {
    Present(u32, Link),
    Gone(u32),
}

fn number(kind: Rtm) -> u16 {
    kind.into()
}

fn attribute(kind: Ifla) -> u16 {
    kind.into()
}

fn message(kind: Rtm, more: NlmF, ifindex: u32, flags: u32, change: u32, attrs: Attrs) -> Message {
    let mut header = vec![AF_UNSPEC, 0, 0, 0];
    header.extend_from_slice(&ifindex.to_ne_bytes());
    header.extend_from_slice(&flags.to_ne_bytes());
    header.extend_from_slice(&change.to_ne_bytes());
    Message::plain(number(kind), more, header, attrs)
}

/// All links.
pub(super) fn list() -> Message {
    message(Rtm::Getlink, NlmF::empty(), 0, 0, 0, Attrs::new()).dump()
}

/// Up or down.
pub(super) fn set_up(ifindex: u32, up: bool) -> Message {
    message(Rtm::Newlink, NlmF::empty(), ifindex, if up { IFF_UP } else { 0 }, IFF_UP, Attrs::new())
}

/// Operational state, and whether we or the kernel decide on it.
pub(super) fn set_operstate(ifindex: u32, state: Option<OperState>) -> Message {
    let (mode, state) = match state {
        Some(OperState::Dormant) => (LINK_MODE_DORMANT, OPERSTATE_DORMANT),
        Some(OperState::Up) => (LINK_MODE_DORMANT, OPERSTATE_UP),
        None => (LINK_MODE_DEFAULT, OPERSTATE_UP),
    };
    let attrs = Attrs::new().u8(attribute(Ifla::Linkmode), mode).u8(attribute(Ifla::Operstate), state);
    message(Rtm::Setlink, NlmF::empty(), ifindex, 0, 0, attrs)
}

/// MAC address.
pub(super) fn set_address(ifindex: u32, addr: MacAddr) -> Message {
    let attrs = Attrs::new().mac(attribute(Ifla::Address), addr);
    message(Rtm::Setlink, NlmF::empty(), ifindex, 0, 0, attrs)
}

/// Bridge to be a member of; 0: none.
pub(super) fn set_master(ifindex: u32, bridge: u32) -> Message {
    let attrs = Attrs::new().u32(attribute(Ifla::Master), bridge);
    message(Rtm::Setlink, NlmF::empty(), ifindex, 0, 0, attrs)
}

/// A new bridge, which is up.
pub(super) fn add_bridge(name: &str) -> Message {
    let info = Attrs::new().bytes(u16::from(IflaInfo::Kind), b"bridge");
    let attrs = Attrs::new().string(attribute(Ifla::Ifname), name).nest(attribute(Ifla::Linkinfo), &info);
    message(Rtm::Newlink, NlmF::CREATE | NlmF::EXCL, 0, IFF_UP, IFF_UP, attrs)
}

/// All IPv4 addresses.
pub(super) fn addresses() -> Message {
    Message::plain(number(Rtm::Getaddr), NlmF::empty(), vec![AF_INET, 0, 0, 0, 0, 0, 0, 0], Attrs::new()).dump()
}

/// Reads an IPv4 address, and of which link it is.
pub(super) fn address(message: &Received<'_>) -> Option<(u32, [u8; 4])> {
    if message.kind != number(Rtm::Newaddr) {
        return None;
    }
    let (header, rest) = message.payload.split_first_chunk::<8>()?;
    let [AF_INET, _, _, _, i0, i1, i2, i3] = *header else { return None };
    let table = Table(rest);
    let octets = table.get(u16::from(Ifa::Local)).or_else(|| table.get(u16::from(Ifa::Address)))?;
    Some((u32::from_ne_bytes([i0, i1, i2, i3]), *octets.first_chunk()?))
}

/// Removes a link.
pub(super) fn remove(ifindex: u32) -> Message {
    message(Rtm::Dellink, NlmF::empty(), ifindex, 0, 0, Attrs::new())
}

/// Whether the kernel would take a name, and it is none of its special ones.
pub(super) fn good_name(name: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'/' | b':' | b'%');
    !name.is_empty() && name.len() <= NAME_LENGTH && name != "." && name != ".." && name.bytes().all(plain)
}

/// Reads an announcement. `None`: it is about something else.
pub(super) fn decode(message: &Received<'_>) -> Option<LinkNews> {
    let present = message.kind == number(Rtm::Newlink);
    if !present && message.kind != number(Rtm::Dellink) {
        return None;
    }
    let (header, rest) = message.payload.split_first_chunk::<16>()?;
    // Announcements of a bridge about its ports look the same but for the family.
    let [AF_UNSPEC, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *header else { return None };
    let ifindex = u32::from_ne_bytes([i0, i1, i2, i3]);
    let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
    if !present {
        return Some(LinkNews::Gone(ifindex));
    }
    let table = Table(rest);
    if table.has(attribute(Ifla::Wireless)) {
        // An event of the wireless extensions in a link's clothes; it does not describe the link.
        return None;
    }
    let kind = table.nested(attribute(Ifla::Linkinfo)).and_then(|info| info.string(u16::from(IflaInfo::Kind)));
    let link = Link {
        name: table.string(attribute(Ifla::Ifname))?,
        up: flags & IFF_UP != 0,
        carrier: flags & IFF_LOWER_UP != 0,
        addr: table.mac(attribute(Ifla::Address)).unwrap_or_default(),
        permanent: table.mac(attribute(Ifla::PermAddress)),
        master: table.u32(attribute(Ifla::Master)).filter(|master| *master != 0),
        bridge: kind.as_deref() == Some("bridge"),
    };
    Some(LinkNews::Present(ifindex, link))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::message::Messages;

    /// What the kernel would say of link 7.
    fn announcement(family: u8, attrs: Attrs) -> Vec<u8> {
        let mut header = vec![family, 0, 1, 0];
        header.extend_from_slice(&7u32.to_ne_bytes());
        header.extend_from_slice(&(IFF_UP | IFF_LOWER_UP).to_ne_bytes());
        header.extend_from_slice(&[0; 4]);
        Message::plain(number(Rtm::Newlink), NlmF::empty(), header, attrs).encode(0).unwrap()
    }

    fn attrs() -> Attrs {
        Attrs::new().string(attribute(Ifla::Ifname), "wlan0").mac(attribute(Ifla::Address), MacAddr([2, 0, 0, 0, 0, 1]))
    }

    #[test]
    fn a_link_is_read() {
        let bytes = announcement(0, attrs());
        let Some(LinkNews::Present(7, link)) = decode(&Messages(&bytes).next().unwrap()) else { panic!("no link") };
        assert_eq!(link.name, "wlan0");
        assert!(link.up && link.carrier && !link.bridge);
        assert_eq!(link.addr, MacAddr([2, 0, 0, 0, 0, 1]));
    }

    #[test]
    fn what_only_looks_like_a_link_is_not_one() {
        let of_a_bridge = announcement(7, attrs());
        assert_eq!(decode(&Messages(&of_a_bridge).next().unwrap()), None);
        let wireless = announcement(0, attrs().bytes(attribute(Ifla::Wireless), &[0; 8]));
        assert_eq!(decode(&Messages(&wireless).next().unwrap()), None);
    }

    #[test]
    fn names() {
        assert!(good_name("wlan0.1"));
        for bad in ["", ".", "..", "a/b", "a b", "a:b", "sixteen-octets-x", "br%d"] {
            assert!(!good_name(bad), "{bad}");
        }
    }
}
