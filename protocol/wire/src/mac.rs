use core::fmt;
use core::str::FromStr;

/// A 48-bit MAC address in transmission order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// ff:ff:ff:ff:ff:ff.
    pub const BROADCAST: MacAddr = MacAddr([0xff; 6]);
    /// 00:00:00:00:00:00, never a station's address.
    pub const ZERO: MacAddr = MacAddr([0; 6]);

    /// The six octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 6] {
        &self.0
    }

    /// The address at the start of `bytes`, if there are six.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<MacAddr> {
        bytes.first_chunk().map(|octets| MacAddr(*octets))
    }

    /// Group bit set: broadcast or multicast.
    #[must_use]
    pub const fn is_group(&self) -> bool {
        self.0[0] & 1 != 0
    }

    /// Broadcast address.
    #[must_use]
    pub fn is_broadcast(&self) -> bool {
        *self == MacAddr::BROADCAST
    }

    /// Locally administered bit.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.0[0] & 2 != 0
    }

    /// All octets zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == MacAddr::ZERO
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseMacError;

impl fmt::Display for ParseMacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a MAC address (expected six hexadecimal octets, such as 02:00:00:00:01:00)")
    }
}

impl core::error::Error for ParseMacError {}

impl FromStr for MacAddr {
    type Err = ParseMacError;

    /// Reads `aa:bb:cc:dd:ee:ff`, `aa-bb-cc-dd-ee-ff` or `aabbccddeeff`.
    fn from_str(text: &str) -> Result<MacAddr, ParseMacError> {
        let mut octets = [0u8; 6];
        let mut rest = text.as_bytes();
        for (index, octet) in octets.iter_mut().enumerate() {
            if index > 0
                && let [b':' | b'-' | b'.', tail @ ..] = rest
            {
                rest = tail;
            }
            let [high, low, tail @ ..] = rest else { return Err(ParseMacError) };
            *octet = nibble(*high).ok_or(ParseMacError)? << 4 | nibble(*low).ok_or(ParseMacError)?;
            rest = tail;
        }
        if rest.is_empty() { Ok(MacAddr(octets)) } else { Err(ParseMacError) }
    }
}

const fn nibble(digit: u8) -> Option<u8> {
    match (digit as char).to_digit(16) {
        Some(value) => Some(value as u8),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn text_form_is_read_back() {
        let addr: MacAddr = "02:00:00:00:aB:1f".parse().unwrap();
        assert_eq!(addr, MacAddr([2, 0, 0, 0, 0xab, 0x1f]));
        assert_eq!(addr.to_string(), "02:00:00:00:ab:1f");
        assert_eq!("02000000ab1f".parse(), Ok(addr));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "02:00:00:00:00", "02:00:00:00:00:0g", "02:00:00:00:00:00:00", "0:2:0:0:0:0"] {
            assert_eq!(text.parse::<MacAddr>(), Err(ParseMacError), "{text}");
        }
    }
}
