//! A supplicant and an authenticator with a bad link between them, and a server behind; on 802.11 a handshake that shows whether
//! both have the same key.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::methods::md5::Md5Server;
use eap::methods::mschapv2::MsChapV2Server;
use eap::methods::pwd::{PwdSecret, PwdServer};
use eap::{Answer, Ask, Credentials, Env, MethodType, Password, PeerConfig, ServerConfig, ServerMethod, User};
use rsn::{AkmSuite, Protection};
use wire::Instant;

use crate::backend::{LocalOutput, LocalServer};
use crate::pdu::{self, PacketType, Pdu};
use crate::{
    Authenticator, AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput, BackendAnswer, MasterKey, PortKind,
    PortStatus, SessionGrant, Supplicant, SupplicantConfig, SupplicantEvent, SupplicantOutput,
};

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

pub(super) struct World {
    pub(super) supplicant: Supplicant,
    pub(super) authenticator: Authenticator,
    server: LocalServer,
    wireless: bool,
    /// The station associates anew when it was sent away.
    pub(super) reconnects: bool,
    disconnected: bool,
    pub(super) method: MethodType,
    pub(super) grant: SessionGrant,
    pub(super) now: Instant,
    pub(super) rng: TestRng,
    pub(super) link: Link,
    /// `true` to the supplicant, with its protection.
    air: BTreeMap<(Instant, u64), (bool, Vec<u8>, Protection)>,
    pub(super) sent: Vec<(bool, Vec<u8>)>,
    serial: u64,
    pub(super) said: Vec<SupplicantOutput>,
    pub(super) told: Vec<AuthenticatorOutput>,
    supplicant_key: Option<MasterKey>,
    authenticator_key: Option<MasterKey>,
    /// Each key that the authenticator ever had.
    pub(super) granted: usize,
    /// Until when frames of the handshake are sent again.
    handshake: Option<(Instant, u32)>,
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn password(text: &str) -> Password {
    Password::Plain(Secret::from(text.as_bytes()))
}

pub(super) fn credentials(method: MethodType, text: &str) -> Box<Credentials> {
    Box::new(Credentials {
        methods: vec![method],
        identity: Some(b"alice".to_vec()),
        password: Some(password(text)),
        ..Credentials::default()
    })
}

pub(super) fn served(method: MethodType) -> Box<dyn ServerMethod> {
    match method {
        MethodType::MD5 => Box::new(Md5Server::new(Secret::from(*b"secret"))),
        MethodType::PWD => Box::new(PwdServer::new(b"server".to_vec(), PwdSecret::Password(password("secret")), 19)),
        _ => Box::new(MsChapV2Server::new(b"server".to_vec(), &password("secret"))),
    }
}

pub(super) fn peer_config(port: PortKind) -> PeerConfig {
    PeerConfig { key_required: port.needs_key(), ..PeerConfig::default() }
}

impl World {
    pub(super) fn new(port: PortKind, method: MethodType) -> World {
        World::with(SupplicantConfig::new(port), AuthenticatorConfig::new(port), method, "secret")
    }

    pub(super) fn with(
        supplicant: SupplicantConfig,
        authenticator: AuthenticatorConfig,
        method: MethodType,
        text: &str,
    ) -> World {
        let port = supplicant.port;
        let server = ServerConfig { key_required: port.needs_key(), ..ServerConfig::default() };
        World {
            supplicant: Supplicant::new(supplicant, peer_config(port), credentials(method, text)),
            authenticator: Authenticator::new(authenticator, 0x40),
            server: LocalServer::new(server),
            wireless: port == PortKind::Wireless,
            reconnects: false,
            disconnected: false,
            method,
            grant: SessionGrant::default(),
            now: Instant::ZERO,
            rng: TestRng::new(1),
            link: Link::default(),
            air: BTreeMap::new(),
            sent: Vec::new(),
            serial: 0,
            said: Vec::new(),
            told: Vec::new(),
            supplicant_key: None,
            authenticator_key: None,
            granted: 0,
            handshake: None,
        }
    }

    pub(super) fn enable(&mut self) {
        self.station(SupplicantEvent::PortEnabled { cached: false });
        self.port(AuthenticatorEvent::PortEnabled { cached: None });
    }

