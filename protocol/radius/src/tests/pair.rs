//! Clients and servers that meet under a virtual clock, on a network that loses, doubles, mixes and forges.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it expects")]

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use crypto::testing::TestRng;
use crypto::{Rng as _, Secret};
use wire::Instant;

use crate::client::{self, Client, Failure, ServerConfig, Timing, Token, Transport};
use crate::server::{
    self, Accept, Authenticator, Begin, ClientConfig, Env, Input, Name, Output, Phase, Server, Service, Step, User,
    UserTable,
};
use crate::{AttributeWriter, ByPrefix, Code, Demand, MppeKeys, Overrides, Prefix, Reply, Request, SharedSecret, Type};

const MSK: [u8; 64] = [0x5a; 64];
const ROUNDS: u8 = 5;

/// Counts rounds: each packet of the peer is a number one higher than the Request's.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    /// How often a packet was put to a conversation: a duplicate must not be.
    pub(crate) steps: u32,
    /// The conversation asks the world outside in its third round.
    asks: bool,
}

impl Authenticator for Counting {
    type Conversation = u8;
    type Ask = u8;
    type Answer = u8;

    fn begin(&mut self, _: &Begin<'_>) -> u8 {
        0
    }

    fn step(&mut self, round: &mut u8, input: Input<'_, u8>, _: &mut Env<'_>) -> Step<u8> {
        self.steps += 1;
        match input {
            Input::Packet(packet) if packet.last() == Some(&(*round + 1)) || packet.is_empty() => *round += 1,
            Input::Packet(packet) => return Step::Reject(vec![4, packet[1], 0, 4]),
            Input::Answer(answer) => assert_eq!(answer, *round),
        }
        if self.asks && *round == 3 {
            self.asks = false;
            return Step::Ask(3);
        }
        if *round < ROUNDS {
            return Step::Challenge(vec![1, *round, 0, 6, 4, *round]);
        }
        let mut attributes = AttributeWriter::new();
        attributes.u32(Type::SESSION_TIMEOUT, 600).put(Type::CLASS, b"class");
        Step::Accept(alloc::boxed::Box::new(Accept {
            eap: Some(vec![3, *round, 0, 4]),
            keys: Some(MppeKeys::of_msk(&MSK)),
            attributes,
            ..Accept::default()
        }))
    }

    fn password(&mut self, user: &[u8], password: &Secret) -> Option<AttributeWriter> {
        (user == password.as_bytes()).then(AttributeWriter::new)
    }
}

fn secret() -> SharedSecret {
    SharedSecret::new(*b"shared").unwrap()
}

pub(crate) fn address(last: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), 1812)
}

pub(crate) fn counting_server() -> Server<Counting> {
    let client = ClientConfig { secret: secret(), demand: Demand::Required };
    let prefix = Prefix::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 24).unwrap();
    Server::new(server::Config::new(ByPrefix::new([(prefix, client)])), Counting::default())
}

fn client_config(servers: usize) -> client::Config {
    client::Config {
        servers: (0..servers).map(|_| ServerConfig::new(secret())).collect(),
        timing: Timing::authentication(),
        retry_primary: None,
        max_pending: 512,
        overrides: Overrides::default(),
    }
}

/// What happens on the way, in percent.
#[derive(Clone, Copy, Default)]
struct Trouble {
    loss: u64,
    twice: u64,
    forged: u64,
}

enum Flight {
    ToServer(usize, u8, Vec<u8>),
    ToClient(usize, u8, Vec<u8>),
}

struct World {
    client: Client,
    servers: Vec<Option<Server<Counting>>>,
    flying: BTreeMap<(Instant, u64), Flight>,
    count: u64,
    now: Instant,
    rng: TestRng,
    trouble: Trouble,
    done: BTreeMap<Token, Result<Reply, Failure>>,
    notes: Vec<client::Note>,
    accounted: u32,
    transmitted: u32,
}

