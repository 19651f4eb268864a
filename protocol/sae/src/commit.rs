//! The body of a Commit: what follows the fixed fields of the Authentication frame (IEEE Std 802.11-2020 9.3.3.11).

use alloc::vec::Vec;
use wire::{Malformed, Reader, Writer};

use crate::{Group, Method, SaeError};

/// Element ID of all that follow.
const EXTENSION: u8 = 255;
/// Element ID Extensions (9.4.2.1, Table 9-92).
const PASSWORD_IDENTIFIER: u8 = 33;
const REJECTED_GROUPS: u8 = 92;
const TOKEN_CONTAINER: u8 = 93;
const AKM_SUITE_SELECTOR: u8 = 114;
/// The octets of a token of ours: fewer octets too many in a Commit of hunting and pecking are no token.
const TOKEN_OCTETS: usize = 32;

/// A Commit taken apart. The numbers are no more than octets here: a [`crate::Session`] checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCommit<'a> {
    /// The group, one of those implemented.
    pub group: Group,
    /// The anti-clogging token, if there is one.
    pub token: Option<&'a [u8]>,
    /// The scalar, as long as the group's order.
    pub scalar: &'a [u8],
    /// The element: both coordinates of a point, or a number.
    pub element: &'a [u8],
    /// The groups that the peer says it was refused (hash-to-element only).
    pub rejected_groups: Option<Vec<u16>>,
    /// The password identifier (hash-to-element only).
    pub password_id: Option<&'a [u8]>,
    /// The AKM suite the peer means to use, if it says so (hash-to-element only).
    pub akm_suite: Option<[u8; 4]>,
}

/// Takes a Commit apart, for an access point that holds no session for the peer yet: which group, is there a token,
/// which password is meant. Status 0 announces [`Method::HuntAndPeck`], 126 [`Method::HashToElement`].
///
/// # Errors
/// [`SaeError::UnsupportedGroup`] for groups not implemented, whose lengths are unknown, and
/// [`SaeError::Malformed`] otherwise.
pub fn parse_commit(body: &[u8], method: Method) -> Result<ParsedCommit<'_>, SaeError> {
    let mut reader = Reader::new(body);
    let number = reader.u16_le("finite cyclic group")?;
    let group = Group::from_number(number).ok_or(SaeError::UnsupportedGroup(number))?;
    let (scalar, element) = (group.scalar_octets(), group.element_octets());
    let mut commit = ParsedCommit {
        group,
        token: None,
        scalar: &[],
        element: &[],
        rejected_groups: None,
        password_id: None,
        akm_suite: None,
    };
    if method == Method::HuntAndPeck {
        // The token has no length field (9.4.1.38): it is what there is too much, before the scalar.
        let extra = reader.remaining().saturating_sub(scalar.saturating_add(element));
        if extra >= TOKEN_OCTETS {
            commit.token = Some(reader.take(extra, "anti-clogging token")?);
        }
    }
    commit.scalar = reader.take(scalar, "commit scalar")?;
    commit.element = reader.take(element, "commit element")?;
    while method == Method::HashToElement && !reader.is_empty() {
        let (id, contents) = next_element(&mut reader)?;
        let Some((extension, contents)) = contents.split_first() else { continue };
        match (id, *extension) {
            (EXTENSION, PASSWORD_IDENTIFIER) if commit.password_id.is_none() => commit.password_id = Some(contents),
            (EXTENSION, REJECTED_GROUPS) if commit.rejected_groups.is_none() => {
                commit.rejected_groups = Some(group_list(contents)?);
            }
            (EXTENSION, TOKEN_CONTAINER) if commit.token.is_none() => commit.token = Some(contents),
            (EXTENSION, AKM_SUITE_SELECTOR) if commit.akm_suite.is_none() => {
                commit.akm_suite = Some(*contents.first_chunk().ok_or(Malformed("AKM suite selector"))?);
            }
            (EXTENSION, PASSWORD_IDENTIFIER | REJECTED_GROUPS | TOKEN_CONTAINER | AKM_SUITE_SELECTOR) => {
                return Err(Malformed("element twice in a commit").into());
            }
            // Others may follow, such as the Multi-Link element.
            _ => {}
        }
    }
    Ok(commit)
}

