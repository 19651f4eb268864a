//! Whether a peer's certificate chain is believed, and if not, why.

use core::fmt;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use crate::certificate::Certificate;
use crate::error::SetupError;
use crate::names::NameRules;
use crate::ocsp;
use crate::profile::{CrlCheck, Ocsp, Revocation, Trust};
use crate::refusal::Refusal;
use crate::time::WallTime;

/// Whose certificates are judged (RFC 5280 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Server,
    Client,
}

/// The rules for one endpoint's peers.
pub(crate) struct Verifier {
    usage: Usage,
    trust: Trust,
    anchors: Vec<TrustAnchor<'static>>,
    names: NameRules,
    crls: Vec<CertRevocationList<'static>>,
    check: CrlCheck,
    ignore_expired_crls: bool,
    ocsp: Ocsp,
    time_checks: bool,
    suite_b_192: bool,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("usage", &self.usage).field("names", &self.names).finish_non_exhaustive()
    }
}

/// What the dates, set aside, may be retried with: a chain has no more certificates than that.
const RETRIES: usize = 8;

impl Verifier {
    pub(crate) fn new(
        usage: Usage,
        trust: Trust,
        names: NameRules,
        revocation: &Revocation,
        time_checks: bool,
        suite_b_192: bool,
    ) -> Result<Self, SetupError> {
        let mut anchors = Vec::new();
        if let Trust::Roots { certificates, .. } = &trust {
            for (at, certificate) in certificates.iter().enumerate() {
                let der = CertificateDer::from(certificate.der());
                let anchor = anchor_from_trusted_cert(&der)
                    .map_err(|why| SetupError::Certificate { number: at.saturating_add(1), why: why.to_string() })?;
                anchors.push(anchor.to_owned());
            }
            if anchors.is_empty() {
                return Err(SetupError::NoCertificate("ca_cert"));
            }
        }
        let crl = |der: &Vec<u8>| OwnedCertRevocationList::from_der(der).map(CertRevocationList::from);
        let crls: Result<Vec<_>, webpki::Error> = revocation.crls.iter().map(crl).collect();
        let crls = crls.map_err(|why| SetupError::Crl(why.to_string()))?;
        if revocation.check != CrlCheck::Off && crls.is_empty() {
            return Err(SetupError::Crl("check_crl is set and ca_cert has no list".into()));
        }
        let Revocation { check, ignore_expired_crls, ocsp, .. } = *revocation;
        Ok(Self { usage, trust, anchors, names, crls, check, ignore_expired_crls, ocsp, time_checks, suite_b_192 })
    }

    /// The subjects of trusted CAs, DER, which a server tells its clients (RFC 5246 7.4.4).
    pub(crate) fn subjects(&self) -> Vec<Vec<u8>> {
        let Trust::Roots { certificates, .. } = &self.trust else { return Vec::new() };
        certificates.iter().map(|certificate| certificate.subject_der().to_vec()).collect()
    }

    /// Judges a chain, the peer's own certificate first.
    pub(crate) fn check(&self, chain: &[Certificate], ocsp_response: &[u8], now: WallTime) -> Result<(), Refusal> {
        let own = chain.first().ok_or(Refusal::NoCertificate)?;
        match &self.trust {
            Trust::Probe => return Err(Refusal::Probed),
            Trust::ServerHash(hash) => {
                if !crypto::ct_eq(hash, &own.sha256()) {
                    return Err(Refusal::Hash { wanted: hex(hash), presented: hex(&own.sha256()) });
                }
                self.dates(own, now)?;
            }
            Trust::Anyone => {}
            // The peer's own certificate is trusted by itself: nobody has to have issued it.
            Trust::Roots { certificates, .. } if certificates.iter().any(|known| known.der() == own.der()) => {
                self.dates(own, now)?;
            }
            Trust::Roots { source, .. } => self.path(chain, source, ocsp_response, now)?,
        }
        self.names.check(own)
    }

