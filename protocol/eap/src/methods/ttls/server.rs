//! The server's side.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::{ct_eq, mschap};
use tls::Endpoint;

use super::avp::{self, Avps};
use super::{COMMITMENT, Implicit, LABEL, TtlsInner, VERSION, avps, is_implicit, padded};
use crate::fragment::TlsFrame;
use crate::methods::mschapv2::{nt_hash, success_text, user_name};
use crate::packet::Body;
use crate::tunnel::{Channel, EndpointOf, InnerServer, ServedStep, Taken, start_frame};
use crate::{Answer, Ask, Context, EapError, Ignored, Keys, MethodType, Password, ServerMethod, ServerStep, User};

/// What is remembered with a session before the identity: the method, so that none is taken up again by another.
const KEPT: &[u8] = &[21];

/// The server's side.
#[derive(Debug)]
pub struct TtlsServer {
    endpoint: EndpointOf,
    state: State,
    keys: Option<Keys>,
    identity: Vec<u8>,
    /// Who the proof inside is said to be of.
    user: Option<User>,
}

#[derive(Debug)]
enum State {
    Start,
    Running(Box<Running>),
    Failing(EapError),
    Ended,
}

#[derive(Debug)]
struct Running {
    channel: Channel,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Handshake,
    /// For the first words inside, which are the peer's.
    Listening,
    /// Somebody outside looks the user up.
    Asking(Proof),
    Eap(Box<InnerServer>),
    /// All is well and said inside; the peer has only to acknowledge it.
    Accepted,
    /// The peer was told why not.
    Refused(EapError),
}

/// What a peer has shown.
#[derive(Debug)]
enum Proof {
    Pap { password: crypto::Secret },
    Chap { response: [u8; 17], challenge: Vec<u8> },
    MsChap { response: [u8; 50], challenge: Vec<u8> },
    MsChapV2 { response: [u8; 50], challenge: Vec<u8> },
}

const WRONG: EapError = EapError::credentials("the password inside of TTLS is wrong");

impl Proof {
    fn of(avps: &Avps<'_>) -> Option<Proof> {
        let microsoft = || avps.get(avp::MS_CHAP_CHALLENGE).map(<[u8]>::to_vec);
        if let Some(password) = avps.get(avp::USER_PASSWORD) {
            return Some(Proof::Pap { password: password.into() });
        }
        if let Some(response) = avps.get(avp::CHAP_PASSWORD) {
            let challenge = avps.get(avp::CHAP_CHALLENGE)?.to_vec();
            return Some(Proof::Chap { response: response.try_into().ok()?, challenge });
        }
        if let Some(response) = avps.get(avp::MS_CHAP_RESPONSE) {
            return Some(Proof::MsChap { response: response.try_into().ok()?, challenge: microsoft()? });
        }
        let response = avps.get(avp::MS_CHAP2_RESPONSE)?.try_into().ok()?;
        Some(Proof::MsChapV2 { response, challenge: microsoft()? })
    }

    const fn inner(&self) -> TtlsInner {
        match self {
            Self::Pap { .. } => TtlsInner::Pap,
            Self::Chap { .. } => TtlsInner::Chap,
            Self::MsChap { .. } => TtlsInner::MsChap,
            Self::MsChapV2 { .. } => TtlsInner::MsChapV2,
        }
    }

