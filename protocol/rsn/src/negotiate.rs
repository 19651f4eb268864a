//! What both sides can agree on: the station's choice from what a network offers (IEEE Std 802.11-2020 12.6.2), and the
//! access point's judgement of what a station asks for (12.6.3).

use alloc::vec::Vec;
use core::fmt;

use wire::StatusCode;

use crate::rsne::RsneError;
use crate::{AkmSuite, CipherSuite, Pmkid, Protocol, RsnCapabilities, Rsne, Rsnxe};

/// Protection of management frames: the `ieee80211w` parameter of both configuration languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Pmf {
    /// 0.
    #[default]
    Disabled,
    /// 1: used when the peer can.
    Optional,
    /// 2: no connection without it.
    Required,
}

/// How SAE finds its password element: the `sae_pwe` parameter of both configuration languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SaePwe {
    /// 0: hunting-and-pecking only.
    #[default]
    HuntAndPeck,
    /// 1: hash-to-element only.
    HashToElement,
    /// 2: either.
    Both,
    /// 3: hunting-and-pecking only, even for what can only be had with hash-to-element.
    ForceHuntAndPeck,
}

impl SaePwe {
    /// Hash-to-element may be used.
    #[must_use]
    pub const fn allows_h2e(self) -> bool {
        matches!(self, SaePwe::HashToElement | SaePwe::Both)
    }

    /// Hunting-and-pecking may be used.
    #[must_use]
    pub const fn allows_hunting(self) -> bool {
        !matches!(self, SaePwe::HashToElement)
    }

    /// What it comes to where something needs hash-to-element beside what does not (IEEE Std 802.11-2024 12.4.2: keys
    /// longer than 256 bits; 12.4.4.3.3: password identifiers).
    #[must_use]
    pub const fn with_h2e(self) -> SaePwe {
        match self {
            SaePwe::HuntAndPeck => SaePwe::Both,
            SaePwe::HashToElement | SaePwe::Both | SaePwe::ForceHuntAndPeck => self,
        }
    }

    /// What it comes to where everything needs hash-to-element.
    #[must_use]
    pub const fn only_h2e(self) -> SaePwe {
        match self {
            SaePwe::HuntAndPeck | SaePwe::HashToElement | SaePwe::Both => SaePwe::HashToElement,
            SaePwe::ForceHuntAndPeck => self,
        }
    }

    /// What it comes to for one key management suite.
    #[must_use]
    pub const fn of(self, akm: AkmSuite) -> SaePwe {
        if akm.has_longer_keys() { self.only_h2e() } else { self }
    }

    /// SAE for this suite can be run with an access point that knows hash-to-element or does not.
    const fn fits(self, akm: AkmSuite, ap_h2e: bool) -> bool {
        match self.of(akm) {
            SaePwe::HashToElement => ap_h2e,
            SaePwe::HuntAndPeck | SaePwe::Both => true,
            SaePwe::ForceHuntAndPeck => !akm.has_longer_keys(),
        }
    }
}

/// What was agreed for one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// RSN or WPA.
    pub protocol: Protocol,
    /// How the master key comes about.
    pub akm: AkmSuite,
    /// Cipher for individually addressed data.
    pub pairwise: CipherSuite,
    /// Cipher for group addressed data.
    pub group: CipherSuite,
    /// Management frames are protected.
    pub pmf: bool,
    /// Cipher for group addressed management frames, when they are protected.
    pub group_management: Option<CipherSuite>,
    /// SAE may use hash-to-element: both sides said so.
    pub h2e: bool,
    /// Capabilities in the station's element.
    pub capabilities: RsnCapabilities,
    /// PMKIDs in the station's element (access point side).
    pub pmkids: Vec<Pmkid>,
    /// Capabilities in the station's RSNXE.
    pub rsnxe: Rsnxe,
}

