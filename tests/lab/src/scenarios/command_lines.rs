//! What the options of wpa_supplicant's command line promise.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::program::{Program, until};
use crate::guest::station::AccessPoint;

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    nothing_begins_before_somebody_listens,
    one_daemon_serves_two_interfaces,
    a_further_file_is_read_and_never_saved,
    the_log_goes_to_a_file_and_to_a_new_one_when_told,
    the_log_goes_to_the_systems_log,
    control_sockets_are_where_the_command_line_wants_them,
    who_cannot_start_in_the_background_says_why,
    a_second_daemon_on_the_same_control_socket_does_not_start,
    a_control_socket_that_cannot_be_made_ends_the_start,
    an_access_point_in_the_background_beacons_or_says_why_not,
    a_bus_that_is_not_supported_is_said,
];

const AWHILE: Duration = Duration::from_secs(60);

fn supplicant(lab: &mut Lab, host: &str, arguments: &[&str]) -> Outcome<Program> {
    let program = lab.our_program("supplicant");
    lab.start(host, "supplicant", &program, arguments)
}

fn conf(lab: &mut Lab, name: &str, network: &Network, folder: &str) -> Outcome<String> {
    let text = network.supplicant_conf(folder, CONTROL_GROUP.name);
    Ok(lab.file(name, &text)?.to_string_lossy().into_owned())
}

/// `-W`.
pub fn nothing_begins_before_somebody_listens(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let interface = host.interface.clone();
    let mut program = supplicant(lab, "sta", &["-dd", "-W", "-i", &interface, "-c", &file])?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    std::thread::sleep(Duration::from_secs(20));
    let link = lab.run_in("sta", "ip", &["-o", "link", "show", &interface])?;
    check(!link.contains(",UP"), || format!("the interface is up: {link}"))?;
    control.attach()?;
    control.event("CTRL-EVENT-CONNECTED", AWHILE)?;
    program.must_run()
}

/// `-N`: each interface has its file and its socket.
pub fn one_daemon_serves_two_interfaces(lab: &mut Lab) -> Outcome {
    let (first, second) = (Network::new(Suite::Wpa2), Network::new(Suite::Open).named("Second").on_channel(6));
    let mut ap = AccessPoint::start(lab, "ap", Maker::Debian, &first)?;
    let host = lab.host("sta")?;
    let (interface, phy) = (host.interface.clone(), host.phy.clone());
    lab.run_in("sta", "iw", &["phy", &phy, "interface", "add", "wlan9", "type", "managed"])?;
    let file = conf(lab, "first.conf", &first, "/run/sta")?;
    let other = conf(lab, "second.conf", &second, "/run/sta")?;
    let line = ["-dd", "-Dnl80211", "-i", &interface, "-c", &file, "-N", "-iwlan9", "-c", &other];
    let mut program = supplicant(lab, "sta", &line)?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    ap.control.request("STATUS")?;
    let mut control = Control::open(Path::new("/run/sta/wlan9"), AWHILE)?;
    let networks = control.request("LIST_NETWORKS")?;
    check(networks.contains("Second") && !networks.contains("Airlock"), || networks.clone())?;
    let state = control.status("wpa_state")?;
    check(state.as_deref() == Some("SCANNING"), || format!("the second interface is {state:?}"))?;
    let names = control.request("INTERFACES")?;
    check(names.lines().count() == 2, || format!("INTERFACES: {names:?}"))?;
    // Both could be added; no other.
    let list = control.request("INTERFACE_LIST")?;
    check(list.contains(&format!("nl80211\t{interface}\t")) && list.contains("nl80211\twlan9\t"), || list.clone())?;
    program.must_run()
}

/// `-c` and `-I`.
pub fn a_further_file_is_read_and_never_saved(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let _ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let own = Network::new(Suite::Open).named("Own").head("update_config=1");
    let file = conf(lab, "own.conf", &own, "/run/sta")?;
    let more = lab.file("more.conf", &network.block())?.to_string_lossy().into_owned();
    let before = fs::read_to_string(&more)?;
    let _program = supplicant(lab, "sta", &["-dd", "-i", &interface, "-c", &file, "-I", &more])?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    control.ok("SAVE_CONFIG")?;
    let saved = fs::read_to_string(&file)?;
    check(saved.contains("ssid=\"Own\""), || format!("the own network is not saved: {saved}"))?;
    check(!saved.contains("Airlock"), || format!("the further file's network is saved: {saved}"))?;
    check(fs::read_to_string(&more)? == before, || "the further file was written".into())?;
    control.ok("RECONFIGURE")?;
    until("both networks", AWHILE, || {
        let networks = control.request("LIST_NETWORKS")?;
        Ok((networks.contains("Own") && networks.contains("Airlock Lab")).then_some(()))
    })
}

