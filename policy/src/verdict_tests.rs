use std::cell::RefCell;

use ipc_proto::{
    ApParameters, AssociateLink, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions,
    ChannelDefinition, Condition, ConnectParameters, Handle, InterfaceType, KeyBytes, KeyKind, KeyParameters, LinkId,
    MfpMode, MultiLink, OperState, Request, Role, ScanParameters, SchedScanParameters, StationFlags, StationParameters,
    TransmitParameters,
};
use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode, Ssid, StatusCode};

use super::{Bridge, Hold, Phase, Standing, Usage, Verdict, World, authorize};
use crate::caps;
use crate::grant::Grant;

/// What a role may do with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum May {
    Both,
    Station,
}

/// What the interface of a request has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    Nothing,
    Any,
    Own,
}

/// Letters of kinds.
const fn letter(kind: InterfaceType) -> char {
    match kind {
        InterfaceType::Station => 's',
        InterfaceType::P2pClient => 'c',
        InterfaceType::AccessPoint => 'a',
        InterfaceType::P2pGroupOwner => 'g',
        InterfaceType::MeshPoint => 'm',
        InterfaceType::AdHoc => 'i',
        InterfaceType::AccessPointVlan => 'v',
        InterfaceType::FourAddressPort => 'f',
        InterfaceType::P2pDevice => 'd',
        InterfaceType::NanDevice => 'n',
        InterfaceType::Monitor => 'o',
        InterfaceType::Wired => 'w',
        InterfaceType::Other => 'x',
    }
}

/// Conditions of stations ("sc") and access points ("ag") in which a request is in order; other kinds: all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum In {
    Every,
    /// Idle only, whatever the kind.
    Rest,
    /// Stations that join or have joined, access points that beacon.
    Use,
    /// Access points that beacon.
    Air,
}

const fn is_in(when: In, kind: InterfaceType, condition: Condition) -> bool {
    let idle = matches!(condition, Condition::Idle);
    let still = idle || matches!(condition, Condition::CheckingRadar);
    let beaconing = matches!(condition, Condition::Beaconing);
    match (when, letter(kind)) {
        (In::Every, _) => true,
        (In::Rest, _) => idle,
        (In::Use, 's' | 'c' | 'a' | 'g') => !still,
        (In::Air, 'a' | 'g') => beaconing,
        (In::Use | In::Air, _) => true,
    }
}

/// A world of one interface, number 3, and a VLAN, number 4.
struct Play {
    standing: Standing,
    keyed: bool,
    bridge: Bridge,
    interfaces: Vec<(String, bool)>,
    bridges: Vec<String>,
    asked: RefCell<Vec<Handle>>,
    witnessed: Option<&'static str>,
}

fn play(hold: Hold, kind: InterfaceType, condition: Condition) -> Play {
    let standing = Standing { hold, kind, condition, addr: own(), peer: Some(peer()), ..Standing::NONE };
    Play {
        standing,
        keyed: true,
        bridge: Bridge::Foreign,
        interfaces: vec![("wlan0".into(), false)],
        bridges: Vec::new(),
        asked: RefCell::default(),
        witnessed: None,
    }
}

impl World for Play {
    fn standing(&self, handle: Handle) -> Standing {
        self.asked.borrow_mut().push(handle);
        match handle {
            Handle(3) => self.standing,
            Handle(4) => Standing { kind: InterfaceType::AccessPointVlan, ..self.standing },
            _ => Standing::NONE,
        }
    }

    fn interfaces(&self) -> Vec<(String, bool)> {
        self.interfaces.clone()
    }

    fn bridge(&self, _: &str) -> Bridge {
        self.bridge
    }

    fn bridges_made(&self) -> Vec<String> {
        self.bridges.clone()
    }

    fn is_witnessed(&self, name: &str) -> bool {
        self.witnessed == Some(name)
    }

    fn has_key(&self, _: Handle, _: MacAddr) -> bool {
        self.keyed
    }
}

fn grant(role: Role, lines: &str) -> Grant {
    let role = if role == Role::Station { "station" } else { "access-point" };
    Grant::parse(&format!("role: {role}\n{lines}")).unwrap()
}

/// Everything that the rows of the table need.
fn enough(role: Role) -> Grant {
    grant(
        role,
        "interface: wlan0\nlink: eth0 888e\nmake: access-point wlan0_0\naddress: random\nbridge: br0\ncountry: yes\nturn: monitor\n",
    )
}

fn own() -> MacAddr {
    MacAddr::from_slice(&[2, 0, 0, 0, 0, 9]).unwrap()
}

