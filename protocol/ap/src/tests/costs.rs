//! What a frame costs where many are.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use wire::MacAddr;
use wire::frame::Subtype;

use super::world::{OPEN, OTHER, PSK, STA, World, wiphy};
use crate::keyring::Offered;
use crate::{Lists, Stage};

fn numbered(kind: u8, number: u32) -> MacAddr {
    let [_, a, b, c] = number.to_be_bytes();
    MacAddr([2, kind, 0, a, b, c])
}

/// An open network with so many stations in it, which so many strangers have knocked at.
fn crowded(members: u32, strangers: u32) -> World {
    let mut world = World::new(&format!("{OPEN}max_num_sta=2007\n"));
    for number in 0..members {
        let addr = numbered(1, number);
        world.authenticate(addr);
        world.associate(addr, &[]);
        assert!(world.connected(addr), "{number}");
        world.frames.clear();
        world.requests.clear();
    }
    for number in 0..strangers {
        world.authenticate(numbered(2, number));
        world.frames.clear();
        world.requests.clear();
    }
    world
}

/// How many stations are looked at while one comes, is heard, time passes, and it leaves.
fn visits(world: &mut World) -> [usize; 4] {
    let settled = |world: &mut World| {
        world.bss.handle_timeout(world.now, &mut world.rng);
        world.pump();
        world.bss.stations.visited()
    };
    settled(world);
    world.authenticate(STA);
    let _ = world.bss.poll_deadline();
    let came = settled(world);
    world.associate(STA, &[]);
    let _ = world.bss.poll_deadline();
    assert!(world.connected(STA));
    let joined = settled(world);
    world.now += Duration::from_millis(1);
    let _ = world.bss.poll_deadline();
    let passed = settled(world);
    world.from(STA, Subtype::DEAUTH, |w| {
        w.u16_le(3);
    });
    let _ = world.bss.poll_deadline();
    let left = settled(world);
    assert!(world.bss.station(STA).is_none());
    [came, joined, passed, left]
}

#[test]
fn a_frame_costs_the_same_with_ten_stations_and_with_thousands() {
    let few = visits(&mut crowded(10, 10));
    let many = visits(&mut crowded(2006, 10_000));
    for (few, many) in few.into_iter().zip(many) {
        // A stranger is pushed out where there are many.
        assert!(many <= few + 4, "{few} stations are looked at, and {many} where there are thousands");
    }
    assert!(few.iter().sum::<usize>() < 40, "{few:?}");
}

#[test]
fn association_ids_are_the_lowest_that_nobody_has() {
    let mut world = crowded(130, 0);
    let aid = |world: &World, addr| world.bss.station(addr).map(|station| station.aid());
    for (number, id) in [(0, 1), (63, 64), (64, 65), (129, 130)] {
        assert_eq!(aid(&world, numbered(1, number)), Some(id));
    }
    for number in [64, 3] {
        world.bss.forget(numbered(1, number), world.now);
    }
    world.pump();
    let new: Vec<Option<u16>> = (0..3)
        .map(|number| {
            let addr = numbered(3, number);
            world.authenticate(addr);
            world.associate(addr, &[]);
            aid(&world, addr)
        })
        .collect();
    assert_eq!(new, [Some(4), Some(65), Some(131)]);
    // All 2,007, and the next is turned away.
    let mut world = crowded(2007, 1);
    world.authenticate(STA);
    assert_eq!(world.bss.stations().filter(|station| station.stage() == Stage::Associated).count(), 2007);
    assert_eq!(world.bss.stations().map(|station| station.aid()).max(), Some(2007));
    world.associate(STA, &[]);
    assert!(!world.connected(STA));
}

#[test]
fn the_next_deadline_is_that_of_whoever_is_first() {
    let mut world = crowded(3, 40);
    for _ in 0..200 {
        let first = world.bss.stations().filter_map(|station| station.deadline()).min();
        assert_eq!(world.bss.stations.deadline(), first);
        let Some(at) = first else { break };
        world.now = world.now.max(at);
        world.bss.handle_timeout(world.now, &mut world.rng);
        // Before what has changed was looked at, and after.
        assert_eq!(world.bss.stations.deadline(), world.bss.stations().filter_map(|station| station.deadline()).min());
        world.pump();
    }
}

#[test]
fn keys_for_anybody_are_there_once_and_a_stations_own_come_first() {
    let file = b"keyid=any 00:00:00:00:00:00 for anybody\n\
        keyid=sta 02:00:00:00:00:00 for this one\nkeyid=more 00:00:00:00:00:00 for anybody too\n";
    let lists =
        Lists { psks: super::profile::psks(conf::ap::parse_psk_file("psks", file).unwrap()), ..Lists::default() };
    let world = World::with(PSK, lists, wiphy());
    let keyring = &world.bss.keyring;
    let (sta, other) = (keyring.offered_to(STA), keyring.offered_to(OTHER));
    let ids = |offered: &Offered| -> Vec<Option<String>> {
        (0..).map_while(|index| offered.get(index)).map(|key| key.keyid.clone()).collect()
    };
    // Of a file the last is tried first, as the original does.
    assert_eq!(ids(&sta), [Some("sta".into()), Some("more".into()), Some("any".into()), None]);
    assert_eq!(ids(&other), [Some("more".into()), Some("any".into()), None]);
    assert!(sta.shares_with(&other));
    let own = &sta.get(0).unwrap().pmk;
    assert!(keyring.has(STA, own) && !keyring.has(OTHER, own));
}
