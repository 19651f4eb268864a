//! SAE as a station runs it: cycling through groups, giving tokens back, deciding when it has failed.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crypto::{Pmk, Rng};
use rsn::Pmkid;
use sae::{CommitOutcome, Config, ConfirmOutcome, Group, Method, PtSet, SaeAkm, SaeError, Session};
use wire::{MacAddr, StatusCode};

/// A password with what was derived from it for its network.
#[derive(Clone, Debug)]
pub(crate) struct Password {
    password: sae::Password,
    points: PtSet,
    groups: Vec<Group>,
}

impl Password {
    /// Derives the points of the network, which takes some milliseconds for each group.
    pub(crate) fn derive(secret: &[u8], identifier: Option<&[u8]>, ssid: &[u8], groups: &[u16]) -> Password {
        let mut groups: Vec<Group> = groups.iter().filter_map(|number| Group::from_number(*number)).collect();
        groups.dedup();
        let password = sae::Password::new(secret, identifier);
        let points = PtSet::derive(ssid, &password, &groups);
        Password { password, points, groups }
    }

    /// The same password under another identifier.
    pub(crate) fn known_as(&self, identifier: &[u8], ssid: &[u8]) -> Password {
        let password = self.password.known_as(identifier);
        let points = PtSet::derive(ssid, &password, &self.groups);
        Password { password, points, ..self.clone() }
    }

    /// A group can be used at all.
    pub(crate) fn is_usable(&self) -> bool {
        !self.groups.is_empty()
    }
}

/// A frame to send: transaction sequence, status, and what follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) transaction: u16,
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Frame {
    /// As the kernel takes it: transaction, status and what follows, without the algorithm.
    pub(crate) fn data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.body.len().saturating_add(4));
        data.extend_from_slice(&self.transaction.to_le_bytes());
        data.extend_from_slice(&self.status.0.to_le_bytes());
        data.extend_from_slice(&self.body);
        data
    }
}

/// What a frame led to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this and wait.
    Send(Frame),
    /// Both know the password.
    Accepted { pmk: Pmk, pmkid: Pmkid },
    /// It has failed: why, and whether a wrong password explains it.
    Failed { why: String, wrong_password: bool },
    /// Nothing changes.
    Ignore(String),
}

/// Who talks with whom, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parties {
    pub(crate) own: MacAddr,
    pub(crate) peer: MacAddr,
    pub(crate) h2e: bool,
    pub(crate) ext: bool,
}

/// One exchange.
#[derive(Debug)]
pub(crate) struct Run {
    session: Session,
    password: Arc<Password>,
    parties: Parties,
    /// Groups that the access point refused.
    rejected: Vec<u16>,
    /// Groups that commits claim were refused: none, but in tests of access points.
    claimed: Vec<u16>,
    /// It was sent to the access point that our confirm has left.
    confirmed: bool,
}

impl Run {
    /// Begins with the preferred group: the first frame.
    pub(crate) fn start(
        password: Arc<Password>,
        parties: Parties,
        claimed: Vec<u16>,
        rng: &mut dyn Rng,
    ) -> Result<(Run, Frame), SaeError> {
        let session = Self::session(&password, parties, &[], &claimed, rng)?;
        let run = Run { session, password, parties, rejected: Vec::new(), claimed, confirmed: false };
        let frame = run.commit(None);
        Ok((run, frame))
    }

    fn session(
        password: &Password,
        parties: Parties,
        rejected: &[u16],
        claimed: &[u16],
        rng: &mut dyn Rng,
    ) -> Result<Session, SaeError> {
        let group = password
            .groups
            .iter()
            .copied()
            .find(|group| !rejected.contains(&group.number()))
            .ok_or(SaeError::Configuration("no group is left to try"))?;
        let rejected = &[claimed, rejected].concat();
        Session::start(
            &Config {
                own: parties.own,
                peer: parties.peer,
                group,
                method: if parties.h2e { Method::HashToElement } else { Method::HuntAndPeck },
                password: &password.password,
                pt: Some(&password.points),
                akm: if parties.ext { SaeAkm::SaeExtKey } else { SaeAkm::Sae },
                rejected_groups: rejected,
                supported_groups: &password.groups,
            },
            rng,
        )
    }