fn peer() -> MacAddr {
    MacAddr::from_slice(&[2, 0, 0, 0, 0, 1]).unwrap()
}

fn ssid() -> Ssid {
    Ssid::default()
}

fn key() -> KeyParameters {
    KeyParameters {
        kind: KeyKind::Group,
        index: 1,
        cipher: 0x000f_ac04,
        key: KeyBytes::new(&[7; 16]),
        sequence: vec![0; 6],
        set_default: false,
        rx_only: false,
        link: None,
    }
}

fn ap() -> ApParameters {
    ApParameters {
        ssid: ssid(),
        hidden_ssid: 0,
        beacon_interval: 100,
        dtim_period: 2,
        channel: ChannelDefinition::legacy(2412),
        beacon: BeaconParameters::default(),
        privacy: false,
        wpa_versions: 0,
        akms: Vec::new(),
        pairwise: Vec::new(),
        group: None,
        inactivity_timeout: None,
        isolate: false,
        options: BssOptions::default(),
        link: None,
    }
}

fn auth() -> AuthenticateParameters {
    AuthenticateParameters {
        bssid: peer(),
        freq: 2412,
        ssid: ssid(),
        algorithm: 0,
        data: Vec::new(),
        elements: Vec::new(),
        local_state_change: false,
        mld: None,
    }
}

fn assoc() -> AssociateParameters {
    AssociateParameters {
        bssid: peer(),
        freq: 5180,
        ssid: ssid(),
        elements: Vec::new(),
        prev_bssid: None,
        security: None,
        mfp: MfpMode::No,
        control_port: true,
        disable_ht: false,
        disable_vht: false,
        multi_link: None,
    }
}

fn connect() -> ConnectParameters {
    ConnectParameters {
        bssid: None,
        bssid_hint: None,
        freq: None,
        ssid: ssid(),
        algorithm: None,
        elements: Vec::new(),
        security: None,
        mfp: MfpMode::No,
        psk: None,
        sae_password: None,
        prev_bssid: None,
        external_auth: false,
    }
}

/// A frame of our own to the peer, in the name of a BSS that is both's.
fn frame(first: u8) -> Vec<u8> {
    let (to, from) = (peer(), own());
    [&[first, 0, 0, 0], to.octets().as_slice(), from.octets(), from.octets(), &[0, 0, 4, 0, 0, 0, 0]].concat()
}

fn transmit() -> TransmitParameters {
    TransmitParameters {
        freq: Some(2412),
        wait: 0,
        frame: frame(0xd0),
        no_cck: false,
        no_ack: false,
        offchannel: false,
        link: None,
    }
}

fn station() -> StationParameters {
    StationParameters { addr: peer(), aid: Some(1), ..StationParameters::default() }
}

/// One row for each kind of request: an honest one, who may send it, about what, which kinds, and in which conditions.
/// The match does not compile when a request is added; the count of the test below does not hold when it has no row.
macro_rules! table {
    ($($name:ident { $($field:ident : $value:expr),* } => $may:ident $needs:ident $kinds:literal $when:ident;)+) => {
        fn rows() -> Vec<(Request, May, Needs, &'static str, In)> {
            vec![$((Request::$name { $($field: $value),* }, May::$may, Needs::$needs, $kinds, In::$when)),+]
        }

        fn has_row(request: &Request) -> bool {
            match request { $(Request::$name { .. } => true,)+ Request::Test(_) => true }
        }
    };
}

