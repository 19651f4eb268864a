//! The examples of the RFCs.

use super::hex;
use crate::attribute::Attributes;
use crate::hidden::{chap_response, hide_password, reveal_password};
use crate::{
    AttributeWriter, Code, Demand, Discard, Raw, SharedSecret, Type, verify_reply, verify_request, write_request,
};

fn secret() -> SharedSecret {
    SharedSecret::new(*b"xyzzy5461").unwrap()
}

/// RFC 2865 7.1.
const TELNET_REQUEST: &str = "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a
    01 06 6e 65 6d 6f 02 12 0d be 70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03";
const TELNET_ACCEPT: &str = "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2
    06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03";

#[test]
fn rfc_2865_7_1_password_and_response_authenticator() {
    let bytes = hex(TELNET_REQUEST);
    let request = verify_request(Raw::parse(&bytes).unwrap(), &secret(), Demand::IfPresent).unwrap();
    let authenticator = request.packet().authenticator;
    let attributes = request.attributes();
    assert_eq!(attributes.first(Type::USER_NAME), Some(&b"nemo"[..]));
    assert_eq!(attributes.ipv4(Type::NAS_IP_ADDRESS).unwrap().octets(), [192, 168, 1, 16]);
    let hidden = attributes.first(Type::USER_PASSWORD).unwrap();
    assert_eq!(reveal_password(&secret(), &authenticator, hidden).unwrap().as_bytes(), b"arctangent");
    assert_eq!(hide_password(&secret(), &authenticator, b"arctangent").unwrap(), hidden);

    let bytes = hex(TELNET_ACCEPT);
    let reply = verify_reply(Raw::parse(&bytes).unwrap(), &secret(), &authenticator, Demand::IfPresent).unwrap();
    assert_eq!(reply.packet().code, Code::ACCESS_ACCEPT);
    assert_eq!(reply.attributes().u32(Type::SERVICE_TYPE), Some(1));
}

/// CVE-2024-3596: the reply of RFC 2865 7.1 is right for MD5 and has no Message-Authenticator.
#[test]
fn cve_2024_3596_a_reply_without_message_authenticator_is_refused_where_it_is_required() {
    let bytes = hex(TELNET_ACCEPT);
    let request: [u8; 16] = hex(TELNET_REQUEST)[4..20].try_into().unwrap();
    let reply = verify_reply(Raw::parse(&bytes).unwrap(), &secret(), &request, Demand::Required);
    assert_eq!(reply, Err(Discard::NoMessageAuthenticator));
}

#[test]
fn rfc_2865_7_2_chap_and_response_authenticator() {
    let bytes = hex("01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79
        03 13 16 e9 75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14
        06 06 00 00 00 02 07 06 00 00 00 01");
    let request = Raw::parse(&bytes).unwrap();
    let (identifier, response) = request.attributes.first(Type::CHAP_PASSWORD).unwrap().split_first().unwrap();
    assert_eq!(chap_response(*identifier, b"arctangent", &request.authenticator), response);
    let accept = hex("02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01
        08 06 ff ff ff fe 0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc");
    let raw = Raw::parse(&accept).unwrap();
    assert!(verify_reply(raw, &secret(), &request.authenticator, Demand::IfPresent).is_ok());
}

/// RFC 5997 6.1: HMAC-MD5 of a Message-Authenticator.
#[test]
fn rfc_5997_6_1_status_server_is_verified_and_written_octet_for_octet() {
    let bytes = hex("0c da 00 26 8a 54 f4 68 6f b3 94 c5 28 66 e3 02 18 5d 06 23
        50 12 5a 66 5e 2e 1e 84 11 f3 e2 43 82 20 97 c8 4f a3");
    let raw = Raw::parse(&bytes).unwrap();
    let authenticator = raw.authenticator;
    verify_request(raw, &secret(), Demand::Required).unwrap();
    let (written, nonce) =
        write_request(Code::STATUS_SERVER, 0xda, &authenticator, &AttributeWriter::new(), &secret()).unwrap();
    assert_eq!((written, nonce), (bytes, authenticator));
    let reply = hex("02 da 00 14 ef 0d 55 2a 4b f2 d6 93 ec 2b 6f e8 b5 41 1d 66");
    verify_reply(Raw::parse(&reply).unwrap(), &secret(), &authenticator, Demand::IfPresent).unwrap();
}

/// RFC 5997 6.2.
#[test]
fn rfc_5997_6_2_status_server_to_the_accounting_port() {
    let bytes = hex("0c b3 00 26 92 5f 6b 66 dd 5f ed 57 1f cb 1d b7 ad 38 82 60
        50 12 e8 d6 ea bd a9 10 87 5c d9 1f da de 26 36 78 58");
    verify_request(Raw::parse(&bytes).unwrap(), &secret(), Demand::Required).unwrap();
}

#[test]
fn attributes_of_a_vendor_are_found_inside() {
    let bytes = hex("1a 0d 00 00 01 37 10 03 aa 11 04 bb cc");
    let attributes = Attributes::check(&bytes).unwrap();
    assert_eq!(attributes.vendor(311, 16).next(), Some(&[0xaa][..]));
    assert_eq!(attributes.vendor(311, 17).next(), Some(&[0xbb, 0xcc][..]));
    assert_eq!(attributes.vendor(312, 17).next(), None);
}
