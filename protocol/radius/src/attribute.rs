//! Reading attributes (RFC 2865 5) and what is inside of them.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use wire::{Malformed, Reader};

use crate::Type;

/// One attribute: its type, and what follows the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it is.
    pub ty: Type,
    /// Its value, up to 253 octets.
    pub value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// A number of four octets.
    #[must_use]
    pub fn u32(&self) -> Option<u32> {
        self.value.try_into().ok().map(u32::from_be_bytes)
    }

    /// Vendor, and what follows it, of a Vendor-Specific attribute (RFC 2865 5.26).
    #[must_use]
    pub fn vendor(&self) -> Option<(u32, &'a [u8])> {
        match self.value.split_first_chunk::<4>() {
            Some((vendor, rest)) if self.ty == Type::VENDOR_SPECIFIC => Some((u32::from_be_bytes(*vendor), rest)),
            Some(_) | None => None,
        }
    }

    /// Extended type, whether more follows, and value (RFC 6929 2.1 and 2.2).
    #[must_use]
    pub const fn extended(&self) -> Option<(u8, bool, &'a [u8])> {
        match (self.ty.0, self.value) {
            (241..=244, [ty, value @ ..]) => Some((*ty, false, value)),
            (245..=246, [ty, flags, value @ ..]) => Some((*ty, *flags & 0x80 != 0, value)),
            _ => None,
        }
    }
}

/// Attributes whose lengths are right. Iterates over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Attributes that fill `bytes`.
    ///
    /// # Errors
    /// If a length is less than two, or runs past the end (RFC 2865 5).
    pub fn check(bytes: &'a [u8]) -> Result<Attributes<'a>, Malformed> {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            reader.u8("attribute type")?;
            let length = reader.u8("attribute length")?;
            let value = usize::from(length).checked_sub(2).ok_or(Malformed("attribute length"))?;
            reader.take(value, "attribute length")?;
        }
        Ok(Attributes { rest: bytes })
    }

    /// Attributes that were checked, or written here.
    pub(crate) const fn of_checked(bytes: &'a [u8]) -> Attributes<'a> {
        Attributes { rest: bytes }
    }

    /// The first of a type.
    #[must_use]
    pub fn first(self, ty: Type) -> Option<&'a [u8]> {
        self.all(ty).next()
    }

    /// All of a type, in their order.
    pub fn all(self, ty: Type) -> impl Iterator<Item = &'a [u8]> {
        self.filter(move |attribute| attribute.ty == ty).map(|attribute| attribute.value)
    }

    /// The first of a type as a number of four octets; one of another length counts as absent.
    #[must_use]
    pub fn u32(self, ty: Type) -> Option<u32> {
        Attribute { ty, value: self.first(ty)? }.u32()
    }

    /// The first of a type as an IPv4 address.
    #[must_use]
    pub fn ipv4(self, ty: Type) -> Option<Ipv4Addr> {
        self.u32(ty).map(Ipv4Addr::from)
    }

    /// The first of a type as an IPv6 address (RFC 3162 2.1).
    #[must_use]
    pub fn ipv6(self, ty: Type) -> Option<Ipv6Addr> {
        <[u8; 16]>::try_from(self.first(ty)?).ok().map(Ipv6Addr::from)
    }

    /// All of a vendor's attributes of a type. One attribute may hold several; where the inner lengths do not fit, what
    /// follows in that attribute is passed over (vendors may use formats of their own, RFC 2865 5.26).
    pub fn vendor(self, vendor: u32, ty: u8) -> impl Iterator<Item = &'a [u8]> {
        self.filter_map(move |attribute| attribute.vendor())
            .filter(move |(from, _)| *from == vendor)
            .flat_map(|(_, inner)| Attributes { rest: inner })
            .filter(move |attribute| attribute.ty.0 == ty)
            .map(|attribute| attribute.value)
    }

    /// The EAP packet in all EAP-Message attributes, put together in their order (RFC 3579 3.1); `None` without any.
    #[must_use]
    pub fn eap(self) -> Option<Vec<u8>> {
        let mut parts = self.all(Type::EAP_MESSAGE);
        let mut packet = parts.next()?.to_vec();
        for part in parts {
            packet.extend_from_slice(part);
        }
        Some(packet)
    }

    /// The value of an extended type, put together from its fragments (RFC 6929 2.2): the first that is complete.
    #[must_use]
    pub fn extended(self, ty: Type, extended: u8) -> Option<Vec<u8>> {
        let mut whole = Vec::new();
        for attribute in self.filter(|attribute| attribute.ty == ty) {
            match attribute.extended() {
                Some((inner, more, value)) if inner == extended => {
                    whole.extend_from_slice(value);
                    if !more {
                        return Some(whole);
                    }
                }
                Some(_) | None => whole.clear(),
            }
        }
        None
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let [ty, length, ..] = self.rest else { return None };
        let whole = usize::from(*length);
        let (attribute, rest) = self.rest.split_at_checked(whole)?;
        let value = attribute.get(2..)?;
        self.rest = rest;
        Some(Attribute { ty: Type(*ty), value })
    }
}
