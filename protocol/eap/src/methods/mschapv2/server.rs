//! The server's side.

use alloc::vec::Vec;
use crypto::{Secret, ct_eq, mschap};

use super::{CHALLENGE, FAILURE, Message, SUCCESS, nt_hash, success_text, user_name, write};
use crate::packet::Body;
use crate::{Answer, Context, EapError, Ignored, Keys, MethodType, Password, ServerMethod, ServerStep};

/// The server's side.
#[derive(Debug)]
pub struct MsChapV2Server {
    hash: Secret,
    /// How the server calls itself.
    name: Vec<u8>,
    challenge: [u8; 16],
    id: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    Challenged,
    /// The response was right, and the peer was told so.
    Accepted(Keys),
    /// It was not, and the peer was told so.
    Refused,
}

impl MsChapV2Server {
    /// One for a peer that should know this password.
    #[must_use]
    pub fn new(name: Vec<u8>, password: &Password) -> MsChapV2Server {
        MsChapV2Server { hash: nt_hash(password), name, challenge: [0; 16], id: 0, state: State::Challenged }
    }

    fn judge(&mut self, peer: &[u8; 16], nt_response: &[u8; 24], name: &[u8]) -> ServerStep {
        let name = user_name(name);
        let (challenge, hash) = (&self.challenge, &self.hash);
        let right = ct_eq(&mschap::nt_response(challenge, peer, name, hash), nt_response);
        let message = if right {
            let proof = mschap::authenticator_response(hash, nt_response, peer, challenge, name);
            self.state = State::Accepted(super::keys(hash, nt_response, challenge, peer));
            write(SUCCESS, self.id, |writer| {
                writer.put(&success_text(&proof)).put(b" M=OK");
            })
        } else {
            self.state = State::Refused;
            // Another try would be another guess: the peer may begin anew.
            write(FAILURE, self.id, |writer| {
                writer.put(b"E=691 R=0 C=00000000000000000000000000000000 V=3 M=FAILED");
            })
        };
        message.map_or_else(ServerStep::Fail, ServerStep::Request)
    }
}

impl ServerMethod for MsChapV2Server {
    fn method_type(&self) -> MethodType {
        MethodType::MSCHAPV2
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        cx.rng.fill(&mut self.challenge);
        self.id = cx.identifier;
        let message = write(CHALLENGE, self.id, |writer| {
            writer.len8(|writer| {
                writer.put(&self.challenge);
            });
            writer.put(&self.name);
        });
        message.map_or_else(ServerStep::Fail, ServerStep::Request)
    }

    fn handle(&mut self, response: &Body<'_>, _: &mut Context<'_>) -> ServerStep {
        let message = match Message::of_peer(response.data) {
            Ok(message) => message,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match (&self.state, message) {
            (State::Challenged, Message::Response { id, peer_challenge, nt_response, name }) if id == self.id => {
                self.judge(&peer_challenge, &nt_response, name)
            }
            (State::Accepted(_), Message::Success { .. }) => ServerStep::Succeed,
            (State::Refused, Message::Failure { .. }) => {
                ServerStep::Fail(EapError::credentials("the MSCHAPv2 response is wrong"))
            }
            // The peer could not believe our proof.
            (State::Accepted(_), Message::Failure { .. }) => {
                ServerStep::Fail(EapError::refused("the peer does not accept the server's proof"))
            }
            (State::Challenged | State::Accepted(_) | State::Refused, _) => {
                ServerStep::Ignore(Ignored("an MSCHAPv2 message that nobody waits for"))
            }
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        match &self.state {
            State::Accepted(keys) => Some(keys.clone()),
            State::Challenged | State::Refused => None,
        }
    }
}
