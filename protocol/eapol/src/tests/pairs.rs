//! Our supplicant against our authenticator, with real methods.

use core::time::Duration;

use eap::MethodType;

use super::kit::{Link, World, secs};
use crate::pdu::PacketType;
use crate::{
    AuthenticatorConfig, AuthenticatorOutput, PaeError, PortKind, PortStatus, SessionGrant, SupplicantConfig,
    SupplicantEvent, SupplicantOutput, TerminationAction, WithoutAuthenticator,
};

const BOTH: (PortStatus, PortStatus) = (PortStatus::Authorized, PortStatus::Authorized);
const NONE: (PortStatus, PortStatus) = (PortStatus::Unauthorized, PortStatus::Unauthorized);

#[test]
fn a_wired_port_opens_with_md5_and_has_no_key() {
    let mut world = World::new(PortKind::Wired, MethodType::MD5);
    world.enable();
    world.run(secs(5));
    assert_eq!(world.status(), BOTH);
    assert_eq!((world.supplicant.state_name(), world.authenticator.state_name()), ("AUTHENTICATED", "AUTHENTICATED"));
    assert!(!world.told.iter().any(|told| matches!(told, AuthenticatorOutput::Key(_))));
    assert!(world.said.contains(&SupplicantOutput::Authenticated(Some(MethodType::MD5))));
}

#[test]
fn a_wireless_port_opens_after_the_handshake_and_both_have_the_key_first() {
    for method in [MethodType::PWD, MethodType::MSCHAPV2] {
        let mut world = World::new(PortKind::Wireless, method);
        world.enable();
        world.run(secs(5));
        assert_eq!(world.status(), BOTH, "{method}");
        assert!(world.same_keys());
        let told = &world.told;
        let place = |what: fn(&AuthenticatorOutput) -> bool| told.iter().position(what).unwrap();
        let key = place(|told| matches!(told, AuthenticatorOutput::Key(_)));
        let success =
            place(|told| matches!(told, AuthenticatorOutput::Send { frame, .. } if frame[1] == 0 && frame[4] == 3));
        let open = place(|told| matches!(told, AuthenticatorOutput::Port(PortStatus::Authorized)));
        assert!(key < success && success < open, "{method}: key, then success, then port");
        let said = &world.said;
        let place = |what: fn(&SupplicantOutput) -> bool| said.iter().position(what).unwrap();
        let key = place(|said| matches!(said, SupplicantOutput::Key(_)));
        let success = place(|said| matches!(said, SupplicantOutput::Authenticated(_)));
        let open = place(|said| matches!(said, SupplicantOutput::Port(PortStatus::Authorized)));
        assert!(key < success && success < open);
    }
}

#[test]
fn a_method_without_a_key_opens_no_wireless_port() {
    let mut world = World::new(PortKind::Wireless, MethodType::MD5);
    world.enable();
    world.run(secs(300));
    assert_eq!(world.status(), NONE);
    assert_eq!(world.granted, 0);
}

#[test]
fn a_wrong_password_shuts_both_sides_up_for_a_while() {
    let (supplicant, authenticator) =
        (SupplicantConfig::new(PortKind::Wired), AuthenticatorConfig::new(PortKind::Wired));
    let mut world = World::with(supplicant, authenticator, MethodType::MD5, "wrong");
    world.enable();
    world.run(secs(5));
    assert_eq!(world.status(), NONE);
    assert_eq!((world.supplicant.state_name(), world.authenticator.state_name()), ("HELD", "HELD"));
    let before = world.sent.len();
    world.run(secs(50));
    assert_eq!(world.sent.len(), before, "nothing is said in the quiet time");
    world.run(secs(20));
    assert!(world.sent.len() > before, "and then it is tried again");
}

/// Loss, duplication, reordering and replay; keys are compared by the handshake, and nothing opens without the server.
#[test]
fn ports_open_over_ever_worse_links() {
    for (port, method) in [(PortKind::Wired, MethodType::MD5), (PortKind::Wireless, MethodType::MSCHAPV2)] {
        for seed in 0..60 {
            let mut authenticator = AuthenticatorConfig::new(port);
            authenticator.reauth_period = None;
            let mut world = World::with(SupplicantConfig::new(port), authenticator, method, "secret");
            world.rng = crypto::testing::TestRng::new(seed);
            world.link = Link { loss: seed % 25, duplication: 20, delay: 1500, replay: 15 };
            world.reconnects = true;
            world.enable();
            let mut open = false;
            for _ in 0..60 {
                world.run(secs(30));
                open |= world.status() == BOTH;
            }
            assert!(open, "{port:?}, seed {seed}: never open on both sides");
        }
    }
}

/// `reAuthPeriod`.
#[test]
fn a_session_is_authenticated_again_and_the_port_stays_open() {
    for (port, method) in [(PortKind::Wired, MethodType::MD5), (PortKind::Wireless, MethodType::MSCHAPV2)] {
        let mut world = World::new(port, method);
        world.enable();
        world.run(secs(10));
        assert_eq!(world.granted, 1);
        world.run_with(secs(3600), |world| assert_eq!(world.status(), BOTH, "{port:?}"));
        assert_eq!(world.granted, 2);
        let again =
            |told: &&AuthenticatorOutput| matches!(told, AuthenticatorOutput::Authenticated { again: true, .. });
        assert_eq!(world.told.iter().filter(again).count(), 1);
        let shut = AuthenticatorOutput::Port(PortStatus::Unauthorized);
        assert!(!world.told.contains(&shut));
    }
}

