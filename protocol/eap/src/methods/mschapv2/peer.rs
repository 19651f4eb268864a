//! The peer's side.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use crypto::{Secret, mschap};

use super::change::Change;
use super::{FAILURE, FailureText, Message, RESPONSE, SUCCESS, nt_hash, success_is_right, user_name, write};
use crate::packet::Body;
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, Note, PeerMethod, PeerStep,
    Progress,
};

/// The peer's side.
#[derive(Debug)]
pub struct MsChapV2Peer {
    name: Vec<u8>,
    hash: Option<Secret>,
    /// The new password, until the server has taken it.
    new: Option<Secret>,
    state: State,
    trouble: Option<EapError>,
}

#[derive(Debug)]
enum State {
    /// For the challenge.
    Start,
    /// For the verdict.
    Answered(Answered),
    /// A wrong password may be tried anew, with this challenge.
    Again { id: u8, challenge: [u8; 16] },
    /// The password has expired, and a new one may be set in answer to this challenge.
    Expired { id: u8, challenge: [u8; 16] },
    /// The server has proved that it has the password.
    Proved(Answered),
    /// It has not.
    Failed,
}

#[derive(Debug)]
struct Answered {
    server: [u8; 16],
    peer: [u8; 16],
    nt_response: [u8; 24],
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let name = credentials.known_identity()?.to_vec();
    let hash = credentials.password.as_ref().map(nt_hash);
    Ok(Box::new(MsChapV2Peer { name, hash, new: None, state: State::Start, trouble: None }))
}

impl MsChapV2Peer {
    fn respond(&mut self, id: u8, challenge: [u8; 16], cx: &mut Context<'_>) -> PeerStep {
        let Some(hash) = &self.hash else { return PeerStep::Ask(Ask::Password) };
        let mut peer = [0; 16];
        cx.rng.fill(&mut peer);
        let nt_response = mschap::nt_response(&challenge, &peer, user_name(&self.name), hash);
        let message = write(RESPONSE, id, |writer| {
            writer.len8(|writer| {
                writer.put(&peer).put(&[0; 8]).put(&nt_response).u8(0);
            });
            writer.put(&self.name);
        });
        match message {
            Ok(message) => {
                self.state = State::Answered(Answered { server: challenge, peer, nt_response });
                PeerStep::Respond(message, Progress::Continue)
            }
            Err(error) => PeerStep::Fail(None, error),
        }
    }

    /// RFC 2759 7: a new password in the place of the one that has expired.
    fn change(&mut self, id: u8, challenge: [u8; 16], cx: &mut Context<'_>) -> PeerStep {
        let (Some(old), Some(new)) = (&self.hash, &self.new) else { return PeerStep::Ask(Ask::NewPassword) };
        let change = Change::new(new.as_bytes(), old, &challenge, user_name(&self.name), cx.rng);
        let message = change
            .ok_or(EapError::configuration("a new password has at most 256 characters of UTF-8"))
            .and_then(|change| change.write(id).map(|message| (message, change)));
        match message {
            Ok((message, Change { peer_challenge: peer, nt_response, .. })) => {
                self.hash = Some(mschap::nt_password_hash(new.as_bytes()));
                self.state = State::Answered(Answered { server: challenge, peer, nt_response });
                PeerStep::Respond(message, Progress::Continue)
            }
            Err(error) => {
                self.state = State::Failed;
                PeerStep::Fail(Some(Vec::from([FAILURE])), error)
            }
        }
    }

