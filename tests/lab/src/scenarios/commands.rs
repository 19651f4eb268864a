//! Debian's wpa_cli and hostapd_cli, and other clients of the control sockets, with our daemons.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::stories;
use crate::failure::{During as _, Failure, Outcome, check};
use crate::guest::control::{Control, value};
use crate::guest::init::{CONTROL_GROUP, MEMBER, STRANGER};
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process;
use crate::guest::program::{Program, send_signal, until};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    wpa_cli_works_as_an_ordinary_member_of_the_group,
    hostapd_cli_works_as_an_ordinary_member_of_the_group,
    wpa_cli_shows_what_clients_of_the_original_expect,
    hostapd_cli_shows_what_clients_of_the_original_expect,
    status_of_our_station_has_the_fields_of_debians,
    status_of_our_access_point_has_the_fields_of_debians,
    unset_fields_of_a_network_are_shown_as_debians_shows_them,
    networks_are_added_changed_saved_and_read_again,
    a_file_in_run_that_an_editor_replaced_is_read_again_and_saved,
    an_administrator_sends_stations_away,
    an_access_point_is_switched_off_and_on_and_changed,
    dead_listeners_block_nobody,
    interfaces_come_and_go_over_the_global_socket,
    access_points_come_and_go_over_the_global_socket,
    an_interface_is_taken_when_root_names_it_and_not_when_a_member_does,
    an_interface_that_root_has_named_is_taken_again_when_it_is_plugged_in_again,
    a_daemon_in_the_background_ends_when_told,
];

const AWHILE: Duration = Duration::from_secs(30);

/// Runs a client program with a command at a daemon's socket.
fn cli(lab: &mut Lab, program: &str, folder: &Path, interface: &str, command: &[&str]) -> Outcome<String> {
    let folder = folder.to_string_lossy().into_owned();
    let arguments = [&["-p", &folder, "-i", interface], command].concat();
    lab.command(program, &arguments)
}

fn members_and_strangers(lab: &mut Lab, program: &str, folder: &Path, interface: &str, expected: &str) -> Outcome {
    let folder = folder.to_string_lossy().into_owned();
    for umask in ["022", "077"] {
        let script = format!("umask {umask}; exec {program} -p {folder} -i {interface} status");
        let (good, said) = lab.run_as(MEMBER.id, &[CONTROL_GROUP.id], "sh", &["-c", &script])?;
        check(good && said.contains(expected), || {
            format!("{program} as {} with umask {umask} says: {said}", MEMBER.name)
        })?;
    }
    let arguments = ["-p", &folder, "-i", interface, "status"];
    let (_, said) = lab.run_as(STRANGER.id, &[], program, &arguments)?;
    check(!said.contains(expected), || format!("{program} answers a stranger: {said}"))
}

