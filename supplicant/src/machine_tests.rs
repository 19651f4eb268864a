//! The machine against a scripted kernel: no sockets, no time but what the test says.

#![allow(clippy::wildcard_enum_match_arm, reason = "the scripted kernel knows only what these flows need")]

use std::time::Duration;

use conf::station::StationConfig;
use crypto::testing::TestRng;
use daemon::{Input, Machine, Output};
use ipc_proto::{
    BandInfo, Event, Failure, Handle, InterfaceInfo, InterfaceType, LinkInfo, OperState, Reply, Request, ScanEntry,
    StationFlags, WiphyFeatures, WiphyInfo,
};
use sta::State;
use wire::element::{Elements, id};
use wire::frame::{self, AssocResponse, Authentication, Subtype};
use wire::{Instant, MacAddr, ReasonCode, StatusCode};

use super::{Daemon, Supplicant};
use crate::options::InterfaceOptions;
use crate::setup::Configured;

#[path = "client_tests.rs"]
mod clients;

const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
const TWIN: MacAddr = MacAddr([2, 0, 0, 0, 4, 0]);

/// A kernel that does what is asked, with one access point in reach.
struct World {
    machine: Supplicant,
    rng: TestRng,
    now: Instant,
    requests: Vec<Request>,
    sent: Vec<(u64, String)>,
    /// Events that give way to others.
    details: usize,
    rsne: Vec<u8>,
    answers_auth: StatusCode,
    /// There is another access point of the same network, on this channel.
    twin: Option<u32>,
    /// Nothing is in reach any more.
    away: bool,
    socket: u32,
    /// What the kernel is connected with, where it is asked.
    joined: Option<MacAddr>,
    /// The bridge that it has the interface in.
    bridge: Option<String>,
    /// Each scan finds others than the one before.
    crowd: bool,
    /// Scans go on until the test ends them.
    long_scans: bool,
    /// Another program scans with the radio.
    radio_busy: bool,
    /// It takes its time for keys: what it has still to answer.
    slow_keys: Option<Vec<u32>>,
    /// Networks of strangers that were seen after ours.
    strangers: u32,
    /// Elements of our access point beside its name and security.
    elements: Vec<u8>,
    /// The channel of our access point.
    freq: u32,
    /// Interfaces are up when they are found.
    found_up: bool,
    /// Requests that it will answer later.
    held: Option<Vec<(u32, Request)>>,
    /// So many associations are answered by a stranger, in the access point's name, with a deauthentication.
    deauthentications: u32,
}

impl World {
    fn new(text: &str, rsne: &[u8]) -> World {
        World::with_interfaces(&["wlan0"], text, rsne)
    }

    /// Interfaces of one radio; the scripted kernel knows the access point's side of the first alone.
    fn with_interfaces(names: &[&str], text: &str, rsne: &[u8]) -> World {
        let mut world = World::before_privd(names, text, rsne);
        world.input(Input::PostUp);
        world.input(Input::PrivdUp);
        world
    }

    fn before_privd(names: &[&str], text: &str, rsne: &[u8]) -> World {
        let configured = names.iter().map(|name| {
            let (config, _) = StationConfig::parse("test.conf", text.as_bytes()).unwrap();
            Configured { options: InterfaceOptions { ifname: (*name).into(), ..InterfaceOptions::default() }, config }
        });
        let machine = Supplicant::new(configured.collect(), Daemon::default());
        World {
            machine,
            rng: TestRng::new(7),
            now: Instant::from_origin(Duration::from_secs(100)),
            requests: Vec::new(),
            sent: Vec::new(),
            details: 0,
            rsne: rsne.to_vec(),
            answers_auth: StatusCode::SUCCESS,
            twin: None,
            away: false,
            socket: 0,
            joined: Some(AP),
            bridge: None,
            crowd: false,
            long_scans: names.len() > 1,
            radio_busy: false,
            slow_keys: None,
            strangers: 0,
            elements: Vec::new(),
            freq: 2412,
            found_up: false,
            held: None,
            deauthentications: 0,
        }
    }

    /// One whose kernel has answered nothing yet.
    fn starting(text: &str) -> World {
        let mut world = World::before_privd(&["wlan0"], text, &[]);
        world.held = Some(Vec::new());
        world.input(Input::PostUp);
        world.input(Input::PrivdUp);
        world
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(input, self.now, &mut self.rng);
        self.drain();
    }

