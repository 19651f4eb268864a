use super::*;
use crate::arithmetic::tests::{GROUPS, hex, unhex};
use alloc::vec::Vec;
use crypto::testing::TestRng;
use wire::{MacAddr, StatusCode};

mod answers;
mod attacks;
mod frames;
mod pair;
mod vectors;

pub(crate) const STA: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 1]);
pub(crate) const AP: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 2]);
const SSID: &[u8] = b"a network";

/// Everything a configuration borrows.
struct Setup {
    password: Password,
    pt: PtSet,
    group: Group,
    method: Method,
    akm: SaeAkm,
    rejected: Vec<u16>,
    supported: Vec<Group>,
}

impl Setup {
    fn new(password: &[u8], group: Group, method: Method) -> Self {
        let password = Password::new(password, None);
        let pt = match method {
            Method::HashToElement => PtSet::derive(SSID, &password, &[group]),
            Method::HuntAndPeck => PtSet::derive(SSID, &password, &[]),
        };
        let (akm, rejected, supported) = (SaeAkm::Sae, Vec::new(), alloc::vec![group]);
        Self { password, pt, group, method, akm, rejected, supported }
    }

    fn identified(identifier: Option<&[u8]>) -> Self {
        let password = Password::new(b"secret", identifier);
        let pt = PtSet::derive(SSID, &password, &[Group::P256]);
        Self { password, pt, ..Self::new(b"", Group::P256, Method::HuntAndPeck) }.by_hashing()
    }

    fn by_hashing(mut self) -> Self {
        self.method = Method::HashToElement;
        self
    }

    fn config(&self, own: MacAddr, peer: MacAddr) -> Config<'_> {
        Config {
            own,
            peer,
            group: self.group,
            method: self.method,
            password: &self.password,
            pt: Some(&self.pt),
            akm: self.akm,
            rejected_groups: &self.rejected,
            supported_groups: &self.supported,
        }
    }

    fn start(&self, own: MacAddr, peer: MacAddr, seed: u64) -> Session {
        Session::start(&self.config(own, peer), &mut TestRng::new(seed)).unwrap()
    }

    fn pair(&self, seed: u64) -> (Session, Session) {
        (self.start(STA, AP, seed), self.start(AP, STA, seed ^ 0xffff))
    }
}

/// Exchanges the Commits.
fn commit_both(a: &mut Session, b: &mut Session) {
    assert_eq!(b.handle_commit(a.commit_status(), &a.commit_body(None)), Ok(CommitOutcome::Accepted));
    assert_eq!(a.handle_commit(b.commit_status(), &b.commit_body(None)), Ok(CommitOutcome::Accepted));
}

/// Exchanges the Confirms.
fn confirm_both(a: &mut Session, b: &mut Session) {
    assert_eq!(b.handle_confirm(&a.confirm_body().unwrap()), Ok(ConfirmOutcome::Accepted));
    assert_eq!(a.handle_confirm(&b.confirm_body().unwrap()), Ok(ConfirmOutcome::Accepted));
    assert_eq!(a.pmk().unwrap(), b.pmk().unwrap());
    assert_eq!(a.pmkid().unwrap(), b.pmkid().unwrap());
}
