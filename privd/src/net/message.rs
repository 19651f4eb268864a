//! Netlink messages: building them, and taking received ones apart.
//!
//! Building goes through neli's types. Taking apart does not: what arrives is cut with readers that cannot panic,
//! whatever lengths it claims.

use std::io::Cursor;

use neli::consts::nl::NlmF;
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::{Size, ToBytes};
use wire::MacAddr;
use zeroize::Zeroize;

/// Longest payload of an attribute: its length field has 16 bits and counts the header.
const MAX_PAYLOAD: usize = 0xffff - 4;
const NESTED: u16 = 0x8000;
const TYPE_MASK: u16 = 0x3fff;
const HEADER: usize = 16;

/// Something in a request does not fit into a kernel message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Attributes under construction. Wiped on drop, since they may hold keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Attrs {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Drop for Attrs {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for Attrs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attrs({} octets)", self.bytes.len())
    }
}

impl Attrs {
    pub(super) const fn new() -> Attrs {
        Attrs { bytes: Vec::new(), too_long: false }
    }

    fn put(&mut self, kind: u16, payload: &[u8]) {
        if payload.len() > MAX_PAYLOAD {
            self.too_long = true;
            return;
        }
        let length = payload.len().saturating_add(4);
        let needed = self.bytes.len().saturating_add(length.next_multiple_of(4));
        if needed > self.bytes.capacity() {
            // Grown by hand, so that the old allocation is wiped as well.
            let mut grown = Vec::with_capacity(needed.max(512).saturating_mul(2));
            grown.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            self.bytes = grown;
        }
        self.bytes.extend_from_slice(&u16::try_from(length).unwrap_or(4).to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(payload);
        self.bytes.resize(needed, 0);
    }

    pub(super) fn bytes(mut self, kind: u16, payload: &[u8]) -> Attrs {
        self.put(kind, payload);
        self
    }

    pub(super) fn u8(self, kind: u16, value: u8) -> Attrs {
        self.bytes(kind, &[value])
    }

    pub(super) fn u16(self, kind: u16, value: u16) -> Attrs {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub(super) fn u32(self, kind: u16, value: u32) -> Attrs {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub(super) fn u64(self, kind: u16, value: u64) -> Attrs {
        self.bytes(kind, &value.to_ne_bytes())
    }

    pub(super) fn flag(self, kind: u16) -> Attrs {
        self.bytes(kind, &[])
    }

    pub(super) fn mac(self, kind: u16, addr: MacAddr) -> Attrs {
        self.bytes(kind, addr.octets())
    }

    pub(super) fn string(self, kind: u16, text: &str) -> Attrs {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes)
    }

    pub(super) fn nest(mut self, kind: u16, inner: &Attrs) -> Attrs {
        self.too_long |= inner.too_long;
        self.put(kind | NESTED, &inner.bytes);
        self
    }

    pub(super) fn u32_array(self, kind: u16, values: &[u32]) -> Attrs {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        self.bytes(kind, &bytes)
    }

    pub(super) fn u16_array(self, kind: u16, values: &[u16]) -> Attrs {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        self.bytes(kind, &bytes)
    }

    /// Adds what `add` adds, if there is a value.
    pub(super) fn with<T>(self, value: Option<T>, add: impl FnOnce(Attrs, T) -> Attrs) -> Attrs {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    /// Adds octets unless there are none.
    pub(super) fn some_bytes(self, kind: u16, payload: &[u8]) -> Attrs {
        if payload.is_empty() { self } else { self.bytes(kind, payload) }
    }

    /// Adds a flag if it is set.
    pub(super) fn flag_if(self, kind: u16, set: bool) -> Attrs {
        if set { self.flag(kind) } else { self }
    }
}

/// A message to the kernel, without sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Message type: generic netlink family, or rtnetlink's.
    pub(super) kind: u16,
    /// More flags than REQUEST and ACK.
    pub(super) flags: NlmF,
    /// Header of the family.
    header: Vec<u8>,
    attrs: Attrs,
}

/// Payload of a message for neli's framing.
#[derive(Debug)]
struct Payload<'a>(&'a [u8], &'a [u8]);

impl Size for Payload<'_> {
    fn unpadded_size(&self) -> usize {
        self.0.len().saturating_add(self.1.len())
    }
}

impl ToBytes for Payload<'_> {
    fn to_bytes(&self, buffer: &mut Cursor<Vec<u8>>) -> Result<(), neli::err::SerError> {
        self.0.to_bytes(buffer)?;
        self.1.to_bytes(buffer)
    }
}

