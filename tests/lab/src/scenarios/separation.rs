//! Each process of ours has what it needs and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::User;

use super::stories;
use crate::failure::{During as _, Failure, Outcome, check};
use crate::guest::inside::{Argument, Inside, Verdict};
use crate::guest::lab::{Lab, Maker};
use crate::guest::networks::{Method, Network, Suite};
use crate::guest::process::{self, Process, capability_names};
use crate::guest::program::{Program, send_signal, until};
use crate::guest::station::{AccessPoint, Station, join, joined};

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    each_process_has_its_user_and_only_its_capabilities,
    each_process_is_a_program_of_its_own_and_its_successor_another,
    our_station_taken_over_can_do_no_harm,
    our_access_point_taken_over_can_do_no_harm,
    our_privd_taken_over_can_do_little_harm,
    debians_station_taken_over_can_do_everything,
    separation_holds_in_the_background_and_under_load,
];

const DAC_OVERRIDE: u64 = 1 << 1;
const NET_ADMIN_AND_RAW: u64 = 1 << 12 | 1 << 13;

/// What a process of ours has to be.
struct Part {
    name: &'static str,
    user: &'static str,
    /// The most it may have.
    capabilities: u64,
    /// Must it have a seccomp filter and no_new_privs?
    filtered: bool,
}

const fn part(name: &'static str, user: &'static str, capabilities: u64) -> Part {
    Part { name, user, capabilities, filtered: true }
}

const PARTS: [Part; 8] = [
    part("supplicant", "wifi-sta", 0),
    part("apd", "wifi-ap", 0),
    part("privd", "wifi-priv", NET_ADMIN_AND_RAW),
    part("privd-keeper", "wifi-priv", NET_ADMIN_AND_RAW),
    part("privd-post", "wifi-priv", DAC_OVERRIDE),
    part("post-keeper", "wifi-priv", DAC_OVERRIDE),
    part("privd-courier", "wifi-net", 0),
    part("courier-keeper", "wifi-net", 0),
];

fn user_id(name: &str) -> Outcome<u32> {
    User::from_name(name)?.map(|user| user.uid.as_raw()).during(|| format!("no user {name}"))
}

/// Is the process one of ours, with the user and no more than the capabilities that it is to have?
pub(super) fn judge(process: &Process) -> Outcome {
    let what = format!("process {} ({})", process.id, process.name);
    let part = PARTS.iter().find(|part| part.name == process.name);
    let part = part.during(|| format!("{what} is none of ours"))?;
    let user = user_id(part.user)?;
    check(process.users.iter().all(|id| *id == user), || format!("{what} runs as {:?}", process.users))?;
    check(process.groups.iter().all(|id| *id != 0), || format!("{what} has groups {:?}", process.groups))?;
    check(!process.other_groups.contains(&0), || format!("{what} has groups {:?}", process.other_groups))?;
    let [inheritable, permitted, effective, bounding, ambient] = process.capabilities;
    for (set, value) in [("permitted", permitted), ("effective", effective), ("bounding", bounding)] {
        check(value & !part.capabilities == 0, || {
            format!("{what} has {set} capabilities {}", capability_names(value & !part.capabilities))
        })?;
    }
    check(inheritable == 0 && ambient == 0, || format!("{what} hands capabilities on"))?;
    check(process.no_new_privileges, || format!("{what} may gain privilege by exec"))?;
    check(!part.filtered || process.seccomp == 2, || format!("{what} has seccomp mode {}", process.seccomp))
}

fn judge_family(lab: &mut Lab, program: &Program, wanted: &[&str]) -> Outcome {
    let family = process::family(program.id())?;
    for process in &family {
        lab.step(&format!(
            "{} ({}): user {:?}, capabilities {}, no_new_privs {}, seccomp {}",
            process.name,
            process.id,
            process.users.first(),
            capability_names(process.capabilities[1]),
            process.no_new_privileges,
            process.seccomp
        ));
        judge(process)?;
    }
    for name in wanted {
        check(family.iter().any(|process| process.name == *name), || format!("{} has no {name}", program.name))?;
    }
    Ok(())
}

const STATION: [&str; 3] = ["supplicant", "privd", "privd-post"];
const ACCESS_POINT: [&str; 3] = ["apd", "privd", "privd-post"];

