//! Frames of Wi-Fi Direct: public action frames between devices (4.2.8), P2P action frames within a group (4.2.9), and what the
//! elements of any frame say.

use alloc::vec::Vec;
use wire::cursor::Overflow;
use wire::element::{Elements, WPS_SELECTOR};
use wire::{Malformed, Reader, Writer};

use crate::attribute::{P2P_SELECTOR, WFD_SELECTOR, gather, spread};
use crate::attributes::Attributes;
use crate::wps::Wps;

/// Category of public action frames (IEEE Std 802.11-2020 Table 9-51).
const PUBLIC: u8 = 4;
/// Public action of vendors (9.6.7.1).
const VENDOR_PUBLIC: u8 = 9;
/// Category of vendors' action frames.
const VENDOR: u8 = 127;

/// What the elements of a frame say about Wi-Fi Direct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Attributes of the P2P elements; `None` if there was no such element.
    pub p2p: Option<Attributes>,
    /// Of Wi-Fi Simple Configuration.
    pub wps: Option<Wps>,
    /// Subelements of Wi-Fi Display, as they came.
    pub display: Option<Vec<u8>>,
}

impl Content {
    /// Reads elements.
    ///
    /// # Errors
    /// If the elements, or attributes inside them, cannot be read.
    pub fn parse(elements: &[u8]) -> Result<Content, Malformed> {
        let elements = Elements::check(elements)?;
        let p2p = gather(elements, P2P_SELECTOR).map(|octets| Attributes::parse(&octets)).transpose()?;
        let wps = gather(elements, WPS_SELECTOR).map(|octets| Wps::parse(&octets)).transpose()?;
        Ok(Content { p2p, wps, display: gather(elements, WFD_SELECTOR) })
    }

    /// Appends the elements.
    ///
    /// # Errors
    /// If something does not fit its length.
    pub fn write(&self, writer: &mut Writer) -> Result<(), Overflow> {
        if let Some(wps) = &self.wps {
            spread(writer, WPS_SELECTOR, &wps.write()?);
        }
        if let Some(p2p) = &self.p2p {
            spread(writer, P2P_SELECTOR, &p2p.write()?);
        }
        if let Some(display) = &self.display {
            spread(writer, WFD_SELECTOR, display);
        }
        Ok(())
    }
}

/// An action frame of Wi-Fi Direct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Between devices (a public action frame), or within a group.
    pub public: bool,
    /// What it is: [`crate::code::subtype`] or [`crate::code::group_subtype`].
    pub subtype: u8,
    /// The dialog token.
    pub token: u8,
    /// What it says.
    pub content: Content,
}

impl Frame {
    /// Reads the body of an action frame, from category onwards. `None` if it is not one of Wi-Fi Direct.
    ///
    /// # Errors
    /// If it is one, and cannot be read.
    pub fn parse(body: &[u8]) -> Result<Option<Frame>, Malformed> {
        let (public, rest) = match body {
            [PUBLIC, VENDOR_PUBLIC, rest @ ..] => (true, rest),
            [VENDOR, rest @ ..] => (false, rest),
            _ => return Ok(None),
        };
        let Some(rest) = rest.strip_prefix(&P2P_SELECTOR) else { return Ok(None) };
        let mut reader = Reader::new(rest);
        let subtype = reader.u8("subtype")?;
        let token = reader.u8("dialog token")?;
        Ok(Some(Frame { public, subtype, token, content: Content::parse(reader.take_rest())? }))
    }

    /// Writes it, from category onwards.
    ///
    /// # Errors
    /// If something does not fit its length.
    pub fn write(&self) -> Result<Vec<u8>, Overflow> {
        let mut writer = Writer::with_capacity(256);
        if self.public {
            writer.u8(PUBLIC).u8(VENDOR_PUBLIC);
        } else {
            writer.u8(VENDOR);
        }
        writer.put(&P2P_SELECTOR).u8(self.subtype).u8(self.token);
        self.content.write(&mut writer)?;
        writer.finish()
    }
}
