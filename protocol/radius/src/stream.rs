//! Packets in a stream of TCP or TLS (RFC 6613 2.6.4, RFC 6614): the length inside of each says where the next begins.

use alloc::vec::Vec;
use wire::Malformed;

use crate::packet::{HEADER, MAX_LENGTH};

/// Cuts a stream into packets. It never holds more than one packet that is not whole.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    held: Vec<u8>,
    broken: bool,
}

impl Framer {
    /// At the start of a stream.
    #[must_use]
    pub const fn new() -> Framer {
        Framer { held: Vec::new(), broken: false }
    }

    /// Takes octets of the stream, and hands each packet that they complete to `packet`.
    ///
    /// # Errors
    /// If a length is impossible: from there on nothing can be found any more, and the connection is to be closed
    /// (RFC 6613 2.6.4). So it stays.
    pub fn push(&mut self, mut octets: &[u8], mut packet: impl FnMut(&[u8])) -> Result<(), Malformed> {
        while !octets.is_empty() {
            if self.broken {
                return Err(Malformed("RADIUS length"));
            }
            let wanted = self.wanted()?;
            let (head, rest) = octets.split_at(wanted.saturating_sub(self.held.len()).min(octets.len()));
            self.held.extend_from_slice(head);
            octets = rest;
            // The header alone says nothing that is complete, unless it is the whole packet.
            if self.wanted()? == self.held.len() && self.held.len() >= HEADER {
                packet(&self.held);
                self.held.clear();
            }
        }
        Ok(())
    }

    /// How many octets the packet at hand has: those of a header, until its length is known.
    fn wanted(&mut self) -> Result<usize, Malformed> {
        let Some([_, _, high, low]) = self.held.first_chunk::<4>() else { return Ok(4) };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if (HEADER..=MAX_LENGTH).contains(&length) {
            return Ok(length);
        }
        self.broken = true;
        self.held.clear();
        Err(Malformed("RADIUS length"))
    }
}
