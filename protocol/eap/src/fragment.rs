//! Messages longer than a packet: shared by the methods that cut theirs up (RFC 5216 2.1.5, RFC 5931 4, RFC 5106 3).
//!
//! How a piece is framed is each method's own; [`TlsFrame`] is the frame of TLS and its relatives.

use alloc::vec::Vec;
use wire::{Malformed, Reader, Writer};

use crate::EapError;

/// The longest message that is put together unless told otherwise: certificate chains fit, memory does not suffer.
pub const MESSAGE_LIMIT: usize = 64 * 1024;

/// Puts the fragments of a message together. What does not fit ends the method (advisories 2012-1, 2015-4, 2019-5).
#[derive(Debug)]
pub struct Assembler {
    limit: usize,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    total: Option<usize>,
    message: Vec<u8>,
}

impl Assembler {
    /// One that takes messages of up to `limit` octets.
    #[must_use]
    pub const fn new(limit: usize) -> Assembler {
        Assembler { limit, started: None }
    }

    /// Whether more fragments are to come.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.started.is_some()
    }

    /// Takes a fragment: `total` is the length of the message if the frame says it, `more` that others follow. Gives
    /// the message with its last fragment.
    ///
    /// # Errors
    /// The peer's: a length beyond the limit, one that changes, one that the data exceeds or does not reach, a first
    /// fragment of several without it, and an empty fragment that says that more will follow.
    pub fn push(&mut self, total: Option<usize>, more: bool, data: &[u8]) -> Result<Option<Vec<u8>>, EapError> {
        let mut started = match self.started.take() {
            Some(started) => started,
            None if more && total.is_none() => {
                return Err(EapError::protocol("the first of several fragments does not give the message's length"));
            }
            None => Started { total, message: Vec::new() },
        };
        if more && data.is_empty() {
            return Err(EapError::protocol("an empty fragment"));
        }
        if total.is_some() && total != started.total {
            return Err(EapError::protocol("fragments give different lengths for their message"));
        }
        let length = started.message.len().saturating_add(data.len());
        let limit = started.total.unwrap_or(self.limit);
        if limit > self.limit {
            return Err(EapError::protocol("a message longer than anything that is needed"));
        }
        if length > limit {
            return Err(EapError::protocol("fragments exceed the length of their message"));
        }
        started.message.extend_from_slice(data);
        if more {
            self.started = Some(started);
            return Ok(None);
        }
        if started.total.is_some_and(|total| total != length) {
            return Err(EapError::protocol("the fragments do not reach the length of their message"));
        }
        Ok(Some(started.message))
    }
}

/// A piece of a message, to be framed.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The length of the whole message, in the first of several pieces.
    pub total: Option<usize>,
    /// Others follow.
    pub more: bool,
    /// This piece.
    pub data: &'a [u8],
}

/// Cuts a message up, one piece for each round.
#[derive(Debug)]
pub struct Fragmenter {
    message: Vec<u8>,
    sent: usize,
}

impl Fragmenter {
    /// One for this message, which may be empty.
    #[must_use]
    pub const fn new(message: Vec<u8>) -> Fragmenter {
        Fragmenter { message, sent: 0 }
    }

    /// The next piece of at most `room` octets; the first piece of an empty message is empty. A piece takes at least
    /// one octet, whatever the room.
    pub fn next_piece(&mut self, room: usize) -> Piece<'_> {
        let first = self.sent == 0;
        let rest = self.message.get(self.sent..).unwrap_or_default();
        let data = rest.get(..room.max(1)).unwrap_or(rest);
        let more = data.len() < rest.len();
        self.sent = self.sent.saturating_add(data.len());
        Piece { total: (first && more).then_some(self.message.len()), more, data }
    }

    /// Whether everything was sent.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.sent >= self.message.len()
    }
}

/// The frame of TLS and its relatives (RFC 5216 3.1): flags, a length if they say so, and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsFrame<'a> {
    /// The length of the whole message.
    pub total: Option<u32>,
    /// More fragments follow.
    pub more: bool,
    /// The server starts.
    pub start: bool,
    /// The low five bits of the flags: a version (PEAP, TTLS, FAST, TEAP), TEAP's O bit, or reserved.
    pub rest: u8,
    /// The data.
    pub data: &'a [u8],
}

impl<'a> TlsFrame<'a> {
    const LENGTH: u8 = 0x80;
    const MORE: u8 = 0x40;
    const START: u8 = 0x20;
    /// The bits that are not of this frame.
    pub const REST: u8 = 0x1f;

    /// Reads the data of a Request or Response. Data of no octets is the frame of no flags, which the acknowledgement
    /// of a fragment may be.
    ///
    /// # Errors
    /// If the flags announce a length that is not there.
    pub fn parse(data: &'a [u8]) -> Result<TlsFrame<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let flags = if reader.is_empty() { 0 } else { reader.u8("TLS flags")? };
        let total = if flags & Self::LENGTH == 0 { None } else { Some(reader.u32_be("TLS message length")?) };
        Ok(TlsFrame {
            total,
            more: flags & Self::MORE != 0,
            start: flags & Self::START != 0,
            rest: flags & Self::REST,
            data: reader.take_rest(),
        })
    }

    /// The octets of this frame.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(self.data.len().saturating_add(5));
        let mut flags = self.rest & Self::REST;
        for (set, bit) in [(self.total.is_some(), Self::LENGTH), (self.more, Self::MORE), (self.start, Self::START)] {
            flags |= if set { bit } else { 0 };
        }
        writer.u8(flags);
        if let Some(total) = self.total {
            writer.u32_be(total);
        }
        writer.put(self.data);
        // Nothing here has a length that could overflow.
        writer.finish().unwrap_or_default()
    }
}
