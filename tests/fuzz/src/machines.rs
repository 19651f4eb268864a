//! Both daemons' machines on a kernel that does as it is asked, with air, control sockets and files made of the
//! input's octets.

use std::collections::VecDeque;
use std::time::Duration;

use crypto::testing::TestRng;
use daemon::{Input, Machine, Output};
use ipc_proto::post::SocketId;
use ipc_proto::{
    Event, Failure, Handle, InterfaceInfo, InterfaceType, LinkInfo, Reply, Request, Role, ScanEntry, StationFlags,
};
use wire::frame::{self, Subtype};
use wire::{Instant, MacAddr, Writer};

use crate::engine::{judge, wiphy};
use crate::records::{Record, Records};
use crate::report;

const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);
const AP: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);
const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 4, 0]);
const INTERFACE: Handle = Handle(7);

// Keys rather than passphrases, where it makes no difference: deriving them takes longer than all else.
const STATIONS: [&str; 4] = [
    "ctrl_interface=/run/ctl\nupdate_config=1\nnetwork={\nssid=\"test\"\n\
        psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nieee80211w=1\n}\n",
    "ctrl_interface=/run/ctl\nsae_pwe=2\nsae_groups=19\nnetwork={\nssid=\"mld_ap_sae_two_link\"\nkey_mgmt=SAE\n\
        sae_password=\"correct horse\"\nieee80211w=2\n}\n",
    "ctrl_interface=/run/ctl\nsae_pwe=1\nsae_groups=19\nnetwork={\nscan_ssid=1\nssid=\"test\"\nkey_mgmt=SAE WPA-PSK WPA-PSK-SHA256\n\
        proto=WPA RSN\nsae_password=\"correct horse\"\nieee80211w=1\npsk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n}\n",
    "ctrl_interface=/run/ctl\nnetwork={\nssid=\"test\"\nkey_mgmt=NONE\n}\n",
];

const ACCESS_POINTS: [&str; 3] = [
    "interface=wlan0\nctrl_interface=/run/ctl\nssid=test\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=WPA-PSK\n\
        rsn_pairwise=CCMP\nwpa_psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
    "interface=wlan0\nctrl_interface=/run/ctl\nssid=test\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=SAE\n\
        rsn_pairwise=CCMP\nsae_password=correct horse\nieee80211w=2\nbss=wlan0_1\nssid=second\n\
        ctrl_interface=/run/ctl\n",
    "interface=wlan0\nctrl_interface=/run/ctl\nssid=test\nhw_mode=g\nchannel=1\ncountry_code=FI\nbridge=br0\n",
];

/// A daemon and the world around it.
struct World<M> {
    machine: M,
    role: Role,
    rng: TestRng,
    now: Instant,
    sockets: Vec<SocketId>,
    /// What the next requests are answered, instead of what was asked for.
    answers: VecDeque<Result<Reply, Failure>>,
    entries: Vec<ScanEntry>,
    files: Vec<u32>,
    /// Nobody but the air has spoken: then no port opens without a key.
    air_alone: bool,
    ended: bool,
}

/// The station daemon. The first octet chooses the configuration.
pub(crate) fn station(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let index = usize::from(kind % 4);
    let text = STATIONS.get(index).copied().unwrap_or_default();
    let Some(machine) = supplicant::machine("wlan0", text.as_bytes()) else {
        return report("the station's configuration is refused");
    };
    World::new(machine, Role::Station, index != 3).play(data);
}

/// The access point daemon, likewise.
pub(crate) fn access_point(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let index = usize::from(kind % 3);
    let text = ACCESS_POINTS.get(index).copied().unwrap_or_default();
    let Some(machine) = apd::machine(text.as_bytes()) else {
        return report("the access point's configuration is refused");
    };
    World::new(machine, Role::AccessPoint, index != 2).play(data);
}

/// Command lines: words between NULs.
pub(crate) fn command_lines(data: &[u8]) {
    use std::os::unix::ffi::OsStringExt as _;
    let words = || data.split(|octet| *octet == 0).map(|word| std::ffi::OsString::from_vec(word.to_vec()));
    let _ = (supplicant::understands(words()), apd::understands(words()), privd::fuzz::understands(words()));
}

