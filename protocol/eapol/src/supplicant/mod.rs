//! The supplicant's port access entity (IEEE Std 802.1X-2020 8.4, 8.5; IEEE Std 802.1X-2004 8.2.11, 8.2.12).
//!
//! Whether the port is open follows from the state ([`Supplicant::status`]); the change is put out after all that led to it, so
//! the key is there before the success, and the success before the port.

mod conversation;
mod state;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use eap::{Answer, Ask, Env, MethodType, Note, Peer, PeerConfig, PeerMethods};
use rsn::Protection;
use wire::Instant;

pub use state::{SupplicantConfig, WithoutAuthenticator};

use crate::pdu::{self, PacketType, Pdu};
use crate::port::is_forged;
use crate::{Discard, MasterKey, PaeError, PortControl, PortKind, PortStatus};
use state::{Authenticated, Authenticating, Before, Connecting, State};

/// What happens to a supplicant.
#[derive(Debug)]
pub enum SupplicantEvent<'a> {
    /// The link is up, or the association stands. `cached`: its 4-way handshake may use a key from the PMKSA cache, so EAP is
    /// not called for.
    PortEnabled {
        /// A key is there already.
        cached: bool,
    },
    /// The link is down.
    PortDisabled,
    /// An EAPOL packet of the authenticator; `protection` as the driver tells.
    Frame {
        /// From the version on.
        bytes: &'a [u8],
        /// How it came.
        protection: Protection,
    },
    /// `rsn` has taken message 1 of a 4-way handshake: the authenticator is content, though its Success may have been lost.
    HandshakeBegins,
    /// The 4-way handshake is complete and the kernel has the keys.
    KeysInstalled,
    /// The 4-way handshake has failed.
    HandshakeFailed,
    /// What EAP has asked for.
    Answer(Answer),
}

/// What a supplicant wants done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum SupplicantOutput {
    /// Send this packet with [`PortKind::ethertype`] to [`PortKind::destination`].
    Send {
        /// From the version on.
        frame: Vec<u8>,
        /// By the pairwise key.
        protect: bool,
    },
    /// The key of a conversation: for the 4-way handshake, the PMKSA cache, or MACsec.
    Key(MasterKey),
    /// EAP has succeeded, by this method; without one by the key of an earlier conversation (ERP).
    Authenticated(Option<MethodType>),
    /// The port's status has changed.
    Port(PortStatus),
    /// An EAPOL-Key packet, for `rsn`.
    KeyFrame(Vec<u8>),
    /// A packet that is not for PACP: MKA, or an announcement, which nobody vouches for.
    Other(PacketType, Vec<u8>),
    /// Find out, and tell with [`SupplicantEvent::Answer`].
    Ask(Ask),
    /// The authenticator has something to say to the person here. Not fit for a terminal as it is.
    Notification(String),
    /// This method was started.
    Started(MethodType),
    /// This method was proposed, and refused.
    Refused(MethodType),
    /// What the method wants known.
    Note(Note),
    /// Nobody was authenticated.
    Failed(PaeError),
}

/// The supplicant's machine.
#[derive(Debug)]
pub struct Supplicant {
    shared: Shared,
    state: State,
}

/// What outlives every state.
#[derive(Debug)]
struct Shared {
    config: SupplicantConfig,
    peer: Peer,
    outputs: VecDeque<SupplicantOutput>,
    /// What was last put out.
    reported: PortStatus,
    enabled: bool,
    logged_off: bool,
    /// The pairwise key is installed.
    keyed: bool,
    /// Digest of the Request that began the conversation.
    first: Option<[u8; 32]>,
}