    fn dates(&self, own: &Certificate, now: WallTime) -> Result<(), Refusal> {
        let subject = || own.subject().to_owned();
        if !self.time_checks {
            Ok(())
        } else if now > own.not_after() {
            Err(Refusal::Expired { subject: subject(), not_after: own.not_after(), now })
        } else if now < own.not_before() {
            Err(Refusal::NotYetValid { subject: subject(), not_before: own.not_before(), now })
        } else {
            Ok(())
        }
    }

    /// A path to a trusted CA, and what is known about revocation.
    fn path(&self, chain: &[Certificate], source: &str, ocsp_response: &[u8], now: WallTime) -> Result<(), Refusal> {
        let ders: Vec<CertificateDer<'_>> = chain.iter().map(|part| CertificateDer::from(part.der())).collect();
        let (own_der, intermediates) = ders.split_first().ok_or(Refusal::NoCertificate)?;
        let own = chain.first().ok_or(Refusal::NoCertificate)?;
        let end_entity = EndEntityCert::try_from(own_der).map_err(|why| Refusal::Unreadable(why.to_string()))?;
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
        let lists: Vec<&CertRevocationList<'_>> = self.crls.iter().collect();
        let mut at = now.to_unix();
        for _ in 0..RETRIES {
            let usage = match self.usage {
                Usage::Server => KeyUsage::server_auth(),
                Usage::Client => KeyUsage::client_auth(),
            };
            let depth = match self.check {
                CrlCheck::Leaf | CrlCheck::Off => RevocationCheckDepth::EndEntity,
                CrlCheck::Chain => RevocationCheckDepth::Chain,
            };
            let expiry = if self.ignore_expired_crls { ExpirationPolicy::Ignore } else { ExpirationPolicy::Enforce };
            let revocation = match (self.check, RevocationOptionsBuilder::new(&lists)) {
                (CrlCheck::Off, _) | (_, Err(_)) => None,
                (CrlCheck::Leaf | CrlCheck::Chain, Ok(builder)) => Some(
                    builder
                        .with_depth(depth)
                        .with_status_policy(UnknownStatusPolicy::Deny)
                        .with_expiration_policy(expiry)
                        .build(),
                ),
            };
            let verdict =
                end_entity.verify_for_usage(algorithms, &self.anchors, intermediates, at, usage, revocation, None);
            match verdict {
                Ok(path) => {
                    let issuer = path.intermediate_certificates().next().map_or_else(
                        || self.root_of(path.anchor().subject.as_ref()),
                        |issuer| chain.iter().find(|part| part.der() == issuer.der().as_ref()),
                    );
                    if self.suite_b_192 {
                        let strong = path.intermediate_certificates().all(|part| is_suite_b(part.der().as_ref()));
                        if !strong || !is_suite_b(own.der()) {
                            return Err(Refusal::WeakOrUnknownAlgorithm { subject: own.subject().to_owned() });
                        }
                    }
                    return self.stapled(own, issuer, ocsp_response, now);
                }
                Err(webpki::Error::CertExpired { not_after, .. }) if !self.time_checks => at = not_after,
                Err(webpki::Error::CertNotValidYet { not_before, .. }) if !self.time_checks => at = not_before,
                Err(why) => return Err(self.words(&why, chain, source, now)),
            }
        }
        Err(Refusal::Path("its certificates are never valid at the same time".into()))
    }

    fn root_of(&self, subject: &[u8]) -> Option<&Certificate> {
        let Trust::Roots { certificates, .. } = &self.trust else { return None };
        // An anchor's subject is the sequence's content.
        certificates.iter().find(|root| root.subject_der().ends_with(subject))
    }

    fn stapled(
        &self,
        own: &Certificate,
        issuer: Option<&Certificate>,
        response: &[u8],
        now: WallTime,
    ) -> Result<(), Refusal> {
        match (self.ocsp, response.is_empty()) {
            (Ocsp::Off, _) | (Ocsp::Try, true) => Ok(()),
            (Ocsp::Require, true) => Err(Refusal::Ocsp("is missing, and ocsp=2 demands one")),
            (Ocsp::Try | Ocsp::Require, false) => {
                let issuer = issuer.ok_or(Refusal::Ocsp("is for a certificate of an unknown issuer"))?;
                let now = if self.time_checks { Some(now) } else { None };
                match ocsp::check(response, own, issuer, now) {
                    Ok(ocsp::Status::Good) => Ok(()),
                    Ok(ocsp::Status::Revoked) => {
                        Err(Refusal::Revoked { subject: own.subject().to_owned(), by: "stapled OCSP response" })
                    }
                    Ok(ocsp::Status::Unknown) => Err(Refusal::Ocsp("says that the certificate is unknown")),
                    Err(why) => Err(Refusal::Ocsp(why)),
                }
            }
        }
    }

