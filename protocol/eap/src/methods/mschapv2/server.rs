//! The server's side.

use alloc::vec::Vec;
use crypto::{Secret, ct_eq, mschap};

use super::change::Change;
use super::{CHALLENGE, FAILURE, Message, SUCCESS, nt_hash, success_text, user_name, write};
use crate::packet::Body;
use crate::{Answer, Context, EapError, Ignored, Keys, MethodType, Note, Password, ServerMethod, ServerStep};

/// The server's side.
#[derive(Debug)]
pub struct MsChapV2Server {
    hash: Secret,
    /// How the server calls itself.
    name: Vec<u8>,
    /// How the peer has called itself with the password that has expired.
    user: Vec<u8>,
    challenge: [u8; 16],
    id: u8,
    /// A right password is not enough: a new one has to be set.
    is_expired: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Challenged,
    /// The response was right, and the peer was told so.
    Accepted(Keys),
    /// It was not, and the peer was told so.
    Refused,
    /// It was, and the peer is to set a new password.
    Expired,
}

impl MsChapV2Server {
    /// One for a peer that should know this password.
    #[must_use]
    pub fn new(name: Vec<u8>, password: &Password) -> MsChapV2Server {
        let (hash, state) = (nt_hash(password), State::Challenged);
        MsChapV2Server { hash, name, user: Vec::new(), challenge: [0; 16], id: 0, is_expired: false, state }
    }

    /// The same for a password that has expired: the peer has to set a new one, which is told with
    /// [`Note::NewPassword`] (RFC 2759 7).
    #[must_use]
    pub fn expired(name: Vec<u8>, password: &Password) -> MsChapV2Server {
        MsChapV2Server { is_expired: true, ..MsChapV2Server::new(name, password) }
    }

    fn expire(&mut self, cx: &mut Context<'_>) -> ServerStep {
        cx.rng.fill(&mut self.challenge);
        self.state = State::Expired;
        let message = write(FAILURE, self.id, |writer| {
            writer.put(b"E=648 R=0 C=").put(&super::digits(&self.challenge)).put(b" V=3 M=Password expired");
        });
        message.map_or_else(ServerStep::Fail, ServerStep::Request)
    }

    /// The new password is the user's from now on, should the peer know the old one.
    fn change(&mut self, change: &Change, user: &[u8], cx: &mut Context<'_>) -> ServerStep {
        let name = user_name(user);
        let Some(password) = change.open(&self.hash, &self.challenge, name) else {
            return ServerStep::Fail(EapError::credentials("the new password does not fit the old one"));
        };
        self.hash = mschap::nt_password_hash(password.as_bytes());
        self.id = self.id.wrapping_add(1);
        cx.notes.push(Note::NewPassword(password));
        self.accept(&change.peer_challenge, &change.nt_response, user)
    }

    fn accept(&mut self, peer: &[u8; 16], nt_response: &[u8; 24], name: &[u8]) -> ServerStep {
        let (challenge, hash) = (&self.challenge, &self.hash);
        let proof = mschap::authenticator_response(hash, nt_response, peer, challenge, user_name(name));
        self.state = State::Accepted(super::keys(hash, nt_response, challenge, peer));
        let message = write(SUCCESS, self.id, |writer| {
            writer.put(&success_text(&proof)).put(b" M=OK");
        });
        message.map_or_else(ServerStep::Fail, ServerStep::Request)
    }

    fn judge(&mut self, peer: &[u8; 16], nt_response: &[u8; 24], user: &[u8], cx: &mut Context<'_>) -> ServerStep {
        let name = user_name(user);
        let (challenge, hash) = (&self.challenge, &self.hash);
        let right = ct_eq(&mschap::nt_response(challenge, peer, name, hash), nt_response);
        if right && self.is_expired {
            self.user = user.to_vec();
            return self.expire(cx);
        }
        if right {
            return self.accept(peer, nt_response, user);
        }
        self.state = State::Refused;
        // Another try would be another guess: the peer may begin anew.
        let message = write(FAILURE, self.id, |writer| {
            writer.put(b"E=691 R=0 C=00000000000000000000000000000000 V=3 M=FAILED");
        });
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

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let message = match Message::of_peer(response.data) {
            Ok(message) => message,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match (&self.state, message) {
            (State::Challenged, Message::Response { id, peer_challenge, nt_response, name }) if id == self.id => {
                self.judge(&peer_challenge, &nt_response, name, cx)
            }
            (State::Expired, Message::Change { id, change }) if id == self.id.wrapping_add(1) => {
                let user = core::mem::take(&mut self.user);
                self.change(&change, &user, cx)
            }
            (State::Expired, Message::Failure { .. }) => {
                ServerStep::Fail(EapError::credentials("the password has expired, and the peer sets no new one"))
            }
            (State::Accepted(_), Message::Success { .. }) => ServerStep::Succeed,
            (State::Refused, Message::Failure { .. }) => {
                ServerStep::Fail(EapError::credentials("the MSCHAPv2 response is wrong"))
            }
            // The peer could not believe our proof.
            (State::Accepted(_), Message::Failure { .. }) => {
                ServerStep::Fail(EapError::refused("the peer does not accept the server's proof"))
            }
            (State::Challenged | State::Accepted(_) | State::Refused | State::Expired, _) => {
                ServerStep::Ignore(Ignored("an MSCHAPv2 message that nobody waits for"))
            }
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        match &self.state {
            State::Accepted(keys) => Some(keys.clone()),
            State::Challenged | State::Refused | State::Expired => None,
        }
    }
}
