//! Messages of IKEv2 (RFC 7296 3), as far as a shared secret needs them.

use alloc::vec::Vec;

use crypto::{Rng, Secret, aes_cbc_decrypt, aes_cbc_encrypt, ct_eq};
use wire::{Malformed, Reader, Writer};

use super::{Side, code_size};

/// Payload types (RFC 7296 3.2).
pub(super) const SA: u8 = 33;
pub(super) const KEY_EXCHANGE: u8 = 34;
pub(super) const ID_INITIATOR: u8 = 35;
pub(super) const ID_RESPONDER: u8 = 36;
pub(super) const AUTHENTICATION: u8 = 39;
pub(super) const NONCE: u8 = 40;
pub(super) const NOTIFY: u8 = 41;
const ENCRYPTED: u8 = 46;

const VERSION: u8 = 0x20;
const CRITICAL: u8 = 0x80;
const BLOCK: usize = 16;
/// ID_KEY_ID (RFC 7296 3.5): octets of any kind.
pub(super) const KEY_ID: u8 = 11;
/// Shared Key Message Integrity Code (RFC 7296 3.8).
const SHARED_KEY: u8 = 2;

/// Which exchange a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    Init = 34,
    Auth = 35,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The server: flag I.
    Initiator = 0x08,
    /// The peer: flag R.
    Responder = 0x20,
}

/// What names the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spis {
    pub(super) initiator: [u8; 8],
    pub(super) responder: [u8; 8],
}

/// A name (RFC 7296 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id<'a> {
    pub(super) kind: u8,
    pub(super) name: &'a [u8],
}

impl<'a> Id<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Id<'a>, Malformed> {
        let mut reader = Reader::new(body);
        let kind = reader.u8("EAP-IKEv2 identification")?;
        reader.take(3, "EAP-IKEv2 identification")?;
        Ok(Id { kind, name: reader.take_rest() })
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        [&[self.kind, 0, 0, 0][..], self.name].concat()
    }
}

/// The payloads of one chain.
#[derive(Debug, Default)]
pub(super) struct Payloads<'a> {
    pub(super) sa: Option<&'a [u8]>,
    pub(super) key_exchange: Option<&'a [u8]>,
    pub(super) nonce: Option<&'a [u8]>,
    pub(super) initiator: Option<&'a [u8]>,
    pub(super) responder: Option<&'a [u8]>,
    pub(super) authentication: Option<&'a [u8]>,
    pub(super) notify: Option<&'a [u8]>,
    sealed: Option<Sealed<'a>>,
}

#[derive(Debug)]
struct Sealed<'a> {
    /// Type of the first payload inside.
    first: u8,
    body: &'a [u8],
}

impl<'a> Payloads<'a> {
    fn parse(mut kind: u8, mut reader: Reader<'a>) -> Result<Payloads<'a>, Malformed> {
        let mut out = Payloads::default();
        while kind != 0 {
            let next = reader.u8("EAP-IKEv2 payload")?;
            let flags = reader.u8("EAP-IKEv2 payload")?;
            let length = usize::from(reader.u16_be("EAP-IKEv2 payload")?).checked_sub(4);
            let body = reader.take(length.ok_or(Malformed("EAP-IKEv2 payload"))?, "EAP-IKEv2 payload")?;
            let place = match kind {
                SA => &mut out.sa,
                KEY_EXCHANGE => &mut out.key_exchange,
                NONCE => &mut out.nonce,
                ID_INITIATOR => &mut out.initiator,
                ID_RESPONDER => &mut out.responder,
                AUTHENTICATION => &mut out.authentication,
                NOTIFY => &mut out.notify,
                ENCRYPTED => {
                    // It is the last one, and names what is inside of it (RFC 7296 3.14).
                    out.sealed = Some(Sealed { first: next, body });
                    break;
                }
                _ if flags & CRITICAL != 0 => return Err(Malformed("EAP-IKEv2 critical payload")),
                _ => {
                    kind = next;
                    continue;
                }
            };
            if place.replace(body).is_some() {
                return Err(Malformed("EAP-IKEv2 payload twice"));
            }
            kind = next;
        }
        reader.finish("EAP-IKEv2 payloads")?;
        Ok(out)
    }
}

/// A message that was taken apart.
#[derive(Debug)]
pub(super) struct Message<'a> {
    whole: &'a [u8],
    pub(super) spis: Spis,
    pub(super) open: Payloads<'a>,
}

