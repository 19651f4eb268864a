//! RADIUS and GAS: packets and frames of strangers, and machines that get them in the middle of real exchanges.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use radius::client::{self, Client, ServerConfig, Timing};
use radius::dynauth::{Authority, DynamicAuthorization, Outcome, Strictness};
use radius::nas::Nas;
use radius::server::{self, Accept, Authenticator, Begin, ClientConfig, Env, Input, Server, Service, Step};
use radius::stream::Framer;
use radius::vlan::Vlans;
use radius::{
    AttributeWriter, ByPrefix, Code, Demand, MppeKeys, Overrides, Prefix, Raw, Request, SharedSecret, Type,
    verify_reply, verify_request,
};
use wire::{Instant, MacAddr};

const FROM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1812);

fn secret() -> SharedSecret {
    // RADIUS over TLS has one that anybody knows, so there is always one.
    SharedSecret::radsec()
}

/// Packets: whatever is read is written again the same, and what nobody signed is never verified.
pub(crate) fn packet(data: &[u8]) {
    let mut framer = Framer::new();
    let mut octets = 0;
    let _ = framer.push(data, |packet| octets += packet.len());
    assert!(octets <= data.len(), "a stream gives more than it was given");
    let Ok(raw) = Raw::parse(data) else { return };
    let mut writer = AttributeWriter::new();
    for attribute in raw.attributes {
        writer.copy(attribute);
        let _ = (attribute.vendor(), attribute.extended(), attribute.u32());
    }
    assert_eq!(raw.bytes().get(20..), Some(writer.as_bytes()), "attributes change when they are written again");
    let _ = (raw.attributes.eap(), raw.attributes.vendor(311, 16).count(), Vlans::read(raw.attributes));
    let _ = MppeKeys::read(raw.attributes, &secret(), &raw.authenticator);
    let _ = radius::hidden::tunnel_passwords(raw.attributes, &secret(), &raw.authenticator).count();
    let _ = radius::operator::operator_name(raw.attributes);
    let _ = raw.attributes.extended(Type::EXTENDED_TYPE_5, 1);
    let unknown = [0xa5; 16];
    assert!(verify_request(raw, &secret(), Demand::Required).is_err(), "a request that nobody signed");
    assert!(verify_reply(raw, &secret(), &unknown, Demand::Required).is_err(), "a reply that nobody signed");
}

/// Lets everybody in after two rounds.
#[derive(Debug)]
struct TwoRounds;

impl Authenticator for TwoRounds {
    type Conversation = u8;
    type Ask = ();
    type Answer = ();

    fn begin(&mut self, _: &Begin<'_>) -> u8 {
        0
    }

    fn step(&mut self, round: &mut u8, _: Input<'_, ()>, _: &mut Env<'_>) -> Step<()> {
        *round = round.saturating_add(1);
        match *round {
            1 => Step::Challenge(vec![1, 1, 0, 5, 4]),
            _ => Step::Accept(Box::new(Accept { eap: Some(vec![3, 1, 0, 4]), ..Accept::default() })),
        }
    }

    fn password(&mut self, _: &[u8], _: &Secret) -> Option<AttributeWriter> {
        None
    }
}

fn request(state: Option<&[u8]>) -> Request {
    let mut attributes = AttributeWriter::new();
    attributes.put(Type::USER_NAME, b"alice").eap(&[2, 1, 0, 5, 4]);
    if let Some(state) = state {
        attributes.put(Type::STATE, state);
    }
    Request::new(Code::ACCESS_REQUEST, attributes)
}

