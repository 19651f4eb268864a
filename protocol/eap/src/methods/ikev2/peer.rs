//! The peer's side: the responder.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{DhSecret, Secret, ct_eq};
use wire::Malformed;

use super::link::{Came, Link, Next, Stop, Way};
use super::message::{
    AUTHENTICATION, Exchange, From, ID_RESPONDER, Id, KEY_EXCHANGE, KEY_ID, Message, NONCE as NONCE_PAYLOAD, NOTIFY,
    SA, Spis, Trouble, authentication, checked_nonce, key_exchange, parse_authentication, parse_key_exchange, write,
};
use super::offer::Offer;
use super::{Agreed, NONCE, Nonces};
use crate::methods::shared_key::{NoKey, Octets, SharedKey};
use crate::packet::{Body, Code};
use crate::{
    Answer, Context, Credentials, Decision, EapError, Ignored, Keys, MethodType, PeerMethod, PeerStep, Progress,
};

/// The peer's side.
#[derive(Debug)]
pub struct Ikev2Peer {
    identity: Vec<u8>,
    key: SharedKey,
    link: Link,
    state: State,
    next: Next<Keys>,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    /// For the server's offer.
    Start,
    /// For its proof.
    Answered(Box<Answered>),
    /// Nothing but acknowledgements of our last message.
    Concluding(Box<Answered>),
}

#[derive(Debug)]
struct Answered {
    agreed: Agreed,
    /// The first message of the server, and ours.
    request: Vec<u8>,
    response: Vec<u8>,
}

/// Longer names are none.
pub(super) const LONGEST_IDENTITY: usize = 1024;

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    if identity.len() > LONGEST_IDENTITY {
        return Err(EapError::configuration("an identity of EAP-IKEv2 has at most 1024 octets"));
    }
    let key = SharedKey::new(credentials, Octets::AtLeast(1))?;
    Ok(Box::new(Ikev2Peer { identity, key, link: Link::new(), state: State::Start, next: Next::Wait, keys: None }))
}

