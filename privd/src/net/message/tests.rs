use super::*;

fn message() -> Message {
    let inner = Attrs::new().u8(2, 5).bytes(1, b"key");
    Message::generic(0x1c, 11, Attrs::new().u32(3, 4).nest(80, &inner).flag(33))
}

#[test]
#[cfg(target_endian = "little")]
fn the_octets_of_a_message() {
    let expected = [
        52, 0, 0, 0, 0x1c, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, // header: REQUEST and ACK, sequence 9
        11, 0, 0, 0, // command
        8, 0, 3, 0, 4, 0, 0, 0, // u32
        20, 0, 80, 0x80, 5, 0, 2, 0, 5, 0, 0, 0, 7, 0, 1, 0, b'k', b'e', b'y', 0, // nest
        4, 0, 33, 0, // flag
    ];
    assert_eq!(message().encode(9).unwrap(), expected);
    let dump = message().dump().encode(9).unwrap();
    assert_eq!(dump[6..8], [1, 3]);
}

#[test]
fn what_was_built_is_read_back() {
    let bytes = message().encode(1).unwrap();
    let received = Messages(&bytes).next().unwrap();
    let (command, table) = received.generic().unwrap();
    assert_eq!((command, table.u32(3), table.has(33), table.has(34)), (11, Some(4), true, false));
    let inner = table.nested(80).unwrap();
    assert_eq!((inner.u8(2), inner.get(1)), (Some(5), Some(b"key".as_slice())));
    assert_eq!(inner.u32(1), None);
}

#[test]
fn what_does_not_fit_is_refused() {
    let long = vec![0; MAX_PAYLOAD + 1];
    assert_eq!(Message::generic(1, 1, Attrs::new().bytes(1, &long)).encode(1), Err(TooLong));
    assert!(Message::generic(1, 1, Attrs::new().bytes(1, &long[1..])).encode(1).is_ok());
    let nested = Attrs::new().nest(1, &Attrs::new().bytes(1, &long[1..]));
    assert_eq!(Message::generic(1, 1, nested).encode(1), Err(TooLong));
}

#[test]
fn no_length_leads_out_of_the_message() {
    let bytes = message().encode(1).unwrap();
    for cut in 0..bytes.len() {
        assert_eq!(Messages(&bytes[..cut]).count(), 0, "cut to {cut}");
    }
    for claim in [0u32, 1, 15, 53, 0xffff_fffd, u32::MAX] {
        let mut lying = bytes.clone();
        lying[..4].copy_from_slice(&claim.to_ne_bytes());
        assert_eq!(Messages(&lying).count(), 0, "claims {claim}");
    }
    // Messages that claim to be empty would go on for ever.
    let empty = [16u8, 0, 0, 0].repeat(12);
    assert!(Messages(&empty).count() <= 3);
}

#[test]
fn no_length_leads_out_of_the_attributes() {
    for claim in [0u16, 1, 3, 9, 0xfffd, 0xffff] {
        let mut bytes = vec![0, 0, 3, 0, 1, 2, 3, 4];
        bytes[..2].copy_from_slice(&claim.to_ne_bytes());
        assert_eq!(Table(&bytes).count(), 0, "claims {claim}");
    }
    // The last one may lack its padding.
    let table = Table(&[5, 0, 3, 0, 1]);
    assert_eq!(table.get(3), Some([1].as_slice()));
    // Shorter than what is asked for.
    assert_eq!(
        (table.u8(3), table.u16(3), table.u32(3), table.u64(3), table.mac(3)),
        (Some(1), None, None, None, None)
    );
}

#[test]
fn every_octet_may_be_anything() {
    let bytes = message().encode(1).unwrap();
    for position in 0..bytes.len() {
        for value in 0..=u8::MAX {
            let mut changed = bytes.clone();
            changed[position] = value;
            for received in Messages(&changed) {
                let _ = received.acknowledgement();
                let tables = received.generic().map(|(_, table)| table);
                let nested = tables.into_iter().flatten().map(|(_, inner)| Table(inner).count());
                assert!(nested.sum::<usize>() < bytes.len());
            }
        }
    }
}

fn error(flags: u16, errno: i32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(20 + rest.len()).unwrap().to_ne_bytes().to_vec();
    bytes.extend_from_slice(&NLMSG_ERROR.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&errno.to_ne_bytes());
    bytes.extend_from_slice(rest);
    bytes
}

#[test]
fn the_kernels_words() {
    let mut rest = 36u32.to_ne_bytes().to_vec();
    rest.extend_from_slice(&[0; 12]);
    let bytes = error(0, 0, &rest);
    let done = Messages(&bytes).next().unwrap().acknowledgement();
    assert_eq!(done, Some(Acknowledgement { errno: 0, text: String::new() }));
    let words = Attrs::new().string(NLMSGERR_ATTR_MSG, "not today");
    rest.extend_from_slice(&words.bytes);
    let capped = error(NLM_F_CAPPED | NLM_F_ACK_TLVS, -22, &rest);
    let refused = Messages(&capped).next().unwrap().acknowledgement();
    assert_eq!(refused, Some(Acknowledgement { errno: 22, text: String::from("not today") }));
    // Uncapped, but the request that it claims to repeat is not there.
    let bytes = error(NLM_F_ACK_TLVS, i32::MIN, &rest);
    let refused = Messages(&bytes).next().unwrap().acknowledgement().unwrap();
    assert_eq!(refused, Acknowledgement { errno: i32::MAX, text: String::new() });
}