    fn commit(&self, token: Option<&[u8]>) -> Frame {
        Frame { transaction: 1, status: self.session.commit_status(), body: self.session.commit_body(token) }
    }

    fn confirm(&mut self) -> Step {
        match self.session.confirm_body() {
            Ok(body) => {
                self.confirmed = true;
                Step::Send(Frame { transaction: 2, status: StatusCode::SUCCESS, body })
            }
            Err(error) => Step::Failed { why: format!("no confirm can be made: {error}"), wrong_password: false },
        }
    }

    /// The number of the group in use.
    pub(crate) const fn group(&self) -> u16 {
        self.session.group().number()
    }

    /// An Authentication frame of algorithm 3 came from the access point.
    pub(crate) fn handle(&mut self, transaction: u16, status: StatusCode, body: &[u8], rng: &mut dyn Rng) -> Step {
        match transaction {
            1 => self.handle_commit(status, body, rng),
            2 => self.handle_confirm(status, body),
            other => Step::Ignore(format!("transaction sequence {other} is none of SAE")),
        }
    }

    fn handle_commit(&mut self, status: StatusCode, body: &[u8], rng: &mut dyn Rng) -> Step {
        match self.session.handle_commit(status, body) {
            Ok(CommitOutcome::Accepted | CommitOutcome::Repeated) => self.confirm(),
            Ok(CommitOutcome::TokenRequired(token)) => Step::Send(self.commit(Some(&token))),
            Ok(CommitOutcome::GroupRefused) => {
                let refused = self.session.group().number();
                self.rejected.push(refused);
                match Self::session(&self.password, self.parties, &self.rejected, &self.claimed, rng) {
                    Ok(session) => {
                        self.session = session;
                        self.confirmed = false;
                        Step::Send(self.commit(None))
                    }
                    Err(_) => Step::Failed {
                        why: format!("the access point takes none of our SAE groups (refused: {:?})", self.rejected),
                        wrong_password: false,
                    },
                }
            }
            Ok(CommitOutcome::Different) => Step::Ignore("another commit than before".into()),
            Ok(CommitOutcome::Reflected) => Step::Ignore("our own commit came back".into()),
            Err(SaeError::Refused(StatusCode::UNKNOWN_PASSWORD_IDENTIFIER)) => Step::Failed {
                why: "the access point does not know the password identifier".into(),
                wrong_password: false,
            },
            Err(SaeError::Refused(status)) => {
                Step::Failed { why: format!("the access point refused: {status}"), wrong_password: false }
            }
            Err(error) => Step::Ignore(error.to_string()),
        }
    }

    fn handle_confirm(&mut self, status: StatusCode, body: &[u8]) -> Step {
        if status != StatusCode::SUCCESS {
            // The access point answers a confirm that it cannot verify with a challenge failure.
            let wrong_password = self.confirmed && status == StatusCode::CHALLENGE_FAILURE;
            return Step::Failed { why: format!("the access point refused: {status}"), wrong_password };
        }
        match self.session.handle_confirm(body) {
            Ok(ConfirmOutcome::Accepted) => match (self.session.pmk(), self.session.pmkid()) {
                (Some(pmk), Some(pmkid)) => Step::Accepted { pmk, pmkid: Pmkid(pmkid) },
                _ => Step::Failed { why: "no key came of it".into(), wrong_password: false },
            },
            Ok(ConfirmOutcome::Again) => self.confirm(),
            Ok(ConfirmOutcome::Ignored) => Step::Ignore("a confirm that was dealt with".into()),
            Err(error) => Step::Ignore(error.to_string()),
        }
    }
}