impl World {
    fn new(config: client::Config, trouble: Trouble, seed: u64) -> World {
        let servers = config.servers.iter().map(|_| Some(counting_server())).collect();
        World {
            client: Client::new(config).unwrap(),
            servers,
            flying: BTreeMap::new(),
            count: 0,
            now: Instant::ZERO,
            rng: TestRng::new(seed),
            trouble,
            done: BTreeMap::new(),
            notes: Vec::new(),
            accounted: 0,
            transmitted: 0,
        }
    }

    fn fly(&mut self, make: impl Fn(Vec<u8>) -> Flight, bytes: Vec<u8>) {
        let copies = if self.rng.percent(self.trouble.twice) { 2 } else { 1 };
        for _ in 0..copies {
            if self.rng.percent(self.trouble.loss) {
                continue;
            }
            if self.rng.percent(self.trouble.forged) {
                // One octet is another: a liar who sees everything and has no secret.
                let mut forged = bytes.clone();
                let place = usize::try_from(self.rng.below(forged.len() as u64)).unwrap();
                forged[place] ^= 1 << self.rng.below(8);
                self.put(make(forged), 0);
            }
            let delay = self.rng.below(80);
            self.put(make(bytes.clone()), 1 + delay);
        }
    }

    fn put(&mut self, flight: Flight, delay: u64) {
        self.count += 1;
        self.flying.insert((self.now + Duration::from_millis(delay), self.count), flight);
    }

    fn collect(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                client::Output::Transmit { server, lane, bytes } => {
                    self.transmitted += 1;
                    self.fly(move |bytes| Flight::ToServer(server, lane, bytes), bytes);
                }
                client::Output::Done(token, reply) => {
                    assert!(self.done.insert(token, Ok(reply)).is_none(), "told twice");
                }
                client::Output::Failed(token, why) => {
                    assert!(self.done.insert(token, Err(why)).is_none(), "told twice");
                }
                client::Output::Note(note) => self.notes.push(note),
                client::Output::Connect(_) | client::Output::Close(_) => panic!("no streams here"),
            }
        }
        for place in 0..self.servers.len() {
            let Some(server) = &mut self.servers[place] else { continue };
            let mut replies = Vec::new();
            while let Some(output) = server.poll_output() {
                match output {
                    Output::Reply { to: server::Peer::Datagram(to), bytes } => replies.push((to, bytes)),
                    Output::Accounting { .. } => self.accounted += 1,
                    _ => {}
                }
            }
            for (to, bytes) in replies {
                let lane = u8::try_from(to.port() - 1812).unwrap();
                self.fly(move |bytes| Flight::ToClient(place, lane, bytes), bytes);
            }
        }
    }

    /// Lets time pass until nothing more can happen, or until `stop` says so.
    fn run(&mut self, mut stop: impl FnMut(&World) -> bool) {
        for _ in 0..200_000 {
            self.collect();
            if stop(self) {
                return;
            }
            let flight = self.flying.keys().next().map(|(at, _)| *at);
            let Some(next) = [flight, self.client.poll_deadline()].into_iter().flatten().min() else { return };
            self.now = self.now.max(next);
            while let Some((key, _)) = self.flying.first_key_value()
                && key.0 <= self.now
            {
                let Some((_, flight)) = self.flying.pop_first() else { break };
                match flight {
                    Flight::ToServer(place, lane, bytes) => {
                        let from = SocketAddr::new(address(1).ip(), 1812 + u16::from(lane));
                        if let Some(server) = &mut self.servers[place] {
                            let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
                            let accounting = bytes.first() == Some(&4);
                            let service = if accounting { Service::Accounting } else { Service::Authentication };
                            server.handle_datagram(service, from, &bytes, &mut env);
                        }
                    }
                    Flight::ToClient(place, lane, bytes) => {
                        self.client.handle_datagram(place, lane, &bytes, self.now);
                    }
                }
            }
            self.client.handle_timeout(self.now, &mut self.rng);
        }
        panic!("it never ends");
    }

    fn ask(&mut self, request: Request) -> Token {
        self.client.send(request, self.now, &mut self.rng)
    }

    fn wait(&mut self, token: Token) -> Result<Reply, Failure> {
        self.run(|world| world.done.contains_key(&token));
        self.done.remove(&token).expect("an end of each request")
    }

    /// A whole conversation.
    fn authenticate(&mut self) -> Result<Reply, Failure> {
        let mut state: Option<Vec<u8>> = None;
        for round in 1..=ROUNDS {
            let mut attributes = AttributeWriter::new();
            attributes.put(Type::USER_NAME, b"alice").eap(&[2, round, 0, 6, 4, round]);
            if let Some(state) = &state {
                attributes.put(Type::STATE, state);
            }
            let token = self.ask(Request::new(Code::ACCESS_REQUEST, attributes));
            let reply = self.wait(token)?;
            if reply.code() != Code::ACCESS_CHALLENGE {
                return Ok(reply);
            }
            state = reply.attributes().first(Type::STATE).map(<[u8]>::to_vec);
        }
        panic!("too many rounds");
    }
}

