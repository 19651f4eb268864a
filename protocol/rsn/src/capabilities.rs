//! Capability bits of the RSNE and of the RSNXE.

use alloc::vec::Vec;

use wire::element::id;
use wire::{Malformed, Reader, Writer};

/// RSN Capabilities (IEEE Std 802.11-2020 9.4.2.24.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RsnCapabilities(pub u16);

impl RsnCapabilities {
    /// Pre-authentication.
    pub const PREAUTH: RsnCapabilities = RsnCapabilities(1 << 0);
    /// Sixteen replay counters for the pairwise key: one for each traffic identifier that QoS may use.
    pub const PTKSA_16_COUNTERS: RsnCapabilities = RsnCapabilities(3 << 2);
    /// Management frame protection required.
    pub const MFPR: RsnCapabilities = RsnCapabilities(1 << 6);
    /// Management frame protection capable.
    pub const MFPC: RsnCapabilities = RsnCapabilities(1 << 7);
    /// Extended key identifiers for individually addressed frames.
    pub const EXTENDED_KEY_ID: RsnCapabilities = RsnCapabilities(1 << 13);
    /// Operating channel validation.
    pub const OCVC: RsnCapabilities = RsnCapabilities(1 << 14);

    /// All bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: RsnCapabilities) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and those of `other`.
    #[must_use]
    pub const fn with(self, other: RsnCapabilities) -> RsnCapabilities {
        RsnCapabilities(self.0 | other.0)
    }

    /// These bits, and those of `other` if `yes`.
    #[must_use]
    pub const fn with_if(self, yes: bool, other: RsnCapabilities) -> RsnCapabilities {
        if yes { self.with(other) } else { self }
    }

    /// Number of replay counters for the pairwise key: 1, 2, 4 or 16 (bits 2 and 3).
    #[must_use]
    pub const fn ptksa_replay_counters(self) -> u8 {
        match self.0 >> 2 & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => 16,
        }
    }
}

/// Extended RSN capabilities, the RSNXE (9.4.2.241): a bit string whose first four bits say its length.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rsnxe {
    octets: Vec<u8>,
}

impl Rsnxe {
    /// Protected target wake time.
    pub const PROTECTED_TWT: u8 = 4;
    /// SAE hash-to-element.
    pub const SAE_H2E: u8 = 5;
    /// SAE-PK.
    pub const SAE_PK: u8 = 6;
    /// The SSID takes part in the 4-way handshake.
    pub const SSID_PROTECTION: u8 = 21;
    /// Takes new password identifiers in the 4-way handshake.
    pub const SAE_PASSWORD_ID_CHANGE: u8 = 34;

    /// No capability.
    #[must_use]
    pub const fn new() -> Rsnxe {
        Rsnxe { octets: Vec::new() }
    }

    /// Sets a bit.
    #[must_use]
    pub fn with(mut self, bit: u8) -> Rsnxe {
        let octet = usize::from(bit / 8);
        if self.octets.len() <= octet {
            self.octets.resize(octet + 1, 0);
        }
        if let Some(octet) = self.octets.get_mut(octet) {
            *octet |= 1 << (bit % 8);
        }
        // The length minus one stands in the first four bits.
        let len = (self.octets.len() as u8).saturating_sub(1);
        if let Some(first) = self.octets.first_mut() {
            *first = *first & 0xf0 | len & 0x0f;
        }
        self
    }

    /// Sets a bit if `yes`.
    #[must_use]
    pub fn with_if(self, yes: bool, bit: u8) -> Rsnxe {
        if yes { self.with(bit) } else { self }
    }

    /// The bit is set. Bits 0 to 3 are the length and never a capability.
    #[must_use]
    pub fn has(&self, bit: u8) -> bool {
        bit >= 4 && self.octets.get(usize::from(bit / 8)).is_some_and(|octet| octet & 1 << (bit % 8) != 0)
    }

    /// Reads an element body. Octets behind the stated length are ignored; too few are an error. A body without any says
    /// nothing, which is no reason to refuse whoever sends it.
    pub fn parse(body: &[u8]) -> Result<Rsnxe, Malformed> {
        let Some(first) = body.first() else { return Ok(Rsnxe::new()) };
        let octets = Reader::new(body).take(usize::from(first & 0x0f) + 1, "RSNXE length")?;
        Ok(Rsnxe { octets: octets.to_vec() })
    }

    /// Reads a whole element, identifier and length included.
    pub fn parse_element(element: &[u8]) -> Result<Rsnxe, Malformed> {
        let mut reader = Reader::new(element);
        if reader.u8("RSNXE identifier")? != id::RSNX {
            return Err(Malformed("RSNXE identifier"));
        }
        let len = usize::from(reader.u8("RSNXE length")?);
        let body = reader.take(len, "RSNXE body")?;
        reader.finish("RSNXE end")?;
        Rsnxe::parse(body)
    }

    /// The whole element, or nothing when no capability is set.
    #[must_use]
    pub fn element(&self) -> Option<Vec<u8>> {
        if self.octets.is_empty() {
            return None;
        }
        let mut writer = Writer::new();
        writer.element(id::RSNX, |w| {
            w.put(&self.octets);
        });
        writer.finish().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsnxe_states_its_length_and_is_read_back() {
        let h2e = Rsnxe::new().with(Rsnxe::SAE_H2E);
        assert_eq!(h2e.element().unwrap(), [244, 1, 0x20]);
        let three = h2e.with(Rsnxe::SSID_PROTECTION);
        assert_eq!(three.element().unwrap(), [244, 3, 0x22, 0, 0x20]);
        let read = Rsnxe::parse_element(&three.element().unwrap()).unwrap();
        assert!(read.has(Rsnxe::SAE_H2E) && read.has(Rsnxe::SSID_PROTECTION) && !read.has(Rsnxe::SAE_PK));
        assert!(!read.has(1));
    }

    #[test]
    fn an_rsnxe_shorter_than_it_says_is_refused() {
        assert!(Rsnxe::parse(&[0x22, 0]).is_err());
        assert_eq!(Rsnxe::parse(&[]), Ok(Rsnxe::new()));
        assert!(Rsnxe::new().element().is_none());
    }
}
