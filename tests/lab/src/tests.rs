//! Tests of the lab's own parts that need no guest.

use std::collections::BTreeSet;

use crate::guest::control::value;
use crate::guest::lab::parse_stations;
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process::capability_names;
use crate::scenarios;

#[test]
fn every_story_has_a_name_of_its_own() {
    let stories = scenarios::all();
    let names: BTreeSet<&str> = stories.iter().map(|story| story.name).collect();
    assert_eq!(names.len(), stories.len());
    assert!(stories.iter().all(|story| scenarios::find(story.name).is_some()));
}

#[test]
fn stories_are_found_by_words() {
    let found = scenarios::matching(&["rekey".into(), "wrong_wpa3".into()]);
    assert!(found.iter().any(|story| story.name.contains("wrong_wpa3")));
    assert!(scenarios::find(scenarios::DEMO).is_some());
    assert!(scenarios::matching(&[]).iter().all(|story| story.name != scenarios::DEMO));
}

#[test]
fn the_kernels_station_table_is_read() {
    let dump = "Station 02:00:00:00:01:00 (on wlan0)\n\tinactive time:\t8 ms\n\tauthorized:\tyes\n\tMFP:\t\tno\n\
                Station 02:00:00:00:02:00 (on wlan0)\n\tauthorized:\tno\n";
    let stations = parse_stations(dump);
    let [first, second] = stations.as_slice() else { panic!("{stations:?}") };
    assert_eq!(first.mac, "02:00:00:00:01:00");
    assert!(first.flag("authorized") && !first.flag("MFP"));
    assert_eq!(first.field("inactive time"), Some("8 ms"));
    assert!(!second.flag("authorized"));
}

#[test]
fn a_status_is_read_by_whole_keys() {
    assert_eq!(value("bssid=a\nssid=b=c\n", "ssid"), Some("b=c"));
    assert_eq!(value("bssid=a\n", "ssid"), None);
}

#[test]
fn capabilities_have_names() {
    assert_eq!(capability_names(0), "none");
    assert_eq!(capability_names(1 << 12 | 1 << 13), "NET_ADMIN+NET_RAW");
    assert_eq!(capability_names(0x1_ffff_ffff), "all");
}

#[test]
fn a_network_is_said_in_both_languages() {
    let network = Network::new(Suite::Sae(Method::Direct, 20)).named("x").with_passphrase("12345678");
    let access_point = network.hostapd_conf("wlan0", "/run/h", "g");
    assert!(access_point.contains("\nsae_groups=20\nsae_pwe=1\n") && access_point.contains("\nssid=x\n"));
    let station = network.supplicant_conf("/run/w", "g");
    assert!(station.contains("ctrl_interface=DIR=/run/w GROUP=g\n") && station.contains("key_mgmt=SAE\n"));
    assert_eq!(network.iwd_file().0, "x.psk");
}
