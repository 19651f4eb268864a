//! The packets (RFC 6696 5.3).

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use super::{ErpKeys, SUITE, TAG};
use crate::packet::{self, Code, Packet};

/// Types of packets.
const START: u8 = 1;
const REAUTH: u8 = 2;
/// R: it has failed. L: the lifetime is wanted.
const FAILED: u8 = 0x80;
const LIFETIME_WANTED: u8 = 0x20;

/// Types of what a packet holds (RFC 6696 5.3.4).
const KEY_NAME: u8 = 1;
const ROOT_LIFETIME: u8 = 2;
const SESSION_LIFETIME: u8 = 3;
const DOMAIN: u8 = 4;
const AUTHORIZATION: u8 = 6;
const FIRST_WITH_LENGTH: u8 = 128;
const LAST_WITH_LENGTH: u8 = 191;

/// What a packet says beside its sequence number.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fields<'a> {
    name: Option<&'a [u8]>,
    /// Of the root key, in seconds.
    lifetime: Option<u32>,
}

impl<'a> Fields<'a> {
    fn parse(data: &'a [u8]) -> Result<Fields<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let mut out = Fields::default();
        while !reader.is_empty() {
            match reader.u8("ERP field")? {
                ROOT_LIFETIME => out.lifetime = Some(reader.u32_be("ERP lifetime")?),
                SESSION_LIFETIME => {
                    reader.u32_be("ERP lifetime")?;
                }
                kind @ (KEY_NAME | DOMAIN..=AUTHORIZATION | FIRST_WITH_LENGTH..=LAST_WITH_LENGTH) => {
                    let length = reader.u8("ERP field")?;
                    let value = reader.take(usize::from(length), "ERP field")?;
                    if kind == KEY_NAME && out.name.replace(value).is_some() {
                        return Err(Malformed("ERP key name twice"));
                    }
                }
                _ => return Err(Malformed("ERP field")),
            }
        }
        Ok(out)
    }
}

/// EAP-Initiate/Re-auth or EAP-Finish/Re-auth.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reauth<'a> {
    pub(super) identifier: u8,
    pub(super) failed: bool,
    pub(super) lifetime_wanted: bool,
    pub(super) sequence: u16,
    pub(super) name: &'a [u8],
    pub(super) lifetime: Option<u32>,
    /// What the tag covers, and the tag; only a failure may have none.
    pub(super) signed: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Reauth<'a> {
    pub(super) fn parse(whole: &'a [u8], code: Code) -> Result<Reauth<'a>, Malformed> {
        const OTHER: Malformed = Malformed("ERP packet of another kind");
        let (identifier, data, whole) = match (Packet::parse(whole)?, code) {
            (Packet::Initiate { identifier, data, whole }, Code::Initiate)
            | (Packet::Finish { identifier, data, whole }, Code::Finish) => (identifier, data, whole),
            (
                Packet::Request(_)
                | Packet::Response(_)
                | Packet::Success { .. }
                | Packet::Failure { .. }
                | Packet::Initiate { .. }
                | Packet::Finish { .. },
                _,
            ) => return Err(OTHER),
        };
        let mut reader = Reader::new(data);
        if reader.u8("ERP type")? != REAUTH {
            return Err(OTHER);
        }
        let flags = reader.u8("ERP flags")?;
        let sequence = reader.u16_be("ERP sequence number")?;
        let rest = reader.take_rest();
        let (failed, lifetime_wanted) = (flags & FAILED != 0, flags & LIFETIME_WANTED != 0);
        let message = |fields: Fields<'a>, signed| {
            let name = fields.name.ok_or(Malformed("ERP without a key's name"))?;
            Ok(Reauth { identifier, failed, lifetime_wanted, sequence, name, lifetime: fields.lifetime, signed })
        };
        let end = rest.len().checked_sub(TAG.saturating_add(1));
        if let Some((fields, [SUITE, tag @ ..])) = end.and_then(|end| rest.split_at_checked(end))
            && let Ok(fields) = Fields::parse(fields)
        {
            let covered = whole.get(..whole.len().saturating_sub(TAG)).unwrap_or_default();
            return message(fields, Some((covered, tag)));
        }
        // Whoever does not have the key has no tag, and nothing but a refusal to say (RFC 6696 5.3.3).
        if failed { message(Fields::parse(rest)?, None) } else { Err(Malformed("ERP authentication tag")) }
    }

    /// Whether whoever made it has the key.
    pub(super) fn is_authentic(&self, keys: &ErpKeys) -> bool {
        self.signed.is_some_and(|(covered, tag)| crypto::ct_eq(tag, &keys.tag(covered)))
    }
}

/// What an EAP-Finish/Re-auth or EAP-Initiate/Re-auth is made of.
pub(super) struct Written<'a> {
    pub(super) code: Code,
    pub(super) identifier: u8,
    pub(super) failed: bool,
    pub(super) lifetime_wanted: bool,
    pub(super) sequence: u16,
    pub(super) name: &'a [u8],
    pub(super) lifetime: Option<u32>,
}

impl Written<'_> {
    pub(super) fn write(&self, keys: Option<&ErpKeys>) -> Vec<u8> {
        let flags = if self.failed { FAILED } else { 0 } | if self.lifetime_wanted { LIFETIME_WANTED } else { 0 };
        let packet = packet::write(self.code, self.identifier, |writer| {
            writer.u8(REAUTH).u8(flags).u16_be(self.sequence);
            // Whoever calls has a name of 253 octets at most.
            writer.u8(KEY_NAME).u8(u8::try_from(self.name.len()).unwrap_or_default()).put(self.name);
            if let Some(lifetime) = self.lifetime {
                writer.u8(ROOT_LIFETIME).u32_be(lifetime);
            }
            if keys.is_some() {
                writer.u8(SUITE).put(&[0; TAG]);
            }
        });
        // A few fields and a name: far from what a packet can hold.
        let mut packet = packet.unwrap_or_default();
        if let Some(keys) = keys {
            let end = packet.len().saturating_sub(TAG);
            let tag = keys.tag(packet.get(..end).unwrap_or_default());
            packet.truncate(end);
            packet.extend(tag);
        }
        packet
    }
}

/// EAP-Initiate/Re-auth-Start, with which an authenticator offers re-authentication, in this domain if it has one
/// (RFC 6696 5.3.1).
#[must_use]
pub fn reauth_start(identifier: u8, domain: Option<&[u8]>) -> Vec<u8> {
    let packet = packet::write(Code::Initiate, identifier, |writer: &mut Writer| {
        writer.u8(START).u8(0);
        if let Some((length, domain)) = domain.and_then(|domain| Some((u8::try_from(domain.len()).ok()?, domain))) {
            writer.u8(DOMAIN).u8(length).put(domain);
        }
    });
    packet.unwrap_or_default()
}

/// Whether a packet offers re-authentication.
pub(crate) fn is_reauth_start(data: &[u8]) -> bool {
    data.first() == Some(&START) && data.get(2..).is_some_and(|fields| Fields::parse(fields).is_ok())
}

/// Whose key an EAP-Initiate/Re-auth names: where it belongs, in the place of an identity.
///
/// # Errors
/// If the packet is none.
pub fn key_name(initiate: &[u8]) -> Result<&[u8], Malformed> {
    Reauth::parse(initiate, Code::Initiate).map(|reauth| reauth.name)
}

/// Whether a server's EAP-Finish/Re-auth says that it has succeeded.
pub(crate) fn finish_succeeds(finish: &[u8]) -> Option<bool> {
    Reauth::parse(finish, Code::Finish).ok().map(|reauth| !reauth.failed)
}
