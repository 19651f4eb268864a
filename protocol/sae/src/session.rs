//! One run of the protocol with one peer (IEEE Std 802.11-2020 12.4.8).

use alloc::vec::Vec;
use crypto::{Pmk, Rng, Secret, ct_eq};
use wire::{MacAddr, Reader, StatusCode};

use crate::arithmetic::{self, Element, OwnNumbers};
use crate::commit::{OwnCommit, ParsedCommit, parse_commit, parse_token_request, rejected_groups_conflict};
use crate::keys::{self, KeyInput, Keys};
use crate::password::{element_by_hunting, element_from_pt};
use crate::{Group, Method, Password, PtSet, SaeAkm, SaeError};

/// How often a peer may repeat itself (dot11RSNASAESync) unless told otherwise.
pub const SYNC_LIMIT: u16 = 3;
/// The counter of a Confirm that asks for no answer (12.4.8.6.6).
const FINAL_CONFIRM: u16 = u16::MAX;

/// What a run starts from.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    /// Our address: with multi-link operation, that of the MLD.
    pub own: MacAddr,
    /// The peer's address.
    pub peer: MacAddr,
    /// The group of this run.
    pub group: Group,
    /// How the password element is found.
    pub method: Method,
    /// The password.
    pub password: &'a Password,
    /// What was derived from the password; [`Method::HashToElement`] needs it.
    pub pt: Option<&'a PtSet>,
    /// The AKM the PMK is for.
    pub akm: SaeAkm,
    /// The groups that the peer refused us before this one.
    pub rejected_groups: &'a [u16],
    /// The groups we would take: a peer that says it was refused one of them is under attack.
    pub supported_groups: &'a [Group],
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Our Commit exists; the peer's has not come.
    Committed,
    /// The peer's Commit was accepted: a Confirm may be sent and received.
    Confirmed,
    /// The peer's Confirm was accepted: it knows the password.
    Accepted,
}

/// What a Commit led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The keys are there; our Confirm may be sent.
    Accepted,
    /// The Commit that was accepted before, once more: our answer was lost. Send Commit and Confirm again.
    Repeated,
    /// Another Commit than the one accepted before, and no part of this run. An access point may start a new one.
    Different,
    /// Our own Commit came back: an attack, to be ignored (12.4.8.6.4).
    Reflected,
    /// The peer wants its token back before it works: call [`Session::commit_body`] with it and send that.
    TokenRequired(Vec<u8>),
    /// The peer does not take this group: start a new run with another, naming this one as rejected.
    GroupRefused,
}

/// What a Confirm led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// The peer knows the password.
    Accepted,
    /// It was accepted before and the peer still waits for our Confirm: send that again.
    Again,
    /// A replay, or the last word of the peer: nothing to do.
    Ignored,
}

/// What stays the same during a run.
#[derive(Debug, Clone)]
struct Facts {
    own: MacAddr,
    peer: MacAddr,
    group: Group,
    method: Method,
    akm: SaeAkm,
    rejected: Vec<u16>,
    supported: Vec<Group>,
    identifier: Option<Vec<u8>>,
    scalar: Vec<u8>,
    element: Vec<u8>,
}

/// Our Commit may have been sent. The secrets are wiped with the transition to the next state.
#[derive(Debug, Clone)]
struct Committed {
    pwe: Element,
    rand: Secret,
}

/// Both Commits are known.
#[derive(Debug, Clone)]
struct Confirmed {
    keys: Keys,
    scalar: Vec<u8>,
    element: Vec<u8>,
}

/// The peer's Confirm was verified.
#[derive(Debug, Clone)]
struct Accepted {
    confirmed: Confirmed,
    /// The counter of the last Confirm of the peer that verified; only greater ones are looked at again.
    received: u16,
}

#[derive(Debug, Clone)]
enum Progress {
    Committed(Committed),
    Confirmed(Confirmed),
    Accepted(Accepted),
}

/// One run of the protocol.
///
/// A copy made before a Commit of the peer came is a run of its own with the same Commit of ours: whoever cannot tell
/// which of several Commits in one name is the peer's answers each, and the peer's Confirm shows which it was.
#[derive(Debug, Clone)]
pub struct Session {
    facts: Facts,
    progress: Progress,
    sent_confirms: u16,
    sync: u16,
    sync_limit: u16,
}

