//! From finding each other to a group and its end: two and three devices.

use core::time::Duration;

use super::config;
use super::discovery::{find, group_elements};
use super::world::{Air, World};
use crate::channel::Channel;
use crate::code::{Method, Status};
use crate::device::{CommandError, Connect, Device};
use crate::event::{Event, Trouble};
use crate::formation::{FormationFailure, Progress};
use crate::group::Group;
use crate::info::GroupId;
use crate::invitation::PersistentGroup;
use crate::negotiation::{Agreement, Role};

pub(super) fn connect(method: Method, intent: u8) -> Connect {
    let (channel, credentials) = (None, None);
    Connect { method, intent, persistent: false, channel, credentials, initiate: true, provision_first: false }
}

/// All nodes find each other.
pub(super) fn acquainted(count: u8, seed: u64, air: Air) -> World {
    let mut world = World::new(count, seed, air);
    let nodes = usize::from(count);
    for node in 0..nodes {
        find(&mut world, node);
    }
    let all = |world: &World| {
        (0..nodes).all(|node| world.nodes[node].happened(|event| matches!(event, Event::DeviceFound(_))) >= nodes - 1)
    };
    assert!(world.until(Duration::from_secs(120), all));
    world
}

fn agreement(world: &World, node: usize) -> Option<Agreement> {
    world.nodes[node].events.iter().rev().find_map(|(_, event)| match event {
        Event::Negotiated(agreement) => Some(agreement.clone()),
        _ => None,
    })
}

/// What both daemons do once there is an agreement.
fn form(world: &mut World) -> bool {
    let agreements = [0, 1].map(|node| agreement(world, node));
    for (node, agreement) in agreements.iter().enumerate() {
        if let Some(agreement) = agreement.clone() {
            world.command(node, |device, env| device.form(agreement, env.now));
            world.command(node, |device, env| device.formation_progress(Progress::InterfaceReady, env));
        }
    }
    let both = agreements.iter().all(Option::is_some);
    if both {
        let started = |world: &World| {
            (0..2).all(|node| world.nodes[node].happened(|event| matches!(event, Event::StartProvisioning { .. })) > 0)
        };
        assert!(world.until(Duration::from_secs(10), started));
        for progress in [Progress::Provisioned, Progress::Connected] {
            for node in 0..2 {
                world.command(node, |device, env| device.formation_progress(progress, env));
            }
        }
    }
    both
}

#[test]
fn two_hundred_groups_are_formed_and_ended_under_loss_and_nothing_is_left() {
    let mut formed = 0;
    for seed in 0..200 {
        let mut world = acquainted(2, seed, Air { lost: 15, twice: 15, late: 20 });
        let (first, second) = (u8::try_from(seed % 16).unwrap(), u8::try_from(seed / 16 % 15).unwrap());
        let [one, two] = [0, 1].map(|node| world.address(node));
        world.command(0, |device, env| device.connect(two, connect(Method::Display, first), env)).unwrap();
        world.command(1, |device, env| device.connect(one, connect(Method::Keypad, second), env)).unwrap();
        let ended = |world: &World| {
            (0..2).all(|node| {
                world.nodes[node]
                    .happened(|event| matches!(event, Event::Negotiated(_) | Event::NegotiationFailed { .. }))
                    > 0
            })
        };
        assert!(world.until(Duration::from_secs(130), ended), "{seed}");
        if form(&mut world) {
            let [a, b] = [0, 1].map(|node| agreement(&world, node).unwrap());
            assert_ne!(matches!(a.role, Role::Owner(_)), matches!(b.role, Role::Owner(_)), "one owner");
            assert_eq!(a.frequency, b.frequency);
            if first != second {
                assert_eq!(matches!(a.role, Role::Owner(_)), first > second);
            }
            for node in 0..2 {
                assert_eq!(world.nodes[node].happened(|event| matches!(event, Event::GroupFormed(_))), 1);
            }
            formed += 1;
        } else {
            // One side knows of no group: the other one's ends by its time.
            world.run_for(Duration::from_secs(30));
            for node in 0..2 {
                let failed = world.nodes[node]
                    .happened(|event| matches!(event, Event::FormationFailed { why: FormationFailure::Timeout, .. }));
                assert_eq!(failed, usize::from(agreement(&world, node).is_some()));
            }
        }
        world.assert_idle();
    }
    assert!(formed >= 195, "{formed} of 200 groups were formed");
}

