//! A program that was started in a guest, and its log.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::failure::{During as _, Failure, Outcome};

/// A running program.
#[derive(Debug)]
pub struct Program {
    /// The name it has in the story.
    pub name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    pub(super) fn new(name: String, child: Child, log: PathBuf) -> Self {
        Self { name, child, log }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The file of its log.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// Waits until its log contains `text`.
    pub fn wait_log(&self, text: &str, patience: Duration) -> Outcome {
        let what = format!("{:?} in the log of {}", text, self.name);
        until(&what, patience, || Ok(self.log().contains(text).then_some(())))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Outcome {
        send_signal(self.id(), signal)
    }

    /// Fails if it has ended.
    pub fn must_run(&mut self) -> Outcome {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended: {status}", self.name))),
        }
    }

    /// Waits for it to end.
    pub fn wait_end(&mut self, patience: Duration) -> Outcome<ExitStatus> {
        let what = format!("the end of {}", self.name);
        until(&what, patience, || Ok(self.child.try_wait()?))
    }

    /// Asks it to end, as `kill` does, and waits for that.
    pub fn end(&mut self) -> Outcome<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.wait_end(Duration::from_secs(10))
    }
}

/// Sends `signal` to the process `id`.
pub fn send_signal(id: u32, signal: Signal) -> Outcome {
    let id = i32::try_from(id).during(|| "a process id".into())?;
    kill(Pid::from_raw(id), signal).during(|| format!("{signal} to process {id}"))
}

/// Tries `attempt` every 50 ms until it gives something.
pub fn until<T>(what: &str, patience: Duration, mut attempt: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = attempt()? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(Failure::new(format!("no {what} within {patience:?}")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
