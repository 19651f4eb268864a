//! EAP-PAX (RFC 4746), PAX_STD: a key of 16 octets and HMAC.
//!
//! PAX_SEC, which puts RSA or Diffie-Hellman around it, is not here: no program that we meet has it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crypto::{Secret, ct_eq, hmac_sha1};
use wire::{Malformed, Reader, Writer};

use super::keyed::{KeyedPeer, KeyedServer, PeerSide, PeerTurn, ServerSide, ServerTurn};
use super::shared_key::{Octets, SharedKey};
use crate::packet::{Body, Code, write_body};
use crate::{Answer, Context, Credentials, EapError, Keys, MethodType, PeerMethod};

/// RFC 4746 3.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Std1 = 0x01,
    Std2 = 0x02,
    Std3 = 0x03,
    Ack = 0x21,
}

/// MAC ID (RFC 4746 3.1.3): HMAC-SHA-1 cut to 16 octets.
const HMAC_SHA1_128: u8 = 1;
/// Octets of an integrity check value, and of a MAC.
const ICV: usize = 16;

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; ICV] {
    hmac_sha1(key, parts).first_chunk::<ICV>().copied().unwrap_or_default()
}

/// PAX-KDF (RFC 4746 2.6).
fn kdf(key: &[u8], label: &[u8], entropy: &[u8], octets: usize) -> Secret {
    let blocks = 1..=u8::try_from(octets.div_ceil(ICV)).unwrap_or(u8::MAX);
    let mut made: Vec<u8> = blocks.flat_map(|number| mac(key, &[label, entropy, &[number]])).collect();
    made.truncate(octets);
    Secret::from(made)
}

/// What both sides know once both nonces are on the table (RFC 4746 2.4).
#[derive(Debug)]
pub struct Agreed {
    ck: Secret,
    ick: Secret,
    a: [u8; 32],
    b: [u8; 32],
    cid: Vec<u8>,
    keys: Keys,
}

impl Agreed {
    fn new(key: &Secret, a: [u8; 32], b: [u8; 32], cid: &[u8]) -> Agreed {
        let entropy = [a, b].concat();
        let mk = kdf(key.as_bytes(), b"Master Key", &entropy, 16);
        let of = |label: &[u8], octets| kdf(mk.as_bytes(), label, &entropy, octets);
        let mid = of(b"Method ID", 16);
        let session_id = [&[MethodType::PAX.short().unwrap_or_default()][..], mid.as_bytes()].concat();
        Agreed {
            ck: of(b"Confirmation Key", 16),
            ick: of(b"Integrity Check Key", 16),
            a,
            b,
            cid: cid.to_vec(),
            keys: Keys {
                msk: of(b"Master Session Key", 64),
                emsk: Some(of(b"Extended Master Session Key", 64)),
                session_id: Some(session_id),
            },
        }
    }

    fn of_peer(&self) -> [u8; ICV] {
        mac(self.ck.as_bytes(), &[&self.a, &self.b, &self.cid])
    }

    fn of_server(&self) -> [u8; ICV] {
        mac(self.ck.as_bytes(), &[&self.b, &self.cid])
    }
}

/// Takes a message of this kind apart, with so many fields.
fn parse<'a, const N: usize>(body: &Body<'a>, op: Op) -> Result<([&'a [u8]; N], Signed<'a>), Malformed> {
    let (data, icv) = body.data.split_last_chunk::<ICV>().ok_or(Malformed("EAP-PAX ICV"))?;
    let mut reader = Reader::new(data);
    if reader.u8("EAP-PAX op-code")? != op as u8 {
        return Err(Malformed("EAP-PAX op-code"));
    }
    // Fragments, certificates and data beside it belong to PAX_SEC and extensions.
    let flags = reader.u8("EAP-PAX flags")?;
    let [mac_id, group, public] = reader.array("EAP-PAX algorithms")?;
    if flags & FRAGMENTS != 0 || mac_id != HMAC_SHA1_128 || group != 0 || public != 0 {
        return Err(Malformed("EAP-PAX algorithms"));
    }
    let mut fields = [&[][..]; N];
    for field in &mut fields {
        let length = reader.u16_be("EAP-PAX field")?;
        *field = reader.take(usize::from(length), "EAP-PAX field")?;
    }
    reader.finish("EAP-PAX message")?;
    let covered = body.whole.get(..body.whole.len().saturating_sub(ICV)).unwrap_or_default();
    Ok((fields, Signed { covered, icv }))
}

/// The flag of a message in pieces.
const FRAGMENTS: u8 = 1;

/// What an integrity check value stands for.
#[derive(Clone, Copy, Debug)]
struct Signed<'a> {
    covered: &'a [u8],
    icv: &'a [u8; ICV],
}

impl Signed<'_> {
    fn is_authentic(&self, key: &[u8]) -> bool {
        ct_eq(&mac(key, &[self.covered]), self.icv)
    }
}

/// A message with its integrity check value.
fn write(code: Code, identifier: u8, op: Op, fields: &[&[u8]], key: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(op as u8).u8(0).u8(HMAC_SHA1_128).u8(0).u8(0);
    for field in fields {
        writer.u16_be(u16::try_from(field.len()).unwrap_or(u16::MAX)).put(field);
    }
    writer.put(&[0; ICV]);
    // Identities of EAP are far shorter than 64 KiB.
    let mut data = writer.finish().unwrap_or_default();
    let packet = write_body(code, identifier, MethodType::PAX, false, &data).unwrap_or_default();
    let icv = mac(key, &[packet.get(..packet.len().saturating_sub(ICV)).unwrap_or_default()]);
    let start = data.len().saturating_sub(ICV);
    for (to, from) in data.iter_mut().skip(start).zip(icv) {
        *to = from;
    }
    data
}