#[test]
fn a_client_goes_to_its_owner_when_that_is_ready() {
    let mut world = acquainted(2, 1, Air::default());
    let [one, two] = [0, 1].map(|node| world.address(node));
    world
        .command(1, |device, env| {
            device.connect(one, Connect { initiate: false, ..connect(Method::PushButton, 0) }, env)
        })
        .unwrap();
    world.command(0, |device, env| device.connect(two, connect(Method::PushButton, 9), env)).unwrap();
    assert!(
        world.until(Duration::from_secs(10), |world| agreement(world, 0).is_some() && agreement(world, 1).is_some())
    );
    let begun = world.now;
    form(&mut world);
    let starts: alloc::vec::Vec<_> = (0..2)
        .map(|node| {
            let mut events = world.nodes[node].events.iter();
            events.find(|(_, event)| matches!(event, Event::StartProvisioning { .. })).cloned().unwrap()
        })
        .collect();
    let (owner_at, client_at) = (starts[0].0, starts[1].0);
    assert_eq!(starts[0].1, Event::StartProvisioning { peer: two, method: Method::PushButton, registrar: true });
    assert_eq!(starts[1].1, Event::StartProvisioning { peer: one, method: Method::PushButton, registrar: false });
    assert_eq!(owner_at, begun);
    // The owner asks for 100 units of 10 ms.
    assert_eq!(client_at, begun + Duration::from_secs(1));
}

#[test]
fn a_formation_that_fails_says_why_and_takes_no_more_time_than_it_has() {
    let mut world = acquainted(2, 2, Air::default());
    let [one, two] = [0, 1].map(|node| world.address(node));
    world
        .command(1, |device, env| {
            device.connect(one, Connect { initiate: false, ..connect(Method::PushButton, 0) }, env)
        })
        .unwrap();
    world.command(0, |device, env| device.connect(two, connect(Method::PushButton, 9), env)).unwrap();
    assert!(
        world.until(Duration::from_secs(10), |world| agreement(world, 0).is_some() && agreement(world, 1).is_some())
    );
    let agreed = agreement(&world, 0).unwrap();
    let begun = world.now;
    world.command(0, |device, env| device.form(agreed.clone(), env.now));
    let busy = world.command(0, |device, env| device.connect(two, connect(Method::PushButton, 9), env));
    assert_eq!(busy, Err(CommandError::Busy));
    world.run_for(Duration::from_secs(30));
    let (when, event) = world.nodes[0].events.last().cloned().unwrap();
    assert_eq!(event, Event::FormationFailed { peer: two, why: FormationFailure::Timeout });
    // The client asked for 20 units of 10 ms.
    assert_eq!(when, begun + Duration::from_millis(15_200));
    world.command(0, |device, env| device.form(agreed, env.now));
    world.command(0, |device, env| device.formation_progress(Progress::Failed(FormationFailure::Provisioning), env));
    assert_eq!(
        world.nodes[0].events.last().unwrap().1,
        Event::FormationFailed { peer: two, why: FormationFailure::Provisioning }
    );
    world.assert_idle();
}

#[test]
fn provision_discovery_says_on_each_side_what_its_user_has_to_do() {
    for (asks, ours) in
        [(Method::Display, Method::Keypad), (Method::Keypad, Method::Display), (Method::PushButton, Method::PushButton)]
    {
        for seed in 0..20 {
            let mut world = acquainted(2, seed, Air { lost: 20, twice: 20, late: 20 });
            let [one, two] = [0, 1].map(|node| world.address(node));
            world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
            world.command(0, |device, env| device.provision(two, asks, false, env)).unwrap();
            let answered = |world: &World| {
                world.nodes[0].happened(|event| {
                    matches!(event, Event::ProvisionDiscovered { .. } | Event::ProvisionFailed { .. })
                }) > 0
            };
            assert!(world.until(Duration::from_secs(30), answered));
            assert_eq!(
                world.nodes[0]
                    .happened(|event| *event == Event::ProvisionDiscovered { peer: two, method: ours, join: None }),
                1
            );
            assert!(
                world.nodes[1]
                    .happened(|event| *event == Event::ProvisionRequested { peer: one, method: asks, group: None })
                    >= 1
            );
            world.assert_idle();
        }
    }
}

