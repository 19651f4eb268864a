//! The guest's kernel: the one that is named, else the one in the cache, else one that is built from Debian's sources.

use std::fs;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{cache, fresh_folder, needs};
use crate::failure::{During as _, Failure, Outcome, check};

/// The environment variable that names a kernel.
pub const VARIABLE: &str = "AIRLOCK_LAB_KERNEL";

/// What the kernel is configured with.
const CONFIGURATION: &str = include_str!("../../kernel.config");

/// About how many files the build compiles, for the progress shown.
const FILES: usize = 1_200;

/// A kernel that guests can boot.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The program.
    pub path: PathBuf,
    /// Its version.
    pub version: (u32, u32),
}

impl Kernel {
    /// The kernel at `path`.
    pub fn at(path: &Path) -> Outcome<Self> {
        let path = path.canonicalize().during(|| format!("the kernel {}", path.display()))?;
        let said = Command::new(&path).arg("--version").stdin(Stdio::null()).output();
        let said = said.during(|| format!("{} --version", path.display()))?;
        let text = String::from_utf8_lossy(&said.stdout);
        let version = parse_version(text.trim())
            .during(|| format!("{} is no User Mode Linux kernel: it says {text:?}", path.display()))?;
        Ok(Self { path, version })
    }

    /// Can it run the guest's processes under seccomp instead of ptrace? (twice as fast)
    #[must_use]
    pub fn has_seccomp_mode(&self) -> bool {
        self.version >= (6, 16)
    }

    /// The named kernel, else the cached one.
    pub fn present() -> Outcome<Option<Self>> {
        if let Some(named) = std::env::var_os(VARIABLE) {
            return Self::at(Path::new(&named)).map(Some);
        }
        let mut found: Vec<Self> = Vec::new();
        if let Ok(entries) = fs::read_dir(cache()?) {
            for entry in entries {
                let path = entry?.path();
                let is_kernel = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| name.starts_with("linux-") && name.ends_with("-um"));
                if is_kernel {
                    found.extend(Self::at(&path));
                }
            }
        }
        found.sort_by_key(|kernel| kernel.version);
        Ok(found.pop())
    }

    /// The named kernel, else the cached one, else one built now.
    pub fn get() -> Outcome<Self> {
        match Self::present()? {
            Some(kernel) => Ok(kernel),
            None => build(),
        }
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Builds the newest kernel whose sources Debian offers here, and keeps it.
pub fn build() -> Outcome<Kernel> {
    needs::packages(&needs::KERNEL)?;
    let source = match newest_source() {
        Err(_) if nix::unistd::geteuid().is_root() => {
            needs::update()?;
            newest_source()?
        }
        found => found?,
    };
    let cache = cache()?;
    let work = cache.join("build");
    fresh_folder(&work)?;
    println!("A User Mode Linux kernel is built once, from Debian's {source}, and kept in {}.", cache.display());
    let started = Instant::now();

    println!("  fetching {source} (about 150 MB) ...");
    // apt would fetch as a user of its own, who may not be able to write here.
    run(Command::new("apt-get")
        .args(["-q", "-o", "APT::Sandbox::User=root", "download", &source])
        .current_dir(&work)
        .stdout(Stdio::null()))?;
    let package = entry_that(&work, |name| name.ends_with(".deb"))?;
    println!("  unpacking ...");
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(work.join("package")))?;
    let archive = entry_that(&work.join("package/usr/src"), |name| name.ends_with(".tar.xz"))?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&work))?;
    fs::remove_dir_all(work.join("package"))?;
    fs::remove_file(&package)?;
    let tree = entry_that(&work, |name| name.starts_with("linux-source"))?;
    fs::write(tree.join("arch/um/configs/airlock_defconfig"), CONFIGURATION)?;

    let log = work.join("log");
    make(&tree, &log, &["airlock_defconfig"])?;
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    make(&tree, &log, &[&format!("-j{jobs}")])?;
    let made = tree.join("linux");
    run(Command::new("strip").arg(&made))?;
    let kernel = Kernel::at(&made)?;
    let (major, minor) = kernel.version;
    let kept = cache.join(format!("linux-{major}.{minor}-um"));
    let partial = cache.join("linux.partial");
    fs::copy(&made, &partial)?;
    fs::rename(&partial, &kept)?;
    fs::remove_dir_all(&work)?;
    println!("  Linux {major}.{minor} built in {} s: {}", started.elapsed().as_secs(), kept.display());
    Kernel::at(&kept)
}

/// The newest package linux-source-X.Y.
fn newest_source() -> Outcome<String> {
    let listed = Command::new("apt-cache").args(["pkgnames", "linux-source-"]).stderr(Stdio::null()).output();
    let listed = listed.during(|| "apt-cache".into())?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let newest = text
        .lines()
        .filter_map(|name| Some((parse_version(name.strip_prefix("linux-source-")?)?, name)))
        .filter(|(_, name)| name.matches('-').count() == 2)
        .max();
    let (version, name) = newest.during(|| {
        "apt knows no package linux-source-X.Y; run `apt-get update`, or name a kernel in AIRLOCK_LAB_KERNEL".into()
    })?;
    check(version >= (6, 5), || format!("{name} is too old: Landlock on a host file system needs Linux 6.5 or newer"))?;
    Ok(name.to_owned())
}

fn entry_that(folder: &Path, wanted: impl Fn(&str) -> bool) -> Outcome<PathBuf> {
    for entry in fs::read_dir(folder).during(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted) {
            return Ok(path);
        }
    }
    Err(Failure::new(format!("{} has not what was expected", folder.display())))
}

fn run(command: &mut Command) -> Outcome {
    let status = command.stdin(Stdio::null()).status().during(|| format!("{command:?}"))?;
    check(status.success(), || format!("{command:?}: {status}"))
}

/// Runs make and shows how far it is.
fn make(tree: &Path, log: &Path, arguments: &[&str]) -> Outcome {
    let mut keep = fs::File::options().create(true).append(true).open(log)?;
    let errors = keep.try_clone()?;
    let mut child = Command::new("make")
        .current_dir(tree)
        .arg("ARCH=um")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .during(|| "make".into())?;
    let terminal = std::io::stdout().is_terminal();
    let started = Instant::now();
    let mut compiled = 0_usize;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            writeln!(keep, "{line}")?;
            if !line.trim_start().starts_with("CC ") {
                continue;
            }
            compiled += 1;
            let every = if terminal { 10 } else { 250 };
            if compiled.is_multiple_of(every) {
                let percent = (compiled * 100 / FILES).min(99);
                let seconds = started.elapsed().as_secs();
                let (start, end) = if terminal { ("\r", "   ") } else { ("", "\n") };
                print!("{start}  compiling: {compiled} files, about {percent} %, {seconds} s{end}");
                std::io::stdout().flush()?;
            }
        }
    }
    if terminal && compiled > 0 {
        println!();
    }
    let status = child.wait()?;
    check(status.success(), || format!("the kernel's build failed; its log is {}", log.display()))
}