impl Session {
    /// Starts a run: finds the password element and makes our Commit.
    ///
    /// # Errors
    /// [`SaeError::Configuration`] if the parts of `config` do not fit together.
    pub fn start(config: &Config<'_>, rng: &mut dyn Rng) -> Result<Self, SaeError> {
        let pwe = password_element(config)?;
        let numbers = arithmetic::random_numbers(config.group, rng)
            .ok_or(SaeError::Configuration("the random numbers are not random"))?;
        Self::with_numbers(config, pwe, numbers)
    }

    /// Starts a run with given numbers, which the tests of published vectors need.
    pub(crate) fn with_numbers(config: &Config<'_>, pwe: Element, numbers: OwnNumbers) -> Result<Self, SaeError> {
        let own = arithmetic::own_commit(config.group, &pwe, numbers)
            .ok_or(SaeError::Configuration("the random numbers are not random"))?;
        Ok(Self {
            facts: Facts {
                own: config.own,
                peer: config.peer,
                group: config.group,
                method: config.method,
                akm: config.akm,
                rejected: config.rejected_groups.to_vec(),
                supported: config.supported_groups.to_vec(),
                identifier: config.password.identifier().map(<[u8]>::to_vec),
                scalar: own.scalar,
                element: own.element,
            },
            progress: Progress::Committed(Committed { pwe, rand: own.rand }),
            sent_confirms: 0,
            sync: 0,
            sync_limit: SYNC_LIMIT,
        })
    }

    /// Changes how often the peer may repeat itself.
    pub const fn set_sync_limit(&mut self, limit: u16) {
        self.sync_limit = limit;
    }

    /// The body of our Commit, the same each time, with the token that the peer asked for if it did.
    #[must_use]
    pub fn commit_body(&self, token: Option<&[u8]>) -> Vec<u8> {
        OwnCommit {
            group: self.facts.group,
            method: self.facts.method,
            token,
            scalar: &self.facts.scalar,
            element: &self.facts.element,
            rejected_groups: &self.facts.rejected,
            password_id: self.facts.identifier.as_deref(),
            akm_suite: self.facts.akm.suite(),
        }
        .write()
    }

    /// The status our Commit is sent with, which tells the peer the method (9.4.1.9).
    #[must_use]
    pub const fn commit_status(&self) -> StatusCode {
        self.facts.method.status()
    }

    /// Takes in an Authentication frame with transaction sequence 1.
    ///
    /// # Errors
    /// The frame is refused and the run stays as it was; [`SaeError::status`] says what to answer, if anything.
    pub fn handle_commit(&mut self, status: StatusCode, body: &[u8]) -> Result<CommitOutcome, SaeError> {
        match Method::from_status(status) {
            Some(method) if method == self.facts.method => {}
            Some(_) => return Err(SaeError::MethodMismatch),
            None => return self.handle_refusal(status, body),
        }
        let commit = parse_commit(body, self.facts.method)?;
        if commit.group != self.facts.group {
            return Err(SaeError::GroupMismatch(commit.group.number()));
        }
        match &self.progress {
            Progress::Committed(committed) => match self.facts.accept_commit(committed, &commit)? {
                Some(confirmed) => {
                    self.progress = Progress::Confirmed(confirmed);
                    self.sync = 0;
                    Ok(CommitOutcome::Accepted)
                }
                None => Ok(CommitOutcome::Reflected),
            },
            Progress::Confirmed(confirmed) | Progress::Accepted(Accepted { confirmed, .. }) => {
                if confirmed.scalar != commit.scalar || confirmed.element != commit.element {
                    return Ok(CommitOutcome::Different);
                }
                self.count_repeat()?;
                Ok(CommitOutcome::Repeated)
            }
        }
    }

    /// Rejections carry no proof of who sent them, so all that they change is what the caller sends next.
    fn handle_refusal(&self, status: StatusCode, body: &[u8]) -> Result<CommitOutcome, SaeError> {
        if self.state() != State::Committed {
            return Err(SaeError::Refused(status));
        }
        let group = match status {
            StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED => {
                let (group, token) = parse_token_request(body, self.facts.method)?;
                if group == self.facts.group.number() {
                    return Ok(CommitOutcome::TokenRequired(token.to_vec()));
                }
                group
            }
            StatusCode::UNSUPPORTED_FINITE_CYCLIC_GROUP => {
                let group = Reader::new(body).u16_le("finite cyclic group")?;
                if group == self.facts.group.number() {
                    return Ok(CommitOutcome::GroupRefused);
                }
                group
            }
            other => return Err(SaeError::Refused(other)),
        };
        Err(SaeError::GroupMismatch(group))
    }