impl Supplicant {
    /// One whose port is not enabled. Ports that are there for keys take no method without them; only wired ones believe a
    /// canned Success.
    #[must_use]
    pub fn new(config: SupplicantConfig, peer: PeerConfig, methods: Box<dyn PeerMethods>) -> Supplicant {
        let peer = PeerConfig {
            key_required: peer.key_required || config.port.needs_key(),
            canned_success: peer.canned_success && config.port == PortKind::Wired,
            ..peer
        };
        let shared = Shared {
            config,
            peer: Peer::new(peer, methods),
            outputs: VecDeque::new(),
            reported: PortStatus::Unauthorized,
            enabled: false,
            logged_off: false,
            keyed: false,
            first: None,
        };
        Supplicant { shared, state: State::Disabled }
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// Why a packet was passed over; then nothing has changed.
    pub fn handle_event(&mut self, event: SupplicantEvent<'_>, env: &mut Env<'_>) -> Result<(), Discard> {
        let result = match event {
            SupplicantEvent::PortEnabled { cached } => {
                self.shared.enabled = true;
                self.shared.keyed = false;
                self.state = self.shared.entry(cached, env.now);
                Ok(())
            }
            SupplicantEvent::PortDisabled => {
                self.shared.enabled = false;
                self.shared.keyed = false;
                self.shared.peer.restart();
                self.state = State::Disabled;
                Ok(())
            }
            SupplicantEvent::Frame { bytes, protection } => self.handle_frame(bytes, protection, env),
            SupplicantEvent::HandshakeBegins => {
                if matches!(self.state, State::Authenticating(_)) {
                    self.shared.peer.handle_lower_success();
                }
                Ok(())
            }
            SupplicantEvent::KeysInstalled => {
                self.keys_installed(env.now);
                Ok(())
            }
            SupplicantEvent::HandshakeFailed => {
                self.handshake_failed(env.now);
                Ok(())
            }
            SupplicantEvent::Answer(answer) => {
                if matches!(self.state, State::Authenticating(_)) {
                    self.shared.peer.answer(answer, env);
                }
                Ok(())
            }
        };
        self.settle(env.now);
        result
    }

    fn handle_frame(&mut self, bytes: &[u8], protection: Protection, env: &mut Env<'_>) -> Result<(), Discard> {
        let pdu = Pdu::parse(bytes)?;
        if !self.shared.enabled {
            return Err(Discard::State("the port is not enabled"));
        }
        match pdu.ty {
            PacketType::EAP if is_forged(self.shared.keyed, protection) => Err(Discard::Unprotected),
            PacketType::EAP => self.handle_eap(pdu.body, env),
            // What it is worth is for `rsn` to judge, by its MIC.
            PacketType::KEY if self.shared.config.port == PortKind::Wireless => {
                self.shared.outputs.push_back(SupplicantOutput::KeyFrame(pdu.whole.to_vec()));
                Ok(())
            }
            PacketType::MKA | PacketType::ANNOUNCEMENT | PacketType::ANNOUNCEMENT_SPECIFIC
                if self.shared.config.port == PortKind::Wired =>
            {
                self.shared.outputs.push_back(SupplicantOutput::Other(pdu.ty, pdu.body.to_vec()));
                Ok(())
            }
            other => Err(Discard::Unexpected(other)),
        }
    }

    fn keys_installed(&mut self, now: Instant) {
        if self.shared.config.port != PortKind::Wireless {
            return;
        }
        match &self.state {
            State::Authenticated(authenticated) => {
                let since = authenticated.since;
                self.shared.keyed = true;
                self.state = State::Authenticated(Authenticated { open: true, since });
            }
            // The key was in the cache, and both sides had it.
            State::Connecting(Connecting { before: Before::Cached, .. })
            | State::Authenticating(Authenticating { before: Before::Cached, .. }) => {
                self.shared.keyed = true;
                self.shared.peer.restart();
                self.shared.first = None;
                self.state = State::Authenticated(Authenticated { open: true, since: now });
            }
            // Nobody was authenticated for these keys.
            State::Disabled
            | State::LoggedOff
            | State::Connecting(_)
            | State::Authenticating(_)
            | State::Unsecured
            | State::Held { .. }
            | State::Over
            | State::ForcedOpen
            | State::ForcedShut => {}
        }
    }

    fn handshake_failed(&mut self, now: Instant) {
        match &self.state {
            State::Authenticated(_)
            | State::Connecting(Connecting { before: Before::Cached | Before::Open, .. })
            | State::Authenticating(Authenticating { before: Before::Cached | Before::Open, .. }) => {
                self.shared.outputs.push_back(SupplicantOutput::Failed(PaeError::Handshake));
                self.shared.peer.restart();
                self.state = State::Held { until: now + self.shared.config.held_period };
            }
            State::Disabled
            | State::LoggedOff
            | State::Connecting(_)
            | State::Authenticating(_)
            | State::Unsecured
            | State::Held { .. }
            | State::Over
            | State::ForcedOpen
            | State::ForcedShut => {}
        }
    }

    /// The user logs off (`userLogoff`): says so to the authenticator and shuts the port, until [`Supplicant::logon`].
    pub fn logoff(&mut self, now: Instant) {
        self.shared.logged_off = true;
        if self.shared.enabled && self.shared.config.control == PortControl::Auto {
            self.shared.send(PacketType::LOGOFF, &[]);
            self.shared.peer.restart();
            self.state = State::LoggedOff;
        }
        self.settle(now);
    }

    /// The user is there again. Nothing happens if nobody had logged off.
    pub fn logon(&mut self, now: Instant) {
        if core::mem::replace(&mut self.shared.logged_off, false) && self.shared.enabled {
            self.state = self.shared.entry(false, now);
        }
        self.settle(now);
    }

    /// Asks the authenticator for a new conversation. The port stays as it is until that has come to an end.
    pub fn reauthenticate(&mut self, now: Instant) {
        let before = match &self.state {
            State::Authenticated(Authenticated { open: true, .. }) => Before::Open,
            State::Unsecured => Before::Unsecured,
            State::Held { .. } => Before::Shut,
            State::Disabled
            | State::LoggedOff
            | State::Connecting(_)
            | State::Authenticating(_)
            | State::Authenticated(_)
            | State::Over
            | State::ForcedOpen
            | State::ForcedShut => return,
        };
        self.state = self.shared.connect(before, now);
        self.handle_timeout(now);
    }

    /// Controls the port in another way, which begins anew.
    pub fn set_control(&mut self, control: PortControl, now: Instant) {
        if self.shared.config.control != control {
            self.shared.config.control = control;
            if self.shared.enabled {
                self.state = self.shared.entry(false, now);
            }
        }
        self.settle(now);
    }

    /// Where EAP's methods come from.
    pub fn methods(&mut self) -> &mut dyn PeerMethods {
        self.shared.peer.methods()
    }

    /// Time has passed; to be called early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.shared.peer.handle_timeout(now);
        self.settle(now);
        if self.state.deadline().is_some_and(|deadline| deadline <= now) {
            self.state = match core::mem::replace(&mut self.state, State::Disabled) {
                State::Connecting(connecting) => self.shared.start(connecting, now),
                State::Authenticating(authenticating) => self.shared.overdue(authenticating, now),
                State::Held { .. } => {
                    let connecting = Connecting { starts: 0, next: now, before: Before::Shut };
                    self.shared.peer.restart();
                    self.shared.start(connecting, now)
                }
                other @ (State::Disabled
                | State::LoggedOff
                | State::Authenticated(_)
                | State::Unsecured
                | State::Over
                | State::ForcedOpen
                | State::ForcedShut) => other,
            };
            self.settle(now);
        }
    }

