//! Drivers that authenticate and associate by themselves. The simulated radios would leave that to the station; its
//! parameter `force_connect_cmd=1` leaves it to the kernel.

use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    a_driver_connects_to_an_open_network,
    a_driver_connects_to_wpa2_and_is_cut_off_and_comes_back,
    a_driver_connects_with_protected_management,
    a_driver_connects_to_wpa2_where_wpa3_is_offered_too,
    a_driver_connects_with_a_wrong_passphrase,
    a_driver_is_told_to_roam,
    a_driver_that_cannot_do_wpa3_is_said_to,
    a_driver_is_refused_by_a_full_access_point,
];

const AWHILE: Duration = Duration::from_secs(60);

fn network(suite: Suite) -> Network {
    Network::new(suite).head("driver_param=force_connect_cmd=1").station("bgscan=\"\"")
}

/// The kernel did it, not the station.
fn by_the_driver(sta: &Station) -> Outcome {
    let log = sta.program.log();
    check(!log.contains("Trying to authenticate"), || "the station authenticated by itself".into())?;
    check(log.contains("Trying to associate"), || "nobody was asked to associate".into())
}

/// Nothing but the association.
pub fn a_driver_connects_to_an_open_network(lab: &mut Lab) -> Outcome {
    let (mut sta, _ap) = join(lab, Maker::Airlock, Maker::Debian, &network(Suite::Open))?;
    by_the_driver(&sta)?;
    sta.control()?.ok("DISCONNECT")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    let interface = sta.host.interface.clone();
    check(lab.stations(&sta.host, &interface)?.is_empty(), || "the kernel is still connected".into())
}

/// A deauthentication of the access point, one of the user, and one of nobody: the access point ends and returns.
pub fn a_driver_connects_to_wpa2_and_is_cut_off_and_comes_back(lab: &mut Lab) -> Outcome {
    let network = network(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    by_the_driver(&sta)?;
    sta.control()?.forget_events()?;
    ap.control.ok(&format!("DEAUTHENTICATE {}", sta.host.mac))?;
    let event = sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    check(event.contains("reason=2") && !event.contains("locally_generated"), || event.clone())?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    sta.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(2))?;
    sta.control()?.ok("DISCONNECT")?;
    sta.control()?.wait_status("wpa_state", "DISCONNECTED", AWHILE)?;
    sta.control()?.ok("RECONNECT")?;
    joined(lab, &mut sta, &mut ap, &network)?;
    sta.control()?.forget_events()?;
    ap.control.ok("DISABLE")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    ap.control.ok("ENABLE")?;
    let host = ap.host.clone();
    lab.set_address(&host, &host.interface)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// WPA2 with SHA-256; management frames are protected on both sides.
pub fn a_driver_connects_with_protected_management(lab: &mut Lab) -> Outcome {
    let (sta, _ap) = join(lab, Maker::Airlock, Maker::Debian, &network(Suite::Wpa2Sha256))?;
    by_the_driver(&sta)
}

/// The station would prefer WPA3, which this driver cannot be helped with.
pub fn a_driver_connects_to_wpa2_where_wpa3_is_offered_too(lab: &mut Lab) -> Outcome {
    let network = network(Suite::Transition);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.control()?.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    let method = sta.control()?.status("key_mgmt")?;
    check(method.as_deref() == Some("WPA2-PSK"), || format!("it joined with {method:?}"))?;
    let interface = ap.host.interface.clone();
    lab.wait_authorized(&ap.host, &interface, &sta.host.mac, AWHILE)?;
    ap.control.request("STATUS")?;
    by_the_driver(&sta)
}

/// It is said, and tried less and less.
pub fn a_driver_connects_with_a_wrong_passphrase(lab: &mut Lab) -> Outcome {
    let right = network(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &right)?;
    let mistaken = right.clone().with_passphrase("wrong horse battery");
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &mistaken)?;
    let first = sta.control()?.event("CTRL-EVENT-SSID-TEMP-DISABLED", AWHILE)?;
    check(first.contains("reason=WRONG_KEY"), || first.clone())?;
    let second = sta.control()?.event("CTRL-EVENT-SSID-TEMP-DISABLED", AWHILE)?;
    check(second.contains("auth_failures=2"), || second.clone())?;
    sta.control()?.ok(&format!("SET_NETWORK 0 psk \"{}\"", right.passphrase))?;
    sta.control()?.ok("SELECT_NETWORK 0")?;
    joined(lab, &mut sta, &mut ap, &right)?;
    by_the_driver(&sta)
}

/// A connect request that names the access point before: a reassociation.
pub fn a_driver_is_told_to_roam(lab: &mut Lab) -> Outcome {
    let network = network(Suite::Wpa2);
    let mut first = AccessPoint::start(lab, "first", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut first, &network)?;
    let mut second = AccessPoint::start(lab, "second", Maker::Airlock, &network.clone().on_channel(6))?;
    for target in [&mut second, &mut first] {
        sta.control()?.forget_events()?;
        sta.control()?.ok("SCAN")?;
        sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
        sta.control()?.ok(&format!("ROAM {}", target.host.mac))?;
        let event = sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
        check(event.contains(&target.host.mac), || event.clone())?;
        joined(lab, &mut sta, target, &network)?;
    }
    by_the_driver(&sta)
}

/// Neither the radio nor we do SAE for it: that is said, not tried for ever.
pub fn a_driver_that_cannot_do_wpa3_is_said_to(lab: &mut Lab) -> Outcome {
    let network = network(Suite::Sae(Method::Direct, 19));
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.control()?.event("Association request to the driver failed", AWHILE)?;
    sta.control()?.event("CTRL-EVENT-SSID-TEMP-DISABLED", AWHILE)?;
    sta.program.wait_log("SAE is not supported with such drivers", AWHILE)
}

/// The driver's answer is the access point's.
pub fn a_driver_is_refused_by_a_full_access_point(lab: &mut Lab) -> Outcome {
    let network = network(Suite::Open).access_point("max_num_sta=1");
    let ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut other = Station::start(lab, "other", Maker::Debian, &Network::new(Suite::Open))?;
    other.must_join(lab, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    let event = sta.control()?.event("CTRL-EVENT-ASSOC-REJECT", AWHILE)?;
    check(event.contains(&ap.host.mac) && event.contains("status_code=17"), || event.clone())
}
