//! Station, access point, RADIUS client, RADIUS server and EAP server, all in memory.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use crypto::testing::TestRng;
use eap::{Answer, MethodType, ServerConfig, ServerOutput, User};
use radius::client::{self, Client, Timing};
use radius::nas::{Nas, Port, Suites};
use radius::server::{self, Begin, ClientConfig, Input, Server, Service, Step};
use radius::{AttributeWriter, ByPrefix, Demand, MppeKeys, Overrides, Prefix, SharedSecret, Type};
use rsn::Protection;
use wire::{Instant, MacAddr};

use super::kit::{credentials, peer_config, secs, served};
use crate::backend::PassThrough;
use crate::{
    Authenticator, AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput, MasterKey, PortKind, PortStatus,
    SessionGrant, Supplicant, SupplicantConfig, SupplicantEvent, SupplicantOutput, TerminationAction,
};

/// A server that has our EAP inside, and gives each user the same.
#[derive(Debug)]
struct Users {
    accept: AttributeWriter,
    /// Whether it sends keys.
    keys: bool,
}

impl server::Authenticator for Users {
    type Conversation = eap::Server;
    type Ask = ();
    type Answer = ();

    fn begin(&mut self, begin: &Begin<'_>) -> eap::Server {
        assert_eq!(begin.user, b"alice");
        eap::Server::new(ServerConfig::default(), 0)
    }

    fn step(&mut self, server: &mut eap::Server, input: Input<'_, ()>, env: &mut server::Env<'_>) -> Step<()> {
        let mut env = eap::Env { now: env.now, wall: env.wall, rng: &mut *env.rng };
        if let Input::Packet(packet) = input
            && server.handle_packet(packet, &mut env).is_err()
        {
            return Step::Ignore;
        }
        while let Some(output) = server.poll_output() {
            match output {
                ServerOutput::Send(packet) => return Step::Challenge(packet),
                ServerOutput::Ask(_) => {
                    let user = User { methods: vec![served(MethodType::MSCHAPV2)], ..User::default() };
                    server.answer(Answer::User(Box::new(user)), &mut env);
                }
                ServerOutput::Success { packet, identity, keys, .. } => {
                    let keys = keys.filter(|_| self.keys).map(|keys| MppeKeys::of_msk(keys.msk.as_bytes()));
                    return Step::Accept(Box::new(server::Accept {
                        eap: Some(packet),
                        user: Some(identity),
                        keys,
                        attributes: self.accept.clone(),
                        ..server::Accept::default()
                    }));
                }
                ServerOutput::Failure { packet, .. } => return Step::Reject(packet),
                ServerOutput::Note(_) | ServerOutput::Refused(_) => {}
            }
        }
        Step::Ignore
    }

    fn password(&mut self, _: &[u8], _: &crypto::Secret) -> Option<AttributeWriter> {
        None
    }
}

struct House {
    supplicant: Supplicant,
    authenticator: Authenticator,
    pass: PassThrough,
    client: Client,
    server: Option<Server<Users>>,
    waiting: Vec<(client::Token, u32)>,
    requests: Vec<Vec<u8>>,
    now: Instant,
    rng: TestRng,
    keys: (Option<MasterKey>, Option<MasterKey>),
    told: Vec<AuthenticatorOutput>,
}

fn address() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 1812)
}

fn secret() -> SharedSecret {
    SharedSecret::new(*b"shared").unwrap()
}

fn house(text: &str, accept: AttributeWriter, keys: bool) -> House {
    let port = Port {
        number: Some(1),
        kind: radius::nas::PORT_WIRELESS,
        station: MacAddr([2, 0, 0, 0, 0, 1]),
        access_point: MacAddr([2, 0, 0, 0, 0, 9]),
        ssid: b"net".to_vec(),
        connect_info: "CONNECT 54Mbps 802.11a".into(),
        mtu: Some(1400),
        suites: Suites::default(),
        mobility_domain: None,
    };
    let nas = Nas { identifier: Some(b"ap".to_vec()), ..Nas::default() };
    let clients = ClientConfig { secret: secret(), demand: Demand::Required };
    let clients = ByPrefix::new([(Prefix::host(address().ip()), clients)]);
    let config = client::Config {
        servers: vec![client::ServerConfig::new(secret())],
        timing: Timing::authentication(),
        retry_primary: None,
        max_pending: 16,
        overrides: Overrides::default(),
    };
    let kind = PortKind::Wireless;
    House {
        supplicant: Supplicant::new(
            SupplicantConfig::new(kind),
            peer_config(kind),
            credentials(MethodType::MSCHAPV2, text),
        ),
        authenticator: Authenticator::new(AuthenticatorConfig::new(kind), 1),
        pass: PassThrough::new(nas, port, Some("session".into()), false),
        client: Client::new(config).unwrap(),
        server: Some(Server::new(server::Config::new(clients), Users { accept, keys })),
        waiting: Vec::new(),
        requests: Vec::new(),
        now: Instant::ZERO,
        rng: TestRng::new(4),
        keys: (None, None),
        told: Vec::new(),
    }
}

