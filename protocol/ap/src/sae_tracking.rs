//! Which of several passwords without identifiers a station has (`sae_track_password`).
//!
//! A commit does not tell which password it was made with, so one of them is tried with each attempt of a station until
//! one fits, and that is remembered. A station takes the tries for attacks, and after a few it leaves the network alone:
//! password identifiers are the better way.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use sae::Password;
use wire::MacAddr;

/// What is remembered of the stations that were here last.
#[derive(Debug)]
pub(crate) struct Tracking {
    most: usize,
    stations: VecDeque<Tracked>,
}

#[derive(Debug)]
struct Tracked {
    addr: MacAddr,
    fits: Option<Password>,
    /// Passwords that did not fit.
    tried: Vec<Password>,
}

impl Tracking {
    /// Remembers no more than `most` stations.
    pub(crate) const fn new(most: usize) -> Tracking {
        Tracking { most, stations: VecDeque::new() }
    }

    /// Passwords are tried one after the other at all.
    pub(crate) const fn is_on(&self) -> bool {
        self.most > 0
    }

    fn of(&self, addr: MacAddr) -> Option<&Tracked> {
        self.stations.iter().find(|tracked| tracked.addr == addr)
    }

    /// The station's entry, which is the newest from now on.
    fn touch(&mut self, addr: MacAddr) -> Option<&mut Tracked> {
        let known = self.stations.iter().position(|tracked| tracked.addr == addr);
        let entry = known.and_then(|at| self.stations.remove(at));
        while self.stations.len() >= self.most.max(1) {
            self.stations.pop_front();
        }
        self.stations.push_back(entry.unwrap_or(Tracked { addr, fits: None, tried: Vec::new() }));
        self.stations.back_mut()
    }

    /// It is known which password the station has.
    pub(crate) fn knows(&self, addr: MacAddr) -> bool {
        self.of(addr).is_some_and(|tracked| tracked.fits.is_some())
    }

    /// The place of the password to try: the one that is known to fit, else the first that was not tried.
    pub(crate) fn choose<'a>(&self, addr: MacAddr, passwords: impl Iterator<Item = &'a Password>) -> usize {
        let Some(tracked) = self.of(addr) else { return 0 };
        let passwords: Vec<&Password> = passwords.collect();
        let place = |wanted: &dyn Fn(&Password) -> bool| passwords.iter().position(|password| wanted(password));
        let known = tracked.fits.as_ref().and_then(|fits| place(&|password| password == fits));
        known.or_else(|| place(&|password| !tracked.tried.contains(password))).unwrap_or(0)
    }

    /// A password did not fit. True if there is another to try; else all are tried anew next time.
    pub(crate) fn failed<'a>(
        &mut self,
        addr: MacAddr,
        password: &Password,
        passwords: impl Iterator<Item = &'a Password>,
    ) -> bool {
        let Some(tracked) = self.touch(addr) else { return false };
        // Whoever sends wrong confirms in its name must not make a station lose its password.
        let known = tracked.fits.as_ref().is_some_and(|fits| fits == password);
        if !known && !tracked.tried.contains(password) {
            tracked.tried.push(password.clone());
        }
        let more = passwords.into_iter().any(|other| !tracked.tried.contains(other));
        if !more {
            tracked.tried.clear();
        }
        more && !known
    }

    /// This password fits.
    pub(crate) fn succeeded(&mut self, addr: MacAddr, password: &Password) {
        if let Some(tracked) = self.touch(addr) {
            tracked.fits = Some(password.clone());
            tracked.tried.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> [Password; 3] {
        [b"one", b"two", b"six"].map(|text| Password::new(text, None))
    }

    const STA: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

    #[test]
    fn passwords_are_tried_in_turn_until_one_fits() {
        let all = passwords();
        let mut tracking = Tracking::new(2);
        for (place, more) in [(0, true), (1, true), (2, false), (0, true)] {
            assert_eq!(tracking.choose(STA, all.iter()), place);
            assert_eq!(tracking.failed(STA, &all[place], all.iter()), more);
        }
        tracking.succeeded(STA, &all[1]);
        assert!(tracking.knows(STA));
        assert_eq!(tracking.choose(STA, all.iter()), 1);
        // A forged failure changes nothing, a password that is gone does.
        assert!(!tracking.failed(STA, &all[1], all.iter()));
        assert_eq!(tracking.choose(STA, all.iter()), 1);
        assert_eq!(tracking.choose(STA, [&all[0], &all[2]].into_iter()), 0);
    }

    #[test]
    fn no_more_stations_than_asked_for_are_remembered() {
        let all = passwords();
        let mut tracking = Tracking::new(2);
        for last in 1..=3 {
            tracking.succeeded(MacAddr([2, 0, 0, 0, 0, last]), &all[2]);
        }
        let known: Vec<bool> = (1..=3).map(|last| tracking.knows(MacAddr([2, 0, 0, 0, 0, last]))).collect();
        assert_eq!(known, [false, true, true]);
    }
}
