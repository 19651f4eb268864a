//! How conversations of EAP begin, go on and end.

use alloc::boxed::Box;

use eap::{AuthenticatorOutput as EapOutput, EapError, Verdict};
use wire::{Instant, ReasonCode};

use super::state::{Conversation, State};
use super::{Authenticator, AuthenticatorOutput, Shared};
use crate::{Accept, BackendAnswer, Discard, PacketType, PaeError, PortKind};

/// How many EAPOL-Starts of a conversation have its first Request sent again at once.
const STARTS: u32 = 3;

impl Authenticator {
    pub(super) fn handle_eap(&mut self, bytes: &[u8], now: Instant) -> Result<(), Discard> {
        let Some(conversation) = self.state.conversation() else {
            return Err(Discard::State("no conversation goes on"));
        };
        self.shared.eap.handle_packet(bytes, now)?;
        conversation.moved = now;
        Ok(())
    }

    /// `eapolStart`. Anybody may send it, and a conversation that moves is not thrown over by it.
    pub(super) fn handle_start(&mut self, now: Instant) -> Result<(), Discard> {
        let interval = self.shared.config.start_interval;
        if let Some(conversation) = self.state.conversation() {
            if now.since(conversation.moved) >= interval {
                // The peer has begun anew, and knows nothing of it.
                let attempt = conversation.attempt;
                self.again(attempt, now);
                return Ok(());
            }
            // It was not yet there when it was asked.
            if conversation.identity.is_none() && conversation.starts < STARTS {
                conversation.starts = conversation.starts.saturating_add(1);
                let first = conversation.first;
                self.shared.eap.start(first, now);
                return Ok(());
            }
            return Err(Discard::Flood);
        }
        match core::mem::replace(&mut self.state, State::Disabled) {
            State::Unauthenticated { .. } => {
                self.state = State::Authenticating(self.shared.begin(0, now));
                Ok(())
            }
            State::Authenticated(session) if session.open && now.since(session.since) >= interval => {
                self.state = State::Reauthenticating(session, self.shared.begin(0, now));
                Ok(())
            }
            State::Authenticated(session) => {
                let open = session.open;
                self.state = State::Authenticated(session);
                Err(if open { Discard::Flood } else { Discard::State("EAPOL-Start while keys are agreed upon") })
            }
            held @ State::Held { .. } => {
                self.state = held;
                Err(Discard::State("EAPOL-Start in the quiet time after a failure"))
            }
            // IEEE Std 802.1X-2004 8.2.4.8, 8.2.4.9: the same word once more.
            State::ForcedOpen => {
                self.shared.send_canned(true);
                self.state = State::ForcedOpen;
                Ok(())
            }
            State::ForcedShut => {
                self.shared.send_canned(false);
                self.state = State::ForcedShut;
                Ok(())
            }
            other @ (State::Disabled | State::Authenticating(_) | State::Reauthenticating(..)) => {
                self.state = other;
                Err(Discard::State("EAPOL-Start is not wanted"))
            }
        }
    }

    /// Begins the conversation that goes on once more.
    fn again(&mut self, attempt: u32, now: Instant) {
        self.abandon();
        self.state = match core::mem::replace(&mut self.state, State::Disabled) {
            State::Authenticating(_) => State::Authenticating(self.shared.begin(attempt, now)),
            State::Reauthenticating(session, _) => State::Reauthenticating(session, self.shared.begin(attempt, now)),
            other @ (State::Disabled
            | State::Unauthenticated { .. }
            | State::Authenticated(_)
            | State::Held { .. }
            | State::ForcedOpen
            | State::ForcedShut) => other,
        };
    }

    pub(super) fn handle_backend(&mut self, serial: u32, answer: BackendAnswer, now: Instant) -> Result<(), Discard> {
        let key_needed = self.shared.config.port.needs_key();
        match self.state.conversation() {
            Some(conversation) if conversation.serial == serial => conversation.moved = now,
            Some(_) | None => return Err(Discard::State("an answer to an earlier conversation")),
        }
        let eap = &mut self.shared.eap;
        let mut accept = None;
        match answer {
            BackendAnswer::Request { packet, wait } => eap.handle_request(&packet, wait, now)?,
            BackendAnswer::Accept(given) if key_needed && given.key.is_none() => {
                let error = EapError::configuration("the server lets the peer in and gives no key");
                eap.handle_reject(None, error)?;
            }
            BackendAnswer::Accept(given) => {
                eap.handle_accept(given.packet.as_deref())?;
                accept = Some(given);
            }
            BackendAnswer::Reject { packet, error } => eap.handle_reject(packet.as_deref(), error)?,
            BackendAnswer::Ignored => eap.handle_ignored(),
        }
        while let Some(output) = self.shared.eap.poll_output() {
            self.eap_said(output, accept.take(), now);
        }
        Ok(())
    }

