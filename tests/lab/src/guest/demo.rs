//! The demonstration: what a newcomer sees first.

use std::time::{Duration, Instant};

use super::init::OUR_USERS;
use super::inside::landlock;
use super::lab::{Host, Lab, Maker};
use super::networks::{Method, Network, Suite};
use super::process::{self, Process, capability_names};
use super::station::{AccessPoint, Station, joined};
use crate::failure::{Outcome, check};

const AWHILE: Duration = Duration::from_secs(30);

fn seconds(since: Instant) -> String {
    format!("{:.2} s", since.elapsed().as_secs_f64())
}

/// Joins, serves, and shows who runs as what.
pub fn play(lab: &mut Lab) -> Outcome {
    let fast = "scan_freq=2412";
    let wpa3 = Network::new(Suite::Sae(Method::Direct, 19)).named("Airlock Demo").station(fast);
    let begun = Instant::now();
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &wpa3)?;
    lab.say(&format!("apd serves {:?} (WPA3-Personal), on the air after {}", wpa3.ssid, seconds(begun)));

    let begun = Instant::now();
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &wpa3)?;
    joined(lab, &mut sta, &mut ap, &wpa3)?;
    lab.say(&format!("supplicant joined it from a cold start, and a ping went across, in {}", seconds(begun)));
    round_trip(lab, &sta.host, &ap.host)?;

    let wpa2 = Network::new(Suite::Wpa2).named("Debian's Network").with_passphrase("another passphrase").station(fast);
    let mut debian = AccessPoint::start(lab, "debian", Maker::Debian, &wpa2)?;
    lab.say(&format!("Debian's hostapd serves {:?} (WPA2-Personal)", wpa2.ssid));
    let begun = Instant::now();
    add_network(&mut sta, &wpa2)?;
    sta.control()?.wait_status("ssid", &wpa2.ssid, AWHILE)?;
    joined(lab, &mut sta, &mut debian, &wpa2)?;
    lab.say(&format!(
        "supplicant was told of it over its control socket, joined it and pinged it in {}",
        seconds(begun)
    ));

    let begun = Instant::now();
    let mut guest = Station::start(lab, "guest", Maker::Debian, &wpa3)?;
    joined(lab, &mut guest, &mut ap, &wpa3)?;
    lab.say(&format!("Debian's wpa_supplicant joined apd's WPA3 network and pinged it in {}", seconds(begun)));

    lab.show("");
    lab.show(&format!(
        "{:<13} {:>4}  {:<10} {:<25} {:<8} {:<22} {:>8}  {}",
        "process", "pid", "user", "capabilities", "seccomp", "Landlock", "memory", "role"
    ));
    for program in [&sta.program, &ap.program] {
        for process in process::family(program.id())? {
            lab.show(&row(&process)?);
        }
    }
    lab.show("(memory: resident, of programs built for debugging; see `cargo lab bench` for those built for release)");
    Ok(())
}

fn add_network(sta: &mut Station, network: &Network) -> Outcome {
    let control = sta.control()?;
    let id = control.request("ADD_NETWORK")?;
    let id = id.trim();
    control.ok(&format!("SET_NETWORK {id} ssid \"{}\"", network.ssid))?;
    control.ok(&format!("SET_NETWORK {id} psk \"{}\"", network.passphrase))?;
    control.ok(&format!("SET_NETWORK {id} scan_freq 2412"))?;
    control.ok(&format!("SELECT_NETWORK {id}"))
}

fn round_trip(lab: &mut Lab, from: &Host, to: &Host) -> Outcome {
    let said = lab.run_in(&from.name, "ping", &["-c", "5", "-i", "0.1", &to.address.to_string()])?;
    let times = said.lines().find(|line| line.contains("min/avg/max")).unwrap_or_default();
    let average = times.split('=').nth(1).and_then(|rest| rest.split('/').nth(1)).unwrap_or("?").trim().to_owned();
    check(!times.is_empty(), || said.clone())?;
    lab.say(&format!("round trip between the two: {average} ms on average"));
    Ok(())
}

fn row(process: &Process) -> Outcome<String> {
    let user = process.users.first().copied().unwrap_or(0);
    let user = OUR_USERS.iter().find(|account| account.id == user).map_or_else(|| user.to_string(), |a| a.name.into());
    let [_, permitted, ..] = process.capabilities;
    let seccomp = match process.seccomp {
        0 => "none",
        1 => "strict",
        2 => "filter",
        _ => "?",
    };
    Ok(format!(
        "{:<13} {:>4}  {:<10} {:<25} {:<8} {:<22} {:>4.1} MiB  {}",
        process.name,
        process.id,
        user,
        capability_names(permitted),
        seccomp,
        landlock(process.id)?,
        f64::from(u32::try_from(process.resident).unwrap_or(u32::MAX)) / 1024.0,
        role(&process.name)
    ))
}

fn role(name: &str) -> &'static str {
    match name {
        "supplicant" => "station: reads what comes over the air, decides",
        "apd" => "access point: reads what comes over the air, decides",
        "privd" => "speaks with the kernel; reads no frame body",
        "privd-keeper" => "starts privd again when it dies; reads nothing",
        "privd-post" => "owns the control sockets; no network",
        "post-keeper" => "starts the post again when it dies; reads nothing",
        _ => "",
    }
}
