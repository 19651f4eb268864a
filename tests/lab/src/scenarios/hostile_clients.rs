//! Clients of privd that mean harm, beside an honest one. Here everything is started as systemd would: privd and its
//! post listen, and the daemon comes as its own user.

use std::path::Path;
use std::time::Duration;

use nix::libc;

use super::separation::{attempts_of_daemons, must_stop, socket, victim};
use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::control::Control;
use crate::guest::hostile::{ATTACKS, COMMAND, LISTEN, open_descriptors};
use crate::guest::init::{CONTROL_GROUP, OUR_USERS, STRANGER};
use crate::guest::lab::{Host, Lab, Maker};
use crate::guest::networks::{Network, Suite};
use crate::guest::process;
use crate::guest::program::Program;
use crate::guest::station::AccessPoint;
use crate::guest::wired;

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    our_station_runs_as_its_own_user_from_the_start,
    our_station_that_finds_its_helpers_can_do_no_harm_when_taken_over,
    hostile_clients_are_thrown_out_and_the_honest_one_is_unharmed,
    strangers_are_turned_away_from_privd,
    a_wired_link_is_for_its_ethertypes_alone,
];

const AWHILE: Duration = Duration::from_secs(30);
/// The grant that is installed.
const SHIPPED: &str = include_str!("../../../../dist/grants/station.grant");
const PRIVD: &str = "/run/airlock/privd.sock";
const POST: &str = "/run/airlock/post.sock";

/// What runs on the station's host.
struct Honest {
    host: Host,
    privd: Program,
    _post: Program,
    daemon: Program,
    control: Control,
}

fn user(name: &str) -> Outcome<u32> {
    OUR_USERS.iter().find(|account| account.name == name).map(|account| account.id).during(|| name.into())
}

fn honest(lab: &mut Lab, network: &Network) -> Outcome<Honest> {
    std::fs::create_dir_all("/run/airlock")?;
    let host = lab.host("sta")?;
    let folder = Path::new("/run/wpa_supplicant");
    std::fs::create_dir_all(folder)?;
    let text = network.supplicant_conf(&folder.to_string_lossy(), CONTROL_GROUP.name);
    let file = lab.file("sta.conf", &text)?;
    let me = lab.our_program("lab");
    let privd = lab.our_program("privd").to_string_lossy().into_owned();
    // Hosts have their own names for interfaces.
    let grant = SHIPPED.replace("interface: wl* 8", &format!("interface: {}", host.interface));
    let grant = grant.replace("group netdev", &format!("group {}", CONTROL_GROUP.name));
    let grant = format!("{grant}replace: {}\n", file.display());
    let grant = lab.file("station.grant", &grant)?.to_string_lossy().into_owned();
    let privd_program = lab.start("sta", "privd", &me, &[LISTEN, PRIVD, &privd, "serve", "--grant", &grant])?;
    let keeper = lab.our_program("privd-keeper").to_string_lossy().into_owned();
    let post = lab.start("sta", "post", &me, &[LISTEN, POST, &keeper, "serve-post", "--grant", &grant])?;
    wait_for_file(PRIVD)?;
    wait_for_file(POST)?;
    let daemon = lab.our_program("supplicant").to_string_lossy().into_owned();
    let id = user("wifi-sta")?.to_string();
    let as_user = ["--reuid", &id, "--regid", &id, "--clear-groups", &daemon];
    let file = file.to_string_lossy().into_owned();
    let arguments = [as_user.as_slice(), &["-dd", "-i", &host.interface, "-D", "nl80211", "-c", &file]].concat();
    let mut daemon = lab.start("sta", "supplicant", Path::new("/usr/bin/setpriv"), &arguments)?;
    let control = Control::open(&folder.join(&host.interface), AWHILE);
    daemon.must_run()?;
    Ok(Honest { host, privd: privd_program, _post: post, daemon, control: control? })
}

fn wait_for_file(path: &str) -> Outcome {
    crate::guest::program::until(path, AWHILE, || Ok(Path::new(path).exists().then_some(())))
}

/// Joins and pings; the processes are who they should be.
fn start(lab: &mut Lab) -> Outcome<(Honest, AccessPoint)> {
    let network = Network::new(Suite::Wpa2);
    let ap = AccessPoint::start(lab, "ap", Maker::Debian, &network)?;
    let mut honest = honest(lab, &network)?;
    honest.control.wait_status("wpa_state", "COMPLETED", AWHILE)?;
    let host = honest.host.clone();
    lab.set_address(&host, &host.interface)?;
    lab.ping(&host, &ap.host)?;
    Ok((honest, ap))
}

