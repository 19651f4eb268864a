//! Values that are hidden with the shared secret: User-Password (RFC 2865 5.2), Tunnel-Password (RFC 2868 3.5) and the keys
//! of RFC 2548 2.4.

use alloc::vec::Vec;
use crypto::{Secret, md5};
use zeroize::Zeroize;

use crate::attribute::Attributes;
use crate::code::vendor;
use crate::packet::AttributeWriter;
use crate::{SetupError, SharedSecret, Type};

/// The most octets of a User-Password (RFC 2865 5.2).
pub const MAX_PASSWORD: usize = 128;

/// XORs each block with MD5 of the secret and what came before on the wire; `seed` stands before the first.
fn chain(secret: &SharedSecret, seed: &[&[u8]], data: &[u8], hiding: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut first: Vec<&[u8]> = Vec::with_capacity(seed.len().saturating_add(1));
    first.push(secret.octets());
    first.extend_from_slice(seed);
    let mut pad = md5(&first);
    for block in data.chunks(16) {
        let start = out.len();
        out.extend(block.iter().zip(pad.iter()).map(|(octet, pad)| octet ^ pad));
        let wire = if hiding { out.get(start..).unwrap_or_default() } else { block };
        pad = md5(&[secret.octets(), wire]);
    }
    pad.zeroize();
    out
}

fn padded(mut clear: Vec<u8>) -> Secret {
    let length = clear.len().next_multiple_of(16).max(16);
    // Not by growing in place, which could leave a copy behind.
    let mut whole = Vec::with_capacity(length);
    whole.extend_from_slice(&clear);
    whole.resize(length, 0);
    clear.zeroize();
    Secret::from(whole)
}

/// Hides a password for an Access-Request with this authenticator.
///
/// # Errors
/// If it has more than 128 octets.
pub fn hide_password(secret: &SharedSecret, authenticator: &[u8; 16], password: &[u8]) -> Result<Vec<u8>, SetupError> {
    if password.len() > MAX_PASSWORD {
        return Err(SetupError::Password);
    }
    let clear = padded(password.to_vec());
    Ok(chain(secret, &[authenticator], clear.as_bytes(), true))
}

/// What a User-Password hides, without its padding; `None` if it has a length that none has.
#[must_use]
pub fn reveal_password(secret: &SharedSecret, authenticator: &[u8; 16], hidden: &[u8]) -> Option<Secret> {
    if hidden.is_empty() || hidden.len() > MAX_PASSWORD || !hidden.len().is_multiple_of(16) {
        return None;
    }
    let mut clear = chain(secret, &[authenticator], hidden, false);
    let end = clear.iter().rposition(|octet| *octet != 0).map_or(0, |last| last.saturating_add(1));
    clear.truncate(end);
    Some(Secret::from(clear))
}

/// The response of CHAP (RFC 1994 4.1) to a challenge.
#[must_use]
pub fn chap_response(identifier: u8, password: &[u8], challenge: &[u8]) -> [u8; 16] {
    md5(&[&[identifier], password, challenge])
}

/// Hides a value behind a salt in a reply to the request with this authenticator: salt and hidden octets.
///
/// The highest bit of a salt is set, and no two in a packet are the same (RFC 2868 3.5): the caller gives random ones.
///
/// # Errors
/// If the value has more than 239 octets.
pub fn hide_salted(
    secret: &SharedSecret,
    request: &[u8; 16],
    salt: [u8; 2],
    value: &[u8],
) -> Result<Vec<u8>, SetupError> {
    let length = u8::try_from(value.len()).ok().filter(|length| *length <= 239).ok_or(SetupError::TooLong)?;
    let [high, low] = salt;
    let salt = [high | 0x80, low];
    let mut clear = Vec::with_capacity(value.len().saturating_add(1));
    clear.push(length);
    clear.extend_from_slice(value);
    let clear = padded(clear);
    let mut out = salt.to_vec();
    out.extend(chain(secret, &[request, &salt], clear.as_bytes(), true));
    Ok(out)
}

