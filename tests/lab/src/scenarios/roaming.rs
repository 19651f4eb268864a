//! A station moves between access points of one network.

use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::station::{AccessPoint, Station};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    our_station_roams_between_two_of_ours_when_told,
    our_station_roams_between_two_of_ours_with_wpa3,
    our_station_roams_to_the_stronger_of_two_of_ours,
    our_station_moves_on_when_its_access_point_is_switched_off,
    our_station_moves_on_when_its_access_point_falls_silent,
    our_station_reassociates_with_its_access_point,
];

const AWHILE: Duration = Duration::from_secs(60);

fn network(suite: Suite) -> Network {
    Network::new(suite).station("bgscan=\"\"")
}

/// Two access points of one network, and a station at the first.
fn at_the_first(lab: &mut Lab, suite: Suite) -> Outcome<(Station, AccessPoint, AccessPoint)> {
    let network = network(suite);
    let first = AccessPoint::start(lab, "first", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.must_join(lab, &network)?;
    lab.ping(&sta.host, &first.host)?;
    let second = AccessPoint::start(lab, "second", Maker::Airlock, &network.on_channel(6))?;
    sta.control()?.forget_events()?;
    Ok((sta, first, second))
}

fn must_be_at(lab: &mut Lab, sta: &mut Station, ap: &mut AccessPoint, suite: Suite) -> Outcome {
    let interface = ap.host.interface.clone();
    sta.control()?.wait_status("bssid", &ap.host.mac, AWHILE)?;
    sta.must_join(lab, &network(suite))?;
    lab.wait_authorized(&ap.host, &interface, &sta.host.mac, AWHILE)?;
    lab.ping(&sta.host, &ap.host)
}

fn back_and_forth(lab: &mut Lab, suite: Suite) -> Outcome {
    let (mut sta, mut first, mut second) = at_the_first(lab, suite)?;
    for _ in 0..2 {
        for target in [&mut second, &mut first] {
            sta.control()?.ok("SCAN")?;
            sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
            sta.control()?.ok(&format!("ROAM {}", target.host.mac))?;
            sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
            lab.step("roamed");
            must_be_at(lab, &mut sta, target, suite)?;
        }
    }
    Ok(())
}

/// ROAM there and back, twice.
pub fn our_station_roams_between_two_of_ours_when_told(lab: &mut Lab) -> Outcome {
    back_and_forth(lab, Suite::Wpa2)
}

/// The way back uses the cached key (PMKSA).
pub fn our_station_roams_between_two_of_ours_with_wpa3(lab: &mut Lab) -> Outcome {
    back_and_forth(lab, Suite::Sae(Method::Direct, 19))
}

/// A scan shows the second one 50 dB stronger.
pub fn our_station_roams_to_the_stronger_of_two_of_ours(lab: &mut Lab) -> Outcome {
    let (mut sta, first, mut second) = at_the_first(lab, Suite::Wpa2)?;
    lab.sent_strength(&first.host, -80)?;
    std::thread::sleep(Duration::from_secs(5));
    for _ in 0..3 {
        sta.control()?.ok("SCAN")?;
        sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
        std::thread::sleep(Duration::from_secs(2));
    }
    must_be_at(lab, &mut sta, &mut second, Suite::Wpa2)
}

/// SIGTERM: the access point says goodbye.
pub fn our_station_moves_on_when_its_access_point_is_switched_off(lab: &mut Lab) -> Outcome {
    let (mut sta, mut first, mut second) = at_the_first(lab, Suite::Wpa2)?;
    let ended = first.program.end()?;
    check(ended.success(), || format!("the access point ended with {ended}"))?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    must_be_at(lab, &mut sta, &mut second, Suite::Wpa2)
}

/// The radio is gone without a word: beacons are missed.
pub fn our_station_moves_on_when_its_access_point_falls_silent(lab: &mut Lab) -> Outcome {
    let (mut sta, mut first, mut second) = at_the_first(lab, Suite::Wpa2)?;
    lab.pull_out(&first.host)?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    must_be_at(lab, &mut sta, &mut second, Suite::Wpa2)?;
    first.program.must_run()
}

/// REASSOCIATE is a new connection with the same access point.
pub fn our_station_reassociates_with_its_access_point(lab: &mut Lab) -> Outcome {
    let suite = Suite::Sae(Method::Direct, 19);
    let network = network(suite);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.must_join(lab, &network)?;
    for _ in 0..3 {
        sta.control()?.forget_events()?;
        sta.control()?.ok("REASSOCIATE")?;
        sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
        must_be_at(lab, &mut sta, &mut ap, suite)?;
    }
    Ok(())
}
