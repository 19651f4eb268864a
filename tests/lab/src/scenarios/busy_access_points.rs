//! Access points as those know them who run them: many networks, many stations, and changes while all are at work.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Story, stories};
use crate::failure::{Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process;
use crate::guest::program::{Program, until};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[Story] = &[
    with_radios("two_radios_serve_two_networks_each", 6, two_radios_serve_two_networks_each),
    with_radios("two_dozen_stations_come_at_once", 25, two_dozen_stations_come_at_once),
    with_radios("isolated_stations_cannot_reach_each_other", 3, isolated_stations_cannot_reach_each_other),
    with_radios("a_network_comes_and_goes_beside_one_that_stays", 3, a_network_comes_and_goes_beside_one_that_stays),
    with_radios("a_reload_keeps_the_stations_of_what_stays", 3, a_reload_keeps_the_stations_of_what_stays),
    with_radios("keys_and_lists_change_under_way", 3, keys_and_lists_change_under_way),
];
/// Those that need no more than every guest has.
pub const MORE: &[Story] = stories![
    a_5_ghz_network_in_a_country_uses_its_width,
    a_wide_channel_on_2_4_ghz_gives_way_to_neighbours,
    a_network_that_hides_its_name_by_zeros_is_found,
    a_full_access_point_turns_the_next_one_away,
    a_network_moves_to_another_channel_with_its_stations,
    our_station_hears_why_it_is_sent_away,
    debians_station_hears_why_it_is_sent_away,
    a_killed_access_point_comes_back_and_its_station_with_it,
    one_bad_file_of_three_is_named,
    an_administrator_reads_what_is_wrong,
];

const AWHILE: Duration = Duration::from_secs(60);

const fn with_radios(name: &'static str, radios: u32, play: fn(&mut Lab) -> Outcome) -> Story {
    Story { name, radios, systemd: false, play }
}

const FOLDER: &str = "/run/ap-hostapd";

/// The lines of a further network of a radio.
fn further(interface: &str, network: &Network) -> String {
    let conf = network.hostapd_conf(interface, FOLDER, CONTROL_GROUP.name);
    let of_the_radio = ["interface=", "driver=", "hw_mode=", "channel="];
    let lines = conf.lines().filter(|line| !of_the_radio.iter().any(|key| line.starts_with(key)));
    format!("bss={interface}\n{}", lines.collect::<Vec<_>>().join("\n"))
}

fn conf(lab: &mut Lab, host: &Host, interface: &str, network: &Network) -> Outcome<PathBuf> {
    let text = network.hostapd_conf(interface, FOLDER, CONTROL_GROUP.name);
    lab.file(&format!("{}-{interface}.hostapd.conf", host.name), &text)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A daemon without a network yet, and its global socket.
fn start_empty(lab: &mut Lab) -> Outcome<(Host, Program, Control)> {
    let host = lab.host("ap")?;
    let program = lab.our_program("apd");
    let program = lab.start("ap", "apd", &program, &["-dd", "-t", "-g", "/run/global-ap"])?;
    let global = Control::open(Path::new("/run/global-ap"), AWHILE)?;
    Ok((host, program, global))
}

fn attached(interface: &str) -> Outcome<Control> {
    let mut control = Control::open(&Path::new(FOLDER).join(interface), AWHILE)?;
    control.wait_status("state", "ENABLED", AWHILE)?;
    control.attach()?;
    Ok(control)
}

/// Two files, each with `bss=`, all with other protection.
pub fn two_radios_serve_two_networks_each(lab: &mut Lab) -> Outcome {
    let host = lab.host("ap")?;
    lab.command("iw", &["phy", "phy1", "set", "netns", "name", "ap"])?;
    let staff = Network::new(Suite::Sae(Method::Direct, 19)).named("Staff");
    let guests = Network::new(Suite::Open).named("Guests").on_channel(6);
    let things = Network::new(Suite::Wpa2).named("Things").with_passphrase("another passphrase");
    let office = Network::new(Suite::Transition).named("Office").on_channel(6);
    let first = conf(lab, &host, &host.interface, &staff.clone().access_point(&further("things0", &things)))?;
    let second = conf(lab, &host, "wlan1", &guests.clone().access_point(&further("office0", &office)))?;
    let program = lab.our_program("apd");
    let _apd = lab.start("ap", "apd", &program, &["-dd", "-t", &text(&first), &text(&second)])?;
    let served = [(&staff, host.interface.as_str()), (&things, "things0"), (&guests, "wlan1"), (&office, "office0")];
    for (number, (network, interface)) in served.into_iter().enumerate() {
        let mut control = attached(interface)?;
        let radio = lab.host_with(&format!("sta{number}"), &format!("phy{}", number + 2))?;
        let maker = if number % 2 == 0 { Maker::Airlock } else { Maker::Debian };
        let mut sta = Station::start_on(lab, radio, maker, network)?;
        sta.must_join(lab, network)?;
        control.event(&format!("AP-STA-CONNECTED {}", sta.host.mac), AWHILE)?;
        for (_, other) in served.iter().filter(|(_, other)| *other != interface) {
            let found =
                Control::open(&Path::new(FOLDER).join(other), AWHILE)?.request(&format!("STA {}", sta.host.mac))?;
            check(!found.contains("[ASSOC]"), || format!("the station of {interface} is in {other} too"))?;
        }
        sta.program.end()?;
    }
    Ok(())
}

/// Twelve of ours and twelve of Debian's in one room.
pub fn two_dozen_stations_come_at_once(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Transition);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let before = resident(&ap.program)?;
    let mut macs = Vec::new();
    let mut programs = Vec::new();
    for (room, maker) in ["ours", "debians"].into_iter().zip([Maker::Airlock, Maker::Debian]) {
        lab.namespace(room)?;
        let folder = format!("/run/{room}");
        let file = lab.file(&format!("{room}.conf"), &network.supplicant_conf(&folder, CONTROL_GROUP.name))?;
        let file = text(&file);
        let mut arguments = vec!["-D", "nl80211"];
        let phys: Vec<String> =
            (1..=12).map(|n| format!("phy{}", n + if maker == Maker::Debian { 12 } else { 0 })).collect();
        let names: Vec<String> = phys.iter().map(|phy| phy.replace("phy", "wlan")).collect();
        for (index, (phy, name)) in phys.iter().zip(&names).enumerate() {
            lab.command("iw", &["phy", phy, "set", "netns", "name", room])?;
            if index > 0 {
                arguments.push("-N");
            }
            arguments.extend(["-i", name, "-c", &file]);
            let address = lab.run_in(room, "cat", &[&format!("/sys/class/net/{name}/address")])?;
            macs.push(address.trim().to_owned());
        }
        let program = match maker {
            Maker::Airlock => lab.our_program("supplicant"),
            Maker::Debian | Maker::Iwd => PathBuf::from("/usr/sbin/wpa_supplicant"),
        };
        programs.push(lab.start(room, room, &program, &arguments)?);
    }
    let interface = ap.host.interface.clone();
    until("all two dozen stations", AWHILE + AWHILE, || {
        let stations = lab.stations(&ap.host, &interface)?;
        let here = |mac: &String| stations.iter().any(|known| known.mac == *mac && known.flag("authorized"));
        Ok(macs.iter().all(here).then_some(()))
    })?;
    let mut counted = 0;
    let mut answer = ap.control.request("STA-FIRST")?;
    while let Some(mac) = answer.lines().next().map(str::to_owned).filter(|line| line.len() == 17) {
        check(answer.contains("[AUTHORIZED]"), || answer.clone())?;
        counted += 1;
        answer = ap.control.request(&format!("STA-NEXT {mac}"))?;
    }
    check(counted == macs.len(), || format!("{counted} of {} are listed", macs.len()))?;
    ap.control.wait_status("num_sta[0]", "24", AWHILE)?;
    let after = resident(&ap.program)?;
    lab.step(&format!("resident memory {before} KiB without stations, {after} KiB with {}", macs.len()));
    check(after < before + 1024, || format!("memory grew from {before} to {after} KiB"))
}

fn resident(program: &Program) -> Outcome<u64> {
    let family = process::family(program.id())?;
    Ok(family.iter().filter(|process| process.name == "apd").map(|process| process.resident).max().unwrap_or(0))
}

/// `ap_isolate`.
pub fn isolated_stations_cannot_reach_each_other(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("ap_isolate=1");
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut one = Station::start(lab, "one", Maker::Airlock, &network)?;
    let mut two = Station::start(lab, "two", Maker::Debian, &network)?;
    joined(lab, &mut one, &mut ap, &network)?;
    joined(lab, &mut two, &mut ap, &network)?;
    lab.no_ping(&one.host, &two.host)?;
    // They can as soon as it is taken back, without joining again.
    one.control()?.forget_events()?;
    ap.control.ok("SET ap_isolate 0")?;
    ap.control.ok("RELOAD")?;
    until("the end of isolation", AWHILE, || Ok(lab.ping(&one.host, &two.host).ok()))?;
    one.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))
}

