//! What configuration files ask for happens, or is said to be missing.

use std::path::PathBuf;
use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::program::until;
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    an_unsupported_parameter_is_named_and_the_network_is_joined,
    a_malformed_station_file_is_refused_with_its_line,
    a_malformed_access_point_file_is_refused_with_its_line,
    a_hidden_network_is_found,
    the_preferred_of_two_networks_is_joined,
    a_protected_network_is_preferred_to_none_when_both_are_known,
    one_radio_serves_two_networks,
    one_radio_serves_four_networks_without_addresses_of_their_own,
    an_access_point_with_more_methods_than_the_kernel_takes_serves_them,
    a_bridge_carries_the_stations_frames,
    a_listed_station_is_refused,
    only_a_listed_station_is_let_in,
    country_and_channel_are_announced,
    country_and_thresholds_are_put_back_at_the_end_and_after_a_kill,
    wpa1_is_joined_only_when_asked_for,
    sae_asks_for_a_token_when_many_come,
    no_secret_reaches_a_log,
];

const AWHILE: Duration = Duration::from_secs(60);

/// As a warning that names file and line.
pub fn an_unsupported_parameter_is_named_and_the_network_is_joined(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).head("dot11RSNAConfigPMKLifetime=43200\nwps_cred_processing=1");
    let network = network.station("bgscan=\"simple:30:-45:300\"").access_point("wps_state=0\nwmm_ac_bk_cwmin=4");
    let (sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let warned = |log: &str, file: &str, parameter: &str| {
        log.lines().any(|line| line.contains(file) && line.contains(parameter))
    };
    check(warned(&sta.program.log(), "sta.wpa_supplicant.conf:3", "wps_cred_processing"), || {
        "no warning names line 3 of the station's file and wps_cred_processing".into()
    })?;
    lab.step(&format!("{} lines in the access point's log", ap.program.log().lines().count()));
    Ok(())
}

fn refused(lab: &mut Lab, program: &str, arguments: &[&str], words: &[&str]) -> Outcome {
    lab.namespace("bench")?;
    let path = lab.our_program(program);
    let mut started = lab.start("bench", program, &path, arguments)?;
    let status = started.wait_end(AWHILE)?;
    check(!status.success(), || "a malformed file was accepted".into())?;
    let log = started.log();
    check(words.iter().all(|word| log.contains(word)), || format!("it does not say {words:?}: {log}"))
}

/// An error that names file and line, and an exit.
pub fn a_malformed_station_file_is_refused_with_its_line(lab: &mut Lab) -> Outcome {
    let text = "ctrl_interface=/run/none\nnetwork={\n\tssid=\"x\"\n\tpsk=\"short\"\n}\n";
    let file = lab.file("bad.conf", text)?.to_string_lossy().into_owned();
    refused(lab, "supplicant", &["-i", "lo", "-c", &file], &["bad.conf:4", "psk"])
}

/// The same for access points.
pub fn a_malformed_access_point_file_is_refused_with_its_line(lab: &mut Lab) -> Outcome {
    let text = "interface=lo\ndriver=nl80211\nssid=x\nhw_mode=q\n";
    let file = lab.file("bad.conf", text)?.to_string_lossy().into_owned();
    refused(lab, "apd", &[&file], &["bad.conf:4", "hw_mode"])
}

/// `ignore_broadcast_ssid` and `scan_ssid`.
pub fn a_hidden_network_is_found(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("ignore_broadcast_ssid=1");
    join(lab, Maker::Airlock, Maker::Airlock, &network).map(drop)
}

/// By `priority`.
pub fn the_preferred_of_two_networks_is_joined(lab: &mut Lab) -> Outcome {
    let plain = Network::new(Suite::Wpa2).named("Second best").station("priority=1");
    let preferred = Network::new(Suite::Wpa2).named("Best").on_channel(6).station("priority=5");
    let mut other = AccessPoint::start(lab, "other", Maker::Debian, &plain)?;
    let mut best = AccessPoint::start(lab, "best", Maker::Debian, &preferred)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = format!("{}{}", plain.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name), preferred.block());
    let file = lab.file("two.conf", &conf)?;
    let mut sta = Station::start_file(lab, host, Maker::Airlock, folder, file)?;
    joined(lab, &mut sta, &mut best, &preferred)?;
    // When it is gone the other will do; DISABLE_NETWORK of that one, and there is nothing.
    best.program.end()?;
    joined(lab, &mut sta, &mut other, &plain)
}