    fn count_repeat(&mut self) -> Result<(), SaeError> {
        self.sync = self.sync.saturating_add(1);
        if self.sync > self.sync_limit { Err(SaeError::TooManyRepeats) } else { Ok(()) }
    }

    /// The body of our next Confirm.
    ///
    /// # Errors
    /// [`SaeError::NothingToConfirm`] before the peer's Commit was accepted.
    pub fn confirm_body(&mut self) -> Result<Vec<u8>, SaeError> {
        let (confirmed, last_word) = match &self.progress {
            Progress::Committed(_) => return Err(SaeError::NothingToConfirm),
            Progress::Confirmed(confirmed) => (confirmed, false),
            // Who has accepted and confirmed before only answers a peer whose frame was lost, and wants no answer
            // itself: otherwise two accepted sides would keep each other busy (12.4.8.6.6).
            Progress::Accepted(accepted) => (&accepted.confirmed, self.sent_confirms > 0),
        };
        // The greatest value is set aside, so the counter stops before it.
        self.sent_confirms = self.sent_confirms.saturating_add(1).min(FINAL_CONFIRM - 1);
        let counter = if last_word { FINAL_CONFIRM } else { self.sent_confirms };
        let tag = keys::confirm(
            &confirmed.keys,
            counter,
            [&self.facts.scalar, &self.facts.element],
            [&confirmed.scalar, &confirmed.element],
        );
        let mut body = counter.to_le_bytes().to_vec();
        body.extend_from_slice(tag.as_bytes());
        Ok(body)
    }

    /// Takes in an Authentication frame with transaction sequence 2 and status 0.
    ///
    /// # Errors
    /// The frame is refused and the run stays as it was; [`SaeError::status`] says what to answer, if anything.
    pub fn handle_confirm(&mut self, body: &[u8]) -> Result<ConfirmOutcome, SaeError> {
        let (confirmed, received) = match &self.progress {
            // Attack 2019-3: there are no keys to verify anything with.
            Progress::Committed(_) => return Err(SaeError::ConfirmBeforeCommit),
            Progress::Confirmed(confirmed) => (confirmed, None),
            Progress::Accepted(accepted) => (&accepted.confirmed, Some(accepted.received)),
        };
        let mut reader = Reader::new(body);
        let counter = reader.u16_le("send-confirm")?;
        let tag = reader.take(confirmed.keys.hash.octets(), "confirm")?;
        if received.is_some_and(|received| counter <= received || counter == FINAL_CONFIRM) {
            return Ok(ConfirmOutcome::Ignored);
        }
        let expected = keys::confirm(
            &confirmed.keys,
            counter,
            [&confirmed.scalar, &confirmed.element],
            [&self.facts.scalar, &self.facts.element],
        );
        if !ct_eq(expected.as_bytes(), tag) {
            return Err(SaeError::ConfirmMismatch);
        }
        if received.is_some() {
            self.count_repeat()?;
        }
        let (outcome, confirmed) = match &mut self.progress {
            Progress::Committed(_) => return Err(SaeError::ConfirmBeforeCommit),
            Progress::Accepted(accepted) => {
                accepted.received = counter;
                return Ok(ConfirmOutcome::Again);
            }
            Progress::Confirmed(confirmed) => (ConfirmOutcome::Accepted, confirmed.clone()),
        };
        self.sync = 0;
        self.progress = Progress::Accepted(Accepted { confirmed, received: counter });
        Ok(outcome)
    }

    /// The PMK, once the peer has shown that it has the same.
    #[must_use]
    pub fn pmk(&self) -> Option<Pmk> {
        match &self.progress {
            Progress::Accepted(accepted) => Some(accepted.confirmed.keys.pmk.clone()),
            Progress::Committed(_) | Progress::Confirmed(_) => None,
        }
    }