/// `ADD bss_config=PHY:FILE` and REMOVE while a station of another network is connected.
pub fn a_network_comes_and_goes_beside_one_that_stays(lab: &mut Lab) -> Outcome {
    let staying = Network::new(Suite::Sae(Method::Direct, 19)).named("Staying");
    let passing = Network::new(Suite::Wpa2).named("Passing");
    let (host, mut program, mut global) = start_empty(lab)?;
    let first = conf(lab, &host, &host.interface, &staying)?;
    let second = conf(lab, &host, "passing0", &passing)?;
    global.ok(&format!("ADD bss_config={}:{}", host.phy, first.display()))?;
    let mut stays = attached(&host.interface)?;
    let mut resident = Station::start(lab, "resident", Maker::Airlock, &staying)?;
    resident.must_join(lab, &staying)?;
    resident.control()?.forget_events()?;
    stays.event(&format!("AP-STA-CONNECTED {}", resident.host.mac), AWHILE)?;
    for _ in 0..2 {
        global.ok(&format!("ADD bss_config={}:{}", host.phy, second.display()))?;
        // Whoever added it may use it at once.
        let mut added = Control::connect(&Path::new(FOLDER).join("passing0"))?;
        check(added.status("ssid[1]")?.as_deref() == Some("Passing"), || "STATUS does not show it".into())?;
        added.attach()?;
        let mut visitor = match lab.host_with("visitor", "phy2") {
            Ok(radio) => Station::start_on(lab, radio, Maker::Debian, &passing)?,
            Err(failure) => return Err(failure),
        };
        visitor.must_join(lab, &passing)?;
        added.event(&format!("AP-STA-CONNECTED {}", visitor.host.mac), AWHILE)?;
        // Taken down and up by hand it comes back, and its station with it.
        added.forget_events()?;
        lab.run_in("ap", "ip", &["link", "set", "passing0", "down"])?;
        lab.run_in("ap", "ip", &["link", "set", "passing0", "up"])?;
        added.event(&format!("AP-STA-CONNECTED {}", visitor.host.mac), AWHILE)?;
        // Its file is not the radio's: reading that one again does not take it away.
        visitor.control()?.forget_events()?;
        stays.ok("RELOAD_CONFIG")?;
        visitor.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))?;
        check(added.request("PING")? == "PONG\n", || "its control socket is gone".into())?;
        global.ok("REMOVE passing0")?;
        visitor.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
        let devices = lab.run_in("ap", "iw", &["dev"])?;
        check(!devices.contains("passing0"), || format!("its interface is left: {devices}"))?;
        visitor.program.end()?;
        lab.run_in("visitor", "iw", &["phy", "phy2", "set", "netns", "1"])?;
        lab.command("ip", &["netns", "delete", "visitor"])?;
    }
    // One that cannot work is refused and leaves nothing behind.
    let bad = conf(lab, &host, "passing0", &passing.access_point("bridge=a-name-that-is-no-bridge"))?;
    check(global.request(&format!("ADD bss_config={}:{}", host.phy, bad.display()))?.contains("FAIL"), || {
        "a network without a bridge is accepted".into()
    })?;
    resident.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(2))?;
    stays.no_event("AP-STA-DISCONNECTED", Duration::from_secs(1))?;
    lab.set_address(&host, &host.interface)?;
    lab.ping(&resident.host, &host)?;
    global.ok("TERMINATE")?;
    program.wait_end(AWHILE).map(drop)
}

