use ipc_proto::{
    ApParameters, AssociateParameters, AuthenticateParameters, BeaconParameters, BssOptions, ChannelDefinition,
    ConnectParameters, InterfaceType, KeyBytes, KeyKind, KeyParameters, MfpMode, OperState, Request, Role,
    ScanParameters, SchedScanParameters, StationFlags, StationParameters, TransmitParameters,
};
use wire::frame::Subtype;
use wire::{MacAddr, ReasonCode, Ssid};

use super::{Grant, Phase, Verdict, authorize};

/// What a role may do with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum May {
    Both,
    Station,
    AccessPoint,
    Nobody,
}

/// What the interface of a request has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    Nothing,
    Any,
    Own,
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
    }
}

fn transmit() -> TransmitParameters {
    TransmitParameters {
        freq: Some(2412),
        wait: 0,
        frame: [vec![0xd0], vec![0; 30]].concat(),
        no_cck: false,
        no_ack: false,
        offchannel: false,
    }
}

fn station() -> StationParameters {
    StationParameters { addr: peer(), aid: Some(1), ..StationParameters::default() }
}

/// One row for each kind of request: an honest one, who may send it, and about what. The match does not compile when
/// a request is added; the count of the test below does not hold when it has no row here.
macro_rules! table {
    ($($name:ident { $($field:ident : $value:expr),* } => $may:ident $needs:ident;)+) => {
        fn rows() -> Vec<(Request, May, Needs)> {
            vec![$((Request::$name { $($field: $value),* }, May::$may, Needs::$needs)),+]
        }

        fn has_row(request: &Request) -> bool {
            match request { $(Request::$name { .. } => true,)+ Request::Test(_) => true }
        }
    };
}

table! {
    Interfaces {} => Both Nothing;
    Attach { ifname: "wlan0".into() } => Both Nothing;
    Detach { ifindex: 3 } => Both Any;
    Capabilities { ifindex: 3 } => Both Any;
    LinkState { ifindex: 3 } => Both Any;
    SetLinkUp { ifindex: 3, up: true } => Both Any;
    SetOperState { ifindex: 3, state: OperState::Up } => Both Any;
    SetInterfaceType { ifindex: 3, kind: InterfaceType::Station } => Both Any;
    AddInterface { parent: 3, ifname: "wlan0_0".into(), kind: InterfaceType::AccessPoint, addr: None } => AccessPoint Any;
    RemoveInterface { ifindex: 3 } => Both Own;
    SetMacAddress { ifindex: 3, addr: peer() } => Both Any;
    SetBridge { ifindex: 3, bridge: Some("br0".into()) } => AccessPoint Any;
    SetFourAddress { ifindex: 3, enabled: true } => Both Any;
    TriggerScan { ifindex: 3, scan: ScanParameters::default() } => Both Any;
    AbortScan { ifindex: 3 } => Both Any;
    ScanResults { ifindex: 3 } => Both Any;
    StartSchedScan { ifindex: 3, scan: SchedScanParameters { interval: 10, ..Default::default() } } => Station Any;
    StopSchedScan { ifindex: 3 } => Station Any;
    Authenticate { ifindex: 3, auth: auth() } => Station Any;
    Associate { ifindex: 3, assoc: assoc() } => Station Any;
    Connect { ifindex: 3, connect: connect() } => Station Any;
    Deauthenticate { ifindex: 3, bssid: peer(), reason: ReasonCode(3), local: false } => Station Any;
    Disassociate { ifindex: 3, bssid: peer(), reason: ReasonCode(8) } => Station Any;
    Disconnect { ifindex: 3, reason: ReasonCode(3) } => Station Any;
    AddKey { ifindex: 3, key: key() } => Both Any;
    DeleteKey { ifindex: 3, kind: KeyKind::Group, index: 1 } => Both Any;
    KeySequence { ifindex: 3, index: 1 } => Both Any;
    AddPmksa { ifindex: 3, bssid: peer(), pmkid: [0; 16], pmk: None } => Station Any;
    RemovePmksa { ifindex: 3, bssid: peer(), pmkid: [0; 16] } => Station Any;
    FlushPmksa { ifindex: 3 } => Station Any;
    SetRekeyData {
        ifindex: 3, kek: KeyBytes::new(&[0; 16]), kck: KeyBytes::new(&[0; 16]), replay_counter: [0; 8]
    } => Station Any;
    UpdateFtElements { ifindex: 3, mobility_domain: 1, elements: Vec::new() } => Station Any;
    RegisterFrame { ifindex: 3, subtype: Subtype::ACTION, prefix: Vec::new() } => Both Any;
    TransmitFrame { ifindex: 3, transmit: transmit() } => Both Any;
    CancelTransmit { ifindex: 3, cookie: 1 } => Both Any;
    RemainOnChannel { ifindex: 3, freq: 2412, duration: 100 } => Both Any;
    CancelRemainOnChannel { ifindex: 3, cookie: 1 } => Both Any;
    SendEapol { ifindex: 3, dest: peer(), data: vec![2, 1, 0, 0], encrypt: false } => Both Any;
    SendPreauth { ifindex: 3, dest: peer(), data: vec![2, 1, 0, 0] } => Both Any;
    ReceivePreauth { ifindex: 3, enabled: true } => Both Any;
    StartAp { ifindex: 3, ap: ap() } => AccessPoint Any;
    UpdateBeacon { ifindex: 3, beacon: BeaconParameters::default() } => AccessPoint Any;
    StopAp { ifindex: 3 } => AccessPoint Any;
    SwitchChannel {
        ifindex: 3, channel: ChannelDefinition::legacy(2437), count: 5, block_tx: false,
        beacon: BeaconParameters::default(), counter_offsets: Vec::new(), after: BeaconParameters::default()
    } => AccessPoint Any;
    SetBssOptions { ifindex: 3, options: BssOptions::default() } => AccessPoint Any;
    SetChannel { ifindex: 3, channel: ChannelDefinition::legacy(2437) } => AccessPoint Any;
    AddStation { ifindex: 3, station: station() } => AccessPoint Any;
    ChangeStation { ifindex: 3, station: station() } => AccessPoint Any;
    SetStationFlags { ifindex: 3, addr: peer(), flags: StationFlags::default() } => Both Any;
    RemoveStation { ifindex: 3, addr: None, notify: None } => AccessPoint Any;
    Stations { ifindex: 3, addr: None } => Both Any;
    SetStationVlan { ifindex: 3, addr: peer(), vlan: 3 } => AccessPoint Any;
    ProbeStation { ifindex: 3, addr: peer() } => AccessPoint Any;
    SetTxQueue { ifindex: 3, queue: 0, aifs: 2, cw_min: 3, cw_max: 7, txop: 47 } => AccessPoint Any;
    SetRtsThreshold { ifindex: 3, threshold: None } => AccessPoint Any;
    SetFragThreshold { ifindex: 3, threshold: Some(256) } => AccessPoint Any;
    SetCountry { alpha2: *b"FI" } => Both Nothing;
    Country {} => Both Nothing;
    SetPowerSave { ifindex: 3, enabled: false } => Station Any;
    MonitorSignal { ifindex: 3, threshold: -70, hysteresis: 4 } => Station Any;
    SignalPoll { ifindex: 3 } => Station Any;
    Survey { ifindex: 3 } => Both Any;
    TdlsFrame {
        ifindex: 3, peer: peer(), action: 0, dialog_token: 1, status: 0, elements: Vec::new()
    } => Station Any;
    TdlsOperation { ifindex: 3, peer: peer(), operation: 0 } => Station Any;
}

