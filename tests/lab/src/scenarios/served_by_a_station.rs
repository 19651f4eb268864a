//! Access points of the station daemon: networks of `mode=2`, as hotspots of network managers are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::program::until;
use crate::guest::station::{AccessPoint, Station};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    debians_station_joins_an_open_network_of_our_station_daemon,
    debians_station_joins_a_wpa2_network_of_our_station_daemon,
    debians_station_joins_a_wpa3_network_of_our_station_daemon,
    a_station_daemon_goes_from_a_network_to_one_of_its_own_and_back,
    a_station_daemon_serves_nothing_that_was_not_granted,
    a_killed_station_daemon_leaves_no_access_point_behind,
    a_network_is_served_beside_a_connection_on_the_same_radio,
];

const AWHILE: Duration = Duration::from_secs(60);

/// A network that is served, as our configuration has it.
fn served(suite: Suite, lines: &str) -> Network {
    Network::new(suite).named("Hotspot").station(&format!("mode=2\nfrequency=2412\n{lines}"))
}

/// The same for those who join it.
fn joined(suite: Suite) -> Network {
    Network::new(suite).named("Hotspot")
}

fn kind(lab: &mut Lab, host: &Host) -> Outcome<String> {
    let text = lab.run_in(&host.name, "iw", &["dev", &host.interface, "info"])?;
    let kind = text.lines().find_map(|line| line.trim().strip_prefix("type "));
    Ok(kind.unwrap_or_default().to_owned())
}

fn must_be(lab: &mut Lab, host: &Host, wanted: &str) -> Outcome {
    until(wanted, AWHILE, || Ok((kind(lab, host)? == wanted).then_some(())))
}

fn join(lab: &mut Lab, suite: Suite) -> Outcome {
    let mut ours = Station::start(lab, "hotspot", Maker::Airlock, &served(suite, ""))?;
    ours.control()?.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    let host = ours.host.clone();
    must_be(lab, &host, "AP")?;
    let status = ours.control()?.request("STATUS")?;
    for line in ["mode=AP\n", "wpa_state=COMPLETED\n", "ssid=Hotspot\n", "freq=2412\n"] {
        check(status.contains(line), || format!("STATUS lacks {line:?}: {status}"))?;
    }
    let network = joined(suite);
    let mut station = Station::start(lab, "sta", Maker::Debian, &network)?;
    station.must_join(lab, &network)?;
    let theirs = station.host.clone();
    ours.control()?.event(&format!("AP-STA-CONNECTED {}", theirs.mac), AWHILE)?;
    lab.set_address(&host, &host.interface)?;
    lab.ping(&theirs, &host)?;
    lab.ping(&host, &theirs)?;
    let shown = ours.control()?.request("STA-FIRST")?;
    check(shown.contains(&theirs.mac) && shown.contains("[AUTHORIZED]"), || format!("STA-FIRST: {shown}"))?;
    ours.control()?.ok(&format!("DEAUTHENTICATE {}", theirs.mac))?;
    ours.control()?.event(&format!("AP-STA-DISCONNECTED {}", theirs.mac), AWHILE)?;
    ours.program.must_run()
}

/// No password.
pub fn debians_station_joins_an_open_network_of_our_station_daemon(lab: &mut Lab) -> Outcome {
    join(lab, Suite::Open)
}

/// What network managers make.
pub fn debians_station_joins_a_wpa2_network_of_our_station_daemon(lab: &mut Lab) -> Outcome {
    join(lab, Suite::Wpa2)
}

/// With protected management frames.
pub fn debians_station_joins_a_wpa3_network_of_our_station_daemon(lab: &mut Lab) -> Outcome {
    join(lab, Suite::Sae(Method::Direct, 19))
}