/// Any user of the group, with any umask; nobody else.
pub fn wpa_cli_works_as_an_ordinary_member_of_the_group(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (sta, _ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    members_and_strangers(lab, "wpa_cli", &sta.folder, &sta.host.interface, "wpa_state=COMPLETED")
}

/// The same for an access point.
pub fn hostapd_cli_works_as_an_ordinary_member_of_the_group(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    members_and_strangers(lab, "hostapd_cli", &ap.folder, &ap.host.interface, "state=ENABLED")
}

/// Words that must be in a client's output.
fn must_show(lab: &mut Lab, program: &str, place: (&Path, &str), command: &str, words: &[&str]) -> Outcome<String> {
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let said = cli(lab, program, place.0, place.1, &arguments)?;
    for word in words {
        check(said.contains(word), || format!("{program} {command} does not show {word:?}: {said}"))?;
    }
    Ok(said)
}

/// Headings, columns and keys that scripts look for.
pub fn wpa_cli_shows_what_clients_of_the_original_expect(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let (folder, interface, bssid) = (sta.folder.clone(), sta.host.interface.clone(), ap.host.mac.clone());
    let expected: &[(&str, &[&str])] = &[
        ("ping", &["PONG\n"]),
        ("list_networks", &["network id / ssid / bssid / flags\n", "0\tAirlock Lab\tany\t[CURRENT]\n"]),
        ("scan", &["OK\n"]),
        ("status", &["wpa_state=COMPLETED\n", "bssid=", "freq=2412\n", "id=0\n", "mode=station\n", "address="]),
        ("status", &["pairwise_cipher=CCMP\n", "group_cipher=CCMP\n", "key_mgmt=SAE\n", "ip_address=10.77.0."]),
        ("status verbose", &["wpa_state=COMPLETED\n"]),
        ("scan_results", &["bssid / frequency / signal level / flags / ssid\n", "\t2412\t", "[ESS]\tAirlock Lab\n"]),
        ("signal_poll", &["RSSI=", "LINKSPEED=", "FREQUENCY=2412\n"]),
        ("get_capability key_mgmt", &["WPA-PSK", "SAE"]),
        ("get_capability pairwise", &["CCMP"]),
        ("get_capability auth_alg", &["OPEN"]),
        ("get_capability channels", &["Mode[G] Channels: 1 2 3"]),
        ("driver_flags", &[":"]),
        ("log_level", &["Current level: "]),
        ("interface", &["Available interfaces:\n"]),
        ("get_network 0 ssid", &["\"Airlock Lab\""]),
        ("get_network 0 sae_password", &["*"]),
        ("get ctrl_interface", &["DIR="]),
        ("bss 0", &["bssid=", "freq=2412\n", "flags=", "ssid=Airlock Lab\n", "level=", "ie="]),
        ("reassociate", &["OK\n"]),
    ];
    for (command, words) in expected {
        must_show(lab, "wpa_cli", (&folder, &interface), command, words)?;
    }
    let said = cli(lab, "wpa_cli", &folder, &interface, &["bss", &bssid])?;
    check(said.contains(&format!("bssid={bssid}\n")), || said)?;
    let said = Control::open(&folder.join(&interface), AWHILE)?.request("NO_SUCH_COMMAND")?;
    check(said == "UNKNOWN COMMAND\n", || said)
}

/// The same for access points.
pub fn hostapd_cli_shows_what_clients_of_the_original_expect(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let (folder, interface, mac) = (ap.folder.clone(), ap.host.interface.clone(), sta.host.mac.clone());
    let bssid = format!("bssid={}\n", ap.host.mac);
    let bss = format!("bss[0]={interface}\n");
    let expected: &[(&str, &[&str])] = &[
        ("ping", &["PONG\n"]),
        ("status", &["state=ENABLED\n", "freq=2412\n", "channel=1\n", "ssid[0]=Airlock Lab\n", &bss, "num_sta[0]=1\n"]),
        ("get_config", &[&bssid, "ssid=Airlock Lab\n", "key_mgmt=SAE", "rsn_pairwise_cipher=CCMP\n"]),
        ("all_sta", &[&mac, "flags=[AUTH][ASSOC][AUTHORIZED]", "aid=1\n", "rx_packets=", "connected_time="]),
        ("log_level", &["Current level: "]),
        ("interface", &["Available interfaces:\n"]),
        ("driver_flags", &[":"]),
    ];
    for (command, words) in expected {
        must_show(lab, "hostapd_cli", (&folder, &interface), command, words)?;
    }
    let said = cli(lab, "hostapd_cli", &folder, &interface, &["sta", &mac])?;
    check(said.starts_with(&format!("{mac}\n")), || said)?;
    // Two commands of clients that walk through the table themselves.
    let mut control = Control::open(&folder.join(&interface), AWHILE)?;
    let first = control.request("STA-FIRST")?;
    check(first.starts_with(&format!("{mac}\n")), || format!("STA-FIRST: {first:?}"))?;
    let next = control.request(&format!("STA-NEXT {mac}"))?;
    check(next.is_empty() || next == "FAIL\n", || format!("STA-NEXT after the last: {next:?}"))
}

fn keys(answer: &str) -> BTreeSet<String> {
    answer.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key.to_owned()).collect()
}

