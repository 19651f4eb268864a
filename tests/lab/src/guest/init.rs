//! The guest's first process: makes the guest's world, plays one story in a child process, and powers off.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::systemd;
use crate::failure::{During as _, Outcome};
use crate::scenarios;

/// Where the guest sees the programs just built.
pub const PROGRAMS: &str = "/run/lab/bin";
/// Where the guest writes what the host is to read.
pub const RESULTS: &str = "/run/lab/out";
/// The environment variable that names the folder of results on the host (given on the kernel's command line).
pub const RESULTS_VARIABLE: &str = "LAB_RESULTS";
/// The environment variable that names the folder of the guest's root on the host.
pub const IMAGE_VARIABLE: &str = "LAB_IMAGE";
/// The environment variable that names the folder of programs on the host.
pub const PROGRAMS_VARIABLE: &str = "LAB_PROGRAMS";
/// The environment variable that names the story, or [`SHELL`].
pub const STORY_VARIABLE: &str = "LAB_STORY";
/// Instead of a story: a shell.
pub const SHELL: &str = "shell";
/// Set when a shell is wanted after the story.
pub const KEEP_VARIABLE: &str = "LAB_KEEP";
/// Set when Debian's programs play the parts of ours, which shows that a story asks for nothing odd.
pub const STAND_IN_VARIABLE: &str = "LAB_STAND_IN";
/// The file of what is said to the person who watches.
pub const SAID: &str = "said";
/// The file a story's outcome is written to: empty when it went well.
pub const OUTCOME: &str = "outcome";

/// A user who has nothing to do with Wi-Fi but is in the group of the control sockets.
pub const MEMBER: Account = Account { name: "ann", id: 64_996 };
/// A user who is in no group of ours.
pub const STRANGER: Account = Account { name: "bob", id: 64_997 };
/// The group of the control sockets.
pub const CONTROL_GROUP: Account = Account { name: "wifictl", id: 64_995 };

/// A user or group that guests have.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Name.
    pub name: &'static str,
    /// User or group id.
    pub id: u32,
}

/// The users our processes run as.
pub const OUR_USERS: [Account; 4] = [
    Account { name: "wifi-priv", id: 64_991 },
    Account { name: "wifi-sta", id: 64_992 },
    Account { name: "wifi-ap", id: 64_993 },
    Account { name: "wifi-net", id: 64_994 },
];

/// Is this process the first one of a guest?
#[must_use]
pub fn is_first_process() -> bool {
    std::process::id() == 1 && std::env::var_os(RESULTS_VARIABLE).is_some()
}

/// Runs the guest from its first process to power-off.
pub fn run() -> ExitCode {
    let said = match begin() {
        Ok(()) => String::new(),
        Err(failure) => format!("the guest could not be set up: {failure}"),
    };
    if !said.is_empty() {
        eprintln!("{said}");
        // Nothing more can be done about a results folder that cannot be written: the host then says so.
        let _ = fs::write(Path::new(RESULTS).join(OUTCOME), said);
    }
    if let Ok(mut trigger) = fs::OpenOptions::new().write(true).open("/proc/sysrq-trigger") {
        let _ = trigger.write_all(b"o");
    }
    std::thread::sleep(Duration::from_secs(60));
    ExitCode::FAILURE
}

/// The guest's world, and the story; where that is one of units, systemd takes over.
fn begin() -> Outcome {
    enter_image()?;
    let story = variable(STORY_VARIABLE)?;
    if scenarios::find(&story).is_some_and(|story| story.systemd) {
        return systemd::become_systemd(&story);
    }
    prepare()?;
    play(&story)
}

pub(super) fn variable(name: &str) -> Outcome<String> {
    std::env::var(name).during(|| format!("{name} on the kernel's command line"))
}

pub(super) fn mount_at(kind: &str, at: &str, options: &str) -> Outcome {
    mount(Some("none"), at, Some(kind), MsFlags::empty(), Some(options)).during(|| format!("mount of {kind} on {at}"))
}

/// Leaves the machine's root, in which this program was found, for the image, which is only read.
fn enter_image() -> Outcome {
    mount_at("tmpfs", "/tmp", "mode=0755")?;
    fs::create_dir("/tmp/root")?;
    let image = variable(IMAGE_VARIABLE)?;
    let read_only = MsFlags::MS_RDONLY;
    mount(Some("none"), "/tmp/root", Some("hostfs"), read_only, Some(image.as_str())).during(|| image.clone())?;
    nix::unistd::chdir("/tmp/root")?;
    change_root()
}

/// Makes the working directory the root. It lies over the old one, which then is let go.
pub(super) fn change_root() -> Outcome {
    nix::unistd::pivot_root(".", ".").during(|| "the change to a new root".into())?;
    umount2(".", MntFlags::MNT_DETACH).during(|| "the old root".into())?;
    nix::unistd::chdir("/")?;
    Ok(())
}

