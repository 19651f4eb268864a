//! Nak and Expanded Nak (RFC 3748 5.3).

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{Malformed, Reader, Writer};

use crate::MethodType;
use crate::method_type::EXPANDED;
use crate::packet::{self, Body, Code};

/// No other method is wanted: the only entry of such a Nak.
const NONE: u8 = 0;

/// What the peer would rather have.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Nak {
    /// The methods it names, the best one first.
    pub wanted: Vec<MethodType>,
    /// It would take expanded types, but had no way to say which (RFC 3748 5.3.1).
    pub any_expanded: bool,
}

impl Nak {
    /// Reads the data of a Response of type Nak, in either form.
    ///
    /// # Errors
    /// If an entry of an Expanded Nak is cut off or is none, or there are no entries at all.
    pub fn parse(body: &Body<'_>) -> Result<Nak, Malformed> {
        let mut reader = Reader::new(body.data);
        let mut nak = Nak::default();
        if reader.is_empty() {
            return Err(Malformed("Nak without methods"));
        }
        while !reader.is_empty() {
            let octet = reader.u8("Nak")?;
            let method = match (octet, body.expanded) {
                (EXPANDED, true) => packet::expanded_type(&mut reader)?,
                // RFC 3748 5.3.2: each entry has the expanded form.
                (_, true) => return Err(Malformed("Expanded Nak")),
                (EXPANDED, false) => {
                    nak.any_expanded = true;
                    continue;
                }
                (octet, false) => MethodType::ietf(octet),
            };
            if method.is_method() {
                nak.wanted.push(method);
            }
        }
        Ok(nak)
    }

    /// The Nak that answers `request`, whose method is not one of `wanted`.
    ///
    /// A Request of a short type gets the short form, in which vendor types can only be hinted at (RFC 3748 5.3.1).
    ///
    /// # Errors
    /// If there are more methods than a packet can name.
    pub fn answer(request: &Body<'_>, wanted: &[MethodType]) -> Result<Vec<u8>, Overflow> {
        let mut data = Writer::new();
        if request.expanded {
            for method in wanted {
                packet::put_expanded(&mut data, *method);
            }
            if wanted.is_empty() {
                packet::put_expanded(&mut data, MethodType::ietf(NONE));
            }
        } else {
            let mut hinted = false;
            for method in wanted {
                match method.short() {
                    Some(octet) => {
                        data.u8(octet);
                    }
                    None if hinted => {}
                    None => {
                        hinted = true;
                        data.u8(EXPANDED);
                    }
                }
            }
            if wanted.is_empty() {
                data.u8(NONE);
            }
        }
        let data = data.finish()?;
        packet::write_body(Code::Response, request.identifier, MethodType::NAK, request.expanded, &data)
    }
}
