//! Each timer and transition of the supplicant, alone.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::{Answer, Ask, Credentials, Env, MethodType, PeerConfig};
use rsn::Protection;
use wire::Instant;

use super::kit::{credentials, peer_config, secs};
use crate::pdu::{self, PacketType, Pdu};
use crate::{
    Discard, PaeError, PortControl, PortKind, PortStatus, Supplicant, SupplicantConfig, SupplicantEvent,
    SupplicantOutput,
};

struct Alone {
    machine: Supplicant,
    now: Instant,
    rng: TestRng,
}

impl Alone {
    fn new(port: PortKind) -> Alone {
        Alone::with(SupplicantConfig::new(port), peer_config(port), credentials(MethodType::MSCHAPV2, "secret"))
    }

    fn with(config: SupplicantConfig, peer: PeerConfig, credentials: Box<Credentials>) -> Alone {
        let machine = Supplicant::new(config, peer, credentials);
        Alone { machine, now: Instant::ZERO, rng: TestRng::new(1) }
    }

    fn event(&mut self, event: SupplicantEvent<'_>) -> Result<(), Discard> {
        let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
        self.machine.handle_event(event, &mut env)
    }

    fn enable(&mut self) {
        self.event(SupplicantEvent::PortEnabled { cached: false }).unwrap();
    }

    fn frame(&mut self, ty: PacketType, body: &[u8]) -> Result<(), Discard> {
        let bytes = &pdu::write(2, ty, body).unwrap();
        self.event(SupplicantEvent::Frame { bytes, protection: Protection::Unknown })
    }

    fn asked(&mut self, identifier: u8) -> Result<(), Discard> {
        self.frame(PacketType::EAP, &[1, identifier, 0, 5, 1])
    }

    fn outputs(&mut self) -> Vec<SupplicantOutput> {
        core::iter::from_fn(|| self.machine.poll_output()).collect()
    }

    /// The types of what was sent.
    fn sent(&mut self) -> Vec<PacketType> {
        let is = |output: &SupplicantOutput| match output {
            SupplicantOutput::Send { frame, .. } => Some(Pdu::parse(frame).unwrap().ty),
            _ => None,
        };
        self.outputs().iter().filter_map(is).collect()
    }

    /// Lets the next timer run out, and tells how long that took.
    fn wait(&mut self) -> u64 {
        let next = self.machine.poll_deadline().expect("no timer runs");
        let span = next.since(self.now);
        self.now = next;
        self.machine.handle_timeout(next);
        span.as_secs()
    }
}

#[test]
fn start_period_and_max_start_bound_the_search_and_held_period_follows() {
    for (port, first) in [(PortKind::Wired, 0), (PortKind::Wireless, 2)] {
        let mut alone = Alone::new(port);
        alone.enable();
        // How long until the first EAPOL-Start; that after HELD is sent with the end of it.
        for first in [Some(first), None] {
            for wait in [first, Some(30), Some(30)] {
                let waited = wait.map(|_| alone.wait());
                assert_eq!(waited, wait);
                assert_eq!(alone.sent(), [PacketType::START]);
            }
            assert_eq!(alone.wait(), 30);
            assert_eq!(alone.outputs(), [SupplicantOutput::Failed(PaeError::Silent)]);
            assert_eq!(alone.machine.state_name(), "HELD");
            assert_eq!(alone.wait(), 60, "heldPeriod");
        }
    }
}

#[test]
fn auth_period_without_a_request_begins_anew() {
    let mut alone = Alone::new(PortKind::Wired);
    alone.enable();
    alone.asked(1).unwrap();
    assert_eq!(alone.sent(), [PacketType::EAP]);
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
    assert_eq!(alone.wait(), 30);
    assert_eq!(alone.machine.state_name(), "CONNECTING");
    assert_eq!(alone.sent(), [PacketType::START]);
}