table! {
    Interfaces {} => Both Nothing "" Every;
    Attach { ifname: "wlan0".into() } => Both Nothing "" Every;
    Detach { handle: Handle(3) } => Both Any "scagmivfdnowx" Every;
    Capabilities { handle: Handle(3) } => Both Any "scagmivfdnox" Every;
    LinkState { handle: Handle(3) } => Both Any "scagmivfdnowx" Every;
    SetLinkUp { handle: Handle(3), up: true } => Both Any "scagmivfox" Every;
    SetOperState { handle: Handle(3), state: OperState::Up } => Both Any "scagmivfox" Every;
    SetInterfaceType { handle: Handle(3), kind: InterfaceType::Monitor } => Both Any "scagmiox" Rest;
    AddInterface { parent: Handle(3), ifname: "wlan0_0".into(), kind: InterfaceType::AccessPoint, addr: None } => Both Any "scagmivfdnox" Every;
    RemoveInterface { handle: Handle(3) } => Both Own "scagmivfdnowx" Every;
    SetMacAddress { handle: Handle(3), addr: peer() } => Both Any "scagmivfox" Rest;
    SetBridge { handle: Handle(3), bridge: Some("br0".into()) } => Both Any "scagmivf" Every;
    SetFourAddress { handle: Handle(3), enabled: true } => Both Any "scvf" Every;
    TriggerScan { handle: Handle(3), scan: ScanParameters::default() } => Both Any "scagmidn" Every;
    AbortScan { handle: Handle(3) } => Both Any "scagmidn" Every;
    ScanResults { handle: Handle(3) } => Both Any "scagmidn" Every;
    StartSchedScan { handle: Handle(3), scan: SchedScanParameters { interval: 10, ..Default::default() } } => Station Any "scmidn" Every;
    StopSchedScan { handle: Handle(3) } => Station Any "scmidn" Every;
    Authenticate { handle: Handle(3), auth: auth() } => Station Any "sc" Every;
    Associate { handle: Handle(3), assoc: assoc() } => Station Any "sc" Use;
    Connect { handle: Handle(3), connect: connect() } => Station Any "sc" Every;
    Deauthenticate { handle: Handle(3), bssid: peer(), reason: ReasonCode(3), local: false } => Station Any "sc" Every;
    Disassociate { handle: Handle(3), bssid: peer(), reason: ReasonCode(8) } => Station Any "sc" Every;
    Disconnect { handle: Handle(3), reason: ReasonCode(3) } => Station Any "sc" Every;
    AddKey { handle: Handle(3), key: key() } => Both Any "scagmivf" Use;
    DeleteKey { handle: Handle(3), kind: KeyKind::Group, index: 1, link: None } => Both Any "scagmivf" Every;
    KeySequence { handle: Handle(3), index: 1, link: None } => Both Any "scagmivf" Every;
    AddPmksa { handle: Handle(3), bssid: peer(), pmkid: [0; 16], pmk: None } => Station Any "sc" Every;
    RemovePmksa { handle: Handle(3), bssid: peer(), pmkid: [0; 16] } => Station Any "sc" Every;
    FlushPmksa { handle: Handle(3) } => Station Any "sc" Every;
    SetRekeyData {
        handle: Handle(3), kek: KeyBytes::new(&[0; 16]), kck: KeyBytes::new(&[0; 16]), replay_counter: [0; 8]
    } => Station Any "sc" Use;
    UpdateFtElements { handle: Handle(3), mobility_domain: 1, elements: Vec::new() } => Station Any "sc" Every;
    RegisterFrame { handle: Handle(3), subtype: Subtype::ACTION, prefix: Vec::new() } => Both Any "scagmidn" Every;
    TransmitFrame { handle: Handle(3), transmit: transmit() } => Both Any "scagmidn" Every;
    CancelTransmit { handle: Handle(3), cookie: 1 } => Both Any "scagmidn" Every;
    RemainOnChannel { handle: Handle(3), freq: 2412, duration: 100 } => Both Any "scagmidn" Every;
    CancelRemainOnChannel { handle: Handle(3), cookie: 1 } => Both Any "scagmidn" Every;
    SendEapol { handle: Handle(3), dest: peer(), data: vec![2, 1, 0, 0], encrypt: false } => Both Any "scagmivf" Use;
    SendPreauth { handle: Handle(3), dest: peer(), data: vec![2, 1, 0, 0] } => Both Any "scag" Every;
    ReceivePreauth { handle: Handle(3), enabled: true } => Both Any "scag" Every;
    StartAp { handle: Handle(3), ap: ap() } => Both Any "ag" Rest;
    UpdateBeacon { handle: Handle(3), beacon: BeaconParameters::default(), link: None } => Both Any "ag" Air;
    StopAp { handle: Handle(3), link: None } => Both Any "ag" Every;
    SwitchChannel {
        handle: Handle(3), channel: ChannelDefinition::legacy(2437), count: 5, block_tx: false,
        beacon: BeaconParameters::default(), counter_offsets: Vec::new(), after: BeaconParameters::default(),
        link: None
    } => Both Any "ag" Air;
    SetBssOptions { handle: Handle(3), options: BssOptions::default() } => Both Any "agmi" Every;
    SetChannel { handle: Handle(3), channel: ChannelDefinition::legacy(2437), link: None } => Both Any "agmi" Every;
    AddStation { handle: Handle(3), station: station() } => Both Any "agmi" Air;
    ChangeStation { handle: Handle(3), station: station() } => Both Any "agmi" Air;
    SetStationFlags { handle: Handle(3), addr: peer(), flags: StationFlags::default() } => Both Any "scagmi" Use;
    RemoveStation { handle: Handle(3), addr: None, notify: None } => Both Any "agmi" Every;
    Stations { handle: Handle(3), addr: None } => Both Any "scagmivf" Every;
    SetStationVlan { handle: Handle(3), addr: peer(), vlan: Handle(4) } => Both Any "ag" Air;
    ProbeStation { handle: Handle(3), addr: peer() } => Both Any "ag" Air;
    SetTxQueue { handle: Handle(3), queue: 0, aifs: 2, cw_min: 3, cw_max: 7, txop: 47, link: None } => Both Any "agm" Every;
    SetRtsThreshold { handle: Handle(3), threshold: None } => Both Any "agm" Every;
    SetFragThreshold { handle: Handle(3), threshold: Some(256) } => Both Any "agm" Every;
    SetCountry { alpha2: *b"FI" } => Both Nothing "" Every;
    Country {} => Both Nothing "" Every;
    SetPowerSave { handle: Handle(3), enabled: false } => Station Any "sc" Every;
    MonitorSignal { handle: Handle(3), threshold: -70, hysteresis: 4 } => Station Any "sc" Every;
    SignalPoll { handle: Handle(3) } => Station Any "sc" Every;
    Survey { handle: Handle(3) } => Both Any "scagmi" Every;
    TdlsFrame {
        handle: Handle(3), peer: peer(), action: 0, dialog_token: 1, status: 0, elements: Vec::new()
    } => Station Any "sc" Use;
    TdlsOperation { handle: Handle(3), peer: peer(), operation: 0 } => Station Any "sc" Use;
    ExternalAuth { handle: Handle(3), bssid: peer(), ssid: ssid(), status: StatusCode(0), pmkid: None }
        => Both Any "scag" Use;
    StartCac { handle: Handle(3), channel: ChannelDefinition::legacy(5500), link: None } => Both Any "agm" Rest;
    SetPmk { handle: Handle(3), peer: peer(), pmk: KeyBytes::new(&[7; 32]) } => Station Any "sc" Use;
    DeletePmk { handle: Handle(3), peer: peer() } => Station Any "sc" Every;
    AttachLink { ifname: "eth0".into(), ethertypes: vec![0x888e] } => Both Nothing "" Every;
    SendEther { handle: Handle(3), dest: peer(), ethertype: 0x888e, data: vec![2] } => Both Any "w" Every;
}

