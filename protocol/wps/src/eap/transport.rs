//! Messages that are longer than a packet (7.7.1).

use alloc::vec::Vec;

use eap::fragment::{Assembler, Fragmenter};
use eap::{EapError, Ignored};

use super::frame::Frame;
use crate::code::OpCode;
use crate::message::Outgoing;

/// The longest message that is put together: ten credentials do not need half of it.
const LONGEST: usize = 16 * 1024;
/// Operation, flags and length.
const HEADER: usize = 4;

/// What a packet brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// WSC_Start.
    Start,
    /// A fragment: the next one is to be asked for.
    Fragment,
    /// The other side asks for the next fragment of ours.
    Next,
    /// A message.
    Whole(OpCode, Vec<u8>),
}

/// One message comes in, or one goes out.
#[derive(Debug)]
pub(super) struct Transport {
    incoming: Option<(OpCode, Assembler)>,
    outgoing: Option<(OpCode, Fragmenter)>,
}

impl Transport {
    pub(super) const fn new() -> Transport {
        Transport { incoming: None, outgoing: None }
    }

    /// Takes a packet.
    ///
    /// # Errors
    /// `Err(Ok)` if it is passed over, `Err(Err)` if it ends the method (advisories 2012-1, 2019-5).
    pub(super) fn take(&mut self, data: &[u8]) -> Result<Taken, Result<Ignored, EapError>> {
        let frame = Frame::parse(data).map_err(|why| Ok(Ignored(why.0)))?;
        if self.outgoing.is_some() {
            return if frame.op == OpCode::FRAG_ACK {
                Ok(Taken::Next)
            } else {
                Err(Ok(Ignored("a WSC message where WSC_FRAG_ACK belongs")))
            };
        }
        match frame.op {
            OpCode::START if frame.data.is_empty() && !frame.more && self.incoming.is_none() => Ok(Taken::Start),
            OpCode::MSG | OpCode::ACK | OpCode::NACK | OpCode::DONE => self.assemble(&frame),
            _ => Err(Ok(Ignored("a WSC packet of a kind that does not belong here"))),
        }
    }

    fn assemble(&mut self, frame: &Frame<'_>) -> Result<Taken, Result<Ignored, EapError>> {
        let mut assembler = match self.incoming.take() {
            Some((op, assembler)) if op == frame.op => assembler,
            Some(other) => {
                self.incoming = Some(other);
                return Err(Ok(Ignored("fragments of two WSC messages")));
            }
            None => Assembler::new(LONGEST),
        };
        match assembler.push(frame.length.map(usize::from), frame.more, frame.data).map_err(Err)? {
            Some(message) => Ok(Taken::Whole(frame.op, message)),
            None => {
                self.incoming = Some((frame.op, assembler));
                Ok(Taken::Fragment)
            }
        }
    }

    /// Begins to send a message.
    pub(super) fn send(&mut self, outgoing: Outgoing) {
        self.outgoing = Some((outgoing.op, Fragmenter::new(outgoing.bytes)));
    }

    /// The next packet of the message that is being sent, if there is one.
    pub(super) fn next_packet(&mut self, room: usize) -> Option<Vec<u8>> {
        let (op, mut fragmenter) = self.outgoing.take()?;
        let piece = fragmenter.next_piece(room.saturating_sub(HEADER));
        // A message is shorter than 65536 octets, or it would not have been written.
        let length = piece.total.map(|total| u16::try_from(total).unwrap_or(u16::MAX));
        let packet = Frame { op, more: piece.more, length, data: piece.data }.write();
        if !fragmenter.is_done() {
            self.outgoing = Some((op, fragmenter));
        }
        Some(packet)
    }

    /// Part of a message is still to be sent.
    pub(super) const fn is_sending(&self) -> bool {
        self.outgoing.is_some()
    }
}
