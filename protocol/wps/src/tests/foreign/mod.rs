//! What Debian's hostapd 2.10 and wpa_supplicant 2.10 said to us, played again: our side answers as it did, octet for
//! octet, and comes to the same end.
//!
//! hostapd was reached over RADIUS, wpa_supplicant over EAPOL, both on a loopback interface. `<` is theirs, `>` ours; a
//! line with `=` has the name of a conversation, the seed of our random octets, and the most octets of a packet.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::{
    Answer, Ask, Env, Note, Other, Peer, PeerConfig, PeerOutput, Server, ServerConfig, ServerMethod, ServerOutput, User,
};
use wire::{Instant, MacAddr, Ssid};

use super::kit::pin;
use crate::attribute::Cursor;
use crate::code::{AuthTypes, ConfigError, ConfigMethods, EncrTypes, MessageType, RfBands, SetupState};
use crate::credential::{Credential, Policy};
use crate::device::DeviceType;
use crate::eap::{Frame, PeerProfile, Query, Reply, Role, WscMethods, WscServer};
use crate::message::Own;
use crate::password::DevicePassword;
use crate::quirks::{Quirk, Quirks};
use crate::registration::{Decision, EnrolleeProfile, Event, Grant, Offer, Question, RegistrarProfile, Setup, Side};
use crate::{Attributes, Half, WpsError};

const HOSTAPD: &str = include_str!("hostapd.txt");
const WPA_SUPPLICANT: &str = include_str!("wpa_supplicant.txt");

struct Conversation {
    name: &'static str,
    seed: u64,
    mtu: usize,
    /// `true`: theirs.
    packets: Vec<(bool, Vec<u8>)>,
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn conversations(text: &'static str) -> Vec<Conversation> {
    let mut all: Vec<Conversation> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        match (words.next().unwrap(), words.next().unwrap()) {
            ("=", name) => {
                let seed = words.next().unwrap().parse().unwrap();
                let mtu = words.next().unwrap().parse().unwrap();
                all.push(Conversation { name, seed, mtu, packets: Vec::new() });
            }
            (way, digits) => all.last_mut().unwrap().packets.push((way == "<", hex(digits))),
        }
    }
    all
}

fn own(addr: MacAddr, kind: DeviceType, state: SetupState) -> Own {
    let mut own = super::kit::own(addr);
    own.device.serial_number = b"1".to_vec();
    own.device.primary_type = kind;
    Own { methods: ConfigMethods(0x2388), rf_bands: RfBands(1), state, ..own }
}

fn credential(name: &[u8], key: &[u8], addr: MacAddr) -> Credential {
    Credential {
        ssid: Ssid::new(name).unwrap(),
        auth: AuthTypes::WPA2_PSK,
        encr: EncrTypes::AES,
        key: Secret::from(key),
        addr,
        is_shareable: None,
    }
}

fn grant(password: DevicePassword, offer: Offer) -> Decision {
    Decision::Register(Box::new(Grant { password, offer, enrollee_key: None, keys: None }))
}

fn event(note: &Note) -> Option<Event> {
    if let Note::Other(other) = note { other.get::<Event>().cloned() } else { None }
}

/// Our station, and their access point.
fn play_station(conversation: &Conversation) -> Vec<Event> {
    let own = own(MacAddr([2, 0, 0, 0, 1, 0]), DeviceType::known(1, 1), SetupState::NOT_CONFIGURED);
    let password = match conversation.name {
        "pbc" => DevicePassword::push_button(),
        "wrong" => pin("99956042"),
        _ => pin("12345670"),
    };
    let offer = if conversation.name == "set" {
        Offer::Configure(Box::new(credential(b"changed", b"another passphrase", MacAddr::ZERO)))
    } else {
        Offer::Learn
    };
    let profile = if matches!(conversation.name, "learn" | "set") {
        PeerProfile::Registrar(Box::new(RegistrarProfile { own, quirks: Quirks::STRICT }))
    } else {
        PeerProfile::Enrollee(Box::new(EnrolleeProfile {
            own,
            side: Side::Station,
            password: Some(password.clone()),
            alternative: None,
            registrar_key: None,
            keys: None,
            policy: Policy { quirks: Quirks::STRICT, ..Policy::default() },
        }))
    };
    let config = PeerConfig { key_required: false, mtu: conversation.mtu, ..PeerConfig::default() };
    let mut peer = Peer::new(config, Box::new(WscMethods::new(profile)));
    let mut rng = TestRng::new(conversation.seed);
    let mut events = Vec::new();
    let mut sent = Vec::new();
    for (_, packet) in conversation.packets.iter().filter(|(is_theirs, _)| *is_theirs) {
        peer.handle_packet(packet, &mut Env { now: Instant::ZERO, wall: None, rng: &mut rng }).unwrap();
        while let Some(output) = peer.poll_output() {
            match output {
                PeerOutput::Send(packet) => sent.push(packet),
                PeerOutput::Note(note) => events.extend(event(&note)),
                PeerOutput::Ask(_) => {
                    let reply = Reply::Decision(grant(password.clone(), offer.clone()));
                    let mut env = Env { now: Instant::ZERO, wall: None, rng: &mut rng };
                    peer.answer(Answer::Other(Other::new(reply)), &mut env);
                }
                PeerOutput::Notification(_)
                | PeerOutput::Started(_)
                | PeerOutput::Refused(_)
                | PeerOutput::Success(..)
                | PeerOutput::Failure(_) => {}
            }
        }
    }
    assert_eq!(sent, ours(conversation), "{}", conversation.name);
    assert!(peer.is_over());
    events
}