fn expected(
    row: (May, Needs, &str, In),
    role: Role,
    phase: Phase,
    hold: Hold,
    at: (InterfaceType, Condition),
) -> Verdict {
    let (may, needs, kinds, when) = row;
    let (kind, condition) = at;
    match (phase, needs, hold) {
        (Phase::Greeting, _, _) => return Verdict::Violation,
        (Phase::Ready, Needs::Nothing, _) => return Verdict::Allowed,
        (Phase::Ready, Needs::Any | Needs::Own, Hold::None) => return Verdict::Violation,
        (Phase::Ready, Needs::Any | Needs::Own, Hold::Lost) | (Phase::Ready, Needs::Own, Hold::Attached) => {
            return Verdict::Denied;
        }
        (Phase::Ready, Needs::Any, Hold::Attached | Hold::Made) | (Phase::Ready, Needs::Own, Hold::Made) => {}
    }
    if may == May::Station && role != Role::Station || !kinds.contains(letter(kind)) {
        Verdict::Denied
    } else if is_in(when, kind, condition) {
        Verdict::Allowed
    } else {
        Verdict::OutOfCondition(condition)
    }
}

#[test]
fn every_request_in_every_role_phase_hold_kind_and_condition() {
    let mut judged = 0;
    for (request, may, needs, kinds, when) in rows() {
        assert!(has_row(&request));
        for role in Role::ALL {
            let grant = enough(role);
            for (phase, hold) in Phase::ALL.iter().flat_map(|phase| Hold::ALL.map(|hold| (*phase, hold))) {
                for at in InterfaceType::ALL.iter().flat_map(|kind| Condition::ALL.map(|condition| (*kind, condition)))
                {
                    let world = play(hold, at.0, at.1);
                    let verdict = authorize(role, phase, &grant, &world, &request);
                    let wanted = expected((may, needs, kinds, when), role, phase, hold, at);
                    assert_eq!(verdict, wanted, "{role:?} {phase:?} {hold:?} {at:?} {request:?}");
                    judged += 1;
                }
            }
        }
    }
    assert_eq!(judged, rows().len() * 2 * 2 * 4 * 13 * 5);
}

