//! What has to be installed, and installing it where that is possible.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{During as _, Failure, Outcome, check};

/// A program and the Debian package that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The program, by name or path.
    pub program: &'static str,
    /// The package.
    pub package: &'static str,
}

/// A program of a package.
pub(super) const fn need(program: &'static str, package: &'static str) -> Need {
    Need { program, package }
}

/// What making an image needs.
pub const IMAGE: [Need; 2] = [need("mmdebstrap", "mmdebstrap"), need("tar", "tar")];

/// What building a kernel needs.
pub const KERNEL: [Need; 7] = [
    need("make", "make"),
    need("gcc", "gcc"),
    need("flex", "flex"),
    need("bison", "bison"),
    need("bc", "bc"),
    need("xz", "xz-utils"),
    need("strip", "binutils"),
];

/// Sees to it that guests can run here.
pub fn root() -> Outcome {
    // The guest's root is whoever started it: hosts, users and our daemons' start need the real one.
    check(nix::unistd::geteuid().is_root(), || "missing: the rights of root; use: sudo -E cargo lab …".into())
}

/// Sees to it that the programs are there: installs their packages as root, else says what to install.
pub fn packages(needs: &[Need]) -> Outcome {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let by_hand = format!("missing: {names}; install with: apt-get install --no-install-recommends {names}");
    check(nix::unistd::geteuid().is_root(), || format!("{by_hand} (as root)"))?;
    check(found("apt-get"), || format!("missing: {names} (these are Debian's names; there is no apt-get here)"))?;
    println!("Installing Debian packages: {names}");
    update().during(|| by_hand.clone())?;
    let mut install = vec!["install", "--no-install-recommends", "-y"];
    install.extend(missing.iter().copied());
    apt(&install).during(|| by_hand.clone())?;
    let still = self::missing(needs);
    check(still.is_empty(), || format!("{by_hand} (apt-get succeeded, yet {} is not there)", still.join(" ")))
}

/// Asks Debian what it has.
pub fn update() -> Outcome {
    apt(&["update"])
}

/// The packages of programs that are not here.
pub(super) fn missing(needs: &[Need]) -> Vec<&'static str> {
    let mut missing: Vec<&str> = needs.iter().filter(|need| !found(need.program)).map(|need| need.package).collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Is the program there, in PATH or where Debian keeps what only root uses?
#[must_use]
pub fn found(program: &str) -> bool {
    if program.starts_with('/') {
        return Path::new(program).exists();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').chain(["/usr/sbin", "/sbin"]).any(|folder| Path::new(folder).join(program).exists())
}

fn apt(arguments: &[&str]) -> Outcome {
    let done = Command::new("apt-get")
        .arg("-q")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // A package's service must not start on this machine: it would look for this machine's own radios.
        .env("SYSTEMD_OFFLINE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(Failure::new(format!("apt-get {}: {last}", arguments.join(" "))))
}
