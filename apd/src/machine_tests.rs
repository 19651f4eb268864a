//! The machine against a scripted kernel: what is asked for whom, in which order.

#![allow(clippy::wildcard_enum_match_arm, reason = "the scripted kernel knows only what these flows need")]

use std::collections::BTreeMap;
use std::time::Duration;

use conf::ap::ApConfig;
use crypto::testing::TestRng;
use daemon::{Input, Machine, Output};
use ipc_proto::{
    BandInfo, ChannelInfo, ChannelWidth, Event, Failure, Handle, InterfaceInfo, InterfaceType, Reply, Request,
    ScanEntry, WiphyFeatures, WiphyInfo,
};
use wire::channel::Band;
use wire::{Instant, MacAddr};

use super::Apd;
use crate::options::{Wanted, parse};
use crate::setup::{Configured, Setup};

const FIRST: &str = "interface=wlan0\nssid=first\nhw_mode=g\nchannel=1\nctrl_interface=/run/hostapd\n";
const SECOND: &str = "interface=more0\nssid=second\nhw_mode=g\nchannel=1\nctrl_interface=/run/hostapd\n";
const GLOBAL: u32 = 1;
const CLIENT: u64 = 7;

/// A kernel that does what is asked, and a post that has some files.
struct World {
    machine: Apd,
    rng: TestRng,
    now: Instant,
    requests: Vec<Request>,
    sent: Vec<(u64, String)>,
    files: BTreeMap<String, String>,
    /// Files that are asked for and not given yet.
    unread: Vec<(u32, String)>,
    slow_files: bool,
    sockets: BTreeMap<String, u32>,
    next_number: u32,
    refuses_bridges: bool,
    /// So many interfaces can be made.
    room: usize,
    /// Those that were made.
    made: BTreeMap<u32, Option<MacAddr>>,
    /// Interfaces are up when they are found.
    found_up: bool,
    /// The interface is there already.
    existing: Option<&'static str>,
    /// So often a scan is refused, since somebody else has the radio.
    busy: usize,
    /// What a scan finds, in two parts.
    neighbours: Vec<ScanEntry>,
}

impl World {
    fn new(conf: &str) -> World {
        World::with_room(conf, usize::MAX)
    }

