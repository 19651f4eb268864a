//! EAP-WSC between a station and an access point over a bad link, under a clock that the test moves.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::testing::TestRng;
use eap::{
    Answer, Ask, Authenticator, AuthenticatorConfig, AuthenticatorOutput, EapError, Env, Note, Other, Peer, PeerConfig,
    PeerOutput, Server, ServerConfig, ServerMethod, ServerOutput, User, Verdict,
};
use wire::Instant;

use crate::eap::{PeerProfile, Query, Reply, Role, WscMethods, WscServer};
use crate::quirks::Quirks;
use crate::registration::{Decision, EnrolleeProfile, Event, Question, RegistrarProfile};

/// What the link does, in percent of packets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bad {
    pub(super) loss: u64,
    pub(super) duplication: u64,
    /// The longest delay, in milliseconds.
    pub(super) delay: u64,
    pub(super) replay: u64,
}

pub(super) type Decide = Box<dyn FnMut(&Query) -> Reply>;

pub(super) struct Link {
    pub(super) peer: Peer,
    pub(super) authenticator: Authenticator,
    pub(super) server: Server,
    pub(super) rng: TestRng,
    pub(super) now: Instant,
    pub(super) bad: Bad,
    served: Option<WscServer>,
    decide: Decide,
    air: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    pub(super) sent: Vec<(bool, Vec<u8>)>,
    serial: u64,
    pub(super) peer_said: Vec<Event>,
    pub(super) server_said: Vec<Event>,
    pub(super) peer_ended: Option<EapError>,
    pub(super) server_ended: Option<EapError>,
    pub(super) verdict: Option<Verdict>,
}

pub(super) fn registrar_profile(addr: wire::MacAddr) -> RegistrarProfile {
    RegistrarProfile { own: super::kit::own(addr), quirks: Quirks::default() }
}

/// Always the same decision.
pub(super) fn always(decision: Decision) -> Decide {
    Box::new(move |query| match query {
        Query::Registrar(Question::Enrollee(_), _) => Reply::Decision(decision.clone()),
        Query::Registrar(Question::StillAlone(_), _) => Reply::IsAlone(true),
        Query::Relay(_) => Reply::Silence,
    })
}

impl Link {
    /// A station that wants a network, and an access point with a registrar.
    pub(super) fn enrolling(profile: EnrolleeProfile, decide: Decide, mtu: usize) -> Link {
        let server = WscServer::registrar(registrar_profile(super::kit::AP));
        Self::new(PeerProfile::Enrollee(Box::new(profile)), server, decide, mtu)
    }

    /// A station that configures an access point.
    pub(super) fn configuring(profile: EnrolleeProfile, decide: Decide, mtu: usize) -> Link {
        let peer = PeerProfile::Registrar(Box::new(registrar_profile(super::kit::STATION)));
        Self::new(peer, WscServer::enrollee(profile), decide, mtu)
    }

    fn new(peer: PeerProfile, served: WscServer, decide: Decide, mtu: usize) -> Link {
        let peer_config = PeerConfig { key_required: false, mtu, ..PeerConfig::default() };
        let server_config = ServerConfig { key_required: false, mtu, ..ServerConfig::default() };
        Link {
            peer: Peer::new(peer_config, Box::new(WscMethods::new(peer))),
            authenticator: Authenticator::new(AuthenticatorConfig::default()),
            server: Server::new(server_config, 0),
            rng: TestRng::new(1),
            now: Instant::ZERO,
            bad: Bad::default(),
            served: Some(served),
            decide,
            air: BTreeMap::new(),
            sent: Vec::new(),
            serial: 0,
            peer_said: Vec::new(),
            server_said: Vec::new(),
            peer_ended: None,
            server_ended: None,
            verdict: None,
        }
    }

    fn send(&mut self, to_peer: bool, packet: Vec<u8>) {
        self.sent.push((to_peer, packet.clone()));
        let copies = 1 + u64::from(self.rng.percent(self.bad.duplication));
        for _ in 0..copies {
            if !self.rng.percent(self.bad.loss) {
                self.carry(to_peer, packet.clone());
            }
        }
        if self.rng.percent(self.bad.replay) {
            let place = usize::try_from(self.rng.below(self.sent.len() as u64)).unwrap();
            let (to_peer, old) = self.sent[place].clone();
            self.carry(to_peer, old);
        }
    }