/// What /proc says of all of them, during a connection.
pub fn each_process_has_its_user_and_only_its_capabilities(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (sta, ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    judge_family(lab, &sta.program, &STATION)?;
    judge_family(lab, &ap.program, &ACCESS_POINT)
}

/// No process carries another's code, and what one knows of its own memory says nothing of another, nor of its successor.
pub fn each_process_is_a_program_of_its_own_and_its_successor_another(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (sta, _ap) = join(lab, Maker::Airlock, Maker::Airlock, &network)?;
    let mut secrets = BTreeSet::new();
    let mut count = 0;
    for _ in 0..2 {
        let family = process::family(sta.program.id())?;
        for process in &family {
            let program = match process.name.as_str() {
                "post-keeper" => "privd-keeper",
                name => name,
            };
            lab.step(&format!("{} ({}) is {}", process.name, process.id, process.program));
            check(process.program == program, || format!("{} is the program {}", process.name, process.program))?;
        }
        let killed = relative(&sta.program, "privd")?;
        let fresh = family.iter().filter(|process| count == 0 || process.id == killed);
        for process in fresh {
            let new = secrets.insert(process::secret(process.id)?);
            check(new, || format!("{} ({}) has the secrets of another", process.name, process.id))?;
        }
        count = secrets.len();
        send_signal(killed, Signal::SIGKILL)?;
        until("new privd", Duration::from_secs(30), || {
            let new = relative(&sta.program, "privd").ok().filter(|new| *new != killed);
            Ok(new.filter(|new| process::read(*new).is_ok_and(|new| new.is_some_and(|new| new.program == "privd"))))
        })?;
    }
    check(count == 6, || format!("{count} processes with secrets of their own"))
}

/// One thing that a process may be made to try.
pub(super) struct Attempt {
    what: &'static str,
    call: i64,
    arguments: Vec<Argument<'static>>,
}

fn attempt(what: &'static str, call: i64, arguments: &[Argument<'static>]) -> Attempt {
    Attempt { what, call, arguments: arguments.to_vec() }
}

pub(super) fn socket(what: &'static str, family: i32, kind: i32, protocol: i32) -> Attempt {
    let number = |value: i32| Argument::Number(i64::from(value).cast_unsigned());
    attempt(what, libc::SYS_socket, &[number(family), number(kind), number(protocol)])
}

const HERE: Argument<'static> = Argument::Number((libc::AT_FDCWD as i64).cast_unsigned());
const NULL: Argument<'static> = Argument::Number(0);

fn open(what: &'static str, path: &'static [u8], flags: i32) -> Attempt {
    let flags = Argument::Number(i64::from(flags).cast_unsigned());
    attempt(what, libc::SYS_openat, &[HERE, Argument::Bytes(path), flags, Argument::Number(0o600)])
}

/// What no process of ours may do.
pub(super) fn attempts_of_all(victim: u32) -> Vec<Attempt> {
    let victim = Argument::Number(u64::from(victim));
    let attach = Argument::Number(16);
    vec![
        open("read /etc/shadow", b"/etc/shadow\0", libc::O_RDONLY),
        open("write a file in /tmp", b"/tmp/from-inside\0", libc::O_WRONLY | libc::O_CREAT),
        open("read a file that all may read", b"/usr/lib/os-release\0", libc::O_RDONLY),
        attempt("read another's memory map", libc::SYS_openat, &[HERE, Argument::Bytes(b"/proc/1/maps\0"), NULL, NULL]),
        attempt("ptrace another process", libc::SYS_ptrace, &[attach, victim, NULL, NULL]),
        attempt("become root", libc::SYS_setuid, &[NULL]),
        socket("open an INET stream socket", libc::AF_INET, libc::SOCK_STREAM, 0),
        attempt("kill another process", libc::SYS_kill, &[victim, Argument::Number(15)]),
        attempt("make a user namespace", libc::SYS_unshare, &[Argument::Number(0x1000_0000)]),
        attempt("execute a program", libc::SYS_execve, &[Argument::Bytes(b"/bin/true\0"), NULL, NULL]),
    ]
}

/// What only privd may do.
pub(super) fn attempts_of_daemons(victim: u32) -> Vec<Attempt> {
    let mut attempts = vec![
        socket("open a generic netlink socket", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC),
        socket("open a route netlink socket", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE),
        socket("open a packet socket", libc::AF_PACKET, libc::SOCK_RAW, 0x8e88),
        socket("open a cooked packet socket", libc::AF_PACKET, libc::SOCK_DGRAM, 0x8e88),
        socket("open an INET6 datagram socket", libc::AF_INET6, libc::SOCK_DGRAM, 0),
        socket("open a raw INET socket", libc::AF_INET, libc::SOCK_RAW, 1),
    ];
    attempts.extend(attempts_of_all(victim));
    attempts
}

pub(super) fn victim(lab: &mut Lab) -> Outcome<Program> {
    lab.namespace("elsewhere")?;
    lab.start("elsewhere", "victim", Path::new("/bin/sleep"), &["86400"])
}

