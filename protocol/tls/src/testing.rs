//! Certificates of every kind, made while tests run. **For tests only**; behind the feature `testing`.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that has no certificates is over")]

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};

use crate::{Certificate, Identity, Trust, WallTime};

/// The wall time of tests: 2026-11-26.
pub const NOW: WallTime = WallTime(1_795_651_200);

/// A day in seconds.
pub const DAY: i64 = 86_400;

/// A certification authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    now: WallTime,
}

/// What a certificate is to be like.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Common name.
    pub name: &'a str,
    /// dNSNames.
    pub dns: &'a [&'a str],
    /// From when on, in seconds after now.
    pub from: i64,
    /// Until when, in seconds after now.
    pub until: i64,
    /// For servers or for clients; `None` for a CA.
    pub server: Option<bool>,
    /// P-384 instead of P-256.
    pub strong: bool,
    /// Its serial number.
    pub serial: u64,
}

impl<'a> Wanted<'a> {
    /// A server's, valid, with this name.
    #[must_use]
    pub const fn server(name: &'a str, dns: &'a [&'a str]) -> Self {
        Self { name, dns, from: -DAY, until: 30 * DAY, server: Some(true), strong: false, serial: 7 }
    }

    /// A client's, valid, with this name.
    #[must_use]
    pub const fn client(name: &'a str) -> Self {
        Self { name, dns: &[], from: -DAY, until: 30 * DAY, server: Some(false), strong: false, serial: 8 }
    }
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub struct Made {
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PKCS #8 in PEM.
    pub key: String,
}

impl Made {
    /// As an endpoint takes it.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::read(Some(self.certificate.as_bytes()), self.key.as_bytes(), None).expect("made here")
    }

    /// The certificate itself.
    #[must_use]
    pub fn parsed(&self) -> Certificate {
        crate::read_certificates(self.certificate.as_bytes(), "a test").expect("made here").remove(0)
    }
}

fn parameters(wanted: &Wanted<'_>, now: WallTime) -> CertificateParams {
    let names: Vec<String> = wanted.dns.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names are ASCII");
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Airlock");
    subject.push(DnType::CommonName, wanted.name);
    parameters.distinguished_name = subject;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let start = i64::try_from(now.0).unwrap_or(i64::MAX);
    let at = |offset: i64| {
        let seconds = u64::try_from(start.saturating_add(offset)).unwrap_or(0);
        epoch.saturating_add(core::time::Duration::from_secs(seconds).try_into().expect("a date"))
    };
    parameters.not_before = at(wanted.from);
    parameters.not_after = at(wanted.until);
    parameters.serial_number = Some(SerialNumber::from(wanted.serial));
    parameters.key_identifier_method = KeyIdMethod::Sha256;
    match wanted.server {
        Some(true) => parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
        Some(false) => parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        None => {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages =
                vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        }
    }
    parameters
}

fn pair(strong: bool) -> KeyPair {
    let algorithm = if strong { &PKCS_ECDSA_P384_SHA384 } else { &PKCS_ECDSA_P256_SHA256 };
    KeyPair::generate_for(algorithm).expect("ring makes keys")
}

impl Authority {
    /// A root of this name, valid around `now`.
    #[must_use]
    pub fn root(name: &str, now: WallTime) -> Self {
        let wanted = Wanted { name, dns: &[], from: -DAY, until: 3650 * DAY, server: None, strong: true, serial: 1 };
        let (parameters, key) = (parameters(&wanted, now), pair(true));
        let pem = parameters.self_signed(&key).expect("it signs itself").pem();
        Self { issuer: Issuer::new(parameters, key), pem, now }
    }

    /// A CA below this one.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let wanted = Wanted { name, dns: &[], from: -DAY, until: 365 * DAY, server: None, strong: true, serial: 2 };
        let (parameters, key) = (parameters(&wanted, self.now), pair(true));
        let pem = parameters.signed_by(&key, &self.issuer).expect("it signs").pem();
        Self { issuer: Issuer::new(parameters, key), pem, now: self.now }
    }

    /// Its own certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Trust in this authority alone.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let certificates = crate::read_certificates(self.pem.as_bytes(), "a test").expect("made here");
        Trust::Roots { certificates, source: "ca_cert=/etc/cert/ca.pem".into() }
    }

    /// Issues a certificate.
    #[must_use]
    pub fn issue(&self, wanted: &Wanted<'_>) -> Made {
        let key = pair(wanted.strong);
        let certificate = parameters(wanted, self.now).signed_by(&key, &self.issuer).expect("it signs");
        Made { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A revocation list with these serial numbers, DER; `due` is when the next one comes, in seconds after now.
    #[must_use]
    pub fn revoke(&self, serials: &[u64], due: i64) -> Vec<u8> {
        let base = parameters(
            &Wanted { name: "", dns: &[], from: -DAY, until: due, server: None, strong: false, serial: 1 },
            self.now,
        );
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: base.not_before,
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: base.not_before,
            next_update: base.not_after,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).expect("it signs").der().to_vec()
    }
}

/// Reads a stapled OCSP response about a certificate of no authority, for fuzzing: whatever it says, it is not good.
///
/// # Panics
/// When it is taken for one.
#[allow(clippy::panic, reason = "a fuzz target reports by panicking")]
pub fn judge_ocsp(response: &[u8], certificate: &Certificate) {
    let said = crate::ocsp::check(response, certificate, certificate, Some(NOW));
    assert!(said.is_err(), "a response that nobody signed was believed: {said:?}");
}
