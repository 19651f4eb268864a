//! What follows the type of a packet (7.7.1): an operation, flags, the length of the whole message, a piece of it.

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use crate::code::OpCode;

const MORE: u8 = 0x01;
const LENGTH: u8 = 0x02;

/// One packet's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is.
    pub op: OpCode,
    /// More fragments follow.
    pub more: bool,
    /// The length of the whole message, in the first of several fragments.
    pub length: Option<u16>,
    /// A piece of the message.
    pub data: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the data of a packet. Flags that are reserved are passed over.
    ///
    /// # Errors
    /// If it is shorter than it says.
    pub fn parse(data: &'a [u8]) -> Result<Frame<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let op = OpCode(reader.u8("WSC Op-Code")?);
        let flags = reader.u8("WSC flags")?;
        let length = if flags & LENGTH == 0 { None } else { Some(reader.u16_be("WSC message length")?) };
        Ok(Frame { op, more: flags & MORE != 0, length, data: reader.take_rest() })
    }

    /// Without data: WSC_Start, WSC_FRAG_ACK.
    #[must_use]
    pub const fn empty(op: OpCode) -> Frame<'static> {
        Frame { op, more: false, length: None, data: &[] }
    }

    /// The octets.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(self.data.len().saturating_add(4));
        let more = if self.more { MORE } else { 0 };
        let length = if self.length.is_some() { LENGTH } else { 0 };
        writer.u8(self.op.0).u8(more | length);
        if let Some(length) = self.length {
            writer.u16_be(length);
        }
        writer.put(self.data);
        // Nothing here has a length that could overflow.
        writer.finish().unwrap_or_default()
    }
}
