//! The authenticator's port access entity (IEEE Std 802.1X-2020 8.6, 8.7; IEEE Std 802.1X-2004 8.2.4 to 8.2.9), one for each
//! peer.
//!
//! Whether the port is open follows from the state ([`Authenticator::status`]); the change is put out after all that led to it.
//! The key is put out before EAP-Success is sent: whoever hears that may begin the 4-way handshake at once.

mod conversation;
mod state;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use rsn::Protection;
use wire::{Instant, ReasonCode};

pub use state::AuthenticatorConfig;

use crate::pdu::{self, PacketType, Pdu};
use crate::port::is_forged;
use crate::{BackendAnswer, Discard, MasterKey, PaeError, PortControl, PortKind, PortStatus, SessionGrant};
use state::{Session, State};

/// What happens to an authenticator.
#[derive(Debug)]
pub enum AuthenticatorEvent<'a> {
    /// The link is up, or the station has associated. `cached`: the terms of the session whose key (PMKSA) its 4-way handshake
    /// uses, so EAP is not called for.
    PortEnabled {
        /// Of an earlier conversation.
        cached: Option<Box<SessionGrant>>,
    },
    /// The link is down, or the station is gone.
    PortDisabled,
    /// An EAPOL packet of the peer; `protection` as the driver tells.
    Frame {
        /// From the version on.
        bytes: &'a [u8],
        /// How it came.
        protection: Protection,
    },
    /// The backend has answered.
    Backend {
        /// As [`AuthenticatorOutput::ToBackend`] had it: an answer to an earlier conversation finds no door.
        conversation: u32,
        /// What it says.
        answer: BackendAnswer,
    },
    /// The 4-way handshake is complete and the kernel has the keys.
    KeysInstalled,
    /// The 4-way handshake has failed.
    HandshakeFailed,
}

/// What an authenticator wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticatorOutput {
    /// Send this packet with [`PortKind::ethertype`] to [`PortKind::destination`].
    Send {
        /// From the version on.
        frame: Vec<u8>,
        /// By the pairwise key.
        protect: bool,
    },
    /// Hand this packet of EAP to the backend, which answers with [`AuthenticatorEvent::Backend`].
    ToBackend {
        /// The conversation's number.
        conversation: u32,
        /// What the peer calls itself, without proof (User-Name).
        identity: Vec<u8>,
        /// A packet of EAP.
        packet: Vec<u8>,
    },
    /// The backend may forget this conversation.
    Abandon {
        /// The conversation's number.
        conversation: u32,
    },
    /// The key of a conversation: for the 4-way handshake, the PMKSA cache, or MACsec.
    Key(MasterKey),
    /// The backend lets the peer in, on these terms.
    Authenticated {
        /// What the peer calls itself, or what the backend knows better.
        identity: Vec<u8>,
        /// The terms.
        grant: Box<SessionGrant>,
        /// The session stood already.
        again: bool,
    },
    /// The port's status has changed.
    Port(PortStatus),
    /// An EAPOL-Key packet, for `rsn`.
    KeyFrame(Vec<u8>),
    /// A packet that is not for PACP: MKA, an alert, or a request for an announcement, which nobody vouches for.
    Other(PacketType, Vec<u8>),
    /// Nobody was authenticated, or the session is over.
    Failed(PaeError),
    /// The station has to go; wireless only.
    Disconnect(ReasonCode),
}

/// The authenticator's machine.
#[derive(Debug)]
pub struct Authenticator {
    shared: Shared,
    state: State,
}

/// What outlives every state.
#[derive(Debug)]
struct Shared {
    config: AuthenticatorConfig,
    eap: eap::Authenticator,
    outputs: VecDeque<AuthenticatorOutput>,
    /// What was last put out.
    reported: PortStatus,
    enabled: bool,
    /// The pairwise key is installed.
    keyed: bool,
    serial: u32,
    /// The identifier of the next conversation's first Request.
    identifier: u8,
}