    /// Whether the proof is right; `None` where the peer is to be told with the proof of ours that is given.
    fn judge(&self, name: &[u8], known: &Password, channel: &mut Channel) -> Result<Option<Vec<u8>>, EapError> {
        let is_right = match self {
            Self::Pap { password } => match known {
                Password::Plain(plain) => ct_eq(password.as_bytes(), padded(plain.as_bytes()).as_bytes()),
                Password::NtHash(hash) => {
                    let end = password
                        .as_bytes()
                        .iter()
                        .rposition(|octet| *octet != 0)
                        .map_or(0, |last| last.saturating_add(1));
                    let given = password.as_bytes().get(..end).unwrap_or_default();
                    mschap::nt_password_hash(given) == *hash
                }
            },
            Self::Chap { response: [id, response @ ..], challenge } => {
                let implicit = Implicit::<16>::of(channel)?;
                let plain =
                    known.plain().ok_or(EapError::configuration("CHAP needs the user's password, not its hash"))?;
                is_implicit(&implicit, Some(challenge), Some(id))
                    && ct_eq(response, &crypto::md5(&[&[*id], plain, challenge]))
            }
            Self::MsChap { response, challenge } => {
                let implicit = Implicit::<8>::of(channel)?;
                let wanted = mschap::challenge_response(&implicit.challenge, &nt_hash(known));
                // RFC 2548 2.1.3: without the flag it is the response of LAN Manager, which nobody should give.
                is_implicit(&implicit, Some(challenge), response.first())
                    && response.get(1) == Some(&1)
                    && ct_eq(response.get(26..).unwrap_or_default(), &wanted)
            }
            Self::MsChapV2 { response, challenge } => {
                let implicit = Implicit::<16>::of(channel)?;
                let (hash, name) = (nt_hash(known), user_name(name));
                let peer = response.get(2..).and_then(|rest| rest.first_chunk::<16>()).copied().unwrap_or_default();
                let wanted = mschap::nt_response(&implicit.challenge, &peer, name, &hash);
                if !is_implicit(&implicit, Some(challenge), response.first())
                    || !ct_eq(response.get(26..).unwrap_or_default(), &wanted)
                {
                    return Err(WRONG);
                }
                let proof = mschap::authenticator_response(&hash, &wanted, &peer, &implicit.challenge, name);
                return Ok(Some([&[implicit.id][..], &success_text(&proof)].concat()));
            }
        };
        if is_right { Ok(None) } else { Err(WRONG) }
    }
}

impl TtlsServer {
    /// One whose sessions are started from this endpoint. Who is inside is asked for; a [`User`] says which of TTLS's
    /// own ways are allowed.
    #[must_use]
    pub const fn new(endpoint: Arc<dyn Endpoint>) -> TtlsServer {
        TtlsServer { endpoint: EndpointOf(endpoint), state: State::Start, keys: None, identity: Vec::new(), user: None }
    }

