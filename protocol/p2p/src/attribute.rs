//! Attributes inside P2P elements (Wi-Fi Direct 4.1.1): identifier, two octets of length, body; in as many elements as it takes.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::element::{Elements, id};
use wire::{Malformed, Reader, Writer};

/// The selector of the P2P element: OUI 50-6F-9A, type 9.
pub const P2P_SELECTOR: [u8; 4] = [0x50, 0x6f, 0x9a, 9];
/// The selector of the Wi-Fi Display element: OUI 50-6F-9A, type 10.
pub const WFD_SELECTOR: [u8; 4] = [0x50, 0x6f, 0x9a, 10];

/// Octets of a vendor element's body behind its selector.
const ROOM: usize = 251;

/// What all vendor elements with this selector carry together (4.1.1: attributes may run on into the next one). `None` if there is none.
#[must_use]
pub fn gather(elements: Elements<'_>, selector: [u8; 4]) -> Option<Vec<u8>> {
    let mut found = None;
    for body in elements.filter_map(|element| element.vendor(selector)) {
        found.get_or_insert_with(Vec::new).extend_from_slice(body);
    }
    found
}

/// Writes octets into as many vendor elements as it takes; one, if there are none.
pub fn spread(writer: &mut Writer, selector: [u8; 4], octets: &[u8]) {
    let empty = octets.is_empty().then_some(octets);
    for part in octets.chunks(ROOM).chain(empty) {
        writer.element(id::VENDOR_SPECIFIC, |writer| {
            writer.put(&selector).put(part);
        });
    }
}

/// One attribute, its length checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Which one, see [`crate::code::id`].
    pub id: u8,
    /// What it carries.
    pub body: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Takes an attribute off the front.
    ///
    /// # Errors
    /// If its length runs past the end.
    pub fn read(reader: &mut Reader<'a>) -> Result<Attribute<'a>, Malformed> {
        let id = reader.u8("attribute identifier")?;
        let length = reader.u16_le("attribute length")?;
        Ok(Attribute { id, body: reader.take(usize::from(length), "attribute body")? })
    }
}

/// Writes attributes one after the other. A body that does not fit its length is an error at the end.
#[derive(Clone, Debug, Default)]
pub struct AttributeWriter {
    writer: Writer,
    overflow: bool,
}

impl AttributeWriter {
    /// No attributes.
    #[must_use]
    pub const fn new() -> AttributeWriter {
        AttributeWriter { writer: Writer::new(), overflow: false }
    }

    /// Appends an attribute with what `inner` writes.
    pub fn put(&mut self, id: u8, inner: impl FnOnce(&mut Writer)) -> &mut AttributeWriter {
        let mut body = Writer::new();
        inner(&mut body);
        let written = body.finish().and_then(|body| Ok((u16::try_from(body.len()).map_err(|_| Overflow)?, body)));
        match written {
            Ok((length, body)) => {
                self.writer.u8(id).u16_le(length).put(&body);
            }
            Err(Overflow) => self.overflow = true,
        }
        self
    }

    /// The attributes.
    ///
    /// # Errors
    /// If one did not fit.
    pub fn finish(self) -> Result<Vec<u8>, Overflow> {
        if self.overflow { Err(Overflow) } else { self.writer.finish() }
    }
}
