//! What well-known scripts do with wpa_supplicant and hostapd, command by command, and what they expect. Our programs have
//! the originals' names here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::program::until;
use crate::guest::station::{AccessPoint, Station};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    netctls_menu_looks_for_networks_and_leaves_nothing_behind,
    netctl_joins_and_leaves,
    openrc_starts_both_daemons_and_its_action_script_runs_once,
    create_ap_makes_an_interface_and_serves,
    mininet_wifi_starts_many_and_ends_them_by_their_command_lines,
    the_log_goes_to_standard_output,
    a_second_daemon_leaves_the_file_with_the_process_id_alone,
];

const AWHILE: Duration = Duration::from_secs(60);

/// Functions of all scripts: our programs under the originals' names, and patience.
const HEAD: &str = "export PATH=/run/names:/usr/sbin:/usr/bin:/sbin:/bin\n\
    fail() { echo \"$*\"; exit 1; }\n\
    within() { n=$1; shift; while ! eval \"$*\"; do n=$((n-1)); [ $n -gt 0 ] || fail \"not within time: $*\"; sleep 0.1; done; }\n\
    running() { for p in /proc/[0-9]*; do if tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q -- \"$1\"; then\n\
    echo ${p#/proc/}; fi; done; }\n\
    is_up() { ip -o link show \"$1\" | grep -q '[<,]UP[,>]'; }\n";

fn names(lab: &mut Lab) -> Outcome {
    fs::create_dir_all("/run/names")?;
    for (theirs, ours) in [("wpa_supplicant", "supplicant"), ("hostapd", "apd")] {
        let place = Path::new("/run/names").join(theirs);
        if !place.exists() {
            symlink(lab.our_program(ours), place)?;
        }
    }
    Ok(())
}

/// Runs a script on a host; what it says when it fails is why.
fn script(lab: &mut Lab, host: &Host, name: &str, text: &str) -> Outcome<String> {
    names(lab)?;
    // From a file: its command line must not look like what it ends.
    fs::write("/run/script", format!("{HEAD}{text}"))?;
    let (good, said) = lab.try_in(&host.name, "sh", &["-eu", "/run/script"])?;
    lab.step(&format!("{name}: {said}"));
    check(good, || format!("{name}: {}", said.trim()))?;
    Ok(said)
}

/// wifi-menu: the supplicant for a scan only, on an interface that is down; profiles that follow want it down again.
pub fn netctls_menu_looks_for_networks_and_leaves_nothing_behind(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let text = format!(
        "I={}\nD=/run/wpa_supplicant\nP=/run/wpa_supplicant_$I.pid\n\
         ! is_up $I || fail 'the interface is up before'\n\
         wpa_supplicant -B -P $P -i $I -D nl80211,wext -C$D >/dev/null\n\
         within 10 '[ -f $P ]'\n\
         [ \"$(wpa_cli -i $I -p $D ping)\" = PONG ] || fail 'no PONG'\n\
         [ \"$(wpa_cli -i $I -p $D scan)\" = OK ] || fail 'the scan is refused'\n\
         sleep 3\n\
         within 70 '! wpa_cli -i $I -p $D status | grep -q ^wpa_state=SCANNING'\n\
         wpa_cli -i $I -p $D scan_results | tail -n+2 | grep -q 'Airlock Lab' || fail 'nothing was found'\n\
         wpa_cli -i $I -p $D terminate >/dev/null\n\
         within 100 '[ ! -e $D/$I ]'\n\
         within 100 '! is_up $I'\n\
         within 100 '[ ! -s $P ]'\n",
        host.interface
    );
    script(lab, &host, "wifi-menu", &text).map(drop)
}

/// A profile: a generated file without networks, and a network over the control socket.
pub fn netctl_joins_and_leaves(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let text = format!(
        "I={}\nD=/run/wpa_supplicant\nP=/run/wpa_supplicant_$I.pid\nC=/run/netctl.conf\nmkdir -p $D\n\
         printf 'ctrl_interface=%s\\nctrl_interface_group={}\\n' $D >$C\n\
         ip link set $I up\n\
         wpa_supplicant -B -P $P -i $I -D nl80211,wext -c$C >/dev/null\n\
         within 10 '[ -f $P ]'\n\
         cli() {{ wpa_cli -i $I -p $D \"$@\"; }}\n\
         [ \"$(cli add_network)\" = 0 ] || fail 'not network 0'\n\
         for field in 'proto RSN WPA' 'psk \"{}\"' 'ssid \"{}\"' 'priority 1'; do\n\
         [ \"$(cli set_network 0 $field)\" = OK ] || fail \"$field\"\ndone\n\
         [ \"$(cli select_network 0)\" = OK ] || fail select\n\
         within 600 'cli status | grep -q ^wpa_state=COMPLETED'\n\
         cli terminate >/dev/null\n\
         within 100 '[ ! -e $D/$I ]'\n\
         is_up $I || fail 'the interface was up before, and is down now'\n",
        host.interface, CONTROL_GROUP.name, network.passphrase, network.ssid
    );
    script(lab, &host, "netctl", &text).map(drop)
}