fn relative(program: &Program, name: &str) -> Outcome<u32> {
    let family = process::family(program.id())?;
    let found = family.iter().find(|process| process.name == name);
    found.map(|process| process.id).during(|| format!("{} has no process {name}", program.name))
}

/// Has the process try all of it; gives what was not stopped.
fn try_all(lab: &mut Lab, id: u32, attempts: &[Attempt]) -> Outcome<Vec<&'static str>> {
    let mut inside = Inside::enter(id)?;
    let mut done = Vec::new();
    for Attempt { what, call, arguments } in attempts {
        let verdict = inside.call(*call, arguments)?;
        let name = process::read(id)?.map(|process| process.name).unwrap_or_default();
        lab.step(&format!("{name} tries to {what}: {verdict:?}"));
        match verdict {
            Verdict::Did(_) => done.push(*what),
            Verdict::Refused(Errno::EPERM | Errno::EACCES | Errno::ENOSYS | Errno::EAFNOSUPPORT) => {}
            // A complaint of the call itself: the sandbox had let it through.
            Verdict::Refused(_) => done.push(*what),
            Verdict::Killed => {
                return Err(Failure::new(format!(
                    "the process was killed when it tried to {what}: it should be refused"
                )));
            }
        }
    }
    inside.leave()?;
    Ok(done)
}

pub(super) fn must_stop(lab: &mut Lab, id: u32, attempts: &[Attempt]) -> Outcome {
    let done = try_all(lab, id, attempts)?;
    check(done.is_empty(), || format!("not stopped: {}", done.join(", ")))
}

/// The station, at the mercy of whoever sent the frame that took it over.
pub fn our_station_taken_over_can_do_no_harm(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Sae(Method::Direct, 19));
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    let victim = victim(lab)?;
    let daemon = relative(&sta.program, "supplicant")?;
    must_stop(lab, daemon, &attempts_of_daemons(victim.id()))?;
    // And it works on, none the worse.
    sta.control()?.ok("REASSOCIATE")?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", Duration::from_secs(30))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// The access point likewise.
pub fn our_access_point_taken_over_can_do_no_harm(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Debian, Maker::Airlock, &network)?;
    let victim = victim(lab)?;
    let daemon = relative(&ap.program, "apd")?;
    must_stop(lab, daemon, &attempts_of_daemons(victim.id()))?;
    sta.control()?.ok("REASSOCIATE")?;
    sta.control()?.event("CTRL-EVENT-CONNECTED", Duration::from_secs(30))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// Both roles of privd: no files, no programs, no other processes; and the post has no network.
pub fn our_privd_taken_over_can_do_little_harm(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (mut sta, mut ap) = join(lab, Maker::Airlock, Maker::Debian, &network)?;
    let victim = victim(lab)?;
    let privd = relative(&sta.program, "privd")?;
    must_stop(lab, privd, &attempts_of_all(victim.id()))?;
    let post = relative(&sta.program, "privd-post")?;
    must_stop(lab, post, &attempts_of_daemons(victim.id()))?;
    joined(lab, &mut sta, &mut ap, &network)
}

/// The control: nothing stops the original, so what stops ours is our sandbox.
pub fn debians_station_taken_over_can_do_everything(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let (sta, _ap) = join(lab, Maker::Debian, Maker::Debian, &network)?;
    let victim = victim(lab)?;
    let attempts = attempts_of_daemons(victim.id());
    let done = try_all(lab, sta.program.id(), &attempts)?;
    let stopped: Vec<&str> = attempts.iter().map(|attempt| attempt.what).filter(|what| !done.contains(what)).collect();
    check(stopped.is_empty(), || format!("Debian's wpa_supplicant was stopped from: {}", stopped.join(", ")))
}

/// `-B`, several interfaces, and a privd that was killed: the same rules hold.
pub fn separation_holds_in_the_background_and_under_load(lab: &mut Lab) -> Outcome {
    let network = Network::new(Suite::Wpa2);
    let mut ap = AccessPoint::start(lab, "ap", Maker::Airlock, &network)?;
    let mut sta = Station::start(lab, "sta", Maker::Airlock, &network)?;
    joined(lab, &mut sta, &mut ap, &network)?;
    for program in [&sta.program, &ap.program] {
        let privd = relative(program, "privd")?;
        send_signal(privd, Signal::SIGKILL)?;
        until("new privd", Duration::from_secs(30), || {
            Ok(relative(program, "privd").ok().filter(|new| *new != privd))
        })?;
    }
    std::thread::sleep(Duration::from_secs(20));
    joined(lab, &mut sta, &mut ap, &network)?;
    judge_family(lab, &sta.program, &STATION)?;
    judge_family(lab, &ap.program, &ACCESS_POINT)
}
