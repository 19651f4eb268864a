//! The server's side.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{DhSecret, Secret, ct_eq};
use wire::{Malformed, Reader};

use super::{
    Agreed, Exchange, Failure, LONGEST_IDENTITY, Nonces, OF_PEER, OF_SERVER, OFFERED, Proposal, Shared, failure, open,
    parse_id, reason, whole, with, write, write_id,
};
use crate::methods::keyed::{KeyedServer, ServerSide, ServerTurn};
use crate::packet::{Body, Code};
use crate::{Context, EapError, MethodType};

/// The server's side.
pub type EkeServer = KeyedServer<ServerMessages>;

/// The messages of the server.
#[derive(Debug)]
pub struct ServerMessages {
    identity: Vec<u8>,
    peer: Vec<u8>,
    password: Secret,
}

/// What the server waits for.
#[derive(Debug)]
pub struct ServerState(Waiting);

#[derive(Debug)]
enum Waiting {
    /// The peer's name and choice; our Request as it went over the link.
    Named(Vec<u8>),
    /// The peer's public value.
    Committed(Box<Committed>),
    /// The peer's proof.
    Confirmed(Box<Confirmed>),
    /// The peer was told why not.
    Failing(EapError),
}

#[derive(Debug)]
struct Committed {
    agreed: Agreed,
    secret: DhSecret,
    request: Vec<u8>,
}

#[derive(Debug)]
struct Confirmed {
    agreed: Agreed,
    shared: Shared,
    nonces: Nonces,
}

impl EkeServer {
    /// One that calls itself `identity`, for the peer of this name with this password.
    #[must_use]
    pub const fn new(identity: Vec<u8>, peer: Vec<u8>, password: Secret) -> EkeServer {
        EkeServer::of(ServerMessages { identity, peer, password })
    }
}

type Turn = Result<ServerTurn<ServerState>, Malformed>;

fn fail(why: Failure, error: EapError) -> Turn {
    Ok(ServerTurn::Request(failure(why), ServerState(Waiting::Failing(error))))
}

impl ServerMessages {
    fn named(&self, request: &[u8], response: &Body<'_>, mut reader: Reader<'_>, cx: &mut Context<'_>) -> Turn {
        let (proposals, name) = parse_id(&mut reader)?;
        let [chosen] = proposals else { return Err(Malformed("EAP-EKE: one proposal is to be chosen")) };
        let Some(proposal) = Proposal::from_octets(*chosen).filter(|proposal| OFFERED.contains(proposal)) else {
            return fail(Failure::NoProposal, EapError::protocol("the peer has chosen what was not proposed"));
        };
        // The password is that of one peer: it proves no other name.
        if name != self.peer {
            return fail(Failure::NoPassword, EapError::credentials("the peer has another name"));
        }
        let messages = with(&[], request, response.whole);
        let agreed = Agreed { proposal, server: self.identity.clone(), peer: name.to_vec(), messages };
        let secret = DhSecret::new(proposal.group, cx.rng);
        let data = write(Exchange::Commit, &[&agreed.component(&self.password, &secret, cx.rng)]);
        let request = whole(Code::Request, cx.identifier, false, &data);
        Ok(ServerTurn::Request(data, ServerState(Waiting::Committed(Box::new(Committed { agreed, secret, request })))))
    }

    fn committed(
        &self,
        committed: &Committed,
        response: &Body<'_>,
        mut reader: Reader<'_>,
        cx: &mut Context<'_>,
    ) -> Turn {
        let Committed { agreed, secret, request } = committed;
        let component = reader.take(agreed.proposal.component(), "EAP-EKE DHComponent_P")?;
        let protected = reader.take(agreed.proposal.protected(1), "EAP-EKE PNonce_P")?;
        let shared = agreed.share(&self.password, secret, component);
        // RFC 6124 4.2.2: whoever does not have the password is known here.
        let opened = shared.as_ref().and_then(|shared| shared.open(protected));
        let nonce = opened.as_ref().and_then(|opened| opened.as_bytes().try_into().ok());
        let (Some(shared), Some(peer)) = (shared, nonce) else {
            return fail(Failure::Authentication, EapError::credentials("the peer has another password"));
        };
        let agreed = Agreed { messages: with(&agreed.messages, request, response.whole), ..agreed.clone() };
        let mut server = [0; 16];
        cx.rng.fill(&mut server);
        let nonces = Nonces { peer, server };
        let both = Secret::from([nonces.peer, nonces.server].concat());
        let proof = agreed.proof(&shared, OF_SERVER, &nonces);
        let data = write(Exchange::Confirm, &[&shared.protect(both.as_bytes(), cx.rng), &proof]);
        let confirmed = Confirmed { agreed, shared, nonces };
        Ok(ServerTurn::Request(data, ServerState(Waiting::Confirmed(Box::new(confirmed)))))
    }
}

fn confirmed(confirmed: &Confirmed, mut reader: Reader<'_>) -> Turn {
    let Confirmed { agreed, shared, nonces } = confirmed;
    let protected = reader.take(agreed.proposal.protected(1), "EAP-EKE PNonce_S")?;
    let proof = reader.take(agreed.proposal.prf.size(), "EAP-EKE Auth_P")?;
    reader.finish("EAP-EKE-Confirm")?;
    let echo = shared.open(protected);
    // Whoever does not have the password ends nothing here.
    if echo.is_none_or(|echo| !ct_eq(echo.as_bytes(), &nonces.server))
        || !ct_eq(proof, &agreed.proof(shared, OF_PEER, nonces))
    {
        return Err(Malformed("EAP-EKE Auth_P"));
    }
    Ok(ServerTurn::Done(agreed.keys(shared, nonces)))
}

impl ServerSide for ServerMessages {
    const METHOD: MethodType = MethodType::EKE;
    type State = ServerState;

    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<ServerState> {
        if self.password.is_empty() || self.identity.len() > LONGEST_IDENTITY {
            return ServerTurn::Fail(EapError::configuration(
                "EAP-EKE needs a password, and a name of 512 octets at most",
            ));
        }
        let data = write_id(&OFFERED, &self.identity);
        let request = whole(Code::Request, cx.identifier, false, &data);
        ServerTurn::Request(data, ServerState(Waiting::Named(request)))
    }

    fn take(&mut self, ServerState(waiting): &ServerState, response: &Body<'_>, cx: &mut Context<'_>) -> Turn {
        let (exchange, mut reader) = open(response.data)?;
        match (exchange, waiting) {
            (_, Waiting::Failing(error)) => Ok(ServerTurn::Fail(error.clone())),
            (Exchange::Id, Waiting::Named(request)) => self.named(request, response, reader, cx),
            (Exchange::Commit, Waiting::Committed(committed)) => self.committed(committed, response, reader, cx),
            (Exchange::Confirm, Waiting::Confirmed(known)) => confirmed(known, reader),
            (Exchange::Failure, Waiting::Named(_) | Waiting::Committed(_) | Waiting::Confirmed(_)) => {
                Ok(ServerTurn::Fail(reason(&mut reader)?))
            }
            (
                Exchange::Id | Exchange::Commit | Exchange::Confirm,
                Waiting::Named(_) | Waiting::Committed(_) | Waiting::Confirmed(_),
            ) => Err(Malformed("EAP-EKE message out of turn")),
        }
    }
}
