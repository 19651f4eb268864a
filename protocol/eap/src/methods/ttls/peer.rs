//! The peer's side.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crypto::{Secret, mschap};

use super::avp::{self, Avps};
use super::{COMMITMENT, Implicit, LABEL, TtlsInner, VERSION, avps, padded};
use crate::fragment::TlsFrame;
use crate::methods::mschapv2::{FailureText, nt_hash, success_is_right, user_name};
use crate::packet::Body;
use crate::tunnel::{Channel, InnerPeer, InnerStep, START_AGAIN, Taken};
use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Keys, MethodType, Note, Password, PeerMethod, PeerStep,
    Progress, TunnelCredentials,
};

/// The peer's side.
#[derive(Debug)]
pub struct TtlsPeer {
    credentials: Credentials,
    tunnel: TunnelCredentials,
    state: State,
    keys: Option<Keys>,
    trouble: Option<EapError>,
}

#[derive(Debug)]
enum State {
    Start,
    Running(Box<Running>),
    Done,
}

#[derive(Debug)]
struct Running {
    channel: Channel,
    phase: Phase,
    /// What comes when our last message was taken in full.
    next: Progress,
    /// Why it is over, once the server was told.
    error: Option<EapError>,
}

#[derive(Debug)]
enum Phase {
    Handshake,
    /// Identity or password are asked for.
    Asking,
    /// The proof was sent; where the server has to give one too, what that must be.
    Proved(Option<Expected>),
    /// EAP inside, and whether somebody is asked for it.
    Eap(Box<InnerPeer>, bool),
}

/// The server's proof in MSCHAPv2.
#[derive(Debug)]
struct Expected {
    id: u8,
    response: [u8; 20],
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let tunnel = credentials.known_tunnel()?.clone();
    let credentials = credentials.clone();
    Ok(Box::new(TtlsPeer { credentials, tunnel, state: State::Start, keys: None, trouble: None }))
}

impl TtlsPeer {
    fn start(&mut self, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        // RFC 5281 9.1: whatever the server knows, version 0 is what we answer with.
        if frame.rest & VERSION > 0 {
            cx.notes.push(Note::Text("the server offers a later version of TTLS".into()));
        }
        match Channel::client(&self.tunnel.endpoint, MethodType::TTLS, 0, cx) {
            Ok(mut channel) => {
                let hello = channel.frame(cx.room);
                let running = Running { channel, phase: Phase::Handshake, next: Progress::Continue, error: None };
                self.state = State::Running(Box::new(running));
                PeerStep::Respond(hello, Progress::Continue)
            }
            Err(error) => PeerStep::Fail(None, error),
        }
    }

    fn run(&mut self, mut running: Running, frame: &TlsFrame<'_>, cx: &mut Context<'_>) -> PeerStep {
        let was_handshaking = running.channel.is_handshaking();
        match running.channel.take(frame, cx.wall) {
            Ok(Taken::Fragment) => {
                let data = running.channel.empty_frame();
                self.state = State::Running(Box::new(running));
                return PeerStep::Respond(data, Progress::Continue);
            }
            Ok(Taken::Turn) => {}
            Err(error) => {
                running.channel.note_chain(cx.notes);
                let alert = running.channel.frame(cx.room);
                return PeerStep::Fail(Some(alert), error);
            }
        }
        if was_handshaking && !running.channel.is_handshaking() {
            running.channel.note_chain(cx.notes);
        }
        if running.channel.is_sending() {
            return self.respond(running, cx);
        }
        let plaintext = running.channel.session().plaintext();
        if running.channel.is_handshaking() {
            return self.respond(running, cx);
        }
        if running.channel.is_tls13() && plaintext == COMMITMENT {
            return self.committed(running, cx);
        }
        if plaintext.is_empty() {
            return self.turn(running, frame.data.is_empty(), cx);
        }
        match Avps::parse(&plaintext) {
            Ok(avps) => self.said(running, &avps, cx),
            Err(why) => PeerStep::Fail(None, why.into()),
        }
    }

    /// An earlier session was taken up again, in which everything was authenticated (RFC 5281 15.1.3).
    fn may_skip(&self, running: &Running) -> bool {
        running.channel.is_resumed() && !self.tunnel.always_inner
    }

