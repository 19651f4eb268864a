//! TKIP's MIC failures.

use core::time::Duration;

use crate::Level;
use ipc_proto::{Event, Handle};
use rsn::{CipherSuite, Pmf, Protocol, StationPolicy};
use wire::{ReasonCode, StatusCode};

use super::world::{PSK, STA, World};

const TKIP: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=1\nwpa_key_mgmt=WPA-PSK\nwpa_pairwise=TKIP\n\
    wpa_passphrase=correct horse\n";
const MIXED: &str = "interface=wlan0\nssid=net\nhw_mode=g\nchannel=1\nwpa=3\nwpa_key_mgmt=WPA-PSK\nwpa_pairwise=TKIP\n\
    rsn_pairwise=CCMP\nwpa_passphrase=correct horse\n";

fn joined(conf: &str) -> World {
    let mut world = World::new(conf);
    if conf == TKIP {
        let policy = StationPolicy {
            protocols: [Protocol::Wpa].into(),
            pairwise: [CipherSuite::Tkip].into(),
            pmf: Pmf::Disabled,
            ..StationPolicy::personal()
        };
        join(&mut world, &policy);
    } else {
        world.join_psk(Pmf::Disabled);
    }
    assert!(world.connected(STA), "{conf}");
    world
}

fn join(world: &mut World, policy: &StationPolicy) {
    let elements = world.supplicant(policy, crypto::pbkdf2_psk(b"correct horse", b"net"));
    world.authenticate(STA);
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
}

/// The driver has found a wrong MIC.
fn found(world: &mut World) {
    world.tell(&Event::MicFailure { handle: Handle(7), addr: STA, group: false });
    world.pump();
}

/// The station has.
fn reported(world: &mut World, pairwise: bool) {
    world.supplicant.as_mut().unwrap().report_mic_failure(pairwise);
    world.drain_supplicant();
    world.pump();
}

#[test]
fn two_wrong_mics_within_a_minute_send_everybody_away_for_a_minute() {
    for second in [found, |world: &mut World| reported(world, true), |world: &mut World| reported(world, false)] {
        let mut world = joined(TKIP);
        found(&mut world);
        assert!(world.connected(STA));
        world.wait(Duration::from_secs(59));
        second(&mut world);
        assert!(!world.connected(STA));
        assert_eq!(world.deauth_reason(), Some(ReasonCode::MIC_FAILURE));
        world.wait(Duration::from_secs(59));
        world.authenticate(STA);
        assert_eq!(world.auth_status(), StatusCode::REFUSED);
        world.wait(Duration::from_secs(2));
        world.authenticate(STA);
        assert_eq!(world.auth_status(), StatusCode::SUCCESS);
    }
}

#[test]
fn wrong_mics_now_and_then_are_only_told() {
    let mut world = joined(TKIP);
    for _ in 0..5 {
        found(&mut world);
        world.wait(Duration::from_secs(61));
    }
    assert!(world.connected(STA));
    assert_eq!(world.logged.iter().filter(|(level, _)| *level == Level::Warning).count(), 5);
}

#[test]
fn without_tkip_nobody_can_set_them_off() {
    let mut world = joined(PSK);
    for _ in 0..5 {
        found(&mut world);
        reported(&mut world, true);
        reported(&mut world, false);
    }
    assert!(world.connected(STA));
    // Where TKIP protects group frames only, nothing but reports of those counts.
    let mut world = joined(MIXED);
    for _ in 0..5 {
        found(&mut world);
        reported(&mut world, true);
    }
    assert!(world.connected(STA));
    reported(&mut world, false);
    reported(&mut world, false);
    assert!(!world.connected(STA));
}