/// `-f`, `-t`, and RELOG after a rotation.
pub fn the_log_goes_to_a_file_and_to_a_new_one_when_told(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let (log, old) = (Path::new("/run/log/sta.log"), Path::new("/run/log/sta.log.1"));
    fs::create_dir_all("/run/log")?;
    let line = ["-dd", "-t", "-f", "/run/log/sta.log", "-i", &interface, "-c", &file];
    let program = supplicant(lab, "sta", &line)?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    let has = |path: &Path, text: &str| fs::read_to_string(path).is_ok_and(|all| all.contains(text));
    control.ok("NOTE before")?;
    until("first note", AWHILE, || Ok(has(log, "note: before").then_some(())))?;
    check(program.log().is_empty(), || format!("the terminal has {:?}", program.log()))?;
    let text = fs::read_to_string(log)?;
    let stamped = |line: &str| line.split_once(": ").is_some_and(|(time, _)| time.parse::<f64>().is_ok());
    check(text.lines().any(stamped), || format!("no times in {text}"))?;
    fs::rename(log, old)?;
    control.ok("RELOG")?;
    until("a new file", AWHILE, || Ok(log.exists().then_some(())))?;
    control.ok("NOTE after")?;
    until("second note", AWHILE, || Ok(has(log, "note: after").then_some(())))?;
    check(!has(old, "note: after"), || "the old file is still written".into())
}

/// `-s`: the daemon's words and its helpers'.
pub fn the_log_goes_to_the_systems_log(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let path = Path::new("/dev/log");
    let _ = fs::remove_file(path);
    let system = UnixDatagram::bind(path).during(|| "/dev/log".into())?;
    system.set_nonblocking(true)?;
    let line = ["-d", "-B", "-s", "-P", "/run/sta.pid", "-i", &interface, "-c", &file];
    let mut program = supplicant(lab, "sta", &line)?;
    let status = program.wait_end(AWHILE)?;
    check(status.success(), || format!("the start ended with {status}"))?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    control.ok("NOTE hello")?;
    let mut said = String::new();
    let mut buffer = [0; 4096];
    until("the note", AWHILE, || {
        while let Ok(length) = system.recv(&mut buffer) {
            said.push_str(&String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()));
            said.push('\n');
        }
        Ok(said.contains("note: hello").then_some(()))
    })?;
    let own = said.lines().find(|line| line.contains("note: hello")).unwrap_or_default().to_owned();
    check(own.starts_with("<30>supplicant["), || own.clone())?;
    // Its helper has something to say when its worker dies.
    let family = crate::guest::process::all()?;
    let worker = family.iter().find(|process| process.name == "privd").map(|process| process.id);
    let worker = worker.during(|| "there is no privd".into())?;
    crate::guest::program::send_signal(worker, nix::sys::signal::Signal::SIGKILL)?;
    until("the helper's word", AWHILE, || {
        while let Ok(length) = system.recv(&mut buffer) {
            said.push_str(&String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()));
            said.push('\n');
        }
        Ok(said.contains("privd: privd has ended").then_some(()))
    })?;
    // Neither the file with the process id nor the folder that was made for the control socket outlives the daemon.
    control.ok("TERMINATE")?;
    let left = || ["/run/sta.pid", "/run/sta"].into_iter().any(|path| Path::new(path).exists());
    until("nothing left", AWHILE, || Ok((!left()).then_some(())))
}

/// `-C` where the file says nothing, `-g`, `-G` and `-O` for what is added later.
pub fn control_sockets_are_where_the_command_line_wants_them(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Open);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let bare = lab.file("bare.conf", &network.block())?.to_string_lossy().into_owned();
    let text = conf(lab, "sta.conf", &network, "/run/elsewhere")?;
    lab.run_in("sta", "iw", &["phy", &host.phy, "interface", "add", "wlan9", "type", "managed"])?;
    let group = CONTROL_GROUP.name;
    let line = [
        "-dd",
        "-g",
        "/run/global",
        "-G",
        group,
        "-O",
        "/run/later",
        "-i",
        &interface,
        "-c",
        &bare,
        "-C",
        "/run/first",
    ];
    let _program = supplicant(lab, "sta", &line)?;
    let mut global = Control::open(Path::new("/run/global"), AWHILE)?;
    Control::open(&Path::new("/run/first").join(&interface), AWHILE)?;
    global.ok(&format!("INTERFACE_ADD wlan9\t{text}\tnl80211"))?;
    Control::open(Path::new("/run/later/wlan9"), AWHILE)?;
    check(!PathBuf::from("/run/elsewhere/wlan9").exists(), || "the file's directory is used all the same".into())?;
    let member = |path: &str| -> Outcome {
        use std::os::unix::fs::MetadataExt as _;
        let found = fs::metadata(path)?;
        check(found.gid() == CONTROL_GROUP.id && found.mode() & 0o070 == 0o070, || {
            format!("{path}: group {} mode {:o}", found.gid(), found.mode())
        })
    };
    member("/run/global")?;
    member("/run/later/wlan9")
}

