//! The units of dist/, started by Debian's own systemd.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::separation::judge;
use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::STRANGER;
use crate::guest::lab::{Lab, parse_stations};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process;
use crate::guest::program::{send_signal, until};
use crate::guest::systemd::{KNOCK, main_process, nobody_was_killed_by_a_filter, property};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![systemd:
    units_start_join_reload_save_and_restart,
    units_outlive_seven_kills_of_each_helper,
    units_serve_without_a_folder_for_stations_and_keep_strangers_out,
    a_unit_that_cannot_start_says_so,
];

const AWHILE: Duration = Duration::from_secs(60);

const STATION: &str = "airlock-supplicant@wlan0.service";
const ACCESS_POINT: &str = "airlock-apd@wlan1.service";
const STATION_FILE: &str = "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf";
const ACCESS_POINT_FILE: &str = "/etc/hostapd/wlan1.conf";
pub(super) const STATION_SOCKET: &str = "/run/wpa_supplicant/wlan0";
const ACCESS_POINT_SOCKET: &str = "/run/hostapd/wlan1";
/// In the image they have this group, as on every Debian with wpasupplicant.
const GROUP: &str = "netdev";

const HELPERS: [&str; 2] = ["airlock-privd.service", "airlock-post.service"];
const SOCKETS: [&str; 3] = ["/run/airlock/privd.sock", "/run/airlock/post.sock", "/run/airlock/courier.sock"];
/// What `systemd-analyze security` may say of each unit at most, 10 being the worst.
const EXPOSURE: [(&str, f64); 5] = [
    (STATION, 0.2),
    (ACCESS_POINT, 0.2),
    ("airlock-post.service", 1.3),
    ("airlock-courier.service", 1.4),
    ("airlock-privd.service", 1.7),
];

