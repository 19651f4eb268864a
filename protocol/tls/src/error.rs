//! What can go wrong, and who is to blame.

use core::fmt;

use crate::refusal::Refusal;

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The peer does not keep to the protocol.
    PeerBroke,
    /// The peer will not have us.
    PeerRefused,
    /// We will not have the peer: its certificate, or what the configuration demands of it.
    WeRefused,
    /// What was configured cannot be.
    LocalConfiguration,
    /// The machine or the library.
    LocalSystem,
}

/// Why certificates, keys and options cannot be made into an endpoint: local configuration, each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// Nothing in the file is a certificate. Says whose file.
    NoCertificate(&'static str),
    /// Nothing in the file is a private key.
    NoPrivateKey,
    /// The block of the PEM file that starts in this line has no end, or is not base64 (RFC 7468).
    Pem {
        /// The line in which the block starts, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Not an X.509 certificate; which of the file, from 1, and what the parser says.
    Certificate {
        /// The position in the file, from 1.
        number: usize,
        /// The parser's words.
        why: String,
    },
    /// The key is encrypted and no password was given: ask for `private_key_passwd`.
    PasswordNeeded,
    /// The password does not open the private key.
    WrongPassword,
    /// The private key is encrypted, or made, in a way that is not supported.
    UnsupportedKey(String),
    /// The container is not what it says it is.
    Container {
        /// PKCS #8, PKCS #12 ….
        format: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The private key belongs to another certificate.
    KeyMismatch,
    /// A certificate revocation list that cannot be read.
    Crl(String),
    /// An option that this TLS library cannot do.
    Unsupported(&'static str),
    /// An option whose value cannot be.
    Invalid(&'static str),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate(whose) => write!(f, "there is no certificate in {whose}"),
            Self::NoPrivateKey => f.write_str("there is no private key in private_key"),
            Self::Pem { line, what } => write!(f, "the PEM block that starts in line {line} {what}"),
            Self::Certificate { number, why } => write!(f, "certificate {number} of the file cannot be read: {why}"),
            Self::PasswordNeeded => f.write_str("the private key is encrypted and private_key_passwd is not given"),
            Self::WrongPassword => f.write_str("private_key_passwd does not open the private key"),
            Self::UnsupportedKey(how) => write!(f, "the private key cannot be used: {how}"),
            Self::Container { format, what } => write!(f, "not a valid {format} file: {what}"),
            Self::KeyMismatch => f.write_str("the private key does not belong to the certificate"),
            Self::Crl(why) => write!(f, "a certificate revocation list cannot be read: {why}"),
            Self::Unsupported(what) => write!(f, "not supported by this TLS library: {what}"),
            Self::Invalid(what) => write!(f, "invalid value: {what}"),
        }
    }
}

impl core::error::Error for SetupError {}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// We refuse the peer's certificate.
    Refused(Box<Refusal>),
    /// The peer ended it with this alert.
    Alert(Alert),
    /// The peer's messages are not TLS, or not in the order that they must have.
    Protocol(String),
    /// The peer and we have no version, cipher suite, group or signature scheme in common.
    NothingInCommon(String),
    /// The session is over: nothing can be sent or received.
    Closed,
    /// What is asked for is only there after the handshake.
    Unfinished,
    /// The library cannot go on.
    Local(String),
}

impl TlsError {
    /// Who is to blame.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Refused(_) => Blame::WeRefused,
            Self::Alert(_) => Blame::PeerRefused,
            Self::Protocol(_) | Self::NothingInCommon(_) | Self::Closed => Blame::PeerBroke,
            Self::Unfinished | Self::Local(_) => Blame::LocalSystem,
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "{why}"),
            Self::Alert(alert) => write!(f, "{alert}"),
            Self::Protocol(what) => write!(f, "the peer broke TLS: {what}"),
            Self::NothingInCommon(what) => write!(f, "the peer and we have nothing in common: {what}"),
            Self::Closed => f.write_str("the TLS session is closed"),
            Self::Unfinished => f.write_str("the TLS handshake is not finished"),
            Self::Local(what) => write!(f, "TLS failed here: {what}"),
        }
    }
}

impl core::error::Error for TlsError {}

/// An alert of the peer (RFC 8446 6, RFC 5246 7.2), by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert(pub u8);

impl Alert {
    /// The name in the standard, and what an administrator can do about it.
    const fn words(self) -> (&'static str, &'static str) {
        match self.0 {
            0 => ("close_notify", "it closed the session"),
            10 => ("unexpected_message", "it did not expect our message"),
            20 => ("bad_record_mac", "what we sent did not decrypt there"),
            22 => ("record_overflow", "a record was too long for it"),
            40 => ("handshake_failure", "it shares no cipher suite or option with us, or wants a client certificate"),
            42 => ("bad_certificate", "it cannot read our certificate or its signature is wrong"),
            43 => ("unsupported_certificate", "our certificate is of a kind or for a use that it does not take"),
            44 => ("certificate_revoked", "our certificate is revoked"),
            45 => ("certificate_expired", "our certificate has expired, or its clock is wrong"),
            46 => ("certificate_unknown", "it does not accept our certificate"),
            47 => ("illegal_parameter", "a field of ours is wrong for it"),
            48 => ("unknown_ca", "it does not know the CA that issued our certificate"),
            49 => ("access_denied", "our certificate is valid and not let in"),
            50 => ("decode_error", "it cannot parse our message"),
            51 => ("decrypt_error", "a signature or the Finished of ours is wrong for it"),
            70 => ("protocol_version", "it does not speak a TLS version that we offer"),
            71 => ("insufficient_security", "it wants stronger ciphers"),
            80 => ("internal_error", "it has an error of its own"),
            86 => ("inappropriate_fallback", "we fell back to an older version than needed"),
            90 => ("user_canceled", "it gave up"),
            109 => ("missing_extension", "it wants an extension that we did not send"),
            110 => ("unsupported_extension", "it does not take an extension of ours"),
            112 => ("unrecognized_name", "it does not serve the name that we asked for"),
            113 => ("bad_certificate_status_response", "it does not take our OCSP response"),
            115 => ("unknown_psk_identity", "it does not know our session"),
            116 => ("certificate_required", "it wants a client certificate: client_cert and private_key"),
            _ => ("alert", "it gives an unknown reason"),
        }
    }

    /// The alert's name in the standard.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words().0
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, meaning) = self.words();
        write!(f, "the peer ended TLS with {name} ({}): {meaning}", self.0)
    }
}
