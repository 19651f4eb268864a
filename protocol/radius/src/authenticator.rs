//! Who sent a packet: authenticators (RFC 2865 3, RFC 2866 3, RFC 5176 2.3) and Message-Authenticator (RFC 3579 3.2).
//!
//! Every packet written here that may carry a Message-Authenticator carries it, as its first attribute: then nothing that an
//! attacker can choose stands before it (CVE-2024-3596).

use alloc::vec::Vec;
use crypto::{Secret, ct_eq, hmac_md5, md5};

use crate::attribute::Attributes;
use crate::packet::{AttributeWriter, HEADER, MAX_LENGTH, Raw};
use crate::{Code, Discard, SetupError, Type};

/// What the two ends share: never empty (RFC 2865 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSecret(Secret);

impl SharedSecret {
    /// A shared secret.
    ///
    /// # Errors
    /// If it has no octets.
    pub fn new(octets: impl Into<Secret>) -> Result<SharedSecret, SetupError> {
        let secret = octets.into();
        if secret.is_empty() { Err(SetupError::EmptySecret) } else { Ok(SharedSecret(secret)) }
    }

    /// The one of RADIUS over TLS, which protects nothing there (RFC 6614 2.3).
    #[must_use]
    pub fn radsec() -> SharedSecret {
        SharedSecret(Secret::from(*b"radsec"))
    }

    /// The one of RADIUS over DTLS (RFC 7360 2.1).
    #[must_use]
    pub fn radius_dtls() -> SharedSecret {
        SharedSecret(Secret::from(*b"radius/dtls"))
    }

    pub(crate) fn octets(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

const ZERO: [u8; 16] = [0; 16];

/// Whether a Message-Authenticator must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// It must be there, and right.
    Required,
    /// It must be right if it is there, and be there where an RFC says so: with EAP-Message (RFC 3579 3.1), in Status-Server
    /// (RFC 5997 3). For old peers only: what comes without it may be forged (CVE-2024-3596).
    IfPresent,
}

/// A packet that came from who shares the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'a>(Raw<'a>);

impl<'a> Verified<'a> {
    /// The packet.
    #[must_use]
    pub const fn packet(&self) -> &Raw<'a> {
        &self.0
    }

    /// Its attributes.
    #[must_use]
    pub const fn attributes(&self) -> Attributes<'a> {
        self.0.attributes
    }
}

/// What stands in place of the authenticator while a Message-Authenticator is computed.
fn verify_message_authenticator(
    raw: &Raw<'_>,
    secret: &SharedSecret,
    authenticator: &[u8; 16],
    demand: Demand,
) -> Result<(), Discard> {
    let Some([head, before, value, after]) = raw.around_message_authenticator() else {
        let needed = raw.code == Code::STATUS_SERVER || raw.attributes.first(Type::EAP_MESSAGE).is_some();
        return if needed || demand == Demand::Required { Err(Discard::NoMessageAuthenticator) } else { Ok(()) };
    };
    let expected = hmac_md5(secret.octets(), &[head, authenticator, before, &ZERO, after]);
    if ct_eq(&expected, value) { Ok(()) } else { Err(Discard::MessageAuthenticator) }
}

/// MD5 over a packet with another authenticator in place, and the secret.
fn plain(raw: &Raw<'_>, authenticator: &[u8; 16], secret: &SharedSecret) -> [u8; 16] {
    let bytes = raw.bytes();
    let head = bytes.get(..4).unwrap_or_default();
    let attributes = bytes.get(HEADER..).unwrap_or_default();
    md5(&[head, authenticator, attributes, secret.octets()])
}

/// Whether a request came from who shares the secret. `demand` is about Access-Request; the authenticators of
/// Accounting-Request, Disconnect-Request and CoA-Request protect the whole packet already, and their Message-Authenticator is
/// verified if there is one.
///
/// # Errors
/// Why the packet is to be discarded in silence.
pub fn verify_request<'a>(raw: Raw<'a>, secret: &SharedSecret, demand: Demand) -> Result<Verified<'a>, Discard> {
    match raw.code {
        // The Request Authenticator is a nonce (RFC 2865 3).
        Code::ACCESS_REQUEST | Code::STATUS_SERVER => {
            verify_message_authenticator(&raw, secret, &raw.authenticator, demand)?;
        }
        Code::ACCOUNTING_REQUEST | Code::DISCONNECT_REQUEST | Code::COA_REQUEST => {
            if !ct_eq(&plain(&raw, &ZERO, secret), &raw.authenticator) {
                return Err(Discard::Authenticator);
            }
            // RFC 5176 2.3: computed with an authenticator of zeros, before that one is.
            verify_message_authenticator(&raw, secret, &ZERO, Demand::IfPresent)?;
        }
        code => return Err(Discard::UnexpectedCode(code)),
    }
    Ok(Verified(raw))
}

