//! The server's side: one user, whose methods are made anew for each conversation.

use std::sync::Arc;

use crypto::Secret;
use eap::methods::eke::EkeServer;
use eap::methods::gpsk::GpskServer;
use eap::methods::ikev2::Ikev2Server;
use eap::methods::md5::Md5Server;
use eap::methods::mschapv2::MsChapV2Server;
use eap::methods::pax::PaxServer;
use eap::methods::peap::PeapServer;
use eap::methods::psk::PskServer;
use eap::methods::pwd::{PwdSecret, PwdServer};
use eap::methods::sake::SakeServer;
use eap::methods::sim::{Home, Kind, SimServer, SimServerConfig};
use eap::methods::teap::{TeapInner, TeapServer, TeapStep};
use eap::methods::tls::TlsServer;
use eap::methods::token::TokenServer;
use eap::methods::ttls::{TtlsInner, TtlsServer};
use eap::{Answer, Ask, MethodType, Note, Password, Server, ServerConfig, ServerMethod, ServerOutput, User};
use radius::MppeKeys;
use radius::packet::AttributeWriter;
use radius::server::{Accept, Authenticator, Begin, Env, Input, Step};
use tls::Endpoint;

use crate::config::Config;
use crate::surroundings::Kernel;
use crate::{Outcome, card, hex, material};

/// What the server calls itself.
const NAME: &[u8] = b"server";

/// Who is served, and how.
pub struct Served {
    methods: Vec<MethodType>,
    inner: Vec<MethodType>,
    ttls: Vec<TtlsInner>,
    user: Vec<u8>,
    password: Secret,
    peap_version: u8,
    pwd_group: u16,
    mtu: usize,
    tunnel: Option<Arc<dyn Endpoint>>,
    /// With certificates of clients.
    mutual: Option<Arc<dyn Endpoint>>,
    home: Home,
    sim: SimServerConfig,
    /// Whether each end is told on the standard output.
    tells: bool,
}

impl core::fmt::Debug for Served {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Served").field("methods", &self.methods).field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Served {
    /// What the lines say.
    ///
    /// # Errors
    /// What of them cannot be.
    pub fn new(config: &Config) -> Outcome<Served> {
        let user = config.get("user").unwrap_or("alice").as_bytes().to_vec();
        let mut home = Home::new();
        home.add(&user, card::milenage(), 0x1000);
        let sim = config.get("sim").unwrap_or_default();
        Ok(Served {
            methods: config.methods("methods")?,
            inner: config.methods("inner")?,
            ttls: config.ttls()?,
            user,
            password: Secret::from(config.get("password").unwrap_or_default().as_bytes()),
            peap_version: config.number("peap_version", 0)?,
            pwd_group: config.number("pwd_group", 19)?,
            mtu: config.number("mtu", 1400)?,
            tunnel: material::server(config, false)?,
            mutual: material::server(config, true)?,
            home,
            sim: SimServerConfig {
                result_indications: sim.contains("results"),
                pseudonyms: sim.contains("pseudonyms"),
                fast_reauth: sim.contains("fast"),
                network: b"WLAN".to_vec(),
                ..SimServerConfig::default()
            },
            tells: !config.words("quiet").any(|word| word == "yes"),
        })
    }

