//! The RSNE (IEEE Std 802.11-2020 9.4.2.24) and the WPA vendor element that came before it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wire::element::{WPA_SELECTOR, id};
use wire::{Malformed, Reader, Writer};

use crate::{AkmSuite, CipherSuite, Pmkid, RsnCapabilities, Selector};

/// The version that both elements have had ever since.
const VERSION: u16 = 1;

/// Which of the two elements, and with it which key descriptor and which handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// WPA: the vendor element, before the standard was finished.
    Wpa,
    /// RSN: WPA2 and WPA3.
    Rsn,
}

impl Protocol {
    /// The name in the flags of a scan result: `WPA2` or `WPA`.
    #[must_use]
    pub const fn scan_name(self) -> &'static str {
        match self {
            Protocol::Wpa => "WPA",
            Protocol::Rsn => "WPA2",
        }
    }

    /// The name in configuration files: `RSN` or `WPA`.
    #[must_use]
    pub const fn config_name(self) -> &'static str {
        match self {
            Protocol::Wpa => "WPA",
            Protocol::Rsn => "RSN",
        }
    }
}

/// Why an element cannot be used. The peer is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsneError {
    /// It ends inside a field, or a count lies.
    Malformed(Malformed),
    /// A version that came after ours.
    Version(u16),
}

impl fmt::Display for RsneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RsneError::Malformed(field) => fmt::Display::fmt(field, f),
            RsneError::Version(version) => write!(f, "version {version} of the element is not known"),
        }
    }
}

impl core::error::Error for RsneError {}

impl From<Malformed> for RsneError {
    fn from(field: Malformed) -> RsneError {
        RsneError::Malformed(field)
    }
}

/// What a network or a station says of its security. Suites stay as they were written; the `*_cipher(s)` and
/// `akm_suites` getters give what is known here and fill in what the standard assumes when a tail is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rsne {
    /// RSNE or WPA element.
    pub protocol: Protocol,
    /// Group data cipher, if the element goes that far.
    pub group: Option<Selector>,
    /// Pairwise ciphers; empty if the element does not go that far.
    pub pairwise: Vec<Selector>,
    /// Key management suites; empty if the element does not go that far.
    pub akms: Vec<Selector>,
    /// Capabilities; zero if the element does not go that far.
    pub capabilities: RsnCapabilities,
    /// PMKIDs that a station knows.
    pub pmkids: Vec<Pmkid>,
    /// Group management cipher, if the element goes that far.
    pub group_management: Option<Selector>,
}

impl Rsne {
    /// An element that says nothing yet.
    #[must_use]
    pub const fn new(protocol: Protocol) -> Rsne {
        Rsne {
            protocol,
            group: None,
            pairwise: Vec::new(),
            akms: Vec::new(),
            capabilities: RsnCapabilities(0),
            pmkids: Vec::new(),
            group_management: None,
        }
    }

    /// Reads the body of an RSNE. Every field behind the version may be missing (9.4.2.24.1); none may be cut.
    pub fn parse(body: &[u8]) -> Result<Rsne, RsneError> {
        let mut rsne = Rsne::new(Protocol::Rsn);
        let mut reader = Reader::new(body);
        if !rsne.read_suites(&mut reader)? {
            return Ok(rsne);
        }
        if reader.is_empty() {
            return Ok(rsne);
        }
        rsne.capabilities = RsnCapabilities(reader.u16_le("RSN capabilities")?);
        if reader.is_empty() {
            return Ok(rsne);
        }
        let count = usize::from(reader.u16_le("PMKID count")?);
        for _ in 0..count {
            rsne.pmkids.push(Pmkid(reader.array("PMKID list")?));
        }
        if reader.is_empty() {
            return Ok(rsne);
        }
        rsne.group_management = Some(Selector(reader.array("group management cipher")?));
        // What follows belongs to later editions and is not ours to judge.
        Ok(rsne)
    }

