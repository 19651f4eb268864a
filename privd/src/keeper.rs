//! The keeper: starts a worker, and starts it again when it dies. It reads nothing.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use ipc_proto::channel::{Channel, pair};
use ipc_proto::keeper::{Begin, FromKeeper, Part};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use policy::Lockdown;
use tracing::{error, info};

use crate::post::{self, Opener};
use crate::worker::{self, Image};

/// A worker that lived longer than this died of something else than its start.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// Wait before the third start in a row, doubled for each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a worker may clean up after its daemon is gone.
const CLEAN_UP: Duration = Duration::from_secs(5);

type Line = Channel<FromKeeper, FromKeeper>;

/// The line of whoever started this: standard input, by agreement.
pub(crate) fn input() -> io::Result<OwnedFd> {
    let fd = io::stdin().as_fd().try_clone_to_owned()?;
    if !crate::sys::is_line(&fd) {
        return Err(io::Error::other("not for hand: another program starts it, with its line as standard input"));
    }
    Ok(fd)
}

/// The daemon's line.
pub(crate) fn line() -> io::Result<OwnedFd> {
    let fd = input()?;
    // The line has one owner, whose death is its end; a worker has something else there.
    let null = std::fs::File::open("/dev/null")?;
    nix::unistd::dup2_stdin(&null)?;
    Ok(fd)
}

/// The line between the post and privd of one daemon: standard output, by agreement with whoever started this. Absent
/// where that is something else.
pub(crate) fn witness() -> io::Result<Option<OwnedFd>> {
    let fd = io::stdout().as_fd().try_clone_to_owned()?;
    if !crate::sys::is_line(&fd) {
        return Ok(None);
    }
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    nix::unistd::dup2_stdout(&null)?;
    Ok(Some(fd))
}

/// The name that /proc shows.
pub(crate) fn name_process(name: &str) -> io::Result<()> {
    nix::sys::prctl::set_name(&CString::new(name)?)?;
    Ok(())
}

/// What a terminal or a service manager sends to everybody is for the daemon: its end is ours.
pub(crate) fn ignore_signals() -> io::Result<()> {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1, Signal::SIGPIPE] {
        set.add(signal);
    }
    set.thread_block()?;
    Ok(())
}

/// What keeps a worker going.
pub(crate) struct Keeper {
    /// The worker's program.
    pub(crate) image: Image,
    /// What each worker has to know.
    pub(crate) begin: Begin,
    /// What it will confine itself to, for its capabilities.
    pub(crate) workers: Lockdown,
    /// The daemon's line.
    pub(crate) line: OwnedFd,
    /// What the keeper may do.
    pub(crate) lockdown: Lockdown,
}

enum End {
    Worker,
    Daemon,
}

impl Keeper {
    /// Locks down and keeps a worker going, with a connection to the daemon, until the daemon is gone. `parts` gives
    /// what the worker that comes after so many others has besides. Where there is an opener, each worker has a line to
    /// it.
    pub(crate) fn keep(
        self,
        mut opener: Option<Opener>,
        parts: impl Fn(u32) -> Vec<(Part, OwnedFd)>,
    ) -> Result<(), String> {
        let words = |error: io::Error| error.to_string();
        let name = self.image.name();
        let lockdown = self.lockdown.starting(&self.image.folder);
        crate::lock(&lockdown, self.begin.accept_unconfined)?;
        let line: Line = Channel::new(self.line).map_err(words)?;
        let mut short_lives = 0_u32;
        for restarts in 0_u32.. {
            let began = Instant::now();
            let (daemons, workers) = pair().map_err(words)?;
            let mut parts = parts(restarts);
            parts.push((Part::Connection, workers));
            let asked = match &opener {
                Some(_) => {
                    let (asked, asks) = pair().map_err(words)?;
                    parts.push((Part::Opener, asks));
                    Some(Channel::new(asked).map_err(words)?)
                }
                None => None,
            };
            let lent: Vec<(Part, BorrowedFd<'_>)> = parts.iter().map(|(part, fd)| (*part, fd.as_fd())).collect();
            let (child, life) = self.image.start(&self.begin, &lent, &self.workers).map_err(words)?;
            drop(parts);
            let mut asked = opener.as_mut().zip(asked);
            if let Err(error) = line.send(&FromKeeper::Started { restarts }, Some(daemons.as_fd())) {
                info!("{name}: the daemon takes no connection: {error}");
            }
            drop(daemons);
            match wait(&line, Some(&life), &mut asked, None).map_err(words)? {
                Some(End::Worker) => {}
                Some(End::Daemon) | None => {
                    // The worker sees the end of its own connection; if it does not, it dies with the keeper.
                    wait_for_worker(&life).map_err(words)?;
                    if let Some(mut opener) = opener {
                        opener.clear_up();
                    }
                    return Ok(());
                }
            }
            match nix::sys::wait::waitpid(child, None) {
                Ok(status) => error!("{name} has ended: {status:?}"),
                Err(error) => error!("{name} has ended: {error}"),
            }
            short_lives = if began.elapsed() < SHORT_LIFE { u32::saturating_add(short_lives, 1) } else { 0 };
            if short_lives > 1 {
                let wait_for = backoff(short_lives.saturating_sub(2));
                let wait_ms = u32::try_from(wait_for.as_millis()).unwrap_or(u32::MAX);
                // If the daemon does not read now, it will see the next start.
                let _ = line.send(&FromKeeper::Faltering { wait_ms }, None);
                if let Some(End::Daemon) = wait(&line, None, &mut None, Some(wait_for)).map_err(words)? {
                    if let Some(mut opener) = opener {
                        opener.clear_up();
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn backoff(doublings: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(LONGEST_WAIT)
}

/// Waits for the end of the daemon or of the worker, and answers what that asks meanwhile. The daemon writes nothing on
/// its line, and the worker nothing on that of its life: whatever happens there is the end.
fn wait(
    line: &Line,
    life: Option<&worker::Line>,
    asked: &mut Option<(&mut Opener, post::Line)>,
    at_most: Option<Duration>,
) -> io::Result<Option<End>> {
    let timeout = at_most.map_or(PollTimeout::NONE, |wait| PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX));
    loop {
        let mut fds = vec![PollFd::new(line.as_fd(), PollFlags::POLLIN)];
        fds.extend(life.map(|life| PollFd::new(life.as_fd(), PollFlags::POLLIN)));
        let ends = fds.len();
        fds.extend(asked.iter().map(|(_, line)| PollFd::new(line.as_fd(), PollFlags::POLLIN)));
        match poll(&mut fds, timeout) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let fired: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        if let Some(end) = fired.iter().take(ends).position(|fired| *fired) {
            return Ok(Some(if end == 0 { End::Daemon } else { End::Worker }));
        }
        if let Some((opener, line)) = asked
            && !opener.serve(line)
        {
            // Its worker ends too.
            *asked = None;
        }
    }
}

fn wait_for_worker(life: &worker::Line) -> io::Result<()> {
    let timeout = PollTimeout::try_from(CLEAN_UP).unwrap_or(PollTimeout::MAX);
    let mut fds = [PollFd::new(life.as_fd(), PollFlags::POLLIN)];
    match poll(&mut fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_WAIT, LONGEST_WAIT, backoff};

    #[test]
    fn waits_grow_and_end_somewhere() {
        assert_eq!(backoff(0), FIRST_WAIT);
        assert_eq!(backoff(1), FIRST_WAIT * 2);
        assert_eq!(backoff(40), LONGEST_WAIT);
    }
}