fn ours(conversation: &Conversation) -> Vec<Vec<u8>> {
    let ours = conversation.packets.iter().filter(|(is_theirs, _)| !is_theirs);
    ours.map(|(_, packet)| packet.clone()).collect()
}

/// Our access point, and their station.
fn play_access_point(conversation: &Conversation) -> Vec<Event> {
    let addr = MacAddr([2, 0, 0, 0, 0, 0xaa]);
    let own = own(addr, DeviceType::known(6, 1), SetupState::CONFIGURED);
    let quirks = Quirks::STRICT.with(Quirk::ForeignAddress).with(Quirk::NoNonceAfterM2d);
    let registrar = RegistrarProfile { own: own.clone(), quirks };
    let enrollee = EnrolleeProfile {
        own,
        side: Side::AccessPoint(Box::new(credential(b"before", b"twelve words", addr)), Setup::Open),
        password: Some(pin("12345670")),
        alternative: None,
        registrar_key: None,
        keys: None,
        policy: Policy { quirks, ..Policy::default() },
    };
    let password = match conversation.name {
        "pbc" => DevicePassword::push_button(),
        "wrong" => pin("99956042"),
        _ => pin("12345670"),
    };
    let config = ServerConfig { key_required: false, mtu: conversation.mtu, ..ServerConfig::default() };
    let mut server = Server::new(config, 1);
    server.start();
    let mut rng = TestRng::new(conversation.seed);
    let mut events = Vec::new();
    let mut sent = Vec::new();
    let theirs = conversation.packets.iter().filter(|(is_theirs, _)| *is_theirs).map(|(_, packet)| Some(packet));
    for packet in [None].into_iter().chain(theirs) {
        if let Some(packet) = packet {
            server.handle_packet(packet, &mut Env { now: Instant::ZERO, wall: None, rng: &mut rng }).unwrap();
        }
        while let Some(output) = server.poll_output() {
            let answer = match output {
                ServerOutput::Send(packet) | ServerOutput::Failure { packet, .. } => {
                    sent.push(packet);
                    continue;
                }
                ServerOutput::Note(note) => {
                    events.extend(event(&note));
                    continue;
                }
                ServerOutput::Ask(Ask::User { identity, .. }) => {
                    let method: Box<dyn ServerMethod> = match Role::of_identity(&identity).unwrap() {
                        Role::Registrar => Box::new(WscServer::registrar(registrar.clone())),
                        Role::Enrollee => Box::new(WscServer::enrollee(enrollee.clone())),
                    };
                    Answer::User(Box::new(User { methods: vec![method], ..User::default() }))
                }
                ServerOutput::Ask(Ask::Other(other)) => {
                    let reply = match other.get::<Query>().unwrap() {
                        Query::Registrar(Question::Enrollee(_), _) if conversation.name == "m2d" => {
                            Reply::Decision(Decision::Refuse(ConfigError::NONE))
                        }
                        Query::Registrar(Question::Enrollee(m1), _) => {
                            let given =
                                [&b"home"[..], b"garden"].map(|name| credential(name, b"twelve words", m1.addr));
                            Reply::Decision(grant(password.clone(), Offer::Credentials(given.into())))
                        }
                        Query::Registrar(Question::StillAlone(_), _) | Query::Relay(_) => Reply::IsAlone(true),
                    };
                    Answer::Other(Other::new(reply))
                }
                ServerOutput::Ask(_) | ServerOutput::Refused(_) | ServerOutput::Success { .. } => panic!("{output:?}"),
            };
            server.answer(answer, &mut Env { now: Instant::ZERO, wall: None, rng: &mut rng });
        }
    }
    assert_eq!(sent, ours(conversation), "{}", conversation.name);
    assert!(server.is_over());
    events
}