    /// Reads the body of a WPA vendor element, selector included.
    pub fn parse_wpa(body: &[u8]) -> Result<Rsne, RsneError> {
        let mut rsne = Rsne::new(Protocol::Wpa);
        let mut reader = Reader::new(body);
        if reader.array::<4>("WPA selector")? != WPA_SELECTOR {
            return Err(Malformed("WPA selector").into());
        }
        // Old access points append capabilities of various lengths: only whole ones are read.
        if rsne.read_suites(&mut reader)? && reader.remaining() >= 2 {
            rsne.capabilities = RsnCapabilities(reader.u16_le("WPA capabilities")?);
        }
        Ok(rsne)
    }

    /// Reads a whole RSNE or WPA element, identifier and length included.
    pub fn parse_element(element: &[u8]) -> Result<Rsne, RsneError> {
        let mut reader = Reader::new(element);
        let identifier = reader.u8("element identifier")?;
        let len = usize::from(reader.u8("element length")?);
        let body = reader.take(len, "element body")?;
        reader.finish("element end")?;
        match identifier {
            id::RSN => Rsne::parse(body),
            id::VENDOR_SPECIFIC => Rsne::parse_wpa(body),
            _ => Err(Malformed("element identifier").into()),
        }
    }

    /// Version to key management suites, which both elements share. False if the element ended on the way.
    fn read_suites(&mut self, reader: &mut Reader<'_>) -> Result<bool, RsneError> {
        let version = reader.u16_le("version")?;
        if version != VERSION {
            return Err(RsneError::Version(version));
        }
        if reader.is_empty() {
            return Ok(false);
        }
        self.group = Some(Selector(reader.array("group cipher")?));
        if reader.is_empty() {
            return Ok(false);
        }
        self.pairwise = read_list(reader, "pairwise cipher count", "pairwise cipher list")?;
        if reader.is_empty() {
            return Ok(false);
        }
        self.akms = read_list(reader, "AKM count", "AKM list")?;
        Ok(true)
    }

    /// The group cipher, if known here. A missing field stands for CCMP (TKIP in WPA).
    #[must_use]
    pub fn group_cipher(&self) -> Option<CipherSuite> {
        match self.group {
            Some(wire) => CipherSuite::from_selector(wire).filter(|suite| suite.is_group()),
            None => Some(self.default_cipher()),
        }
    }

    /// The pairwise ciphers known here. A missing list stands for CCMP (TKIP in WPA).
    #[must_use]
    pub fn pairwise_ciphers(&self) -> Vec<CipherSuite> {
        if self.pairwise.is_empty() {
            return [self.default_cipher()].into();
        }
        self.pairwise.iter().filter_map(|wire| CipherSuite::from_selector(*wire)).collect()
    }

    /// The key management suites known here. A missing list stands for IEEE 802.1X.
    #[must_use]
    pub fn akm_suites(&self) -> Vec<AkmSuite> {
        if self.akms.is_empty() {
            return [AkmSuite::Eap].into();
        }
        self.akms.iter().filter_map(|wire| AkmSuite::from_selector(*wire)).collect()
    }

    /// The cipher for group addressed management frames, if the sender can protect management frames and the cipher is
    /// known here. A missing field stands for BIP-CMAC-128.
    #[must_use]
    pub fn group_management_cipher(&self) -> Option<CipherSuite> {
        if !self.capabilities.has(RsnCapabilities::MFPC) {
            return None;
        }
        match self.group_management {
            Some(wire) => CipherSuite::from_selector(wire)
                .filter(|suite| suite.is_group_management() || *suite == CipherSuite::GroupNotAllowed),
            None => Some(CipherSuite::BipCmac128),
        }
    }

    const fn default_cipher(&self) -> CipherSuite {
        match self.protocol {
            Protocol::Wpa => CipherSuite::Tkip,
            Protocol::Rsn => CipherSuite::Ccmp128,
        }
    }

