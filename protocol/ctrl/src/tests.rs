//! Commands, events and answers, in the text that clients send and wait for.

use crate::ap::{AclCommand, AddInterface, ApTestCommand, ChanSwitch, Kick};
use crate::station::{
    BssQuery, BssWhich, FreqRange, IgnoreCommand, InterfaceAdd, RadioWork, ScanCommand, StatusKind, TestCommand, Which,
    bss_mask,
};
use crate::*;
use alloc::{format, string::ToString, vec, vec::Vec};
use crypto::Secret;
use wire::{MacAddr, Ssid};

const ADDR: MacAddr = MacAddr([2, 0, 0, 0, 3, 0]);

fn ssid(name: &str) -> Ssid {
    Ssid::new(name.as_bytes()).unwrap()
}

#[test]
fn station_commands_are_understood() {
    use StationCommand as C;
    let cases: Vec<(&str, C)> = vec![
        ("PING", C::Ping),
        ("ATTACH", C::Attach { probe_requests: false }),
        ("ATTACH probe_rx_events=1", C::Attach { probe_requests: true }),
        ("LEVEL 0", C::Level(LogLevel::Excessive)),
        ("STATUS", C::Status(StatusKind::Normal)),
        ("STATUS-VERBOSE", C::Status(StatusKind::Verbose)),
        ("STATUS-DRIVER", C::Status(StatusKind::Driver)),
        ("SET sae_groups ", C::Set { name: "sae_groups".into(), value: Secret::default() }),
        ("SET pmf 2", C::Set { name: "pmf".into(), value: Secret::from(&b"2"[..]) }),
        ("SET a b c", C::Set { name: "a".into(), value: Secret::from(&b"b c"[..]) }),
        ("GET country", C::Get("country".into())),
        ("BSSID 1 02:00:00:00:03:00", C::Bssid { id: 1, bssid: ADDR }),
        ("BSSID home 02:00:00:00:03:00", C::Bssid { id: 0, bssid: ADDR }),
        ("BLACKLIST", C::BssidIgnore(IgnoreCommand::List)),
        ("BSSID_IGNORE clear", C::BssidIgnore(IgnoreCommand::Clear)),
        ("BSSID_IGNORE 02:00:00:00:03:00", C::BssidIgnore(IgnoreCommand::Add(ADDR))),
        ("LOG_LEVEL", C::LogLevel { level: None, timestamp: None }),
        ("LOG_LEVEL debug 1", C::LogLevel { level: Some(LogLevel::Debug), timestamp: Some(true) }),
        ("LIST_NETWORKS", C::ListNetworks { after: None }),
        ("LIST_NETWORKS LAST_ID=-1", C::ListNetworks { after: None }),
        ("LIST_NETWORKS LAST_ID=4", C::ListNetworks { after: Some(4) }),
        ("SELECT_NETWORK 0", C::SelectNetwork { which: Which::Id(0), frequencies: vec![] }),
        ("SELECT_NETWORK any", C::SelectNetwork { which: Which::All, frequencies: vec![] }),
        (
            "SELECT_NETWORK 3 freq=2412,5180",
            C::SelectNetwork {
                which: Which::Id(3),
                frequencies: vec![FreqRange { low: 2412, high: 2412 }, FreqRange { low: 5180, high: 5180 }],
            },
        ),
        ("ENABLE_NETWORK all", C::EnableNetwork { which: Which::All, no_connect: false }),
        ("ENABLE_NETWORK 2 no-connect", C::EnableNetwork { which: Which::Id(2), no_connect: true }),
        ("REMOVE_NETWORK all", C::RemoveNetwork(Which::All)),
        (
            "SET_NETWORK 0 ssid \"a b\"",
            C::SetNetwork { id: 0, field: "ssid".into(), value: Secret::from(&b"\"a b\""[..]) },
        ),
        ("SET_NETWORK 0 freq_list ", C::SetNetwork { id: 0, field: "freq_list".into(), value: Secret::default() }),
        ("GET_NETWORK 0 psk", C::GetNetwork { id: 0, field: "psk".into() }),
        ("DUP_NETWORK 0 1 psk", C::DupNetwork { from: 0, to: 1, field: "psk".into() }),
        ("GET_CAPABILITY key_mgmt", C::GetCapability { field: "key_mgmt".into(), strict: false, iftype: None }),
        (
            "GET_CAPABILITY key_mgmt strict iftype=AP",
            C::GetCapability { field: "key_mgmt".into(), strict: true, iftype: Some("AP".into()) },
        ),
        ("SCAN", C::Scan(ScanCommand::default())),
        (
            "SCAN TYPE=ONLY freq=2412-2462 passive=1 use_id=1",
            C::Scan(ScanCommand {
                only: true,
                frequencies: vec![FreqRange { low: 2412, high: 2462 }],
                passive: true,
                use_id: true,
                ..Default::default()
            }),
        ),
        (
            "SCAN ssid 6162 ssid 63 bssid=02:00:00:00:03:00 scan_id=1,2 only_new=1",
            C::Scan(ScanCommand {
                ssids: vec![ssid("ab"), ssid("c")],
                bssid: Some(ADDR),
                networks: vec![1, 2],
                only_new: true,
                ..Default::default()
            }),
        ),
        ("BSS 0", C::Bss(BssQuery { which: BssWhich::Index(0), mask: bss_mask::ALL })),
        ("BSS ID-3", C::Bss(BssQuery { which: BssWhich::Id(3), mask: bss_mask::ALL })),
        ("BSS FIRST", C::Bss(BssQuery { which: BssWhich::First, mask: bss_mask::ALL })),
        ("BSS NEXT-2", C::Bss(BssQuery { which: BssWhich::Next(2), mask: bss_mask::ALL })),
        ("BSS 02:00:00:00:03:00", C::Bss(BssQuery { which: BssWhich::Bssid(ADDR), mask: bss_mask::ALL })),
        ("BSS RANGE=ALL MASK=0x2", C::Bss(BssQuery { which: BssWhich::Range { first: 0, last: u32::MAX }, mask: 2 })),
        (
            "BSS RANGE=2- MASK=20003",
            C::Bss(BssQuery { which: BssWhich::Range { first: 2, last: u32::MAX }, mask: 0x20003 }),
        ),
        ("BSS RANGE=-5", C::Bss(BssQuery { which: BssWhich::Range { first: 0, last: 5 }, mask: bss_mask::ALL })),
        ("ROAM 02:00:00:00:03:00", C::Roam(ADDR)),
        ("STA_AUTOCONNECT 0", C::StaAutoconnect(false)),
        ("BSS_FLUSH 0", C::BssFlush(0)),
        ("BSS_EXPIRE_AGE 10", C::BssExpireAge(10)),
        ("SCAN_INTERVAL 1", C::ScanInterval(1)),
        ("SIGNAL_MONITOR THRESHOLD=-45 HYSTERESIS=5", C::SignalMonitor { threshold: -45, hysteresis: 5 }),
        ("INTERFACES ctrl", C::Interfaces { ctrl: true }),
        ("VENDOR_ELEM_ADD 13 dd00", C::VendorElemAdd { frame: 13, elements: vec![0xdd, 0] }),
        ("VENDOR_ELEM_REMOVE 13 *", C::VendorElemRemove { frame: 13, elements: None }),
        (
            "RADIO_WORK add test freq=2412 timeout=3",
            C::RadioWork(RadioWork::Add { name: "test".into(), freq: 2412, timeout: Some(3) }),
        ),
        ("RADIO_WORK show", C::RadioWork(RadioWork::Show)),
        ("RADIO_WORK done 5", C::RadioWork(RadioWork::Done(5))),
        (
            "CTRL-RSP-PSK_PASSPHRASE-0:\"hush hush\"",
            C::Response { field: "PSK_PASSPHRASE".into(), id: 0, value: Secret::from(&b"\"hush hush\""[..]) },
        ),
        ("EAPOL_RX 02:00:00:00:03:00 0203", C::Test(TestCommand::EapolRx { from: ADDR, frame: vec![2, 3] })),
        (
            "DATA_TEST_TX 02:00:00:00:03:00 02:00:00:00:03:00 0x10 len=100",
            C::Test(TestCommand::DataTestTx { to: ADDR, from: ADDR, tos: 16, length: Some(100) }),
        ),
        ("KEY_REQUEST 0 1", C::Test(TestCommand::KeyRequest { error: false, pairwise: true })),
        (
            "MGMT_RX_PROCESS freq=2412 datarate=0 ssi_signal=-30 frame=b000",
            C::Test(TestCommand::MgmtRxProcess { freq: 2412, rate: 0, signal: -30, frame: vec![0xb0, 0] }),
        ),
        ("TERMINATE\n", C::Terminate),
    ];
    for (text, command) in cases {
        assert_eq!(StationCommand::parse(text.as_bytes()), Ok(command), "{text}");
    }
    assert_eq!(StationCommand::parse(b"PING\0garbage"), Ok(C::Ping));
}

