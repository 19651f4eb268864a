//! The peer's side: conversations of EAP over a RADIUS client, any number at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::{Rng, Secret};
use eap::methods::sim::{SimCard, SimCredentials};
use eap::methods::ttls::TtlsInner;
use eap::{
    Credentials, CryptoBinding, EapError, Keys, MethodType, Note, Password, Peer, PeerConfig, PeerOutput,
    TunnelCredentials,
};
use radius::client::{Client, Output, ServerConfig, Timing, Token};
use radius::nas::{Nas, PORT_WIRELESS, Port, Suites, eap_request};
use radius::{Code, MppeKeys, Overrides, Reply, SharedSecret, Type};
use wire::{Instant, MacAddr};

use crate::config::Config;
use crate::{Outcome, card, material};

/// What a conversation came to.
#[derive(Debug)]
pub struct Ended {
    /// The method and its keys, or why not.
    pub peer: Result<(Option<MethodType>, Option<Keys>), EapError>,
    /// What the server says by RADIUS: the keys of an Access-Accept; `None` if it was none.
    pub server: Option<Option<MppeKeys>>,
    /// How many requests of RADIUS it took.
    pub requests: u32,
    /// How many certificates of the server were seen: none if an earlier session was taken up again.
    pub certificates: usize,
    /// What was told for the log.
    pub notes: Vec<String>,
    /// RADIUS failed.
    pub trouble: Option<String>,
}

/// One conversation.
#[derive(Debug)]
struct Conversation {
    peer: Peer,
    state: Option<Vec<u8>>,
    identity: Vec<u8>,
    ended: Ended,
}

impl Conversation {
    fn begin(peer: Peer) -> Conversation {
        let ended = Ended {
            peer: Err(EapError::Timeout),
            server: None,
            requests: 0,
            certificates: 0,
            notes: Vec::new(),
            trouble: None,
        };
        Conversation { peer, state: None, identity: Vec::new(), ended }
    }
}

/// Names a conversation.
pub type Id = u64;

/// Conversations with one server.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    waiting: BTreeMap<Token, Id>,
    open: BTreeMap<Id, Conversation>,
    ended: VecDeque<(Id, Ended, Peer)>,
    sends: VecDeque<(u8, Vec<u8>)>,
    next: Id,
    /// Conversations are left alone after so many requests.
    pub stop_after: u32,
}

impl Caller {
    /// A client of a server with this secret, with so many source ports.
    ///
    /// # Errors
    /// The secret is none.
    pub fn new(secret: &[u8], lanes: u8) -> Outcome<Caller> {
        let server = ServerConfig { lanes, ..ServerConfig::new(SharedSecret::new(secret)?) };
        let config = radius::client::Config {
            servers: vec![server],
            timing: Timing::authentication(),
            retry_primary: None,
            max_pending: 65_536,
            overrides: Overrides::default(),
        };
        Ok(Caller {
            client: Client::new(config)?,
            waiting: BTreeMap::new(),
            open: BTreeMap::new(),
            ended: VecDeque::new(),
            sends: VecDeque::new(),
            next: 0,
            stop_after: u32::MAX,
        })
    }

    /// Begins a conversation; `identifier` is that of the first Request.
    pub fn begin(&mut self, peer: Peer, now: Instant, wall: Option<u64>, rng: &mut dyn Rng) -> Id {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        let mut conversation = Conversation::begin(peer);
        // The access point asks who it is, and passes on everything else (RFC 3579 2.1).
        let _ = conversation.peer.handle_packet(&[1, 0, 0, 5, 1], &mut eap::Env { now, wall, rng });
        self.open.insert(id, conversation);
        self.go_on(id, now, wall, rng);
        id
    }

    /// Takes a datagram of the server.
    pub fn handle_datagram(
        &mut self,
        lane: u8,
        datagram: &[u8],
        now: Instant,
        wall: Option<u64>,
        rng: &mut dyn Rng,
    ) -> Option<String> {
        self.client.handle_datagram(0, lane, datagram, now);
        self.pump(now, wall, rng)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, wall: Option<u64>, rng: &mut dyn Rng) -> Option<String> {
        self.client.handle_timeout(now, rng);
        self.pump(now, wall, rng)
    }

