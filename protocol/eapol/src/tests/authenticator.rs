//! Each timer and transition of the authenticator, alone.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use rsn::Protection;
use wire::{Instant, ReasonCode};

use super::kit::secs;
use crate::pdu::{self, PacketType};
use crate::{
    Accept, Authenticator, AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput, BackendAnswer, Discard,
    PaeError, PortControl, PortKind, PortStatus, SessionGrant,
};

struct Alone {
    machine: Authenticator,
    now: Instant,
}

impl Alone {
    fn new(port: PortKind) -> Alone {
        Alone { machine: Authenticator::new(AuthenticatorConfig::new(port), 7), now: Instant::ZERO }
    }

    fn event(&mut self, event: AuthenticatorEvent<'_>) -> Result<(), Discard> {
        self.machine.handle_event(event, self.now)
    }

    fn enabled(port: PortKind) -> Alone {
        let mut alone = Alone::new(port);
        alone.event(AuthenticatorEvent::PortEnabled { cached: None }).unwrap();
        alone
    }

    fn frame(&mut self, ty: PacketType, body: &[u8]) -> Result<(), Discard> {
        let bytes = &pdu::write(2, ty, body).unwrap();
        self.event(AuthenticatorEvent::Frame { bytes, protection: Protection::Unknown })
    }

    fn outputs(&mut self) -> Vec<AuthenticatorOutput> {
        core::iter::from_fn(|| self.machine.poll_output()).collect()
    }

    /// What was sent of EAP.
    fn sent(&mut self) -> Vec<Vec<u8>> {
        let is = |output: AuthenticatorOutput| match output {
            AuthenticatorOutput::Send { frame, .. } => Some(frame[4..].to_vec()),
            _ => None,
        };
        self.outputs().into_iter().filter_map(is).collect()
    }

    fn wait(&mut self) -> u64 {
        let next = self.machine.poll_deadline().expect("no timer runs");
        let span = next.since(self.now);
        self.now = next;
        self.machine.handle_timeout(next);
        span.as_secs()
    }

    /// The peer says who it is, and the backend answers.
    fn answered(&mut self, answer: BackendAnswer) {
        let first = self.sent().pop().expect("a Request")[1];
        self.frame(PacketType::EAP, &[2, first, 0, 6, 1, b'a']).unwrap();
        let number = |output: AuthenticatorOutput| match output {
            AuthenticatorOutput::ToBackend { conversation, identity, .. } => {
                assert_eq!(identity, b"a");
                Some(conversation)
            }
            _ => None,
        };
        let conversation = self.outputs().into_iter().find_map(number).unwrap();
        self.event(AuthenticatorEvent::Backend { conversation, answer }).unwrap();
    }
}

fn accept(grant: SessionGrant) -> BackendAnswer {
    BackendAnswer::Accept(Box::new(Accept { grant, ..Accept::default() }))
}

#[test]
fn tx_period_and_reauth_max_bound_how_often_a_silent_peer_is_asked() {
    for port in [PortKind::Wired, PortKind::Wireless] {
        let mut alone = Alone::enabled(port);
        for attempt in 0..3 {
            let mut seen = alone.sent();
            for wait in [3, 6, 12, 20, 20] {
                assert_eq!(alone.wait(), wait);
                seen.extend(alone.sent());
            }
            assert_eq!(alone.wait(), 20);
            let identifier = 7 + attempt;
            assert_eq!(seen, vec![vec![1, identifier, 0, 5, 1]; 6], "one conversation, one identifier");
        }
        let outputs = alone.outputs();
        assert!(outputs.contains(&AuthenticatorOutput::Failed(PaeError::Silent)));
        let disconnect = AuthenticatorOutput::Disconnect(ReasonCode::IEEE_8021X_FAILED);
        assert_eq!(outputs.contains(&disconnect), port == PortKind::Wireless);
        assert_eq!(alone.machine.state_name(), "DISCONNECTED");
        if port == PortKind::Wired {
            assert_eq!(alone.wait(), 60, "somebody may have come meanwhile");
            assert_eq!(alone.machine.state_name(), "CONNECTING");
        } else {
            assert_eq!(alone.machine.poll_deadline(), None);
        }
    }
}

#[test]
fn quiet_period_is_deaf_to_starts() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(BackendAnswer::Reject { packet: None, error: eap::EapError::refused("no") });
    assert_eq!(alone.machine.state_name(), "HELD");
    assert_eq!(alone.sent(), [[4, 7, 0, 4]]);
    assert!(matches!(alone.frame(PacketType::START, &[]), Err(Discard::State(_))));
    assert_eq!(alone.wait(), 60);
    alone.wait();
    assert_eq!(alone.machine.state_name(), "CONNECTING");
    assert_eq!(alone.sent(), [[1, 8, 0, 5, 1]]);
}

#[test]
fn server_timeout_is_a_failure() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.sent();
    alone.frame(PacketType::EAP, &[2, 7, 0, 6, 1, b'a']).unwrap();
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
    assert_eq!(alone.wait(), 60);
    assert_eq!(alone.machine.state_name(), "HELD");
    let outputs = alone.outputs();
    assert!(outputs.iter().any(|output| matches!(output, AuthenticatorOutput::Failed(PaeError::Eap(_)))));
    // What comes too late finds no door.
    let late = AuthenticatorEvent::Backend { conversation: 1, answer: accept(SessionGrant::default()) };
    assert!(alone.event(late).is_err());
}

#[test]
fn a_start_has_a_request_that_came_too_early_sent_again() {
    let mut alone = Alone::enabled(PortKind::Wired);
    assert_eq!(alone.sent().len(), 1);
    for _ in 0..3 {
        alone.frame(PacketType::START, &[]).unwrap();
        assert_eq!(alone.sent(), [[1, 7, 0, 5, 1]]);
    }
    assert_eq!(alone.frame(PacketType::START, &[]), Err(Discard::Flood));
}

