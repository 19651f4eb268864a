//! The one poll loop: moves bytes and deadlines between sockets and the machine, and decides nothing.

use std::collections::VecDeque;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ipc_proto::post::{FromPost, MAX_PART, ToPost};
use ipc_proto::{Failure, FromPrivd, Request, ToPrivd, VERSION};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::Signal as SystemSignal;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use tracing::{debug, error, warn};
use wire::Instant;
use zeroize::Zeroizing;

use crate::launch::Links;
use crate::link::{Line, Link, News};
use crate::log;
use crate::machine::{Input, Machine, Output, Signal, Worth};
use crate::{on_request, stack};

/// Most messages taken from one side before the others have their turn.
const TURN: usize = 64;
/// How long whoever started us in the background waits at most for all helpers.
const START: Duration = Duration::from_secs(5);
/// How long the end may take: for what is queued, and for the helpers to clean up.
const FLUSH: Duration = Duration::from_secs(1);
const CLEAN_UP: Duration = Duration::from_secs(5);

/// Random octets from the kernel.
struct KernelRng;

impl crypto::Rng for KernelRng {
    fn fill(&mut self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without randomness no key may be made, and there is nothing else to do.
            error!("the kernel gives no random octets");
            std::process::exit(policy::ABORTED);
        }
    }
}

/// Time since boot, sleep included: what was due during a sleep is due after it.
fn now() -> Instant {
    let time = clock_gettime(ClockId::CLOCK_BOOTTIME).unwrap_or_else(|_| TimeSpec::from(Duration::ZERO));
    Instant::from_origin(Duration::from(time))
}

struct Loop<'a> {
    machine: &'a mut dyn Machine,
    privd: Link<ToPrivd, FromPrivd>,
    post: Link<ToPost, FromPost>,
    links: Rest,
    exit: Option<u8>,
    /// Control sockets that were asked for and are not there yet.
    opening: usize,
    /// Requests that were let go, and whose failure is still to be told.
    refused: VecDeque<u32>,
    terminations: u32,
    /// Everything that was to be there at the start is there, or is not waited for any more.
    started: bool,
    /// From when on nobody is kept waiting any more.
    patience: Instant,
}

/// What is left of the links.
struct Rest {
    signals: nix::sys::signalfd::SignalFd,
    background: Option<crate::launch::Background>,
    service: Option<crate::service::Service>,
    runtime_dir: policy::RuntimeDir,
    log_is_file: bool,
}

/// Runs the machine until it exits, or nothing is left that it could work with.
pub fn run(links: Links, machine: &mut dyn Machine) -> ExitCode {
    let Links { privd, post, role, configurations, signals, background, service, runtime_dir, log_is_file } = links;
    let hello = ToPrivd::Hello { version: VERSION, role };
    let mut this = Loop {
        machine,
        privd: Link::new("privd", hello, privd),
        post: Link::new("privd post", on_request::hello(role, configurations.iter().map(PathBuf::as_path)), post),
        links: Rest { signals, background, service, runtime_dir, log_is_file },
        exit: None,
        opening: 0,
        refused: VecDeque::new(),
        terminations: 0,
        started: false,
        patience: now() + START,
    };
    this.drain();
    while this.exit.is_none() {
        this.turn();
        stack::wipe();
    }
    let code = this.exit.unwrap_or(1);
    this.end();
    ExitCode::from(code)
}