    /// What EAP wants done; `accept` is what the backend gave, should it let the peer in.
    pub(super) fn eap_said(&mut self, output: EapOutput, accept: Option<Box<Accept>>, now: Instant) {
        match output {
            EapOutput::Send(packet) => self.shared.send_eap(&packet),
            EapOutput::Identity(identity) => {
                if let Some(conversation) = self.state.conversation() {
                    conversation.identity = Some(identity);
                }
            }
            EapOutput::ToServer(packet) => {
                if let Some(Conversation { serial, identity, .. }) = self.state.conversation() {
                    let (conversation, identity) = (*serial, identity.clone().unwrap_or_default());
                    self.shared.outputs.push_back(AuthenticatorOutput::ToBackend { conversation, identity, packet });
                }
            }
            EapOutput::Finished(Verdict::Accepted { packet }) => {
                if let Some(accept) = accept {
                    self.accepted(&packet, *accept, now);
                }
            }
            EapOutput::Finished(Verdict::Rejected { packet, error }) => {
                self.shared.send_eap(&packet);
                let next = State::Held { until: now + self.shared.config.quiet_period };
                self.end(error.into(), ReasonCode::IEEE_8021X_FAILED, next);
            }
            EapOutput::Finished(Verdict::Silent) => self.silent(now),
        }
    }

    fn accepted(&mut self, packet: &[u8], accept: Accept, now: Instant) {
        let Accept { key, grant, .. } = accept;
        self.shared.outputs.extend(key.map(AuthenticatorOutput::Key));
        self.shared.send_eap(packet);
        let (conversation, before) = match core::mem::replace(&mut self.state, State::Disabled) {
            State::Authenticating(conversation) => (conversation, None),
            State::Reauthenticating(session, conversation) => (conversation, Some(session)),
            other @ (State::Disabled
            | State::Unauthenticated { .. }
            | State::Authenticated(_)
            | State::Held { .. }
            | State::ForcedOpen
            | State::ForcedShut) => {
                self.state = other;
                return;
            }
        };
        let identity = grant.user.clone().or(conversation.identity).unwrap_or_default();
        self.shared.outputs.push_back(AuthenticatorOutput::Authenticated {
            identity,
            grant: Box::new(grant.clone()),
            again: before.is_some(),
        });
        let open = match self.shared.config.port {
            PortKind::Wired => true,
            PortKind::Wireless => before.is_some_and(|session| session.open),
            PortKind::Preauthentication => {
                self.state = State::Unauthenticated { ask_at: None };
                return;
            }
        };
        self.state = State::Authenticated(Box::new(self.shared.session(grant, open, now)));
    }

    /// The peer does not answer, however often it is asked.
    fn silent(&mut self, now: Instant) {
        let Some(conversation) = self.state.conversation() else { return };
        let attempt = conversation.attempt.saturating_add(1);
        if attempt <= self.shared.config.reauth_max && self.shared.config.port != PortKind::Preauthentication {
            return self.again(attempt, now);
        }
        let ask_at = (self.shared.config.port == PortKind::Wired).then(|| now + self.shared.config.quiet_period);
        self.end(PaeError::Silent, ReasonCode::IEEE_8021X_FAILED, State::Unauthenticated { ask_at });
    }
}

impl Shared {
    /// Begins a conversation.
    pub(super) fn begin(&mut self, attempt: u32, now: Instant) -> Conversation {
        self.serial = self.serial.wrapping_add(1);
        let first = self.identifier;
        self.identifier = first.wrapping_add(1);
        self.eap.start(first, now);
        Conversation { serial: self.serial, attempt, first, identity: None, moved: now, starts: 0 }
    }

    fn send_eap(&mut self, packet: &[u8]) {
        // RFC 3748 4.1: the next conversation's identifier differs from those of this one.
        if let Some(identifier) = packet.get(1) {
            self.identifier = identifier.wrapping_add(1);
        }
        self.send(PacketType::EAP, packet);
    }
}
