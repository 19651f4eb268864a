//! Cursors over bytes: the only way in which received bytes are taken apart and frames are put together.

use alloc::vec::Vec;
use core::fmt;

use crate::MacAddr;

/// The bytes end before the field does, or a length inside them lies. Names the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed: {}", self.0)
    }
}

impl core::error::Error for Malformed {}

/// Takes fields off the front of received bytes. Every method that can run out names the field in its error.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The next `len` octets.
    pub fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(len).ok_or(Malformed(field))?;
        self.rest = tail;
        Ok(head)
    }

    /// The next `N` octets as an array.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Malformed(field))?;
        self.rest = tail;
        Ok(*head)
    }

    /// One octet.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(field).map(|[octet]| octet)
    }

    /// Two octets, least significant first: the order of IEEE 802.11 (9.2.2).
    pub fn u16_le(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// Two octets, most significant first: the order of EAPOL.
    pub fn u16_be(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Four octets, least significant first.
    pub fn u32_le(&mut self, field: &'static str) -> Result<u32, Malformed> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Four octets, most significant first.
    pub fn u32_be(&mut self, field: &'static str) -> Result<u32, Malformed> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Eight octets, least significant first.
    pub fn u64_le(&mut self, field: &'static str) -> Result<u64, Malformed> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// Eight octets, most significant first.
    pub fn u64_be(&mut self, field: &'static str) -> Result<u64, Malformed> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// A MAC address.
    pub fn mac(&mut self, field: &'static str) -> Result<MacAddr, Malformed> {
        self.array(field).map(MacAddr)
    }

    /// A cursor over the next `len` octets; what it leaves unread is the caller's to [`finish`](Reader::finish).
    pub fn sub(&mut self, len: usize, field: &'static str) -> Result<Reader<'a>, Malformed> {
        self.take(len, field).map(Reader::new)
    }

    /// Everything that is left; the cursor is at its end afterwards.
    pub const fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// What is left, without moving.
    #[must_use]
    pub const fn peek_rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Number of octets left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error unless everything was used up.
    pub const fn finish(self, field: &'static str) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed(field)) }
    }
}

/// Appends fields to a growing frame. A length that does not fit its field is an error at [`Writer::finish`],
/// never a truncated frame.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    overflow: bool,
}

/// A length did not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field is longer than its length can say")
    }
}

impl core::error::Error for Overflow {}

impl Writer {
    /// An empty frame.
    #[must_use]
    pub const fn new() -> Writer {
        Writer { bytes: Vec::new(), overflow: false }
    }

    /// An empty frame with room.
    #[must_use]
    pub fn with_capacity(octets: usize) -> Writer {
        Writer { bytes: Vec::with_capacity(octets), overflow: false }
    }

    /// Appends octets.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Writer {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends one octet.
    pub fn u8(&mut self, value: u8) -> &mut Writer {
        self.put(&[value])
    }

    /// Appends two octets, least significant first.
    pub fn u16_le(&mut self, value: u16) -> &mut Writer {
        self.put(&value.to_le_bytes())
    }

    /// Appends two octets, most significant first.
    pub fn u16_be(&mut self, value: u16) -> &mut Writer {
        self.put(&value.to_be_bytes())
    }

    /// Appends four octets, least significant first.
    pub fn u32_le(&mut self, value: u32) -> &mut Writer {
        self.put(&value.to_le_bytes())
    }

    /// Appends four octets, most significant first.
    pub fn u32_be(&mut self, value: u32) -> &mut Writer {
        self.put(&value.to_be_bytes())
    }

    /// Appends eight octets, most significant first.
    pub fn u64_be(&mut self, value: u64) -> &mut Writer {
        self.put(&value.to_be_bytes())
    }

    /// Appends a MAC address.
    pub fn mac(&mut self, addr: MacAddr) -> &mut Writer {
        self.put(addr.octets())
    }

    /// Appends what `body` writes, behind one octet that counts it.
    pub fn len8(&mut self, body: impl FnOnce(&mut Writer)) -> &mut Writer {
        let mut inner = Writer::new();
        body(&mut inner);
        self.overflow |= inner.overflow;
        match u8::try_from(inner.bytes.len()) {
            Ok(len) => {
                self.u8(len).put(&inner.bytes);
            }
            Err(_) => self.overflow = true,
        }
        self
    }

    /// Appends an element: its identifier, its length, and what `body` writes (IEEE Std 802.11-2020 9.4.2.1).
    pub fn element(&mut self, id: u8, body: impl FnOnce(&mut Writer)) -> &mut Writer {
        self.u8(id).len8(body)
    }

    /// Appends an element with the identifier 255 and an identifier extension.
    pub fn extension_element(&mut self, id_ext: u8, body: impl FnOnce(&mut Writer)) -> &mut Writer {
        self.element(crate::element::id::EXTENSION, |w| {
            w.u8(id_ext);
            body(w);
        })
    }

    /// Number of octets so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The finished octets, or that a length overflowed on the way.
    pub fn finish(self) -> Result<Vec<u8>, Overflow> {
        if self.overflow { Err(Overflow) } else { Ok(self.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_runs_out_names_the_field_and_does_not_move() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16_le("first"), Ok(0x0201));
        assert_eq!(reader.u16_le("second"), Err(Malformed("second")));
        assert_eq!(reader.u8("third"), Ok(3));
        assert_eq!(reader.finish("end"), Ok(()));
    }

    #[test]
    fn octets_left_over_are_an_error() {
        assert_eq!(Reader::new(&[1]).finish("frame"), Err(Malformed("frame")));
    }

    #[test]
    fn an_element_of_256_octets_is_reported_and_not_truncated() {
        let mut writer = Writer::new();
        writer.element(0, |w| {
            w.put(&[0; 256]);
        });
        assert_eq!(writer.finish(), Err(Overflow));
    }
}