/// RELOAD, RELOAD_CONFIG and SIGHUP: one network changes, the other does not.
pub fn a_reload_keeps_the_stations_of_what_stays(lab: &mut Lab) -> Outcome {
    let staff = Network::new(Suite::Wpa2Sha256).named("Staff");
    let guests = Network::new(Suite::Wpa2).named("Guests");
    let mut ap =
        AccessPoint::start(lab, "ap", Maker::Airlock, &staff.clone().access_point(&further("guests0", &guests)))?;
    let mut guests_control = attached("guests0")?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &staff)?;
    let mut guest = Station::start(lab, "guest", Maker::Airlock, &guests)?;
    joined(lab, &mut sta, &mut ap, &staff)?;
    guest.must_join(lab, &guests)?;
    let quiet = |one: &mut Station, two: &mut Station| {
        one.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(2))?;
        two.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_millis(100))
    };
    sta.control()?.forget_events()?;
    guest.control()?.forget_events()?;
    ap.control.ok("RELOAD")?;
    ap.control.ok("SET max_num_sta 5")?;
    ap.control.ok("RELOAD")?;
    ap.program.signal(Signal::SIGHUP)?;
    quiet(&mut sta, &mut guest)?;
    // The file says something else of the guests' network, and knows a third.
    let lobby = Network::new(Suite::Open).named("Lobby");
    let changed = guests.clone().with_passphrase("something else entirely");
    let new = format!("{}\n{}", further("lobby0", &lobby), further("guests0", &changed));
    let conf = staff.clone().access_point(&new).hostapd_conf(&ap.host.interface, FOLDER, CONTROL_GROUP.name);
    std::fs::write(&ap.file, conf)?;
    ap.control.ok("RELOAD_CONFIG")?;
    guest.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    guests_control.event(&format!("AP-STA-DISCONNECTED {}", guest.host.mac), AWHILE)?;
    sta.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(2))?;
    guest.control()?.ok(&format!("SET_NETWORK 0 psk \"{}\"", changed.passphrase))?;
    guest.control()?.ok("SELECT_NETWORK 0")?;
    guest.must_join(lab, &changed)?;
    attached("lobby0")?;
    // And now nothing of either: the guests' network is gone, another name is another network.
    let renamed = staff.clone().named("Renamed");
    std::fs::write(&ap.file, renamed.hostapd_conf(&ap.host.interface, FOLDER, CONTROL_GROUP.name))?;
    ap.control.ok("RELOAD_CONFIG")?;
    sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    guest.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    let devices = lab.run_in("ap", "iw", &["dev"])?;
    check(!devices.contains("guests0") && !devices.contains("lobby0"), || format!("left: {devices}"))?;
    sta.control()?.ok("SET_NETWORK 0 ssid \"Renamed\"")?;
    sta.control()?.ok("SELECT_NETWORK 0")?;
    joined(lab, &mut sta, &mut ap, &renamed)
}

