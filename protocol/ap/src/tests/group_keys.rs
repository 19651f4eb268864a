//! What stations are told of the group keys' packet numbers.

use ipc_proto::{Event, Handle, Request};
use rsn::Pmf;

use super::world::{PSK, STA, World};
use crate::{BssOutput, Tag};

#[test]
fn a_late_joiner_learns_where_the_packet_numbers_are() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Required);
    assert!(world.connected(STA));
    assert_eq!(world.groups, [(1, [1, 9, 0, 0, 0, 0]), (4, [4, 9, 0, 0, 0, 0])]);
    // Keys that nobody has used yet begin at zero.
    world.groups.clear();
    assert!(world.bss.rekey_group(world.now, &mut world.rng));
    world.pump();
    assert_eq!(world.groups, [(2, [0; 6]), (5, [0; 6])]);
}

#[test]
fn a_driver_that_does_not_know_holds_up_nobody() {
    let mut world = World::new(PSK);
    world.sequences = false;
    world.join_psk(Pmf::Required);
    assert!(world.connected(STA));
    assert_eq!(world.groups, [(1, [0; 6]), (4, [0; 6])]);
}

#[test]
fn an_answer_about_former_keys_says_nothing_of_new_ones() {
    let mut world = World::new(PSK);
    world.sequences = false;
    world.join_psk(Pmf::Required);
    let asked = Tag::PacketNumber { station: STA, kind: rsn::GroupKeyKind::Gtk, index: 2, generation: 0 };
    world.groups.clear();
    assert!(world.bss.rekey_group(world.now, &mut world.rng));
    world.bss.handle_reply(asked, Ok(ipc_proto::Reply::KeySequence([0xff; 6])), world.now, &mut world.rng);
    world.pump();
    world.join_psk(Pmf::Required);
    assert!(world.connected(STA));
    assert!(world.groups.iter().all(|(_, number)| *number == [0; 6]));
}

/// A stranger with a station's address can have the driver asked, but not without end, nor for anything else.
#[test]
fn a_flood_of_handshake_messages_asks_the_driver_once() {
    let mut world = World::new(PSK);
    world.join_psk(Pmf::Disabled);
    world.supplicant = None;
    assert!(world.bss.rekey_pairwise(STA, world.now, &mut world.rng));
    world.pump();
    let mut asked = 0;
    for _ in 0..1000 {
        let data = Vec::from([2, 3, 0, 0]);
        world.tell(&Event::Eapol { handle: Handle(7), source: STA, encrypted: Some(false), data });
        while let Some(output) = world.bss.poll_output() {
            asked += usize::from(matches!(output, BssOutput::Request { request: Request::KeySequence { .. }, .. }));
        }
    }
    assert_eq!(asked, 2, "for each of its group keys");
}
