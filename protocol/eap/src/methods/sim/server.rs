//! The server's side of the three methods.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, ct_eq};

use super::attributes::{self as at, Attributes, Builder, IdRequest};
use super::frame::{ENCRYPTED, Envelope, Subtype, is_authentic, parse};
use super::keys::{self, FullKeys, Kind};
use super::{
    BIDDING, FAILURE_BEFORE, KDF, MOST_REAUTHS, Quintet, SUCCESS, SimSession, SubscriberAnswer, SubscriberAsk,
    SubscriberNews, Triplet, VERSION,
};
use crate::packet::{Body, Code};
use crate::{Answer, Ask, Context, EapError, Ignored, Keys, MethodType, Note, ServerMethod, ServerStep};

/// How a server does the three methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimServerConfig {
    /// Success is said under protection (`eap_sim_aka_result_ind`).
    pub result_indications: bool,
    /// Peers get pseudonyms (`eap_sim_id`).
    pub pseudonyms: bool,
    /// Peers may re-authenticate without their card (`eap_sim_id`).
    pub fast_reauth: bool,
    /// What stands behind the `@` of identities that are given out; nothing if empty.
    pub realm: Vec<u8>,
    /// EAP-AKA': the access network (TS 24.302 8.1.1), `WLAN` for Wi-Fi.
    pub network: Vec<u8>,
    /// EAP-AKA: this server would do EAP-AKA' too, so a peer that can should (RFC 9048 4).
    pub prime: bool,
}

/// The server's side.
#[derive(Debug)]
pub struct SimServer {
    kind: Kind,
    config: SimServerConfig,
    state: State,
    answers: Answers,
    permanent: Vec<u8>,
    keys: Option<Keys>,
}

/// What was asked for, until it is used.
#[derive(Debug, Default)]
struct Answers {
    who: Option<SubscriberAnswer>,
    vectors: Option<SubscriberAnswer>,
    is_missing: bool,
}

#[derive(Debug)]
enum State {
    /// The peer is asked who it is.
    Asking(Asking),
    /// The peer has a challenge.
    Challenged(Box<Challenged>),
    /// The peer is to go on from a session.
    Continuing(Box<Continuing>),
    /// The peer was told of success.
    Told(Box<Told>),
    /// The peer was told that it failed.
    Failing(EapError),
    Over,
}

#[derive(Clone, Debug)]
struct Asking {
    request: IdRequest,
    /// The packets of all the rounds.
    rounds: Vec<u8>,
}

#[derive(Debug)]
struct Challenged {
    identity: Vec<u8>,
    rounds: Vec<u8>,
    made: FullKeys,
    /// RES, or all of SRES.
    res: Vec<u8>,
    rand: [u8; 16],
    session_id: Vec<u8>,
    pseudonym: Option<Vec<u8>>,
    next: Option<Vec<u8>>,
    is_synchronised: bool,
}

#[derive(Debug)]
struct Continuing {
    session: SimSession,
    nonce: [u8; 16],
    next: Option<Vec<u8>>,
    rounds: Vec<u8>,
    session_id: Vec<u8>,
}

#[derive(Debug)]
struct Told {
    aut: Secret,
    encr: Secret,
    counter: Option<u16>,
}

const VERSIONS: [u8; 2] = VERSION.to_be_bytes();

fn key16(key: &Secret) -> [u8; 16] {
    key.as_bytes().try_into().unwrap_or_default()
}

impl SimServer {
    /// One of this kind.
    #[must_use]
    pub fn new(kind: Kind, config: SimServerConfig) -> SimServer {
        let answers = Answers::default();
        SimServer { kind, config, state: State::Over, answers, permanent: Vec::new(), keys: None }
    }

    fn envelope(&self, cx: &Context<'_>) -> Envelope {
        Envelope { kind: self.kind, code: Code::Request, identifier: cx.identifier, expanded: false }
    }

    /// Asks for an identity: SIM/Start or AKA-Identity.
    fn ask(&mut self, request: IdRequest, mut rounds: Vec<u8>, cx: &Context<'_>) -> ServerStep {
        let envelope = self.envelope(cx);
        let mut builder = Builder::default();
        builder.id_request(request);
        let subtype = if self.kind == Kind::Sim {
            builder.counted(at::VERSION_LIST, &VERSIONS);
            Subtype::Start
        } else {
            Subtype::AkaIdentity
        };
        let sent = envelope.plain(subtype, builder);
        rounds.extend(envelope.packet(&sent));
        self.state = State::Asking(Asking { request, rounds });
        ServerStep::Request(sent)
    }

