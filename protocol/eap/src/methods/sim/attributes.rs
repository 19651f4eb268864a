//! The attributes that the three methods share (RFC 4186 8 and 10, RFC 4187 8 and 10, RFC 9048 3 and 4).
//!
//! What is read is read strictly: each attribute at most once, of its own length, with padding of zeros, and only in the
//! messages that may have it. One of a number below 128 that is not known ends the method (RFC 4186 8.1).

use alloc::vec::Vec;

use crypto::{Secret, aes_cbc_decrypt, aes_cbc_encrypt};
use wire::{Malformed, Reader};

pub(super) const RAND: u8 = 1;
pub(super) const AUTN: u8 = 2;
pub(super) const RES: u8 = 3;
pub(super) const AUTS: u8 = 4;
pub(super) const PADDING: u8 = 6;
pub(super) const NONCE_MT: u8 = 7;
pub(super) const PERMANENT_ID_REQ: u8 = 10;
pub(super) const MAC: u8 = 11;
pub(super) const NOTIFICATION: u8 = 12;
pub(super) const ANY_ID_REQ: u8 = 13;
pub(super) const IDENTITY: u8 = 14;
pub(super) const VERSION_LIST: u8 = 15;
pub(super) const SELECTED_VERSION: u8 = 16;
pub(super) const FULLAUTH_ID_REQ: u8 = 17;
pub(super) const COUNTER: u8 = 19;
pub(super) const COUNTER_TOO_SMALL: u8 = 20;
pub(super) const NONCE_S: u8 = 21;
pub(super) const CLIENT_ERROR_CODE: u8 = 22;
pub(super) const KDF_INPUT: u8 = 23;
pub(super) const KDF: u8 = 24;
pub(super) const IV: u8 = 129;
pub(super) const ENCR_DATA: u8 = 130;
pub(super) const NEXT_PSEUDONYM: u8 = 132;
pub(super) const NEXT_REAUTH_ID: u8 = 133;
pub(super) const CHECKCODE: u8 = 134;
pub(super) const RESULT_IND: u8 = 135;
pub(super) const BIDDING: u8 = 136;

/// Numbers from here on may be passed over (RFC 4186 8.1).
const SKIPPABLE: u8 = 128;
/// More KDFs than this are no honest list.
const MOST_KDFS: usize = 8;

/// Which identity is asked for (RFC 4186 10.2 to 10.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum IdRequest {
    /// Whichever: one for fast re-authentication too.
    Any,
    /// One for full authentication: a pseudonym too.
    FullAuth,
    /// The one that never changes.
    Permanent,
}

impl IdRequest {
    const fn attribute(self) -> u8 {
        match self {
            IdRequest::Any => ANY_ID_REQ,
            IdRequest::FullAuth => FULLAUTH_ID_REQ,
            IdRequest::Permanent => PERMANENT_ID_REQ,
        }
    }
}

/// What a message holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes<'a> {
    pub(super) rand: Vec<[u8; 16]>,
    pub(super) autn: Option<[u8; 16]>,
    pub(super) res: Option<&'a [u8]>,
    pub(super) auts: Option<[u8; 14]>,
    pub(super) nonce_mt: Option<[u8; 16]>,
    pub(super) id_request: Option<IdRequest>,
    /// The value, and where it stands in what was parsed.
    pub(super) mac: Option<([u8; 16], usize)>,
    pub(super) notification: Option<u16>,
    pub(super) identity: Option<&'a [u8]>,
    pub(super) version_list: Option<&'a [u8]>,
    pub(super) selected_version: Option<u16>,
    pub(super) counter: Option<u16>,
    pub(super) counter_too_small: bool,
    pub(super) nonce_s: Option<[u8; 16]>,
    pub(super) client_error: Option<u16>,
    pub(super) kdf_input: Option<&'a [u8]>,
    pub(super) kdf: Vec<u16>,
    pub(super) iv: Option<[u8; 16]>,
    pub(super) encrypted: Option<&'a [u8]>,
    pub(super) next_pseudonym: Option<&'a [u8]>,
    pub(super) next_reauth: Option<&'a [u8]>,
    pub(super) checkcode: Option<&'a [u8]>,
    pub(super) result_ind: bool,
    pub(super) bidding: Option<u16>,
}

/// A value of so many octets behind two reserved ones.
fn reserved<const N: usize>(mut value: Reader<'_>, field: &'static str) -> Result<[u8; N], Malformed> {
    value.take(2, field)?;
    let out = value.array(field)?;
    value.finish(field)?;
    Ok(out)
}

fn number(mut value: Reader<'_>, field: &'static str) -> Result<u16, Malformed> {
    let number = value.u16_be(field)?;
    value.finish(field)?;
    Ok(number)
}

