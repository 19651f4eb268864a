//! Packets whose lengths are right, and the writing of new ones (RFC 2865 3).

use alloc::vec::Vec;
use wire::{Malformed, Reader};

use crate::attribute::{Attribute, Attributes};
use crate::{Code, SetupError, Type};

/// Octets of code, identifier, length and authenticator.
pub const HEADER: usize = 20;
/// The most octets of a packet (RFC 2865 3).
pub const MAX_LENGTH: usize = 4096;
/// The most octets of an attribute's value.
pub const MAX_VALUE: usize = 253;

/// A packet all of whose lengths are right; nothing is known of who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// What it is.
    pub code: Code,
    /// Matches replies with requests.
    pub identifier: u8,
    /// The Request or Response Authenticator.
    pub authenticator: [u8; 16],
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// From the code to the last octet of the last attribute.
    bytes: &'a [u8],
    /// Where the value of Message-Authenticator starts in `bytes`.
    message_authenticator: Option<usize>,
}

impl<'a> Raw<'a> {
    /// Takes a datagram, or a packet that [`crate::stream::Framer`] found, apart. Octets beyond the packet's length are padding
    /// (RFC 2865 3).
    ///
    /// # Errors
    /// Names the field; the packet is to be discarded in silence. A Message-Authenticator that is not 18 octets long, or comes
    /// twice, is such a field (RFC 3579 3.2).
    pub fn parse(datagram: &'a [u8]) -> Result<Raw<'a>, Malformed> {
        let mut reader = Reader::new(datagram);
        let code = Code(reader.u8("RADIUS code")?);
        let identifier = reader.u8("RADIUS identifier")?;
        let length = usize::from(reader.u16_be("RADIUS length")?);
        if !(HEADER..=MAX_LENGTH).contains(&length) {
            return Err(Malformed("RADIUS length"));
        }
        let bytes = datagram.get(..length).ok_or(Malformed("RADIUS length"))?;
        let authenticator = reader.array("RADIUS authenticator")?;
        let attributes = Attributes::check(bytes.get(HEADER..).unwrap_or_default())?;
        let mut message_authenticator = None;
        let mut place = HEADER;
        for attribute in attributes {
            if attribute.ty == Type::MESSAGE_AUTHENTICATOR {
                if attribute.value.len() != 16 {
                    return Err(Malformed("Message-Authenticator length"));
                }
                if message_authenticator.replace(place.saturating_add(2)).is_some() {
                    return Err(Malformed("second Message-Authenticator"));
                }
            }
            place = place.saturating_add(attribute.value.len()).saturating_add(2);
        }
        Ok(Raw { code, identifier, authenticator, attributes, bytes, message_authenticator })
    }

    /// The packet as it came, without padding.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What stands before the authenticator, between it and Message-Authenticator's value, that value, and what follows; `None`
    /// without a Message-Authenticator.
    pub(crate) fn around_message_authenticator(&self) -> Option<[&'a [u8]; 4]> {
        let (head, rest) = self.bytes.split_at_checked(self.message_authenticator?)?;
        let (value, tail) = rest.split_at_checked(16)?;
        Some([head.get(..4)?, head.get(HEADER..)?, value, tail])
    }

    /// Whether there is a Message-Authenticator, right or wrong.
    #[must_use]
    pub const fn has_message_authenticator(&self) -> bool {
        self.message_authenticator.is_some()
    }
}

/// Attributes in the making. What does not fit is reported at the end, never cut.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AttributeWriter {
    bytes: Vec<u8>,
    overflow: bool,
}

impl core::fmt::Debug for AttributeWriter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.attributes()).finish()
    }
}

impl AttributeWriter {
    /// None yet.
    #[must_use]
    pub const fn new() -> AttributeWriter {
        AttributeWriter { bytes: Vec::new(), overflow: false }
    }

    /// None yet, with room for so many octets.
    #[must_use]
    pub fn with_capacity(octets: usize) -> AttributeWriter {
        AttributeWriter { bytes: Vec::with_capacity(octets), overflow: false }
    }

