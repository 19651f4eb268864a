use core::fmt;

/// A service set identifier: 0 to 32 octets of any value (IEEE Std 802.11-2020 9.4.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "alloc::vec::Vec<u8>", into = "alloc::vec::Vec<u8>"))]
pub struct Ssid {
    octets: [u8; 32],
    len: u8,
}

/// More than 32 octets cannot be an SSID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SsidTooLong(pub usize);

impl fmt::Display for SsidTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an SSID has at most 32 octets, this one has {}", self.0)
    }
}

impl core::error::Error for SsidTooLong {}

impl Ssid {
    /// The SSID with these octets.
    pub fn new(bytes: &[u8]) -> Result<Ssid, SsidTooLong> {
        let mut octets = [0; 32];
        let room = octets.get_mut(..bytes.len()).ok_or(SsidTooLong(bytes.len()))?;
        room.copy_from_slice(bytes);
        Ok(Ssid { octets, len: bytes.len() as u8 })
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The wildcard SSID of probe requests.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of octets.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Empty, or nothing but zero octets: how beacons hide the name.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.as_bytes().iter().all(|octet| *octet == 0)
    }
}

impl TryFrom<&[u8]> for Ssid {
    type Error = SsidTooLong;

    fn try_from(bytes: &[u8]) -> Result<Ssid, SsidTooLong> {
        Ssid::new(bytes)
    }
}

impl TryFrom<alloc::vec::Vec<u8>> for Ssid {
    type Error = SsidTooLong;

    fn try_from(bytes: alloc::vec::Vec<u8>) -> Result<Ssid, SsidTooLong> {
        Ssid::new(&bytes)
    }
}

impl From<Ssid> for alloc::vec::Vec<u8> {
    fn from(ssid: Ssid) -> alloc::vec::Vec<u8> {
        ssid.as_bytes().to_vec()
    }
}

/// Printable ASCII as it is; `\\`, `\"`, `\e`, `\n`, `\r`, `\t` and `\xNN` for the rest, so that a name from the
/// air can neither break a line nor hide in a log. The form of wpa_supplicant's control interface.
impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for octet in self.as_bytes() {
            match octet {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                0x1b => f.write_str("\\e")?,
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                0x20..=0x7e => f.write_char(char::from(*octet))?,
                other => write!(f, "\\x{other:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn thirty_two_octets_fit_and_thirty_three_do_not() {
        assert_eq!(Ssid::new(&[7; 32]).unwrap().len(), 32);
        assert_eq!(Ssid::new(&[7; 33]), Err(SsidTooLong(33)));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(Ssid::new(b"a\"\\\n\x01\xe4z").unwrap().to_string(), "a\\\"\\\\\\n\\x01\\xe4z");
    }

    #[test]
    fn zeroes_hide_a_name() {
        assert!(Ssid::new(&[0; 8]).unwrap().is_hidden());
        assert!(Ssid::default().is_hidden());
        assert!(!Ssid::new(b"net").unwrap().is_hidden());
    }
}