/// No process of the station was ever root, but for privd before its first message.
pub fn our_station_runs_as_its_own_user_from_the_start(lab: &mut Lab) -> Outcome {
    let (honest, _ap) = start(lab)?;
    let daemon = process::read(honest.daemon.id())?.during(|| "no daemon".into())?;
    let expected = user("wifi-sta")?;
    check(daemon.users.iter().all(|id| *id == expected), || format!("the daemon runs as {:?}", daemon.users))?;
    check(daemon.seccomp == 2 && daemon.no_new_privileges, || "the daemon is not confined".into())?;
    let privd = process::read(honest.privd.id())?.during(|| "no privd".into())?;
    let expected = user("wifi-priv")?;
    check(privd.users.iter().all(|id| *id == expected), || format!("privd runs as {:?}", privd.users))?;
    check(privd.seccomp == 2 && privd.no_new_privileges, || "privd is not confined".into())
}

/// It may make sockets with which it finds its helpers again, and no others.
pub fn our_station_that_finds_its_helpers_can_do_no_harm_when_taken_over(lab: &mut Lab) -> Outcome {
    let (honest, ap) = start(lab)?;
    let victim = victim(lab)?;
    let mut attempts = attempts_of_daemons(victim.id());
    attempts.extend([
        socket("open a Unix datagram socket", libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0),
        socket("open a Unix stream socket", libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0),
    ]);
    must_stop(lab, honest.daemon.id(), &attempts)?;
    lab.ping(&honest.host, &ap.host)
}

/// Each attack in turn; the connection of the honest client stands all the while.
pub fn hostile_clients_are_thrown_out_and_the_honest_one_is_unharmed(lab: &mut Lab) -> Outcome {
    let (mut honest, ap) = start(lab)?;
    honest.control.attach()?;
    let privd = honest.privd.id();
    let before = process::read(privd)?.during(|| "no privd".into())?;
    let descriptors = open_descriptors(privd)?;
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    let id = user("wifi-sta")?;
    let host = honest.host.clone();
    for attack in ATTACKS {
        let (good, said) = lab.run_as(id, &[], &me, &[COMMAND, PRIVD, attack, &host.interface])?;
        lab.step(&format!("attack {attack}: {}", if good { "repelled" } else { said.trim() }));
        check(good, || format!("{attack}: {}", said.trim()))?;
        honest.privd.must_run()?;
        lab.ping(&host, &ap.host)?;
        let answer = honest.control.request("SIGNAL_POLL")?;
        check(answer.contains("RSSI="), || format!("after {attack} SIGNAL_POLL says {answer:?}"))?;
    }
    honest.control.no_event("CTRL-EVENT-DISCONNECTED", Duration::from_secs(1))?;
    let after = process::read(privd)?.during(|| "privd is gone".into())?;
    check(after.resident < before.resident + 4096, || {
        format!("privd grew from {} to {} KiB", before.resident, after.resident)
    })?;
    let left = open_descriptors(privd)?;
    check(left <= descriptors + 2, || format!("privd had {descriptors} descriptors and has {left}"))
}

/// Somebody who is neither daemon.
pub fn strangers_are_turned_away_from_privd(lab: &mut Lab) -> Outcome {
    let (mut honest, ap) = start(lab)?;
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    let host = honest.host.clone();
    for _ in 0..20 {
        let (good, said) = lab.run_as(STRANGER.id, &[], &me, &[COMMAND, PRIVD, "stranger", &host.interface])?;
        check(good, || said.trim().to_owned())?;
    }
    honest.privd.must_run()?;
    lab.ping(&host, &ap.host)
}

/// A pair of wires between two clients: frames of granted ethertypes go over it, and neither can do anything else to it.
pub fn a_wired_link_is_for_its_ethertypes_alone(lab: &mut Lab) -> Outcome {
    std::fs::create_dir_all("/run/airlock")?;
    lab.namespace("wires")?;
    for pair in [["wire0", "wire1"], ["foreign0", "foreign1"]] {
        lab.run_in("wires", "ip", &["link", "add", pair[0], "type", "veth", "peer", "name", pair[1]])?;
        for end in pair {
            lab.run_in("wires", "ip", &["link", "set", end, "up"])?;
        }
    }
    let grant = "role: station\nuser: wifi-sta\ninterface: any\nlink: wire0 888e 890d\nlink: wire* 2 888e\n";
    let grant = lab.file("wired.grant", grant)?.to_string_lossy().into_owned();
    let privd = lab.our_program("privd").to_string_lossy().into_owned();
    let me = lab.our_program("lab").to_string_lossy().into_owned();
    let arguments = [LISTEN, PRIVD, &privd, "serve", "--grant", &grant];
    let mut privd = lab.start("wires", "privd", Path::new(&me), &arguments)?;
    wait_for_file(PRIVD)?;
    let before = lab.run_in("wires", "ip", &["-o", "link"])?;
    let id = user("wifi-sta")?;
    let (good, said) = lab.run_as(id, &[], &me, &[wired::COMMAND, PRIVD, "wire0", "wire1", "foreign0"])?;
    check(good, || said.trim().to_owned())?;
    privd.must_run()?;
    let after = lab.run_in("wires", "ip", &["-o", "link"])?;
    check(before == after, || format!("before: {before}\nafter: {after}"))
}
