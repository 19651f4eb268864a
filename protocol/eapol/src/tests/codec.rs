//! EAPOL packets.

use wire::{MacAddr, Malformed};

use crate::pdu::{self, PAE_GROUP, PacketType, Pdu};
use crate::{PortKind, PortStatus};

#[test]
fn each_type_comes_back_as_it_was_written() {
    for ty in 0..=255 {
        let written = pdu::write(3, PacketType(ty), b"body").unwrap();
        assert_eq!(written, [3, ty, 0, 4, b'b', b'o', b'd', b'y']);
        let pdu = Pdu::parse(&written).unwrap();
        assert_eq!((pdu.version, pdu.ty, pdu.body, pdu.whole), (3, PacketType(ty), &b"body"[..], &written[..]));
    }
    assert!(pdu::write(2, PacketType::EAP, &[0; 65_536]).is_err());
}

/// IEEE Std 802.1X-2020 11.4.
#[test]
fn any_version_is_read_and_padding_is_passed_over() {
    for version in [0, 1, 2, 3, 4, 255] {
        let pdu = [version, 1, 0, 0, 0xde, 0xad];
        let start = Pdu::parse(&pdu).unwrap();
        assert_eq!((start.ty, start.body.len(), start.whole.len()), (PacketType::START, 0, 4));
    }
}

#[test]
fn a_truncated_packet_names_what_is_missing() {
    assert_eq!(Pdu::parse(&[]), Err(Malformed("EAPOL version")));
    assert_eq!(Pdu::parse(&[2]), Err(Malformed("EAPOL packet type")));
    assert_eq!(Pdu::parse(&[2, 0, 0]), Err(Malformed("EAPOL packet body length")));
}

#[test]
fn a_body_length_that_exceeds_the_frame_is_refused() {
    for length in 1..=u16::MAX {
        let [high, low] = length.to_be_bytes();
        assert_eq!(Pdu::parse(&[2, 0, high, low]), Err(Malformed("EAPOL packet body")));
    }
}

#[test]
fn packets_go_where_the_kind_of_port_says() {
    let other = MacAddr([2, 0, 0, 0, 0, 9]);
    assert_eq!((PortKind::Wired.ethertype(), PortKind::Wired.destination(other)), (0x888e, PAE_GROUP));
    assert_eq!((PortKind::Wireless.ethertype(), PortKind::Wireless.destination(other)), (0x888e, other));
    let ahead = PortKind::Preauthentication;
    assert_eq!((ahead.ethertype(), ahead.destination(other)), (0x88c7, other));
    assert_ne!(PortStatus::Unsecured, PortStatus::Authorized);
}