fn compare(ours: &str, theirs: &str, excused: &[&str]) -> Outcome {
    let missing: Vec<String> =
        keys(theirs).difference(&keys(ours)).filter(|key| !excused.contains(&key.as_str())).cloned().collect();
    check(missing.is_empty(), || format!("fields of Debian's that ours has not: {}; ours: {ours}", missing.join(" ")))
}

/// Debian's answers for the same network are the measure.
pub fn status_of_our_station_has_the_fields_of_debians(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let mut ours = Station::start(lab, "ours", Maker::Airlock, &network)?;
    let mut theirs = Station::start(lab, "theirs", Maker::Debian, &network)?;
    joined(lab, &mut ours, &mut ap, &network)?;
    joined(lab, &mut theirs, &mut ap, &network)?;
    let bss = format!("BSS {}", ap.host.mac);
    for command in ["STATUS", "STATUS-VERBOSE", "SIGNAL_POLL", bss.as_str()] {
        let (ours, theirs) = (ours.control()?.request(command)?, theirs.control()?.request(command)?);
        lab.step(&format!("{command}: theirs {theirs:?}, ours {ours:?}"));
        // P2P belongs to a later issue.
        compare(&ours, &theirs, &["p2p_device_address", "uuid"]).during(|| command.into())?;
    }
    Ok(())
}

/// The same for an access point and its stations.
pub fn status_of_our_access_point_has_the_fields_of_debians(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let mut answers = Vec::new();
    for maker in [Maker::Airlock, Maker::Debian] {
        let host = lab.host(if maker == Maker::Airlock { "ours" } else { "theirs" })?;
        let mut ap = AccessPoint::start_on(lab, host, maker, &network)?;
        if maker == Maker::Debian {
            // The three radios at boot have found their places.
            lab.plug_in("phy3")?;
        }
        let mut sta =
            Station::start(lab, if maker == Maker::Airlock { "first" } else { "second" }, Maker::Debian, &network)?;
        joined(lab, &mut sta, &mut ap, &network)?;
        let station = format!("STA {}", sta.host.mac);
        let mut of_this = Vec::new();
        for command in ["STATUS", "GET_CONFIG", station.as_str()] {
            of_this.push(ap.control.request(command)?);
        }
        ap.program.end()?;
        sta.program.end()?;
        answers.push(of_this);
    }
    let [ours, theirs] = answers.as_slice() else { return Err(Failure::new("two access points were asked")) };
    for (ours, theirs) in ours.iter().zip(theirs) {
        lab.step(&format!("theirs {theirs:?}, ours {ours:?}"));
        // Rates and DFS states of what this issue does not carry, and the WPS fields.
        let excused = ["wps_state", "last_ack_rssi", "seconds_since_beacon", "rx_rate_info", "tx_rate_info"];
        compare(ours, theirs, &excused)?;
    }
    Ok(())
}

