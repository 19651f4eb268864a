//! The states of the station's machine. Each holds only what it needs; handlers consume it or keep it.

use crypto::Rng;
use wire::Instant;

use super::group_keys::GroupKeys;
use super::{First, GroupFirst, Shared, SupplicantOutput, Third, ThirdAgain};
use crate::ptk::{Nonce, Ptk};

#[derive(Debug)]
pub(super) enum State {
    AwaitMessage1(AwaitMessage1),
    AwaitMessage3(AwaitMessage3),
    AwaitGroupKey(AwaitGroupKey),
    Established(Established),
    /// The network is to be left: nothing is answered any more.
    Closed,
}

impl State {
    /// The verified pairwise key and what hangs on it, in states that have one.
    pub(super) const fn link(&self) -> Option<&Link> {
        match self {
            State::AwaitMessage1(_) | State::AwaitMessage3(_) | State::Closed => None,
            State::AwaitGroupKey(state) => Some(&state.link),
            State::Established(state) => Some(&state.link),
        }
    }

    /// The message 1 that we answered and that no message 3 has used up yet.
    pub(super) const fn answered(&self) -> Option<&Answered> {
        match self {
            State::AwaitMessage1(_) | State::Closed => None,
            State::AwaitMessage3(state) => Some(&state.answered),
            State::AwaitGroupKey(state) => state.link.answered.as_ref(),
            State::Established(state) => state.link.answered.as_ref(),
        }
    }
}

/// Nothing was exchanged yet.
#[derive(Debug)]
pub(super) struct AwaitMessage1;

/// A message 1 that was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// Our nonce.
    pub(super) snonce: Nonce,
    /// What the last message 1 said. It may be anyone's: it explains errors, and no key comes of it.
    pub(super) anonce: Nonce,
}

/// Message 1 was answered.
#[derive(Debug)]
pub(super) struct AwaitMessage3 {
    answered: Answered,
}

/// A pairwise key is installed, the group key comes in a handshake of its own (WPA).
#[derive(Debug)]
pub(super) struct AwaitGroupKey {
    pub(super) link: Link,
}

/// All keys are installed.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) link: Link,
}

/// A verified and installed pairwise key, and what hangs on it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) ptk: Ptk,
    /// The nonce in the message 3 that proved it: the same one again is a retransmission.
    pub(super) anonce: Nonce,
    /// A handshake that is under way for the next pairwise key.
    answered: Option<Answered>,
    pub(super) groups: GroupKeys,
}

fn fresh_nonce(rng: &mut dyn Rng) -> Nonce {
    let mut nonce = [0; 32];
    rng.fill(&mut nonce);
    nonce
}

impl AwaitMessage1 {
    pub(super) fn first(self, first: First, shared: &mut Shared, rng: &mut dyn Rng) -> AwaitMessage3 {
        let mut state = AwaitMessage3 { answered: Answered { snonce: fresh_nonce(rng), anonce: first.anonce } };
        state.first(first, shared);
        state
    }
}

impl AwaitMessage3 {
    /// Every message 1 is answered with the same nonce until a message 3 has used it up (12.7.6.2): an access point that
    /// sends again must find the answers alike.
    pub(super) fn first(&mut self, first: First, shared: &mut Shared) {
        self.answered.anonce = first.anonce;
        shared.answer_first(&first, &self.answered.snonce, false);
    }

    pub(super) fn third(self, third: Third, shared: &mut Shared, now: Instant) -> State {
        install(third, None, shared, now)
    }
}

impl AwaitGroupKey {
    pub(super) fn group(mut self, group: GroupFirst, shared: &mut Shared) -> Established {
        self.link.group(group, shared);
        shared.push(SupplicantOutput::Completed { rekeyed: false });
        Established { link: self.link }
    }
}

impl Established {
    pub(super) fn group(&mut self, group: GroupFirst, shared: &mut Shared) {
        self.link.group(group, shared);
        shared.push(SupplicantOutput::GroupRekeyed);
    }
}

impl Link {
    pub(super) fn first(&mut self, first: First, shared: &mut Shared, rng: &mut dyn Rng) {
        let answered = self.answered.get_or_insert_with(|| Answered { snonce: fresh_nonce(rng), anonce: first.anonce });
        answered.anonce = first.anonce;
        shared.answer_first(&first, &answered.snonce, true);
    }

    pub(super) fn third(self, third: Third, shared: &mut Shared, now: Instant) -> State {
        install(third, Some(self.groups), shared, now)
    }

    /// Our message 4 was lost: it is sent again, and that is all. Neither key nor packet number is touched (KRACK).
    pub(super) fn third_again(&mut self, again: ThirdAgain, shared: &mut Shared) {
        shared.replay = Some(again.replay);
        let answer = shared.sender.fourth(&self.ptk, again.replay, again.info, again.key_len, again.encrypt);
        shared.push(answer);
        for key in self.groups.accept(again.groups) {
            shared.push(key);
        }
    }

    /// It is answered whether or not any of the keys is new.
    fn group(&mut self, group: GroupFirst, shared: &mut Shared) {
        shared.replay = Some(group.replay);
        for key in self.groups.accept(group.keys) {
            shared.push(key);
        }
        let answer = shared.sender.group_second(&self.ptk, group.replay, group.info);
        shared.push(answer);
    }
}

/// A message 3 proved a pairwise key that was never installed before, for its nonce was ours and is used up now.
fn install(third: Third, groups: Option<GroupKeys>, shared: &mut Shared, now: Instant) -> State {
    let rekeyed = groups.is_some();
    shared.replay = Some(third.replay);
    // 12.7.6.4: answer first, then install, for the answer to a first handshake goes in the clear.
    let answer = shared.sender.fourth(&third.ptk, third.replay, third.info, third.key_len, rekeyed);
    shared.push(answer);
    third.told.hand_on(shared);
    let cipher = shared.config.negotiated.pairwise;
    shared.push(SupplicantOutput::InstallPtk { cipher, key: third.ptk.tk_of_supplicant(cipher) });
    shared.rekey_at = shared.config.ptk_rekey.map(|after| now + after);
    let had_group = groups.as_ref().is_some_and(GroupKeys::any);
    let complete = third.complete || had_group;
    let mut groups = groups.unwrap_or_default();
    for key in groups.accept(third.groups) {
        shared.push(key);
    }
    let link = Link { ptk: third.ptk, anonce: third.anonce, answered: None, groups };
    if complete {
        shared.push(SupplicantOutput::Completed { rekeyed });
        State::Established(Established { link })
    } else {
        State::AwaitGroupKey(AwaitGroupKey { link })
    }
}
