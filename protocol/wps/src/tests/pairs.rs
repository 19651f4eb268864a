//! Registrar and Enrollee over EAP-WSC, in both places.

use alloc::boxed::Box;

use crypto::testing::TestRng;
use eap::Blame;

use super::kit::{AP, access_point, credentials, grant, network, pin, station};
use super::link::{Bad, Link, always};
use crate::eap::{Query, Reply};
use crate::password::DevicePassword;
use crate::registration::{Event, Offer, Question, Registrar, RegistrarProfile, Setup, Turn};

#[test]
fn a_station_is_given_the_network_and_the_conversation_ends_with_a_failure() {
    let mut link = Link::enrolling(station(pin("12345670")), always(grant(pin("12345670"), credentials())), 1400);
    link.run();
    let Some(Event::Given(given)) = link.given() else { panic!("{:?}", link.peer_said) };
    assert_eq!(given.credentials, [network("home")]);
    assert!(matches!(link.server_said.last(), Some(Event::Registered(_))));
    assert_eq!(link.peer_ended.as_ref().map(eap::EapError::blame), Some(Blame::Refused));
    assert!(link.server_ended.is_some());
}

#[test]
fn packets_of_a_hundred_octets_carry_it_all_the_same() {
    for mtu in [40, 100, 300] {
        let many = (0..10).map(|number| network(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][number]));
        let offer = Offer::Credentials(many.collect());
        let mut link = Link::enrolling(station(pin("12345670")), always(grant(pin("12345670"), offer)), mtu);
        link.run();
        assert!(link.given().is_some(), "{mtu}");
        assert!(link.sent.iter().all(|(_, packet)| packet.len() <= mtu));
    }
}

#[test]
fn a_registrar_at_the_station_configures_the_access_point() {
    let mut settings = network("after");
    settings.addr = AP;
    let offer = Offer::Configure(Box::new(settings.clone()));
    let profile = access_point(Some(pin("12345670")), Setup::Open);
    let mut link = Link::configuring(profile, always(grant(pin("12345670"), offer)), 1400);
    link.run();
    assert!(link.server_said.contains(&Event::Settings(Box::new(settings))));
    assert_eq!(link.server_said.last(), Some(&Event::Enrolled));
    assert!(matches!(link.peer_said.last(), Some(Event::Registered(_))));
}

#[test]
fn a_registrar_at_the_station_learns_the_settings() {
    let profile = access_point(Some(pin("12345670")), Setup::LearnOnly);
    let mut link = Link::configuring(profile, always(grant(pin("12345670"), Offer::Learn)), 1400);
    link.run();
    let mut before = network("before");
    before.addr = AP;
    assert!(link.peer_said.contains(&Event::Learned(Box::new(before))));
}

#[test]
fn a_wrong_pin_is_told_on_both_sides_with_who_is_to_blame() {
    let mut link = Link::enrolling(station(pin("12345670")), always(grant(pin("99956042"), credentials())), 1400);
    link.run();
    assert!(link.given().is_none());
    assert_eq!(link.peer_ended.as_ref().map(eap::EapError::blame), Some(Blame::Credentials));
    assert_eq!(link.server_ended.as_ref().map(eap::EapError::blame), Some(Blame::Refused));
}

#[test]
fn an_external_registrar_speaks_through_the_access_point() {
    let mut rng = TestRng::new(77);
    let mut external = Some(Registrar::new(RegistrarProfile { ..super::link::registrar_profile(AP) }));
    let decision = grant(pin("12345670"), credentials());
    let relay = Box::new(move |query: &Query| {
        let message = match query {
            Query::Registrar(Question::Enrollee(_), message) | Query::Relay(message) => message,
            Query::Registrar(Question::StillAlone(_), _) => panic!("the access point has no say"),
        };
        // As over UPnP: without an operation.
        let mut turn = external.take().unwrap().step(None, message, &mut rng);
        loop {
            match turn {
                Turn::Went { machine, question: Some(_), .. } => turn = machine.decide(decision.clone(), &mut rng),
                Turn::Went { machine, send, .. } => {
                    let is_over = machine.is_over();
                    external = Some(machine);
                    return match send {
                        Some(send) if !is_over => Reply::Relayed(send.bytes),
                        Some(_) | None => Reply::Silence,
                    };
                }
                Turn::Ignored(_, why) => panic!("{why}"),
            }
        }
    });
    let mut link = Link::enrolling(station(pin("12345670")), relay, 1400);
    link.run();
    assert!(link.given().is_some(), "{:?}", link.peer_said);
    assert!(link.server_said.is_empty(), "the access point has read none of it");
}

/// Whoever is given something was registered; nearly all are.
#[test]
fn bad_links_lose_time_and_nothing_else() {
    let button = DevicePassword::push_button;
    for role in 0..2 {
        let mut done = 0;
        for seed in 0..60 {
            let mtu = [1400, 200][usize::try_from(seed % 2).unwrap()];
            let mut link = if role == 0 {
                Link::enrolling(station(button()), always(grant(button(), credentials())), mtu)
            } else {
                let offer = Offer::Configure(Box::new(network("after")));
                let profile = access_point(Some(pin("12345670")), Setup::Open);
                Link::configuring(profile, always(grant(pin("12345670"), offer)), mtu)
            };
            link.rng = TestRng::new(seed);
            link.bad = Bad { loss: seed % 20, duplication: 20, delay: 2500, replay: 20 };
            link.run();
            let (enrollee, registrar) =
                if role == 0 { (&link.peer_said, &link.server_said) } else { (&link.server_said, &link.peer_said) };
            let took = enrollee.iter().any(|event| matches!(event, Event::Given(_) | Event::Settings(_)));
            let registered = registrar.iter().any(|event| matches!(event, Event::Registered(_)));
            assert!(took || !registered, "seed {seed}: registered, and nothing was taken");
            for said in [enrollee, registrar] {
                let broke = said
                    .iter()
                    .any(|event| matches!(event, Event::Failed(_, why) if !matches!(why, crate::WpsError::Timeout)));
                assert!(!broke, "seed {seed}: {said:?}");
            }
            done += u32::from(took && registered);
        }
        assert!(done >= 45, "role {role}: only {done} of 60 came to their end");
    }
}
