//! What of a certificate is read by people and by the rules of a configuration.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use der::asn1::{Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use der::{Decode as _, Tagged as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{CertificatePolicies, SubjectAltName};
use x509_cert::name::Name;

use crate::time::WallTime;

/// An X.509 certificate that was parsed (RFC 5280), not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    attributes: Vec<(String, String)>,
    issuer: String,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    serial: Vec<u8>,
    key: Vec<u8>,
    common_names: Vec<String>,
    alt_names: Vec<AltName>,
    policies: Vec<String>,
    not_before: WallTime,
    not_after: WallTime,
}

/// A name of subjectAltName that a rule can ask for (RFC 5280 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AltName {
    /// dNSName.
    Dns(String),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// iPAddress: 4 or 16 octets.
    Ip(Vec<u8>),
}

impl fmt::Display for AltName {
    /// `DNS:`, `EMAIL:` and `URI:` as `altsubject_match` writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Email(name) => write!(f, "EMAIL:{name}"),
            Self::Uri(name) => write!(f, "URI:{name}"),
            Self::Ip(octets) => {
                if let Ok(octets) = <[u8; 4]>::try_from(octets.as_slice()) {
                    write!(f, "IP:{}", Ipv4Addr::from(octets))
                } else if let Ok(octets) = <[u8; 16]>::try_from(octets.as_slice()) {
                    write!(f, "IP:{}", Ipv6Addr::from(octets))
                } else {
                    f.write_str("IP:?")
                }
            }
        }
    }
}

/// What the certificate says about users who override a mistrust (Wi-Fi Alliance WPA3, trust override disable).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustOverride {
    /// TOD-STRICT: never.
    Never,
    /// TOD-TOFU: only at the first meeting.
    FirstUse,
}

impl Certificate {
    /// Parses one DER certificate.
    ///
    /// # Errors
    /// The parser's words when it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(|why| why.to_string())?;
        let tbs = parsed.tbs_certificate();
        let alt = tbs.get_extension::<SubjectAltName>().map_err(|why| format!("subjectAltName: {why}"))?;
        let policies =
            tbs.get_extension::<CertificatePolicies>().map_err(|why| format!("certificatePolicies: {why}"))?;
        let encoded = |name: &Name| der::Encode::to_der(name).map_err(|why| why.to_string());
        Ok(Self {
            der: der.to_vec(),
            subject: one_line(tbs.subject()),
            attributes: tbs
                .subject()
                .iter()
                .filter_map(|attribute| {
                    Some((short_name(&attribute.oid.to_string()).to_owned(), text_of(&attribute.value)?))
                })
                .collect(),
            issuer: one_line(tbs.issuer()),
            subject_der: encoded(tbs.subject())?,
            issuer_der: encoded(tbs.issuer())?,
            serial: tbs.serial_number().as_bytes().to_vec(),
            key: tbs.subject_public_key_info().subject_public_key.raw_bytes().to_vec(),
            common_names: tbs
                .subject()
                .iter()
                .filter(|attribute| attribute.oid == COMMON_NAME)
                .filter_map(|attribute| text_of(&attribute.value))
                .collect(),
            alt_names: alt.map(|(_, names)| names.0.iter().filter_map(alt_name).collect()).unwrap_or_default(),
            policies: policies
                .map(|(_, policies)| policies.0.iter().map(|policy| policy.policy_identifier.to_string()).collect())
                .unwrap_or_default(),
            not_before: WallTime(tbs.validity().not_before.to_unix_duration().as_secs()),
            not_after: WallTime(tbs.validity().not_after.to_unix_duration().as_secs()),
        })
    }

    /// The certificate as it was sent.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject in one line, `/C=FI/O=Example/CN=radius.example.com`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The issuer in one line.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The common names of the subject, in order.
    #[must_use]
    pub fn common_names(&self) -> &[String] {
        &self.common_names
    }

    /// subjectAltName, in order, without kinds that no rule can ask for.
    #[must_use]
    pub fn alt_names(&self) -> &[AltName] {
        &self.alt_names
    }

    /// The dNSNames.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.alt_names.iter().filter_map(|name| match name {
            AltName::Dns(name) => Some(name.as_str()),
            AltName::Email(_) | AltName::Uri(_) | AltName::Ip(_) => None,
        })
    }

    /// From when it is valid.
    #[must_use]
    pub const fn not_before(&self) -> WallTime {
        self.not_before
    }

    /// Until when it is valid.
    #[must_use]
    pub const fn not_after(&self) -> WallTime {
        self.not_after
    }

    /// The serial number, most significant octet first.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// SHA-256 of the whole certificate, which `hash://server/sha256/` pins.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        crypto::sha256(&[&self.der])
    }

    /// Whether users may override a mistrust of this certificate.
    #[must_use]
    pub fn trust_override(&self) -> Option<TrustOverride> {
        let has = |oid: &str| self.policies.iter().any(|policy| policy == oid);
        if has("1.3.6.1.4.1.40808.1.3.1") {
            Some(TrustOverride::Never)
        } else {
            has("1.3.6.1.4.1.40808.1.3.2").then_some(TrustOverride::FirstUse)
        }
    }

    /// The attributes of the subject, name and value, in order: unlike the one line, no value can look like two.
    pub(crate) fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    /// The subjectPublicKey bits, which OCSP hashes (RFC 6960 4.1.1).
    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, by {})", self.subject, self.issuer)
    }
}

