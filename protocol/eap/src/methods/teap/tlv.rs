//! What stands inside of the tunnel (RFC 9930 4.2).

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

use super::binding::LENGTH;

const MANDATORY: u16 = 0x8000;
const TYPE: u16 = 0x3fff;

pub(super) const AUTHORITY: u16 = 1;
const IDENTITY_TYPE: u16 = 2;
const RESULT: u16 = 3;
const NAK: u16 = 4;
const ERROR: u16 = 5;
const REQUEST_ACTION: u16 = 8;
const EAP_PAYLOAD: u16 = 9;
const INTERMEDIATE_RESULT: u16 = 10;
const PAC: u16 = 11;
pub(super) const CRYPTO_BINDING: u16 = 12;
pub(super) const PASSWORD_REQUEST: u16 = 13;
const PASSWORD_RESPONSE: u16 = 14;

/// RFC 9930 4.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success = 1,
    Failure = 2,
}

/// What goes wrong, of the codes of RFC 9930 4.2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The inner method has failed.
    InnerMethod = 1001,
    /// The binding is wrong, or not there.
    TunnelCompromise = 2001,
    /// TLVs that may not be there.
    UnexpectedTlvs = 2002,
}

/// A name and a password (RFC 9930 4.2.15).
#[derive(PartialEq, Eq)]
pub(super) struct Basic<'a> {
    pub(super) name: &'a [u8],
    pub(super) password: &'a [u8],
}

impl core::fmt::Debug for Basic<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Basic").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What one message says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tlvs<'a> {
    pub(super) result: Option<Outcome>,
    pub(super) intermediate: Option<Outcome>,
    /// The whole TLV.
    pub(super) binding: Option<[u8; LENGTH]>,
    pub(super) eap: Option<&'a [u8]>,
    /// What the person here is to read.
    pub(super) prompt: Option<&'a [u8]>,
    pub(super) basic: Option<Basic<'a>>,
    pub(super) identity_type: Option<u16>,
    pub(super) error: Option<u32>,
    /// The type that the other side does not take.
    pub(super) nak: Option<u16>,
    /// What the other side does if what it asks for is not done (RFC 9930 4.2.9).
    pub(super) action: Option<Outcome>,
    /// A TLV that has to be understood, and is not.
    pub(super) unknown: Option<u16>,
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.replace(value).is_some() { Err(Malformed("TEAP TLV twice")) } else { Ok(()) }
}

fn outcome(value: &mut Reader<'_>) -> Result<Outcome, Malformed> {
    match value.u16_be("TEAP result")? {
        1 => Ok(Outcome::Success),
        2 => Ok(Outcome::Failure),
        _ => Err(Malformed("TEAP result")),
    }
}

fn basic<'a>(value: &mut Reader<'a>) -> Result<Basic<'a>, Malformed> {
    let length = value.u8("TEAP user name")?;
    let name = value.take(usize::from(length), "TEAP user name")?;
    let length = value.u8("TEAP password")?;
    let password = value.take(usize::from(length), "TEAP password")?;
    Ok(Basic { name, password })
}

impl<'a> Tlvs<'a> {
    /// Takes a message apart.
    pub(super) fn parse(data: &'a [u8]) -> Result<Tlvs<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let mut out = Tlvs::default();
        while !reader.is_empty() {
            let start = reader.peek_rest();
            let kind = reader.u16_be("TEAP TLV type")?;
            let length = usize::from(reader.u16_be("TEAP TLV length")?);
            let mut value = reader.sub(length, "TEAP TLV")?;
            match kind & TYPE {
                RESULT => set(&mut out.result, outcome(&mut value)?)?,
                // TLVs that go with it may follow; none of them has to be understood (RFC 9930 4.2.11).
                INTERMEDIATE_RESULT => {
                    set(&mut out.intermediate, outcome(&mut value)?)?;
                    value.take_rest();
                }
                CRYPTO_BINDING => {
                    let whole = start.first_chunk::<LENGTH>().filter(|_| length.checked_add(4) == Some(LENGTH));
                    set(&mut out.binding, *whole.ok_or(Malformed("TEAP Crypto-Binding"))?)?;
                    value.take_rest();
                }
                // So may TLVs that go with the packet (RFC 9930 4.2.10): the packet says how long it is.
                EAP_PAYLOAD => set(&mut out.eap, value.take_rest())?,
                PASSWORD_REQUEST => set(&mut out.prompt, value.take_rest())?,
                PASSWORD_RESPONSE => set(&mut out.basic, basic(&mut value)?)?,
                IDENTITY_TYPE => set(&mut out.identity_type, value.u16_be("TEAP Identity-Type")?)?,
                ERROR => set(&mut out.error, value.u32_be("TEAP Error")?)?,
                NAK => {
                    value.u32_be("TEAP NAK")?;
                    set(&mut out.nak, value.u16_be("TEAP NAK")?)?;
                    value.take_rest();
                }
                REQUEST_ACTION => {
                    let status = value.u8("TEAP Request-Action")?;
                    set(&mut out.action, if status == 1 { Outcome::Success } else { Outcome::Failure })?;
                    value.take_rest();
                }
                // Deprecated: whoever sends it is told that it may not be there (RFC 9930 4.2.12).
                PAC => return Err(Malformed("TEAP PAC")),
                other => {
                    value.take_rest();
                    if kind & MANDATORY != 0 {
                        out.unknown = out.unknown.or(Some(other));
                    }
                }
            }
            value.finish("TEAP TLV")?;
        }
        Ok(out)
    }
}

