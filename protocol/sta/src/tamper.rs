//! Hooks for test suites: a station that says what no honest one says.

use alloc::vec::Vec;
use core::fmt::Debug;

use rsn::SupplicantConfig;
use wire::StatusCode;

/// A commit of SAE, on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Which method it says.
    pub status: StatusCode,
    /// What follows.
    pub body: Vec<u8>,
}

/// What is said instead. The defaults change nothing.
pub trait Tamper: Debug {
    /// Groups that commits claim were refused.
    fn claimed_groups(&self) -> Vec<u16> {
        Vec::new()
    }

    /// Changes a commit.
    fn change_commit(&self, _commit: &mut Commit) {}

    /// The RSNXE of an association request in place of the honest one.
    fn change_association(&self, _rsnxe: &mut Option<Vec<u8>>) {}

    /// Changes what the handshakes say.
    fn change_handshake(&self, _config: &mut SupplicantConfig) {}

    /// An EAPOL frame that is not sent.
    fn swallows(&self, _frame: &[u8]) -> bool {
        false
    }
}

/// Nothing is changed.
#[derive(Debug)]
pub struct Honest;

impl Tamper for Honest {}
