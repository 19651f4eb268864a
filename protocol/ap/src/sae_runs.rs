//! The runs of SAE in one station's name (IEEE Std 802.11-2020 12.4.8).
//!
//! A commit proves nothing about who sent it, so another one in the same name does not end the run that is under way: all go
//! on beside each other. They are answered with the same commit of ours, so that the station's confirm is right whichever
//! answer it took, and the confirm shows which commit was the station's. Until one comes, further commits cost nothing.

use alloc::vec::Vec;

use sae::{CommitOutcome, ConfirmOutcome, Group, Method, ParsedCommit, Password, SaeAkm, SaeError, Session, State};
use wire::{Instant, StatusCode};

/// Most commits in one name.
const MOST: usize = 16;
/// Most commits whose keys are computed for one confirm: it follows the commit it belongs to.
const MOST_FOR_A_CONFIRM: usize = 4;
/// Longest commit that waits for a confirm: what comes behind the numbers is short.
const MOST_BEHIND_NUMBERS: usize = 512;
/// Wrong confirms for each commit: an attacker's must not end a run, but it is no oracle either.
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

/// A commit in the station's name, and the run that came of it.
#[derive(Debug)]
pub(crate) struct Run {
    /// Our side before the commit: where all runs on these terms begin.
    ours: Session,
    /// Our side with it; absent: the keys have not been computed.
    session: Option<Session>,
    terms: Terms,
    /// What follows the status code.
    body: Vec<u8>,
    /// Scalar and element.
    numbers: Vec<u8>,
    /// How often the same came again.
    again: u16,
}

impl Run {
    /// A commit that is answered with our side of others, and whose keys are not computed before a confirm comes.
    pub(crate) fn later(ours: Session, commit: &ParsedCommit<'_>, body: &[u8], terms: Terms) -> Run {
        let numbers = [commit.scalar, commit.element].concat();
        Run { ours, session: None, terms, body: body.to_vec(), numbers, again: 0 }
    }

    /// The same with its keys.
    ///
    /// # Errors
    /// What is wrong with the commit.
    pub(crate) fn compute(mut self) -> Result<Run, SaeError> {
        self.session = Some(self.computed()?);
        Ok(self)
    }

    fn computed(&self) -> Result<Session, SaeError> {
        let mut session = self.ours.clone();
        match session.handle_commit(self.ours.commit_status(), &self.body)? {
            CommitOutcome::Accepted => Ok(session),
            // 12.4.8.6.4: our own commit came back.
            CommitOutcome::Reflected
            | CommitOutcome::Repeated
            | CommitOutcome::Different
            | CommitOutcome::TokenRequired(_)
            | CommitOutcome::GroupRefused => Err(SaeError::Element),
        }
    }

    pub(crate) const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The status of our commit, and its body.
    pub(crate) fn answer(&self) -> (StatusCode, Vec<u8>) {
        (self.ours.commit_status(), self.ours.commit_body(None))
    }

    /// The run once the confirm was right.
    pub(crate) fn accepted(&self) -> Option<&Session> {
        self.session.as_ref().filter(|session| session.state() == State::Accepted)
    }

    fn is_open(&self) -> bool {
        self.accepted().is_none()
    }

    fn hear_confirm(&mut self, body: &[u8]) -> Result<ConfirmOutcome, SaeError> {
        self.session.as_mut().map_or(Err(SaeError::ConfirmBeforeCommit), |session| session.handle_confirm(body))
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
    pub(crate) fn newest(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// The run whose confirm was right.
    pub(crate) fn accepted(&self) -> Option<&Run> {
        self.runs.iter().find(|run| !run.is_open())
    }

    /// `most`: how often a station may repeat itself.
    pub(crate) fn hear_commit(&mut self, commit: &ParsedCommit<'_>, method: Method, most: u16) -> Heard {
        let same = |run: &&mut Run| {
            let group = run.ours.group() == commit.group && run.ours.method() == method;
            group && run.numbers.strip_prefix(commit.scalar) == Some(commit.element)
        };
        let Some(run) = self.runs.iter_mut().find(same) else { return Heard::New };
        run.again = run.again.saturating_add(1);
        // Who was accepted and has lost our confirm sends its own again.
        if run.again > most || !run.is_open() {
            return Heard::Nothing;
        }
        let (status, body) = run.answer();
        Heard::Repeated(status, body)
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

    /// Whether a commit is short enough to be kept until a confirm comes.
    pub(crate) fn can_keep(commit: &ParsedCommit<'_>, body: &[u8]) -> bool {
        let numbers = commit.scalar.len().saturating_add(commit.element.len());
        body.len() <= numbers.saturating_add(MOST_BEHIND_NUMBERS)
    }

    /// Adds a run, in the place of another if there are many, by this lot.
    pub(crate) fn add(&mut self, run: Run, lot: usize) {
        if self.runs.len() >= MOST
            && let Some(place) = lot.checked_rem(self.runs.len())
            && self.runs.get(place).is_some_and(Run::is_open)
        {
            self.runs.remove(place);
        }
        self.several |= !self.runs.is_empty();
        self.repeats = 0;
        self.runs.push(run);
    }

    /// Puts a confirm to each run. `others`: further commits in that name wait. `budget`: whether the keys of one more
    /// commit may be computed.
    pub(crate) fn hear_confirm(
        &mut self,
        body: &[u8],
        others: bool,
        mut budget: impl FnMut(Group) -> bool,
    ) -> Confirmed {
        let mut why = SaeError::ConfirmBeforeCommit;
        let mut fits = None;
        let (mut computed, mut bad) = (0_usize, Vec::new());
        for (place, run) in self.runs.iter_mut().enumerate().rev().filter(|(_, run)| run.is_open()) {
            if run.session.is_none() {
                if computed >= MOST_FOR_A_CONFIRM || !budget(run.ours.group()) {
                    continue;
                }
                computed = computed.saturating_add(1);
                match run.computed() {
                    Ok(session) => run.session = Some(session),
                    Err(_) => {
                        bad.push(place);
                        continue;
                    }
                }
            }
            match run.hear_confirm(body) {
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
        // The last comes first: removing one does not move those that are still to go.
        for place in bad {
            self.runs.remove(place);
        }
        // 12.4.8.6.6: who is accepted is answered only if it knows the key; all else is not even counted.
        if let Some(run) = self.runs.iter_mut().find(|run| !run.is_open()) {
            let again = run.hear_confirm(body) == Ok(ConfirmOutcome::Again);
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
        run.and_then(|run| run.session.as_mut()).and_then(|session| session.confirm_body().ok())
    }

    /// The password of the only run.
    pub(crate) fn password(&self) -> Option<&Password> {
        self.runs.last().map(|run| &run.terms.password)
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.runs.is_empty()
    }
}