    /// The PMKID, once the peer has shown that it has the same.
    #[must_use]
    pub const fn pmkid(&self) -> Option<[u8; 16]> {
        match &self.progress {
            Progress::Accepted(accepted) => Some(accepted.confirmed.keys.pmkid),
            Progress::Committed(_) | Progress::Confirmed(_) => None,
        }
    }

    /// The keys before the peer has shown that it has the same, for the tests of known answers.
    #[cfg(test)]
    pub(crate) const fn unconfirmed_keys(&self) -> Option<&Keys> {
        match &self.progress {
            Progress::Confirmed(confirmed) => Some(&confirmed.keys),
            Progress::Committed(_) | Progress::Accepted(_) => None,
        }
    }

    /// Where the run is.
    #[must_use]
    pub const fn state(&self) -> State {
        match &self.progress {
            Progress::Committed(_) => State::Committed,
            Progress::Confirmed(_) => State::Confirmed,
            Progress::Accepted(_) => State::Accepted,
        }
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.facts.group
    }

    /// How the password element was found.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.facts.method
    }
}

fn password_element(config: &Config<'_>) -> Result<Element, SaeError> {
    let identifier = config.password.identifier();
    match config.method {
        Method::HuntAndPeck if identifier.is_some() => {
            Err(SaeError::Configuration("a password identifier needs hash-to-element"))
        }
        Method::HuntAndPeck if config.akm == SaeAkm::SaeExtKey => {
            Err(SaeError::Configuration("the AKMs with longer keys need hash-to-element"))
        }
        Method::HuntAndPeck => element_by_hunting(config.group, config.password, config.own, config.peer)
            .ok_or(SaeError::Configuration("no password element for this password")),
        Method::HashToElement => {
            // An element has room for 254 octets after its extension number.
            if identifier.is_some_and(|id| id.is_empty() || id.len() > 254) || config.rejected_groups.len() > 127 {
                return Err(SaeError::Configuration("password identifier or rejected groups too long"));
            }
            let pt = config.pt.and_then(|set| set.get(config.group));
            let pt = pt.ok_or(SaeError::Configuration("no PT of this group"))?;
            element_from_pt(config.group, pt, config.own, config.peer)
                .ok_or(SaeError::Configuration("no password element for this password"))
        }
    }
}

impl Facts {
    /// The checks of 12.4.5.4 and 12.4.8.6.4 on the peer's Commit, and the keys. `None` for our own Commit.
    fn accept_commit(&self, own: &Committed, commit: &ParsedCommit<'_>) -> Result<Option<Confirmed>, SaeError> {
        if commit.scalar == self.scalar && commit.element == self.element {
            return Ok(None);
        }
        let rejected = commit.rejected_groups.as_deref().unwrap_or_default();
        let conflict = rejected_groups_conflict(rejected, &self.supported)
            .or_else(|| rejected_groups_conflict(rejected, &[self.group]));
        if let Some(number) = conflict {
            return Err(SaeError::Downgrade(number));
        }
        if commit.password_id != self.identifier.as_deref() {
            return Err(SaeError::PasswordIdentifier);
        }
        // The keys depend on the AKM, so another one would look like another password. Not every peer says.
        if commit.akm_suite.is_some_and(|suite| SaeAkm::from_suite(suite) != Some(self.akm)) {
            return Err(SaeError::AkmMismatch);
        }
        if !arithmetic::scalar_in_range(self.group, commit.scalar) {
            return Err(SaeError::Scalar);
        }
        let element = arithmetic::check_element(self.group, commit.element).ok_or(SaeError::Element)?;
        let k = arithmetic::shared(self.group, &own.pwe, commit.scalar, &element, &own.rand)
            .ok_or(SaeError::SharedSecret)?;
        let sum = arithmetic::scalar_sum(self.group, &self.scalar, commit.scalar);
        let rejected = if self.own.0 > self.peer.0 { [&*self.rejected, rejected] } else { [rejected, &*self.rejected] };
        let input = KeyInput {
            group: self.group,
            method: self.method,
            akm: self.akm,
            k: k.as_bytes(),
            sum: sum.as_bytes(),
            rejected,
        };
        let keys = keys::derive(&input).ok_or(SaeError::SharedSecret)?;
        Ok(Some(Confirmed { keys, scalar: commit.scalar.to_vec(), element: commit.element.to_vec() }))
    }
}
