//! EAP-SAKE (RFC 4763): a root secret of 32 octets, half of it for proofs and half for keys.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, ct_eq, hmac_sha1};
use wire::{Malformed, Reader};

use super::keyed::{KeyedPeer, KeyedServer, PeerSide, PeerTurn, ServerSide, ServerTurn};
use super::shared_key::{Octets, SharedKey};
use crate::packet::{Body, Code, write_body};
use crate::{Answer, Context, Credentials, EapError, Keys, MethodType, PeerMethod};

const VERSION: u8 = 2;
const MIC: usize = 16;

const RAND_S: u8 = 1;
const RAND_P: u8 = 2;
const MIC_S: u8 = 3;
const MIC_P: u8 = 4;
const SERVER_ID: u8 = 5;
const PEER_ID: u8 = 6;
const SPI_S: u8 = 7;
const SPI_P: u8 = 8;
const ANY_ID_REQ: u8 = 9;
const PERM_ID_REQ: u8 = 10;
/// Attributes from here on may be passed over (RFC 4763 3.2.2).
const SKIPPABLE: u8 = 128;

/// RFC 4763 3.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subtype {
    Challenge = 1,
    Confirm = 2,
    AuthReject = 3,
    Identity = 4,
}

impl Subtype {
    const fn from_number(number: u8) -> Option<Subtype> {
        match number {
            1 => Some(Subtype::Challenge),
            2 => Some(Subtype::Confirm),
            3 => Some(Subtype::AuthReject),
            4 => Some(Subtype::Identity),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Message<'a> {
    session: u8,
    rand_s: Option<[u8; 16]>,
    rand_p: Option<[u8; 16]>,
    /// The value, and where it stands in the packet.
    mic_s: Option<([u8; MIC], usize)>,
    mic_p: Option<([u8; MIC], usize)>,
    server: Option<&'a [u8]>,
    peer: Option<&'a [u8]>,
    asks: bool,
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.replace(value).is_some() { Err(Malformed("EAP-SAKE attribute twice")) } else { Ok(()) }
}

impl<'a> Message<'a> {
    fn parse(body: &Body<'a>) -> Result<(Subtype, Message<'a>), Malformed> {
        let mut reader = Reader::new(body.data);
        if reader.u8("EAP-SAKE version")? != VERSION {
            return Err(Malformed("EAP-SAKE version"));
        }
        let session = reader.u8("EAP-SAKE session")?;
        let subtype = Subtype::from_number(reader.u8("EAP-SAKE subtype")?).ok_or(Malformed("EAP-SAKE subtype"))?;
        let mut out = Message { session, ..Message::default() };
        while !reader.is_empty() {
            let kind = reader.u8("EAP-SAKE attribute")?;
            let length = usize::from(reader.u8("EAP-SAKE attribute")?).checked_sub(2);
            let at = body.whole.len().saturating_sub(reader.remaining());
            let mut value = reader.sub(length.ok_or(Malformed("EAP-SAKE attribute"))?, "EAP-SAKE attribute")?;
            match kind {
                RAND_S => set(&mut out.rand_s, value.array("AT_RAND_S")?)?,
                RAND_P => set(&mut out.rand_p, value.array("AT_RAND_P")?)?,
                MIC_S => set(&mut out.mic_s, (value.array("AT_MIC_S")?, at))?,
                MIC_P => set(&mut out.mic_p, (value.array("AT_MIC_P")?, at))?,
                SERVER_ID => set(&mut out.server, value.take_rest())?,
                PEER_ID => set(&mut out.peer, value.take_rest())?,
                SPI_S | SPI_P => {
                    value.take_rest();
                }
                ANY_ID_REQ | PERM_ID_REQ => {
                    value.take(2, "AT_ANY_ID_REQ")?;
                    out.asks = true;
                }
                kind if kind >= SKIPPABLE => {
                    value.take_rest();
                }
                _ => return Err(Malformed("EAP-SAKE attribute")),
            }
            value.finish("EAP-SAKE attribute")?;
        }
        Ok((subtype, out))
    }
}

fn write(session: u8, subtype: Subtype, attributes: &[(u8, &[u8])]) -> Vec<u8> {
    let mut data = Vec::from([VERSION, session, subtype as u8]);
    for (kind, value) in attributes {
        data.extend([*kind, u8::try_from(value.len().saturating_add(2)).unwrap_or(u8::MAX)]);
        data.extend_from_slice(value);
    }
    data
}

/// KDF (RFC 4763 3.2.6.1): the label ends with a zero.
fn kdf(key: &[u8], label: &[u8], data: &[&[u8]], octets: usize) -> Secret {
    let mut made = Vec::new();
    let mut counter: u8 = 0;
    while made.len() < octets {
        let number = [counter];
        let mut parts: Vec<&[u8]> = Vec::from([label, &[0]]);
        parts.extend(data);
        parts.push(&number);
        made.extend(hmac_sha1(key, &parts));
        counter = counter.wrapping_add(1);
    }
    made.truncate(octets);
    Secret::from(made)
}

/// What both sides know once both nonces are on the table.
#[derive(Debug)]
pub struct Agreed {
    session: u8,
    /// TEK-Auth.
    auth: Secret,
    rand_s: [u8; 16],
    rand_p: [u8; 16],
    server: Vec<u8>,
    peer: Vec<u8>,
    keys: Keys,
}

impl Agreed {
    /// RFC 4763 3.2.6.
    fn new(root: &Secret, session: u8, rand_s: [u8; 16], rand_p: [u8; 16], server: &[u8], peer: &[u8]) -> Agreed {
        let (a, b) = root.as_bytes().split_at_checked(16).unwrap_or_default();
        let sms_a = kdf(a, b"SAKE Master Secret A", &[&rand_p, &rand_s], 16);
        let tek = kdf(sms_a.as_bytes(), b"Transient EAP Key", &[&rand_s, &rand_p], 32);
        let sms_b = kdf(b, b"SAKE Master Secret B", &[&rand_p, &rand_s], 16);
        let made = kdf(sms_b.as_bytes(), b"Master Session Key", &[&rand_s, &rand_p], 128);
        let (msk, emsk) = made.as_bytes().split_at_checked(64).unwrap_or_default();
        let session_id = [&[MethodType::SAKE.short().unwrap_or_default()][..], &rand_p, &rand_s].concat();
        Agreed {
            session,
            auth: Secret::from(tek.as_bytes().get(..16).unwrap_or_default()),
            rand_s,
            rand_p,
            server: server.to_vec(),
            peer: peer.to_vec(),
            keys: Keys { msk: Secret::from(msk), emsk: Some(Secret::from(emsk)), session_id: Some(session_id) },
        }
    }

    /// The MIC of a packet in which that at `at` is zero.
    fn mic(&self, is_peer: bool, packet: &[u8], at: usize) -> [u8; MIC] {
        let head = packet.get(..at).unwrap_or_default();
        let tail = packet.get(at.saturating_add(MIC)..).unwrap_or_default();
        let zero = [0; MIC];
        let made = if is_peer {
            let data: [&[u8]; 9] =
                [&self.rand_s, &self.rand_p, &self.peer, &[0], &self.server, &[0], head, &zero, tail];
            kdf(self.auth.as_bytes(), b"Peer MIC", &data, MIC)
        } else {
            let data: [&[u8]; 9] =
                [&self.rand_p, &self.rand_s, &self.server, &[0], &self.peer, &[0], head, &zero, tail];
            kdf(self.auth.as_bytes(), b"Server MIC", &data, MIC)
        };
        made.as_bytes().try_into().unwrap_or_default()
    }

    fn is_authentic(&self, is_peer: bool, body: &Body<'_>, mic: Option<([u8; MIC], usize)>) -> bool {
        mic.is_some_and(|(mic, at)| ct_eq(&self.mic(is_peer, body.whole, at), &mic))
    }

    /// A message whose last attribute is the MIC.
    fn signed(&self, code: Code, identifier: u8, subtype: Subtype, attributes: &[(u8, &[u8])]) -> Vec<u8> {
        let is_peer = code == Code::Response;
        let mut all = attributes.to_vec();
        all.push((if is_peer { MIC_P } else { MIC_S }, &[0; MIC]));
        let mut data = write(self.session, subtype, &all);
        let packet = write_body(code, identifier, MethodType::SAKE, false, &data).unwrap_or_default();
        let mic = self.mic(is_peer, &packet, packet.len().saturating_sub(MIC));
        let start = data.len().saturating_sub(MIC);
        for (to, from) in data.iter_mut().skip(start).zip(mic) {
            *to = from;
        }
        data
    }
}

/// The peer's side.
pub type SakePeer = KeyedPeer<PeerMessages>;

/// The messages of the peer.
#[derive(Debug)]
pub struct PeerMessages {
    identity: Vec<u8>,
    key: SharedKey,
}

/// What is known on the peer's side.
#[derive(Debug)]
pub enum PeerState {
    /// Nothing.
    Start,
    /// The server's session, in which it has asked for our name.
    Named(u8),
    /// Both nonces: the server's proof is to come.
    Answered(Box<Agreed>),
}

/// The longest identity that an attribute can hold.
const LONGEST_IDENTITY: usize = 253;

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    if identity.len() > LONGEST_IDENTITY {
        return Err(EapError::configuration("an identity of EAP-SAKE has at most 253 octets"));
    }
    let messages = PeerMessages { identity, key: SharedKey::new(credentials, Octets::Exactly(32))? };
    Ok(Box::new(SakePeer::begin(messages, PeerState::Start)))
}

impl PeerMessages {
    fn begin(
        &mut self,
        session: Option<u8>,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<PeerState>, Malformed> {
        let (subtype, message) = Message::parse(request)?;
        if session.is_some_and(|session| session != message.session) {
            return Err(Malformed("EAP-SAKE session"));
        }
        match (subtype, message.rand_s) {
            (Subtype::Identity, _) if message.asks => {
                let data = write(message.session, Subtype::Identity, &[(PEER_ID, &self.identity)]);
                Ok(PeerTurn::Respond(data, PeerState::Named(message.session)))
            }
            (Subtype::Challenge, Some(rand_s)) => {
                let key = match self.key.get() {
                    Ok(key) => key,
                    Err(why) => return Ok(why.into()),
                };
                let mut rand_p = [0; 16];
                cx.rng.fill(&mut rand_p);
                let server = message.server.unwrap_or_default();
                let agreed = Agreed::new(&key, message.session, rand_s, rand_p, server, &self.identity);
                let attributes: [(u8, &[u8]); 2] = [(RAND_P, &rand_p), (PEER_ID, &self.identity)];
                let data = agreed.signed(Code::Response, request.identifier, Subtype::Challenge, &attributes);
                Ok(PeerTurn::Respond(data, PeerState::Answered(Box::new(agreed))))
            }
            (Subtype::Identity | Subtype::Challenge | Subtype::Confirm | Subtype::AuthReject, _) => {
                Err(Malformed("EAP-SAKE message out of turn"))
            }
        }
    }
}

fn confirm(agreed: &Agreed, request: &Body<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
    let (Subtype::Confirm, message) = Message::parse(request)? else {
        return Err(Malformed("EAP-SAKE message out of turn"));
    };
    if message.session != agreed.session {
        return Err(Malformed("EAP-SAKE session"));
    }
    if !agreed.is_authentic(false, request, message.mic_s) {
        let reject = write(agreed.session, Subtype::AuthReject, &[]);
        return Ok(PeerTurn::Fail(Some(reject), EapError::credentials("the server has another root secret")));
    }
    let data = agreed.signed(Code::Response, request.identifier, Subtype::Confirm, &[]);
    Ok(PeerTurn::Done(data, agreed.keys.clone()))
}

impl PeerSide for PeerMessages {
    const METHOD: MethodType = MethodType::SAKE;
    type State = PeerState;