#[test]
fn what_is_no_command_or_has_wrong_arguments_is_told_apart() {
    for text in ["", "ping", "PINGX", "FROB", "P2P_FIND", "WPS_PBC", "\u{fe}"] {
        assert_eq!(StationCommand::parse(text.as_bytes()), Err(ParseError::Unknown), "{text}");
    }
    for text in [
        "SET x",
        "SET_NETWORK 0 ssid",
        "SET_NETWORK x ssid y",
        "GET_NETWORK 0",
        "BSSID 0 nope",
        "SELECT_NETWORK -1",
        "SCAN freq=abc",
        "SCAN ssid 0",
        "ROAM 02:00",
        "LOG_LEVEL loud",
        "BSS RANGE=5",
        "BSS_EXPIRE_AGE 5",
        "BSS_EXPIRE_COUNT 0",
        "GET_CAPABILITY x loose",
        "VENDOR_ELEM_ADD 99 dd00",
        "VENDOR_ELEM_ADD 1",
        "EAPOL_RX 02:00:00:00:03:00 0",
        "CTRL-RSP-PASSWORD-0",
        "BSSID_IGNORE x",
    ] {
        assert_eq!(StationCommand::parse(text.as_bytes()), Err(ParseError::Invalid), "{text}");
    }
    assert_eq!(ParseError::Unknown.reply(), b"UNKNOWN COMMAND\n");
    assert_eq!(ParseError::Invalid.reply(), b"FAIL\n");
}