    /// The whole element, identifier and length included. Lists too long for one element are cut at its end by the
    /// number of PMKIDs, the only list that grows.
    #[must_use]
    pub fn element(&self) -> Vec<u8> {
        let mut pmkids = self.pmkids.as_slice();
        loop {
            let mut writer = Writer::new();
            match self.protocol {
                Protocol::Rsn => writer.element(id::RSN, |w| self.write_rsn(w, pmkids)),
                Protocol::Wpa => writer.element(id::VENDOR_SPECIFIC, |w| self.write_wpa(w)),
            };
            match (writer.finish(), pmkids.split_last()) {
                (Ok(bytes), _) => return bytes,
                (Err(_), Some((_, fewer))) => pmkids = fewer,
                (Err(_), None) => return Vec::new(),
            }
        }
    }

    fn write_rsn(&self, w: &mut Writer, pmkids: &[Pmkid]) {
        w.u16_le(VERSION);
        let Some(group) = self.group else { return };
        w.put(&group.0);
        write_list(w, &self.pairwise);
        write_list(w, &self.akms);
        w.u16_le(self.capabilities.0);
        if pmkids.is_empty() && self.group_management.is_none() {
            return;
        }
        w.u16_le(pmkids.len() as u16);
        for pmkid in pmkids {
            w.put(&pmkid.0);
        }
        if let Some(wire) = self.group_management {
            w.put(&wire.0);
        }
    }

    fn write_wpa(&self, w: &mut Writer) {
        w.put(&WPA_SELECTOR).u16_le(VERSION);
        let Some(group) = self.group else { return };
        w.put(&group.0);
        write_list(w, &self.pairwise);
        write_list(w, &self.akms);
    }

    /// The flag of a scan result without its brackets: `WPA2-PSK+SAE-CCMP-preauth`.
    #[must_use]
    pub fn scan_flag(&self) -> String {
        let mut text = String::from(self.protocol.scan_name());
        let akms = self.akm_suites();
        join(&mut text, AkmSuite::ALL.iter().filter(|suite| akms.contains(suite)).map(|suite| suite.scan_name()));
        let pairwise = self.pairwise_ciphers();
        join(
            &mut text,
            CipherSuite::PAIRWISE_PREFERENCE
                .iter()
                .chain(&[CipherSuite::UseGroup])
                .filter(|suite| pairwise.contains(suite))
                .map(|suite| suite.name()),
        );
        if self.capabilities.has(RsnCapabilities::PREAUTH) {
            text.push_str("-preauth");
        }
        text
    }
}

fn join<'a>(text: &mut String, names: impl Iterator<Item = &'a str>) {
    let mut between = '-';
    for name in names {
        text.push(between);
        text.push_str(name);
        between = '+';
    }
    if between == '-' {
        text.push('-');
    }
}

fn read_list(reader: &mut Reader<'_>, count: &'static str, list: &'static str) -> Result<Vec<Selector>, Malformed> {
    let n = usize::from(reader.u16_le(count)?);
    // A list that is there has an entry; a count of zero hides a broken sender.
    if n == 0 {
        return Err(Malformed(count));
    }
    let mut rest = reader.sub(n.saturating_mul(4), list)?;
    let mut suites = Vec::with_capacity(n);
    while !rest.is_empty() {
        suites.push(Selector(rest.array(list)?));
    }
    Ok(suites)
}

fn write_list(w: &mut Writer, suites: &[Selector]) {
    w.u16_le(suites.len() as u16);
    for suite in suites {
        w.put(&suite.0);
    }
}

/// The element of a handshake message is the one that was sent before (12.7.6.3, 12.7.6.4). Octet by octet; in the
/// initial association of a fast transition the PMKID list may differ, for there it carries the PMKR1Name.
#[must_use]
pub fn same_element(before: &[u8], now: &[u8], fast_transition: bool) -> bool {
    if before == now {
        return true;
    }
    if !fast_transition {
        return false;
    }
    match (Rsne::parse_element(before), Rsne::parse_element(now)) {
        (Ok(mut before), Ok(mut now)) => {
            before.pmkids.clear();
            now.pmkids.clear();
            before == now
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "rsne_tests.rs"]
mod tests;