impl<M: Machine> World<M> {
    fn new(machine: M, role: Role, secured: bool) -> World<M> {
        let mut world = World {
            machine,
            role,
            rng: TestRng::new(3),
            now: Instant::from_origin(Duration::from_secs(100)),
            sockets: Vec::new(),
            answers: VecDeque::new(),
            entries: Vec::new(),
            files: Vec::new(),
            air_alone: secured,
            ended: false,
        };
        world.input(Input::PostUp);
        world.input(Input::PrivdUp);
        world
    }

    fn play(&mut self, data: &[u8]) {
        for record in Records(data).take(48) {
            if self.ended {
                return;
            }
            self.step(&record);
        }
    }

    fn step(&mut self, record: &Record<'_>) {
        let data = record.data.to_vec();
        let handle = INTERFACE;
        let source = if record.kind & 0x40 == 0 { AP } else { OTHER };
        let body = |w: &mut Writer| {
            w.put(&data);
        };
        let whole = |subtype: Subtype| frame::build(subtype, STA, source, source, body).ok();
        let event = match record.kind % 16 {
            0 => return self.wait(),
            // A BSS is in reach: its elements.
            1 => {
                let privacy = if record.kind & 0x80 == 0 { 0x10 } else { 0 };
                let (bssid, capability) = (source, 1 | privacy);
                self.entries.retain(|entry| entry.bssid != bssid);
                let known = ScanEntry { bssid, freq: 2412, signal: -3000, capability, ..ScanEntry::default() };
                self.entries.push(ScanEntry { elements: data, ..known });
                Some(Event::ScanDone { handle, aborted: false, freqs: vec![2412] })
            }
            2 => whole(Subtype::AUTHENTICATION).map(|frame| Event::AuthReceived { handle, frame }),
            3 => whole(Subtype::ASSOC_RESPONSE).map(|frame| {
                let request_elements = Vec::new();
                Event::AssocReceived { handle, frame, request_elements }
            }),
            4 => {
                let encrypted = (record.kind & 0x20 != 0).then_some(record.kind & 0x80 != 0);
                let source = if self.role == Role::Station { source } else { STA };
                Some(Event::Eapol { handle, source, encrypted, data })
            }
            5 => Some(Event::FrameReceived { handle, freq: 2412, signal: None, frame: data, link: None }),
            6 if record.kind & 0x80 == 0 => {
                whole(Subtype::DEAUTH).map(|frame| Event::Deauthenticated { handle, frame, local: false })
            }
            6 => whole(Subtype::DISASSOC).map(|frame| Event::UnprotectedDeauth { handle, frame }),
            other => return self.inside(other, data),
        };
        if let Some(event) = event {
            self.input(Input::Event(event));
        }
    }

    /// Users, privd and the post.
    fn inside(&mut self, kind: u8, data: Vec<u8>) {
        if kind != 12 {
            self.air_alone = false;
        }
        match kind {
            7 | 8 => {
                let index = usize::from(kind == 8);
                if let Some(socket) = self.sockets.get(index).or(self.sockets.first()).copied() {
                    self.input(Input::Control { socket, client: 1, command: data });
                }
            }
            9 => {
                if let Ok(event) = ipc_proto::codec::decode::<Event>(&data) {
                    self.input(Input::Event(event));
                }
            }
            10 => {
                if let Ok(result) = ipc_proto::codec::decode::<Result<Reply, Failure>>(&data) {
                    self.answers.push_back(result);
                }
            }
            11 => {
                let errno = i32::from(data.first().copied().unwrap_or(16));
                self.answers.push_back(Err(Failure::Kernel { errno, text: String::new() }));
            }
            12 => self.input(Input::Event(Event::Resync)),
            13 => {
                self.input(Input::PrivdDown);
                self.wait();
                self.input(Input::PrivdUp);
            }
            14 => {
                self.input(Input::PostDown);
                self.sockets.clear();
                self.input(Input::PostUp);
            }
            _ => {
                if let Some(token) = self.files.pop() {
                    self.input(Input::FileRead { token, result: Ok(data) });
                }
            }
        }
    }

    fn wait(&mut self) {
        let later = self.now + Duration::from_millis(100);
        self.now = self.machine.poll_deadline().unwrap_or(later).max(later);
        self.input(Input::Timeout);
    }

