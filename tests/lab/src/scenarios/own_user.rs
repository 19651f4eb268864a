//! The third way of starting, as some distributions' services do it: as a user of its own who holds two capabilities,
//! without any helper that listens.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::{CONTROL_GROUP, OUR_USERS, STRANGER};
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process::{self, capability_names};
use crate::guest::program::{Program, send_signal, until};
use crate::guest::station::AccessPoint;

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    a_user_with_two_capabilities_joins_and_serves_without_root,
    a_user_with_too_little_is_told_what_is_missing,
    root_names_an_interface_to_a_daemon_of_a_user_with_two_capabilities,
];

const AWHILE: Duration = Duration::from_secs(60);
const NET_ADMIN_AND_RAW: u64 = 1 << 12 | 1 << 13;
const TWO: &str = "-all,+net_admin,+net_raw";

/// Starts a daemon as a user with these ambient capabilities, who is in the group of the control sockets.
fn start(lab: &mut Lab, host: &Host, user: u32, capabilities: &str, words: &[&str]) -> Outcome<Program> {
    let (user, group) = (user.to_string(), CONTROL_GROUP.id.to_string());
    let mut all = vec!["--reuid", &user, "--regid", &user, "--groups", &group];
    all.extend(["--inh-caps", capabilities, "--ambient-caps", capabilities]);
    all.extend(words);
    lab.start(&host.name, &format!("{}-daemon", host.name), Path::new("/usr/bin/setpriv"), &all)
}

fn user(name: &str) -> Outcome<u32> {
    OUR_USERS.iter().find(|account| account.name == name).map(|account| account.id).during(|| name.into())
}

/// What a service manager makes for the user: a folder for control sockets.
fn folder_of(user: u32, name: &str) -> Outcome<PathBuf> {
    let folder = Path::new("/run").join(name);
    fs::create_dir(&folder)?;
    chown(&folder, Some(user), Some(CONTROL_GROUP.id))?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o750))?;
    Ok(folder)
}

/// Every process is the user's; only privd holds anything, and that is no more than the two.
fn judge(lab: &mut Lab, program: &Program, user: u32, daemon: &str) -> Outcome {
    let family = process::family(program.id())?;
    for name in [daemon, "privd", "privd-post"] {
        check(family.iter().any(|one| one.name == name), || format!("there is no process {name}"))?;
    }
    for one in family {
        let held = one.capabilities[1] | one.capabilities[2];
        lab.step(&format!("{} ({}): {:?}, {}", one.name, one.id, one.users.first(), capability_names(held)));
        check(one.users.iter().all(|id| *id == user), || format!("{} runs as {:?}", one.name, one.users))?;
        let may = if one.name.starts_with("privd-keeper") || one.name == "privd" { NET_ADMIN_AND_RAW } else { 0 };
        check(held == may, || format!("{} holds {}", one.name, capability_names(held)))?;
        check(one.capabilities[0] == 0 && one.capabilities[4] == 0, || format!("{} hands them on", one.name))?;
        check(one.seccomp == 2 && one.no_new_privileges, || format!("{} is not confined", one.name))?;
    }
    Ok(())
}

