//! Booting a guest: a User Mode Linux kernel whose first process is this program.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Parts, fresh_folder};
use crate::failure::{During as _, Failure, Outcome, check};
use crate::guest::init::{
    IMAGE_VARIABLE, KEEP_VARIABLE, OUTCOME, PROGRAMS_VARIABLE, RESULTS_VARIABLE, SAID, SHELL, STAND_IN_VARIABLE,
    STORY_VARIABLE,
};

/// What a guest is to do.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The story's name, or what stands instead of one.
    pub story: String,
    /// Radios at boot.
    pub radios: u32,
    /// Does waiting cost nothing?
    pub time_travel: bool,
    /// Is a terminal wanted after the story?
    pub keep: bool,
    /// Do Debian's programs play the parts of ours?
    pub stand_in: bool,
    /// Where it writes.
    pub results: PathBuf,
    /// Where our programs are.
    pub programs: PathBuf,
    /// How long it may take on the machine's clock.
    pub limit: Duration,
    /// Files that are laid beside what it writes: name and text.
    pub files: Vec<(String, String)>,
}

impl Guest {
    /// Boots the guest, waits for its end and gives what it said of itself.
    pub fn run(&self, parts: &Parts) -> Outcome {
        self.run_with(parts, || {})
    }

    /// The same, and shows what is said meanwhile.
    pub fn run_shown(&self, parts: &Parts) -> Outcome {
        let file = self.results.join(SAID);
        let mut shown = 0;
        self.run_with(parts, || {
            let said = fs::read(&file).unwrap_or_default();
            if let Some(news) = said.get(shown..) {
                print!("{}", String::from_utf8_lossy(news));
                shown = said.len();
            }
        })
    }

    fn run_with(&self, parts: &Parts, look: impl FnMut()) -> Outcome {
        fresh_folder(&self.results)?;
        for (name, text) in &self.files {
            fs::write(self.results.join(name), text)?;
        }
        let interactive = self.keep || self.story == SHELL;
        let mut command = Command::new(&parts.kernel.path);
        command.args(self.command_line(parts)?);
        if !interactive {
            let console = fs::File::create(self.results.join("console"))?;
            command.stdin(Stdio::null()).stdout(console.try_clone()?).stderr(console).process_group(0);
        }
        let mut child = command.spawn().during(|| format!("start of {}", parts.kernel.path.display()))?;
        if interactive {
            child.wait()?;
        } else {
            self.watch(&mut child, look)?;
        }
        if self.story == SHELL {
            return Ok(());
        }
        match fs::read_to_string(self.results.join(OUTCOME)) {
            Ok(said) if said.is_empty() => Ok(()),
            Ok(said) => Err(Failure::new(said)),
            Err(_) => Err(Failure::new("the guest ended without a word")),
        }
    }

    fn watch(&self, child: &mut Child, mut look: impl FnMut()) -> Outcome {
        let deadline = Instant::now() + self.limit;
        let group = i32::try_from(child.id()).map(Pid::from_raw).during(|| "a process id".into())?;
        let ended = loop {
            look();
            if child.try_wait()?.is_some() {
                break true;
            }
            if Instant::now() >= deadline {
                break false;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // The kernel's helper processes are in its group and go with it.
        let _ = killpg(group, Signal::SIGKILL);
        look();
        child.wait()?;
        check(ended, || format!("the guest did not end within {:?}", self.limit))
    }

    fn command_line(&self, parts: &Parts) -> Outcome<Vec<String>> {
        let me = super::play::own_program()?;
        let mut line: Vec<String> =
            ["mem=512M", "root=none", "hostfs=/", "rootfstype=hostfs", "rootflags=/", "ro", "con=null"]
                .map(str::to_owned)
                .into();
        if self.time_travel {
            line.push("time-travel=inf-cpu".into());
        }
        if parts.kernel.has_seccomp_mode() {
            line.push("seccomp=on".into());
        }
        line.push(format!("mac80211_hwsim.radios={}", self.radios));
        line.push(format!("init={}", plain(&me)?));
        line.extend(["con0=fd:0,fd:1", "console=tty0", "quiet", "panic=-1"].map(str::to_owned));
        line.push(format!("{RESULTS_VARIABLE}={}", plain(&self.results)?));
        line.push(format!("{IMAGE_VARIABLE}={}", plain(&parts.image.path)?));
        line.push(format!("{PROGRAMS_VARIABLE}={}", plain(&self.programs)?));
        line.push(format!("{STORY_VARIABLE}={}", self.story));
        if self.stand_in {
            line.push(format!("{STAND_IN_VARIABLE}=1"));
        }
        if self.keep {
            line.push(format!("{KEEP_VARIABLE}=1"));
        }
        Ok(line)
    }
}

/// A path as a word of the kernel's command line.
fn plain(path: &Path) -> Outcome<String> {
    let text = path.to_str().during(|| format!("{} is not UTF-8", path.display()))?;
    check(!text.contains(|c: char| c.is_whitespace() || c == '"' || c == ','), || {
        format!("the kernel's command line cannot carry the path {text:?}: move the checkout to one without blanks")
    })?;
    Ok(text.to_owned())
}