/// RELOAD_WPA_PSK, DENY_ACL, ACCEPT_ACL, `SET deny_mac_file`.
pub fn keys_and_lists_change_under_way(lab: &mut Lab) -> Outcome {
    let keys = lab.file("keys", "00:00:00:00:00:00 passphrase of one\n00:00:00:00:00:00 passphrase of two\n")?;
    let network = Network::new(Suite::Wpa2).access_point(&format!("wpa_psk_file={}", keys.display()));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let of_one = network.clone().with_passphrase("passphrase of one");
    let of_two = network.clone().with_passphrase("passphrase of two");
    let mut one = Station::start(lab, "one", Maker::Airlock, &of_one)?;
    let mut two = Station::start(lab, "two", Maker::Debian, &of_two)?;
    joined(lab, &mut one, &mut ap, &network)?;
    joined(lab, &mut two, &mut ap, &network)?;
    one.control()?.forget_events()?;
    two.control()?.forget_events()?;
    lab.file("keys", "00:00:00:00:00:00 passphrase of one\n")?;
    ap.control.ok("RELOAD_WPA_PSK")?;
    two.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
    one.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))?;
    lab.file("keys", "00:00:00:00:00:00 passphrase of one\n00:00:00:00:00:00 passphrase of two\n")?;
    ap.control.ok("RELOAD_WPA_PSK")?;
    two.control()?.ok("SELECT_NETWORK 0")?;
    joined(lab, &mut two, &mut ap, &network)?;
    // A broken file changes nothing.
    lab.file("keys", "no key\n")?;
    check(ap.control.request("RELOAD_WPA_PSK")? == "FAIL\n", || "a broken file is accepted".into())?;
    lab.ping(&two.host, &ap.host)?;
    for (number, list) in ["DENY_ACL ADD_MAC", "SET deny_mac_file"].into_iter().enumerate() {
        two.control()?.forget_events()?;
        if number == 0 {
            ap.control.ok(&format!("{list} {}", two.host.mac))?;
        } else {
            let file = lab.file("denied", &format!("{}\n", two.host.mac))?;
            ap.control.ok(&format!("{list} {}", file.display()))?;
        }
        two.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
        // What else is read again changes nothing in that.
        lab.file("keys", "00:00:00:00:00:00 passphrase of one\n00:00:00:00:00:00 passphrase of two\n")?;
        ap.control.ok("RELOAD_WPA_PSK")?;
        ap.control.ok("RELOAD")?;
        let shown = ap.control.request("DENY_ACL SHOW")?;
        check(shown.contains(&two.host.mac), || format!("DENY_ACL SHOW: {shown:?}"))?;
        ap.control.ok("DENY_ACL CLEAR")?;
        two.control()?.ok("SELECT_NETWORK 0")?;
        joined(lab, &mut two, &mut ap, &network)?;
    }
    one.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))
}