/// Clients read fields that nobody has set, and take the answer apart.
pub fn unset_fields_of_a_network_are_shown_as_debians_shows_them(lab: &mut Lab) -> Outcome {
    const FIELDS: &str = "ssid scan_ssid bssid bssid_hint bssid_ignore bssid_accept psk mem_only_psk sae_password \
        sae_password_id proto key_mgmt bg_scan_period pairwise group group_mgmt auth_alg scan_freq freq_list ht vht \
        ht40 max_oper_chwidth vht_center_freq1 vht_center_freq2 eap identity anonymous_identity password ca_cert \
        ca_path client_cert private_key private_key_passwd subject_match altsubject_match domain_suffix_match \
        domain_match phase1 phase2 engine eapol_flags sim_num erp wep_key0 wep_tx_keyidx priority eap_workaround \
        pac_file fragment_size ocsp mode no_auto_peer mesh_rssi_threshold proactive_key_caching disabled id_str \
        ieee80211w ocv peerkey mixed_cell frequency fixed_freq mesh_basic_rates wpa_ptk_rekey wpa_deny_ptk0_rekey \
        group_rekey bgscan ignore_broadcast_ssid disable_ht disable_ht40 disable_sgi disable_ldpc ht40_intolerant \
        disable_max_amsdu ampdu_factor ampdu_density ht_mcs disable_vht vht_capa vht_capa_mask ap_max_inactivity dtim_period beacon_int macsec_policy macsec_port mka_priority update_identifier mac_addr \
        pbss wps_disabled fils_dh_group owe_group owe_only owe_ptk_workaround multi_ap_backhaul_sta beacon_prot \
        transition_disable sae_pk no_such_field";
    let empty = Network::new(Suite::Open);
    let mut answers = Vec::new();
    for maker in [Maker::Airlock, Maker::Debian] {
        let mut sta = Station::start(lab, if maker == Maker::Airlock { "ours" } else { "theirs" }, maker, &empty)?;
        let control = sta.control()?;
        check(control.request("ADD_NETWORK")? == "1\n", || "ADD_NETWORK".into())?;
        let mut of_this = Vec::new();
        for field in FIELDS.split_whitespace() {
            of_this.push(format!("{field}: {:?}", control.request(&format!("GET_NETWORK 1 {field}"))?));
        }
        answers.push(of_this);
    }
    let [ours, theirs] = answers.as_slice() else { return Err(Failure::new("two stations were asked")) };
    let other: Vec<String> = ours
        .iter()
        .zip(theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .map(|(ours, theirs)| format!("ours {ours}, theirs {theirs}"))
        .collect();
    check(other.is_empty(), || other.join("; "))
}

/// ADD, SET, SAVE_CONFIG, then another hand edits the file and RECONFIGURE reads it.
pub fn networks_are_added_changed_saved_and_read_again(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).head("update_config=1");
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let head = format!("ctrl_interface=DIR={} GROUP={}\nupdate_config=1\n", folder.display(), CONTROL_GROUP.name);
    let file = lab.file("saved.conf", &head)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640))?;
    let mut sta = Station::start_file(lab, host, Maker::Airlock, folder, file.clone())?;

    let control = sta.control()?;
    let id = control.request("ADD_NETWORK")?;
    check(id == "0\n", || format!("ADD_NETWORK: {id:?}"))?;
    control.ok(&format!("SET_NETWORK 0 ssid \"{}\"", network.ssid))?;
    control.ok(&format!("SET_NETWORK 0 psk \"{}\"", network.passphrase))?;
    control.ok("SET_NETWORK 0 priority 7")?;
    let refused = control.request("SET_NETWORK 0 psk \"short\"")?;
    check(refused == "FAIL\n", || format!("a passphrase of five characters: {refused:?}"))?;
    control.ok("ENABLE_NETWORK 0")?;
    joined(lab, &mut sta, &mut ap, &network)?;
    let control = sta.control()?;
    check(control.request("ADD_NETWORK")? == "1\n", || "the second network is not number 1".into())?;
    control.ok("SET_NETWORK 1 ssid \"Elsewhere\"")?;
    control.ok("SET_NETWORK 1 key_mgmt NONE")?;
    control.ok("SAVE_CONFIG")?;

    let text = fs::read_to_string(&file)?;
    for line in ["update_config=1", "ssid=\"Airlock Lab\"", "priority=7", "ssid=\"Elsewhere\"", "key_mgmt=NONE"] {
        check(text.contains(line), || format!("{line:?} is not in the saved file: {text}"))?;
    }
    let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
    check(mode & 0o007 == 0, || format!("the saved file has mode {mode:o}: strangers can read passphrases"))?;
    lab.step("saved");

    let edited = text.replace("Elsewhere", "Somewhere else");
    fs::write(&file, edited)?;
    let control = sta.control()?;
    control.ok("RECONFIGURE")?;
    let networks = control.request("LIST_NETWORKS")?;
    check(networks.contains("\tSomewhere else\t"), || format!("after RECONFIGURE: {networks:?}"))?;
    joined(lab, &mut sta, &mut ap, &network)?;

    let control = sta.control()?;
    control.ok("REMOVE_NETWORK 1")?;
    control.ok("DISABLE_NETWORK 0")?;
    control
        .wait_status("wpa_state", "DISCONNECTED", AWHILE)
        .or_else(|_| control.wait_status("wpa_state", "INACTIVE", AWHILE))?;
    let networks = control.request("LIST_NETWORKS")?;
    check(networks.contains("[DISABLED]") && !networks.contains("Somewhere"), || format!("at the end: {networks:?}"))?;
    control.ok("REMOVE_NETWORK all")?;
    let networks = control.request("LIST_NETWORKS")?;
    check(networks.lines().count() == 1, || format!("after removing all: {networks:?}"))
}

