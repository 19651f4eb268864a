//! What WPA3 brings besides its key exchange.

use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    a_network_that_has_left_wpa2_is_not_joined_with_it_again,
    debians_station_hears_that_our_network_has_left_wpa2,
    longer_keys_are_agreed_on,
    the_name_is_confirmed_in_the_handshake,
    our_access_point_finds_out_which_of_several_passwords_a_station_has,
    our_station_authenticates_anew_where_the_key_of_another_access_point_is_unknown,
    a_station_that_has_left_comes_back_without_waiting_a_second,
];

const AWHILE: Duration = Duration::from_secs(60);

/// Debian's hostapd says it once; afterwards an access point of the same name with WPA2 only is left alone.
pub fn a_network_that_has_left_wpa2_is_not_joined_with_it_again(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Transition).access_point("transition_disable=0x01");
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    for (field, wanted) in [("key_mgmt", "SAE"), ("ieee80211w", "2"), ("proto", "RSN"), ("group", "CCMP")] {
        let is = sta.control()?.request(&format!("GET_NETWORK 0 {field}"))?;
        check(is == wanted, || format!("{field} is {is}"))?;
    }
    lab.step("the network is SAE only from now on");
    let host = ap.host.clone();
    ap.program.end()?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    let mut twin = AccessPoint::start(lab, "twin", Maker::Debian, &Network::new(Suite::Wpa2))?;
    sta.control()?.event("CTRL-EVENT-NETWORK-NOT-FOUND", AWHILE)?;
    sta.control()?.no_event("CTRL-EVENT-CONNECTED", Duration::from_secs(30))?;
    lab.step("the evil twin with WPA2 is left alone");
    twin.program.end()?;
    let again = AccessPoint::start_on(lab, host, Maker::Debian, &network)?;
    sta.must_join(lab, &network)?;
    lab.ping(&sta.host, &again.host)
}

/// The other way round.
pub fn debians_station_hears_that_our_network_has_left_wpa2(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Transition).access_point("transition_disable=0x01");
    let (mut sta, _ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    let methods = sta.control()?.request("GET_NETWORK 0 key_mgmt")?;
    check(methods == "SAE", || format!("key_mgmt is {methods}"))
}

/// The suite 00-0F-AC:24, which has hash-to-element only, with a cipher of 256 bits.
pub fn longer_keys_are_agreed_on(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 20))
        .access_point("wpa_key_mgmt=SAE-EXT-KEY\nsae_pwe=0\nrsn_pairwise=GCMP-256\ngroup_mgmt_cipher=BIP-GMAC-256")
        .station("key_mgmt=SAE-EXT-KEY\npairwise=GCMP-256\ngroup=GCMP-256\nsae_pwe=0");
    let ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    sta.control()?.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    sta.control()?.wait_status("key_mgmt", "SAE-EXT-KEY", AWHILE)?;
    let (host, interface) = (sta.host.clone(), sta.host.interface.clone());
    lab.set_address(&host, &interface)?;
    lab.ping(&host, &ap.host)
}

/// Hunting and pecking does not bind the name: the handshake does.
pub fn the_name_is_confirmed_in_the_handshake(lab: &mut Lab) -> Outcome {
    let network =
        Network::new(Suite::Sae(Method::Loop, 19)).access_point("ssid_protection=1").station("ssid_protection=1");
    let (mut sta, _ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    sta.control()?.wait_status("ssid_verified", "1", AWHILE)
}

/// Three passwords without identifiers, tried in turn.
pub fn our_access_point_finds_out_which_of_several_passwords_a_station_has(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19))
        .access_point("sae_password=for things\nsae_password=for the owner\nsae_track_password=10");
    join(lab, Maker::Debian, Maker::Airlock, &network).map(drop)
}

/// Opportunistic key caching is a guess: where access points do not share keys after all, it costs one refusal.
pub fn our_station_authenticates_anew_where_the_key_of_another_access_point_is_unknown(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("okc=1").station("proactive_key_caching=1");
    // Two daemons share nothing.
    let (mut sta, _first) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let second = AccessPoint::start(lab, "second", Maker::Airlock, &network.clone().on_channel(6))?;
    sta.control()?.forget_events()?;
    sta.control()?.ok("SCAN")?;
    sta.control()?.event("CTRL-EVENT-SCAN-RESULTS", AWHILE)?;
    sta.control()?.ok(&format!("ROAM {}", second.host.mac))?;
    sta.control()?.event("CTRL-EVENT-ASSOC-REJECT", AWHILE)?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    sta.control()?.wait_status("bssid", &second.host.mac, AWHILE)?;
    lab.ping(&sta.host, &second.host)
}

/// Its farewell is protected, and deciphered: the access point need not ask by SA Query whether the first association still
/// lives, which takes a second (IEEE Std 802.11-2020 11.13).
pub fn a_station_that_has_left_comes_back_without_waiting_a_second(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let host = lab.host("sta")?;
    for (place, maker) in [("ours", Maker::Airlock), ("theirs", Maker::Debian)] {
        let mut ap = AccessPoint::start(lab, place, maker, &network)?;
        for _ in 0..4 {
            let mut sta = Station::start_on(lab, host.clone(), Maker::Airlock, &network)?;
            joined(lab, &mut sta, &mut ap, &network)?;
            sta.program.end()?;
        }
        let asked = ap.program.log().to_lowercase().contains("sa query");
        check(!asked, || format!("the access point ({place}) asks whether the station lives"))?;
        ap.program.end()?;
    }
    Ok(())
}