/// A client and a server in the middle of conversations; octets of the input say what happens to the next packet.
pub(crate) fn exchange(data: &[u8]) {
    let mut rng = TestRng::new(data.len() as u64);
    let config = client::Config {
        servers: vec![ServerConfig::new(secret()), ServerConfig::new(secret())],
        timing: Timing::authentication(),
        retry_primary: Some(Duration::from_secs(30)),
        max_pending: 4,
        overrides: Overrides::default(),
    };
    let Ok(mut client) = Client::new(config) else { return };
    let peer = ClientConfig { secret: secret(), demand: Demand::Required };
    let clients = ByPrefix::new([(Prefix::host(FROM.ip()), peer)]);
    let mut server = Server::new(server::Config::new(clients), TwoRounds);
    let mut now = Instant::ZERO;
    let mut asked = 0u32;
    let mut ended = 0u32;
    let mut state: Option<Vec<u8>> = None;
    let mut past: Vec<Vec<u8>> = Vec::new();
    let mut data = data;
    for _ in 0..64 {
        let Some((action, rest)) = data.split_first() else { break };
        data = rest;
        let choice = usize::from(action >> 3);
        match action % 8 {
            0..=2 => {
                asked += 1;
                client.send(request(state.as_deref()), now, &mut rng);
            }
            3 => {
                now = client.poll_deadline().unwrap_or(now).max(now);
                client.handle_timeout(now, &mut rng);
                server.handle_timeout(now);
            }
            4 => {
                if let Some(old) = past.get(choice % past.len().max(1)) {
                    client.handle_datagram(choice % 2, 0, old, now);
                }
            }
            5 => {
                if let Some(old) = past.get(choice % past.len().max(1)) {
                    let mut env = Env { now, wall: None, rng: &mut rng };
                    server.handle_datagram(Service::Authentication, FROM, old, &mut env);
                }
            }
            _ => {
                let (forged, rest) = data.split_at(data.len().min(choice * 4));
                data = rest;
                client.handle_datagram(0, 0, forged, now);
                let mut env = Env { now, wall: None, rng: &mut rng };
                server.handle_datagram(Service::Authentication, FROM, forged, &mut env);
            }
        }
        // What is sent arrives at once, unless the octet says otherwise.
        while let Some(output) = client.poll_output() {
            match output {
                client::Output::Transmit { bytes, .. } => {
                    if choice % 4 != 3 {
                        let mut env = Env { now, wall: None, rng: &mut rng };
                        server.handle_datagram(Service::Authentication, FROM, &bytes, &mut env);
                    }
                    past.push(bytes);
                }
                client::Output::Done(_, reply) => {
                    ended += 1;
                    state = reply.attributes().first(Type::STATE).map(<[u8]>::to_vec);
                }
                client::Output::Failed(..) => ended += 1,
                client::Output::Note(_) | client::Output::Connect(_) | client::Output::Close(_) => {}
            }
            while let Some(output) = server.poll_output() {
                if let server::Output::Reply { bytes, .. } = output {
                    if choice % 8 != 7 {
                        client.handle_datagram(client.current(), 0, &bytes, now);
                    }
                    past.push(bytes);
                }
            }
        }
        assert!(client.pending() <= 4, "more wait than may");
    }
    let waiting = u32::try_from(client.pending()).unwrap_or(u32::MAX);
    // A probe of the first server may wait besides.
    assert!((asked..=asked.saturating_add(1)).contains(&ended.saturating_add(waiting)), "a request was lost");
}

/// What servers demand: nothing that is not signed leads to anything.
pub(crate) fn changes(data: &[u8]) {
    let Ok(unknown) = SharedSecret::new(*b"nobody knows it") else { return };
    let authority = Authority { secret: std::sync::Arc::new(unknown) };
    let authorities = ByPrefix::new([(Prefix::host(FROM.ip()), authority)]);
    let mut side = DynamicAuthorization::new(authorities, Strictness::default(), Nas::default());
    let outcome = side.handle(FROM, data, Instant::ZERO, Some(0));
    assert!(matches!(outcome, Outcome::Discarded(_)), "a demand that nobody signed");
}

/// Frames of GAS, and both sides in the middle of a dialog.
pub(crate) fn gas(data: &[u8]) {
    let Some((action, body)) = data.split_first() else { return };
    let action = 10 + action % 5;
    if let Ok((token, frame)) = gas::Frame::parse(action, body)
        && let Ok(written) = frame.body(token)
    {
        assert_eq!(gas::Frame::parse(action, &written), Ok((token, frame)), "a frame changes when it is written again");
    }
    let peer = MacAddr([2, 0, 0, 0, 0, 1]);
    let mut requester = gas::Requester::new();
    let mut responder = gas::Responder::new(vec![gas::Protocol::anqp()]);
    let token = body.first().copied().unwrap_or_default();
    // The token is the random octet: the one of the input, so that it fits.
    struct Fixed(u8);
    impl crypto::Rng for Fixed {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }
    requester.query(peer, gas::Protocol::anqp(), vec![1], Instant::ZERO, &mut Fixed(token));
    let mut now = Instant::ZERO;
    for _ in 0..8 {
        let _ = requester.handle(peer, action, body, now);
        let _ = responder.handle(peer, action, body, now);
        while let Some(output) = responder.poll_output() {
            if let gas::responder::Output::Query { dialog, query, .. } = output {
                responder.respond(dialog, (!query.is_empty()).then(|| query.repeat(100)));
            }
        }
        now = requester.poll_deadline().unwrap_or(now);
        requester.handle_timeout(now);
        responder.handle_timeout(now);
    }
    while requester.poll_output().is_some() {}
}
