//! What an endpoint is made from. A daemon turns its configuration into these, in one place.

use core::time::Duration;

use crate::certificate::Certificate;
use crate::credentials::Identity;
use crate::error::SetupError;
use crate::names::NameRules;

/// TLS versions, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Which versions may be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// TLS 1.2.
    pub tls12: bool,
    /// TLS 1.3.
    pub tls13: bool,
}

impl Versions {
    /// Every version that the library speaks.
    pub const ALL: Self = Self { tls12: true, tls13: true };
    /// TLS 1.2 alone: for servers that break on TLS 1.3.
    pub const ONLY_TLS12: Self = Self { tls12: true, tls13: false };
    /// TLS 1.3 alone.
    pub const ONLY_TLS13: Self = Self { tls12: false, tls13: true };
}

/// Whom to believe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Certificates that lead to one of these.
    Roots {
        /// The trusted certificates; not only self-signed ones, and a server's own will do.
        certificates: Vec<Certificate>,
        /// How the configuration calls them, for words: `ca_cert=/etc/cert/ca.pem`.
        source: String,
    },
    /// The one certificate with this SHA-256 (`ca_cert=hash://server/sha256/`), whatever else it says but its dates.
    ServerHash([u8; 32]),
    /// Everybody: `ca_cert` is not given. A server that pretends to be the right one is believed.
    Anyone,
    /// Nobody: the chain is reported and refused (`ca_cert=probe://`).
    Probe,
}

impl Trust {
    /// What `ca_cert` says where it is not a file: `hash://server/sha256/HEX` and `probe://`; `None` for a file's name.
    ///
    /// # Errors
    /// A `hash://` that is none.
    pub fn from_url(text: &str) -> Result<Option<Self>, SetupError> {
        if text.starts_with("probe://") {
            return Ok(Some(Self::Probe));
        }
        let Some(rest) = text.strip_prefix("hash://") else { return Ok(None) };
        let digits = rest.strip_prefix("server/sha256/").unwrap_or_default().as_bytes();
        let octet = |pair: &[u8; 2]| core::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let octets: Option<Vec<u8>> = digits.as_chunks::<2>().0.iter().map(octet).collect();
        let hash = octets.filter(|_| digits.len() == 64).and_then(|octets| octets.try_into().ok());
        hash.map(|hash| Some(Self::ServerHash(hash)))
            .ok_or(SetupError::Invalid("ca_cert=hash:// wants server/sha256/ and 64 hex digits"))
    }
}

/// What must be known about revocation (RFC 5280 6.3, RFC 6960).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocation {
    /// Revocation lists, DER.
    pub crls: Vec<Vec<u8>>,
    /// Which certificates must be on a list's books.
    pub check: CrlCheck,
    /// Whether a list that is out of date is no list (`check_crl_strict`).
    pub ignore_expired_crls: bool,
    /// Stapled OCSP responses (`ocsp=`).
    pub ocsp: Ocsp,
}

/// Which certificates of a path a revocation list must know about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrlCheck {
    /// None.
    #[default]
    Off,
    /// The peer's own (`check_crl=1`).
    Leaf,
    /// All (`check_crl=2`).
    Chain,
}

/// What is demanded of a stapled OCSP response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ocsp {
    /// None is looked at.
    #[default]
    Off,
    /// One that is there must be good (`ocsp=1`).
    Try,
    /// One must be there and be good (`ocsp=2`).
    Require,
}

/// A station's side.
#[derive(Debug)]
pub struct ClientProfile {
    /// Whom to believe.
    pub trust: Trust,
    /// What the server's certificate must name.
    pub names: NameRules,
    /// Revocation.
    pub revocation: Revocation,
    /// Whether the dates of certificates are judged (`tls_disable_time_checks` switches that off).
    pub time_checks: bool,
    /// Our certificate, should the server ask for one.
    pub identity: Option<Identity>,
    /// Versions to offer.
    pub versions: Versions,
    /// WPA3-Enterprise 192-bit: AES-256-GCM with SHA-384 and P-384 only, RSA of 3072 bits and more.
    pub suite_b_192: bool,
    /// Whether a session may be taken up again.
    pub resumption: bool,
}

/// What is demanded of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// None is asked for.
    NotAsked,
    /// A client may have one, and then it must be good.
    Optional(Trust),
    /// Each client must have one.
    Required(Trust),
}

/// A server's side.
#[derive(Debug)]
pub struct ServerProfile {
    /// Our certificate.
    pub identity: Identity,
    /// A stapled OCSP response, DER; empty for none.
    pub ocsp_response: Vec<u8>,
    /// What is demanded of clients.
    pub clients: ClientCertificates,
    /// What a client's certificate must name (`check_cert_subject`).
    pub names: NameRules,
    /// Revocation of clients' certificates.
    pub revocation: Revocation,
    /// Versions to accept.
    pub versions: Versions,
    /// As for clients.
    pub suite_b_192: bool,
    /// How long a session may be taken up again; zero for never (`tls_session_lifetime`).
    pub session_lifetime: Duration,
    /// How many sessions are remembered at once.
    pub sessions: usize,
}