impl Authenticator {
    /// One whose port is not enabled. `identifier` is that of its first Request: a random one is good.
    #[must_use]
    pub const fn new(config: AuthenticatorConfig, identifier: u8) -> Authenticator {
        let shared = Shared {
            config,
            eap: eap::Authenticator::new(config.eap),
            outputs: VecDeque::new(),
            reported: PortStatus::Unauthorized,
            enabled: false,
            keyed: false,
            serial: 0,
            identifier,
        };
        Authenticator { shared, state: State::Disabled }
    }

    /// Has each conversation begin with an offer of re-authentication (RFC 6696 5.1), in this domain if it has a name.
    pub fn offer_reauthentication(&mut self, domain: &[u8]) {
        self.shared.eap.offer_reauthentication(domain);
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// Why a packet or an answer was passed over; then nothing has changed.
    pub fn handle_event(&mut self, event: AuthenticatorEvent<'_>, now: Instant) -> Result<(), Discard> {
        let result = match event {
            AuthenticatorEvent::PortEnabled { cached } => {
                self.abandon();
                self.shared.enabled = true;
                self.shared.keyed = false;
                self.state = self.shared.entry(cached, now);
                Ok(())
            }
            AuthenticatorEvent::PortDisabled => {
                self.abandon();
                self.shared.enabled = false;
                self.shared.keyed = false;
                self.state = State::Disabled;
                Ok(())
            }
            AuthenticatorEvent::Frame { bytes, protection } => self.handle_frame(bytes, protection, now),
            AuthenticatorEvent::Backend { conversation, answer } => self.handle_backend(conversation, answer, now),
            AuthenticatorEvent::KeysInstalled => {
                if let (PortKind::Wireless, State::Authenticated(session) | State::Reauthenticating(session, _)) =
                    (self.shared.config.port, &mut self.state)
                {
                    self.shared.keyed = true;
                    session.open = true;
                }
                Ok(())
            }
            AuthenticatorEvent::HandshakeFailed => {
                if matches!(self.state, State::Authenticated(_) | State::Reauthenticating(..)) {
                    self.end(
                        PaeError::Handshake,
                        ReasonCode::FOUR_WAY_TIMEOUT,
                        State::Unauthenticated { ask_at: None },
                    );
                }
                Ok(())
            }
        };
        self.settle(now);
        result
    }

    fn handle_frame(&mut self, bytes: &[u8], protection: Protection, now: Instant) -> Result<(), Discard> {
        let pdu = Pdu::parse(bytes)?;
        if !self.shared.enabled {
            return Err(Discard::State("the port is not enabled"));
        }
        let forged = is_forged(self.shared.keyed, protection);
        match pdu.ty {
            PacketType::EAP | PacketType::START if forged => Err(Discard::Unprotected),
            PacketType::EAP => self.handle_eap(pdu.body, now),
            PacketType::START => self.handle_start(now),
            PacketType::LOGOFF => self.handle_logoff(protection),
            // What it is worth is for `rsn` to judge, by its MIC.
            PacketType::KEY if self.shared.config.port == PortKind::Wireless => {
                self.shared.outputs.push_back(AuthenticatorOutput::KeyFrame(pdu.whole.to_vec()));
                Ok(())
            }
            PacketType::MKA | PacketType::ASF_ALERT | PacketType::ANNOUNCEMENT_REQUEST
                if self.shared.config.port == PortKind::Wired =>
            {
                self.shared.outputs.push_back(AuthenticatorOutput::Other(pdu.ty, pdu.body.to_vec()));
                Ok(())
            }
            other => Err(Discard::Unexpected(other)),
        }
    }

    /// `eapolLogoff`. On the air it counts only under the pairwise key: anybody could say it.
    fn handle_logoff(&mut self, protection: Protection) -> Result<(), Discard> {
        match self.shared.config.port {
            PortKind::Wired => {}
            PortKind::Wireless if self.shared.keyed && protection == Protection::Encrypted => {}
            PortKind::Wireless => return Err(Discard::Unprotected),
            PortKind::Preauthentication => return Err(Discard::Unexpected(PacketType::LOGOFF)),
        }
        match &self.state {
            State::Authenticating(_) | State::Authenticated(_) | State::Reauthenticating(..) => {
                self.abandon();
                self.shared.outputs.push_back(AuthenticatorOutput::Failed(PaeError::Logoff));
                self.state = State::Unauthenticated { ask_at: None };
                Ok(())
            }
            State::Disabled
            | State::Unauthenticated { .. }
            | State::Held { .. }
            | State::ForcedOpen
            | State::ForcedShut => Err(Discard::State("a logoff of somebody who is not there")),
        }
    }

    /// Authenticates the peer again. The port stays open until that has come to an end. Nothing happens without a session.
    pub fn reauthenticate(&mut self, now: Instant) {
        self.state = match core::mem::replace(&mut self.state, State::Disabled) {
            State::Authenticated(session) if session.open => {
                State::Reauthenticating(session, self.shared.begin(0, now))
            }
            other @ (State::Disabled
            | State::Unauthenticated { .. }
            | State::Authenticating(_)
            | State::Authenticated(_)
            | State::Reauthenticating(..)
            | State::Held { .. }
            | State::ForcedOpen
            | State::ForcedShut) => other,
        };
        self.settle(now);
    }

    /// Ends the session: an administrator, or a server by dynamic authorization, wants it so.
    pub fn terminate(&mut self, now: Instant) {
        if matches!(self.state, State::Authenticating(_) | State::Authenticated(_) | State::Reauthenticating(..)) {
            let next = State::Unauthenticated { ask_at: None };
            self.end(PaeError::SessionTimeout, ReasonCode::PREV_AUTH_NOT_VALID, next);
        }
        self.settle(now);
    }

    /// Controls the port in another way, which begins anew.
    pub fn set_control(&mut self, control: PortControl, now: Instant) {
        if self.shared.config.control != control {
            self.shared.config.control = control;
            if self.shared.enabled {
                self.abandon();
                self.state = self.shared.entry(None, now);
            }
        }
        self.settle(now);
    }

    /// Time has passed; to be called early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.shared.eap.handle_timeout(now);
        self.settle(now);
        if self.state.deadline().is_some_and(|deadline| deadline <= now) {
            self.overdue(now);
            self.settle(now);
        }
    }

