//! The small notations both languages share: numbers, hex, addresses, quoted strings, comments.

use alloc::vec::Vec;
use wire::MacAddr;

/// Value of one hex digit.
fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Bytes of a string that is nothing but pairs of hex digits.
pub fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        let [high, low] = pair else { return None };
        out.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    Some(out)
}

/// Hex digits of bytes, lower case.
pub fn to_hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n & 15)).copied().unwrap_or(b'0');
    bytes.iter().flat_map(|&b| [digit(b >> 4), digit(b)]).collect()
}

/// `aa:bb:cc:dd:ee:ff` at the start of the text, and what follows it.
pub(crate) fn mac_prefix(text: &[u8]) -> Option<(MacAddr, &[u8])> {
    let mut octets = [0_u8; 6];
    let mut rest = text;
    for (i, octet) in octets.iter_mut().enumerate() {
        if i > 0 {
            rest = rest.strip_prefix(b":")?;
        }
        let (pair, after) = rest.split_first_chunk::<2>()?;
        *octet = nibble(pair[0])? << 4 | nibble(pair[1])?;
        rest = after;
    }
    Some((MacAddr(octets), rest))
}

/// `aa:bb:cc:dd:ee:ff` and nothing else.
pub fn mac(text: &[u8]) -> Option<MacAddr> {
    mac_prefix(text).filter(|(_, rest)| rest.is_empty()).map(|(mac, _)| mac)
}

/// Six octets with `:`, `.`, `-` or nothing between them, as the address fields outside a network block allow.
pub(crate) fn mac_loose(text: &[u8]) -> Option<MacAddr> {
    let digits: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b':' | b'.' | b'-')).collect();
    let octets: [u8; 6] = hex(&digits)?.try_into().ok()?;
    Some(MacAddr(octets))
}

/// An address with an optional `/mask`; without one every bit counts.
pub(crate) fn mac_masked(text: &[u8]) -> Option<(MacAddr, MacAddr)> {
    let (address, rest) = mac_prefix(text)?;
    match rest.split_first() {
        None => Some((address, MacAddr([0xff; 6]))),
        Some((b'/', mask)) => Some((address, mac(mask)?)),
        Some(_) => None,
    }
}

/// A whole number in C's notation (`12`, `-3`, `0x1f`, `017`); nothing but white space may stand before it and nothing after it.
/// No digits at all mean 0, as they do for `strtol`, but only when the text is empty.
pub fn c_number(text: &[u8]) -> Option<i64> {
    let text = trim_start(text);
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    };
    magnitude(digits, radix).map(|n| if negative { n.saturating_neg() } else { n })
}

fn magnitude(digits: &[u8], radix: u32) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut n = 0_i64;
    for &digit in digits {
        let value = i64::from(char::from(digit).to_digit(radix)?);
        n = n.checked_mul(i64::from(radix))?.checked_add(value)?;
    }
    Some(n)
}

/// A decimal number as hostapd.conf writes them: white space may stand before it, and what stands behind white space or `#` is
/// not looked at.
pub fn decimal(text: &[u8]) -> Option<i64> {
    let text = trim_start(text);
    let end = text.iter().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'#')).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or(&[]);
    match word.split_first() {
        Some((b'-', digits)) => magnitude(digits, 10).map(i64::saturating_neg),
        Some((b'+', digits)) => magnitude(digits, 10),
        _ => magnitude(word, 10),
    }
}

/// The number that a text begins with as C's `atoi` reads it; 0 if it begins with none.
pub(crate) fn leading_number(text: &[u8]) -> i64 {
    let text = trim_start(text);
    let digits =
        text.iter().skip(usize::from(matches!(text.first(), Some(b'-' | b'+')))).take_while(|b| b.is_ascii_digit());
    let length = digits.count().saturating_add(usize::from(matches!(text.first(), Some(b'-' | b'+'))));
    text.get(..length).and_then(decimal).unwrap_or(0)
}

/// Text without a comment behind white space.
pub(crate) fn without_comment(text: &[u8]) -> &[u8] {
    let comment = text.windows(2).position(|pair| matches!(pair, [b' ' | b'\t', b'#']));
    comment.map_or(text, |at| trim_end(text.get(..at).unwrap_or(text)))
}

/// Text without white space in front.
pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(text.len());
    text.get(start..).unwrap_or(&[])
}

/// Text without white space behind.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).map_or(0, |i| i.saturating_add(1));
    text.get(..end).unwrap_or(&[])
}

/// Words between spaces and tabs.
pub fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// Whether the bytes hold a control character (which no value may carry into a saved file: a line break there would
/// start a parameter of the attacker's choice).
pub fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().any(|&b| b < 32 || b == 127)
}

/// Whether a string can only be shown as hex: anything beyond printable ASCII.
pub fn needs_hex(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| !(32..127).contains(b))
}