#[test]
fn auth_period_stands_still_while_a_person_is_asked() {
    let unknown = Box::new(Credentials { methods: vec![MethodType::MSCHAPV2], ..Credentials::default() });
    let config = SupplicantConfig::new(PortKind::Wired);
    let mut alone = Alone::with(config, peer_config(PortKind::Wired), unknown);
    alone.enable();
    alone.asked(1).unwrap();
    assert_eq!(alone.outputs(), [SupplicantOutput::Ask(Ask::Identity)]);
    alone.now += secs(40);
    alone.machine.handle_timeout(alone.now);
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
    alone.event(SupplicantEvent::Answer(Answer::Text(Secret::from(*b"alice")))).unwrap();
    assert_eq!(alone.sent(), [PacketType::EAP]);
}

#[test]
fn held_ends_early_when_the_authenticator_asks() {
    let mut alone = Alone::new(PortKind::Wired);
    alone.enable();
    alone.asked(1).unwrap();
    alone.frame(PacketType::EAP, &[4, 1, 0, 4]).unwrap();
    assert_eq!(alone.machine.state_name(), "HELD");
    assert!(alone.frame(PacketType::EAP, &[4, 1, 0, 4]).is_err());
    assert!(alone.frame(PacketType::EAP, &[3, 1, 0, 4]).is_err());
    assert_eq!(alone.machine.state_name(), "HELD");
    alone.asked(1).unwrap();
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
}

#[test]
fn a_cached_key_opens_the_port_without_eap() {
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(SupplicantEvent::PortEnabled { cached: true }).unwrap();
    alone.event(SupplicantEvent::KeysInstalled).unwrap();
    assert_eq!(alone.outputs(), [SupplicantOutput::Port(PortStatus::Authorized)]);
    assert_eq!(alone.machine.poll_deadline(), None);
    // Where no handshake comes of it, EAP is asked for.
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(SupplicantEvent::PortEnabled { cached: true }).unwrap();
    assert_eq!(alone.wait(), 30);
    assert_eq!(alone.sent(), [PacketType::START]);
    // And an access point that does not have the key begins by itself.
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(SupplicantEvent::PortEnabled { cached: true }).unwrap();
    alone.asked(5).unwrap();
    assert_eq!(alone.machine.state_name(), "AUTHENTICATING");
}

#[test]
fn forced_ports_do_what_they_are_told_and_hear_nothing() {
    let mut alone = Alone::new(PortKind::Wired);
    alone.enable();
    alone.machine.set_control(PortControl::ForceAuthorized, alone.now);
    assert_eq!(alone.machine.status(), PortStatus::Unsecured);
    assert!(alone.asked(1).is_err());
    alone.machine.set_control(PortControl::ForceUnauthorized, alone.now);
    assert_eq!((alone.machine.status(), alone.sent()), (PortStatus::Unauthorized, vec![PacketType::LOGOFF]));
    assert!(alone.asked(1).is_err());
    assert_eq!(alone.machine.poll_deadline(), None);
    alone.machine.set_control(PortControl::Auto, alone.now);
    assert_eq!(alone.machine.state_name(), "CONNECTING");
}

#[test]
fn who_has_logged_off_stays_so_over_a_link_that_comes_back() {
    let mut alone = Alone::new(PortKind::Wired);
    alone.enable();
    alone.machine.logoff(alone.now);
    assert_eq!(alone.sent(), [PacketType::LOGOFF]);
    alone.event(SupplicantEvent::PortDisabled).unwrap();
    alone.enable();
    assert_eq!((alone.machine.state_name(), alone.machine.poll_deadline()), ("LOGOFF", None));
    assert!(alone.asked(1).is_err());
    alone.machine.logon(alone.now);
    assert_eq!(alone.machine.state_name(), "CONNECTING");
}

