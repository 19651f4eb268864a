//! The server's machine of the conversation inside.

use alloc::vec::Vec;

use crate::{Answer, Ask, Context, EapError, Env, Keys, MethodType, Note, Server, ServerConfig, ServerOutput};

/// A server inside of a tunnel, and what was answered to it.
#[derive(Debug)]
pub(crate) struct InnerServer {
    pub(crate) server: Server,
    answer: Option<Answer>,
    /// What has succeeded.
    pub(crate) method: Option<MethodType>,
}

/// What the inner conversation has come to.
#[derive(Debug)]
pub(crate) enum ServedStep {
    /// This packet is for the peer.
    Send(Vec<u8>),
    /// The world outside is asked; afterwards [`InnerServer::resume`].
    Ask(Ask),
    /// The packet was passed over.
    Nothing,
    /// The peer is who it says: what says so inside, who it is, and the inner keys.
    Succeeded(Vec<u8>, Vec<u8>, Option<Keys>),
    /// It is not: what says so inside, and why.
    Failed(Vec<u8>, EapError),
}

impl InnerServer {
    pub(crate) fn new(mtu: usize, identifier: u8) -> InnerServer {
        InnerServer::with(false, mtu, identifier)
    }

    /// One that proposes nothing that makes no keys.
    pub(crate) fn keyed(mtu: usize, identifier: u8) -> InnerServer {
        InnerServer::with(true, mtu, identifier)
    }

    fn with(key_required: bool, mtu: usize, identifier: u8) -> InnerServer {
        let config = ServerConfig { key_required, mtu, inner: true, ..ServerConfig::default() };
        InnerServer { server: Server::new(config, identifier), answer: None, method: None }
    }

    /// Asks for the identity inside.
    pub(crate) fn start(&mut self, cx: &mut Context<'_>) -> ServedStep {
        self.server.start();
        self.outputs(cx)
    }

    /// Takes a whole packet.
    pub(crate) fn handle(&mut self, packet: &[u8], cx: &mut Context<'_>) -> ServedStep {
        let mut env = Env { now: cx.now, wall: cx.wall, rng: &mut *cx.rng };
        if let Err(why) = self.server.handle_packet(packet, &mut env) {
            cx.notes.push(Note::Text(alloc::format!("inside of the tunnel: {why}")));
        }
        self.outputs(cx)
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.answer = Some(answer);
    }

    /// Goes on with the answer, if there is one.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) -> Option<ServedStep> {
        let answer = self.answer.take()?;
        self.server.answer(answer, &mut Env { now: cx.now, wall: cx.wall, rng: &mut *cx.rng });
        Some(self.outputs(cx))
    }

    fn outputs(&mut self, cx: &mut Context<'_>) -> ServedStep {
        let mut step = ServedStep::Nothing;
        while let Some(output) = self.server.poll_output() {
            match output {
                ServerOutput::Send(packet) => step = ServedStep::Send(packet),
                ServerOutput::Ask(ask) => step = ServedStep::Ask(ask),
                ServerOutput::Note(note) => cx.notes.push(note),
                ServerOutput::Refused(method) => {
                    cx.notes.push(Note::Text(alloc::format!("the peer wants another inner method than {method}")));
                }
                ServerOutput::Success { packet, identity, keys, method } => {
                    self.method = Some(method);
                    step = ServedStep::Succeeded(packet, identity, keys);
                }
                ServerOutput::Failure { packet, error } => step = ServedStep::Failed(packet, error),
            }
        }
        step
    }
}