impl<'a> Message<'a> {
    /// Takes a message of this exchange from this side apart (RFC 7296 3.1).
    pub(super) fn parse(whole: &'a [u8], exchange: Exchange, from: From) -> Result<Message<'a>, Malformed> {
        let mut reader = Reader::new(whole);
        let spis = Spis { initiator: reader.array("EAP-IKEv2 SPI")?, responder: reader.array("EAP-IKEv2 SPI")? };
        let first = reader.u8("EAP-IKEv2 header")?;
        let [version, kind, flags] = reader.array("EAP-IKEv2 header")?;
        let id = reader.u32_be("EAP-IKEv2 message id")?;
        let length = reader.u32_be("EAP-IKEv2 length")?;
        let expected = match exchange {
            Exchange::Init => 0,
            Exchange::Auth => 1,
        };
        if version != VERSION || kind != exchange as u8 || flags & DIRECTION != from as u8 || id != expected {
            return Err(Malformed("EAP-IKEv2 message out of turn"));
        }
        if usize::try_from(length) != Ok(whole.len()) {
            return Err(Malformed("EAP-IKEv2 length"));
        }
        Ok(Message { whole, spis, open: Payloads::parse(first, reader)? })
    }

    /// What the encrypted payload holds, if `side` has sent it; the first payload's type and the octets of all.
    pub(super) fn unseal(&self, side: &Side) -> Result<Unsealed, Malformed> {
        const WHAT: Malformed = Malformed("EAP-IKEv2 encrypted payload");
        let sealed = self.open.sealed.as_ref().ok_or(WHAT)?;
        let size = code_size(side.integrity);
        let (covered, code) =
            self.whole.len().checked_sub(size).and_then(|end| self.whole.split_at_checked(end)).ok_or(WHAT)?;
        if !ct_eq(code, &side.code(&[covered])) {
            return Err(WHAT);
        }
        let body = sealed.body.len().checked_sub(size).and_then(|end| sealed.body.get(..end)).ok_or(WHAT)?;
        let (iv, text) = body.split_first_chunk::<BLOCK>().ok_or(WHAT)?;
        let key = side.encryption.as_bytes().try_into().map_err(|_| WHAT)?;
        let plain = aes_cbc_decrypt(&key, iv, text).ok_or(WHAT)?;
        let (padding, rest) = plain.as_bytes().split_last().ok_or(WHAT)?;
        let length = rest.len().checked_sub(usize::from(*padding)).ok_or(WHAT)?;
        Ok(Unsealed { first: sealed.first, octets: Secret::from(rest.get(..length).unwrap_or_default()) })
    }
}

/// The flags that tell directions apart.
const DIRECTION: u8 = 0x28;

/// What was inside of an encrypted payload.
#[derive(Debug)]
pub(super) struct Unsealed {
    first: u8,
    octets: Secret,
}

impl Unsealed {
    pub(super) fn payloads(&self) -> Result<Payloads<'_>, Malformed> {
        Payloads::parse(self.first, Reader::new(self.octets.as_bytes()))
    }
}

/// A payload to be written: its type and body.
pub(super) type Payload = (u8, Vec<u8>);

fn put_chain(writer: &mut Writer, payloads: &[Payload], last: u8) {
    let following = payloads.iter().skip(1).map(|(kind, _)| *kind).chain([last]);
    for ((_, body), next) in payloads.iter().zip(following) {
        // Bodies are public values, names and proofs: far from 64 KiB.
        let length = u16::try_from(body.len().saturating_add(4)).unwrap_or(u16::MAX);
        writer.u8(next).u8(0).u16_be(length).put(body);
    }
}

