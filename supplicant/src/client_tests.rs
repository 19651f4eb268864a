//! What clients of the control socket are told and answered, and when.

use std::time::Duration;

use daemon::Input;
use ipc_proto::{Failure, Handle, Request};

use super::{OPEN, PSK, RSNE, World};

#[test]
fn a_scan_that_waits_for_the_radio_may_be_asked_for_again() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.radio_busy = true;
    assert_eq!(world.ask("SCAN"), "OK\n");
    assert_eq!(world.ask("SCAN"), "OK\n");
    world.radio_busy = false;
    world.sent.clear();
    world.sleep(Duration::from_secs(5));
    let results = world.sent.iter().filter(|(_, text)| text.starts_with("<3>CTRL-EVENT-SCAN-RESULTS")).count();
    assert_eq!(results, 1, "{:?}", world.sent);
    // One that waits for ourselves is another matter, and one of ours that runs.
    assert_eq!(world.ask("RADIO_WORK add test"), "<3>EXT-RADIO-WORK-START 1");
    assert_eq!(world.ask("SCAN"), "OK\n");
    assert_eq!(world.ask("SCAN"), "FAIL-BUSY\n");
    world.ask("RADIO_WORK done 1");
    world.sleep(Duration::from_secs(1));
    world.long_scans = true;
    world.ask("SCAN");
    assert_eq!(world.ask("SCAN"), "FAIL-BUSY\n");
}

#[test]
fn whoever_asks_for_debug_messages_hears_of_each_state() {
    let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
    world.ask("ATTACH");
    world.ask("LEVEL 2");
    world.sent.clear();
    world.input(Input::Control { socket: world.socket, client: 1, command: b"ENABLE_NETWORK 0".to_vec() });
    world.sleep(Duration::from_secs(2));
    let states: Vec<&str> = world.sent.iter().filter_map(|(_, text)| text.strip_prefix("<2>State: ")).collect();
    assert_eq!(
        states,
        [
            "INACTIVE -> SCANNING",
            "SCANNING -> AUTHENTICATING",
            "AUTHENTICATING -> ASSOCIATING",
            "ASSOCIATING -> ASSOCIATED",
            "ASSOCIATED -> COMPLETED",
        ]
    );
}

#[test]
fn status_tells_nobody_that_a_link_was_made() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    let status = world.ask("STATUS");
    assert!(status.contains("wpa_state=COMPLETED\n"));
    assert_eq!(world.sent.len(), 1, "{:?}", world.sent);
}

#[test]
fn status_shows_what_the_access_point_says_of_protected_management_frames() {
    // The access point: cannot, can, requires; what we say in both cases of the latter is the same.
    for (capabilities, shown) in [(0, None), (0x80, Some("pmf=1")), (0xc0, Some("pmf=2"))] {
        let mut rsne = RSNE;
        rsne[20] = capabilities;
        let mut world = World::new(&PSK.replace("psk=", "ieee80211w=1\npsk="), &rsne);
        world.sleep(Duration::from_secs(1));
        let status = world.ask("STATUS");
        assert_eq!(status.lines().find(|line| line.starts_with("pmf=")), shown, "{status}");
    }
}

