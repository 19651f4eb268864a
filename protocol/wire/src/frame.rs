//! Management frames (IEEE Std 802.11-2020 9.3.3): header, and the fixed fields of each body.
//!
//! Reading keeps the elements as bytes, to be looked at with [`crate::element::Elements`].

use alloc::vec::Vec;

use crate::cursor::Overflow;
use crate::{MacAddr, Malformed, Reader, ReasonCode, StatusCode, Writer};

/// Management frame subtypes (Table 9-1). Open: unknown values survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Subtype(pub u8);

#[allow(missing_docs, reason = "the names are the standard's own")]
impl Subtype {
    pub const ASSOC_REQUEST: Subtype = Subtype(0);
    pub const ASSOC_RESPONSE: Subtype = Subtype(1);
    pub const REASSOC_REQUEST: Subtype = Subtype(2);
    pub const REASSOC_RESPONSE: Subtype = Subtype(3);
    pub const PROBE_REQUEST: Subtype = Subtype(4);
    pub const PROBE_RESPONSE: Subtype = Subtype(5);
    pub const BEACON: Subtype = Subtype(8);
    pub const DISASSOC: Subtype = Subtype(10);
    pub const AUTHENTICATION: Subtype = Subtype(11);
    pub const DEAUTH: Subtype = Subtype(12);
    pub const ACTION: Subtype = Subtype(13);
    pub const ACTION_NO_ACK: Subtype = Subtype(14);

    /// The frame control field's first two octets for this subtype, all flags zero.
    #[must_use]
    pub const fn frame_control(self) -> u16 {
        (self.0 as u16 & 0xf) << 4
    }
}

/// The Protected Frame bit of the frame control field.
pub const PROTECTED: u16 = 0x4000;
/// Frame Control: sent again.
pub const RETRY: u16 = 0x0800;

/// A management frame's header and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Management<'a> {
    /// Frame control.
    pub frame_control: u16,
    /// Address 1: receiver.
    pub destination: MacAddr,
    /// Address 2: transmitter.
    pub source: MacAddr,
    /// Address 3: BSSID.
    pub bssid: MacAddr,
    /// Sequence control.
    pub sequence: u16,
    /// Frame body.
    pub body: &'a [u8],
}

impl<'a> Management<'a> {
    /// Reads a header; an error for frames that are not management frames of protocol version 0.
    pub fn parse(frame: &'a [u8]) -> Result<Management<'a>, Malformed> {
        let mut reader = Reader::new(frame);
        let frame_control = reader.u16_le("frame control")?;
        // 9.2.4.1.2, 9.2.4.1.3: version 0, type 00.
        if frame_control & 0x000f != 0 {
            return Err(Malformed("frame control: not a management frame"));
        }
        reader.u16_le("duration")?;
        let destination = reader.mac("address 1")?;
        let source = reader.mac("address 2")?;
        let bssid = reader.mac("address 3")?;
        let sequence = reader.u16_le("sequence control")?;
        // 9.2.4.1.10: +HTC in a management frame puts four octets of HT control before the body.
        if frame_control & 0x8000 != 0 {
            reader.take(4, "HT control")?;
        }
        Ok(Management { frame_control, destination, source, bssid, sequence, body: reader.take_rest() })
    }

    /// The subtype.
    #[must_use]
    pub const fn subtype(&self) -> Subtype {
        Subtype((self.frame_control >> 4 & 0xf) as u8)
    }

    /// Sent again, since no acknowledgement came.
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.frame_control & RETRY != 0
    }

    /// The body was protected (or claims to be).
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.frame_control & PROTECTED != 0
    }
}

/// Puts a management frame together. The kernel fills in duration and sequence number.
pub fn build(
    subtype: Subtype,
    destination: MacAddr,
    source: MacAddr,
    bssid: MacAddr,
    body: impl FnOnce(&mut Writer),
) -> Result<Vec<u8>, Overflow> {
    let mut writer = Writer::with_capacity(128);
    writer.u16_le(subtype.frame_control()).u16_le(0).mac(destination).mac(source).mac(bssid).u16_le(0);
    body(&mut writer);
    writer.finish()
}

/// Authentication algorithm numbers (9.4.1.1).
pub mod auth_algorithm {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const OPEN: u16 = 0;
    pub const SHARED_KEY: u16 = 1;
    pub const FT: u16 = 2;
    pub const SAE: u16 = 3;
    pub const FILS_SK: u16 = 4;
    pub const PASN: u16 = 7;
}

/// Body of an Authentication frame (9.3.3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// Authentication algorithm number, see [`auth_algorithm`].
    pub algorithm: u16,
    /// Authentication transaction sequence number.
    pub transaction: u16,
    /// Status code.
    pub status: StatusCode,
    /// SAE fields or elements.
    pub rest: &'a [u8],
}

impl<'a> Authentication<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<Authentication<'a>, Malformed> {
        let mut reader = Reader::new(body);
        Ok(Authentication {
            algorithm: reader.u16_le("authentication algorithm")?,
            transaction: reader.u16_le("authentication transaction")?,
            status: StatusCode(reader.u16_le("status code")?),
            rest: reader.take_rest(),
        })
    }

    /// Writes the body.
    pub fn write(&self, writer: &mut Writer) {
        writer.u16_le(self.algorithm).u16_le(self.transaction).u16_le(self.status.0).put(self.rest);
    }
}

/// Body of an Association or Reassociation Request frame (9.3.3.5, 9.3.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssocRequest<'a> {
    /// Capability information.
    pub capability: u16,
    /// Listen interval, in beacon intervals.
    pub listen_interval: u16,
    /// Current AP address, in a Reassociation Request only.
    pub current_ap: Option<MacAddr>,
    /// Elements.
    pub elements: &'a [u8],
}