    /// It is for us to say something: what is left of the handshake, or what is inside.
    fn turn(&mut self, mut running: Running, is_asked: bool, cx: &mut Context<'_>) -> PeerStep {
        if !matches!(running.phase, Phase::Handshake) {
            return self.respond(running, cx);
        }
        if self.may_skip(&running) {
            if let Err(error) = self.export(&running) {
                return PeerStep::Fail(None, error);
            }
            running.next = Progress::MayContinue(Decision::Conditional);
        }
        match running.channel.next_frame(cx.room) {
            Some(data) => self.sent(running, data),
            None if is_asked || !self.may_skip(&running) => self.begin(running, cx),
            // Only tickets came.
            None => self.respond(running, cx),
        }
    }

    /// The first words inside are ours (RFC 5281 7.3).
    fn begin(&mut self, mut running: Running, cx: &mut Context<'_>) -> PeerStep {
        running.next = Progress::Continue;
        self.keys = None;
        if self.tunnel.ttls == TtlsInner::Eap {
            let mut inner = InnerPeer::new(&self.credentials, &self.tunnel.inner, cx.room);
            // RFC 5281 11.2.1: as if the identity had been asked for.
            let step = inner.handle(&[1, 0, 0, 5, 1], cx);
            return self.inner(running, inner, step, cx);
        }
        let (Some(name), Some(password)) = (&self.credentials.identity, &self.credentials.password) else {
            let ask = if self.credentials.identity.is_none() { Ask::Identity } else { Ask::Password };
            running.phase = Phase::Asking;
            self.state = State::Running(Box::new(running));
            return PeerStep::Ask(ask);
        };
        let proof = prove(self.tunnel.ttls, name, password, &mut running.channel, cx);
        let (message, expected) = match proof {
            Ok(proof) => proof,
            Err(error) => return PeerStep::Fail(None, error),
        };
        if expected.is_none() {
            if let Err(error) = self.export(&running) {
                return PeerStep::Fail(None, error);
            }
            running.next = Progress::MayContinue(Decision::Conditional);
        }
        running.phase = Phase::Proved(expected);
        self.say(running, &message, cx)
    }

    /// The server has said something inside.
    fn said(&mut self, mut running: Running, avps: &Avps<'_>, cx: &mut Context<'_>) -> PeerStep {
        for text in avps.reply() {
            cx.notes.push(Note::Text(String::from_utf8_lossy(text).into_owned()));
        }
        match running.phase {
            Phase::Handshake | Phase::Asking => {
                PeerStep::Fail(None, EapError::protocol("the server speaks first inside of TTLS"))
            }
            Phase::Eap(mut inner, _) => {
                running.phase = Phase::Handshake;
                match &avps.eap {
                    Some(packet) => {
                        let step = inner.handle(packet, cx);
                        self.inner(running, *inner, step, cx)
                    }
                    None => PeerStep::Fail(None, EapError::protocol("no EAP-Message inside of TTLS")),
                }
            }
            Phase::Proved(expected) => {
                running.phase = Phase::Proved(None);
                self.verdict(running, expected, avps, cx)
            }
        }
    }

    /// What the server says to our proof.
    fn verdict(
        &mut self,
        mut running: Running,
        expected: Option<Expected>,
        avps: &Avps<'_>,
        cx: &mut Context<'_>,
    ) -> PeerStep {
        if let Some((_, text)) = avps.get(avp::MS_CHAP_ERROR).and_then(|error| error.split_first()) {
            running.error = Some(EapError::Credentials(FailureText::parse(text).reason().into()));
            return self.respond(running, cx);
        }
        let Some(expected) = expected else {
            // Words for the person here, of whatever kind.
            return self.respond(running, cx);
        };
        let success = avps.get(avp::MS_CHAP2_SUCCESS).and_then(|success| success.split_first());
        // RFC 5281 11.2.4: a server that cannot prove itself is not believed.
        let is_right =
            success.is_some_and(|(id, text)| *id == expected.id && success_is_right(text, &expected.response));
        if is_right {
            if let Err(error) = self.export(&running) {
                return PeerStep::Fail(None, error);
            }
            running.next = Progress::MayContinue(Decision::Unconditional);
        } else {
            running.error = Some(EapError::credentials("the server could not prove that it has the password"));
        }
        self.respond(running, cx)
    }