    /// Tells the peer that it failed, and ends when it has heard that (RFC 4186 6.2).
    fn fail(&mut self, error: EapError, cx: &Context<'_>) -> ServerStep {
        let mut builder = Builder::default();
        builder.number(at::NOTIFICATION, FAILURE_BEFORE);
        self.state = State::Failing(error);
        ServerStep::Request(self.envelope(cx).plain(Subtype::Notification, builder))
    }

    fn end(&mut self, error: EapError) -> ServerStep {
        self.state = State::Over;
        self.keys = None;
        ServerStep::Fail(error)
    }

    /// A name that says nothing.
    fn name(&self, prefix: u8, cx: &mut Context<'_>) -> Vec<u8> {
        let mut random = [0; 16];
        cx.rng.fill(&mut random);
        let digits = random.iter().flat_map(|octet| [octet >> 4, octet & 15]);
        let digits =
            digits.filter_map(|half| char::from_digit(u32::from(half), 16)).filter_map(|c| u8::try_from(c).ok());
        let mut name = Vec::from([prefix]);
        name.extend(digits);
        if !self.config.realm.is_empty() {
            name.push(b'@');
            name.extend_from_slice(&self.config.realm);
        }
        name
    }

    /// The peer has said who it is.
    fn named(
        &mut self,
        asking: Asking,
        response: &Body<'_>,
        attributes: &Attributes<'_>,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let Some(identity) = attributes.identity.filter(|identity| !identity.is_empty()) else {
            self.state = State::Asking(asking);
            return ServerStep::Ignore(Ignored("no identity, though one was asked for"));
        };
        let mut rounds = asking.rounds.clone();
        rounds.extend_from_slice(response.whole);
        let Some(who) = self.answers.who.clone() else {
            let ask = Ask::Subscriber(SubscriberAsk::Who(identity.to_vec()));
            self.state = State::Asking(asking);
            return ServerStep::Ask(ask);
        };
        match who {
            SubscriberAnswer::Session { permanent, session } if session.kind == self.kind => {
                self.permanent = permanent;
                self.answers = Answers::default();
                self.resume(session, rounds, cx)
            }
            SubscriberAnswer::Permanent(permanent) => {
                let ours = attributes.nonce_mt.filter(|_| attributes.selected_version == Some(VERSION));
                if self.kind == Kind::Sim && ours.is_none() {
                    return self.again(asking.request, rounds, cx);
                }
                self.permanent.clone_from(&permanent);
                match self.answers.vectors.take() {
                    None => {
                        self.state = State::Asking(asking);
                        ServerStep::Ask(Ask::Subscriber(self.wanted(permanent, None)))
                    }
                    Some(vectors) => {
                        self.answers = Answers::default();
                        self.challenge(identity.to_vec(), rounds, ours, vectors, false, cx)
                    }
                }
            }
            SubscriberAnswer::Session { .. }
            | SubscriberAnswer::Unknown
            | SubscriberAnswer::Triplets(_)
            | SubscriberAnswer::Quintet(_) => self.again(asking.request, rounds, cx),
        }
    }

    const fn wanted(&self, permanent: Vec<u8>, resynchronise: Option<([u8; 16], [u8; 14])>) -> SubscriberAsk {
        match self.kind {
            Kind::Sim => SubscriberAsk::Triplets(permanent),
            Kind::Aka => SubscriberAsk::Quintet { permanent, separated: false, resynchronise },
            Kind::AkaPrime => SubscriberAsk::Quintet { permanent, separated: true, resynchronise },
        }
    }

    /// Asks for the next kind of identity (RFC 4186 4.2.4).
    fn again(&mut self, before: IdRequest, rounds: Vec<u8>, cx: &Context<'_>) -> ServerStep {
        self.answers = Answers::default();
        match before {
            IdRequest::Any => self.ask(IdRequest::FullAuth, rounds, cx),
            IdRequest::FullAuth => self.ask(IdRequest::Permanent, rounds, cx),
            IdRequest::Permanent => self.fail(EapError::credentials("there is no such subscriber"), cx),
        }
    }

    fn challenge(
        &mut self,
        identity: Vec<u8>,
        rounds: Vec<u8>,
        nonce: Option<[u8; 16]>,
        vectors: SubscriberAnswer,
        is_synchronised: bool,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let mut builder = Builder::default();
        let (made, res, rand, session_id) = match (vectors, nonce) {
            (SubscriberAnswer::Triplets(triplets), Some(nonce)) if (2..=3).contains(&triplets.len()) => {
                let made = keys::sim(&identity, &triplets, &nonce, &VERSIONS, VERSION);
                let rands: Vec<u8> = triplets.iter().flat_map(|Triplet { rand, .. }| *rand).collect();
                let res = triplets.iter().flat_map(|triplet| triplet.sres).collect();
                builder.value(at::RAND, &rands);
                (made, res, [0; 16], [&[octet(self.kind)], rands.as_slice(), &nonce].concat())
            }
            (SubscriberAnswer::Quintet(quintet), None) => {
                let Quintet { rand, autn, res, ck, ik } = quintet;
                builder.value(at::RAND, &rand).value(at::AUTN, &autn);
                let made = if self.kind == Kind::AkaPrime {
                    builder.number(at::KDF, KDF).counted(at::KDF_INPUT, &self.config.network);
                    let (ck, ik) = keys::prime(&ck, &ik, &self.config.network, &autn);
                    keys::aka_prime(&identity, &ik, &ck)
                } else {
                    keys::aka(&identity, &ik, &ck)
                };
                (made, res, rand, [&[octet(self.kind)], &rand[..], &autn].concat())
            }
            _ => return self.fail(EapError::local("the home network gives no challenge for the subscriber"), cx),
        };
        let pseudonym = self.config.pseudonyms.then(|| self.name(self.kind.pseudonym(), cx));
        let next = self.config.fast_reauth.then(|| self.name(self.kind.reauth(), cx));
        if self.kind != Kind::Sim {
            builder.value(at::CHECKCODE, &self.kind.checkcode(&rounds));
        }
        if self.kind == Kind::Aka && self.config.prime {
            builder.number(at::BIDDING, BIDDING);
        }
        if self.config.result_indications {
            builder.flag(at::RESULT_IND);
        }
        if pseudonym.is_some() || next.is_some() {
            let mut inner = Builder::default();
            if let Some(pseudonym) = &pseudonym {
                inner.counted(at::NEXT_PSEUDONYM, pseudonym);
            }
            if let Some(next) = &next {
                inner.counted(at::NEXT_REAUTH_ID, next);
            }
            let mut iv = [0; 16];
            cx.rng.fill(&mut iv);
            builder.encrypted(&key16(&made.encr), &iv, inner);
        }
        let (subtype, extra) = match nonce {
            Some(nonce) => (Subtype::SimChallenge, nonce.to_vec()),
            None => (Subtype::AkaChallenge, Vec::new()),
        };
        let data = self.envelope(cx).signed(subtype, builder, &made.aut, &extra);
        self.state = State::Challenged(Box::new(Challenged {
            identity,
            rounds,
            made,
            res,
            rand,
            session_id,
            pseudonym,
            next,
            is_synchronised,
        }));
        ServerStep::Request(data)
    }

    /// The answer to the challenge (RFC 4186 9.4, RFC 4187 9.4).
    fn answered(
        &mut self,
        challenged: Challenged,
        response: &Body<'_>,
        attributes: &Attributes<'_>,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let (is_right, extra) = match self.kind {
            Kind::Sim => (true, challenged.res.as_slice()),
            Kind::Aka | Kind::AkaPrime => {
                let code =
                    attributes.checkcode.is_none_or(|code| ct_eq(code, &self.kind.checkcode(&challenged.rounds)));
                let res = attributes.res.is_some_and(|res| ct_eq(res, &challenged.res));
                (code && res && attributes.kdf.is_empty(), &[][..])
            }
        };
        if !is_authentic(self.kind, &challenged.made.aut, response, attributes, extra) || !is_right {
            return self.fail(EapError::credentials("the subscriber's answer is wrong"), cx);
        }
        let Challenged { made: FullKeys { encr, aut, re, msk, emsk }, session_id, pseudonym, next, .. } = challenged;
        self.keys = Some(Keys { msk, emsk: Some(emsk), session_id: Some(session_id) });
        let session = next.map(|identity| SimSession {
            kind: self.kind,
            identity,
            counter: 1,
            encr: encr.clone(),
            aut: aut.clone(),
            re,
        });
        self.tell(pseudonym, session, cx);
        self.indicate(Told { aut, encr, counter: None }, attributes.result_ind, cx)
    }

    fn tell(&self, pseudonym: Option<Vec<u8>>, session: Option<SimSession>, cx: &mut Context<'_>) {
        let news = SubscriberNews { permanent: self.permanent.clone(), pseudonym, session };
        cx.notes.push(Note::Subscriber(Box::new(news)));
    }

    /// The end, or first a notification of it under protection if both want one.
    fn indicate(&mut self, told: Told, is_wanted: bool, cx: &mut Context<'_>) -> ServerStep {
        if !(is_wanted && self.config.result_indications) {
            self.state = State::Over;
            return ServerStep::Succeed;
        }
        let mut builder = Builder::default();
        builder.number(at::NOTIFICATION, SUCCESS);
        if let Some(counter) = told.counter {
            let mut iv = [0; 16];
            cx.rng.fill(&mut iv);
            let mut inner = Builder::default();
            inner.number(at::COUNTER, counter);
            builder.encrypted(&key16(&told.encr), &iv, inner);
        }
        let data = self.envelope(cx).signed(Subtype::Notification, builder, &told.aut, &[]);
        self.state = State::Told(Box::new(told));
        ServerStep::Request(data)
    }

    /// Re-authentication (RFC 4186 9.7, RFC 4187 9.7).
    fn resume(&mut self, session: SimSession, rounds: Vec<u8>, cx: &mut Context<'_>) -> ServerStep {
        let may_go_on = self.config.fast_reauth && session.counter < MOST_REAUTHS;
        let next = may_go_on.then(|| self.name(self.kind.reauth(), cx));
        let (mut nonce, mut iv) = ([0; 16], [0; 16]);
        cx.rng.fill(&mut nonce);
        cx.rng.fill(&mut iv);
        let mut inner = Builder::default();
        inner.number(at::COUNTER, session.counter).value(at::NONCE_S, &nonce);
        if let Some(next) = &next {
            inner.counted(at::NEXT_REAUTH_ID, next);
        }
        let mut builder = Builder::default();
        builder.encrypted(&key16(&session.encr), &iv, inner);
        if self.kind != Kind::Sim {
            builder.value(at::CHECKCODE, &self.kind.checkcode(&rounds));
        }
        if self.config.result_indications {
            builder.flag(at::RESULT_IND);
        }
        let data = self.envelope(cx).signed(Subtype::Reauthentication, builder, &session.aut, &[]);
        let mac = data.last_chunk::<16>().copied().unwrap_or_default();
        let session_id = [&[octet(self.kind)], &nonce[..], &mac].concat();
        self.state = State::Continuing(Box::new(Continuing { session, nonce, next, rounds, session_id }));
        ServerStep::Request(data)
    }

    fn resumed(
        &mut self,
        continuing: Continuing,
        response: &Body<'_>,
        attributes: &Attributes<'_>,
        cx: &mut Context<'_>,
    ) -> ServerStep {
        let Continuing { session, nonce, next, rounds, session_id } = continuing;
        let code = attributes.checkcode.is_none_or(|code| ct_eq(code, &self.kind.checkcode(&rounds)));
        if !is_authentic(self.kind, &session.aut, response, attributes, &nonce) || !code {
            return self.fail(EapError::credentials("the subscriber does not know the session"), cx);
        }
        let plain = attributes.decrypt(&key16(&session.encr)).ok().flatten().unwrap_or(Secret::from([]));
        let inner = Attributes::parse(plain.as_bytes(), 0, ENCRYPTED).unwrap_or_default();
        if inner.counter != Some(session.counter) {
            return self.fail(EapError::protocol("the subscriber answers with another counter"), cx);
        }
        if inner.counter_too_small {
            // RFC 4186 5.5: a full authentication, of an identity that is asked for.
            return self.ask(IdRequest::FullAuth, rounds, cx);
        }
        let counter = session.counter;
        let (msk, emsk) = keys::reauth(self.kind, &session.re, &session.identity, counter, &nonce);
        self.keys = Some(Keys { msk, emsk: Some(emsk), session_id: Some(session_id) });
        let (aut, encr) = (session.aut.clone(), session.encr.clone());
        let session = next.map(|identity| SimSession { identity, counter: counter.saturating_add(1), ..session });
        self.tell(None, session, cx);
        self.indicate(Told { aut, encr, counter: Some(counter) }, attributes.result_ind, cx)
    }

    /// AKA-Synchronization-Failure (RFC 4187 9.6): once.
    fn synchronise(&mut self, challenged: Challenged, auts: [u8; 14], cx: &mut Context<'_>) -> ServerStep {
        if challenged.is_synchronised {
            return self.end(EapError::credentials("the card does not take a challenge after it was resynchronised"));
        }
        match self.answers.vectors.take() {
            None => {
                let wanted = self.wanted(self.permanent.clone(), Some((challenged.rand, auts)));
                self.state = State::Challenged(Box::new(challenged));
                ServerStep::Ask(Ask::Subscriber(wanted))
            }
            Some(vectors) => {
                let Challenged { identity, rounds, .. } = challenged;
                self.challenge(identity, rounds, None, vectors, true, cx)
            }
        }
    }

    fn told(&mut self, told: &Told, response: &Body<'_>, attributes: &Attributes<'_>) -> ServerStep {
        let plain = attributes.decrypt(&key16(&told.encr)).ok().flatten().unwrap_or(Secret::from([]));
        let counter = Attributes::parse(plain.as_bytes(), 0, ENCRYPTED).ok().and_then(|inner| inner.counter);
        if !is_authentic(self.kind, &told.aut, response, attributes, &[]) || counter != told.counter {
            return self
                .end(EapError::credentials("the answer to the notification of success is not the subscriber's"));
        }
        self.state = State::Over;
        ServerStep::Succeed
    }
}

