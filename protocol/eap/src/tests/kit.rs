//! A peer and a server with a bad link between them, under a clock that the test moves.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use wire::Instant;

use crate::erp::{ErpAnswer, ErpStore};
use crate::{
    Answer, Ask, Authenticator, AuthenticatorConfig, AuthenticatorOutput, Credentials, EapError, Env, Keys, MethodType,
    Note, Password, Peer, PeerConfig, PeerOutput, Server, ServerConfig, ServerMethod, ServerOutput, User, Verdict,
};

/// 2026-11-26, as the certificates of `tls::testing` have it.
pub(super) const WALL: u64 = 1_795_651_200;

/// What the link does, in percent of packets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    pub(super) loss: u64,
    pub(super) duplication: u64,
    /// The longest delay, in milliseconds: packets overtake each other.
    pub(super) delay: u64,
    /// Old packets come again.
    pub(super) replay: u64,
}

/// Who answers what the two sides ask for.
pub(super) type Helper = Box<dyn FnMut(&Ask) -> Answer>;

pub(super) struct Pair {
    pub(super) peer: Peer,
    pub(super) authenticator: Authenticator,
    pub(super) server: Server,
    /// Where the server keeps keys for re-authentications.
    pub(super) store: Option<ErpStore>,
    pub(super) rng: TestRng,
    pub(super) now: Instant,
    pub(super) link: Link,
    pub(super) peer_helper: Helper,
    pub(super) server_helper: Helper,
    server_config: ServerConfig,
    air: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    /// Everything that was ever sent, `true` to the peer.
    pub(super) sent: Vec<(bool, Vec<u8>)>,
    serial: u64,
    pub(super) peer_said: Vec<PeerOutput>,
    pub(super) server_said: Vec<ServerOutput>,
    pub(super) verdict: Option<Verdict>,
}

/// How it ended on both sides.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) peer: Result<Option<Keys>, EapError>,
    pub(super) server: Result<Option<Keys>, EapError>,
    pub(super) identity: Vec<u8>,
}

pub(super) fn nobody() -> Helper {
    Box::new(|ask| panic!("nobody expected {ask:?}"))
}

/// A table of one user, whose methods are made anew for each question.
pub(super) fn user(mut methods: impl FnMut() -> Vec<Box<dyn ServerMethod>> + 'static) -> Helper {
    Box::new(move |ask| match ask {
        Ask::User { .. } => Answer::User(Box::new(User { methods: methods(), ..User::default() })),
        other => panic!("nobody expected {other:?}"),
    })
}

pub(super) fn password(text: &str) -> Password {
    Password::Plain(Secret::from(text.as_bytes()))
}

pub(super) fn credentials(methods: &[MethodType], text: &str) -> Credentials {
    Credentials {
        methods: methods.to_vec(),
        identity: Some(b"alice".to_vec()),
        password: Some(password(text)),
        ..Credentials::default()
    }
}

/// Configurations that take methods without keys too.
pub(super) fn lax() -> (PeerConfig, ServerConfig) {
    (
        PeerConfig { key_required: false, ..PeerConfig::default() },
        ServerConfig { key_required: false, ..ServerConfig::default() },
    )
}

impl Pair {
    pub(super) fn new(credentials: Credentials, server_helper: Helper) -> Pair {
        let (peer, server) = lax();
        Pair::with(peer, server, credentials, server_helper)
    }

    pub(super) fn with(peer: PeerConfig, server: ServerConfig, credentials: Credentials, helper: Helper) -> Pair {
        Pair {
            peer: Peer::new(peer, Box::new(credentials)),
            authenticator: Authenticator::new(AuthenticatorConfig::default()),
            server: Server::new(server, 0),
            store: None,
            rng: TestRng::new(1),
            now: Instant::ZERO,
            link: Link::default(),
            peer_helper: nobody(),
            server_helper: helper,
            server_config: server,
            air: BTreeMap::new(),
            sent: Vec::new(),
            serial: 0,
            peer_said: Vec::new(),
            server_said: Vec::new(),
            verdict: None,
        }
    }

    fn send(&mut self, to_peer: bool, packet: Vec<u8>) {
        self.sent.push((to_peer, packet.clone()));
        let copies = 1 + u64::from(self.rng.percent(self.link.duplication));
        for _ in 0..copies {
            if !self.rng.percent(self.link.loss) {
                self.carry(to_peer, packet.clone());
            }
        }
        if self.rng.percent(self.link.replay) {
            let place = usize::try_from(self.rng.below(self.sent.len() as u64)).unwrap();
            let (to_peer, old) = self.sent[place].clone();
            self.carry(to_peer, old);
        }
    }