impl Negotiated {
    /// The element for the station's (re)association request and message 2, with the PMKIDs of cached associations.
    #[must_use]
    pub fn station_element(&self, pmkids: &[Pmkid]) -> Vec<u8> {
        let mut rsne = Rsne::new(self.protocol);
        match self.protocol {
            Protocol::Rsn => {
                rsne.group = Some(self.group.selector());
                rsne.pairwise.push(self.pairwise.selector());
                rsne.akms.push(self.akm.selector());
                rsne.capabilities = self.capabilities;
                rsne.pmkids.extend_from_slice(pmkids);
                rsne.group_management = self.group_management.map(CipherSuite::selector);
            }
            Protocol::Wpa => {
                rsne.group = Some(self.group.wpa_selector());
                rsne.pairwise.push(self.pairwise.wpa_selector());
                rsne.akms.extend(self.akm.wpa_selector());
            }
        }
        rsne.element()
    }

    /// The station's RSNXE, if it has anything to say.
    #[must_use]
    pub fn station_rsnxe(&self) -> Option<Vec<u8>> {
        self.rsnxe.element()
    }
}

/// What a network says of itself in beacons and probe responses: whole elements, header included.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApOffer<'a> {
    /// RSNE.
    pub rsne: Option<&'a [u8]>,
    /// RSNXE.
    pub rsnxe: Option<&'a [u8]>,
    /// WPA vendor element.
    pub wpa: Option<&'a [u8]>,
}

/// What a station's configuration allows for a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationPolicy {
    /// Allowed protocols.
    pub protocols: Vec<Protocol>,
    /// Allowed key management suites; the order does not matter, [`AkmSuite::PREFERENCE`] does.
    pub akms: Vec<AkmSuite>,
    /// Allowed pairwise ciphers.
    pub pairwise: Vec<CipherSuite>,
    /// Allowed group ciphers.
    pub group: Vec<CipherSuite>,
    /// Allowed group management ciphers.
    pub group_management: Vec<CipherSuite>,
    /// Protection of management frames.
    pub pmf: Pmf,
    /// How SAE finds its password element.
    pub sae_pwe: SaePwe,
    /// Choose SAE only where management frames will be protected (`sae_check_mfp`).
    pub sae_needs_pmf: bool,
    /// Validate operating channels where the network can.
    pub ocv: bool,
    /// Have the name confirmed in the 4-way handshake where the network can.
    pub ssid_protection: bool,
    /// Take new password identifiers in the 4-way handshake (`sae_password_id_change`).
    pub password_id_change: bool,
    /// The network uses QoS (WMM): frames of several priorities overtake each other, each priority counts for itself.
    pub wmm: bool,
}

impl StationPolicy {
    /// Personal networks of today: RSN with SAE or PSK, AES, management frames protected where possible.
    #[must_use]
    pub fn personal() -> StationPolicy {
        StationPolicy {
            protocols: [Protocol::Rsn].into(),
            akms: [AkmSuite::Sae, AkmSuite::PskSha256, AkmSuite::Psk].into(),
            pairwise: [CipherSuite::Ccmp128].into(),
            group: [CipherSuite::Ccmp128, CipherSuite::Tkip].into(),
            group_management: [
                CipherSuite::BipCmac128,
                CipherSuite::BipGmac128,
                CipherSuite::BipGmac256,
                CipherSuite::BipCmac256,
            ]
            .into(),
            pmf: Pmf::Optional,
            sae_pwe: SaePwe::Both,
            sae_needs_pmf: false,
            ocv: false,
            ssid_protection: false,
            password_id_change: false,
            wmm: false,
        }
    }

    /// Chooses from what the network offers, or says why nothing fits.
    pub fn choose(&self, offer: &ApOffer<'_>) -> Result<Negotiated, Mismatch> {
        let mut why = Mismatch::NoElement;
        // RSN before WPA (12.2.4): the older element is looked at only when the newer one does not do.
        let candidates = [(Protocol::Rsn, offer.rsne), (Protocol::Wpa, offer.wpa)];
        for (protocol, element) in candidates {
            let Some(element) = element else { continue };
            if !self.protocols.contains(&protocol) {
                why = why.or(Mismatch::ProtocolNotAllowed(protocol));
                continue;
            }
            match self.choose_from(element, offer.rsnxe) {
                Ok(negotiated) => return Ok(negotiated),
                Err(reason) => why = why.or(reason),
            }
        }
        Err(why)
    }