fn next_element<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), Malformed> {
    let id = reader.u8("element ID")?;
    let len = reader.u8("element length")?;
    Ok((id, reader.take(usize::from(len), "element of a commit")?))
}

/// The list of a Rejected Groups element (9.4.2.246): whole 16-bit numbers, at least one.
fn group_list(contents: &[u8]) -> Result<Vec<u16>, Malformed> {
    let (pairs, rest) = contents.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(Malformed("rejected groups"));
    }
    Ok(pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect())
}

/// The first of the groups a peer says it was refused that contradicts what we support.
///
/// A peer was refused only groups that the other side does not have. If one is there that we would have taken, the
/// refusal was forged to bring the peer down to a weaker group, and the Commit must fail (12.4.8.3.1).
#[must_use]
pub fn rejected_groups_conflict(rejected: &[u16], supported: &[Group]) -> Option<u16> {
    rejected.iter().copied().find(|number| supported.iter().any(|group| group.number() == *number))
}

/// The token of an Authentication frame with status 76, which has the group and the token (12.4.6, 9.4.2.247).
pub(crate) fn parse_token_request(body: &[u8], method: Method) -> Result<(u16, &[u8]), Malformed> {
    let mut reader = Reader::new(body);
    let group = reader.u16_le("finite cyclic group")?;
    let token = match method {
        Method::HuntAndPeck => reader.take_rest(),
        Method::HashToElement => loop {
            if let (EXTENSION, [TOKEN_CONTAINER, token @ ..]) = next_element(&mut reader)? {
                break token;
            }
        },
    };
    if token.is_empty() {
        return Err(Malformed("anti-clogging token"));
    }
    Ok((group, token))
}

/// The body of an Authentication frame with status 76 that asks for `token`.
pub(crate) fn token_request(group: u16, token: &[u8], method: Method) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u16_le(group);
    put_token(&mut writer, token, method);
    // A token of ours has 32 octets, so nothing overflows.
    writer.finish().unwrap_or_default()
}

fn put_token(writer: &mut Writer, token: &[u8], method: Method) {
    match method {
        Method::HuntAndPeck => {
            writer.put(token);
        }
        Method::HashToElement => {
            writer.extension_element(TOKEN_CONTAINER, |w| {
                w.put(token);
            });
        }
    }
}

/// What goes into a Commit of ours.
pub(crate) struct OwnCommit<'a> {
    pub(crate) group: Group,
    pub(crate) method: Method,
    pub(crate) token: Option<&'a [u8]>,
    pub(crate) scalar: &'a [u8],
    pub(crate) element: &'a [u8],
    pub(crate) rejected_groups: &'a [u16],
    pub(crate) password_id: Option<&'a [u8]>,
    pub(crate) akm_suite: Option<[u8; 4]>,
}

impl OwnCommit<'_> {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u16_le(self.group.number());
        if self.method == Method::HuntAndPeck {
            writer.put(self.token.unwrap_or_default()).put(self.scalar).put(self.element);
            return writer.finish().unwrap_or_default();
        }
        writer.put(self.scalar).put(self.element);
        if let Some(identifier) = self.password_id {
            writer.extension_element(PASSWORD_IDENTIFIER, |w| {
                w.put(identifier);
            });
        }
        if !self.rejected_groups.is_empty() {
            writer.extension_element(REJECTED_GROUPS, |w| {
                for group in self.rejected_groups {
                    w.u16_le(*group);
                }
            });
        }
        if let Some(token) = self.token {
            put_token(&mut writer, token, self.method);
        }
        if let Some(suite) = self.akm_suite {
            writer.extension_element(AKM_SUITE_SELECTOR, |w| {
                w.put(&suite);
            });
        }
        // The lengths are checked when a session starts, and a token came out of an element, so this cannot overflow.
        writer.finish().unwrap_or_default()
    }
}