    fn carry(&mut self, to_peer: bool, packet: Vec<u8>) {
        let delay = Duration::from_millis(1 + self.rng.below(self.link.delay + 1));
        self.serial += 1;
        self.air.insert((self.now + delay, self.serial), (to_peer, packet));
    }

    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(output) = self.peer.poll_output() {
                moved = true;
                match &output {
                    PeerOutput::Send(packet) => self.send(false, packet.clone()),
                    PeerOutput::Ask(ask) => {
                        let answer = (self.peer_helper)(ask);
                        self.peer.answer(answer, &mut env(self.now, &mut self.rng));
                    }
                    _ => {}
                }
                self.peer_said.push(output);
            }
            while let Some(output) = self.authenticator.poll_output() {
                moved = true;
                match output {
                    AuthenticatorOutput::Send(packet) => self.send(true, packet),
                    AuthenticatorOutput::Identity(_) => {}
                    AuthenticatorOutput::ToServer(packet) if packet[0] == 5 => self.reauthenticate(&packet),
                    AuthenticatorOutput::ToServer(packet) => {
                        if self.server.handle_packet(&packet, &mut env(self.now, &mut self.rng)).is_err() {
                            self.authenticator.handle_ignored();
                        }
                    }
                    AuthenticatorOutput::Finished(verdict) => {
                        match &verdict {
                            Verdict::Accepted { packet } | Verdict::Rejected { packet, .. } => {
                                self.send(true, packet.clone());
                            }
                            Verdict::Silent => {}
                        }
                        self.verdict = Some(verdict);
                    }
                }
            }
            while let Some(output) = self.server.poll_output() {
                moved = true;
                match &output {
                    ServerOutput::Send(packet) => {
                        self.authenticator.handle_request(packet, None, self.now).unwrap();
                    }
                    ServerOutput::Ask(ask) => {
                        let answer = (self.server_helper)(ask);
                        self.server.answer(answer, &mut env(self.now, &mut self.rng));
                    }
                    ServerOutput::Success { packet, keys, identity, .. } => {
                        if let (Some(store), Some(keys)) = (&mut self.store, keys) {
                            store.add(keys, identity, self.now);
                        }
                        self.authenticator.handle_accept(Some(packet)).unwrap();
                    }
                    ServerOutput::Failure { packet, error } => {
                        self.authenticator.handle_reject(Some(packet), error.clone()).unwrap();
                    }
                    ServerOutput::Note(_) | ServerOutput::Refused(_) => {}
                }
                self.server_said.push(output);
            }
            if !moved {
                break;
            }
        }
    }

    fn reauthenticate(&mut self, packet: &[u8]) {
        match self.store.as_mut().unwrap().handle(packet, self.now) {
            Ok(ErpAnswer::Success { packet, identity, keys }) => {
                self.authenticator.handle_accept(Some(&packet)).unwrap();
                let (method, keys) = (MethodType::ietf(0), Some(keys));
                self.server_said.push(ServerOutput::Success { packet, method, identity, keys });
            }
            Ok(ErpAnswer::Failure { packet }) => {
                let error = EapError::credentials("no such key");
                self.authenticator.handle_reject(Some(&packet), error.clone()).unwrap();
                self.server_said.push(ServerOutput::Failure { packet, error });
            }
            Err(_) => self.authenticator.handle_ignored(),
        }
    }

    /// The next conversation of both, which keep what they know of each other.
    pub(super) fn again(&mut self) {
        self.peer.restart();
        self.server = Server::new(self.server_config, 0);
        self.peer_said.clear();
        self.server_said.clear();
        self.verdict = None;
    }

    /// Until nothing is on its way and nobody waits.
    pub(super) fn run(&mut self) -> Ended {
        let identifier = u8::try_from(self.rng.below(256)).unwrap();
        self.authenticator.start(identifier, self.now);
        self.settle();
        for _ in 0..10_000 {
            let next = self.air.keys().next().map(|(at, _)| *at);
            let timers = [next, self.peer.poll_deadline(), self.authenticator.poll_deadline()];
            let Some(at) = timers.into_iter().flatten().min() else { break };
            self.now = self.now.max(at);
            if next == Some(at) {
                let (_, (to_peer, packet)) = self.air.pop_first().unwrap();
                if to_peer {
                    let _ = self.peer.handle_packet(&packet, &mut env(self.now, &mut self.rng));
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
        self.ended()
    }

    fn ended(&self) -> Ended {
        let peer = self.peer_said.iter().find_map(|output| match output {
            PeerOutput::Success(_, keys) => Some(Ok(keys.clone())),
            PeerOutput::Failure(error) => Some(Err(error.clone())),
            _ => None,
        });
        let mut identity = Vec::new();
        let server = self.server_said.iter().find_map(|output| match output {
            ServerOutput::Success { keys, identity: who, .. } => {
                identity.clone_from(who);
                Some(Ok(keys.clone()))
            }
            ServerOutput::Failure { error, .. } => Some(Err(error.clone())),
            _ => None,
        });
        Ended {
            peer: peer.unwrap_or(Err(EapError::Timeout)),
            server: server.unwrap_or(Err(EapError::Timeout)),
            identity,
        }
    }

    /// What the peer told the outside.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.peer_said.iter().filter_map(|output| match output {
            PeerOutput::Note(note) => Some(note),
            _ => None,
        })
    }
}