/// A message of these payloads; `sealed` are encrypted with the keys of whoever sends.
pub(super) fn write(
    (exchange, from): (Exchange, From),
    spis: &Spis,
    open: &[Payload],
    sealed: Option<(&Side, &[Payload])>,
    rng: &mut dyn Rng,
) -> Vec<u8> {
    let inner = if sealed.is_some() { ENCRYPTED } else { 0 };
    let first = open.first().map_or(inner, |(kind, _)| *kind);
    let mut writer = Writer::new();
    writer.put(&spis.initiator).put(&spis.responder).u8(first).u8(VERSION).u8(exchange as u8).u8(from as u8);
    writer.u32_be(match exchange {
        Exchange::Init => 0,
        Exchange::Auth => 1,
    });
    let mut rest = Writer::new();
    put_chain(&mut rest, open, inner);
    let mut rest = rest.finish().unwrap_or_default();
    if let Some((side, payloads)) = sealed {
        let mut plain = Writer::new();
        put_chain(&mut plain, payloads, 0);
        let mut plain = plain.finish().unwrap_or_default();
        // Whole blocks with the octet that counts the padding.
        let padding =
            plain.len().saturating_add(1).next_multiple_of(BLOCK).saturating_sub(plain.len()).saturating_sub(1);
        plain.resize(plain.len().saturating_add(padding), 0);
        plain.push(u8::try_from(padding).unwrap_or_default());
        let mut iv = [0; BLOCK];
        rng.fill(&mut iv);
        let key = side.encryption.as_bytes().try_into().unwrap_or_default();
        let text = aes_cbc_encrypt(&key, &iv, &plain).unwrap_or_default();
        let size = code_size(side.integrity);
        let length = text.len().saturating_add(BLOCK).saturating_add(size).saturating_add(4);
        let kind = payloads.first().map_or(0, |(kind, _)| *kind);
        rest.extend([kind, 0]);
        rest.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        rest.extend(iv);
        rest.extend(text);
        let whole = rest.len().saturating_add(size);
        writer.u32_be(length_with_header(whole)).put(&rest);
        let mut message = writer.finish().unwrap_or_default();
        let code = side.code(&[&message]);
        message.extend(code);
        return message;
    }
    writer.u32_be(length_with_header(rest.len())).put(&rest);
    writer.finish().unwrap_or_default()
}

fn length_with_header(octets: usize) -> u32 {
    u32::try_from(octets.saturating_add(28)).unwrap_or(u32::MAX)
}

/// The body of a proof (RFC 7296 3.8).
pub(super) fn authentication(proof: &[u8]) -> Vec<u8> {
    [&[SHARED_KEY, 0, 0, 0][..], proof].concat()
}

/// The proof in such a body.
pub(super) fn parse_authentication(body: &[u8]) -> Result<&[u8], Malformed> {
    body.strip_prefix(&[SHARED_KEY])
        .and_then(|rest| rest.get(3..))
        .ok_or(Malformed("EAP-IKEv2 authentication with a shared key"))
}

/// A public value (RFC 7296 3.4).
pub(super) fn key_exchange(group: u16, public: &[u8]) -> Vec<u8> {
    [&group.to_be_bytes()[..], &[0, 0], public].concat()
}

/// Number of the group, and the value.
pub(super) fn parse_key_exchange(body: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let mut reader = Reader::new(body);
    let group = reader.u16_be("EAP-IKEv2 key exchange")?;
    reader.u16_be("EAP-IKEv2 key exchange")?;
    Ok((group, reader.take_rest()))
}

/// RFC 7296 2.10 and 3.9: 16 to 256 octets.
pub(super) fn checked_nonce(body: &[u8]) -> Result<&[u8], Malformed> {
    if (16..=256).contains(&body.len()) { Ok(body) } else { Err(Malformed("EAP-IKEv2 nonce")) }
}

/// What is not possible (RFC 7296 3.10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    NoProposal,
    /// The group that should be used.
    WrongGroup(u16),
    Authentication,
}

impl Trouble {
    pub(super) fn octets(self) -> Vec<u8> {
        let (kind, data): (u16, Vec<u8>) = match self {
            Trouble::NoProposal => (14, Vec::new()),
            Trouble::WrongGroup(group) => (17, group.to_be_bytes().to_vec()),
            Trouble::Authentication => (24, Vec::new()),
        };
        [&[1, 0][..], &kind.to_be_bytes(), &data].concat()
    }

    /// `None` for one that is not known here.
    pub(super) fn parse(body: &[u8]) -> Result<Option<Trouble>, Malformed> {
        let mut reader = Reader::new(body);
        let [_, spi] = reader.array("EAP-IKEv2 notification")?;
        let kind = reader.u16_be("EAP-IKEv2 notification")?;
        reader.take(usize::from(spi), "EAP-IKEv2 notification")?;
        Ok(match kind {
            14 => Some(Trouble::NoProposal),
            17 => Some(Trouble::WrongGroup(reader.u16_be("EAP-IKEv2 notification")?)),
            24 => Some(Trouble::Authentication),
            _ => None,
        })
    }
}