    fn choose_from(&self, element: &[u8], rsnxe: Option<&[u8]>) -> Result<Negotiated, Mismatch> {
        let rsne = Rsne::parse_element(element).map_err(Mismatch::Broken)?;
        let ap_rsnxe = rsnxe.and_then(|element| Rsnxe::parse_element(element).ok()).unwrap_or_default();

        let group = rsne.group_cipher().ok_or(Mismatch::Group(None))?;
        if !self.group.contains(&group) {
            return Err(Mismatch::Group(Some(group)));
        }
        let offered = rsne.pairwise_ciphers();
        let pairwise = CipherSuite::PAIRWISE_PREFERENCE
            .into_iter()
            .find(|suite| offered.contains(suite) && self.pairwise.contains(suite))
            .ok_or(Mismatch::Pairwise)?;

        let capable = rsne.protocol == Protocol::Rsn && rsne.capabilities.has(RsnCapabilities::MFPC);
        let required = rsne.capabilities.has(RsnCapabilities::MFPR);
        let pmf = capable && self.pmf != Pmf::Disabled;
        // 12.6.3: one side requires what the other cannot.
        if self.pmf == Pmf::Required && !capable {
            return Err(Mismatch::PmfMissing);
        }
        if required && rsne.protocol == Protocol::Rsn && self.pmf == Pmf::Disabled {
            return Err(Mismatch::PmfRequired);
        }
        let group_management = if pmf {
            let suite = rsne.group_management_cipher().ok_or(Mismatch::GroupManagement(None))?;
            if suite != CipherSuite::GroupNotAllowed && !self.group_management.contains(&suite) {
                return Err(Mismatch::GroupManagement(Some(suite)));
            }
            Some(suite)
        } else {
            None
        };

        let ap_h2e = ap_rsnxe.has(Rsnxe::SAE_H2E);
        let offered = rsne.akm_suites();
        let usable = |suite: &AkmSuite| {
            let sae_fits = !suite.is_sae() || ((pmf || !self.sae_needs_pmf) && self.sae_pwe.fits(*suite, ap_h2e));
            offered.contains(suite) && self.akms.contains(suite) && sae_fits
        };
        let akm = AkmSuite::PREFERENCE.into_iter().find(usable).ok_or(Mismatch::Akm)?;

        let able = akm.is_sae() && self.sae_pwe.of(akm).allows_h2e();
        let h2e = able && ap_h2e;
        let named = self.ssid_protection && rsne.protocol == Protocol::Rsn && ap_rsnxe.has(Rsnxe::SSID_PROTECTION);
        let ocv = pmf && self.ocv && rsne.capabilities.has(RsnCapabilities::OCVC);
        let capabilities = RsnCapabilities(0)
            .with_if(self.wmm, RsnCapabilities::PTKSA_16_COUNTERS)
            .with_if(pmf, RsnCapabilities::MFPC)
            .with_if(pmf && self.pmf == Pmf::Required, RsnCapabilities::MFPR)
            .with_if(ocv, RsnCapabilities::OCVC);
        Ok(Negotiated {
            protocol: rsne.protocol,
            akm,
            pairwise,
            group,
            pmf,
            group_management,
            h2e,
            capabilities,
            pmkids: Vec::new(),
            rsnxe: Rsnxe::new()
                .with_if(able, Rsnxe::SAE_H2E)
                .with_if(named, Rsnxe::SSID_PROTECTION)
                .with_if(self.password_id_change && h2e, Rsnxe::SAE_PASSWORD_ID_CHANGE),
        })
    }
}