    fn overdue(&mut self, now: Instant) {
        self.state = match core::mem::replace(&mut self.state, State::Disabled) {
            State::Held { .. } => self.shared.look_out(now),
            State::Unauthenticated { .. } => State::Authenticating(self.shared.begin(0, now)),
            State::Authenticated(session) if session.ends_at.is_none_or(|end| end > now) => {
                State::Reauthenticating(session, self.shared.begin(0, now))
            }
            over @ (State::Authenticated(_) | State::Reauthenticating(..)) => {
                self.state = over;
                let next = self.shared.look_out(now);
                return self.end(PaeError::SessionTimeout, ReasonCode::PREV_AUTH_NOT_VALID, next);
            }
            other @ (State::Disabled | State::Authenticating(_) | State::ForcedOpen | State::ForcedShut) => other,
        };
    }

    /// When to call [`Authenticator::handle_timeout`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        [self.state.deadline(), self.shared.eap.poll_deadline()].into_iter().flatten().min()
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<AuthenticatorOutput> {
        self.shared.outputs.pop_front()
    }

    /// Whether the port is open.
    #[must_use]
    pub const fn status(&self) -> PortStatus {
        self.state.status()
    }

    /// The state under the standard's name, for people.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        self.state.name()
    }

    /// The terms of the session that stands.
    #[must_use]
    pub fn grant(&self) -> Option<&SessionGrant> {
        match &self.state {
            State::Authenticated(session) | State::Reauthenticating(session, _) => Some(&session.grant),
            State::Disabled
            | State::Unauthenticated { .. }
            | State::Authenticating(_)
            | State::Held { .. }
            | State::ForcedOpen
            | State::ForcedShut => None,
        }
    }

    /// The end of whatever went on, with the state that follows.
    fn end(&mut self, error: PaeError, reason: ReasonCode, next: State) {
        self.abandon();
        self.shared.outputs.push_back(AuthenticatorOutput::Failed(error));
        self.shared.disconnect(reason);
        self.state = next;
    }

    /// Stops the conversation that goes on, if one does.
    fn abandon(&mut self) {
        self.shared.eap.stop();
        if let Some(conversation) = self.state.conversation() {
            let conversation = conversation.serial;
            self.shared.outputs.push_back(AuthenticatorOutput::Abandon { conversation });
        }
    }

    /// Takes what EAP put out, and says what became of the port.
    fn settle(&mut self, now: Instant) {
        while let Some(output) = self.shared.eap.poll_output() {
            self.eap_said(output, None, now);
        }
        let status = self.state.status();
        if core::mem::replace(&mut self.shared.reported, status) != status {
            self.shared.outputs.push_back(AuthenticatorOutput::Port(status));
        }
    }
}

