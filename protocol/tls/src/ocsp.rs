//! Stapled OCSP responses (RFC 6960): by whom, for what, until when.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, Int, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Encode as _, Enumerated, Sequence, Tag, TagNumber, Tagged as _};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};

use crate::certificate::Certificate;
use crate::pbe::Algorithm;
use crate::time::WallTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Good,
    Revoked,
    Unknown,
}

/// `OCSPResponseStatus` (4.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Enumerated)]
#[asn1(type = "ENUMERATED")]
#[repr(u8)]
enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

#[derive(Sequence)]
struct Response<'a> {
    status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    bytes: Option<ResponseBytes<'a>>,
}

#[derive(Sequence)]
struct ResponseBytes<'a> {
    kind: ObjectIdentifier,
    response: &'a OctetStringRef,
}

#[derive(Sequence)]
struct Basic<'a> {
    data: AnyRef<'a>,
    algorithm: Algorithm<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<AnyRef<'a>>>,
}

#[derive(Sequence)]
struct ResponseData<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<u8>,
    responder: AnyRef<'a>,
    produced: GeneralizedTime,
    responses: Vec<Single<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct Single<'a> {
    id: CertId<'a>,
    status: AnyRef<'a>,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct CertId<'a> {
    hash: Algorithm<'a>,
    issuer_name: &'a OctetStringRef,
    issuer_key: &'a OctetStringRef,
    serial: Int,
}

/// Seconds that the responder's clock may be ahead of ours.
const SKEW: u64 = 300;

/// What a response says about `own`, issued by `issuer`. Without `now` its dates are not judged.
pub(crate) fn check(
    response: &[u8],
    own: &Certificate,
    issuer: &Certificate,
    now: Option<WallTime>,
) -> Result<Status, &'static str> {
    const BROKEN: &str = "cannot be read";
    let response = Response::from_der(response).map_err(|_| BROKEN)?;
    if response.status != ResponseStatus::Successful {
        return Err("says that the responder could not answer");
    }
    let bytes = response.bytes.ok_or(BROKEN)?;
    if bytes.kind.to_string() != "1.3.6.1.5.5.7.48.1.1" {
        return Err("is of an unknown kind");
    }
    let basic = Basic::from_der(bytes.response.as_bytes()).map_err(|_| BROKEN)?;
    let signed = basic.data.to_der().map_err(|_| BROKEN)?;
    let data = ResponseData::from_der(&signed).map_err(|_| BROKEN)?;
    let signature = basic.signature.as_bytes().ok_or(BROKEN)?;
    let algorithm = &basic.algorithm;
    let delegate = basic
        .certificates
        .iter()
        .flatten()
        .filter_map(|any| any.to_der().ok())
        .find(|der| delegated(der, issuer, now) && verifies(der, algorithm, &signed, signature));
    if delegate.is_none() && !verifies(issuer.der(), algorithm, &signed, signature) {
        return Err("is not signed by the issuer or somebody it has delegated");
    }
    let ours = data.responses.iter().find(|single| is_about(&single.id, own, issuer));
    let single = ours.ok_or("is about another certificate")?;
    if let Some(WallTime(now)) = now {
        if single.this_update.to_unix_duration().as_secs() > now.saturating_add(SKEW) {
            return Err("is from the future: is this machine's clock right?");
        }
        if single.next_update.is_some_and(|next| next.to_unix_duration().as_secs().saturating_add(SKEW) < now) {
            return Err("is out of date");
        }
    }
    // CertStatus (4.2.1): good [0], revoked [1], unknown [2].
    let number = if let Tag::ContextSpecific { number, .. } = single.status.tag() { Some(number) } else { None };
    match number {
        Some(TagNumber(0)) => Ok(Status::Good),
        Some(TagNumber(1)) => Ok(Status::Revoked),
        Some(TagNumber(2)) => Ok(Status::Unknown),
        _ => Err(BROKEN),
    }
}

/// Whether the issuer has made this certificate for signing OCSP responses (4.2.2.2).
fn delegated(der: &[u8], issuer: &Certificate, now: Option<WallTime>) -> bool {
    use x509_cert::ext::pkix::ExtendedKeyUsage;
    let Ok(parsed) = x509_cert::Certificate::from_der(der) else { return false };
    let Ok(responder) = Certificate::from_der(der) else { return false };
    let for_ocsp = match parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
        Ok(Some((_, usage))) => usage.0.iter().any(|oid| oid.to_string() == "1.3.6.1.5.5.7.3.9"),
        Ok(None) | Err(_) => false,
    };
    let dated = now.is_none_or(|now| responder.not_before() <= now && now <= responder.not_after());
    let Ok(signed) = parsed.tbs_certificate().to_der() else { return false };
    let Some(signature) = parsed.signature().as_bytes() else { return false };
    let Ok(algorithm) = parsed.signature_algorithm().to_der() else { return false };
    let Ok(algorithm) = Algorithm::from_der(&algorithm) else { return false };
    for_ocsp
        && dated
        && responder.issuer_der() == issuer.subject_der()
        && verifies(issuer.der(), &algorithm, &signed, signature)
}

/// Whether the key of a certificate made this signature.
fn verifies(certificate: &[u8], algorithm: &Algorithm<'_>, signed: &[u8], signature: &[u8]) -> bool {
    let der = CertificateDer::from(certificate);
    let Ok(certificate) = webpki::EndEntityCert::try_from(&der) else { return false };
    let Ok(encoded) = algorithm.to_der() else { return false };
    let Some(wanted) = AnyRef::from_der(&encoded).ok().map(|any| any.value().to_vec()) else { return false };
    let known = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    known.iter().filter(|known| known.signature_alg_id().as_ref() == wanted.as_slice()).any(|known| {
        let known: &dyn SignatureVerificationAlgorithm = *known;
        certificate.verify_signature(known, signed, signature).is_ok()
    })
}

fn is_about(id: &CertId<'_>, own: &Certificate, issuer: &Certificate) -> bool {
    let hash: fn(&[u8]) -> Vec<u8> = match id.hash.oid.to_string().as_str() {
        "1.3.14.3.2.26" => |bytes| crypto::sha1(&[bytes]).to_vec(),
        "2.16.840.1.101.3.4.2.1" => |bytes| crypto::sha256(&[bytes]).to_vec(),
        "2.16.840.1.101.3.4.2.2" => |bytes| crypto::sha384(&[bytes]).to_vec(),
        _ => return false,
    };
    let significant = |serial: &[u8]| -> Vec<u8> { serial.iter().copied().skip_while(|octet| *octet == 0).collect() };
    hash(issuer.subject_der()) == id.issuer_name.as_bytes()
        && hash(issuer.key_bits()) == id.issuer_key.as_bytes()
        && significant(own.serial()) == significant(id.serial.as_bytes())
}