#[test]
fn a_cached_key_opens_the_port_without_eap_and_keeps_its_terms() {
    let mut alone = Alone::new(PortKind::Wireless);
    let grant = SessionGrant { session_timeout: Some(secs(50)), ..SessionGrant::default() };
    alone.event(AuthenticatorEvent::PortEnabled { cached: Some(Box::new(grant.clone())) }).unwrap();
    assert_eq!((alone.machine.status(), alone.outputs()), (PortStatus::Unauthorized, vec![]));
    assert!(matches!(alone.frame(PacketType::START, &[]), Err(Discard::State(_))), "keys are agreed upon");
    alone.event(AuthenticatorEvent::KeysInstalled).unwrap();
    assert_eq!(alone.outputs(), [AuthenticatorOutput::Port(PortStatus::Authorized)]);
    assert_eq!(alone.machine.grant(), Some(&grant));
    assert_eq!(alone.wait(), 50);
    assert_eq!(alone.machine.status(), PortStatus::Unauthorized);
    assert!(alone.outputs().contains(&AuthenticatorOutput::Disconnect(ReasonCode::PREV_AUTH_NOT_VALID)));
}

#[test]
fn a_handshake_that_fails_sends_the_station_away() {
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(AuthenticatorEvent::PortEnabled { cached: Some(Box::default()) }).unwrap();
    alone.event(AuthenticatorEvent::HandshakeFailed).unwrap();
    let disconnect = AuthenticatorOutput::Disconnect(ReasonCode::FOUR_WAY_TIMEOUT);
    assert_eq!(alone.outputs(), [AuthenticatorOutput::Failed(PaeError::Handshake), disconnect]);
}

/// FORCE_AUTH and FORCE_UNAUTH.
#[test]
fn forced_ports_say_so_and_say_it_again_to_each_start() {
    for (control, code, status) in [
        (PortControl::ForceAuthorized, 3, PortStatus::Unsecured),
        (PortControl::ForceUnauthorized, 4, PortStatus::Unauthorized),
    ] {
        let mut alone = Alone::enabled(PortKind::Wired);
        alone.outputs();
        alone.machine.set_control(control, alone.now);
        assert_eq!(alone.machine.status(), status);
        assert_eq!(alone.sent()[0][0], code);
        alone.frame(PacketType::START, &[]).unwrap();
        assert_eq!(alone.sent()[0][0], code);
        assert!(alone.frame(PacketType::EAP, &[2, 7, 0, 6, 1, b'a']).is_err());
        assert_eq!(alone.machine.poll_deadline(), None);
        alone.machine.set_control(PortControl::Auto, alone.now);
        assert_eq!((alone.machine.status(), alone.machine.state_name()), (PortStatus::Unauthorized, "CONNECTING"));
    }
}

#[test]
fn no_time_at_all_is_no_limit_of_a_session() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(accept(SessionGrant { session_timeout: Some(secs(0)), ..SessionGrant::default() }));
    assert_eq!(alone.machine.status(), PortStatus::Authorized);
    assert_eq!(alone.wait(), 3600, "reAuthPeriod");
    assert_eq!((alone.machine.status(), alone.machine.state_name()), (PortStatus::Authorized, "AUTHENTICATING"));
}

/// The end of a session comes while it is authenticated again.
#[test]
fn a_session_ends_in_time_though_a_conversation_goes_on() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(accept(SessionGrant { session_timeout: Some(secs(3605)), ..SessionGrant::default() }));
    assert_eq!(alone.wait(), 3600);
    assert_eq!(alone.wait(), 3, "the Request once more");
    assert_eq!(alone.wait(), 2);
    assert_eq!(alone.machine.status(), PortStatus::Unauthorized);
    assert!(alone.outputs().contains(&AuthenticatorOutput::Failed(PaeError::SessionTimeout)));
}

#[test]
fn a_reauthentication_that_fails_shuts_the_port() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(accept(SessionGrant::default()));
    alone.outputs();
    alone.machine.reauthenticate(alone.now);
    alone.answered(BackendAnswer::Reject { packet: None, error: eap::EapError::refused("no") });
    assert!(alone.outputs().contains(&AuthenticatorOutput::Port(PortStatus::Unauthorized)));
    assert_eq!(alone.machine.state_name(), "HELD");
}

#[test]
fn an_administrator_ends_a_session() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(accept(SessionGrant::default()));
    alone.outputs();
    alone.machine.terminate(alone.now);
    assert!(alone.outputs().contains(&AuthenticatorOutput::Port(PortStatus::Unauthorized)));
}

#[test]
fn a_preauthentication_begins_with_the_stations_start() {
    let mut alone = Alone::enabled(PortKind::Preauthentication);
    assert_eq!((alone.outputs(), alone.machine.poll_deadline()), (vec![], None));
    alone.frame(PacketType::START, &[]).unwrap();
    assert_eq!(alone.sent(), [[1, 7, 0, 5, 1]]);
    for ty in [PacketType::KEY, PacketType::LOGOFF] {
        assert_eq!(alone.frame(ty, &[]), Err(Discard::Unexpected(ty)));
    }
}

#[test]
fn a_response_that_the_backend_passes_over_leaves_room_for_another() {
    let mut alone = Alone::enabled(PortKind::Wired);
    alone.answered(BackendAnswer::Ignored);
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
    alone.frame(PacketType::EAP, &[2, 7, 0, 6, 1, b'b']).unwrap();
    assert!(matches!(alone.outputs()[..], [AuthenticatorOutput::ToBackend { .. }]));
}