impl Loop<'_> {
    fn give(&mut self, input: Input) {
        self.machine.handle(input, now(), &mut KernelRng);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            while let Some(output) = self.machine.poll_output() {
                self.carry_out(output);
            }
            let Some(id) = self.refused.pop_front() else { return };
            let result = Err(Failure::Kernel { errno: nix::Error::ENOBUFS as i32, text: String::new() });
            self.machine.handle(Input::Reply { id, result }, now(), &mut KernelRng);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Request { id, request } => {
                let frame = matches!(request, Request::TransmitFrame { .. } | Request::SendEapol { .. });
                let worth = if frame { Worth::Awaited } else { Worth::State };
                if !self.privd.send(&ToPrivd::Request { id, request }, worth) {
                    // Whoever waits for an answer gets one.
                    self.refused.push_back(id);
                }
            }
            Output::OpenControl { socket, path, group } => {
                self.opening = self.opening.saturating_add(usize::from(self.post.is_up()));
                let path = self.links.runtime_dir.real_text(path);
                self.post.send(&ToPost::Open { socket, path, group }, Worth::State);
            }
            Output::CloseControl { socket } => {
                self.post.send(&ToPost::Close { socket }, Worth::State);
            }
            Output::Send { clients, data, worth } => {
                self.post.send(&ToPost::Send { clients, data }, worth);
            }
            Output::ReadFile { token, path } => {
                self.post.send(&ToPost::ReadFile { token, path }, Worth::State);
            }
            Output::WriteFile { token, path, data } => {
                let data = Zeroizing::new(data);
                let mut rest = data.as_slice();
                loop {
                    let (part, more) = rest.split_at(rest.len().min(MAX_PART));
                    let (path, last) = (path.clone(), more.is_empty());
                    self.post.send(&ToPost::WriteFile { token, path, data: part.to_vec(), last }, Worth::State);
                    if last {
                        break;
                    }
                    rest = more;
                }
            }
            Output::ReopenLog if self.links.log_is_file => {
                self.post.send(&ToPost::ReopenLog, Worth::State);
            }
            Output::ReopenLog => {}
            Output::SetLogLevel { level, timestamps } => log::set_level(level, timestamps),
            Output::Exit(code) => {
                self.exit.get_or_insert(code);
            }
        }
    }

    /// Sleeps until something happens, and passes it on.
    #[inline(never)]
    fn turn(&mut self) {
        let awaited = !self.started && (self.links.background.is_some() || self.links.service.is_some());
        let patience = awaited.then_some(self.patience);
        let deadline = [self.machine.poll_deadline(), self.privd.deadline(), self.post.deadline(), patience];
        let counts = log::tick().map(|wait| now() + wait);
        let deadline = deadline.into_iter().chain([counts]).flatten().min();
        let ready = {
            let [privd, privd_line] = self.privd.interests();
            let [post, post_line] = self.post.interests();
            let signals = Some((self.links.signals.as_fd(), PollFlags::POLLIN));
            wait(&[signals, privd_line, post_line, privd, post], deadline)
        };
        let Some([signals, privd_line, post_line, privd, post]) = ready else { return };
        if signals {
            self.read_signals();
        }
        if privd {
            self.privd.flush();
            self.read_privd();
        }
        if privd_line {
            // What a worker said before it died is read first, its end included.
            self.read_privd();
            let news = self.privd.receive_line(now());
            self.privd_news(news);
        }
        if post {
            self.post.flush();
            self.read_post();
        }
        if post_line {
            self.read_post();
            let news = self.post.receive_line(now());
            self.post_news(news);
        }
        let time = now();
        self.privd.tick(time);
        self.post.tick(time);
        if self.machine.poll_deadline().is_some_and(|at| at <= time) && self.exit.is_none() {
            self.give(Input::Timeout);
        }
        self.tell_parent();
    }

    fn read_signals(&mut self) {
        while let Ok(Some(signal)) = self.links.signals.read_signal() {
            let number = i32::try_from(signal.ssi_signo).unwrap_or(0);
            let signal = if number == SystemSignal::SIGHUP as i32 {
                Signal::Hangup
            } else if number == SystemSignal::SIGUSR1 as i32 {
                Signal::User1
            } else {
                self.terminations = self.terminations.saturating_add(1);
                if self.terminations > 1 {
                    // Asked twice: does not wait for anybody's goodbye.
                    self.exit.get_or_insert(1);
                }
                Signal::Terminate
            };
            self.give(Input::Signal(signal));
        }
    }

    fn read_privd(&mut self) {
        for _ in 0..TURN {
            let Some(news) = self.privd.receive(now()) else { return };
            self.privd_news(Some(news));
            if self.exit.is_some() {
                return;
            }
        }
    }

    fn privd_news(&mut self, news: Option<News<FromPrivd>>) {
        match news {
            None => {}
            Some(News::Lost) => self.lost(),
            Some(News::Down) => self.give(Input::PrivdDown),
            Some(News::Message(message, _)) => match message {
                FromPrivd::Welcome { version, role } => {
                    debug!("privd: version {version}, role {role:?}");
                    self.privd.accepted();
                    self.give(Input::PrivdUp);
                }
                FromPrivd::Refused(refusal) => {
                    let news = self.privd.reject(&refusal, now());
                    self.privd_news(news);
                }
                FromPrivd::Reply { id, result } => self.give(Input::Reply { id, result }),
                FromPrivd::Event(event) => self.give(Input::Event(event)),
            },
        }
    }

    fn read_post(&mut self) {
        for _ in 0..TURN {
            let Some(news) = self.post.receive(now()) else { return };
            self.post_news(Some(news));
            if self.exit.is_some() {
                return;
            }
        }
    }

    fn post_news(&mut self, news: Option<News<FromPost>>) {
        match news {
            None => {}
            Some(News::Lost) => self.lost(),
            Some(News::Down) => {
                self.opening = 0;
                self.give(Input::PostDown);
            }
            Some(News::Message(message, descriptor)) => match message {
                FromPost::Welcome { .. } => {
                    self.post.accepted();
                    self.give(Input::PostUp);
                }
                FromPost::Opened { socket, result } => {
                    self.opening = self.opening.saturating_sub(1);
                    let failed = result.is_err();
                    self.give(Input::ControlOpened { socket, result });
                    if failed && !self.started {
                        // Nobody could ever tell such a daemon anything: better that whoever starts it knows.
                        self.exit.get_or_insert(1);
                    }
                }
                FromPost::Command { socket, client, uid: _, data } => {
                    self.give(Input::Control { socket, client, command: data });
                }
                FromPost::Gone { client } => self.give(Input::ControlGone { client }),
                FromPost::FileRead { token, result } => {
                    let file = descriptor.ok_or_else(|| "no descriptor came".to_owned());
                    let result = result.and(file).and_then(on_request::content);
                    self.give(Input::FileRead { token, result });
                }
                FromPost::FileWritten { token, result } => self.give(Input::FileWritten { token, result }),
                FromPost::Log { result } => match (result, descriptor) {
                    (Ok(()), Some(fd)) => log::replace_file(fd),
                    (Ok(()), None) => warn!("log file: no descriptor came"),
                    (Err(why), _) => warn!("log file: {why}"),
                },
            },
        }
    }

    fn lost(&mut self) {
        error!("without its helper this daemon cannot go on");
        self.exit.get_or_insert(1);
    }

    /// Whoever started us may go on once control sockets are there.
    fn tell_parent(&mut self) {
        let helped = self.privd.is_up() && self.post.is_up() && self.opening == 0 && !self.machine.is_starting();
        let ready = helped || now() >= self.patience;
        self.started |= ready;
        if ready
            && self.exit.is_none()
            && let Some(background) = self.links.background.take()
        {
            background.ready();
        }
        if let Some(service) = &mut self.links.service
            && self.exit.is_none()
        {
            service.tell(ready, &self.machine.status());
        }
    }

    /// Sends what is queued, then lets the helpers clean up and waits for them.
    fn end(mut self) {
        if let Some(service) = &self.links.service {
            service.stopping();
        }
        let until = now() + FLUSH;
        while !(self.privd.is_flushed() && self.post.is_flushed()) && now() < until {
            let ready = {
                let out = |interest: Option<(_, PollFlags)>| {
                    interest
                        .filter(|(_, flags)| flags.contains(PollFlags::POLLOUT))
                        .map(|(fd, _)| (fd, PollFlags::POLLOUT))
                };
                let [privd, _] = self.privd.interests();
                let [post, _] = self.post.interests();
                wait(&[out(privd), out(post)], Some(until))
            };
            if ready.is_none() {
                continue;
            }
            self.privd.flush();
            self.post.flush();
        }
        if let Some(background) = self.links.background.take()
            && self.exit == Some(0)
        {
            background.ready();
        }
        let until = now() + CLEAN_UP;
        let lines = [self.privd.close(), self.post.close()];
        for mut line in lines.into_iter().flatten() {
            wait_for_end(&mut line, until);
        }
    }
}

/// Reads a line until the keeper at its other end is gone.
fn wait_for_end(line: &mut Line, until: Instant) {
    while now() < until {
        let Some([true]) = wait(&[Some((line.as_fd(), PollFlags::POLLIN))], Some(until)) else { continue };
        if line.receive().is_err() {
            return;
        }
    }
}

/// Polls; says which of the descriptors have something. Absent when interrupted.
fn wait<const N: usize>(
    interests: &[Option<(BorrowedFd<'_>, PollFlags)>; N],
    deadline: Option<Instant>,
) -> Option<[bool; N]> {
    let timeout = deadline.map(|at| TimeSpec::from(at.since(now())));
    let mut fds: Vec<PollFd<'_>> = interests.iter().flatten().map(|(fd, flags)| PollFd::new(*fd, *flags)).collect();
    match ppoll(&mut fds, timeout, None) {
        Ok(_) => {}
        Err(Errno::EINTR) => return None,
        Err(error) => {
            error!("poll: {error}");
            return None;
        }
    }
    let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
    let mut result = [false; N];
    for (place, interest) in result.iter_mut().zip(interests) {
        if interest.is_some() {
            *place = ready.next().unwrap_or(false);
        }
    }
    Some(result)
}
