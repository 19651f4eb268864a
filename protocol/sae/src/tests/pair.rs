//! Two sides and an unkind channel between them, under a virtual clock.

use super::*;
use alloc::collections::BTreeMap;

/// What the channel does to frames, in percent.
#[derive(Clone, Copy)]
struct Channel {
    lost: u64,
    doubled: u64,
    replayed: u64,
    damaged: u64,
}

const KIND: Channel = Channel { lost: 0, doubled: 0, replayed: 0, damaged: 0 };
const UNKIND: Channel = Channel { lost: 30, doubled: 20, replayed: 20, damaged: 0 };
const HOSTILE: Channel = Channel { lost: 10, doubled: 20, replayed: 30, damaged: 30 };

#[derive(Clone)]
struct Frame {
    to: usize,
    transaction: u16,
    status: StatusCode,
    body: Vec<u8>,
}

/// The air: frames by the time (in milliseconds) at which they arrive.
struct Air {
    channel: Channel,
    rng: TestRng,
    frames: BTreeMap<(u64, u64), Frame>,
    seen: Vec<Frame>,
    count: u64,
}

impl Air {
    fn send(&mut self, now: u64, frame: Frame) {
        self.seen.push(frame.clone());
        if !self.rng.percent(self.channel.lost) {
            self.arrive(now, frame.clone());
        }
        if self.rng.percent(self.channel.doubled) {
            self.arrive(now, frame);
        }
        if self.rng.percent(self.channel.replayed) {
            let index = self.rng.below(self.seen.len() as u64);
            let mut old = self.seen[usize::try_from(index).unwrap()].clone();
            // Now and then back to its sender.
            if self.rng.percent(30) {
                old.to ^= 1;
            }
            self.arrive(now, old);
        }
    }

    fn arrive(&mut self, now: u64, mut frame: Frame) {
        if self.rng.percent(self.channel.damaged) {
            let octet = usize::try_from(self.rng.below(frame.body.len() as u64)).unwrap();
            frame.body[octet] ^= 1 << self.rng.below(8);
        }
        self.count += 1;
        // Delays differ, so frames overtake each other.
        self.frames.insert((now + 1 + self.rng.below(60), self.count), frame);
    }
}

/// One side, which sends again what was not answered.
struct Side {
    session: Session,
    number: usize,
    speaks: bool,
    timer: u64,
}

impl Side {
    fn commit(&self, now: u64, air: &mut Air) {
        let (status, body) = (self.session.commit_status(), self.session.commit_body(None));
        air.send(now, Frame { to: self.number ^ 1, transaction: 1, status, body });
    }

    fn confirm(&mut self, now: u64, air: &mut Air) {
        let body = self.session.confirm_body().unwrap();
        air.send(now, Frame { to: self.number ^ 1, transaction: 2, status: StatusCode::SUCCESS, body });
    }

    fn tick(&mut self, now: u64, air: &mut Air) {
        if self.timer > now || !self.speaks {
            return;
        }
        self.timer = now + 100;
        match self.session.state() {
            State::Committed => self.commit(now, air),
            State::Confirmed => self.confirm(now, air),
            State::Accepted => {}
        }
    }

    fn receive(&mut self, now: u64, frame: &Frame, air: &mut Air) {
        if frame.transaction == 1 {
            let Ok(outcome) = self.session.handle_commit(frame.status, &frame.body) else { return };
            match outcome {
                CommitOutcome::Accepted if self.speaks => self.confirm(now, air),
                CommitOutcome::Accepted | CommitOutcome::Repeated => {
                    self.speaks = true;
                    self.commit(now, air);
                    self.confirm(now, air);
                }
                CommitOutcome::Different | CommitOutcome::Reflected => {}
                CommitOutcome::TokenRequired(_) | CommitOutcome::GroupRefused => panic!("not sent here"),
            }
            return;
        }
        match self.session.handle_confirm(&frame.body) {
            Ok(ConfirmOutcome::Again) => self.confirm(now, air),
            Ok(ConfirmOutcome::Accepted | ConfirmOutcome::Ignored) | Err(_) => {}
        }
    }
}

/// Runs until both sides accept or the virtual time is over, and gives both.
fn run(a: Session, b: Session, channel: Channel, both_speak: bool, seed: u64) -> [Session; 2] {
    let mut air = Air { channel, rng: TestRng::new(seed), frames: BTreeMap::new(), seen: Vec::new(), count: 0 };
    let mut sides = [
        Side { session: a, number: 0, speaks: true, timer: 0 },
        Side { session: b, number: 1, speaks: both_speak, timer: 0 },
    ];
    for side in &mut sides {
        side.session.set_sync_limit(1000);
    }
    for now in 0..6_000 {
        for side in &mut sides {
            side.tick(now, &mut air);
        }
        while let Some(entry) = air.frames.first_entry().filter(|entry| entry.key().0 <= now) {
            let frame = entry.remove();
            sides[frame.to].receive(now, &frame, &mut air);
        }
        if sides.iter().all(|side| side.session.state() == State::Accepted) {
            break;
        }
    }
    sides.map(|side| side.session)
}