fn tlv(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    // Packets of EAP and names: far from 64 KiB.
    writer.u16_be(kind).u16_be(u16::try_from(value.len()).unwrap_or(u16::MAX)).put(value);
    writer.finish().unwrap_or_default()
}

pub(super) fn result(outcome: Outcome) -> Vec<u8> {
    tlv(MANDATORY | RESULT, &(outcome as u16).to_be_bytes())
}

pub(super) fn intermediate(outcome: Outcome) -> Vec<u8> {
    tlv(MANDATORY | INTERMEDIATE_RESULT, &(outcome as u16).to_be_bytes())
}

pub(super) fn error(code: Code) -> Vec<u8> {
    tlv(MANDATORY | ERROR, &(code as u32).to_be_bytes())
}

/// What is not understood: no vendor's, and this type.
pub(super) fn nak(kind: u16) -> Vec<u8> {
    tlv(MANDATORY | NAK, &[&[0; 4][..], &kind.to_be_bytes()].concat())
}

pub(super) fn eap(packet: &[u8]) -> Vec<u8> {
    tlv(MANDATORY | EAP_PAYLOAD, packet)
}

pub(super) fn identity_type(number: u16) -> Vec<u8> {
    tlv(IDENTITY_TYPE, &number.to_be_bytes())
}

pub(super) fn password_request(prompt: &[u8]) -> Vec<u8> {
    tlv(PASSWORD_REQUEST, prompt)
}

/// `None` if either has more than 255 octets.
pub(super) fn password_response(basic: &Basic<'_>) -> Option<Vec<u8>> {
    let (name, password) = (u8::try_from(basic.name.len()).ok()?, u8::try_from(basic.password.len()).ok()?);
    let value = crypto::Secret::from([&[name][..], basic.name, &[password], basic.password].concat());
    Some(tlv(PASSWORD_RESPONSE, value.as_bytes()))
}

/// What an error of the other side means.
pub(super) const fn meaning(code: u32) -> &'static str {
    match code {
        1001 => "the inner method has failed",
        1002 => "its infrastructure has a problem",
        1003 => "the authentication has failed",
        1004 => "it is not allowed",
        1005 => "the account cannot be reached",
        1006 => "the account has expired",
        1007 => "the account is locked for now",
        1008 => "the account is locked, and an administrator has to unlock it",
        2001 => "the two conversations are not bound together: somebody may be in between",
        2002 => "something was said that may not be said there",
        _ => "an error without a name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tlvs_come_back_as_they_were_written() {
        let written = [
            result(Outcome::Success),
            intermediate(Outcome::Failure),
            error(Code::UnexpectedTlvs),
            eap(b"packet"),
            identity_type(2),
            password_request(b"who?"),
            password_response(&Basic { name: b"alice", password: b"secret" }).unwrap(),
            nak(15),
        ]
        .concat();
        let expected = Tlvs {
            result: Some(Outcome::Success),
            intermediate: Some(Outcome::Failure),
            error: Some(2002),
            eap: Some(b"packet"),
            identity_type: Some(2),
            prompt: Some(b"who?"),
            basic: Some(Basic { name: b"alice", password: b"secret" }),
            nak: Some(15),
            ..Tlvs::default()
        };
        assert_eq!(Tlvs::parse(&written), Ok(expected));
    }

    #[test]
    fn what_is_twice_too_short_or_deprecated_is_refused_and_what_must_be_understood_is_named() {
        let twice = [result(Outcome::Success), result(Outcome::Success)].concat();
        for wrong in [&twice[..], &[0x80, 3, 0, 2, 0], &[0x80, 3, 0, 2, 0, 3], &[0, 11, 0, 0], &[0x80, 12, 0, 1, 0]] {
            assert!(Tlvs::parse(wrong).is_err(), "{wrong:?}");
        }
        // PKCS#7, PKCS#10 and trusted roots.
        for kind in [15, 16, 17] {
            assert_eq!(Tlvs::parse(&[0x80, kind, 0, 1, 7]).unwrap().unknown, Some(u16::from(kind)));
            assert_eq!(Tlvs::parse(&[0, kind, 0, 1, 7]), Ok(Tlvs::default()));
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let printed = alloc::format!("{:?}", Basic { name: b"alice", password: b"hunter2" });
        assert!(!printed.contains("hunter") && !printed.contains("104"));
    }
}