    /// When to call [`Supplicant::handle_timeout`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        [self.state.deadline(), self.shared.peer.poll_deadline()].into_iter().flatten().min()
    }

    /// What to do next; to be taken until there is nothing.
    pub fn poll_output(&mut self) -> Option<SupplicantOutput> {
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

    /// EAP's method in the conversation that goes on, or was the last.
    #[must_use]
    pub fn method(&self) -> Option<MethodType> {
        self.shared.peer.method()
    }

    /// Takes what the peer put out, and says what became of the port.
    fn settle(&mut self, now: Instant) {
        while let Some(output) = self.shared.peer.poll_output() {
            self.state = self.shared.peer_said(core::mem::replace(&mut self.state, State::Disabled), output, now);
        }
        let status = self.state.status();
        if core::mem::replace(&mut self.shared.reported, status) != status {
            self.shared.outputs.push_back(SupplicantOutput::Port(status));
        }
    }
}

impl Shared {
    /// The state in which an enabled port begins.
    fn entry(&mut self, cached: bool, now: Instant) -> State {
        self.peer.restart();
        match self.config.control {
            PortControl::ForceAuthorized => State::ForcedOpen,
            // IEEE Std 802.1X-2004 8.2.11.10: the authenticator is told.
            PortControl::ForceUnauthorized => {
                self.send(PacketType::LOGOFF, &[]);
                State::ForcedShut
            }
            PortControl::Auto if self.logged_off => State::LoggedOff,
            PortControl::Auto => {
                let cached = cached && self.config.port == PortKind::Wireless;
                // The handshake is given time to make EAP needless.
                let wait = if cached { self.config.start_period } else { self.config.first_start };
                let before = if cached { Before::Cached } else { Before::Shut };
                State::Connecting(Connecting { starts: 0, next: now + wait, before })
            }
        }
    }

    fn connect(&mut self, before: Before, now: Instant) -> State {
        self.peer.restart();
        State::Connecting(Connecting { starts: 0, next: now, before })
    }

    fn send(&mut self, ty: PacketType, body: &[u8]) {
        // EAP's own length is of 16 bits: it always fits.
        if let Ok(frame) = pdu::write(self.config.version, ty, body) {
            self.outputs.push_back(SupplicantOutput::Send { frame, protect: self.keyed });
        }
    }
}
