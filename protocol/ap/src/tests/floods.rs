//! Crowds that last while somebody honest arrives.

use alloc::collections::BTreeMap;
use alloc::format;
use core::time::Duration;

use crate::Change;
use crypto::Rng;
use rsn::{Pmf, SaePwe, StationPolicy};
use sae::{CommitOutcome, ConfirmOutcome, Group, Method, SaeAkm, Session};
use wire::frame::{Authentication, Management, Subtype, auth_algorithm};
use wire::{Instant, MacAddr, StatusCode};

use super::world::{OPEN, PSK, SAE, STA, World};
use crate::Stage;

const H2E: StatusCode = StatusCode::SAE_HASH_TO_ELEMENT;
const TOKEN: StatusCode = StatusCode::ANTI_CLOGGING_TOKEN_REQUIRED;

/// The Authentication frames to an address from frame number `from` on.
fn heard(world: &World, to: MacAddr, from: usize) -> Vec<(u16, StatusCode, Vec<u8>)> {
    let frames = world.frames.iter().skip(from).filter_map(|frame| Management::parse(frame).ok());
    let authentication = frames.filter(|frame| frame.destination == to && frame.subtype() == Subtype::AUTHENTICATION);
    let parsed = authentication.filter_map(|frame| Authentication::parse(frame.body).ok());
    parsed.map(|auth| (auth.transaction, auth.status, auth.rest.to_vec())).collect()
}

/// An honest station that does what mac80211 and wpa_supplicant do: the same frame again after 2 s, three times, then
/// from the beginning.
struct Honest {
    session: Session,
    last: (u16, StatusCode, Vec<u8>),
    at: Instant,
    tries: u32,
    from: usize,
    refused: usize,
}

impl Honest {
    fn arrive(world: &mut World) -> Honest {
        let session = world.sae_session(b"correct horse", Group::P256, Method::HashToElement);
        let last = (1, H2E, session.commit_body(None));
        let mut honest = Honest { session, last, at: world.now, tries: 0, from: 0, refused: 0 };
        honest.send(world);
        honest
    }

    fn send(&mut self, world: &mut World) {
        self.from = world.frames.len();
        (self.at, self.tries) = (world.now, self.tries + 1);
        let (transaction, status, body) = self.last.clone();
        world.send_sae(transaction, status, &body);
    }

    /// Takes what it has heard; true once it has authenticated.
    fn step(&mut self, world: &mut World) -> bool {
        let frames = heard(world, STA, self.from);
        self.from = world.frames.len();
        for (transaction, status, body) in frames {
            if transaction == 2 && status == StatusCode::SUCCESS {
                if self.session.handle_confirm(&body) == Ok(ConfirmOutcome::Accepted) {
                    return true;
                }
            } else if transaction == 1 && (status == TOKEN || status == H2E) {
                match self.session.handle_commit(status, &body) {
                    Ok(CommitOutcome::TokenRequired(token)) => {
                        self.last = (1, H2E, self.session.commit_body(Some(&token)));
                        self.send(world);
                    }
                    Ok(CommitOutcome::Accepted) => {
                        self.last = (2, StatusCode::SUCCESS, self.session.confirm_body().unwrap());
                        self.send(world);
                    }
                    _ => {}
                }
            } else if status != StatusCode::SUCCESS {
                self.refused += 1;
            }
        }
        if world.now - self.at >= Duration::from_secs(2) {
            if self.tries >= 3 {
                let refused = self.refused;
                *self = Honest { refused, ..Honest::arrive(world) };
            } else {
                self.send(world);
            }
        }
        false
    }
}

/// A stranger with many names who hears what is sent to each.
struct Flood {
    names: Vec<MacAddr>,
    element: Vec<u8>,
    heard: usize,
    /// What each name has asked to be let in with.
    asked: BTreeMap<MacAddr, Vec<u8>>,
    next: usize,
}

impl Flood {
    fn new(world: &mut World, names: Vec<MacAddr>) -> Flood {
        let commit = world.sae_session(b"no idea", Group::P256, Method::HashToElement).commit_body(None);
        Flood { names, element: commit[34..].to_vec(), heard: world.frames.len(), asked: BTreeMap::new(), next: 0 }
    }

    /// A commit nobody has seen: any scalar goes with any element.
    fn commit(&self, world: &mut World) -> Vec<u8> {
        let mut scalar = [0; 32];
        world.rng.fill(&mut scalar);
        scalar[0] = 0x10;
        [&[19, 0][..], &scalar, &self.element].concat()
    }

    fn say(world: &mut World, name: MacAddr, body: &[u8]) {
        let auth = Authentication { algorithm: auth_algorithm::SAE, transaction: 1, status: H2E, rest: body };
        world.from(name, Subtype::AUTHENTICATION, |w| auth.write(w));
    }

