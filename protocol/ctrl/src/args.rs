//! Taking arguments apart.

use crate::ParseError;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use conf::text;
use wire::MacAddr;

/// What [`ParseError::Invalid`] needs most.
pub(crate) type Parsed<T> = Result<T, ParseError>;

/// A datagram up to its first NUL, without line breaks at its end.
pub(crate) fn datagram(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let bytes = bytes.get(..end).unwrap_or(&[]);
    let end = bytes.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |i| i.saturating_add(1));
    bytes.get(..end).unwrap_or(&[])
}

/// The text up to the first space, and the text behind it (`None` if there is no space).
pub(crate) fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|b| *b == b' ') {
        Some(at) => (text.get(..at).unwrap_or(&[]), Some(text.get(at.saturating_add(1)..).unwrap_or(&[]))),
        None => (text, None),
    }
}

/// A number that ends with the text or at a space.
pub(crate) fn number(text: &[u8]) -> Parsed<i64> {
    let (word, _) = split(text);
    if word.is_empty() { Err(ParseError::Invalid) } else { text::decimal(word).ok_or(ParseError::Invalid) }
}

/// A number that is not negative.
pub(crate) fn count(text: &[u8]) -> Parsed<u32> {
    u32::try_from(number(text)?).map_err(|_| ParseError::Invalid)
}

/// A number that is not negative; as `atoi` has it, a word that begins with no digit is 0.
pub(crate) fn count_or_zero(text: &[u8]) -> Parsed<u32> {
    if text.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-') { count(text) } else { Ok(0) }
}

/// An address that ends with the text or at a space.
pub(crate) fn mac(text: &[u8]) -> Parsed<MacAddr> {
    text::mac(split(text).0).ok_or(ParseError::Invalid)
}

/// Text that must be UTF-8.
pub(crate) fn utf8(text: &[u8]) -> Parsed<String> {
    core::str::from_utf8(text).map(ToString::to_string).map_err(|_| ParseError::Invalid)
}

/// Hex digits.
pub(crate) fn hex(text: &[u8]) -> Parsed<Vec<u8>> {
    text::hex(text).ok_or(ParseError::Invalid)
}

/// What follows `name=` in one of the words; `name` ends in `=`.
pub(crate) fn option<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    text::words(text).find_map(|word| word.strip_prefix(name.as_bytes()))
}

/// Whether one of the words is this.
pub(crate) fn has_word(text: &[u8], word: &str) -> bool {
    text::words(text).any(|w| w == word.as_bytes())
}

/// The number that follows `name=`, if it is there.
pub(crate) fn option_number(text: &[u8], name: &str) -> Parsed<Option<i64>> {
    option(text, name).map(number).transpose()
}

/// Frequencies or ranges of them: `2412,2437-2462`, in MHz.
pub(crate) fn frequencies(text: &[u8]) -> Parsed<Vec<FreqRange>> {
    text.split(|b| *b == b',').filter(|part| !part.is_empty()).map(FreqRange::parse).collect()
}

/// A range of frequencies in MHz, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreqRange {
    /// The lowest.
    pub low: u32,
    /// The highest.
    pub high: u32,
}

impl FreqRange {
    fn parse(text: &[u8]) -> Parsed<FreqRange> {
        let mut ends = text.splitn(2, |b| *b == b'-');
        let low = count(ends.next().unwrap_or(&[]))?;
        let high = ends.next().map_or(Ok(low), count)?;
        if low <= high { Ok(FreqRange { low, high }) } else { Err(ParseError::Invalid) }
    }

    /// Whether a frequency is in the range.
    pub fn contains(&self, frequency: u32) -> bool {
        (self.low..=self.high).contains(&frequency)
    }
}