/// With equal priority.
pub fn a_protected_network_is_preferred_to_none_when_both_are_known(lab: &mut Lab) -> Outcome {
    let open = Network::new(Suite::Open).named("Cafe");
    let protected = Network::new(Suite::Sae(Method::Direct, 19)).named("Home").on_channel(6);
    let _cafe = AccessPoint::start(lab, "cafe", Maker::Debian, &open)?;
    let mut home = AccessPoint::start(lab, "home", Maker::Debian, &protected)?;
    let host = lab.host("sta")?;
    let folder = PathBuf::from("/run/sta-wpa_supplicant");
    let conf = format!("{}{}", protected.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name), open.block());
    let file = lab.file("two.conf", &conf)?;
    let mut sta = Station::start_file(lab, host, Maker::Airlock, folder, file)?;
    joined(lab, &mut sta, &mut home, &protected)
}

/// `bss=`.
pub fn one_radio_serves_two_networks(lab: &mut Lab) -> Outcome {
    let first = Network::new(Suite::Sae(Method::Direct, 19)).named("Staff");
    let second = Network::new(Suite::Wpa2).named("Guests");
    let extra = format!(
        "bss=guests0\nctrl_interface=/run/ap-hostapd\nssid=Guests\nwpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\n\
         wpa_passphrase={}",
        second.passphrase
    );
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &first.clone().access_point(&extra))?;
    let mut staff = Station::start(lab, "staff", Maker::Airlock, &first)?;
    joined(lab, &mut staff, &mut ap, &first)?;
    let mut guest = Station::start(lab, "guest", Maker::Debian, &second)?;
    guest.must_join(lab, &second)?;
    lab.wait_authorized(&ap.host, "guests0", &guest.host.mac, AWHILE)?;
    lab.run_in(&ap.host.name, "ip", &["address", "flush", "dev", &ap.host.interface])?;
    let host = ap.host.clone();
    lab.set_address(&host, "guests0")?;
    lab.ping(&guest.host, &ap.host)?;
    let mut control = Control::open(&ap.folder.join("guests0"), AWHILE)?;
    let answer = control.request(&format!("STA {}", guest.host.mac))?;
    check(answer.contains("[AUTHORIZED]"), || answer)?;
    let answer = ap.control.request(&format!("STA {}", guest.host.mac))?;
    check(!answer.contains("[AUTHORIZED]"), || "the guest is among the staff".into())
}

/// As OpenWrt writes them: transition mode, and no `bssid`.
pub fn one_radio_serves_four_networks_without_addresses_of_their_own(lab: &mut Lab) -> Outcome {
    let network = |name: &str| Network::new(Suite::Transition).named(name);
    let (first, last) = (network("Net0"), network("Net3"));
    let more = |number: u32| {
        format!(
            "bss=more{number}\nctrl_interface=/run/ap-hostapd\nssid=Net{number}\nwpa=2\nwpa_key_mgmt=WPA-PSK SAE\n\
             rsn_pairwise=CCMP\nieee80211w=1\nsae_require_mfp=1\nsae_pwe=2\nwpa_passphrase={}",
            last.passphrase
        )
    };
    let extra = [1, 2, 3].map(more).join("\n");
    let ap = AccessPoint::start(lab, "ap", Maker::Airlock, &first.clone().access_point(&extra))?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &last)?;
    sta.must_join(lab, &last)?;
    lab.wait_authorized(&ap.host, "more3", &sta.host.mac, AWHILE)
}