/// A file that only the superuser may read, as those with secrets often are.
fn secret(path: &str, text: &str) -> Outcome {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

fn mac(lab: &mut Lab, interface: &str) -> Outcome<String> {
    Ok(lab.command("cat", &[&format!("/sys/class/net/{interface}/address")])?.trim().to_owned())
}

/// Starts an access point by its unit. Its control socket answers from the moment that systemctl says it runs.
pub(super) fn start_access_point(lab: &mut Lab, network: &Network) -> Outcome<Control> {
    // As Debian's example has it.
    let text = network.hostapd_conf("wlan1", "/var/run/hostapd", GROUP);
    secret(ACCESS_POINT_FILE, &text)?;
    lab.command("systemctl", &["start", ACCESS_POINT])?;
    let mut control = Control::open(Path::new(ACCESS_POINT_SOCKET), Duration::ZERO)?;
    control.wait_status("state", "ENABLED", AWHILE)?;
    lab.step("the access point runs");
    Ok(control)
}

pub(super) fn start_station(lab: &mut Lab, network: &Network) -> Outcome<Control> {
    let text = network.supplicant_conf("/var/run/wpa_supplicant", GROUP);
    secret(STATION_FILE, &format!("update_config=1\n{text}"))?;
    lab.command("systemctl", &["start", STATION])?;
    let control = Control::open(Path::new(STATION_SOCKET), Duration::ZERO)?;
    lab.step("the station runs");
    Ok(control)
}

/// Both kernels' tables agree that the station is in.
pub(super) fn joined(lab: &mut Lab, station: &mut Control) -> Outcome {
    station.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    let own = mac(lab, "wlan0")?;
    until("station that may send", AWHILE, || {
        let known = parse_stations(&lab.command("iw", &["dev", "wlan1", "station", "dump"])?);
        Ok(known.iter().any(|station| station.mac == own && station.flag("authorized")).then_some(()))
    })?;
    lab.step("the station has joined");
    Ok(())
}

/// Our processes, none of which is the superuser's.
fn judge_all(lab: &mut Lab) -> Outcome {
    let ours = ["supplicant", "apd", "privd", "privd-post"];
    let all: Vec<_> = process::all()?.into_iter().filter(|one| ours.contains(&one.name.as_str())).collect();
    for name in ours {
        check(all.iter().any(|one| one.name == name), || format!("there is no process {name}"))?;
    }
    for one in &all {
        lab.step(&format!("{} is {:?}, with {:?}", one.name, one.users.first(), one.capabilities));
        judge(one)?;
    }
    nobody_was_killed_by_a_filter(lab)
}

/// From nothing to a connection, and all that an administrator does to running services.
pub fn units_start_join_reload_save_and_restart(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let own = mac(lab, "wlan0")?;
    secret("/etc/hostapd/wlan1.accept", &format!("{own}\n"))?;
    let listed = network.clone().access_point("macaddr_acl=1\naccept_mac_file=/etc/hostapd/wlan1.accept\n");
    let mut access_point = start_access_point(lab, &listed)?;
    let mut station = start_station(lab, &network)?;
    joined(lab, &mut station)?;
    judge_all(lab)?;
    let said = property(lab, STATION, "StatusText")?;
    lab.step(&format!("systemctl says of the station: {said}"));

    // A further network, and a list without the station.
    let text = fs::read_to_string(STATION_FILE)?;
    secret(STATION_FILE, &format!("{text}{}", network.clone().named("Elsewhere").block()))?;
    lab.command("systemctl", &["reload", STATION])?;
    until("further network after a reload", AWHILE, || {
        Ok(station.request("LIST_NETWORKS")?.contains("Elsewhere").then_some(()))
    })?;
    joined(lab, &mut station)?;
    secret("/etc/hostapd/wlan1.accept", "02:00:00:00:77:00\n")?;
    access_point.attach()?;
    lab.command("systemctl", &["reload", ACCESS_POINT])?;
    access_point.event(&format!("AP-STA-DISCONNECTED {own}"), AWHILE)?;
    secret("/etc/hostapd/wlan1.accept", &format!("{own}\n"))?;
    lab.command("systemctl", &["reload", ACCESS_POINT])?;
    joined(lab, &mut station)?;

    // What is saved stays the superuser's.
    station.ok("SET_NETWORK 1 priority 7")?;
    station.ok("SAVE_CONFIG")?;
    let (saved, about) = (fs::read_to_string(STATION_FILE)?, fs::metadata(STATION_FILE)?);
    check(saved.contains("priority=7"), || format!("saved was {saved:?}"))?;
    check((about.uid(), about.mode() & 0o7777) == (0, 0o600), || {
        format!("the saved file has owner {} and mode {:o}", about.uid(), about.mode())
    })?;

    for unit in [STATION, ACCESS_POINT] {
        let before = main_process(lab, unit, None, AWHILE)?;
        lab.command("systemctl", &["restart", unit])?;
        main_process(lab, unit, Some(before), AWHILE)?;
    }
    let mut station = Control::open(Path::new(STATION_SOCKET), Duration::ZERO)?;
    joined(lab, &mut station)?;
    judge_all(lab)
}

/// One after the other as fast as systemd brings them back, which is more than its usual limit of five in ten seconds.
pub fn units_outlive_seven_kills_of_each_helper(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    start_access_point(lab, &network)?;
    let mut station = start_station(lab, &network)?;
    joined(lab, &mut station)?;
    let daemons = [main_process(lab, STATION, None, AWHILE)?, main_process(lab, ACCESS_POINT, None, AWHILE)?];
    for helper in HELPERS {
        for _ in 0..7 {
            let old = main_process(lab, helper, None, AWHILE)?;
            send_signal(old, Signal::SIGKILL)?;
            main_process(lab, helper, Some(old), AWHILE)?;
        }
        lab.step(&format!("{helper} was killed seven times"));
        let mut station = Control::open(Path::new(STATION_SOCKET), AWHILE)?;
        joined(lab, &mut station)?;
        Control::open(Path::new(ACCESS_POINT_SOCKET), AWHILE)?.wait_status("state", "ENABLED", AWHILE)?;
    }
    // Neither daemon has ended for it.
    for (unit, process) in [STATION, ACCESS_POINT].into_iter().zip(daemons) {
        let now = main_process(lab, unit, None, AWHILE)?;
        check(now == process, || format!("{unit} was process {process} and is {now}"))?;
    }
    judge_all(lab)
}

/// Only an access point; and a user of the machine knocks at the helpers' sockets.
pub fn units_serve_without_a_folder_for_stations_and_keep_strangers_out(lab: &mut Lab) -> Outcome {
    fs::remove_dir_all("/etc/wpa_supplicant")?;
    start_access_point(lab, &Network::new(Suite::Wpa2))?;
    lab.command("systemctl", &["start", "airlock-courier.socket"])?;
    let lines = || -> Outcome<usize> {
        let helpers = HELPERS.map(|unit| format!("--unit={unit}"));
        let said = std::process::Command::new("journalctl").args(["-q", "--no-pager"]).args(helpers).output()?;
        Ok(String::from_utf8_lossy(&said.stdout).lines().count())
    };
    let before = lines()?;
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    for socket in SOCKETS {
        let (admitted, said) = lab.run_as(STRANGER.id, &[], &me, &[KNOCK, socket, "300"])?;
        check(!admitted && said.contains("Permission denied"), || format!("a stranger at {socket}: {said}"))?;
    }
    let after = lines()?;
    check(after == before, || format!("helpers wrote {} lines about strangers", after.saturating_sub(before)))?;
    for socket in SOCKETS {
        // The same way is open to a daemon's user: what keeps the stranger out is the socket.
        let daemon = nix::unistd::User::from_name("wifi-ap")?.map(|user| user.uid.as_raw()).unwrap_or_default();
        let group = nix::unistd::Group::from_name("wifi-helpers")?.map(|group| group.gid.as_raw()).unwrap_or_default();
        let (admitted, said) = lab.run_as(daemon, &[group], &me, &[KNOCK, socket, "1"])?;
        check(admitted, || format!("the access point's user at {socket}: {said}"))?;
    }
    rated(lab)?;
    nobody_was_killed_by_a_filter(lab)
}

/// What systemd says of our units, which are those that run.
fn rated(lab: &mut Lab) -> Outcome {
    let files: Vec<String> =
        ["apd@wlan1.service", "supplicant@wlan0.service", "privd.socket", "post.socket", "courier.socket"]
            .map(|name| format!("airlock-{name}"))
            .to_vec();
    let names: Vec<&str> = std::iter::once("verify").chain(files.iter().map(String::as_str)).collect();
    let (good, said) = lab.try_command("systemd-analyze", &names)?;
    check(good && said.trim().is_empty(), || format!("systemd-analyze verify: {said}"))?;
    for (unit, most) in EXPOSURE {
        let said = lab.command("systemd-analyze", &["security", "--no-pager", unit])?;
        let figure =
            said.lines().rev().find_map(|line| line.split("for ").nth(1)?.split_whitespace().nth(1)?.parse().ok());
        let figure: f64 = figure.during(|| format!("no figure in {said}"))?;
        lab.step(&format!("exposure of {unit}: {figure}"));
        check(figure <= most, || format!("exposure of {unit} is {figure}, more than {most}: {said}"))?;
    }
    Ok(())
}

/// `systemctl start` fails where the daemon does, and says why.
pub fn a_unit_that_cannot_start_says_so(lab: &mut Lab) -> Outcome {
    secret(STATION_FILE, "ctrl_interface=/run/wpa_supplicant\nnetwork={\nkey_mgmt=NONSENSE\n}\n")?;
    let (good, _) = lab.try_command("systemctl", &["start", STATION])?;
    check(!good, || "systemctl says that a station with a wrong configuration was started".into())?;
    let said = lab.command("journalctl", &["-q", "--no-pager", "--unit", STATION])?;
    check(said.contains("wpa_supplicant-wlan0.conf:3"), || format!("the journal does not say why: {said}"))?;
    lab.command("systemctl", &["stop", STATION])?;
    // One that waits for something runs, and says what it waits for.
    let network = Network::new(Suite::Wpa2);
    let text = network.supplicant_conf("/run/wpa_supplicant", GROUP);
    secret("/etc/wpa_supplicant/wpa_supplicant-wl9.conf", &text)?;
    lab.command("systemctl", &["start", "airlock-supplicant@wl9.service"])?;
    let said = property(lab, "airlock-supplicant@wl9.service", "StatusText")?;
    check(said == "wl9: there is no such interface", || format!("systemctl says {said:?}"))
}
