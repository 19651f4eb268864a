//! Keys are renewed while the network is in use.

use std::time::Duration;

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    our_pairwise_key_is_renewed_by_our_access_point,
    our_pairwise_key_is_renewed_by_debians_access_point,
    debians_pairwise_key_is_renewed_by_our_access_point,
    our_station_asks_for_a_new_pairwise_key,
    our_group_key_is_renewed_by_our_access_point,
    our_group_keys_are_renewed_by_debians_access_point_with_wpa3,
    debians_group_keys_are_renewed_by_our_access_point_with_wpa3,
    our_group_key_is_renewed_when_a_station_leaves,
    two_wrong_mics_of_a_station_set_off_our_access_points_countermeasures,
    two_wrong_mics_of_debians_access_point_make_our_station_leave_tkip_for_a_minute,
];

const AWHILE: Duration = Duration::from_secs(30);
const PAIRWISE: &str = "WPA: Key negotiation completed with";
const GROUP: &str = ": Group rekeying completed with";

fn pairwise(lab: &mut Lab, station: Maker, access_point: Maker, network: &Network) -> Outcome {
    let (mut sta, ap) = join(lab, station, access_point, network)?;
    sta.control()?.forget_events()?;
    for _ in 0..3 {
        sta.control()?.event(PAIRWISE, AWHILE)?;
        lab.step("the pairwise key is new");
        lab.ping(&sta.host, &ap.host)?;
    }
    still_connected(&mut sta)
}

fn group(lab: &mut Lab, station: Maker, access_point: Maker, network: &Network) -> Outcome {
    let (mut sta, ap) = join(lab, station, access_point, network)?;
    sta.control()?.forget_events()?;
    for _ in 0..3 {
        sta.control()?.event(GROUP, AWHILE)?;
        lab.step("the group key is new");
        reach_by_broadcast(lab, &ap, &sta)?;
    }
    still_connected(&mut sta)
}

/// The access point has to ask for the station's address by broadcast, which only the group key in force can read.
fn reach_by_broadcast(lab: &mut Lab, ap: &AccessPoint, sta: &Station) -> Outcome {
    lab.run_in(&ap.host.name, "ip", &["neighbour", "flush", "all"])?;
    lab.ping(&ap.host, &sta.host)
}

fn still_connected(sta: &mut Station) -> Outcome {
    let control = sta.control()?;
    control.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_millis(100))?;
    control.wait_status("wpa_state", "COMPLETED", Duration::from_secs(1))
}

/// The access point renews the pairwise key every five seconds.
pub fn our_pairwise_key_is_renewed_by_our_access_point(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("wpa_ptk_rekey=5");
    pairwise(lab, Maker::Airlock, Maker::Airlock, &network)
}

/// The same with Debian's hostapd.
pub fn our_pairwise_key_is_renewed_by_debians_access_point(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("wpa_ptk_rekey=5");
    pairwise(lab, Maker::Airlock, Maker::Debian, &network)
}

/// The same with Debian's wpa_supplicant.
pub fn debians_pairwise_key_is_renewed_by_our_access_point(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("wpa_ptk_rekey=5");
    pairwise(lab, Maker::Debian, Maker::Airlock, &network)
}

/// The station's own clock asks for it.
pub fn our_station_asks_for_a_new_pairwise_key(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).station("wpa_ptk_rekey=5");
    pairwise(lab, Maker::Airlock, Maker::Debian, &network)
}

/// The group key every five seconds.
pub fn our_group_key_is_renewed_by_our_access_point(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("wpa_group_rekey=5");
    group(lab, Maker::Airlock, Maker::Airlock, &network)
}

/// With management frame protection there are two group keys.
pub fn our_group_keys_are_renewed_by_debians_access_point_with_wpa3(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("wpa_group_rekey=5");
    group(lab, Maker::Airlock, Maker::Debian, &network)
}

/// The same from the other side.
pub fn debians_group_keys_are_renewed_by_our_access_point_with_wpa3(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("wpa_group_rekey=5");
    group(lab, Maker::Debian, Maker::Airlock, &network)
}

/// `wpa_strict_rekey`: who has left can no longer read what is sent to all.
pub fn our_group_key_is_renewed_when_a_station_leaves(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("wpa_strict_rekey=1\nwpa_group_rekey=3600");
    let (mut stays, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut leaves = Station::start(lab, "guest", Maker::Debian, &network)?;
    leaves.must_join(lab, &network)?;
    stays.control()?.forget_events()?;
    leaves.control()?.ok("DISCONNECT")?;
    stays.control()?.event(GROUP, AWHILE)?;
    reach_by_broadcast(lab, &ap, &stays)?;
    still_connected(&mut stays)
}

/// Has the kernel of `from` send a TKIP frame whose MIC is wrong.
fn wrong_mic(lab: &mut Lab, from: &Host, to: &Host) -> Outcome {
    let file = format!("/sys/kernel/debug/ieee80211/{}/netdev:{}/tkip_mic_test", from.phy, from.interface);
    std::fs::write(&file, &to.mac).during(|| file.clone())?;
    lab.step(&format!("{} sends a frame with a wrong MIC", from.name));
    Ok(())
}

/// The station is told why, and is let in again after a minute.
pub fn two_wrong_mics_of_a_station_set_off_our_access_points_countermeasures(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa1);
    let (mut sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    sta.control()?.forget_events()?;
    wrong_mic(lab, &sta.host, &ap.host)?;
    ap.program.wait_log("a TKIP frame with a wrong MIC", AWHILE)?;
    wrong_mic(lab, &sta.host, &ap.host)?;
    let gone = sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    check(gone.contains("reason=14"), || gone.clone())?;
    ap.program.wait_log("TKIP countermeasures are over", Duration::from_secs(90))?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", Duration::from_secs(400))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// It tells the access point of both, and comes back after a minute.
pub fn two_wrong_mics_of_debians_access_point_make_our_station_leave_tkip_for_a_minute(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa1);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    sta.control()?.forget_events()?;
    wrong_mic(lab, &ap.host, &sta.host)?;
    ap.program.wait_log("STA detected Michael MIC failure", AWHILE)?;
    wrong_mic(lab, &ap.host, &sta.host)?;
    sta.control()?.event("TKIP countermeasures started", AWHILE)?;
    let gone = sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    check(gone.contains("reason=14"), || gone.clone())?;
    sta.control()?.no_event("Trying to associate", Duration::from_secs(55))?;
    sta.control()?.event("TKIP countermeasures stopped", AWHILE)?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", Duration::from_secs(400))?;
    joined(lab, &mut sta, &mut ap, &network)
}