/// A network manager switches its hotspot on and off.
pub fn a_station_daemon_goes_from_a_network_to_one_of_its_own_and_back(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-both");
    let mut conf = network.supplicant_conf("/run/sta-both", CONTROL_GROUP.name);
    conf.push_str(&served(Suite::Wpa2, "disabled=1\n").block());
    let file = lab.file("both.conf", &conf)?;
    let mut sta = Station::start_file(lab, host.clone(), Maker::Airlock, folder, file)?;
    sta.must_join(lab, &network)?;
    for _ in 0..3 {
        let control = sta.control()?;
        control.ok("SELECT_NETWORK 1")?;
        control.event("AP-ENABLED", AWHILE)?;
        must_be(lab, &host, "AP")?;
        let control = sta.control()?;
        let networks = control.request("LIST_NETWORKS")?;
        check(networks.contains("Hotspot\tany\t[CURRENT]"), || networks.clone())?;
        control.ok("SELECT_NETWORK 0")?;
        control.event("AP-DISABLED", AWHILE)?;
        control.wait_status("mode", "station", AWHILE)?;
        sta.must_join(lab, &network)?;
        must_be(lab, &host, "managed")?;
    }
    // Without a network there is neither.
    let control = sta.control()?;
    control.ok("SELECT_NETWORK 1")?;
    control.event("AP-ENABLED", AWHILE)?;
    control.ok("DISCONNECT")?;
    control.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    must_be(lab, &host, "managed")?;
    ap.control.request("STATUS")?;
    sta.program.must_run()
}

/// A configuration without such a network names no right to make one, and whoever may use its control socket gets none.
pub fn a_station_daemon_serves_nothing_that_was_not_granted(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).station("disabled=1");
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    let host = sta.host.clone();
    let control = sta.control()?;
    control.request("ADD_NETWORK")?;
    for field in ["ssid \"Hotspot\"", "mode 2", "key_mgmt NONE", "frequency 2412"] {
        control.ok(&format!("SET_NETWORK 1 {field}"))?;
    }
    control.ok("SELECT_NETWORK 1")?;
    let said = || sta.program.log().contains("turn: access-point");
    until("the line that would allow it", AWHILE, || Ok(said().then_some(())))?;
    must_be(lab, &host, "managed")?;
    let links = lab.run_in("sta", "ip", &["-o", "link", "show", &host.interface])?;
    check(links.contains("UP"), || format!("the interface was left down: {links}"))?;
    sta.program.must_run()
}

/// What was changed is put back, whoever ends how.
pub fn a_killed_station_daemon_leaves_no_access_point_behind(lab: &mut Lab) -> Outcome {
    let mut ours = Station::start(lab, "hotspot", Maker::Airlock, &served(Suite::Wpa2, ""))?;
    ours.control()?.wait_status("mode", "AP", AWHILE)?;
    let host = ours.host.clone();
    must_be(lab, &host, "AP")?;
    ours.program.signal(Signal::SIGKILL)?;
    must_be(lab, &host, "managed")
}

/// Tethering: an interface made at run time serves while the other stays connected.
pub fn a_network_is_served_beside_a_connection_on_the_same_radio(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let conf = network.supplicant_conf("/run/sta-beside", CONTROL_GROUP.name);
    let file = lab.file("beside.conf", &conf)?.to_string_lossy().into_owned();
    let program = lab.our_program("supplicant");
    let line = ["-dd", "-Dnl80211", "-g", "/run/global", "-i", &host.interface, "-c", &file];
    let mut program = lab.start("sta", "supplicant", &program, &line)?;
    let mut first = Control::open(&Path::new("/run/sta-beside").join(&host.interface), AWHILE)?;
    first.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    let mut global = Control::open(Path::new("/run/global"), AWHILE)?;
    global.ok("INTERFACE_ADD tether0\t\tnl80211\t/run/sta-beside\t\t\tcreate")?;
    let mut second = Control::open(Path::new("/run/sta-beside/tether0"), AWHILE)?;
    second.attach()?;
    second.request("ADD_NETWORK")?;
    for field in ["ssid \"Hotspot\"", "mode 2", "psk \"a passphrase\"", "key_mgmt WPA-PSK", "frequency 2412"] {
        second.ok(&format!("SET_NETWORK 0 {field}"))?;
    }
    second.ok("SELECT_NETWORK 0")?;
    second.event("AP-ENABLED", AWHILE)?;
    let mut guest = Network::new(Suite::Wpa2).named("Hotspot");
    guest.passphrase = "a passphrase".into();
    let mut station = Station::start(lab, "guest", Maker::Debian, &guest)?;
    station.must_join(lab, &guest)?;
    let state = first.status("wpa_state")?;
    check(state.as_deref() == Some("COMPLETED"), || format!("the connection beside is {state:?}"))?;
    global.ok("INTERFACE_REMOVE tether0")?;
    let state = first.status("wpa_state")?;
    check(state.as_deref() == Some("COMPLETED"), || format!("afterwards it is {state:?}"))?;
    program.must_run()
}
