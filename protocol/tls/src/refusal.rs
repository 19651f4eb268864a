//! Why a peer's certificate is refused, in words that say what to do about it.

use core::fmt;

use crate::time::WallTime;

/// Why the certificate of the peer is refused. Subjects and issuers are distinguished names in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The peer sent no certificate.
    NoCertificate,
    /// A certificate cannot be read.
    Unreadable(String),
    /// `notAfter` has passed (RFC 5280 4.1.2.5).
    Expired {
        /// Whose certificate.
        subject: String,
        /// Until when it was valid.
        not_after: WallTime,
        /// What time it is here.
        now: WallTime,
    },
    /// `notBefore` has not come (RFC 5280 4.1.2.5).
    NotYetValid {
        /// Whose certificate.
        subject: String,
        /// From when it is valid.
        not_before: WallTime,
        /// What time it is here.
        now: WallTime,
    },
    /// No path leads to a trusted CA (RFC 5280 6.1).
    UnknownIssuer {
        /// Whose certificate.
        subject: String,
        /// Who issued the last certificate of the chain that the peer sent.
        issuer: String,
        /// Where the trusted CAs come from, as the configuration calls it.
        trusted: String,
    },
    /// It is not one of the names that the configuration demands.
    Name {
        /// Which parameter demands it.
        parameter: &'static str,
        /// What it demands.
        wanted: String,
        /// What the certificate has.
        presented: Vec<String>,
    },
    /// Its digest is not the one that the configuration pins.
    Hash {
        /// SHA-256 that is pinned, in hex.
        wanted: String,
        /// SHA-256 of the peer's certificate, in hex.
        presented: String,
    },
    /// A certificate of the chain is revoked.
    Revoked {
        /// Whose certificate.
        subject: String,
        /// By the list or by the OCSP response.
        by: &'static str,
    },
    /// Nothing says whether the certificate is revoked, and the configuration wants to know.
    RevocationUnknown {
        /// Whose certificate.
        subject: String,
    },
    /// The revocation list is out of date.
    CrlExpired {
        /// When the next one was to come.
        next_update: WallTime,
    },
    /// The stapled OCSP response is missing, wrong, out of date or not by the issuer (RFC 6960).
    Ocsp(&'static str),
    /// The certificate is for another use: extended key usage, key usage, or a CA certificate in a server's place.
    Purpose {
        /// Whose certificate.
        subject: String,
        /// What is wrong about it.
        what: &'static str,
    },
    /// A signature of the chain does not verify.
    BadSignature,
    /// A signature or key of an algorithm or size that is too weak or unknown: SHA-1, MD5, RSA below 2048 bits.
    WeakOrUnknownAlgorithm {
        /// Whose certificate.
        subject: String,
    },
    /// Another rule of RFC 5280 is broken.
    Path(String),
    /// The configuration says that the chain is only to be looked at.
    Probed,
}

impl Refusal {
    /// The number that a drop-in control interface gives for it (`CTRL-EVENT-EAP-TLS-CERT-ERROR reason=`).
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::UnknownIssuer { .. } => 1,
            Self::Revoked { .. } => 2,
            Self::NotYetValid { .. } => 3,
            Self::Expired { .. } => 4,
            Self::Name { parameter, .. } => match parameter.as_bytes() {
                b"subject_match" => 5,
                b"altsubject_match" => 6,
                b"domain_suffix_match" => 9,
                b"domain_match" => 10,
                _ => 12,
            },
            Self::Probed => 8,
            Self::WeakOrUnknownAlgorithm { .. } => 11,
            Self::NoCertificate
            | Self::Unreadable(_)
            | Self::Hash { .. }
            | Self::Ocsp(_)
            | Self::BadSignature
            | Self::Purpose { .. }
            | Self::Path(_) => 7,
            Self::RevocationUnknown { .. } | Self::CrlExpired { .. } => 0,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("the peer sent no certificate"),
            Self::Unreadable(why) => write!(f, "a certificate of the peer cannot be read: {why}"),
            Self::Expired { subject, not_after, now } => {
                write!(f, "the certificate of {subject} expired on {not_after} (the time here is {now})")
            }
            Self::NotYetValid { subject, not_before, now } => write!(
                f,
                "the certificate of {subject} is valid from {not_before} on, and the time here is {now}: \
                 is this machine's clock right?"
            ),
            Self::UnknownIssuer { subject, issuer, trusted } => write!(
                f,
                "the certificate of {subject} is issued by {issuer}, which is none of the CA certificates of {trusted}"
            ),
            Self::Name { parameter, wanted, presented } => {
                write!(f, "the peer's certificate does not match {parameter}={wanted}: it names ")?;
                if presented.is_empty() {
                    f.write_str("nothing of the kind")
                } else {
                    f.write_str(&presented.join(", "))
                }
            }
            Self::Hash { wanted, presented } => {
                write!(f, "the peer's certificate has the SHA-256 {presented}, not {wanted} as ca_cert=hash:// says")
            }
            Self::Revoked { subject, by } => write!(f, "the certificate of {subject} is revoked, says the {by}"),
            Self::RevocationUnknown { subject } => {
                write!(f, "no revocation list of the issuer says anything about the certificate of {subject}")
            }
            Self::CrlExpired { next_update } => {
                write!(f, "the revocation list is out of date: a new one was due on {next_update}")
            }
            Self::Ocsp(why) => write!(f, "the stapled OCSP response {why}"),
            Self::Purpose { subject, what } => write!(f, "the certificate of {subject} is not for this use: {what}"),
            Self::BadSignature => f.write_str("a signature in the peer's certificate chain is wrong"),
            Self::WeakOrUnknownAlgorithm { subject } => write!(
                f,
                "the chain of {subject} has a key or signature that is too weak or unknown \
                 (SHA-1, MD5, RSA below 2048 bits, P-521)"
            ),
            Self::Path(why) => write!(f, "the peer's certificate chain breaks RFC 5280: {why}"),
            Self::Probed => f.write_str("the server's certificate was only looked at (ca_cert=probe://)"),
        }
    }
}

impl core::error::Error for Refusal {}
