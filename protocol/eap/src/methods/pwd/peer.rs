//! The peer's side.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::ct_eq;
use sae::Group;
use sae::dragonfly::OwnCommit;
use wire::Reader;

use super::frame::{Exchange, Frame, Pieces, Taken};
use super::{Agreed, Commit, FUNCTIONS, Prep, Proposal, element, group_of};
use crate::packet::Body;
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, Password, PeerMethod, PeerStep,
    Progress,
};

/// The peer's side.
#[derive(Debug)]
pub struct PwdPeer {
    identity: Vec<u8>,
    password: Option<Password>,
    pieces: Pieces,
    state: State,
    keys: Option<Keys>,
    trouble: Option<EapError>,
}

#[derive(Debug)]
enum State {
    /// For the server's proposal.
    Start,
    Identified(Identified),
    Committed(Agreed),
    Done,
}

#[derive(Debug)]
struct Identified {
    group: Group,
    prep: Prep,
    proposal: Proposal,
    server: Vec<u8>,
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    let password = credentials.password.clone();
    Ok(Box::new(PwdPeer { identity, password, pieces: Pieces::new(), state: State::Start, keys: None, trouble: None }))
}

impl PwdPeer {
    fn message(&mut self, exchange: Exchange, message: &[u8], cx: &mut Context<'_>) -> PeerStep {
        let step = match (core::mem::replace(&mut self.state, State::Done), exchange) {
            (State::Start, Exchange::Id) => self.identify(message),
            (State::Identified(identified), Exchange::Commit) => self.commit(&identified, message, cx),
            (State::Committed(agreed), Exchange::Confirm) => self.confirm(&agreed, message),
            // CVE-2015-5316 is a Confirm that comes too early.
            (state @ (State::Start | State::Identified(_) | State::Committed(_) | State::Done), _) => {
                self.state = state;
                return PeerStep::Ignore(Ignored("EAP-pwd: a message out of turn"));
            }
        };
        match step {
            Ok(answer) => {
                let (data, is_last) = self.pieces.send(exchange, answer, cx.room);
                PeerStep::Respond(data, self.progress(is_last))
            }
            Err(error) => PeerStep::Fail(None, error),
        }
    }

    const fn progress(&self, is_last: bool) -> Progress {
        // The server has proved that it has the password, and has seen ours with its Commit.
        if is_last && matches!(self.state, State::Done) {
            Progress::Done(Decision::Unconditional)
        } else {
            Progress::Continue
        }
    }

    fn identify(&mut self, message: &[u8]) -> Result<Vec<u8>, EapError> {
        let (proposal, server) = Proposal::parse(message)?;
        let group = group_of(proposal.group)
            .ok_or(EapError::protocol("EAP-pwd: the server proposes a group that is not one of 19, 20 and 21"))?;
        let prep = Prep::from_number(proposal.prep)
            .ok_or(EapError::protocol("EAP-pwd: the server prepares passwords in a way that is not known here"))?;
        if proposal.functions != FUNCTIONS {
            return Err(EapError::protocol("EAP-pwd: the server proposes functions that are not known here"));
        }
        self.state = State::Identified(Identified { group, prep, proposal, server: server.to_vec() });
        Ok(proposal.write(&self.identity))
    }

    fn commit(&mut self, identified: &Identified, message: &[u8], cx: &mut Context<'_>) -> Result<Vec<u8>, EapError> {
        let Identified { group, prep, proposal, server } = identified;
        let password = self.password.as_ref().ok_or(EapError::local("nobody gave a password"))?;
        let mut reader = Reader::new(message);
        let mut salt: &[u8] = &[];
        if prep.is_salted() {
            let length = reader.u8("EAP-pwd salt length")?;
            salt = reader.take(usize::from(length), "EAP-pwd salt")?;
            if salt.is_empty() {
                return Err(EapError::protocol("EAP-pwd: a salted password without salt"));
            }
        }
        let theirs = Commit::parse(reader, *group)?;
        let password = prep.apply(password, salt)?;
        let pwe = element(*group, proposal.token, &self.identity, server, &password)
            .ok_or(EapError::local("EAP-pwd: the password leads to no element"))?;
        let own = OwnCommit::new(&pwe, cx.rng).ok_or(EapError::local("no random numbers"))?;
        let k = theirs.shared(&own, &pwe)?;
        let ours = Commit::own(&own);
        let answer = [ours.element.as_slice(), &ours.scalar].concat();
        self.state = State::Committed(Agreed { suite: proposal.suite(), k, peer: ours, server: theirs });
        Ok(answer)
    }

    fn confirm(&mut self, agreed: &Agreed, message: &[u8]) -> Result<Vec<u8>, EapError> {
        if !ct_eq(message, &agreed.of_server()) {
            return Err(EapError::credentials("the server has another password"));
        }
        self.keys = Some(agreed.keys());
        Ok(agreed.of_peer().to_vec())
    }
}

impl PeerMethod for PwdPeer {
    fn method_type(&self) -> MethodType {
        MethodType::PWD
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let frame = match Frame::parse(request.data) {
            Ok(frame) => frame,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        if self.password.is_none() {
            return PeerStep::Ask(Ask::Password);
        }
        match self.pieces.take(&frame, cx.room) {
            Taken::Ignore(why) => PeerStep::Ignore(why),
            Taken::Answer(data, is_last) => PeerStep::Respond(data, self.progress(is_last)),
            Taken::Message(exchange, message) => self.message(exchange, &message, cx),
            Taken::Fail(error) => PeerStep::Fail(None, error),
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer.password() {
            Some(password) => self.password = Some(password),
            None => self.trouble = Some(EapError::local("nobody gave a password")),
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
