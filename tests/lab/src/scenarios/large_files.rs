//! Configurations and lists that are much larger than a message between our processes.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::station::{AccessPoint, Station, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    two_thousand_networks_are_saved_and_read_again,
    a_key_taken_out_of_ten_thousand_joins_no_more,
    a_hundred_thousand_addresses_are_shown_and_outlive_a_restart,
];

const AWHILE: Duration = Duration::from_secs(60);
/// Hex digits of a key that nobody has.
const NOBODYS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// SAVE_CONFIG and RECONFIGURE with a file of more than 200 KiB.
pub fn two_thousand_networks_are_saved_and_read_again(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let mut text = format!("ctrl_interface=DIR={} GROUP={}\nupdate_config=1\n", folder.display(), CONTROL_GROUP.name);
    for number in 0..2000 {
        writeln!(text, "network={{\n\tssid=\"Elsewhere {number}\"\n\tpsk={NOBODYS}\n}}").unwrap_or_default();
    }
    text.push_str(&network.block());
    let file = lab.file("many.conf", &text)?;
    let mut sta = Station::start_file(lab, host, Maker::Airlock, folder, file.clone())?;
    joined(lab, &mut sta, &mut ap, &network)?;
    sta.control()?.ok("SET_NETWORK 7 priority 3")?;
    sta.control()?.ok("SAVE_CONFIG")?;
    let saved = fs::read_to_string(&file)?;
    let (blocks, length) = (saved.matches("network={").count(), saved.len());
    check(blocks == 2001 && saved.contains("priority=3"), || format!("{blocks} networks in {length} octets"))?;
    check(length > 200_000, || format!("{length} octets are not many"))?;
    fs::write(&file, saved.replace("Elsewhere 1999", "Somewhere else"))?;
    sta.control()?.ok("RECONFIGURE")?;
    let last = sta.control()?.request("GET_NETWORK 1999 ssid")?;
    check(last == "\"Somewhere else\"", || format!("after RECONFIGURE network 1999 is {last}"))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// `wpa_psk_file` of more than 800 KiB: what RELOAD answers is so.
pub fn a_key_taken_out_of_ten_thousand_joins_no_more(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let line = |who: &str, key: &str| format!("{who} {key}\n");
    let others: String = (0..10_000)
        .map(|number: u32| {
            let [_, a, b, c] = number.to_be_bytes();
            line(&format!("02:77:00:{a:02x}:{b:02x}:{c:02x}"), NOBODYS)
        })
        .collect();
    let all = format!("{}{others}", line("00:00:00:00:00:00", network.passphrase.as_str()));
    let keys = lab.file("keys", &all)?;
    let with_keys = network.clone().access_point(&format!("wpa_psk_file={}", keys.display()));
    // The passphrase of all stands in the list alone.
    let host = lab.host("ap")?;
    let conf = with_keys.hostapd_conf(&host.interface, "/run/ap-hostapd", CONTROL_GROUP.name);
    let conf: String =
        conf.lines().filter(|line| !line.starts_with("wpa_passphrase=")).map(|line| format!("{line}\n")).collect();
    let file = lab.file("keys.hostapd.conf", &conf)?;
    let mut ap = AccessPoint::start_file(lab, host, Maker::Airlock, "/run/ap-hostapd".into(), file)?;
    let mut sta = Station::start(lab, "sta", Maker::Debian, &network)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    sta.control()?.forget_events()?;
    lab.file("keys", &others)?;
    ap.control.ok("RELOAD_WPA_PSK")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    sta.control()?.no_event("CTRL-EVENT-CONNECTED", Duration::from_secs(30))?;
    lab.file("keys", &all)?;
    ap.control.ok("RELOAD_WPA_PSK")?;
    sta.control()?.ok("SELECT_NETWORK 0")?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// `accept_mac_file` of almost 2 MiB.
pub fn a_hundred_thousand_addresses_are_shown_and_outlive_a_restart(lab: &mut Lab) -> Outcome {
    let host = lab.host("sta")?;
    let addresses = (0..100_000_u32).map(|number| {
        let [_, a, b, c] = number.to_be_bytes();
        format!("02:77:00:{a:02x}:{b:02x}:{c:02x}\n")
    });
    let list: String = addresses.chain([format!("{}\n", host.mac)]).collect();
    let list = lab.file("accept", &list)?;
    let network = Network::new(Suite::Wpa2).access_point(&format!("macaddr_acl=1\naccept_mac_file={}", list.display()));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start_on(lab, host, Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    let shown = ap.control.request("ACCEPT_ACL SHOW")?;
    check(shown.starts_with("02:77:00:00:00:00 VLAN_ID=0\n") && shown.lines().count() > 100, || {
        format!("ACCEPT_ACL SHOW begins with {:?}", shown.get(..60))
    })?;
    ap.control.ok("DISABLE")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    ap.control.ok("ENABLE")?;
    joined(lab, &mut sta, &mut ap, &network)
}