const COMMON_NAME: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("2.5.4.3");

fn alt_name(name: &GeneralName) -> Option<AltName> {
    match name {
        GeneralName::DnsName(name) => Some(AltName::Dns(name.to_string())),
        GeneralName::Rfc822Name(name) => Some(AltName::Email(name.to_string())),
        GeneralName::UniformResourceIdentifier(name) => Some(AltName::Uri(name.to_string())),
        GeneralName::IpAddress(octets) => Some(AltName::Ip(octets.as_bytes().to_vec())),
        GeneralName::OtherName(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EdiPartyName(_)
        | GeneralName::RegisteredId(_) => None,
    }
}

/// A value of a directory string, in whichever of its types.
fn text_of(value: &der::Any) -> Option<String> {
    use der::Tag;
    let tag = value.tag();
    if tag == Tag::Utf8String {
        value.decode_as::<Utf8StringRef<'_>>().ok().map(|text| text.as_str().to_owned())
    } else if tag == Tag::PrintableString {
        value.decode_as::<PrintableStringRef<'_>>().ok().map(|text| text.as_str().to_owned())
    } else if tag == Tag::Ia5String {
        value.decode_as::<Ia5StringRef<'_>>().ok().map(|text| text.as_str().to_owned())
    } else if tag == Tag::TeletexString {
        value.decode_as::<TeletexStringRef<'_>>().ok().map(|text| text.as_str().to_owned())
    } else if tag == Tag::BmpString {
        let units: Vec<u16> = value.value().as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        String::from_utf16(&units).ok()
    } else {
        None
    }
}

/// A distinguished name in one line: each attribute as `/NAME=value` in the order of the certificate, octets that are
/// not printable ASCII as `\xHH`. Rules (`subject_match`) are written against this form.
fn one_line(name: &Name) -> String {
    use fmt::Write as _;
    let mut line = String::new();
    for attribute in name.iter() {
        let oid = attribute.oid.to_string();
        let _ = write!(line, "/{}=", short_name(&oid));
        for octet in attribute.value.value() {
            match octet {
                b' '..=b'~' => line.push(char::from(*octet)),
                _ => {
                    let _ = write!(line, "\\x{octet:02X}");
                }
            }
        }
    }
    line
}

fn short_name(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "initials",
        "2.5.4.46" => "dnQualifier",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        other => other,
    }
}
