//! Two devices negotiate under a virtual clock: each combination of intents, with loss, duplication and reordering.

#![allow(clippy::wildcard_enum_match_arm, clippy::type_complexity, reason = "a test looks for one thing among many")]

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use crypto::testing::TestRng;
use wire::{Instant, MacAddr};

use super::{Agreement, Failure, Negotiation, Plan, Role};
use crate::channel::{Channel, ChannelList};
use crate::code::{Method, Status, subtype};
use crate::config::{Config, Credentials};
use crate::event::Event;
use crate::frame::Frame;
use crate::output::{Context, Fate, Output, Outputs, Ticket};
use crate::tests::config;

struct Side {
    config: Config,
    machine: Negotiation,
    outputs: Outputs,
    rng: TestRng,
    events: Vec<Event>,
    transmitted: Vec<Vec<u8>>,
}

impl Side {
    fn new(number: u8, seed: u64) -> Side {
        Side {
            config: config(number),
            machine: Negotiation::new(),
            outputs: Outputs::default(),
            rng: TestRng::new(seed.wrapping_mul(31).wrapping_add(u64::from(number))),
            events: Vec::new(),
            transmitted: Vec::new(),
        }
    }

    fn with<T>(&mut self, now: Instant, act: impl FnOnce(&mut Negotiation, &mut Context<'_>) -> T) -> T {
        let Side { config, machine, outputs, rng, .. } = self;
        act(machine, &mut Context { config, now, rng, outputs })
    }

    fn agreement(&self) -> Option<&Agreement> {
        self.events.iter().find_map(|event| match event {
            Event::Negotiated(agreement) => Some(agreement),
            _ => None,
        })
    }

    fn failure(&self) -> Option<Failure> {
        self.events.iter().find_map(|event| match event {
            Event::NegotiationFailed { why, .. } => Some(*why),
            _ => None,
        })
    }
}

enum Happening {
    Frame { to: usize, body: Vec<u8> },
    Fate { to: usize, ticket: Ticket, fate: Fate },
    Start { side: usize, plan: Plan },
}

/// What the air does, in percent; and what a side's radio does with its frames.
#[derive(Clone, Copy, Default)]
struct Air {
    lost: u64,
    acknowledgement_lost: u64,
    twice: u64,
    reordered: bool,
    deaf_to: Option<u8>,
    not_sent: Option<(usize, u8)>,
}

struct World {
    sides: [Side; 2],
    air: Air,
    rng: TestRng,
    now: Instant,
    coming: BTreeMap<(Instant, u64), Happening>,
    count: u64,
    /// Every frame that was given away, with its side.
    log: Vec<(usize, Vec<u8>)>,
}

impl World {
    fn new(seed: u64, air: Air) -> World {
        World {
            sides: [Side::new(1, seed), Side::new(2, seed)],
            air,
            rng: TestRng::new(seed),
            now: Instant::ZERO,
            coming: BTreeMap::new(),
            count: 0,
            log: Vec::new(),
        }
    }

    fn plan(&self, side: usize, intent: u8) -> Plan {
        let peer = &self.sides[1 - side].config;
        let frequency = peer.listen_channel.frequency().unwrap();
        Plan {
            peer: peer.address,
            frequency,
            method: Method::PushButton,
            intent,
            persistent: false,
            channel: None,
            credentials: None,
            initiate: true,
        }
    }

    fn at(&mut self, when: Instant, what: Happening) {
        self.count += 1;
        self.coming.insert((when, self.count), what);
    }

    fn start(&mut self, side: usize, plan: Plan) {
        let when = self.now;
        self.at(when, Happening::Start { side, plan });
    }

    fn start_after(&mut self, side: usize, plan: Plan, after: Duration) {
        let when = self.now + after;
        self.at(when, Happening::Start { side, plan });
    }