#[test]
fn a_conversation_ends_with_the_keys_on_both_sides() {
    let mut world = World::new(client_config(1), Trouble::default(), 1);
    let reply = world.authenticate().unwrap();
    assert_eq!(reply.code(), Code::ACCESS_ACCEPT);
    assert_eq!(reply.keys().unwrap().msk().as_bytes(), MSK);
    assert_eq!(reply.session_timeout(), Some(Duration::from_secs(600)));
    assert_eq!(reply.eap().unwrap(), [3, ROUNDS, 0, 4]);
    assert_eq!(world.transmitted, u32::from(ROUNDS));
    assert_eq!(world.servers[0].as_ref().unwrap().sessions(), 0);
}

#[test]
fn conversations_come_through_loss_duplication_reordering_and_forgery() {
    for seed in 0..100 {
        let trouble = Trouble { loss: 20, twice: 20, forged: 30 };
        let mut config = client_config(1);
        config.timing.count = 12;
        config.timing.longest = Duration::from_secs(4);
        config.timing.duration = None;
        let mut world = World::new(config, trouble, seed);
        let reply = world.authenticate().unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(reply.code(), Code::ACCESS_ACCEPT, "seed {seed}");
        assert_eq!(reply.keys().unwrap().msk().as_bytes(), MSK);
        world.run(|_| false);
        let server = world.servers[0].as_mut().unwrap();
        assert_eq!(server.authenticator_mut().steps, u32::from(ROUNDS), "each part was put to EAP once");
        assert_eq!((server.sessions(), world.client.pending()), (0, 0));
        assert_eq!(world.client.poll_deadline(), None);
    }
}

/// CVE-2025-24912: a forged reply took the pending request with it.
#[test]
fn cve_2025_24912_a_pending_request_survives_forged_replies() {
    let mut rng = TestRng::new(3);
    let mut client = Client::new(client_config(1)).unwrap();
    let mut attributes = AttributeWriter::new();
    attributes.eap(&[2, 1, 0, 6, 4, 1]);
    let token = client.send(Request::new(Code::ACCESS_REQUEST, attributes), Instant::ZERO, &mut rng);
    let Some(client::Output::Transmit { bytes, .. }) = client.poll_output() else { panic!() };
    let identifier = bytes[1];
    for code in 0..=255 {
        let mut forged = vec![code, identifier, 0, 20];
        forged.extend([0; 16]);
        client.handle_datagram(0, 0, &forged, Instant::ZERO);
        // With the authenticator of somebody who has another secret.
        let other = SharedSecret::new(*b"other").unwrap();
        let mut authenticator = [0; 16];
        authenticator.copy_from_slice(&bytes[4..20]);
        let reply =
            crate::write_reply(Code(code), identifier, &authenticator, &AttributeWriter::new(), &other).unwrap();
        client.handle_datagram(0, 0, &reply, Instant::ZERO);
    }
    while let Some(output) = client.poll_output() {
        assert!(matches!(output, client::Output::Note(client::Note::Discarded(0, _))), "{output:?}");
    }
    assert_eq!(client.pending(), 1);
    let mut server = counting_server();
    let mut env = Env { now: Instant::ZERO, wall: None, rng: &mut rng };
    server.handle_datagram(Service::Authentication, address(1), &bytes, &mut env);
    let Some(Output::Reply { bytes, .. }) = server.poll_output() else { panic!() };
    client.handle_datagram(0, 0, &bytes, Instant::ZERO);
    assert!(matches!(client.poll_output(), Some(client::Output::Done(done, _)) if done == token));
}

