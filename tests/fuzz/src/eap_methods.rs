//! EAP: each method of its own keys, both sides, and somebody between them who changes, repeats and adds packets.

use std::collections::VecDeque;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::methods::eke::EkeServer;
use eap::methods::gpsk::GpskServer;
use eap::methods::ikev2::Ikev2Server;
use eap::methods::mschapv2::MsChapV2Server;
use eap::methods::pax::PaxServer;
use eap::methods::psk::PskServer;
use eap::methods::pwd::{PwdSecret, PwdServer};
use eap::methods::sake::SakeServer;
use eap::methods::sim::{Home, Kind, Milenage, SimCard, SimCredentials, SimServer, SimServerConfig};
use eap::{
    Answer, Ask, Credentials, Env, Keys, MethodType, Password, Peer, PeerConfig, PeerOutput, Server, ServerConfig,
    ServerMethod, ServerOutput, User,
};
use wire::Instant;

const NAME: &[u8] = b"0232010000000000";
const METHODS: [MethodType; 11] = [
    MethodType::PSK,
    MethodType::PAX,
    MethodType::SAKE,
    MethodType::SIM,
    MethodType::AKA,
    MethodType::AKA_PRIME,
    MethodType::PWD,
    MethodType::MSCHAPV2,
    MethodType::GPSK,
    MethodType::EKE,
    MethodType::IKEV2,
];
/// Of a method that cuts its messages up, a size at which it does.
fn mtu(method: MethodType) -> usize {
    if method == MethodType::IKEV2 { 250 } else { 1400 }
}

/// More packets than any of the conversations has.
const STEPS: usize = 64;

fn card() -> Milenage {
    Milenage::new([0x46; 16], [0xcd; 16])
}

fn secret(method: MethodType) -> Secret {
    Secret::from(vec![b'k'; if matches!(method, MethodType::SAKE | MethodType::GPSK) { 32 } else { 16 }])
}

fn served(method: MethodType) -> Box<dyn ServerMethod> {
    let (server, name, key) = (b"server".to_vec(), NAME.to_vec(), secret(method));
    let config = SimServerConfig {
        result_indications: true,
        pseudonyms: true,
        fast_reauth: true,
        network: b"WLAN".to_vec(),
        ..SimServerConfig::default()
    };
    match method {
        MethodType::PSK => Box::new(PskServer::new(server, name, key)),
        MethodType::GPSK => Box::new(GpskServer::new(server, name, key)),
        MethodType::EKE => Box::new(EkeServer::new(server, name, key)),
        MethodType::IKEV2 => Box::new(Ikev2Server::new(server, name, key)),
        MethodType::PAX => Box::new(PaxServer::new(name, key)),
        MethodType::SAKE => Box::new(SakeServer::new(server, name, key)),
        MethodType::SIM => Box::new(SimServer::new(Kind::Sim, config)),
        MethodType::AKA => Box::new(SimServer::new(Kind::Aka, config)),
        MethodType::AKA_PRIME => Box::new(SimServer::new(Kind::AkaPrime, config)),
        MethodType::PWD => Box::new(PwdServer::new(server, PwdSecret::Password(Password::Plain(key)), 19)),
        _ => Box::new(MsChapV2Server::new(server, &Password::Plain(key))),
    }
}

/// Both sides, and what is on its way; `true` to the peer.
struct Between {
    method: MethodType,
    peer: Peer,
    server: Server,
    home: Home,
    rng: TestRng,
    way: VecDeque<(bool, Vec<u8>)>,
    peer_keys: Option<Keys>,
    server_keys: Option<Keys>,
}

impl Between {
    fn new(method: MethodType) -> Between {
        let mut sim = SimCredentials::new(SimCard::Milenage(card()));
        sim.result_indications = true;
        let credentials = Credentials {
            methods: vec![method],
            identity: Some(NAME.to_vec()),
            password: Some(Password::Plain(secret(method))),
            sim: Some(sim),
            ..Credentials::default()
        };
        let mut home = Home::new();
        home.add(NAME, card(), 0x1000);
        let mut between = Between {
            method,
            peer: Peer::new(PeerConfig { mtu: mtu(method), ..PeerConfig::default() }, Box::new(credentials)),
            server: Server::new(ServerConfig { mtu: mtu(method), ..ServerConfig::default() }, 0),
            home,
            rng: TestRng::new(1),
            way: VecDeque::new(),
            peer_keys: None,
            server_keys: None,
        };
        between.server.start();
        between.outputs();
        between
    }