pub(super) fn env(now: Instant, rng: &mut TestRng) -> Env<'_> {
    Env { now, wall: Some(WALL), rng }
}

/// Runs under ever worse links. Whoever succeeds has the other's keys, and nearly all succeed.
pub(super) fn survives_bad_links(mut make: impl FnMut() -> Pair) {
    let mut succeeded = 0;
    for seed in 0..100 {
        let mut pair = make();
        pair.rng = TestRng::new(seed);
        pair.link = Link { loss: seed % 20, duplication: 20, delay: 2500, replay: 20 };
        let ended = pair.run();
        if let Ok(keys) = &ended.peer {
            assert_eq!(Ok(keys), ended.server.as_ref(), "seed {seed}: the peer succeeded alone");
            succeeded += 1;
        } else if ended.server.is_err() {
            let why = (&ended.peer, &ended.server, &pair.verdict);
            assert!(matches!(pair.verdict, Some(Verdict::Silent)), "seed {seed}: {why:?}");
        }
    }
    assert!(succeeded > 70, "only {succeeded} of 100 conversations succeeded");
}

/// A peer and a server that talk without a link between them; `alter` is given each Request with its number, the one for
/// the identity being 0. Gives what either side came to, and how many Requests there were.
pub(super) fn in_step(
    credentials: Credentials,
    helper: &mut Helper,
    alter: impl FnMut(usize, &mut Vec<u8>),
) -> (Ended, usize) {
    in_step_with(credentials, helper, alter, |_, _| {})
}

/// The same; `between` has the peer after each of its answers.
pub(super) fn in_step_with(
    credentials: Credentials,
    helper: &mut Helper,
    mut alter: impl FnMut(usize, &mut Vec<u8>),
    mut between: impl FnMut(usize, &mut Peer),
) -> (Ended, usize) {
    let (mut peer_rng, mut server_rng) = (TestRng::new(1), TestRng::new(2));
    let mut peer = Peer::new(PeerConfig::default(), Box::new(credentials));
    let mut server = Server::new(ServerConfig::default(), 0);
    server.start();
    let mut ended = Ended { peer: Err(EapError::Timeout), server: Err(EapError::Timeout), identity: Vec::new() };
    let mut requests = 0;
    loop {
        let mut to_peer = None;
        while let Some(output) = server.poll_output() {
            match output {
                ServerOutput::Send(packet) => to_peer = Some(packet),
                ServerOutput::Ask(ask) => server.answer(helper(&ask), &mut env(Instant::ZERO, &mut server_rng)),
                ServerOutput::Success { packet, keys, identity, .. } => {
                    (ended.server, ended.identity) = (Ok(keys), identity);
                    to_peer = Some(packet);
                }
                ServerOutput::Failure { packet, error } => {
                    ended.server = Err(error);
                    to_peer = Some(packet);
                }
                ServerOutput::Note(_) | ServerOutput::Refused(_) => {}
            }
        }
        let Some(mut packet) = to_peer else { break };
        if packet[0] == 1 {
            alter(requests, &mut packet);
            requests += 1;
        }
        let _ = peer.handle_packet(&packet, &mut env(Instant::ZERO, &mut peer_rng));
        let mut said: Vec<_> = core::iter::from_fn(|| peer.poll_output()).collect();
        if packet[0] == 1 {
            between(requests - 1, &mut peer);
            said.extend(core::iter::from_fn(|| peer.poll_output()));
        }
        for output in said {
            match output {
                PeerOutput::Send(packet) => {
                    let _ = server.handle_packet(&packet, &mut env(Instant::ZERO, &mut server_rng));
                }
                PeerOutput::Success(_, keys) => ended.peer = Ok(keys),
                PeerOutput::Failure(error) => ended.peer = Err(error),
                _ => {}
            }
        }
    }
    (ended, requests)
}