    /// Something happens to the supplicant.
    pub(super) fn station(&mut self, event: SupplicantEvent<'_>) {
        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
        // What is passed over changes nothing.
        let _ = self.supplicant.handle_event(event, &mut env);
        self.settle();
    }

    /// Something happens to the authenticator.
    pub(super) fn port(&mut self, event: AuthenticatorEvent<'_>) {
        let _ = self.authenticator.handle_event(event, self.now);
        self.settle();
    }

    pub(super) fn put(&mut self, to_supplicant: bool, frame: Vec<u8>, protect: bool) {
        let protection = if protect { Protection::Encrypted } else { Protection::Plain };
        if self.rng.percent(self.link.loss) {
            return;
        }
        let copies = 1 + u64::from(self.rng.percent(self.link.duplication));
        for _ in 0..copies {
            let delay = Duration::from_millis(1 + self.rng.below(self.link.delay + 1));
            self.serial += 1;
            self.air.insert((self.now + delay, self.serial), (to_supplicant, frame.clone(), protection));
        }
        if !self.sent.is_empty() && self.rng.percent(self.link.replay) {
            let place = usize::try_from(self.rng.below(self.sent.len() as u64)).unwrap();
            let (to, old) = self.sent[place].clone();
            self.serial += 1;
            self.air.insert((self.now + Duration::from_millis(2), self.serial), (to, old, Protection::Plain));
        }
        self.sent.push((to_supplicant, frame));
    }

    /// The key frame of a handshake: its body is the digest of the sender's key.
    fn key_frame(key: &MasterKey) -> Vec<u8> {
        let pmk = key.pmk(AkmSuite::Eap).unwrap();
        pdu::write(2, PacketType::KEY, &crypto::sha256(&[pmk.as_bytes()])).unwrap()
    }