    fn carry(&mut self, to_peer: bool, packet: &[u8]) {
        let mut env = Env { now: Instant::ZERO, wall: Some(0), rng: &mut self.rng };
        // What is passed over changes nothing.
        let _ = if to_peer {
            self.peer.handle_packet(packet, &mut env)
        } else {
            self.server.handle_packet(packet, &mut env)
        };
        self.outputs();
    }

    fn outputs(&mut self) {
        while let Some(output) = self.peer.poll_output() {
            match output {
                PeerOutput::Send(packet) => self.way.push_back((false, packet)),
                PeerOutput::Success(_, keys) => self.peer_keys = keys,
                // Nothing is missing here: what was asked for would stop the conversation, which shows below.
                PeerOutput::Ask(_)
                | PeerOutput::Notification(_)
                | PeerOutput::Started(_)
                | PeerOutput::Refused(_)
                | PeerOutput::Note(_)
                | PeerOutput::Failure(_) => {}
            }
        }
        while let Some(output) = self.server.poll_output() {
            let answer = match output {
                ServerOutput::Send(packet) => {
                    self.way.push_back((true, packet));
                    continue;
                }
                ServerOutput::Success { packet, keys, .. } => {
                    self.way.push_back((true, packet));
                    self.server_keys = keys;
                    continue;
                }
                ServerOutput::Failure { packet, .. } => {
                    self.way.push_back((true, packet));
                    continue;
                }
                ServerOutput::Note(_) | ServerOutput::Refused(_) => continue,
                ServerOutput::Ask(Ask::Subscriber(ask)) => {
                    Answer::Subscriber(Box::new(self.home.answer(&ask, &mut TestRng::new(2))))
                }
                ServerOutput::Ask(_) => {
                    Answer::User(Box::new(User { methods: vec![served(self.method)], ..User::default() }))
                }
            };
            self.server.answer(answer, &mut Env { now: Instant::ZERO, wall: Some(0), rng: &mut self.rng });
        }
    }
}

fn changed(packet: &[u8], place: u8, by: u8) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let place = usize::from(place).checked_rem(packet.len()).unwrap_or(0);
    if let Some(octet) = packet.get_mut(place) {
        *octet ^= by;
    }
    packet
}

/// The first octet says which method; then one for each packet on its way says what becomes of it.
pub(crate) fn between(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let place = usize::from(*choice).checked_rem(METHODS.len()).unwrap_or(0);
    let Some(method) = METHODS.get(place) else { return };
    let mut between = Between::new(*method);
    let mut script = data.iter().copied();
    for _ in 0..STEPS {
        let Some((to_peer, packet)) = between.way.pop_front() else { break };
        match script.next().unwrap_or(0) & 7 {
            0..=2 => between.carry(to_peer, &packet),
            3 => {
                between.carry(to_peer, &packet);
                between.carry(to_peer, &packet);
            }
            4 => {
                let (at, by) = (script.next().unwrap_or(0), script.next().unwrap_or(0));
                between.carry(to_peer, &changed(&packet, at, by));
                between.carry(to_peer, &packet);
            }
            5 => {
                let (at, by) = (script.next().unwrap_or(0), script.next().unwrap_or(0));
                between.carry(to_peer, &changed(&packet, at, by));
            }
            6 => {
                between.carry(!to_peer, &packet);
                between.carry(to_peer, &packet);
            }
            _ => {
                // A Success or Failure that fits.
                let identifier = packet.get(1).copied().unwrap_or(0);
                between.carry(to_peer, &packet);
                let code = 3 + (script.next().unwrap_or(0) & 1);
                between.carry(true, &[code, identifier, 0, 4]);
            }
        }
    }
    if let (Some(peer), Some(server)) = (&between.peer_keys, &between.server_keys) {
        assert_eq!(peer, server, "{method}: the two sides came to different keys");
    }
    if data.iter().all(|octet| octet & 7 < 3) {
        assert!(between.peer_keys.is_some() && between.server_keys.is_some(), "{method}: nobody was in the way");
    }
}
