//! The runs of SAE in one station's name (IEEE Std 802.11-2020 12.4.8).
//!
//! A commit proves nothing about who sent it, so another one in the same name does not end the run that is under way: both
//! go on beside each other. They have the same commit of ours, so that the station's confirm is right whichever of our
//! answers it took, and the confirm shows which commit was the station's.

use alloc::vec::Vec;
use core::time::Duration;

use sae::{CommitOutcome, ConfirmOutcome, Group, Method, Password, SaeAkm, SaeError, Session, State};
use wire::{Instant, StatusCode};

/// Most runs in one name.
const MOST: usize = 4;
/// A run has this long for itself; then its place may go to another.
const UNDISTURBED: Duration = Duration::from_millis(1000);
/// Wrong confirms that a run survives: an attacker's must not end it, but it is no oracle either.
const MISMATCHES: usize = 3;

/// What a run is about, besides its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) akm: SaeAkm,
    pub(crate) password: Password,
    /// The identifier as the station gave it.
    pub(crate) identifier: Option<Vec<u8>>,
    /// The counter of the name that the password's identifier went by.
    pub(crate) counter: u32,
    /// The groups that the station says it was refused.
    pub(crate) rejected: Vec<u16>,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Run {
    /// Before the station's commit: where further runs begin.
    ours: Session,
    session: Session,
    terms: Terms,
    began: Instant,
}

impl Run {
    pub(crate) const fn new(ours: Session, session: Session, terms: Terms, began: Instant) -> Run {
        Run { ours, session, terms, began }
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) const fn terms(&self) -> &Terms {
        &self.terms
    }

    fn is_open(&self) -> bool {
        self.session.state() != State::Accepted
    }
}

/// What a commit is to the runs in its sender's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// None of theirs.
    New,
    /// One that was answered before: our commit again, and its status.
    Repeated(StatusCode, Vec<u8>),
    /// One that needs no answer any more.
    Nothing,
}

/// What a confirm led to.
#[derive(Debug)]
pub(crate) enum Confirmed {
    /// The station knows the password. The other runs are over.
    Accepted,
    /// It knew it before and waits for our confirm.
    Again,
    /// No answer is due.
    Nothing,
    /// It fits no run, and nobody can say whose confirm it was.
    Ambiguous,
    /// It does not fit the one run there is.
    Wrong(SaeError),
}

/// The runs in one station's name.
#[derive(Debug, Default)]
pub(crate) struct SaeExchange {
    runs: Vec<Run>,
    /// Several commits came.
    several: bool,
    mismatches: usize,
    /// When our last commit is sent again.
    pub(crate) deadline: Option<Instant>,
    /// How often it was.
    pub(crate) repeats: u16,
}

impl SaeExchange {
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// A confirm is awaited.
    pub(crate) fn is_open(&self) -> bool {
        self.runs.iter().any(Run::is_open)
    }

    /// The run that began last.
    pub(crate) fn newest(&mut self) -> Option<&mut Run> {
        self.runs.last_mut()
    }

    /// The run whose confirm was right.
    pub(crate) fn accepted(&self) -> Option<&Run> {
        self.runs.iter().find(|run| !run.is_open())
    }

    pub(crate) fn hear_commit(&mut self, status: StatusCode, body: &[u8]) -> Heard {
        for run in &mut self.runs {
            let open = run.is_open();
            match run.session.handle_commit(status, body) {
                Ok(CommitOutcome::Repeated) if open => {
                    return Heard::Repeated(run.session.commit_status(), run.session.commit_body(None));
                }
                // Who was accepted and has lost our confirm sends its own again.
                Ok(CommitOutcome::Repeated | CommitOutcome::Reflected) | Err(SaeError::TooManyRepeats) => {
                    return Heard::Nothing;
                }
                Ok(
                    CommitOutcome::Accepted
                    | CommitOutcome::Different
                    | CommitOutcome::TokenRequired(_)
                    | CommitOutcome::GroupRefused,
                )
                | Err(_) => {}
            }
        }
        Heard::New
    }

    /// Our side of a run on these terms, if there is one already.
    pub(crate) fn ours(&self, group: Group, method: Method, terms: &Terms) -> Option<&Session> {
        let fits = |run: &&Run| {
            let (akm, password) = (run.terms.akm == terms.akm, run.terms.password == terms.password);
            let same = akm && password && run.terms.identifier == terms.identifier;
            same && run.ours.group() == group && run.ours.method() == method
        };
        self.runs.iter().find(fits).map(|run| &run.ours)
    }

    /// From when on there is a place for another run.
    pub(crate) fn room_from(&self) -> Instant {
        if self.runs.len() < MOST {
            return Instant::ZERO;
        }
        let open = self.runs.iter().filter(|run| run.is_open());
        open.map(|run| run.began + UNDISTURBED).min().unwrap_or_default()
    }

    /// Adds a run, in the place of the oldest if there are many.
    pub(crate) fn add(&mut self, run: Run) {
        if self.runs.len() >= MOST
            && let Some(oldest) = self.runs.iter().position(Run::is_open)
        {
            self.runs.remove(oldest);
        }
        self.several |= !self.runs.is_empty();
        self.repeats = 0;
        self.runs.push(run);
    }

    /// Puts a confirm to each run. `others`: further commits in that name wait.
    pub(crate) fn hear_confirm(&mut self, body: &[u8], others: bool) -> Confirmed {
        let mut why = SaeError::ConfirmBeforeCommit;
        let mut fits = None;
        for (place, run) in self.runs.iter_mut().enumerate().filter(|(_, run)| run.is_open()) {
            match run.session.handle_confirm(body) {
                Ok(ConfirmOutcome::Accepted) => {
                    fits = Some(place);
                    break;
                }
                Ok(ConfirmOutcome::Again | ConfirmOutcome::Ignored) => {}
                Err(error) => why = error,
            }
        }
        if let Some(place) = fits {
            let run = self.runs.swap_remove(place);
            self.runs.clear();
            self.runs.push(run);
            (self.deadline, self.mismatches) = (None, 0);
            return Confirmed::Accepted;
        }
        // 12.4.8.6.6: who is accepted is answered only if it knows the key; all else is not even counted.
        if let Some(run) = self.runs.iter_mut().find(|run| !run.is_open()) {
            let again = run.session.handle_confirm(body) == Ok(ConfirmOutcome::Again);
            return if again { Confirmed::Again } else { Confirmed::Nothing };
        }
        self.mismatches = self.mismatches.saturating_add(1);
        let ambiguous = self.several || others;
        if self.mismatches >= self.runs.len().saturating_mul(MISMATCHES) {
            self.runs.clear();
        }
        if ambiguous { Confirmed::Ambiguous } else { Confirmed::Wrong(why) }
    }

    /// The body of the confirm of the run that was accepted, or of the newest.
    pub(crate) fn confirm_body(&mut self) -> Option<Vec<u8>> {
        let place = self.runs.iter().position(|run| !run.is_open());
        let run = match place {
            Some(place) => self.runs.get_mut(place),
            None => self.runs.last_mut(),
        };
        run.and_then(|run| run.session.confirm_body().ok())
    }

    /// The password of the only run.
    pub(crate) fn password(&self) -> Option<&Password> {
        self.runs.last().map(|run| &run.terms.password)
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.runs.is_empty()
    }
}
