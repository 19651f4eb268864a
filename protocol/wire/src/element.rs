//! Elements (IEEE Std 802.11-2020 9.4.2): iteration, and the bodies that several rooms need.

use crate::{Malformed, Reader, Ssid};

/// Element identifiers (Table 9-92).
pub mod id {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const SSID: u8 = 0;
    pub const SUPPORTED_RATES: u8 = 1;
    pub const DSSS_PARAMETER_SET: u8 = 3;
    pub const TIM: u8 = 5;
    pub const COUNTRY: u8 = 7;
    pub const REQUEST: u8 = 10;
    pub const BSS_LOAD: u8 = 11;
    pub const CHALLENGE_TEXT: u8 = 16;
    pub const POWER_CONSTRAINT: u8 = 32;
    pub const POWER_CAPABILITY: u8 = 33;
    pub const SUPPORTED_CHANNELS: u8 = 36;
    pub const CHANNEL_SWITCH: u8 = 37;
    pub const ERP: u8 = 42;
    pub const HT_CAPABILITIES: u8 = 45;
    pub const QOS_CAPABILITY: u8 = 46;
    pub const RSN: u8 = 48;
    pub const EXTENDED_SUPPORTED_RATES: u8 = 50;
    pub const MOBILITY_DOMAIN: u8 = 54;
    pub const FAST_BSS_TRANSITION: u8 = 55;
    pub const TIMEOUT_INTERVAL: u8 = 56;
    pub const EXTENDED_CHANNEL_SWITCH: u8 = 60;
    pub const SUPPORTED_OPERATING_CLASSES: u8 = 59;
    pub const HT_OPERATION: u8 = 61;
    pub const RM_ENABLED_CAPABILITIES: u8 = 70;
    pub const MULTIPLE_BSSID: u8 = 71;
    pub const EXTENDED_CAPABILITIES: u8 = 127;
    pub const INTERWORKING: u8 = 107;
    pub const MESH_ID: u8 = 114;
    pub const VHT_CAPABILITIES: u8 = 191;
    pub const VHT_OPERATION: u8 = 192;
    pub const OPERATING_MODE_NOTIFICATION: u8 = 199;
    pub const VENDOR_SPECIFIC: u8 = 221;
    pub const REDUCED_NEIGHBOR_REPORT: u8 = 201;
    pub const RSNX: u8 = 244;
    pub const FRAGMENT: u8 = 242;
    pub const EXTENSION: u8 = 255;
}

/// Identifier extensions behind identifier 255.
pub mod id_ext {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const OWE_DH_PARAMETER: u8 = 32;
    pub const PASSWORD_IDENTIFIER: u8 = 33;
    pub const HE_CAPABILITIES: u8 = 35;
    pub const HE_OPERATION: u8 = 36;
    pub const REJECTED_GROUPS: u8 = 92;
    pub const ANTI_CLOGGING_TOKEN: u8 = 93;
    /// AKM Suite Selector, which says in a Commit of SAE what the key is for.
    pub const AKM_SUITE_SELECTOR: u8 = 114;
    pub const MULTI_LINK: u8 = 107;
    pub const EHT_OPERATION: u8 = 106;
    pub const EHT_CAPABILITIES: u8 = 108;
}

/// The selector of the WPA vendor element: OUI 00-50-F2, type 1.
pub const WPA_SELECTOR: [u8; 4] = [0x00, 0x50, 0xf2, 1];
/// The selector of the WMM vendor element: OUI 00-50-F2, type 2.
pub const WMM_SELECTOR: [u8; 4] = [0x00, 0x50, 0xf2, 2];
/// The selector of the WPS vendor element: OUI 00-50-F2, type 4.
pub const WPS_SELECTOR: [u8; 4] = [0x00, 0x50, 0xf2, 4];