/// netifrc: -W, then wpa_cli in the background with a script that brings the network up; STATUS is asked now and then.
pub fn openrc_starts_both_daemons_and_its_action_script_runs_once(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let conf = network.supplicant_conf("/run/wpa_supplicant", CONTROL_GROUP.name);
    let file = lab.file("openrc.conf", &conf)?;
    let interface = host.interface.clone();
    let start = format!(
        "I={interface}\nS=/run/action.sh\n\
         printf '#!/bin/sh\\necho \"$1 $2\" >>/run/actions\\n' >$S\nchmod 755 $S\n\
         wpa_supplicant -W -B -Dnl80211 -c{} -i$I -P/run/wpa_supplicant-$I.pid\n\
         kill -0 $(cat /run/wpa_supplicant-$I.pid) || fail 'the file names nobody'\n\
         wpa_cli -a$S -p/run/wpa_supplicant -i$I -P/run/wpa_cli-$I.pid -B\n\
         within 600 'grep -q CONNECTED /run/actions'\n\
         for n in 1 2 3 4 5; do wpa_cli -p/run/wpa_supplicant -i$I status | grep -q ^ssid= || fail 'no ssid'; done\n\
         sleep 2\n",
        file.display()
    );
    script(lab, &host, "start", &start)?;
    let actions = fs::read_to_string("/run/actions")?;
    check(actions == format!("{interface} CONNECTED\n"), || format!("the script has run for {actions:?}"))?;
    // The network goes and comes: once each.
    ap.control.ok("DISABLE")?;
    until("an action", AWHILE, || Ok(fs::read_to_string("/run/actions")?.contains(" DISCONNECTED").then_some(())))?;
    ap.control.ok("ENABLE")?;
    until("an action", AWHILE, || Ok((fs::read_to_string("/run/actions")?.lines().count() == 3).then_some(())))?;
    let stop = format!(
        "I={interface}\nkill $(cat /run/wpa_cli-$I.pid)\nP=$(cat /run/wpa_supplicant-$I.pid)\nkill $P\n\
         within 100 '! kill -0 $P 2>/dev/null'\n[ ! -e /run/wpa_supplicant/$I ] || fail 'the socket is left'\n"
    );
    script(lab, &host, "stop", &stop).map(drop)
}

/// An access point on an interface made for it, in a folder of its own that is removed afterwards.
pub fn create_ap_makes_an_interface_and_serves(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let host = lab.host("ap")?;
    let text = format!(
        "W={}\nC=$(mktemp -d /tmp/create_ap.$W.conf.XXXXXXXX)\necho $C >/run/place\nchmod 755 $C\n\
         iw dev $W interface add ap0 type __ap\n\
         ip link set down dev ap0\nip addr flush ap0\nip link set dev ap0 address 02:00:00:00:77:01\n\
         cat >$C/hostapd.conf <<X\n\
         beacon_int=100\nssid={}\ninterface=ap0\ndriver=nl80211\nchannel=1\nctrl_interface=$C/hostapd_ctrl\n\
         ctrl_interface_group=0\nignore_broadcast_ssid=0\nap_isolate=0\nhw_mode=g\n\
         wpa=3\nwpa_passphrase={}\nwpa_key_mgmt=WPA-PSK\nwpa_pairwise=TKIP CCMP\nrsn_pairwise=CCMP\nX\n\
         ip link set up dev ap0\nip addr add 10.77.0.1/24 broadcast 10.77.0.255 dev ap0\n\
         stdbuf -oL hostapd $C/hostapd.conf >/run/out 2>/run/err &\n\
         echo $! >/run/pid\n\
         within 300 'grep -q AP-ENABLED /run/out'\n\
         hostapd_cli -p $C/hostapd_ctrl -i ap0 status | grep -q ^state=ENABLED || fail 'no status'\n\
         ip addr show ap0 | grep -q 10.77.0.1 || fail 'its address is gone'\n\
         [ ! -s /run/err ] || fail \"$(cat /run/err)\"\n",
        host.interface, network.ssid, network.passphrase
    );
    script(lab, &host, "create_ap", &text)?;
    let mut sta = Station::start(lab, "sta", Maker::Debian, &network)?;
    sta.must_join(lab, &network)?;
    let served = Host { address: std::net::Ipv4Addr::new(10, 77, 0, 1), ..host.clone() };
    lab.ping(&sta.host, &served)?;
    let end = "P=$(cat /run/pid)\nkill $P\nwithin 100 '! kill -0 $P 2>/dev/null'\nC=$(cat /run/place)\nrm -rf $C\n\
        [ ! -e $C ] || fail 'the folder is left'\nip link set down dev ap0\nip addr flush ap0\niw dev ap0 del\n";
    script(lab, &host, "clean up", end).map(drop)
}