    fn inner(&mut self, mut running: Running, inner: InnerPeer, step: InnerStep, cx: &mut Context<'_>) -> PeerStep {
        let decision = inner.decision();
        running.error = inner.error().cloned();
        let is_asking = matches!(step, InnerStep::Ask(_));
        running.phase = Phase::Eap(Box::new(inner), is_asking);
        running.next = match decision {
            Decision::Fail => Progress::Continue,
            // What is inside has succeeded; the server still has to say so outside.
            Decision::Conditional | Decision::Unconditional => Progress::MayContinue(Decision::Conditional),
        };
        if decision != Decision::Fail
            && let Err(error) = self.export(&running)
        {
            return PeerStep::Fail(None, error);
        }
        match step {
            InnerStep::Send(packet) => match avps(|writer| avp::put(writer, avp::EAP_MESSAGE, &packet)) {
                Ok(message) => self.say(running, &message, cx),
                Err(error) => PeerStep::Fail(None, error),
            },
            InnerStep::Ask(ask) => {
                self.state = State::Running(Box::new(running));
                PeerStep::Ask(ask)
            }
            InnerStep::Nothing => self.respond(running, cx),
            InnerStep::Succeeded => {
                running.next = Progress::MayContinue(Decision::Unconditional);
                self.respond(running, cx)
            }
            InnerStep::Failed(error) => {
                running.error = Some(error);
                self.respond(running, cx)
            }
        }
    }

    /// The server says under protection that all is well.
    fn committed(&mut self, mut running: Running, cx: &mut Context<'_>) -> PeerStep {
        let is_authenticated = match &running.phase {
            Phase::Handshake => self.may_skip(&running),
            Phase::Asking => false,
            Phase::Proved(expected) => expected.is_none(),
            Phase::Eap(inner, _) => inner.decision() != Decision::Fail,
        };
        if !is_authenticated {
            // Of the kind of CVE-2023-52160.
            running.error = Some(EapError::credentials("the server ends TTLS without the authentication inside"));
            return self.respond(running, cx);
        }
        if let Err(error) = self.export(&running) {
            return PeerStep::Fail(None, error);
        }
        running.next = Progress::Done(Decision::Unconditional);
        self.respond(running, cx)
    }

    fn export(&mut self, running: &Running) -> Result<(), EapError> {
        let (_, keys) = running.channel.keys(LABEL)?;
        self.keys = Some(keys);
        Ok(())
    }

    fn say(&mut self, mut running: Running, message: &[u8], cx: &Context<'_>) -> PeerStep {
        match running.channel.session().send(message) {
            Ok(()) => self.respond(running, cx),
            Err(error) => PeerStep::Fail(None, error.into()),
        }
    }

    fn respond(&mut self, mut running: Running, cx: &Context<'_>) -> PeerStep {
        let data = running.channel.frame(cx.room);
        self.sent(running, data)
    }

    fn sent(&mut self, mut running: Running, data: Vec<u8>) -> PeerStep {
        if running.channel.is_sending() {
            self.state = State::Running(Box::new(running));
            return PeerStep::Respond(data, Progress::Continue);
        }
        if let Some(error) = running.error {
            self.keys = None;
            return PeerStep::Fail(Some(data), error);
        }
        let progress = running.next;
        match progress {
            Progress::Done(_) => running.channel.trust(),
            Progress::MayContinue(_) => {
                running.channel.trust();
                self.state = State::Running(Box::new(running));
            }
            Progress::Continue => self.state = State::Running(Box::new(running)),
        }
        PeerStep::Respond(data, progress)
    }
}

