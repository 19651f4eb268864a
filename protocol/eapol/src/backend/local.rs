//! A server in this process.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use eap::{Answer, Ask, Env, MethodType, Note, Server, ServerConfig, ServerOutput};

use super::{Accept, BackendAnswer, SessionGrant};
use crate::MasterKey;

/// What a server here wants done, in order.
#[derive(Debug)]
pub enum LocalOutput {
    /// For [`AuthenticatorEvent::Backend`](crate::AuthenticatorEvent::Backend).
    Answer {
        /// The conversation that it belongs to.
        conversation: u32,
        /// What it says.
        answer: BackendAnswer,
    },
    /// Find out, and tell with [`LocalServer::answer`].
    Ask(Ask),
    /// What the method wants known.
    Note(Note),
    /// The peer prefers another method than this one.
    Refused(MethodType),
}

/// A server here: one conversation of one port at a time.
#[derive(Debug)]
pub struct LocalServer {
    config: ServerConfig,
    running: Option<(u32, Server)>,
    outputs: VecDeque<LocalOutput>,
}

impl LocalServer {
    /// A server without a conversation.
    #[must_use]
    pub const fn new(config: ServerConfig) -> LocalServer {
        LocalServer { config, running: None, outputs: VecDeque::new() }
    }

    /// Takes a Response of a conversation; the first one of a new conversation begins it, and forgets the one before.
    pub fn handle(&mut self, conversation: u32, packet: &[u8], env: &mut Env<'_>) {
        let (_, server) = match self.running.take() {
            Some(running) if running.0 == conversation => self.running.insert(running),
            Some(_) | None => {
                self.outputs.clear();
                // The identity's Response says which identifier comes next.
                self.running.insert((conversation, Server::new(self.config, 0)))
            }
        };
        let ignored = server.handle_packet(packet, env).is_err();
        self.settle();
        if ignored {
            self.outputs.push_back(LocalOutput::Answer { conversation, answer: BackendAnswer::Ignored });
        }
    }

    /// Takes what was asked for. Nothing happens if nothing was.
    pub fn answer(&mut self, answer: Answer, env: &mut Env<'_>) {
        if let Some((_, server)) = &mut self.running {
            server.answer(answer, env);
        }
        self.settle();
    }

    /// Forgets a conversation that nobody leads any more.
    pub fn abandon(&mut self, conversation: u32) {
        if self.running.as_ref().is_some_and(|(running, _)| *running == conversation) {
            self.running = None;
            self.outputs.clear();
        }
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<LocalOutput> {
        self.outputs.pop_front()
    }

    fn settle(&mut self) {
        let Some((conversation, server)) = &mut self.running else { return };
        while let Some(output) = server.poll_output() {
            let answer = match output {
                ServerOutput::Send(packet) => BackendAnswer::Request { packet, wait: None },
                ServerOutput::Success { packet, identity, keys, .. } => {
                    let grant = SessionGrant { user: Some(identity), ..SessionGrant::default() };
                    let key = keys.as_ref().map(MasterKey::of_eap);
                    BackendAnswer::Accept(Box::new(Accept { packet: Some(packet), key, grant }))
                }
                ServerOutput::Failure { packet, error } => BackendAnswer::Reject { packet: Some(packet), error },
                ServerOutput::Ask(ask) => {
                    self.outputs.push_back(LocalOutput::Ask(ask));
                    continue;
                }
                ServerOutput::Note(note) => {
                    self.outputs.push_back(LocalOutput::Note(note));
                    continue;
                }
                ServerOutput::Refused(method) => {
                    self.outputs.push_back(LocalOutput::Refused(method));
                    continue;
                }
            };
            self.outputs.push_back(LocalOutput::Answer { conversation: *conversation, answer });
        }
    }
}