fn prepare() -> Outcome {
    mount_at("proc", "/proc", "")?;
    mount_at("sysfs", "/sys", "")?;
    mount_at("debugfs", "/sys/kernel/debug", "")?;
    mount_at("devtmpfs", "/dev", "")?;
    fs::create_dir_all("/dev/pts")?;
    fs::create_dir_all("/dev/shm")?;
    mount_at("devpts", "/dev/pts", "mode=0620")?;
    mount_at("tmpfs", "/dev/shm", "mode=1777")?;
    mount_at("tmpfs", "/run", "mode=0755")?;
    fs::create_dir_all(RESULTS)?;
    fs::create_dir_all(PROGRAMS)?;
    mount_at("hostfs", RESULTS, &variable(RESULTS_VARIABLE)?)?;
    mount_at("hostfs", PROGRAMS, &variable(PROGRAMS_VARIABLE)?)?;
    mount_at("tmpfs", "/tmp", "mode=1777")?;
    mount_at("tmpfs", "/var", "mode=0755")?;
    for folder in ["/var/lib", "/var/log", "/var/cache", "/var/tmp", "/run/dbus", "/run/lock"] {
        fs::create_dir_all(folder)?;
    }
    fs::set_permissions("/var/tmp", fs::Permissions::from_mode(0o1777))?;
    symlink("/run", "/var/run")?;
    symlink("/run/lock", "/var/lock")?;
    accounts()?;
    // A random address for privacy would make runs differ, and duplicate address detection delays the first packet.
    let _ = fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    // Any process may be looked at with ptrace here, so that what stops it is our own confinement.
    let _ = fs::write("/proc/sys/kernel/yama/ptrace_scope", "0");
    let up =
        Command::new("ip").env("PATH", path()).args(["link", "set", "lo", "up"]).status().during(|| "ip".into())?;
    crate::failure::check(up.success(), || "the loopback interface stays down".into())
}

/// The users and groups of the image and ours, under the same names in every guest.
fn accounts() -> Outcome {
    let mut passwd = fs::read_to_string("/etc/passwd")?;
    let mut group = fs::read_to_string("/etc/group")?;
    let people = OUR_USERS.iter().chain([&MEMBER, &STRANGER]);
    let ours: Vec<&Account> = people.clone().chain([&CONTROL_GROUP]).collect();
    let keep = |text: &str| -> String {
        let foreign = text.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default();
            !ours.iter().any(|account| account.name == name)
        });
        foreign.map(|line| format!("{line}\n")).collect()
    };
    passwd = keep(&passwd);
    group = keep(&group);
    for Account { name, id } in people {
        passwd.push_str(&format!("{name}:x:{id}:{id}::/nonexistent:/usr/sbin/nologin\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
    }
    group.push_str(&format!("{}:x:{}:{}\n", CONTROL_GROUP.name, CONTROL_GROUP.id, MEMBER.name));
    for (file, text) in [("/etc/passwd", passwd), ("/etc/group", group)] {
        let copy = Path::new("/run/lab").join(Path::new(file).file_name().unwrap_or_else(|| OsStr::new("file")));
        fs::write(&copy, text)?;
        mount(Some(&copy), file, None::<&str>, MsFlags::MS_BIND, None::<&str>).during(|| format!("bind of {file}"))?;
    }
    Ok(())
}

/// Starts the story in a child and takes in every process that loses its parent meanwhile.
fn play(story: &str) -> Outcome {
    if story != SHELL {
        let me = Path::new(PROGRAMS).join("lab");
        let child = Command::new(me)
            .args(["guest", story])
            .env("PATH", path())
            .spawn()
            .during(|| "the story's process".into())?;
        let status = wait_for(child.id())?;
        if !Path::new(RESULTS).join(OUTCOME).exists() {
            fs::write(Path::new(RESULTS).join(OUTCOME), format!("the story's process ended early: {status:?}"))?;
        }
    }
    if story == SHELL || std::env::var_os(KEEP_VARIABLE).is_some() {
        println!("A shell in the guest; leaving it powers the guest off. Our programs are in {PROGRAMS}.");
        let shell = Command::new("setsid")
            .args(["--ctty", "--wait", "bash", "--norc"])
            .env("PS1", "guest# ")
            .env("HOME", "/root")
            .env("TERM", "linux")
            .env("PATH", path())
            .spawn()
            .during(|| "the shell".into())?;
        wait_for(shell.id())?;
    }
    Ok(())
}

/// Where programs are looked for in the guest: the kernel gives its first process no PATH.
fn path() -> String {
    format!("{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

fn wait_for(id: u32) -> Outcome<WaitStatus> {
    loop {
        let status = waitpid(None::<Pid>, None)?;
        if status.pid().is_some_and(|pid| u32::try_from(pid.as_raw()) == Ok(id)) {
            return Ok(status);
        }
    }
}
