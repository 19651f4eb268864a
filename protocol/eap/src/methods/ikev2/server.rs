//! The server's side: the initiator.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{DhGroup, DhSecret, Secret, ct_eq};
use wire::Malformed;

use super::link::{Came, Link, Next, Stop, Way};
use super::message::{
    AUTHENTICATION, Exchange, From, ID_INITIATOR, Id, KEY_EXCHANGE, KEY_ID, Message, NONCE as NONCE_PAYLOAD, SA, Spis,
    Trouble, authentication, checked_nonce, key_exchange, parse_authentication, parse_key_exchange, write,
};
use super::offer::Offer;
use super::peer::LONGEST_IDENTITY;
use super::{Agreed, NONCE, Nonces};
use crate::packet::{Body, Code};
use crate::{Answer, Context, EapError, Ignored, Keys, MethodType, ServerMethod, ServerStep};

/// The group of every offer.
const GROUP: DhGroup = DhGroup::Modp2048;

/// The server's side.
#[derive(Debug)]
pub struct Ikev2Server {
    identity: Vec<u8>,
    peer: Vec<u8>,
    key: Secret,
    link: Link,
    state: State,
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    /// Before its start, and after its end.
    Idle,
    /// For the peer's choice.
    Offered(Box<Offered>),
    /// For its proof.
    Proving(Box<Proving>),
}

#[derive(Debug)]
struct Offered {
    secret: DhSecret,
    spis: Spis,
    nonce: [u8; NONCE],
    /// Our first message.
    request: Vec<u8>,
}

#[derive(Debug)]
struct Proving {
    agreed: Agreed,
    /// The peer's first message, and its name.
    response: Vec<u8>,
    name: Vec<u8>,
    /// Random octets where the name is not known: nobody learns which names are (RFC 5106 9.7).
    key: Secret,
}

impl Ikev2Server {
    /// One that calls itself `identity`, for the peer of this name with this shared secret.
    #[must_use]
    pub const fn new(identity: Vec<u8>, peer: Vec<u8>, key: Secret) -> Ikev2Server {
        Ikev2Server { identity, peer, key, link: Link::new(), state: State::Idle, keys: None }
    }

    fn message(&mut self, message: &[u8], cx: &mut Context<'_>) -> Result<Next<()>, Malformed> {
        match &self.state {
            State::Idle => Err(Malformed("EAP-IKEv2 message after the end")),
            State::Offered(offered) => {
                let proving = match self.chosen(offered, message, cx)? {
                    Ok(proving) => proving,
                    Err(error) => return Ok(Next::Fail(error)),
                };
                let id = Id { kind: KEY_ID, name: &self.identity };
                let agreed = &proving.agreed;
                let proof =
                    agreed.proof(&agreed.initiator, &proving.key, &offered.request, &agreed.nonces.responder, &id);
                let payloads = [(ID_INITIATOR, id.octets()), (AUTHENTICATION, authentication(&proof))];
                let sealed = Some((&agreed.initiator, payloads.as_slice()));
                let message = write((Exchange::Auth, From::Initiator), &agreed.spis, &[], sealed, cx.rng);
                self.link.send(message);
                self.state = State::Proving(Box::new(proving));
                Ok(Next::Wait)
            }
            State::Proving(proving) => self.proved(proving, message),
        }
    }