/// `country_code`, `hw_mode=a`, `ieee80211n`, `ieee80211ac` and 80 MHz.
pub fn a_5_ghz_network_in_a_country_uses_its_width(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point(
        "hw_mode=a\nchannel=36\ncountry_code=US\nieee80211d=1\nieee80211n=1\nht_capab=[HT40+]\nieee80211ac=1\n\
         vht_oper_chwidth=1\nvht_oper_centr_freq_seg0_idx=42\nwmm_enabled=1",
    );
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut debians = Station::start(lab, "debians", Maker::Debian, &network)?;
    joined(lab, &mut debians, &mut ap, &network)?;
    ap.control.wait_status("ieee80211ac", "1", AWHILE)?;
    let info = lab.run_in("ap", "iw", &["dev", &ap.host.interface, "info"])?;
    check(info.contains("width: 80 MHz"), || info)?;
    for station in [&mut sta, &mut debians] {
        station.control()?.wait_status("freq", "5180", AWHILE)?;
        let known = ap.control.request(&format!("STA {}", station.host.mac))?;
        check(known.contains("[VHT]"), || known)?;
    }
    Ok(())
}

/// `ht_capab=[HT40+]` on 2.4 GHz, alone and with a neighbour on another channel of the range; `noscan=1`.
pub fn a_wide_channel_on_2_4_ghz_gives_way_to_neighbours(lab: &mut Lab) -> Outcome {
    let wide = "ieee80211n=1\nwmm_enabled=1\nht_capab=[HT40+]";
    let width = |lab: &mut Lab, ap: &AccessPoint, wanted: &str| {
        let info = lab.run_in("ap", "iw", &["dev", &ap.host.interface, "info"])?;
        check(info.contains(wanted), || format!("not {wanted:?}: {info}"))
    };
    let network = Network::new(Suite::Wpa2).access_point(wide);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    width(lab, &ap, "width: 40 MHz")?;
    sta.program.end()?;
    let mut neighbour = AccessPoint::start(lab, "neighbour", Maker::Debian, &Network::new(Suite::Open).on_channel(4))?;
    neighbour.control.wait_status("state", "ENABLED", AWHILE)?;
    // It has worked alone, and looks again when it begins anew.
    for (noscan, wanted) in [("0", "width: 20 MHz"), ("1", "width: 40 MHz")] {
        ap.control.ok("DISABLE")?;
        ap.control.ok(&format!("SET noscan {noscan}"))?;
        ap.control.ok("ENABLE")?;
        width(lab, &ap, wanted)?;
    }
    ap.program.wait_log("channel 1 is 20 MHz wide, not 40", AWHILE)
}