/// `allow_canned_success`: what opens then was not authenticated, and says so.
#[test]
fn a_canned_success_is_believed_only_on_a_wired_port_that_is_configured_so() {
    for (port, allowed) in [(PortKind::Wired, true), (PortKind::Wired, false), (PortKind::Wireless, true)] {
        let peer = PeerConfig { canned_success: allowed, ..peer_config(port) };
        let mut alone = Alone::with(SupplicantConfig::new(port), peer, credentials(MethodType::MSCHAPV2, "secret"));
        alone.enable();
        let taken = alone.frame(PacketType::EAP, &[3, 0, 0, 4]).is_ok();
        assert_eq!(taken, allowed && port == PortKind::Wired);
        let expected = if taken { PortStatus::Unsecured } else { PortStatus::Unauthorized };
        assert_eq!(alone.machine.status(), expected, "{port:?}");
    }
}

#[test]
fn packets_go_to_whom_they_are_for() {
    let mut wired = Alone::new(PortKind::Wired);
    assert!(matches!(wired.asked(1), Err(Discard::State(_))), "the port is not enabled");
    wired.enable();
    for ty in [PacketType::START, PacketType::LOGOFF, PacketType::KEY, PacketType(9), PacketType(255)] {
        assert_eq!(wired.frame(ty, &[]), Err(Discard::Unexpected(ty)));
    }
    for ty in [PacketType::MKA, PacketType::ANNOUNCEMENT, PacketType::ANNOUNCEMENT_SPECIFIC] {
        wired.frame(ty, b"body").unwrap();
        assert_eq!(wired.outputs(), [SupplicantOutput::Other(ty, b"body".to_vec())]);
    }
    let mut wireless = Alone::new(PortKind::Wireless);
    wireless.enable();
    wireless.frame(PacketType::KEY, b"body").unwrap();
    assert_eq!(wireless.outputs(), [SupplicantOutput::KeyFrame(vec![2, 3, 0, 4, b'b', b'o', b'd', b'y'])]);
    let mut ahead = Alone::new(PortKind::Preauthentication);
    ahead.enable();
    assert_eq!(ahead.frame(PacketType::KEY, b"body"), Err(Discard::Unexpected(PacketType::KEY)));
}

#[test]
fn a_preauthentication_that_nobody_answers_ends_for_good() {
    let mut alone = Alone::new(PortKind::Preauthentication);
    alone.enable();
    for _ in 0..4 {
        alone.wait();
    }
    assert_eq!((alone.machine.state_name(), alone.machine.poll_deadline()), ("OVER", None));
    assert!(alone.outputs().contains(&SupplicantOutput::Failed(PaeError::Silent)));
}

#[test]
fn the_version_that_is_written_is_the_configured_one() {
    for version in [1, 2, 3] {
        let config = SupplicantConfig { version, ..SupplicantConfig::new(PortKind::Wired) };
        let mut alone = Alone::with(config, peer_config(PortKind::Wired), credentials(MethodType::MSCHAPV2, "secret"));
        alone.enable();
        alone.wait();
        assert_eq!(alone.outputs(), [SupplicantOutput::Send { frame: vec![version, 1, 0, 0], protect: false }]);
    }
}

/// A session is asked for anew: the port stays open while nobody answers, on the air for good.
#[test]
fn a_reauthentication_that_nobody_answers_leaves_a_keyed_session_open() {
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(SupplicantEvent::PortEnabled { cached: true }).unwrap();
    alone.event(SupplicantEvent::KeysInstalled).unwrap();
    alone.machine.reauthenticate(alone.now);
    let sent = alone.outputs();
    assert!(sent.contains(&SupplicantOutput::Send { frame: vec![2, 1, 0, 0], protect: true }));
    for _ in 0..3 {
        alone.wait();
        assert_eq!(alone.machine.status(), PortStatus::Authorized);
    }
    assert_eq!((alone.machine.state_name(), alone.machine.poll_deadline()), ("AUTHENTICATED", None));
}

#[test]
fn a_handshake_that_fails_holds_the_port() {
    let mut alone = Alone::new(PortKind::Wireless);
    alone.event(SupplicantEvent::PortEnabled { cached: true }).unwrap();
    alone.event(SupplicantEvent::HandshakeFailed).unwrap();
    assert_eq!(alone.outputs(), [SupplicantOutput::Failed(PaeError::Handshake)]);
    assert_eq!(alone.machine.state_name(), "HELD");
}