    /// Says something in the next name, and brings back each token that it has heard.
    fn step(&mut self, world: &mut World) {
        let frames: Vec<Vec<u8>> = world.frames.iter().skip(self.heard).cloned().collect();
        self.heard = world.frames.len();
        for frame in frames {
            let Ok(frame) = Management::parse(&frame) else { continue };
            let Ok(auth) = Authentication::parse(frame.body) else { continue };
            if auth.status == TOKEN
                && let Some(asked) = self.asked.remove(&frame.destination)
            {
                // Group, then the element with the token, as the commit has it behind.
                Flood::say(world, frame.destination, &[&asked[..], &auth.rest[2..]].concat());
            }
        }
        let name = self.names[self.next % self.names.len()];
        self.next += 1;
        let commit = self.commit(world);
        Flood::say(world, name, &commit);
        self.asked.insert(name, commit);
    }
}

fn names(count: u8) -> Vec<MacAddr> {
    (0..count).map(|last| MacAddr([6, 0, 0, 0, 0, last])).collect()
}

#[test]
fn a_commit_in_its_name_does_not_replace_a_stations_run() {
    let mut world = World::new(&format!("{SAE}sae_anti_clogging_threshold=0\n"));
    let mut flood = Flood::new(&mut world, [STA].into());
    let mut session = world.sae_session(b"correct horse", Group::P256, Method::HashToElement);
    world.send_sae(1, H2E, &session.commit_body(None));
    let (_, status, request) = world.last_auth();
    let CommitOutcome::TokenRequired(token) = session.handle_commit(status, &request).unwrap() else { panic!() };
    // The token that was on the air is good for no other commit.
    let forged = flood.commit(&mut world);
    Flood::say(&mut world, STA, &[&forged[..], &request[2..]].concat());
    assert_eq!(world.auth_status(), TOKEN);
    world.send_sae(1, H2E, &session.commit_body(Some(&token)));
    let (_, status, commit) = world.last_auth();
    assert_eq!(session.handle_commit(status, &commit), Ok(CommitOutcome::Accepted));
    // With tokens of their own, others go on beside; each is answered with the commit that the station has.
    for _ in 0..9 {
        flood.step(&mut world);
        flood.step(&mut world);
        world.wait(Duration::from_millis(5));
    }
    let commits = heard(&world, STA, 0).into_iter().filter(|(_, status, _)| *status == H2E);
    assert!(commits.clone().count() > 3);
    assert!(commits.into_iter().all(|(_, _, body)| body == commit));
    world.send_sae(2, StatusCode::SUCCESS, &session.confirm_body().unwrap());
    let (transaction, status, body) = world.last_auth();
    assert_eq!((transaction, status), (2, StatusCode::SUCCESS));
    assert_eq!(session.handle_confirm(&body), Ok(ConfirmOutcome::Accepted));
    assert!(!world.events.contains(&Change::PskMismatch(STA)));
}

#[test]
fn a_station_joins_while_a_flood_of_commits_lasts() {
    // 500 a second in twenty names, one of them the station's own, and confirms with it.
    let mut own = names(19);
    own.push(STA);
    for (names, confirms, others) in
        [(names(20), false, "in other names"), (own.clone(), false, "in its name"), (own, true, "with confirms")]
    {
        let mut world = World::new(SAE);
        let mut flood = Flood::new(&mut world, names);
        let mut step = |world: &mut World| {
            flood.step(world);
            if confirms && flood.next.is_multiple_of(20) {
                world.send_sae(2, StatusCode::SUCCESS, &[7; 34]);
            }
            world.wait(Duration::from_millis(2));
        };
        (0..2500).for_each(|_| step(&mut world));
        let (began, before) = (world.now, world.bss.sae.work.total);
        let mut honest = Honest::arrive(&mut world);
        let mut joined = false;
        for _ in 0..15_000 {
            step(&mut world);
            joined = honest.step(&mut world);
            if joined {
                break;
            }
        }
        let took = world.now - began;
        extern crate std;
        std::eprintln!("name {others}: {before} {took:?}");
        assert!(joined, "{others}: not within {took:?}");
        assert!(took < Duration::from_secs(10), "{others}: {took:?}");
        assert_eq!(honest.refused, 0, "{others}");
        assert!(!world.events.contains(&Change::PskMismatch(STA)), "{others}");
        // Halves of runs: twenty were begun, and hundreds are what all of them would come to.
        assert!(before <= 200, "{others}: {before} units of work in five seconds");
    }
}

#[test]
fn many_honest_stations_at_once_wait_for_nobody() {
    let mut world = World::new(SAE);
    for round in 0..200u32 {
        world.wait(Duration::from_millis(5));
        world.run_sae_for(SaeAkm::Sae, Group::P256, Method::HashToElement);
        world.bss.forget(STA, world.now);
        world.pump();
        assert_eq!(world.auth_status(), StatusCode::SUCCESS, "{round}");
    }
}

