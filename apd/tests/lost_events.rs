//! The access point daemon after the kernel had no room for events.
#![allow(clippy::wildcard_enum_match_arm, clippy::panic, reason = "a kernel that knows only what this story needs")]

use std::time::Duration;

use crypto::testing::TestRng;
use daemon::{Input, Machine, Output};
use ipc_proto::{
    BandInfo, ChannelDefinition, ChannelInfo, Event, Handle, InterfaceInfo, InterfaceType, LinkInfo, Reply, Request,
    WiphyFeatures, WiphyInfo,
};
use wire::channel::Band;
use wire::{Instant, MacAddr, Ssid};

const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
const CONF: &str = "interface=wlan0\nctrl_interface=/run/ctl\nssid=net\nhw_mode=g\nchannel=1\n";

struct World<M> {
    machine: M,
    rng: TestRng,
    now: Instant,
    link: LinkInfo,
    requests: Vec<Request>,
    said: Vec<String>,
    socket: u32,
}

fn link() -> LinkInfo {
    let (ssid, channel) = (Ssid::new(b"net").ok(), Some(ChannelDefinition::legacy(2412)));
    LinkInfo { up: true, addr: AP, ssid, channel, ..LinkInfo::default() }
}

fn wiphy() -> WiphyInfo {
    let channel = |number: u32| ChannelInfo {
        freq: 2407 + 5 * number,
        disabled: false,
        no_ir: false,
        radar: false,
        no_ht40_plus: false,
        no_ht40_minus: false,
        max_power: 2000,
    };
    let band = BandInfo {
        band: Band::Ghz2,
        ht_capability: None,
        ht_ampdu: 0,
        ht_mcs: Vec::new(),
        vht_capability: None,
        vht_mcs: Vec::new(),
        rates: [10, 20, 55, 110, 60, 120, 240].into(),
        channels: (1..=11).map(channel).collect(),
    };
    let features = WiphyFeatures { full_ap_client_state: true, ..WiphyFeatures::default() };
    WiphyInfo { features, bands: vec![band], ..WiphyInfo::default() }
}

impl<M: Machine> World<M> {
    fn new(machine: M) -> World<M> {
        let mut world = World {
            machine,
            rng: TestRng::new(1),
            now: Instant::from_origin(Duration::from_secs(100)),
            link: link(),
            requests: Vec::new(),
            said: Vec::new(),
            socket: 0,
        };
        world.input(Input::PostUp);
        world.input(Input::PrivdUp);
        world.ask("ATTACH");
        assert_eq!(world.state().as_deref(), Some("ENABLED"));
        world
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(input, self.now, &mut self.rng);
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Request { id, request } => {
                    self.requests.push(request.clone());
                    let result = Ok(self.answer(request));
                    self.input(Input::Reply { id, result });
                }
                Output::Send { data, .. } => self.said.push(String::from_utf8_lossy(&data).into_owned()),
                Output::OpenControl { socket, path, .. } if path.ends_with("/wlan0") => self.socket = socket,
                _ => {}
            }
        }
    }

    fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Attach { ifname } => Reply::Attached(
                Handle(3),
                InterfaceInfo {
                    ifindex: 103,
                    ifname,
                    wiphy: 0,
                    addr: AP,
                    kind: InterfaceType::Station,
                    up: false,
                    blocked: false,
                },
            ),
            Request::Capabilities { .. } => Reply::Wiphy(wiphy()),
            Request::LinkState { .. } => Reply::Link(self.link.clone()),
            Request::Stations { .. } => Reply::Stations { entries: Vec::new(), last: true },
            _ => Reply::Done,
        }
    }

    fn sleep(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.machine.poll_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    fn ask(&mut self, command: &str) -> String {
        let socket = self.socket;
        self.input(Input::Control { socket, client: 1, command: command.into() });
        self.said.last().cloned().unwrap_or_default()
    }

    fn state(&mut self) -> Option<String> {
        let status = self.ask("STATUS");
        status.lines().find_map(|line| line.strip_prefix("state=")).map(str::to_owned)
    }

    fn starts(&self) -> usize {
        self.requests.iter().filter(|request| matches!(request, Request::StartAp { .. })).count()
    }
}

fn world() -> World<impl Machine> {
    World::new(apd::machine(CONF.as_bytes()).unwrap_or_else(|| panic!("the configuration is refused")))
}

#[test]
fn nothing_changes_where_nothing_was_lost() {
    let mut world = world();
    world.requests.clear();
    world.input(Input::Event(Event::Resync));
    assert!(world.requests.iter().any(|request| matches!(request, Request::LinkState { handle: Handle(3) })));
    assert!(world.requests.iter().any(|request| matches!(request, Request::Stations { addr: None, .. })));
    assert_eq!((world.requests.len(), world.state().as_deref()), (2, Some("ENABLED")));
}

#[test]
fn an_interface_that_went_down_unheard_is_a_state_and_comes_back() {
    let mut world = world();
    world.link.up = false;
    world.input(Input::Event(Event::Resync));
    assert!(world.said.iter().any(|text| text.contains("INTERFACE-DISABLED")), "{:?}", world.said);
    world.link = link();
    world.input(Input::Event(Event::Resync));
    assert_eq!((world.state().as_deref(), world.starts()), (Some("ENABLED"), 2));
}

#[test]
fn an_access_point_that_stopped_unheard_starts_again() {
    let mut world = world();
    world.link.ssid = None;
    world.input(Input::Event(Event::Resync));
    assert_ne!(world.state().as_deref(), Some("ENABLED"));
    world.link = link();
    world.sleep(Duration::from_secs(10));
    assert_eq!((world.state().as_deref(), world.starts()), (Some("ENABLED"), 2));
}

#[test]
fn a_channel_that_changed_unheard_is_followed() {
    let mut world = world();
    world.link.channel = Some(ChannelDefinition::legacy(2437));
    world.input(Input::Event(Event::Resync));
    assert!(world.ask("STATUS").contains("freq=2437\n"), "{:?}", world.said.last());
    assert_eq!(world.starts(), 1);
}