fn octet(kind: Kind) -> u8 {
    kind.method().short().unwrap_or_default()
}

impl ServerMethod for SimServer {
    fn method_type(&self) -> MethodType {
        self.kind.method()
    }

    fn start(&mut self, cx: &mut Context<'_>) -> ServerStep {
        if self.kind == Kind::AkaPrime && self.config.network.is_empty() {
            return ServerStep::Fail(EapError::configuration("EAP-AKA' needs the name of a network"));
        }
        self.ask(IdRequest::Any, Vec::new(), cx)
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        if core::mem::take(&mut self.answers.is_missing) {
            return self.fail(EapError::local("nobody knows of subscribers"), cx);
        }
        let (subtype, attributes) = match parse(self.kind, response, Code::Response) {
            Ok(read) => read,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match (core::mem::replace(&mut self.state, State::Over), subtype) {
            // RFC 4186 6.3.2: the peer has given up.
            (State::Failing(error), Subtype::Notification | Subtype::ClientError) => self.end(error),
            (_, Subtype::ClientError) => self.end(EapError::refused("the peer could not process what it was sent")),
            (State::Challenged(_), Subtype::AuthenticationReject) => {
                self.end(EapError::refused("the card does not know this network"))
            }
            (State::Asking(asking), Subtype::Start | Subtype::AkaIdentity) => {
                self.named(asking, response, &attributes, cx)
            }
            (State::Challenged(challenged), Subtype::SimChallenge | Subtype::AkaChallenge) => {
                self.answered(*challenged, response, &attributes, cx)
            }
            (State::Challenged(challenged), Subtype::SynchronizationFailure) => match attributes.auts {
                Some(auts) => self.synchronise(*challenged, auts, cx),
                None => {
                    self.state = State::Challenged(challenged);
                    ServerStep::Ignore(Ignored("no AT_AUTS"))
                }
            },
            (State::Continuing(continuing), Subtype::Reauthentication) => {
                self.resumed(*continuing, response, &attributes, cx)
            }
            (State::Told(told), Subtype::Notification) => self.told(&told, response, &attributes),
            (state, _) => {
                self.state = state;
                ServerStep::Ignore(Ignored("a Response out of turn"))
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        match (answer.subscriber(), &self.answers.who, &self.state) {
            (None, ..) => self.answers.is_missing = true,
            (Some(who), None, State::Asking(_)) => self.answers.who = Some(who),
            (Some(vectors), ..) => self.answers.vectors = Some(vectors),
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    fn identity(&self) -> Option<&[u8]> {
        Some(&self.permanent).filter(|permanent| !permanent.is_empty()).map(Vec::as_slice)
    }
}
