//! Lengths, authenticators and hidden values.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Rng as _;
use crypto::testing::TestRng;
use wire::Malformed;

use super::hex;
use crate::attribute::Attributes;
use crate::hidden::{
    hide_password, hide_salted, reveal_password, reveal_salted, tunnel_passwords, write_tunnel_password,
};
use crate::operator::{Namespace, operator_name, write_operator_name};
use crate::stream::Framer;
use crate::vlan::Vlans;
use crate::{
    AttributeWriter, Code, Demand, Discard, MppeKeys, Raw, SetupError, SharedSecret, Type, verify_reply,
    verify_request, write_reply, write_request,
};

fn secret() -> SharedSecret {
    SharedSecret::new(*b"secret").unwrap()
}

fn access_request(fill: impl FnOnce(&mut AttributeWriter)) -> Vec<u8> {
    let mut attributes = AttributeWriter::new();
    fill(&mut attributes);
    write_request(Code::ACCESS_REQUEST, 7, &[9; 16], &attributes, &secret()).unwrap().0
}

#[test]
fn a_length_that_lies_is_refused_and_padding_is_passed_over() {
    let good = access_request(|w| {
        w.put(Type::USER_NAME, b"alice");
    });
    let mut padded = good.clone();
    padded.extend([0; 9]);
    assert_eq!(Raw::parse(&padded).unwrap().bytes(), &good);
    for cut in 0..good.len() {
        assert!(Raw::parse(&good[..cut]).is_err(), "{cut} octets");
    }
    for length in [0u16, 19, 4097, u16::MAX] {
        let mut bytes = vec![0; 5000];
        bytes[..good.len()].copy_from_slice(&good);
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Raw::parse(&bytes), Err(Malformed("RADIUS length")), "{length}");
    }
}

#[test]
fn an_attribute_whose_length_is_less_than_two_or_runs_past_the_end_is_refused() {
    for attributes in [&[1, 0][..], &[1, 1], &[1, 3], &[1], &[1, 2, 5], &[1, 4, 0, 0, 80, 255]] {
        assert!(Attributes::check(attributes).is_err(), "{attributes:?}");
    }
    assert_eq!(Attributes::check(&[1, 2, 4, 3, 9]).unwrap().count(), 2);
}

/// Attack 2026-5: an attribute of type 80 that is shorter than its value must be.
#[test]
fn attack_2026_5_a_message_authenticator_that_is_not_18_octets_long_is_refused() {
    let good = access_request(|_| {});
    for length in [2u8, 3, 17] {
        let mut bytes = good.clone();
        bytes.truncate(20 + usize::from(length));
        bytes[21] = length;
        let total = u16::try_from(bytes.len()).unwrap();
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        assert_eq!(Raw::parse(&bytes), Err(Malformed("Message-Authenticator length")), "{length}");
    }
    let mut twice = good.clone();
    twice.extend_from_slice(&good[20..38]);
    let total = u16::try_from(twice.len()).unwrap();
    twice[2..4].copy_from_slice(&total.to_be_bytes());
    assert_eq!(Raw::parse(&twice), Err(Malformed("second Message-Authenticator")));
}

#[test]
fn message_authenticator_is_the_first_attribute_of_each_packet() {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::USER_NAME, b"alice");
    for code in [
        Code::ACCESS_REQUEST,
        Code::STATUS_SERVER,
        Code::ACCOUNTING_REQUEST,
        Code::DISCONNECT_REQUEST,
        Code::COA_REQUEST,
    ] {
        let (bytes, authenticator) = write_request(code, 1, &[3; 16], &attributes, &secret()).unwrap();
        let raw = Raw::parse(&bytes).unwrap();
        let mut first = raw.attributes;
        assert_eq!(first.next().unwrap().ty, Type::MESSAGE_AUTHENTICATOR, "{code}");
        assert_eq!(raw.authenticator, authenticator);
        verify_request(raw, &secret(), Demand::Required).unwrap();
        let other = SharedSecret::new(*b"Secret").unwrap();
        assert!(verify_request(raw, &other, Demand::IfPresent).is_err(), "{code}");
    }
    for code in [Code::ACCESS_ACCEPT, Code::ACCESS_REJECT, Code::ACCESS_CHALLENGE, Code::ACCOUNTING_RESPONSE] {
        let bytes = write_reply(code, 1, &[3; 16], &attributes, &secret()).unwrap();
        let raw = Raw::parse(&bytes).unwrap();
        let mut first = raw.attributes;
        assert_eq!(first.next().unwrap().ty, Type::MESSAGE_AUTHENTICATOR, "{code}");
        verify_reply(raw, &secret(), &[3; 16], Demand::Required).unwrap();
        assert!(verify_reply(raw, &secret(), &[4; 16], Demand::IfPresent).is_err(), "{code}");
    }
}

