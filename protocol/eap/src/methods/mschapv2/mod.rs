//! MS-CHAPv2 as a method (draft-kamath-pppext-eap-mschapv2-02) with what RFC 2759 and RFC 3079 compute.

use alloc::boxed::Box;
use alloc::vec::Vec;
use crypto::{Secret, mschap};
use wire::{Malformed, Reader, Writer};

use crate::{EapError, Keys, MethodType, Password};

mod change;
mod peer;
mod server;

pub use peer::MsChapV2Peer;
pub(crate) use peer::peer;
pub use server::MsChapV2Server;

const CHALLENGE: u8 = 1;
const RESPONSE: u8 = 2;
const SUCCESS: u8 = 3;
const FAILURE: u8 = 4;

/// A packet behind the type.
#[derive(Debug, PartialEq, Eq)]
enum Message<'a> {
    /// From the server.
    Challenge { id: u8, challenge: [u8; 16] },
    /// From the peer.
    Response { id: u8, peer_challenge: [u8; 16], nt_response: [u8; 24], name: &'a [u8] },
    /// From the server with a text; from the peer without anything.
    Success { text: &'a [u8] },
    /// From the server with a text; from the peer without anything.
    Failure { id: u8, text: &'a [u8] },
    /// From the peer, whose password has expired.
    Change { id: u8, change: Box<change::Change> },
}

impl<'a> Message<'a> {
    /// Takes a message of a server apart.
    fn of_server(data: &'a [u8]) -> Result<Message<'a>, Malformed> {
        let mut reader = Reader::new(data);
        let code = reader.u8("MSCHAPv2 code")?;
        let id = reader.u8("MSCHAPv2 identifier")?;
        let mut rest = body(data, &mut reader)?;
        match code {
            CHALLENGE => {
                if rest.u8("MSCHAPv2 value size")? != 16 {
                    return Err(Malformed("MSCHAPv2 value size"));
                }
                let challenge = rest.array("MSCHAPv2 challenge")?;
                rest.take_rest();
                Ok(Message::Challenge { id, challenge })
            }
            SUCCESS => Ok(Message::Success { text: rest.take_rest() }),
            FAILURE => Ok(Message::Failure { id, text: rest.take_rest() }),
            _ => Err(Malformed("MSCHAPv2 code")),
        }
    }

    /// Takes a message of a peer apart.
    fn of_peer(data: &'a [u8]) -> Result<Message<'a>, Malformed> {
        let mut reader = Reader::new(data);
        match reader.u8("MSCHAPv2 code")? {
            RESPONSE => {
                let id = reader.u8("MSCHAPv2 identifier")?;
                let mut rest = body(data, &mut reader)?;
                if rest.u8("MSCHAPv2 value size")? != 49 {
                    return Err(Malformed("MSCHAPv2 value size"));
                }
                let peer_challenge = rest.array("MSCHAPv2 peer challenge")?;
                rest.take(8, "MSCHAPv2 reserved")?;
                let nt_response = rest.array("MSCHAPv2 response")?;
                rest.u8("MSCHAPv2 flags")?;
                Ok(Message::Response { id, peer_challenge, nt_response, name: rest.take_rest() })
            }
            change::CODE => {
                let id = reader.u8("MSCHAPv2 identifier")?;
                let change = Box::new(change::Change::parse(body(data, &mut reader)?)?);
                Ok(Message::Change { id, change })
            }
            SUCCESS => Ok(Message::Success { text: &[] }),
            FAILURE => Ok(Message::Failure { id: 0, text: &[] }),
            _ => Err(Malformed("MSCHAPv2 code")),
        }
    }
}

/// What the length field covers, behind it. Octets beyond it are padding.
fn body<'a>(data: &'a [u8], reader: &mut Reader<'a>) -> Result<Reader<'a>, Malformed> {
    let length = usize::from(reader.u16_be("MSCHAPv2 length")?);
    let mut whole = Reader::new(data.get(..length).ok_or(Malformed("MSCHAPv2 length"))?);
    whole.take(4, "MSCHAPv2 length")?;
    Ok(whole)
}

/// Writes a message: code, identifier, length, and what `fill` writes.
fn write(code: u8, id: u8, fill: impl FnOnce(&mut Writer)) -> Result<Vec<u8>, EapError> {
    let mut rest = Writer::new();
    fill(&mut rest);
    let rest = rest.finish()?;
    let length = rest.len().checked_add(4).and_then(|length| u16::try_from(length).ok());
    let mut writer = Writer::new();
    writer.u8(code).u8(id).u16_be(length.ok_or(wire::cursor::Overflow)?).put(&rest);
    Ok(writer.finish()?)
}

/// The name without its domain (RFC 2759 4).
pub(crate) fn user_name(name: &[u8]) -> &[u8] {
    name.rsplit(|octet| *octet == b'\\').next().unwrap_or(name)
}

/// What both sides compute with.
pub(crate) fn nt_hash(password: &Password) -> Secret {
    match password {
        Password::Plain(plain) => mschap::nt_password_hash(plain.as_bytes()),
        Password::NtHash(hash) => hash.clone(),
    }
}

/// The two session keys, that of the peer's sending first, as methods in tunnels and links use them.
fn keys(hash: &Secret, nt_response: &[u8; 24], server: &[u8; 16], peer: &[u8; 16]) -> Keys {
    let master = mschap::mppe_master_key(hash, nt_response);
    let mut msk = mschap::mppe_start_key(&master, true, false).as_bytes().to_vec();
    msk.extend_from_slice(mschap::mppe_start_key(&master, false, false).as_bytes());
    let mut session_id = Vec::from([26]);
    debug_assert_eq!(MethodType::MSCHAPV2.short(), Some(26));
    session_id.extend_from_slice(server);
    session_id.extend_from_slice(peer);
    Keys { msk: Secret::from(msk), emsk: None, session_id: Some(session_id) }
}

/// Octets as hexadecimal digits, in capitals.
fn digits(octets: &[u8]) -> Vec<u8> {
    let nibbles = octets.iter().flat_map(|octet| [octet >> 4, octet & 0x0f]);
    nibbles.map(|nibble| b"0123456789ABCDEF".get(usize::from(nibble)).copied().unwrap_or(b'0')).collect()
}

/// What a Success says first: `S=` and the authenticator's response in hex.
pub(crate) fn success_text(response: &[u8; 20]) -> Vec<u8> {
    [b"S=", digits(response).as_slice()].concat()
}

/// Whether a Success proves that its sender has the password.
pub(crate) fn success_is_right(text: &[u8], response: &[u8; 20]) -> bool {
    let given: Vec<u8> = text.iter().take(42).map(u8::to_ascii_uppercase).collect();
    let ends = text.get(42).is_none_or(|next| *next == b' ' || *next == 0);
    ends && crypto::ct_eq(&given, &success_text(response))
}

/// What a Failure says (RFC 2759 6).
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct FailureText {
    pub(crate) error: Option<u32>,
    pub(crate) retry: bool,
    pub(crate) challenge: Option<[u8; 16]>,
    pub(crate) message: alloc::string::String,
    /// Of the way to change a password.
    version: Option<u32>,
}

impl FailureText {
    pub(crate) fn parse(text: &[u8]) -> FailureText {
        let text = alloc::string::String::from_utf8_lossy(text);
        let mut out = FailureText::default();
        let (fields, message) = text.split_once("M=").unwrap_or((&text, ""));
        out.message = message.trim_end_matches('\0').into();
        for field in fields.split_ascii_whitespace() {
            match field.split_once('=') {
                Some(("E", value)) => out.error = value.parse().ok(),
                Some(("R", value)) => out.retry = value == "1",
                Some(("C", value)) => out.challenge = hex(value.as_bytes()),
                Some(("V", value)) => out.version = value.parse().ok(),
                _ => {}
            }
        }
        out
    }

    /// Words for an administrator.
    pub(crate) fn reason(&self) -> alloc::string::String {
        let meaning = match self.error {
            Some(646) => "not at this time of day",
            Some(647) => "the account is disabled",
            Some(648) => "the password has expired",
            Some(649) => "no permission to dial in",
            Some(691) => "user name or password are wrong",
            Some(709) => "the password cannot be changed",
            Some(_) | None => "MSCHAPv2 failed",
        };
        if self.message.is_empty() { meaning.into() } else { alloc::format!("{meaning} ({})", self.message) }
    }
}

fn hex(digits: &[u8]) -> Option<[u8; 16]> {
    let octet = |pair: &[u8; 2]| core::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    let octets: Option<Vec<u8>> = pairs.iter().map(octet).collect();
    octets.filter(|_| rest.is_empty()).and_then(|octets| octets.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_read_field_by_field() {
        let text = FailureText::parse(b"E=691 R=1 C=000102030405060708090A0B0C0D0E0F V=3 M=no way");
        let expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!((text.error, text.retry, text.challenge), (Some(691), true, Some(expected)));
        assert_eq!(text.reason(), "user name or password are wrong (no way)");
        assert_eq!(FailureText::parse(b"E=x R=2 C=00"), FailureText::default());
    }

    #[test]
    fn a_success_is_right_only_with_every_digit() {
        let text = success_text(&[0xab; 20]);
        assert!(success_is_right(&text, &[0xab; 20]));
        assert!(success_is_right(&[text.as_slice(), b" M=OK"].concat(), &[0xab; 20]));
        assert!(!success_is_right(&[text.as_slice(), b"0"].concat(), &[0xab; 20]));
        assert!(!success_is_right(&text[..41], &[0xab; 20]));
        assert!(!success_is_right(&text, &[0xac; 20]));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert!(Message::of_server(&[1, 0, 0, 21]).is_err());
        assert!(Message::of_server(&[1, 0, 0, 3, 16]).is_err());
        let short = [&[1, 0, 0, 20, 16][..], &[7; 15]].concat();
        assert!(Message::of_server(&short).is_err());
        let right = [&[1, 9, 0, 21, 16][..], &[7; 16]].concat();
        assert_eq!(Message::of_server(&right), Ok(Message::Challenge { id: 9, challenge: [7; 16] }));
    }

    #[test]
    fn the_domain_is_no_part_of_the_name() {
        assert_eq!(user_name(b"DOMAIN\\alice"), b"alice");
        assert_eq!(user_name(b"alice@example.org"), b"alice@example.org");
    }
}