/// Session-Timeout with Termination-Action Default, and with RADIUS-Request (RFC 3580 3.17).
#[test]
fn the_time_of_a_session_ends_it_or_has_it_authenticated_again() {
    for termination in [TerminationAction::Default, TerminationAction::Reauthenticate] {
        let mut world = World::new(PortKind::Wireless, MethodType::MSCHAPV2);
        world.grant = SessionGrant { session_timeout: Some(secs(100)), termination, ..SessionGrant::default() };
        world.enable();
        world.run(secs(90));
        assert_eq!(world.status(), BOTH);
        world.run(secs(20));
        let ended = world.told.contains(&AuthenticatorOutput::Failed(PaeError::SessionTimeout));
        assert_eq!(ended, termination == TerminationAction::Default);
        assert_eq!(world.granted, if ended { 1 } else { 2 });
        assert_eq!(world.authenticator.status() == PortStatus::Authorized, !ended);
    }
}

/// `userLogoff`, `eapolLogoff`.
#[test]
fn a_logoff_shuts_a_wired_port_until_the_user_is_back() {
    let mut world = World::new(PortKind::Wired, MethodType::MD5);
    world.enable();
    world.run(secs(5));
    world.supplicant.logoff(world.now);
    world.run(secs(200));
    assert_eq!(world.status(), NONE);
    assert_eq!(world.supplicant.state_name(), "LOGOFF");
    assert!(world.told.contains(&AuthenticatorOutput::Failed(PaeError::Logoff)));
    world.supplicant.logon(world.now);
    world.run(secs(5));
    assert_eq!(world.status(), BOTH);
}

#[test]
fn a_logoff_under_the_pairwise_key_counts_on_the_air() {
    let mut world = World::new(PortKind::Wireless, MethodType::MSCHAPV2);
    world.enable();
    world.run(secs(5));
    assert_eq!(world.status(), BOTH);
    world.supplicant.logoff(world.now);
    world.run(secs(1));
    assert_eq!(world.status(), NONE);
}

/// The Success is lost, and message 1 of the handshake says the same.
#[test]
fn a_handshake_that_begins_stands_for_a_success_that_was_lost() {
    let mut world = World::new(PortKind::Wireless, MethodType::PWD);
    world.enable();
    for _ in 0..200 {
        world.run(Duration::from_millis(1));
        if world.granted > 0 {
            break;
        }
    }
    // Everything that is on its way now is lost: the Success, and the first message 1.
    assert_eq!(world.granted, 1);
    world.lose_all();
    world.run(secs(3));
    assert_eq!(world.status(), BOTH);
}

#[test]
fn a_preauthentication_leaves_a_key_on_both_sides_and_opens_nothing() {
    let mut world = World::new(PortKind::Preauthentication, MethodType::MSCHAPV2);
    world.enable();
    world.run(secs(5));
    assert_eq!(world.status(), NONE);
    assert!(world.same_keys());
    assert_eq!(world.supplicant.state_name(), "OVER");
    assert!(world.supplicant.poll_deadline().is_none() && world.authenticator.poll_deadline().is_none());
    assert_eq!(world.count(false, PacketType::START), 1, "the station began");
}

#[test]
fn a_link_that_goes_down_forgets_the_session() {
    let mut world = World::new(PortKind::Wired, MethodType::MD5);
    world.enable();
    world.run(secs(5));
    world.station(SupplicantEvent::PortDisabled);
    world.port(crate::AuthenticatorEvent::PortDisabled);
    assert_eq!(world.status(), NONE);
    assert!(world.supplicant.poll_deadline().is_none() && world.authenticator.poll_deadline().is_none());
    world.enable();
    world.run(secs(5));
    assert_eq!(world.status(), BOTH);
}

/// A supplicant that was restarted says EAPOL-Start, and the port that was open meanwhile is proved anew.
#[test]
fn a_supplicant_that_begins_anew_is_authenticated_again() {
    let mut world = World::new(PortKind::Wired, MethodType::MD5);
    world.enable();
    world.run(secs(10));
    world.station(SupplicantEvent::PortDisabled);
    world.station(SupplicantEvent::PortEnabled { cached: false });
    world.run(secs(5));
    assert_eq!((world.status(), world.granted), (BOTH, 2));
}

#[test]
fn a_wired_port_without_an_authenticator_opens_only_where_that_is_configured() {
    for (without, expected) in
        [(WithoutAuthenticator::Hold, PortStatus::Unauthorized), (WithoutAuthenticator::Open, PortStatus::Unsecured)]
    {
        let mut config = SupplicantConfig::new(PortKind::Wired);
        config.without_authenticator = without;
        let mut world = World::with(config, AuthenticatorConfig::new(PortKind::Wired), MethodType::MD5, "secret");
        world.station(SupplicantEvent::PortEnabled { cached: false });
        world.run(secs(95));
        assert_eq!(world.supplicant.status(), expected);
        assert_eq!(world.count(false, PacketType::START), 3);
        // An authenticator that comes later is obeyed.
        world.port(crate::AuthenticatorEvent::PortEnabled { cached: None });
        world.run(secs(5));
        assert_eq!(world.supplicant.status(), PortStatus::Authorized);
    }
}