impl Shared {
    /// The state in which an enabled port begins.
    fn entry(&mut self, cached: Option<Box<SessionGrant>>, now: Instant) -> State {
        match (self.config.control, cached) {
            (PortControl::ForceAuthorized, _) => {
                self.send_canned(true);
                State::ForcedOpen
            }
            (PortControl::ForceUnauthorized, _) => {
                self.send_canned(false);
                State::ForcedShut
            }
            (PortControl::Auto, Some(grant)) if self.config.port == PortKind::Wireless => {
                State::Authenticated(Box::new(self.session(*grant, false, now)))
            }
            (PortControl::Auto, _) => match self.config.port {
                PortKind::Wired | PortKind::Wireless => State::Authenticating(self.begin(0, now)),
                // IEEE Std 802.11-2020 12.6.10.2: the station begins.
                PortKind::Preauthentication => State::Unauthenticated { ask_at: None },
            },
        }
    }

    /// Where nobody is there: wired ports ask from time to time, stations say by themselves that they are.
    fn look_out(&self, now: Instant) -> State {
        let ask_at = (self.config.port == PortKind::Wired).then_some(now);
        State::Unauthenticated { ask_at }
    }

    /// A session on these terms that begins now.
    fn session(&self, grant: SessionGrant, open: bool, now: Instant) -> Session {
        // No time at all is no limit.
        let limit = grant.session_timeout.filter(|limit| !limit.is_zero()).map(|limit| now + limit);
        let period = self.config.reauth_period.map(|period| now + period);
        let (reauth_at, ends_at) = match grant.termination {
            crate::TerminationAction::Default => (period, limit),
            crate::TerminationAction::Reauthenticate => ([period, limit].into_iter().flatten().min(), None),
        };
        Session { grant, open, since: now, reauth_at, ends_at }
    }

    fn send(&mut self, ty: PacketType, body: &[u8]) {
        // EAP's own length is of 16 bits: it always fits.
        if let Ok(frame) = pdu::write(self.config.version, ty, body) {
            self.outputs.push_back(AuthenticatorOutput::Send { frame, protect: self.keyed });
        }
    }

    /// A Success or Failure for nothing (`eapolEap` of FORCE_AUTH and FORCE_UNAUTH).
    fn send_canned(&mut self, success: bool) {
        let identifier = self.identifier;
        self.identifier = identifier.wrapping_add(1);
        self.send(PacketType::EAP, &[if success { 3 } else { 4 }, identifier, 0, 4]);
    }

    fn disconnect(&mut self, reason: ReasonCode) {
        if self.config.port == PortKind::Wireless {
            self.outputs.push_back(AuthenticatorOutput::Disconnect(reason));
        }
    }
}
