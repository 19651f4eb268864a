//! Bodies of the public action frames of GAS (IEEE Std 802.11-2020 9.6.7.12 to 9.6.7.15), behind category and action.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::{Malformed, Reader, StatusCode, Writer};

/// Public action of a GAS Initial Request.
pub const INITIAL_REQUEST: u8 = 10;
/// Public action of a GAS Initial Response.
pub const INITIAL_RESPONSE: u8 = 11;
/// Public action of a GAS Comeback Request.
pub const COMEBACK_REQUEST: u8 = 12;
/// Public action of a GAS Comeback Response.
pub const COMEBACK_RESPONSE: u8 = 13;

/// Element identifier of an Advertisement Protocol element (9.4.2.92).
const ADVERTISEMENT_PROTOCOL: u8 = 108;
/// Octets of a query response in one frame that fit into a management frame with all that is around them.
pub const MAX_FRAGMENT: usize = 1400;

/// Which protocol a query is of: an Advertisement Protocol ID (9.4.2.92, Table 9-215), a vendor's with what it selects by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol(Vec<u8>);

impl Protocol {
    /// ANQP.
    #[must_use]
    pub fn anqp() -> Protocol {
        Protocol(Vec::from([0]))
    }

    /// A vendor's, with its OUI and type: `[0x50, 0x6f, 0x9a, 0x1a, 1]` for DPP configuration, for example.
    #[must_use]
    pub fn vendor(selector: &[u8]) -> Option<Protocol> {
        let length = u8::try_from(selector.len()).ok().filter(|length| *length <= 200)?;
        let mut octets = Vec::from([221, length]);
        octets.extend_from_slice(selector);
        Some(Protocol(octets))
    }

    /// The identifier, and of a vendor's what follows.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    fn write(&self, limit: u8, writer: &mut Writer) {
        writer.element(ADVERTISEMENT_PROTOCOL, |writer| {
            writer.u8(limit).put(&self.0);
        });
    }

    /// Reads an element with one tuple; the limit on the length of responses (7 bits) comes with it.
    fn read(reader: &mut Reader<'_>) -> Result<(u8, Protocol), Malformed> {
        if reader.u8("Advertisement Protocol element")? != ADVERTISEMENT_PROTOCOL {
            return Err(Malformed("Advertisement Protocol element"));
        }
        let length = reader.u8("Advertisement Protocol length")?;
        let mut element = reader.sub(usize::from(length), "Advertisement Protocol length")?;
        let limit = element.u8("query response information")?;
        let octets = element.take_rest();
        match octets {
            // A vendor's is an element of its own (9.4.2.92).
            [221, length, rest @ ..] if rest.len() == usize::from(*length) => {}
            [id] if *id != 221 => {}
            _ => return Err(Malformed("Advertisement Protocol ID")),
        }
        Ok((limit, Protocol(octets.to_vec())))
    }
}

/// What a frame says; payloads are opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A query.
    InitialRequest {
        /// Of which protocol.
        protocol: Protocol,
        /// The query.
        query: Vec<u8>,
    },
    /// The answer, or when to come back for it.
    InitialResponse {
        /// Success, or why not.
        status: StatusCode,
        /// In time units; 0 if this is all there is.
        comeback: u16,
        /// Of which protocol.
        protocol: Protocol,
        /// The response.
        response: Vec<u8>,
    },
    /// Asks for the next fragment.
    ComebackRequest,
    /// A fragment.
    ComebackResponse {
        /// Success, or why not.
        status: StatusCode,
        /// Which one, from 0 to 127.
        fragment: u8,
        /// Others follow.
        more: bool,
        /// In time units; the response is not ready yet unless it is 0.
        comeback: u16,
        /// Of which protocol.
        protocol: Protocol,
        /// A part of the response.
        response: Vec<u8>,
    },
}

impl Frame {
    /// Reads what follows the public action: dialog token, and the rest.
    ///
    /// # Errors
    /// Names the field.
    pub fn parse(action: u8, body: &[u8]) -> Result<(u8, Frame), Malformed> {
        let mut reader = Reader::new(body);
        let token = reader.u8("dialog token")?;
        let frame = match action {
            INITIAL_REQUEST => {
                let (_, protocol) = Protocol::read(&mut reader)?;
                Frame::InitialRequest { protocol, query: counted(&mut reader)? }
            }
            INITIAL_RESPONSE => {
                let status = StatusCode(reader.u16_le("status code")?);
                let comeback = reader.u16_le("comeback delay")?;
                let (_, protocol) = Protocol::read(&mut reader)?;
                Frame::InitialResponse { status, comeback, protocol, response: counted(&mut reader)? }
            }
            COMEBACK_REQUEST => Frame::ComebackRequest,
            COMEBACK_RESPONSE => {
                let status = StatusCode(reader.u16_le("status code")?);
                let fragment = reader.u8("fragment")?;
                let comeback = reader.u16_le("comeback delay")?;
                let (_, protocol) = Protocol::read(&mut reader)?;
                Frame::ComebackResponse {
                    status,
                    fragment: fragment & 0x7f,
                    more: fragment & 0x80 != 0,
                    comeback,
                    protocol,
                    response: counted(&mut reader)?,
                }
            }
            _ => return Err(Malformed("GAS action")),
        };
        // Further elements may follow (a Multi-band element, 9.6.7.12); nothing here uses them.
        Ok((token, frame))
    }

    /// Its public action.
    #[must_use]
    pub const fn action(&self) -> u8 {
        match self {
            Frame::InitialRequest { .. } => INITIAL_REQUEST,
            Frame::InitialResponse { .. } => INITIAL_RESPONSE,
            Frame::ComebackRequest => COMEBACK_REQUEST,
            Frame::ComebackResponse { .. } => COMEBACK_RESPONSE,
        }
    }

    /// Writes dialog token and the rest.
    ///
    /// # Errors
    /// If a payload does not fit its length.
    pub fn body(&self, token: u8) -> Result<Vec<u8>, Overflow> {
        let mut writer = Writer::new();
        writer.u8(token);
        // 9.4.2.92: the limit is 0 in requests, and 127 (none but the frames' own) in responses.
        match self {
            Frame::InitialRequest { protocol, query } => {
                protocol.write(0, &mut writer);
                put_counted(&mut writer, query)?;
            }
            Frame::InitialResponse { status, comeback, protocol, response } => {
                writer.u16_le(status.0).u16_le(*comeback);
                protocol.write(0x7f, &mut writer);
                put_counted(&mut writer, response)?;
            }
            Frame::ComebackRequest => {}
            Frame::ComebackResponse { status, fragment, more, comeback, protocol, response } => {
                let more = if *more { 0x80 } else { 0 };
                writer.u16_le(status.0).u8((fragment & 0x7f) | more).u16_le(*comeback);
                protocol.write(0x7f, &mut writer);
                put_counted(&mut writer, response)?;
            }
        }
        writer.finish()
    }
}

fn counted(reader: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let length = reader.u16_le("query length")?;
    Ok(reader.take(usize::from(length), "query length")?.to_vec())
}

fn put_counted(writer: &mut Writer, octets: &[u8]) -> Result<(), Overflow> {
    let length = u16::try_from(octets.len()).map_err(|_| Overflow)?;
    writer.u16_le(length).put(octets);
    Ok(())
}