/// Whether a reply to the request with this authenticator came from who shares the secret.
///
/// # Errors
/// Why the packet is to be discarded in silence, and the request left pending.
pub fn verify_reply<'a>(
    raw: Raw<'a>,
    secret: &SharedSecret,
    request: &[u8; 16],
    demand: Demand,
) -> Result<Verified<'a>, Discard> {
    match raw.code {
        Code::ACCESS_ACCEPT | Code::ACCESS_REJECT | Code::ACCESS_CHALLENGE => {}
        Code::ACCOUNTING_RESPONSE
        | Code::DISCONNECT_ACK
        | Code::DISCONNECT_NAK
        | Code::COA_ACK
        | Code::COA_NAK
        | Code::PROTOCOL_ERROR => {}
        code => return Err(Discard::UnexpectedCode(code)),
    }
    // The stronger check first: nothing is learnt from MD5 about a packet whose HMAC is wrong.
    verify_message_authenticator(&raw, secret, request, demand)?;
    if !ct_eq(&plain(&raw, request, secret), &raw.authenticator) {
        return Err(Discard::Authenticator);
    }
    Ok(Verified(raw))
}

/// Octets of a Message-Authenticator attribute without its value.
const MESSAGE_AUTHENTICATOR: [u8; 2] = [Type::MESSAGE_AUTHENTICATOR.0, 18];
/// Where its value stands when it comes first.
const FIRST_VALUE: usize = HEADER + 2;

fn assemble(
    code: Code,
    identifier: u8,
    authenticator: &[u8; 16],
    attributes: &AttributeWriter,
    message_authenticator: bool,
) -> Result<Vec<u8>, SetupError> {
    let attributes = attributes.checked()?.as_bytes();
    let extra = if message_authenticator { 18 } else { 0 };
    let length = HEADER.saturating_add(extra).saturating_add(attributes.len());
    let wire_length = u16::try_from(length).ok().filter(|_| length <= MAX_LENGTH).ok_or(SetupError::TooLong)?;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&[code.0, identifier]);
    bytes.extend_from_slice(&wire_length.to_be_bytes());
    bytes.extend_from_slice(authenticator);
    if message_authenticator {
        bytes.extend_from_slice(&MESSAGE_AUTHENTICATOR);
        bytes.extend_from_slice(&ZERO);
    }
    bytes.extend_from_slice(attributes);
    Ok(bytes)
}

fn place(bytes: &mut [u8], at: usize, value: &[u8; 16]) {
    if let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<16>()) {
        *field = *value;
    }
}

/// Writes a request. `nonce` is what an Access-Request or Status-Server has for its authenticator: 16 random octets, the same
/// that hid its password. Accounting and dynamic authorization compute theirs.
///
/// Gives the packet and its authenticator, which the reply is verified with.
///
/// # Errors
/// If the attributes do not fit into a packet, or `code` is none of a request.
pub fn write_request(
    code: Code,
    identifier: u8,
    nonce: &[u8; 16],
    attributes: &AttributeWriter,
    secret: &SharedSecret,
) -> Result<(Vec<u8>, [u8; 16]), SetupError> {
    let computed = !matches!(code, Code::ACCESS_REQUEST | Code::STATUS_SERVER);
    let start = if computed { ZERO } else { *nonce };
    let mut bytes = assemble(code, identifier, &start, attributes, true)?;
    let value = hmac_md5(secret.octets(), &[&bytes]);
    place(&mut bytes, FIRST_VALUE, &value);
    if computed {
        let authenticator = md5(&[&bytes, secret.octets()]);
        place(&mut bytes, 4, &authenticator);
        return Ok((bytes, authenticator));
    }
    Ok((bytes, start))
}

/// Writes a reply to the request with this authenticator.
///
/// # Errors
/// If the attributes do not fit into a packet.
pub fn write_reply(
    code: Code,
    identifier: u8,
    request: &[u8; 16],
    attributes: &AttributeWriter,
    secret: &SharedSecret,
) -> Result<Vec<u8>, SetupError> {
    let mut bytes = assemble(code, identifier, request, attributes, true)?;
    let value = hmac_md5(secret.octets(), &[&bytes]);
    place(&mut bytes, FIRST_VALUE, &value);
    let authenticator = md5(&[&bytes, secret.octets()]);
    place(&mut bytes, 4, &authenticator);
    Ok(bytes)
}