/// An honest request in its place.
fn verdict(role: Role, request: &Request) -> Verdict {
    let (kind, condition) = match role {
        Role::Station => (InterfaceType::Station, Condition::Joined),
        Role::AccessPoint => (InterfaceType::AccessPoint, Condition::Beaconing),
    };
    authorize(role, Phase::Ready, &enough(role), &play(Hold::Attached, kind, condition), request)
}

fn is_invalid(request: &Request) -> bool {
    Role::ALL.iter().any(|role| matches!(verdict(*role, request), Verdict::Invalid(_)))
}

#[test]
fn links_are_0_to_14_each_once_and_a_pairwise_key_is_of_the_device() {
    let keyed = |kind, link| {
        let (cipher, octets) = (0x000f_ac04, KeyBytes::new(&[7; 16]));
        let key = KeyParameters { kind, cipher, key: octets, index: 0, link, ..key() };
        is_invalid(&Request::AddKey { handle: Handle(3), key })
    };
    assert!(!keyed(KeyKind::Group, Some(LinkId(14))) && keyed(KeyKind::Group, Some(LinkId(15))));
    assert!(!keyed(KeyKind::Pairwise(peer()), None) && keyed(KeyKind::Pairwise(peer()), Some(LinkId(1))));
    let one = |link| AssociateLink { link: LinkId(link), bssid: peer(), freq: 5180, elements: Vec::new() };
    let invalid = |over, links: &[u8]| {
        let links = links.iter().map(|link| one(*link)).collect();
        let device = MultiLink { addr: peer(), over: LinkId(over), links };
        let request =
            |multi_link| Request::Associate { handle: Handle(3), assoc: AssociateParameters { multi_link, ..assoc() } };
        assert!(!is_invalid(&request(None)));
        is_invalid(&request(Some(device)))
    };
    assert!(!invalid(0, &[0, 1, 14]));
    for (over, links) in [(0, &[][..]), (2, &[0, 1]), (0, &[0, 0]), (0, &[0, 15]), (15, &[0, 15])] {
        assert!(invalid(over, links), "{over} {links:?}");
    }
}

#[test]
fn a_further_link_starts_beside_those_that_beacon_and_the_only_one_does_not() {
    let start = |link| Request::StartAp { handle: Handle(3), ap: ApParameters { link, ..ap() } };
    for condition in Condition::ALL {
        let world = play(Hold::Attached, InterfaceType::AccessPoint, condition);
        let judge = |link| authorize(Role::AccessPoint, Phase::Ready, &enough(Role::AccessPoint), &world, &start(link));
        let idle = condition == Condition::Idle;
        assert_eq!(judge(None) == Verdict::Allowed, idle, "{condition:?}");
        assert_eq!(judge(Some(LinkId(1))) == Verdict::Allowed, idle || condition == Condition::Beaconing);
    }
}

#[test]
fn what_the_superuser_has_named_is_granted_and_of_the_roles_own_kind() {
    let bare = |role| grant(role, "");
    let made = |kind| Request::AddInterface { parent: Handle(3), ifname: "new0".into(), kind, addr: None };
    let bridged = Request::SetBridge { handle: Handle(3), bridge: Some("new0".into()) };
    for role in Role::ALL {
        let kind = crate::table::own_kind(role);
        for (request, may) in [
            (Request::Attach { ifname: "new0".into() }, true),
            (made(kind), true),
            (made(InterfaceType::Monitor), false),
            (bridged.clone(), true),
            (Request::Attach { ifname: "new1".into() }, false),
            (Request::SetCountry { alpha2: *b"FI" }, false),
        ] {
            let judge = |witnessed| {
                let world = Play { witnessed, ..play(Hold::Attached, kind, Condition::Idle) };
                authorize(role, Phase::Ready, &bare(role), &world, &request)
            };
            assert!(matches!(judge(None), Verdict::NotGranted(_)), "{request:?}");
            assert_eq!(judge(Some("new0")) == Verdict::Allowed, may, "{role:?} {request:?}");
        }
    }
}

#[test]
fn both_interfaces_of_a_request_have_to_be_the_clients() {
    let world = play(Hold::Attached, InterfaceType::AccessPoint, Condition::Beaconing);
    let request = |vlan| Request::SetStationVlan { handle: Handle(3), addr: peer(), vlan };
    let judge = |vlan| authorize(Role::AccessPoint, Phase::Ready, &enough(Role::AccessPoint), &world, &request(vlan));
    assert_eq!(judge(Handle(4)), Verdict::Allowed);
    assert_eq!(judge(Handle(5)), Verdict::Violation);
    // Stations are moved to VLANs, not to other networks.
    assert_eq!(judge(Handle(3)), Verdict::Denied);
}