#[test]
fn a_method_that_is_not_there_is_refused_and_a_peer_that_is_not_there_given_up() {
    let mut world = acquainted(2, 3, Air::default());
    let two = world.address(1);
    world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
    world.command(0, |device, env| device.provision(two, Method::Nfc, false, env)).unwrap();
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.nodes[0].events.last().unwrap().1, Event::ProvisionFailed { peer: two, why: Trouble::Refused });
    world.command(1, Device::stop_find);
    world.command(0, |device, env| device.provision(two, Method::Display, false, env)).unwrap();
    world.run_for(Duration::from_secs(30));
    assert_eq!(world.nodes[0].events.last().unwrap().1, Event::ProvisionFailed { peer: two, why: Trouble::Silent });
    let nobody = world.command(0, |device, env| device.provision(config(9).address, Method::Display, false, env));
    assert_eq!(nobody, Err(CommandError::UnknownPeer));
    world.assert_idle();
}

#[test]
fn provision_discovery_first_and_then_the_negotiation() {
    let mut world = acquainted(2, 4, Air::default());
    let [one, two] = [0, 1].map(|node| world.address(node));
    world.command(1, |device, env| device.listen(Duration::from_secs(100), env));
    world
        .command(0, |device, env| {
            device.connect(two, Connect { provision_first: true, ..connect(Method::Keypad, 4) }, env)
        })
        .unwrap();
    let asked = Event::ProvisionRequested { peer: one, method: Method::Display, group: None };
    assert!(world.until(Duration::from_secs(20), |world| world.nodes[1].happened(|event| *event == asked) > 0));
    world.run_for(Duration::from_secs(5));
    world.command(1, |device, env| device.connect(one, connect(Method::Display, 4), env)).unwrap();
    assert!(
        world.until(Duration::from_secs(20), |world| agreement(world, 0).is_some() && agreement(world, 1).is_some())
    );
}

#[test]
fn a_rejected_device_is_refused_everything() {
    let mut world = acquainted(2, 5, Air::default());
    let [one, two] = [0, 1].map(|node| world.address(node));
    world.command(1, |device, env| device.reject(one, env));
    world.command(1, |device, env| device.listen(Duration::from_secs(300), env));
    let before = world.nodes[1].events.len();
    world.command(0, |device, env| device.connect(two, connect(Method::PushButton, 4), env)).unwrap();
    world.run_for(Duration::from_secs(5));
    let why = crate::negotiation::Failure::Refused(Status::REJECTED_BY_USER);
    assert_eq!(world.nodes[0].events.last().unwrap().1, Event::NegotiationFailed { peer: two, why });
    world.command(0, |device, env| device.provision(two, Method::Display, false, env)).unwrap();
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.nodes[0].events.last().unwrap().1, Event::ProvisionFailed { peer: two, why: Trouble::Refused });
    assert_eq!(world.nodes[1].events.len(), before, "its user hears nothing of it");
}

fn group_id(world: &World, owner: usize) -> GroupId {
    GroupId { owner: world.address(owner), ssid: wire::Ssid::new(b"DIRECT-pg").unwrap() }
}

#[test]
fn a_persistent_group_is_taken_up_again_by_either_side_on_a_channel_of_both() {
    for inviter in 0..2 {
        for owner in 0..2 {
            for seed in 0..10 {
                let mut world = acquainted(2, seed, Air { lost: 20, twice: 20, late: 20 });
                let group = group_id(&world, owner);
                let other = 1 - inviter;
                for node in 0..2 {
                    let peers = alloc::vec![world.address(1 - node)];
                    let known = PersistentGroup { group, peers, unasked: true };
                    world.nodes[node].device.persistent_groups().push(known);
                }
                world.command(other, |device, env| device.listen(Duration::from_secs(60), env));
                world.command(inviter, Device::stop_find);
                let peer = world.address(other);
                world.command(inviter, |device, env| device.reinvoke(peer, group, None, env)).unwrap();
                let accepted = |world: &World| {
                    world.nodes[inviter].events.iter().find_map(|(_, event)| match event {
                        Event::InvitationAccepted(reunion) => Some(reunion.clone()),
                        _ => None,
                    })
                };
                assert!(
                    world.until(Duration::from_secs(30), |world| accepted(world).is_some()),
                    "{inviter} {owner} {seed}"
                );
                let reunion = accepted(&world).unwrap();
                assert_eq!((reunion.own, reunion.persistent, reunion.group), (owner == inviter, true, group));
                let back = world.nodes[other].events.iter().find_map(|(_, event)| match event {
                    Event::InvitedBack(reunion) => Some(reunion.clone()),
                    _ => None,
                });
                let back = back.unwrap();
                assert_eq!((back.own, back.group), (owner == other, group));
                let owners = if reunion.own { &reunion } else { &back };
                let channel = Channel::at(owners.frequency.unwrap()).unwrap();
                assert!(config(1).owner_channels.contains(channel));
                assert_eq!(owners.bssid, Some(world.nodes[owner].device.config().interface));
                if owner == other {
                    assert_eq!(reunion.frequency, back.frequency, "the client is told where");
                    assert_eq!(reunion.bssid, back.bssid);
                }
                world.assert_idle();
            }
        }
    }
}