fn failed(events: &[Event]) -> Option<&WpsError> {
    events.iter().find_map(|event| if let Event::Failed(_, why) = event { Some(why) } else { None })
}

#[test]
fn our_station_and_hostapd() {
    let mut played = 0;
    for conversation in conversations(HOSTAPD) {
        let events = play_station(&conversation);
        played += 1;
        match conversation.name {
            "pin" | "pbc" | "frag" => {
                let Some(Event::Given(given)) = events.iter().find(|event| matches!(event, Event::Given(_))) else {
                    panic!("{events:?}")
                };
                assert_eq!(given.credentials[0].key.as_bytes(), b"foreign passphrase");
                assert_eq!((given.networks.len(), failed(&events)), (1, None));
            }
            "wrong" => assert_eq!(failed(&events), Some(&WpsError::Password(Half::First))),
            _ => {
                let learned = credential(b"foreign", b"foreign passphrase", MacAddr::ZERO);
                assert!(events.contains(&Event::Learned(Box::new(learned))));
                assert!(matches!(events.last(), Some(Event::Registered(_))));
            }
        }
    }
    assert_eq!(played, 6);
}

#[test]
fn our_access_point_and_wpa_supplicant() {
    let mut played = 0;
    for conversation in conversations(WPA_SUPPLICANT) {
        let events = play_access_point(&conversation);
        played += 1;
        match conversation.name {
            "pin" | "pbc" | "frag" => assert!(matches!(events.last(), Some(Event::Registered(_)))),
            "wrong" => assert_eq!(failed(&events), Some(&WpsError::Refused(ConfigError::PASSWORD))),
            "m2d" => assert_eq!(events, []),
            "learn" => {
                assert!(events.contains(&Event::PasswordProved));
                assert_eq!(failed(&events), Some(&WpsError::Refused(ConfigError::NONE)));
            }
            "set" => {
                assert!(events.iter().any(|event| matches!(event, Event::Settings(settings)
                    if settings.ssid.as_bytes() == b"after" && settings.key.as_bytes() == b"passphrase1")));
                assert_eq!(events.last(), Some(&Event::Enrolled));
            }
            _ => assert_eq!(failed(&events), Some(&WpsError::Password(Half::First))),
        }
    }
    assert_eq!(played, 8);
}

/// Their messages are in the order of attributes that the specification has, and so are ours: octets aside, the same.
#[test]
fn our_messages_have_the_attributes_of_theirs_in_their_order() {
    let orders = |conversations: &[Conversation], theirs: bool| {
        let mut orders = Vec::new();
        for conversation in conversations {
            for (_, packet) in conversation.packets.iter().filter(|(is_theirs, _)| *is_theirs == theirs) {
                let Some(frame) = packet.get(12..).and_then(|data| Frame::parse(data).ok()) else { continue };
                let Ok(read) = Attributes::parse(frame.data, Quirks::STRICT) else { continue };
                let Some(kind) = read.message_type else { continue };
                let mut cursor = Cursor::new(frame.data, Quirks::STRICT);
                let ids = core::iter::from_fn(|| cursor.next_attribute().unwrap().map(|attribute| attribute.id));
                orders.push((kind, ids.collect::<Vec<u16>>()));
            }
        }
        orders.sort();
        orders.dedup();
        orders
    };
    let (hostapd, station) = (conversations(HOSTAPD), conversations(WPA_SUPPLICANT));
    let theirs = [orders(&hostapd, true), orders(&station, true)].concat();
    let ours = [orders(&hostapd, false), orders(&station, false)].concat();
    // Whether hostapd refuses with the same M2D was not heard.
    for (kind, order) in ours.iter().filter(|(kind, _)| *kind != MessageType::M2D) {
        assert!(theirs.iter().any(|(other, theirs)| other == kind && theirs == order), "{kind}: {order:x?}");
    }
    let seen = |kind| ours.iter().any(|(known, _)| *known == kind);
    assert!((4..=15).map(MessageType).all(seen), "every message was compared");
}