/// The peer's side.
pub type PaxPeer = KeyedPeer<PeerMessages>;

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
    /// Both nonces: the server's proof is to come.
    Answered(Box<Agreed>),
}

pub(crate) fn peer(credentials: &Credentials) -> Result<Box<dyn PeerMethod>, EapError> {
    let identity = credentials.known_identity()?.to_vec();
    let messages = PeerMessages { identity, key: SharedKey::new(credentials, Octets::Exactly(16))? };
    Ok(Box::new(PaxPeer::begin(messages, PeerState::Start)))
}

impl PeerMessages {
    fn first(&mut self, request: &Body<'_>, cx: &mut Context<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
        let ([a], signed) = parse(request, Op::Std1)?;
        let a: [u8; 32] = a.try_into().map_err(|_| Malformed("EAP-PAX nonce"))?;
        // There is no key yet: it guards against accidents alone (RFC 4746 2.1).
        if !signed.is_authentic(&[]) {
            return Err(Malformed("EAP-PAX ICV"));
        }
        let key = match self.key.get() {
            Ok(key) => key,
            Err(why) => return Ok(why.into()),
        };
        let mut b = [0; 32];
        cx.rng.fill(&mut b);
        let agreed = Agreed::new(&key, a, b, &self.identity);
        let fields: [&[u8]; 3] = [&b, &self.identity, &agreed.of_peer()];
        let answer = write(Code::Response, request.identifier, Op::Std2, &fields, agreed.ick.as_bytes());
        Ok(PeerTurn::Respond(answer, PeerState::Answered(Box::new(agreed))))
    }
}

fn second(agreed: &Agreed, request: &Body<'_>) -> Result<PeerTurn<PeerState>, Malformed> {
    let ([proof], signed) = parse(request, Op::Std3)?;
    if !signed.is_authentic(agreed.ick.as_bytes()) || !ct_eq(proof, &agreed.of_server()) {
        return Ok(PeerTurn::Fail(None, EapError::credentials("the server has another key")));
    }
    let answer = write(Code::Response, request.identifier, Op::Ack, &[], agreed.ick.as_bytes());
    Ok(PeerTurn::Done(answer, agreed.keys.clone()))
}

impl PeerSide for PeerMessages {
    const METHOD: MethodType = MethodType::PAX;
    type State = PeerState;

    fn take(
        &mut self,
        state: &PeerState,
        request: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<PeerTurn<PeerState>, Malformed> {
        match state {
            PeerState::Start => self.first(request, cx),
            PeerState::Answered(agreed) => second(agreed, request),
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.key.answer(answer);
    }
}

/// The server's side.
pub type PaxServer = KeyedServer<ServerMessages>;

/// The messages of the server.
#[derive(Debug)]
pub struct ServerMessages {
    peer: Vec<u8>,
    key: Secret,
}

/// What the server waits for.
#[derive(Debug)]
pub enum ServerState {
    /// The peer's proof, with this nonce.
    Challenged([u8; 32]),
    /// The peer's acknowledgement.
    Proved(Box<Agreed>),
}

impl PaxServer {
    /// One for the peer of this name with this key of 16 octets.
    #[must_use]
    pub const fn new(peer: Vec<u8>, key: Secret) -> PaxServer {
        PaxServer::of(ServerMessages { peer, key })
    }
}

impl ServerMessages {
    fn proof(&self, a: [u8; 32], response: &Body<'_>, cx: &Context<'_>) -> Result<ServerTurn<ServerState>, Malformed> {
        let ([b, cid, proof], signed) = parse(response, Op::Std2)?;
        let b: [u8; 32] = b.try_into().map_err(|_| Malformed("EAP-PAX nonce"))?;
        let agreed = Agreed::new(&self.key, a, b, cid);
        let is_right = signed.is_authentic(agreed.ick.as_bytes()) && ct_eq(proof, &agreed.of_peer());
        // The key is that of one peer: it proves no other name.
        if !is_right || cid != self.peer {
            return Ok(ServerTurn::Fail(EapError::credentials("the peer has another key, or another name")));
        }
        let fields: [&[u8]; 1] = [&agreed.of_server()];
        let request = write(Code::Request, cx.identifier, Op::Std3, &fields, agreed.ick.as_bytes());
        Ok(ServerTurn::Request(request, ServerState::Proved(Box::new(agreed))))
    }
}

fn acknowledged(agreed: &Agreed, response: &Body<'_>) -> Result<ServerTurn<ServerState>, Malformed> {
    let ([], signed) = parse(response, Op::Ack)?;
    // Whoever does not have the key ends nothing here.
    if !signed.is_authentic(agreed.ick.as_bytes()) {
        return Err(Malformed("EAP-PAX ICV"));
    }
    Ok(ServerTurn::Done(agreed.keys.clone()))
}

impl ServerSide for ServerMessages {
    const METHOD: MethodType = MethodType::PAX;
    type State = ServerState;

    fn start(&mut self, cx: &mut Context<'_>) -> ServerTurn<ServerState> {
        if self.key.len() != 16 {
            return ServerTurn::Fail(EapError::configuration("EAP-PAX needs a key of 16 octets"));
        }
        let mut a = [0; 32];
        cx.rng.fill(&mut a);
        ServerTurn::Request(write(Code::Request, cx.identifier, Op::Std1, &[&a], &[]), ServerState::Challenged(a))
    }

    fn take(
        &mut self,
        state: &ServerState,
        response: &Body<'_>,
        cx: &mut Context<'_>,
    ) -> Result<ServerTurn<ServerState>, Malformed> {
        match state {
            ServerState::Challenged(a) => self.proof(*a, response, cx),
            ServerState::Proved(agreed) => acknowledged(agreed, response),
        }
    }
}