/// CVE-2024-3596: an Access-Accept whose MD5 is right, and that has no Message-Authenticator, is what the attack makes.
#[test]
fn cve_2024_3596_an_accept_without_message_authenticator_is_no_answer() {
    for (eap, demand, believed) in [
        (true, Demand::Required, false),
        (true, Demand::IfPresent, false),
        (false, Demand::Required, false),
        (false, Demand::IfPresent, true),
    ] {
        let mut rng = TestRng::new(3);
        let mut config = client_config(1);
        config.servers[0].demand = demand;
        let mut client = Client::new(config).unwrap();
        let mut attributes = AttributeWriter::new();
        attributes.put(Type::USER_NAME, b"alice");
        if eap {
            attributes.eap(&[2, 1, 0, 6, 4, 1]);
        }
        client.send(Request::new(Code::ACCESS_REQUEST, attributes), Instant::ZERO, &mut rng);
        let Some(client::Output::Transmit { bytes, .. }) = client.poll_output() else { panic!() };
        let mut accept = vec![2, bytes[1], 0, 20];
        let authenticator = crypto::md5(&[&accept, &bytes[4..20], b"shared"]);
        accept.extend(authenticator);
        client.handle_datagram(0, 0, &accept, Instant::ZERO);
        let done = matches!(client.poll_output(), Some(client::Output::Done(..)));
        assert_eq!(done, believed, "with EAP: {eap}, {demand:?}");
    }
}

#[test]
fn a_silent_server_is_left_and_the_first_comes_back_after_a_while() {
    for probe in [false, true] {
        let mut config = client_config(2);
        config.retry_primary = Some(Duration::from_secs(100));
        config.servers[0].probe = probe;
        let mut world = World::new(config, Trouble::default(), 5);
        world.servers[0] = None;
        let reply = world.authenticate().unwrap();
        assert_eq!((reply.server(), world.client.current()), (1, 1));
        assert_eq!(world.notes, [client::Note::FailedOver { from: 0, to: 1 }]);
        // New requests go to the second at once.
        let before = world.now;
        world.authenticate().unwrap();
        assert!(world.now.since(before) < Duration::from_secs(1));
        world.servers[0] = Some(counting_server());
        world.run(|world| world.client.current() == 0);
        assert_eq!(world.notes.last(), Some(&client::Note::Back));
        assert!(world.now.since(Instant::ZERO) >= Duration::from_secs(100));
        assert_eq!(world.authenticate().unwrap().server(), 0);
    }
}

#[test]
fn a_probed_server_that_stays_silent_is_not_used_again() {
    let mut config = client_config(2);
    config.retry_primary = Some(Duration::from_secs(100));
    config.servers[0].probe = true;
    let mut world = World::new(config, Trouble::default(), 5);
    world.servers[0] = None;
    world.authenticate().unwrap();
    world.run(|world| world.now.since(Instant::ZERO) > Duration::from_secs(1000));
    assert_eq!(world.client.current(), 1);
    assert_eq!(world.authenticate().unwrap().server(), 1);
}

#[test]
fn a_request_that_nobody_answers_ends_and_leaves_nothing() {
    for servers in 1..=3 {
        let mut world = World::new(client_config(servers), Trouble::default(), 5);
        world.servers.fill_with(|| None);
        let token = world.ask(Request::new(Code::ACCESS_REQUEST, AttributeWriter::new()));
        assert_eq!(world.wait(token), Err(Failure::NoAnswer));
        assert!(world.now.since(Instant::ZERO) <= Duration::from_secs(90), "{:?}", world.now);
        world.run(|_| false);
        assert_eq!((world.client.pending(), world.client.poll_deadline()), (0, None));
    }
}