/// `bridge=`.
pub fn a_bridge_carries_the_stations_frames(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("bridge=br0");
    let host = lab.host("ap")?;
    lab.run_in("ap", "ip", &["link", "add", "br0", "type", "bridge"])?;
    lab.run_in("ap", "ip", &["link", "set", "br0", "up"])?;
    let mut ap = AccessPoint::start_on(lab, host, Maker::Airlock, &network)?;
    let interface = ap.host.interface.clone();
    lab.run_in("ap", "ip", &["address", "flush", "dev", &interface])?;
    let links = lab.run_in("ap", "ip", &["-o", "link", "show", "dev", &interface])?;
    check(links.contains("master br0"), || format!("{interface} is no port of the bridge: {links}"))?;
    let host = ap.host.clone();
    lab.set_address(&host, "br0")?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    // A station that comes again must not be lost by the bridge.
    sta.control()?.ok("REASSOCIATE")?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// `deny_mac_file`.
pub fn a_listed_station_is_refused(lab: &mut Lab) -> Outcome {
    // The first station of a story has the second radio's address.
    let list = lab.file("deny", "# not this one\n02:00:00:00:01:00\n")?;
    let network = Network::new(Suite::Wpa2).access_point(&format!("macaddr_acl=0\ndeny_mac_file={}", list.display()));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut refused = Station::start(lab, "refused", Maker::Debian, &network)?;
    let mut welcome = Station::start(lab, "welcome", Maker::Debian, &network)?;
    joined(lab, &mut welcome, &mut ap, &network)?;
    std::thread::sleep(Duration::from_secs(20));
    check(refused.control()?.status("wpa_state")?.as_deref() != Some("COMPLETED"), || "it was let in".into())
}

/// `accept_mac_file`.
pub fn only_a_listed_station_is_let_in(lab: &mut Lab) -> Outcome {
    let list = lab.file("accept", "02:00:00:00:02:00\n")?;
    let network = Network::new(Suite::Wpa2).access_point(&format!("macaddr_acl=1\naccept_mac_file={}", list.display()));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut refused = Station::start(lab, "refused", Maker::Airlock, &network)?;
    let mut welcome = Station::start(lab, "welcome", Maker::Airlock, &network)?;
    joined(lab, &mut welcome, &mut ap, &network)?;
    std::thread::sleep(Duration::from_secs(20));
    check(refused.control()?.status("wpa_state")?.as_deref() != Some("COMPLETED"), || "it was let in".into())
}

/// `country_code`, `ieee80211d` and a channel that world-wide rules allow.
pub fn country_and_channel_are_announced(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).on_channel(11).access_point("country_code=FI\nieee80211d=1");
    let (mut sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    sta.control()?.wait_status("freq", "2462", AWHILE)?;
    let interface = sta.host.interface.clone();
    let seen = lab.run_in(&sta.host.name, "iw", &["dev", &interface, "scan", "dump"])?;
    check(seen.contains("Country: FI"), || format!("{} announces no country: {seen}", ap.host.name))
}

/// They are everybody's: the regulatory domain of the machine, `rts_threshold` and `fragm_threshold` of the radio.
pub fn country_and_thresholds_are_put_back_at_the_end_and_after_a_kill(lab: &mut Lab) -> Outcome {
    let lines = "country_code=FI\nieee80211d=1\nrts_threshold=500\nfragm_threshold=600";
    let network = Network::new(Suite::Wpa2).access_point(lines);
    let host = lab.host("ap")?;
    let shared = |lab: &mut Lab| -> Outcome<String> {
        let country = lab.run_in("ap", "iw", &["reg", "get"])?;
        let radio = lab.run_in("ap", "iw", &["phy", &host.phy, "info"])?;
        let lines = country.lines().chain(radio.lines());
        let shared = lines.filter(|line| ["country", "RTS", "Fragmentation"].iter().any(|word| line.contains(word)));
        Ok(shared.map(|line| format!("{}; ", line.trim())).collect())
    };
    let before = shared(lab)?;
    for killed in [false, true] {
        let mut ap = AccessPoint::start_on(lab, host.clone(), Maker::Airlock, &network)?;
        let changed = shared(lab)?;
        lab.step(&format!("{before} became {changed}"));
        let all = ["FI", "500", "600"].iter().all(|value| changed.contains(value));
        check(all, || format!("nothing was changed: {changed}"))?;
        if killed {
            ap.program.signal(nix::sys::signal::Signal::SIGKILL)?;
        } else {
            ap.program.end()?;
        }
        until("what was before", AWHILE, || Ok((shared(lab)? == before).then_some(())))?;
    }
    Ok(())
}

/// TKIP only for those who name it.
pub fn wpa1_is_joined_only_when_asked_for(lab: &mut Lab) -> Outcome {
    let old = Network::new(Suite::Wpa1);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &old)?;
    let mut cautious = Station::start(lab, "cautious", Maker::Airlock, &Network::new(Suite::Wpa2))?;
    std::thread::sleep(Duration::from_secs(20));
    check(cautious.control()?.status("wpa_state")?.as_deref() != Some("COMPLETED"), || {
        "it joined WPA1 unasked".into()
    })?;
    cautious.program.end()?;
    let mut insisting = Station::start(lab, "insisting", Maker::Airlock, &old)?;
    joined(lab, &mut insisting, &mut ap, &old)
}

