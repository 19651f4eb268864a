//! What strangers send, each with what would have happened without it.

use alloc::vec::Vec;

use eap::MethodType;

use super::kit::{World, secs};
use crate::pdu::{self, PacketType};
use crate::{
    AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput, BackendAnswer, PortKind, PortStatus,
    SupplicantConfig, SupplicantOutput,
};

const BOTH: (PortStatus, PortStatus) = (PortStatus::Authorized, PortStatus::Authorized);

fn eap(code: u8, identifier: u8) -> Vec<u8> {
    pdu::write(2, PacketType::EAP, &[code, identifier, 0, 4]).unwrap()
}

fn start() -> Vec<u8> {
    pdu::write(2, PacketType::START, &[]).unwrap()
}

fn identity_request(identifier: u8) -> Vec<u8> {
    pdu::write(2, PacketType::EAP, &[1, identifier, 0, 5, 1]).unwrap()
}

fn connected(port: PortKind) -> World {
    let method = if port == PortKind::Wired { MethodType::MD5 } else { MethodType::MSCHAPV2 };
    let mut world = World::new(port, method);
    world.enable();
    world.run(secs(10));
    assert_eq!(world.status(), BOTH);
    world
}

#[test]
fn a_success_before_any_method_opens_no_port() {
    for port in [PortKind::Wired, PortKind::Wireless] {
        let mut world = World::new(port, MethodType::MSCHAPV2);
        world.station(crate::SupplicantEvent::PortEnabled { cached: false });
        for identifier in 0..=255 {
            world.send_plain(true, &eap(3, identifier));
        }
        world.send_plain(true, &identity_request(7));
        for identifier in 0..=255 {
            world.send_plain(true, &eap(3, identifier));
        }
        assert_eq!(world.supplicant.status(), PortStatus::Unauthorized);
        assert!(!world.said.iter().any(|said| matches!(said, SupplicantOutput::Authenticated(_))));
        // The control: the true authenticator still comes through.
        world.port(AuthenticatorEvent::PortEnabled { cached: None });
        world.run(secs(200));
        assert_eq!(world.supplicant.status(), PortStatus::Authorized);
    }
}

/// WiSec 2022 (`ap_pmf_inject_*`, `ap_pmf_eapol_logoff`).
#[test]
fn plain_packets_change_nothing_once_keys_are_installed() {
    let mut world = connected(PortKind::Wireless);
    let logoff = pdu::write(2, PacketType::LOGOFF, &[]).unwrap();
    let before = (world.sent.len(), world.granted);
    for identifier in 0..=255 {
        for frame in [eap(3, identifier), eap(4, identifier), identity_request(identifier)] {
            world.send_plain(true, &frame);
        }
        for frame in [&start(), &logoff, &pdu::write(2, PacketType::EAP, &[2, identifier, 0, 5, 1]).unwrap()] {
            world.send_plain(false, frame);
        }
    }
    world.run(secs(100));
    assert_eq!((world.status(), world.sent.len(), world.granted), (BOTH, before.0, before.1));
    // The control: the same under the key counts.
    world.put(false, start(), true);
    world.run(secs(5));
    assert_eq!((world.status(), world.granted), (BOTH, before.1 + 1));
    world.put(false, logoff, true);
    world.run(secs(1));
    assert_eq!(world.authenticator.status(), PortStatus::Unauthorized);
}

#[test]
fn a_forged_logoff_before_the_keys_does_not_end_a_conversation() {
    let mut world = World::new(PortKind::Wireless, MethodType::MSCHAPV2);
    world.enable();
    let logoff = pdu::write(2, PacketType::LOGOFF, &[]).unwrap();
    world.run_with(secs(10), |world| world.send_plain(false, &logoff));
    assert_eq!(world.status(), BOTH);
}

/// Driver that does not say how a packet came: a Failure still does not end a session.
#[test]
fn an_eap_failure_does_not_end_a_session() {
    for port in [PortKind::Wired, PortKind::Wireless] {
        let mut world = connected(port);
        for identifier in 0..=255 {
            let (bytes, protection) = (eap(4, identifier), rsn::Protection::Unknown);
            world.station(crate::SupplicantEvent::Frame { bytes: &bytes, protection });
        }
        assert_eq!(world.status(), BOTH);
    }
}

/// A whole forged conversation that fails, where the driver does not say how packets came.
#[test]
fn a_forged_conversation_that_fails_leaves_a_keyed_session_open() {
    let mut world = connected(PortKind::Wireless);
    let protection = rsn::Protection::Unknown;
    world.run(secs(60));
    for bytes in [identity_request(99), eap(4, 99)] {
        world.station(crate::SupplicantEvent::Frame { bytes: &bytes, protection });
    }
    assert!(world.said.iter().any(|said| matches!(said, SupplicantOutput::Failed(_))), "it was a conversation");
    assert_eq!(world.status(), BOTH);
    world.run_with(secs(100), |world| assert_eq!(world.status(), BOTH));
}

#[test]
fn a_flood_of_starts_does_not_keep_a_conversation_from_its_end() {
    for port in [PortKind::Wired, PortKind::Wireless] {
        let method = if port == PortKind::Wired { MethodType::MD5 } else { MethodType::MSCHAPV2 };
        let mut world = World::new(port, method);
        world.enable();
        world.run_with(secs(2), |world| {
            for _ in 0..50 {
                world.send_plain(false, &start());
            }
        });
        assert_eq!(world.status(), BOTH, "{port:?}");
        assert_eq!(world.granted, 1);
        assert!(world.count(true, PacketType::EAP) < 12, "each Start had its own answer");
    }
}

