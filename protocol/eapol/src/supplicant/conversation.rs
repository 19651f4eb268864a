//! How conversations of EAP begin, go on and end.

use eap::packet::Packet;
use eap::{Decision, EapError, Env, MethodType, PeerOutput};
use wire::Instant;

use super::state::{Authenticated, Authenticating, Before, Connecting, State};
use super::{Shared, Supplicant, SupplicantOutput, WithoutAuthenticator};
use crate::{Discard, MasterKey, PacketType, PaeError, PortKind};

impl Supplicant {
    /// A packet of EAP (`eapolEap`).
    pub(super) fn handle_eap(&mut self, bytes: &[u8], env: &mut Env<'_>) -> Result<(), Discard> {
        let packet = Packet::parse(bytes)?;
        let (asks, asks_who, whole) = match packet {
            Packet::Request(request) => (true, request.method == MethodType::IDENTITY, request.whole),
            // An offer of re-authentication (RFC 6696).
            Packet::Initiate { whole, .. } => (true, true, whole),
            Packet::Response(_) | Packet::Success { .. } | Packet::Failure { .. } | Packet::Finish { .. } => {
                (false, false, bytes)
            }
        };
        let before = match &self.state {
            State::Authenticating(_) => return self.go_on(bytes, env),
            State::Connecting(connecting) => {
                let before = connecting.before;
                // It was restarted when this state was entered. A Success is believed only where that is configured.
                self.shared.peer.handle_packet(bytes, env)?;
                return self.began(asks, whole, before);
            }
            State::Unsecured if asks => Before::Unsecured,
            State::Held { .. } if asks => Before::Shut,
            State::Authenticated(Authenticated { open: true, since }) if asks_who => {
                // What a bad link brings once more does not begin a conversation that nobody leads.
                let fresh = env.now.since(*since) >= self.shared.config.auth_period;
                if !fresh && self.shared.first == Some(crypto::sha256(&[whole])) {
                    return Err(Discard::State("the Request that began the conversation before"));
                }
                Before::Open
            }
            State::Authenticated(Authenticated { open: true, .. }) => {
                return Err(Discard::State("EAP amid a session, and no Request for the identity"));
            }
            State::Authenticated(_) => return Err(Discard::State("EAP while keys are agreed upon")),
            State::Unsecured | State::Held { .. } => return Err(Discard::State("no conversation goes on")),
            State::Disabled | State::LoggedOff | State::Over | State::ForcedOpen | State::ForcedShut => {
                return Err(Discard::State("EAP is not wanted"));
            }
        };
        self.shared.peer.restart();
        self.shared.peer.handle_packet(bytes, env)?;
        self.began(asks, whole, before)
    }

    fn began(&mut self, asks: bool, whole: &[u8], before: Before) -> Result<(), Discard> {
        if asks {
            self.shared.first = Some(crypto::sha256(&[whole]));
            self.state = State::Authenticating(Authenticating { until: None, before });
        }
        Ok(())
    }

    fn go_on(&mut self, bytes: &[u8], env: &mut Env<'_>) -> Result<(), Discard> {
        Ok(self.shared.peer.handle_packet(bytes, env)?)
    }
}

impl Shared {
    /// `startWhen` has run out.
    pub(super) fn start(&mut self, connecting: Connecting, now: Instant) -> State {
        let Connecting { starts, before, .. } = connecting;
        if starts < self.config.max_start {
            self.send(PacketType::START, &[]);
            let starts = starts.saturating_add(1);
            return State::Connecting(Connecting { starts, next: now + self.config.start_period, before });
        }
        if self.is_protected(before) {
            // The session that stands does not end because nobody wants another.
            return State::Authenticated(Authenticated { open: true, since: now });
        }
        if self.config.port == PortKind::Wired && self.config.without_authenticator == WithoutAuthenticator::Open {
            return State::Unsecured;
        }
        self.failed(PaeError::Silent, now)
    }