fn assert_agreed([a, b]: &[Session; 2], note: &str) {
    assert_eq!((a.state(), b.state()), (State::Accepted, State::Accepted), "{note}");
    assert_eq!(a.pmk().unwrap(), b.pmk().unwrap(), "{note}");
    assert_eq!(a.pmkid(), b.pmkid(), "{note}");
}

#[test]
fn every_group_and_method_and_akm_agrees() {
    for group in GROUPS {
        for method in [Method::HuntAndPeck, Method::HashToElement] {
            for (akm, octets) in
                [(SaeAkm::Sae, 32), (SaeAkm::SaeExtKey, [32, 48, 64][usize::from(group.number()) - 19])]
            {
                if (method, akm) == (Method::HuntAndPeck, SaeAkm::SaeExtKey) {
                    continue;
                }
                let mut setup = Setup::new(b"secret", group, method);
                setup.akm = akm;
                let (a, b) = setup.pair(u64::from(group.number()));
                let both = run(a, b, KIND, false, 1);
                assert_agreed(&both, "kind channel");
                if method == Method::HashToElement {
                    assert_eq!(both[0].pmk().unwrap().as_bytes().len(), octets);
                }
            }
        }
    }
}

#[test]
fn numbers_modulo_a_prime_agree_too() {
    for group in (0..30).filter_map(Group::from_number).filter(|group| matches!(group, Group::Modp(_))) {
        for (method, akm) in [
            (Method::HuntAndPeck, SaeAkm::Sae),
            (Method::HashToElement, SaeAkm::Sae),
            (Method::HashToElement, SaeAkm::SaeExtKey),
        ] {
            let mut setup = Setup::new(b"secret", group, method);
            setup.akm = akm;
            let (a, b) = setup.pair(u64::from(group.number()));
            let body = a.commit_body(None);
            let suite = if akm == SaeAkm::SaeExtKey { 7 } else { 0 };
            assert_eq!(body.len(), 2 + group.scalar_octets() + group.octets() + suite);
            assert_agreed(&run(a, b, KIND, false, 1), &alloc::format!("{group:?}, {method:?}"));
        }
        let (_, b) = Setup::new(b"another", group, Method::HashToElement).pair(1);
        let (a, _) = Setup::new(b"secret", group, Method::HashToElement).pair(1);
        let [a, b] = run(a, b, KIND, false, 1);
        assert!(a.pmk().is_none() && b.pmk().is_none());
    }
}

#[test]
fn loss_duplication_reordering_and_replay_do_not_matter() {
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let setup = Setup::new(b"secret", Group::P256, method);
        for seed in 0..150 {
            let (a, b) = setup.pair(seed);
            assert_agreed(&run(a, b, UNKIND, seed % 2 == 0, seed), &alloc::format!("{method:?}, seed {seed}"));
        }
    }
    for group in [Group::P384, Group::P521] {
        let setup = Setup::new(b"secret", group, Method::HashToElement);
        for seed in 0..5 {
            let (a, b) = setup.pair(seed);
            assert_agreed(&run(a, b, UNKIND, seed % 2 == 0, seed), &alloc::format!("{group:?}, seed {seed}"));
        }
    }
}

#[test]
fn damaged_frames_are_refused_and_the_run_goes_on() {
    let setup = Setup::new(b"secret", Group::P256, Method::HashToElement);
    let mut agreed = 0;
    for seed in 0..100 {
        let (a, b) = setup.pair(seed);
        let [a, b] = run(a, b, HOSTILE, seed % 2 == 0, seed);
        // A damaged scalar in range is a Commit like any other, so a run may fail; it may not end in two keys.
        if let (Some(one), Some(other)) = (a.pmk(), b.pmk()) {
            assert_eq!(one, other, "seed {seed}");
            agreed += 1;
        }
    }
    assert!(agreed > 40, "{agreed}");
}

#[test]
fn another_password_is_never_accepted() {
    for method in [Method::HuntAndPeck, Method::HashToElement] {
        let (right, wrong) = (Setup::new(b"secret", Group::P256, method), Setup::new(b"Secret", Group::P256, method));
        for seed in 0..20 {
            let (a, b) = (right.start(STA, AP, seed), wrong.start(AP, STA, seed + 1000));
            for side in run(a, b, UNKIND, seed % 2 == 0, seed) {
                assert_ne!(side.state(), State::Accepted);
                assert_eq!((side.pmk(), side.pmkid()), (None, None));
            }
        }
    }
}

#[test]
fn the_ssid_and_the_addresses_are_part_of_the_password_element() {
    let here = Setup::new(b"secret", Group::P256, Method::HashToElement);
    let mut elsewhere = Setup::new(b"secret", Group::P256, Method::HashToElement);
    elsewhere.pt = PtSet::derive(b"b network", &elsewhere.password, &[Group::P256]);
    let (mut a, mut b) = (here.start(STA, AP, 1), elsewhere.start(AP, STA, 2));
    commit_both(&mut a, &mut b);
    assert_eq!(b.handle_confirm(&a.confirm_body().unwrap()), Err(SaeError::ConfirmMismatch));
    let (mut a, mut b) = (here.start(STA, AP, 1), here.start(AP, MacAddr([9; 6]), 2));
    commit_both(&mut a, &mut b);
    assert_eq!(b.handle_confirm(&a.confirm_body().unwrap()), Err(SaeError::ConfirmMismatch));
}