/// Both daemons, and a privd that is killed.
pub fn a_user_with_two_capabilities_joins_and_serves_without_root(lab: &mut Lab) -> Outcome {
    // Answers go to sockets of clients, which nobody may write to but whom their owner lets.
    umask(Mode::empty());
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (ap, sta) = (lab.host("ap")?, lab.host("sta")?);
    let (of_ap, of_sta) = (user("wifi-ap")?, user("wifi-sta")?);
    let (ap_folder, sta_folder) = (folder_of(of_ap, "ap")?, folder_of(of_sta, "sta")?);

    let text = network.hostapd_conf(&ap.interface, &ap_folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("ap.conf", &text)?.to_string_lossy().into_owned();
    let program = lab.our_program("apd").to_string_lossy().into_owned();
    let access_point = start(lab, &ap, of_ap, TWO, &[&program, "-d", &file])?;
    let mut control = Control::open(&ap_folder.join(&ap.interface), AWHILE)?;
    control.wait_status("state", "ENABLED", AWHILE)?;

    let text = network.supplicant_conf(&sta_folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("sta.conf", &text)?.to_string_lossy().into_owned();
    let program = lab.our_program("supplicant").to_string_lossy().into_owned();
    let station = start(lab, &sta, of_sta, TWO, &[&program, "-d", "-i", &sta.interface, "-c", &file])?;
    let mut control = Control::open(&sta_folder.join(&sta.interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    lab.wait_authorized(&ap, &ap.interface, &sta.mac, AWHILE)?;
    for host in [&ap, &sta] {
        lab.set_address(host, &host.interface)?;
    }
    lab.ping(&sta, &ap)?;
    judge(lab, &access_point, of_ap, "apd")?;
    judge(lab, &station, of_sta, "supplicant")?;
    station.wait_log("with this user's own rights", AWHILE)?;

    let privd = || -> Outcome<Option<u32>> {
        Ok(process::family(station.id())?.iter().find(|one| one.name == "privd").map(|one| one.id))
    };
    let old = privd()?.during(|| "no privd".into())?;
    send_signal(old, Signal::SIGKILL)?;
    until("new privd", AWHILE, || Ok(privd()?.filter(|new| *new != old)))?;
    until("connection after privd was killed", AWHILE, || Ok(lab.ping(&sta, &ap).ok()))?;
    judge(lab, &station, of_sta, "supplicant")
}

/// `-g` as such a user: root's word counts, the user's own does not.
pub fn root_names_an_interface_to_a_daemon_of_a_user_with_two_capabilities(lab: &mut Lab) -> Outcome {
    umask(Mode::empty());
    let network = Network::new(Suite::Wpa2);
    let ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let sta = lab.host("sta")?;
    let of_sta = user("wifi-sta")?;
    let folder = folder_of(of_sta, "sta")?;
    let text = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("sta.conf", &text)?;
    let program = lab.our_program("supplicant").to_string_lossy().into_owned();
    let global = folder.join("global").to_string_lossy().into_owned();
    let station = start(lab, &sta, of_sta, TWO, &[&program, "-d", "-g", &global])?;
    let mut control = Control::open(Path::new(&global), AWHILE)?;
    let interface = sta.interface.clone();
    let add = format!("INTERFACE_ADD {interface}\t{}\tnl80211\t{}", file.display(), folder.display());
    let script = format!("exec wpa_cli -g {global} interface_add {interface}");
    let (_, said) = lab.run_as(of_sta, &[CONTROL_GROUP.id], "sh", &["-c", &script])?;
    lab.step(&format!("the user adds it: {said}"));
    std::thread::sleep(Duration::from_secs(15));
    check(lab.stations(&ap.host, &ap.host.interface)?.is_empty(), || "the user's own word is enough".into())?;
    let _ = control.request(&format!("INTERFACE_REMOVE {interface}"))?;
    control.ok(&add)?;
    let mut control = Control::open(&folder.join(&interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    lab.wait_authorized(&ap.host, &ap.host.interface, &sta.mac, AWHILE)?;
    judge(lab, &station, of_sta, "supplicant")
}

/// One capability of the two, or none: no daemon, and the ways that there are.
pub fn a_user_with_too_little_is_told_what_is_missing(lab: &mut Lab) -> Outcome {
    let sta = lab.host("sta")?;
    let network = Network::new(Suite::Wpa2);
    let file = lab.file("sta.conf", &network.supplicant_conf("/run/sta", CONTROL_GROUP.name))?;
    let file = file.to_string_lossy().into_owned();
    let program = lab.our_program("supplicant").to_string_lossy().into_owned();
    let line = [program.as_str(), "-i", &sta.interface, "-c", &file];
    for capabilities in ["-all", "-all,+net_raw"] {
        let mut daemon = start(lab, &sta, STRANGER.id, capabilities, &line)?;
        let ended = daemon.wait_end(AWHILE)?;
        check(!ended.success(), || "a daemon without rights ended well".into())?;
        let said = daemon.log();
        let all = ["as root", "airlock-privd.socket", "CAP_NET_ADMIN and CAP_NET_RAW"];
        check(all.iter().all(|word| said.contains(word)), || format!("it says {said:?}"))?;
    }
    // Who holds both reads no file that only the superuser may.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let mut daemon = start(lab, &sta, STRANGER.id, TWO, &line)?;
    check(!daemon.wait_end(AWHILE)?.success(), || "a daemon without its configuration ended well".into())?;
    check(daemon.log().contains("Permission denied"), || format!("it says {:?}", daemon.log()))
}