fn expected(may: May, needs: Needs, role: Role, phase: Phase, grant: Grant) -> Verdict {
    let allowed = match may {
        May::Both => true,
        May::Station => role == Role::Station,
        May::AccessPoint => role == Role::AccessPoint,
        May::Nobody => false,
    };
    let role_says = if allowed { Verdict::Allowed } else { Verdict::Denied };
    match (phase, needs, grant) {
        (Phase::Greeting, _, _) => Verdict::Violation,
        (Phase::Ready, Needs::Nothing, _) => role_says,
        (Phase::Ready, Needs::Any | Needs::Own, Grant::None) => Verdict::Violation,
        (Phase::Ready, Needs::Any | Needs::Own, Grant::Lost) | (Phase::Ready, Needs::Own, Grant::Attached) => {
            Verdict::Denied
        }
        (Phase::Ready, Needs::Any, Grant::Attached | Grant::Created) | (Phase::Ready, Needs::Own, Grant::Created) => {
            role_says
        }
    }
}

#[test]
fn every_request_in_every_role_phase_and_grant() {
    let others = [
        (Request::SetInterfaceType { ifindex: 3, kind: InterfaceType::AccessPoint }, May::AccessPoint, Needs::Any),
        (Request::SetInterfaceType { ifindex: 3, kind: InterfaceType::Monitor }, May::Nobody, Needs::Any),
    ];
    let mut judged = 0;
    for (request, may, needs) in rows().into_iter().chain(others) {
        assert!(has_row(&request));
        for role in Role::ALL {
            for phase in Phase::ALL {
                for grant in Grant::ALL {
                    let verdict = authorize(role, phase, |_| grant, &request);
                    let wanted = expected(may, needs, role, phase, grant);
                    assert_eq!(verdict, wanted, "{role:?} {phase:?} {grant:?} {request:?}");
                    judged += 1;
                }
            }
        }
    }
    assert_eq!(judged, (rows().len() + 2) * 16);
}