/// Why a network does not fit a station's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It has neither an RSNE nor a WPA element.
    NoElement,
    /// The configuration does not allow the protocol.
    ProtocolNotAllowed(Protocol),
    /// Its element cannot be read.
    Broken(RsneError),
    /// Its group cipher is not allowed, or not known.
    Group(Option<CipherSuite>),
    /// None of its pairwise ciphers is allowed.
    Pairwise,
    /// None of its key management suites is allowed.
    Akm,
    /// The configuration requires protection of management frames; the network cannot.
    PmfMissing,
    /// The network requires protection of management frames; the configuration disables it.
    PmfRequired,
    /// Its group management cipher is not allowed, or not known.
    GroupManagement(Option<CipherSuite>),
}

impl Mismatch {
    /// The first reason stands, unless it says only that nothing was there.
    const fn or(self, next: Mismatch) -> Mismatch {
        match self {
            Mismatch::NoElement => next,
            Mismatch::ProtocolNotAllowed(_)
            | Mismatch::Broken(_)
            | Mismatch::Group(_)
            | Mismatch::Pairwise
            | Mismatch::Akm
            | Mismatch::PmfMissing
            | Mismatch::PmfRequired
            | Mismatch::GroupManagement(_) => self,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::NoElement => f.write_str("the network has no security element"),
            Mismatch::ProtocolNotAllowed(protocol) => write!(f, "proto does not allow {}", protocol.config_name()),
            Mismatch::Broken(error) => write!(f, "the network's security element is unusable: {error}"),
            Mismatch::Group(Some(suite)) => write!(f, "the network's group cipher {suite} is not allowed"),
            Mismatch::Group(None) => f.write_str("the network's group cipher is not known"),
            Mismatch::Pairwise => f.write_str("none of the network's pairwise ciphers is allowed"),
            Mismatch::Akm => f.write_str("none of the network's key management suites is allowed"),
            Mismatch::PmfMissing => f.write_str("the network cannot protect management frames, which is required"),
            Mismatch::PmfRequired => {
                f.write_str("the network requires protected management frames, which are disabled")
            }
            Mismatch::GroupManagement(Some(suite)) => {
                write!(f, "the network's group management cipher {suite} is not allowed")
            }
            Mismatch::GroupManagement(None) => f.write_str("the network's group management cipher is not known"),
        }
    }
}

impl core::error::Error for Mismatch {}

/// The elements of an access point: in beacons, in probe responses, and again in message 3. Whole, header included.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ApElements {
    /// RSNE.
    pub rsne: Option<Vec<u8>>,
    /// RSNXE.
    pub rsnxe: Option<Vec<u8>>,
    /// WPA vendor element.
    pub wpa: Option<Vec<u8>>,
}

/// What an access point's configuration offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApPolicy {
    /// Offered protocols.
    pub protocols: Vec<Protocol>,
    /// Offered key management suites, in the order in which the element lists them.
    pub akms: Vec<AkmSuite>,
    /// Pairwise ciphers in the RSNE.
    pub rsn_pairwise: Vec<CipherSuite>,
    /// Pairwise ciphers in the WPA element.
    pub wpa_pairwise: Vec<CipherSuite>,
    /// Group cipher.
    pub group: CipherSuite,
    /// Group management cipher, used when management frames are protected.
    pub group_management: CipherSuite,
    /// Protection of management frames.
    pub pmf: Pmf,
    /// Stations that use SAE must protect management frames, even where it is optional (`sae_require_mfp`).
    pub sae_requires_pmf: bool,
    /// How SAE finds its password element.
    pub sae_pwe: SaePwe,
    /// Announce pre-authentication.
    pub preauth: bool,
    /// Announce operating channel validation.
    pub ocv: bool,
    /// Protect beacons.
    pub beacon_protection: bool,
    /// Confirm the name in the 4-way handshake (`ssid_protection`).
    pub ssid_protection: bool,
    /// QoS (WMM) is used.
    pub wmm: bool,
}