/// The string notation of wpa_supplicant.conf: `"text"` taken literally, `P"text"` with escapes, or hex digits.
pub fn string(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(rest) = text.strip_prefix(b"\"") {
        return rest.strip_suffix(b"\"").map(<[u8]>::to_vec);
    }
    if let Some(rest) = text.strip_prefix(b"P\"") {
        return rest.strip_suffix(b"\"").map(unescape);
    }
    hex(text)
}

/// The notation in which a string is shown and saved.
pub fn to_string(bytes: &[u8]) -> Vec<u8> {
    if needs_hex(bytes) { to_hex(bytes) } else { quoted(bytes) }
}

/// `"bytes"`.
pub(crate) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().saturating_add(2));
    out.push(b'"');
    out.extend_from_slice(bytes);
    out.push(b'"');
    out
}

/// Undoes [`escape`]; an unknown escape stands for nothing, as it always has.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&code, after)) = rest.split_first() else { break };
        match code {
            b'\\' | b'"' => out.push(code),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'e' => out.push(0x1b),
            b'x' => {
                let first = after.first().copied().and_then(nibble);
                let second = after.get(1).copied().and_then(nibble);
                rest = match (first, second) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        after.get(2..).unwrap_or(&[])
                    }
                    (Some(low), None) => {
                        out.push(low);
                        after.get(1..).unwrap_or(&[])
                    }
                    _ => after,
                };
                continue;
            }
            b'0'..=b'7' => {
                let mut value = code.saturating_sub(b'0');
                let mut tail = after;
                for _ in 0..2 {
                    match tail.split_first() {
                        Some((&digit @ b'0'..=b'7', more)) => {
                            value = value.wrapping_mul(8).wrapping_add(digit.saturating_sub(b'0'));
                            tail = more;
                        }
                        _ => break,
                    }
                }
                out.push(value);
                rest = tail;
                continue;
            }
            _ => continue,
        }
        rest = after;
    }
    out
}

/// Printable form of arbitrary bytes, as SSIDs and status texts are shown: `\"`, `\\`, `\e`, `\n`, `\r`, `\t`, `\xNN`.
pub fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x1b => out.extend_from_slice(b"\\e"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            32..=126 => out.push(byte),
            _ => {
                out.extend_from_slice(b"\\x");
                out.extend_from_slice(&to_hex(&[byte]));
            }
        }
    }
    out
}

/// A line of wpa_supplicant.conf without indentation, comment and white space at its end; empty if nothing is left.
/// A `#` between double quotes is no comment.
pub(crate) fn strip_line(line: &[u8]) -> &[u8] {
    let line = trim_start(line);
    if line.starts_with(b"#") {
        return &[];
    }
    let mut in_quotes = false;
    let mut end = line.len();
    for (i, &byte) in line.iter().enumerate() {
        match byte {
            // A quote that nothing closes does not shelter what follows it.
            b'"' if in_quotes || line.get(i.saturating_add(1)..).is_some_and(|rest| rest.contains(&b'"')) => {
                in_quotes = !in_quotes
            }
            b'#' if !in_quotes => {
                end = i;
                break;
            }
            _ => {}
        }
    }
    trim_end(line.get(..end).unwrap_or(line))
}

/// Base64 with line breaks anywhere.
pub(crate) fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bits = 0_u32;
    let mut have = 0_u8;
    let mut padding = 0_u8;
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte.saturating_sub(b'A'),
            b'a'..=b'z' => byte.saturating_sub(b'a').saturating_add(26),
            b'0'..=b'9' => byte.saturating_sub(b'0').saturating_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding = padding.checked_add(1).filter(|n| *n <= 2)?;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        have = have.saturating_add(1);
        if have == 4 {
            out.extend(bits.to_be_bytes().into_iter().skip(1));
            bits = 0;
            have = 0;
        }
    }
    match (have, padding) {
        (0, 0) => {}
        (2, 2) => out.extend((bits << 12).to_be_bytes().into_iter().skip(1).take(1)),
        (3, 1) => out.extend((bits << 6).to_be_bytes().into_iter().skip(1).take(2)),
        _ => return None,
    }
    Some(out)
}

/// Base64 in lines of 72 characters, each ended by a line break.
pub(crate) fn base64_encode(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let mut column = 0;
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 4];
        for (to, from) in group.iter_mut().skip(1).zip(chunk) {
            *to = *from;
        }
        let bits = u32::from_be_bytes(group);
        for (i, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            if i <= chunk.len() {
                let index = usize::try_from(bits >> shift & 63).unwrap_or(0);
                out.push(ALPHABET.get(index).copied().unwrap_or(b'='));
            } else {
                out.push(b'=');
            }
        }
        column = usize::saturating_add(column, 4);
        if column == 72 {
            out.push(b'\n');
            column = 0;
        }
    }
    if column > 0 {
        out.push(b'\n');
    }
    out
}