#[test]
fn a_secret_in_a_command_is_not_shown() {
    for text in [
        "SET_NETWORK 0 psk \"hushhush\"",
        "SET x hushhush",
        "CTRL-RSP-PASSWORD-0:hushhush",
        "SET_CRED 0 password \"hushhush\"",
    ] {
        assert!(!format!("{:?}", StationCommand::parse(text.as_bytes()).unwrap()).contains("hush"));
    }
    assert!(!format!("{:?}", ApCommand::parse(b"SET wpa_passphrase hushhush").unwrap()).contains("hush"));
}

#[test]
fn global_station_commands_are_understood() {
    use GlobalStationCommand as G;
    let parse = |text: &str| GlobalStationCommand::parse(text.as_bytes());
    assert_eq!(
        parse("IFNAME=wlan0 SCAN TYPE=ONLY"),
        Ok(G::Interface { ifname: "wlan0".into(), command: b"SCAN TYPE=ONLY".to_vec() })
    );
    let add = InterfaceAdd {
        ifname: "wlan5".into(),
        driver: Some("nl80211".into()),
        driver_param: None,
        ..Default::default()
    };
    assert_eq!(parse("INTERFACE_ADD wlan5\t\tnl80211\t\t\t"), Ok(G::InterfaceAdd(add.clone())));
    assert_eq!(parse("INTERFACE_ADD wlan5\t\tnl80211"), Ok(G::InterfaceAdd(add)));
    let Ok(G::InterfaceAdd(add)) =
        parse("INTERFACE_ADD sta1\t/c\tnl80211\tDIR=/run GROUP=adm\t\tbr0\tcreate\tsta\t02:00:00:00:03:00")
    else {
        panic!()
    };
    assert_eq!((add.ctrl_interface.as_deref(), add.bridge.as_deref()), (Some("DIR=/run GROUP=adm"), Some("br0")));
    assert_eq!(add.create.map(|create| (create.ap, create.address)), Some((false, Some(ADDR))));
    assert_eq!(parse("INTERFACE_ADD \t"), Err(ParseError::Invalid));
    assert_eq!(parse("INTERFACE_REMOVE wlan5"), Ok(G::InterfaceRemove("wlan5".into())));
    assert_eq!(parse("LIST_NETWORKS"), Ok(G::FirstInterface(StationCommand::ListNetworks { after: None })));
    assert_eq!(parse("REMOVE_NETWORK all"), Ok(G::FirstInterface(StationCommand::RemoveNetwork(Which::All))));
    assert_eq!(parse("STATUS"), Ok(G::Status));
    assert_eq!(parse("TERMINATE"), Ok(G::Terminate));
    assert_eq!(parse("SCAN"), Err(ParseError::Unknown));
}