    fn verify(&mut self, text: &[u8], cx: &mut Context<'_>) -> PeerStep {
        let (State::Answered(answered), Some(hash)) = (&self.state, &self.hash) else {
            return PeerStep::Ignore(Ignored("an MSCHAPv2 Success before a response"));
        };
        let Answered { server, peer, nt_response } = answered;
        let expected = mschap::authenticator_response(hash, nt_response, peer, server, user_name(&self.name));
        if !success_is_right(text, &expected) {
            // RFC 2759 5: the link is ended. Not passed over: inside of a tunnel nobody but the server can send it.
            self.state = State::Failed;
            return PeerStep::Fail(None, EapError::credentials("the server could not prove that it has the password"));
        }
        if let State::Answered(answered) = core::mem::replace(&mut self.state, State::Failed) {
            self.state = State::Proved(answered);
        }
        if let Some(new) = self.new.take() {
            cx.notes.push(Note::NewPassword(new));
        }
        PeerStep::Respond(Vec::from([SUCCESS]), Progress::Done(Decision::Unconditional))
    }

    fn refused(&mut self, id: u8, text: &[u8], cx: &mut Context<'_>) -> PeerStep {
        if !matches!(self.state, State::Answered(_)) {
            return PeerStep::Ignore(Ignored("an MSCHAPv2 Failure before a response"));
        }
        let said = FailureText::parse(text);
        cx.notes.push(Note::Text(said.reason()));
        // RFC 2759 7: the password was right, and has expired.
        if let (Some(648), Some(3), Some(challenge), None) = (said.error, said.version, said.challenge, &self.new) {
            self.state = State::Expired { id: id.wrapping_add(1), challenge };
            return PeerStep::Ask(Ask::NewPassword);
        }
        // RFC 2759 6: another try, with the challenge that it gives.
        if let (true, Some(691), Some(challenge)) = (said.retry, said.error, said.challenge) {
            self.hash = None;
            self.state = State::Again { id: id.wrapping_add(1), challenge };
            return PeerStep::Ask(Ask::Password);
        }
        self.state = State::Failed;
        PeerStep::Fail(Some(Vec::from([FAILURE])), wrong(said.reason()))
    }
}

fn wrong(reason: String) -> EapError {
    EapError::Credentials(reason.into())
}

impl PeerMethod for MsChapV2Peer {
    fn method_type(&self) -> MethodType {
        MethodType::MSCHAPV2
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let message = match Message::of_server(request.data) {
            Ok(message) => message,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        if let State::Again { id, challenge } = self.state {
            return match self.trouble.take() {
                Some(_) => {
                    self.state = State::Failed;
                    PeerStep::Fail(Some(Vec::from([FAILURE])), wrong("the password is wrong".into()))
                }
                None => self.respond(id, challenge, cx),
            };
        }
        if let State::Expired { id, challenge } = self.state {
            return match self.trouble.take() {
                Some(_) => {
                    self.state = State::Failed;
                    PeerStep::Fail(Some(Vec::from([FAILURE])), wrong("the password has expired".into()))
                }
                None => self.change(id, challenge, cx),
            };
        }
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        match message {
            Message::Challenge { id, challenge } => match self.state {
                State::Start => self.respond(id, challenge, cx),
                State::Answered(_) | State::Again { .. } | State::Expired { .. } | State::Proved(_) | State::Failed => {
                    PeerStep::Ignore(Ignored("another MSCHAPv2 challenge"))
                }
            },
            Message::Success { text } => self.verify(text, cx),
            Message::Failure { id, text } => self.refused(id, text, cx),
            Message::Response { .. } | Message::Change { .. } => {
                PeerStep::Ignore(Ignored("an MSCHAPv2 response of a server"))
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        if matches!(self.state, State::Expired { .. }) {
            match answer.text() {
                Some(new) => self.new = Some(new),
                None => self.trouble = Some(EapError::local("nobody gave a new password")),
            }
            return;
        }
        match answer.password() {
            Some(password) => self.hash = Some(nt_hash(&password)),
            None => self.trouble = Some(EapError::local("nobody gave a password")),
        }
    }

    fn keys(&self) -> Option<Keys> {
        match (&self.state, &self.hash) {
            (State::Proved(Answered { server, peer, nt_response }), Some(hash)) => {
                Some(super::keys(hash, nt_response, server, peer))
            }
            _ => None,
        }
    }
}
