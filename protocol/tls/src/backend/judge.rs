//! Our verdicts where rustls asks for its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::certificate::Certificate;
use crate::refusal::Refusal;
use crate::time::WallTime;
use crate::verify::Verifier;

/// What was seen during one call into a session. rustls keeps a session apart from its endpoint's verifier, and takes
/// up sessions only under the same one, so all sessions of an endpoint share it, one call at a time.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) chain: Vec<Certificate>,
    pub(super) refusal: Option<Refusal>,
}

#[derive(Debug)]
pub(super) struct Judge {
    verifier: Verifier,
    subjects: Vec<DistinguishedName>,
    mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Judge {
    pub(super) fn new(verifier: Verifier, mandatory: bool) -> Self {
        let subjects = verifier.subjects().into_iter().map(DistinguishedName::from).collect();
        let algorithms = ring::default_provider().signature_verification_algorithms;
        Self { verifier, subjects, mandatory, algorithms, seen: Mutex::default() }
    }

    pub(super) fn take(&self) -> Seen {
        core::mem::take(&mut lock(&self.seen))
    }

    fn judge(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        let ders = core::iter::once(own).chain(others);
        let parsed: Result<Vec<Certificate>, String> = ders.map(|der| Certificate::from_der(der)).collect();
        let mut seen = lock(&self.seen);
        let verdict = match parsed {
            Ok(chain) => {
                let verdict = self.verifier.check(&chain, ocsp, WallTime(now.as_secs()));
                seen.chain = chain;
                verdict
            }
            Err(why) => Err(Refusal::Unreadable(why)),
        };
        verdict.map_err(|refusal| {
            let error = for_alert(&refusal);
            seen.refusal = Some(refusal);
            Error::InvalidCertificate(error)
        })
    }
}

/// The error that has rustls send the right alert (RFC 8446 6.2).
const fn for_alert(refusal: &Refusal) -> CertificateError {
    match refusal {
        Refusal::Expired { .. } => CertificateError::Expired,
        Refusal::NotYetValid { .. } => CertificateError::NotValidYet,
        Refusal::UnknownIssuer { .. } | Refusal::Hash { .. } => CertificateError::UnknownIssuer,
        Refusal::Revoked { .. } => CertificateError::Revoked,
        Refusal::RevocationUnknown { .. } => CertificateError::UnknownRevocationStatus,
        Refusal::CrlExpired { .. } => CertificateError::ExpiredRevocationList,
        Refusal::Ocsp(_) => CertificateError::InvalidOcspResponse,
        Refusal::Purpose { .. } => CertificateError::InvalidPurpose,
        Refusal::BadSignature | Refusal::WeakOrUnknownAlgorithm { .. } => CertificateError::BadSignature,
        Refusal::Unreadable(_) | Refusal::NoCertificate | Refusal::Path(_) => CertificateError::BadEncoding,
        Refusal::Name { .. } => CertificateError::NotValidForName,
        Refusal::Probed => CertificateError::ApplicationVerificationFailure,
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(own, others, ocsp, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Judge {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }

    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(own, others, &[], now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
