//! What a message is for, and messages under AT_MAC.

use alloc::vec::Vec;

use crypto::Secret;
use wire::{Malformed, Reader};

use super::attributes::{self as at, Attributes, Builder};
use super::keys::{Kind, verify};
use crate::packet::{self, Body, Code};

/// RFC 4186 11, RFC 4187 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subtype {
    AkaChallenge,
    AuthenticationReject,
    SynchronizationFailure,
    AkaIdentity,
    Start,
    SimChallenge,
    Notification,
    Reauthentication,
    ClientError,
}

impl Subtype {
    const fn from_number(number: u8, kind: Kind) -> Option<Subtype> {
        match (kind, number) {
            (Kind::Aka | Kind::AkaPrime, 1) => Some(Subtype::AkaChallenge),
            (Kind::Aka | Kind::AkaPrime, 2) => Some(Subtype::AuthenticationReject),
            (Kind::Aka | Kind::AkaPrime, 4) => Some(Subtype::SynchronizationFailure),
            (Kind::Aka | Kind::AkaPrime, 5) => Some(Subtype::AkaIdentity),
            (Kind::Sim, 10) => Some(Subtype::Start),
            (Kind::Sim, 11) => Some(Subtype::SimChallenge),
            (_, 12) => Some(Subtype::Notification),
            (_, 13) => Some(Subtype::Reauthentication),
            (_, 14) => Some(Subtype::ClientError),
            _ => None,
        }
    }

    const fn number(self) -> u8 {
        match self {
            Subtype::AkaChallenge => 1,
            Subtype::AuthenticationReject => 2,
            Subtype::SynchronizationFailure => 4,
            Subtype::AkaIdentity => 5,
            Subtype::Start => 10,
            Subtype::SimChallenge => 11,
            Subtype::Notification => 12,
            Subtype::Reauthentication => 13,
            Subtype::ClientError => 14,
        }
    }

    /// What a Request of it may hold of what may not be passed over (RFC 4186 10.1, RFC 4187 10.1).
    const fn in_request(self) -> &'static [u8] {
        match self {
            Subtype::AkaChallenge => &[
                at::RAND,
                at::AUTN,
                at::KDF,
                at::KDF_INPUT,
                at::IV,
                at::ENCR_DATA,
                at::CHECKCODE,
                at::RESULT_IND,
                at::BIDDING,
                at::MAC,
            ],
            Subtype::AkaIdentity => &[at::PERMANENT_ID_REQ, at::ANY_ID_REQ, at::FULLAUTH_ID_REQ],
            Subtype::Start => &[at::VERSION_LIST, at::PERMANENT_ID_REQ, at::ANY_ID_REQ, at::FULLAUTH_ID_REQ],
            Subtype::SimChallenge => &[at::RAND, at::IV, at::ENCR_DATA, at::RESULT_IND, at::MAC],
            Subtype::Notification => &[at::NOTIFICATION, at::IV, at::ENCR_DATA, at::MAC],
            Subtype::Reauthentication => &[at::IV, at::ENCR_DATA, at::CHECKCODE, at::RESULT_IND, at::MAC],
            Subtype::AuthenticationReject | Subtype::SynchronizationFailure | Subtype::ClientError => &[],
        }
    }

    /// The same for a Response.
    const fn in_response(self) -> &'static [u8] {
        match self {
            Subtype::AkaChallenge => &[at::RES, at::KDF, at::IV, at::ENCR_DATA, at::CHECKCODE, at::RESULT_IND, at::MAC],
            Subtype::AuthenticationReject => &[],
            Subtype::SynchronizationFailure => &[at::AUTS, at::KDF],
            Subtype::AkaIdentity => &[at::IDENTITY],
            Subtype::Start => &[at::IDENTITY, at::NONCE_MT, at::SELECTED_VERSION],
            Subtype::SimChallenge => &[at::IV, at::ENCR_DATA, at::RESULT_IND, at::MAC],
            Subtype::Notification => &[at::IV, at::ENCR_DATA, at::MAC],
            Subtype::Reauthentication => &[at::IV, at::ENCR_DATA, at::CHECKCODE, at::RESULT_IND, at::MAC],
            Subtype::ClientError => &[at::CLIENT_ERROR_CODE],
        }
    }
}

/// What may stand inside of AT_ENCR_DATA.
pub(super) const ENCRYPTED: &[u8] =
    &[at::COUNTER, at::COUNTER_TOO_SMALL, at::NONCE_S, at::NEXT_PSEUDONYM, at::NEXT_REAUTH_ID, at::PADDING];

/// Reads a message.
///
/// # Errors
/// What of it is not as it must be.
pub(super) fn parse<'a>(kind: Kind, body: &Body<'a>, code: Code) -> Result<(Subtype, Attributes<'a>), Malformed> {
    let mut reader = Reader::new(body.data);
    let subtype = Subtype::from_number(reader.u8("subtype")?, kind).ok_or(Malformed("subtype"))?;
    reader.take(2, "subtype")?;
    let rest = reader.take_rest();
    let offset = body.whole.len().saturating_sub(rest.len());
    let allowed = if code == Code::Request { subtype.in_request() } else { subtype.in_response() };
    let attributes = Attributes::parse(rest, offset, allowed)?;
    if kind != Kind::AkaPrime && (!attributes.kdf.is_empty() || attributes.kdf_input.is_some()) {
        return Err(Malformed("an attribute of EAP-AKA' alone"));
    }
    Ok((subtype, attributes))
}

/// Whether AT_MAC is there and right.
pub(super) fn is_authentic(
    kind: Kind,
    key: &Secret,
    body: &Body<'_>,
    attributes: &Attributes<'_>,
    extra: &[u8],
) -> bool {
    attributes.mac.is_some_and(|place| verify(kind, key, body.whole, place, extra))
}

/// Where a message goes: what its packet will look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) kind: Kind,
    pub(super) code: Code,
    pub(super) identifier: u8,
    pub(super) expanded: bool,
}

impl Envelope {
    /// The data of a packet.
    #[expect(clippy::unused_self, reason = "messages are written in one way, with or without AT_MAC")]
    pub(super) fn plain(&self, subtype: Subtype, builder: Builder) -> Vec<u8> {
        let mut data = Vec::from([subtype.number(), 0, 0]);
        data.extend(builder.finish());
        data
    }

    /// The packet around data.
    pub(super) fn packet(&self, data: &[u8]) -> Vec<u8> {
        packet::write_body(self.code, self.identifier, self.kind.method(), self.expanded, data).unwrap_or_default()
    }

    /// The data of a packet with AT_MAC at its end.
    pub(super) fn signed(&self, subtype: Subtype, mut builder: Builder, key: &Secret, extra: &[u8]) -> Vec<u8> {
        builder.value(at::MAC, &[0; 16]);
        let mut data = self.plain(subtype, builder);
        let mac = self.kind.mac(key, &[&self.packet(&data), extra]);
        let start = data.len().saturating_sub(mac.len());
        for (to, from) in data.iter_mut().skip(start).zip(mac) {
            *to = from;
        }
        data
    }
}