#[test]
fn retransmissions_are_the_same_packet_and_wait_twice_as_long_each_time() {
    let mut rng = TestRng::new(3);
    let mut client = Client::new(client_config(1)).unwrap();
    client.send(Request::new(Code::ACCESS_REQUEST, AttributeWriter::new()), Instant::ZERO, &mut rng);
    let mut sent = Vec::new();
    let mut now = Instant::ZERO;
    loop {
        match client.poll_output() {
            Some(client::Output::Transmit { bytes, .. }) => sent.push((now, bytes)),
            Some(client::Output::Failed(..)) => break,
            Some(other) => panic!("{other:?}"),
            None => {
                now = client.poll_deadline().unwrap();
                client.handle_timeout(now, &mut rng);
            }
        }
    }
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|(_, bytes)| *bytes == sent[0].1));
    let waits: Vec<Duration> = sent.windows(2).map(|pair| pair[1].0.since(pair[0].0)).collect();
    assert!((1800..=2200).contains(&waits[0].as_millis()), "{waits:?}");
    for pair in waits.windows(2) {
        let ratio = pair[1].as_secs_f64() / pair[0].as_secs_f64();
        assert!((1.79..=2.21).contains(&ratio), "RFC 5080 2.2.1: {waits:?}");
    }
}

#[test]
fn a_report_is_acknowledged_once_however_often_it_is_sent() {
    for seed in 0..50 {
        let mut config = client_config(1);
        config.timing = Timing::accounting();
        let mut world = World::new(config, Trouble { loss: 30, twice: 30, forged: 20 }, seed);
        let mut attributes = AttributeWriter::new();
        attributes.u32(Type::ACCT_STATUS_TYPE, 1).put(Type::ACCT_SESSION_ID, b"1");
        let request = Request::new(Code::ACCOUNTING_REQUEST, attributes).with_delay_since(world.now);
        let token = world.ask(request);
        assert_eq!(world.wait(token).unwrap().code(), Code::ACCOUNTING_RESPONSE, "seed {seed}");
        assert!(world.accounted >= 1);
        world.run(|_| false);
        assert_eq!(world.client.pending(), 0);
    }
}

#[test]
fn newer_counters_take_the_place_of_older_ones_that_wait() {
    let mut world = World::new(client_config(1), Trouble { loss: 100, ..Trouble::default() }, 1);
    let request = || Request::new(Code::ACCOUNTING_REQUEST, AttributeWriter::new()).about(7);
    let older = world.ask(request());
    let newer = world.ask(request());
    world.collect();
    assert_eq!(world.done.get(&older), Some(&Err(Failure::Replaced)));
    assert_eq!((world.client.pending(), world.done.get(&newer)), (1, None));
}

#[test]
fn the_oldest_request_gives_way_when_too_many_wait() {
    let mut config = client_config(1);
    config.max_pending = 3;
    let mut world = World::new(config, Trouble { loss: 100, ..Trouble::default() }, 1);
    let tokens: Vec<Token> =
        (0..5).map(|_| world.ask(Request::new(Code::ACCESS_REQUEST, AttributeWriter::new()))).collect();
    world.collect();
    let ended: Vec<Token> = world.done.keys().copied().collect();
    assert_eq!(ended, tokens[..2]);
    assert_eq!(world.client.pending(), 3);
}

#[test]
fn more_requests_than_identifiers_take_more_source_ports_or_fail() {
    for (lanes, sent) in [(1u8, 256u32), (2, 300)] {
        let mut config = client_config(1);
        config.servers[0].lanes = lanes;
        let mut world = World::new(config, Trouble { loss: 100, ..Trouble::default() }, 1);
        for _ in 0..300 {
            world.ask(Request::new(Code::ACCESS_REQUEST, AttributeWriter::new()));
        }
        world.collect();
        assert_eq!(world.transmitted, sent, "{lanes} lanes");
        let failed = world.done.values().filter(|end| end.is_err()).count();
        assert_eq!(u32::try_from(failed).unwrap(), 300 - sent);
    }
}

