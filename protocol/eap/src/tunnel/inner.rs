//! The peer's machine of the conversation inside.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::{
    Answer, Ask, Context, Credentials, Decision, EapError, Env, Keys, MethodType, Peer, PeerConfig, PeerOutput,
};

/// A peer inside of a tunnel, and what it was asked.
#[derive(Debug)]
pub(crate) struct InnerPeer {
    peer: Peer,
    answer: Option<Answer>,
    is_touched: bool,
}

/// What the inner conversation has come to.
#[derive(Debug)]
pub(crate) enum InnerStep {
    /// This packet is for the server.
    Send(Vec<u8>),
    /// The world outside is asked; afterwards [`InnerPeer::resume`].
    Ask(Ask),
    /// Nothing is to be said.
    Nothing,
    /// The server says so, and the method agrees.
    Succeeded,
    /// It has failed.
    Failed(EapError),
}

impl InnerPeer {
    /// One with these methods and the identity itself.
    pub(crate) fn new(credentials: &Credentials, methods: &[MethodType], mtu: usize) -> InnerPeer {
        let inner = Credentials {
            methods: methods.to_vec(),
            anonymous_identity: None,
            tunnel: credentials.inner_tunnel.clone(),
            inner_tunnel: None,
            erp: false,
            ..credentials.clone()
        };
        let config = PeerConfig { key_required: false, mtu, ..PeerConfig::default() };
        InnerPeer { peer: Peer::new(config, Box::new(inner)), answer: None, is_touched: false }
    }

    /// Takes a whole packet. What the inner machine passes over is answered with nothing.
    pub(crate) fn handle(&mut self, packet: &[u8], cx: &mut Context<'_>) -> InnerStep {
        self.is_touched = true;
        let mut env = Env { now: cx.now, wall: cx.wall, rng: &mut *cx.rng };
        if let Err(why) = self.peer.handle_packet(packet, &mut env) {
            cx.notes.push(crate::Note::Text(alloc::format!("inside of the tunnel: {why}")));
        }
        self.outputs(cx)
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.answer = Some(answer);
    }

    /// Goes on with the answer, if there is one.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) -> Option<InnerStep> {
        let answer = self.answer.take()?;
        self.peer.answer(answer, &mut Env { now: cx.now, wall: cx.wall, rng: &mut *cx.rng });
        Some(self.outputs(cx))
    }

    fn outputs(&mut self, cx: &mut Context<'_>) -> InnerStep {
        let mut step = InnerStep::Nothing;
        while let Some(output) = self.peer.poll_output() {
            match output {
                PeerOutput::Send(packet) => step = InnerStep::Send(packet),
                PeerOutput::Ask(ask) => step = InnerStep::Ask(ask),
                PeerOutput::Success(..) => step = InnerStep::Succeeded,
                PeerOutput::Failure(error) => step = InnerStep::Failed(error),
                PeerOutput::Note(note) => cx.notes.push(note),
                PeerOutput::Notification(text) => cx.notes.push(crate::Note::Text(text)),
                PeerOutput::Started(method) => {
                    cx.notes.push(crate::Note::Status("accept proposed method", alloc::format!("{method}")));
                }
                PeerOutput::Refused(method) => {
                    cx.notes.push(crate::Note::Status("refuse proposed method", alloc::format!("{method}")));
                }
            }
        }
        step
    }

    /// How sure the inner method is of success.
    pub(crate) const fn decision(&self) -> Decision {
        self.peer.decision()
    }

    /// Nothing was said inside.
    pub(crate) const fn is_untouched(&self) -> bool {
        !self.is_touched
    }

    /// Which one, once it has begun.
    pub(crate) fn method(&self) -> Option<MethodType> {
        self.peer.method()
    }

    pub(crate) fn keys(&self) -> Option<Keys> {
        self.peer.keys()
    }

    /// Why the inner method has failed, should it know already.
    pub(crate) fn error(&self) -> Option<&EapError> {
        self.peer.error()
    }
}