#[test]
fn each_changed_bit_of_a_packet_is_noticed() {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::USER_NAME, b"alice").eap(&[2, 1, 0, 4]);
    let (request, authenticator) = write_request(Code::ACCESS_REQUEST, 1, &[3; 16], &attributes, &secret()).unwrap();
    let reply = write_reply(Code::ACCESS_ACCEPT, 1, &authenticator, &attributes, &secret()).unwrap();
    for bit in 0..request.len() * 8 {
        let mut changed = request.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let verdict = Raw::parse(&changed).ok().and_then(|raw| verify_request(raw, &secret(), Demand::Required).ok());
        assert_eq!(verdict, None, "bit {bit} of the request");
    }
    for bit in 0..reply.len() * 8 {
        let mut changed = reply.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let verdict = Raw::parse(&changed)
            .ok()
            .and_then(|raw| verify_reply(raw, &secret(), &authenticator, Demand::Required).ok());
        assert_eq!(verdict, None, "bit {bit} of the reply");
    }
}

#[test]
fn eap_without_message_authenticator_is_refused_even_of_old_peers() {
    // An Access-Request that carries EAP and no Message-Authenticator (RFC 3579 3.1).
    let mut bytes = hex("01 01 00 1a 00000000000000000000000000000000");
    bytes.extend([79, 6, 2, 1, 0, 4]);
    let raw = Raw::parse(&bytes).unwrap();
    assert_eq!(verify_request(raw, &secret(), Demand::IfPresent), Err(Discard::NoMessageAuthenticator));
}

#[test]
fn long_eap_packets_are_cut_and_put_together() {
    for length in [4usize, 252, 253, 254, 506, 507, 3000] {
        let packet: Vec<u8> = (0..length).map(|octet| octet as u8).collect();
        let bytes = access_request(|w| {
            w.eap(&packet);
        });
        let raw = Raw::parse(&bytes).unwrap();
        assert_eq!(raw.attributes.eap().as_deref(), Some(&packet[..]));
        assert_eq!(raw.attributes.all(Type::EAP_MESSAGE).count(), length.div_ceil(253));
    }
    let bytes = access_request(|w| {
        w.eap(&[]);
    });
    assert_eq!(Raw::parse(&bytes).unwrap().attributes.eap(), Some(Vec::new()));
}

#[test]
fn what_does_not_fit_is_an_error_and_not_cut() {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::CLASS, &[0; 254]);
    assert_eq!(
        write_reply(Code::ACCESS_ACCEPT, 1, &[0; 16], &attributes, &secret()),
        Err(SetupError::TooLong),
        "an attribute"
    );
    let mut attributes = AttributeWriter::new();
    attributes.eap(&[0; 4096]);
    assert_eq!(
        write_reply(Code::ACCESS_ACCEPT, 1, &[0; 16], &attributes, &secret()),
        Err(SetupError::TooLong),
        "a packet"
    );
    let mut attributes = AttributeWriter::new();
    attributes.vendor(311, 16, &[0; 250]);
    assert!(attributes.finish().is_err());
}

#[test]
fn hidden_values_come_back_and_lengths_that_cannot_be_do_not() {
    let mut rng = TestRng::new(1);
    for length in 0..=128 {
        let mut password = vec![0; length];
        rng.fill(&mut password);
        if let Some(last) = password.last_mut() {
            *last |= 1;
        }
        let hidden = hide_password(&secret(), &[5; 16], &password).unwrap();
        assert_eq!(hidden.len(), length.next_multiple_of(16).max(16));
        assert_eq!(reveal_password(&secret(), &[5; 16], &hidden).unwrap().as_bytes(), password);
    }
    assert_eq!(hide_password(&secret(), &[5; 16], &[1; 129]), Err(SetupError::Password));
    for length in [0, 1, 15, 17, 144] {
        assert_eq!(reveal_password(&secret(), &[5; 16], &vec![0; length]), None, "{length}");
    }
    for length in 0..=239 {
        let value = vec![0xa5; length];
        let hidden = hide_salted(&secret(), &[5; 16], [1, 2], &value).unwrap();
        assert_eq!(hidden[0], 0x81, "the highest bit of a salt is set");
        assert_eq!(reveal_salted(&secret(), &[5; 16], &hidden).unwrap().as_bytes(), value);
        assert_ne!(
            reveal_salted(&secret(), &[6; 16], &hidden).as_ref().map(crypto::Secret::as_bytes),
            Some(&value[..])
        );
    }
    assert!(hide_salted(&secret(), &[5; 16], [1, 2], &[0; 240]).is_err());
    for length in [0, 1, 2, 3, 17, 19] {
        assert_eq!(reveal_salted(&secret(), &[5; 16], &vec![0; length]), None, "{length}");
    }
}