#[test]
fn what_the_grant_lacks_is_said_by_its_line() {
    let world = |bridge| Play { bridge, ..play(Hold::Attached, InterfaceType::Station, Condition::Idle) };
    let made = |name: &str| Request::AddInterface {
        parent: Handle(3),
        ifname: name.into(),
        kind: InterfaceType::AccessPoint,
        addr: None,
    };
    let turned = |kind| Request::SetInterfaceType { handle: Handle(3), kind };
    let neighbour = MacAddr([0, 0x16, 0x3e, 0, 0, 1]);
    let bridged = || Request::SetBridge { handle: Handle(3), bridge: Some("br0".into()) };
    for (request, bridge, line) in [
        (Request::Attach { ifname: "wlan1".into() }, Bridge::Absent, "interface: wlan1"),
        (made("wlan0_0"), Bridge::Absent, "make: access-point wlan0_0"),
        (Request::SetMacAddress { handle: Handle(3), addr: neighbour }, Bridge::Absent, "address: 00:16:3e:00:00:01"),
        (turned(InterfaceType::AccessPoint), Bridge::Absent, "turn: access-point"),
        (turned(InterfaceType::Monitor), Bridge::Absent, "turn: monitor"),
        (bridged(), Bridge::Foreign, "bridge: br0"),
        (bridged(), Bridge::Absent, "make-bridge: br0"),
        (Request::SetCountry { alpha2: *b"FI" }, Bridge::Absent, "country: yes"),
    ] {
        let judge = |lines: &str| {
            let grant = grant(Role::Station, lines);
            authorize(Role::Station, Phase::Ready, &grant, &world(bridge), &request)
        };
        let Verdict::NotGranted(lacking) = judge("") else { panic!("{request:?}") };
        assert_eq!(lacking.line(), line);
        // The line that is named is the one that helps.
        assert_eq!(judge(line), Verdict::Allowed, "{line}");
    }
}

#[test]
fn each_daemon_has_its_own_kind_and_the_station_no_access_point_without_a_line() {
    let turned = |role, kind| {
        let world = play(Hold::Attached, InterfaceType::AdHoc, Condition::Idle);
        let request = Request::SetInterfaceType { handle: Handle(3), kind };
        authorize(role, Phase::Ready, &grant(role, ""), &world, &request)
    };
    for role in Role::ALL {
        for kind in InterfaceType::ALL {
            let own = kind == InterfaceType::Station || kind == InterfaceType::AccessPoint && role == Role::AccessPoint;
            let is = kind == InterfaceType::AdHoc;
            assert_eq!(turned(role, kind) == Verdict::Allowed, own || is, "{role:?} {kind:?}");
        }
    }
}

#[test]
fn a_port_with_keys_opens_after_the_key_and_for_the_peer_alone() {
    let open = StationFlags { authorized: Some(true), ..StationFlags::default() };
    let closed = StationFlags { authorized: Some(false), ..StationFlags::default() };
    let flags = |addr, flags| Request::SetStationFlags { handle: Handle(3), addr, flags };
    let station = |flags| StationParameters { flags, ..station() };
    let opening = [
        flags(peer(), open),
        Request::AddStation { handle: Handle(3), station: station(open) },
        Request::ChangeStation { handle: Handle(3), station: station(open) },
    ];
    let judge = |role: Role, secured: bool, keyed: bool, request: &Request| {
        let (kind, condition) = match role {
            Role::Station => (InterfaceType::Station, Condition::Joined),
            Role::AccessPoint => (InterfaceType::AccessPoint, Condition::Beaconing),
        };
        let mut world = Play { keyed, ..play(Hold::Attached, kind, condition) };
        world.standing.secured = secured;
        authorize(role, Phase::Ready, &enough(role), &world, request)
    };
    for request in &opening {
        let role = Role::AccessPoint;
        assert!(matches!(judge(role, true, false, request), Verdict::Invalid(_)), "{request:?}");
        assert_eq!(judge(role, true, true, request), Verdict::Allowed);
        assert_eq!(judge(role, false, false, request), Verdict::Allowed);
    }
    assert!(matches!(judge(Role::Station, true, false, &opening[0]), Verdict::Invalid(_)));
    assert_eq!(judge(Role::Station, true, true, &opening[0]), Verdict::Allowed);
    assert!(matches!(judge(Role::Station, true, true, &flags(own(), open)), Verdict::Invalid(_)));
    for role in Role::ALL {
        assert_eq!(judge(role, true, false, &flags(peer(), closed)), Verdict::Allowed);
    }
}

