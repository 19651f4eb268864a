//! Packets, Naks and fragments.

use alloc::vec;
use alloc::vec::Vec;

use crate::fragment::{Assembler, Fragmenter, TlsFrame};
use crate::packet::{self, Code, Packet};
use crate::{MethodType, Nak};

fn request(bytes: &[u8]) -> packet::Body<'_> {
    match Packet::parse(bytes) {
        Ok(Packet::Request(body) | Packet::Response(body)) => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn padding_of_the_link_is_no_part_of_a_packet() {
    let body = request(&[1, 7, 0, 7, 4, 1, 9, 0, 0, 0]);
    assert_eq!((body.identifier, body.method, body.data), (7, MethodType::MD5, &[1, 9][..]));
}

#[test]
fn lengths_that_lie_are_refused() {
    for bytes in
        [&[][..], &[1], &[1, 0, 0], &[1, 0, 0, 3], &[1, 0, 0, 4], &[1, 0, 0, 6, 4], &[3, 0, 0, 5, 0], &[3, 0, 0, 3, 0]]
    {
        assert!(Packet::parse(bytes).is_err(), "{bytes:?}");
    }
    assert!(Packet::parse(&[7, 0, 0, 4]).is_err(), "no such code");
    assert!(Packet::parse(&[1, 0, 0, 8, 254, 0, 0, 0]).is_err(), "an expanded type that is cut off");
}

#[test]
fn types_come_back_as_they_were_written_in_both_forms() {
    for (method, expanded, octets) in
        [(MethodType::MD5, false, 5), (MethodType::MD5, true, 12), (MethodType::WSC, false, 12)]
    {
        let bytes = packet::write_body(Code::Response, 9, method, expanded, b"data").unwrap();
        assert_eq!(bytes.len(), octets + 4);
        let body = request(&bytes);
        assert_eq!((body.method, body.expanded, body.data), (method, octets == 12, &b"data"[..]));
    }
}

#[test]
fn a_nak_names_every_wish_in_the_form_of_the_request() {
    let wishes = [MethodType::PEAP, MethodType::WSC, MethodType::TLS];
    let short = packet::write_body(Code::Request, 1, MethodType::MD5, false, &[]).unwrap();
    let bytes = Nak::answer(&request(&short), &wishes).unwrap();
    assert_eq!(bytes, [2, 1, 0, 8, 3, 25, 254, 13]);
    let nak = Nak::parse(&request(&bytes)).unwrap();
    assert_eq!((nak.wanted, nak.any_expanded), (vec![MethodType::PEAP, MethodType::TLS], true));
    let long = packet::write_body(Code::Request, 1, MethodType::MD5, true, &[]).unwrap();
    let bytes = Nak::answer(&request(&long), &wishes).unwrap();
    assert_eq!(bytes.len(), 12 + 3 * 8);
    assert_eq!(Nak::parse(&request(&bytes)).unwrap().wanted, wishes);
    let none = Nak::answer(&request(&short), &[]).unwrap();
    assert_eq!(none, [2, 1, 0, 6, 3, 0]);
    assert!(Nak::parse(&request(&[2, 1, 0, 5, 3])).is_err());
    assert!(Nak::parse(&request(&[2, 1, 0, 13, 254, 0, 0, 0, 0, 0, 0, 3, 13])).is_err());
}

#[test]
fn every_length_and_room_puts_the_same_message_together() {
    for length in [0usize, 1, 9, 10, 11, 100, 1000] {
        let message: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for room in [0, 1, 10, 999, 1000, 5000] {
            let (mut fragmenter, mut assembler) = (Fragmenter::new(message.clone()), Assembler::new(1000));
            let whole = loop {
                let piece = fragmenter.next_piece(room);
                let data = TlsFrame {
                    total: piece.total.map(|total| u32::try_from(total).unwrap()),
                    more: piece.more,
                    start: false,
                    rest: 0,
                    data: piece.data,
                }
                .write();
                let frame = TlsFrame::parse(&data).unwrap();
                let total = frame.total.map(|total| usize::try_from(total).unwrap());
                match assembler.push(total, frame.more, frame.data).unwrap() {
                    Some(whole) => break whole,
                    None => assert!(assembler.is_waiting()),
                }
            };
            assert_eq!(whole, message);
            assert!(fragmenter.is_done() && !assembler.is_waiting());
        }
    }
}

/// Advisory 2012-1 (CVE-2012-4445), 2015-4 and 2019-5 are of this kind.
#[test]
fn fragments_that_do_not_make_their_message_end_it() {
    type Pushes<'a> = &'a [(Option<usize>, bool, &'a [u8])];
    let wrong: [Pushes<'_>; 8] = [
        &[(None, true, b"no length")],
        &[(Some(4), true, b"more")],
        &[(Some(4), true, b"mo"), (None, false, b"re!")],
        &[(Some(9), true, b"mo"), (None, false, b"re")],
        &[(Some(9), true, b"mo"), (Some(4), false, b"re")],
        &[(Some(9), true, b"mo"), (None, true, b"")],
        &[(Some(2000), true, b"mo")],
        &[(Some(2), false, b"three")],
    ];
    for pushes in &wrong[..] {
        let mut assembler = Assembler::new(1000);
        let outcome: Result<Vec<_>, _> =
            pushes.iter().map(|(total, more, data)| assembler.push(*total, *more, data)).collect();
        let is_second = pushes == &wrong[1];
        assert_eq!(outcome.is_err(), !is_second, "{pushes:?}: {outcome:?}");
        if is_second {
            assert!(assembler.push(None, true, b"!").is_err(), "beyond its length");
        }
    }
    let too_long = vec![0; 1001];
    assert!(Assembler::new(1000).push(None, false, &too_long).is_err());
}

#[test]
fn names_of_methods_are_those_of_configuration_files() {
    assert_eq!(MethodType::from_name("mschapv2"), Some(MethodType::MSCHAPV2));
    assert_eq!(MethodType::from_name("AKA'"), Some(MethodType::AKA_PRIME));
    assert_eq!(MethodType::from_name("nothing"), None);
    assert_eq!(alloc::format!("{}", MethodType { vendor: 9, number: 3 }), "vendor 9 type 3");
    assert!(MethodType::TLS.makes_keys() && !MethodType::GTC.makes_keys() && !MethodType::NAK.makes_keys());
}
