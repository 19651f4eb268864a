//! The ways in which a station authenticates, each with its own steps.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crypto::{Pmk, Rng};
use rsn::Pmkid;
use wire::StatusCode;
use wire::frame::auth_algorithm;

use super::sae_run::{Frame, Run, Step};

/// An authentication under way.
#[derive(Debug)]
pub(crate) enum Authentication {
    /// Open System (IEEE Std 802.11-2020 12.3.3.2): also with a key that both have already.
    Open,
    /// SAE (12.4).
    Sae(Box<Sae>),
}

/// SAE with the frame that was sent last: it is sent again after a stale authentication was cleared away.
#[derive(Debug)]
pub(crate) struct Sae {
    run: Run,
    sent: Frame,
}

/// What a frame of the access point led to.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Another frame is to be sent.
    Send,
    /// It is done, with a new key if it brought one.
    Done(Option<(Pmk, Pmkid)>),
    /// The access point refuses.
    Refused,
    /// It has failed: why, and whether a wrong password explains it.
    Failed { why: String, wrong_password: bool },
    /// The frame is none that was waited for.
    Ignored(Option<String>),
}

impl Authentication {
    /// SAE that begins with this frame.
    pub(crate) fn sae(run: Run, sent: Frame) -> Authentication {
        Authentication::Sae(Box::new(Sae { run, sent }))
    }

    /// Its number in frames (9.4.1.1).
    pub(crate) const fn algorithm(&self) -> u16 {
        match self {
            Authentication::Open => auth_algorithm::OPEN,
            Authentication::Sae(_) => auth_algorithm::SAE,
        }
    }

    /// The frame to be sent, as the kernel takes it: what follows the algorithm.
    pub(crate) fn data(&self) -> Vec<u8> {
        match self {
            Authentication::Open => Vec::new(),
            Authentication::Sae(sae) => sae.sent.data(),
        }
    }

    /// The group in use.
    pub(crate) const fn group(&self) -> Option<u16> {
        match self {
            Authentication::Open => None,
            Authentication::Sae(sae) => Some(sae.run.group()),
        }
    }

    /// The frame to be sent, for test suites that change it.
    pub(crate) fn commit_mut(&mut self) -> Option<&mut Frame> {
        match self {
            Authentication::Open => None,
            Authentication::Sae(sae) => Some(&mut sae.sent),
        }
    }

    /// An Authentication frame came from the access point.
    pub(crate) fn step(self, frame: &wire::frame::Authentication<'_>, rng: &mut dyn Rng) -> (Authentication, Progress) {
        match self {
            Authentication::Open => {
                let progress = match (frame.algorithm == auth_algorithm::OPEN && frame.transaction == 2, frame.status) {
                    (false, _) => Progress::Ignored(None),
                    (true, StatusCode::SUCCESS) => Progress::Done(None),
                    (true, _) => Progress::Refused,
                };
                (Authentication::Open, progress)
            }
            Authentication::Sae(mut sae) => {
                let progress = sae.step(frame, rng);
                (Authentication::Sae(sae), progress)
            }
        }
    }
}

impl Sae {
    fn step(&mut self, frame: &wire::frame::Authentication<'_>, rng: &mut dyn Rng) -> Progress {
        if frame.algorithm != auth_algorithm::SAE {
            return Progress::Ignored(None);
        }
        match self.run.handle(frame.transaction, frame.status, frame.rest, rng) {
            Step::Send(next) => {
                self.sent = next;
                Progress::Send
            }
            Step::Accepted { pmk, pmkid } => Progress::Done(Some((pmk, pmkid))),
            Step::Failed { why, wrong_password } => Progress::Failed { why, wrong_password },
            Step::Ignore(why) => Progress::Ignored(Some(why)),
        }
    }
}