/// Our proof, and what the server's has to be.
fn prove(
    how: TtlsInner,
    name: &[u8],
    password: &Password,
    channel: &mut Channel,
    cx: &mut Context<'_>,
) -> Result<(Vec<u8>, Option<Expected>), EapError> {
    let plain =
        || password.plain().ok_or(EapError::configuration("PAP and CHAP need the password itself, not its hash"));
    let mut expected = None;
    let message = match how {
        TtlsInner::Pap => {
            let password = padded(plain()?);
            avps(|writer| {
                avp::put(writer, avp::USER_NAME, name);
                avp::put(writer, avp::USER_PASSWORD, password.as_bytes());
            })
        }
        TtlsInner::Chap => {
            let Implicit { challenge, id } = Implicit::<16>::of(channel)?;
            let response = [&[id][..], &crypto::md5(&[&[id], plain()?, &challenge])].concat();
            avps(|writer| {
                avp::put(writer, avp::USER_NAME, name);
                avp::put(writer, avp::CHAP_PASSWORD, &response);
                avp::put(writer, avp::CHAP_CHALLENGE, &challenge);
            })
        }
        TtlsInner::MsChap => {
            let Implicit { challenge, id } = Implicit::<8>::of(channel)?;
            let nt_response = mschap::challenge_response(&challenge, &nt_hash(password));
            // RFC 2548 2.1.3: the flag says that the response of NT is the one.
            let response = [&[id, 1][..], &[0; 24], &nt_response].concat();
            avps(|writer| {
                avp::put(writer, avp::USER_NAME, name);
                avp::put(writer, avp::MS_CHAP_CHALLENGE, &challenge);
                avp::put(writer, avp::MS_CHAP_RESPONSE, &response);
            })
        }
        TtlsInner::MsChapV2 => {
            let Implicit { challenge, id } = Implicit::<16>::of(channel)?;
            let hash: Secret = nt_hash(password);
            let mut peer = [0; 16];
            cx.rng.fill(&mut peer);
            let nt_response = mschap::nt_response(&challenge, &peer, user_name(name), &hash);
            let response = mschap::authenticator_response(&hash, &nt_response, &peer, &challenge, user_name(name));
            expected = Some(Expected { id, response });
            let response = [&[id, 0][..], &peer, &[0; 8], &nt_response].concat();
            avps(|writer| {
                avp::put(writer, avp::USER_NAME, name);
                avp::put(writer, avp::MS_CHAP_CHALLENGE, &challenge);
                avp::put(writer, avp::MS_CHAP2_RESPONSE, &response);
            })
        }
        TtlsInner::Eap => Err(EapError::local("EAP inside is a conversation of its own")),
    };
    Ok((message?, expected))
}

impl PeerMethod for TtlsPeer {
    fn method_type(&self) -> MethodType {
        MethodType::TTLS
    }

    fn handle(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> PeerStep {
        let frame = match TlsFrame::parse(request.data) {
            Ok(frame) => frame,
            Err(why) => return PeerStep::Ignore(why.into()),
        };
        if let Some(error) = self.trouble.take() {
            return PeerStep::Fail(None, error);
        }
        match core::mem::replace(&mut self.state, State::Done) {
            State::Start if frame.start => self.start(&frame, cx),
            State::Running(running) if matches!(running.phase, Phase::Asking) => self.begin(*running, cx),
            State::Running(running) if !frame.start => match *running {
                Running { channel, phase: Phase::Eap(mut inner, true), next, error } => {
                    let running = Running { channel, phase: Phase::Handshake, next, error };
                    match inner.resume(cx) {
                        Some(step) => self.inner(running, *inner, step, cx),
                        None => PeerStep::Fail(None, EapError::local("nobody gave what was asked for")),
                    }
                }
                running => self.run(running, &frame, cx),
            },
            other @ (State::Start | State::Running(_) | State::Done) => {
                self.state = other;
                PeerStep::Ignore(START_AGAIN)
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let State::Running(running) = &mut self.state else { return };
        if let Phase::Eap(inner, _) = &mut running.phase {
            return inner.answer(answer);
        }
        if self.credentials.identity.is_none() {
            match answer.text() {
                Some(identity) => self.credentials.identity = Some(identity.as_bytes().to_vec()),
                None => self.trouble = Some(EapError::local("nobody gave an identity")),
            }
        } else {
            match answer.password() {
                Some(password) => self.credentials.password = Some(password),
                None => self.trouble = Some(EapError::local("nobody gave a password")),
            }
        }
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }
}
