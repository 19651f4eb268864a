//! The rows of `attacks.txt`, against whatever was started: as root, and by the units under systemd.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::separation::victim;
use super::{stories, units};
use crate::failure::{During as _, Outcome, check};
use crate::guest::asks::{COMMAND, KEEP};
use crate::guest::attacks::{self, Played, Row, Started};
use crate::guest::control::Control;
use crate::guest::courier;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::process;
use crate::guest::program::until;
use crate::guest::station::{AccessPoint, Station, joined};

/// Those that need no systemd.
pub const STORIES: &[super::Story] = stories![every_attack_on_what_root_started_is_without_effect];
/// Those that do.
pub const UNITS: &[super::Story] = stories![systemd: every_attack_on_the_units_is_without_effect];

const AWHILE: Duration = Duration::from_secs(30);
/// Processes that are attacked from inside, each of a kind once.
const PROCESSES: [&str; 8] =
    ["supplicant", "apd", "privd", "privd-keeper", "privd-post", "post-keeper", "privd-courier", "courier-keeper"];

/// What belongs to somebody else: a wired link and a bridge. Neither says anything by itself.
fn somebody_elses(lab: &mut Lab, namespace: Option<&str>) -> Outcome {
    let mut ip = |arguments: &[&str]| match namespace {
        Some(namespace) => lab.run_in(namespace, "ip", arguments).map(drop),
        None => lab.command("ip", arguments).map(drop),
    };
    for (name, kind) in [("foreign0", "dummy"), ("house0", "bridge")] {
        ip(&["link", "add", name, "type", kind])?;
        ip(&["link", "set", name, "addrgenmode", "none"])?;
        ip(&["link", "set", name, "up"])?;
    }
    Ok(())
}

/// Every process of ours of this family, each of its name once. One that was killed over a row comes back for the next.
fn attack_inside(
    lab: &mut Lab,
    family: &dyn Fn() -> Outcome<Vec<process::Process>>,
    rows: &[Row],
    started: Started,
) -> Outcome<Vec<Played>> {
    let victim = victim(lab)?;
    let mut played = Vec::new();
    for name in PROCESSES {
        let (mut left, mut before) = (rows, None);
        while !left.is_empty() {
            let found = || Ok(family()?.into_iter().find(|process| process.name == name && Some(process.id) != before));
            let process = match before {
                None => found()?,
                Some(_) => {
                    // What dies with it is gone by then, and what comes waits for something to do.
                    std::thread::sleep(Duration::from_secs(3));
                    Some(until(&format!("a new {name}"), AWHILE, found)?)
                }
            };
            let Some(process) = process else { break };
            left = attacks::inside(lab, process.id, left, started, victim.id(), &mut played)?;
            before = Some(process.id);
        }
    }
    Ok(played)
}

