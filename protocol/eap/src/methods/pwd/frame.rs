//! The frame of EAP-pwd (RFC 5931 3) and its fragments (RFC 5931 4).

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use crate::fragment::{Assembler, Fragmenter};
use crate::{EapError, Ignored};

/// Far more than the Commit of the largest group.
const LIMIT: usize = 1024;
/// Octets of the longest header.
const HEADER: usize = 3;

/// What a message is for (RFC 5931 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    Id = 1,
    Commit = 2,
    Confirm = 3,
}

impl Exchange {
    const fn from_number(number: u8) -> Option<Exchange> {
        match number {
            1 => Some(Exchange::Id),
            2 => Some(Exchange::Commit),
            3 => Some(Exchange::Confirm),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    total: Option<u16>,
    more: bool,
    exchange: Exchange,
    data: &'a [u8],
}

impl<'a> Frame<'a> {
    const LENGTH: u8 = 0x80;
    const MORE: u8 = 0x40;
    const EXCHANGE: u8 = 0x3f;

    pub(super) fn parse(data: &'a [u8]) -> Result<Frame<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let flags = reader.u8("EAP-pwd flags")?;
        let exchange = Exchange::from_number(flags & Self::EXCHANGE).ok_or(Malformed("EAP-pwd exchange"))?;
        let total = if flags & Self::LENGTH == 0 { None } else { Some(reader.u16_be("EAP-pwd total length")?) };
        Ok(Frame { total, more: flags & Self::MORE != 0, exchange, data: reader.take_rest() })
    }

    fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let length = if self.total.is_some() { Self::LENGTH } else { 0 };
        let more = if self.more { Self::MORE } else { 0 };
        writer.u8(length | more | self.exchange as u8);
        if let Some(total) = self.total {
            writer.u16_be(total);
        }
        writer.put(self.data);
        // Nothing here has a length that could overflow.
        writer.finish().unwrap_or_default()
    }
}

/// What a frame has brought.
#[derive(Debug)]
pub(super) enum Taken {
    /// It belongs nowhere.
    Ignore(Ignored),
    /// This frame is the answer: the acknowledgement of a fragment, or the next fragment of ours; `true` if that was the
    /// last one.
    Answer(Vec<u8>, bool),
    /// A whole message.
    Message(Exchange, Vec<u8>),
    /// The peer broke the rules of fragments.
    Fail(EapError),
}

/// Messages in fragments, both ways.
#[derive(Debug)]
pub(super) struct Pieces {
    receiving: Option<(Exchange, Assembler)>,
    sending: Option<(Exchange, Fragmenter)>,
}

impl Pieces {
    pub(super) const fn new() -> Pieces {
        Pieces { receiving: None, sending: None }
    }

    /// Takes a frame.
    pub(super) fn take(&mut self, frame: &Frame<'_>, room: usize) -> Taken {
        if let Some((exchange, sending)) = &mut self.sending {
            if !frame.data.is_empty() || frame.more || frame.exchange != *exchange {
                return Taken::Ignore(Ignored("EAP-pwd: no acknowledgement of our fragment"));
            }
            let exchange = *exchange;
            let data = piece(exchange, sending, room);
            let is_last = sending.is_done();
            if is_last {
                self.sending = None;
            }
            return Taken::Answer(data, is_last);
        }
        let (exchange, mut assembler) = self.receiving.take().unwrap_or((frame.exchange, Assembler::new(LIMIT)));
        if frame.exchange != exchange {
            self.receiving = Some((exchange, assembler));
            return Taken::Ignore(Ignored("EAP-pwd: a fragment of another exchange"));
        }
        match assembler.push(frame.total.map(usize::from), frame.more, frame.data) {
            Ok(Some(message)) => Taken::Message(exchange, message),
            Ok(None) => {
                self.receiving = Some((exchange, assembler));
                Taken::Answer(Frame { total: None, more: false, exchange, data: &[] }.write(), false)
            }
            Err(error) => Taken::Fail(error),
        }
    }

    /// The first frame of a message, and whether it is the only one.
    pub(super) fn send(&mut self, exchange: Exchange, message: Vec<u8>, room: usize) -> (Vec<u8>, bool) {
        let mut sending = Fragmenter::new(message);
        let data = piece(exchange, &mut sending, room);
        let is_last = sending.is_done();
        if !is_last {
            self.sending = Some((exchange, sending));
        }
        (data, is_last)
    }
}

fn piece(exchange: Exchange, sending: &mut Fragmenter, room: usize) -> Vec<u8> {
    let piece = sending.next_piece(room.saturating_sub(HEADER));
    // Messages are far from 64 KiB.
    let total = piece.total.map(|total| u16::try_from(total).unwrap_or(u16::MAX));
    Frame { total, more: piece.more, exchange, data: piece.data }.write()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were_written() {
        let frame = Frame { total: Some(500), more: true, exchange: Exchange::Commit, data: b"abc" };
        assert_eq!(frame.write(), [0xc2, 1, 0xf4, b'a', b'b', b'c']);
        assert_eq!(Frame::parse(&frame.write()), Ok(frame));
        for wrong in [&[][..], &[0], &[4], &[0x82], &[0x82, 1]] {
            assert!(Frame::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    /// CVE-2015-4143 to 4146, CVE-2015-5314, CVE-2015-5315, CVE-2019-11555.
    #[test]
    fn lengths_of_fragments_that_lie_end_the_method() {
        for wrong in [
            &[0x42, 1][..],
            &[0xc2, 0, 0, 1],
            &[0xc2, 0xff, 0xff, 1],
            &[0x82, 0, 1, 1, 2],
            &[0x82, 0, 3, 1],
            &[0xc2, 0, 9],
        ] {
            let frame = Frame::parse(wrong);
            let taken = frame.map(|frame| Pieces::new().take(&frame, 100));
            assert!(matches!(taken, Ok(Taken::Fail(_))), "{wrong:?} {taken:?}");
        }
        let mut pieces = Pieces::new();
        let (first, is_last) = pieces.send(Exchange::Commit, Vec::from([7; 50]), 30);
        assert_eq!((first.len(), is_last), (30, false));
        for wrong in [&[0x42][..], &[2, 1], &[3]] {
            let frame = Frame::parse(wrong);
            assert!(matches!(frame.map(|frame| pieces.take(&frame, 30)), Ok(Taken::Ignore(_))));
        }
        let frame = Frame::parse(&[2]);
        assert!(
            matches!(frame.map(|frame| pieces.take(&frame, 30)), Ok(Taken::Answer(rest, true)) if rest.len() == 24)
        );
    }
}