/// `sed -i` puts another file under the name, in a folder where many have files: RECONFIGURE, SAVE_CONFIG and SIGHUP go
/// by the name.
pub fn a_file_in_run_that_an_editor_replaced_is_read_again_and_saved(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let head = format!("ctrl_interface=DIR={} GROUP={}\nupdate_config=1\n", folder.display(), CONTROL_GROUP.name);
    let file = PathBuf::from("/run/direct.conf");
    fs::write(&file, format!("{head}{}", network.block()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let mut sta = Station::start_file(lab, host, Maker::Airlock, folder, file.clone())?;
    joined(lab, &mut sta, &mut ap, &network)?;
    let edit = |lab: &mut Lab, from: &str, to: &str| {
        lab.command("sed", &["-i", &format!("s/{from}/{to}/"), "/run/direct.conf"]).map(drop)
    };
    edit(lab, "psk=", "priority=5\\n\\tpsk=")?;
    let control = sta.control()?;
    control.ok("RECONFIGURE")?;
    let shown = control.request("GET_NETWORK 0 priority")?;
    check(shown == "5", || format!("after RECONFIGURE priority is {shown}"))?;
    control.ok("SET_NETWORK 0 priority 6")?;
    control.ok("SAVE_CONFIG")?;
    let saved = fs::read_to_string(&file)?;
    check(saved.contains("priority=6"), || format!("SAVE_CONFIG wrote: {saved}"))?;
    edit(lab, "priority=6", "priority=7")?;
    let id = i32::try_from(sta.program.id()).during(|| "a process id".into())?;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGHUP)?;
    until("the file is read again", AWHILE, || {
        Ok((sta.control()?.request("GET_NETWORK 0 priority")? == "7").then_some(()))
    })?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// DEAUTHENTICATE and DISASSOCIATE.
pub fn an_administrator_sends_stations_away(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    for command in ["DEAUTHENTICATE", "DISASSOCIATE"] {
        sta.control()?.forget_events()?;
        ap.control.forget_events()?;
        ap.control.ok(&format!("{command} {}", sta.host.mac))?;
        ap.control.event(&format!("AP-STA-DISCONNECTED {}", sta.host.mac), AWHILE)?;
        let event = sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
        check(event.contains(&format!("bssid={}", ap.host.mac)) && event.contains("reason="), || event)?;
        sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
        ap.control.event(&format!("AP-STA-CONNECTED {}", sta.host.mac), AWHILE)?;
        joined(lab, &mut sta, &mut ap, &network)?;
    }
    Ok(())
}

/// DISABLE, SET, ENABLE, RELOAD.
pub fn an_access_point_is_switched_off_and_on_and_changed(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    ap.control.ok("DISABLE")?;
    ap.control.wait_status("state", "DISABLED", AWHILE)?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    ap.control.ok("SET ssid Renamed Lab")?;
    // hostapd derives the key from name and passphrase only when it is given the passphrase.
    ap.control.ok(&format!("SET wpa_passphrase {}", network.passphrase))?;
    ap.control.ok("ENABLE")?;
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    ap.control.wait_status("ssid[0]", "Renamed Lab", AWHILE)?;
    let renamed = network.clone().named("Renamed Lab");
    sta.control()?.ok("SET_NETWORK 0 ssid \"Renamed Lab\"")?;
    sta.control()?.ok("REASSOCIATE")?;
    joined(lab, &mut sta, &mut ap, &renamed)?;
    // Changed while it is on the air: RELOAD puts in force what SET has changed.
    ap.control.ok("SET ssid Airlock Lab")?;
    ap.control.ok(&format!("SET wpa_passphrase {}", network.passphrase))?;
    ap.control.ok("RELOAD")?;
    ap.control.wait_status("ssid[0]", "Airlock Lab", AWHILE)?;
    sta.control()?.ok("SET_NETWORK 0 ssid \"Airlock Lab\"")?;
    sta.control()?.ok("REASSOCIATE")?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// Listeners that never read, and listeners that are gone.
pub fn dead_listeners_block_nobody(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let places = [sta.folder.join(&sta.host.interface), ap.folder.join(&ap.host.interface)];
    let mut deaf = Vec::new();
    for place in &places {
        // What they leave unread counts against the send buffer of the control socket, whose usual size ends at forty.
        for _ in 0..200 {
            let mut listener = Control::connect(place)?;
            listener.ok("ATTACH")?;
            deaf.push(listener);
        }
        for _ in 0..20 {
            let mut listener = Control::connect(place)?;
            listener.ok("ATTACH")?;
        }
    }
    lab.step("deaf and dead listeners are attached");
    // Enough events to fill every queue.
    for _ in 0..20 {
        let started = Instant::now();
        sta.control()?.ok("REASSOCIATE")?;
        sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
        let answer = sta.control()?.request("PING")?;
        check(answer == "PONG\n", || answer)?;
        let answer = ap.control.request("PING")?;
        check(answer == "PONG\n", || answer)?;
        let took = started.elapsed();
        check(took < Duration::from_secs(10), || format!("reassociating took {took:?} beside deaf listeners"))?;
    }
    joined(lab, &mut sta, &mut ap, &network)?;
    drop(deaf);
    joined(lab, &mut sta, &mut ap, &network)
}

/// `supplicant -g`: INTERFACE_ADD, INTERFACE_REMOVE, INTERFACES.
pub fn interfaces_come_and_go_over_the_global_socket(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("added.conf", &conf)?;
    let program = lab.our_program("supplicant");
    let mut program = lab.start("sta", "supplicant", &program, &["-dd", "-g", "/run/global-sta"])?;
    let mut global = Control::open(Path::new("/run/global-sta"), AWHILE)?;
    let interface = host.interface.clone();
    for _ in 0..2 {
        global.ok(&format!("INTERFACE_ADD {interface}\t{}\tnl80211\t{}", file.display(), folder.display()))?;
        let interfaces = global.request("INTERFACES")?;
        check(interfaces.lines().any(|line| line == interface), || format!("INTERFACES: {interfaces:?}"))?;
        let mut control = Control::open(&folder.join(&interface), AWHILE)?;
        control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
        let prefixed = global.request(&format!("IFNAME={interface} STATUS"))?;
        check(value(&prefixed, "wpa_state") == Some("COMPLETED"), || format!("with a prefix: {prefixed:?}"))?;
        ap.must_have(lab, &host, &network)?;
        lab.set_address(&host, &interface)?;
        lab.ping(&host, &ap.host)?;
        global.ok(&format!("INTERFACE_REMOVE {interface}"))?;
        let interfaces = global.request("INTERFACES")?;
        check(!interfaces.lines().any(|line| line == interface), || {
            format!("INTERFACES after removal: {interfaces:?}")
        })?;
        ap.control.event(&format!("AP-STA-DISCONNECTED {}", host.mac), AWHILE)?;
    }
    global.ok("TERMINATE")?;
    program.wait_end(AWHILE)?;
    Ok(())
}

/// `-g` grants no interface: the superuser's word does, also to a privd that had to begin anew.
pub fn an_interface_is_taken_when_root_names_it_and_not_when_a_member_does(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("added.conf", &conf)?;
    let program = lab.our_program("supplicant");
    let arguments = ["-dd", "-g", "/run/global-sta", "-G", CONTROL_GROUP.name];
    let program = lab.start("sta", "supplicant", &program, &arguments)?;
    let mut global = Control::open(Path::new("/run/global-sta"), AWHILE)?;
    let interface = host.interface.clone();
    let script = format!("exec wpa_cli -g /run/global-sta interface_add {interface}");
    let (_, said) = lab.run_as(MEMBER.id, &[CONTROL_GROUP.id], "sh", &["-c", &script])?;
    lab.step(&format!("a member adds it: {said}"));
    std::thread::sleep(Duration::from_secs(15));
    check(lab.stations(&ap.host, &ap.host.interface)?.is_empty(), || "a member's word is enough".into())?;
    let wanted = format!("interface: {interface}");
    check(program.log().contains(&wanted), || format!("the log does not say what would allow it: {wanted}"))?;
    let _ = global.request(&format!("INTERFACE_REMOVE {interface}"))?;
    global.ok(&format!("INTERFACE_ADD {interface}\t{}\tnl80211\t{}", file.display(), folder.display()))?;
    let mut control = Control::open(&folder.join(&interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    ap.must_have(lab, &host, &network)?;
    let privd = |program: &Program| -> Outcome<u32> {
        let family = process::family(program.id())?;
        family.iter().find(|process| process.name == "privd").map(|process| process.id).during(|| "no privd".into())
    };
    let before = privd(&program)?;
    send_signal(before, nix::sys::signal::Signal::SIGKILL)?;
    until("a new privd", AWHILE, || Ok(privd(&program).ok().filter(|new| *new != before)))?;
    control
        .wait_status("wpa_state", "SCANNING", AWHILE)
        .or_else(|_| control.wait_status("wpa_state", "COMPLETED", AWHILE))?;
    control.wait_status("wpa_state", "COMPLETED", Duration::from_secs(60))?;
    ap.must_have(lab, &host, &network)
}

/// What was named counts for whatever has that name, until it is removed.
pub fn an_interface_that_root_has_named_is_taken_again_when_it_is_plugged_in_again(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("added.conf", &conf)?;
    let program = lab.our_program("supplicant");
    let program = lab.start("sta", "supplicant", &program, &["-dd", "-g", "/run/global-sta"])?;
    let mut global = Control::open(Path::new("/run/global-sta"), AWHILE)?;
    let interface = host.interface.clone();
    global.ok(&format!("INTERFACE_ADD {interface}\t{}\tnl80211\t{}", file.display(), folder.display()))?;
    let mut control = Control::open(&folder.join(&interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    // Twice: the second time under another adapter's name first, which nobody has named.
    for phy in ["phy3", "phy4"] {
        let plugged = Host { phy: phy.to_owned(), ..host.clone() };
        let old = if phy == "phy3" { host.clone() } else { Host { phy: "phy3".to_owned(), ..host.clone() } };
        lab.pull_out(&old)?;
        control.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
        lab.plug_in(phy)?;
        lab.command("iw", &["phy", phy, "set", "netns", "name", "sta"])?;
        let devices = lab.run_in("sta", "iw", &["dev"])?;
        let name = devices.lines().find_map(|line| line.trim().strip_prefix("Interface "));
        let name = name.during(|| format!("{phy} has no interface"))?.to_owned();
        if name != interface {
            std::thread::sleep(Duration::from_secs(5));
            let state = control.status("wpa_state")?;
            check(state.as_deref() == Some("INTERFACE_DISABLED"), || format!("{name} was taken: {state:?}"))?;
            lab.run_in("sta", "ip", &["link", "set", &name, "name", &interface])?;
        }
        control.wait_status("wpa_state", "COMPLETED", Duration::from_secs(60))?;
        let mac = control.status("address")?.during(|| "no address".into())?;
        ap.must_have(lab, &Host { mac, ..plugged }, &network)?;
    }
    // Removed is removed.
    global.ok(&format!("INTERFACE_REMOVE {interface}"))?;
    check(program.log().contains(&interface), || "it says nothing of the interface".into())
}

/// `apd -g`: ADD and REMOVE.
pub fn access_points_come_and_go_over_the_global_socket(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let host = lab.host("ap")?;
    let folder = PathBuf::from("/run/ap-hostapd");
    let interface = host.interface.clone();
    let conf = network.hostapd_conf(&interface, &folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("added.hostapd.conf", &conf)?;
    let program = lab.our_program("apd");
    let mut program = lab.start("ap", "apd", &program, &["-dd", "-g", "/run/global-ap"])?;
    let mut global = Control::open(Path::new("/run/global-ap"), AWHILE)?;
    for _ in 0..2 {
        global.ok(&format!("ADD bss_config={}:{}", host.phy, file.display()))?;
        let mut control = Control::open(&folder.join(&interface), AWHILE)?;
        control.wait_status("state", "ENABLED", AWHILE)?;
        global.ok(&format!("REMOVE {interface}"))?;
        until("end of the control socket", AWHILE, || Ok(Control::connect(control.peer()).is_err().then_some(())))?;
    }
    global.ok("TERMINATE")?;
    program.wait_end(AWHILE)?;
    Ok(())
}

/// `-B -P`, then TERMINATE: no process is left.
pub fn a_daemon_in_the_background_ends_when_told(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (ap_host, sta_host) = (lab.host("ap")?, lab.host("sta")?);
    let ap_folder = PathBuf::from("/run/ap-hostapd");
    let sta_folder = PathBuf::from("/run/sta-wpa_supplicant");
    let hostapd = network.hostapd_conf(&ap_host.interface, &ap_folder.to_string_lossy(), CONTROL_GROUP.name);
    let hostapd = lab.file("ap.conf", &hostapd)?.to_string_lossy().into_owned();
    let conf = network.supplicant_conf(&sta_folder.to_string_lossy(), CONTROL_GROUP.name);
    let conf = lab.file("sta.conf", &conf)?.to_string_lossy().into_owned();
    let (apd, supplicant) = (lab.our_program("apd"), lab.our_program("supplicant"));
    let mut first = lab.start("ap", "apd", &apd, &["-B", "-P", "/run/apd.pid", &hostapd])?;
    let arguments = ["-B", "-P", "/run/supplicant.pid", "-i", &sta_host.interface, "-c", &conf, "-D", "nl80211"];
    let mut second = lab.start("sta", "supplicant", &supplicant, &arguments)?;
    for program in [&mut first, &mut second] {
        let status = program.wait_end(AWHILE)?;
        check(status.success(), || format!("{} -B ended with {status}", program.name))?;
    }
    let mut sta = Control::open(&sta_folder.join(&sta_host.interface), AWHILE)?;
    let mut ap = Control::open(&ap_folder.join(&ap_host.interface), AWHILE)?;
    sta.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    for (file, control) in [("/run/supplicant.pid", &mut sta), ("/run/apd.pid", &mut ap)] {
        let text = fs::read_to_string(file).during(|| file.into())?;
        let id: u32 = text.trim().parse().during(|| format!("{file} has {text:?}"))?;
        let family = process::family(id)?;
        check(!family.is_empty(), || format!("{file} names no process"))?;
        control.ok("TERMINATE")?;
        until("end of the daemon", AWHILE, || {
            let left = process::all()?;
            let survivor = |old: &process::Process| left.iter().any(|now| now.id == old.id && now.name == old.name);
            Ok((!family.iter().any(survivor)).then_some(()))
        })?;
    }
    Ok(())
}