#[test]
fn a_scan_that_does_not_end_is_ended_and_what_came_is_used() {
    let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
    world.long_scans = true;
    world.ask("ENABLE_NETWORK 0");
    world.sleep(Duration::from_secs(9));
    let aborts = |world: &World| world.requests.iter().filter(|r| matches!(r, Request::AbortScan { .. })).count();
    assert_eq!(aborts(&world), 0);
    // The driver does not even answer that.
    world.sleep(Duration::from_secs(3));
    assert_eq!((aborts(&world), world.scans().len()), (1, 1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"), "{}", world.ask("STATUS"));
}

#[test]
fn a_driver_whose_scans_end_by_themselves_is_given_more_time() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.long_scans = true;
    world.ask("SCAN");
    world.requests.clear();
    world.sleep(Duration::from_secs(29));
    assert!(!world.requests.iter().any(|request| matches!(request, Request::AbortScan { .. })));
    world.sleep(Duration::from_secs(2));
    assert!(world.requests.iter().any(|request| matches!(request, Request::AbortScan { .. })));
}

#[test]
fn what_is_asked_while_the_interface_comes_up_waits_for_it() {
    for command in ["SCAN", "REASSOCIATE", "RECONNECT"] {
        let mut world = World::starting(&OPEN.replace("network={", "network={\ndisabled=1"));
        world.ask("ATTACH");
        assert_eq!(world.ask(command), "OK\n", "{command}");
        let mut step = 0;
        while let Some((id, request)) = world.held.as_mut().and_then(|held| (!held.is_empty()).then(|| held.remove(0)))
        {
            // It may be asked at any moment on the way, again and again, until it begins.
            if world.scans().is_empty() {
                assert_eq!(world.ask(command), "OK\n", "{command} after {step} answers");
            }
            world.answer(id, request);
            step += 1;
        }
        world.held = None;
        world.sent.clear();
        world.sleep(Duration::from_secs(2));
        let told = world.sent.iter().any(|(_, text)| text.starts_with("<3>CTRL-EVENT-SCAN-RESULTS"));
        assert_eq!(told || world.scans().len() == 1, command == "SCAN", "{command}: {:?}", world.sent);
    }
    // An interface that cannot come up says so.
    let mut world = World::starting(OPEN);
    let (id, _) = world.held.take().unwrap().remove(0);
    world.input(Input::Reply { id, result: Err(Failure::NoInterface) });
    assert_eq!(world.ask("SCAN"), "FAIL\n");
}

#[test]
fn a_crowd_of_networks_does_not_stand_before_what_a_listener_waits_for() {
    let mut world = World::new(&OPEN.replace("network={", "bss_max_count=10000\nnetwork={"), &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.strangers = 5000;
    world.sent.clear();
    world.input(Input::Control { socket: world.socket, client: 1, command: b"SCAN".to_vec() });
    let at = |world: &World, what: &str| world.sent.iter().position(|(_, text)| text.contains(what));
    let results = at(&world, "CTRL-EVENT-SCAN-RESULTS").unwrap();
    assert!(results < 64, "{results} others first");
    assert!(world.sent.len() < 64, "{} at once", world.sent.len());
    // The others follow in portions that a socket takes, up to a number.
    world.sleep(Duration::from_millis(100));
    assert!(world.sent.len() < 200, "{}", world.sent.len());
    world.sleep(Duration::from_secs(60));
    let added = world.sent.iter().filter(|(_, text)| text.starts_with("<3>CTRL-EVENT-BSS-ADDED")).count();
    assert!((500..5000).contains(&added), "{added}");
}

#[test]
fn an_interface_is_left_as_it_was_found() {
    for found_up in [false, true] {
        let mut world = World::new(OPEN, &[]);
        world.event(ipc_proto::Event::InterfaceGone { handle: Handle(3), ifname: "wlan0".into() });
        world.found_up = found_up;
        world.sleep(Duration::from_secs(6));
        // What a worker of ours has left that died does not count.
        world.found_up = true;
        world.input(Input::PrivdDown);
        world.input(Input::PrivdUp);
        world.sleep(Duration::from_secs(1));
        world.requests.clear();
        world.input(Input::Signal(daemon::Signal::Terminate));
        let down = |request: &Request| matches!(request, Request::SetLinkUp { handle: Handle(3), up: false });
        assert_eq!(world.requests.iter().any(down), !found_up, "{:?}", world.requests);
        assert_eq!(world.requests.last(), Some(&Request::Detach { handle: Handle(3) }));
    }
}

#[test]
fn what_is_not_there_is_not_said_to_be_there() {
    let mut world = World::new(PSK, &RSNE);
    world.sleep(Duration::from_secs(1));
    assert_eq!(world.ask("PREAUTH 02:00:00:00:04:00"), "FAIL\n");
    let mib = world.ask("MIB");
    assert!(mib.contains("dot11RSNAPreauthenticationImplemented=FALSE\n"), "{mib}");
    assert!(mib.contains("dot11RSNAPreauthenticationEnabled=FALSE\n"), "{mib}");
}

#[test]
fn two_wrong_mics_within_a_minute_end_tkip_for_a_minute_and_nothing_else() {
    let mut tkip = RSNE;
    (tkip[7], tkip[13]) = (2, 2);
    let mut group_only = RSNE;
    group_only[7] = 2;
    let lines = PSK.replace("psk=", "pairwise=TKIP CCMP\ngroup=TKIP CCMP\npsk=");
    // Which of the two kinds of frames can end the link.
    for (rsne, pairwise, group) in [(tkip, true, true), (group_only, false, true), (RSNE, false, false)] {
        for (is_group, ends) in [(false, pairwise), (true, group)] {
            let mut world = World::new(&lines, &rsne);
            world.sleep(Duration::from_secs(1));
            let failure = ipc_proto::Event::MicFailure { handle: Handle(3), addr: super::AP, group: is_group };
            world.event(failure.clone());
            assert!(world.ask("STATUS").contains("wpa_state=ASSOCIATED\n"));
            world.requests.clear();
            world.event(failure);
            let left = |request: &Request| {
                matches!(request, Request::Deauthenticate { reason: wire::ReasonCode::MIC_FAILURE, local: false, .. })
            };
            assert_eq!(world.requests.iter().any(left), ends, "{rsne:?} {is_group}");
            if !ends {
                continue;
            }
            world.requests.clear();
            let tried = |world: &World| world.requests.iter().any(|r| matches!(r, Request::Authenticate { .. }));
            world.sleep(Duration::from_secs(59));
            assert!(!tried(&world));
            world.sleep(Duration::from_secs(20));
            assert!(tried(&world));
        }
    }
    // Two that are further apart are only reported, each.
    let mut world = World::new(&lines, &tkip);
    world.sleep(Duration::from_secs(1));
    super::shake_hands(&mut world);
    world.requests.clear();
    for _ in 0..2 {
        world.event(ipc_proto::Event::MicFailure { handle: Handle(3), addr: super::AP, group: false });
        world.sleep(Duration::from_secs(61));
    }
    let reports = world.requests.iter().filter(|request| matches!(request, Request::SendEapol { .. })).count();
    assert_eq!(reports, 2);
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn what_is_told_of_forged_key_frames_gives_way_to_what_listeners_wait_for() {
    let mut world = World::new(PSK, &RSNE);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.sent.clear();
    // Message 3 with a MIC of nobody's.
    let mut data = vec![2, 3, 0, 95, 2, 0x13, 0xca];
    data.resize(99, 7);
    for _ in 0..50 {
        let data = data.clone();
        world.event(ipc_proto::Event::Eapol { handle: Handle(3), source: super::AP, encrypted: Some(false), data });
    }
    assert!(world.sent.len() >= 50, "{:?}", world.sent.first());
    assert_eq!(world.details, world.sent.len());
    // A state is no such thing.
    world.ask("DISCONNECT");
    assert!(world.sent.iter().any(|(_, text)| text.contains("CTRL-EVENT-DISCONNECTED")));
    assert!(world.details < 50 + world.sent.len());
}

#[test]
fn a_scan_of_another_program_is_not_ended_and_one_whose_end_went_unheard_is_not_waited_for() {
    let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
    world.sleep(Duration::from_secs(1));
    world.event(ipc_proto::Event::ScanStarted { handle: Handle(3) });
    assert_eq!(world.ask("SCAN"), "OK\n");
    world.requests.clear();
    world.sleep(Duration::from_secs(29));
    assert_eq!(world.scans(), []);
    world.sleep(Duration::from_secs(2));
    assert_eq!(world.scans(), [3]);
    assert!(!world.requests.iter().any(|request| matches!(request, Request::AbortScan { .. })));
}

#[test]
fn what_is_asked_while_privd_comes_back_waits_for_it() {
    let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
    world.sleep(Duration::from_secs(1));
    world.input(Input::PrivdDown);
    world.requests.clear();
    assert_eq!(world.ask("SCAN"), "OK\n");
    world.input(Input::PrivdUp);
    world.sleep(Duration::from_secs(1));
    assert_eq!(world.scans(), [3]);
}