    fn run(&mut self, mut running: Running, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> ServerStep {
        let was_handshaking = running.channel.is_handshaking();
        match running.channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                let data = running.channel.empty_frame();
                self.state = State::Running(Box::new(running));
                return ServerStep::Request(data);
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                return match running.channel.next_frame(cx.room) {
                    Some(alert) => {
                        self.state = State::Failing(error);
                        ServerStep::Request(alert)
                    }
                    None => ServerStep::Fail(error),
                };
            }
        }
        if was_handshaking && !running.channel.is_handshaking() {
            running.channel.note_chain(cx.notes);
        }
        if running.channel.is_sending() {
            return self.request(running, cx);
        }
        let plaintext = running.channel.session().plaintext();
        if running.channel.is_handshaking() {
            return match running.channel.next_frame(cx.room) {
                Some(data) => {
                    self.state = State::Running(Box::new(running));
                    ServerStep::Request(data)
                }
                None => ServerStep::Fail(EapError::protocol("a flight of TLS that is not complete")),
            };
        }
        self.proceed(running, &plaintext, cx)
    }

    fn proceed(&mut self, mut running: Running, plaintext: &[u8], cx: &mut Context<'_>) -> ServerStep {
        match running.phase {
            Phase::Handshake => {
                let remembered = running.channel.session().remembered().and_then(|kept| kept.strip_prefix(KEPT));
                if let Some(identity) = remembered.map(<[u8]>::to_vec) {
                    self.identity = identity;
                    return self.resumed(running, cx);
                }
                running.phase = Phase::Listening;
                if plaintext.is_empty() { self.request(running, cx) } else { self.proceed(running, plaintext, cx) }
            }
            // RFC 9427 3: what the peer says may come with its Finished, or after our tickets.
            Phase::Listening if plaintext.is_empty() => self.request(running, cx),
            Phase::Listening => match Avps::parse(plaintext) {
                Ok(avps) => self.listen(running, &avps, cx),
                Err(why) => ServerStep::Fail(why.into()),
            },
            Phase::Eap(mut inner) => {
                running.phase = Phase::Handshake;
                match Avps::parse(plaintext).map(|avps| avps.eap) {
                    Ok(Some(packet)) => {
                        let step = inner.handle(&packet, cx);
                        self.inner(running, inner, step, cx)
                    }
                    Ok(None) => ServerStep::Fail(EapError::protocol("no EAP-Message inside of TTLS")),
                    Err(why) => ServerStep::Fail(why.into()),
                }
            }
            Phase::Accepted if plaintext.is_empty() => self.succeed(running.channel),
            Phase::Accepted | Phase::Asking(_) => {
                ServerStep::Fail(EapError::protocol("data in place of an acknowledgement"))
            }
            Phase::Refused(error) => ServerStep::Fail(error),
        }
    }

    /// RFC 9427 3, RFC 9190 2.5: an earlier session of TLS 1.3 is said to be enough under protection.
    fn resumed(&mut self, mut running: Running, cx: &Context<'_>) -> ServerStep {
        if !running.channel.is_tls13() {
            return self.succeed(running.channel);
        }
        running.phase = Phase::Accepted;
        self.say(running, COMMITMENT, cx)
    }

    /// The first words inside.
    fn listen(&mut self, mut running: Running, avps: &Avps<'_>, cx: &mut Context<'_>) -> ServerStep {
        if let Some(packet) = &avps.eap {
            let mut inner = Box::new(InnerServer::new(cx.room, cx.identifier));
            let step = inner.handle(packet, cx);
            return self.inner(running, inner, step, cx);
        }
        let (Some(name), Some(proof)) = (avps.get(avp::USER_NAME), Proof::of(avps)) else {
            return ServerStep::Fail(EapError::protocol("nothing inside of TTLS that authenticates"));
        };
        self.identity = name.to_vec();
        running.phase = Phase::Asking(proof);
        self.state = State::Running(Box::new(running));
        ServerStep::Ask(Ask::User { identity: name.to_vec(), inner: true })
    }

    /// The user was looked up.
    fn judge(&mut self, mut running: Running, proof: &Proof, cx: &Context<'_>) -> ServerStep {
        let Some(user) = self.user.take() else {
            return ServerStep::Fail(EapError::credentials("no such user"));
        };
        let inner = proof.inner();
        let Some(password) = user.password.filter(|_| user.ttls.contains(&inner)) else {
            return ServerStep::Fail(EapError::Credentials(
                alloc::format!("{} is not allowed to this user", inner.name()).into(),
            ));
        };
        match proof.judge(&self.identity, &password, &mut running.channel) {
            Ok(None) => self.succeed(running.channel),
            Ok(Some(ours)) => {
                running.phase = Phase::Accepted;
                match avps(|writer| avp::put(writer, avp::MS_CHAP2_SUCCESS, &ours)) {
                    Ok(message) => self.say(running, &message, cx),
                    Err(error) => ServerStep::Fail(error),
                }
            }
            // Only MSCHAPv2 has a word for it (RFC 5281 11.2.4).
            Err(error) if inner == TtlsInner::MsChapV2 => {
                running.phase = Phase::Refused(error);
                let text = b"\0E=691 R=0 C=00000000000000000000000000000000 V=3 M=FAILED";
                match avps(|writer| avp::put(writer, avp::MS_CHAP_ERROR, text)) {
                    Ok(message) => self.say(running, &message, cx),
                    Err(error) => ServerStep::Fail(error),
                }
            }
            Err(error) => ServerStep::Fail(error),
        }
    }

    fn inner(
        &mut self,
        mut running: Running,
        inner: Box<InnerServer>,
        step: ServedStep,
        cx: &Context<'_>,
    ) -> ServerStep {
        match step {
            ServedStep::Send(packet) => {
                running.phase = Phase::Eap(inner);
                match avps(|writer| avp::put(writer, avp::EAP_MESSAGE, &packet)) {
                    Ok(message) => self.say(running, &message, cx),
                    Err(error) => ServerStep::Fail(error),
                }
            }
            ServedStep::Ask(ask) => {
                running.phase = Phase::Eap(inner);
                self.state = State::Running(Box::new(running));
                ServerStep::Ask(ask)
            }
            ServedStep::Nothing => ServerStep::Fail(EapError::protocol("nothing of sense inside of the tunnel")),
            // RFC 5281 11.2.1: success and failure are said outside only.
            ServedStep::Succeeded(_, identity, _) => {
                self.identity = identity;
                self.succeed(running.channel)
            }
            ServedStep::Failed(_, error) => ServerStep::Fail(error),
        }
    }

    fn succeed(&mut self, mut channel: Channel) -> ServerStep {
        match channel.keys(LABEL) {
            Ok((_, keys)) => {
                self.keys = Some(keys);
                channel.session().keep(&[KEPT, &self.identity].concat());
                ServerStep::Succeed
            }
            Err(error) => ServerStep::Fail(error),
        }
    }

    fn say(&mut self, mut running: Running, message: &[u8], cx: &Context<'_>) -> ServerStep {
        match running.channel.session().send(message) {
            Ok(()) => self.request(running, cx),
            Err(error) => ServerStep::Fail(error.into()),
        }
    }

    fn request(&mut self, mut running: Running, cx: &Context<'_>) -> ServerStep {
        let data = running.channel.frame(cx.room);
        self.state = State::Running(Box::new(running));
        ServerStep::Request(data)
    }
}