    pub(super) fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(output) = self.supplicant.poll_output() {
                moved = true;
                match &output {
                    SupplicantOutput::Send { frame, protect } => self.put(false, frame.clone(), *protect),
                    SupplicantOutput::Key(key) => self.supplicant_key = Some(key.clone()),
                    SupplicantOutput::KeyFrame(frame) => {
                        let frame = frame.clone();
                        self.station_hears_key(&frame);
                    }
                    SupplicantOutput::Port(PortStatus::Authorized) => {
                        let earned = self.said.iter().any(|said| matches!(said, SupplicantOutput::Authenticated(_)));
                        assert!(earned, "open without success");
                    }
                    _ => {}
                }
                self.said.push(output);
            }
            while let Some(output) = self.authenticator.poll_output() {
                moved = true;
                match &output {
                    AuthenticatorOutput::Send { frame, protect } => self.put(true, frame.clone(), *protect),
                    AuthenticatorOutput::ToBackend { conversation, packet, .. } => {
                        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
                        self.server.handle(*conversation, packet, &mut env);
                    }
                    AuthenticatorOutput::Abandon { conversation } => self.server.abandon(*conversation),
                    AuthenticatorOutput::Key(key) => self.authenticator_key = Some(key.clone()),
                    AuthenticatorOutput::Authenticated { .. } if self.wireless => self.handshake = Some((self.now, 0)),
                    AuthenticatorOutput::KeyFrame(frame) => {
                        let expected = self.authenticator_key.as_ref().map(World::key_frame);
                        if self.handshake.is_some() && expected.as_deref() == Some(&frame[..]) {
                            self.handshake = None;
                            let _ = self.authenticator.handle_event(AuthenticatorEvent::KeysInstalled, self.now);
                        }
                    }
                    AuthenticatorOutput::Disconnect(_) => self.disconnected = true,
                    AuthenticatorOutput::Port(PortStatus::Authorized) => {
                        assert!(self.granted > 0, "open though the server let nobody in");
                    }
                    _ => {}
                }
                self.told.push(output);
            }
            while let Some(output) = self.server.poll_output() {
                moved = true;
                match output {
                    LocalOutput::Answer { conversation, mut answer } => {
                        if let BackendAnswer::Accept(accept) = &mut answer {
                            self.granted += 1;
                            accept.grant = self.grant.clone();
                        }
                        let event = AuthenticatorEvent::Backend { conversation, answer };
                        let _ = self.authenticator.handle_event(event, self.now);
                    }
                    LocalOutput::Ask(Ask::User { .. }) => {
                        let user = User { methods: vec![served(self.method)], ..User::default() };
                        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
                        self.server.answer(Answer::User(Box::new(user)), &mut env);
                    }
                    LocalOutput::Ask(other) => panic!("{other:?}"),
                    LocalOutput::Note(_) | LocalOutput::Refused(_) => {}
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn station_hears_key(&mut self, frame: &[u8]) {
        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
        let _ = self.supplicant.handle_event(SupplicantEvent::HandshakeBegins, &mut env);
        while let Some(output) = self.supplicant.poll_output() {
            if let SupplicantOutput::Key(key) = &output {
                self.supplicant_key = Some(key.clone());
            }
            self.said.push(output);
        }
        let ours = self.supplicant_key.as_ref().map(World::key_frame);
        if ours.as_deref() == Some(frame) {
            self.put(false, frame.to_vec(), false);
            let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
            let _ = self.supplicant.handle_event(SupplicantEvent::KeysInstalled, &mut env);
        }
    }

    fn handshake_due(&mut self) {
        let Some((at, count)) = self.handshake else { return };
        if at > self.now {
            return;
        }
        if count > 8 {
            self.handshake = None;
            return self.port(AuthenticatorEvent::HandshakeFailed);
        }
        self.handshake = Some((self.now + secs(1), count + 1));
        let frame = self.authenticator_key.as_ref().map(World::key_frame).unwrap();
        self.put(true, frame, false);
    }

    /// Lets this much time pass.
    pub(super) fn run(&mut self, span: Duration) {
        self.run_with(span, |_| {});
    }

    /// The same, with something that happens after each step.
    pub(super) fn run_with(&mut self, span: Duration, mut each: impl FnMut(&mut World)) {
        let end = self.now + span;
        self.settle();
        for _ in 0..200_000 {
            let flight = self.air.keys().next().map(|(at, _)| *at);
            let timers = [
                flight,
                self.supplicant.poll_deadline(),
                self.authenticator.poll_deadline(),
                self.handshake.map(|(at, _)| at),
            ];
            let Some(next) = timers.into_iter().flatten().min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if flight.is_some_and(|at| at <= self.now) {
                let (_, (to_supplicant, frame, protection)) = self.air.pop_first().unwrap();
                if to_supplicant {
                    self.station(SupplicantEvent::Frame { bytes: &frame, protection });
                } else {
                    self.port(AuthenticatorEvent::Frame { bytes: &frame, protection });
                }
            }
            self.supplicant.handle_timeout(self.now);
            self.authenticator.handle_timeout(self.now);
            self.handshake_due();
            self.settle();
            if core::mem::replace(&mut self.disconnected, false) && self.reconnects {
                self.handshake = None;
                self.station(SupplicantEvent::PortDisabled);
                self.port(AuthenticatorEvent::PortDisabled);
                self.enable();
            }
            each(self);
        }
        panic!("time stands still");
    }

    /// Everything on its way is lost.
    pub(super) fn lose_all(&mut self) {
        self.air.clear();
    }

    pub(super) fn status(&self) -> (PortStatus, PortStatus) {
        (self.supplicant.status(), self.authenticator.status())
    }

    pub(super) fn same_keys(&self) -> bool {
        self.supplicant_key.is_some() && self.supplicant_key == self.authenticator_key
    }

    /// How many packets of a type went this way.
    pub(super) fn count(&self, to_supplicant: bool, ty: PacketType) -> usize {
        let is = |(to, frame): &&(bool, Vec<u8>)| *to == to_supplicant && Pdu::parse(frame).unwrap().ty == ty;
        self.sent.iter().filter(is).count()
    }

    pub(super) fn send_plain(&mut self, to_supplicant: bool, frame: &[u8]) {
        let protection = Protection::Plain;
        if to_supplicant {
            self.station(SupplicantEvent::Frame { bytes: frame, protection });
        } else {
            self.port(AuthenticatorEvent::Frame { bytes: frame, protection });
        }
    }
}
