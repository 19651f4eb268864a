//! What a start by the superuser asks for, and what of it stays with the processes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::stories;
use crate::failure::{Outcome, check};
use crate::guest::control::Control;
use crate::guest::init::CONTROL_GROUP;
use crate::guest::lab::{Host, Lab};
use crate::guest::networks::{Network, Suite};
use crate::guest::process;
use crate::guest::program::Program;

/// The stories of this file.
pub const STORIES: &[super::Story] =
    stories![no_process_keeps_what_its_starter_had_open, without_its_users_no_daemon_runs,];

const AWHILE: Duration = Duration::from_secs(60);

/// A station; `before` is said to the shell that becomes it.
fn start(lab: &mut Lab, host: &Host, before: &str, options: &str) -> Outcome<Program> {
    let text = Network::new(Suite::Wpa2).supplicant_conf("/run/sta", CONTROL_GROUP.name);
    let file = lab.file("sta.conf", &text)?.to_string_lossy().into_owned();
    let program = lab.our_program("supplicant").to_string_lossy().into_owned();
    let line = format!("{before} exec {program} {options} -i {} -c {file}", host.interface);
    lab.start(&host.name, "supplicant", Path::new("/bin/sh"), &["-c", &line])
}

/// A file that the shell had open is nobody's afterwards; and each process has its limits.
pub fn no_process_keeps_what_its_starter_had_open(lab: &mut Lab) -> Outcome {
    let host = lab.host("sta")?;
    let left = lab.file("left-open", "a secret")?;
    let mut program = start(lab, &host, &format!("exec 7<{};", left.display()), "")?;
    let control = Control::open(&Path::new("/run/sta").join(&host.interface), AWHILE);
    program.must_run()?;
    control?;
    let family = process::family(program.id())?;
    for (name, files, processes) in [
        ("supplicant", Some("64"), Some("0")),
        ("privd-keeper", None, None),
        ("privd", None, Some("0")),
        ("post-keeper", None, None),
        ("privd-post", None, Some("0")),
    ] {
        let found = family.iter().find(|one| one.name == name);
        let id = found.map(|one| one.id).ok_or_else(|| crate::failure::Failure::new(format!("no process {name}")))?;
        for entry in fs::read_dir(format!("/proc/{id}/fd"))?.flatten() {
            let open = fs::read_link(entry.path()).unwrap_or_default();
            check(open != left, || format!("{name} has {} open, which its starter had", left.display()))?;
        }
        let limits = fs::read_to_string(format!("/proc/{id}/limits"))?;
        let hard = |what: &str| {
            let line = limits.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
            line.split_whitespace().nth(1).map(str::to_owned)
        };
        for (what, most) in [
            ("Max open files", files),
            ("Max processes", processes),
            ("Max core file size", Some("0")),
            ("Max locked memory", Some("0")),
            ("Max msgqueue size", Some("0")),
        ] {
            check(most.is_none() || hard(what).as_deref() == most, || format!("{name}: {what}: {:?}", hard(what)))?;
        }
    }
    Ok(())
}

/// Each of the two that a station has. Everything as `nobody` would be no separation: that has to be asked for.
pub fn without_its_users_no_daemon_runs(lab: &mut Lab) -> Outcome {
    let host = lab.host("sta")?;
    let all = fs::read_to_string("/etc/passwd")?;
    for missing in ["wifi-sta", "wifi-priv"] {
        let others: String =
            all.lines().filter(|line| !line.starts_with(missing)).map(|line| format!("{line}\n")).collect();
        fs::write("/etc/passwd", others)?;
        let mut refused = start(lab, &host, "", "")?;
        check(!refused.wait_end(AWHILE)?.success(), || format!("a station runs without user {missing}"))?;
        let said = refused.log();
        check(said.contains(&format!("there is no user {missing}")), || format!("it says {said:?}"))?;
        let mut accepted = start(lab, &host, "", "--accept-unconfined")?;
        let control = Control::open(&Path::new("/run/sta").join(&host.interface), AWHILE);
        accepted.must_run()?;
        control?;
        accepted.wait_log(&format!("NOT CONFINED: there is no user {missing}"), AWHILE)?;
        accepted.end()?;
    }
    Ok(())
}