impl ServerMethod for TtlsServer {
    fn method_type(&self) -> MethodType {
        MethodType::TTLS
    }

    fn start(&mut self, _: &mut Context<'_>) -> ServerStep {
        ServerStep::Request(start_frame(0))
    }

    fn handle(&mut self, response: &Body<'_>, cx: &mut Context<'_>) -> ServerStep {
        let frame = match TlsFrame::parse(response.data) {
            Ok(frame) => frame,
            Err(why) => return ServerStep::Ignore(why.into()),
        };
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Start if frame.rest & VERSION > 0 => {
                ServerStep::Fail(EapError::protocol("the peer answers with a version of TTLS above ours"))
            }
            State::Start => match Channel::server(&self.endpoint.0, MethodType::TTLS, 0, cx) {
                Ok(channel) => self.run(Running { channel, phase: Phase::Handshake }, &frame, cx),
                Err(error) => ServerStep::Fail(error),
            },
            State::Running(running) => match *running {
                Running { channel, phase: Phase::Asking(proof) } => {
                    self.judge(Running { channel, phase: Phase::Listening }, &proof, cx)
                }
                Running { channel, phase: Phase::Eap(mut inner) } => match inner.resume(cx) {
                    Some(step) => self.inner(Running { channel, phase: Phase::Handshake }, inner, step, cx),
                    None => self.run(Running { channel, phase: Phase::Eap(inner) }, &frame, cx),
                },
                running => self.run(running, &frame, cx),
            },
            State::Failing(error) => ServerStep::Fail(error),
            State::Ended => ServerStep::Ignore(Ignored("a Response after the end")),
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let State::Running(running) = &mut self.state {
            match &mut running.phase {
                Phase::Eap(inner) => inner.answer(answer),
                Phase::Asking(_) => self.user = answer.user(),
                Phase::Handshake | Phase::Listening | Phase::Accepted | Phase::Refused(_) => {}
            }
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    fn identity(&self) -> Option<&[u8]> {
        Some(&self.identity).filter(|identity| !identity.is_empty()).map(Vec::as_slice)
    }
}
