//! What goes wrong is said, and is got over.

use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    a_wrong_wpa2_passphrase_is_said_and_tried_less_and_less,
    a_wrong_wpa3_password_is_said_and_tried_less_and_less,
    a_wrong_passphrase_at_our_access_point_is_said_and_refused,
    the_stations_interface_is_removed_and_comes_back,
    the_access_points_interface_is_removed_and_comes_back,
    the_stations_radio_is_blocked_and_unblocked,
    the_access_points_radio_is_blocked_and_unblocked,
    the_stations_adapter_is_pulled_out,
    the_station_waits_for_a_network_that_comes_later,
    a_station_that_walked_away_is_forgotten,
    a_scan_waits_for_another_programs,
];

const AWHILE: Duration = Duration::from_secs(60);

fn wrong(lab: &mut Lab, suite: Suite) -> Outcome {
    let right = Network::new(suite);
    let mistaken = right.clone().with_passphrase("wrong horse battery");
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &right)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &mistaken)?;
    let first = sta.control()?.event("CTRL-EVENT-SSID-TEMP-DISABLED", AWHILE)?;
    check(first.contains("auth_failures=1") && first.contains("ssid=\"Airlock Lab\""), || first.clone())?;
    if suite == Suite::Wpa2 {
        check(first.contains("reason=WRONG_KEY"), || first.clone())?;
    }
    lab.step(first.trim());
    let second = sta.control()?.event("CTRL-EVENT-SSID-TEMP-DISABLED", AWHILE)?;
    check(second.contains("auth_failures=2"), || second.clone())?;
    let seconds = |event: &str| -> Option<u32> {
        event.split_whitespace().find_map(|word| word.strip_prefix("duration="))?.parse().ok()
    };
    check(seconds(&second) > seconds(&first), || format!("no back-off: {first} then {second}"))?;
    lab.step(second.trim());
    check(sta.control()?.status("wpa_state")?.as_deref() != Some("COMPLETED"), || "connected all the same".into())?;

    let field = if suite == Suite::Wpa2 { "psk" } else { "sae_password" };
    sta.control()?.ok(&format!("SET_NETWORK 0 {field} \"{}\"", right.passphrase))?;
    sta.control()?.ok("SELECT_NETWORK 0")?;
    joined(lab, &mut sta, &mut ap, &right)
}

/// Event with a reason, growing pauses, and the right passphrase heals it.
pub fn a_wrong_wpa2_passphrase_is_said_and_tried_less_and_less(lab: &mut Lab) -> Outcome {
    wrong(lab, Suite::Wpa2)
}

/// The same with SAE, where the confirm message fails.
pub fn a_wrong_wpa3_password_is_said_and_tried_less_and_less(lab: &mut Lab) -> Outcome {
    wrong(lab, Suite::Sae(Method::Direct, 19))
}

/// The access point's side of it.
pub fn a_wrong_passphrase_at_our_access_point_is_said_and_refused(lab: &mut Lab) -> Outcome {
    let right = Network::new(Suite::Wpa2);
    let mistaken = right.clone().with_passphrase("wrong horse battery");
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &right)?;
    let mut sta = Station::start(lab, "sta", Maker::Debian, &mistaken)?;
    ap.control.event(&format!("AP-STA-POSSIBLE-PSK-MISMATCH {}", sta.host.mac), AWHILE)?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    let interface = ap.host.interface.clone();
    let stations = lab.stations(&ap.host, &interface)?;
    check(!stations.iter().any(|station| station.flag("authorized")), || "the station was let in".into())
}

/// `iw dev wlan1 del` during a connection.
pub fn the_stations_interface_is_removed_and_comes_back(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let interface = sta.host.interface.clone();
    lab.run_in(&sta.host.name, "iw", &["dev", &interface, "del"])?;
    lab.step("the station's interface is gone");
    sta.control()?.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
    sta.program.must_run()?;
    std::thread::sleep(Duration::from_secs(5));
    let phy = sta.host.phy.clone();
    lab.run_in(&sta.host.name, "iw", &["phy", &phy, "interface", "add", &interface, "type", "managed"])?;
    lab.step("the station's interface is back");
    let again = lab.run_in(&sta.host.name, "iw", &["dev", &interface, "info"])?;
    if let Some(mac) = again.lines().find_map(|line| line.trim().strip_prefix("addr ")) {
        sta.host.mac = mac.into();
    }
    joined(lab, &mut sta, &mut ap, &network)
}