fn flag(mut value: Reader<'_>, field: &'static str) -> Result<bool, Malformed> {
    value.take(2, field)?;
    value.finish(field)?;
    Ok(true)
}

/// A value behind its own length in octets, and zeros up to a multiple of four.
fn counted<'a>(mut value: Reader<'a>, field: &'static str) -> Result<&'a [u8], Malformed> {
    let length = usize::from(value.u16_be(field)?);
    let out = value.take(length, field)?;
    padding(value.take_rest(), 3, field)?;
    Ok(out)
}

fn padding(rest: &[u8], most: usize, field: &'static str) -> Result<(), Malformed> {
    if rest.len() > most || rest.iter().any(|octet| *octet != 0) { Err(Malformed(field)) } else { Ok(()) }
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.replace(value).is_some() { Err(Malformed("an attribute twice")) } else { Ok(()) }
}

fn raise(place: &mut bool, value: bool) -> Result<(), Malformed> {
    if core::mem::replace(place, value) { Err(Malformed("an attribute twice")) } else { Ok(()) }
}

impl<'a> Attributes<'a> {
    /// Reads attributes; `offset` is where they begin in what the place of AT_MAC is counted from. Of those that may not
    /// be passed over only the `allowed` ones may be there.
    ///
    /// # Errors
    /// The attribute that is not as it must be.
    pub(super) fn parse(bytes: &'a [u8], offset: usize, allowed: &[u8]) -> Result<Attributes<'a>, Malformed> {
        let mut out = Attributes::default();
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let start = bytes.len().saturating_sub(reader.remaining());
            let kind = reader.u8("attribute type")?;
            let words = usize::from(reader.u8("attribute length")?);
            let length = words.saturating_mul(4).checked_sub(2).ok_or(Malformed("attribute length"))?;
            let value = reader.sub(length, "attribute length")?;
            if allowed.contains(&kind) {
                out.take(kind, value, offset.saturating_add(start).saturating_add(4))?;
            } else if kind < SKIPPABLE {
                return Err(Malformed("an attribute that may not be there"));
            }
        }
        Ok(out)
    }

    fn take(&mut self, kind: u8, mut value: Reader<'a>, at: usize) -> Result<(), Malformed> {
        match kind {
            RAND => {
                value.take(2, "AT_RAND")?;
                let (rands, []) = value.take_rest().as_chunks::<16>() else { return Err(Malformed("AT_RAND")) };
                if rands.is_empty() || !self.rand.is_empty() {
                    return Err(Malformed("AT_RAND"));
                }
                self.rand = rands.to_vec();
                Ok(())
            }
            AUTN => set(&mut self.autn, reserved(value, "AT_AUTN")?),
            RES => {
                // The length is in bits (RFC 4187 10.8); cards answer in whole octets.
                let bits = value.u16_be("AT_RES")?;
                let octets = usize::from(bits >> 3);
                if bits & 7 != 0 || !(4..=16).contains(&octets) {
                    return Err(Malformed("AT_RES"));
                }
                let res = value.take(octets, "AT_RES")?;
                padding(value.take_rest(), 3, "AT_RES")?;
                set(&mut self.res, res)
            }
            AUTS => {
                let auts = value.array("AT_AUTS")?;
                value.finish("AT_AUTS")?;
                set(&mut self.auts, auts)
            }
            PADDING => {
                let rest = value.take_rest();
                padding(rest, 10, "AT_PADDING")?;
                Ok(())
            }
            NONCE_MT => set(&mut self.nonce_mt, reserved(value, "AT_NONCE_MT")?),
            PERMANENT_ID_REQ | ANY_ID_REQ | FULLAUTH_ID_REQ => {
                flag(value, "request for an identity")?;
                let request = match kind {
                    PERMANENT_ID_REQ => IdRequest::Permanent,
                    FULLAUTH_ID_REQ => IdRequest::FullAuth,
                    _ => IdRequest::Any,
                };
                // RFC 4186 9.1: at most one of the three.
                set(&mut self.id_request, request)
            }
            MAC => set(&mut self.mac, (reserved(value, "AT_MAC")?, at)),
            NOTIFICATION => set(&mut self.notification, number(value, "AT_NOTIFICATION")?),
            IDENTITY => set(&mut self.identity, counted(value, "AT_IDENTITY")?),
            VERSION_LIST => {
                let list = counted(value, "AT_VERSION_LIST")?;
                if list.is_empty() || !list.len().is_multiple_of(2) {
                    return Err(Malformed("AT_VERSION_LIST"));
                }
                set(&mut self.version_list, list)
            }
            SELECTED_VERSION => set(&mut self.selected_version, number(value, "AT_SELECTED_VERSION")?),
            COUNTER => set(&mut self.counter, number(value, "AT_COUNTER")?),
            COUNTER_TOO_SMALL => raise(&mut self.counter_too_small, flag(value, "AT_COUNTER_TOO_SMALL")?),
            NONCE_S => set(&mut self.nonce_s, reserved(value, "AT_NONCE_S")?),
            CLIENT_ERROR_CODE => set(&mut self.client_error, number(value, "AT_CLIENT_ERROR_CODE")?),
            KDF_INPUT => {
                let name = counted(value, "AT_KDF_INPUT")?;
                set(&mut self.kdf_input, name)
            }
            KDF => {
                if self.kdf.len() >= MOST_KDFS {
                    return Err(Malformed("AT_KDF"));
                }
                self.kdf.push(number(value, "AT_KDF")?);
                Ok(())
            }
            IV => set(&mut self.iv, reserved(value, "AT_IV")?),
            ENCR_DATA => {
                value.take(2, "AT_ENCR_DATA")?;
                let data = value.take_rest();
                if data.is_empty() || !data.len().is_multiple_of(16) {
                    return Err(Malformed("AT_ENCR_DATA"));
                }
                set(&mut self.encrypted, data)
            }
            NEXT_PSEUDONYM => set(&mut self.next_pseudonym, counted(value, "AT_NEXT_PSEUDONYM")?),
            NEXT_REAUTH_ID => set(&mut self.next_reauth, counted(value, "AT_NEXT_REAUTH_ID")?),
            CHECKCODE => {
                value.take(2, "AT_CHECKCODE")?;
                let code = value.take_rest();
                if !matches!(code.len(), 0 | 20 | 32) {
                    return Err(Malformed("AT_CHECKCODE"));
                }
                set(&mut self.checkcode, code)
            }
            RESULT_IND => raise(&mut self.result_ind, flag(value, "AT_RESULT_IND")?),
            BIDDING => set(&mut self.bidding, number(value, "AT_BIDDING")?),
            _ => Err(Malformed("attribute type")),
        }
    }

