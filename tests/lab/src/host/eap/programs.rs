//! Programs of one row: each with a log, a limit, and ended by its own id.

use std::fs::{self, File};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{During as _, Failure, Outcome, check};

/// How long anything may take: nothing is measured by it.
const LIMIT: Duration = Duration::from_secs(40);

/// A program that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a program whose output goes to a file of this name.
    pub(super) fn start(command: &mut Command, folder: &Path, name: &str) -> Outcome<Running> {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log)?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .during(|| format!("starting {name}"))?;
        Ok(Running { child, log, name: name.to_owned() })
    }

    /// Its id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until it has said this.
    pub(super) fn until(&mut self, words: &str) -> Outcome<String> {
        let begun = Instant::now();
        loop {
            let said = self.said();
            if said.contains(words) {
                return Ok(said);
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(Failure::new(format!("{} ended ({status}): {}", self.name, last(&said))));
            }
            check(begun.elapsed() < LIMIT, || format!("{} does not say {words:?}: {}", self.name, last(&said)))?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end; gives whether it says that all is well, and what it has said.
    pub(super) fn end(mut self) -> Outcome<(bool, String)> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok((status.success(), self.said()));
            }
            check(begun.elapsed() < LIMIT, || format!("{} does not end: {}", self.name, last(&self.said())))?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The last line of a text that says anything.
pub(super) fn last(said: &str) -> String {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing was said").trim().to_owned()
}

/// A UDP port of the loopback that nobody has.
pub(super) fn free_port() -> Outcome<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
