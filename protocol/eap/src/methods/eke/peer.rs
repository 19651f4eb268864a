//! The peer's side.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{DhSecret, ct_eq};
use wire::{Malformed, Reader};

use super::{
    Agreed, Exchange, Failure, LONGEST_IDENTITY, Nonces, OF_PEER, OF_SERVER, Proposal, Shared, failure, open, parse_id,
    reason, whole, with, write, write_id,
};
use crate::methods::keyed::{KeyedPeer, PeerSide, PeerTurn};
use crate::methods::shared_key::{Octets, SharedKey};
use crate::packet::{Body, Code};
use crate::{Answer, Context, Credentials, EapError, MethodType, PeerMethod};

/// The peer's side.
pub type EkePeer = KeyedPeer<PeerMessages>;

/// The messages of the peer.
#[derive(Debug)]
pub struct PeerMessages {
    identity: Vec<u8>,
    password: SharedKey,
}

/// What is known on the peer's side.
#[derive(Debug)]
pub struct PeerState(Known);

#[derive(Debug)]
enum Known {
    Nothing,
    /// Both names, and what was chosen.
    Named(Agreed),
    /// The shared secret, if the server has the password.
    Committed(Box<Committed>),
}

#[derive(Debug)]
struct Committed {
    agreed: Agreed,
    shared: Shared,
    nonce: [u8; 16],
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    if identity.len() > LONGEST_IDENTITY {
        return Err(EapError::configuration("an identity of EAP-EKE has at most 512 octets"));
    }
    let password = SharedKey::new(credentials, Octets::AtLeast(1))?;
    Ok(Box::new(EkePeer::begin(PeerMessages { identity, password }, PeerState(Known::Nothing))))
}

type Turn = Result<PeerTurn<PeerState>, Malformed>;

fn fail(why: Failure, error: EapError) -> Turn {
    Ok(PeerTurn::Fail(Some(failure(why)), error))
}

impl PeerMessages {
    /// RFC 6124 4.2.1.
    fn named(&self, request: &Body<'_>, mut reader: Reader<'_>) -> Turn {
        let (proposals, server) = parse_id(&mut reader)?;
        let Some(proposal) = proposals.iter().find_map(|octets| Proposal::from_octets(*octets)) else {
            let error = EapError::refused("the server proposes nothing of EAP-EKE that is strong enough");
            return fail(Failure::NoProposal, error);
        };
        let data = write_id(&[proposal], &self.identity);
        let ours = whole(Code::Response, request.identifier, request.expanded, &data);
        let messages = with(&[], request.whole, &ours);
        let agreed = Agreed { proposal, server: server.to_vec(), peer: self.identity.clone(), messages };
        Ok(PeerTurn::Respond(data, PeerState(Known::Named(agreed))))
    }

    /// RFC 6124 4.2.2.
    fn commit(&mut self, agreed: &Agreed, request: &Body<'_>, mut reader: Reader<'_>, cx: &mut Context<'_>) -> Turn {
        let component = reader.take(agreed.proposal.component(), "EAP-EKE DHComponent_S")?;
        let password = match self.password.get() {
            Ok(password) => password,
            Err(why) => return Ok(why.into()),
        };
        let secret = DhSecret::new(agreed.proposal.group, cx.rng);
        let ours = agreed.component(&password, &secret, cx.rng);
        let Some(shared) = agreed.share(&password, &secret, component) else {
            return fail(Failure::Protocol, EapError::protocol("the server's public value is none that it may have"));
        };
        let mut nonce = [0; 16];
        cx.rng.fill(&mut nonce);
        let data = write(Exchange::Commit, &[&ours, &shared.protect(&nonce, cx.rng)]);
        let packet = whole(Code::Response, request.identifier, request.expanded, &data);
        let agreed = Agreed { messages: with(&agreed.messages, request.whole, &packet), ..agreed.clone() };
        Ok(PeerTurn::Respond(data, PeerState(Known::Committed(Box::new(Committed { agreed, shared, nonce })))))
    }
}

/// RFC 6124 4.2.3.
fn confirm(committed: &Committed, mut reader: Reader<'_>, cx: &mut Context<'_>) -> Turn {
    let Committed { agreed, shared, nonce } = committed;
    let protected = reader.take(agreed.proposal.protected(2), "EAP-EKE PNonce_PS")?;
    let proof = reader.take(agreed.proposal.prf.size(), "EAP-EKE Auth_S")?;
    reader.finish("EAP-EKE-Confirm")?;
    let wrong = || fail(Failure::Authentication, EapError::credentials("the server has another password"));
    let Some(opened) = shared.open(protected) else { return wrong() };
    let Some((echo, server)) = opened.as_bytes().split_first_chunk::<16>() else { return wrong() };
    let Ok(server) = server.try_into() else { return wrong() };
    let nonces = Nonces { peer: *nonce, server };
    if !ct_eq(echo, nonce) || !ct_eq(proof, &agreed.proof(shared, OF_SERVER, &nonces)) {
        return wrong();
    }
    let answer = [&shared.protect(&nonces.server, cx.rng)[..], &agreed.proof(shared, OF_PEER, &nonces)].concat();
    Ok(PeerTurn::Done(write(Exchange::Confirm, &[&answer]), agreed.keys(shared, &nonces)))
}

impl PeerSide for PeerMessages {
    const METHOD: MethodType = MethodType::EKE;
    type State = PeerState;

    fn take(&mut self, PeerState(known): &PeerState, request: &Body<'_>, cx: &mut Context<'_>) -> Turn {
        let (exchange, mut reader) = open(request.data)?;
        match (exchange, known) {
            (Exchange::Id, Known::Nothing) => self.named(request, reader),
            (Exchange::Commit, Known::Named(agreed)) => self.commit(agreed, request, reader, cx),
            (Exchange::Confirm, Known::Committed(committed)) => confirm(committed, reader, cx),
            (Exchange::Failure, Known::Nothing | Known::Named(_) | Known::Committed(_)) => {
                fail(Failure::NoError, reason(&mut reader)?)
            }
            (
                Exchange::Id | Exchange::Commit | Exchange::Confirm,
                Known::Nothing | Known::Named(_) | Known::Committed(_),
            ) => Err(Malformed("EAP-EKE message out of turn")),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.password.answer(answer);
    }
}