impl Ikev2Peer {
    fn id(&self) -> Id<'_> {
        Id { kind: KEY_ID, name: &self.identity }
    }

    /// Takes a message. What does not belong here changes nothing.
    fn message(&mut self, message: &[u8], key: &Secret, cx: &mut Context<'_>) -> Result<(), Malformed> {
        let answered = match &self.state {
            State::Start => return self.first(message, cx),
            State::Answered(answered) => answered,
            State::Concluding(_) => return Err(Malformed("EAP-IKEv2 message after the end")),
        };
        let Answered { agreed, request, response } = &**answered;
        let parsed = Message::parse(message, Exchange::Auth, From::Initiator)?;
        if parsed.spis != agreed.spis {
            return Err(Malformed("EAP-IKEv2 SPI"));
        }
        let inside = parsed.unseal(&agreed.initiator)?;
        let inside = inside.payloads()?;
        let (Some(id), Some(proof)) = (inside.initiator, inside.authentication) else {
            return Err(Malformed("EAP-IKEv2 proof of the server"));
        };
        let id = Id::parse(id)?;
        let expected = agreed.proof(&agreed.initiator, key, request, &agreed.nonces.responder, &id);
        let (next, payloads) = if ct_eq(parse_authentication(proof)?, &expected) {
            let ours = agreed.proof(&agreed.responder, key, response, &agreed.nonces.initiator, &self.id());
            let payloads = [(ID_RESPONDER, self.id().octets()), (AUTHENTICATION, authentication(&ours))];
            (Next::Done(agreed.keys.clone()), Vec::from(payloads))
        } else {
            let error = EapError::credentials("the server has another shared secret");
            (Next::Fail(error), Vec::from([(NOTIFY, Trouble::Authentication.octets())]))
        };
        let sealed = Some((&agreed.responder, payloads.as_slice()));
        let message = write((Exchange::Auth, From::Responder), &agreed.spis, &[], sealed, cx.rng);
        self.link.send(message);
        self.next = next;
        if let State::Answered(answered) = core::mem::replace(&mut self.state, State::Start) {
            self.state = State::Concluding(answered);
        }
        Ok(())
    }

    /// RFC 5106 3, messages 3 and 4.
    fn first(&mut self, message: &[u8], cx: &mut Context<'_>) -> Result<(), Malformed> {
        const WHAT: Malformed = Malformed("EAP-IKEv2 offer");
        let parsed = Message::parse(message, Exchange::Init, From::Initiator)?;
        let open = &parsed.open;
        let (Some(sa), Some(value), Some(nonce)) = (open.sa, open.key_exchange, open.nonce) else { return Err(WHAT) };
        let (group, public) = parse_key_exchange(value)?;
        let nonce = checked_nonce(nonce)?;
        let (number, suite) = match Offer::choose(&Offer::parse(sa)?, group) {
            Ok(chosen) => chosen,
            Err(trouble) => {
                let told = [(NOTIFY, trouble.octets())];
                self.link.send(write((Exchange::Init, From::Responder), &parsed.spis, &told, None, cx.rng));
                self.next = match trouble {
                    // It begins anew with that group (RFC 7296 1.2).
                    Trouble::WrongGroup(_) => Next::Wait,
                    Trouble::NoProposal | Trouble::Authentication => {
                        Next::Fail(EapError::refused("the server offers nothing of EAP-IKEv2 that is known here"))
                    }
                };
                return Ok(());
            }
        };
        let mut spis = Spis { initiator: parsed.spis.initiator, responder: [0; 8] };
        cx.rng.fill(&mut spis.responder);
        let mut ours = [0; NONCE];
        cx.rng.fill(&mut ours);
        let secret = DhSecret::new(suite.group, cx.rng);
        let nonces = Nonces { initiator: nonce.to_vec(), responder: ours.to_vec() };
        let agreed = Agreed::new(suite, spis, nonces, &secret, public).ok_or(Malformed("EAP-IKEv2 public value"))?;
        let open = [
            (SA, Offer::of(number, suite).write()),
            (KEY_EXCHANGE, key_exchange(suite.group.number(), &secret.public(2))),
            (NONCE_PAYLOAD, ours.to_vec()),
        ];
        let sealed = [(ID_RESPONDER, self.id().octets())];
        let sealed = Some((&agreed.responder, sealed.as_slice()));
        let response = write((Exchange::Init, From::Responder), &agreed.spis, &open, sealed, cx.rng);
        self.link.send(response.clone());
        self.state = State::Answered(Box::new(Answered { agreed, request: message.to_vec(), response }));
        self.next = Next::Wait;
        Ok(())
    }

    fn respond(&mut self, request: &Body<'_>, cx: &Context<'_>) -> PeerStep {
        let way = Way { code: Code::Response, identifier: request.identifier, expanded: request.expanded };
        let ours = match &self.state {
            State::Start | State::Answered(_) => None,
            State::Concluding(answered) => Some(&answered.agreed.responder),
        };
        let data = self.link.next(&way, cx.room, ours);
        if self.link.is_sending() {
            return PeerStep::Respond(data, Progress::Continue);
        }
        match core::mem::replace(&mut self.next, Next::Wait) {
            Next::Wait => PeerStep::Respond(data, Progress::Continue),
            Next::Done(keys) => {
                self.keys = Some(keys);
                PeerStep::Respond(data, Progress::Done(Decision::Unconditional))
            }
            Next::Fail(error) => PeerStep::Fail(Some(data), error),
        }
    }
}

impl PeerMethod for Ikev2Peer {
    fn method_type(&self) -> MethodType {
        MethodType::IKEV2
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        // Before anything is taken: the same packet comes again with what was asked for.
        let key = match self.key.get() {
            Ok(key) => key,
            Err(NoKey::Ask(ask)) => return PeerStep::Ask(ask),
            Err(NoKey::Trouble(error)) => return PeerStep::Fail(None, error),
        };
        let theirs = match &self.state {
            State::Answered(answered) => Some(&answered.agreed.initiator),
            State::Start | State::Concluding(_) => None,
        };
        match self.link.take(request, theirs) {
            Ok(Came::Fragment) => PeerStep::Respond(Vec::new(), Progress::Continue),
            Ok(Came::Acknowledged) => self.respond(request, cx),
            Ok(Came::Message(message)) => match self.message(&message, &key, cx) {
                Ok(()) => self.respond(request, cx),
                Err(why) => PeerStep::Ignore(Ignored::from(why)),
            },
            Err(Stop::Ignore(why)) => PeerStep::Ignore(Ignored::from(why)),
            Err(Stop::Fail(error)) => PeerStep::Fail(None, error),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.key.answer(answer);
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
