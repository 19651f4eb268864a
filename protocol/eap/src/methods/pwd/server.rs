//! The server's side.

use alloc::vec::Vec;

use crypto::{Secret, ct_eq};
use sae::Group;
use sae::dragonfly::{OwnCommit, PasswordElement};
use wire::Reader;

use super::frame::{Exchange, Frame, Pieces, Taken};
use super::{Agreed, Commit, FUNCTIONS, Prep, Proposal, element, group_of};
use crate::packet::Body;
use crate::{Answer, Context, EapError, Ignored, Keys, MethodType, Password, ServerMethod, ServerStep};

/// What a server has of a password.
#[derive(Clone, Debug)]
pub enum PwdSecret {
    /// The password, or the hash that MS-CHAP uses.
    Password(Password),
    /// The password hashed with a salt (RFC 8146).
    Salted {
        /// How.
        prep: Prep,
        /// 1 to 255 octets.
        salt: Vec<u8>,
        /// What came out.
        hash: Secret,
    },
}

/// The server's side.
#[derive(Debug)]
pub struct PwdServer {
    identity: Vec<u8>,
    secret: PwdSecret,
    proposal: Proposal,
    pieces: Pieces,
    state: State,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    Proposed,
    Committed(Group, PasswordElement, OwnCommit),
    /// Both have committed, and we have confirmed.
    Confirmed(Agreed),
    Ended,
}

impl PwdServer {
    /// One that calls itself `identity` and expects this secret, in the group of this number: 19, 20 or 21.
    #[must_use]
    pub const fn new(identity: Vec<u8>, secret: PwdSecret, group: u16) -> PwdServer {
        let prep = match &secret {
            PwdSecret::Password(Password::Plain(_)) => Prep::None,
            PwdSecret::Password(Password::NtHash(_)) => Prep::Microsoft,
            PwdSecret::Salted { prep, .. } => *prep,
        };
        let proposal = Proposal { group, functions: FUNCTIONS, token: [0; 4], prep: prep.number() };
        PwdServer { identity, secret, proposal, pieces: Pieces::new(), state: State::Proposed, keys: None }
    }

    fn message(&mut self, exchange: Exchange, message: &[u8], cx: &mut Context<'_>) -> ServerStep {
        let step = match (core::mem::replace(&mut self.state, State::Ended), exchange) {
            (State::Proposed, Exchange::Id) => self.identified(message, cx).map(|next| (Exchange::Commit, next)),
            (State::Committed(group, pwe, own), Exchange::Commit) => {
                self.committed(group, &pwe, &own, message).map(|next| (Exchange::Confirm, next))
            }
            (State::Confirmed(agreed), Exchange::Confirm) => {
                return if ct_eq(message, &agreed.of_peer()) {
                    self.keys = Some(agreed.keys());
                    ServerStep::Succeed
                } else {
                    ServerStep::Fail(EapError::credentials("the peer has another password"))
                };
            }
            (state @ (State::Proposed | State::Committed(..) | State::Confirmed(_) | State::Ended), _) => {
                self.state = state;
                return ServerStep::Ignore(Ignored("EAP-pwd: a message out of turn"));
            }
        };
        match step {
            Ok((exchange, message)) => ServerStep::Request(self.pieces.send(exchange, message, cx.room).0),
            Err(error) => ServerStep::Fail(error),
        }
    }

    fn identified(&mut self, message: &[u8], cx: &mut Context<'_>) -> Result<Vec<u8>, EapError> {
        let (answer, peer) = Proposal::parse(message)?;
        // RFC 5931 3.2.1: the peer can only say the same or nothing.
        if answer != self.proposal {
            return Err(EapError::protocol("EAP-pwd: the peer answers with another proposal"));
        }
        let group = group_of(self.proposal.group)
            .ok_or(EapError::configuration("EAP-pwd is done in the groups 19, 20 and 21"))?;
        let (password, salt) = match &self.secret {
            PwdSecret::Password(password @ Password::Plain(_)) => (Prep::None.apply(password, &[])?, None),
            PwdSecret::Password(password @ Password::NtHash(_)) => (Prep::Microsoft.apply(password, &[])?, None),
            PwdSecret::Salted { prep, salt, hash } => (hash.clone(), Some(salt).filter(|_| prep.is_salted())),
        };
        let pwe = element(group, self.proposal.token, peer, &self.identity, &password)
            .ok_or(EapError::local("EAP-pwd: the password leads to no element"))?;
        let own = OwnCommit::new(&pwe, cx.rng).ok_or(EapError::local("no random numbers"))?;
        let mut commit = Vec::new();
        if let Some(salt) = salt {
            let length = u8::try_from(salt.len()).ok().filter(|length| *length > 0);
            commit.push(length.ok_or(EapError::configuration("a salt of EAP-pwd has 1 to 255 octets"))?);
            commit.extend_from_slice(salt);
        }
        commit.extend_from_slice(own.element());
        commit.extend_from_slice(own.scalar());
        self.state = State::Committed(group, pwe, own);
        Ok(commit)
    }

    fn committed(
        &mut self,
        group: Group,
        pwe: &PasswordElement,
        own: &OwnCommit,
        message: &[u8],
    ) -> Result<Vec<u8>, EapError> {
        let theirs = Commit::parse(Reader::new(message), group)?;
        let k = theirs.shared(own, pwe)?;
        let agreed = Agreed { suite: self.proposal.suite(), k, peer: theirs, server: Commit::own(own) };
        let confirm = agreed.of_server().to_vec();
        self.state = State::Confirmed(agreed);
        Ok(confirm)
    }
}

impl ServerMethod for PwdServer {
    fn method_type(&self) -> MethodType {
        MethodType::PWD
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        cx.rng.fill(&mut self.proposal.token);
        let message = self.proposal.write(&self.identity);
        ServerStep::Request(self.pieces.send(Exchange::Id, message, cx.room).0)
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = match Frame::parse(response.data) {
            Ok(frame) => frame,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match self.pieces.take(&frame, cx.room) {
            Taken::Ignore(why) => ServerStep::Ignore(why),
            Taken::Answer(data, _) => ServerStep::Request(data),
            Taken::Message(exchange, message) => self.message(exchange, &message, cx),
            Taken::Fail(error) => ServerStep::Fail(error),
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