impl House {
    fn enable(&mut self) {
        let mut env = eap::Env { now: self.now, wall: None, rng: &mut self.rng };
        self.supplicant.handle_event(SupplicantEvent::PortEnabled { cached: false }, &mut env).unwrap();
        self.authenticator.handle_event(AuthenticatorEvent::PortEnabled { cached: None }, self.now).unwrap();
        self.settle();
    }

    fn pass_on(&mut self, output: &AuthenticatorOutput) {
        if let AuthenticatorOutput::ToBackend { conversation, identity, packet } = output {
            let request = self.pass.request(*conversation, identity, packet);
            self.requests.push(request.attributes().attributes().first(Type::STATE).unwrap_or_default().to_vec());
            let token = self.client.send(request, self.now, &mut self.rng);
            self.waiting.push((token, *conversation));
        }
    }

    fn answered(&mut self, token: client::Token, make: impl FnOnce(&mut PassThrough) -> crate::BackendAnswer) {
        let place = self.waiting.iter().position(|(waits, _)| *waits == token).unwrap();
        let (_, conversation) = self.waiting.remove(place);
        let answer = make(&mut self.pass);
        let event = AuthenticatorEvent::Backend { conversation, answer };
        // Of a conversation that is over: it is passed over.
        let _ = self.authenticator.handle_event(event, self.now);
    }

    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(output) = self.supplicant.poll_output() {
                moved = true;
                match output {
                    SupplicantOutput::Send { frame, .. } => {
                        let event = AuthenticatorEvent::Frame { bytes: &frame, protection: Protection::Unknown };
                        let _ = self.authenticator.handle_event(event, self.now);
                    }
                    SupplicantOutput::Key(key) => self.keys.0 = Some(key),
                    _ => {}
                }
            }
            while let Some(output) = self.authenticator.poll_output() {
                moved = true;
                self.pass_on(&output);
                match &output {
                    AuthenticatorOutput::Send { frame, .. } => {
                        let event = SupplicantEvent::Frame { bytes: frame, protection: Protection::Unknown };
                        let mut env = eap::Env { now: self.now, wall: None, rng: &mut self.rng };
                        let _ = self.supplicant.handle_event(event, &mut env);
                    }
                    AuthenticatorOutput::Key(key) => self.keys.1 = Some(key.clone()),
                    _ => {}
                }
                self.told.push(output);
            }
            while let Some(output) = self.client.poll_output() {
                moved = true;
                match output {
                    client::Output::Transmit { bytes, .. } => {
                        let Some(server) = &mut self.server else { continue };
                        let mut env = server::Env { now: self.now, wall: None, rng: &mut self.rng };
                        server.handle_datagram(Service::Authentication, address(), &bytes, &mut env);
                        while let Some(output) = server.poll_output() {
                            if let server::Output::Reply { bytes, .. } = output {
                                self.client.handle_datagram(0, 0, &bytes, self.now);
                            }
                        }
                    }
                    client::Output::Done(token, reply) => self.answered(token, |pass| pass.reply(&reply)),
                    client::Output::Failed(token, why) => self.answered(token, |pass| pass.failed(why)),
                    other => panic!("{other:?}"),
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn installed(&mut self) {
        let mut env = eap::Env { now: self.now, wall: None, rng: &mut self.rng };
        self.supplicant.handle_event(SupplicantEvent::KeysInstalled, &mut env).unwrap();
        self.authenticator.handle_event(AuthenticatorEvent::KeysInstalled, self.now).unwrap();
        self.settle();
    }

    /// Lets time pass until `until`.
    fn run(&mut self, until: Instant) {
        let timers = |house: &House| {
            let all =
                [house.supplicant.poll_deadline(), house.authenticator.poll_deadline(), house.client.poll_deadline()];
            all.into_iter().flatten().min().filter(|next| *next <= until)
        };
        while let Some(next) = timers(self) {
            self.now = self.now.max(next);
            self.supplicant.handle_timeout(self.now);
            self.authenticator.handle_timeout(self.now);
            self.client.handle_timeout(self.now, &mut self.rng);
            self.settle();
        }
        self.now = until;
    }
}

fn terms() -> AttributeWriter {
    let mut accept = AttributeWriter::new();
    accept.u32(Type::SESSION_TIMEOUT, 600).u32(Type::TERMINATION_ACTION, 1).u32(Type::IDLE_TIMEOUT, 90);
    accept.put(Type::CLASS, b"one").put(Type::CLASS, b"two").put(Type::STATE, b"next time");
    accept.u32(Type::ACCT_INTERIM_INTERVAL, 120);
    radius::vlan::Vlans { untagged: Some(42), ..radius::vlan::Vlans::default() }.write(&mut accept);
    accept
}

#[test]
fn a_station_comes_in_through_radius_and_its_terms_reach_the_port() {
    let mut house = house("secret", terms(), true);
    house.enable();
    assert!(house.keys.0.is_some());
    let pmk = |key: &Option<MasterKey>| key.as_ref().unwrap().pmk(rsn::AkmSuite::Eap);
    assert_eq!(pmk(&house.keys.0), pmk(&house.keys.1), "both sides have the same PMK");
    house.installed();
    assert_eq!(
        (house.supplicant.status(), house.authenticator.status()),
        (PortStatus::Authorized, PortStatus::Authorized)
    );
    let grant = house.authenticator.grant().unwrap().clone();
    let vlans = grant.vlans.clone();
    assert_eq!(vlans.untagged, Some(42));
    assert_eq!(
        grant,
        SessionGrant {
            user: Some(b"alice".to_vec()),
            session_timeout: Some(secs(600)),
            termination: TerminationAction::Reauthenticate,
            idle_timeout: Some(secs(90)),
            interim: Some(secs(120)),
            class: vec![b"one".to_vec(), b"two".to_vec()],
            vlans,
        }
    );
    // Each answer repeats what the challenge before it had (RFC 2865 5.24).
    assert!(house.requests[0].is_empty() && house.requests[1..].iter().all(|state| !state.is_empty()));
}

/// RFC 2865 5.24: what a session that is authenticated again begins with.
#[test]
fn a_reauthentication_that_the_server_ordered_repeats_its_state() {
    for (ordered, expected) in [(true, &b"next time"[..]), (false, &b""[..])] {
        let mut accept = AttributeWriter::new();
        accept.put(Type::STATE, b"next time");
        if ordered {
            accept.u32(Type::SESSION_TIMEOUT, 600).u32(Type::TERMINATION_ACTION, 1);
        }
        let mut house = house("secret", accept, true);
        house.enable();
        house.installed();
        let before = house.requests.len();
        if ordered {
            house.run(house.now + secs(601));
        } else {
            house.authenticator.reauthenticate(house.now);
            house.settle();
        }
        assert_eq!(house.requests[before], expected);
    }
}

#[test]
fn a_wrong_password_is_told_to_the_station() {
    let mut house = house("wrong", AttributeWriter::new(), true);
    house.enable();
    assert_eq!((house.supplicant.state_name(), house.authenticator.state_name()), ("HELD", "HELD"));
    assert!(house.keys.0.is_none() && house.keys.1.is_none());
    // The next conversation begins without a State.
    let before = house.requests.len();
    house.authenticator.handle_event(AuthenticatorEvent::PortDisabled, house.now).unwrap();
    house.enable();
    assert_eq!(house.requests[before], b"");
}

#[test]
fn an_access_accept_without_keys_opens_no_wireless_port() {
    let mut house = house("secret", AttributeWriter::new(), false);
    house.enable();
    assert_eq!(house.authenticator.state_name(), "HELD");
    assert!(house.keys.1.is_none());
}

#[test]
fn a_radius_server_that_is_silent_ends_the_conversation() {
    let mut house = house("secret", AttributeWriter::new(), true);
    house.server = None;
    house.enable();
    house.run(Instant::ZERO + secs(70));
    assert_eq!(house.authenticator.state_name(), "HELD");
    assert_eq!(house.client.pending(), 0);
}