fn verdict(role: Role, request: &Request) -> Verdict {
    authorize(role, Phase::Ready, |_| Grant::Attached, request)
}

fn is_invalid(request: &Request) -> bool {
    Role::ALL.iter().any(|role| matches!(verdict(*role, request), Verdict::Invalid(_)))
}

#[test]
fn both_interfaces_of_a_request_have_to_be_the_clients() {
    let request = Request::SetStationVlan { ifindex: 3, addr: peer(), vlan: 4 };
    let grant = |ifindex| if ifindex == 3 { Grant::Attached } else { Grant::None };
    assert_eq!(authorize(Role::AccessPoint, Phase::Ready, grant, &request), Verdict::Violation);
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
        assert!(is_invalid(&Request::AddKey { ifindex: 3, key: key.clone() }), "{key:?}");
    }
    let igtk = KeyParameters { index: 4, cipher: 0x000f_ac06, ..key() };
    assert!(!is_invalid(&Request::AddKey { ifindex: 3, key: igtk }));
    let group = KeyParameters { kind: KeyKind::Pairwise(MacAddr::from_slice(&[0xff; 6]).unwrap()), ..key() };
    assert!(is_invalid(&Request::AddKey { ifindex: 3, key: group }));
}

#[test]
fn only_management_frames_are_sent() {
    for (first, good) in [(0xd0, true), (0x08, false), (0x88, false), (0xb4, false), (0xd1, false)] {
        let frame = [vec![first], vec![0; 30]].concat();
        let request = Request::TransmitFrame { ifindex: 3, transmit: TransmitParameters { frame, ..transmit() } };
        assert_eq!(!is_invalid(&request), good, "{first:02x}");
    }
    for length in [0, 1, 23, 24 + 2305] {
        let frame = vec![0xd0; length];
        let request = Request::TransmitFrame { ifindex: 3, transmit: TransmitParameters { frame, ..transmit() } };
        assert!(is_invalid(&request), "{length}");
    }
}

#[test]
fn numbers_out_of_range() {
    for request in [
        Request::RemainOnChannel { ifindex: 3, freq: 2412, duration: 5001 },
        Request::RemainOnChannel { ifindex: 3, freq: 1, duration: 1 },
        Request::SetTxQueue { ifindex: 3, queue: 4, aifs: 1, cw_min: 1, cw_max: 3, txop: 0 },
        Request::SetTxQueue { ifindex: 3, queue: 0, aifs: 1, cw_min: 7, cw_max: 3, txop: 0 },
        Request::SetCountry { alpha2: *b"f1" },
        Request::SendEapol { ifindex: 3, dest: peer(), data: vec![0; 3], encrypt: false },
        Request::SendEapol { ifindex: 3, dest: peer(), data: vec![0; 2305], encrypt: false },
        Request::AddStation { ifindex: 3, station: StationParameters { aid: Some(2008), ..station() } },
        Request::AddStation { ifindex: 3, station: StationParameters { aid: Some(0), ..station() } },
        Request::AddStation {
            ifindex: 3,
            station: StationParameters { ht_capabilities: Some(vec![0; 25]), ..station() },
        },
        Request::StartAp { ifindex: 3, ap: ApParameters { dtim_period: 0, ..ap() } },
        Request::StartAp { ifindex: 3, ap: ApParameters { hidden_ssid: 3, ..ap() } },
        Request::Authenticate { ifindex: 3, auth: AuthenticateParameters { data: vec![0; 2305], ..auth() } },
        Request::SetMacAddress { ifindex: 3, addr: MacAddr::from_slice(&[1, 0, 0, 0, 0, 1]).unwrap() },
    ] {
        assert!(is_invalid(&request), "{request:?}");
    }
}

#[cfg(feature = "testing")]
#[test]
fn data_frames_of_test_suites_are_judged_like_everything_else() {
    use ipc_proto::TestRequest;
    let listen =
        |bridge: &str| Request::Test(TestRequest::Listen { ifindex: 3, bridge: Some(bridge.into()), enabled: true });
    let transmit = |length| Request::Test(TestRequest::Transmit { ifindex: 3, bridge: None, frame: vec![0; length] });
    for role in Role::ALL {
        for phase in Phase::ALL {
            for grant in Grant::ALL {
                let wanted = expected(May::Both, Needs::Any, role, phase, grant);
                assert_eq!(authorize(role, phase, |_| grant, &listen("br0")), wanted);
                assert_eq!(authorize(role, phase, |_| grant, &transmit(60)), wanted);
            }
        }
    }
    assert!(is_invalid(&listen("a/b")) && is_invalid(&transmit(13)) && is_invalid(&transmit(1515)));
}
