//! How messages of IKEv2 go in packets of EAP (RFC 5106 8): in fragments, and with an integrity check once there are keys.

use alloc::vec::Vec;

use crypto::ct_eq;
use wire::{Malformed, Reader};

use super::{Side, code_size};
use crate::fragment::{Assembler, Fragmenter};
use crate::packet::{Body, Code, write_body};
use crate::{EapError, MethodType};

const LENGTH: u8 = 0x80;
const MORE: u8 = 0x40;
const CHECKED: u8 = 0x20;
/// Longer messages are none.
const MESSAGE_LIMIT: usize = 16 * 1024;

/// The messages that come, and the one that goes.
#[derive(Debug)]
pub(super) struct Link {
    assembler: Assembler,
    sending: Fragmenter,
}

/// What a packet has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The last of a message.
    Message(Vec<u8>),
    /// A part: it is acknowledged with a packet of no octets.
    Fragment,
    /// The other side wants the next part of ours.
    Acknowledged,
}

/// Why a packet leads to nothing.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is passed over.
    Ignore(Malformed),
    /// The method ends.
    Fail(EapError),
}

impl From<Malformed> for Stop {
    fn from(why: Malformed) -> Self {
        Stop::Ignore(why)
    }
}

impl Link {
    pub(super) const fn new() -> Link {
        Link { assembler: Assembler::new(MESSAGE_LIMIT), sending: Fragmenter::new(Vec::new()) }
    }

    /// Takes a packet; `theirs` are the keys of the other side where it must have protected it.
    pub(super) fn take(&mut self, body: &Body<'_>, theirs: Option<&Side>) -> Result<Came, Stop> {
        match (body.data.is_empty(), self.is_sending()) {
            (true, true) => return Ok(Came::Acknowledged),
            (true, false) => return Err(Malformed("EAP-IKEv2 acknowledgement of nothing").into()),
            (false, true) => return Err(Malformed("EAP-IKEv2 message amid ours").into()),
            (false, false) => {}
        }
        let mut reader = Reader::new(body.data);
        let flags = reader.u8("EAP-IKEv2 flags")?;
        let total = if flags & LENGTH == 0 { None } else { Some(reader.u32_be("EAP-IKEv2 length")?) };
        let mut data = reader.take_rest();
        match (theirs, flags & CHECKED != 0) {
            (None, false) => {}
            (None, true) => return Err(Malformed("EAP-IKEv2 integrity check before there are keys").into()),
            (Some(_), false) => return Err(Malformed("EAP-IKEv2 packet without integrity check").into()),
            (Some(side), true) => data = checked(body.whole, data, side)?,
        }
        let total = total.map(|total| usize::try_from(total).unwrap_or(usize::MAX));
        match self.assembler.push(total, flags & MORE != 0, data) {
            Ok(Some(message)) => Ok(Came::Message(message)),
            Ok(None) => Ok(Came::Fragment),
            Err(error) => Err(Stop::Fail(error)),
        }
    }

    /// Whether parts of our message are still to be sent.
    pub(super) fn is_sending(&self) -> bool {
        !self.sending.is_done()
    }

    /// Has a message sent, from the next packet on.
    pub(super) fn send(&mut self, message: Vec<u8>) {
        self.sending = Fragmenter::new(message);
    }

    /// The next packet of our message: what follows the type, in at most `room` octets.
    pub(super) fn next(&mut self, way: &Way, room: usize, ours: Option<&Side>) -> Vec<u8> {
        let check = ours.map_or(0, |side| code_size(side.integrity));
        let piece = self.sending.next_piece(room.saturating_sub(check).saturating_sub(5));
        let mut flags = if ours.is_some() { CHECKED } else { 0 };
        flags |= if piece.more { MORE } else { 0 } | if piece.total.is_some() { LENGTH } else { 0 };
        let mut data = Vec::from([flags]);
        if let Some(total) = piece.total {
            data.extend(u32::try_from(total).unwrap_or(u32::MAX).to_be_bytes());
        }
        data.extend_from_slice(piece.data);
        if let Some(side) = ours {
            let end = data.len();
            data.resize(end.saturating_add(check), 0);
            // Packets of one room are no longer than a packet may be.
            let whole =
                write_body(way.code, way.identifier, MethodType::IKEV2, way.expanded, &data).unwrap_or_default();
            let covered = whole.get(..whole.len().saturating_sub(check)).unwrap_or_default();
            data.truncate(end);
            data.extend(side.code(&[covered]));
        }
        data
    }
}

/// The header of a packet of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) code: Code,
    pub(super) identifier: u8,
    pub(super) expanded: bool,
}

/// The data without its integrity check, which covers the packet from its first octet (RFC 5106 8.1).
fn checked<'a>(whole: &[u8], data: &'a [u8], side: &Side) -> Result<&'a [u8], Malformed> {
    const WHAT: Malformed = Malformed("EAP-IKEv2 integrity check");
    let size = code_size(side.integrity);
    let (data, code) = data.len().checked_sub(size).and_then(|end| data.split_at_checked(end)).ok_or(WHAT)?;
    let covered = whole.len().checked_sub(size).and_then(|end| whole.get(..end)).ok_or(WHAT)?;
    if ct_eq(code, &side.code(&[covered])) { Ok(data) } else { Err(WHAT) }
}

/// What comes once our message is sent.
#[derive(Debug)]
pub(super) enum Next<K> {
    /// The other side's.
    Wait,
    /// Success.
    Done(K),
    /// Failure.
    Fail(EapError),
}