    fn carry(&mut self, to_peer: bool, packet: Vec<u8>) {
        let delay = Duration::from_millis(1 + self.rng.below(self.bad.delay + 1));
        self.serial += 1;
        self.air.insert((self.now + delay, self.serial), (to_peer, packet));
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::Other(other) => Answer::Other(Other::new((self.decide)(other.get::<Query>().unwrap()))),
            Ask::User { identity, .. } => {
                assert!(Role::of_identity(identity).is_some());
                let methods: Vec<Box<dyn ServerMethod>> = vec![Box::new(self.served.take().unwrap())];
                Answer::User(Box::new(User { methods, ..User::default() }))
            }
            Ask::Identity
            | Ask::Password
            | Ask::NewPassword
            | Ask::OneTimePassword { .. }
            | Ask::Sim(_)
            | Ask::Subscriber(_) => {
                panic!("nobody expected {ask:?}")
            }
        }
    }

    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(output) = self.peer.poll_output() {
                moved = true;
                match output {
                    PeerOutput::Send(packet) => self.send(false, packet),
                    PeerOutput::Ask(ask) => {
                        let answer = self.answer(&ask);
                        let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
                        self.peer.answer(answer, &mut env);
                    }
                    PeerOutput::Note(Note::Other(other)) => {
                        self.peer_said.push(other.get::<Event>().unwrap().clone());
                    }
                    PeerOutput::Failure(error) => self.peer_ended = Some(error),
                    PeerOutput::Success(..) => panic!("EAP-WSC never succeeds"),
                    PeerOutput::Notification(_)
                    | PeerOutput::Started(_)
                    | PeerOutput::Refused(_)
                    | PeerOutput::Note(_) => {}
                }
            }
            while let Some(output) = self.authenticator.poll_output() {
                moved = true;
                match output {
                    AuthenticatorOutput::Send(packet) => self.send(true, packet),
                    AuthenticatorOutput::Identity(_) => {}
                    AuthenticatorOutput::ToServer(packet) => {
                        let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
                        if self.server.handle_packet(&packet, &mut env).is_err() {
                            self.authenticator.handle_ignored();
                        }
                    }
                    AuthenticatorOutput::Finished(verdict) => {
                        if let Verdict::Rejected { packet, .. } = &verdict {
                            self.send(true, packet.clone());
                        }
                        self.verdict = Some(verdict);
                    }
                }
            }
            while let Some(output) = self.server.poll_output() {
                moved = true;
                match output {
                    ServerOutput::Send(packet) => {
                        self.authenticator.handle_request(&packet, None, self.now).unwrap();
                    }
                    ServerOutput::Ask(ask) => {
                        let answer = self.answer(&ask);
                        let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
                        self.server.answer(answer, &mut env);
                    }
                    ServerOutput::Failure { packet, error } => {
                        self.authenticator.handle_reject(Some(&packet), error.clone()).unwrap();
                        self.server_ended = Some(error);
                    }
                    ServerOutput::Success { .. } => panic!("EAP-WSC never succeeds"),
                    ServerOutput::Note(Note::Other(other)) => {
                        self.server_said.push(other.get::<Event>().unwrap().clone());
                    }
                    ServerOutput::Note(_) | ServerOutput::Refused(_) => {}
                }
            }
            if !moved {
                break;
            }
        }
    }

    /// Until nothing is on its way and nobody waits.
    pub(super) fn run(&mut self) -> &mut Link {
        let identifier = u8::try_from(self.rng.below(256)).unwrap();
        self.authenticator.start(identifier, self.now);
        self.settle();
        for _ in 0..20_000 {
            let next = self.air.keys().next().map(|(at, _)| *at);
            let timers = [next, self.peer.poll_deadline(), self.authenticator.poll_deadline()];
            let Some(at) = timers.into_iter().flatten().min() else { break };
            self.now = self.now.max(at);
            if next == Some(at) {
                let (_, (to_peer, packet)) = self.air.pop_first().unwrap();
                if to_peer {
                    let mut env = Env { now: self.now, wall: None, rng: &mut self.rng };
                    let _ = self.peer.handle_packet(&packet, &mut env);
                } else {
                    let _ = self.authenticator.handle_packet(&packet, self.now);
                }
            } else {
                self.peer.handle_timeout(self.now);
                self.authenticator.handle_timeout(self.now);
            }
            self.settle();
        }
        assert!(self.air.is_empty() && self.peer.poll_deadline().is_none(), "something still goes on");
        assert!(self.authenticator.is_idle());
        self
    }

    pub(super) fn given(&self) -> Option<&Event> {
        self.peer_said.iter().find(|event| matches!(event, Event::Given(_)))
    }
}