    fn method(&self, method: MethodType) -> Option<Box<dyn ServerMethod>> {
        let (name, user, key) = (NAME.to_vec(), self.user.clone(), self.password.clone());
        let password = Password::Plain(self.password.clone());
        Some(match method {
            MethodType::MD5 => Box::new(Md5Server::new(key)),
            MethodType::GTC => Box::new(TokenServer::new(b"Password: ".to_vec(), key)),
            MethodType::MSCHAPV2 => Box::new(MsChapV2Server::new(name, &password)),
            MethodType::PWD => Box::new(PwdServer::new(name, PwdSecret::Password(password), self.pwd_group)),
            MethodType::PSK => Box::new(PskServer::new(name, user, key)),
            MethodType::PAX => Box::new(PaxServer::new(user, key)),
            MethodType::SAKE => Box::new(SakeServer::new(name, user, key)),
            MethodType::GPSK => Box::new(GpskServer::new(name, user, key)),
            MethodType::EKE => Box::new(EkeServer::new(name, user, key)),
            MethodType::IKEV2 => Box::new(Ikev2Server::new(name, user, key)),
            MethodType::SIM => Box::new(SimServer::new(Kind::Sim, self.sim.clone())),
            MethodType::AKA => Box::new(SimServer::new(Kind::Aka, self.sim.clone())),
            MethodType::AKA_PRIME => Box::new(SimServer::new(Kind::AkaPrime, self.sim.clone())),
            MethodType::TLS => Box::new(TlsServer::new(Arc::clone(self.mutual.as_ref()?))),
            MethodType::TTLS => Box::new(TtlsServer::new(Arc::clone(self.tunnel.as_ref()?))),
            MethodType::PEAP => Box::new(PeapServer::new(Arc::clone(self.tunnel.as_ref()?), self.peap_version)),
            MethodType::TEAP => {
                let step = TeapStep { how: TeapInner::Eap, identity: None, is_strict: false };
                Box::new(TeapServer::new(Arc::clone(self.tunnel.as_ref()?), NAME.to_vec(), vec![step]))
            }
            _ => return None,
        })
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        let (identity, methods) = match ask {
            Ask::User { identity, inner: true } => (identity, &self.inner),
            Ask::User { identity, inner: false } => (identity, &self.methods),
            Ask::Subscriber(ask) => return Answer::Subscriber(Box::new(self.home.answer(ask, &mut Kernel::default()))),
            Ask::Identity
            | Ask::Password
            | Ask::NewPassword
            | Ask::OneTimePassword { .. }
            | Ask::Sim(_)
            | Ask::Other(_) => return Answer::Unavailable,
        };
        let is_inner = matches!(ask, Ask::User { inner: true, .. });
        if is_inner && *identity != self.user && !self.user.is_empty() {
            return Answer::Unavailable;
        }
        Answer::User(Box::new(User {
            password: Some(Password::Plain(self.password.clone())),
            ttls: if is_inner { self.ttls.clone() } else { Vec::new() },
            methods: methods.iter().filter_map(|method| self.method(*method)).collect(),
        }))
    }

    fn say(&self, words: &str) {
        if self.tells {
            println!("{words}");
        }
    }
}

impl Authenticator for Served {
    type Conversation = Server;
    type Ask = ();
    type Answer = ();

    fn begin(&mut self, begin: &Begin<'_>) -> Server {
        let carried = begin.mtu.and_then(|mtu| usize::try_from(mtu).ok()).unwrap_or(usize::MAX);
        let config =
            ServerConfig { key_required: false, mtu: self.mtu.min(carried.max(64)), ..ServerConfig::default() };
        Server::new(config, 0)
    }

    fn step(&mut self, server: &mut Server, input: Input<'_, ()>, env: &mut Env<'_>) -> Step<()> {
        let mut env = eap::Env { now: env.now, wall: env.wall, rng: &mut *env.rng };
        match input {
            Input::Packet([]) => server.start(),
            Input::Packet(packet) => {
                if let Err(why) = server.handle_packet(packet, &mut env) {
                    self.say(&format!("ignored {why}"));
                    return Step::Ignore;
                }
            }
            Input::Answer(()) => {}
        }
        let mut step = Step::Ignore;
        while let Some(output) = server.poll_output() {
            match output {
                ServerOutput::Send(packet) => step = Step::Challenge(packet),
                ServerOutput::Ask(ask) => server.answer(self.answer(&ask), &mut env),
                ServerOutput::Note(Note::Subscriber(news)) => self.home.remember(&news),
                ServerOutput::Note(Note::Text(text)) => self.say(&format!("note {text}")),
                ServerOutput::Note(_) => {}
                ServerOutput::Refused(method) => self.say(&format!("naked {method}")),
                ServerOutput::Success { packet, method, identity, keys } => {
                    if self.tells {
                        let msk = keys.as_ref().map_or("-".to_owned(), |keys| hex(keys.msk.as_bytes()));
                        println!("accepted {method} {msk} {}", String::from_utf8_lossy(&identity));
                    }
                    step = Step::Accept(Box::new(Accept {
                        eap: Some(packet),
                        keys: keys.as_ref().map(|keys| MppeKeys::of_msk(keys.msk.as_bytes())),
                        user: None,
                        key_name: keys.and_then(|keys| keys.session_id),
                        attributes: AttributeWriter::new(),
                    }));
                }
                ServerOutput::Failure { packet, error } => {
                    self.say(&format!("refused {error}"));
                    step = Step::Reject(packet);
                }
            }
        }
        step
    }

    fn password(&mut self, user: &[u8], password: &Secret) -> Option<AttributeWriter> {
        (user == self.user && *password == self.password).then(AttributeWriter::new)
    }
}
