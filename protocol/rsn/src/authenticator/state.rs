//! The states of the access point's machine. Each holds only what it needs; handlers consume it or keep it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::Rng;
use wire::{Instant, ReasonCode};

use super::judge::Second;
use super::{AuthenticatorConfig, AuthenticatorOutput, Group, Shared};
use crate::Protocol;
use crate::ptk::{Nonce, Ptk};

/// Why a handshake is given up.
pub(super) type GivenUp = (ReasonCode, &'static str);

#[derive(Debug)]
pub(super) enum State {
    Idle(Idle),
    AwaitMessage2(AwaitMessage2),
    AwaitMessage4(AwaitMessage4),
    Established(Established),
    /// The station is to go: nothing is answered any more.
    Closed,
}

impl State {
    /// The pairwise key in use, in states that have one.
    pub(super) const fn link(&self) -> Option<&Link> {
        match self {
            State::Idle(_) | State::Closed => None,
            State::AwaitMessage2(state) => state.link.as_ref(),
            State::AwaitMessage4(state) => state.link.as_ref(),
            State::Established(state) => Some(&state.link),
        }
    }
}

/// Associated, and nothing was exchanged yet.
#[derive(Debug)]
pub(super) struct Idle;

/// The pairwise key in use.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) ptk: Ptk,
}

/// How often a message was sent, under which replay counters, and how long an answer is waited for.
#[derive(Debug)]
pub(super) struct Tries {
    counters: Vec<u64>,
    deadline: Instant,
}

impl Tries {
    const fn new(now: Instant) -> Tries {
        Tries { counters: Vec::new(), deadline: now }
    }

    /// The answer carries the counter of one of the tries.
    pub(super) fn sent(&self, counter: u64) -> bool {
        self.counters.contains(&counter)
    }

    fn made(&self) -> u32 {
        self.counters.len() as u32
    }
}

/// Message 1 was sent.
#[derive(Debug)]
pub(super) struct AwaitMessage2 {
    pub(super) anonce: Nonce,
    pub(super) tries: Tries,
    pub(super) link: Option<Link>,
}

/// A verified message 2 was answered.
#[derive(Debug)]
pub(super) struct AwaitMessage4 {
    pub(super) anonce: Nonce,
    pub(super) snonce: Nonce,
    pub(super) ptk: Ptk,
    pub(super) tries: Tries,
    /// The tries of message 1: a station that takes a new nonce for each of them may answer another one, too.
    pub(super) first_tries: Tries,
    /// Which group keys the first message 3 carried.
    generation: u64,
    pub(super) link: Option<Link>,
    /// What an earlier message 2 with another nonce led to: the message 3 that answered it may be the one that arrives.
    pub(super) earlier: Option<Box<(Ptk, Tries)>>,
}

/// The pairwise key is in use.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) link: Link,
    /// A group key handshake under way.
    pub(super) update: Option<Tries>,
    rekey_at: Option<Instant>,
}