    fn with_room(conf: &str, room: usize) -> World {
        let (config, _) = ApConfig::parse("/etc/first.conf", conf.as_bytes()).unwrap();
        let Ok(Wanted::Run(options)) = parse(["-g", "/run/global", "/etc/first.conf"].map(Into::into)) else {
            panic!("the command line is not understood")
        };
        let radio = Configured { path: "/etc/first.conf".into(), radio: None, own: config.bss.len(), config };
        let machine = Apd::new(&options, Setup { radios: vec![radio], ..Setup::default() });
        let mut world = World {
            machine,
            rng: TestRng::new(3),
            now: Instant::from_origin(Duration::from_secs(100)),
            requests: Vec::new(),
            sent: Vec::new(),
            files: BTreeMap::new(),
            unread: Vec::new(),
            slow_files: false,
            sockets: BTreeMap::new(),
            next_number: 3,
            refuses_bridges: false,
            room,
            made: BTreeMap::new(),
            found_up: false,
            existing: None,
            busy: 0,
            neighbours: Vec::new(),
        };
        world.input(Input::PostUp);
        world.input(Input::PrivdUp);
        world
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(input, self.now, &mut self.rng);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Request { id, request: Request::ScanResults { .. } } => {
                    for (entries, last) in [(self.neighbours.clone(), false), (Vec::new(), true)] {
                        self.input(Input::Reply { id, result: Ok(Reply::ScanResults { entries, last }) });
                    }
                }
                Output::Request { id, request } => {
                    let result = self.carry_out(&request);
                    self.requests.push(request);
                    self.input(Input::Reply { id, result });
                }
                Output::OpenControl { socket, path, .. } => {
                    self.sockets.insert(path, socket);
                    self.input(Input::ControlOpened { socket, result: Ok(()) });
                }
                Output::CloseControl { socket } => self.sockets.retain(|_, open| *open != socket),
                Output::ReadFile { token, path, .. } if self.slow_files => self.unread.push((token, path)),
                Output::ReadFile { token, path, .. } => self.give_file(token, &path),
                Output::Send { clients, data, .. } => {
                    let text = String::from_utf8_lossy(&data).into_owned();
                    self.sent.extend(clients.into_iter().map(|client| (client, text.clone())));
                }
                _ => {}
            }
        }
    }

    fn give_file(&mut self, token: u32, path: &str) {
        let result = self.files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "no such file".into());
        self.input(Input::FileRead { token, result });
    }

    fn carry_out(&mut self, request: &Request) -> Result<Reply, Failure> {
        let info = |number: u32, ifname: &str, addr: MacAddr| InterfaceInfo {
            ifindex: 100 + number,
            ifname: ifname.into(),
            wiphy: 0,
            addr,
            kind: InterfaceType::AccessPoint,
            up: self.found_up,
            blocked: false,
        };
        match request {
            Request::Attach { ifname } if Some(ifname.as_str()) == self.existing => {
                Ok(Reply::Attached(Handle(9), info(9, ifname, MacAddr([2, 0, 0, 0, 0, 9]))))
            }
            Request::AddInterface { ifname, .. } if Some(ifname.as_str()) == self.existing => {
                Err(Failure::Kernel { errno: 23, text: String::new() })
            }
            Request::Attach { ifname } => Ok(Reply::Attached(Handle(3), info(3, ifname, MacAddr([2, 0, 0, 0, 0, 0])))),
            // An address is one interface's only.
            Request::AddInterface { addr: Some(addr), .. } if self.made.values().any(|known| *known == Some(*addr)) => {
                Err(Failure::Kernel { errno: 76, text: String::new() })
            }
            Request::AddInterface { .. } if self.made.len() >= self.room => {
                Err(Failure::Kernel { errno: 16, text: String::new() })
            }
            Request::AddInterface { ifname, addr, .. } => {
                self.next_number += 1;
                self.made.insert(self.next_number, *addr);
                Ok(Reply::Created(
                    Handle(self.next_number.into()),
                    info(self.next_number, ifname, addr.unwrap_or_default()),
                ))
            }
            Request::RemoveInterface { handle } => {
                self.made.retain(|made, _| u64::from(*made) != handle.0);
                Ok(Reply::Done)
            }
            Request::SetBridge { .. } if self.refuses_bridges => {
                Err(Failure::Kernel { errno: 19, text: String::new() })
            }
            Request::TriggerScan { .. } if self.busy > 0 => {
                self.busy -= 1;
                Err(Failure::Kernel { errno: 16, text: String::new() })
            }
            Request::Capabilities { .. } => Ok(Reply::Wiphy(wiphy())),
            _ => Ok(Reply::Done),
        }
    }

    fn command(&mut self, path: &str, text: &str) -> Option<String> {
        let before = self.sent.len();
        let socket = self.sockets.get(path).copied().unwrap_or(GLOBAL + 1000);
        self.input(Input::Control { socket, client: CLIENT, command: text.as_bytes().to_vec() });
        self.sent.get(before..)?.iter().find(|(client, _)| *client == CLIENT).map(|(_, text)| text.clone())
    }

    fn starts(&self) -> Vec<u64> {
        let start = |request: &Request| match request {
            Request::StartAp { handle, .. } => Some(handle.0),
            _ => None,
        };
        self.requests.iter().filter_map(start).collect()
    }

    fn stops(&self) -> Vec<u64> {
        let stop = |request: &Request| match request {
            Request::StopAp { handle, .. } => Some(handle.0),
            _ => None,
        };
        self.requests.iter().filter_map(stop).collect()
    }
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
        ht_capability: Some(0x000e),
        ht_ampdu: 0,
        ht_mcs: [0; 16].into(),
        vht_capability: None,
        vht_mcs: Vec::new(),
        rates: [10, 20, 55, 110, 60, 90, 120, 180, 240, 360, 480, 540].into(),
        channels: (1..=11).map(channel).collect(),
    };
    let features = WiphyFeatures { full_ap_client_state: true, ..WiphyFeatures::default() };
    WiphyInfo { name: "phy0".into(), features, bands: vec![band], ..WiphyInfo::default() }
}

#[test]
fn a_bss_comes_and_goes_and_the_other_is_not_touched() {
    let mut world = World::new(FIRST);
    assert_eq!(world.starts(), [3]);
    world.files.insert("/etc/second.conf".into(), SECOND.into());
    assert_eq!(world.command("/run/global", "ADD bss_config=phy0:/etc/second.conf").as_deref(), Some("OK\n"));
    assert_eq!(world.starts(), [3, 4]);
    assert!(world.sockets.contains_key("/run/hostapd/more0"));
    assert_eq!(world.command("/run/global", "REMOVE more0").as_deref(), Some("OK\n"));
    assert_eq!(world.stops(), [4]);
    assert_eq!(world.requests.last(), Some(&Request::RemoveInterface { handle: Handle(4) }));
    assert!(!world.sockets.contains_key("/run/hostapd/more0"));
    assert_eq!(world.command("/run/hostapd/wlan0", "PING").as_deref(), Some("PONG\n"));
}