    /// RFC 5106 3, message 4.
    fn chosen(
        &self,
        offered: &Offered,
        message: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<Result<Proving, EapError>, Malformed> {
        const WHAT: Malformed = Malformed("EAP-IKEv2 choice");
        let parsed = Message::parse(message, Exchange::Init, From::Responder)?;
        if parsed.spis.initiator != offered.spis.initiator {
            return Err(Malformed("EAP-IKEv2 SPI"));
        }
        let open = &parsed.open;
        if let Some(notify) = open.notify {
            return match Trouble::parse(notify)? {
                Some(Trouble::NoProposal | Trouble::WrongGroup(_)) => {
                    Ok(Err(EapError::refused("the peer takes nothing of what is offered in EAP-IKEv2")))
                }
                Some(Trouble::Authentication) | None => Err(WHAT),
            };
        }
        let (Some(sa), Some(value), Some(nonce)) = (open.sa, open.key_exchange, open.nonce) else { return Err(WHAT) };
        let suite = Offer::ours(GROUP).chosen(&Offer::parse(sa)?).ok_or(WHAT)?;
        let (group, public) = parse_key_exchange(value)?;
        if group != suite.group.number() {
            return Err(WHAT);
        }
        let nonces = Nonces { initiator: offered.nonce.to_vec(), responder: checked_nonce(nonce)?.to_vec() };
        let agreed = Agreed::new(suite, parsed.spis, nonces, &offered.secret, public)
            .ok_or(Malformed("EAP-IKEv2 public value"))?;
        let inside = parsed.unseal(&agreed.responder)?;
        let name = Id::parse(inside.payloads()?.responder.ok_or(WHAT)?)?.name.to_vec();
        // The secret is that of one peer: it proves no other name.
        let key = if name == self.peer {
            self.key.clone()
        } else {
            let mut nobody = [0; 32];
            cx.rng.fill(&mut nobody);
            Secret::from(nobody)
        };
        Ok(Ok(Proving { agreed, response: message.to_vec(), name, key }))
    }

    /// RFC 5106 3, message 6.
    fn proved(&self, proving: &Proving, message: &[u8]) -> Result<Next<()>, Malformed> {
        let Proving { agreed, response, name, key } = proving;
        let parsed = Message::parse(message, Exchange::Auth, From::Responder)?;
        if parsed.spis != agreed.spis {
            return Err(Malformed("EAP-IKEv2 SPI"));
        }
        let inside = parsed.unseal(&agreed.responder)?;
        let inside = inside.payloads()?;
        if inside.notify.is_some() {
            return Ok(Next::Fail(EapError::refused("the peer does not believe the server")));
        }
        let (Some(id), Some(proof)) = (inside.responder, inside.authentication) else {
            return Err(Malformed("EAP-IKEv2 proof of the peer"));
        };
        let id = Id::parse(id)?;
        let expected = agreed.proof(&agreed.responder, key, response, &agreed.nonces.initiator, &id);
        let is_right = ct_eq(parse_authentication(proof)?, &expected) && id.name == name && *name == self.peer;
        Ok(if is_right {
            Next::Done(())
        } else {
            Next::Fail(EapError::credentials("the peer has another shared secret, or another name"))
        })
    }

    fn request(&mut self, cx: &Context<'_>) -> ServerStep {
        let way = Way { code: Code::Request, identifier: cx.identifier, expanded: false };
        let ours = match &self.state {
            State::Idle | State::Offered(_) => None,
            State::Proving(proving) => Some(&proving.agreed.initiator),
        };
        ServerStep::Request(self.link.next(&way, cx.room, ours))
    }
}

impl ServerMethod for Ikev2Server {
    fn method_type(&self) -> MethodType {
        MethodType::IKEV2
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        if self.key.is_empty() || self.identity.len() > LONGEST_IDENTITY {
            return ServerStep::Fail(EapError::configuration(
                "EAP-IKEv2 needs a shared secret, and a name of 1024 octets",
            ));
        }
        let mut spis = Spis::default();
        cx.rng.fill(&mut spis.initiator);
        let mut nonce = [0; NONCE];
        cx.rng.fill(&mut nonce);
        let secret = DhSecret::new(GROUP, cx.rng);
        let open = [
            (SA, Offer::ours(GROUP).write()),
            (KEY_EXCHANGE, key_exchange(GROUP.number(), &secret.public(2))),
            (NONCE_PAYLOAD, nonce.to_vec()),
        ];
        let request = write((Exchange::Init, From::Initiator), &spis, &open, None, cx.rng);
        self.link.send(request.clone());
        self.state = State::Offered(Box::new(Offered { secret, spis, nonce, request }));
        self.request(cx)
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let theirs = match &self.state {
            State::Proving(proving) => Some(&proving.agreed.responder),
            State::Idle | State::Offered(_) => None,
        };
        let next = match self.link.take(response, theirs) {
            Ok(Came::Fragment) => return ServerStep::Request(Vec::new()),
            Ok(Came::Acknowledged) => return self.request(cx),
            Ok(Came::Message(message)) => self.message(&message, cx),
            Err(Stop::Ignore(why)) => Err(why),
            Err(Stop::Fail(error)) => Ok(Next::Fail(error)),
        };
        match next {
            Ok(Next::Wait) => self.request(cx),
            Ok(Next::Done(())) => {
                if let State::Proving(proving) = core::mem::replace(&mut self.state, State::Idle) {
                    self.keys = Some(proving.agreed.keys);
                }
                ServerStep::Succeed
            }
            Ok(Next::Fail(error)) => {
                self.state = State::Idle;
                ServerStep::Fail(error)
            }
            Err(why) => ServerStep::Ignore(Ignored::from(why)),
        }
    }

    fn answer(&mut self, _: Answer) {}

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