impl ApPolicy {
    /// An RSN with these key management suites and CCMP, nothing else.
    #[must_use]
    pub fn rsn(akms: &[AkmSuite], pmf: Pmf) -> ApPolicy {
        ApPolicy {
            protocols: [Protocol::Rsn].into(),
            akms: akms.to_vec(),
            rsn_pairwise: [CipherSuite::Ccmp128].into(),
            wpa_pairwise: Vec::new(),
            group: CipherSuite::Ccmp128,
            group_management: CipherSuite::BipCmac128,
            pmf,
            sae_requires_pmf: false,
            sae_pwe: SaePwe::Both,
            preauth: false,
            ocv: false,
            beacon_protection: false,
            ssid_protection: false,
            wmm: false,
        }
    }

    /// The group cipher that every station can use: the weakest pairwise one.
    #[must_use]
    pub fn group_for(pairwise: &[CipherSuite]) -> CipherSuite {
        CipherSuite::PAIRWISE_PREFERENCE
            .into_iter()
            .rev()
            .find(|suite| pairwise.contains(suite))
            .unwrap_or(CipherSuite::Ccmp128)
    }

    fn capabilities(&self) -> RsnCapabilities {
        RsnCapabilities(0)
            .with_if(self.wmm, RsnCapabilities::PTKSA_16_COUNTERS)
            .with_if(self.preauth, RsnCapabilities::PREAUTH)
            .with_if(self.pmf != Pmf::Disabled, RsnCapabilities::MFPC)
            .with_if(self.pmf == Pmf::Required, RsnCapabilities::MFPR)
            .with_if(self.ocv && self.pmf != Pmf::Disabled, RsnCapabilities::OCVC)
    }

    /// The elements to announce.
    #[must_use]
    pub fn elements(&self) -> ApElements {
        let mut elements = ApElements::default();
        if self.protocols.contains(&Protocol::Rsn) {
            let mut rsne = Rsne::new(Protocol::Rsn);
            rsne.group = Some(self.group.selector());
            rsne.pairwise = self.rsn_pairwise.iter().map(|suite| suite.selector()).collect();
            rsne.akms = self.akms.iter().map(|suite| suite.selector()).collect();
            rsne.capabilities = self.capabilities();
            // BIP-CMAC-128 is what a missing field means, and old stations stumble over a longer element.
            if self.pmf != Pmf::Disabled && self.group_management != CipherSuite::BipCmac128 {
                rsne.group_management = Some(self.group_management.selector());
            }
            elements.rsne = Some(rsne.element());
            let h2e = self.akms.iter().any(|akm| akm.is_sae() && self.sae_pwe.of(*akm).allows_h2e());
            let rsnxe = Rsnxe::new().with_if(h2e, Rsnxe::SAE_H2E);
            elements.rsnxe = rsnxe.with_if(self.ssid_protection, Rsnxe::SSID_PROTECTION).element();
        }
        if self.protocols.contains(&Protocol::Wpa) {
            let mut wpa = Rsne::new(Protocol::Wpa);
            wpa.group = Some(self.group.wpa_selector());
            wpa.pairwise = self.wpa_pairwise.iter().map(|suite| suite.wpa_selector()).collect();
            wpa.akms = self.akms.iter().filter_map(|suite| suite.wpa_selector()).collect();
            elements.wpa = Some(wpa.element());
        }
        elements
    }