#[test]
fn what_a_conversation_asks_for_elsewhere_is_waited_for() {
    let mut rng = TestRng::new(1);
    let mut world = World::new(client_config(1), Trouble::default(), 1);
    world.servers[0].as_mut().unwrap().authenticator_mut().asks = true;
    let mut state: Vec<u8> = Vec::new();
    for round in 1..=ROUNDS {
        let mut attributes = AttributeWriter::new();
        attributes.eap(&[2, round, 0, 6, 4, round]);
        if round > 1 {
            attributes.put(Type::STATE, &state);
        }
        let request = Request::new(Code::ACCESS_REQUEST, attributes);
        if round == 3 {
            let token = world.ask(request);
            let Some(client::Output::Transmit { bytes, .. }) = world.client.poll_output() else { panic!() };
            let server = world.servers[0].as_mut().unwrap();
            let mut env = Env { now: world.now, wall: None, rng: &mut rng };
            server.handle_datagram(Service::Authentication, address(1), &bytes, &mut env);
            let Some(Output::Ask(id, 3)) = server.poll_output() else { panic!() };
            // The same request again is not put to the conversation.
            server.handle_datagram(Service::Authentication, address(1), &bytes, &mut env);
            assert!(matches!(server.poll_output(), Some(Output::Discarded(_, crate::Discard::InProgress))));
            server.resume(id, 3, &mut env);
            server.resume(id, 3, &mut env);
            let reply = world.wait(token).unwrap();
            state = reply.attributes().first(Type::STATE).unwrap().to_vec();
            continue;
        }
        let token = world.ask(request);
        let reply = world.wait(token).unwrap();
        match reply.attributes().first(Type::STATE) {
            Some(value) => state = value.to_vec(),
            None => assert_eq!((reply.code(), round), (Code::ACCESS_ACCEPT, ROUNDS)),
        }
    }
}