/// `-B`: the status and the words of a start that fails, the helpers' included.
pub fn who_cannot_start_in_the_background_says_why(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Open);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    // A copy of the program without its helper.
    fs::create_dir_all("/run/alone")?;
    fs::copy(lab.our_program("supplicant"), "/run/alone/supplicant")?;
    let line = ["-B", "-i", &interface, "-c", &file];
    let mut program = lab.start("sta", "alone", Path::new("/run/alone/supplicant"), &line)?;
    let status = program.wait_end(AWHILE)?;
    check(!status.success() && program.log().contains("privd"), || format!("{status}: {:?}", program.log()))?;
    // One whose helper says why it cannot go on.
    let helper = "#!/bin/sh\necho 'privd: the moon is in the way' >&2\nexit 1\n";
    fs::write("/run/alone/privd-keeper", helper)?;
    lab.command("chmod", &["755", "/run/alone/privd-keeper"])?;
    let mut program = lab.start("sta", "helpless", Path::new("/run/alone/supplicant"), &line)?;
    let status = program.wait_end(AWHILE)?;
    check(!status.success() && program.log().contains("the moon is in the way"), || {
        format!("{status}: {:?}", program.log())
    })
}

/// The first one stays what it is.
pub fn a_second_daemon_on_the_same_control_socket_does_not_start(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Open);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let mut first = supplicant(lab, "sta", &["-i", &interface, "-c", &file])?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    let mut second = supplicant(lab, "sta", &["-B", "-i", &interface, "-c", &file])?;
    let status = second.wait_end(AWHILE)?;
    check(!status.success() && second.log().contains("another daemon serves"), || {
        format!("{status}: {:?}", second.log())
    })?;
    first.must_run()?;
    check(control.request("PING")? == "PONG\n", || "the first daemon is deaf".into())?;
    // One that was killed is no hindrance.
    first.signal(nix::sys::signal::Signal::SIGKILL)?;
    first.wait_end(AWHILE)?;
    let mut third = supplicant(lab, "sta", &["-B", "-i", &interface, "-c", &file])?;
    let status = third.wait_end(AWHILE)?;
    check(status.success(), || format!("{status}: {:?}", third.log()))?;
    let mut control = Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    check(control.request("PING")? == "PONG\n", || "the third daemon is deaf".into())
}

/// There is a file in the way.
pub fn a_control_socket_that_cannot_be_made_ends_the_start(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Open);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    fs::create_dir_all("/run/sta")?;
    fs::write(Path::new("/run/sta").join(&interface), "not a socket")?;
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let mut program = supplicant(lab, "sta", &["-B", "-i", &interface, "-c", &file])?;
    let status = program.wait_end(AWHILE)?;
    check(!status.success() && program.log().contains("control socket"), || format!("{status}: {:?}", program.log()))
}

/// `apd -B` returns when its radio works, or cannot.
pub fn an_access_point_in_the_background_beacons_or_says_why_not(lab: &mut Lab) -> Outcome {
    let host = lab.host("ap")?;
    let program = lab.our_program("apd");
    let network = Network::new(Suite::Wpa2);
    let text = network.hostapd_conf(&host.interface, "/run/ap", CONTROL_GROUP.name);
    let wrong = lab.file("wrong.conf", &text.replace("channel=1", "channel=99"))?.to_string_lossy().into_owned();
    let right = lab.file("right.conf", &text)?.to_string_lossy().into_owned();
    let mut first = lab.start("ap", "wrong", &program, &["-B", &wrong])?;
    let status = first.wait_end(AWHILE)?;
    check(!status.success() && first.log().contains("channel"), || format!("{status}: {:?}", first.log()))?;
    let mut second = lab.start("ap", "right", &program, &["-B", &right])?;
    let status = second.wait_end(AWHILE)?;
    check(status.success(), || format!("{status}: {:?}", second.log()))?;
    let mut control = Control::open(&Path::new("/run/ap").join(&host.interface), AWHILE)?;
    let state = control.status("state")?;
    check(state.as_deref() == Some("ENABLED"), || format!("the access point is {state:?}"))
}

/// `-u`.
pub fn a_bus_that_is_not_supported_is_said(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Open);
    let host = lab.host("sta")?;
    let interface = host.interface.clone();
    let file = conf(lab, "sta.conf", &network, "/run/sta")?;
    let program = supplicant(lab, "sta", &["-u", "-i", &interface, "-c", &file])?;
    Control::open(&Path::new("/run/sta").join(&interface), AWHILE)?;
    check(program.log().contains("D-Bus is not supported yet"), || program.log())
}