    /// An administrator's words for an error of the path.
    fn words(&self, why: &webpki::Error, chain: &[Certificate], source: &str, now: WallTime) -> Refusal {
        use webpki::Error as E;
        let own = chain.first().map(Certificate::subject).unwrap_or_default().to_owned();
        let seconds = |time: &UnixTime| WallTime(time.as_secs());
        #[allow(clippy::wildcard_enum_match_arm, reason = "the library's enum is not exhaustive")]
        match why {
            E::CertExpired { not_after, .. } => {
                let whose = chain.iter().find(|part| part.not_after() == seconds(not_after));
                let subject = whose.map_or(own, |part| part.subject().to_owned());
                Refusal::Expired { subject, not_after: seconds(not_after), now }
            }
            E::CertNotValidYet { not_before, .. } => {
                let whose = chain.iter().find(|part| part.not_before() == seconds(not_before));
                let subject = whose.map_or(own, |part| part.subject().to_owned());
                Refusal::NotYetValid { subject, not_before: seconds(not_before), now }
            }
            E::UnknownIssuer => {
                // The end of the chain that the peer sent, as far as it is one.
                let mut last = chain.first();
                for part in chain.iter().skip(1) {
                    if last.is_some_and(|last| last.issuer_der() == part.subject_der()) {
                        last = Some(part);
                    }
                }
                let issuer = last.map(Certificate::issuer).unwrap_or_default().to_owned();
                Refusal::UnknownIssuer { subject: own, issuer, trusted: source.to_owned() }
            }
            E::CertRevoked => Refusal::Revoked { subject: own, by: "revocation list" },
            E::UnknownRevocationStatus => Refusal::RevocationUnknown { subject: own },
            E::CrlExpired { next_update, .. } => Refusal::CrlExpired { next_update: seconds(next_update) },
            E::CaUsedAsEndEntity => {
                Refusal::Purpose { subject: own, what: "it is the certificate of a CA (basicConstraints CA:TRUE)" }
            }
            E::EndEntityUsedAsCa => {
                Refusal::Purpose { subject: own, what: "it was issued by a certificate that is not a CA's" }
            }
            E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => Refusal::Purpose {
                subject: own,
                what: match self.usage {
                    Usage::Server => "its extended key usage has no serverAuth",
                    Usage::Client => "its extended key usage has no clientAuth",
                },
            },
            E::InvalidSignatureForPublicKey => Refusal::BadSignature,
            E::UnsupportedSignatureAlgorithmContext(_) | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
                Refusal::WeakOrUnknownAlgorithm { subject: own }
            }
            E::BadDer | E::BadDerTime | E::TrailingData(_) | E::UnsupportedCertVersion | E::InvalidSerialNumber => {
                Refusal::Unreadable(why.to_string())
            }
            other => Refusal::Path(other.to_string()),
        }
    }
}

/// Whether a certificate has the strength of Suite B at 192 bits: P-384, or RSA of 3072 bits and more
/// (WPA3 specification, 192-bit mode).
fn is_suite_b(der: &[u8]) -> bool {
    use der::Decode as _;
    let Ok(parsed) = x509_cert::Certificate::from_der(der) else { return false };
    let key = parsed.tbs_certificate().subject_public_key_info();
    match key.algorithm.oid.to_string().as_str() {
        "1.2.840.10045.2.1" => key.subject_public_key.raw_bytes().len() == 97,
        // Modulus of 384 octets and more, with the exponent and both headers.
        "1.2.840.113549.1.1.1" => key.subject_public_key.raw_bytes().len() >= 392,
        _ => false,
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    use core::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
