//! The guest's root: a Debian that has the named packages and what they depend on, and nothing of the machine it runs on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{cache, needs};
use crate::failure::{During as _, Failure, Outcome, check};

/// The packages that guests have beside Debian's essential ones. What is not here, no guest sees.
pub const PACKAGES: [&str; 11] = [
    // What scenarios call: namespaces, radios, users, pings.
    "iproute2",
    "iputils-ping",
    "iw",
    // What ours is played against.
    "dbus-daemon",
    "hostapd",
    "iwd",
    "wpasupplicant",
    // Channels and power by country, which the kernel reads.
    "wireless-regdb",
    // Guests in which units are started.
    "dbus",
    "systemd",
    "systemd-sysv",
];

/// A root for guests.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its folder.
    pub path: PathBuf,
}

impl Image {
    /// The one that is kept for this list of packages, else one made now.
    pub fn get() -> Outcome<Self> {
        let path = cache()?.join(format!("debian-{}-{:016x}", suite()?, digest(&PACKAGES)));
        if !path.exists() {
            make(&path)?;
        }
        Ok(Self { path })
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }
}

/// The name of this machine's Debian.
fn suite() -> Outcome<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let suite = suite.map(|name| name.trim_matches('"').to_owned()).filter(|_| needs::found("apt-get"));
    suite.during(|| "guests are made of Debian's packages, and this machine is no Debian".into())
}

/// Names a list of packages (FNV-1a): another list is another image.
fn digest(packages: &[&str]) -> u64 {
    let bytes = packages.iter().flat_map(|package| package.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Where this machine's packages of Debian come from, as lines of a sources list; none: apt has never been asked.
fn sources() -> Outcome<String> {
    let line = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)";
    let asked = Command::new("apt-get")
        .args(["indextargets", "--format", line, "Created-By: Packages", "Origin: Debian"])
        .stdin(Stdio::null())
        .output()
        .during(|| "apt-get indextargets".into())?;
    Ok(String::from_utf8_lossy(&asked.stdout).into_owned())
}

fn make(path: &Path) -> Outcome {
    needs::packages(&needs::IMAGE)?;
    let mut lines = sources()?;
    if lines.trim().is_empty() {
        needs::update()?;
        lines = sources()?;
    }
    check(!lines.trim().is_empty(), || "apt knows no packages of Debian; run `apt-get update`".into())?;
    let folder = cache()?;
    fs::create_dir_all(&folder)?;
    // Whoever else makes one at the same time makes his own; the first one stays.
    let own = |what: &str| folder.join(format!("{what}.{}", std::process::id()));
    let (partial, list) = (own("image"), own("sources"));
    fs::write(&list, lines)?;
    let started = Instant::now();
    println!("A root for guests is made once, of Debian's {}, and kept in {}.", PACKAGES.join(" "), path.display());
    let done = Command::new("mmdebstrap")
        .args(["--quiet", "--mode=root", "--variant=essential", "--aptopt=APT::Install-Recommends \"false\""])
        .arg(format!("--include={}", PACKAGES.join(",")))
        .args([&suite()?, plain(&partial)?, plain(&list)?])
        .stdin(Stdio::null())
        .output()
        .during(|| "mmdebstrap".into())?;
    fs::remove_file(&list)?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let mut last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(5).collect();
        last.reverse();
        return Err(Failure::new(format!("mmdebstrap: {}", last.join("; "))));
    }
    // What the guest's first process mounts or writes over has to be there.
    for (file, text) in [("etc/machine-id", "uninitialized\n"), ("etc/fstab", "")] {
        fs::write(partial.join(file), text)?;
    }
    if fs::rename(&partial, path).is_err() {
        check(path.exists(), || format!("{} cannot be made", path.display()))?;
        fs::remove_dir_all(&partial)?;
    }
    println!("  made in {} s", started.elapsed().as_secs());
    Ok(())
}

fn plain(path: &Path) -> Outcome<&str> {
    path.to_str().during(|| format!("{} is not UTF-8", path.display()))
}