    /// Gives an input, and carries out everything that follows.
    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        let mut count = 0;
        while let Some(input) = inputs.pop_front() {
            self.machine.handle(input, self.now, &mut self.rng);
            while let Some(output) = self.machine.poll_output() {
                count += 1;
                assert!(count < 2000, "one input makes the machine talk for ever");
                self.carry_out(output, &mut inputs);
            }
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the log and the like are of no interest")]
    fn carry_out(&mut self, output: Output, inputs: &mut VecDeque<Input>) {
        match output {
            Output::Request { id, request } => {
                let addr = match self.role {
                    Role::Station => |_| STA,
                    Role::AccessPoint => |handle| if handle == Handle(8) { OTHER } else { AP },
                };
                judge(self.role, addr, &request);
                self.guard(&request);
                let mut events = Vec::new();
                let result = match self.answers.pop_front() {
                    Some(result) => result,
                    None => Ok(self.answer(request, &mut events)),
                };
                inputs.push_back(Input::Reply { id, result });
                inputs.extend(events.into_iter().map(Input::Event));
            }
            Output::OpenControl { socket, .. } => {
                self.sockets.push(socket);
                inputs.push_back(Input::ControlOpened { socket, result: Ok(()) });
            }
            Output::Send { clients, data, .. } => {
                assert!(!clients.is_empty(), "something is said to nobody");
                assert!(data.len() <= ipc_proto::post::MAX_DATAGRAM, "a reply is larger than a datagram may be");
            }
            Output::ReadFile { token, .. } => self.files.push(token),
            Output::WriteFile { token, data, .. } => {
                assert!(
                    conf::station::StationConfig::parse("saved", &data).is_ok(),
                    "a saved configuration is refused"
                );
                inputs.push_back(Input::FileWritten { token, result: Ok(()) });
            }
            Output::Exit(_) => self.ended = true,
            _ => {}
        }
    }

    /// Who has no key never gets a port opened.
    #[allow(clippy::wildcard_enum_match_arm, reason = "only these open ports")]
    fn guard(&self, request: &Request) {
        let flags = match request {
            Request::SetStationFlags { flags, .. } => *flags,
            Request::AddStation { station, .. } | Request::ChangeStation { station, .. } => station.flags,
            _ => StationFlags::default(),
        };
        assert!(!self.air_alone || flags.authorized != Some(true), "a port opens without a key");
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "everything else is simply done")]
    fn answer(&self, request: Request, events: &mut Vec<Event>) -> Reply {
        let handle = INTERFACE;
        match request {
            Request::Attach { ifname } => {
                let addr = if self.role == Role::Station { STA } else { AP };
                let kind = InterfaceType::Station;
                Reply::Attached(
                    handle,
                    InterfaceInfo { ifindex: 7, ifname, wiphy: 0, addr, kind, up: false, blocked: false },
                )
            }
            Request::AddInterface { ifname, kind, .. } => {
                let addr = OTHER;
                let created = InterfaceInfo { ifindex: 8, ifname, wiphy: 0, addr, kind, up: false, blocked: false };
                Reply::Created(Handle(8), created)
            }
            Request::Capabilities { .. } => Reply::Wiphy(wiphy()),
            Request::TriggerScan { .. } => {
                events.push(Event::ScanStarted { handle });
                events.push(Event::ScanDone { handle, aborted: false, freqs: vec![2412] });
                Reply::Done
            }
            Request::ScanResults { .. } => Reply::ScanResults { entries: self.entries.clone(), last: true },
            Request::TransmitFrame { transmit, .. } => {
                events.push(Event::FrameSent { handle, cookie: 1, acked: true, frame: transmit.frame });
                Reply::Cookie(1)
            }
            Request::LinkState { .. } => Reply::Link(LinkInfo { up: true, addr: STA, ..LinkInfo::default() }),
            Request::Stations { .. } => Reply::Stations { entries: Vec::new(), last: true },
            Request::SetCountry { alpha2 } => {
                events.push(Event::RegulatoryChanged { alpha2, initiator: 1, kind: 0 });
                Reply::Done
            }
            _ => Reply::Done,
        }
    }
}