#[test]
fn an_invitation_to_a_group_that_is_not_known_or_not_without_asking_is_not_taken() {
    for (known, unasked) in [(false, false), (true, false)] {
        let mut world = acquainted(2, 6, Air::default());
        let group = group_id(&world, 0);
        world.nodes[0].device.persistent_groups().push(PersistentGroup { group, peers: alloc::vec![], unasked: false });
        if known {
            world.nodes[1].device.persistent_groups().push(PersistentGroup { group, peers: alloc::vec![], unasked });
        }
        world.command(1, |device, env| device.listen(Duration::from_secs(60), env));
        let two = world.address(1);
        world.command(0, |device, env| device.reinvoke(two, group, None, env)).unwrap();
        world.run_for(Duration::from_secs(10));
        let why = if known { Trouble::NotReady } else { Trouble::Status(Status::UNKNOWN_GROUP) };
        assert_eq!(world.nodes[0].events.last().unwrap().1, Event::InvitationFailed { peer: two, why });
        assert_eq!(
            world.nodes[1].happened(|event| matches!(event, Event::Invited { persistent: true, .. })),
            usize::from(known)
        );
        assert_eq!(world.nodes[1].happened(|event| matches!(event, Event::InvitedBack(_))), 0);
        let unknown = world.command(1, |device, env| device.reinvoke(two, GroupId { owner: two, ..group }, None, env));
        assert!(unknown.is_err());
    }
}

#[test]
fn a_third_device_is_invited_into_a_group_and_joins_it() {
    let mut world = acquainted(3, 7, Air::default());
    let id = group_id(&world, 0);
    let owner = config(1);
    let group = Group::new(id, owner.interface, 2437, true);
    world.nodes[0].device.groups().push(group.clone());
    world.in_group(0, Some(2437));
    world.beacons.push((2437, owner.interface, group_elements(&group, &owner)));
    world.command(2, |device, env| device.listen(Duration::from_secs(30), env));
    let three = world.address(2);
    world.command(0, |device, env| device.invite(three, id, env)).unwrap();
    let invited = |world: &World| world.nodes[2].happened(|event| matches!(event, Event::Invited { .. })) > 0;
    assert!(world.until(Duration::from_secs(20), invited));
    let (_, event) = world.nodes[2].events.last().cloned().unwrap();
    let (peer, bssid) = (owner.address, Some(owner.interface));
    assert_eq!(event, Event::Invited { peer, group: id, persistent: false, bssid, frequency: Some(2437) });
    // Its user agrees: it finds the group, and asks its owner to show a PIN.
    find(&mut world, 2);
    world.run_for(Duration::from_secs(5));
    world.command(2, |device, env| device.provision(owner.address, Method::Display, true, env)).unwrap();
    world.run_for(Duration::from_secs(5));
    let asked = Event::ProvisionRequested { peer: three, method: Method::Display, group: Some(id) };
    assert_eq!(world.nodes[0].happened(|event| *event == asked), 1);
    let discovered = Event::ProvisionDiscovered { peer: owner.address, method: Method::Keypad, join: Some(id) };
    assert_eq!(world.nodes[2].happened(|event| *event == discovered), 1);
    // Who asks for a group that is not ours is refused.
    let other = world.command(1, |device, env| device.invite(three, id, env));
    assert_eq!(other, Err(CommandError::UnknownGroup));
}