/// Everything in the background, found again and ended by its command line.
pub fn mininet_wifi_starts_many_and_ends_them_by_their_command_lines(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (ap, sta) = (lab.host("ap1")?, lab.host("sta1")?);
    let text = format!(
        "printf 'interface={0}\\ndriver=nl80211\\nssid={1}\\nhw_mode=g\\nchannel=1\\nwmm_enabled=1\\nctrl_interface=/var/run/hostapd\\n\
         ctrl_interface_group=0\\nwpa=2\\nwpa_key_mgmt=WPA-PSK\\nrsn_pairwise=CCMP\\nwpa_passphrase={2}\\n' >/run/mn1.apconf\n\
         hostapd -B /run/mn1.apconf\n\
         hostapd_cli -i {0} status | grep -q ^state=ENABLED || fail 'it came back before it served'\n",
        ap.interface, network.ssid, network.passphrase
    );
    script(lab, &ap, "access point", &text)?;
    let text = format!(
        "I={}\nprintf 'ctrl_interface=/var/run/wpa_supplicant\\nnetwork={{\\nssid=\"{}\"\\npsk=\"{}\"\\nkey_mgmt=WPA-PSK\\nproto=WPA2\\n\
         pairwise=CCMP\\n}}\\n' >/run/mn1.staconf\n\
         wpa_supplicant -B -Dnl80211 -P /run/mn1.pid -i $I -c /run/mn1.staconf\n\
         within 600 'iw dev $I link | grep -q Connected'\n\
         within 600 'wpa_cli -i $I status | grep -q ^wpa_state=COMPLETED'\n\
         B=$(wpa_cli -i $I status | sed -n s/^bssid=//p)\n\
         wpa_cli -i $I scan >/dev/null\n\
         within 100 'wpa_cli -i $I scan_results | grep -q $B'\n\
         kill $(running 'wpa_supplicant -B -Dnl80211 -P /run/mn1.pid -i '$I)\n\
         within 100 '[ -z \"$(running mn1.staconf)\" ]'\n\
         within 100 '! iw dev $I link | grep -q Connected'\n",
        sta.interface, network.ssid, network.passphrase
    );
    script(lab, &sta, "station", &text)?;
    script(
        lab,
        &ap,
        "end",
        "kill $(running 'hostapd -B /run/mn1.apconf')\nwithin 100 '[ -z \"$(running mn1.apconf)\" ]'\n",
    )
    .map(drop)
}

/// `hostapd h.conf >log; grep AP-ENABLED log`, and silence in init scripts with `>/dev/null`.
pub fn the_log_goes_to_standard_output(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2).access_point("no_probe_resp_if_max_sta=1");
    let host = lab.host("ap")?;
    let file = lab.file("out.conf", &network.hostapd_conf(&host.interface, "/run/ap", CONTROL_GROUP.name))?;
    let text = format!(
        "hostapd -d {} >/run/out 2>/run/err &\nP=$!\nwithin 300 'grep -q AP-ENABLED /run/out'\n\
         kill $P\nwithin 100 '! kill -0 $P 2>/dev/null'\n\
         grep -q 'privd' /run/out || fail 'the helpers are not heard'\n\
         grep -q 'no_probe_resp_if_max_sta' /run/out || fail 'the warning is not there'\n\
         [ ! -s /run/err ] || fail \"$(cat /run/err)\"\n\
         ! wpa_supplicant -B -i nothing -c /run/there/is/no/file >/dev/null 2>/run/err || fail 'it started'\n\
         [ ! -s /run/err ] || fail \"$(cat /run/err)\"\n",
        file.display()
    );
    script(lab, &host, "access point", &text).map(drop)
}

/// The running one's is that of the running one.
pub fn a_second_daemon_leaves_the_file_with_the_process_id_alone(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let file = lab.file("twice.conf", &network.supplicant_conf("/run/sta", CONTROL_GROUP.name))?;
    let text = format!(
        "G=\"wpa_supplicant -B -P /run/twice.pid -i {} -c {}\"\n$G\nB=$(cat /run/twice.pid)\n\
         ! $G || fail 'a second one has started'\n\
         [ \"$(cat /run/twice.pid)\" = \"$B\" ] || fail 'the file is the second one'\"'\"'s'\n\
         kill -0 $B || fail 'the first one is gone'\n",
        host.interface,
        file.display()
    );
    script(lab, &host, "both", &text)?;
    let mut control = Control::open(&Path::new("/run/sta").join(&host.interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    ap.must_have(lab, &host, &network).during(|| "the first daemon's connection".into())
}
