//! EAPOL: packets, and both port access entities with a server behind and somebody between them.

use std::collections::VecDeque;
use std::time::Duration;

use crypto::Secret;
use crypto::testing::TestRng;
use eap::methods::md5::Md5Server;
use eap::methods::mschapv2::MsChapV2Server;
use eap::{Answer, Credentials, Env, MethodType, Password, PeerConfig, ServerConfig, ServerMethod, User};
use eapol::backend::{LocalOutput, LocalServer};
use eapol::{
    Authenticator, AuthenticatorConfig, AuthenticatorEvent, AuthenticatorOutput, BackendAnswer, PacketType, Pdu,
    PortKind, PortStatus, Supplicant, SupplicantConfig, SupplicantEvent, SupplicantOutput, pdu,
};
use rsn::Protection;
use wire::Instant;

/// What is read comes back the same when it is written.
pub(crate) fn packets(data: &[u8]) {
    if let Ok(read) = Pdu::parse(data) {
        let written = pdu::write(read.version, read.ty, read.body);
        assert_eq!(written.as_deref(), Ok(read.whole), "a packet did not come back the same");
        assert!(data.starts_with(read.whole));
    }
}

/// More steps than any conversation has.
const STEPS: usize = 128;

fn secret() -> Secret {
    Secret::from(*b"secret")
}

/// Both sides, the server, and what is on its way; `true` to the supplicant.
struct Between {
    port: PortKind,
    supplicant: Supplicant,
    authenticator: Authenticator,
    server: LocalServer,
    rng: TestRng,
    now: Instant,
    way: VecDeque<(bool, Vec<u8>)>,
    /// Since its port was enabled, the supplicant has said that it succeeded.
    succeeded: bool,
    /// Since its port was enabled, the server has let the peer in.
    granted: bool,
}

impl Between {
    fn new(port: PortKind) -> Between {
        let method = if port == PortKind::Wired { MethodType::MD5 } else { MethodType::MSCHAPV2 };
        let credentials = Credentials {
            methods: vec![method],
            identity: Some(b"alice".to_vec()),
            password: Some(Password::Plain(secret())),
            ..Credentials::default()
        };
        let key_required = port.needs_key();
        let peer = PeerConfig { key_required, ..PeerConfig::default() };
        let mut between = Between {
            port,
            supplicant: Supplicant::new(SupplicantConfig::new(port), peer, Box::new(credentials)),
            authenticator: Authenticator::new(AuthenticatorConfig::new(port), 1),
            server: LocalServer::new(ServerConfig { key_required, ..ServerConfig::default() }),
            rng: TestRng::new(1),
            now: Instant::ZERO,
            way: VecDeque::new(),
            succeeded: false,
            granted: false,
        };
        between.enable();
        between
    }

    fn enable(&mut self) {
        (self.succeeded, self.granted) = (false, false);
        self.way.clear();
        self.station(SupplicantEvent::PortDisabled);
        self.access_point(AuthenticatorEvent::PortDisabled);
        self.way.clear();
        self.station(SupplicantEvent::PortEnabled { cached: false });
        self.access_point(AuthenticatorEvent::PortEnabled { cached: None });
    }

    fn station(&mut self, event: SupplicantEvent<'_>) {
        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
        // What is passed over changes nothing.
        let _ = self.supplicant.handle_event(event, &mut env);
        self.settle();
    }

    fn access_point(&mut self, event: AuthenticatorEvent<'_>) {
        let _ = self.authenticator.handle_event(event, self.now);
        self.settle();
    }

    fn carry(&mut self, to_supplicant: bool, bytes: &[u8], protection: Protection) {
        if to_supplicant {
            self.station(SupplicantEvent::Frame { bytes, protection });
        } else {
            self.access_point(AuthenticatorEvent::Frame { bytes, protection });
        }
    }

    fn settle(&mut self) {
        let mut moved = true;
        while moved {
            moved = false;
            while let Some(output) = self.supplicant.poll_output() {
                moved = true;
                match output {
                    SupplicantOutput::Send { frame, .. } => self.way.push_back((false, frame)),
                    SupplicantOutput::Authenticated(_) => self.succeeded = true,
                    SupplicantOutput::Key(_) => assert!(self.port.needs_key(), "a key of a method that makes none"),
                    SupplicantOutput::Port(PortStatus::Authorized) => {
                        assert!(self.succeeded, "the station's port is open and nothing succeeded");
                    }
                    SupplicantOutput::Port(PortStatus::Unsecured | PortStatus::Unauthorized)
                    | SupplicantOutput::KeyFrame(_)
                    | SupplicantOutput::Other(..)
                    | SupplicantOutput::Ask(_)
                    | SupplicantOutput::Notification(_)
                    | SupplicantOutput::Started(_)
                    | SupplicantOutput::Refused(_)
                    | SupplicantOutput::Note(_)
                    | SupplicantOutput::Failed(_) => {}
                }
            }
            while let Some(output) = self.authenticator.poll_output() {
                moved = true;
                match output {
                    AuthenticatorOutput::Send { frame, .. } => self.way.push_back((true, frame)),
                    AuthenticatorOutput::ToBackend { conversation, packet, .. } => {
                        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
                        self.server.handle(conversation, &packet, &mut env);
                    }
                    AuthenticatorOutput::Abandon { conversation } => self.server.abandon(conversation),
                    AuthenticatorOutput::Key(_) | AuthenticatorOutput::Authenticated { .. } => {
                        assert!(self.granted, "a key or a session, and the server has let nobody in");
                    }
                    AuthenticatorOutput::Port(PortStatus::Authorized) => {
                        assert!(self.granted, "the access point's port is open, and the server has let nobody in");
                    }
                    AuthenticatorOutput::Port(PortStatus::Unsecured | PortStatus::Unauthorized)
                    | AuthenticatorOutput::KeyFrame(_)
                    | AuthenticatorOutput::Other(..)
                    | AuthenticatorOutput::Failed(_)
                    | AuthenticatorOutput::Disconnect(_) => {}
                }
            }
            while let Some(output) = self.server.poll_output() {
                moved = true;
                match output {
                    LocalOutput::Answer { conversation, answer } => {
                        self.granted |= matches!(answer, BackendAnswer::Accept(_));
                        let event = AuthenticatorEvent::Backend { conversation, answer };
                        let _ = self.authenticator.handle_event(event, self.now);
                    }
                    LocalOutput::Ask(_) => {
                        let method: Box<dyn ServerMethod> = if self.port == PortKind::Wired {
                            Box::new(Md5Server::new(secret()))
                        } else {
                            Box::new(MsChapV2Server::new(b"server".to_vec(), &Password::Plain(secret())))
                        };
                        let user = User { methods: vec![method], ..User::default() };
                        let mut env = Env { now: self.now, wall: Some(0), rng: &mut self.rng };
                        self.server.answer(Answer::User(Box::new(user)), &mut env);
                    }
                    LocalOutput::Note(_) | LocalOutput::Refused(_) => {}
                }
            }
        }
        assert!(self.way.len() < 4096, "more is sent than ever came");
    }

