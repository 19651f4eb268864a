//! Processes of ours are killed, and the rest carries on.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process;
use crate::guest::program::{Program, send_signal, until};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    privd_of_the_station_is_killed_during_a_connection,
    privd_of_the_access_point_is_killed_during_a_connection,
    privd_of_the_station_is_killed_during_the_handshake,
    privd_of_the_access_point_is_killed_during_the_handshake,
    privd_is_killed_again_and_again,
    privd_is_killed_while_the_radio_is_blocked,
    the_owner_of_the_control_sockets_is_killed,
    a_killed_station_leaves_no_connection_behind,
    a_killed_access_point_leaves_no_network_behind,
];

const AWHILE: Duration = Duration::from_secs(60);

/// The process of this name in the family of a program.
fn relative(program: &Program, name: &str) -> Outcome<Option<u32>> {
    Ok(process::family(program.id())?.iter().find(|process| process.name == name).map(|process| process.id))
}

/// Kills the relative of this name and waits for its successor.
fn kill_relative(lab: &mut Lab, program: &Program, name: &str) -> Outcome {
    let old = relative(program, name)?.during(|| format!("{} has no process {name}", program.name))?;
    send_signal(old, Signal::SIGKILL)?;
    lab.step(&format!("{name} of {} is killed", program.name));
    until(&format!("new {name}"), AWHILE, || Ok(relative(program, name)?.filter(|new| *new != old)))?;
    lab.step(&format!("{name} of {} is back", program.name));
    Ok(())
}

/// The station's privd.
pub fn privd_of_the_station_is_killed_during_a_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    let networks = sta.control()?.request("LIST_NETWORKS")?;
    sta.control()?.forget_events()?;
    kill_relative(lab, &sta.program, "privd")?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    sta.program.must_run()?;
    let after = sta.control()?.request("LIST_NETWORKS")?;
    check(networks == after, || format!("the networks were {networks:?} and are {after:?}"))
}

/// The access point's privd: its stations come back by themselves.
pub fn privd_of_the_access_point_is_killed_during_a_connection(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    kill_relative(lab, &ap.program, "privd")?;
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    let (from, to) = (sta.host.clone(), ap.host.clone());
    until("connection after privd was killed", AWHILE, || Ok(lab.ping(&from, &to).ok()))?;
    joined(lab, &mut sta, &mut ap, &network)?;
    ap.program.must_run()
}

/// What the station says on the way, each a moment to be killed at.
const MOMENTS: [&str; 3] = ["Trying to ", "Associated with", "CTRL-EVENT-CONNECTED"];

fn killed_on_the_way(lab: &mut Lab, suite: Suite, of_the_station: bool) -> Outcome {
    let network = Network::new(suite);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.must_join(lab, &network)?;
    for moment in MOMENTS {
        sta.control()?.forget_events()?;
        sta.control()?.ok("DISCONNECT")?;
        sta.control()?.wait_status("wpa_state", "DISCONNECTED", AWHILE)?;
        sta.control()?.forget_events()?;
        sta.control()?.ok("RECONNECT")?;
        sta.control()?.event(moment, AWHILE)?;
        lab.step(&format!("the station says {moment}"));
        kill_relative(lab, if of_the_station { &sta.program } else { &ap.program }, "privd")?;
        let (from, to) = (sta.host.clone(), ap.host.clone());
        until("connection after privd was killed", AWHILE, || Ok(lab.ping(&from, &to).ok()))?;
        joined(lab, &mut sta, &mut ap, &network)?;
    }
    sta.program.must_run()?;
    ap.program.must_run()
}

/// At each step on the way in.
pub fn privd_of_the_station_is_killed_during_the_handshake(lab: &mut Lab) -> Outcome {
    killed_on_the_way(lab, Suite::Wpa2, true)
}

/// At each step on the way in, on the other side.
pub fn privd_of_the_access_point_is_killed_during_the_handshake(lab: &mut Lab) -> Outcome {
    killed_on_the_way(lab, Suite::Sae(Method::Direct, 19), false)
}

/// Its successor knows of the switch all the same.
pub fn privd_is_killed_while_the_radio_is_blocked(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let host = sta.host.clone();
    kill_relative(lab, &sta.program, "privd")?;
    joined(lab, &mut sta, &mut ap, &network)?;
    lab.rfkill(&host, true)?;
    sta.control()?.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
    kill_relative(lab, &sta.program, "privd")?;
    std::thread::sleep(Duration::from_secs(30));
    sta.control()?.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
    sta.program.must_run()?;
    lab.rfkill(&host, false)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// Ten times; a restart must not wear anything out.
pub fn privd_is_killed_again_and_again(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    for _ in 0..5 {
        kill_relative(lab, &sta.program, "privd")?;
        kill_relative(lab, &ap.program, "privd")?;
    }
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    let (from, to) = (sta.host.clone(), ap.host.clone());
    until("connection after privd was killed", AWHILE, || Ok(lab.ping(&from, &to).ok()))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// `privd post` is started again and makes the control sockets anew; the connection knows nothing of it.
pub fn the_owner_of_the_control_sockets_is_killed(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    sta.control()?.forget_events()?;
    kill_relative(lab, &sta.program, "privd-post")?;
    let (from, to) = (sta.host.clone(), ap.host.clone());
    lab.ping(&from, &to)?;
    let mut control = Control::open(&sta.folder.join(&sta.host.interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    kill_relative(lab, &ap.program, "privd-post")?;
    ap.control = Control::open(&ap.folder.join(&ap.host.interface), AWHILE)?;
    ap.must_have(lab, &from, &network)
}

/// SIGKILL of the daemon itself: its privd cleans up and nobody is left.
pub fn a_killed_station_leaves_no_connection_behind(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let family = process::family(sta.program.id())?;
    sta.program.signal(Signal::SIGKILL)?;
    sta.program.wait_end(AWHILE)?;
    ap.control.event(&format!("AP-STA-DISCONNECTED {}", sta.host.mac), AWHILE)?;
    let interface = sta.host.interface.clone();
    until("end of the connection", AWHILE, || {
        let link = lab.run_in(&sta.host.name, "iw", &["dev", &interface, "link"])?;
        Ok(link.contains("Not connected").then_some(()))
    })?;
    nobody_is_left(&family)
}

/// The same for an access point.
pub fn a_killed_access_point_leaves_no_network_behind(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let family = process::family(ap.program.id())?;
    ap.program.signal(Signal::SIGKILL)?;
    ap.program.wait_end(AWHILE)?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    let interface = ap.host.interface.clone();
    until("end of the network", AWHILE, || {
        let info = lab.run_in(&ap.host.name, "iw", &["dev", &interface, "info"])?;
        Ok((!info.contains("ssid ")).then_some(()))
    })?;
    nobody_is_left(&family)
}

fn nobody_is_left(family: &[process::Process]) -> Outcome {
    until("end of the family", AWHILE, || {
        let left = process::all()?;
        let survivor = |old: &process::Process| left.iter().any(|now| now.id == old.id && now.name == old.name);
        Ok((!family.iter().any(survivor)).then_some(()))
    })
}