#[test]
fn an_address_is_the_permanent_one_or_granted_and_never_a_strangers_by_chance() {
    let set = |addr: [u8; 6]| Request::SetMacAddress { handle: Handle(3), addr: MacAddr(addr) };
    let judge = |lines: &str, addr| {
        let mut world = play(Hold::Attached, InterfaceType::Station, Condition::Idle);
        world.standing.permanent = Some(MacAddr([0, 0x16, 0x3e, 0, 0, 9]));
        authorize(Role::Station, Phase::Ready, &grant(Role::Station, lines), &world, &set(addr)) == Verdict::Allowed
    };
    assert!(judge("", [0, 0x16, 0x3e, 0, 0, 9]));
    assert!(!judge("", [2, 0, 0, 0, 0, 1]) && judge("address: random", [2, 0, 0, 0, 0, 1]));
    assert!(!judge("address: random", [0, 0x16, 0x3e, 0, 0, 1]));
    assert!(judge("address: 00:16:3e:00:00:01", [0, 0x16, 0x3e, 0, 0, 1]));
}

#[test]
fn a_station_speaks_eapol_with_its_access_point() {
    let eapol = |dest| Request::SendEapol { handle: Handle(3), dest, data: vec![2, 1, 0, 0], encrypt: false };
    assert_eq!(verdict(Role::Station, &eapol(peer())), Verdict::Allowed);
    assert!(matches!(verdict(Role::Station, &eapol(own())), Verdict::Invalid(_)));
    assert_eq!(verdict(Role::AccessPoint, &eapol(own())), Verdict::Allowed);
}

#[test]
fn nothing_has_no_end() {
    let full = |usage: Usage, request: &Request| {
        let (kind, condition) = if matches!(request, Request::AddPmksa { .. }) {
            (InterfaceType::Station, Condition::Joined)
        } else {
            (InterfaceType::AccessPoint, Condition::Beaconing)
        };
        let mut world = play(Hold::Attached, kind, condition);
        world.standing.usage = usage;
        let role = Role::Station;
        let verdict = authorize(role, Phase::Ready, &grant(role, "interface: wlan0"), &world, request);
        assert!(matches!(verdict, Verdict::Allowed | Verdict::Full(_)), "{verdict:?}");
        verdict != Verdict::Allowed
    };
    let none = Usage::default();
    let stations = Request::AddStation { handle: Handle(3), station: station() };
    let register = Request::RegisterFrame { handle: Handle(3), subtype: Subtype::ACTION, prefix: Vec::new() };
    let pmksa = Request::AddPmksa { handle: Handle(3), bssid: peer(), pmkid: [0; 16], pmk: None };
    for (usage, request) in [
        (Usage { stations: caps::STATIONS, ..none }, &stations),
        (Usage { unauthorized: caps::STATIONS_UNAUTHORIZED, ..none }, &stations),
        (Usage { registrations: caps::REGISTRATIONS, ..none }, &register),
        (Usage { pmksas: caps::PMKSAS, ..none }, &pmksa),
    ] {
        assert!(full(usage, request) && !full(none, request), "{request:?}");
    }
    let mut world = play(Hold::Attached, InterfaceType::AccessPoint, Condition::Idle);
    world.interfaces = (0..caps::INTERFACES).map(|number| (format!("wlan{number}"), false)).collect();
    let make = Request::AddInterface {
        parent: Handle(3),
        ifname: "wlan0_0".into(),
        kind: InterfaceType::AccessPoint,
        addr: None,
    };
    let role = Role::AccessPoint;
    assert_eq!(authorize(role, Phase::Ready, &enough(role), &world, &make), Verdict::Full("interfaces"));
    world.bridge = Bridge::Absent;
    world.bridges = (0..caps::BRIDGES).map(|number| format!("br{number}")).collect();
    let bridge = Request::SetBridge { handle: Handle(3), bridge: Some("brand-new".into()) };
    let any = grant(role, "make-bridge: any");
    assert_eq!(authorize(role, Phase::Ready, &any, &world, &bridge), Verdict::Full("bridges"));
}

#[test]
fn names_that_are_none() {
    for name in ["", ".", "..", "a/b", "a b", "wlan0\0", "../wlan0", "sixteen_letters_", "a:1", "a%d", "ä"] {
        assert!(is_invalid(&Request::Attach { ifname: name.into() }), "{name:?}");
    }
}

