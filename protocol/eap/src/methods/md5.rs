//! MD5-Challenge (RFC 3748 5.4): shows a password to whoever can guess, and makes no key.

use alloc::boxed::Box;
use alloc::vec::Vec;
use crypto::{Secret, ct_eq};
use wire::{Malformed, Reader, Writer};

use crate::packet::Body;
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, Password, PeerMethod, PeerStep,
    Progress, ServerMethod, ServerStep,
};

/// The value of a Request or Response.
fn value(data: &[u8]) -> Result<&[u8], Malformed> {
    let mut reader = Reader::new(data);
    let size = reader.u8("MD5 value size")?;
    // RFC 1994 4.1: at least one octet; the name behind it reaches to the end.
    if size == 0 {
        return Err(Malformed("MD5 value size"));
    }
    reader.take(usize::from(size), "MD5 value")
}

fn response(identifier: u8, password: &[u8], challenge: &[u8]) -> [u8; 16] {
    crypto::md5(&[&[identifier], password, challenge])
}

fn frame(value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.len8(|writer| {
        writer.put(value);
    });
    // A challenge has 16 octets.
    writer.finish().unwrap_or_default()
}

/// The peer's side.
#[derive(Debug)]
pub struct Md5Peer {
    password: Option<Secret>,
    trouble: Option<EapError>,
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let mut peer = Md5Peer { password: None, trouble: None };
    if let Some(password) = &credentials.password {
        peer.set(password)?;
    }
    Ok(Box::new(peer))
}

impl Md5Peer {
    fn set(&mut self, password: &Password) -> Result<(), EapError> {
        let plain = password.plain().ok_or(EapError::configuration("MD5 needs the password itself, not its hash"))?;
        self.password = Some(Secret::from(plain));
        Ok(())
    }
}

impl PeerMethod for Md5Peer {
    fn method_type(&self) -> MethodType {
        MethodType::MD5
    }

    fn handle(&mut self, request: &Body<'_>, _: &mut Context<'_>) -> PeerStep {
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        let challenge = match value(request.data) {
            Ok(challenge) => challenge,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        match &self.password {
            None => PeerStep::Ask(Ask::Password),
            Some(password) => {
                let value = response(request.identifier, password.as_bytes(), challenge);
                PeerStep::Respond(frame(&value), Progress::Done(Decision::Conditional))
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let password = answer.password().ok_or(EapError::local("nobody gave a password"));
        self.trouble = password.and_then(|password| self.set(&password)).err();
    }

    fn keys(&self) -> Option<Keys> {
        None
    }
}

/// The server's side.
#[derive(Debug)]
pub struct Md5Server {
    password: Secret,
    challenge: [u8; 16],
}

impl Md5Server {
    /// One for a peer that should know this password.
    #[must_use]
    pub const fn new(password: Secret) -> Md5Server {
        Md5Server { password, challenge: [0; 16] }
    }
}

impl ServerMethod for Md5Server {
    fn method_type(&self) -> MethodType {
        MethodType::MD5
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        cx.rng.fill(&mut self.challenge);
        ServerStep::Request(frame(&self.challenge))
    }

    fn handle(&mut self, packet: &Body<'_>, _: &mut Context<'_>) -> ServerStep {
        match value(packet.data) {
            Ok(value) if value.len() == 16 => {
                if ct_eq(value, &response(packet.identifier, self.password.as_bytes(), &self.challenge)) {
                    ServerStep::Succeed
                } else {
                    ServerStep::Fail(EapError::credentials("the response to the MD5 challenge is wrong"))
                }
            }
            Ok(_) => ServerStep::Ignore(Ignored("an MD5 response that has no 16 octets")),
            Err(why) => ServerStep::Ignore(why.into()),
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        None
    }
}