    /// Time passes; timers that have run out do not run out again at once.
    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        let due = |between: &Between| {
            let timers = [between.supplicant.poll_deadline(), between.authenticator.poll_deadline()];
            timers.into_iter().flatten().any(|deadline| deadline <= between.now)
        };
        for _ in 0..8 {
            self.supplicant.handle_timeout(self.now);
            self.authenticator.handle_timeout(self.now);
            self.settle();
            if !due(self) {
                return;
            }
        }
        assert!(!due(self), "a timer never ends");
    }

    /// What a stranger may say.
    fn forge(&mut self, what: u8, identifier: u8, protection: Protection) {
        let (to_supplicant, ty, body): (bool, PacketType, &[u8]) = match what % 8 {
            0 => (true, PacketType::EAP, &[3, identifier, 0, 4]),
            1 => (true, PacketType::EAP, &[4, identifier, 0, 4]),
            2 => (true, PacketType::EAP, &[1, identifier, 0, 5, 1]),
            3 => (false, PacketType::START, &[]),
            4 => (false, PacketType::LOGOFF, &[]),
            5 => (false, PacketType::EAP, &[2, identifier, 0, 6, 1, b'm']),
            6 => (true, PacketType::KEY, &[identifier]),
            _ => (false, PacketType(what), &[identifier]),
        };
        if let Ok(frame) = pdu::write(2, ty, body) {
            self.carry(to_supplicant, &frame, protection);
        }
    }
}

/// The first octet says which kind of port; then one for each step says what happens.
pub(crate) fn machines(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let port = match choice % 3 {
        0 => PortKind::Wired,
        1 => PortKind::Wireless,
        _ => PortKind::Preauthentication,
    };
    let mut between = Between::new(port);
    let mut script = data.iter().copied();
    let mut undisturbed = true;
    for _ in 0..STEPS {
        let step = script.next().unwrap_or(0);
        let protection = match (step >> 4) % 3 {
            0 => Protection::Unknown,
            1 => Protection::Plain,
            _ => Protection::Encrypted,
        };
        undisturbed &= step & 15 == 0;
        match step & 15 {
            0..=5 => {
                let Some((to_supplicant, mut frame)) = between.way.pop_front() else {
                    between.pass(1);
                    continue;
                };
                match step & 15 {
                    1 => {
                        let (at, by) = (script.next().unwrap_or(0), script.next().unwrap_or(0));
                        let place = usize::from(at).checked_rem(frame.len()).unwrap_or(0);
                        let mut changed = frame.clone();
                        if let Some(octet) = changed.get_mut(place) {
                            *octet ^= by;
                        }
                        between.carry(to_supplicant, &changed, protection);
                    }
                    2 => between.carry(to_supplicant, &frame, protection),
                    3 => between.carry(!to_supplicant, &frame, protection),
                    4 => {
                        // It comes too late: after the next one.
                        if let Some((to, next)) = between.way.pop_front() {
                            between.carry(to, &next, protection);
                        }
                    }
                    5 => frame.truncate(usize::from(script.next().unwrap_or(0))),
                    _ => {}
                }
                between.carry(to_supplicant, &frame, protection);
            }
            6 => {
                between.way.pop_front();
            }
            7 | 8 => between.forge(script.next().unwrap_or(0), script.next().unwrap_or(0), protection),
            9 => between.pass(u64::from(script.next().unwrap_or(0))),
            10 => between.station(SupplicantEvent::KeysInstalled),
            11 => between.access_point(AuthenticatorEvent::KeysInstalled),
            12 => between.station(SupplicantEvent::HandshakeBegins),
            13 => {
                between.station(SupplicantEvent::HandshakeFailed);
                between.access_point(AuthenticatorEvent::HandshakeFailed);
            }
            14 => {
                let now = between.now;
                match script.next().unwrap_or(0) % 5 {
                    0 => between.supplicant.logoff(now),
                    1 => between.supplicant.logon(now),
                    2 => between.supplicant.reauthenticate(now),
                    3 => between.authenticator.reauthenticate(now),
                    _ => between.authenticator.terminate(now),
                }
                between.settle();
            }
            _ => between.enable(),
        }
    }
    if undisturbed {
        assert!(between.succeeded && between.granted, "nobody was in the way");
    }
}