#[test]
fn over_a_stream_a_conversation_needs_no_retransmission_and_survives_a_new_connection() {
    let mut rng = TestRng::new(9);
    let mut config = client_config(1);
    config.servers[0].transport = Transport::Stream;
    config.servers[0].secret = Arc::new(SharedSecret::radsec());
    let mut client = Client::new(config).unwrap();
    let mut server = counting_server();
    let peer = ClientConfig { secret: SharedSecret::radsec(), demand: Demand::Required };
    let mut stream = 0;
    let mut state: Vec<u8> = Vec::new();
    let now = Instant::ZERO;
    let send = |client: &mut Client, round: u8, state: &[u8], rng: &mut TestRng| {
        let mut attributes = AttributeWriter::new();
        attributes.eap(&[2, round, 0, 6, 4, round]);
        if round > 1 {
            attributes.put(Type::STATE, state);
        }
        client.send(Request::new(Code::ACCESS_REQUEST, attributes), now, rng);
    };
    send(&mut client, 1, &state, &mut rng);
    let mut round = 1;
    let mut accepted = false;
    for _ in 0..100 {
        let Some(output) = client.poll_output() else { break };
        match output {
            client::Output::Connect(0) => {
                stream += 1;
                server.open_stream(server::StreamId(stream), peer.clone());
                client.handle_connected(0, now, &mut rng);
            }
            client::Output::Transmit { bytes, .. } => {
                let mut env = Env { now, wall: None, rng: &mut rng };
                for part in bytes.chunks(7) {
                    server.handle_stream(server::StreamId(stream), part, &mut env);
                }
                let mut back = Vec::new();
                while let Some(output) = server.poll_output() {
                    match output {
                        Output::Reply { bytes, .. } => back.extend(bytes),
                        Output::Decided { .. } => {}
                        other => panic!("{other:?}"),
                    }
                }
                for part in back.chunks(5) {
                    client.handle_stream(0, part, now, &mut rng);
                }
            }
            client::Output::Done(_, reply) => {
                round += 1;
                match reply.attributes().first(Type::STATE) {
                    Some(value) => {
                        state = value.to_vec();
                        send(&mut client, round, &state, &mut rng);
                    }
                    None => accepted = reply.code() == Code::ACCESS_ACCEPT,
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(accepted);
    // What cannot be a packet closes the stream on either side.
    client.handle_stream(0, &[1, 1, 0, 3], now, &mut rng);
    let closed = core::iter::from_fn(|| client.poll_output()).any(|output| output == client::Output::Close(0));
    assert!(closed);
    let mut env = Env { now, wall: None, rng: &mut rng };
    server.handle_stream(server::StreamId(stream), &[1, 1, 0, 3], &mut env);
    let closed = core::iter::from_fn(|| server.poll_output())
        .any(|output| matches!(output, Output::Close(id) if id == server::StreamId(stream)));
    assert!(closed);
}

#[test]
fn a_stream_server_that_says_nothing_is_left() {
    let mut rng = TestRng::new(9);
    let mut config = client_config(2);
    config.servers[0].transport = Transport::Stream;
    let mut client = Client::new(config).unwrap();
    client.send(Request::new(Code::ACCESS_REQUEST, AttributeWriter::new()), Instant::ZERO, &mut rng);
    assert_eq!(client.poll_output(), Some(client::Output::Connect(0)));
    client.handle_connected(0, Instant::ZERO, &mut rng);
    assert!(matches!(client.poll_output(), Some(client::Output::Transmit { server: 0, .. })));
    let due = client.poll_deadline().unwrap();
    client.handle_timeout(due, &mut rng);
    assert_eq!(client.poll_output(), Some(client::Output::Close(0)));
    assert_eq!(client.poll_output(), Some(client::Output::Note(client::Note::FailedOver { from: 0, to: 1 })));
    assert!(matches!(client.poll_output(), Some(client::Output::Transmit { server: 1, .. })));
}

fn one_request(server: &mut Server<Counting>, from: SocketAddr, request: &Request, now: Instant) -> Vec<Vec<u8>> {
    let mut rng = TestRng::new(now.since_origin().as_millis() as u64);
    let mut nonce = [0; 16];
    rng.fill(&mut nonce);
    let (bytes, _) = request.write(1, &nonce, &secret(), now).unwrap();
    let mut env = Env { now, wall: None, rng: &mut rng };
    server.handle_datagram(Service::Authentication, from, &bytes, &mut env);
    core::iter::from_fn(|| server.poll_output())
        .filter_map(|output| match output {
            Output::Reply { bytes, .. } => Some(bytes),
            _ => None,
        })
        .collect()
}

#[test]
fn an_address_outside_of_every_prefix_is_not_answered() {
    let request = Request::new(Code::ACCESS_REQUEST, AttributeWriter::new());
    let stranger = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, 1)), 1812);
    assert!(one_request(&mut counting_server(), stranger, &request, Instant::ZERO).is_empty());
}

#[test]
fn a_password_lets_in_or_keeps_out() {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::USER_NAME, b"020000000001").put(Type::PROXY_STATE, b"back");
    for (password, code) in [(&b"020000000001"[..], Code::ACCESS_ACCEPT), (b"wrong", Code::ACCESS_REJECT)] {
        let request = Request::new(Code::ACCESS_REQUEST, attributes.clone()).with_password(password);
        let replies = one_request(&mut counting_server(), address(1), &request, Instant::ZERO);
        let reply = crate::Raw::parse(&replies[0]).unwrap();
        assert_eq!(reply.code, code);
        assert_eq!(reply.attributes.first(Type::PROXY_STATE), Some(&b"back"[..]));
    }
}

#[test]
fn a_state_of_a_server_that_was_started_again_is_answered_with_a_reject() {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::STATE, &[7; 12]).eap(&[2, 9, 0, 6, 4, 1]);
    let replies =
        one_request(&mut counting_server(), address(1), &Request::new(Code::ACCESS_REQUEST, attributes), Instant::ZERO);
    let reply = crate::Raw::parse(&replies[0]).unwrap();
    assert_eq!((reply.code, reply.attributes.eap()), (Code::ACCESS_REJECT, Some(vec![4, 9, 0, 4])));
}