#[test]
fn a_flood_of_starts_in_a_session_begins_no_more_than_its_share() {
    let mut world = connected(PortKind::Wired);
    for _ in 0..600 {
        world.run(core::time::Duration::from_millis(100));
        for _ in 0..10 {
            world.send_plain(false, &start());
        }
        assert_eq!(world.status(), BOTH);
    }
    assert!(world.granted <= 22, "{} conversations in a minute", world.granted);
}

/// Responses of an earlier conversation, with their identifiers.
#[test]
fn responses_that_are_replayed_let_nobody_in() {
    let mut world = connected(PortKind::Wired);
    let responses: Vec<_> = world.sent.iter().filter(|(to, _)| !to).map(|(_, frame)| frame.clone()).collect();
    world.station(crate::SupplicantEvent::PortDisabled);
    world.port(AuthenticatorEvent::PortDisabled);
    let granted = world.granted;
    world.port(AuthenticatorEvent::PortEnabled { cached: None });
    for _ in 0..3 {
        world.run_with(secs(20), |world| {
            for response in &responses {
                world.send_plain(false, response);
            }
        });
    }
    assert_eq!((world.authenticator.status(), world.granted), (PortStatus::Unauthorized, granted));
}

/// A Request/Identity that a bad link brings once more begins no second conversation.
#[test]
fn a_request_that_comes_twice_begins_no_second_conversation() {
    let mut world = connected(PortKind::Wired);
    let first = world.sent.iter().find(|(to, frame)| *to && frame[4] == 1).unwrap().1.clone();
    world.send_plain(true, &first);
    assert_eq!(world.supplicant.state_name(), "AUTHENTICATED");
    // The control: another identifier does.
    world.send_plain(true, &identity_request(200));
    assert_eq!(world.supplicant.state_name(), "AUTHENTICATING");
}

/// Each packet of a conversation, cut at each place, and with a length that exceeds it.
#[test]
fn truncated_packets_change_nothing() {
    let mut world = World::new(PortKind::Wireless, MethodType::MSCHAPV2);
    world.enable();
    let mut seen = 0;
    world.run_with(secs(10), |world| {
        while let Some((to, frame)) = world.sent.get(seen).cloned() {
            seen += 1;
            for cut in 0..frame.len() {
                world.send_plain(to, &frame[..cut]);
                let mut longer = frame.clone();
                longer[2] = 0xff;
                world.send_plain(to, &longer);
            }
            if seen > 60 {
                break;
            }
        }
    });
    assert_eq!(world.status(), BOTH);
}

/// Hands the authenticator a Response to its first Request, and gives the number of the conversation.
fn identified(world: &mut World, identifier: u8) -> u32 {
    let bytes = &pdu::write(2, PacketType::EAP, &[2, identifier, 0, 6, 1, b'a']).unwrap();
    let event = AuthenticatorEvent::Frame { bytes, protection: rsn::Protection::Plain };
    world.authenticator.handle_event(event, world.now).unwrap();
    let mut outputs = core::iter::from_fn(|| world.authenticator.poll_output());
    let number = |output| match output {
        AuthenticatorOutput::ToBackend { conversation, .. } => Some(conversation),
        _ => None,
    };
    outputs.find_map(number).expect("nothing went to the backend")
}

#[test]
fn an_answer_to_an_earlier_conversation_finds_no_door() {
    let mut world = World::new(PortKind::Wired, MethodType::MD5);
    world.authenticator.handle_event(AuthenticatorEvent::PortEnabled { cached: None }, world.now).unwrap();
    let earlier = identified(&mut world, 0x40);
    // Another machine is at the port, and begins anew.
    world.now += secs(4);
    let event = AuthenticatorEvent::Frame { bytes: &start(), protection: rsn::Protection::Plain };
    world.authenticator.handle_event(event, world.now).unwrap();
    let later = identified(&mut world, 0x41);
    for (conversation, status) in [(earlier, PortStatus::Unauthorized), (later, PortStatus::Authorized)] {
        let answer = BackendAnswer::Accept(alloc::boxed::Box::default());
        let _ = world.authenticator.handle_event(AuthenticatorEvent::Backend { conversation, answer }, world.now);
        assert_eq!(world.authenticator.status(), status);
    }
}

#[test]
fn an_acceptance_without_a_key_opens_no_wireless_port() {
    let mut world = World::new(PortKind::Wireless, MethodType::MD5);
    world.port(AuthenticatorEvent::PortEnabled { cached: None });
    let conversation = identified(&mut world, 0x40);
    let answer = BackendAnswer::Accept(alloc::boxed::Box::default());
    world.authenticator.handle_event(AuthenticatorEvent::Backend { conversation, answer }, world.now).unwrap();
    assert_eq!(world.authenticator.state_name(), "HELD");
    let said: Vec<_> = core::iter::from_fn(|| world.authenticator.poll_output()).collect();
    assert!(!said.iter().any(|said| matches!(said, AuthenticatorOutput::Key(_))));
}

#[test]
fn keys_that_nobody_was_authenticated_for_open_no_port() {
    for port in [PortKind::Wired, PortKind::Wireless, PortKind::Preauthentication] {
        let (ours, theirs) = (SupplicantConfig::new(port), AuthenticatorConfig::new(port));
        let mut world = World::with(ours, theirs, MethodType::MSCHAPV2, "secret");
        world.enable();
        world.station(crate::SupplicantEvent::KeysInstalled);
        world.port(AuthenticatorEvent::KeysInstalled);
        assert_eq!(world.status(), (PortStatus::Unauthorized, PortStatus::Unauthorized));
    }
}