    fn take(
        &mut self,
        state: &PeerState,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<PeerState>, Malformed> {
        match state {
            PeerState::Start => self.begin(None, request, cx),
            PeerState::Named(session) => self.begin(Some(*session), request, cx),
            PeerState::Answered(agreed) => confirm(agreed, request),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.key.answer(answer);
    }
}

/// The server's side.
pub type SakeServer = KeyedServer<ServerMessages>;

/// The messages of the server.
#[derive(Debug)]
pub struct ServerMessages {
    identity: Vec<u8>,
    peer: Vec<u8>,
    root: Secret,
}

/// What the server waits for.
#[derive(Debug)]
pub enum ServerState {
    /// The peer's proof, in this session and with this RAND_S.
    Challenged(u8, [u8; 16]),
    /// The peer's confirmation.
    Proved(Box<Agreed>),
}

impl SakeServer {
    /// One that calls itself `identity`, for the peer of this name with this root secret of 32 octets.
    #[must_use]
    pub const fn new(identity: Vec<u8>, peer: Vec<u8>, root: Secret) -> SakeServer {
        SakeServer::of(ServerMessages { identity, peer, root })
    }
}

impl ServerMessages {
    fn proof(
        &self,
        session: u8,
        rand_s: [u8; 16],
        response: &Body<'_>,
        cx: &Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        let (subtype, message) = Message::parse(response)?;
        let (Subtype::Challenge, Some(rand_p), true) = (subtype, message.rand_p, message.session == session) else {
            return Err(Malformed("EAP-SAKE message out of turn"));
        };
        let name = message.peer.unwrap_or(&self.peer);
        let agreed = Agreed::new(&self.root, session, rand_s, rand_p, &self.identity, message.peer.unwrap_or_default());
        // The root secret is that of one peer: it proves no other name.
        if !agreed.is_authentic(true, response, message.mic_p) || name != self.peer {
            return Ok(ServerTurn::Fail(EapError::credentials("the peer has another root secret, or another name")));
        }
        let data = agreed.signed(Code::Request, cx.identifier, Subtype::Confirm, &[]);
        Ok(ServerTurn::Request(data, ServerState::Proved(Box::new(agreed))))
    }
}

fn confirmed(agreed: &Agreed, response: &Body<'_>) -> Result<ServerTurn<ServerState>, Malformed> {
    let (subtype, message) = Message::parse(response)?;
    if message.session != agreed.session {
        return Err(Malformed("EAP-SAKE session"));
    }
    match subtype {
        Subtype::Confirm if agreed.is_authentic(true, response, message.mic_p) => {
            Ok(ServerTurn::Done(agreed.keys.clone()))
        }
        Subtype::AuthReject => Ok(ServerTurn::Fail(EapError::refused("the peer does not believe the server"))),
        // Whoever does not have the root secret ends nothing here.
        Subtype::Confirm | Subtype::Challenge | Subtype::Identity => Err(Malformed("EAP-SAKE confirmation")),
    }
}

impl ServerSide for ServerMessages {
    const METHOD: MethodType = MethodType::SAKE;
    type State = ServerState;

    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<ServerState> {
        if self.root.len() != 32 || self.identity.len() > LONGEST_IDENTITY {
            return ServerTurn::Fail(EapError::configuration("EAP-SAKE needs a root secret of 32 octets"));
        }
        let (mut rand, mut session) = ([0; 16], [0]);
        cx.rng.fill(&mut rand);
        cx.rng.fill(&mut session);
        let [session] = session;
        let attributes: [(u8, &[u8]); 2] = [(RAND_S, &rand), (SERVER_ID, &self.identity)];
        let request = write(session, Subtype::Challenge, &attributes);
        ServerTurn::Request(request, ServerState::Challenged(session, rand))
    }

    fn take(
        &mut self,
        state: &ServerState,
        response: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        match state {
            ServerState::Challenged(session, rand) => self.proof(*session, *rand, response, cx),
            ServerState::Proved(agreed) => confirmed(agreed, response),
        }
    }
}