#[test]
fn a_session_that_is_proved_again_begins_with_the_state_of_its_accept() {
    let mut server = counting_server();
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::STATE, b"prove it again").eap(&[2, 9, 0, 6, 1, 1]);
    let request = Request::new(Code::ACCESS_REQUEST, attributes);
    let replies = one_request(&mut server, address(1), &request, Instant::ZERO);
    assert_eq!(crate::Raw::parse(&replies[0]).unwrap().code, Code::ACCESS_CHALLENGE);
    assert_eq!(server.sessions(), 1);
}

#[test]
fn conversations_that_are_never_ended_leave_after_a_minute_and_push_out_the_idlest() {
    let mut server = counting_server();
    let begin = || {
        let mut attributes = AttributeWriter::new();
        attributes.eap(&[2, 1, 0, 6, 4, 1]);
        Request::new(Code::ACCESS_REQUEST, attributes)
    };
    for count in 0..20_000u64 {
        let now = Instant::ZERO + Duration::from_millis(count);
        assert_eq!(one_request(&mut server, address(1), &begin(), now).len(), 1);
    }
    assert_eq!(server.sessions(), 16_384);
    let mut now = Instant::ZERO + Duration::from_secs(20);
    while let Some(due) = server.poll_deadline() {
        now = now.max(due);
        server.handle_timeout(now);
    }
    assert_eq!(server.sessions(), 0);
    assert!(now.since(Instant::ZERO) < Duration::from_secs(81), "{now:?}");
}

#[test]
fn users_are_found_as_their_entries_stand() {
    let user = |eap: &'static str| User { eap, password: None, accept: AttributeWriter::new() };
    let table = UserTable::new([
        (Name::Exact(b"alice".to_vec()), Phase::One, user("alice")),
        (Name::Prefix(b"al".to_vec()), Phase::One, user("al*")),
        (Name::Exact(b"albert".to_vec()), Phase::One, user("never")),
        (Name::Any, Phase::One, user("*")),
        (Name::Exact(b"alice".to_vec()), Phase::Two, user("alice inside")),
    ]);
    let find = |phase, name: &str| table.find(phase, name.as_bytes()).map(|user| user.eap);
    assert_eq!(find(Phase::One, "alice"), Some("alice"));
    assert_eq!(find(Phase::One, "albert"), Some("al*"));
    assert_eq!(find(Phase::One, "bob"), Some("*"));
    assert_eq!(find(Phase::Two, "alice"), Some("alice inside"));
    assert_eq!(find(Phase::Two, "bob"), None);
}

#[test]
fn attributes_are_replaced_removed_and_added_and_what_the_protocol_lives_on_is_left() {
    let mut attributes = AttributeWriter::new();
    attributes.u32(Type::NAS_PORT_TYPE, 19).put(Type::CONNECT_INFO, b"x").eap(&[2, 1, 0, 4]).put(Type::STATE, b"s");
    let mut request = Request::new(Code::ACCESS_REQUEST, attributes);
    Overrides::new([
        (Type::NAS_PORT_TYPE, Some(vec![0, 0, 0, 15])),
        (Type::CONNECT_INFO, None),
        (Type::EAP_MESSAGE, None),
        (Type::STATE, Some(b"other".to_vec())),
        (Type::OPERATOR_NAME, Some(b"1a".to_vec())),
        (Type::OPERATOR_NAME, Some(b"1b".to_vec())),
    ])
    .apply(&mut request);
    let attributes = request.attributes().attributes();
    assert_eq!(attributes.all(Type::NAS_PORT_TYPE).collect::<Vec<_>>(), [&[0, 0, 0, 15]]);
    assert_eq!(attributes.first(Type::CONNECT_INFO), None);
    assert!(attributes.first(Type::EAP_MESSAGE).is_some());
    assert_eq!(attributes.first(Type::STATE), Some(&b"s"[..]));
    assert_eq!(attributes.all(Type::OPERATOR_NAME).count(), 2);
}