/// What [`hide_salted`] hid; `None` if a length does not fit, as with another secret it seldom does.
#[must_use]
pub fn reveal_salted(secret: &SharedSecret, request: &[u8; 16], hidden: &[u8]) -> Option<Secret> {
    let (salt, rest) = hidden.split_first_chunk::<2>()?;
    if rest.is_empty() || !rest.len().is_multiple_of(16) {
        return None;
    }
    let clear = Secret::from(chain(secret, &[request, salt], rest, false));
    let (length, value) = clear.as_bytes().split_first()?;
    // The padding is less than a block (RFC 2868 3.5).
    let value = value.get(..usize::from(*length))?;
    (clear.len().saturating_sub(value.len()) <= 16).then(|| Secret::from(value))
}

/// The keys of an Access-Accept: the two halves of an EAP method's master session key (RFC 2548 2.4, RFC 5216 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MppeKeys {
    /// MS-MPPE-Recv-Key: the first half.
    pub recv: Secret,
    /// MS-MPPE-Send-Key: the second half.
    pub send: Secret,
}

impl MppeKeys {
    /// The keys of an MSK of 64 octets, or of a shorter one whose first 32 octets are a key (LEAP and its like: the second half
    /// is what there is).
    #[must_use]
    pub fn of_msk(msk: &[u8]) -> MppeKeys {
        let (recv, send) = msk.split_at_checked(32).unwrap_or((msk, &[]));
        let send = send.get(..32).unwrap_or(send);
        MppeKeys { recv: Secret::from(recv), send: Secret::from(send) }
    }

    /// The MSK as the authenticator has it: the first half and the second behind it.
    #[must_use]
    pub fn msk(&self) -> Secret {
        let mut msk = Vec::with_capacity(self.recv.len().saturating_add(self.send.len()));
        msk.extend_from_slice(self.recv.as_bytes());
        msk.extend_from_slice(self.send.as_bytes());
        Secret::from(msk)
    }

    /// Writes both attributes into a reply to the request with this authenticator; `salts` are random.
    ///
    /// # Errors
    /// If a key has more than 239 octets.
    pub fn write(
        &self,
        writer: &mut AttributeWriter,
        secret: &SharedSecret,
        request: &[u8; 16],
        salts: [u8; 4],
    ) -> Result<(), SetupError> {
        let [a, b, c, d] = salts;
        // Different ones, whatever the random octets say.
        let first = [a, b & 0xfe];
        let second = [c, d | 1];
        let send = hide_salted(secret, request, first, self.send.as_bytes())?;
        let recv = hide_salted(secret, request, second, self.recv.as_bytes())?;
        writer.vendor(vendor::MICROSOFT, vendor::MS_MPPE_SEND_KEY, &send);
        writer.vendor(vendor::MICROSOFT, vendor::MS_MPPE_RECV_KEY, &recv);
        Ok(())
    }

    /// Reads both out of a reply to the request with this authenticator; `None` unless both are there and sound.
    #[must_use]
    pub fn read(attributes: Attributes<'_>, secret: &SharedSecret, request: &[u8; 16]) -> Option<MppeKeys> {
        let key = |ty| reveal_salted(secret, request, attributes.vendor(vendor::MICROSOFT, ty).next()?);
        Some(MppeKeys { recv: key(vendor::MS_MPPE_RECV_KEY)?, send: key(vendor::MS_MPPE_SEND_KEY)? })
    }
}

/// Writes a Tunnel-Password with a tag (RFC 2868 3.5); `salt` is random.
///
/// # Errors
/// If it has more than 239 octets.
pub fn write_tunnel_password(
    writer: &mut AttributeWriter,
    secret: &SharedSecret,
    request: &[u8; 16],
    salt: [u8; 2],
    tag: u8,
    password: &[u8],
) -> Result<(), SetupError> {
    let hidden = hide_salted(secret, request, salt, password)?;
    writer.put_parts(Type::TUNNEL_PASSWORD, &[tag], &hidden);
    Ok(())
}

/// All Tunnel-Passwords of a reply to the request with this authenticator, with their tags; unsound ones are left out.
pub fn tunnel_passwords<'a>(
    attributes: Attributes<'a>,
    secret: &'a SharedSecret,
    request: &'a [u8; 16],
) -> impl Iterator<Item = (u8, Secret)> + 'a {
    attributes.all(Type::TUNNEL_PASSWORD).filter_map(move |value| {
        let (tag, hidden) = value.split_first()?;
        Some((*tag, reveal_salted(secret, request, hidden)?))
    })
}