/// Anti-clogging from the first station on.
pub fn sae_asks_for_a_token_when_many_come(lab: &mut Lab) -> Outcome {
    for (number, method) in [Method::Loop, Method::Direct].into_iter().enumerate() {
        let network = Network::new(Suite::Sae(method, 19)).access_point("sae_anti_clogging_threshold=0");
        if number == 0 {
            let (mut sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
            ap.program.end()?;
            sta.program.end()?;
        } else {
            lab.plug_in("phy3")?;
            let host = lab.host("ap2")?;
            let mut ap = AccessPoint::start_on(lab, host, Maker::Airlock, &network)?;
            let host = lab.host("sta2")?;
            let mut sta = Station::start_on(lab, host, Maker::Airlock, &network)?;
            joined(lab, &mut sta, &mut ap, &network)?;
        }
    }
    Ok(())
}

/// Not with -dd, in no form.
pub fn no_secret_reaches_a_log(lab: &mut Lab) -> Outcome {
    // PBKDF2 of the passphrase and the name of the network, as wpa_passphrase prints it.
    let network = Network::new(Suite::Transition);
    let said = lab.command("wpa_passphrase", &[&network.ssid, &network.passphrase])?;
    let psk = said.lines().find_map(|line| line.trim().strip_prefix("psk=")).unwrap_or_default().to_owned();
    check(psk.len() == 64, || format!("wpa_passphrase says {said}"))?;
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    sta.control()?.ok(&format!("SET_NETWORK 0 psk \"{}\"", network.passphrase))?;
    sta.control()?.request("GET_NETWORK 0 psk")?;
    ap.control.request(&format!("SET wpa_passphrase {}", network.passphrase))?;
    ap.control.request("GET_CONFIG")?;
    let spaced =
        |hex: &str| -> String { hex.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ") };
    let hex: String = network.passphrase.bytes().map(|byte| format!("{byte:02x}")).collect();
    let secrets = [network.passphrase.clone(), psk.clone(), spaced(&psk), hex.clone(), spaced(&hex)];
    for program in [&sta.program, &ap.program] {
        let log = program.log().to_lowercase();
        for secret in &secrets {
            check(!log.contains(secret.as_str()), || format!("{} logs the secret {secret:?}", program.name))?;
        }
        check(log.lines().count() > 3, || format!("{} logs nothing with -dd", program.name))?;
    }
    Ok(())
}

/// The kernel takes two key management suites; the network has three, and is on the air with all of them.
pub fn an_access_point_with_more_methods_than_the_kernel_takes_serves_them(lab: &mut Lab) -> Outcome {
    let methods = "wpa_key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE";
    let network = Network::new(Suite::Transition).access_point(methods);
    join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    Ok(())
}