    /// What AT_ENCR_DATA holds in the clear; `None` if the message has none.
    ///
    /// # Errors
    /// If one of the two attributes is missing.
    pub(super) fn decrypt(&self, key: &[u8; 16]) -> Result<Option<Secret>, Malformed> {
        match (self.iv, self.encrypted) {
            (None, None) => Ok(None),
            (Some(iv), Some(data)) => aes_cbc_decrypt(key, &iv, data).map(Some).ok_or(Malformed("AT_ENCR_DATA")),
            (Some(_), None) | (None, Some(_)) => Err(Malformed("AT_IV and AT_ENCR_DATA belong together")),
        }
    }
}

/// Writes attributes one after the other.
#[derive(Debug, Default)]
pub(super) struct Builder {
    out: Vec<u8>,
}

impl Builder {
    pub(super) fn attribute(&mut self, kind: u8, parts: &[&[u8]]) -> &mut Builder {
        let length = parts.iter().fold(2_usize, |sum, part| sum.saturating_add(part.len()));
        let words = length.div_ceil(4);
        // Identities are cut to less than 1000 octets where they come in.
        self.out.extend([kind, u8::try_from(words).unwrap_or(u8::MAX)]);
        for part in parts {
            self.out.extend_from_slice(part);
        }
        self.out.resize(self.out.len().saturating_add(words.saturating_mul(4).saturating_sub(length)), 0);
        self
    }

    pub(super) fn flag(&mut self, kind: u8) -> &mut Builder {
        self.attribute(kind, &[&[0, 0]])
    }

    pub(super) fn number(&mut self, kind: u8, number: u16) -> &mut Builder {
        self.attribute(kind, &[&number.to_be_bytes()])
    }

    /// A value behind two reserved octets.
    pub(super) fn value(&mut self, kind: u8, value: &[u8]) -> &mut Builder {
        self.attribute(kind, &[&[0, 0], value])
    }

    /// A value behind its length.
    pub(super) fn counted(&mut self, kind: u8, value: &[u8]) -> &mut Builder {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.attribute(kind, &[&length.to_be_bytes(), value])
    }

    pub(super) fn res(&mut self, res: &[u8]) -> &mut Builder {
        let bits = u16::try_from(res.len().saturating_mul(8)).unwrap_or(u16::MAX);
        self.attribute(RES, &[&bits.to_be_bytes(), res])
    }

    pub(super) fn id_request(&mut self, request: IdRequest) -> &mut Builder {
        self.flag(request.attribute())
    }

