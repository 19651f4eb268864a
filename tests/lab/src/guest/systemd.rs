//! A guest whose first process is Debian's systemd, with our programs and units installed as a package would.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::mount::{MsFlags, mount};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use super::init::{PROGRAMS, PROGRAMS_VARIABLE, RESULTS, RESULTS_VARIABLE, STRANGER, change_root, mount_at, variable};
use super::lab::Lab;
use super::program::until;
use crate::failure::{During as _, Failure, Outcome, check};

macro_rules! of_dist {
    ($($folder:literal: $($file:literal $(as $name:literal)?),+;)+) => {
        [$($((concat!($folder, of_dist!(@ $file $($name)?)), include_str!(concat!("../../../../dist/", $file)))),+),+]
    };
    (@ $file:literal $name:literal) => { $name };
    (@ $file:literal) => { $file };
}

/// Where the table of dist/README.md says that files go, and what they say.
const FILES: [(&str, &str); 12] = of_dist! {
    "usr/lib/systemd/system/": "airlock-apd@.service", "airlock-courier.service", "airlock-courier.socket", "airlock-post.service", "airlock-post.socket",
        "airlock-privd.service", "airlock-privd.socket", "airlock-supplicant@.service";
    "usr/lib/sysusers.d/": "airlock.sysusers.conf" as "airlock.conf";
    "usr/lib/tmpfiles.d/": "airlock.tmpfiles.conf" as "airlock.conf";
    "usr/lib/airlock/": "grants/station.grant" as "station.grant", "grants/access-point.grant" as "access-point.grant";
};

/// Where programs go.
const INSTALLED: [(&str, &str); 6] = [
    ("supplicant", "usr/sbin/supplicant"),
    ("apd", "usr/sbin/apd"),
    ("privd", "usr/libexec/airlock/privd"),
    ("privd-post", "usr/libexec/airlock/privd-post"),
    ("privd-courier", "usr/libexec/airlock/privd-courier"),
    ("privd-keeper", "usr/libexec/airlock/privd-keeper"),
];

/// What a machine with a screen, a clock and disks starts, and a guest does not need.
const MASKED: [&str; 14] = [
    "getty.target",
    "dbus.service",
    "dbus.socket",
    "systemd-logind.service",
    "systemd-user-sessions.service",
    "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount",
    "systemd-modules-load.service",
    "systemd-random-seed.service",
    "systemd-journal-flush.service",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
    "systemd-repart.service",
    "timers.target",
];

/// Lays a root of its own over the image, installs our files there and becomes systemd, which starts the story.
pub(super) fn become_systemd(story: &str) -> Outcome {
    mount_at("tmpfs", "/tmp", "mode=0755")?;
    for folder in ["/tmp/up", "/tmp/work", "/tmp/root"] {
        fs::create_dir(folder)?;
    }
    mount_at("overlay", "/tmp/root", "lowerdir=/,upperdir=/tmp/up,workdir=/tmp/work")?;
    nix::unistd::chdir("/tmp/root")?;
    mount_at("tmpfs", "run", "mode=0755")?;
    for (folder, name) in [(RESULTS, RESULTS_VARIABLE), (PROGRAMS, PROGRAMS_VARIABLE)] {
        let place = folder.trim_start_matches('/');
        fs::create_dir_all(place)?;
        let source = variable(name)?;
        mount(Some("none"), place, Some("hostfs"), MsFlags::empty(), Some(source.as_str()))
            .during(|| source.clone())?;
    }
    install()?;
    settle(story)?;
    change_root()?;
    let error = Command::new("/lib/systemd/systemd")
        .args(["--unit=multi-user.target", "--show-status=no", "--log-level=notice", "--default-timeout-start-sec=300"])
        .env_clear()
        .exec();
    Err(Failure::new(format!("systemd: {error}")))
}

/// Our package, in the working directory.
fn install() -> Outcome {
    for (to, text) in FILES {
        write(to, text)?;
    }
    for (name, to) in INSTALLED {
        let from = Path::new(PROGRAMS.trim_start_matches('/')).join(name);
        if let Some(folder) = Path::new(to).parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&from, to).during(|| format!("copy of {}", from.display()))?;
        fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn write(path: &str, text: &str) -> Outcome {
    if let Some(folder) = Path::new(path).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).during(|| path.to_owned())
}

/// What makes a machine out of the image: its name, a stranger, and the story in place of what else it would start.
fn settle(story: &str) -> Outcome {
    fs::remove_dir_all("etc/systemd/system")?;
    fs::create_dir_all("etc/systemd/system/multi-user.target.wants")?;
    for name in MASKED {
        symlink("/dev/null", Path::new("etc/systemd/system").join(name))?;
    }
    fs::write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")?;
    let passwd = fs::read_to_string("etc/passwd")?;
    let stranger = format!("{}:x:{}:65534::/nonexistent:/usr/sbin/nologin\n", STRANGER.name, STRANGER.id);
    fs::write("etc/passwd", passwd + &stranger)?;
    let unit = format!(
        "[Unit]\nDescription=The lab's story\n\
         [Service]\nType=exec\nExecStart={PROGRAMS}/lab guest {story}\n\
         ExecStopPost=/bin/sh -c 'journalctl --no-pager -o short-monotonic >{RESULTS}/journal.log; \
         echo o >/proc/sysrq-trigger'\n\
         StandardOutput=file:{RESULTS}/story.log\nStandardError=file:{RESULTS}/story.log\n"
    );
    write("etc/systemd/system/lab-story.service", &unit)?;
    symlink("../lab-story.service", "etc/systemd/system/multi-user.target.wants/lab-story.service")?;
    Ok(())
}

/// The command of this program that connects with a helper's socket.
pub const KNOCK: &str = "knock";

/// Connects so often, and goes away each time; fails if it never was let in.
pub fn knock(path: &Path, times: u32) -> Outcome {
    let mut last = Ok(());
    for _ in 0..times {
        let flags = SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
        last = connect(fd.as_raw_fd(), &UnixAddr::new(path)?);
        if last.is_ok() {
            return Ok(());
        }
    }
    last.during(|| path.display().to_string())
}

/// What systemd says of a unit.
pub fn property(lab: &mut Lab, unit: &str, name: &str) -> Outcome<String> {
    Ok(lab.command("systemctl", &["show", "--value", "-p", name, unit])?.trim().to_owned())
}

/// The first process of a unit, once it has one other than `old`.
pub fn main_process(lab: &mut Lab, unit: &str, old: Option<u32>, patience: Duration) -> Outcome<u32> {
    until(&format!("process of {unit}"), patience, || {
        let id = property(lab, unit, "MainPID")?.parse::<u32>().ok();
        Ok(id.filter(|id| *id != 0 && Some(*id) != old))
    })
}

/// Did any process break a filter of system calls?
pub fn nobody_was_killed_by_a_filter(lab: &mut Lab) -> Outcome {
    let said = lab.command("dmesg", &[])?;
    let kills: Vec<&str> = said.lines().filter(|line| line.contains("type=1326")).collect();
    check(kills.is_empty(), || format!("killed by a filter of system calls: {}", kills.join("; ")))
}