impl Message {
    /// A generic netlink message.
    pub(super) fn generic(family: u16, command: u8, attrs: Attrs) -> Message {
        Message { kind: family, flags: NlmF::empty(), header: vec![command, 0, 0, 0], attrs }
    }

    /// A message with another header.
    pub(super) fn plain(kind: u16, flags: NlmF, header: Vec<u8>, attrs: Attrs) -> Message {
        Message { kind, flags, header, attrs }
    }

    /// Asks for all of something.
    pub(super) fn dump(mut self) -> Message {
        self.flags |= NlmF::DUMP;
        self
    }

    pub(super) fn is_dump(&self) -> bool {
        self.flags.contains(NlmF::DUMP)
    }

    /// The whole message. The caller wipes it.
    pub(super) fn encode(&self, sequence: u32) -> Result<Vec<u8>, TooLong> {
        if self.attrs.too_long {
            return Err(TooLong);
        }
        let mut flags = NlmF::REQUEST | self.flags;
        if !self.is_dump() {
            flags |= NlmF::ACK;
        }
        let message = NlmsghdrBuilder::default()
            .nl_type(self.kind)
            .nl_flags(flags)
            .nl_seq(sequence)
            .nl_pid(0)
            .nl_payload(NlPayload::Payload(Payload(&self.header, &self.attrs.bytes)))
            .build()
            .map_err(|_| TooLong)?;
        let mut buffer = Cursor::new(Vec::with_capacity(message.padded_size()));
        message.to_bytes(&mut buffer).map_err(|_| TooLong)?;
        Ok(buffer.into_inner())
    }
}

/// A received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
}

pub(super) const NLMSG_ERROR: u16 = 2;
pub(super) const NLMSG_DONE: u16 = 3;
pub(super) const NLMSG_OVERRUN: u16 = 4;
/// The table changed while it was read.
pub(super) const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;
const NLMSGERR_ATTR_MSG: u16 = 1;

fn head<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(first, rest)| (*first, rest))
}

/// Cuts a datagram into messages; stops at the first that claims what is not there.
#[derive(Clone, Debug)]
pub(super) struct Messages<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Received<'a>;

    fn next(&mut self) -> Option<Received<'a>> {
        let (length, rest) = head::<4>(self.0)?;
        let (kind, rest) = head::<2>(rest)?;
        let (flags, rest) = head::<2>(rest)?;
        let (sequence, _) = head::<4>(rest)?;
        let length = usize::try_from(u32::from_ne_bytes(length)).ok()?;
        let whole = self.0.get(..length);
        let payload = whole.and_then(|whole| whole.get(HEADER..));
        self.0 = length.checked_next_multiple_of(4).and_then(|next| self.0.get(next..)).unwrap_or_default();
        if payload.is_none() {
            self.0 = &[];
        }
        Some(Received {
            kind: u16::from_ne_bytes(kind),
            flags: u16::from_ne_bytes(flags),
            sequence: u32::from_ne_bytes(sequence),
            payload: payload?,
        })
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    /// Positive error number; 0: success.
    pub(super) errno: i32,
    /// The kernel's words.
    pub(super) text: String,
}