/// Our two daemons as root starts them, and an attacker with the grant of such a start.
pub fn every_attack_on_what_root_started_is_without_effect(lab: &mut Lab) -> Outcome {
    let rows = attacks::all(lab)?;
    let canaries = attacks::canaries()?;
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    let (station, access_point) = (sta.program.id(), ap.program.id());
    // No daemon has a courier that speaks with nobody.
    let grant = lab.file("courier.grant", "role: access-point\npeer: udp 192.0.2.1:1812\n")?;
    let (me, grant) = (lab.our_program("lab"), format!("{KEEP}{}", grant.display()));
    let courier = lab.start("ap", "courier", &me, &[courier::COMMAND, &grant, "access-point", "hold"])?;
    courier.wait_log("holds", AWHILE)?;
    let families = [station, access_point, courier.id()];
    let family = || Ok(families.map(process::family).into_iter().collect::<Outcome<Vec<_>>>()?.concat());
    let mut played = attack_inside(lab, &family, &rows, Started::Root)?;
    // And they work on, none the worse.
    sta.control()?.ok("REASSOCIATE")?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", Duration::from_secs(30))?;
    joined(lab, &mut sta, &mut ap, &network)?;

    let free = lab.host("free")?;
    somebody_elses(lab, Some("free"))?;
    lab.run_in("free", "iw", &["dev", &free.interface, "interface", "add", "other0", "type", "managed"])?;
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    let files = [
        // It may be saved.
        (
            "station",
            "supplicant",
            format!("update_config=1\n{}", network.supplicant_conf("/run/free", CONTROL_GROUP.name)),
        ),
        ("access-point", "apd", network.hostapd_conf(&free.interface, "/run/free", CONTROL_GROUP.name)),
    ];
    fs::create_dir_all("/run/own")?;
    for (role, daemon, text) in files {
        let conf = format!("/run/own/{role}.conf");
        fs::write(&conf, text)?;
        fs::set_permissions(&conf, fs::Permissions::from_mode(0o600))?;
        let daemon = lab.our_program(daemon).to_string_lossy().into_owned();
        let arguments: &[&str] =
            if role == "station" { &["--grants", "-i", &free.interface, "-c", &conf] } else { &["--grants", &conf] };
        // The grant is what a start with this configuration would have.
        let grant = lab.run_in("free", &daemon, arguments)?;
        let grant = format!("{KEEP}{}", lab.file(&format!("{role}.grant"), &grant)?.display());
        for (row, words) in attacks::asks(&rows, role, Started::Root) {
            let mut arguments = vec![COMMAND, &grant, role, &free.interface, "other0"];
            arguments.extend(words.iter().map(String::as_str));
            played.push(attacks::asked(&canaries, row, role, Started::Root, || lab.try_in("free", &me, &arguments))?);
        }
    }
    attacks::conclude(lab, &played)
}

fn user(lab: &mut Lab, name: &str) -> Outcome<u32> {
    lab.command("id", &["-u", name])?.trim().parse().during(|| format!("the user {name}"))
}

/// The group that the helpers' sockets have.
fn helpers(lab: &mut Lab) -> Outcome<u32> {
    let group = lab.command("getent", &["group", "wifi-helpers"])?;
    group.split(':').nth(2).and_then(|id| id.trim().parse().ok()).during(|| "the group wifi-helpers".into())
}

/// The same under systemd, with the grants that are shipped.
pub fn every_attack_on_the_units_is_without_effect(lab: &mut Lab) -> Outcome {
    let rows = attacks::all(lab)?;
    let canaries = attacks::canaries()?;
    let network = Network::new(Suite::Wpa2);
    let _access_point = units::start_access_point(lab, &network)?;
    let mut station = units::start_station(lab, &network)?;
    units::joined(lab, &mut station)?;
    somebody_elses(lab, None)?;
    lab.command("systemctl", &["start", "airlock-courier.socket"])?;
    lab.namespace("anywhere")?;
    let (ap, group) = (user(lab, "wifi-ap")?.to_string(), helpers(lab)?.to_string());
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    let hold = [&me, courier::COMMAND, "/run/airlock/courier.sock", "access-point", "hold"];
    let as_daemon = [&["--reuid", &ap, "--regid", &ap, "--groups", &group][..], &hold].concat();
    let courier = lab.start("anywhere", "courier", Path::new("/usr/bin/setpriv"), &as_daemon)?;
    courier.wait_log("holds", AWHILE)?;
    let mut played = attack_inside(lab, &process::all, &rows, Started::Units)?;
    // Some were killed over it, and all of them are back.
    let mut station = Control::open(Path::new(units::STATION_SOCKET), AWHILE)?;
    station.ok("REASSOCIATE")?;
    units::joined(lab, &mut station)?;
    for (role, name) in [("station", "wifi-sta"), ("access-point", "wifi-ap")] {
        let (user, group) = (user(lab, name)?, helpers(lab)?);
        for (row, words) in attacks::asks(&rows, role, Started::Units) {
            let mut arguments = vec![COMMAND, "/run/airlock/privd.sock", role, "wlan2", "none0"];
            arguments.extend(words.iter().map(String::as_str));
            played.push(attacks::asked(&canaries, row, role, Started::Units, || {
                lab.run_as(user, &[group], &me, &arguments)
            })?);
        }
    }
    units::joined(lab, &mut station)?;
    check(Path::new("/run/airlock/privd.sock").exists(), || "privd's socket is gone".into())?;
    attacks::conclude(lab, &played)
}
