//! Attribute-value pairs (RFC 5281 10): those of RADIUS and of Microsoft (RFC 2548), in the form of Diameter.

use alloc::vec::Vec;

use wire::{Malformed, Reader, Writer};

const VENDOR: u8 = 0x80;
const MANDATORY: u8 = 0x40;
/// Octets before the data, without and with a vendor.
const HEADER: usize = 8;
const HEADER_VENDOR: usize = 12;
const MICROSOFT: u32 = 311;

/// A pair's place in the registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    vendor: u32,
    code: u32,
}

const fn radius(code: u32) -> Kind {
    Kind { vendor: 0, code }
}

const fn microsoft(code: u32) -> Kind {
    Kind { vendor: MICROSOFT, code }
}

pub(super) const USER_NAME: Kind = radius(1);
pub(super) const USER_PASSWORD: Kind = radius(2);
pub(super) const CHAP_PASSWORD: Kind = radius(3);
const REPLY_MESSAGE: Kind = radius(18);
pub(super) const CHAP_CHALLENGE: Kind = radius(60);
pub(super) const EAP_MESSAGE: Kind = radius(79);
pub(super) const MS_CHAP_RESPONSE: Kind = microsoft(1);
pub(super) const MS_CHAP_ERROR: Kind = microsoft(2);
pub(super) const MS_CHAP_CHALLENGE: Kind = microsoft(11);
pub(super) const MS_CHAP2_RESPONSE: Kind = microsoft(25);
pub(super) const MS_CHAP2_SUCCESS: Kind = microsoft(26);

/// What was said inside, pair for pair.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Avps<'a> {
    known: Vec<(Kind, &'a [u8])>,
    /// The packet that the pairs of `EAP-Message` make together.
    pub(super) eap: Option<Vec<u8>>,
}

const KNOWN: [Kind; 10] = [
    USER_NAME,
    USER_PASSWORD,
    CHAP_PASSWORD,
    REPLY_MESSAGE,
    CHAP_CHALLENGE,
    MS_CHAP_RESPONSE,
    MS_CHAP_ERROR,
    MS_CHAP_CHALLENGE,
    MS_CHAP2_RESPONSE,
    MS_CHAP2_SUCCESS,
];

impl<'a> Avps<'a> {
    /// Takes the pairs apart.
    ///
    /// # Errors
    /// A length that does not fit, a pair that comes twice, or one that must be understood and is not.
    pub(super) fn parse(data: &'a [u8]) -> Result<Avps<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let mut avps = Avps::default();
        while !reader.is_empty() {
            let code = reader.u32_be("AVP code")?;
            let flags = reader.u8("AVP flags")?;
            let [a, b, c] = reader.array("AVP length")?;
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).map_err(|_| Malformed("AVP length"))?;
            let (vendor, header) =
                if flags & VENDOR == 0 { (0, HEADER) } else { (reader.u32_be("AVP vendor")?, HEADER_VENDOR) };
            let value = reader.take(length.checked_sub(header).ok_or(Malformed("AVP length"))?, "AVP")?;
            // Padding; some leave that of the last pair away.
            reader.take(padding(length).min(reader.remaining()), "AVP padding")?;
            let kind = Kind { vendor, code };
            if kind == EAP_MESSAGE {
                avps.eap.get_or_insert_default().extend_from_slice(value);
            } else if KNOWN.contains(&kind) {
                if avps.get(kind).is_some() && kind != REPLY_MESSAGE {
                    return Err(Malformed("an AVP twice"));
                }
                avps.known.push((kind, value));
            } else if flags & MANDATORY != 0 {
                return Err(Malformed("an unknown AVP that must be understood"));
            }
        }
        Ok(avps)
    }

    /// The value of a pair that is there.
    pub(super) fn get(&self, kind: Kind) -> Option<&'a [u8]> {
        self.known.iter().find(|(known, _)| *known == kind).map(|(_, value)| *value)
    }

    /// Words for a person (RFC 2865 5.18).
    pub(super) fn reply(&self) -> impl Iterator<Item = &'a [u8]> {
        self.known.iter().filter(|(kind, _)| *kind == REPLY_MESSAGE).map(|(_, value)| *value)
    }
}

/// Octets of zero up to a multiple of four.
const fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}

/// Writes a pair that must be understood.
pub(super) fn put(writer: &mut Writer, kind: Kind, value: &[u8]) {
    let (flags, header) = if kind.vendor == 0 { (MANDATORY, HEADER) } else { (MANDATORY | VENDOR, HEADER_VENDOR) };
    let length = value.len().saturating_add(header);
    // Messages are far from 16 MiB.
    let [_, a, b, c] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    writer.u32_be(kind.code).u8(flags).put(&[a, b, c]);
    if kind.vendor != 0 {
        writer.u32_be(kind.vendor);
    }
    writer.put(value).put([0; 3].get(..padding(length)).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_as_they_were_written() {
        let mut writer = Writer::new();
        put(&mut writer, USER_NAME, b"alice");
        put(&mut writer, MS_CHAP_CHALLENGE, &[7; 16]);
        put(&mut writer, EAP_MESSAGE, b"ab");
        put(&mut writer, EAP_MESSAGE, b"c");
        let bytes = writer.finish().unwrap_or_default();
        assert_eq!(bytes.len(), 16 + 28 + 12 + 12);
        assert_eq!(bytes.get(..13), Some(&[0, 0, 0, 1, 0x40, 0, 0, 13, b'a', b'l', b'i', b'c', b'e'][..]));
        let avps = Avps::parse(&bytes).unwrap_or_default();
        assert_eq!(avps.get(USER_NAME), Some(&b"alice"[..]));
        assert_eq!(avps.get(MS_CHAP_CHALLENGE), Some(&[7; 16][..]));
        assert_eq!(avps.eap.as_deref(), Some(&b"abc"[..]));
        // The last pair's padding may be missing, nothing else.
        assert_eq!(Avps::parse(bytes.get(..65).unwrap_or_default()), Ok(avps));
        assert!(Avps::parse(bytes.get(..64).unwrap_or_default()).is_err());
    }

    #[test]
    fn pairs_that_lie_are_refused() {
        let pair = |flags, length, rest: &[u8]| [&[0, 0, 0, 1, flags, 0, 0, length][..], rest].concat();
        assert!(Avps::parse(&pair(0, 8, &[])).is_ok());
        for (flags, length) in [(0, 7), (0, 9), (0x80, 8), (0x80, 11), (0x80, 12)] {
            assert!(Avps::parse(&pair(flags, length, &[])).is_err(), "{flags:#x} {length}");
        }
        assert!(Avps::parse(&pair(0, 8, &pair(0, 8, &[]))).is_err(), "twice");
        let unknown = |flags| [0, 0, 3, 0xe7, flags, 0, 0, 8];
        assert_eq!(Avps::parse(&unknown(0)), Ok(Avps::default()));
        assert!(Avps::parse(&unknown(0x40)).is_err());
    }
}