impl Received<'_> {
    /// Reads an error or the end of a dump.
    pub(super) fn acknowledgement(&self) -> Option<Acknowledgement> {
        let (errno, rest) = match head::<4>(self.payload) {
            Some((errno, rest)) => (i32::from_ne_bytes(errno).checked_neg().unwrap_or(i32::MAX), rest),
            None if self.kind == NLMSG_DONE => return Some(Acknowledgement { errno: 0, text: String::new() }),
            None => return None,
        };
        let attributes = if self.kind == NLMSG_DONE {
            rest
        } else {
            let (length, _) = head::<4>(rest)?;
            let echoed = if self.flags & NLM_F_CAPPED != 0 {
                HEADER
            } else {
                usize::try_from(u32::from_ne_bytes(length)).ok()?.checked_next_multiple_of(4)?
            };
            rest.get(echoed..).unwrap_or_default()
        };
        let mut text = String::new();
        if self.flags & NLM_F_ACK_TLVS != 0
            && let Some(words) = Table(attributes).get(NLMSGERR_ATTR_MSG)
        {
            text = words.iter().take_while(|octet| **octet != 0).map(|octet| char::from(*octet)).take(200).collect();
        }
        Some(Acknowledgement { errno, text })
    }

    /// Command and attributes of a generic netlink message.
    pub(super) fn generic(&self) -> Option<(u8, Table<'_>)> {
        let ([command, ..], rest) = head::<4>(self.payload)?;
        Some((command, Table(rest)))
    }
}

/// Received attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Table<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let (length, rest) = head::<2>(self.0)?;
        let (kind, _) = head::<2>(rest)?;
        let length = usize::from(u16::from_ne_bytes(length));
        let payload = self.0.get(..length).and_then(|whole| whole.get(4..));
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        if payload.is_none() {
            self.0 = &[];
        }
        Some((u16::from_ne_bytes(kind) & TYPE_MASK, payload?))
    }
}

impl<'a> Table<'a> {
    pub(super) fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.into_iter().find(|(found, _)| *found == kind).map(|(_, payload)| payload)
    }

    pub(super) fn has(&self, kind: u16) -> bool {
        self.get(kind).is_some()
    }

    /// A copy of the octets; none where there is no such attribute.
    pub(super) fn octets(&self, kind: u16) -> Vec<u8> {
        self.get(kind).unwrap_or_default().to_vec()
    }

    pub(super) fn nested(&self, kind: u16) -> Option<Table<'a>> {
        self.get(kind).map(Table)
    }

    pub(super) fn u8(&self, kind: u16) -> Option<u8> {
        self.get(kind)?.first().copied()
    }

    pub(super) fn u16(&self, kind: u16) -> Option<u16> {
        head(self.get(kind)?).map(|(bytes, _)| u16::from_ne_bytes(bytes))
    }

    pub(super) fn u32(&self, kind: u16) -> Option<u32> {
        head(self.get(kind)?).map(|(bytes, _)| u32::from_ne_bytes(bytes))
    }

    pub(super) fn i32(&self, kind: u16) -> Option<i32> {
        head(self.get(kind)?).map(|(bytes, _)| i32::from_ne_bytes(bytes))
    }

    pub(super) fn u64(&self, kind: u16) -> Option<u64> {
        head(self.get(kind)?).map(|(bytes, _)| u64::from_ne_bytes(bytes))
    }

    pub(super) fn mac(&self, kind: u16) -> Option<MacAddr> {
        head(self.get(kind)?).map(|(bytes, _)| MacAddr(bytes))
    }

    pub(super) fn string(&self, kind: u16) -> Option<String> {
        let bytes = self.get(kind)?;
        let end = bytes.iter().position(|octet| *octet == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned())
    }
}

/// Octets as numbers of the machine's order.
pub(super) fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|chunk| head(chunk).map(|(number, _)| u32::from_ne_bytes(number))).collect()
}

#[cfg(test)]
mod tests;