    /// AT_IV and AT_ENCR_DATA around these attributes, padded (RFC 4186 10.12).
    pub(super) fn encrypted(&mut self, key: &[u8; 16], iv: &[u8; 16], inner: Builder) -> &mut Builder {
        let mut plain = inner.out;
        let missing = plain.len().next_multiple_of(16).saturating_sub(plain.len());
        if missing > 0 {
            // The length is 4, 8 or 12: all attributes are words.
            plain.extend([PADDING, u8::try_from(missing / 4).unwrap_or(0)]);
            plain.resize(plain.len().next_multiple_of(16), 0);
        }
        let sealed = aes_cbc_encrypt(key, iv, &plain).unwrap_or_default();
        drop(Secret::from(plain));
        self.value(IV, iv).value(ENCR_DATA, &sealed)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[u8] =
        &[1, 2, 3, 4, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 129, 130, 132, 133, 134, 135, 136];

    #[test]
    fn what_is_written_is_read() {
        let mut builder = Builder::default();
        builder
            .value(RAND, &[1; 32])
            .value(AUTN, &[2; 16])
            .res(&[3; 5])
            .attribute(AUTS, &[&[4; 14]])
            .id_request(IdRequest::FullAuth)
            .value(MAC, &[5; 16])
            .counted(IDENTITY, b"alice")
            .number(KDF, 1)
            .number(KDF, 2)
            .flag(RESULT_IND)
            .value(CHECKCODE, &[])
            .encrypted(&[6; 16], &[7; 16], {
                let mut inner = Builder::default();
                inner.number(COUNTER, 9).counted(NEXT_PSEUDONYM, b"nobody");
                inner
            });
        let bytes = builder.finish();
        let read = Attributes::parse(&bytes, 0, ALL).unwrap();
        assert_eq!(read.rand, [[1; 16]; 2]);
        assert_eq!((read.autn, read.res, read.auts), (Some([2; 16]), Some(&[3; 5][..]), Some([4; 14])));
        assert_eq!((read.id_request, read.identity), (Some(IdRequest::FullAuth), Some(&b"alice"[..])));
        assert_eq!((read.kdf.as_slice(), read.result_ind, read.checkcode), (&[1, 2][..], true, Some(&[][..])));
        let (mac, at) = read.mac.unwrap();
        assert_eq!(bytes[at..at + 16], mac);
        let plain = read.decrypt(&[6; 16]).unwrap().unwrap();
        let inner = Attributes::parse(plain.as_bytes(), 0, &[COUNTER, NEXT_PSEUDONYM, PADDING]).unwrap();
        assert_eq!((inner.counter, inner.next_pseudonym), (Some(9), Some(&b"nobody"[..])));
    }

    #[test]
    fn attributes_that_lie_are_refused() {
        for wrong in [
            &[RAND][..],
            &[RAND, 0, 0, 0],
            &[RAND, 1, 0, 0],
            &[RAND, 2, 0, 0, 1, 2, 3, 4],
            &[AUTN, 5, 0, 0, 1],
            &[RES, 2, 0, 24, 1, 2, 3, 0],
            &[RES, 2, 0, 33, 1, 2, 3, 4],
            &[RES, 2, 0, 40, 1, 2, 3, 4],
            &[RES, 3, 0, 32, 1, 2, 3, 4, 0, 0, 0, 0],
            &[IDENTITY, 2, 0, 5, 1, 2, 3, 4],
            &[IDENTITY, 2, 0, 1, 1, 0, 0, 1],
            &[IDENTITY, 3, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            &[VERSION_LIST, 1, 0, 0],
            &[VERSION_LIST, 2, 0, 1, 0, 0, 0, 0],
            &[ANY_ID_REQ, 1, 0, 0, PERMANENT_ID_REQ, 1, 0, 0],
            &[COUNTER, 2, 0, 1, 0, 0, 0, 0],
            &[PADDING, 1, 0, 1],
            &[PADDING, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[CHECKCODE, 2, 0, 0, 1, 2, 3, 4],
            &[ENCR_DATA, 2, 0, 0, 1, 2, 3, 4],
            &[NOTIFICATION, 1, 0, 0, NOTIFICATION, 1, 0, 0],
            &[RESULT_IND, 1, 0, 0, RESULT_IND, 1, 0, 0],
            &[99, 1, 0, 0],
        ] {
            assert!(Attributes::parse(wrong, 0, ALL).is_err(), "{wrong:?}");
        }
        // What may be passed over is.
        assert_eq!(Attributes::parse(&[200, 1, 1, 2], 0, ALL), Ok(Attributes::default()));
        assert!(Attributes::parse(&[COUNTER, 1, 0, 1], 0, &[MAC]).is_err());
        assert_eq!(Attributes::parse(&[RESULT_IND, 1, 0, 0], 0, &[MAC]), Ok(Attributes::default()));
    }
}