    /// Judges the RSNE or WPA element (and RSNXE) of a (re)association request: whole elements, header included.
    pub fn accept(&self, element: &[u8], rsnxe: Option<&[u8]>) -> Result<Negotiated, Refusal> {
        let rsne = Rsne::parse_element(element).map_err(|error| match error {
            RsneError::Malformed(_) => Refusal::new(StatusCode::INVALID_ELEMENT, "malformed security element"),
            RsneError::Version(_) => {
                Refusal::new(StatusCode::UNSUPPORTED_RSNE_VERSION, "unknown version of the security element")
            }
        })?;
        let station_rsnxe = match rsnxe {
            Some(element) => Rsnxe::parse_element(element)
                .map_err(|_| Refusal::new(StatusCode::INVALID_ELEMENT, "malformed RSNXE"))?,
            None => Rsnxe::new(),
        };
        if !self.protocols.contains(&rsne.protocol) {
            return Err(Refusal::new(StatusCode::INVALID_ELEMENT, "protocol not offered"));
        }
        if rsne.group_cipher() != Some(self.group) {
            return Err(Refusal::new(StatusCode::GROUP_CIPHER_INVALID, "group cipher differs from ours"));
        }
        let akm = self.accept_akm(&rsne)?;
        let offered = match rsne.protocol {
            Protocol::Rsn => &self.rsn_pairwise,
            Protocol::Wpa => &self.wpa_pairwise,
        };
        let asked = rsne.pairwise_ciphers();
        let pairwise = CipherSuite::PAIRWISE_PREFERENCE
            .into_iter()
            .find(|suite| asked.contains(suite) && offered.contains(suite))
            .ok_or(Refusal::new(StatusCode::PAIRWISE_CIPHER_INVALID, "pairwise cipher not offered"))?;
        let (pmf, group_management) = self.accept_pmf(&rsne, akm)?;
        Ok(Negotiated {
            protocol: rsne.protocol,
            akm,
            pairwise,
            group: self.group,
            pmf,
            group_management,
            h2e: akm.is_sae() && self.sae_pwe.of(akm).allows_h2e() && station_rsnxe.has(Rsnxe::SAE_H2E),
            capabilities: rsne.capabilities,
            pmkids: rsne.pmkids,
            rsnxe: station_rsnxe,
        })
    }

    fn accept_akm(&self, rsne: &Rsne) -> Result<AkmSuite, Refusal> {
        let asked = rsne.akm_suites();
        let usable = |suite: &AkmSuite| {
            let in_protocol = rsne.protocol == Protocol::Rsn || suite.wpa_selector().is_some();
            asked.contains(suite) && self.akms.contains(suite) && in_protocol
        };
        AkmSuite::PREFERENCE
            .into_iter()
            .find(usable)
            .ok_or(Refusal::new(StatusCode::AKMP_INVALID, "key management suite not offered"))
    }

    fn accept_pmf(&self, rsne: &Rsne, akm: AkmSuite) -> Result<(bool, Option<CipherSuite>), Refusal> {
        let capable = rsne.protocol == Protocol::Rsn && rsne.capabilities.has(RsnCapabilities::MFPC);
        let required = rsne.protocol == Protocol::Rsn && rsne.capabilities.has(RsnCapabilities::MFPR);
        let we_require =
            self.pmf == Pmf::Required || (self.pmf == Pmf::Optional && self.sae_requires_pmf && akm.is_sae());
        // 12.6.3: association is refused when one side requires what the other cannot; requiring without being
        // capable is an invalid combination (Table 12-5).
        if (we_require && !capable) || (required && (!capable || self.pmf == Pmf::Disabled)) {
            return Err(Refusal::new(
                StatusCode::ROBUST_MANAGEMENT_POLICY,
                "management frame protection required by one side only",
            ));
        }
        if self.pmf == Pmf::Disabled || !capable {
            return Ok((false, None));
        }
        match rsne.group_management_cipher() {
            Some(suite) if suite == self.group_management => Ok((true, Some(suite))),
            _ => Err(Refusal::new(StatusCode::CIPHER_REJECTED, "group management cipher differs from ours")),
        }
    }
}

/// An association request is refused: the status code for the response and the reason in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For the association response.
    pub status: StatusCode,
    /// For the log.
    pub why: &'static str,
}

impl Refusal {
    const fn new(status: StatusCode, why: &'static str) -> Refusal {
        Refusal { status, why }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, status {}", self.why, self.status)
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
#[path = "negotiate_tests.rs"]
mod tests;