/// `ignore_broadcast_ssid=2`: the name's length is there, its octets are zero.
pub fn a_network_that_hides_its_name_by_zeros_is_found(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("ignore_broadcast_ssid=2");
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    sta.program.end()?;
    let mut debians = Station::start(lab, "debians", Maker::Debian, &network)?;
    joined(lab, &mut debians, &mut ap, &network)
}

/// `max_num_sta`.
pub fn a_full_access_point_turns_the_next_one_away(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("max_num_sta=1");
    let (mut first, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut second = Station::start(lab, "second", Maker::Airlock, &network)?;
    second.control()?.event("CTRL-EVENT-AUTH-REJECT", AWHILE)?;
    ap.program.wait_log("max_num_sta", AWHILE)?;
    joined(lab, &mut first, &mut ap, &network)?;
    // There is room when the first has left.
    first.control()?.ok("DISCONNECT")?;
    second.control()?.ok("REASSOCIATE")?;
    joined(lab, &mut second, &mut ap, &network)
}

/// `CHAN_SWITCH`.
pub fn a_network_moves_to_another_channel_with_its_stations(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19)).access_point("ieee80211n=1\nwmm_enabled=1");
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut debians = Station::start(lab, "debians", Maker::Debian, &network)?;
    joined(lab, &mut debians, &mut ap, &network)?;
    for (freq, channel) in [(2462, "11"), (2437, "6")] {
        sta.control()?.forget_events()?;
        debians.control()?.forget_events()?;
        ap.control.ok(&format!("CHAN_SWITCH 5 {freq} ht"))?;
        ap.control.event(&format!("AP-CSA-FINISHED freq={freq}"), AWHILE)?;
        ap.control.wait_status("channel", channel, AWHILE)?;
        sta.control()?.wait_status("freq", &freq.to_string(), AWHILE)?;
        lab.ping(&sta.host, &ap.host)?;
        lab.ping(&debians.host, &ap.host)?;
        sta.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))?;
        debians.control()?.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))?;
    }
    // Who comes later finds it there, and a channel that the radio does not have is refused.
    check(ap.control.request("CHAN_SWITCH 5 2999 ht")?.contains("FAIL"), || "2999 MHz is accepted".into())?;
    debians.control()?.ok("DISCONNECT")?;
    debians.control()?.ok("RECONNECT")?;
    debians.control()?.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    joined(lab, &mut debians, &mut ap, &network)
}

fn hears_why(lab: &mut Lab, maker: Maker) -> Outcome {
    for (number, suite) in [Suite::Wpa2Sha256, Suite::Wpa2].into_iter().enumerate() {
        let network = Network::new(suite).named(&format!("Net {number}"));
        if number > 0 {
            lab.plug_in("phy3")?;
        }
        let ap_host = lab.host(&format!("ap{number}"))?;
        let sta_host = lab.host(&format!("sta{number}"))?;
        let mut ap = AccessPoint::start_on(lab, ap_host, Maker::Airlock, &network)?;
        let mut sta = Station::start_on(lab, sta_host, maker, &network)?;
        joined(lab, &mut sta, &mut ap, &network)?;
        for (command, reason) in [("DEAUTHENTICATE", 5), ("DISASSOCIATE", 34)] {
            sta.control()?.forget_events()?;
            ap.control.ok(&format!("{command} {} reason={reason}", sta.host.mac))?;
            let event = sta.control()?.event("CTRL-EVENT-DISCONNECTED", AWHILE)?;
            // With protected management frames only a frame under the pairwise key can have told it so.
            let told = event.contains(&format!("reason={reason}")) && !event.contains("locally_generated");
            check(told, || format!("after {command} with reason {reason} it says {event}"))?;
            joined(lab, &mut sta, &mut ap, &network)?;
        }
        ap.program.end()?;
        sta.program.end()?;
    }
    Ok(())
}