    fn header(&mut self, ty: Type, value: usize) -> bool {
        let length = value.checked_add(2).and_then(|length| u8::try_from(length).ok());
        // RFC 2865 5: text and string attributes of no octets are left out by their senders, not written empty; whoever asks
        // for an empty one means it (an EAP-Message that starts a conversation, RFC 3579 2.1).
        let Some(length) = length else {
            self.overflow = true;
            return false;
        };
        self.bytes.extend_from_slice(&[ty.0, length]);
        true
    }

    /// Appends an attribute.
    pub fn put(&mut self, ty: Type, value: &[u8]) -> &mut AttributeWriter {
        if self.header(ty, value.len()) {
            self.bytes.extend_from_slice(value);
        }
        self
    }

    /// Appends an attribute whose value comes in two parts.
    pub fn put_parts(&mut self, ty: Type, first: &[u8], second: &[u8]) -> &mut AttributeWriter {
        if self.header(ty, first.len().saturating_add(second.len())) {
            self.bytes.extend_from_slice(first);
            self.bytes.extend_from_slice(second);
        }
        self
    }

    /// Appends a number.
    pub fn u32(&mut self, ty: Type, value: u32) -> &mut AttributeWriter {
        self.put(ty, &value.to_be_bytes())
    }

    /// Appends a vendor's attribute (RFC 2865 5.26).
    pub fn vendor(&mut self, vendor: u32, ty: u8, value: &[u8]) -> &mut AttributeWriter {
        let inner = value.len().checked_add(2).and_then(|length| u8::try_from(length).ok());
        match inner {
            Some(length) if self.header(Type::VENDOR_SPECIFIC, value.len().saturating_add(6)) => {
                self.bytes.extend_from_slice(&vendor.to_be_bytes());
                self.bytes.extend_from_slice(&[ty, length]);
                self.bytes.extend_from_slice(value);
            }
            Some(_) => {}
            None => self.overflow = true,
        }
        self
    }

    /// Appends an EAP packet in as many EAP-Message attributes as it needs (RFC 3579 3.1). Without octets it is the start of
    /// a conversation (RFC 3579 2.1).
    pub fn eap(&mut self, packet: &[u8]) -> &mut AttributeWriter {
        if packet.is_empty() {
            self.put(Type::EAP_MESSAGE, &[]);
        }
        for part in packet.chunks(MAX_VALUE) {
            self.put(Type::EAP_MESSAGE, part);
        }
        self
    }

    /// Appends an attribute as it was read.
    pub fn copy(&mut self, attribute: Attribute<'_>) -> &mut AttributeWriter {
        self.put(attribute.ty, attribute.value)
    }

    /// Appends all that another has; what did not fit there does not fit here.
    pub fn append(&mut self, other: &AttributeWriter) -> &mut AttributeWriter {
        self.overflow |= other.overflow;
        self.bytes.extend_from_slice(&other.bytes);
        self
    }

    /// Removes all attributes of a type.
    pub fn remove(&mut self, ty: Type) {
        if self.attributes().any(|attribute| attribute.ty == ty) {
            let mut kept = AttributeWriter { bytes: Vec::with_capacity(self.bytes.len()), overflow: self.overflow };
            for attribute in self.attributes().filter(|attribute| attribute.ty != ty) {
                kept.copy(attribute);
            }
            *self = kept;
        }
    }

    /// What is there so far.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::of_checked(&self.bytes)
    }

    /// The octets of what is there so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Nothing is there yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.overflow
    }

    /// The octets.
    ///
    /// # Errors
    /// If an attribute did not fit.
    pub fn finish(self) -> Result<Vec<u8>, SetupError> {
        if self.overflow { Err(SetupError::TooLong) } else { Ok(self.bytes) }
    }

    /// An error if an attribute did not fit.
    pub(crate) const fn checked(&self) -> Result<&Self, SetupError> {
        if self.overflow { Err(SetupError::TooLong) } else { Ok(self) }
    }
}