    /// When [`Caller::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Instant> {
        self.client.poll_deadline()
    }

    /// What is to be sent: from which source port, and the datagram.
    pub fn poll_send(&mut self) -> Option<(u8, Vec<u8>)> {
        self.sends.pop_front()
    }

    /// A conversation that is over, and its peer.
    pub fn poll_ended(&mut self) -> Option<(Id, Ended, Peer)> {
        self.ended.pop_front()
    }

    /// Whether no request waits for a reply.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.client.pending() == 0
    }

    /// How many requests wait for a reply.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.client.pending()
    }

    /// How many conversations are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Takes what the client says; gives what was passed over.
    fn pump(&mut self, now: Instant, wall: Option<u64>, rng: &mut dyn Rng) -> Option<String> {
        let mut odd = None;
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Transmit { lane, bytes, .. } => self.sends.push_back((lane, bytes)),
                Output::Done(token, reply) => {
                    if let Some(id) = self.waiting.remove(&token) {
                        self.replied(id, &reply, now, wall, rng);
                    }
                }
                Output::Failed(token, why) => {
                    if let Some(id) = self.waiting.remove(&token) {
                        self.end(id, Some(why.to_string()));
                    }
                }
                Output::Note(note) => odd = Some(format!("{note:?}")),
                Output::Connect(_) | Output::Close(_) => {}
            }
        }
        odd
    }

    fn replied(&mut self, id: Id, reply: &Reply, now: Instant, wall: Option<u64>, rng: &mut dyn Rng) {
        let Some(conversation) = self.open.get_mut(&id) else { return };
        conversation.state = reply.attributes().first(Type::STATE).map(<[u8]>::to_vec);
        if let Some(packet) = reply.eap() {
            let ignored = conversation.peer.handle_packet(&packet, &mut eap::Env { now, wall, rng });
            conversation.ended.notes.extend(ignored.err().map(|why| why.to_string()));
        }
        if reply.code() == Code::ACCESS_CHALLENGE {
            return self.go_on(id, now, wall, rng);
        }
        if reply.code() == Code::ACCESS_ACCEPT {
            conversation.ended.server = Some(reply.keys());
        }
        self.collect(id);
        self.end(id, None);
    }

    /// Takes what the peer says; gives its answer.
    fn collect(&mut self, id: Id) -> Option<Vec<u8>> {
        let conversation = self.open.get_mut(&id)?;
        let mut send = None;
        while let Some(output) = conversation.peer.poll_output() {
            let ended = &mut conversation.ended;
            match output {
                PeerOutput::Send(packet) => send = Some(packet),
                PeerOutput::Note(Note::Certificate(_)) => ended.certificates = ended.certificates.saturating_add(1),
                PeerOutput::Note(Note::Text(text)) => ended.notes.push(text),
                PeerOutput::Success(method, keys) => ended.peer = Ok((method, keys)),
                PeerOutput::Failure(error) => ended.peer = Err(error),
                PeerOutput::Ask(ask) => ended.notes.push(format!("nobody answers {ask:?}")),
                PeerOutput::Notification(_) | PeerOutput::Started(_) | PeerOutput::Note(_) => {}
                PeerOutput::Refused(method) => ended.notes.push(format!("{method} was proposed")),
            }
        }
        send
    }

    fn go_on(&mut self, id: Id, now: Instant, wall: Option<u64>, rng: &mut dyn Rng) {
        let Some(packet) = self.collect(id) else { return self.end(id, None) };
        let Some(conversation) = self.open.get_mut(&id) else { return };
        if let [2, _, _, _, 1, identity @ ..] = packet.as_slice() {
            conversation.identity = identity.to_vec();
        }
        if conversation.ended.requests >= self.stop_after {
            return;
        }
        conversation.ended.requests = conversation.ended.requests.saturating_add(1);
        let nas = Nas { identifier: Some(b"airlock".to_vec()), ..Nas::default() };
        let [.., c, d, e, f] = id.to_be_bytes();
        let port = Port {
            number: None,
            kind: PORT_WIRELESS,
            station: MacAddr([2, 0, c, d, e, f]),
            access_point: MacAddr([2, 0, 0, 0, 0, 1]),
            ssid: b"lab".to_vec(),
            connect_info: String::new(),
            mtu: Some(1400),
            suites: Suites::default(),
            mobility_domain: None,
        };
        let request = eap_request(&nas, &port, &conversation.identity, &packet, conversation.state.as_deref(), None);
        let token = self.client.send(request, now, rng);
        self.waiting.insert(token, id);
        let _ = self.pump(now, wall, rng);
    }

    fn end(&mut self, id: Id, trouble: Option<String>) {
        if let Some(Conversation { peer, mut ended, .. }) = self.open.remove(&id) {
            ended.trouble = trouble;
            self.ended.push_back((id, ended, peer));
        }
    }
}

/// Whether both sides have come to the same keys.
#[must_use]
pub fn keys_equal(ended: &Ended) -> Option<bool> {
    let ours: &Secret = &ended.peer.as_ref().ok()?.1.as_ref()?.msk;
    let theirs = ended.server.as_ref()?.as_ref()?.msk();
    // MPPE keys are the first 64 octets (RFC 3748 7.10, RFC 5216 2.3).
    Some(!theirs.is_empty() && ours.as_bytes().starts_with(theirs.as_bytes()))
}

/// What the lines say of a station.
///
/// # Errors
/// What of them cannot be.
pub fn credentials(config: &Config) -> Outcome<Credentials> {
    let endpoint = material::client(config, "")?;
    let mut tunnel = TunnelCredentials::new(Arc::clone(&endpoint), config.methods("inner")?);
    tunnel.ttls = config.ttls()?.first().copied().unwrap_or(TtlsInner::Eap);
    tunnel.peap_version = config.get("peap_version").map(str::parse).transpose()?;
    if config.get("crypto_binding") == Some("required") {
        tunnel.crypto_binding = CryptoBinding::Required;
    }
    let mut inside = TunnelCredentials::new(material::client(config, "inner_")?, Vec::new());
    inside.ttls = TtlsInner::Eap;
    let octets = |name: &str| config.get(name).map(|text| text.as_bytes().to_vec());
    let mut sim = SimCredentials::new(SimCard::Milenage(card::milenage()));
    sim.result_indications = config.get("sim") == Some("results");
    Ok(Credentials {
        methods: config.methods("methods")?,
        identity: Some(octets("identity").unwrap_or_else(|| b"alice".to_vec())),
        anonymous_identity: octets("anonymous"),
        password: octets("password").map(|password| Password::Plain(Secret::from(password))),
        sim: Some(sim),
        tunnel: Some(tunnel),
        inner_tunnel: Some(inside),
        ..Credentials::default()
    })
}

/// A peer with these credentials.
#[must_use]
pub fn peer(credentials: Credentials, mtu: usize) -> Peer {
    // Methods without keys are judged too.
    Peer::new(PeerConfig { key_required: false, mtu, ..PeerConfig::default() }, Box::new(credentials))
}