/// The same on the other side.
pub fn the_access_points_interface_is_removed_and_comes_back(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    let (interface, phy) = (ap.host.interface.clone(), ap.host.phy.clone());
    lab.run_in(&ap.host.name, "iw", &["dev", &interface, "del"])?;
    lab.step("the access point's interface is gone");
    ap.control.event("INTERFACE-DISABLED", AWHILE)?;
    ap.program.must_run()?;
    lab.run_in(&ap.host.name, "iw", &["phy", &phy, "interface", "add", &interface, "type", "managed"])?;
    lab.step("the access point's interface is back");
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    let host = ap.host.clone();
    lab.set_address(&host, &interface)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// The switch of the station's radio.
pub fn the_stations_radio_is_blocked_and_unblocked(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let host = sta.host.clone();
    lab.rfkill(&host, true)?;
    sta.control()?.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
    sta.program.must_run()?;
    std::thread::sleep(Duration::from_secs(30));
    lab.rfkill(&host, false)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// The switch of the access point's radio.
pub fn the_access_points_radio_is_blocked_and_unblocked(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let host = ap.host.clone();
    lab.rfkill(&host, true)?;
    ap.control.event("INTERFACE-DISABLED", AWHILE)?;
    ap.program.must_run()?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    lab.rfkill(&host, false)?;
    ap.control.event("INTERFACE-ENABLED", AWHILE)?;
    ap.control.wait_status("state", "ENABLED", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// The radio itself goes: what is left is a daemon that answers.
pub fn the_stations_adapter_is_pulled_out(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, _ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    lab.pull_out(&sta.host)?;
    sta.control()?.wait_status("wpa_state", "INTERFACE_DISABLED", AWHILE)?;
    std::thread::sleep(Duration::from_secs(5));
    sta.program.must_run()?;
    let networks = sta.control()?.request("LIST_NETWORKS")?;
    check(networks.contains("Airlock Lab"), || format!("the networks are forgotten: {networks:?}"))
}

/// The station looks again and again.
pub fn the_station_waits_for_a_network_that_comes_later(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let host = lab.host("ap")?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.control()?.event("CTRL-EVENT-NETWORK-NOT-FOUND", AWHILE)?;
    std::thread::sleep(Duration::from_secs(60));
    let mut ap = AccessPoint::start_on(lab, host, Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// `ap_max_inactivity`: a station that no longer acknowledges is taken off the list.
pub fn a_station_that_walked_away_is_forgotten(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("ap_max_inactivity=5");
    let (sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    lab.pull_out(&sta.host)?;
    ap.control.event(&format!("AP-STA-DISCONNECTED {}", sta.host.mac), AWHILE)?;
    let interface = ap.host.interface.clone();
    let left = lab.stations(&ap.host, &interface)?;
    check(left.is_empty(), || format!("the kernel still knows {left:?}"))
}

/// `SCAN` while another program scans with the same radio: it is taken, and reports when the radio is free.
pub fn a_scan_waits_for_another_programs(lab: &mut Lab) -> Outcome {
    let (mut sta, _ap) = join(lab, Maker::Airlock, Maker::Debian, &Network::new(Suite::Wpa2))?;
    let phy = sta.host.phy.clone();
    lab.run_in("sta", "iw", &["phy", &phy, "interface", "add", "other", "type", "managed"])?;
    lab.run_in("sta", "ip", &["link", "set", "other", "up"])?;
    lab.run_in("sta", "iw", &["dev", "other", "scan", "trigger"])?;
    let control = sta.control()?;
    control.ok("SCAN")?;
    check(control.status("wpa_state")?.as_deref() == Some("COMPLETED"), || "the connection ended".into())?;
    control.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
    check(sta.program.log().contains("another program scans with this radio"), || "the radio was free".into())
}