#[test]
fn a_wrong_password_is_not_blamed_when_several_commits_came() {
    let mut world = World::new(SAE);
    let mut session = world.sae_session(b"wrong", Group::P256, Method::HashToElement);
    world.send_sae(1, H2E, &session.commit_body(None));
    let (_, status, commit) = world.last_auth();
    session.handle_commit(status, &commit).unwrap();
    let mut flood = Flood::new(&mut world, [STA].into());
    flood.step(&mut world);
    let frames = world.frames.len();
    let confirm = session.confirm_body().unwrap();
    world.send_sae(2, StatusCode::SUCCESS, &confirm);
    assert_eq!(world.frames.len(), frames, "nobody is told anything");
    assert!(!world.events.contains(&Change::PskMismatch(STA)));
    // And guesses have an end.
    for _ in 0..20 {
        world.send_sae(2, StatusCode::SUCCESS, &confirm);
    }
    assert_eq!(world.auth_status(), StatusCode::TRANSACTION_SEQUENCE);
}

#[test]
fn an_open_network_takes_in_who_comes_during_a_flood() {
    let mut world = World::new(OPEN);
    let crowd = |world: &mut World, n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        world.authenticate(MacAddr([6, 0, 0, a, b, c]));
        world.wait(Duration::from_millis(1));
    };
    (0..2000).for_each(|n| crowd(&mut world, n));
    world.authenticate(STA);
    // The oldest go first: whoever came just now has time for its request.
    (2000..2200).for_each(|n| crowd(&mut world, n));
    world.associate(STA, &[]);
    assert!(world.connected(STA));
}

#[test]
fn where_only_sae_is_served_open_authentication_leaves_nothing_behind() {
    let mut world = World::new(SAE);
    let honest = Honest::arrive(&mut world);
    assert_eq!(honest.refused, 0);
    let before = world.bss.stations().count();
    for n in 0..2000u32 {
        let [_, a, b, c] = n.to_be_bytes();
        world.authenticate(MacAddr([6, 0, 0, a, b, c]));
        assert_eq!(world.auth_status(), StatusCode::SUCCESS);
    }
    // Its own name, too.
    world.authenticate(STA);
    assert_eq!(world.bss.stations().count(), before);
    assert!(!world.requests.iter().any(|request| matches!(request, ipc_proto::Request::AddStation { .. })));
    let mut honest = honest;
    let joined = (0..10).any(|_| honest.step(&mut world));
    assert!(joined);
    assert_eq!(world.bss.station(STA).unwrap().stage(), Stage::Authenticated);
}

#[test]
fn strangers_keep_no_exchange_out_that_has_shown_it_hears_us() {
    // Both kinds of network under one name: open authentication means something.
    let mut world = World::new(&format!(
        "{}sae_anti_clogging_threshold=0\n",
        SAE.replace("=SAE\n", "=SAE WPA-PSK\nwpa_passphrase=correct horse\n")
    ));
    let mut honest = Honest::arrive(&mut world);
    assert!(!honest.step(&mut world), "it is asked for a token");
    for n in 0..1000u32 {
        let [_, a, b, c] = n.to_be_bytes();
        world.authenticate(MacAddr([6, 0, 0, a, b, c]));
    }
    assert!(world.bss.stations().count() <= 256);
    let joined = (0..10).any(|_| honest.step(&mut world));
    assert!(joined);
    let pmk = honest.session.pmk().unwrap();
    let elements = world
        .supplicant(&StationPolicy { sae_pwe: SaePwe::Both, pmf: Pmf::Required, ..StationPolicy::personal() }, pmk);
    for n in 1000..2000u32 {
        let [_, a, b, c] = n.to_be_bytes();
        world.authenticate(MacAddr([6, 0, 0, a, b, c]));
    }
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    world.associate(STA, &elements);
    assert!(world.connected(STA));
}

#[test]
fn strangers_are_passed_over_while_the_driver_is_behind_and_stations_are_not() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Disabled);
    assert!(world.connected(STA));
    world.behind = true;
    let before = world.frames.len();
    let stranger = |number: u16| MacAddr([2, 0xee, 0, 0, (number >> 8) as u8, number as u8]);
    for number in 0..1000 {
        world.authenticate(stranger(number));
    }
    let answered = world.frames.len() - before;
    assert!((1..=64).contains(&answered), "{answered} frames wait for a driver that takes none");
    // A station of ours is still heard, if its answer has to wait.
    world.from(STA, Subtype::DISASSOC, |w| {
        w.u16_le(8);
    });
    assert!(!world.connected(STA));
    // Once the driver has caught up, strangers are again.
    world.behind = false;
    for tag in core::mem::take(&mut world.unanswered) {
        world.bss.handle_reply(tag, Ok(ipc_proto::Reply::Cookie(1)), world.now, &mut world.rng);
    }
    world.authenticate(stranger(2000));
    assert_eq!(heard(&world, stranger(2000), before).len(), 1);
}