/// One element: identifier, body, and the whole with its two octets of header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// Element identifier.
    pub id: u8,
    /// What follows the length.
    pub body: &'a [u8],
    /// Identifier, length and body.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Identifier extension and the body behind it, for identifier 255.
    #[must_use]
    pub const fn extension(&self) -> Option<(u8, &'a [u8])> {
        match self.body {
            [ext, rest @ ..] if self.id == id::EXTENSION => Some((*ext, rest)),
            _ => None,
        }
    }

    /// The body behind a vendor selector (three octets of OUI and a type).
    #[must_use]
    pub fn vendor(&self, selector: [u8; 4]) -> Option<&'a [u8]> {
        if self.id == id::VENDOR_SPECIFIC { self.body.strip_prefix(&selector) } else { None }
    }
}

/// Iterates over elements; ends at the first that is truncated (see [`Elements::check`]).
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    reader: Reader<'a>,
}

impl<'a> Elements<'a> {
    /// The elements in `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Elements<'a> {
        Elements { reader: Reader::new(bytes) }
    }

    /// An error if an element's length runs past the end.
    pub fn check(bytes: &'a [u8]) -> Result<Elements<'a>, Malformed> {
        let mut elements = Elements::new(bytes);
        while elements.next().is_some() {}
        elements.reader.finish("element")?;
        Ok(Elements::new(bytes))
    }

    /// The first element with this identifier.
    #[must_use]
    pub fn find(self, wanted: u8) -> Option<Element<'a>> {
        let mut elements = self;
        Iterator::find(&mut elements, |element| element.id == wanted)
    }

    /// The body of the first element with this identifier extension.
    #[must_use]
    pub fn find_extension(self, wanted: u8) -> Option<&'a [u8]> {
        let mut elements = self;
        elements.find_map(|element| match element.extension() {
            Some((ext, body)) if ext == wanted => Some(body),
            Some(_) | None => None,
        })
    }

    /// The first vendor element with this selector.
    #[must_use]
    pub fn find_vendor(self, selector: [u8; 4]) -> Option<Element<'a>> {
        let mut elements = self;
        Iterator::find(&mut elements, |element| element.vendor(selector).is_some())
    }

    /// The SSID; longer than 32 octets counts as absent (attack 2015-1).
    #[must_use]
    pub fn ssid(self) -> Option<Ssid> {
        Ssid::new(self.find(id::SSID)?.body).ok()
    }

    /// Legacy rates in units of 500 kb/s, basic bit included, from both rate elements.
    pub fn rates(self) -> impl Iterator<Item = u8> + 'a {
        let first = self.find(id::SUPPORTED_RATES).map_or(&[] as &[u8], |e| e.body);
        let more = self.find(id::EXTENDED_SUPPORTED_RATES).map_or(&[] as &[u8], |e| e.body);
        first.iter().chain(more).copied()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let mut reader = self.reader;
        let start = reader.peek_rest();
        let id = reader.u8("element identifier").ok()?;
        let len = reader.u8("element length").ok()?;
        let body = reader.take(usize::from(len), "element body").ok()?;
        self.reader = reader;
        Some(Element { id, body, whole: start.get(..body.len().saturating_add(2))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_identifier_extension_and_selector() {
        let bytes = [0, 3, b'n', b'e', b't', 255, 2, 93, 7, 221, 5, 0, 0x50, 0xf2, 1, 9];
        let elements = Elements::check(&bytes).unwrap();
        assert_eq!(elements.ssid().unwrap().as_bytes(), b"net");
        assert_eq!(elements.find_extension(id_ext::ANTI_CLOGGING_TOKEN), Some(&[7][..]));
        assert_eq!(elements.find_vendor(WPA_SELECTOR).unwrap().whole, &bytes[9..]);
        assert_eq!(elements.find(id::RSN), None);
    }

    #[test]
    fn a_truncated_element_ends_the_iteration_and_fails_the_check() {
        let bytes = [0, 1, b'a', 48, 20, 1];
        assert_eq!(Elements::new(&bytes).count(), 1);
        assert!(Elements::check(&bytes).is_err());
    }

    #[test]
    fn an_ssid_of_33_octets_is_no_ssid() {
        let mut bytes = alloc::vec![0, 33];
        bytes.extend([b'a'; 33]);
        assert_eq!(Elements::new(&bytes).ssid(), None);
    }
}