#[test]
fn who_adds_a_bss_that_cannot_work_hears_so_and_the_other_works_on() {
    let mut world = World::new(FIRST);
    world.refuses_bridges = true;
    world.files.insert("/etc/second.conf".into(), format!("{SECOND}bridge=br0\n"));
    assert_eq!(world.command("/run/global", "ADD bss_config=phy0:/etc/second.conf").as_deref(), Some("FAIL\n"));
    assert_eq!((world.starts(), world.stops()), (vec![3], vec![]));
    assert!(world.command("/run/hostapd/wlan0", "STATUS").unwrap().contains("state=ENABLED"));
}

#[test]
fn each_of_many_networks_has_an_address_of_its_own() {
    let more = "bss=a1\nssid=a1\nbss=a2\nssid=a2\nbssid=02:00:00:00:00:02\nbss=a3\nssid=a3\nbss=a4\nssid=a4\n";
    let world = World::new(&format!("{FIRST}{more}"));
    assert_eq!(world.starts(), [3, 4, 5, 6, 7]);
    let addr = |request: &Request| match request {
        Request::AddInterface { addr, .. } => addr.map(|MacAddr(octets)| octets[5]),
        _ => None,
    };
    assert_eq!(world.requests.iter().filter_map(addr).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn networks_for_which_there_is_room_serve_without_the_others() {
    let more = "bss=a1\nssid=a1\nbss=a2\nssid=a2\nbss=a3\nssid=a3\n";
    let mut world = World::with_room(&format!("{FIRST}{more}"), 2);
    assert_eq!((world.starts(), world.stops()), (vec![3, 4, 5], vec![]));
    assert!(world.command("/run/hostapd/wlan0", "STATUS").unwrap().contains("state=ENABLED"));
    // What is reloaded tries again.
    world.room = 3;
    world.command("/run/hostapd/wlan0", "DISABLE");
    world.requests.clear();
    world.command("/run/hostapd/wlan0", "ENABLE");
    assert_eq!(world.starts().len(), 4);
}

#[test]
fn the_vlan_of_an_address_is_kept_and_shown() {
    let mut world = World::new(FIRST);
    let mut ask = |command: &str| world.command("/run/hostapd/wlan0", command).unwrap();
    assert_eq!(ask("ACCEPT_ACL ADD_MAC 02:00:00:00:00:05"), "OK\n");
    assert_eq!(ask("ACCEPT_ACL ADD_MAC 02:00:00:00:00:05 VLAN_ID=3"), "OK\n");
    assert_eq!(ask("ACCEPT_ACL SHOW"), "02:00:00:00:00:05 VLAN_ID=3\n");
}

#[test]
fn an_interface_is_left_as_it_was_found() {
    for found_up in [false, true] {
        let mut world = World::new(FIRST);
        // What is found when it is taken again counts, not what a worker of ours has left that died.
        world.command("/run/hostapd/wlan0", "DISABLE");
        world.found_up = found_up;
        world.command("/run/hostapd/wlan0", "ENABLE");
        world.found_up = true;
        world.input(Input::PrivdDown);
        world.input(Input::PrivdUp);
        world.requests.clear();
        world.input(Input::Signal(daemon::Signal::Terminate));
        let up = |request: &Request| match request {
            Request::SetLinkUp { handle: Handle(3), up } => Some(*up),
            _ => None,
        };
        assert_eq!(world.requests.iter().filter_map(up).next_back(), Some(found_up), "{:?}", world.requests);
        assert_eq!(world.requests.last(), Some(&Request::Detach { handle: Handle(3) }));
    }
}

#[test]
fn a_switch_to_no_channel_is_refused() {
    let mut world = World::new(FIRST);
    for freq in ["4294967295", "4294967286", "0"] {
        let command = format!("CHAN_SWITCH 5 {freq} sec_channel_offset=1");
        assert_eq!(world.command("/run/hostapd/wlan0", &command).as_deref(), Some("FAIL\n"));
    }
}

#[test]
fn an_interface_that_is_there_is_used_and_given_back() {
    let mut world = World::new(FIRST);
    world.existing = Some("more0");
    world.files.insert("/etc/second.conf".into(), SECOND.into());
    assert_eq!(world.command("/run/global", "ADD bss_config=phy0:/etc/second.conf").as_deref(), Some("OK\n"));
    assert_eq!(world.starts(), [3, 9]);
    let kind = InterfaceType::AccessPoint;
    assert!(world.requests.contains(&Request::SetInterfaceType { handle: Handle(9), kind }));
    assert_eq!(world.command("/run/global", "REMOVE more0").as_deref(), Some("OK\n"));
    assert_eq!(world.stops(), [9]);
    assert_eq!(world.requests.last(), Some(&Request::Detach { handle: Handle(9) }));
    assert!(!world.requests.contains(&Request::RemoveInterface { handle: Handle(9) }));
}

#[test]
fn one_network_changes_and_the_other_is_not_touched() {
    let mut world = World::new(&format!("{FIRST}bss=more0\nssid=second\n"));
    assert_eq!(world.starts(), [3, 4]);
    assert_eq!(world.command("/run/hostapd/wlan0", "RELOAD").as_deref(), Some("OK\n"));
    assert_eq!((world.starts(), world.stops()), (vec![3, 4], vec![]));
    world.files.insert("/etc/first.conf".into(), format!("{FIRST}bss=more0\nssid=another\n"));
    assert_eq!(world.command("/run/hostapd/wlan0", "RELOAD_CONFIG").as_deref(), Some("OK\n"));
    assert_eq!((world.starts(), world.stops()), (vec![3, 4, 4], vec![4]));
    // Another channel is another thing for both.
    world.files.insert("/etc/first.conf".into(), format!("{}bss=more0\nssid=another\n", FIRST.replace("=1", "=6")));
    assert_eq!(world.command("/run/hostapd/wlan0", "RELOAD_CONFIG").as_deref(), Some("OK\n"));
    assert_eq!(world.stops().len(), 3);
    assert_eq!(world.starts().len(), 5);
}

#[test]
fn nothing_starts_before_all_its_files_are_read_even_when_it_is_told_twice() {
    let lists = "macaddr_acl=1\naccept_mac_file=/etc/accept\ndeny_mac_file=/etc/deny\n";
    let mut world = World::new(FIRST);
    world.slow_files = true;
    for (name, value) in lists.lines().filter_map(|line| line.split_once('=')) {
        world.command("/run/hostapd/wlan0", "DISABLE");
        world.command("/run/hostapd/wlan0", &format!("SET {name} {value}"));
    }
    world.files.insert("/etc/accept".into(), "02:00:00:00:00:05\n".into());
    world.files.insert("/etc/deny".into(), "02:00:00:00:00:06\n".into());
    world.command("/run/hostapd/wlan0", "ENABLE");
    world.command("/run/hostapd/wlan0", "RELOAD");
    assert_eq!(world.starts().len(), 1);
    let asked = std::mem::take(&mut world.unread);
    assert_eq!(asked.len(), 4, "each is asked for twice: {asked:?}");
    for (number, (token, path)) in asked.into_iter().enumerate() {
        assert_eq!(world.starts().len(), 1, "after {number} files");
        world.give_file(token, &path);
    }
    assert_eq!(world.starts().len(), 2);
    assert_eq!(
        world.command("/run/hostapd/wlan0", "ACCEPT_ACL SHOW").as_deref(),
        Some("02:00:00:00:00:05 VLAN_ID=0\n")
    );
}

#[test]
fn forty_megahertz_are_used_where_nobody_is_in_the_way() {
    let wide = format!("{FIRST}ieee80211n=1\nht_capab=[HT40+]\n");
    let width = |world: &World| match world.requests.iter().find(|request| matches!(request, Request::StartAp { .. })) {
        Some(Request::StartAp { ap, .. }) => Some(ap.channel.width),
        _ => None,
    };
    let scans = |world: &World| {
        let scan = |request: &&Request| matches!(request, Request::TriggerScan { handle: Handle(3), scan } if scan.freqs.len() == 8);
        world.requests.iter().filter(scan).count()
    };
    let other = |freq| ScanEntry { freq, ..ScanEntry::default() };
    for (neighbours, expected) in [
        (vec![], ChannelWidth::Mhz40),
        (vec![other(2412), other(2462)], ChannelWidth::Mhz40),
        (vec![other(2432)], ChannelWidth::Mhz20),
    ] {
        let mut world = World::new(&wide);
        world.neighbours = neighbours;
        assert_eq!((scans(&world), width(&world)), (1, None));
        let status = world.command("/run/hostapd/wlan0", "STATUS").unwrap_or_default();
        assert!(status.starts_with("state=HT_SCAN\n"), "{status}");
        world.input(Input::Event(Event::ScanDone { handle: Handle(3), aborted: false, freqs: vec![] }));
        assert_eq!(width(&world), Some(expected));
    }
    // One that never ends is not waited for, and one that others are at is tried again.
    let mut world = World::new(FIRST);
    world.files.insert("/etc/first.conf".into(), wide.clone());
    world.requests.clear();
    world.busy = 2;
    assert_eq!(world.command("/run/hostapd/wlan0", "RELOAD_CONFIG").as_deref(), Some("OK\n"));
    for tries in 1..=3 {
        assert_eq!((scans(&world), width(&world)), (tries, None));
        world.now = world.machine.poll_deadline().unwrap();
        world.input(Input::Timeout);
    }
    assert_eq!((scans(&world), width(&world)), (3, Some(ChannelWidth::Mhz40)));
    // Nobody looks where that is not wanted.
    let world = World::new(&format!("{wide}noscan=1\n"));
    assert_eq!((scans(&world), width(&world)), (0, Some(ChannelWidth::Mhz40)));
}