    fn event(&mut self, event: Event) {
        self.input(Input::Event(event));
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Request { id, request } => {
                    self.requests.push(request.clone());
                    match &mut self.held {
                        Some(held) => held.push((id, request)),
                        None => self.answer(id, request),
                    }
                }
                Output::Send { clients, data, worth } => {
                    self.details += usize::from(worth == daemon::Worth::Detail);
                    for client in clients {
                        self.sent.push((client, String::from_utf8_lossy(&data).into_owned()));
                    }
                }
                Output::OpenControl { socket, .. } => self.socket = socket,
                _ => {}
            }
        }
    }

    fn answer(&mut self, id: u32, request: Request) {
        let mut events = Vec::new();
        let reply = match request {
            Request::Attach { ifname } => {
                let number = if ifname == "wlan1" { 4 } else { 3 };
                let info = InterfaceInfo {
                    ifindex: 100 + number,
                    ifname,
                    wiphy: 0,
                    addr: STA,
                    kind: InterfaceType::Station,
                    up: self.found_up,
                    blocked: false,
                };
                Reply::Attached(Handle(number.into()), info)
            }
            Request::Capabilities { .. } => Reply::Wiphy(WiphyInfo {
                max_scan_ssids: 4,
                bands: vec![BandInfo {
                    band: wire::channel::Band::Ghz2,
                    rates: vec![10, 20, 55, 110, 60, 90, 120, 180, 240, 360, 480, 540],
                    ht_capability: None,
                    ht_ampdu: 0,
                    ht_mcs: Vec::new(),
                    vht_capability: None,
                    vht_mcs: Vec::new(),
                    channels: Vec::new(),
                }],
                features: WiphyFeatures {
                    user_sme: true,
                    connect: true,
                    sae: true,
                    control_port: true,
                    ..WiphyFeatures::default()
                },
                ..WiphyInfo::default()
            }),
            Request::AddKey { .. } if self.slow_keys.is_some() => {
                self.slow_keys.as_mut().unwrap().push(id);
                return;
            }
            Request::TriggerScan { .. } if self.radio_busy => {
                let refused = Failure::Kernel { errno: 16, text: String::new() };
                return self.input(Input::Reply { id, result: Err(refused) });
            }
            Request::TriggerScan { handle, scan } => {
                events.push(Event::ScanStarted { handle });
                if !self.long_scans {
                    let freqs = if scan.freqs.is_empty() { vec![2412] } else { scan.freqs };
                    events.push(Event::ScanDone { handle, aborted: false, freqs });
                }
                Reply::Done
            }
            Request::ScanResults { .. } => {
                let mut elements = vec![0, 4];
                elements.extend_from_slice(b"home");
                elements.extend_from_slice(&self.elements);
                elements.extend_from_slice(&self.rsne);
                let privacy = if self.rsne.is_empty() { 0 } else { 0x10 };
                let entry = ScanEntry {
                    bssid: AP,
                    freq: self.freq,
                    signal: -3000,
                    capability: 1 | privacy,
                    elements,
                    ..ScanEntry::default()
                };
                let twin = self.twin.map(|freq| ScanEntry { bssid: TWIN, freq, ..entry.clone() });
                let strangers = (0..self.strangers).map(|number| {
                    let [a, b, c, d] = number.to_be_bytes();
                    let elements = vec![0, 5, b'x', a, b, c, d];
                    ScanEntry { bssid: MacAddr([6, 0, a, b, c, d]), elements, ..entry.clone() }
                });
                let strangers: Vec<ScanEntry> = strangers.collect();
                let age_ms = if strangers.is_empty() { 0 } else { 1000 };
                let entry = ScanEntry { age_ms, ..entry };
                Reply::ScanResults {
                    entries: [Some(entry), twin]
                        .into_iter()
                        .flatten()
                        .chain(strangers)
                        .filter(|_| !self.away)
                        .collect(),
                    last: true,
                }
            }
            Request::Authenticate { auth, .. } => {
                if auth.algorithm == 0 {
                    let body = Authentication { algorithm: 0, transaction: 2, status: self.answers_auth, rest: &[] };
                    let bssid = auth.bssid;
                    let frame = frame::build(Subtype::AUTHENTICATION, STA, bssid, bssid, |w| body.write(w)).unwrap();
                    events.push(Event::AuthReceived { handle: Handle(3), frame });
                }
                Reply::Done
            }
            Request::Associate { .. } if self.deauthentications > 0 => {
                self.deauthentications -= 1;
                let frame = frame::build(Subtype::DEAUTH, STA, AP, AP, |w| {
                    w.u16_le(7);
                });
                events.push(Event::Deauthenticated { handle: Handle(3), frame: frame.unwrap(), local: false });
                Reply::Done
            }
            Request::Associate { .. } => {
                let body = AssocResponse { capability: 1, status: StatusCode::SUCCESS, aid: 1, elements: &[] };
                let frame = frame::build(Subtype::ASSOC_RESPONSE, STA, AP, AP, |w| body.write(w)).unwrap();
                events.push(Event::AssocReceived { handle: Handle(3), frame, request_elements: Vec::new() });
                Reply::Done
            }
            Request::Connect { connect, .. } => {
                events.push(Event::Connected {
                    handle: Handle(3),
                    bssid: connect.bssid,
                    status: self.answers_auth,
                    timed_out: false,
                    request_elements: connect.elements,
                    response_elements: Vec::new(),
                });
                Reply::Done
            }
            Request::LinkState { .. } => Reply::Link(LinkInfo {
                up: true,
                addr: STA,
                bssid: self.joined,
                bridge: self.bridge.clone(),
                ..LinkInfo::default()
            }),
            _ => Reply::Done,
        };
        self.input(Input::Reply { id, result: Ok(reply) });
        for event in events {
            self.event(event);
        }
    }

    /// Lets time pass, with every deadline on the way.
    fn sleep(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.machine.poll_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// The interfaces of the scans that were asked for.
    fn scans(&self) -> Vec<u64> {
        let handle = |request: &Request| match request {
            Request::TriggerScan { handle, .. } => Some(handle.0),
            _ => None,
        };
        self.requests.iter().filter_map(handle).collect()
    }

    fn ask(&mut self, command: &str) -> String {
        self.sent.clear();
        let (socket, client) = (self.socket, 1);
        self.input(Input::Control { socket, client, command: command.into() });
        self.sent.last().map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

const OPEN: &str = "ctrl_interface=/run/ctl\nnetwork={\nssid=\"home\"\nkey_mgmt=NONE\n}\n";
const PSK: &str = "ctrl_interface=/run/ctl\nnetwork={\nssid=\"home\"\npsk=\"correct horse\"\n}\n";
const RSNE: [u8; 22] = [48, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 2, 0, 0];

#[test]
fn an_open_network_is_joined_and_shown() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    let status = world.ask("STATUS");
    assert!(status.contains("wpa_state=COMPLETED\n") && status.contains("key_mgmt=NONE\n"), "{status}");
    assert!(world.ask("SCAN_RESULTS").contains("02:00:00:00:03:00\t2412\t-30\t[ESS]\thome\n"));
}

#[test]
fn a_protected_network_is_not_joined_open() {
    let mut world = World::new(OPEN, &RSNE);
    world.sleep(Duration::from_secs(20));
    assert!(world.ask("STATUS").contains("wpa_state=SCANNING\n"));
    assert!(!world.requests.iter().any(|request| matches!(request, Request::Authenticate { .. })));
}

#[test]
fn the_port_stays_closed_until_the_handshake_is_done() {
    let mut world = World::new(PSK, &RSNE);
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=ASSOCIATED\n"));
    let opened = |request: &Request| {
        matches!(request, Request::SetStationFlags { flags: StationFlags { authorized: Some(true), .. }, .. })
    };
    assert!(!world.requests.iter().any(opened));
    // Nobody ever sends message 1: the attempt is given up and counted.
    world.ask("ATTACH");
    world.sent.clear();
    world.sleep(Duration::from_secs(60));
    assert!(world.sent.iter().any(|(_, text)| text.contains("timed out.")), "{:?}", world.sent);
    assert!(world.sent.iter().any(|(_, text)| text.contains("reason=CONN_FAILED")), "{:?}", world.sent);
}

#[test]
fn tkip_for_group_frames_is_taken_unless_the_network_refuses_it() {
    let mut rsne = RSNE;
    rsne[7] = 2;
    for (line, joined) in [("", true), ("group=CCMP\n", false)] {
        let mut world = World::new(&PSK.replace("psk=", &format!("{line}psk=")), &rsne);
        world.sleep(Duration::from_secs(1));
        assert_eq!(world.ask("STATUS").contains("wpa_state=ASSOCIATED\n"), joined, "{line}");
    }
}

#[test]
fn a_network_that_names_only_an_access_point_is_joined_there() {
    let psk = PSK.replace("ssid=\"home\"", "bssid=02:00:00:00:03:00");
    let sae = psk.replace("psk=", "key_mgmt=SAE\nieee80211w=2\nsae_password=");
    let mut sae_rsne = RSNE;
    (sae_rsne[19], sae_rsne[20]) = (8, 0xc0);
    for (configuration, rsne, algorithm) in [(psk, RSNE, 0), (sae, sae_rsne, 3)] {
        let mut world = World::new(&configuration, &rsne);
        world.sleep(Duration::from_secs(1));
        let tried = world.requests.iter().find_map(|request| match request {
            Request::Authenticate { auth, .. } => Some((auth.bssid, auth.algorithm)),
            _ => None,
        });
        assert_eq!(tried, Some((AP, algorithm)), "{configuration}");
    }
}

#[test]
fn an_access_point_that_requires_what_the_radio_cannot_do_is_not_joined() {
    let rates = |list: &[u8]| [&[1, u8::try_from(list.len()).unwrap()], list].concat();
    for (elements, joined) in [
        (rates(&[0x82, 0x84, 0x8b, 0x96]), true),
        // 22 Mb/s (PBCC), once as a rate that may be used and once as one that must be.
        (rates(&[0x82, 0x2c]), true),
        (rates(&[0x82, 0xac]), false),
        ([rates(&[0x82]), vec![50, 1, 0xac]].concat(), false),
        // HT.
        (rates(&[0x82, 0xff]), false),
        // SAE with hash-to-element alone: that is no rate.
        (rates(&[0x82, 0xfb]), true),
    ] {
        let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
        world.elements.clone_from(&elements);
        world.ask("ENABLE_NETWORK 0");
        world.sleep(Duration::from_secs(10));
        assert_eq!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"), joined, "{elements:?}");
    }
    // In a band of which the radio says nothing, it is tried.
    let mut world = World::new(&OPEN.replace("network={", "network={\ndisabled=1"), &[]);
    (world.elements, world.freq) = (rates(&[0xac]), 5180);
    world.ask("ENABLE_NETWORK 0");
    world.sleep(Duration::from_secs(10));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn after_a_loss_the_channels_of_the_network_are_looked_at_first() {
    let mut world = World::new(&OPEN.replace("network={", "bss_expiration_scan_count=1\nnetwork={"), &[]);
    world.twin = Some(2462);
    world.sleep(Duration::from_secs(1));
    let lose = |world: &mut World| {
        world.requests.clear();
        let frame = frame::build(Subtype::DEAUTH, STA, AP, AP, |w| {
            w.u16_le(3);
        });
        world.event(Event::Deauthenticated { handle: Handle(3), frame: frame.unwrap(), local: false });
        world.sleep(Duration::from_secs(1));
        let scan = |request: &Request| match request {
            Request::TriggerScan { scan, .. } => Some(scan.freqs.clone()),
            _ => None,
        };
        world.requests.iter().filter_map(scan).collect::<Vec<_>>()
    };
    assert_eq!(lose(&mut world), [[2412, 2462]]);
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    // Where nothing is found there, everything is looked at without a pause.
    world.away = true;
    let scans = lose(&mut world);
    assert_eq!(scans.first().map(Vec::as_slice), Some(&[2412, 2462][..]));
    assert_eq!(scans.get(1).map(Vec::as_slice), Some(&[][..]));
    assert_eq!(scans.len(), 2, "{scans:?}");
}

/// Plays the access point's side of the handshake with the interface that is associated.
fn shake_hands(world: &mut World) {
    let mut policy = rsn::ApPolicy::rsn(&[rsn::AkmSuite::Psk], rsn::Pmf::Disabled);
    if world.rsne.get(7) == Some(&2) {
        policy.group = rsn::CipherSuite::Tkip;
    }
    if world.rsne.get(13) == Some(&2) {
        policy.rsn_pairwise = vec![rsn::CipherSuite::Tkip];
    }
    let element = world.requests.iter().rev().find_map(|request| match request {
        Request::Associate { assoc, .. } => Some(assoc.elements.clone()),
        _ => None,
    });
    let element = element.unwrap();
    let element = Elements::new(&element).find(id::RSN).unwrap().whole.to_vec();
    let negotiated = policy.accept(&element, None).unwrap();
    let elements = rsn::ApElements { rsne: Some(world.rsne.clone()), ..policy.elements() };
    let config = std::sync::Arc::new(rsn::AuthenticatorConfig::new(AP, elements));
    let mut group = rsn::Group::new(rsn::GroupConfig::new(&policy), world.now, &mut world.rng);
    let peer = rsn::PeerStation { addr: STA, negotiated, element, rsnxe: None };
    let mut authenticator =
        rsn::Authenticator::new(config, peer, vec![crypto::pbkdf2_psk(b"correct horse", b"home")], None);
    authenticator.start(world.now, &mut world.rng);
    let mut done = world.requests.len();
    while let Some(output) = authenticator.poll_output() {
        if let rsn::AuthenticatorOutput::SendEapol { frame, .. } = output {
            world.event(Event::Eapol { handle: Handle(3), source: AP, encrypted: Some(false), data: frame });
        }
        for request in world.requests.split_off(done) {
            if let Request::SendEapol { data, .. } = &request {
                let plain = rsn::Protection::Plain;
                authenticator.handle_eapol_key(data, plain, &mut group, world.now, &mut world.rng).unwrap();
            }
            world.requests.push(request);
        }
        done = world.requests.len();
    }
    assert!(authenticator.is_completed());
}

#[test]
fn the_port_opens_once_the_kernel_has_the_keys() {
    let mut world = World::new(PSK, &RSNE);
    world.slow_keys = Some(Vec::new());
    world.sleep(Duration::from_secs(1));
    shake_hands(&mut world);
    let opened = |world: &World| {
        let opens = |request: &Request| {
            matches!(request, Request::SetStationFlags { flags: StationFlags { authorized: Some(true), .. }, .. })
        };
        world.requests.iter().any(opens)
    };
    let unanswered = world.slow_keys.take().unwrap();
    assert_eq!(unanswered.len(), 2, "pairwise and group");
    for id in unanswered {
        assert!(!opened(&world) && !world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
        world.input(Input::Reply { id, result: Ok(Reply::Done) });
    }
    assert!(opened(&world) && world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    // A key that the kernel does not take opens nothing.
    let mut world = World::new(PSK, &RSNE);
    world.slow_keys = Some(Vec::new());
    world.sleep(Duration::from_secs(1));
    shake_hands(&mut world);
    for (id, result) in world.slow_keys.take().unwrap().into_iter().zip([Err(Failure::NotSupported), Ok(Reply::Done)]) {
        world.input(Input::Reply { id, result });
    }
    assert!(!opened(&world) && !world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn a_forged_deauthentication_erases_no_cached_key_and_is_not_followed_at_once() {
    const SAE: &str = "ctrl_interface=/run/ctl\nnetwork={\nssid=\"home\"\nkey_mgmt=SAE\nsae_password=\"correct horse\"\n\
        ieee80211w=2\ndisabled=1\n}\n";
    let mut rsne = RSNE;
    (rsne[19], rsne[20]) = (8, 0xc0);
    let mut world = World::new(SAE, &rsne);
    let key = "00112233445566778899aabbccddeeff";
    let added = world.ask(&format!("PMKSA_ADD 0 {AP} {key} {key}{key} 30000 43200 1024 0"));
    assert_eq!(added, "OK\n");
    world.deauthentications = 1;
    world.ask("ENABLE_NETWORK 0");
    let tries = |world: &World| {
        let algorithm = |request: &Request| match request {
            Request::Authenticate { auth, .. } => Some(auth.algorithm),
            _ => None,
        };
        world.requests.iter().filter_map(algorithm).collect::<Vec<u16>>()
    };
    let mut began = world.now;
    while tries(&world).is_empty() {
        world.sleep(Duration::from_millis(1));
        began = world.now;
    }
    assert_eq!(tries(&world), [0], "with the cached key, and not again in the same moment");
    world.sleep(Duration::from_millis(19));
    assert_eq!(tries(&world), [0], "{began:?}");
    // The next try is by SAE, since the access point may have lost the key; which stays.
    world.sleep(Duration::from_millis(500));
    assert_eq!(tries(&world), [0, 3]);
    assert!(world.ask("PMKSA").contains(key), "{}", world.ask("PMKSA"));
    // It leads nowhere; the key is tried again.
    world.sleep(Duration::from_secs(30));
    assert!(tries(&world).iter().skip(2).any(|algorithm| *algorithm == 0), "{:?}", tries(&world));
}

#[test]
fn a_crowd_of_strange_networks_does_not_push_out_ours() {
    for strangers in [1500, 5000] {
        let mut world = World::new(&OPEN.replace("network={", "bss_max_count=100\nnetwork={\ndisabled=1"), &[]);
        world.strangers = strangers;
        world.ask("ENABLE_NETWORK 0");
        world.sleep(Duration::from_secs(30));
        assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"), "{strangers}");
        let known = world.ask("BSS RANGE=ALL MASK=0x2").matches("bssid=").count();
        assert!(known <= 100, "{known} are remembered");
    }
}

#[test]
fn a_refused_authentication_is_told() {
    let mut world = World::new(OPEN, &[]);
    world.answers_auth = StatusCode::AP_FULL;
    world.ask("ATTACH");
    world.sent.clear();
    world.sleep(Duration::from_secs(1));
    let told = world.sent.iter().any(|(_, text)| {
        text == "<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:03:00 auth_type=0 auth_transaction=2 status_code=17"
    });
    assert!(told, "{:?}", world.sent);
}

#[test]
fn two_that_refuse_are_tried_in_turn_with_pauses() {
    let mut world = World::new(OPEN, &[]);
    world.answers_auth = StatusCode::AP_FULL;
    world.twin = Some(2412);
    world.sleep(Duration::from_secs(60));
    let tried: Vec<MacAddr> = world
        .requests
        .iter()
        .filter_map(|request| if let Request::Authenticate { auth, .. } = request { Some(auth.bssid) } else { None })
        .collect();
    assert!(tried.starts_with(&[AP, TWIN]) || tried.starts_with(&[TWIN, AP]), "{tried:?}");
    assert!((4..20).contains(&tried.len()), "{tried:?}");
}

#[test]
fn a_lost_link_is_made_anew() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.sent.clear();
    let frame = frame::build(Subtype::DEAUTH, STA, AP, AP, |w| {
        w.u16_le(3);
    })
    .unwrap();
    world.event(Event::Deauthenticated { handle: Handle(3), frame, local: false });
    assert!(
        world.sent.iter().any(|(_, text)| text == "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:03:00 reason=3"),
        "{:?}",
        world.sent
    );
    world.sleep(Duration::from_secs(2));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn a_vanished_interface_and_a_killed_privd_are_states() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.event(Event::InterfaceGone { handle: Handle(3), ifname: "wlan0".into() });
    assert!(world.ask("STATUS").contains("wpa_state=INTERFACE_DISABLED\n"));
    world.event(Event::InterfaceAdded { ifname: "wlan0".into(), kind: InterfaceType::Station });
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    world.input(Input::PrivdDown);
    assert!(world.ask("STATUS").contains("wpa_state=INTERFACE_DISABLED\n"));
    world.input(Input::PrivdUp);
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn disconnect_lasts_until_reconnect() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    assert_eq!(world.ask("DISCONNECT"), "OK\n");
    world.sleep(Duration::from_secs(60));
    assert!(world.ask("STATUS").contains("wpa_state=DISCONNECTED\n"));
    assert_eq!(world.ask("RECONNECT"), "OK\n");
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn no_event_panics_in_any_state() {
    for text in [OPEN, PSK] {
        let mut world = World::new(text, &RSNE);
        let junk: Vec<Vec<u8>> = (0..40).map(|len| vec![0xc0; len]).collect();
        for frame in junk {
            world.event(Event::Deauthenticated { handle: Handle(3), frame: frame.clone(), local: false });
            world.event(Event::AuthReceived { handle: Handle(3), frame: frame.clone() });
            world.event(Event::AssocReceived {
                handle: Handle(3),
                frame: frame.clone(),
                request_elements: frame.clone(),
            });
            world.event(Event::UnprotectedDeauth { handle: Handle(3), frame: frame.clone() });
            world.event(Event::FrameReceived {
                handle: Handle(3),
                freq: 0,
                signal: None,
                frame: frame.clone(),
                link: None,
            });
            world.event(Event::Eapol { handle: Handle(3), source: AP, encrypted: None, data: frame.clone() });
            world.event(Event::Disconnected { handle: Handle(3), reason: ReasonCode(0), by_ap: true });
            world.input(Input::Control { socket: world.socket, client: 9, command: frame });
            world.sleep(Duration::from_millis(700));
        }
        world.event(Event::Resync);
    }
}

/// The same networks with a driver that connects by itself.
fn by_driver(text: &str, rsne: &[u8]) -> World {
    World::new(&format!("driver_param=force_connect_cmd=1\n{text}"), rsne)
}

fn roamed(bssid: MacAddr) -> Event {
    Event::Roamed {
        handle: Handle(3),
        bssid,
        request_elements: Vec::new(),
        response_elements: Vec::new(),
        authorized: false,
    }
}

#[test]
fn a_driver_that_connects_is_asked_once_and_believed() {
    let mut world = by_driver(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    assert!(!world.requests.iter().any(|request| matches!(request, Request::Authenticate { .. })));
    let count = world.requests.iter().filter(|request| matches!(request, Request::Connect { .. })).count();
    assert_eq!(count, 1);
    world.ask("ATTACH");
    world.sent.clear();
    // The end comes twice: as a frame, and as the driver's own word.
    let frame = frame::build(Subtype::DEAUTH, STA, AP, AP, |w| {
        w.u16_le(3);
    });
    world.event(Event::Deauthenticated { handle: Handle(3), frame: frame.unwrap(), local: false });
    world.event(Event::Disconnected { handle: Handle(3), reason: ReasonCode(3), by_ap: true });
    world.sleep(Duration::from_secs(2));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    world.ask("DISCONNECT");
    assert!(matches!(
        world.requests.iter().rev().find(|request| matches!(request, Request::Disconnect { .. })),
        Some(Request::Disconnect { handle: Handle(3), .. })
    ));
    assert!(!world.requests.iter().any(|request| matches!(request, Request::Deauthenticate { .. })));
}

#[test]
fn a_driver_that_cannot_connect_says_why() {
    let mut world = by_driver(OPEN, &[]);
    world.answers_auth = StatusCode::AP_FULL;
    world.ask("ATTACH");
    world.sent.clear();
    world.sleep(Duration::from_secs(1));
    let told = "<3>CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:03:00 status_code=17";
    assert!(world.sent.iter().any(|(_, text)| text == told), "{:?}", world.sent);
}

#[test]
fn a_driver_that_moves_is_followed_and_has_its_port_closed() {
    let other = MacAddr([2, 0, 0, 0, 4, 0]);
    let mut world = by_driver(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.event(roamed(other));
    assert!(world.ask("STATUS").contains("bssid=02:00:00:00:04:00\n"));
    // With a handshake to make, the link is not open before that is made.
    let mut world = by_driver(PSK, &RSNE);
    world.sleep(Duration::from_secs(1));
    world.requests.clear();
    world.event(roamed(other));
    assert!(world.ask("STATUS").contains("wpa_state=ASSOCIATED\n"));
    let closes = |request: &Request| matches!(request, Request::SetOperState { state: OperState::Dormant, .. });
    assert!(world.requests.iter().any(closes), "{:?}", world.requests);
    // One that has nothing to say about it is not believed.
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.event(roamed(other));
    assert!(world.ask("STATUS").contains("bssid=02:00:00:00:03:00\n"));
}

#[test]
fn while_a_client_has_the_radio_nothing_of_ours_begins() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.ask("DISCONNECT");
    world.sent.clear();
    // The number comes before the event.
    assert_eq!(world.ask("RADIO_WORK add test freq=2412 timeout=3"), "<3>EXT-RADIO-WORK-START 1");
    assert_eq!(world.sent.first().map(|(_, text)| text.as_str()), Some("1"));
    assert_eq!(world.ask("RADIO_WORK add other"), "2");
    world.requests.clear();
    world.ask("RECONNECT");
    world.sleep(Duration::from_secs(2));
    let show = world.ask("RADIO_WORK show");
    assert!(show.starts_with("ext:test@wlan0:2412:1:2.0"), "{show}");
    assert!(show.contains("ext:other@wlan0:0:0:") && show.contains("connect@wlan0:2412:0:"), "{show}");
    let ours = |request: &Request| matches!(request, Request::Authenticate { .. } | Request::TriggerScan { .. });
    assert!(!world.requests.iter().any(ours));
    world.sleep(Duration::from_secs(2));
    assert!(world.sent.iter().any(|(_, text)| text == "<3>EXT-RADIO-WORK-TIMEOUT 1"), "{:?}", world.sent);
    assert!(world.ask("RADIO_WORK show").starts_with("ext:other@wlan0:0:1:"));
    world.ask("RADIO_WORK done 2");
    world.sleep(Duration::from_secs(1));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    assert_eq!(world.ask("RADIO_WORK show"), "");
    assert_eq!(world.ask("RADIO_WORK done 2"), "FAIL\n");
}

#[test]
fn lost_events_are_made_up_for() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.sent.clear();
    world.requests.clear();
    // Nothing has happened: the link stands, but what is in reach is read again.
    world.event(Event::Resync);
    world.sleep(Duration::from_secs(1));
    let disconnected = |world: &World| world.sent.iter().any(|(_, text)| text.contains("CTRL-EVENT-DISCONNECTED"));
    assert!(!disconnected(&world), "{:?}", world.sent);
    assert!(world.requests.iter().any(|request| matches!(request, Request::ScanResults { .. })));
    assert!(world.requests.iter().any(|request| matches!(request, Request::Capabilities { .. })));
    // The end of the link was among what was lost: it is made anew.
    world.joined = None;
    world.event(Event::Resync);
    assert!(disconnected(&world), "{:?}", world.sent);
    world.joined = Some(AP);
    world.sleep(Duration::from_secs(2));
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
    // So was the driver's move.
    let mut world = by_driver(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.joined = Some(MacAddr([2, 0, 0, 0, 4, 0]));
    world.event(Event::Resync);
    assert!(world.ask("STATUS").contains("bssid=02:00:00:00:04:00\n"));
}

#[test]
fn a_scan_of_many_channels_is_ended_once_and_then_has_the_time_that_it_needs() {
    let mut world = World::before_privd(&["wlan0"], OPEN, &[]);
    world.long_scans = true;
    world.away = true;
    world.input(Input::PostUp);
    world.input(Input::PrivdUp);
    let ends = |world: &World| world.requests.iter().filter(|r| matches!(r, Request::AbortScan { .. })).count();
    world.sleep(Duration::from_secs(9));
    assert_eq!((world.scans().len(), ends(&world)), (1, 0));
    world.sleep(Duration::from_millis(1500));
    assert_eq!(ends(&world), 1);
    world.event(Event::ScanDone { handle: Handle(3), aborted: true, freqs: vec![2412] });
    world.requests.clear();
    assert_eq!(world.ask("SCAN"), "OK\n");
    assert_eq!(world.scans(), [3]);
    world.sleep(Duration::from_secs(25));
    assert_eq!(ends(&world), 0, "the channels behind would never be looked at");
    world.sleep(Duration::from_secs(6));
    assert_eq!(ends(&world), 1);
}

#[test]
fn a_scan_whose_end_was_lost_is_over() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("DISCONNECT");
    world.joined = None;
    world.event(Event::ScanStarted { handle: Handle(3) });
    world.requests.clear();
    assert_eq!(world.ask("SCAN"), "OK\n");
    assert_eq!(world.scans(), []);
    world.event(Event::Resync);
    assert_eq!(world.scans(), [3]);
}

#[test]
fn interfaces_of_one_radio_scan_in_turn() {
    let mut world = World::with_interfaces(&["wlan0", "wlan1"], OPEN, &[]);
    let states = |world: &World| {
        let states = world.machine.interfaces.values().map(|interface| interface.engine.state());
        states.collect::<Vec<_>>()
    };
    world.sleep(Duration::from_millis(10));
    assert_eq!(world.scans(), [3]);
    assert_eq!(states(&world), [State::Scanning; 2]);
    // The second waits for the end of the first, and for nothing else.
    world.sleep(Duration::from_secs(9));
    assert_eq!(world.scans(), [3]);
    world.event(Event::ScanDone { handle: Handle(3), aborted: false, freqs: vec![2412] });
    assert_eq!(world.scans(), [3, 4]);
    assert_eq!(states(&world), [State::Completed, State::Scanning]);
    // A client's scan of the first waits for the second.
    assert_eq!(world.machine.interface_named("wlan0"), Some(0));
    world.socket = world.machine.interfaces.get(&0).and_then(|interface| interface.socket).unwrap();
    assert_eq!(world.ask("SCAN"), "OK\n");
    assert_eq!(world.scans(), [3, 4]);
    // One that is lost does not keep the radio for ever.
    world.sleep(Duration::from_secs(31));
    assert_eq!(world.scans(), [3, 4, 3]);
    // Nor is anything joined while another scans: the radio would not hear the answer.
    world.event(Event::ScanDone { handle: Handle(3), aborted: false, freqs: vec![2412] });
    assert_eq!(world.scans(), [3, 4, 3, 4]);
    world.requests.clear();
    world.ask("REASSOCIATE");
    let joins = |world: &World| world.requests.iter().any(|request| matches!(request, Request::Authenticate { .. }));
    assert!(!joins(&world) && world.ask("RADIO_WORK show").contains("connect@wlan0:2412:0:"));
    world.event(Event::ScanDone { handle: Handle(4), aborted: false, freqs: vec![2412] });
    assert!(joins(&world));
}

#[test]
fn a_radio_that_another_program_scans_with_is_waited_for() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("ATTACH");
    world.ask("DISCONNECT");
    world.sleep(Duration::from_secs(10));
    world.requests.clear();
    world.radio_busy = true;
    assert_eq!(world.ask("SCAN use_id=1"), "1\n");
    world.ask("RECONNECT");
    world.sleep(Duration::from_secs(10));
    assert!((5..=15).contains(&world.scans().len()), "{:?}", world.scans());
    assert!(world.ask("STATUS").contains("wpa_state=SCANNING\n"));
    assert!(!world.sent.iter().any(|(_, text)| text.contains("CTRL-EVENT-SCAN-FAILED")), "{:?}", world.sent);
    world.radio_busy = false;
    world.sent.clear();
    world.sleep(Duration::from_secs(2));
    let reports = |text: &str| text.starts_with("<3>CTRL-EVENT-SCAN-RESULTS") && text.ends_with("id=1");
    assert!(world.sent.iter().any(|(_, text)| reports(text)), "{:?}", world.sent);
    assert!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"));
}

#[test]
fn what_the_kernel_still_holds_after_lost_events_is_let_go() {
    let mut world = World::new(OPEN, &[]);
    world.sleep(Duration::from_secs(1));
    world.ask("DISCONNECT");
    world.requests.clear();
    world.event(Event::Resync);
    assert!(world.requests.iter().any(|request| matches!(request, Request::Deauthenticate { bssid: AP, .. })));
}

#[test]
fn an_association_made_by_others_is_taken_over_where_it_has_no_keys() {
    for (configuration, rsne, taken) in [(OPEN, &[][..], true), (PSK, &RSNE[..], false)] {
        let mut world = World::new(configuration, rsne);
        // Known, but not joined by us.
        world.answers_auth = StatusCode::AP_FULL;
        world.sleep(Duration::from_millis(500));
        world.requests.clear();
        let body = AssocResponse { capability: 1, status: StatusCode::SUCCESS, aid: 1, elements: &[] };
        let frame = frame::build(Subtype::ASSOC_RESPONSE, STA, AP, AP, |w| body.write(w)).unwrap();
        world.event(Event::AssocReceived { handle: Handle(3), frame, request_elements: Vec::new() });
        assert_eq!(world.ask("STATUS").contains("wpa_state=COMPLETED\n"), taken, "{configuration}");
        let opened = |request: &Request| matches!(request, Request::SetOperState { state: OperState::Up, .. });
        assert_eq!(world.requests.iter().any(opened), taken, "{:?}", world.requests);
    }
}

/// The network is away for an hour.
fn an_hour_alone(world: &mut World) -> Vec<Duration> {
    let mut scans = Vec::new();
    let begin = world.now;
    while world.now < begin + Duration::from_secs(3600) {
        world.sleep(Duration::from_secs(1));
        if world.requests.iter().any(|request| matches!(request, Request::TriggerScan { .. })) {
            scans.push(world.now - begin);
        }
        world.requests.clear();
    }
    scans
}

#[test]
fn a_network_that_is_away_is_looked_for_less_and_less() {
    let mut world = World::new(&OPEN.replace("home", "away"), &[]);
    let scans = an_hour_alone(&mut world);
    // At once, every 5 s for a minute, and never less than twice a minute.
    assert!((100..=180).contains(&scans.len()), "{} scans in an hour", scans.len());
    let pauses: Vec<u64> =
        scans.windows(2).filter_map(|pair| Some((*pair.get(1)? - *pair.first()?).as_secs())).collect();
    assert_eq!(pauses.get(1), Some(&5), "the first scan was before this hour");
    assert!(pauses.is_sorted() && pauses.iter().all(|pause| *pause <= 31), "{pauses:?}");
    // Somebody who asks begins at the quick end again.
    assert_eq!(world.ask("RECONNECT"), "OK\n");
    world.sleep(Duration::from_secs(1));
    world.requests.clear();
    world.sleep(Duration::from_secs(6));
    assert!(world.requests.iter().any(|request| matches!(request, Request::TriggerScan { .. })));
}

#[test]
fn an_interval_that_was_asked_for_is_kept_in_proportion() {
    let mut world = World::new(&OPEN.replace("home", "away"), &[]);
    assert_eq!(world.ask("SCAN_INTERVAL 20"), "OK\n");
    let scans = an_hour_alone(&mut world);
    assert!((30..=60).contains(&scans.len()), "{} scans in an hour", scans.len());
}

#[test]
fn a_crowd_of_passing_access_points_is_forgotten() {
    let mut world = World::new(&OPEN.replace("home", "away"), &[]);
    world.crowd = true;
    an_hour_alone(&mut world);
    let known = world.ask("SCAN_RESULTS").lines().count();
    assert!(known < 250, "{known} lines after an hour");
}

#[test]
fn an_interface_that_is_not_in_the_bridge_it_is_said_to_be_in_is_not_added() {
    let mut world = World::new(OPEN, &[]);
    world.machine.daemon.global_socket = Some(99);
    let add = |world: &mut World, line: &[u8]| {
        world.sent.clear();
        world.input(Input::Control { socket: 99, client: 5, command: line.to_vec() });
        world.sent.iter().filter(|(client, _)| *client == 5).map(|(_, text)| text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(add(&mut world, b"INTERFACE_ADD wlan1\t\tnl80211\t\t\tbr0"), ["FAIL\n"]);
    assert!(world.machine.interface_named("wlan1").is_none());
    world.bridge = Some("br0".into());
    assert_eq!(add(&mut world, b"INTERFACE_ADD wlan1\t\tnl80211\t\t\tbr0"), ["OK\n"]);
    assert!(world.machine.interface_named("wlan1").is_some());
}