#[test]
fn keys_that_are_none() {
    let broken: [fn(&mut KeyParameters); 7] = [
        |key| key.index = 8,
        |key| key.index = 4,
        |key| key.key = KeyBytes::new(&[7; 15]),
        |key| key.key = KeyBytes::new(&[]),
        |key| key.cipher = 0x000f_ac06,
        |key| key.cipher = 0,
        |key| key.sequence = vec![0; 7],
    ];
    for breaks in broken {
        let mut key = key();
        breaks(&mut key);
        assert!(is_invalid(&Request::AddKey { handle: Handle(3), key: key.clone() }), "{key:?}");
    }
    let igtk = KeyParameters { index: 4, cipher: 0x000f_ac06, ..key() };
    assert!(!is_invalid(&Request::AddKey { handle: Handle(3), key: igtk }));
    let group = KeyParameters { kind: KeyKind::Pairwise(MacAddr::from_slice(&[0xff; 6]).unwrap()), ..key() };
    assert!(is_invalid(&Request::AddKey { handle: Handle(3), key: group }));
}

#[test]
fn only_management_frames_are_sent() {
    for (first, good) in [(0xd0, true), (0x08, false), (0x88, false), (0xb4, false), (0xd1, false)] {
        let frame = frame(first);
        let request =
            Request::TransmitFrame { handle: Handle(3), transmit: TransmitParameters { frame, ..transmit() } };
        assert_eq!(!is_invalid(&request), good, "{first:02x}");
    }
    for length in [0, 1, 23, 24 + 2305] {
        let frame = vec![0xd0; length];
        let request =
            Request::TransmitFrame { handle: Handle(3), transmit: TransmitParameters { frame, ..transmit() } };
        assert!(is_invalid(&request), "{length}");
    }
}

#[test]
fn numbers_out_of_range() {
    for request in [
        Request::RemainOnChannel { handle: Handle(3), freq: 2412, duration: 5001 },
        Request::RemainOnChannel { handle: Handle(3), freq: 1, duration: 1 },
        Request::SetTxQueue { handle: Handle(3), queue: 4, aifs: 1, cw_min: 1, cw_max: 3, txop: 0, link: None },
        Request::SetTxQueue { handle: Handle(3), queue: 0, aifs: 1, cw_min: 7, cw_max: 3, txop: 0, link: None },
        Request::SetCountry { alpha2: *b"f1" },
        Request::SendEapol { handle: Handle(3), dest: peer(), data: vec![0; 3], encrypt: false },
        Request::SendEapol { handle: Handle(3), dest: peer(), data: vec![0; 2305], encrypt: false },
        Request::AddStation { handle: Handle(3), station: StationParameters { aid: Some(2008), ..station() } },
        Request::AddStation { handle: Handle(3), station: StationParameters { aid: Some(0), ..station() } },
        Request::AddStation {
            handle: Handle(3),
            station: StationParameters { ht_capabilities: Some(vec![0; 25]), ..station() },
        },
        Request::StartAp { handle: Handle(3), ap: ApParameters { dtim_period: 0, ..ap() } },
        Request::StartAp { handle: Handle(3), ap: ApParameters { hidden_ssid: 3, ..ap() } },
        Request::Authenticate { handle: Handle(3), auth: AuthenticateParameters { data: vec![0; 2305], ..auth() } },
        Request::SetMacAddress { handle: Handle(3), addr: MacAddr::from_slice(&[1, 0, 0, 0, 0, 1]).unwrap() },
    ] {
        assert!(is_invalid(&request), "{request:?}");
    }
}

#[cfg(feature = "testing")]
#[test]
fn frames_of_test_suites_are_for_interfaces_of_the_client_too() {
    use ipc_proto::TestRequest;
    let listen = |bridge: &str| {
        Request::Test(TestRequest::Listen { handle: Handle(3), bridge: Some(bridge.into()), enabled: true })
    };
    let transmit =
        |length| Request::Test(TestRequest::Transmit { handle: Handle(3), bridge: None, frame: vec![0; length] });
    let row = (May::Both, Needs::Any, "scagmivfdnowx", In::Every);
    for (role, phase) in Role::ALL.iter().flat_map(|role| Phase::ALL.map(|phase| (*role, phase))) {
        for hold in Hold::ALL {
            let at = (InterfaceType::Station, Condition::Idle);
            let wanted = expected(row, role, phase, hold, at);
            for request in [listen("br0"), transmit(60)] {
                let verdict = authorize(role, phase, &enough(role), &play(hold, at.0, at.1), &request);
                assert_eq!(verdict, wanted);
            }
        }
    }
    assert!(is_invalid(&listen("a/b")) && is_invalid(&transmit(13)) && is_invalid(&transmit(1515)));
}
