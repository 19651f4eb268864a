//! PEAP, versions 0 ([MS-PEAP]) and 1 (draft-josefsson-pppext-eap-tls-eap-05): EAP inside of TLS.
//!
//! Version 0 leaves the headers of inner packets away and ends with TLVs, which bind the two conversations together;
//! version 1 ends with an inner Success.

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use crate::MethodType;
use crate::packet::{self, Code, Packet};

mod binding;
mod peer;
mod server;

pub use peer::PeapPeer;
pub(crate) use peer::peer;
pub use server::PeapServer;

/// The type of the packets that carry TLVs.
const EXTENSIONS: MethodType = MethodType::ietf(33);
/// The bits of the flags that give the version.
const VERSION: u8 = 0x07;
const LABEL: &str = "client EAP encryption";

/// The end of a tunnel, in version 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Success,
    Failure,
}

/// What a packet of TLVs says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tlvs {
    outcome: Option<Outcome>,
    /// The whole TLV.
    binding: Option<[u8; binding::LENGTH]>,
}

const MANDATORY: u16 = 0x8000;
const RESULT: u16 = 3;
const CRYPTO_BINDING: u16 = 12;

impl Tlvs {
    fn parse(data: &[u8]) -> Result<Tlvs, Malformed> {
        let mut reader = Reader::new(data);
        let mut tlvs = Tlvs::default();
        while !reader.is_empty() {
            let start = reader.peek_rest();
            let kind = reader.u16_be("PEAP TLV type")?;
            let length = usize::from(reader.u16_be("PEAP TLV length")?);
            let mut value = reader.sub(length, "PEAP TLV")?;
            match kind & 0x3fff {
                RESULT => {
                    tlvs.outcome = Some(match value.u16_be("PEAP Result")? {
                        1 => Outcome::Success,
                        2 => Outcome::Failure,
                        _ => return Err(Malformed("PEAP Result")),
                    });
                    value.finish("PEAP Result")?;
                }
                CRYPTO_BINDING => {
                    let whole = length.checked_add(4).and_then(|length| start.get(..length));
                    let whole = whole.and_then(|whole| whole.try_into().ok());
                    tlvs.binding = Some(whole.ok_or(Malformed("PEAP Crypto-Binding"))?);
                }
                _ if kind & MANDATORY != 0 => return Err(Malformed("an unknown TLV that must be understood")),
                _ => {}
            }
        }
        Ok(tlvs)
    }

    /// The packet of these TLVs.
    fn write(&self, code: Code, identifier: u8) -> Vec<u8> {
        let mut writer = Writer::new();
        if let Some(outcome) = self.outcome {
            let value = match outcome {
                Outcome::Success => 1,
                Outcome::Failure => 2,
            };
            writer.u16_be(MANDATORY | RESULT).u16_be(2).u16_be(value);
        }
        if let Some(binding) = &self.binding {
            writer.put(binding);
        }
        // 72 octets at most.
        let data = writer.finish().unwrap_or_default();
        packet::write_body(code, identifier, EXTENSIONS, false, &data).unwrap_or_default()
    }
}

/// The inner packet of what was decrypted. Version 0 leaves the header away, except for packets of TLVs.
fn whole_packet(version: u8, data: Vec<u8>, code: Code, identifier: u8) -> Vec<u8> {
    if version > 0 || is_extensions(&data) {
        return data;
    }
    packet::write(code, identifier, |writer| {
        writer.put(&data);
    })
    .unwrap_or_default()
}

/// Whether this is a packet of TLVs, header and all.
fn is_extensions(data: &[u8]) -> bool {
    matches!(Packet::parse(data), Ok(Packet::Request(body) | Packet::Response(body))
        if body.method == EXTENSIONS && body.whole.len() == data.len())
}

/// What is to be encrypted of an inner packet.
fn stripped(version: u8, packet: &[u8]) -> &[u8] {
    if version > 0 || is_extensions(packet) { packet } else { packet.get(4..).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tlvs_come_back_as_they_were_written() {
        let tlvs = Tlvs { outcome: Some(Outcome::Success), binding: Some(binding::blank(0)) };
        let bytes = tlvs.write(Code::Request, 9);
        assert!(is_extensions(&bytes));
        assert_eq!(Tlvs::parse(&bytes[5..]), Ok(tlvs));
    }

    #[test]
    fn tlvs_that_lie_are_refused() {
        for wrong in [&[0x80, 3, 0, 2, 0][..], &[0x80, 3, 0, 2, 0, 3], &[0x80, 3, 0, 3, 0, 1, 0], &[0, 12, 0, 1, 0]] {
            assert!(Tlvs::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Tlvs::parse(&[0x80, 99, 0, 0]).is_err(), "mandatory");
        assert_eq!(Tlvs::parse(&[0, 99, 0, 1, 7]), Ok(Tlvs::default()));
    }

    #[test]
    fn version_0_has_no_headers_inside_and_version_1_has() {
        let packet = [1, 7, 0, 6, 26, 9];
        assert_eq!(stripped(0, &packet), [26, 9]);
        assert_eq!(whole_packet(0, Vec::from([26, 9]), Code::Request, 7), packet);
        assert_eq!(stripped(1, &packet), packet);
        assert_eq!(whole_packet(1, packet.to_vec(), Code::Request, 8), packet);
    }
}