impl<'a> AssocRequest<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8], reassociation: bool) -> Result<AssocRequest<'a>, Malformed> {
        let mut reader = Reader::new(body);
        Ok(AssocRequest {
            capability: reader.u16_le("capability information")?,
            listen_interval: reader.u16_le("listen interval")?,
            current_ap: if reassociation { Some(reader.mac("current AP address")?) } else { None },
            elements: reader.take_rest(),
        })
    }
}

/// Body of an Association or Reassociation Response frame (9.3.3.6, 9.3.3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssocResponse<'a> {
    /// Capability information.
    pub capability: u16,
    /// Status code.
    pub status: StatusCode,
    /// Association identifier, 1 to 2007, without the two top bits of its field (9.4.1.8).
    pub aid: u16,
    /// Elements.
    pub elements: &'a [u8],
}

impl<'a> AssocResponse<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<AssocResponse<'a>, Malformed> {
        let mut reader = Reader::new(body);
        Ok(AssocResponse {
            capability: reader.u16_le("capability information")?,
            status: StatusCode(reader.u16_le("status code")?),
            aid: reader.u16_le("association identifier")? & 0x3fff,
            elements: reader.take_rest(),
        })
    }

    /// Writes the body.
    pub fn write(&self, writer: &mut Writer) {
        let aid = if self.aid == 0 { 0 } else { self.aid | 0xc000 };
        writer.u16_le(self.capability).u16_le(self.status.0).u16_le(aid).put(self.elements);
    }
}

/// Body of a Beacon or Probe Response frame (9.3.3.2, 9.3.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beacon<'a> {
    /// Timing synchronisation function, microseconds.
    pub timestamp: u64,
    /// Beacon interval in time units of 1024 µs.
    pub interval: u16,
    /// Capability information.
    pub capability: u16,
    /// Elements.
    pub elements: &'a [u8],
}

impl<'a> Beacon<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<Beacon<'a>, Malformed> {
        let mut reader = Reader::new(body);
        Ok(Beacon {
            timestamp: reader.u64_le("timestamp")?,
            interval: reader.u16_le("beacon interval")?,
            capability: reader.u16_le("capability information")?,
            elements: reader.take_rest(),
        })
    }
}

/// Body of a Deauthentication or Disassociation frame (9.3.3.12, 9.3.3.4): the reason.
pub fn parse_reason(body: &[u8]) -> Result<ReasonCode, Malformed> {
    Reader::new(body).u16_le("reason code").map(ReasonCode)
}

/// Body of an Action frame (9.3.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action<'a> {
    /// Category, see [`category`].
    pub category: u8,
    /// What follows the category: mostly an action code and a dialog token.
    pub details: &'a [u8],
}

impl<'a> Action<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<Action<'a>, Malformed> {
        let mut reader = Reader::new(body);
        Ok(Action { category: reader.u8("action category")?, details: reader.take_rest() })
    }
}

/// Action frame categories (Table 9-51).
pub mod category {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const SPECTRUM_MANAGEMENT: u8 = 0;
    pub const PUBLIC: u8 = 4;
    pub const RADIO_MEASUREMENT: u8 = 5;
    pub const FT: u8 = 6;
    pub const SA_QUERY: u8 = 8;
    pub const WNM: u8 = 10;
    pub const SELF_PROTECTED: u8 = 15;
    pub const WMM: u8 = 17;
}

/// Capability information bits (9.4.1.4).
pub mod capability {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const ESS: u16 = 0x0001;
    pub const IBSS: u16 = 0x0002;
    pub const PRIVACY: u16 = 0x0010;
    pub const SHORT_PREAMBLE: u16 = 0x0020;
    pub const SPECTRUM_MANAGEMENT: u16 = 0x0100;
    pub const SHORT_SLOT_TIME: u16 = 0x0400;
    pub const RADIO_MEASUREMENT: u16 = 0x1000;
}

#[cfg(test)]
mod tests {
    use super::*;

    const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
    const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);

    #[test]
    fn an_authentication_frame_is_read_back() {
        let body = Authentication { algorithm: 3, transaction: 1, status: StatusCode(126), rest: &[19, 0] };
        let frame = build(Subtype::AUTHENTICATION, AP, STA, AP, |w| body.write(w)).unwrap();
        let header = Management::parse(&frame).unwrap();
        assert_eq!((header.subtype(), header.source, header.destination), (Subtype::AUTHENTICATION, STA, AP));
        assert_eq!(Authentication::parse(header.body), Ok(body));
    }

    #[test]
    fn truncated_frames_and_data_frames_are_refused() {
        let frame = build(Subtype::DEAUTH, AP, STA, AP, |w| {
            w.u16_le(3);
        })
        .unwrap();
        for len in 0..24 {
            assert!(Management::parse(&frame[..len]).is_err());
        }
        let mut data = frame.clone();
        data[0] = 0x08;
        assert!(Management::parse(&data).is_err());
        assert_eq!(parse_reason(Management::parse(&frame).unwrap().body), Ok(ReasonCode(3)));
    }

    #[test]
    fn an_association_identifier_loses_its_two_top_bits() {
        let mut writer = Writer::new();
        AssocResponse { capability: 1, status: StatusCode::SUCCESS, aid: 5, elements: &[] }.write(&mut writer);
        let body = writer.finish().unwrap();
        assert_eq!(body[4..], [5, 0xc0]);
        assert_eq!(AssocResponse::parse(&body).unwrap().aid, 5);
    }
}