#[test]
fn access_point_commands_are_understood() {
    use ApCommand as C;
    let kick = |reason, silent, test| Kick { addr: ADDR, reason, silent, test };
    let cases: Vec<(&str, C)> = vec![
        ("PING", C::Ping),
        ("STATUS", C::Status),
        ("STA 02:00:00:00:03:00", C::Sta { addr: ADDR, detail: None }),
        ("STA 02:00:00:00:03:00 eapol", C::Sta { addr: ADDR, detail: Some("eapol".into()) }),
        ("STA-NEXT 02:00:00:00:03:00", C::StaNext(ADDR)),
        ("DEAUTHENTICATE 02:00:00:00:03:00", C::Deauthenticate(kick(None, false, None))),
        ("DEAUTHENTICATE 02:00:00:00:03:00 reason=5 tx=0", C::Deauthenticate(kick(Some(5), true, None))),
        ("DISASSOCIATE 02:00:00:00:03:00 reason=3 test=0", C::Disassociate(kick(Some(3), false, Some(false)))),
        (
            "SET wpa_passphrase with a space",
            C::Set { name: "wpa_passphrase".into(), value: Secret::from(&b"with a space"[..]) },
        ),
        ("SET vendor_elements ", C::Set { name: "vendor_elements".into(), value: Secret::default() }),
        ("ENABLE", C::Enable),
        ("RELOAD_WPA_PSK", C::ReloadWpaPsk),
        ("ACCEPT_ACL ADD_MAC 02:00:00:00:03:00 VLAN_ID=3", C::AcceptAcl(AclCommand::Add { addr: ADDR, vlan: 3 })),
        ("DENY_ACL SHOW", C::DenyAcl(AclCommand::Show)),
        (
            "CHAN_SWITCH 5 2462 ht sec_channel_offset=-1 bandwidth=40 center_freq1=2452 blocktx",
            C::ChanSwitch(ChanSwitch {
                count: 5,
                freq: 2462,
                ht: true,
                secondary: -1,
                bandwidth: 40,
                centre1: 2452,
                block_tx: true,
                ..Default::default()
            }),
        ),
        ("LOG_LEVEL excessive", C::LogLevel { level: Some(LogLevel::Excessive), timestamp: None }),
        ("REKEY_GTK", C::RekeyGtk),
        (
            "RESET_PN ff:ff:ff:ff:ff:ff IGTK",
            C::Test(ApTestCommand::ResetPn { addr: MacAddr::BROADCAST, key: Some("IGTK".into()) }),
        ),
        (
            "RESEND_M1 02:00:00:00:03:00 change-anonce",
            C::Test(ApTestCommand::ResendM1 { addr: ADDR, change_anonce: true }),
        ),
        ("MGMT_TX b000", C::Test(ApTestCommand::MgmtTx(vec![0xb0, 0]))),
        (
            "MGMT_TX_STATUS_PROCESS stype=11 ok=1 buf=b000",
            C::Test(ApTestCommand::MgmtTxStatus { subtype: 11, ok: true, frame: vec![0xb0, 0] }),
        ),
    ];
    for (text, command) in cases {
        assert_eq!(ApCommand::parse(text.as_bytes()), Ok(command), "{text}");
    }
    for text in [
        "DEAUTHENTICATE x",
        "SET x",
        "CHAN_SWITCH 5",
        "ACCEPT_ACL",
        "DENY_ACL FROB",
        "STA x",
        "DEAUTHENTICATE 02:00:00:00:03:00 reason=70000",
    ] {
        assert!(ApCommand::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert_eq!(ApCommand::parse(b"FROB"), Err(ParseError::Unknown));
}

#[test]
fn global_access_point_commands_are_understood() {
    use GlobalApCommand as G;
    let parse = |text: &str| GlobalApCommand::parse(text.as_bytes());
    let empty = |driver: Option<&str>| AddInterface::Empty {
        ifname: "wlan3".into(),
        ctrl_interface: "/run/hostapd".into(),
        driver: driver.map(Into::into),
    };
    assert_eq!(parse("ADD wlan3 /run/hostapd"), Ok(G::Add(empty(None))));
    assert_eq!(parse("ADD wlan3 /run/hostapd nl80211"), Ok(G::Add(empty(Some("nl80211")))));
    assert_eq!(
        parse("ADD wlan3 config=/tmp/a b"),
        Ok(G::Add(AddInterface::Config { ifname: "wlan3".into(), file: "/tmp/a b".into() }))
    );
    assert_eq!(
        parse("ADD bss_config=phy3:/tmp/a"),
        Ok(G::Add(AddInterface::BssConfig { phy: "phy3".into(), file: "/tmp/a".into() }))
    );
    assert_eq!(parse("REMOVE wlan3"), Ok(G::Remove("wlan3".into())));
    assert_eq!(parse("FLUSH"), Ok(G::Flush));
    assert_eq!(parse("IFNAME=wlan3 STATUS"), Ok(G::Interface { ifname: "wlan3".into(), command: b"STATUS".to_vec() }));
    // The original answers FAIL here, never UNKNOWN COMMAND.
    assert_eq!(parse("FROB"), Err(ParseError::Invalid));
}

#[test]
fn events_of_a_station_have_their_text() {
    use StationEvent as E;
    let home = ssid("ho\"me");
    let cases: Vec<(E, &str)> = vec![
        (
            E::Connected { bssid: ADDR, id: Some(0), id_str: Vec::new() },
            "CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:03:00 completed [id=0 id_str=]",
        ),
        (
            E::Disconnected { bssid: ADDR, reason: 3, locally_generated: true },
            "CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:03:00 reason=3 locally_generated=1",
        ),
        (
            E::Disconnected { bssid: ADDR, reason: 2, locally_generated: false },
            "CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:03:00 reason=2",
        ),
        (E::ScanStarted { id: None }, "CTRL-EVENT-SCAN-STARTED "),
        (E::ScanResults { id: Some(7) }, "CTRL-EVENT-SCAN-RESULTS id=7"),
        (E::ScanFailed { error: -16, retry: true }, "CTRL-EVENT-SCAN-FAILED ret=-16 retry=1"),
        (E::BssAdded { id: 3, bssid: ADDR }, "CTRL-EVENT-BSS-ADDED 3 02:00:00:00:03:00"),
        (E::NetworkNotFound, "CTRL-EVENT-NETWORK-NOT-FOUND "),
        (
            E::TempDisabled { id: 0, ssid: home, failures: 1, duration: 10, reason: "WRONG_KEY" },
            "CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"ho\\\"me\" auth_failures=1 duration=10 reason=WRONG_KEY",
        ),
        (E::Reenabled { id: 0, ssid: home }, "CTRL-EVENT-SSID-REENABLED id=0 ssid=\"ho\\\"me\""),
        (
            E::AssocReject { bssid: Some(ADDR), status: 31, timeout: None },
            "CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:03:00 status_code=31",
        ),
        (
            E::AssocReject { bssid: None, status: 1, timeout: Some(Some("scan")) },
            "CTRL-EVENT-ASSOC-REJECT status_code=1 timeout=scan",
        ),
        (
            E::AuthReject { bssid: ADDR, auth_type: 3, transaction: 2, status: 1, elements: vec![0xdd, 0] },
            "CTRL-EVENT-AUTH-REJECT 02:00:00:00:03:00 auth_type=3 auth_transaction=2 status_code=1 ie=dd00",
        ),
        (
            E::RegdomChange {
                initiator: event::RegdomInitiator::User,
                kind: event::RegdomType::Country,
                country: Some(*b"DE"),
            },
            "CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=DE",
        ),
        (
            E::TryingToAuthenticate { bssid: ADDR, ssid: ssid("a'b"), freq: 2412 },
            "SME: Trying to authenticate with 02:00:00:00:03:00 (SSID='a'b' freq=2412 MHz)",
        ),
        (E::Associated(ADDR), "Associated with 02:00:00:00:03:00"),
        (
            E::KeyNegotiationCompleted { bssid: ADDR, pairwise: "CCMP", group: "CCMP" },
            "WPA: Key negotiation completed with 02:00:00:00:03:00 [PTK=CCMP GTK=CCMP]",
        ),
        (
            E::GroupRekeyingCompleted { bssid: ADDR, group: "CCMP", rsn: true },
            "RSN: Group rekeying completed with 02:00:00:00:03:00 [GTK=CCMP]",
        ),
        (E::PskMayBeWrong, "WPA: 4-Way Handshake failed - pre-shared key may be incorrect"),
        (E::PmksaAdded { bssid: ADDR, id: 0 }, "PMKSA-CACHE-ADDED 02:00:00:00:03:00 0"),
        (
            E::Request { field: "PSK_PASSPHRASE", id: 0, text: "PSK or passphrase".into(), ssid: ssid("x") },
            "CTRL-REQ-PSK_PASSPHRASE-0:PSK or passphrase needed for SSID x",
        ),
        (
            E::SignalChange { above: true, signal: -40, noise: -90, rate: 54000 },
            "CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-40 noise=-90 txrate=54000",
        ),
        (E::Terminating, "CTRL-EVENT-TERMINATING "),
        (E::EapolTx { to: ADDR, frame: vec![1, 3] }, "EAPOL-TX 02:00:00:00:03:00 0103"),
        (
            E::DataTestRx { to: ADDR, from: ADDR, length: Some(100) },
            "DATA-TEST-RX 02:00:00:00:03:00 02:00:00:00:03:00 len=100",
        ),
    ];
    for (event, text) in cases {
        assert_eq!(event.to_string(), text);
        assert_eq!(event.message(), format!("<3>{text}").into_bytes());
    }
    assert_eq!(E::Terminating.global_message("wlan0"), b"IFNAME=wlan0 <3>CTRL-EVENT-TERMINATING ");
    assert_eq!(E::Message { level: Level::Warning, text: "x".into() }.message(), b"<4>x");
}

#[test]
fn events_of_an_access_point_have_their_text() {
    use ApEvent as E;
    let cases: Vec<(E, &str)> = vec![
        (E::Enabled, "AP-ENABLED "),
        (E::StaConnected { addr: ADDR, keyid: None, vlan: 0 }, "AP-STA-CONNECTED 02:00:00:00:03:00"),
        (
            E::StaConnected { addr: ADDR, keyid: Some("guest".into()), vlan: 2 },
            "AP-STA-CONNECTED 02:00:00:00:03:00 keyid=guest vlanid=2",
        ),
        (E::StaDisconnected(ADDR), "AP-STA-DISCONNECTED 02:00:00:00:03:00"),
        (E::PossiblePskMismatch(ADDR), "AP-STA-POSSIBLE-PSK-MISMATCH 02:00:00:00:03:00"),
        (E::FourWayCompleted(ADDR), "EAPOL-4WAY-HS-COMPLETED 02:00:00:00:03:00"),
        (E::CsaFinished { freq: 2462, dfs: false }, "AP-CSA-FINISHED freq=2462 dfs=0"),
        (E::RxProbeRequest { addr: ADDR, signal: -30 }, "RX-PROBE-REQUEST sa=02:00:00:00:03:00 signal=-30"),
        (E::MgmtTxStatus { subtype: 11, ok: true, frame: vec![0xb0] }, "MGMT-TX-STATUS stype=11 ok=1 buf=b0"),
        (E::MgmtRx(vec![0xb0, 0]), "MGMT-RX b000"),
    ];
    for (event, text) in cases {
        assert_eq!(event.to_string(), text);
        assert_eq!(event.level(), Level::Info);
    }
}

#[test]
fn a_subscriber_hears_what_it_asked_for() {
    let usual = Subscriber::default();
    assert!(usual.wants(Level::Info, false) && usual.wants(Level::Error, false));
    assert!(!usual.wants(Level::Debug, false) && !usual.wants(Level::Info, true));
    let all = Subscriber { level: Level::Excessive, probe_requests: true };
    assert!(all.wants(Level::Debug, false) && all.wants(Level::Info, true));
}

#[test]
fn an_answer_never_grows_beyond_its_limit() {
    let mut lines = reply::Lines::new(20);
    lines.field("a", 1).field("long_name", "value").field("b", 2).text("x\n");
    assert!(lines.is_full());
    assert_eq!(lines.into_bytes(), b"a=1\nlong_name=value\n"[..4].to_vec());
    let mut lines = reply::Lines::new(100);
    lines.field_bytes("ssid", &[0xff]).field("x", reply::Escaped(&[0xff, b'"']));
    assert_eq!(lines.into_bytes(), b"ssid=\xff\nx=\\xff\\\"\n");
    assert_eq!(reply::network_flags(true, false, true, false), "[CURRENT][TEMP-DISABLED]");
    assert_eq!(reply::security_flag("WPA2", &["PSK", "SAE"], &["CCMP"], true), "[WPA2-PSK+SAE-CCMP-preauth]");
    assert_eq!(reply::Hex(&[0, 255]).to_string(), "00ff");
    assert_eq!(log::log_level_reply(LogLevel::Debug, true), b"Current level: DEBUG\nTimestamp: 1\n");
}

#[test]
fn settings_of_a_running_interface_are_told_from_parameters() {
    use station::RuntimeSetting as S;
    assert_eq!(S::parse("pmf", b"1"), None);
    assert_eq!(S::parse("EAPOL::frob", b"1"), None);
    assert_eq!(S::parse("EAPOL::heldPeriod", b"2"), Some(Ok(S::Eapol { name: "heldperiod".into(), value: 2 })));
    assert_eq!(S::parse("dot11RSNAConfigPMKLifetime", b"9"), Some(Ok(S::PmkLifetime(9))));
    assert_eq!(S::parse("dot11RSNAConfigPMKLifetime", b"0"), Some(Err(ParseError::Invalid)));
    assert_eq!(S::parse("dot11RSNAConfigPMKReauthThreshold", b"101"), Some(Err(ParseError::Invalid)));
    assert_eq!(S::parse("EXT_EAPOL_FRAME_IO", b"1"), Some(Ok(S::ExtEapolFrameIo(true))));
    assert_eq!(S::parse("encrypt_eapol_m2", b"1"), Some(Ok(S::Other("encrypt_eapol_m2"))));
    assert_eq!(
        S::parse("disallow_aps", b"bssid 02:00:00:00:03:00 ssid 6162"),
        Some(Ok(S::DisallowAps { bssids: vec![ADDR], ssids: vec![ssid("ab")] }))
    );
    assert_eq!(S::parse("disallow_aps", b"bssid"), Some(Err(ParseError::Invalid)));
    assert_eq!(S::parse("bssid_filter", b""), Some(Ok(S::BssidFilter(vec![]))));
    assert_eq!(S::parse("blob", b"x 0102"), Some(Ok(S::Blob { name: "x".into(), bytes: vec![1, 2] })));
}

#[test]
fn garbage_does_not_panic() {
    let words = [
        "BSS",
        "SCAN",
        "SET",
        "SET_NETWORK",
        "PMKSA_ADD",
        "RADIO_WORK",
        "CTRL-RSP-",
        "INTERFACE_ADD",
        "CHAN_SWITCH",
        "ADD",
        "IFNAME=",
        "STA",
        "DENY_ACL",
        "MGMT_TX",
        "DATA_TEST_TX",
    ];
    let bits = [
        " ",
        "=",
        "-",
        "\t",
        ",",
        "0",
        "9999999999999999999999",
        "RANGE=",
        "MASK=",
        "freq=",
        "ssid",
        "02:00:00:00:00:01",
        "\u{0}",
        "\u{e4}",
        "all",
        "add",
        "ffff",
    ];
    let mut state = 7_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % sides
    };
    for _ in 0..20_000 {
        let mut text = words[roll(words.len())].as_bytes().to_vec();
        for _ in 0..roll(8) {
            text.extend_from_slice(bits[roll(bits.len())].as_bytes());
        }
        if roll(4) == 0 {
            let at = roll(text.len());
            text[at] = u8::try_from(roll(256)).unwrap();
        }
        let _ = (
            StationCommand::parse(&text),
            GlobalStationCommand::parse(&text),
            ApCommand::parse(&text),
            GlobalApCommand::parse(&text),
        );
    }
}