    fn deliver(&mut self, from: usize, body: &[u8], ticket: Ticket) {
        let delay =
            |rng: &mut TestRng, reordered: bool| Duration::from_millis(1 + if reordered { rng.below(400) } else { 0 });
        let subtype = body[6];
        let not_sent = self.air.not_sent.is_some_and(|(side, which)| side == from && which == subtype);
        let deaf = self.air.deaf_to == Some(subtype);
        let arrives = !not_sent && !deaf && !self.rng.percent(self.air.lost);
        let fate = match (not_sent, arrives && !self.rng.percent(self.air.acknowledgement_lost)) {
            (true, _) => Fate::NotSent,
            (false, true) => Fate::Acked,
            (false, false) => Fate::NoAck,
        };
        if arrives {
            let copies = 1 + u32::from(self.rng.percent(self.air.twice));
            for _ in 0..copies {
                let when = self.now + delay(&mut self.rng, self.air.reordered);
                self.at(when, Happening::Frame { to: 1 - from, body: body.to_vec() });
            }
        }
        let when = self.now + delay(&mut self.rng, false);
        self.at(when, Happening::Fate { to: from, ticket, fate });
    }

    fn drain(&mut self) {
        for side in 0..2 {
            while let Some(output) = self.sides[side].outputs.poll() {
                match output {
                    Output::Transmit(transmit) => {
                        assert_eq!(transmit.to, self.sides[1 - side].config.address);
                        self.deliver(side, &transmit.body, transmit.ticket);
                        self.log.push((side, transmit.body.clone()));
                        self.sides[side].transmitted.push(transmit.body);
                    }
                    Output::Event(event) => self.sides[side].events.push(event),
                    Output::Listen { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    /// Runs until nothing is left to happen.
    fn run(&mut self) {
        for _ in 0..20_000 {
            self.drain();
            let deadline = self.sides.iter().filter_map(|side| side.machine.poll_deadline()).min();
            let next = self.coming.keys().next().map(|(when, _)| *when);
            let Some(when) = [deadline, next].into_iter().flatten().min() else { return };
            self.now = self.now.max(when);
            let now = self.now;
            if next == Some(when) {
                let (_, what) = self.coming.pop_first().unwrap();
                match what {
                    Happening::Frame { to, body } => {
                        let frame = Frame::parse(&body).unwrap().unwrap();
                        let from = self.sides[1 - to].config.address;
                        let frequency = self.sides[to].config.listen_channel.frequency().unwrap();
                        self.sides[to].with(now, |machine, cx| machine.handle_frame(from, frequency, frame, false, cx));
                    }
                    Happening::Fate { to, ticket, fate } => {
                        self.sides[to].with(now, |machine, cx| machine.handle_fate(ticket, fate, cx));
                    }
                    Happening::Start { side, plan } => {
                        self.sides[side].with(now, |machine, cx| machine.start(plan, cx));
                    }
                }
            } else {
                for side in &mut self.sides {
                    side.with(now, |machine, cx| machine.handle_timeout(cx));
                }
            }
        }
        panic!("it never ends");
    }

    /// Both agree, and on the same; gives whether the first one owns the group.
    fn check_agreement(&self) -> bool {
        let [a, b] = [0, 1].map(|side| self.sides[side].agreement().expect("no agreement"));
        assert_eq!(a.frequency, b.frequency);
        assert_eq!(a.persistent, b.persistent);
        assert_eq!(a.method, b.method.counterpart());
        assert_eq!((a.peer, b.peer), (self.sides[1].config.address, self.sides[0].config.address));
        assert_eq!(
            (a.peer_interface, b.peer_interface),
            (self.sides[1].config.interface, self.sides[0].config.interface)
        );
        let (owner, credentials, group) = match (&a.role, &b.role) {
            (Role::Owner(credentials), Role::Client(group)) => (0, credentials, group),
            (Role::Client(group), Role::Owner(credentials)) => (1, credentials, group),
            (Role::Owner(_), Role::Owner(_)) => panic!("two group owners"),
            (Role::Client(_), Role::Client(_)) => panic!("no group owner"),
        };
        assert_eq!(group.ssid, credentials.ssid);
        assert_eq!(group.owner, self.sides[owner].config.address);
        let channel = Channel::at(a.frequency).unwrap();
        assert!(self.sides[owner].config.owner_channels.contains(channel), "owner where it may not be one");
        for side in &self.sides {
            assert_eq!((side.machine.peer(), side.machine.poll_deadline()), (None, None), "something is left");
        }
        owner == 0
    }
}

fn expected_owner(first: u8, second: u8) -> Option<bool> {
    (first != second).then_some(first > second)
}

#[test]
fn each_combination_of_intents_has_one_owner_or_none_if_both_insist() {
    let mut ties = [0, 0];
    for first in 0..=15 {
        for second in 0..=15 {
            let mut world = World::new(u64::from(first) * 16 + u64::from(second), Air::default());
            let (one, two) = (world.plan(0, first), Plan { initiate: false, ..world.plan(1, second) });
            world.start(1, two);
            world.start(0, one);
            world.run();
            if first == 15 && second == 15 {
                assert_eq!(world.sides[0].failure(), Some(Failure::Refused(Status::BOTH_INSIST)));
                assert_eq!(world.sides[1].failure(), Some(Failure::Refuses(Status::BOTH_INSIST)));
                continue;
            }
            let owner = world.check_agreement();
            match expected_owner(first, second) {
                Some(expected) => assert_eq!(owner, expected, "{first} against {second}"),
                None => ties[usize::from(owner)] += 1,
            }
        }
    }
    assert!(ties[0] > 2 && ties[1] > 2, "ties are broken by chance: {ties:?}");
}

#[test]
fn requests_that_cross_lead_to_one_group() {
    for seed in 0..200 {
        let mut world = World::new(seed, Air { reordered: seed % 2 == 0, ..Air::default() });
        let (first, second) = (u8::try_from(seed % 15).unwrap(), u8::try_from(seed / 15 % 15).unwrap());
        let (one, two) = (world.plan(0, first), world.plan(1, second));
        world.start(0, one);
        world.start(1, two);
        world.run();
        let owner = world.check_agreement();
        assert!(expected_owner(first, second).is_none_or(|expected| expected == owner));
    }
}

#[test]
fn loss_duplication_and_reordering_leave_one_group_or_a_reason_and_no_timer() {
    let mut both = 0;
    let mut one = 0;
    let runs = 400;
    for seed in 0..runs {
        let air = Air { lost: 25, acknowledgement_lost: 10, twice: 20, reordered: true, ..Air::default() };
        let mut world = World::new(seed, air);
        let (first, second) = (u8::try_from(seed % 16).unwrap(), u8::try_from(seed / 16 % 15).unwrap());
        let (one_plan, two_plan) = (world.plan(0, first), Plan { initiate: seed % 3 == 0, ..world.plan(1, second) });
        world.start(1, two_plan);
        world.start(0, one_plan);
        world.run();
        match (world.sides[0].agreement(), world.sides[1].agreement()) {
            (Some(_), Some(_)) => {
                let owner = world.check_agreement();
                assert!(expected_owner(first, second).is_none_or(|expected| expected == owner));
                both += 1;
            }
            // The last frame of a handshake can always be the one that is lost: forming the group then ends by its time.
            (Some(_), None) | (None, Some(_)) => one += 1,
            (None, None) => panic!("{seed}: {:?} {:?}", world.sides[0].failure(), world.sides[1].failure()),
        }
        for side in &world.sides {
            assert_eq!((side.machine.peer(), side.machine.poll_deadline()), (None, None), "something is left");
        }
    }
    assert!(both * 100 >= runs * 99, "{both} agreed, {one} on one side only");
}

#[test]
fn methods_have_to_fit_each_other() {
    use Method::{Display, Keypad, Nfc, P2ps, PushButton};
    let all = [PushButton, Display, Keypad, Nfc, P2ps];
    for ours in all {
        for theirs in all {
            let mut world = World::new(7, Air::default());
            let one = Plan { method: ours, ..world.plan(0, 3) };
            let two = Plan { method: theirs, initiate: false, ..world.plan(1, 9) };
            world.start(1, two);
            world.start(0, one);
            world.run();
            if matches!(
                (ours, theirs),
                (PushButton, PushButton) | (Display, Keypad) | (Keypad, Display) | (Nfc, Nfc) | (P2ps, P2ps)
            ) {
                world.check_agreement();
            } else {
                let refused = Some(Failure::Refused(Status::INCOMPATIBLE_PROVISIONING));
                assert_eq!(world.sides[0].failure(), refused, "{ours:?} with {theirs:?}");
            }
        }
    }
}

#[test]
fn a_persistent_group_needs_both_and_a_known_one_keeps_its_name() {
    let known =
        Credentials { ssid: wire::Ssid::new(b"DIRECT-xy-old").unwrap(), passphrase: b"12345678".to_vec().into() };
    for (ours, theirs) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut world = World::new(3, Air::default());
        let one = Plan { persistent: ours, ..world.plan(0, 1) };
        let credentials = Some(known.clone());
        let two = Plan { persistent: theirs, credentials, initiate: false, ..world.plan(1, 15) };
        world.start(1, two);
        world.start(0, one);
        world.run();
        assert!(!world.check_agreement());
        let agreement = world.sides[0].agreement().unwrap();
        assert_eq!(agreement.persistent, ours && theirs);
        assert!(matches!(&agreement.role, Role::Client(group) if group.ssid == known.ssid));
        assert_eq!(world.sides[1].agreement().unwrap().role, Role::Owner(known.clone()));
    }
}

#[test]
fn the_channel_is_one_of_both_and_the_owner_chooses() {
    let cases: [(&[u32], &[u32], &[u32], Option<u32>, Result<u32, Status>); 6] = [
        // 5 GHz before 2.4 GHz, where nothing else is wished.
        (&[2412, 5180], &[2412, 5180], &[], None, Ok(5180)),
        (&[2412, 5180], &[2412], &[], None, Ok(2412)),
        (&[2412, 2437, 5180], &[2437, 2412, 5180], &[2437], None, Ok(2437)),
        (&[2412, 2437, 5180], &[2437, 2412, 5180], &[2437], Some(2412), Ok(2412)),
        (&[2412], &[5180], &[], None, Err(Status::NO_COMMON_CHANNELS)),
        (&[2412, 5180], &[2412], &[], Some(5180), Err(Status::NO_COMMON_CHANNELS)),
    ];
    for (owner, client, preferred, forced, expected) in cases {
        for asks in 0..2 {
            let mut world = World::new(11, Air::default());
            for (side, channels) in [(0, owner), (1, client)] {
                world.sides[side].config.owner_channels = ChannelList::at(channels);
                world.sides[side].config.client_channels = ChannelList::default();
            }
            world.sides[0].config.preferred = preferred.iter().filter_map(|f| Channel::at(*f)).collect();
            let one = Plan { channel: forced.and_then(Channel::at), initiate: asks == 0, ..world.plan(0, 14) };
            let two = Plan { initiate: asks == 1, ..world.plan(1, 0) };
            world.start(1 - asks, if asks == 0 { two.clone() } else { one.clone() });
            world.start(asks, if asks == 0 { one } else { two });
            world.run();
            match expected {
                Ok(frequency) => {
                    assert!(world.check_agreement());
                    assert_eq!(world.sides[0].agreement().unwrap().frequency, frequency);
                }
                Err(status) => {
                    let failures = [0, 1].map(|side| world.sides[side].failure());
                    assert!(failures.contains(&Some(Failure::Refused(status))), "{owner:?} {client:?}: {failures:?}");
                }
            }
        }
    }
}

#[test]
fn a_peer_whose_user_is_not_ready_is_waited_for_and_then_asks_itself() {
    let mut world = World::new(5, Air::default());
    let (one, two) = (world.plan(0, 2), world.plan(1, 2));
    world.start(0, one);
    world.start_after(1, two, Duration::from_secs(60));
    world.run();
    let requested =
        Event::NegotiationRequested { peer: world.sides[0].config.address, password_id: crate::code::PasswordId(4) };
    assert_eq!(world.sides[1].events.first(), Some(&requested));
    world.check_agreement();
    let requests = world.sides[0].transmitted.iter().filter(|body| body[6] == subtype::NEGOTIATION_REQUEST).count();
    assert_eq!(requests, 1, "the peer knows; it is not asked again");
}

#[test]
fn a_peer_that_is_not_there_is_given_up_after_two_minutes() {
    let mut world = World::new(5, Air { lost: 100, ..Air::default() });
    let one = world.plan(0, 2);
    world.start(0, one);
    world.run();
    assert_eq!(world.sides[0].failure(), Some(Failure::Silent));
    assert_eq!(world.now, Instant::ZERO + super::PATIENCE);
    let tokens: Vec<u8> = world.sides[0].transmitted.iter().map(|body| body[7]).collect();
    assert!(tokens.len() > 100, "asked {} times", tokens.len());
    assert!(tokens.windows(2).all(|pair| pair[0] != pair[1]), "each request has another token than the one before");
}

#[test]
fn the_tie_breaker_is_another_one_in_each_request_and_the_opposite_in_its_response() {
    let mut world = World::new(6, Air { deaf_to: Some(subtype::NEGOTIATION_RESPONSE), ..Air::default() });
    let (one, two) = (world.plan(0, 7), Plan { initiate: false, ..world.plan(1, 7) });
    world.start(1, two);
    world.start(0, one);
    world.run();
    let intent = |body: &Vec<u8>| Frame::parse(body).unwrap().unwrap().content.p2p.unwrap().intent.unwrap();
    let requests: Vec<_> = world.sides[0].transmitted.iter().map(intent).collect();
    assert!(requests.len() > 10);
    assert!(requests.windows(2).all(|pair| pair[0].tie_breaker != pair[1].tie_breaker));
    for (place, (side, response)) in world.log.iter().enumerate() {
        if *side == 1 {
            let (_, request) =
                world.log[..place].iter().rfind(|(side, body)| *side == 0 && body[7] == response[7]).unwrap();
            assert_ne!(intent(request).tie_breaker, intent(response).tie_breaker);
        }
    }
}

#[test]
fn a_confirm_that_was_not_acknowledged_counts_and_one_that_was_never_sent_does_not() {
    let air = Air { acknowledgement_lost: 100, ..Air::default() };
    let mut world = World::new(8, air);
    let (one, two) = (world.plan(0, 7), Plan { initiate: false, ..world.plan(1, 3) });
    world.start(1, two.clone());
    world.start(0, one.clone());
    world.run();
    assert!(world.check_agreement(), "the Confirmation arrived, and its acknowledgements did not");

    let mut world = World::new(8, Air { not_sent: Some((0, subtype::NEGOTIATION_CONFIRMATION)), ..Air::default() });
    world.start(1, two);
    world.start(0, one);
    world.run();
    assert_eq!(world.sides[0].failure(), Some(Failure::NotSent));
    assert_eq!(world.sides[0].agreement(), None);
    assert_eq!(world.sides[1].failure(), Some(Failure::Silent));
}

#[test]
fn a_confirm_that_was_lost_is_asked_for_again() {
    let mut world = World::new(9, Air::default());
    let (one, two) = (world.plan(0, 7), Plan { initiate: false, ..world.plan(1, 3) });
    world.start(1, two);
    world.start(0, one);
    // The first Confirmation is acknowledged, and the peer's software never sees it.
    for _ in 0..100 {
        world.drain();
        let lost = world.coming.iter().find_map(|(key, what)| match what {
            Happening::Frame { body, .. } if body[6] == subtype::NEGOTIATION_CONFIRMATION => Some(*key),
            _ => None,
        });
        if let Some(key) = lost {
            world.coming.remove(&key);
            break;
        }
        let ((when, _), what) = world.coming.pop_first().unwrap();
        world.now = world.now.max(when);
        let now = world.now;
        match what {
            Happening::Frame { to, body } => {
                let from = world.sides[1 - to].config.address;
                let frame = Frame::parse(&body).unwrap().unwrap();
                world.sides[to].with(now, |machine, cx| machine.handle_frame(from, 2437, frame, false, cx));
            }
            Happening::Fate { to, ticket, fate } => {
                world.sides[to].with(now, |machine, cx| machine.handle_fate(ticket, fate, cx));
            }
            Happening::Start { side, plan } => world.sides[side].with(now, |machine, cx| machine.start(plan, cx)),
        }
    }
    world.run();
    assert!(world.check_agreement());
    let confirmations = world.sides[0].transmitted.iter().filter(|body| body[6] == 2).count();
    assert_eq!(confirmations, 2);
}

/// A side with a plan for a peer, after this Request of the peer.
fn answered(request: &Frame, plan: impl FnOnce(&mut Plan)) -> (Side, Vec<Frame>) {
    let world = World::new(1, Air::default());
    let mut its = Plan { initiate: false, ..world.plan(1, 3) };
    plan(&mut its);
    let [one, mut side] = world.sides;
    side.with(Instant::ZERO, |machine, cx| machine.start(its, cx));
    side.with(Instant::ZERO, |machine, cx| machine.handle_frame(one.config.address, 2462, request.clone(), false, cx));
    let mut frames = Vec::new();
    while let Some(output) = side.outputs.poll() {
        match output {
            Output::Transmit(transmit) => frames.push(Frame::parse(&transmit.body).unwrap().unwrap()),
            Output::Event(event) => side.events.push(event),
            _ => {}
        }
    }
    (side, frames)
}

fn honest_request() -> Frame {
    let mut world = World::new(1, Air::default());
    let one = world.plan(0, 7);
    world.sides[0].with(Instant::ZERO, |machine, cx| machine.start(one, cx));
    let Some(Output::Transmit(transmit)) = world.sides[0].outputs.poll() else { panic!("no request") };
    Frame::parse(&transmit.body).unwrap().unwrap()
}

fn status(frame: &Frame) -> Option<Status> {
    frame.content.p2p.as_ref().unwrap().status
}

#[test]
fn a_request_without_what_it_needs_or_in_anothers_name_is_invalid() {
    let (_, frames) = answered(&honest_request(), |_| {});
    assert_eq!(status(&frames[0]), Some(Status::SUCCESS));
    let spoils: [fn(&mut crate::attributes::Attributes); 6] = [
        |p2p| p2p.intent = None,
        |p2p| p2p.channel_list = None,
        |p2p| p2p.device_info = None,
        |p2p| p2p.intended_interface = None,
        |p2p| p2p.device_info.as_mut().unwrap().address = MacAddr([2, 9, 9, 9, 9, 9]),
        |p2p| p2p.intended_interface = Some(MacAddr::BROADCAST),
    ];
    for spoil in spoils {
        let mut request = honest_request();
        spoil(request.content.p2p.as_mut().unwrap());
        let (side, frames) = answered(&request, |_| {});
        assert_eq!(status(&frames[0]), Some(Status::INVALID_PARAMETERS));
        assert_eq!(side.agreement(), None);
    }
}

#[test]
fn a_request_that_comes_again_gets_the_same_response_and_makes_no_second_group() {
    let request = honest_request();
    let (mut side, first) = answered(&request, |plan| plan.intent = 12);
    let from = config(1).address;
    side.with(Instant::ZERO, |machine, cx| machine.handle_frame(from, 2462, request, false, cx));
    let Some(Output::Transmit(again)) = side.outputs.poll() else { panic!("no response") };
    assert_eq!(Frame::parse(&again.body).unwrap().unwrap(), first[0], "with the same name of the group");
}

#[test]
fn answers_of_others_with_other_tokens_or_replayed_change_nothing() {
    let mut world = World::new(4, Air::default());
    let one = world.plan(0, 7);
    world.sides[0].with(Instant::ZERO, |machine, cx| machine.start(one, cx));
    let Some(Output::Transmit(sent)) = world.sides[0].outputs.poll() else { panic!("no request") };
    let request = Frame::parse(&sent.body).unwrap().unwrap();
    let (_, frames) = answered(&request, |_| {});
    let good = frames[0].clone();
    let peer = config(2).address;
    let mut bad = good.clone();
    bad.token ^= 1;
    let give = |world: &mut World, from, frame: &Frame| {
        let frame = frame.clone();
        world.sides[0].with(Instant::ZERO, |machine, cx| machine.handle_frame(from, 2437, frame, false, cx));
        core::iter::from_fn(|| world.sides[0].outputs.poll()).count()
    };
    assert_eq!(give(&mut world, MacAddr([2, 6, 6, 6, 6, 6]), &good), 0);
    assert_eq!(give(&mut world, peer, &bad), 0);
    assert_eq!(give(&mut world, peer, &Frame { subtype: subtype::NEGOTIATION_CONFIRMATION, ..good.clone() }), 0);
    assert_eq!(give(&mut world, peer, &good), 1, "the Confirmation");
    assert_eq!(give(&mut world, peer, &good), 0, "nothing more for the same Response");
}

#[test]
fn a_client_accepts_no_channel_that_it_did_not_offer() {
    // The peer owns the group, and confirms another channel than was ours.
    let mut request = honest_request();
    request.content.p2p.as_mut().unwrap().intent = Some(crate::info::Intent { value: 15, tie_breaker: false });
    let (mut side, _) = answered(&request, |_| {});
    let from = config(1).address;
    let p2p = crate::attributes::Attributes {
        status: Some(Status::SUCCESS),
        operating_channel: Some(config(1).in_country(Channel { class: 121, number: 100 })),
        group_id: Some(crate::info::GroupId { owner: from, ssid: wire::Ssid::new(b"DIRECT-zz").unwrap() }),
        ..Default::default()
    };
    let content = crate::frame::Content { p2p: Some(p2p), ..Default::default() };
    let frame = Frame { public: true, subtype: subtype::NEGOTIATION_CONFIRMATION, token: request.token, content };
    side.with(Instant::ZERO, |machine, cx| machine.handle_frame(from, 2462, frame, false, cx));
    let ended = side.outputs.poll();
    let why = Failure::Refuses(Status::NO_COMMON_CHANNELS);
    assert_eq!(ended, Some(Output::Event(Event::NegotiationFailed { peer: from, why })));
}

#[test]
fn a_rejected_device_is_told_so_and_strangers_cost_nothing() {
    let world = World::new(1, Air::default());
    let [one, mut two] = world.sides;
    let request = honest_request();
    for (rejected, expected) in [(true, Status::REJECTED_BY_USER), (false, Status::INFORMATION_UNAVAILABLE)] {
        let frame = request.clone();
        two.with(Instant::ZERO, |machine, cx| machine.handle_frame(one.config.address, 2462, frame, rejected, cx));
        let outputs: Vec<Output> = core::iter::from_fn(|| two.outputs.poll()).collect();
        let answers = outputs.iter().filter_map(|output| match output {
            Output::Transmit(transmit) => Some(Frame::parse(&transmit.body).unwrap().unwrap()),
            _ => None,
        });
        assert_eq!(answers.map(|frame| status(&frame)).collect::<Vec<_>>(), vec![Some(expected)]);
        assert_eq!(outputs.len(), if rejected { 1 } else { 2 });
        assert_eq!(two.machine.poll_deadline(), None);
    }
}
