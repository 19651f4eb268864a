//! Packets (RFC 3748 4, RFC 6696 5).

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{Malformed, Reader, Writer};

use crate::MethodType;
use crate::method_type::EXPANDED;

/// The first octet of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 1.
    Request,
    /// 2.
    Response,
    /// 3.
    Success,
    /// 4.
    Failure,
    /// 5, of ERP (RFC 6696 5.3.1).
    Initiate,
    /// 6, of ERP (RFC 6696 5.3.3).
    Finish,
}

impl Code {
    const fn from_octet(octet: u8) -> Option<Code> {
        match octet {
            1 => Some(Code::Request),
            2 => Some(Code::Response),
            3 => Some(Code::Success),
            4 => Some(Code::Failure),
            5 => Some(Code::Initiate),
            6 => Some(Code::Finish),
            _ => None,
        }
    }

    /// The octet itself.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Code::Request => 1,
            Code::Response => 2,
            Code::Success => 3,
            Code::Failure => 4,
            Code::Initiate => 5,
            Code::Finish => 6,
        }
    }
}

/// A Request or a Response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// Matches Responses with Requests (RFC 3748 4.1).
    pub identifier: u8,
    /// What the data is.
    pub method: MethodType,
    /// The type came in the expanded form (RFC 3748 5.7).
    pub expanded: bool,
    /// What follows the type.
    pub data: &'a [u8],
    /// The packet as it came, from code to the last octet of its length: methods protect it as a whole.
    pub whole: &'a [u8],
}

/// A packet whose lengths are right; nothing else is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// From the authenticator.
    Request(Body<'a>),
    /// From the peer.
    Response(Body<'a>),
    /// From the authenticator, without protection (RFC 3748 4.2).
    Success {
        /// That of the Response before.
        identifier: u8,
    },
    /// From the authenticator, without protection (RFC 3748 4.2).
    Failure {
        /// That of the Response before.
        identifier: u8,
    },
    /// Of ERP: what follows the length.
    Initiate {
        /// Matches both directions.
        identifier: u8,
        /// Type, flags and the rest.
        data: &'a [u8],
        /// The packet as it came.
        whole: &'a [u8],
    },
    /// Of ERP: what follows the length.
    Finish {
        /// Matches both directions.
        identifier: u8,
        /// Type, flags and the rest.
        data: &'a [u8],
        /// The packet as it came.
        whole: &'a [u8],
    },
}

impl<'a> Packet<'a> {
    /// Takes a packet apart. Octets beyond its length are padding of the link and passed over (RFC 3748 4.1).
    ///
    /// # Errors
    /// Names the field that is not there, or does not fit; the packet is to be discarded in silence.
    pub fn parse(bytes: &'a [u8]) -> Result<Packet<'a>, Malformed> {
        let mut reader = Reader::new(bytes);
        let code = Code::from_octet(reader.u8("EAP code")?).ok_or(Malformed("EAP code"))?;
        let identifier = reader.u8("EAP identifier")?;
        let length = usize::from(reader.u16_be("EAP length")?);
        let whole = bytes.get(..length).ok_or(Malformed("EAP length"))?;
        let mut rest = Reader::new(whole);
        rest.take(4, "EAP length")?;
        match code {
            Code::Request => Ok(Packet::Request(body(identifier, rest, whole)?)),
            Code::Response => Ok(Packet::Response(body(identifier, rest, whole)?)),
            // RFC 3748 4.2: the length is 4.
            Code::Success => rest.finish("EAP-Success").map(|()| Packet::Success { identifier }),
            Code::Failure => rest.finish("EAP-Failure").map(|()| Packet::Failure { identifier }),
            Code::Initiate => Ok(Packet::Initiate { identifier, data: rest.take_rest(), whole }),
            Code::Finish => Ok(Packet::Finish { identifier, data: rest.take_rest(), whole }),
        }
    }
}

fn body<'a>(identifier: u8, mut rest: Reader<'a>, whole: &'a [u8]) -> Result<Body<'a>, Malformed> {
    let number = rest.u8("EAP type")?;
    let expanded = number == EXPANDED;
    let method = if expanded { expanded_type(&mut rest)? } else { MethodType::ietf(number) };
    Ok(Body { identifier, method, expanded, data: rest.take_rest(), whole })
}

/// Vendor and number behind the octet of an expanded type.
pub(crate) fn expanded_type(reader: &mut Reader<'_>) -> Result<MethodType, Malformed> {
    let vendor: [u8; 3] = reader.array("EAP vendor")?;
    let number = reader.u32_be("EAP vendor type")?;
    let [a, b, c] = vendor;
    Ok(MethodType { vendor: u32::from_be_bytes([0, a, b, c]), number })
}

/// Writes a type in the expanded form.
pub(crate) fn put_expanded(writer: &mut Writer, method: MethodType) {
    let [_, a, b, c] = method.vendor.to_be_bytes();
    writer.u8(EXPANDED).put(&[a, b, c]).u32_be(method.number);
}

/// Writes a packet of this code; `fill` writes what follows the length.
///
/// # Errors
/// If it does not fit into 65535 octets.
pub fn write(code: Code, identifier: u8, fill: impl FnOnce(&mut Writer)) -> Result<Vec<u8>, Overflow> {
    let mut rest = Writer::new();
    fill(&mut rest);
    let rest = rest.finish()?;
    let length = rest.len().checked_add(4).and_then(|length| u16::try_from(length).ok()).ok_or(Overflow)?;
    let mut writer = Writer::with_capacity(usize::from(length));
    writer.u8(code.octet()).u8(identifier).u16_be(length).put(&rest);
    writer.finish()
}

/// Writes a Request or Response: in the short form where the type has one and `expanded` does not ask otherwise.
///
/// # Errors
/// If it does not fit into 65535 octets.
pub fn write_body(
    code: Code,
    identifier: u8,
    method: MethodType,
    expanded: bool,
    data: &[u8],
) -> Result<Vec<u8>, Overflow> {
    write(code, identifier, |writer| {
        match method.short() {
            Some(octet) if !expanded => {
                writer.u8(octet);
            }
            _ => put_expanded(writer, method),
        }
        writer.put(data);
    })
}

/// How many octets the data of a packet of this type may have.
pub(crate) fn room(mtu: usize, method: MethodType, expanded: bool) -> usize {
    let header = if expanded || method.short().is_none() { 12 } else { 5 };
    mtu.saturating_sub(header).max(1)
}