impl AwaitMessage2 {
    /// Begins a handshake with a fresh nonce; `link` is the one whose key is to be replaced.
    pub(super) fn begin(
        link: Option<Link>,
        shared: &mut Shared,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<AwaitMessage2, GivenUp> {
        if link.is_some() && shared.config.deny_ptk0_rekey {
            // A reason that stations take for an invitation to come again: the new association has a new key.
            return Err((
                ReasonCode::CLASS3_FROM_NONASSOC,
                "a pairwise key in use is not replaced (wpa_deny_ptk0_rekey)",
            ));
        }
        let mut anonce = [0; 32];
        rng.fill(&mut anonce);
        let mut state = AwaitMessage2 { anonce, tries: Tries::new(now), link };
        state.send(shared, now);
        Ok(state)
    }

    /// Sends message 1, with the same nonce each time (12.7.6.2).
    fn send(&mut self, shared: &mut Shared, now: Instant) {
        let counter = shared.send_first(&self.anonce, self.link.is_some());
        self.tries.counters.push(counter);
        let config = &shared.config;
        let wait = if self.tries.made() == 1 { config.first_timeout } else { config.next_timeout };
        self.tries.deadline = now + wait;
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.tries.deadline
    }

    /// The first try was received: give the station time to answer it.
    pub(super) fn acknowledged(&mut self, config: &AuthenticatorConfig, now: Instant) {
        if self.tries.made() == 1 {
            self.tries.deadline = now + config.next_timeout;
        }
    }

    pub(super) fn timeout(mut self, shared: &mut Shared, now: Instant) -> Result<State, GivenUp> {
        if self.tries.made() >= shared.config.pairwise_tries {
            return Err((ReasonCode::FOUR_WAY_TIMEOUT, "no valid message 2 in the 4-way handshake"));
        }
        self.send(shared, now);
        Ok(State::AwaitMessage2(self))
    }

    pub(super) fn second(
        self,
        second: Second,
        shared: &mut Shared,
        group: &Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> AwaitMessage4 {
        AwaitMessage4::begin(self.anonce, self.tries, self.link, second, shared, group, now, rng)
    }
}

impl AwaitMessage4 {
    #[expect(clippy::too_many_arguments, reason = "all that the two states share, moved from one to the other")]
    fn begin(
        anonce: Nonce,
        first_tries: Tries,
        link: Option<Link>,
        second: Second,
        shared: &mut Shared,
        group: &Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> AwaitMessage4 {
        if shared.matched != Some(second.index) {
            shared.matched = Some(second.index);
            shared.push(AuthenticatorOutput::PskMatched { index: second.index });
        }
        let mut state = AwaitMessage4 {
            anonce,
            snonce: second.snonce,
            ptk: second.ptk,
            tries: Tries::new(now),
            first_tries,
            generation: group.generation(),
            link,
            earlier: None,
        };
        state.send(shared, group, now, rng);
        state
    }

    fn send(&mut self, shared: &mut Shared, group: &Group, now: Instant, rng: &mut dyn Rng) {
        let counter = shared.send_third(&self.ptk, &self.anonce, group, self.link.is_some(), rng);
        self.tries.counters.push(counter);
        let config = &shared.config;
        self.tries.deadline = now
            + match self.tries.made() {
                _ if config.no_retries => config.single_timeout,
                1 => config.first_timeout,
                _ => config.next_timeout,
            };
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.tries.deadline
    }

    pub(super) fn timeout(
        mut self,
        shared: &mut Shared,
        group: &Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<State, GivenUp> {
        if shared.config.no_retries || self.tries.made() >= shared.config.pairwise_tries {
            return Err((ReasonCode::FOUR_WAY_TIMEOUT, "no valid message 4 in the 4-way handshake"));
        }
        self.send(shared, group, now, rng);
        Ok(State::AwaitMessage4(self))
    }

    /// Another verified message 2, with another nonce: the key is derived anew. It was not in use yet.
    pub(super) fn second_again(
        self,
        second: Second,
        shared: &mut Shared,
        group: &Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> AwaitMessage4 {
        let earlier = Some(Box::new((self.ptk, self.tries)));
        let state = AwaitMessage4::begin(self.anonce, self.first_tries, self.link, second, shared, group, now, rng);
        AwaitMessage4 { earlier, ..state }
    }

    /// `earlier`: it is about the earlier one of two keys.
    pub(super) fn fourth(
        self,
        earlier: bool,
        shared: &mut Shared,
        group: &mut Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Established {
        let cipher = shared.station.negotiated.pairwise;
        let rekeyed = self.link.is_some();
        let ptk = match self.earlier {
            Some(two) if earlier => two.0,
            Some(_) | None => self.ptk,
        };
        shared.push(AuthenticatorOutput::InstallPtk { cipher, key: ptk.tk_of_authenticator().clone() });
        shared.push(AuthenticatorOutput::Completed { rekeyed });
        let rekey_at = shared.config.ptk_rekey.map(|after| now + after);
        let mut state = Established { link: Link { ptk }, update: None, rekey_at };
        // WPA hands out the group key in a handshake of its own; and group keys may have changed since message 3.
        if shared.station.negotiated.protocol == Protocol::Wpa || self.generation != group.generation() {
            state.update_group(shared, group, now, rng);
        } else {
            group.confirmed(shared.station.addr);
        }
        state
    }
}

impl Established {
    pub(super) fn update_group(&mut self, shared: &mut Shared, group: &mut Group, now: Instant, rng: &mut dyn Rng) {
        if !group.has_data_key() {
            return;
        }
        group.wait_for(shared.station.addr);
        let mut tries = Tries::new(now);
        self.send_update(&mut tries, shared, group, now, rng);
        self.update = Some(tries);
    }

    fn send_update(&self, tries: &mut Tries, shared: &mut Shared, group: &Group, now: Instant, rng: &mut dyn Rng) {
        let counter = shared.send_group_first(&self.link.ptk, group, rng);
        tries.counters.push(counter);
        let config = &shared.config;
        tries.deadline = now
            + match tries.made() {
                _ if config.no_retries => config.single_timeout,
                1 => config.first_group_timeout,
                _ => config.next_timeout,
            };
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let update = self.update.as_ref().map(|tries| tries.deadline);
        update.into_iter().chain(self.rekey_at).min()
    }

    pub(super) fn timeout(
        mut self,
        shared: &mut Shared,
        group: &mut Group,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> Result<State, GivenUp> {
        if self.rekey_at.is_some_and(|at| at <= now) {
            // Message 3 brings the group keys too: a group key handshake under way is overtaken.
            return AwaitMessage2::begin(Some(self.link), shared, now, rng).map(State::AwaitMessage2);
        }
        if let Some(mut tries) = self.update.take() {
            if tries.deadline <= now {
                if shared.config.no_retries || tries.made() >= shared.config.group_tries {
                    return Err((ReasonCode::GROUP_KEY_TIMEOUT, "no valid answer in the group key handshake"));
                }
                self.send_update(&mut tries, shared, group, now, rng);
            }
            self.update = Some(tries);
        }
        Ok(State::Established(self))
    }

    pub(super) fn group_second(mut self, shared: &mut Shared, group: &mut Group) -> Established {
        self.update = None;
        group.confirmed(shared.station.addr);
        shared.push(AuthenticatorOutput::GroupRekeyed);
        self
    }
}