#[test]
fn the_keys_of_an_msk_come_back_with_salts_that_differ() {
    let msk: Vec<u8> = (0..64).collect();
    let mut attributes = AttributeWriter::new();
    MppeKeys::of_msk(&msk).write(&mut attributes, &secret(), &[5; 16], [7; 4]).unwrap();
    let salts: Vec<&[u8]> =
        [16, 17].into_iter().map(|ty| &attributes.attributes().vendor(311, ty).next().unwrap()[..2]).collect();
    assert_ne!(salts[0], salts[1]);
    let read = MppeKeys::read(attributes.attributes(), &secret(), &[5; 16]).unwrap();
    assert_eq!(read.msk().as_bytes(), msk);
    assert_eq!(read.recv.as_bytes(), &msk[..32]);
}

#[test]
fn tunnel_passwords_come_back_with_their_tags() {
    let mut attributes = AttributeWriter::new();
    write_tunnel_password(&mut attributes, &secret(), &[5; 16], [1, 1], 1, b"first password").unwrap();
    write_tunnel_password(&mut attributes, &secret(), &[5; 16], [1, 2], 2, b"second password").unwrap();
    attributes.put(Type::TUNNEL_PASSWORD, &[1, 2, 3]);
    let all: Vec<(u8, Vec<u8>)> = tunnel_passwords(attributes.attributes(), &secret(), &[5; 16])
        .map(|(tag, password)| (tag, password.as_bytes().to_vec()))
        .collect();
    assert_eq!(all, [(1, b"first password".to_vec()), (2, b"second password".to_vec())]);
}

#[test]
fn vlans_are_read_as_they_were_written() {
    let vlans = Vlans {
        untagged: Some(12),
        tagged: [3, 4094].into(),
        named: [(true, String::from("guests")), (false, String::from("staff"))].into(),
    };
    let mut attributes = AttributeWriter::new();
    vlans.write(&mut attributes);
    assert_eq!(Vlans::read(attributes.attributes()), vlans);
}

#[test]
fn a_tunnel_is_a_vlan_only_with_the_right_type_medium_and_group() {
    let read = |text: &str| Vlans::read(Attributes::check(&hex(text)).unwrap()).untagged;
    // Tag 1, VLAN, 802, "7"; tag 0 without a type.
    assert_eq!(read("40 06 01 00000d 41 06 01 000006 51 04 01 37"), Some(7));
    assert_eq!(read("41 06 00 000006 51 03 37"), None);
    assert_eq!(read("40 06 00 000003 41 06 00 000006 51 03 37"), None);
    // Zero, 4095, no number, nothing.
    for group in ["51 03 30", "51 06 34 30 39 35", "51 03 78", "51 02"] {
        let text = alloc::format!("40 06 00 00000d 41 06 00 000006 {group}");
        assert_eq!(read(&text), None, "{group}");
    }
    // The lowest tag comes first, whatever their order.
    assert_eq!(
        read("40 06 02 00000d 41 06 02 000006 51 04 02 38 40 06 01 00000d 41 06 01 000006 51 04 01 37"),
        Some(7)
    );
}

#[test]
fn operator_names_come_back() {
    let mut attributes = AttributeWriter::new();
    write_operator_name(&mut attributes, Namespace::REALM, b"example.com");
    assert_eq!(operator_name(attributes.attributes()), Some((Namespace::REALM, &b"example.com"[..])));
    assert_eq!(operator_name(Attributes::check(&[126, 3, b'1']).unwrap()), None);
}

#[test]
fn extended_attributes_are_put_together() {
    let bytes = hex("f1 04 01 aa  f5 05 01 80 bb  f5 05 01 00 cc  f5 05 02 80 dd");
    let attributes = Attributes::check(&bytes).unwrap();
    assert_eq!(attributes.extended(Type::EXTENDED_TYPE_1, 1), Some(vec![0xaa]));
    assert_eq!(attributes.extended(Type::EXTENDED_TYPE_5, 1), Some(vec![0xbb, 0xcc]));
    assert_eq!(attributes.extended(Type::EXTENDED_TYPE_5, 2), None);
}

#[test]
fn a_stream_is_cut_into_packets_wherever_it_is_cut_on_its_way() {
    let packets: Vec<Vec<u8>> = (0..5u8)
        .map(|id| {
            let mut attributes = AttributeWriter::new();
            attributes.eap(&vec![id; 300 * usize::from(id)]);
            write_reply(Code::ACCESS_CHALLENGE, id, &[0; 16], &attributes, &secret()).unwrap()
        })
        .collect();
    let stream = packets.concat();
    for size in [1, 2, 3, 19, 20, 21, 100, 4096, stream.len()] {
        let mut framer = Framer::new();
        let mut found = Vec::new();
        for part in stream.chunks(size) {
            framer.push(part, |packet| found.push(packet.to_vec())).unwrap();
        }
        assert_eq!(found, packets, "in parts of {size}");
    }
}

#[test]
fn a_stream_with_an_impossible_length_ends_and_stays_ended() {
    for length in [0u16, 19, 4097, u16::MAX] {
        let mut framer = Framer::new();
        let [high, low] = length.to_be_bytes();
        assert!(framer.push(&[1, 1, high, low, 0], |_| panic!("a packet")).is_err());
        assert!(framer.push(&[0; 30], |_| panic!("a packet")).is_err());
    }
}