/// The frame leaves before the key that protects it is taken away.
pub fn our_station_hears_why_it_is_sent_away(lab: &mut Lab) -> Outcome {
    hears_why(lab, Maker::Airlock)
}

/// The same.
pub fn debians_station_hears_why_it_is_sent_away(lab: &mut Lab) -> Outcome {
    hears_why(lab, Maker::Debian)
}

/// SIGKILL of every process, then a new start.
pub fn a_killed_access_point_comes_back_and_its_station_with_it(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let further = further("more0", &Network::new(Suite::Open).named("More"));
    let network = network.access_point(&further);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    ap.program.signal(Signal::SIGKILL)?;
    ap.program.wait_end(AWHILE)?;
    until("the end of the further interface", AWHILE, || {
        let devices = lab.run_in("ap", "iw", &["dev"])?;
        Ok((!devices.contains("more0")).then_some(()))
    })?;
    let (host, folder, file) = (ap.host.clone(), ap.folder.clone(), ap.file.clone());
    let mut again = AccessPoint::start_file(lab, host, Maker::Airlock, folder, file)?;
    again.control.event(&format!("AP-STA-CONNECTED {}", sta.host.mac), AWHILE)?;
    joined(lab, &mut sta, &mut again, &network)
}

/// Nothing starts, and the message says which file and which line.
pub fn one_bad_file_of_three_is_named(lab: &mut Lab) -> Outcome {
    let host = lab.host("ap")?;
    let network = Network::new(Suite::Wpa2);
    let first = conf(lab, &host, &host.interface, &network)?;
    let bad = lab.file("second.conf", "interface=wlan1\nssid=x\nwpa=2\nwpa_passphrase=short\nchannel=1\n")?;
    let third = conf(lab, &host, "wlan2", &network)?;
    let program = lab.our_program("apd");
    let mut apd = lab.start("ap", "apd", &program, &[&text(&first), &text(&bad), &text(&third)])?;
    let status = apd.wait_end(AWHILE)?;
    let log = apd.log();
    check(!status.success() && log.contains("second.conf:4"), || format!("it ended with {status} and said {log}"))
}

/// Each line says what happened and what can be done.
pub fn an_administrator_reads_what_is_wrong(lab: &mut Lab) -> Outcome {
    let host = lab.host("ap")?;
    let cases = [
        ("channel=14", &["channel 14", "regulatory", "country_code"][..]),
        ("channel=0", &["channel names none", "case1.conf:12"][..]),
        ("hw_mode=a\nchannel=36", &["5180 MHz", "country_code"][..]),
        ("hw_mode=a\nchannel=37", &["channel 37"][..]),
        ("hw_mode=ad\nchannel=1", &["hw_mode"][..]),
        ("wpa_psk_file=/run/lab/conf/none", &["/run/lab/conf/none"][..]),
        ("bridge=no/bridge", &["bridge"][..]),
        ("ctrl_interface=/proc/none", &["/proc/none"][..]),
    ];
    for (number, (lines, words)) in cases.into_iter().enumerate() {
        // The last line that names a parameter is the one that counts.
        let network = Network::new(Suite::Wpa2).access_point(lines);
        let file = network.hostapd_conf(&host.interface, FOLDER, CONTROL_GROUP.name);
        let file = lab.file(&format!("case{number}.conf"), &file)?;
        let program = lab.our_program("apd");
        let mut apd = lab.start("ap", &format!("apd{number}"), &program, &[&text(&file)])?;
        let said = until("an explanation", Duration::from_secs(20), || {
            let log = apd.log();
            Ok(words.iter().all(|word| log.contains(word)).then_some(log))
        });
        if said.is_err() {
            check(false, || format!("with {lines} it does not say {words:?} but {}", apd.log()))?;
        }
        if apd.must_run().is_ok() {
            apd.end()?;
        }
    }
    Ok(())
}