    /// `authWhile` has run out: the authenticator has fallen silent.
    pub(super) fn overdue(&mut self, authenticating: Authenticating, now: Instant) -> State {
        // RFC 4137 4.2: only the Success can have been lost.
        if self.peer.decision() == Decision::Unconditional {
            self.peer.handle_lower_success();
            return State::Authenticating(Authenticating { until: None, ..authenticating });
        }
        let before = authenticating.before;
        if self.is_protected(before) {
            self.outputs.push_back(SupplicantOutput::Failed(PaeError::Silent));
            return State::Authenticated(Authenticated { open: true, since: now });
        }
        let State::Connecting(connecting) = self.connect(before, now) else { return State::Disabled };
        self.start(connecting, now)
    }

    pub(super) fn peer_said(&mut self, state: State, output: PeerOutput, now: Instant) -> State {
        match output {
            PeerOutput::Send(packet) => {
                self.send(PacketType::EAP, &packet);
                return waits(state, Some(now + self.config.auth_period));
            }
            PeerOutput::Ask(ask) => {
                self.outputs.push_back(SupplicantOutput::Ask(ask));
                return waits(state, None);
            }
            PeerOutput::Success(method, keys) => {
                return self.succeeded(&state, method, keys.as_ref().map(MasterKey::of_eap), now);
            }
            PeerOutput::Failure(error) => return self.eap_failed(&state, error, now),
            PeerOutput::Notification(text) => self.outputs.push_back(SupplicantOutput::Notification(text)),
            PeerOutput::Started(method) => self.outputs.push_back(SupplicantOutput::Started(method)),
            PeerOutput::Refused(method) => self.outputs.push_back(SupplicantOutput::Refused(method)),
            PeerOutput::Note(note) => self.outputs.push_back(SupplicantOutput::Note(note)),
        }
        state
    }

    fn succeeded(&mut self, state: &State, method: Option<MethodType>, key: Option<MasterKey>, now: Instant) -> State {
        // Believed for nothing, on a wired port that is configured so.
        if method.is_none() && key.is_none() {
            return State::Unsecured;
        }
        let open = match self.config.port {
            PortKind::Wired => true,
            PortKind::Wireless | PortKind::Preauthentication => matches!(
                state,
                State::Authenticating(Authenticating { before: Before::Open, .. })
                    | State::Connecting(Connecting { before: Before::Open, .. })
            ),
        };
        self.outputs.extend(key.map(SupplicantOutput::Key));
        self.outputs.push_back(SupplicantOutput::Authenticated(method));
        match self.config.port {
            PortKind::Preauthentication => State::Over,
            PortKind::Wired | PortKind::Wireless => State::Authenticated(Authenticated { open, since: now }),
        }
    }

    fn eap_failed(&mut self, state: &State, error: EapError, now: Instant) -> State {
        if let State::Authenticating(Authenticating { before, .. }) | State::Connecting(Connecting { before, .. }) =
            state
            && self.is_protected(*before)
        {
            // An authenticator that means it takes the link down (WiSec 2022).
            self.outputs.push_back(SupplicantOutput::Failed(error.into()));
            return State::Authenticated(Authenticated { open: true, since: now });
        }
        self.failed(error.into(), now)
    }

    fn failed(&mut self, error: PaeError, now: Instant) -> State {
        self.outputs.push_back(SupplicantOutput::Failed(error));
        match self.config.port {
            PortKind::Preauthentication => State::Over,
            PortKind::Wired | PortKind::Wireless => State::Held { until: now + self.config.held_period },
        }
    }

    /// The session before is one whose frames are protected by its own keys.
    fn is_protected(&self, before: Before) -> bool {
        self.keyed && before == Before::Open
    }
}

fn waits(state: State, until: Option<Instant>) -> State {
    match state {
        State::Authenticating(Authenticating { before, .. }) => State::Authenticating(Authenticating { until, before }),
        other @ (State::Disabled
        | State::LoggedOff
        | State::Connecting(_)
        | State::Authenticated(_)
        | State::Unsecured
        | State::Held { .. }
        | State::Over
        | State::ForcedOpen
        | State::ForcedShut) => other,
    }
}
